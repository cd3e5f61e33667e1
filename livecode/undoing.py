"""Undo: the last edit is taken back, and what was made since follows or is named.

In: the way back of one edit. Out: the live program as it was before the edit, and a report.
"""

from __future__ import annotations

from typing import Any

from livecode.edits import classes, dependents, finding, functions, merging, survivors
from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report
from livecode.source import Source
from livecode.workspace import Undo, Workspace, show_live_lines


def take_back(workspace: Workspace, undo: Undo) -> Report:
    """Take an edit back that is the last one."""
    report = Report()
    namespaces = {source: dict(source.namespace) for source in workspace.sources()}
    exchanged = undo.journal.codes()
    passing = dict(functions.forwarding)
    report.notes += undo.journal.revert()
    superseding = [
        target for each, target in passing.items() if functions.forwarding.get(each) is not target
    ]
    del passing
    functions.Functions(Journal(), report, "made since").take_back(exchanged)
    del exchanged
    for source, (text, outline) in undo.before.items():
        source.go_back(text, outline)
        show_live_lines(source)
    _give_way(undo, superseding, namespaces, report)
    _follow(workspace, undo, namespaces, report)
    _clear_caches(workspace, undo.names)
    for name in undo.stale:
        workspace.stale.pop(name, None)
    left = {entry.name for entry in report.notes}
    names = [name for name in undo.names if name.partition(":")[2] not in left]
    report.applied += [Entry(name, "taken back") for name in names]
    return report


def _give_way(
    undo: Undo,
    superseding: list[Any],
    namespaces: dict[Source, dict[str, Any]],
    report: Report,
) -> None:
    """Let what earlier functions passed their calls on to since an edit pass them back to these.

    Args:
        undo: the edit that is taken back.
        superseding: what they passed their calls on to.
        namespaces: the names of every source before it was taken back.
        report: takes what cannot.
    """
    live = functions.Functions(Journal(), report, "")
    whole = merging.Merging(live, classes.Classes(live.journal))
    surviving = survivors.Survivors(live, whole)
    for source, earlier in namespaces.items():
        for name in {each.rpartition(":")[2] for each in undo.names} & earlier.keys():
            old, new = earlier[name], source.namespace.get(name, MISSING)
            if old is not new and new is not MISSING and not isinstance(old, type):
                live.module = source.name
                surviving.give_way(old, new, superseding, name, source.namespace)
    live.succeed()


def _follow(
    workspace: Workspace, undo: Undo, namespaces: dict[Source, dict[str, Any]], report: Report
) -> None:
    """Let what was computed since an edit follow when the edit is taken back, or be named stale.

    Args:
        undo: the edit.
        namespaces: the names of every source before it was taken back.
        report: takes what could not follow.
    """
    found = Report()
    rebound_by_undo: set[str] = set()
    for source, earlier in namespaces.items():
        rebound = {
            name: (earlier.get(name, MISSING), source.namespace.get(name, MISSING))
            for name in {*earlier, *source.namespace}
            if earlier.get(name, MISSING) is not source.namespace.get(name, MISSING)
        }
        rebound_by_undo |= {f"{source.name}:{name}" for name in rebound}
        prefix = f"{source.name}:"
        recoded = {
            name.removeprefix(prefix)
            for name in undo.names
            if name.startswith(prefix)
            and callable(workspace.value_of(name))
            and not isinstance(workspace.value_of(name), type)
            and name.removeprefix(prefix) not in rebound
        }
        # What uses a name that came back either is from before the edit, and was computed from just this
        # object, or could not find it: imports follow, and nothing is stale.
        back = {name: pair for name, pair in rebound.items() if pair[0] is MISSING}
        if back:
            returned = Report()
            _dependents(workspace, returned).follow(source, back, set(), set())
            found.applied += returned.applied
        rebound = {name: pair for name, pair in rebound.items() if name not in back}
        if rebound or recoded:
            _dependents(workspace, found).follow(source, rebound, recoded, set())
    report.applied += found.applied
    true_again = {entry.name for entry in workspace.still_stale()}.intersection(undo.stale)
    report.stale += [
        entry for entry in found.stale if entry.name not in rebound_by_undo | true_again
    ]


def _dependents(workspace: Workspace, report: Report) -> dependents.Dependents:
    return dependents.Dependents(workspace.sources(), Journal(), report)


def _clear_caches(workspace: Workspace, names: list[str]) -> None:
    """Empty the caches over functions that were taken back."""
    values = [workspace.value_of(name) for name in names]
    values += [
        attribute
        for value in values
        if isinstance(value, type)
        for attribute in list(value.__dict__.values())
        if not isinstance(attribute, type)
    ]
    live = [
        function for value in values if value is not MISSING for function in finding.reach(value)
    ]
    functions.clear_caches(values, live)
