"""The layout of a class: what an instance of exactly this class is expected to have.

In: a live class, and the text of its class statement and of those of its bases, where they have a
tracked source. Out: a `Layout`, a snapshot that an edit of the class does not change.

What is live is read from the class (slots, dataclass fields, namedtuple fields, members of an Enum,
descriptors); what only the text says is read from the text: bare annotations, and the attributes
that building an instance assigns. The latter is followed as Python would: ``__new__`` and ``__init__``
as the MRO finds them, the methods they call on self, ``super()`` and named bases, setters of properties,
``__post_init__``; each function once.

========== ======== =========================== =====================================================
how        declared it has a value when ...     known from
========== ======== =========================== =====================================================
member     yes      always                      ``_fields`` of a namedtuple
field      yes      the generated ``__init__``  ``dataclasses.fields``
                    runs, or it is assigned
slot       yes      it is assigned              ``__slots__``
annotated  no       never                       an annotation without a value, in the class body
assigned   no       always                      ``self.NAME = …`` while the instance is built
========== ======== =========================== =====================================================

A name that is known in several ways is known by the first of them.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import sys
import types
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal, TypeAlias

from livecode.evolution import defaults, initialisers
from livecode.evolution.defaults import Default
from livecode.evolution.initialisers import Assignment, ClassText, Function, Initialiser
from livecode.evolution.kinds import HEAP_TYPE, Kind, kind_of, tuple_fields

How: TypeAlias = Literal["member", "field", "slot", "annotated", "assigned"]
TextOf: TypeAlias = Callable[[type], ast.ClassDef | None]

SEVERAL = "assigned in more than one place"
NO_LITERAL = initialisers.UNPACKED
USED = "used again while the instance is built"
COMPUTED = "attributes are also set by computed names"
REQUIRED = "a field without a default"
NOBODY = "nothing assigns it"


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One attribute of an instance.

    Attributes:
        name: as the instance has it: private names are mangled.
        how: how it is known.
        expected: a new instance has a value for it.
        default: what an older instance that lacks it gets.
        why: why there is no default, in words.
        annotation: as text.
        expression: what it is assigned, where that is one expression.
    """

    name: str
    how: How
    expected: bool
    default: Default | None = None
    why: str = ""
    annotation: str | None = None
    expression: ast.expr | None = None

    @property
    def declared(self) -> bool:
        """Whether it leaves the instance when the layout drops it."""
        return self.how in ("member", "field", "slot")

    @property
    def weight(self) -> int:
        """0: nobody keeps a value under the name; 1: there is a place for one; 2: there is one."""
        return 2 if self.expected else int(self.declared)


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What a class gives under a name to all of its instances.

    `kind`: a ``property``; another data ``descriptor``; a ``method`` or anything else that the
    instance's own value would hide; or a plain ``value``. Values that are instances are not kept
    alive by this.
    """

    kind: Literal["property", "descriptor", "method", "value"]
    held: Any = None

    @property
    def gone(self) -> bool:
        """Whether the value was an instance that nothing else held."""
        return isinstance(self.held, weakref.ref) and self.held() is None

    @property
    def value(self) -> Any:
        """The plain value (None once it is gone)."""
        return self.held() if isinstance(self.held, weakref.ref) else self.held


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What instances of one class are expected to have.

    Attributes:
        name: ``module:qualname`` of the class.
        kind: of which kind they are.
        attributes: those of the instance, by name, in order.
        shared: what the class gives under a name, special names left out.
        members: of an Enum, by name: their values, in order; aliases too.
        unknown: classes that take part in building an instance, and whose text is not tracked.
    """

    name: str
    kind: Kind
    attributes: Mapping[str, Attribute]
    shared: Mapping[str, Shared]
    members: Mapping[str, Any]
    unknown: tuple[str, ...]


def layout(cls: type, text_of: TextOf) -> Layout:
    """The layout of a class.

    Args:
        cls: the class.
        text_of: gives the class statement of a class as its source has it now, None for classes
            without a tracked source. It is asked for every class of the MRO.
    """
    return _Builder(cls, text_of).layout()


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """An assignment that building an instance comes to."""

    step: Assignment
    why: str
    where: Initialiser
    raw: Any


