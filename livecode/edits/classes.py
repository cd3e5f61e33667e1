"""Classes in place: the same class object gets new methods, attributes and bases.

In: a live class, and either single attributes to set or a newly made class to take everything from.
Out: the old class object changed through the journal. The layout of instances is part of
`livecode.evolution`; a class whose instances would need another C layout is not touched here.

Rules that ``type.__new__`` applies to a class body, and that single changes repeat (Python reference,
3.3.3): ``__new__`` becomes a static method, ``__init_subclass__`` and ``__class_getitem__`` class
methods; ``__eq__`` without ``__hash__`` makes instances unhashable; ``__set_name__`` is called.
"""

from __future__ import annotations

import abc
import ast
import enum
import functools
import gc
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from types import CellType, FunctionType
from typing import Any

from livecode.edits import codes, enums, finding
from livecode.edits.abstract import forget_answers
from livecode.edits.compiled import Compiled
from livecode.edits.functions import Functions
from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report
from livecode.edits.scopes import mangled
from livecode.evolution.kinds import tuple_fields
from livecode.sources.names import bound
from livecode.sources.outline import bodies, definitions_in, first_line

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
"""The type of what reads an item of a namedtuple: it knows the place of the item, which may change."""
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


class Classes:
    """Changes classes for one edit."""

    def __init__(self, journal: Journal, functions: Functions, report: Report) -> None:
        self.journal = journal
        self.changes = functions
        self.report = report
        self.superseded: list[tuple[type, type]] = []
        """Classes that could not change in place, each with the one that is to take its place."""
        self.members: list[tuple[Any, Any]] = []
        """Enum members likewise: those that are numbers or strings, and have another value now."""

    # -- what belongs to a class -----------------------------------------------------------------

    def functions(self, value: Any, module: str) -> Iterator[FunctionType]:
        """The functions that a value is, wraps, or has as a class of the module `module`."""
        if isinstance(value, type):
            for cls in (value, *nested_classes(value)):
                for raw in list(cls.__dict__.values()):
                    if not isinstance(raw, type):
                        yield from finding.reach(raw)
        else:
            yield from finding.reach(value)

    # -- single attributes -----------------------------------------------------------------------

    def prepare_attribute(self, cls: type, name: str, value: Any) -> Any:
        """Make of a value what ``type.__new__`` makes of it in a class body."""
        if isinstance(value, FunctionType):
            if name == "__new__":
                value = staticmethod(value)
            elif name in ("__init_subclass__", "__class_getitem__"):
                value = classmethod(value)
        set_name = getattr(type(value), "__set_name__", None)
        if set_name is not None:
            set_name(value, cls, mangled(name, cls.__name__))
        return value

    def after_body(self, cls: type, old: ast.ClassDef, new: ast.ClassDef) -> None:
        """Put right what follows from a class body as a whole."""
        before, after = body_names(old), body_names(new)
        if "__hash__" not in after:
            if "__eq__" in after and "__hash__" not in cls.__dict__:
                self.journal.class_attribute(cls, "__hash__", None)
            elif "__eq__" in before - after and cls.__dict__.get("__hash__", MISSING) is None:
                self.journal.class_attribute(cls, "__hash__", MISSING)
        docs = ast.get_docstring(old, clean=False), ast.get_docstring(new, clean=False)
        if docs[0] != docs[1]:
            self.journal.class_attribute(cls, "__doc__", docs[1])
        if isinstance(cls, abc.ABCMeta):
            cls._abc_caches_clear()  # type: ignore[attr-defined]  # "for debugging or testing"
        self.line(cls, new.lineno if not new.decorator_list else first_line(new))
        self.update_abstract(cls)

    def line(self, cls: type, line: int) -> None:
        """Set ``__firstlineno__``, where the class has it (3.13)."""
        if sys.version_info >= (3, 13) and cls.__dict__.get("__firstlineno__") != line:
            self.journal.class_attribute(cls, "__firstlineno__", line)

    def first_lines(
        self, read: Callable[[str], Any], old: ast.stmt, new: ast.stmt, module: str, prefix: str
    ) -> None:
        """Set ``__firstlineno__`` of the classes that stand in a statement which moved."""
        if isinstance(new, ast.ClassDef):
            cls = read(new.name)
            if isinstance(cls, type) and is_ours(cls, module, prefix + new.name):
                if cls.__dict__.get("__firstlineno__") == first_line(old):
                    self.line(cls, first_line(new))
                if not isinstance(old, ast.ClassDef):
                    return
                inner = f"{prefix}{new.name}."
                for before, after in zip(old.body, new.body, strict=False):
                    self.first_lines(
                        lambda name: cls.__dict__.get(mangled(name, cls.__name__), MISSING),
                        before,
                        after,
                        module,
                        inner,
                    )
        elif isinstance(new, (ast.If, ast.With, ast.Try)) and type(old) is type(new):
            for before, after in zip(_flat(old), _flat(new), strict=False):
                self.first_lines(read, before, after, module, prefix)

    def update_abstract(self, cls: type) -> None:
        """Compute the abstract methods anew, of the class and of its subclasses."""
        if not isinstance(cls, abc.ABCMeta):
            return
        for each in (cls, *_subclasses(cls)):
            if not isinstance(each, abc.ABCMeta):
                continue
            before: frozenset[str] = getattr(each, "__abstractmethods__", frozenset())
            update: Callable[[type], type] = abc.update_abstractmethods
            update(each)
            after: frozenset[str] = getattr(each, "__abstractmethods__", frozenset())
            if before != after:
                each.__abstractmethods__ = before  # so that the journal makes the change
                self.journal.attribute(each, "__abstractmethods__", after)

    def forget_annotations(self, cls: type | None, names: Iterable[str]) -> None:
        """Drop the annotations of class attributes that are gone."""
        if cls is None or "__annotations__" not in cls.__dict__:
            return
        own = vars(cls)
        annotations = dict(own["__annotations__"])
        left = {name: value for name, value in annotations.items() if name not in set(names)}
        if left != annotations:
            self.journal.class_attribute(cls, "__annotations__", left)

    def forget_cached(self, cls: type, name: str, old: Any, new: Any = MISSING) -> None:
        """Take the values that an edited or removed ``functools.cached_property`` has cached out of
        the instances; the way back also takes out those that were cached since.

        Args:
            cls: the class.
            name: the name of the attribute.
            old: what it was bound to (MISSING: what the class inherits counts).
            new: what it is bound to.
        """
        old = _inherited(cls, name) if old is MISSING else old
        before = isinstance(old, functools.cached_property)
        if not before and not isinstance(new, functools.cached_property):
            return
        attribute = (old if before else new).attrname or name

        def cached() -> list[tuple[dict[str, Any], Any]]:
            classes = {each for each in (cls, *_subclasses(cls)) if _has_from(each, name, cls)}
            owns = [
                instance.__dict__
                for instance in gc.get_referrers(*classes)
                if type(instance) in classes and hasattr(instance, "__dict__")
            ]
            return [(own, own[attribute]) for own in owns if attribute in own]

        def write(values: list[tuple[dict[str, Any], Any]]) -> None:
            for own, _ in cached():
                del own[attribute]
            for own, value in values:
                own[attribute] = value
            present[:] = [values]

        present = [cached()]
        left = [] if before else present[0]  # what was not cached is the instance's own
        self.journal.change(f"{cls.__qualname__}.{attribute}", lambda: present[0], write, left)

    # -- a whole class ---------------------------------------------------------------------------

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
        if isinstance(old, enum.EnumMeta) and not self._merge_enum(old, new):
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
                self.forget_cached(old, name, have, value)
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
            self.line(old, new.__dict__["__firstlineno__"])
        self.update_abstract(old)
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
                if cached.get(name, MISSING) is not _inherited(old, name):
                    self.forget_cached(old, name, cached.get(name), value)
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
        for name, have in list(old.__dict__.items()):
            if (name.startswith("__") and name.endswith("__")) or isinstance(have, _SLOTS):
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
                self.changes.adopt(have, value, compiled, cls)
                return have
            if have.__globals__ is not value.__globals__ and have.__name__ == value.__name__:
                self.changes.forward(have, value)  # the class came from another module
            return value
        if type(have) is type(value) and isinstance(value, DESCRIPTORS):
            olds, news = list(finding.reach(have, 2)), list(finding.reach(value, 2))
            if len(olds) == len(news) and all(map(same_definition, olds, news)):
                if isinstance(value, property) and not _same_accessors(have, value):
                    return value
                if not all(_fits(*pair, compiled) for pair in zip(olds, news, strict=True)):
                    return value
                if not all(
                    codes.similar(*(each.__code__ for each in pair))
                    for pair in zip(olds, news, strict=True)
                ):
                    self.forget_cached(cls, olds[0].__name__, have)
                for function, made in zip(olds, news, strict=True):
                    self.changes.adopt(function, made, compiled, cls)
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
                self.forget_cached(old, name, old.__dict__[name])
                self.journal.class_attribute(old, name, MISSING)

    def _merge_enum(self, old: Any, new: Any) -> bool:
        """Keep the members of an Enum that are in both, add new ones, drop those that are gone."""
        if new._member_type_ is not old._member_type_:
            self._cannot(old, "its member type changed")
            return False
        self.members += enums.merge(old, new, self.journal, self.report.notes)
        return True


