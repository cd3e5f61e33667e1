"""The Transaction: the changes of several sources applied together, all of them or none.

In: for each source its live outline and the new one. Out: an `Outcome`: the report, the journal that
leads back, and the sources whose new revision is live.

1. Everything is parsed and compiled before anything is evaluated.
2. Sources are taken in the order of their imports, each with removals before additions. What must
   be evaluated is evaluated in the module's own namespace, and bound only afterwards. While other
   threads run code of these modules, all of it is evaluated aside first, and bound in one step.
3. A failure takes back what was done for that source, for sources that it shares definitions with,
   and for those that import it; the others stay.
4. Names imported elsewhere follow, constants are computed again, dependants are named.
"""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from livecode import hooks
from livecode.edits.dependents import Dependents
from livecode.edits.editor import Editor
from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report
from livecode.edits.scopes import ModuleScope, Place
from livecode.source import Source
from livecode.sources import names
from livecode.sources.changes import Change, changes, with_later_definitions
from livecode.sources.imports import imports_of, in_import_order
from livecode.sources.outline import Outline, Statement

WAITS_FOR = "waits for "
"""How the reason begins why a source is held back only because another one failed."""

_STOPS = (Exception, SystemExit, GeneratorExit, KeyboardInterrupt)
"""What evaluated code may raise; all of it holds an edit back."""


@dataclass
class SourceEdit:
    """What is to change in one source.

    Attributes:
        source: the source.
        after: the outline of the text that is to be live.
        asked: statements (by index in `after`) to evaluate, changed or not.
        filename: what new code is compiled under; the source's own file if not given.
        partial: `after` is only a fragment: what it lacks is not removed.
        part: a line inside of a class of the fragment, if only that part of it is meant.
    """

    source: Source
    after: Outline
    asked: frozenset[int] = frozenset()
    filename: str = ""
    partial: bool = False
    part: int = 0
    changes: list[Change] = field(default_factory=list)


@dataclass
class Outcome:
    """The result of a transaction: what happened, the way back, and which edits are live."""

    report: Report
    journal: Journal
    done: list[SourceEdit]


def plan(edit: SourceEdit) -> list[Change]:
    """The changes of one edit, with what the person asked for; nothing live is touched."""
    before, after = edit.source.outline, edit.after
    if edit.partial:
        return [
            _fragment_change(before, statement, line, edit.part)
            for statement, line in _lines(after)
        ]
    found = changes(before, after)
    found = _order_of_bindings(before, after, found)
    found = with_later_definitions(found, after.statements, after.lines)
    if before.flags != after.flags:
        found = _with_other_flags(before, after, found)
    if edit.asked:
        asked = {id(after.statements[index]) for index in edit.asked}
        changed = {id(change.new): change for change in found}
        for index, statement in enumerate(after.statements):
            if id(statement) in asked and not _is_once(statement):
                old = changed[id(statement)].old if id(statement) in changed else statement
                old_line = (
                    changed[id(statement)].old_line
                    if id(statement) in changed
                    else after.lines[index]
                )
                changed[id(statement)] = Change(
                    "asked", old, statement, old_line, after.lines[index]
                )
        removed = [change for change in found if change.new is None]
        found = removed + [changed[id(s)] for s in after.statements if id(s) in changed]
    return [
        change for change in found if change.kind in ("moved", "removed") or not _keeps_once(change)
    ]


def transact(edits: list[SourceEdit], sources: Iterable[Source]) -> Outcome:
    """Apply edits.

    Args:
        edits: one for each source that changed.
        sources: every tracked source, for what depends on the edits.

    Returns:
        What happened. Nothing is raised: an error in evaluated code is in ``report.failed``.
    """
    report, journal = Report(), Journal()
    everything = list(sources)
    ready: dict[str, SourceEdit] = {}
    for edit in edits:
        try:
            edit.changes = plan(edit)
            _check(edit)
        except SyntaxError as error:
            report.failed.append(failure(edit, error))
            report.errors.append(error)
            continue
        ready[edit.source.name] = edit
    imports = _imports(ready)
    order = in_import_order(imports)
    ties = _ties(list(ready.values()))
    failed: set[str] = set()
    run = _Run(everything, journal, report, _threads_inside(everything))
    for names_of_group in _groups(order, ties):
        blocking = sorted(
            other for name in names_of_group for other in imports[name] if other in failed
        )
        group = [ready[name] for name in names_of_group]
        if blocking:
            failed |= set(names_of_group)
            report.failed += [
                Entry(name, f"{WAITS_FOR}{blocking[0]}, which it imports")
                for name in names_of_group
            ]
        elif not run.apply(group):
            failed |= set(names_of_group)
    run.finish()
    return Outcome(report, journal, run.done)


