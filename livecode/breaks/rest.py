"""The rest: what is left of a suspended frame's work, as what does it or the reason why nothing can.

`livecode.breaks.resuming` makes it. Apart from that, since that is needed only when somebody resumes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CellType, CodeType, FrameType
from typing import Any

Rest = Callable[[dict[str, CellType]], Callable[[], Any]]


class CannotRestart(Exception):
    """A restart is not possible; the message says why."""


class ModuleRest:
    """Does the rest of a statement of a cell.

    Attributes:
        code: that does it.
    """

    def __init__(self, code: CodeType, frame: FrameType, waits: bool) -> None:
        self.code = code
        self._frame = frame
        self._waits = waits

    def __call__(self) -> Any:
        found = eval(self.code, self._frame.f_globals, self._frame.f_locals)
        return found if found is not None or not self._waits else _nothing()


async def _nothing() -> None:
    pass
