"""Resumed code sees what a program that had never failed would see, and says where it is."""

from __future__ import annotations

import pytest

from tests.dsl import both, clean

# --- variables that the edited function is the first to use ---------------------------------------------

CLASSES = """
    class A:
        def hi(self): return "A.hi"
    class B(A):
        def hi(self):
            v = 1 / 0
            return v
"""


@both
def test_super_is_new_in_the_edited_method(env):
    env.run(CLASSES, id="classes")
    env.fails("r = B().hi()", "ZeroDivisionError")
    env.run(CLASSES.replace("1 / 0", "super().hi()"), id="classes")
    env.run("%resume")
    assert env("r, B().hi()") == ("A.hi", "A.hi")


def test_super_is_new_in_a_decorated_method_of_a_file(env):
    text = """
        def same(f):
            return f
        class A:
            def hi(self, n): return n
        class B(A):
            @same

            @same
            def hi(self, n):
                out = []
                for each in iter(n):
                    v = 1 / each
                    out.append(v)
                return out
    """
    env["m.py"] = text
    env.run("import m")
    env.fails("r = m.B().hi([1, 0, 2])", "ZeroDivisionError")
    env["m.py"].replace("1 / each", "super().hi(each)")
    env.run("%resume")
    assert env("r, m.B().hi([7])") == ([1.0, 0, 2], [7])
    env["m.py"].replace("super().hi(each)", "super().hi(each) / each")
    env.fails("r = m.B().hi([1, 0, 2])", "ZeroDivisionError")
    env["m.py"].replace("super().hi(each) / each", "super().hi(each) / (each or 1)")
    env.run("%resume")
    assert env("r") == [1.0, 0.0, 1.0]


def test_a_constant_of_the_maker_is_new_in_a_closure(env):
    text = """
        def make():
            c = 10
            def inner(x):
                return x / 0
            return inner
    """
    env.run(text, id="a")
    env.run("inner = make()")
    env.fails("r = inner(1)", "ZeroDivisionError")
    env.run(text.replace("x / 0", "x + c"), id="a")
    env.run("%resume")
    assert env("r, inner(2)") == (11, 12)


def test_functions_in_a_closure_use_the_new_variable(env):
    """What fails in them is resumed, too."""
    text = """
        def make():
            c = 10
            def inner(x):
                def deeper(y):
                    return y
                return deeper(x)
            return inner
    """
    env.run(text, id="a")
    env.run("inner = make()")
    env.run(text.replace("return y", "return (y + c) / 0"), id="a")
    env.fails("r = inner(1)", "ZeroDivisionError")
    env.run(text.replace("return y", "return (y + c) / 2"), id="a")
    env.run("%resume")
    assert env("r") == 5.5


def test_a_variable_of_the_maker_that_is_alive_in_the_break(env):
    text = """
        def outer(rate):
            def conv(n):
                return 10 / n
            return [conv(n) for n in (1, 0)], rate
    """
    env.run(text, id="a")
    env.fails("r = outer(3)", "ZeroDivisionError")
    env.run(text.replace("/ n", "/ n if n else rate"), id="a")
    assert not env.named("stale")
    env.run("%resume")
    assert env("r") == ([10.0, 3], 3)


def test_the_coroutine_of_the_break_is_not_stale(env):
    text = """
        async def inner(x):
            return 1 / x
        async def outer(xs):
            return [await inner(x) for x in xs]
    """
    env.run(text, id="a")
    env.fails("r = await outer([1, 0])", "ZeroDivisionError")
    env.run(text.replace("1 / x", "1 / (x or 4)"), id="a")
    assert "keeps" not in env.output
    env.run("%resume")
    assert env("r") == [1.0, 0.25]


def test_a_closure_that_could_not_follow_says_so_when_it_goes_on(env):
    text = """
        def make():
            c = object()
            def inner(x):
                return 1 / x
            return inner
    """
    env.run(text, id="a")
    env.run("inner = make()")
    env.fails("r = inner(0)", "ZeroDivisionError")
    env.run(text.replace("1 / x", "c or 1 / x"), id="a")
    assert "__main__:make.<locals>.inner" in env.named("stale")
    env.fails("%resume", "ZeroDivisionError")
    assert "it could not follow the edit, so in the code that ran" in env.output


# --- what is being handled ------------------------------------------------------------------------------

HANDLED = """
    import sys, traceback
    out = []
    def see():
        out.append((sys.exc_info()[0], traceback.format_exc().count(", in ")))
        try:
            {}["key"]
        except KeyError as error:
            out.append((error.__context__, traceback.format_exc().count(", in ")))
"""
NOTHING = [(None, 0), (None, 1)]

