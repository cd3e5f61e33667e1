"""Changes to live objects: what is done for each change of a statement.

In: the changes of one source, and the scope that its statements stand in. Out: the live program
changed (through the journal), and what happened as entries of the report.

============================================  ===================================================
the change                                    what is done
============================================  ===================================================
only lines or formatting                      the code objects get their new lines
function, decorators as before                code exchanged in place; no decorator runs again
  its defaults or annotations changed         the bare ``def`` is evaluated, for those values
function, decorators changed                  evaluated; old references pass calls on
class, plain header                           its body's changes, each by this table, in place
class, decorated or with its own metaclass    evaluated; then the old class takes everything over
``if``, ``with``, header as before            the changes inside of it, each by this table
any other block                               functions in it in place if nothing else changed,
                                              else evaluated
everything else                               evaluated, and its names bound
removed                                       its names unbound, if no statement left binds them
============================================  ===================================================
"""

from __future__ import annotations

import ast
import copy
import sys
from abc import ABCMeta
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import FunctionType
from typing import Any

from livecode.edits import lambdas
from livecode.edits.classes import Classes, is_ours, nested_classes
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.edits.constants import constant_of, values_of
from livecode.edits.decorated import Ran
from livecode.edits.dependents import AGAIN, public
from livecode.edits.dispatch import MENTION, Registrations, registers_by_annotation
from livecode.edits.functions import Functions
from livecode.edits.groups import Came
from livecode.edits.journal import MISSING
from livecode.edits.leftovers import rename_keys, still_registered
from livecode.edits.lines import Lines, node_of
from livecode.edits.living import Living
from livecode.edits.merging import Merging
from livecode.edits.report import Entry, Report
from livecode.edits.scopes import BlockScope, ClassScope, Scope, stand_in
from livecode.edits.survivors import Survivors, is_of
from livecode.sources import names
from livecode.sources.changes import Change, children, compare, with_later_definitions
from livecode.sources.imports import imports_of
from livecode.sources.outline import FUNCTIONS, Statement, bodies, definitions_in, first_line
from livecode.sources.parts import (
    FunctionNode,
    block_header,
    block_shape,
    depth_of_change,
    is_soft,
    kept_names,
    kind_of_change,
    makes_lambdas,
    names_of,
    same_header,
    same_outside_of_nested,
    same_parts,
    unchanged_defaults,
    with_dependants,
)

_Decorated = tuple[str, list[ast.expr], list[ast.expr], list[Any], Callable[[str], Any]]


