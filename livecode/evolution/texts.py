"""Texts: the class statement that a live class comes from.

In: the tracked sources, and the outlines that an edit is about to make live. Out: for a class its
class statement, as its source has it before or after the edit; None where no source is tracked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Protocol

from livecode.sources.outline import Outline, definitions_in


class ClassSource(Protocol):
    """A source of classes."""

    name: str

    def definition(self, name: str) -> ast.stmt | None:
        """The definition that the live text has under a module-level name."""


class Texts:
    """Looks class statements up.

    Args:
        sources: every tracked source.
        after: by the name of a source, outlines that are looked at first.
    """

    def __init__(
        self, sources: Iterable[ClassSource], after: Mapping[str, Outline] | None = None
    ) -> None:
        self._sources = {source.name: source for source in sources}
        self._after = after or {}

    def __call__(self, cls: type) -> ast.ClassDef | None:
        first, *rest = cls.__qualname__.split(".")
        source = self._sources.get(cls.__module__)
        after = self._after.get(cls.__module__)
        found = after.definition(first) if after is not None else None
        if found is None and source is not None:
            found = source.definition(first)
        for name in rest:
            found = _inner(found, name)
        return found if isinstance(found, ast.ClassDef) else None


def _inner(node: ast.stmt | None, name: str) -> ast.stmt | None:
    found = None
    for child in node.body if isinstance(node, ast.ClassDef) else ():
        found = definitions_in(child).get(name, found)
    return found
