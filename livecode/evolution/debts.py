"""Debts: attributes that a new layout has, and that nothing has given to older instances yet.

In: a class, and the names that its instances are owed. Out: which they are, until an edit brings a
default or ``__reinit__``; and a note on the AttributeError that touching such an attribute raises.

A debt is the class's: whichever of its instances lack the attribute are owed it. The note comes from a
``__getattr__`` that the class has only as long as the debt; one of the class's own is asked first.
"""

from __future__ import annotations

import codecs
import functools
import operator
from collections.abc import Callable, Iterator
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any
from weakref import WeakKeyDictionary

from livecode.edits.journal import MISSING, Journal
from livecode.evolution.instances import OWED, Fields, instances_of
from livecode.evolution.layouts import Attribute

NAME = "__getattr__"


class Debts:
    """What is owed to the instances of which classes."""

    def __init__(self) -> None:
        self._owed: WeakKeyDictionary[type, dict[str, Attribute]] = WeakKeyDictionary()

    def of(self, cls: type) -> dict[str, Attribute]:
        """The attributes that instances of exactly this class may be owed, by name."""
        return self._owed.get(cls, {})

    def set(self, cls: type, owed: dict[str, Attribute], journal: Journal) -> None:
        """Let just these attributes be owed to the instances of a class."""
        if not owed and cls not in self._owed:
            return

        def write(value: dict[str, Attribute]) -> None:
            if value:
                self._owed[cls] = value
            else:
                self._owed.pop(cls, None)

        name = f"{cls.__qualname__}: what is owed"
        journal.change(name, lambda: self.of(cls), write, dict(owed))
        self.note(cls, journal)

    def every(self) -> Iterator[tuple[type, str, int]]:
        """Every debt: the class, the attribute, and how many live instances lack it."""
        owing = dict(self._owed)
        found = instances_of(owing) if owing else {}
        for cls, owed in owing.items():
            fields = Fields(cls)
            for name in owed:
                count = sum(fields.get(each, name) is MISSING for each in found[cls])
                if count:
                    yield cls, name, count

    def note(self, cls: type, journal: Journal) -> None:
        """Let a class say of the attributes that are owed what is to be done, and of others nothing."""
        owed = self.of(cls)
        wanted = {name for name, each in owed.items() if each.how == "member"}
        present = {name: raw for name, raw in cls.__dict__.items() if isinstance(raw, OwedItem)}
        for name in sorted(wanted - present.keys()):
            journal.class_attribute(cls, name, OwedItem(cls.__dict__[name]))
        for name in sorted(present.keys() - wanted):
            journal.class_attribute(cls, name, present[name].own)
        own = cls.__dict__.get(NAME, MISSING)
        if owed and not isinstance(own, Owing):
            journal.class_attribute(cls, NAME, Owing(self, own))
        elif not owed and isinstance(own, Owing):
            journal.class_attribute(cls, NAME, own.own)


class Owing:
    """A ``__getattr__`` that says of an AttributeError what is owed.

    Args:
        debts: what is owed.
        own: the ``__getattr__`` that the class itself has, or MISSING.
    """

    def __init__(self, debts: Debts, own: Any) -> None:
        self.debts = debts
        self.own = own

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        if instance is None:
            return self
        own = self._own(type(instance))
        if own is MISSING:
            return _raising(lambda name: self._missing(instance, name))
        ask = own.__get__(instance, type(instance))

        def missing(name: str) -> Any:
            __tracebackhide__ = True
            try:
                return ask(name)
            except AttributeError as error:
                self._noted(error, instance, name)
                raise

        return missing

    def _missing(self, instance: Any, name: str) -> AttributeError | _Value:
        """The error of an attribute that was not found.

        What a property raised is lost by now: it is asked once more, so that its own error is shown.
        """
        if _is_computed(type(instance), name) and name not in self.debts.of(type(instance)):
            ask: Any = type(instance).__getattribute__
            try:
                return _Value(ask(instance, name))
            except AttributeError as error:
                trace = error.__traceback__
                return error.with_traceback(trace.tb_next if trace is not None else None)
        return self._noted(_no_attribute(instance, name), instance, name)

    def _own(self, cls: type) -> Any:
        """The person's own ``__getattr__`` of this class or the next one above that has one."""
        if self.own is not MISSING:
            return self.own
        found = (each.__dict__.get(NAME, MISSING) for each in cls.__mro__)
        own = (raw.own if isinstance(raw, Owing) else raw for raw in found)
        return next((raw for raw in own if raw is not MISSING), MISSING)

    def _noted(self, error: AttributeError, instance: Any, name: str) -> AttributeError:
        cls = type(instance)
        if name in self.debts.of(cls):
            note = (
                f"livecode: {cls.__qualname__} got the attribute {name!r} after this instance was "
                f"made. Give {cls.__qualname__} a default for it, or a method __reinit__(self, old) "
                "that sets it."
            )
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
        return error


class OwedItem:
    """The accessor of a namedtuple's item that some of the tuples are owed.

    Args:
        own: the accessor that the class made.
    """

    def __init__(self, own: Any) -> None:
        self.own = own

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        value = self.own.__get__(instance, cls)
        if value is OWED:
            raise AttributeError  # then `Owing` is asked
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        self.own.__set__(instance, value)


def _no_attribute(instance: Any, name: str) -> AttributeError:
    kind = type(instance).__name__
    return AttributeError(f"{kind!r} object has no attribute {name!r}", name=name, obj=instance)


def _is_computed(cls: type, name: str) -> bool:
    """Whether a class computes an attribute by a property or another descriptor in Python."""
    for each in cls.__mro__:
        if name in each.__dict__:
            raw = each.__dict__[name]
            return hasattr(type(raw), "__get__") and not isinstance(
                raw, (OwedItem, MemberDescriptorType, GetSetDescriptorType)
            )
    return False


class _Made:
    """``name | _Made(make)`` is ``make(name)``."""

    def __init__(self, make: Callable[[str], AttributeError | _Value]) -> None:
        self.make = make

    def __ror__(self, name: str) -> AttributeError | _Value:
        return self.make(name)


class _Value:
    """``_Value(value) | _Raised()`` is the value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __or__(self, other: object) -> Any:
        return self.value


class _Raised:
    """``error | _Raised()`` raises the error."""

    __ror__ = codecs.lookup_error("strict")  # the only function in C that raises what it is given


def _raising(make: Callable[[str], AttributeError | _Value]) -> Callable[[str], Any]:
    """What raises the error that `make` makes of a name, without a frame of ours in the traceback.

    A frame that raises is in the traceback, and IPython does not hide the last one. So nothing in
    Python may run while it raises: C code calls ``name | _Made() | _Raised()``.
    """
    return functools.partial(functools.reduce, operator.or_, (_Made(make), _Raised()))
