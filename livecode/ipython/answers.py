"""Answers: what a person says to a value that is owed, and to an edit that is held back for one.

In: ``%resume default EXPR``, ``skip`` or ``abort``. Out: debts paid, the held edit applied or dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livecode.breaks.machine import Suspended
from livecode.breaks.record import Restart
from livecode.edits.journal import Journal
from livecode.edits.report import Entry, Report, short
from livecode.evolution.lasting import HELD
from livecode.evolution.paying import owing, pay
from livecode.ipython.notebook import Held, Notebook
from livecode.source import Source
from livecode.workspace import Undo, Workspace

if TYPE_CHECKING:
    from livecode.ipython.session import LiveCode

DEFAULT = "default"


def offer(workspace: Workspace, suspended: Suspended) -> None:
    """Offer to pay, if a break is about an attribute that instances are owed."""
    found = owing(workspace.evolution.debts, suspended.record.error)
    if found is not None:
        cls, name = found
        text = f"give {name} to all instances of {cls.__qualname__} that are owed it (self, old)"
        suspended.record.restarts.insert(1, Restart(DEFAULT, "EXPR", text))


def settle(workspace: Workspace, suspended: Suspended, text: str) -> str:
    """Pay the debt that a break is about; gives what was done.

    Raises:
        CannotPay: it cannot be paid so.
        Exception: the expression raised; nothing is changed.
    """
    __tracebackhide__ = True
    found = owing(workspace.evolution.debts, suspended.record.error)
    assert found is not None
    return _paid(workspace, *found, text)


def _paid(workspace: Workspace, cls: type, name: str, text: str) -> str:
    __tracebackhide__ = True
    journal = Journal()
    try:
        count = pay(workspace.evolution.debts, cls, name, text, journal)
    except BaseException:
        journal.rollback()
        raise
    done = Report()
    done.applied.append(Entry(f"{cls.__module__}:{cls.__qualname__}.{name}", "paid"))
    workspace.keep(Undo(done, journal, {}))
    return f"{name} was given to {count} instance{'' if count == 1 else 's'} of {cls.__qualname__}"


def held(workspace: Workspace) -> bool:
    """Whether edits are held until they are answered."""
    return bool(_files(workspace) or _cells(workspace))


def _files(workspace: Workspace) -> list[Source]:
    return [each for each in workspace.files.values() if each.waiting.startswith(HELD)]


def _cells(workspace: Workspace) -> list[Held]:
    notebook = workspace.notebook
    assert isinstance(notebook, Notebook)
    return notebook.held


def lines(workspace: Workspace) -> list[str]:
    """What ``%breaks`` says of held edits."""
    found = [
        f"Held back: {each.name} ({short(each.filename)}): {each.waiting}"
        for each in _files(workspace)
    ]
    found += [
        f"Held back: {', '.join(each.names)} of a cell: {each.why}" for each in _cells(workspace)
    ]
    if found:
        found.append(
            "  %resume default EXPR gives what is owed, %resume skip leaves it owed,"
            " %resume abort drops the edit"
        )
    return found


def answer(session: LiveCode, how: str, text: str) -> list[str]:
    """Answer the edits that are held; gives what was done.

    Args:
        session: the session.
        how: ``default``, ``skip`` or ``abort``.
        text: the expression for ``default``.

    Raises:
        CannotPay: a value cannot be given so; the edits stay held.
        Exception: the expression raised; the edits stay held.
    """
    __tracebackhide__ = True
    workspace = session.workspace
    sources, cells = _files(workspace), list(_cells(workspace))
    if how == "abort":
        for source in sources:
            source.waiting = "was dropped by %resume abort; the next save is tried"
        _cells(workspace).clear()
        return [
            *(f"the edit of {each.name} is dropped; the file keeps it" for each in sources),
            *(f"the edit of {', '.join(each.names)} is dropped" for each in cells),
        ]
    evolution = workspace.evolution
    before = {(cls, name) for cls, name, _ in evolution.debts.every()}
    policy, evolution.policy = evolution.policy, "later"
    undos = len(workspace.undos)
    reports: list[Report] = []
    done = []
    try:
        if sources:
            reports.append(workspace.edit(sources, forced=True))
        reports += [session.evaluate_held(each) for each in cells]
        evolution.policy = policy
        if how == DEFAULT and not any(each.failed for each in reports):
            for cls, name, _ in list(evolution.debts.every()):
                if (cls, name) not in before and name in evolution.debts.of(cls):
                    done.append(_paid(workspace, cls, name, text))
    except BaseException:
        while len(workspace.undos) > undos:
            workspace.undo()
        for source in sources:
            source.waiting = f"{HELD} once more: the value could not be given"
        _cells(workspace)[:] = cells
        raise
    finally:
        evolution.policy = policy
    for report in reports:
        if how == DEFAULT and not report.failed:
            report.stale.clear()  # what was owed is paid
        session.tell(report)
    return done
