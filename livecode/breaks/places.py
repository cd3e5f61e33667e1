"""Places: where in a function a statement stands, and where it stands after an edit.

In: the syntax of a definition (or of a cell's statement) before and after an edit, and the position of
the instruction that failed. Out: a `Place` in the old syntax, and the `Found` one in the new.

A place is a path through lists of statements. With-statements of several items are viewed as nested
ones of one item each (`view`), so that a place can lie between two items. A place that is not certain
is refused, with the reason: to run the wrong statement is worse than to run none.
"""

from __future__ import annotations

import ast
import copy
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias, TypeVar

from livecode.sources import names
from livecode.sources.children import children
from livecode.sources.outline import BLOCKS, DEFINITIONS, FUNCTIONS, Meaning, first_line, meaning

Value = TypeVar("Value")
Root: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module

WITHS = (ast.With, ast.AsyncWith)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
TRIES = (ast.Try, ast.TryStar)
LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_MARGIN = 1.0  # by how much a candidate must be better than the next one
_LEAST = 2.0  # how much alike two statements must be


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


@dataclass(frozen=True, slots=True)
class Found:
    """The place of a statement in edited code.

    Args:
        place: None where it is not certain.
        why: then the reason, one sentence.
        sure: whether there is a place.
        notes: what the person should know of it, each a clause in plain words.
        pairs: for each compound statement on the path, and for the statement itself, its key (`key`)
            in the old and in the new syntax.
        earlier: if the statements directly before the place are new, the place of the first of them.
            If several statements stand where the failing one stood, and it is not certain which of
            them it is, the place of the first of them: from there no new code is left out.
    """

    place: Place | None
    why: str = ""
    sure: bool = True
    notes: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    earlier: Place | None = None

    def held(self, held: Mapping[str, Value]) -> dict[str, Value]:
        """What is held for compound statements, by their keys in the new syntax."""
        return {new: held[old] for old, new in self.pairs if old in held}


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


def parameters(node: ast.AST) -> list[str]:
    """The names of a function's parameters."""
    if not isinstance(node, FUNCTIONS):
        return []
    given = node.args
    stars = [each for each in (given.vararg, given.kwarg) if each is not None]
    return [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, *stars)]


_INNER = {ast.Lambda, *DEFINITIONS}


def own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's own scope, those of comprehensions among them."""
    stack = list(body)
    while stack:
        node = stack.pop()
        yield node
        inner = type(node) in _INNER
        stack.extend(outside(node) if inner else children(node))


def outside(node: Any) -> list[ast.expr]:
    """What of a definition, lambda or generator expression is evaluated in the scope around it."""
    if isinstance(node, ast.GeneratorExp):
        return [node.generators[0].iter]
    found: list[ast.expr] = list(getattr(node, "decorator_list", ()))
    if isinstance(node, ast.ClassDef):
        return [*found, *node.bases, *(each.value for each in node.keywords)]
    defaults = [each for each in node.args.kw_defaults if each is not None]
    return [*found, *node.args.defaults, *defaults]


# --- from a position to a place ---------------------------------------------------------------------


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
    target = _target(around)
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


def _target(statement: ast.AST) -> ast.expr | None:
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return statement.target
    return statement.items[0].optional_vars if isinstance(statement, WITHS) else None


def _inside(node: ast.AST) -> Iterator[tuple[Step, ast.stmt]]:
    """The statements directly inside of one, each with the step that leads to it."""
    for field in ("body", "orelse", "finalbody"):
        for index, each in enumerate(getattr(node, field, ())):
            yield Step(field, index), each
    for field in ("handlers", "cases"):
        for part, around in enumerate(getattr(node, field, ())):
            for index, each in enumerate(around.body):
                yield Step(field, index, part), each


# --- from the old place to the new one --------------------------------------------------------------


class _Doubt(Exception):
    """The place is not certain.

    `first`: the index of the first of the statements that stand where the failing one stood.
    """

    first: int | None = None


