"""Places: where in a function a statement stands.

In: the syntax of a definition (or of a cell's statement), and a position in it, as instructions have
one. Out: a `Place`, a path through lists of statements.

With-statements of several items are viewed as nested ones of one item each (`view`), so that a place can
lie between two items.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from livecode.sources.outline import BLOCKS, DEFINITIONS, FUNCTIONS, first_line, meaning

Root: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module

WITHS = (ast.With, ast.AsyncWith)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
TRIES = (ast.Try, ast.TryStar)


KINDS: dict[type[ast.AST], str] = {
    ast.For: "for",
    ast.AsyncFor: "async for",
    ast.While: "while",
    ast.With: "with",
    ast.AsyncWith: "async with",
    ast.Try: "try",
    ast.TryStar: "try",
    ast.If: "if",
    ast.Match: "match",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: which list of a node, and which statement of it.

    `field` is ``body``, ``orelse``, ``finalbody``, ``handlers`` or ``cases``; with the last two `part`
    is the number of the handler or case whose body is meant. `index` is the length of the list where
    the place is its end.
    """

    field: str
    index: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A path from a definition down to a statement.

    `header`: it is not in one of its bodies but before, between or behind them (a test, the expression
    or the ``__next__`` of a for, a context manager's enter or exit, a subject, the type of an except
    clause, a decorator). `target`: in what a for or with assigns to.
    """

    steps: tuple[Step, ...]
    header: bool = False
    target: bool = False


def root(node: ast.AST) -> Root:
    """The definition itself, or a module of the one statement of a cell."""
    if isinstance(node, (*FUNCTIONS, ast.Module)):
        return node
    assert isinstance(node, ast.stmt)
    return ast.Module([node], [])


def view(node: ast.AST) -> Any:
    """A definition or statement in which every with has one item; `node` is left as it is.

    The first of the nested withs has the place of the whole one, the others begin where their items
    begin. Expressions, and definitions nested in it, are those of `node` itself.
    """
    found = copy.copy(root(node))
    found.body = _viewed(found.body)
    return found


def _viewed(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [_viewed_statement(each) if isinstance(each, BLOCKS) else each for each in body]


def _viewed_statement(statement: ast.stmt) -> ast.stmt:
    found: Any = copy.copy(statement)
    for field in ("body", "orelse", "finalbody"):
        if hasattr(found, field):
            setattr(found, field, _viewed(getattr(found, field)))
    for field in ("handlers", "cases"):
        if hasattr(found, field):
            parts = [copy.copy(part) for part in getattr(found, field)]
            for part in parts:
                part.body = _viewed(part.body)
            setattr(found, field, parts)
    if isinstance(found, WITHS):
        for item in reversed(found.items[1:]):
            inner = type(found)([item], found.body)
            ast.copy_location(inner, found)
            inner.lineno, inner.col_offset = item.context_expr.lineno, item.context_expr.col_offset
            found.body = [inner]
        found.items = found.items[:1]
    return found  # type: ignore[no-any-return]  # a copy of a statement


def first(node: ast.AST) -> int:
    """The line on which a definition or a cell's statement begins."""
    if isinstance(node, ast.Module):
        return first_line(node.body[0]) if node.body else 1
    assert isinstance(node, ast.stmt)
    return first_line(node)


def key(statement: ast.stmt, node: ast.AST) -> str:
    """What names a compound statement (of the `view`) within the definition `node`."""
    return f"{type(statement).__name__}@{statement.lineno - first(node)}:{statement.col_offset}"


def statements(node: ast.AST, step: Step) -> list[ast.stmt]:
    """The list that a step leads into; empty where the node has none."""
    found = getattr(node, step.field, [])
    if step.field in ("handlers", "cases"):
        found = found[step.part].body if step.part < len(found) else []
    return found


def along(node: ast.AST, place: Place) -> list[ast.stmt]:
    """The statements (of the `view`) on the way to a place, the one in the place last, if there is one."""
    found: list[ast.stmt] = []
    around: ast.AST = view(node)
    for step in place.steps:
        body = statements(around, step)
        if step.index >= len(body):
            break
        around = body[step.index]
        found.append(body[step.index])
    return found


