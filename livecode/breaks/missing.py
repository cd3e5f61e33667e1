"""What is missing: the name, attribute, key or module behind an error, and a value for it.

In: a break with a NameError, AttributeError, KeyError or ImportError. Out: the failing expression
exchanged for a value (``use``), or the value bound where the program looked for it (``store``).
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable
from typing import Any

from livecode.breaks.machine import Suspended
from livecode.breaks.marks import mark
from livecode.breaks.point import point_of
from livecode.breaks.rest import CannotRestart
from livecode.breaks.resuming import failure
from livecode.evolution import frames


def put_in(suspended: Suspended, statement: Any, value: Any, objects: list[Any]) -> None:
    """Exchange the failing expression in a statement (which is changed) for a value.

    Args:
        suspended: the break.
        statement: the statement that is to run again.
        value: the value.
        objects: what the marks in the statement stand for; the value is added.

    Raises:
        CannotRestart: it is not there, or there more than once.
    """
    expression = _failing(suspended)
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        _instead_of_import()
    if expression is None:
        raise CannotRestart("which expression failed cannot be told from its position")
    wanted = ast.dump(expression)
    objects.append(_Value(value))
    exchange = _Exchange(wanted, len(objects) - 1)
    exchange.visit(statement)
    if exchange.count != 1:
        where = "is not there any more" if not exchange.count else "stands there more than once"
        raise CannotRestart(f"{ast.unparse(expression)} {where}")


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
    wanted = getattr(error, "name_from", None)
    if wanted is None and not isinstance(error, ModuleNotFoundError):
        text = str(error)
        wanted = text.partition("cannot import name '")[2].partition("'")[0] or None
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
    def __init__(self, wanted: str, number: int) -> None:
        self._wanted = wanted
        self._number = number
        self.count = 0

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and ast.dump(node) == self._wanted:
            self.count += 1
            once = ast.Attribute(mark(self._number), "once", ast.Load())
            value = ast.Attribute(mark(self._number), "value", ast.Load())
            for part in (*ast.walk(once), *ast.walk(value)):
                if "lineno" in part._attributes:
                    ast.copy_location(part, node)
            return ast.copy_location(ast.IfExp(once, value, node), node)
        return self.generic_visit(node)


def _instead_of_import() -> None:
    raise CannotRestart("for an import, `store` gives a value to what is imported")
