"""Exits: whether a context manager that is open takes an exception.

In: a manager, or the generator function that one was made of. Out: an `Answer`, by what is known of its
class, by the code of its exit, or by what stands around the place where its generator waits.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import dis
import sys
from collections.abc import Callable, Sequence
from types import (
    CodeType,
    FrameType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    SimpleNamespace,
    WrapperDescriptorType,
)
from typing import Any

from livecode.breaks.clauses import Answer, Layer, Raised
from livecode.breaks.point import point_of
from livecode.breaks.scopes import own
from livecode.breaks.surroundings import raises_others
from livecode.breaks.syntax import syntax_of

MAY = ("with, whose manager may take it", False)

_RAISE = dis.opmap["RAISE_VARARGS"]

_DEEPEST = 8
"""So many managers within managers are followed."""

_EXPECTING_TYPES = {
    "_pytest.python_api.RaisesContext": ("expected_exception", ("match_expr",)),
    "_pytest.raises.RaisesExc": ("expected_exceptions", ("match", "check")),
    "unittest.case._AssertRaisesContext": ("expected", ("expected_regex",)),
}
"""Their managers: the attribute of the types, and those which hold further conditions."""


def _yields_once() -> Any:
    yield


MAKING_GENERATORS = frozenset(
    {
        contextlib.contextmanager(_yields_once).__code__,
        contextlib.asynccontextmanager(_yields_once).__code__,
    }
)

STACKS = (contextlib.ExitStack.__exit__, contextlib.AsyncExitStack.__aexit__)

_GENERATED = (
    contextlib._GeneratorContextManager.__exit__,
    contextlib._AsyncGeneratorContextManager.__aexit__,
)

_NEVER_TAKING = frozenset(
    {
        "tempfile._TemporaryFileWrapper.__exit__",
        "threading.Condition.__exit__",
        "asyncio.taskgroups.TaskGroup.__aexit__",
        "asyncio.timeouts.Timeout.__aexit__",
        "unittest.mock._patch.__exit__",
        "livecode.breaks.offered.restart.__exit__",
        "tqdm.std.tqdm.__exit__",
        "concurrent.futures._base.Executor.__exit__",
        "multiprocessing.synchronize.SemLock.__exit__",
        "multiprocessing.synchronize.Condition.__exit__",
        "multiprocessing.managers.AcquirerProxy.__exit__",
    }
)
"""Exits that return what others do, which is nothing."""


class Exits:
    """Tells what managers, and generators that are managers, do with an exception.

    Args:
        around: gives what stands around the place where a suspended frame is.
        around_yields: gives what stands around each ``yield`` of a generator function; None where that
            is not known.
    """

    def __init__(
        self,
        around: Callable[[FrameType], Sequence[Layer]],
        around_yields: Callable[[FunctionType], list[tuple[Layer, ...]] | None],
    ) -> None:
        self._around = around
        self._around_yields = around_yields

    def manager_takes(
        self, manager: Any, error: BaseException, depth: int, exit_name: str
    ) -> Answer:
        """The answer for an open manager.

        Args:
            manager: what was entered.
            error: the exception.
            depth: how many managers it is in.
            exit_name: ``__exit__`` or ``__aexit__``.
        """
        kind = type(manager)
        leave = getattr(kind, exit_name, None)
        if surely_quiet(leave):
            return raises_instead(leave)
        if depth > _DEEPEST:
            return MAY
        if leave is contextlib.suppress.__exit__:
            return _suppressed(manager._exceptions, error)
        if leave in _GENERATED:
            return self._running_takes(manager.gen, error, depth + 1)
        if leave in STACKS:
            return self._stack_takes(manager, error, depth + 1)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _EXPECTING_TYPES:
            expected, conditions = _EXPECTING_TYPES[name]
            if not issubclass(type(error), getattr(manager, expected)):
                return None
            return "", all(getattr(manager, each, None) is None for each in conditions)
        return _exit_takes(leave)

    def generator_takes(self, function: Any, error: BaseException) -> Answer:
        """The answer for a manager made of a generator function, at whichever of its yields it is."""
        if not isinstance(function, FunctionType):
            return MAY
        around = self._around_yields(function)
        if around is None:
            return MAY
        scope = _scope_of(function)
        answers = [_first_answer(layers, error, scope) for layers in around]
        taking = [each for each in answers if each is not None]
        if not taking:
            return None
        return taking[0][0], len(taking) == len(answers) and all(each[1] for each in taking)

    def _stack_takes(self, stack: Any, error: BaseException, depth: int) -> Answer:
        for is_sync, callback in reversed(stack._exit_callbacks):
            name = "__exit__" if is_sync else "__aexit__"
            if isinstance(callback, MethodType):
                leave = getattr(type(callback.__self__), name, None)
                if callback.__func__ is leave:
                    answer = self.manager_takes(callback.__self__, error, depth, name)
                else:
                    answer = _exit_takes(callback.__func__)
            elif (owner := getattr(callback, "__self__", None)) is not None:  # written in C
                answer = _exit_takes(getattr(type(owner), name, None))
            else:
                answer = _exit_takes(callback)
            if answer is not None:
                return answer
        return None

    def _running_takes(self, generator: Any, error: BaseException, depth: int) -> Answer:
        """The answer for a suspended generator into which the exception will be thrown."""
        if depth > _DEEPEST:
            return MAY
        inner = getattr(generator, "gi_yieldfrom", None)
        if inner is not None:
            if getattr(inner, "gi_frame", None) is None:
                return MAY
            answer = self._running_takes(inner, error, depth + 1)
            if answer is not None:
                return answer
        frame = getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None)
        if frame is None:
            return None
        return _first_answer(self._around(frame), error, frame)


def _first_answer(layers: Sequence[Layer], error: BaseException, scope: Any) -> Answer:
    for layer in layers:
        answer = layer.asked(error, scope)
        if answer is not None:
            return answer
    return None


def name_of(function: Any) -> str:
    """The name of a function, with its module."""
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"


def _suppressed(kinds: Any, error: BaseException) -> Answer:
    if issubclass(type(error), kinds):  # here virtual subclasses count
        return "", True
    if isinstance(error, BaseExceptionGroup) and sys.version_info >= (3, 12):
        match, rest = error.split(kinds)
        if match is not None:
            return "", rest is None
    return None


def _exit_takes(leave: Any) -> Answer:
    """The answer by an ``__exit__`` alone: None if it never says that the exception is done with."""
    return raises_instead(leave) if surely_quiet(leave) else MAY


_raised: dict[int, tuple[CodeType, Raised | None]] = {}
"""By the id of an exit's code, which is kept alive: what it raises itself."""


