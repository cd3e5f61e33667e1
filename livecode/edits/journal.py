"""The way back: every change that an edit makes to a live object goes through a Journal.

In: one elementary change after the other. Out: the same changes undone, newest first, either all at
once because the edit failed (`rollback`), or later because the person asks for it (`revert`).
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, MutableMapping
from types import CodeType
from typing import Any, NamedTuple, Protocol

from livecode.edits.abstract import forget_answers
from livecode.edits.report import Entry


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""Stands for "there was no such item or attribute"."""


def _member(value: Any) -> bool:
    """Whether a class that has this under a name has such a member (None says that it has not)."""
    return value is not MISSING and value is not None


class Kept(NamedTuple):
    """One elementary change that was made: `read` tells the present value, `write` sets one (or MISSING)."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], None]
    old: Any
    new: Any


class Step(Protocol):
    """Many changes of one kind that were made together and know their own way back."""

    name: str
    """What is changed, for messages."""

    def rollback(self) -> list[Entry]:
        """Put back everything, newest first; gives what could not be put back."""

    def revert(self) -> list[Entry]:
        """Put back every place that still holds what was put there; gives the other places."""


class Late:
    """A step that leaves something to do until everything else is put back (then keys have the hash that
    they had, as their attributes and classes are as before)."""

    def finish(self) -> list[Entry]:
        """Do it; gives what could not be put back."""
        raise NotImplementedError


class Journal:
    """A list of elementary changes already made, each with what was there before it."""

    def __init__(self) -> None:
        self._changes: list[Kept | Step] = []

    def __len__(self) -> int:
        return len(self._changes)

    def change(
        self, name: str, read: Callable[[], Any], write: Callable[[Any], None], new: Any
    ) -> None:
        """Write `new`, remembering what `read` gave before.

        Args:
            name: what is changed, for messages.
            read: gives the present value, or MISSING.
            write: sets a value; MISSING deletes.
            new: the value to write.
        """
        old = read()
        # Code is held weakly, so that its reference count still tells who else holds it.
        written = weakref.ref(new) if isinstance(new, CodeType) else new
        self._changes.append(Kept(name, read, write, old, written))
        try:
            write(new)
        except Exception:
            self._changes.pop()  # it was refused: nothing was changed
            raise

    def step(self, step: Step) -> None:
        """Remember many changes as one; to be called before the first of them is made."""
        self._changes.append(step)

    def extend(self, later: Journal) -> None:
        """Take in what was changed later."""
        self._changes += later._changes

    def item(self, mapping: MutableMapping[Any, Any], key: Any, new: Any) -> None:
        """Set (MISSING: delete) an item of a mapping."""

        def write(value: Any) -> None:
            if value is not MISSING:
                mapping[key] = value
            else:
                mapping.pop(key, None)

        self.change(str(key), lambda: mapping.get(key, MISSING), write, new)

    def attribute(self, target: Any, name: str, new: Any) -> None:
        """Set (MISSING: delete) an attribute."""

        def write(value: Any) -> None:
            if value is not MISSING:
                setattr(target, name, value)
            elif hasattr(target, name):
                delattr(target, name)

        self.change(name, lambda: _own(target, name), write, new)

    def class_attribute(self, cls: type, name: str, new: Any) -> None:
        """Set (MISSING: delete) what is in a class's own dictionary, past any metaclass."""

        def write(value: Any) -> None:
            before = cls.__dict__.get(name, MISSING)
            if value is not MISSING:
                type.__setattr__(cls, name, value)
            elif before is not MISSING:
                type.__delattr__(cls, name)
            if _member(before) != _member(value):
                forget_answers(cls)

        self.change(
            f"{cls.__qualname__}.{name}", lambda: cls.__dict__.get(name, MISSING), write, new
        )

    def codes(self) -> list[tuple[CodeType, CodeType]]:
        """Code that was exchanged and is alive: what took the place, and what was there before."""
        found = []
        for change in self._changes:
            if not isinstance(change, Kept):
                continue
            new = change.new() if isinstance(change.new, weakref.ref) else None
            if isinstance(new, CodeType) and isinstance(change.old, CodeType):
                found.append((new, change.old))
        return found

    def rollback(self, since: int = 0, late: list[Late] | None = None) -> list[Entry]:
        """Undo every change made after the first `since`, newest first.

        Args:
            since: how many changes stay.
            late: if given, takes the steps that the caller is to finish later.

        Returns:
            What could not be undone, and why (empty: everything is as it was).
        """
        faults: list[Entry] = []
        unfinished: list[Late] = [] if late is None else late
        while len(self._changes) > since:
            change = self._changes.pop()
            if not isinstance(change, Kept):
                faults.extend(change.rollback())
                if isinstance(change, Late):
                    unfinished.append(change)
                continue
            try:
                change.write(change.old)
            except Exception as error:  # reported: the rest must still go back
                faults.append(Entry(change.name, f"could not be put back: {error!r}"))
        if late is None:
            for each in unfinished:
                faults.extend(each.finish())
        return faults

    def revert(self) -> list[Entry]:
        """Undo every change whose place still holds what the edit put there; then the steps, whose
        objects are brought back when their classes and names are.

        Returns:
            The places that were changed by somebody else since, and are left as they are.
        """
        faults: list[Entry] = []
        skipped: set[tuple[int, str]] = set()
        steps: list[Step] = []
        while self._changes:
            change = self._changes.pop()
            if not isinstance(change, Kept):
                steps.append(change)
                continue
            try:
                if _same(change.read(), change.new):
                    change.write(change.old)
                elif (key := (id(change.read), change.name)) not in skipped:
                    skipped.add(key)
                    faults.append(Entry(change.name, "was changed since; left as it is"))
            except Exception as error:  # reported: the rest must still go back
                faults.append(Entry(change.name, f"could not be put back: {error!r}"))
        for step in steps:
            try:
                faults.extend(step.revert())
            except Exception as error:  # reported: the rest must still go back
                faults.append(Entry(step.name, f"could not be put back: {error!r}"))
        return faults


def _own(target: Any, name: str) -> Any:
    """What an object itself has as an attribute, or MISSING where it would be found on its class."""
    own = getattr(target, "__dict__", None)
    if isinstance(own, dict) and name in own:
        return own[name]
    found = inspect.getattr_static(type(target), name, MISSING)
    return getattr(target, name, MISSING) if hasattr(type(found), "__set__") else MISSING


def _same(present: Any, written: Any) -> bool:
    """Whether a place still holds what was written (or an equal copy of it)."""
    if isinstance(written, weakref.ref) and isinstance(present, CodeType):
        return written() is present
    if present is written:
        return True
    return (
        type(present) is type(written)
        and isinstance(present, (dict, frozenset, tuple))
        and present == written
    )
