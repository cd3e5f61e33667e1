"""Source: where code comes from (a file, the notebook's cells), its revisions, and what is live of it.

A source knows its namespace and the text that is live in it. It does not change anything.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from livecode.edits.report import Report
from livecode.sources.imports import Imports, imports_of
from livecode.sources.outline import Outline, Statement, outline
from livecode.sources.text import Stamp

_LEFT = ("text", "revisions", "revision", "waiting", "blocked", "changed_in")
"""What a session leaves of a source for the next one; its stamp, too."""

KEPT = 100
"""How many revisions of a source are kept."""


class Source:
    """A module that follows a file, or the notebook.

    Args:
        name: the module's name (``__main__`` for the notebook).
        filename: what its code is compiled under; empty for the notebook.
        namespace: the module's dictionary.
        text: the text that is live, or None if it is not known.
    """

    def __init__(
        self, name: str, filename: str, namespace: dict[str, Any], text: str | None
    ) -> None:
        self.name = name
        self.filename = filename
        self.namespace = namespace
        self.text = text
        self.revisions = [text] if text is not None else []
        """The texts that it has had, the last `KEPT` of them; the live one is the last."""
        self.revision = 1
        """The number of the live revision."""
        self.stamp: Stamp | None = None
        self.waiting = ""
        """Why the text on disk is not live, or empty."""
        self.blocked = False
        """Whether it waits only for another source, and is to be tried with it."""
        self.changed_in: dict[str, list[int]] = {}
        """For each definition the revisions in which it changed, in order."""
        self._outline: Outline | None = None
        self._imports: tuple[Outline | None, Imports] | None = None

    def __repr__(self) -> str:
        return f"<Source {self.name}>"

    @property
    def package(self) -> str | None:
        """The package against which its relative imports are resolved."""
        package = self.namespace.get("__package__")
        return package if isinstance(package, str) else None

    @property
    def outline(self) -> Outline:
        """The outline of the live text."""
        if self._outline is None:
            self._outline = outline(self.text or "", self.filename)
        return self._outline

    def prepare(self) -> None:
        """Outline the live text now, so that its first edit need not."""
        try:
            self.outline  # noqa: B018  # it is kept
        except SyntaxError:  # a text that only its own loader can read: it is not edited
            return

    def outlined(self, text: str) -> Outline:
        """The outline of another text of this source, as a revision of the live one."""
        return outline(text, self.filename, self.outline if self.text is not None else None)

    def accept(self, after: Outline, report: Report) -> None:
        """Make `after` the live revision; `report` says which definitions it changed."""
        if after.text != self.text:
            self.revision += 1
            self.revisions.append(after.text)
            del self.revisions[:-KEPT]
        self.text = after.text
        self._outline = after
        self.waiting = ""
        self.blocked = False
        for entry in report.applied:
            module, _, qualname = entry.name.partition(":")
            if module == self.name:
                self.changed_in.setdefault(qualname, []).append(self.revision)

    def go_back(self, text: str | None, before: Outline | None) -> None:
        """Make an earlier text the live one again; the file has another one."""
        if self.text != text:
            self.waiting = "was taken back by %liveundo"
            if len(self.revisions) > 1:
                self.revisions.pop()
                self.revision -= 1
                for revisions in self.changed_in.values():
                    revisions[:] = [each for each in revisions if each <= self.revision]
        self.text, self._outline = text, before

    def leave(self) -> dict[str, Any]:
        """What is live, as plain data. The module's spec tells whether it is still the same import."""
        return {
            "filename": self.filename,
            "spec": self.namespace.get("__spec__"),
            "stamp": tuple(self.stamp) if self.stamp is not None else None,
            **{name: getattr(self, name) for name in _LEFT},
        }

    def take_over(self, left: Mapping[str, Any]) -> bool:
        """Take what an earlier session has left of this module, if the module was not made anew since."""
        spec = self.namespace.get("__spec__")
        if spec is None or left.get("spec") is not spec or left["filename"] != self.filename:
            return False
        for name in _LEFT:
            setattr(self, name, left[name])
        self.stamp = Stamp(*left["stamp"]) if left["stamp"] is not None else None
        return True

    def is_blocked_by(self, changed: list[Source]) -> bool:
        """Whether it was held back by an error, and one of some changed sources may be the cause."""
        if not self.blocked or self in changed:
            return False
        words = {source.name.rpartition(".")[2] for source in changed}
        return any(word in self.waiting or self.mentions(word) for word in words)

    def revision_of(self, qualname: str) -> int:
        """The revision in which a definition changed last; 1 if it never did."""
        return max(self.changed_in.get(qualname, ()), default=1)

    def evaluated(self, fragment: Outline, filename: str) -> None:
        """A fragment was evaluated in the namespace; a module's live text is its file's all the same."""

    def imports(self) -> Imports:
        """What the live text imports."""
        if self._imports is None or self._imports[0] is not self._outline or self._outline is None:
            found = imports_of(self.outline.statements, self.package)
            self._imports = self._outline, found
        return self._imports[1]

    def definition(self, name: str) -> ast.stmt | None:
        """The definition that the live text has under a module-level name."""
        return self.outline.definition(name)

    def statements(self) -> Iterator[tuple[Statement, int]]:
        """The statements that are live, in order, with their lines."""
        return zip(self.outline.statements, self.outline.lines, strict=True)

    def mentions(self, word: str) -> bool:
        """Whether the live text can mention a word at all (cheap, no parse)."""
        return self.text is not None and word in self.text

    def module(self) -> types.ModuleType | None:
        """The module object, if it is still in ``sys.modules``."""
        found = sys.modules.get(self.name)
        return found if isinstance(found, types.ModuleType) else None
