"""Reading: the value that an expression has where a frame stands.

In: the syntax of an expression and the code that it is part of. Out: a function that gives its value in
a frame of that code.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

Reader = Callable[[Any], Any]

OPTIMIZED = 0x1
"""The code keeps its locals in slots (functions); without it they are in a dict (modules, classes)."""

_KEPT = 3
"""References to the snapshot of a frame's locals: the frame's, and two while they are counted."""


def variables(scope: Any) -> Mapping[str, Any]:
    """The locals of a frame, or of what stands for one.

    Before 3.13 a frame keeps the dict that ``f_locals`` gives, and with it each object that was the
    value of a local then. Nothing must live longer since livecode has looked: what the dict has of
    variables is taken out of it, unless a person has it, too (from ``locals()``), or a tracer may write
    to it.
    """
    found: dict[str, Any] = scope.f_locals
    if _IS_PROXY or type(scope) is not FrameType or not scope.f_code.co_flags & OPTIMIZED:
        return found
    if sys.getrefcount(found) > _KEPT or sys.gettrace() is not None or sys.getprofile() is not None:
        return found
    values = found.copy()
    code = scope.f_code
    for names in (code.co_varnames, code.co_cellvars, code.co_freevars):
        for name in names:
            found.pop(name, None)
    return values


_IS_PROXY = sys.version_info >= (3, 13)


def reader(node: ast.expr, code: CodeType) -> Reader:
    """A function that gives the value of an expression in a frame of the code.

    It reads names, attributes and tuples of those itself, and asks for ``f_locals`` (slow on 3.11
    and 3.12) only if a name is a local one.
    """
    match node:
        case ast.Name(id=name):
            return _name_reader(name, code)
        case ast.Attribute(value=value, attr=attr):
            return _attribute_reader(reader(value, code), attr)
        case ast.Tuple(elts=parts) if not any(isinstance(each, ast.Starred) for each in parts):
            readers = [reader(each, code) for each in parts]
            return lambda scope: tuple([read(scope) for read in readers])
    compiled = compile(ast.Expression(node), "<livecode>", "eval", dont_inherit=True)
    return lambda scope: eval(compiled, scope.f_globals, variables(scope))


def quiet_reader(node: ast.expr, code: CodeType) -> Reader | None:
    """As `reader`, but None for an expression that calls anything."""
    part: ast.expr = node
    while isinstance(part, ast.Attribute):
        part = part.value
    if isinstance(part, ast.Tuple):
        if any(quiet_reader(each, code) is None for each in part.elts):
            return None
    elif not isinstance(part, (ast.Name, ast.Constant)):
        return None
    return reader(node, code)


def _attribute_reader(read: Reader, attr: str) -> Reader:
    return lambda scope: getattr(read(scope), attr)


def _name_reader(name: str, code: CodeType) -> Reader:
    if name.startswith("__") and not name.endswith("__"):
        # In a class it is another name.
        names = (*code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars)
        if name not in names:
            name = next((each for each in names if _is_mangled(each, name)), name)

    def in_globals(scope: Any) -> Any:
        names = scope.f_globals
        return names[name] if name in names else scope.f_builtins[name]

    def anywhere(scope: Any) -> Any:
        names = scope.f_locals
        return names[name] if name in names else in_globals(scope)

    if not code.co_flags & OPTIMIZED:
        return anywhere
    if name in code.co_varnames or name in code.co_cellvars or name in code.co_freevars:
        return lambda scope: variables(scope)[name]
    return in_globals


def _is_mangled(name: str, private: str) -> bool:
    return name[:1] == "_" and name[:2] != "__" and name.endswith(private)
