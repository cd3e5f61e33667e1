"""Generic functions (``functools.singledispatch``) have the registrations of the live text, no others.

In: the statements of an edit that register functions (``@f.register(int)``, ``f.register(int, g)``).
Out: the registries of the generic functions changed through the journal, so that they can go back.

What a statement registers is noted while it is evaluated and taken out again; when the edit is made
live, what the old text had registered goes, and what the new text registered comes.
"""

from __future__ import annotations

import ast
import builtins
import gc
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import singledispatchmethod
from types import FunctionType, MappingProxyType
from typing import Any, TypeVar

from livecode.edits.journal import MISSING, Journal

MENTION = ".register"
"""What is in every text that registers something."""

_Result = TypeVar("_Result")
_Read = Callable[[str], Any]


class Registrations:
    """What one statement registers with generic functions.

    Args:
        old: the statement before the edit, if there was one.
        new: the statement now, if there is one.
        read: what a name is bound to where the statement stands, or MISSING.
        text: a text that has both in it; most register nothing, and are not searched.
    """

    def __init__(
        self, old: ast.stmt | None, new: ast.stmt | None, read: _Read, text: str = MENTION
    ) -> None:
        if MENTION not in text:
            old = new = None
        self._before = dict(_generics(old, read))
        self._explicit = set(_explicit(old, read))
        self._all = self._before | dict(_generics(new, read))
        self._had: dict[int, dict[Any, Any]] = {}
        self._made: list[tuple[Any, Any, Any]] = []

    def begin(self) -> None:
        """The statement is about to be evaluated."""
        self._had = {key: dict(generic.registry) for key, generic in self._all.items()}

    def end(self) -> None:
        """The statement was evaluated, or failed: note what it registered, and take it out again."""
        for key, generic in self._all.items():
            for cls, function in list(generic.registry.items()):
                have = self._had[key].get(cls, MISSING)
                if have is not function:
                    self._made.append((generic, cls, function))
                    _put(generic, cls, have)

    def during(self, evaluate: Callable[[], _Result]) -> _Result:
        """Evaluate the statement between `begin` and `end`."""
        self.begin()
        try:
            return evaluate()
        finally:
            self.end()

    def settle(
        self, journal: Journal, gone: list[Any], survivor: Callable[[Any], Any] = lambda made: made
    ) -> None:
        """Take out what the statement registered before the edit, and put in what it registers now.

        Args:
            journal: takes every change.
            gone: the functions of the statement before the edit, and what its decorators made of them.
            survivor: gives the live function in whose place a newly made one stands.
        """
        ids = {id(each) for each in gone}
        kept = {(id(generic), cls) for generic, cls, _ in self._made}
        for key, generic in self._before.items():
            for cls, function in list(generic.registry.items()):
                registered = id(function) in ids or id(inspect.unwrap(function)) in ids
                explicit = (key, cls, id(function)) in self._explicit
                if (registered or explicit) and (key, cls) not in kept and cls is not object:
                    _change(journal, generic, cls, MISSING)
        for generic, cls, function in self._made:
            _change(journal, generic, cls, survivor(function))


def registers_by_annotation(node: ast.FunctionDef | ast.AsyncFunctionDef, read: _Read) -> bool:
    """Whether a decorator registers a function for the type that an annotation of it names."""
    return any(
        _is_register(part) and generic_function(_value(part.value, read)) is not None  # type: ignore[attr-defined]
        for part in node.decorator_list
    )


def generic_function(value: Any) -> Any:
    """The generic function that a value is, or None."""
    if isinstance(value, singledispatchmethod):
        value = value.dispatcher
    own = value.__dict__ if isinstance(value, FunctionType) else {}
    known = isinstance(own.get("registry"), MappingProxyType) and "_clear_cache" in own
    return value if known else None


def _generics(node: ast.stmt | None, read: _Read) -> Iterator[tuple[int, Any]]:
    """The generic functions whose ``register`` a statement mentions, by their ids."""
    for part in ast.walk(node) if node is not None else ():
        if _is_register(part):
            generic = generic_function(_value(part.value, read))  # type: ignore[attr-defined]
            if generic is not None:
                yield id(generic), generic


def _explicit(node: ast.stmt | None, read: _Read) -> Iterator[tuple[int, Any, int]]:
    """What a statement registers as ``f.register(int, g)``: the ids of f and g, and the class."""
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Call) and _is_register(part.func) and len(part.args) == 2:
            for key, _ in _generics(ast.Expr(part.func), read):
                cls, function = (_value(argument, read) for argument in part.args)
                if isinstance(cls, type):
                    yield key, cls, id(function)


def _is_register(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "register"


def _value(node: ast.expr, read: _Read) -> Any:
    """What a dotted name stands for; MISSING for any other expression. Nothing is evaluated."""
    if isinstance(node, ast.Name):
        value = read(node.id)
        return getattr(builtins, node.id, MISSING) if value is MISSING else value
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, read)
        return inspect.getattr_static(owner, node.attr, MISSING) if owner is not MISSING else owner
    return MISSING


def _items(generic: Any) -> dict[Any, Any]:
    """The dictionary behind the read-only view that a generic function shows."""
    items: Iterable[Any] = gc.get_referents(generic.registry)
    return next(each for each in items if isinstance(each, dict))


def _put(generic: Any, cls: Any, function: Any) -> None:
    items = _items(generic)
    if function is MISSING:
        items.pop(cls, None)
    else:
        items[cls] = function
    generic._clear_cache()


def _change(journal: Journal, generic: Any, cls: Any, function: Any) -> None:
    journal.change(
        f"{generic.__qualname__}.register({cls.__qualname__})",
        lambda: generic.registry.get(cls, MISSING),
        lambda value: _put(generic, cls, value),
        function,
    )
