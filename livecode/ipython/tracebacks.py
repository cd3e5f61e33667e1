"""The lines that IPython marks in tracebacks are those at which the frames were left.

In: a shell. Out: its tracebacks with the lines of the traceback (``tb_lineno``).

For code whose file does not exist, as that of an ipykernel's cells, IPython (9.18) asks the frame where
it is now (``f_lineno``, in ``VerboseTB.get_records``). An instrumented frame is in its handler, which
stands on the first line of the body.
"""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Any


def install(shell: Any) -> None:
    """Let a shell mark the lines of the traceback."""
    printer = shell.InteractiveTB
    get_records = getattr(printer, "get_records", None)
    if get_records is None or "get_records" in vars(printer):
        return

    def records(trace: TracebackType, *arguments: Any, **keywords: Any) -> Any:
        found = get_records(trace, *arguments, **keywords)
        lines = _lines(trace)
        for each in found:
            if getattr(each, "_sd", None) is None and lines.get(getattr(each, "frame", None)):
                each.lineno = lines[each.frame].pop(0)
        return found

    printer.get_records = records


def remove(shell: Any) -> None:
    """Undo `install`."""
    vars(shell.InteractiveTB).pop("get_records", None)


def _lines(trace: TracebackType | None) -> dict[FrameType | None, list[int]]:
    """The lines of each frame of a traceback, in their order."""
    found: dict[FrameType | None, list[int]] = {}
    while trace is not None:
        found.setdefault(trace.tb_frame, []).append(trace.tb_lineno)
        trace = trace.tb_next
    return found
