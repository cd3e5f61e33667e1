"""What an outsider's last attack found: the session around the edits."""

from __future__ import annotations

import pytest

from tests.dsl import both


@both
def test_an_error_through_what_was_held_before_a_decorator_came(env):
    env["m.py"] = """
        def deco(f):
            class W:
                def __call__(self, *a): return f(*a)
            return W()
        def c(x): return 1 / x
        """
    env.run("import m; held = m.c")
    env["m.py"].replace("def c(x): return 1", "@deco\ndef c(x): return 2")
    assert env("held(1)") == 2.0
    env.fails("held(0)", "ZeroDivisionError")
    assert "formatting exception" not in env.output
    assert "livecode/" not in env.output
    assert env("isinstance(hash(held.__code__), int)")
    env.attempt("%resume abort")
    assert env.lines("held(0)", "m.py") == [6, 3, 6]


@both
def test_what_holds_a_removed_definition_is_not_stale_when_it_is_taken_back(env):
    env["m.py"] = """
        class C: pass
        def helper(): return 1
        def other(): return 2
        """
    env.run("import m\nfrom m import helper, C\nhh = helper; xs = [helper]; c = C(); d = m.C()")
    env["m.py"] = "def other(): return 2\n"
    env.run("hh()")
    env.run("%liveundo")
    assert env.named("stale") == []
    assert env("hh is m.helper and helper is hh and type(c) is m.C")
    env.rows("%livecheck")
    assert "hh" not in env.output and "computed from" not in env.output


def test_what_was_computed_from_an_edited_constant_is_still_stale_after_the_undo(env):
    env["m.py"] = "N = 1\n"
    env.run("import m\nfrom m import N")
    env["m.py"].replace("1", "2")
    env.run("made = [N]")
    env.run("%liveundo")
    assert env.named("stale") == ["__main__:made"]


@both
def test_a_file_that_was_edited_is_followed_after_livecode_is_loaded_again(env):
    env["m.py"] = "STATE = []\ndef f(): return 1\n"
    env.run("import m; m.STATE.append(1); held = m.f")
    env["m.py"].replace("return 1", "return 2222")
    assert env("held()") == 2222
    env.run("%reload_ext livecode")
    env.run("held()")
    assert "held back" not in env.output
    env["m.py"].replace("return 2222", "return 33333")
    assert env("held(), m.STATE") == (33333, [1])
    env.run("%unload_ext livecode")
    env["m.py"].replace("return 33333", "return 4")
    assert env("held()") == 33333
    env.run("%load_ext livecode")
    assert env("held(), m.STATE") == (4, [1])


def test_a_module_made_anew_while_livecode_was_unloaded_is_what_its_file_says(env):
    env["m.py"] = "N = []\ndef f(): return 1\n"
    env.run("import m; m.N.append(1)")
    env["m.py"].replace("return 1", "return 22")
    env.run("m.f()")
    env.run("%unload_ext livecode")
    env["m.py"].replace("return 22", "return 333")
    env.run("import importlib; importlib.reload(m)")
    env.run("%load_ext livecode")
    env["m.py"].replace("def f", "M = 5\ndef f")
    assert env("m.f(), m.M, m.N") == (333, 5, [])
    assert env.named("applied") == ["m:M"]


def test_what_was_taken_back_stays_so_after_livecode_is_loaded_again(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].replace("1", "22")
    env.run("m.f()")
    env.run("%liveundo")
    env.run("%reload_ext livecode")
    assert env("m.f()") == 1
    env["m.py"].replace("22", "333")
    assert env("m.f()") == 333


CONF = """
    class Base:
        def __init_subclass__(cls): pass
    class Conf(HEAD):
        BASE = "/a"
        PATHS = {"x": BASE + "/x"}
        URL = f"{BASE}/u"
        FULL = BASE + "/f"
        ONE = PATHS["x"]
        SIZE = len(BASE)
        OTHER = len("x")
        class Inner:
            NAME = "BASE"
        def get(self, at=BASE): return at
        def method(self): return self.BASE
    """


