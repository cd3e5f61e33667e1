"""Beside: values that belong to an instance and are not on it, for as long as it lives.

In: an instance and a name. Out: the value that was put aside for it. Two things are kept: values of
attributes that a layout dropped, until the attribute comes back; and what a hook changed, for undo.

They are held by the instance's id and a weak reference. An instance that takes no weak references
(``__slots__`` without ``__weakref__``) is kept alive by its values, until a `sweep` finds that nothing
else does.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable
from typing import Any

from livecode.edits.journal import MISSING
from livecode.evolution.holders import counts


class Beside:
    """Values beside instances, by name."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._others: weakref.WeakSet[Beside] = weakref.WeakSet()

    def another(self) -> Beside:
        """Values of another kind for the same instances: they `move` together."""
        made = Beside()
        self._others.add(made)
        return made

    def move(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """What is kept for instances is kept for those that take their places.

        Args:
            pairs: of an old instance and a new one; what is kept for the new one already stays.
        """
        every = [each for each in (self, *self._others) if each]
        for old, new in pairs if every else ():
            for each in every:
                values = each.values(old)
                if values:
                    each.replace(old, {})
                    each.replace(new, values | each.values(new))

    def sweep(self) -> None:
        """Forget the instances that are only kept alive here."""
        every = (self, *self._others)
        times: Counter[int] = Counter()
        alive: dict[int, Any] = {}
        for each in every:
            for number, held in each._held.items():
                if type(held[0]) is not weakref.ref:
                    times[number] += 1
                    alive[number] = held[0]
        numbers, instances = list(alive), list(alive.values())
        alive.clear()
        for number, count in zip(numbers, counts(instances), strict=True):
            if count == times[number]:
                for each in every:
                    each._held.pop(number, None)

    def __bool__(self) -> bool:
        return bool(self._held)

    def values(self, instance: Any) -> dict[str, Any]:
        """What is kept for an instance (a new dictionary)."""
        held = self._held.get(id(instance))
        return dict(held[1]) if held is not None else {}

    def has_any(self, instances: Iterable[Any]) -> bool:
        """Whether something is kept for any of some instances."""
        return bool(self._held) and not self._held.keys().isdisjoint(map(id, instances))

    def get(self, instance: Any, name: str) -> Any:
        """What is kept for an instance under a name, or MISSING."""
        held = self._held.get(id(instance))
        return MISSING if held is None else held[1].get(name, MISSING)

    def put(self, instance: Any, name: str, value: Any) -> None:
        """Keep (MISSING: forget) a value for an instance."""
        held = self._held.get(id(instance))
        if value is MISSING:
            if held is not None:
                held[1].pop(name, None)
                if not held[1]:
                    del self._held[id(instance)]
            return
        if held is None:
            held = self._held[id(instance)] = self._reference(instance), {}
        held[1][name] = value

    def replace(self, instance: Any, values: dict[str, Any]) -> None:
        """Keep just these values for an instance."""
        self._held.pop(id(instance), None)
        for name, value in values.items():
            self.put(instance, name, value)

    def _reference(self, instance: Any) -> Any:
        held, key = self._held, id(instance)
        try:
            return weakref.ref(instance, lambda _: held.pop(key, None) and None)
        except TypeError:  # it takes none: it is kept alive
            return instance
