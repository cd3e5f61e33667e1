"""Evaluating what a person asks for: an expression, statements, or a part of a file, in a live module.

In: a text and the source whose namespace it goes into. Out: the report and the last expression's
value. It is one transaction: what it defines takes the place of what is alive, and an error takes
all of it back.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import os
from types import TracebackType
from typing import Any, NamedTuple

from livecode.edits.plan import SourceEdit
from livecode.edits.report import Report
from livecode.edits.transaction import transact
from livecode.source import Source
from livecode.sources.outline import Outline, Statement, outline
from livecode.workspace import Workspace


class Evaluated(NamedTuple):
    """The result of an evaluation: `value` is None unless the last statement was an expression."""

    report: Report
    value: Any


def evaluate_text(workspace: Workspace, source: Source, text: str) -> Evaluated:
    """Evaluate a text in the namespace of a source.

    Raises:
        SyntaxError: the text is not Python.
        Exception: whatever the text raises; nothing that it defined stays.
    """
    __tracebackhide__ = True
    filename = named(text)
    return evaluate(workspace, source, outline(text, filename), filename)


def named(text: str) -> str:
    """A file name for a text, under which tracebacks and ``inspect`` find its lines."""
    data = text.encode("utf-8", "surrogatepass")
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()[:12]
    filename = f"<liveeval-{digest}>"
    lines = [line + "\n" for line in text.split("\n")]
    linecache.cache[filename] = (len(text), None, lines, filename)
    return filename


def evaluate(
    workspace: Workspace, source: Source, fragment: Outline, filename: str, part: int = 0
) -> Evaluated:
    """Evaluate the statements of an outline in the namespace of a source.

    Args:
        workspace: all sources, for what depends on it.
        source: where it is evaluated.
        fragment: the statements, with their lines in `filename`.
        filename: what they are compiled under.
        part: a line inside of a class of the fragment: only that part of it is meant.

    Raises:
        Exception: whatever a statement raises; nothing that was defined stays.
    """
    __tracebackhide__ = True
    statements, last = fragment.statements, None
    if statements and isinstance(statements[-1].node, ast.Expr):
        last = statements[-1].parse(fragment.lines[-1])
        body = Outline(fragment.text, statements[:-1], fragment.lines[:-1])
    else:
        body = fragment
    edit = SourceEdit(source, body, filename=filename, partial=True, part=part)
    outcome = transact([edit], workspace.sources(), workspace.evolution)
    if outcome.report.errors:
        error = outcome.report.errors[0]
        raise error.with_traceback(_of_the_user(error.__traceback__))
    value = None
    if isinstance(last, ast.Expr):
        try:
            value = _value(last, source, filename, fragment.flags)
        except BaseException as error:
            outcome.journal.rollback()
            raise error.with_traceback(_of_the_user(error.__traceback__)) from error.__cause__
    outcome.settle()
    workspace.remember(outcome, {})
    source.evaluated(body, filename)
    return Evaluated(outcome.report, value)


def _of_the_user(trace: TracebackType | None) -> TracebackType | None:
    """A traceback from the first frame on that is not livecode's own."""
    own = os.path.dirname(os.path.abspath(__file__)) + os.sep
    at = trace
    while at is not None and at.tb_frame.f_code.co_filename.startswith(own):
        at = at.tb_next
    return at or trace


def _value(last: ast.Expr, source: Source, filename: str, flags: int) -> Any:
    expression = ast.Expression(last.value)
    code = compile(expression, filename, "eval", flags=flags, dont_inherit=True)
    return eval(code, source.namespace)


def part_of(whole: Outline, first: int, last: int) -> tuple[Outline, int]:
    """The statements of an outline at some lines.

    Args:
        whole: the outline of a file.
        first: the first line, 1-based.
        last: the last line; with the same line for both, the innermost statement or definition at
            module or class level is meant.

    Returns:
        The statements, and the line inside of a class if only a part of it is meant (else 0).
    """
    chosen: list[tuple[Statement, int]] = [
        (statement, line)
        for statement, line in zip(whole.statements, whole.lines, strict=True)
        if line <= last and line + statement.height > first
    ]
    part = 0
    if first == last and len(chosen) == 1 and chosen[0][0].kind == "class" and first > chosen[0][1]:
        statement, line = chosen[0]
        node = statement.parse(line)
        assert isinstance(node, ast.ClassDef)
        if any(child.lineno <= first or _decorated_from(child) <= first for child in node.body):
            part = first
    return Outline(whole.text, [s for s, _ in chosen], [n for _, n in chosen]), part


def _decorated_from(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", None)
    return int(decorators[0].lineno) if decorators else node.lineno
