"""Nodes: syntax that livecode makes, at the place of what it stands for.

In: parts of syntax, and a node of a person's. Out: nodes with its place; copies with other bodies. The
syntax that comes in is not changed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, TypeVar

from livecode.breaks.marks import Place, call, new
from livecode.breaks.scopes import runs
from livecode.sources.children import children
from livecode.sources.outline import first_line

NOWHERE: Place = {"lineno": -1, "end_lineno": -1, "col_offset": -1, "end_col_offset": -1}
"""The place of what the compiler itself adds: it counts as part of what was run before it."""

_Node = TypeVar("_Node", bound=ast.AST)
_LOAD = ast.Load()
_BODIES = ("body", "orelse", "finalbody")

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


def with_bodies(node: _Node, change: Any) -> _Node:
    """A copy of a compound statement with other bodies; the same node if it has none."""
    fields = _WITH_BODIES.get(type(node))
    if fields is None:
        return node
    made: Any = shallow(node)
    values = made.__dict__
    for field in fields:
        nodes = values[field]
        if not nodes:
            pass
        elif field in ("handlers", "cases"):
            values[field] = [with_bodies(each, change) for each in nodes]
        else:
            values[field] = change(nodes)
    return made  # type: ignore[no-any-return]


def shallow(node: _Node) -> _Node:
    """A copy of a node that has the same parts."""
    kind = type(node)
    made = kind.__new__(kind)
    values = made.__dict__
    values.update(node.__dict__)
    values.pop("livecode_text", None)
    return made


def placed(node: _Node, where: ast.AST, whole: bool = True) -> _Node:
    """Give a made node, and what was made inside of it, the place of another one, or of its beginning."""
    return put(node, place_of(where, whole))


def put(node: _Node, place: Place) -> _Node:
    """Give a made node, and what was made inside of it, a place."""
    waiting: list[ast.AST] = [node]
    while waiting:
        part: Any = waiting.pop()
        values = part.__dict__
        if "lineno" not in values:
            if part._attributes:
                values.update(place)
        elif part is not node:
            continue  # a person's
        waiting += children(part)
    return node


def place_of(where: ast.AST, whole: bool = True) -> Place:
    """The place of a node, or of its beginning."""
    start: Any = where
    line = first_line(where) if isinstance(where, ast.stmt) else start.lineno
    column = start.col_offset
    return {
        "lineno": line,
        "col_offset": column,
        "end_lineno": start.end_lineno if whole else line,
        "end_col_offset": start.end_col_offset if whole else column,
    }


def beginning(statements: Sequence[ast.stmt]) -> ast.stmt | ast.expr:
    """The syntax of which the first code is that is run: its line is the first that a tracer sees.

    There is no code of declarations, nor of the line of a statement that goes on in the next one before
    anything is evaluated.
    """
    first = next(filter(runs, statements), statements[0])
    if isinstance(first, (ast.With, ast.AsyncWith)):
        part: ast.expr | None = first.items[0].context_expr
    else:
        part = getattr(first, _EVALUATED.get(type(first), ""), None)
    return first if part is None or part.lineno == first.lineno else part


_EVALUATED: dict[type[ast.stmt], str] = {
    **dict.fromkeys((ast.If, ast.While), "test"),
    **dict.fromkeys((ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return), "value"),
    **dict.fromkeys((ast.For, ast.AsyncFor), "iter"),
    ast.Match: "subject",
}
"""The field of a statement that is evaluated first."""


def named(name: str, context: ast.expr_context | None = None) -> ast.Name:
    """A name."""
    return ast.Name(name, context or _LOAD)


def guarded(
    body: list[ast.stmt],
    number: int,
    on_failure: list[ast.stmt],
    where: ast.stmt | ast.expr,
    place: Place | None = None,
) -> ast.Try:
    """``try: body`` with ``except LETS()``, which stands on the line where the body begins.

    What follows the question whether the exception may pass on has no width there: by that a frame is
    known which only waits for the rest to be done (`livecode.breaks.trail.is_shell`).

    Args:
        body: statements.
        number: of the mark of LETS.
        on_failure: what follows if the exception may not pass on.
        where: a statement of a person's, or an expression of it.
        place: its beginning, if it is known.
    """
    place = place or place_of(where, whole=False)
    for each in (*body, *on_failure):
        if "lineno" not in each.__dict__:
            placed(each, where, whole=False)
    lets = call(number, place=place_of(where))
    handler = new(ast.ExceptHandler, {"type": lets, "name": None, "body": on_failure, **place})
    fields = {"body": body, "handlers": [handler], "orelse": [], "finalbody": []}
    return new(ast.Try, {**fields, **place})
