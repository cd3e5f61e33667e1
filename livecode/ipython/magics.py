"""The magics: they parse their arguments, call the workspace, and show what it says."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from livecode.breaks.compiling import policy
from livecode.breaks.plain import plain
from livecode.edits.report import Report
from livecode.ipython import display
from livecode.later import later
from livecode.modules import user_file
from livecode.source import Source
from livecode.sources.outline import outline
from livecode.sources.parsing import syntax
from livecode.sources.text import Unreadable, read
from livecode.workspace import matching

if TYPE_CHECKING:
    from livecode import audit, evaluate
    from livecode.ipython import listing
    from livecode.ipython.session import LiveCode
else:
    audit = later("livecode.audit")
    evaluate = later("livecode.evaluate")
    listing = later("livecode.ipython.listing")

_PLACE = re.compile(r"^(?P<path>.*?)(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?$")


class ArgumentsError(Exception):
    """A magic's line cannot be split into arguments."""


def parsed(magic: Any, line: str) -> Any:
    """The arguments of a magic's line."""
    try:
        return parse_argstring(magic, line)
    except ValueError as error:  # quotes that do not close
        raise ArgumentsError(str(error)) from None


def usage_error(parser: Any, error: Exception) -> UsageError:
    """What is wrong with the arguments of a magic, in one line with its usage."""
    text = str(error).strip() or "wrong arguments"
    usage = parser.format_usage().strip().splitlines()[-1].strip()
    return UsageError(f"{text}; usage: {usage}")


