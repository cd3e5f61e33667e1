"""Scopes: where a statement's names live, and how one is evaluated there.

In: statements with their true lines. Out: the values that they bind; binding them is the caller's.
A module binds in its namespace, a class in its own dictionary, and a block in the scope around it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterable
from types import CellType, CodeType
from typing import Any, NamedTuple, Protocol, TypeVar

from livecode.edits.codes import walk
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.edits.journal import MISSING, Journal
from livecode.sources.outline import bodies
from livecode.sources.parsing import forget_text

_Node = TypeVar("_Node", bound=ast.stmt)
_MADE_BY_COMPILER = frozenset(
    [
        "__module__",
        "__qualname__",
        "__classcell__",
        "__classdictcell__",
        "__firstlineno__",
        "__static_attributes__",
    ]
)


class Place(NamedTuple):
    """What a source's code is compiled and evaluated with."""

    module: str
    filename: str
    flags: int
    namespace: dict[str, Any]


class Scope(Protocol):
    """A module, a class, or a block in one of them."""

    place: Place
    prefix: str
    owner: type | None
    journal: Journal

    def wrap(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        """The module-level statements that evaluate `nodes` in this scope and nothing else."""

    def read(self, name: str) -> Any:
        """What a name is bound to here, or MISSING."""

    def write(self, name: str, value: Any) -> None:
        """Bind a name here (MISSING: unbind it)."""

    def evaluate(
        self, compiled: Compiled, binds: Iterable[str], unset: Collection[str] = ()
    ) -> dict[str, Any]:
        """Evaluate compiled statements; gives what they bound, and leaves what was bound before.

        Args:
            compiled: the statements.
            binds: the names that they may bind.
            unset: those of them that are not bound yet where they stand, as nothing above them binds
                them any more.
        """


class ModuleScope:
    """The namespace of a module or of the notebook.

    Args:
        place: its module name, file, flags and namespace.
        journal: takes every change of the namespace.
        aside: evaluate without the namespace itself being touched, because other threads run code
            that reads it.
    """

    prefix = ""
    owner: type | None = None

    def __init__(self, place: Place, journal: Journal, aside: bool = False) -> None:
        self.place = place
        self.journal = journal
        self._aside: dict[str, Any] | None = {} if aside else None

    def wrap(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        return nodes

    def read(self, name: str) -> Any:
        return self.place.namespace.get(name, MISSING)

    def write(self, name: str, value: Any) -> None:
        if self.place.namespace.get(name, MISSING) is not value:
            self.journal.item(self.place.namespace, name, value)

    def evaluate(
        self, compiled: Compiled, binds: Iterable[str], unset: Collection[str] = ()
    ) -> dict[str, Any]:
        namespace = self.place.namespace
        binds = set(binds)
        if self._aside is not None:
            return dict.fromkeys(unset, MISSING) | self._evaluate_aside(compiled, binds)
        star = "*" in binds
        before = dict(namespace) if star else {name: namespace.get(name, MISSING) for name in binds}
        try:
            for name in unset:
                namespace.pop(name, None)
            exec(compiled.code, namespace)
            if star:
                binds = {
                    name
                    for name, value in namespace.items()
                    if before.get(name, MISSING) is not value
                } - {"__builtins__"}
            return {
                name: namespace.get(name, MISSING)
                for name in binds
                if name in namespace or before.get(name, MISSING) is not MISSING
            }
        finally:
            for name in binds:
                old = before.get(name, MISSING)
                if old is not MISSING:
                    namespace[name] = old
                else:
                    namespace.pop(name, None)

    def _evaluate_aside(self, compiled: Compiled, binds: set[str]) -> dict[str, Any]:
        assert self._aside is not None
        namespace = self.place.namespace
        makes_functions = any(
            isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
            for node in compiled.nodes
            for part in ast.walk(node)
        )
        if makes_functions:
            overlay = dict(self._aside)
            exec(compiled.code, namespace, overlay)
        else:
            overlay = {**namespace, **self._aside}
            exec(compiled.code, overlay)
            overlay = {
                name: value
                for name, value in overlay.items()
                if namespace.get(name, MISSING) is not value
            }
            overlay.pop("__builtins__", None)
        wanted = set(overlay) if "*" in binds else binds
        values = {name: overlay[name] for name in wanted if name in overlay}
        self._aside.update(values)
        return values


class BlockScope:
    """The body (or bodies) of a block, which bind in the scope around it.

    The statements of an ``if`` or ``with`` are evaluated in it; those of another block, and those of
    an earlier text, as if they stood in the scope around it.
    """

    def __init__(self, around: Scope, block: ast.stmt) -> None:
        self._around = around
        self._block = block
        self.place, self.prefix, self.owner = around.place, around.prefix, around.owner
        self.journal = around.journal
        self.read, self.write, self.evaluate = around.read, around.write, around.evaluate

    def wrap(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        keep = {id(_original(node)): node for node in nodes}
        if nodes and not _holds(self._block, keep):
            return self._around.wrap(nodes)
        return self._around.wrap([_pruned(self._block, keep)])


class ClassScope:
    """The body of a live class.

    Args:
        around: the scope that the class statement stands in.
        node: the class statement as it is now.
        cls: the live class.
    """

    def __init__(self, around: Scope, node: ast.ClassDef, cls: type) -> None:
        self._around = around
        self._node = node
        self.owner: type | None = cls
        self._class = cls
        self.place = around.place
        self.journal = around.journal
        self.prefix = f"{around.prefix}{node.name}."

    def wrap(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        bare = stand_in(self._node)
        bare.decorator_list, bare.bases, bare.keywords = [], [], []
        bare.body = nodes or [ast.copy_location(ast.Pass(), self._node)]
        return self._around.wrap([bare])

    def read(self, name: str) -> Any:
        return self._class.__dict__.get(mangled(name, self._node.name), MISSING)

    def write(self, name: str, value: Any) -> None:
        name = mangled(name, self._node.name)
        if self._class.__dict__.get(name, MISSING) is value:
            return
        if name == "__annotations__":
            value = dict(value)
        self.journal.class_attribute(self._class, name, value)

    def evaluate(
        self, compiled: Compiled, binds: Iterable[str], unset: Collection[str] = ()
    ) -> dict[str, Any]:
        body = self._body(compiled)
        namespace = _Recorder(self._class.__dict__)
        if "__annotations__" in namespace:
            dict.__setitem__(namespace, "__annotations__", dict(namespace["__annotations__"]))
        before = dict(namespace.get("__annotations__", {}))
        exec(body, self.place.namespace, namespace, closure=self._closure(body))
        cell = namespace.get("__classcell__")
        if isinstance(cell, CellType):
            cell.cell_contents = self._class
        if "__doc__" not in set(binds):  # a docstring is the class's as a whole, see `after_body`
            namespace.written.pop("__doc__", None)
        values = {name: namespace[name] for name in namespace.written if name in namespace}
        annotations = namespace.get("__annotations__", {})
        if annotations != before:
            values["__annotations__"] = annotations
        return values

    def _body(self, compiled: Compiled) -> CodeType:
        qualname = self.prefix[:-1]
        for code in walk(compiled.code):
            if code.co_qualname == qualname and code.co_name == self._node.name:
                return code
        raise CannotFollow(f"the body of class {qualname} has no code of its own")

    def _closure(self, body: CodeType) -> tuple[CellType, ...] | None:
        cells: list[CellType] = []
        parameters = getattr(self._class, "__type_params__", ())
        known = {parameter.__name__: parameter for parameter in parameters} | {
            ".type_params": parameters
        }
        for name in body.co_freevars:
            if name not in known:
                raise CannotFollow(f"the body of class {self.prefix[:-1]} needs {name!r}")
            cells.append(CellType(known[name]))
        return tuple(cells) or None


class _Recorder(dict[str, Any]):
    """A class body's namespace: knows what the class has, records what the body writes."""

    def __init__(self, known: Any) -> None:
        super().__init__(known)
        self.pop("__classcell__", None)
        self.written: dict[str, None] = {}

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name not in _MADE_BY_COMPILER and name != "__annotations__":
            self.written[name] = None


def mangled(name: str, class_name: str) -> str:
    """A private name as it is in the class's dictionary (Python reference, 6.2.1)."""
    stripped = class_name.lstrip("_")
    if name.startswith("__") and not name.endswith("__") and stripped:
        return f"_{stripped}{name}"
    return name


def _pruned(block: ast.stmt, keep: dict[int, ast.stmt]) -> ast.stmt:
    """A copy of an ``if`` or ``with`` in which only some statements (or stand-ins) are left, by id."""
    copied = stand_in(block)
    for field in ("body", "orelse"):
        if not hasattr(block, field):
            continue
        left: list[ast.stmt] = []
        for node in getattr(block, field):
            if id(node) in keep:
                left.append(keep[id(node)])
            elif _holds(node, keep):
                left.append(_pruned(node, keep))
        if not left and field == "body":
            left = [ast.copy_location(ast.Pass(), block)]
        setattr(copied, field, left)
    return copied


def _holds(node: ast.stmt, keep: dict[int, ast.stmt]) -> bool:
    """Whether an ``if`` or ``with`` has one of some statements in it, by id, through others of them."""
    return isinstance(node, (ast.If, ast.With)) and any(
        id(child) in keep or _holds(child, keep) for body in bodies(node) for child in body
    )


def stand_in(node: _Node) -> _Node:
    """A shallow copy of a node that remembers which node it stands for."""
    made = copy.copy(node)
    forget_text(made)
    made.__dict__["livecode_original"] = _original(node)
    return made


def _original(node: ast.stmt) -> ast.stmt:
    original: ast.stmt = node.__dict__.get("livecode_original", node)
    return original
