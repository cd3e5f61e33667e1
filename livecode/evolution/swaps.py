"""One holder at a time: what it holds is exchanged, and how it was before is kept.

In: a holder and, by id, what takes whose place. Out: the holder changed; a `Swaps`, which is a step
of the journal, has the way back. A holder is looked at when it is changed, not before, so that what
another thread did since it was found is not overwritten.

| holder                         | is changed by                                      |
| ------------------------------ | -------------------------------------------------- |
| list, deque, dict's values     | setting the item                                   |
| dict's keys, set               | clearing and filling it again, in the same order   |
| instance                       | its ``__dict__``, and the slots of all its classes |
| class                          | ``type.__setattr__``, ``__bases__``                |
| function, exception, cell      | setting the attribute                              |
| partial, property, classmethod | its own ``__setstate__`` or ``__init__``           |
| frame, generator, coroutine    | writing its locals                                 |
"""

from __future__ import annotations

import functools
import types
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import compress
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from livecode.edits.journal import Kept, Late
from livecode.edits.report import Entry
from livecode.evolution import frames, holders
from livecode.evolution.holders import Own, OwnDict, OwnSet
from livecode.evolution.records import Locals, Record, Remade, note_of
from livecode.evolution.ways import (
    ATTRIBUTE,
    BASES,
    CLASS,
    DEQUE,
    DICT,
    LIST,
    PLAIN,
    SLOT,
    How,
    describe,
    has_own_hash,
    kept_items,
    pairs_of,
    refill,
    set_state,
    state_of,
    write_bases,
)

Partner = Mapping[int, Any]

_MANY = 1000
"""From how many places on a deque is filled again, as reaching its middle takes long."""

_SUSPENDED = {
    types.GeneratorType: "gi_frame",
    types.CoroutineType: "cr_frame",
    types.AsyncGeneratorType: "ag_frame",
}
_FUNCTION = ("__defaults__", "__kwdefaults__", "__type_params__", "__doc__")
_EXCEPTION = ("args", "__cause__", "__context__")


