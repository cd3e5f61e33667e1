"""A Point: what livecode knows of one instrumented function, and where its code calls livecode.

In: the source text of a function or of a cell's statement. Out: its syntax, on demand.

Each code object that `livecode.breaks.instrument` made holds its Point as its last constant.
"""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any


class Point:
    """What is known of an instrumented function, or of a statement of a cell.

    Args:
        text: the lines of the definition, decorators included, as they stand in the source.
        first: the line on which `text` begins in the source that was compiled.
        qualname: as of the function; ``<module>`` for a cell's statement.
        module: for a statement of a cell, whether it is one.
    """

    __slots__ = ("__weakref__", "_node", "first", "module", "qualname", "text")

    def __init__(self, text: str, first: int, qualname: str, module: bool = False) -> None:
        self.text = text
        self.first = first
        self.qualname = qualname
        self.module = module
        self._node: ast.stmt | None = None

    @property
    def node(self) -> Any:
        """The syntax as the person wrote it, not instrumented: a function definition, or a statement.

        Lines are those of the source when it was compiled: where a function's code has moved since,
        ``code.co_firstlineno - point.first`` lines are to be added.
        """
        if self._node is None:
            if self.text[:1] in " \t":
                tree: ast.AST = ast.parse("if 1:\n" + self.text)
                node = tree.body[0].body[0]  # type: ignore[attr-defined]
                ast.increment_lineno(node, self.first - 2)
            else:
                node = ast.parse(self.text).body[0]
                ast.increment_lineno(node, self.first - 1)
            self._node = node
        return self._node


def point_of(code: CodeType) -> Point | None:
    """The Point of an instrumented code object; None for any other code."""
    last = code.co_consts[-1] if code.co_consts else None
    return last if type(last) is Point else None
