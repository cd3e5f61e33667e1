"""Every row of the decision table in docs/layouts.md, from a saved file or a cell to the instances."""

import pytest

PRELUDE = """
from dataclasses import dataclass, field, InitVar
from typing import ClassVar, NamedTuple
import enum
"""
HOOK = """
    def __reinit__(self, old):
        seen.append((old.added, old.removed))
"""
SAME = object()


def assigns(*lines, head="class A:", body=()):
    text = "".join(f"    {line}\n" for line in body)
    inits = "".join(f"        {line}\n" for line in lines or ("pass",))
    return f"{head}\n{text}    def __init__(self):\n{inits}"


def declares(*lines, head="@dataclass\nclass A:"):
    return f"{head}\n" + "".join(f"    {line}\n" for line in lines)


X = assigns("self.x = 1")
FX = declares("x: int = 1")
SX = assigns("self.x = 1", body=["__slots__ = ('x',)"])

# name: (before, after, what the instance has, what it is owed, old.added, old.removed);
# without the last two no hook runs.
ATTRIBUTES = {
    "nothing to assigned": (X, assigns("self.x = 1", "self.y = 5"), {"x": 1, "y": 5}, {}, "y", ""),
    "nothing to assigned, no literal": (
        X,
        assigns("self.x = 1", "self.y = len('abc')"),
        {"x": 1},
        {"y": 1},
        "y",
        "",
    ),
    "nothing to assigned, class value too": (
        X,
        assigns("self.x = 1", "self.y = len('abc')", body=["y = 7"]),
        {"x": 1},
        {},
        "y",
        "",
    ),
    "nothing to field": (FX, declares("x: int = 1", "y: int = 2"), {"x": 1, "y": 2}, {}, "y", ""),
    "nothing to field, factory": (
        FX,
        declares("x: int = 1", "y: list = field(default_factory=list)"),
        {"x": 1, "y": []},
        {},
        "y",
        "",
    ),
    "nothing to field, no default": (
        FX,
        declares("y: int", "x: int = 1"),
        {"x": 1},
        {"y": 1},
        "y",
        "",
    ),
    "nothing to InitVar": (FX, declares("x: int = 1", "y: InitVar[int] = 2"), {"x": 1}, {}),
    "nothing to ClassVar": (FX, declares("x: int = 1", "y: ClassVar[int] = 2"), {"x": 1}, {}),
    "nothing to bare annotation": (X, X + "    y: int\n", {"x": 1}, {}),
    "assigned to nothing": (
        assigns("self.x = 1", "self.y = 2"),
        X,
        {"x": 1, "y": 2},
        {},
        "",
        "y",
    ),
    "declared to nothing": (declares("x: int = 1", "y: int = 2"), FX, {"x": 1}, {}, "", "y"),
    "assigned to declared": (X, declares("x: int"), {"x": 1}, {}),
    "declared to assigned": (FX, assigns("self.x = 3"), {"x": 1}, {}),
    "assigned to bare annotation": (X, "class A:\n    x: int\n", {"x": 1}, {}),
    "declared to bare annotation": (FX, "class A:\n    x: int\n", {"x": 1}, {}),
    "bare annotation to assigned": (
        X + "    y: int\n",
        assigns("self.x = 1", "self.y = 2") + "    y: int\n",
        {"x": 1, "y": 2},
        {},
        "y",
        "",
    ),
    "bare annotation to field": (
        "class A:\n    x: int\n",
        FX,
        {"x": 1},
        {},
        "x",
        "",
    ),
    "assigned to property": (
        X,
        "class A:\n    @property\n    def x(self): return 9\n",
        {"x": 1},
        {},
        "",
        "x",
    ),
    "declared to property": (
        FX,
        "class A:\n    @property\n    def x(self): return 9\n",
        {},
        {},
        "",
        "x",
    ),
    "assigned to class value": (X, "class A:\n    x = 5\n", {"x": 1}, {}, "", "x"),
    "assigned to method": (X, "class A:\n    def x(self): return 5\n", {}, {}, "", "x"),
    "property to attribute": (
        "class A:\n    @property\n    def x(self): return 9\n",
        X,
        {"x": 1},
        {},
        "x",
        "",
    ),
    "property to attribute, no literal": (
        "class A:\n    @property\n    def x(self): return 9\n",
        assigns("self.x = len('ab')"),
        {},
        {"x": 1},
        "x",
        "",
    ),
    "class value to attribute": ("class A:\n    x = 5\n", X, {"x": 5}, {}, "", ""),
    "class value to both": ("class A:\n    x = 5\n", assigns("self.x = 1", body=["x = 5"]), {}, {}),
    "literal changed": (X, assigns("self.x = 2"), {"x": 1}, {}),
    "default changed": (FX, declares("x: int = 2"), {"x": 1}, {}),
    "order changed": (
        assigns("self.x = 1", "self.y = 2"),
        assigns("self.y = 2", "self.x = 1"),
        {"x": 1, "y": 2},
        {},
    ),
    "slots reordered": (
        assigns("self.x = 1", "self.y = 2", body=["__slots__ = ('x', 'y')"]),
        assigns("self.x = 1", "self.y = 2", body=["__slots__ = ('y', 'x')"]),
        {"x": 1, "y": 2},
        {},
    ),
    "nothing to slot, assigned": (
        SX,
        assigns("self.x = 1", "self.y = 2", body=["__slots__ = ('x', 'y')"]),
        {"x": 1, "y": 2},
        {},
        "y",
        "",
    ),
    "nothing to slot alone": (
        SX,
        assigns("self.x = 1", body=["__slots__ = ('x', 'y')"]),
        {"x": 1},
        {},
        "y",
        "",
    ),
    "dict to slots": (
        assigns("self.x = 1", "self.y = 2"),
        SX,
        {"x": 1},
        {},
        "",
        "y",
    ),
    "dict to slots and dict": (
        assigns("self.x = 1", "self.y = 2"),
        assigns("self.x = 1", "self.y = 2", body=["__slots__ = ('x', '__dict__')"]),
        {"x": 1, "y": 2},
        {},
        "",
        "",
    ),
    "slots to dict": (SX, X, {"x": 1}, {}, "", ""),
    "slot gone": (
        assigns("self.x = 1", "self.y = 2", body=["__slots__ = ('x', 'y')"]),
        SX,
        {"x": 1},
        {},
        "",
        "y",
    ),
    "frozen added": (
        FX,
        declares("x: int = 1", head="@dataclass(frozen=True)\nclass A:"),
        {"x": 1},
        {},
    ),
    "frozen removed": (
        declares("x: int = 1", head="@dataclass(frozen=True)\nclass A:"),
        FX,
        {"x": 1},
        {},
    ),
    "frozen, field added": (
        declares("x: int = 1", head="@dataclass(frozen=True)\nclass A:"),
        declares("x: int = 1", "y: int = 2", head="@dataclass(frozen=True)\nclass A:"),
        {"x": 1, "y": 2},
        {},
        "y",
        "",
    ),
    "dataclass to dataclass with slots": (
        FX,
        declares("x: int = 1", head="@dataclass(slots=True)\nclass A:"),
        {"x": 1},
        {},
        "",
        "",
    ),
    "dataclass with slots, field added": (
        declares("x: int = 1", head="@dataclass(slots=True)\nclass A:"),
        declares("x: int = 1", "y: int = 2", head="@dataclass(slots=True)\nclass A:"),
        {"x": 1, "y": 2},
        {},
        "y",
        "",
    ),
    "dataclass frozen with slots, field added": (
        declares("x: int = 1", head="@dataclass(slots=True, frozen=True)\nclass A:"),
        declares("x: int = 1", "y: int = 2", head="@dataclass(slots=True, frozen=True)\nclass A:"),
        {"x": 1, "y": 2},
        {},
        "y",
        "",
    ),
    "keyword-only field": (
        FX,
        declares("x: int = 1", "y: int = field(kw_only=True, default=3)"),
        {"x": 1, "y": 3},
        {},
        "y",
        "",
    ),
    "field without init": (
        FX,
        declares("x: int = 1", "y: int = field(init=False, default=3)"),
        {"x": 1},
        {},
        "y",
        "",
    ),
    "assigned in __post_init__": (
        FX,
        FX + "    def __post_init__(self): self.y = 4\n",
        {"x": 1, "y": 4},
        {},
        "y",
        "",
    ),
    "assigned by a method that __init__ calls": (
        X,
        assigns("self.x = 1", "self.setup()") + "    def setup(self): self.y = 4\n",
        {"x": 1, "y": 4},
        {},
        "y",
        "",
    ),
    "base changed": (
        (
            "class B:\n    def __init__(self): self.x = 1\nclass C:\n    def __init__(self): self.y = 2\n"
            "class A(B):\n    pass\n"
        ),
        (
            "class B:\n    def __init__(self): self.x = 1\nclass C:\n    def __init__(self): self.y = 2\n"
            "class A(C):\n    pass\n"
        ),
        {"x": 1, "y": 2},
        {},
        "y",
        "x",
    ),
    "base in C added": (X, assigns("self.x = 1", head="class A(list):"), {"x": 1}, {}, "", ""),
    "base in C removed": (assigns("self.x = 1", head="class A(list):"), X, {"x": 1}, {}, "", ""),
    "slots moved to a base": (
        "class B: __slots__ = ()\nclass A(B):\n    __slots__ = ('x',)\n    def __init__(self): self.x = 1\n",
        "class B: __slots__ = ('x',)\nclass A(B):\n    __slots__ = ()\n    def __init__(self): self.x = 1\n",
        {"x": 1},
        {},
        "",
        "",
    ),
    "slots moved from a base": (
        "class B: __slots__ = ('x',)\nclass A(B):\n    __slots__ = ()\n    def __init__(self): self.x = 1\n",
        "class B: __slots__ = ()\nclass A(B):\n    __slots__ = ('x',)\n    def __init__(self): self.x = 1\n",
        {"x": 1},
        {},
        "",
        "",
    ),
    "subclass overrides __init__": (
        "class B:\n    def __init__(self): self.x = 1\nclass A(B):\n    pass\n",
        "class B:\n    def __init__(self): self.x = 1\nclass A(B):\n    def __init__(self): self.y = 2\n",
        {"x": 1, "y": 2},
        {},
        "y",
        "x",
    ),
    "annotation changed": (FX, declares("x: float = 1"), {"x": 1}, {}, "", ""),
    "private name": (
        assigns("self.__x = 1"),
        assigns("self.__x = 1", "self.__y = 2"),
        {"_A__x": 1, "_A__y": 2},
        {},
        "_A__y",
        "",
    ),
}