@pytest.mark.parametrize("head", ["object", "Base"])
def test_class_attributes_computed_from_another_one_are_named(env, head):
    env["m.py"] = CONF.replace("HEAD", head)
    env.run("import m; c = m.Conf()")
    env["m.py"].replace('"/a"', '"/bb"')
    env.run("c.method()")
    assert env("m.Conf.URL, m.Conf.FULL") == ("/bb/u", "/bb/f")
    assert env("m.Conf.PATHS, m.Conf.SIZE") == ({"x": "/a/x"}, 2)
    assert env.entries("stale") == [
        ("m:Conf.PATHS", "was computed from BASE, which changed"),
        ("m:Conf.ONE", "was computed from PATHS, which is stale"),
        ("m:Conf.SIZE", "was computed from BASE, which changed"),
        ("m:Conf.get", "was computed from BASE, which changed"),
    ]
    env.rows("%livecheck")
    assert "m:Conf.PATHS" in env.output and "m:Conf.SIZE" in env.output
    env["m.py"].replace('BASE + "/x"', 'BASE + "/y"')
    env.run("c.method()")
    assert env("m.Conf.PATHS") == {"x": "/bb/y"}
    assert env.named("stale") == ["m:Conf.ONE"]
    env.rows("%livecheck")
    assert "m:Conf.PATHS" not in env.output


def test_class_attributes_bound_again_between_are_not_stale(env):
    env["m.py"] = """
        class C:
            at = 1
            low = list(range(at))
            at = 2
            high = list(range(at))
        """
    env.run("import m")
    env["m.py"].replace("at = 2", "at = 3")
    env.run("m.C.at")
    assert env.named("stale") == ["m:C.high"]
    env["m.py"].replace("at = 1", "at = 0")
    env.run("m.C.at")
    assert "m:C.high" not in env.named("stale")


def test_members_of_an_enumeration_are_not_stale(env):
    env["m.py"] = """
        from enum import Enum
        class E(Enum):
            A = "a"
            B = len(A)
        """
    env.run("import m; b = m.E.B")
    env["m.py"].replace('"a"', '"aaa"')
    assert env("m.E.A.value, b.value, b is m.E.B") == ("aaa", 3, True)
    assert env.named("stale") == []


def test_in_a_circle_of_imports_nothing_is_applied_before_what_it_imports_fails(env):
    env.save(**{"q/__init__": "from .a import fa\n"})
    env.save(**{"q/a": "from . import b\ndef fa(): return 'fa', b.fb()\n"})
    env.save(**{"q/b": "import q.a as a\ndef fb(): return 1\n"})
    env.save(other="def f(): return 1\n")
    env.run("import q, other")
    env["other.py"].replace("1", "22")
    env["q/__init__.py"] = "from .a import fa, NEW, NONE\n"
    env["q/a.py"] = "from . import b\nNEW = 5\ndef fa(): return 'fa', b.fb()\n"
    env["q/b.py"] = "import q.a as a\ndef fb(): return a.NEW\n"
    assert env("q.fa(), other.f()") == (("fa", 1), 22)
    assert sorted(env.named("failed")) == ["q", "q.a", "q.b"]
    env["q/a.py"].replace("5", "6")
    assert env("q.fa()") == ("fa", 1)
    assert env.named("applied") == []
    env["q/__init__.py"] = "from .a import fa\n"
    env("q.fa()")
    assert env("q.fa()") == ("fa", 6)


def test_what_was_taken_back_in_a_circle_has_its_old_state_and_its_import_is_named(env):
    env.save(y1="import y2\ndef A(): return 'A'\n", y2="import y1\nL = [1]\ndef B(): return 'B'\n")
    env.run("import y1; from y2 import B, L")
    env["y2.py"] = "import y1\nL = [2]\ndef B(): return 'B2'\nclass K: pass\n"
    env["y1.py"] = "import y2\nX = 1 / 0\ndef A(): return 'A2'\n"
    assert env("y1.A(), B(), L") == ("A", "B", [1])
    assert sorted(env.named("failed")) == ["y1", "y2"]
    env["y1.py"].replace("1 / 0", "1")
    assert env("y1.A(), B(), y1.X, L") == ("A2", "B2", 1, [2])
