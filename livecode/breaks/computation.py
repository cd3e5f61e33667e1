"""A computation: one cell's run in a greenlet of its own, so that it can be left while it is alive.

In: a coroutine (IPython runs the statements of a cell in one). Out: its result, or a `Broke`: it is
suspended somewhere inside, and goes on when it is told to.

Whoever drives a computation is its greenlet's parent at that time: first the shell, then the cell that
resumes it. Awaitables that the coroutine yields are handed to the driver, which awaits them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from types import FrameType
from typing import Any, NamedTuple, Protocol

import greenlet

from livecode.breaks.dynamic import Dynamic


class Done(NamedTuple):
    """The coroutine has returned."""

    value: Any


class Broke(NamedTuple):
    """The computation is suspended in a break."""

    suspended: Any


class _Yields(NamedTuple):
    """The coroutine waits for something."""

    awaited: Any


class _Begins(NamedTuple):
    """A computation begins."""

    computation: Computation
    sent: _Sent


class _Sent(NamedTuple):
    value: Any


class _Thrown(NamedTuple):
    error: BaseException


_ENOUGH = 4
"""So many greenlets at most are kept for computations to come."""


class _Idle(threading.local):
    """Greenlets of this thread whose computation has ended: the next one runs in one of them, since to
    make a greenlet takes as long as a small cell."""

    def __init__(self) -> None:
        self.greenlets: list[greenlet.greenlet] = []


_idle = _Idle()

current: Computation | None = None
"""The computation whose code runs now, in the thread of the shell."""


class Seen(Protocol):
    """Sees a cell while it runs."""

    may_fail: bool
    """Whether anything in the cell can fail."""

    text: str
    """The text of the cell."""

    def enter(self) -> None:
        """The cell begins to run, or goes on."""

    def leave(self, failed: Any) -> None:
        """The cell has run, or is left."""


class Computation:
    """One run of a cell.

    Args:
        coroutine: does the work.
        label: gives what the person calls it, ``In [3]``, if that is asked for while it runs.
        key: of the cell, to know it when it is run again.
        seen: is told whenever the cell begins or ceases to run.
        result: IPython's object for the result.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        label: Callable[[], str],
        key: str,
        seen: Seen,
        result: Any = None,
    ) -> None:
        self._name_it = label
        self._label = ""
        self.seen = seen
        self.result = result
        self.key = key
        self.thread = threading.get_ident()
        self.asynchronous = False
        """Whether its cell is: what it awaits is awaited by whoever drives it."""
        self.root: FrameType | None = None
        self._coroutine = coroutine
        self._dynamic = Dynamic()
        self._greenlet: greenlet.greenlet | None = None

    @property
    def label(self) -> str:
        """What the person calls it."""
        self._label = self._label or self._name_it()
        return self._label

    def run(self, message: _Sent | _Thrown) -> Done:
        """Run the coroutine to its end; called inside."""
        parent: Any
        self.root = sys._getframe()
        while True:
            try:
                if isinstance(message, _Thrown):
                    awaited = self._coroutine.throw(message.error)
                else:
                    awaited = self._coroutine.send(message.value)
            except StopIteration as stop:
                return Done(stop.value)
            parent = greenlet.getcurrent().parent
            message = parent.switch(_Yields(awaited))

    def start(self) -> Generator[Any, Any, Done | Broke]:
        """Run from the beginning; a generator, to be driven with ``yield from`` or `drive`."""
        self._greenlet = _idle.greenlets.pop() if _idle.greenlets else _served()
        self._greenlet.gr_context = greenlet.getcurrent().gr_context
        return self._steps(_Begins(self, _Sent(None)))

    def go_on(self, action: Any) -> Generator[Any, Any, Done | Broke]:
        """Go on from a break with an action, which `suspend` returns."""
        self._dynamic.enter()
        return self._steps(action)

    def suspend(self, suspended: Any) -> Any:
        """Called inside: leave the computation; returns the action with which it goes on."""
        parent: Any = greenlet.getcurrent().parent
        self._dynamic.leave_context()
        action = parent.switch(Broke(suspended))
        self._dynamic.enter_context()
        return action

    def hand_out(self, awaited: Any) -> Any:
        """Called inside, by code that drives another computation: let the driver of this one wait."""
        parent: Any = greenlet.getcurrent().parent
        message = parent.switch(_Yields(awaited))
        if isinstance(message, _Thrown):
            raise message.error
        return message.value

    def is_inside(self) -> bool:
        """Whether the code that calls runs in this computation, and not in a greenlet of the person."""
        return greenlet.getcurrent() is self._greenlet

    def _steps(self, message: Any) -> Generator[Any, Any, Done | Broke]:
        failed: Any = True
        self.seen.enter()
        try:
            answer = self._switch(message)
            while isinstance(answer, _Yields):
                try:
                    message = _Sent((yield answer.awaited))
                except BaseException as error:
                    message = _Thrown(_without_steps(error))
                answer = self._switch(message)
            failed = answer.value if isinstance(answer, Done) else True
            return answer
        finally:
            self.seen.leave(failed)

    def _switch(self, message: Any) -> Done | Broke | _Yields:
        """Run until it ends, breaks, or waits for something."""
        global current
        inside = self._greenlet
        assert inside is not None
        inside.parent = greenlet.getcurrent()
        before, current = current, self
        try:
            answer = inside.switch(message)
        except BaseException:
            self._dynamic.end()
            raise
        finally:
            current = before
        if isinstance(answer, _Yields):
            return answer
        if isinstance(answer, Broke):
            self._dynamic.leave()
            return answer
        self._dynamic.end()
        self._greenlet = self.root = inside.gr_context = None
        if not inside.dead:
            _rest(inside)
        return answer if isinstance(answer, Done) else Done(True)


