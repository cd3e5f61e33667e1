"""Evolving: what an edit's changed classes mean for the instances that are alive.

In: the classes that an edit is about to change, and afterwards those that it did change. Out: their
instances migrated, and what happened in the report.

1. Before the edit: the layout of each class and of each of its subclasses.
2. After it: the layouts again. Where none changed, no instance is looked for.
3. Classes that could not change in place have successors; so get the subclasses of those.
4. One pass over the heap finds all instances. The implicit rules are applied to all of them, new
   objects take the places of those that could not change; then the hooks run, bases first.
5. What nobody gave a value to is owed; under ``hold`` or ``strict`` that fails the edit.

Everything goes through the journal: an exception puts all of it back, with the rest of the edit.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from livecode.edits.journal import Journal, Late
from livecode.edits.report import Entry, Migrated, Report, instances
from livecode.evolution.calling import HOOK
from livecode.evolution.depending import Depending
from livecode.evolution.difference import LayoutChange, difference
from livecode.evolution.failing import MigrationFailed, let_go
from livecode.evolution.finalizers import Spared
from livecode.evolution.generated import inherits_other_fields, take_over
from livecode.evolution.instances import family, instances_of, is_superseded, unlisted
from livecode.evolution.kinds import kind_of
from livecode.evolution.lasting import HELD, Evolution
from livecode.evolution.layouts import Attribute, Layout, TextOf, layout
from livecode.evolution.migration import Migration
from livecode.evolution.progress import patient
from livecode.evolution.reading import has_own_hash
from livecode.evolution.rehashing import rehash
from livecode.evolution.replacing import EXPRESSION, INSTANCE, Left, Replaced, replace
from livecode.evolution.returning import unfound
from livecode.evolution.succession import remade

_VERY_MANY = 100_000
"""From so many instances on, the collector's pass over young objects would take milliseconds."""


