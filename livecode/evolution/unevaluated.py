"""What a class body would bind, found without evaluating anything of the user's.

In: a class statement, and the namespace of its module as it is now. Out: a `Body`: a stub for each
function (its name and kind), a value for each literal and for each name that is known already, and for
all else an `Opaque` that remembers its text and how sure it is that it is a plain value.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import enum
import functools
import sys
import types
from collections.abc import Iterable
from types import FunctionType
from typing import Any, Literal, TypeAlias

from livecode.edits.scopes import mangled
from livecode.evolution import defaults
from livecode.evolution.initialisers import annotation_text
from livecode.sources.names import bound
from livecode.sources.outline import FUNCTIONS

MISSING = object()
Doubt: TypeAlias = Literal["none", "some", "much"]

_BUILTIN = (property, staticmethod, classmethod)
_TRANSPARENT = frozenset(
    [
        "abc.abstractmethod",
        "contextlib.contextmanager",
        "functools.cache",
        "functools.lru_cache",
        "typing.final",
        "typing.overload",
        "typing.override",
        "typing_extensions.override",
    ]
)
_VALUES = (ast.JoinedStr, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Tuple, ast.GeneratorExp)
_COLLECTIONS: dict[type[ast.expr], type] = {
    ast.List: list,
    ast.ListComp: list,
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
}


class Unsure(Exception):
    """It cannot be told before it is evaluated."""


class Opaque:
    """A value that is not known; `doubt`: whether it may be a descriptor, or a dataclass ``Field``."""

    __slots__ = ("doubt", "text")

    def __init__(self, text: str, doubt: Doubt = "none") -> None:
        self.text = text
        self.doubt = doubt


class _Method:
    """Stands for a descriptor that an instance's own value hides."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type | None = None) -> _Method:
        return self


class _Descriptor(_Method):
    """Stands for a descriptor that takes assignments."""

    __slots__ = ()

    def __set__(self, instance: object, value: object) -> None:
        raise AttributeError("only stands for a descriptor")


