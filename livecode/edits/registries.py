"""Registries: containers that an evaluated definition put itself into must not hold it twice.

In: pairs of a newly made object and the live one that it is a new text of. Out: lists, dicts and sets
(and tuples and objects in them) changed. They are found by one pass over the heap, which is made only after a
definition was evaluated that had decorators or a class machinery, and somebody still holds it.
"""

from __future__ import annotations

import gc
import types
from collections import deque
from collections.abc import Callable, Container
from functools import partial
from types import CellType, FunctionType
from typing import Any

from livecode.edits import finding

_Pairs = list[tuple[Any, Any]]
Touched = tuple[Any, tuple[Any, ...]]

_KINDS = (dict, list, deque, set)
_ORDERED = (dict, list, deque)
_OTHERS = (
    type,
    FunctionType,
    types.MethodType,
    types.ModuleType,
    CellType,
    types.FrameType,
    property,
)


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


def drop_superseded(pairs: _Pairs, again: _Pairs) -> list[Touched]:
    """Take the live object out of every container into which the new one has come beside it.

    This is what a decorator with a changed argument leaves: ``routes["/old"]`` and ``routes["/new"]``,
    also where the container holds entries (tuples, objects, other containers) that hold the object.

    Args:
        pairs: (new, live) objects; the live one only passes its calls on, or takes the new one's place.
        again: the same, with decorators that mean the same: where the new one is merely there twice,
            `replace` puts it right.

    Returns:
        The containers that were changed, with what they would hold if nothing had been evaluated.
    """
    if not pairs and not again:
        return []
    former = _Former(pairs, again)
    touched: list[Touched] = []
    entries: list[Any] = []
    for holder in finding.referrers(former.news):
        if id(holder) in former.own or isinstance(holder, types.FrameType):
            continue
        owner = _owner(holder)
        if owner is not None:
            entries.append(owner)
            holder = vars(owner)
        elif isinstance(holder, (tuple, *_KINDS)) and not _is_namespace(holder):
            entries.append(holder)
        if isinstance(holder, _KINDS) and not _is_namespace(holder):
            keyed = isinstance(holder, dict)
            _drop(holder, former.live, partial(former.replaces, keyed), touched)
    ids = {id(entry): entry for entry in entries}
    for holder in finding.referrers(entries) if entries else ():
        if holder is entries or holder is ids:
            continue
        attributes = _owner(holder) is not None
        if not isinstance(holder, _KINDS):
            if not attributes:
                continue
            holder = vars(holder)  # it holds its attributes without a dict (Python 3.13)
        if not _is_namespace(holder):
            siblings = [] if isinstance(holder, dict) else _items(holder)
            there = {
                at
                for at, item in enumerate(siblings)
                if id(item) in ids and former.is_there(item, siblings)
            }
            if there:
                fill(holder, contents(holder, there))
            beats = partial(former.beats, siblings, touched)
            _drop(holder, ids, beats, touched, attributes=attributes)
    return touched


class _Former:
    """The live objects in whose places new ones come."""

    def __init__(self, pairs: _Pairs, again: _Pairs) -> None:
        both = [*again, *pairs]
        self.live = {id(new): live for new, live in both}
        self.news = [new for new, _ in both]
        self.own = {id(pairs), id(again), id(self.news), *(id(pair) for pair in both)}
        self._twice = {id(new) for new, _ in again} - {id(new) for new, _ in pairs}

    def replaces(self, keyed: bool, new: Any, other: Any, later: bool) -> bool:
        """Whether an item of a container has no place in it beside the new one."""
        return self.live[id(new)] is other and (id(new) not in self._twice or (keyed and later))

    def beats(
        self, siblings: list[Any], touched: list[Touched], entry: Any, other: Any, later: bool
    ) -> bool:
        """Whether an entry has the new object where another one has the live one.

        Args:
            siblings: all entries, if they have no keys that tell them apart.
            touched: takes containers that were changed.
            entry: holds the new object.
            other: perhaps holds the live one.
            later: whether the entry has come to a place of its own since the other was there.
        """
        if type(other) is not type(entry):
            return False
        if isinstance(entry, _KINDS) and not (siblings and isinstance(entry, dict)):
            return self._empties(entry, other, later, touched)
        parts, others = _parts(entry), _parts(other)
        if len(parts) != len(others):
            return False
        return any(
            id(a) in self.live
            and self.live[id(a)] is b
            and (id(a) not in self._twice or (later and not self.is_there(entry, siblings)))
            for a, b in zip(parts, others, strict=True)
        )

    def is_there(self, entry: Any, siblings: list[Any]) -> bool:
        """Whether an entry with a new object is otherwise the same as one with the live object."""
        if isinstance(entry, (list, deque, set)):
            return False
        parts = _parts(entry)
        former = [self.live[id(part)] if id(part) in self._twice else part for part in parts]
        return any(id(part) in self._twice for part in parts) and any(
            type(other) is type(entry) and other is not entry and _same_parts(_parts(other), former)
            for other in siblings
        )

    def _empties(self, entry: Any, other: Any, later: bool, touched: list[Touched]) -> bool:
        """Take the live objects out of a container beside the new one's; whether it is empty then."""
        lives = [
            self.live[id(item)]
            for item in _items(entry)
            if id(item) in self.live
            and (id(item) not in self._twice or (later and not _has(entry, self.live[id(item)])))
        ]
        was_empty = not other
        _drop(other, {}, lambda new, item, later: False, touched, lives)
        return bool(lives) and not other and not was_empty


