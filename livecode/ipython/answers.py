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


def held(workspace: Workspace) -> list[Source]:
    """The sources whose edit is held until it is answered."""
    return [each for each in workspace.files.values() if each.waiting.startswith(HELD)]


def lines(workspace: Workspace) -> list[str]:
    """What ``%breaks`` says of held edits."""
    found = []
    for each in held(workspace):
        found.append(f"Held back: {each.name} ({short(each.filename)}): {each.waiting}")
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
    sources = held(workspace)
    if how == "abort":
        for source in sources:
            source.waiting = "was dropped by %resume abort; the next save is tried"
        return [f"the edit of {each.name} is dropped; the file keeps it" for each in sources]
    evolution = workspace.evolution
    before = {(cls, name) for cls, name, _ in evolution.debts.every()}
    policy, evolution.policy = evolution.policy, "later"
    try:
        report = workspace.edit(sources, forced=True)
    finally:
        evolution.policy = policy
    if how != DEFAULT or report.failed:
        session.tell(report)
        return []
    done = []
    try:
        for cls, name, _ in list(evolution.debts.every()):
            if (cls, name) not in before and name in evolution.debts.of(cls):
                done.append(_paid(workspace, cls, name, text))
    except BaseException:
        for _ in range(len(done) + 1):
            workspace.undo()
        for source in sources:
            source.waiting = f"{HELD} once more: the value could not be given"
        raise
    report.stale.clear()  # what was owed is paid
    session.tell(report)
    return done
