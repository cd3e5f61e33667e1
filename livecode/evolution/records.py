"""Records: the way back of what was done to one holder of objects that were replaced.

In: a holder, what was in its places and what is there now. Out: what was there put back, where nobody
changed it since. Those that put something back by exchanging it once more stand in `swaps`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple, Protocol

from livecode.edits.report import Entry
from livecode.evolution import frames
from livecode.evolution.ways import set_state, state_of


class Record(Protocol):
    """The way back of what was done to one holder."""

    def rollback(self) -> list[Entry]:
        """Put everything back that still holds what was put there."""

    def revert(self) -> list[Entry]:
        """The same, also where the holder's items have changed places since."""


class Remade(NamedTuple):
    """An object that was given its parts anew."""

    holder: Any
    before: tuple[Any, ...]
    after: tuple[Any, ...]

    def rollback(self) -> list[Entry]:
        present = state_of(self.holder)
        if any(a is not b for a, b in zip(present, self.after, strict=True)):
            return [note_of(self.holder)]
        set_state(self.holder, self.before)
        return []

    def revert(self) -> list[Entry]:
        return self.rollback()


class Locals(NamedTuple):
    """Locals of a frame that were written; `find` gives the frame while there is one."""

    find: Callable[[], FrameType | None]
    names: tuple[Any, ...]
    olds: tuple[Any, ...]
    news: tuple[Any, ...]

    def rollback(self) -> list[Entry]:
        frame = self.find()
        if frame is not None:
            for name, old, new in zip(self.names, self.olds, self.news, strict=True):
                frames.change(frame, [name], {id(new): old})
        return []

    def revert(self) -> list[Entry]:
        return self.rollback()


def note_of(holder: Any) -> Entry:
    return Entry(f"a {type(holder).__qualname__}", "was changed since; left as it is")
