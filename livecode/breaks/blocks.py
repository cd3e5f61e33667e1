"""Blocks: the statements of one body, instrumented: loops, with-blocks, ``try``.

In: the statements of a function, or of a cell. Out: new statements, which hold iterators and exits in
hidden names, and call livecode where a failure would leave a block (`livecode.breaks.instrument` has the
table).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from livecode.breaks.marks import call, mark, new, operand
from livecode.breaks.nodes import (
    NOWHERE,
    beginning,
    guarded,
    named,
    place_of,
    placed,
    put,
    shallow,
    with_bodies,
)
from livecode.breaks.scopes import own
from livecode.sources.children import children
from livecode.sources.names import bound as bound_by
from livecode.sources.parsing import copied

_LOAD, _STORE, _IN = ast.Load(), ast.Store(), ast.In()

_BUILTIN_ITERABLES = {"range", "enumerate", "zip", "sorted", "reversed", "list", "tuple", "dict"}

_VIEWS = {"items", "values", "keys"}

_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)

LOCALS = {"locals", "vars", "dir"}

_Where: TypeAlias = "ast.stmt | ast.expr | None"
"""Syntax of a person's, at the beginning of which something is put; None: where the code is just then."""

_SIMPLE = {ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Return, ast.Raise}


class Body:
    """The body of one function, or a cell's statement.

    Args:
        outside: instruments definitions that stand in it.
        first: the first line of the definition.
        number: the number of the first of its marks.
        module: whether it is a cell's statement.
        hides_locals: whether calls that tell the names of locals may stand in it.
    """

    def __init__(
        self,
        outside: Callable[[ast.stmt], ast.stmt],
        first: int,
        number: int,
        module: bool = False,
        hides_locals: bool = False,
    ) -> None:
        self._outside = outside
        self._module = module
        self._number = number
        self._hides_locals = hides_locals
        self._first = first
        self._loops: list[list[str]] = [[]]
        """The hidden names of the loops in each enclosing ``try`` or ``with``, outermost first."""
        self.asks = False
        """Whether a block asks when an exception goes out of it."""
        self.loops = 0
        self.bound: set[str] = set()
        """What was seen: how many loops, and the names that statements bind (expressions may, too).

        Not those that they delete: what a person lets go of is not kept, not even for a restart.
        """

    def statements(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for index, node in enumerate(nodes):
            found += self._statement(node, nodes, index)
        return found

    def _statement(self, node: ast.stmt, nodes: Sequence[ast.stmt], index: int) -> list[ast.stmt]:
        kind = type(node)
        made = node
        if kind in _SIMPLE:
            if kind is ast.Assign:
                for each in node.targets:  # type: ignore[attr-defined]
                    self._binds(each)
            elif kind is ast.AugAssign or kind is ast.AnnAssign:
                self._binds(node.target)  # type: ignore[attr-defined]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.bound.add(node.name)
            return [self._outside(node)]
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            rest = nodes[index + 1 :]
            return self._for(node, beginning(rest) if rest else None)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            return self._with(node, 0)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            return self._try(node)
        elif isinstance(node, (ast.If, ast.While, ast.Match)):
            made = with_bodies(node, self.statements)
            if kind is ast.Match:
                self.bound |= bound_by(node)
        elif kind is ast.Import or kind is ast.ImportFrom:
            self.bound |= bound_by(node)
        if self._hides_locals and _calls_locals(node):
            made = _Locals().visit(copied(made))
        return [made]

    def _binds(self, target: ast.expr) -> None:
        """Note the names in the target of an assignment or such."""
        if type(target) is ast.Name:
            self.bound.add(target.id)
        elif isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
            self.bound |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}

    # -- loops ---------------------------------------------------------------------------------

    def _for(self, node: ast.For | ast.AsyncFor, following: _Where) -> list[ast.stmt]:
        self.loops += 1
        self._binds(node.target)
        name = self._slot_name(node, "for")
        self._loops[-1].append(name)
        made = shallow(node)
        is_async = isinstance(node, ast.AsyncFor)
        place = place_of(node.iter)
        items = node.iter
        if type(items) is ast.List and not any(type(each) is ast.Starred for each in items.elts):
            items = new(ast.Tuple, {**items.__dict__})  # as the compiler does it
        kept: ast.expr = call(2 if is_async else 1, items, place=place)
        if self._module:
            kept = placed(call(self._number + 3, ast.Constant(name), kept), node.iter)
        else:
            target = new(ast.Name, {"id": name, "ctx": _STORE, **place})
            kept = new(ast.NamedExpr, {"target": target, "value": kept, **place})
            if is_async:
                kept = call(0, kept, place=place)
            elif not _is_builtin(node.iter):
                known = {"ops": [_IN], "comparators": [operand(10, place)]}
                test = new(ast.Compare, {"left": call(9, kept, place=place), **known, **place})
                held = new(ast.Name, {"id": name, "ctx": _LOAD, **place})
                other = call(0, held, place=place)
                kept = new(ast.IfExp, {"test": test, "body": held, "orelse": other, **place})
        made.iter = kept
        made.body = self.statements(node.body)
        made.orelse = self.statements(node.orelse)
        return [made, self._forget([name], following)]

    def _forget(self, names: list[str], where: _Where) -> ast.stmt:
        """Let go of the iterators of loops that were left."""
        place = NOWHERE if where is None else place_of(where, whole=False)
        targets = [put(self._slot(name, _STORE), place) for name in names]
        nothing = new(ast.Constant, {"value": None, "kind": None, **place})
        return new(
            ast.Assign, {"targets": targets, "value": nothing, "type_comment": None, **place}
        )

    # -- with ----------------------------------------------------------------------------------

    def _with(self, node: ast.With | ast.AsyncWith, index: int) -> list[ast.stmt]:
        is_async = isinstance(node, ast.AsyncWith)
        item = node.items[index]
        value, leave = (self._slot_name(item.context_expr, part) for part in ("value", "exit"))
        self._loops.append([])
        body = (
            self._with(node, index + 1)
            if index + 1 < len(node.items)
            else self.statements(node.body)
        )
        loops = self._loops.pop()

        def waited(expression: ast.expr) -> ast.expr:
            return ast.Await(expression) if is_async else expression

        def slot(name: str) -> ast.expr:
            return self._slot(name)

        def store(name: str) -> ast.expr:
            return self._slot(name, _STORE)

        def clear() -> ast.stmt:
            return ast.Assign([store(leave)], ast.Constant(None))

        def take() -> ast.stmt:
            return ast.Assign(
                [ast.Tuple([store(value), store(leave)], _STORE)],
                ast.Tuple([slot(leave), ast.Constant(None)], _LOAD),
            )

        def called(arguments: list[ast.expr]) -> ast.expr:
            return waited(ast.Call(slot(value), arguments, []))

        kind: Any = ast.AsyncWith if is_async else ast.With
        begin: list[ast.stmt] = [
            ast.Assign(
                [ast.Tuple([store(value), store(leave)], _STORE)],
                call(4 if is_async else 3, item.context_expr),
            ),
            ast.If(  # no context manager: the statement itself says so
                ast.Compare(slot(leave), [ast.Is()], [ast.Constant(None)]),
                [kind([ast.withitem(slot(value), None)], [ast.Pass()])],
                [],
            ),
        ]
        assign: list[ast.stmt] = []
        if item.optional_vars is None:
            begin.append(ast.Expr(called([])))
        else:
            self._binds(item.optional_vars)
            begin.append(ast.Assign([store(value)], called([])))
            assign = [
                ast.Assign([item.optional_vars], slot(value)),
                ast.Assign([store(value)], ast.Constant(None)),
            ]
        info = ast.Starred(call(5), _LOAD)
        forget = [self._forget(loops, node)] if loops else []
        self.asks = True
        moved: list[ast.stmt] = [clear(), _move()]
        asking = ast.ExceptHandler(call(self._number), None, moved)
        inner = ast.Try([*assign, *body], [asking], [], [])
        handler: list[ast.stmt] = [
            ast.If(ast.Compare(slot(leave), [ast.Is()], [ast.Constant(None)]), [ast.Raise()], []),
            *forget,
            take(),
            ast.If(ast.UnaryOp(ast.Not(), called([info])), [ast.Raise()], []),
        ]
        nothing = [ast.Constant(None) for _ in range(3)]
        final: list[ast.stmt] = [
            ast.If(
                ast.Compare(slot(leave), [ast.IsNot()], [ast.Constant(None)]),
                [*forget, take(), ast.Expr(called([*nothing]))],
                [],
            ),
            ast.Assign([store(value)], ast.Constant(None)),  # it was the exit
        ]
        whole = ast.Try([inner], [ast.ExceptHandler(None, None, handler)], [], final)
        where = item.context_expr
        return [placed(part, where) for part in (*begin, whole)]

    # -- try -----------------------------------------------------------------------------------

    def _try(self, node: ast.Try | ast.TryStar) -> list[ast.stmt]:
        self._loops.append([])
        made = shallow(node)
        made.body = self.statements(node.body)
        made.orelse = self.statements(node.orelse)
        loops = self._loops.pop()
        self._loops[-1] += loops
        star = isinstance(node, ast.TryStar)
        made.handlers = [self._handler(each, loops, star) for each in node.handlers]
        if not star and _can_take_all(node) and _can_move(made.body):
            passing = ast.ExceptHandler(operand(8), None, [ast.Raise()])
            made.handlers.insert(0, placed(passing, node.handlers[0]))
        if not node.finalbody:
            return [made]
        moves = self._slot_name(node, "moves")
        falls = ast.Assign([self._slot(moves, _STORE)], ast.Constant(False))
        if node.handlers:
            made.finalbody = []
            inner: list[ast.stmt] = [made]
        else:
            inner = list(made.body)
        first = beginning(node.finalbody)
        inner.append(placed(falls, first, whole=False))
        on_failure: list[ast.stmt] = [
            ast.Assign([self._slot(moves, _STORE)], ast.Constant(True)),
            _move(),
        ]
        self.asks = True
        final: list[ast.stmt] = [*([self._forget(loops, first)] if loops else [])]
        final += self.statements(node.finalbody)
        starts = node if node.handlers else beginning(node.body)
        whole = ast.Try(
            [guarded(inner, self._number, on_failure, starts)],
            [],
            [],
            [
                # No other branch, so that what follows has one line before it: the end of `final`.
                placed(
                    ast.If(
                        ast.Compare(self._slot(moves), [ast.Is()], [ast.Constant(True)]),
                        [ast.Raise()],
                        [],
                    ),
                    first,
                    whole=False,
                ),
                *final,
            ],
        )
        start = ast.Assign([self._slot(moves, _STORE)], ast.Constant(None))
        return [placed(start, node), ast.copy_location(whole, node)]

    def _handler(self, node: ast.ExceptHandler, loops: list[str], star: bool) -> ast.ExceptHandler:
        made = shallow(node)
        made.body = self.statements(node.body)
        first = beginning(node.body)
        if node.name:
            self.bound.add(node.name)
        if not star and not (
            len(node.body) == 1 and isinstance(node.body[0], (ast.Raise, ast.Pass))
        ):
            self.asks = True
            moved: list[ast.stmt] = [_move()]
            made.body = [guarded(made.body, self._number, moved, first)]
        if loops:
            made.body.insert(0, self._forget(loops, first))
        return made

    # -- hidden names --------------------------------------------------------------------------

    def _slot_name(self, node: ast.stmt | ast.expr, what: str) -> str:
        return slot_name(node, what, self._first)

    def _slot(self, name: str, context: ast.expr_context | None = None) -> ast.expr:
        if not self._module:
            return named(name, context)
        return ast.Subscript(mark(self._number + 4), ast.Constant(name), context or _LOAD)


