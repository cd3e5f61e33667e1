"""`livecode.evolution.preview`: what is told before an edit is what is found after it."""

from __future__ import annotations

import ast
import gc

import pytest

from livecode.evolution.preview import describe, preview
from tests.evolution.sample import change, classes, init
from tests.evolution.test_difference import ROWS, data, members, plain, slots, told, tuples


def texts(text: str):
    """The `text_of` of a text that is never executed."""
    nodes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    return lambda cls: nodes.get(cls.__qualname__) if cls.__module__ == "sample" else None


def previewed(old: str, new: str, name: str = "A"):
    """The preview of an edit: the new text is only parsed."""
    namespace, before = classes(old)
    return preview(namespace[name], before, texts(new))


@pytest.mark.parametrize("old, new", [row[:2] for row in ROWS.values()], ids=ROWS.keys())
def test_what_is_told_before_is_what_is_found_after(old, new):
    found = previewed(old, new)
    assert found is not None
    assert told(found) == told(change(old, new))
    assert describe(found, 3) == describe(change(old, new), 3)


@pytest.mark.parametrize("old, new", [row[:2] for row in ROWS.values()], ids=ROWS.keys())
def test_the_way_back_is_told_as_well(old, new):
    assert told(previewed(new, old)) == told(change(new, old))


# -- more kinds of classes -----------------------------------------------------------------------

INIT = "\n    def __init__(self): self.x = 2\n"
T = "T = typing.TypeVar('T')\n"
BASES = "class P:\n    def __init__(self): self.p = 0\nclass Q:\n    z = 0\n    def __init__(self): self.q = 0\n"
SLOTTED = "@dataclass(slots=True)\nclass B:\n    {}\n@dataclass(slots=True)\n"
P_ENUM = "class P(enum.Enum):\n    def f(self): 1 / 0\n    def __init__(self, v): print(v)\n"

