"""Breaks in a shell: cells run as computations, breaks are shown, restarts are carried out.

In: the coroutine in which IPython runs a cell's statements. Out: whether it failed; a failure that
nothing will handle leaves the cell suspended, and the cell ends as if the exception had got to it.
"""

from __future__ import annotations

import atexit
import sys
import traceback
from bdb import BdbQuit
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from livecode.breaks import computation as computations
from livecode.breaks import dynamic
from livecode.breaks.compiling import policy
from livecode.breaks.computation import Broke, Computation, Seen, Waiting, drive
from livecode.breaks.earlier import instrument
from livecode.breaks.importing import Finder
from livecode.breaks.machine import Action, Machine, Suspended, install
from livecode.breaks.trail import tidy
from livecode.later import later
from livecode.modules import is_user_file
from livecode.source import Source

if TYPE_CHECKING:
    from livecode.breaks import panel, rest, restarts
else:
    panel = later("livecode.breaks.panel")
    rest = later("livecode.breaks.rest")
    restarts = later("livecode.breaks.restarts")


_NO_ATTRIBUTE: Any = object()


class BreakLoop:
    """The breaks of one shell.

    Args:
        shell: the InteractiveShell.
        limit: how many breaks may be open.
        offer: adds what else a new break offers.
        fault: is told of an error of livecode's own.
    """

    def __init__(
        self,
        shell: Any,
        limit: int = 8,
        offer: Callable[[Suspended], None] = lambda each: None,
        fault: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        self.shell = shell
        self._offer = offer
        self._fault = fault
        self.machine = Machine(self._offers, limit, self._place_of, (UsageError, BdbQuit), fault)
        self._finder = Finder(is_user_file)
        self._showtraceback = shell._showtraceback
        self._show_failure = shell.showtraceback
        self._rest: CodeType | None = None
        self.earlier: list[Source] = []
        self._brief: Suspended | None = None
        self._told: BaseException | None = None
        self._caught: list[tuple[BaseException, list[str]]] | None = None
        self._should_run_async = shell.should_run_async
        self._asynchronous = True

    def _offers(self, suspended: Suspended) -> None:
        try:
            restarts.offers(suspended)
            self._offer(suspended)
        except Exception as error:  # reported as ours; what can go on can go on
            self._fault(error)

    @property
    def open(self) -> list[Suspended]:
        """The open breaks, the highest level last."""
        return self.machine.open

    def set(self, enabled: bool, limit: int) -> None:
        """Take over settings: whether failures are breaks, and how many may be open."""
        policy.enabled = self.machine.breaks = enabled
        self.machine.limit = limit

    def install(self, enabled: bool) -> None:
        """Instrument from now on, if that is wanted, and take up failures."""
        self.set(enabled, self.machine.limit)
        install(self.machine)
        self.machine.announce = self._announce
        self._finder.install()
        atexit.register(self.abort_all)
        self.shell._showtraceback = self._show_traceback
        self.shell.showtraceback = self.showtraceback
        self.shell.should_run_async = self.should_run_async
        dynamic.places.append((self.shell, "display_pub"))  # %%capture exchanges it

    def remove(self) -> None:
        """Unwind what is suspended, and leave failures alone."""
        self.abort_all()
        computations.dismiss()
        atexit.unregister(self.abort_all)
        policy.enabled = False
        install(None)
        self._finder.remove()
        if self.shell.__dict__.get("_showtraceback") == self._show_traceback:
            del self.shell.__dict__["_showtraceback"]
        if self.shell.__dict__.get("showtraceback") == self.showtraceback:
            del self.shell.__dict__["showtraceback"]
        if self.shell.__dict__.get("should_run_async") == self.should_run_async:
            del self.shell.__dict__["should_run_async"]
        dynamic.places[:] = [each for each in dynamic.places if each[0] is not self.shell]

    def instrument_earlier(self, sources: Iterable[Source], seconds: float) -> None:
        """Instrument modules that were imported before livecode was loaded; what takes longer waits.

        Args:
            sources: of modules to be done; they are noted.
            seconds: how long to go on now.
        """
        self.earlier += [each for each in sources if each.text is not None]
        if self.earlier and policy.enabled:
            self.earlier = instrument(self.earlier, seconds)

    # -- cells ---------------------------------------------------------------------------------

    def should_run_async(self, raw_cell: str, **given: Any) -> bool:
        """Whether a cell is asynchronous: one that lets an asynchronous one go on is, too."""
        answer = bool(self._should_run_async(raw_cell, **given))
        if self.open and not answer and given.get("preprocessing_exc_tuple") is None:
            answer = (
                any(each.computation.asynchronous for each in self.open)
                and any(each in raw_cell for each in ("resume", "unload_ext"))
                and bool(self.shell.autoawait)
            )
        self._asynchronous = answer
        return answer

    async def run(
        self,
        coroutine: Coroutine[Any, Any, Any],
        label: Callable[[], str],
        key: str,
        result: Any,
        seen: Seen,
    ) -> Any:
        """Run a cell's statements in a computation; gives what the coroutine returns, or True."""
        __tracebackhide__ = "__ipython_bottom__"
        nested = computations.current is not None  # in a cell: they are suspended together
        if self.open and not nested:
            for each in [each for each in self.open if each.computation.key == key]:
                await self._end(each)
        breaks = self.machine.breaks or bool(self.open)
        if nested or not breaks or not seen.may_fail:
            failed: Any = True
            seen.enter()
            try:
                failed = await coroutine
                return failed
            finally:
                seen.leave(failed)
        computation = Computation(coroutine, label, key, seen, result)
        computation.asynchronous = self._asynchronous or bool(self.shell.trio_runner)
        answer = await _Awaited(computation.start())
        suspended = self.machine.begun(answer)
        if suspended is None:
            return answer.value
        await self._limit()
        self.show(suspended)
        if result is not None:
            result.error_in_exec = suspended.record.error
        return True

    def show(self, suspended: Suspended) -> None:
        """Show the traceback as ever, and under it what is suspended."""
        __tracebackhide__ = True
        record = suspended.record
        error, shell = record.error, self.shell
        self._brief = suspended
        try:
            raise error
        except BaseException:
            error.__traceback__ = record.trace
            if isinstance(error, shell.custom_exceptions):
                shell.CustomTB(type(error), error, record.trace)
            else:
                shell.showtraceback((type(error), error, record.trace), running_compiled_code=True)
        finally:
            if self._brief is not None:  # it was not shown as usual
                self._brief = None
                print(panel.brief(record), file=sys.stderr)

    def _announce(self, suspended: Suspended) -> None:
        """Tell of a break in another thread: its traceback, and what can be done."""
        record = suspended.record
        error = record.error
        lines = traceback.format_exception(type(error), error, record.trace)
        text = "".join(lines) + "\n" + panel.brief(record)
        print(f"livecode: a failure in {record.source}:\n{text}", file=sys.stderr)

    def _place_of(self, filename: str) -> str:
        """What IPython calls the cell that has this file name."""
        numbers = getattr(self.shell.compile, "_filename_map", {})
        number = numbers.get(filename) if isinstance(numbers, dict) else None
        return "" if number is None else f"In [{number}]"

    def showtraceback(self, *given: Any, **options: Any) -> None:
        """Show an exception as IPython does; one that a cell's statement has let out is a break."""
        __tracebackhide__ = True
        error = sys.exception()
        told, self._told = self._told, None
        if error is not None and error is told:
            return
        if (
            not given
            and options == {"running_compiled_code": True}
            and error is not None
            and sys._getframe(1).f_code.co_name == "run_code"
        ):
            action = self.machine.at_top(error)
            if action is not None and action.rest is not None:
                found = action.rest({})
                assert isinstance(found, rest.ModuleRest)
                self._rest = found.code
                return
        if error is not None:
            tidy(error)
        self._show_failure(*given, **options)

    def take_rest(self) -> CodeType | None:
        """The code that does the rest of a statement which failed; None if there is nothing to do."""
        found, self._rest = self._rest, None
        return found

    def _show_traceback(self, etype: Any, error: Any, lines: list[str]) -> None:
        __tracebackhide__ = True
        brief = self._brief
        is_new = brief is not None and error is brief.record.error
        if brief is not None and is_new:
            lines = [*lines, "\n" + panel.brief(brief.record)]  # modes join lines differently
        if self._caught is not None:
            self._caught.append((error, lines))
        else:
            self._showtraceback(etype, error, lines)  # fails if the error has no text
        if is_new:
            self._brief = None

    # -- restarts ------------------------------------------------------------------------------

    def go_on(self, suspended: Suspended, action: Action) -> Any:
        """Let a computation go on, inside of the cell that says so.

        Returns:
            What its coroutine returned.

        Raises:
            BaseException: what it raised; shown with the traceback that it had there.
        """
        __tracebackhide__ = True
        self.machine.close(suspended)
        if isinstance(suspended.computation, Waiting):
            suspended.computation.give(action)
            return None
        caught: list[tuple[BaseException, list[str]]] = []
        before, self._caught = self._caught, caught
        try:
            with self._quiet_as(suspended.computation.seen.text):
                answer = drive(suspended.computation.go_on(action), computations.current)
        finally:
            self._caught = before
        again = self.machine.begun(answer)
        if again is not None:
            error = again.record.error
            self._caught = caught
            try:
                self.show(again)
            finally:
                self._caught = before
            _, lines = caught[-1] if caught else (error, [])
            self.machine.let_pass(error)
            raise _shown(error, lines)
        if caught:
            error, lines = caught[-1]
            self.machine.let_pass(error)
            raise _shown(error, lines)
        ended = suspended.computation.result
        if answer.value and ended is not None and ended.error_in_exec is not None:
            # It is a group, or the person shows it in a way of their own.
            self._told = ended.error_in_exec
            self.machine.let_pass(self._told)
            raise self._told
        return answer.value

    @contextmanager
    def _quiet_as(self, text: str) -> Iterator[None]:
        """Show values as the cell with this text does: none if it ends with a semicolon."""
        hook = self.shell.displayhook
        before = hook.__dict__.get("quiet", _NO_ATTRIBUTE)
        hook.quiet = lambda: hook.semicolon_at_end_of_expression(text)
        try:
            yield
        finally:
            if before is _NO_ATTRIBUTE:
                del hook.quiet
            else:
                hook.quiet = before

    def end(self, suspended: Suspended) -> None:
        """Unwind a computation: the exception goes on, and nothing of it is shown."""
        drive(self._ending(suspended), computations.current)

    async def _end(self, suspended: Suspended) -> None:
        """The same in a cell: what it awaits on the way out is awaited, if the cell can."""
        if self._asynchronous:
            await _Awaited(self._ending(suspended))
        else:
            self.end(suspended)

    def _ending(self, suspended: Suspended) -> Generator[Any, Any, None]:
        """The steps of that."""
        self.machine.close(suspended)
        if isinstance(suspended.computation, Waiting):
            suspended.computation.give(restarts.abort())
            return
        before, self._caught = self._caught, []
        try:
            answer = yield from suspended.computation.go_on(restarts.abort())
            while isinstance(answer, Broke):  # it failed once more on the way out
                self.machine.begun(answer)
                self.machine.close(answer.suspended)
                answer = yield from answer.suspended.computation.go_on(restarts.abort())
        finally:
            self._caught = before

    def abort_all(self) -> list[BaseException]:
        """Unwind every computation, the newest first; gives what was raised on the way."""
        raised: list[BaseException] = []
        while self.open:
            try:
                self.end(self.open[-1])
            except BaseException as error:  # the others are to be unwound, too
                raised.append(error)
        return raised

    async def _limit(self) -> None:
        while len(self.open) > self.machine.limit:
            oldest = self.open[0]
            print(
                f"livecode: LiveCode.max_breaks is {self.machine.limit}; the oldest break"
                f" ({oldest.record.source}) was aborted.",
                file=sys.stderr,
            )
            await self._end(oldest)


class _Awaited:
    """The steps of a computation, to be awaited."""

    def __init__(self, steps: Generator[Any, Any, Any]) -> None:
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._steps


def _shown(error: BaseException, lines: list[str]) -> BaseException:
    """An exception that IPython shows with the given lines, when it is raised once more."""

    def render() -> list[str]:
        del error.__dict__["_render_traceback_"]
        return lines

    error.__dict__["_render_traceback_"] = render
    return error
