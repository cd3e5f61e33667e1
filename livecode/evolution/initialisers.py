"""What the text of a class says of its instances: the attributes that its methods assign to self.

In: a class statement. Out: a `ClassText`, with one `Initialiser` for each function that is asked
for: the assignments to attributes of self and the calls of other methods on self, in order, each
with the reason why it may not happen exactly once. It is found in the text alone, and kept for as
long as the syntax tree is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

from livecode.edits.scopes import mangled
from livecode.sources.names import bound
from livecode.sources.outline import BLOCKS, FUNCTIONS, bodies
from livecode.sources.parsing import syntax

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

SOMETIMES = "assigned on some paths only"
LOOP = "assigned in a loop"
UNPACKED = "not a literal"
SHARED = "the same object has another name"
AUGMENTED = "assigned in more than one place"
DELETED = "deleted while the instance is built"

_SHARED_BY_ALL = re.compile(r"(\w+\.)*(ClassVar|InitVar|KW_ONLY)\b")
_ANNOTATED = re.compile(r"(?:\w+\.)*Annotated\[(.*)", re.DOTALL)
_NESTED = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment to an attribute of self.

    `value` is the expression, if one expression gives the value; `why` says why the value that a
    new instance has may not be that one (empty: it is assigned for sure). `annotation` alone, with
    neither, is ``self.x: int``.
    """

    name: str
    value: ast.expr | None
    why: str
    annotation: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method on self: of ``self``, of ``super()``, or of a class that is named."""

    name: str
    on: str
    why: str


@dataclass(frozen=True, slots=True)
class Initialiser:
    """What one function does to the instance that it is called on.

    `reads` are the attributes of self that it reads; `wild`: it also sets attributes by names that
    are computed; `local` are its own names.
    """

    node: Function
    steps: tuple[Assignment | Call, ...]
    reads: frozenset[str]
    wild: bool
    local: frozenset[str]


class ClassText:
    """What one class statement says of its instances, private names mangled.

    `annotations` leaves out what belongs to the class (ClassVar) or to nobody (InitVar); `bare` are
    those of them without a value; `values` are the expressions of the class body's assignments.
    """

    def __init__(self, node: ast.ClassDef) -> None:
        self.name = node.name
        self.annotations: dict[str, str] = {}
        self.bare: dict[str, None] = {}
        self.values: dict[str, ast.expr] = {}
        self._functions: dict[str, list[Function]] = {}
        self._setters: dict[str, list[Function]] = {}
        self._initialisers: dict[int, Initialiser] = {}
        self._read(node.body, in_block=False)

    def functions(self, name: str) -> list[Function]:
        """The definitions of a method; more than one if they stand in blocks of the class body."""
        return self._functions.get(name, [])

    def setters(self, name: str) -> list[Function]:
        """The functions that an assignment to the property `name` calls."""
        return self._setters.get(name, [])

    def initialiser(self, function: Function) -> Initialiser:
        """What one of these functions does to its instance."""
        found = self._initialisers.get(id(function))
        if found is None:
            found = self._initialisers[id(function)] = _Reader(self.name, function).result()
        return found

    def _read(self, body: Iterable[ast.stmt], in_block: bool) -> None:
        for node in body:
            if isinstance(node, FUNCTIONS):
                self._add(node, in_block)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = mangled(node.target.id, self.name)
                annotation = annotation_text(node.annotation)
                if not _is_for_class(annotation):
                    self.annotations[name] = annotation
                    if node.value is None and name not in self.values:
                        self.bare[name] = None
                if node.value is not None:
                    self.values[name] = node.value
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.values[mangled(target.id, self.name)] = node.value
            elif isinstance(node, BLOCKS):
                for inner in bodies(node):
                    self._read(inner, in_block=True)

    def _add(self, node: Function, in_block: bool) -> None:
        name = mangled(node.name, self.name)
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Attribute) and decorator.attr == "setter":
                self._setters[name] = [node]
                return
        if in_block:
            self._functions.setdefault(name, []).append(node)
        else:
            self._functions[name] = [node]


_texts: WeakKeyDictionary[ast.ClassDef, ClassText] = WeakKeyDictionary()


def class_text(node: ast.ClassDef) -> ClassText:
    """What a class statement says (found once for each syntax tree)."""
    found = _texts.get(node)
    if found is None:
        found = _texts[node] = ClassText(node)
    return found


def annotation_text(node: ast.expr) -> str:
    """An annotation as text, the same whether or not it stands in quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return normalised(node.value)
    return ast.unparse(node)


