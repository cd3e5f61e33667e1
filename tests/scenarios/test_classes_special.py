"""Classes that other code makes: dataclasses, enums, named tuples, protocols, exceptions."""

from tests.dsl import both, since


@both
def test_a_dataclass_s_method_follows(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int
            y: int = 0
            def total(self): return self.x + self.y
    """
    env.run("import m; p = m.P(1, 2); held = m.P")
    env["m.py"].replace("self.x + self.y", "self.x * 100 + self.y")
    assert env("p.total(), m.P is held, p == m.P(1, 2), repr(p)") == (
        (102, True, True, "P(x=1, y=2)")
    )


def test_a_dataclass_default_follows(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int = 1
    """
    env.run("import m; P = m.P")
    env["m.py"].replace("= 1", "= 2")
    assert env("P().x, P(5).x, P.x") == (2, 5, 2)


def test_a_dataclass_that_becomes_frozen(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int = 1
    """
    env.run("import m; P = m.P")
    env["m.py"].replace("@dataclass\n", "@dataclass(frozen=True)\n")
    env.fails("P(1).x = 5", "FrozenInstanceError")
    assert env("hash(P(1)) == hash(P(1))") is True


def test_dataclass_order_is_added(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int = 1
    """
    env.run("import m; a, b = m.P(1), m.P(2)")
    env["m.py"].replace("@dataclass\n", "@dataclass(order=True)\n")
    assert env("a < b, sorted([b, a]) == [a, b]") == (True, True)


@both
def test_an_enum_s_method_follows_and_its_members_stay(env):
    env["m.py"] = """
        from enum import Enum
        class Color(Enum):
            RED = 1
            BLUE = 2
            def show(self): return self.name
    """
    env.run("import m; red = m.Color.RED; held = {red: 'r'}")
    env["m.py"].replace("return self.name", "return self.name.lower()")
    assert env("red.show(), m.Color.RED is red, held[m.Color(1)], len(m.Color)") == (
        ("red", True, "r", 2)
    )


def test_an_enum_gains_a_member(env):
    env["m.py"] = """
        from enum import Enum
        class Color(Enum):
            RED = 1
    """
    env.run("import m; red = m.Color.RED; held = m.Color")
    env["m.py"].append("    BLUE = 2\n")
    assert env("m.Color.BLUE.value, m.Color(2).name, [c.name for c in m.Color]") == (
        (2, "BLUE", ["RED", "BLUE"])
    )
    assert env(
        "m.Color.RED == red, m.Color.RED is red, m.Color is held, isinstance(red, m.Color)"
    ) == ((True, True, True, True))


def test_a_flag_and_an_int_enum_follow(env):
    env["m.py"] = """
        from enum import Flag, IntEnum
        class Rights(Flag):
            READ = 1
            WRITE = 2
            def short(self): return "old"
        class Level(IntEnum):
            LOW = 1
            def short(self): return "old"
    """
    env.run("import m; r = m.Rights.READ | m.Rights.WRITE; low = m.Level.LOW")
    env["m.py"].replace('"old"', '"new"')
    assert env("r.short(), low.short(), m.Rights.READ in r, low == 1") == ("new", "new", True, True)


def test_a_named_tuple_s_method_follows(env):
    env["m.py"] = """
        from typing import NamedTuple
        class P(NamedTuple):
            x: int
            y: int = 0
            def total(self): return self.x + self.y
    """
    env.run("import m; p = m.P(1, 2)")
    env["m.py"].replace("self.x + self.y", "(self.x, self.y)")
    assert env("p.total(), isinstance(p, m.P), tuple(p)") == ((1, 2), True, (1, 2))


def test_an_unchanged_named_tuple_call_is_not_made_again(env):
    env["m.py"] = """
        from collections import namedtuple
        P = namedtuple("P", "x y")
        def f(): return P(1, 2)
    """
    env.run("import m; p = m.P(1, 2)")
    env["m.py"].replace("P(1, 2)", "P(3, 4)")
    assert env("isinstance(p, m.P), type(m.f()) is type(p), m.f().x") == (True, True, 3)


def test_a_protocol_follows(env):
    env["m.py"] = """
        from typing import Protocol, runtime_checkable
        @runtime_checkable
        class Sized(Protocol):
            def size(self): ...
        class Box:
            def size(self): return 1
    """
    env.run("import m; b = m.Box(); assert isinstance(b, m.Sized)")
    env["m.py"].replace("return 1", "return 2")
    assert env("b.size(), isinstance(b, m.Sized)") == (2, True)


def test_a_typed_dict_follows(env):
    env["m.py"] = """
        from typing import TypedDict
        class Row(TypedDict):
            a: int
        def f(): return Row(a=1)
    """
    env.run("import m")
    env["m.py"].replace("a: int", "a: int\n    b: str")
    assert env("sorted(m.Row.__annotations__), m.f()") == (["a", "b"], {"a": 1})


def test_an_exception_class_follows(env):
    env["m.py"] = """
        class Trouble(Exception):
            def __str__(self): return "old"
    """
    env.run("import m; old = m.Trouble(); Trouble = m.Trouble")
    env["m.py"].replace('"old"', '"new"')
    env.run("""
        try:
            raise old
        except m.Trouble as error:
            shown = str(error), type(error) is Trouble
    """)
    assert env("shown") == ("new", True)


def test_a_context_manager_class_follows(env):
    env["m.py"] = """
        class Opened:
            def __enter__(self): return "in"
            def __exit__(self, *exc): return False
    """
    env.run("import m; o = m.Opened()")
    env["m.py"].replace('"in"', '"IN"')
    env["m.py"].replace("return False", "return True")
    env.run("with o as got: raise ValueError")
    assert env("got") == "IN"


def test_an_iterator_class_follows(env):
    env["m.py"] = """
        class Count:
            def __init__(self): self.n = 0
            def __iter__(self): return self
            def __next__(self):
                self.n += 1
                return self.n
    """
    env.run("import m; c = m.Count(); next(c)")
    env["m.py"].replace("self.n += 1", "self.n += 10")
    assert env("next(c)") == 11


def test_a_subclass_of_a_builtin_follows(env):
    env["m.py"] = """
        class Bag(dict):
            def first(self): return next(iter(self))
        class Text(str):
            def shout(self): return self.upper()
    """
    env.run("import m; bag = m.Bag(a=1); text = m.Text('hi')")
    env["m.py"].replace("next(iter(self))", "list(self)")
    env["m.py"].replace("self.upper()", "self.upper() + '!'")
    assert env("bag.first(), text.shout(), bag['a']") == (["a"], "HI!", 1)


def test_a_class_with_slots_follows_when_the_slots_stay(env):
    env["m.py"] = """
        class P:
            __slots__ = ("x",)
            def __init__(self, x): self.x = x
            def get(self): return self.x
    """
    env.run("import m; p = m.P(1); held = m.P")
    env["m.py"].replace("return self.x", "return self.x * 10")
    assert env("p.get(), m.P(2).get(), m.P is held") == (10, 20, True)
    env.fails("p.other = 1", "AttributeError")


def test_a_class_made_by_type_follows(env):
    env["m.py"] = """
        def get(self): return 1
        C = type("C", (), {"get": get})
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return 2")
    assert env("c.get(), isinstance(c, m.C)") == (2, True)


@since(3, 12)
def test_a_generic_class_with_type_parameters_follows(env):
    env["m.py"] = """
        class Box[T]:
            def get(self) -> T: return 1
            def name(self): return T.__name__
    """
    env.run("import m; b = m.Box(); held = m.Box")
    env["m.py"].replace("return 1", "return 2")
    assert env("b.get(), b.name(), m.Box is held, m.Box[int]().get()") == (2, "T", True, 2)


def test_a_threading_subclass_follows(env):
    env["m.py"] = """
        import threading
        class Worker(threading.Thread):
            def run(self): self.got = self.work()
            def work(self): return 1
    """
    env.run("import m; w = m.Worker()")
    env["m.py"].replace("return 1", "return 2")
    env.run("w.start(); w.join()")
    assert env("w.got") == 2


def test_a_weakly_referenced_class_stays(env):
    env["m.py"] = "class C:\n    def get(self): return 1\n"
    env.run("import m, weakref; ref = weakref.ref(m.C); table = weakref.WeakKeyDictionary()")
    env.run("table[m.C] = 'C'")
    env["m.py"].replace("return 1", "return 2")
    assert env("ref() is m.C, table[m.C], ref()().get()") == (True, "C", 2)


ASKED = """
    import abc
    from typing import Protocol, runtime_checkable

    @runtime_checkable
    class Goes(Protocol):
        def go(self): ...

    class Hooked(abc.ABC):
        @classmethod
        def __subclasshook__(cls, other):
            return hasattr(other, "go") or NotImplemented

    class A:
        def go(self): return 1

    class Sub(A): pass

    class B:
        x = 1
"""


@both
def test_isinstance_of_protocols_and_hooks_follows_the_members_of_the_class(env):
    env["m.py"] = ASKED
    env.run("import m; from collections.abc import Sized; a, s, b = m.A(), m.Sub(), m.B()")
    env.run("def ask(k): return [isinstance(x, k) for x in (a, s, b)]")
    assert env("ask(m.Goes), ask(m.Hooked), ask(Sized)") == (
        ([True, True, False], [True, True, False], [False, False, False])
    )
    env["m.py"].replace("def go(self): return 1", "y = 1")
    env["m.py"].replace("x = 1", "def go(self): return 1\n    def __len__(self): return 1")
    assert env("ask(m.Goes), ask(m.Hooked), ask(Sized)") == (
        ([False, False, True], [False, False, True], [False, False, True])
    )
    env.run("%liveundo")
    assert env("ask(m.Goes), ask(m.Hooked), ask(Sized)") == (
        ([True, True, False], [True, True, False], [False, False, False])
    )


def test_isinstance_of_a_protocol_follows_a_class_of_a_cell(env):
    env["m.py"] = ASKED
    env.run("import m")
    env.run("class Z:\n    def go(self): pass", id="z")
    assert env("z = Z(); _r = isinstance(z, m.Goes); _r") is True
    env.run("class Z:\n    def stay(self): pass", id="z")
    assert env("isinstance(z, m.Goes)") is False


def test_isinstance_with_none_for_a_member_follows(env):
    env["m.py"] = "class A:\n    x = 1\n"
    env.run("import m; from collections.abc import Hashable; a = m.A()")
    assert env("isinstance(a, Hashable)") is True
    env["m.py"].replace("x = 1", "__hash__ = None")
    assert env("isinstance(a, Hashable)") is False


def test_a_class_that_was_registered_stays_registered(env):
    env["m.py"] = ASKED
    env.run("import m, collections.abc as ca; ca.Sized.register(m.B); b = m.B()")
    env["m.py"].replace("x = 1", "def go(self): return 1")
    assert env("isinstance(b, ca.Sized), isinstance(b, m.Goes)") == (True, True)


def test_isinstance_follows_bases(env):
    env["m.py"] = ASKED + "\n    class Base: pass\n\n    class C(Base): pass\n"
    env.run("import m; c = m.C()")
    assert env("isinstance(c, m.Goes), isinstance(c, m.Hooked)") == (False, False)
    env["m.py"].replace("class C(Base)", "class C(A)")
    assert env("isinstance(c, m.Goes), isinstance(c, m.Hooked)") == (True, True)
    env["m.py"].replace("class C(A)", "class C(Base)")
    assert env("isinstance(c, m.Goes), isinstance(c, m.Hooked)") == (False, False)
