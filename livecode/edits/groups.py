"""Groups: which edits of several sources belong together, and in which order they are applied.

In: the planned edits of a transaction. Out: groups of sources, in the order of their imports. Sources
between which a definition moves are one group: either all of it happens or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livecode.edits.journal import MISSING
from livecode.edits.plan import SourceEdit
from livecode.sources.changes import Change
from livecode.sources.imports import imports_of


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
) -> Iterator[tuple[Change, SourceEdit, Change, SourceEdit]]:
    """Definitions that one source lost and another gained: same name and kind, each only once."""
    removed: dict[tuple[str, str], list[tuple[Change, SourceEdit]]] = {}
    added: dict[tuple[str, str], list[tuple[Change, SourceEdit]]] = {}
    for edit in edits:
        for change in edit.changes:
            statement = change.new or change.old
            if (
                statement is None
                or statement.name is None
                or change.kind not in ("added", "removed")
            ):
                continue
            table = added if change.kind == "added" else removed
            table.setdefault((statement.kind, statement.name), []).append((change, edit))
    for key, gone in removed.items():
        came = added.get(key, [])
        if len(gone) == len(came) == 1 and gone[0][1] is not came[0][1]:
            yield (*gone[0], *came[0])


def ties(edits: list[SourceEdit]) -> list[tuple[str, str]]:
    return [(a.source.name, b.source.name) for _, a, _, b in _moved_definitions(edits)]


def moving(group: list[SourceEdit]) -> dict[str, Any]:
    """For each definition that comes to a source from another, the live object that moves."""
    found: dict[str, Any] = {}
    for gone, origin, came, target in _moved_definitions(group):
        assert gone.old is not None and came.new is not None
        value = origin.source.namespace.get(str(gone.old.name), MISSING)
        if value is not MISSING:
            found[f"{target.source.name}:{came.new.name}"] = value
    return found


def groups(order: list[str], tied: list[tuple[str, str]]) -> list[list[str]]:
    """Sources that must be edited together, in order."""
    group_of = {name: [name] for name in order}
    for a, b in tied:
        if group_of[a] is not group_of[b]:
            merged = sorted({*group_of[a], *group_of[b]}, key=order.index)
            for name in merged:
                group_of[name] = merged
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
