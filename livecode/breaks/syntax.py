"""The syntax of live code: which statements stand around the instruction that a frame is at.

In: a code object (instrumented or not) and the offset of an instruction in it. Out: the syntax of
its function, the place of the instruction in it, and the ``try`` and ``with`` statements around.

An instrumented function carries its own source text (see `livecode.breaks.point`). The source of
any other code is looked up as the traceback does, and must prove that it fits: compiled anew it
gives the same instructions, or at least nearly every instruction lies where the syntax has a node.
"""

from __future__ import annotations

import ast
import dis
import linecache
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType
from typing import Any, NamedTuple

from livecode.breaks.point import point_of
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


class Around(NamedTuple):
    """A ``try`` or ``with`` statement around a place.

    Args:
        statement: an ast.Try, ast.TryStar, ast.With or ast.AsyncWith.
        part: for a try, the field in which the place is: body, handlers, orelse or finalbody.
        entered: for a with, how many of its items are entered at the place.
    """

    statement: Any
    part: str
    entered: int


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_WITHS = (ast.With, ast.AsyncWith)
_TRIES = (ast.Try, ast.TryStar)


def enclosing(syntax: Syntax, place: Place, entering: int | None = None) -> list[Around]:
    """The try and with statements around a place of this code, innermost first.

    Args:
        syntax: of the code.
        place: in it.
        entering: where the place is a whole with statement, as it is up to 3.12 while a manager is
            entered: how many were entered there before, see `entered_before`.
    """
    found: list[Around] = []
    statements: Sequence[Any] = syntax.statements
    while True:
        here = next((each for each in statements if _within(place, each)), None)
        if here is None or isinstance(here, _SCOPES):
            break
        if isinstance(here, _TRIES):
            part, statements = _part_of_try(here, place)
            if part:
                found.append(Around(here, part, 0))
        elif isinstance(here, _WITHS):
            found.append(Around(here, "body", _entered(here, place, entering)))
            statements = here.body
        else:
            statements = list(_nested(here))
    found.reverse()
    return found


def _part_of_try(statement: Any, place: Place) -> tuple[str, Sequence[Any]]:
    for part in ("body", "orelse", "finalbody"):
        block = getattr(statement, part)
        if any(_within(place, each) for each in block):
            return part, block
    for handler in statement.handlers:
        if _within(place, handler):
            return "handlers", handler.body
    return "", ()


def _entered(statement: Any, place: Place, entering: int | None) -> int:
    """How many managers of a with statement are open at the place."""
    items = statement.items
    if any(_within(place, each) for each in statement.body):
        return len(items)
    for number, item in enumerate(items):
        if _within(place, item.context_expr):
            return number
        if item.optional_vars is not None and _within(place, item.optional_vars):
            return number + 1
    if entering is not None:
        # A block that is compiled twice (finally) enters each item twice.
        return entering % len(items)
    # The place is the whole statement, which leaves an item: the last, as a rule.
    return len(items) - 1


def _nested(statement: ast.AST) -> Iterator[ast.stmt]:
    """The statements directly in a compound statement that is neither try nor with nor a scope."""
    for field in ("body", "orelse"):
        yield from getattr(statement, field, ())
    for case in getattr(statement, "cases", ()):
        yield from case.body


def _within(place: Place, node: Any) -> bool:
    first = node.lineno
    column = node.col_offset
    for decorator in getattr(node, "decorator_list", ()):
        if decorator.lineno < first:
            first, column = decorator.lineno, 0
    if place.column is None or place.end_column is None:
        return bool(first <= place.line <= node.end_lineno)
    return bool(
        (first, column) <= (place.line, place.column)
        and (place.end_line, place.end_column) <= (node.end_lineno, node.end_col_offset)
    )


def own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These nodes and all in them that runs in the same code, so nothing of nested definitions."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_SCOPES, ast.GeneratorExp)):
            waiting.extend(ast.iter_child_nodes(node))


def leaves(statements: Iterable[ast.stmt], looping: bool = False) -> bool:
    """Whether a return, or a break or continue of a loop outside, stands in the statements.

    Args:
        statements: a block of a function.
        looping: whether the block is in a loop that is part of it, to which break belongs.
    """
    for each in statements:
        if isinstance(each, ast.Return):
            return True
        if isinstance(each, (ast.Break, ast.Continue)):
            if not looping:
                return True
        elif isinstance(each, (ast.For, ast.AsyncFor, ast.While)):
            if leaves(each.body, True) or leaves(each.orelse, looping):
                return True
        elif not isinstance(each, _SCOPES):
            blocks = [*_nested(each), *getattr(each, "finalbody", ())]
            for handler in getattr(each, "handlers", ()):
                blocks += handler.body
            if leaves(blocks, looping):
                return True
    return False


def raises_again(handler: ast.ExceptHandler) -> bool | None:
    """Whether a handler surely raises the exception again; None: it depends."""
    name = handler.name
    if _ends_raising(handler.body, name):
        left = leaves(handler.body) or any(
            isinstance(each, (ast.Yield, ast.YieldFrom)) for each in own(handler.body)
        )
        return None if left else True
    return None if any(_is_again(each, name) for each in _outside_tries(handler.body)) else False


