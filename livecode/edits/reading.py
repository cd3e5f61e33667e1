"""Reading: what statements evaluate, read, set and change, from their syntax alone.

In: syntax, and names. Out: names, and parts of the syntax. (`livecode.sources.names` knows single
expressions; this is about what one statement means for another one.)
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from livecode.edits.constants import written
from livecode.sources import names
from livecode.sources.outline import FUNCTIONS, Statement, bodies, definitions_in

FEW = 8
"""Up to so many names are looked for in a text one by one."""


def assignments(statement: Statement) -> Iterator[tuple[ast.AST, Collection[str]]]:
    """What a statement evaluates, and the names that are computed from it: ``a, b = f(), g()`` pairwise."""
    node = statement.node
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
        if (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (ast.Tuple, ast.List))
            and len(target.elts) == len(value.elts)
            and not any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
        ):
            for name, part in zip(target.elts, value.elts, strict=True):
                yield part, names.bound(name)
            return
    yield node, statement.binds or receivers(node)


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are evaluated when it is: not the bodies of functions."""
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, FUNCTIONS):
            stack += [*part.decorator_list, *part.args.defaults]
            stack += [default for default in part.args.kw_defaults if default is not None]
        elif isinstance(part, ast.Lambda):
            stack += part.args.defaults
            stack += [default for default in part.args.kw_defaults if default is not None]
        elif isinstance(part, ast.ClassDef):
            stack += [*part.decorator_list, *part.keywords, *part.body]
        else:
            stack += ast.iter_child_nodes(part)


def mentions(statement: Statement, words: Collection[str]) -> bool:
    """Whether a statement's text has one of some names in it (cheap for few names, and for many)."""
    if len(words) <= FEW:
        text = statement.text
        for word in words:  # noqa: SIM110  # a generator takes three times as long
            if word in text:
                return True
        return False
    return not statement.words.isdisjoint(words)


def decorates(part: ast.AST, node: ast.AST) -> bool:
    """Whether a part of a statement stands in a decorator: what it makes wraps, and follows."""
    return any(
        part is inner
        for definition in ast.walk(node)
        for decorator in getattr(definition, "decorator_list", ())
        for inner in ast.walk(decorator)
    )


def parts_set(node: ast.AST) -> set[str]:
    """The items and attributes that a statement sets, as they are written (``a[0]``, ``a.b``)."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {
        ast.unparse(target)
        for target in targets
        if isinstance(target, (ast.Attribute, ast.Subscript))
    }


def changes_part_of(node: ast.stmt, made: set[str]) -> str:
    """Which of some items and attributes a statement changes what is in, or an empty string."""
    if not made:
        return ""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        written = [ast.unparse(node.value.func)]
    else:
        written = list(parts_set(node))
    return next(
        (
            each
            for each in sorted(made)
            for text in written
            if text.startswith((f"{each}[", f"{each}."))
        ),
        "",
    )


def read_in(node: ast.AST, words: set[str]) -> str:
    """Which of some names is read where some syntax is evaluated, or an empty string."""
    for part in evaluated(node) if words else ():
        if isinstance(part, (ast.Name, ast.Attribute)) and isinstance(part.ctx, ast.Load):
            name = written(part)
            if name in words:
                return name
    return ""


def receivers(node: ast.stmt) -> set[str]:
    """The names of the objects that a statement changes (``b.append(a)``, ``b[0] = a``, ``b.x = a``)."""
    if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        inside = [receivers(each) for body in bodies(node) for each in body]
        if inside:
            return set().union(*inside)
    parts: list[ast.expr] = []
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        parts = [node.value.func]
    elif isinstance(node, ast.Assign):
        parts = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        parts = [node.target]
    found = set()
    for part in parts:
        inner: ast.expr = part
        while isinstance(inner, (ast.Attribute, ast.Subscript)):
            inner = inner.value
        if inner is not part and isinstance(inner, ast.Name):
            found.add(inner.id)
    return found


def last_words(written: Iterable[str]) -> set[str]:
    """The last words of names with attributes."""
    return {name.rpartition(".")[2] for name in written}


def functions_reading(statement: Statement, words: set[str]) -> Iterator[str]:
    """The functions and lambdas that a statement binds and that read one of some names."""
    if statement.kind == "class" or (
        statement.kind == "variable" and "lambda" not in statement.text
    ):
        return
    for name, node in definitions_in(statement.node).items():
        if isinstance(node, ast.ClassDef):
            continue
        text = statement.text if statement.name else ast.unparse(node)
        attributes = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
        if names.read(text) & words or any(written(part) in words for part in attributes):
            yield name