class Swaps(Late):
    """A step of the journal: holders that were changed, each with its way back.

    Attributes:
        clashes: holders that were left as they are, as the new object equals another key in them.
    """

    name = "references to new objects"

    def __init__(self, partner: Partner, olds: Iterable[Any] = ()) -> None:
        self.partner = partner
        self.records: list[Record] = []
        self.clashes: list[Any] = []
        self._late: list[Refilled] = []
        self._described: dict[type, tuple[tuple[Any, ...], Any]] = {}
        # Last, so that it is dropped last: the ids stay valid, and no weak reference that a record
        # keeps sees its object die before itself and calls back.
        self.olds = Own(olds)

    def rollback(self) -> list[Entry]:
        faults: list[Entry] = []
        for record in self._newest_first():
            if isinstance(record, Refilled) and record.asks_for_hashes():
                self._late.append(record)
            else:
                faults += record.rollback()
        return faults

    def finish(self) -> list[Entry]:
        faults: list[Entry] = []
        for record in self._late:
            try:
                faults += record.rollback()
            except Exception:  # from the person's __hash__ or __eq__; before it is cleared
                faults.append(note_of(record.holder))
        self._late.clear()
        return faults

    def revert(self) -> list[Entry]:
        return [fault for record in self._newest_first() for fault in record.revert()]

    def done(self) -> None:
        """Everything is exchanged: what was learnt of classes is needed no more."""
        self._described = {}

    def _newest_first(self) -> Iterable[Record]:
        while self.records:
            yield self.records.pop()

    def places(self, holder: Any) -> None:
        """Exchange everything in a holder but its keys, and what stands under a person's keys."""
        kind = type(holder)
        if issubclass(kind, dict):
            strange = {each for each in set(map(type, dict.keys(holder))) if has_own_hash(each)}
            self._dict(holder, strange)
        elif issubclass(kind, list):
            items = list(list.__iter__(holder))
            self.put(LIST, holder, self._hits(enumerate(items), items))
        elif issubclass(kind, deque):
            self._deque(holder)
        elif issubclass(kind, type):
            self._class(holder)
        elif kind is FrameType:
            self.frame(holder)
        elif kind in _SUSPENDED:
            self._suspended(holder, _SUSPENDED[kind])
        elif kind is types.CellType:
            self._attributes(holder, ("cell_contents",))
        elif kind is FunctionType:
            self._attributes(holder, _FUNCTION)
            if holder.__annotations__:  # they are a tuple until they are asked for
                self._dict(holder.__annotations__)
        elif issubclass(kind, (property, classmethod, staticmethod, functools.partial, super)):
            self._made_again(holder)
        elif issubclass(kind, BaseException):
            self._slots(holder, [BaseException.__dict__[name] for name in _EXCEPTION])
        if kind not in PLAIN:
            self._instance(holder)

    def keys(self, holder: Any) -> None:
        """Exchange the keys of a dict and what is left of its values, or the elements of a set."""
        kind = type(holder)
        if issubclass(kind, set):
            items = list(set.__iter__(holder))
            if any(id(item) in self.partner for item in items):
                news = [self.partner.get(id(item), item) for item in items]
                filled = set(news)
                if len(filled) != len({id(item) for item in news}):
                    self.clashes.append(holder)
                    return
                self.records.append(Refilled(self.partner, holder, OwnSet(holder)))
                refill(holder, filled)
        elif issubclass(kind, dict):
            self._keys(holder)

    def _keys(self, holder: dict[Any, Any]) -> None:
        contains = self.partner.__contains__
        if not any(map(contains, map(id, dict.keys(holder)))) and not any(
            map(contains, map(id, dict.values(holder)))
        ):
            return
        items = pairs_of(holder)
        if any(type(value).__name__ == "_lru_list_elem" for _, value in items[:1]):
            return
        filled: dict[Any, Any] = {}
        for key, value in items:
            filled[self.partner.get(id(key), key)] = self.partner.get(id(value), value)
        if len(filled) != len(items):
            self.clashes.append(holder)
            return
        self.records.append(Refilled(self.partner, holder, kept_items(holder, items)))
        refill(holder, filled)

    def put(self, how: How, holder: Any, places: Iterable[tuple[Any, Any]]) -> None:
        """Exchange what is in some places of a holder; `places` are pairs of place and item."""
        found = list(places)
        if not found:
            return
        where = Own([place for place, _ in found])
        olds = Own([old for _, old in found])
        news = Own(map(self.partner.__getitem__, map(id, olds)))
        self.records.append(Put(how, holder, where, olds, news))
        if type(holder) is list or type(holder) is dict:
            for place, old, new in zip(where, olds, news, strict=True):
                if holder[place] is old:  # no other thread runs between this and the next line
                    holder[place] = new
        else:
            for place, old, new in zip(where, olds, news, strict=True):
                if how.read(holder, place) is old:
                    how.write(holder, place, new)

    def frame(self, frame: FrameType) -> None:
        """Exchange the locals of a frame."""
        self._locals(frame, lambda: frame)

    def running(self, frame: FrameType) -> None:
        """Exchange the locals of a frame that runs or waits; it is not kept alive for the way back."""
        number, code = id(frame), frame.f_code

        def find() -> FrameType | None:
            for each in holders.running():
                if id(each) == number and each.f_code is code:
                    return each
            return None

        self._locals(frame, find)

    def _suspended(self, holder: Any, name: str) -> None:
        frame = getattr(holder, name)
        if frame is not None:
            weak = weakref.ref(holder)
            self._locals(frame, lambda: getattr(weak(), name, None))

    def _locals(self, frame: FrameType, find: Callable[[], FrameType | None]) -> None:
        found = [
            (name, value)
            for name, value in frames.locals_of(frame).items()
            if id(value) in self.partner
        ]
        if found:
            names = [name for name, _ in found]
            olds = Own(value for _, value in found)
            news = Own(self.partner[id(value)] for value in olds)
            self.records.append(Locals(find, Own(names), olds, news))
            frames.change(frame, names, self.partner)

    def _hits(
        self, places: Iterable[tuple[Any, Any]], items: Iterable[Any]
    ) -> list[tuple[Any, Any]]:
        return list(compress(places, map(self.partner.__contains__, map(id, items))))

    def _dict(self, holder: dict[Any, Any], but: Collection[type] = ()) -> None:
        """Exchange the values of a dict, except under keys of some types."""
        items = list(dict.items(holder))
        found = self._hits(items, [value for _, value in items])
        self.put(
            DICT, holder, [pair for pair in found if type(pair[0]) not in but] if but else found
        )

    def _deque(self, holder: deque[Any]) -> None:
        items = list(deque.__iter__(holder))
        found = self._hits(enumerate(items), items)
        if len(found) < _MANY:
            self.put(DEQUE, holder, found)
        else:
            before = Own(items)
            self.records.append(Refilled(self.partner, holder, before))
            refill(holder, [self.partner.get(id(item), item) for item in before])

    def _class(self, holder: type) -> None:
        bases = holder.__bases__
        if any(id(base) in self.partner for base in bases):
            made = tuple(self.partner.get(id(base), base) for base in bases)
            self.records.append(Put(BASES, holder, Own([""]), Own([bases]), Own([made])))
            try:
                write_bases(holder, "", made)
            except TypeError:  # CPython refuses: the references that stay are counted and reported
                self.records.pop()
        found = [(name, value) for name, value in holder.__dict__.items() if type(name) is str]
        self.put(CLASS, holder, self._hits(found, [value for _, value in found]))

    def _attributes(self, holder: Any, names: Iterable[str]) -> None:
        for name in names:
            try:
                value = getattr(holder, name, None)
            except ValueError:  # an empty cell
                continue
            if id(value) in self.partner:
                self.put(ATTRIBUTE, holder, [(name, value)])

    def _made_again(self, holder: Any) -> None:
        """What takes its parts together, and only from a method of its own."""
        before = state_of(holder)
        after = tuple(self.partner.get(id(part), part) for part in before)
        if any(a is not b for a, b in zip(before, after, strict=True)):
            self.records.append(Remade(holder, Own(before), Own(after)))
            set_state(holder, after)

    def _slots(self, holder: Any, slots: Iterable[Any]) -> None:
        for slot in slots:
            try:
                value = slot.__get__(holder)
            except AttributeError:  # the slot is empty
                continue
            if id(value) in self.partner:
                self.put(SLOT, holder, [(slot, value)])

    def _instance(self, holder: Any) -> None:
        kind = type(holder)
        described = self._described.get(kind)
        if described is None:
            described = self._described[kind] = describe(kind)
        slots, has_dict = described
        self._slots(holder, slots)
        if has_dict is not None:
            own = has_dict.__get__(holder)
            if type(own) is dict:
                self._dict(own)


