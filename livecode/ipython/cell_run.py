"""One run of a cell that defines something, or whose text is another one now.

In: the cell's statements, each before and after IPython evaluates it. Out: after each statement the
objects that survive are under their names; after the cell, a report.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from types import CodeType, FunctionType
from typing import Any

from livecode.edits.classes import nested_classes
from livecode.edits.compiled import Compiled
from livecode.edits.decorated import Ran, edited, name_stale
from livecode.edits.dependents import Dependents
from livecode.edits.dispatch import Registrations
from livecode.edits.editor import Editor
from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report
from livecode.edits.scopes import ModuleScope, Place
from livecode.edits.transaction import place_of
from livecode.evolution.evolving import Evolving
from livecode.evolution.failing import MigrationFailed
from livecode.evolution.lasting import HELD
from livecode.evolution.texts import Texts
from livecode.ipython.notebook import Cell, Held, Notebook
from livecode.source import Source
from livecode.sources.changes import changes
from livecode.sources.outline import definitions_in, meaning
from livecode.sources.parts import same_parts
from livecode.workspace import Workspace


class CellRun:
    """One run of a cell.

    Args:
        workspace: the notebook and all other sources.
        cell: the cell.
    """

    def __init__(self, workspace: Workspace, cell: Cell) -> None:
        notebook = workspace.notebook
        assert isinstance(notebook, Notebook)
        self.notebook = notebook
        self._workspace = workspace
        self.cell = cell
        self.before = cell.before
        self.journal = Journal()
        self.report = Report()
        self.codes: dict[int, tuple[CodeType, ast.stmt]] = {}
        self.again = cell.again
        """Whether nothing of the cell is another text than what is alive."""
        self.interrupted: ast.stmt | None = None
        """The statement whose edit an interrupt ended."""
        self._occurrences: dict[str, int] = defaultdict(int)
        self._known: dict[str, list[tuple[Any, ast.stmt | None]]] = {}
        self._defined: set[str] = set()
        self._registered: dict[str, Registrations] = {}
        self._ran: Ran = {}
        self._old_values: dict[str, Any] = {}
        if self.before is not None:
            namespace = notebook.namespace
            self._old_values = {
                name: namespace.get(name, MISSING) for name in self._edited_variables()
            }

    def before_statement(self, node: ast.stmt) -> dict[str, tuple[Any, ast.stmt | None, int]]:
        """What is alive under the names that a statement is about to define."""
        found = {}
        namespace = self.notebook.namespace
        names = definitions_in(node).keys()
        held = [each for each in self.notebook.held if names.isdisjoint(each.names)]
        self.notebook.held = held
        text = self.cell.text + (self.before.text if self.before is not None else "")
        for name in definitions_in(node):
            occurrence = self._occurrences[name]
            self._occurrences[name] += 1
            if not occurrence:
                self._known[name] = self.notebook.known(name, self.cell)
            known = self._known[name]
            old, old_node = known[occurrence] if occurrence < len(known) else (MISSING, None)
            found[name] = old, old_node, occurrence
            self._registered[name] = Registrations(
                found[name][1], node, lambda name: namespace.get(name, MISSING), text
            )
            self._registered[name].begin()
        return found

    def after_statement(
        self,
        node: ast.stmt,
        code: CodeType | None,
        before: dict[str, tuple[Any, ast.stmt | None, int]],
    ) -> None:
        """A statement was evaluated: put the surviving objects under its names."""
        namespace = self.notebook.namespace
        filename = code.co_filename if code is not None else self.cell.filename
        place = Place(self.notebook.name, filename, 0, namespace)
        scope = ModuleScope(place, self.journal)
        editor = Editor(scope, self.report, self.cell.filename)
        compiled = Compiled([node], filename, 0, code)
        definitions = definitions_in(node)
        evolving = Evolving(self._workspace.evolution, self.journal)
        texts = Texts(self._workspace.sources())
        for name, (old, _, _) in before.items():
            if isinstance(old, type) and namespace.get(name) is not old:
                evolving.before([old, *nested_classes(old)], texts)
        since, applied = len(self.journal), len(self.report.applied)
        for name, (old, old_node, occurrence) in before.items():
            registered = self._registered.pop(name)
            registered.end()
            new = namespace.get(name, MISSING)
            if new is MISSING:
                registered.settle(self.journal, [])
                continue
            survivor = new
            live: list[FunctionType] = []
            if old is not MISSING and old is not new:
                live = [
                    function
                    for function in editor.classes.functions(old, self.notebook.name)
                    if function.__globals__ is namespace
                ]
                as_before = (
                    same_parts(old_node, definitions[name], "decorator_list")
                    if old_node is not None
                    else not getattr(definitions[name], "decorator_list", ())
                )
                namespace[name] = old
                try:
                    survivor = editor.survivors.settle(
                        scope,
                        name,
                        old,
                        new,
                        node,
                        compiled,
                        live,
                        as_before,
                        None,
                        old_node if isinstance(old_node, ast.ClassDef) else None,
                    )
                finally:
                    namespace[name] = new
                namespace[name] = old
                scope.write(name, survivor)
                self._defined.add(name)
                self.report.applied.append(Entry(f"{self.notebook.name}:{name}", "edited"))
            if self.again:
                self.again = old_node is not None and meaning(old_node) == meaning(
                    definitions[name]
                )
            self._ran |= edited(old_node, definitions[name], self.notebook.name)
            registered.settle(self.journal, [*live, old], editor.survivors.survivor)
            self.notebook.record(
                name, survivor, definitions[name], self.cell, occurrence, self.journal
            )
        del new
        editor.commit()
        try:
            merging = editor.merging
            evolving.migrate(merging.superseded, texts, self.report, merging.members)
        except BaseException as error:
            self.journal.rollback(since)
            del self.report.applied[applied:]
            if not isinstance(error, MigrationFailed):
                raise
            self._failed(error, tuple(before), node, code)
            return
        editor.succeed()
        evolving.settle()

    def _failed(
        self,
        error: MigrationFailed,
        defined: tuple[str, ...],
        node: ast.stmt,
        code: CodeType | None,
    ) -> None:
        """Instances could not be migrated: everything is as it was before the statement."""
        why = f"{error}; nothing of it was changed"
        where = place_of(error, self.cell.filename)
        names = ", ".join(defined)
        if str(error).startswith(HELD):
            code = code or compile(ast.Module([node], []), self.cell.filename, "exec")
            self.notebook.held.append(Held(self.cell, node, code, defined, str(error)))
        error.let_go()
        self.report.failed.append(Entry(f"{self.notebook.name}:{names}", why, where))
        self.report.errors.append(error)

    def evaluate_held(self, held: Held) -> None:
        """Evaluate a statement once more that was held back.

        Raises:
            Exception: what the statement raises; nothing has been changed then.
        """
        __tracebackhide__ = True
        before = self.before_statement(held.node)
        try:
            exec(held.code, self.notebook.namespace)
        except BaseException:
            self.notebook.held.append(held)
            raise
        self.after_statement(held.node, held.code, before)

    def finish(self, remove: bool) -> None:
        """The cell has run: see what depends on it, and what it no longer defines."""
        for name in self._occurrences:
            self.notebook.orphans.pop(name, None)
        evaluated = {f"{self.notebook.name}:{name}" for name in self._occurrences}
        name_stale(self._workspace.sources(), self._ran, evaluated, self.report)
        if self.before is None:
            return
        self._follow(self._workspace.sources())
        if self.cell.identified:
            self._find_orphans(self.before, remove)

    def _edited_variables(self) -> set[str]:
        assert self.before is not None
        return {
            name
            for change in changes(self.before.outline, self.cell.outline)
            if change.kind in ("edited", "removed")
            and change.old is not None
            and change.old.kind in ("variable", "block")
            for name in change.old.binds
        }

    def _follow(self, sources: list[Source]) -> None:
        assert self.before is not None
        namespace = self.notebook.namespace
        rebound = {
            name: (old, namespace.get(name, MISSING))
            for name, old in self._old_values.items()
            if old is not MISSING and namespace.get(name, MISSING) is not old
        }
        edited = {
            name
            for change in changes(self.before.outline, self.cell.outline)
            if change.kind == "edited" and change.new is not None
            for name, definition in definitions_in(change.new.node).items()
            if not isinstance(definition, ast.ClassDef)
        }
        if rebound or edited & self._defined:
            fresh = {id(statement) for statement in self.cell.outline.statements}
            follow = Dependents(sources, self.journal, self.report)
            follow.follow(self.notebook, rebound, edited & self._defined, fresh)

    def _find_orphans(self, before: Cell, remove: bool) -> None:
        gone = before.binds() - self.cell.binds()
        bindings = self.notebook.bindings()
        namespace = self.notebook.namespace
        for name in sorted(gone):
            binding = bindings.get(name)
            if binding is None or binding.cell.key != self.cell.key or name not in namespace:
                continue
            self.notebook.orphan(name, self.cell.key, remove, self.journal, self.report)
