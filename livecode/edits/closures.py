"""Values for free variables that a function gained after its closure was made.

In: a live closure, the name, and the new source. Out: a cell, or the reason why none can be had.
"""

from __future__ import annotations

import ast
import gc
from types import CellType, CodeType, FunctionType
from typing import Any

from livecode.breaks import running
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.evolution import frames
from livecode.sources.names import bound, is_operators
from livecode.sources.outline import FUNCTIONS


def cells_of(function: FunctionType) -> dict[str, CellType]:
    """A function's free variables and their cells."""
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def obtain(
    name: str, function: FunctionType, new: CodeType, compiled: Compiled, owner: type | None
) -> CellType:
    """A cell for the free variable `name`, which the closure of `function` lacks.

    It is taken, in this order: for ``__class__``, from the class that the method belongs to; from
    another function that was made by the same call of the enclosing function; from that call itself
    where it is alive in a break; by evaluating the one
    statement of the enclosing function that binds it, if that is an expression of literals,
    operators and names whose values can be had, or a nested function.

    Raises:
        CannotFollow: no value is certain.
    """
    if name == "__class__" and owner is not None:
        return CellType(owner)
    sibling = _from_siblings(name, function)
    if sibling is not None:
        return sibling
    alive = _from_frames(name, function)
    if alive is not None:
        return alive
    _, around = compiled.function(new)
    for scope in reversed(around):
        if isinstance(scope, FUNCTIONS):
            found = _from_statement(name, function, scope, compiled)
            if found is not None:
                return found
    raise CannotFollow(f"no value can be had for its new free variable {name!r}")


def _from_siblings(name: str, function: FunctionType) -> CellType | None:
    own = list(function.__closure__ or ())
    if not own:
        return None
    tuples = [item for item in gc.get_referrers(*own) if type(item) is tuple]
    if not tuples:
        return None
    found: list[CellType] = []
    for item in gc.get_referrers(*tuples):
        if isinstance(item, FunctionType) and item is not function and item.__closure__ in tuples:
            cell = cells_of(item).get(name)
            if cell is not None and not any(cell is other for other in found):
                found.append(cell)
    return found[0] if len(found) == 1 else None


def _from_frames(name: str, function: FunctionType) -> CellType | None:
    """From the call that has made the function, if a break is open in it: it is known by what it holds."""
    outer = function.__code__.co_qualname.rpartition(".<locals>.")[0]
    for frame in running.broken_frames():
        values = frame.f_locals if frame.f_code.co_qualname == outer else {}
        if name in values and any(each is function for each in values.values()):
            return frames.cells_of(frame, {name}).get(name) or CellType(values[name])
    return None


def _from_statement(
    name: str,
    function: FunctionType,
    scope: ast.FunctionDef | ast.AsyncFunctionDef,
    compiled: Compiled,
) -> CellType | None:
    binding = [statement for statement in scope.body if name in bound(statement)]
    everywhere = [
        part
        for part in ast.walk(scope)
        if isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load)
    ]
    if len(binding) != 1:
        return None
    statement = binding[0]
    if isinstance(statement, FUNCTIONS) and not everywhere:
        return _sibling_function(statement, function, compiled)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or len(everywhere) != 1:
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or statement.value is None:
        return None
    if not (is_operators(statement.value) or _is_fresh(statement.value)):
        return None
    local = _values(function)
    local_names = {part.arg for part in ast.walk(scope.args) if isinstance(part, ast.arg)}
    for other in scope.body:
        local_names |= bound(other)
    for part in ast.walk(statement.value):
        if isinstance(part, ast.Name) and part.id not in local and part.id in local_names:
            return None
    expression = ast.Expression(statement.value)
    code = compile(expression, compiled.filename, "eval", flags=compiled.flags, dont_inherit=True)
    try:
        return CellType(eval(code, function.__globals__, local))
    except Exception as error:
        raise CannotFollow(f"computing its new free variable {name!r} failed: {error!r}") from error


def _is_fresh(node: ast.expr) -> bool:
    """An empty or literal list, dict or set, which would have been made anew by each call."""
    return isinstance(node, (ast.List, ast.Dict, ast.Set)) and all(
        isinstance(part, (ast.Constant, ast.List, ast.Dict, ast.Set, ast.expr_context, ast.Tuple))
        for part in ast.walk(node)
    )


def _values(function: FunctionType) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, cell in cells_of(function).items():
        try:
            values[name] = cell.cell_contents
        except ValueError:  # an empty cell has no value yet
            continue
    return values


def _sibling_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, function: FunctionType, compiled: Compiled
) -> CellType | None:
    """A nested function of the same enclosing call, made now from the cells that are known."""
    if node.decorator_list or node.args.defaults or any(node.args.kw_defaults):
        return None
    prefix = function.__code__.co_qualname.rpartition(".")[0]
    code = compiled.find(f"{prefix}.{node.name}", node.lineno)
    if code is None:
        return None
    cells = cells_of(function)
    own = CellType()
    if any(free not in cells and free != node.name for free in code.co_freevars):
        return None
    closure = tuple(own if free == node.name else cells[free] for free in code.co_freevars)
    made = FunctionType(code, function.__globals__, node.name, None, closure)
    made.__qualname__ = code.co_qualname
    own.cell_contents = made
    return own
