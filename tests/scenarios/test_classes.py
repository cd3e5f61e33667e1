"""A class is changed in place: same object, and its instances follow."""

import pytest

from tests.dsl import both

POINT = """
    class Point:
        kind = "point"
        def __init__(self, x): self.x = x
        def get(self): return self.x
"""


@both
def test_old_instances_get_the_new_method(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].replace("return self.x", "return self.x * 10")
    assert env("p.get(), m.Point(2).get()") == (10, 20)


@both
def test_the_class_stays_the_same_object(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1); held = m.Point")
    env["m.py"].replace("return self.x", "return self.x * 10")
    assert env("m.Point is held, type(p) is m.Point, isinstance(p, m.Point)") == (True,) * 3


def test_a_method_is_added(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].append("    def double(self): return self.x * 2\n")
    assert env("p.double()") == 2


def test_a_method_is_removed(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].replace("    def get(self): return self.x\n", "")
    env.fails("p.get()", "AttributeError")


def test_a_method_is_renamed(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1); get = p.get")
    env["m.py"].replace("def get", "def value")
    assert env("p.value(), hasattr(p, 'get'), get()") == (1, False, 1)
    assert env("m.Point.value.__qualname__") == "Point.value"


def test_a_method_moves_to_the_base(env):
    env["m.py"] = """
        class Base:
            pass
        class Child(Base):
            def get(self): return 1
    """
    env.run("import m; c = m.Child(); b = m.Base()")
    env["m.py"] = """
        class Base:
            def get(self): return 1
        class Child(Base):
            pass
    """
    assert env("c.get(), b.get(), 'get' in vars(m.Child)") == (1, 1, False)
    assert env("m.Base.get.__qualname__") == "Base.get"


def test_a_method_moves_to_the_child(env):
    env["m.py"] = """
        class Base:
            def get(self): return 1
        class Child(Base):
            pass
    """
    env.run("import m; c = m.Child(); b = m.Base()")
    env["m.py"] = """
        class Base:
            pass
        class Child(Base):
            def get(self): return 2
    """
    assert env("c.get(), hasattr(b, 'get')") == (2, False)


def test_class_attributes_are_added_changed_and_removed(env):
    env["m.py"] = """
        class C:
            a = 1
            b = 2
    """
    env.run("import m; c = m.C()")
    env["m.py"] = """
        class C:
            b = 20
            c = 30
    """
    assert env("c.b, c.c, hasattr(c, 'a')") == (20, 30, False)


def test_an_unchanged_class_attribute_keeps_its_state(env):
    env["m.py"] = """
        class C:
            seen = []
            count = 0
            def get(self): return 1
    """
    env.run("import m; m.C.seen.append(1); m.C.count = 5; held = m.C.seen")
    env["m.py"].replace("return 1", "return 2")
    assert env("m.C.seen, m.C.count, m.C.seen is held, m.C().get()") == ([1], 5, True, 2)


def test_an_unchanged_statement_in_a_class_is_not_evaluated_again(env):
    env["m.py"] = """
        calls = []
        class C:
            calls.append("body")
            x = calls.append("x")
            def get(self): return 1
    """
    env.run("import m")
    env["m.py"].replace("return 1", "return 2")
    assert env("m.C().get(), m.calls") == (2, ["body", "x"])


def test_an_attribute_hung_on_the_class_stays(env):
    env["m.py"] = POINT
    env.run("import m; m.Point.mine = 'mine'; m.Point.shout = lambda self: 'ho'; p = m.Point(1)")
    env["m.py"].replace("return self.x", "return -self.x")
    assert env("m.Point.mine, p.shout(), p.get()") == ("mine", "ho", -1)


def test_a_class_attribute_computed_from_another_follows(env):
    env["m.py"] = """
        class C:
            width = 2
            area = width * width
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("width = 2", "width = 3")
    assert env("c.width, c.area") == (3, 9)


def test_a_subclass_and_its_instances_follow_the_base(env):
    env["m.py"] = POINT
    env["n.py"] = """
        from m import Point
        class Point3(Point):
            def get(self): return "3", super().get()
    """
    env.run("import n; p = n.Point3(1)")
    env["m.py"].replace("return self.x", "return -self.x")
    assert env("p.get(), isinstance(p, n.Point)") == (("3", -1), True)


def test_special_methods_follow(env):
    env["m.py"] = """
        class C:
            def __len__(self): return 1
            def __call__(self): return 1
            def __getitem__(self, i): return i
            def __eq__(self, other): return False
            def __repr__(self): return "old"
    """
    env.run("import m; c = m.C()")
    env["m.py"] = """
        class C:
            def __len__(self): return 2
            def __call__(self): return 2
            def __getitem__(self, i): return -i
            def __eq__(self, other): return True
            def __repr__(self): return "new"
            def __add__(self, other): return "sum"
            def __contains__(self, x): return x == 7
    """
    assert env("len(c), c(), c[5], c == 0, repr(c), c + c, 7 in c") == (
        (2, 2, -5, True, "new", "sum", True)
    )


def test_a_special_method_removed_is_gone(env):
    env["m.py"] = """
        class C:
            def __len__(self): return 1
            def __getattr__(self, name): return name
            def __str__(self): return "old"
    """
    env.run("import m; c = m.C()")
    env["m.py"] = """
        class C:
            x = 1
    """
    env.fails("len(c)", "TypeError")
    env.fails("c.anything", "AttributeError")
    assert env("str(c) == 'old', c.x") == (False, 1)


def test_getattr_and_setattr_follow(env):
    env["m.py"] = """
        class C:
            def __getattr__(self, name): return name
            def __setattr__(self, name, value): object.__setattr__(self, name, value)
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return name", "return name.upper()")
    env["m.py"].replace("__(self, name, value)\n", "__(self, name, value * 2)\n")
    env.run("c.x = 4")
    assert env("c.abc, c.x") == ("ABC", 8)


