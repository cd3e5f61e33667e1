"""An edited function is followed through the wrappers around it."""

import pytest

from tests.dsl import both

TRACED = """
    import functools
    def traced(f):
        @functools.wraps(f)
        def wrapper(*args):
            return "traced", f(*args)
        return wrapper
    @traced
    def f(): return 1
"""


@both
def test_a_wrapped_function_follows(env):
    env["m.py"] = TRACED
    env.run("import m; g = m.f")
    env["m.py"].replace("return 1", "return 2")
    assert env("g(), m.f(), g is m.f") == (("traced", 2), ("traced", 2), True)


def test_the_wrapper_itself_follows(env):
    env["m.py"] = TRACED
    env.run("import m; g = m.f")
    env["m.py"].replace('"traced", f', '"TRACED", f')
    assert env("g(), m.f()") == (("TRACED", 1), ("TRACED", 1))


def test_wrapper_and_wrapped_edited_at_once(env):
    env["m.py"] = TRACED
    env.run("import m; g = m.f")
    env["m.py"] = TRACED.replace("return 1", "return 2").replace('"traced"', '"TRACED"')
    assert env("g(), m.f()") == (("TRACED", 2), ("TRACED", 2))


def test_the_wrapper_in_another_file_follows(env):
    env["deco.py"] = """
        def double(f):
            def wrapper(*args): return f(*args) * 2
            return wrapper
    """
    env["m.py"] = "from deco import double\n@double\ndef f(): return 1\n"
    env.run("import m; g = m.f")
    env["deco.py"].replace("* 2", "* 3")
    assert env("g(), m.f()") == (3, 3)


def test_wraps_shows_the_new_docstring(env):
    env["m.py"] = TRACED.replace("def f(): return 1", "def f():\n        'old'\n        return 1")
    env.run("import m; g = m.f")
    env["m.py"].replace("'old'", "'new'")
    assert env("m.f.__wrapped__.__doc__, g()") == ("new", ("traced", 1))


def test_a_stack_of_decorators_follows(env):
    env["m.py"] = """
        def add(n):
            def decorate(f):
                def wrapper(): return f() + n
                return wrapper
            return decorate
        @add(10)
        @add(100)
        def f(): return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("return 1", "return 2")
    assert env("g(), m.f()") == (112, 112)


@both
def test_lru_cache_follows_and_is_cleared(env):
    env["m.py"] = """
        from functools import lru_cache
        @lru_cache(maxsize=None)
        def f(x): return x
    """
    env.run("import m; g = m.f; g(1)")
    env["m.py"].replace("return x", "return x * 10")
    assert env("g(1), m.f(1), g is m.f") == (10, 10, True)


def test_cache_follows_and_is_cleared(env):
    env["m.py"] = "import functools\n@functools.cache\ndef f(x): return x\n"
    env.run("import m; g = m.f; g(1)")
    env["m.py"].replace("return x", "return -x")
    assert env("g(1), g.cache_info().currsize") == (-1, 1)


def test_a_cache_over_an_unchanged_function_stays(env):
    env["m.py"] = """
        import functools
        @functools.cache
        def slow(x): return x
        def other(): return 1
    """
    env.run("import m; m.slow(1); m.slow(2)")
    env["m.py"].replace("return 1", "return 2")
    assert env("m.other(), m.slow.cache_info().currsize") == (2, 2)


def test_a_cached_method_is_cleared(env):
    env["m.py"] = """
        import functools
        class C:
            @functools.lru_cache
            def get(self): return 1
    """
    env.run("import m; c = m.C(); c.get()")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.get()") == 2


def test_the_size_of_a_cache_can_be_changed(env):
    env["m.py"] = """
        import functools
        @functools.lru_cache(maxsize=1)
        def f(x): return x
    """
    env.run("import m; m.f(1)")
    env["m.py"].replace("maxsize=1", "maxsize=3")
    assert env("m.f.cache_info().maxsize, m.f(2)") == (3, 2)


def test_contextmanager_follows(env):
    env["m.py"] = """
        from contextlib import contextmanager
        @contextmanager
        def opened(log):
            log.append("in")
            yield 1
            log.append("out")
    """
    env.run("import m; opened = m.opened; log = []")
    env["m.py"].replace("yield 1", "yield 2")
    env["m.py"].replace('"out"', '"OUT"')
    env.run("with opened(log) as got: pass")
    assert env("got, log") == (2, ["in", "OUT"])


def test_an_open_contextmanager_ends_as_it_began(env):
    env["m.py"] = """
        from contextlib import contextmanager
        @contextmanager
        def opened(log):
            yield
            log.append("old")
    """
    env.run("import m, contextlib; log = []; stack = contextlib.ExitStack()")
    env.run("stack.enter_context(m.opened(log))")
    env["m.py"].replace("old", "new")
    env.run("stack.close()")
    env.run("with m.opened(log): pass")
    assert env("log") == ["old", "new"]


def test_async_contextmanager_follows(env):
    env["m.py"] = """
        from contextlib import asynccontextmanager
        @asynccontextmanager
        async def opened(): yield 1
    """
    env.run("import m; opened = m.opened")
    env["m.py"].replace("yield 1", "yield 2")
    env.run("async with opened() as got: pass")
    assert env("got") == 2


def test_singledispatch_follows_in_every_branch(env):
    env["m.py"] = """
        from functools import singledispatch
        @singledispatch
        def show(x): return "any"
        @show.register
        def _(x: int): return "int"
        @show.register(str)
        def show_str(x): return "str"
    """
    env.run("import m; show = m.show")
    for old in ("any", "int", "str"):
        env["m.py"].replace(f'"{old}"', f'"{old.upper()}"')
        assert env("show(0.5), show(1), show('')").count(old.upper()) == 1
    assert env("show(0.5), show(1), show(''), show is m.show") == ("ANY", "INT", "STR", True)


def test_a_singledispatch_branch_is_added(env):
    env["m.py"] = """
        from functools import singledispatch
        @singledispatch
        def show(x): return "any"
    """
    env.run("import m; show = m.show")
    env["m.py"].append('@show.register\ndef show_list(x: list): return "list"\n')
    assert env("show([]), show(1)") == ("list", "any")


def test_singledispatchmethod_follows(env):
    env["m.py"] = """
        from functools import singledispatchmethod
        class C:
            @singledispatchmethod
            def show(self, x): return "any"
            @show.register
            def _(self, x: int): return "int"
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace('"int"', '"INT"')
    assert env("c.show(1), c.show('')") == ("INT", "any")
    env["m.py"].replace('"any"', '"ANY"')
    assert env("c.show(1), c.show('')") == ("INT", "ANY")


