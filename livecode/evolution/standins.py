"""Stand-ins: classes as an edit would make them, made without evaluating anything of the user's.

In: a live class, and the class statements of it and its bases before and after the edit. Out: a throwaway
class with the slots, fields, members and names that the real one would have, over stand-ins of its bases:
no class of the user's gets a subclass, and no metaclass, decorator or ``__init_subclass__`` of the user's
is called. Where such a hook would run, or where a text says too little, `Unsure` is raised.

==========================  =======================================================================
of a class body             its stand-in has
==========================  =======================================================================
unchanged head of a name    what the live class has now (a method's head is its name and decorators)
function                    a stub of the same kind: method, property, static or class method
literal, known name         its value
other expression            an opaque placeholder
``__slots__``               the same slots, if they are a literal or unchanged
dataclass, NamedTuple       made so for real, with these stubs and placeholders
Enum                        members made for real, of values that are built-in ones all through
==========================  =======================================================================
"""

from __future__ import annotations

import ast
import collections
import dataclasses
import enum
import struct
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

from livecode.edits.scopes import mangled
from livecode.evolution.heads import heads, skeleton
from livecode.evolution.kinds import HEAP_TYPE, tuple_fields
from livecode.evolution.layouts import TextOf
from livecode.evolution.unevaluated import MISSING, Body, Opaque, Scope, Unsure, inert, is_plain

_IMMUTABLE_TYPE, _POINTER = 1 << 8, struct.calcsize("P")
_OF_THE_CLASS = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__slots__",
        "__module__",
        "__qualname__",
        "__doc__",
        "__abstractmethods__",
        "__init_subclass__",
        "__annotations__",
        "__new__",
    ]
)
_RUN_FOR_MEMBERS = frozenset(["__init__", "__eq__", "__hash__", "_missing_"])
_MEMBER_HOOKS = frozenset(["__new__", "_generate_next_value_"])
_PLACES = (types.MemberDescriptorType, types.GetSetDescriptorType)
_FAILURES = (TypeError, ValueError, AttributeError, LookupError)
_CLASS_DECORATORS: tuple[Any, ...] = (typing.final, typing.runtime_checkable, enum.unique)
_METACLASSES = frozenset(["type", "ABCMeta", "EnumType", "EnumMeta", "_ProtocolMeta"])


class StandIns:
    """The stand-ins of a class and of its bases.

    Attributes:
        live: for each stand-in the class that it stands for.
        bodies: for each stand-in that was made from its text, what its body binds.
    """

    def __init__(self, before: TextOf, after: TextOf, changed: Callable[[type], bool]) -> None:
        self.before, self.after, self.changed = before, after, changed
        self.live: dict[type, type] = {}
        self.bodies: dict[type, Body] = {}
        self._made: dict[type, type] = {}
        self._later: list[tuple[type, str, Any]] = []

    def of(self, cls: type) -> type:
        """The stand-in of a class, complete."""
        made = self._of(cls)
        for each, name, raw in self._later:
            type.__setattr__(each, name, raw)
        self._later.clear()
        return made

    def text_of(self, cls: type) -> ast.ClassDef | None:
        """The class statement of a stand-in, after the edit."""
        return self.after(self.live.get(cls, cls))

    def dismantle(self) -> None:
        """Let go of what belongs to the user."""
        for made in self.live:
            if not isinstance(made, enum.EnumMeta):
                for name in [each for each in made.__dict__ if each not in _OF_THE_CLASS]:
                    type.__delattr__(made, name)

    def _of(self, cls: type) -> type:
        if cls in self._made:
            return self._made[cls]
        if not _made_by_python(cls) or (isinstance(cls, enum.EnumMeta) and _standard(cls)):
            return cls
        if any(map(self.changed, cls.__mro__)):
            old, new = self.before(cls), self.after(cls)
            if (old is None) != (new is None):
                raise Unsure
            if old is not None and new is not None:
                made = _Maker(self, cls, old, new).make()
                return self._done(cls, made)
        return self._done(cls, self._copied(cls))

    def _done(self, cls: type, made: type) -> type:
        self._made[cls] = made
        self.live[made] = cls
        return made

    # -- copies of what is alive -----------------------------------------------------------------

    def _copied(self, cls: type) -> type:
        """A stand-in for a class that the edit does not change."""
        names = namespace(cls)
        if "__slots__" in cls.__dict__:
            names["__slots__"] = slots(cls.__dict__["__slots__"])
        made = self.new(cls.__name__, tuple(map(self._of, cls.__bases__)), names)
        of_enum = isinstance(cls, enum.EnumMeta)
        if isinstance(cls, enum.EnumMeta) and cls.__members__:
            raise Unsure
        for name, raw in list(cls.__dict__.items()):
            if name in _OF_THE_CLASS or isinstance(raw, _PLACES):
                if name == "__new__" and not of_enum:
                    type.__setattr__(made, name, inert(raw))
            elif of_enum and name.startswith("_"):
                if name in _RUN_FOR_MEMBERS:
                    self._later.append((made, name, raw))
            else:
                copied = raw if name.startswith("__dataclass_") else inert(raw)
                type.__setattr__(made, name, copied)
        return made

    def new(self, name: str, bases: tuple[type, ...], names: dict[str, Any]) -> type:
        """A new class without anything in it."""
        try:
            kind = enum.EnumMeta if any(isinstance(b, enum.EnumMeta) for b in bases) else type
            prepared = kind.__prepare__(name, bases)
            for key, value in names.items():
                prepared[key] = value
            return kind(name, bases, prepared)  # type: ignore[arg-type]
        except _FAILURES:
            raise Unsure from None


