"""Migration: the instances of one class, from one layout to the next.

In: a class before and after an edit, the difference of its layouts, and its live instances. Out: the
instances migrated, as one step of the journal, which knows the way back.

The implicit rules come first, for the instances of all classes; only then the hooks (``__reinit__``)
run, so that each sees consistent objects. What the rules are stands in `difference`.

===============================  ==============================================================
an attribute                     what an instance gets
===============================  ==============================================================
in both layouts                  keeps its value
added, and it was there before   the value that was put aside when it went
added, with a default            the default (a new one from a factory, for each instance)
added, without                   nothing: `__reinit__` gives it a value, or it is owed
removed, declared                nothing: its value is put aside
removed, only seen assigned      keeps its value
===============================  ==============================================================
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Iterator
from itertools import compress, repeat
from operator import is_, itemgetter
from types import FunctionType
from typing import Any

from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry
from livecode.evolution.beside import Beside
from livecode.evolution.difference import LayoutChange
from livecode.evolution.instances import DICT, Fields, instances_of
from livecode.evolution.layouts import Attribute
from livecode.evolution.old import Old
from livecode.evolution.replacing import replace
from livecode.evolution.succession import CannotSucceed, c_base, successor

HOOK = "__reinit__"

Progress = Callable[[str, int, int], None]
"""Is told of a class's name, how many of its instances are migrated, and how many there are: once
while the implicit rules are applied, and once more while the hooks run."""

STRIDE = 1 << 12
"""After so many instances the progress is told."""

QUIET = 1.0
"""Seconds for which nothing is told: only long migrations are worth it."""


class MigrationFailed(Exception):
    """A hook or a default raised (`__cause__` is the error), or a value is owed that must not be.

    `module` is the module of the class.
    """

    def __init__(self, text: str, module: str) -> None:
        super().__init__(text)
        self.module = module


def patient(progress: Progress | None) -> Progress | None:
    """The same, but told nothing before some time has passed from now on."""
    if progress is None:
        return None
    tell, begin = progress, time.monotonic() + QUIET

    def told(name: str, done: int, total: int) -> None:
        if time.monotonic() >= begin:
            tell(name, done, total)

    return told


class Migration:
    """Migrates the instances of exactly one class.

    Args:
        before: the class as it was (the same object, if it changed in place).
        after: the class as it is.
        change: the difference of its layouts.
        paid: attributes owed since an earlier edit that have a default now, or that the hook is to give.
        aside: keeps what leaves the instances.
    """

    def __init__(
        self,
        before: type,
        after: type,
        change: LayoutChange,
        paid: tuple[Attribute, ...],
        aside: Beside,
    ) -> None:
        self.before, self.after, self.change, self.paid = before, after, change, paid
        asked = bool(change or change.retyped or paid)
        self.hook: Any = getattr(after, HOOK, None) if asked else None
        self.instances: list[Any] = []
        """Those that are migrated; new objects once they took the old ones' places."""
        self.pairs: list[tuple[Any, Any]] = []
        """Old instances, and the new ones that are to take their places."""
        self.count = 0
        self.filled: dict[str, int] = {}
        self.restored: dict[str, int] = {}
        self.owed: dict[str, int] = {}
        self.behind: dict[str, int] = {}
        """Why instances keep the old class, and how many."""
        self.left: dict[str, int] = {}
        """What still refers to old objects: how many references of which kind."""
        self.replaces = change.replace or _is_value(after, change)
        """Whether a new object must take the place of each instance."""
        self._aside = aside
        self._changed = Beside()
        self._given = (*change.added, *change.from_class, *paid)
        """Attributes that an instance may lack."""
        members = tuple(
            each.name for each in change.old.attributes.values() if each.how == "member"
        )
        self._fields = Fields(before, members if self.replaces else None)
        self._new_fields = Fields(after) if self.replaces else self._fields
        self._values: list[dict[str, Any]] = []
        """What each of them had."""
        self._put: list[tuple[str, list[Any] | slice]] = []
        self._kept_aside: list[tuple[Any, dict[str, Any]]] = []
        self._moved: list[Any] = []
        self._settled = False

    # -- the implicit rules ----------------------------------------------------------------------

    def fill(self, instances: list[Any], progress: Progress | None = None) -> None:
        """Apply the implicit rules.

        Raises:
            MigrationFailed: a default factory or a class's own storage raised.
        """
        if self.paid and not self.change and self.before is self.after:
            names = [each.name for each in self.paid]
            instances = [each for each in instances if any(self._lacks(each, n) for n in names)]
        self.count = len(instances)
        if self.replaces:
            alike = c_base(self.after) is object and not self._fields.members
            fillers = [Filler(self.after, each) for each in self._given]
            for _, part in self._parts(instances, progress):
                if alike and not self._aside.has_any(part):
                    self._make_plain_successors(part, fillers)
                else:
                    self._make_successors(part)
            return
        self.instances = instances
        if self.before is not self.after:
            self._moved = instances
            set_class = object.__setattr__
            for each in instances:
                set_class(each, "__class__", self.after)
        fillers = [Filler(self.after, each) for each in self._given]
        keep = self.hook is not None or bool(self.change.leaving)
        for start, part in self._parts(instances, progress):
            self._fill_part(start, part, fillers, keep)

    def _parts(
        self, items: list[Any], progress: Progress | None
    ) -> Iterator[tuple[int, list[Any]]]:
        """Some at a time, and where they begin; each time it is told how many are done."""
        for start in range(0, len(items), STRIDE):
            yield start, items[start : start + STRIDE]
            if progress is not None:
                progress(self.change.new.name, min(start + STRIDE, len(items)), len(items))

    def _fill_part(
        self, start: int, instances: list[Any], fillers: list[Filler], keep: bool
    ) -> None:
        """Apply the rules to instances that stay the same objects.

        Args:
            start: where they begin among all.
            keep: all that they have must be known, for a hook or as values leave.
        """
        fields = self._fields
        had = fields.all_values(instances) if keep else []
        self._values += had
        for name in self.change.leaving:
            for each, values in zip(instances, had, strict=True):
                if name in values:
                    self._keep_aside(each, name, values[name])
                    fields.put(each, name, MISSING)
        restoring = bool(self._given) and self._aside.has_any(instances)
        for filler in fillers:
            name = filler.attribute.name
            if not (restoring or filler.stores):
                continue
            if keep:
                pairs = zip(instances, had, strict=True)
                lacking = [each for each, values in pairs if name not in values]
            else:
                lacking = self._lacking(name, instances)
            if not lacking:
                continue
            whole = len(lacking) == len(instances)  # then there is no need for one more list
            self._put.append((name, slice(start, start + len(instances)) if whole else lacking))
            if restoring:
                for each in lacking:
                    value = self._value_for(filler.attribute, each, each)
                    if value is not MISSING:
                        fields.put(each, name, value)
                continue
            self._fill(lacking, filler)

    def _fill(self, instances: list[Any], filler: Filler) -> None:
        name = filler.attribute.name
        self.filled[name] = self.filled.get(name, 0) + len(instances)
        if filler.factory:
            for each in instances:
                filler.put(each, self._make(filler.attribute, each))
        else:
            filler.put_all(instances)

    def _make_plain_successors(self, instances: list[Any], fillers: list[Filler]) -> None:
        """The same as `_make_successors`, for instances that have nothing but slots and a dict."""
        new_fields, leaving = self._new_fields, self.change.leaving
        had = self._fields.all_values(instances)
        made: list[Any] = list(map(object.__new__, repeat(self.after, len(instances))))
        self._values += had
        self.pairs += zip(instances, made, strict=True)
        self.instances += made
        names: dict[str, None] = {name: None for values in had for name in values}
        for name in names:
            have = [name in values for values in had]
            owners: Any = compress(made, have)
            values = map(itemgetter(name), compress(had, have))
            placed = name in new_fields.slots or new_fields.has_dict
            if name in leaving or not placed:
                for each, value in zip(owners, values, strict=True):
                    self._keep_aside(each, name, value)
            else:
                new_fields.put_all(owners, name, values)
        for filler in fillers:
            name = filler.attribute.name
            if not filler.stores or not (name in new_fields.slots or new_fields.has_dict):
                continue
            pairs = zip(made, had, strict=True)
            lacking = [each for each, values in pairs if name not in values or name in leaving]
            self._fill(lacking, filler)

    def _make_successors(self, instances: list[Any]) -> None:
        fields, new_fields = self._fields, self._new_fields
        names = new_fields.slots.keys() | set(new_fields.members)
        for each in instances:
            values = fields.values(each)
            having = {
                name: value for name, value in values.items() if name not in self.change.leaving
            }
            for attribute in self._given:
                if attribute.name not in having:
                    value = self._value_for(attribute, each, each)
                    if value is not MISSING:
                        having[attribute.name] = value
            if any(name not in having for name in new_fields.members):
                for name in new_fields.members:  # a tuple cannot lack an item: it stays as it is
                    if name not in having:
                        self.owed[name] = self.owed.get(name, 0) + 1
                continue
            try:
                made = successor(each, self.after, [having[name] for name in new_fields.members])
            except CannotSucceed as reason:
                self.behind[str(reason)] = self.behind.get(str(reason), 0) + 1
                continue
            for name, value in having.items():
                if name in new_fields.members:
                    continue
                if name in names or new_fields.has_dict:
                    new_fields.put(made, name, value)
            for name, value in values.items():
                lost = name not in names and not new_fields.has_dict
                if name in self.change.leaving or lost:
                    self._keep_aside(made, name, value)
            self._values.append(values)
            self.pairs.append((each, made))
            self.instances.append(made)

    def _value_for(self, attribute: Attribute, instance: Any, owner: Any) -> Any:
        """The value that an instance without an attribute gets, or MISSING."""
        name = attribute.name
        value = self._aside.get(instance, name)
        if value is not MISSING:
            self._keep_aside(owner, name, MISSING)
            self.restored[name] = self.restored.get(name, 0) + 1
            return value
        default = attribute.default
        if default is None or not default.stores:
            return MISSING
        self.filled[name] = self.filled.get(name, 0) + 1
        return self._make(attribute, instance)

    def _make(self, attribute: Attribute, instance: Any) -> Any:
        assert attribute.default is not None
        try:
            return attribute.default.make()
        except Exception as error:
            what = f"the default of {attribute.name}"
            raise _failed(what, instance, error, self.count) from error

    def _keep_aside(self, instance: Any, name: str, value: Any) -> None:
        self._kept_aside.append((instance, self._aside.values(instance)))
        self._aside.put(instance, name, value)

    def _lacks(self, instance: Any, name: str) -> bool:
        return self._fields.get(instance, name) is MISSING

    def _lacking(self, name: str, instances: list[Any]) -> list[Any]:
        if _reads_plainly(self.after, name):
            if not any(map(hasattr, instances, repeat(name))):
                return instances
            return [each for each in instances if not hasattr(each, name)]
        get = self._new_fields.get
        return [each for each in instances if get(each, name) is MISSING]

    # -- new objects in the old ones' places -----------------------------------------------------

    def placed(self, moved: dict[int, Any]) -> None:
        """The new objects took the old ones' places.

        Args:
            moved: by the index of a pair, the object that did, if it is a copy of the new one.
        """
        for index, new in moved.items():
            self.instances[index] = new

    # -- the hooks -------------------------------------------------------------------------------

    def run_hooks(self, progress: Progress | None = None) -> None:
        """Call ``__reinit__`` for every instance, and see what it changed.

        Raises:
            MigrationFailed: the hook raised.
        """
        if self.hook is None:
            return
        added = tuple(each.name for each in (*self.change.added, *self.paid))
        removed = tuple(each.name for each in self.change.removed)
        hook, references, instance = self.hook, sys.getrefcount, None
        box: list[dict[str, Any]] = [{}]
        old = Old(box, added, removed)
        alone = references(old)
        values = iter(self._values)
        for _, part in self._parts(self.instances, progress):
            try:
                for instance, box[0] in zip(part, values, strict=False):
                    hook(instance, old)
                    if references(old) != alone:  # somebody keeps it
                        box = [{}]
                        old = Old(box, added, removed)
            except Exception as error:
                raise _failed(HOOK, instance, error, self.count) from error

    def find_owed(self) -> None:
        """See which attributes nobody gave to how many of the instances."""
        for attribute in (*self.change.owed, *self.paid):
            lacking = len(self._lacking(attribute.name, self.instances))
            if lacking and attribute.expected:
                self.owed[attribute.name] = self.owed.get(attribute.name, 0) + lacking

    def settle(self) -> None:
        """The edit is live: hold the instances no longer, but keep what an undo needs of them."""
        self._settled = True
        if self.hook is not None:
            for start in reversed(range(0, len(self._values), STRIDE)):
                had = self._values[start:]
                del self._values[start:]
                self._keep_changed(self.instances[start : start + STRIDE], had)
        for held in (self.instances, self.pairs, self._values, self._put, self._kept_aside):
            held.clear()
        self._moved.clear()

    def _keep_changed(self, instances: list[Any], had: list[dict[str, Any]]) -> None:
        """Keep what a hook made of values, where it is another one now."""
        names = had[0].keys() - self.change.leaving
        if self._new_fields.in_dict and set(map(len, had)) == {len(had[0])}:
            have = list(map(DICT, instances))
            try:
                if all(
                    all(map(is_, map(itemgetter(n), had), map(itemgetter(n), have))) for n in names
                ):
                    return
            except KeyError:  # not all of them have it
                pass
        get = self._new_fields.get
        for instance, values in zip(instances, had, strict=True):
            for name, value in values.items():
                now = get(instance, name)
                if now is not value and name not in self.change.leaving:
                    self._changed.put(instance, name, (value, now))

    # -- the way back ----------------------------------------------------------------------------

    def rollback(self) -> list[Entry]:
        """Put every instance back as it was, since the edit failed (or if it is live, see `revert`)."""
        if self._settled:
            return self.revert()
        for instance, values in reversed(self._kept_aside):
            self._aside.replace(instance, values)
        if not self.replaces:
            for instance, values in zip(self.instances, self._values, strict=False):
                self._fields.restore(instance, values)
            for name, where in reversed(self._put):
                for each in self.instances[where] if isinstance(where, slice) else where:
                    self._fields.put(each, name, MISSING)
            for each in reversed(self._moved):
                object.__setattr__(each, "__class__", self.before)
        self.hook = None  # nothing of it stays
        self.settle()
        return []

    def held(self) -> list[Any]:
        """The containers of its own that hold instances."""
        return [self.instances, self.pairs, self._values, self._put, self._kept_aside]

    def revert(self) -> list[Entry]:
        """Take a good migration back: whatever instances there are now get the old layout.

        Attributes that both layouts have keep the values set since; what a hook made of them goes back
        to what it was.
        """
        instances = instances_of([self.after])[self.after]
        if self.replaces:
            back = []
            for each in instances:
                values = self._back(each)
                members = [values.get(name) for name in self._fields.members]
                made = successor(each, self.before, members)
                for name, value in values.items():
                    if name not in self._fields.members and (
                        name in self._fields.slots or self._fields.has_dict
                    ):
                        self._fields.put(made, name, value)
                back.append((each, made))
            replace(back, Journal())
            return []
        for each in instances:
            self._fields.restore(each, self._back(each))
            if self.before is not self.after:
                object.__setattr__(each, "__class__", self.before)
        return []

    def _back(self, instance: Any) -> dict[str, Any]:
        """What an instance is to have in the old layout."""
        values = self._new_fields.values(instance)
        for attribute in (*self.change.added, *self.change.from_class):
            value = values.pop(attribute.name, MISSING)
            default = attribute.default
            if value is not MISSING and not (default is not None and default.value is value):
                self._aside.put(instance, attribute.name, value)
        lost = set(self._aside.values(instance)) & self.change.old.attributes.keys()
        for name in self.change.leaving | (lost - values.keys()):
            value = self._aside.get(instance, name)
            if value is not MISSING:
                self._aside.put(instance, name, MISSING)
                values[name] = value
        for name, (old, left) in self._changed.values(instance).items():
            if values.get(name, MISSING) is left:
                values[name] = old
        return {name: value for name, value in values.items() if value is not MISSING}