class _Moved(_Doubt):
    """A statement changed its place among those around it."""


@dataclass(frozen=True, slots=True)
class _Match:
    """Where a statement of one list is in another one."""

    index: int
    how: str  # same, edited, gone
    new: tuple[int, ...] = ()  # new statements before it
    changed: tuple[int, ...] = ()  # changed statements before it
    earlier: int | None = None  # the first of the new ones that stand directly before it


def find(old: ast.AST, place: Place, new: ast.AST, held: Container[str] = ()) -> Found:
    """Find the place of a statement in edited code.

    Args:
        old: the definition (or a cell's statement, or a module of statements) as it ran.
        place: a place in it.
        new: it as it is now.
        held: the keys of the compound statements that were entered.
    """
    kind = _kind(old)
    kind_now = kind if new is old else _kind(new)
    if kind != kind_now:
        return Found(
            None, f"it was {kind} and is {kind_now} now, from line {first(new)} on", sure=False
        )
    search = _Search(view(old), view(new), place, held)
    added = [name for name in parameters(new) if name not in parameters(old)]
    if added:
        known = {name for each in search.old.body for name in names.bound(each)}
        search.notes += [
            f"{name} is a new parameter and has no value here"
            for name in added
            if name not in known
        ]
    try:
        return search.level_by_level()
    except _Moved as moved:
        return Found(None, str(moved), sure=False)
    except _Doubt as doubt:
        return search.elsewhere() or Found(
            None,
            str(doubt),
            sure=False,
            notes=tuple(search.notes) if search.instead else (),
            pairs=tuple(search.pairs) if search.instead else (),
            earlier=search.instead,
        )


def _kind(node: ast.AST) -> str:
    """What a call of a definition makes; a cell's statement is run."""
    if not isinstance(node, FUNCTIONS):
        return "a statement"
    generator = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in own(node.body))
    if isinstance(node, ast.AsyncFunctionDef):
        return "an async generator" if generator else "a coroutine"
    return "a generator" if generator else "a plain function"


