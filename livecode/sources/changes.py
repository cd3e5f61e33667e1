"""Two outlines to Changes: what is different between two revisions of a source.

In: statements with their lines, old and new. Out: a list of `Change`, in the order of the new text,
removals first. What to do about a change is decided elsewhere (`livecode.edits`).
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from livecode.sources.outline import (
    Meaning,
    Outline,
    Statement,
    bodies,
    definitions_in,
    first_line,
    meaning,
)
from livecode.sources.pairing import Key, decorated, match, signature, undecorated

Lines = Sequence[int]


@dataclass(frozen=True, slots=True)
class Change:
    """The difference for one statement.

    ``moved`` keeps the meaning (only lines, comments or formatting changed). A ``renamed`` definition
    is an edited one whose old and new names differ. ``asked`` is to be evaluated although it may not
    have changed, because the person says so. ``computed`` is a constant that is to be evaluated if it
    still has the value that it was computed to. Lines are 1-based, 0 where there is none.
    """

    kind: Literal["added", "edited", "moved", "renamed", "removed", "asked", "computed"]
    old: Statement | None
    new: Statement | None
    old_line: int
    line: int
    part: int = 0
    """With ``asked``: the line of the part of a class that is meant, or 0 for the whole."""
    shadowed: bool = False
    """Its definition is bound anew by a later one of the same name, which stays."""
    beside: bool = False
    """It is added, and another definition of its name was there before and stays: it supersedes none."""

    @property
    def name(self) -> str:
        """The name of the definition or the names that the statement binds, for people."""
        statement = self.new or self.old
        assert statement is not None
        if statement.name:
            return statement.name
        return ", ".join(sorted(statement.binds)) or _excerpt(statement)


def _excerpt(statement: Statement) -> str:
    """A statement that binds nothing, in a few words."""
    first = statement.text.strip().split("\n")[0]
    return first if len(first) <= 40 else first[:37] + "..."


def changes(old: Outline, new: Outline) -> list[Change]:
    """The changes that lead from one outline to another."""
    return compare(old.statements, old.lines, new.statements, new.lines)


def compare(
    old: Sequence[Statement], old_lines: Lines, new: Sequence[Statement], new_lines: Lines
) -> list[Change]:
    """The changes that lead from one list of statements to another.

    Statements that both lists begin or end with are matched first; what lies between is matched by
    meaning, then by the name of the definition, by the names bound, and by what is called, each in
    linear time.
    """
    low = 0
    least = min(len(old), len(new))
    while low < least and (old[low] is new[low] or old[low].same_meaning(new[low])):
        low += 1
    tail = 0
    while tail < least - low and (
        old[-1 - tail] is new[-1 - tail] or old[-1 - tail].same_meaning(new[-1 - tail])
    ):
        tail += 1
    pairs: list[tuple[int | None, int]] = [(index, index) for index in range(low)]
    window_old = range(low, len(old) - tail)
    window_new = range(low, len(new) - tail)
    matched, removed = _match(old, window_old, new, window_new)
    pairs += matched
    pairs += [(len(old) - tail + index, len(new) - tail + index) for index in range(tail)]

    found = [Change("removed", old[index], None, old_lines[index], 0) for index in removed]
    for at, index in pairs:
        change = _change(old, old_lines, at, new, new_lines, index)
        if change is not None:
            found.append(change)
    return found


def _change(
    old: Sequence[Statement],
    old_lines: Lines,
    at: int | None,
    new: Sequence[Statement],
    new_lines: Lines,
    index: int,
) -> Change | None:
    after, line = new[index], new_lines[index]
    if at is None:
        return Change("added", None, after, 0, line)
    before, old_line = old[at], old_lines[at]
    if before is after or (before.text == after.text and before.index == after.index):
        return Change("moved", before, after, old_line, line) if line != old_line else None
    if before.same_meaning(after):
        return Change("moved", before, after, old_line, line)
    renamed = before.name and after.name and before.name != after.name
    return Change("renamed" if renamed else "edited", before, after, old_line, line)


def _match(
    old: Sequence[Statement], window_old: range, new: Sequence[Statement], window_new: range
) -> tuple[list[tuple[int | None, int]], list[int]]:
    """Pair the statements of two windows: (old index or None, new index), and the old ones left."""
    partner = match(
        {at: old[at] for at in window_old}, {index: new[index] for index in window_new}, _KEYS
    )
    taken = set(partner.values())
    left = {at: None for at in window_old if at not in taken}
    _match_renamed(old, left, new, [index for index in window_new if index not in partner], partner)
    pairs: list[tuple[int | None, int]] = [(partner.get(index), index) for index in window_new]
    return pairs, list(left)


def _by_meaning(statement: Statement) -> object:
    return statement.meaning


def _by_name(statement: Statement) -> object:
    return statement.name


def _by_bound(statement: Statement) -> object:
    if statement.kind == "variable" and statement.binds:
        return type(statement.node), statement.binds
    if statement.kind == "block":
        return type(statement.node), tuple(sorted(statement.binds))
    return None


def _by_called(statement: Statement) -> object:
    """What a statement calls that is nothing but a call: ``register(…)`` with other arguments."""
    node = statement.node if statement.kind == "other" else None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return meaning(node.value.func)
    return None


def _definition(key_of: Callable[[ast.stmt], object]) -> Callable[[Statement], object]:
    """A key of definitions, for statements."""
    return lambda statement: key_of(statement.node) if statement.name is not None else None


_KEYS: list[Key[Statement]] = [
    (_by_meaning, False),
    (_definition(signature), False),
    (_definition(decorated), False),
    (_definition(undecorated), True),
    (_by_name, True),
    (_by_bound, False),
    (_by_called, False),
]


def _match_renamed(
    old: Sequence[Statement],
    left: dict[int, None],
    new: Sequence[Statement],
    unmatched: list[int],
    partner: dict[int, int],
) -> None:
    """Pair definitions that differ in nothing but their name, where there is only one such pair;
    and blocks that differ in nothing but the names of definitions in them."""
    before: dict[Meaning, list[int]] = defaultdict(list)
    after: dict[Meaning, list[int]] = defaultdict(list)
    for table, statements, indices in ((before, old, list(left)), (after, new, unmatched)):
        for index in indices:
            if statements[index].name is not None or statements[index].kind == "block":
                table[nameless(statements[index])].append(index)
    for key, indices in after.items():
        candidates = before.get(key, [])
        if len(indices) == len(candidates) == 1:
            del left[candidates[0]]
            partner[indices[0]] = candidates[0]


def nameless(statement: Statement) -> Meaning:
    """A definition's meaning with its own name left out, also where its body refers to itself; or a
    block's with the names of the definitions in it left out."""
    own = {(str, name) for name in definitions_in(statement.node)}
    return tuple((str, object) if item in own else item for item in statement.meaning)


