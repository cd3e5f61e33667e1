"""Modules: which are user code, and whether a module was imported from the text its file has now."""

from __future__ import annotations

import os
import re
import sys
import time
import types
from typing import Any

from livecode.edits.codes import walk
from livecode.sources.text import Stamp

RECENT = 24 * 3600
"""Seconds since its last save for which a file without bytecode is compared with its live module."""

_LIBRARIES = {"site-packages", "dist-packages"}
_OWN = os.path.dirname(os.path.abspath(__file__))
_STDLIB = os.path.dirname(os.__file__)
_STANDARD = tuple(
    {
        os.path.realpath(path) + os.sep
        for path in (
            _STDLIB,
            os.path.join(sys.base_exec_prefix, sys.platlibdir, os.path.basename(_STDLIB)),
        )
    }
    | {_STDLIB + os.sep}
)


def user_file(name: str, module: Any) -> str | None:
    """The source file of a module that is user code, or None.

    User code is every module from a ``.py`` file that lies neither in the standard library nor in a
    site-packages folder; so an editable install is user code.
    """
    if name == "__main__" or name == "livecode" or name.startswith("livecode."):
        return None
    if not isinstance(module, types.ModuleType):
        return None
    path = module.__dict__.get("__file__")
    if not isinstance(path, str) or not path.endswith(".py"):
        return None
    if not os.path.isabs(path):
        path = os.path.abspath(path)
    return path if is_user_file(path) else None


def is_borrowed(path: str, module: types.ModuleType) -> bool:
    """Whether a module was made by hand, and the file that it gives as its own is another module's."""
    if vars(module).get("__spec__") is not None:
        return False
    return any(
        getattr(vars(other).get("__spec__"), "origin", None) == path
        for other in list(sys.modules.values())
        if isinstance(other, types.ModuleType)
    )


def is_user_file(path: str) -> bool:
    """Whether a file, given by its absolute path, is user code."""
    return not path.startswith((*_STANDARD, _OWN + os.sep)) and _LIBRARIES.isdisjoint(
        path.split(os.sep)
    )


def is_live_text(namespace: dict[str, Any], path: str, text: str, now: Stamp | None) -> bool:
    """Whether a module that is imported was made from `text`, as far as can be told.

    Bytecode tells of which state of the file it was made. Where there is none, and the file was saved
    not long ago, the functions of the module must stand on the lines that the text has them on (their
    code may differ: import hooks such as pytest's change it).
    """
    stamped = _imported_stamp(namespace)
    if now is None:
        return True
    if stamped is not None:
        if stamped == ((now.mtime_ns // 10**9) & 0xFFFFFFFF, now.size & 0xFFFFFFFF):
            return True
        live, on_disk = _functions(namespace, path), _compiled(text, path)
        return bool(live) and live <= on_disk
    if time.time() - now.mtime_ns / 1e9 > RECENT:
        return True
    functions = _functions(namespace, path)
    texts = text.split("\n")
    if all(_begins(code, texts) for code in functions):
        return True
    lines = {(code.co_name, code.co_firstlineno) for code in _compiled(text, path)}
    return all((code.co_name, code.co_firstlineno) in lines for code in functions)


def _begins(code: types.CodeType, lines: list[str]) -> bool:
    """Whether a function without decorators begins on its line, as far as the line itself tells."""
    line = lines[code.co_firstlineno - 1] if code.co_firstlineno <= len(lines) else ""
    return re.match(rf"(?:async\s+)?def\s+{code.co_name}\b", line) is not None


def _imported_stamp(namespace: dict[str, Any]) -> tuple[int, int] | None:
    """Time (seconds) and size of the text that a module's bytecode was made from, if there is any.

    The header of a ``.pyc`` file has them (PEP 552). A loader of ours used no bytecode, and knows them.
    """
    known = getattr(getattr(namespace.get("__spec__"), "loader", None), "stamp", None)
    if isinstance(known, Stamp):
        return (known.mtime_ns // 10**9) & 0xFFFFFFFF, known.size & 0xFFFFFFFF
    cached = namespace.get("__cached__")
    if not isinstance(cached, str):
        return None
    try:
        with open(cached, "rb") as file:
            header = file.read(16)
    except OSError:
        return None
    if len(header) < 16 or int.from_bytes(header[4:8], "little") != 0:
        return None
    return int.from_bytes(header[8:12], "little"), int.from_bytes(header[12:16], "little")


def _functions(namespace: dict[str, Any], path: str) -> set[types.CodeType]:
    """The code of the functions that a module defines at its top level."""
    return {
        value.__code__
        for value in list(namespace.values())
        if type(value) is types.FunctionType
        and value.__globals__ is namespace
        and value.__code__.co_filename == path
        and value.__code__.co_qualname == value.__code__.co_name
        and not value.__code__.co_name.startswith("<")
    }


def _compiled(text: str, path: str) -> set[types.CodeType]:
    """The code of the functions and classes that a text has at its top level."""
    try:
        root = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    # Those of generic functions stand inside of the code of their type parameters (PEP 695).
    return {code for code in walk(root) if code.co_qualname == code.co_name}
