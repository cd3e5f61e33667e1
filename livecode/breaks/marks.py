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
from typing import Any, TypeAlias, TypeGuard, TypeVar

_MARK = "\0livecode"


Place: TypeAlias = "dict[str, int]"
"""The four attributes that say where syntax stands."""

_Node = TypeVar("_Node", bound=ast.AST)


def new(kind: type[_Node], values: dict[str, Any]) -> _Node:
    """A node with these fields and attributes, made faster than its class does."""
    made = kind.__new__(kind)
    made.__dict__ = values
    return made


def mark(number: int, place: Place | None = None) -> ast.expr:
    """An expression that gives object `number`; it can be called without a SyntaxWarning.

    (The compiler warns of calls of constants, but does not look through the conditional expression,
    which it drops.)

    Args:
        number: of the object.
        place: where it stands; without one, it has no place yet.
    """
    found = operand(number, place)
    made = ast.IfExp.__new__(ast.IfExp)
    made.__dict__ = {"test": found, "body": found, "orelse": found, **(place or {})}
    return made


def operand(number: int, place: Place | None = None) -> ast.expr:
    """An expression that gives object `number`, where it is not called: less to compile than `mark`."""
    made = ast.Constant.__new__(ast.Constant)
    made.__dict__ = {"value": (_MARK, number), "kind": None, **(place or {})}
    return made


def call(number: int, *arguments: ast.expr, place: Place | None = None) -> ast.Call:
    """A call of object `number`; with a place, the arguments must have one."""
    made = ast.Call.__new__(ast.Call)
    fields = {"func": mark(number, place), "args": list(arguments), "keywords": []}
    made.__dict__ = {**fields, **(place or {})}
    return made


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
    return objects[constant[1]] if is_mark(constant) else constant


def is_mark(constant: Any) -> TypeGuard[tuple[str, int]]:
    """Whether a constant stands for an object."""
    return type(constant) is tuple and len(constant) == 2 and constant[0] == _MARK
