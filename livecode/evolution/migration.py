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
import traceback
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import compress, repeat
from operator import is_, itemgetter
from types import CoroutineType, FunctionType, GeneratorType
from typing import Any

from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry
from livecode.evolution.beside import Beside
from livecode.evolution.difference import LayoutChange
from livecode.evolution.instances import OWED, Fields, instances_of
from livecode.evolution.kinds import assignable, c_base
from livecode.evolution.layouts import Attribute
from livecode.evolution.old import Old
from livecode.evolution.replacing import rehash, replace
from livecode.evolution.succession import CannotSucceed, successor

HOOK = "__reinit__"

Progress = Callable[[str, int, int], None]
"""Is told of a class's name, how many of its instances are migrated, and how many there are: once
while the implicit rules are applied, and once more while the hooks run."""

QUIET = 1.0
"""Seconds before the progress of a migration is told at all."""

STRIDE = 1 << 12
"""After so many instances the progress is told."""


class MigrationFailed(Exception):
    """A hook or a default raised (`__cause__` is the error), or a value is owed that must not be.

    `module` is the module of the class.
    """

    def __init__(self, text: str, module: str) -> None:
        super().__init__(text)
        self.module = module

    def let_go(self) -> None:
        """Hold no instance any more: the frames of the traceback do, once they are left."""
        for each in (self, self.__cause__):
            if each is not None:
                traceback.clear_frames(each.__traceback__)


def let_go(error: BaseException, handled: BaseException | None = None) -> None:
    """Let the frames that an error left hold nothing any more.

    Whoever keeps the error would keep new objects alive that were made and never took a place; to the
    next migration they would be instances like all others, and the one after it had twice as many.

    Args:
        error: the error; what led to it is let go, too.
        handled: what was being handled before: that one, and what led to it, stay as they are.
    """
    seen = {id(handled)}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            traceback.clear_frames(each.__traceback__)
            waiting += (each.__cause__, each.__context__)


