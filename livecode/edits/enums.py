"""Enums: an Enum becomes what it is after an edit, and its members stay the objects that they are.

In: the live Enum and the one that was evaluated anew. Out: the live one with the members of the new
one: those that are in both are kept, new ones are taken over, others are dropped and named.

A Flag also has members without a name of their own, made when some are combined (``RED | BLUE``) and
found by their value from then on. They are compared by identity like all others, so they stay too.
"""

from __future__ import annotations

import ast
import enum
from typing import Any

from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry
from livecode.sources.outline import meaning

_OF_ENUM = frozenset(["_value_", "_name_", "__objclass__", "_sort_order_", "_inverted_"])
"""What Enum itself keeps on a member; the rest is the person's."""


def edited(before: ast.ClassDef | None, after: ast.ClassDef) -> frozenset[str]:
    """The members that are assigned something else in a new class statement than in the old one."""
    if before is None:
        return frozenset()
    had = _assigned(before)
    return frozenset(
        name
        for name, value in _assigned(after).items()
        if name in had and meaning(value) != meaning(had[name])
    )


def _assigned(statement: ast.ClassDef) -> dict[str, ast.expr]:
    return {
        target.id: child.value
        for child in statement.body
        if isinstance(child, ast.Assign)
        for target in child.targets
        if isinstance(target, ast.Name)
    }


def merge(
    old: Any, new: Any, anew: frozenset[str], journal: Journal, notes: list[Entry]
) -> list[tuple[Any, Any]]:
    """Keep the members of an Enum that are in both, add new ones, drop those that are gone.

    Args:
        old: the live Enum.
        new: the other, of the same member type.
        anew: names of members that were edited: what `__init__` or `__new__` computed for them follows,
            as it does for those with another value.
        journal: takes every change.
        notes: takes the names of members that are gone.

    Returns:
        Old members that could not change in place, each with the member that replaces it.
    """
    members: dict[str, Any] = {}
    pairs: list[tuple[Any, Any]] = []
    unnamed = _unnamed(old)
    for name, member in new._member_map_.items():
        have = old._member_map_.get(name)
        if have is None and member._value_ in unnamed and member._name_ == name:
            members[name] = _named(unnamed.pop(member._value_), member, old, journal)
            continue
        if have is not None and have._value_ == member._value_:
            if have._name_ == name == member._name_:
                _take_attributes(have, member, name in anew, journal)
            members[name] = have
            continue
        if (
            have is not None
            and old._member_type_ is object
            and have._name_ == name == member._name_
        ):
            journal.attribute(have, "_value_", member._value_)
            _take_attributes(have, member, True, journal)
            members[name] = have
            continue
        alias = next((kept for kept in members.values() if kept._value_ == member._value_), None)
        if alias is None:
            journal.attribute(member, "__class__", old)
            if "__objclass__" in member.__dict__:
                journal.item(member.__dict__, "__objclass__", old)
        members[name] = alias if alias is not None else member
        if have is not None and have._name_ == name:
            pairs.append((have, members[name]))
    gone = [name for name in old._member_map_ if name not in members]
    if gone:
        notes.append(
            Entry(
                f"{old.__module__}:{old.__qualname__}",
                f"members {', '.join(gone)} are gone; references to them stay",
            )
        )
    for name in gone:
        journal.class_attribute(old, name, MISSING)
    for name, member in members.items():
        raw = new.__dict__.get(name, MISSING)
        if isinstance(raw, new):
            raw = member
        elif raw is not MISSING and hasattr(raw, "member"):
            journal.attribute(raw, "member", member)
        if raw is not MISSING and (name not in old.__dict__ or raw is member):
            journal.class_attribute(old, name, raw)
    fresh = _unnamed(new)
    values = {
        value: members[member._name_]
        for value, member in new._value2member_map_.items()
        if value not in fresh
    }
    for value, member in unnamed.items():
        if value not in values and _is_valid(new, value):
            values[value] = member
            _rename(member, new, value, journal)
    for value, member in fresh.items():
        if value not in values:
            journal.attribute(member, "__class__", old)
            values[value] = member
    inverted = _Inverted([*old._value2member_map_.values(), *values.values()])
    journal.step(inverted)
    inverted.forget()
    order = list(new._member_names_)
    journal.class_attribute(old, "_member_map_", members)
    journal.class_attribute(old, "_member_names_", order)
    journal.class_attribute(old, "_value2member_map_", values)
    return pairs


def _take_attributes(kept: Any, made: Any, every: bool, journal: Journal) -> None:
    """Give a member that stays what `__init__` and `__new__` computed for the one made anew: every
    attribute, or only those that it lacks (the others may have been set since)."""
    for name, value in made.__dict__.items():
        if name not in _OF_ENUM and (every or name not in kept.__dict__):
            journal.item(kept.__dict__, name, value)


class _Inverted:
    """What `~` gave for the members of a Flag, which each of them keeps: forgotten when there are other
    members, and again when those from before are back (a step of the journal)."""

    name = "inverted members"

    def __init__(self, members: list[Any]) -> None:
        self._members = members

    def forget(self) -> None:
        """Let `~` compute them again."""
        for member in self._members:
            member.__dict__.pop("_inverted_", None)

    def rollback(self) -> list[Entry]:
        self.forget()
        return []

    def revert(self) -> list[Entry]:
        self.forget()
        return []


def _unnamed(cls: Any) -> dict[Any, Any]:
    """The combinations that a Flag has made, by their values."""
    if not issubclass(cls, enum.Flag):
        return {}
    named = set(map(id, cls._member_map_.values()))
    return {
        value: member for value, member in cls._value2member_map_.items() if id(member) not in named
    }


def _named(member: Any, new: Any, cls: Any, journal: Journal) -> Any:
    """A combination that has a name of its own now: it becomes what the new member is."""
    for name, value in new.__dict__.items():
        journal.item(member.__dict__, name, cls if name == "__objclass__" else value)
    return member


def _is_valid(cls: Any, value: Any) -> bool:
    """Whether a Flag still has all the members that a combination is made of."""
    return cls._boundary_ is enum.KEEP or not value & ~cls._flag_mask_


def _rename(member: Any, cls: Any, value: Any, journal: Journal) -> None:
    """The name of a combination is made of the names of its parts."""
    name = "|".join(part._name_ for part in cls._iter_member_(value)) or None
    if name != member._name_ and not value & ~cls._flag_mask_:
        journal.item(member.__dict__, "_name_", name)
