"""Who refers to some objects: one look over the heap for all of them.

In: the objects. Out: what the garbage collector knows to refer to them, and how many references it
knows of. For few objects ``gc.get_referrers`` is asked; it compares every reference with every
object, so for many each object's references are looked up in a set of ids instead. Both take the
same time however many holders there are.
"""

from __future__ import annotations

import gc
import itertools
import operator
import sys
import weakref
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from types import (
    BuiltinMethodType,
    FrameType,
    FunctionType,
    GenericAlias,
    MethodType,
    MethodWrapperType,
    UnionType,
)
from typing import Any, TypeAlias

from livecode.evolution import frames

Ids: TypeAlias = set[int] | frozenset[int]

FEW = 128
"""Up to how many objects ``gc.get_referrers`` is the faster way (measured)."""

_TOGETHER = 256
"""How many objects of the heap are looked at together before one is looked at closely."""

_COMMONLY_FROZEN = 1000
"""More objects than the interpreter itself ever freezes at its start."""

_DANGEROUS = "_asyncio"
"""A module that must not be asked what it refers to. In CPython 3.12 it tells objects of its free list,
which are freed once more when they are let go; the list becomes a circle, and the next collection or
search of the heap does not end. None of its references is one that a person could have made."""

COPIED = (
    tuple,
    frozenset,
    MethodType,
    MethodWrapperType,
    BuiltinMethodType,
    weakref.ref,
    weakref.ProxyType,
    weakref.CallableProxyType,
    GenericAlias,
    UnionType,
)
"""What cannot be changed: a copy takes its place, in its holders in turn."""


class Own(tuple[Any, ...]):
    """A tuple of livecode's own that is never searched (what is needed for the way back)."""


class OwnDict(dict[Any, Any]):
    """A dict of livecode's own that is never searched."""


class OwnSet(set[Any]):
    """A set of livecode's own that is never searched."""


def is_copied(kind: type) -> bool:
    """Whether objects of a type are replaced by a copy, as they cannot be changed."""
    return issubclass(kind, COPIED)


def is_ours(namespace: dict[str, Any]) -> bool:
    """Whether a module's namespace is that of livecode itself."""
    name = namespace.get("__name__")
    return type(name) is str and name.partition(".")[0] == __name__.partition(".")[0]


