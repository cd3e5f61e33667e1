"""The machine: what happens to a failure in instrumented code, and the breaks that are open.

In: an exception that passes a block of an instrumented function. Out: whether it passes on; if nothing
will handle it, the computation is suspended here, inside of the handler, until a restart is chosen.

1. Each instrumented block that an exception passes asks `passes`. The innermost one decides for all
   frames up to the one that will take it (`livecode.breaks.handling`); the others only compare two ids.
2. If nothing will take it, a `Suspended` is made and control goes to whoever drives the computation.
3. A restart comes back as an `Action`: the exception passes on after all; or it does so up to one
   frame, which then calls a function and returns what that returns; or control moves at once.
"""

from __future__ import annotations

import os
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass
from types import CellType, CodeType, FrameType, FunctionType, TracebackType
from typing import Any, TypeAlias

from livecode.breaks import computation as computations
from livecode.breaks import running
from livecode.breaks.computation import Broke, Computation, Done, Waiting
from livecode.breaks.handling import decides, taker
from livecode.breaks.plain import is_plain
from livecode.breaks.point import Point, Taken, point_of, position_at
from livecode.breaks.record import Break, frames_of
from livecode.breaks.running import Moving

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
Rest: TypeAlias = Callable[[dict[str, CellType]], Callable[[], Any]]
NEVER: tuple[type[BaseException], ...] = (StopIteration, StopAsyncIteration)
"""Exceptions that are no failures (those that are no ``Exception`` aside)."""


_CALLERS = 16
_FAR = 8
"""For how many callers, and how far outward, a function remembers that an exception is taken."""

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


@dataclass
class Action:
    """How a suspended computation goes on.

    Attributes:
        frame: the frame that returns what `rest` returns; None lets the exception pass on.
        rest: gets the cells of the frame, by name, and gives a function to be called for it.
        aside: the frame's open blocks are taken over by `rest`; else they are left with the exception.
        raises: is raised in the innermost frame, in place of all that.
    """

    frame: FrameType | None = None
    rest: Rest | None = None
    aside: bool = False
    raises: BaseException | None = None


class _OfThread(threading.local):
    """What becomes of the exception that is on its way in a thread."""

    decided = (0, 0)
    """The ids of an exception and of the frame in which it is to be decided anew."""
    passing: BaseException | None = None
    target: Action | None = None


class Suspended:
    """A computation that is suspended in a break.

    Attributes:
        record: what the person is shown.
        computation: is suspended.
        frame: the innermost instrumented frame.
        trace: the traceback that the exception had; it is shown with the frames around, too.
        current: the number of the frame that the person looks at.
        functions: of the frames, by number.
        extra: for each frame (by id), values that the person bound there and that are no locals.
    """

    def __init__(
        self,
        record: Break,
        computation: Computation | Waiting,
        frame: FrameType,
        trace: TracebackType | None,
    ) -> None:
        self.record = record
        self.computation = computation
        self.frame = frame
        self.trace = trace
        self.current = 0
        self.functions: dict[int, FunctionType | None] = {}
        self.extra: dict[int, dict[str, Any]] = {}
        self.is_over = False