def slot_name(node: ast.stmt | ast.expr, what: str, first: int) -> str:
    """The hidden name that belongs to a statement: what it holds, and where it stands.

    Args:
        node: a ``for`` or ``try`` statement; for ``with``, the context expression of the item.
        what: ``for``: the iterator; ``exit``: the manager's exit, None when it was called; ``moves``.
        first: the first line of the definition; names do not change when the definition moves.
    """
    return f"@{what}:{node.lineno - first}:{node.col_offset}"


def _move() -> ast.stmt:
    """Raises what moves control; nothing follows, as the compiler is to know."""
    return ast.Raise(call(6), None)


class _Locals(ast.NodeTransformer):
    """Calls that tell the names of locals do not tell the hidden ones."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if (
            isinstance(node.func, ast.Name)
            and node.func.id in LOCALS
            and not node.args
            and not node.keywords
        ):
            return placed(call(7, node), node)
        return node

    def _leave(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = _leave


def _calls_locals(node: ast.stmt) -> bool:
    waiting: list[Any] = [node]
    while waiting:
        part = waiting.pop()
        if type(part) is not ast.Name:
            waiting += children(part)
        elif part.id in LOCALS:
            return True
    return False


def _is_builtin(node: ast.expr) -> bool:
    """Whether an iterable is surely one of Python's own, as far as a look at it tells."""
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name):
            return function.id in _BUILTIN_ITERABLES
        return isinstance(function, ast.Attribute) and function.attr in _VIEWS
    return isinstance(node, _DISPLAYS)


def _can_take_all(node: ast.Try | ast.TryStar) -> bool:
    """Whether a clause may take what is no Exception."""
    return any(
        each.type is None
        or not isinstance(each.type, ast.Name)
        or each.type.id in ("BaseException", "object")
        for each in node.handlers
    )


def _can_move(body: list[ast.stmt]) -> bool:
    """Whether control can move out of instrumented statements inside of a body."""
    return any(isinstance(part, ast.ExceptHandler) for part in own(body))
