"""Will anything handle it? Decided where an exception was raised, while all callers are alive.

In: the exception, the frame that it comes from and the frame at which the computation began. Out:
the Taker, the first frame outward that will take the exception, or may; None if nothing will.

    frame -> what stands around its instruction (a Spot, kept) -> does any of it take this exception?
      |
      +----> between it and its caller: does C code there take it (hasattr, a for loop, __del__)?
      |
      v
    the caller, and so on to the root

What cannot be known (a manager whose ``__exit__`` may say yes, a clause whose type cannot be
evaluated) may take it: the Taker then is not sure. A wrong guess that something takes an exception
is harmless, it goes on to be asked for again further out.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import sys
import weakref
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
from typing import Any, NamedTuple

from livecode.breaks import syntax as _syntax
from livecode.breaks.point import point_of
from livecode.breaks.syntax import Around, Place, Syntax, syntax_of


class Taker(NamedTuple):
    """Who takes an exception.

    Args:
        frame: the frame that takes it; for C code, the frame that called it.
        how: what takes it, in words: ``except ValueError``, ``hasattr``, ``with suppress``.
        sure: False if it may take it and may not.
    """

    frame: FrameType
    how: str
    sure: bool


Managers = Callable[[FrameType, ast.withitem], Any]
"""Gives the open manager of a with item in an instrumented frame, None where it does not know it."""

_Answer = tuple[str, bool] | None
"""How an exception is taken and whether that is sure; None: it goes on outward."""


def taker(
    error: BaseException,
    frame: FrameType,
    lasti: int,
    root: FrameType | None,
    managers: Managers | None = None,
    left: bool = False,
) -> Taker | None:
    """The first frame, from `frame` outward, that will take the exception or may; None: nobody.

    Args:
        error: the exception, not yet handled.
        frame: the innermost frame to ask.
        lasti: the offset of the instruction at which `frame` was left (``tb_lasti``).
        root: where the computation began; it is not asked. None: ask all callers.
        managers: tells the open managers of with items in instrumented frames.
        left: the exception has left all blocks of `frame` already: they did not take it.

    Raises:
        RecursionError: there is too little of the stack left to find out.
    """
    find = _spots.get
    kind = id(type(error))
    delicate = _delicate.get(kind)
    if delicate is None:
        delicate = _learn(type(error))
    inner: FrameType | None = None
    before: _Spot | None = None
    now: FrameType | None = frame
    while now is not None and now is not root:
        code = now.f_code
        spot = find(id(code) + lasti) or _spot(now, code, lasti)
        if delicate or not spot.plain:
            role = spot.role
            if role is None or inner is None or before is None:
                pass
            elif (
                role is _RELEASES
                or (delicate == _ITEMS and before.special)
                or (
                    delicate == _ATTRIBUTES
                    and (role is not _CALL or spot.asks is not False or before.getter is not False)
                )
            ):
                answer = _taken_between(error, inner, before, now, spot)
                if answer is not None:
                    return _make(Taker, (now, answer[0], answer[1]))
            if spot.layers and not (left and now is frame):
                memo = spot.memos.get(kind)
                if memo is not None:
                    names = now.f_globals
                    for name in memo[0]:
                        if name in names:
                            memo = None
                            break
                    else:
                        for name, value in memo[1]:
                            if id(names.get(name)) != value:
                                memo = None
                                break
                answer = memo[2] if memo is not None else _ask(spot, error, now, managers)
                if answer is not None:
                    return _make(Taker, (now, answer[0], answer[1]))
            if spot.finalizes:
                outer = now.f_back
                if outer is not None and outer is not root and not _calls(outer, "__del__"):
                    return Taker(outer, "__del__", True)
        inner = now
        before = spot
        now = now.f_back
        if now is not None:
            lasti = now.f_lasti
    return _weakref_callback(frame, root)


def decides(frame: FrameType, kind: type[BaseException], takes: bool) -> bool:
    """Whether a frame, where it is, does the same with all exceptions of a type: takes them or does not.

    That builtin names in its clauses may be shadowed by globals later on is left out of account.

    Args:
        frame: a frame that was asked before.
        kind: the type; False for those that Python itself does not have.
        takes: what it did then.
    """
    spot = _spots.get(id(frame.f_code) + frame.f_lasti)
    if spot is None or kind.__flags__ & _HEAP_TYPE:
        return False
    if not takes and (spot.finalizes or _delicate.get(id(kind))):
        return False
    if not spot.layers:
        return not takes
    memo = spot.memos.get(id(kind))
    if memo is None or memo[1]:
        return False
    answer = memo[2]
    return answer[1] if answer is not None and takes else answer is None and not takes


_HEAP_TYPE = 1 << 9
"""The flag of a type that is made by a class statement (``Py_TPFLAGS_HEAPTYPE``)."""

_make: Callable[[type[Taker], tuple[FrameType, str, bool]], Taker] = tuple.__new__
"""Makes a Taker, faster than its class does."""


# ---- spots: what stands around an instruction ----


_Memo = tuple[tuple[str, ...], tuple[tuple[str, int], ...], _Answer]


class _Spot:
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

    def __init__(self, code: CodeType, lasti: int, layers: Sequence[_Layer]) -> None:
        self.code = code
        self.lasti = lasti
        self.layers = layers
        self.operation = _syntax.operation_at(code, lasti)
        self.role = _ROLES.get(self.operation)
        self.finalizes = code.co_name == "__del__"
        self.special = code.co_name in _OF_ITEMS
        self.getter: bool | None = True if code.co_name in _OF_ATTRIBUTES else None
        self.plain = not layers and not self.finalizes and self.role is not _RELEASES
        self.memos: dict[int, _Memo] = {}
        known = [each.names for each in layers]
        self.names: set[str] | None = set()
        for each in known:
            self.names = None if each is None or self.names is None else self.names | {*each}
        self.call: ast.Call | None = None
        self.called: _Reader | None = None
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
            self.call = _syntax.call_at(found, place)
            if self.call is not None:
                self.called = _quiet_reader(self.call.func, self.code)


_MOST_SPOTS = 4096
_spots: dict[int, _Spot] = {}
"""By the id of the code plus the offset: that is an address inside of the code object, which holds
its own instructions, and so no other code's as long as the Spot keeps it alive."""

