"""Evaluation: a statement is evaluated, and what it defines that was alive survives as the old object.

In: a changed statement and the scope that it stands in. Out: its names bound to what survives.
"""

from __future__ import annotations

import ast

from livecode.edits import finding, lambdas
from livecode.edits.compiled import Compiled
from livecode.edits.dispatch import Registrations
from livecode.edits.editing import Editing, with_value
from livecode.edits.journal import MISSING
from livecode.edits.lines import node_of
from livecode.edits.scopes import Scope
from livecode.sources.changes import Change
from livecode.sources.outline import definitions_in, every_definition_in, first_line
from livecode.sources.parts import kept_names, makes_lambdas, same_parts


def evaluate(
    editing: Editing,
    scope: Scope,
    node: ast.stmt,
    kind: str,
    change: Change,
    what: str,
    inner: list[Change] | None = None,
) -> None:
    """Evaluate a statement; whatever it defines that was alive before survives as the old object."""
    assert change.new is not None
    compiled = editing.compile(scope, [node])
    old_node = node_of(change.old, change.old_line) if change.old is not None else None
    before = _definitions_before(editing, scope, node, old_node) if not change.beside else {}
    live = editing.living.of_all(scope, [*([old_node] if old_node else ()), *before.values()])
    if old_node is None and not live and not change.beside:
        live = editing.living.elsewhere(scope, node)
    binds = change.new.binds
    texts = change.new.text + (change.old.text if change.old is not None else "")
    registered = Registrations(old_node, node, editing.reader(scope), texts)
    unset = editing.unset & binds if scope.owner is None else set()
    editing.unset -= unset
    values = registered.during(lambda: scope.evaluate(compiled, binds, unset))
    gone = with_value(scope, change.name, live) if old_node is not None else []
    kept = kept_names(inner) if inner is not None else None
    if old_node is not None and not same_parts(old_node, node, "decorator_list"):
        editing.note_decorated(scope, change.name, old_node, node, live)
    with_lambdas = None
    may_make_lambdas = kind not in ("function", "class") and "lambda" in texts
    if old_node is not None and may_make_lambdas and makes_lambdas(old_node):
        nodes = scope.wrap([old_node])
        with_lambdas = Compiled(nodes, editing.living.old_filename, editing.place.flags)
    definitions = definitions_in(node)
    if old_node is not None and kind == "block":
        gone_names = change.old.binds - editing.still if change.old is not None else frozenset()
        for name, definition in definitions_in(old_node).items():
            if name in gone_names:
                editing.note_gone(scope, name, definition)
    decorated_as_before = {
        name
        for name, definition in definitions.items()
        if (same_parts(before[name], definition, "decorator_list") if name in before else live)
    }

    def step() -> None:
        olds = [scope.read(name) for name in values]
        for name, value in values.items():
            old, made = scope.read(name), value
            if value is MISSING:
                pass  # the statement deleted it
            elif old is not MISSING and old is not value and not change.beside:
                value = editing.survivors.settle(
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
                and (came := editing.moving.get(f"{editing.place.module}:{name}")) is not None
            ):
                value = editing.survivors.move(came.value, value, came.before)
            if scope.owner is not None and name != "__annotations__" and value is not MISSING:
                value = editing.classes.prepare_attribute(scope.owner, name, value)
            if change.shadowed:
                continue
            scope.write(name, value)
            if scope.owner is not None and old is not value:
                editing.classes.forget_cached(scope.owner, name, old, value)
            superseded = (old, value) in editing.merging.superseded  # it is replaced everywhere
            if old is not value and scope.owner is None and not superseded:
                editing.note_rebound(name, old, value)
            elif scope.owner is None and editing.aside:
                editing.forget_rebound(name, made)  # it was noted before it was known what survives
        registered.settle(editing.journal, gone, editing.survivors.survivor)
        if with_lambdas is not None:
            alive = [*live, *editing.living.everywhere()]
            pairs = lambdas.follow(with_lambdas, compiled, alive, editing.functions, scope.owner)
            for made, function in pairs:
                editing.survivors.retire(made, function)
            editing.functions.clear_later(olds, [function for _, function in pairs])

    if editing.aside:
        for name, value in values.items():
            if scope.owner is None:
                editing.note_rebound(name, scope.read(name), value)
    editing.do(step)
    editing.fresh.add(id(change.new))
    editing.evaluated |= {
        f"{editing.place.module}:{scope.prefix}{name}" for name in change.new.binds
    }
    for each in inner or ():
        editing.note_ran(f"{scope.prefix}{change.name}.", each)
    editing.recoded |= {
        name for name, each in definitions.items() if not isinstance(each, ast.ClassDef)
    }
    if "lambda" in change.new.text:
        editing.recoded |= change.new.binds
    editing.done(scope, change.name, what)


def _definitions_before(
    editing: Editing, scope: Scope, node: ast.stmt, old_node: ast.stmt | None
) -> dict[str, ast.stmt]:
    """For each definition in a statement its text before the edit, whatever it stood in then."""
    found = {}
    for name in definitions_in(node):
        before = _alive_in(scope, name, old_node) if old_node is not None else None
        change = editing.leaving.get(name)
        stays = change is not None and change.new is not None and name in change.new.binds
        if before is None and scope.owner is None and change and change.old and not stays:
            before = _alive_in(scope, name, node_of(change.old, change.old_line))
        if before is not None:
            found[name] = before
    return found


def _alive_in(scope: Scope, name: str, node: ast.stmt) -> ast.stmt | None:
    """The definition of a name in a statement; of several in its branches the one that is alive."""
    every = [each for bound, each in every_definition_in(node) if bound == name]
    if len(every) < 2:
        return every[0] if every else None
    value = scope.read(name)
    lines = {function.__code__.co_firstlineno for function in finding.reach(value)}
    return next((each for each in every if first_line(each) in lines), every[-1])