def after(node: ast.AST, place: Place) -> Place:
    """The place just behind the statement in a place (the same where that is the end of its list)."""
    if len(along(node, place)) < len(place.steps):
        return replace(place, header=False, target=False)
    last = place.steps[-1]
    return Place((*place.steps[:-1], replace(last, index=last.index + 1)))


Path: TypeAlias = list[tuple[Step, ast.stmt]]


def paths(node: ast.AST, path: Path | None = None) -> Iterator[Path]:
    """The paths to all statements of a definition."""
    for step, each in _inside(node):
        here = [*(path or ()), (step, each)]
        yield here
        if isinstance(each, BLOCKS):
            yield from paths(each, here)


def _inside(node: ast.AST) -> Iterator[tuple[Step, ast.stmt]]:
    """The statements directly inside of one, each with the step that leads to it."""
    for field in ("body", "orelse", "finalbody"):
        for index, each in enumerate(getattr(node, field, ())):
            yield Step(field, index), each
    for field in ("handlers", "cases"):
        for part, around in enumerate(getattr(node, field, ())):
            for index, each in enumerate(around.body):
                yield Step(field, index, part), each


def target_of(statement: ast.AST) -> ast.expr | None:
    """What a for or with assigns to; None where that is nothing."""
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return statement.target
    return statement.items[0].optional_vars if isinstance(statement, WITHS) else None


def header(statement: ast.AST) -> object:
    """What a compound statement evaluates before its body."""
    parts: list[Any] = [type(statement)]
    for field in ("test", "target", "iter", "subject", "items"):
        found = getattr(statement, field, None)
        for each in found if isinstance(found, list) else [found]:
            parts.append(meaning(each) if isinstance(each, ast.AST) else each)
    return parts


class _Span(NamedTuple):
    start: tuple[int, int]
    end: tuple[int, int]

    def holds(self, inner: _Span) -> bool:
        return self.start <= inner.start and inner.end <= self.end


def _span(node: Any) -> _Span:
    start = (node.lineno, node.col_offset)
    for decorator in getattr(node, "decorator_list", ()):
        start = min(start, (decorator.lineno, 0))  # from the @ on
    return _Span(start, (node.end_lineno or node.lineno, node.end_col_offset or 0))


def place_at(
    node: ast.AST,
    lineno: int,
    end_lineno: int | None = None,
    col: int | None = None,
    end_col: int | None = None,
) -> Place | None:
    """The innermost statement that contains a position, as instructions give them.

    Without columns only the lines count. None where no statement contains it, or several on one line.
    """
    end_lineno = end_lineno or lineno
    if col is None or end_col is None:
        return _at_lines(view(node), lineno, end_lineno)
    span = _Span((lineno, col), (end_lineno, end_col))
    steps: list[Step] = []
    around: ast.AST = view(node)
    while True:
        inner = next(
            ((step, each) for step, each in _inside(around) if _span(each).holds(span)), None
        )
        if inner is None:
            break
        steps.append(inner[0])
        around = inner[1]
        if not isinstance(around, BLOCKS):
            break
    if not steps:
        return None
    target = target_of(around)
    in_target = target is not None and _span(target).holds(span)
    compound = isinstance(around, (*BLOCKS, *DEFINITIONS))
    return Place(tuple(steps), header=compound and not in_target, target=in_target)


def _at_lines(around: ast.AST, lineno: int, end_lineno: int) -> Place | None:
    steps: list[Step] = []
    while True:
        inner = [
            (step, each)
            for step, each in _inside(around)
            if _span(each).start[0] <= lineno and end_lineno <= _span(each).end[0]
        ]
        if len(inner) > 1:
            return None
        if not inner:
            break
        if steps and isinstance(around, BLOCKS) and _span(around).start[0] == lineno:
            return None  # a body on the line of its header
        steps.append(inner[0][0])
        around = inner[0][1]
        if not isinstance(around, BLOCKS):
            break
    header = isinstance(around, (*BLOCKS, *DEFINITIONS))
    return Place(tuple(steps), header=header) if steps else None