class Put(NamedTuple):
    """Items that were set in some places of a holder, what was there, and what is there now."""

    how: How
    holder: Any
    where: tuple[Any, ...]
    olds: tuple[Any, ...]
    news: tuple[Any, ...]

    def rollback(self) -> list[Entry]:
        changed = 0
        for place, old, new in zip(self.where, self.olds, self.news, strict=True):
            if self._has(place, new):
                self.how.write(self.holder, place, old)
            elif not self._has(place, old):
                changed += 1
        return [note_of(self.holder)] if changed else []

    def revert(self) -> list[Entry]:
        if self.how in (LIST, DEQUE) and not all(map(self._has, self.where, self.news)):
            back = {id(new): old for old, new in zip(self.olds, self.news, strict=True)}
            Swaps(back).places(self.holder)
            return []
        return self.rollback()

    def _has(self, place: Any, item: Any) -> bool:
        try:
            present = self.how.read(self.holder, place)
        except (LookupError, AttributeError, ValueError):
            return False
        return present is item or (self.how is BASES and present == item)


class Refilled(NamedTuple):
    """A dict, set or deque that was cleared and filled again; `before` is what was in it."""

    partner: Partner
    holder: Any
    before: Any

    def asks_for_hashes(self) -> bool:
        """Whether filling it again takes the hashes of its keys (else those of before were kept)."""
        return issubclass(type(self.holder), dict) and type(self.before) is not OwnDict

    def rollback(self) -> list[Entry]:
        if self.asks_for_hashes():
            dict(self.before)
        if self._as_written():
            refill(self.holder, self.before)
            return []
        return self.revert()

    def revert(self) -> list[Entry]:
        items = self.before
        if self._as_written() and type(items) is not OwnDict:
            refill(self.holder, items)
            return []
        if issubclass(type(self.holder), dict):
            pairs = items.items() if type(items) is OwnDict else items
            items = [part for pair in pairs for part in pair]
        back = {
            id(self.partner[id(item)]): item for item in list(items) if id(item) in self.partner
        }
        swaps = Swaps(back)
        if issubclass(type(self.holder), deque):
            swaps.places(self.holder)
        swaps.keys(self.holder)
        return [note_of(holder) for holder in swaps.clashes]

    def _as_written(self) -> bool:
        """Whether it holds what was put there and nothing else (or, interrupted, still what was)."""
        if issubclass(type(self.holder), set):
            present = set(map(id, set.__iter__(self.holder)))
            return present == {id(self.partner.get(id(item), item)) for item in self.before}
        if issubclass(type(self.holder), deque):
            before = list(self.before)
            return list(map(id, deque.__iter__(self.holder))) == [
                id(self.partner.get(id(item), item)) for item in before
            ]
        kept = self.before.items() if type(self.before) is OwnDict else self.before
        get = self.partner.get
        return [(id(key), id(value)) for key, value in pairs_of(self.holder)] == [
            (id(get(id(key), key)), id(get(id(value), value))) for key, value in kept
        ]


KEPT = {Kept, Own, OwnDict, OwnSet, Put, Refilled, Remade, Locals, Swaps, How}
"""The types of what livecode keeps for the way back of this and of earlier edits."""
