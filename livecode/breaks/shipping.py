"""Shipping: functions of cells that are sent to other processes are plain there.

cloudpickle (joblib, Dask, PySpark and Ray have copies of it) and dill pickle a notebook's functions with
their code. In: instrumented code. Out: what the compiler makes of the same syntax: it needs no livecode where
it arrives.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from livecode.breaks.point import point_of
from livecode.breaks.scopes import class_around
from livecode.later import later
from livecode.sources.parsing import copied

NAMES = ("cloudpickle", "cloudpickle_fast", "_dill")
"""What modules are called that may pickle code."""

enclosed: Any = later("livecode.breaks.enclosed")


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module that pickles code."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        teach(module)


def teach_all() -> None:
    """Let modules that are imported already pickle plain code."""
    for name, module in list(sys.modules.items()):
        if name.rpartition(".")[2] in NAMES:
            teach(module)


def teach(module: Any) -> None:
    """Let a module pickle plain code, if it is dill, or cloudpickle or a copy of it."""
    cloud: Any = getattr(getattr(module, "CloudPickler", None), "_dispatch_table", None)
    dill: Any = getattr(getattr(module, "Pickler", None), "dispatch", None)
    for table, kind in ((cloud, _Reduces), (dill, _Saves)):
        known = table.get(CodeType) if isinstance(table, dict) else None
        if known is not None and not isinstance(known, (_Reduces, _Saves)):
            table[CodeType] = kind(known)


class _Reduces:
    """How cloudpickle pickles code: what it is to be made of."""

    def __init__(self, known: Callable[[CodeType], Any]) -> None:
        self._known = known

    def __call__(self, code: CodeType) -> Any:
        return self._known(plain_code(code))


class _Saves:
    """How dill pickles code: it is written at once."""

    def __init__(self, known: Callable[[Any, CodeType], Any]) -> None:
        self._known = known

    def __call__(self, pickler: Any, code: CodeType) -> Any:
        return self._known(pickler, plain_code(code))


def plain_code(code: CodeType) -> CodeType:
    """The code of a function as the compiler makes it of the person's syntax.

    Args:
        code: any code.

    Returns:
        Code with the same free variables and lines; the same code if it is not instrumented, or if
        its syntax gives no code like it (of the rest of a function that was resumed, say).
    """
    point = point_of(code)
    if point is None or point.module or point.function is not None:
        return code
    node = copied(point.node)
    ast.increment_lineno(node, code.co_firstlineno - point.first)
    if hasattr(node, "type_params"):
        node.type_params = []  # they are free variables here
    owner = class_around(code.co_qualname)
    flags = code.co_flags & enclosed.FUTURE
    try:
        made: CodeType = enclosed.compile_continuation(
            node, code.co_filename, flags, code.co_freevars, owner, [], code.co_qualname
        )
    except SyntaxError:
        return code
    if made.co_freevars != code.co_freevars:
        return code
    return made.replace(co_flags=code.co_flags)  # it was compiled as a nested function
