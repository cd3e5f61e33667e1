"""What is missing: the name, attribute, key or module behind an error, and a value for it.

In: a break with a NameError, AttributeError, KeyError or ImportError. Out: the failing expression
exchanged for a value (``use``), or the value bound where the program looked for it (``store``).
"""

from __future__ import annotations

import ast
import builtins
import copy
import sys
from collections.abc import Callable
from typing import Any

from livecode.breaks.machine import Suspended
from livecode.breaks.marks import mark
from livecode.breaks.nodes import placed
from livecode.breaks.places import along
from livecode.breaks.point import point_of
from livecode.breaks.rest import CannotRestart
from livecode.breaks.resuming import failure
from livecode.evolution import frames


def put_in(suspended: Suspended, statement: Any, value: Any, objects: list[Any]) -> ast.stmt:
    """The statement that is to run again, with a value in the place of what is missing.

    Args:
        suspended: the break.
        statement: is changed, if it is no import.
        value: the value.
        objects: what the marks in the statement stand for; the value is added.

    Raises:
        CannotRestart: it is not there, or it cannot be told where.
    """
    objects.append(_Value(value))
    number = len(objects) - 1
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return _instead_of_import(suspended, statement, number)
    expression = _failing(suspended)
    if expression is None:
        raise CannotRestart("which expression failed cannot be told from its position")
    failed = failure(suspended)
    before = _alike(along(failed.node, failed.place)[-1], expression)
    now = _alike(statement, expression)
    text = ast.unparse(expression)
    if not now:
        raise CannotRestart(f"{text} is not there any more")
    if len(now) > 1 and len(now) != len(before):
        raise CannotRestart(f"{text} stands there more than once")
    at = [each is expression for each in before].index(True) if len(now) > 1 else 0
    exchanged: ast.stmt = _Exchange(now[at], number).visit(statement)
    return exchanged


def _alike(statement: ast.stmt, expression: ast.expr) -> list[ast.AST]:
    """Where an expression stands in a statement."""
    wanted = ast.dump(expression)
    return [each for each in ast.walk(statement) if ast.dump(each) == wanted]


def _instead_of_import(
    suspended: Suspended, statement: ast.Import | ast.ImportFrom, number: int
) -> ast.stmt:
    """``if ONCE: name = VALUE`` and, for the other turns of a loop, the import."""
    missing = _missing_alias(suspended.record.error, statement)
    name = missing.asname or missing.name
    if name == "*":
        raise CannotRestart("a star import binds no name; `store` gives a module")
    if "." in name:
        top = name.partition(".")[0]
        raise CannotRestart(f"import {name} binds {top}; `store` gives a module for {name}")
    once, value = (ast.Attribute(mark(number), each, ast.Load()) for each in ("once", "value"))
    bound: list[ast.stmt] = [ast.Assign([ast.Name(name, ast.Store())], value)]
    others = [each for each in statement.names if each is not missing]
    if others:
        rest: Any = copy.copy(statement)
        rest.names = others
        bound.insert(0, rest)
    return placed(ast.copy_location(ast.If(once, bound, [statement]), statement), statement)


def _missing_alias(error: BaseException, statement: ast.Import | ast.ImportFrom) -> ast.alias:
    """What of an import is missing."""
    names = statement.names
    wanted = _wanted(error) if isinstance(error, ImportError) else None
    if len(names) > 1 and isinstance(statement, ast.Import):
        module = getattr(error, "name", None) or ""
        names = [
            each for each in names if module == each.name or each.name.startswith(module + ".")
        ]
    elif len(names) > 1:
        names = [each for each in names if each.name == wanted]
    if len(names) != 1:
        raise CannotRestart("the import binds several names; `store` gives a module")
    return names[0]


def _wanted(error: ImportError) -> str | None:
    """The name that a module does not have, for which an import asked it."""
    found: str | None = getattr(error, "name_from", None)
    if found is None and not isinstance(error, ModuleNotFoundError):
        found = str(error).partition("cannot import name '")[2].partition("'")[0] or None
    return found


