"""What outlives the edits of classes: values put aside, debts, and the person's settings."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from livecode.evolution.beside import Beside
    from livecode.evolution.debts import Debts
    from livecode.evolution.progress import Progress

Policy = Literal["later", "hold", "strict"]

HELD = "held until it is answered"
"""How the reason begins why an edit is held back under the policy ``hold``."""


class Evolution:
    """What outlives an edit: values put aside, debts, and the person's settings."""

    def __init__(self) -> None:
        self.policy: Policy = "later"
        self.progress: Progress | None = None
        self._old: list[tuple[str, weakref.ref[Any]]] = []

    @cached_property
    def aside(self) -> Beside:
        """The values put aside."""
        from livecode.evolution.beside import Beside  # there is time for it when a class is edited

        return Beside()

    @cached_property
    def debts(self) -> Debts:
        """The attributes that are owed."""
        from livecode.evolution.debts import Debts

        return Debts()

    def remember_old(self, name: str, references: Iterable[weakref.ref[Any]]) -> None:
        """Remember instances of a class that no new layout or object could be given to."""
        self._old += [(name, reference) for reference in references]

    def old_ones(self) -> Counter[str]:
        """How many such instances of which class are alive."""
        self._old = [each for each in self._old if each[1]() is not None]
        return Counter(name for name, _ in self._old)
