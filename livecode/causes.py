"""Causes: the files behind an error that are not tracked, so that a file which failed is tried again.

In: the error with which an edit was held back. Out: the state of the files that it comes from: those of
its traceback, the one that does not parse, and those in which a module that was not found would be.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from livecode.sources.text import Stamp, stamp

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


def causes_of(error: BaseException, filename: str) -> dict[str, Stamp | None]:
    """The files behind an error, with their states now.

    Args:
        error: the error.
        filename: the file that was held back; it is none of them.
    """
    found: dict[str, Stamp | None] = {}
    for path in _files(error):
        if os.path.isabs(path) and path != filename and not path.startswith(_OWN):
            found.setdefault(path, stamp(path))
    return found


def any_changed(causes: dict[str, Stamp | None]) -> bool:
    """Whether one of the files is in another state now."""
    return any(stamp(path) != before for path, before in causes.items())


def _files(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename
    if isinstance(error, ModuleNotFoundError) and error.name:
        package, _, name = error.name.rpartition(".")
        parent = sys.modules.get(package)
        for folder in sys.path if not package else getattr(parent, "__path__", ()):
            yield os.path.abspath(os.path.join(folder, f"{name}.py"))
            yield os.path.abspath(os.path.join(folder, name, "__init__.py"))