HAS = """
def has(a):
    names = [n for c in type(a).__mro__ for n, raw in vars(c).items()
             if type(raw).__name__ == 'member_descriptor']
    found = dict(getattr(a, '__dict__', {}))
    for name in names:
        try:
            found[name] = getattr(a, name)
        except AttributeError:
            pass
    return found
"""


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("hooked", [False, True], ids=["plain", "hook"])
@pytest.mark.parametrize("where", ["file", "cell"])
def test_attribute(env, name, hooked, where):
    before, after, values, owed, *names = ATTRIBUTES[name]
    hook = HOOK if hooked else ""
    if where == "file":
        env["m.py"] = PRELUDE + "seen = []\n" + before
        env.run("import m; a = m.A(); held = [a]; number = id(a)")
    else:
        env.run(PRELUDE + "seen = []")
        env.run(before, id="c")
        env.run("a = A(); held = [a]")
    env.run(HAS)
    if where == "file":
        env["m.py"] = PRELUDE + "seen = []\n" + after + hook
        env.run("seen = m.seen; A = m.A")
    else:
        env.run(after + hook, id="c")
    report = env.report
    assert env("type(a) is A, held[0] is a, isinstance(a, A)") == (True,) * 3
    assert env("has(a)") == values
    assert not report.failed and not report.stale, report
    migrated = [each for each in report.migrated if each.name.endswith(":A")]
    assert (migrated[0].owed if migrated else {}) == owed
    if hooked and where == "cell" and name == "slots moved from a base":
        assert env("seen") == [(("x",), ())]  # statement by statement: first it goes, then it comes
    elif hooked:
        wanted = [tuple(tuple(filter(None, [each])) for each in names)] if names else []
        assert env("seen") == wanted
    elif not any(names) and not any(each.replaced for each in migrated):
        assert not migrated or names
    if name not in ("nothing to field, no default", "assigned to declared"):
        assert env("type(A()) is A")