def body_names(node: ast.ClassDef) -> frozenset[str]:
    """The names that a class body binds."""
    return frozenset(name for child in node.body for name in bound(child))


def nested_classes(cls: Any) -> Iterator[type]:
    """The classes defined in the body of a class, at whatever depth."""
    if isinstance(cls, type):
        for raw in list(cls.__dict__.values()):
            if isinstance(raw, type) and is_ours(
                raw, cls.__module__, f"{cls.__qualname__}.{raw.__name__}"
            ):
                yield raw
                yield from nested_classes(raw)


def is_ours(cls: type, module: str, qualname: str) -> bool:
    """Whether a class was defined by the class statement `qualname` of a module."""
    return cls.__module__ == module and cls.__qualname__ == qualname


def same_definition(old: FunctionType, new: FunctionType) -> bool:
    """Whether two functions come from the same definition, so that one can become the other."""
    return (
        old.__code__.co_qualname == new.__code__.co_qualname and old.__globals__ is new.__globals__
    )


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


def contents_of(cell: CellType) -> Any:
    """What a cell holds, or MISSING while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return MISSING


def _same_accessors(old: property, new: property) -> bool:
    return all(
        (getattr(old, part) is None) == (getattr(new, part) is None)
        for part in ("fget", "fset", "fdel")
    )


def _inherited(cls: type, name: str) -> Any:
    """What a class would have under a name without its own, or MISSING."""
    found = (base.__dict__[name] for base in cls.__mro__[1:] if name in base.__dict__)
    return next(found, MISSING)


def _inherited_cached(cls: type) -> dict[str, Any]:
    """The cached properties that a class inherits."""
    names = {
        name
        for base in cls.__mro__[1:]
        for name, value in base.__dict__.items()
        if isinstance(value, functools.cached_property)
    }
    found = {name: _inherited(cls, name) for name in names - cls.__dict__.keys()}
    return {k: v for k, v in found.items() if isinstance(v, functools.cached_property)}


def _has_from(cls: type, name: str, owner: type) -> bool:
    """Whether a class has from `owner` what it has under a name, or would if that had it."""
    return next(each for each in cls.__mro__ if each is owner or name in each.__dict__) is owner


def _subclasses(cls: type) -> Iterator[type]:
    each: type
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


def _flat(node: ast.stmt) -> list[ast.stmt]:
    return [child for body in bodies(node) for child in body]