class _Run:
    """One transaction at work: groups of edits that are evaluated, and then made live.

    Args:
        sources: every tracked source.
        journal: takes every change.
        report: takes what happened.
        aside: make what was evaluated live only when a later group needs it, or at the end.
    """

    def __init__(
        self, sources: list[Source], journal: Journal, report: Report, aside: bool
    ) -> None:
        self.sources = sources
        self.journal = journal
        self.report = report
        self.aside = aside
        self.done: list[SourceEdit] = []
        self._waiting: list[tuple[SourceEdit, Editor, Report]] = []

    def apply(self, group: list[SourceEdit]) -> bool:
        """Evaluate a group and make it live (or let it wait); False if it failed."""
        if self._waiting and _needs(group, [edit for edit, _, _ in self._waiting]):
            self.finish()
        since, part = len(self.journal), Report()
        waiting: list[tuple[SourceEdit, Editor, Report]] = []
        try:
            changed = _changed(group)
            if changed:
                for hook in list(hooks.before):
                    hooks.call(hook, tuple(edit.source.name for edit in changed))
            moving = _moving(group)
            for edit in group:
                with _blame(edit):
                    if edit in changed:
                        _call_hook(edit.source, "__before_reload__")
                    editor = _evaluate(edit, self.journal, part, self.aside, moving)
                    waiting.append((edit, editor, part))
                    if not self.aside:
                        _make_live(edit, editor, self.sources, self.journal, part)
        except _STOPS as error:
            self._fail(group, error, since)
            return False
        except BaseException:
            self.journal.rollback(since)
            raise
        if self.aside:
            self._waiting += waiting
            return True
        return self._conclude(waiting, since)

    def finish(self) -> None:
        """Make everything live that was evaluated and waits."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        since = len(self.journal)
        try:
            with _no_thread_switch():
                for edit, editor, part in waiting:
                    with _blame(edit):
                        _make_live(edit, editor, self.sources, self.journal, part)
        except _STOPS as error:
            self._fail([edit for edit, _, _ in waiting], error, since)
            return
        self._conclude(waiting, since)

    def _conclude(self, waiting: list[tuple[SourceEdit, Editor, Report]], since: int) -> bool:
        """Call the hooks after an edit; then what cannot be taken back: caches and registries."""
        edits = [edit for edit, _, _ in waiting]
        try:
            changed = _changed(edits)
            for edit in changed:
                with _blame(edit):
                    _call_hook(edit.source, "__after_reload__")
            if changed:
                whole = Report()
                for _, _, part in waiting:
                    whole.add(part)
                for hook in list(hooks.after):
                    hooks.call(hook, whole)
        except _STOPS as error:
            self._fail(edits, error, since)
            return False
        for _, editor, part in waiting:
            editor.succeed()
            self.report.add(part)
        self.done += edits
        return True

    def _fail(self, group: list[SourceEdit], error: BaseException, since: int) -> None:
        faults = self.journal.rollback(since)
        guilty = getattr(error, "livecode_edit", None) or group[0]
        self.report.failed.append(failure(guilty, error))
        self.report.errors.append(error)
        for edit in group:
            if edit is not guilty:
                self.report.failed.append(
                    Entry(edit.source.name, f"{WAITS_FOR}{guilty.source.name}")
                )
        self.report.notes += faults


def failure(edit: SourceEdit, error: BaseException) -> Entry:
    """The report's entry for an edit that was held back."""
    filename = edit.filename or edit.source.filename
    where = ""
    if isinstance(error, SyntaxError) and error.filename in (filename, None, "<unknown>", "<text>"):
        where = f"{filename}:{error.lineno}" if error.lineno else filename
        return Entry(edit.source.name, f"{type(error).__name__}: {error.msg}", where)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            where = f"{filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    text = f"{type(error).__name__}: {_message(error)}".removesuffix(": ")
    return Entry(edit.source.name, f"{text}; nothing of it was changed", where or filename)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as fault:  # the user's own __str__
        return f"<its message raised {type(fault).__name__}>"


