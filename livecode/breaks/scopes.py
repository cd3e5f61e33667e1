"""Scopes: the names that are a function's own, and the syntax that runs as part of it.

In: the syntax of a function. Out: its nodes without those of functions in it, its parameters, the names
that it binds, and those that it shares with the functions around it and in it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from livecode.sources.children import children
from livecode.sources.outline import DEFINITIONS, FUNCTIONS

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

_NESTED: tuple[type[ast.AST], ...] = (*SCOPES, ast.GeneratorExp)
if sys.version_info < (3, 12):  # later, comprehensions are no functions (PEP 709)
    _NESTED += (ast.ListComp, ast.SetComp, ast.DictComp)

_COMPREHENSIONS = {ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp}

_BINDING = {*SCOPES, ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.MatchAs, ast.MatchStar}
_BINDING |= {ast.MatchMapping, ast.alias}

_USING = {*_NESTED, *_COMPREHENSIONS, ast.Global, ast.Nonlocal}
"""Kinds of syntax that bind names, or use them in ways of their own."""

_INNER = {ast.Lambda, ast.GeneratorExp, *DEFINITIONS}


def own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's own scope, those of comprehensions among them."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(outside(node) if type(node) in _INNER else children(node))


def outside(node: Any) -> list[ast.expr]:
    """What of a definition, lambda or generator expression is evaluated in the scope around it."""
    if isinstance(node, ast.GeneratorExp):
        return [node.generators[0].iter]
    found: list[ast.expr] = list(getattr(node, "decorator_list", ()))
    if isinstance(node, ast.ClassDef):
        return [*found, *node.bases, *(each.value for each in node.keywords)]
    defaults = [each for each in node.args.kw_defaults if each is not None]
    return [*found, *node.args.defaults, *defaults]


def parameters(node: Any) -> list[str]:
    """The names of the parameters of a function or lambda; of anything else, none."""
    if not isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return []
    given = node.args
    stars = [each for each in (given.vararg, given.kwarg) if each is not None]
    return [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, *stars)]


def runs(statement: ast.stmt) -> bool:
    """Whether there is code of a statement, and so a line of it that a tracer sees."""
    return not isinstance(statement, (ast.Global, ast.Nonlocal)) and not (
        isinstance(statement, ast.AnnAssign) and statement.value is None and statement.simple
    )


def has(node: ast.AST, kinds: tuple[type, ...]) -> bool:
    """Whether a function (or statement) has such an expression of its own."""
    parts = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else [node]
    waiting: list[Any] = list(parts)
    while waiting:
        part = waiting.pop()
        if isinstance(part, kinds):
            return True
        if not isinstance(part, SCOPES):
            waiting += children(part)
    return False


def nests(node: Function) -> bool:
    """Whether other functions stand in a function, which may use its variables."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, _NESTED):
            return True
        waiting += children(part)
    return False


def used_inside(node: Function) -> set[str]:
    """The names that functions inside of a function use and do not bind."""
    found: set[str] = set()
    waiting: list[Any] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, _NESTED):
            found |= _used([part])[1]
        else:
            waiting += children(part)
    return found


def bound_in(node: Any) -> set[str]:
    """The names that are local to a function."""
    found = set(parameters(node))
    declared: set[str] = set()
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        kind = type(part)
        if kind is ast.Name:
            if type(part.ctx) is not ast.Load:  # type: ignore[attr-defined]
                found.add(part.id)  # type: ignore[attr-defined]
            continue
        if kind is ast.comprehension:  # its target is its own
            waiting += [part.iter, *part.ifs]  # type: ignore[attr-defined]
            continue
        if kind not in _BINDING:
            waiting += children(part)
            continue
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(part.name)
            continue
        if isinstance(part, ast.Lambda):
            continue
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            declared |= set(part.names)
        elif isinstance(part, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and part.name:
            found.add(part.name)
        elif isinstance(part, ast.MatchMapping) and part.rest:
            found.add(part.rest)
        elif isinstance(part, ast.alias):
            found.add((part.asname or part.name).split(".")[0])
        waiting += children(part)
    return found - declared


def captured(node: Function, bound: set[str], around: list[set[str]]) -> list[str]:
    """The variables of a function that live in cells: those that functions inside of it use, and those
    of functions around it that it uses."""
    own, inner = _used(node.body)
    outside = set().union(*around)
    used = own | inner
    if "super" in own:
        used.add("__class__")
    return sorted((inner & bound) | (used & outside - bound))


def _used(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that statements use themselves, and those that functions inside of them do not bind.

    Names that they declare to be global are not among them.
    """
    own: set[str] = set()
    inner: set[str] = set()
    declared: set[str] = set()
    waiting: list[Any] = list(body)
    while waiting:
        part: Any = waiting.pop()
        kind = type(part)
        if kind is ast.Name:
            own.add(part.id)
        elif kind not in _USING:
            waiting += children(part)
        elif kind is ast.Nonlocal:
            own.update(part.names)
        elif kind is ast.Global:
            declared.update(part.names)
        elif kind in _COMPREHENSIONS:  # the first iterable is evaluated outside
            names, deeper = _used_in_comprehension(part)
            waiting.append(part.generators[0].iter)
            if kind in _NESTED:
                inner |= names | deeper
            else:
                own |= names
                inner |= deeper
        else:
            inner |= _used_in_definition(part)
            generic = bool(getattr(part, "type_params", ()))
            is_header = generic and kind is ast.ClassDef
            waiting += part.decorator_list if is_header else outside(part)
            if not generic:
                waiting += _annotations(part)
    return (own - declared, inner - declared) if declared else (own, inner)


def _used_in_comprehension(part: Any) -> tuple[set[str], set[str]]:
    parts: list[Any] = children(part)
    first = part.generators[0]
    names, deeper = _used(
        [first.target, *first.ifs, *(each for each in parts if each is not first)]
    )
    if "super" in names:
        deeper.add("__class__")
    targets = {
        node.id
        for each in part.generators
        for node in ast.walk(each.target)
        if isinstance(node, ast.Name)
    }
    return names - targets, deeper - targets


def _used_in_definition(part: Any) -> set[str]:
    """The names that a function or class uses and does not bind; with type parameters, those of its
    header too (it is a function of its own then)."""
    is_class = isinstance(part, ast.ClassDef)
    names, deeper = _used([part.body] if isinstance(part, ast.Lambda) else part.body)
    if is_class:
        names -= bound_in(part)  # which its methods do not see
        deeper.discard("__class__")  # its methods have its own
    elif "super" in names:
        deeper.add("__class__")
    free = names | deeper
    if isinstance(part, ast.Lambda):
        free.difference_update(parameters(part))
    elif not is_class:
        free -= bound_in(part)
    given = getattr(part, "type_params", ())
    if given:
        header = [*outside(part), *_annotations(part), *given]
        free = free.union(*_used(header)).difference(each.name for each in given)
    return free


def _annotations(part: Any) -> list[ast.AST]:
    """The annotations in the header of a function."""
    found = [part.args] if hasattr(part, "args") else []
    return [*found, part.returns] if getattr(part, "returns", None) else found


def class_around(qualname: str) -> str | None:
    """The class whose private names a function's are, by its qualified name; None if there is none."""
    for part in reversed(qualname.split(".<locals>.")):
        names = part.split(".")
        if len(names) > 1:
            return names[-2]
    return None


def mangled(name: str, class_name: str | None) -> str:
    """A name as the compiler writes it in the code of a class's method."""
    if not class_name or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name
