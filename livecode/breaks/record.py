"""What a break is, as data: its frames, its restarts, and where it happened.

In: the traceback of a failed computation. Out: `Break` and what it consists of, which the panel shows
and the restarts work on. Nothing here asks, decides or prints.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from types import CodeType, FrameType, TracebackType


def unnamed(filename: str) -> str:
    """People know the file by its path."""
    return ""


@dataclass
class BreakFrame:
    """One frame of a failed computation.

    Attributes:
        number: counts tracked frames, 0 the innermost; None for a library's frame.
        name: the qualified name of its function; ``<module>`` for the statements of a file or a cell.
        filename: of its code.
        lineno: the line at which it stands.
        frame: the frame itself. It is alive from number 0 outwards; what failed below is dead, and
            still there to be looked at.
        tracked: its code is instrumented.
        restartable: its function can be looked up by name and called again.
        positions: the columns of the failing expression in UTF-8 bytes, its first and the one after
            its last; the latter None where it ends on another line, both None if not known.
        place: what its file is called for people (``In [3]``), or empty: then by its path.
    """

    number: int | None
    name: str
    filename: str
    lineno: int
    frame: FrameType | None
    tracked: bool
    restartable: bool
    positions: tuple[int | None, int | None] = (None, None)
    place: str = ""


@dataclass
class Restart:
    """A way to go on.

    Attributes:
        name: as after ``%resume``; ``resume`` itself is ``%resume`` alone.
        argument: ``EXPR``, ``[N]``, or empty.
        help: what it does, one line.
        own: the program offers it.
    """

    name: str
    argument: str = ""
    help: str = ""
    own: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.argument}".rstrip()


@dataclass
class Break:
    """A failed computation that is suspended.

    Attributes:
        level: 1 for a break with no other below it.
        error: what was raised.
        frames: the innermost first.
        restarts: in the order of their numbers, which begin with 1.
        notes: what else the person should know, such as why a restart is not offered.
        source: the name of the cell or thread where it happened.
        trace: the whole traceback, from the cell's frame to the raise.
        place_of: what a file is called for people, as for `frames_of`.
    """

    level: int
    error: BaseException
    frames: list[BreakFrame]
    restarts: list[Restart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""
    trace: TracebackType | None = None
    place_of: Callable[[str], str] = unnamed

    @property
    def alive(self) -> int:
        """How many frames have a number: 0 to one less than that."""
        return sum(each.number is not None for each in self.frames)

    def numbered(self, number: int) -> BreakFrame | None:
        """The frame that has the number, or None."""
        return next((each for each in self.frames if each.number == number), None)


def frames_of(
    trace: TracebackType | None,
    point_of: Callable[[CodeType], object | None],
    hidden: Callable[[FrameType], bool],
    place_of: Callable[[str], str] = unnamed,
) -> list[BreakFrame]:
    """The frames of a traceback, the innermost first.

    Args:
        trace: from the outermost frame to the raise.
        point_of: gives something for the code of a tracked frame, None for any other.
        hidden: whether to leave a frame out, because it is livecode's own.
        place_of: what a file is called for people, or empty: then by its path.
    """
    found: list[BreakFrame] = []
    while trace is not None:
        frame = trace.tb_frame
        if not hidden(frame):
            code = frame.f_code
            tracked = point_of(code) is not None
            found.append(
                BreakFrame(
                    number=None,
                    name=code.co_qualname,
                    filename=code.co_filename,
                    lineno=trace.tb_lineno,
                    frame=frame,
                    tracked=tracked,
                    restartable=tracked and _restartable(code),
                    positions=_positions(trace),
                    place=place_of(code.co_filename),
                )
            )
        trace = trace.tb_next
    found.reverse()
    for number, each in enumerate(each for each in found if each.tracked):
        each.number = number
    return found


def _restartable(code: CodeType) -> bool:
    """Whether the code is a function's that has a name: no module, class body, lambda, comprehension."""
    optimized = bool(code.co_flags & inspect.CO_OPTIMIZED)
    return optimized and not code.co_name.startswith("<")


def _positions(trace: TracebackType) -> tuple[int | None, int | None]:
    if trace.tb_lasti < 0:
        return None, None
    positions = trace.tb_frame.f_code.co_positions()
    line, end_line, column, end = next(
        islice(positions, trace.tb_lasti // 2, None), (None, None, None, None)
    )
    if line != trace.tb_lineno:
        return None, None
    return column, end if end_line == line else None