def _usage(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn wrong arguments into a usage line without a traceback."""

    @wraps(function)
    def checked(self: LiveMagics, line: str = "", *rest: Any) -> Any:
        __tracebackhide__ = True
        try:
            return function(self, line, *rest)
        except (UsageError, ArgumentsError) as error:
            parser = checked.parser  # type: ignore[attr-defined]  # of magic_arguments
            raise usage_error(parser, error) from None

    return checked


EARLIER = 0.5
"""Seconds for which the code of a module that is tracked from now on may be instrumented at once."""


@magics_class
class LiveMagics(Magics):
    """The magics of one session."""

    def __init__(self, shell: Any, session: LiveCode) -> None:
        super().__init__(shell)
        self.session = session

    # -- %liveeval -------------------------------------------------------------------------------

    @no_var_expand
    @magic_arguments()
    @argument("-m", "--module", metavar="MODULE", help="evaluate in this module's namespace")
    @argument("-f", "--file", metavar="FILE", help="evaluate FILE, FILE:LINE or FILE:A-B")
    @argument("expression", nargs="*", metavar="EXPR", help="an expression or statement")
    @line_cell_magic
    @_usage
    def liveeval(self, line: str, cell: str | None = None) -> Any:
        """Evaluate an expression, a form or a file into the running program.

        What it defines takes the place of what is alive; the value of its last expression is shown.
        """
        __tracebackhide__ = True
        options, text = _split_options(line)
        if cell is not None:
            if text:
                raise UsageError("a cell magic takes its code from the cell, not from the line")
            text = cell
        if options.get("file") is not None:
            if text.strip():
                raise UsageError("-f takes no expression")
            return self._evaluate_file(options["file"], options.get("module"))
        if not text.strip():
            raise UsageError("an expression, a cell body or -f FILE is needed")
        source = self._source(options.get("module"))
        text = self._python(text, source)
        if cell is None and re.match(r"-[A-Za-z]\s", text) and not _parses(text):
            raise UsageError(f"unknown option {text.split()[0]}")
        return self._shown(evaluate.evaluate_text(self.session.workspace, source, text))

    def source_named(self, line: str) -> Source:
        """The source that the options of a ``%liveeval`` line name."""
        options, _ = _split_options(line)
        return self._source(options.get("module"))

    def _python(self, text: str, source: Source) -> str:
        """A cell body may contain IPython syntax in the notebook's namespace."""
        if source is self.session.notebook and (
            "\n" in text or text.lstrip().startswith(("%", "!"))
        ):
            transformed: str = self.session.terminal.transform_cell(text)
            return transformed
        return text

    def _evaluate_file(self, place: str, module: str | None) -> Any:
        __tracebackhide__ = True
        found = _PLACE.match(place)
        assert found is not None
        path, first, last = found["path"], found["first"], found["last"]
        if not path or (os.path.isfile(place) and not os.path.isfile(path)):
            path, first, last = place, None, None
        path = os.path.abspath(os.path.expanduser(path))
        source = self._source(module) if module else self._source_of_file(path)
        try:
            whole = outline(read(path), path)
        except Unreadable as reason:
            where = f", line {reason.line}" if reason.line else ""
            why = reason.reason if os.path.exists(path) else "does not exist"
            raise UsageError(f"{place}{where} {why}") from None
        except SyntaxError as error:
            raise UsageError(
                f"{path}:{error.lineno}: {type(error).__name__}: {error.msg}"
            ) from None
        part = 0
        if first is not None:
            whole, part = self._lines_of(whole, path, int(first), int(last or first))
        return self._shown(evaluate.evaluate(self.session.workspace, source, whole, path, part))

    @staticmethod
    def _lines_of(whole: Any, path: str, first: int, last: int) -> Any:
        count = len(whole.text.splitlines())
        if not 1 <= first <= last:
            raise UsageError(f"lines {first}-{last} are not a range")
        if first > count:
            raise UsageError(f"{path} has only {count} lines")
        chosen, part = evaluate.part_of(whole, first, last)
        if not chosen.statements:
            raise UsageError(f"there is no statement at line {first} of {path}")
        return chosen, part

    def _source(self, module: str | None) -> Source:
        """The source of a module by its name; the notebook's without one."""
        if module is None or module == self.session.notebook.name:
            return self.session.notebook
        self.session.workspace.discover()
        found = self.session.workspace.files.get(module)
        if found is not None:
            return found
        live = sys.modules.get(module)
        if live is None:
            raise UsageError(f"module {module!r} is not imported")
        path = user_file(module, live)
        if path is not None:
            return self.session.workspace.track(module, path, vars(live))
        return Source(module, "", vars(live), "")

    def _source_of_file(self, path: str) -> Source:
        self.session.workspace.discover()
        return self.session.workspace.by_file(path) or self.session.notebook

    def _shown(self, evaluated: evaluate.Evaluated) -> Any:
        self.session.tell(evaluated.report, only_problems=True)
        return evaluated.value

    # -- what is tracked, and what is defined ----------------------------------------------------

    @magic_arguments()
    @argument("--stop", action="store_true", help="track these no longer")
    @argument("--plain", action="store_true", help="let failures there be no breaks")
    @argument("names", nargs="*", metavar="NAME|PATH|GLOB", help="modules or files")
    @line_magic
    @_usage
    def livetrack(self, line: str) -> None:
        """Show what is tracked, track more, or track no longer."""
        options = parsed(self.livetrack, line)
        workspace = self.session.workspace
        workspace.discover()
        if options.plain:
            self._plain(options.names)
            return
        if options.stop:
            if not options.names:
                raise UsageError("--stop needs the names of what to track no longer")
            for pattern in options.names:
                found = list(matching(list(workspace.files.values()), pattern))
                if not found:
                    raise UsageError(f"{pattern!r} is not tracked")
                for source in found:
                    workspace.stop(source.name)
        else:
            for pattern in options.names:
                self._track(pattern)
        display.show_table(
            self.shell, listing.tracked(workspace, options.names if not options.stop else [])
        )

    def _plain(self, patterns: list[str]) -> None:
        """Let the code of modules fail without breaks from now on."""
        if not patterns:
            raise UsageError("--plain needs the names of the modules")
        files = self.session.workspace.files
        for pattern in patterns:
            found = list(matching(list(files.values()), pattern))
            if not found:
                raise UsageError(f"{pattern!r} is not tracked")
            for source in found:
                policy.plain.append(source.filename)
                plain(sys.modules[source.name])
                display.show(self.shell, [f"livecode: failures in {source.name} are no breaks"])

    def _track(self, pattern: str) -> None:
        workspace = self.session.workspace
        candidates = {
            name: path
            for name, module in list(sys.modules.items())
            if (path := user_file(name, module)) is not None
        }
        live = sys.modules.get(pattern)
        explicit = getattr(live, "__file__", None) if live is not None else None
        if isinstance(explicit, str) and explicit.endswith(".py") and pattern not in candidates:
            candidates[pattern] = explicit  # library code, but the person names it
        found = list(matching([Source(n, p, {}, None) for n, p in candidates.items()], pattern))
        if not found:
            raise UsageError(f"no imported module is {pattern!r}")
        for each in found:
            source = workspace.track(each.name, each.filename, vars(sys.modules[each.name]))
            self.session.breaks.instrument_earlier([source], EARLIER)

    @magic_arguments()
    @argument("pattern", nargs="?", metavar="PATTERN", help="module:qualname, or a glob of it")
    @line_magic
    @_usage
    def livedefs(self, line: str) -> None:
        """List the definitions of tracked sources: kind, source, line and revision."""
        options = parsed(self.livedefs, line)
        numbers = getattr(self.session.terminal.compile, "_filename_map", {})
        self.session.workspace.discover()
        display.show_table(
            self.shell,
            listing.definitions(
                self.session.workspace, self.session.notebook, numbers, options.pattern
            ),
        )

    @magic_arguments()
    @argument("names", nargs="*", metavar="MODULE", help="only these modules")
    @line_magic
    @_usage
    def livediff(self, line: str) -> None:
        """Show what an edit that waits to be applied would do; nothing is changed."""
        options = parsed(self.livediff, line)
        display.show_table(
            self.shell, listing.pending(self.session.workspace, self._named(options.names))
        )

    @magic_arguments()
    @line_magic
    @_usage
    def livecheck(self, line: str) -> None:
        """List everything that is alive and could not follow an edit, and why."""
        parsed(self.livecheck, line)
        rows = [(entry.name, entry.why) for entry in audit.audit(self.session.workspace)]
        title = "" if rows else "livecode: everything that is alive follows its source"
        display.show_table(self.shell, display.Table(title, ("stale", "why"), rows))

    # -- reloading and undoing -------------------------------------------------------------------

    @magic_arguments()
    @argument("--all", action="store_true", help="evaluate every statement, changed or not")
    @argument("names", nargs="*", metavar="MODULE", help="modules; without any, all that changed")
    @line_magic
    @_usage
    def livereload(self, line: str) -> None:
        """Bring modules to the text of their files now, also those that wait."""
        __tracebackhide__ = True
        options = parsed(self.livereload, line)
        workspace = self.session.workspace
        workspace.discover()
        sources = self._named(options.names)
        if not options.names:
            if options.all:
                raise UsageError("--all needs the names of modules")
            sources = [
                source for source in sources if source.waiting or source in workspace.changed()
            ]
        report = workspace.edit(sources, options.all, forced=True)
        self.session.tell(report)
        if report.interrupt is not None:
            raise KeyboardInterrupt  # the report says where it came
        if not report:
            display.show(self.shell, ["livecode: nothing to do"])

    @magic_arguments()
    @argument("count", nargs="?", default="1", metavar="N", help="how many edits (default 1)")
    @line_magic
    @_usage
    def liveundo(self, line: str) -> None:
        """Take the last edits back. Files on disk stay as they are; their next save counts again."""
        options = parsed(self.liveundo, line)
        if not options.count.isdigit() or int(options.count) < 1:
            raise UsageError(f"{options.count!r} is not a number of edits")
        whole = Report()
        for _ in range(int(options.count)):
            if not self.session.workspace.undos and whole:
                break
            whole.add(self.session.workspace.undo())
        self.session.tell(whole)

    def _named(self, patterns: list[str]) -> list[Source]:
        files = list(self.session.workspace.files.values())
        if not patterns:
            return files
        found: list[Source] = []
        for pattern in patterns:
            hits = list(matching(files, pattern))
            if not hits:
                raise UsageError(f"{pattern!r} is not tracked")
            found += [hit for hit in hits if hit not in found]
        return found


def _parses(text: str) -> bool:
    try:
        syntax(text)
    except SyntaxError:
        return False
    return True


def _split_options(line: str) -> tuple[dict[str, str], str]:
    """The options at the beginning of a line, and the expression after them, untouched."""
    options: dict[str, str] = {}
    names = {"-m": "module", "--module": "module", "-f": "file", "--file": "file"}
    rest = line.strip()
    while rest.startswith("-"):
        word, _, after = rest.partition(" ")
        word, equals, value = word.partition("=")
        if word not in names:
            if (
                re.match(r"-{1,2}[A-Za-z]", word)
                and (len(word) == 2 or word.startswith("--"))
                and not after
            ):
                raise UsageError(f"unknown option {word}")
            break
        if equals:
            options[names[word]] = value
            rest = after.strip()
            continue
        rest = after.strip()
        if rest[:1] in ("'", '"'):
            value, _, rest = rest[1:].partition(rest[0])
        else:
            value, _, rest = rest.partition(" ")
        if not value:
            raise UsageError(f"{word} needs a value")
        options[names[word]] = value
        rest = rest.strip()
    return options, rest
