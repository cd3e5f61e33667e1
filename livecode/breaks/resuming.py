"""The rest: the function that does what is left of a suspended frame, in the code as it is now.

In: a suspended computation. Out: what gives that function once the frame's cells are known, with notes
for the person; or `CannotRestart` with the reason. Steps: the position of the failure becomes a place
in the code that ran (`places`), that is found again in the code as it is now (`found`), a continuation is made
from there (`continuation`), instrumented as all code is, and compiled under the real file and lines.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import CellType, CodeType, FrameType, FunctionType, TracebackType
from typing import Any, NamedTuple

from livecode.breaks import places
from livecode.breaks.adapting import LOCALS
from livecode.breaks.blocks import slot_name
from livecode.breaks.continuation import CannotContinue, build, build_module
from livecode.breaks.enclosed import FUTURE, compile_continuation
from livecode.breaks.found import find
from livecode.breaks.functions import (
    arguments_of,
    code_now,
    defaults_of,
    function_now,
    is_gone,
)
from livecode.breaks.held import FALLS_THROUGH
from livecode.breaks.instrument import Instrumenter, awaits
from livecode.breaks.looking import resumed_with
from livecode.breaks.machine import Suspended
from livecode.breaks.marks import call
from livecode.breaks.point import Point, finish, point_of, position_at
from livecode.breaks.rest import CannotRestart, ModuleRest, Rest
from livecode.breaks.running import Again
from livecode.breaks.scopes import bound_in, captured, class_around, nests
from livecode.sources.names import bound
from livecode.sources.parsing import copied


class Failure(NamedTuple):
    """Where frame 0 failed: the syntax that ran, and the place in it."""

    node: Any
    place: places.Place
    position: tuple[int | None, int | None, int | None, int | None]


def failure(suspended: Suspended) -> Failure:
    """Where the innermost frame failed.

    Raises:
        CannotRestart: it cannot be told.
    """
    frame = suspended.frame
    point = point_of(frame.f_code)
    assert point is not None
    node, shift = point.node, _shift(frame.f_code, point)
    position = _position(suspended.trace, frame)
    line, end_line, column, end_column = position
    place = None
    if line is not None:
        last = end_line if end_line is not None else line
        place = places.place_at(node, line - shift, last - shift, column, end_column)
    if place is None:
        raise CannotRestart("which statement failed cannot be told from its position")
    return Failure(node, place, position)


def rest_of(
    suspended: Suspended, how: str, change: Callable[[Any, list[Any]], None] | None = None
) -> tuple[Rest, list[str]]:
    """What does the rest of frame 0.

    Args:
        suspended: the break.
        how: ``resume``, ``retry`` (in the code that ran, where the place in that of now is not
            certain) or ``skip``.
        change: gets the failing statement that is to run, with the objects for its marks, and
            changes it.

    Raises:
        CannotRestart: the place is not certain, or something that is needed is not known.
    """
    frame = suspended.frame
    failed = failure(suspended)
    point = point_of(frame.f_code)
    assert point is not None
    function = function_now(suspended.functions.get(0))
    code = frame.f_code if point.module or point.function else code_now(function, frame)
    if point.function is not None:
        function = function_now(point.function) or point.function
        code = function.__code__
    now = point_of(code)
    notes: list[str] = []
    old = failed.node
    held = _held(suspended, failed, point)
    if now is None:
        if how != "retry":
            raise CannotRestart("as it is now, its body is empty, or it is plain (livecode.plain)")
        node, found, now = old, find(old, failed.place, old, held), point
    else:
        node = now.node if now is not point else old
        found = find(old, failed.place, node, held)
        if found.place is None and how == "retry":
            notes.append(f"in the code that ran: in that of now, {found.why}")
            node, found, now = old, find(old, failed.place, old, held), point
    if found.place is None:
        raise CannotRestart(found.why)
    notes += found.notes
    if is_gone(suspended.functions.get(0), frame):
        notes.append("it is not defined any more, so in the code that ran")
    new = _new_parameters(function, frame)
    notes = [
        note.replace("has no value", "has its default")
        if note.partition(" is a new parameter")[0] in new
        else note
        for note in notes
    ]
    shift = _shift(code if now is not point else frame.f_code, now)
    if shift:
        node = copied(node)
        ast.increment_lineno(node, shift)
    as_written = node
    place = found.place
    if how != "skip" and found.earlier is not None:
        needed = _needed(suspended, node, found.earlier, place)
        if needed:
            place = found.earlier
            names = " and ".join(sorted(needed))
            notes = [note for note in notes if "new and w" not in note]
            notes.append(f"the new lines before it are run too, as they give {names}")
    maker = Instrumenter()
    if change is not None:
        node = copied(node)
        # What is along a place is a view: the statement itself is the same in it, if it is simple.
        change(_in_place(node, place), maker.objects)
    if how == "skip":
        place = places.after(node, place)
    held = found.held(held)
    try:
        if point.module:
            return _module_rest(suspended, maker, node, place, held, point), notes
        rest = _function_rest(
            suspended, maker, node, place, held, point, code, function, as_written, now.text
        )
        return rest, notes
    except CannotContinue as error:
        raise CannotRestart(str(error)) from None


def _function_rest(
    suspended: Suspended,
    maker: Instrumenter,
    node: Any,
    place: places.Place,
    held: Mapping[str, Any],
    point: Point,
    code: CodeType,
    function: FunctionType | None,
    as_written: Any,
    text: str,
) -> Rest:
    frame = suspended.frame
    ran = frame.f_code
    given: dict[str, CellType] = {}
    if function is not None and function.__closure__:
        given = dict(zip(function.__code__.co_freevars, function.__closure__, strict=True))
    free = {*ran.co_cellvars, *ran.co_freevars, *given}
    values = {
        name: value
        for name, value in resumed_with(frame, suspended.extra.get(id(frame), {})).items()
        if not name.startswith(("@", ".")) and name not in free
    }
    values |= _new_parameters(function, frame)
    class_name = class_around(ran.co_qualname)
    built = build(node, place, held, values.keys(), free, class_name, maker.objects)
    new = Point(as_written, places.first(as_written), code.co_qualname, text=text)
    new.function = function
    try:
        new.called = arguments_of(frame)
    except LookupError:
        new.called = None
    cells = sorted(free)
    if free or nests(built.function):
        cells = sorted(free.union(captured(built.function, bound_in(built.function), [free])))
    made = copy.copy(built.function)
    made.args = ast.arguments([], [], None, [], [], None, [])
    maker.objects.append(_Once(values).take)
    given_here = ast.Assign([ast.Name(LOCALS, ast.Store())], call(len(maker.objects) - 1))
    for part in ast.walk(given_here):
        if "lineno" in part._attributes:
            ast.copy_location(part, made)
    body = copy.copy(made)
    body.body = [given_here, *made.body]
    made.body = maker.body(body, new, cells, node.body[0])
    compiled = compile_continuation(
        made,
        code.co_filename,
        code.co_flags & FUTURE,
        free,
        class_name,
        maker.objects,
        code.co_qualname,
    )
    compiled = finish(compiled, maker.objects)
    namespace = frame.f_globals if function is None else function.__globals__  # it may have moved

    def rest(cells: dict[str, CellType]) -> Callable[[], Any]:
        known = {**given, **cells}
        closure = tuple(known.get(name) or CellType() for name in compiled.co_freevars)
        return FunctionType(compiled, namespace, compiled.co_name, None, closure or None)

    return rest


def _module_rest(
    suspended: Suspended,
    maker: Instrumenter,
    node: Any,
    place: places.Place,
    held: Mapping[str, Any],
    point: Point,
) -> Rest:
    frame = suspended.frame
    statements, _ = build_module(node, place, held, maker.objects)
    new = Point(point.node, point.first, "<module>", module=True)
    new.mode = point.mode
    waits = awaits(point.node)
    body = maker.cell_rest(statements, new, waits)
    tree: Any = ast.Interactive(body) if point.mode == "single" else ast.Module(body, [])
    flags = frame.f_code.co_flags & FUTURE
    if waits:
        flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(tree, frame.f_code.co_filename, point.mode, flags=flags, dont_inherit=True)
    compiled = finish(code, maker.objects)

    go = ModuleRest(compiled, frame, waits)
    return lambda cells: go


def _needed(
    suspended: Suspended, node: Any, earlier: places.Place, place: places.Place
) -> set[str]:
    """The names that a statement uses, that have no value yet, and that new statements before it bind."""
    frame = suspended.frame
    used = {
        part.id
        for part in ast.walk(places.along(node, place)[-1])
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }
    given: set[str] = set()
    step = earlier.steps[-1]
    for index in range(step.index, place.steps[-1].index):
        each = places.Place((*earlier.steps[:-1], replace(step, index=index)))
        given |= bound(places.along(node, each)[-1])
    known = {*frame.f_locals, *suspended.extra.get(id(frame), {})}
    if not suspended.frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        known |= frame.f_globals.keys()
    return (used & given) - known


def _new_parameters(function: FunctionType | None, frame: FrameType) -> dict[str, Any]:
    """The defaults of parameters that the function did not have when it was called."""
    ran = frame.f_code
    known = {*ran.co_varnames, *ran.co_cellvars, *ran.co_freevars}
    return {name: value for name, value in defaults_of(function).items() if name not in known}


class _Once:
    """Values that are handed over once, and not kept alive any longer."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = [values]

    def take(self) -> dict[str, Any]:
        """The values."""
        return self._values.pop()


