"""The magics of the break loop: they look into what is suspended, and let it go on.

They parse their arguments, ask `livecode.breaks`, and show what it says. What they cannot do is said
in a line or two without a traceback, and the break stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
    output_can_be_silenced,
)
from IPython.core.magic_arguments import argument, magic_arguments

from livecode.edits.report import escaped
from livecode.ipython import display
from livecode.ipython.breaking import _shown
from livecode.ipython.magics import ArgumentsError, parsed, usage_error
from livecode.later import later
from livecode.sources.parsing import syntax

if TYPE_CHECKING:
    from livecode.breaks import looking, panel, rest, restarts, values
    from livecode.breaks import record as records
    from livecode.breaks.machine import Action, Suspended
    from livecode.breaks.record import BreakFrame, Restart
    from livecode.evolution import paying
    from livecode.ipython import answers
    from livecode.ipython.session import LiveCode
else:
    looking = later("livecode.breaks.looking")
    panel = later("livecode.breaks.panel")
    records = later("livecode.breaks.record")
    rest = later("livecode.breaks.rest")
    restarts = later("livecode.breaks.restarts")
    values = later("livecode.breaks.values")
    paying = later("livecode.evolution.paying")
    answers = later("livecode.ipython.answers")

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PLACES = ("resume", "retry", "skip")
"""Restarts that go on in frame 0, and take no argument."""


class Refused(Exception):
    """What a magic of the break loop cannot do; shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        first, *more = str(self).splitlines()
        return [f"livecode: {first}", *more]