def normalised(annotation: str) -> str:
    """The text of an annotation without differences of formatting."""
    try:
        return ast.unparse(syntax(annotation.strip(), mode="eval"))
    except (SyntaxError, ValueError):  # a string that is no expression: as it stands
        return annotation


def _is_for_class(annotation: str) -> bool:
    inside = _ANNOTATED.match(annotation)
    return _SHARED_BY_ALL.match(inside[1] if inside else annotation) is not None


class _Reader:
    """Reads one function of the class `cls`."""

    def __init__(self, cls: str, function: Function) -> None:
        self.cls = cls
        self.function = function
        self.self_name = _self_name(function)
        self.steps: list[Assignment | Call] = []
        self.reads: set[str] = set()
        self.wild = False
        arguments = function.args
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        self.local = frozenset(each.arg for each in names)
        for statement in function.body:
            self.local |= bound(statement)

    def result(self) -> Initialiser:
        if self.self_name is not None and not _suspends(self.function):
            self._body(self.function.body, "")
        return Initialiser(
            self.function, tuple(self.steps), frozenset(self.reads), self.wild, self.local
        )

    # -- statements ------------------------------------------------------------------------------

    def _body(self, body: list[ast.stmt], why: str) -> str:
        """Read statements; gives `why`, or the reason why what follows them may not run."""
        for node in body:
            self._statement(node, why)
            if isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                break
            if not why and isinstance(node, BLOCKS) and _may_leave(node):
                why = SOMETIMES
        return why

    def _statement(self, node: ast.stmt, why: str) -> None:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return
        if isinstance(node, ast.Assign):
            self._expression(node.value, why)
            for target in node.targets:
                self._target(target, node.value, why, alone=len(node.targets) == 1)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._expression(node.value, why)
            self._target(node.target, node.value, why, annotation=annotation_text(node.annotation))
        elif isinstance(node, ast.AugAssign):
            self._expression(node.value, why)
            self._target(node.target, None, why or AUGMENTED)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self._target(target, None, DELETED)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._expression(node.iter, why)
            self._target(node.target, None, LOOP)
            self._body(node.body, LOOP)
            self._body(node.orelse, why or SOMETIMES)
        elif isinstance(node, ast.While):
            self._expression(node.test, LOOP)
            self._body(node.body, LOOP)
            self._body(node.orelse, why or SOMETIMES)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._expression(item.context_expr, why)
                if item.optional_vars is not None:
                    self._target(item.optional_vars, None, why or UNPACKED)
            self._body(node.body, why)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            for part in (node.body, *(each.body for each in node.handlers), node.orelse):
                self._body(part, why or SOMETIMES)
            self._body(node.finalbody, why)
        elif isinstance(node, ast.If):
            self._expression(node.test, why)
            self._body(node.body, why or SOMETIMES)
            self._body(node.orelse, why or SOMETIMES)
        elif isinstance(node, ast.Match):
            self._expression(node.subject, why)
            for case in node.cases:
                self._body(case.body, why or SOMETIMES)
        else:
            self._expression(node, why)

    def _target(
        self,
        node: ast.expr,
        value: ast.expr | None,
        why: str,
        alone: bool = True,
        annotation: str | None = None,
    ) -> None:
        if isinstance(node, (ast.Tuple, ast.List)):
            pairs = _pairs(node, value)
            for each in node.elts:
                inner = each.value if isinstance(each, ast.Starred) else each
                self._target(inner, pairs.get(id(each)), why, alone)
        elif self._of_self(node):
            assert isinstance(node, ast.Attribute)
            if value is not None and not alone and not why and has_display(value):
                why = SHARED
            bare = annotation is not None and value is None
            if not bare and value is None:
                why = why or UNPACKED
            self._assign(node.attr, value, why, annotation, bare)
        else:
            self._expression(node, why)

    def _assign(
        self,
        name: str,
        value: ast.expr | None,
        why: str,
        annotation: str | None = None,
        bare: bool = False,
    ) -> None:
        if name == "__dict__":
            self.wild = True
        elif name != "__class__":
            self.steps.append(Assignment(mangled(name, self.cls), value, why, annotation, bare))

    # -- expressions -----------------------------------------------------------------------------

    def _expression(self, node: ast.AST, why: str) -> None:
        stack: list[tuple[ast.AST, str]] = [(node, why)]
        while stack:
            item, why = stack.pop()
            if isinstance(item, _NESTED):
                continue
            if isinstance(item, ast.Call) and self._call(item, why):
                parts = [*item.args, *(each.value for each in item.keywords)]
                stack.extend((part, why) for part in reversed(parts) if not self._is_self(part))
                continue
            if self._of_self(item):
                assert isinstance(item, ast.Attribute)
                if item.attr == "__dict__":
                    self.wild = True
                else:
                    self.reads.add(mangled(item.attr, self.cls))
                continue
            if isinstance(item, (ast.BoolOp, ast.IfExp)):
                why = why or SOMETIMES
            elif isinstance(item, _COMPREHENSIONS):
                why = LOOP
            stack.extend((part, why) for part in reversed(list(ast.iter_child_nodes(item))))

    def _call(self, node: ast.Call, why: str) -> bool:
        """Take note of a call on self, or of one that sets an attribute of it; False for others."""
        called = node.func
        if isinstance(called, ast.Name):
            if called.id == "vars" and len(node.args) == 1 and self._is_self(node.args[0]):
                self.wild = True
                return True
            if called.id == "setattr" and len(node.args) == 3 and self._is_self(node.args[0]):
                self._set(node.args[1], node.args[2], why)
                return True
            return False
        if not isinstance(called, ast.Attribute):
            return False
        receiver, arguments = called.value, node.args
        if self._is_self(receiver):
            on = "self"
        elif (
            isinstance(receiver, ast.Call)
            and isinstance(receiver.func, ast.Name)
            and receiver.func.id == "super"
        ):
            on = "super"
        elif (
            isinstance(receiver, (ast.Name, ast.Attribute))
            and arguments
            and self._is_self(arguments[0])
            and not any(map(self._is_self, ast.walk(receiver)))  # self.children.append(self)
        ):
            on = receiver.id if isinstance(receiver, ast.Name) else receiver.attr
            arguments = arguments[1:]
        else:
            return False
        if called.attr == "__setattr__":
            if len(arguments) == 2:
                self._set(arguments[0], arguments[1], why)
        else:
            self.steps.append(Call(mangled(called.attr, self.cls), on, why))
        return True

    def _set(self, name: ast.expr, value: ast.expr, why: str) -> None:
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            if name.value == "__dict__":
                self.wild = True
            else:  # not mangled: it is a string
                self.steps.append(Assignment(name.value, value, why))
        else:
            self.wild = True

    def _is_self(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self.self_name

    def _of_self(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and self._is_self(node.value)


def _self_name(function: Function) -> str | None:
    """The name by which a method knows its instance: None if there is none, or it is rebound."""
    if function.name == "__new__":
        return _made_name(function)
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod"):
            return None
    positional = [*function.args.posonlyargs, *function.args.args]
    if not positional or any(positional[0].arg in bound(each) for each in function.body):
        return None
    return positional[0].arg


def _made_name(function: Function) -> str | None:
    """The variable to which ``__new__`` assigns what another ``__new__`` made."""
    for node in function.body:
        if (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and node.value.func.attr == "__new__"
        ):
            return node.targets[0].id
    return None


def _suspends(function: Function) -> bool:
    """Whether a call of the function does not run its body: a coroutine or generator."""
    return isinstance(function, ast.AsyncFunctionDef) or any(
        isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _inside(function.body)
    )


def _may_leave(node: ast.stmt) -> bool:
    """Whether a block can end the function."""
    return any(isinstance(each, ast.Return) for each in _inside([node]))


def _inside(body: Iterable[ast.AST]) -> Iterable[ast.AST]:
    stack = list(body)
    while stack:
        item = stack.pop()
        if not isinstance(item, _NESTED):
            yield item
            stack.extend(ast.iter_child_nodes(item))


def _pairs(target: ast.Tuple | ast.List, value: ast.expr | None) -> dict[int, ast.expr]:
    """Which part of a display goes to which part of an unpacking target, where it is plain to see."""
    if not isinstance(value, (ast.Tuple, ast.List)) or len(value.elts) != len(target.elts):
        return {}
    if any(isinstance(each, ast.Starred) for each in (*value.elts, *target.elts)):
        return {}
    return {id(each): part for each, part in zip(target.elts, value.elts, strict=True)}


def has_display(value: ast.expr) -> bool:
    """Whether an expression makes a new mutable object each time."""
    return any(isinstance(e, (ast.List, ast.Dict, ast.Set, ast.Call)) for e in ast.walk(value))
