"""What each instance should have: a plain model of the decision table, written apart from livecode.

In: a `World` of model instances, and two families. Out: the world after the edit, or after it was
taken back. Values are numbers, tuples for lists, and `Ref` for other instances.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.evolution.family import MRO


class Ref(NamedTuple):
    """Stands for the instance of that name."""

    key: str


@dataclass
class Thing:
    """One instance: what it has, and what was put aside for it."""

    cls: str
    values: dict[str, Any]
    aside: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    """All instances by name, and what is owed to those of each class."""

    things: dict[str, Thing] = field(default_factory=dict)
    owed: dict[str, set[str]] = field(default_factory=dict)

    def copy(self):
        return copy.deepcopy(self)


class At(NamedTuple):
    """One attribute in a layout. `weight`: 0 only spoken of, 1 there is a place, 2 there is a value.

    `default`: None, or what an instance without a value gets; ``CLASS`` if the class gives it.
    """

    declared: bool
    weight: int
    default: Any = None


CLASS = object()


@dataclass
class Layout:
    """What instances of one class have, and what their class gives."""

    attrs: dict[str, At]
    shared: dict[str, Any]  # the class's value, or "method" or "property"
    has_dict: bool
    storage: Any
    lists: set[str]  # fields that are annotated as lists, and not as numbers

    def holds(self, name):
        """Whether there is a place for a value under a name."""
        return self.has_dict or (name in self.attrs and self.attrs[name].declared)


def layout(family, name):
    """The layout of a class."""
    style, attrs, shared, has_dict, storage = family.style_of(name), {}, {}, False, []
    for c in reversed(MRO[name]):
        cls = family.classes[c]
        slots = bool(cls.slots) or style == "namedtuple"
        declared = slots or style != "plain"
        has_dict = has_dict or not slots
        for each, attr in cls.attrs.items():
            default = {"literal": attr.value, "list": (), "both": CLASS}.get(attr.how)
            if attr.how in ("param", "literal", "list", "both"):
                attrs[each] = At(declared and attr.how != "both", 2, default)
                if attr.how == "both" or (attr.how == "literal" and style != "plain" and not slots):
                    shared[each] = attr.value
            elif attr.how == "bare":
                attrs[each] = At(slots, int(slots))
            else:
                shared[each] = attr.value if attr.how == "class" else attr.how
        own = frozenset(n for n in cls.attrs if n in attrs and slots and attrs[n].declared)
        weak = not slots or family._adds_weakref(cls)
        dicts = has_dict and not any(each[1] for each in storage)
        weak = weak and not any(each[2] for each in storage)
        if own or dicts or weak:
            storage.append((own, dicts, weak))
    if style == "namedtuple":
        storage = [n for n, a in cls.attrs.items() if a.how == "param"]
        storage += [n for n, a in cls.attrs.items() if a.how == "literal"]
    lists = {
        name
        for c in MRO[name]
        for name, attr in family.classes[c].attrs.items()
        if attr.how == "list" and style != "plain"
    }
    return Layout(attrs, shared, has_dict, storage, lists)


@dataclass
class Change:
    """What an edit means for the instances of one class."""

    old: Layout
    new: Layout
    added: list[str]
    from_class: dict[str, Any]
    leaving: list[str]
    removed: list[str]

    def __bool__(self):
        return bool(
            self.added or self.from_class or self.removed or self.old.storage != self.new.storage
        )


def change(old, new):
    """The rows of the table."""
    added, from_class = [], {}
    for name, at in new.attrs.items():
        before = old.attrs.get(name)
        if at.weight <= (before.weight if before else 0):
            continue
        value = old.shared.get(name) if before is None else None
        if value is None or isinstance(value, str):
            added.append(name)
        elif name not in new.shared:
            from_class[name] = value
    removed = [n for n, at in old.attrs.items() if n not in new.attrs and at.weight]
    leaving = [
        name
        for name in removed
        if old.attrs[name].declared or not new.has_dict or new.shared.get(name) == "method"
    ]
    return Change(old, new, added, from_class, leaving, removed)


def migrated(world, before, after):
    """The world after an edit, the instances that a hook is called for, and whether any is owed something."""
    made, hooked, owing = world.copy(), set(), False
    for cls in MRO:
        old, new = layout(before, cls), layout(after, cls)
        what, hook = change(old, new), after.hook_of(cls)
        debts = made.owed.get(cls, set()) & new.attrs.keys()
        paid = {n for n in debts if new.attrs[n].default is not None or hook}
        if not any(before.text_of(c) != after.text_of(c) for c in MRO[cls]):
            paid = set()
        things = {key: thing for key, thing in made.things.items() if thing.cls == cls}
        if not what and not _retyped(before, after, cls):
            things = {k: t for k, t in things.items() if paid - t.values.keys()}
        for key, thing in things.items():
            if what or paid or _retyped(before, after, cls):
                was = dict(thing.values)
                _fill(thing, what, paid)
                if hook:
                    hooked.add(key)
                    _hook(thing, was, after.ops(hook), {*what.added, *paid})
        asked = {n for n in {*what.added, *paid} if new.attrs[n].weight == 2}
        asked = {n for n in asked if n in paid or new.attrs[n].default is None}
        lacking = {n for n in asked for t in things.values() if n not in t.values}
        lacking = {n for n in lacking if new.attrs[n].default is not CLASS}
        made.owed[cls] = (debts - paid) | lacking
        owing = owing or bool(lacking)
    made.owed = {cls: names for cls, names in made.owed.items() if names}
    return made, hooked, owing


def _retyped(before, after, cls):
    """Whether a field that stays has another annotation."""
    if "plain" in (before.style_of(cls), after.style_of(cls)):
        return False
    old, new = layout(before, cls), layout(after, cls)
    return any((name in old.lists) != (name in new.lists) for name in old.attrs.keys() & new.attrs)


def _fill(thing, what, paid):
    new, values, aside = what.new, thing.values, thing.aside
    for name in list(values):
        if name in what.leaving or not new.holds(name):
            aside[name] = values.pop(name)
    for name in (*what.added, *what.from_class, *paid):
        if name in values:
            continue
        default = what.from_class.get(name, new.attrs[name].default)
        if name in aside:
            values[name] = aside.pop(name)
        elif default is not None and default is not CLASS:
            values[name] = default


def _hook(thing, was, ops, added):
    for op in ops:
        if op.name not in added:
            continue
        if op.kind == "set":
            thing.values[op.name] = op.other
        elif op.kind == "rename" and op.other in was:
            thing.values[op.name] = was[op.other]
        elif op.kind == "bump" and type(was.get(op.other)) is int:
            thing.values[op.other] = was[op.other] + 1000


@dataclass
class Edit:
    """An edit that can be taken back."""

    family: Any
    world: World
    after: World


def undone(world, now, edit):
    """The world after the last edit is taken back: old values, and those set since."""
    made = world.copy()
    made.owed = edit.world.copy().owed
    for key, thing in made.things.items():
        new, old = layout(now, thing.cls), layout(edit.family, thing.cls)
        what = change(old, new)
        since = key not in edit.world.things
        before = {} if since else edit.world.things[key].values
        after = {} if since else edit.after.things[key].values
        given = {*what.added, *what.from_class}
        given |= edit.world.owed.get(thing.cls, set()) - edit.after.owed.get(thing.cls, set())
        for name in {*thing.values, *before}:
            value = thing.values.get(name)
            unchanged = not since and value == after.get(name)
            if unchanged and name in before:
                thing.values[name] = before[name]
                if name not in after:
                    thing.aside.pop(name, None)
            elif name in given and name not in before:
                del thing.values[name]
                default = what.from_class.get(name, new.attrs[name].default)
                if value != default or default == ():
                    thing.aside[name] = value
        if since:
            for name in what.removed:
                default = old.attrs[name].default
                if name not in thing.values and default not in (None, CLASS):
                    thing.values[name] = default
        for name in list(thing.values):
            if not old.holds(name):
                thing.aside[name] = thing.values.pop(name)
    return made
