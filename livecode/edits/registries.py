"""Registries: containers that an evaluated definition put itself into must not hold it twice.

In: pairs of a newly made object and the live one that it is a new text of. Out: lists, dicts and sets
(and tuples in them) changed. They are found by one pass over the heap, which is made only after a
definition was evaluated that had decorators or a class machinery, and somebody still holds it.
"""

from __future__ import annotations

import gc
import types
from collections import deque
from types import CellType, FunctionType
from typing import Any

from livecode.edits import finding

_Pairs = list[tuple[Any, Any]]


def replace(pairs: _Pairs, drop: bool = True) -> None:
    """Put the live object in the place of the new one, in every container that holds the new one.

    Args:
        pairs: (new, live) objects.
        drop: drop the new one where a container holds the live one already (a decorator or class
            machinery put it there again); else it was put there on purpose.
    """
    partner = {id(new): live for new, live in pairs}
    targets = [new for new, _ in pairs]
    own = {id(targets), id(pairs), id(partner), *(id(pair) for pair in pairs)}
    tuples: list[tuple[Any, ...]] = []
    for holder in finding.referrers(targets):
        if id(holder) in own or isinstance(holder, types.FrameType):
            continue
        if type(holder) is tuple:
            if not any(isinstance(item, type) for item in holder[-1:]) or holder[-1] is not object:
                tuples.append(holder)
        else:
            _replace_in(holder, partner, drop)
    if tuples:
        rebuilt = [(old, tuple(partner.get(id(item), item) for item in old)) for old in tuples]
        inner = {id(old): new for old, new in rebuilt}
        skip = {id(tuples), id(rebuilt), *(id(pair) for pair in rebuilt)}
        for holder in finding.referrers(tuples):
            if id(holder) not in skip and isinstance(holder, (list, deque, dict)):
                _replace_in(holder, inner, drop)


def _replace_in(holder: Any, partner: dict[int, Any], drop: bool) -> None:
    if isinstance(holder, dict):
        if "__mro__" in holder or holder is partner:
            return
        for key, value in list(holder.items()):
            if id(value) in partner and key != "__wrapped__":
                holder[key] = partner[id(value)]
        for key in [key for key in holder if id(key) in partner]:
            value = holder.pop(key)
            holder.setdefault(partner[id(key)], value)
    elif isinstance(holder, (list, deque)):
        for item in [item for item in holder if id(item) in partner]:
            live = partner[id(item)]
            place = _place(holder, item)
            if drop and any(
                each is live or (type(live) is tuple and _same_tuple(each, live)) for each in holder
            ):
                del holder[place]
            else:
                holder[place] = live
    elif isinstance(holder, set):
        for item in [item for item in holder if id(item) in partner]:
            holder.discard(item)
            holder.add(partner[id(item)])
    elif isinstance(holder, CellType):
        if id(holder.cell_contents) in partner:
            holder.cell_contents = partner[id(holder.cell_contents)]
    elif not isinstance(holder, (type, FunctionType, types.ModuleType)) and hasattr(
        holder, "__dict__"
    ):
        _replace_in(vars(holder), partner, drop)


def drop_superseded(pairs: _Pairs) -> None:
    """Take the live object out of every container into which the new one has come beside it.

    This is what a decorator with a changed argument leaves: ``routes["/old"]`` and ``routes["/new"]``.

    Args:
        pairs: (new, live) objects; both stay alive, the live one only passes its calls on.
    """
    if not pairs:
        return
    news = [new for new, _ in pairs]
    own = {id(news), id(pairs), *(id(pair) for pair in pairs)}
    former = {id(new): live for new, live in pairs}
    tuples = []
    for holder in finding.referrers(news):
        if id(holder) in own:
            continue
        if type(holder) is tuple:
            tuples.append(holder)
        for new, live in pairs:
            _drop(holder, new, live)
    for entry in tuples:
        for holder in gc.get_referrers(entry):
            if isinstance(holder, (list, deque)) and holder is not tuples:
                _drop_entry(holder, entry, former)


def _drop(holder: Any, new: Any, live: Any) -> None:
    if isinstance(holder, dict) and "__builtins__" not in holder and "__module__" not in holder:
        if any(value is new for value in holder.values()):
            for key in [
                key for key, value in holder.items() if value is live and key != "__wrapped__"
            ]:
                del holder[key]
    elif isinstance(holder, (list, deque)):
        if any(item is live for item in holder):
            del holder[_place(holder, live)]
    elif isinstance(holder, set):
        holder.discard(live)


def _drop_entry(
    holder: list[Any] | deque[Any], entry: tuple[Any, ...], former: dict[int, Any]
) -> None:
    """Drop the tuple of a list that has the live object where `entry` has the new one."""
    for each in list(holder):
        if type(each) is not tuple or each is entry or len(each) != len(entry):
            continue
        if any(id(b) in former and a is former[id(b)] for a, b in zip(each, entry, strict=True)):
            del holder[_place(holder, each)]


def _place(holder: list[Any] | deque[Any], item: Any) -> int:
    return next(index for index, each in enumerate(holder) if each is item)


def _same_tuple(a: Any, b: tuple[Any, ...]) -> bool:
    return (
        type(a) is tuple
        and len(a) == len(b)
        and all(
            x is y or (isinstance(x, (str, int)) and type(x) is type(y) and x == y)
            for x, y in zip(a, b, strict=True)
        )
    )
