"""Instances: finding every live one of some classes, and what each of them has.

In: classes. Out: their instances, found in one pass over the heap; and for one class a `Fields`,
which reads and writes what an instance itself has, past properties, ``__setattr__`` and the like.

An instance refers to its class, so the collector knows the class's referrers. What it does not list
is not found: objects frozen by ``gc.freeze()``, and instances that can hold no reference (a class
with empty ``__slots__``); `unlisted` says so.
"""

from __future__ import annotations

import gc
import inspect
import itertools
import operator
import sys
import types
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from livecode.edits.journal import MISSING
from livecode.evolution.kinds import HEAP_TYPE, c_base, tuple_fields

FEW = 8
"""For up to so many classes the collector is asked for their referrers; else it lists everything."""

MANY = 100_000
"""From about so many instances on it is quicker to list everything. Each holds a reference to its class."""

OF_THE_START = 1000
"""From 3.12 on CPython itself freezes a few hundred objects when it starts (375 on 3.12.1)."""

_HAS_GC = 1 << 14  # Py_TPFLAGS_HAVE_GC


class _Owed:
    """Stands in a namedtuple for an item that it is owed, as a tuple cannot lack one."""

    def __repr__(self) -> str:
        return "<owed>"

    def __reduce__(self) -> str:
        return "OWED"


OWED = _Owed()


_mro = type.__dict__["__mro__"].__get__
"""The bases of a class, whatever its metaclass says of them."""


def family(classes: Collection[type]) -> list[type]:
    """Some classes and all of their subclasses, bases before subclasses, each once."""
    found: dict[type, None] = dict.fromkeys(classes)
    stack = list(classes)
    while stack:
        subclass: type
        for subclass in type.__subclasses__(stack.pop()):
            if subclass not in found:
                found[subclass] = None
                stack.append(subclass)
    return sorted(found, key=lambda each: len(_mro(each)))


def is_superseded(cls: type) -> bool:
    """Whether another class has the name of this one: what an undo needs, or garbage not collected yet."""
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    return isinstance(found, type) and found is not cls


def instances_of(classes: Collection[type]) -> dict[type, list[Any]]:
    """The live instances of exactly these classes."""
    found: dict[type, list[Any]] = {each: [] for each in classes}
    if not found:
        return found
    if len(found) <= FEW and sum(map(sys.getrefcount, found)) < MANY:
        heap = gc.get_referrers(*found)
    else:
        heap = gc.get_objects()
    if len(found) == 1:
        (only,) = found
        found[only] = [each for each in heap if type(each) is only]
    else:
        for each in heap:
            listed = found.get(type(each))
            if listed is not None:
                listed.append(each)
    return found


def unlisted(classes: Collection[type]) -> str:
    """Why there may be instances that were not found, or an empty string."""
    if gc.get_freeze_count() > OF_THE_START:
        return f"{gc.get_freeze_count()} objects are frozen by gc.freeze() and were not looked at"
    hidden = [each.__qualname__ for each in classes if not each.__flags__ & _HAS_GC]
    if hidden:
        return f"instances of {', '.join(hidden)} cannot be listed: they hold no references"
    return ""


