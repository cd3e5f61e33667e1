"""What depends on an edit: names imported elsewhere, constants, and what must be called stale.

In: the names that an edit bound anew in one source, the functions that it changed, and all tracked
sources. Out: the same names bound in the sources that imported them, constants computed again, and
report entries for everything else that was computed from what changed.

A constant is computed again only if it is nothing but operators over names and literals, and if the
old values give exactly what it is bound to now: then it was not bound to something else since.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Mapping
from types import FunctionType
from typing import Any

from livecode.edits.coming import Coming
from livecode.edits.constants import constant_of, values_of, written
from livecode.edits.journal import MISSING, Journal
from livecode.edits.reading import (
    assignments,
    changes_part_of,
    decorates,
    evaluated,
    functions_reading,
    last_words,
    mentions,
    parts_set,
    read_in,
    receivers,
)
from livecode.edits.report import Entry, Report
from livecode.source import Source
from livecode.sources import names
from livecode.sources.outline import Outline, Statement

Rebound = dict[str, tuple[Any, Any]]
"""For each name what it was bound to and what it is bound to now (or MISSING)."""


AGAIN = "computed again"
"""What the report says of a constant that got a new value with what it is computed from."""

COMPUTED = "was computed from "
"""How the reason begins why a name is stale."""


class Dependents:
    """Follows one edit through the tracked sources.

    Args:
        sources: all of them, the notebook included.
        journal: takes every change.
        report: takes what was computed again and what is stale.
        coming: what is live already of the same transaction.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        journal: Journal,
        report: Report,
        coming: Coming | None = None,
    ) -> None:
        self.sources = list(sources)
        self.journal = journal
        self.report = report
        self._coming = coming or Coming()
        self._inner_only: frozenset[str] = frozenset()
        self._after: tuple[Source | None, Outline | None] = None, None

    def prepare(self, source: Source) -> None:
        """Outline now whatever may import from a source, so that `follow` takes little time."""
        for other in self.sources:
            if other is not source and self._may_import(other, source):
                self._coming.imports(other)

    def follow(
        self,
        source: Source,
        rebound: Rebound,
        changed: set[str],
        fresh: set[int],
        after: Outline | None = None,
        inner_only: frozenset[str] = frozenset(),
    ) -> None:
        """Let everything that depends on `source` follow.

        Args:
            source: the source that was edited.
            rebound: its names that are bound to something else now.
            changed: its functions and classes that were changed in place.
            fresh: ids of statements that the edit evaluated, which are not stale.
            after: the new outline of `source`, if it has one that it does not know yet.
            inner_only: those of `changed` of which only nested functions changed: a function that
                they made follows, and is not stale.
        """
        self._after = source, after
        self._inner_only = inner_only
        todo: list[tuple[Source, Rebound, set[str], set[str]]] = [(source, rebound, changed, set())]
        seen: set[tuple[int, str]] = set()
        while todo:
            each, names_bound, names_changed, behind = todo.pop()
            here, names_changed, behind = self._within(
                each, names_bound, names_changed, behind, fresh
            )
            every = {
                name: pair for name, pair in {**names_bound, **here}.items() if "." not in name
            }
            names_changed = {name for name in names_changed if "." not in name}
            behind = {name for name in behind if "." not in name}
            for other in self.sources:
                if other is each:
                    continue
                bound = self._imported(each, other, every)
                affected = self._affected_imports(each, other, names_changed)
                for dotted, name in self._attributes(each, other, every).items():
                    bound[dotted] = every[name]
                affected |= self._attributes(each, other, names_changed).keys()
                stale = self._affected_imports(each, other, behind)
                stale |= self._attributes(each, other, behind).keys()
                bound = {
                    name: pair for name, pair in bound.items() if (id(other), name) not in seen
                }
                affected = {name for name in affected if (id(other), name) not in seen}
                stale = {name for name in stale if (id(other), name) not in seen}
                if bound or affected or stale:
                    seen |= {(id(other), name) for name in (*bound, *affected, *stale)}
                    todo.append((other, bound, affected, stale))

    # -- names imported elsewhere ----------------------------------------------------------------

    def _imported(self, source: Source, other: Source, rebound: Rebound) -> Rebound:
        if not rebound or not self._may_import(other, source):
            return {}
        found: Rebound = {}
        imports = self._coming.imports(other)
        for local, (module, name) in imports.names.items():
            if module == source.name and name in rebound:
                self._follow_name(other, local, rebound[name], found)
        if source.name in imports.stars:
            listed = source.namespace.get("__all__")
            every = [listed, rebound.get("__all__", (MISSING,))[0]]  # now, and before the edit
            by_list = [each for each in every if isinstance(each, (list, tuple))]
            for name, pair in rebound.items():
                brought = any(name in each for each in by_list)
                if brought or (len(by_list) < len(set(map(id, every))) and name[0] != "_"):
                    self._follow_star(source, other, name, pair, found)
            if isinstance(listed, (list, tuple)):
                self._bring_star(source, other, listed, rebound, found)
        return found

    def _follow_name(
        self, other: Source, local: str, pair: tuple[Any, Any], found: Rebound
    ) -> None:
        old, new = pair
        present = other.namespace.get(local, MISSING)
        if present is new or present is not old:
            return
        self.journal.item(other.namespace, local, new)
        found[local] = (old, new)

    def _follow_star(
        self, source: Source, other: Source, name: str, pair: tuple[Any, Any], found: Rebound
    ) -> None:
        """A star import follows, unless something else binds the name, or does from now on."""
        imports = self._coming.imports(other)
        if name in imports.hidden[source.name]:
            return
        new = MISSING
        if name in imports.names:
            module, there = imports.names[name]
            new = vars(sys.modules[module]).get(there, MISSING) if module in sys.modules else new
        for star in imports.stars:
            names_there = vars(sys.modules[star]) if star in sys.modules else {}
            if name in names_there and name in public(names_there) - imports.hidden[star]:
                new = names_there[name]
        if new is MISSING and any(name in each.binds for each, _ in other.statements()):
            return
        self._follow_name(other, name, (pair[0], new), found)

    def _bring_star(
        self, source: Source, other: Source, listed: Iterable[Any], rebound: Rebound, found: Rebound
    ) -> None:
        """A changed ``__all__`` brings names to those who imported everything."""
        if "__all__" not in rebound:
            return
        before = rebound["__all__"][0]
        for name in before if isinstance(before, (list, tuple)) else ():
            value = source.namespace.get(name, MISSING)
            if name not in listed and value is not MISSING:
                self._follow_star(source, other, name, (value, MISSING), found)
        for name in listed:
            value = source.namespace.get(name, MISSING)
            if isinstance(name, str) and value is not MISSING and name not in other.namespace:
                self.journal.item(other.namespace, name, value)
                found[name] = (MISSING, value)

    def _affected_imports(self, source: Source, other: Source, changed: set[str]) -> set[str]:
        """What `other` calls the changed functions that it imported by name or star."""
        if not changed or not self._may_import(other, source):
            return set()
        imports = self._coming.imports(other)
        found = {
            local
            for local, (module, name) in imports.names.items()
            if module == source.name and name in changed
        }
        if source.name in imports.stars:
            found |= {
                name
                for name in changed
                if name in other.namespace
                and other.namespace[name] is source.namespace.get(name, MISSING)
            }
        return found

    def _attributes(
        self, source: Source, other: Source, changed: Collection[str]
    ) -> dict[str, str]:
        """How `other` writes names of a module that it imported whole: ``m.K`` for each ``K``."""
        if not changed or not self._may_import(other, source):
            return {}
        imports = self._coming.imports(other)
        modules = [
            local + source.name.removeprefix(module)
            for local, module in imports.modules.items()
            if module == source.name
            or (source.name in imports.every and source.name.startswith(f"{module}."))
        ]
        return {f"{module}.{name}": name for module in modules for name in changed}

    def _may_import(self, other: Source, source: Source) -> bool:
        """Whether one source's text can import from another at all (cheap, no parse)."""
        words = (source.name.rpartition(".")[2], "import *", "from .")
        came = self._coming.outline(other)
        if came is not None and any(word in came.text for word in words):
            return True
        return any(other.mentions(word) for word in words)

    def _statements(self, source: Source) -> Iterable[tuple[Statement, int]]:
        edited, after = self._after
        if source is edited and after is not None:
            return zip(after.statements, after.lines, strict=True)
        came = self._coming.outline(source)
        if came is not None:
            return zip(came.statements, came.lines, strict=True)
        return source.statements()

    # -- the source itself -----------------------------------------------------------------------

    def _within(
        self,
        source: Source,
        rebound: Rebound,
        changed: set[str],
        behind: set[str],
        fresh: set[int],
    ) -> tuple[Rebound, set[str], set[str]]:
        """Follow what changed through the statements of one source.

        Args:
            source: the source.
            rebound: names that are bound to something else.
            changed: functions and classes that were changed in place.
            behind: names that are stale.
            fresh: ids of statements that the edit evaluated.

        Returns:
            Constants that got new values; functions that read what changed; all names that are stale.
        """
        values = dict(rebound)
        affected = set(changed)
        found: Rebound = {}
        behind = set(behind)
        everything = [
            statement for statement, _ in self._statements(source) if statement.kind != "import"
        ]
        statements = [statement for statement in everything if id(statement) not in fresh]
        self._spread(statements, set(values), affected)
        words = last_words(values.keys() | affected | behind)
        made: set[str] = set()
        for statement in everything:
            anew = parts_set(statement.node) if id(statement) in fresh else set()
            made |= anew
            words |= {part.partition(".")[0].partition("[")[0] for part in anew}
            if not mentions(statement, words):
                continue
            if id(statement) in fresh:  # it may have read what is stale
                stale = self._name_stale(source, statement, {}, set(), behind)
            elif of := changes_part_of(statement.node, made):
                stale = self._stale(
                    source, receivers(statement.node), of, "was made anew without it"
                )
            elif self._compute(source, statement, values, found):
                words |= found.keys()
                continue
            else:
                stale = self._name_stale(source, statement, values, affected, behind)
            behind |= stale
            words |= last_words(stale)
        return found, affected, behind

    @staticmethod
    def _spread(statements: list[Statement], values: set[str], affected: set[str]) -> None:
        """Add the functions that read what changed, through however many others."""
        fresh = values | affected
        while fresh:
            words = last_words(fresh)
            fresh = {
                name
                for statement in statements
                if statement.name not in affected and mentions(statement, words)
                for name in functions_reading(statement, fresh)
                if name not in affected
            }
            affected |= fresh

    def _compute(
        self, source: Source, statement: Statement, values: Rebound, found: Rebound
    ) -> bool:
        constant = constant_of(statement.node)
        if constant is None:
            return False
        if not names.loaded(constant.value) & values.keys():
            return True
        try:
            found_values = values_of(constant, source.namespace, values)
        except Exception as error:
            for name in constant.targets:
                self._stale_name(source, name, f"computing it again failed: {error!r}")
            return True
        if found_values is None:
            return False
        for name in constant.targets:
            present = source.namespace.get(name, MISSING)
            if name not in values and found_values.held_by(present) and found_values.changed:
                self.journal.item(source.namespace, name, found_values.now)
                values[name] = found[name] = (present, found_values.now)
                self.report.applied.append(Entry(f"{source.name}:{name}", AGAIN))
        return True

    def _name_stale(
        self,
        source: Source,
        statement: Statement,
        values: Rebound,
        affected: set[str],
        behind: set[str],
    ) -> set[str]:
        """Name what a statement computed from what changed, or from what is stale itself."""
        found: set[str] = set()
        for node, bound in assignments(statement):
            if not bound:
                continue
            of = self._changed_in(node, values, affected)
            if of:
                found |= self._stale(source, bound, of, "changed")
                continue
            of = read_in(node, behind)
            if of:
                found |= self._stale(source, bound, of, "is stale")
        return found

    @staticmethod
    def _changed_in(node: ast.AST, values: Rebound, affected: set[str]) -> str:
        """What changed that is called or read where some syntax is evaluated, or an empty string."""
        for part in evaluated(node):
            called = written(part.func) if isinstance(part, ast.Call) else None
            if called in affected and not decorates(part, node):
                return str(called)
            if not isinstance(part, (ast.Name, ast.Attribute)) or not isinstance(
                part.ctx, ast.Load
            ):
                continue
            name = written(part)
            if name in values and values[name][1] is not MISSING:
                return name
        return ""

    def _stale(self, source: Source, bound: Iterable[str], of: str, what: str) -> set[str]:
        """Name what was computed from something; gives what was named."""
        found = set()
        for name in sorted(bound):
            value = source.namespace.get(name, MISSING)
            maker = of.rpartition(".")[2]
            follows = (
                type(value) is FunctionType
                and maker in self._inner_only
                and value.__qualname__.startswith(f"{maker}.<locals>.")
            )
            if value is not MISSING and not follows:
                self._stale_name(source, name, f"{COMPUTED}{of}, which {what}")
                found.add(name)
        return found

    def _stale_name(self, source: Source, name: str, why: str) -> None:
        entry = Entry(f"{source.name}:{name}", why)
        if not any(known.name == entry.name for known in self.report.stale):
            self.report.stale.append(entry)


def public(namespace: Mapping[str, Any]) -> set[str]:
    """The names that a star import of a module brings."""
    listed = namespace.get("__all__")
    if isinstance(listed, (list, tuple)):
        return set(listed)
    return {name for name in namespace if not name.startswith("_")}