class Heap:
    """The heap as it is now, to be searched more than once.

    The pairs and what is to be ignored are never given as holders; what the latter hold is known.

    Attributes:
        own: ids of lists and dicts of the search itself, which are never given as holders.
        known: for the id of each object that was searched for, the references found to it.
    """

    def __init__(
        self, pairs: Sequence[Any] = (), ignore: Iterable[Any] = (), hidden: bool = False
    ) -> None:
        self.own: set[int] = {id(self.__dict__)}
        self.known: Counter[int] = Counter()
        self._hidden = hidden or gc.get_freeze_count() > _COMMONLY_FROZEN
        self._objects: list[Any] = []
        self._skipped_ids = set(map(id, pairs))
        self._skipped = list(
            {id(item): item for item in ignore if id(item) not in self._skipped_ids}.values()
        )
        self._skipped_ids.update(map(id, self._skipped))
        self._skipped_ids.update((id(pairs), id(sys.modules.get(_DANGEROUS))))
        self.own.add(id(self._skipped))

    def holders(
        self, objects: list[Any], classes: Ids = frozenset(), members: Ids = frozenset()
    ) -> list[Any]:
        """What refers to any of `objects`, each holder once, but those that are skipped.

        Args:
            classes: ids of classes among the objects.
            members: ids of instances of these. Where it can be told quickly that they refer to nothing
                but their classes, they are left out.
        """
        wanted = set(map(id, objects))
        if len(objects) <= FEW and not self._hidden:
            passed = tuple(objects)
            self.own.update((id(objects), id(passed)))
            found = [item for item in gc.get_referrers(*passed) if id(item) not in self.own]
            self.own.remove(id(passed))  # its id may be another object's soon
            passed = ()  # a frame that somebody holds must not keep it
            self.own.add(id(found))
            found = self._but_skipped(found)
            self.own.add(id(found))
            self._count(found, wanted)
        else:
            found = list(self._search(wanted, classes, members))
        self._count(self._skipped, wanted)
        for item in found:
            if issubclass(type(item), OrderedDict):  # its nodes hold the keys once more
                keys = map(id, dict.keys(item))
                self.known.update(filter(wanted.__contains__, keys))
        return found

    def _count(self, objects: list[Any], wanted: set[int]) -> None:
        for start in range(0, len(objects), _TOGETHER):
            parts = gc.get_referents(*objects[start : start + _TOGETHER])
            self.known.update(filter(wanted.__contains__, map(id, parts)))

    def skips(self, item: Any) -> bool:
        """Whether an object is to be ignored."""
        return id(item) in self._skipped_ids

    def _but_skipped(self, objects: list[Any]) -> list[Any]:
        skips = map(self._skipped_ids.__contains__, map(id, objects))
        return list(itertools.compress(objects, map(operator.not_, skips)))

    def _search(self, wanted: set[int], classes: Ids, members: Ids) -> Iterator[Any]:
        objects = self.objects()
        without, contains, referents = wanted.isdisjoint, wanted.__contains__, gc.get_referents
        for start in range(0, len(objects), _TOGETHER):
            part = objects[start : start + _TOGETHER]
            hits = list(filter(contains, map(id, referents(*part))))
            if hits:
                self.known.update(hits)
                if classes.issuperset(hits):
                    kept = map(members.__contains__, map(id, part))
                    part = list(itertools.compress(part, map(operator.not_, kept)))
                for item in part:
                    if not without(map(id, referents(item))):
                        yield item

    def objects(self) -> list[Any]:
        """Every object of the heap, listed once."""
        if not self._objects:
            self._objects = gc.get_objects()
            self._skipped_ids |= self.own
            if self._hidden:
                self._objects += _hidden(self._objects)
            self._objects = self._but_skipped(self._objects)
            self.own.add(id(self._objects))
        return self._objects

    def copied_above(self, objects: list[Any]) -> list[Any]:
        """The tuples and the like that hold any of `objects`, however deep, in one pass."""
        above: dict[int, list[Any]] = {}
        for item in self.objects():
            if is_copied(type(item)) and type(item) is not Own:
                for part in gc.get_referents(item):
                    if is_copied(type(part)):
                        above.setdefault(id(part), []).append(item)
        found: list[Any] = []
        seen = {id(item) for item in objects}
        waiting = list(objects)
        while waiting:
            for item in above.get(id(waiting.pop()), ()):
                if id(item) not in seen:
                    seen.add(id(item))
                    found.append(item)
                    waiting.append(item)
        return found

    def close(self) -> None:
        """Let go of the objects of the heap, so that references can be counted."""
        self._objects = []
        self._skipped = []

    def cells_of_ours(self) -> set[int]:
        """The ids of the cells that livecode's own functions hold (the way back of earlier edits)."""
        return {
            id(cell)
            for item in gc.get_objects()
            if type(item) is FunctionType and item.__closure__ and is_ours(item.__globals__)
            for cell in item.__closure__
        }

    def namespaces(self) -> dict[int, type]:
        """For the id of each class's own dictionary, the class."""
        found: dict[int, type] = {}
        for item in gc.get_objects():
            if issubclass(type(item), type):
                for part in gc.get_referents(item):
                    if type(part) is dict:
                        found[id(part)] = item
        return found


def _hidden(objects: list[Any]) -> list[Any]:
    """Objects that the collector does not list: frozen ones, and untracked dicts and tuples."""
    dangerous = sys.modules.get(_DANGEROUS)
    known = set(map(id, objects))
    known.add(id(dangerous))
    found: list[Any] = []
    roots = [
        value
        for frame in running()
        for value in frames.locals_of(frame).values()
        if type(value) is not FrameType  # a running one; in its own locals it would stay alive
    ]
    safe = (item for item in objects if item is not dangerous)
    level: Iterable[Any] = itertools.chain(safe, [[sys.modules, roots]])
    while True:
        following: list[Any] = []
        parts = iter(level)
        while some := list(itertools.islice(parts, _TOGETHER)):
            for part in gc.get_referents(*some):
                if id(part) not in known and (
                    gc.is_tracked(part) or type(part) is dict or type(part) is tuple
                ):
                    known.add(id(part))
                    following.append(part)
        if not following:
            return found
        found += following
        level = following


def _calibrate() -> int:
    """The references that `counts` finds for an object which only its list and a name hold."""
    item = object()
    return next(map(sys.getrefcount, [item])) - 1


_PASSING = _calibrate()


def counts(objects: list[Any]) -> list[int]:
    """How many references there are to each object, without the one of the list itself."""
    return [count - _PASSING for count in map(sys.getrefcount, objects)]


def running() -> list[FrameType]:
    """The frames of everything that is running or waiting, in all threads and greenlets, but this one:
    a frame that is in its own locals is garbage of the kind that stays until the collector looks."""
    mine = sys._getframe()
    current = sys._current_frames().values()
    tops: list[FrameType | None] = [mine.f_back if top is mine else top for top in current]
    module = sys.modules.get("greenlet")
    kind = getattr(module, "greenlet", None)
    if isinstance(kind, type):
        tops += [item.gr_frame for item in gc.get_objects() if issubclass(type(item), kind)]
    found: dict[int, FrameType] = {}
    for top in tops:
        frame = top
        while frame is not None and id(frame) not in found:
            found[id(frame)] = frame
            frame = frame.f_back
    del mine, current, frame, top
    return list(found.values())
