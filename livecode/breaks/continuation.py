"""A continuation: a function that goes on from a place in a function, in the code as it is now.

In: the syntax of a definition or of a cell's statement, a place in it, and what the compound statements
around the place hold. Out: syntax (`build`, `build_module`), and code from it (`compile_continuation`).

The continuation enters the compound statements on the way to the place without evaluating their headers
again: a for goes on with its iterator, a with keeps its open manager, a try stays a try. What lies
behind the place follows as it stands in the code.

What is held is named by `places.key` in the syntax that is given here (`Found.held` translates):
for and async for: the iterator; with and async with: the bound exit of the manager; try, with the place
in a handler: the exception that is handled; in its finally: what follows the finally (an `Outcome`, or
the exception). Only what is entered at present may be held, not the iterator of a loop that is over.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
)
from itertools import chain
from types import CodeType
from typing import Any, NamedTuple, TypeAlias, TypeVar

from livecode.breaks import marks
from livecode.breaks.places import (
    KINDS,
    LOOPS,
    TRIES,
    Place,
    Step,
    key,
    outside,
    own,
    parameters,
    statements,
    view,
)
from livecode.breaks.running import AsyncReuse, Reuse
from livecode.sources import names
from livecode.sources.children import children
from livecode.sources.outline import BLOCKS, DEFINITIONS, first_line
from livecode.sources.parsing import copied

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

Node = TypeVar("Node", bound=ast.AST)

LOCALS = ".locals"


class CannotContinue(Exception):
    """What is needed to go on from a place is not known; the message is one plain sentence."""


class Built(NamedTuple):
    """A continuation, and the objects for its marks."""

    function: FunctionNode
    objects: list[Any]


# --- what continuations hold --------------------------------------------------------------------------


class _Resume:
    __slots__ = ()

    def __repr__(self) -> str:
        return "RESUME"


RESUME = _Resume()
"""The item that stands for the turn of a loop in which it stopped."""


class Outcome:
    """What follows a finally block that is not an exception.

    Args:
        kind: ``falls``, ``return``, ``break`` or ``continue``.
        value: what is to be returned.
    """

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: object = None) -> None:
        self.kind = kind
        self.value = value

    def __repr__(self) -> str:
        return f"<Outcome {self.kind}>"


FALLS_THROUGH = Outcome("falls")
BREAKS = Outcome("break")
CONTINUES = Outcome("continue")


class AsyncChain:
    """An async iterator that gives some items before it goes on with another one."""

    __slots__ = ("first", "iterator")

    def __init__(self, first: Iterable[Any], iterator: AsyncIterator[Any]) -> None:
        self.first = iter(first)
        self.iterator = iterator

    def __aiter__(self) -> AsyncChain:
        return self

    def __anext__(self) -> Awaitable[Any]:
        for item in self.first:
            return _at_once(item)
        return type(self.iterator).__anext__(self.iterator)


async def _at_once(item: Any) -> Any:
    return item


class _Iterator:
    """An iterator from one that has no ``__iter__``."""

    __slots__ = ("iterator",)

    def __init__(self, iterator: Iterator[Any]) -> None:
        self.iterator = iterator

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return type(self.iterator).__next__(self.iterator)


class Turn:
    """Whether the first turn of a while has yet to begin, or the item of a for."""

    __slots__ = ("first", "item")

    def __init__(self) -> None:
        self.first = True


class Raised:
    """An exception that is being handled: raised again to be handled again, and left as it was."""

    __slots__ = ("chain", "exception")

    def __init__(self, exception: BaseException) -> None:
        self.exception = exception
        self.chain: list[tuple[BaseException, BaseException | None, Any]] = []

    def begin(self) -> BaseException:
        """The exception, to be raised."""
        self.chain = []
        seen: set[int] = set()
        for start in (self.exception, _handled()):
            each = start
            while each is not None and id(each) not in seen:
                seen.add(id(each))
                self.chain.append((each, each.__context__, each.__traceback__))
                each = each.__context__
        return self.exception

    def back(self) -> None:
        """Put tracebacks and contexts back that raising it has changed."""
        for each, context, traceback in self.chain:
            each.__context__ = context
            if each is self.exception:
                each.__traceback__ = traceback
        self.chain = []


def _handled() -> BaseException | None:
    return sys.exc_info()[1]


# --- the syntax -----------------------------------------------------------------------------------------


def build(
    node: FunctionNode,
    place: Place,
    held: Mapping[str, Any],
    bound: Collection[str],
    free: Collection[str] = (),
    class_name: str | None = None,
    objects: list[Any] | None = None,
) -> Built:
    """The function that goes on from a place. Its one parameter is a dict of the values of `bound`.

    Args:
        node: the definition as it is now.
        place: where to go on.
        held: what compound statements hold, by `places.key` in `node`.
        bound: the plain local names that have values. Those that are not local in `node` are left out.
        free: the cell and free variables of the frame, names as in its code.
        class_name: the class whose method it is, for private names.
        objects: marks are numbered after these; the list grows.

    Every statement of the result has the location, and so the key, of the one in `node` that it stands
    for, so that a break in the continuation has its place in `node`.

    Raises:
        CannotContinue: something that it needs is not held.
    """
    viewed: FunctionNode = view(node)
    scope = _Scope(viewed, free, class_name)
    builder = _Builder(
        viewed, place, held, [] if objects is None else objects, scope, in_module=False
    )
    rest = builder.rest()
    body = [*scope.prologue(bound), *rest]
    make: Any = type(node)  # its fields differ between versions of Python
    new: Any = make(
        name=node.name,
        args=ast.arguments([], [ast.arg(LOCALS)], None, [], [], None, []),
        body=body,
        decorator_list=[],
        returns=None,
        type_comment=None,
    )
    if "type_params" in new._fields:
        new.type_params = []
    _placed(ast.copy_location(new, node), node)
    new.lineno = first_line(node)  # as in plain code, and for `key` to be the same in both
    return Built(new, builder.objects)


def build_module(
    statement: ast.AST,
    place: Place,
    held: Mapping[str, Any],
    objects: list[Any] | None = None,
) -> tuple[list[ast.stmt], list[Any]]:
    """The statements that go on from a place in a cell's top-level statement; no name of theirs is new.

    Args:
        statement: the statement, or a module of several.
        place: a place in ``places.root(statement)``.
        held: as for `build`.
        objects: as for `build`.
    """
    objects = [] if objects is None else objects
    builder = _Builder(view(statement), place, held, objects, _ModuleScope(), in_module=True)
    return builder.rest(), builder.objects


class _Builder:
    def __init__(
        self,
        node: Any,
        place: Place,
        held: Mapping[str, Any],
        objects: list[Any],
        scope: _Scope | _ModuleScope,
        in_module: bool,
    ) -> None:
        self.node, self.place, self.held, self.objects = node, place, held, objects
        self.scope, self.in_module = scope, in_module
        self.loops = 0

    def rest(self) -> list[ast.stmt]:
        return self._rest(statements(self.node, self.place.steps[0]), self.place.steps)

    def _rest(self, body: list[ast.stmt], steps: tuple[Step, ...]) -> list[ast.stmt]:
        """What is to run of a list of statements from the place on."""
        index = steps[0].index
        if index >= len(body):
            return []
        if len(steps) > 1:
            entered = self._enter(body[index], steps[1:])
        else:
            entered = self._begin(body[index])
        return entered + self._copies(body[index + 1 :])

    def _begin(self, statement: ast.stmt) -> list[ast.stmt]:
        """The failing statement itself: as it stands, or as far as it got in its header."""
        name = f"{KINDS.get(type(statement), '')} statement in line {statement.lineno}"
        if self.place.target:
            raise CannotContinue(f"What the {name} assigns to its target is not held.")
        known = key(statement, self.node) in self.held
        if not self.place.header or not (known or isinstance(statement, TRIES)):
            return self._copies([statement])
        new: Any = self._copies([statement])[0]
        if isinstance(new, ast.For):
            new.iter = _placed(self._mark(chain(_iterator(self._held(statement)))), statement.iter)  # type: ignore[attr-defined]
        elif isinstance(new, ast.AsyncFor):
            new.iter = _placed(self._mark(AsyncChain((), self._held(statement))), statement.iter)  # type: ignore[attr-defined]
        elif isinstance(new, ast.Try) and isinstance(
            known and self.held[key(statement, self.node)], BaseException
        ):
            raised = self._raised(statement)
            new.body = [raised]
            new.orelse = []
            for handler in new.handlers:
                handler.body.insert(0, self._back(raised, handler))
        else:
            raise CannotContinue(f"The {name} failed between or behind its blocks.")
        return [new]

    def _enter(self, statement: Any, steps: tuple[Step, ...]) -> list[ast.stmt]:
        """A compound statement from the place inside of it on."""
        rest = self._rest(statements(statement, steps[0]), steps)
        field = steps[0].field
        if isinstance(statement, LOOPS):
            if field != "body":
                return rest
            return self._loop(statement, rest)
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            reuse = Reuse if isinstance(statement, ast.With) else AsyncReuse
            exit = self._held(statement)
            item = ast.withitem(
                _placed(self._mark(reuse(exit)), statement.items[0].context_expr), None
            )
            return [ast.copy_location(type(statement)([item], rest or _pass(statement)), statement)]
        if isinstance(statement, TRIES):
            return self._try(statement, steps[0], rest)
        return rest or _pass(statement)

    def _loop(self, statement: Any, rest: list[ast.stmt]) -> list[ast.stmt]:
        new = ast.copy_location(copy.copy(statement), statement)
        new.orelse = self._copies(statement.orelse)
        body = self._copies(statement.body)
        if isinstance(statement, ast.While):
            turn = self._mark_number(Turn())
            flag = ast.Attribute(marks.mark(turn), "first", ast.Load())
            off = ast.Assign(
                [ast.Attribute(marks.mark(turn), "first", ast.Store())], ast.Constant(False)
            )
            new.test = ast.BoolOp(ast.Or(), [flag, self._copy(statement.test)])
            new.body = [ast.If(copied(flag), [off, *rest], body)]
            _placed(new.test, statement.test)
        else:
            iterator = self._held(statement)
            held = (
                chain((RESUME,), _iterator(iterator))
                if isinstance(statement, ast.For)
                else AsyncChain((RESUME,), iterator)
            )
            item = self._item()
            assign = ast.Assign([self._copy(statement.target)], item(ast.Load()))
            _placed(ast.copy_location(assign, statement.target), statement.target)
            new.target = _placed(item(ast.Store()), statement.target)
            new.iter = _placed(self._mark(held), statement.iter)
            test = ast.Compare(item(ast.Load()), [ast.Is()], [self._mark(RESUME)])
            new.body = [
                ast.If(
                    test,
                    [ast.Delete([item(ast.Del())]), *rest],
                    [assign, ast.Delete([item(ast.Del())]), *body],
                )
            ]
        return [_placed(new, statement)]

    def _item(self) -> Callable[[ast.expr_context], ast.expr]:
        """The hidden place of the item of a loop: a local; in a module, where names show, a mark's."""
        if self.in_module:
            number = self._mark_number(Turn())
            return lambda context: ast.Attribute(marks.mark(number), "item", context)
        self.loops += 1
        name = f".item{self.loops}"
        return lambda context: ast.Name(name, context)

    def _try(self, statement: Any, step: Step, rest: list[ast.stmt]) -> list[ast.stmt]:
        final = self._copies(statement.finalbody)
        if step.field == "body":
            new = copy.copy(statement)
            new.body = rest or _pass(statement)
            new.handlers = [self._copy(each) for each in statement.handlers]
            new.orelse = self._copies(statement.orelse)
            new.finalbody = final
            return [_placed(new, statement)]
        if step.field == "orelse":
            if not final:
                return rest
            return [_placed(_try(rest or _pass(statement), [], final, statement), statement)]
        if step.field == "finalbody":
            outcome, first = self._outcome(statement)
            return [
                _placed(_try([outcome], [], first + rest or _pass(statement), statement), statement)
            ]
        if isinstance(statement, ast.TryStar):
            raise CannotContinue(
                f"The place is in an except* clause of the try statement in line {statement.lineno},"
                " and what of the group is handled already is not held."
            )
        return [self._handler(statement, statement.handlers[step.part], rest, final)]

    def _handler(
        self,
        statement: Any,
        handler: ast.ExceptHandler,
        rest: list[ast.stmt],
        final: list[ast.stmt],
    ) -> ast.stmt:
        """``try: raise <held>``, to be handled by the rest of the handler."""
        raised = self._raised(statement)
        body = rest
        if handler.name:
            clean: list[ast.stmt] = [
                ast.Assign([ast.Name(handler.name, ast.Store())], ast.Constant(None)),
                ast.Delete([ast.Name(handler.name, ast.Del())]),
            ]
            body = [_placed(_try(rest or _pass(handler), [], clean, handler), handler)]
        again = ast.ExceptHandler(None, None, [self._back(raised, handler), *body])
        return _placed(
            _try([raised], [_placed(ast.copy_location(again, handler), handler)], final, statement),
            statement,
        )

    def _raised(self, statement: ast.stmt) -> ast.Raise:
        exception = self._held(statement)
        if not isinstance(exception, BaseException):
            raise CannotContinue(
                f"The exception that the try statement in line {statement.lineno} handles is not held."
            )
        number = self._mark_number(Raised(exception))
        begin = ast.Call(ast.Attribute(marks.mark(number), "begin", ast.Load()), [], [])
        raised = ast.Raise(begin, None)
        raised.number = number  # type: ignore[attr-defined]  # for `_back`
        return _placed(ast.copy_location(raised, statement), statement)

    def _back(self, raised: ast.Raise, near: ast.AST) -> ast.stmt:
        mark = marks.mark(raised.number)  # type: ignore[attr-defined]
        call = ast.Call(ast.Attribute(mark, "back", ast.Load()), [], [])
        return _placed(ast.copy_location(ast.Expr(call), near), near)

    def _outcome(self, statement: ast.stmt) -> tuple[ast.stmt, list[ast.stmt]]:
        """A statement for the body of a try that brings about what follows its finally, and what the
        finally begins with."""
        outcome = self.held.get(key(statement, self.node))
        if isinstance(outcome, BaseException):
            raised = self._raised(statement)
            return raised, [self._back(raised, statement)]
        if not isinstance(outcome, Outcome):
            raise CannotContinue(
                f"What follows the finally of the try statement in line {statement.lineno}"
                " is not known."
            )
        new: ast.stmt
        if outcome.kind == "return":
            new = ast.Return(
                None
                if outcome.value is None
                else ast.Attribute(self._mark(outcome), "value", ast.Load())
            )
        else:
            new = {"break": ast.Break, "continue": ast.Continue, "falls": ast.Pass}[outcome.kind]()
        return _placed(ast.copy_location(new, statement), statement), []

    def _held(self, statement: Any) -> Any:
        found = self.held.get(key(statement, self.node))
        if found is None:
            raise CannotContinue(
                f"What the {KINDS[type(statement)]} statement in line {statement.lineno}"
                " works on is not held."
            )
        return found

    def _mark(self, value: Any) -> ast.expr:
        return marks.mark(self._mark_number(value))

    def _mark_number(self, value: Any) -> int:
        self.objects.append(value)
        return len(self.objects) - 1

    def _copies(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self._copy(each) for each in body]

    def _copy(self, node: Any) -> Any:
        return self.scope.adapted(copied(node))


