"""One edit of one source: what must be evaluated is evaluated, and then made live.

In: the planned edit of a source. Out: an Editor that has evaluated it; then the changed names and
objects are live, and what depends on them follows.
"""

from __future__ import annotations

import sys
from typing import Any

from livecode.edits.coming import Coming
from livecode.edits.dependents import Dependents, public
from livecode.edits.editor import Editor
from livecode.edits.groups import Came
from livecode.edits.journal import Journal
from livecode.edits.plan import SourceEdit
from livecode.edits.report import Report
from livecode.edits.scopes import ModuleScope, Place
from livecode.source import Source
from livecode.sources.changes import Change
from livecode.sources.imports import imports_of
from livecode.sources.parts import block_header


def evaluate_edit(
    edit: SourceEdit, journal: Journal, report: Report, aside: bool, moving: dict[str, Came]
) -> Editor:
    source = edit.source
    filename = edit.filename or source.filename
    place = Place(source.name, filename, edit.after.flags, source.namespace)
    scope = ModuleScope(place, journal, aside)
    editor = Editor(scope, report, source.filename, aside, moving)
    editor.other_flags = not edit.partial and source.outline.flags != edit.after.flags
    bound: set[str] = set()
    if any(_may_unbind(change) for change in edit.changes):
        bound = {name for statement in edit.after.statements for name in statement.assigns}
        editor.unset = _unset(edit)
    if "*" in bound:
        editor.starred = _starred(edit)
    editor.apply(edit.changes, bound)
    editor.starred = {}  # so that nothing of livecode's own holds what was evaluated
    return editor


def make_edit_live(
    edit: SourceEdit,
    editor: Editor,
    sources: list[Source],
    journal: Journal,
    report: Report,
    coming: Coming,
) -> None:
    editor.commit()
    _bind_successors(editor, sources, journal)
    source = edit.source
    before, after = source.outline.docstring, edit.after.docstring
    if before != after and not edit.partial:
        journal.item(source.namespace, "__doc__", after)
    if not editor.rebound and not editor.recoded and not editor.fresh:
        return
    evaluated = [change for change in edit.changes if change.kind not in ("moved", "removed")]
    fresh = {
        id(statement)
        for change in evaluated
        if id(change.new) in editor.fresh
        for statement in (change.new, change.old)
    }
    live = edit.after if not edit.partial else None
    Dependents(sources, journal, report, coming).follow(
        source, editor.rebound, editor.recoded, fresh, live, frozenset(editor.inner_only)
    )


def _bind_successors(editor: Editor, sources: list[Source], journal: Journal) -> None:
    """Let modules that import a class already see its successor: what they evaluate next may use it."""
    successors = {id(old): new for old, new in editor.merging.superseded}
    if successors:
        for source in sources:
            for name, value in list(source.namespace.items()):
                if id(value) in successors:
                    journal.item(source.namespace, name, successors[id(value)])


def _starred(edit: SourceEdit) -> dict[str, Any]:
    """What the star imports of an edit's new text bring, by name."""
    found: dict[str, Any] = {}
    for module in imports_of(edit.after.statements, edit.source.package).stars:
        there = vars(sys.modules[module]) if module in sys.modules else {}
        found |= {name: there[name] for name in public(there) if name in there}
    return found


def _unset(edit: SourceEdit) -> set[str]:
    """Names whose statements go, and that only blocks which are evaluated now may bind."""
    blocks = {id(change.new) for change in edit.changes if _makes_block(change)}
    if not blocks:
        return set()
    gone = {
        name
        for change in edit.changes
        if change.old is not None and change.old is not change.new
        for name in change.old.binds
    }
    bound = {
        name
        for statement in edit.after.statements
        if id(statement) not in blocks
        for name in statement.binds
    }
    return gone - bound


def _makes_block(change: Change) -> bool:
    """Whether a change evaluates a block as a whole."""
    old, new = change.old, change.new
    if new is None or new.kind != "block" or change.kind not in ("added", "edited"):
        return False
    return old is None or old.kind != "block" or block_header(old.node) != block_header(new.node)


def _may_unbind(change: Change) -> bool:
    if change.kind in ("removed", "renamed"):
        return True
    return (
        change.kind == "edited"
        and change.old is not None
        and change.new is not None
        and (
            change.new.kind == "block"
            or not change.old.name
            or change.old.name != change.new.name
            or change.new.assigns != change.new.binds
        )
    )