class _Maker:
    """Makes the stand-in of one class from its text."""

    def __init__(
        self, stand_ins: StandIns, cls: type, old: ast.ClassDef, new: ast.ClassDef
    ) -> None:
        self.stand_ins, self.cls, self.old, self.new = stand_ins, cls, old, new
        self.scope = Scope(cls.__module__, new.name)
        if old.name != new.name:
            raise Unsure
        before, after = heads(old), heads(new)
        self.bound = before.keys() | after.keys()
        self.same = {name for name, text in after.items() if before.get(name) == text}

    def make(self) -> type:
        live, scope = self.cls, self.scope
        options = self._decorators()
        form, bases = self._bases()
        self._refuse_hooks(bases)
        body = self.body = scope.body(self.new)
        if body.blocks and (options is not None or form == "namedtuple"):
            raise Unsure
        if form == "enum":
            made = self._enum(bases)
        elif form == "namedtuple":
            made = self._namedtuple()
        else:
            made = self._plain(bases, options is not None)
        for option in options or ():
            try:
                made = dataclasses.dataclass(**option)(made)
            except _FAILURES:
                raise Unsure from None
        self.stand_ins.bodies[made] = body
        self._carry_over(live, made)
        return made

    # -- the head of the class statement ---------------------------------------------------------

    def _decorators(self) -> list[dict[str, Any]] | None:
        """The options of each dataclass decorator, the innermost first; None if there is none."""
        found = []
        for node in reversed(self.new.decorator_list):
            called = node.func if isinstance(node, ast.Call) else node
            decorator = self.scope.resolve(called)
            if decorator is dataclasses.dataclass:
                options = {}
                for keyword in node.keywords if isinstance(node, ast.Call) else ():
                    if keyword.arg is None or not isinstance(keyword.value, ast.Constant):
                        raise Unsure
                    options[keyword.arg] = keyword.value.value
                found.append(options)
            elif not any(decorator is each for each in _CLASS_DECORATORS):
                total = getattr(sys.modules.get("functools"), "total_ordering", None)
                if decorator is not total:
                    raise Unsure
        return found or None

    def _bases(self) -> tuple[str, tuple[type, ...]]:
        """What form the class has, and the stand-ins of its bases."""
        old, new = self.old, self.new
        resolved = [self.scope.resolve(_generic(node)) for node in new.bases]
        if any(each is typing.NamedTuple for each in resolved):
            return "namedtuple", (tuple,)
        for keyword in new.keywords:
            meta = self.scope.resolve(keyword.value) if keyword.arg == "metaclass" else None
            if not isinstance(meta, type) or meta.__name__ not in _METACLASSES:
                raise Unsure
        live: tuple[Any, ...] = tuple(resolved)
        if list(map(ast.unparse, old.bases)) == list(map(ast.unparse, new.bases)):
            live = self.cls.__bases__
        if not all(isinstance(each, type) for each in live):
            raise Unsure
        bases = tuple(self.stand_ins._of(each) for each in live) or (object,)
        form = "enum" if any(isinstance(each, enum.EnumMeta) for each in bases) else ""
        return form, bases

    def _refuse_hooks(self, bases: tuple[type, ...]) -> None:
        """Refuse where code of the user's would take part in making the class."""
        if skeleton(self.old, False) == skeleton(self.new, False) and not self._bases_changed():
            return
        for base in bases:
            for made in base.__mro__:
                each = self.stand_ins.live.get(made, made)
                if _standard(each):
                    continue
                if "__init_subclass__" in each.__dict__ or not _standard(type(each)):
                    raise Unsure
        if not _standard(type(self.cls)):
            raise Unsure

    def _bases_changed(self) -> bool:
        return any(map(self.stand_ins.changed, self.cls.__mro__[1:]))

    # -- the kinds of classes --------------------------------------------------------------------

    def _plain(self, bases: tuple[type, ...], is_dataclass: bool) -> type:
        cls, values = self.cls, self.body.values
        names = namespace(cls)
        if "__slots__" in values:
            written = values["__slots__"]
            if "__slots__" in self.same and "__slots__" in cls.__dict__:
                written = cls.__dict__["__slots__"]
            names["__slots__"] = slots(written)
            if {mangled(each, cls.__name__) for each in names["__slots__"]} & values.keys():
                raise Unsure  # Python refuses it
        made = self.stand_ins.new(cls.__name__, bases, names)
        type.__setattr__(made, "__annotations__", dict(self.body.annotations))
        fields: dict[str, Any] = {}
        if is_dataclass and "__dataclass_params__" in cls.__dict__:
            own = dataclasses.fields(cls)
            fields = {each.name: each for each in own if each.name in self.body.annotations}
        for name, value in list(values.items()):
            if name not in _OF_THE_CLASS or name == "__new__":
                type.__setattr__(made, name, self._settled(name, value, fields))
        return made

    def _settled(self, name: str, value: Any, fields: dict[str, Any]) -> Any:
        """What a name is bound to: what is alive, if it stays the same."""
        if name not in self.same:
            return value
        field = fields.get(name)
        if field is not None:
            if field.default is dataclasses.MISSING:
                given = {"default_factory": field.default_factory}
            else:
                given = {"default": inert(field.default)}
            value = dataclasses.field(init=field.init, kw_only=field.kw_only, **given)
        else:
            raw = self.cls.__dict__.get(name, MISSING)
            if raw is MISSING or isinstance(raw, _PLACES) or name in tuple_fields(self.cls):
                return value
            value = inert(raw)
        self.body.values[name] = value
        return value

    def _namedtuple(self) -> type:
        cls, values, annotations = self.cls, self.body.values, self.body.annotations
        given: dict[str, Any] = getattr(cls, "_field_defaults", {})
        defaults = []
        for name in annotations:
            if name in values:
                known = name in self.same and name in given
                defaults.append(inert(given[name]) if known else values[name])
            elif defaults:
                raise Unsure  # Python refuses it
        try:
            make: Callable[..., type] = collections.namedtuple
            made = make(cls.__name__, list(annotations), defaults=defaults, module=cls.__module__)
        except _FAILURES:
            raise Unsure from None
        made.__qualname__ = cls.__qualname__
        for name, value in list(values.items()):
            if name in ("__new__", "__init__", "__slots__"):
                raise Unsure
            if name not in _OF_THE_CLASS and name not in annotations:
                type.__setattr__(made, name, self._settled(name, value, {}))
        return made

    def _enum(self, bases: tuple[type, ...]) -> type:
        """An Enum, its members made of built-in values and named again afterwards."""
        cls, names, values = self.cls, namespace(self.cls), self.body.values
        live: dict[str, Any] = getattr(cls, "_member_map_", {})
        later: dict[str, Any] = {}
        stands_for: dict[str, Any] = {}
        custom = not _MEMBER_HOOKS.isdisjoint(values)
        for made in {each for base in bases for each in base.__mro__}:
            of_base = self.stand_ins.live.get(made)
            if of_base is None:
                continue
            if not isinstance(made, enum.EnumMeta):
                raise Unsure  # its code would run for each member
            custom |= any(_by_user(of_base.__dict__.get(name)) for name in _MEMBER_HOOKS)
        for name, value in values.items():
            dunder = name.startswith("__") and name.endswith("__")
            sunder = not dunder and name.startswith("_") and name.endswith("_")
            if sunder and is_plain(value):
                names[name] = value
            elif dunder or sunder or name.startswith("_") or hasattr(type(value), "__get__"):
                later[name] = value
            else:
                is_auto = isinstance(value, enum.auto)
                if name in self.same and name in live and not is_auto:
                    stands_for[name] = value = live[name]._value_
                elif custom:
                    raise Unsure
                if isinstance(value, Opaque):
                    raise Unsure
                names[name] = value if is_plain(value) or is_auto else id(live[name])
        made = self.stand_ins.new(cls.__name__, bases, names)
        for name, value in stands_for.items():
            made._member_map_[name]._value_ = value  # type: ignore[attr-defined]
        for name, value in later.items():
            if name not in _OF_THE_CLASS and not (name.startswith("_") and name.endswith("_")):
                type.__setattr__(made, name, value)
        if "__init__" in values:
            type.__setattr__(made, "__init__", values["__init__"])
        return made

    def _carry_over(self, live: type, made: type) -> None:
        """Copy what no text binds: what the running program has set on the class."""
        if tuple_fields(live) or isinstance(live, enum.EnumMeta):
            return
        for name, raw in list(live.__dict__.items()):
            dunder = name.startswith("__") and name.endswith("__")
            if dunder or name in self.bound or name in _OF_THE_CLASS or isinstance(raw, _PLACES):
                continue
            type.__setattr__(made, name, inert(raw))


