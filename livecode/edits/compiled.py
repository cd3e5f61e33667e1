"""Compiled statements: the new code of an edit, with the syntax it came from.

In: statements with their true lines, the file name they are compiled under, the compiler flags of
their source. Out: code objects by qualified name and line, and code that fits a closure which was
made before its function gained or lost a free variable.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import CellType, CodeType
from typing import Any, TypeAlias

from livecode.breaks.point import point_of
from livecode.edits.codes import Shared, build, requalify, walk
from livecode.sources.names import bound
from livecode.sources.outline import FUNCTIONS, bodies, first_line
from livecode.sources.parsing import copied

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FACTORY = "__livecode_factory__"
_MARK = "\0livecode cell of "


class CannotFollow(Exception):
    """A live object cannot follow an edit; the message says why."""


class Compiled:
    """Module-level statements and the code compiled from them.

    Args:
        nodes: the statements, with their true lines; they are not changed afterwards.
        filename: the real file name.
        flags: the compiler flags of the source.
        code: their code, if they are compiled already.

    Raises:
        SyntaxError: the compiler does not take them.
    """

    def __init__(
        self, nodes: list[ast.stmt], filename: str, flags: int, code: CodeType | None = None
    ) -> None:
        self.nodes = nodes
        self.filename = filename
        self.flags = flags
        self.code = build(nodes, filename, flags) if code is None else code

    def find(self, qualname: str, line: int) -> CodeType | None:
        """The code object of the function `qualname` whose first line is `line`."""
        for code in walk(self.code):
            if code.co_firstlineno == line and code.co_qualname == qualname:
                return code
        return None

    def function(self, code: CodeType) -> tuple[FunctionNode, list[ast.AST]]:
        """The syntax of a function of ours, and the definitions around it, outermost first.

        Raises:
            CannotFollow: there is no single such function.
        """
        found = [
            (node, around)
            for node, around in _functions(self.nodes, [])
            if _line(node) == code.co_firstlineno and _name(node) == code.co_name
        ]
        if len(found) != 1:
            raise CannotFollow("its place in the source is not certain")
        return found[0]

    def fit(self, code: CodeType, free: tuple[str, ...], given: Mapping[str, CellType]) -> CodeType:
        """Compile a function of ours for a closure that has other free variables.

        Args:
            code: the function's new code.
            free: the free variables of the closure as it is, in its order.
            given: cells for those variables that the new code needs and the closure has not.

        Returns:
            Code with the free variables `free`; those of `given` are reached through constants.

        Raises:
            CannotFollow: the variable is bound in a way that cannot be reached so.
        """
        original, around = self.function(code)
        node = copied(original)
        written = {id(made): each for made, each in _definitions(node, original)}
        rewriter = _CellReader(set(given))
        rewriter.rewrite(node)
        stand_ins = tuple(_stand_in(name, code) for name in free)
        _mention(node, [name for name in stand_ins if name not in code.co_freevars])
        parameters = ast.arguments(
            [], [ast.arg(name) for name in stand_ins], None, [], [], None, []
        )
        if isinstance(node, ast.Lambda):
            body: ast.stmt = ast.Return(node)
        else:
            # They are not run; the code begins on the line of the first.
            node.decorator_list = [
                ast.copy_location(ast.Constant(None), each) for each in node.decorator_list
            ]
            if hasattr(node, "type_params"):
                node.type_params = []
            body = node
        # The nodes' arguments differ between Python versions (type_params is new in 3.12).
        make_function: Any = ast.FunctionDef
        make_class: Any = ast.ClassDef
        factory: ast.stmt = make_function(_FACTORY, parameters, [body], [], None)
        prefix = f"{_FACTORY}.<locals>."
        classes = [item.name for item in around if isinstance(item, ast.ClassDef)]
        if classes:
            factory = make_class(classes[-1], [], [], [factory], [])
            prefix = f"{classes[-1]}.{prefix}"
        for part in (factory, *ast.walk(factory)):
            if "type_params" in part._fields and not hasattr(part, "type_params"):
                part.type_params = []  # type: ignore[attr-defined]  # the field is new in 3.12
        ast.copy_location(factory, original)
        ast.fix_missing_locations(factory)
        root = build([factory], self.filename, self.flags)
        own = prefix + code.co_name
        made = next((inner for inner in walk(root) if inner.co_qualname == own), None)
        if made is None or made.co_freevars != stand_ins:
            raise CannotFollow(
                "its free variables changed in a way that live closures cannot follow"
            )
        placed: dict[object, object] = {_MARK + name: Shared(cell) for name, cell in given.items()}
        placed[_MARK + "super"] = Shared(CellType(super))
        fitted = requalify(made, own, code.co_qualname, placed)
        for each in (fitted, *walk(fitted)):
            point = point_of(each)
            if point is not None:
                point.came_from(written, given)
        return fitted.replace(co_firstlineno=code.co_firstlineno, co_flags=code.co_flags)


def _definitions(copy: ast.AST, original: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """A function, and the functions in it, each with what it is a copy of."""
    for made, each in zip(ast.walk(copy), ast.walk(original), strict=True):
        if isinstance(made, FUNCTIONS):
            yield made, each


def _stand_in(name: str, code: CodeType) -> str:
    """The name under which a closure's variable is mentioned by code that no longer uses it.

    If the code uses that name for a global now, another one is needed, at the same place in the
    order of names, which is that of the cells: nothing sorts between ``name`` and ``name0``.
    """
    if name in code.co_freevars or name not in _all_names(code):
        return name
    return name + "0"


def _all_names(code: CodeType) -> set[str]:
    found = {*code.co_names, *code.co_varnames, *code.co_cellvars}
    for inner in walk(code):
        found |= {*inner.co_names, *inner.co_varnames, *inner.co_cellvars}
    return found


def _line(node: FunctionNode) -> int:
    return node.lineno if isinstance(node, ast.Lambda) else first_line(node)


def _name(node: FunctionNode) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _functions(
    nodes: list[ast.stmt], around: list[ast.AST]
) -> Iterator[tuple[FunctionNode, list[ast.AST]]]:
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(node, around) for node in nodes]
    while stack:
        node, outer = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            yield node, outer
            outer = [*outer, node]
        elif isinstance(node, ast.ClassDef):
            outer = [*outer, node]
        stack.extend((child, outer) for child in ast.iter_child_nodes(node))


def _mention(node: FunctionNode, names: list[str]) -> None:
    """Keep names free in a function that no longer uses them, by code that never runs."""
    if not names:
        return
    loads: list[ast.expr] = [ast.Name(name, ast.Load()) for name in names]
    if isinstance(node, ast.Lambda):
        node.body = ast.IfExp(ast.Constant(True), node.body, ast.Tuple(loads, ast.Load()))
        return
    dead = ast.If(ast.Constant(False), [ast.Expr(ast.Tuple(loads, ast.Load()))], [])
    place = 1 if ast.get_docstring(ast.Module(node.body, []), clean=False) is not None else 0
    ast.copy_location(dead, node.body[-1])
    node.body.insert(place, dead)


class _CellReader(ast.NodeTransformer):
    """Reads and writes of some variables become reads and writes of the cells that hold them."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.first: list[str | None] = []

    def rewrite(self, node: FunctionNode) -> None:
        """Rewrite the body of a function in place."""
        self._inside(node)

    def _inside(self, node: FunctionNode) -> None:
        outer = self.names
        arguments = node.args
        own = {
            argument.arg
            for argument in (
                *arguments.posonlyargs,
                *arguments.args,
                *arguments.kwonlyargs,
                *filter(None, (arguments.vararg, arguments.kwarg)),
            )
        }
        body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        declared: set[str] = set()
        for statement in body:
            for part in _own_parts(statement):
                if isinstance(part, (ast.Nonlocal, ast.Global)):
                    declared |= set(part.names)
            own |= bound(statement)
        self.names = outer - (own - declared)
        positional = [*arguments.posonlyargs, *arguments.args]
        self.first.append(positional[0].arg if positional else None)
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = [self.visit(statement) for statement in node.body]
        self.first.pop()
        self.names = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_definition(node)

    def _visit_definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        if node.name in self.names:
            raise CannotFollow(f"{node.name} is defined anew inside of it")
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.args.defaults = [self.visit(part) for part in node.args.defaults]
        node.args.kw_defaults = [part and self.visit(part) for part in node.args.kw_defaults]
        self._inside(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args.defaults = [self.visit(part) for part in node.args.defaults]
        self._inside(node)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        node.names = [name for name in node.names if name not in self.names]
        return node if node.names else ast.copy_location(ast.Pass(), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if (
            "__class__" in self.names
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
            and not node.args
            and self.first
            and self.first[-1]
        ):
            node.args = [ast.Name("__class__", ast.Load()), ast.Name(self.first[-1], ast.Load())]
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        # The compiler makes `__class__` free wherever a method names `super`.
        if node.id not in self.names and not (node.id == "super" and "__class__" in self.names):
            return node
        cell = ast.Attribute(ast.Constant(_MARK + node.id), "cell", ast.Load())
        return ast.copy_location(ast.Attribute(cell, "cell_contents", node.ctx), node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        taken = getattr(node, "name", None), getattr(node, "rest", None)
        if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and (
            set(taken) & self.names
        ):
            raise CannotFollow("it binds the variable in a place that has no cell")
        if isinstance(node, ast.NamedExpr) and node.target.id in self.names:
            raise CannotFollow(f"it binds {node.target.id} inside of an expression")
        return super().generic_visit(node)


def _own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """A statement and the statements inside of it that belong to the same function."""
    yield statement
    if not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        for body in bodies(statement):
            for child in body:
                yield from _own_parts(child)
