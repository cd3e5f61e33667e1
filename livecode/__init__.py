"""livecode: grow a Python program while it runs, in IPython and Jupyter.

``%load_ext livecode`` in a notebook or terminal; from then on whatever is alive follows the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livecode.breaks.offered import invoke, restart
from livecode.breaks.plain import plain
from livecode.hooks import after_edit, before_edit, once

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "after_edit",
    "before_edit",
    "invoke",
    "load_ipython_extension",
    "once",
    "plain",
    "restart",
    "unload_ipython_extension",
]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Load livecode into an IPython shell (``%load_ext livecode``)."""
    from livecode.ipython.session import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Unload livecode from an IPython shell (``%unload_ext livecode``)."""
    from livecode.ipython.session import unload

    unload(shell)
