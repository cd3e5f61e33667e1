"""A fault at every instance and every step of a migration: everything is as it was, and the next save
succeeds. ``LIVECODE_PROPERTIES=long`` takes every step, else one of each kind. The program is that of `tests.evolution.live`, and what is compared is all that it reaches.
"""

from __future__ import annotations

import functools
import gc
import os
import types
import weakref
from collections import defaultdict, deque
from typing import NamedTuple

import pytest

from livecode.edits import journal
from livecode.evaluate import evaluate_text
from livecode.evolution import (
    beside,
    copies,
    debts,
    evolving,
    filling,
    frames,
    instances,
    migration,
    searching,
    snapshots,
    swaps,
)
from tests.evolution.live import Live
from tests.faults.injection import Injected, Interrupted, Steps

EVERY = os.environ.get("LIVECODE_PROPERTIES") == "long"

STEPS = (
    (journal.Journal, "change", "both"),
    (journal.Journal, "step", "both"),
    (evolving, "layout", "before"),
    (evolving, "difference", "before"),
    (evolving, "instances_of", "before"),
    (evolving, "remade", "both"),
    (evolving, "take_over", "both"),
    (evolving, "replace", "both"),
    (evolving, "rehash", "both"),
    (migration.Migration, "fill", "both"),
    (migration.Migration, "placed", "before"),
    (migration.Migration, "run_hooks", "both"),
    (migration.Migration, "find_owed", "both"),
    (filling, "successor", "both"),
    (migration, "waiting", "both"),
    (instances.Fields, "values", "both"),
    (instances.Fields, "put", "both"),
    (instances.Fields, "all_values", "both"),
    (instances.Fields, "put_all", "both"),
    (instances.Fields, "have_only", "both"),
    (snapshots.Snapshots, "take", "both"),
    (snapshots.Snapshots, "add", "both"),
    (snapshots.Part, "changed", "both"),
    (migration, "call_for_each", "both"),
    (beside.Beside, "put", "both"),
    (debts.Debts, "set", "both"),
    (searching.Search, "find", "both"),
    (searching.Search, "count", "both"),
    (copies, "copy", "both"),
    (copies, "copy_reference", "both"),
    (swaps.Swaps, "places", "both"),
    (swaps.Swaps, "keys", "both"),
    (swaps.Swaps, "put", "both"),
    (swaps, "refill", "both"),
    (frames, "change", "both"),
)

RETRIED = ("Swaps.keys", "swaps.refill")

HEAD = """\
from dataclasses import dataclass, field
from typing import NamedTuple
from graph import called
"""

HOLD = """\
everything += [{0}]
table = {{'one': everything[0], 'two': (1, (everything[1],))}}
keys = {{everything[0]: 1, (2, everything[1]): 2}}
group, frozen = {{everything[0], everything[1]}}, frozenset(everything[:2])
bound, held = everything[0].body, closure(everything[1])
made = generator(everything[0]); next(made)
part, line = functools.partial(len, everything[1]), deque(everything)
"""


class Case(NamedTuple):
    """One edit: the texts, how two instances are made, and what shows that it is live."""

    name: str
    before: str
    after: str
    made: str
    probe: str
    now: object
    first: str = ""  # an edit before it


def case(name, before, after, made, probe, now, first=""):
    return Case(name, HEAD + before, HEAD + after, made, probe, now, first and HEAD + first)


BODY = "    def body(self): return 1\n"
PLAIN = "class A:\n    def __init__(self): self.x = 1\n" + BODY
SUB = PLAIN + "class B(A): pass\n"
SLOTS = (
    "class A:\n    __slots__ = ('x', '__weakref__')\n    def __init__(self): self.x = 1\n" + BODY
)
DATA = "@dataclass\nclass A:\n    x: int = 1\n    __hash__ = object.__hash__\n" + BODY
FROZEN = "@dataclass(frozen=True)\nclass A:\n    x: int\n" + BODY
TUPLE = "class A(NamedTuple):\n    x: int\n" + BODY
HOOK = "    def __reinit__(self, old):\n        called(self)\n        self.y = old['x'] + 1\n"

