"""Text to Outline: the top-level statements of one revision of a source, in order, with exact spans.

In: a text, and the outline of the revision before it if there is one. Out: an `Outline`. A revision
is outlined by parsing only the window of lines in which it differs from the one before; every
statement outside of the window is the same `Statement` object in both outlines. Statements know
their own text but not their line, so that lines added above them cost nothing.
"""

from __future__ import annotations
import __future__

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from livecode.sources import names
from livecode.sources.parsing import parse_statement, sketch, syntax

Kind: TypeAlias = Literal["function", "class", "variable", "import", "block", "other"]
Def: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Meaning: TypeAlias = tuple[object, ...]

_WORD = re.compile(r"\w+")
_DEFINES = re.compile(r"\b(?:def|class)[\s\\]+(\w+)")
_OFTEN = 32
"""After so many look-ups in one outline an index is worth its making."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
BLOCKS = (
    ast.If,
    ast.Try,
    ast.TryStar,
    ast.With,
    ast.Match,
    ast.For,
    ast.While,
    ast.AsyncWith,
    ast.AsyncFor,
)
MAY_DEFINE = (*DEFINITIONS, *BLOCKS, ast.Assign, ast.AnnAssign)
"""Statements that `definitions_in` may find something in."""


class Definition(NamedTuple):
    """A named piece of a source, for lists and look-ups by line.

    `kind` is that of its statement, or ``method`` or ``nested function``. `line` and `end` are 1-based
    and inclusive; `line` is that of the first decorator.
    """

    qualname: str
    kind: str
    line: int
    end: int


class Statement:
    """One statement of a module or class body, without its place.

    Args:
        text: the full lines that hold it (shared with others only if they stand on the same line).
        index: which statement of `text` it is (``a = 1; b = 2`` are two).
        node: its parsed node, as parsed with its first line as line 1.
        nested: it stands inside of another statement: `node` has its true lines, and stays.
    """

    __slots__ = ("__dict__", "index", "kind", "name", "nested", "text")

    def __init__(self, text: str, index: int, node: ast.stmt, nested: bool = False) -> None:
        self.text = text
        self.index = index
        self.nested = nested
        if nested:
            self.__dict__["node"] = node
        self.kind = kind_of(node)
        self.name: str | None = node.name if isinstance(node, DEFINITIONS) else None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.text[:30]!r}>"

    @cached_property
    def node(self) -> ast.stmt:
        """The statement's syntax tree, with its own first line as line 1."""
        node: ast.stmt = syntax(self.text).body[self.index]
        return node

    def parse(self, line: int) -> ast.stmt:
        """A new syntax tree of it (the caller's to change), its first line being `line`.

        If it stands alone on its lines, it knows the text that it was parsed from
        (`parsing.text_of`).
        """
        return parse_statement("\n" * (line - 1) + self.text, self.index)

    @cached_property
    def meaning(self) -> Meaning:
        """What is equal for two statements that differ only in formatting and comments."""
        return meaning(self.node)

    @cached_property
    def binds(self) -> frozenset[str]:
        """The names that it binds in its own scope (``*`` for a star import)."""
        return names.bound(self._sketch)

    @property
    def assigns(self) -> frozenset[str]:
        """The names that it binds, but for one that it only annotates (``x: int``)."""
        return self.binds - names.unassigned(self._sketch)

    @property
    def _sketch(self) -> ast.stmt:
        return self.node if self.nested else sketch(self.text).body[self.index]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its text."""
        return frozenset(_WORD.findall(self.text))

    @cached_property
    def height(self) -> int:
        """How many lines it takes."""
        return self.text.count("\n") + 1

    def same_meaning(self, other: Statement) -> bool:
        """Whether both mean the same."""
        if self.text == other.text and self.index == other.index:
            return True
        return self.kind == other.kind and self.meaning == other.meaning


class Outline:
    """The statements of one text, in order, each with its first line.

    Args:
        text: the whole text.
        statements: its top-level statements.
        lines: for each of them the line (1-based) of its first decorator or token.
    """

    def __init__(self, text: str, statements: list[Statement], lines: list[int]) -> None:
        self.text = text
        self.statements = statements
        self.lines = lines
        self._asked = 0

    @cached_property
    def _defining(self) -> dict[str, list[Statement]]:
        """By name, the statements that may define it."""
        found: dict[str, list[Statement]] = {}
        for statement in self.statements:
            for name in set(_DEFINES.findall(statement.text)):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def flags(self) -> int:
        """The compiler flags of its ``from __future__ import`` statements."""
        flags = 0
        for statement in self.statements:
            if statement.kind == "import" and "__future__" in statement.text:
                node = statement.node
                if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                    for alias in node.names:
                        feature = getattr(__future__, alias.name, None)
                        flags |= feature.compiler_flag if feature is not None else 0
        return flags

    @cached_property
    def docstring(self) -> str | None:
        """The module docstring, as ``__doc__`` shows it."""
        if self.statements and self.statements[0].kind == "other":
            return ast.get_docstring(ast.Module([self.statements[0].node], []), clean=False)
        return None

    def definition(self, name: str) -> ast.stmt | None:
        """The last definition of a module-level name."""
        self._asked += 1
        among = self.statements if self._asked < _OFTEN else self._defining.get(name, [])
        for statement in reversed(among):
            if name in statement.text and name in statement.binds:
                found = definitions_in(statement.node).get(name)
                if found is not None:
                    return found
        return None

    def definitions(self) -> Iterator[Definition]:
        """Every definition and variable of the text, outer ones first."""
        for statement, line in zip(self.statements, self.lines, strict=True):
            yield from _definitions(statement.node, "", line - 1)

    def at_line(self, line: int) -> int | None:
        """The index of the statement that covers `line`, or None between statements."""
        place = bisect_left(self.lines, line + 1) - 1
        if place >= 0 and line < self.lines[place] + self.statements[place].height:
            return place
        return None


def outline(text: str, filename: str = "<text>", before: Outline | None = None) -> Outline:
    """Make the outline of `text`.

    Args:
        text: the text of a module or cell (no IPython syntax).
        filename: for the message of a SyntaxError.
        before: the outline of the revision before, to parse only what differs from it.

    Raises:
        SyntaxError: `text` is not Python; line numbers are those of the whole text.
    """
    if before is not None:
        revised = _revise(before, text)
        if revised is not None:
            return revised
    tree = sketch(text, filename)
    return Outline(text, *_statements(tree.body, text.split("\n"), 0))


def _statements(
    body: list[ast.stmt], lines: list[str], above: int
) -> tuple[list[Statement], list[int]]:
    """Statements and their first lines for `body`, which was parsed from `lines` (`above` lines above)."""
    statements: list[Statement] = []
    starts: list[int] = []
    at = 0
    while at < len(body):
        first = first_line(body[at])
        last = body[at].end_lineno or first
        until = at + 1
        while until < len(body) and (
            first_line(body[until]) <= last or lines[last - 1].rstrip().endswith("\\")
        ):
            last = max(last, body[until].end_lineno or last)
            until += 1
        text = "\n".join(lines[first - 1 : last])
        for index, node in enumerate(body[at:until]):
            statements.append(Statement(text, index, node))
            starts.append(first + above)
        at = until
    return statements, starts


def _revise(before: Outline, text: str) -> Outline | None:
    """The outline of `text` from the one before, or None where only a parse of the whole text is sure.

    Let P be the lines that both texts begin with and S those that they end with. The last statement
    in P is parsed anew too, since what follows a statement can still belong to it (``else``, a line
    after a backslash). The window between is then parsed by itself; if that succeeds, S begins with
    a statement of its own in the new text as it did in the old one.
    """
    old, statements, lines = before.text, before.statements, before.lines
    if old == text:
        return before
    prefix = _common_prefix(old, text)
    suffix = _common_suffix(old, text, min(len(old), len(text)) - prefix)
    shift = text.count("\n") - old.count("\n")

    head = old.rfind("\n", 0, prefix) + 1  # where the first line begins that is not in P
    first_changed = old.count("\n", 0, head) + 1
    low = bisect_left(lines, first_changed)
    while low and lines[low - 1] + statements[low - 1].height > first_changed:
        low -= 1
    low = _start_of_line(lines, low - 1)

    tail = _first_line_start(old, text, suffix)  # where the first line of S begins, in `old`
    kept_from = old.count("\n", 0, tail) + 1
    high = len(lines) if tail == len(old) else bisect_left(lines, kept_from)
    if low <= 0 and high == len(statements):
        return None

    start = _move(text, head, lines[low] - first_changed) if low else 0
    end = len(text)
    if high < len(lines):
        end = _move(text, tail + len(text) - len(old), lines[high] - kept_from)
    window = text[start:end]
    try:
        tree = sketch(window)
    except SyntaxError:
        return None
    new, new_lines = _statements(tree.body, window.split("\n"), lines[low] - 1 if low else 0)
    later = [line + shift for line in lines[high:]] if shift else lines[high:]
    return Outline(
        text, statements[:low] + new + statements[high:], lines[:low] + new_lines + later
    )


def _start_of_line(lines: list[int], index: int) -> int:
    """The first of the statements that begin on the same line as statement `index` (at least 0)."""
    while index > 0 and lines[index - 1] == lines[index]:
        index -= 1
    return max(index, 0)


def _first_line_start(old: str, new: str, suffix: int) -> int:
    """Where, in `old`, the first line begins that both texts have whole in their common suffix."""
    at_old, at_new = len(old) - suffix, len(new) - suffix
    if all(at == 0 or text[at - 1] == "\n" for text, at in ((old, at_old), (new, at_new))):
        return at_old
    newline = old.find("\n", at_old)
    return newline + 1 if newline >= 0 else len(old)


def _move(text: str, offset: int, by: int) -> int:
    """The offset of the line that begins `by` lines below (or above) the one at `offset`."""
    while by > 0:
        offset, by = text.index("\n", offset) + 1, by - 1
    while by < 0:
        offset, by = text.rfind("\n", 0, offset - 1) + 1, by + 1
    return offset


def _common_prefix(a: str, b: str) -> int:
    """The length of the longest common prefix, by bisection (each step compares memory)."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(a: str, b: str, most: int) -> int:
    """The length of the longest common suffix, of at most `most` characters."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def first_line(node: ast.stmt) -> int:
    """The line on which a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", None)
    return min(decorators[0].lineno, node.lineno) if decorators else node.lineno


