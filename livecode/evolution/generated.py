"""Generated: what ``dataclass`` made of inherited fields, made anew when those fields changed.

In: a dataclass whose bases have other fields now. Out: a new class of the same body, generated with
these fields; and where instances stay of the same kind, its generated members on the old class.

The class statement of such a class did not change, and is not evaluated: its own fields, with their
defaults and factories, are those that it had.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Mapping
from types import CellType, FunctionType, MemberDescriptorType
from typing import Any

from livecode.edits.journal import MISSING, Journal

FIELDS = "__dataclass_fields__"
_PARAMETERS = "__dataclass_params__"
_NOT_TAKEN_OVER = frozenset(["__dict__", "__weakref__", "__slotnames__"])
_TAKEN_OVER = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")


def inherits_other_fields(cls: type, successors: Mapping[type, type]) -> bool:
    """Whether a dataclass was generated from fields that its bases do not have any more.

    Args:
        successors: for each class that has one, its successor.
    """
    had = cls.__dict__.get(FIELDS)
    if had is None:
        return False
    own, have = _own(cls), dict[str, Any]()
    for base in reversed(cls.__mro__[1:]):
        have |= getattr(successors.get(base, base), FIELDS, {})
    return {name: id(each) for name, each in have.items() if name not in own} != {
        name: id(each) for name, each in had.items() if name not in own
    }


def made_anew(cls: type, bases: tuple[type, ...]) -> type:
    """A dataclass with the body of `cls`, generated with the fields of these bases."""
    parameters = cls.__dict__[_PARAMETERS]
    slots = _slots_of(cls)
    left_out = _NOT_TAKEN_OVER | generated(cls)
    namespace = {
        name: raw
        for name, raw in cls.__dict__.items()
        if name not in left_out
        and not (slots is not None and isinstance(raw, MemberDescriptorType))
    }
    namespace |= {name: copy.copy(each) for name, each in _own(cls).items()}
    options = {name: getattr(parameters, name) for name in _TAKEN_OVER}
    options["match_args"] = getattr(parameters, "match_args", "__match_args__" in cls.__dict__)
    if slots is not None:
        options |= {"slots": True, "weakref_slot": "__weakref__" in slots}
    made: type = type(cls)(cls.__name__, bases, namespace)
    made.__qualname__ = cls.__qualname__
    return dataclasses.dataclass(**options)(made)


def take_over(cls: type, made: type, journal: Journal) -> None:
    """Let a class have the generated members of another one that was made of its body."""
    names = generated(made)
    for name in generated(cls) - names:
        journal.class_attribute(cls, name, MISSING)
    for name in names - {"__slots__"}:
        value = made.__dict__[name]
        for cell in _cells(value):
            if cell.cell_contents is made:
                cell.cell_contents = cls  # a new cell: nothing to take back
        journal.class_attribute(cls, name, value)


def generated(cls: type) -> frozenset[str]:
    """The names in a dataclass that ``dataclass`` gave it."""
    members = cls.__dict__
    found = {FIELDS, _PARAMETERS}
    found |= {name for name, raw in members.items() if _is_generated(raw)}
    if members.get("__hash__", MISSING) is None:
        found.add("__hash__")
    if members.get("__match_args__") == _match_args(cls):
        found.add("__match_args__")
    if (members.get("__doc__") or "").startswith(f"{cls.__name__}("):
        found.add("__doc__")
    if _slots_of(cls) is not None:
        found.add("__slots__")
    return frozenset(found)


def _is_generated(raw: Any) -> bool:
    if not isinstance(raw, FunctionType):
        return False
    function = inspect.unwrap(raw)
    return function.__code__.co_qualname.startswith(
        "__create_fn__."
    ) or function.__globals__ is vars(dataclasses)


def _match_args(cls: type) -> tuple[str, ...]:
    fields = dataclasses.fields(cls)
    return tuple(each.name for each in fields if each.init and not each.kw_only)


def _own(cls: type) -> dict[str, Any]:
    """The fields of a dataclass that stand in its own body."""
    annotations = inspect.get_annotations(cls)
    return {name: each for name, each in cls.__dict__[FIELDS].items() if name in annotations}


def _slots_of(cls: type) -> tuple[str, ...] | None:
    """The slots that ``dataclass(slots=True)`` gave a class, or None."""
    slots = cls.__dict__.get("__slots__")
    if type(slots) is not tuple:
        return None
    inherited = {
        name
        for base in cls.__mro__[1:]
        for name, raw in base.__dict__.items()
        if isinstance(raw, MemberDescriptorType)
    }
    fields = [each.name for each in dataclasses.fields(cls) if each.name not in inherited]
    return slots if [name for name in slots if name != "__weakref__"] == fields else None


def _cells(value: Any) -> tuple[CellType, ...]:
    if not isinstance(value, FunctionType):
        return ()
    return inspect.unwrap(value).__closure__ or ()
