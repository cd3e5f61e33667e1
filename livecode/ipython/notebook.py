"""The notebook as a source: which cells ran, what they define, and what is alive of it.

In: the cells as IPython runs them, statement by statement. Out: after each statement the objects
that survive are under their names; after each cell, a report.

A cell is known by its cell id. Where the front end sends none, the same text again is the same cell,
and any other text is a new source whose definitions update those of the same name; then nothing
becomes an orphan, since such a text may be a fragment of any cell.
"""

from __future__ import annotations

import ast
import weakref
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, NamedTuple

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
from livecode.evolution.texts import Texts
from livecode.source import Source
from livecode.sources.changes import changes
from livecode.sources.imports import Imports
from livecode.sources.outline import Outline, Statement, definitions_in, outline
from livecode.sources.parts import same_parts
from livecode.workspace import Workspace


class Cell:
    """One cell: its last text that ran, and how many of its statements did."""

    def __init__(self, key: str, text: str, filename: str, identified: bool) -> None:
        self.key = key
        self.text = text
        self.filename = filename
        self.identified = identified
        self.executed = 0
        self.before: Cell | None = None
        """The cell as it was, if its text is another one now; only while it runs."""
        self.revision = 1
        self.orphaned = False
        self._outline: Outline | None = None

    @property
    def outline(self) -> Outline:
        """The outline of its text (empty if the text is not plain Python)."""
        if self._outline is None:
            try:
                self._outline = outline(self.text, self.filename)
            except SyntaxError:
                self._outline = Outline("", [], [])
        return self._outline

    def binds(self) -> set[str]:
        """The names that its statements bind."""
        return {name for statement in self.outline.statements for name in statement.binds}


class Known(NamedTuple):
    """A live definition: the object, its syntax and the cell that it came from."""

    reference: Any
    node: ast.stmt
    cell: Cell

    def value(self) -> Any:
        """The object, or MISSING if it is gone."""
        found = self.reference()
        return MISSING if found is None else found


class Binding(NamedTuple):
    """The statement that bound a name last."""

    cell: Cell
    statement: Statement
    line: int


