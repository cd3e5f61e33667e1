"""Restarts: the ways to go on from a break, as Actions.

In: a suspended computation and what the person said. Out: an `Action` for the machine, or
`CannotRestart` with the reason. `resume` and its like build the rest of the function
(`livecode.breaks.resuming`); `restart` and `return` abandon frames; `abort` lets the exception pass on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import CellType, CodeType, FunctionType
from typing import Any

from livecode.breaks.functions import arguments_of, as_called, function_of
from livecode.breaks.machine import Action, Suspended
from livecode.breaks.offered import Invoked, open_from
from livecode.breaks.record import BreakFrame, Restart
from livecode.breaks.rest import CannotRestart


def offers(suspended: Suspended) -> None:
    """Give a new break its restarts, and remember the functions of its frames."""
    record = suspended.record
    found: dict[CodeType, list[FunctionType]] = {}
    for each in record.frames:
        if each.number is not None and each.frame is not None:
            suspended.functions[each.number] = function_of(each.frame, found)
    record.restarts = [
        Restart("resume", "", "go on at the failing statement, in the code as it is now"),
        Restart("retry", "", "run the failing statement again"),
        Restart("skip", "", "go on behind the failing statement"),
        Restart("restart", "[N]", "call the function of frame N again, as it is now"),
        Restart("return", "EXPR", "let the function return a value"),
    ]
    if isinstance(record.error, (NameError, AttributeError, KeyError, ImportError)):
        record.restarts += [
            Restart("use", "EXPR", "use a value in place of what is missing, this once"),
            Restart(
                "store", "EXPR", "give a value to what is missing, and run the statement again"
            ),
        ]
    known = {each.name for each in record.restarts} | {"abort"}
    seen: set[str] = set()
    for own in open_from(suspended.frame):
        if own.name in seen:
            continue
        seen.add(own.name)
        text = own.help or "go on behind the with-block of that name"
        if own.name in known:
            text += "; by its number only, since the name is taken"
        record.restarts.append(Restart(own.name, "[EXPR]", text, own=True))
    if not any(each.restartable for each in record.frames if each.number is not None):
        calls = ("restart", "return")
        record.restarts = [each for each in record.restarts if each.own or each.name not in calls]
    record.restarts.append(
        Restart("abort", "", "let the exception go on: finally blocks and exits run")
    )


def abort() -> Action:
    """Let the exception pass on."""
    return Action()


def resume(suspended: Suspended, how: str) -> tuple[Action, list[str]]:
    """Go on in frame 0.

    Args:
        suspended: the break.
        how: ``resume``, ``retry`` or ``skip``.

    Returns:
        The action, and what the person should know about it.

    Raises:
        CannotRestart: the place in the code as it is now is not certain.
    """
    return _going_on(suspended, how)


def restart(suspended: Suspended, number: int) -> Action:
    """Call a frame's function again, as it is now, with its arguments.

    Raises:
        CannotRestart: there is no such function, or an argument is gone.
    """
    frame = numbered(suspended, number)
    assert frame.frame is not None
    function = suspended.functions.get(number)
    if not frame.restartable:
        raise CannotRestart(f"frame {number} is no call of a function")
    if function is None:
        raise CannotRestart(f"the function of frame {number} is not found under its name")
    try:
        positional, keywords = arguments_of(frame.frame)
    except LookupError as error:
        raise CannotRestart(str(error.args[0])) from None

    # No function of livecode's, which would stand in tracebacks.
    return Action(frame.frame, _always(partial(function, *positional, **keywords)))


def give_back(suspended: Suspended, number: int, value: Any) -> Action:
    """Let a frame's function return a value.

    Raises:
        CannotRestart: there is no such function.
    """
    frame = numbered(suspended, number)
    assert frame.frame is not None
    if not frame.restartable:
        raise CannotRestart(f"frame {number} is no call of a function")
    code = frame.frame.f_code

    def give() -> Any:
        return as_called(code, value)

    return Action(frame.frame, _always(give))


def use(suspended: Suspended, value: Any) -> tuple[Action, list[str]]:
    """Run the failing statement again, with a value in place of what is missing, this once.

    Raises:
        CannotRestart: what is missing cannot be told, or the place is not certain.
    """
    from livecode.breaks import missing  # as in `_going_on`

    def change(statement: Any, objects: list[Any]) -> Any:
        return missing.put_in(suspended, statement, value, objects)

    return _going_on(suspended, "retry", change)


def store(suspended: Suspended, value: Any) -> tuple[Action, list[str]]:
    """Give a value to what is missing, and run the failing statement again.

    Raises:
        CannotRestart: what is missing cannot be told, or the place is not certain.
    """
    from livecode.breaks import missing  # as in `_going_on`

    bind = missing.binder(suspended)
    found = _going_on(suspended, "retry")  # nothing is bound if this is not possible
    return _going_on(suspended, "retry") if bind(value) else found


def invoke(suspended: Suspended, name: str, value: Any = None) -> Action:
    """Go on behind a with-block of the program's own (`livecode.restart`).

    Raises:
        CannotRestart: none of that name is open.
    """
    for own in open_from(suspended.frame):
        if own.name == name:
            return Action(raises=Invoked(own, value))
    raise CannotRestart(f"there is no restart {name!r}")


def numbered(suspended: Suspended, number: int) -> BreakFrame:
    """The frame with a number.

    Raises:
        CannotRestart: there is none.
    """
    found = suspended.record.numbered(number)
    if found is None:
        last = suspended.record.alive - 1
        raise CannotRestart(f"there is no frame {number}; frames are numbered 0 to {last}")
    return found


def _going_on(
    suspended: Suspended, how: str, change: Callable[[Any, list[Any]], Any] | None = None
) -> tuple[Action, list[str]]:
    # Imported only now: it takes long to load, and most sessions never need it.
    from livecode.breaks.resuming import rest_of

    rest, notes = rest_of(suspended, how, change)
    return Action(suspended.frame, rest, aside=True), notes


def _always(function: Callable[[], Any]) -> Callable[[dict[str, CellType]], Callable[[], Any]]:
    return lambda cells: function
