"""An edited function is followed through every kind of reference to it."""

import pytest

from tests.dsl import both

HOLDERS = {
    "an alias": ("g = m.f", "g()"),
    "a from-import": ("from m import f", "f()"),
    "a from-import under another name": ("from m import f as other", "other()"),
    "a star import": ("from m import *", "f()"),
    "a list": ("held = [m.f]", "held[0]()"),
    "a tuple": ("held = (0, m.f)", "held[1]()"),
    "a dict value": ("held = {'key': m.f}", "held['key']()"),
    "a dict key": ("held = {m.f: 0}", "next(iter(held))()"),
    "a set": ("held = {m.f}", "next(iter(held))()"),
    "a frozenset": ("held = frozenset([m.f])", "next(iter(held))()"),
    "a deque": ("import collections; held = collections.deque([m.f])", "held[0]()"),
    "a default value": ("def call(f=m.f): return f()", "call()"),
    "a keyword default": ("def call(*, f=m.f): return f()", "call()"),
    "a closure": ("def hold(f): return lambda: f()\ncall = hold(m.f)", "call()"),
    "a partial": ("import functools; held = functools.partial(m.f)", "held()"),
    "an instance attribute": ("class Box: pass\nbox = Box(); box.f = m.f", "box.f()"),
    "a class attribute": ("class Box: f = staticmethod(m.f)", "Box.f()"),
    "a bound method made by hand": ("import types; held = types.MethodType(m.f, 0)", "held()"),
    "a map that has not begun": ("held = map(m.f, [0])", "next(held)"),
    "a weak reference": ("import weakref; held = weakref.ref(m.f)", "held()()"),
    "a proxy": ("import weakref; held = weakref.proxy(m.f)", "held()"),
    "a mapping proxy": ("import types; held = types.MappingProxyType({0: m.f})", "held[0]()"),
    "a simple namespace": ("import types; held = types.SimpleNamespace(f=m.f)", "held.f()"),
    "an attribute of a function": ("def g(): pass\ng.helper = m.f", "g.helper()"),
    "a context variable": (
        "import contextvars; held = contextvars.ContextVar('held'); _ = held.set(m.f)",
        "held.get()()",
    ),
    "an iterator made of it": ("held = iter(m.f, None)", "next(held)"),
}


@pytest.mark.parametrize(("setup", "call"), HOLDERS.values(), ids=list(HOLDERS))
def test_an_edit_reaches_the_function_in(env, setup, call):
    env["m.py"] = "def f(*_): return 1"
    env.run("import m")
    env.run(setup)
    env["m.py"].replace("1", "2")
    assert env(call) == 2


@both
def test_alias_follows(env):
    env["m.py"] = "def f(): return 1"
    env.run("import m; g = m.f")
    env["m.py"].replace("1", "2")
    assert env("g()") == 2


@both
def test_the_function_stays_the_same_object(env):
    env["m.py"] = "def f(): return 1"
    env.run("import m; g = m.f; number = id(m.f)")
    env["m.py"].replace("1", "2")
    assert env("m.f is g and id(m.f) == number") is True


def test_a_second_edit_follows_as_the_first(env):
    env["m.py"] = "def f(): return 1"
    env.run("import m; g = m.f")
    for number in range(2, 7):
        env["m.py"] = f"def f(): return {number}"
        assert env("g()") == number
    assert env("g is m.f") is True


@both
def test_bound_methods_follow(env):
    env["m.py"] = """
        class C:
            def get(self): return 1
    """
    env.run("import m; get = m.C().get; plain = m.C.get")
    env["m.py"].replace("return 1", "return 2")
    assert env("get(), plain(None)") == (2, 2)


def test_a_callback_given_to_another_module_follows(env):
    env["bus.py"] = """
        listeners = []
        def on(f): listeners.append(f)
        def fire(): return [f() for f in listeners]
    """
    env["m.py"] = """
        import bus
        def f(): return 1
        bus.on(f)
    """
    env.run("import m, bus")
    env["m.py"].replace("return 1", "return 2")
    assert env("bus.fire()") == [2]


def test_a_function_imported_by_another_module_follows(env):
    env["m.py"] = "def f(): return 1"
    env["n.py"] = """
        from m import f
        table = {"f": f}
        def call(): return f() + table["f"]()
    """
    env.run("import n")
    env["m.py"].replace("1", "2")
    assert env("n.call()") == 4


def test_partials_keep_their_arguments(env):
    env["m.py"] = "def f(a, b, *, c=0): return a + b + c"
    env.run("import m, functools; p = functools.partial(m.f, 1, c=10); q = functools.partial(p, 2)")
    env["m.py"].replace("a + b + c", "(a, b, c)")
    assert env("p(5), q()") == ((1, 5, 10), (1, 2, 10))


def test_partialmethod_follows(env):
    env["m.py"] = """
        import functools
        class C:
            def set(self, value): return "set", value
            on = functools.partialmethod(set, True)
    """
    env.run("import m; c = m.C(); on = c.on")
    env["m.py"].replace('"set"', '"SET"')
    assert env("c.on(), on(), m.C().on()") == (("SET", True),) * 3


def test_a_sort_key_follows(env):
    env["m.py"] = "def key(x): return x"
    env.run("import m, functools; sort = functools.partial(sorted, key=m.key)")
    env["m.py"].replace("return x", "return -x")
    assert env("sort([1, 3, 2])") == [3, 2, 1]


def test_a_cell_that_calls_the_function_by_its_module_follows(env):
    env["m.py"] = "def f(): return 1"
    env.run("import m\ndef call(): return m.f()")
    env["m.py"].replace("1", "2")
    assert env("call()") == 2


def test_recursion_calls_the_new_code(env):
    env["m.py"] = "def f(n): return 0 if n == 0 else f(n - 1) + 1"
    env.run("from m import f")
    env["m.py"].replace("+ 1", "+ 10")
    assert env("f(3)") == 30


def test_functions_that_call_each_other_follow_together(env):
    env["m.py"] = """
        def even(n): return ("even", n) if n == 0 else odd(n - 1)
        def odd(n): return ("odd", n) if n == 0 else even(n - 1)
    """
    env.run("from m import even")
    env["m.py"] = """
        def even(n): return ("EVEN", n) if n == 0 else odd(n - 1)
        def odd(n): return ("ODD", n) if n == 0 else even(n - 1)
    """
    assert env("even(4), even(3)") == (("EVEN", 0), ("ODD", 0))


def test_an_executor_that_holds_the_function_follows(env):
    env["m.py"] = "def f(): return 1"
    env.run("import m, concurrent.futures as cf; pool = cf.ThreadPoolExecutor(1); g = m.f")
    assert env("pool.submit(g).result()") == 1
    env["m.py"].replace("1", "2")
    assert env("pool.submit(g).result()") == 2
    env.run("pool.shutdown()")


def test_an_operator_table_of_lambdas_follows(env):
    env["m.py"] = """
        add = lambda a, b: a + b
        table = {"add": add}
    """
    env.run("import m; held = m.table; g = m.add")
    env["m.py"].replace("a + b", "(a, b)")
    assert env("held['add'](1, 2), g(1, 2)") == ((1, 2), (1, 2))
