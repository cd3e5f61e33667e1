"""Copies of what cannot be changed: tuples, frozensets, methods (of C types too), weak references.

In: an object, and what takes the place of its parts. Out: a new object of the same type with the new
parts in it, or `CannotCopy` with the reason.
"""

from __future__ import annotations

import functools
import gc
import operator
import weakref
from collections.abc import Callable
from types import (
    BuiltinMethodType,
    GenericAlias,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    UnionType,
    WrapperDescriptorType,
)
from typing import Any

Get = Callable[[Any], Any]
"""What takes the place of an object: another, or the object itself."""

WEAK = "a weak reference"
"""How the kind of a holder begins that keeps no object alive."""

_PROXIES = (weakref.ProxyType, weakref.CallableProxyType)


class CannotCopy(Exception):
    """An object cannot be made anew with other parts; the message says why."""


def needs_hash(item: Any) -> bool:
    """Whether the copy computes the hash of its parts, which may be a person's code."""
    return issubclass(type(item), frozenset)


def copy(item: Any, get: Get) -> Any:
    """`item` made anew, with its parts replaced."""
    kind = type(item)
    made: Any
    if kind is tuple:
        return tuple([get(part) for part in item])
    if issubclass(kind, tuple):
        try:
            made = tuple.__new__(kind, [get(part) for part in tuple.__iter__(item)])
        except TypeError as error:
            raise CannotCopy(f"a {kind.__qualname__} made by C code") from error
        return _with_attributes(made, item, get)
    if kind is frozenset:
        return frozenset([get(part) for part in item])
    if issubclass(kind, frozenset):
        made = frozenset.__new__(kind, [get(part) for part in frozenset.__iter__(item)])
        return _with_attributes(made, item, get)
    if kind is MethodType:
        return MethodType(get(item.__func__), get(item.__self__))
    if kind is MethodWrapperType:
        return _bound(item.__objclass__, item, get)
    if kind is BuiltinMethodType:
        mro = type(item.__self__).__mro__
        owner = next((each for each in mro if item.__name__ in each.__dict__), object)
        return _bound(owner, item, get)
    if kind is GenericAlias:
        return GenericAlias(get(item.__origin__), get(item.__args__))
    if kind is UnionType:
        return functools.reduce(operator.or_, [get(part) for part in item.__args__])
    if type(item) in _PROXIES:
        raise CannotCopy("the callback of a weakref.proxy")
    return copy_reference(item, weakref.ref.__call__(item), get)


def _bound(owner: type, item: Any, get: Get) -> Any:
    """A method written in C, bound to what takes the place of what it is bound to."""
    raw = owner.__dict__.get(item.__name__)
    if not isinstance(raw, (MethodDescriptorType, WrapperDescriptorType)):
        raise CannotCopy(f"the method {item.__name__}, written in C")
    try:
        return raw.__get__(get(item.__self__))
    except TypeError as error:
        kind = type(get(item.__self__)).__qualname__
        raise CannotCopy(f"the method {item.__name__}, which {kind} has not") from error


def copy_reference(item: Any, old: Any, get: Get) -> Any:
    """A weak reference (or proxy) to what takes the place of `old`, with the same callback."""
    kind = type(item)
    made: Any
    if old is None:
        raise CannotCopy("a dead weak reference")
    try:
        if kind in _PROXIES:
            callback = next(iter(gc.get_referents(item)), None)
            return weakref.proxy(get(old), get(callback))
        if issubclass(kind, weakref.WeakMethod):
            bound = item()
            return kind(MethodType(get(bound.__func__), get(bound.__self__)), get(_callback(item)))
        made = weakref.ref.__new__(kind, get(old), get(item.__callback__))
    except TypeError as error:
        raise CannotCopy(f"{WEAK}, which {type(get(old)).__qualname__} refuses") from error
    return made if kind is weakref.ref else _with_attributes(made, item, get)


def _callback(item: Any) -> Any:
    """The person's callback of a WeakMethod, which the module keeps in a closure."""
    inner = item.__callback__
    cells = dict(zip(inner.__code__.co_freevars, inner.__closure__, strict=True))
    return cells["callback"].cell_contents


def _with_attributes(made: Any, item: Any, get: Get) -> Any:
    for cls in type(item).__mro__:
        for name, part in list(cls.__dict__.items()):
            if name == "__dict__" and type(part) is GetSetDescriptorType:
                own = part.__get__(item)
                part.__get__(made).update({name: get(value) for name, value in own.items()})
            elif type(part) is MemberDescriptorType and is_slot(cls):
                try:
                    part.__set__(made, get(part.__get__(item)))
                except AttributeError:  # the slot is empty
                    continue
    return made


def is_slot(cls: type) -> bool:
    """Whether the member descriptors of a class are slots that a ``class`` statement made."""
    return "__slots__" in cls.__dict__
