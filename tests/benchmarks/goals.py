"""What the samples mean: tables of medians and ratios, with each goal met or not.

In: the outcomes of every case. Out: `Table`s of text, which `report.py` lays out. The
goals are those of part 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .cases import FUNCTIONS, HEAP, INSTANCES, MODULES, MOVED, PLACES
from .contenders import LABELS
from .driver import Outcome, Outcomes, ratio

Results = dict[str, Outcomes]
NONE = "-"

IDLE_RATIO = 1.2
RELOAD_RATIO = 0.2
GROWTH = 2.5  # from 200 to 1000 functions; linear would be 5
COMMENT_SECONDS = 0.010
LOAD_SECONDS = 0.030


@dataclass(frozen=True)
class Row:
    """One line of a table; `key` names its paragraph in `remarks.py`."""

    key: str
    name: str
    cells: tuple[str, ...]
    goal: str = ""
    met: bool | None = None


@dataclass
class Table:
    key: str
    title: str
    intro: str
    header: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


def as_time(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    if abs(seconds) < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    digits = 2 if abs(seconds) < 0.01 else 1 if abs(seconds) < 0.1 else 0
    return f"{seconds * 1e3:.{digits}f} ms"


def limit(seconds: float) -> str:
    return f"≤ {seconds * 1e3:.0f} ms"


def as_ratio(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def at_most(value: float | None, goal: float, *outcomes: Outcome) -> bool | None:
    """Is the goal met? Never, when `outcomes` did not follow the edit."""
    if value is None:
        return None
    return value <= goal and all(outcome.followed for outcome in outcomes)


def times(outcomes: Outcomes, names: tuple[str, ...], what: str) -> tuple[str, ...]:
    """The medians of `what`; `*` marks a contender with which not all was live after an edit."""
    return tuple(
        as_time(outcomes[name].median(what)) + ("" if outcomes[name].followed else " *")
        if name in outcomes
        else NONE
        for name in names
    )


def labels(*names: str) -> tuple[str, ...]:
    return tuple(LABELS.get(name, name) for name in names)


def of(results: Results, case: str, contender: str) -> Outcome:
    return results.get(case, {}).get(contender, Outcome(error="not run"))


def idle_table(results: Results) -> Table:
    names = ("plain", "livecode", "autoreload", "jurigged")
    table = Table(
        "idle",
        "An idle cell",
        "The time of a cell with nothing edited (the lower quartile of 100), through"
        " `InteractiveShell.run_cell`, after"
        " importing that many modules on top of IPython's own: from a site-packages folder"
        " (library) or from a folder of the user. The same cell is `pass` each time; a new"
        " cell is `x = 1`, `x = 2` and so on.",
        ("", *labels(*names), "livecode ÷ plain", "%autoreload ÷ plain"),
    )
    for kind in ("same cell", "new cell"):
        for place in PLACES:
            for modules in MODULES:
                key = f"idle {place} {modules}"
                if key not in results:
                    continue
                plain = of(results, key, "plain")
                live = of(results, key, "livecode")
                value = ratio(live, kind, plain)
                peer = ratio(of(results, key, "autoreload"), kind, plain)
                cells = times(results[key], names, kind)
                table.rows.append(
                    Row(
                        f"{key} {kind}",
                        f"{kind}, {modules} {place} modules",
                        (*cells, as_ratio(value), as_ratio(peer)),
                        f"÷ plain ≤ {IDLE_RATIO}",
                        at_most(value, IDLE_RATIO, live),
                    )
                )
    key = f"idle user {MODULES[-1]}"
    for kind in ("importing", "cell after importing") if key in results else ():
        value = ratio(of(results, key, "livecode"), kind, of(results, key, "plain"))
        peer = ratio(of(results, key, "autoreload"), kind, of(results, key, "plain"))
        name = f"{kind} {MODULES[-1]} user modules"
        cells = times(results[key], names, kind)
        table.rows.append(Row(f"{key} {kind}", name, (*cells, as_ratio(value), as_ratio(peer))))
    return table


def floor_of(results: Results, functions: int) -> float | None:
    floor = of(results, f"edit {functions}", "floor")
    read, one = floor.median("read"), floor.median("compile one")
    return None if read is None or one is None else read + one


def edit_table(results: Results) -> Table:
    names = ("livecode", "autoreload", "jurigged", "reload")
    table = Table(
        "edit",
        "One line edited in a module of many functions",
        "From the saved file to live. Where cells apply edits: the time of the next cell"
        " minus a bare cell. For jurigged: its `refresh`, without the delay of its watcher."
        " `read + compile one` is reading the text and compiling the one changed function,"
        " which nobody can save. Writing .pyc files is off, which favours importlib.reload; it"
        " is live under the module's names only, not where the old functions are held.",
        ("", "read + compile one", *labels(*names), "livecode ÷ reload", "livecode ÷ floor"),
    )
    for kind in ("later edit", "first edit"):
        for functions in FUNCTIONS:
            key = f"edit {functions}"
            if key not in results:
                continue
            live, floor = of(results, key, "livecode"), floor_of(results, functions)
            value = ratio(live, kind, of(results, key, "reload"))
            seconds = live.median(kind)
            distance = seconds / floor if seconds is not None and floor else None
            cells = (as_time(floor), *times(results[key], names, kind))
            judged = functions == FUNCTIONS[-1]
            table.rows.append(
                Row(
                    f"{key} {kind}",
                    f"{kind}, {functions} functions",
                    (*cells, as_ratio(value), as_ratio(distance)),
                    f"÷ reload ≤ {RELOAD_RATIO}" if judged else "",
                    at_most(value, RELOAD_RATIO, live) if judged else None,
                )
            )
    return with_growth(table, results, names)


def floor_table(results: Results) -> Table:
    table = Table(
        "floor",
        "Reading, parsing and compiling",
        "What the parts of an edit take by themselves, with `ast.parse` and `compile`.",
        ("", "read", "compile one", "parse all", "parse and compile all"),
    )
    for functions in FUNCTIONS:
        key = f"edit {functions}"
        if key in results:
            floor = of(results, key, "floor")
            kinds = ("read", "compile one", "parse all", "compile all")
            cells = tuple(as_time(floor.median(kind)) for kind in kinds)
            table.rows.append(Row(f"floor {functions}", f"{functions} functions", cells))
    return table


def with_growth(table: Table, results: Results, names: tuple[str, ...]) -> Table:
    """The row that says how the later edits grow with the functions that did not change."""
    small, large = FUNCTIONS[1:]
    if not {f"edit {small}", f"edit {large}"} <= set(results):
        return table

    def beyond_reading(functions: int, name: str) -> float | None:
        seconds = of(results, f"edit {functions}", name).median("later edit")
        read = of(results, f"edit {functions}", "floor").median("read")
        return None if seconds is None or read is None else seconds - read

    def growth(name: str) -> float | None:
        low, high = beyond_reading(small, name), beyond_reading(large, name)
        return high / low if low and high and low > 0 else None

    cells = (NONE, *(as_ratio(growth(name)) for name in names), NONE, NONE)
    name = f"growth from {small} to {large}, without reading (linear: {large // small})"
    met = at_most(growth("livecode"), GROWTH, of(results, f"edit {large}", "livecode"))
    table.rows.append(Row("edit growth", name, cells, f"≤ {GROWTH}", met))
    return table


def applying_table(
    results: Results, key: str, title: str, intro: str, situations: dict[str, str]
) -> Table:
    """A table of first and later edits for the cases in `situations`."""
    names = ("livecode", "autoreload", "jurigged", "reload")
    table = Table(key, title, intro, ("", *labels(*names), "livecode ÷ reload"))
    for case, name in situations.items():
        for kind in ("later edit", "first edit") if case in results else ():
            value = ratio(of(results, case, "livecode"), kind, of(results, case, "reload"))
            cells = (*times(results[case], names, kind), as_ratio(value))
            row = Row(f"{case} {kind}", f"{kind}, {name}", cells)
            if case == f"comment {HEAP}":
                live = of(results, case, "livecode")
                met = at_most(live.median(kind), COMMENT_SECONDS, live)
                row = Row(row.key, row.name, cells, limit(COMMENT_SECONDS), met)
            table.rows.append(row)
    return table


def comment_table(results: Results) -> Table:
    return applying_table(
        results,
        "comment",
        f"A comment line added above {MOVED} functions",
        "Nothing changes but line numbers. The heap holds two million lists besides.",
        {"comment 0": "small heap", f"comment {HEAP}": f"{HEAP // 1_000_000} million objects"},
    )


def instances_table(results: Results) -> Table:
    return applying_table(
        results,
        "instances",
        "A method edited while its class has instances",
        "One line of a method changes; the held instances must use it.",
        {f"instances {count}": f"instances: {count:,}" for count in INSTANCES},
    )


def load_table(results: Results) -> Table:
    names = ("livecode", "autoreload", "jurigged")
    table = Table(
        "load",
        "Importing and loading",
        "On top of a running IPython shell, each time in a fresh process. Loading includes"
        " the import: `%load_ext livecode`; `%load_ext autoreload` and `%autoreload 2`;"
        " `import jurigged` and `jurigged.watch()`. importlib.reload needs neither.",
        ("", *labels(*names)),
    )
    rows = (
        ("import", "import", "import alone"),
        ("load", "load", "load"),
        ("load", "cell after loading", "the first cell after it"),
        ("load 2000", "load", "load with 2000 user modules imported before"),
        ("load 2000", "cell after loading", "the first cell after that"),
    )
    for case, kind, name in rows:
        if case not in results:
            continue
        cells = times(results[case], names, kind)
        row = Row(f"{case} {kind}", name, cells)
        if row.key == "load load":
            seconds = of(results, case, "livecode").median(kind)
            met = at_most(seconds, LOAD_SECONDS)
            row = Row(row.key, name, cells, limit(LOAD_SECONDS), met)
        table.rows.append(row)
    return table
