"""Importing: modules of user code that are imported while livecode is loaded get instrumented code.

In: the import system's search for a module. Out: the module's usual spec with a loader that compiles
its source instrumented. Nothing is written to ``__pycache__``, and bytecode there is not used.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType
from typing import Any

from livecode.breaks import shipping
from livecode.breaks.compiling import compile_text, policy
from livecode.sources.parsing import without_long_literals
from livecode.sources.text import Stamp, Unreadable, decode, stamp


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a source file as ever, but compiles it instrumented.

    Attributes:
        stamp: the state of the file that was compiled, None if its bytecode was used.
    """

    stamp: Stamp | None = None

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        if not policy.wants(path):
            return super().get_code(fullname)
        before = stamp(path)
        code = self._instrumented(path)
        if code is None:  # compiled as ever, which says what is wrong if something is
            return super().get_code(fullname)
        self.stamp = before
        return code

    def _instrumented(self, path: str) -> CodeType | None:
        try:
            text = decode(self.get_data(path))
            if len(without_long_literals(text)) < len(text):
                return None  # its syntax would take too much of memory and time
            return compile_text(text, path)
        except (Unreadable, SyntaxError, RecursionError, MemoryError):
            return None


# Python leaves the frames of the import system out of the traceback of a SyntaxError, as far as all
# frames in between are of the import system.
Loader.get_code.__code__ = Loader.get_code.__code__.replace(
    co_filename=importlib.machinery.SourceFileLoader.get_code.__code__.co_filename
)


class Finder:
    """A finder for ``sys.meta_path``: asks the others, and changes the loader of user code.

    Args:
        is_user_file: whether a file is user code.
    """

    def __init__(self, is_user_file: Callable[[str], bool]) -> None:
        self._is_user_file = is_user_file

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's spec, if it is user code; None else, so that the next finder is asked."""
        if not policy.enabled:
            return None
        spec: Any = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        if name.rpartition(".")[2] in shipping.NAMES:
            spec.loader = shipping.Loader(spec.loader.name, spec.loader.path)
        elif self._is_user_file(spec.origin or ""):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        else:
            return None
        found: importlib.machinery.ModuleSpec = spec
        return found

    def install(self) -> None:
        """Stand before the finder of the path, behind those that others have put in front of it."""
        finders: list[Any] = sys.meta_path
        place = (
            finders.index(importlib.machinery.PathFinder)
            if importlib.machinery.PathFinder in finders
            else len(finders)
        )
        finders.insert(place, self)
        shipping.teach_all()

    def remove(self) -> None:
        """Take it away."""
        finders: list[Any] = sys.meta_path
        if self in finders:
            finders.remove(self)
