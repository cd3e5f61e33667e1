"""The magics of the break loop, through cells."""

from __future__ import annotations

import re

import pytest

from tests.dsl import both

OUTER = """
    def outer(n):
        acc = []
        def inner(x):
            acc.append(x)
            y = 0
            y = 10 / (2 - x)
            return y
        for k in range(n):
            inner(k)
        return acc
"""


def broken(env):
    env.run(OUTER)
    env.fails("r = outer(4)\nprint('rest')\nr", "ZeroDivisionError")


# --- nothing is open ------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "text",
    ["%breaks", "%frame", "%frame 1", "%up", "%down", "%%frame\n1", "%resume", "%resume skip"],
)
def test_no_break_is_open(env, text):
    assert "o break is open" in env.message(text)


@both
def test_a_level_that_is_over(env):
    broken(env)
    env.run("%resume --level 1 skip")
    assert "level 1 is over" in env.message("%resume --level 1")


# --- looking around -------------------------------------------------------------------------------------


@both
def test_the_panel(env):
    broken(env)
    env.run("%breaks")
    for part in ("Level 1: suspended in outer.<locals>.inner", "division by zero", "%resume retry"):
        assert part in env.output
    if env.kernel:
        assert "<details" in env.html
        assert "0x" not in env.html
    else:
        assert "<div" not in env.output


@both
def test_frames_are_selected_and_shown(env):
    broken(env)
    env.run("%frame")
    assert "Frame 0 of level 1" in env.output
    assert re.search(r"^ +x +int +2$", env.output, re.M)
    env.run("%up")
    assert "Frame 1 of level 1: outer" in env.output
    env.run("%up")
    env.run("%frame")
    assert "Frame 2 of level 1: <module>" in env.output
    env.run("%down 2")
    assert "Frame 0 of level 1" in env.output
    env.run("%frame 1")
    env.run("%breaks")
    assert re.search(r"^> 1 +outer .*selected", env.output, re.M)
    if env.kernel:
        assert "selected" in env.html


def test_frames_that_are_not_there(env):
    broken(env)
    assert "0 to 2" in env.message("%frame 3")
    assert "outermost" in env.message("%up 3")
    assert "innermost" in env.message("%down")
    assert "0 to 2" in env.message("%%frame 9\n1")
    for text in ("%frame x", "%frame -1", "%frame 1 2", "%up x", "%breaks 1", "%%frame x\n1"):
        env.usage(text)
    assert len(env.shell.livecode.breaks.open) == 1


@both
def test_a_cell_runs_in_a_frame(env):
    broken(env)
    assert env("%%frame 0\nx, acc") == (2, [0, 1, 2])
    assert env("%%frame 1\nk * 2\n") == 4
    assert env("%%frame\n[x + each for each in acc]") == [2, 3, 4]
    env.run("%%frame\nx = 0\nacc.append('seen')")
    assert env("%resume") == [0, 1, 2, "seen", 3]
    assert "rest" in env.output


def test_the_selected_frame(env):
    broken(env)
    env.run("%up")
    assert env("%%frame\nsorted(locals())") == ["acc", "inner", "k", "n"]
    env.run("%%frame\nn = 5")
    assert env("%%frame 1\nn") == 5
    assert env("%%frame 0\nx") == 2


def test_the_cell_s_own_frame_has_the_notebook_s_names(env):
    broken(env)
    env.run("%%frame 2\nadded = 7\ndef twice(): return added * 2")
    assert env("twice()") == 14
    env.run("%%frame 2\ndel added")
    assert "added" not in env.ns


def test_new_names_stay_in_the_frame(env):
    broken(env)
    env.run("%%frame\nscale = 3")
    assert "scale" not in env.ns
    assert env("%%frame\nscale * x") == 6
    env.run("%frame")
    assert "scale = 3, bound by you" in env.output
    env.fails("%%frame 1\nscale", "NameError")


def test_a_new_name_is_there_for_the_code_that_goes_on(env):
    env.run("def f(a):\n    b = a - 1\n    return a / b", id="f")
    env.fails("f(1)", "ZeroDivisionError")
    env.run("%%frame\nscale = 4")
    env.run("def f(a):\n    scale = 9\n    b = a - 1\n    return a / scale", id="f")
    assert env("%resume") == 0.25


def test_a_deleted_local_is_gone_for_the_code_that_goes_on(env):
    env.run("def f(a):\n    b = 1\n    a / 0\n    return sorted(locals())")
    env.fails("f(1)", "ZeroDivisionError")
    env.run("%%frame\ndel b")
    env.fails("%%frame\nb", "NameError")
    env.run("%frame")
    assert env("%resume skip") == ["a"]


