"""``%liveundo`` after a migration: the old layout, the old values, and what was set since."""

import pytest

POINT = """
    class Point:
        def __init__(self, x):
            self.x = x
"""
HOOKED = """
    class Point:
        def __init__(self, x):
            self.x = x
            self.y = 2
        def __reinit__(self, old):
            self.x = old["x"] * 10
"""


def test_added_attributes_go(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].append("        self.y = 2\n")
    assert env("p.y") == 2
    env.run("%liveundo")
    assert env("vars(p), vars(m.Point(1))") == ({"x": 1}, {"x": 1})


def test_values_set_since_stay_where_both_layouts_have_them(env):
    env["m.py"] = POINT
    env.run("import m; p, q = m.Point(1), m.Point(2)")
    env["m.py"] = HOOKED
    env.run("p.x = 7; p.y = 8; r = m.Point(5)")
    assert env("q.x") == 20
    env.run("%liveundo")
    assert env("vars(p), vars(q), vars(r)") == ({"x": 7}, {"x": 2}, {"x": 5})


def test_removed_attributes_come_back(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int
            y: int = 5
    """
    env.run("import m; p = m.P(1, 2); q = m.P(3, 4)")
    env["m.py"].replace("    y: int = 5\n", "")
    env.run("p.x = 9")
    env.run("%liveundo")
    assert env("(p.x, p.y), (q.x, q.y), repr(q)") == ((9, 2), (3, 4), "P(x=3, y=4)")


def test_undo_and_redo_and_undo(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].append("        self.y = 2\n")
    env.run("p.y = 50")
    for _ in range(3):
        env.run("%liveundo")
        assert env("vars(p)") == {"x": 1}
        env.run("%livereload m")
        assert env("vars(p)") == {"x": 1, "y": 50}


def test_two_edits_are_taken_back_one_by_one(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].append("        self.y = 2\n")
    env.run("pass")
    env["m.py"].append("        self.z = 3\n")
    assert env("vars(p)") == {"x": 1, "y": 2, "z": 3}
    env.run("%liveundo")
    assert env("vars(p)") == {"x": 1, "y": 2}
    env.run("%liveundo")
    assert env("vars(p)") == {"x": 1}


SLOTS = "class S:\n    __slots__ = ('x', '__weakref__')\n    def __init__(self, x): self.x = x\n"


def test_replaced_objects_go_back_everywhere(env):
    env["m.py"] = SLOTS
    env.run(
        "import m; s = m.S(1); held = [s]; d = {s: s}; t = (1, (s,)); sub = type('Sub', (m.S,), {})(4)"
    )
    env["m.py"].replace("('x',", "('x', 'y',")
    env["m.py"].replace("self.x = x", "self.x = x; self.y = 5")
    env.run("s.x = 3; new = m.S(8)")
    assert env("s.y, sub.y") == (5, 5)
    env.run("%liveundo")
    assert env("s.x, hasattr(s, 'y'), held[0] is s, d[s] is s, t[1][0] is s, type(s) is m.S") == (
        (3, False, True, True, True, True)
    )
    assert env("new.x, type(new) is m.S, m.S.__slots__") == (8, True, ("x", "__weakref__"))
    assert env("sub.x, isinstance(sub, m.S), hasattr(sub, 'y')") == (4, True, False)
    env.run("%livereload m")
    assert env("s.x, s.y, held[0] is s, d[s] is s, new.y, sub.y") == (3, 5, True, True, 5, 5)


def test_a_debt_is_taken_back_with_its_edit(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"].append("        self.y = len('ab')\n")
    env.run("pass")
    env["m.py"].replace("len('ab')", "4")
    assert env("p.y") == 4
    env.run("%liveundo")
    assert env.fails("p.y", "AttributeError").exception.__notes__
    env.run("%liveundo")
    assert not hasattr(env.fails("p.y", "AttributeError").exception, "__notes__")


def test_a_class_made_again_in_a_cell(env):
    env.run(POINT, id="c")
    env.run("p = Point(1)")
    env.run(HOOKED, id="c")
    assert env("vars(p)") == {"x": 10, "y": 2}
    env.run("%liveundo")
    assert env("vars(p), vars(Point(1))") == ({"x": 1}, {"x": 1})


def test_assigned_to_method_and_back(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"] = "class Point:\n    def x(self): return 'method'\n"
    assert env("p.x()") == "method"
    env.run("%liveundo")
    assert env("p.x") == 1


def test_class_value_to_attribute_and_back(env):
    env["m.py"] = "class C:\n    items = [1]\n"
    env.run("import m; a, b = m.C(), m.C(); m.C.items.append(2); held = m.C.items")
    env["m.py"] = "class C:\n    def __init__(self): self.items = []\n"
    assert env("a.items, b.items, a.items is b.items, hasattr(m.C, 'items')") == (
        [1, 2],
        [1, 2],
        False,
        False,
    )
    env["m.py"] = "class C:\n    items = [1]\n"
    env.run("pass")
    assert env("a.items, m.C().items") == ([1, 2], [1])


def test_undo_of_class_value_to_attribute(env):
    env["m.py"] = "class C:\n    count = 1\n"
    env.run("import m; a = m.C()")
    env["m.py"] = "class C:\n    def __init__(self): self.count = 0\n"
    assert env("vars(a)") == {"count": 1}
    env.run("%liveundo")
    assert env("vars(a), a.count, m.C.count") == ({}, 1, 1)


def test_undo_of_a_namedtuple(env):
    env["m.py"] = "from typing import NamedTuple\nclass N(NamedTuple):\n    x: int\n    y: int\n"
    env.run("import m; n = m.N(1, 2); t = [n]; d = {n: 1}")
    env["m.py"].replace("    y: int\n", "")
    assert env("tuple(n), d[n]") == ((1,), 1)
    env.run("%liveundo")
    assert env("tuple(n), n.y, t[0] is n, d[n], d[m.N(1, 2)]") == ((1, 2), 2, True, 1, 1)


def test_undo_of_a_frozen_dataclass(env):
    env["m.py"] = (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass F:\n    x: int\n"
    )
    env.run("import m; f = m.F(1); d = {f: 1}; s = {f}")
    env["m.py"].append("    y: int = 2\n")
    assert env("d[f], d[m.F(1)], f in s") == (1, 1, True)
    env.run("%liveundo")
    assert env("d[f], d[m.F(1)], f in s, vars(f)") == (1, 1, True, {"x": 1})


def test_undo_of_enum_members(env):
    env["m.py"] = "import enum\nclass E(enum.Enum):\n    A = 1\n    B = 2\n"
    env.run("import m; a, b = m.E.A, m.E.B")
    env["m.py"] = "import enum\nclass E(enum.Enum):\n    A = 10\n    C = 3\n"
    assert env("m.E.A is a, a.value, [e.name for e in m.E]") == (True, 10, ["A", "C"])
    env.run("%liveundo")
    assert env("m.E.A is a, a.value, m.E.B is b, m.E(2) is b, [e.name for e in m.E]") == (
        (True, 1, True, True, ["A", "B"])
    )


@pytest.mark.parametrize("kind", ["dict", "slots"])
def test_nothing_stays_alive_after_the_undo(env, kind):
    if kind == "dict":
        env["m.py"] = POINT
        after = HOOKED
    else:
        env["m.py"] = SLOTS
        after = SLOTS.replace("('x',", "('x', 'y',").replace("self.x = x", "self.x = x; self.y = 5")
    env.run(f"import m, gc, weakref; p = m.{'Point' if kind == 'dict' else 'S'}(1)")
    env["m.py"] = after
    env.run("pass")
    env.run("%liveundo")
    env.run("w = weakref.ref(p); del p; gc.collect()")
    assert env("w() is None")
    cls = "m.Point" if kind == "dict" else "m.S"
    assert env(f"sum(type(o) is {cls} for o in gc.get_objects())") == 0


@pytest.mark.parametrize(
    "options",
    [
        "slots=True",
        "frozen=True",
        "slots=True, frozen=True",
        "eq=True",
        "slots=True, weakref_slot=True",
    ],
)
def test_values_put_aside_move_with_replaced_objects(env, options):
    head = f"from dataclasses import dataclass\n@dataclass({options})\nclass P:\n    x: int\n"
    env["m.py"] = head + "    y: int = 0\n"
    env.run("import m; ps = [m.P(n, n * n) for n in range(4)]")
    env["m.py"].replace("    y: int = 0\n", "")
    assert env("[hasattr(p, 'y') for p in ps]") == [False] * 4
    env["m.py"].append("    z: int = 9\n")
    assert env("[p.z for p in ps]") == [9] * 4
    env["m.py"].append("    y: int = 0\n")
    assert env("[(p.x, p.y, p.z) for p in ps]") == [(0, 0, 9), (1, 1, 9), (2, 4, 9), (3, 9, 9)]
    env.run("%liveundo")
    env.run("%liveundo")
    env.run("%liveundo")
    assert env("[(p.x, p.y) for p in ps]") == [(0, 0), (1, 1), (2, 4), (3, 9)]
    env.run("import gc; del ps; gc.collect()")
    assert env("sum(type(o) is m.P for o in gc.get_objects())") == 0


def test_values_put_aside_move_with_namedtuples(env):
    env["m.py"] = (
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int = 0\n"
    )
    env.run("import m; ps = [m.P(n, n * n) for n in range(4)]")
    env["m.py"].replace("    y: int = 0\n", "")
    assert env("[hasattr(p, 'y') for p in ps]") == [False] * 4
    env["m.py"].append("    z: int = 9\n")
    assert env("[p.z for p in ps]") == [9] * 4
    env["m.py"].append("    y: int = 0\n")
    assert env("[(p.x, p.y, p.z) for p in ps]") == [(0, 0, 9), (1, 1, 9), (2, 4, 9), (3, 9, 9)]


def test_a_hook_before_a_replacement_is_taken_back_too(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1); held = [p]")
    env["m.py"] = HOOKED
    assert env("p.x, p.y") == (10, 2)
    env["m.py"] = HOOKED.replace(
        "class Point:", "class Point:\n        __slots__ = ('x', 'y', '__weakref__')"
    )
    assert env("p.y, hasattr(p, '__dict__')") == (2, False)
    env.run("%liveundo")
    env.run("%liveundo")
    assert env("vars(p), held[0] is p, type(p) is m.Point") == ({"x": 1}, True, True)


def test_an_edit_of_a_cell_that_was_undone_can_be_made_again(env):
    old = "class P:\n    def __init__(self): self.x = 1\n    def f(self): return 1"
    new = "class P:\n    def __init__(self): self.x = 1; self.y = 2\n    def f(self): return 2"
    env.run(old, id="a")
    env.run("p = P()")
    env.run(new, id="a")
    env.run("%liveundo")
    assert env("vars(p), p.f()") == ({"x": 1}, 1)
    env.run(new, id="a")
    assert env("vars(p), p.f()") == ({"x": 1, "y": 2}, 2)
    env.run(new, id="a")
    env.run("%liveundo")
    assert "left as it is" not in env.output
    assert env("vars(p), p.f()") == ({"x": 1}, 1)


def test_a_first_definition_is_no_edit_that_is_taken_back(env):
    env.run("def f(): return 1", id="a")
    env.run("def f(): return 2", id="a")
    env.run("class P: pass", id="b")
    env.run("%liveundo")
    assert env("f(), P.__name__") == (1, "P")


def test_a_cell_that_runs_again_is_no_edit_that_is_taken_back(env):
    env["m.py"] = "def g(): return 1"
    env.run("import m")
    env.run("def f(a=1): return a", id="a")
    env.run("h = f; v = 1", id="b")
    env.run("def f(a=2): return a, v", id="a")
    env["m.py"] = "def g(): return 2"
    assert env("m.g(), h()") == (2, (2, 1))
    env.run("def f(a=2): return a, v", id="a")
    env.run("h2 = f; v = 1", id="b")
    env.run("%liveundo")
    assert env("m.g(), h()") == (1, (2, 1))
    env.run("%liveundo")
    assert "left as it is" not in env.output
    assert env("m.g(), h(), h is f") == (1, 1, True)
