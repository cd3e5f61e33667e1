"""Instrumentation: syntax in which a failure calls livecode before anything is left.

In: the syntax of a source, or of one statement of a cell. Out: new syntax that does the same, and the
objects that stand for its marks (`livecode.breaks.marks`). The syntax that came in is not changed.

=====================  ===========================================================================
written                becomes
=====================  ===========================================================================
body of a function     ``try: body``  ``except: if LETS(): raise``  ``return GO()()``
for x in it: body      ``for x in (.for if TYPE(.for := ITER(it)) in SIMPLE else AGAIN(.for)): body``;
                       then ``.for = None``
with m as x: body      ``.value, .exit = MANAGER(m)``, ``.value()`` and ``.exit(...)`` called as PEP 343
                       says, but not while control moves to the resumed frame
try: a finally: b      ``try: (try: a  except: if LETS(): raise; .moves = True; MOVE())``
                       ``finally: if not .moves: b``
except E as e: body    ``except E as e: try: body  except: if LETS(): raise; MOVE()``
=====================  ===========================================================================

``LETS`` asks whether the exception may pass on. If it may not, the computation is suspended inside of
this call, with everything still open; if it comes back with False, control moves to the resumed code:
``MOVE`` raises an exception that only the outermost handler of the function takes, where ``GO`` gives
the function that does the rest. Names with an ``@`` are hidden: no person's name has one. A cell's
statement has no locals; there such names are items of a dictionary of its Point.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from livecode.breaks import running
from livecode.breaks.marks import Place, call, mark, new
from livecode.breaks.point import Point
from livecode.sources.children import children
from livecode.sources.parsing import copied, syntax

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_Node = TypeVar("_Node", bound=ast.AST)

_BUILTIN_ITERABLES = {"range", "enumerate", "zip", "sorted", "reversed", "list", "tuple", "dict"}
_VIEWS = {"items", "values", "keys"}
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_AWAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
_NESTED: tuple[type[ast.AST], ...] = (*_SCOPES, ast.GeneratorExp)
if sys.version_info < (3, 12):  # later, comprehensions are no functions (PEP 709)
    _NESTED += (ast.ListComp, ast.SetComp, ast.DictComp)
_LOAD, _STORE, _IN = ast.Load(), ast.Store(), ast.In()
CELLS = "@cells"
"""The name of the function by which a handler tells the cells of its function."""
_BINDING = {*_SCOPES, ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.MatchAs, ast.MatchStar}
_BINDING |= {ast.MatchMapping, ast.alias}
_USING = {*_NESTED, ast.Global, ast.Nonlocal}
"""Kinds of syntax that bind names, or use them in ways of their own."""
_LOCALS = {"locals", "vars", "dir"}
_TELLS_LOCALS = re.compile(r"\b(?:locals|vars|dir)\b").search
_FOR = re.compile(r"\bfor\b").findall
_SIMPLE = {ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Return, ast.Raise}
_BODIES = ("body", "orelse", "finalbody")


class _Around:
    """What stands around a function: another one, or a class.

    Args:
        node: the function; None for a class.
    """

    def __init__(self, node: Function | None = None) -> None:
        self.is_function = node is not None
        self._node = node

    @cached_property
    def names(self) -> set[str]:
        """The names that it binds for functions inside of it."""
        return {"__class__"} if self._node is None else bound_in(self._node)


_WITH_BODIES: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if field in (*_BODIES, "handlers", "cases"))
    for kind in (
        ast.If,
        ast.For,
        ast.AsyncFor,
        ast.While,
        ast.With,
        ast.AsyncWith,
        ast.Try,
        ast.TryStar,
        ast.Match,
        ast.ExceptHandler,
        ast.match_case,
    )
}


class Instrumenter:
    """Makes instrumented syntax.

    Args:
        text: the whole text that the syntax comes from; without one, Points keep the syntax itself.
        prefix: what the qualified names of the definitions begin with.

    Attributes:
        objects: what the marks of the syntax stand for.
    """

    def __init__(self, text: str | None = None, prefix: str = "") -> None:
        self.objects: list[Any] = [
            running.again,
            iter,
            aiter,
            running.manager,
            running.async_manager,
            sys.exc_info,
            running.move,
            running.visible,
            running.Moving,
            type,
            running.SIMPLE_ITERATORS,
        ]
        self._lines = text.splitlines(keepends=True) if text is not None else None
        self._prefix = prefix
        self._around: list[_Around] = []

    def statements(self, nodes: Iterable[ast.stmt]) -> list[ast.stmt]:
        """Statements of a module or class: the functions that they define are instrumented."""
        return [self._outside(node) for node in nodes]

    def cell_statement(self, node: ast.stmt) -> ast.stmt:
        """One statement of a cell, which is instrumented itself, too."""
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return node  # it must come first
        point = self._point(node, "<module>", module=True)
        return self.cell_rest([node], point, awaits(node))[0]

    def point(self, node: ast.stmt) -> Point:
        """What is known of a statement of a cell."""
        return self._point(node, "<module>", module=True)

    def cell_rest(self, nodes: list[ast.stmt], point: Point, awaits: bool) -> list[ast.stmt]:
        """What is left of a cell's statement, instrumented."""
        if not nodes:
            return []
        number = self._add(point)
        body = _Body(self, point, number, module=True).statements(nodes)
        go: ast.expr = ast.Call(call(number + 2), [], [])
        rest = ast.Expr(ast.Await(go) if awaits else go)
        return [_guarded(body, [*_passing_on(number + 1, nodes[0]), rest], nodes[0])]

    def function(self, node: Function) -> Function:
        """A function definition, instrumented."""
        made = self._shallow(node)
        qualname = f"{self._prefix}{node.name}"
        outer, self._prefix = self._prefix, f"{qualname}.<locals>."
        self._around.append(_Around(node))
        if _is_trivial(node) or _is_plain(node):
            made.body = self.statements(node.body)
        else:
            made.body = self.body(node, self._point(node, qualname), None)
        self._around.pop()
        self._prefix = outer
        return made

    def body(
        self, node: Function, point: Point, cells: list[str] | None, where: ast.stmt | None = None
    ) -> list[ast.stmt]:
        """The body of a function, instrumented.

        Args:
            node: the function.
            point: what is known of it.
            cells: its variables that other functions use too, and those of other functions; None:
                to be found.
            where: a statement of a person's; the handler stands on its line.
        """
        start = 1 if _has_docstring(node) else 0
        number = self._add(point)
        text = point.text  # without it, words may stand there
        tells = any(word in text for word in _LOCALS) and _TELLS_LOCALS(text) is not None
        body = _Body(self, point, number, hides_locals=not text or tells)
        inside = body.statements(node.body[start:])
        first = node.body[start]
        parameters = _parameters(node) & body.bound
        kept = [
            _at(ast.Assign([_name(f"@{name}", _STORE)], _name(name)), first)
            for name in sorted(parameters)
        ]
        if cells is None:
            cells = self._cells(node, text, body.loops)
        tell: list[ast.stmt] = []
        if cells:
            names: list[ast.expr] = [_name(name) for name in cells]
            tell = [_function(CELLS, [ast.Return(ast.Tuple(names, _LOAD))])]
        where = where or first
        place = _place(where, whole=False)
        made = call(number + 2, *([_name(CELLS)] if cells else []), place=place)
        go = new(ast.Call, {"func": made, "args": [], "keywords": [], **place})
        if cells:
            _at(made.args[0], where, whole=False)
        generator = (not text or "yield" in text) and _has(node, (ast.Yield, ast.YieldFrom))
        if isinstance(node, ast.FunctionDef):
            value = ast.YieldFrom(go) if generator else go
            rest: list[ast.stmt] = [new(ast.Return, {"value": value, **place})]
            if generator:
                _at(value, where, whole=False)
        elif generator:
            rest = _delegation(go)
        else:
            rest = [ast.Return(ast.Await(go))]
        guarded = _guarded([*kept, *inside], [*_passing_on(number + 1, where), *tell, *rest], where)
        return [*node.body[:start], guarded]

    def _cells(self, node: Function, text: str, loops: int) -> list[str]:
        """The variables of a function that live in cells.

        Args:
            node: the function.
            text: of its definition; empty if only its syntax is at hand.
            loops: how many ``for`` statements it has: more of this word means comprehensions.
        """
        outside = self._around[:-1]
        if text and not any(each.is_function for each in outside):
            nests = (
                "lambda" in text
                or text.count("def") > 1
                or "class" in text
                or (text.count("for") > loops and len(_FOR(text)) > loops)
            )
            if not nests and not (outside and ("super" in text or "__class__" in text)):
                return []
        if not outside and not _nests(node):
            return []
        return captured(node, self._around[-1].names, [each.names for each in outside])

    def _outside(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.function(node)
        if isinstance(node, ast.ClassDef):
            made = self._shallow(node)
            outer, self._prefix = self._prefix, f"{self._prefix}{node.name}."
            self._around.append(_Around())
            made.body = self.statements(node.body)
            self._around.pop()
            self._prefix = outer
            return made
        return self._with_bodies(node, self.statements)

    def _with_bodies(self, node: _Node, change: Any) -> _Node:
        """A copy of a compound statement with other bodies; the same node if it has none."""
        fields = _WITH_BODIES.get(type(node))
        if fields is None:
            return node
        made: Any = self._shallow(node)
        values = made.__dict__
        for field in fields:
            nodes = values[field]
            if not nodes:
                pass
            elif field in ("handlers", "cases"):
                values[field] = [self._with_bodies(each, change) for each in nodes]
            else:
                values[field] = change(nodes)
        return made  # type: ignore[no-any-return]

    def _shallow(self, node: _Node) -> _Node:
        kind = type(node)
        made = kind.__new__(kind)
        values = made.__dict__
        values.update(node.__dict__)
        values.pop("livecode_text", None)
        return made

    def _point(self, node: ast.stmt, qualname: str, module: bool = False) -> Point:
        first = _first_line(node)
        if self._lines is None:
            return Point(node, first, qualname, module)
        return Point("".join(self._lines[first - 1 : node.end_lineno]), first, qualname, module)

    def _add(self, point: Point) -> int:
        """Give a Point its marks; the number of the first."""
        number = len(self.objects)
        self.objects += [point.lets, point.lets_out, point.go, point.keep, point.held]
        return number


class _Body:
    """The body of one function, or a cell's statement."""

    def __init__(
        self,
        maker: Instrumenter,
        point: Point,
        number: int,
        module: bool = False,
        hides_locals: bool = False,
    ) -> None:
        self._maker = maker
        self._module = module
        self._number = number
        self._hides_locals = hides_locals
        self._first = point.first
        self._loops: list[list[str]] = [[]]
        """The hidden names of the loops in each enclosing ``try`` or ``with``, outermost first."""
        self.loops = 0
        self.bound: set[str] = set()
        """What was seen: how many loops, and the names that assignments and such bind."""

    def statements(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for index, node in enumerate(nodes):
            following = nodes[index + 1] if index + 1 < len(nodes) else node
            found += self._statement(node, following)
        return found

    def _statement(self, node: ast.stmt, following: ast.stmt) -> list[ast.stmt]:
        kind = type(node)
        made = node
        if kind in _SIMPLE:
            if kind is ast.Assign or kind is ast.Delete:
                for each in node.targets:  # type: ignore[attr-defined]
                    self._binds(each)
            elif kind is ast.AugAssign or kind is ast.AnnAssign:
                self._binds(node.target)  # type: ignore[attr-defined]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return [self._maker._outside(node)]
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            return self._for(node, following)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            return self._with(node, 0)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            return self._try(node)
        elif isinstance(node, (ast.If, ast.While, ast.Match)):
            made = self._maker._with_bodies(node, self.statements)
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

    def _for(self, node: ast.For | ast.AsyncFor, following: ast.stmt) -> list[ast.stmt]:
        self.loops += 1
        self._binds(node.target)
        name = self._slot_name(node, "for")
        self._loops[-1].append(name)
        made = self._maker._shallow(node)
        is_async = isinstance(node, ast.AsyncFor)
        place = _place(node.iter)
        kept: ast.expr = call(2 if is_async else 1, node.iter, place=place)
        if self._module:
            kept = _at(call(self._number + 3, ast.Constant(name), kept), node.iter)
        else:
            target = new(ast.Name, {"id": name, "ctx": _STORE, **place})
            kept = new(ast.NamedExpr, {"target": target, "value": kept, **place})
            if is_async:
                kept = call(0, kept, place=place)
            elif not _is_builtin(node.iter):
                known = {"ops": [_IN], "comparators": [mark(10, place)]}
                test = new(ast.Compare, {"left": call(9, kept, place=place), **known, **place})
                held = new(ast.Name, {"id": name, "ctx": _LOAD, **place})
                other = call(0, held, place=place)
                kept = new(ast.IfExp, {"test": test, "body": held, "orelse": other, **place})
        made.iter = kept
        made.body = self.statements(node.body)
        made.orelse = self.statements(node.orelse)
        return [made, self._forget([name], following)]

    def _forget(self, names: list[str], where: ast.stmt) -> ast.stmt:
        """Let go of the iterators of loops that were left."""
        place = _place(where, whole=False)
        targets = [_at(self._slot(name, _STORE), where, whole=False) for name in names]
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
        moved: list[ast.stmt] = [*_passing_on(self._number), clear(), ast.Expr(call(6))]
        inner = ast.Try([*assign, *body], [ast.ExceptHandler(None, None, moved)], [], [])
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
            )
        ]
        whole = ast.Try([inner], [ast.ExceptHandler(None, None, handler)], [], final)
        where = item.context_expr
        return [_at(part, where) for part in (*begin, whole)]

    # -- try -----------------------------------------------------------------------------------

    def _try(self, node: ast.Try | ast.TryStar) -> list[ast.stmt]:
        self._loops.append([])
        made = self._maker._shallow(node)
        made.body = self.statements(node.body)
        made.orelse = self.statements(node.orelse)
        loops = self._loops.pop()
        self._loops[-1] += loops
        star = isinstance(node, ast.TryStar)
        made.handlers = [self._handler(each, loops, star) for each in node.handlers]
        if not star and _can_take_all(node) and _can_move(made.body):
            passing = ast.ExceptHandler(mark(8), None, [ast.Raise()])
            made.handlers.insert(0, _at(passing, node.handlers[0]))
        if not node.finalbody:
            return [made]
        moves = self._slot_name(node, "moves")
        falls = ast.Assign([self._slot(moves, _STORE)], ast.Constant(False))
        if node.handlers:
            made.finalbody = []
            inner: list[ast.stmt] = [made]
        else:
            inner = list(made.body)
        inner.append(_at(falls, node.finalbody[0], whole=False))
        on_failure: list[ast.stmt] = [
            *_passing_on(self._number, node.body[0]),
            ast.Assign([self._slot(moves, _STORE)], ast.Constant(True)),
            ast.Expr(call(6)),
        ]
        final: list[ast.stmt] = [*([self._forget(loops, node.finalbody[0])] if loops else [])]
        final += self.statements(node.finalbody)
        first = node.finalbody[0]
        whole = ast.Try(
            [_guarded(inner, on_failure, node.body[0])],
            [],
            [],
            [
                _at(
                    ast.If(
                        ast.Compare(self._slot(moves), [ast.IsNot()], [ast.Constant(True)]),
                        final,
                        [],
                    ),
                    first,
                )
            ],
        )
        start = ast.Assign([self._slot(moves, _STORE)], ast.Constant(None))
        return [_at(start, node), ast.copy_location(whole, node)]

    def _handler(self, node: ast.ExceptHandler, loops: list[str], star: bool) -> ast.ExceptHandler:
        made = self._maker._shallow(node)
        made.body = self.statements(node.body)
        if not star and not (
            len(node.body) == 1 and isinstance(node.body[0], (ast.Raise, ast.Pass))
        ):
            moved: list[ast.stmt] = [*_passing_on(self._number, node.body[0]), ast.Expr(call(6))]
            made.body = [_guarded(made.body, moved, node.body[0])]
        if loops:
            made.body.insert(0, self._forget(loops, node.body[0]))
        return made

    # -- hidden names --------------------------------------------------------------------------

    def _slot_name(self, node: ast.stmt | ast.expr, what: str) -> str:
        return slot_name(node, what, self._first)

    def _slot(self, name: str, context: ast.expr_context | None = None) -> ast.expr:
        if not self._module:
            return _name(name, context)
        return ast.Subscript(mark(self._number + 4), ast.Constant(name), context or _LOAD)


