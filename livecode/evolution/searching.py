"""Searching: everything that refers to some objects, before anything is changed.

In: pairs of an old and a new object. Out: a `Search`: the places that can be changed, what must be copied
as it cannot (tuples and the like, in turn), and how many references nobody is known to have. The whole
work is one look over the heap, and one more for the holders of what must be copied.
"""

from __future__ import annotations

import gc
import types
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from operator import sub
from types import FrameType
from typing import Any

from livecode.evolution import frames, holders
from livecode.evolution.holders import Heap, OwnDict
from livecode.evolution.swaps import KEPT

_LEVELS = 3
"""How many tuples in tuples are searched for one by one, before all tuples of the heap are."""

_CLASS_PARTS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)


class Search:
    """Finds everything that refers to the old objects.

    Attributes:
        targets: the old objects, the weak references to them, and the tuples and the like that hold
            them (in turn), each once.
        olds: for the id of each old object, its index in the pairs.
        partner: for the id of each old object, the new one.
        references: for the id of each weak reference to an old object, that object's id.
        places: by id, the holders that can be changed.
        frames: the running frames that have one of the targets in a local.
        unknown: for the id of each target, how many references nobody is known to have.
    """

    def __init__(self, pairs: Sequence[tuple[Any, Any]], ignore: Iterable[Any]) -> None:
        self.pairs = pairs
        # Of an object that is in two pairs, the first counts (so it is written last).
        used = [index for index, (old, new) in enumerate(pairs) if old is not new]
        self.targets = [pairs[index][0] for index in used]
        used.reverse()
        numbers = list(map(id, reversed(self.targets)))
        self.olds: dict[int, int] = dict(zip(numbers, used, strict=True))
        self.partner: dict[int, Any] = OwnDict(
            zip(numbers, [pairs[index][1] for index in used], strict=True)
        )
        self.twice: Counter[int] = Counter()
        if len(self.olds) < len(used):
            self.twice.update(numbers)
            self.targets = list({id(item): item for item in self.targets}.values())
        self.references: dict[int, int] = {}
        self.places: dict[int, Any] = {}
        self.frames: list[FrameType] = []
        self.unknown: dict[int, int] = {}
        self.ids = set(self.olds)
        self.heap = Heap(pairs, ignore, hidden=not all(map(gc.is_tracked, self.targets)))
        for mine in (self.targets, self.partner, self.places, self.__dict__):
            self.heap.own.add(id(mine))
        self._namespaces: dict[int, type] | None = None

    def find(self) -> None:
        """Fill `targets` and `places`."""
        level = list(self.targets)
        for old in level if any(map(weakref.getweakrefcount, level)) else ():
            for reference in weakref.getweakrefs(old):
                self.references[id(reference)] = id(old)
                self._target(reference)
        level = list(self.targets)
        self.heap.own.add(id(level))
        are_classes = map(issubclass, map(type, level), repeat(type))
        classes = set(map(id, compress(level, are_classes)))
        are_members = map(classes.__contains__, map(id, map(type, level)))
        members = set(map(id, compress(level, are_members)))
        deep = 0
        while level:
            found = self.heap.holders(level, classes, members)
            self.heap.own.add(id(found))
            cells = self._cells(found)
            level = []
            self.heap.own.add(id(level))
            for holder in found:
                if id(holder) in cells or type(holder) in KEPT:
                    continue
                if not holders.is_copied(type(holder)):
                    self._place(holder)
                elif deep <= _LEVELS and id(holder) not in self.ids and not is_mro(holder):
                    self._target(holder)
                    level.append(holder)
            deep += 1
            if deep == _LEVELS and level:
                for holder in self.heap.copied_above(level):
                    if id(holder) not in self.ids and not is_mro(holder):
                        self._target(holder)
                        level.append(holder)
        self.heap.close()

    def _target(self, item: Any) -> None:
        self.targets.append(item)
        self.ids.add(id(item))

    def _cells(self, found: list[Any]) -> set[int]:
        if any(type(holder) is types.CellType for holder in found):
            return self.heap.cells_of_ours()
        return set()

    def _place(self, holder: Any) -> None:
        kind = type(holder)
        if kind is dict and "__doc__" in holder:
            if self._namespaces is None:
                self._namespaces = self.heap.namespaces()
            holder = self._namespaces.get(id(holder), holder)
            kind = type(holder)
        if id(holder) in self.olds:
            if issubclass(kind, type):
                return  # an old class stays as it was
            if id(kind) in self.olds and self._is_only_instance(holder):
                return
        if issubclass(kind, _CLASS_PARTS) and id(holder.__objclass__) in self.olds:
            return
        if kind is FrameType and holders.is_ours(holder.f_globals):
            return
        if kind is dict and _of_subclasses(holder):
            return
        self.places[id(holder)] = holder

    def _is_only_instance(self, old: Any) -> bool:
        """Whether an instance of an old class refers to no other old object."""
        parts = map(id, gc.get_referents(old))
        return sum(map(self.ids.__contains__, parts)) == 1

    def count(self) -> None:
        """Fill `unknown` and `frames`: what reference counts tell beyond what was found."""
        ours = dict.fromkeys(self.olds, 1)  # in its pair
        ours |= self.twice
        for number in filter(self.ids.__contains__, self.places):
            ours[number] = ours.get(number, 0) + 1
        for number in filter(self.ids.__contains__, map(id, self.partner.values())):
            ours[number] = ours.get(number, 0) + 2  # in its pair, and in `partner`
        numbers = list(map(id, self.targets))
        known = map(self.heap.known.get, numbers, repeat(0))
        beyond = map(sub, holders.counts(self.targets), known)
        unknown = map(sub, beyond, map(ours.get, numbers, repeat(0)))
        self.unknown = {
            number: count for number, count in zip(numbers, unknown, strict=True) if count > 0
        }
        if self.unknown:
            self._look_into_frames()

    def _look_into_frames(self) -> None:
        for frame in holders.running():
            found = [id(value) for value in frames.locals_of(frame).values()]
            hits = [number for number in found if number in self.ids]
            for number in hits:
                self.unknown[number] = self.unknown.get(number, 0) - 1
            if hits and not holders.is_ours(frame.f_globals) and not self.heap.skips(frame):
                self.frames.append(frame)


def is_mro(holder: Any) -> bool:
    """Whether a tuple is the resolution order of a class, which CPython keeps itself."""
    return (
        type(holder) is tuple
        and len(holder) > 1
        and issubclass(type(holder[0]), type)
        and type.__dict__["__mro__"].__get__(holder[0]) is holder
    )


def _of_subclasses(holder: dict[Any, Any]) -> bool:
    """Whether a dict is the one in which CPython keeps the subclasses of a class."""
    for key, value in dict.items(holder):
        if type(key) is not int or type(value) is not weakref.ref:
            return False
        cls = value()
        return issubclass(type(cls), type) and id(cls) == key
    return False
