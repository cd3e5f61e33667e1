"""The workspace: all tracked sources of a session, and the edits that were applied to them.

In: the modules that are imported, the files as they are on disk. Out: reports. It knows nothing of
IPython; the session in `livecode.ipython` calls it before and after each cell.
"""

from __future__ import annotations

import fnmatch
import linecache
import os
import sys
import time
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from livecode.causes import any_changed, causes_of
from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report
from livecode.evolution.lasting import Evolution
from livecode.later import later, ready
from livecode.modules import is_borrowed, is_live_text, user_file
from livecode.saves import Saves
from livecode.source import Source
from livecode.sources.outline import Outline
from livecode.sources.text import Stamp, Unreadable, read, stamp

if TYPE_CHECKING:
    from livecode import undoing
    from livecode.edits import decorated, dependents, leftovers, plan, transaction
    from livecode.edits.plan import SourceEdit
    from livecode.edits.transaction import Outcome
else:  # they are needed for the first edit, and prepared when there is something to edit
    undoing = later("livecode.undoing")
    decorated = later("livecode.edits.decorated")
    dependents = later("livecode.edits.dependents")
    leftovers = later("livecode.edits.leftovers")
    plan = later("livecode.edits.plan")
    transaction = later("livecode.edits.transaction")


class Undo:
    """One applied edit: its way back, the revisions that were live before it, and the cell that made it."""

    def __init__(
        self,
        report: Report,
        journal: Journal,
        before: dict[Source, tuple[str | None, Outline | None]],
        cell: str = "",
    ) -> None:
        self.names = list(dict.fromkeys(entry.name for entry in (*report.applied, *report.removed)))
        self.stale = [entry.name for entry in report.stale]
        self.journal = journal
        self.before = before
        self.cell = cell