class Notebook(Source):
    """All cells of a session, and the definitions that are alive in its namespace."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(str(namespace.get("__name__", "__main__")), "", namespace, "")
        self.cells: dict[str, Cell] = {}
        self.orphans: dict[str, str] = {}
        self._bindings: dict[str, Binding] = {}
        self._known: dict[str, Known] = {}
        self._repeated: dict[tuple[str, str], list[Known]] = {}
        self._ran: list[Cell] = []
        self._imports_now = Imports()

    # -- as a source -----------------------------------------------------------------------------

    def bindings(self) -> dict[str, Binding]:
        """For each name the statement that bound it last."""
        for cell in self._ran:
            statements = zip(cell.outline.statements, cell.outline.lines, strict=True)
            for _, (statement, line) in zip(range(cell.executed), statements, strict=False):
                if statement.kind == "import":
                    self._imports_now.bind(statement.node, None)
                else:
                    self._imports_now.rebind(statement.binds)
                for name in statement.binds:
                    self._bindings.pop(name, None)
                    self._bindings[name] = Binding(cell, statement, line)
        self._ran.clear()
        return self._bindings

    def statements(self) -> Iterator[tuple[Statement, int]]:
        found = {
            id(binding.statement): (binding.statement, binding.line)
            for binding in self.bindings().values()
        }
        return iter(list(found.values()))

    def definition(self, name: str) -> ast.stmt | None:
        known = self._known.get(name)
        if known is not None:
            return known.node
        binding = self.bindings().get(name)
        return definitions_in(binding.statement.node).get(name) if binding is not None else None

    def imports(self) -> Imports:
        self.bindings()
        return self._imports_now

    def mentions(self, word: str) -> bool:
        return any(word in cell.text for cell in self.cells.values())

    @property
    def outline(self) -> Outline:
        pairs = list(self.statements())
        return Outline("", [statement for statement, _ in pairs], [line for _, line in pairs])

    def accept(self, after: Outline, report: Report) -> None:
        """A notebook's revisions are its cells'."""

    def ran(self, cell: Cell) -> None:
        """A cell has run."""
        cell.before = None
        self._ran.append(cell)

    # -- cells -----------------------------------------------------------------------------------

    def begin(self, text: str, filename: str, cell_id: str | None) -> Cell:
        """A cell is about to run."""
        key = cell_id or filename
        cell = Cell(key, text, filename, cell_id is not None)
        before = self.cells.get(key)
        if before is not None:
            edited = before.text != text
            cell.revision = before.revision + edited
            cell.before = before if edited else None
        self.cells[key] = cell
        return cell

    def record(self, name: str, value: Any, node: ast.stmt, cell: Cell, occurrence: int) -> None:
        """Remember what a definition is alive as."""
        try:
            reference: Any = weakref.ref(value)
        except TypeError:  # no weak references to it: it is kept alive

            def reference(value: Any = value) -> Any:
                return value

        known = Known(reference, node, cell)
        self._known[name] = known
        rest = self._repeated.setdefault((cell.key, name), [])
        del rest[occurrence:]
        rest.append(known)

    def known(self, name: str, cell: Cell, occurrence: int) -> tuple[Any, ast.stmt | None]:
        """The live object that the next definition of a name in a cell is a new text of.

        Args:
            occurrence: how many definitions of the name the cell had before this one.
        """
        repeated = self._repeated.get((cell.key, name), ())
        if occurrence or len(repeated) > 1:
            known = repeated[occurrence] if occurrence < len(repeated) else None
            return (known.value(), known.node) if known is not None else (MISSING, None)
        bound = self.namespace.get(name, MISSING)
        known = self._known.get(name)
        if known is not None:
            value = known.value()
            if value is not MISSING:
                return value, known.node
        if self._is_own(bound, name):
            return bound, None
        return MISSING, None

    def _is_own(self, value: Any, name: str) -> bool:
        """Whether a value was defined under its name in the notebook (before livecode was loaded)."""
        if isinstance(value, FunctionType):
            return value.__globals__ is self.namespace and value.__qualname__ == name
        if isinstance(value, type):
            return value.__module__ == self.name and value.__qualname__ == name
        return False

    def ran_before(self, texts: list[str]) -> None:
        """Take in the cells that ran before livecode was loaded."""
        for text in texts:
            cell = Cell(f"earlier {len(self.cells)}", text, "", False)
            cell.executed = len(cell.outline.statements)
            self._ran.append(cell)

    def evaluated(self, fragment: Outline, filename: str) -> None:
        """Statements were evaluated in the notebook's namespace by ``%liveeval``."""
        cell = Cell(filename, fragment.text, filename, False)
        cell._outline = fragment
        cell.executed = len(fragment.statements)
        self._ran.append(cell)
        for statement in fragment.statements:
            for name, definition in definitions_in(statement.node).items():
                value = self.namespace.get(name, MISSING)
                if value is not MISSING:
                    self.record(name, value, definition, cell, 0)

    def delete_cells(self, keys: list[str], remove: bool, journal: Journal, report: Report) -> None:
        """Cells were deleted in the front end: what they define becomes orphans, or goes."""
        bindings = self.bindings()
        for key in keys:
            cell = self.cells.get(key)
            if cell is None:
                continue
            cell.orphaned = True
            for name, binding in bindings.items():
                if binding.cell.key == key and name in self.namespace:
                    self.orphan(name, key, remove, journal, report)

    def orphan(self, name: str, key: str, remove: bool, journal: Journal, report: Report) -> None:
        """A definition's cell no longer has it: it stays as an orphan, or goes."""
        if remove:
            journal.item(self.namespace, name, MISSING)
            report.removed.append(Entry(f"{self.name}:{name}"))
        else:
            self.orphans[name] = key


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
        self._occurrences: dict[str, int] = defaultdict(int)
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
        text = self.cell.text + (self.before.text if self.before is not None else "")
        for name in definitions_in(node):
            occurrence = self._occurrences[name]
            self._occurrences[name] += 1
            found[name] = (*self.notebook.known(name, self.cell, occurrence), occurrence)
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
            self._ran |= edited(old_node, definitions[name], self.notebook.name)
            registered.settle(self.journal, [*live, old], editor.survivors.survivor)
            self.notebook.record(name, survivor, definitions[name], self.cell, occurrence)
        del new
        editor.commit()
        try:
            classes = editor.classes
            evolving.migrate(classes.superseded, texts, self.report, classes.members)
        except BaseException as error:
            self.journal.rollback(since)
            del self.report.applied[applied:]
            for name, (old, old_node, occurrence) in before.items():
                if old is not MISSING and old_node is not None:
                    self.notebook.record(name, old, old_node, self.cell, occurrence)
            if not isinstance(error, MigrationFailed):
                raise
            self._failed(error, ", ".join(before))
            return
        editor.succeed()
        evolving.settle()

    def _failed(self, error: MigrationFailed, names: str) -> None:
        """Instances could not be migrated: everything is as it was before the statement."""
        why = f"{error}; nothing of it was changed"
        where = place_of(error, self.cell.filename)
        error.let_go()
        self.report.failed.append(Entry(f"{self.notebook.name}:{names}", why, where))
        self.report.errors.append(error)

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
