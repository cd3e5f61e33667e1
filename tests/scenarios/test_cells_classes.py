"""Classes of cells: none of the peers follows these at all."""

from tests.dsl import both

POINT = """
class Point:
    def __init__(self, x): self.x = x
    def get(self): return {}
"""


@both
def test_old_instances_follow_a_class_defined_again(env):
    env.run(POINT.format("self.x"), id="a")
    env.run("p, Old = Point(1), Point")
    env.run(POINT.format("self.x * 10"), id="a")
    assert env("p.get(), Point(2).get(), isinstance(p, Point), Point is Old") == (
        10,
        20,
        True,
        True,
    )


@both
def test_old_instances_follow_a_class_defined_again_in_another_cell(env):
    env.run(POINT.format("self.x"), id="a")
    env.run("p, Old = Point(1), Point")
    env.run(POINT.format("self.x * 10"), id="b")
    assert env("p.get(), isinstance(p, Point), type(p) is Point is Old") == (10, True, True)


@both
def test_old_instances_are_pickled_after_the_class_is_defined_again(env):
    env.run(POINT.format("self.x"), id="a")
    env.run("import pickle; p = Point(1); early = pickle.dumps(p)")
    env.run(POINT.format("self.x * 10"), id="a")
    assert env("pickle.loads(pickle.dumps(p)).get(), pickle.loads(early).get()") == (10, 10)


def test_a_subclass_in_another_cell_follows(env):
    env.run(POINT.format("self.x"), id="a")
    env.run("class Point3(Point):\n    def get(self): return super().get() + 1", id="b")
    env.run("p = Point3(1)")
    env.run(POINT.format("self.x * 10"), id="a")
    assert env("p.get(), isinstance(p, Point), issubclass(Point3, Point)") == (11, True, True)
    env.run("class Point3(Point):\n    def get(self): return super().get() + 2", id="b")
    assert env("p.get(), len(Point.__subclasses__())") == (12, 1)


def test_super_added_in_a_cell(env):
    env.run(
        "class A:\n    def get(self): return 1\nclass B(A):\n    def get(self): return 5", id="a"
    )
    env.run("b = B()")
    env.run(
        "class A:\n    def get(self): return 1\n"
        "class B(A):\n    def get(self): return super().get() + 5",
        id="a",
    )
    assert env("b.get(), B().get()") == (6, 6)


def test_methods_added_and_removed_in_a_cell(env):
    env.run("class C:\n    x = 1\n    def a(self): return 'a'", id="a")
    env.run("c = C()")
    env.run("class C:\n    y = 2\n    def b(self): return 'b'", id="a")
    assert env("c.b(), c.y, hasattr(c, 'a'), hasattr(c, 'x')") == ("b", 2, False, False)


def test_class_attributes_of_a_cell_are_evaluated_anew(env):
    env.run("class C:\n    seen = []", id="a")
    env.run("C.seen.append(1); c = C()")
    env.run("class C:\n    seen = []", id="a")
    assert env("c.seen") == []


def test_properties_statics_and_class_methods_of_cells_follow(env):
    text = """
class C:
    @property
    def p(self): return {0}
    @staticmethod
    def s(): return {0}
    @classmethod
    def k(cls): return {0}, cls.__name__
"""
    env.run(text.format(1), id="a")
    env.run("c, s, k = C(), C.s, C.k")
    env.run(text.format(2), id="a")
    assert env("c.p, s(), k(), c.s(), c.k()") == (2, 2, (2, "C"), 2, (2, "C"))


def test_a_bound_method_held_from_before_follows(env):
    env.run(POINT.format("self.x"), id="a")
    env.run("get = Point(3).get; plain = Point.get")
    env.run(POINT.format("self.x * 10"), id="a")
    assert env("get(), plain(Point(1))") == (30, 10)


def test_a_dataclass_of_a_cell_follows(env):
    text = """
from dataclasses import dataclass
@dataclass
class P:
    x: int
    def get(self): return self.x * {}
"""
    env.run(text.format(1), id="a")
    env.run("p, Old = P(1), P")
    env.run(text.format(10), id="a")
    assert env("p.get(), p == P(1), P is Old, repr(p)") == (10, True, True, "P(x=1)")


def test_an_enum_of_a_cell_keeps_its_members(env):
    text = """
from enum import Enum
class Color(Enum):
    RED = 1
    def show(self): return {}
"""
    env.run(text.format("'old'"), id="a")
    env.run("red = Color.RED; held = {red: 1}")
    env.run(text.format("'new'"), id="a")
    assert env("red.show(), red is Color.RED, Color.RED in held, red == Color(1)") == (
        ("new", True, True, True)
    )


def test_an_exception_class_of_a_cell_is_still_caught(env):
    env.run("class Trouble(Exception):\n    code = 1", id="a")
    env.run("def fail(): raise Trouble\nold = Trouble()", id="b")
    env.run("class Trouble(Exception):\n    code = 2", id="a")
    env.run("""
        try:
            fail()
        except Trouble as error:
            got = error.code
        try:
            raise old
        except Trouble as error:
            also = error.code
    """)
    assert env("got, also") == (2, 2)


