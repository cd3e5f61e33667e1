"""The difference of two layouts of a class, and what it means for the instances that are alive.

In: the `Layout` before an edit and the one after it. Out: a `LayoutChange`, false where no instance
is to be touched and no hook runs. The table says what each case does; docs/layouts.md says why.
*aside*: the value leaves the instance and is kept for undo, and for when the attribute comes back.

==================================  ===================================  ====  ========  ==========
the old layout, the new one         an instance's value                  owed  in added  in removed
==================================  ===================================  ====  ========  ==========
nothing    -> assigned              the literal, if it is one            else  yes
nothing    -> assigned,             nothing stored: the class gives it   no    yes
              class value too
nothing    -> field                 default, or default_factory() each   else  yes
nothing    -> InitVar, ClassVar     nothing                              no
nothing    -> bare annotation       nothing                              no
nothing    -> slot, assigned        new object; the literal              else  yes
nothing    -> slot alone            new object; unset, as in a new one   no    yes
assigned   -> nothing               stays                                                yes
declared   -> nothing               aside                                                yes
assigned   -> declared              kept (in a new object if need be)
declared   -> assigned              kept (likewise)
any        -> bare annotation       kept
bare ann.  -> assigned, field       as from nothing                      else  yes
assigned   -> property              stays beneath it                                     yes
declared   -> property              aside                                                yes
assigned   -> class value           stays, and hides the class value                     yes
assigned   -> method                aside: it would hide the method                      yes
property   -> attribute             as from nothing                      else  yes
class value -> attribute            the old class value                  no
class value -> both                 nothing stored: the class gives it   no
literal or default changed          kept                                 no
annotation changed                  kept                                 no
order changed                       kept
==================================  ===================================  ====  ========  ==========

==================================  ===============================================================
the old kind, the new one           an instance
==================================  ===============================================================
dict       -> slots                 new object; names without a slot: aside
dict       -> slots and dict        new object; names without a slot stay in the dict
slots      -> dict                  new object; every value is kept, now in the dict
slots      -> other slots           new object
slots      -> reordered slots       same object, nothing to do: CPython sorts them
slots moved to or from a base       new object
namedtuple -> other fields          new object: added (owed without default), removed (aside)
namedtuple -> reordered             new object; values go by name
namedtuple -> other defaults        nothing
Enum: member added                  a new member; the old ones are the same objects
Enum: member removed                it leaves the class; references to it stay and are reported
Enum: value changed                 the same member gets the new value
Enum: members reordered             nothing: the order is the class's
frozen added or removed             nothing (set attributes past ``__setattr__`` when frozen)
base changed                        new object if the base in C or the slots changed, else nothing
                                    but the attributes that come and go with the base
subclass overrides __init__         of the subclass alone: attributes that its ``__init__`` reaches
==================================  ===============================================================
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from livecode.evolution.defaults import kept, same_default
from livecode.evolution.kinds import Kind
from livecode.evolution.layouts import Attribute, Layout, Shared


@dataclass(frozen=True, slots=True)
class KindChange:
    """Instances are of another kind. `replace`: a new object must take the place of each."""

    old: Kind
    new: Kind
    replace: bool
    why: str


@dataclass(frozen=True, slots=True)
class MembersChange:
    """Which members of an Enum came, went, or have another value."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, eq=False)
