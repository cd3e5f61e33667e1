"""What the samples of `breaks.py` mean: the tables of part 3, with each goal met or not."""

from __future__ import annotations

from math import exp, log

from .driver import Outcome, ratio
from .goals import NONE, Results, Row, Table, as_ratio, as_time, at_most, limit, of

AT_WORK = 1.05
HANDLED = 2.0
COMPILING = 3.0
BREAK_SECONDS = 0.005

JUDGED = ("one_frame_up", "two_frames_up")


def names_in(live: Outcome) -> list[str]:
    """What was measured in plain and tracked code, in its order."""
    return [name.removesuffix(", plain") for name in live.seconds if name.endswith(", plain")]


def to_plain(live: Outcome, name: str, how: str = "tracked") -> float | None:
    return ratio(live, f"{name}, {how}", live, f"{name}, plain")


def mean(values: list[float | None]) -> float | None:
    """The geometric mean."""
    found = [value for value in values if value]
    return exp(sum(map(log, found)) / len(found)) if found else None


def pair(live: Outcome, name: str) -> tuple[str, str]:
    return (
        as_time(live.median(f"{name}, plain")),
        as_time(live.median(f"{name}, tracked")),
    )


def programs_table(results: Results) -> Table:
    table = Table(
        "programs",
        "Tracked code at work",
        "Programs of pyperformance and the pure-Python json, in code that livecode tracks and in"
        " the same code as Python compiles it, in turn in one cell of one process; each sample is"
        " the least of five. The goal is for the geometric mean. Beside them the plain program"
        " under `sys.settrace` with a tracer that does nothing, and under `bdb.Bdb` (of which"
        " `pdb` is made) with no breakpoint.",
        ("", "plain", "tracked", "tracked ÷ plain", "settrace ÷ plain", "Bdb ÷ plain"),
    )
    if "programs" not in results:
        return table
    live, hows = of(results, "programs", "livecode"), ("tracked", "settrace", "Bdb")
    for name in names_in(live):
        ratios = tuple(as_ratio(to_plain(live, name, how)) for how in hows)
        table.rows.append(Row(f"programs {name}", name, (*pair(live, name), *ratios)))
    if table.rows:
        means = [mean([to_plain(live, name, how) for name in names_in(live)]) for how in hows]
        cells = (NONE, NONE, *map(as_ratio, means))
        met = at_most(means[0], AT_WORK, live)
        table.rows.append(Row("programs mean", "mean", cells, f"÷ plain ≤ {AT_WORK}", met))
    return table


def small_table(results: Results, table: Table) -> Table:
    if table.key not in results:
        return table
    live = of(results, table.key, "livecode")
    for name in names_in(live):
        value = to_plain(live, name)
        goal, met = "", None
        if name in JUDGED:
            goal, met = f"÷ plain ≤ {HANDLED}", at_most(value, HANDLED, live)
        cells = (*pair(live, name), as_ratio(value))
        table.rows.append(Row(f"{table.key} {name}", name.replace("_", " "), cells, goal, met))
    return table


def handled_table(results: Results) -> Table:
    table = Table(
        "handled",
        "A raise that is handled",
        "5000 times, with nothing else in the loop.",
        ("", "plain", "tracked", "tracked ÷ plain"),
    )
    return small_table(results, table)


def statements_table(results: Results) -> Table:
    table = Table(
        "statements",
        "Statements by themselves",
        "For these something is added to the code; the loops hold nothing else, so that these are"
        " the highest ratios that there can be.",
        ("", "plain", "tracked", "tracked ÷ plain"),
    )
    return small_table(results, table)


def compiling_table(results: Results) -> Table:
    table = Table(
        "compiling",
        "Compiling tracked files",
        "The texts of the programs, the generated module of 200 functions, and the standard"
        " library's argparse, from text to code. `parsed` is `ast.parse` alone: syntax that is made"
        " of Python objects, which plain `compile` does without and every change of syntax needs."
        " The goal is for the geometric mean.",
        ("", "plain", "tracked", "tracked ÷ plain", "parsed ÷ plain"),
    )
    if "compiling" not in results:
        return table
    live, hows = of(results, "compiling", "livecode"), ("tracked", "parsed")
    for name in names_in(live):
        ratios = tuple(as_ratio(to_plain(live, name, how)) for how in hows)
        table.rows.append(Row(f"compiling {name}", name, (*pair(live, name), *ratios)))
    if table.rows:
        means = [mean([to_plain(live, name, how) for name in names_in(live)]) for how in hows]
        cells = (NONE, NONE, *map(as_ratio, means))
        met = at_most(means[0], COMPILING, live)
        table.rows.append(Row("compiling mean", "mean", cells, f"÷ plain ≤ {COMPILING}", met))
    return table


def break_table(results: Results) -> Table:
    table = Table(
        "break",
        "A break and a resume",
        "A function fails for the first time: the processor time that the cell takes beyond a"
        " cell in which the function returns, without the formatting of the traceback and of what"
        " is shown under it (IPython's own traceback takes most of that). Then `%resume skip`,"
        " the same way: the rest of the function is made, compiled and run.",
        ("", "break", "resume", "formatting"),
    )
    rows = {
        "break 3": "a function of 5 lines",
        "break 100": "a function of 100 lines",
        "break heap": "a function of 5 lines, a million objects in the heap",
    }
    for key, name in rows.items():
        if key not in results:
            continue
        live = of(results, key, "livecode")
        found = [live.median(what) for what in ("break", "resume", "format")]
        worst = None if found[0] is None or found[1] is None else max(found[0], found[1])
        cells = tuple(map(as_time, found))
        met = at_most(worst, BREAK_SECONDS, live)
        table.rows.append(Row(f"{key}", name, cells, f"each {limit(BREAK_SECONDS)}", met))
    return table
