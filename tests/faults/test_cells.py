"""A fault of livecode's own at any step of a cell: the cell has run as in plain IPython.

What the cell's statements bound stays bound; what is alive from before is as it was or as the cell
says, never in between; the fault is told; and the next run of the cell is followed.
"""

from __future__ import annotations

import pytest

from tests.faults.cases import CELLS
from tests.faults.injection import Steps
from tests.faults.snapshot import Snapshot

SETUP = """\
registry = []
def register(f):
    registry.append(f)
    return f
"""


def facts(env):
    return Snapshot({"held": env.ns["held"]}, lambda module: module == "__main__")


@pytest.mark.parametrize("case", CELLS, ids=lambda case: case.name.replace(" ", "_"))
def test_a_fault_at_any_step_leaves_what_is_alive_whole(env, case):
    env.run(SETUP, id="setup")
    [before], [after] = case.before.values(), case.after.values()
    problems = []
    for at in range(1, 400):
        env.shell.livecode.workspace.undos.clear()  # they keep what is gone alive
        env.run("held = method = None; registry.clear()", id="clear")
        env.run(before, id="cell")
        env.run(case.cell, id="hold")
        was = facts(env)
        with Steps(at).injected() as steps:
            env.run(after, id="cell")
        if not steps.reached:
            break
        name = f"step {at} ({steps.names[-1]})"
        if "fault of livecode itself" not in env.output and at == 1:
            problems.append(f"{name}: the fault was not told:\n{env.output}")
        differences = was.difference(facts(env))
        if differences and env.evaluate(case.probe) != case.now:
            problems += [f"{name}: half an edit: {line}" for line in differences]
            break
    else:
        pytest.fail("the cell never came to its end")
    assert not problems, "\n".join(problems)
    assert at > 3
    assert env.evaluate(case.probe) == case.now


@pytest.mark.parametrize("case", CELLS, ids=lambda case: case.name.replace(" ", "_"))
def test_undo_of_a_cell_leaves_what_is_alive_as_it_was(env, case):
    env.run(SETUP, id="setup")
    [before], [after] = case.before.values(), case.after.values()
    env.run(before, id="cell")
    env.run(case.cell, id="hold")
    was = facts(env)
    env.run(after, id="cell")
    assert env.evaluate(case.probe) == case.now
    env.run("%liveundo")
    assert was.difference(facts(env)) == []
    assert env.evaluate(case.probe) == case.was
