"""Dynamic state: what is in force around running code, such as ``sys.stdout``, for suspended code.

In: the moments at which a computation starts, is suspended, goes on and ends. Out: what it had set is
in force while it runs and not in between; what was in force around it is put back.

While a computation is suspended, other cells run as if it had never begun. Context variables are set
and set back in the one context of the thread, since tokens belong to a context (PEP 567): ``reset``
must work after a resume. A variable that the computation was the first to set has no value to be set
back to; it gets its default, and stays if it has none.
"""

from __future__ import annotations

import contextvars
import sys
import warnings
from typing import Any

_MISSING: Any = object()
places: list[tuple[Any, str]] = [
    (sys, "stdout"),
    (sys, "stderr"),
    (sys, "stdin"),
    (sys, "displayhook"),
    (sys, "excepthook"),
    (warnings, "filters"),
    (warnings, "showwarning"),
    (warnings, "_showwarnmsg_impl"),
]
"""Owners and attributes of what is in force; the rim adds some of its own."""


class Dynamic:
    """The dynamic state of one computation; made when it starts."""

    def __init__(self) -> None:
        self._base = _values()
        self._outer = self._base
        self._inner: dict[int, Any] = {}
        self._context = contextvars.copy_context()
        self._set: dict[contextvars.ContextVar[Any], Any] = {}
        self._was_left = False

    def leave(self) -> None:
        """The computation is suspended: put back what was in force around it."""
        self._was_left = True
        self._inner = {
            index: value
            for index, value in _values().items()
            if value is not self._base.get(index, _MISSING)
        }
        _assign({index: self._outer[index] for index in self._inner if index in self._outer})

    def leave_context(self) -> None:
        """The same for context variables; called inside of the computation."""
        now = contextvars.copy_context()
        changed = {
            variable: value
            for variable, value in now.items()
            if variable in self._set or self._context.get(variable, _MISSING) is not value
        }
        self._set = changed
        for variable, value in changed.items():
            before = self._context.get(variable, _MISSING)
            if before is _MISSING:
                before = _default(variable)
            if before is _MISSING and variable.name == "decimal_context":
                before = sys.modules[
                    "decimal"
                ].DefaultContext.copy()  # what `decimal` would make when it is asked
            if before is not _MISSING and before is not value:
                variable.set(before)

    def enter(self) -> None:
        """The computation goes on: what it had set is in force again."""
        self._outer = _values()
        self._base |= {
            index: value for index, value in self._outer.items() if index not in self._inner
        }
        _assign(self._inner)
        self._context = contextvars.copy_context()

    def enter_context(self) -> None:
        """The same for context variables; called inside, where the context may be another one.

        An asynchronous cell has a context of its own, and that of its computation may be another's.
        """
        now = contextvars.copy_context()
        for variable, value in {**self._context, **self._set}.items():
            if now.get(variable, _MISSING) is not value:
                variable.set(value)

    def end(self) -> None:
        """The computation has ended: what it had put back itself is what is in force around it now."""
        if not self._was_left:
            return  # that is what was in force when it began
        _assign(
            {
                index: self._outer[index]
                for index, value in _values().items()
                if value is self._base.get(index, _MISSING) and index in self._outer
            }
        )


def _default(variable: contextvars.ContextVar[Any]) -> Any:
    """The default of a variable, which is what an empty context gives for it."""
    try:
        return contextvars.Context().run(variable.get)
    except LookupError:
        return _MISSING


def _values() -> dict[int, Any]:
    return {
        index: value
        for index, (owner, name) in enumerate(places)
        if (value := getattr(owner, name, _MISSING)) is not _MISSING
    }


def _assign(values: dict[int, Any]) -> None:
    filters = False
    for index, value in values.items():
        owner, name = places[index]
        if getattr(owner, name, _MISSING) is not value:
            setattr(owner, name, value)
            filters |= name == "filters"
    if filters:
        # The cache of decisions is only invalidated by a change through these functions.
        with warnings.catch_warnings():
            pass
