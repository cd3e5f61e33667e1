"""What the person sees of breaks: two or three lines under the traceback, the panel, one frame.

In: `Break`s as data. Out: text, or HTML for notebooks, that says the same. Nothing is asked of livecode
or of IPython; source lines are read when they are shown.

Text and HTML are made from the same parts: what is said of the exception (`_exception`), which frames
are shown and which are folded (`_entries`), the source around a frame's line (`_around`), and its
locals (`_locals`).
"""

from __future__ import annotations

import html as markup
import linecache
import os
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

from executing.executing import Executing
from stack_data.core import FrameInfo, Line, Options, Source

from livecode.breaks.point import point_of
from livecode.breaks.record import Break, BreakFrame, Restart
from livecode.breaks.values import fitted, kind, printable, said, shown
from livecode.edits.report import short

NO_BREAK = "No break is open."

ENTRIES = 40
"""So many frames and folds are shown of one break."""

NAMES = 40
"""So many locals are shown of one frame."""

WIDTH = 100
"""Where a line of source and of a value ends."""

_CHAIN = 5
"""So many causes and contexts of an exception are shown, and levels of groups."""

_MEMBERS = 5
"""So many exceptions of a group are shown."""

_LINES = 60
"""So many lines are shown of an exception with all that belongs to it."""

_MESSAGE = 8
"""So many lines of an exception's message and of each note are shown."""

_AROUND = 7
"""The source around a frame's line: at most so many lines to each side."""

_FAST = 5000
"""Of longer files the lines are shown without a look at their statements, which takes seconds."""

_PERIOD = 6
"""Recursion through up to so many functions is folded."""

_QUIET = "color: var(--jp-ui-font-color2, #777)"
_WARN = "color: var(--jp-warn-color0, #b35900)"
_SMALL = "font-size: 90%"
_CODE = "margin: 0 0 0 2em; padding: 0; font-size: 90%; background: none"


def brief(brk: Break) -> str:
    """What stands under the traceback, for people who may never resume."""
    lines = [f"livecode: suspended {_where(brk)}, level {brk.level}; {_alive(brk)}."]
    others = [str(each) for each in brk.restarts if each.name != "resume"]
    if len(others) < len(brk.restarts):
        also = f"; also: {', '.join(others)}" if others else ""
        lines.append(f"%resume goes on there in the code as it is then{also}.")
    elif others:
        lines.append(f"%resume takes: {', '.join(others)}.")
    lines.append("%breaks shows the whole panel.")
    return "\n".join(lines)


def text(breaks: Sequence[Break], current: int | None = 0) -> str:
    """The whole panel.

    Args:
        breaks: all that are open.
        current: the number of the frame that is selected in the newest.
    """
    if not breaks:
        return NO_BREAK
    newest, *below = _newest_first(breaks)
    lines = [_head(newest)]
    lines += ["  " * (depth + 1) + line for depth, line in _exception(newest)]
    lines += ["", "Frames, the innermost first:"]
    for each in _entries(newest.frames, current):
        lines += _entry_text(each, current)
    lines += _restarts_text(newest.restarts)
    lines += newest.notes
    lines += [""] * bool(below) + [_short(each) for each in below]
    return "\n".join(lines)


def html(breaks: Sequence[Break], current: int | None = 0) -> str:
    """The whole panel for a notebook; arguments as for `text`."""
    if not breaks:
        return _div(NO_BREAK, _QUIET)
    newest, *below = _newest_first(breaks)
    parts = [_div(_head(newest), _WARN)]
    parts += [
        _div(line, f"margin-left: {2 * depth + 2}em; white-space: pre-wrap")
        for depth, line in _exception(newest)
    ]
    parts += [_entry_html(each, current) for each in _entries(newest.frames, current)]
    if newest.restarts:
        rows = [(str(n), _command(each), each.help) for n, each in enumerate(newest.restarts, 1)]
        parts.append(_table(("", "restart", "what it does"), rows))
    parts += [_div(each) for each in newest.notes]
    parts += [_div(_short(each), _QUIET) for each in below]
    return f'<div style="{_SMALL}">{"".join(parts)}</div>'


