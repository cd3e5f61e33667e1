"""Old: what an instance had before its class got another layout, as ``__reinit__`` sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Old(Mapping[str, Any]):
    """The attribute values of one instance before a migration: a read-only mapping.

    Attributes:
        added: names of the attributes that the new layout has and the old one had not.
        removed: names of those that the new layout has no more.
    """

    __slots__ = ("_box", "added", "removed")

    added: tuple[str, ...]
    removed: tuple[str, ...]
    _box: list[dict[str, Any]]

    def __init__(
        self, box: list[dict[str, Any]], added: tuple[str, ...], removed: tuple[str, ...]
    ) -> None:
        """What is in the box can be exchanged as long as nobody else has this object."""
        set_ = object.__setattr__
        set_(self, "_box", box)
        set_(self, "added", added)
        set_(self, "removed", removed)

    def __getitem__(self, name: str) -> Any:
        return self._box[0][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._box[0])

    def __len__(self) -> int:
        return len(self._box[0])

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"what an instance had before is read-only: {name!r}")

    def __repr__(self) -> str:
        return f"<old: {', '.join(self)}; added: {self.added}; removed: {self.removed}>"
