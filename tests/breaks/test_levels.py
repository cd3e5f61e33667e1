"""Breaks beside each other, and what is in force around a suspended computation."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys

import pytest

from tests.breaks.reference import PRELUDE
from tests.dsl import both

F = """
def f(k, name="f"):
    with M(name):
        try:
            v = table[k]
        finally:
            log.append(("finally", name))
    return v
"""


def levels(env):
    return env.evaluate("[each.record.level for each in get_ipython().livecode.breaks.open]")


def prepared(env):
    env.run(PRELUDE + F)
    return env


def left(name, error=None):
    return [("enter", name), ("finally", name), ("exit", name, error)]


# --- levels ---------------------------------------------------------------------------------------------


@both
def test_three_levels(env):
    prepared(env)
    for level, name in enumerate("abc", 1):
        assert f"level {level}" in env.fails(f"x_{name} = f(2, {name!r})", "KeyError").text
    assert levels(env) == [1, 2, 3]
    env.run("%breaks")
    assert "Level 3" in env.output
    assert "level 1" in env.message("%resume --level 1")
    env.run("table[2] = 20")
    for level, name in enumerate("cba", 1):
        env.run("%resume")
        assert env(f"x_{name}") == 20
        assert levels(env) == [1, 2, 3][: 3 - level]
    entered = [("enter", name) for name in "abc"]
    assert env("log") == [*entered, *left("c")[1:], *left("b")[1:], *left("a")[1:]]
    assert "no break is open" in env.message("%resume")
    assert "level 1 is over" in env.message("%resume --level 1")


@both
def test_the_second_failure_of_one_computation_is_its_level_again(env):
    prepared(env)
    env.fails("[f(k) for k in (2, 1, 4)]", "KeyError")
    assert "level 1" in env.fails("%resume return 0", "KeyError").text
    assert levels(env) == [1]
    assert env("%resume use 40") == [0, 10, 40]
    assert env("log") == [*left("f", "KeyError"), *left("f"), *left("f")]


@both
def test_a_level_that_fails_while_another_is_resumed(env):
    """What the resuming cell itself fails with is a break of its own."""
    prepared(env)
    env.fails("f(2, 'first')", "KeyError")
    env.run("table[2] = 20")
    env.fails("%resume\nf(5, 'second')", "KeyError")
    assert levels(env) == [1]
    assert env("%resume return 5") == 5
    assert levels(env) == []


@both
def test_a_broken_cell_that_is_run_again(env):
    """Its old break is aborted first: what it has open is left before the new run begins."""
    prepared(env)
    env.fails("f(2, 'one')", "KeyError", id="x")
    env.fails("f(4, 'other')", "KeyError", id="y")
    env.fails("f(2, 'two')", "KeyError", id="x")
    assert levels(env) == [1, 2]
    assert env("log") == [
        ("enter", "one"),
        ("enter", "other"),
        *left("one", "KeyError")[1:],
        ("enter", "two"),
    ]


@both
def test_more_breaks_than_may_be_open(env):
    prepared(env)
    env.run("%config LiveCode.max_breaks = 2")
    for name in "abc":
        env.fails(f"f(2, {name!r})", "KeyError", id=name)
    assert "max_breaks is 2; the oldest break" in env.output
    assert levels(env) == [1, 2]
    assert env("log[-2:]") == left("a", "KeyError")[1:]
    env.run("%config LiveCode.max_breaks = 1")
    env.fails("f(2, 'd')", "KeyError", id="d")
    assert levels(env) == [1]
    env.run("table[2] = 20")
    assert env("%resume") == 20
    assert env("log[-2:]") == left("d")[1:]
    env.run("%config LiveCode.max_breaks = 8")


@both
def test_unloading_unwinds(env):
    prepared(env)
    env.fails("f(2, 'a')", "KeyError")
    env.fails("f(2, 'b')", "KeyError")
    env.run("%unload_ext livecode")
    entered = [("enter", "a"), ("enter", "b")]
    assert env("log") == [*entered, *left("b", "KeyError")[1:], *left("a", "KeyError")[1:]]
    assert "%resume" not in env.output


EXIT = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext livecode")
shell.run_cell("def f():\\n    try:\\n        return 1 / 0\\n    finally:\\n        print('left')")
shell.run_cell("f()")
assert len(shell.livecode.breaks.open) == 1
print("END")
"""


def test_the_end_of_the_process_unwinds(tmp_path):
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", EXIT], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stdout.endswith("END\nleft\n"), done
    assert done.returncode == 0


