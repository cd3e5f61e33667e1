"""A thousand breaks and resumes leave nothing behind: no frame, greenlet, function or memory."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import sys
from types import CodeType, FrameType, FunctionType

import executing
import greenlet
import pytest
import stack_data

from livecode.breaks import spots
from livecode.breaks.computation import Computation
from livecode.breaks.machine import Suspended
from livecode.breaks.point import Point
from tests.breaks.reference import PRELUDE

F = """
def f(k):
    v = 0
    with M("f"):
        for _ in range(1):
            try:
                v = table[k]
            finally:
                log.clear()
    return v
async def co(k):
    await asyncio.sleep(0)
    v = table[k]
    return v
def g(k):
    v = table[k]
    yield v
"""

KINDS = (FrameType, greenlet.greenlet, Computation, Suspended, Point, FunctionType, CodeType)


def forget(env):
    """What Python, IPython and their libraries remember of the last failure, and bounded caches.

    ``executing`` keeps each code object that was ever shown in a traceback: livecode is not there yet.
    """
    env.run("log.clear()")
    env.error = None
    for name in ("last_exc", "last_value", "last_traceback", "last_type"):
        sys.__dict__.pop(name, None)
    env.shell.InteractiveTB.tb = None
    env.shell.last_execution_result = None
    for source in (executing.Source, stack_data.Source):
        source._class_local("__executing_cache", {}).clear()
    spots.SPOTS.clear()
    for each in gc.get_objects():
        if type(each) is functools._lru_cache_wrapper:
            each.cache_clear()
    gc.collect()
    gc.collect()


def counts():
    found = dict.fromkeys(KINDS, 0)
    for each in gc.get_objects():
        if type(each) in found:
            found[type(each)] += 1
    return {kind.__name__: count for kind, count in found.items()}


HOWS = {
    "use": ("f(2)", "%resume use 20"),
    "return": ("f(2)", "%resume return 20"),
    "abort": ("f(2)", "%resume abort"),
    "run again": ("f(2)", "f(2)"),
    "coroutine": ("await co(2)", "%resume use 20"),
    "generator": ("list(g(2))", "%resume use 20"),
    "twice": ("[f(2), f(2)]", "%resume use 20\n%resume use 20"),
    "looked at": ("f(2)", "%breaks\n%frame 0\n%resume use 20"),
}


def turn(env, how):
    cell, line = HOWS[how]
    env.attempt(cell, id="cell")
    if how != "run again":
        for each in line.splitlines():
            env.attempt(each, id="resume")
        assert env.shell.livecode.breaks.open == []


@pytest.mark.parametrize("how", HOWS)
def test_objects(env, how):
    env.run(f"%xmode Minimal\n{PRELUDE}{F}")
    for _ in range(3):
        turn(env, how)
    forget(env)
    before = counts()
    for _ in range(12):
        turn(env, how)
    forget(env)
    after = counts()
    grown = {kind: after[kind] - before[kind] for kind in before if after[kind] - before[kind] > 5}
    assert grown == {}


def test_a_thousand_breaks_and_resumes(env):
    """They keep no more than as many cells that do not break."""
    env.run(PRELUDE + F)
    env.run("%xmode Minimal")
    breaks, shell = env.shell.livecode.breaks, env.shell

    def turns(count, cell, resume):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for _ in range(count):
                shell.run_cell(cell, silent=True)
                assert len(breaks.open) == (cell == "f(2)")
                shell.run_cell(resume, silent=True)
                assert not breaks.open

    def blocks_of(count, cell, resume):
        turns(50, cell, resume)
        forget(env)
        before = sys.getallocatedblocks()
        turns(count, cell, resume)
        forget(env)
        return sys.getallocatedblocks() - before

    kept = blocks_of(250, "f(1)", "%precision")
    before = counts()
    assert blocks_of(1000, "f(2)", "%resume use 20") < 4 * kept + 2000
    after = counts()
    grown = {
        kind: after[kind] - before[kind] for kind in before if after[kind] - before[kind] > 100
    }
    assert grown == {}


@pytest.mark.parametrize("how", ["abort", "use 20", "return", "run again"])
def test_what_a_cell_looped_over(env, how):
    """Code that a traceback has shown lives on; what its loops and blocks held does not."""
    env.run(PRELUDE)
    env.run("import weakref\nclass Big(list): pass\nbig = Big([1, 2, 3])\nref = weakref.ref(big)")
    env.attempt("for k in big:\n    with M(big):\n        table[k]", id="cell")
    if how == "run again":
        env.run("1", id="cell")
    else:
        env.attempt(f"%resume {how}", id="resume")
        while env.shell.livecode.breaks.open:
            env.attempt("%resume abort", id="resume")
    env.run("del big")
    env.run("log.clear()")
    env.error = None
    for name in ("last_exc", "last_value", "last_traceback", "last_type"):
        sys.__dict__.pop(name, None)
    env.shell.InteractiveTB.tb = env.shell.last_execution_result = None
    gc.collect()
    assert env.evaluate("ref()") is None