def patient(progress: Progress | None) -> Progress | None:
    """The same, but told nothing before some time has passed from now on."""
    if progress is None:
        return None
    tell, begin = progress, time.monotonic() + QUIET

    def told(name: str, done: int, count: int) -> None:
        if time.monotonic() >= begin:
            tell(name, done, count)

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
        self.name = f"instances of {change.new.name}"
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
        self._given = (*change.added, *change.from_class, *paid)
        """Attributes that an instance may lack."""
        self.hashed = _hashes_values(after)
        """Whether dicts and sets find the instances by their values."""
        self._other_kind = (
            change.replace
            or not assignable(before, after)
            or any(each.how == "member" for each in paid)
        )
        self.replaces = self._other_kind or self._becomes_another_value()
        """Whether a new object must take the place of each instance."""
        asked = bool(change or change.retyped or paid or self.replaces)
        self.hook: Any = getattr(after, HOOK, None) if asked else None
        self._aside = aside
        self._changed = aside.another()
        self._brought_back = aside.another()
        members = tuple(
            each.name for each in change.old.attributes.values() if each.how == "member"
        )
        self._fields = Fields(before, members if self.replaces else None)
        self._new_fields = Fields(after) if self.replaces else self._fields
        self._snapshots: list[tuple[Any, dict[str, Any]]] = []
        self._put: list[tuple[str, list[Any]]] = []
        self._kept_aside: list[tuple[Any, dict[str, Any]]] = []
        self._moved: list[Any] = []
        self._staying: list[tuple[Any, dict[str, Any]]] = []
        """Those that change in place although new objects take the places of the others."""
        self.old_ones: list[weakref.ref[Any]] = []
        """Old objects that something still refers to."""
        self._all_known = True

    def _becomes_another_value(self) -> bool:
        """Whether other fields give frozen instances another hash, which keys rely on."""
        fields = bool(self._given or self.change.leaving)
        return fields and self.change.new.kind.frozen and self.hashed

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
            plain = c_base(self.after) is object and not self._fields.members
            for part in self._parts(instances, progress):
                if plain and not self._aside.has_any(part):
                    self._make_plain_successors(part)
                else:
                    self._make_successors(part)
            self._aside.move(self.pairs)
            self.instances = [made for _, made in self.pairs]
            return
        self.instances = instances
        if self.before is not self.after:
            for each in instances:
                self._moved.append(each)
                object.__setattr__(each, "__class__", self.after)
        keep = self.hook is not None or bool(self.change.leaving)
        for part in self._parts(instances, progress):
            if keep or self._aside.has_any(part):
                self._fill_one_by_one(part)
            else:
                for attribute in self._given:
                    self._fill_all(attribute, part)

    def _parts(self, items: list[Any], progress: Progress | None) -> Iterator[list[Any]]:
        """Some at a time; each time it is told how many are done."""
        for start in range(0, len(items), STRIDE):
            yield items[start : start + STRIDE]
            if progress is not None:
                progress(self.change.new.name, min(start + STRIDE, len(items)), len(items))

    def _fill_all(self, attribute: Attribute, instances: list[Any]) -> None:
        """Give an attribute to every instance that lacks it; nothing else happens to them."""
        default, name = attribute.default, attribute.name
        if default is None or not default.stores:
            return
        lacking = self._lacking(name, instances)
        done: list[Any] = []
        self._put.append((name, lacking if default.factory is None else done))
        self.filled[name] = self.filled.get(name, 0) + len(lacking)
        if default.factory is None:
            if _takes_plainly(self.after, name):
                _storing(name)(lacking, default.value)
            else:
                self._fields.put_all(lacking, name, repeat(default.value))
            return
        for each in lacking:
            value = self._make(attribute, each)
            done.append(each)
            self._fields.put(each, name, value)

    def _fill_one_by_one(self, instances: list[Any]) -> None:
        fields, leaving = self._fields, self.change.leaving
        had = fields.all_values(instances)
        self._snapshots += zip(instances, had, strict=True)
        given = self._given if self._aside.has_any(instances) else _stored(self._given)
        for each, values in zip(instances, had, strict=True) if leaving or given else ():
            for name in leaving:
                if name in values:
                    self._keep_aside(each, name, values[name])
                    fields.put(each, name, MISSING)
            for attribute in given:
                if attribute.name not in values:
                    value = self._value_for(attribute, each, each)
                    if value is not MISSING:
                        fields.put(each, attribute.name, value)

    def _make_plain_successors(self, instances: list[Any]) -> None:
        """The same as `_make_successors`, for instances that have nothing but slots and a dict, and
        for which nothing is kept aside."""
        fields, leaving = self._new_fields, self.change.leaving
        had = self._fields.all_values(instances)
        made: list[Any] = list(map(object.__new__, repeat(self.after, len(instances))))
        self._snapshots += zip(made, had, strict=True)
        self.pairs += zip(instances, made, strict=True)
        for name in {name: None for values in had for name in values}:
            have = [name in values for values in had]
            owners, values = compress(made, have), map(itemgetter(name), compress(had, have))
            if name not in leaving and (name in fields.slots or fields.has_dict):
                fields.put_all(owners, name, values)
            else:
                for each, value in zip(owners, values, strict=True):
                    self._keep_aside(each, name, value)
        for attribute in _stored(self._given):
            name = attribute.name
            if name not in fields.slots and not fields.has_dict:
                continue
            pairs = zip(made, had, strict=True)
            lacking = [each for each, values in pairs if name not in values or name in leaving]
            self.filled[name] = self.filled.get(name, 0) + len(lacking)
            fields.put_all(lacking, name, [self._make(attribute, each) for each in lacking])

    def _make_successors(self, instances: list[Any]) -> None:
        fields, new_fields = self._fields, self._new_fields
        names = new_fields.slots.keys() | set(new_fields.members)
        if self._aside.has_any(instances):
            self._kept_aside += [(each, self._aside.values(each)) for each in instances]
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
            members = [having.get(name, OWED) for name in new_fields.members]
            try:
                made = successor(each, self.after, members)
            except CannotSucceed as reason:
                self.behind[str(reason)] = self.behind.get(str(reason), 0) + 1
                self._remember(each)
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
            self._snapshots.append((made, values))
            self.pairs.append((each, made))

    def _value_for(self, attribute: Attribute, instance: Any, owner: Any) -> Any:
        """The value that an instance without an attribute gets, or MISSING."""
        name = attribute.name
        value = self._aside.get(instance, name)
        if value is not MISSING:
            self._keep_aside(owner, name, MISSING)
            self.restored[name] = self.restored.get(name, 0) + 1
            self._brought_back.put(owner, name, True)
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
            having = map(hasattr, instances, repeat(name))
            if not next(having, False):
                if not any(having):
                    return instances
            elif all(having):
                return []
            return [each for each in instances if not hasattr(each, name)]
        get = self._new_fields.get
        return [each for each in instances if get(each, name) is MISSING]

    # -- new objects in the old ones' places -----------------------------------------------------

    def stay_if_owed(self) -> None:
        """Let frozen instances that still lack something change in place: they have no hash, and cannot
        become keys until the debt is paid."""
        if self._other_kind:
            return
        changed = zip(self.pairs, self._snapshots, strict=True)
        pairs, snapshots = [], []
        for (each, made), (_, values) in changed:
            given = self._fields.values(made)
            if not self._owes(given, self._given):
                pairs.append((each, made))
                snapshots.append((made, values))
                continue
            self._aside.move([(made, each)])
            self._staying.append((each, values))
            self._fields.restore(each, given)
        self.pairs[:] = pairs
        self._snapshots[:] = [*snapshots, *self._staying]
        self.instances = [instance for instance, _ in self._snapshots]

    def placed(self, moved: dict[int, Any]) -> None:
        """The new objects took the old ones' places.

        Args:
            moved: by the index of a pair, the object that did, if it is a copy of the new one.
        """
        self.instances = [moved.get(index, new) for index, (_, new) in enumerate(self.pairs)]
        self.instances += [instance for instance, _ in self._staying]
        if moved:
            self._snapshots = [
                (instance, values)
                for instance, (_, values) in zip(self.instances, self._snapshots, strict=True)
            ]

    def leave(self, old: Any, kinds: Mapping[str, int]) -> None:
        """Something still refers to an old object.

        Args:
            old: the object.
            kinds: how many references of which kind.
        """
        self._remember(old)
        for kind, count in kinds.items():
            self.left[kind] = self.left.get(kind, 0) + count

    def _remember(self, old: Any) -> None:
        try:
            self.old_ones.append(weakref.ref(old))
        except TypeError:  # it takes no weak references
            self._all_known = False

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
        for part in self._parts(self._snapshots, progress):
            try:
                for instance, box[0] in part:
                    dropped = self._dropped_before(instance, box[0]) if self.paid else None
                    if dropped:
                        box = [dropped | box[0]]
                        old = Old(box, added, (*removed, *dropped))
                    made = hook(instance, old)
                    if made is not None:
                        _refuse(made)
                    if dropped or references(old) != alone:  # it tells more, or somebody keeps it
                        box = [{}]
                        old = Old(box, added, removed)
            except Exception as error:
                raise _failed(HOOK, instance, error, self.count) from error

    def _dropped_before(self, instance: Any, values: dict[str, Any]) -> dict[str, Any]:
        """What an instance had before it became owed what the hook is to give now."""
        attributes, kept = self.change.new.attributes, self._aside.values(instance)
        return {
            name: value
            for name, value in kept.items()
            if name not in values and name not in attributes
        }

    def find_owed(self) -> None:
        """See which attributes nobody gave to how many of the instances."""
        for attribute in (*self.change.owed, *self.paid):
            if attribute.default is not None and not attribute.default.stores:
                continue  # the class gives it
            lacking = len(self._lacking(attribute.name, self.instances))
            if lacking and attribute.expected:
                self.owed[attribute.name] = self.owed.get(attribute.name, 0) + lacking

    def remember(self) -> None:
        """Keep what an undo needs to know: what the hook changed, and which instances were paid a debt."""
        if self.hook is not None:
            for part in self._parts(self._snapshots, None):
                self._remember_changed(part)
        for attribute in self.paid:
            self._note_paid(attribute.name)

    def _remember_changed(self, snapshots: list[tuple[Any, dict[str, Any]]]) -> None:
        fields, leaving = self._new_fields, self.change.leaving
        if fields.in_dict:
            had = [values for _, values in snapshots]
            have = list(fields.dicts([instance for instance, _ in snapshots]))
            names = had[0].keys() - leaving
            try:
                if set(map(len, had)) == {len(had[0])} and all(
                    all(map(is_, map(itemgetter(name), had), map(itemgetter(name), have)))
                    for name in names
                ):
                    return
            except KeyError:  # not all of them have it
                pass
        for instance, values in snapshots:
            for name, value in values.items():
                now = fields.get(instance, name)
                if now is not value and name not in leaving:
                    self._changed.put(instance, name, (value, now))

    def settle(self) -> None:
        """The edit is live: hold the instances no longer."""
        self.pairs.clear()  # then only those old objects live that somebody else holds
        self.old_ones = [each for each in self.old_ones if each() is not None]
        if not self.old_ones and self._all_known:
            self.left.clear()
        for held in (self.instances, self._snapshots, self._put, self._kept_aside):
            held.clear()
        self._moved.clear()
        self._staying.clear()
        self.hook = None

    def _note_paid(self, name: str) -> None:
        """Keep which instances got an attribute that both layouts have."""
        paid = [instance for instance, values in self._snapshots if name not in values]
        paid += [each for given, instances in self._put if given == name for each in instances]
        for instance in paid:
            value = self._new_fields.get(instance, name)
            if value is not MISSING:
                self._changed.put(instance, name, (MISSING, value))

    # -- the way back ----------------------------------------------------------------------------

    def rollback(self) -> list[Entry]:
        """Put every instance back as it was, since the edit failed (if it is settled, see `revert`)."""
        for instance, values in reversed(self._kept_aside):
            self._aside.replace(instance, values)
        self._aside.move((made, old) for old, made in self.pairs)
        if not self._other_kind:
            for instance, values in reversed(self._snapshots):
                self._fields.restore(instance, values)
            for name, instances in reversed(self._put):
                for each in instances:
                    self._fields.put(each, name, MISSING)
        for each in reversed(self._moved):
            object.__setattr__(each, "__class__", self.before)
        self.settle()
        return []

    def held(self) -> list[Any]:
        """The containers of its own that hold instances."""
        return [self.instances, self.pairs, self._snapshots, *self._snapshots, self._kept_aside]

    def revert(self) -> list[Entry]:
        """Take a good migration back: whatever instances there are now get the old layout.

        Attributes that both layouts have keep the values set since; what a hook made of them goes back
        to what it was.
        """
        instances = instances_of([self.after])[self.after]
        back = []
        same = []
        faults: list[Entry] = []
        for each in instances:
            values = self._back(each)
            if not self._other_kind and not self._has_other_hash(values):
                self._fields.restore(each, values)
                if self.before is not self.after:
                    object.__setattr__(each, "__class__", self.before)
                same.append(each)
                continue
            members = [values.get(name, OWED) for name in self._fields.members]
            try:
                made = successor(each, self.before, members)
            except CannotSucceed as reason:
                faults.append(Entry(self.change.old.name, f"an instance stays as it is: {reason}"))
                continue
            for name, value in values.items():
                if name not in self._fields.members and (
                    name in self._fields.slots or self._fields.has_dict
                ):
                    self._fields.put(made, name, value)
            back.append((each, made))
        self._aside.move(back)
        replace(back, Journal())
        if same and has_own_hash(self.before):
            found = {id(each): each for each in same}
            left = rehash(found, same, Journal(), [instances], leave=lambda holder, error: True)
            faults += [unfound(self.change.new.name, left)] if left else []
        return faults

    def _has_other_hash(self, values: dict[str, Any]) -> bool:
        """Whether an instance is found by its values, which are complete and others than before."""
        attributes = self.change.old.attributes.values()
        return self._becomes_another_value() and not self._owes(values, attributes)

    def _owes(self, values: dict[str, Any], attributes: Iterable[Attribute]) -> bool:
        """Whether values lack one of some attributes that neither they nor the class give."""
        return any(
            each.expected
            and each.name not in values
            and (each.default is None or each.default.stores)
            for each in attributes
        )

    def _back(self, instance: Any) -> dict[str, Any]:
        """What an instance is to have in the old layout."""
        values = self._new_fields.values(instance)
        lost = self._aside.values(instance).keys() & self.change.old.attributes.keys()
        for attribute in (*self.change.added, *self.change.from_class):
            value = values.pop(attribute.name, MISSING)
            default = attribute.default
            by_default = default is not None and default.value is value
            if value is not MISSING and (
                not by_default or self._brought_back.get(instance, attribute.name) is not MISSING
            ):
                self._aside.put(instance, attribute.name, value)
        for name in self.change.leaving | (lost - values.keys()):
            value = self._aside.get(instance, name)
            if value is not MISSING:
                self._aside.put(instance, name, MISSING)
                values[name] = value
        for attribute in self.change.removed:  # an instance made since may never have had it
            default = attribute.default
            if attribute.name not in values and default is not None and default.stores:
                values[attribute.name] = default.make()
        for name, (old, left) in self._changed.values(instance).items():
            if values.get(name, MISSING) is left:
                values[name] = old
                if old is MISSING:
                    self._aside.put(instance, name, left)
        return {name: value for name, value in values.items() if value is not MISSING}


