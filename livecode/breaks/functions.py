"""Functions of frames: which function a frame runs, what it was called with, and its code as it is now.

In: a live frame. Out: its function, found by name when the break begins, so that it is known after it
was renamed or moved; and the arguments of the call.
"""

from __future__ import annotations

import functools
import gc
import inspect
import sys
import types
from collections.abc import Container, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

from livecode.breaks.point import Call, point_of

_FAR = 50


def function_of(
    frame: FrameType, known: dict[CodeType, list[FunctionType]] | None = None
) -> FunctionType | None:
    """The function whose call a frame is, or None if it cannot be found.

    It is looked for under its names, then (a closure that was returned, what a decorator hides) among
    all functions.

    Args:
        frame: the frame.
        known: the functions that were found for code; it grows.
    """
    code = frame.f_code
    point = point_of(code)
    if point is not None and point.function is not None:
        return point.function
    for value in _candidates(frame):
        for function in _inside(value):
            if function.__code__ is code:
                return function
    if not code.co_flags & inspect.CO_OPTIMIZED or code.co_name.startswith("<"):
        return None
    known = {} if known is None else known
    if code not in known:
        found = [each for each in gc.get_referrers(code) if type(each) is FunctionType]
        known[code] = [each for each in found if each.__code__ is code]
    return next((each for each in known[code] if _may_run(each, frame)), None)


def _may_run(function: FunctionType, frame: FrameType) -> bool:
    """Whether a frame with the code of a function has the function's free variables."""
    values = frame.f_locals
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            if values.get(name) is not cell.cell_contents:
                return False
        except ValueError:
            if name in values:
                return False
    return True


def _candidates(frame: FrameType) -> Iterator[Any]:
    """What is found under the names of a frame's function."""
    names = frame.f_code.co_qualname.split(".")
    if "<locals>" not in names:
        yield from _at(frame.f_globals.get(names[0]), names[1:])
    code = frame.f_code
    if code.co_argcount and code.co_varnames:  # a method: its class may have lost its name
        first = frame.f_locals.get(code.co_varnames[0])
        owner = first if isinstance(first, type) else type(first)
        for cls in owner.__mro__:
            if names[-1] in cls.__dict__:
                yield cls.__dict__[names[-1]]
    around = frame.f_back
    for _ in range(_FAR):
        if around is None:
            return
        if around.f_code.co_flags & inspect.CO_OPTIMIZED:
            yield around.f_locals.get(names[-1])
        around = around.f_back


def _at(value: Any, names: list[str]) -> Iterator[Any]:
    for name in names:
        if not isinstance(value, type):
            return
        value = value.__dict__.get(name)
    yield value


def _inside(value: Any) -> Iterator[FunctionType]:
    """The functions that an object is, or wraps."""
    waiting, seen = [value], set[int]()
    while waiting and len(seen) < _FAR:
        item = waiting.pop()
        if item is None or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, FunctionType):
            yield item
            waiting += [cell.cell_contents for cell in item.__closure__ or () if _is_full(cell)]
            waiting.append(item.__dict__.get("__wrapped__"))
        elif isinstance(item, (staticmethod, classmethod, types.MethodType)):
            waiting.append(item.__func__)
        elif isinstance(item, property):
            waiting += [item.fget, item.fset, item.fdel]
        elif isinstance(item, (functools.partial, functools.cached_property)):
            waiting.append(item.func)
        elif not isinstance(item, type) and not isinstance(item, types.ModuleType):
            found = getattr(type(item), "__wrapped__", None) or _own(item, "__wrapped__")
            waiting.append(found)


def _own(item: Any, name: str) -> Any:
    try:
        return object.__getattribute__(item, name)
    except AttributeError:
        return None


def _is_full(cell: types.CellType) -> bool:
    try:
        return callable(cell.cell_contents)
    except ValueError:
        return False


def function_now(function: FunctionType | None) -> FunctionType | None:
    """The function that a function has become: it passes calls on to the one that was decorated anew."""
    if function is None or point_of(function.__code__) is not None:
        return function
    name = function.__code__.co_qualname
    for each in _inside(function):
        if each.__code__.co_qualname == name and point_of(each.__code__) is not None:
            return each
    return function


