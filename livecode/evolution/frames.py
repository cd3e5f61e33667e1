"""Locals of frames: reading and changing them, also while other threads run.

In: a frame and what takes whose place. Out: the frame's fast locals changed. The reading and the
writing are driven by C iterators, so that no other thread runs in between: before 3.13 all locals of
a frame are written back together, and what its thread set meanwhile would be lost.
"""

from __future__ import annotations

import ctypes
import inspect
import operator
import sys
from collections import deque
from collections.abc import Mapping
from functools import partial
from itertools import repeat
from types import FrameType
from typing import Any

_PROXIES = sys.version_info >= (3, 13)
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


def _steps(frame: FrameType, names: list[str], partner: Mapping[int, Any]) -> list[Any]:
    target = frame.f_locals  # one dict or proxy for as long as the frame lives
    values = partial(map, operator.getitem, repeat(target))
    written = map(partner.get, map(id, values(names)), values(names))
    write: partial[Any] = partial(deque, map(operator.setitem, repeat(target), names, written), 0)
    if _PROXIES:
        return [write]
    fast = partial(ctypes.pythonapi.PyFrame_LocalsToFast, ctypes.py_object(frame), ctypes.c_int(0))
    return [partial(getattr, frame, "f_locals"), write, fast]
