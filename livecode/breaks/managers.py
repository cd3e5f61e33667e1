"""Managers: whether the context manager of a ``with`` statement takes an exception.

In: the syntax of a ``with`` around a place. Out: a `Layer`. Where the expression of the block tells for
sure (it calls a class, or what `contextmanager` made), that decides. Instrumented code holds the open
manager, and that decides then. In other code it is told by its name, if it has one.
"""

from __future__ import annotations

import ast
import contextlib
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from livecode.breaks.blocks import slot_name
from livecode.breaks.clauses import Answer, Layer, short
from livecode.breaks.exits import (
    MAKING_GENERATORS,
    MAY,
    STACKS,
    Exits,
    name_of,
    raises_instead,
    surely_quiet,
)
from livecode.breaks.point import Point, point_of
from livecode.breaks.reading import Reader, quiet_reader, reader, variables
from livecode.breaks.scopes import own

_EXPECTING = frozenset(
    {
        "_pytest.python_api.raises",
        "_pytest.raises.raises",
        "unittest.case.TestCase.assertRaises",
        "unittest.case.TestCase.assertRaisesRegex",
    }
)
"""Functions whose managers take the exceptions that the first argument names."""

_OPENING = frozenset(
    [
        "io.open",
        "_io.open",
        "_pyio.open",
        "codecs.open",
        "tokenize.open",
        "os.fdopen",
        "os.popen",
        "os.scandir",
        "posix.scandir",
        "gzip.open",
        "bz2.open",
        "lzma.open",
        "tarfile.TarFile.open",
        "zipfile.ZipFile.open",
        "pathlib.Path.open",
        "pathlib._local.Path.open",
        "tempfile.TemporaryFile",
        "tempfile.NamedTemporaryFile",
        "fileinput.input",
        "shelve.open",
        "dbm.open",
        "wave.open",
        "mmap.mmap",
        "sqlite3.connect",
        "_sqlite3.connect",
        "sqlite3.dbapi2.connect",
        "socket.create_connection",
        "urllib.request.urlopen",
        "ssl.SSLContext.wrap_socket",
        "_thread.allocate_lock",
        "threading.RLock",
        "threading.Semaphore",
        "threading.Condition",
        "asyncio.timeouts.timeout",
        "asyncio.timeouts.timeout_at",
        "decimal.localcontext",
        "_decimal.localcontext",
        "_pydecimal.localcontext",
        "multiprocessing.context.BaseContext.Pool",
        "multiprocessing.context.BaseContext.Lock",
        "multiprocessing.context.BaseContext.RLock",
        "multiprocessing.context.BaseContext.Condition",
        "multiprocessing.context.BaseContext.Semaphore",
        "multiprocessing.context.BaseContext.Manager",
    ]
)
"""Functions of the standard library whose managers never take an exception."""


_UNKNOWN: Any = object()