class Machine:
    """Decides about failures, and knows the open breaks (the last is the highest level).

    Args:
        offers: gives a new break its restarts and notes.
        limit: how many breaks may be open.
        place_of: what a file is called for people, or empty.
        never: more exceptions that are no failures.
        fault: is told of an error of livecode's own; the exception passes on then.
    """

    def __init__(
        self,
        offers: Callable[[Suspended], None],
        limit: int = 8,
        place_of: Callable[[str], str] = lambda filename: "",
        never: tuple[type[BaseException], ...] = (),
        fault: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        self._fault = fault
        self.offers = offers
        self.place_of = place_of
        self.never = (*NEVER, *never)
        self.limit = limit
        self.open: list[Suspended] = []
        self.breaks = True
        self.home = threading.get_ident()
        """The shell's thread."""
        self.threads = False
        """Whether a failure in another thread is a break, too."""
        self.announce: Callable[[Suspended], None] = lambda each: None
        """Is told of a break in another thread."""
        self._of_thread = _OfThread()
        self._answered: list[BaseException] = []
        self._rest: dict[int, Rest] = {}

    # -- called from instrumented code -----------------------------------------------------------

    def passes(self, point: Point, error: BaseException, frame: FrameType, out: bool) -> bool:
        """Whether an exception may go on out of a block (or with `out` the function) of a frame."""
        if self._answered:
            self._forget_answered(error)
        now = self._of_thread
        if now.passing is not None and error is now.passing:
            error.__traceback__ = _without_ours(error.__traceback__)
            return self._passes_to_target(frame, out)
        computation = self._computation()
        if (
            computation is None
            or not isinstance(error, Exception)
            or isinstance(error, self.never)
            or point.plain
            or not self.breaks
        ):
            return True
        trace = error.__traceback__
        if (
            id(error) == now.decided[0] == running.decided[0]
            and id(frame) != now.decided[1]
            and trace is not None
            and _went_through(trace.tb_next)
        ):
            return True
        if not computation.is_inside():
            return True
        lasti = trace.tb_lasti if trace is not None and trace.tb_frame is frame else frame.f_lasti
        try:
            takes = taker(error, frame, lasti, computation.root, left=out)
        except RecursionError:
            return True  # there is too little of the stack left; a frame further out decides
        except Exception as fault:  # ours: the person's exception goes on as in plain Python
            self._fault(fault)
            return True
        if takes is None and (
            _is_ours(error.__traceback__) or _is_plain(error.__traceback__) or _evaluates(frame)
        ):
            return True
        if takes is not None:
            now.decided = id(error), id(_next_tracked(takes.frame))
            running.decided[0] = id(error)
            if takes.sure and takes.frame is not frame:
                _remember(point.taken, frame, takes.frame, type(error))
            return True
        action = self._suspend(error, frame, computation)
        if action.raises is not None:
            raise action.raises
        if action.frame is None:
            now.passing = error
            return True
        assert action.rest is not None
        if not action.aside:
            now.passing, now.target = error, action
            return self._passes_to_target(frame, out)
        self._rest[id(frame)] = action.rest
        self._answered.append(error)
        if out:
            return False
        running.begin(Moving(frame, True))
        return False

    def at_top(self, error: BaseException) -> Action | None:
        """What becomes of an exception that a statement of a cell has let out, and that IPython is about
        to show; None: it shows it."""
        computation = computations.current
        if (
            computation is None
            or error is self._of_thread.passing
            or not isinstance(error, Exception)
            or isinstance(error, self.never)
            or not self.breaks
            or not computation.is_inside()
            or threading.get_ident() != self.home
            or _is_ours(error.__traceback__)
            or _is_plain(error.__traceback__)
            or _evaluates(sys._getframe())
        ):
            return None
        if self._answered:
            self._forget_answered(error)
        trace = error.__traceback__
        while trace is not None:
            point = point_of(trace.tb_frame.f_code)
            if point is not None and point.module:
                action = self._suspend(error, trace.tb_frame, computation, at_top=True)
                if action.raises is not None:
                    raise action.raises
                if action.frame is None:
                    self._of_thread.passing = error
                    return None
                self._answered.append(error)
                return action
            trace = trace.tb_next
        return None

    def go(self, frame: FrameType, cells: dict[str, CellType]) -> Any:
        """The function that does the rest of what a frame was to do."""
        point = point_of(frame.f_code)
        if point is not None:
            point.held.clear()  # the rest has them
        return self._rest.pop(id(frame))(cells)

    def _forget_answered(self, error: BaseException) -> None:
        """What is raised by the rest of a function is not raised while handling what that came from."""
        each, seen = error, set[int]()
        while each.__context__ is not None and id(each) not in seen:
            seen.add(id(each))
            context = each.__context__
            if any(context is answered for answered in self._answered):
                each.__context__ = context.__context__
            else:
                each = context

    def _passes_to_target(self, frame: FrameType, out: bool) -> bool:
        now = self._of_thread
        target = now.target
        if target is None or target.frame is not frame or not out:
            return True
        assert target.rest is not None
        self._rest[id(frame)] = target.rest
        if now.passing is not None:
            self._answered.append(now.passing)
        now.passing = now.target = None
        return False

    def _computation(self) -> Computation | Waiting | None:
        """What runs in this thread."""
        if threading.get_ident() == self.home:
            return computations.current
        return Waiting(threading.current_thread().name) if self.threads else None

    def _suspend(
        self,
        error: BaseException,
        frame: FrameType,
        computation: Computation | Waiting,
        at_top: bool = False,
    ) -> Action:
        trace = _without_ours(error.__traceback__)
        whole = trace if at_top else _with_callers(trace, frame.f_back)
        frames = frames_of(whole, point_of, _is_hidden, self.place_of)
        _number(frames, frame)
        record = Break(
            len(self.open) + 1,
            error,
            frames,
            source=computation.label,
            trace=whole,
            place_of=self.place_of,
        )
        suspended = Suspended(record, computation, frame, trace)
        self._of_thread.decided = (0, 0)
        error.__traceback__ = whole
        if isinstance(computation, Waiting):
            self._opened(suspended)
            self.announce(suspended)
        action: Action = computation.suspend(suspended) or Action()
        error.__traceback__ = trace
        return action

    # -- called by who drives computations -------------------------------------------------------

    def begun(self, answer: Done | Broke) -> Suspended | None:
        """Note what came of driving a computation: the new break, or None if it has ended."""
        self._of_thread.passing = self._of_thread.target = None
        if isinstance(answer, Done):
            if not self.open:
                self._answered.clear()
            return None
        suspended: Suspended = answer.suspended
        self._opened(suspended)
        return suspended

    def _opened(self, suspended: Suspended) -> None:
        suspended.record.level = len(self.open) + 1
        self.open.append(suspended)
        self.offers(suspended)

    def let_pass(self, error: BaseException) -> None:
        """This exception is no failure any more, wherever it is raised until the cell ends."""
        self._of_thread.passing, self._of_thread.target = error, None

    def close(self, suspended: Suspended) -> None:
        """A break is no longer open: its computation goes on, or has been unwound."""
        if suspended in self.open:
            self.open.remove(suspended)
        suspended.is_over = True
        for level, each in enumerate(self.open, 1):
            each.record.level = level


def _remember(taken: Taken, frame: FrameType, takes: FrameType, kind: type[BaseException]) -> None:
    """Remember that an exception which passes a frame is taken by another one, not far outward."""
    steps: list[FrameType] = []
    caller = frame.f_back
    while caller is not None and len(steps) < _FAR:
        if not decides(caller, kind, caller is takes):
            return
        steps.append(caller)
        if caller is takes:
            break
        caller = caller.f_back
    else:
        return
    for caller in steps:
        if len(taken) >= _CALLERS:
            return
        further: Taken | None = None if caller is takes else {}
        known = taken.get(caller.f_lasti)
        if known is not None and known[0] is caller.f_code and known[1] is kind:
            further = known[2]
        else:
            taken[caller.f_lasti] = (caller.f_code, kind, further)
        if further is None:
            return
        taken = further


def _went_through(trace: TracebackType | None) -> bool:
    """Whether an exception has passed an instrumented frame already."""
    while trace is not None:
        if point_of(trace.tb_frame.f_code) is not None:
            return True
        trace = trace.tb_next
    return False


def _is_ours(trace: TracebackType | None) -> bool:
    """Whether an exception came out of livecode itself: what a person evaluates by its magics."""
    while trace is not None:
        if _works(trace.tb_frame):
            return True
        trace = trace.tb_next
    return False


def _is_plain(trace: TracebackType | None) -> bool:
    """Whether an exception came out of a function that fails as in plain Python."""
    while trace is not None:
        if is_plain(trace.tb_frame.f_code):
            return True
        trace = trace.tb_next
    return False


def _evaluates(frame: FrameType | None) -> bool:
    """Whether livecode evaluates something for an edit or a magic: its failure is told by that."""
    while frame is not None:
        if _works(frame):
            return True
        frame = frame.f_back
    return False


def _works(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    return filename.startswith(_OWN) and not filename.startswith(_RIM)


def _next_tracked(frame: FrameType | None) -> FrameType | None:
    """The frame, or the first one around it, that is instrumented."""
    while frame is not None and point_of(frame.f_code) is None:
        frame = frame.f_back
    return frame


def _number(frames: list[Any], innermost: FrameType) -> None:
    """Number the instrumented frames that are alive."""
    number = None
    for each in frames:
        if each.frame is innermost:
            number = 0
        each.number = None
        if number is not None and each.tracked:
            each.number = number
            number += 1


def _is_hidden(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_OWN) or is_shell(frame.f_code, frame.f_lasti)


def is_shell(code: CodeType, lasti: int) -> bool:
    """Whether a frame, at an instruction of its code, only waits for what does the rest for it.

    What livecode's handlers consist of has no width in the source.
    """
    if point_of(code) is None:
        return False
    line, end_line, column, end = position_at(code, lasti)
    return column is not None and line == end_line and column == end


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without frames of livecode, and without those that the rest was done for."""
    kept = []
    while trace is not None:
        ours = trace.tb_frame.f_code.co_filename.startswith(_OWN)
        if not ours and not is_shell(trace.tb_frame.f_code, trace.tb_lasti):
            kept.append(trace)
        trace = trace.tb_next
    made: TracebackType | None = None
    for each in reversed(kept):
        made = types.TracebackType(made, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return made


def _with_callers(trace: TracebackType | None, frame: FrameType | None) -> TracebackType | None:
    """A traceback with the frames around it, up to IPython's that runs the cell."""
    pending: list[FrameType] = []
    known = 0
    while frame is not None:
        pending.append(frame)
        if frame.f_code.co_name == "run_code" and "interactiveshell" in frame.f_code.co_filename:
            known = len(pending)
        frame = frame.f_back
    for each in pending[: known or None]:
        if not _is_hidden(each):
            trace = types.TracebackType(trace, each, each.f_lasti, each.f_lineno)
    return trace


def install(machine: Machine | None) -> None:
    """Let instrumented code tell its failures to a machine; None: they pass on."""
    running.machine = machine