def kind_of(node: ast.stmt) -> Kind:
    """Which kind of statement `node` is."""
    if isinstance(node, FUNCTIONS):
        return "function"
    if isinstance(node, ast.ClassDef):
        return "class"
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "import"
    if (
        isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        or type(node).__name__ == "TypeAlias"
    ):
        return "variable"
    if isinstance(node, BLOCKS):
        return "block"
    return "other"


def meaning(node: ast.AST) -> Meaning:
    """Flatten a syntax tree to a tuple that leaves out places: equal tuples mean equal programs.

    Iterative, since a long chain of operators is deeper than Python's recursion limit.
    """
    flat: list[object] = []
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.AST):
            flat.append(type(item))
            stack.extend([getattr(item, field, None) for field in reversed(item._fields)])
        elif isinstance(item, list):
            flat.append(len(item))
            stack.extend(reversed(item))
        elif isinstance(item, (float, complex)):
            flat.append((type(item), repr(item)))
        else:
            flat.append((type(item), item))
    return tuple(flat)


def bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The statement lists of a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        found = getattr(node, field, None)
        if isinstance(found, list):
            yield found
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def definitions_in(node: ast.stmt) -> dict[str, ast.stmt]:
    """The definitions (named lambdas too) that a statement is, or holds in its blocks: by name, the
    last of each."""
    return dict(every_definition_in(node))


