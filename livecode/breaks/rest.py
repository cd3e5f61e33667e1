"""The rest: the function that does what is left of a suspended frame, in the code as it is now."""

from __future__ import annotations

from collections.abc import Callable
from types import CellType
from typing import Any

from livecode.breaks.machine import Suspended


class CannotRestart(Exception):
    """A restart is not possible; the message says why."""


def rest_of(
    suspended: Suspended, how: str
) -> tuple[Callable[[dict[str, CellType]], Callable[[], Any]], list[str]]:
    """Not yet."""
    raise CannotRestart("not yet")