class Evolving:
    """The classes of one edit.

    Args:
        evolution: what outlives it.
        journal: takes every change.
    """

    def __init__(self, evolution: Evolution, journal: Journal) -> None:
        self._evolution = evolution
        self._journal = journal
        self._before: dict[type, Layout] = {}
        self._steps: list[Migration | _Placing | Depending] = []
        self._notes: list[Entry] = []

    def __bool__(self) -> bool:
        """Whether there are classes that may change."""
        return bool(self._before)

    def before(self, classes: Iterable[type], text_of: TextOf) -> None:
        """Note the layouts of classes that may change, and of their subclasses."""
        fresh = [each for each in classes if each not in self._before]
        for each in family(fresh):
            known = each in fresh or self._owed(each) or not is_superseded(each)
            if known and each not in self._before:
                self._before[each] = layout(each, text_of)

    def migrate(
        self,
        successors: Iterable[tuple[type, type]],
        text_of: TextOf,
        report: Report,
        members: Sequence[tuple[Any, Any]] = (),
    ) -> None:
        """Migrate the instances of what was noted, where a layout changed.

        Args:
            successors: classes that could not change in place, and the new ones that take over.
            text_of: gives the class statements as they are now.
            report: takes what happened.
            members: of an Enum, those that could not change in place, and the new ones.

        Raises:
            MigrationFailed: a hook or default raised, or a value is owed that the policy asks for.
            Exception: what else went wrong; the caller rolls the journal back.
        """
        start = time.perf_counter()
        after = dict(successors)
        self._succeed_subclasses(after)
        migrations = [*self._changes(after, text_of)]
        if not migrations and not members:
            self._note_debts(after)
            return
        handled = sys.exception()
        with _no_collection():
            try:
                replaced = self._run(migrations, _Placing(dict(after), members))
            except BaseException as error:
                let_go(error, handled)
                raise
            if sum(each.count for each in migrations) > _VERY_MANY:
                _make_old()
        seconds = time.perf_counter() - start
        told = [
            each
            for each in migrations
            if (each.count and (each.hook or each.replaces)) or _touches(each.change)
        ]
        report.migrated += [_told(each, replaced, seconds) for each in told]
        report.stale += [
            Entry(each.change.new.name, f"{instances(count)} could not be migrated: {why}")
            for each in migrations
            for why, count in each.behind.items()
        ]
        report.notes += self._notes
        self._settle_debts(migrations)
        self._note_debts(after)
        hidden = unlisted([each.before for each in migrations])
        if hidden:
            name = migrations[0].change.new.name
            report.notes.append(Entry(name, f"perhaps not all instances were migrated: {hidden}"))

    def settle(self) -> None:
        """The edit is live: hold no instance any more."""
        with Spared() as spared:
            for each in self._steps:
                if isinstance(each, Migration):
                    each.spare_old(spared)
            for each in self._steps:
                each.settle()
                if isinstance(each, Migration):
                    self._evolution.remember_old(each.change.new.name, each.old_ones)
            self._steps.clear()
            self._before.clear()
        self._evolution.aside.sweep()

    def _changes(self, after: Mapping[type, type], text_of: TextOf) -> Iterator[Migration]:
        debts = self._evolution.debts
        for cls, before in self._before.items():
            now = after.get(cls, cls)
            change = difference(before, layout(now, text_of))
            owed = debts.of(cls)
            paid = tuple(
                attribute
                for name in owed
                if (attribute := change.new.attributes.get(name)) is not None
                and (attribute.default is not None or _hook_can_give(now, attribute))
            )
            gone = owed.keys() - change.new.attributes.keys()
            if gone:
                left = {name: each for name, each in owed.items() if name not in gone}
                debts.set(cls, left, self._journal)
            retyped = change.retyped and hasattr(now, HOOK)
            if now is not cls or paid or retyped or _touches(change):
                yield Migration(cls, now, change, paid, self._evolution.aside)

    def _owed(self, cls: type) -> bool:
        return bool(self._evolution.debts.of(cls))

    def _succeed_subclasses(self, after: dict[type, type]) -> None:
        """Give subclasses of classes that have a successor the new base, or successors too; generate
        dataclasses anew that inherit other fields than before."""
        for each in family([*self._before, *after]):
            if each in after or is_superseded(each):
                continue
            bases = tuple(after.get(base, base) for base in each.__bases__)
            made = remade(each, after) if inherits_other_fields(each, after) else None
            try:
                if made is not None and kind_of(made).storage != kind_of(each).storage:
                    raise TypeError("it has other slots")
                if bases != each.__bases__:
                    self._journal.attribute(each, "__bases__", bases)
            except TypeError:  # CPython cannot assign them: the instances have another C layout
                made = made or remade(each, after)
                after |= {old: made for old, new in after.items() if new is each}
                after[each] = made
                continue
            if made is not None:
                take_over(each, made, self._journal)

    def _run(self, migrations: list[Migration], placing: _Placing) -> Replaced:
        progress = patient(self._evolution.progress)
        found = instances_of([each.before for each in migrations])
        placing.migrations = migrations
        depending = Depending(migrations)
        self._step(depending)
        self._step(placing)  # before the migrations, so that it is taken back after them
        for each in migrations:
            self._step(each)
            each.fill(found.pop(each.before), progress)
        # New values need all of their fields before they become keys; other objects need the places.
        values = [each for each in migrations if each.replaces and each.hashed]
        for each in values:
            each.run_hooks(progress)
            each.stay_if_owed()
        unhashed: list[Any] = []
        try:
            replaced = self._place(migrations, placing, unhashed)
        except Exception as error:  # from the person's __hash__ or __eq__
            raise _no_place(error, placing, migrations) from error
        for each in migrations:
            if each not in values:
                each.run_hooks(progress)
        for each in migrations:
            each.find_owed()
            each.remember()
        self._ask_policy(migrations)
        try:
            self._rehash(migrations, placing, unhashed, depending)
        except Exception as error:  # likewise
            raise _no_place(error, placing, migrations) from error
        return replaced

    def _step(self, step: Migration | _Placing | Depending) -> None:
        self._journal.step(step)
        self._steps.append(step)

    def _place(
        self, migrations: list[Migration], placing: _Placing, unhashed: list[Any]
    ) -> Replaced:
        """Put successors of classes and instances in place, and see what still refers to old ones."""
        pairs: list[tuple[Any, Any]] = [*placing.classes.items(), *placing.members]
        starts = []
        for each in migrations:
            starts.append(len(pairs))
            pairs += each.pairs
        if not pairs:
            return Replaced()
        mine = [pairs, placing, vars(placing), placing.classes, placing.members, self._before]
        for each in migrations:
            mine += [each, vars(each), *each.held()]
        replaced = replace(pairs, placing.places, mine, unhashed)
        for each, start in zip(migrations, starts, strict=True):
            if each.replaces:
                moved = {
                    index - start: new
                    for index, new in replaced.moved.items()
                    if start <= index < start + len(each.pairs)
                }
                each.placed(moved)
        for left in replaced.left:
            owner = next(
                (
                    each
                    for each, start in zip(migrations, starts, strict=True)
                    if start <= left.index < start + len(each.pairs)
                ),
                None,
            )
            if owner is not None:
                owner.leave(pairs[left.index][0], left.kinds)
            else:
                self._notes += _left(pairs[left.index][0], left)
        return replaced

    def _rehash(
        self,
        migrations: list[Migration],
        placing: _Placing,
        unhashed: list[Any],
        depending: Depending,
    ) -> None:
        """Let dicts and sets find instances again that have another hash, now that they are complete,
        and others whose hash depends on them."""
        hashed = [each for each in migrations if has_own_hash(each.after) and each.instances]
        between = depending.find()
        if not hashed and not unhashed and not between:
            return
        owing = any(each.owed for each in migrations)
        partner = {
            id(old): new
            for each in migrations
            for (old, _), new in zip(each.pairs, each.instances, strict=False)
        }
        keys = [*between, *(instance for each in hashed for instance in each.instances)]
        partner.update((id(key), key) for key in keys)
        mine = [keys, partner, between, *(held for each in migrations for held in each.held())]
        left = rehash(
            partner,
            keys,
            placing.places,
            mine,
            depending.affects,
            unhashed,
            lambda holder, error: owing and isinstance(error, AttributeError),
        )
        if left:
            self._notes.append(unfound((hashed or migrations)[0].change.new.name, left))

    def _ask_policy(self, migrations: list[Migration]) -> None:
        policy = self._evolution.policy
        owing = [
            f"{instances(count)} of {each.change.new.name} owed {name}"
            for each in migrations
            for name, count in each.owed.items()
        ]
        if owing and policy != "later":
            answer = "give a default, or set it in __reinit__(self, old)"
            kept = HELD if policy == "hold" else "refused"
            module = next(each.after.__module__ for each in migrations if each.owed)
            raise MigrationFailed(f"{kept}: {'; '.join(owing)}; {answer}", module)

    def _note_debts(self, after: Mapping[type, type]) -> None:
        """Put back what an edit of a class that has debts took away of their notes."""
        for cls in self._before:
            self._evolution.debts.note(after.get(cls, cls), self._journal)

    def _settle_debts(self, migrations: list[Migration]) -> None:
        debts = self._evolution.debts
        for each in migrations:
            attributes = {
                attribute.name: attribute
                for attribute in (*each.change.owed, *each.paid)
                if attribute.name in each.owed
            }
            left = {
                name: attribute
                for name, attribute in (debts.of(each.before) | debts.of(each.after)).items()
                if name in each.change.new.attributes
                and name not in {paid.name for paid in each.paid}
            }
            if each.before is not each.after:
                debts.set(each.before, {}, self._journal)
            debts.set(each.after, left | attributes, self._journal)


