"""``%liveeval``: a piece of text, a module's namespace, a file, a line of it."""

import os

import pytest

import livecode
from tests.dsl import both

SHAPES = """
    calls = []
    rate = 2

    def area(r):
        return rate * r

    class Shape:
        calls.append("body")
        sides = len(calls)

        def describe(self):
            x = 1
            return "old", x

    calls.append("end")
    area(10) + 1
"""


@both
def test_an_expression_is_shown_as_by_a_cell(env):
    env.run("x = 5")
    assert env("%liveeval x * 2") == 10
    assert "10" in env.output


def test_a_statement_binds_in_the_notebook(env):
    env.run("%liveeval y = 3")
    assert env("y") == 3


def test_the_value_is_kept_as_the_last_output(env):
    env.run("%liveeval 6 * 7")
    assert env("_") == 42


def test_nothing_is_shown_for_none(env):
    env.run("%liveeval None")
    assert env.output == ""


@both
def test_a_whole_cell_of_text(env):
    env.run("%%liveeval\ndef f(): return 1\nx = f()\n")
    env.run("g = f")
    env.run("%%liveeval\ndef f(): return 2\nx = f()\n")
    assert env("x, g(), f is g") == (2, 2, True)


def test_the_last_value_of_the_text_is_shown(env):
    assert env("%%liveeval\nx = 20\nx + 1\n") == 21


@both
def test_an_expression_in_a_module(env):
    env["m.py"] = SHAPES
    env.run("import m; rate = 100")
    assert env("%liveeval -m m rate * 2") == 4
    assert env("%liveeval -m m area(1)") == 2