class _Search:
    def __init__(self, old: Root, new: Root, place: Place, held: Container[str]) -> None:
        self.old, self.new, self.place, self.held = old, new, place, held
        self.notes: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self.steps: list[Step] = []
        self.instead: Place | None = None

    def level_by_level(self) -> Found:
        before: ast.AST = self.old
        now: ast.AST = self.new
        earlier: Place | None = None
        for depth, step in enumerate(self.place.steps):
            last = depth == len(self.place.steps) - 1
            body = statements(before, step)
            part = self._part(before, now, step)
            target = statements(now, replace(step, part=part))
            if step.index >= len(body):
                index = self._end(body, target)
                self.steps.append(Step(step.field, index, part))
                return self._found(Place(tuple(self.steps)))
            statement = body[step.index]
            entered = not last or self._entered(statement)
            try:
                match = _match_in(body, step.index, target, entered)
            except _Doubt as doubt:
                if doubt.first is not None and not entered:
                    here = Step(step.field, doubt.first, part)
                    self.instead = Place((*self.steps, here))
                raise
            self._tell(match, target)
            here = Step(step.field, match.index, part)
            if match.how == "gone":
                if entered:
                    raise _Doubt(f"{_called(statement)} is gone")
                self.notes.append("the failing statement is gone; goes on with what follows")
                self.steps.append(here)
                return self._found(Place(tuple(self.steps)))
            if match.earlier is not None:
                earlier = Place((*self.steps, replace(here, index=match.earlier)))
            self.steps.append(here)
            before, now = statement, target[match.index]
            if entered and isinstance(before, ast.If) and isinstance(now, ast.If):
                now = self._in_chain(before, now)
            if entered:
                self._compare_headers(before, now)
            if type(before) is type(now):
                self.pairs.append((key(statement, self.old), key(now, self.new)))
            if not last:
                earlier = None
        same = type(before) is type(now)
        header, target_ = self.place.header and same, self.place.target and same
        return self._found(Place(tuple(self.steps), header, target_), earlier)

    def _found(self, place: Place, earlier: Place | None = None) -> Found:
        notes = tuple(dict.fromkeys(self.notes))
        return Found(place, notes=notes, pairs=tuple(self.pairs), earlier=earlier)

    def _entered(self, statement: ast.stmt) -> bool:
        """Whether a failing statement was in the middle of its work, so that it cannot begin anew."""
        return self.place.target or (
            self.place.header
            and (isinstance(statement, TRIES) or key(statement, self.old) in self.held)
        )

    def _end(self, body: list[ast.stmt], target: list[ast.stmt]) -> int:
        """Where the end of a list is now: behind the statement that was the last one."""
        if not body:
            return len(target)
        match = _match_in(body, len(body) - 1, target, False)
        return match.index if match.how == "gone" else match.index + 1

    def _part(self, before: ast.AST, now: ast.AST, step: Step) -> int:
        if step.field not in ("handlers", "cases"):
            return 0
        old, new = getattr(before, step.field), getattr(now, step.field)
        headers = [_part_header(each) for each in old]
        headers_now = [_part_header(each) for each in new]
        wanted = headers[step.part]
        if headers.count(wanted) == headers_now.count(wanted) == 1:
            return headers_now.index(wanted)
        others = [each for index, each in enumerate(headers) if index != step.part]
        others_now = [each for index, each in enumerate(headers_now) if index != step.part]
        kind = "except clause" if step.field == "handlers" else "case"
        line = _line(old[step.part])
        if others != others_now or len(headers) != len(headers_now):
            raise _Doubt(f"it is not certain which {kind} that of line {line} is now")
        if headers_now[step.part] != wanted:
            self.notes.append(
                f"the header of the {kind} in line {_line(new[step.part])} changed;"
                " it is not evaluated again"
            )
        return step.part

    def _in_chain(self, before: ast.If, now: ast.If) -> ast.If:
        """The branch of a chain of elifs that has the test of `before`."""
        wanted = meaning(before.test)
        chain = [now]
        while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
            chain.append(chain[-1].orelse[0])
        same = [index for index, each in enumerate(chain) if meaning(each.test) == wanted]
        if len(same) == 1:
            self.steps += [Step("orelse", 0)] * same[0]
            return chain[same[0]]
        length = 1
        each = before
        while len(each.orelse) == 1 and isinstance(each.orelse[0], ast.If):
            each, length = each.orelse[0], length + 1
        if same or length != len(chain):
            raise _Doubt(
                f"it is not certain which branch of the if in line {now.lineno}"
                f" that of line {before.lineno} is now"
            )
        return now

    def _compare_headers(self, before: ast.AST, now: ast.AST) -> None:
        if _header(before) == _header(now) or not isinstance(now, BLOCKS):
            return
        kept = {
            ast.For: "goes on with the iterator that it has",
            ast.AsyncFor: "goes on with the iterator that it has",
            ast.With: "goes on with the manager that is open",
            ast.AsyncWith: "goes on with the manager that is open",
            ast.While: "evaluates it in the next turn",
        }.get(type(now), "is in this branch")
        self.notes.append(f"the header of {_called(now)} changed; it {kept}")
        a, b = _target(before), _target(now)
        if b is not None and (a is None or meaning(a) != meaning(b)):
            told = f"{ast.unparse(b)} in line {b.lineno} is not assigned"
            self.notes.append(told if isinstance(now, WITHS) else f"{told} in this turn")

    def _tell(self, match: _Match, target: list[ast.stmt]) -> None:
        for indices, what in ((match.new, "is new"), (match.changed, "changed")):
            for index in indices:
                if _is_text(target[index]):
                    continue
                start, end = first_line(target[index]), target[index].end_lineno
                again = "" if what == "is new" else " again"
                self.notes.append(
                    f"line {start} {what} and was not run{again}"
                    if end == start
                    else f"lines {start} to {end} {what.replace('is', 'are')} and were not run{again}"
                )

    def elsewhere(self) -> Found | None:
        """The one identical statement in the same loops, withs and tries, if all of the function holds
        only one: branches around it came or went."""
        path = _follow(self.old, self.place)
        if path is None:
            return None
        wanted = meaning(path[-1][1])
        alike = [each for each in _all(self.new) if meaning(each[-1][1]) == wanted]
        if len(alike) != 1 or sum(meaning(each[-1][1]) == wanted for each in _all(self.old)) != 1:
            return None
        if _nesting(path) != _nesting(alike[0]):
            return None
        last = [path[-1], alike[0][-1]]
        pairs = zip(
            [*_opened(path), last[0][1]],
            [*_opened(alike[0]), last[1][1]],
            strict=True,
        )
        return Found(
            Place(tuple(step for step, _ in alike[0]), self.place.header, self.place.target),
            notes=(
                f"the branches around line {last[1][1].lineno} changed; none is evaluated again",
            ),
            pairs=tuple((key(a, self.old), key(b, self.new)) for a, b in pairs),
        )