@both
def test_properties_follow(env):
    env["m.py"] = """
        class C:
            _x = 1
            @property
            def x(self): return self._x
            @x.setter
            def x(self, value): self._x = value
            @x.deleter
            def x(self): self._x = None
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return self._x", "return self._x, 'get'")
    env["m.py"].replace("self._x = value", "self._x = value * 2")
    env["m.py"].replace("self._x = None", "self._x = 'gone'")
    env.run("first = c.x; c.x = 5; second = c.x; del c.x; third = c.x")
    assert env("first, second, third") == ((1, "get"), (10, "get"), ("gone", "get"))


def test_a_setter_is_added_and_removed(env):
    env["m.py"] = """
        class C:
            @property
            def x(self): return vars(self).get("y", 1)
    """
    env.run("import m; c = m.C()")
    env["m.py"].append("    @x.setter\n    def x(self, value): self.y = value\n")
    env.run("c.x = 5")
    assert env("c.x") == 5
    env["m.py"].replace("    @x.setter\n    def x(self, value): self.y = value\n", "")
    env.fails("c.x = 6", "AttributeError")


def test_a_property_built_by_a_call_follows(env):
    env["m.py"] = """
        class C:
            def _get(self): return 1
            x = property(_get, doc="old")
            y = property(lambda self: 1)
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return 2")
    env["m.py"].replace("self: 1", "self: 2")
    env["m.py"].replace("old", "new")
    assert env("c.x, c.y, m.C.x.__doc__") == (2, 2, "new")


def test_cached_property_follows_on_new_instances(env):
    env["m.py"] = """
        from functools import cached_property
        class C:
            @cached_property
            def x(self): return 1
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.x, m.C().x") == (2, 2)


def test_a_value_that_cached_property_kept_is_cleared(env):
    """A cache over an edited function is cleared: a cached property is one."""
    env["m.py"] = """
        from functools import cached_property
        class C:
            @cached_property
            def x(self): return 1
    """
    env.run("import m; c = m.C(); c.x")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.x") == 2


@pytest.mark.parametrize("kind", ["staticmethod", "classmethod"])
def test_methods_of_the_class_follow(env, kind):
    first = "cls, " if kind == "classmethod" else ""
    env["m.py"] = f"""
        class C:
            @{kind}
            def make({first}x): return x, 1
        class D(C): pass
    """
    env.run("import m; make = m.C.make; of_instance = m.D().make")
    env["m.py"].replace("x, 1", "x, 2")
    assert env("make(0), of_instance(0), m.D.make(0)") == ((0, 2),) * 3


@pytest.mark.parametrize(
    ("before", "after", "want"),
    [
        ("def f(self): return 1", "@property\n    def f(self): return 2", "c.f"),
        ("@property\n    def f(self): return 1", "def f(self): return 2", "c.f()"),
        ("def f(self): return 1", "@staticmethod\n    def f(): return 2", "c.f()"),
        ("@staticmethod\n    def f(): return 1", "@classmethod\n    def f(cls): return 2", "c.f()"),
        ("@classmethod\n    def f(cls): return 1", "def f(self): return 2", "c.f()"),
    ],
    ids=["to property", "from property", "to static", "static to class", "class to plain"],
)
def test_a_method_changes_its_kind(env, before, after, want):
    env["m.py"] = f"class C:\n    {before}\n"
    env.run("import m; c = m.C()")
    env["m.py"] = f"class C:\n    {after}\n"
    assert env(want) == 2
