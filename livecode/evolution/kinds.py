"""Kinds of instances: where their values are stored, and when one can change to another kind.

In: a class. Out: a `Kind`; two kinds with equal `storage` let ``__class__`` be assigned.
"""

from __future__ import annotations

import enum
import struct
import types
from dataclasses import dataclass
from typing import Literal, TypeAlias

from livecode.edits.scopes import mangled

Form: TypeAlias = Literal["dict", "slots", "slots and dict", "namedtuple", "enum", "builtin"]

_POINTER = struct.calcsize("P")
HEAP_TYPE, _IMMUTABLE_TYPE = 1 << 9, 1 << 8  # tp_flags of a class: made at run time; cannot change


@dataclass(frozen=True, slots=True)
class Kind:
    """Of which kind the instances are.

    Attributes:
        form: in one word; ``builtin`` stands for every other base than object that is written in C.
        base: the nearest base that is written in C.
        slots: all slots, those of bases first.
        frozen: instances refuse assignment (a frozen dataclass, a namedtuple).
        size: ``__basicsize__``.
        storage: equal for two classes exactly if an instance can change from one to the other.
    """

    form: Form
    base: str
    slots: tuple[str, ...]
    has_dict: bool
    has_weakref: bool
    frozen: bool
    size: int
    storage: tuple[object, ...]


def kind_of(cls: type) -> Kind:
    """Of which kind the instances of a class are."""
    base, storage = _storage(cls)
    slots = tuple(
        dict.fromkeys(name for each in reversed(cls.__mro__) for name in _own_slots(each))
    )
    has_dict = cls.__dictoffset__ != 0
    parameters = getattr(cls, "__dataclass_params__", None)
    frozen = parameters is not None and parameters.frozen
    form: Form = "slots" if not has_dict else "slots and dict" if slots else "dict"
    if isinstance(cls, enum.EnumMeta):
        form = "enum"
    elif tuple_fields(cls):
        form, frozen = "namedtuple", True
        storage = (tuple_fields(cls), *storage)
    elif base is not object:
        form = "builtin"
    return Kind(
        form,
        f"{base.__module__}.{base.__qualname__}",
        slots,
        has_dict,
        cls.__weakrefoffset__ != 0,
        frozen,
        cls.__basicsize__,
        (f"{base.__module__}.{base.__qualname__}", *storage),
    )


def assignable(old: type, new: type) -> bool:
    """Whether CPython lets ``__class__`` of an instance of one class be assigned to the other."""
    if old is new:
        return True
    before, after = _adding(old), _adding(new)
    return before is after or (
        before.__base__ is after.__base__
        and sorted(_own_slots(before)) == sorted(_own_slots(after))
        and _places(before) == _places(after)
    )


def _adding(cls: type) -> type:
    """The nearest class, from `cls` on upwards, whose instances have more than those of its base."""
    base = cls.__base__
    while base is not None and _places(cls) == _places(base):
        cls, base = base, base.__base__
    return cls


def _places(cls: type) -> tuple[int, ...]:
    return cls.__basicsize__, cls.__itemsize__, cls.__dictoffset__, cls.__weakrefoffset__


def c_base(cls: type) -> type:
    """The nearest base of a class that is written in C."""
    return _storage(cls)[0]


def _storage(cls: type) -> tuple[type, tuple[object, ...]]:
    """The nearest base that is written in C, and what the classes above it add to it, in order.

    It is what CPython compares when ``__class__`` is assigned (``compatible_for_assignment``).
    """
    added: list[object] = []
    base = cls.__base__
    while base is not None and cls.__flags__ & HEAP_TYPE and not cls.__flags__ & _IMMUTABLE_TYPE:
        slots = _own_slots(cls)
        more = cls.__basicsize__ - base.__basicsize__ - _POINTER * len(slots)
        if not 0 <= more <= 2 * _POINTER:  # fields of its own beside slots, a dict, weak references
            break
        has_dict = cls.__dictoffset__ != 0 and base.__dictoffset__ == 0
        has_weakref = cls.__weakrefoffset__ != 0 and base.__weakrefoffset__ == 0
        if slots or has_dict or has_weakref:
            added.append((tuple(sorted(slots)), has_dict, has_weakref))
        cls, base = base, base.__base__
    return cls, tuple(reversed(added))


def _own_slots(cls: type) -> list[str]:
    """The slots that a class adds, in the order of its text where that is known, private ones mangled."""
    if "__slots__" not in cls.__dict__:
        return []
    own = [
        name
        for name, raw in cls.__dict__.items()
        if isinstance(raw, types.MemberDescriptorType) and raw.__objclass__ is cls
    ]
    written = cls.__dict__["__slots__"]
    if isinstance(written, (tuple, list, dict)):
        order = {mangled(name, cls.__name__): at for at, name in enumerate(written)}
        own.sort(key=lambda name: order.get(name, len(order)))
    return own


def tuple_fields(cls: type) -> tuple[str, ...]:
    fields = getattr(cls, "_fields", None) if issubclass(cls, tuple) else None
    return fields if isinstance(fields, tuple) and hasattr(cls, "_field_defaults") else ()