def binder(suspended: Suspended) -> Callable[[Any], bool]:
    """What binds a value where the program looked for it; gives whether it is a local of the frame.

    Raises:
        CannotRestart: it cannot be told where that was.
    """
    error = suspended.record.error
    frame = suspended.frame
    if isinstance(error, NameError):
        name = error.name or str(error).partition("'")[2].partition("'")[0]
        code = frame.f_code
        inner = error.__traceback__
        while inner is not None and inner.tb_next is not None:
            inner = inner.tb_next
        if inner is not None and inner.tb_frame is not frame:
            target = inner.tb_frame.f_globals
            return lambda value: _set_item(target, name, value)
        if name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
            return lambda value: frames.write(frame, name, value)
        return lambda value: _set_item(frame.f_globals, name, value)
    if isinstance(error, AttributeError):
        if not error.name or error.obj is None:
            raise CannotRestart("the error does not tell whose attribute it is")
        obj, attribute = error.obj, error.name
        return lambda value: _set_attribute(obj, attribute, value)
    if isinstance(error, KeyError):
        container = _container(suspended)
        return lambda value: _set_item(container, error.args[0], value)
    if isinstance(error, ImportError):
        return lambda value: _set_import(error, value)
    raise CannotRestart("nothing is missing: store is for names, attributes, keys and imports")


def _set_item(container: Any, key: Any, value: Any) -> bool:
    container[key] = value
    return False


def _set_attribute(obj: Any, name: str, value: Any) -> bool:
    setattr(obj, name, value)
    return False


def _set_import(error: ImportError, value: Any) -> bool:
    module = sys.modules.get(error.name or "")
    wanted = _wanted(error)
    if wanted and module is not None:
        setattr(module, wanted, value)
    elif error.name:
        sys.modules[error.name] = value
    else:
        raise CannotRestart("the error does not tell what was imported")
    return False


def _container(suspended: Suspended) -> Any:
    """The container of a subscript that failed, if a look at names and attributes gives it."""
    expression = _failing(suspended)
    if not isinstance(expression, ast.Subscript):
        raise CannotRestart("it cannot be told in what the key is missing")
    frame = suspended.frame

    def value_of(node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            for names in (frame.f_locals, frame.f_globals, vars(builtins)):
                if node.id in names:
                    return names[node.id]
        elif isinstance(node, ast.Attribute):
            return getattr(value_of(node.value), node.attr)
        raise CannotRestart("it cannot be told in what the key is missing")

    return value_of(expression.value)


def _failing(suspended: Suspended) -> ast.expr | None:
    """The expression of frame 0 that failed; None if it is a statement."""
    failed = failure(suspended)
    line, end_line, column, end_column = failed.position
    if line is None or column is None:
        return None
    frame = suspended.frame
    point = point_of(frame.f_code)
    shift = 0
    if point is not None and not point.module and point.function is None:
        shift = frame.f_code.co_firstlineno - point.first
    for node in ast.walk(failed.node):
        if (
            isinstance(node, ast.expr)
            and (node.lineno, node.end_lineno) == (line - shift, (end_line or line) - shift)
            and (node.col_offset, node.end_col_offset) == (column, end_column)
        ):
            return node
    return None


class _Value:
    """Holds a value, so that it can be a constant of code whatever it is; it is taken once."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._used = False

    @property
    def once(self) -> bool:
        """True when it is asked for the first time: the statement may run again, in a loop."""
        used, self._used = self._used, True
        return not used


class _Exchange(ast.NodeTransformer):
    def __init__(self, wanted: ast.AST, number: int) -> None:
        self._wanted = wanted
        self._number = number

    def visit(self, node: ast.AST) -> Any:
        if node is self._wanted:
            once = ast.Attribute(mark(self._number), "once", ast.Load())
            value = ast.Attribute(mark(self._number), "value", ast.Load())
            for part in (*ast.walk(once), *ast.walk(value)):
                if "lineno" in part._attributes:
                    ast.copy_location(part, node)
            return ast.copy_location(ast.IfExp(once, value, node), node)  # type: ignore[arg-type]
        return self.generic_visit(node)
