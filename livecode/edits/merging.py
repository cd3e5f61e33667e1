"""Merging: a live class becomes what a newly made class is.

In: the live class, and the class that its evaluated statement made. Out: the old class object, which
has everything that the new one has; or the new one, where the old class cannot become it in place. The
layout of instances is part of `livecode.evolution`.
"""

from __future__ import annotations

import abc
import ast
import enum
import functools
import types
from types import FunctionType
from typing import Any

from livecode.edits import codes, enums, finding
from livecode.edits.abstract import forget_answers
from livecode.edits.classes import Classes, body_names, contents_of, inherited, same_definition
from livecode.edits.compiled import Compiled
from livecode.edits.functions import CACHE, Functions
from livecode.edits.journal import MISSING
from livecode.edits.report import Entry
from livecode.edits.scopes import mangled
from livecode.evolution.kinds import tuple_fields
from livecode.sources.outline import definitions_in

_NEVER = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__module__",
        "__abstractmethods__",
        "_abc_impl",
        "__firstlineno__",
        "__static_attributes__",
        "__annotations_cache__",
    ]
)
DESCRIPTORS = (property, staticmethod, classmethod, functools.cached_property)
_FUNCTIONAL = (FunctionType, *DESCRIPTORS)
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


class Merging:
    """Merges classes for one edit.

    Args:
        functions: changes methods; knows the journal and the report.
        classes: changes single attributes.
    """

    def __init__(self, functions: Functions, classes: Classes) -> None:
        self.journal = functions.journal
        self.report = functions.report
        self._functions = functions
        self._classes = classes
        self.superseded: list[tuple[type, type]] = []
        """Classes that could not change in place, each with the one that is to take its place."""
        self.members: list[tuple[Any, Any]] = []
        """Enum members likewise: those that are numbers or strings, and have another value now."""

    def merge(
        self,
        old: type,
        new: type,
        keep: frozenset[str],
        before: ast.ClassDef | None,
        compiled: Compiled | None,
    ) -> Any:
        """Let the live class `old` become what the newly made class `new` is.

        Args:
            keep: names of the class body whose values must stay as they are.
            before: the old class statement, if known; what it bound and `new` lacks goes.
            compiled: the code of the class statement, if known.

        Returns:
            `old`; or `new` where the old class cannot become it, and is to be superseded by it.
        """
        reason = self._obstacle(old, new)
        if reason is not None:
            self._supersede(old, new, keep, before, compiled)
            return new
        if isinstance(old, enum.EnumMeta) and not self._merge_enum(old, new, before, compiled):
            return new
        self._point_cells(new, old)
        skip = set(_NEVER)
        if isinstance(old, enum.EnumMeta):
            skip |= {"_member_map_", "_member_names_", "_value2member_map_", *new.__members__}  # type: ignore[attr-defined]
        for name, value in list(new.__dict__.items()):
            have = old.__dict__.get(name, MISSING)
            if name in skip or have is value:
                continue
            if isinstance(value, _SLOTS) and isinstance(have, _SLOTS):
                continue
            if (
                name in keep
                and have is not MISSING
                and not isinstance(value, _FUNCTIONAL)
                and name not in tuple_fields(new)  # it knows its place among the fields
            ):
                continue
            value = self._member(old, have, value, before, compiled)
            if have is not value:
                self.journal.class_attribute(old, name, value)
                self._classes.forget_cached(old, name, have, value)
                set_name = getattr(type(value), "__set_name__", None)
                if set_name is not None and not isinstance(old, enum.EnumMeta):
                    set_name(value, old, name)
        self._drop(old, new, skip, before)
        if new.__module__ != old.__module__:
            if "__firstlineno__" in old.__dict__:  # to set `__module__` deletes it
                self.journal.class_attribute(old, "__firstlineno__", MISSING)
            self.journal.class_attribute(old, "__module__", new.__module__)
        for name in ("__name__", "__qualname__"):
            if getattr(old, name) != getattr(new, name):
                self.journal.attribute(old, name, getattr(new, name))
        if isinstance(old, abc.ABCMeta):
            old._abc_caches_clear()  # type: ignore[attr-defined]  # "for debugging or testing"
        if "__firstlineno__" in new.__dict__:
            self._classes.line(old, new.__dict__["__firstlineno__"])
        self._classes.update_abstract(old)
        return old

    def _obstacle(self, old: type, new: type) -> str | None:
        """Why `old` cannot become `new` in place, or None; bases and metaclass are set on the way."""
        if slots(old) != slots(new):
            return "its slots changed"
        if type(old) is not type(new):
            try:
                self.journal.attribute(old, "__class__", type(new))
            except TypeError as error:
                return f"its metaclass changed ({error})"
        if old.__bases__ != new.__bases__:
            cached = _inherited_cached(old)
            try:
                self.journal.attribute(old, "__bases__", new.__bases__)
            except TypeError as error:
                return f"its bases changed in a way that CPython cannot assign ({error})"
            forget_answers(old)
            for name, value in (cached | _inherited_cached(old)).items():
                if cached.get(name, MISSING) is not inherited(old, name):
                    self._classes.forget_cached(old, name, cached.get(name), value)
        elif old.__basicsize__ != new.__basicsize__:
            return "the C layout of its instances changed"
        return None

    def _supersede(
        self,
        old: type,
        new: type,
        keep: frozenset[str],
        before: ast.ClassDef | None,
        compiled: Compiled | None,
    ) -> None:
        """Let `new` have the functions and the state of `old`, in whose place it is put later on."""
        for name, value in list(new.__dict__.items()):
            have = old.__dict__.get(name, MISSING)
            if name in _NEVER or have is value or not isinstance(value, (*_FUNCTIONAL, type)):
                continue
            survivor = self._member(new, have, value, before, compiled)
            if survivor is not value:
                self.journal.class_attribute(new, name, survivor)
        if not isinstance(old, enum.EnumMeta):
            self._take_state(old, new, keep, before)
        self.superseded.append((old, new))

    def _take_state(
        self, old: type, new: type, keep: frozenset[str], before: ast.ClassDef | None
    ) -> None:
        """Let `new` have what was hung on `old`, and what unchanged statements gave to it."""
        named = {mangled(name, old.__name__) for name in body_names(before)} if before else set()
        # Special methods that no decorator or metaclass can have made were hung on it, too.
        bare = before is not None and not before.decorator_list and type(new) in (type, abc.ABCMeta)
        for name, have in list(old.__dict__.items()):
            special = name.startswith("__") and name.endswith("__")
            if special and not (bare and isinstance(have, FunctionType)):
                continue
            if isinstance(have, _SLOTS):
                continue
            value = new.__dict__.get(name, MISSING)
            hung = value is MISSING and name not in named
            unchanged = (
                name in keep
                and value is not MISSING
                and not isinstance(value, (*_FUNCTIONAL, *_SLOTS))
                and name not in tuple_fields(new)
            )
            if hung or unchanged:
                self.journal.class_attribute(new, name, have)

    def _cannot(self, cls: type, why: str) -> None:
        entry = Entry(
            f"{cls.__module__}:{cls.__qualname__}",
            f"{why}: the name is bound to a new class; instances and references made before keep the old one",
        )
        self.report.stale.append(entry)

    def _point_cells(self, new: type, old: type) -> None:
        """Let the ``__class__`` cells of the new class body refer to the surviving class."""
        seen: set[int] = set()
        for raw in list(new.__dict__.values()):
            if isinstance(raw, type):
                continue
            for function in finding.reach(raw):
                for cell in function.__closure__ or ():
                    if id(cell) not in seen and contents_of(cell) is new:
                        seen.add(id(cell))
                        cell.cell_contents = old  # a new cell: nothing to take back

    def _member(
        self,
        cls: type,
        have: Any,
        value: Any,
        before: ast.ClassDef | None,
        compiled: Compiled | None,
    ) -> Any:
        """What survives of an old and a new attribute of a class."""
        if isinstance(have, FunctionType) and isinstance(value, FunctionType):
            if same_definition(have, value) and _fits(have, value, compiled):
                self._functions.adopt(have, value, compiled, cls)
                return have
            if have.__globals__ is not value.__globals__ and have.__name__ == value.__name__:
                self._functions.forward(have, value)  # the class came from another module
            return value
        if type(have) is type(value) and isinstance(value, DESCRIPTORS):
            caches, caches_now = _caches(have), _caches(value)
            olds = [*finding.reach(have, 2), *(each.__wrapped__ for each in caches)]
            news = [*finding.reach(value, 2), *(each.__wrapped__ for each in caches_now)]
            parameters = [
                [each.cache_parameters() for each in several] for several in (caches, caches_now)
            ]
            if (
                olds
                and len(olds) == len(news)
                and parameters[0] == parameters[1]
                and all(map(same_definition, olds, news))
            ):
                if isinstance(value, property) and not _same_accessors(have, value):
                    return value
                if not all(_fits(*pair, compiled) for pair in zip(olds, news, strict=True)):
                    return value
                edited = [
                    function
                    for function, made in zip(olds, news, strict=True)
                    if not codes.similar(function.__code__, made.__code__)
                ]
                if edited:
                    self._classes.forget_cached(cls, olds[0].__name__, have)
                    self._functions.clear_later([have], edited)
                for function, made in zip(olds, news, strict=True):
                    self._functions.adopt(function, made, compiled, cls)
                return have
            return value
        if (
            isinstance(have, type)
            and isinstance(value, type)
            and have.__qualname__ == value.__qualname__
            and have.__module__ == value.__module__
            and value.__qualname__.startswith(f"{cls.__qualname__}.")
        ):
            inner = None
            for child in before.body if before is not None else ():
                inner = definitions_in(child).get(value.__name__, inner)
            inner = inner if isinstance(inner, ast.ClassDef) else None
            return self.merge(have, value, frozenset(), inner, compiled)
        return value

    def _drop(self, old: type, new: type, skip: set[str], before: ast.ClassDef | None) -> None:
        named = body_names(before) if before is not None else frozenset()
        mangled_before = {mangled(name, old.__name__) for name in named}
        for name in list(old.__dict__):
            if name in skip or name in new.__dict__ or isinstance(old.__dict__[name], _SLOTS):
                continue
            generated = name.startswith("__") and name.endswith("__")
            if name in mangled_before or generated:
                self._classes.forget_cached(old, name, old.__dict__[name])
                self.journal.class_attribute(old, name, MISSING)

    def _merge_enum(
        self, old: Any, new: Any, before: ast.ClassDef | None, compiled: Compiled | None
    ) -> bool:
        """Keep the members of an Enum that are in both, add new ones, drop those that are gone."""
        if new._member_type_ is not old._member_type_:
            self._cannot(old, "its member type changed")
            return False
        after = None
        for node in compiled.nodes if compiled is not None else ():
            after = definitions_in(node).get(new.__name__, after)
        anew = enums.edited(before, after) if isinstance(after, ast.ClassDef) else frozenset()
        self.members += enums.merge(old, new, anew, self.journal, self.report.notes)
        return True