# -- helpers -------------------------------------------------------------------------------------


def namespace(cls: type) -> dict[str, Any]:
    """What the namespace of a stand-in has at first."""
    return {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": "Only stands in.",
    }


def slots(written: Any) -> tuple[str, ...]:
    """What ``__slots__`` names, if that can be told."""
    names = (written,) if type(written) is str else written
    if type(names) not in (tuple, list, dict) or not all(type(each) is str for each in names):
        raise Unsure
    return tuple(names)


def _generic(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _standard(cls: type) -> bool:
    """Whether a class comes with Python."""
    module = cls.__module__ if isinstance(cls.__module__, str) else ""
    return module.partition(".")[0] in sys.stdlib_module_names and module != "__main__"


def _by_user(raw: Any) -> bool:
    """Whether a method of an Enum is not the one that `enum` puts there."""
    function = raw.__func__ if isinstance(raw, staticmethod) else raw
    return isinstance(function, types.FunctionType) and function.__module__ != "enum"


def _made_by_python(cls: type) -> bool:
    """Whether a class was made by a class statement, rather than in C."""
    base = cls.__base__
    if base is None or not cls.__flags__ & HEAP_TYPE or cls.__flags__ & _IMMUTABLE_TYPE:
        return False
    own = sum(isinstance(raw, types.MemberDescriptorType) for raw in cls.__dict__.values())
    more = cls.__basicsize__ - base.__basicsize__ - _POINTER * own
    return 0 <= more <= 2 * _POINTER