def awaits(node: ast.stmt) -> bool:
    """Whether a statement of a cell waits for something, itself."""
    return not isinstance(node, _SCOPES) and _has(node, _AWAITING)


def slot_name(node: ast.stmt | ast.expr, what: str, first: int) -> str:
    """The hidden name that belongs to a statement: what it holds, and where it stands.

    Args:
        node: a ``for`` or ``try`` statement; for ``with``, the context expression of the item.
        what: ``for``: the iterator; ``exit``: the manager's exit, None when it was called; ``moves``.
        first: the first line of the definition; names do not change when the definition moves.
    """
    return f"@{what}:{node.lineno - first}:{node.col_offset}"


def _guarded(body: list[ast.stmt], on_failure: list[ast.stmt], where: ast.stmt) -> ast.Try:
    """``try: body`` with a bare ``except``, which stands on the line where the body begins.

    What follows the question whether the exception may pass on has no width there: by that a frame is
    known which only waits for the rest to be done (`livecode.breaks.machine.is_shell`).
    """
    place = _place(where, whole=False)
    for each in (*body, *on_failure):
        if "lineno" not in each.__dict__:
            _at(each, where, whole=False)
    handler = new(ast.ExceptHandler, {"type": None, "name": None, "body": on_failure, **place})
    fields = {"body": body, "handlers": [handler], "orelse": [], "finalbody": []}
    return new(ast.Try, {**fields, **place})


