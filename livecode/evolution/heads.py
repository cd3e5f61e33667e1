"""What of a class statement takes part in making the class: all but what stands in its functions.

In: a class statement. Out: its text, or that of the statements that bind each name, functions emptied.
"""

from __future__ import annotations

import ast

from livecode.edits.scopes import mangled
from livecode.sources.names import bound
from livecode.sources.parsing import syntax


def skeleton(node: ast.ClassDef, functions: bool = True) -> str:
    """The text of a class statement without what stands in its functions.

    Args:
        functions: whether it matters which functions without decorators there are.
    """
    return ast.unparse(_Emptied(functions).visit(_copy(node)))


def heads(node: ast.ClassDef) -> dict[str, tuple[str, ...]]:
    """For each name of a class body, mangled, the statements that bind it."""
    found: dict[str, list[str]] = {}
    for statement in node.body:
        names = bound(statement)
        if names:
            text = ast.unparse(_Emptied(True).visit(_copy(statement)))
            for name in names:
                found.setdefault(mangled(name, node.name), []).append(text)
    return {name: tuple(texts) for name, texts in found.items()}


def _copy(node: ast.stmt) -> ast.Module:
    module: ast.Module = syntax(ast.unparse(node))
    return module


class _Emptied(ast.NodeTransformer):
    def __init__(self, functions: bool) -> None:
        self.functions = functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return self._emptied(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | None:
        return self._emptied(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else node

    def _emptied(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST | None:
        if not self.functions and not node.decorator_list:
            return None
        node.args = ast.arguments([], [], None, [], [], None, [])
        node.returns = None
        node.body = [ast.Pass()]
        return node

    def visit_Pass(self, node: ast.Pass) -> None:
        return None