class _Factory:
    """Stands for a ``default_factory`` that is not known."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self) -> Opaque:
        return Opaque(self.text)


def inert(raw: Any) -> Any:
    """What can stand in a class for a value that is alive, without any of its code being run."""
    kind = type(raw)
    if kind in (FunctionType, staticmethod, classmethod, property) or isinstance(raw, type):
        return raw
    return _made_by(kind, raw)


def is_plain(value: Any) -> bool:
    """Whether a value is made of built-in ones alone: comparing and hashing it runs no user code."""
    if type(value) in (tuple, list, set, frozenset):
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(is_plain(each) for pair in value.items() for each in pair)
    return type(value) in (int, float, complex, str, bytes, bool, type(None), type(...))


def _made_by(kind: type, value: Any) -> Any:
    """What stands for an instance of a class: itself, if it is of the plain kind."""
    if _has(kind, "__set__") or _has(kind, "__delete__"):
        return _Descriptor()
    if _has(kind, "__get__"):
        return _Method()
    if is_plain(value) or type(value) is dataclasses.Field:
        return value
    if getattr(kind, "__hash__", None) is None:
        return []  # a dataclass refuses it
    return value if isinstance(value, Opaque) else Opaque(f"<{kind.__qualname__}>")


def _has(kind: type, name: str) -> bool:
    return any(name in each.__dict__ for each in kind.__mro__)


@dataclasses.dataclass(slots=True, eq=False)
class Body:
    """What a class body would bind; private names are mangled.

    Attributes:
        values: by name.
        expressions: of the values that one expression gives.
        annotations: as text.
        blocks: there are annotations in blocks: which of them count is not known.
    """

    values: dict[str, Any]
    expressions: dict[str, ast.expr]
    annotations: dict[str, str]
    blocks: bool = False


class Scope:
    """Finds out what expressions are, in the scope of a module and of one class body in it."""

    def __init__(self, module: str, cls: str) -> None:
        found = sys.modules.get(module)
        self.module: dict[str, Any] = {} if found is None else found.__dict__
        self.cls = cls
        self.own: dict[str, Any] = {}

    def resolve(self, node: ast.expr) -> Any:
        """What a name, or names joined by dots, stands for now; MISSING if that is not known."""
        if isinstance(node, ast.Name):
            name = mangled(node.id, self.cls)
            for names in (self.own, self.module, builtins.__dict__):
                if name in names:
                    return names[name]
        elif isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            if isinstance(owner, enum.EnumMeta):
                return owner._member_map_.get(node.attr, MISSING)
            if isinstance(owner, types.ModuleType):
                return owner.__dict__.get(node.attr, MISSING)
            if isinstance(owner, type) and isinstance(owner.__dict__.get(node.attr), type):
                return owner.__dict__[node.attr]
        return MISSING

    def value(self, node: ast.expr) -> Any:
        """The value of an expression, or what stands for it."""
        known = defaults.literal(node, self._rebound)
        if known is not None:
            return known.make()
        if isinstance(node, (ast.Name, ast.Attribute)):
            found = self.resolve(node)
            return Opaque(ast.unparse(node), "some") if found is MISSING else inert(found)
        if isinstance(node, ast.Lambda):
            return self.stub("<lambda>")
        if isinstance(node, ast.Call):
            return self._call(node)
        for kind, made in _COLLECTIONS.items():
            if isinstance(node, kind):
                return made()
        return Opaque(ast.unparse(node), "none" if isinstance(node, _VALUES) else "some")

    def stub(self, name: str) -> FunctionType:
        """A function of that name that lives in the module and does nothing."""
        return FunctionType(_nothing.__code__, self.module, name)

    def _call(self, node: ast.Call) -> Any:
        text, called = ast.unparse(node), self.resolve(node.func)
        if any(called is each for each in _BUILTIN):
            return called(self.stub("<stub>"))
        if called is dataclasses.field:
            return self._field(node)
        if called is enum.auto and not node.args and not node.keywords:
            return enum.auto()
        if isinstance(called, type):
            return _made_by(called, Opaque(text))
        if isinstance(called, types.BuiltinFunctionType):
            return Opaque(text)
        if isinstance(called, FunctionType):
            module = called.__module__.partition(".")[0]
            plain = module in sys.stdlib_module_names and module != "functools"
            return Opaque(text, "none" if plain else "much")
        unknown = isinstance(node.func, ast.Name)
        return Opaque(text, "much" if unknown else "some")

    def _field(self, node: ast.Call) -> Any:
        """A ``dataclasses.field(…)`` as it would be."""
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            name, given = keyword.arg, keyword.value
            if name == "default":
                options[name] = self.value(given)
            elif name == "default_factory":
                found = self.resolve(given)
                known = None
                if isinstance(given, ast.Lambda):
                    known = defaults.literal(given.body, self._rebound)
                if known is not None:
                    found = known.make
                options[name] = found if callable(found) else _Factory(ast.unparse(given))
            elif name in ("init", "repr", "hash", "compare", "kw_only"):
                if not isinstance(given, ast.Constant):
                    raise Unsure
                options[name] = given.value
            elif name != "metadata":
                raise Unsure
        if node.args:
            raise Unsure
        try:
            return dataclasses.field(**options)
        except (TypeError, ValueError):
            raise Unsure from None

    def _rebound(self, name: str) -> bool:
        return name in self.own or name in self.module

    # -- a class body ----------------------------------------------------------------------------

    def body(self, node: ast.ClassDef) -> Body:
        """What the body of a class statement would bind."""
        result = Body(self.own, {}, {})
        for statement in node.body:
            self._statement(statement, result)
        return result

    def _statement(self, node: ast.stmt, body: Body) -> None:
        if isinstance(node, FUNCTIONS):
            self.own[self._mangled(node.name)] = self._function(node)
        elif isinstance(node, ast.ClassDef):
            self.own[self._mangled(node.name)] = Opaque(f"class {node.name}")
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, body)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.simple:
                name = self._mangled(node.target.id)
                body.annotations[name] = annotation_text(node.annotation)
            if node.value is not None:
                self._assign(node.target, node.value, body)
        elif isinstance(node, ast.Delete):
            for name in bound(node):
                self.own.pop(self._mangled(name), None)
        else:
            body.blocks |= any(isinstance(each, ast.AnnAssign) for each in ast.walk(node))
            self._unknown(bound(node))

    def _assign(self, target: ast.expr, value: ast.expr, body: Body) -> None:
        if isinstance(target, ast.Name):
            name = self._mangled(target.id)
            self.own[name] = self.value(value)
            body.expressions[name] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unknown(bound(target))

    def _unknown(self, names: Iterable[str]) -> None:
        for name in sorted(names):
            self.own[self._mangled(name)] = Opaque(name, "much")

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Any:
        made: Any = self.stub(node.name)
        for decorator in reversed(node.decorator_list):
            if isinstance(decorator, ast.Attribute) and decorator.attr in (
                "setter",
                "getter",
                "deleter",
            ):
                before = self.own.get(self._mangled(node.name))
                made = property(made, made) if isinstance(before, property) else _unknown(node)
                continue
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            kind = self.resolve(called)
            if any(kind is each for each in _BUILTIN):
                made = kind(made)
            elif kind is functools.cached_property or kind is functools.singledispatchmethod:
                made = _Method()
            elif _path(kind) not in _TRANSPARENT:
                made = _unknown(node)
        return made

    def _mangled(self, name: str) -> str:
        return mangled(name, self.cls)


def _nothing() -> None:
    """The code of every stub."""


def _unknown(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Opaque:
    return Opaque(f"def {node.name}", "some")


def _path(kind: Any) -> str:
    if type(kind) not in (FunctionType, types.BuiltinFunctionType, type):
        return ""
    return f"{kind.__module__}.{kind.__qualname__}"