# -- kinds ---------------------------------------------------------------------------------------

TUPLE = PRELUDE + "class A(NamedTuple):\n    x: int\n    y: int = 2\n"


def test_namedtuple_gets_a_field_with_a_default(env):
    env["m.py"] = TUPLE
    env.run("import m; a = m.A(1); d = {a: 'v'}; t = (a, (a,)); s = {a}")
    env["m.py"].append("    z: int = 3\n")
    assert env("a, a == (1, 2, 3), a.z, type(a) is m.A") == ((1, 2, 3), True, 3, True)
    assert env("d[a], t[0] is a, t[1][0] is a, a in s, len(s)") == ("v", True, True, True, 1)


def test_namedtuple_gets_a_field_without_a_default_and_is_owed_it(env):
    env["m.py"] = TUPLE
    env.run("import m; a = m.A(1)")
    env["m.py"].replace("    y: int = 2", "    z: int\n    y: int = 2")
    env.run("pass")
    assert any("owed" in str(each) for each in env.report.problems), env.output
    env["m.py"].replace("z: int", "z: int = 7")
    assert env("(a.x, a.z, a.y), type(a) is m.A") == ((1, 7, 2), True)


def test_namedtuple_loses_a_field(env):
    env["m.py"] = TUPLE
    env.run("import m; a = m.A(1, 5); t = [a]")
    env["m.py"].replace("    y: int = 2\n", "")
    assert env("tuple(a), t[0] is a, hasattr(a, 'y')") == ((1,), True, False)
    env["m.py"].append("    y: int = 2\n")
    assert env("tuple(a), t[0] is a, a.y") == ((1, 5), True, 5)


