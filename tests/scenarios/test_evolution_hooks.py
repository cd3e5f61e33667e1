"""``__reinit__``: what it is given, when it runs, and for which instances, wherever they are."""

import pytest

POINT = """
    seen = []
    class Point:
        def __init__(self, x):
            self.x = x
            self.old = 0
"""
POLAR = """
    import math
    seen = []
    class Point:
        def __init__(self, x):
            self.x = x
            self.r = abs(x)
        def __reinit__(self, old):
            seen.append(self)
            self.r = abs(old["x"])
"""


def test_the_hook_gives_what_no_default_can(env):
    env["m.py"] = POINT
    env.run("import m; points = [m.Point(-n) for n in range(5)]")
    env["m.py"] = POLAR
    assert env("[p.r for p in points], len(m.seen)") == ([0, 1, 2, 3, 4], 5)


def test_old_is_a_read_only_mapping_with_added_and_removed(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(3); p.extra = 'e'")
    env["m.py"] = """
        from collections.abc import Mapping
        faults = []
        class Point:
            def __init__(self, x):
                self.x = x
                self.r = abs(x)
            def __reinit__(self, old):
                for attempt in (
                    lambda: old.__setitem__("x", 1), lambda: setattr(old, "added", ()),
                    lambda: old.__delitem__("x"), lambda: old.clear(), lambda: old["nope"],
                ):
                    try:
                        attempt()
                    except (AttributeError, TypeError, KeyError) as error:
                        faults.append(type(error).__name__)
                self.r = isinstance(old, Mapping), dict(old), old.added, old.removed
    """
    env.run("pass")
    assert env("p.r") == (True, {"x": 3, "old": 0, "extra": "e"}, ("r",), ("old",))
    assert len(env("m.faults")) == 5


def test_old_has_what_the_new_layout_drops(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            first: str
            last: str
    """
    env.run("import m; p = m.P('Ada', 'Lovelace')")
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            name: str
            def __reinit__(self, old):
                assert not hasattr(self, "first")
                self.name = old["first"] + " " + old["last"]
                self.names = old.added, old.removed
    """
    assert env("p.name, p.names, p == m.P('Ada Lovelace')") == (
        "Ada Lovelace",
        (("name",), ("first", "last")),
        True,
    )


def test_defaults_are_filled_in_before_the_hook(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(3)")
    env["m.py"] = """
        class Point:
            def __init__(self, x):
                self.x = x
                self.a = []
                self.b = 2
            def __reinit__(self, old):
                self.a.append((self.b, self.x))
    """
    assert env("p.a") == [(2, 3)]


def test_no_hook_without_a_layout_change(env):
    env["m.py"] = POLAR
    env.run("import m; p = m.Point(3)")
    env["m.py"].replace("abs(old", "-abs(old")
    env["m.py"].append("    def more(self): return 1\n")
    assert env("m.seen, p.r, p.more()") == ([], 3, 1)


def test_hooks_are_inherited_and_run_for_the_instances_of_subclasses(env):
    env["m.py"] = POINT + "    class Sub(Point): pass\n    class SubSub(Sub): pass\n"
    env.run("import m; ps = [m.Point(1), m.Sub(-2), m.SubSub(-3)]")
    env["m.py"] = POLAR + "    class Sub(Point): pass\n    class SubSub(Sub): pass\n"
    assert env("[p.r for p in ps], len(m.seen)") == ([1, 2, 3], 3)


def test_a_subclass_hook_calls_super_and_sees_a_consistent_parent(env):
    env["m.py"] = """
        class Node:
            def __init__(self): self.children = []
        class Leaf(Node):
            def __init__(self, parent):
                super().__init__()
                self.parent = parent
    """
    env.run("import m; n = m.Node(); n.children = [m.Leaf(n), m.Leaf(n)]")
    env["m.py"] = """
        class Node:
            def __init__(self):
                self.children = []
                self.size = len("x")
            def __reinit__(self, old):
                self.size = len(self.children)
        class Leaf(Node):
            def __init__(self, parent):
                super().__init__()
                self.parent = parent
                self.siblings = len("")
            def __reinit__(self, old):
                super().__reinit__(old)
                self.siblings = self.parent.size
    """
    assert env("n.size, [(c.size, c.siblings) for c in n.children]") == (2, [(0, 2), (0, 2)])


def test_diamonds_migrate_once(env):
    text = """
        seen = []
        class A:
            def __init__(self): self.a = 1{a}
        class B(A): pass
        class C(A): pass
        class D(B, C): pass
    """
    hook = "; self.z = len('z')\n            def __reinit__(self, old): seen.append(type(self).__name__)"
    env["m.py"] = text.replace("{a}", "")
    env.run("import m; all = [m.A(), m.B(), m.C(), m.D(), m.D()]")
    env["m.py"] = text.replace("{a}", hook)
    assert env("sorted(m.seen)") == ["A", "B", "C", "D", "D"]


def test_diamond_with_cooperative_hooks(env):
    text = """
        seen = []
        class A:
            def __init__(self): self.a = 1{new}
            def __reinit__(self, old): seen.append("A")
        class B(A):
            def __reinit__(self, old): seen.append("B"); super().__reinit__(old)
        class C(A):
            def __reinit__(self, old): seen.append("C"); super().__reinit__(old)
        class D(B, C):
            def __reinit__(self, old): seen.append("D"); super().__reinit__(old)
    """
    env["m.py"] = text.replace("{new}", "")
    env.run("import m; d = m.D()")
    env["m.py"] = text.replace("{new}", "; self.b = 2")
    assert env("m.seen, d.b") == (["D", "B", "C", "A"], 2)


def test_default_factory_runs_once_for_each_instance(env):
    env["m.py"] = """
        from dataclasses import dataclass, field
        made = []
        def make():
            made.append(1)
            return [len(made)]
        @dataclass
        class P:
            x: int = 0
    """
    env.run("import m; ps = [m.P(n) for n in range(4)]")
    env["m.py"].append("    items: list = field(default_factory=make)\n")
    assert env("sorted(p.items for p in ps), len(m.made)") == ([[1], [2], [3], [4]], 4)


@pytest.mark.parametrize("literal", ["[]", "{}", "set()", "[[]]", "{'a': [1]}", "list()"])
def test_literals_are_not_shared(env, literal):
    env["m.py"] = POINT
    env.run("import m; p, q = m.Point(1), m.Point(2)")
    env["m.py"].append(f"        self.items = {literal}\n")
    assert env(f"p.items == q.items == {literal}, p.items is q.items") == (True, False)


def test_instances_are_found_wherever_they_are(env):
    env["m.py"] = POINT
    env.run("""
        import m, collections, functools, weakref, threading
        P = m.Point
        places = {"list": [P(1)], "dict": {"k": P(2)}, "tuple": (P(3),), "set": {P(4)},
                  "deque": collections.deque([P(5)]), "nested": [{"a": (P(6),)}]}
        def closure():
            p = P(7)
            return lambda: p
        c = closure()
        def generate():
            p = P(8)
            while True:
                yield p
        g = generate(); next(g)
        part = functools.partial(lambda p: p, P(9))
        bound = P(10).__init__
        class Holder: __slots__ = ("p",)
        h = Holder(); h.p = P(11)
        class Attributes: pass
        a = Attributes(); a.p = P(12)
        strong = P(13); weak = weakref.ref(strong); wd = weakref.WeakValueDictionary(a=strong)
        def default(p=P(14)): return p
        go, there = threading.Event(), threading.Event()
        found = []
        def work():
            p = P(15)
            there.set(); go.wait(20)
            found.append(p)
        t = threading.Thread(target=work); t.start(); there.wait(20)
        cycle = P(16); cycle.me = cycle
        error = ValueError(P(17))
        async def coroutine():
            p = P(18)
            class W:
                def __await__(self): yield p
            await W()
        co = coroutine(); co.send(None)
    """)
    env["m.py"] = POLAR
    env.run("""
        go.set(); t.join()
        reached = [places["list"][0], places["dict"]["k"], places["tuple"][0], *places["set"],
            places["deque"][0], places["nested"][0]["a"][0], c(), next(g), part(), bound.__self__,
            h.p, a.p, weak(), default(), found[0], cycle, error.args[0], co.cr_frame.f_locals["p"]]
        co.close()
    """)
    assert env("[p.r for p in reached]") == list(range(1, 19))
    assert env("len(m.seen), wd['a'] is strong") == (18, True)


def test_migrated_instances_are_not_kept_alive(env):
    env["m.py"] = POINT
    env.run("import m, gc, weakref; p = m.Point(1); w = weakref.ref(p)")
    env["m.py"] = POLAR.replace("seen.append(self)", "pass")
    env.run("pass")
    env.run("p.r; del p; gc.collect()")
    assert env("w() is None")


def test_replaced_instances_old_and_new_are_not_kept_alive(env):
    env["m.py"] = """
        class S:
            __slots__ = ("x", "__weakref__")
            def __init__(self): self.x = 1
    """
    env.run("import m, gc; s = m.S(); t = (s,)")
    env["m.py"] = """
        class S:
            __slots__ = ("x", "y", "__weakref__")
            def __init__(self): self.x = 1; self.y = 2
            def __reinit__(self, old): self.y = 3
    """
    env.run("import weakref; w = weakref.ref(s)")
    env.run("del s, t; gc.collect()")
    assert env("w() is None")
    assert env("sum(type(o) is m.S for o in gc.get_objects())") == 0


def test_a_failed_migration_keeps_nothing_alive(env):
    env["m.py"] = POINT
    env.run("import m, gc, weakref; p = m.Point(1); w = weakref.ref(p)")
    env["m.py"] = POLAR.replace("self.r = abs(old", "self.r = 1 / 0 + abs(old").replace(
        "seen.append(self)", "pass"
    )
    env.run("pass")
    assert env.report.failed
    env.run("%livereload m")
    env.run("del p; gc.collect()")
    env.run("import sys; sys.last_value = sys.last_traceback = sys.last_exc = None; gc.collect()")
    assert env("w() is None"), env("[type(r) for r in gc.get_referrers(w())]")


def test_a_hook_that_fails_twice_and_is_then_fixed(env):
    env["m.py"] = POINT
    env.run("import m; ps = [m.Point(n) for n in range(3)]")
    env["m.py"] = POLAR.replace('abs(old["x"])', "1 / 0")
    env.run("pass")
    assert "ZeroDivisionError" in str(env.report.failed), env.output
    assert env("[vars(p) for p in ps][1], hasattr(m.Point, '__reinit__')") == (
        {"x": 1, "old": 0},
        False,
    )
    env["m.py"].replace("1 / 0", 'old["nope"]')
    env.run("pass")
    assert "KeyError" in str(env.report.failed)
    assert env("[vars(p) for p in ps][1]") == {"x": 1, "old": 0}
    env["m.py"].replace('old["nope"]', 'old["x"] * 10')
    assert env("[p.r for p in ps]") == [0, 10, 20]


def test_the_hook_fails_at_the_nth_instance_and_everything_goes_back(env):
    env["m.py"] = POINT + "    def helper(): return 1\n    LIMIT = 1\n"
    env["n.py"] = "import m\ndef other(): return 'old'\n"
    env.run(
        "import m, n; ps = [m.Point(n) for n in range(1000)]; before = [dict(vars(p)) for p in ps]"
    )
    env.save(
        m=POLAR.replace(
            'self.r = abs(old["x"])',
            "self.r = 1\n            if len(seen) == 700: raise RuntimeError('at 700')",
        ).replace("seen = []", "seen = []; seen.clear()")
        + "    def helper(): return 2\n    LIMIT = 2\n",
        n="import m\ndef other(): return 'new'\n",
    )
    env.run("pass")
    assert "at 700" in str(env.report.failed) and "1000" in str(env.report.failed), env.output
    assert env("[vars(p) for p in ps] == before, m.helper(), m.LIMIT, n.other()") == (
        True,
        1,
        1,
        "old",
    )
    assert env("hasattr(m.Point, '__reinit__'), set(vars(m.Point(1)))") == (False, {"x", "old"})


def test_a_failing_hook_names_the_instance_though_its_repr_raises(env):
    env["m.py"] = POINT + "        def __repr__(self): raise ValueError('no repr')\n"
    env.run("import m; p = m.Point(1)")
    env["m.py"] = POLAR.replace("abs(old", "1 / 0 + abs(old") + (
        "        def __repr__(self): raise ValueError('no repr')\n"
    )
    env.run("pass")
    assert "<Point object> (its repr raised ValueError)" in str(env.report.failed), env.output
    assert "Traceback" not in env.output


def test_a_retyped_attribute_with_a_hook(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int
    """
    env.run("import m; p = m.P(3)")
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: str
            def __reinit__(self, old):
                self.x = str(old["x"])
    """
    assert env("p.x") == "3"


def test_users_getattr_setattr_and_getattribute_are_not_called(env):
    env["m.py"] = """
        calls = []
        class P:
            def __init__(self): self.x = 1
            def __getattr__(self, name):
                calls.append(name)
                raise AttributeError(name)
            def __setattr__(self, name, value):
                if name == "y": raise TypeError("sealed")
                super().__setattr__(name, value)
            def __getattribute__(self, name):
                calls.append(name)
                return super().__getattribute__(name)
    """
    env.run("import m; p = m.P(); m.calls.clear()")
    env["m.py"].replace("self.x = 1", "self.x = 1; self.y = 2")
    env.run("pass")
    assert env("m.calls") == []
    assert env("p.y") == 2


def test_users_eq_and_hash_are_not_called_in_place(env):
    env["m.py"] = """
        class P:
            def __init__(self, x): self.x = x
            def __eq__(self, other): return self.x == other.x and bool(self.x / self.x)
            def __hash__(self): return hash(self.x)
    """
    env.run("import m; a, b = m.P(0), m.P(2); d = {a: 'a', b: 'b'}")
    env["m.py"].replace("self.x = x", "self.x = x; self.y = 1")
    assert env("d[a], d[b], a.y, b.y") == ("a", "b", 1, 1)


def test_a_huge_tree_of_subclasses(env):
    env["m.py"] = POINT
    env.run("""
        import m
        classes = [m.Point]
        for n in range(200):
            classes.append(type(f"S{n}", (classes[n // 2],), {}))
        ps = [cls(-1) for cls in classes for _ in range(3)]
    """)
    env["m.py"] = POLAR
    assert env("{p.r for p in ps}, len(m.seen), len(set(map(id, m.seen)))") == ({1}, 603, 603)


def test_an_anonymous_subclass_follows(env):
    env["m.py"] = POINT
    env.run("import m; a = type('Anon', (m.Point,), {'extra': 1})(5)")
    env["m.py"].append("        self.y = 2\n")
    assert env("a.y, a.x, a.extra") == (2, 5, 1)


def test_frozen_objects_are_reported(env):
    env["m.py"] = POINT
    env.run("import m, gc; p = m.Point(1); gc.freeze()")
    try:
        env["m.py"].append("        self.y = 2\n")
        env.run("pass")
        assert env("hasattr(p, 'y')") or any("gc.freeze" in str(n) for n in env.report.notes)
        assert any("gc.freeze" in str(n) for n in env.report.notes)
    finally:
        env.run("gc.unfreeze()")


def test_instances_made_by_the_hook_itself_are_right(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(1)")
    env["m.py"] = """
        class Point:
            def __init__(self, x):
                self.x = x
                self.twin = None
            def __reinit__(self, old):
                self.twin = type(self)(old["x"] + 1)
    """
    assert env("p.twin.x, p.twin.twin") == (2, None)


def test_threads_make_and_use_instances_during_the_migration(env):
    env["m.py"] = POINT
    env.run("""
        import m, threading, time
        stop, errors, made = threading.Event(), [], []
        def work():
            while not stop.is_set():
                p = m.Point(1)
                made.append(p)
                if p.x != 1: errors.append(vars(p))
                if len(made) > 5000: time.sleep(0.001)
        threads = [threading.Thread(target=work) for _ in range(2)]
        for t in threads: t.start()
        time.sleep(0.1)
    """)
    env["m.py"].append("        self.y = 2\n")
    env.run("time.sleep(0.05); stop.set(); [t.join() for t in threads]")
    assert env("errors, sum(not hasattr(p, 'y') for p in made)") == ([], 0)


def test_pickle_copy_deepcopy_and_isinstance_afterwards(env):
    env["m.py"] = POINT
    env.run("import m, pickle, copy; p = m.Point(1); dumped = pickle.dumps(p)")
    env["m.py"] = POLAR.replace("seen.append(self)", "pass")
    env.run("a, b, c = pickle.loads(pickle.dumps(p)), copy.copy(p), copy.deepcopy(p)")
    assert env("[vars(o) == vars(p) and isinstance(o, m.Point) for o in (a, b, c)]") == [True] * 3
    assert env("pickle.loads(dumped).x") == 1


def test_a_removed_attribute_comes_back_with_its_value(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int
            y: int = 0
    """
    env.run("import m; ps = [m.P(n, n * n) for n in range(4)]")
    env["m.py"].replace("    y: int = 0\n", "")
    assert env("['y' in vars(p) for p in ps]") == [False] * 4
    env["m.py"].append("    z: int = 9\n")
    assert env("[p.z for p in ps]") == [9] * 4
    env["m.py"].append("    y: int = 0\n")
    assert env("[(p.x, p.y, p.z) for p in ps]") == [(0, 0, 9), (1, 1, 9), (2, 4, 9), (3, 9, 9)]


def test_values_put_aside_do_not_keep_instances_alive(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass
        class P:
            x: object
            y: object = None
    """
    env.run("import m, gc, weakref; p = m.P(1, []); w = weakref.ref(p)")
    env["m.py"].replace("    y: object = None\n", "")
    env.run("pass")
    env.run("del p; gc.collect()")
    assert env("w() is None")


def test_properties_replace_attributes_and_back(env):
    env["m.py"] = POINT
    env.run("import m; p = m.Point(4)")
    env["m.py"] = """
        class Point:
            def __init__(self, x): self._x = x
            @property
            def x(self): return self._x * 10
            def __reinit__(self, old): self._x = old["x"]
    """
    assert env("p.x, m.Point(1).x") == (40, 10)
    env["m.py"] = """
        class Point:
            def __init__(self, x): self.x = x
            def __reinit__(self, old): self.x = old["_x"]
    """
    assert env("p.x, m.Point(1).x") == (4, 1)


def test_a_hook_must_not_see_half_of_the_others(env):
    env["m.py"] = """
        class A:
            def __init__(self): self.other = None
        class B:
            def __init__(self): self.other = None
    """
    env.run("import m; a, b = m.A(), m.B(); a.other, b.other = b, a")
    env["m.py"] = """
        class A:
            def __init__(self): self.other = None; self.n = 1
            def __reinit__(self, old): self.sum = self.n + self.other.n
        class B:
            def __init__(self): self.other = None; self.n = 2
            def __reinit__(self, old): self.sum = self.n + self.other.n
    """
    assert env("a.sum, b.sum") == (3, 3)


def test_instances_without_weak_references_are_let_go_at_the_next_edit(env):
    env["m.py"] = """
        from dataclasses import dataclass
        @dataclass(slots=True)
        class P:
            x: int
            y: int = 0
    """
    env.run("import m, gc; p, q = m.P(1, 2), m.P(3, 4)")
    env["m.py"].replace("    y: int = 0\n", "")
    env.run("p.x")
    env.run("del p")
    env["m.py"].append("OTHER = 1\n")
    env.run("pass")
    assert env("[o.x for o in gc.get_objects() if type(o) is m.P]") == [3]
    env["m.py"].replace("    x: int\n", "    x: int\n    y: int = 0\n")
    assert env("q.y") == 4
