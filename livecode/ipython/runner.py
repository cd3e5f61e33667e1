"""The rim to IPython's execution: sees each statement of a cell before and after it runs.

IPython compiles and runs the top-level statements of a cell one by one (`run_ast_nodes`, `run_code`).
Both are wrapped on the shell instance while livecode is loaded. A fault of ours is reported and never reaches the cell. IPython hides frames
that ask for it in every traceback but that of a SyntaxError; there it is done here.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import traceback
from collections.abc import Awaitable, Coroutine
from types import CodeType
from typing import TYPE_CHECKING, Any, Protocol

import IPython

from livecode.breaks.compiling import compile_cell
from livecode.ipython import tracebacks
from livecode.ipython.notebook import Cell
from livecode.sources.outline import MAY_DEFINE, definitions_in

if TYPE_CHECKING:
    from livecode.ipython.cell_run import CellRun

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_NOT_OF_THE_USER = (_OWN, os.path.dirname(os.path.abspath(IPython.__file__)) + os.sep)


class Watcher(Protocol):
    """What is told of the cells that run."""

    def begin(self, nodes: list[ast.stmt], filename: str) -> Cell | None:
        """A cell is about to run; gives the cell, or None if it is not to be followed."""

    def run_of(self, cell: Cell, defines: bool) -> CellRun | None:
        """The run of a cell whose statements are to be seen; None if they need not be."""

    def compute(
        self, statements: Coroutine[Any, Any, Any], cell: Cell | None, result: Any, seen: _Seen
    ) -> Awaitable[Any]:
        """Await the coroutine that runs a cell's statements; gives what it gives.

        Args:
            statements: the coroutine.
            cell: the cell.
            result: IPython's object for the result.
            seen: is told whenever statements of the cell begin or cease to run.
        """

    def is_idle(self, cell: Cell | None) -> bool:
        """Whether nothing is suspended that a cell ends, and the cell edits nothing by being run."""

    def ran(self, cell: Cell, statements: int) -> None:
        """So many statements of a cell have run, and there is nothing to follow."""

    def take_interrupt(self) -> KeyboardInterrupt | None:
        """The interrupt that came when edits were applied before the cell, which is not to run then."""

    def take_rest(self) -> CodeType | None:
        """The code that does the rest of the statement that has just failed, if it is to go on."""

    def finish(self, cell: Cell, run: CellRun | None) -> None:
        """The cell has run."""

    def fault(self, error: BaseException) -> None:
        """An exception is livecode's own."""


class Runner:
    """Wraps `run_ast_nodes` and `run_code` of a shell.

    Args:
        shell: the InteractiveShell.
        watcher: is told of the cells.
    """

    def __init__(self, shell: Any, watcher: Watcher) -> None:
        self._shell = shell
        self._watcher = watcher
        self._runs: list[CellRun] = []
        self._run_ast_nodes = shell.run_ast_nodes
        self._run_code = shell.run_code
        self._showsyntaxerror = shell.showsyntaxerror
        shell.run_ast_nodes = self.run_ast_nodes
        shell.showsyntaxerror = self.showsyntaxerror
        for name in ("run_code", "runcode"):
            setattr(shell, name, self.run_code)

    def remove(self) -> None:
        """Give the shell its own methods back."""
        own = {
            name: getattr(self, name) for name in ("run_ast_nodes", "showsyntaxerror", "run_code")
        }
        for name, method in (*own.items(), ("runcode", self.run_code)):
            if self._shell.__dict__.get(name) == method:
                del self._shell.__dict__[name]

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> Any:
        """Run a cell's statements as IPython does, with each one seen that may define something."""
        __tracebackhide__ = "__ipython_bottom__"
        interrupt = self._watcher.take_interrupt()
        if interrupt is not None:
            tracebacks.show_interrupted_file(self._shell, interrupt, result)
            return True
        cell = None
        try:
            cell = self._watcher.begin(nodelist, cell_name)
        except Exception as error:  # reported as ours; the cell runs
            self._watcher.fault(error)
        may_fail = not all(map(_succeeds, nodelist))
        if not may_fail and self._watcher.is_idle(cell):
            failed = await self._run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
            if cell is not None and not failed:
                self._watcher.ran(cell, len(nodelist))
            return failed
        seen = _Seen(self, self._watcher, cell, nodelist, cell_name, result, may_fail)
        if may_fail:
            compiler = _Compiler(compiler, seen)
        statements = self._run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
        return await self._watcher.compute(statements, cell, result, seen)

    async def run_code(
        self, code_obj: CodeType, result: Any = None, *, async_: bool = False
    ) -> Any:
        """Run one statement as IPython does; afterwards the surviving objects are under its names."""
        __tracebackhide__ = "__ipython_bottom__"
        run = self._runs[-1] if self._runs else None
        _, node = run.codes.pop(id(code_obj), (None, None)) if run is not None else (None, None)
        before = None
        if run is not None and node is not None and _may_define(node):
            try:
                before = run.before_statement(node)
            except Exception as error:  # reported as ours; the cell runs
                self._watcher.fault(error)
        failed = await self._run_code(code_obj, result, async_=async_)
        while failed and (rest := self._watcher.take_rest()) is not None:
            waits = bool(rest.co_flags & inspect.CO_COROUTINE)
            failed = await self._run_code(rest, result, async_=waits)
        if before and run is not None and node is not None:
            since = len(run.journal)
            try:
                run.after_statement(node, code_obj, before)
            except Exception as error:  # reported as ours; the statement counts as in plain IPython
                run.journal.rollback(since)
                self._watcher.fault(error)
            except KeyboardInterrupt as error:
                run.journal.rollback(since)
                run.interrupted = node
                tracebacks.show_interrupt(self._shell, error, result)
                return True
        return failed

    def showsyntaxerror(
        self, filename: str | None = None, running_compiled_code: bool = False
    ) -> None:
        """Show a SyntaxError as IPython does, without our frames if it went through any."""
        error = sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__) if error is not None else []
        if not running_compiled_code or not any(
            frame.filename.startswith(_OWN) for frame in frames
        ):
            self._showsyntaxerror(filename, running_compiled_code)
            return
        shown = [frame for frame in frames if not frame.filename.startswith(_NOT_OF_THE_USER)]
        shell = self._shell
        lines = shell.SyntaxTB.structured_traceback(type(error), error, shown)
        shell._showtraceback(type(error), error, lines)