def test_nothing_suspended_is_garbage(env):
    """The session keeps it until it goes on or is aborted, whatever else is forgotten."""
    prepared(env)
    env.fails("f(2)", "KeyError")
    env.run("%reset -f in out")
    env.error = None
    gc.collect()
    assert env("log") == [("enter", "f")]
    assert env("%resume use 20") == 20


@both
def test_what_is_raised_while_unwinding(env):
    """It is shown, and the others are unwound too."""
    prepared(env)
    env.run("def g():\n    try:\n        return table[5]\n    finally:\n        log.append(1 / 0)")
    env.fails("f(2, 'a')", "KeyError")
    env.fails("g()", "KeyError")
    env.attempt("%resume abort")
    while levels(env):
        env.attempt("%resume abort")
    assert env("log") == left("a", "KeyError")


@both
def test_resumed_by_a_function(env):
    prepared(env)
    env.run("def again():\n    table[2] = 20\n    get_ipython().run_line_magic('resume', '')")
    env.fails("x = f(2)\nx + 1", "KeyError")
    env.run("again()\ny = x + 1")
    assert env("x, y, log") == (20, 21, left("f"))


# --- what is in force ------------------------------------------------------------------------------------


@both
def test_capture(env):
    prepared(env)
    env.attempt("%%capture found\nprint('before')\nf(2)\nprint('after')")
    assert levels(env) == [1]
    env.run("print('between')")
    assert env.output == "between\n"
    env.run("table[2] = 20")
    env.run("%resume")
    assert "after" not in env.output
    assert env("'before' in found.stdout, 'after' in found.stdout") == (True, True)
    env.run("print('later')")
    assert env.output == "later\n"


@both
def test_redirect_stdout(env):
    prepared(env)
    env.run("import io\nbuffer = io.StringIO()")
    env.fails(
        "with contextlib.redirect_stdout(buffer):\n    print('in')\n    f(2)\n    print('in too')\n"
        "print('out')",
        "KeyError",
    )
    env.run("print('between')")
    assert env.output == "between\n"
    env.run("table[2] = 20")
    env.run("%resume")
    if (
        env.kernel
    ):  # here each cell has a stream of its own, and the block puts that of its cell back
        assert env.output == "out\n"
    assert env("buffer.getvalue()") == "in\nin too\n"


@both
def test_redirect_stdout_twice(env):
    """It breaks inside of two redirections, and again after the inner one is over."""
    prepared(env)
    env.run("import io\none, two = io.StringIO(), io.StringIO()")
    env.fails(
        "with contextlib.redirect_stdout(one):\n"
        "    with contextlib.redirect_stdout(two):\n        f(2)\n        print('two')\n"
        "    f(4)\n    print('one')\n"
        "print('none')",
        "KeyError",
    )
    env.fails("%resume return 1", "KeyError")
    env.run("print('between')")
    assert env.output == "between\n"
    env.run("%resume return 1")
    if env.kernel:
        assert env.output == "none\n"
    assert env("one.getvalue(), two.getvalue()") == ("one\n", "two\n")


@both
def test_a_context_variable(env):
    """It is set while the computation runs and not in between; its token is good after the resume."""
    prepared(env)
    env.run("""
        import contextvars
        var = contextvars.ContextVar("var", default="default")
        def g():
            token = var.set("inner")
            try:
                f(2)
                return var.get()
            finally:
                var.reset(token)
        """)
    env.run("var.set('outer');")
    env.fails("r = g(), var.get()", "KeyError")
    assert env("var.get()") == "outer"
    env.run("var.set('later');")
    env.run("%resume return 1")
    assert env("r[0], var.get()") == ("inner", env("r[1]"))


@both
def test_a_context_variable_in_asynchronous_cells(env):
    prepared(env)
    env.run("""
        import contextvars
        var = contextvars.ContextVar("var", default="default")
        async def g():
            token = var.set("inner")
            await asyncio.sleep(0)
            f(2)
            await asyncio.sleep(0)
            found = var.get()
            var.reset(token)
            return found, var.get()
        """)
    env.fails("r = await g()", "KeyError")
    assert env("await asyncio.sleep(0)\nvar.get()") == "default"
    env.run("%resume return 1")
    assert env("r") == ("inner", "default")


@both
def test_a_decimal_context(env):
    prepared(env)
    env.run("""
        import decimal
        def g():
            with decimal.localcontext() as context:
                context.prec = 3
                f(2)
                return str(decimal.Decimal(1) / 3)
        """)
    env.fails("r = g()", "KeyError")
    assert env("str(decimal.Decimal(1) / 7)") == "0.1428571428571428571428571429"
    env.run("%resume return 1")
    assert env("r, decimal.getcontext().prec") == ("0.333", 28)


