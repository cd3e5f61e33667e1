"""Rehashing: keys that have another hash now are put in their places again.

In: keys whose attributes changed. Out: dicts and sets that find them; what could not be helped is told.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from livecode.edits.journal import Journal
from livecode.evolution import copies
from livecode.evolution.holders import Heap, Own, OwnDict
from livecode.evolution.searching import is_mro
from livecode.evolution.swaps import KEPT, Swaps


def rehash(
    partner: Mapping[int, Any],
    items: Sequence[Any],
    journal: Journal,
    ignore: Iterable[Any] = (),
    affects: Callable[[list[Any]], bool] = lambda keys: True,
    first: Iterable[Any] = (),
    leave: Callable[[Any, Exception], bool] = lambda holder, error: False,
) -> list[Any]:
    """Put keys in their places again, as they may have another hash now.

    Args:
        partner: for the id of each key, what takes its place (mostly the key itself).
        items: the keys.
        journal: gets the way back, as one step.
        ignore: lists and tuples that are no keys.
        affects: asked whether keys that are not found can be so because of the edit.
        first: dicts and sets that `replace` has left.
        leave: asked whether a holder may stay as it is although its keys cannot be compared.

    Returns:
        What was left: holders with keys that are equal now or cannot be compared, and frozensets.

    Raises:
        Exception: what ``__hash__`` or ``__eq__`` of a key raised.
    """
    partners: dict[int, Any] = OwnDict(partner)
    keys = Own(items)
    swaps = Swaps(partners, keys)
    journal.step(swaps)
    left: list[Any] = []
    places: dict[int, Any] = {id(holder): holder for holder in first}
    level: list[Any] = list(keys)

    def get(part: Any) -> Any:
        return partners.get(id(part), part)

    for item in keys:
        for reference in weakref.getweakrefs(item):
            if type(reference) is weakref.ref and reference.__callback__ is not None:
                made = copies.copy_reference(reference, item, get)
                if _hash(made) != _hash(reference):  # the latter may be one of before
                    partners[id(reference)] = made
                    level.append(reference)
    olds = list(level)
    heap = Heap([places, level, partners, swaps.records, *ignore])
    heap.own.add(id(olds))
    while level:
        found = heap.holders(level)
        level = []
        heap.own.update((id(found), id(level)))
        for holder in found:
            kind = type(holder)
            if _is_tuple(kind) and id(holder) not in partners and not is_mro(holder):
                partners[id(holder)] = holder
                olds.append(holder)
                level.append(holder)
            elif issubclass(kind, frozenset):
                if not _finds_all(holder):
                    left.append(holder)
            elif kind not in KEPT and (
                issubclass(kind, set)
                or (
                    issubclass(kind, dict) and any(id(key) in partners for key in dict.keys(holder))
                )
            ):
                places[id(holder)] = holder
    heap.close()
    swaps.olds = Own(olds)
    asked = {id(holder) for holder in first}
    for holder in places.values():
        try:
            if id(holder) in asked or _is_to_be_filled(holder, partners, affects):
                swaps.keys(holder)
        except Exception as error:  # from the person's __hash__ or __eq__
            if not leave(holder, error):
                raise
            left.append(holder)
    return left + swaps.clashes


def _is_to_be_filled(
    holder: Any, partners: Mapping[int, Any], affects: Callable[[list[Any]], bool]
) -> bool:
    """Whether a dict or set does not find some of the keys, or has keys that are equal now.

    To fill it again is no harm, but whoever iterates over it at present may see a key twice.
    """
    base: Any = set if issubclass(type(holder), set) else dict
    keys = [key for key in base.__iter__(holder) if id(key) in partners]
    if len(set(keys)) < len(keys):
        return True
    lost = [
        key for key in keys if partners[id(key)] is not key or not base.__contains__(holder, key)
    ]
    return bool(lost) and affects(lost)


def _hash(item: Any) -> int | None:
    try:
        return hash(item)
    except Exception:  # from the person's __hash__; a dict or set that needs it tells
        return None


def _is_tuple(kind: type) -> bool:
    """Whether the hash of an object is that of its items."""
    return issubclass(kind, tuple) and kind.__hash__ is tuple.__hash__ and kind not in KEPT


def _finds_all(holder: frozenset[Any]) -> bool:
    try:
        return all(frozenset.__contains__(holder, item) for item in frozenset.__iter__(holder))
    except Exception:  # from the person's __hash__ or __eq__
        return False