def frame_text(brk: Break, number: int) -> str:
    """One frame: its source, and its locals."""
    each = brk.numbered(number)
    if each is None:
        return _missing(brk, number)
    lines = [f"Frame {number} of level {brk.level}: {_frame(each)}", *_source_text(each)]
    rows, more = _locals(each.frame)
    if rows:
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        lines.append("")
        lines += [f"  {a.ljust(widths[0])}  {b.ljust(widths[1])}  {c}" for a, b, c in rows]
    if more:
        lines.append(f"  {more}")
    return "\n".join(lines)


def frame_html(brk: Break, number: int) -> str:
    """One frame for a notebook."""
    each = brk.numbered(number)
    if each is None:
        return _div(_missing(brk, number), _WARN)
    rows, more = _locals(each.frame)
    parts = [
        _div(f"Frame {number} of level {brk.level}: {_frame(each)}"),
        _source_html(each),
        _table(("name", "type", "value"), rows) if rows else "",
        _div(more, _QUIET) if more else "",
    ]
    return f'<div style="{_SMALL}">{"".join(parts)}</div>'


# What is said of a break, in words.


def _newest_first(breaks: Sequence[Break]) -> list[Break]:
    return sorted(breaks, key=lambda each: -each.level)


def _head(brk: Break) -> str:
    of = f", from {brk.source}" if brk.source else ""
    return f"Level {brk.level}: suspended {_where(brk)}{of}; {_alive(brk)}."


def _short(brk: Break) -> str:
    what = fitted(said(brk.error), WIDTH)
    return f"Level {brk.level}, below: {what} {_where(brk)}; {_alive(brk)}."


def _where(brk: Break) -> str:
    innermost = brk.numbered(0)
    if innermost is None:
        return f"in {brk.source}" if brk.source else "in code that is not tracked"
    return f"in {_frame(innermost)}"


def _alive(brk: Break) -> str:
    return "1 frame is alive" if brk.alive == 1 else f"{brk.alive} frames are alive"


def _frame(each: BreakFrame) -> str:
    return f"{each.name} ({_place(each)}:{each.lineno})"


def _missing(brk: Break, number: int) -> str:
    last = brk.alive - 1
    there = "it has none" if last < 0 else "it has 0 only" if last == 0 else f"it has 0 to {last}"
    return f"There is no frame {number} at level {brk.level}: {there}."


def _place(each: BreakFrame) -> str:
    """A file for people: a library's below the folder that it is imported from."""
    if each.place or each.filename.startswith("<"):
        return each.place or each.filename
    if each.tracked:
        return short(each.filename)
    folders = [os.path.join(path, "") for path in sys.path if path]
    under = [path for path in folders if each.filename.startswith(path)]
    name = each.filename[len(max(under, key=len)) :] if under else short(each.filename)
    return name.replace(os.sep, "/")


def _command(each: Restart) -> str:
    return "%resume" if each.name == "resume" else f"%resume {each}"


def _restarts_text(restarts: Sequence[Restart]) -> list[str]:
    if not restarts:
        return []
    width = max(len(_command(each)) for each in restarts)
    return ["", "Restarts, by name or number:"] + [
        f"  {number}  {_command(each).ljust(width)}  {each.help}".rstrip()
        for number, each in enumerate(restarts, 1)
    ]


# The exception: notes, causes and contexts, the members of groups; all of it bounded.


def _exception(brk: Break) -> list[tuple[int, str]]:
    """Lines, and how deep they stand."""
    lines = list(islice(_said(brk, brk.error, "", 0, set()), _LINES + 1))
    return lines if len(lines) <= _LINES else [*lines[:_LINES], (0, "… and more")]


