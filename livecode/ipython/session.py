"""The session: livecode loaded into one IPython shell.

It connects the shell's events and execution with the workspace, shows reports, and undoes all of
that when it is unloaded. It lives on the shell (``shell.livecode``), since ``%reload_ext`` imports
the package anew.
"""

from __future__ import annotations

import ast
import linecache
import traceback
from collections.abc import Awaitable, Coroutine
from types import CodeType
from typing import TYPE_CHECKING, Any, cast

from IPython.core.interactiveshell import InteractiveShell
from traitlets import Bool, Enum, Instance, Int, List, Unicode, observe
from traitlets.config.configurable import Configurable

from livecode import hooks
from livecode.edits.journal import Journal
from livecode.edits.report import Entry, Report
from livecode.evolution.lasting import Policy
from livecode.ipython import awaiting, completion, display, prompts, tracebacks
from livecode.ipython.break_magics import BreakMagics
from livecode.ipython.breaking import BreakLoop
from livecode.ipython.magics import LiveMagics
from livecode.ipython.notebook import Cell, Held, Notebook
from livecode.ipython.runner import Runner
from livecode.later import later
from livecode.sources.outline import definitions_in
from livecode.sources.parsing import syntax
from livecode.workspace import Undo, Workspace

if TYPE_CHECKING:
    from livecode import evaluate
    from livecode.ipython import answers, cell_run
    from livecode.ipython.cell_run import CellRun
else:
    evaluate = later("livecode.evaluate")
    answers = later("livecode.ipython.answers")
    cell_run = later("livecode.ipython.cell_run")

SESSION = "livecode"

LEFT = "_livecode_left"
"""Where a shell keeps what was live when livecode was unloaded."""

PREPARING = 0.1
"""Seconds that a cell which imports user modules may take longer, so that their first edit is quick."""


EARLIER = 0.5
"""Seconds for which loading may instrument modules that were imported before; the rest comes later."""