_Path: TypeAlias = list[tuple[Step, ast.stmt]]


def _follow(node: ast.AST, place: Place) -> _Path | None:
    found: _Path = []
    for step in place.steps:
        body = statements(node, step)
        if step.index >= len(body):
            return None
        node = body[step.index]
        found.append((step, body[step.index]))
    return found


def _all(node: ast.AST, path: _Path | None = None) -> Iterator[_Path]:
    """The paths to all statements of a definition."""
    for step, each in _inside(node):
        here = [*(path or ()), (step, each)]
        yield here
        if isinstance(each, BLOCKS):
            yield from _all(each, here)


def _opened(path: _Path) -> list[ast.stmt]:
    """The loops, withs and tries around the last statement of a path."""
    return [each for _, each in path[:-1] if not isinstance(each, (ast.If, ast.Match))]


def _nesting(path: _Path) -> list[object]:
    found: list[object] = []
    for (_, around), (step, _) in pairwise(path):
        if not isinstance(around, (ast.If, ast.Match)):
            part = getattr(around, step.field)[step.part] if step.field == "handlers" else None
            found.append((_header(around), step.field, part and _part_header(part)))
    return found


def _line(part: Any) -> int:
    return part.lineno if hasattr(part, "lineno") else part.pattern.lineno  # type: ignore[no-any-return]


def _part_header(part: Any) -> object:
    return [
        meaning(each) if isinstance(each, ast.AST) else each
        for each in (getattr(part, field, None) for field in ("type", "name", "pattern", "guard"))
    ]


def _header(statement: ast.AST) -> object:
    """What a compound statement evaluates before its body."""
    parts: list[Any] = [type(statement)]
    for field in ("test", "target", "iter", "subject", "items"):
        found = getattr(statement, field, None)
        for each in found if isinstance(found, list) else [found]:
            parts.append(meaning(each) if isinstance(each, ast.AST) else each)
    return parts


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


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _called(statement: ast.stmt) -> str:
    kind = KINDS.get(type(statement))
    return f"the {kind} of line {statement.lineno}" if kind else f"line {first_line(statement)}"


