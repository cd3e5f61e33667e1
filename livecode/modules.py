"""Modules: which are user code, and whether a module was imported from the text its file has now."""

from __future__ import annotations

import os
import sysconfig
import types
from typing import Any

from livecode.sources.text import Stamp

_LIBRARIES = {"site-packages", "dist-packages"}
_OWN = os.path.dirname(os.path.abspath(__file__))
_STANDARD = tuple(
    {
        os.path.realpath(path) + os.sep
        for path in (
            sysconfig.get_path("stdlib"),
            sysconfig.get_path("platstdlib"),
            os.path.dirname(os.__file__),
        )
    }
    | {sysconfig.get_path("stdlib") + os.sep, os.path.dirname(os.__file__) + os.sep}
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
    if path.startswith((*_STANDARD, _OWN + os.sep)) or not _LIBRARIES.isdisjoint(
        path.split(os.sep)
    ):
        return None
    return path


def is_live_text(namespace: dict[str, Any], path: str, text: str, now: Stamp | None) -> bool:
    """Whether a module that is imported was made from `text`, as far as can be told."""
    return not _saved_since_import(namespace, now) or _agrees(namespace, path, text)


def _saved_since_import(namespace: dict[str, Any], now: Stamp | None) -> bool:
    """Whether the bytecode that a module was imported from is that of another text than the file's.

    The header of a ``.pyc`` file has the time and size of its source (PEP 552).
    """
    cached = namespace.get("__cached__")
    if not isinstance(cached, str) or now is None:
        return False
    try:
        with open(cached, "rb") as file:
            header = file.read(16)
    except OSError:
        return False
    if len(header) < 16 or int.from_bytes(header[4:8], "little") != 0:
        return False
    time, size = int.from_bytes(header[8:12], "little"), int.from_bytes(header[12:16], "little")
    return time != (now.mtime_ns // 10**9) & 0xFFFFFFFF or size != now.size & 0xFFFFFFFF


def _agrees(namespace: dict[str, Any], path: str, text: str) -> bool:
    """Whether the functions of a module are those that its file has now."""
    try:
        root = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    on_disk = {code for code in root.co_consts if isinstance(code, types.CodeType)}
    live = {
        value.__code__
        for value in namespace.values()
        if isinstance(value, types.FunctionType)
        and value.__code__.co_filename == path
        and value.__globals__ is namespace
    }
    return live <= on_disk and bool(live)
