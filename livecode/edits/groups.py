"""Groups: which edits of several sources belong together, and in which order they are applied.

In: the planned edits of a transaction. Out: groups of sources, in the order of their imports. Sources
between which a definition moves are one group: either all of it happens or nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from livecode.edits.journal import MISSING
from livecode.edits.plan import SourceEdit
from livecode.sources.imports import imports_of, reachable
from livecode.sources.outline import definitions_in


class Came(NamedTuple):
    """A definition that comes to a source from another: the live object, and its text there."""

    value: Any
    before: ast.stmt


def imports_of_edits(edits: dict[str, SourceEdit]) -> dict[str, set[str]]:
    """For each edited source the modules that it imports; nothing needs to be known of a single one."""
    if len(edits) < 2:
        return {name: set() for name in edits}
    return {
        name: edit.source.imports().every | _imports_after(edit) for name, edit in edits.items()
    }


def _imports_after(edit: SourceEdit) -> set[str]:
    new = [
        change.new for change in edit.changes if change.new is not None and change.kind != "moved"
    ]
    return imports_of(new, edit.source.package).every


def _moved_definitions(
    edits: list[SourceEdit],
) -> Iterator[tuple[str, SourceEdit, ast.stmt, SourceEdit]]:
    """Definitions that one source lost and another gained: same name and kind, each only once.

    Gives the name, the source that lost it, its text there, and the source that gained it.
    """
    if len(edits) < 2:
        return
    lost: dict[tuple[type, str], list[tuple[SourceEdit, ast.stmt]]] = {}
    gained: dict[tuple[type, str], list[SourceEdit]] = {}
    for edit in edits:
        old: dict[str, ast.stmt] = {}
        new: dict[str, ast.stmt] = {}
        for change in edit.changes:
            if change.kind in ("added", "edited", "removed"):
                old |= definitions_in(change.old.node) if change.old is not None else {}
                new |= definitions_in(change.new.node) if change.new is not None else {}
        for name in old.keys() - new.keys():
            lost.setdefault((type(old[name]), name), []).append((edit, old[name]))
        for name in new.keys() - old.keys():
            gained.setdefault((type(new[name]), name), []).append(edit)
    for key, origins in lost.items():
        targets = gained.get(key, [])
        if len(origins) == len(targets) == 1:
            (origin, before), target = origins[0], targets[0]
            yield key[1], origin, before, target


def ties(edits: list[SourceEdit]) -> list[tuple[str, str]]:
    return [
        (origin.source.name, target.source.name)
        for _, origin, _, target in _moved_definitions(edits)
    ]


def moving(group: list[SourceEdit]) -> dict[str, Came]:
    """For each definition that comes to a source from another, the live object that moves."""
    found: dict[str, Came] = {}
    for name, origin, before, target in _moved_definitions(group):
        value = origin.source.namespace.get(name, MISSING)
        if value is not MISSING:
            found[f"{target.source.name}:{name}"] = Came(value, before)
    return found


def groups(
    order: list[str], tied: list[tuple[str, str]], imports: dict[str, set[str]]
) -> list[list[str]]:
    """Sources that must be edited together, in order.

    A source that imports one of a group and that another one of it imports belongs to the group:
    it can be edited neither before the group nor after it.
    """
    group_of = {name: [name] for name in order}
    needed = {name: reachable(name, imports) for name in order} if tied else {}
    for a, b in tied:
        merged = {*group_of[a], *group_of[b]}
        inner: set[str] = merged
        while inner:
            before = set().union(*(needed[name] for name in merged)) & needed.keys()
            inner = {name for name in before - merged if needed[name] & merged}
            merged = merged.union(inner, *(group_of[name] for name in inner))
        together = sorted(merged, key=order.index)
        for name in together:
            group_of[name] = together
    found: list[list[str]] = []
    for name in order:
        group = group_of[name]
        if name == group[-1] and group not in found:
            found.append(group)
    return found


def needs(group: list[SourceEdit], waiting: list[SourceEdit]) -> bool:
    """Whether what a group evaluates may read what waits to be made live."""
    modules = {edit.source.name for edit in waiting}
    for edit in group:
        imports = edit.source.imports()
        words = {local for local, module in imports.modules.items() if module in modules}
        words |= {local for local, (module, _) in imports.names.items() if module in modules}
        for change in edit.changes:
            if change.new is None or change.kind == "moved":
                continue
            if change.new.kind == "import" or any(word in change.new.text for word in words):
                return True
            if modules & set(imports.stars):
                return True
    return False
