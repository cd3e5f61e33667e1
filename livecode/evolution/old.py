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

    __slots__ = ("_values", "added", "removed")

    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __init__(
        self, values: dict[str, Any], added: tuple[str, ...], removed: tuple[str, ...]
    ) -> None:
        set_ = object.__setattr__
        set_(self, "_values", values)
        set_(self, "added", added)
        set_(self, "removed", removed)

    def __getitem__(self, name: str) -> Any:
        found: dict[str, Any] = self._values  # type: ignore[attr-defined]  # a slot
        return found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)  # type: ignore[attr-defined]  # a slot

    def __len__(self) -> int:
        return len(self._values)  # type: ignore[attr-defined]  # a slot

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"what an instance had before is read-only: {name!r}")

    def __repr__(self) -> str:
        return f"<old: {', '.join(self)}; added: {self.added}; removed: {self.removed}>"
