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
