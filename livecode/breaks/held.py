"""Held: what continuations work on, objects that stand in the place of what was entered already.

In: the iterator of a loop that stopped in the middle, an exception that is being handled, what follows
a finally. Out: objects that the code of a continuation (`livecode.breaks.continuation`) uses.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from typing import Any


class _Resume:
    __slots__ = ()

    def __repr__(self) -> str:
        return "RESUME"


RESUME = _Resume()
"""The item that stands for the turn of a loop in which it stopped."""


class Outcome:
    """What follows a finally block that is not an exception.

    Args:
        kind: ``falls``, ``return``, ``break`` or ``continue``.
        value: what is to be returned.
    """

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: object = None) -> None:
        self.kind = kind
        self.value = value

    def __repr__(self) -> str:
        return f"<Outcome {self.kind}>"


FALLS_THROUGH = Outcome("falls")


class AsyncChain:
    """An async iterator that gives some items before it goes on with another one."""

    __slots__ = ("first", "iterator")

    def __init__(self, first: Iterable[Any], iterator: AsyncIterator[Any]) -> None:
        self.first = iter(first)
        self.iterator = iterator

    def __aiter__(self) -> AsyncChain:
        return self

    def __anext__(self) -> Awaitable[Any]:
        for item in self.first:
            return _at_once(item)
        return type(self.iterator).__anext__(self.iterator)


async def _at_once(item: Any) -> Any:
    return item


class _Iterator:
    """An iterator from one that has no ``__iter__``."""

    __slots__ = ("iterator",)

    def __init__(self, iterator: Iterator[Any]) -> None:
        self.iterator = iterator

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return type(self.iterator).__next__(self.iterator)


def iterable(iterator: Any) -> Any:
    """What can be asked for its iterator once more, and gives this one."""
    return iterator if hasattr(type(iterator), "__iter__") else _Iterator(iterator)


class Turn:
    """Whether the first turn of a while has yet to begin, or the item of a for."""

    __slots__ = ("first", "item")

    def __init__(self) -> None:
        self.first = True


class Raised:
    """An exception that is being handled: raised again to be handled again, and left as it was."""

    __slots__ = ("chain", "exception")

    def __init__(self, exception: BaseException) -> None:
        self.exception = exception
        self.chain: list[tuple[BaseException, BaseException | None, Any]] = []

    def begin(self) -> BaseException:
        """The exception, to be raised."""
        self.chain = []
        seen: set[int] = set()
        for start in (self.exception, _handled()):
            each = start
            while each is not None and id(each) not in seen:
                seen.add(id(each))
                self.chain.append((each, each.__context__, each.__traceback__))
                each = each.__context__
        return self.exception

    def back(self) -> None:
        """Put tracebacks and contexts back that raising it has changed."""
        for each, context, traceback in self.chain:
            each.__context__ = context
            if each is self.exception:
                each.__traceback__ = traceback
        self.chain = []


def _handled() -> BaseException | None:
    return sys.exc_info()[1]
