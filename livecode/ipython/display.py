"""Shows lines of livecode: as HTML in front ends that take it, as plain text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from IPython.display import display as publish

from livecode.edits.report import as_html, escaped


class Shown:
    """Lines for people, with their HTML."""

    def __init__(self, lines: list[str], markup: str) -> None:
        self.lines = lines
        self.markup = markup

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return self.markup


def show(shell: Any, lines: list[str]) -> None:
    """Show report lines."""
    if hasattr(shell, "kernel"):
        publish(Shown(lines, as_html(lines)))
    else:
        print("\n".join(lines))


def show_both(shell: Any, text: str, markup: str) -> None:
    """Show what is made as text and as HTML."""
    if hasattr(shell, "kernel"):
        publish(Shown(text.splitlines(), markup))
    else:
        print(text)


class Table:
    """Rows under headings, as text and HTML, with notes below."""

    def __init__(
        self,
        title: str,
        headings: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        notes: Sequence[str] = (),
    ) -> None:
        self.title = title
        self.headings = headings
        self.rows = rows
        self.notes = notes

    def __repr__(self) -> str:
        if not self.rows:
            return self.title
        every = [self.headings, *self.rows]
        widths = [max(len(row[column]) for row in every) for column in range(len(self.headings))]
        lines = [self.title] if self.title else []
        for row in every:
            lines.append(
                "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                ).rstrip()
            )
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        title = f"<div>{escaped(self.title)}</div>" if self.title else ""
        if not self.rows:
            return title
        head = "".join(f"<th>{escaped(cell)}</th>" for cell in self.headings)
        body = "".join(
            "<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows
        )
        notes = "".join(f"<div>{escaped(note)}</div>" for note in self.notes)
        return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def show_table(shell: Any, table: Table) -> None:
    """Show a table."""
    if hasattr(shell, "kernel"):
        publish(table)
    else:
        print(repr(table))


def show_progress(name: str, done: int, count: int) -> None:
    """Show how far a long migration is: one line that is written over.

    Args:
        name: ``module:qualname`` of the class.
        done: how many of its instances are migrated.
        count: how many there are.
    """
    end = "\r" if done < count else "\n"
    sys.stderr.write(f"livecode: {name}: {done} of {count} instances{end}")
    sys.stderr.flush()
