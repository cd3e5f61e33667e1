"""Describing: everything reachable from some modules as plain lines, equal for equal programs.

In: modules. Out: a dictionary from places (``pkg.mod:Class.method|code``) to texts. Two interpreters that
have the same program have the same dictionary: no address, no time, no order that hashes give is in it.
An object that was described already is a reference to its first place, so who is the same object as who
is compared too. Nothing of the program is called: only namespaces, slots and cells are read.
"""

from __future__ import annotations
import __future__

import dis
import enum
import functools
import hashlib
import inspect
import re
import types
import typing
import weakref
from collections.abc import Callable, Iterable

from livecode.evolution.debts import Owing

_ADDRESS = re.compile(r" at 0x[0-9a-f]+|0x[0-9a-f]{6,}|\b\d{12,}\b")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), range)
_SKIPPED = {
    "__builtins__",
    "__cached__",
    "__loader__",
    "__spec__",
    "__warningregistry__",
    "__dict__",
    "__weakref__",
    "_abc_impl",
    "__abstractmethods__",
    "__static_attributes__",
    "__slotnames__",
    "__annotations_cache__",
}
_LONG = 200
_DEEP = 14
"""So many steps from a module on nothing is described any more."""
_CLASS_DICT = type.__dict__["__dict__"].__get__
_CACHE = type(functools.cache(len))
_SAME = {"LOAD_METHOD": "LOAD_ATTR", "JUMP_BACKWARD_NO_INTERRUPT": "JUMP_BACKWARD"}
_LEFT_OUT = {"PRECALL", "PUSH_NULL", "EXTENDED_ARG", "NOP", "CACHE"}
_KINDS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR | inspect.CO_COROUTINE
_BY_VALUE = (tuple, typing.TypeVar, type(typing.List[int]), types.GenericAlias, types.UnionType)  # noqa: UP006
_OPAQUE = (weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet)


