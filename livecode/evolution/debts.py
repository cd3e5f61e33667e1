"""Debts: attributes that a new layout has, and that nothing has given to older instances yet.

In: a class, and the names that its instances are owed. Out: which they are, until an edit brings a
default or ``__reinit__``; and a note on the AttributeError that touching such an attribute raises.

A debt is the class's: whichever of its instances lack the attribute are owed it. The note comes from a
``__getattr__`` that the class has only as long as the debt; one of the class's own is asked first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from livecode.edits.journal import MISSING, Journal
from livecode.evolution.instances import Fields, instances_of
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
        self._note(cls, bool(owed), journal)

    def renew(self, cls: type, journal: Journal) -> None:
        """Let what is owed be noted again, if an edit of the class took the note away."""
        if cls in self._owed:
            self._note(cls, True, journal)

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

    def _note(self, cls: type, needed: bool, journal: Journal) -> None:
        present = cls.__dict__.get(NAME, MISSING)
        if needed and not isinstance(present, Owing):
            journal.class_attribute(cls, NAME, Owing(self, present))
        elif not needed and isinstance(present, Owing):
            journal.class_attribute(cls, NAME, present.own)


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

        def missing(name: str) -> Any:
            __tracebackhide__ = True
            try:
                return self._ask(instance, name)
            except AttributeError as error:
                note = self.note(type(instance), name)
                if note and note not in getattr(error, "__notes__", ()):
                    error.add_note(note)
                raise

        return missing

    def _ask(self, instance: Any, name: str) -> Any:
        __tracebackhide__ = True
        if self.own is not MISSING:
            return self.own.__get__(instance, type(instance))(name)
        for each in type(instance).__mro__:
            found = each.__dict__.get(NAME, MISSING)
            if found is not MISSING and not isinstance(found, Owing):
                return found.__get__(instance, type(instance))(name)
        raise AttributeError(
            f"{type(instance).__name__!r} object has no attribute {name!r}", name=name, obj=instance
        )

    def note(self, cls: type, name: str) -> str:
        """What to say about an attribute that an instance of a class lacks."""
        if name not in self.debts.of(cls):
            return ""
        return (
            f"livecode: {cls.__qualname__} got the attribute {name!r} after this instance was made. "
            f"Give {cls.__qualname__} a default for it, or a method __reinit__(self, old) that sets it."
        )
