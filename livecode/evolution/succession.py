"""Succession: new objects that are to take the places of old ones.

In: an instance and the class that it is to have, or a class one of whose bases has a successor. Out:
a new instance that has what only C can give it (the items of a list, the value of a number), or a
new class with the members of the old one. Putting them in place is done by `replacing`.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Mapping
from typing import Any

from livecode.evolution import generated
from livecode.evolution.kinds import c_base

_VALUES = (int, float, complex, str, bytes, frozenset)
_CONTAINERS = (list, dict, set, deque)
_NOT_TAKEN_OVER = frozenset(["__dict__", "__weakref__", "__slotnames__"])


class CannotSucceed(Exception):
    """An instance of a class cannot be made from an instance of another one."""


def successor(instance: Any, cls: type, members: list[Any]) -> Any:
    """A new instance of a class, with what an older instance has from its base in C.

    Args:
        instance: the older one.
        cls: the class that the new one is to have.
        members: the items, for a namedtuple.

    Raises:
        CannotSucceed: it is not known how to make one.
    """
    base: Any = c_base(cls)
    had: Any = c_base(type(instance))
    if had is not base and had in _CONTAINERS and had.__len__(instance):
        raise CannotSucceed(f"the items that it has as a {had.__name__} would be lost")
    if base is object:
        return object.__new__(cls)
    if members and base is tuple:
        return tuple.__new__(cls, members)
    if not isinstance(instance, base):
        if base in _CONTAINERS or issubclass(base, BaseException):
            return base.__new__(cls)  # empty, or without arguments
        raise CannotSucceed(f"there is no value for the base {base.__name__}")
    if base in (*_VALUES, tuple):
        return base.__new__(cls, _plain(base, instance))
    if base in (list, deque):
        made = base.__new__(cls)
        base.extend(made, base.__iter__(instance))
        return made
    if base in (dict, set):
        made = base.__new__(cls)
        base.update(made, _items(instance) if base is dict else set.__iter__(instance))
        return made
    if issubclass(base, BaseException):
        made = base.__new__(cls, *instance.args)
        for name in ("args", "__traceback__", "__cause__", "__context__", "__suppress_context__"):
            setattr(made, name, getattr(instance, name))
        return made
    raise CannotSucceed(f"instances of {base.__name__} cannot be made anew")


def _plain(base: type, instance: Any) -> Any:
    """The value of an instance as its base has it, past methods of its own class."""
    if base is tuple:
        return list(tuple.__iter__(instance))
    if base is frozenset:
        return list(frozenset.__iter__(instance))
    convert = {int: int.__int__, float: float.__float__, str: str.__str__}.get(base)
    return convert(instance) if convert is not None else base(instance)


def _items(instance: Any) -> dict[Any, Any]:
    return dict(zip(dict.keys(instance), dict.values(instance), strict=True))


def remade(cls: type, successors: Mapping[type, type]) -> type:
    """A class made anew because a base of it has a successor, or other dataclass fields.

    Args:
        cls: the class.
        successors: for each class that has one, its successor.
    """
    bases = tuple(successors.get(each, each) for each in cls.__bases__)
    if generated.FIELDS in cls.__dict__:
        return generated.made_anew(cls, bases)
    namespace = {
        name: raw
        for name, raw in cls.__dict__.items()
        if name not in _NOT_TAKEN_OVER and not isinstance(raw, types.MemberDescriptorType)
    }
    made: type = type(cls)(cls.__name__, bases, namespace)
    if made.__qualname__ != cls.__qualname__:
        made.__qualname__ = cls.__qualname__
    return made
