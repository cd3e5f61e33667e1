"""Nothing is left before a break: with-blocks are open, whichever way their managers were made."""

from __future__ import annotations

import pytest

from tests.dsl import clean

PRELUDE = """
from contextlib import ExitStack, nullcontext
class C:
    left = 0
    def __enter__(self): return self
    def __exit__(self, *exc): C.left += 1
    def __call__(self): return self
class Raises(C):
    def __exit__(self, *exc):
        C.left += 1
        raise OSError
class Checks(C):
    def __exit__(self, kind, error, trace):
        C.left += 1
        if kind is None:
            raise self.missing
class space:
    c = C()
    @classmethod
    def opened(cls): return cls.c
d = {"x": C()}
def mk(kind=C): return kind()
def fail(): raise ValueError
"""

WITHS = {
    "a function": "mk()",
    "a function's name": "(mk())",
    "a lambda": "(lambda: C())()",
    "an attribute": "space.c",
    "a method": "space.opened()",
    "an item": "d['x']",
    "a choice": "(C() if d else None)",
    "a call of an object": "C().__call__()",
    "an exit that raises what nobody handles": "Raises()",
    "the same, of a function": "mk(Raises)",
    "an exit that only raises if nothing failed": "Checks()",
    "a stack": "ExitStack()",
    "the second item": "nullcontext(), mk()",
}


@pytest.mark.parametrize("name", WITHS)
@pytest.mark.parametrize("where", ["function", "cell"])
def test_with_blocks_stay_open(env, name, where):
    env.run(clean(PRELUDE))
    body = f"with {WITHS[name]} as m:\n    fail()\nprint('af' + 'ter')\n"
    if where == "function":
        env.run("def run():\n    " + body.replace("\n", "\n    ").rstrip())
        body = "run()"
    env.fails(body, "ValueError")
    assert "suspended" in env.output
    assert env("C.left") == 0
    env.attempt("%resume skip")
    assert ("after" in env.output) is not ("Raises" in WITHS[name] or "Checks" in WITHS[name])
    assert env("C.left") == (0 if name == "a stack" else 1)


def test_async_with_blocks_stay_open(env):
    env.run(clean(PRELUDE))
    env.run(
        """
class A:
    async def __aenter__(self): return self
    async def __aexit__(self, *exc): C.left += 1
async def run():
    async with mk(A) as m:
        fail()
    return "af" + "ter"
"""
    )
    env.fails("await run()", "ValueError")
    assert env("C.left") == 0
    env.attempt("%resume skip")
    assert "after" in env.output
    assert env("C.left") == 1


def test_with_blocks_of_resumed_code_stay_open(env):
    """What does the rest of a function holds the manager, too."""
    env.run(clean(PRELUDE))
    env.run("def run():\n    with mk():\n        fail()\n        1 / 0\n    return 'af' + 'ter'")
    env.fails("run()", "ValueError")
    env.fails("%resume skip", "ZeroDivisionError")
    assert env("C.left") == 0
    env.attempt("%resume skip")
    assert "after" in env.output
    assert env("C.left") == 1


def test_an_exit_that_is_a_method_of_another_object(env):
    env.run(clean(PRELUDE))
    env.run("""
        class Swallows(C):
            def takes(self, *exc): return True
        class Borrows(C):
            __exit__ = Swallows().takes
        def run():
            with mk(Borrows):
                fail()
            return "swallowed"
        """)
    assert env("run()") == "swallowed"
