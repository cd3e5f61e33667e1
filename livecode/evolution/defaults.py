"""Defaults: how an instance that lacks an attribute gets a value without anybody's help.

In: an expression, or a value that is known. Out: a `Default`, or None where there is nothing sure.

A literal is what means the same wherever it is evaluated: constants, arithmetic on numbers, displays
of literals, and ``list()``, ``dict()``, ``set()`` where those names are the built-in ones.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

from livecode.evolution.initialisers import has_display

How: TypeAlias = Literal["class", "value", "factory", "literal", "kept"]

_EMPTY: dict[str, Callable[[], Any]] = {"list": list, "dict": dict, "set": set}
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(...))
_COPIED = (list, dict, set)


@dataclass(frozen=True, slots=True, eq=False)
class Default:
    """Where the value of an attribute comes from on an instance that has none.

    `how` is ``class`` (a class attribute gives it: nothing is stored), ``value`` (of a dataclass field
    or namedtuple), ``factory`` (of a dataclass field), ``literal`` (assigned in ``__init__``), or ``kept``
    (the class attribute that was there before gave it). `text` is how the source writes it.
    """

    how: How
    text: str
    value: Any = None
    factory: Callable[[], Any] | None = None

    @property
    def stores(self) -> bool:
        """Whether there is something to store on the instance."""
        return self.how != "class"

    def make(self) -> Any:
        """The value for one instance: a new object where instances must not share one."""
        return self.value if self.factory is None else self.factory()


BY_CLASS = Default("class", "")


def same_default(old: Default | None, new: Default | None) -> bool:
    """Whether two defaults are written the same (no user code is run to compare them)."""
    if old is None or new is None:
        return old is new
    return old.how == new.how and old.text == new.text


def kept(value: Any) -> Default:
    """The value that the class gave so far; each instance gets its own copy of a plain collection."""
    if type(value) in _COPIED:
        return Default("kept", described(value), factory=value.copy)
    return Default("kept", described(value), value)


def described(value: Any) -> str:
    """A value as text, without running anybody's ``__repr__``."""
    if type(value) in _PLAIN:
        return repr(value)
    if type(value) in (tuple, frozenset, *_COPIED) and not value:
        return repr(value)
    return f"<{type(value).__qualname__}>"


_literals: WeakKeyDictionary[ast.expr, tuple[Default | None, frozenset[str]]] = WeakKeyDictionary()


def literal(node: ast.expr, rebound: Callable[[str], bool]) -> Default | None:
    """The default that a literal gives, or None where the expression is no literal.

    Args:
        rebound: whether a built-in name means something else where the expression stands.
    """
    found = _literals.get(node)
    if found is None:
        found = _literals[node] = _read(node)
    default, names = found
    return None if any(map(rebound, names)) else default


def _read(node: ast.expr) -> tuple[Default | None, frozenset[str]]:
    """The default, and the built-in names that it depends on."""
    if not _is_literal(node):
        return None, frozenset()
    names = frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    try:
        return _made(node), names
    except (ZeroDivisionError, OverflowError):  # then `__init__` fails with it too
        return None, frozenset()


def _made(node: ast.expr) -> Default:
    if isinstance(node, ast.Constant):
        return Default("literal", ast.unparse(node), node.value)
    text = ast.unparse(node)
    if not has_display(node):
        return Default("literal", text, _evaluate(text))
    factory: Callable[[], Any]
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        factory = _EMPTY[node.func.id]
    elif isinstance(node, ast.List) and not node.elts:
        factory = list
    elif isinstance(node, ast.Dict) and not node.keys:
        factory = dict
    else:
        factory = _evaluate(f"lambda: ({text})")
    return Default("literal", text, factory=factory)


def _evaluate(text: str) -> Any:
    return eval(text, {"__builtins__": _EMPTY})


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return _is_number(node)
    if isinstance(node, ast.BinOp):
        return _is_number(node)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return all(_is_literal(each) for each in node.elts)
    if isinstance(node, ast.Dict):
        return all(each is not None and _is_literal(each) for each in (*node.keys, *node.values))
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _EMPTY
        and not node.args
        and not node.keywords
    )


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.USub, ast.UAdd)) and _is_number(node.operand)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, _ARITHMETIC) and _is_number(node.left) and _is_number(node.right)
    return isinstance(node, ast.Constant) and type(node.value) in (int, float, complex)
