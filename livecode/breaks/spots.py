"""Spots: instructions, and what stands around them, kept.

In: a frame, or code and the offset of an instruction. Out: its `Spot`: the `Layer`s that may take an
exception there, innermost first, and what the instruction does.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType, FrameType, FunctionType
from typing import Any

from livecode.breaks.clauses import Answer, Layer, Unknown, is_last_resort, layers_of_try
from livecode.breaks.exits import Exits
from livecode.breaks.instructions import covered, entered_before, operation_at
from livecode.breaks.managers import Manager
from livecode.breaks.point import point_of
from livecode.breaks.reading import Reader, quiet_reader
from livecode.breaks.scopes import own
from livecode.breaks.surroundings import call_at, enclosing
from livecode.breaks.syntax import Place, Syntax, syntax_of

RELEASES = "lets go of an object"
ITERATES = "iterates"
ATTRIBUTE = "asks for an attribute"
NAME = "looks a name up"
CALL = "calls"
IMPORT = "imports"
MATCH = "matches a class"
UNPACK = "takes a mapping apart"


def _roles() -> dict[str, str]:
    # These call no Python code, but for what is done as they let go of an object.
    releasing = """POP_TOP STORE_FAST STORE_DEREF STORE_GLOBAL DELETE_FAST DELETE_DEREF DELETE_GLOBAL
        POP_EXCEPT END_FOR STORE_FAST_STORE_FAST STORE_FAST_LOAD_FAST STORE_FAST_MAYBE_NULL"""
    iterating = "FOR_ITER LIST_EXTEND SET_UPDATE UNPACK_SEQUENCE UNPACK_EX CONTAINS_OP SEND"
    asking = "LOAD_ATTR LOAD_METHOD LOAD_SUPER_ATTR"
    naming = """LOAD_NAME LOAD_GLOBAL LOAD_CLASSDEREF LOAD_FROM_DICT_OR_DEREF
        LOAD_FROM_DICT_OR_GLOBALS"""
    calling = "CALL PRECALL CALL_KW CALL_FUNCTION_EX"
    return {
        **dict.fromkeys(releasing.split(), RELEASES),
        **dict.fromkeys(iterating.split(), ITERATES),
        **dict.fromkeys(asking.split(), ATTRIBUTE),
        **dict.fromkeys(naming.split(), NAME),
        **dict.fromkeys(calling.split(), CALL),
        **dict.fromkeys(["IMPORT_NAME", "IMPORT_FROM", "IMPORT_STAR", "CALL_INTRINSIC_1"], IMPORT),
        "MATCH_CLASS": MATCH,
        **dict.fromkeys(("DICT_UPDATE", "DICT_MERGE"), UNPACK),
    }


_ROLES = _roles()
"""By an instruction's name, what it does that C code may take exceptions of."""

OF_ATTRIBUTES = frozenset({"__getattr__", "__getattribute__", "__get__"})
OF_ITEMS = frozenset({"__getitem__", "__len__", "__length_hint__"})

Memo = tuple[tuple[str, ...], tuple[tuple[str, int], ...], Answer]


class Spot:
    """An instruction of a code object, and what stands around it.

    Args:
        code: kept alive, so that its id stays its own.
        layers: what may take an exception here, innermost first.
        operation: the instruction's name.
        role: what of that may call Python code in a way that matters here; None: nothing.
        plain: nothing stands around it, and it runs no finalizers and is in none.
        names: the globals that decide what the layers answer; None: it is not only globals.
        memos: by the id of an exception's type: which of `names` were not global (so builtin), the
            ids of the others' values, and the answer that this gave.
        special: its code is of a method that C code calls for items.
        getter: its code answers for an attribute (as a property does); None: not looked yet.
        asks: whether it may be a call of hasattr or getattr; None: not looked yet.
        call, called: the syntax of the call that it makes, and what reads the called function.
    """

    __slots__ = (
        "asks",
        "call",
        "called",
        "code",
        "finalizes",
        "getter",
        "lasti",
        "layers",
        "memos",
        "names",
        "operation",
        "plain",
        "role",
        "searched",
        "special",
    )

    def __init__(self, code: CodeType, lasti: int, layers: Sequence[Layer]) -> None:
        self.code = code
        self.lasti = lasti
        self.layers = layers
        self.operation = operation_at(code, lasti)
        self.role = _ROLES.get(self.operation)
        self.finalizes = code.co_name == "__del__"
        self.special = code.co_name in OF_ITEMS
        self.getter: bool | None = True if code.co_name in OF_ATTRIBUTES else None
        self.plain = not layers and not self.finalizes and self.role is not RELEASES
        self.memos: dict[int, Memo] = {}
        known = [each.names for each in layers]
        self.names: set[str] | None = set()
        for each in known:
            self.names = None if each is None or self.names is None else self.names | {*each}
        self.call: ast.Call | None = None
        self.called: Reader | None = None
        self.searched = False
        self.asks: bool | None = None

    def look_for_call(self, names: dict[str, Any]) -> None:
        """Find the syntax of the call that the instruction makes; once."""
        if self.searched:
            return
        self.searched = True
        found = syntax_of(self.code, names)
        place = found and found.place(self.lasti)
        if found is not None and place is not None:
            self.call = call_at(found, place)
            if self.call is not None:
                self.called = quiet_reader(self.call.func, self.code)