@both
def test_warnings(env):
    prepared(env)
    env.run("""
        import warnings
        def g():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                f(2)
                warnings.warn("mine")
            return [str(each.message) for each in caught]
        filters = list(warnings.filters)
        """)
    env.fails("r = g()", "KeyError")
    assert env("warnings.filters == filters") is True
    env.run("warnings.warn('between')")
    env.run("%resume return 1")
    assert env("r, warnings.filters == filters") == (["mine"], True)


@both
def test_the_current_directory_is_left_alone(env):
    prepared(env)
    env.run("import os\nhere = os.getcwd()\nos.mkdir('sub')")
    env.fails("os.chdir('sub')\nf(2)\nos.chdir(here)", "KeyError")
    assert env("os.path.basename(os.getcwd())") == "sub"
    env.run("%resume return 1")
    assert env("os.getcwd() == here") is True


# --- IPython's own tools --------------------------------------------------------------------------------


@both
def test_tb_and_last_exc(env):
    prepared(env)
    env.fails("f(2)", "KeyError")
    assert env("__import__('sys').last_value.args") == (2,)
    env.attempt("%tb")
    assert "v = table[k]" in env.output
    env.run("import traceback, sys")
    names = env("[each.name for each in traceback.extract_tb(sys.last_value.__traceback__)][-2:]")
    assert names == ["<module>", "f"]
    env.run("table[2] = 20")
    assert env("%resume") == 20


def test_debug(env, monkeypatch):
    """%debug looks at the live frames; the break stays."""
    prepared(env)
    env.fails("f(2)", "KeyError")
    monkeypatch.setattr("sys.stdin", io.StringIO("p ('local', k)\nq\n"))
    env.attempt("%debug")
    assert "('local', 2)" in env.output
    assert levels(env) == [1]
    assert env("%resume use 20") == 20
    assert env("log") == left("f")


def test_pdb_opens_at_a_break(env, monkeypatch):
    prepared(env)
    env.run("%pdb on")
    monkeypatch.setattr("sys.stdin", io.StringIO("p ('local', k)\nq\n"))
    env.fails("f(2)", "KeyError")
    env.run("%pdb off")
    assert env("%resume use 20") == 20


@both
def test_a_custom_exception_handler(env):
    prepared(env)
    env.run("""
        def handler(shell, kind, error, trace, tb_offset=None):
            log.append((kind.__name__, error.args, trace is not None))
        get_ipython().set_custom_exc((KeyError,), handler)
        """)
    env.attempt("f(2)")
    assert levels(env) == [1]
    assert "suspended" in env.output
    assert env("log") == [("enter", "f"), ("KeyError", (2,), True)]
    env.run("get_ipython().set_custom_exc((), None)")
    assert env("%resume use 20") == 20


# --- KeyboardInterrupt ----------------------------------------------------------------------------------

INTERRUPT = "import signal\nsignal.raise_signal(signal.SIGINT)"


@both
def test_an_interrupt_while_it_is_suspended(env):
    prepared(env)
    env.fails("f(2)", "KeyError")
    env.fails(INTERRUPT, "KeyboardInterrupt")
    assert levels(env) == [1]
    assert env("%resume use 20") == 20


@both
def test_an_interrupt_of_what_was_resumed(env):
    prepared(env)
    env.run(
        "def g():\n    with M('g'):\n        f(2)\n        import signal\n        signal.raise_signal(signal.SIGINT)"
    )
    env.fails("g()", "KeyError")
    env.fails("%resume use 20", "KeyboardInterrupt")
    assert levels(env) == []
    assert env("log") == [("enter", "g"), *left("f"), ("exit", "g", "KeyboardInterrupt")]
    assert env("f(1)") == 10


@both
def test_an_interrupt_while_looking(env):
    prepared(env)
    env.fails("f(2)", "KeyError")
    env.fails(f"%%frame\n{INTERRUPT}", "KeyboardInterrupt")
    assert levels(env) == [1]
    env.run("%%frame\nk = 3")
    assert env("%resume") == 30


@both
def test_an_interrupt_of_what_is_unwound(env):
    prepared(env)
    env.run(
        "def g():\n    with M('g'):\n        try:\n            f(2)\n        finally:\n            import signal\n            signal.raise_signal(signal.SIGINT)"
    )
    env.fails("g()", "KeyError")
    env.fails("%resume abort", "KeyboardInterrupt")
    assert levels(env) == []
    assert env("log")[-1] == ("exit", "g", "KeyboardInterrupt")