def _changed(edits: list[SourceEdit]) -> list[SourceEdit]:
    """Those edits that do more than move lines."""
    return [edit for edit in edits if any(change.kind != "moved" for change in edit.changes)]


def _evaluate(
    edit: SourceEdit, journal: Journal, report: Report, aside: bool, moving: dict[str, Any]
) -> Editor:
    source = edit.source
    filename = edit.filename or source.filename
    place = Place(source.name, filename, edit.after.flags, source.namespace)
    scope = ModuleScope(place, journal, aside)
    editor = Editor(scope, report, source.filename, aside, moving)
    editor.other_flags = not edit.partial and source.outline.flags != edit.after.flags
    bound: set[str] = set()
    if any(_may_unbind(change) for change in edit.changes):
        bound = {name for statement in edit.after.statements for name in statement.binds}
    editor.apply(edit.changes, bound)
    return editor


def _may_unbind(change: Change) -> bool:
    if change.kind == "removed":
        return True
    return (
        change.kind == "edited"
        and change.old is not None
        and change.new is not None
        and (
            change.new.kind == "block" or not change.old.name or change.old.name != change.new.name
        )
    )


def _make_live(
    edit: SourceEdit, editor: Editor, sources: list[Source], journal: Journal, report: Report
) -> None:
    editor.commit()
    source = edit.source
    before, after = source.outline.docstring, edit.after.docstring
    if before != after and not edit.partial:
        journal.item(source.namespace, "__doc__", after)
    if not editor.rebound and not editor.recoded:
        return
    evaluated = [change for change in edit.changes if change.kind not in ("moved", "removed")]
    fresh = {id(change.new) for change in evaluated} | {id(change.old) for change in evaluated}
    live = edit.after if not edit.partial else None
    Dependents(sources, journal, report).follow(source, editor.rebound, editor.recoded, fresh, live)


def _needs(group: list[SourceEdit], waiting: list[SourceEdit]) -> bool:
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


# -- planning ------------------------------------------------------------------------------------


def _lines(outline: Outline) -> Iterator[tuple[Statement, int]]:
    return zip(outline.statements, outline.lines, strict=True)


def _with_other_flags(before: Outline, after: Outline, found: list[Change]) -> list[Change]:
    """Definitions mean something else after a change of ``from __future__`` imports: all are edited."""
    known = {id(change.new): change for change in found if change.new is not None}
    old_lines = {id(statement): line for statement, line in _lines(before)}
    for statement, line in _lines(after):
        change = known.get(id(statement))
        if statement.kind not in ("function", "class") or (change and change.kind != "moved"):
            continue
        old = change.old if change else statement
        old_line = change.old_line if change else old_lines.get(id(statement), line)
        known[id(statement)] = Change("edited", old, statement, old_line, line)
    removed = [change for change in found if change.new is None]
    return removed + [known[id(s)] for s in after.statements if id(s) in known]


def _fragment_change(before: Outline, statement: Statement, line: int, part: int) -> Change:
    """A fragment's statement, with the statement of the source that it stands for, if any."""
    if statement.name is not None:
        for old, old_line in _lines(before):
            if old.name == statement.name and old.kind == statement.kind:
                return Change("asked", old, statement, old_line, line, part)
    return Change("asked", None, statement, 0, line, part)


def _check(edit: SourceEdit) -> None:
    """Compile all that will be evaluated, so that an error shows before anything happens."""
    filename = edit.filename or edit.source.filename
    if any(change.new is not None and "__future__" in change.new.text for change in edit.changes):
        compile(edit.after.text, filename, "exec", dont_inherit=True)
    for change in edit.changes:
        if change.new is not None and change.kind != "moved":
            node = change.new.parse(change.line)
            module = ast.Module([node], [])
            compile(module, filename, "exec", flags=edit.after.flags, dont_inherit=True)