def test_abstract_classes_of_cells_follow(env):
    env.run("from abc import ABC, abstractmethod")
    env.run("class S(ABC):\n    @abstractmethod\n    def area(self): ...", id="a")
    env.run("class D(S):\n    def area(self): return 1", id="b")
    env.run("d = D()")
    env.run("class S(ABC):\n    def area(self): ...\n    def more(self): return 2", id="a")
    assert env("d.more(), isinstance(d, S), S().area()") == (2, True, None)


def test_a_metaclass_of_a_cell_follows(env):
    env.run("class M(type):\n    def label(cls): return 1", id="a")
    env.run("class C(metaclass=M): pass", id="b")
    env.run("Old = C")
    env.run("class M(type):\n    def label(cls): return 2", id="a")
    assert env("C.label(), type(C) is M") == (2, True)
    env.run("class C(metaclass=M):\n    x = 1", id="b")
    assert env("C is Old, C.x, C.label()") == (True, 1, 2)


def test_a_base_is_changed_in_a_cell(env):
    env.run("class A:\n    who = 'A'\nclass B:\n    who = 'B'")
    env.run("class C(A): pass", id="a")
    env.run("c = C()")
    env.run("class C(B): pass", id="a")
    assert env("c.who, isinstance(c, B), isinstance(c, C)") == ("B", True, True)


def test_nested_classes_of_a_cell_follow(env):
    text = "class O:\n    class I:\n        def get(self): return {}\n"
    env.run(text.format(1), id="a")
    env.run("i, I = O.I(), O.I")
    env.run(text.format(2), id="a")
    assert env("i.get(), O.I is I, isinstance(i, O.I)") == (2, True, True)


def test_singledispatch_on_a_class_of_a_cell_still_finds_it(env):
    env.run("class C:\n    def get(self): return 1", id="a")
    env.run("""
        import functools
        @functools.singledispatch
        def show(x): return "any"
        @show.register
        def _(x: C): return "C", x.get()
        c = C()
    """)
    env.run("class C:\n    def get(self): return 2", id="a")
    assert env("show(c), show(C())") == (("C", 2), ("C", 2))


def test_a_class_held_by_a_file_s_module_follows(env):
    env["m.py"] = "kinds = []\ndef add(kind): kinds.append(kind); return kind\n"
    env.run("import m")
    env.run("@m.add\nclass C:\n    def get(self): return 1", id="a")
    env.run("c = m.kinds[0]()")
    env.run("@m.add\nclass C:\n    def get(self): return 2", id="a")
    assert env("c.get(), m.kinds[0] is C, len(m.kinds)") == (2, True, 1)


def test_methods_of_a_class_of_a_cell_gain_closures(env):
    env.run(
        """
        def make(n):
            class Local:
                def get(self): return n
            return Local()
    """,
        id="a",
    )
    env.run("one = make(1)")
    env.run(
        """
        def make(n):
            class Local:
                def get(self): return n, "new"
            return Local()
    """,
        id="a",
    )
    assert env("one.get(), make(2).get()") == ((1, "new"), (2, "new"))


def test_a_class_whose_body_fails_keeps_the_old_one(env):
    env.run("class C:\n    def get(self): return 1", id="a")
    env.run("c, Old = C(), C")
    env.fails("class C:\n    def get(self): return 2\n    x = 1 / 0", "ZeroDivisionError", id="a")
    assert env("c.get(), C is Old") == (1, True)


def test_a_class_defined_twice_in_one_cell_is_two_classes(env):
    env.run("""
        class C:
            x = 1
        First = C
        class C:
            x = 2
    """)
    assert env("First.x, C.x, First is C") == (1, 2, False)


def test_the_module_and_qualname_of_a_class_of_a_cell_stay(env):
    env.run(POINT.format("1"), id="a")
    env.run(POINT.format("2"), id="a")
    assert env("Point.__module__, Point.get.__qualname__") == ("__main__", "Point.get")


def test_slots_that_stay_follow_in_a_cell(env):
    text = "class P:\n    __slots__ = ('x',)\n    def get(self): return self.x * {}\n"
    env.run(text.format(1), id="a")
    env.run("p = P(); p.x = 1")
    env.run(text.format(10), id="a")
    assert env("p.get(), isinstance(p, P)") == (10, True)


def test_an_old_instance_in_a_set_is_found(env):
    text = """
class P:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return isinstance(other, P) and self.x == other.x
    def __hash__(self): return hash(self.x)
    y = {}
"""
    env.run(text.format(1), id="a")
    env.run("held = {P(1)}")
    env.run(text.format(2), id="a")
    assert env("P(1) in held, next(iter(held)).y") == (True, 2)