def test_no_output_after_a_semicolon(env):
    broken(env)
    assert env("%%frame\nx;") is None


def test_magics_in_a_frame(env):
    broken(env)
    env.run("%%frame\nwhere = %pwd\nwhere")
    assert env("%%frame\nwhere") == str(env.path)


@both
def test_an_error_while_looking_is_no_break(env):
    broken(env)
    error = env.fails("%%frame 0\ny = 5\ny / 0", "ZeroDivisionError")
    assert "y / 0" in error.text
    assert "suspended" not in error.text
    assert "livecode/" not in error.text
    error = env.fails("%%frame\nouter(4)", "ZeroDivisionError")
    assert "inner(k)" in error.text
    assert "suspended" not in error.text
    env.run("%breaks")
    assert "Level 1:" in env.output
    assert "Level 2" not in env.output
    assert env("%%frame\ny") == 5


def test_what_is_refused_in_a_frame(env):
    broken(env)
    assert "await" in env.message("%%frame\nawait x")
    assert env.fails("%%frame\nreturn 1", "SyntaxError").text.count("return 1") >= 1
    assert len(env.shell.livecode.breaks.open) == 1


def test_definitions_in_a_frame_are_none_of_the_notebook(env):
    broken(env)
    env.run("%%frame\ndef outer(n): return 'mine'\nouter(1)")
    assert env("outer(2)") == [0, 1]
    assert env("%%frame\nouter(1)") == "mine"


def test_a_frame_of_a_generator(env):
    env.run("""
        def numbers(n):
            for i in range(n):
                yield 6 / (i - 1)
    """)
    env.fails("list(numbers(3))", "ZeroDivisionError")
    env.run("%%frame\ni = 3")
    assert env("%resume") == [-6.0, 3.0, 6.0]


def test_a_frame_of_a_method(env):
    env.run("""
        class Base:
            def name(self): return "base"
        class Derived(Base):
            def __init__(self): self.__secret = 0
            def name(self): return 1 / self.__secret
    """)
    env.fails("Derived().name()", "ZeroDivisionError")
    assert env("%%frame\nself.__secret, type(self).__name__") == (0, "Derived")
    env.run("%%frame\nself.__secret = 4")
    assert env("%resume") == 0.25


@both
def test_a_traceback_shows_the_lines_that_failed(env):
    env.run(OUTER)
    error = env.fails("outer(4)", "ZeroDivisionError")
    assert re.search(r"-> 6 +y = 10 / ", error.text)
    assert re.search(r"-> 9 +inner\(k\)", error.text)
    error = env.fails("%resume abort", "ZeroDivisionError")
    assert re.search(r"-> 6 +y = 10 / ", error.text)
    assert re.search(r"-> 9 +inner\(k\)", error.text)


# --- going on -------------------------------------------------------------------------------------------


@both
def test_resume_inside_of_a_larger_cell(env):
    broken(env)
    env.run("%%frame\nx = 1")
    env.run("before = 1\n%resume\nafter = before + 1")
    assert "rest" in env.output
    assert env("before, after, r") == (1, 2, [0, 1, 2, 3])


@pytest.mark.parametrize("what", ["skip", "3", "--level 1 skip", "skip --level 1", "--level=1 3"])
def test_by_name_and_number(env, what):
    broken(env)
    assert env(f"%resume {what}") == [0, 1, 2, 3]


@both
def test_return(env):
    broken(env)
    assert env("%resume return {'x': x}['x']") == [0, 1, 2, 3]


def test_return_from_the_selected_frame(env):
    broken(env)
    env.run("%up")
    assert env("%resume return ['given', n]") == ["given", 4]


@both
def test_restart(env):
    env.run("def f(a):\n    return 1 / a", id="f")
    env.fails("print(f(0))", "ZeroDivisionError")
    env.run("def f(a):\n    return 1 / (a + 2)", id="f")
    env.run("%resume restart 0")
    assert env.output == "0.5\n"


def test_restart_of_the_selected_frame(env):
    env.run(
        "seen = []\ndef g(a):\n    return 1 / a\ndef f(a):\n    seen.append(a)\n    return g(a)"
    )
    env.fails("f(0)", "ZeroDivisionError")
    env.run("def g(a):\n    return a", id="g")
    env.run("%up")
    assert env("%resume restart") == 0
    assert env("seen") == [0, 0]


@both
def test_use_and_store(env):
    env.fails("[missing_name, 1]", "NameError")
    assert env("%resume use 'this once'") == ["this once", 1]
    env.fails("[missing_name, 1]", "NameError")
    assert env("%resume store 'kept'") == ["kept", 1]
    assert env("missing_name") == "kept"


