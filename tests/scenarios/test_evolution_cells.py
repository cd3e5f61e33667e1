"""Classes of cells, of ``%liveeval``, renamed and moved ones: their instances evolve too."""

import pytest

POINT = """
    class Point:
        def __init__(self, x):
            self.x = x
"""
LARGER = """
    class Point:
        def __init__(self, x):
            self.x = x
            self.y = 2
"""
HOOKED = """
    class Point:
        def __init__(self, x):
            self.x = x
            self.y = abs(x)
        def __reinit__(self, old):
            self.y = abs(old["x"])
"""
SLOTS = """
    class Point:
        __slots__ = ("x",)
        def __init__(self, x):
            self.x = x
"""


@pytest.mark.parametrize("after", [LARGER, HOOKED], ids=["literal", "hook"])
@pytest.mark.parametrize("same", [True, False], ids=["same cell", "another cell"])
def test_a_class_is_made_again_in_a_cell(env, after, same):
    env.run(POINT, id="a")
    env.run("p = Point(2); held = Point; d = {p: 1}; number = id(p)")
    env.run(after, id="a" if same else "b")
    assert env("p.y, type(p) is Point is held, d[p], id(p) == number") == (2, True, 1, True)


def test_a_cell_without_an_id(env):
    env.run(POINT)
    env.run("p = Point(2)")
    env.run(LARGER)
    assert env("p.y, type(p) is Point") == (2, True)


def test_slots_in_a_cell_replace_the_object_and_the_class_everywhere(env):
    env.run(POINT, id="a")
    env.run("class Sub(Point): pass", id="sub")
    env.run("p, s = Point(2), Sub(3); held = [Point, p]; d = {p: s}; f = lambda: Point(4)")
    env.run(SLOTS, id="a")
    assert env(
        "type(p) is Point is held[0], held[1] is p, d[p] is s, Sub.__bases__[0] is Point"
    ) == ((True,) * 4)
    assert env("hasattr(p, '__dict__'), p.x, s.x, f().x, isinstance(s, Point)") == (
        (False, 2, 3, 4, True)
    )
    env.run("class Sub(Point):\n    def get(self): return self.x", id="sub")
    assert env("s.get(), type(s) is Sub") == (3, True)


def test_the_class_and_what_uses_it_in_one_cell(env):
    env.run(POINT + "    points = [Point(1)]\n    kept = points[0]\n", id="a")
    env.run(
        LARGER + "    points = [*points, Point(5)]\n    total = sum(p.y for p in points)\n", id="a"
    )
    assert env("total, [p.y for p in points], points[0] is kept") == (4, [2, 2], True)


def test_a_failing_hook_in_a_cell_puts_the_class_back(env):
    env.run(POINT, id="a")
    env.run("ps = [Point(n) for n in range(10)]")
    env.run(HOOKED.replace('abs(old["x"])', '1 // (old["x"] - 5)'), id="a")
    assert "ZeroDivisionError" in str(env.report.failed), env.output
    assert "held back" in env.output and "Traceback" not in env.output
    assert env("[vars(p) for p in ps] == [{'x': n} for n in range(10)]") is True
    assert env("vars(Point(3)), hasattr(Point, '__reinit__'), type(ps[0]) is Point") == (
        {"x": 3},
        False,
        True,
    )
    env.run(HOOKED, id="a")
    assert env("[p.y for p in ps]") == list(range(10))


def test_a_failing_hook_does_not_stop_the_rest_of_the_cell(env):
    env.run(POINT, id="a")
    env.run("p = Point(0)")
    env.run(HOOKED.replace('abs(old["x"])', "1 / 0") + "    after = Point(3)\n", id="a")
    assert env("vars(after), vars(p), type(after) is type(p)") == ({"x": 3}, {"x": 0}, True)


def test_liveeval_of_a_class_in_the_notebook(env):
    env.run(POINT, id="a")
    env.run("p = Point(2)")
    env.run(
        "%%liveeval\n"
        "class Point:\n    def __init__(self, x):\n        self.x, self.y = x, 2\n        self.z = 3\n"
    )
    assert env("p.z, type(p) is Point") == (3, True)
    assert "Point.y" in str(env.shell.livecode.reports[-1]) or env("hasattr(p, 'y')")


