"""Ways to read and to write what different kinds of holders hold, past the methods of their own classes.

In: a holder and a place, or all that it is to hold. Out: it read or written; what is where tells `swaps`.
"""

from __future__ import annotations

import functools
import gc
import operator
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import FrameType, FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any, NamedTuple

from livecode.evolution.copies import is_slot
from livecode.evolution.holders import Own, OwnDict


class How(NamedTuple):
    """How the places of a kind of holder are read and written."""

    read: Callable[[Any, Any], Any]
    write: Callable[[Any, Any, Any], Any]


def write_bases(cls: Any, name: str, bases: Any) -> None:
    type.__dict__["__bases__"].__set__(cls, bases)


LIST = How(list.__getitem__, list.__setitem__)
DEQUE = How(deque.__getitem__, deque.__setitem__)
DICT = How(dict.__getitem__, dict.__setitem__)
ATTRIBUTE = How(getattr, setattr)
CLASS = How(lambda cls, name: cls.__dict__[name], type.__setattr__)
BASES = How(lambda cls, name: cls.__bases__, write_bases)
SLOT = How(
    lambda item, slot: slot.__get__(item), lambda item, slot, value: slot.__set__(item, value)
)


PLAIN = {list, dict, set, deque, FrameType, FunctionType, types.CellType, OrderedDict}
_HAVE_DICT = {type, functools.partial, BaseException}
"""Types whose ``__dict__`` is an object that is found by itself."""
_MEMBERS = {defaultdict: {"default_factory"}, StopIteration: {"value"}, AttributeError: {"obj"}}
"""Members of C types that hold any object and can be set."""


def describe(cls: type) -> tuple[tuple[Any, ...], Any]:
    """The slots of a class and its bases, and the descriptor of its ``__dict__``."""
    slots: list[Any] = []
    has_dict: Any = None
    for each in cls.__mro__:
        for name, part in list(each.__dict__.items()):
            if type(part) is MemberDescriptorType:
                if is_slot(each) or name in _MEMBERS.get(each, ()):
                    slots.append(part)
            elif name == "__dict__" and type(part) is GetSetDescriptorType:
                has_dict = None if each in _HAVE_DICT else part
    return tuple(slots), has_dict


_HASHES: set[Any] = {
    kind.__hash__
    for kind in (object, str, int, float, complex, bytes, type(None), type, FunctionType)
}


def has_own_hash(cls: type) -> bool:
    """Whether it takes a person's code to find a key of a type in a dict, which an edit may change."""
    return cls.__hash__ not in _HASHES


def pairs_of(holder: Any) -> list[tuple[Any, Any]]:
    """The items of a dict in its order, without a look-up: its keys may have another hash now, or none."""
    pairs = list(dict.items(holder))
    if not issubclass(type(holder), OrderedDict) or not pairs:
        return pairs
    # What it refers to ends with the keys in its order, then each key and value as a dict has them.
    count = len(pairs)
    keys = gc.get_referents(holder)[-3 * count : -2 * count]
    by_key = {id(key): (key, value) for key, value in pairs}
    if len(keys) == count and by_key.keys() == set(map(id, keys)):
        return [by_key[id(key)] for key in keys]
    return list(OrderedDict.items(holder))  # all keys are strings: CPython does not give them twice


def kept_items(holder: dict[Any, Any], items: list[tuple[Any, Any]]) -> Any:
    """The items of a dict, where possible with the hashes of their keys."""
    if type(holder).__iter__ is dict.__iter__:
        return OwnDict(holder)
    return Own(Own(item) for item in items)


def refill(holder: Any, items: Any) -> None:
    """Clear a container and fill it again, without another thread seeing it empty."""
    steps: list[Callable[[], Any]]
    if issubclass(type(holder), deque):
        steps = [
            functools.partial(deque.clear, holder),
            functools.partial(deque.extend, holder, items),
        ]
    elif issubclass(type(holder), set):
        steps = [functools.partial(set.clear, holder), functools.partial(set.update, holder, items)]
    elif issubclass(type(holder), OrderedDict):
        steps = [functools.partial(OrderedDict.clear, holder)]
        pairs = items.items() if isinstance(items, dict) else items
        steps += [functools.partial(OrderedDict.__setitem__, holder, *pair) for pair in pairs]
    else:
        steps = [
            functools.partial(dict.clear, holder),
            functools.partial(dict.update, holder, items),
        ]
    deque(map(operator.call, steps), 0)


def state_of(holder: Any) -> tuple[Any, ...]:
    if issubclass(type(holder), property):
        return (holder.fget, holder.fset, holder.fdel, holder.__doc__)
    if issubclass(type(holder), functools.partial):
        return (holder.func, holder.args, holder.keywords, holder.__dict__ or None)
    if issubclass(type(holder), super):
        return (holder.__thisclass__, holder.__self__)
    return (holder.__func__,)


def set_state(holder: Any, state: tuple[Any, ...]) -> None:
    if issubclass(type(holder), functools.partial):
        functools.partial.__dict__["__setstate__"](holder, tuple(state))
        return
    for kind in (property, classmethod, staticmethod, super):
        if issubclass(type(holder), kind):
            kind.__dict__["__init__"](holder, *state)
