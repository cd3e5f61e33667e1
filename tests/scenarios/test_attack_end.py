"""What an outsider's last attack found: the session around the edits."""

from __future__ import annotations

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