def _passing_on(number: int, where: ast.stmt | None = None) -> list[ast.stmt]:
    """``if LETS(): raise``, at the place of a statement if there is one."""
    place = _place(where) if where is not None else None
    at = place or {}
    leave = new(ast.Raise, {"exc": None, "cause": None, **at})
    test = call(number, place=place)
    return [new(ast.If, {"test": test, "body": [leave], "orelse": [], **at})]


def _delegation(go: ast.expr) -> list[ast.stmt]:
    """What ``return await-from GO()`` would be in an asynchronous generator (as PEP 380 has it)."""
    source = """
_g = GO
_v = await _g.__anext__()
while True:
    try:
        _s = yield _v
    except GeneratorExit:
        await _g.aclose()
        raise
    except BaseException as _e:
        _w = _g.athrow(_e)
    else:
        _w = _g.asend(_s)
    _v = await _w
"""
    tree = syntax(source)
    for part in ast.walk(tree):
        if isinstance(part, ast.Name) and part.id.startswith("_"):
            part.id = f"@{part.id}"
        if isinstance(part, ast.ExceptHandler) and part.name:
            part.name = f"@{part.name}"
        for attribute in part._attributes:
            delattr(part, attribute)
    assert isinstance(tree.body[0], ast.Assign)
    tree.body[0].value = go
    ends = ast.ExceptHandler(_name("StopAsyncIteration"), None, [ast.Return()])
    return [ast.Try(tree.body, [ends], [], [])]


