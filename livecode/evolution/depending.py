"""Depending: keys whose hash may follow from an object that is migrated, through other objects.

In: the migrations of an edit. Out: the objects that may stand between a dict or set and a migrated
object, as their ``__hash__`` is somebody's code: a frozen dataclass in a frozen dataclass, an object
that hashes an attribute of another one. `rehash` then asks each dict and set that has one of them as a
key whether it still finds it. What they found before needs no asking: a dict keeps the hashes.

So that it costs little and asks nobody's ``__hash__`` in vain:

=============================================  ==================================================
what there is                                  what is done
=============================================  ==================================================
attributes only added to instances in place,   nothing: no hash that could be computed before
by default, and their hash is that of every    reads them
object
no class with a ``__hash__`` in Python but     nothing: no look at the heap
those of libraries
instances of such a class reach no migrated    nothing: their hashes are not computed
instance
else                                           one look over the heap for the dicts and sets that
                                               hold them; one look-up for each of these keys
=============================================  ==================================================
"""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from livecode.edits.journal import Journal
from livecode.edits.report import Entry
from livecode.evolution.instances import family, instances_of
from livecode.evolution.reading import has_own_hash
from livecode.evolution.rehashing import rehash
from livecode.evolution.returning import unfound
from livecode.modules import is_user_file

if TYPE_CHECKING:
    from livecode.evolution.migration import Migration

FAR = 20_000
"""After so many references on the way from the instances of a class, they are taken to reach a migrated
one: to ask a key for its hash in vain takes less time than to look further."""

SOME = 24
"""For up to so many classes the collector is asked for their referrers, as nearly none is met (measured:
20 milliseconds for a million objects, and one more for each class; else 50)."""

_TOGETHER = 256

_ENDS = (
    *(str, bytes, int, float, complex, bool, type(None), range),
    *(type, FunctionType, BuiltinFunctionType, ModuleType, CodeType, FrameType),
)
"""What is not looked into: a hash follows from values, not from what a function or module could reach."""


class Depending:
    """Finds these objects; and as a step of the journal, puts them in their places when an edit is undone.

    It comes before the migrations, so that it is taken back after them.

    Args:
        migrations: those of the edit.
    """

    name = "keys that hold migrated objects"

    def __init__(self, migrations: Sequence[Migration]) -> None:
        self._name = migrations[0].change.new.name if migrations else ""
        self._classes = {each for one in migrations for each in (one.before, one.after)}
        self._matters = any(map(_may_change_hashes, migrations))

    def find(self) -> list[Any]:
        """The objects whose hash may have changed."""
        kinds = hashing_classes() - self._classes if self._matters else set()
        if not kinds:
            return []
        return [each for some in _instances_of(kinds) if self.affects(some) for each in some]

    def affects(self, keys: Sequence[Any]) -> bool:
        """Whether the hash of any of some keys may follow from a migrated object."""
        return any(type(key) in self._classes for key in keys) or reach(keys, self._classes)

    def settle(self) -> None:
        """It holds nothing."""

    def rollback(self) -> list[Entry]:
        """Nothing: what `rehash` did is taken back with the hashes that were kept."""
        return []

    def revert(self) -> list[Entry]:
        """All migrations are taken back: let dicts and sets find keys again."""
        keys = self.find()
        if not keys:
            return []
        partner = {id(key): key for key in keys}
        left = rehash(partner, keys, Journal(), [keys], self.affects, leave=lambda *_: True)
        return [unfound(self._name, left)] if left else []


def _instances_of(kinds: set[type]) -> Iterable[list[Any]]:
    if len(kinds) > SOME:
        return filter(None, instances_of(kinds).values())
    found: dict[type, list[Any]] = {}
    for each in gc.get_referrers(*kinds):
        if type(each) in kinds:
            found.setdefault(type(each), []).append(each)
    return found.values()


def _may_change_hashes(migration: Migration) -> bool:
    return bool(
        migration.replaces
        or migration.hook
        or migration.change.leaving
        or has_own_hash(migration.before)
        or has_own_hash(migration.after)
    )


_names = type.__dict__["__dict__"].__get__
"""What stands in a class, whatever its metaclass says of it."""


def hashing_classes() -> set[type]:
    """Classes of user code whose ``__hash__`` is written in Python (of libraries there are too many)."""
    defining = [each for each in family([object]) if _hashes(_names(each))]
    return {each for each in family(defining) if has_own_hash(each)}


def _hashes(names: Mapping[str, Any]) -> bool:
    """Whether what stands in a class makes it a class of user code with a ``__hash__`` in Python."""
    if type(names.get("__hash__")) is not FunctionType:
        return False
    module = sys.modules.get(str(names.get("__module__")))
    path = getattr(module, "__file__", None)
    return not isinstance(path, str) or is_user_file(path)


def reach(objects: Sequence[Any], classes: Collection[type]) -> bool:
    """Whether any of some objects reaches an instance of some classes, or may."""
    seen = set(map(id, objects))
    budget = FAR
    ends = dict.fromkeys(_ENDS, True)
    level = list(objects)
    while level:
        following: list[Any] = []
        for start in range(0, len(level), _TOGETHER):
            parts = _parts(level[start : start + _TOGETHER])
            budget -= len(parts)
            for part in parts:
                kind = type(part)
                if kind in classes:
                    return True
                if kind not in ends:
                    ends[kind] = issubclass(kind, type)
                if not ends[kind] and id(part) not in seen:
                    seen.add(id(part))
                    following.append(part)
            if budget < 0:
                return True
        level = following
    return False


def _parts(objects: Sequence[Any]) -> list[Any]:
    parts = gc.get_referents(*objects)
    references = [each for each in objects if issubclass(type(each), weakref.ref)]
    return parts + [weakref.ref.__call__(each) for each in references]  # a proxy has no hash
