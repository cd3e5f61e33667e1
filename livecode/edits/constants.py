"""Constants: names bound to nothing but operators over other names, names of modules and literals.

In: a statement, a namespace, and which names of it are bound to something else now. Out: what the
statement gave with the old values, and what it gives with the new ones. Only then may a constant be
computed again: if it is still bound to what it was computed to.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple

from livecode.edits.journal import MISSING
from livecode.sources import names

_PLAIN = (int, float, complex, str, bytes, bool, type(None), range)


class Constant(NamedTuple):
    """The names that a statement binds, and the operators that it binds them to.

    What is written with dots (``m.K``) is one name there.
    """

    targets: tuple[str, ...]
    value: ast.expr


class Values(NamedTuple):
    """What the operators gave with the old values, and what they give now."""

    was: Any
    now: Any

    def held_by(self, present: Any) -> bool:
        """Whether a name is still bound to what it was computed to."""
        return type(present) is type(self.was) and bool(present == self.was)

    @property
    def changed(self) -> bool:
        """Whether they give something else now."""
        return not (type(self.now) is type(self.was) and bool(self.now == self.was))


def constant_of(node: ast.stmt) -> Constant | None:
    """The constant that a statement binds, or None if it does anything else."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    bound = tuple(target.id for target in targets if isinstance(target, ast.Name))
    if len(bound) < len(targets):
        return None
    value = _with_dotted_names(node.value)
    return Constant(bound, value) if names.is_operators(value) else None


def values_of(
    constant: Constant, namespace: Mapping[str, Any], rebound: Mapping[str, tuple[Any, Any]]
) -> Values | None:
    """The old and the new value of a constant; None where operators may do more than compute.

    Args:
        constant: the constant.
        namespace: that of its module.
        rebound: for each name that is bound to something else now, its old and its new value.

    Raises:
        Whatever the operators raise.
    """
    read = names.loaded(constant.value)
    pairs = {
        name: rebound[name] if name in rebound else (_read(name, namespace),) * 2 for name in read
    }
    if any(not _is_plain(value) for pair in pairs.values() for value in pair):
        return None
    code = compile(ast.Expression(constant.value), "<constant>", "eval", dont_inherit=True)
    was, now = (
        eval(code, {"__builtins__": {}}, {name: pair[which] for name, pair in pairs.items()})
        for which in (0, 1)
    )
    return Values(was, now)


def written(node: ast.AST) -> str:
    """A name, or a name with attributes, as it is written (``m.K``); empty for anything else."""
    if isinstance(node, ast.Attribute):
        base = written(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


class _Dotted(ast.NodeTransformer):
    """Makes one name of a name with attributes."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        name = written(node)
        return ast.copy_location(ast.Name(name, ast.Load()), node) if name else node


def _with_dotted_names(value: ast.expr) -> ast.expr:
    if not any(isinstance(part, ast.Attribute) for part in ast.walk(value)):
        return value
    changed: ast.expr = _Dotted().visit(copy.deepcopy(value))
    return changed


def _read(name: str, namespace: Mapping[str, Any]) -> Any:
    """The value of a name, or of a name of a module; MISSING for what only asking an object would tell."""
    first, *rest = name.split(".")
    value = namespace.get(first, MISSING)
    for attribute in rest:
        if type(value) is not ModuleType:
            return MISSING
        value = vars(value).get(attribute, MISSING)
    return value


def _is_plain(value: Any) -> bool:
    if type(value) is tuple:
        return all(_is_plain(item) for item in value)
    return type(value) in _PLAIN