def is_gone(function: FunctionType | None, frame: FrameType) -> bool:
    """Whether a function that was found by its names when the break began is not found any more."""
    if function is None or "<locals>" in function.__qualname__:
        return False
    if point_of(function.__code__) is None or function.__code__ is not frame.f_code:
        return False
    return not any(each is function for value in _candidates(frame) for each in _inside(value))


def defaults_of(function: FunctionType | None) -> dict[str, Any]:
    """The defaults of a function's parameters, by their names."""
    if function is None:
        return {}
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    values = function.__defaults__ or ()
    defaults = dict(zip(names[len(names) - len(values) :], values, strict=True))
    return defaults | (function.__kwdefaults__ or {})


def code_now(function: FunctionType | None, frame: FrameType) -> CodeType:
    """The code of a frame's function as it is now.

    A nested function that cannot be found itself is looked for in the code of what it stands in.
    """
    if function is not None:
        return function.__code__
    code = frame.f_code
    outer = code.co_qualname.split(".<locals>.")[0].split(".")
    module = sys.modules.get(frame.f_globals.get("__name__", ""))
    namespace = vars(module) if module is not None else frame.f_globals
    for value in _at(namespace.get(outer[0], frame.f_globals.get(outer[0])), outer[1:]):
        for found in _inside(value):
            if found.__code__.co_filename == code.co_filename:
                same = [
                    each for each in _walk(found.__code__) if each.co_qualname == code.co_qualname
                ]
                if len(same) == 1:
                    return same[0]
    return code


def _walk(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _walk(constant)


def call_of(frame: FrameType) -> Call:
    """How a frame's function was called, as far as that is known.

    A parameter that the function does not bind itself has the value of the variable: that of the
    call, or what the person has given to it in a break.
    """
    code = frame.f_code
    values = frame.f_locals
    point = point_of(code)
    if point is not None and point.called is not None:
        call = point.called
        known = {name: values[name] for name in call.values if name in values}
        return call._replace(values=call.values | without(known, call.rebound))
    found = {}
    for name in code.co_varnames[: _parameters(code)]:
        for each in (f"@{name}", name):
            if each in values:
                found[name] = values[each]
                break
    rebound = frozenset(name for name in found if f"@{name}" in values)
    return Call(code, found, rebound)


def _parameters(code: CodeType) -> int:
    """How many parameters code has."""
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + stars


def without(values: dict[str, Any], names: Container[str]) -> dict[str, Any]:
    """Values but for those of some names."""
    return {name: value for name, value in values.items() if name not in names}


def arguments_of(frame: FrameType) -> tuple[list[Any], dict[str, Any]]:
    """What a frame's function was called with.

    Raises:
        LookupError: an argument is gone: the function has deleted it.
    """
    code, values, _ = call_of(frame)
    names = code.co_varnames

    def value(name: str) -> Any:
        if name in values:
            return values[name]
        raise LookupError(f"the argument {name} is gone: the function has deleted it")

    count = code.co_argcount
    positional = [value(name) for name in names[:count]]
    keywords = {name: value(name) for name in names[count : count + code.co_kwonlyargcount]}
    rest = count + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        positional += value(names[rest])
        rest += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords |= value(names[rest])
    return positional, keywords


def as_called(code: CodeType, value: Any) -> Any:
    """What a call of a function with this code would have given, had it returned `value`.

    It is what the code of an abandoned frame waits for: the value itself, or for a generator or
    coroutine one that returns it.
    """
    if code.co_flags & inspect.CO_ASYNC_GENERATOR:
        return _empty()
    if code.co_flags & inspect.CO_COROUTINE:
        return _coroutine(value)
    if code.co_flags & inspect.CO_GENERATOR:
        return _generator(value)
    return value


async def _empty() -> Any:
    nothing: tuple[Any, ...] = ()
    for each in nothing:
        yield each


async def _coroutine(value: Any) -> Any:
    return value


def _generator(value: Any) -> Any:
    yield from ()
    return value
