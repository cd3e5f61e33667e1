"""What users hang on edits: `before_edit`, `after_edit` and `once`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")

before: list[Callable[..., Any]] = []
after: list[Callable[..., Any]] = []


def before_edit(function: _F) -> _F:
    """Call `function` before each edit that changes something; usable as a decorator.

    Args:
        function: takes nothing, or the names of the modules that are about to change (a tuple of
            str). If it raises, the edit is held back.

    Returns:
        The function itself.
    """
    return _register(before, function)


def after_edit(function: _F) -> _F:
    """Call `function` after each edit was applied; usable as a decorator.

    Args:
        function: takes nothing, or the edit's `livecode.Report`. If it raises, the edit is taken
            back.

    Returns:
        The function itself.
    """
    return _register(after, function)


def once(value: _T) -> _T:
    """Keep what this is assigned to: ``x = livecode.once(EXPR)`` is evaluated the first time only.

    An edit of the statement, and ``%livereload --all``, leave the value of `x` as it is.

    Args:
        value: any object.

    Returns:
        The same object.
    """
    return value


def clear() -> None:
    """Forget all hooks."""
    before.clear()
    after.clear()


def call(function: Callable[..., Any], argument: object) -> None:
    """Call a hook with its one argument, if it takes one."""
    try:
        takes_one = any(
            parameter.kind
            in (
                parameter.POSITIONAL_ONLY,
                parameter.POSITIONAL_OR_KEYWORD,
                parameter.VAR_POSITIONAL,
            )
            for parameter in inspect.signature(function).parameters.values()
        )
    except (TypeError, ValueError):  # a callable without a signature
        takes_one = True
    if takes_one:
        function(argument)
    else:
        function()


def _register(hooks: list[Callable[..., Any]], function: _F) -> _F:
    name = getattr(function, "__qualname__", None), getattr(function, "__module__", None)
    for index, known in enumerate(hooks):
        if (
            (getattr(known, "__qualname__", None), getattr(known, "__module__", None))
            == name
            != (None, None)
        ):
            hooks[index] = function
            return function
    hooks.append(function)
    return function