SURE = {
    "another base": ("class A(P): pass\n", "class A(Q): pass\n"),
    "base in C": ("class A(dict): pass\n", "class A(list): pass\n"),
    "exception": (
        "class A(ValueError): pass\n",
        "class A(ValueError):\n    def __init__(self, code): self.code = code\n",
    ),
    "abstract": (
        "class A(abc.ABC):\n    x = 1\n    @abc.abstractmethod\n    def f(self): pass\n",
        "class A(abc.ABC):\n    @abc.abstractmethod\n    def f(self): pass" + INIT,
    ),
    "metaclass=ABCMeta": (
        "class A(metaclass=abc.ABCMeta):\n    x = 1\n",
        "class A(metaclass=abc.ABCMeta):" + INIT,
    ),
    "generic": (
        T + "class A(typing.Generic[T]):\n    x = 1\n",
        T + "class A(typing.Generic[T]):" + INIT,
    ),
    "other argument of a generic": (
        T + "class G(typing.Generic[T]): pass\nclass A(G[int]):\n    x = 1\n",
        T + "class G(typing.Generic[T]): pass\nclass A(G[str]):" + INIT,
    ),
    "protocol": (
        "class G(typing.Protocol):\n    x: int\nclass A(G):\n    x = 1\n",
        "class G(typing.Protocol):\n    x: int\nclass A(G):" + INIT,
    ),
    "namedtuple()": (
        "class A(collections.namedtuple('A', 'x y')): pass\n",
        "class A(collections.namedtuple('A', 'x y')):\n    z = 1\n    def f(self): pass\n",
    ),
    "thread": (
        "import threading\nclass A(threading.Thread): pass\n",
        "import threading\nclass A(threading.Thread):\n    z = 1" + INIT,
    ),
    "Enum with str": (
        members("X = 'x'", base="str, enum.Enum"),
        members("X = 'x'", "Y = 'y'", base="str, enum.Enum"),
    ),
    "auto()": (members("X = enum.auto()"), members("Y = enum.auto()", "X = enum.auto()")),
    "auto() of StrEnum": (
        members("X = enum.auto()", base="enum.StrEnum"),
        members("Y = enum.auto()", "X = enum.auto()", base="enum.StrEnum"),
    ),
    "Flag": (
        members("R = 1", "W = 2", "RW = R | W", base="enum.Flag"),
        members("R = 1", "W = 2", "X = 4", "RW = R | W", base="enum.Flag"),
    ),
    "alias": (members("X = 1"), members("X = 1", "Z = X")),
    "members with attributes": (
        members("X = 1", "def __init__(self, v): self.v = v"),
        members("X = 1", "Y = 2", "def __init__(self, v): self.w = v"),
    ),
    "Enum with methods in a base": (
        P_ENUM + members("X = 1", base="P"),
        P_ENUM + members("X = 1", "Y = 2", base="P"),
    ),
    "Enum with __new__, new method": (
        members("X = 1", "def __new__(cls, v): o = object.__new__(cls); o._value_ = -v; return o"),
        members(
            "X = 1",
            "def __new__(cls, v): o = object.__new__(cls); o._value_ = -v; return o",
            "def f(self): pass",
        ),
    ),
    "all kinds of fields": (
        data("x: int"),
        data(
            "x: int",
            "y: typing.Optional[int] = None",
            "z: Any = field(default_factory=lambda: [1])",
            "p: float = 2 * 3.5",
            "q: 'A' = None",
            "k: typing.ClassVar[int] = 3",
            "i: InitVar[int] = 4",
            "_: KW_ONLY",
            "m: int = field(repr=False)",
        ),
    ),
    "__post_init__": (
        data("x: int"),
        data("x: int", "y: int = field(init=False)", "def __post_init__(self): self.y = self.x"),
    ),
    "inherited slots of dataclasses": (
        SLOTTED.format("x: int = 1") + "class A(B):\n    y: int = 2\n",
        SLOTTED.format("x: int = 1; z: int = 1") + "class A(B):\n    y: int = 2\n",
    ),
    "frozen dataclass with slots": (
        data("x: int", options="slots=True, frozen=True"),
        data("x: int", "y: set = field(default_factory=set)", options="slots=True, frozen=True"),
    ),
    "weakref_slot": (
        data("x: int", options="slots=True"),
        data("x: int", options="slots=True, weakref_slot=True"),
    ),
    "dataclass no more": (
        data("x: list = field(default_factory=list)"),
        "class A:\n    x: list = field(default_factory=list)\n",
    ),
    "slots that stay, no literal": (
        "N = ('x',)\nclass A:\n    __slots__ = N\n",
        "N = ('x',)\nclass A:\n    __slots__ = N\n    z = 1" + INIT,
    ),
    "one slot": ("class A:\n    __slots__ = 'x'\n", "class A:\n    __slots__ = ['y']\n"),
    "private slots": (
        slots("__x", "self.__x = 1"),
        slots("__x __y", "self.__x = self.__y = 1"),
    ),
    "property()": (
        plain("self.x = 1"),
        "class A:\n    def get(self): return 1\n    x = property(get)\n",
    ),
    "own descriptor": (
        "class D:\n    def __set__(self, i, v): 1 / 0\n" + plain("self.x = 1"),
        "class D:\n    def __set__(self, i, v): 1 / 0\n" + plain("self.x = 1", body="x = D()"),
    ),
    "lambda": (plain("self.x = 1"), plain(body="x = lambda self: 1")),
    "unknown value, no attribute": (plain(), plain("self.y = 1", body="x = [f() for f in g]")),
    "unknown decorator, only __init__": (
        "def d(c): return c\n@d\n" + plain("self.x = 1"),
        "def d(c): return c\n@d\n" + plain("self.y = 1"),
    ),
    "total_ordering": (
        "@functools.total_ordering\n" + plain(body="def __lt__(self, o): return True"),
        "@functools.total_ordering\n" + plain("self.x = 1", body="def __gt__(self, o): return 1"),
    ),
    "block that stays": (
        "class A:\n    if True:\n        x = 1\n",
        "class A:\n    if True:\n        x = 1\n    z = 1" + INIT,
    ),
}


@pytest.mark.parametrize("old, new", SURE.values(), ids=SURE.keys())
def test_many_kinds_of_classes_are_told(old, new, capsys):
    old, new = BASES + old, BASES + new
    found, wanted = previewed(old, new), None
    assert capsys.readouterr().out.count("\n") == old.count("print(") * old.count("X = 1")
    new = new.replace("[f() for f in g]", "None")
    wanted = change(old, new)
    assert found is not None
    assert told(found) == told(wanted)
    assert describe(found, 3) == describe(wanted, 3)


