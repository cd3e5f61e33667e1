"""Likeness: which statements of two lists are the same, and how much alike two others are.

In: statements, or what they mean (`livecode.sources.outline.meaning`). Out: pairs of indices, in order;
or a number, the more the better.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any

from livecode.breaks.places import header, paths
from livecode.sources import names
from livecode.sources.outline import BLOCKS, Meaning, meaning

_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def same(old: ast.AST, new: ast.AST) -> bool:
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


def aligned(old: Sequence[Meaning], new: Sequence[Meaning]) -> dict[int, int]:
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


def alike(old: ast.stmt, new: ast.stmt) -> float:
    """How much two statements that differ are alike: their kind, what they bind and call, their names."""
    common = _share(_words(old), _words(new))
    if isinstance(old, BLOCKS) and type(old) is type(new):
        inner = _share(
            Counter(meaning(path[-1][1]) for path in paths(old)),
            Counter(meaning(path[-1][1]) for path in paths(new)),
        )
        return 1.0 + 2.0 * (header(old) == header(new)) + 2.0 * inner + common
    if isinstance(new, BLOCKS):
        wanted = meaning(old)
        return 4.0 * any(meaning(path[-1][1]) == wanted for path in paths(new))
    if isinstance(old, BLOCKS):
        return 0.0
    binds = _share(Counter(names.bound(old)), Counter(names.bound(new)))
    calls = _share(_calls(old), _calls(new))
    leaves = isinstance(old, _LEAVES) and type(old) is type(new)
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