class LiveCode(Configurable):
    """Settings and state of livecode in one shell (``%config LiveCode``)."""

    cell_removals = Enum(
        ["keep", "remove"],
        default_value="keep",
        help="What happens to a definition that its cell no longer contains: it stays as an orphan, or goes.",
    ).tag(config=True)
    files = Bool(True, help="Follow the files of imported user modules.").tag(config=True)
    cells = Bool(True, help="Follow the notebook's cells.").tag(config=True)
    show = Enum(
        ["edits", "problems", "nothing"],
        default_value="edits",
        help="What is shown after an edit: one line for every edit of a file, only problems, or nothing.",
    ).tag(config=True)
    exclude = List(
        Unicode(), help="File patterns (globs) of modules that are not to be tracked."
    ).tag(config=True)
    migration = Enum(
        ["later", "hold", "strict"],
        default_value="later",
        help="What happens to an edit that adds an attribute for which older instances get no value: it "
        "is applied and the value is owed, it is held until it is answered, or it is refused.",
    ).tag(config=True)
    break_on = Enum(
        ["unhandled", "never"],
        default_value="unhandled",
        help="Which failures are breaks: those that nothing will handle, or none; then code is compiled plain.",
    ).tag(config=True)
    break_threads = Bool(
        False, help="Whether a failure in another thread is a break, too: the thread waits."
    ).tag(config=True)
    max_breaks = Int(8, min=1, help="How many breaks may be open; one more aborts the oldest.").tag(
        config=True
    )
    undo_depth = Int(50, min=0, help="How many edits %liveundo can take back.").tag(config=True)

    shell = Instance("IPython.core.interactiveshell.InteractiveShellABC", allow_none=True)

    def __init__(self, shell: InteractiveShell, **kwargs: Any) -> None:
        super().__init__(shell=shell, parent=shell, **kwargs)
        self.terminal = shell
        self._follows_files, self._follows_cells = self.files, self.cells
        self.notebook = Notebook(shell.user_ns)
        self.workspace = Workspace(self.notebook, self.undo_depth)
        self.workspace.exclude = list(self.exclude)
        self.workspace.evolution.policy = cast(Policy, self.migration)
        self.workspace.evolution.progress = display.show_progress
        self.report: Report | None = None
        self.reports: list[Report] = []
        self._cell_id: str | None = None
        self._text: str | None = None
        self._raw = ""
        self._interrupt: KeyboardInterrupt | None = None
        self._faults: set[str] = set()
        self._runner: Runner | None = None
        self.breaks = BreakLoop(
            shell,
            self.max_breaks,
            lambda each: answers.offer(self.workspace, each),
            self.fault,
        )
        self._cell_reports: list[Report] = []
        self.completers: dict[str, Any] = {}
        self.matcher: Any = None

    @observe("files", "cells")
    def _following_changed(self, change: Any) -> None:
        self._follows_files, self._follows_cells = self.files, self.cells

    @observe("break_on", "max_breaks", "break_threads")
    def _break_settings_changed(self, change: Any) -> None:
        if hasattr(self, "breaks"):
            self.breaks.set(self.break_on != "never", self.max_breaks)
            self.breaks.machine.threads = self.break_threads

    @observe("exclude", "undo_depth", "migration")
    def _settings_changed(self, change: Any) -> None:
        if hasattr(self, "workspace"):
            self.workspace.exclude = list(self.exclude)
            self.workspace.depth = self.undo_depth
            self.workspace.evolution.policy = cast(Policy, self.migration)

    # -- loading and unloading -------------------------------------------------------------------

    def load(self) -> None:
        """Take up work: events, execution, magics, completion."""
        self.workspace.take_over(self.terminal.__dict__.pop(LEFT, {}))
        self.workspace.discover()
        self.workspace.prepare(0)
        self.notebook.ran_before(
            [text for text in self.terminal.user_ns.get("In", [])[-1000:] if text]
        )
        self._runner = Runner(self.terminal, self)
        self.breaks.install(self.break_on != "never")
        self.breaks.instrument_earlier(self.workspace.files.values(), EARLIER)
        self.terminal.events.register("pre_run_cell", self._before_cell)
        self.terminal.events.register("post_run_cell", self._after_cell)
        self._configurables().append(self)
        self._magics = LiveMagics(self.terminal, self)
        self._break_magics = BreakMagics(self.terminal, self)
        self.terminal.register_magics(self._magics, self._break_magics)
        completion.install(self)
        tracebacks.install(self.terminal)
        prompts.install(self.terminal, lambda: len(self.breaks.open))
        self.terminal.input_transformers_cleanup.append(awaiting.rewrite)

    def unload(self) -> None:
        """Undo everything that `load` did; what is live stays as it is."""
        self.breaks.remove()
        completion.remove(self)
        tracebacks.remove(self.terminal)
        prompts.remove(self.terminal)
        if awaiting.rewrite in self.terminal.input_transformers_cleanup:
            self.terminal.input_transformers_cleanup.remove(awaiting.rewrite)
        for magics in (self._magics, self._break_magics):
            for kind in ("line", "cell"):
                for name in magics.magics[kind]:
                    self.terminal.magics_manager.magics[kind].pop(name, None)
            self.terminal.magics_manager.registry.pop(type(magics).__name__, None)
        configurables = self._configurables()
        ours = (self, self._magics, self._break_magics)
        configurables[:] = [each for each in configurables if each not in ours]
        self.terminal.events.unregister("pre_run_cell", self._before_cell)
        self.terminal.events.unregister("post_run_cell", self._after_cell)
        if self._runner is not None:
            self._runner.remove()
        hooks.clear()
        self.workspace.saves.close()
        self.terminal.__dict__[LEFT] = self.workspace.leave()
        for source in self.workspace.files.values():
            if source.waiting:
                linecache.cache.pop(source.filename, None)

    def _configurables(self) -> list[Any]:
        """What ``%config`` knows of."""
        found: list[Any] = self.terminal.configurables
        return found

    # -- cells -----------------------------------------------------------------------------------

    def _before_cell(self, info: Any) -> None:
        """Apply what was saved since the last cell, before this cell's first statement."""
        self._interrupt = None
        try:
            self._cell_id = info.cell_id
            raw = self._raw = info.raw_cell
            self._text = getattr(info, "transformed_cell", None)
            meta = getattr(info, "cell_meta", None)
            if meta and meta.get("deletedCells"):
                self._delete_cells(list(meta["deletedCells"]))
            if self._follows_files and not ("%livediff" in raw and _only_looks(raw)):
                report = self.workspace.check()
                if report is not None:
                    self.tell(report)
                    self._interrupt = report.interrupt
        except KeyboardInterrupt as error:  # IPython would show it, and run the cell
            self._interrupt = error
        except Exception as error:  # reported as ours; the cell runs
            self.fault(error)

    def _delete_cells(self, keys: list[str]) -> None:
        report, journal = Report(), Journal()
        self.notebook.delete_cells(keys, self.cell_removals == "remove", journal, report)
        self.workspace.keep(Undo(report, journal, {}))
        if report:
            self.tell(report)

    def _after_cell(self, result: Any = None) -> None:
        try:
            if "%%" in self._raw and _is_other_magic(self._raw):
                self._after_cell_magic()
            if self._cell_reports:
                reports, self._cell_reports = self._cell_reports, []
                for report in reports:
                    self.tell(report, only_problems=True)
            if self.workspace.discover() and self._follows_files:
                self.workspace.prepare(PREPARING)
            if self.breaks.earlier:
                self.breaks.instrument_earlier((), PREPARING)
        except Exception as error:  # reported as ours; the cell has run
            self.fault(error)
        finally:
            self._cell_id = None

    def begin(self, nodes: list[ast.stmt], filename: str) -> Cell | None:
        """A cell's statements are about to run (see `Watcher`)."""
        if not self._follows_cells:
            return None
        cell_id, self._cell_id = self._cell_id, None
        text, self._text = self._text, None
        if text is None:  # a cell that runs inside of another one
            entry = linecache.cache.get(filename)
            text = "".join(entry[2]) if entry is not None and len(entry) == 4 else ""
        return self.notebook.begin(text, filename, cell_id)

    def run_of(self, cell: Cell, defines: bool) -> CellRun | None:
        """The run of a cell that defines something, or that was edited (see `Watcher`)."""
        return (
            cell_run.CellRun(self.workspace, cell) if defines or cell.before is not None else None
        )

    def is_idle(self, cell: Cell | None) -> bool:
        """Whether a cell that cannot fail has nothing to do but to run (see `Watcher`)."""
        return not self.breaks.machine.open and (cell is None or cell.before is None)

    def ran(self, cell: Cell, statements: int) -> None:
        """A cell has run that has nothing to follow (see `Watcher`)."""
        cell.executed = statements
        self.notebook.ran(cell)

    def compute(
        self, statements: Coroutine[Any, Any, Any], cell: Cell | None, result: Any, seen: Any
    ) -> Awaitable[Any]:
        """Run a cell's statements, so that a failure can suspend them (see `Watcher`)."""
        key = "" if cell is None else cell.key if cell.identified else f"text {cell.text}"
        return self.breaks.run(statements, self._label, key, result, seen)

    def _label(self) -> str:
        """What IPython calls the cell that runs."""
        return f"In [{self.terminal.displayhook.prompt_count}]"

    def take_interrupt(self) -> KeyboardInterrupt | None:
        """The interrupt that came before the cell (see `Watcher`)."""
        interrupt, self._interrupt = self._interrupt, None
        return interrupt

    def take_rest(self) -> CodeType | None:
        """The rest of a statement that has just failed (see `Watcher`)."""
        return self.breaks.take_rest()

    def finish(self, cell: Cell, run: CellRun | None) -> None:
        """A cell has run (see `Watcher`)."""
        self.notebook.ran(cell)
        if run is None:
            return
        run.finish(self.cell_removals == "remove")
        undo = Undo(run.report, run.journal, {}, cell.key)
        if run.again:
            self.workspace.keep_again(undo)
        else:
            self.workspace.keep(undo)
        if run.report:
            self._cell_reports.append(run.report)
            for hook in list(hooks.after):
                try:
                    hooks.call(hook, run.report)
                except Exception as error:  # the cell has run: it can only be reported
                    run.report.notes.append(Entry("after_edit", f"{type(error).__name__}: {error}"))

    def evaluate_held(self, held: Held) -> Report:
        """Evaluate a statement of a cell once more whose edit was held back; gives the report."""
        __tracebackhide__ = True
        run = cell_run.CellRun(self.workspace, held.cell)
        run.evaluate_held(held)
        run.finish(False)
        self.workspace.keep(Undo(run.report, run.journal, {}))
        return run.report

    def _after_cell_magic(self) -> None:
        """Definitions of a cell that a magic such as ``%%time`` has evaluated by itself."""
        body = self._raw.lstrip().partition("\n")[2]
        try:
            nodes = syntax(body).body
        except SyntaxError:
            return  # not Python: the cell was for another language
        cell = self.notebook.begin(body, "<cell magic>", None)
        run = cell_run.CellRun(self.workspace, cell)
        for node in nodes:
            if definitions_in(node):
                run.after_statement(node, None, run.before_statement(node))
        cell.executed = len(nodes)
        self.finish(cell, run)

    async def evaluate_async(self, text: str, options: str = "") -> Any:
        """``%liveeval`` of a text with top-level awaits.

        Args:
            text: the text.
            options: the options of the magic's line.
        """
        __tracebackhide__ = True
        source = self._magics.source_named(options)
        return await awaiting.evaluate(text, source.namespace, evaluate.named(text))

    # -- reports ---------------------------------------------------------------------------------

    def tell(self, report: Report, only_problems: bool = False) -> None:
        """Keep a report and show it."""
        self.report = report
        self.workspace.note_stale(report)
        self.reports.append(report)
        del self.reports[:-100]
        if self.show == "nothing":
            return
        lines = report.lines(only_problems or self.show == "problems")
        if lines:
            display.show(self.terminal, lines)

    def fault(self, error: BaseException) -> None:
        """Report a fault of livecode's own, once for each kind."""
        place = traceback.extract_tb(error.__traceback__)
        where = f"{place[-1].name}, line {place[-1].lineno}" if place else ""
        text = f"{type(error).__name__}: {error} ({where})"
        if text in self._faults:
            return
        self._faults.add(text)
        lines = [f"livecode: a fault of livecode itself, your code is not affected: {text}"]
        display.show(self.terminal, lines)


def _is_other_magic(cell: str) -> bool:
    """Whether a cell magic that is not livecode's has evaluated the cell."""
    text = cell.lstrip()
    return text.startswith("%%") and not text.startswith(("%%liveeval", "%%frame"))


def _only_looks(cell: str) -> bool:
    """Whether a cell is nothing but ``%livediff``, which is about what waits to be applied."""
    lines = [line.strip() for line in cell.splitlines() if line.strip()]
    return all(line.startswith("%livediff") for line in lines)


def session_of(shell: InteractiveShell) -> LiveCode | None:
    """The session of a shell, if livecode is loaded there."""
    found = shell.__dict__.get(SESSION)
    return found if found is not None else None


def load(shell: InteractiveShell) -> None:
    """Load livecode into a shell; a second load does nothing."""
    if session_of(shell) is None:
        session = LiveCode(shell)
        session.load()
        shell.__dict__[SESSION] = session


def unload(shell: InteractiveShell) -> None:
    """Unload livecode from a shell."""
    session = shell.__dict__.pop(SESSION, None)
    if session is not None:
        session.unload()
