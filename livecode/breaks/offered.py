"""Restarts that a program offers itself: ``with livecode.restart("name"):`` and `invoke`.

In: a name, and a value that is handed over. Out: control goes on behind the with-block of that name
(as ``with-simple-restart`` does in Common Lisp, CLHS ``WITH-SIMPLE-RESTART``).
"""

from __future__ import annotations

import sys
from types import FrameType, TracebackType
from typing import Any, Literal


class Invoked(BaseException):
    """Control goes to the with-block of a restart; no ``except Exception`` takes it.

    Args:
        target: the restart.
        value: what is handed over.
    """

    def __init__(self, target: restart, value: Any) -> None:
        super().__init__(target.name)
        self.target = target
        self.value = value


class restart:
    """A place at which the program can go on, whatever fails in its with-block.

    Args:
        name: what the person says after ``%resume``, or code to `invoke`.
        help: one line that tells what it does.

    Attributes:
        value: what was handed over when it was chosen, None before.
        invoked: whether it was chosen.

    Example:
        >>> with livecode.restart("skip-record"):
        ...     process(record)
    """

    def __init__(self, name: str, help: str = "") -> None:
        self.name = name
        self.help = help
        self.value: Any = None
        self.invoked = False
        self._frame: FrameType | None = None

    def __enter__(self) -> restart:
        self.value, self.invoked = None, False
        self._frame = sys._getframe(1)
        _open.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False] | bool:
        # By identity, the last one: blocks that are suspended may be left in another order.
        for index in reversed(range(len(_open))):
            if _open[index] is self:
                del _open[index]
                self._frame = None
                break
        if not isinstance(error, Invoked) or error.target is not self:
            return False
        self.value, self.invoked = error.value, True
        return True


_open: list[restart] = []
"""The restarts whose blocks are open, those of suspended code among them."""


def invoke(name: str, value: Any = None) -> None:
    """Go on behind the innermost open ``with restart(name)``.

    Args:
        name: of the restart.
        value: is handed over as its `value`.

    Raises:
        LookupError: no restart of that name is open.
    """
    for each in open_from(sys._getframe(1)):
        if each.name == name:
            raise Invoked(each, value)
    raise LookupError(f"no restart is named {name!r}")


def open_from(frame: FrameType | None) -> list[restart]:
    """The restarts that are open in a frame and those around it, the innermost first.

    A restart remembers the frame that has entered it, for as long as it is open.
    """
    around: set[int] = set()
    while frame is not None:
        around.add(id(frame))
        frame = frame.f_back
    return [each for each in reversed(_open) if id(each._frame) in around]
