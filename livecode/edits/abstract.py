"""Abstract base classes: the answers of ``isinstance`` that they have cached.

In: a class that gained or lost a member. Out: no ABC has a cached answer about it or its subclasses. A
runtime protocol, or an ABC with a ``__subclasshook__``, looks at the members of the class that is asked
about, and keeps the answer in weak references to that class (CPython, "_abc.c").
"""

from __future__ import annotations

import abc
import weakref
from collections.abc import Iterator


def forget_answers(cls: type) -> None:
    """Let every ABC ask again about a class and its subclasses; costs nothing if none ever did."""
    if any(_was_asked_about(each) for each in (cls, *subclasses(cls))):
        for each in subclasses(object):
            if isinstance(each, abc.ABCMeta):
                each._abc_caches_clear()  # type: ignore[attr-defined]  # "for debugging or testing"


def _was_asked_about(cls: type) -> bool:
    """Whether a class is in a cache (or the registry) of any ABC."""
    return any(
        getattr(reference.__callback__, "__name__", "") in ("_destroy", "_remove")
        for reference in weakref.getweakrefs(cls)
    )


def subclasses(cls: type) -> Iterator[type]:
    """The live subclasses of a class, at whatever depth, each once."""
    seen: set[int] = set()
    level = _below(cls)
    while level:
        fresh = [each for each in level if id(each) not in seen]
        seen.update(id(each) for each in fresh)
        yield from fresh
        level = [below for each in fresh for below in _below(each)]


def _below(cls: type) -> list[type]:
    found: list[type] = type.__subclasses__(cls)  # past a metaclass that has its own
    return found