def _try(body: list[ast.stmt], handlers: list[Any], final: list[ast.stmt], near: Any) -> ast.Try:
    return ast.copy_location(ast.Try(body, handlers, [], final), near)


def _pass(near: ast.AST) -> list[ast.stmt]:
    return [_at(ast.Pass(), near)]


def _at(new: Node, near: Any) -> Node:
    """Give a node the place of another one."""
    for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(new, field, getattr(near, field))
    return new


def _placed(new: Node, near: Any) -> Node:
    """Give generated syntax that has no place yet that of `near`; what has one below it is complete."""
    stack: list[ast.AST] = [new]
    while stack:
        part = stack.pop()
        if "lineno" in part._attributes:
            if getattr(part, "lineno", None) is None:
                _at(part, near)
            elif part is not new:
                continue
        stack.extend(children(part))
    return new


def _iterator(iterator: Any) -> Any:
    return iterator if hasattr(type(iterator), "__iter__") else _Iterator(iterator)


# --- the names of a function ----------------------------------------------------------------------------


class _Scope:
    """Which names a function has, and how its statements are adapted to those of the continuation."""

    def __init__(self, node: FunctionNode, free: Collection[str], class_name: str | None) -> None:
        self.node = node
        self.class_name = class_name
        declares = (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom)
        inside = [each for each in own(node.body) if isinstance(each, declares)]
        self.globals = {n for each in inside if isinstance(each, ast.Global) for n in each.names}
        nonlocals = {n for each in inside if isinstance(each, ast.Nonlocal) for n in each.names}
        hidden = {mangled(name, class_name) for name in self.globals}
        self.nonlocals = {mangled(name, class_name) for name in nonlocals}
        self.free = {name for name in free if name not in hidden}
        given = parameters(node)
        found = set(given)
        self.first: str | None = None
        """For ``super()``: the first parameter, where there is a class."""
        if given and (class_name is not None or "__class__" in free):
            self.first = given[0]
        for statement in node.body:
            found |= names.bound(statement)
        if "super" in found:
            self.first = None
        self.locals = {mangled(name, class_name) for name in found} - hidden
        self.locals -= self.free | self.nonlocals
        self.generator = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in inside)

    def prologue(self, bound: Collection[str]) -> list[ast.stmt]:
        """Declarations; the values of locals; and, never run, what makes the other names local and the
        function a generator."""
        body: list[ast.stmt] = []
        if self.globals:
            body.append(ast.Global(sorted(self.globals)))
        free = sorted(self.free | self.nonlocals)
        if free:
            body.append(ast.Nonlocal(free))
        for name in bound:
            if name in self.locals:
                value = ast.Subscript(ast.Name(LOCALS, ast.Load()), ast.Constant(name), ast.Load())
                body.append(ast.Assign([ast.Name(name, ast.Store())], value))
        body.append(ast.Delete([ast.Name(LOCALS, ast.Del())]))
        never: list[ast.stmt] = []
        unbound = sorted(self.locals.difference(bound))
        if unbound:
            targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in unbound]
            never.append(ast.Assign(targets, ast.Constant(None)))
        if self.generator:
            never.append(ast.Expr(ast.Yield(None)))
        if never:
            body.append(ast.If(ast.Constant(False), never, []))
        for each in body:
            _placed(_at(each, self.node), self.node)
            for part in ast.walk(each):
                if "end_lineno" in part._attributes:  # on the line of the def
                    _at(part, _Line(self.node))
        return body

    def adapted(self, node: Any) -> Any:
        """A copy of a statement without declarations (they are hoisted) and without annotations of
        names that are not plain locals any more."""
        if self.first is None and not isinstance(node, _ADAPTED):
            return node
        return _Adapted(self).visit(node)


