"""Class bodies: attributes that were computed from another one which an edit changed.

In: the changes of a class body, as they are applied. Out: the attributes that are not computed again,
each with what it was computed from.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from livecode.edits.dependents import COMPUTED
from livecode.edits.reading import assignments, decorates, evaluated
from livecode.sources import names as names_of
from livecode.sources.changes import Change, children
from livecode.sources.outline import FUNCTIONS, Statement


def left_behind(
    inner: list[Change], node: ast.ClassDef, text: str
) -> Iterator[tuple[str, str, bool]]:
    """The names of a class body that keep their values although these depend on what changed.

    Args:
        inner: the changes of the body, with what is evaluated again because of them.
        node: the class statement as it is now.
        text: its text.

    Yields:
        A name, why it is stale, and whether it was made anew but lacks what a statement puts into it.
    """
    changes = {id(change.new.node): change for change in inner if change.new is not None}
    changed: set[str] = set()
    called: set[str] = set()
    stale: set[str] = set()
    for statement, _ in zip(*children(node, text), strict=True):
        change = changes.get(id(statement.node))
        if change is not None and change.kind != "moved":
            stale -= statement.binds
            if change.kind == "asked" and _gives_the_same(statement, changed | stale, called):
                changed -= statement.binds
            elif statement.kind == "variable":
                changed |= statement.binds
            elif isinstance(statement.node, FUNCTIONS):
                called |= statement.binds
            continue
        for part, names in assignments(statement):
            of = _read(part, changed | stale, called)
            if of:
                what = "is stale" if of in stale else "changed"
                for name in sorted(names):
                    anew = name in changed and name not in statement.binds
                    yield name, f"{COMPUTED}{of}, which {what}", anew
                changed -= set(names)
                stale |= set(names)
            else:
                changed -= statement.binds
                stale -= statement.binds


def _gives_the_same(statement: Statement, values: Collection[str], called: Collection[str]) -> bool:
    """Whether a statement that did not change, and is evaluated again for its place, binds what it did."""
    value = getattr(statement.node, "value", None)
    if not isinstance(value, ast.expr) or not names_of.is_operators(value):
        return False
    return not _read(statement.node, values, called)


def _read(node: ast.AST, values: Collection[str], called: Collection[str]) -> str:
    """Which of some names is read, or which function called, where a statement of a class body runs."""
    inside = isinstance(node, ast.ClassDef)  # what stands in its body does not see the names around
    roots = [*node.decorator_list, *node.bases, *node.keywords] if inside else [node]  # type: ignore[attr-defined]
    for root in roots:
        for part in evaluated(root):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in values:
                return part.id
            function = part.func if isinstance(part, ast.Call) else None
            if (
                isinstance(function, ast.Name)
                and function.id in called
                and not decorates(part, node)
            ):
                return function.id
    return ""
