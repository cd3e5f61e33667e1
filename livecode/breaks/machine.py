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

import sys
import threading
from collections.abc import Callable
from types import CellType, FrameType, FunctionType, TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from greenlet import GreenletExit

from livecode.breaks import computation as computations
from livecode.breaks import overflow, running
from livecode.breaks.computation import Broke, Computation, Done, Waiting
from livecode.breaks.offered import Invoked
from livecode.breaks.point import Point, point_of
from livecode.breaks.rest import Rest
from livecode.breaks.running import Moving
from livecode.breaks.trail import (
    came_through,
    evaluates,
    is_hidden,
    next_tracked,
    number_frames,
    went_through_ours,
    went_through_plain,
    with_callers,
    without_ours,
)
from livecode.later import later

if TYPE_CHECKING:
    from livecode.breaks import record as records
    from livecode.breaks.record import Break
else:
    records = later("livecode.breaks.record")

NEVER: tuple[type[BaseException], ...] = (
    StopIteration,
    StopAsyncIteration,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    GreenletExit,
    Invoked,
)
"""Exceptions that are no failures; ``asyncio.CancelledError`` is another one."""


_handling: Any = None
"""`livecode.breaks.handling`, loaded when the first exception passes: it takes long to load."""


class Action(NamedTuple):
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
            error.__traceback__ = without_ours(error.__traceback__)
            return self._passes_to_target(frame, out)
        if (
            id(error) == now.decided[0] == running.decided[0]
            and id(frame) != now.decided[1]
            and came_through(error.__traceback__, frame)
        ):
            return True
        if type(error) is RecursionError:
            if not overflow.has_room():
                running.decided[0] = 0
                return True  # a frame further out decides
            overflow.repair(error)
        computation = self._computation()
        if computation is None or self._is_no_failure(error) or point.plain or not self.breaks:
            return True
        if not computation.is_inside():
            return True
        trace = error.__traceback__
        lasti = trace.tb_lasti if trace is not None and trace.tb_frame is frame else frame.f_lasti
        handling = _handling or _load_handling()
        try:
            takes = handling.taker(error, frame, lasti, computation.root, left=out)
        except RecursionError:
            running.decided[0] = 0
            return True  # there is too little of the stack left; a frame further out decides
        except Exception as fault:  # ours: the person's exception goes on as in plain Python
            self._fault(fault)
            return True
        if takes is None and (
            went_through_ours(error.__traceback__)
            or went_through_plain(error.__traceback__)
            or evaluates(frame)
        ):
            return True
        if takes is not None:
            now.decided = id(error), id(next_tracked(takes.frame))
            running.decided[0] = id(error)
            if takes.sure and takes.frame is not frame:
                handling.remember(point.taken, frame, takes.frame, type(error))
            return True
        if not overflow.has_room():
            running.decided[0] = 0
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
        running.begin(Moving(frame))
        return False

    def _is_no_failure(self, error: BaseException) -> bool:
        """Whether an exception, or one in a group, is no failure; groups of an Exception only are one."""
        if isinstance(error, Exception) or not isinstance(error, BaseExceptionGroup):
            return isinstance(error, self.never) or _is_cancellation(error)
        return any(map(self._is_no_failure, error.exceptions))

    def at_top(self, error: BaseException) -> Action | None:
        """What becomes of an exception that a statement of a cell has let out, and that IPython is about
        to show; None: it shows it."""
        computation = computations.current
        if (
            computation is None
            or error is self._of_thread.passing
            or self._is_no_failure(error)
            or not self.breaks
            or not computation.is_inside()
            or threading.get_ident() != self.home
            or went_through_ours(error.__traceback__)
            or went_through_plain(error.__traceback__)
            or evaluates(sys._getframe())
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
        trace = without_ours(error.__traceback__)
        whole = trace if at_top else with_callers(trace, frame.f_back)
        frames = records.frames_of(whole, point_of, is_hidden, self.place_of)
        number_frames(frames, frame)
        record = records.Break(
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


def _is_cancellation(error: BaseException) -> bool:
    """Whether an exception ends a task. (Importing asyncio for it takes longer than loading livecode.)"""
    return isinstance(error, getattr(sys.modules.get("asyncio"), "CancelledError", ()))


def _load_handling() -> Any:
    global _handling
    from livecode.breaks import handling

    _handling = handling
    return handling


def install(machine: Machine | None) -> None:
    """Let instrumented code tell its failures to a machine; None: they pass on."""
    running.machine = machine
