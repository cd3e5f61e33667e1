"""Leftovers: where a decorator that is gone from the source has registered something that stays there.

In: the decorators of a definition as its text was before, and the objects that were registered. Out:
the containers that these decorators can reach and that hold the objects still.

Whether such an entry came from the decorator cannot be known, so that nothing is taken out here. Only a
key that is the name of a function which is renamed follows the name.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from livecode.edits import codes
from livecode.edits.classes import contents_of
from livecode.edits.decorated import find
from livecode.edits.journal import MISSING, Journal

REGISTERED = "is still registered "
"""How the reason begins why something that was decorated is stale."""

_CONTAINERS = (dict, list, set, tuple, deque)
_DEPTH = 5
_MOST = 2000

_Read = Callable[[str], Any]


def still_registered(
    before: list[ast.expr], after: list[ast.expr], objects: list[Any], read: _Read
) -> str:
    """Where objects are held by what decorators reach that are gone; an empty string if nowhere.

    Args:
        before: the decorators before the edit.
        after: the decorators now: what these reach as well is theirs.
        objects: the function that was decorated, and what was made of it.
        read: what a name is bound to where the definition stands, or MISSING.
    """
    ids = {id(each) for each in objects}
    kept = {id(each) for decorator in after for each in _reached(decorator, read)}
    for decorator in before:
        for holder in _reached(decorator, read):
            if id(holder) in kept:
                continue
            for key, value in _items(holder):
                if id(value) in ids:
                    by = ast.unparse(
                        decorator.func if isinstance(decorator, ast.Call) else decorator
                    )
                    keyed = isinstance(holder, dict)
                    where = f"under {key!r}" if keyed else f"in a {type(holder).__name__}"
                    return f"{REGISTERED}by {by}, {where}"
    return ""


def rename_keys(
    decorators: list[ast.expr],
    objects: list[Any],
    old: str,
    new: str,
    read: _Read,
    journal: Journal,
) -> None:
    """Let dicts that the decorators of a renamed function reach have it under its new name."""
    ids = {id(each) for each in objects}
    for decorator in decorators:
        for holder in _reached(decorator, read):
            if isinstance(holder, dict) and new not in holder and old in holder:
                value = holder[old]
                if any(id(part) in ids for part in (value, *_parts(value))):
                    journal.item(holder, old, MISSING)
                    journal.item(holder, new, value)


def _reached(decorator: ast.expr, read: _Read) -> Iterator[Any]:
    """The containers and objects that a decorator can write to."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    level: list[Any] = []
    while isinstance(node, (ast.Attribute, ast.Name)):
        level.append(_value(ast.unparse(node), read))
        if isinstance(node, ast.Name):
            break
        node = node.value
    seen: set[int] = set()
    for depth in range(_DEPTH):
        following: list[Any] = []
        for item in level:
            if id(item) in seen or len(seen) > _MOST:
                continue
            seen.add(id(item))
            if isinstance(item, _CONTAINERS):
                yield item
                following += [value for _, value in _items(item)]
            elif isinstance(item, FunctionType):
                if depth < 2:  # the decorator, or the function of which it is a method
                    following += _used_by(item)
            elif isinstance(item, (staticmethod, classmethod)):
                following.append(item.__func__)
            elif not isinstance(item, ModuleType) and type(item).__module__ != "builtins":
                yield item
                following += _parts(item)
            elif isinstance(item, type) and depth == 0:
                following += [each for each in vars(item).values() if isinstance(each, _CONTAINERS)]
        level = following


def _value(name: str, read: _Read) -> Any:
    first = name.partition(".")[0]
    return find({first: read(first)}, name)


def _used_by(function: FunctionType) -> Iterator[Any]:
    """What a function's code has names for: globals, and variables of the calls around it."""
    for cell in function.__closure__ or ():
        yield contents_of(cell)
    for code in (function.__code__, *codes.walk(function.__code__)):
        for name in code.co_names:
            value = function.__globals__.get(name, MISSING)
            if value is not MISSING and not isinstance(value, (FunctionType, type, ModuleType)):
                yield value


def _items(holder: Any) -> Iterable[tuple[Any, Any]]:
    """The items of a container or the attributes of an object, each with its key, place or name."""
    if not isinstance(holder, _CONTAINERS):
        holder = getattr(holder, "__dict__", {})
    return list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))


def _parts(holder: Any) -> Iterable[Any]:
    return [part for _, part in _items(holder)]