class _ModuleScope:
    """The scope of a cell: its names are global anyway."""

    first = class_name = None
    free: frozenset[str] = frozenset()

    def adapted(self, node: Any) -> Any:
        """A copy of a statement without declarations."""
        return _Adapted(self).visit(node)


class _Line:
    """The place at the beginning of a definition."""

    def __init__(self, node: FunctionNode) -> None:
        self.lineno = self.end_lineno = node.lineno
        self.col_offset = self.end_col_offset = node.col_offset


_ADAPTED = (*BLOCKS, ast.ExceptHandler, ast.Global, ast.Nonlocal, ast.AnnAssign)


class _Adapted(ast.NodeTransformer):
    def __init__(self, scope: _Scope | _ModuleScope) -> None:
        self.scope = scope

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return _at(ast.Pass(), node)
        if isinstance(node, ast.AnnAssign):
            node = self._annotated(node)
        if self.scope.first is None and isinstance(node, (ast.expr, *DEFINITIONS)):
            return node
        if isinstance(node, (ast.Lambda, ast.GeneratorExp, *DEFINITIONS)):
            for part in outside(node):
                self.visit(part)
            return node
        self.generic_visit(node)
        return self._super(node)

    def _super(self, node: ast.AST) -> ast.AST:
        """Without arguments it would look at the first parameter, which is the continuation's own."""
        first = self.scope.first
        if (
            first is not None
            and isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
            and not (node.args or node.keywords)
        ):
            node.args = [ast.Name("__class__", ast.Load()), ast.Name(first, ast.Load())]
            _placed(node, node)
        return node

    def _annotated(self, node: ast.AnnAssign) -> ast.stmt:
        name = node.target.id if isinstance(node.target, ast.Name) else ""
        if mangled(name, self.scope.class_name) not in self.scope.free:
            return node
        new: ast.stmt
        new = ast.Pass() if node.value is None else ast.Assign([node.target], node.value)
        return _at(new, node)