def _said(
    brk: Break, error: BaseException, before: str, depth: int, seen: set[int]
) -> Iterator[tuple[int, str]]:
    seen.add(id(error))
    first, *more = _bounded(said(error))
    at = _raised_at(brk, error) if depth else ""
    yield depth, before + first + (at if not more else "")
    yield from ((depth + 1, line) for line in more)
    for note in _notes(error):
        line, *more = _bounded(note if isinstance(note, str) else shown(note))
        yield depth + 1, f"note: {line}"
        yield from ((depth + 2, line) for line in more)
    if depth >= _CHAIN:
        return
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions[:_MEMBERS]:
            if id(each) not in seen:
                yield from _said(brk, each, "- ", depth + 1, seen)
        if len(error.exceptions) > _MEMBERS:
            yield depth + 1, f"- … {len(error.exceptions) - _MEMBERS} more"
    cause, context = error.__cause__, error.__context__
    if cause is not None and id(cause) not in seen:
        yield from _said(brk, cause, "caused by ", depth + 1, seen)
    elif context is not None and not error.__suppress_context__ and id(context) not in seen:
        yield from _said(brk, context, "raised while handling ", depth + 1, seen)


def _notes(error: BaseException) -> Sequence[object]:
    try:
        notes = error.__notes__
    except Exception:  # it has none, or a user's own __getattr__ fails
        return ()
    return notes[:_MESSAGE] if type(notes) in (list, tuple) else ()


def _bounded(message: str) -> list[str]:
    """The lines of a message, not too long and not too many."""
    lines = message[: 50 * WIDTH].splitlines() or [""]
    found = [fitted(line, 3 * WIDTH) for line in lines[:_MESSAGE]]
    return found + [f"… {len(lines) - _MESSAGE} lines more"] * (len(lines) > _MESSAGE)