def _in_place(node: Any, place: places.Place) -> Any:
    """The statement in a place, which is not a with of several items."""
    statement = places.along(node, place)[-1]
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        raise CannotRestart("what is missing stands in the head of a with statement")
    if isinstance(statement, (*places.LOOPS, ast.If, ast.Match, *places.TRIES)):
        raise CannotRestart("what is missing stands in the head of a compound statement")
    return statement


def _held(suspended: Suspended, failed: Failure, point: Point) -> dict[str, Any]:
    """What the compound statements around the place hold, by their keys."""
    frame = suspended.frame
    hidden: Mapping[str, Any] = point.held if point.module else frame.f_locals
    held: dict[str, Any] = {}
    path = places.along(failed.node, failed.place)
    steps = failed.place.steps
    for index, statement in enumerate(path):
        is_last = index == len(path) - 1
        key = places.key(statement, places.root(failed.node))
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            iterator = hidden.get(slot_name(statement, "for", point.first))
            if iterator is not None:
                held[key] = iterator.iterator if type(iterator) is Again else iterator
        elif isinstance(statement, (ast.With, ast.AsyncWith)) and not is_last:
            leave = hidden.get(slot_name(statement.items[0].context_expr, "exit", point.first))
            if leave is not None:
                held[key] = leave
        elif isinstance(statement, (ast.Try, ast.TryStar)) and not is_last:
            field = steps[index + 1].field
            if field == "handlers":
                handled = _handled(suspended)
                if handled is not None:
                    held[key] = handled
            elif field == "finalbody":
                outcome = _outcome(suspended, hidden, statement, point)
                if outcome is not None:
                    held[key] = outcome
    return held


