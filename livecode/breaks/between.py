"""Between: whether C code takes an exception, between a frame and the one that called it.

In: two frames and their `Spot`s. Out: an `Answer`: for ``hasattr``, ``getattr`` with a default, what
iterates, what looks up a name, finalizers.
"""

from __future__ import annotations

import ast
from types import FrameType, FunctionType, MethodType
from typing import Any

from livecode.breaks.clauses import Answer
from livecode.breaks.reading import variables
from livecode.breaks.spots import (
    ATTRIBUTE,
    CALL,
    IMPORT,
    ITERATES,
    MATCH,
    NAME,
    RELEASES,
    UNPACK,
    Spot,
    spot_at,
)

_DRAINING = (list, tuple, set, frozenset, dict, iter, reversed, enumerate, sum, any, all, min, max)


def taken_between(
    error: BaseException, inner: FrameType, before: Spot, outer: FrameType, spot: Spot
) -> Answer:
    """Whether C code takes it that the instruction of `outer` runs, and that called `inner`."""
    role = spot.role
    if role is RELEASES:
        return "a finalizer", True
    if isinstance(error, AttributeError):
        return _attribute_taken(inner, before, outer, spot)
    name = inner.f_code.co_name
    if name == "__getitem__":
        if isinstance(error, KeyError):
            return ("a lookup of a name", True) if role is NAME else None
        if isinstance(error, IndexError):
            return _iteration_takes(inner, outer, spot)
        return None
    if not isinstance(error, TypeError):
        return None
    if spot.operation == "LIST_EXTEND":
        return "a length hint", True
    made = callee_of(outer, spot) if role is CALL else None
    return ("a length hint", True) if made is list or made is tuple else None


def _attribute_taken(inner: FrameType, before: Spot, outer: FrameType, spot: Spot) -> Answer:
    role = spot.role
    if role is ATTRIBUTE:
        return _by_getattr(inner)
    if role is IMPORT:
        # Importing asks a module for ``__path__``, ``__all__``; it also runs modules.
        asks = spot.operation == "IMPORT_FROM" or _is_getter(inner, before)
        return ("import", True) if asks else None
    if role is MATCH:
        return "match", True
    if role is UNPACK:
        return "**", True  # and a TypeError is raised
    if role is not CALL:
        return None
    if spot.asks is None:
        spot.asks = _may_ask(outer)
    if not spot.asks and not _is_getter(inner, before):
        return None
    callee = callee_of(outer, spot)
    call = spot.call
    if call is not None and callee is hasattr:
        return "hasattr", True
    if call is not None and callee is getattr:
        if any(isinstance(each, ast.Starred) for each in call.args):
            return "getattr", False
        return ("getattr", True) if len(call.args) == 3 else _by_getattr(inner)
    if not _is_getter(inner, before) or isinstance(callee, (FunctionType, MethodType)):
        return None
    if isinstance(callee, type) and isinstance(vars(callee).get("__init__"), FunctionType):
        return None
    function = call and call.func
    if isinstance(function, ast.Attribute) and function.attr == inner.f_code.co_name:
        return None
    return "a call in C that asks for an attribute", False


def _may_ask(outer: FrameType) -> bool:
    """Whether code may call hasattr or getattr; False for most code, so its syntax is not needed."""
    code = outer.f_code
    values = [outer.f_globals.get(each) for each in code.co_names]
    return (
        not {"hasattr", "getattr"}.isdisjoint(code.co_names)
        or any(each is hasattr or each is getattr for each in values)
        or any("attr" in each for each in (*code.co_varnames, *code.co_freevars))
    )


def callee_of(outer: FrameType, spot: Spot) -> Any:
    """The function that the frame is calling; None if that cannot be told."""
    spot.look_for_call(outer.f_globals)
    if spot.called is None:
        return None
    try:
        return spot.called(outer)
    except Exception:  # an unknown name, or whatever reading an attribute raises
        return None


def calls(outer: FrameType, name: str) -> bool:
    """Whether the frame is calling something of this name, as ``super().__del__()`` does."""
    code, lasti = outer.f_code, outer.f_lasti
    spot = spot_at(outer, code, lasti)
    if spot.role is not CALL:
        return False
    spot.look_for_call(outer.f_globals)
    function = spot.call and spot.call.func
    return isinstance(function, ast.Attribute) and function.attr == name


def arguments(frame: FrameType, count: int) -> list[Any]:
    """The values of the first parameters, as far as they are still bound."""
    code = frame.f_code
    names = code.co_varnames[: min(count, code.co_argcount)]
    if not names:
        return []
    values = variables(frame)
    return [values[each] for each in names if each in values]


def _by_getattr(inner: FrameType) -> Answer:
    """An attribute was asked for, which ran `inner`: has its object ``__getattr__`` to ask next?"""
    name = inner.f_code.co_name
    if name == "__getattr__":
        return None
    values = arguments(inner, 2)
    index = 1 if name == "__get__" else 0
    if len(values) > index and _in_class(type(values[index]), "__getattr__"):
        return "__getattr__", True
    return None


def _in_class(kind: type, name: str) -> Any:
    for each in kind.__mro__:
        if name in each.__dict__:
            return each.__dict__[name]
    return None


def _is_getter(inner: FrameType, spot: Spot) -> bool:
    """Whether the frame answers for an attribute: it is a property's or one of the special methods'."""
    if spot.getter is None:
        code = spot.code
        spot.getter = False
        for argument in arguments(inner, 1):
            for each in type(argument).__mro__:
                found = each.__dict__.get(code.co_name)
                function = found.fget if isinstance(found, property) else None
                if getattr(function, "__code__", None) is code:
                    spot.getter = True
    return spot.getter


def _iteration_takes(inner: FrameType, outer: FrameType, spot: Spot) -> Answer:
    """``__getitem__`` was called to iterate over a class without ``__iter__``."""
    values = arguments(inner, 1)
    if not values:
        return None
    kind = type(values[0])
    if spot.role is ITERATES or spot.operation == "CALL_FUNCTION_EX":
        return None if _in_class(kind, "__iter__") else ("iteration", True)
    if spot.role is not CALL:
        return None
    callee = callee_of(outer, spot)
    if isinstance(callee, (FunctionType, MethodType)):
        return None
    if callee is next or any(callee is each for each in _DRAINING):
        reverse = callee in (reversed, next)
        return None if _in_class(kind, "__iter__") and not reverse else ("iteration", True)
    function = spot.call and spot.call.func
    if isinstance(function, ast.Attribute) and function.attr == "__getitem__":
        return None
    return None if _in_class(kind, "__iter__") else ("a call in C that iterates", False)