PLACES = {
    "plain": "1 / n\n    see()",
    "with": "with open(__file__):\n        1 / n\n        see()",
    "finally": "try:\n        1 / n\n        see()\n    finally:\n        n = 1",
    "in a finally": "try:\n        n = 0\n    finally:\n        1 / n\n        see()",
    "try": "try:\n        1 / n\n        see()\n    except KeyError:\n        n = 1",
    "for": "for n in iter([n]):\n        1 / n\n        see()",
    "generator": "1 / n\n    see()\n    yield n",
    "generator with": "with open(__file__):\n        1 / n\n        see()\n        yield n",
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_being_handled(env, place):
    env["m.py"] = clean(HANDLED) + f"def f(n):\n    {PLACES[place]}\n"
    env.run("import m")
    call = "list(m.f(0))" if "generator" in place else "m.f(0)"
    env.fails(call, "ZeroDivisionError")
    env.run("%resume skip")
    assert env.evaluate("m.out") == NOTHING


@pytest.mark.parametrize("place", [each for each in PLACES if "generator" not in each])
def test_nothing_is_being_handled_in_a_cell(env, place):
    env.run(HANDLED)
    env.run("n, __file__ = 0, '/dev/null'")
    env.fails(PLACES[place].replace("\n    ", "\n"), "ZeroDivisionError")
    env.run("%resume skip")
    seen = env.evaluate("out")
    assert seen == NOTHING


@pytest.mark.parametrize("how", ["return 1", "restart"])
def test_nothing_is_being_handled_after_frames_are_left(env, how):
    env.run(HANDLED)
    env.run("def f(n): return 1 / n if n else see() or 1 / d[0]\nd = [0]")
    env.fails(
        "def g():\n    with open('/dev/null'):\n        f(0)\n    see()\ng()", "ZeroDivisionError"
    )
    env.run("out.clear(); d[0] = 1")
    env.run(f"%resume {how}")
    assert env.evaluate("out")[-2:] == NOTHING
    assert env.evaluate("out")[:2] == NOTHING


def test_the_exception_of_an_except_clause_is_still_handled(env):
    env.run("""
        import sys
        def f(n):
            try:
                {}["key"]
            except KeyError as e:
                1 / n
                seen = [sys.exc_info()[1] is e, e.__context__]
                try:
                    raise
                except KeyError as again:
                    return [*seen, again is e, e.__context__]
    """)
    env.fails("r = f(0)", "ZeroDivisionError")
    env.run("%resume skip")
    assert env("r") == [True, None, True, None]


def test_what_a_caller_handles_is_handled_in_the_resumed_code(env):
    env.run("""
        import sys
        def g(n):
            with open("/dev/null"):
                1 / n
                return sys.exc_info()[0], sys.exc_info()[1].__context__
        def f(n):
            try:
                {}["key"]
            except KeyError:
                return g(n)
    """)
    env.fails("r = f(0)", "ZeroDivisionError")
    env.run("%resume skip")
    assert env("r") == (KeyError, None)


def test_a_bare_raise_in_resumed_code(env):
    env.run("def g(n):\n    x = 1 / n\n    raise")
    env.fails("g(0)", "ZeroDivisionError")
    env.fails("%resume skip", "RuntimeError")
    assert "No active exception to reraise" in env.output
    assert "2 frames are alive" in env.output


def test_a_second_failure_is_shown_alone(env):
    text = """
        def total(path, rows):
            n = 0
            with open(path, "w") as file:
                for row in rows:
                    file.write(str(int(row)))
                    n += 1
            return n
    """
    env.run(text, id="a")
    env.fails("r = total('/dev/null', iter(['1', 'x', 'y', '2']))", "ValueError")
    env.run(text.replace("int(row)", "int(row.replace('x', '7'))"), id="a")
    env.fails("%resume", "ValueError")
    assert "Moving" not in env.output
    assert "During handling" not in env.output
    env.run("%breaks")
    assert "raised while handling" not in env.output
    env.run(text.replace("int(row)", "int(row, 36)"), id="a")
    env.run("%resume")
    assert env("r") == 4


# --- restarts after resumes -----------------------------------------------------------------------------


def test_a_restart_adds_no_frame_to_tracebacks(env):
    env.run("""
        import traceback
        def f(n):
            if n == 2:
                raise KeyError
            return 1 / n
        def g(n):
            try:
                return f(n)
            except KeyError:
                return traceback.format_exc()
    """)
    env.fails("r = g(0)", "ZeroDivisionError")
    env.run("%%frame\nn = 2")
    env.run("%resume restart")
    assert "livecode" not in env("r")


def test_a_statement_of_a_cell_that_goes_on_has_no_frame_of_livecode(env):
    env.fails(
        "import traceback\n"
        "with open('/dev/null'):\n    1 / 0\n    try:\n        {}['key']\n"
        "    except KeyError:\n        r = traceback.format_exc()\n",
        "ZeroDivisionError",
    )
    env.run("%resume skip")
    assert "livecode" not in env("r")


def test_a_retry_in_the_code_that_ran_is_in_its_cell(env):
    text = """
        def g(xs):
            out = []
            for x in xs:
                out.append(1 // x)
            return out
    """
    env.run(text, id="a")
    env.fails("r = g(iter([1, 0, 2]))", "ZeroDivisionError")
    env.run("# a comment\ndef g(xs):\n    return [1 // (x or 1) for x in xs]", id="b")
    env.fails("%resume retry", "ZeroDivisionError")
    assert "in the code that ran: " in env.output
    assert "In [1]:4" in env.output or "In [2]:4" in env.output
    assert "out.append(1 // x)" in env.attempt("%frame")
    env.run("%resume return 5")
    assert env("r") == 5


def test_a_restart_after_a_resume_has_what_the_frame_was_given(env):
    env.run("""
        def g(n, *rest, flag=1, **named):
            x = 1 / n
            y = 1 / (n - 1)
            return n, rest, flag, named
        def h(n):
            m = n
            1 / n
            n = m
            return 1 / n
    """)
    env.fails("r = g(0, 5, flag=2, other=3)", "ZeroDivisionError")
    env.run("%%frame\nn = 1")
    env.fails("%resume", "ZeroDivisionError")
    env.run("%%frame\nn = 3; flag = 4")
    env.run("%resume restart")
    assert env("r") == (3, (5,), 4, {"other": 3})
    env.fails("r = h(0)", "ZeroDivisionError")
    env.fails("%resume skip", "ZeroDivisionError")
    env.run("%%frame\nn = 3")
    env.fails("%resume restart", "ZeroDivisionError")
    assert "1 / n" in env.output
    env.fails("%resume abort", "ZeroDivisionError")


# --- places ---------------------------------------------------------------------------------------------

BESIDE = """
    def f(xs, log):
        for x in xs:
            log.append(1 // x)
            log.append("e")
        return log
"""


def test_the_statement_beside_was_edited_too(env):
    env.run(BESIDE, id="a")
    env.fails("r = f(iter([1, 0]), [])", "ZeroDivisionError")
    env.run(BESIDE.replace("// x", "// (x or 2)").replace('"e"', '"f"'), id="a")
    env.run("%resume")
    assert env("r") == [1, "e", 0, "f"]


def test_both_were_edited_and_a_line_is_not_added_but_moved(env):
    """The same number of statements, but the failing one stands in another place: refused."""
    env.run(BESIDE, id="a")
    env.fails("r = f(iter([1, 0]), [])", "ZeroDivisionError")
    text = BESIDE.replace('log.append("e")', "log.append(1 // (x or 2))")
    env.run(text.replace("log.append(1 // x)", "x = x or 2"), id="a")
    assert "could be" in env.message("%resume")


def test_an_attribute_that_is_assigned_tells_the_place(env):
    text = """
        class S:
            def __init__(self, a):
                self.a = 1 / a
    """
    env.run(text, id="a")
    env.fails("s = S(0); r = s.b", "ZeroDivisionError")
    env.run(text.replace("1 / a", "1 / (a or 1)\n                self.b = 7"), id="a")
    env.run("%resume")
    assert env("r") == 7


def test_the_variable_of_a_comprehension_is_no_local(env):
    env.run("""
        def f(n):
            1 / n
            b = {x: (lambda: x)() for x in (1,)}
            y = [(lambda: z)() for z in (2,)]
            z = 3
            c = lambda: z
            return sorted(locals())
    """)
    env.fails("r = f(0)", "ZeroDivisionError")
    env.run("%resume skip")
    assert env("r") == env("f(1)") == ["b", "c", "n", "y", "z"]


# --- what is missing ------------------------------------------------------------------------------------

IMPORTS = {
    "import not_there": "not_there",
    "import os, not_there as n": "n",
    "from not_there import a": "a",
    "from os import not_there": "not_there",
    "from os import path, not_there as n, sep": "path and sep and n",
    "import not_there.deep as n": "n",
}


@pytest.mark.parametrize("statement", IMPORTS)
def test_a_value_is_used_for_an_import(env, statement):
    """In its first turn; the others import."""
    name = IMPORTS[statement]
    env.run(f"def f(k):\n    for _ in range(k):\n        {statement}\n    return {name}")
    env.fails("r = f(1)")
    env.run("%resume use 'mod'")
    assert env("r") == "mod"
    env.fails("r = f(2)")
    env.fails("%resume use 'mod'")
    env.run("%resume use 'mod'")
    assert env("r") == "mod"


def test_a_value_is_used_for_the_import_of_a_cell(env):
    env.fails("import not_there", "ModuleNotFoundError")
    env.run("%resume use 5")
    assert env("not_there") == 5
    env.fails("if True:\n    from not_there import x", "ModuleNotFoundError")
    env.run("%resume use 6")
    assert env("x") == 6


def test_use_is_refused_where_one_value_is_not_enough(env):
    env.fails("from not_there import x, y", "ModuleNotFoundError")
    assert "binds several names; `store` gives a module" in env.message("%resume use 5")
    env.fails("%resume abort", "ModuleNotFoundError")
    env.fails("import not_there.deep", "ModuleNotFoundError")
    assert "binds not_there; `store` gives" in env.message("%resume use 5")
    env.fails("%resume abort", "ModuleNotFoundError")


def test_use_for_one_of_two_that_look_the_same(env):
    env.run("def f(d):\n    return d['a'] - d.setdefault('a', 1) + missing_x * missing_x")
    env.fails("r = f({})", "KeyError")
    env.fails("%resume use 10", "NameError")
    env.fails("%resume use 2", "NameError")
    env.run("%resume store 3")
    assert env("r") == 9


# --- what is shown --------------------------------------------------------------------------------------


def test_the_frame_of_resumed_code_has_its_arguments(env):
    env.run("""
        def f(a, /, b, *rest, c=1, **named):
            keep = lambda: c
            1 / a
            del b
            0 / a
            return sorted(locals())
    """)
    env.fails("r = f(0, 5, 6, d=7)", "ZeroDivisionError")
    assert "in f(a, b, c, *rest, **named)" in env.output
    env.fails("%resume", "ZeroDivisionError")
    assert "in f(a, b, *rest, **named)" in env.output
    env.fails("%resume skip", "ZeroDivisionError")
    assert "0 / a" in env.output
    env.run("%resume skip")
    assert env("r") == ["a", "c", "keep", "named", "rest"]


def test_an_abort_after_a_resume_shows_the_function_once(env):
    text = """
        def f(xs):
            out = []
            for x in xs:
                out.append(1 // x)
            return out
    """
    env.run(text, id="a")
    env.fails("f(iter([1, 0, 2]))", "ZeroDivisionError")
    env.fails("%resume", "ZeroDivisionError")
    assert env.output.count("in f(xs)") == 1
    env.fails("%resume abort", "ZeroDivisionError")
    assert env.output.count("in f(xs)") == 1
    assert "----> 2" not in env.output
    env.fails("try:\n    f(iter([1, 0, 2]))\nexcept ValueError:\n    pass", "ZeroDivisionError")
    env.fails("%resume", "ZeroDivisionError")
    env.fails("%resume abort", "ZeroDivisionError")
    assert env.output.count("in f(xs)") == 1


@both
def test_an_exception_that_has_no_text_is_a_break_too(env):
    env.run("""
        class Bad(Exception):
            def __str__(self): raise RuntimeError("broken")
            __repr__ = __str__
        def f():
            raise Bad
    """)
    said = env.attempt("f()")
    assert "level 1; 2 frames are alive" in said
    assert "breaking.py" not in said
    env.run("%resume return 5")


def test_restarts_of_the_program_whose_names_are_taken_or_have_blanks(env):
    env.run("""
        import livecode
        def f(name):
            with livecode.restart(name) as r:
                1 / 0
            return r.invoked, r.value
    """)
    env.fails("r = f('go on')", "ZeroDivisionError")
    env.run("%resume go on 5 + 1")
    assert env("r") == (True, 6)
    env.fails("r = f('go on')", "ZeroDivisionError")
    env.run("%resume go on")
    assert env("r") == (True, None)
    env.fails("r = f('skip')", "ZeroDivisionError")
    assert "by its number only, since the name is taken" in env.attempt("%breaks")
    env.run("%resume skip")
    assert env("r") == (False, None)
    env.fails("r = f('skip')", "ZeroDivisionError")
    env.run("%resume 6 7")
    assert env("r") == (True, 7)