_ATTRIBUTES, _ITEMS = 1, 2

_delicate: dict[int, int] = {}
"""By the id of an exception's type: whether C code may take it, where it asks for attributes or
where it asks for items; 0: nowhere. A type that dies leaves this and all
memos by its weakref, so that its id can be trusted, and nothing here keeps a type alive."""

_watched: dict[int, weakref.ref[type]] = {}


def _watch(kind: type) -> None:
    """See to it that nothing is remembered by the id of a type after its death."""
    number = id(kind)
    if number in _watched:
        return

    def forget(_: object) -> None:
        _watched.pop(number, None)
        _delicate.pop(number, None)
        for spot in list(_spots.values()):
            if spot.memos:
                spot.memos.clear()

    _watched[number] = weakref.ref(kind, forget)


def _learn(kind: type[BaseException]) -> int:
    _watch(kind)
    if issubclass(kind, AttributeError):
        found = _ATTRIBUTES
    else:
        found = _ITEMS if issubclass(kind, (LookupError, TypeError)) else 0
    _delicate[id(kind)] = found
    return found


def _ask(spot: _Spot, error: BaseException, frame: FrameType, managers: Managers | None) -> _Answer:
    """What the layers of a spot answer; remembered if only the values of globals decide it."""
    answer: _Answer = None
    for layer in spot.layers:
        answer = layer.asked(error, frame, managers)
        if answer is not None:
            break
    if spot.names is not None and not isinstance(error, BaseExceptionGroup):
        names = frame.f_globals
        absent = tuple(each for each in spot.names if each not in names)
        present = tuple((each, names[each]) for each in spot.names if each in names)
        if not all(isinstance(value, type) for _, value in present):
            return answer
        for _, value in present:
            _watch(value)
        if len(spot.memos) >= _MOST_MEMOS:
            spot.memos.clear()
        values = tuple((name, id(value)) for name, value in present)
        spot.memos[id(type(error))] = absent, values, answer
    return answer


