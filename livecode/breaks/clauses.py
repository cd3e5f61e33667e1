"""Clauses: whether the clauses of a ``try`` take an exception.

In: the syntax of a ``try`` around a place. Out: `Layer`s, which answer for an exception and the frame that
stands there.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType
from typing import Any

from livecode.breaks.reading import OPTIMIZED, Reader, quiet_reader, reader
from livecode.breaks.scopes import own
from livecode.breaks.surroundings import Around, leaves, raises_again, raises_others


class Raises:
    """In the place of "sure": it may raise another exception instead, which takes the first one's place.

    Args:
        kinds: the types of those; None: they are not known.
    """

    __slots__ = ("kinds",)

    def __init__(self, kinds: tuple[type[BaseException], ...] | None) -> None:
        self.kinds = kinds

    def __bool__(self) -> bool:
        return False


Answer = tuple[str, bool | Raises] | None
"""How an exception is taken and whether that is sure; None: it goes on outward."""


class Layer:
    """Something around an instruction that may take an exception."""

    __slots__ = ()
    names: frozenset[str] | None = None
    """The globals that alone decide what it answers; None: others decide as well."""

    def asked(self, error: BaseException, scope: Any) -> Answer:
        """Whether it takes this exception.

        Args:
            error: the exception.
            scope: the frame, or what stands for one: has its code, globals, builtins and locals.
        """
        raise NotImplementedError


class Unknown(Layer):
    """Some handler of a function whose source is not known, or has changed."""

    __slots__ = ()

    def asked(self, error: BaseException, scope: Any) -> Answer:
        return "a handler without source", False


class Finally(Layer):
    """A finally block which leaves by return, break or continue, and so drops the exception."""

    __slots__ = ("surely",)
    names = frozenset()

    def __init__(self, surely: bool) -> None:
        self.surely = surely

    def asked(self, error: BaseException, scope: Any) -> Answer:
        return "finally", self.surely


class Raising(Layer):
    """A finally block that may raise another exception."""

    __slots__ = ("raised",)

    def __init__(self, raised: Raised) -> None:
        self.raised = raised

    def asked(self, error: BaseException, scope: Any) -> Answer:
        return "finally", self.raised.now(scope)


class Raised:
    """The exceptions that some code raises itself.

    Args:
        nodes: its ``raise`` statements.
        code: what they are part of.
    """

    __slots__ = ("readers",)

    def __init__(self, nodes: Sequence[ast.Raise], code: CodeType) -> None:
        self.readers: list[Reader | None] = []
        for each in nodes:
            made = each.exc.func if isinstance(each.exc, ast.Call) else each.exc
            self.readers.append(None if made is None else quiet_reader(made, code))

    def now(self, scope: Any) -> Raises:
        """Their types, as they are evaluated in a frame."""
        kinds: list[type[BaseException]] = []
        for read in self.readers:
            try:
                kind = None if read is None else read(scope)
            except RecursionError:
                raise
            except Exception:  # an unknown name, or whatever the expression raises
                kind = None
            if isinstance(kind, BaseException):
                kind = type(kind)
            if not isinstance(kind, type) or not issubclass(kind, BaseException):
                return Raises(None)
            kinds.append(kind)
        return Raises(tuple(kinds))


def layers_of_try(
    around: Around, code: CodeType, last_resort: bool, raised: set[str]
) -> list[Layer]:
    """What of a ``try`` may take an exception at a place in it."""
    statement, part, _ = around
    found: list[Layer] = []
    if part == "body" and statement.handlers:
        clauses = [_Clause(each, code, last_resort, raised) for each in statement.handlers]
        if isinstance(statement, ast.TryStar):
            found.append(_GroupHandlers(clauses))
        else:
            found.append(_Handlers(clauses))
    if part != "finalbody" and leaves(statement.finalbody):
        surely = any(
            isinstance(each, (ast.Return, ast.Break, ast.Continue)) for each in statement.finalbody
        )
        found.append(Finally(surely))
    elif part != "finalbody" and statement.finalbody:
        others = raises_others(statement.finalbody)
        if others:
            found.append(Raising(Raised(others, code)))
    return found


def is_last_resort(names: dict[str, Any]) -> bool:
    """Whether handlers of the module that show or hand on an exception are IPython's last resort."""
    name = names.get("__name__")
    return isinstance(name, str) and (
        name == "IPython.core.interactiveshell" or name.startswith("IPython.core.magics.")
    )


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
        self.read = None if handler.type is None else reader(handler.type, code)
        self.names = _global_names(handler.type, code)
        words = "except" if handler.type is None else f"except {short(handler.type)}"
        again = raises_again(handler)
        kept = _keeps(handler, raised)
        self.answer: Answer = (words, again is False and not kept)
        self.doubt = (words, False)
        if again or (last_resort and (kept or _shows(handler))):
            self.answer = None


def _global_names(node: ast.expr | None, code: CodeType) -> frozenset[str] | None:
    """The names of a clause's type if it consists of names that can only be globals or builtins."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node] if node is not None else []
    names = {each.id for each in parts if isinstance(each, ast.Name)}
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    mangled = any(each.startswith("__") for each in names)
    if len(names) != len(parts) or mangled or names & own or not code.co_flags & OPTIMIZED:
        return None
    return frozenset(names)


def _keeps(handler: ast.ExceptHandler, raised: set[str]) -> bool:
    """Whether it puts the exception in a variable which is raised elsewhere."""
    return any(
        isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Name)
        and each.value.id == handler.name
        and any(isinstance(target, ast.Name) and target.id in raised for target in each.targets)
        for each in own(handler.body)
    )


def _shows(handler: ast.ExceptHandler) -> bool:
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in ("showtraceback", "showsyntaxerror", "CustomTB")
        for each in own(handler.body)
    )


def short(node: ast.expr) -> str:
    """The text of an expression, not too long."""
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."


class _Handlers(Layer):
    """The except clauses of a try: the first that matches decides."""

    __slots__ = ("clauses", "names")

    def __init__(self, clauses: list[_Clause]) -> None:
        self.clauses = clauses
        self.names: frozenset[str] | None = frozenset()
        for each in clauses:
            if self.names is not None:
                self.names = None if each.names is None else self.names | each.names

    def asked(self, error: BaseException, scope: Any) -> Answer:
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


class _GroupHandlers(Layer):
    """The ``except*`` clauses of a try: each takes its part of a group."""

    __slots__ = ("clauses",)

    def __init__(self, clauses: list[_Clause]) -> None:
        self.clauses = clauses

    def asked(self, error: BaseException, scope: Any) -> Answer:
        rest: BaseException | None = error
        taken: Answer = None
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
