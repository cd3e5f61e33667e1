"""Old: what an instance had before its class got another layout, as ``__reinit__`` sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any


class Old(Mapping[str, Any]):
    """The attribute values of one instance before a migration: a read-only mapping.

    ``old[name]`` is the look-up of the dictionary itself, from a slot of the mapping: a method written
    in Python would take longer than most of what hooks do with the value.

    Attributes:
        added: names of the attributes that the new layout has and the old one had not.
        removed: names of those that the new layout has no more.
    """

    __slots__ = ("__getitem__", "_values", "added", "removed")

    added: tuple[str, ...]
    removed: tuple[str, ...]

    if TYPE_CHECKING:

        def __getitem__(self, name: str) -> Any: ...

    def __init__(
        self, values: dict[str, Any], added: tuple[str, ...], removed: tuple[str, ...]
    ) -> None:
        set_ = object.__setattr__
        set_(self, "_values", values)
        set_(self, "__getitem__", values.__getitem__)
        set_(self, "added", added)
        set_(self, "removed", removed)

    def __iter__(self) -> Iterator[str]:
        yield from self._values  # type: ignore[attr-defined]  # a slot
        # A generator: whoever keeps it keeps the mapping, and not the dictionary alone.

    def __len__(self) -> int:
        return len(self._values)  # type: ignore[attr-defined]  # a slot

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"what an instance had before is read-only: {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"what an instance had before is read-only: {name!r}")

    def __repr__(self) -> str:
        return f"<old: {', '.join(self)}; added: {self.added}; removed: {self.removed}>"
