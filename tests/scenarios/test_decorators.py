"""A decorator that is added, changed or removed; decorators that are classes."""

from tests.dsl import both


@both
def test_a_decorator_is_added(env):
    env["m.py"] = """
        def double(f): return lambda: f() * 2
        def f(): return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("def f()", "@double\ndef f()")
    assert env("m.f()") == 2
    assert env("g()") == 2


@both
def test_a_decorator_is_removed(env):
    env["m.py"] = """
        def double(f): return lambda: f() * 2
        @double
        def f(): return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("@double\n", "")
    assert env("m.f()") == 1
    assert env("g()") == 1


def test_a_decorator_is_changed(env):
    env["m.py"] = """
        def double(f): return lambda: f() * 2
        def triple(f): return lambda: f() * 3
        @double
        def f(): return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("@double", "@triple")
    assert env("m.f()") == 3
    assert env("g()") == 3


def test_a_decorator_argument_is_changed(env):
    env["m.py"] = """
        def times(n):
            def decorate(f):
                def wrapper(): return f() * n
                return wrapper
            return decorate
        @times(2)
        def f(): return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("@times(2)", "@times(5)")
    assert env("m.f()") == 5
    assert env("g()") == 5


def test_a_decorator_and_the_body_are_changed_at_once(env):
    env["m.py"] = """
        def double(f): return lambda: f() * 2
        def triple(f): return lambda: f() * 3
        @double
        def f(): return 1
    """
    env.run("import m; g = m.f")
    text = env["m.py"].text.replace("@double", "@triple").replace("return 1", "return 10")
    env["m.py"] = text
    assert env("m.f(), g()") == (30, 30)


def test_unchanged_decorators_are_not_called_again(env):
    env["m.py"] = """
        calls = []
        def noted(f): calls.append(f.__name__); return f
        @noted
        def f(): return 1
        @noted
        def g(): return 1
    """
    env.run("import m")
    env["m.py"].replace("def f(): return 1", "def f(): return 2")
    assert env("m.f(), m.calls") == (2, ["f", "g"])


def test_a_class_based_decorator_follows(env):
    env["m.py"] = """
        class counted:
            def __init__(self, f): self.f, self.count = f, 0
            def __call__(self): self.count += 1; return self.f(), self.count
        @counted
        def f(): return 1
    """
    env.run("import m; g = m.f; g()")
    env["m.py"].replace("return 1", "return 2")
    assert env("g(), g is m.f") == ((2, 2), True)
    env["m.py"].replace("return self.f(), self.count", "return 'call', self.f(), self.count")
    assert env("g()") == ("call", 2, 3)


def test_a_class_based_decorator_with_arguments_follows(env):
    env["m.py"] = """
        class times:
            def __init__(self, n): self.n = n
            def __call__(self, f):
                def wrapper(): return f() * self.n
                return wrapper
        @times(3)
        def f(): return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("return 1", "return 2")
    assert env("g(), m.f()") == (6, 6)


def test_a_decorator_without_wraps_follows(env):
    """Nothing leads from the wrapper to the function but its closure."""
    env["m.py"] = """
        def hide(f): return lambda *args: [f(*args)]
        @hide
        def f(): return 1
        @hide
        def g(): return 1
    """
    env.run("import m; held = m.f, m.g")
    env["m.py"].replace("def f(): return 1", "def f(): return 2")
    assert env("held[0](), held[1](), m.f(), m.g()") == ([2], [1], [2], [1])


def test_an_assigned_wrapper_follows(env):
    env["m.py"] = """
        import functools
        def f(x): return x
        one = functools.partial(f, 1)
        def wrap(g): return lambda: g(2)
        two = wrap(f)
        f_cached = functools.cache(f)
    """
    env.run("import m; one, two, cached = m.one, m.two, m.f_cached; cached(3)")
    env["m.py"].replace("return x", "return -x")
    assert env("one(), two(), cached(3)") == (-1, -2, -3)


def test_a_function_rewrapped_under_its_own_name_follows(env):
    env["m.py"] = """
        def double(f): return lambda: f() * 2
        def f(): return 1
        f = double(f)
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("return 1", "return 5")
    assert env("g(), m.f()") == (10, 10)


def test_total_ordering_and_other_class_decorators_follow(env):
    env["m.py"] = """
        import functools
        @functools.total_ordering
        class C:
            def __init__(self, x): self.x = x
            def __eq__(self, other): return self.x == other.x
            def __lt__(self, other): return self.x < other.x
    """
    env.run("import m; a, b = m.C(1), m.C(2)")
    env["m.py"].replace("self.x < other.x", "self.x > other.x")
    assert env("a < b, a > b, a >= b") == (False, True, True)
