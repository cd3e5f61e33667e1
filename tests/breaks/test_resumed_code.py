"""Resumed code sees what a program that had never failed would see, and says where it is."""

from __future__ import annotations

from tests.dsl import both

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