class Describing:
    """One description.

    Args:
        folder: what comes from files below it is described in full; of all else only the name.
        code_of: the code that a function stands for.
    """

    def __init__(
        self, folder: str, code_of: Callable[[types.FunctionType], types.CodeType] | None = None
    ) -> None:
        self.folder = folder
        self.code_of = code_of or (lambda function: function.__code__)
        self.found: dict[str, str] = {}
        self.objects: dict[str, object] = {}
        self._first: dict[int, str] = {}
        self._done: set[str] = set()
        self._kept: list[object] = []
        self._modules: set[str] = set()

    def describe(self, modules: Iterable[types.ModuleType]) -> dict[str, str]:
        """Describe modules, in the order of their names, those that only import others last."""
        ordered = sorted(
            modules, key=lambda module: (module.__name__.startswith("star_of_"), module.__name__)
        )
        self._modules = {module.__name__ for module in ordered}
        for module in ordered:
            # What a module defines is described under its name there, not where it is imported or held.
            for name, value in sorted(vars(module).items()):
                defines = isinstance(value, (type, types.FunctionType))
                if defines and value.__module__ == module.__name__:
                    self._first.setdefault(id(value), f"{module.__name__}:{name}")
        for module in ordered:
            for name, value in sorted(vars(module).items()):
                if name not in _SKIPPED and type(value) not in _PLAIN:
                    self._first.setdefault(id(value), f"{module.__name__}:{name}")
        for module in ordered:
            for name, value in sorted(vars(module).items()):
                if name not in _SKIPPED and not (name == "__annotations__" and not value):
                    self._value(f"{module.__name__}:{name}", value, top=True)
        return self.found

    def _put(self, place: str, aspect: str, text: object) -> None:
        self.found[f"{place}|{aspect}"] = str(text)

    def _value(self, place: str, value: object, top: bool = False) -> None:
        kind = type(value)
        if place.count(".") + place.count("[") > _DEEP:
            return
        if kind in _PLAIN:
            self._put(place, "value", f"{kind.__name__} {value!r}")
            return
        if isinstance(value, types.ModuleType):
            self._put(place, "value", f"module {value.__name__}")
            return
        if isinstance(value, type) and value.__module__ not in self._modules:
            self._put(place, "value", f"foreign class {value.__module__}.{value.__qualname__}")
            return
        known = None if kind in _BY_VALUE else self._first.get(id(value))
        if known is not None and (known != place or place in self._done):
            if known != place:
                self._put(place, "value", f"is {known}")
            return
        self._done.add(place)
        self._first[id(value)] = place
        self._kept.append(value)
        if top or isinstance(value, (type, types.FunctionType)):
            self.objects[place] = value
        if isinstance(value, type):
            self._class(place, value)
        elif kind is types.FunctionType:
            self._function(place, value)
        else:
            self._instance(place, value)

    # -- functions -------------------------------------------------------------------------------

    def _function(self, place: str, function: types.FunctionType) -> None:
        self._put(place, "kind", "function")
        self._put(place, "names", (function.__module__, function.__name__, function.__qualname__))
        if not self._is_ours(function.__code__.co_filename):
            self._put(place, "foreign", function.__code__.co_qualname)
        else:
            self._code(place, self.code_of(function))
        self._put(place, "doc", repr(function.__doc__))
        self._value(f"{place}.__defaults__", function.__defaults__)
        self._value(f"{place}.__kwdefaults__", function.__kwdefaults__)
        self._value(f"{place}.__annotations__", dict(function.__annotations__))
        for name, value in function.__dict__.items():
            self._value(f"{place}.{name}", value)
        free = self.code_of(function).co_freevars
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for name in free:
            if name not in cells:
                self._put(f"{place}.<{name}>", "value", "no cell")
                continue
            try:
                self._value(f"{place}.<{name}>", cells[name].cell_contents)
            except ValueError:
                self._put(f"{place}.<{name}>", "value", "empty cell")

    def _code(self, place: str, code: types.CodeType) -> None:
        plain = [const for const in code.co_consts if not isinstance(const, types.CodeType)]
        flags = code.co_flags & (_KINDS | __future__.annotations.compiler_flag)
        head = (code.co_qualname, flags, code.co_varnames, code.co_names)
        closed = (sorted(code.co_freevars), sorted(code.co_cellvars))
        body = hashlib.sha1(repr(_instructions(code)).encode()).hexdigest()[:8]
        self._put(place, "code", (head, closed, body, _consts(plain)))
        lines = hashlib.sha1(repr(sorted(set(code.co_positions()), key=str)).encode()).hexdigest()[
            :8
        ]
        self._put(place, "lines", (code.co_firstlineno, lines))
        inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
        for number, each in enumerate(inner):
            self._code(f"{place}.<code {number} {each.co_name}>", each)

    # -- classes ---------------------------------------------------------------------------------

    def _class(self, place: str, cls: type) -> None:
        namespace = _CLASS_DICT(cls)
        self._put(place, "kind", "class")
        self._put(place, "names", (cls.__module__, cls.__name__, cls.__qualname__))
        self._put(place, "mro", [f"{each.__module__}.{each.__qualname__}" for each in cls.__mro__])
        self._put(place, "abstract", sorted(namespace.get("__abstractmethods__", ())))
        members = {name for name, value in namespace.items() if not isinstance(value, Owing)}
        self._put(place, "members", sorted(members - _SKIPPED - {"__annotations__"}))
        self._value(f"{place}.<metaclass>", type(cls))
        for number, base in enumerate(cls.__bases__):
            self._value(f"{place}.<base {number}>", base)
        for name, value in sorted(namespace.items()):
            if name in _SKIPPED or (name == "__annotations__" and not value):
                continue
            if not isinstance(value, Owing):
                self._value(f"{place}.{name}", value)

    # -- all else --------------------------------------------------------------------------------

    def _instance(self, place: str, value: object) -> None:
        kind = type(value)
        self._put(place, "kind", f"{kind.__module__}.{kind.__qualname__}")
        if isinstance(value, _OPAQUE):
            return
        if isinstance(value, dict):
            self._put(place, "keys", [self._key(key) for key in dict.keys(value)])
            for key, each in dict.items(value):
                self._value(f"{place}[{self._key(key)}]", each)
        elif isinstance(value, (list, tuple)):
            sequence = list if isinstance(value, list) else tuple
            self._put(place, "length", sequence.__len__(value))
            for number, each in enumerate(sequence.__iter__(value)):
                self._value(f"{place}[{number}]", each)
        elif isinstance(value, (set, frozenset)):
            self._put(place, "items", sorted(self._key(each) for each in value))
        elif isinstance(value, (staticmethod, classmethod)):
            self._value(f"{place}.__func__", value.__func__)
        elif isinstance(value, types.MethodType):
            self._value(f"{place}.__func__", value.__func__)
            self._value(f"{place}.__self__", value.__self__)
        elif isinstance(value, property):
            for name in ("fget", "fset", "fdel"):
                self._value(f"{place}.{name}", getattr(value, name))
            self._put(place, "doc", repr(value.__doc__))
        elif isinstance(value, functools.partial):
            self._value(f"{place}.func", value.func)
            self._value(f"{place}.args", value.args)
            self._value(f"{place}.keywords", value.keywords)
        elif isinstance(value, re.Pattern):
            self._put(place, "value", (value.pattern, value.flags))
        elif kind is _CACHE:
            for name, each in value.__dict__.items():
                self._value(f"{place}.{name}", each)
        elif kind.__module__ in self._modules or kind is functools.cached_property:
            self._fields(place, value)
        elif not isinstance(value, types.GeneratorType):
            self._put(place, "value", self._named(value))

    def _fields(self, place: str, value: object) -> None:
        """What an instance itself has: its dictionary and its slots."""
        self._value(f"{place}.<class>", type(value))
        try:
            fields = dict(object.__getattribute__(value, "__dict__"))
        except AttributeError:
            fields = {}
        self._put(place, "fields", sorted(map(str, fields)))
        for name, each in fields.items():
            if isinstance(value, functools.cached_property) and name == "lock":
                continue
            self._value(f"{place}.{name}", each)
        for cls in type(value).__mro__:
            for name, member in sorted(_CLASS_DICT(cls).items()):
                if (
                    isinstance(member, types.MemberDescriptorType)
                    and cls.__module__ in self._modules
                ):
                    try:
                        self._value(f"{place}.{name}", member.__get__(value))
                    except AttributeError:
                        self._put(f"{place}.{name}", "value", "empty slot")

    def _key(self, key: object) -> str:
        if isinstance(key, enum.Enum):
            return f"{type(key).__qualname__}.{key._name_}"
        if isinstance(key, (tuple, frozenset)):
            return f"({', '.join(map(self._key, key))})"
        if isinstance(key, (type, types.FunctionType)):
            return f"{key.__module__}.{key.__qualname__}"
        return self._named(key)

    def _named(self, value: object) -> str:
        """The repr of something foreign, without what differs between two runs."""
        if type(value).__module__ in self._modules:
            return type(value).__qualname__
        if isinstance(value, (*_PLAIN, typing.TypeVar)):
            return repr(value)
        try:
            text = repr(value)
        except Exception as error:  # a program's own repr, of a half-made object
            text = f"no repr: {type(error).__name__}"
        return _ADDRESS.sub("", text)[:_LONG]

    def _is_ours(self, filename: str) -> bool:
        return filename.startswith(self.folder)


def _instructions(code: types.CodeType) -> list[tuple[str, object]]:
    """What code does. The compiler treats calls of what is imported in the same unit differently, and a
    statement may be a unit of its own, so that is left out."""
    return [
        (
            _SAME.get(each.opname, each.opname),
            "" if each.opcode in dis.hasjrel else re.sub(r"NULL(\|self)? \+ ", "", each.argrepr),
        )
        for each in dis.get_instructions(code)
        if each.opname not in _LEFT_OUT and not isinstance(each.argval, types.CodeType)
    ]


def _consts(plain: list[object]) -> str:
    return ", ".join(
        "{" + ", ".join(sorted(map(repr, each))) + "}"
        if isinstance(each, frozenset)
        else repr(each)
        for each in plain
    )
