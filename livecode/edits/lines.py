"""Lines: code that means the same but stands on other lines gets its new lines.

In: statements that moved, or were only formatted. Out: the code of everything that is alive of them
exchanged for code with the true lines; nothing is evaluated.
"""

from __future__ import annotations

import ast
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

from livecode.edits import codes
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.edits.report import Entry
from livecode.edits.scopes import Scope
from livecode.sources.changes import Change
from livecode.sources.outline import Statement
from livecode.sources.parts import may_hold_code

if TYPE_CHECKING:
    from livecode.edits.editor import Editor


class Lines:
    """Moves the lines of one source's code, after everything else was done.

    Args:
        editor: the editor of the source.
        old_filename: the file name under which the code that is live was compiled.
    """

    def __init__(self, editor: Editor, old_filename: str) -> None:
        self._editor = editor
        self._old_filename = old_filename
        self._later: list[tuple[FunctionType, CodeType, Compiled | None]] = []

    def commit(self) -> None:
        """Exchange the code."""
        for function, new, compiled in self._later:
            self._editor.functions.recode(function, new, compiled)
        self._later.clear()

    def moved(self, scope: Scope, change: Change) -> None:
        old, new = change.old, change.new
        assert old is not None and new is not None
        if old.kind == "import" or not may_hold_code(new):
            return
        if old.kind == "function" and old.text == new.text:
            value = scope.read(str(old.name))
            if type(value) is FunctionType:
                code = value.__code__
                if (
                    code.co_firstlineno == change.old_line
                    and code.co_filename == self._old_filename
                ):
                    self._shift([value], change.line - change.old_line)
                    self._editor.report.moved.append(
                        Entry(f"{self._editor.place.module}:{scope.prefix}{old.name}")
                    )
                    return
        old_node = node_of(old, change.old_line)
        live = self._editor.living.anywhere_in(scope, old_node)
        node = node_of(new, change.line)
        if live:
            if old.text == new.text and self._old_filename == self._editor.place.filename:
                self._shift(live, change.line - change.old_line)
            else:
                before = Compiled(
                    scope.wrap([old_node]), self._old_filename, self._editor.place.flags
                )
                self.replace_codes(live, before, self._editor.compile(scope, [node]), later=True)
        self._editor.do(
            lambda: self._editor.classes.first_lines(
                scope.read, old_node, node, self._editor.place.module, scope.prefix
            )
        )
        self._editor.report.moved.append(
            Entry(f"{self._editor.place.module}:{scope.prefix}{change.name}")
        )

    def _shift(self, live: list[FunctionType], by: int) -> None:
        if by:
            for function in live:
                code = self._editor.functions.code_of(function)
                self._later.append((function, codes.shift(code, by), None))

    def replace_codes(
        self, live: list[FunctionType], before: Compiled, after: Compiled, later: bool = False
    ) -> None:
        """Exchange the code of live functions by position: both texts have the same structure."""
        olds, news = list(codes.walk(before.code)), list(codes.walk(after.code))
        if len(olds) != len(news):
            raise CannotFollow("the structure of its code is not the same")
        for function in live:
            code = self._editor.functions.code_of(function)
            matches = [
                new
                for old, new in zip(olds, news, strict=True)
                if codes.key_of(old)[1:] == codes.key_of(code)[1:]
            ]
            if len(matches) > 1:
                matches = [
                    new for old, new in zip(olds, news, strict=True) if old == code
                ] or matches
            if matches and later:
                self._later.append((function, matches[0], after))
            elif matches:
                self._editor.functions.recode(function, matches[0], after)


def node_of(statement: Statement, line: int) -> ast.stmt:
    """A statement's syntax with its true lines (inner statements have theirs already)."""
    return statement.node if statement.nested else statement.parse(line)
