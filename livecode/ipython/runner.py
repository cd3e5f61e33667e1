"""The rim to IPython's execution: sees each statement of a cell before and after it runs.

IPython compiles and runs the top-level statements of a cell one by one (`run_ast_nodes`, `run_code`).
The first is wrapped on the shell instance while livecode is loaded, the second only while a cell runs
that defines something. A fault of ours is reported and never reaches the cell. IPython hides frames
that ask for it in every traceback but that of a SyntaxError; there it is done here.
"""

from __future__ import annotations

import ast
import os
import sys
import traceback
from collections.abc import Coroutine
from types import CodeType
from typing import Any, Protocol

import IPython

from livecode.breaks.compiling import compile_cell
from livecode.ipython.notebook import Cell, CellRun
from livecode.sources.outline import definitions_in

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_NOT_OF_THE_USER = (_OWN, os.path.dirname(os.path.abspath(IPython.__file__)) + os.sep)


class Watcher(Protocol):
    """What is told of the cells that run."""

    def begin(self, nodes: list[ast.stmt], filename: str) -> Cell | None:
        """A cell is about to run; gives the cell, or None if it is not to be followed."""

    def run_of(self, cell: Cell, defines: bool) -> CellRun | None:
        """The run of a cell whose statements are to be seen; None if they need not be."""

    async def compute(
        self, statements: Coroutine[Any, Any, Any], cell: Cell | None, result: Any
    ) -> Any:
        """Await the coroutine that runs a cell's statements; gives what it gives."""

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

    def remove(self) -> None:
        """Give the shell its own methods back."""
        for name in ("run_ast_nodes", "showsyntaxerror"):
            if self._shell.__dict__.get(name) == getattr(self, name):
                del self._shell.__dict__[name]
        self._see_statements(False)

    def _see_statements(self, see: bool) -> None:
        for name in ("run_code", "runcode"):
            if see:
                setattr(self._shell, name, self.run_code)
            elif self._shell.__dict__.get(name) == self.run_code:
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
        cell = run = None
        try:
            cell = self._watcher.begin(nodelist, cell_name)
            if cell is not None:
                run = self._watcher.run_of(cell, any(map(_may_define, nodelist)))
        except Exception as error:  # reported as ours; the cell runs
            self._watcher.fault(error)
        compiler = _Compiler(compiler, run)
        if run is not None:
            self._runs.append(run)
            self._see_statements(True)
        failed: Any = True
        statements = self._run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
        try:
            failed = await self._watcher.compute(statements, cell, result)
            return failed
        finally:
            if run is not None:
                self._runs.remove(run)
                self._see_statements(bool(self._runs))
            if cell is not None:
                try:
                    cell.executed = (
                        _executed(nodelist, cell_name, result) if failed else len(nodelist)
                    )
                    self._watcher.finish(cell, run)
                except Exception as error:  # reported as ours; the cell has run
                    self._watcher.fault(error)

    async def run_code(
        self, code_obj: CodeType, result: Any = None, *, async_: bool = False
    ) -> Any:
        """Run one statement as IPython does; afterwards the surviving objects are under its names."""
        __tracebackhide__ = "__ipython_bottom__"
        run = self._runs[-1] if self._runs else None
        _, node = run.codes.pop(id(code_obj), (None, None)) if run is not None else (None, None)
        before = None
        if run is not None and isinstance(node, ast.stmt) and _may_define(node):
            try:
                before = run.before_statement(node)
            except Exception as error:  # reported as ours; the cell runs
                self._watcher.fault(error)
        failed = await self._run_code(code_obj, result, async_=async_)
        if run is not None and isinstance(node, ast.stmt) and before:
            since = len(run.journal)
            try:
                run.after_statement(node, code_obj, before)
            except Exception as error:  # reported as ours; the statement counts as in plain IPython
                run.journal.rollback(since)
                self._watcher.fault(error)
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
    return bool(definitions_in(node))


def _executed(nodes: list[ast.stmt], filename: str, result: Any) -> int:
    """How many statements of a cell that failed were evaluated before the one that failed."""
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


class _Compiler:
    """IPython's compiler for one cell: it instruments, and notes each compiled statement."""

    def __init__(self, compiler: Any, run: CellRun | None) -> None:
        self._compiler = compiler
        self._run = run

    def __call__(self, module: Any, name: str, mode: str) -> CodeType:
        code = compile_cell(self._compiler, module, name, mode)
        if self._run is not None:
            self._run.codes[id(code)] = code, module.body[0]
        return code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler, name)
