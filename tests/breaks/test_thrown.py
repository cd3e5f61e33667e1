"""An await that receives an exception has the traceback that it has in plain Python."""

from __future__ import annotations

import re

import pytest

from tests.dsl import both

PRELUDE = """
import asyncio, traceback
async def fails():
    await asyncio.sleep(0)
    raise ValueError("v")
async def waits():
    task = asyncio.ensure_future(fails())
    await task
async def chain():
    try:
        await waits()
    except ValueError:
        return traceback.format_exc()
async def late():
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)
    except TimeoutError:
        return traceback.format_exc()
async def late_too():
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.01)
    except TimeoutError:
        return traceback.format_exc()
async def gathers():
    found = await asyncio.gather(fails(), return_exceptions=True)
    try:
        await asyncio.gather(fails(), fails())
    except ValueError as error:
        return traceback.format_exception(error), traceback.format_exception(found[0])
def formats():
    try:
        raise KeyError
    except KeyError as error:
        return traceback.format_exc(), error.__context__
"""


def shown(env):
    """The output, without the marks below a line, which are others where an exit is called."""
    output = re.sub(r"(?m)^ *\^+\n", "", env.output)
    return re.sub(r"/tmp/\S+?\.py|<ipython-input-\S+?>|\[\d+\]", "cell", output)


@pytest.mark.parametrize("name", ["chain", "late", "late_too", "gathers"])
def test_traceback_of_an_await(unloaded, name):
    text = f"print(await {name}())"
    unloaded.run(PRELUDE)
    unloaded.run(text)
    wanted = shown(unloaded)
    assert "File" in wanted
    unloaded.load()
    unloaded.run(PRELUDE)
    unloaded.run(text)
    assert shown(unloaded) == wanted


@both
@pytest.mark.parametrize("name", ["chain", "late", "gathers"])
def test_traceback_of_an_await_after_a_resume(env, name):
    env.run(PRELUDE)
    env.run(f"""
        async def f(n):
            x = 1 / n
            return await {name}()
        """)
    env.fails("print(await f(0))", "ZeroDivisionError")
    env.run("%resume skip")
    assert "File" in env.output
    assert "livecode" not in env.output
    assert "computation.py" not in env.output


@both
def test_the_break_at_an_await(env):
    env.run(PRELUDE)
    error = env.fails("await waits()", "ValueError")
    assert "livecode/" not in env.output
    assert "computation.py" not in str(error)
    env.fails("%resume abort", "ValueError")
    assert "computation.py" not in env.output
    env.fails("async with asyncio.timeout(0.01):\n    await asyncio.sleep(5)", "TimeoutError")
    assert "computation.py" not in env.output
    env.fails("%resume abort", "TimeoutError")
    assert "computation.py" not in env.output
