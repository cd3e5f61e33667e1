"""Modules that are imported when something of them is asked for, so that loading livecode is quick.

In: a module's name. Out: what stands for the module. (PEP 810 proposes the same as syntax.)
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module: what is asked of it, the module is asked."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # who looks at all modules does not want this one
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def later(name: str) -> Any:
    """What stands for a module until it is needed.

    Args:
        name: the full name of a module.
    """
    return _Later(name)


def ready(module: ModuleType) -> None:
    """Import a module now that `later` stands for."""
    importlib.import_module(module.__name__)
