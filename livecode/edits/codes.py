"""Code objects: finding them in what the compiler made, pairing old with new, moving their lines."""

from __future__ import annotations

import ast
import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import CellType, CodeType
from typing import NamedTuple

from livecode.breaks.compiling import compile_nodes, plain
from livecode.breaks.point import comparable
from livecode.sources.parsing import text_of


class Key(NamedTuple):
    """What tells a code object from all others of a running program."""

    filename: str
    qualname: str
    line: int


def key_of(code: CodeType) -> Key:
    """The key of a code object."""
    return Key(code.co_filename, code.co_qualname, code.co_firstlineno)


def build(nodes: list[ast.stmt], filename: str, flags: int, as_is: bool = False) -> CodeType:
    """Compile module-level statements that have their true lines, under the real file name.

    Args:
        nodes: the statements.
        filename: the file name.
        flags: the compiler flags of their source.
        as_is: not instrumented for breaks, even if the person wants that.
    """
    first = nodes[0] if nodes else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        # A string that comes first would be compiled as the module's docstring.
        nodes = [ast.copy_location(ast.Pass(), first), *nodes]
    code: CodeType
    try:
        code = (plain if as_is else compile_nodes)(nodes, filename, flags)
    except RecursionError:
        # The compiler takes deeper expressions from text than from a syntax tree (before 3.13).
        text = text_of(nodes[0]) if len(nodes) == 1 else None
        if text is None:
            raise
        code = compile(text, filename, "exec", flags=flags, dont_inherit=True)
    return code


def nested(code: CodeType) -> Iterator[CodeType]:
    """The code objects that stand directly in a code object, in order (none that livecode has added)."""
    return (
        constant
        for constant in code.co_consts
        if isinstance(constant, CodeType) and not constant.co_name.startswith("@")
    )


def walk(code: CodeType) -> Iterator[CodeType]:
    """Every code object inside of a code object, at whatever depth, outer ones first."""
    for inner in nested(code):
        yield inner
        yield from walk(inner)


def can_shift(code: CodeType) -> bool:
    """Whether `shift` gives just the code that the text further down would: a class body knows its line
    by a constant, since Python 3.13 (``__firstlineno__``)."""
    return sys.version_info < (3, 13) or all(
        inner.co_flags & inspect.CO_OPTIMIZED for inner in walk(code)
    )


def shift(code: CodeType, by: int) -> CodeType:
    """The same code with all of its lines `by` lines further down (line tables are relative)."""
    constants = code.co_consts
    if any(isinstance(constant, CodeType) for constant in constants):
        constants = tuple(
            shift(constant, by) if isinstance(constant, CodeType) else constant
            for constant in constants
        )
        return code.replace(co_firstlineno=code.co_firstlineno + by, co_consts=constants)
    return code.replace(co_firstlineno=code.co_firstlineno + by)


def pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """Pair the code objects directly inside of `old` with those directly inside of `new`.

    Functions and classes are paired by name and order of appearance; lambdas only where both hold
    the same number of them, or where their code is the same. None: it has no partner.
    """
    groups: dict[str, list[CodeType]] = defaultdict(list)
    before: dict[str, list[CodeType]] = defaultdict(list)
    for code in nested(new):
        groups[code.co_name].append(code)
    for code in nested(old):
        before[code.co_name].append(code)
    for name, olds in before.items():
        news = groups.get(name, [])
        if not name.startswith("<") or len(news) == len(olds):
            for index, code in enumerate(olds):
                yield code, news[index] if index < len(news) else None
            continue
        free = list(news)
        for code in olds:
            match = next((other for other in free if similar(code, other)), None)
            if match is not None:
                free.remove(match)
            yield code, match


def similar(a: CodeType, b: CodeType) -> bool:
    """Whether two code objects do the same, wherever they stand."""
    return (
        a.co_code == b.co_code
        and a.co_names == b.co_names
        and a.co_varnames == b.co_varnames
        and a.co_freevars == b.co_freevars
        and len(a.co_consts) == len(b.co_consts)
        and all(
            similar(x, y)
            if isinstance(x, CodeType) and isinstance(y, CodeType)
            else (type(x), comparable(x)) == (type(y), comparable(y))
            for x, y in zip(a.co_consts, b.co_consts, strict=True)
        )
    )


class Shared:
    """Holds a cell among the constants of code, which must have a hash, since code has one."""

    __slots__ = ("cell",)

    def __init__(self, cell: CellType) -> None:
        self.cell = cell


def requalify(code: CodeType, prefix: str, to: str, placed: dict[object, object]) -> CodeType:
    """Replace the beginning of qualified names, and constants that stand for objects.

    Args:
        code: the code object.
        prefix: what its and its inner code objects' ``co_qualname`` begins with.
        to: what they begin with instead.
        placed: constants to replace by the objects that they stand for.
    """
    constants = tuple(
        requalify(constant, prefix, to, placed)
        if isinstance(constant, CodeType)
        else placed.get(constant, constant)
        if isinstance(constant, str)
        else constant
        for constant in code.co_consts
    )
    qualname = code.co_qualname
    if qualname.startswith(prefix):
        qualname = to + qualname[len(prefix) :]
    return code.replace(co_consts=constants, co_qualname=qualname)
