"""What of a definition or block changed: pure questions about two pieces of syntax.

In: old and new syntax, or changes. Out: whether its decorators, header or only its body differ, and
which other statements of a class body depend on what changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, TypeAlias

from livecode.sources import names
from livecode.sources.changes import Change, children
from livecode.sources.outline import FUNCTIONS, Meaning, Statement, meaning

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def same_parts(old: ast.AST, new: ast.AST, part: str) -> bool:
    """Whether a part of two nodes (a list of expressions) means the same."""
    a, b = getattr(old, part, []), getattr(new, part, [])
    return len(a) == len(b) and all(meaning(x) == meaning(y) for x, y in zip(a, b, strict=True))


def same_header(old: FunctionNode, new: FunctionNode) -> bool:
    """Whether two functions have the same parameters, defaults, annotations and type parameters."""
    if meaning(old.args) != meaning(new.args) or not same_parts(old, new, "type_params"):
        return False
    if (old.returns is None) != (new.returns is None):
        return False
    return (
        old.returns is None or new.returns is None or meaning(old.returns) == meaning(new.returns)
    )


def same_outside_of_nested(old: FunctionNode, new: FunctionNode, depth: int = 0) -> bool:
    """Whether two functions differ at most in functions nested in them (deeper than `depth`)."""
    return _meaning_without_nested(old, depth) == _meaning_without_nested(new, depth)


def depth_of_change(old: FunctionNode, new: FunctionNode) -> int:
    """How deep the outermost function is nested in which two functions differ (2: or deeper)."""
    return next((depth for depth in (0, 1) if not same_outside_of_nested(old, new, depth)), 2)


def _meaning_without_nested(node: FunctionNode, depth: int) -> Meaning:
    """The meaning of a function as if functions nested in it, and lambdas that it returns, were empty."""
    nested = list(_nested(node, depth))
    bodies = [part.body for part in nested]
    try:
        for part in nested:
            part.body = []
        return meaning(node)
    finally:
        for part, body in zip(nested, bodies, strict=True):
            part.body = body


def _nested(node: ast.AST, depth: int) -> Iterator[Any]:
    stack = [(node, depth)]  # an expression may be nested deeper than Python's recursion goes
    while stack:
        around, left = stack.pop()
        for part in ast.iter_child_nodes(around):
            function = isinstance(part, FUNCTIONS)
            returned = isinstance(part, ast.Lambda) and isinstance(around, ast.Return)
            if left == 0 and (function or returned):
                yield part
            else:
                stack.append((part, left - (function or isinstance(part, ast.Lambda))))


def unchanged_defaults(old: FunctionNode, new: FunctionNode) -> frozenset[str]:
    """The parameters whose default expressions mean the same in both."""
    before, after = _default_meanings(old.args), _default_meanings(new.args)
    return frozenset(name for name, value in after.items() if before.get(name) == value)


def _default_meanings(arguments: ast.arguments) -> dict[str, Any]:
    positional = [*arguments.posonlyargs, *arguments.args]
    count = len(arguments.defaults)
    with_default = positional[len(positional) - count :]
    found = {a.arg: meaning(d) for a, d in zip(with_default, arguments.defaults, strict=True)}
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            found[argument.arg] = meaning(default)
    return found


def is_soft(change: Change) -> bool:
    """Whether a change needs no evaluation: functions in place, new names, and moved lines."""
    if change.kind in ("moved", "renamed"):
        return True
    if change.kind != "edited" or change.old is None or change.new is None:
        return False
    old, new = change.old.node, change.new.node
    if isinstance(old, FUNCTIONS) and isinstance(new, FUNCTIONS):
        return same_parts(old, new, "decorator_list") and same_header(old, new)
    return False


def with_dependants(inner: list[Change], node: ast.ClassDef, text: str) -> list[Change]:
    """Add the constants of a class body that are computed from constants of it which changed."""
    changed = {
        name
        for change in inner
        if change.kind != "moved" and change.new is not None and change.new.kind == "variable"
        for name in change.new.binds
    }
    if not changed:
        return inner
    known = {id(change.new.node): change for change in inner if change.new is not None}
    found = [change for change in inner if change.new is None]
    for statement, line in zip(*children(node, text), strict=True):
        change = known.get(id(statement.node))
        part = statement.node
        computed = (
            isinstance(part, (ast.Assign, ast.AnnAssign))
            and part.value is not None
            and names.is_operators(part.value)
            and names.loaded(part.value) & changed
        )
        if computed and (change is None or change.kind == "moved"):
            change = Change("asked", statement, statement, line, line)
            changed |= statement.binds
        if change is not None:
            found.append(change)
    return found


def kind_of_change(change: Change) -> str:
    """The kind of the statement that a change concerns."""
    statement = change.new or change.old
    assert statement is not None
    return statement.kind


def names_of(change: Change) -> frozenset[str]:
    """The names that the statement binds or bound."""
    found: frozenset[str] = frozenset()
    for statement in (change.old, change.new):
        if statement is not None:
            found |= statement.binds
    return found


def kept_names(inner: list[Change]) -> frozenset[str]:
    """The names of a class body whose statements did change; all others keep their values."""
    return frozenset(
        name for change in inner if change.kind != "moved" for name in names_of(change)
    )


def block_header(node: ast.stmt) -> Any:
    """What a block evaluates before and between its bodies."""
    parts = [
        getattr(node, field)
        for field in ("test", "items", "target", "iter", "subject")
        if hasattr(node, field)
    ]
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        parts += [getattr(part, field, None) for field in ("type", "name", "pattern", "guard")]
    return [
        [meaning(item) for item in part]
        if isinstance(part, list)
        else meaning(part)
        if isinstance(part, ast.AST)
        else part
        for part in parts
    ]


def block_shape(node: ast.stmt) -> Any:
    """Which bodies a block has."""
    return (
        bool(getattr(node, "orelse", ())),
        bool(getattr(node, "finalbody", ())),
        len(getattr(node, "handlers", ())),
        len(getattr(node, "cases", ())),
    )


def may_hold_code(statement: Statement) -> bool:
    """Whether a statement can have made functions, so that their lines matter."""
    return statement.kind in ("function", "class", "block") or "lambda" in statement.text


def makes_lambdas(node: ast.AST) -> bool:
    """Whether a lambda is made when a statement is evaluated (not when its functions are called)."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Lambda):
            return True
        if not isinstance(part, FUNCTIONS):
            stack.extend(ast.iter_child_nodes(part))
    return False
