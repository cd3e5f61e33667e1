"""Removal: a statement is no longer in the source, or binds fewer names.

In: what the old text bound. Out: the names unbound that no other statement binds, and their
registrations, annotations and cached values gone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial

from livecode.edits.dependents import public
from livecode.edits.dispatch import MENTION, Registrations
from livecode.edits.editing import Editing, with_value
from livecode.edits.journal import MISSING
from livecode.edits.lines import node_of
from livecode.edits.report import Entry
from livecode.edits.scopes import Scope
from livecode.sources.changes import Change
from livecode.sources.imports import imports_of
from livecode.sources.outline import Statement, definitions_in


def remove(editing: Editing, scope: Scope, change: Change, still: set[str]) -> None:
    """Unbind what a removed statement bound, if nothing in `still` does; its registrations go."""
    assert change.old is not None
    for name, node in definitions_in(node_of(change.old, change.old_line)).items():
        if change.old.kind != "block" or name not in still:
            editing.note_gone(scope, name, node)
    if MENTION in change.old.text:
        node = node_of(change.old, change.old_line)
        registered = Registrations(node, None, editing.reader(scope))
        gone = with_value(scope, change.name, editing.living.anywhere_in(scope, node))
        editing.do(lambda: registered.settle(editing.journal, gone))
    unbound = (change.old.binds - still) | (change.old.binds & {"*"})
    unbind(editing, scope, unbound, change.old)


def unbind(
    editing: Editing,
    scope: Scope,
    gone: Iterable[str],
    statement: Statement,
    annotated: frozenset[str] = frozenset(),
) -> None:
    """Unbind names that no statement of the new text binds.

    Args:
        editing: the edit.
        scope: where the statement stood.
        gone: the names; ``*`` for what a star import brought.
        statement: the old one.
        annotated: names that the new text still annotates.
    """
    names_gone = set(gone)
    if "*" in names_gone:
        names_gone |= _brought(editing, statement)
    for name in sorted(names_gone - {"*"}):
        value = scope.read(name)
        left = editing.starred.get(name, MISSING) if scope.owner is None else MISSING
        if value is left or _is_submodule(scope, name, value):
            continue
        if scope.owner is None:
            editing.note_rebound(name, value, left)
        else:
            editing.do(partial(editing.classes.forget_cached, scope.owner, name, value))
        editing.do(partial(scope.write, name, left))
        if left is MISSING:
            editing.report.removed.append(Entry(f"{editing.place.module}:{scope.prefix}{name}"))
        else:
            editing.done(scope, name, "comes from a star import")
    if statement.kind == "variable":
        names_left = set(gone) - annotated
        editing.do(lambda: _forget_annotations(editing, scope, names_left))


def _is_submodule(scope: Scope, name: str, value: object) -> bool:
    """Whether a name is bound because the submodule of that name was imported, by whatever module."""
    submodule = sys.modules.get(f"{scope.place.module}.{name}")
    return scope.owner is None and submodule is not None and submodule is value


def _forget_annotations(editing: Editing, scope: Scope, gone: set[str]) -> None:
    """Drop the annotations of variables that are gone."""
    if scope.owner is not None:
        editing.classes.forget_annotations(scope.owner, gone)
        return
    annotations = scope.read("__annotations__")
    if isinstance(annotations, dict):
        for name in gone & annotations.keys():
            editing.journal.item(annotations, name, MISSING)


def _brought(editing: Editing, statement: Statement) -> set[str]:
    """The names that only a star import has brought: bound to what they are in its module."""
    namespace = editing.place.namespace
    found = set()
    for module in imports_of([statement], namespace.get("__package__")).stars:
        there = vars(sys.modules[module]) if module in sys.modules else {}
        found |= {
            name
            for name in public(there) - editing.still
            if name in there and namespace.get(name, MISSING) is there[name]
        }
    return found