_MOST_SPOTS = 4096

SPOTS: dict[int, Spot] = {}
"""By the id of the code plus the offset: that is an address inside of the code object, which holds
its own instructions, and so no other code's as long as the Spot keeps it alive."""


def spot_at(frame: FrameType, code: CodeType, lasti: int) -> Spot:
    """What stands around an instruction of the code of a frame."""
    return SPOTS.get(id(code) + lasti) or new_spot(frame, code, lasti)


def _around(frame: FrameType) -> Sequence[Layer]:
    return spot_at(frame, frame.f_code, frame.f_lasti).layers


_LAYERLESS = frozenset({"<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def new_spot(frame: FrameType, code: CodeType, lasti: int) -> Spot:
    """Find what stands around an instruction, and keep it."""
    layers: Sequence[Layer] = ()
    if code.co_exceptiontable and code.co_name not in _LAYERLESS:
        names = frame.f_globals
        if point_of(code) is not None or covered(code, lasti):
            found = syntax_of(code, names)
            place = found and found.place(lasti)
            if found is None or place is None:
                layers = (Unknown(),) if covered(code, lasti) else ()
            else:
                entering = entered_before(code, lasti)
                layers = _layers(code, found, place, names, entering)
    if len(SPOTS) >= _MOST_SPOTS:
        SPOTS.clear()
    spot = SPOTS[id(code) + lasti] = Spot(code, lasti, layers)
    return spot


def _layers(
    code: CodeType,
    syntax: Syntax,
    place: Place,
    names: dict[str, Any],
    entering: int | None = None,
) -> tuple[Layer, ...]:
    found: list[Layer] = []
    last_resort = is_last_resort(names)
    raised = {
        each.exc.id
        for each in own(syntax.statements)
        if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Name)
    }
    for around in enclosing(syntax, place, entering):
        if isinstance(around.statement, (ast.With, ast.AsyncWith)):
            for item in reversed(around.statement.items[: around.entered]):
                found.append(Manager(item, around.statement, code, _EXITS))
        else:
            found += layers_of_try(around, code, last_resort, raised)
    return tuple(found)


_yields: dict[int, tuple[CodeType, list[tuple[Layer, ...]] | None]] = {}
"""By the id of a generator function's code, which is kept alive: what stands around each yield."""


def _around_yields(function: FunctionType) -> list[tuple[Layer, ...]] | None:
    code = function.__code__
    known = _yields.get(id(code))
    if known is None:
        if len(_yields) >= _MOST_SPOTS:
            _yields.clear()
        known = _yields[id(code)] = (code, _layers_of_yields(code, function.__globals__))
    return known[1]


def _layers_of_yields(code: CodeType, names: dict[str, Any]) -> list[tuple[Layer, ...]] | None:
    found = syntax_of(code, names)
    if found is None:
        return None if code.co_exceptiontable else []
    around = []
    for node in own(found.statements):
        if isinstance(node, ast.YieldFrom):
            return None
        if isinstance(node, ast.Yield):
            end, column = node.end_lineno or node.lineno, node.end_col_offset
            place = Place(node.lineno, node.col_offset, end, column)
            around.append(_layers(code, found, place, names))
    return around


_EXITS = Exits(_around, _around_yields)
