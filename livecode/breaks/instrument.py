"""Instrumentation: syntax in which a failure calls livecode before anything is left.

In: the syntax of a source, or of one statement of a cell. Out: new syntax that does the same, and the
objects that stand for its marks (`livecode.breaks.marks`). The syntax that came in is not changed.

=====================  ===========================================================================
written                becomes
=====================  ===========================================================================
body of a function     ``try: body; return``  ``except LETS(): pass``;  then ``return (-POINT)()``
statement of a cell    ``try: statement``  ``except LETS(): POINT.moves = True``;
                       then ``if POINT.moves: (-POINT)()``
for x in it: body      ``for x in (.for if TYPE(.for := ITER(it)) in SIMPLE else AGAIN(.for)): body``;
                       then ``.for = None``
with m as x: body      ``.value, .exit = MANAGER(m)``, ``.value()`` and ``.exit(...)`` called as PEP 343
                       says, but not while control moves to the resumed frame
try: a finally: b      ``try: (try: a  except LETS(): .moves = True; raise MOVE())``
                       ``finally: if .moves: raise``; ``b``
except E as e: body    ``except E as e: try: body  except LETS(): MOVE()``
=====================  ===========================================================================

``LETS`` asks whether the exception may pass on; then it gives no type, so that the exception does. If
it may not, the computation is suspended inside of this call, with everything still open; if it comes
back with a type that the exception has, control moves to the resumed code:
``MOVE`` raises an exception that only the outermost handler of the function takes. When that is left, so
that nothing is being handled any more, ``-POINT`` gives the function that does the rest. Names with an ``@`` are hidden: no person's name has one. A cell's
statement has no locals; there such names are items of a dictionary of its Point.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from livecode.breaks import running
from livecode.breaks.blocks import Body
from livecode.breaks.marks import Place, new, operand
from livecode.breaks.nodes import (
    NOWHERE,
    beginning,
    guarded,
    named,
    place_of,
    placed,
    shallow,
    with_bodies,
)
from livecode.breaks.point import Point
from livecode.breaks.scopes import (
    SCOPES,
    Function,
    bound_in,
    captured,
    has,
    nests,
    parameters,
    used_inside,
)
from livecode.sources.outline import first_line
from livecode.sources.parsing import syntax

_LOAD, _STORE = ast.Load(), ast.Store()
_NEGATIVE, _MATMULT = ast.USub(), ast.MatMult()

_AWAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)

CELLS = "@cells"
"""The name of the function by which a handler tells the cells of its function."""

_TELLS_LOCALS = re.compile(r"\b(?:locals|vars|dir)\b").search

_FOR = re.compile(r"\bfor\b").findall


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

    def cell_statement(self, node: ast.stmt) -> list[ast.stmt]:
        """One statement of a cell, which is instrumented itself, too."""
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return [node]  # it must come first
        point = self._point(node, "<module>", module=True)
        return self.cell_rest([node], point, awaits(node))

    def point(self, node: ast.stmt) -> Point:
        """What is known of a statement of a cell."""
        return self._point(node, "<module>", module=True)

    def cell_rest(self, nodes: list[ast.stmt], point: Point, waits: bool) -> list[ast.stmt]:
        """What is left of a cell's statement, instrumented."""
        if not nodes:
            return []
        number = self._add(point)
        maker = Body(self._outside, point.first, number, module=True)
        body = maker.statements(nodes)
        if maker.asks:
            self.objects[number] = point.lets
        go = _go(number + 2)
        rest = placed(ast.Expr(ast.Await(go) if waits else go), nodes[0], whole=False)
        moves = {"value": operand(number + 2, NOWHERE), "attr": "moves", **NOWHERE}
        target = ast.Attribute(operand(number + 2), "moves", _STORE)
        moved = ast.Assign([target], ast.Constant(True))
        test = new(ast.Attribute, {**moves, "ctx": _LOAD})
        return [
            guarded(body, number + 1, [moved], nodes[0]),
            new(ast.If, {"test": test, "body": [rest], "orelse": [], **NOWHERE}),
        ]

    def function(self, node: Function) -> Function:
        """A function definition, instrumented."""
        made = shallow(node)
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
        told = "locals" in text or "vars" in text or "dir" in text
        tells = told and _TELLS_LOCALS(text) is not None
        body = Body(self._outside, point.first, number, hides_locals=not text or tells)
        inside = body.statements(node.body[start:])
        if body.asks:
            self.objects[number] = point.lets
        first = beginning(node.body[start:])
        rebound = body.bound.intersection(parameters(node)) if body.bound else ()
        kept = [
            placed(ast.Assign([named(f"@{name}", _STORE)], named(name)), first)
            for name in sorted(rebound)
        ]
        if cells is None:
            cells = self._cells(node, text, body)
        tell: list[ast.stmt] = []
        if cells:
            names: list[ast.expr] = [named(name) for name in cells]
            tell = [_function(CELLS, [ast.Return(ast.Tuple(names, _LOAD))])]
        at = where or first
        place = place_of(at, whole=False)
        go = _go(number + 2, bool(cells), place)
        generator = (not text or "yield" in text) and has(node, (ast.Yield, ast.YieldFrom))
        if isinstance(node, ast.FunctionDef):
            value = ast.YieldFrom(go) if generator else go
            rest: list[ast.stmt] = [new(ast.Return, {"value": value, **place})]
            if generator:
                placed(value, at, whole=False)
        elif generator:
            rest = _delegation(go)
        else:
            rest = [ast.Return(ast.Await(go))]
        ends = [] if isinstance(inside[-1], (ast.Return, ast.Raise)) else [_end()]
        whole = guarded([*kept, *inside, *ends], number + 1, [ast.Pass()], at, place)
        for each in (*tell, *rest):
            if "lineno" not in each.__dict__:
                placed(each, at, whole=False)
        return [*node.body[:start], whole, *tell, *rest]

    def _cells(self, node: Function, text: str, body: Body) -> list[str]:
        """The variables of a function that live in cells; perhaps with others.

        Args:
            node: the function.
            text: of its definition; empty if only its syntax is at hand.
            body: what was seen in it. More of the word ``for`` than it has loops means comprehensions.
        """
        outside = self._around[:-1]
        if text and not any(each.is_function for each in outside):
            may_nest = (
                "lambda" in text
                or text.count("def") > 1
                or "class" in text
                or (text.count("for") > body.loops and len(_FOR(text)) > body.loops)
            )
            if not (outside and ("super" in text or "__class__" in text)):
                if not may_nest:
                    return []
                inside = used_inside(node)
                if not inside or ":=" in text:
                    return sorted(inside and inside & self._around[-1].names)
                return sorted(inside & body.bound.union(parameters(node)))
        if not outside and not nests(node):
            return []
        return captured(node, self._around[-1].names, [each.names for each in outside])

    def _outside(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.function(node)
        if isinstance(node, ast.ClassDef):
            made = shallow(node)
            outer, self._prefix = self._prefix, f"{self._prefix}{node.name}."
            self._around.append(_Around())
            made.body = self.statements(node.body)
            self._around.pop()
            self._prefix = outer
            return made
        return with_bodies(node, self.statements)

    def _point(self, node: ast.stmt, qualname: str, module: bool = False) -> Point:
        first = first_line(node)
        if self._lines is None:
            return Point(node, first, qualname, module)
        return Point("".join(self._lines[first - 1 : node.end_lineno]), first, qualname, module)

    def _add(self, point: Point) -> int:
        """Give a Point its marks; the number of the first, which is of `lets`, if that is needed."""
        number = len(self.objects)
        self.objects += [None, point.lets_out, point]
        if point.module:
            self.objects += [point.keep, point.held]
        return number


def awaits(node: ast.stmt) -> bool:
    """Whether a statement of a cell waits for something, itself."""
    return not isinstance(node, SCOPES) and has(node, _AWAITING)


def _end() -> ast.stmt:
    """The return that ends a function, as the compiler adds it."""
    return new(ast.Return, {"value": None, **NOWHERE})


def _go(number: int, cells: bool = False, place: Place | None = None) -> ast.Call:
    """A call of the function that does the rest."""
    at = place or {}
    point = operand(number, place)
    if cells:
        name = new(ast.Name, {"id": CELLS, "ctx": _LOAD, **at})
        fields = {"left": point, "op": _MATMULT, "right": name}
        function: ast.expr = new(ast.BinOp, {**fields, **at})
    else:
        function = new(ast.UnaryOp, {"op": _NEGATIVE, "operand": point, **at})
    return new(ast.Call, {"func": function, "args": [], "keywords": [], **at})


def _delegation(go: ast.expr) -> list[ast.stmt]:
    """What ``return await-from (-POINT)()`` would be in an asynchronous generator (as PEP 380 has it)."""
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
    ends = ast.ExceptHandler(named("StopAsyncIteration"), None, [ast.Return()])
    return [ast.Try(tree.body, [ends], [], [])]


def _function(name: str, body: list[ast.stmt]) -> ast.FunctionDef:
    nothing = ast.arguments([], [], None, [], [], None, [])
    make: Any = ast.FunctionDef  # its fields differ between versions of Python
    made: Any = make(name=name, args=nothing, body=body, decorator_list=[])
    if "type_params" in made._fields:
        made.type_params = []
    return made  # type: ignore[no-any-return]


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
