"""Whoever looks at the code sees it as it is now, line numbers included."""

from tests.dsl import both, since

SHAPES = """
    def area(r):
        return 3 * r

    def broken(x):
        y = x + 1
        return y / 0

    class Shape:
        def fail(self):
            raise ValueError("shape")
"""


@both
def test_traceback_lines_follow_a_comment_above(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.broken")
    env["m.py"].prepend("# one\n# two\n")
    for expr in ("m.broken(1)", "held(1)"):
        assert env.traceback(expr)[-1] == ("m.py", 8, "broken", "return y / 0")


def test_traceback_lines_follow_in_methods(env):
    env["m.py"] = SHAPES
    env.run("import m; s = m.Shape()")
    env["m.py"].prepend("x = 1\n\n\n")
    line = env["m.py"].line("raise ValueError")
    assert env.traceback("s.fail()")[-1] == ("m.py", line, "fail", 'raise ValueError("shape")')


def test_traceback_lines_follow_a_comment_inside_the_function(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.broken")
    env["m.py"].replace("    y = x + 1\n", "    # why\n    y = x + 1\n\n")
    assert env.lines("held(1)", "m.py") == [env["m.py"].line("y / 0")]


def test_traceback_lines_follow_an_edit_of_another_function(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.broken")
    env["m.py"].replace("return 3 * r", "pi = 3\n    r = float(r)\n    return pi * r")
    assert env("m.area(1)") == 3
    assert env.lines("held(1)", "m.py") == [env["m.py"].line("y / 0")]


def test_traceback_lines_follow_when_lines_go_away(env):
    env["m.py"] = "# one\n# two\n# three\n" + "def f():\n    return 1 / 0\n"
    env.run("import m")
    env["m.py"] = "def f():\n    return 1 / 0\n"
    assert env.lines("m.f()", "m.py") == [2]


def test_lines_of_nested_functions_lambdas_and_comprehensions_follow(env):
    env["m.py"] = """
        def outer():
            def inner():
                return 1 / 0
            return inner
        bad = lambda: 1 / 0
        def listed():
            return [1 / x for x in [0]]
        def generated():
            yield 1 / 0
    """
    env.run("import m; inner = m.outer()")
    env["m.py"].prepend("#\n#\n#\n#\n")
    assert env.lines("inner()", "m.py") == [7]
    assert env.lines("m.outer()()", "m.py") == [7]
    assert env.lines("m.bad()", "m.py") == [9]
    assert set(env.lines("m.listed()", "m.py")) == {11}
    assert env.lines("list(m.generated())", "m.py") == [13]


def test_lines_of_decorated_functions_follow(env):
    env["m.py"] = """
        import functools
        def traced(f):
            @functools.wraps(f)
            def wrapper(*args):
                return f(*args)
            return wrapper
        @traced
        @functools.lru_cache
        def broken():
            return 1 / 0
    """
    env.run("import m; held = m.broken")
    env["m.py"].prepend("#\n#\n")
    text = env["m.py"]
    assert env.lines("held()", "m.py") == [text.line("return f(*args)"), text.line("1 / 0")]


def test_lines_of_staticmethods_classmethods_and_properties_follow(env):
    env["m.py"] = """
        class C:
            @staticmethod
            def s(): return 1 / 0
            @classmethod
            def c(cls): return [] / 0
            @property
            def p(self): return "" / 0
    """
    env.run("import m; C = m.C; it = C()")
    env["m.py"].prepend("#\n#\n")
    assert env.lines("it.s()", "m.py") == [5]
    assert env.lines("C.c()", "m.py") == [7]
    assert env.lines("it.p", "m.py") == [9]


def test_the_traceback_that_ipython_prints_shows_the_new_text(env):
    env["m.py"] = SHAPES
    env.run("import m")
    env["m.py"].replace("y = x + 1", "y = x + 1000")
    env.run("pass")
    shown = env.fails("m.broken(1)", "ZeroDivisionError").text
    assert "y = x + 1000" in shown


@both
def test_getsource_follows(env):
    env["m.py"] = SHAPES
    env.run("import m, inspect; held = m.area; inspect.getsource(held)")
    env["m.py"].replace("3 * r", "4 * r")
    assert env("inspect.getsource(held)") == "def area(r):\n    return 4 * r\n"


def test_getsource_follows_a_move(env):
    env["m.py"] = SHAPES
    env.run("import m, inspect; held = m.broken; inspect.getsource(held)")
    env["m.py"].prepend("# a comment\nx = 1\n")
    assert env("inspect.getsource(held)") == ("def broken(x):\n    y = x + 1\n    return y / 0\n")
    assert env("inspect.getsourcelines(held)[1]") == env["m.py"].line("def broken")


def test_getsource_of_classes_and_methods_follows(env):
    env["m.py"] = SHAPES
    env.run("import m, inspect; inspect.getsource(m.Shape)")
    env["m.py"].prepend("# a comment\n")
    env["m.py"].replace('"shape"', '"SHAPE"')
    text = 'class Shape:\n    def fail(self):\n        raise ValueError("SHAPE")\n'
    assert env("inspect.getsource(m.Shape)") == text
    assert env("inspect.getsource(m.Shape.fail)") == "".join(text.splitlines(True)[1:])


@since(3, 13)
def test_the_class_s_firstlineno_follows(env):
    env["m.py"] = SHAPES
    env.run("import m")
    env["m.py"].prepend("# a comment\n")
    assert env("m.Shape.__firstlineno__") == env["m.py"].line("class Shape")
    env["m.py"].prepend("x = 1\n")
    env["m.py"].replace('"shape"', '"SHAPE"')
    assert env("m.Shape.__firstlineno__") == env["m.py"].line("class Shape")


def test_firstlineno_of_functions_follows(env):
    env["m.py"] = SHAPES
    env.run("import m; held = m.broken")
    env["m.py"].prepend("# a comment\n")
    assert env("held.__code__.co_firstlineno") == env["m.py"].line("def broken")


def test_filenames_are_the_real_ones(env):
    env["m.py"] = SHAPES
    env.run("import m")
    env["m.py"].replace("3 * r", "4 * r")
    env["m.py"].append("def fresh(): return 1\n")
    env.run("files = {f.__code__.co_filename for f in (m.area, m.fresh, m.Shape.fail)}")
    assert env("files") == {str(env["m.py"])}
    assert env("m.area.__module__, m.fresh.__module__, m.Shape.__module__") == ("m", "m", "m")


def test_linecache_follows(env):
    env["m.py"] = SHAPES
    env.run("import m, linecache; linecache.getlines(m.__file__)")
    env["m.py"].replace("3 * r", "4 * r")
    env.run("pass")
    assert env("linecache.getline(m.__file__, 2)") == "    return 4 * r\n"


def test_qualnames_are_right_after_an_edit(env):
    env["m.py"] = SHAPES
    env.run("import m; s = m.Shape(); get = s.fail")
    env["m.py"].replace('raise ValueError("shape")', "return (lambda: 1)")
    env["m.py"].replace("return 3 * r", "def inner(): return r\n    return inner")
    assert env("m.Shape.fail.__qualname__, s.fail().__qualname__, m.area(1).__qualname__") == (
        ("Shape.fail", "Shape.fail.<locals>.<lambda>", "area.<locals>.inner")
    )


@both
def test_pickle_follows(env):
    env["m.py"] = """
        class P:
            def __init__(self, x): self.x = x
            def get(self): return self.x
        def f(): return 1
    """
    env.run("import m, pickle; p = m.P(1); f = m.f; early = pickle.dumps([p, f, m.P])")
    env["m.py"].replace("return self.x", "return self.x * 10")
    env["m.py"].replace("return 1", "return 2")
    env.run("back = pickle.loads(early); again = pickle.loads(pickle.dumps([p, f, m.P]))")
    assert env("back[0].get(), back[1](), back[2] is m.P") == (10, 2, True)
    assert env("again[0].get(), again[1] is m.f, again[2] is m.P, type(p) is m.P") == (
        (10, True, True, True)
    )


def test_copies_of_instances_follow(env):
    env["m.py"] = "class P:\n    x = [1]\n    def get(self): return 1\n"
    env.run("import m, copy; p = m.P()")
    env["m.py"].replace("return 1", "return 2")
    assert env("copy.copy(p).get(), copy.deepcopy(p).get()") == (2, 2)


def test_pinfo_shows_the_new_source(env):
    env["m.py"] = SHAPES
    env.run("import m")
    env["m.py"].replace("3 * r", "4 * r")
    env.run("m.area??")
    assert "4 * r" in env.output and "3 * r" not in env.output


def test_warnings_and_frames_show_the_new_line(env):
    env["m.py"] = """
        import sys
        def where(): return sys._getframe().f_lineno
    """
    env.run("import m")
    env["m.py"].prepend("#\n#\n")
    assert env("m.where()") == 4


def test_columns_follow_a_new_format(env):
    env["m.py"] = "def f(x):\n    return x/0\n"
    env.run("import m")
    env["m.py"].replace("x/0", "(    x / 0    )")
    env.run("""
        import traceback
        try:
            m.f(1)
        except ZeroDivisionError as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
    """)
    assert env("last.line[last.colno - 4:last.end_colno - 4]") == "x / 0"


@both
def test_getsource_of_a_function_from_a_cell_follows(env):
    env.run("def f():\n    return 1\n", id="a")
    env.run("import inspect; held = f")
    env.run("# a comment\ndef f():\n    return 2\n", id="a")
    assert env("inspect.getsource(held)") == "def f():\n    return 2\n"


@both
def test_the_file_name_of_a_cell_s_function_is_the_cell_s_own(env):
    """Debuggers and tracebacks know a cell by the name that the front end gave it."""
    env.run("def f(): return 1\nname = (lambda: 0).__code__.co_filename", id="a")
    assert env("f.__code__.co_filename == name") is True
    env.run("def f(): return 2\nname = (lambda: 0).__code__.co_filename", id="a")
    assert env("f.__code__.co_filename == name, f()") == (True, 2)


def test_tracebacks_through_cells_show_the_line_of_the_new_cell(env):
    env.run("def f():\n    return 1 / 0\n", id="a")
    env.run("held = f")
    env.run("# one\n# two\ndef f():\n    return 1 / 0\n", id="a")
    assert env.traceback("held()")[-1][1:] == (4, "f", "return 1 / 0")
