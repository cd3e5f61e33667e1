"""Overflow: failures where the stack is nearly used up, so that livecode itself has little left of it.

In: a RecursionError that passes an instrumented frame. Out: whether there is room enough to decide about
it; and the exception as plain Python would have raised it.

The innermost frame of a recursion without end can call nothing, and so not ask livecode: the call that
asks fails with another RecursionError, raised while the first is handled. Further out there is room, and
one is made of the two again.
"""

from __future__ import annotations

from opcode import opmap
from types import CodeType, TracebackType

from livecode.breaks.point import asks
from livecode.breaks.trail import is_own, joined, without_ours

_LEVELS = 150
"""So many calls within calls are room enough."""

_CONSTANT = opmap["LOAD_CONST"]
_EXTENDED = opmap["EXTENDED_ARG"]


def has_room(levels: int = _LEVELS) -> bool:
    """Whether so many calls within calls are possible here."""
    try:
        return levels == 0 or has_room(levels - 1)
    except RecursionError:
        return False


def repair(error: RecursionError) -> None:
    """Take back what livecode's own calls, which failed as well, have made of an exception."""
    trace = error.__traceback__
    first: BaseException = error
    while _is_ours(first) and isinstance(first.__context__, RecursionError):
        first = first.__context__
        trace = joined(_outside(trace), first.__traceback__)
    if first is not error:
        error.args = first.args
        error.__context__ = first.__context__
        error.__cause__ = first.__cause__
        error.__suppress_context__ = first.__suppress_context__
    if trace is not error.__traceback__ or is_own(_last(trace)):
        error.__traceback__ = without_ours(trace)
    _forget_ours(error)


def _forget_ours(error: BaseException) -> None:
    """Leave out of what an exception was raised after what livecode's calls have raised."""
    seen = set[int]()
    each = error
    while each.__context__ is not None and id(each) not in seen:
        seen.add(id(each))
        context = each.__context__
        if _is_ours(context) and isinstance(context.__context__, RecursionError):
            each.__context__ = context.__context__
        else:
            each = context


def _is_ours(error: BaseException) -> bool:
    """Whether a RecursionError was raised by the call that asks livecode."""
    last = _last(error.__traceback__)
    return (
        type(error) is RecursionError
        and last is not None
        and (is_own(last) or _is_asking(last.tb_frame.f_code, last.tb_lasti))
    )


def _last(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def _outside(trace: TracebackType | None) -> list[TracebackType]:
    """The entries of a traceback, without the frame that asks: what it asks about has that frame, too."""
    found: list[TracebackType] = []
    while trace is not None and not _is_asking(trace.tb_frame.f_code, trace.tb_lasti):
        found.append(trace)
        trace = trace.tb_next
    return found


def _is_asking(code: CodeType, lasti: int) -> bool:
    """Whether an instruction calls what asks livecode (``LETS``): the function is loaded just before."""
    instructions = code.co_code
    for at in range(lasti - 2, max(lasti - 24, -1), -2):
        if instructions[at] == _CONSTANT:
            index, shift = instructions[at + 1], 8
            while at >= 2 and instructions[at - 2] == _EXTENDED:
                at -= 2
                index |= instructions[at + 1] << shift
                shift += 8
            return index < len(code.co_consts) and asks(code.co_consts[index])
    return False