_MOST_MEMOS = 64
_LAYERLESS = frozenset({"<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def _spot(frame: FrameType, code: CodeType, lasti: int) -> _Spot:
    layers: Sequence[_Layer] = ()
    if code.co_exceptiontable and code.co_name not in _LAYERLESS:
        names = frame.f_globals
        if point_of(code) is not None or _syntax.covered(code, lasti):
            found = syntax_of(code, names)
            place = found and found.place(lasti)
            if found is None or place is None:
                layers = (_Unknown(),) if _syntax.covered(code, lasti) else ()
            else:
                entering = _syntax.entered_before(code, lasti)
                layers = _layers(code, found, place, names, entering)
    if len(_spots) >= _MOST_SPOTS:
        _spots.clear()
    spot = _spots[id(code) + lasti] = _Spot(code, lasti, layers)
    return spot


def _layers(
    code: CodeType,
    syntax: Syntax,
    place: Place,
    names: dict[str, Any],
    entering: int | None = None,
) -> tuple[_Layer, ...]:
    found: list[_Layer] = []
    last_resort = _is_last_resort(names)
    raised = {
        each.exc.id
        for each in _syntax.own(syntax.statements)
        if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Name)
    }
    for around in _syntax.enclosing(syntax, place, entering):
        if isinstance(around.statement, (ast.With, ast.AsyncWith)):
            for item in reversed(around.statement.items[: around.entered]):
                found.append(_Manager(item, around.statement, code))
        else:
            found += _layers_of_try(around, code, last_resort, raised)
    return tuple(found)


def _layers_of_try(
    around: Around, code: CodeType, last_resort: bool, raised: set[str]
) -> list[_Layer]:
    statement, part, _ = around
    found: list[_Layer] = []
    if part == "body" and statement.handlers:
        clauses = [_Clause(each, code, last_resort, raised) for each in statement.handlers]
        if isinstance(statement, ast.TryStar):
            found.append(_GroupHandlers(clauses))
        else:
            found.append(_Handlers(clauses))
    if part != "finalbody" and _syntax.leaves(statement.finalbody):
        surely = any(
            isinstance(each, (ast.Return, ast.Break, ast.Continue)) for each in statement.finalbody
        )
        found.append(_Finally(surely))
    return found


def _is_last_resort(names: dict[str, Any]) -> bool:
    """Whether handlers of the module that show or hand on an exception are IPython's last resort."""
    name = names.get("__name__")
    return isinstance(name, str) and (
        name == "IPython.core.interactiveshell" or name.startswith("IPython.core.magics.")
    )


class _Layer:
    """Something around an instruction that may take an exception."""

    __slots__ = ()
    names: frozenset[str] | None = None
    """The globals that alone decide what it answers; None: others decide as well."""

    def asked(self, error: BaseException, scope: Any, managers: Managers | None) -> _Answer:
        """Whether it takes this exception.

        Args:
            error: the exception.
            scope: the frame, or what stands for one: has its code, globals, builtins and locals.
            managers: as in `taker`.
        """
        raise NotImplementedError


class _Unknown(_Layer):
    """Some handler of a function whose source is not known, or has changed."""

    __slots__ = ()

    def asked(self, error: BaseException, scope: Any, managers: Managers | None) -> _Answer:
        return "a handler without source", False


class _Finally(_Layer):
    """A finally block which leaves by return, break or continue, and so drops the exception."""

    __slots__ = ("surely",)
    names = frozenset()

    def __init__(self, surely: bool) -> None:
        self.surely = surely

    def asked(self, error: BaseException, scope: Any, managers: Managers | None) -> _Answer:
        return "finally", self.surely


# ---- except clauses ----


class _Clause:
    """An except clause: its type, and what follows if that matches.

    Args:
        handler: its syntax.
        code: the code it is part of.
        last_resort: whether it is no taker if it shows the traceback, or keeps it to raise it later.
        raised: the variables that are raised anywhere in the code.
    """

    __slots__ = ("answer", "doubt", "names", "read")

    def __init__(
        self, handler: ast.ExceptHandler, code: CodeType, last_resort: bool, raised: set[str]
    ) -> None:
        self.read = None if handler.type is None else _reader(handler.type, code)
        self.names = _global_names(handler.type, code)
        words = "except" if handler.type is None else f"except {_short(handler.type)}"
        again = _syntax.raises_again(handler)
        kept = _keeps(handler, raised)
        self.answer: _Answer = (words, again is False and not kept)
        self.doubt = (words, False)
        if again or (last_resort and (kept or _shows(handler))):
            self.answer = None


def _global_names(node: ast.expr | None, code: CodeType) -> frozenset[str] | None:
    """The names of a clause's type if it consists of names that can only be globals or builtins."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node] if node is not None else []
    names = {each.id for each in parts if isinstance(each, ast.Name)}
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    mangled = any(each.startswith("__") for each in names)
    if len(names) != len(parts) or mangled or names & own or not code.co_flags & _OPTIMIZED:
        return None
    return frozenset(names)


def _keeps(handler: ast.ExceptHandler, raised: set[str]) -> bool:
    """Whether it puts the exception in a variable which is raised elsewhere."""
    return any(
        isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Name)
        and each.value.id == handler.name
        and any(isinstance(target, ast.Name) and target.id in raised for target in each.targets)
        for each in _syntax.own(handler.body)
    )


def _shows(handler: ast.ExceptHandler) -> bool:
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in ("showtraceback", "showsyntaxerror", "CustomTB")
        for each in _syntax.own(handler.body)
    )


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."


class _Handlers(_Layer):
    """The except clauses of a try: the first that matches decides."""

    __slots__ = ("clauses", "names")

    def __init__(self, clauses: list[_Clause]) -> None:
        self.clauses = clauses
        self.names: frozenset[str] | None = frozenset()
        for each in clauses:
            if self.names is not None:
                self.names = None if each.names is None else self.names | each.names

    def asked(self, error: BaseException, scope: Any, managers: Managers | None) -> _Answer:
        kinds = type(error).__mro__
        for clause in self.clauses:
            if clause.read is None:
                return clause.answer
            try:
                # As CPython does: by the real bases, no `__subclasscheck__` is asked.
                wanted = clause.read(scope)
                if wanted in kinds:
                    return clause.answer
                if isinstance(wanted, tuple):
                    for each in wanted:
                        if each in kinds:
                            return clause.answer
            except RecursionError:
                raise
            except Exception:  # an unknown name, or whatever the expression raises
                return clause.doubt
            if not isinstance(wanted, (type, tuple)):
                return clause.doubt
        return None


class _GroupHandlers(_Layer):
    """The ``except*`` clauses of a try: each takes its part of a group."""

    __slots__ = ("clauses",)

    def __init__(self, clauses: list[_Clause]) -> None:
        self.clauses = clauses

    def asked(self, error: BaseException, scope: Any, managers: Managers | None) -> _Answer:
        rest: BaseException | None = error
        taken: _Answer = None
        again = False
        for clause in self.clauses:
            assert clause.read is not None  # the grammar has no bare `except*`
            try:
                match, rest = _split(rest, clause.read(scope))
            except Exception:  # as above; or the group's own `split` raised
                return clause.doubt
            if match is not None:
                if clause.answer is None:
                    again = True
                else:
                    taken = taken or clause.answer
                    again = again or not clause.answer[1]
            if rest is None:
                break
        if taken is None:
            return None
        return taken[0].replace("except", "except*", 1), rest is None and not again


def _split(error: Any, kinds: Any) -> tuple[Any, Any]:
    """The part of an exception that is of these types, and the rest."""
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    if any(each in type(error).__mro__ for each in wanted):
        return error, None
    if isinstance(error, BaseExceptionGroup):
        return error.split(kinds)
    return None, error


# ---- reading an expression where a frame stands ----

_Reader = Callable[[Any], Any]

_OPTIMIZED = 0x1
"""The code keeps its locals in slots (functions); without it they are in a dict (modules, classes)."""


def _reader(node: ast.expr, code: CodeType) -> _Reader:
    """A function that gives the value of an expression in a frame of the code.

    It reads names, attributes and tuples of those itself, and asks for ``f_locals`` (slow on 3.11
    and 3.12) only if a name is a local one.
    """
    match node:
        case ast.Name(id=name):
            return _name_reader(name, code)
        case ast.Attribute(value=value, attr=attr):
            return _attribute_reader(_reader(value, code), attr)
        case ast.Tuple(elts=parts) if not any(isinstance(each, ast.Starred) for each in parts):
            readers = [_reader(each, code) for each in parts]
            return lambda scope: tuple([read(scope) for read in readers])
    compiled = compile(ast.Expression(node), "<livecode>", "eval", dont_inherit=True)
    return lambda scope: eval(compiled, scope.f_globals, scope.f_locals)


def _quiet_reader(node: ast.expr, code: CodeType) -> _Reader | None:
    """As `_reader`, but None for an expression that calls anything."""
    part: ast.expr = node
    while isinstance(part, ast.Attribute):
        part = part.value
    if isinstance(part, ast.Tuple):
        if any(_quiet_reader(each, code) is None for each in part.elts):
            return None
    elif not isinstance(part, (ast.Name, ast.Constant)):
        return None
    return _reader(node, code)


def _attribute_reader(read: _Reader, attr: str) -> _Reader:
    return lambda scope: getattr(read(scope), attr)


def _name_reader(name: str, code: CodeType) -> _Reader:
    if name.startswith("__") and not name.endswith("__"):
        # In a class it is another name.
        names = (*code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars)
        if name not in names:
            name = next((each for each in names if _is_mangled(each, name)), name)

    def in_globals(scope: Any) -> Any:
        names = scope.f_globals
        return names[name] if name in names else scope.f_builtins[name]

    def anywhere(scope: Any) -> Any:
        names = scope.f_locals
        return names[name] if name in names else in_globals(scope)

    if not code.co_flags & _OPTIMIZED:
        return anywhere
    if name in code.co_varnames or name in code.co_cellvars or name in code.co_freevars:
        return lambda scope: scope.f_locals[name]
    return in_globals


def _is_mangled(name: str, private: str) -> bool:
    return name[:1] == "_" and name[:2] != "__" and name.endswith(private)


# ---- with statements ----

_MAY = ("with, whose manager may take it", False)
_DEEPEST = 8
"""So many managers within managers are followed."""


class _Manager(_Layer):
    """An open manager of a with statement.

    Args:
        item: the part of the statement that opened it.
        statement: the whole.
        code: the code it is part of.
    """

    __slots__ = (
        "as_name",
        "code",
        "exit_name",
        "function",
        "item",
        "kept",
        "value",
        "words",
        "wrote",
    )

    def __init__(self, item: ast.withitem, statement: Any, code: CodeType) -> None:
        self.item = item
        self.code = code
        self.exit_name = "__aexit__" if isinstance(statement, ast.AsyncWith) else "__exit__"
        node = item.context_expr
        self.words = f"with {_short(node.func if isinstance(node, ast.Call) else node)}"
        self.function: _Reader | None = None
        self.value: _Reader | None = None
        if isinstance(node, ast.Call):
            self.function = _quiet_reader(node.func, code)
        else:
            self.value = _quiet_reader(node, code)
        self.wrote = {
            each.id
            for each in _syntax.own([statement])
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
        self.as_name: _Reader | None = None
        if isinstance(target, ast.Name) and _stores(statement, target.id) == 1:
            self.as_name = _reader(target, code)

    def asked(self, error: BaseException, scope: Any, managers: Managers | None) -> _Answer:
        if managers is not None and isinstance(scope, FrameType):
            manager = managers(scope, self.item)
            if manager is not None:
                return self._in_words(_manager_takes(manager, error, 0, self.exit_name))
        try:
            if self.value is not None:
                answer = _manager_takes(self.value(scope), error, 0, self.exit_name)
                # Elsewhere the name may mean another object by now, though hardly of another kind.
                return self._in_words(answer and (answer[0], answer[1] and self.kept))
            if self.function is not None:
                made_by = self.function(scope)
                return self._in_words(self._call_takes(made_by, error, scope))
        except Exception:  # an unknown name, or whatever reading an attribute raises
            pass
        return self._in_words(_MAY)

    def _in_words(self, answer: _Answer) -> _Answer:
        return answer and (self.words, answer[1])

    def _call_takes(self, made_by: Any, error: BaseException, scope: Any) -> _Answer:
        """The answer for the manager that calling `made_by` gave."""
        node = self.item.context_expr
        assert isinstance(node, ast.Call)
        if isinstance(made_by, type):
            return self._made_by_class(made_by, node, error, scope)
        if isinstance(made_by, MethodType):
            owner = made_by.__self__
            if made_by.__name__ == "_recreate_cm":  # a manager used as a decorator
                if isinstance(owner, contextlib._GeneratorContextManager):
                    return _generator_takes(owner.func, error)
                return _manager_takes(owner, error, 0, self.exit_name)
            if _name_of(made_by.__func__) in _EXPECTING:
                return self._expected(node, error, scope)
            made_by = made_by.__func__
        if _name_of(made_by) in _EXPECTING:
            return self._expected(node, error, scope)
        if isinstance(made_by, FunctionType):
            wrapped = getattr(made_by, "__wrapped__", None)
            if made_by.__code__ in _MAKING_GENERATORS and isinstance(wrapped, FunctionType):
                return _generator_takes(wrapped, error)
        module = getattr(made_by, "__module__", None) or ""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names and top not in ("contextlib", "unittest", "test"):
            return None  # of all functions of the standard library, none else gives such a manager
        return _MAY

    def _made_by_class(
        self, kind: type, node: ast.Call, error: BaseException, scope: Any
    ) -> _Answer:
        leave = _exit_of(kind, self.exit_name)
        if _surely_quiet(leave):
            return None
        if leave is contextlib.suppress.__exit__:
            return self._expected(node, error, scope, 0, len(node.args))
        if leave in _STACKS and self.as_name is not None:
            opened = self.as_name(scope)
            if isinstance(opened, kind):
                return _manager_takes(opened, error, 0, self.exit_name)
        return _MAY

    def _expected(
        self, node: ast.Call, error: BaseException, scope: Any, first: int = 0, after: int = 1
    ) -> _Answer:
        """The answer of a call whose arguments are the exception types it takes."""
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return _MAY
        for argument in node.args[first:after]:
            read = _quiet_reader(argument, self.code)
            if read is None:
                return _MAY
            kinds = read(scope)
            if issubclass(type(error), kinds):
                return "", True
        if isinstance(error, BaseExceptionGroup):
            return _MAY
        return None


def _stores(statement: Any, name: str) -> int:
    return sum(
        isinstance(each, ast.Name) and each.id == name and not isinstance(each.ctx, ast.Load)
        for each in _syntax.own([statement])
    )


def _name_of(function: Any) -> str:
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"


_EXPECTING = frozenset(
    {
        "_pytest.python_api.raises",
        "_pytest.raises.raises",
        "unittest.case.TestCase.assertRaises",
        "unittest.case.TestCase.assertRaisesRegex",
    }
)
"""Functions whose managers take the exceptions that the first argument names."""

_EXPECTING_TYPES = {
    "_pytest.python_api.RaisesContext": ("expected_exception", ("match_expr",)),
    "_pytest.raises.RaisesExc": ("expected_exceptions", ("match", "check")),
    "unittest.case._AssertRaisesContext": ("expected", ("expected_regex",)),
}
"""Their managers: the attribute of the types, and those which hold further conditions."""


def _yields_once() -> Any:
    yield


_MAKING_GENERATORS = frozenset(
    {
        contextlib.contextmanager(_yields_once).__code__,
        contextlib.asynccontextmanager(_yields_once).__code__,
    }
)
_STACKS = (contextlib.ExitStack.__exit__, contextlib.AsyncExitStack.__aexit__)
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


def _exit_of(kind: type, exit_name: str) -> Any:
    return getattr(kind, exit_name, None)


def _manager_takes(manager: Any, error: BaseException, depth: int, exit_name: str) -> _Answer:
    """The answer for an open manager.

    Args:
        manager: what was entered.
        error: the exception.
        depth: how many managers it is in.
        exit_name: ``__exit__`` or ``__aexit__``.
    """
    kind = type(manager)
    leave = _exit_of(kind, exit_name)
    if _surely_quiet(leave):
        return None
    if depth > _DEEPEST:
        return _MAY
    if leave is contextlib.suppress.__exit__:
        return _suppressed(manager._exceptions, error)
    if leave in _GENERATED:
        return _running_generator_takes(manager.gen, error, depth + 1)
    if leave in _STACKS:
        return _stack_takes(manager, error, depth + 1)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name in _EXPECTING_TYPES:
        expected, conditions = _EXPECTING_TYPES[name]
        if not issubclass(type(error), getattr(manager, expected)):
            return None
        return "", all(getattr(manager, each, None) is None for each in conditions)
    return _exit_takes(leave)


def _suppressed(kinds: Any, error: BaseException) -> _Answer:
    if issubclass(type(error), kinds):  # here virtual subclasses count
        return "", True
    if isinstance(error, BaseExceptionGroup) and sys.version_info >= (3, 12):
        match, rest = error.split(kinds)
        if match is not None:
            return "", rest is None
    return None


def _exit_takes(leave: Any) -> _Answer:
    """The answer by an ``__exit__`` alone: None if it never says that the exception is done with."""
    return None if _surely_quiet(leave) else _MAY


_quiet: dict[int, tuple[Any, bool]] = {}
"""By the id of an exit's code, or of an exit written in C, which is kept alive: whether it returns
nothing."""


def _surely_quiet(leave: Any) -> bool:
    """Whether an ``__exit__`` never says that the exception is done with."""
    code = leave.__code__ if isinstance(leave, FunctionType) else leave
    known = _quiet.get(id(code))
    if known is not None:
        return known[1]
    if isinstance(leave, FunctionType):
        quiet = _name_of(leave) in _NEVER_TAKING or _syntax.returns_nothing(code)
    elif isinstance(leave, (MethodDescriptorType, WrapperDescriptorType)):
        quiet = leave.__objclass__.__module__.partition(".")[0] in sys.stdlib_module_names
    else:
        return False
    if len(_quiet) >= _MOST_SPOTS:
        _quiet.clear()
    _quiet[id(code)] = code, quiet
    return quiet


def _running_generator_takes(generator: Any, error: BaseException, depth: int) -> _Answer:
    """The answer for a suspended generator into which the exception will be thrown."""
    if depth > _DEEPEST:
        return _MAY
    inner = getattr(generator, "gi_yieldfrom", None)
    if inner is not None:
        if getattr(inner, "gi_frame", None) is None:
            return _MAY
        answer = _running_generator_takes(inner, error, depth + 1)
        if answer is not None:
            return answer
    frame = getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None)
    if frame is None:
        return None
    code = frame.f_code
    spot = _spots.get(id(code) + frame.f_lasti) or _spot(frame, code, frame.f_lasti)
    for layer in spot.layers:
        answer = layer.asked(error, frame, None)
        if answer is not None:
            return answer
    return None


def _stack_takes(stack: Any, error: BaseException, depth: int) -> _Answer:
    for is_sync, callback in reversed(stack._exit_callbacks):
        name = "__exit__" if is_sync else "__aexit__"
        if isinstance(callback, MethodType):
            leave = _exit_of(type(callback.__self__), name)
            if callback.__func__ is leave:
                answer = _manager_takes(callback.__self__, error, depth, name)
            else:
                answer = _exit_takes(callback.__func__)
        elif (owner := getattr(callback, "__self__", None)) is not None:  # a method written in C
            answer = _exit_takes(_exit_of(type(owner), name))
        else:
            answer = _exit_takes(callback)
        if answer is not None:
            return answer
    return None


_yields: dict[int, tuple[CodeType, list[tuple[_Layer, ...]] | None]] = {}
"""By the id of a generator function's code, which is kept alive: what stands around each yield."""


def _generator_takes(function: Any, error: BaseException) -> _Answer:
    """The answer for a manager made of a generator function, at whichever of its yields it is."""
    if not isinstance(function, FunctionType):
        return _MAY
    code = function.__code__
    known = _yields.get(id(code))
    if known is None:
        if len(_yields) >= _MOST_SPOTS:
            _yields.clear()
        known = _yields[id(code)] = (code, _around_yields(code, function.__globals__))
    if known[1] is None:
        return _MAY
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    scope = SimpleNamespace(
        f_code=code,
        f_globals=function.__globals__,
        f_builtins=getattr(function, "__builtins__", builtins.__dict__),
        f_locals={name: cell.cell_contents for name, cell in cells},
    )
    answers = [_first_answer(layers, error, scope) for layers in known[1]]
    taking = [each for each in answers if each is not None]
    if not taking:
        return None
    return taking[0][0], len(taking) == len(answers) and all(each[1] for each in taking)


def _first_answer(layers: Sequence[_Layer], error: BaseException, scope: Any) -> _Answer:
    for layer in layers:
        answer = layer.asked(error, scope, None)
        if answer is not None:
            return answer
    return None


def _around_yields(code: CodeType, names: dict[str, Any]) -> list[tuple[_Layer, ...]] | None:
    found = syntax_of(code, names)
    if found is None:
        return None if code.co_exceptiontable else []
    around = []
    for node in _syntax.own(found.statements):
        if isinstance(node, ast.YieldFrom):
            return None
        if isinstance(node, ast.Yield):
            end, column = node.end_lineno or node.lineno, node.end_col_offset
            place = Place(node.lineno, node.col_offset, end, column)
            around.append(_layers(code, found, place, names))
    return around


# ---- what C code takes, between a frame and its caller ----

_RELEASES = "lets go of an object"
_ITERATES = "iterates"
_ATTRIBUTE = "asks for an attribute"
_NAME = "looks a name up"
_CALL = "calls"
_IMPORT = "imports a name"
_MATCH = "matches a class"


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
        **dict.fromkeys(releasing.split(), _RELEASES),
        **dict.fromkeys(iterating.split(), _ITERATES),
        **dict.fromkeys(asking.split(), _ATTRIBUTE),
        **dict.fromkeys(naming.split(), _NAME),
        **dict.fromkeys(calling.split(), _CALL),
        "IMPORT_FROM": _IMPORT,
        "MATCH_CLASS": _MATCH,
    }