def _drop(
    holder: Any,
    new: dict[int, Any],
    beats: Callable[[Any, Any, bool], bool],
    touched: list[Touched],
    gone: list[Any] | None = None,
    attributes: bool = False,
) -> None:
    """Take out of a container what new items of it beat, and remember it as it was before these came.

    Args:
        new: the new items, by their ids.
        beats: whether a new item beats another; the third argument says whether the new one has come
            to a place of its own since the other one was there.
        gone: items that go in any case.
        attributes: the items are attributes of an object, which keeps them also when they are emptied.
    """
    items = _items(holder)
    came = {at for at, item in enumerate(items) if id(item) in new}
    out = {
        at
        for at, item in enumerate(items)
        if at not in came
        and (
            any(item is each for each in gone or ())
            or any(beats(items[i], item, isinstance(holder, _ORDERED) and at < i) for i in came)
        )
    }
    if out and not attributes:
        touched.append((holder, contents(holder, came)))
        fill(holder, contents(holder, out))


def _has(holder: Any, item: Any) -> bool:
    return any(each is item for each in _items(holder))


def _same_parts(parts: tuple[Any, ...], others: list[Any]) -> bool:
    return len(parts) == len(others) and all(
        a is b or (isinstance(a, (str, int)) and type(a) is type(b) and a == b)
        for a, b in zip(parts, others, strict=True)
    )


def _parts(item: Any) -> tuple[Any, ...]:
    """The items of a tuple, the values of a dict or of an object's attributes by their names."""
    if isinstance(item, tuple):
        return item
    own = item if isinstance(item, dict) else getattr(item, "__dict__", {})
    return tuple(own[name] for name in sorted(own, key=str))


def _owner(holder: Any) -> Any:
    """The object whose attributes a holder is or has, if it is an object of a plain class; else None."""
    if isinstance(holder, dict):
        for each in gc.get_referrers(holder):
            if not isinstance(each, _OTHERS) and getattr(each, "__dict__", None) is holder:
                return each
        return None
    if isinstance(holder, (*_OTHERS, *_KINDS, tuple)) or not hasattr(holder, "__dict__"):
        return None
    return holder


def _is_namespace(holder: Any) -> bool:
    return isinstance(holder, dict) and (
        "__builtins__" in holder or "__module__" in holder or "__wrapped__" in holder
    )


def _items(holder: Any) -> list[Any]:
    return list(holder.values() if isinstance(holder, dict) else holder)


def contents(holder: Any, without: Container[int] = ()) -> tuple[Any, ...]:
    """What a container holds, without the items at some places."""
    items = holder.items() if isinstance(holder, dict) else holder
    return tuple(item for at, item in enumerate(items) if at not in without)


def fill(holder: Any, items: tuple[Any, ...]) -> None:
    """Let a container hold these items and nothing else."""
    holder.clear()
    if isinstance(holder, (dict, set)):
        holder.update(items)
    else:
        holder.extend(items)


def _place(holder: list[Any] | deque[Any], item: Any) -> int:
    return next(index for index, each in enumerate(holder) if each is item)


def _same_tuple(a: Any, b: tuple[Any, ...]) -> bool:
    return type(a) is tuple and _same_parts(a, list(b))
