"""What a source imports from where, resolved to absolute module names.

In: an outline and the name of its module. Out: which local names stand for which names of which
modules, and in which order sources that import each other are to be edited.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from livecode.sources.outline import BLOCKS, Statement, bodies


@dataclass
class Imports:
    """The imports of a source at module level.

    Attributes:
        names: for each local name the module and the name there (``from m import x as y``).
        modules: for each local name the module that it is bound to (``import m as y``).
        stars: the modules of ``from m import *``, in order.
        hidden: for each star the names that are bound again after it.
        every: all modules that are imported, in whatever way.
    """

    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    hidden: dict[str, set[str]] = field(default_factory=dict)
    every: set[str] = field(default_factory=set)

    def bind(self, node: ast.stmt, package: str | None) -> None:
        """Take in one import statement."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.every.add(alias.name)
                local = alias.asname or alias.name.partition(".")[0]
                self.rebind([local])
                self.modules[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, package)
            if module is None:
                return
            self.every.add(module)
            for alias in node.names:
                if alias.name == "*":
                    self.stars = [*(star for star in self.stars if star != module), module]
                    self.hidden[module] = set()
                    continue
                local = alias.asname or alias.name
                self.rebind([local])
                self.names[local] = (module, alias.name)
                self.modules[local] = f"{module}.{alias.name}"
                self.every.add(f"{module}.{alias.name}")

    def rebind(self, names: Iterable[str]) -> None:
        """Take in a statement that binds names to something else."""
        for name in names:
            self.names.pop(name, None)
            self.modules.pop(name, None)
            for hidden in self.hidden.values():
                hidden.add(name)


def absolute(node: ast.ImportFrom, package: str | None) -> str | None:
    """The absolute name of the module that a ``from`` import names, or None if it has none."""
    if not node.level:
        return node.module
    if not package:
        return None
    try:
        return importlib.util.resolve_name("." * node.level + (node.module or ""), package)
    except ImportError:
        return None


def imports_of(statements: Iterable[Statement], package: str | None) -> Imports:
    """What the statements of a module import; a later binding of the same name counts."""
    found = Imports()
    for statement in statements:
        if statement.kind == "import":
            found.bind(statement.node, package)
        elif statement.kind == "block":
            inner = list(_inner_imports(statement.node))
            if not inner:
                found.rebind(statement.binds)
            for node in inner:
                found.bind(node, package)
        elif statement.kind in ("function", "class", "variable") and found.every:
            found.rebind(statement.binds)
    return found


def _inner_imports(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield node
    elif isinstance(node, BLOCKS):
        for body in bodies(node):
            for child in body:
                yield from _inner_imports(child)


def import_orders(sources: Mapping[str, set[str]], most: int) -> list[list[str]]:
    """The orders in which modules may be taken: one, unless some import each other.

    Within such a circle each module may be the one that is imported first, and so is taken last.

    Args:
        sources: for each module the modules that it imports.
        most: how many orders are wanted at most.
    """
    first = in_import_order(sources)
    place = {name: number for number, name in enumerate(first)}
    found = [first]
    if all(place.get(other, -1) < place[name] for name in first for other in sources[name]):
        return found  # each comes after what it imports
    for name in sources:
        if len(found) < most and name in reachable(name, sources):
            order = in_import_order({name: sources[name], **sources})
            if order not in found:
                found.append(order)
    return found


def reachable(name: str, imports: Mapping[str, set[str]]) -> set[str]:
    """The modules that a module imports, itself or through others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for other in imports.get(todo.pop(), set()) - found:
            found.add(other)
            todo.append(other)
    return found


def in_import_order(sources: Mapping[str, set[str]]) -> list[str]:
    """Order modules so that each comes after those that it imports; cycles keep the given order.

    Args:
        sources: for each module the modules that it imports.
    """
    ordered: list[str] = []
    state: dict[str, int] = {}
    for root in sources:
        stack = [(root, iter(sorted(sources[root])))] if root not in state else []
        state.setdefault(root, 1)
        while stack:
            name, rest = stack[-1]
            for other in rest:
                if other in sources and other not in state:
                    state[other] = 1
                    stack.append((other, iter(sorted(sources[other]))))
                    break
            else:
                stack.pop()
                ordered.append(name)
    return ordered
