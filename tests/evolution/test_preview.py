"""`livecode.evolution.preview`: what is told before an edit is what is found after it."""

from __future__ import annotations

import ast

import pytest

from livecode.evolution.preview import describe, preview
from tests.evolution.sample import change, classes
from tests.evolution.test_difference import ROWS, told


def previewed(old: str, new: str, name: str = "A"):
    """The preview of an edit: the new text is only parsed."""
    after = texts(new)
    namespace, before = classes(old)
    return preview(namespace[name], before, after)


def texts(text: str):
    """The `text_of` of a text that is never executed."""
    nodes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    return lambda cls: nodes.get(cls.__qualname__) if cls.__module__ == "sample" else None


@pytest.mark.parametrize("old, new", [row[:2] for row in ROWS.values()], ids=ROWS.keys())
def test_what_is_told_before_is_what_is_found_after(old, new):
    found = previewed(old, new)
    assert found is not None
    assert told(found) == told(change(old, new))
    assert describe(found, 3) == describe(change(old, new), 3)
