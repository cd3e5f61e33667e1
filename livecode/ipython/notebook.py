"""The notebook as a source: which cells ran, what they define, and what is alive of it.

In: the cells that ran. Out: which statement bound a name last, and as what a definition is alive.

A cell is known by its cell id. Where the front end sends none, the same text again is the same cell,
and any other text is a new source whose definitions update those of the same name; then nothing
becomes an orphan, since such a text may be a fragment of any cell.
"""

from __future__ import annotations

import ast
import weakref
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report
from livecode.source import Source
from livecode.sources.imports import Imports
from livecode.sources.outline import Outline, Statement, definitions_in, outline
from livecode.sources.pairing import pair, pair_registered


class Cell:
    """One cell: its last text that ran, and how many of its statements did."""

    __slots__ = (
        "_outline",
        "again",
        "before",
        "executed",
        "filename",
        "identified",
        "key",
        "orphaned",
        "revision",
        "text",
    )

    def __init__(self, key: str, text: str, filename: str, identified: bool) -> None:
        self.key = key
        self.text = text
        self.filename = filename
        self.identified = identified
        self.executed = 0
        self.before: Cell | None = None
        """The cell as it was, if its text is another one now; only while it runs."""
        self.again = False
        """Whether it ran with the same text before."""
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


class Held(NamedTuple):
    """A statement of a cell whose edit of a class is held until it is answered."""

    cell: Cell
    node: ast.stmt
    code: CodeType
    names: tuple[str, ...]
    why: str


class Notebook(Source):
    """All cells of a session, and the definitions that are alive in its namespace."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(str(namespace.get("__name__", "__main__")), "", namespace, "")
        self.cells: dict[str, Cell] = {}
        self.orphans: dict[str, str] = {}
        self.held: list[Held] = []
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
        last = self._ran[-1] if self._ran else None
        if (
            last is not None
            and (last.key, last.text) == (cell.key, cell.text)
            and cell.executed >= last.executed
        ):
            self._ran.pop()  # the same statements bind the same names
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
            cell.again = not edited
        self.cells[key] = cell
        return cell

    def record(
        self,
        name: str,
        value: Any,
        node: ast.stmt,
        cell: Cell,
        occurrence: int,
        journal: Journal,
    ) -> None:
        """Remember what a definition is alive as."""
        try:
            reference: Any = weakref.ref(value)
        except TypeError:  # no weak references to it: it is kept alive

            def reference(value: Any = value) -> Any:
                return value

        known = Known(reference, node, cell)
        place = cell.key, name
        if name in self._known:  # else nothing is edited that could be taken back
            journal.step(_Recorded(self, place, known))
        self._known[name] = known
        self._repeated[place] = [*self._repeated.get(place, [])[:occurrence], known]

    def known(self, name: str, cell: Cell) -> list[tuple[Any, ast.stmt | None]]:
        """What each definition of a name in a cell is a new text of: the live object and its syntax.

        Where nothing is, the object is MISSING. A definition that the cell did not have is a new text
        of that in another cell, but for ``_``: that is no name, and each is a definition of its own.
        """
        definitions = [
            definition
            for statement in cell.outline.statements
            if (definition := definitions_in(statement.node).get(name)) is not None
        ]
        before = self._repeated.get((cell.key, name), [])
        if name == "_":
            if before or not definitions:
                return self._paired(before, definitions, pair)
            return self._paired(self._anonymous(cell), definitions, pair_registered)
        if len(definitions) < 2 and len(before) < 2:
            return [self._last(name)]
        last = self._known.get(name)
        if not before and last is not None:
            before = self._repeated.get((last.cell.key, name), [])
        if before:
            return self._paired(before, definitions, pair)
        return [*([(MISSING, None)] * (len(definitions) - 1)), self._last(name)]

    def _paired(
        self,
        before: list[Known],
        definitions: list[ast.stmt],
        pair_of: Callable[[list[ast.stmt], list[ast.stmt]], dict[int, int]],
    ) -> list[tuple[Any, ast.stmt | None]]:
        if not definitions:  # the cell's text is not plain Python
            return [(known.value(), known.node) for known in before]
        found = pair_of([known.node for known in before], definitions)
        pairs: list[tuple[Any, ast.stmt | None]] = [(MISSING, None)] * len(definitions)
        for at, index in found.items():
            value = before[index].value()
            if value is not MISSING:
                pairs[at] = value, before[index].node
        return pairs

    def _anonymous(self, cell: Cell) -> list[Known]:
        """The live definitions of ``_`` of which a cell that had none may have a new text."""
        found: dict[int, Known] = {}
        for (key, name), several in self._repeated.items():
            other = self.cells.get(key)
            stands = other is not None and other.identified and not other.orphaned
            if name == "_" and not (cell.identified and stands):
                for known in several:
                    found.pop(id(known.value()), None)
                    found[id(known.value())] = known
        return list(found.values())

    def _last(self, name: str) -> tuple[Any, ast.stmt | None]:
        """The live object that was defined last under a name."""
        known = self._known.get(name)
        if known is not None:
            value = known.value()
            if value is not MISSING:
                return value, known.node
        bound = self.namespace.get(name, MISSING)
        return (bound if self._is_own(bound, name) else MISSING), None

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
                    self.record(name, value, definition, cell, 0, Journal())

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


class _Recorded:
    """The way back for what a notebook knows of a definition."""

    def __init__(self, notebook: Notebook, place: tuple[str, str], new: Known) -> None:
        self.name = place[1]
        self._notebook = notebook
        self._place = place
        self._new = new
        self._known = notebook._known.get(self.name)
        self._repeated = notebook._repeated.get(place)

    def rollback(self) -> list[Entry]:
        """Know what was known before."""
        _put(self._notebook._known, self.name, self._known)
        _put(self._notebook._repeated, self._place, self._repeated)
        return []

    def revert(self) -> list[Entry]:
        """The same, unless another object has been defined since."""
        present = self._notebook._known.get(self.name)
        if present is not None and present.value() is self._new.value():
            self.rollback()
        return []


def _put(known: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        known.pop(key, None)
    else:
        known[key] = value
