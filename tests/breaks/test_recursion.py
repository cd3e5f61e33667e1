"""A recursion without end: one exception, with no frames of livecode, that breaks or is handled."""

from __future__ import annotations

import re

import pytest

PRELUDE = """
import traceback, sys
def r(n): return r(n + 1)
def a(n):
    return b(n)
def b(n):
    return a(n)
class C:
    def __enter__(self): return self
    def __exit__(self, *exc): return None
def w(n):
    with C():
        return w(n + 1)
def t(n):
    try:
        return t(n + 1)
    finally:
        n = 0
def o(n):
    for _ in (1,):
        try:
            return o(n + 1)
        except ValueError:
            pass
class P:
    @property
    def x(self): return self.x
def p(n): return P().x
def handled(f):
    try:
        f(0)
    except RecursionError as e:
        own = "livecode" in "".join(traceback.format_exception(e))
        return own, repr(e.__context__), str(e)
def depth(f):
    try:
        f(0)
    except RecursionError as e:
        names = [each.name for each in traceback.extract_tb(e.__traceback__)]
        return len(names) > 400, set(names), e.__context__
def inside(n):
    try:
        return inside(n + 1)
    except RecursionError:
        return "handled"
"""


@pytest.mark.parametrize("name", ["r", "a", "t", "o", "p"])
def test_a_handled_recursion_error(unloaded, name):
    unloaded.run(PRELUDE)
    unloaded.run(f"handled({name})[:2], depth({name})")
    wanted = unloaded.output
    unloaded.load()
    unloaded.run(PRELUDE)
    unloaded.run(f"handled({name})[:2], depth({name})")
    assert re.sub(r"\[\d+\]", "", unloaded.output) == re.sub(r"\[\d+\]", "", wanted)
    assert unloaded("handled(r)[2]").startswith("maximum recursion depth exceeded")
    assert unloaded("inside(0)") == "handled"


def test_a_handled_recursion_error_out_of_with_blocks(env):
    """Their exits fail as well, in plain Python too."""
    env.run(PRELUDE)
    assert env("handled(w)[0]") is False


@pytest.mark.parametrize("name", ["a", "w", "t"])
def test_a_break_in_a_recursion(env, name):
    env.run(PRELUDE)
    env.fails(f"{name}(0)", "RecursionError")
    assert "livecode: suspended in" in env.output
    assert "livecode/" not in env.output
    if name != "w":
        assert "During handling" not in env.output
    assert env.output.count("\n") < 120
    env.run("%breaks")
    assert "more" in env.output
    env.run("%frame")
    env.run(f"%resume return {name!r}")
    assert name in env.output
    env.fails(f"{name}(0)", "RecursionError")
    env.fails("%resume abort", "RecursionError")
    assert env("len(get_ipython().livecode.breaks.open)") == 0


def test_a_failure_that_is_deep(env):
    """Where livecode has no room to decide, a frame further out does."""
    env.run("""
        import sys, traceback
        def r(n): return r(n - 1) if n else 1 / 0
        def probe(n):
            try:
                return probe(n + 1)
            except RecursionError:
                return n
        def start(less):
            return r(deep - less)
        def handles(less):
            try:
                return start(less)
            except ZeroDivisionError as e:
                return e.__context__, "livecode" in "".join(traceback.format_exception(e))
        """)
    env.run("deep = probe(0)")
    for less in (4, 20, 180):
        assert env(f"handles({less})") == (None, False)
        env.fails(f"start({less})", "ZeroDivisionError")
        assert "suspended in r" in env.output
        assert "livecode/" not in env.output
        env.fails("%resume abort", "ZeroDivisionError")