class Filler:
    """Gives an attribute's default to instances that lack it.

    Args:
        cls: the class that they have.
        attribute: is one of its layout.
    """

    def __init__(self, cls: type, attribute: Attribute) -> None:
        default = attribute.default
        self.attribute = attribute
        self.stores = default is not None and default.stores
        self.factory = self.stores and default is not None and default.factory is not None
        self._value = default.value if default is not None else None
        self._fields = Fields(cls)
        self._plainly = _takes_plainly(cls, attribute.name)
        self._store = _storing(attribute.name)

    def put(self, instance: Any, value: Any) -> None:
        """Give one instance a value of its own."""
        if self._plainly:
            setattr(instance, self.attribute.name, value)
        else:
            self._fields.put(instance, self.attribute.name, value)

    def put_all(self, instances: list[Any]) -> None:
        """Give instances the value that they share."""
        if self._plainly:
            self._store(instances, self._value)
        else:
            self._fields.put_all(instances, self.attribute.name, repeat(self._value))


def _store(instances: list[Any], value: Any) -> None:
    for each in instances:
        each.name = value


def _storing(name: str) -> Callable[[list[Any], Any], None]:
    """A loop that CPython specialises, as ``setattr`` is not."""
    return FunctionType(_store.__code__.replace(co_names=(name,)), {})