class Editor:
    """Applies the changes of one source.

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
        self._moving = moving or {}
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
        self._leaving: dict[str, Change] = {}
        """For each name that a statement of the old text bound which goes or is edited, its change."""
        self._decorated: list[_Decorated] = []
        self._still: set[str] = set()
        self._aside = aside
        self._later: list[Callable[[], None]] = []
        self.living = Living(self.place, old_filename, self.functions, self.classes)
        self.lines = Lines(old_filename, self.functions, self.classes, self.living)

    # -- the whole -------------------------------------------------------------------------------

    def apply(self, changes: list[Change], bound_after: Iterable[str]) -> None:
        """Apply the changes of the source's statements.

        Args:
            changes: in the order of the new text.
            bound_after: every name that some statement of the new text binds.

        Raises:
            Whatever an evaluated statement raises; the journal then takes all of it back.
        """
        self._still = still = set(bound_after)
        self._leaving = {
            name: change
            for change in changes
            if change.kind in ("removed", "edited") and change.old is not None
            for name in change.old.binds
        }
        self._changes(self.scope, changes, still)

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
        if self._aside:
            self._later.append(step)
        else:
            step()

    def _changes(self, scope: Scope, changes: list[Change], still: set[str]) -> None:
        for change in changes:
            self._note_ran(scope.prefix, change)
            if change.kind == "removed":
                self._removed(scope, change, still)
            elif change.kind == "moved":
                if self.lines.moved(scope, change):
                    name = f"{self.place.module}:{scope.prefix}{change.name}"
                    self.report.moved.append(Entry(name))
            elif change.kind == "renamed":
                self._renamed(scope, change, still)
            elif change.kind == "asked":
                self._asked(scope, change)
            elif change.kind == "computed":
                self._computed(scope, change)
            else:
                self._edited(scope, change, still)

    def _note_ran(self, prefix: str, change: Change) -> None:
        old = change.old.node if change.old is not None else None
        new = change.new.node if change.new is not None else None
        if change.kind == "moved" or old is new:
            return
        if isinstance(old, FUNCTIONS) and isinstance(new, FUNCTIONS):
            self.ran[self.place.module, prefix + new.name] = depth_of_change(old, new)
        elif prefix and (isinstance(old, FUNCTIONS) or isinstance(new, FUNCTIONS)):
            self.ran[self.place.module, prefix + change.name] = 0

    def _asked(self, scope: Scope, change: Change) -> None:
        """Evaluate a statement because the person says so; of a live class, only the part at a line."""
        assert change.new is not None
        node = node_of(change.new, change.line)
        cls = scope.read(change.name)
        if change.part and isinstance(node, ast.ClassDef) and isinstance(cls, type):
            for part, line in zip(*children(node, change.new.text), strict=True):
                if line <= change.part < line + part.height:
                    old = part if part.name else None
                    inside = ClassScope(scope, node, cls)
                    self._asked(inside, Change("asked", old, part, line, line, change.part))
                    return
        self._evaluate(scope, node, change.new.kind, change, "evaluated")

    def _computed(self, scope: Scope, change: Change) -> None:
        """Evaluate a constant again, unless something else was done with it since it was computed."""
        assert change.new is not None
        node = node_of(change.new, change.line)
        constant = constant_of(node)
        assert constant is not None
        try:
            values = values_of(constant, self.place.namespace, self.rebound)
        except Exception:
            return  # `Dependents` meets the same error, and names it
        held = values is not None and all(
            values.held_by(scope.read(name)) for name in constant.targets
        )
        if values is not None and held and values.changed:
            self._evaluate(scope, node, change.new.kind, change, AGAIN)

    def _done(self, scope: Scope, name: str, what: str) -> None:
        self.report.applied.append(Entry(f"{self.place.module}:{scope.prefix}{name}", what))

    # -- one change ------------------------------------------------------------------------------

    def _edited(self, scope: Scope, change: Change, still: set[str]) -> None:
        new = change.new
        assert new is not None
        node = node_of(new, change.line)
        if change.old is None:
            self._evaluate(scope, node, new.kind, change, "added")
            return
        old_node = node_of(change.old, change.old_line)
        if new.kind == change.old.kind == "function":
            self._edited_function(scope, old_node, node, change)
        elif new.kind == change.old.kind == "class":
            self._edited_class(scope, old_node, node, change)
        elif new.kind == "block" and self._edited_block(scope, old_node, node, change, still):
            pass
        else:
            self._evaluate(scope, node, new.kind, change, "edited")
            annotated = names.unassigned(node)
            gone = change.old.binds - (new.binds - annotated) - still
            self._unbind(scope, gone | (change.old.binds & {"*"}), change.old, annotated)

    def _edited_function(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change
    ) -> None:
        assert isinstance(old_node, FUNCTIONS) and isinstance(node, FUNCTIONS)
        by_annotation = registers_by_annotation(node, self._reader(scope))
        if not same_parts(old_node, node, "decorator_list") or (
            by_annotation and not same_header(old_node, node)
        ):
            self._evaluate(scope, node, "function", change, "edited")
            return
        compiled = self.compile(scope, [node])
        live = self.living.of(scope, old_node)
        code = compiled.find(scope.prefix + node.name, first_line(node))
        if code is None:
            raise CannotFollow(f"{node.name}: no code of its own was found")
        if not live:
            self._edited_hidden(scope, node, change)
            return
        made: FunctionType | None = None
        if self.other_flags or not same_header(old_node, node):
            unchanged = unchanged_defaults(old_node, node) if not self.other_flags else frozenset()
            bare = self.compile(scope, [_bare(node, unchanged)])
            made = _function_in(scope.evaluate(bare, {node.name}).get(node.name))
        keep = unchanged_defaults(old_node, node)
        docs = [ast.get_docstring(each, clean=False) for each in (old_node, node)]
        value = scope.read(node.name)

        def step() -> None:
            with self.survivors.wrappers(value, live):
                for function in live:
                    if made is not None:
                        self.functions.header(function, made, keep)
                    self.functions.recode(function, code, compiled, scope.owner)
                    if docs[0] != docs[1]:
                        self.journal.attribute(function, "__doc__", docs[1])
            if value is not MISSING:
                self.functions.clear_later([value], live)
                self.functions.clear_in(self.place.namespace, live)
                if scope.owner is not None:
                    self.classes.forget_cached(scope.owner, node.name, value)

        self.do(step)
        self.recoded.add(node.name)
        if same_outside_of_nested(old_node, node):
            self.inner_only.add(node.name)
        self._done(scope, node.name, "edited")

    def _edited_hidden(self, scope: Scope, node: FunctionNode, change: Change) -> None:
        """A function was edited that is not alive: its decorators made something else of it."""
        value = scope.read(node.name)
        if node.decorator_list or value is MISSING:
            self._evaluate(scope, node, "function", change, "edited")
            return
        self._done(scope, node.name, "edited")
        own = isinstance(value, FunctionType) and value.__globals__ is self.place.namespace
        if not own:  # else it is the definition of the same name in another branch
            self.functions.stale(
                scope.prefix + node.name, "what it is bound to was made from the function before"
            )

    def _edited_class(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change
    ) -> None:
        assert isinstance(old_node, ast.ClassDef) and isinstance(node, ast.ClassDef)
        assert change.old is not None and change.new is not None
        cls = scope.read(node.name)
        if not (
            isinstance(cls, type) and is_ours(cls, self.place.module, scope.prefix + node.name)
        ):
            self._evaluate(scope, node, "class", change, "edited")
            return
        parts = children(node, change.new.text)
        old_parts = children(old_node, change.old.text)
        inner = compare(*old_parts, *parts)
        if self.other_flags and not inner:
            inner = [
                Change("edited", old, new, old_line, line)
                for old, old_line, new, line in zip(*old_parts, *parts, strict=True)
                if new.kind in ("function", "class") or isinstance(new.node, ast.AnnAssign)
            ]
        inner = with_later_definitions(inner, *parts)
        if self._in_place(cls, old_node, node, inner):
            inside = ClassScope(scope, node, cls)
            bound = {
                name for child in node.body for name in names.bound(child) - names.unassigned(child)
            }
            try:
                self.compile(inside, node.body)
                self._changes(inside, with_dependants(inner, node, change.new.text), bound)
            except CannotFollow:
                self._evaluate(scope, node, "class", change, "edited", inner)
                return

            def step() -> None:
                self.classes.after_body(cls, old_node, node)

            self.do(step)
            told = [*self.report.applied, *self.report.removed]
            if not any(
                entry.name.startswith(f"{self.place.module}:{scope.prefix}{node.name}.")
                for entry in told
            ):
                self._done(scope, node.name, "edited")
            return
        self._evaluate(scope, node, "class", change, "edited", inner)

    def _in_place(
        self, cls: type, old: ast.ClassDef, new: ast.ClassDef, inner: list[Change]
    ) -> bool:
        """Whether the changes of a class body can be made one by one, without evaluating the class."""
        if not all(
            same_parts(old, new, part)
            for part in ("bases", "keywords", "decorator_list", "type_params")
        ):
            return False
        hard = [change for change in inner if not is_soft(change)]
        made_of_body = (
            new.decorator_list
            or type(cls) not in (type, ABCMeta)
            # a NamedTuple or TypedDict: its class statement makes more of it
            or ("__orig_bases__" in cls.__dict__ and issubclass(cls, (tuple, dict)))
        )
        if made_of_body and _order(old) != _order(new):
            return False
        if not hard:
            return True
        if made_of_body:
            return False
        if any("__slots__" in names_of(change) for change in hard):
            return False
        hooks = "__init_subclass__" in {
            name for base in cls.__mro__[1:-1] for name in base.__dict__
        }
        return not (hooks and any(kind_of_change(change) != "function" for change in hard))

    def _edited_block(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change, still: set[str]
    ) -> bool:
        """Apply the changes inside of a block; False where the block must be evaluated as a whole."""
        if type(old_node) is not type(node) or change.old is None or change.new is None:
            return False
        if block_header(old_node) != block_header(node) or block_shape(old_node) != block_shape(
            node
        ):
            return False
        inner: list[Change] = []
        for old_body, body in zip(bodies(old_node), bodies(node), strict=True):
            inner += compare(
                *children(old_node, change.old.text, old_body),
                *children(node, change.new.text, body),
            )
        if not isinstance(node, (ast.If, ast.With)) and not all(is_soft(each) for each in inner):
            return False
        bound = still | change.new.binds
        self._changes(BlockScope(scope, node), inner, bound)
        return True

    def _renamed(self, scope: Scope, change: Change, still: set[str]) -> None:
        assert change.old is not None and change.new is not None
        old_node, node = (
            node_of(change.old, change.old_line),
            node_of(change.new, change.line),
        )
        old_name, name = str(change.old.name), str(change.new.name)
        value = scope.read(old_name)
        live = self.living.anywhere_in(scope, old_node)
        known = is_of(value, live) or isinstance(value, type)
        knows_its_name = not isinstance(value, property) and hasattr(type(value), "__set_name__")
        if value is MISSING or not known or knows_its_name or scope.read(name) is not MISSING:
            self._edited(scope, Change("added", None, change.new, 0, change.line), set())
            self._unbind(scope, {old_name} - still, change.old)
            return
        before = self.compile(scope, [old_node])
        after = self.compile(scope, [node])
        prefix = scope.prefix
        decorators = getattr(node, "decorator_list", [])

        def step() -> None:
            for function, code in self.lines.partners(live, before, after):
                self.functions.recode(function, code, after)
            for target in [*live, value, *nested_classes(value)]:
                self.survivors.rename(target, prefix + old_name, prefix + name)
            if isinstance(value, type):
                self.classes.line(value, first_line(node))
            objects, read = [*live, value], self._reader(scope)
            rename_keys(decorators, objects, old_name, name, read, self.journal)
            scope.write(name, value)
            scope.write(old_name, MISSING)

        self.do(step)
        if scope.owner is None:
            self._rebound(old_name, value, MISSING)
            self._rebound(name, MISSING, value)
        self._done(scope, name, f"renamed from {old_name}")

    def _removed(self, scope: Scope, change: Change, still: set[str]) -> None:
        assert change.old is not None
        for name, node in definitions_in(node_of(change.old, change.old_line)).items():
            if change.old.kind != "block" or name not in still:
                self._note_gone(scope, name, node)
        if MENTION in change.old.text:
            node = node_of(change.old, change.old_line)
            registered = Registrations(node, None, self._reader(scope))
            gone = _with_value(scope, change.name, self.living.anywhere_in(scope, node))
            self.do(lambda: registered.settle(self.journal, gone))
        unbound = (change.old.binds - still) | (change.old.binds & {"*"})
        self._unbind(scope, unbound, change.old)

    def _unbind(
        self,
        scope: Scope,
        gone: Iterable[str],
        statement: Statement,
        annotated: frozenset[str] = frozenset(),
    ) -> None:
        names_gone = set(gone)
        if "*" in names_gone:
            names_gone |= self._brought(statement)
        for name in sorted(names_gone - {"*"}):
            value = scope.read(name)
            left = self.starred.get(name, MISSING) if scope.owner is None else MISSING
            if value is left:
                continue
            if scope.owner is None:
                self._rebound(name, value, left)
            else:
                self.do(partial(self.classes.forget_cached, scope.owner, name, value))
            self.do(partial(scope.write, name, left))
            if left is MISSING:
                self.report.removed.append(Entry(f"{self.place.module}:{scope.prefix}{name}"))
            else:
                self._done(scope, name, "comes from a star import")
        if statement.kind == "variable":
            names_left = set(gone) - annotated
            self.do(lambda: self._forget_annotations(scope, names_left))

    def _forget_annotations(self, scope: Scope, gone: set[str]) -> None:
        """Drop the annotations of variables that are gone."""
        if scope.owner is not None:
            self.classes.forget_annotations(scope.owner, gone)
            return
        annotations = scope.read("__annotations__")
        if isinstance(annotations, dict):
            for name in gone & annotations.keys():
                self.journal.item(annotations, name, MISSING)

    def _rebound(self, name: str, old: Any, new: Any) -> None:
        """Note that a name is bound to something else; what it was bound to before all of the edit stays."""
        before = self.rebound.get(name)
        self.rebound[name] = (before[0] if before is not None else old, new)

    def _brought(self, statement: Statement) -> set[str]:
        """The names that only a star import has brought: bound to what they are in its module."""
        namespace = self.place.namespace
        found = set()
        for module in imports_of([statement], namespace.get("__package__")).stars:
            there = vars(sys.modules[module]) if module in sys.modules else {}
            found |= {
                name
                for name in public(there) - self._still
                if name in there and namespace.get(name, MISSING) is there[name]
            }
        return found

    def _note_gone(self, scope: Scope, name: str, old: ast.stmt) -> None:
        """Remember to see what the decorators of a definition that goes leave."""
        if getattr(old, "decorator_list", None) and scope.read(name) is not MISSING:
            live = self.living.anywhere_in(scope, old)
            self._note_decorated(scope, name, old, None, live)

    def _note_decorated(
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
        objects = [value] if isinstance(value, type) else _with_value(scope, name, live)
        full = f"{self.place.module}:{scope.prefix}{name}"
        self._decorated.append((full, before, after, objects, self._reader(scope)))

    def _reader(self, scope: Scope) -> Callable[[str], Any]:
        """What a name stands for at a place: as it is bound there, else in the module."""

        def read(name: str) -> Any:
            value = scope.read(name)
            return self.place.namespace.get(name, MISSING) if value is MISSING else value

        return read

    # -- evaluation ------------------------------------------------------------------------------

    def compile(self, scope: Scope, nodes: list[ast.stmt]) -> Compiled:
        """Compile statements of a scope under the real file name."""
        return Compiled(scope.wrap(nodes), self.place.filename, self.place.flags)

    def _evaluate(
        self,
        scope: Scope,
        node: ast.stmt,
        kind: str,
        change: Change,
        what: str,
        inner: list[Change] | None = None,
    ) -> None:
        """Evaluate a statement; whatever it defines that was alive before survives as the old object."""
        assert change.new is not None
        compiled = self.compile(scope, [node])
        old_node = node_of(change.old, change.old_line) if change.old is not None else None
        before = self._definitions_before(scope, node, old_node)
        live = self.living.of_all(scope, [*([old_node] if old_node else ()), *before.values()])
        if old_node is None and not live:
            live = self.living.elsewhere(scope, node)
        binds = change.new.binds
        texts = change.new.text + (change.old.text if change.old is not None else "")
        registered = Registrations(old_node, node, self._reader(scope), texts)
        values = registered.during(lambda: scope.evaluate(compiled, binds))
        gone = _with_value(scope, change.name, live) if old_node is not None else []
        kept = kept_names(inner) if inner is not None else None
        if old_node is not None and not same_parts(old_node, node, "decorator_list"):
            self._note_decorated(scope, change.name, old_node, node, live)
        with_lambdas = None
        may_make_lambdas = kind not in ("function", "class") and "lambda" in texts
        if old_node is not None and may_make_lambdas and makes_lambdas(old_node):
            nodes = scope.wrap([old_node])
            with_lambdas = Compiled(nodes, self.living.old_filename, self.place.flags)
        definitions = definitions_in(node)
        if old_node is not None and kind == "block":
            gone_names = change.old.binds - self._still if change.old is not None else frozenset()
            for name, definition in definitions_in(old_node).items():
                if name in gone_names:
                    self._note_gone(scope, name, definition)
        decorated_as_before = {
            name
            for name, definition in definitions.items()
            if (same_parts(before[name], definition, "decorator_list") if name in before else live)
        }

        def step() -> None:
            olds = [scope.read(name) for name in values]
            for name, value in values.items():
                old = scope.read(name)
                if value is MISSING:
                    pass  # the statement deleted it
                elif old is not MISSING and old is not value:
                    value = self.survivors.settle(
                        scope,
                        name,
                        old,
                        value,
                        node,
                        compiled,
                        live,
                        name in decorated_as_before,
                        kept,
                        before.get(name),
                    )
                elif (
                    scope.owner is None
                    and (came := self._moving.get(f"{self.place.module}:{name}")) is not None
                ):
                    value = self.survivors.move(came.value, value, came.before)
                if scope.owner is not None and name != "__annotations__" and value is not MISSING:
                    value = self.classes.prepare_attribute(scope.owner, name, value)
                if change.shadowed:
                    continue
                scope.write(name, value)
                if scope.owner is not None and old is not value:
                    self.classes.forget_cached(scope.owner, name, old, value)
                superseded = (old, value) in self.merging.superseded  # it is replaced everywhere
                if old is not value and scope.owner is None and not superseded:
                    self._rebound(name, old, value)
            registered.settle(self.journal, gone, self.survivors.survivor)
            if with_lambdas is not None:
                alive = [*live, *self.living.everywhere()]
                pairs = lambdas.follow(with_lambdas, compiled, alive, self.functions, scope.owner)
                for made, function in pairs:
                    self.survivors.retire(made, function)
                self.functions.clear_later(olds, [function for _, function in pairs])

        if self._aside:
            for name, value in values.items():
                if scope.owner is None:
                    self._rebound(name, scope.read(name), value)
        self.do(step)
        self.fresh.add(id(change.new))
        self.evaluated |= {f"{self.place.module}:{scope.prefix}{name}" for name in change.new.binds}
        for each in inner or ():
            self._note_ran(f"{scope.prefix}{change.name}.", each)
        self.recoded |= {
            name for name, each in definitions.items() if not isinstance(each, ast.ClassDef)
        }
        if "lambda" in change.new.text:
            self.recoded |= change.new.binds
        self._done(scope, change.name, what)

    def _definitions_before(
        self, scope: Scope, node: ast.stmt, old_node: ast.stmt | None
    ) -> dict[str, ast.stmt]:
        """For each definition in a statement its text before the edit, whatever it stood in then."""
        own = definitions_in(old_node) if old_node is not None else {}
        found = {}
        for name in definitions_in(node):
            before = own.get(name)
            change = self._leaving.get(name)
            if before is None and scope.owner is None and change is not None and change.old:
                before = definitions_in(node_of(change.old, change.old_line)).get(name)
            if before is not None:
                found[name] = before
        return found


def _order(node: ast.ClassDef) -> list[str]:
    """The names that a class body binds to something else than functions, in order."""
    return [
        name
        for child in node.body
        if not isinstance(child, FUNCTIONS)
        for name in names.bound(child)
    ]


def _with_value(scope: Scope, name: str, live: list[FunctionType]) -> list[Any]:
    """The live functions of a definition, and what its name is bound to if that is made of them."""
    value = scope.read(name)
    return [*live, value] if is_of(value, live) else list(live)


def _bare(node: FunctionNode, unchanged: frozenset[str]) -> FunctionNode:
    """A function's ``def`` without decorators, and without evaluating unchanged defaults again."""
    bare = stand_in(node)
    bare.decorator_list = []
    arguments = copy.copy(node.args)
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    arguments.defaults = [
        _none(default) if argument.arg in unchanged else default
        for argument, default in zip(with_default, arguments.defaults, strict=True)
    ]
    arguments.kw_defaults = [
        _none(default) if default is not None and argument.arg in unchanged else default
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    bare.args = arguments
    return bare


def _none(node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(None), node)


def _function_in(value: Any) -> FunctionType | None:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    return value if isinstance(value, FunctionType) else None
