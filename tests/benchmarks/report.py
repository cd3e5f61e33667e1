"""Lays the tables out: as text for the terminal, and as the page docs/benchmarks.md.

In: tables and the facts about the machine. Out: text. The page is written anew by each
full run; what people have to say about it stands in `remarks.py`.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .contenders import ORDER
from .driver import Outcomes
from .goals import NONE, Row, Table
from .remarks import REMARKS

HEAD = """\
# Benchmarks

What livecode costs, beside its peers. Made by `python -m tests.benchmarks`; do not edit it
by hand (the paragraphs below the tables are kept in `tests/benchmarks/remarks.py`).

All contenders are measured in one run: each in fresh processes of its own that live side
by side and are asked in turn. A time is the median of all rounds; a ratio is the median
of the ratios within each round, so it can differ a little from the quotient of two times.
`*` marks a contender with which not everything was live after an edit (functions,
instances or line numbers): its time is not the time of a finished job.
"""


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def facts() -> list[tuple[str, str]]:
    """The machine, Python and the versions of all contenders."""
    found = [
        ("machine", f"{processor()}, {os.cpu_count()} cores, {platform.system()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
    ]
    if hasattr(os, "getloadavg"):
        found.append(("load before the run", f"{os.getloadavg()[0]:.1f}"))
    for package in dict.fromkeys(kind.package for kind in ORDER if kind.package):
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            found.append((package, "this repository" if package == "livecode" else "missing"))
    return found


def met(row: Row) -> str:
    if not row.goal:
        return ""
    return NONE if row.met is None else "yes" if row.met else "NO"


def lines_of(table: Table) -> list[tuple[str, ...]]:
    rows = [(row.name, *row.cells, row.goal, met(row)) for row in table.rows]
    return [(*table.header, "goal", "met"), *rows]


def as_text(table: Table) -> str:
    """The table for the terminal, columns aligned."""
    lines = lines_of(table)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]

    def laid_out(line: Sequence[str]) -> str:
        first = line[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        return "  ".join((first, *rest)).rstrip()

    return "\n".join((table.title, *(laid_out(line) for line in lines)))


def as_markdown(table: Table) -> str:
    header, *rows = (f"| {' | '.join(line)} |" for line in lines_of(table))
    rule = "| --- |" + " ---: |" * (len(table.header) + 1)
    parts = [f"## {table.title}", table.intro, "\n".join((header, rule, *rows))]
    if table.key in REMARKS:
        parts.append(f"What dominates: {REMARKS[table.key]}")
    parts += [f"*{row.name}*: {REMARKS[row.key]}" for row in table.rows if row.key in REMARKS]
    return "\n\n".join(parts)


def failures(results: dict[str, Outcomes]) -> list[str]:
    """A line for each contender that could not be measured, with the reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for case, outcomes in results.items():
        for name, outcome in outcomes.items():
            if outcome.error:
                reasons.setdefault((name, outcome.error), []).append(case)
    return [f"{name}: {why} ({', '.join(cases)})" for (name, why), cases in reasons.items()]


def summary(tables: list[Table]) -> str:
    judged = [row for table in tables for row in table.rows if row.met is not None]
    if not judged:
        return "no goal was measured"
    missed = [row.name for row in judged if not row.met]
    text = f"{len(judged) - len(missed)} of {len(judged)} goals met"
    return f"{text}; not met: {'; '.join(missed)}" if missed else text


def page(tables: list[Table], results: dict[str, Outcomes], known: list[tuple[str, str]]) -> str:
    """The whole of docs/benchmarks.md."""
    machine = "\n".join(f"- {name}: {value}" for name, value in known)
    parts = [HEAD.rstrip(), machine, f"{summary(tables)}."]
    parts += [as_markdown(table) for table in tables]
    failed = failures(results)
    if failed:
        parts.append("## Not measured\n\n" + "\n".join(f"- {line}" for line in failed))
    return "\n\n".join(parts) + "\n"
