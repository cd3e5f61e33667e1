"""Closures already made follow, and each keeps its own cells."""

from tests.dsl import both


@both
def test_a_closure_already_made_follows_with_its_own_values(env):
    env["m.py"] = """
        def make(n):
            def get(): return n
            return get
    """
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("return n", "return n * 10")
    assert env("one(), two(), m.make(3)()") == (10, 20, 30)


def test_a_counter_keeps_its_count(env):
    env["m.py"] = """
        def counter():
            count = 0
            def step():
                nonlocal count
                count += 1
                return count
            return step
    """
    env.run("import m; a, b = m.counter(), m.counter(); a(); a(); b()")
    env["m.py"].replace("count += 1", "count += 10")
    assert env("a(), b(), m.counter()()") == (12, 11, 10)


def test_two_levels_of_closures_follow(env):
    env["m.py"] = """
        def outer(a):
            def middle(b):
                def inner(c): return a, b, c
                return inner
            return middle
    """
    env.run("import m; middle = m.outer(1); inner = middle(2)")
    env["m.py"].replace("return a, b, c", "return a + b + c")
    assert env("inner(3), middle(20)(3), m.outer(100)(20)(3)") == (6, 24, 123)


def test_a_lambda_closure_follows(env):
    env["m.py"] = "def make(n): return lambda x: n + x"
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("n + x", "(n, x)")
    assert env("one(0), two(0)") == ((1, 0), (2, 0))


def test_closures_made_in_a_loop_follow(env):
    env["m.py"] = """
        def make():
            made = []
            for i in range(3):
                def get(i=i): return i
                made.append(get)
            return made
    """
    env.run("import m; made = m.make()")
    env["m.py"].replace("return i\n", "return i * 10\n", 1)
    assert env("[g() for g in made]") == [0, 10, 20]


def test_lambdas_in_a_comprehension_follow(env):
    env["m.py"] = "def make(): return [lambda x, i=i: x + i for i in range(3)]"
    env.run("import m; made = m.make()")
    env["m.py"].replace("x + i", "(x, i)")
    assert env("[g(7) for g in made]") == [(7, 0), (7, 1), (7, 2)]


def test_a_closure_s_default_computed_in_the_enclosing_call_stays(env):
    env["m.py"] = """
        def make(n):
            def get(x=n * 2): return x
            return get
    """
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("return x", "return x, 'new'")
    assert env("one(), two()") == ((2, "new"), (4, "new"))


def test_closures_held_in_containers_and_partials_follow(env):
    env["m.py"] = """
        def make(n):
            def get(x=0): return n + x
            return get
    """
    env.run("import m, functools; held = {'a': m.make(1)}; p = functools.partial(m.make(2), 10)")
    env["m.py"].replace("n + x", "(n, x)")
    assert env("held['a'](), p()") == ((1, 0), (2, 10))


def test_a_closure_held_by_an_instance_follows(env):
    env["m.py"] = """
        class Box:
            def __init__(self, n):
                def get(): return n
                self.get = get
    """
    env.run("import m; box = m.Box(1)")
    env["m.py"].replace("return n", "return n, 'new'")
    assert env("box.get(), m.Box(2).get()") == ((1, "new"), (2, "new"))


def test_a_closure_in_a_method_that_uses_self_follows(env):
    env["m.py"] = """
        class Box:
            size = 3
            def getter(self):
                def get(): return self.size
                return get
    """
    env.run("import m; get = m.Box().getter()")
    env["m.py"].replace("return self.size", "return self.size, type(self).__name__")
    assert env("get()") == (3, "Box")


def test_closures_of_an_enclosing_function_that_only_moved_follow(env):
    env["m.py"] = "def make(n):\n    def get(): return n\n    return get\n"
    env.run("import m; g = m.make(1)")
    env["m.py"].prepend("# a comment\nother = 1\n\n")
    assert env("g(), m.other, g.__code__.co_firstlineno") == (1, 1, 5)
    env["m.py"].replace("return n", "return -n")
    assert env("g()") == -1


def test_of_two_nested_functions_each_gets_its_own_code(env):
    env["m.py"] = """
        def make():
            def a(): return 1
            def b(): return 2
            return a, b
    """
    env.run("import m; a, b = m.make()")
    env["m.py"] = """
        def make():
            def b(): return 20
            def a(): return 10
            return a, b
    """
    assert env("a(), b()") == (10, 20)


def test_a_class_made_by_a_function_follows(env):
    env["m.py"] = """
        def make(n):
            class Local:
                def get(self): return n
            return Local()
    """
    env.run("import m; one, two = m.make(1), m.make(2)")
    env["m.py"].replace("return n", "return n, 'new'")
    assert env("one.get(), two.get(), m.make(3).get()") == ((1, "new"), (2, "new"), (3, "new"))


@both
def test_closures_made_by_a_cell_s_function_follow(env):
    env.run("def make(n):\n    def get(): return n\n    return get", id="a")
    env.run("one, two = make(1), make(2)")
    env.run("def make(n):\n    def get(): return n * 10\n    return get", id="a")
    assert env("one(), two(), make(3)()") == (10, 20, 30)


def test_a_nested_function_that_is_removed_goes_on_working(env):
    env["m.py"] = """
        def make():
            def old(): return 1
            return old
    """
    env.run("import m; old = m.make()")
    env["m.py"] = "def make(): return None"
    assert env("m.make(), old()") == (None, 1)