def with_later_definitions(
    found: list[Change], statements: Sequence[Statement], lines: Lines
) -> list[Change]:
    """Take account of definitions that bear the same name (property and setter, ``_``, overloads).

    Of several definitions with one name the last one binds it. If one of them is added or removed, or
    gets other decorators, those after it that build on it (``@x.setter``) are evaluated again; if the
    last one is gone, the one before it is; and an earlier one leaves the name bound as it is.

    Args:
        found: the changes.
        statements: all statements of the new text.
        lines: their lines.
    """
    hard = {
        statement.name
        for change in found
        if change.kind in ("added", "removed")
        or (change.kind == "edited" and _other_decorators(change))
        for statement in (change.new, change.old)
        if statement is not None
        and (statement.kind == "function" or change.kind == "added")
        and statement.name
    }
    if not hard:
        return found
    known = {id(change.new): change for change in found if change.new is not None}
    groups: dict[str | None, list[int]] = defaultdict(list)
    for index, statement in enumerate(statements):
        groups[statement.name].append(index)
    for name in hard:
        group = groups.get(name)
        if not group:
            continue
        last = group[-1]
        touched = [
            i
            for i in group
            if (c := known.get(id(statements[i]))) and c.kind in ("added", "edited")
        ]
        removed = any(
            c.kind == "removed" and c.old is not None and c.old.name == name for c in found
        )
        again = set(group) - set(touched) if removed else set()
        was_there = any(
            (c := known.get(id(statements[i]))) is None or c.old is not None for i in group
        )
        for index in touched:
            later = [i for i in group if i > index and i not in touched]
            again.update(i for i in later if _builds_on(statements[i], name))
            if was_there and known[id(statements[index])].kind == "added":
                known[id(statements[index])] = replace(known[id(statements[index])], beside=True)
            stays = last not in touched or known[id(statements[last])].kind == "edited"
            read = any(i > index and _builds_on(statements[i], name) for i in touched)
            if index != last and last not in again and stays and not read:
                known[id(statements[index])] = replace(known[id(statements[index])], shadowed=True)
        for index in again:
            statement, line = statements[index], lines[index]
            before = known.get(id(statement))
            old, old_line = (before.old, before.old_line) if before else (statement, line)
            known[id(statement)] = Change("asked", old, statement, old_line, line)
    removals = [change for change in found if change.new is None]
    return removals + [known[id(statement)] for statement in statements if id(statement) in known]


def _other_decorators(change: Change) -> bool:
    parts = [
        [meaning(part) for part in getattr(statement.node, "decorator_list", ())]
        for statement in (change.old, change.new)
        if statement is not None
    ]
    return len(parts) == 2 and parts[0] != parts[1]


def _builds_on(statement: Statement, name: str) -> bool:
    """Whether a definition's decorators read the name that it binds."""
    return any(
        isinstance(part, ast.Name) and part.id == name
        for decorator in getattr(statement.node, "decorator_list", ())
        for part in ast.walk(decorator)
    )


def children(
    node: ast.stmt, text: str, body: list[ast.stmt] | None = None
) -> tuple[list[Statement], list[int]]:
    """The statements of a class or block body that was parsed at its true lines.

    Args:
        node: the class or block.
        text: its lines, from its `first_line` on.
        body: which of a block's bodies; all of them if not given.
    """
    statements: list[Statement] = []
    lines: list[int] = []
    top = text.split("\n")
    above = first_line(node)
    for part_of_node in bodies(node) if body is None else [body]:
        for child in part_of_node:
            first, last = first_line(child), child.end_lineno or child.lineno
            part = "\n".join(top[first - above : last - above + 1])
            same_line = sum(1 for line in lines[-8:] if line == first)
            statements.append(Statement(part, same_line, child, nested=True))
            lines.append(first)
    return statements, lines
