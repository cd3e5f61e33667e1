"""Reading: how the attributes of a class's instances may be read and written quickly.

In: a class and the name of an attribute. Out: whether plain access finds just what an instance itself
has, and runs nobody's code.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from livecode.edits.journal import MISSING
from livecode.evolution.instances import Fields


def hashes_values(cls: type) -> bool:
    """Whether the hash of an instance is not that of every object."""
    return found(cls, "__hash__") not in (None, object.__hash__)


def has_own_hash(cls: type) -> bool:
    """Whether the hash of an instance is computed in Python: from its attributes, most likely."""
    return isinstance(found(cls, "__hash__"), FunctionType)


def found(cls: type, name: str) -> Any:
    """What a class or a base of it has under a name, or None."""
    return inspect.getattr_static(cls, name, None)


def takes_plainly(cls: type, name: str) -> bool:
    """Whether ``setattr`` stores a value on an instance and does nothing else."""
    plain = found(cls, "__setattr__") is object.__setattr__
    return plain and not hasattr(type(found(cls, name)), "__set__")


def reads_plainly(cls: type, name: str) -> bool:
    """Whether ``hasattr`` tells what an instance itself has."""
    return (
        found(cls, "__getattribute__") is object.__getattribute__
        and not hasattr(cls, "__getattr__")
        and inspect.getattr_static(cls, name, MISSING) is MISSING
    )


def getter(fields: Fields, cls: type, name: str) -> Callable[[Any], Any] | None:
    """What reads an attribute of instances themselves and raises AttributeError where one lacks it; None
    if that takes more."""
    slot = fields.slots.get(name)
    if slot is not None:
        get: Callable[[Any], Any] = slot.__get__
        return get
    if fields.has_dict and name.isidentifier() and reads_plainly(cls, name):
        return operator.attrgetter(name)
    return None


def storing(name: str) -> Callable[[list[Any], Any], None]:
    """A loop that sets one attribute: written out, as CPython specialises that and not ``setattr``."""
    return FunctionType(_store.__code__.replace(co_names=(name,)), {})


def _store(instances: list[Any], value: Any) -> None:
    for each in instances:
        each.name = value