def _may_define(node: ast.stmt) -> bool:
    return isinstance(node, MAY_DEFINE) and bool(definitions_in(node))


def _succeeds(node: Any) -> bool:
    """Whether a statement runs no code that could fail: the cell then needs no greenlet."""
    kind = type(node)
    if kind is ast.Assign:
        return _is_constant(node.value) and all(type(each) is ast.Name for each in node.targets)
    return kind is ast.Pass or (kind is ast.Expr and _is_constant(node.value))


def _is_constant(node: Any) -> bool:
    """Whether an expression is a constant, or a sum, difference or product of numbers."""
    if type(node) is ast.BinOp and type(node.op) in (ast.Add, ast.Sub, ast.Mult):
        return all(
            type(side) is ast.Constant and type(side.value) in (int, float)
            for side in (node.left, node.right)
        )
    return type(node) is ast.Constant


def _executed(nodes: list[ast.stmt], filename: str, result: Any, run: CellRun | None) -> int:
    """How many statements of a cell that failed were evaluated before the one that failed (or with it,
    if it was the edit that was interrupted)."""
    for number, node in enumerate(nodes, 1) if run is not None else ():
        if run is not None and node is run.interrupted:
            return number
    error = getattr(result, "error_in_exec", None)
    trace = error.__traceback__ if isinstance(error, BaseException) else None
    while trace is not None:
        if (
            trace.tb_frame.f_code.co_filename == filename
            and trace.tb_frame.f_code.co_name == "<module>"
        ):
            return sum((node.end_lineno or node.lineno) < trace.tb_lineno for node in nodes)
        trace = trace.tb_next
    return 0


class _Seen:
    """Sees the statements of one cell, while they run: more than once, if the cell is suspended.

    Attributes:
        run: what follows the definitions of the cell; None if it has none that could be edited.
        may_fail: whether there is a statement that can.
        text: of the cell.
    """

    def __init__(
        self,
        runner: Runner,
        watcher: Watcher,
        cell: Cell | None,
        nodes: list[ast.stmt],
        filename: str,
        result: Any,
        may_fail: bool,
    ) -> None:
        self.run: CellRun | None = None
        self._runner = runner
        self._watcher = watcher
        self._cell = cell
        self._nodes = nodes
        self._filename = filename
        self._result = result
        self.text = cell.text if cell is not None else ""
        self.may_fail = may_fail
        self._defines = may_fail and any(map(_may_define, nodes))

    def enter(self) -> None:
        """Statements of the cell begin to run."""
        if self._cell is None:
            return
        try:
            self.run = self._watcher.run_of(self._cell, self._defines)
        except Exception as error:  # reported as ours; the cell runs
            self._watcher.fault(error)
        if self.run is not None:
            self._runner._runs.append(self.run)

    def leave(self, failed: Any) -> None:
        """They ran, or were left because of a failure."""
        if self.run is not None:
            self._runner._runs.remove(self.run)
        if self._cell is None:
            return
        run, self.run = self.run, None
        try:
            self._cell.executed = (
                _executed(self._nodes, self._filename, self._result, run)
                if failed
                else len(self._nodes)
            )
            self._watcher.finish(self._cell, run)
        except Exception as error:  # reported as ours; the cell has run
            self._watcher.fault(error)


class _Compiler:
    """IPython's compiler for one cell: it instruments, and notes each compiled statement."""

    def __init__(self, compiler: Any, seen: _Seen) -> None:
        self._compiler = compiler
        self._seen = seen
        self.extra_flags = getattr(compiler, "extra_flags", None)  # the one that is used

    def __call__(self, module: Any, name: str, mode: str) -> CodeType:
        code = compile_cell(self._compiler, module, name, mode)
        if self._seen.run is not None:
            self._seen.run.codes[id(code)] = code, module.body[0]
        return code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler, name)
