"""Editing: what the changes of one source have in common.

In: the scope that its statements stand in. Out: what is alive of it, ways to change that at once or at
the commit, and what is to be known of the edit afterwards.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from livecode.edits.classes import Classes
from livecode.edits.compiled import Compiled
from livecode.edits.decorated import Ran
from livecode.edits.functions import Functions
from livecode.edits.groups import Came
from livecode.edits.journal import MISSING
from livecode.edits.leftovers import still_registered
from livecode.edits.lines import Lines
from livecode.edits.living import Living
from livecode.edits.merging import Merging
from livecode.edits.report import Entry, Report
from livecode.edits.scopes import Scope
from livecode.edits.survivors import Survivors, is_of
from livecode.sources.changes import Change
from livecode.sources.outline import FUNCTIONS
from livecode.sources.parts import depth_of_change

_Decorated = tuple[str, list[ast.expr], list[ast.expr], list[Any], Callable[[str], Any]]


class Editing:
    """The edit of one source.

    Args:
        scope: the module's scope.
        report: takes what happened.
        old_filename: the file name under which the code that is live was compiled.
        aside: put every change of a live object off until `commit`.
        moving: live objects whose definitions come to this source from another, by
            ``module:name``.
    """

    def __init__(
        self,
        scope: Scope,
        report: Report,
        old_filename: str,
        aside: bool = False,
        moving: Mapping[str, Came] | None = None,
    ) -> None:
        self.moving = moving or {}
        self.other_flags = False
        """Whether the ``from __future__`` imports changed, so that every definition means something else."""
        self.scope = scope
        self.place = scope.place
        self.report = report
        self.journal = scope.journal
        self.functions = Functions(self.journal, report, self.place.module)
        self.classes = Classes(self.journal)
        self.merging = Merging(self.functions, self.classes)
        self.survivors = Survivors(self.functions, self.merging)
        self.rebound: dict[str, tuple[Any, Any]] = {}
        self.recoded: set[str] = set()
        self.starred: dict[str, Any] = {}
        """What star imports of the new text bring, if names of its old text go."""
        self.inner_only: set[str] = set()
        """Functions of which only nested functions were edited, which follow wherever they are."""
        self.ran: Ran = {}
        """Functions that may have decorated something, or made a class, with their former text."""
        self.evaluated: set[str] = set()
        """The definitions that were evaluated, as ``module:qualname``."""
        self.fresh: set[int] = set()
        """Ids of the module's statements that were evaluated."""
        self.leaving: dict[str, Change] = {}
        """For each name that a statement of the old text bound which goes or is edited, its change."""
        self._decorated: list[_Decorated] = []
        self.still: set[str] = set()
        """The names that some statement of the new text binds."""
        self.unset: set[str] = set()
        """Names whose statements went, and that only blocks bind now, if they are run at all."""
        self.aside = aside
        self._later: list[Callable[[], None]] = []
        self.living = Living(self.place, old_filename, self.functions, self.classes)
        self.lines = Lines(old_filename, self.functions, self.classes, self.living)

    def commit(self) -> None:
        """Carry out what was put off, and bring the new code to holders that no name leads to."""
        for step in self._later:
            step()
        self._later.clear()
        self.lines.commit()
        self.functions.flush()

    def succeed(self) -> None:
        """The edit is live and stays: do what cannot be taken back."""
        self.functions.succeed()
        self.survivors.clean_up()

    def name_leftovers(self) -> None:
        """Report what decorators that are gone have registered, when all of a group is live."""
        for name, before, after, objects, read in self._decorated:
            where = still_registered(before, after, objects, read)
            if where:
                self.report.stale.append(Entry(name, where))

    def do(self, step: Callable[[], None]) -> None:
        """Change live objects now, or at `commit` if all of it is to be done in one step."""
        if self.aside:
            self._later.append(step)
        else:
            step()

    def done(self, scope: Scope, name: str, what: str) -> None:
        """Report that a definition has been edited."""
        self.report.applied.append(Entry(f"{self.place.module}:{scope.prefix}{name}", what))

    def compile(self, scope: Scope, nodes: list[ast.stmt]) -> Compiled:
        """Compile statements of a scope under the real file name."""
        compiled = Compiled(scope.wrap(nodes), self.place.filename, self.place.flags)
        self.living.compiled(compiled.code)
        return compiled

    def reader(self, scope: Scope) -> Callable[[str], Any]:
        """What a name stands for at a place: as it is bound there, else in the module."""

        def read(name: str) -> Any:
            value = scope.read(name)
            return self.place.namespace.get(name, MISSING) if value is MISSING else value

        return read

    def note_rebound(self, name: str, old: Any, new: Any) -> None:
        """Note that a name is bound to something else; what it was bound to before all of the edit stays."""
        before = self.rebound.get(name)
        self.rebound[name] = (before[0] if before is not None else old, new)

    def forget_rebound(self, name: str, new: Any) -> None:
        """Note that a name is not bound to something else after all."""
        if name in self.rebound and self.rebound[name][1] is new:
            del self.rebound[name]

    def note_ran(self, prefix: str, change: Change) -> None:
        """Note that a function may have decorated something, or made a class."""
        old = change.old.node if change.old is not None else None
        new = change.new.node if change.new is not None else None
        if change.kind == "moved" or old is new:
            return
        if isinstance(old, FUNCTIONS) and isinstance(new, FUNCTIONS):
            self.ran[self.place.module, prefix + new.name] = depth_of_change(old, new)
        elif prefix and (isinstance(old, FUNCTIONS) or isinstance(new, FUNCTIONS)):
            self.ran[self.place.module, prefix + change.name] = 0

    def note_gone(self, scope: Scope, name: str, old: ast.stmt) -> None:
        """Remember to see what the decorators of a definition that goes leave."""
        if getattr(old, "decorator_list", None) and scope.read(name) is not MISSING:
            live = self.living.anywhere_in(scope, old)
            self.note_decorated(scope, name, old, None, live)

    def note_decorated(
        self,
        scope: Scope,
        name: str,
        old: ast.stmt,
        new: ast.stmt | None,
        live: list[FunctionType],
    ) -> None:
        """Remember to see, when all is live, what decorators that are gone leave."""
        before, after = getattr(old, "decorator_list", []), getattr(new, "decorator_list", [])
        value = scope.read(name)
        objects = [value] if isinstance(value, type) else with_value(scope, name, live)
        full = f"{self.place.module}:{scope.prefix}{name}"
        self._decorated.append((full, before, after, objects, self.reader(scope)))


def with_value(scope: Scope, name: str, live: list[FunctionType]) -> list[Any]:
    """The live functions of a definition, and what its name is bound to if that is made of them."""
    value = scope.read(name)
    return [*live, value] if is_of(value, live) else list(live)
