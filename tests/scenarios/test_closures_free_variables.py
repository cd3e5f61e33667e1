"""A closure already made gains or drops free variables, wherever a value can be had."""

from tests.dsl import both


@both
def test_a_closure_that_drops_a_free_variable_follows(env):
    env["m.py"] = """
        def make(a, b):
            def get(): return a, b
            return get
    """
    env.run("import m; g = m.make(1, 2)")
    env["m.py"].replace("return a, b", "return a")
    assert env("g(), m.make(3, 4)()") == (1, 3)


def test_a_closure_that_drops_all_free_variables_follows(env):
    env["m.py"] = """
        def make(a):
            def get(): return a
            return get
    """
    env.run("import m; g = m.make(1)")
    env["m.py"].replace("return a\n", "return 'none'\n", 1)
    assert env("g(), m.make(3)()") == ("none", "none")


def test_a_dropped_free_variable_comes_back(env):
    env["m.py"] = """
        def make(a, b):
            def get(): return a, b
            return get
    """
    env.run("import m; g = m.make(1, 2)")
    env["m.py"].replace("return a, b", "return a")
    assert env("g()") == 1
    env["m.py"].replace("return a\n", "return b, a\n", 1)
    assert env("g()") == (2, 1)


@both
def test_a_free_variable_added_that_is_a_literal_in_the_enclosing_function(env):
    env["m.py"] = """
        def make(n):
            step = 10
            def get(): return n
            return get
    """
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("return n", "return n + step")
    assert env("one(), two(), m.make(3)()") == (11, 12, 13)


def test_a_literal_and_its_use_added_at_once(env):
    env["m.py"] = """
        def make(n):
            def get(): return n
            return get
    """
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("    def get(): return n", "    step = 10\n    def get(): return n + step")
    assert env("one(), two(), m.make(3)()") == (11, 12, 13)


def test_a_function_without_closure_gains_one(env):
    env["m.py"] = """
        def make():
            greeting = "hello"
            def get(): return 1
            return get
    """
    env.run("import m; g = m.make(); held = [g]")
    env["m.py"].replace("return 1", "return greeting")
    assert env("g(), held[0](), held[0] is g") == ("hello", "hello", True)


def test_a_free_variable_added_that_is_a_sibling_function(env):
    env["m.py"] = """
        def make(n):
            def helper(x): return x * 2
            def get(): return n
            return get
    """
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("return n", "return helper(n)")
    assert env("one(), two(), m.make(3)()") == (2, 4, 6)


def test_a_new_sibling_function_and_its_use_added_at_once(env):
    env["m.py"] = """
        def make(n):
            def get(): return n
            return get
    """
    env.run("import m; g = m.make(1)")
    env["m.py"] = """
        def make(n):
            def helper(x): return x * 2
            def get(): return helper(n)
            return get
    """
    assert env("g(), m.make(3)()") == (2, 6)


def test_a_free_variable_added_that_a_sibling_of_the_same_call_holds(env):
    env["m.py"] = """
        def make(n, step):
            def get(): return n
            def move():
                nonlocal n
                n += step
            return get, move
    """
    env.run("import m; (get1, move1), (get2, move2) = m.make(1, 10), m.make(2, 20); move1()")
    env["m.py"].replace("return n", "return n, step")
    assert env("get1(), get2()") == ((11, 10), (2, 20))
    env.run("move1(); move2()")
    assert env("get1(), get2()") == ((21, 10), (22, 20))


def test_a_cell_gained_is_the_one_that_the_sibling_writes(env):
    """The value is shared afterwards, not copied."""
    env["m.py"] = """
        def make(tag):
            total = 0
            def add(x):
                nonlocal total
                total += x
                return tag
            def show(): return tag
            return add, show
    """
    env.run("import m; add, show = m.make('a'); add(5)")
    env["m.py"].replace("def show(): return tag", "def show(): return tag, total")
    assert env("show()") == ("a", 5)
    env.run("add(5)")
    assert env("show()") == ("a", 10)


def test_a_free_variable_whose_value_is_gone_is_named(env):
    """The parameter was never captured: no call's value is alive any more."""
    env["m.py"] = """
        def make(n, lost):
            def get(): return n
            return get
    """
    env.run("import m; g = m.make(1, 2)")
    env["m.py"].replace("return n", "return n, lost")
    assert env("m.make(3, 4)()") == (3, 4)
    assert env("g()") == 1
    assert any("get" in name for name in env.named("stale"))


def test_a_name_that_was_global_becomes_a_local_of_the_enclosing_function(env):
    env["m.py"] = """
        rate = 1
        def make():
            def get(): return rate
            return get
    """
    env.run("import m; g = m.make()")
    env["m.py"].replace("def make():\n", "def make():\n    rate = 2\n")
    assert env("g(), m.make()()") == (2, 2)


def test_a_free_variable_becomes_global(env):
    env["m.py"] = """
        rate = 1
        def make():
            rate = 2
            def get(): return rate
            return get
    """
    env.run("import m; g = m.make()")
    env["m.py"].replace("    rate = 2\n", "")
    assert env("g(), m.make()()") == (1, 1)


def test_a_parameter_is_renamed(env):
    env["m.py"] = """
        def make(n):
            def get(): return n
            return get
    """
    env.run("import m; g = m.make(5)")
    env["m.py"] = """
        def make(number):
            def get(): return number
            return get
    """
    assert env("m.make(7)()") == 7
    assert env("g()") == 5


def test_free_variables_in_another_order_keep_their_values(env):
    env["m.py"] = """
        def make(a, b, c):
            def get(): return c, a
            return get
    """
    env.run("import m; g = m.make(1, 2, 3)")
    env["m.py"].replace("return c, a", "return a, c, a")
    assert env("g()") == (1, 3, 1)


def test_a_nested_function_two_levels_down_gains_a_free_variable(env):
    env["m.py"] = """
        def outer(a):
            base = 100
            def middle(b):
                def inner(): return a, b
                return inner
            return middle
    """
    env.run("import m; middle = m.outer(1); inner = middle(2)")
    env["m.py"].replace("return a, b", "return a, b, base")
    assert env("inner(), middle(3)()") == ((1, 2, 100), (1, 3, 100))


def test_a_decorator_s_wrapper_gains_a_free_variable(env):
    env["m.py"] = """
        def tagged(f):
            tag = "new"
            def wrapper(*args): return f(*args)
            return wrapper
        @tagged
        def one(): return 1
        @tagged
        def two(): return 2
    """
    env.run("import m; one, two = m.one, m.two")
    env["m.py"].replace("return f(*args)", "return tag, f(*args)")
    assert env("one(), two(), m.one()") == (("new", 1), ("new", 2), ("new", 1))


def test_a_closure_made_by_a_cell_s_function_gains_a_free_variable(env):
    env.run("def make(n):\n    step = 5\n    def get(): return n\n    return get")
    env.run("one, two = make(1), make(2)")
    env.run("def make(n):\n    step = 5\n    def get(): return n + step\n    return get")
    assert env("one(), two(), make(3)()") == (6, 7, 8)
