"""The rim to IPython's execution: sees each statement of a cell before and after it runs.

IPython compiles and runs the top-level statements of a cell one by one (`run_ast_nodes`, `run_code`).
Both are wrapped on the shell instance while livecode is loaded; a fault of ours is reported and
never reaches the cell.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import CodeType
from typing import Any

from livecode.ipython.notebook import CellRun
from livecode.sources.outline import BLOCKS, DEFINITIONS

_MAY_DEFINE = (*DEFINITIONS, *BLOCKS)


class Runner:
    """Wraps `run_ast_nodes` and `run_code` of a shell.

    Args:
        shell: the InteractiveShell.
        begin: called with the nodes and the file name of a cell; gives its run, or None.
        fault: called with an exception that is ours.
    """

    def __init__(
        self,
        shell: Any,
        begin: Callable[[list[ast.stmt], str], CellRun | None],
        finish: Callable[[CellRun], None],
        fault: Callable[[BaseException], None],
    ) -> None:
        self._shell = shell
        self._begin = begin
        self._finish = finish
        self._fault = fault
        self._runs: list[CellRun] = []
        self._run_ast_nodes = shell.run_ast_nodes
        self._run_code = shell.run_code
        shell.run_ast_nodes = self.run_ast_nodes
        shell.run_code = self.run_code
        shell.runcode = self.run_code

    def remove(self) -> None:
        """Give the shell its own methods back."""
        for name, ours in (("run_ast_nodes", self.run_ast_nodes), ("run_code", self.run_code), ("runcode", self.run_code)):
            if self._shell.__dict__.get(name) == ours:
                del self._shell.__dict__[name]

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> Any:
        """Run a cell's statements as IPython does, with each one seen."""
        __tracebackhide__ = "__ipython_bottom__"
        run = None
        try:
            run = self._begin(nodelist, cell_name)
        except Exception as error:  # reported as ours; the cell runs
            self._fault(error)
        if run is None:
            return await self._run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
        self._runs.append(run)
        try:
            return await self._run_ast_nodes(
                nodelist, cell_name, interactivity, _Compiler(compiler, run), result
            )
        finally:
            self._runs.remove(run)
            try:
                self._finish(run)
            except Exception as error:  # reported as ours; the cell has run
                self._fault(error)

    async def run_code(self, code_obj: CodeType, result: Any = None, *, async_: bool = False) -> Any:
        """Run one statement as IPython does; afterwards the surviving objects are under its names."""
        __tracebackhide__ = "__ipython_bottom__"
        run = self._runs[-1] if self._runs else None
        _, node = run.codes.pop(id(code_obj), (None, None)) if run is not None else (None, None)
        if run is None or node is None or not isinstance(node, _MAY_DEFINE):
            failed = await self._run_code(code_obj, result, async_=async_)
            if run is not None and node is not None and not failed:
                run.cell.executed += 1
            return failed
        before = None
        try:
            before = run.before_statement(node)
        except Exception as error:  # reported as ours; the cell runs
            self._fault(error)
        failed = await self._run_code(code_obj, result, async_=async_)
        if not failed:
            run.cell.executed += 1
        if before:
            since = len(run.journal)
            try:
                run.after_statement(node, code_obj, before)
            except Exception as error:  # reported as ours; the statement counts as in plain IPython
                run.journal.rollback(since)
                self._fault(error)
        return failed


class _Compiler:
    """IPython's compiler for one cell, with each compiled statement noted."""

    def __init__(self, compiler: Any, run: CellRun) -> None:
        self._compiler = compiler
        self._run = run

    def __call__(self, module: Any, name: str, mode: str) -> CodeType:
        code: CodeType = self._compiler(module, name, mode)
        self._run.codes[id(code)] = code, module.body[0]
        return code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler, name)
