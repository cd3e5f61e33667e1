"""What an edit did, as data: the `Report`, its entries, and their one or two lines of text."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

LONG = 1.0
"""From so many seconds on a report says how long a migration took."""


OWED = "{} owed a value: give a default, or set it in __reinit__(self, old)"


class Entry(NamedTuple):
    """One definition or statement that an edit concerned.

    `name` is ``module:qualname`` (for a file that failed, the module alone); `why` is what happened
    to it or why it could not follow; `where` is ``file:line``, or empty.
    """

    name: str
    why: str = ""
    where: str = ""

    def __str__(self) -> str:
        place = f" ({short(self.where)})" if self.where else ""
        return f"{self.name}{place}: {self.why}" if self.why else self.name


def short(path: str) -> str:
    """A path for people: relative below the working directory, else only the file's name."""
    folder = os.getcwd() + os.sep
    return path[len(folder) :] if path.startswith(folder) else os.path.basename(path)


@dataclass(frozen=True)
class Migrated:
    """What happened to the instances of one class whose layout changed.

    Attributes:
        name: ``module:qualname`` of the class.
        count: how many instances were alive.
        filled: attributes that got their default, and on how many instances.
        restored: attributes that came back with the value they had, likewise.
        owed: attributes that nothing gave a value to, likewise.
        removed: attributes that left them; their values are kept aside.
        hook: ``__reinit__`` ran.
        replaced: each instance is a new object, in the place of the old one.
        left: what still refers to old objects: how many references of which kind.
        renamed: pairs of attributes that may be one under two names.
        seconds: how long the migration of the whole edit took.
    """

    name: str
    count: int
    filled: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    hook: bool = False
    replaced: bool = False
    left: dict[str, int] = field(default_factory=dict)
    renamed: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0

    def parts(self) -> list[str]:
        """What happened to them, in words; empty if nothing did."""
        parts = [f"{', '.join(self.filled)} from the default"] if self.filled else []
        parts += [f"{', '.join(self.restored)} brought back"] if self.restored else []
        parts += ["by __reinit__"] if self.hook else []
        parts += [f"without {', '.join(self.removed)}"] if self.removed else []
        parts += ["as new objects in the old ones' places"] if self.replaced else []
        return parts

    def __str__(self) -> str:
        parts = self.parts()
        how = f": {'; '.join(parts)}" if parts else ""
        long = f" in {self.seconds:.0f} s" if self.seconds >= LONG else ""
        return f"{self.name}: {instances(self.count)} migrated{long}{how}"

    def problems(self) -> list[Entry]:
        """What the person should know of it."""
        found = [
            Entry(
                f"{self.name}.{name}",
                OWED.format(instances(count)),
            )
            for name, count in self.owed.items()
        ]
        found += [
            Entry(
                f"{self.name}.{new}",
                f"is it {old}, renamed? If so: def __reinit__(self, old): self.{new} = old[{old!r}]",
            )
            for old, new in self.renamed
        ]
        if self.left:
            kinds = ", ".join(f"{count} by {kind}" for kind, count in self.left.items())
            found.append(Entry(self.name, f"old objects are still referred to: {kinds}"))
        return found


def instances(count: int) -> str:
    """A number of instances in words."""
    return "1 instance" if count == 1 else f"{count} instances"


@dataclass
class Report:
    """The result of one edit.

    Attributes:
        applied: definitions and statements that were added, edited or renamed, and now live.
        moved: those of which only the lines changed.
        removed: those that are gone.
        failed: sources (or parts) that were held back, and why; everything of theirs is as it was.
        stale: what is alive and could not follow, and why.
        notes: what else the person should know.
        migrated: classes whose live instances got a new layout.
        errors: the exceptions behind `failed`, with their tracebacks.
    """

    applied: list[Entry] = field(default_factory=list)
    moved: list[Entry] = field(default_factory=list)
    removed: list[Entry] = field(default_factory=list)
    failed: list[Entry] = field(default_factory=list)
    stale: list[Entry] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    migrated: list[Migrated] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list, repr=False)

    @property
    def interrupt(self) -> KeyboardInterrupt | None:
        """What the person ended the edit with, if so."""
        return next((each for each in self.errors if isinstance(each, KeyboardInterrupt)), None)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    def __bool__(self) -> bool:
        return bool(self.applied or self.removed or self.problems or self.moved or self.migrated)

    @property
    def problems(self) -> list[Entry]:
        """Everything that the person should look at."""
        owed = [entry for each in self.migrated for entry in each.problems()]
        return [*self.failed, *self.stale, *owed, *self.notes]

    def add(self, other: Report) -> None:
        """Take over the entries of another report."""
        for name in (
            "applied",
            "moved",
            "removed",
            "failed",
            "stale",
            "notes",
            "migrated",
            "errors",
        ):
            mine, more = getattr(self, name), getattr(other, name)
            mine += [entry for entry in more if entry not in mine]

    def lines(self, only_problems: bool = False) -> list[str]:
        """The report in a few quiet lines; none when only lines moved."""
        found: list[str] = []
        if not only_problems and (self.applied or self.removed):
            found.append("; ".join(self._by_module()))
        found += [str(each) for each in self.migrated if each.count and each.parts()]
        found += [f"held back: {entry}" for entry in self.failed]
        if len(self.stale) > 3:
            found += [f"stale: {entry}" for entry in self.stale[:3]]
            found.append(f"stale: {len(self.stale) - 3} more, see report.stale")
        else:
            found += [f"stale: {entry}" for entry in self.stale]
        for each in self.migrated:
            found += [str(entry) for entry in each.problems()]
        found += [str(entry) for entry in self.notes]
        return [f"livecode: {line}" for line in found]

    def _by_module(self) -> Iterable[str]:
        modules: dict[str, list[str]] = {}
        for entry in self.applied:
            module, _, name = entry.name.partition(":")
            modules.setdefault(module, []).append(f"{name} {entry.why}")
        for entry in self.removed:
            module, _, name = entry.name.partition(":")
            modules.setdefault(module, []).append(f"{name} removed")
        for module, parts in modules.items():
            shown = ", ".join(parts[:6]) + (f" and {len(parts) - 6} more" if len(parts) > 6 else "")
            yield f"{module}: {shown}"

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "livecode: nothing to do"

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:
        printer.text(str(self))  # type: ignore[attr-defined]  # IPython's pretty printer

    def _repr_html_(self) -> str:
        return as_html(self.lines() or ["livecode: nothing to do"])


def escaped(text: str) -> str:
    """A text as HTML."""
    import html  # only where something is shown, as it takes long to load

    return html.escape(text)


def as_html(lines: list[str]) -> str:
    """Report lines for a notebook: small, problems in the notebook's warning colour."""
    parts = []
    for line in lines:
        problem = line.startswith(("livecode: held back", "livecode: stale"))
        colour = "var(--jp-warn-color0, #b35900)" if problem else "var(--jp-ui-font-color2, #777)"
        parts.append(f'<div style="color: {colour}; font-size: 90%">{escaped(line)}</div>')
    return "".join(parts)
