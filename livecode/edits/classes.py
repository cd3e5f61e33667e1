"""Classes in place, attribute by attribute: what follows from a change of one of them.

In: a live class, and attributes to set or that were set. Out: the class changed through the journal.
A whole new class is taken over by `merging.py`.

Rules that ``type.__new__`` applies to a class body, and that single changes repeat (Python reference,
3.3.3): ``__new__`` becomes a static method, ``__init_subclass__`` and ``__class_getitem__`` class
methods; ``__eq__`` without ``__hash__`` makes instances unhashable; ``__set_name__`` is called.
"""

from __future__ import annotations

import abc
import ast
import functools
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CellType, FunctionType
from typing import Any

from livecode.edits import finding
from livecode.edits.journal import MISSING, Journal
from livecode.edits.scopes import mangled
from livecode.sources.names import bound
from livecode.sources.outline import BLOCKS, bodies, first_line


class Classes:
    """Changes classes for one edit."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

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
        self.forget_annotations(cls, annotated_names(old) - annotated_names(new))
        docs = ast.get_docstring(old, clean=False), ast.get_docstring(new, clean=False)
        if docs[0] != docs[1] and "__doc__" not in after:
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
        old = inherited(cls, name) if old is MISSING else old
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


def body_names(node: ast.ClassDef) -> frozenset[str]:
    """The names that a class body binds."""
    return frozenset(name for child in node.body for name in bound(child))


def annotated_names(node: ast.ClassDef) -> frozenset[str]:
    """The names that a class body annotates, also in its blocks."""
    found: set[str] = set()
    todo: list[ast.stmt] = list(node.body)
    for child in todo:
        if isinstance(child, ast.AnnAssign):
            found |= bound(child)
        elif isinstance(child, BLOCKS):
            todo += [inner for body in bodies(child) for inner in body]
    return frozenset(found)


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


def contents_of(cell: CellType) -> Any:
    """What a cell holds, or MISSING while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return MISSING


def inherited(cls: type, name: str) -> Any:
    """What a class would have under a name without its own, or MISSING."""
    found = (base.__dict__[name] for base in cls.__mro__[1:] if name in base.__dict__)
    return next(found, MISSING)


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
