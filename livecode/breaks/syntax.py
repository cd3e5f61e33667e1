"""The syntax of live code.

In: a code object, instrumented or not. Out: the syntax of its function, and where in that each of its
instructions comes from.

An instrumented function carries its own source text (see `livecode.breaks.point`). The source of
any other code is looked up as the traceback does, and must prove that it fits: compiled anew it
gives the same instructions, or at least nearly every instruction lies where the syntax has a node.
"""

from __future__ import annotations

import ast
import linecache
import os
import warnings
from collections.abc import Sequence
from types import CodeType
from typing import Any, NamedTuple

from livecode.breaks.point import point_of
from livecode.breaks.scopes import own
from livecode.sources.parsing import syntax


class Place(NamedTuple):
    """A range of the source, in the lines of the syntax; columns are None where unknown."""

    line: int
    column: int | None
    end_line: int
    end_column: int | None


class Syntax(NamedTuple):
    """The syntax of a code object.

    Args:
        node: a function definition, a class definition, a module, or a statement of a cell.
        statements: what the code runs.
        positions: of each instruction, in the lines of `node`, as ``code.co_positions()``.
    """

    node: Any
    statements: Sequence[ast.stmt]
    positions: Sequence[tuple[int | None, int | None, int | None, int | None]]

    def place(self, lasti: int) -> Place | None:
        """Where the instruction at offset `lasti` comes from; None where the compiler does not say."""
        index = lasti // 2
        if not 0 <= index < len(self.positions):
            return None
        line, end_line, column, end_column = self.positions[index]
        if line is None:
            return None
        if column is None or end_column is None or end_line is None:
            return Place(line, None, end_line or line, None)
        return Place(line, column, end_line, end_column)


class _File:
    """A source file that was parsed: its definitions and, compiled anew, its code objects."""

    def __init__(self, lines: list[str], name: str) -> None:
        self.lines = lines
        self.tree: ast.Module | None = None
        self.codes: dict[str, list[CodeType]] = {}
        self.nodes: dict[tuple[str, int], list[Any]] = {}
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = syntax("".join(lines))
                code = compile(self.tree, name, "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError):
            if self.tree is None:
                return
        else:
            self._add_codes(code)
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                self.nodes.setdefault((node.name, first), []).append(node)

    def _add_codes(self, code: CodeType) -> None:
        waiting = [code]
        while waiting:
            each = waiting.pop()
            self.codes.setdefault(each.co_name, []).append(each)
            waiting += [inner for inner in each.co_consts if isinstance(inner, CodeType)]


_MOST_FILES = 24

_files: dict[str, _File] = {}

_LIBRARY = os.path.dirname(os.__file__)


def syntax_of(code: CodeType, names: dict[str, Any]) -> Syntax | None:
    """The syntax of a code object as it was compiled; None where no source fits.

    Args:
        code: of a function, class body, module or cell.
        names: the globals of its frame, for sources that only the module's loader knows.
    """
    point = point_of(code)
    if point is not None:
        node = point.node
        # Code of a module or cell always begins at line 1.
        shift = 0 if point.module else code.co_firstlineno - point.first
        statements = [node] if point.module else node.body
        return Syntax(node, statements, _shifted(code, -shift))
    file = _file(code.co_filename, names)
    if file is None or file.tree is None:
        return None
    return _same_code(file, code) or _same_places(file, code)


def _shifted(code: CodeType, by: int) -> list[Any]:
    if not by:
        return list(code.co_positions())
    return [
        (line and line + by, end and end + by, column, end_column)
        for line, end, column, end_column in code.co_positions()
    ]


def _file(name: str, names: dict[str, Any]) -> _File | None:
    path = name
    if name.startswith("<frozen ") and name.endswith(">"):
        path = os.path.join(_LIBRARY, *name[8:-1].split(".")) + ".py"
        if not os.path.exists(path):
            path = path[:-3] + os.sep + "__init__.py"
    lines = linecache.getlines(path, names)
    if not lines:
        return None
    file = _files.get(path)
    if file is None or (file.lines is not lines and file.lines != lines):
        if len(_files) >= _MOST_FILES:
            del _files[next(iter(_files))]
        file = _files[path] = _File(lines, path)
    return file


def _same_code(file: _File, code: CodeType) -> Syntax | None:
    """The syntax by code that is the same when compiled anew, wherever it stands in the file now."""
    if code.co_name not in file.codes:
        return None
    instructions = code.co_code
    same = [
        each
        for each in file.codes[code.co_name]
        if each.co_qualname == code.co_qualname
        and each.co_code == instructions
        and each.co_names == code.co_names
        and each.co_exceptiontable == code.co_exceptiontable
    ]
    if not same:
        return None
    best = min(same, key=lambda each: abs(each.co_firstlineno - code.co_firstlineno))
    positions = list(best.co_positions())
    if best.co_name == "<module>":
        assert file.tree is not None
        return Syntax(file.tree, file.tree.body, positions)
    nodes = file.nodes.get((best.co_name, best.co_firstlineno), [])
    return Syntax(nodes[0], nodes[0].body, positions) if len(nodes) == 1 else None


def _same_places(file: _File, code: CodeType) -> Syntax | None:
    """The syntax of code that was changed on its way (pytest's asserts, a cell's one statement).

    It fits if nearly all of the code's instructions lie where the syntax has a node, and the code
    uses every name that its handlers and with statements say.
    """
    if code.co_name == "<module>":
        nodes: list[Any] = [file.tree]
    else:
        nodes = file.nodes.get((code.co_name, code.co_firstlineno), [])
    positions = list(code.co_positions())
    placed = [each for each in positions if each[2] is not None and each[3]]
    for node in nodes:
        known = {
            (each.lineno, each.end_lineno, each.col_offset, each.end_col_offset)  # type: ignore[attr-defined]
            for each in ast.walk(node)
            if hasattr(each, "end_col_offset")
        }
        fitting = sum(each in known for each in placed)
        if placed and fitting >= 0.9 * len(placed) and _deciding_names(node) <= _names(code):
            return Syntax(node, node.body, positions)
    return None


def _deciding_names(node: Any) -> set[str]:
    deciding: list[ast.AST] = []
    for each in own(node.body):
        if isinstance(each, ast.ExceptHandler) and each.type is not None:
            deciding.append(each.type)
        elif isinstance(each, ast.withitem):
            deciding.append(each.context_expr)
    found = own(deciding)
    return {each.id for each in found if isinstance(each, ast.Name)}


def _names(code: CodeType) -> set[str]:
    return {*code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars}