class LayoutChange:
    """What changed between two layouts. Attributes are those of the new one, unless removed.

    Attributes:
        added: what ``old.added`` tells; each with its default, if there is one.
        removed: what ``old.removed`` tells.
        from_class: the class gave it and does not any more: the default is the value it had.
        leaving: the removed names whose values leave the instance, to be kept aside.
        became_shared: removed attributes whose name a property, method or class value took over.
        was_shared: attributes whose name was a property, method or class value.
        redeclared: pairs that are known in another way (assigned before, a field now).
        retyped: pairs with another annotation.
        default_changed: pairs with another default.
        perhaps_renamed: pairs of an old and a new name. To be offered, never assumed.
        kind: None if instances are of the same kind.
        reordered: attributes that are in both come in another order.
        members: of an Enum.
    """

    old: Layout
    new: Layout
    added: tuple[Attribute, ...]
    removed: tuple[Attribute, ...]
    from_class: tuple[Attribute, ...]
    leaving: frozenset[str]
    became_shared: tuple[tuple[Attribute, Shared], ...]
    was_shared: tuple[tuple[Shared, Attribute], ...]
    redeclared: tuple[tuple[Attribute, Attribute], ...]
    retyped: tuple[tuple[Attribute, Attribute], ...]
    default_changed: tuple[tuple[Attribute, Attribute], ...]
    perhaps_renamed: tuple[tuple[str, str], ...]
    kind: KindChange | None
    reordered: bool
    members: MembersChange

    @property
    def replace(self) -> bool:
        """Whether a new object must take the place of each instance."""
        return self.kind is not None and self.kind.replace

    @property
    def filled(self) -> tuple[Attribute, ...]:
        """Attributes whose default is to be stored on each instance that lacks them."""
        return tuple(
            each
            for each in (*self.added, *self.from_class)
            if each.default is not None and each.default.stores
        )

    @property
    def owed(self) -> tuple[Attribute, ...]:
        """Attributes that a new instance has, and that nothing gives to an old one: debts."""
        return tuple(each for each in self.added if each.expected and each.default is None)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.from_class or self.replace or self.members)


def difference(old: Layout, new: Layout) -> LayoutChange:
    """What changed from one layout of a class to the next."""
    added: list[Attribute] = []
    from_class: list[Attribute] = []
    was_shared: list[tuple[Shared, Attribute]] = []
    pairs: list[tuple[Attribute, Attribute]] = []
    for name, attribute in new.attributes.items():
        before = old.attributes.get(name)
        if before is not None:
            pairs.append((before, attribute))
        if attribute.weight <= (before.weight if before is not None else 0):
            continue
        shared = old.shared.get(name) if before is None else None
        if shared is not None:
            was_shared.append((shared, attribute))
        if shared is None or shared.kind != "value" or shared.gone:
            added.append(attribute)
        elif name not in new.shared:
            from_class.append(dataclasses.replace(attribute, default=kept(shared.value), why=""))

    removed = [
        each
        for name, each in old.attributes.items()
        if name not in new.attributes and each.weight and not _may_still_be_there(each, old, new)
    ]
    became_shared = [(each, new.shared[each.name]) for each in removed if each.name in new.shared]
    return LayoutChange(
        old,
        new,
        tuple(added),
        tuple(removed),
        tuple(from_class),
        frozenset(each.name for each in removed if _leaves(each, new)),
        tuple(became_shared),
        tuple(was_shared),
        tuple((a, b) for a, b in pairs if a.how != b.how and a.weight and b.weight),
        tuple((a, b) for a, b in pairs if _retyped(a, b)),
        tuple(
            (a, b)
            for a, b in pairs
            if a.expected and b.expected and not same_default(a.default, b.default)
        ),
        _renamed(old, new, removed, added),
        _kind_change(old.kind, new.kind),
        _reordered(old.attributes, new.attributes),
        _members_change(old.members, new.members),
    )


def _may_still_be_there(attribute: Attribute, old: Layout, new: Layout) -> bool:
    """Whether a class whose text is not known builds instances now, and may assign it too."""
    return not attribute.declared and bool(set(new.unknown) - set(old.unknown))


def _leaves(attribute: Attribute, new: Layout) -> bool:
    """Whether the value of a removed attribute leaves the instance."""
    shared = new.shared.get(attribute.name)
    return (
        attribute.declared
        or not new.kind.has_dict
        or (shared is not None and shared.kind == "method")
    )


def _retyped(old: Attribute, new: Attribute) -> bool:
    return None not in (old.annotation, new.annotation) and old.annotation != new.annotation


def _reordered(old: Iterable[str], new: Iterable[str]) -> bool:
    before, after = list(old), list(new)
    common = set(before) & set(after)
    return [each for each in before if each in common] != [each for each in after if each in common]


# -- kinds and members ---------------------------------------------------------------------------


def _kind_change(old: Kind, new: Kind) -> KindChange | None:
    if old.storage == new.storage:
        if (old.form, old.frozen) == (new.form, new.frozen):
            return None
        why = f"its form changed from {old.form} to {new.form}"
        if old.form == new.form:
            why = "it is frozen now" if new.frozen else "it is not frozen any more"
        return KindChange(old, new, False, why)
    return KindChange(old, new, True, _why_replaced(old, new))


