"""Line numbers in IPython's tracebacks, for instrumented code whose file does not exist.

IPython formats frames of such files (a kernel's cells are some) by ``frame.f_lineno`` instead of the
traceback's line. The last line that an instrumented frame has run is that of livecode's handler.
"""

from __future__ import annotations

from types import MethodType, TracebackType
from typing import Any

from livecode.breaks.point import point_of


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


def _lines(trace: TracebackType | None) -> dict[Any, int]:
    found: dict[Any, int] = {}
    while trace is not None:
        if point_of(trace.tb_frame.f_code) is not None:
            found[trace.tb_frame] = trace.tb_lineno
        trace = trace.tb_next
    return found