def _match_in(old: list[ast.stmt], at: int, new: list[ast.stmt], entered: bool) -> _Match:
    """Where statement `at` of a list is in the new list; if it was `entered`, of the same type.

    Raises:
        _Doubt: it is not certain.
    """
    least = min(len(old), len(new))
    alone = len(old) == len(new) == 1 and entered  # what is inside is compared level by level
    head = 0
    while not alone and head < least and _same(old[head], new[head]):
        head += 1
    if at < head == len(old) == len(new):
        return _Match(at, "same")
    tail = 0
    while (
        tail < least
        and not (len(old) == len(new) == head + tail + 1)
        and _same(old[-1 - tail], new[-1 - tail])
    ):
        tail += 1
    if head + tail > least:  # something is repeated, so that both ends could claim it
        head = tail = 0
    until, until_new = len(old) - tail, len(new) - tail
    if until - head == until_new - head == 1:
        before: list[Meaning] = [("old",)]  # they differ, and how does not matter
        now: list[Meaning] = [("new",)]
    else:
        before = [meaning(each) for each in old[head:until]]
        now = [meaning(each) for each in new[head:until_new]]
    ends = {index: index for index in range(head)}
    ends.update((until + index, until_new + index) for index in range(tail))
    forward = _align(before, now)
    reverse = _align(before[::-1], now[::-1])
    backward = {len(before) - 1 - a: len(now) - 1 - b for a, b in reverse.items()}
    matches = []
    for pairs in (forward, backward):
        whole = {**ends, **{head + a: head + b for a, b in pairs.items()}}
        match = _match(old, at, new, entered, whole)
        _refuse_moved(old, at, new, (before, now, head), whole, match)
        matches.append(match)
    if (matches[0].index, matches[0].how) != (matches[1].index, matches[1].how):
        lines = sorted({_place_name(new, match.index) for match in matches})
        raise _Doubt(f"{_called(old[at])} could be {' or '.join(lines)} now")
    return matches[0]


def _same(old: ast.AST, new: ast.AST) -> bool:
    """Whether two pieces of syntax have one meaning; it stops at the first difference."""
    stack: list[tuple[Any, Any]] = [(old, new)]
    while stack:
        a, b = stack.pop()
        if a is b:
            continue
        if type(a) is not type(b):
            return False
        if isinstance(a, ast.AST):
            stack.extend(
                [(getattr(a, field, None), getattr(b, field, None)) for field in a._fields]
            )
        elif isinstance(a, list):
            if len(a) != len(b):
                return False
            stack.extend(zip(a, b, strict=True))
        elif a != b or (isinstance(a, (float, complex)) and repr(a) != repr(b)):
            return False
    return True


def _place_name(new: list[ast.stmt], index: int) -> str:
    return f"line {first_line(new[index])}" if index < len(new) else "the end of the block"


def _refuse_moved(
    old: list[ast.stmt],
    at: int,
    new: list[ast.stmt],
    window: tuple[list[Meaning], list[Meaning], int],
    pairs: dict[int, int],
    match: _Match,
) -> None:
    """Refuse if a statement went from one side of the place to the other, or the statement itself.

    `window` is what the lists mean where they differ, and from which index on they do.
    """
    before, now, head = window
    taken = set(pairs.values())
    left = {each: a for a, each in enumerate(before, head) if a not in pairs}
    for b, each in enumerate(now, head):
        a = left.get(each)
        if b in taken or a is None:
            continue
        if a == at:
            raise _Moved(f"{_called(old[at])} was moved to line {first_line(new[b])}")
        if (a < at) != (b < match.index):
            raise _Moved(
                f"line {first_line(old[a])} was moved past {_called(old[at])},"
                f" to line {first_line(new[b])}"
            )


def _match(
    old: list[ast.stmt], at: int, new: list[ast.stmt], entered: bool, pairs: dict[int, int]
) -> _Match:
    if at in pairs:
        return _described(old, at, new, pairs, pairs[at], "same")
    low = max((a for a in pairs if a < at), default=-1)
    high = min((a for a in pairs if a > at), default=len(old))
    olds = range(low + 1, high)
    news = range(pairs.get(low, -1) + 1, pairs.get(high, len(new)))
    index, gone = _in_gap(old, at, olds, new, news, entered)
    if gone:
        return _described(old, at, new, pairs, index, "gone")
    if entered and type(old[at]) is not type(new[index]):
        raise _Doubt(f"{_called(old[at])} became {_called(new[index])}, which was not entered")
    return _described(old, at, new, pairs, index, "edited")


