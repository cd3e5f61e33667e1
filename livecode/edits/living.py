"""Living: which functions of a definition are alive, wherever they are held.

In: a definition as the source had it before the edit. Out: its live functions. They are looked for
under the definition's name and in what its value wraps; in the heap only where a decorator hides them,
or where the name is gone or bound to something else.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

from livecode.edits import codes, finding
from livecode.edits.classes import Classes
from livecode.edits.functions import Functions, forwarding, stands_for
from livecode.edits.journal import MISSING
from livecode.edits.reading import evaluated
from livecode.edits.scopes import Place, Scope
from livecode.sources import names
from livecode.sources.outline import FUNCTIONS, first_line


class Living:
    """The live functions of one source.

    Args:
        place: the module and file.
        old_filename: the file name under which the code that is live was compiled.
        functions: tells the keys of functions.
        classes: tells the functions of a class.
    """

    def __init__(
        self, place: Place, old_filename: str, functions: Functions, classes: Classes
    ) -> None:
        self._place = place
        self.old_filename = old_filename
        self._functions = functions
        self._classes = classes
        self._heap: list[FunctionType] | None = None
        self._lines: dict[int, list[FunctionType]] | None = None
        """The same by their first lines."""
        self._compiled: list[CodeType] = []
        self._new: dict[int, CodeType] = {}

    def compiled(self, code: CodeType) -> None:
        """Take note of code that the edit has compiled: what has it is no function of before."""
        self._compiled.append(code)

    def is_new(self, function: FunctionType) -> bool:
        """Whether a function has code of this edit already: it was made by it, or edited."""
        for root in self._compiled:
            self._new.update((id(code), code) for code in codes.walk(root))
        self._compiled.clear()
        return id(stands_for(function)) in self._new

    def of(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live functions of a function definition, as the source was before the edit."""
        assert isinstance(node, FUNCTIONS)
        key = codes.Key(self.old_filename, scope.prefix + node.name, first_line(node))
        value = scope.read(node.name)
        found = (
            [f for f in finding.reach(value) if self._is(f, key)] if value is not MISSING else []
        )
        if found:
            return found[:1] if found[0] is value else found
        if self._evaluated_elsewhere(value, key.qualname):
            return [value]
        if (
            value is MISSING
            or node.decorator_list
            or not isinstance(value, FunctionType)
            or value.__code__.co_filename != self.old_filename
            or value.__code__.co_qualname != key.qualname
        ):
            return [f for f in self.everywhere() if self._is(f, key)]
        return []

    def _is(self, function: FunctionType, key: codes.Key) -> bool:
        """Whether a function is what had a key before the edit (lines of old and new may be the same)."""
        return self._functions.key(function) == key and not self.is_new(function)

    def elsewhere(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live function that was evaluated from another text of a newly written statement."""
        if isinstance(node, FUNCTIONS) and not node.decorator_list:
            value = scope.read(node.name)
            if self._evaluated_elsewhere(value, scope.prefix + node.name):
                return [value]
        return []

    def _evaluated_elsewhere(self, value: Any, qualname: str) -> bool:
        """Whether a value is this definition as evaluated from another text (``%liveeval``)."""
        return (
            isinstance(value, FunctionType)
            and value.__globals__ is self._place.namespace
            and value.__qualname__ == qualname
            and value.__code__.co_filename not in (self.old_filename, self._place.filename)
            and value not in forwarding
        )

    def of_all(self, scope: Scope, nodes: Iterable[ast.stmt]) -> list[FunctionType]:
        """The live functions that stand anywhere in some statements, each once."""
        found = {
            id(function): function for node in nodes for function in self.anywhere_in(scope, node)
        }
        return list(found.values())

    def anywhere_in(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live functions that stand anywhere in a statement."""
        found = self.of(scope, node) if isinstance(node, FUNCTIONS) else []
        first, last = first_line(node), node.end_lineno or node.lineno
        seen = {id(function) for function in found}
        for name in names.bound(node):
            value = scope.read(name)
            if value is MISSING:
                continue
            for function in self._classes.functions(value, self._place.module):
                key = self._functions.key(function)
                inside = key.filename == self.old_filename and first <= key.line <= last
                if inside and id(function) not in seen:
                    seen.add(id(function))
                    found.append(function)
        return found

    def all_in(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live functions that stand anywhere in a statement, also those that no name leads to.

        Lambdas may be held by anything, and so may what a decorator was given (overloads). If one of
        these is not found under the names that the statement binds, it is looked for in the heap.
        """
        found = self.anywhere_in(scope, node)
        keys = {
            (key.line, key.qualname.rpartition(".")[2]) for key in map(self._functions.key, found)
        }
        if all(key in keys for key in _held_by_anything(node)):
            return found
        first, last = first_line(node), node.end_lineno or node.lineno
        seen = {id(function) for function in found}
        if self._lines is None:
            self._lines = defaultdict(list)
            for function in self.everywhere():
                self._lines[self._functions.key(function).line].append(function)
        for line in range(first, last + 1):
            for function in self._lines.get(line, ()):
                if id(function) not in seen and not self.is_new(function):
                    found.append(function)
        return found

    def everywhere(self) -> list[FunctionType]:
        """All live functions of the source, from one pass over the heap."""
        if self._heap is None:
            self._heap = finding.functions_of_file(self.old_filename, self._place.namespace)
        return self._heap


def default_values(function: FunctionType) -> tuple[object, ...]:
    """The values of a function's defaults."""
    return (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())


def _held_by_anything(node: ast.stmt) -> Iterator[tuple[int, str]]:
    """The lambdas and decorated functions that a statement makes: for each its line and name."""
    for part in evaluated(node):
        if isinstance(part, ast.Lambda):
            yield part.lineno, "<lambda>"
        elif isinstance(part, FUNCTIONS) and part.decorator_list:
            yield first_line(part), part.name