class _Locals(ast.NodeTransformer):
    """Calls that tell the names of locals do not tell the hidden ones."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if (
            isinstance(node.func, ast.Name)
            and node.func.id in _LOCALS
            and not node.args
            and not node.keywords
        ):
            return _at(call(7, node), node)
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
        elif part.id in _LOCALS:
            return True
    return False


def _at(node: _Node, where: ast.AST, whole: bool = True) -> _Node:
    """Give a made node, and what was made inside of it, the place of another one."""
    place = _place(where, whole)
    waiting: list[ast.AST] = [node]
    while waiting:
        part: Any = waiting.pop()
        values = part.__dict__
        if "lineno" in values:
            continue  # a person's
        if part._attributes:
            values.update(place)
        waiting += children(part)
    return node


def _place(where: ast.AST, whole: bool = True) -> Place:
    """The place of a node, or of its beginning."""
    start: Any = where
    line = _first_line(where) if isinstance(where, ast.stmt) else start.lineno
    column = start.col_offset
    return {
        "lineno": line,
        "col_offset": column,
        "end_lineno": start.end_lineno if whole else line,
        "end_col_offset": start.end_col_offset if whole else column,
    }


def _name(name: str, context: ast.expr_context | None = None) -> ast.Name:
    return ast.Name(name, context or _LOAD)


def _first_line(node: ast.AST) -> int:
    decorators = getattr(node, "decorator_list", None)
    line: int = decorators[0].lineno if decorators else node.lineno  # type: ignore[attr-defined]
    return line


def _has_docstring(node: Function) -> bool:
    first = node.body[0]
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _is_trivial(node: Function) -> bool:
    return all(
        isinstance(each, (ast.Pass, ast.Global, ast.Nonlocal))
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in node.body
    )


def _is_plain(node: Function) -> bool:
    """Whether a definition is decorated with ``livecode.plain``."""
    return any(
        (isinstance(each, ast.Attribute) and each.attr == "plain")
        or (isinstance(each, ast.Name) and each.id == "plain")
        for each in node.decorator_list
    )


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
    return any(isinstance(part, ast.ExceptHandler) for node in body for part in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what stands in it, nested scopes aside."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(child for child in children(part) if not isinstance(child, _SCOPES))


def _has(node: ast.AST, kinds: tuple[type, ...]) -> bool:
    """Whether a function (or statement) has such an expression of its own."""
    parts = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else [node]
    waiting: list[Any] = list(parts)
    while waiting:
        part = waiting.pop()
        if isinstance(part, kinds):
            return True
        if not isinstance(part, _SCOPES):
            waiting += children(part)
    return False


def _nests(node: Function) -> bool:
    """Whether other functions stand in a function, which may use its variables."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, _NESTED):
            return True
        waiting += children(part)
    return False