def mangled(name: str, class_name: str | None) -> str:
    """A name as the compiler writes it in the code of a class's method."""
    if not class_name or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name


# --- the code -------------------------------------------------------------------------------------------

_OUTER = ".outer"
_INNER = ".continuation"


def compile_continuation(
    function: FunctionNode,
    filename: str,
    flags: int,
    free: Collection[str],
    class_name: str | None,
    objects: list[Any],
    qualname: str,
) -> CodeType:
    """Compile a continuation to the code of its function, with the objects in the places of their marks.

    Args:
        function: from `build`, transformed or not.
        filename: the file that it stands in.
        flags: the compiler flags of that file.
        free: the names that a scope around it provides, as in `build` and any that the new code has.
        class_name: as in `build`.
        objects: for the marks.
        qualname: for the code.

    Raises:
        SyntaxError: as of the new code; a ``nonlocal`` of it that is not in `free`, for example.

    Returns:
        code whose `co_freevars` are of `free` (or ``__class__``): the caller has the cells.
    """
    inner = copy.copy(function)
    inner.name = _INNER  # not to hide a global name
    body: list[ast.stmt] = [inner]
    if free:
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in sorted(free)]
        body.insert(0, ast.Assign(targets, ast.Constant(None)))
    make_function: Any = ast.FunctionDef  # the fields differ between versions of Python
    make_class: Any = ast.ClassDef
    outer: Any = make_function(
        name=_OUTER,
        args=ast.arguments([], [], None, [], [], None, []),
        body=body,
        decorator_list=[],
        returns=None,
        type_comment=None,
    )
    wrapped: Any = outer
    path = [_OUTER, _INNER]
    if class_name is not None:
        wrapped = make_class(
            name=class_name, bases=[], keywords=[], body=[outer], decorator_list=[]
        )
        path.insert(0, class_name)
    part: Any
    for part in (outer, wrapped):
        if "type_params" in part._fields:
            part.type_params = []
    _placed(_at(wrapped, function), function)
    code = compile(ast.Module([wrapped], []), filename, "exec", flags=flags, dont_inherit=True)
    for name in path:
        code = next(
            each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name
        )
    return marks.put(_renamed(code, code.co_qualname, qualname, function.name), objects)


def _renamed(code: CodeType, old: str, qualname: str, name: str | None = None) -> CodeType:
    """The code, and code nested in it, with the qualified name of the function that it goes on with."""
    new = qualname + code.co_qualname.removeprefix(old)
    if not code.co_qualname.startswith(old):
        new = code.co_qualname
    constants = tuple(
        _renamed(each, old, qualname)
        if isinstance(each, CodeType)
        else new  # the body of a class assigns it
        if isinstance(each, str) and each == code.co_qualname
        else each
        for each in code.co_consts
    )
    return code.replace(co_consts=constants, co_qualname=new, co_name=name or code.co_name)
