"""Which names a piece of syntax binds and reads, and which expressions are operators over names.

In: syntax trees. Out: sets of names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from livecode.sources.children import children
from livecode.sources.parsing import syntax

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OPERATORS = (
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.Constant,
    ast.Name,
    ast.expr_context,
    ast.Tuple,
    ast.JoinedStr,
    ast.FormattedValue,
)


def bound(node: ast.stmt | ast.expr) -> frozenset[str]:
    """The names that a statement binds (or deletes) in the scope that it stands in.

    A star import gives ``*``. Names bound inside functions, classes and comprehensions are theirs,
    except by an assignment expression in a comprehension (PEP 572).
    """
    return frozenset(_bound(node))


def unassigned(node: ast.AST) -> frozenset[str]:
    """The name that a bare annotation (``x: int``) speaks of without giving it a value."""
    if isinstance(node, ast.AnnAssign) and node.value is None and isinstance(node.target, ast.Name):
        return frozenset([node.target.id])
    return frozenset()


_PLAIN = {ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.Compare, ast.BoolOp}
_PLAIN |= {ast.UnaryOp, ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.If, ast.Tuple}
"""Kinds of syntax that only their parts can make bind a name."""


def _bound(node: ast.AST) -> Iterator[str]:
    stack: list[tuple[ast.AST, bool]] = [(node, False)]
    while stack:
        item, in_comprehension = stack.pop()
        if type(item) in _PLAIN:
            stack.extend([(child, in_comprehension) for child in children(item)])
            continue
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not in_comprehension:
                yield item.name
            stack.extend((part, in_comprehension) for part in _evaluated_outside(item))
            continue
        if isinstance(item, ast.Lambda):
            stack.extend((part, in_comprehension) for part in _evaluated_outside(item))
            continue
        if isinstance(item, ast.Name):
            if not in_comprehension and isinstance(item.ctx, (ast.Store, ast.Del)):
                yield item.id
        elif isinstance(item, (ast.Import, ast.ImportFrom)):
            for alias in item.names:
                yield alias.asname or (
                    alias.name.partition(".")[0] if isinstance(item, ast.Import) else alias.name
                )
        elif isinstance(item, ast.NamedExpr):
            yield item.target.id
            stack.append((item.value, in_comprehension))
            continue
        elif (isinstance(item, ast.ExceptHandler) and item.name) or (
            isinstance(item, (ast.MatchAs, ast.MatchStar)) and item.name
        ):
            yield item.name
        elif isinstance(item, ast.MatchMapping) and item.rest:
            yield item.rest
        inside = in_comprehension or isinstance(item, _COMPREHENSIONS)
        stack.extend((child, inside) for child in children(item))


def _evaluated_outside(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a function, lambda or class that are evaluated in the scope around it."""
    yield from getattr(node, "decorator_list", ())
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from node.keywords
        return
    arguments: ast.arguments = node.args  # type: ignore[attr-defined]  # functions and lambdas have it
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default is not None)


def deleted(node: ast.stmt) -> frozenset[str]:
    """The names that a ``del`` statement takes away."""
    if isinstance(node, ast.Delete):
        return frozenset(item.id for item in node.targets if isinstance(item, ast.Name))
    return frozenset()


def read(text: str) -> frozenset[str]:
    """The module-level names that a statement's text reads, in whatever nested scope.

    Scopes are those of the compiler's own symbol table.
    """
    found: set[str] = set()
    own = {
        part.id
        for node in ast.walk(syntax(text))
        if isinstance(node, ast.comprehension)
        for part in ast.walk(node.target)
        if isinstance(part, ast.Name)
    }
    import symtable  # rarely needed

    stack = [symtable.symtable(text, "<names>", "exec")]
    while stack:
        table = stack.pop()
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found.add(symbol.get_name())
        stack.extend(table.get_children())
    # Since Python 3.12 the variables of a comprehension are in the table around it (PEP 709).
    return frozenset(found - own)


def is_operators(node: ast.expr) -> bool:
    """Whether an expression is nothing but operators over names and literals (no call, no look-up)."""
    return all(isinstance(part, _OPERATORS) for part in ast.walk(node))


def loaded(node: ast.AST) -> frozenset[str]:
    """The names that an expression loads (nested scopes not told apart)."""
    return frozenset(
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    )


def reads_itself(node: ast.stmt) -> bool:
    """Whether a variable statement reads a name that it binds (``x += 1``, ``x = x + 1``)."""
    if isinstance(node, ast.AugAssign):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        return bool(bound(node) & loaded(node.value))
    return False