_ROLES = _roles()
"""By an instruction's name, what it does that C code may take exceptions of."""

_DRAINING = (list, tuple, set, frozenset, dict, iter, reversed, enumerate, sum, any, all, min, max)


def _taken_between(
    error: BaseException, inner: FrameType, before: _Spot, outer: FrameType, spot: _Spot
) -> _Answer:
    """Whether C code takes it that the instruction of `outer` runs, and that called `inner`."""
    role = spot.role
    if role is _RELEASES:
        return "a finalizer", True
    if isinstance(error, AttributeError):
        return _attribute_taken(inner, before, outer, spot)
    name = inner.f_code.co_name
    if name == "__getitem__":
        if isinstance(error, KeyError):
            return ("a lookup of a name", True) if role is _NAME else None
        if isinstance(error, IndexError):
            return _iteration_takes(inner, outer, spot)
        return None
    if not isinstance(error, TypeError):
        return None
    if spot.operation == "LIST_EXTEND":
        return "a length hint", True
    made = _callee(outer, spot) if role is _CALL else None
    return ("a length hint", True) if made is list or made is tuple else None


def _attribute_taken(inner: FrameType, before: _Spot, outer: FrameType, spot: _Spot) -> _Answer:
    role = spot.role
    if role is _ATTRIBUTE:
        return _by_getattr(inner)
    if role is _IMPORT:
        return "import", True
    if role is _MATCH:
        return "match", True
    if role is not _CALL:
        return None
    if spot.asks is None:
        spot.asks = _may_ask(outer)
    if not spot.asks and not _is_getter(inner, before):
        return None
    callee = _callee(outer, spot)
    call = spot.call
    if call is not None and callee is hasattr:
        return "hasattr", True
    if call is not None and callee is getattr:
        if any(isinstance(each, ast.Starred) for each in call.args):
            return "getattr", False
        return ("getattr", True) if len(call.args) == 3 else _by_getattr(inner)
    if not _is_getter(inner, before) or isinstance(callee, (FunctionType, MethodType)):
        return None
    if isinstance(callee, type) and isinstance(vars(callee).get("__init__"), FunctionType):
        return None
    function = call and call.func
    if isinstance(function, ast.Attribute) and function.attr == inner.f_code.co_name:
        return None
    return "a call in C that asks for an attribute", False


