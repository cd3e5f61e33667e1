"""A continuation: a function that goes on from a place in a function, in the code as it is now.

In: the syntax of a definition or of a cell's statement, a place in it, and what the compound statements
around the place hold. Out: syntax (`build`, `build_module`).

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
from collections.abc import Callable, Collection, Mapping
from itertools import chain
from typing import Any, NamedTuple

from livecode.breaks import marks
from livecode.breaks.adapting import LOCALS, ModuleScope, Scope
from livecode.breaks.held import RESUME, AsyncChain, Outcome, Raised, Turn, iterable
from livecode.breaks.nodes import placed
from livecode.breaks.places import KINDS, LOOPS, TRIES, Place, Step, key, statements, view
from livecode.breaks.running import AsyncReuse, Reuse
from livecode.breaks.scopes import Function
from livecode.sources.outline import first_line
from livecode.sources.parsing import copied


class CannotContinue(Exception):
    """What is needed to go on from a place is not known; the message is one plain sentence."""


class Built(NamedTuple):
    """A continuation, and the objects for its marks."""

    function: Function
    objects: list[Any]


def build(
    node: Function,
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
    viewed: Function = view(node)
    scope = Scope(viewed, free, class_name)
    builder = _Builder(
        viewed, place, held, [] if objects is None else objects, scope, in_module=False
    )
    rest = builder.rest()
    body = [*scope.prologue(bound, builder.objects), *rest]
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
    placed(ast.copy_location(new, node), node)
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
    builder = _Builder(view(statement), place, held, objects, ModuleScope(), in_module=True)
    return builder.rest(), builder.objects


class _Builder:
    def __init__(
        self,
        node: Any,
        place: Place,
        held: Mapping[str, Any],
        objects: list[Any],
        scope: Scope | ModuleScope,
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
            new.iter = placed(self._mark(chain(iterable(self._held(statement)))), statement.iter)  # type: ignore[attr-defined]
        elif isinstance(new, ast.AsyncFor):
            new.iter = placed(self._mark(AsyncChain((), self._held(statement))), statement.iter)  # type: ignore[attr-defined]
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
                placed(self._mark(reuse(exit)), statement.items[0].context_expr), None
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
            placed(new.test, statement.test)
        else:
            iterator = self._held(statement)
            held = (
                chain((RESUME,), iterable(iterator))
                if isinstance(statement, ast.For)
                else AsyncChain((RESUME,), iterator)
            )
            item = self._item()
            assign = ast.Assign([self._copy(statement.target)], item(ast.Load()))
            placed(ast.copy_location(assign, statement.target), statement.target)
            new.target = placed(item(ast.Store()), statement.target)
            new.iter = placed(self._mark(held), statement.iter)
            test = ast.Compare(item(ast.Load()), [ast.Is()], [self._mark(RESUME)])
            new.body = [
                ast.If(
                    test,
                    [ast.Delete([item(ast.Del())]), *rest],
                    [assign, ast.Delete([item(ast.Del())]), *body],
                )
            ]
        return [placed(new, statement)]

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
            return [placed(new, statement)]
        if step.field == "orelse":
            if not final:
                return rest
            return [placed(_try(rest or _pass(statement), [], final, statement), statement)]
        if step.field == "finalbody":
            outcome, first = self._outcome(statement)
            return [
                placed(_try([outcome], [], first + rest or _pass(statement), statement), statement)
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
            body = [placed(_try(rest or _pass(handler), [], clean, handler), handler)]
        again = ast.ExceptHandler(None, None, [self._back(raised, handler), *body])
        return placed(
            _try([raised], [placed(ast.copy_location(again, handler), handler)], final, statement),
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
        return placed(ast.copy_location(raised, statement), statement)

    def _back(self, raised: ast.Raise, near: ast.AST) -> ast.stmt:
        mark = marks.mark(raised.number)  # type: ignore[attr-defined]
        call = ast.Call(ast.Attribute(mark, "back", ast.Load()), [], [])
        return placed(ast.copy_location(ast.Expr(call), near), near)

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
        return placed(ast.copy_location(new, statement), statement), []

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
        return self.scope.adapted(node)


def _try(body: list[ast.stmt], handlers: list[Any], final: list[ast.stmt], near: Any) -> ast.Try:
    return ast.copy_location(ast.Try(body, handlers, [], final), near)


def _pass(near: ast.AST) -> list[ast.stmt]:
    return [ast.copy_location(ast.Pass(), near)]
