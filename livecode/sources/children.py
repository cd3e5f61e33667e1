"""The parts of syntax, fast: what whoever walks all of a function needs most."""

from __future__ import annotations

import ast
from typing import Any

_PARTS: dict[type[ast.AST], tuple[str, ...]] = {}
"""The fields of a kind of syntax that may hold syntax."""

_NO_SYNTAX = {"id", "ctx", "kind", "op", "ops", "attr", "arg", "name", "asname", "names", "rest"}
_NO_SYNTAX |= {
    "module",
    "level",
    "kwd_attrs",
    "tag",
    "type_comment",
    "conversion",
    "simple",
    "is_async",
}


def children(node: ast.AST) -> list[Any]:
    """As `ast.iter_child_nodes`, without operators and contexts, which have no place.

    Only fields count: others hang attributes on nodes, even on the contexts that all trees share.
    """
    kind = type(node)
    fields = _PARTS.get(kind)
    if fields is None:
        fields = _PARTS[kind] = _parts_of(kind)
    found: list[Any] = []
    values = node.__dict__
    for field in fields:
        value = values.get(field)
        if value is None:
            pass
        elif type(value) is not list:
            found.append(value)
        elif value:
            found += value if None not in value else filter(None, value)
    return found


def _parts_of(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind is ast.Constant or kind is ast.MatchSingleton:
        return ()
    if kind is ast.Import or kind is ast.ImportFrom:
        return ("names",)
    if kind.__name__ == "TypeAlias":
        return kind._fields
    return tuple(each for each in kind._fields if each not in _NO_SYNTAX)
