"""Foreseen: what an edit that waits would do to layouts and live instances, for ``%livediff``.

In: the live classes that it would change, and their texts before and after. Out: lines for people.
Nothing is evaluated and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Collection

from livecode.edits.classes import body_names
from livecode.edits.report import instances
from livecode.evolution.calling import HOOK
from livecode.evolution.instances import family, instances_of
from livecode.evolution.layouts import TextOf
from livecode.evolution.preview import describe, preview


def foreseen(classes: Collection[type], before: TextOf, after: TextOf) -> list[str]:
    """What would become of the layouts of some classes and of their subclasses.

    Args:
        classes: the classes that an edit would change.
        before: gives the class statements that are live.
        after: gives those of the edit.

    Returns:
        For each class with another layout what changes; for one whose layout cannot be told before it
        is evaluated, that.
    """
    changes = [(each, preview(each, before, after)) for each in family(classes)]
    told = [(each, change) for each, change in changes if change or change is None]
    found = instances_of([each for each, _ in told])
    lines: list[str] = []
    for each, change in told:
        count = len(found[each])
        if change is not None:
            lines += describe(change, count, _has_hook(each, after))
        elif count and each in classes and after(each) is not None:
            name = f"{each.__module__}:{each.__qualname__}"
            lines.append(
                f"layout of {name}, {instances(count)}: cannot be told before it is evaluated"
            )
    return lines


def _has_hook(cls: type, after: TextOf) -> bool:
    """Whether instances of a class will have ``__reinit__``: as the text says, where it is known."""
    for each in cls.__mro__:
        text = after(each)
        names = body_names(text) if text is not None else each.__dict__.keys()
        if HOOK in names:
            return True
    return False
