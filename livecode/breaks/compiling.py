"""Compiling: which code is instrumented, and how.

In: statements with their true lines, or a cell's statement. Out: code, instrumented if the person
wants breaks (``LiveCode.break_on``) and has not asked for plain code for the file.
"""

from __future__ import annotations

import ast
import fnmatch
import gc
import linecache
from types import CodeType
from typing import Any

from livecode.breaks.instrument import Instrumenter
from livecode.breaks.point import Point, finish, point_of
from livecode.sources.outline import BLOCKS, DEFINITIONS
from livecode.sources.parsing import syntax

_COMPOUND = (*BLOCKS, *DEFINITIONS)


class Policy:
    """Which files' code is instrumented.

    Attributes:
        enabled: whether any is.
        plain: file names and patterns of files whose code stays as it is.
    """

    def __init__(self) -> None:
        self.enabled = False
        self.plain: list[str] = []

    def wants(self, filename: str) -> bool:
        """Whether code of a file is to be instrumented."""
        return self.enabled and not self.is_plain(filename)

    def is_plain(self, filename: str) -> bool:
        """Whether the person wants a file's code as it is."""
        return bool(self.plain) and any(
            filename == each or fnmatch.fnmatch(filename, each) for each in self.plain
        )


policy = Policy()
"""There is one for the process, as code is shared by everything in it."""


def compile_nodes(
    nodes: list[ast.stmt], filename: str, flags: int, text: str | None = None
) -> CodeType:
    """Compile module-level statements that have their true lines.

    Args:
        nodes: the statements; they are not changed.
        filename: the real file name.
        flags: compiler flags.
        text: the text that they come from; without one, their syntax is kept for breaks.
    """
    if not policy.wants(filename):
        return plain(nodes, filename, flags)
    maker = Instrumenter(text)
    module = ast.Module(maker.statements(nodes), [])
    made: CodeType = compile(module, filename, "exec", flags=flags, dont_inherit=True)
    return finish(made, maker.objects)


def plain(nodes: list[ast.stmt], filename: str, flags: int) -> CodeType:
    """Compile module-level statements as they are."""
    code: CodeType = compile(
        ast.Module(nodes, []), filename, "exec", flags=flags, dont_inherit=True
    )
    return code


def compile_text(text: str, filename: str) -> CodeType:
    """Compile the text of a whole file."""
    collects = gc.isenabled()
    gc.disable()  # much is made that lives on, and nothing that would have to be found
    try:
        tree = syntax(text, filename)
        return compile_nodes(tree.body, filename, 0, text)
    finally:
        if collects:
            gc.enable()


def compile_cell(compiler: Any, module: Any, filename: str, mode: str) -> CodeType:
    """Compile one statement of a cell as IPython does, instrumented.

    Args:
        compiler: IPython's.
        module: a syntax tree that holds the statement.
        filename: of the cell.
        mode: ``exec`` or ``single``.
    """
    if not policy.wants(filename) or len(module.body) != 1:
        plain: CodeType = compiler(module, filename, mode)
        return plain
    node = module.body[0]
    if not isinstance(node, _COMPOUND):
        # Nothing is open while it runs: its failure is noticed when it has failed.
        point = Point(node, node.lineno, "<module>", True)
        point.mode = mode
        simple: CodeType = compiler(module, filename, mode)
        return simple.replace(co_consts=(*simple.co_consts, point))
    entry = linecache.cache.get(filename)
    text = "".join(entry[2]) if entry is not None and len(entry) == 4 else None
    maker = Instrumenter(text if text and text.count("\n") + 1 >= (node.end_lineno or 0) else None)
    if isinstance(node, BLOCKS):
        try:
            body = [maker.cell_statement(node)]
            changed = ast.Interactive(body) if mode == "single" else ast.Module(body, [])
            code = finish(compiler(changed, filename, mode), maker.objects)
        except RecursionError:  # an expression too deep for a syntax tree with more around it
            return compiler(module, filename, mode)  # type: ignore[no-any-return]
    else:
        module = ast.Module(maker.statements([node]), [])
        point = maker.point(node)
        code = finish(compiler(module, filename, mode), maker.objects)
        code = code.replace(co_consts=(*code.co_consts, point))
    found = point_of(code)
    if found is not None:
        found.mode = mode
    return code
