"""A new object takes an old object's place in everything that referred to it.

In: pairs of an old and a new object, and a journal. Out: every holder changed that can be, and as
data what still refers to the old objects, found by comparing what is known with their reference
counts. The whole work is one look over the heap, one more for the holders of what had to be copied
(tuples and the like, see `copies`), and time linear in the pairs and their holders.

First everything is found, and nothing changed; then it is written in one step of the journal: all
places but keys, then (as hashes may follow from what was just written) the keys.
"""

from __future__ import annotations

import gc
import types
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from livecode.edits.journal import Journal
from livecode.evolution import copies
from livecode.evolution.searching import Search
from livecode.evolution.swaps import Swaps

INSTANCE = "instance of the class"
EXPRESSION = "running expression"
"""What stands in the name of a kind of holder."""


@dataclass
class Left:
    """References to one old object that stay.

    Attributes:
        index: which of the pairs it is.
        count: how many references stay.
        kinds: how many of them each kind of holder has.
    """

    index: int
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.kinds.values())


@dataclass
class Replaced:
    """What a replacement did.

    Attributes:
        changed: how many holders were changed.
        copied: how many tuples and other unchangeable holders were copied.
        left: old objects that something still refers to, and what.
        moved: by index of the pair, the object that took the place where that is not the new object
            itself but a copy of it (it is a tuple that had an old object in it).
    """

    changed: int = 0
    copied: int = 0
    left: list[Left] = field(default_factory=list)
    moved: dict[int, Any] = field(default_factory=dict)


def replace(
    pairs: Sequence[tuple[Any, Any]],
    journal: Journal,
    ignore: Iterable[Any] = (),
    unhashed: list[Any] | None = None,
) -> Replaced:
    """Let each new object take the place of its old one, wherever it can.

    Args:
        pairs: (old, new) objects.
        journal: gets the way back, as one step.
        ignore: holders (lists, dicts, frames) that are left as they are, and are not reported.
        unhashed: if given, takes the dicts and sets with a key whose ``__hash__`` or ``__eq__`` raised,
            instead of the error: it may not be complete yet. `rehash` is for them.

    Raises:
        Exception: what ``__hash__`` or ``__eq__`` of a key raised, when part of the work is done;
            the caller rolls back the journal.
    """
    collecting = gc.isenabled()
    gc.disable()  # what is made here would have it search the heap again and again
    try:
        search = Search(pairs, ignore)
        if not search.targets:
            return Replaced()
        search.find()
        search.count()
        return _Writing(search, journal, unhashed).write()
    finally:
        if collecting:
            gc.enable()


