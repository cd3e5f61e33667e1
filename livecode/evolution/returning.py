"""Returning: a good migration is taken back, later, because the person asks for it.

In: a `Migration` that is live. Out: whatever instances there are now have the old layout again; what
could not be taken back is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry
from livecode.evolution.finalizers import Spared
from livecode.evolution.instances import OWED, instances_of
from livecode.evolution.layouts import Attribute
from livecode.evolution.reading import has_own_hash
from livecode.evolution.rehashing import rehash
from livecode.evolution.replacing import replace
from livecode.evolution.succession import CannotSucceed, successor

if TYPE_CHECKING:
    from livecode.evolution.migration import Migration


def revert(done: Migration) -> list[Entry]:
    """Take a good migration back: whatever instances there are now get the old layout.

    Attributes that both layouts have keep the values set since; what a hook made of them goes back
    to what it was.
    """
    with Spared() as spared:
        return _revert(done, spared)


def _revert(done: Migration, spared: Spared) -> list[Entry]:
    instances = instances_of([done.after])[done.after]
    back = []
    same = []
    faults: list[Entry] = []
    for each in instances:
        values = _back(done, each)
        if not done.other_kind and not _has_other_hash(done, values):
            done.fields.restore(each, values)
            if done.before is not done.after:
                object.__setattr__(each, "__class__", done.before)
            same.append(each)
            continue
        members = [values.get(name, OWED) for name in done.fields.members]
        try:
            made = successor(each, done.before, members)
        except CannotSucceed as reason:
            faults.append(Entry(done.change.old.name, f"an instance stays as it is: {reason}"))
            continue
        for name, value in values.items():
            if name not in done.fields.members and (
                name in done.fields.slots or done.fields.has_dict
            ):
                done.fields.put(made, name, value)
        back.append((each, made))
    done.aside.move(back)
    spared.add(done.after, (each for each, _ in back))
    replace(back, Journal())
    if same and has_own_hash(done.before):
        found = {id(each): each for each in same}
        left = rehash(found, same, Journal(), [instances], leave=lambda holder, error: True)
        faults += [unfound(done.change.new.name, left)] if left else []
    return faults


def _has_other_hash(done: Migration, values: dict[str, Any]) -> bool:
    """Whether an instance is found by its values, which are complete and others than before."""
    attributes = done.change.old.attributes.values()
    return done.becomes_another_value() and not owes(values, attributes)


def owes(values: dict[str, Any], attributes: Iterable[Attribute]) -> bool:
    """Whether values lack one of some attributes that neither they nor the class give."""
    return any(
        each.expected and each.name not in values and (each.default is None or each.default.stores)
        for each in attributes
    )


def _back(done: Migration, instance: Any) -> dict[str, Any]:
    """What an instance is to have in the old layout."""
    values = done.new_fields.values(instance)
    lost = done.aside.values(instance).keys() & done.change.old.attributes.keys()
    for attribute in (*done.change.added, *done.change.from_class):
        if done.had_before.get(instance, attribute.name) is not MISSING:
            continue
        value = values.pop(attribute.name, MISSING)
        default = attribute.default
        by_default = default is not None and default.value is value
        if value is not MISSING and (
            not by_default or done.brought_back.get(instance, attribute.name) is not MISSING
        ):
            done.aside.put(instance, attribute.name, value)
    for name in done.change.leaving | (lost - values.keys()):
        value = done.aside.get(instance, name)
        if value is not MISSING:
            done.aside.put(instance, name, MISSING)
            values[name] = value
    for attribute in done.change.removed:  # an instance made since may never have had it
        default = attribute.default
        if attribute.name not in values and default is not None and default.stores:
            values[attribute.name] = default.make()
    for name, (old, left) in done.changed.values(instance).items():
        if values.get(name, MISSING) is left:
            values[name] = old
            if old is MISSING:
                done.aside.put(instance, name, left)
    return {name: value for name, value in values.items() if value is not MISSING}


def unfound(name: str, left: list[Any]) -> Entry:
    """What to say of dicts and sets that do not find their keys."""
    kinds = Counter(type(each).__qualname__ for each in left)
    where = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Entry(name, f"instances have another hash now, or none, and are not found in: {where}")