def _order_of_bindings(before: Outline, after: Outline, found: list[Change]) -> list[Change]:
    """Add the statements that must be evaluated again since an evaluated one binds the same name.

    A name bound by several statements ends with the value of the last of them. If an earlier one is
    evaluated, those after it that are literals or operators are evaluated again too, so that the
    name ends as in a fresh module; and if the last one changed its place, it is evaluated.
    """
    evaluated = {
        id(change.new)
        for change in found
        if change.kind in ("added", "edited") and change.new is not None
    }
    binders: dict[str, list[int]] = {}
    touched = {
        name
        for change in found
        if change.kind in ("added", "edited", "removed")
        for statement in (change.new, change.old)
        if statement is not None and statement.kind in ("variable", "block", "import")
        for name in statement.binds
    }
    if not touched:
        return found
    for index, statement in enumerate(after.statements):
        if any(name in statement.text for name in touched):
            for name in statement.binds & touched:
                binders.setdefault(name, []).append(index)
    again: set[int] = set()
    for name, indices in binders.items():
        if len(indices) < 2 and not (
            after.statements[indices[0]].kind == "variable"
            and names.reads_itself(after.statements[indices[0]].node)
        ):
            continue
        first = next((i for i in indices if id(after.statements[i]) in evaluated), None)
        gone = any(
            change.kind == "removed" and change.old is not None and name in change.old.binds
            for change in found
        )
        if first is None and not gone:
            continue
        start = indices[0] if first is None else first
        base = [
            i for i in indices if i <= start and not names.reads_itself(after.statements[i].node)
        ]
        chain = [i for i in indices if i >= (base[-1] if base else start)]
        if all(
            _repeatable(after.statements[i]) or id(after.statements[i]) in evaluated for i in chain
        ):
            again |= set(chain)
    old_lines = {id(statement): line for statement, line in _lines(before)}
    known = {id(change.new): change for change in found if change.new is not None}
    for index in again:
        statement = after.statements[index]
        if id(statement) not in evaluated:
            line = after.lines[index]
            old_line = (
                known[id(statement)].old_line
                if id(statement) in known
                else old_lines.get(id(statement), line)
            )
            known[id(statement)] = Change("asked", statement, statement, old_line, line)
    removed = [change for change in found if change.new is None]
    return removed + [known[id(s)] for s in after.statements if id(s) in known]


def _repeatable(statement: Statement) -> bool:
    """Whether evaluating a statement again has no effect but binding its names."""
    node = statement.node
    if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) or node.value is None:
        return False
    return all(
        isinstance(part, (ast.List, ast.Dict, ast.Set, ast.expr_context))
        or names.is_operators(part)
        for part in ast.walk(node.value)
        if isinstance(part, ast.expr) and not isinstance(part, (ast.List, ast.Dict, ast.Set))
    )


def _keeps_once(change: Change) -> bool:
    """Whether a change is only to a ``livecode.once`` statement that has its value already."""
    return (
        change.old is not None
        and change.new is not None
        and _is_once(change.old)
        and _is_once(change.new)
    )


def _is_once(statement: Statement) -> bool:
    if statement.kind != "variable" or "once" not in statement.text:
        return False
    value = getattr(statement.node, "value", None)
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    if isinstance(function, ast.Attribute):
        return (
            function.attr == "once"
            and isinstance(function.value, ast.Name)
            and function.value.id == "livecode"
        )
    return isinstance(function, ast.Name) and function.id == "once"


# -- several sources -----------------------------------------------------------------------------


def _imports(edits: dict[str, SourceEdit]) -> dict[str, set[str]]:
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


def _ties(edits: list[SourceEdit]) -> list[tuple[str, str]]:
    return [(a.source.name, b.source.name) for _, a, _, b in _moved_definitions(edits)]


def _moving(group: list[SourceEdit]) -> dict[str, Any]:
    """For each definition that comes to a source from another, the live object that moves."""
    found: dict[str, Any] = {}
    for gone, origin, came, target in _moved_definitions(group):
        assert gone.old is not None and came.new is not None
        value = origin.source.namespace.get(str(gone.old.name), MISSING)
        if value is not MISSING:
            found[f"{target.source.name}:{came.new.name}"] = value
    return found


def _groups(order: list[str], ties: list[tuple[str, str]]) -> list[list[str]]:
    """Sources that must be edited together, in order."""
    group_of = {name: [name] for name in order}
    for a, b in ties:
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


# -- threads and hooks ---------------------------------------------------------------------------


def _threads_inside(sources: list[Source]) -> bool:
    """Whether another thread is running code of one of the sources."""
    if threading.active_count() < 2:
        return False
    namespaces = {id(source.namespace) for source in sources}
    own = threading.get_ident()
    for thread, frame in list(sys._current_frames().items()):
        at: Any = frame if thread != own else None
        while at is not None:
            if id(at.f_globals) in namespaces:
                return True
            at = at.f_back
    return False


@contextmanager
def _no_thread_switch() -> Iterator[None]:
    """Keep other threads from running for a short time, unless this one waits for something."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


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
