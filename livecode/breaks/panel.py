"""What the person sees of breaks: two or three lines under the traceback, the panel, one frame.

In: `Break`s as data. Out: text, or HTML for notebooks, that says the same. Nothing is asked of livecode
or of IPython; source lines are read when they are shown.

Text and HTML are made from the same parts: what is said of the exception (`wording`), which frames are
shown and which are folded (`folding`), the source around a frame's line (`excerpt`), and its locals.
"""

from __future__ import annotations

import html as markup
import types
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from livecode.breaks.folding import Fold, entries, is_selected
from livecode.breaks.record import Break, BreakFrame, Restart
from livecode.breaks.values import fitted, kind, shown
from livecode.breaks.wording import (
    alive,
    called,
    command,
    head,
    in_short,
    lines_of,
    missing,
    where,
)

if TYPE_CHECKING:
    from livecode.breaks.excerpt import SourceLine

NO_BREAK = "No break is open."

NAMES = 40
"""So many locals are shown of one frame."""

_QUIET = "color: var(--jp-ui-font-color2, #777)"

_WARN = "color: var(--jp-warn-color0, #b35900)"

_SMALL = "font-size: 90%"

_CODE = "margin: 0 0 0 2em; padding: 0; font-size: 90%; background: none"


def brief(brk: Break) -> str:
    """What stands under the traceback, for people who may never resume."""
    lines = [f"livecode: suspended {where(brk)}, level {brk.level}; {alive(brk)}."]
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
    lines = [head(newest)]
    lines += ["  " * (depth + 1) + line for depth, line in lines_of(newest)]
    lines += ["", "Frames, the innermost first:"]
    for each in entries(newest.frames, current):
        lines += _entry_text(each, current)
    lines += _restarts_text(newest.restarts)
    lines += newest.notes
    lines += [""] * bool(below) + [in_short(each) for each in below]
    return "\n".join(lines)


def html(breaks: Sequence[Break], current: int | None = 0) -> str:
    """The whole panel for a notebook; arguments as for `text`."""
    if not breaks:
        return _div(NO_BREAK, _QUIET)
    newest, *below = _newest_first(breaks)
    parts = [_div(head(newest), _WARN)]
    parts += [
        _div(line, f"margin-left: {2 * depth + 2}em; white-space: pre-wrap")
        for depth, line in lines_of(newest)
    ]
    parts += [_entry_html(each, current) for each in entries(newest.frames, current)]
    if newest.restarts:
        rows = [(str(n), command(each), each.help) for n, each in enumerate(newest.restarts, 1)]
        parts.append(_table(("", "restart", "what it does"), rows))
    parts += [_div(each) for each in newest.notes]
    parts += [_div(in_short(each), _QUIET) for each in below]
    return f'<div style="{_SMALL}">{"".join(parts)}</div>'


def frame_text(brk: Break, number: int) -> str:
    """One frame: its source, and its locals."""
    each = brk.numbered(number)
    if each is None:
        return missing(brk, number)
    lines = [f"Frame {number} of level {brk.level}: {called(each)}", *_source_text(each)]
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
        return _div(missing(brk, number), _WARN)
    rows, more = _locals(each.frame)
    parts = [
        _div(f"Frame {number} of level {brk.level}: {called(each)}"),
        _source_html(each),
        _table(("name", "type", "value"), rows) if rows else "",
        _div(more, _QUIET) if more else "",
    ]
    return f'<div style="{_SMALL}">{"".join(parts)}</div>'


def _newest_first(breaks: Sequence[Break]) -> list[Break]:
    return sorted(breaks, key=lambda each: -each.level)


def _restarts_text(restarts: Sequence[Restart]) -> list[str]:
    if not restarts:
        return []
    width = max(len(command(each)) for each in restarts)
    return ["", "Restarts, by name or number:"] + [
        f"  {number}  {command(each).ljust(width)}  {each.help}".rstrip()
        for number, each in enumerate(restarts, 1)
    ]


def _entry_text(each: BreakFrame | Fold, current: int | None) -> list[str]:
    if isinstance(each, Fold):
        return [f"     {each.text}"]
    marker = ">" if is_selected(each, current) else " "
    return [f"{marker} {_title(each, current)}", *_source_text(each)]


def _title(each: BreakFrame, current: int | None) -> str:
    parts = [called(each)]
    parts += ["selected"] * is_selected(each, current) + ["restartable"] * each.restartable
    number = "" if each.number is None else each.number  # a frame below frame 0 is over
    return f"{number:<2} {', '.join(parts)}"


def _entry_html(each: BreakFrame | Fold, current: int | None) -> str:
    if isinstance(each, Fold):
        return _div(each.text, _QUIET + "; margin-left: 2em")
    chosen = is_selected(each, current)
    opened, weight = (" open", "; font-weight: bold") if chosen else ("", "")
    title = _escape(_title(each, current))
    summary = f'<summary style="cursor: pointer{weight}">{title}</summary>'
    return f"<details{opened}>{summary}{_source_html(each)}</details>"


def _source_text(each: BreakFrame) -> list[str]:
    found = []
    lines, edited = _source(each)
    for line in lines:
        marker = "->" if line.current else "  "
        found.append(f"     {marker} {line.number or '…':>4}  {line.text}".rstrip())
        if line.columns:
            start, end = line.columns
            found.append(" " * (14 + start) + "^" * (end - start))
    if edited:
        found.append("        (edited since: the frame stands in the code as it was)")
    return found


def _source_html(each: BreakFrame) -> str:
    found = []
    lines, edited = _source(each)
    for line in lines:
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
    if edited:
        found.append("(edited since: the frame stands in the code as it was)")
    return f'<pre style="{_CODE}">' + "\n".join(found) + "</pre>" if found else ""


def _source(each: BreakFrame) -> tuple[list[SourceLine], bool]:
    """The source around a frame's line, and whether it was edited since."""
    # Imported only now: stack_data takes long to load, and most sessions never need it.
    from livecode.breaks.excerpt import excerpt, is_edited

    return excerpt(each), is_edited(each)


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
