"""Wording: what is said of a break and its exception, in words.

In: a `Break`, its frames and restarts. Out: lines of text; all of an exception, bounded: its notes, causes
and contexts, the members of groups.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from livecode.breaks.point import point_of
from livecode.breaks.record import Break, BreakFrame, Restart
from livecode.breaks.values import fitted, said, shown
from livecode.edits.report import short

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


def head(brk: Break) -> str:
    """The line over the panel."""
    of = f", from {brk.source}" if brk.source else ""
    return f"Level {brk.level}: suspended {where(brk)}{of}; {alive(brk)}."


def in_short(brk: Break) -> str:
    """A break that is not the newest."""
    what = fitted(said(brk.error), WIDTH)
    return f"Level {brk.level}, below: {what} {where(brk)}; {alive(brk)}."


def where(brk: Break) -> str:
    """The innermost frame that is alive."""
    innermost = brk.numbered(0)
    if innermost is None:
        return f"in {brk.source}" if brk.source else "in code that is not tracked"
    return f"in {called(innermost)}"


def alive(brk: Break) -> str:
    """How many frames are alive."""
    return "1 frame is alive" if brk.alive == 1 else f"{brk.alive} frames are alive"


def called(each: BreakFrame) -> str:
    """A frame: its function, file and line."""
    return f"{each.name} ({place_name(each)}:{each.lineno})"


def missing(brk: Break, number: int) -> str:
    """That there is no such frame."""
    last = brk.alive - 1
    there = "it has none" if last < 0 else "it has 0 only" if last == 0 else f"it has 0 to {last}"
    return f"There is no frame {number} at level {brk.level}: {there}."


def place_name(each: BreakFrame) -> str:
    """A file for people: a library's below the folder that it is imported from."""
    if each.place or each.filename.startswith("<"):
        return each.place or each.filename
    if each.tracked:
        return short(each.filename)
    folders = [os.path.join(path, "") for path in sys.path if path]
    under = [path for path in folders if each.filename.startswith(path)]
    name = each.filename[len(max(under, key=len)) :] if under else short(each.filename)
    return name.replace(os.sep, "/")


def command(each: Restart) -> str:
    """What is typed for a restart."""
    return "%resume" if each.name == "resume" else f"%resume {each}"


def lines_of(brk: Break) -> list[tuple[int, str]]:
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
    return f", in {called(raised)}"
