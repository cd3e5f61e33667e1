"""Methods with wrappers, closures and protocols of their own."""

from tests.dsl import both


@both
def test_a_wrapped_method_follows(env):
    env["m.py"] = """
        import functools
        def traced(f):
            @functools.wraps(f)
            def wrapper(self, *args): return "traced", f(self, *args)
            return wrapper
        class C:
            @traced
            def get(self): return 1
    """
    env.run("import m; c = m.C(); get = c.get")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.get(), get()") == (("traced", 2), ("traced", 2))
    env["m.py"].replace('"traced", f(', '"TRACED", f(')
    assert env("c.get(), get()") == (("TRACED", 2), ("TRACED", 2))


def test_a_wrapped_method_gains_super(env):
    env["m.py"] = """
        def traced(f):
            def wrapper(self): return "traced", f(self)
            return wrapper
        class A:
            def get(self): return 1
        class B(A):
            @traced
            def get(self): return 0
    """
    env.run("import m; b = m.B(); get = b.get")
    env["m.py"].replace("return 0", "return super().get() + 1")
    assert env("b.get(), get()") == (("traced", 2), ("traced", 2))


def test_a_nested_function_in_a_method_gains_super(env):
    env["m.py"] = """
        class A:
            def get(self): return 1
        class B(A):
            def getter(self):
                def get(): return self.__class__.__name__
                return get
    """
    env.run("import m; b = m.B(); old = b.getter()")
    env["m.py"].replace("return self.__class__.__name__", "return super(B, self).get()")
    assert env("b.getter()(), old()") == (1, 1)
    env["m.py"].replace("super(B, self)", "super(__class__, self)")
    assert env("b.getter()()") == 1


def test_a_lambda_in_a_class_follows(env):
    env["m.py"] = """
        class C:
            get = lambda self: 1
            make = staticmethod(lambda: 1)
            x = property(lambda self: 1)
    """
    env.run("import m; c = m.C(); get, make = c.get, m.C.make")
    env["m.py"].replace("self: 1", "self: 2")
    env["m.py"].replace("lambda: 1", "lambda: 2")
    assert env("c.get(), c.make(), c.x, get(), make()") == (2, 2, 2, 2, 2)


def test_a_class_wide_decorator_of_methods_is_edited(env):
    env["m.py"] = """
        class Base:
            def twice(f):
                def wrapper(self): return f(self) * 2
                return wrapper
            @twice
            def get(self): return 1
    """
    env.run("import m; c = m.Base(); get = c.get")
    env["m.py"].replace("f(self) * 2", "f(self) * 3")
    assert env("c.get(), get()") == (3, 3)
    env["m.py"].replace("return 1", "return 10")
    assert env("c.get(), get()") == (30, 30)


def test_abstract_properties_follow(env):
    env["m.py"] = """
        from abc import ABC, abstractmethod
        class A(ABC):
            @property
            @abstractmethod
            def x(self): ...
        class B(A):
            @property
            def x(self): return 1
    """
    env.run("import m; b = m.B()")
    env["m.py"].replace("return 1", "return 2")
    assert env("b.x, isinstance(b, m.A)") == (2, True)


def test_a_contextmanager_method_follows(env):
    env["m.py"] = """
        from contextlib import contextmanager
        class C:
            @contextmanager
            def opened(self): yield 1
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("yield 1", "yield 2")
    env.run("with c.opened() as got: pass")
    assert env("got") == 2


def test_async_methods_and_async_context_follow(env):
    env["m.py"] = """
        class C:
            async def get(self): return 1
            async def __aenter__(self): return 1
            async def __aexit__(self, *exc): pass
    """
    env.run("import m; c = m.C(); get = c.get")
    env["m.py"].replace("return 1", "return 2")
    env.run("async with c as got: pass")
    assert env("got, await c.get(), await get()") == (2, 2, 2)


def test_eq_added_takes_the_hash_away_and_back(env):
    env["m.py"] = "class C:\n    x = 1\n"
    env.run("import m; a, b = m.C(), m.C()")
    env["m.py"] = "class C:\n    x = 1\n    def __eq__(self, other): return True\n"
    assert env("a == b") is True
    env.fails("hash(a)", "TypeError")
    env["m.py"] = "class C:\n    x = 1\n"
    assert env("a == b, hash(a) == hash(a)") == (False, True)


def test_getstate_and_reduce_follow(env):
    env["m.py"] = """
        class C:
            def __init__(self): self.x = 1
            def __getstate__(self): return {"x": self.x}
            def __setstate__(self, state): self.x = state["x"]
    """
    env.run("import m, pickle, copy; c = m.C()")
    env["m.py"].replace('state["x"]', 'state["x"] + 10')
    assert env("pickle.loads(pickle.dumps(c)).x, copy.copy(c).x") == (11, 11)


def test_match_args_follow(env):
    env["m.py"] = """
        class P:
            __match_args__ = ("x", "y")
            x, y = 1, 2
    """
    env.run("""
        import m
        p = m.P()
        def first():
            match p:
                case m.P(a): return a
    """)
    env["m.py"].replace('("x", "y")', '("y", "x")')
    assert env("first()") == 2


def test_set_name_is_not_called_again_for_an_unchanged_descriptor(env):
    env["m.py"] = """
        calls = []
        class D:
            def __set_name__(self, owner, name): calls.append(name)
        class C:
            d = D()
            def get(self): return 1
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.get(), m.calls") == (2, ["d"])


