"""Tables for people: what is tracked, what is defined, and what waits to be applied."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping

from livecode.edits.plan import SourceEdit
from livecode.edits.report import short
from livecode.edits.transaction import classes_of
from livecode.evolution.foreseen import foreseen
from livecode.evolution.texts import Texts
from livecode.ipython.display import Table
from livecode.ipython.notebook import Cell, Notebook
from livecode.source import Source
from livecode.workspace import Workspace, matching


def tracked(workspace: Workspace, patterns: list[str]) -> Table:
    """The tracked modules with their files and revisions."""
    files = list(workspace.files.values())
    if patterns:
        files = [
            source for source in files if any(source in set(matching(files, p)) for p in patterns)
        ]
    rows = [
        (
            source.name,
            short(source.filename),
            str(source.revision),
            f"waits: {source.waiting}" if source.waiting else "",
        )
        for source in sorted(files, key=lambda source: source.name)
    ]
    title = "" if rows else "livecode: no module is tracked"
    return Table(title, ("module", "file", "revision", "state"), rows)


def definitions(
    workspace: Workspace, notebook: Notebook, numbers: Mapping[str, int], pattern: str | None
) -> Table:
    """Definitions of the notebook and of tracked modules.

    Args:
        workspace: the tracked modules.
        notebook: the notebook.
        numbers: for a cell's file name its execution number.
        pattern: a glob, or None for all.
    """
    rows: list[tuple[str, ...]] = []
    for name, binding in notebook.bindings().items():
        if binding.statement.kind == "import" or name == "*" or name not in notebook.namespace:
            continue
        state = "orphan" if name in notebook.orphans or binding.cell.orphaned else ""
        rows.append(
            (
                f"{notebook.name}:{name}",
                binding.statement.kind,
                _cell_label(binding.cell, numbers),
                str(binding.line),
                str(binding.cell.revision),
                state,
            )
        )
    for source in sorted(workspace.files.values(), key=lambda source: source.name):
        if source.text is None or (pattern and not _may_match(source, pattern)):
            continue
        for definition in source.outline.definitions():
            if definition.kind != "import":
                rows.append(
                    (
                        f"{source.name}:{definition.qualname}",
                        definition.kind,
                        short(source.filename),
                        str(definition.line),
                        str(source.revision_of(definition.qualname)),
                        "",
                    )
                )
    if pattern:
        rows = [row for row in rows if _matches(row[0], pattern)]
    if not any(row[5] for row in rows):
        return Table(
            "" if rows else "livecode: no definitions",
            ("definition", "kind", "source", "line", "revision"),
            [row[:5] for row in rows],
        )
    return Table("", ("definition", "kind", "source", "line", "revision", ""), rows)


def _cell_label(cell: Cell, numbers: Mapping[str, int]) -> str:
    number = numbers.get(cell.filename)
    return f"In [{number}]" if number else "cell"


def _may_match(source: Source, pattern: str) -> bool:
    module, colon, _ = pattern.partition(":")
    return not colon or fnmatch.fnmatch(source.name, module)


def _matches(name: str, pattern: str) -> bool:
    module, _, qualname = name.partition(":")
    if ":" in pattern:
        return fnmatch.fnmatch(name, pattern)
    return any(
        fnmatch.fnmatch(each, pattern) for each in (module, qualname, qualname.rpartition(".")[2])
    )


def pending(workspace: Workspace, sources: Iterable[Source]) -> Table:
    """What the next edit of some sources would do."""
    wanted = set(sources)
    rows: list[tuple[str, ...]] = []
    edits: list[SourceEdit] = []
    for source, found in workspace.pending():
        if source not in wanted:
            continue
        if isinstance(found, str):
            rows.append((source.name, "waits", found))
            continue
        edits.append(found)
        moved = sum(change.kind == "moved" for change in found.changes)
        for change in found.changes:
            if change.kind != "moved":
                rows.append(
                    (
                        f"{source.name}:{change.name}",
                        change.kind,
                        str(change.line or change.old_line),
                    )
                )
        if moved:
            rows.append((source.name, "moved", f"{moved} of its statements"))
    before = Texts(workspace.sources())
    after = Texts(workspace.sources(), {edit.source.name: edit.after for edit in edits})
    classes = list(dict.fromkeys(each for edit in edits for each in classes_of(edit)))
    title = "" if rows else "livecode: nothing waits to be applied"
    layouts = foreseen(classes, before, after) if classes else []
    return Table(title, ("definition", "change", "line"), rows, layouts)
