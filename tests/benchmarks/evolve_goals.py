"""What the samples of `evolve.py` mean: the tables of part 2, with each goal met or not."""

from __future__ import annotations

from .cases import MANY, OTHERS, SUBCLASSES
from .driver import ratio
from .goals import NONE, Results, Row, Table, as_ratio, at_most, labels, of, times

BY_HAND = 1.5
GROWTH = 15  # from 100,000 to a million; linear is 10, and no cache holds a million
PASSES = 1.5

NAMES = ("livecode", "hand", "careful")
MILLION = 1_000_000


def evolve_table(results: Results) -> Table:
    table = Table(
        "evolve",
        "A class evolves while it has instances",
        "One attribute is added, by a saved file; processor time, from the saved file to live."
        " By hand: the loop that a person would write for this one class, one pass over"
        " `gc.get_objects()` with a type test, then the assignment (for the hook the same"
        " computation, written out in the loop). With a way back: the loop also keeps what it would"
        " need to undo itself, and calls the hook. Replaced: other `__slots__`, so each instance"
        " gets a new object in its place; a list and a dict hold it, and the loop knows of no other"
        " holder.",
        ("", *labels(*NAMES), "livecode ÷ by hand", "÷ with a way back"),
    )
    rows = {
        f"literal {MANY}": (f"{MANY:,} instances, literal default", BY_HAND),
        f"hook {MANY}": (f"{MANY:,} instances, `__reinit__`", BY_HAND),
        f"slots {MANY // 10}": (f"{MANY // 10:,} instances replaced", None),
        f"slots {MANY // 10} heap": (
            f"{MANY // 10:,} replaced beside {OTHERS // MILLION} million others",
            None,
        ),
        f"slots {MANY}": (f"{MANY:,} instances replaced", None),
        f"family {SUBCLASSES}": (f"a base of {SUBCLASSES} classes, {MANY // 10:,} instances", None),
    }
    for key, (name, goal) in rows.items():
        if key not in results:
            continue
        live = of(results, key, "livecode")
        value = ratio(live, "edit", of(results, key, "hand"))
        careful = ratio(live, "edit", of(results, key, "careful"))
        cells = (*times(results[key], NAMES, "edit"), as_ratio(value), as_ratio(careful))
        judged = at_most(value, goal, live) if goal is not None else None
        text = f"÷ by hand ≤ {goal}" if goal is not None else ""
        table.rows.append(Row(f"evolve {key}", name, cells, text, judged))
    return _with_growth(table, results)


def _with_growth(table: Table, results: Results) -> Table:
    small, large = f"slots {MANY // 10}", f"slots {MANY}"
    if not {small, large} <= set(results):
        return table

    def growth(contender: str) -> float | None:
        low, high = (of(results, key, contender).median("edit") for key in (small, large))
        return high / low if low and high else None

    cells = (*(as_ratio(growth(name)) for name in ("livecode", "hand")), NONE, NONE, NONE)
    name = f"replaced: growth from {MANY // 10:,} to {MANY:,} (linear: 10)"
    met = at_most(growth("livecode"), GROWTH, of(results, large, "livecode"))
    table.rows.append(Row("evolve growth", name, cells, f"≤ {GROWTH}", met))
    return table


def few_table(results: Results) -> Table:
    table = Table(
        "few",
        "Ten instances in a heap of other objects",
        "A pass is one `gc.get_objects()`. The calls that look at the whole heap are counted in"
        " the edit: there must be one, and none where the layout stays the same.",
        ("", "livecode", "÷ a pass", "÷ a pass with a type test", "passes"),
    )
    for key in [key for key in results if key.startswith("few ")]:
        live = of(results, key, "livecode")
        heap = f"{int(key.split()[1]) / MILLION:g} million others"
        for what, judged in (
            ("a pass", None),
            ("a pass with a test", None),
            ("finding", PASSES),
            ("another layout", None),
            ("same layout", None),
        ):
            value = ratio(live, what, live, "a pass")
            tested = ratio(live, what, live, "a pass with a test")
            passes = live.median(f"passes, {what}")
            cells = (
                *times(results[key], ("livecode",), what),
                as_ratio(value),
                as_ratio(tested),
                NONE if passes is None else f"{passes:g}",
            )
            goal, met = "", None
            if judged is not None:
                goal, met = f"÷ a pass ≤ {judged}", at_most(value, judged, live)
            elif what == "same layout":
                goal, met = "no pass", None if passes is None else passes == 0
            table.rows.append(Row(f"{key} {what}", f"{what}, {heap}", cells, goal, met))
    return table
