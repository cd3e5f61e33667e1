"""Line numbers in IPython's tracebacks, for instrumented code whose file does not exist.

IPython formats frames of such files (a kernel's cells are some) by ``frame.f_lineno`` instead of the
traceback's line. The last line that an instrumented frame has run is that of livecode's handler.
"""

from __future__ import annotations

import linecache
import os
import traceback
from types import MethodType, TracebackType
from typing import Any

from livecode.breaks.point import point_of

_OWN = __name__.partition(".")[0]


def install(shell: Any) -> None:
    """Let tracebacks show the lines at which exceptions passed."""
    formatter = shell.InteractiveTB
    original = formatter.get_records

    def get_records(self: Any, etb: TracebackType, *rest: Any, **named: Any) -> Any:
        records = original(etb, *rest, **named)
        lines = _lines(etb)
        for each in records:
            frame = getattr(each, "frame", None)
            if frame in lines and getattr(each, "_sd", None) is None:
                each.lineno = lines[frame]
        return records

    formatter.get_records = MethodType(get_records, formatter)


def remove(shell: Any) -> None:
    """Give IPython's formatter its own method back."""
    shell.InteractiveTB.__dict__.pop("get_records", None)


def show_interrupt(shell: Any, error: KeyboardInterrupt, result: Any) -> None:
    """Let a cell end as interrupted, where livecode ran the person's code: without livecode's frames.

    Args:
        shell: the InteractiveShell.
        error: what was raised.
        result: IPython's object for the result, or None.
    """
    error.__traceback__ = _without_own(error.__traceback__)
    if result is not None:
        result.error_in_exec = error
    if error.__traceback__ is not None:
        shown = type(error), error, error.__traceback__
        shell.showtraceback(shown, tb_offset=0, running_compiled_code=True)
    else:  # it came when livecode itself was at work
        lines = "".join(traceback.format_exception_only(error)).splitlines()
        shell._showtraceback(type(error), error, lines)


def show_interrupted_file(shell: Any, error: KeyboardInterrupt, result: Any) -> None:
    """The same for an interrupt of code that is put back: its text is the one on disk."""
    names: set[str] = set()
    trace = error.__traceback__
    while trace is not None:
        names.add(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    cache = linecache.cache
    live = {name: cache.pop(name) for name in names if name in cache and os.path.isfile(name)}
    try:
        show_interrupt(shell, error, result)
    finally:
        cache.update(live)


def _without_own(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without livecode's frames, also those of code that it generated."""
    kept = []
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__")
        if not (isinstance(name, str) and name.partition(".")[0] == _OWN):
            kept.append(trace)
        trace = trace.tb_next
    made = None
    for each in reversed(kept):
        made = TracebackType(made, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return made


def _lines(trace: TracebackType | None) -> dict[Any, int]:
    found: dict[Any, int] = {}
    while trace is not None:
        if point_of(trace.tb_frame.f_code) is not None:
            found[trace.tb_frame] = trace.tb_lineno
        trace = trace.tb_next
    return found