CASES = [
    case(
        "a literal",
        PLAIN,
        PLAIN.replace("self.x = 1", "self.x, self.z = 1, 0; self.y = 2"),
        "m.A(), m.A()",
        "[each.y for each in everything]",
        [2, 2],
    ),
    case(
        "a default for each",
        DATA,
        DATA.replace("x: int = 1\n", "x: int = 1\n    y: list = field(default_factory=list)\n"),
        "m.A(), m.A()",
        "[each.y for each in everything]",
        [[], []],
    ),
    case(
        "a field that goes",
        DATA + "class B(A): pass\n",
        DATA.replace("    x: int = 1\n", "") + "class B(A): pass\n",
        "m.A(), m.B()",
        "['x' in vars(each) for each in everything]",
        [False, False],
    ),
    case(
        "a hook",
        SUB,
        SUB.replace("self.x = 1", "self.y = (self.x, 1)").replace(BODY, BODY + HOOK),
        "m.A(), m.B()",
        "[each.y for each in everything]",
        [2, 2],
    ),
    case(
        "a debt",
        PLAIN,
        PLAIN.replace("(self): self.x = 1", "(self, y=0): self.x = 1; self.y = y"),
        "m.A(), m.A()",
        "[hasattr(each, 'y') for each in everything]",
        [False, False],
    ),
    case(
        "a debt that is paid",
        PLAIN,
        PLAIN.replace("self.x = 1", "self.x = 1; self.y = 7"),
        "m.A(), m.A()",
        "[each.y for each in everything]",
        [7, 7],
        first=PLAIN.replace("(self): self.x = 1", "(self, y=0): self.x = 1; self.y = y"),
    ),
    case(
        "a slot",
        SLOTS + "class B(A): pass\n",
        SLOTS.replace("('x'", "('y', 'x'").replace("= 1\n", "= 1; self.y = 3\n")
        + "class B(A): pass\n",
        "m.A(), m.B()",
        "[each.y for each in everything]",
        [3, 3],
    ),
    case(
        "a slot and a hook",
        SLOTS,
        SLOTS.replace("('x'", "('y', 'x'").replace("= 1\n", "= 1; self.y = (1,)\n") + HOOK,
        "m.A(), m.A()",
        "[each.y for each in everything]",
        [2, 2],
    ),
    case(
        "from dict to slots",
        PLAIN.replace("= 1\n", "= 1; self.z = 5\n"),
        SLOTS,
        "m.A(), m.A()",
        "[each.__slots__ for each in everything]",
        [("x", "__weakref__")] * 2,
    ),
    case(
        "a field of the parent",
        DATA + "@dataclass\nclass B(A):\n    w: int = 4\n    __hash__ = object.__hash__\n",
        DATA.replace("x: int = 1\n", "x: int = 1\n    y: int = 2\n")
        + "@dataclass\nclass B(A):\n    w: int = 4\n    __hash__ = object.__hash__\n",
        "m.A(), m.B()",
        "[vars(each) for each in (everything[1], m.B())]",
        [{"x": 1, "w": 4, "y": 2}] * 2,
    ),
    case(
        "a frozen value",
        FROZEN,
        FROZEN.replace("x: int\n", "x: int\n    y: int = 2\n"),
        "m.A(1), m.A(2)",
        "[m.A(1) in keys, m.A(1) in group, m.A(2) in frozen]",
        [True] * 3,
    ),
    case(
        "a namedtuple",
        TUPLE,
        TUPLE.replace("x: int\n", "x: int\n    y: int = 2\n"),
        "m.A(1), m.A(2)",
        "[m.A(1) in keys, m.A(1) in group, m.A(2) in frozen]",
        [True] * 3,
    ),
    case(
        "an item that is owed",
        TUPLE,
        TUPLE.replace("x: int\n", "y: int\n    x: int\n"),
        "m.A(1), m.A(2)",
        "[(each.x, hasattr(each, 'y')) for each in everything]",
        [(1, False), (2, False)],
    ),
]
names = [case.name.replace(" ", "_") for case in CASES]


def facts(live):
    """Everything that the program reaches: for the id of each object what it is made of."""
    aside = live.workspace.evolution.aside
    owed = live.workspace.evolution.debts._owed
    found = {
        "aside": sorted((at, sorted(values)) for at, (_, values) in aside._held.items()),
        "owed": sorted((id(cls), sorted(names)) for cls, names in owed.items()),
    }
    stack = [vars(live.graph), vars(live("m"))]
    while stack:
        item = stack.pop()
        parts = None if id(item) in found else _parts(item)
        if parts is not None:
            found[id(item)] = (type(item).__name__, id(type(item)), *map(_fact, parts))
            stack += [part for part in parts if not isinstance(part, str)]
    return found


def _fact(part):
    return part if isinstance(part, (str, int, type(None))) else id(part)


def _parts(item):
    """What an object of the program is made of, in order; None for all others."""
    kind = type(item)
    if kind in (dict, deque, list, tuple, set, frozenset):
        parts = [each for pair in item.items() for each in pair] if kind is dict else list(item)
        if "__builtins__" in parts:  # a namespace
            parts = [
                each
                for name, value in item.items()
                if not name.startswith("__") and not isinstance(value, types.ModuleType)
                for each in (name, value)
            ]
        return sorted(parts, key=id) if kind in (set, frozenset) else parts
    if kind is types.FunctionType and item.__module__ in ("m", "graph"):
        return [item.__code__, item.__defaults__, *(item.__closure__ or ())]
    if kind is types.CellType:
        return [item.cell_contents]
    if kind is types.MethodType:
        return [item.__self__, item.__func__]
    if kind is functools.partial:
        return [item.func, item.args]
    if kind is weakref.ref:
        return [item()]
    if kind is types.GeneratorType:
        return [item.gi_frame.f_locals["held"]]
    if isinstance(item, type) and item.__module__ == "m":
        skipped = ("__dict__", "__weakref__", "__doc__")
        members = {name: raw for name, raw in vars(item).items() if name not in skipped}
        return [each for name in sorted(members) for each in (name, members[name])]
    if kind.__module__ == "m":
        parts = [
            each for pair in sorted(instances.Fields(kind).values(item).items()) for each in pair
        ]
        return [*parts, *item] if isinstance(item, tuple) else parts
    return None


