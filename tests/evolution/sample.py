"""Small programs: the classes that a text makes, and their layouts."""

from __future__ import annotations

import ast
import sys
import types

from livecode.evolution.difference import difference
from livecode.evolution.layouts import layout

PRELUDE = """
import abc, collections, dataclasses, enum, functools, typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any, ClassVar, Final, NamedTuple
"""


def classes(text: str, untracked: tuple[str, ...] = ()):
    """Execute a text; gives its namespace and the `text_of` of its classes."""
    module = types.ModuleType("sample")
    sys.modules["sample"] = module
    exec(compile(PRELUDE + text, "<sample>", "exec"), module.__dict__)
    nodes = {}

    def walk(body, prefix):
        for node in body:
            if isinstance(node, ast.ClassDef):
                nodes[prefix + node.name] = node
                walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                walk(node.body, f"{prefix}{node.name}.<locals>.")

    walk(ast.parse(text).body, "")

    def text_of(cls):
        if cls.__module__ != "sample" or cls.__name__ in untracked:
            return None
        return nodes.get(cls.__qualname__)

    return module.__dict__, text_of


def layout_of(text: str, name: str = "A", untracked: tuple[str, ...] = ()):
    """The layout of one class of a text."""
    namespace, text_of = classes(text, untracked)
    return layout(namespace[name], text_of)


def change(old: str, new: str, name: str = "A", untracked=((), ())):
    """The difference of the layouts that a class has in two texts."""
    return difference(
        layout_of(old, name, untracked[0]),
        layout_of(new, name, untracked[1]),
    )


def init(*lines: str, parameters: str = "self, a=0, *args, **kw", head: str = "class A:") -> str:
    """A class with an ``__init__`` of these lines."""
    body = "\n".join(f"        {line}" for each in lines for line in each.split("\n"))
    return f"{head}\n    def __init__({parameters}):\n{body or '        pass'}\n"


def shown(layout) -> str:
    """A layout in a line: name how default, a question mark where no value is expected."""
    return ", ".join(
        f"{a.name} {a.how}"
        + ("" if a.expected else "?")
        + (f" {a.default.how}" if a.default else "")
        + (f" {a.default.text}" if a.default and a.default.text else "")
        for a in layout.attributes.values()
    )
