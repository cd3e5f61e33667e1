"""Scenarios written from the issue's text alone: classes in place, and introspection."""

from __future__ import annotations

# -- classes in place ------------------------------------------------------------------------------


def test_a_method_becomes_a_property_static_and_class_method(env):
    env["m.py"] = "class A:\n    def f(self): return 1\na = A()\n"
    env.run("import m; a = m.a")
    env["m.py"] = "class A:\n    @property\n    def f(self): return 2\na = A()\n"
    assert env("a.f") == 2
    env["m.py"] = "class A:\n    @staticmethod\n    def f(): return 3\na = A()\n"
    assert env("a.f(), m.A.f()") == (3, 3)
    env["m.py"] = "class A:\n    @classmethod\n    def f(cls): return cls.__name__\na = A()\n"
    assert env("a.f(), m.A.f()") == ("A", "A")
    env["m.py"] = "class A:\n    def f(self): return 5\na = A()\n"
    assert env("a.f()") == 5


def test_a_class_gains_call_iter_len_and_loses_them(env):
    env["m.py"] = "class A:\n    pass\na = A()\n"
    env.run("import m; a = m.a")
    env["m.py"] = (
        "class A:\n    def __call__(self): return 1\n    def __len__(self): return 2\n    def __iter__(self): return iter([3])\n    def __getitem__(self, i): return i\na = A()\n"
    )
    assert env("a(), len(a), list(a), a[4]") == (1, 2, [3], 4)
    env["m.py"] = "class A:\n    pass\na = A()\n"
    assert env.fails("a()", "TypeError")
    assert env.fails("len(a)", "TypeError")


def test_super_through_a_changed_middle_class(env):
    env["m.py"] = """
        class A:
            def f(self): return ["A"]
        class B(A):
            pass
        class C(B):
            def f(self): return ["C", *super().f()]
        c = C()
        """
    env.run("import m; c = m.c; f = c.f")
    env["m.py"].replace("    pass", "    def f(self): return ['B', *super().f()]")
    assert env("c.f(), f()") == (["C", "B", "A"], ["C", "B", "A"])


def test_a_class_moves_into_another_class_s_body(env):
    env["m.py"] = "class Inner:\n    def f(self): return 1\nclass Outer:\n    pass\ni = Inner()\n"
    env.run("import m; i = m.i")
    env["m.py"] = (
        "class Outer:\n    class Inner:\n        def f(self): return 2\ni = Outer.Inner()\n"
    )
    assert env("m.Outer.Inner().f(), m.i.f(), hasattr(m, 'Inner')") == (2, 2, False)


def test_class_level_loops_and_conditions_follow(env):
    env["m.py"] = """
        class A:
            for name in ("a", "b"):
                locals()[name] = name * 2
            if True:
                def f(self): return 1
            else:
                def f(self): return 2
        a = A()
        """
    env.run("import m; a = m.a")
    env["m.py"].replace("if True", "if False")
    assert env("a.f(), a.a") == (2, "aa")
    env["m.py"].replace('("a", "b")', '("a", "c")')
    assert env("a.c") == "cc"


def test_a_descriptor_is_edited_and_renamed(env):
    env["m.py"] = """
        class D:
            def __set_name__(self, owner, name): self.name = name
            def __get__(self, obj, cls=None): return self if obj is None else ("d", self.name)
        class A:
            x = D()
        a = A()
        """
    env.run("import m; a = m.a")
    env["m.py"].replace('("d", ', '("e", ')
    assert env("a.x") == ("e", "x")
    env["m.py"].replace("x = D()", "y = D()")
    assert env("a.y, hasattr(a, 'x')") == (("e", "y"), False)


def test_an_abstract_method_answered_through_a_mixin_added_to_the_bases(env):
    env["m.py"] = """
        import abc
        class Base(abc.ABC):
            @abc.abstractmethod
            def f(self): ...
        class Mixin:
            def f(self): return 1
        class C(Base):
            pass
        """
    env.run("import m; C = m.C")
    env.fails("C()", "TypeError")
    env["m.py"].replace("class C(Base)", "class C(Mixin, Base)")
    assert env("C().f()") == 1
    env["m.py"].replace("class C(Mixin, Base)", "class C(Base)")
    env.fails("C()", "TypeError")