def _raised_at(brk: Break, error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    raised = BreakFrame(
        number=None,
        name=code.co_qualname,
        filename=code.co_filename,
        lineno=trace.tb_lineno,
        frame=None,
        tracked=point_of(code) is not None,
        restartable=False,
        place=brk.place_of(code.co_filename),
    )
    return f", in {_frame(raised)}"


# Which frames are shown, and which are folded into a line.


class Fold(NamedTuple):
    """Frames that one line stands for."""

    text: str


def _entries(frames: Sequence[BreakFrame], current: int | None) -> list[BreakFrame | Fold]:
    found = list(_folded(frames, current))
    if len(found) <= ENTRIES:
        return found
    head, tail = ENTRIES - 10, len(found) - 10
    left = found[head:tail]
    selected = [each for each in left if _is(each, current)]
    fold = Fold(f"… {len(left) - len(selected)} frames more; %frame N shows one")
    return [*found[:head], *selected, fold, *found[tail:]]


def _is(each: BreakFrame | Fold, current: int | None) -> bool:
    return isinstance(each, BreakFrame) and each.number is not None and each.number == current


def _folded(frames: Sequence[BreakFrame], current: int | None) -> Iterator[BreakFrame | Fold]:
    keys = [(each.filename, each.name, each.lineno, each.tracked) for each in frames]
    index = 0
    while index < len(frames):
        if not frames[index].tracked:
            end = index
            while end < len(frames) and not frames[end].tracked:
                end += 1
            yield _library(frames[index:end], innermost=index == 0)
            index = end
            continue
        period, end = _repeated(keys, index)
        yield from frames[index : index + period]
        if end > index + period:
            yield from _again(frames[index + period : end], period, current)
        index = end


def _repeated(keys: Sequence[object], index: int) -> tuple[int, int]:
    """How many frames from `index` on are one turn of a recursion, and where it ends."""
    for period in range(1, _PERIOD + 1):
        end = index + period
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        end -= (end - index) % period
        if end - index >= 3 * period:
            return period, end
    return 1, index + 1


def _again(
    frames: Sequence[BreakFrame], period: int, current: int | None
) -> Iterator[BreakFrame | Fold]:
    """Folds a recursion, but for the selected frame."""
    chosen = next((n for n, each in enumerate(frames) if _is(each, current)), len(frames))
    for part in (frames[:chosen], frames[chosen : chosen + 1], frames[chosen + 1 :]):
        if len(part) == 1 and (_is(part[0], current) or period > 1):
            yield part[0]
        elif part:
            yield _turns(part, period)


def _turns(part: Sequence[BreakFrame], period: int) -> Fold:
    numbers = [each.number for each in part if each.number is not None]
    count = len(part)
    which = f" ({numbers[0]} to {numbers[-1]})" if len(numbers) > 1 else f" ({numbers[0]})"
    which = which if numbers else ""
    if period == 1:
        times = "once" if count == 1 else f"{count} times"
        return Fold(f"… the same frame {times} more{which}")
    if count % period == 0 and count > period:
        return Fold(f"… the same {period} frames {count // period} times more{which}")
    return Fold(f"… {count} frames more of the same {period}{which}")


def _library(part: Sequence[BreakFrame], innermost: bool) -> Fold:
    places = list(dict.fromkeys(_place(each) for each in reversed(part)))
    files = ", ".join(places[:3]) + (f" and {len(places) - 3} more files" * (len(places) > 3))
    count = "1 frame" if len(part) == 1 else f"{len(part)} frames"
    raised = f"; it was raised in {_frame(part[0])}" if innermost else ""
    return Fold(f"… {count} of {files}{raised}")


def _entry_text(each: BreakFrame | Fold, current: int | None) -> list[str]:
    if isinstance(each, Fold):
        return [f"     {each.text}"]
    marker = ">" if _is(each, current) else " "
    return [f"{marker} {_title(each, current)}", *_source_text(each)]


def _title(each: BreakFrame, current: int | None) -> str:
    parts = [_frame(each)]
    parts += ["selected"] * _is(each, current) + ["restartable"] * each.restartable
    number = "" if each.number is None else each.number  # a frame below frame 0 is over
    return f"{number:<2} {', '.join(parts)}"


def _entry_html(each: BreakFrame | Fold, current: int | None) -> str:
    if isinstance(each, Fold):
        return _div(each.text, _QUIET + "; margin-left: 2em")
    chosen = _is(each, current)
    opened, weight = (" open", "; font-weight: bold") if chosen else ("", "")
    title = _escape(_title(each, current))
    summary = f'<summary style="cursor: pointer{weight}">{title}</summary>'
    return f"<details{opened}>{summary}{_source_html(each)}</details>"


# The source around a frame's line.


@dataclass
class _SourceLine:
    """A line of source; `number` is 0 for a gap, `columns` are those of the failing expression."""

    number: int
    text: str
    current: bool = False
    columns: tuple[int, int] | None = None


def _source_text(each: BreakFrame) -> list[str]:
    found = []
    for line in _around(each):
        marker = "->" if line.current else "  "
        found.append(f"     {marker} {line.number or '…':>4}  {line.text}".rstrip())
        if line.columns:
            start, end = line.columns
            found.append(" " * (14 + start) + "^" * (end - start))
    if _edited(each):
        found.append("        (edited since: the frame stands in the code as it was)")
    return found


def _source_html(each: BreakFrame) -> str:
    found = []
    for line in _around(each):
        marker = "->" if line.current else "  "
        number = _escape(f"{marker} {line.number or '…':>4}  ")
        code = _escape(line.text)
        if line.columns:
            start, end = line.columns
            code = (
                _escape(line.text[:start])
                + f'<span style="{_WARN}">{_escape(line.text[start:end])}</span>'
                + _escape(line.text[end:])
            )
        found.append(f"<b>{number}{code}</b>" if line.current else number + code)
    if _edited(each):
        found.append("(edited since: the frame stands in the code as it was)")
    return f'<pre style="{_CODE}">' + "\n".join(found) + "</pre>" if found else ""


def _lines(each: BreakFrame) -> list[str]:
    """The lines of its file as they are now; as they were where there is no file any more."""
    entry = linecache.cache.get(each.filename)
    linecache.checkcache(each.filename)
    found = linecache.getlines(each.filename, each.frame.f_globals if each.frame else None)
    if not found and entry is not None:
        linecache.cache[each.filename] = entry
        found = linecache.getlines(each.filename)
    return found


def _around(each: BreakFrame) -> list[_SourceLine]:
    try:
        lines = _statements(each)
    except Exception:  # stack_data's, for text that has been edited since
        lines = []
    lines = lines or _plain(each)
    for line in lines:
        line.text = _cut(line.text)
    return lines


def _cut(line: str) -> str:
    """A line of source, cut where it is too long."""
    line = printable(line.expandtabs(4).rstrip())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _statements(each: BreakFrame) -> list[_SourceLine]:
    """Two statements before and after, as stack_data has it; nothing without the frame."""
    lines = _lines(each)
    if each.frame is None or not lines or len(lines) > _FAST:
        return []
    found: list[_SourceLine] = []
    around: list[Any] = _Around(each.frame, each.lineno).lines  # type: ignore[misc]  # cached_property
    for line in around:
        if not isinstance(line, Line):
            found.append(_SourceLine(0, ""))
        elif abs(line.lineno - each.lineno) <= _AROUND:
            cut = line.leading_indent or 0
            found += _blank(lines, found[-1].number + 1 if found else 0, line.lineno)
            found.append(_line(each, line.lineno, line.text, cut))
    return found if any(line.current for line in found) else []


def _blank(lines: Sequence[str], first: int, last: int) -> list[_SourceLine]:
    """The lines before `last`, if all are blank: stack_data leaves them out."""
    if first <= 1 or any(line.strip() for line in lines[first - 1 : last - 1]):
        return []
    return [_SourceLine(number, "") for number in range(first, last)]


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


def _plain(each: BreakFrame) -> list[_SourceLine]:
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


def _line(each: BreakFrame, number: int, line: str, cut: int) -> _SourceLine:
    current = number == each.lineno
    columns = None
    start, end = each.positions
    if current and start is not None and end is not None and not _edited(each):
        encoded = line.encode()
        start, end = (len(encoded[:column].decode(errors="ignore")) for column in (start, end))
        whole = line.strip() == line[start:end].strip()
        if cut <= start < end <= min(len(line), WIDTH) and not whole and "\t" not in line:
            columns = (start - cut, end - cut)
    return _SourceLine(number, line[cut:], current, columns)


def _edited(each: BreakFrame) -> bool:
    """Whether the line reads otherwise than in the code that the frame runs."""
    point = point_of(each.frame.f_code) if each.frame is not None else None
    if point is None or each.frame is None:
        return False
    first = point.first if point.module else each.frame.f_code.co_firstlineno
    was = point.text.splitlines()
    index = each.lineno - first
    now = linecache.getline(each.filename, each.lineno).rstrip("\r\n")
    return 0 <= index < len(was) and was[index].strip() != now.strip()


# The locals of a frame.


def _locals(frame: FrameType | None) -> tuple[list[tuple[str, str, str]], str]:
    """Rows of name, type and value, and what is to be said of those left out.

    Data first, then functions, classes and modules. Of a module or a cell only those names that the
    code uses; of any frame no name that is not an identifier (livecode's own) or has two underscores.
    """
    if frame is None:
        return [], ""
    values: dict[str, Any] = dict(frame.f_locals)
    names = list(values)
    if frame.f_locals is frame.f_globals:
        names = [name for name in dict.fromkeys(frame.f_code.co_names) if name in values]
    names = [name for name in names if name.isidentifier() and not name.startswith("__")]
    names.sort(key=lambda name: issubclass(type(values[name]), _DEFINED))
    rows = [
        (fitted(name, 30), fitted(kind(values[name]), 30), shown(values[name]))
        for name in names[:NAMES]
    ]
    left = len(names) - len(rows)
    return rows, f"… {left} names more" if left else ""


_DEFINED = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    type,
)


# HTML.


def _escape(words: str) -> str:
    return markup.escape(words)


def _div(words: str, style: str = "") -> str:
    return (
        f'<div style="{style}">{_escape(words)}</div>' if style else f"<div>{_escape(words)}</div>"
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_escape(cell)}</th>" for cell in headings)
    left = ' style="text-align: left"'
    body = "".join(
        "<tr>" + "".join(f"<td{left}>{_escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