def _reported(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a magic raises is no break; wrong arguments give a usage line."""

    @wraps(function)
    def checked(self: BreakMagics, line: str = "", *rest: Any) -> Any:
        __tracebackhide__ = True
        failed: BaseException
        try:
            return function(self, line, *rest)
        except (UsageError, ArgumentsError) as error:
            failed = usage_error(checked.parser, error)  # type: ignore[attr-defined]
        except BaseException as error:
            failed = error
        self.session.breaks.machine.let_pass(failed)
        raise failed

    return checked


@magics_class
class BreakMagics(Magics):
    """The magics of one session's break loop."""

    def __init__(self, shell: Any, session: LiveCode) -> None:
        super().__init__(shell)
        self.session = session

    # -- looking around --------------------------------------------------------------------------

    @magic_arguments()
    @line_magic
    @_reported
    def breaks(self, line: str) -> None:
        """Show what is suspended: exception, frames and restarts of the newest break, and its level."""
        parsed(self.breaks, line)
        breaks = self.session.breaks.open
        records = [each.record for each in breaks]
        current = breaks[-1].current if breaks else None
        text, markup = panel.text(records, current), panel.html(records, current)
        waiting = answers.lines(self.session.workspace)
        if waiting:
            text = "\n".join([*([text, ""] if breaks else []), *waiting])
            markup = (markup if breaks else "") + "".join(
                f"<div>{escaped(each)}</div>" for each in waiting
            )
        display.show_both(self.shell, text, markup)

    @no_var_expand
    @output_can_be_silenced
    @magic_arguments()
    @argument("number", nargs="?", metavar="N", help="of the frame; without it, the selected one")
    @line_cell_magic
    @_reported
    def frame(self, line: str, cell: str | None = None) -> Any:
        """Select frame N of the newest break, and show its source and locals.

        As a cell magic: run the cell in frame N (or the selected one). It sees the frame's names;
        what it assigns is assigned in the frame; the value of its last expression is shown.
        """
        __tracebackhide__ = True
        suspended = self._newest()
        number = parsed(self.frame, line).number
        if number is not None and not number.isdecimal():
            raise UsageError(f"{number!r} is not the number of a frame")
        chosen = self._frame(suspended, suspended.current if number is None else int(number))
        if cell is not None:
            return self._look(suspended, chosen, self._python(cell))
        self._select(suspended, chosen)
        return None

    @magic_arguments()
    @argument("count", nargs="?", default="1", metavar="N", help="how many frames (default 1)")
    @line_magic
    @_reported
    def up(self, line: str) -> None:
        """Select the caller of the selected frame, and show it."""
        self._move(parsed(self.up, line).count, 1)

    @magic_arguments()
    @argument("count", nargs="?", default="1", metavar="N", help="how many frames (default 1)")
    @line_magic
    @_reported
    def down(self, line: str) -> None:
        """Select the frame that the selected one has called, and show it."""
        self._move(parsed(self.down, line).count, -1)

    def _move(self, count: str, direction: int) -> None:
        if not count.isdecimal():
            raise UsageError(f"{count!r} is not a number of frames")
        suspended = self._newest()
        last = suspended.record.alive - 1
        number = suspended.current + direction * int(count)
        if number < 0:
            raise Refused(f"frame {suspended.current} is selected, and frame 0 is the innermost")
        if number > last:
            raise Refused(
                f"frame {suspended.current} is selected, and frame {last} is the outermost"
            )
        self._select(suspended, self._frame(suspended, number))

    def _select(self, suspended: Suspended, chosen: BreakFrame) -> None:
        number = chosen.number
        assert number is not None
        suspended.current = number
        text = panel.frame_text(suspended.record, number)
        markup = panel.frame_html(suspended.record, number)
        rows = [
            f"{name}: deleted by you"
            if value is looking.GONE
            else f"{name} = {values.shown(value)}, bound by you"
            for name, value in sorted(suspended.extra.get(id(chosen.frame), {}).items())
        ]
        text = "\n".join([text, *(f"  {row}" for row in rows)])
        markup += "".join(f"<div>{escaped(row)}</div>" for row in rows)
        display.show_both(self.shell, text, markup)

    def _newest(self, level: int | None = None) -> Suspended:
        """The newest break, which must be the level that is asked for."""
        breaks = self.session.breaks.open
        if not breaks:
            raise Refused("no break is open" if level is None else f"level {level} is over")
        newest = len(breaks)
        if level is not None and not 1 <= level <= newest:
            raise Refused(f"there is no level {level}; the newest is level {newest}")
        if level is not None and level < newest:
            raise Refused(f"level {level} is below level {newest}: resume or abort that first")
        return breaks[-1]

    def _frame(self, suspended: Suspended, number: int) -> BreakFrame:
        found = suspended.record.numbered(number)
        if found is None or found.frame is None:
            last = suspended.record.alive - 1
            raise Refused(f"there is no frame {number}; frames are numbered 0 to {last}")
        return found

    def _python(self, text: str) -> str:
        """The text with IPython syntax in it translated."""
        try:
            syntax(text)
        except (SyntaxError, ValueError):
            transformed: str = self.session.terminal.transform_cell(text)
            return transformed
        return text

    def _look(self, suspended: Suspended, chosen: BreakFrame, text: str) -> Any:
        """Run a text in a frame; what it raises is shown as it would be without livecode."""
        __tracebackhide__ = True
        assert chosen.frame is not None
        extra = suspended.extra.setdefault(id(chosen.frame), {})
        count = self.session.terminal.displayhook.prompt_count
        filename = f"<frame {chosen.number}, In [{count}]>"
        failed: BaseException
        try:
            value, notes = looking.run_in(chosen.frame, text, extra, filename)
        except looking.CannotRun as error:
            failed = Refused(str(error))
        except BaseException as error:
            failed = self._of_text(error)
        else:
            if notes:
                display.show(self.shell, [f"livecode: {note}" for note in notes])
            return value
        raise failed

    def _of_text(self, error: BaseException) -> BaseException:
        """An exception of the person's text, with a traceback that begins there."""
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN):
            trace = trace.tb_next
        error.__traceback__ = trace
        if isinstance(error, (SyntaxError, KeyboardInterrupt)):
            return error
        formatter = self.session.terminal.InteractiveTB
        lines = formatter.structured_traceback(type(error), error, trace, tb_offset=0)
        return _shown(error, lines)

    # -- going on --------------------------------------------------------------------------------

    @no_var_expand
    @magic_arguments()
    @argument("--level", metavar="L", help="of the break; only the newest can go on")
    @argument("what", nargs="?", metavar="RESTART", help="its name, or its number in the panel")
    @argument("argument", nargs="*", metavar="ARGUMENT", help="an expression or a frame's number")
    @line_magic
    @_reported
    def resume(self, line: str) -> None:
        """Let the newest break go on: at the failing statement, in the code as it is now.

        Or as RESTART says: retry, skip, restart [N], return EXPR, use EXPR, store EXPR, abort, or one
        that the program offers. EXPR is evaluated in the selected frame. The rest of the broken cell
        runs here.
        """
        __tracebackhide__ = True
        level, what, text = _split(line)
        if self._answers_an_edit(what):
            if what == answers.DEFAULT and not text:
                raise UsageError("default needs an expression")
            done = self._answered(lambda: answers.answer(self.session, what, text))
            display.show(self.shell, [f"livecode: {each}" for each in done])
            return
        suspended = self._newest(level)
        what, text = _with_blanks(what, text, suspended)
        chosen = self._chosen(suspended, what)
        name = chosen.name
        failed: BaseException
        try:
            action, notes = self._action(suspended, chosen, text)
        except rest.CannotRestart as error:
            failed = Refused(f"{name} is not possible: {error}\n{self._instead(suspended, name)}")
        else:
            if notes:
                self._tell(suspended, name, notes)
            self.session.breaks.go_on(suspended, action)
            return
        raise failed

    def _answers_an_edit(self, what: str) -> bool:
        """Whether a restart is meant for an edit that is held back: no break offers it."""
        breaks = self.session.breaks.open
        if what not in (answers.DEFAULT, "skip", "abort") or not answers.held(
            self.session.workspace
        ):
            return False
        return not breaks or all(each.name != what for each in breaks[-1].record.restarts)

    def _answered(self, ask: Callable[[], Any]) -> Any:
        """What an answer to a debt gives; what it raises is shown as an error of the expression."""
        __tracebackhide__ = True
        failed: BaseException
        try:
            return ask()
        except paying.CannotPay as error:
            failed = Refused(str(error))
        except BaseException as error:
            failed = self._of_text(error)
        raise failed

    def _chosen(self, suspended: Suspended, what: str) -> Restart:
        """The restart that is meant by a name or a number."""
        offered = suspended.record.restarts
        names = [each.name for each in offered]
        if not what:
            return records.Restart("resume")
        if what.isdecimal():
            if not 1 <= int(what) <= len(names):
                raise UsageError(f"there is no restart {what}; they are numbered 1 to {len(names)}")
            return offered[int(what) - 1]
        if what in names:
            found = [each for each in offered if each.name == what]
            return min(found, key=lambda each: each.own)
        possible = ", ".join(names)
        if what in ("use", "store", "default"):
            error = type(suspended.record.error).__name__
            raise Refused(f"{what} is not offered for this {error}; there is {possible}")
        if what in ("restart", "return"):
            return records.Restart(what)  # it is said why not
        raise UsageError(f"there is no restart {what!r}; there is {possible}")

    def _action(self, suspended: Suspended, chosen: Restart, text: str) -> tuple[Action, list[str]]:
        """What is to be done, and what the person should know about it."""
        __tracebackhide__ = True
        name = chosen.name
        if chosen.own:
            value = self._value(suspended, text) if text else None
            return restarts.invoke(suspended, name, value), []
        if name in (*_PLACES, "abort") and text:
            raise UsageError(f"{name} takes no argument")
        if name in _PLACES:
            return restarts.resume(suspended, name)
        if name == "abort":
            return restarts.abort(), []
        if name == "restart":
            if text and not text.isdecimal():
                raise UsageError(f"{text!r} is not the number of a frame")
            number = int(text) if text else suspended.current
            return restarts.restart(suspended, number), []
        if not text and chosen.argument == "EXPR":
            raise UsageError(f"{name} needs an expression")
        if name == answers.DEFAULT:
            ready = restarts.resume(suspended, "retry")  # before anything is paid
            workspace = self.session.workspace
            done = self._answered(lambda: answers.settle(workspace, suspended, text))
            return ready[0], [*ready[1], done]
        if name == "return":
            restarts.give_back(suspended, suspended.current, None)  # before anything is evaluated
        value = self._value(suspended, text) if text else None
        if name == "return":
            return restarts.give_back(suspended, suspended.current, value), []
        if name == "use":
            return restarts.use(suspended, value)
        return restarts.store(suspended, value)

    def _value(self, suspended: Suspended, text: str) -> Any:
        """The value of an expression in the selected frame."""
        __tracebackhide__ = True
        failed: BaseException
        try:
            syntax(text, "<expression>", "eval")
        except SyntaxError as error:
            failed = Refused(f"{text} is no expression: {error.msg}")
        else:
            return self._look(suspended, self._frame(suspended, suspended.current), text)
        raise failed

    def _instead(self, suspended: Suspended, name: str) -> str:
        """Which restarts are possible where one is not."""
        possible = [
            str(each)
            for each in suspended.record.restarts
            if each.name != name and self._is_possible(suspended, each.name)
        ]
        return f"The break stays open. Possible: {', '.join(possible)}."

    @staticmethod
    def _is_possible(suspended: Suspended, name: str) -> bool:
        try:
            if name in _PLACES:
                restarts.resume(suspended, name)
            elif name == "restart":
                restarts.restart(suspended, suspended.current)
            elif name == "return":
                restarts.give_back(suspended, suspended.current, None)
        except rest.CannotRestart:
            return False
        return True

    def _tell(self, suspended: Suspended, name: str, notes: list[str]) -> None:
        innermost = suspended.record.numbered(0)
        where = innermost.name if innermost is not None else suspended.record.source
        does = {"retry": "runs the statement again", "skip": "goes on behind the statement"}
        first, *more = notes
        text = f"{does.get(name, 'goes on')} in {where}; {first}"
        rest = f"{'; '.join(more)}" if more else ""
        display.show(self.shell, [f"livecode: {text}", *([f"livecode: {rest}"] if rest else [])])


def _with_blanks(what: str, text: str, suspended: Suspended) -> tuple[str, str]:
    """Restart and argument, where the program offers a restart whose name has blanks."""
    said = f"{what} {text}"
    for each in suspended.record.restarts:
        if each.own and " " in each.name and f"{said} ".startswith(f"{each.name} "):
            return each.name, said[len(each.name) :].strip()
    return what, text


def _split(line: str) -> tuple[int | None, str, str]:
    """Level, restart and argument of a line; the argument as it stands there."""
    level = None
    rest = line.strip()
    if rest.startswith("--"):
        option, _, after = rest.partition(" ")
        option, equals, value = option.partition("=")
        if option != "--level":
            raise UsageError(f"unknown option {option}")
        if not equals:
            value, _, after = after.strip().partition(" ")
        if not value.isdecimal():
            raise UsageError("--level needs a number")
        level, rest = int(value), after.strip()
    what, _, text = rest.partition(" ")
    text = text.strip()
    if level is None and text.startswith("--level"):  # of a restart without an expression
        level, more, after = _split(text)
        if more or after:
            raise UsageError("--level comes first")
        text = ""
    return level, what, text


__all__ = ["BreakMagics", "Refused"]