def _may_ask(outer: FrameType) -> bool:
    """Whether code may call hasattr or getattr; False for most code, so its syntax is not needed."""
    code = outer.f_code
    values = [outer.f_globals.get(each) for each in code.co_names]
    return (
        not {"hasattr", "getattr"}.isdisjoint(code.co_names)
        or any(each is hasattr or each is getattr for each in values)
        or any("attr" in each for each in (*code.co_varnames, *code.co_freevars))
    )


def _callee(outer: FrameType, spot: _Spot) -> Any:
    """The function that the frame is calling; None if that cannot be told."""
    spot.look_for_call(outer.f_globals)
    if spot.called is None:
        return None
    try:
        return spot.called(outer)
    except Exception:  # an unknown name, or whatever reading an attribute raises
        return None


def _calls(outer: FrameType, name: str) -> bool:
    """Whether the frame is calling something of this name, as ``super().__del__()`` does."""
    code, lasti = outer.f_code, outer.f_lasti
    spot = _spots.get(id(code) + lasti) or _spot(outer, code, lasti)
    if spot.role is not _CALL:
        return False
    spot.look_for_call(outer.f_globals)
    function = spot.call and spot.call.func
    return isinstance(function, ast.Attribute) and function.attr == name


def _arguments(frame: FrameType, count: int) -> list[Any]:
    """The values of the first parameters, as far as they are still bound."""
    code = frame.f_code
    names = code.co_varnames[: min(count, code.co_argcount)]
    if not names:
        return []
    values = frame.f_locals
    return [values[each] for each in names if each in values]