class _Placing(Late):
    """New objects in the places of old ones, as a step of the journal."""

    name = "references to new objects"

    def __init__(self, classes: dict[type, type], members: Sequence[tuple[Any, Any]]) -> None:
        self.classes = classes
        self.members = list(members)
        self.places = Journal()
        self.migrations: list[Migration] = []
        self._late: list[Late] = []

    def settle(self) -> None:
        """The edit is live: the old objects are needed no longer."""
        self.places = Journal()

    def rollback(self) -> list[Entry]:
        return self.places.rollback(late=self._late)

    def finish(self) -> list[Entry]:
        with Spared() as spared:  # what is left to do holds the new objects until it is done
            for each in self.migrations:
                spared.add(each.after, each.unused)
            faults = [fault for each in self._late for fault in each.finish()]
            self._late.clear()
            for each in self.migrations:
                each.unused.clear()
        return faults

    def revert(self) -> list[Entry]:
        back = [(new, old) for old, new in [*self.classes.items(), *self.members]]
        mine = [self, vars(self), self.classes, self.members, *self.members]
        replace(back, Journal(), mine)
        return []


def _hook_can_give(cls: type, attribute: Attribute) -> bool:
    """Whether a class has a hook that may set an attribute (of a tuple none can)."""
    return attribute.how != "member" and hasattr(cls, HOOK)


