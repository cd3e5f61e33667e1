"""What an edit that is not applied yet would do to the layout of a class, and how a person is told.

In: the live class, and its class statement (and those of its bases) before and after the edit. Out: the
`LayoutChange` that will be found once it is applied, or None where that cannot be told before it is
evaluated. Nothing of the user's is evaluated: see `livecode.evolution.standins`. It is first tried on the
text before the edit: where that does not give the layout that the class has, nothing is claimed.

`describe` makes a few lines of text of a `LayoutChange`, before the edit or after it. It writes what the
source says, and runs no ``__repr__``.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from livecode.evolution.defaults import Default, same_default
from livecode.evolution.difference import LayoutChange, difference
from livecode.evolution.heads import skeleton
from livecode.evolution.layouts import Attribute, Layout, TextOf, layout
from livecode.evolution.standins import StandIns
from livecode.evolution.unevaluated import Doubt, Opaque, Unsure
from livecode.sources.parsing import syntax

_WIDTH, _LONGEST = 100, 40


def preview(cls: type, before: TextOf, after: TextOf) -> LayoutChange | None:
    """What an edit would change in the layout of a class; None if that cannot be told.

    Args:
        cls: the live class, as it was before the edit.
        before: gives the class statement of a class before the edit.
        after: gives it after the edit; None for a class that goes.
    """
    if before(cls) is None or after(cls) is None:
        return None
    before, after = _without_namesakes(cls, before), _without_namesakes(cls, after)
    changed: dict[type, bool] = {}

    def is_changed(each: type) -> bool:
        if each not in changed:
            changed[each] = _skeleton(each, before) != _skeleton(each, after)
        return changed[each]

    old = layout(cls, before)
    if not any(map(is_changed, cls.__mro__)):  # only what stands in functions
        return difference(old, layout(cls, after))
    try:
        again, _ = _layout(cls, StandIns(before, before, is_changed))
        if not _alike(old, again):
            return None
        new, doubts = _layout(cls, StandIns(before, after, is_changed))
    except Unsure:
        return None
    for name, doubt in doubts.items():
        attribute = new.attributes.get(name)
        if attribute is None and name not in old.attributes:
            continue
        if doubt == "much" or attribute is None or attribute.how not in ("field", "member"):
            return None
    return difference(old, new)


def _without_namesakes(cls: type, text_of: TextOf) -> TextOf:
    """Leave out bases that only have the name of `cls`, as ``class A(namedtuple("A", …))`` has one."""
    own = text_of(cls)

    def text(each: type) -> ast.ClassDef | None:
        node = text_of(each)
        return None if node is own and each is not cls else node

    return text


def _skeleton(cls: type, text_of: TextOf) -> str | None:
    node = text_of(cls)
    return None if node is None else skeleton(node)


def _layout(cls: type, stand_ins: StandIns) -> tuple[Layout, dict[str, Doubt]]:
    """The layout of the stand-in of a class, and the names of which it is not sure what they are."""
    try:
        made = stand_ins.of(cls)
        doubts: dict[str, Doubt] = {
            name: value.doubt
            for each in made.__mro__
            if each in stand_ins.bodies
            for name, value in stand_ins.bodies[each].values.items()
            if isinstance(value, Opaque) and value.doubt != "none"
        }
        return layout(made, stand_ins.text_of), doubts
    finally:
        stand_ins.dismantle()


def _alike(old: Layout, new: Layout) -> bool:
    """Whether two layouts say the same in all that a difference looks at."""
    return (
        not difference(old, new)
        and (old.kind.storage, old.kind.form, old.kind.frozen)
        == (new.kind.storage, new.kind.form, new.kind.frozen)
        and old.unknown == new.unknown
        and list(old.attributes) == list(new.attributes)
        and {name: each.kind for name, each in old.shared.items()}
        == {name: each.kind for name, each in new.shared.items()}
        and all(
            (a.how, a.expected, a.annotation) == (b.how, b.expected, b.annotation)
            and same_default(a.default, b.default)
            for a, b in zip(old.attributes.values(), new.attributes.values(), strict=True)
        )
    )


# -- for people ----------------------------------------------------------------------------------


def describe(change: LayoutChange, instances: int, hook: bool = False) -> list[str]:
    """A few lines that tell what changes in a layout and for how many instances; none for nothing.

    Args:
        instances: how many are alive.
        hook: whether ``__reinit__`` will run for them.
    """
    parts = list(_parts(change, instances, hook))
    if not parts:
        return []
    count = f"{instances or 'no'} live instance{'' if instances == 1 else 's'}"
    text = f"layout of {change.new.name}, {count}: {', '.join(parts)}"
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _parts(change: LayoutChange, instances: int, hook: bool) -> Iterator[str]:
    for attribute in change.added:
        yield _added(attribute, instances, hook)
    for attribute in change.from_class:
        assert attribute.default is not None
        yield f"+ {attribute.name}{_equals(attribute.default.text)} (the class's value so far)"
    became = {attribute.name: shared.kind for attribute, shared in change.became_shared}
    for attribute in change.removed:
        stays = "is kept aside" if attribute.name in change.leaving else "stays"
        if attribute.name in became:
            yield f"- {attribute.name} (a {became[attribute.name]} now; its value {stays})"
        else:
            yield f"- {attribute.name} (its value {stays})"
    for old, new in change.retyped:
        yield f"{new.name}: {_short(old.annotation)} -> {_short(new.annotation)}"
    for name in change.members.added:
        yield f"+ member {name}"
    for name in change.members.removed:
        yield f"- member {name} (references to it stay)"
    for name in change.members.changed:
        yield f"member {name} has another value"
    for gone, come in change.perhaps_renamed:
        yield f"perhaps renamed: {gone} -> {come}"
    if change.kind is not None:
        yield (
            f"instances become new objects ({change.kind.why})"
            if change.replace
            else change.kind.why
        )


def _added(attribute: Attribute, instances: int, hook: bool) -> str:
    name, default = attribute.name, attribute.default
    if default is not None:
        if not default.stores:
            return f"+ {name} (the class gives it)"
        if default.how == "literal":
            return f"+ {name} = {_short(default.text)} (from __init__)"
        each = "a new one for each" if default.how == "factory" else "from the default"
        return f"+ {name}{_equals(_given(default))} ({each})"
    if not attribute.expected:
        return f"+ {name} (unset, as in a new instance)"
    why = attribute.why or "no default"
    if instances and hook:
        return f"+ {name} (left to __reinit__)"
    return f"+ {name} (owed: {why})" if instances else f"+ {name} ({why})"


def _given(default: Default) -> str:
    """What a field's default is, without the ``field(…)`` around it."""
    try:
        node = syntax(default.text, mode="eval").body
    except SyntaxError:  # the type of a value whose text is not known
        return default.text
    if not isinstance(node, ast.Call):
        return default.text
    for keyword in node.keywords:
        if keyword.arg == "default_factory":
            made = keyword.value
            text = ast.unparse(made.body) if isinstance(made, ast.Lambda) else ast.unparse(made)
            return text if isinstance(made, ast.Lambda) else f"{text}()"
        if keyword.arg == "default" and default.how == "value":
            return ast.unparse(keyword.value)
    return default.text


def _equals(text: str) -> str:
    """The value that an attribute gets, if more than its type is known."""
    return "" if text.startswith("<") else f" = {_short(text)}"


def _short(text: str | None) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
