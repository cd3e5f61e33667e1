"""Surroundings: what stands around a place in the syntax of code, and what handlers there do.

In: the `Syntax` of a code object and a `Place` in it. Out: the ``try`` and ``with`` statements around it,
the call that is made there; of handlers and ``finally`` blocks, how they are left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from livecode.breaks.scopes import SCOPES, own
from livecode.breaks.syntax import Place, Syntax


class Around(NamedTuple):
    """A ``try`` or ``with`` statement around a place.

    Args:
        statement: an ast.Try, ast.TryStar, ast.With or ast.AsyncWith.
        part: for a try, the field in which the place is: body, handlers, orelse or finalbody.
        entered: for a with, how many of its items are entered at the place.
    """

    statement: Any
    part: str
    entered: int


_WITHS = (ast.With, ast.AsyncWith)

_TRIES = (ast.Try, ast.TryStar)


def enclosing(syntax: Syntax, place: Place, entering: int | None = None) -> list[Around]:
    """The try and with statements around a place of this code, innermost first.

    Args:
        syntax: of the code.
        place: in it.
        entering: where the place is a whole with statement, as it is up to 3.12 while a manager is
            entered: how many were entered there before, see `entered_before`.
    """
    found: list[Around] = []
    statements: Sequence[Any] = syntax.statements
    while True:
        here = next((each for each in statements if _within(place, each)), None)
        if here is None or isinstance(here, SCOPES):
            break
        if isinstance(here, _TRIES):
            part, statements = _part_of_try(here, place)
            if part:
                found.append(Around(here, part, 0))
        elif isinstance(here, _WITHS):
            found.append(Around(here, "body", _entered(here, place, entering)))
            statements = here.body
        else:
            statements = list(_nested(here))
    found.reverse()
    return found


def _part_of_try(statement: Any, place: Place) -> tuple[str, Sequence[Any]]:
    for part in ("body", "orelse", "finalbody"):
        block = getattr(statement, part)
        if any(_within(place, each) for each in block):
            return part, block
    for handler in statement.handlers:
        if _within(place, handler):
            return "handlers", handler.body
    return "", ()


def _entered(statement: Any, place: Place, entering: int | None) -> int:
    """How many managers of a with statement are open at the place."""
    items = statement.items
    if any(_within(place, each) for each in statement.body):
        return len(items)
    for number, item in enumerate(items):
        if _within(place, item.context_expr):
            return number
        if item.optional_vars is not None and _within(place, item.optional_vars):
            return number + 1
    if entering is not None:
        # A block that is compiled twice (finally) enters each item twice.
        return entering % len(items)
    # The place is the whole statement, which leaves an item: the last, as a rule.
    return len(items) - 1


def _nested(statement: ast.AST) -> Iterator[ast.stmt]:
    """The statements directly in a compound statement that is neither try nor with nor a scope."""
    for field in ("body", "orelse"):
        yield from getattr(statement, field, ())
    for case in getattr(statement, "cases", ()):
        yield from case.body


def _within(place: Place, node: Any) -> bool:
    first = node.lineno
    column = node.col_offset
    for decorator in getattr(node, "decorator_list", ()):
        if decorator.lineno < first:
            first, column = decorator.lineno, 0
    if place.column is None or place.end_column is None:
        return bool(first <= place.line <= node.end_lineno)
    return bool(
        (first, column) <= (place.line, place.column)
        and (place.end_line, place.end_column) <= (node.end_lineno, node.end_col_offset)
    )


def leaves(statements: Iterable[ast.stmt], looping: bool = False) -> bool:
    """Whether a return, or a break or continue of a loop outside, stands in the statements.

    Args:
        statements: a block of a function.
        looping: whether the block is in a loop that is part of it, to which break belongs.
    """
    for each in statements:
        if isinstance(each, ast.Return):
            return True
        if isinstance(each, (ast.Break, ast.Continue)):
            if not looping:
                return True
        elif isinstance(each, (ast.For, ast.AsyncFor, ast.While)):
            if leaves(each.body, True) or leaves(each.orelse, looping):
                return True
        elif not isinstance(each, SCOPES):
            blocks = [*_nested(each), *getattr(each, "finalbody", ())]
            for handler in getattr(each, "handlers", ()):
                blocks += handler.body
            if leaves(blocks, looping):
                return True
    return False


def raises_again(handler: ast.ExceptHandler) -> bool | None:
    """Whether a handler surely raises the exception again; None: it depends."""
    name = handler.name
    if _ends_raising(handler.body, name):
        left = leaves(handler.body) or any(
            isinstance(each, (ast.Yield, ast.YieldFrom)) for each in own(handler.body)
        )
        return None if left else True
    return None if any(_is_again(each, name) for each in _outside_tries(handler.body)) else False


def _outside_tries(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """As `own`, without the handlers of nested tries: a bare raise in them raises another one."""
    for node in statements:
        yield node
        if not isinstance(node, (*SCOPES, ast.ExceptHandler)):
            yield from _outside_tries(ast.iter_child_nodes(node))


def raises_others(statements: Sequence[ast.stmt], given: Sequence[str] = ()) -> list[ast.Raise]:
    """The ``raise`` statements by which a finally block or an exit may raise another exception.

    Args:
        statements: of the block, or of the function.
        given: the parameters of the exit: what is raised of them is no other exception, and what it does
            where one of them is None it does without an exception.
    """
    found: list[ast.Raise] = []
    for each in statements:
        if isinstance(each, ast.Raise):
            if each.exc is not None and _first_name(each.exc) not in given:
                found.append(each)
        elif isinstance(each, ast.If) and (nothing := _asks_for_none(each.test, given)) is not None:
            found += raises_others(each.orelse if nothing else each.body, given)
        elif not isinstance(each, SCOPES):
            for block in _blocks(each):
                found += raises_others(block, given)
    return found


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a statement; not that of a try that has clauses, which may take what it raises."""
    for field in ("body", "orelse", "finalbody"):
        if field != "body" or not getattr(statement, "handlers", ()):
            yield getattr(statement, field, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _first_name(node: ast.expr) -> str | None:
    """``error`` in ``error.with_traceback(trace)``."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _asks_for_none(test: ast.expr, given: Sequence[str]) -> bool | None:
    """Whether a test is true if a parameter is None; None: it is another test."""
    match test:
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.IsNot() as operator],
            comparators=[ast.Constant(None)],
        ) if name in given:
            return isinstance(operator, ast.Is)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)) if name in given:
            return True
        case ast.Name(id=name) if name in given:
            return False
    return None


def _is_again(node: ast.AST, name: str | None) -> bool:
    if not isinstance(node, ast.Raise):
        return False
    if node.exc is None:
        return True
    return isinstance(node.exc, ast.Name) and node.exc.id == name


def _ends_raising(statements: Sequence[ast.stmt], name: str | None) -> bool:
    last = statements[-1]
    if isinstance(last, ast.If) and last.orelse:
        return _ends_raising(last.body, name) and _ends_raising(last.orelse, name)
    return _is_again(last, name)


def call_at(syntax: Syntax, place: Place) -> ast.Call | None:
    """The call that the instruction at the place makes."""
    best: ast.Call | None = None
    for node in own(syntax.statements):
        if not isinstance(node, ast.Call) or node.lineno > place.line:
            continue
        if place.end_column is None:
            if node.lineno == place.line:
                best = best or node
        elif (node.end_lineno, node.end_col_offset) == (place.end_line, place.end_column):
            # A call of an attribute on a line of its own is located from the attribute's name on.
            start = (node.lineno, node.col_offset)
            if start == (place.line, place.column):
                return node
            if start < (place.line, place.column or 0) and isinstance(node.func, ast.Attribute):
                best = node
    return best
