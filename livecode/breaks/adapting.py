"""Adapting: the names of a function in the continuation of it, and its statements adapted to them.

In: the syntax of a function, and which of its names have values. Out: what the continuation begins with,
so that each name is of the scope it was of; statements without the declarations that are hoisted there.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from operator import itemgetter
from typing import Any

from livecode.breaks.marks import call
from livecode.breaks.nodes import placed
from livecode.breaks.scopes import Function, mangled, outside, own, parameters
from livecode.sources import names
from livecode.sources.children import children
from livecode.sources.outline import BLOCKS, DEFINITIONS
from livecode.sources.parsing import copied

LOCALS = ".locals"


class Scope:
    """Which names a function has, and how its statements are adapted to those of the continuation."""

    def __init__(self, node: Function, free: Collection[str], class_name: str | None) -> None:
        self.node = node
        self.class_name = class_name
        declares = (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom)
        inside = [each for each in own(node.body) if isinstance(each, declares)]
        self.globals = {n for each in inside if isinstance(each, ast.Global) for n in each.names}
        nonlocals = {n for each in inside if isinstance(each, ast.Nonlocal) for n in each.names}
        hidden = {mangled(name, class_name) for name in self.globals}
        self.nonlocals = {mangled(name, class_name) for name in nonlocals}
        self.free = {name for name in free if name not in hidden}
        given = parameters(node)
        found = set(given)
        self.first: str | None = None
        """For ``super()``: the first parameter, where there is a class."""
        if given and (class_name is not None or "__class__" in free):
            self.first = given[0]
        for statement in node.body:
            found |= names.bound(statement)
        if "super" in found:
            self.first = None
        self.locals = {mangled(name, class_name) for name in found} - hidden
        self.locals -= self.free | self.nonlocals
        self.generator = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in inside)

    def prologue(self, bound: Collection[str], objects: list[Any]) -> list[ast.stmt]:
        """Declarations; the values of locals; and, never run, what makes the other names local and the
        function a generator.

        Args:
            bound: the names that have values.
            objects: what marks stand for; it grows.
        """
        body: list[ast.stmt] = []
        if self.globals:
            body.append(ast.Global(sorted(self.globals)))
        free = sorted(self.free | self.nonlocals)
        if free:
            body.append(ast.Nonlocal(free))
        known = [name for name in bound if name in self.locals]
        if known:
            given: list[ast.expr] = [ast.Name(name, ast.Store()) for name in known]
            target = ast.Tuple(given, ast.Store()) if len(given) > 1 else given[0]
            values = call(len(objects), ast.Name(LOCALS, ast.Load()))
            objects.append(itemgetter(*known))
            body.append(ast.Assign([target], values))
        body.append(ast.Delete([ast.Name(LOCALS, ast.Del())]))
        never: list[ast.stmt] = []
        unbound = sorted(self.locals.difference(bound))
        if unbound:
            targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in unbound]
            never.append(ast.Assign(targets, ast.Constant(None)))
        if self.generator:
            never.append(ast.Expr(ast.Yield(None)))
        if never:
            body.append(ast.If(ast.Constant(False), never, []))
        line, column = self.node.lineno, self.node.col_offset  # all of it is on the line of the def
        place = {"lineno": line, "col_offset": column}
        place |= {"end_lineno": line, "end_col_offset": column}
        waiting: list[ast.AST] = [*body]
        while waiting:
            part = waiting.pop()
            if part._attributes:
                part.__dict__.update(place)
            waiting += children(part)
        return body

    def adapted(self, node: Any) -> Any:
        """A copy of a statement without declarations (they are hoisted) and without annotations of
        names that are not plain locals any more."""
        made = copied(node)
        if self.first is None and not isinstance(node, _ADAPTED):
            return made
        return _Adapted(self).visit(made)


class ModuleScope:
    """The scope of a cell: its names are global anyway."""

    first = class_name = None
    free: frozenset[str] = frozenset()

    def adapted(self, node: Any) -> Any:
        """A copy of a statement without declarations."""
        return _Adapted(self).visit(copied(node))


_ADAPTED = (*BLOCKS, ast.ExceptHandler, ast.Global, ast.Nonlocal, ast.AnnAssign)


class _Adapted(ast.NodeTransformer):
    def __init__(self, scope: Scope | ModuleScope) -> None:
        self.scope = scope

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return ast.copy_location(ast.Pass(), node)
        if isinstance(node, ast.AnnAssign):
            node = self._annotated(node)
        if self.scope.first is None and isinstance(node, (ast.expr, *DEFINITIONS)):
            return node
        if isinstance(node, (ast.Lambda, ast.GeneratorExp, *DEFINITIONS)):
            for part in outside(node):
                self.visit(part)
            return node
        self.generic_visit(node)
        return self._super(node)

    def _super(self, node: ast.AST) -> ast.AST:
        """Without arguments it would look at the first parameter, which is the continuation's own."""
        first = self.scope.first
        if (
            first is not None
            and isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
            and not (node.args or node.keywords)
        ):
            node.args = [ast.Name("__class__", ast.Load()), ast.Name(first, ast.Load())]
            placed(node, node)
        return node

    def _annotated(self, node: ast.AnnAssign) -> ast.stmt:
        name = node.target.id if isinstance(node.target, ast.Name) else ""
        if mangled(name, self.scope.class_name) not in self.scope.free:
            return node
        new: ast.stmt
        new = ast.Pass() if node.value is None else ast.Assign([node.target], node.value)
        return ast.copy_location(new, node)
