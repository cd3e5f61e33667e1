"""Text to syntax: the whole of it, or a sketch without its long literals.

In: a text. Out: a syntax tree. A sketch has the same statements on the same lines, which bind the same
names, with the inside of long displays of literals replaced by ``0``; a file that is mostly data is
sketched in a fraction of the time that a parse takes. Strings and comments are passed over as a whole,
so that what looks like a display inside of one stays.
"""

from __future__ import annotations

import ast
import re
from typing import Any, TypeVar

_Node = TypeVar("_Node", bound=ast.AST)
_TEXT = "livecode_text"

_ATTEMPTS = 20
"""How often a text is parsed while another thread parses."""

LONG = 10_000
"""Displays of at least so many characters are left out."""

_STRING = (
    r"(?:[bBrRuU]{0,2}(?:"
    r"'''[^'\\]*+(?:(?s:\\.|'(?!''))[^'\\]*+)*+'''"
    r'|"""[^"\\]*+(?:(?s:\\.|"(?!""))[^"\\]*+)*+"""'
    r"|'[^'\\\n]*+(?:(?s:\\.)[^'\\\n]*+)*+'"
    r'|"[^"\\\n]*+(?:(?s:\\.)[^"\\\n]*+)*+"))'
)
_NUMBERS = r"[\s,:+\-\d.]++(?:(?<=[\d.])[A-Za-z_]\w*+)?"
_LITERAL = rf"(?:{_NUMBERS}|{_STRING}|None|True|False|#[^\n]*+|[\[\](){{}}])"
_TOKEN = rf"(?P<display>[\[({{]{_LITERAL}*+)|{_STRING}|#[^\n]*+"
_INSIDE = rf"[^\[\](){{}}'\"#]++|(?P<open>[\[({{])|(?P<close>[\])}}])|{_STRING}|#[^\n]*+"


def syntax(text: str, filename: str = "<text>", mode: str = "exec") -> Any:
    """What `ast.parse` gives, also while another thread parses.

    CPython before 3.11.8 and 3.12.2 counts the depth of all threads' trees in one place, and raises
    SystemError where two count at once (github.com/python/cpython/issues/106905). The text is parsed
    once more then.

    Args:
        text: the text.
        filename: for the message of a SyntaxError.
        mode: ``exec``, ``eval`` or ``single``.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return compile(text, filename, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
        except SystemError as error:
            if "recursion depth mismatch" not in str(error):
                raise
    return compile(text, filename, mode, ast.PyCF_ONLY_AST, dont_inherit=True)


def parse(text: str, filename: str = "<text>") -> ast.Module:
    """Parse a whole text.

    Raises:
        SyntaxError: also where CPython's parser gives another error for a text that it cannot take.
    """
    try:
        tree = syntax(text, filename)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise SyntaxError(str(error) or type(error).__name__, (filename, 1, 1, None)) from error
    assert isinstance(tree, ast.Module)
    return tree


def sketch(text: str, filename: str = "<text>") -> ast.Module:
    """Parse a text without its long literals, which say nothing of where statements stand.

    Raises:
        SyntaxError: as `parse`; an error inside of a long literal may be missed.
    """
    short = without_long_literals(text)
    if short is not text:
        try:
            return parse(short, filename)
        except SyntaxError:  # the whole text says what is wrong, if anything is
            pass
    return parse(text, filename)


def without_long_literals(text: str) -> str:
    """The text with the inside of long displays replaced; the text itself if there are none.

    What it gives may be Python where `text` is not, if the error is inside of a display; where
    `text` has strings that are nested in f-strings, it may also be the other way round.
    """
    short = re.sub(_TOKEN, _shortened, text) if len(text) >= LONG else text
    return text if len(short) == len(text) else short


def _shortened(token: re.Match[str]) -> str:
    text = token[0]
    if token["display"] is None or len(text) < LONG:
        return text
    depth = 0
    for bracket in re.finditer(_INSIDE, text):
        depth += bool(bracket["open"]) - bool(bracket["close"])
        if depth == 0:
            end = bracket.end()
            break
    else:  # it holds more than literals
        return text
    display, rest = text[:end], without_long_literals(text[end:])
    if len(display) < LONG:
        return display + rest
    lines = "\n" * display.count("\n")
    return f"{display[0]}0{lines}{display[-1]}{rest}"


def parse_statement(text: str, index: int) -> ast.stmt:
    """Parse a text of one or a few statements; gives the one at `index`."""
    body: list[ast.stmt] = syntax(text).body
    if len(body) == 1:
        body[0].__dict__[_TEXT] = text
    return body[index]


def text_of(node: ast.stmt) -> str | None:
    """The text that gives just this statement, on its lines, if it is known (see `parse_statement`)."""
    found: str | None = node.__dict__.get(_TEXT)
    return found


def forget_text(node: ast.stmt) -> None:
    """Note that a node is going to be another statement than its text."""
    node.__dict__.pop(_TEXT, None)


def copied(node: _Node) -> _Node:
    """A deep copy of syntax.

    It follows the fields only: others hang attributes on nodes (IPython's tracebacks give each node its
    parent, and so the contexts that all trees share), which `copy.deepcopy` would follow, too.
    """
    kind = type(node)
    made = kind.__new__(kind)
    values, new = node.__dict__, made.__dict__
    for name in kind._fields:
        if name in values:
            value = values[name]
            if isinstance(value, list):
                value = [copied(each) if isinstance(each, ast.AST) else each for each in value]
            elif isinstance(value, ast.AST):
                value = copied(value)
            new[name] = value
    for name in kind._attributes:
        if name in values:
            new[name] = values[name]
    return made