def test_a_mangled_attribute_in_a_nested_class_and_lambda(env):
    env["m.py"] = """
        class A:
            __k = 1
            def f(self): return (lambda: self.__k)()
            class B:
                __k = 2
                def g(self): return self.__k
        a, b = A(), A.B()
        """
    env.run("import m; a, b = m.a, m.b")
    env["m.py"].replace("__k = 1", "__k = 10")
    env["m.py"].replace("__k = 2", "__k = 20")
    env["m.py"].replace("(lambda: self.__k)()", "(lambda: -self.__k)()")
    assert env("a.f(), b.g()") == (-10, 20)


def test_init_subclass_keyword_changes(env):
    env["m.py"] = """
        class Base:
            def __init_subclass__(cls, tag=None, **kw):
                super().__init_subclass__(**kw)
                cls.tag = tag
        class C(Base, tag="one"):
            pass
        c = C()
        """
    env.run("import m; c, C = m.c, m.C")
    env["m.py"].replace('"one"', '"two"')
    assert env("C.tag, c.tag, isinstance(c, m.C), m.C is C") == ("two", "two", True, True)


def test_a_metaclass_attribute_and_call_follow(env):
    env["m.py"] = """
        class Meta(type):
            def __call__(cls, *a):
                made = super().__call__(*a)
                made.tag = 1
                return made
            @property
            def kind(cls): return cls.__name__
        class A(metaclass=Meta):
            pass
        """
    env.run("import m; A = m.A")
    env["m.py"].replace("made.tag = 1", "made.tag = 2")
    env["m.py"].replace("return cls.__name__", "return cls.__name__.lower()")
    assert env("A().tag, A.kind") == (2, "a")


def test_a_mixed_in_exception_group_and_handler_follow(env):
    env["m.py"] = """
        class E(Exception):
            code = 1
        class F(E):
            pass
        def f():
            try:
                raise F("x")
            except E as error:
                return type(error).__name__, error.code
        """
    env.run("import m; f = m.f; F = m.F")
    env["m.py"].replace("code = 1", "code = 2")
    assert env("f()") == ("F", 2)
    env["m.py"].replace("class F(E)", "class F(ValueError)")
    env.fails("f()", "F")
    assert env("issubclass(F, ValueError)")


# -- introspection ---------------------------------------------------------------------------------


def test_getsource_of_everything_right_after_an_edit(env):
    env["m.py"] = """
        def f():
            return 1
        class A:
            def g(self):
                return 2
            @property
            def p(self):
                return 3
        h = lambda: 4
        """
    env.run("import m, inspect; f, A, h = m.f, m.A, m.h")
    env["m.py"].prepend("# one\n# two\nimport os\n\n")
    env["m.py"].replace("return 3", "return 30")
    assert env("[inspect.getsource(x).strip() for x in (f, A.g, A.p.fget, h)]") == [
        "def f():\n    return 1",
        "def g(self):\n        return 2",
        "@property\n    def p(self):\n        return 30",
        "h = lambda: 4",
    ]
    assert env("inspect.getsource(A).count('return 30'), inspect.getsourcelines(f)[1]") == (1, 5)


def test_pickled_bound_methods_and_instances_cross_an_edit(env):
    env["m.py"] = "class A:\n    def f(self): return 1\nE = A()\n"
    env.run("import m, pickle; data = pickle.dumps((m.A, m.E, m.E.f))")
    env["m.py"].replace("return 1", "return 2")
    env.run("cls, e, f = pickle.loads(data)")
    assert env("cls is m.A, e.f(), f()") == (True, 2, 2)


def test_qualname_and_module_of_things_added_in_a_block_in_a_class(env):
    env["m.py"] = "class A:\n    pass\n"
    env.run("import m")
    env["m.py"] = (
        "class A:\n    if True:\n        def f(self):\n            def g(): pass\n            return g\n    class B:\n        def h(self): pass\n"
    )
    assert env(
        "m.A.f.__qualname__, m.A().f().__qualname__, m.A.B.h.__qualname__, m.A.B.__module__"
    ) == ("A.f", "A.f.<locals>.g", "A.B.h", "m")