def _by_getattr(inner: FrameType) -> _Answer:
    """An attribute was asked for, which ran `inner`: has its object ``__getattr__`` to ask next?"""
    name = inner.f_code.co_name
    if name == "__getattr__":
        return None
    arguments = _arguments(inner, 2)
    index = 1 if name == "__get__" else 0
    if len(arguments) > index and _in_class(type(arguments[index]), "__getattr__"):
        return "__getattr__", True
    return None


def _in_class(kind: type, name: str) -> Any:
    for each in kind.__mro__:
        if name in each.__dict__:
            return each.__dict__[name]
    return None


_OF_ATTRIBUTES = frozenset({"__getattr__", "__getattribute__", "__get__"})
_OF_ITEMS = frozenset({"__getitem__", "__len__", "__length_hint__"})


def _is_getter(inner: FrameType, spot: _Spot) -> bool:
    """Whether the frame answers for an attribute: it is a property's or one of the special methods'."""
    if spot.getter is None:
        code = spot.code
        spot.getter = False
        for argument in _arguments(inner, 1):
            for each in type(argument).__mro__:
                found = each.__dict__.get(code.co_name)
                function = found.fget if isinstance(found, property) else None
                if getattr(function, "__code__", None) is code:
                    spot.getter = True
    return spot.getter


