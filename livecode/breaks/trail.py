"""The trail: the frames and tracebacks that an exception leaves, without what is livecode's own in them.

In: a traceback, or the frame where an exception is. Out: whether livecode's own code, or code that fails
as in plain Python, is on the way; a traceback as people are to see it, with the frames around.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from opcode import opmap
from types import CodeType, FrameType, TracebackType
from typing import Any

from livecode.breaks.plain import is_plain
from livecode.breaks.point import point_of, position_at

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_RIM = tuple(
    os.path.join(_OWN, *parts)
    for parts in (
        ("breaks", ""),
        ("ipython", "breaking.py"),
        ("ipython", "runner.py"),
        ("ipython", "session.py"),
    )
)
"""Files of livecode that stand around every cell."""

_RAISE = opmap["RAISE_VARARGS"]


def _flight(trace: TracebackType | None) -> Iterator[FrameType]:
    """The frames that an exception came through since it was raised the last time.

    Raised once more, an exception keeps its traceback, and what it comes through now stands before that.
    """
    before: TracebackType | None = None
    while trace is not None:
        frame = trace.tb_frame
        if before is not None:
            caller = before.tb_frame
            back = frame.f_back
            if back is not caller and frame is not caller:
                # Frames of generators that are over have no caller on 3.11.
                code = caller.f_code
                if back is not None or code.co_code[before.tb_lasti] == _RAISE:
                    return
        yield frame
        before = trace
        trace = trace.tb_next


def came_through(trace: TracebackType | None, frame: FrameType) -> bool:
    """Whether an exception has passed another instrumented frame before it came to this one.

    Args:
        trace: begins with the frame.
        frame: is instrumented.
    """
    inner = trace and trace.tb_next
    if inner is None:
        return False
    if inner.tb_frame.f_back is frame and point_of(inner.tb_frame.f_code) is not None:
        return True  # as a rule
    return any(each is not frame and point_of(each.f_code) is not None for each in _flight(trace))


def went_through_ours(trace: TracebackType | None) -> bool:
    """Whether an exception came out of livecode itself: what a person evaluates by its magics."""
    return any(map(_works, _flight(trace)))


def went_through_plain(trace: TracebackType | None) -> bool:
    """Whether an exception came out of a function that fails as in plain Python."""
    return any(is_plain(each.f_code) for each in _flight(trace))


def evaluates(frame: FrameType | None) -> bool:
    """Whether livecode evaluates something for an edit or a magic: its failure is told by that."""
    while frame is not None:
        if _works(frame):
            return True
        frame = frame.f_back
    return False


def _works(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    return filename.startswith(_OWN) and not filename.startswith(_RIM)


def next_tracked(frame: FrameType | None) -> FrameType | None:
    """The frame, or the first one around it, that is instrumented."""
    while frame is not None and point_of(frame.f_code) is None:
        frame = frame.f_back
    return frame


def number_frames(frames: list[Any], innermost: FrameType) -> None:
    """Number the instrumented frames that are alive."""
    number = None
    for each in frames:
        if each.frame is innermost:
            number = 0
        each.number = None
        if number is not None and each.tracked:
            each.number = number
            number += 1


def is_hidden(frame: FrameType) -> bool:
    """Whether a frame is livecode's own, or only waits for what does the rest for it."""
    return frame.f_code.co_filename.startswith(_OWN) or is_shell(frame.f_code, frame.f_lasti)


def is_shell(code: CodeType, lasti: int) -> bool:
    """Whether a frame, at an instruction of its code, only waits for what does the rest for it.

    What livecode's handlers consist of has no width in the source.
    """
    if point_of(code) is None:
        return False
    line, end_line, column, end = position_at(code, lasti)
    return column is not None and line == end_line and column == end


def is_own(trace: TracebackType | None) -> bool:
    """Whether an entry of a traceback is of livecode's own code."""
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN)


def joined(entries: Sequence[TracebackType], trace: TracebackType | None) -> TracebackType | None:
    """A traceback with other entries before it."""
    for each in reversed(entries):
        trace = TracebackType(trace, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return trace


def without_ours(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without frames of livecode, and without those that the rest was done for."""
    kept = []
    while trace is not None:
        ours = trace.tb_frame.f_code.co_filename.startswith(_OWN)
        if not ours and not is_shell(trace.tb_frame.f_code, trace.tb_lasti):
            kept.append(trace)
        trace = trace.tb_next
    return joined(kept, None)


def tidy(error: BaseException) -> None:
    """Take what is livecode's own out of the tracebacks of an exception, its causes and contexts."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        trace = each.__traceback__
        while trace is not None and not is_shell(trace.tb_frame.f_code, trace.tb_lasti):
            trace = trace.tb_next
        if trace is not None:
            each.__traceback__ = without_ours(each.__traceback__)
        waiting += [each.__cause__, each.__context__]


def with_callers(trace: TracebackType | None, frame: FrameType | None) -> TracebackType | None:
    """A traceback with the frames around it, up to IPython's that runs the cell."""
    pending: list[FrameType] = []
    known = 0
    while frame is not None:
        pending.append(frame)
        if frame.f_code.co_name == "run_code" and "interactiveshell" in frame.f_code.co_filename:
            known = len(pending)
        frame = frame.f_back
    for each in pending[: known or None]:
        if not is_hidden(each):
            trace = TracebackType(trace, each, each.f_lasti, each.f_lineno)
    return trace