class Fields:
    """What instances of exactly one class have.

    Args:
        cls: the class as it is when the instances are read and written.
        members: for a namedtuple the names of its items, as they were when the instances were made.
    """

    def __init__(self, cls: type, members: tuple[str, ...] | None = None) -> None:
        self.slots = dict(_slots(cls))
        self.members = tuple_fields(cls) if members is None else members
        self.has_dict = cls.__dictoffset__ != 0
        self._is_class = issubclass(cls, type)
        self._dict_of: Callable[[Any], dict[str, Any]] = _dict_of(cls)
        self.in_dict = self.has_dict and not self.slots and not self.members and not self._is_class
        """Whether all that they have is in their ``__dict__``."""
        self.only_slots = bool(self.slots) and not self.has_dict and not self.members
        """Whether all that they have is in slots."""
        self._plain = c_base(cls) is object

    def values(self, instance: Any) -> dict[str, Any]:
        """A copy of all that an instance has, by name (private names mangled)."""
        found: dict[str, Any] = {}
        if self.has_dict:
            found = self._dict_of(instance).copy()
        if self.members:
            items = zip(self.members, tuple.__iter__(instance), strict=False)
            found |= ((name, item) for name, item in items if item is not OWED)
        for name, slot in self.slots.items():
            try:
                found[name] = slot.__get__(instance)
            except AttributeError:  # never assigned, or deleted
                continue
        return found

    def all_values(self, instances: list[Any]) -> list[dict[str, Any]]:
        """The same for each of some instances."""
        if self.in_dict:
            return list(map(dict.copy, self.dicts(instances)))
        if self.only_slots:
            try:
                columns = [list(map(slot.__get__, instances)) for slot in self.slots.values()]
            except AttributeError:  # some slot of some instance is empty
                pass
            else:
                rows = zip(*columns, strict=True)
                return [dict(zip(self.slots, row, strict=True)) for row in rows]
        return list(map(self.values, instances))

    def have_only(self, count: int, instances: list[Any], cls: type) -> bool:
        """Whether each of some instances has just `count` attributes, all in its ``__dict__``; no
        dictionary is made to find out, and False may also mean that it cannot be told.

        Unless somebody asked for its dictionary, an instance refers to its values and then to its
        class. So if no value is the class (which its reference count tells), and the class comes after
        each `count` others, all have that many: who had more would have something else at one of
        these places, and then nobody can have less.
        """
        if not self.in_dict or not self._plain:
            return False
        before = sys.getrefcount(cls)
        parts = gc.get_referents(*instances)
        times = sys.getrefcount(cls) - before
        ends = parts[count :: count + 1]
        if count == 1 and any(issubclass(kind, dict) for kind in set(map(type, parts))):
            return False  # it may be the dictionary of an instance, in which there may be more
        return (
            len(parts) == len(instances) * (count + 1)
            and times == len(instances)
            and all(map(operator.is_, ends, itertools.repeat(cls)))
        )

    def dicts(self, instances: list[Any]) -> Iterator[dict[str, Any]]:
        """The ``__dict__`` of each."""
        return map(self._dict_of, instances)

    def put_all(self, instances: Iterable[Any], name: str, values: Iterable[Any]) -> None:
        """Set what each of some instances has under a name."""
        slot = self.slots.get(name)
        if slot is not None:
            deque(map(slot.__set__, instances, values), 0)
        else:
            for each, value in zip(instances, values, strict=False):
                self.put(each, name, value)

    def get(self, instance: Any, name: str) -> Any:
        """What an instance has under a name, or MISSING."""
        slot = self.slots.get(name)
        if slot is not None:
            try:
                return slot.__get__(instance)
            except AttributeError:  # never assigned, or deleted
                return MISSING
        if name in self.members:
            index = self.members.index(name)
            item = tuple.__getitem__(instance, index) if index < len(instance) else OWED
            return MISSING if item is OWED else item
        return self._dict_of(instance).get(name, MISSING) if self.has_dict else MISSING

    def put(self, instance: Any, name: str, value: Any) -> None:
        """Set (MISSING: delete) what an instance has under a name."""
        slot = self.slots.get(name)
        if slot is not None:
            if value is not MISSING:
                slot.__set__(instance, value)
            elif self.get(instance, name) is not MISSING:
                slot.__delete__(instance)
        elif self._is_class:
            if value is not MISSING:
                type.__setattr__(instance, name, value)
            elif name in self._dict_of(instance):
                type.__delattr__(instance, name)
        elif value is not MISSING:
            self._dict_of(instance)[name] = value
        else:
            self._dict_of(instance).pop(name, None)

    def restore(self, instance: Any, values: dict[str, Any]) -> None:
        """Let an instance have exactly what `values` gave for it before."""
        now = self.values(instance)
        for name in now.keys() - values.keys():
            self.put(instance, name, MISSING)
        for name, value in values.items():
            if name not in self.members and now.get(name, MISSING) is not value:
                self.put(instance, name, value)


def _dict_of(cls: type) -> Any:
    """What gives the dictionary of an instance, past the class's own ``__getattribute__``."""
    found = (each.__dict__.get("__dict__") for each in cls.__mro__)
    raw = next((each for each in found if isinstance(each, types.GetSetDescriptorType)), None)
    plain = inspect.getattr_static(cls, "__getattribute__", None) is object.__getattribute__
    return operator.attrgetter("__dict__") if plain or raw is None else raw.__get__


def _slots(cls: type) -> Iterator[tuple[str, Any]]:
    for each in reversed(cls.__mro__):
        if each.__flags__ & HEAP_TYPE:
            for name, raw in each.__dict__.items():
                if isinstance(raw, types.MemberDescriptorType):
                    yield name, raw