def _fits(old: FunctionType, new: FunctionType, compiled: Compiled | None) -> bool:
    """Whether an old function can take a new one's code (generated code has no syntax to fit)."""
    if old.__code__.co_freevars == new.__code__.co_freevars:
        return all(
            contents_of(a) is contents_of(b) or name == "__class__"
            for name, a, b in zip(
                new.__code__.co_freevars, old.__closure__ or (), new.__closure__ or (), strict=True
            )
        )
    return compiled is not None and new.__code__.co_filename == compiled.filename


def slots(cls: type) -> tuple[tuple[str, ...], bool, bool]:
    """What the instances of a class have beside what they inherit: slots, ``__dict__``, weak references."""
    names = sorted(
        name for name, raw in cls.__dict__.items() if isinstance(raw, types.MemberDescriptorType)
    )
    return tuple(names), cls.__dictoffset__ != 0, cls.__weakrefoffset__ != 0


def _caches(descriptor: Any) -> list[Any]:
    """The caches over plain functions that a descriptor is made of."""
    parts = ("fget", "fset", "fdel", "func", "__func__")
    found = [getattr(descriptor, part, None) for part in parts]
    return [
        each
        for each in found
        if isinstance(each, CACHE) and isinstance(each.__wrapped__, FunctionType)
    ]


def _same_accessors(old: property, new: property) -> bool:
    return all(
        (getattr(old, part) is None) == (getattr(new, part) is None)
        for part in ("fget", "fset", "fdel")
    )


def _inherited_cached(cls: type) -> dict[str, Any]:
    """The cached properties that a class inherits."""
    names = {
        name
        for base in cls.__mro__[1:]
        for name, value in base.__dict__.items()
        if isinstance(value, functools.cached_property)
    }
    found = {name: inherited(cls, name) for name in names - cls.__dict__.keys()}
    return {k: v for k, v in found.items() if isinstance(v, functools.cached_property)}