def _described(
    old: list[ast.stmt], at: int, new: list[ast.stmt], pairs: dict[int, int], index: int, how: str
) -> _Match:
    """Tell what of the new list, before the place, was not run."""
    taken = set(pairs.values())
    fresh: list[int] = []
    changed: list[int] = []
    a = 0
    for b in range(index):
        if b in taken:
            a = next(x for x, y in pairs.items() if y == b) + 1
            continue
        # as many as were there before this place in the old gap count as changed, others as new
        gap = 0
        while a + gap < at and a + gap not in pairs:
            gap += 1
        start = b
        while start > 0 and start - 1 not in taken:
            start -= 1
        end = b
        while end + 1 < index and end + 1 not in taken:
            end += 1
        (changed if gap >= end - start + 1 else fresh).append(b)
    first_new = index
    while first_new - 1 in fresh:
        first_new -= 1
    before_gap = at == 0 or at - 1 in pairs
    earlier = first_new if first_new < index and before_gap and how != "gone" else None
    return _Match(index, how, tuple(fresh), tuple(changed), earlier)


def _in_gap(
    old: list[ast.stmt],
    at: int,
    olds: range,
    new: list[ast.stmt],
    news: range,
    entered: bool,
) -> tuple[int, bool]:
    """Which of the new statements between two unchanged ones stands for statement `at`, or would follow
    it; and whether it is gone."""
    if not news:
        return news.start, True
    if len(olds) == len(news) == 1:
        _refuse_restart(old[at], new[news[0]])
        return news[0], False
    if len(news) == 1 and at == olds[0] and not entered:
        inside = Counter(meaning(path[-1][1]) for path in _all(new[news[0]]))
        if all(inside[meaning(old[each])] for each in olds[1:]):
            _refuse_restart(old[at], new[news[0]])
            return news[0], False  # it wraps the statement and what follows it
    scores = {(a, b): _alike(old[a], new[b]) for a in olds for b in news}
    sure = _mutual(olds, news, scores)
    if at in sure:
        _refuse_restart(old[at], new[sure[at]])
        return sure[at], False
    low = max((a for a in sure if a < at), default=None)
    high = min((a for a in sure if a > at), default=None)
    olds = range(olds.start if low is None else low + 1, olds.stop if high is None else high)
    news = range(
        news.start if low is None else sure[low] + 1, news.stop if high is None else sure[high]
    )
    if not news:
        if low is not None:
            around = new[sure[low]]
            raise _Doubt(
                f"{_called(old[at])} may be inside of {_called(around)} now, which was not entered"
                if isinstance(around, BLOCKS)
                else f"{_called(old[at])} is gone, and line {first_line(old[low])} changed"
            )
        return news.start, True
    if len(olds) == len(news) == 1:
        _refuse_restart(old[at], new[news[0]])
        return news[0], False
    lines = " or ".join(f"line {first_line(new[b])}" for b in news)
    doubt = _Doubt(f"{_called(old[at])} could be {lines} now")
    if at == olds[0] and (low is None or sure[low] + 1 == news[0]):
        doubt.first = news[0]
    raise doubt


def _refuse_restart(old: ast.stmt, new: ast.stmt) -> None:
    """A loop that failed in its header must not become another loop that begins from the start."""
    if isinstance(old, ast.While) and type(new) is not ast.While:
        inside = [path[-1][1] for path in _all(new) if isinstance(path[-1][1], ast.While)]
        if len(inside) != 1 or isinstance(new, LOOPS):
            raise _Doubt(f"the while of line {old.lineno} became {_called(new)}")


