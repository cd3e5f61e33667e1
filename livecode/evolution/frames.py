"""Locals of frames: reading and changing them, also while other threads run.

In: a frame and what takes whose place. Out: the frame's fast locals changed. The reading and the
writing are driven by C iterators, so that no other thread runs in between: before 3.13 all locals of
a frame are written back together, and what its thread set meanwhile would be lost.
"""

from __future__ import annotations

import ctypes
import gc
import inspect
import operator
import sys
from collections import deque
from collections.abc import Collection, Mapping
from functools import partial
from itertools import repeat, starmap
from types import CellType, FrameType
from typing import Any

_PROXIES = sys.version_info >= (3, 13)
_UNBINDS = sys.version_info < (3, 12)
_OURS = __name__.partition(".")[0]


def locals_of(frame: FrameType) -> dict[str, Any]:
    """The fast locals of a frame that live in the frame itself (not in cells)."""
    code = frame.f_code
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return {}
    values = frame.f_locals
    found = {
        name: values[name]
        for name in code.co_varnames
        if name not in code.co_cellvars and name in values
    }
    if not _PROXIES and str(frame.f_globals.get("__name__")).partition(".")[0] == _OURS:
        values.clear()  # the frame keeps this copy; it would be kept alive by it if it is in there
    return found


def change(frame: FrameType, names: list[str], partner: Mapping[int, Any]) -> None:
    """Write the partner of what each of some locals holds now; others and unbound ones stay."""
    before = frame.f_locals
    names = [name for name in names if name in before]
    try:
        deque(map(operator.call, _steps(frame, names, partner)), 0)
    except KeyError:  # its thread has unbound one meanwhile
        names = [name for name in names if name in frame.f_locals]
        deque(map(operator.call, _steps(frame, names, partner)), 0)


def write(frame: FrameType, name: str, value: Any) -> bool:
    """Give a local variable of a live frame a value, one that lives in a cell too; True."""
    target = frame.f_locals
    target[name] = value
    if not _PROXIES and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return True


def _steps(frame: FrameType, names: list[str], partner: Mapping[int, Any]) -> list[Any]:
    target = frame.f_locals  # one dict or proxy for as long as the frame lives
    values = partial(map, operator.getitem, repeat(target))
    written = map(partner.get, map(id, values(names)), values(names))
    write: partial[Any] = partial(deque, map(operator.setitem, repeat(target), names, written), 0)
    if _PROXIES:
        return [write]
    fast = partial(ctypes.pythonapi.PyFrame_LocalsToFast, ctypes.py_object(frame), ctypes.c_int(0))
    return [partial(getattr, frame, "f_locals"), write, fast]


def is_hidden(name: str) -> bool:
    """Whether a local is no name of the person: livecode's own, or the compiler's."""
    return not name.isidentifier()


def assign(frame: FrameType, values: Mapping[str, Any], gone: Collection[str] = ()) -> set[str]:
    """Bind locals of a frame, and unbind some.

    Args:
        frame: alive, or of a generator that is.
        values: by name; names that are no locals of a function's code are left out.
        gone: names to be unbound.

    Returns:
        The names for which it could not be done. From 3.12 on a function's locals cannot be unbound.
    """
    code = frame.f_code
    if not code.co_flags & inspect.CO_OPTIMIZED:
        frame.f_locals.update(values)
        for name in gone:
            frame.f_locals.pop(name, None)
        return set()
    known = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    given = {name: value for name, value in values.items() if name in known}
    deque(map(operator.call, _writing(frame, given, list(gone) if _UNBINDS else [])), 0)
    now = frame.f_locals
    failed = {name for name in values if name not in now or now[name] is not values[name]}
    return failed | {name for name in gone if name in now}


def _writing(frame: FrameType, values: Mapping[str, Any], gone: list[str]) -> list[Any]:
    target = frame.f_locals
    write: partial[Any] = partial(
        deque, map(operator.setitem, repeat(target), values.keys(), values.values()), 0
    )
    if _PROXIES:
        return [write]
    away: partial[Any] = partial(deque, map(target.pop, gone, repeat(None)), 0)
    clear = ctypes.c_int(1 if gone else 0)
    fast = partial(ctypes.pythonapi.PyFrame_LocalsToFast, ctypes.py_object(frame), clear)
    return [partial(getattr, frame, "f_locals"), write, away, fast]


class _Probe:
    """A value that only one variable has."""

    __slots__ = ()


def cells_of(frame: FrameType, names: Collection[str]) -> dict[str, CellType]:
    """The cells in which variables of a frame live that closures share, as far as they are found.

    Python does not tell them: each variable holds a value of its own for a moment, in which no other
    thread runs, and the cell is what refers to that value.

    Args:
        frame: of a function, alive.
        names: of the variables. Those that live in the frame itself are left out, and unbound ones.
    """
    code = frame.f_code
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return {}
    shared = {*code.co_cellvars, *code.co_freevars}.intersection(names)
    before = frame.f_locals
    values = {name: before[name] for name in shared if name in before}
    if not values:
        return {}
    probes = {name: _Probe() for name in values}
    found: list[Any] = []
    held: list[Any] = []
    refer = starmap(gc.get_referrers, [tuple(probes.values())])
    read = map(getattr, found, repeat("cell_contents"), repeat(None))
    steps: list[partial[Any]] = [
        *_writing(frame, probes, []),
        partial(deque, map(found.extend, refer), 0),
        partial(held.extend, read),
        *_writing(frame, values, []),
    ]
    deque(map(operator.call, steps), 0)
    cells = {
        id(probe): cell for cell, probe in zip(found, held, strict=True) if type(cell) is CellType
    }
    return {name: cells[id(probe)] for name, probe in probes.items() if id(probe) in cells}
