"""Failing: what is said when a migration fails, and that nothing of it stays alive.

In: an error that a hook or a default raised for an instance. Out: a `MigrationFailed` for people, and
frames that hold no instance any more.
"""

from __future__ import annotations

import traceback
from typing import Any


class MigrationFailed(Exception):
    """A hook or a default raised (`__cause__` is the error), or a value is owed that must not be.

    `module` is the module of the class; `place` is where the fault is, as ``file:line``, if nothing was
    raised there.
    """

    def __init__(self, text: str, module: str, place: str = "") -> None:
        super().__init__(text)
        self.module = module
        self.place = place

    def let_go(self) -> None:
        """Hold no instance any more: the frames of the traceback do, once they are left."""
        for each in (self, self.__cause__):
            if each is not None:
                traceback.clear_frames(each.__traceback__)


def let_go(error: BaseException, handled: BaseException | None = None) -> None:
    """Let the frames that an error left hold nothing any more.

    Whoever keeps the error would keep new objects alive that were made and never took a place; to the
    next migration they would be instances like all others, and the one after it had twice as many.

    Args:
        error: the error; what led to it is let go, too.
        handled: what was being handled before: that one, and what led to it, stay as they are.
    """
    seen = {id(handled)}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            traceback.clear_frames(each.__traceback__)
            waiting += (each.__cause__, each.__context__)


def failed(what: str, instance: Any, error: BaseException, count: int) -> MigrationFailed:
    """The error to raise when something raised for one of `count` instances."""
    text = f"{what} of {guarded(instance)}, one of {count}, raised {type(error).__name__}: {error}"
    failure = MigrationFailed(text, type(instance).__module__)
    return failure.with_traceback(error.__traceback__)


def guarded(instance: Any) -> str:
    """An instance for people: its ``repr``, shortened, or what can be said without it."""
    kind = type(instance).__qualname__
    try:
        text = repr(instance)
    except Exception as error:  # the user's own __repr__, perhaps for an attribute that is missing
        return f"<{kind} object> (its repr raised {type(error).__name__})"
    if " object at 0x" in text:
        return f"<{kind} object>"
    return text if len(text) <= 60 else text[:57] + "..."