def _mutual(olds: range, news: range, scores: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """The pairs each of which is clearly the best for both sides, if they keep their order."""
    found: dict[int, int] = {}
    for a in olds:
        b = _best(news, lambda b, a=a: scores[a, b])
        if b is not None and _best(olds, lambda a, b=b: scores[a, b]) == a:
            found[a] = b
    order = [found[a] for a in sorted(found)]
    return found if order == sorted(order) else {}


def _best(candidates: range, score: Any) -> int | None:
    ordered = sorted(candidates, key=score, reverse=True)
    if score(ordered[0]) < _LEAST:
        return None
    if len(ordered) > 1 and score(ordered[0]) - score(ordered[1]) < _MARGIN:
        return None
    return ordered[0]


def _alike(old: ast.stmt, new: ast.stmt) -> float:
    """How much two statements that differ are alike: their kind, what they bind and call, their names."""
    common = _share(_words(old), _words(new))
    if isinstance(old, BLOCKS) and type(old) is type(new):
        inner = _share(
            Counter(meaning(path[-1][1]) for path in _all(old)),
            Counter(meaning(path[-1][1]) for path in _all(new)),
        )
        return 1.0 + 2.0 * (_header(old) == _header(new)) + 2.0 * inner + common
    if isinstance(new, BLOCKS):
        wanted = meaning(old)
        return 4.0 * any(meaning(path[-1][1]) == wanted for path in _all(new))
    if isinstance(old, BLOCKS):
        return 0.0
    binds = _share(Counter(names.bound(old)), Counter(names.bound(new)))
    calls = _share(_calls(old), _calls(new))
    leaves = isinstance(old, LEAVES) and type(old) is type(new)
    return (type(old) is type(new)) + 2.0 * leaves + 2.0 * binds + 2.0 * calls + common


def _share(a: Counter[Any], b: Counter[Any]) -> float:
    most = (a | b).total()
    return (a & b).total() / most if most else 0.0


def _words(node: ast.AST) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found[part.id] += 1
        elif isinstance(part, ast.Attribute):
            found[part.attr] += 1
        elif isinstance(part, ast.Constant):
            found[type(part.value), repr(part.value)] += 1
    return found


def _calls(node: ast.AST) -> Counter[Any]:
    """What is called: the last name, and all of it (``append`` and ``out.append``)."""
    found: Counter[Any] = Counter()
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, (ast.Name, ast.Attribute)):
            whole = part.func
            found[whole.id if isinstance(whole, ast.Name) else whole.attr] += 1
            found[ast.dump(whole)] += 1
    return found


def _align(old: Sequence[Meaning], new: Sequence[Meaning]) -> dict[int, int]:
    """Pair what is unchanged, in order: from both ends, then what is unique in both, and so on between."""
    found: dict[int, int] = {}
    stack = [(0, len(old), 0, len(new))]
    while stack:
        a, a_end, b, b_end = stack.pop()
        while a < a_end and b < b_end and old[a] == new[b]:
            found[a] = b
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and old[a_end - 1] == new[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
            found[a_end] = b_end
        anchors = _unique(old, range(a, a_end), new, range(b, b_end))
        if not anchors:
            continue
        for a_next, b_next in [*anchors, (a_end, b_end)]:
            stack.append((a, a_next, b, b_next))
            if a_next < a_end:
                found[a_next] = b_next
            a, b = a_next + 1, b_next + 1
    return found


def _unique(
    old: Sequence[Meaning], olds: range, new: Sequence[Meaning], news: range
) -> list[tuple[int, int]]:
    """The longest sequence of pairs, in order, of what is unique in both ranges (as a patience diff)."""
    counts_old = Counter(old[a] for a in olds)
    counts_new = Counter(new[b] for b in news)
    where = {new[b]: b for b in news if counts_new[new[b]] == 1}
    pairs = [(a, where[old[a]]) for a in olds if counts_old[old[a]] == 1 and old[a] in where]
    tops: list[int] = []
    piles: list[int] = []
    back: list[int | None] = []
    for number, (_, b) in enumerate(pairs):
        pile = bisect_left(tops, b)
        back.append(piles[pile - 1] if pile else None)
        if pile == len(tops):
            tops.append(b)
            piles.append(number)
        else:
            tops[pile], piles[pile] = b, number
    found: list[tuple[int, int]] = []
    at = piles[-1] if piles else None
    while at is not None:
        found.append(pairs[at])
        at = back[at]
    return found[::-1]