def test_a_function_moves_into_a_class_and_out_again(env):
    env["m.py"] = "def get(self): return 1\nclass C:\n    x = 1\n"
    env.run("import m; c = m.C()")
    env["m.py"] = "class C:\n    x = 1\n    def get(self): return 1\n"
    assert env("c.get(), hasattr(m, 'get'), m.C.get.__qualname__") == (1, False, "C.get")
    env["m.py"] = "def get(self): return 1\nclass C:\n    x = 1\n"
    assert env("m.get(0), hasattr(c, 'get'), m.get.__qualname__") == (1, False, "get")


def test_a_method_with_a_moved_class_attribute_keeps_both(env):
    env["m.py"] = """
        class C:
            def a(self): return self.size
            size = [1]
            def b(self): return self.size
    """
    env.run("import m; c = m.C(); size = m.C.size; size.append(2)")
    env["m.py"] = """
        class C:
            size = [1]
            def b(self): return self.size, "b"
            def a(self): return self.size, "a"
    """
    assert env("c.a(), c.b(), m.C.size is size") == (([1, 2], "a"), ([1, 2], "b"), True)


def test_a_method_s_default_that_reads_the_class_body_follows(env):
    env["m.py"] = """
        class C:
            size = 1
            def get(self, n=size): return n
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("n=size", "n=size + 10")
    assert env("c.get()") == 11


def test_comprehensions_in_a_class_body_follow(env):
    env["m.py"] = """
        class C:
            names = ["a", "b"]
            upper = [n.upper() for n in names]
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("n.upper()", "n.upper() * 2")
    assert env("c.upper") == ["AA", "BB"]


def test_multiple_inheritance_and_diamonds_follow(env):
    env["m.py"] = """
        class A:
            def get(self): return ["A"]
        class B(A):
            def get(self): return ["B", *super().get()]
        class C(A):
            def get(self): return ["C", *super().get()]
        class D(B, C):
            def get(self): return ["D", *super().get()]
    """
    env.run("import m; d = m.D()")
    env["m.py"].replace('["C", *super().get()]', '["c", *super().get()]')
    assert env("d.get()") == ["D", "B", "c", "A"]
    env["m.py"].replace('["B", *super().get()]', '["b"]')
    assert env("d.get()") == ["D", "b"]


def test_a_mixin_s_method_is_overridden_later(env):
    env["m.py"] = """
        class Mixin:
            def get(self): return "mixin"
        class C(Mixin):
            pass
    """
    env.run("import m; c = m.C(); get = c.get")
    env["m.py"].replace("    pass", "    def get(self): return 'own ' + super().get()")
    assert env("c.get(), get()") in (("own mixin", "own mixin"), ("own mixin", "mixin"))


def test_a_memory_of_edits_leaves_no_classes_behind(env):
    env["m.py"] = "class Unique:\n    def get(self): return 0\n"
    env.run("import m; c = m.Unique()")
    for number in range(1, 6):
        env["m.py"].replace(f"return {number - 1}", f"return {number}")
        assert env("c.get()") == number
    env.run("""
        import gc
        gc.collect()
        count = sum(isinstance(x, type) and x.__name__ == "Unique" for x in gc.get_objects())
    """)
    assert env("count") == 1


def test_cells_run_many_times_leave_no_classes_behind(env):
    for number in range(5):
        env.run(f"class Unique:\n    def get(self): return {number}", id="a")
    env.run("""
        import gc
        gc.collect()
        count = sum(isinstance(x, type) and x.__name__ == "Unique" for x in gc.get_objects())
    """)
    assert env("count") == 1