def test_namedtuple_is_reordered(env):
    env["m.py"] = PRELUDE + "class A(NamedTuple):\n    x: int\n    y: int\n"
    env.run("import m; a = m.A(1, 2)")
    env["m.py"] = PRELUDE + "class A(NamedTuple):\n    y: int\n    x: int\n"
    assert env("tuple(a), a.x, a.y") == ((2, 1), 1, 2)


def test_namedtuple_gets_other_defaults(env):
    env["m.py"] = TUPLE
    env.run("import m; a = m.A(1); number = id(a)")
    env["m.py"].replace("y: int = 2", "y: int = 9")
    assert env("tuple(a), id(a) == number, tuple(m.A(1))") == ((1, 2), True, (1, 9))
    assert not env.report.stale


ENUM = PRELUDE + "class A(enum.Enum):\n    RED = 1\n    BLUE = 2\n"


def test_enum_member_added(env):
    env["m.py"] = ENUM
    env.run("import m; red = m.A.RED; d = {red: 1}")
    env["m.py"].append("    GREEN = 3\n")
    assert env("m.A.RED is red, d[m.A.RED], m.A.GREEN.value, len(m.A)") == (True, 1, 3, 3)
    assert env("m.A(3) is m.A.GREEN, isinstance(m.A.GREEN, m.A), m.A['GREEN'].name") == (
        True,
        True,
        "GREEN",
    )


def test_enum_member_removed_is_reported_while_it_is_referenced(env):
    env["m.py"] = ENUM
    env.run("import m; red, blue = m.A.RED, m.A.BLUE")
    env["m.py"].replace("    BLUE = 2\n", "")
    assert env("m.A.RED is red, len(m.A), hasattr(m.A, 'BLUE')") == (True, 1, False)
    env.run("pass")
    assert any(
        "BLUE" in str(note) for report in env.shell.livecode.reports for note in report.notes
    )


