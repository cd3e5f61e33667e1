"""Lambdas of an edited statement: those that are alive become what the new text makes of them.

In: the statement's code before and after, and the functions of the module that are alive. Out: these
functions changed, and pairs of a newly made lambda and the live one in whose place it came. A lambda
has no name: it is known by its place in the statement, to the column.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType

from livecode.edits import codes, finding
from livecode.edits.compiled import Compiled
from livecode.edits.functions import Functions, stands_for


def follow(
    before: Compiled,
    after: Compiled,
    alive: Iterable[FunctionType],
    functions: Functions,
    owner: type | None,
) -> list[tuple[FunctionType, FunctionType]]:
    """Let live lambdas follow the edit of their statement.

    Constant ones of one line may share their code (Python 3.12): if it is not known which is which, they
    are left as they are. Where a place has made several at once (in a loop), they get the code alone.

    Args:
        before: the statement as it was.
        after: the statement as it was evaluated now.
        alive: functions among which its lambdas are, first those that its names lead to.
        functions: changes them.
        owner: the class in whose body the statement stands.

    Returns:
        Pairs of a new lambda and the live one in whose place it came.
    """
    pairs = list(_pairs(before.code, after.code))
    often = Counter(_place(old) for old, _ in pairs)
    pairs = [(old, new) for old, new in pairs if often[_place(old)] == 1]
    places: dict[object, dict[int, FunctionType]] = {_place(old): {} for old, _ in pairs}
    just_made = {id(code) for code in codes.walk(after.code)}
    for function in alive:
        if function.__name__ == "<lambda>" and id(function.__code__) not in just_made:
            places.get(_place(stands_for(function)), {}).setdefault(id(function), function)
    if not any(places.values()):
        return []
    held = finding.holders([new for _, new in pairs])
    found = []
    for old, new in pairs:
        made = held[id(new)].functions
        live = list(places[_place(old)].values())
        for function in live:
            if len(made) == 1:
                functions.adopt(function, made[0], after, owner)
            else:
                functions.recode(function, new, after, owner)
        if live and len(made) == 1:
            found.append((made[0], live[0]))
    return found


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The lambdas that a statement makes when it is evaluated, each with the one in its place."""
    for before, after in codes.pairs(old, new):
        if after is None:
            continue
        if before.co_name == "<lambda>":
            yield before, after
        elif before.co_name.startswith("<") or not before.co_flags & inspect.CO_OPTIMIZED:
            yield from _pairs(before, after)  # a comprehension, or the body of a class


def _place(code: CodeType) -> object:
    return codes.key_of(code), tuple(code.co_positions())