class Workspace:
    """The tracked files, the notebook's source, and the applied edits.

    Args:
        notebook: the source of the notebook's cells.
        depth: how many edits can be undone.
    """

    def __init__(self, notebook: Source, depth: int = 50) -> None:
        self.notebook = notebook
        self.files: dict[str, Source] = {}
        self.depth = depth
        self.undos: list[Undo] = []
        self.exclude: list[str] = []
        self.stale: dict[str, tuple[Entry, int]] = {}
        self.saves = Saves()
        self.evolution = Evolution()
        self._unwatched = True
        self._seen: set[str] = set()
        self._fresh: list[str] = []
        self._untold: list[Entry] = []
        self._last_module: Any = None
        self._modules = 0
        self._stopped: dict[str, Source] = {}
        self._causes: dict[Source, dict[str, Stamp | None]] = {}
        self._left: Mapping[str, Mapping[str, Any]] = {}

    # -- which sources there are -----------------------------------------------------------------

    def sources(self) -> list[Source]:
        """Every tracked source, the notebook last."""
        return [*self.files.values(), self.notebook]

    def discover(self) -> bool:
        """Track the modules imported since the last call; costs nothing when there are none.

        New modules stand at the end of ``sys.modules``; each is looked at once.

        Returns:
            Whether a module came to those that are tracked.
        """
        modules = sys.modules
        last = next(reversed(modules), "")
        if len(modules) == self._modules and modules.get(last) is self._last_module:
            return False
        fresh: list[str] = []
        for name in reversed(list(modules)):
            module = modules.get(name)
            if module is self._last_module and module is not None:
                break
            if name not in self._seen or self._is_new(name, module):
                fresh.append(name)
        self._modules = len(modules)
        self._last_module = modules.get(last)
        for name in reversed(fresh):
            self._seen.add(name)
            module = modules.get(name)
            if name in self._stopped or not isinstance(module, types.ModuleType):
                continue
            path = user_file(name, module)
            if path is not None and is_borrowed(path, module):
                continue
            if path is not None and not any(fnmatch.fnmatch(path, each) for each in self.exclude):
                self.track(name, path, vars(module))
                self._fresh.append(name)
        return bool(self._fresh)

    def _is_new(self, name: str, module: Any) -> bool:
        """Whether a tracked module was imported anew, as another module object."""
        known = self.files.get(name)
        return known is not None and getattr(module, "__dict__", None) is not known.namespace

    def prepare(self, seconds: float) -> None:
        """Outline modules that were imported just now, for at most `seconds`, the last ones first.

        A module that is not prepared is outlined when it is edited for the first time.
        """
        fresh, self._fresh = self._fresh, []
        until = time.monotonic() + seconds
        if fresh and seconds:
            ready(transaction)  # and with it, what an edit needs
        for name in reversed(fresh):
            source = self.files.get(name)
            if time.monotonic() > until:
                return
            if source is not None and source.text is not None:
                source.prepare()

    def track(self, name: str, path: str, namespace: dict[str, Any]) -> Source:
        """Track a module's file; what is in the file now is taken to be live."""
        known = self.files.get(name) or self._stopped.pop(name, None)
        if known is not None and known.namespace is namespace:
            self.files[name] = known
            self._watch()
            return known
        source = Source(name, path, namespace, None)
        if source.take_over(self._left.get(name, {})):
            self.files[name] = source
            if source.waiting:
                show_live_lines(source)
            self._watch()
            return source
        source.stamp = stamp(path)
        try:
            source.text = read(path)
            source.revisions = [source.text]
        except Unreadable as reason:
            source.waiting = reason.reason
        if source.text is not None and not is_live_text(namespace, path, source.text, source.stamp):
            source.text, source.revisions = None, []
            source.waiting = "was saved after it was imported"
            how = f"{source.waiting}; %livereload {name} evaluates all of it"
            self._untold.append(Entry(name, how, path))
        self.files[name] = source
        self._watch()
        return source

    def leave(self) -> dict[str, dict[str, Any]]:
        """What is live of every module, as plain data for the session after this one."""
        known = {**self._stopped, **self.files}
        return {name: source.leave() for name, source in known.items() if source.text is not None}

    def take_over(self, left: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what an earlier session has left: it knows what is live of modules that are the same."""
        self._left = left

    def stop(self, name: str) -> None:
        """Track a module no longer."""
        self._stopped[name] = self.files.pop(name)
        self._watch()

    def by_file(self, path: str) -> Source | None:
        """The tracked source of a file."""
        path = os.path.abspath(path)
        for source in self.files.values():
            if source.filename == path or os.path.realpath(source.filename) == os.path.realpath(
                path
            ):
                return source
        return None

    # -- edits of files --------------------------------------------------------------------------

    def changed(self) -> list[Source]:
        """The tracked files whose state on disk is another one than when they were last looked at."""
        if self._unwatched:
            self.saves.watch(source.filename for source in self.files.values())
            self._unwatched = False
        paths = self.saves.changed(self._stamps)
        return (
            [source for source in self.files.values() if source.filename in paths] if paths else []
        )

    def _stamps(self) -> dict[str, Stamp | None]:
        return {source.filename: source.stamp for source in self.files.values()}

    def _watch(self) -> None:
        self._unwatched = True

    def check(self) -> Report | None:
        """Apply what was saved since the last call; None if nothing was."""
        self.discover()
        changed = self.changed()
        again = self._caused_anew(changed) if self._causes else []
        if not changed and not again and not self._untold:
            return None
        changed += again
        again += [source for source in self.files.values() if source.is_blocked_by(changed)]
        changed += [source for source in again if source not in changed]
        reasons = {source.name: source.waiting for source in again}
        for source in [source for source in changed if _is_imported_anew(source)]:
            changed.remove(source)
            self.files.pop(source.name)
            self.track(source.name, source.filename, vars(sys.modules[source.name]))
        report = self.edit(changed)
        report.failed = [each for each in report.failed if reasons.get(each.name) != each.why]
        report.failed += self._untold
        self._untold = []
        return report

    def _caused_anew(self, changed: list[Source]) -> list[Source]:
        """The sources, but those that changed, whose failure comes from files that changed."""
        return [
            source
            for source, causes in self._causes.items()
            if source not in changed
            and self.files.get(source.name) is source
            and any_changed(causes)
        ]

    def edit(
        self, sources: Iterable[Source], all_statements: bool = False, forced: bool = False
    ) -> Report:
        """Bring sources to the text of their files.

        Args:
            sources: which.
            all_statements: evaluate every statement, changed or not.
            forced: the person asked for it: also apply an emptied file, and tell again what is
                wrong with a file that waits.
        """
        report = Report()
        edits: list[SourceEdit] = []
        for source in sources:
            edit = self._prepare(source, report, all_statements, forced)
            if edit is not None:
                edits.append(edit)
        report.add(self.apply(edits))
        return report

    def pending(self) -> list[tuple[Source, SourceEdit | str]]:
        """What `check` would do: for each changed file its planned edit, or why it has to wait."""
        found: list[tuple[Source, SourceEdit | str]] = []
        for source in self.sources()[:-1]:
            if source.stamp == stamp(source.filename) and not source.waiting:
                continue
            try:
                text = read(source.filename)
                if text == source.text:
                    continue
                edit = plan.SourceEdit(source, source.outlined(text))
                edit.changes = plan.plan(edit)
                found.append((source, edit))
            except Unreadable as reason:
                found.append((source, reason.reason))
            except SyntaxError as error:
                found.append((source, f"line {error.lineno}: {error.msg}"))
        return found

    def _prepare(
        self, source: Source, report: Report, everything: bool, forced: bool
    ) -> SourceEdit | None:
        now = stamp(source.filename)
        known = source.stamp
        source.stamp = now
        self._causes.pop(source, None)
        try:
            text = read(source.filename)
        except Unreadable as reason:
            where = f"{source.filename}:{reason.line}" if reason.line else source.filename
            self._wait(
                source, report, Entry(source.name, reason.reason, where), forced or known != now
            )
            return None
        if text == source.text and not everything:
            if source.waiting:
                source.waiting = ""
                linecache.cache.pop(source.filename, None)
            return None
        if not text.strip() and (source.text or "").strip() and not forced:
            self._wait(
                source,
                report,
                Entry(
                    source.name,
                    f"is empty now; its definitions stay (%livereload {source.name} removes them)",
                    source.filename,
                ),
                True,
            )
            return None
        if source.text is None and not forced:
            self._wait(
                source,
                report,
                Entry(
                    source.name,
                    f"was saved before it was tracked; %livereload {source.name} evaluates all of it",
                    source.filename,
                ),
                True,
            )
            return None
        try:
            after = source.outlined(text)
        except SyntaxError as error:
            where = f"{source.filename}:{error.lineno}" if error.lineno else source.filename
            self._wait(
                source,
                report,
                Entry(source.name, f"{type(error).__name__}: {error.msg}", where),
                True,
            )
            return None
        asked = (
            frozenset(range(len(after.statements)))
            if everything or source.text is None
            else frozenset()
        )
        return plan.SourceEdit(source, after, asked)

    def _wait(self, source: Source, report: Report, entry: Entry, tell: bool) -> None:
        if tell or source.waiting != entry.why:
            report.failed.append(entry)
        source.waiting = entry.why
        show_live_lines(source)

    def apply(self, edits: list[SourceEdit]) -> Report:
        """Apply edits in one transaction, and keep the way back."""
        if not edits:
            return Report()
        before = {edit.source: (edit.source.text, edit.source._outline) for edit in edits}
        outcome = transaction.transact(edits, self.sources(), self.evolution)
        outcome.settle()
        done = {id(edit) for edit in outcome.done}
        for edit in edits:
            if id(edit) in done and not edit.partial:
                edit.source.accept(edit.after, outcome.report)
                linecache.cache.pop(edit.source.filename, None)
            elif not edit.partial:
                entry = next((e for e in outcome.report.failed if e.name == edit.source.name), None)
                edit.source.waiting = entry.why if entry else "failed"
                edit.source.blocked = not edit.source.waiting.startswith("SyntaxError")
                show_live_lines(edit.source)
        for error in outcome.report.errors:
            guilty = getattr(error, "livecode_edit", None)
            if isinstance(guilty, plan.SourceEdit) and not guilty.partial:
                source = guilty.source
                self._causes[source] = causes_of(error, source.filename)
        self.remember(outcome, before)
        return outcome.report

    def remember(
        self, outcome: Outcome, before: dict[Source, tuple[str | None, Outline | None]]
    ) -> None:
        """Keep an applied edit for `undo`."""
        live = {edit.source: before[edit.source] for edit in outcome.done if not edit.partial}
        self.keep(Undo(outcome.report, outcome.journal, live))

    def note_stale(self, report: Report) -> None:
        """Take in the names that an edit left stale, and those that it brought up to date."""
        done = {entry.name for entry in (*report.applied, *report.removed)}
        for name in list(self.stale):
            if name in done or name.rpartition(".")[0] in done:
                del self.stale[name]
        for entry in report.stale:
            value = self.value_of(entry.name)
            if value is not MISSING and (
                type(value) is not types.FunctionType or entry.why.startswith(_named())
            ):  # the audit finds functions with old code by itself
                self.stale[entry.name] = entry, id(value)

    def still_stale(self) -> list[Entry]:
        """The names that are stale and have not been bound to something else since."""
        self.stale = {
            name: (entry, identity)
            for name, (entry, identity) in self.stale.items()
            if id(self.value_of(name)) == identity
        }
        return [entry for entry, _ in self.stale.values()]

    def value_of(self, name: str) -> Any:
        """What ``module:name`` is bound to, or MISSING."""
        module, _, variable = name.partition(":")
        source = self.notebook if module == self.notebook.name else self.files.get(module)
        return MISSING if source is None else decorated.find(source.namespace, variable)

    def keep(self, undo: Undo) -> None:
        """Keep the way back of an edit, if it changed anything, or said that it did."""
        if len(undo.journal) or (undo.before and undo.names):
            self.undos.append(undo)
            del self.undos[: max(len(self.undos) - self.depth, 0)]

    def keep_again(self, undo: Undo) -> None:
        """Keep the way back of the same text of a cell that ran once more: it is no edit of its own."""
        for earlier in reversed(self.undos):
            if earlier.cell == undo.cell:
                earlier.journal.extend(undo.journal)
                return

    def undo(self) -> Report:
        """Take the last edit back. The files on disk stay; their next save is an edit again."""
        report = Report()
        if not self.undos:
            report.notes.append(Entry("undo", "there is no edit to take back"))
            return report
        return undoing.take_back(self, self.undos.pop())


def show_live_lines(source: Source) -> None:
    """Let tracebacks and ``inspect`` show the live text while the file on disk has another one."""
    if source.text is not None:
        lines = [line + "\n" for line in source.text.split("\n")]
        linecache.cache[source.filename] = (len(source.text), None, lines, source.filename)


def _is_imported_anew(source: Source) -> bool:
    module = sys.modules.get(source.name)
    return module is not None and vars(module) is not source.namespace


def matching(sources: Iterable[Source], pattern: str) -> Iterator[Source]:
    """The sources that a name, path or glob means."""
    for source in sources:
        if (
            source.name == pattern
            or fnmatch.fnmatch(source.name, pattern)
            or (
                source.filename
                and (
                    os.path.abspath(pattern) == source.filename
                    or fnmatch.fnmatch(source.filename, pattern)
                    or fnmatch.fnmatch(source.filename, os.path.abspath(pattern))
                )
            )
        ):
            yield source


def _named() -> tuple[str, ...]:
    """How reasons begin that the audit does not find by itself."""
    return dependents.COMPUTED, decorated.DECORATED, leftovers.REGISTERED