def test_an_interrupt_of_an_expression_of_a_restart(env):
    prepared(env)
    env.fails("f(2)", "KeyError")
    env.run("def interrupt():\n    import signal\n    signal.raise_signal(signal.SIGINT)")
    env.fails("%resume return interrupt()", "KeyboardInterrupt")
    assert levels(env) == [1]
    assert env("%resume return 5") == 5


# --- top-level await ------------------------------------------------------------------------------------

ASYNC = """
async def co(k, name="co"):
    async with M(name):
        await asyncio.sleep(0)
        try:
            v = table[k]
        finally:
            await asyncio.sleep(0.001)
            log.append(("finally", name))
        await asyncio.sleep(0.001)
    return v
"""


@both
def test_await_cells(env):
    prepared(env).run(ASYNC)
    env.fails("x = await co(2, 'a')\ny = await co(1, 'b')\nx + y", "KeyError")
    assert env("await asyncio.sleep(0.001)\nawait co(3, 'between')") == 30
    env.fails("z = await co(2, 'c')", "KeyError")
    assert levels(env) == [1, 2]
    env.run("table[2] = 20")
    env.run("%resume")
    assert env("z") == 20
    assert env("%resume") == 30
    between = [("enter", "a"), *left("between"), ("enter", "c")]
    assert env("log") == [*between, *left("c")[1:], *left("a")[1:], *left("b")]


@both
def test_await_cells_are_aborted(env):
    prepared(env).run(ASYNC)
    env.fails("await co(2)", "KeyError")
    env.fails("%resume abort", "KeyError")
    assert env("log") == left("co", "KeyError")


@both
def test_a_broken_await_cell_that_is_run_again(env):
    prepared(env).run(ASYNC)
    env.fails("await co(2, 'old')", "KeyError", id="x")
    env.run("table[2] = 20")
    assert env.run("await co(2, 'new')", id="x") == 20
    assert env("log") == [("enter", "old"), *left("old", "KeyError")[1:], *left("new")]


@both
def test_unloading_unwinds_await_cells(env):
    prepared(env).run(ASYNC)
    env.fails("await co(2)", "KeyError")
    env.run("%unload_ext livecode")
    assert env("log") == left("co", "KeyError")


def test_more_await_cells_than_may_be_open(env):
    prepared(env).run(ASYNC)
    env.run("%config LiveCode.max_breaks = 1")
    env.fails("await co(2, 'old')", "KeyError", id="x")
    env.fails("await co(2, 'new')", "KeyError", id="y")
    assert levels(env) == [1]
    assert env("log") == [("enter", "old"), ("enter", "new"), *left("old", "KeyError")[1:]]


def test_a_synchronous_cell_takes_the_place_of_an_await_cell(env):
    """It cannot wait: an exception is raised where the old one awaits, and its exits run."""
    prepared(env).run(ASYNC)
    env.fails("await co(2)", "KeyError", id="x")
    assert env.run("f(1)", id="x") == 10
    assert env("log")[:1] == [("enter", "co")]
    assert ("exit", "co", "RuntimeError") in env("log")


@both
@pytest.mark.parametrize("how", ["use 20", "return 20"])
def test_an_await_cell_resumed_in_a_larger_cell(env, how):
    prepared(env).run(ASYNC)
    env.fails("x = await co(2)", "KeyError")
    env.run(f"before = 1\n%resume {how}\nafter = x + before")
    assert env("after") == 21


GROUP = """
    def f():
        raise ExceptionGroup("eg", [ValueError(1)])
"""


@both
def test_an_aborted_group_ends_the_cell(env):
    """IPython shows groups in another way than other exceptions."""
    env.run(GROUP)
    env.fails("f()")
    failed = env.fails("%resume abort\nprint('on')", "ExceptionGroup")
    assert "on\n" not in failed.text
    assert failed.text.count("ExceptionGroup: eg") == 1
    assert "breaking.py" not in failed.text
    assert "break_magics.py" not in failed.text


def test_an_abort_with_a_handler_of_the_person(env):
    env.run("""
        shown = []
        def handler(shell, kind, error, trace, tb_offset=None):
            shown.append(error)
        get_ipython().set_custom_exc((ValueError,), handler)
        def f():
            raise ValueError("own")
    """)
    env.fails("f()")
    env.fails("%resume abort\nprint('on')", "ValueError")
    assert "on\n" not in env.output
    assert env("len(shown)") >= 1
    env.run("get_ipython().set_custom_exc((), None)")
