"""Finalizers: an object whose place another one took dies without its ``__del__``.

In: a class and objects of it that are about to be let go. Out: until it is restored, the class's
finalizer does nothing for these objects, which share all that they have with those that took their
places, and what it always does for all others. Those that somebody still holds keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

from livecode.edits.journal import MISSING


class Spared:
    """Objects that die without their finalizers, as long as this context lasts."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._own: dict[type, Any] = {}

    def add(self, cls: type, objects: Iterable[Any]) -> None:
        """Spare some objects of exactly this class (they are not looked at if it has no finalizer)."""
        finalizer = next(
            (each.__dict__["__del__"] for each in cls.__mro__ if "__del__" in each.__dict__), None
        )
        if finalizer is None:
            return
        self._ids.update(map(id, objects))
        if cls not in self._own:
            self._own[cls] = cls.__dict__.get("__del__", MISSING)
            type.__setattr__(cls, "__del__", _but(self._ids, finalizer))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for cls, finalizer in self._own.items():
            if finalizer is MISSING:
                type.__delattr__(cls, "__del__")
            else:
                type.__setattr__(cls, "__del__", finalizer)
        self._own.clear()


def _but(ids: set[int], finalizer: Any) -> Callable[[Any], None]:
    """A finalizer, but not for some objects."""

    def __del__(self: Any) -> None:
        if id(self) in ids:
            ids.discard(id(self))  # another object may get it
            return
        bind = getattr(type(finalizer), "__get__", None)
        (finalizer if bind is None else bind(finalizer, self, type(self)))()

    return __del__