def every_definition_in(node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """The same with all of those that share a name, each with it."""
    if isinstance(node, DEFINITIONS):
        yield node.name, node
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Lambda):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            yield targets[0].id, node
    elif isinstance(node, BLOCKS):
        for body in bodies(node):
            for child in body:
                yield from every_definition_in(child)


def _definitions(node: ast.stmt, scope: str, above: int) -> Iterator[Definition]:
    last = (node.end_lineno or node.lineno) + above
    if isinstance(node, DEFINITIONS):
        kind: str = kind_of(node)
        if kind == "function" and scope:
            kind = "nested function" if scope.endswith(".<locals>.") else "method"
        qualname = scope + node.name
        yield Definition(qualname, kind, first_line(node) + above, last)
        inner = qualname + ("." if kind == "class" else ".<locals>.")
        for child in node.body:
            yield from _nested(child, inner, above, variables=kind == "class")
    else:
        yield from _nested(node, scope, above, variables=True)


def _nested(node: ast.stmt, scope: str, above: int, variables: bool) -> Iterator[Definition]:
    if isinstance(node, DEFINITIONS):
        yield from _definitions(node, scope, above)
    elif isinstance(node, BLOCKS):
        for body in bodies(node):
            for child in body:
                yield from _nested(child, scope, above, variables)
    elif variables and kind_of(node) in ("variable", "import"):
        for name in sorted(names.bound(node)):
            yield Definition(
                scope + name,
                kind_of(node),
                node.lineno + above,
                (node.end_lineno or node.lineno) + above,
            )