@pytest.fixture
def live():
    program = Live()
    yield program
    program.close()


def begin(live, case):
    live.start(case.before)
    live.run(HOLD.format(case.made))
    if case.first:
        assert not live.save(case.first).failed


def steps_of(case):
    """The numbers of the steps at which to fail: the first and the last of each name."""
    program = Live()
    try:
        begin(program, case)
        with Steps(0, steps=STEPS).injected() as steps:
            program.save(case.after)
    finally:
        program.close()
    if EVERY:
        return range(1, len(steps.names) + 1)
    places = defaultdict(list)
    for at, name in enumerate(steps.names, 1):
        places[name].append(at)
    return sorted({at for found in places.values() for at in (found[0], found[-1])})


@pytest.mark.parametrize("case", CASES, ids=names)
@pytest.mark.parametrize("error", [Injected, Interrupted], ids=["error", "interrupt"])
def test_a_fault_at_any_step_changes_nothing(live, case, error):
    steps = steps_of(case)
    if error is Interrupted and not EVERY:
        steps = steps[::5]
    assert len(steps) > 3, "hardly any step was seen: are they still called through their modules?"
    begin(live, case)
    before = facts(live)
    for at in steps:
        with Steps(at, error, STEPS).injected() as injected:
            report = live.save(case.after)
        if not injected.reached:  # less was to be done than in the other program
            break
        step = f"at step {at} ({injected.names[at - 1]})"
        if not report.failed:  # what fails for the keys of a holder is tried again, after the hooks
            assert any(name in step for name in RETRIED), f"{step}: the fault was swallowed"
            assert live(case.probe) == case.now, step
            del report
            live.undo()
            before = facts(live)
            continue
        assert report.notes == [], step
        del report  # its error holds on to what was made
        if facts(live) != before:
            gc.collect()  # classes that were made and dropped are in cycles
        assert facts(live) == before, step
    assert not live.save(case.after).failed
    assert live(case.probe) == case.now


HOLDERS = (
    "table['one']",
    "next(iter(keys))",
    "bound.__self__",
    "made.gi_frame.f_locals['held']",
    "line[0]",
)


def values(live):
    return [instances.Fields(type(each)).values(each) for each in live("everything")]


def assert_together(live):
    """Everything that holds an instance holds the same one, and finds it by its hash."""
    assert all(live(each) is live("everything[0]") for each in HOLDERS)
    assert live("everything[0] in group and everything[0] in frozen and everything[0] in keys")
    assert live("all(isinstance(each, m.A) for each in everything)")


@pytest.mark.parametrize("case", CASES, ids=names)
def test_undo_leaves_everything_as_it_was(live, case):
    begin(live, case)
    before = values(live)
    live.save(case.after)
    assert live(case.probe) == case.now
    assert_together(live)
    live.undo()
    assert values(live) == before
    assert_together(live)


@pytest.mark.parametrize("case", CASES, ids=names)
def test_a_last_expression_that_fails_takes_the_migration_back(live, case):
    begin(live, case)
    before = facts(live)
    with pytest.raises(ZeroDivisionError):
        evaluate_text(live.workspace, live.source, case.after + "1 / 0\n")
    if facts(live) != before:
        gc.collect()
    assert facts(live) == before
    assert_together(live)
    assert not live.save(case.after).failed
    assert live(case.probe) == case.now


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_hook_that_fails_at_any_instance_changes_nothing(live, count):
    [case] = [each for each in CASES if each.name == "a hook"]
    begin(live, case)
    live.run("everything.append(m.B())")
    before = facts(live)
    report = live.save(case.after, fail_at=count)
    assert "one of" in str(report) and report.failed
    del report
    assert facts(live) == before
    assert not live.save(case.after).failed
    assert live("[each.y for each in everything]") == [2, 2, 2]


def test_an_edit_that_fails_again_and_again_leaves_no_new_objects_behind(live):
    [case] = [each for each in CASES if each.name == "a slot and a hook"]
    begin(live, case)
    kept = []
    for _ in range(5):
        kept.append(live.save(case.after, fail_at=2))
        assert kept[-1].failed and len(live.calls) == 2
    del kept[:]
    assert not live.save(case.after).failed
    assert len(live.calls) == 2
