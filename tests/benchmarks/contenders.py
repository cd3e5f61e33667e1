"""The contenders: how each is loaded, and how each is told that a file was saved.

In: a shell and the folder of the user's code. Out: nothing but the effect. Everything that
a contender needs is imported only when it is loaded, in its own process, because importing
is one of the things measured.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any


class Contender:
    """Plain IPython: nothing is loaded, and nothing follows an edit."""

    name = "plain"
    label = "plain IPython"
    package = "ipython"  # whose version the report names
    by_cell = False  # does an edit become live by running a cell?
    follows = False  # can it make an edit live at all?

    def import_it(self) -> None:
        """Import what `load` needs."""

    def load(self, shell: Any, folder: Path) -> None:
        """Switch it on in `shell`, for code in `folder`."""

    def apply(self, shell: Any, module: ModuleType) -> None:
        """Make live what was just saved in the file of `module`."""
        raise NotImplementedError(self.name)


class ByCell(Contender):
    """Those that look for edits before each cell: to apply one is to run a cell."""

    by_cell = True
    follows = True

    def apply(self, shell: Any, module: ModuleType) -> None:
        shell.run_cell("pass")


class Livecode(ByCell):
    name = "livecode"
    label = "livecode"
    package = "livecode"

    def import_it(self) -> None:
        importlib.import_module("livecode")

    def load(self, shell: Any, folder: Path) -> None:
        shell.run_line_magic("load_ext", "livecode")
        if "livecode" not in shell.extension_manager.loaded:
            raise RuntimeError("%load_ext livecode did not load it")


class Autoreload(ByCell):
    name = "autoreload"
    label = "%autoreload 2"
    package = "ipython"

    def import_it(self) -> None:
        importlib.import_module("IPython.extensions.autoreload")

    def load(self, shell: Any, folder: Path) -> None:
        shell.run_line_magic("load_ext", "autoreload")
        shell.run_line_magic("autoreload", "2")


class Jurigged(Contender):
    """jurigged watches files from a thread. For an edit its `refresh` is called directly,
    so that neither the thread nor its delay of 50 ms counts against it."""

    name = "jurigged"
    label = "jurigged"
    package = "jurigged"
    follows = True

    def __init__(self) -> None:
        self.watcher: Any = None

    def import_it(self) -> None:
        importlib.import_module("jurigged")

    def load(self, shell: Any, folder: Path) -> None:
        live: Any = importlib.import_module("jurigged.live")
        self.watcher = live.watch(str(folder / "*"), logger=live.conservative_logger)

    def apply(self, shell: Any, module: ModuleType) -> None:
        assert module.__file__ is not None
        self.watcher.refresh(module.__file__)


class JuriggedByHand(Jurigged):
    """The same with its thread not started, for measuring `refresh` alone."""

    def load(self, shell: Any, folder: Path) -> None:
        live: Any = importlib.import_module("jurigged.live")
        self.watcher = live.watch(
            str(folder / "*"), logger=live.conservative_logger, autostart=False
        )


class Reload(Contender):
    """importlib.reload, called by hand on the module that was saved."""

    name = "reload"
    label = "importlib.reload"
    package = ""
    follows = True

    def apply(self, shell: Any, module: ModuleType) -> None:
        importlib.reload(module)


class ByHand(Contender):
    """A loop that a person writes for the one class that changed (`evolve.py`)."""

    name = "hand"
    label = "by hand"
    package = ""


class Careful(ByHand):
    """The same loop, keeping what it needs to take itself back."""

    name = "careful"
    label = "with a way back"


ORDER: tuple[type[Contender], ...] = (
    Contender,
    Livecode,
    Autoreload,
    Jurigged,
    Reload,
    ByHand,
    Careful,
)
LABELS = {kind.name: kind.label for kind in ORDER}


def make(name: str, *, editing: bool = False) -> Contender:
    """The contender called `name`; with `editing`, in the form that edits are measured in."""
    kinds = {kind.name: kind for kind in ORDER}
    if editing:
        kinds["jurigged"] = JuriggedByHand
    return kinds[name]()
