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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, repeat
from operator import sub
from types import FrameType
from typing import Any

from livecode.edits.journal import Journal
from livecode.evolution import copies, frames, holders
from livecode.evolution.holders import Heap, Own, OwnDict
from livecode.evolution.swaps import KEPT, Swaps

INSTANCE = "instance of the class"
EXPRESSION = "running expression"
"""What stands in the name of a kind of holder."""

_LEVELS = 3
"""How many tuples in tuples are searched for one by one, before all tuples of the heap are."""

_CLASS_PARTS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)


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
        search = _Search(pairs, ignore)
        if not search.targets:
            return Replaced()
        search.find()
        search.count()
        return _Writing(search, journal, unhashed).write()
    finally:
        if collecting:
            gc.enable()


def rehash(
    partner: Mapping[int, Any],
    items: Sequence[Any],
    journal: Journal,
    ignore: Iterable[Any] = (),
    first: Iterable[Any] = (),
    leave: Callable[[Any, Exception], bool] = lambda holder, error: False,
) -> list[Any]:
    """Put keys in their places again, as they may have another hash now.

    Args:
        partner: for the id of each key, what takes its place (mostly the key itself).
        items: the keys.
        journal: gets the way back, as one step.
        ignore: lists and tuples that are no keys.
        first: dicts and sets that `replace` has left.
        leave: asked whether a holder may stay as it is although its keys cannot be compared.

    Returns:
        What was left: holders with keys that are equal now or cannot be compared, and frozensets.

    Raises:
        Exception: what ``__hash__`` or ``__eq__`` of a key raised.
    """
    partners: dict[int, Any] = OwnDict(partner)
    keys = Own(items)
    swaps = Swaps(partners, keys)
    journal.step(swaps)
    left: list[Any] = []
    places: dict[int, Any] = {id(holder): holder for holder in first}
    level: list[Any] = list(keys)

    def get(part: Any) -> Any:
        return partners.get(id(part), part)

    for item in keys:
        for reference in weakref.getweakrefs(item):
            if type(reference) is weakref.ref and reference.__callback__ is not None:
                partners[id(reference)] = copies.copy_reference(reference, item, get)
                level.append(reference)
    olds = list(level)
    heap = Heap([places, level, partners, swaps.records, *ignore])
    heap.own.add(id(olds))
    while level:
        found = heap.holders(level)
        level = []
        heap.own.update((id(found), id(level)))
        for holder in found:
            kind = type(holder)
            if kind is tuple and id(holder) not in partners and not _is_mro(holder):
                partners[id(holder)] = holder
                olds.append(holder)
                level.append(holder)
            elif issubclass(kind, frozenset):
                if not _finds_all(holder):
                    left.append(holder)
            elif kind not in KEPT and (
                issubclass(kind, set)
                or (
                    issubclass(kind, dict) and any(id(key) in partners for key in dict.keys(holder))
                )
            ):
                places[id(holder)] = holder
    heap.close()
    swaps.olds = Own(olds)
    for holder in places.values():
        try:
            swaps.keys(holder)
        except Exception as error:  # from the person's __hash__ or __eq__
            if not leave(holder, error):
                raise
            left.append(holder)
    return left + swaps.clashes


def _finds_all(holder: frozenset[Any]) -> bool:
    try:
        return all(frozenset.__contains__(holder, item) for item in frozenset.__iter__(holder))
    except Exception:  # from the person's __hash__ or __eq__
        return False


