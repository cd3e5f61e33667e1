"""Looking around: the text of a cell runs in a live frame, with the frame's names.

In: a frame, and a text. Out: the value of its last expression; what it binds is bound in the frame.

The text becomes a function inside of one that has the frame's names, so that comprehensions, lambdas
and functions in it see them:

1. A variable that closures of the frame share lives in a cell: the function gets that very cell.
2. Any other local gets a cell of its own with its value. What the text has changed is written to the
   frame afterwards, also if the text failed halfway.
3. A new name is no variable of the frame's code, and is kept in `extra`, for later texts and for the
   code as it is when the frame goes on.

The statements of a cell, and those of a module, have a namespace: there the text simply runs in that.
The text is not instrumented: a failure in it is an error, and no break.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Collection, Mapping, MutableMapping
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from livecode.breaks.enclosed import FUTURE, compile_continuation
from livecode.breaks.scopes import Function, class_around
from livecode.evolution.frames import assign, cells_of, is_hidden
from livecode.sources.parsing import syntax

_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


class _Gone:
    __slots__ = ()

    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()
"""Stands in `extra` for a local that the person deleted where Python cannot unbind it (from 3.12 on)."""

_UNBOUND = object()


class CannotRun(Exception):
    """A text cannot run in a frame; the message says why."""


class Looked(NamedTuple):
    """What came of it."""

    value: Any
    notes: list[str]


def names_in(frame: FrameType, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a frame, with those that the person bound there, and their values."""
    found = {name: value for name, value in frame.f_locals.items() if not is_hidden(name)}
    found.update(extra)
    return {name: value for name, value in found.items() if value is not GONE}


