"""The cases: every situation that is measured, with its sizes, contenders and repetitions.

In: the wish for a quick or a full run. Out: a tuple of `Case`, plain data that the driver
runs. `floor` is no contender: it is what reading and compiling alone take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LOADED = ("livecode", "autoreload", "jurigged")
FOLLOWING = (*LOADED, "reload")

MODULES = (250, 1000, 2000)
PLACES = ("library", "user")
FUNCTIONS = (20, 200, 1000)
MOVED = 200
HEAP = 2_000_000
INSTANCES = (1, 100_000)
MANY = 1_000_000
OTHERS = 2_000_000
HUGE = 10_000_000
SUBCLASSES = 1000


@dataclass(frozen=True)
class Case:
    """One situation: `processes` fresh ones for each contender, asked `rounds` times each."""

    key: str
    section: str
    task: str
    sizes: dict[str, int | str | bool]
    contenders: tuple[str, ...]
    processes: int
    rounds: int

    def task_of(self, contender: str) -> str:
        return "floor" if contender == "floor" else self.task


def idle(place: str, modules: int) -> Case:
    sizes: dict[str, int | str | bool] = {"modules": modules, "place": place}
    return Case(f"idle {place} {modules}", "idle", "idle", sizes, ("plain", *LOADED), 3, 8)


def edit(functions: int) -> Case:
    contenders = ("floor", *FOLLOWING)
    return Case(f"edit {functions}", "edit", "edit", {"functions": functions}, contenders, 5, 6)


def comment(heap: int) -> Case:
    sizes: dict[str, int | str | bool] = {"functions": MOVED, "heap": heap}
    return Case(f"comment {heap}", "comment", "comment", sizes, FOLLOWING, 3, 4)


def instances(count: int) -> Case:
    sizes: dict[str, int | str | bool] = {"instances": count}
    return Case(f"instances {count}", "instances", "instances", sizes, FOLLOWING, 3, 6)


def evolve(
    what: str, instances: int, *, heap: int = 0, classes: int = 0, careful: bool = False
) -> Case:
    sizes: dict[str, int | str | bool] = {"what": what, "instances": instances}
    sizes |= {"heap": heap, "classes": classes}
    contenders = ("livecode", "hand", "careful") if careful else ("livecode", "hand")
    key = f"{what} {classes or instances}{' heap' if heap else ''}"
    rounds = 3 if what == "slots" and instances == MANY else 5
    return Case(key, "evolve", "evolve", sizes, contenders, 1 if rounds == 3 else 2, rounds)


def few(heap: int) -> Case:
    sizes: dict[str, int | str | bool] = {"what": "literal", "instances": 10, "heap": heap}
    return Case(f"few {heap}", "evolve", "few", sizes, ("livecode",), 2, 5)


def load(key: str, *, apart: bool, modules: int = 0) -> Case:
    sizes: dict[str, int | str | bool] = {"apart": apart, "modules": modules}
    return Case(key, "load", "load", sizes, LOADED, 11, 1)


def breaks(key: str, task: str, rounds: int, **sizes: int | str | bool) -> Case:
    """Plain code stands beside the tracked code in the process of livecode."""
    return Case(key, "breaks", task, sizes, ("livecode",), 2, rounds)


ALL = (
    *(idle(place, modules) for place in PLACES for modules in MODULES),
    *(edit(functions) for functions in FUNCTIONS),
    comment(0),
    comment(HEAP),
    *(instances(count) for count in INSTANCES),
    evolve("literal", MANY, careful=True),
    evolve("hook", MANY, careful=True),
    evolve("slots", MANY // 10),
    evolve("slots", MANY // 10, heap=OTHERS),
    evolve("slots", MANY),
    evolve("family", MANY // 10, classes=SUBCLASSES),
    few(HUGE),
    load("import", apart=True),
    load("load", apart=False),
    load("load 2000", apart=False, modules=2000),
    breaks("programs", "programs", 7),
    breaks("handled", "small", 9, text="handled"),
    breaks("statements", "small", 9, text="statements"),
    breaks("compiling", "compiling", 3),
    breaks("break 3", "break", 9, lines=3),
    breaks("break 100", "break", 9, lines=100),
    breaks("break heap", "break", 9, lines=3, heap=MANY),
)

SECTIONS = tuple(dict.fromkeys(case.section for case in ALL))


def chosen(sections: list[str], contenders: list[str], *, quick: bool) -> tuple[Case, ...]:
    """The cases of `sections`, with only these contenders where any are named."""
    cases = [case for case in ALL if not sections or case.section in sections]
    if contenders:
        keep = {"plain", "floor", "hand", "careful", *contenders}
        cases = [
            replace(case, contenders=tuple(name for name in case.contenders if name in keep))
            for case in cases
        ]
    if quick:
        cases = [
            replace(case, processes=(case.processes + 3) // 4, rounds=(case.rounds + 1) // 2)
            for case in cases
        ]
    return tuple(cases)