def _parameters(node: Any) -> set[str]:
    arguments: ast.arguments = node.args
    return {
        each.arg
        for each in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            *filter(None, (arguments.vararg, arguments.kwarg)),
        )
    }


def bound_in(node: Any) -> set[str]:
    """The names that are local to a function."""
    found = _parameters(node)
    declared: set[str] = set()
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        kind = type(part)
        if kind is ast.Name:
            if type(part.ctx) is not ast.Load:  # type: ignore[attr-defined]
                found.add(part.id)  # type: ignore[attr-defined]
            continue
        if kind not in _BINDING:
            waiting += children(part)
            continue
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(part.name)
            continue
        if isinstance(part, ast.Lambda):
            continue
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            declared |= set(part.names)
        elif isinstance(part, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and part.name:
            found.add(part.name)
        elif isinstance(part, ast.MatchMapping) and part.rest:
            found.add(part.rest)
        elif isinstance(part, ast.alias):
            found.add((part.asname or part.name).split(".")[0])
        waiting += children(part)
    return found - declared


def captured(node: Function, bound: set[str], around: list[set[str]]) -> list[str]:
    """The variables of a function that live in cells: those that functions inside of it use, and those
    of functions around it that it uses."""
    own, inner = _used(node.body)
    outside = set().union(*around)
    used = own | inner
    if "super" in used:
        used.add("__class__")
    return sorted((inner & bound) | (used & outside - bound))


def _used(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that statements use themselves, and those that functions inside of them do not bind."""
    own: set[str] = set()
    inner: set[str] = set()
    waiting: list[Any] = list(body)
    while waiting:
        part: Any = waiting.pop()
        kind = type(part)
        if kind is ast.Name:
            own.add(part.id)
            continue
        if kind not in _USING:
            waiting += children(part)
            continue
        if isinstance(part, (ast.Nonlocal, ast.Global)):
            own.update(part.names)
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            inside: Any = [part.body] if isinstance(part, ast.Lambda) else part.body
            names, deeper = _used(inside)
            free = names | deeper
            if isinstance(part, ast.Lambda):
                free -= _parameters(part)
            elif not isinstance(part, ast.ClassDef):
                free -= bound_in(part)
            inner |= free
            for field in ("decorator_list", "bases", "keywords", "args", "returns"):
                found = getattr(part, field, None)
                waiting.extend(found if isinstance(found, list) else [found] if found else [])
            if "super" in names:
                inner.add("__class__")
        elif isinstance(part, _NESTED):  # a comprehension
            names, deeper = _used(children(part))
            inner |= names | deeper
            own |= names
        else:
            waiting += children(part)
    return own, inner


def _function(name: str, body: list[ast.stmt]) -> ast.FunctionDef:
    nothing = ast.arguments([], [], None, [], [], None, [])
    make: Any = ast.FunctionDef  # its fields differ between versions of Python
    made: Any = make(name=name, args=nothing, body=body, decorator_list=[])
    if "type_params" in made._fields:
        made.type_params = []
    return made  # type: ignore[no-any-return]
