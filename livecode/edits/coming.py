"""What a transaction has made live so far, as text: its sources learn of it only at the end.

In: the outlines of edits that are live. Out: what these texts say and import.
"""

from __future__ import annotations

from livecode.source import Source
from livecode.sources.imports import Imports, imports_of
from livecode.sources.outline import Outline


class Coming:
    """The texts that a transaction has made live so far, and that their sources do not know yet."""

    def __init__(self) -> None:
        self._outlines: dict[Source, Outline] = {}
        self._imports: dict[Source, Imports] = {}

    def add(self, source: Source, after: Outline) -> None:
        """A source's new text is live."""
        self.remove(source)
        self._outlines[source] = after

    def remove(self, source: Source) -> None:
        """It is not, after all."""
        self._outlines.pop(source, None)
        self._imports.pop(source, None)

    def outline(self, source: Source) -> Outline | None:
        """The text of a source that has come; None if what the source knows is live."""
        return self._outlines.get(source)

    def imports(self, source: Source) -> Imports:
        """What the live text of a source imports."""
        after = self._outlines.get(source)
        if after is None:
            return source.imports()
        if source not in self._imports:
            self._imports[source] = imports_of(after.statements, source.package)
        return self._imports[source]