class _Search:
    """Finds everything that refers to the old objects.

    Attributes:
        targets: the old objects, the weak references to them, and the tuples and the like that hold
            them (in turn), each once.
        olds: for the id of each old object, its index in the pairs.
        partner: for the id of each old object, the new one.
        references: for the id of each weak reference to an old object, that object's id.
        places: by id, the holders that can be changed.
        frames: the running frames that have one of the targets in a local.
        unknown: for the id of each target, how many references nobody is known to have.
    """

    def __init__(self, pairs: Sequence[tuple[Any, Any]], ignore: Iterable[Any]) -> None:
        self.pairs = pairs
        # Of an object that is in two pairs, the first counts (so it is written last).
        used = [index for index, (old, new) in enumerate(pairs) if old is not new]
        self.targets = [pairs[index][0] for index in used]
        used.reverse()
        numbers = list(map(id, reversed(self.targets)))
        self.olds: dict[int, int] = dict(zip(numbers, used, strict=True))
        self.partner: dict[int, Any] = OwnDict(
            zip(numbers, [pairs[index][1] for index in used], strict=True)
        )
        self.twice: Counter[int] = Counter()
        if len(self.olds) < len(used):
            self.twice.update(numbers)
            self.targets = list({id(item): item for item in self.targets}.values())
        self.references: dict[int, int] = {}
        self.places: dict[int, Any] = {}
        self.frames: list[FrameType] = []
        self.unknown: dict[int, int] = {}
        self.ids = set(self.olds)
        self.heap = Heap(pairs, ignore, hidden=not all(map(gc.is_tracked, self.targets)))
        for mine in (self.targets, self.partner, self.places, self.__dict__):
            self.heap.own.add(id(mine))
        self._namespaces: dict[int, type] | None = None

    def find(self) -> None:
        """Fill `targets` and `places`."""
        level = list(self.targets)
        for old in level if any(map(weakref.getweakrefcount, level)) else ():
            for reference in weakref.getweakrefs(old):
                self.references[id(reference)] = id(old)
                self._target(reference)
        level = list(self.targets)
        self.heap.own.add(id(level))
        are_classes = map(issubclass, map(type, level), repeat(type))
        classes = set(map(id, compress(level, are_classes)))
        are_members = map(classes.__contains__, map(id, map(type, level)))
        members = set(map(id, compress(level, are_members)))
        deep = 0
        while level:
            found = self.heap.holders(level, classes, members)
            self.heap.own.add(id(found))
            cells = self._cells(found)
            level = []
            self.heap.own.add(id(level))
            for holder in found:
                if id(holder) in cells or type(holder) in KEPT:
                    continue
                if not holders.is_copied(type(holder)):
                    self._place(holder)
                elif deep <= _LEVELS and id(holder) not in self.ids and not _is_mro(holder):
                    self._target(holder)
                    level.append(holder)
            deep += 1
            if deep == _LEVELS and level:
                for holder in self.heap.copied_above(level):
                    if id(holder) not in self.ids and not _is_mro(holder):
                        self._target(holder)
                        level.append(holder)
        self.heap.close()

    def _target(self, item: Any) -> None:
        self.targets.append(item)
        self.ids.add(id(item))

    def _cells(self, found: list[Any]) -> set[int]:
        if any(type(holder) is types.CellType for holder in found):
            return self.heap.cells_of_ours()
        return set()

    def _place(self, holder: Any) -> None:
        kind = type(holder)
        if kind is dict and "__doc__" in holder:
            if self._namespaces is None:
                self._namespaces = self.heap.namespaces()
            holder = self._namespaces.get(id(holder), holder)
            kind = type(holder)
        if id(holder) in self.olds:
            if issubclass(kind, type):
                return  # an old class stays as it was
            if id(kind) in self.olds and self._is_only_instance(holder):
                return
        if issubclass(kind, _CLASS_PARTS) and id(holder.__objclass__) in self.olds:
            return
        if kind is FrameType and holders.is_ours(holder.f_globals):
            return
        if kind is dict and _of_subclasses(holder):
            return
        self.places[id(holder)] = holder

    def _is_only_instance(self, old: Any) -> bool:
        """Whether an instance of an old class refers to no other old object."""
        parts = map(id, gc.get_referents(old))
        return sum(map(self.ids.__contains__, parts)) == 1

    def count(self) -> None:
        """Fill `unknown` and `frames`: what reference counts tell beyond what was found."""
        ours = dict.fromkeys(self.olds, 1)  # in its pair
        ours |= self.twice
        for number in filter(self.ids.__contains__, self.places):
            ours[number] = ours.get(number, 0) + 1
        for number in filter(self.ids.__contains__, map(id, self.partner.values())):
            ours[number] = ours.get(number, 0) + 2  # in its pair, and in `partner`
        numbers = list(map(id, self.targets))
        known = map(self.heap.known.get, numbers, repeat(0))
        beyond = map(sub, holders.counts(self.targets), known)
        unknown = map(sub, beyond, map(ours.get, numbers, repeat(0)))
        self.unknown = {
            number: count for number, count in zip(numbers, unknown, strict=True) if count > 0
        }
        if self.unknown:
            self._look_into_frames()

    def _look_into_frames(self) -> None:
        for frame in holders.running():
            found = [id(value) for value in frames.locals_of(frame).values()]
            hits = [number for number in found if number in self.ids]
            for number in hits:
                self.unknown[number] = self.unknown.get(number, 0) - 1
            if hits and not holders.is_ours(frame.f_globals) and not self.heap.skips(frame):
                self.frames.append(frame)


def _is_mro(holder: Any) -> bool:
    """Whether a tuple is the resolution order of a class, which CPython keeps itself."""
    return (
        type(holder) is tuple
        and len(holder) > 1
        and issubclass(type(holder[0]), type)
        and type.__dict__["__mro__"].__get__(holder[0]) is holder
    )


def _of_subclasses(holder: dict[Any, Any]) -> bool:
    """Whether a dict is the one in which CPython keeps the subclasses of a class."""
    for key, value in dict.items(holder):
        if type(key) is not int or type(value) is not weakref.ref:
            return False
        cls = value()
        return issubclass(type(cls), type) and id(cls) == key
    return False


class _Writing:
    """Writes what a search has found, and tells what stays."""

    def __init__(self, search: _Search, journal: Journal, unhashed: list[Any] | None) -> None:
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