def raises_instead(leave: Any) -> Answer:
    """The answer for an exit that never says that the exception is done with: it may raise another one."""
    if not isinstance(leave, FunctionType):
        return None
    code = leave.__code__
    known = _raised.get(id(code))
    if known is None:
        raised = None
        if _raises(code) and name_of(leave) not in _NEVER_TAKING:
            found = syntax_of(code, leave.__globals__)
            statements = [] if found is None else found.statements
            stored = {
                each.id
                for each in own(statements)
                if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
            }
            parameters = code.co_varnames[1 : code.co_argcount]
            given = [each for each in parameters if each not in stored]
            others = raises_others(statements, given)
            raised = Raised(others, code) if others else None
        if len(_raised) >= _MOST:
            _raised.clear()
        known = _raised[id(code)] = code, raised
    if known[1] is None:
        return None
    return "", known[1].now(_scope_of(leave))


def _scope_of(function: FunctionType) -> Any:
    """What stands for a frame of a function that is not called."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return SimpleNamespace(
        f_code=function.__code__,
        f_globals=function.__globals__,
        f_builtins=getattr(function, "__builtins__", builtins.__dict__),
        f_locals={name: cell.cell_contents for name, cell in cells},
    )


def _raises(code: CodeType) -> bool:
    """Whether code has a ``raise`` statement."""
    return _RAISE in code.co_code[::2]


_MOST = 4096

_quiet: dict[int, tuple[Any, bool]] = {}
"""By the id of an exit's code, or of an exit written in C, which is kept alive: whether it returns
nothing."""


def surely_quiet(leave: Any) -> bool:
    """Whether an ``__exit__`` never says that the exception is done with."""
    code = leave.__code__ if isinstance(leave, FunctionType) else leave
    known = _quiet.get(id(code))
    if known is not None:
        return known[1]
    if isinstance(leave, FunctionType):
        quiet = name_of(leave) in _NEVER_TAKING or _returns_nothing(code)
    elif isinstance(leave, (MethodDescriptorType, WrapperDescriptorType)):
        quiet = leave.__objclass__.__module__.partition(".")[0] in sys.stdlib_module_names
    else:
        return False
    if len(_quiet) >= _MOST:
        _quiet.clear()
    _quiet[id(code)] = code, quiet
    return quiet


def _returns_nothing(code: CodeType) -> bool:
    """Whether an ``__exit__`` surely returns nothing, or something false, for an exception."""
    point = point_of(code)
    if point is not None:
        arguments = code.co_varnames[1 : code.co_argcount]
        return all(
            each.value is None or _is_false(each.value, arguments)
            for each in own(point.node.body)
            if isinstance(each, ast.Return)
        )
    last: list[dis.Instruction] = []
    for each in dis.get_instructions(code):
        if each.opname == "RETURN_CONST":
            if each.argval:
                return False
        elif each.opname == "RETURN_VALUE" and (
            each.is_jump_target or not (_gives_false(last) or _gives_is_none(last, code))
        ):
            return False
        last = [*last[-2:], each]
    return True


def _is_false(value: ast.expr, arguments: Sequence[str]) -> bool:
    match value:
        case ast.Constant(value=constant):
            return not constant
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(None)]):
            return name in arguments
    return False


def _gives_false(last: list[dis.Instruction]) -> bool:
    return bool(last) and last[-1].opname.startswith("LOAD_CONST") and not last[-1].argval


def _gives_is_none(last: list[dis.Instruction], code: CodeType) -> bool:
    """``return exc_type is None``: false, as there is an exception."""
    if len(last) < 3:
        return False
    name, constant, operation = last
    return (
        name.opname == "LOAD_FAST"
        and name.argval in code.co_varnames[1 : code.co_argcount]
        and constant.opname.startswith("LOAD_CONST")
        and constant.argval is None
        and operation.opname == "IS_OP"
        and operation.arg == 0
    )
