"""A Point: what livecode knows of one instrumented function, and where its code calls livecode.

In: the source of a function or of a cell's statement. Out: its syntax, on demand.

Each code object that `livecode.breaks.instrument` made holds its Point as its last constant.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from itertools import islice
from sys import _getframe, exception
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple, TypeAlias

from livecode.breaks import running
from livecode.breaks.marks import is_mark
from livecode.breaks.scopes import bound_in
from livecode.sources.parsing import syntax

Known: TypeAlias = "tuple[CodeType, type[BaseException], Taken | None]"
"""What is known of one caller at one instruction: its code; a type of exception that Python itself has,
named there as it is in `builtins`; and None if the caller takes such exceptions for sure, else what is
known of its callers. (A plain tuple is taken apart faster than a named one.)"""

Taken: TypeAlias = "dict[int, Known]"
"""By the offset of the instruction at which a caller is: what becomes of an exception there."""


_NONE: tuple[()] = ()
"""What ``except`` compares an exception with that is to pass on."""


def _asking(point: Point, out: bool) -> Callable[[], Any]:
    """What code calls when an exception passes: the answer that is known, or the machine's.

    It gives what ``except`` compares the exception with: nothing if it may go on, else a type of it.

    It is called for each exception that passes an instrumented frame, handled ones too, so it does
    little and does that at once.
    """
    taken = point.taken
    ask = running.ask
    decided = running.decided

    def lets() -> Any:
        try:
            caller: Any = _getframe(2)
            code, kind, further = taken[caller.f_lasti]
            if code is caller.f_code and kind is type(exception()):
                while further is not None:
                    caller = caller.f_back
                    code, kind, further = further[caller.f_lasti]
                    if code is not caller.f_code:
                        break
                else:
                    decided[0] = 0
                    return _NONE
        except (KeyError, ValueError, AttributeError, RecursionError):
            pass  # nothing is known; nobody calls, as in a thread's first; or the stack is used up
        try:
            return _NONE if ask(point, exception(), _getframe(1), out) else BaseException
        except RecursionError:  # too little of the stack is left; a frame further out decides
            decided[0] = 0
            return _NONE

    return lets


class Held(dict[str, Any]):
    """What a cell's statement holds. Constants of code must have a hash, since code has one."""

    __hash__ = object.__hash__  # type: ignore[assignment]


_NOTHING_HELD = Held()


class Call(NamedTuple):
    """How a function was called.

    Attributes:
        code: of the function as it was.
        values: of its parameters, by name, those that are known.
        rebound: the names of parameters that it binds itself, so that the variable tells nothing.
    """

    code: CodeType
    values: dict[str, Any]
    rebound: frozenset[str]