UNSURE = {
    "base that is not there yet": (plain(), "class A(New): pass\n"),
    "slots from an expression": (slots("x"), "class A:\n    __slots__ = names()\n"),
    "value that may be a descriptor": (plain(), plain("self.x = 1", body="x = make()")),
    "function that may make a field": (data("x: int"), data("x: int", "y: int = make()")),
    "option from an expression": (data("x: int"), data("x: int", options="slots=SLOTS")),
    "new decorator": (plain(), "@register\n" + plain()),
    "member from an expression": (members("X = 1"), members("X = 1", "Y = make()")),
    "member, __new__": (
        members("X = 1", "def __new__(cls, v): o = object.__new__(cls); o._value_ = -v; return o"),
        members(
            "X = 1",
            "Y = 2",
            "def __new__(cls, v): o = object.__new__(cls); o._value_ = -v; return o",
        ),
    ),
    "fields in a block": (data("x: int"), data("if make():\n        y: int")),
    "fails: order of defaults": (data("x: int = 1"), data("x: int = 1", "y: int")),
    "fails: mutable default": (data("x: int = 1"), data("x: list = []")),
    "fails: slot and value": (slots("x"), "class A:\n    __slots__ = ('x',)\n    x = 1\n"),
    "fails: tuple's defaults": (tuples("x: int"), tuples("y: int = 1", "x: int")),
    "goes": (plain(), "class B: pass\n"),
}


@pytest.mark.parametrize("old, new", UNSURE.values(), ids=UNSURE.keys())
def test_what_is_not_certain_is_not_claimed(old, new):
    assert previewed("def make(): raise AssertionError('called')\n" + old, new) is None


def test_a_class_that_was_changed_while_running_is_not_guessed_at():
    namespace, before = classes(data("x: int"))
    namespace["A"].__init__ = lambda self: None
    assert preview(namespace["A"], before, texts(data("x: int", "y: int = 0"))) is None


def test_what_the_running_program_has_set_counts():
    namespace, before = classes(plain(body="x = 0"))
    namespace["A"].x = 57
    namespace["A"].more = 1
    found = preview(namespace["A"], before, texts(plain("self.x = a", body="y = 0")))
    assert told(found)["filled"] == {"x": 57}
    found = preview(namespace["A"], before, texts(plain("self.more = a", body="x = 0; y = 0")))
    assert told(found) == {"was": {"more": "value"}}


# -- nothing of the user's runs ------------------------------------------------------------------

LOUD = """
seen = []
class Loud(type):
    def __new__(meta, name, bases, names): seen.append(name); return super().__new__(meta, name, bases, names)
    def __setattr__(cls, name, value): seen.append(name); super().__setattr__(name, value)
class D:
    def __set_name__(self, owner, name): seen.append(name)
    def __get__(self, instance, owner): seen.append("get"); return self
    def __repr__(self): seen.append("repr"); return "D"
    def __eq__(self, other): seen.append("eq"); return self is other
    def __hash__(self): seen.append("hash"); return 1
d = D()
def decorate(thing): seen.append(thing); return thing
class Base:
    d = D()
    def __init_subclass__(cls): seen.append(cls)
class Quiet:
    d = D()
"""


@pytest.mark.parametrize(
    "head, old, new",
    [
        ("class A(Base):", "x = 1", "x = 2; y = 3"),
        ("class A(Base):", "def f(self): pass", "def g(self): pass"),
        ("class A(metaclass=Loud):", "x = 1", "x = 2; y = 3"),
        ("class A(Quiet):", "x = d", "x = D(); y = d"),
        ("class A(enum.Enum):", "X = D()", "X = D(); Y = 1"),
        (
            "@dataclass(slots=True)\nclass A(Quiet):",
            "x: object = 1; e = D()",
            "x: int = 1; e = D()",
        ),
        ("@dataclass\nclass A(Quiet):", "x: object = None", "x: object = d; y: object = D()"),
        ("@dataclass\nclass A(Quiet):", "d: object = None", "d: object"),
        ("@decorate\nclass A(Quiet):", "x = 1", "x = 2"),
        ("class A(Quiet):", "@decorate\n    def f(self): pass", "@decorate\n    def g(self): pass"),
        ("class A(Quiet):", "x = 1", "x = decorate(1)"),
    ],
)
def test_nothing_of_the_user_s_is_run(head, old, new):
    namespace, before = classes(f"{LOUD}{head}\n    {old}\n")
    ours = [each for each in namespace.values() if isinstance(each, type)]
    known = {each: type.__subclasses__(each) for each in ours if each is not namespace["Loud"]}
    namespace["seen"].clear()
    found = preview(namespace["A"], before, texts(f"{LOUD}{head}\n    {new}\n"))
    if found is not None:
        describe(found, 1)
    assert namespace["seen"] == []
    del found
    for each, subclasses in known.items():
        if each.__module__ == "sample":
            assert type.__subclasses__(each) == subclasses