def _outside_tries(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """As `own`, without the handlers of nested tries: a bare raise in them raises another one."""
    for node in statements:
        yield node
        if not isinstance(node, (*_SCOPES, ast.ExceptHandler)):
            yield from _outside_tries(ast.iter_child_nodes(node))


def _is_again(node: ast.AST, name: str | None) -> bool:
    if not isinstance(node, ast.Raise):
        return False
    if node.exc is None:
        return True
    return isinstance(node.exc, ast.Name) and node.exc.id == name


def _ends_raising(statements: Sequence[ast.stmt], name: str | None) -> bool:
    last = statements[-1]
    if isinstance(last, ast.If) and last.orelse:
        return _ends_raising(last.body, name) and _ends_raising(last.orelse, name)
    return _is_again(last, name)


def call_at(syntax: Syntax, place: Place) -> ast.Call | None:
    """The call that the instruction at the place makes."""
    best: ast.Call | None = None
    for node in own(syntax.statements):
        if not isinstance(node, ast.Call) or node.lineno > place.line:
            continue
        if place.end_column is None:
            if node.lineno == place.line:
                best = best or node
        elif (node.end_lineno, node.end_col_offset) == (place.end_line, place.end_column):
            # A call of an attribute on a line of its own is located from the attribute's name on.
            start = (node.lineno, node.col_offset)
            if start == (place.line, place.column):
                return node
            if start < (place.line, place.column or 0) and isinstance(node.func, ast.Attribute):
                best = node
    return best


# ---- finding the syntax of code ----


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


# ---- what the instructions themselves tell ----


def covered(code: CodeType, lasti: int) -> bool:
    """Whether anything written in the source stands ready for an exception at this instruction.

    Read from the exception table. The entry that all generators have since 3.12 does not count.
    """
    table = code.co_exceptiontable
    if not table:
        return False
    numbers = _numbers(table)
    for start in numbers:
        size, target, _depth = next(numbers), next(numbers), next(numbers)
        if start * 2 <= lasti < (start + size) * 2:
            operation = operation_at(code, target * 2)
            return not (operation.startswith("CALL_INTRINSIC") and code.co_flags & _GENERATORS)
    return False


_GENERATORS = 0x20 | 0x80 | 0x200


def _numbers(table: bytes) -> Iterator[int]:
    value = 0
    for byte in table:
        value = value << 6 | byte & 63
        if not byte & 64:
            yield value
            value = 0


def operation_at(code: CodeType, lasti: int) -> str:
    """The name of the instruction at this offset, or of the one that its inline cache belongs to."""
    instructions = code.co_code
    while lasti > 0 and not instructions[lasti]:
        lasti -= 2
    return dis.opname[instructions[lasti]] if 0 <= lasti < len(instructions) else ""


def entered_before(code: CodeType, lasti: int) -> int | None:
    """If the instruction enters a manager, how many others at the same place come before it."""
    if not operation_at(code, lasti).startswith("BEFORE_"):
        return None
    positions = list(code.co_positions())
    entering = {
        dis.opmap[each] for each in ("BEFORE_WITH", "BEFORE_ASYNC_WITH") if each in dis.opmap
    }
    instructions = code.co_code
    return sum(
        instructions[each] in entering and positions[each // 2] == positions[lasti // 2]
        for each in range(0, lasti, 2)
    )


def returns_nothing(code: CodeType) -> bool:
    """Whether an ``__exit__`` surely returns nothing, or something false, for an exception."""
    point = point_of(code)
    if point is not None:
        arguments = code.co_varnames[1 : code.co_argcount]
        return all(
            each.value is None or _is_false(each.value, arguments)
            for each in own(point.node.body)
            if isinstance(each, ast.Return)
        )
    last: list[dis.Instruction] = []
    for each in dis.get_instructions(code):
        if each.opname == "RETURN_CONST":
            if each.argval:
                return False
        elif each.opname == "RETURN_VALUE" and (
            each.is_jump_target or not (_gives_false(last) or _gives_is_none(last, code))
        ):
            return False
        last = [*last[-2:], each]
    return True


def _is_false(value: ast.expr, arguments: Sequence[str]) -> bool:
    match value:
        case ast.Constant(value=constant):
            return not constant
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(None)]):
            return name in arguments
    return False


def _gives_false(last: list[dis.Instruction]) -> bool:
    return bool(last) and last[-1].opname.startswith("LOAD_CONST") and not last[-1].argval


def _gives_is_none(last: list[dis.Instruction], code: CodeType) -> bool:
    """``return exc_type is None``: false, as there is an exception."""
    if len(last) < 3:
        return False
    name, constant, operation = last
    return (
        name.opname == "LOAD_FAST"
        and name.argval in code.co_varnames[1 : code.co_argcount]
        and constant.opname.startswith("LOAD_CONST")
        and constant.argval is None
        and operation.opname == "IS_OP"
        and operation.arg == 0
    )