def _served() -> greenlet.greenlet:
    """A greenlet that waits for a computation to begin."""
    inside = greenlet.greenlet(_serve)
    inside.switch()
    return inside


def _serve() -> None:
    """Run computations, one after the other: what a greenlet does.

    (What it would be given as arguments would live as long as it does.)
    """
    done: Done | None = None
    while True:
        parent: Any = greenlet.getcurrent().parent
        begins: _Begins | None = parent.switch(done)
        del parent
        if begins is None:
            return
        done = begins.computation.run(begins.sent)
        del begins


def _rest(inside: greenlet.greenlet) -> None:
    """Keep a greenlet for the next computation, or let it end."""
    if len(_idle.greenlets) < _ENOUGH:
        _idle.greenlets.append(inside)
    else:
        inside.parent = greenlet.getcurrent()
        inside.switch(None)


def dismiss() -> None:
    """Let the greenlets end that wait for the next computation."""
    while _idle.greenlets:
        inside = _idle.greenlets.pop()
        inside.parent = greenlet.getcurrent()
        inside.switch(None)


class Waiting:
    """What runs in another thread than the shell's: it cannot be left, so the thread waits.

    Args:
        label: the name of the thread.
    """

    key = ""
    asynchronous = False

    def __init__(self, label: str) -> None:
        self.label = f"thread {label}"
        self._action: Any = None
        self._given = threading.Event()
        self.root = _beginning(sys._getframe())

    def is_inside(self) -> bool:
        """Whether the code that calls runs in it."""
        return True

    def suspend(self, suspended: Any) -> Any:
        """Wait for an action. When the program ends, nobody can give one: the exception passes on."""
        while not self._given.wait(0.2):
            if not threading.main_thread().is_alive():
                return self._last
        return self._action

    _last: Any = None

    def give(self, action: Any) -> None:
        """Let the thread go on."""
        self._action = action
        self._given.set()


def _beginning(frame: FrameType | None) -> FrameType | None:
    """The frame of `threading` that has begun a thread; what it does with exceptions is to show them."""
    while frame is not None:
        if frame.f_code.co_name == "_bootstrap_inner":
            return frame
        frame = frame.f_back
    return None


def _without_steps(error: BaseException) -> BaseException:
    """An exception that is thrown into what waits, without what it came through here on its way."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    error.__traceback__ = trace
    return error


def drive(steps: Generator[Any, Any, Any], inside: Computation | None) -> Any:
    """Drive the steps of a computation from code that cannot await.

    Args:
        steps: of `Computation.start` or `go_on`.
        inside: the computation that the calling code runs in; what is awaited is handed to its driver.
            Without one that is asynchronous, an exception is raised in place of the waiting.
    """
    try:
        awaited = next(steps)
        while True:
            if inside is None or not inside.asynchronous:
                if awaited is None:  # it only gives others a turn
                    awaited = steps.send(None)
                else:
                    awaited = steps.throw(RuntimeError("only an asynchronous cell can wait here"))
                continue
            try:
                sent = inside.hand_out(awaited)
            except BaseException as error:
                awaited = steps.throw(_without_steps(error))
            else:
                awaited = steps.send(sent)
    except StopIteration as stop:
        return stop.value
