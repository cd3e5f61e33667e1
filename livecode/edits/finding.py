"""Finding live functions without a walk of the heap, and with one where nothing else is sure.

In: objects that a name is bound to, or code objects. Out: the live functions (and suspended
generators) that have them.

CPython counts references: a code object that is referred to only by what we know of has no other
holder, so that no heap needs to be searched for one. Only where the count tells of unknown holders
is ``gc.get_referrers`` asked, once for all code objects of an edit.
"""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

_OPAQUE = (types.ModuleType, str, bytes, bytearray, int, float, complex, CodeType, types.FrameType)
_MOST = 2000
"""How many objects a search from one value looks at."""

COUNTS = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether reference counts are exact (not so on free-threaded builds)."""


def reach(value: Any, depth: int = 6) -> Iterator[FunctionType]:
    """The functions that a value is or wraps, nearest first.

    Follows whatever the value refers to (closures, ``__wrapped__``, ``__func__``, ``func``, property
    accessors, registries, attributes), but not into modules, other classes or global namespaces.
    """
    if type(value) is FunctionType and not value.__closure__ and not value.__dict__:
        yield value
        return
    seen = {id(value)}
    level = [value]
    looked_at = 0
    for _ in range(depth):
        following: list[Any] = []
        for item in level:
            if type(item) is FunctionType:
                yield item
            for part in _parts(item):
                looked_at += 1
                if id(part) not in seen and not isinstance(part, _OPAQUE):
                    seen.add(id(part))
                    following.append(part)
            if looked_at > _MOST:
                return
        level = following
        if not level:
            return


def _parts(item: Any) -> Iterable[Any]:
    if isinstance(item, FunctionType):
        return (*(item.__closure__ or ()), *item.__dict__.values())
    if isinstance(item, type | types.ModuleType):
        return ()
    if isinstance(item, types.MappingProxyType):
        return list(item.values())
    if isinstance(item, dict) and "__builtins__" in item:
        return ()
    return gc.get_referents(item)


def _count(code: CodeType) -> int:
    """The reference count of what is passed to it."""
    return sys.getrefcount(code)


def _calibrate() -> int:
    """What passing a code object to `_count` adds to its number of holders."""
    code = compile("def f(): pass", "<calibration>", "exec")
    held = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    known = 2  # the constants and the list
    return _count(held[0]) - known


_PASSING = _calibrate()


def has_other_holders(code: CodeType, known: int) -> bool:
    """Whether a code object has more than `known` holders.

    The argument must be passed as an expression (``f.__code__``, ``pair[0]``); a variable of the
    caller that holds it counts as known.
    """
    return not COUNTS or sys.getrefcount(code) > _PASSING + known


class Holders:
    """Who holds some code objects: functions, and suspended generators and coroutines."""

    def __init__(self) -> None:
        self.functions: list[FunctionType] = []
        self.suspended: list[Any] = []


def holders(codes: list[CodeType]) -> dict[int, Holders]:
    """All holders of some code objects that the garbage collector knows, in one pass over the heap.

    Returns:
        For the id of each code object, who holds it.
    """
    found = {id(code): Holders() for code in codes}
    for item in gc.get_referrers(*codes):
        if isinstance(item, FunctionType):
            if id(item.__code__) in found:
                found[id(item.__code__)].functions.append(item)
        else:
            code = suspended_code(item)
            if code is not None and id(code) in found:
                found[id(code)].suspended.append(item)
    return found


def suspended_code(item: Any) -> CodeType | None:
    """The code of a generator or coroutine that can still go on; None for anything else."""
    if isinstance(item, types.GeneratorType):
        return item.gi_code if item.gi_frame is not None else None
    if isinstance(item, types.CoroutineType):
        return item.cr_code if item.cr_frame is not None else None
    if isinstance(item, types.AsyncGeneratorType):
        return item.ag_code if item.ag_frame is not None else None
    return None


def frame_of(item: Any) -> FrameType | None:
    """The frame of a generator or coroutine."""
    for name in ("gi_frame", "cr_frame", "ag_frame"):
        found: FrameType | None = getattr(item, name, None)
        if found is not None:
            return found
    return None


def functions_of_file(filename: str, namespace: dict[str, Any]) -> list[FunctionType]:
    """Every live function of a module that was compiled from a file, in one pass over the heap."""
    return [
        item
        for item in gc.get_referrers(namespace)
        if type(item) is FunctionType
        and item.__globals__ is namespace
        and item.__code__.co_filename == filename
    ]


def referrers(targets: list[Any]) -> list[Any]:
    """What the garbage collector knows to refer to any of `targets`, in one pass over the heap."""
    return gc.get_referrers(*targets)
