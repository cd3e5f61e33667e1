"""Migration: the instances of one class, from one layout to the next.

In: a class before and after an edit, the difference of its layouts, and its live instances. Out: the
instances migrated, as one step of the journal, which knows the way back.

The implicit rules come first, for the instances of all classes; only then the hooks (``__reinit__``)
run, so that each sees consistent objects. What the rules are stands in `difference`; `filling`
applies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livecode.edits.journal import MISSING
from livecode.edits.report import Entry
from livecode.evolution.calling import call_for_each, check
from livecode.evolution.copies import WEAK
from livecode.evolution.filling import Filling
from livecode.evolution.finalizers import Spared
from livecode.evolution.progress import Progress
from livecode.evolution.returning import owes, revert
from livecode.evolution.snapshots import Part


class Migration(Filling):
    """Migrates the instances of exactly one class, see `Filling`."""

    # -- new objects in the old ones' places -----------------------------------------------------

    def stay_if_owed(self) -> None:
        """Let frozen instances that still lack something change in place: they have no hash, and cannot
        become keys until the debt is paid."""
        if self.other_kind:
            return
        unused = self._stay_if_owed()
        with Spared() as spared:
            spared.add(self.after, unused)
            unused.clear()

    def _stay_if_owed(self) -> list[Any]:
        """Gives the new objects that are not needed."""
        unused = []
        changed = zip(self.pairs, self._snapshots, strict=True)
        pairs, snapshots = [], []
        for (each, made), (_, values) in changed:
            given = self.fields.values(made)
            if not owes(given, self._given):
                pairs.append((each, made))
                snapshots.append((made, values))
                continue
            self.aside.move([(made, each)])
            unused.append(made)
            self._staying.append((each, values))
            self.fields.restore(each, given)
        self.pairs[:] = pairs
        self._snapshots.set([*snapshots, *self._staying])
        self.instances = [instance for instance, _ in self._snapshots]
        return unused

    def placed(self, moved: dict[int, Any]) -> None:
        """The new objects took the old ones' places.

        Args:
            moved: by the index of a pair, the object that did, if it is a copy of the new one.
        """
        self.instances = [new for _, new in self.pairs]
        for index, new in moved.items():
            self.instances[index] = new
        self.instances += [instance for instance, _ in self._staying]
        if moved:
            self._snapshots.set(
                (instance, values)
                for instance, (_, values) in zip(self.instances, self._snapshots, strict=True)
            )

    def leave(self, old: Any, kinds: Mapping[str, int]) -> None:
        """Something still refers to an old object.

        Args:
            old: the object.
            kinds: how many references of which kind.
        """
        self._remember(old)
        for kind, count in kinds.items():
            self.left[kind] = self.left.get(kind, 0) + count

    # -- the hooks -------------------------------------------------------------------------------

    def run_hooks(self, progress: Progress | None = None) -> None:
        """Call ``__reinit__`` for every instance, and see what it changed.

        Raises:
            MigrationFailed: the hook raised.
        """
        if self.hook is None:
            return
        if self.count:
            check(self.hook, self.after)
        added = tuple(each.name for each in (*self.change.added, *self.paid))
        removed = tuple(each.name for each in self.change.removed)
        dropped = self._dropped_before if self.paid else None
        done = 0
        for part in self._snapshots.parts:
            call_for_each(self.hook, part, added, removed, dropped, self.count)
            done += len(part.instances)
            if progress is not None:
                progress(self.change.new.name, done, self.count)

    def _dropped_before(self, instance: Any, values: dict[str, Any]) -> dict[str, Any]:
        """What an instance had before it became owed what the hook is to give now."""
        attributes, kept = self.change.new.attributes, self.aside.values(instance)
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
            lacking = self._lacking(attribute.name, self.instances)
            if not self._snapshots.parts:
                self._note_had(attribute.name, self.instances, lacking)
            if lacking and attribute.expected:
                self.owed[attribute.name] = self.owed.get(attribute.name, 0) + len(lacking)

    def remember(self) -> None:
        """Keep what an undo needs to know: what the hook changed, and which instances were paid a debt."""
        for attribute in (*self.change.added, *self.change.from_class):
            for part in self._snapshots.parts:
                for each in part.having(attribute.name):
                    self.had_before.put(each, attribute.name, True)
        if self.hook is not None:
            for part in self._snapshots.parts:
                if part.changed(self.new_fields, self.after, self.change.leaving):
                    self._remember_changed(part)
        for attribute in self.paid:
            self._note_paid(attribute.name)

    def _remember_changed(self, part: Part) -> None:
        get, leaving = self.new_fields.get, self.change.leaving
        for instance, values in zip(part.instances, part.values(), strict=True):
            for name, value in values.items():
                now = get(instance, name)
                if now is not value and name not in leaving:
                    self.changed.put(instance, name, (value, now))

    def settle(self) -> None:
        """The edit is live: hold the instances no longer."""
        self.pairs.clear()  # then only those old objects live that somebody else holds
        self.old_ones = [each for each in self.old_ones if each() is not None]
        if not self.old_ones and self._all_known:
            # A weak reference that could not follow is dead with its object.
            self.left = {kind: n for kind, n in self.left.items() if kind.startswith(WEAK)}
        for held in (self.instances, self._snapshots, self._put, self._kept_aside):
            held.clear()
        self._moved.clear()
        self._staying.clear()
        self.hook = None

    def spare_old(self, spared: Spared) -> None:
        """Those of the pairs that are not live any more are to die without their finalizers."""
        spared.add(self.before, (old for old, _ in self.pairs))
        taken = zip(self.pairs, self.instances, strict=False)
        spared.add(self.after, (new for (_, new), live in taken if new is not live))

    def _note_paid(self, name: str) -> None:
        """Keep which instances got an attribute that both layouts have."""
        paid = [instance for instance, values in self._snapshots if name not in values]
        paid += [each for given, instances in self._put if given == name for each in instances]
        for instance in paid:
            value = self.new_fields.get(instance, name)
            if value is not MISSING:
                self.changed.put(instance, name, (MISSING, value))

    # -- the way back ----------------------------------------------------------------------------

    def rollback(self) -> list[Entry]:
        """Put every instance back as it was, since the edit failed (if it is settled, see `revert`)."""
        for instance, values in reversed(self._kept_aside):
            self.aside.replace(instance, values)
        self.aside.move((made, old) for old, made in self.pairs)
        if not self.other_kind:
            for instance, values in reversed(self._snapshots):
                self.fields.restore(instance, values)
            for name, instances in reversed(self._put):
                for each in instances:
                    self.fields.put(each, name, MISSING)
        for each in reversed(self._moved):
            object.__setattr__(each, "__class__", self.before)
        self.unused = [made for _, made in self.pairs]
        self.settle()
        return []

    def held(self) -> list[Any]:
        """The containers of its own that hold instances."""
        mine = [self.instances, self.pairs, self._kept_aside, self._staying, *self._staying]
        return [*mine, *self._snapshots.held()]

    def revert(self) -> list[Entry]:
        """Take a good migration back, see `returning`."""
        return revert(self)
