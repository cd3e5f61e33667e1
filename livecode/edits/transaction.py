"""The Transaction: the changes of several sources applied together, all of them or none.

In: for each source its live outline and the new one. Out: an `Outcome`: the report, the journal that
leads back, and the sources whose new revision is live.

1. Everything is parsed and compiled before anything is evaluated.
2. Sources are taken in the order of their imports, each with removals before additions; where some
   import each other and a name is missing, in another order as well. What must
   be evaluated is evaluated in the module's own namespace, and bound only afterwards. While other
   threads run code of these modules, all of it is evaluated aside first, and bound in one step.
3. A failure takes back what was done for that source, for sources that it shares definitions with,
   and for those that import it; the others stay.
4. Names imported elsewhere follow, constants are computed again, dependants are named.
5. When all sources are live, the instances of classes that have another layout are migrated
   (`livecode.evolution`), and hooks are called. A failure there takes back everything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from livecode import hooks
from livecode.edits.classes import is_ours, nested_classes
from livecode.edits.coming import Coming
from livecode.edits.decorated import Ran, name_stale
from livecode.edits.dependents import Dependents
from livecode.edits.editor import Editor
from livecode.edits.groups import groups, imports_of_edits, moving, needs, ties
from livecode.edits.journal import Journal
from livecode.edits.one_edit import evaluate_edit, make_edit_live
from livecode.edits.other_threads import one_slice, threads_inside
from livecode.edits.plan import SourceEdit, changing, check, plan
from livecode.edits.report import Entry, Report
from livecode.evolution.evolving import Evolving
from livecode.evolution.failing import MigrationFailed
from livecode.evolution.lasting import Evolution
from livecode.evolution.texts import Texts
from livecode.source import Source
from livecode.sources.imports import import_orders, reachable

WAITS_FOR = "waits for "
"""How the reason begins why a source is held back only because another one failed."""

ORDERS = 6
"""In so many orders at most are sources tried that import each other."""

SLICE = 0.2
"""Seconds for which other threads stand still, at most, while what was evaluated is made live. A thread
that computes without a pause lets the edit wait as long before it stands still."""

SLICE_OF_CLASSES = 1.0
"""The same for an edit of classes: finding the holders of instances is a look over the whole heap."""

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@dataclass
class Outcome:
    """The result of a transaction: what happened, the way back, and which edits are live.

    `settle` is to be called when the edits stay: until then, the way back leads to the same objects.
    """

    report: Report
    journal: Journal
    done: list[SourceEdit]
    settle: Callable[[], None]


class _Ready(NamedTuple):
    """An edit that was evaluated, and waits for the end of the transaction."""

    edit: SourceEdit
    editor: Editor
    report: Report
    since: int
    """How many changes the journal had before its group."""


def transact(edits: list[SourceEdit], sources: Iterable[Source], evolution: Evolution) -> Outcome:
    """Apply edits.

    Args:
        edits: one for each source that changed.
        sources: every tracked source, for what depends on the edits.
        evolution: how instances are migrated, and what is kept of them.

    Returns:
        What happened. Nothing is raised: an error in evaluated code is in ``report.failed``.
    """
    report = Report()
    everything = list(sources)
    ready: dict[str, SourceEdit] = {}
    for edit in edits:
        try:
            edit.changes = plan(edit)
            check(edit)
        except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
            # What the compiler gives for a text that it does not take.
            report.failed.append(failure(edit, error))
            report.errors.append(error)
            continue
        ready[edit.source.name] = edit
    imports = imports_of_edits(ready)
    possible = import_orders(imports, ORDERS)
    for number, order in enumerate([*possible, possible[0]] if len(possible) > 1 else possible):
        run = _Run(everything, evolution, threads_inside(everything))
        waits = _in_order(run, ready, order, imports)
        if number == len(possible) or not (waits and run.lacks_a_name and run.take_back_all()):
            break  # it went well, or no order does: the first one tells why
    run.finish()
    report.add(run.report)
    name_stale(everything, run.ran, run.evaluated, report)
    return Outcome(report, run.journal, run.done, run.settle)


def _in_order(
    run: _Run, ready: dict[str, SourceEdit], order: list[str], imports: dict[str, set[str]]
) -> set[str]:
    """Evaluate edits in an order of their sources.

    Returns:
        The sources that were held back, if one of them stands in a circle of imports.
    """
    failed: set[str] = set()
    todo = groups(order, ties(list(ready.values())), imports)
    while todo:
        names = todo.pop(0)
        blocking = sorted(
            set().union(*(imports[name] for name in names)) & failed
            or set().union(*(reachable(name, imports) for name in names)) & failed
        )
        if blocking:
            run.report.failed += [
                Entry(name, f"{WAITS_FOR}{blocking[0]}, which it imports") for name in names
            ]
        elif run.apply([ready[name] for name in names]):
            continue
        failed |= set(names)
        # In a circle of imports a source stands before one that it imports.
        todo[:0] = run.take_back({name for name in order if reachable(name, imports) & failed})
    return failed if any(name in reachable(name, imports) for name in failed) else set()


class _Run:
    """One transaction at work: groups of edits that are evaluated, and then made live.

    Args:
        sources: every tracked source.
        evolution: migrates instances.
        aside: make what was evaluated live only when a later group needs it, or at the end.

    Attributes:
        journal: has every change.
        report: what happened.
    """

    def __init__(self, sources: list[Source], evolution: Evolution, aside: bool) -> None:
        self.sources = sources
        self.journal = journal = Journal()
        self.report = Report()
        self.aside = aside
        self.done: list[SourceEdit] = []
        self.ran: Ran = {}
        self.evaluated: set[str] = set()
        self._evolving = Evolving(evolution, journal)
        self._ready: list[_Ready] = []
        self._coming = Coming()
        self._since = 0
        """How many changes the journal had before the first of what is ready."""

    def apply(self, group: list[SourceEdit]) -> bool:
        """Evaluate a group and make it live (or let it wait); False if it failed."""
        if self.aside and needs(group, [ready.edit for ready in self._ready]):
            self.finish()
        since, part = len(self.journal), Report()
        ready: list[_Ready] = []
        try:
            changed = changing(group)
            if changed:
                for hook in list(hooks.before):
                    hooks.call(hook, tuple(edit.source.name for edit in changed))
            came = moving(group)
            for edit in group:
                self._evolving.before(classes_of(edit), Texts(self.sources))
            for edit in group:
                with _blame(edit):
                    if edit in changed:
                        _call_hook(edit.source, "__before_reload__")
                    editor = evaluate_edit(edit, self.journal, part, self.aside, came)
                    ready.append(_Ready(edit, editor, part, since))
                    if not self.aside:
                        self._make_live(edit, editor, part)
        except BaseException as error:
            for edit in group:
                self._coming.remove(edit.source)
            self._fail(group, error, since)
            return False
        if not self._ready:
            self._since = since
        self._ready += ready
        return True

    @property
    def lacks_a_name(self) -> bool:
        """Whether something failed because a name was not there: it may be in another order."""
        errors = self.report.errors
        return self.report.interrupt is None and any(
            isinstance(each, (ImportError, AttributeError, NameError)) for each in errors
        )

    def take_back_all(self) -> bool:
        """Take back everything, as if nothing had been tried; False if something is finished already."""
        if self.done:
            return False
        self.journal.rollback(0)
        return True

    def take_back(self, names: set[str]) -> list[list[str]]:
        """Take back some of what is not finished, and all that came after it.

        Args:
            names: the sources whose edits are not to stay.

        Returns:
            The groups that were taken back, in their order, to be looked at again.
        """
        hit = next((each for each in self._ready if each.edit.source.name in names), None)
        if hit is None:
            return []
        index = next(i for i, each in enumerate(self._ready) if each.report is hit.report)
        back, self._ready = self._ready[index:], self._ready[:index]
        for each in back:
            self._coming.remove(each.edit.source)
        self.report.notes += self.journal.rollback(hit.since)
        found: dict[int, list[str]] = {}
        for each in back:  # those of a group share their report
            found.setdefault(id(each.report), []).append(each.edit.source.name)
        return list(found.values())

    def finish(self) -> None:
        """Make everything live that is not yet, migrate instances, call the hooks after an edit; then
        what cannot be taken back: caches and registries."""
        ready, self._ready = self._ready, []
        if not ready:
            return
        edits = [each.edit for each in ready]
        migrated = Report()
        try:
            if self.aside:
                self._make_live_at_once(ready, migrated)
            else:
                self._migrate(ready, migrated)
            self._call_hooks(ready, migrated)
        except BaseException as error:
            self._fail(edits, error, self._since)
            return
        self.done += edits
        for edit, editor, *_ in ready:
            self.ran |= editor.ran
            self.evaluated |= editor.evaluated
            try:
                editor.succeed()
            except BaseException as error:  # the edit is live: it can only be reported
                why = f"is live, but what follows an edit failed and cannot be repeated: {error!r}"
                self.report.notes.append(Entry(edit.source.name, why))
        evaluated: set[str] = set()
        for _, editor, part, _ in reversed(ready):  # what came later may have been computed anew
            part.stale[:] = [entry for entry in part.stale if entry.name not in evaluated]
            evaluated |= editor.evaluated
        for _, editor, part, _ in ready:
            editor.name_leftovers()
            self.report.add(part)
        self.report.add(migrated)

    def settle(self) -> None:
        """What is live stays: hold nothing any more that only a failure needs."""
        self._evolving.settle()

    def _make_live_at_once(self, ready: list[_Ready], migrated: Report) -> None:
        for each in ready:
            Dependents(self.sources, self.journal, self.report).prepare(each.edit.source)
        with one_slice(SLICE_OF_CLASSES if self._evolving else SLICE):
            for edit, editor, part, _ in ready:
                with _blame(edit):
                    self._make_live(edit, editor, part)
            self._migrate(ready, migrated)

    def _make_live(self, edit: SourceEdit, editor: Editor, part: Report) -> None:
        make_edit_live(edit, editor, self.sources, self.journal, part, self._coming)
        if not edit.partial:
            self._coming.add(edit.source, edit.after)

    def _migrate(self, ready: list[_Ready], report: Report) -> None:
        superseded = [pair for each in ready for pair in each.editor.merging.superseded]
        texts = Texts(self.sources, {each.edit.source.name: each.edit.after for each in ready})
        members = [pair for each in ready for pair in each.editor.merging.members]
        self._evolving.migrate(superseded, texts, report, members)

    def _call_hooks(self, ready: list[_Ready], migrated: Report) -> None:
        changed = changing([each.edit for each in ready])
        for edit in changed:
            with _blame(edit):
                _call_hook(edit.source, "__after_reload__")
        if changed:
            whole = Report()
            for each in ready:
                whole.add(each.report)
            whole.add(migrated)
            for hook in list(hooks.after):
                hooks.call(hook, whole)

    def _fail(self, group: list[SourceEdit], error: BaseException, since: int) -> None:
        faults = self.journal.rollback(since)
        guilty = getattr(error, "livecode_edit", None) or group[0]
        if isinstance(error, MigrationFailed):
            guilty = next((e for e in group if e.source.name == error.module), guilty)
            error.let_go()
        self.report.failed.append(failure(guilty, error))
        self.report.errors.append(error)
        for edit in group:
            if edit is not guilty:
                self.report.failed.append(
                    Entry(edit.source.name, f"{WAITS_FOR}{guilty.source.name}")
                )
        self.report.notes += faults


def classes_of(edit: SourceEdit) -> Iterator[type]:
    """The live classes that an edit may change."""
    namespace = edit.source.namespace
    for change in edit.changes:
        if change.kind == "moved":
            continue
        for statement in (change.old, change.new):
            for name in statement.binds if statement is not None else ():
                value = namespace.get(name)
                if isinstance(value, type) and is_ours(value, edit.source.name, name):
                    yield value
                    yield from nested_classes(value)


def failure(edit: SourceEdit, error: BaseException) -> Entry:
    """The report's entry for an edit that was held back."""
    filename = edit.filename or edit.source.filename
    if isinstance(error, SyntaxError) and error.filename in (filename, None, "<unknown>", "<text>"):
        where = f"{filename}:{error.lineno}" if error.lineno else filename
        return Entry(edit.source.name, f"{type(error).__name__}: {error.msg}", where)
    text = f"{type(error).__name__}: {_message(error)}".removesuffix(": ")
    if isinstance(error, MigrationFailed):
        text = _message(error)
    where = place_of(error, filename) or filename
    return Entry(edit.source.name, f"{text}; nothing of it was changed", where)


def place_of(error: BaseException, filename: str) -> str:
    """Where an error arose in a file, or else outside of livecode: ``file:line``, or empty."""
    where = error.place if isinstance(error, MigrationFailed) else ""
    if where:
        return where
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name == filename or (not where and not name.startswith(_OWN)):
            where = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as fault:  # the user's own __str__
        return f"<its message raised {type(fault).__name__}>"


@contextmanager
def _blame(edit: SourceEdit) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if not hasattr(error, "livecode_edit"):
            try:
                error.livecode_edit = edit  # type: ignore[attr-defined]
            except (
                AttributeError
            ):  # an exception class with slots: the first of the group is blamed
                pass
        raise


def _call_hook(source: Source, name: str) -> None:
    hook = source.namespace.get(name)
    if callable(hook):
        hook()
