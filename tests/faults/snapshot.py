"""Snapshots: the whole state of some namespaces, to be compared before and after.

In: namespaces, and objects held on to. Out: plain facts by path: which object stands under which
name, and what each function, class, cell and container of the program is made of. Facts about an
object that is only held are facts of the program too.
"""

from __future__ import annotations

import functools
import gc
import types

_SKIPPED = {"__builtins__", "__weakref__", "__dict__", "__cached__", "__loader__", "__spec__"}
_MOVING = {"_abc_impl"}
"""Attributes whose contents are caches of the interpreter."""


class Same:
    """An object that must be the very same one (it is kept alive, so that ids are not used twice)."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self):
        return id(self.value)

    def __repr__(self):
        return f"<the {type(self.value).__name__} {self.value!r:.60}>"


class Snapshot:
    """The facts of some roots.

    Args:
        roots: objects or namespaces by name.
        ours: decides by module name whether a class or function is part of the program.
        mutated: paths of containers that evaluated statements put things into.
    """

    def __init__(self, roots, ours, mutated=()):
        self.facts = {}
        self._mutated = mutated
        self._ours = ours
        self._seen = set()
        for name, value in roots.items():
            self._take(name, value)

    def difference(self, other):
        """What is not as it was, as lines for people."""
        lines = []
        for path in sorted({*self.facts, *other.facts}):
            was, now = self.facts.get(path, "absent"), other.facts.get(path, "absent")
            if was != now:
                lines.append(f"{path}: was {was!r}, is {now!r}")
        return lines

    def _fact(self, path, value):
        self.facts[path] = value

    def _take(self, path, value):
        if isinstance(value, (int, str, bytes, float, bool, type(None))):
            self._fact(path, value)
            return
        self._fact(path, Same(value))
        if id(value) in self._seen or path in self._mutated:
            return
        self._seen.add(id(value))
        if isinstance(value, types.FunctionType):
            if self._ours(value.__module__):
                self._function(path, value)
        elif isinstance(value, type):
            if self._ours(value.__module__):
                self._class(path, value)
        elif isinstance(value, types.ModuleType):
            if self._ours(value.__name__):
                self._items(path, vars(value))
        elif isinstance(value, (dict, types.MappingProxyType)):
            self._items(path, value)
        elif isinstance(value, (list, tuple)):
            self._fact(f"{path} length", len(value))
            for index, item in enumerate(value):
                self._take(f"{path}[{index}]", item)
        elif isinstance(value, (set, frozenset)):
            self._fact(f"{path} members", frozenset(map(Same, value)))
        elif isinstance(value, types.MethodType):
            self._take(f"{path}.__func__", value.__func__)
        elif isinstance(value, (property, staticmethod, classmethod, functools.cached_property)):
            for name in ("fget", "fset", "fdel", "__func__", "func", "attrname"):
                if hasattr(value, name):
                    self._take(f"{path}.{name}", getattr(value, name))
        elif isinstance(value, functools.partial):
            self._take(f"{path}.func", value.func)
        elif hasattr(value, "__wrapped__"):
            self._items(f"{path}.__dict__", vars(value))
        elif self._ours(type(value).__module__):
            self._items(f"{path}.__dict__", getattr(value, "__dict__", {}))
            self._fact(f"{path}.__class__", Same(type(value)))

    def _items(self, path, mapping):
        names = [name for name in list(mapping) if name not in _SKIPPED]
        self._fact(f"{path} names", sorted(map(str, names)))
        for name in names:
            self._take(
                f"{path}.{name}" if isinstance(name, str) else f"{path}[{name!r}]", mapping[name]
            )

    def _function(self, path, function):
        self._fact(f"{path}.__code__", Same(function.__code__))
        for name in (
            "__defaults__",
            "__kwdefaults__",
            "__name__",
            "__qualname__",
            "__module__",
            "__doc__",
        ):
            self._take(f"{path}.{name}", getattr(function, name))
        self._items(f"{path}.__annotations__", function.__annotations__)
        self._items(f"{path}.__dict__", function.__dict__)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            self._fact(f"{path} cell {name}", Same(cell))
            try:
                self._take(f"{path} cell {name} contents", cell.cell_contents)
            except ValueError:  # empty
                continue

    def _class(self, path, cls):
        self._fact(f"{path}.__bases__", [Same(base) for base in cls.__bases__])
        self._fact(f"{path} metaclass", Same(type(cls)))
        for name in ("__name__", "__qualname__", "__module__"):
            self._fact(f"{path}.{name}", getattr(cls, name))
        names = [name for name in vars(cls) if name not in _SKIPPED | _MOVING]
        self._fact(f"{path} names", sorted(names))
        for name in names:
            self._take(f"{path}.{name}", vars(cls)[name])
        gc.collect(0)
        self._fact(f"{path} subclasses", frozenset(map(Same, cls.__subclasses__())))