def _handled(suspended: Suspended) -> BaseException | None:
    """The exception that was being handled in the frame when it failed."""
    error = suspended.record.error
    seen = {id(error)}
    handled = error.__context__
    while handled is not None and id(handled) not in seen:
        seen.add(id(handled))
        trace = handled.__traceback__
        while trace is not None:
            if trace.tb_frame is suspended.frame:
                return handled
            trace = trace.tb_next
        handled = handled.__context__
    return None


def _outcome(
    suspended: Suspended, hidden: Mapping[str, Any], statement: ast.stmt, point: Point
) -> Any:
    """What follows a ``finally`` that failed; None if it is not known (a return, break or continue)."""
    if hidden.get(slot_name(statement, "moves", point.first)) is False:
        return FALLS_THROUGH
    return _handled(suspended)


def _position(
    trace: TracebackType | None, frame: FrameType
) -> tuple[int | None, int | None, int | None, int | None]:
    """The position of the instruction of a frame that failed."""
    while trace is not None and trace.tb_frame is not frame:
        trace = trace.tb_next
    if trace is None:
        return None, None, None, None
    position = position_at(frame.f_code, trace.tb_lasti)
    return position if position[0] is not None else (trace.tb_lineno, None, None, None)


def _shift(code: CodeType, point: Point) -> int:
    """By how many lines code has moved since it was compiled."""
    return 0 if point.module or point.function is not None else code.co_firstlineno - point.first