def _is_value(cls: type, change: LayoutChange) -> bool:
    """Whether other fields give the frozen instances of a class another hash, which keys rely on."""
    values = bool(change.added or change.from_class or change.leaving)
    return values and change.new.kind.frozen and _hashes_values(cls)


def _hashes_values(cls: type) -> bool:
    return _found(cls, "__hash__") not in (None, object.__hash__)


def _found(cls: type, name: str) -> Any:
    return inspect.getattr_static(cls, name, None)


def _takes_plainly(cls: type, name: str) -> bool:
    """Whether ``setattr`` stores a value on an instance and does nothing else."""
    found = inspect.getattr_static(cls, name, None)
    plain = _found(cls, "__setattr__") is object.__setattr__
    return plain and not hasattr(type(found), "__set__")


def _reads_plainly(cls: type, name: str) -> bool:
    """Whether ``hasattr`` tells what an instance itself has."""
    return (
        _found(cls, "__getattribute__") is object.__getattribute__
        and not hasattr(cls, "__getattr__")
        and inspect.getattr_static(cls, name, MISSING) is MISSING
    )


def _failed(what: str, instance: Any, error: BaseException, count: int) -> MigrationFailed:
    text = f"{what} of {guarded(instance)}, one of {count}, raised {type(error).__name__}: {error}"
    failure = MigrationFailed(text, type(instance).__module__)
    return failure.with_traceback(error.__traceback__)


def guarded(instance: Any) -> str:
    """An instance for people: its ``repr``, shortened, or what can be said without it."""
    kind = type(instance).__qualname__
    try:
        text = repr(instance)
    except Exception as error:  # the user's own __repr__, perhaps for an attribute that is missing
        return f"a {kind} (its repr raised {type(error).__name__})"
    if " object at 0x" in text:
        return f"a {kind}"
    return text if len(text) <= 60 else text[:57] + "..."