def _iteration_takes(inner: FrameType, outer: FrameType, spot: _Spot) -> _Answer:
    """``__getitem__`` was called to iterate over a class without ``__iter__``."""
    arguments = _arguments(inner, 1)
    if not arguments:
        return None
    kind = type(arguments[0])
    if spot.role is _ITERATES or spot.operation == "CALL_FUNCTION_EX":
        return None if _in_class(kind, "__iter__") else ("iteration", True)
    if spot.role is not _CALL:
        return None
    callee = _callee(outer, spot)
    if isinstance(callee, (FunctionType, MethodType)):
        return None
    if callee is next or any(callee is each for each in _DRAINING):
        reverse = callee in (reversed, next)
        return None if _in_class(kind, "__iter__") and not reverse else ("iteration", True)
    function = spot.call and spot.call.func
    if isinstance(function, ast.Attribute) and function.attr == "__getitem__":
        return None
    return None if _in_class(kind, "__iter__") else ("a call in C that iterates", False)


def _weakref_callback(frame: FrameType, root: FrameType | None) -> Taker | None:
    """The caller of a weakref's callback, which takes everything; asked last, as it takes long."""
    inner: FrameType = frame
    outer = frame.f_back
    while outer is not None and inner is not root and outer is not root:
        if 1 <= inner.f_code.co_argcount <= 2:
            for each in _arguments(inner, 2):
                if isinstance(each, weakref.ref) and each() is None:
                    code = outer.f_code
                    lasti = outer.f_lasti
                    spot = _spots.get(id(code) + lasti) or _spot(outer, code, lasti)
                    callee = getattr(_callee(outer, spot), "__code__", None)
                    if callee is not inner.f_code:
                        return Taker(outer, "a weakref's callback", False)
        inner, outer = outer, outer.f_back
    return None
