"""What something alive does: outcomes that are equal for a live object and a fresh one.

In: a program, and a world (the namespaces of its sources, live or fresh). Out: for each definition,
and for each thing held on to, a dictionary of outcomes. `fresh` makes the world that an interpreter
started with the final texts would have: new modules in this process, never seen by livecode.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import sys
import types

from tests.properties.gaps import skip
from tests.properties.program import (
    NOTEBOOK,
    Class,
    Constant,
    Decorator,
    Function,
    Program,
    Record,
)


class Invalid(Exception):
    """A program that does not run in a fresh interpreter: no edit leads to it."""


class Counting(types.ModuleType):
    """The module through which evaluated statements are counted: ``tick(name, value)``."""

    def __init__(self):
        super().__init__("counting")
        self.log = []

    def tick(self, name, value):
        self.log.append(name)
        return value


def fresh(program: Program) -> dict:
    """The namespaces that the program has in a fresh interpreter.

    Raises:
        Invalid: an evaluated statement raises.
    """
    modules = {name: types.ModuleType(name) for name in program.files}
    replaced = {**modules, "counting": Counting()}
    before = {name: sys.modules.get(name) for name in replaced}
    spaces = {}
    sys.modules.update(replaced)
    try:
        for name, source in program.files.items():
            exec(
                compile(source.text(), f"{name}.py", "exec", dont_inherit=True), vars(modules[name])
            )
            spaces[name] = vars(modules[name])
        spaces[NOTEBOOK] = {"__name__": NOTEBOOK}
        for cell, source in program.cells.items():
            exec(compile(source.text(), f"<{cell}>", "exec", dont_inherit=True), spaces[NOTEBOOK])
    except Exception as error:
        raise Invalid(f"{type(error).__name__}: {error}") from error
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    spaces["program"] = program
    spaces["modules"] = modules
    return spaces


def outcome(call):
    """What a call gives or raises, as plain data."""
    try:
        return plain(call())
    except Exception as error:
        return "raises", type(error).__name__, str(error)


def plain(value):
    """A value as data that can be compared between two worlds."""
    if isinstance(value, enum.Enum):
        return type(value).__name__, value.name, plain(value.value)
    if isinstance(value, type):
        return "class", value.__name__
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if value is None or isinstance(value, (int, str, float, bool)):
        return value
    return type(value).__name__


def observe(value, item, world):
    """The outcomes of everything that can be asked of the value of a definition."""
    if isinstance(item, Constant):
        return {"value": plain(value)}
    if isinstance(item, Function):
        return observe_function(value, item)
    if isinstance(item, Decorator):
        return observe_decorator(value, item)
    if isinstance(item, Record):
        return observe_record(value, item)
    return observe_class(value, item, world)


def header(value):
    """Where a function stands, and what it says of itself."""
    found = {
        "name": getattr(value, "__name__", None),
        "qualname": getattr(value, "__qualname__", None),
        "doc": getattr(value, "__doc__", None),
        "module": getattr(value, "__module__", None),
        "signature": outcome(lambda: str(inspect.signature(value))),
    }
    function = inspect.unwrap(getattr(value, "__func__", value))
    if isinstance(function, types.FunctionType):
        found["line"] = function.__code__.co_firstlineno
        found["inner"] = [
            (code.co_qualname, code.co_firstlineno)
            for code in function.__code__.co_consts
            if isinstance(code, types.CodeType) and "@" not in code.co_name  # livecode's own
        ]
    return found


def observe_function(value, item):
    calls = {"(3)": lambda: run(value(3))}
    if item.shape == "maker":
        calls = {"(2)(5)": lambda: value(2)(5), "(3)(1)": lambda: value(3)(1)}
    if item.default is not None:
        calls["(3, 4)"] = lambda: run(value(3, 4))
        calls["(3, y=1)"] = lambda: run(value(3, y=1))
    if item.keyword is not None:
        calls["(3, z=4)"] = lambda: run(value(3, z=4))
    return {**header(value), **{name: outcome(call) for name, call in calls.items()}}


def run(value):
    """Drive a generator or coroutine to its end."""
    if isinstance(value, types.GeneratorType):
        return list(value)
    if isinstance(value, types.CoroutineType):
        try:
            value.send(None)
        except StopIteration as stop:
            return stop.value
    return value


def observe_decorator(value, item):
    def call():
        def two(x):
            return x + 2

        return (value(3) if item.factory else value)(two)(5)

    return {**header(value), "call": outcome(call)}


def observe_record(value, item):
    found = {"name": outcome(lambda: value.__name__), "total": outcome(lambda: header(value.total))}
    if item.enum:
        found["members"] = outcome(lambda: [(each.name, each.value) for each in value])
        for number in item.values:
            found[f"({number})"] = outcome(lambda number=number: value(number))
        found["P"] = outcome(lambda: observe_instance(value.P, item, {}))
    else:
        found["fields"] = outcome(
            lambda: [(each.name, each.default) for each in dataclasses.fields(value)]
        )
        found["made"] = outcome(lambda: observe_instance(value(4, 5), item, {}))
        found["default"] = outcome(lambda: repr(value()))
        found["equal"] = outcome(lambda: value(4, 5) == value(4, 5))
    return found


def observe_class(value, item, world):
    found = {
        "name": outcome(lambda: value.__name__),
        "qualname": outcome(lambda: value.__qualname__),
        "doc": outcome(lambda: value.__doc__),
        "order": outcome(lambda: [each.__name__ for each in value.__mro__]),
        "has": outcome(lambda: sorted(name for name in vars(value) if not name.startswith("__"))),
        "line": None if skip("first") else vars(value).get("__firstlineno__"),
        "made": outcome(lambda: observe_instance(value(4), item, world)),
    }
    for member in item.members:
        name = member.name
        if member.kind == "attribute":
            found[name] = outcome(lambda name=name: getattr(value, name))
        elif member.kind in ("class", "static"):
            found[name] = outcome(lambda name=name: getattr(value, name)(3))
        if member.kind in ("method", "class", "static"):
            found[f"{name} header"] = outcome(lambda name=name: header(getattr(value, name)))
    return found


def observe_instance(value, item, world):
    """What an instance answers; of a dataclass or an Enum, or of a class and what it inherits."""
    if isinstance(item, Record):
        found = {"total": outcome(lambda: value.total(2)), "type": type(value).__name__}
        if item.enum:
            found["same"] = outcome(lambda: getattr(type(value), value.name) is value)
        else:
            found["repr"] = repr(value)
        return found
    before = set(vars(value))
    found = {"type": type(value).__name__, "v": outcome(lambda: value.v)}
    for name in ("m1", "m2", "c1", "s1"):
        found[name] = outcome(lambda name=name: getattr(value, name)(3))
    for name in ("A1", "A2", "p1", "k1", "m1"):
        found[f".{name}"] = outcome(lambda name=name: getattr(value, name))
    found["is"] = [name for name, cls in classes(world) if isinstance(value, cls)]
    for name in vars(value).keys() - before:
        # A call of ``super().m1`` to a cached_property leaves a value that hides the method itself:
        # that came from looking, and not from an edit.
        if not isinstance(
            inspect.getattr_static(type(value), name, None), functools.cached_property
        ):
            del vars(value)[name]
    return found


def classes(world):
    """The classes of the program that a world has, by name."""
    found = ((name, world[module].get(name)) for module, name in sorted(world["program"]))
    return [(name, cls) for name, cls in found if isinstance(cls, type)]


WAYS = {
    Function: ("itself", "partial", "made"),
    Decorator: ("itself", "wrapped"),
    Class: ("itself", "instance", "member"),
    Record: ("itself", "instance", "member"),
}


def two(x):
    return x + 2


def derive(way, value, item, member=""):
    """Something to hold on to, got from the value of a definition."""
    if way == "itself":
        return value
    if way == "partial":
        return functools.partial(value, 3)
    if way == "made":
        return value(2) if item.shape == "maker" else value
    if way == "wrapped":
        return (value(3) if item.factory else value)(two)
    if isinstance(item, Record):
        made = value.P if item.enum else value(4, 5)
        return made if way == "instance" else made.total
    made = value(4)
    return made if way == "instance" else getattr(made, member)


def observe_held(way, value, item, world):
    """The outcomes of something held on to."""
    if way == "itself":
        return observe(value, item, world)
    if way == "partial":
        return {"()": outcome(lambda: run(value() if item.shape != "maker" else value()(2)))}
    if way == "made":
        if item.shape != "maker":
            return observe(value, item, world)
        return {"(5)": outcome(lambda: value(5)), "line": value.__code__.co_firstlineno}
    if way == "wrapped":
        return {"(5)": outcome(lambda: value(5))}
    if way == "instance":
        return observe_instance(value, item, world)
    return {"(3)": outcome(lambda: value(3)), "name": getattr(value, "__name__", None)}
