"""Filling: the implicit rules, applied to the instances of one class.

In: the class before and after an edit, the difference of its layouts, its instances. Out: each of them
(or the new object that is to take its place) has what the rules give, and what it had is kept.

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

import weakref
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

from livecode.edits.journal import MISSING
from livecode.evolution.beside import Beside
from livecode.evolution.calling import HOOK
from livecode.evolution.difference import LayoutChange
from livecode.evolution.failing import failed
from livecode.evolution.instances import OWED, Fields
from livecode.evolution.kinds import assignable, c_base
from livecode.evolution.layouts import Attribute
from livecode.evolution.progress import STRIDE, Progress
from livecode.evolution.reading import (
    hashes_values,
    reads_as_written,
    storing,
    takes_plainly,
    written_out,
)
from livecode.evolution.snapshots import Snapshots
from livecode.evolution.succession import CannotSucceed, successor


class Filling:
    """The instances of exactly one class, and what the rules did to them.

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
        self.unused: list[Any] = []
        """New objects that are to take no place after all."""
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
        self.hashed = hashes_values(after)
        """Whether dicts and sets find the instances by their values."""
        self.other_kind = (
            change.replace
            or not assignable(before, after)
            or any(each.how == "member" for each in paid)
        )
        self.replaces = self.other_kind or self.becomes_another_value()
        """Whether a new object must take the place of each instance."""
        asked = bool(change or change.retyped or paid or self.replaces)
        self.hook: Any = getattr(after, HOOK, None) if asked else None
        self.aside = aside
        self.changed = aside.another()
        self.brought_back = aside.another()
        self.had_before = aside.another()
        """What instances had under added names before: it is theirs, also when the attribute goes."""
        members = tuple(
            each.name for each in change.old.attributes.values() if each.how == "member"
        )
        self.fields = Fields(before, members if self.replaces else None)
        self.new_fields = Fields(after) if self.replaces else self.fields
        self._snapshots = Snapshots()
        self._put: list[tuple[str, list[Any]]] = []
        self._kept_aside: list[tuple[Any, dict[str, Any]]] = []
        self._moved: list[Any] = []
        self._staying: list[tuple[Any, dict[str, Any]]] = []
        """Those that change in place although new objects take the places of the others."""
        self.old_ones: list[weakref.ref[Any]] = []
        """Old objects that something still refers to."""
        self._all_known = True

    def becomes_another_value(self) -> bool:
        """Whether other fields give frozen instances another hash, which keys rely on."""
        fields = bool(self._given or self.change.leaving)
        return fields and self.change.new.kind.frozen and self.hashed

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
            plain = c_base(self.after) is object and not self.fields.members
            for part in self._parts(instances, progress):
                if plain and not self.aside.has_any(part):
                    self._make_plain_successors(part)
                else:
                    self._make_successors(part)
            self.aside.move(self.pairs)
            self.instances = [made for _, made in self.pairs]
            return
        self.instances = instances
        if self.before is not self.after:
            for each in instances:
                self._moved.append(each)
                object.__setattr__(each, "__class__", self.after)
        if self.hook is None and not self.change.leaving and not self.aside.has_any(instances):
            for attribute in self._given:
                self._fill_all(attribute, instances)
            return
        for part in self._parts(instances, progress):
            self._fill_one_by_one(part)

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
        self._note_had(name, instances, lacking)
        done: list[Any] = []
        self._put.append((name, lacking if default.factory is None else done))
        self.filled[name] = self.filled.get(name, 0) + len(lacking)
        if default.factory is None:
            if takes_plainly(self.after, name):
                storing(name)(lacking, default.value)
            else:
                self.fields.put_all(lacking, name, repeat(default.value))
            return
        for each in lacking:
            value = self._make(attribute, each)
            done.append(each)
            self.fields.put(each, name, value)

    def _fill_one_by_one(self, instances: list[Any]) -> None:
        fields, leaving = self.fields, self.change.leaving
        names = self.change.old.attributes
        part = self._snapshots.take(fields, self.after, instances, names)
        has_any = self.aside.has_any(instances)
        given = self._given if has_any else _stored(self._given)
        if not leaving and not has_any and part.columns is not None:
            for attribute in given:
                if attribute.name not in part.names:
                    self._fill_all(attribute, instances)
            return
        for each, values in zip(instances, part.values(), strict=True) if leaving or given else ():
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
        fields, leaving = self.new_fields, self.change.leaving
        made: list[Any] = list(map(object.__new__, repeat(self.after, len(instances))))
        names = self.change.old.attributes
        part = self._snapshots.take(self.fields, self.before, instances, names, made)
        self.pairs += zip(instances, made, strict=True)
        had = list(part.values()) if part.columns is None else []
        for name, owners, values in part.by_name():
            if name not in leaving and (name in fields.slots or fields.has_dict):
                fields.put_all(owners, name, values)
            else:
                for each, value in zip(owners, values, strict=True):
                    self._keep_aside(each, name, value)
        for attribute in _stored(self._given):
            name = attribute.name
            if name not in fields.slots and not fields.has_dict:
                continue
            if name in leaving or (part.columns is not None and name not in part.names):
                lacking = made
            else:
                lacking = [
                    each for each, values in zip(made, had, strict=False) if name not in values
                ]
            self.filled[name] = self.filled.get(name, 0) + len(lacking)
            fields.put_all(lacking, name, [self._make(attribute, each) for each in lacking])

    def _make_successors(self, instances: list[Any]) -> None:
        fields, new_fields = self.fields, self.new_fields
        names = new_fields.slots.keys() | set(new_fields.members)
        if self.aside.has_any(instances):
            self._kept_aside += [(each, self.aside.values(each)) for each in instances]
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
            self._snapshots.add(made, values)
            self.pairs.append((each, made))

    def _value_for(self, attribute: Attribute, instance: Any, owner: Any) -> Any:
        """The value that an instance without an attribute gets, or MISSING."""
        name = attribute.name
        value = self.aside.get(instance, name)
        if value is not MISSING:
            self._keep_aside(owner, name, MISSING)
            self.restored[name] = self.restored.get(name, 0) + 1
            self.brought_back.put(owner, name, True)
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
            raise failed(what, instance, error, self.count) from error

    def _note_had(self, name: str, instances: list[Any], lacking: list[Any]) -> None:
        if len(lacking) < len(instances):
            without = set(map(id, lacking))
            for each in instances:
                if id(each) not in without:
                    self.had_before.put(each, name, True)

    def _keep_aside(self, instance: Any, name: str, value: Any) -> None:
        self._kept_aside.append((instance, self.aside.values(instance)))
        self.aside.put(instance, name, value)

    def _lacks(self, instance: Any, name: str) -> bool:
        return self.fields.get(instance, name) is MISSING

    def _lacking(self, name: str, instances: list[Any]) -> list[Any]:
        if reads_as_written(self.new_fields, self.after, (name,)):
            if instances and hasattr(instances[0], name):
                try:
                    written_out((name,)).have(instances)
                except AttributeError:
                    pass
                else:
                    return []
            elif not any(map(hasattr, instances, repeat(name))):
                return instances
            return [each for each in instances if not hasattr(each, name)]
        get = self.new_fields.get
        return [each for each in instances if get(each, name) is MISSING]

    def _remember(self, old: Any) -> None:
        try:
            self.old_ones.append(weakref.ref(old))
        except TypeError:  # it takes no weak references
            self._all_known = False


def _stored(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Those whose default is to be stored on instances."""
    return tuple(each for each in attributes if each.default is not None and each.default.stores)
