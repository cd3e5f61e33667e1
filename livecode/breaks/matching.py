"""Matching: where a statement of a list is in the list as it is now.

In: the statements of one block before and after an edit, and the index of one of them. Out: a `Match`,
with what of the block is new and was not run; or a `Doubt`, which says between which places it is.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livecode.breaks.alike import aligned, alike, same
from livecode.breaks.places import KINDS, LOOPS, paths
from livecode.sources.outline import BLOCKS, Meaning, first_line, meaning

_MARGIN = 1.0  # by how much a candidate must be better than the next one

_LEAST = 2.0  # how much alike two statements must be


class Doubt(Exception):
    """The place is not certain.

    `first`: the index of the first of the statements that stand where the failing one stood.
    """

    first: int | None = None


class Moved(Doubt):
    """A statement changed its place among those around it."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a statement of one list is in another one."""

    index: int
    how: str  # same, edited, gone
    new: tuple[int, ...] = ()  # new statements before it
    changed: tuple[int, ...] = ()  # changed statements before it
    earlier: int | None = None  # the first of the new ones that stand directly before it


def match_in(old: list[ast.stmt], at: int, new: list[ast.stmt], entered: bool) -> Match:
    """Where statement `at` of a list is in the new list; if it was `entered`, of the same type.

    Raises:
        Doubt: it is not certain.
    """
    least = min(len(old), len(new))
    alone = len(old) == len(new) == 1 and entered  # what is inside is compared level by level
    head = 0
    while not alone and head < least and same(old[head], new[head]):
        head += 1
    if at < head == len(old) == len(new):
        return Match(at, "same")
    tail = 0
    while (
        tail < least
        and not (len(old) == len(new) == head + tail + 1)
        and same(old[-1 - tail], new[-1 - tail])
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
    forward = aligned(before, now)
    reverse = aligned(before[::-1], now[::-1])
    backward = {len(before) - 1 - a: len(now) - 1 - b for a, b in reverse.items()}
    matches = []
    for pairs in (forward, backward):
        whole = {**ends, **{head + a: head + b for a, b in pairs.items()}}
        match = _match(old, at, new, entered, whole)
        _refuse_moved(old, at, new, (before, now, head), whole, match)
        matches.append(match)
    if (matches[0].index, matches[0].how) != (matches[1].index, matches[1].how):
        lines = sorted({_place_name(new, match.index) for match in matches})
        raise Doubt(f"{called(old[at])} could be {' or '.join(lines)} now")
    return matches[0]


def called(statement: ast.stmt) -> str:
    """A statement, in words."""
    kind = KINDS.get(type(statement))
    return f"the {kind} of line {statement.lineno}" if kind else f"line {first_line(statement)}"


def _place_name(new: list[ast.stmt], index: int) -> str:
    return f"line {first_line(new[index])}" if index < len(new) else "the end of the block"


def _refuse_moved(
    old: list[ast.stmt],
    at: int,
    new: list[ast.stmt],
    window: tuple[list[Meaning], list[Meaning], int],
    pairs: dict[int, int],
    match: Match,
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
            raise Moved(f"{called(old[at])} was moved to line {first_line(new[b])}")
        if (a < at) != (b < match.index):
            raise Moved(
                f"line {first_line(old[a])} was moved past {called(old[at])},"
                f" to line {first_line(new[b])}"
            )


def _match(
    old: list[ast.stmt], at: int, new: list[ast.stmt], entered: bool, pairs: dict[int, int]
) -> Match:
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
        raise Doubt(f"{called(old[at])} became {called(new[index])}, which was not entered")
    return _described(old, at, new, pairs, index, "edited")


def _described(
    old: list[ast.stmt], at: int, new: list[ast.stmt], pairs: dict[int, int], index: int, how: str
) -> Match:
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
    return Match(index, how, tuple(fresh), tuple(changed), earlier)


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
        inside = Counter(meaning(path[-1][1]) for path in paths(new[news[0]]))
        if all(inside[meaning(old[each])] for each in olds[1:]):
            _refuse_restart(old[at], new[news[0]])
            return news[0], False  # it wraps the statement and what follows it
    scores = {(a, b): alike(old[a], new[b]) for a in olds for b in news}
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
            raise Doubt(
                f"{called(old[at])} may be inside of {called(around)} now, which was not entered"
                if isinstance(around, BLOCKS)
                else f"{called(old[at])} is gone, and line {first_line(old[low])} changed"
            )
        return news.start, True
    if len(olds) == len(news) == 1:
        _refuse_restart(old[at], new[news[0]])
        return news[0], False
    lines = " or ".join(f"line {first_line(new[b])}" for b in news)
    doubt = Doubt(f"{called(old[at])} could be {lines} now")
    if at == olds[0] and (low is None or sure[low] + 1 == news[0]):
        doubt.first = news[0]
    raise doubt


def _refuse_restart(old: ast.stmt, new: ast.stmt) -> None:
    """A loop that failed in its header must not become another loop that begins from the start."""
    if isinstance(old, ast.While) and type(new) is not ast.While:
        inside = [path[-1][1] for path in paths(new) if isinstance(path[-1][1], ast.While)]
        if len(inside) != 1 or isinstance(new, LOOPS):
            raise Doubt(f"the while of line {old.lineno} became {called(new)}")


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
