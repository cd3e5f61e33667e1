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