def resumed_with(frame: FrameType, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The locals with which the rest of a frame is done: names, and what is hidden, too."""
    found = {**frame.f_locals, **extra}
    return {name: value for name, value in found.items() if value is not GONE}


def run_in(
    frame: FrameType, text: str, extra: MutableMapping[str, Any], filename: str = "<frame>"
) -> Looked:
    """Run a text in a frame.

    Args:
        frame: alive.
        text: Python.
        extra: names that are bound in the frame and are no variables of its code; it is changed.
        filename: under which tracebacks find the lines of the text.

    Raises:
        CannotRun: it awaits.
        Exception: whatever the text raises, with a traceback that begins in the text.
    """
    __tracebackhide__ = True
    lines = [line + "\n" for line in text.split("\n")]
    linecache.cache[filename] = (len(text), None, lines, filename)
    flags = frame.f_code.co_flags & FUTURE
    tree = syntax(text, filename)
    _check(text, filename, flags)
    if frame.f_locals is frame.f_globals:
        return Looked(_run_in_namespace(frame, tree, filename, flags), [])
    return _run_in_function(frame, tree, extra, filename, flags)


def _check(text: str, filename: str, flags: int) -> None:
    """A text is no function: return, yield and await stand outside of one."""
    plain = _WithoutNonlocal().visit(syntax(text, filename))
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        code = compile(plain, filename, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        if error.text is None and error.lineno is not None:
            error.text = linecache.getline(filename, error.lineno)
        raise
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise CannotRun(
            "await cannot be used in a frame: its event loop waits for the computation that is suspended"
        )


class _WithoutNonlocal(ast.NodeTransformer):
    """Takes ``nonlocal`` away, which needs the frame around the text."""

    def visit_Nonlocal(self, node: ast.Nonlocal) -> Any:
        return ast.copy_location(ast.Pass(), node)


def _run_in_namespace(frame: FrameType, tree: ast.Module, filename: str, flags: int) -> Any:
    __tracebackhide__ = True
    nodes = list(tree.body)
    last: Any = nodes.pop() if nodes and isinstance(nodes[-1], ast.Expr) else None
    if nodes:
        code = compile(ast.Module(nodes, []), filename, "exec", flags=flags, dont_inherit=True)
        _called(lambda: exec(code, frame.f_globals))
    if last is None:
        return None
    code = compile(ast.Expression(last.value), filename, "eval", flags=flags, dont_inherit=True)
    return _called(lambda: eval(code, frame.f_globals))


def _run_in_function(
    frame: FrameType,
    tree: ast.Module,
    extra: MutableMapping[str, Any],
    filename: str,
    flags: int,
) -> Looked:
    __tracebackhide__ = True
    own = frame.f_code
    values = names_in(frame, extra)
    variables = {*own.co_varnames, *own.co_cellvars, *own.co_freevars, *frame.f_locals}
    variables = {name for name in variables if not is_hidden(name)}
    tree = _Super(own).visit(tree)
    node = _function(tree, own.co_name)
    first = _compiled(node, frame, {*values, *variables}, filename, flags)
    bound = {name for name in (*first.co_varnames, *first.co_cellvars) if not is_hidden(name)}
    known = {*values, *variables, *bound} - _global(tree)
    used = {*first.co_freevars, *bound}
    if own.co_flags & inspect.CO_OPTIMIZED or frame.f_back is None:
        shared = cells_of(frame, known & used)
    else:  # the body of a class: all its names can be bound, and it uses those of the function around
        variables |= bound
        shared = cells_of(frame.f_back, used.intersection(own.co_freevars).difference(values))
    cells, before = {}, {}
    for name in known:
        value = values.get(name, _UNBOUND)
        if value is _UNBOUND and name in bound and name not in variables:
            value = _outside(frame, name)
        before[name] = value
        cells[name] = shared.get(name) or (CellType() if value is _UNBOUND else CellType(value))
    if known:
        node.body.insert(0, ast.copy_location(ast.Nonlocal(sorted(known)), node.body[0]))
    code = _compiled(node, frame, known, filename, flags)
    closure = tuple(cells.get(name) or CellType() for name in code.co_freevars)
    function = FunctionType(code, frame.f_globals, own.co_name, None, closure or None)
    notes: list[str] = []
    try:
        value = _called(function)
    finally:
        after = {name: _content(cells[name]) for name in known.difference(shared)}
        changed = {name: each for name, each in after.items() if each is not before[name]}
        notes += _write(frame, variables, extra, changed)
    return Looked(value, notes)


def _called(function: Any) -> Any:
    """Call what runs the text; its exception has a traceback that begins there."""
    __tracebackhide__ = True
    try:
        return function()
    except BaseException as error:
        failed, trace = error, error.__traceback__
    for _ in range(2):
        if trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
    raise failed.with_traceback(trace)


def _outside(frame: FrameType, name: str) -> Any:
    """The value of a global or builtin name."""
    found = frame.f_globals.get(name, _UNBOUND)
    return frame.f_builtins.get(name, _UNBOUND) if found is _UNBOUND else found


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _UNBOUND


def _write(
    frame: FrameType,
    variables: Collection[str],
    extra: MutableMapping[str, Any],
    changed: Mapping[str, Any],
) -> list[str]:
    """Bind what the text has changed; gives what the person should know."""
    values, gone = {}, []
    notes = []
    for name, value in changed.items():
        if name in variables:
            if value is _UNBOUND:
                gone.append(name)
            else:
                values[name] = value
                extra.pop(name, None)
        elif value is _UNBOUND:
            extra.pop(name, None)
        else:
            extra[name] = value
            if name in frame.f_globals:
                notes.append(f"{name} is bound in the frame; with global {name} it is the module's")
    failed = assign(frame, values, gone)
    for name in sorted(failed):
        if name in gone:
            extra[name] = GONE
        else:
            notes.append(f"{name} could not be written to the frame")
    return notes


# --- syntax -------------------------------------------------------------------------------------------


def _function(tree: ast.Module, name: str) -> Any:
    """The function that runs a text, and returns the value of its last expression."""
    body = list(tree.body) or [ast.Pass()]
    last = body[-1]
    if isinstance(last, ast.Expr):
        body[-1] = ast.copy_location(ast.Return(last.value), last)
    make: Any = ast.FunctionDef  # its fields differ between versions of Python
    node: Any = make(
        name=name,
        args=ast.arguments([], [], None, [], [], None, []),
        body=body,
        decorator_list=[],
        returns=None,
        type_comment=None,
    )
    node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = 1, 0, 1, 0
    part: Any = node
    if "type_params" in node._fields:
        part.type_params = []
    return ast.fix_missing_locations(node)


def _compiled(
    node: Function, frame: FrameType, around: Collection[str], filename: str, flags: int
) -> CodeType:
    code = frame.f_code
    owner = _class_name(code)
    return compile_continuation(node, filename, flags, around, owner, [], code.co_qualname)


def _class_name(code: CodeType) -> str | None:
    """The class whose private names a frame's are."""
    if not code.co_flags & inspect.CO_OPTIMIZED:  # the body of a class
        return code.co_name
    return class_around(code.co_qualname)


def _global(tree: ast.AST) -> set[str]:
    """The names that a text itself declares global."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            found.update(node.names)
        waiting += [each for each in ast.iter_child_nodes(node) if not isinstance(each, _SCOPES)]
    return found


class _Super(ast.NodeTransformer):
    """``super()`` in the text itself: with the class and the first argument of the frame's method."""

    def __init__(self, code: CodeType) -> None:
        self._first = code.co_varnames[0] if code.co_argcount else ""
        self._works = bool(self._first) and "__class__" in code.co_freevars

    def visit(self, node: ast.AST) -> Any:
        if not self._works or isinstance(node, _SCOPES[:4]):
            return node
        self.generic_visit(node)
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            called = node.func
            if isinstance(called, ast.Name) and called.id == "super":
                node.args = [
                    ast.copy_location(ast.Name(name, ast.Load()), called)
                    for name in ("__class__", self._first)
                ]
        return node