def test_liveeval_of_a_class_in_a_module(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(2)")
    env.run(
        "%%liveeval -m m\nclass Point:\n    def __init__(self, x):\n        self.x = x\n        self.y = 2\n"
    )
    assert env("p.y, type(p) is m.Point") == (2, True)


def test_liveeval_of_an_unchanged_class_touches_nothing(env):
    env["m.py"] = HOOKED.replace(
        "def __reinit__(self, old):", "def __reinit__(self, old):\n            raise 1"
    )
    env.run("import m; p = m.Point(2)")
    env.run("%liveeval -f m.py:1")
    assert env("vars(p), type(p) is m.Point") == ({"x": 2, "y": 2}, True)


def test_livereload_all_touches_nothing(env):
    env["m.py"] = HOOKED + "    class S:\n        __slots__ = ('a',)\n"
    env.run("import m; p, s = m.Point(2), m.S(); number = id(s)")
    env.run("%livereload --all m")
    assert env("vars(p), type(p) is m.Point, type(s) is m.S, id(s) == number") == (
        ({"x": 2, "y": 2}, True, True, True)
    )


def test_a_class_moves_to_another_file_and_changes_its_layout(env):
    env["a.py"] = POINT
    env["b.py"] = "VALUE = 1\n"
    env.run("import a, b, pickle; p = a.Point(2); held = a.Point")
    env["a.py"] = "from b import Point\n"
    env["b.py"] = LARGER + "    VALUE = 1\n"
    assert env("p.y, b.Point is held is a.Point is type(p), b.Point.__module__") == (2, True, "b")
    assert env("pickle.loads(pickle.dumps(p)).y") == 2


def test_a_class_moves_to_another_file_and_gets_slots(env):
    env["a.py"] = POINT
    env["b.py"] = "VALUE = 1\n"
    env.run("import a, b; p = a.Point(2); held = [a.Point, p]")
    env["a.py"] = "from b import Point\n"
    env["b.py"] = SLOTS + "    VALUE = 1\n"
    env.run("pass")
    assert env("b.Point is a.Point is held[0] is type(p), held[1] is p, p.x") == (True, True, 2)
    assert env("hasattr(p, '__dict__')") is False


def test_a_class_is_renamed_and_changes_nothing_else(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(2)")
    env["m.py"].replace("class Point", "class Place")
    assert env("type(p) is m.Place, p.x, hasattr(m, 'Point')") == (True, 2, False)
    env["m.py"].append("        self.y = 2\n")
    assert env("p.y") == 2


def test_a_class_with_private_names_is_renamed(env):
    env["m.py"] = """
        class Point:
            def __init__(self, x):
                self.__x = x
            def get(self):
                return self.__x
    """
    env.run("import m; p = m.Point(2)")
    env["m.py"].replace("class Point", "class Place")
    env.run("pass")
    assert env("hasattr(p, '_Point__x')") is True  # nothing is lost
    if env("type(p) is m.Place"):
        assert any("__x" in str(each) for each in env.report.problems), env.output


def test_a_nested_class_evolves(env):
    env["m.py"] = """
        class Outer:
            class Inner:
                def __init__(self): self.a = 1
    """
    env.run("import m; i = m.Outer.Inner()")
    env["m.py"].replace("self.a = 1", "self.a = 1; self.b = 2")
    assert env("i.b") == 2
    env["m.py"].replace("class Inner:", "class Inner:\n        __slots__ = ('a', 'b')")
    assert env("i.a, i.b, type(i) is m.Outer.Inner, hasattr(i, '__dict__')") == (1, 2, True, False)


def test_a_class_made_in_a_function_is_named(env):
    env["m.py"] = """
        def make():
            class Local:
                def __init__(self): self.a = 1
            return Local
    """
    env.run("import m; L = m.make(); i = L()")
    env["m.py"].replace("self.a = 1", "self.a = 1; self.b = 2")
    env.run("pass")
    assert "__main__:L" in env.named("stale")


def test_instances_made_by_the_edit_itself_are_right(env):
    env["m.py"] = POINT + "    points = []\n"
    env.run("import m; m.points.append(m.Point(1))")
    env["m.py"] = LARGER + "    points = []\n    extra = Point(7)\n    fresh = [Point(8)]\n"
    assert env("[p.y for p in (*m.points, m.extra, *m.fresh)]") == [2, 2, 2]


def test_instances_made_by_the_edit_with_slots(env):
    env["m.py"] = SLOTS + "    points = [Point(1)]\n"
    env.run("import m")
    env["m.py"] = SLOTS.replace('("x",)', '("x", "y")').replace(
        "self.x = x", "self.x = x; self.y = 2"
    ) + ("    points = [Point(1)]\n    extra = Point(7)\n")
    assert env("[(p.x, p.y, type(p) is m.Point) for p in (*m.points, m.extra)]") == [
        (1, 2, True),
        (7, 2, True),
    ]


def test_a_module_that_uses_the_class_at_once_in_the_same_edit(env):
    env["m.py"] = SLOTS
    env["n.py"] = "from m import Point\nORIGIN = Point(0)\n"
    env.run("import m, n; p = n.ORIGIN")
    env.save(
        m=SLOTS.replace('("x",)', '("x", "y")').replace("self.x = x", "self.x = x; self.y = 2"),
        n="from m import Point\nORIGIN = Point(0)\nOTHER = Point(1)\n",
    )
    assert env("n.ORIGIN is p, p.y, n.OTHER.y, type(n.OTHER) is type(p) is m.Point is n.Point") == (
        (True, 2, 2, True)
    )


def test_the_report_says_what_happened(env):
    env["m.py"] = POINT
    env.run("import m; ps = [m.Point(n) for n in range(3)]")
    env["m.py"] = LARGER
    env.run("pass")
    assert "m:Point: 3 instances migrated: y from the default" in str(env.report)


def test_a_rename_is_offered(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(3)")
    env["m.py"].replace("self.x = x", "self.z = x")
    env.run("pass")
    text = str(env.report)
    assert "is it x, renamed?" in text and "self.z = old['x']" in text
    assert env("p.x, hasattr(p, 'z')") == (3, False)


def test_livediff_shows_it_before_anything_happens(env):
    env["m.py"] = POINT
    env.run("import m; ps = [m.Point(n) for n in range(3)]")
    env["m.py"] = LARGER
    env.run("%livediff")
    assert "Point" in env.output and "y" in env.output and "3 live instances" in env.output
    assert env("ps[0].y") == 2