def _why_replaced(old: Kind, new: Kind) -> str:
    if old.base != new.base:
        return f"its base {old.base} became {new.base}"
    if "namedtuple" in (old.form, new.form):
        return "the fields of a tuple changed"
    if old.has_dict != new.has_dict:
        return f"its instances {'have' if new.has_dict else 'have no'} __dict__ now"
    if set(old.slots) != set(new.slots):
        return "its slots changed"
    if old.has_weakref != new.has_weakref:
        return f"its instances {'take' if new.has_weakref else 'take no'} weak references now"
    return "other classes of its bases hold the slots"


def _members_change(old: Any, new: Any) -> MembersChange:
    return MembersChange(
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
        tuple(name for name in new if name in old and not _same_value(old[name], new[name])),
        _reordered(old, new),
    )


def _same_value(old: Any, new: Any) -> bool:
    """Whether two values are the same, without running anybody's ``__eq__``: else they are not."""
    if old is new:
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, (tuple, list)) and type(old) in (tuple, list):
        return len(old) == len(new) and all(map(_same_value, old, new))
    if type(old) is dict:
        return _same_value(list(old.items()), list(new.items()))
    if type(old) in (int, str, bytes, float, complex):
        return repr(old) == repr(new)
    return False


# -- renames that may be -------------------------------------------------------------------------

_UNDERSCORE, _INITIALISER, _ANNOTATION, _PLACE = 8, 4, 2, 1


def _renamed(
    old: Layout, new: Layout, removed: Sequence[Attribute], added: Sequence[Attribute]
) -> tuple[tuple[str, str], ...]:
    """Pairs that may be one attribute under two names: each is the best match of the other.

    Where one attribute went and one came, the same place among the others will do. Else it takes the
    same expression, the same place and annotation, or names that differ only in underscores.
    """
    if not removed or not added:
        return ()
    before = _places(list(old.attributes), new.attributes)
    after = _places(list(new.attributes), old.attributes)
    alone = len(removed) == len(added) == 1
    scores: dict[tuple[str, str], int] = {}
    for gone in removed:
        for come in added:
            score = _likeness(gone, come, alone)
            score += _PLACE if before[gone.name] == after[come.name] else 0
            if score >= (_PLACE if alone else _PLACE + _ANNOTATION):
                scores[gone.name, come.name] = score
    best = []
    for pair, score in scores.items():
        rivals = [s for other, s in scores.items() if other != pair and set(other) & set(pair)]
        if all(score > rival for rival in rivals):
            best.append(pair)
    return tuple(best)


def _likeness(old: Attribute, new: Attribute, alone: bool) -> int:
    score = 0
    if _public(old.name) == _public(new.name):
        score += _UNDERSCORE
    elif _retyped(old, new):
        return -_UNDERSCORE
    if old.annotation is not None and old.annotation == new.annotation:
        score += _ANNOTATION
    if old.expression is not None and new.expression is not None:
        literal = isinstance(new.expression, ast.Constant) or new.default is not None
        if (alone or not literal) and _initialiser(old) == _initialiser(new):
            score += _INITIALISER
    return score


def _public(name: str) -> str:
    """A name without the underscores before it, and without what mangling put there."""
    return name.lstrip("_").rpartition("__")[2] if name.startswith("_") else name


def _initialiser(attribute: Attribute) -> str:
    """The expression that an attribute is assigned, its own name left out of it."""
    expression = attribute.expression
    assert expression is not None
    names = {attribute.name, _public(attribute.name)}
    if isinstance(expression, ast.Name) and expression.id in names:
        return "<its own name>"
    return ast.unparse(expression)


def _places(names: Sequence[str], others: Any) -> dict[str, tuple[str | None, int]]:
    """Where each name stands: after which of the names that both have, and how far from it."""
    places: dict[str, tuple[str | None, int]] = {}
    before, far = None, 0
    for name in names:
        places[name] = (before, far)
        before, far = (name, 0) if name in others else (before, far + 1)
    return places