class _Writing:
    """Writes what a search has found, and tells what stays."""

    def __init__(self, search: Search, journal: Journal, unhashed: list[Any] | None) -> None:
        self.unhashed = unhashed
        self.search = search
        self.journal = journal
        self.partner = search.partner
        self.copied = {id(item): item for item in search.targets if id(item) not in search.olds}
        self.result = Replaced()
        self.left: dict[int, Counter[str]] = defaultdict(Counter)

    def write(self) -> Replaced:
        swaps = Swaps(self.partner, self.search.targets)
        self.journal.step(swaps)
        late = self._copy(set(self._waiting_for_hashes()))
        self._places(swaps)
        if late:
            self._copy(set())
            self._places(swaps)
        for holder in self.search.places.values():
            if issubclass(type(holder), (dict, set)):
                try:
                    swaps.keys(holder)
                except Exception:  # whatever the person's __hash__ or __eq__ raises
                    if self.unhashed is None:
                        raise
                    self.unhashed.append(holder)  # put off: `rehash` does it again, and raises
        self.result.changed = len({id(getattr(each, "holder", each)) for each in swaps.records})
        swaps.done()
        self._tell(swaps)
        return self.result

    def _places(self, swaps: Swaps) -> None:
        for holder in self.search.places.values():
            swaps.places(holder)
        for frame in self.search.frames:
            swaps.running(frame)

    def _waiting_for_hashes(self) -> list[int]:
        """Copies that compute hashes, and what holds those: they are made later."""
        waiting = [item for item in self.copied.values() if copies.needs_hash(item)]
        if not waiting:
            return []
        above: dict[int, list[int]] = defaultdict(list)
        for item in self.copied.values():
            for part in gc.get_referents(item):
                above[id(part)].append(id(item))
        found = [id(item) for item in waiting]
        seen = set(found)
        for number in found:
            for holder in above[number]:
                if holder not in seen:
                    seen.add(holder)
                    found.append(holder)
        return found

    def _copy(self, later: set[int]) -> bool:
        """Copy what cannot be changed, the inner ones first; whether some are left for later."""
        seen: set[int] = set()
        for number in self.copied:
            stack = [number]
            while stack:
                top = stack[-1]
                item = self.copied[top]
                if top in seen:  # its parts have been copied (or it is one of its own parts)
                    stack.pop()
                    if top not in self.partner and top not in later:
                        self._copy_one(top, item)
                    continue
                seen.add(top)
                stack += [
                    id(part)
                    for part in self._parts(item)
                    if id(part) in self.copied and id(part) not in seen
                ]
        news = map(id, self.partner.values())
        if self.copied.keys().isdisjoint(news):
            return bool(later)
        for old, index in self.search.olds.items():
            made = self.partner.get(id(self.partner[old]))
            if made is not None and id(self.partner[old]) in self.copied:
                self.partner[old] = made
                self.result.moved[index] = made
        return bool(later)

    def _parts(self, item: Any) -> list[Any]:
        parts = gc.get_referents(item)
        new = self.partner.get(self.search.references.get(id(item), 0))
        return parts if new is None else [*parts, new]

    def _copy_one(self, number: int, item: Any) -> None:
        def get(part: Any) -> Any:
            return self.partner.get(id(part), part)

        try:
            old = self.search.references.get(number)
            if old is None:
                made = copies.copy(item, get)
            else:
                made = copies.copy_reference(item, self._old(old), get)
        except copies.CannotCopy as error:
            self._stays(item, str(error), 1)
        else:
            self.partner[number] = made
            self.result.copied += 1

    def _old(self, number: int) -> Any:
        return self.search.pairs[self.search.olds[number]][0]

    def _stays(self, item: Any, kind: str, count: int) -> None:
        """Note that `item`, an old object or a copied one, is still referred to."""
        seen = {id(item)}
        waiting = [item]
        while waiting:
            part = waiting.pop()
            number = self.search.references.get(id(part), id(part))
            if number in self.search.olds:
                self.left[self.search.olds[number]][kind] += count
                continue
            for inner in gc.get_referents(part):
                if id(inner) in self.search.ids and id(inner) not in seen:
                    seen.add(id(inner))
                    waiting.append(inner)

    def _tell(self, swaps: Swaps) -> None:
        for item in self.search.targets if self.search.unknown else ():
            count = self.search.unknown.get(id(item), 0)
            if count > 0 and not self._is_of_subclasses(item):
                self._stays(item, self._unknown(item), count)
        contains = self.search.ids.__contains__
        for holder in self.search.places.values():
            if any(holder is clash for clash in swaps.clashes) or type(holder) in (
                list,
                dict,
                set,
                types.CellType,
            ):
                continue
            parts = gc.get_referents(holder)
            for part in parts:
                if contains(id(part)) and self.partner.get(id(part)) is not part:
                    self._stays(part, _kind(holder, part), 1)
        for holder in swaps.clashes:
            for part in gc.get_referents(holder):
                if contains(id(part)):
                    kind = "element" if issubclass(type(holder), set) else "key"
                    self._stays(part, f"{_kind(holder, part)} that has an equal {kind}", 1)
        self.result.left = [
            Left(index, dict(kinds)) for index, kinds in sorted(self.left.items()) if kinds
        ]

    def _is_of_subclasses(self, item: Any) -> bool:
        old = self.search.references.get(id(item))
        return old is not None and type(item) is weakref.ref and isinstance(item(), type)

    def _unknown(self, item: Any) -> str:
        if id(item) in self.search.olds:
            return "unknown holder (C code, or a running expression)"
        return f"{type(item).__qualname__} that C code or a running expression holds"


def _kind(holder: Any, part: Any) -> str:
    """What a person is told that a holder is."""
    kind = type(holder)
    if kind is part:
        return INSTANCE
    if kind in (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType):
        return f"running expression of a suspended {kind.__qualname__.replace('_', ' ')}"
    if issubclass(kind, type):
        return f"class {holder.__qualname__}, whose bases CPython does not change"
    if kind is FrameType:
        return "running expression of a frame"
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