def test_enum_value_changed(env):
    env["m.py"] = ENUM
    env.run("import m; red = m.A.RED; d = {red: 1}")
    env["m.py"].replace("RED = 1", "RED = 10")
    assert env("m.A.RED is red, red.value, d[m.A.RED], m.A(10) is red") == (True, 10, 1, True)


def test_enum_members_reordered(env):
    env["m.py"] = ENUM
    env.run("import m; red = m.A.RED")
    env["m.py"] = PRELUDE + "class A(enum.Enum):\n    BLUE = 2\n    RED = 1\n"
    assert env("[a.name for a in m.A], m.A.RED is red") == (["BLUE", "RED"], True)


def test_base_in_c_whose_items_have_no_place_is_named(env):
    env["m.py"] = assigns("self.x = 1", head="class A(list):")
    env.run("import m; a, empty = m.A(), m.A(); a += [1, 2]")
    env["m.py"] = assigns("self.x = 1", head="class A(dict):")
    env.run("pass")
    assert "1 instance could not be migrated" in str(env.report.stale), env.output
    assert env("a, a.x, type(empty) is m.A, empty.x") == ([1, 2], 1, True, 1)


def test_items_that_another_base_cannot_hold_are_not_lost(env):
    env["m.py"] = assigns("self.x = 1", head="class A(list):")
    env.run("import m; a = m.A(); a += [1, 2]; t = (a,)")
    env["m.py"] = assigns("self.x = 1", head="class A(dict):")
    assert env("a, t[0] is a, issubclass(m.A, dict)") == ([1, 2], True, True)
    assert "would be lost" in str(env.report.stale)
    env.run("%liveundo")
    assert env("a, type(a) is m.A") == ([1, 2], True)


def test_namedtuple_gets_a_field_first_and_the_others_keep_their_names(env):
    env["m.py"] = PRELUDE + "class A(NamedTuple):\n    x: int = 1\n    y: int = 2\n"
    env.run("import m; a = m.A(5, 6)")
    env["m.py"].replace("    x: int", "    w: int = 0\n    x: int")
    assert env("tuple(a), a.w, a.x, a.y, m.A(7).w") == ((0, 5, 6), 0, 5, 6, 7)


def test_namedtuple_that_is_owed_a_field_says_so(env):
    env["m.py"] = TUPLE
    env.run("import m, pickle, copy; a, b = m.A(1), m.A(2); d = {a: 'a'}")
    env["m.py"].replace("    y: int = 2", "    z: int\n    y: int = 2")
    failure = env.fails("a.z", "AttributeError")
    assert "a default" in failure.exception.__notes__[0]
    assert env("hasattr(a, 'z'), a.x, a.y, d[a], len(a), m.A(3, 4).z") == (False, 1, 2, "a", 3, 4)
    assert env("repr(a)") == "A(x=1, z=<owed>, y=2)"
    assert env("pickle.loads(pickle.dumps(a)) == a == copy.deepcopy(a)") is True
    env.run("%livecheck")
    assert "A.z" in env.output and "2 instances" in env.output
    env["m.py"].append("    w: int = 5\n")
    assert "a default" in env.fails("a.z", "AttributeError").exception.__notes__[0]
    assert env("a.w, a.y") == (5, 2)
    env.run("%liveundo")
    env.run("%liveundo")
    assert env("tuple(a), d[a], m.A._fields") == ((1, 2), "a", ("x", "y"))


def test_dataclass_fields_are_reordered(env):
    env["m.py"] = declares("x: int", "y: int", head=PRELUDE + "@dataclass\nclass A:")
    env.run("import m; a = m.A(1, 2)")
    env["m.py"] = declares("y: int", "x: int", head=PRELUDE + "@dataclass\nclass A:")
    assert env("a.x, a.y, m.A(3, 4).y, repr(a)") == (1, 2, 3, "A(y=2, x=1)")
