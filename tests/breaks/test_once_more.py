"""What has broken, or was handled, before is a break again; and which exceptions are breaks at all."""

from __future__ import annotations

import pytest

PRELUDE = """
import asyncio, concurrent.futures, contextvars, sys, traceback
E = ValueError("same")
def f(): raise E
def g():
    try:
        f()
    except ValueError:
        return "handled"
def through(): return f()
async def co(): raise E
def many(): yield f()
"""

CELLS = {
    "raised": "f()",
    "passed on": "through()",
    "in a cell": "raise E",
    "in a generator": "list(many())",
    "in a coroutine": "await co()",
    "of a future": "future = concurrent.futures.Future()\nfuture.set_exception(E)\nfuture.result()",
}


def broken(env):
    return env.evaluate("len(get_ipython().livecode.breaks.open)")


@pytest.mark.parametrize("name", CELLS)
def test_the_same_exception_after_an_abort(env, name):
    env.run(PRELUDE)
    for _ in range(3):
        env.fails(CELLS[name], "ValueError")
        assert "suspended" in env.output
        assert broken(env) == 1
        env.fails("%resume abort", "ValueError")
        assert broken(env) == 0


@pytest.mark.parametrize("name", CELLS)
def test_the_same_exception_after_it_was_handled(env, name):
    env.run(PRELUDE)
    env.run("g()")
    env.fails("g()\n" + CELLS[name], "ValueError")
    assert "suspended" in env.output
    assert broken(env) == 1
    env.fails("%resume abort", "ValueError")


OWN = """
class Stop(BaseException): pass
def f():
    raise Stop
def handles():
    try:
        f()
    except Stop:
        return "handled"
def lets():
    try:
        f()
    except Exception:
        return "never"
"""


def test_an_own_exception_below_base_exception_is_a_break(env):
    env.run(OWN)
    assert env("handles()") == "handled"
    env.fails("lets()", "Stop")
    assert "suspended in f" in env.output
    assert broken(env) == 1
    env.run("%resume return 5")
    env.fails("raise Stop", "Stop")
    assert broken(env) == 1
    env.fails("%resume abort", "Stop")


@pytest.mark.parametrize(
    "kind", ["KeyboardInterrupt", "SystemExit", "asyncio.CancelledError", "GeneratorExit"]
)
def test_what_is_no_failure_is_none_in_a_group(env, kind):
    env.run("import asyncio")
    env.run(
        "def f(kind):\n"
        "    raise BaseExceptionGroup('g', [ValueError(), BaseExceptionGroup('h', [kind()])])"
    )
    env.attempt(f"f({kind})")
    assert broken(env) == 0
    env.run("class Stop(BaseException): pass")
    env.attempt("f(Stop)")
    assert broken(env) == 1
    env.attempt("%resume abort")


def test_a_context_variable_that_has_a_default(env):
    env.run("""
        import contextvars
        v = contextvars.ContextVar("v", default="default")
        w = contextvars.ContextVar("w")
        def f():
            v.set("inner")
            w.set("inner")
            1 / 0
            return v.get()
        """)
    env.fails("f()", "ZeroDivisionError")
    assert env("v.get()") == "default"
    env.run("%resume skip")
    assert "inner" in env.output