class Manager(Layer):
    """An open manager of a with statement.

    Args:
        item: the part of the statement that opened it.
        statement: the whole.
        code: the code it is part of.
        exits: tells what open managers do.
    """

    __slots__ = (
        "as_name",
        "code",
        "exit_name",
        "exits",
        "function",
        "held_by",
        "held_name",
        "item",
        "kept",
        "value",
        "words",
        "wrote",
    )

    def __init__(self, item: ast.withitem, statement: Any, code: CodeType, exits: Exits) -> None:
        self.item = item
        self.exits = exits
        self.code = code
        self.exit_name = "__aexit__" if isinstance(statement, ast.AsyncWith) else "__exit__"
        node = item.context_expr
        point = point_of(code)
        self.held_by: Point | None = point if point is not None and point.module else None
        self.held_name = "" if point is None else slot_name(node, "exit", point.first)
        self.words = f"with {short(node.func if isinstance(node, ast.Call) else node)}"
        self.function: Reader | None = None
        self.value: Reader | None = None
        if isinstance(node, ast.Call):
            self.function = quiet_reader(node.func, code)
        else:
            self.value = quiet_reader(node, code)
        self.wrote = {
            each.id
            for each in own([statement])
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
        }
        # A local name that the block does not assign still is the manager.
        self.kept = (
            isinstance(node, ast.Name)
            and node.id in code.co_varnames
            and node.id not in code.co_cellvars
            and node.id not in self.wrote
        )
        target = item.optional_vars
        self.as_name: Reader | None = None
        if isinstance(target, ast.Name) and _stores(statement, target.id) == 1:
            self.as_name = reader(target, code)

    def asked(self, error: BaseException, scope: Any) -> Answer:
        made_by: Any = None
        try:
            if self.function is not None:
                made_by = self.function(scope)
                if isinstance(made_by, type):
                    answer = self._made_by_class(made_by, error, scope)
                    if answer is None or answer[1] is not False:
                        return self._in_words(answer)
        except Exception:  # an unknown name, or whatever reading an attribute raises
            pass
        manager = self._held(scope)
        if manager is not _UNKNOWN:
            return self._in_words(self.exits.manager_takes(manager, error, 0, self.exit_name))
        try:
            if self.value is not None:
                answer = self.exits.manager_takes(self.value(scope), error, 0, self.exit_name)
                # Elsewhere the name may mean another object by now, though hardly of another kind.
                return self._in_words(answer and (answer[0], answer[1] and self.kept))
            if made_by is not None and not isinstance(made_by, type):
                return self._in_words(self._call_takes(made_by, error, scope))
        except Exception:  # as above
            pass
        return self._in_words(MAY)

    def _held(self, scope: Any) -> Any:
        """The manager that is open in instrumented code, by its exit; `_UNKNOWN` if it is not held."""
        if not self.held_name or not isinstance(scope, FrameType):
            return _UNKNOWN
        held = variables(scope) if self.held_by is None else self.held_by.held
        leave = held.get(self.held_name)
        if leave is None:  # its exit is being called
            return _UNKNOWN
        owner = getattr(leave, "__self__", None)
        method = getattr(type(owner), self.exit_name, None)
        if method is None or (type(leave) is MethodType and leave.__func__ is not method):
            return _UNKNOWN  # an exit that is no method, or another object's
        return owner

    def _in_words(self, answer: Answer) -> Answer:
        return answer and (self.words, answer[1])

    def _call_takes(self, made_by: Any, error: BaseException, scope: Any) -> Answer:
        """The answer for the manager that calling `made_by` gave."""
        node = self.item.context_expr
        assert isinstance(node, ast.Call)
        if isinstance(made_by, MethodType):
            owner = made_by.__self__
            if made_by.__name__ == "_recreate_cm":  # a manager used as a decorator
                if isinstance(owner, contextlib._GeneratorContextManager):
                    return self.exits.generator_takes(owner.func, error)
                return self.exits.manager_takes(owner, error, 0, self.exit_name)
            if name_of(made_by.__func__) in _EXPECTING:
                return self._expected(node, error, scope)
            made_by = made_by.__func__
        if name_of(made_by) in _EXPECTING:
            return self._expected(node, error, scope)
        if isinstance(made_by, FunctionType):
            wrapped = getattr(made_by, "__wrapped__", None)
            if made_by.__code__ in MAKING_GENERATORS and isinstance(wrapped, FunctionType):
                return self.exits.generator_takes(wrapped, error)
        return None if name_of(made_by) in _OPENING else MAY

    def _made_by_class(self, kind: type, error: BaseException, scope: Any) -> Answer:
        node = self.item.context_expr
        assert isinstance(node, ast.Call)
        leave = getattr(kind, self.exit_name, None)
        if self.held_name and isinstance(kind.__new__, FunctionType):
            return MAY  # it may give any object, and the one that it gave is held
        if surely_quiet(leave):
            return raises_instead(leave)
        if leave is contextlib.suppress.__exit__:
            return self._expected(node, error, scope, 0, len(node.args))
        if leave in STACKS and self.as_name is not None:
            opened = self.as_name(scope)
            if isinstance(opened, kind):
                return self.exits.manager_takes(opened, error, 0, self.exit_name)
        return MAY

    def _expected(
        self, node: ast.Call, error: BaseException, scope: Any, first: int = 0, after: int = 1
    ) -> Answer:
        """The answer of a call whose arguments are the exception types it takes."""
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return MAY
        for argument in node.args[first:after]:
            read = quiet_reader(argument, self.code)
            if read is None:
                return MAY
            kinds = read(scope)
            if issubclass(type(error), kinds):
                return "", True
        if isinstance(error, BaseExceptionGroup):
            return MAY
        return None


def _stores(statement: Any, name: str) -> int:
    return sum(
        isinstance(each, ast.Name) and each.id == name and not isinstance(each.ctx, ast.Load)
        for each in own([statement])
    )