def test_a_hook_of_the_user_s_is_no_matter_if_only_functions_change():
    old = LOUD + init("self.x = 1", head="class A(Base):")
    assert told(previewed(old, LOUD + init("self.y = 1", head="class A(Base):\n    '''New.'''")))


def test_stand_ins_go_and_leave_nothing_behind():
    namespace, before = classes(data("x: int") + "class B(A): pass\n")
    cls, after = namespace["B"], texts(data("x: int", "y: int = 0") + "class B(A): pass\n")
    preview(cls, before, after)
    gc.collect()
    count = len(object.__subclasses__())
    for _ in range(5):
        preview(cls, before, after)
    gc.collect()
    assert len(object.__subclasses__()) == count
    assert type.__subclasses__(namespace["A"]) == [cls]


# -- for people ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, count, line",
    [
        (plain(), plain("self.x = 5"), 1, "1 live instance: + x = 5 (from __init__)"),
        (plain(), plain("self.x = a"), 3, "3 live instances: + x (owed: not a literal)"),
        (plain(), plain("self.x = a"), 0, "no live instances: + x (not a literal)"),
        (plain(), plain("self.x = a", body="x = 1"), 2, "+ x (the class gives it)"),
        (data(), data("x: int"), 2, "+ x (owed: a field without a default)"),
        (data(), data("x: int = 7"), 2, "+ x = 7 (from the default)"),
        (data(), data("x: int = field(default=7)"), 2, "+ x = 7 (from the default)"),
        (
            data(),
            data("x: list = field(default_factory=list)"),
            2,
            "+ x = list() (a new one for each)",
        ),
        (
            data(),
            data("x: list = field(default_factory=lambda: [0] * 3)"),
            2,
            "+ x = [0] * 3 (a new one for each)",
        ),
        (slots("y"), slots("y x"), 2, "+ x (unset, as in a new instance)"),
        (plain("self.x = a"), plain(), 2, "- x (its value stays)"),
        (data("x: int"), data(), 2, "- x (its value is kept aside)"),
        (plain("self.x = a"), plain(body="x = 1"), 2, "- x (a value now; its value stays)"),
        (plain(body="x = 1"), plain("self.x = a"), 2, "+ x = 1 (the class's value so far)"),
        (plain(body="x = [1]"), plain("self.x = a"), 2, "+ x (the class's value so far)"),
        (data("x: int"), data("x: float"), 2, "x: int -> float"),
        (plain("self.x = f()"), plain("self.y = f()"), 2, "perhaps renamed: x -> y"),
        (slots("x"), slots("x y"), 2, "instances become new objects (its slots changed)"),
        (data("x: int"), data("x: int", options="frozen=True"), 2, "it is frozen now"),
        (members("X = 1"), members("Y = 1"), 1, "+ member Y, - member X (references to it stay)"),
        (members("X = 1"), members("X = 2"), 1, "member X has another value"),
    ],
)
def test_what_people_are_told(old, new, count, line):
    told = " ".join(each.strip() for each in describe(change(old, new), count))
    assert told.startswith("layout of sample:A, ")
    assert line in told


def test_where_nothing_changes_nothing_is_said():
    assert describe(change(plain("self.x = 1"), plain("self.x = 2")), 5) == []


def test_long_news_take_several_lines():
    lines = describe(change(plain(), plain(*(f"self.name{i} = 'value {i}'" for i in range(9)))), 12)
    assert lines[0] == (
        "layout of sample:A, 12 live instances: + name0 = 'value 0' (from __init__), + name1 = 'value 1'"
    )
    assert all(line.startswith("  ") and len(line) <= 100 for line in lines[1:])
    change_of_long = change(plain(), plain(f"self.x = {'y' * 200!r}"))
    assert describe(change_of_long, 1)[-1].endswith("… (from __init__)")


def test_no_repr_is_run():
    loud = "class Loud:\n    def __repr__(self): raise AssertionError('called')\nloud = Loud()\n"
    found = change(loud + plain(body="x = loud"), loud + plain("self.x = a"))
    assert describe(found, 1) == [
        "layout of sample:A, 1 live instance: + x (the class's value so far)"
    ]
