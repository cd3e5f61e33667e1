"""Lines: code that means the same but stands on other lines gets its new lines.

In: statements that moved, or were only formatted. Out: the code of everything that is alive of them
exchanged for code with the true lines; nothing is evaluated.
"""

from __future__ import annotations

import ast
from types import CodeType, FunctionType

from livecode.edits import codes
from livecode.edits.classes import Classes
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.edits.functions import Functions, stands_for
from livecode.edits.living import Living, default_values
from livecode.edits.scopes import Scope
from livecode.sources.changes import Change
from livecode.sources.outline import Statement
from livecode.sources.parts import may_hold_code


class Lines:
    """Moves the lines of one source's code, after everything else was done.

    Args:
        old_filename: the file name under which the code that is live was compiled.
        functions: exchanges code.
        classes: knows the classes' lines.
        living: finds what is alive.
    """

    def __init__(
        self, old_filename: str, functions: Functions, classes: Classes, living: Living
    ) -> None:
        self._old_filename = old_filename
        self._functions = functions
        self._classes = classes
        self._living = living
        self._later: list[tuple[FunctionType, CodeType, Compiled | None]] = []
        self._classes_later: list[tuple[Scope, ast.stmt, ast.stmt]] = []

    def commit(self) -> None:
        """Exchange the code."""
        for function, new, compiled in self._later:
            self._functions.recode(function, new, compiled, edited=False)
        self._later.clear()
        for scope, old, new_node in self._classes_later:
            self._classes.first_lines(scope.read, old, new_node, scope.place.module, scope.prefix)
        self._classes_later.clear()

    def moved(self, scope: Scope, change: Change) -> bool:
        """Note that a statement moved or was formatted; False if no code can come from it."""
        old, new = change.old, change.new
        assert old is not None and new is not None
        if old.kind == "import" or not may_hold_code(new):
            return False
        if old.kind == "function" and old.text == new.text and self._is_plain(scope, change):
            self._shift([scope.read(str(old.name))], change.line - change.old_line)
            return True
        old_node, node = node_of(old, change.old_line), node_of(new, change.line)
        live = self._living.all_in(scope, old_node)
        movable = all(codes.can_shift(stands_for(function)) for function in live)
        if live and movable and old.text == new.text and self._old_filename == scope.place.filename:
            self._shift(live, change.line - change.old_line)
        elif live:
            place = scope.place
            before = Compiled(scope.wrap([old_node]), self._old_filename, place.flags)
            after = Compiled(scope.wrap([node]), place.filename, place.flags)
            self._later += [(*pair, after) for pair in self.partners(live, before, after)]
        self._classes_later.append((scope, old_node, node))
        return True

    def _is_plain(self, scope: Scope, change: Change) -> bool:
        """Whether a name is bound to nothing but the function that its statement defines."""
        assert change.old is not None
        value = scope.read(str(change.old.name))
        if type(value) is not FunctionType or self._living.is_new(value):
            return False
        if any(isinstance(each, FunctionType) for each in default_values(value)):
            return False
        code = value.__code__
        return (
            code.co_firstlineno == change.old_line
            and code.co_filename == self._old_filename
            and ("class" not in change.old.text or codes.can_shift(code))
        )

    def _shift(self, live: list[FunctionType], by: int) -> None:
        if by:
            for function in live:
                code = stands_for(function)
                self._later.append((function, codes.shift(code, by), None))

    def partners(
        self, live: list[FunctionType], before: Compiled, after: Compiled
    ) -> list[tuple[FunctionType, CodeType]]:
        """The new code of live functions, by position: both texts have the same structure."""
        olds, news = list(codes.walk(before.code)), list(codes.walk(after.code))
        if len(olds) != len(news):
            raise CannotFollow("the structure of its code is not the same")
        found = []
        for function in live:
            code = stands_for(function)
            pairs = [
                (old, new)
                for old, new in zip(olds, news, strict=True)
                if codes.key_of(old)[1:] == codes.key_of(code)[1:]
            ]
            exact = [pair for pair in pairs if pair[0] == code]
            if pairs:
                found.append((function, (exact or pairs)[0][1]))
        return found


def node_of(statement: Statement, line: int) -> ast.stmt:
    """A statement's syntax with its true lines (inner statements have theirs already)."""
    return statement.node if statement.nested else statement.parse(line)
