"""Calling ``__reinit__``: once for each of some instances, with what it had before.

In: the hook and a part of the snapshots. Out: the hook called; `MigrationFailed` if it raised, or cannot
be called so.

The mapping `old` is made once and filled for one instance after the other. A hook that keeps it (its
reference count tells; whatever gives values of it later refers to it or to its look-up) has it to
itself: the next instance gets another.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, CoroutineType, GeneratorType
from typing import Any

from livecode.evolution.failing import MigrationFailed, failed
from livecode.evolution.old import Old
from livecode.evolution.snapshots import Part

HOOK = "__reinit__"

Dropped = Callable[[Any, dict[str, Any]], dict[str, Any]]
"""What an instance had still earlier, by the instance and its values."""

Names = tuple[str, ...]


def check(hook: Any, cls: type) -> None:
    """See that a hook can be called with an instance and `old`, before it is called for any.

    Raises:
        MigrationFailed: it cannot; its place is that of the hook.
    """
    why = _fault(hook)
    if why:
        text = f"{HOOK} of class {cls.__qualname__} {why}; write `def {HOOK}(self, old):`"
        raise MigrationFailed(text, cls.__module__, _place(hook))


def _fault(hook: Any) -> str:
    if not callable(hook):
        return f"must be a plain function, and is of type {type(hook).__name__}"
    for asks, what in (
        (inspect.iscoroutinefunction, "a coroutine function"),
        (inspect.isgeneratorfunction, "a generator function"),
        (inspect.isasyncgenfunction, "an asynchronous generator function"),
    ):
        if asks(hook):
            return f"must be a plain function, and is {what}"
    if hasattr(hook, "__signature__"):
        return ""  # what it says for others to read
    try:
        signature = inspect.signature(hook, follow_wrapped=False)
    except (TypeError, ValueError):  # of C code that does not tell
        return ""
    try:
        signature.bind(None, None)
    except TypeError as error:
        return f"takes {signature}, and is called with (self, old): {error}"
    return ""


def _place(hook: Any) -> str:
    if isinstance(hook, property):
        hook = hook.fget
    code = getattr(inspect.unwrap(hook), "__code__", None) if callable(hook) else None
    return f"{code.co_filename}:{code.co_firstlineno}" if isinstance(code, CodeType) else ""


def call_for_each(
    hook: Any, part: Part, added: Names, removed: Names, dropped: Dropped | None, count: int
) -> None:
    """Call a hook for all instances of a part.

    Args:
        hook: the function.
        part: the instances, and what they had.
        added: names for `old`.
        removed: likewise.
        dropped: gives further values for `old`, if there are any.
        count: how many instances there are in all parts, for the message.

    Raises:
        MigrationFailed: the hook raised, or is no plain function.
    """
    # What raises is raised on through each of these functions: `failing.let_go` finds their frames so.
    if dropped is None and part.columns is not None:
        _by_columns(hook, part, part.columns, added, removed, count)
    else:
        _one_by_one(hook, part, added, removed, dropped, count)


def _one_by_one(
    hook: Any, part: Part, added: Names, removed: Names, dropped: Dropped | None, count: int
) -> None:
    instance = None
    try:
        for instance, values in zip(part.instances, part.values(), strict=True):
            more = dropped(instance, values) if dropped is not None else {}
            made = hook(instance, Old(more | values, added, (*removed, *more)))
            if made is not None:
                _refuse(made)
    except Exception as error:
        raise failed(HOOK, instance, error, count) from error


def _by_columns(
    hook: Any, part: Part, columns: list[list[Any]], added: Names, removed: Names, count: int
) -> None:
    names = part.names

    def fresh() -> tuple[Old, Any, dict[str, Any]]:
        values: dict[str, Any] = dict.fromkeys(names)
        old = Old(values, added, removed)
        return old, old.__getitem__, values

    def failing(instance: Any, error: Exception) -> Exception:
        return failed(HOOK, instance, error, count)

    loop = _loop(len(columns))
    loop(hook, part.instances, columns, names, fresh, _refuse, sys.getrefcount, failing)


_LOOP = """\
def loop(hook, instances, columns, names, fresh, refuse, references, failing):
    ({names}) = names
    old, get, values = fresh()
    alone, apart, each = references(old), references(get), None
    try:
        for each, {targets} in zip(instances, *columns, strict=True):
            made = hook(each, old)
            if made is not None:
                refuse(made)
            if references(old) != alone or references(get) != apart:
                old, get, values = fresh()
    except Exception as error:
        raise failing(each, error) from error
"""


@lru_cache
def _loop(count: int) -> Callable[..., None]:
    """The loop over so many columns, written out: a list of targets is much faster than a dictionary
    made of names and values."""
    names = [f"n{number}" for number in range(count)]
    targets = ", ".join(f"values[{name}]" for name in names)
    text = _LOOP.format(names="".join(f"{name}, " for name in names), targets=targets)
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(text, __file__, "exec"), namespace)  # a frame of livecode, to whoever asks
    found: Callable[..., None] = namespace["loop"]
    return found


def _refuse(made: Any) -> None:
    """A hook that gave something to await or to iterate has not run yet."""
    if isinstance(made, (CoroutineType, GeneratorType)):
        made.close()
    if inspect.isawaitable(made) or inspect.isgenerator(made) or inspect.isasyncgen(made):
        raise TypeError(f"it must be a plain function, and gave a {type(made).__name__}")
