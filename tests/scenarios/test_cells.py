"""Functions and names of cells: a cell run again updates what is alive."""

import pytest

from tests.dsl import both


@both
def test_a_function_defined_again_in_its_cell_follows(env):
    env.run("def f(): return 1", id="a")
    env.run("g = f; held = [f]")
    env.run("def f(): return 2", id="a")
    assert env("g(), held[0](), f(), f is g") == (2, 2, 2, True)


@both
def test_a_function_defined_again_in_another_cell_follows(env):
    env.run("def f(): return 1", id="a")
    env.run("g = f")
    env.run("def f(): return 2", id="b")
    assert env("g(), f is g") == (2, True)


@both
def test_cells_without_ids_follow_by_name(env):
    env.run("def f(): return 1")
    env.run("g = f")
    env.run("def f(): return 2")
    assert env("g(), f is g") == (2, True)


def test_an_unchanged_cell_run_again_keeps_its_objects(env):
    env.run("def f(): return 1\nclass C: pass", id="a")
    env.run("g, D = f, C; f.mine = 1; C.mine = 2")
    env.run("def f(): return 1\nclass C: pass", id="a")
    assert env("f is g, C is D, f.mine, C.mine") == (True, True, 1, 2)


def test_assignments_of_a_cell_run_as_in_plain_ipython(env):
    env.run("x = []\nx.append(1)", id="a")
    env.run("y = x")
    env.run("x = []\nx.append(1)", id="a")
    assert env("x is y, x, y") == (False, [1], [1])


def test_every_statement_of_a_cell_runs_every_time(env):
    env.run("log = []")
    env.run("log.append(1)\ndef f(): return 1", id="a")
    env.run("log.append(1)\ndef f(): return 1", id="a")
    assert env("log") == [1, 1]


def test_defaults_of_a_cell_s_function_are_evaluated_anew(env):
    env.run("n = 1")
    env.run("def f(x=n): return x", id="a")
    env.run("g = f; n = 2")
    env.run("def f(x=n): return x", id="a")
    assert env("g()") == 2


def test_the_surviving_function_is_used_by_the_rest_of_the_cell(env):
    env.run("def f(): return 1\nheld = f", id="a")
    env.run("first = held")
    env.run("def f(): return 2\nheld = f\ngot = f()", id="a")
    assert env("held is first, got") == (True, 2)


def test_a_function_defined_twice_in_one_cell_is_two_functions(env):
    env.run("""
        def f(): return 1
        first = f
        def f(): return 2
        second = f
    """)
    assert env("first(), second()") == (1, 2)


def test_a_function_in_a_loop_is_made_anew_each_time(env):
    env.run("""
        made = []
        for i in range(3):
            def f(i=i): return i
            made.append(f)
    """)
    assert env("[g() for g in made]") == [0, 1, 2]


def test_a_loop_of_lambdas_is_left_alone(env):
    env.run("made = []\nfor i in range(3):\n    made.append(lambda i=i: i)", id="a")
    env.run("made = []\nfor i in range(3):\n    made.append(lambda i=i: i * 10)", id="a")
    assert env("[g() for g in made]") == [0, 10, 20]


def test_a_function_that_rebinds_an_import_does_not_touch_the_library(env):
    env.run("from os.path import join\nimport os.path")
    env.run("def join(*parts): return 'mine'")
    assert env("join('a', 'b'), os.path.join('a', 'b')") == ("mine", "a/b")


def test_a_function_imported_from_a_tracked_file_is_not_changed_by_a_cell(env):
    env["m.py"] = "def f(): return 'file'\n"
    env.run("from m import f\nimport m; g = m.f")
    env.run("def f(): return 'cell'")
    assert env("f(), m.f(), g()") == ("cell", "file", "file")


def test_a_decorated_function_of_a_cell_follows(env):
    env.run("""
        import functools
        def traced(f):
            @functools.wraps(f)
            def wrapper(*args): return "traced", f(*args)
            return wrapper
    """)
    env.run("@traced\ndef f(): return 1", id="a")
    env.run("g = f")
    env.run("@traced\ndef f(): return 2", id="a")
    assert env("f(), g()") == (("traced", 2), ("traced", 2))


def test_a_cached_function_of_a_cell_follows_and_is_cleared(env):
    env.run("import functools\n@functools.lru_cache\ndef f(x): return x", id="a")
    env.run("g = f; f(1)")
    env.run("import functools\n@functools.lru_cache\ndef f(x): return -x", id="a")
    assert env("f(1), g(1)") == (-1, -1)


def test_a_decorator_of_a_cell_is_added_and_removed(env):
    env.run("def double(f): return lambda: f() * 2")
    env.run("def f(): return 1", id="a")
    env.run("g = f")
    env.run("@double\ndef f(): return 1", id="a")
    assert env("f(), g()") == (2, 2)
    env.run("def f(): return 5", id="a")
    assert env("f(), g()") == (5, 5)


def test_singledispatch_in_cells_follows(env):
    env.run("import functools\n@functools.singledispatch\ndef show(x): return 'any'", id="a")
    env.run("@show.register\ndef _(x: int): return 'int'", id="b")
    env.run("held = show")
    env.run("@show.register\ndef _(x: int): return 'INT'", id="b")
    assert env("held(1), held('')") == ("INT", "any")
    env.run("import functools\n@functools.singledispatch\ndef show(x): return 'ANY'", id="a")
    assert env("held(''), show('')") == ("ANY", "ANY")


