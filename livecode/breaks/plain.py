"""`plain`: functions, classes and modules that fail as in plain Python."""

from __future__ import annotations

from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar

_T = TypeVar("_T")

_names: set[tuple[str, str]] = set()
"""File and qualified name of functions whose code is as the compiler makes it: it holds no mark."""


def is_plain(code: CodeType) -> bool:
    """Whether a person wants code to fail as in plain Python."""
    from livecode.breaks.compiling import policy  # the package is imported without the rest of it
    from livecode.breaks.point import point_of

    point = point_of(code)
    if point is not None:
        return point.plain
    return (code.co_filename, code.co_qualname) in _names or policy.is_plain(code.co_filename)


def plain(thing: _T) -> _T:
    """Let a function, a class's methods, or a module's functions fail without a break.

    As a decorator (``@livecode.plain``) it also leaves the function's code as the compiler makes it.

    Args:
        thing: a function, class or module, or what wraps a function.

    Returns:
        The same object.
    """
    _mark(thing, set())
    return thing


def _mark(thing: Any, seen: set[int]) -> None:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, FunctionType):
        _mark_code(thing.__code__)
        _mark(thing.__dict__.get("__wrapped__"), seen)
    elif isinstance(thing, (staticmethod, classmethod)):
        _mark(thing.__func__, seen)
    elif isinstance(thing, property):
        for each in (thing.fget, thing.fset, thing.fdel):
            _mark(each, seen)
    elif isinstance(thing, type):
        for value in list(thing.__dict__.values()):
            if not isinstance(value, type) or value.__module__ == thing.__module__:
                _mark(value, seen)
    elif isinstance(thing, ModuleType):
        for value in list(vars(thing).values()):
            if getattr(value, "__module__", None) == thing.__name__:
                _mark(value, seen)


def _mark_code(code: CodeType) -> None:
    from livecode.breaks.point import point_of  # the package is imported without the rest of it

    point = point_of(code)
    if point is not None:
        point.plain = True
    else:
        _names.add((code.co_filename, code.co_qualname))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _mark_code(constant)
