"""What instrumented code calls: small helpers, and the way to the machine that handles failures.

In: calls from marks in the code. Out: for a failure, whether the exception may pass on.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator
from types import CellType, FrameType, FunctionType, MethodDescriptorType, MethodType
from typing import Any, NoReturn, Protocol

_HEAP_TYPE = 1 << 9
"""The flag of a type that is made by a class statement (``Py_TPFLAGS_HEAPTYPE``)."""

Call = Callable[..., Any]


class Moving(BaseException):
    """Control moves out of a frame, to the function that does the rest.

    With-blocks and ``finally`` of the frame stand aside, since the rest has taken them over.

    Args:
        frame: the frame that control moves to; it returns what the rest returns.
    """

    def __init__(self, frame: FrameType) -> None:
        super().__init__()
        self.frame = frame


class Machine(Protocol):
    """Decides what happens to a failure (`livecode.breaks.machine`)."""

    def passes(self, point: Any, error: BaseException, frame: FrameType, out: bool) -> bool:
        """Whether an exception may go on out of a block (or with `out` the function) of a frame."""

    def go(self, frame: FrameType, cells: dict[str, CellType]) -> Call:
        """The function that does the rest of what a frame was to do."""


machine: Machine | None = None
"""What failures are told to; None while livecode is not loaded."""

decided = [0]
"""The id of the last exception about which the machine decided; 0 once another one was let on without it.
(An exception may have the id of one that is gone.)"""

_moving: list[Moving] = []
"""The control exception that `passes` wants to be raised, for the moment until it is."""


def ask(point: Any, error: BaseException | None, frame: FrameType, out: bool) -> bool:
    """Whether an exception that is being handled in a frame may pass on."""
    if type(error) is Moving:
        if error.frame is not frame:
            return True
        if not out:
            _moving.append(error)
        return False
    if machine is None or error is None:
        return True
    passes = machine.passes(point, error, frame, out)
    if passes and out and point.module:
        point.held.clear()  # the code may live on, where a traceback has shown it
    return passes


def move() -> NoReturn:
    """Raise what moves control out of the frame that calls."""
    raise _moving.pop()


def begin(moving: Moving) -> None:
    """Let `move` raise this."""
    _moving.append(moving)


class Again:
    """An iterable that is one iterator, whose class has an ``__iter__`` of a person or none at all."""

    __slots__ = ("iterator",)

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator

    def __iter__(self) -> Iterator[Any]:
        found: Iterator[Any] = self.iterator
        return found

    def __aiter__(self) -> Any:
        return self.iterator


_NOTHING: tuple[Any, ...] = ()
_SIMPLE: tuple[Any, ...] = (
    iter([]),
    iter(()),
    iter(range(0)),
    iter(range(1 << 70)),
    iter({}),
    iter({}.values()),
    iter({}.items()),
    iter(set[int]()),
    iter(""),
    iter("\xe9"),
    iter(b""),
    iter(bytearray()),
    reversed([]),
    reversed({}),
    (nothing for nothing in _NOTHING),
    zip(),
    enumerate(()),
    map(abs, ()),
    filter(None, ()),
    itertools.chain(),
    itertools.count(),
    itertools.islice((), 0),
    itertools.product(),
    itertools.combinations((), 0),
    itertools.permutations(()),
    itertools.pairwise(()),
)


SIMPLE_ITERATORS = frozenset(map(type, _SIMPLE))
"""Types of iterators of Python's own, which give themselves when they are asked for an iterator."""


def again(iterator: Any) -> Any:
    """What a loop can ask for its iterator once more, without running code of a person for it."""
    if type(iterator).__flags__ & _HEAP_TYPE:
        return Again(iterator)
    return iterator


class Reuse:
    """A context manager that is open already: entering it does nothing."""

    __slots__ = ("exit",)

    def __init__(self, exit: Callable[..., Any]) -> None:
        self.exit = exit

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: Any) -> Any:
        return self.exit(*exception)


class AsyncReuse:
    """An async context manager that is open already."""

    __slots__ = ("exit",)

    def __init__(self, exit: Callable[..., Awaitable[Any]]) -> None:
        self.exit = exit

    async def __aenter__(self) -> None:
        return None

    def __aexit__(self, *exception: Any) -> Awaitable[Any]:
        return self.exit(*exception)


def manager(item: Any) -> tuple[Any, Call | None]:
    """The bound enter and exit of a context manager; itself and None if it is not one."""
    kind = type(item)
    try:
        enter, leave = kind.__enter__, kind.__exit__
    except AttributeError:
        return item, None
    if type(enter) is FunctionType and type(leave) is FunctionType and kind is not Reuse:
        return MethodType(enter, item), MethodType(leave, item)
    if kind is Reuse:
        return item.__enter__, item.exit
    if type(enter) is MethodDescriptorType and type(leave) is MethodDescriptorType:
        return enter.__get__(item), leave.__get__(item)
    return _protocol(item, "__enter__", "__exit__")


def async_manager(item: Any) -> tuple[Any, Call | None]:
    """The same for an asynchronous context manager."""
    if type(item) is AsyncReuse:
        return item.__aenter__, item.exit
    return _protocol(item, "__aenter__", "__aexit__")


def _protocol(item: Any, enter: str, leave: str) -> tuple[Any, Call | None]:
    kind = type(item)
    found = []
    for name in (enter, leave):
        try:
            method = getattr(kind, name)
        except AttributeError:
            return item, None
        found.append(_bound(kind, method, name, item))
    return found[0], found[1]


def _bound(kind: type, method: Any, name: str, item: Any) -> Any:
    """A special method, looked up as the interpreter does: on the type, then bound."""
    for each in kind.__mro__:
        if name in each.__dict__:
            method = each.__dict__[name]
            get = getattr(type(method), "__get__", None)
            return method if get is None else get(method, item, kind)
    return method


def visible(found: Any) -> Any:
    """What ``locals()``, ``vars()`` or ``dir()`` gave, without hidden names."""
    if type(found) is dict:
        for name in [name for name in found if type(name) is str and name.startswith("@")]:
            del found[name]
        return found
    if type(found) is list:
        return [name for name in found if not (type(name) is str and name.startswith("@"))]
    return found