def test_new_and_init_follow(env):
    env["m.py"] = """
        class C:
            def __new__(cls, *args): return super().__new__(cls)
            def __init__(self, x=1): self.x = x
    """
    env.run("import m; C = m.C; c = C()")
    env["m.py"].replace("self.x = x", "self.x = x * 10")
    env["m.py"].replace("return super().__new__(cls)", "return cls.made(super().__new__(cls))")
    env["m.py"].append("    @staticmethod\n    def made(it): it.y = 1; return it\n")
    assert env("C(2).x, C().y, isinstance(c, C)") == (20, 1, True)


def test_nested_classes_follow(env):
    env["m.py"] = """
        class Outer:
            class Inner:
                def get(self): return 1
            def make(self): return self.Inner()
    """
    env.run("import m; inner = m.Outer().make(); held = m.Outer.Inner")
    env["m.py"].replace("return 1", "return 2")
    assert env("inner.get(), m.Outer.Inner is held") == (2, True)
    assert env("m.Outer.Inner.get.__qualname__") == "Outer.Inner.get"


def test_a_nested_class_is_added_and_removed(env):
    env["m.py"] = "class Outer:\n    x = 1\n"
    env.run("import m; o = m.Outer()")
    env["m.py"].append("    class Inner:\n        y = 2\n")
    assert env("o.Inner.y, m.Outer.Inner.__qualname__") == (2, "Outer.Inner")
    env["m.py"] = "class Outer:\n    x = 1\n"
    assert env("hasattr(o, 'Inner')") is False


def test_the_class_docstring_follows(env):
    env["m.py"] = 'class C:\n    "old"\n'
    env.run("import m; c = m.C()")
    env["m.py"].replace("old", "new")
    assert env("m.C.__doc__, c.__doc__") == ("new", "new")


def test_class_annotations_follow(env):
    env["m.py"] = "class C:\n    x: int\n    y: str = ''\n"
    env.run("import m; C = m.C")
    env["m.py"].replace("x: int", "x: float")
    env["m.py"].replace("    y: str = ''\n", "    z: bool = True\n")
    assert env("{k: v.__name__ for k, v in C.__annotations__.items()}") == (
        {"x": "float", "z": "bool"}
    )


def test_an_alias_of_a_method_in_the_class_follows(env):
    env["m.py"] = """
        class C:
            def get(self): return 1
            fetch = get
            __call__ = get
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.get(), c.fetch(), c()") == (2, 2, 2)


def test_a_class_is_removed(env):
    env["m.py"] = "class C:\n    def get(self): return 1\n\nx = 1\n"
    env.run("import m; c = m.C()")
    env["m.py"] = "x = 1\n"
    assert env("hasattr(m, 'C'), c.get()") == (False, 1)


def test_a_removed_class_that_comes_back_is_new_code(env):
    env["m.py"] = "class C:\n    def get(self): return 1\n"
    env.run("import m")
    env["m.py"] = "x = 1"
    assert env("hasattr(m, 'C')") is False
    env["m.py"] = "class C:\n    def get(self): return 2\n"
    assert env("m.C().get()") == 2


def test_a_class_becomes_a_function_and_back(env):
    env["m.py"] = "class C:\n    x = 1\n"
    env.run("import m; c = m.C()")
    env["m.py"] = "def C(): return 'function'"
    assert env("m.C(), c.x") == ("function", 1)
    env["m.py"] = "class C:\n    x = 2\n"
    assert env("m.C().x") == 2


def test_a_class_decorator_is_unchanged_and_not_called_again(env):
    env["m.py"] = """
        calls = []
        def noted(cls): calls.append(cls.__name__); return cls
        @noted
        class C:
            def get(self): return 1
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.get(), m.calls") == (2, ["C"])


@pytest.mark.parametrize("step", ["added", "removed"])
def test_a_class_decorator_is(env, step):
    with_it, without = "@tag\n", ""
    body = """
def tag(cls): cls.tag = "tagged"; return cls
{}class C:
    def get(self): return 1
"""
    before, after = (without, with_it) if step == "added" else (with_it, without)
    env["m.py"] = body.format(before)
    env.run("import m; c = m.C(); held = m.C")
    env["m.py"] = body.format(after)
    assert env("m.C is held, c.get()") == (True, 1)
    if step == "added":
        assert env("c.tag") == "tagged"


def test_a_class_renamed_with_an_equal_body_keeps_its_object(env):
    env["m.py"] = "class Old:\n    def get(self): return 'unique body', 1\n"
    env.run("import m; c = m.Old(); held = m.Old")
    env["m.py"].replace("Old", "New")
    assert env("m.New().get(), hasattr(m, 'Old'), c.get()") == (
        (("unique body", 1), False, ("unique body", 1))
    )
