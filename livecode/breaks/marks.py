"""Marks: objects of livecode's own inside of compiled code.

In: syntax in which a constant stands for an object. Out: code that has the object in that place.

What livecode adds to a function must not show in its globals, its closure or the names that it uses.
So it refers to its helpers by constants, the one place of a code object that holds any object
(``code.replace`` is the documented way to put it there).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType
from typing import Any, TypeGuard

_MARK = "\0livecode"


def mark(number: int) -> ast.expr:
    """An expression that gives object `number`; it can be called without a SyntaxWarning.

    (The compiler warns of calls of constants, but does not look through the conditional expression,
    which it drops.)
    """
    constant = ast.Constant((_MARK, number))  # type: ignore[arg-type]  # the compiler takes tuples
    return ast.IfExp(ast.Constant(True), constant, ast.Constant(None))


def call(number: int, *arguments: ast.expr) -> ast.Call:
    """A call of object `number`."""
    return ast.Call(mark(number), list(arguments), [])


def put(code: CodeType, objects: Sequence[Any]) -> CodeType:
    """The code with the objects in the places of their marks, in nested code too.

    Args:
        code: compiled from syntax with marks.
        objects: object ``n`` takes the place of ``mark(n)``.
    """
    constants = tuple(_put(each, objects) for each in code.co_consts)
    if all(new is old for new, old in zip(constants, code.co_consts, strict=True)):
        return code
    return code.replace(co_consts=constants)


def _put(constant: Any, objects: Sequence[Any]) -> Any:
    if isinstance(constant, CodeType):
        return put(constant, objects)
    return objects[constant[1]] if _is_mark(constant) else constant


def _is_mark(constant: Any) -> TypeGuard[tuple[str, int]]:
    return type(constant) is tuple and len(constant) == 2 and constant[0] == _MARK