@both
def test_a_definition_in_a_module(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.area")
    env.run("%%liveeval -m m\ndef area(r):\n    return 'live', rate * r\n")
    assert env("held(1), m.area(1), m.area is held") == (("live", 2), ("live", 2), True)
    assert "'live'" not in env["m.py"].text


def test_a_method_s_class_in_a_module(env):
    env["m.py"] = SHAPES
    env.run("import m; s = m.Shape()")
    env.run('%%liveeval -m m\nclass Shape:\n    def describe(self): return "new"\n')
    assert env("s.describe(), type(s) is m.Shape") == ("new", True)


def test_a_statement_in_a_module_of_a_package(env):
    env["pkg/__init__.py"] = ""
    env["pkg/inner.py"] = "x = 1\ndef f(): return x\n"
    env.run("import pkg.inner")
    env.run("%liveeval -m pkg.inner x = 5")
    assert env("pkg.inner.f()") == 5


def test_a_relative_import_in_a_module(env):
    env["pkg/__init__.py"] = ""
    env["pkg/a.py"] = "x = 1\n"
    env["pkg/b.py"] = "y = 1\n"
    env.run("import pkg.a, pkg.b")
    env.run("%liveeval -m pkg.b from .a import x")
    assert env("pkg.b.x") == 1


def test_text_sent_twice_is_evaluated_twice(env):
    env["m.py"] = "log = []\n"
    env.run("import m")
    env.run("%liveeval -m m log.append(1)")
    env.run("%liveeval -m m log.append(1)")
    assert env("m.log") == [1, 1]


def test_importers_follow_a_name_sent_to_a_module(env):
    env.save(m="CONST = 1\n", n="from m import CONST\n")
    env.run("import m, n")
    env.run("%liveeval -m m CONST = 2")
    assert env("m.CONST, n.CONST") == (2, 2)


def test_a_whole_file_is_evaluated_changed_or_not(env):
    env["m.py"] = SHAPES
    env.run("import m; s, held = m.Shape(), m.area")
    env.run("m.calls.clear(); m.rate = 7; first = m.calls")
    env.run("%liveeval -f m.py")
    assert env("m.rate, m.calls, m.area is held, type(s) is m.Shape") == (
        (2, ["body", "end"], True, True)
    )


def test_the_value_of_a_file_s_last_expression_is_shown(env):
    env["m.py"] = SHAPES
    env.run("import m")
    assert env("%liveeval -f m.py") == 21


@both
def test_a_statement_at_a_line(env):
    env["m.py"] = SHAPES
    env.run("import m; m.calls.clear()")
    line = env["m.py"].line('calls.append("end")')
    env.run(f"%liveeval -f m.py:{line}")
    assert env("m.calls") == ["end"]


def test_an_expression_at_a_line_is_shown(env):
    env["m.py"] = SHAPES
    env.run("import m; m.rate = 3")
    line = env["m.py"].line("area(10) + 1")
    assert env(f"%liveeval -f m.py:{line}") == 31


def test_a_line_inside_a_function_names_the_function(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.area; m.calls.clear()")
    env.run("def mine(r): return 'mine'")
    env.run("m.area = mine")
    line = env["m.py"].line("return rate * r")
    env.run(f"%liveeval -f m.py:{line}")
    assert env("m.area(1), m.calls") == (2, [])


def test_a_line_inside_a_method_names_the_method_alone(env):
    env["m.py"] = SHAPES
    env.run("import m; s = m.Shape(); m.calls.clear(); m.Shape.sides = 99")
    env.run("m.Shape.describe = lambda self: 'mine'")
    line = env["m.py"].line('return "old", x')
    env.run(f"%liveeval -f m.py:{line}")
    assert env("s.describe(), m.calls, m.Shape.sides") == (("old", 1), [], 99)


def test_a_line_at_class_level_names_that_statement(env):
    env["m.py"] = SHAPES
    env.run("import m; s = m.Shape(); held = m.Shape; m.calls.append('more')")
    line = env["m.py"].line("sides = len(calls)")
    env.run(f"%liveeval -f m.py:{line}")
    assert env("s.sides, m.Shape is held") == (3, True)
    assert env("m.calls") == ["body", "end", "more"]


def test_the_line_of_class_itself_names_the_class(env):
    env["m.py"] = SHAPES
    env.run("import m; s, held = m.Shape(), m.Shape; m.calls.clear()")
    line = env["m.py"].line("class Shape")
    env.run(f"%liveeval -f m.py:{line}")
    assert env("m.calls, m.Shape is held, s.describe()") == (["body"], True, ("old", 1))


def test_a_line_of_a_decorator_names_the_function(env):
    env["m.py"] = """
        calls = []
        def noted(f): calls.append(f.__name__); return f
        @noted
        def f(): return 1
    """
    env.run("import m; held = m.f")
    env.run(f"%liveeval -f m.py:{env['m.py'].line('@noted')}")
    assert env("m.calls, m.f is held") == (["f", "f"], True)


def test_a_range_of_lines(env):
    env["m.py"] = "log = []\nlog.append(1)\nlog.append(2)\nlog.append(3)\n"
    env.run("import m; m.log.clear()")
    env.run("%liveeval -f m.py:2-3")
    assert env("m.log") == [1, 2]


def test_a_range_gives_the_last_value(env):
    env["m.py"] = "x = 1\ny = x + 1\ny * 10\n"
    env.run("import m; m.x = 5")
    assert env("%liveeval -f m.py:2-3") == 60


def test_traceback_lines_of_what_was_sent_from_a_file_are_the_file_s(env):
    env["m.py"] = "x = 1\n\ndef f():\n    return x / 0\n\nf.tag = 1\n"
    env.run("import m")
    env.run("%liveeval -f m.py:3-4")
    assert env.lines("m.f()", "m.py") == [4]
    shown = env.attempt("%liveeval -m m f()")
    assert "ZeroDivisionError" in shown and "x / 0" in shown


def test_an_absolute_path_works(env):
    env["sub folder/m2.py"] = "log = []\nlog.append(1)\n"
    env.run("import sys; sys.path.insert(0, 'sub folder'); import m2; m2.log.clear()")
    path = env["sub folder/m2.py"]
    env.run(f'%liveeval -f "{path}:2"')
    assert env("m2.log") == [1]


def test_text_that_fails_changes_nothing_and_shows_where(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.area")
    shown = env.attempt("%%liveeval -m m\nrate = 50\ndef area(r): return 'no'\n1 / 0\n")
    assert "ZeroDivisionError" in shown
    assert env("m.rate, held(1)") == (2, 2)


def test_text_that_fails_in_the_notebook_changes_nothing(env):
    env.run("def f(): return 1\nx = 1")
    env.run("g = f")
    shown = env.attempt("%%liveeval\nx = 2\ndef f(): return 2\n[][0]\n")
    assert "IndexError" in shown
    assert env("x, f(), g()") == (1, 1, 1)


def test_text_with_a_syntax_error_changes_nothing(env):
    env["m.py"] = SHAPES
    env.run("import m")
    shown = env.attempt("%%liveeval -m m\nrate = 3\ndef f(:\n")
    assert "syntax" in shown.lower()
    assert env("m.rate") == 2


@pytest.mark.parametrize(
    "text",
    [
        "%liveeval x +",
        "%liveeval -m m x +",
        "%liveeval return 5",
        "%%liveeval\ny = 1\nz = (\n",
        "%%liveeval -m m\ny = 1\nreturn y\n",
        "%liveeval -f late.py",
        "%liveeval -f late.py:2",
        "%liveeval import broken",
    ],
)
def test_a_syntax_error_is_shown_without_frames_of_ours(env, text):
    env["m.py"] = SHAPES
    env["late.py"] = "y = 1\nreturn y\n"
    env["broken.py"] = "y = (\n"
    env.run("import m; x = 1")
    shown = env.fails(text, "SyntaxError").text
    assert shown.strip().splitlines()[-1].startswith("SyntaxError: ")
    for name in ("livecode", "interactiveshell", "ast.py"):
        assert name not in shown.replace(str(env.path), ""), shown


@both
def test_a_syntax_error_is_shown_with_the_line_and_a_mark(env):
    env["m.py"] = SHAPES
    env.run("import m")
    shown = env.fails("%liveeval -m m rate +", "SyntaxError").text
    assert "rate +" in shown and "^" in shown


@pytest.mark.parametrize(
    "text", ["%liveeval nope", "%liveeval -m m nope", "%%liveeval\nnope\n", "%liveeval await nope"]
)
def test_an_error_shows_the_text_s_line_and_no_line_of_ours(env, text):
    env["m.py"] = SHAPES
    env.run("import m")
    shown = env.fails(text, "NameError").text
    assert text.split()[-1] in shown.splitlines()[-3], shown
    assert "livecode/" not in shown


def test_a_user_s_frame_around_a_syntax_error_is_shown(env):
    env["raiser.py"] = "def go():\n    compile('1 +', 'mine', 'eval')\n"
    env.run("import raiser")
    shown = env.fails("%liveeval raiser.go()", "SyntaxError").text
    assert "raiser.py" in shown and "in go" in shown and "mine" in shown


def test_an_import_of_a_broken_file_is_shown_by_a_cell_as_ever(env):
    env["broken.py"] = "y = (\n"
    shown = env.fails("import broken", "SyntaxError").text.replace("~", os.path.expanduser("~"))
    assert "broken.py" in shown
    assert os.path.dirname(livecode.__file__) + os.sep not in shown


def test_a_file_goes_into_the_module_that_is_named(env):
    env["m.py"] = SHAPES
    env["scratch.py"] = "rate = rate + 8\ndef area(r):\n    return 'scratch', rate * r\n"
    env.run("import m; held = m.area")
    env.run("%liveeval -m m -f scratch.py")
    assert env("m.rate, held(1), m.area is held") == (10, ("scratch", 10), True)
    env["m.py"].replace("return rate * r", "return -r")
    assert env("held(1)") == -1


def test_a_line_of_a_file_goes_into_the_module_that_is_named(env):
    env["m.py"] = SHAPES
    env["scratch.py"] = (
        "rate = 8\nclass Shape:\n    def describe(self):\n        return 'scratch'\n"
    )
    env.run("import m; s = m.Shape()")
    env.run("%liveeval -f scratch.py:4 -m m")
    assert env("s.describe(), m.rate, 'Shape' in globals()") == ("scratch", 2, False)


def test_top_level_await_works(env):
    env.run("import asyncio\nasync def f(): return 5")
    assert env("%liveeval await f()") == 5


def test_what_was_sent_stays_until_the_file_says_otherwise(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.area")
    env.run("%%liveeval -m m\ndef area(r): return 'live'\n")
    env["m.py"].replace('"old", x', '"new", x')
    assert env("held(1), m.Shape().describe()") == ("live", ("new", 1))
    env["m.py"].replace("return rate * r", "return rate * r * 10")
    assert env("held(1)") == 20


def test_what_was_sent_can_be_undone(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.area")
    env.run("%%liveeval -m m\ndef area(r): return 'live'\nfresh = 1\n")
    assert env("held(1), m.fresh") == ("live", 1)
    env.run("%liveundo")
    assert env("held(1), hasattr(m, 'fresh')") == (2, False)


@pytest.mark.parametrize(
    "text",
    [
        "%liveeval",
        "%liveeval -z 1",
        "%liveeval -m",
        "%liveeval -f",
        "%liveeval -f m.py:x",
        "%liveeval -f m.py:3-",
        "%liveeval -f m.py:5-2",
    ],
)
def test_a_wrong_argument_gives_a_usage_line(env, text):
    env["m.py"] = SHAPES
    env.run("import m")
    env.usage(text)


@pytest.mark.parametrize(
    "text",
    [
        "%liveeval -m no_such_module 1",
        "%liveeval -f no_such_file.py",
        "%liveeval -f m.py:9999",
        "%liveeval -f .",
        "%liveeval -f broken.py",
    ],
)
def test_what_cannot_be_found_is_said(env, text):
    env["m.py"] = SHAPES
    env["broken.py"] = "def f(:\n"
    env.run("import m")
    env.message(text)


def test_help_shows_the_arguments(env):
    env.run("%liveeval?")
    for word in ("-m", "-f", "MODULE", "FILE"):
        assert word in env.output