class _Builder:
    """Follows how an instance of `cls` is built."""

    def __init__(self, cls: type, text_of: TextOf) -> None:
        self.cls = cls
        self.texts: dict[type, ClassText] = {}
        for each in cls.__mro__:
            node = text_of(each)
            if node is not None:
                self.texts[each] = initialisers.class_text(node)
        self.kind = kind_of(cls)
        self.shared: dict[str, Shared] = {}
        self.owners: dict[str, type] = {}
        self.assigned: dict[str, list[_Found]] = {}
        self.reads: set[str] = set()
        self.computed = False
        self.generated: set[str] = set()  # fields that a generated `__init__` sets
        self.unknown: list[str] = []
        self.annotations: dict[str, str] = {}
        self.bare: dict[str, None] = {}
        self._visited: set[int] = set()

    def layout(self) -> Layout:
        cls = self.cls
        members = getattr(cls, "__members__", {}) if isinstance(cls, enum.EnumMeta) else {}
        values = {name: member._value_ for name, member in members.items()}
        self._share(skip=frozenset(values))
        for each in reversed(cls.__mro__):
            text = self.texts.get(each)
            if text is not None:
                self.annotations.update(text.annotations)
                self.bare.update(text.bare)
        self._method("__new__")
        self._method("__init__")
        for name, places in list(self.assigned.items()):
            if all(found.why == initialisers.DELETED for found in places):
                del self.assigned[name]
        return Layout(
            f"{cls.__module__}:{cls.__qualname__}",
            self.kind,
            types.MappingProxyType({each.name: each for each in self._attributes()}),
            types.MappingProxyType(self.shared),
            types.MappingProxyType(values),
            tuple(self.unknown),
        )

    # -- what the class gives --------------------------------------------------------------------

    def _share(self, skip: frozenset[str]) -> None:
        ours = "_" if self.kind.form == "enum" else "__"  # of a name that Python itself uses
        for each in reversed(self.cls.__mro__):
            if each is object or not each.__flags__ & HEAP_TYPE:
                continue
            for name, raw in list(each.__dict__.items()):
                if name in skip or (name.startswith(ours) and name.endswith(ours)):
                    continue
                if isinstance(raw, types.MemberDescriptorType):
                    self.shared.pop(name, None)
                    continue
                self.shared[name] = _shared(raw)
                self.owners[name] = each

    # -- what building an instance does ----------------------------------------------------------

    def _method(
        self, name: str, why: str = "", after: type | None = None, start: type | None = None
    ) -> None:
        """Follow a call of a method on self.

        Args:
            why: why it may not be called exactly once.
            after: for ``super()``, the class in whose text it stands.
            start: for ``Base.method(self)``, that class.
        """
        mro = (start or self.cls).__mro__
        if after is not None:
            mro = mro[mro.index(after) + 1 :]
        owner = next((each for each in mro if name in each.__dict__), None)
        if owner is None:
            return
        raw, text = owner.__dict__[name], self.texts.get(owner)
        functions = text.functions(name) if text is not None else []
        if text is not None and functions:
            if len(functions) > 1:
                why = why or initialisers.SOMETIMES
            for function in functions:
                self._function(owner, text, function, raw, why)
        elif name == "__init__" and _is_generated(owner, raw):
            self.generated.update(each.name for each in _fields(owner))
            self._method("__post_init__", why)
        elif name in ("__init__", "__post_init__") and isinstance(raw, FunctionType):
            self.unknown.append(f"{owner.__module__}:{owner.__qualname__}")

    def _function(
        self, owner: type, text: ClassText, function: Function, raw: Any, why: str
    ) -> None:
        if id(function) in self._visited:
            return
        self._visited.add(id(function))
        does = text.initialiser(function)
        self.reads |= does.reads
        self.computed |= does.wild
        for step in does.steps:
            if isinstance(step, Assignment):
                self._assign(_Found(step, why or step.why, does, raw))
            elif step.on == "self":
                self._method(step.name, why or step.why)
            elif step.on == "super":
                self._method(step.name, why or step.why, after=owner)
            else:
                named = next((c for c in self.cls.__mro__ if c.__name__ == step.on), None)
                if named is not None:
                    self._method(step.name, why or step.why, start=named)

    def _assign(self, found: _Found) -> None:
        step = found.step
        if step.annotation is not None:
            self.annotations.setdefault(step.name, step.annotation)
        if step.bare:
            self.bare[step.name] = None
            return
        shared = self.shared.get(step.name)
        if shared is not None and shared.kind in ("property", "descriptor"):
            owner = self.owners[step.name]
            text = self.texts.get(owner)
            if text is not None and shared.kind == "property":
                setter = getattr(owner.__dict__[step.name], "fset", None)
                for function in text.setters(step.name):
                    self._function(owner, text, function, setter, found.why)
            return
        self.assigned.setdefault(step.name, []).append(found)

    # -- the attributes --------------------------------------------------------------------------

    def _attributes(self) -> list[Attribute]:
        cls, made = self.cls, dict[str, Attribute]()
        if self.kind.form == "namedtuple":
            given: dict[str, Any] = getattr(cls, "_field_defaults", {})
            for name in tuple_fields(cls):
                default = self._value(name, given[name]) if name in given else None
                why = REQUIRED if default is None else ""
                made[name] = self._attribute(name, "member", True, default, why)
        slots, fields = self.kind.slots, {each.name: each for each in _fields(cls)}
        for name in (*slots, *fields, *self.bare, *self.assigned):
            if name in made:
                continue
            default, why = self._assigned_default(name)
            expected = name in self.assigned
            how: How = "assigned" if expected else "annotated"
            if name in fields:
                how = "field"
                expected = expected or name in self.generated
                default, why = self._field_default(fields[name], default, why)
                expected = expected and (default is not None or why != NOBODY)
            elif name in slots:
                how = "slot"
            elif name in self.shared and not expected:
                continue  # annotated, and the class gives it: a property, or another class's value
            if how == "assigned" and not self.kind.has_dict:
                continue  # there is no place for it: the assignment fails
            made[name] = self._attribute(name, how, expected, default, why)
        return list(made.values())

    def _attribute(
        self, name: str, how: How, expected: bool, default: Default | None, why: str
    ) -> Attribute:
        places = self.assigned.get(name, [])
        expression = places[0].step.value if len(places) == 1 else None
        annotation = self.annotations.get(name)
        return Attribute(name, how, expected, default, why, annotation, expression)

    def _assigned_default(self, name: str) -> tuple[Default | None, str]:
        """The default that the assignments to an attribute give, or why they give none."""
        places = self.assigned.get(name)
        if not places:
            return None, NOBODY
        default, why = self._literal(places)
        if default is None and name in self.shared and name not in self.kind.slots:
            return defaults.BY_CLASS, ""
        return default, why

    def _literal(self, places: list[_Found]) -> tuple[Default | None, str]:
        found = places[0]
        if len(places) > 1:
            return None, SEVERAL
        if found.why:
            return None, found.why
        if found.step.value is None:
            return None, NO_LITERAL
        default = defaults.literal(found.step.value, lambda name: self._rebound(name, found))
        if default is None:
            return None, NO_LITERAL
        if default.factory is not None and found.step.name in self.reads:
            return None, USED
        if self.computed:
            return None, COMPUTED
        return default, ""

    def _rebound(self, name: str, found: _Found) -> bool:
        """Whether a built-in name means something else in the function of an assignment."""
        if name in found.where.local:
            return True
        if isinstance(found.raw, FunctionType):
            return name in found.raw.__globals__ or name in found.raw.__code__.co_freevars
        module = sys.modules.get(self.cls.__module__)
        return module is not None and name in module.__dict__

    def _field_default(
        self, field: dataclasses.Field[Any], default: Default | None, why: str
    ) -> tuple[Default | None, str]:
        """The default of a dataclass field; `default` and `why` are what assignments to it give."""
        name, slot = field.name, field.name in self.kind.slots
        if name in self.generated:
            if field.default_factory is not dataclasses.MISSING:
                made = self._value(name, None)
                return Default("factory", made.text, factory=field.default_factory), ""
            if field.default is not dataclasses.MISSING:
                if not field.init and not slot:
                    return defaults.BY_CLASS, ""
                return self._value(name, field.default), ""
            if field.init:
                return None, REQUIRED
        if default is None and name in self.shared and not slot:
            return defaults.BY_CLASS, ""
        return default, why

    def _value(self, name: str, value: Any) -> Default:
        for each in self.cls.__mro__:
            text = self.texts.get(each)
            if text is not None and name in text.values:
                return Default("value", ast.unparse(text.values[name]), value)
        return Default("value", defaults.described(value), value)


def _fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()


def _is_generated(cls: type, raw: Any) -> bool:
    """Whether an ``__init__`` was generated by ``dataclass``."""
    return (
        "__dataclass_params__" in cls.__dict__
        and isinstance(raw, FunctionType)
        and raw.__code__.co_qualname.startswith("__create_fn__.")
    )


_METHOD, _PROPERTY, _DESCRIPTOR = Shared("method"), Shared("property"), Shared("descriptor")


def _shared(raw: Any) -> Shared:
    if isinstance(raw, (FunctionType, staticmethod, classmethod)):
        return _METHOD
    if isinstance(raw, property):
        return _PROPERTY
    kind = type(raw)
    if hasattr(kind, "__set__") or hasattr(kind, "__delete__"):
        return _DESCRIPTOR
    if hasattr(kind, "__get__"):
        return _METHOD
    if kind.__flags__ & HEAP_TYPE and kind.__weakrefoffset__ and not isinstance(raw, type):
        return Shared("value", weakref.ref(raw))
    return Shared("value", raw)