def _touches(change: LayoutChange) -> bool:
    """Whether there is something to do for instances (members of an Enum are its class's)."""
    return bool(change.added or change.removed or change.from_class or change.replace)


def _told(migration: Migration, replaced: Replaced, seconds: float) -> Migrated:
    change = migration.change
    filled = dict(migration.filled)
    for each in change.added:
        if each.default is not None and not each.default.stores:  # the class gives it
            filled[each.name] = migration.count
    return Migrated(
        change.new.name,
        migration.count - sum(migration.behind.values()),
        {name: count for name, count in filled.items() if count},
        migration.restored,
        migration.owed,
        tuple(each.name for each in change.removed if each.name in change.leaving),
        migration.hook is not None,
        migration.replaces,
        migration.left,
        tuple(pair for pair in change.perhaps_renamed if pair[1] in migration.owed),
        seconds,
    )


def _left(old: Any, left: Left) -> Iterator[Entry]:
    """What to say of a class or Enum member that something still refers to."""
    is_class = isinstance(old, type)
    found = {
        kind: count
        for kind, count in left.kinds.items()
        if not is_class or (kind != INSTANCE and EXPRESSION not in kind)  # CPython has some itself
    }
    if found:
        kinds = ", ".join(f"{count} by {kind}" for kind, count in found.items())
        cls = old if is_class else type(old)
        name = f"{cls.__module__}:{cls.__qualname__}"
        name, what = (name, "class") if is_class else (f"{name}.{old.name}", "member")
        yield Entry(name, f"the old {what} is still referred to: {kinds}")


def _no_place(error: Exception, placing: _Placing, migrations: list[Migration]) -> MigrationFailed:
    text = f"a key could not be put in its place: {type(error).__name__}: {error}"
    kinds = [each.after for each in migrations] + [type(new) for _, new in placing.members]
    failure = MigrationFailed(text, kinds[0].__module__)
    return failure.with_traceback(error.__traceback__)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector's own passes: as long as instances are migrated, nothing becomes garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _make_old() -> None:
    """Let the collector's next passes over young objects not look at what is young now.

    Until the edit is live, all instances that were migrated are held. To freeze and unfreeze looks at
    nothing; but garbage becomes old too and stays for longer, so it is for very many instances only.
    """
    if not gc.get_freeze_count():  # else somebody wants them frozen
        gc.freeze()
        gc.unfreeze()
