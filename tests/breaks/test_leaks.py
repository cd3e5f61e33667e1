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

from livecode.breaks import handling
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
    handling._spots.clear()
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
    "skip": ("f(2)", "%resume skip"),
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
    env.run(PRELUDE + F)
    for _ in range(5):
        turn(env, how)
    forget(env)
    before = counts()
    for _ in range(20):
        turn(env, how)
    forget(env)
    after = counts()
    grown = {kind: after[kind] - before[kind] for kind in before if after[kind] - before[kind] > 5}
    assert grown == {}


def test_a_thousand_breaks_and_resumes(env):
    env.run(PRELUDE + F)
    env.run("%xmode Minimal")
    env.run("%config HistoryManager.enabled = False")
    breaks, shell = env.shell.livecode.breaks, env.shell

    def turns(count):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for _ in range(count):
                shell.run_cell("f(2)", silent=True)
                assert len(breaks.open) == 1
                shell.run_cell("%resume use 20", silent=True)
                assert not breaks.open

    turns(50)
    forget(env)
    before, blocks = counts(), sys.getallocatedblocks()
    turns(1000)
    forget(env)
    after = counts()
    grown = {kind: after[kind] - before[kind] for kind in before if after[kind] - before[kind] > 5}
    assert grown == {}
    assert sys.getallocatedblocks() - blocks < 5000