class Point:
    """What is known of an instrumented function, or of a statement of a cell.

    Args:
        source: the lines of the definition, decorators included, as they stand in the source; or its
            syntax.
        first: the line on which it begins in the source that was compiled.
        qualname: as of the function; ``<module>`` for a cell's statement.
        module: whether it is a statement of a cell.
        text: the lines, where `source` is syntax.

    Attributes:
        plain: the person wants the function to fail as in plain Python.
        held: of a cell's statement, what stands for hidden names.
        mode: how a cell's statement was compiled, ``single`` if its value is shown.
        moves: of a cell's statement, whether control has left it for the rest.
        function: of code that does the rest of a function's work, that function.
        lets: called by the code, tells whether the exception may go on out of a block (see `_asking`);
            if not, control moves to the rest.
        lets_out: the same for going on out of the function.
        taken: what is known of callers, see `Taken`.
        called: of such code, how the function was called.
        cells: of free variables that the function reaches through constants (`livecode.edits.compiled`).
    """

    __slots__ = (
        "__weakref__",
        "_node",
        "_text",
        "called",
        "cells",
        "first",
        "function",
        "held",
        "lets",
        "lets_out",
        "mode",
        "module",
        "moves",
        "plain",
        "qualname",
        "taken",
    )

    lets: Callable[[], Any]
    lets_out: Callable[[], Any]

    def __init__(
        self,
        source: str | ast.stmt,
        first: int,
        qualname: str,
        module: bool = False,
        text: str = "",
    ) -> None:
        self._text = source if isinstance(source, str) else text
        self._node: ast.stmt | None = None if isinstance(source, str) else source
        self.first = first
        self.qualname = qualname
        self.module = module
        self.plain = False
        self.held = Held() if module else _NOTHING_HELD
        self.mode = "exec"
        self.moves = False
        self.taken: Taken = {}
        self.function: FunctionType | None = None
        self.called: Call | None = None
        self.cells: Mapping[str, CellType] = {}

    def __getattr__(self, name: str) -> Any:
        """`lets` and `lets_out` are made when they are asked for: many points are never asked."""
        if name not in ("lets", "lets_out"):
            raise AttributeError(name)
        lets = _asking(self, name == "lets_out")
        setattr(self, name, lets)
        return lets

    @property
    def text(self) -> str:
        """The lines of the definition, or nothing where only its syntax is known."""
        return self._text

    @property
    def node(self) -> Any:
        """The syntax as the person wrote it, not instrumented: a function definition, or a statement.

        Lines are those of the source when it was compiled: where a function's code has moved since,
        ``code.co_firstlineno - point.first`` lines are to be added.
        """
        if self._node is None:
            if self._text[:1] in (" ", "\t"):
                tree: ast.AST = syntax("if 1:\n" + self._text)
                node = tree.body[0].body[0]  # type: ignore[attr-defined]
                ast.increment_lineno(node, self.first - 2)
            else:
                node = syntax(self._text).body[0]
                ast.increment_lineno(node, self.first - 1)
            self._node = node
        return self._node

    def came_from(self, written: Mapping[int, Any], cells: Mapping[str, CellType]) -> None:
        """Know the syntax as the person wrote it, where it was compiled with cells among its constants.

        Args:
            written: by the id of the syntax that was compiled, what was written.
            cells: by the name of the variable.
        """
        if self._node is not None:
            self._node = written.get(id(self._node), self._node)
            own = bound_in(self._node)
            self.cells = {name: cell for name, cell in cells.items() if name not in own}

    # -- what the code calls -------------------------------------------------------------------

    # (Operators take less to compile than calls: about what the rest of a handler takes.)

    def __neg__(self) -> Any:
        """The function that does the rest of the frame that calls."""
        assert running.machine is not None
        self.moves = False
        return running.machine.go(_getframe(1), {})

    def __matmul__(self, cells: FunctionType) -> Any:
        """The same.

        Args:
            cells: a function that uses the variables which live in cells, so that it has those.
        """
        assert running.machine is not None
        values = cells.__closure__ or ()
        found = dict(zip(cells.__code__.co_freevars, values, strict=True))
        return running.machine.go(_getframe(1), found)

    def keep(self, name: str, iterator: Any) -> Any:
        """Hold the iterator of a loop of a cell's statement."""
        self.held[name] = iterator
        return running.again(iterator)


def point_of(code: CodeType) -> Point | None:
    """The Point of an instrumented code object; None for any other code."""
    last = code.co_consts[-1] if code.co_consts else None
    return last if type(last) is Point else None


Position: TypeAlias = tuple[int | None, int | None, int | None, int | None]
"""First and last line, first column and the one after the last, as ``code.co_positions()`` gives them."""


def position_at(code: CodeType, lasti: int) -> Position:
    """The position of the instruction at an offset (``f_lasti``, ``tb_lasti``)."""
    nowhere = (None, None, None, None)
    return nowhere if lasti < 0 else next(islice(code.co_positions(), lasti // 2, None), nowhere)


def comparable(constant: Any) -> Any:
    """A constant of a code object, or what stands for it when code objects are compared by meaning."""
    if type(constant) is Point:
        return Point
    if type(constant) is _METHOD and type(constant.__self__) is Point:
        return constant.__func__
    if asks(constant):
        return constant.__code__
    return constant


def asks(constant: Any) -> bool:
    """Whether a constant of instrumented code is a function that asks about an exception."""
    return type(constant) is FunctionType and constant.__code__ in _ASKING


def finish(code: CodeType, objects: list[Any]) -> CodeType:
    """Compiled instrumented code with its marks replaced, and each Point in its code's constants.

    Marks may have been replaced already.
    """
    changed = False
    point: Point | None = None
    constants: list[Any] = []
    for constant in code.co_consts:
        kind = type(constant)
        if kind is CodeType:
            made: Any = finish(constant, objects)
            changed = changed or made is not constant
        elif kind is tuple and is_mark(constant):
            made = objects[constant[1]]
            changed = True
        else:
            made = constant
        if type(made) is Point:
            point = made
        constants.append(made)
    if point is not None and constants[-1] is not point:
        constants.append(point)
        changed = True
    return code.replace(co_consts=tuple(constants)) if changed else code


_EXAMPLE = Point("", 0, "")
_METHOD: Any = type(_EXAMPLE.keep)
_ASKING: Any = {_EXAMPLE.lets.__code__}