@both
def test_async_functions_of_cells_follow(env):
    env.run("async def f(): return 1", id="a")
    env.run("g = f; got = await f()")
    env.run("async def f(): return 2", id="a")
    assert env("got") == 1
    assert env("await g()") == 2


@both
def test_definitions_in_a_cell_with_top_level_await_follow(env):
    text = "import asyncio\ndef f(): return {}\nawait asyncio.sleep(0)\nclass C:\n    x = {}\ngot = f()"
    env.run(text.format(1, 1), id="a")
    env.run("g, c = f, C()")
    env.run(text.format(2, 2), id="a")
    assert env("g(), c.x, got, f is g") == (2, 2, 2, True)


def test_async_for_and_with_at_top_level_work(env):
    env.run("""
        import contextlib
        @contextlib.asynccontextmanager
        async def opened(): yield 1
        async def numbers():
            yield 2
        async with opened() as a: pass
        async for b in numbers(): pass
    """)
    assert env("a, b") == (1, 2)


@both
def test_lambdas_of_cells_are_new_values(env):
    env.run("f = lambda: 1", id="a")
    env.run("f = lambda: 2", id="a")
    assert env("f()") == 2


def test_generators_of_cells_follow(env):
    env.run("def numbers():\n    yield 1", id="a")
    env.run("held = numbers")
    env.run("def numbers():\n    yield 2", id="a")
    assert env("list(held())") == [2]


def test_attributes_hung_on_a_cell_s_function_stay(env):
    env.run("def f(): return 1", id="a")
    env.run("f.mine = 'mine'; g = f")
    env.run("def f(): return 2", id="a")
    assert env("f.mine, g()") == ("mine", 2)


def test_pickle_of_a_cell_s_function_follows(env):
    env.run("def f(): return 1", id="a")
    env.run("import pickle; early = pickle.dumps(f); g = f")
    env.run("def f(): return 2", id="a")
    assert env("pickle.loads(early)() , pickle.loads(pickle.dumps(g)) is f") == (2, True)


def test_a_cell_that_fails_halfway_keeps_what_it_did(env):
    env.run("def f(): return 1\ndef h(): return 1", id="a")
    env.run("g, k = f, h")
    env.fails("def f(): return 2\n1 / 0\ndef h(): return 2", "ZeroDivisionError", id="a")
    assert env("g(), k()") == (2, 1)


def test_a_cell_with_a_syntax_error_changes_nothing(env):
    env.run("def f(): return 1", id="a")
    env.run("g = f")
    env.fails("def f(): return 2\ndef h(: pass", "SyntaxError", id="a")
    assert env("g(), f()") == (1, 1)
    env.run("def f(): return 3", id="a")
    assert env("g()") == 3


def test_a_definition_that_fails_keeps_the_old_one(env):
    env.run("def f(x=1): return x", id="a")
    env.run("g = f")
    env.fails("def f(x=1 / 0): return x", "ZeroDivisionError", id="a")
    assert env("g(), f is g") == (1, True)


def test_a_function_becomes_a_class_in_a_cell(env):
    env.run("def thing(): return 1", id="a")
    env.run("old = thing")
    env.run("class thing:\n    x = 2", id="a")
    assert env("thing.x, isinstance(thing, type)") == (2, True)
    env.run("def thing(): return 3", id="a")
    assert env("thing()") == 3


def test_a_name_bound_anew_by_an_assignment_is_no_function_any_more(env):
    env.run("def f(): return 1", id="a")
    env.run("g = f")
    env.run("f = 5")
    assert env("f, g()") == (5, 1)
    env.run("def f(): return 2", id="b")
    assert env("f()") == 2


def test_conditional_definitions_in_cells_follow(env):
    env.run("if True:\n    def f(): return 1\nelse:\n    def f(): return -1", id="a")
    env.run("g = f")
    env.run("if True:\n    def f(): return 2\nelse:\n    def f(): return -1", id="a")
    assert env("g(), f()") == (2, 2)


def test_a_deleted_name_can_be_defined_again(env):
    env.run("def f(): return 1", id="a")
    env.run("del f")
    env.run("def f(): return 2", id="a")
    assert env("f()") == 2


@pytest.mark.parametrize("count", [3])
def test_a_cell_run_many_times_follows_each_time(env, count):
    env.run("def f(): return 0\nclass C:\n    def get(self): return 0", id="a")
    env.run("g, c = f, C()")
    for n in range(1, count + 1):
        env.run(f"def f(): return {n}\nclass C:\n    def get(self): return {n}", id="a")
        assert env("g(), c.get()") == (n, n)


def test_a_file_and_a_cell_edited_at_once_both_follow(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m\ndef g(): return m.f()", id="a")
    env.run("held = g")
    env["m.py"].replace("1", "2")
    env.run("import m\ndef g(): return m.f() * 10", id="a")
    assert env("held()") == 20


@both
def test_an_edited_file_is_live_at_the_first_statement_of_the_cell(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    env.run("got = [m.f(), m.f()]")
    assert env("got") == [2, 2]


def test_an_edit_saved_by_the_cell_itself_waits_for_the_next_cell(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env.run("""
        from pathlib import Path
        _ = Path("m.py").write_text("def f(): return 22\\n")
        got = m.f()
    """)
    assert env("got, m.f()") == (1, 22)
