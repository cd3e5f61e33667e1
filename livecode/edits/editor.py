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
from abc import ABCMeta
from collections.abc import Iterable
from enum import EnumMeta
from types import FunctionType
from typing import Any

from livecode.edits.class_bodies import left_behind
from livecode.edits.classes import is_ours, nested_classes
from livecode.edits.compiled import CannotFollow
from livecode.edits.constants import constant_of, values_of
from livecode.edits.dependents import AGAIN
from livecode.edits.dispatch import registers_by_annotation
from livecode.edits.editing import Editing
from livecode.edits.evaluation import evaluate
from livecode.edits.journal import MISSING
from livecode.edits.leftovers import rename_keys
from livecode.edits.lines import node_of
from livecode.edits.plan import Body, order_of_bindings, with_other_flags
from livecode.edits.removal import remove, unbind
from livecode.edits.report import Entry
from livecode.edits.scopes import BlockScope, ClassScope, Scope, stand_in
from livecode.edits.survivors import is_of
from livecode.sources import names
from livecode.sources.changes import Change, children, compare, with_later_definitions
from livecode.sources.outline import FUNCTIONS, bodies, first_line
from livecode.sources.parts import (
    FunctionNode,
    block_header,
    block_shape,
    is_soft,
    kind_of_change,
    names_of,
    same_header,
    same_outside_of_nested,
    same_parts,
    unchanged_defaults,
    with_dependants,
)


class Editor(Editing):
    """Applies the changes of one source."""

    def apply(self, changes: list[Change], bound_after: Iterable[str]) -> None:
        """Apply the changes of the source's statements.

        Args:
            changes: in the order of the new text.
            bound_after: every name that some statement of the new text binds.

        Raises:
            Whatever an evaluated statement raises; the journal then takes all of it back.
        """
        self.still = still = set(bound_after)
        self.leaving = _leaving(changes)
        self._changes(self.scope, changes, still)

    def _changes(self, scope: Scope, changes: list[Change], still: set[str]) -> None:
        for change in changes:
            self.note_ran(scope.prefix, change)
            if change.kind == "removed":
                remove(self, scope, change, still)
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
        evaluate(self, scope, node, change.new.kind, change, "evaluated")

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
            evaluate(self, scope, node, change.new.kind, change, AGAIN)

    def _edited(self, scope: Scope, change: Change, still: set[str]) -> None:
        new = change.new
        assert new is not None
        node = node_of(new, change.line)
        if change.old is None:
            evaluate(self, scope, node, new.kind, change, "added")
            return
        old_node = node_of(change.old, change.old_line)
        if new.kind == change.old.kind == "function":
            self._edited_function(scope, old_node, node, change)
        elif new.kind == change.old.kind == "class":
            self._edited_class(scope, old_node, node, change)
        elif new.kind == "block" and self._edited_block(scope, old_node, node, change, still):
            pass
        else:
            evaluate(self, scope, node, new.kind, change, "edited")
            annotated = names.unassigned(node)
            gone = change.old.binds - (new.binds - annotated) - still
            unbind(self, scope, gone | (change.old.binds & {"*"}), change.old, annotated)

    def _edited_function(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change
    ) -> None:
        assert isinstance(old_node, FUNCTIONS) and isinstance(node, FUNCTIONS)
        by_annotation = registers_by_annotation(node, self.reader(scope))
        if not same_parts(old_node, node, "decorator_list") or (
            by_annotation and not same_header(old_node, node)
        ):
            evaluate(self, scope, node, "function", change, "edited")
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
        self.done(scope, node.name, "edited")

    def _edited_hidden(self, scope: Scope, node: FunctionNode, change: Change) -> None:
        """A function was edited that is not alive: its decorators made something else of it."""
        value = scope.read(node.name)
        if node.decorator_list or value is MISSING:
            evaluate(self, scope, node, "function", change, "edited")
            return
        self.done(scope, node.name, "edited")
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
            evaluate(self, scope, node, "class", change, "edited")
            return
        parts = Body(*children(node, change.new.text))
        old_parts = Body(*children(old_node, change.old.text))
        inner = order_of_bindings(old_parts, parts, compare(*old_parts, *parts))
        if self.other_flags:
            inner = with_other_flags(inner, old_parts, parts)
        inner = with_later_definitions(inner, *parts)
        in_place = self._in_place(cls, old_node, node, inner)
        inner = with_dependants(inner, node, change.new.text)
        behind = {
            name: (why, ClassScope(scope, node, cls).read(name), anew)
            for name, why, anew in left_behind(inner, node, change.new.text)
            if not isinstance(cls, EnumMeta)  # its members get the values that they have now
        }
        if in_place:
            inside = ClassScope(scope, node, cls)
            bound = {
                name for child in node.body for name in names.bound(child) - names.unassigned(child)
            }
            try:
                self.compile(inside, node.body)
                self._changes(inside, inner, bound)
            except CannotFollow:
                evaluate(self, scope, node, "class", change, "edited", inner)
                self._name_behind(scope, node, behind, in_place=False)
                return

            def step() -> None:
                self.classes.after_body(cls, old_node, node)

            self.do(step)
            told = [*self.report.applied, *self.report.removed]
            if not any(
                entry.name.startswith(f"{self.place.module}:{scope.prefix}{node.name}.")
                for entry in told
            ):
                self.done(scope, node.name, "edited")
            self._name_behind(scope, node, behind, in_place=True)
            return
        evaluate(self, scope, node, "class", change, "edited", inner)
        self._name_behind(scope, node, behind, in_place=False)

    def _name_behind(
        self,
        scope: Scope,
        node: ast.ClassDef,
        behind: dict[str, tuple[str, Any, bool]],
        in_place: bool,
    ) -> None:
        """Name the attributes of a class that kept what was computed from something else, or that were
        made anew without the rest of the body."""

        def step() -> None:
            cls = scope.read(node.name)
            if not isinstance(cls, type):
                return
            inside = ClassScope(scope, node, cls)
            for name, (why, value, anew) in behind.items():
                kept = value is not MISSING and inside.read(name) is value
                if in_place if anew else kept:
                    self.functions.stale(inside.prefix + name, why)

        self.do(step)

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
        if scope.owner is None:
            self.leaving |= _leaving(inner)
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
            unbind(self, scope, {old_name} - still, change.old)
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
            objects, read = [*live, value], self.reader(scope)
            rename_keys(decorators, objects, old_name, name, read, self.journal)
            scope.write(name, value)
            scope.write(old_name, MISSING)

        self.do(step)
        if scope.owner is None:
            self.note_rebound(old_name, value, MISSING)
            self.note_rebound(name, MISSING, value)
        self.done(scope, name, f"renamed from {old_name}")


def _leaving(changes: list[Change]) -> dict[str, Change]:
    """For each name that an old statement bound which goes or is edited, its change."""
    return {
        name: change
        for change in changes
        if change.kind in ("removed", "edited") and change.old is not None
        for name in change.old.binds
    }


def _order(node: ast.ClassDef) -> list[str]:
    """The names that a class body binds to something else than functions, in order."""
    return [
        name
        for child in node.body
        if not isinstance(child, FUNCTIONS)
        for name in names.bound(child)
    ]


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
