"""What was decorated, or made as a class, by code that an edit changed since: it is named as stale.

In: the functions of which an edit changed what runs when something is decorated, subclassed or made
by a metaclass, and all tracked sources. Out: report entries, one for each definition.

Decorators are not called again by an edit. A wrapper that a decorator made follows in place; what the
decorator itself did (attributes that it set, things that it registered) stays as it was.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

from livecode.edits import finding
from livecode.edits.journal import MISSING
from livecode.edits.report import Entry, Report
from livecode.source import Source
from livecode.sources.outline import DEFINITIONS, FUNCTIONS, bodies, meaning
from livecode.sources.parts import depth_of_change

Ran = dict[tuple[str, str], int]
"""Edited functions, by module and qualname, each with the depth of nested functions that changed."""

DECORATED = "was decorated by "
"""How the reason begins why a definition is stale."""

_METACLASS = ("__new__", "__init__", "__prepare__")


def name_stale(
    sources: Iterable[Source], ran: Ran, evaluated: Iterable[str], report: Report
) -> None:
    """Name the definitions that were made with code which is another one now.

    Args:
        sources: all tracked sources.
        ran: what was edited.
        evaluated: the definitions (``module:qualname``) that the edit evaluated, which are new.
        report: takes the entries.
    """
    if not ran:
        return
    fresh = set(evaluated)
    found: dict[str, str] = {}
    known = list(sources)
    words = {part for _, name in ran for part in name.split(".") if not part.startswith("__")}
    anything = any(name.endswith(".__call__") for _, name in ran)
    for source in known:
        if source.mentions("@") and (anything or any(map(source.mentions, words))):
            for name, why in _decorated(source, ran):
                found.setdefault(f"{source.name}:{name}", f"{DECORATED}{why} before the edit")
    modules = {source.name: source for source in known}
    for (module, name), depth in ran.items():
        if module in modules and depth == 0:
            for cls, why in _made(modules[module], name):
                found.setdefault(f"{cls.__module__}:{cls.__qualname__}", why)
    for name, why in found.items():
        if not _is_fresh(name, fresh):
            report.stale.append(Entry(name, why))


def edited(old: ast.stmt | None, new: ast.stmt, module: str, prefix: str = "") -> Ran:
    """The functions in a definition that its new text has changed, added or removed."""
    if isinstance(old, FUNCTIONS) and isinstance(new, FUNCTIONS):
        same = meaning(old) == meaning(new)
        return {} if same else {(module, prefix + new.name): depth_of_change(old, new)}
    found: Ran = {}
    if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
        before, after = (
            {child.name: child for child in node.body if isinstance(child, DEFINITIONS)}
            for node in (old, new)
        )
        inner = f"{prefix}{new.name}."
        found = {(module, inner + name): 0 for name in before.keys() ^ after.keys()}
        for name in before.keys() & after.keys():
            found |= edited(before[name], after[name], module, inner)
    return found


def _is_fresh(name: str, fresh: set[str]) -> bool:
    while name not in fresh:
        name, dot, _ = name.rpartition(".")
        if not dot or ":" not in name:
            return False
    return True


# -- decorators ----------------------------------------------------------------------------------


def _decorated(source: Source, ran: Ran) -> Iterator[tuple[str, str]]:
    """The definitions of a source that were decorated by what was edited, and by what."""
    for statement, _ in source.statements():
        if "@" in statement.text and statement.kind in ("function", "class", "block"):
            for prefix, node in _definitions(statement.node, ""):
                if find(source.namespace, prefix + node.name) is MISSING:
                    continue
                for decorator in node.decorator_list:
                    by = _edited(source, prefix, decorator, ran)
                    if by:
                        yield prefix + node.name, by
                        break


def _definitions(node: ast.stmt, prefix: str) -> Iterator[tuple[str, Any]]:
    """A definition and those in the bodies of classes and blocks, each with what stands before its name."""
    if isinstance(node, DEFINITIONS):
        yield prefix, node
        if isinstance(node, ast.ClassDef):
            for child in node.body:
                yield from _definitions(child, f"{prefix}{node.name}.")
    else:
        for body in bodies(node):
            for child in body:
                yield from _definitions(child, prefix)


def _edited(source: Source, prefix: str, decorator: ast.expr, ran: Ran) -> str:
    """The part of a decorator that ran when it decorated, and was edited since; or an empty string."""
    called = isinstance(decorator, ast.Call)
    text = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
    value = find(source.namespace, prefix + text)
    if value is MISSING:
        value = find(source.namespace, text)
    for function in _running(value, called):
        name = function[1]
        most = 1 if called and not name.endswith((".__init__", ".__new__")) else 0
        if isinstance(value, type) and name.endswith(".__call__"):
            most = 0
        if ran.get(function, 9) <= most:
            return text
    return ""


def _running(value: Any, called: bool) -> Iterator[tuple[str, str]]:
    """The functions that run when a decorator decorates, by module and qualname."""
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, FunctionType):
        value = inspect.unwrap(value)
        yield value.__module__, value.__qualname__
    elif isinstance(value, type):
        yield from _methods(value, ("__init__", "__new__", *(["__call__"] if called else [])))
    elif value is not MISSING:
        yield from _methods(type(value), ("__call__",))


def _methods(cls: type, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in cls.__mro__:
        for name in names:
            yield each.__module__, f"{each.__qualname__}.{name}"


def find(namespace: dict[str, Any], name: str) -> Any:
    """What a dotted name leads to, without any code of attributes being run; MISSING if nothing."""
    first, *rest = name.split(".")
    value = namespace.get(first, MISSING)
    for each in rest:
        if value is MISSING:
            break
        value = inspect.getattr_static(value, each, MISSING)
    return value


# -- classes -------------------------------------------------------------------------------------


def _made(source: Source, name: str) -> Iterator[tuple[type, str]]:
    """The classes in whose making a method took part that was edited since."""
    owner, _, hook = name.rpartition(".")
    cls = find(source.namespace, owner) if owner else MISSING
    if not isinstance(cls, type):
        return
    if hook == "__init_subclass__":
        for each in _below(cls):
            yield each, f"was made a subclass of {cls.__qualname__} before the edit"
    elif issubclass(cls, type) and hook in _METACLASS:
        metaclasses = [cls, *_below(cls)]
        for each in finding.referrers(list(metaclasses)):
            if isinstance(each, type) and type(each) in metaclasses:
                yield each, f"was made by the metaclass {cls.__qualname__} before the edit"


def _below(cls: type) -> Iterator[type]:
    each: type
    for each in type.__subclasses__(cls):
        yield each
        yield from _below(each)
