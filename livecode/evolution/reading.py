"""Reading: how the attributes of a class's instances may be read and written quickly.

In: a class and the name of an attribute. Out: whether plain access finds just what an instance itself
has, and runs nobody's code.
"""

from __future__ import annotations

import inspect
import keyword
import operator
from collections.abc import Callable, Collection
from functools import lru_cache
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


def reads_as_written(fields: Fields, cls: type, names: Collection[str]) -> bool:
    """Whether ``each.name``, written out, does the same as `getter`, for each of some names."""
    for name in names:
        slot = fields.slots.get(name)
        if slot is not None:
            plain = found(cls, name) is slot and not hasattr(cls, "__getattr__")
            plain = plain and found(cls, "__getattribute__") is object.__getattribute__
        else:
            plain = fields.has_dict and reads_plainly(cls, name)
        if not plain or not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
            return False
    return True


_WRITTEN_OUT = """\
def read(instances):
    return [{columns}]

def differ(instances, columns):
    for each, {values} in zip(instances, *columns, strict=True):
        if {differences}:
            return True
    return False

def have(instances):
    for each in instances:
        {attributes}
"""


class WrittenOut:
    """Loops over some attributes, written out: CPython specialises ``each.name``, and nothing that takes the
    name from a variable. They raise AttributeError where an instance lacks one."""

    def __init__(self, names: tuple[str, ...]) -> None:
        numbers = range(len(names))
        namespace: dict[str, Any] = {"__name__": __name__}
        text = _WRITTEN_OUT.format(
            columns=", ".join(f"[each.{name} for each in instances]" for name in names),
            values="".join(f"v{number}, " for number in numbers),
            differences=" or ".join(f"each.{names[n]} is not v{n}" for n in numbers) or "False",
            attributes="; ".join(f"each.{name}" for name in names) or "pass",
        )
        exec(compile(text, __file__, "exec"), namespace)  # a frame of livecode, to whoever asks
        self.read: Callable[[list[Any]], list[list[Any]]] = namespace["read"]
        self.differ: Callable[[list[Any], list[list[Any]]], bool] = namespace["differ"]
        self.have: Callable[[list[Any]], None] = namespace["have"]


@lru_cache(maxsize=64)
def written_out(names: tuple[str, ...]) -> WrittenOut:
    """These loops for some names (for which `reads_as_written`)."""
    return WrittenOut(names)


def storing(name: str) -> Callable[[list[Any], Any], None]:
    """A loop that sets one attribute: written out, as CPython specialises that and not ``setattr``."""
    return FunctionType(_store.__code__.replace(co_names=(name,)), {})


def _store(instances: list[Any], value: Any) -> None:
    for each in instances:
        each.name = value
