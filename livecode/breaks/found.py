"""Found: where a place in a function is after an edit.

In: the syntax of a definition (or of a cell's statement) before and after an edit, and a `Place` in the
old one. Out: the `Found` place in the new one, with what the person should know of it. A place that is
not certain is refused, with the reason: to run the wrong statement is worse than to run none.

The lists of statements around the place are compared level by level, from outside (`matching`).
"""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

from livecode.breaks.matching import Doubt, Match, Moved, called, match_in
from livecode.breaks.places import (
    TRIES,
    WITHS,
    Path,
    Place,
    Root,
    Step,
    first,
    header,
    key,
    paths,
    statements,
    target_of,
    view,
)
from livecode.breaks.scopes import has, parameters
from livecode.sources import names
from livecode.sources.outline import BLOCKS, FUNCTIONS, first_line, meaning

Value = TypeVar("Value")


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
    except Moved as moved:
        return Found(None, str(moved), sure=False)
    except Doubt as doubt:
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
    generator = has(node, (ast.Yield, ast.YieldFrom))
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
                match = match_in(body, step.index, target, entered)
            except Doubt as doubt:
                if doubt.first is not None and not entered:
                    here = Step(step.field, doubt.first, part)
                    self.instead = Place((*self.steps, here))
                raise
            self._tell(match, target)
            here = Step(step.field, match.index, part)
            if match.how == "gone":
                if entered:
                    raise Doubt(f"{called(statement)} is gone")
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
        match = match_in(body, len(body) - 1, target, False)
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
            raise Doubt(f"it is not certain which {kind} that of line {line} is now")
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
            raise Doubt(
                f"it is not certain which branch of the if in line {now.lineno}"
                f" that of line {before.lineno} is now"
            )
        return now

    def _compare_headers(self, before: ast.AST, now: ast.AST) -> None:
        if header(before) == header(now) or not isinstance(now, BLOCKS):
            return
        kept = {
            ast.For: "goes on with the iterator that it has",
            ast.AsyncFor: "goes on with the iterator that it has",
            ast.With: "goes on with the manager that is open",
            ast.AsyncWith: "goes on with the manager that is open",
            ast.While: "evaluates it in the next turn",
        }.get(type(now), "is in this branch")
        self.notes.append(f"the header of {called(now)} changed; it {kept}")
        a, b = target_of(before), target_of(now)
        if b is not None and (a is None or meaning(a) != meaning(b)):
            told = f"{ast.unparse(b)} in line {b.lineno} is not assigned"
            self.notes.append(told if isinstance(now, WITHS) else f"{told} in this turn")

    def _tell(self, match: Match, target: list[ast.stmt]) -> None:
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
        alike = [each for each in paths(self.new) if meaning(each[-1][1]) == wanted]
        if len(alike) != 1 or sum(meaning(each[-1][1]) == wanted for each in paths(self.old)) != 1:
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


def _follow(node: ast.AST, place: Place) -> Path | None:
    found: Path = []
    for step in place.steps:
        body = statements(node, step)
        if step.index >= len(body):
            return None
        node = body[step.index]
        found.append((step, body[step.index]))
    return found


def _opened(path: Path) -> list[ast.stmt]:
    """The loops, withs and tries around the last statement of a path."""
    return [each for _, each in path[:-1] if not isinstance(each, (ast.If, ast.Match))]


def _nesting(path: Path) -> list[object]:
    found: list[object] = []
    for (_, around), (step, _) in pairwise(path):
        if not isinstance(around, (ast.If, ast.Match)):
            part = getattr(around, step.field)[step.part] if step.field == "handlers" else None
            found.append((header(around), step.field, part and _part_header(part)))
    return found


def _line(part: Any) -> int:
    return part.lineno if hasattr(part, "lineno") else part.pattern.lineno  # type: ignore[no-any-return]


def _part_header(part: Any) -> object:
    return [
        meaning(each) if isinstance(each, ast.AST) else each
        for each in (getattr(part, field, None) for field in ("type", "name", "pattern", "guard"))
    ]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
