"""An excerpt: the source around the line at which a frame stands.

In: a `BreakFrame`. Out: `SourceLine`s, as stack_data chooses them, with the columns of the expression that
failed; whether the source has been edited since.
"""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from executing.executing import Executing
from stack_data.core import FrameInfo, Line, Options, Source

from livecode.breaks.point import point_of
from livecode.breaks.record import BreakFrame
from livecode.breaks.values import printable
from livecode.breaks.wording import WIDTH

_AROUND = 7
"""The source around a frame's line: at most so many lines to each side."""

_FAST = 5000
"""Of longer files the lines are shown without a look at their statements, which takes seconds."""


@dataclass
class SourceLine:
    """A line of source; `number` is 0 for a gap, `columns` are those of the failing expression."""

    number: int
    text: str
    current: bool = False
    columns: tuple[int, int] | None = None


def excerpt(each: BreakFrame) -> list[SourceLine]:
    """The lines around the line of a frame; none where there is no source."""
    try:
        lines = _statements(each)
    except Exception:  # stack_data's, for text that has been edited since
        lines = []
    lines = lines or _plain(each)
    for line in lines:
        line.text = _cut(line.text)
    return lines


def is_edited(each: BreakFrame) -> bool:
    """Whether the line reads otherwise than in the code that the frame runs."""
    point = point_of(each.frame.f_code) if each.frame is not None else None
    if point is None or each.frame is None:
        return False
    first = point.first if point.module else each.frame.f_code.co_firstlineno
    was = point.text.splitlines()
    index = each.lineno - first
    now = linecache.getline(each.filename, each.lineno).rstrip("\r\n")
    return 0 <= index < len(was) and was[index].strip() != now.strip()


def _lines(each: BreakFrame) -> list[str]:
    """The lines of its file as they are now; as they were where there is no file any more."""
    entry = linecache.cache.get(each.filename)
    linecache.checkcache(each.filename)
    found = linecache.getlines(each.filename, each.frame.f_globals if each.frame else None)
    if not found and entry is not None:
        linecache.cache[each.filename] = entry
        found = linecache.getlines(each.filename)
    return found


def _cut(line: str) -> str:
    """A line of source, cut where it is too long."""
    line = printable(line.expandtabs(4).rstrip())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _statements(each: BreakFrame) -> list[SourceLine]:
    """Two statements before and after, as stack_data has it; nothing without the frame."""
    lines = _lines(each)
    if each.frame is None or not lines or len(lines) > _FAST:
        return []
    found: list[SourceLine] = []
    around: list[Any] = _Around(each.frame, each.lineno).lines  # type: ignore[misc]  # cached_property
    for line in around:
        if not isinstance(line, Line):
            found.append(SourceLine(0, ""))
        elif abs(line.lineno - each.lineno) <= _AROUND:
            cut = line.leading_indent or 0
            found += _blank(lines, found[-1].number + 1 if found else 0, line.lineno)
            found.append(_line(each, line.lineno, line.text, cut))
    return found if any(line.current for line in found) else []


def _blank(lines: Sequence[str], first: int, last: int) -> list[SourceLine]:
    """The lines before `last`, if all are blank: stack_data leaves them out."""
    if first <= 1 or any(line.strip() for line in lines[first - 1 : last - 1]):
        return []
    return [SourceLine(number, "") for number in range(first, last)]


class _Around(FrameInfo):
    """What stack_data shows of a frame.

    Without its search for the failing node, which compares bytecode with what the plain source gives:
    the code is instrumented, and the line is known.
    """

    def __init__(self, frame: FrameType, lineno: int) -> None:
        self.frame = frame
        self.lineno = lineno
        self.code = frame.f_code
        self.options = Options(before=2, after=2, include_signature=False)
        source: Any = Source.for_frame(frame)
        self.source = source
        statements: Any = source.statements_at_line(lineno)
        node: Any = None  # it may be None, though its type does not say so
        self.executing = Executing(frame, source, node, statements, None)


def _plain(each: BreakFrame) -> list[SourceLine]:
    """Two lines before and after, where the statements are not known."""
    lines = _lines(each)
    first, last = max(1, each.lineno - 2), min(len(lines), each.lineno + 2)
    if not first <= each.lineno <= last:
        return []
    while first < each.lineno and not lines[first - 1].strip():
        first += 1
    while last > each.lineno and not lines[last - 1].strip():
        last -= 1
    numbers = range(first, last + 1)
    texts = [lines[number - 1].rstrip("\n") for number in numbers]
    cut = min((len(t) - len(t.lstrip()) for t in texts if t.strip()), default=0)
    return [_line(each, n, t, cut) for n, t in zip(numbers, texts, strict=True)]


def _line(each: BreakFrame, number: int, line: str, cut: int) -> SourceLine:
    current = number == each.lineno
    columns = None
    start, end = each.positions
    if current and start is not None and end is not None and not is_edited(each):
        encoded = line.encode()
        start, end = (len(encoded[:column].decode(errors="ignore")) for column in (start, end))
        whole = line.strip() == line[start:end].strip()
        if cut <= start < end <= min(len(line), WIDTH) and not whole and "\t" not in line:
            columns = (start - cut, end - cut)
    return SourceLine(number, line[cut:], current, columns)
