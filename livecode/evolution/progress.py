"""Progress: how far a long migration is.

In: a function that is to be told. Out: the same, told nothing while there is no need to.
"""

from __future__ import annotations

import time
from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is told of a class's name, how many of its instances are migrated, and how many there are: once
while the implicit rules are applied, and once more while the hooks run."""

QUIET = 1.0
"""Seconds before the progress of a migration is told at all."""

STRIDE = 1 << 12
"""After so many instances the progress is told."""


def patient(progress: Progress | None) -> Progress | None:
    """The same, but told nothing before some time has passed from now on."""
    if progress is None:
        return None
    tell, begin = progress, time.monotonic() + QUIET

    def told(name: str, done: int, count: int) -> None:
        if time.monotonic() >= begin:
            tell(name, done, count)

    return told
