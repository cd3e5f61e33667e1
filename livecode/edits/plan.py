"""The plan of an edit: which statements are to be evaluated, moved or removed; nothing live is touched.

In: a `SourceEdit`: the live outline of a source and the one that is to be live. Out: its changes, with
the statements that have to be evaluated again because others are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from livecode.edits.codes import build
from livecode.edits.reading import evaluated as evaluated_parts
from livecode.edits.reading import mentions
from livecode.source import Source
from livecode.sources import names
from livecode.sources.changes import Change, changes, with_later_definitions
from livecode.sources.outline import FUNCTIONS, Outline, Statement
from livecode.sources.parsing import parse
from livecode.sources.parts import same_header, same_parts


class Body(NamedTuple):
    """Statements, and for each its line."""

    statements: Sequence[Statement]
    lines: Sequence[int]


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


def changing(edits: list[SourceEdit]) -> list[SourceEdit]:
    """Those edits that do more than move lines."""
    return [edit for edit in edits if any(change.kind != "moved" for change in edit.changes)]


def plan(edit: SourceEdit) -> list[Change]:
    """The changes of one edit, with what the person asked for; nothing live is touched.

    Raises:
        SyntaxError: there is an error inside of a long literal, which outlines leave out.
    """
    try:
        return _plan(edit)
    except SyntaxError:
        parse(
            edit.after.text, edit.filename or edit.source.filename
        )  # says it with the file's lines
        raise


def _plan(edit: SourceEdit) -> list[Change]:
    before, after = edit.source.outline, edit.after
    if edit.partial:
        return [
            _fragment_change(before, statement, line, edit.part)
            for statement, line in _lines(after)
        ]
    found = changes(before, after)
    whole = Body(after.statements, after.lines)
    found = order_of_bindings(Body(before.statements, before.lines), whole, found)
    found, partly = _deletions(before, after, found)
    found = with_later_definitions(found, after.statements, after.lines)
    found = _constants_between(before, after, found)
    if before.flags != after.flags:
        found = with_other_flags(found, Body(before.statements, before.lines), whole)
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
        replace(change, new=partly.get(id(change.new), change.new))
        for change in found
        if change.kind in ("moved", "removed") or not _keeps_once(change)
    ]


def _lines(outline: Outline | Body) -> Iterator[tuple[Statement, int]]:
    return zip(outline.statements, outline.lines, strict=True)


def with_other_flags(found: list[Change], before: Body, after: Body) -> list[Change]:
    """Definitions mean something else after a change of ``from __future__`` imports: all are edited.

    Args:
        found: the changes of a module, or of a class body.
        before: its statements and their lines.
        after: the same as they are now.
    """
    known = {id(change.new): change for change in found if change.new is not None}
    old_lines = {id(each): line for each, line in _lines(before)}
    for statement, line in _lines(after):
        change = known.get(id(statement))
        annotated = statement.nested and isinstance(statement.node, ast.AnnAssign)
        if statement.kind not in ("function", "class") and not annotated:
            continue
        if change and change.kind != "moved":
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


def check(edit: SourceEdit) -> None:
    """Compile all that will be evaluated, so that an error shows before anything happens."""
    filename = edit.filename or edit.source.filename
    if any(change.new is not None and "__future__" in change.new.text for change in edit.changes):
        compile(edit.after.text, filename, "exec", dont_inherit=True)
    for change in edit.changes:
        if change.new is not None and change.kind != "moved":
            build([change.new.parse(change.line)], filename, edit.after.flags)


def order_of_bindings(before: Body, after: Body, found: list[Change]) -> list[Change]:
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
    return _with_more("asked", before, after, found, again)


def _deletions(
    before: Outline, after: Outline, found: list[Change]
) -> tuple[list[Change], dict[int, Statement]]:
    """Add the ``del`` statements that take away what is evaluated, and what comes between.

    A name that is deleted further down is there for the statements in between only. What is evaluated
    there, and the constants computed from it, need all that they read of such names.

    Returns:
        The changes; and for ``del`` statements (by id) that also name what was not evaluated, and so
        is not there, those to evaluate in their place.
    """
    deleting = [
        (index, names.deleted(statement.node))
        for index, statement in enumerate(after.statements)
        if statement.kind == "other" and statement.text.startswith("del")
    ]
    partly: dict[int, Statement] = {}
    if not deleting:
        return found, partly
    every = frozenset().union(*(gone for _, gone in deleting))
    evaluated = {id(change.new) for change in found if _evaluates(change, every)}
    again = {index for index, each in enumerate(after.statements) if id(each) in evaluated}
    for end, gone in deleting:
        between = _between(after, end, gone, again)
        bound = {name for index in between for name in after.statements[index].binds & gone}
        bound_later = {
            name
            for index in range(end + 1, len(after.statements))
            if bound and index not in again
            for name in after.statements[index].binds & gone
        }
        if bound and not bound_later:
            again |= {end, *between}
            if bound != gone:
                text = f"del {', '.join(sorted(bound))}"
                partly[id(after.statements[end])] = Statement(text, 0, parse(text).body[0])
    known = {id(change.new) for change in found if change.kind != "moved"}
    again = {index for index in again if id(after.statements[index]) not in known}
    return _with_more("asked", before, after, found, again), partly


def _between(after: Outline, end: int, gone: frozenset[str], evaluated: set[int]) -> set[int]:
    """The statements to evaluate before a ``del`` of some names, since others are (all by index)."""
    found = {index for index in evaluated if index < end}
    changed: set[str] = set()
    for index in range(end):
        statement = after.statements[index]
        if index in found:
            changed |= statement.binds & gone
        elif changed and mentions(statement, changed) and _computed_from(statement, changed):
            found.add(index)
    todo = list(found)
    while todo:
        at = todo.pop()
        statement = after.statements[at]
        if not mentions(statement, gone):
            continue
        read = {
            part.id
            for part in evaluated_parts(statement.node)
            if isinstance(part, ast.Name) and part.id in gone and isinstance(part.ctx, ast.Load)
        }
        for index in range(at) if read else ():
            if index not in found and after.statements[index].binds & read:
                found.add(index)
                todo.append(index)
    return found


def _evaluates(change: Change, gone: frozenset[str]) -> bool:
    """Whether a change may evaluate its statement; the body of a function that is alive is exchanged."""
    if change.old is None or change.new is None:
        return change.new is not None
    if change.kind != "edited":
        return change.kind != "moved"
    if change.new.binds & gone:
        return True
    old, new = change.old.node, change.new.node
    if not isinstance(old, FUNCTIONS) or not isinstance(new, FUNCTIONS):
        return True
    return not (same_header(old, new) and same_parts(old, new, "decorator_list"))


def _constants_between(before: Outline, after: Outline, found: list[Change]) -> list[Change]:
    """Add the constants computed from what is evaluated, if something after them is evaluated too.

    What comes later may read them, and must not see their old values.
    """
    known = {id(change.new): change for change in found if change.kind not in ("moved", "removed")}
    evaluated = [i for i, statement in enumerate(after.statements) if id(statement) in known]
    changed: set[str] = set()
    computed: set[int] = set()
    for index in range(evaluated[0], evaluated[-1]) if len(evaluated) > 1 else ():
        statement = after.statements[index]
        if id(statement) in known:
            if statement.kind not in ("function", "class"):
                changed |= statement.binds
        elif changed and mentions(statement, changed) and _computed_from(statement, changed):
            computed.add(index)
            changed |= statement.binds
    return _with_more("computed", before, after, found, computed)


def _computed_from(statement: Statement, changed: set[str]) -> bool:
    """Whether a statement binds what is computed by operators from one of some names."""
    value = getattr(statement.node, "value", None) if statement.kind == "variable" else None
    return value is not None and names.is_operators(value) and bool(names.loaded(value) & changed)


def _with_more(
    kind: Literal["asked", "computed"],
    before: Outline | Body,
    after: Outline | Body,
    found: list[Change],
    again: set[int],
) -> list[Change]:
    """The changes with more statements (by index in `after`) to evaluate, in order."""
    if not again:
        return found
    old_lines = {id(statement): line for statement, line in _lines(before)}
    known = {id(change.new): change for change in found if change.new is not None}
    for index in again:
        statement, line = after.statements[index], after.lines[index]
        change = known.get(id(statement))
        if change is None or change.kind == "moved":
            old_line = change.old_line if change else old_lines.get(id(statement), line)
            known[id(statement)] = Change(kind, statement, statement, old_line, line)
    removed = [change for change in found if change.new is None]
    return removed + [known[id(s)] for s in after.statements if id(s) in known]


def _repeatable(statement: Statement) -> bool:
    """Whether evaluating a statement again has no effect but binding its names."""
    node = statement.node
    if len(names.deleted(node)) == 1:
        return True
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