@both
def test_abort(env):
    env.run(
        "log = []\ndef f():\n    try:\n        1 / 0\n    finally:\n        log.append('finally')"
    )
    env.fails("f()", "ZeroDivisionError")
    error = env.fails("%resume abort", "ZeroDivisionError")
    assert "1 / 0" in error.text
    assert "suspended" not in error.text
    assert env("log") == ["finally"]
    assert "No break" in env.message("%breaks")


def test_it_breaks_again(env):
    broken(env)
    error = env.fails("%resume", "ZeroDivisionError")
    assert "level 1" in error.text
    assert env("%resume skip") == [0, 1, 2, 3]


def test_what_was_not_run_is_said(env):
    env.run("def f(a):\n    c = a\n    return 1 / c", id="f")
    env.fails("f(0)", "ZeroDivisionError")
    env.run("def f(a):\n    b = 2\n    c = a\n    return 1 / (c + 1)", id="f")
    assert env("%resume") == 1.0
    assert re.search(r"livecode: goes on in f; line 2 .* not run", env.output)


def test_an_expression_that_fails(env):
    broken(env)
    error = env.fails("%resume return nothing_like_it", "NameError")
    assert "suspended" not in error.text
    assert "no expression" in env.message("%resume return 1 +")
    env.usage("%resume return")
    assert len(env.shell.livecode.breaks.open) == 1
    assert env("%resume skip") == [0, 1, 2, 3]


def test_levels(env):
    broken(env)
    env.fails("1 / 0", "ZeroDivisionError")
    assert "level 1 is below level 2: resume or abort that first" in env.message(
        "%resume --level 1"
    )
    assert "no level 3" in env.message("%resume --level 3")
    env.run("%resume --level 2 skip")
    assert env("%resume --level 1 skip") == [0, 1, 2, 3]


def test_wrong_arguments(env):
    broken(env)
    for text in ("bogus", "99", "0", "skip 1", "abort x", "restart x", "--nope", "--level x"):
        env.usage(f"%resume {text}")
    assert "use is not offered" in env.message("%resume use 1")
    assert len(env.shell.livecode.breaks.open) == 1


def test_what_is_not_possible_is_said(env):
    env.fails("1 / 0", "ZeroDivisionError")
    text = env.message("%resume restart")
    assert "frame 0 is no call of a function" in text
    assert "Possible: resume, retry, skip, abort." in text
    assert "frames are numbered" in env.message("%resume restart 5")
    assert len(env.shell.livecode.breaks.open) == 1


def test_restarts_of_the_program(env):
    env.run("""
        import livecode
        def f():
            with livecode.restart("ignore") as given:
                1 / 0
            return "went on"
    """)
    env.fails("f()", "ZeroDivisionError")
    assert env("%resume ignore 5 + 1") == "went on"


# --- completion, unloading ------------------------------------------------------------------------------


@both
def test_completion(env):
    broken(env)
    assert {"acc", "x"} <= set(env.complete("%%frame 0\n"))
    assert "acc" in env.complete("%%frame\nprint(ac")
    assert any(each.endswith("append") for each in env.complete("%%frame 0\nacc.app"))
    assert "k" in env.complete("%%frame 1\n")
    assert {"retry", "skip", "return", "abort"} <= set(env.complete("%resume "))
    assert "retry" in env.complete("%resume ret")
    assert "acc" in env.complete("%resume return ac")
    assert {"0", "1", "2"} <= set(env.complete("%frame "))
    assert {"0", "1"} <= set(env.complete("%resume restart "))


def test_no_completion_without_a_break(env):
    assert "acc" not in env.complete("%%frame 0\nac")
    assert env.complete("%frame ") != ["0"]


def test_unloading(env):
    broken(env)
    env.run("%unload_ext livecode")
    for name in ("breaks", "frame", "up", "down", "resume"):
        assert name not in env.shell.magics_manager.magics["line"]
    assert "frame" not in env.shell.magics_manager.magics["cell"]
    assert not env.shell.Completer.custom_matchers
    assert "BreakMagics" not in env.shell.magics_manager.registry
    assert env("1 + 1") == 2


@both
def test_a_resumed_cell_that_ends_with_a_semicolon_shows_no_value(env):
    env.run("def f(n):\n    return 1 / n")
    env.fails("f(0);", "ZeroDivisionError")
    assert "Out" not in env.attempt("%resume return 5")
    env.fails("f(0)", "ZeroDivisionError")
    assert "5" in env.attempt("%resume return 5")
    assert env("f(1)") == 1
