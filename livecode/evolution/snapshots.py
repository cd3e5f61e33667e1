"""Snapshots: what instances had before a migration touched them.

In: the instances of one class, some at a time. Out: for each its values by name, for hooks and for the
way back.

A dictionary for each of a million instances costs more than the rest of their migration. Where all
of some instances have the same attributes, their values are kept by columns: a list for each
attribute. Where that cannot be proved, a dictionary for each is kept after all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, repeat
from operator import is_not, itemgetter
from typing import Any

from livecode.evolution.instances import Fields
from livecode.evolution.reading import getter, reads_as_written, written_out

Values = dict[str, Any]


class Part:
    """What some instances had: by columns, or in a dictionary for each (then `columns` is None)."""

    __slots__ = ("columns", "instances", "names", "rows")

    def __init__(
        self,
        instances: list[Any],
        names: tuple[str, ...],
        columns: list[list[Any]] | None,
        rows: list[Values],
    ) -> None:
        self.instances, self.names, self.columns, self.rows = instances, names, columns, rows

    def values(self) -> Iterator[Values]:
        """The values of each of the instances."""
        if self.columns is None:
            return iter(self.rows)
        rows = zip(*self.columns, strict=True) if self.columns else repeat((), len(self.instances))
        return (dict(zip(self.names, row, strict=True)) for row in rows)

    def having(self, name: str) -> Iterable[Any]:
        """Those of the instances that had an attribute."""
        if self.columns is not None:
            return self.instances if name in self.names else ()
        return [
            each for each, values in zip(self.instances, self.rows, strict=True) if name in values
        ]

    def by_name(self) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
        """Each attribute, with those of the instances that had it, and their values."""
        if self.columns is not None:
            for name, column in zip(self.names, self.columns, strict=True):
                yield name, self.instances, column
            return
        for name in {name: None for values in self.rows for name in values}:
            have = [name in values for values in self.rows]
            rows = compress(self.rows, have)
            yield name, compress(self.instances, have), map(itemgetter(name), rows)

    def changed(self, fields: Fields, cls: type, leaving: frozenset[str]) -> bool:
        """Whether any of the instances has other values now (where that is quickly told)."""
        if self.columns is None:
            return True
        kept = [
            (name, column)
            for name, column in zip(self.names, self.columns, strict=True)
            if name not in leaving
        ]
        names = tuple(name for name, _ in kept)
        if kept and reads_as_written(fields, cls, names):
            try:
                return written_out(names).differ(self.instances, [column for _, column in kept])
            except AttributeError:  # the hook deleted it
                return True
        for name, column in kept:
            get = getter(fields, cls, name)
            if get is None:
                return True
            try:
                if any(map(is_not, map(get, self.instances), column)):
                    return True
            except AttributeError:  # the hook deleted it
                return True
        return False


class Snapshots:
    """What all the instances of one class had, in the order in which they were taken."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def take(
        self,
        fields: Fields,
        cls: type,
        instances: list[Any],
        names: Iterable[str],
        owners: list[Any] | None = None,
    ) -> Part:
        """Keep what some instances have.

        Args:
            fields: reads them.
            cls: their class now.
            names: the attributes that they are likely to have.
            owners: if given, those to which the values are to belong.
        """
        likely, columns = _columns(fields, cls, instances, names)
        rows = fields.all_values(instances) if columns is None else []
        part = Part(instances if owners is None else owners, likely, columns, rows)
        self.parts.append(part)
        return part

    def add(self, instance: Any, values: Values) -> None:
        """Keep the values of one more."""
        if not self.parts or self.parts[-1].columns is not None:
            self.parts.append(Part([], (), None, []))
        self.parts[-1].rows.append(values)
        self.parts[-1].instances.append(instance)

    def set(self, pairs: Iterable[tuple[Any, Values]]) -> None:
        """Keep just these pairs of an instance and its values."""
        kept = list(pairs)
        rows = [values for _, values in kept]
        self.parts = [Part([instance for instance, _ in kept], (), None, rows)]

    def __iter__(self) -> Iterator[tuple[Any, Values]]:
        """Each instance, with its values."""
        for part in self.parts:
            yield from zip(part.instances, part.values(), strict=True)

    def __reversed__(self) -> Iterator[tuple[Any, Values]]:
        for part in reversed(self.parts):
            yield from reversed(list(zip(part.instances, part.values(), strict=False)))

    def held(self) -> list[Any]:
        """The containers that hold instances."""
        return [self.parts, *(part.instances for part in self.parts)]

    def clear(self) -> None:
        """Hold nothing any more."""
        self.parts.clear()


def _columns(
    fields: Fields, cls: type, instances: list[Any], names: Iterable[str]
) -> tuple[tuple[str, ...], list[list[Any]] | None]:
    if not instances:
        return (), None
    if fields.only_slots:
        found = tuple(fields.slots)
        if reads_as_written(fields, cls, found):
            return found, _read_written(found, instances)
        return found, _read([fields.slots[name].__get__ for name in found], instances)
    if not fields.in_dict:
        return (), None
    getters = {name: get for name in names if (get := getter(fields, cls, name)) is not None}
    found = tuple(name for name in getters if hasattr(instances[0], name))
    if not fields.have_only(len(found), instances, cls):
        return (), None
    if reads_as_written(fields, cls, found):
        return found, _read_written(found, instances)
    return found, _read([getters[name] for name in found], instances)


def _read_written(names: tuple[str, ...], instances: list[Any]) -> list[list[Any]] | None:
    try:
        return written_out(names).read(instances)
    except AttributeError:  # not all of them have it
        return None


def _read(getters: Sequence[Callable[[Any], Any]], instances: list[Any]) -> list[list[Any]] | None:
    try:
        return [list(map(get, instances)) for get in getters]
    except AttributeError:  # not all of them have it
        return None