def _stored(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Those whose default is to be stored on instances."""
    return tuple(each for each in attributes if each.default is not None and each.default.stores)


def _store(instances: list[Any], value: Any) -> None:
    for each in instances:
        each.name = value


def _storing(name: str) -> Callable[[list[Any], Any], None]:
    """A loop that sets one attribute: written out, as CPython specialises that and not ``setattr``."""
    return FunctionType(_store.__code__.replace(co_names=(name,)), {})


def _hashes_values(cls: type) -> bool:
    return _found(cls, "__hash__") not in (None, object.__hash__)


def has_own_hash(cls: type) -> bool:
    """Whether the hash of an instance is computed in Python: from its attributes, most likely."""
    return isinstance(_found(cls, "__hash__"), FunctionType)


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


def _refuse(made: Any) -> None:
    """A hook that gave something to await or to iterate has not run yet."""
    if isinstance(made, (CoroutineType, GeneratorType)):
        made.close()
    if inspect.isawaitable(made) or inspect.isgenerator(made) or inspect.isasyncgen(made):
        raise TypeError(f"it must be a plain function, and gave a {type(made).__name__}")


def unfound(name: str, left: list[Any]) -> Entry:
    """What to say of dicts and sets that do not find their keys."""
    kinds = Counter(type(each).__qualname__ for each in left)
    where = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Entry(name, f"instances have another hash now, or none, and are not found in: {where}")


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
        return f"<{kind} object> (its repr raised {type(error).__name__})"
    if " object at 0x" in text:
        return f"<{kind} object>"
    return text if len(text) <= 60 else text[:57] + "..."
