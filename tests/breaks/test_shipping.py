"""Functions that are pickled with their code: they need no livecode where they arrive."""

from __future__ import annotations

import pickle
import subprocess
import sys

import cloudpickle
import pytest

from livecode.breaks.point import point_of
from livecode.breaks.shipping import plain_code
from tests.dsl import both

FUNCTIONS = """
    class Base:
        def total(self, items):
            return sum(items)
    class Held(Base):
        def __init__(self):
            self.__rate = 3
        def total(self, items):
            for item in items:
                with open(__file__) as file:
                    pass
            return super().total(items) * self.__rate
    def outer(n):
        def inner(items):
            found = []
            for item in items:
                try:
                    found.append(n / item)
                except ZeroDivisionError:
                    found.append(None)
            return found
        return inner
    def decorate(function):
        return function
    @decorate
    def decorated(a, *, b=2):
        for each in range(a):
            b += each
        return b
    def numbers(n):
        for each in range(n):
            yield each
    async def waits(n):
        async with n as m:
            return m
"""
CALLS = [
    ("outer(6)", "([1, 0, 2])", "[6.0, None, 3.0]"),
    ("decorated", "(4)", "8"),
    ("Held().total", "([])", "0"),
    ("lambda: [*numbers(3)]", "()", "[0, 1, 2]"),
]


@both
@pytest.mark.parametrize("library", ["cloudpickle", "dill"])
@pytest.mark.parametrize("text, call, result", CALLS)
def test_a_function_needs_no_livecode_where_it_arrives(env, library, text, call, result):
    env.run(FUNCTIONS)
    env.run(f"import {library} as library")
    options = "recurse=True" if library == "dill" else ""
    data = env(f"library.dumps({text}, {options})")
    assert b"livecode.breaks" not in data
    program = (
        f"import sys, {library} as library;"
        f"print(library.loads({data!r}){call}, 'livecode' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, text=True).strip() == f"{result} False"


@pytest.mark.parametrize(
    "text", ["Held.total", "outer", "outer(1)", "decorated", "numbers", "waits"]
)
def test_the_code_is_that_of_plain_python(env, text):
    env.run(FUNCTIONS, id="a")
    code = env(f"({text}).__code__")
    assert point_of(code) is not None
    env.run("%config LiveCode.break_on = 'never'")
    env.run(FUNCTIONS, id="b")
    expected = env(f"({text}).__code__")
    made = plain_code(code)
    assert point_of(expected) is None
    for part in ("co_code", "co_names", "co_varnames", "co_freevars", "co_qualname", "co_flags"):
        assert getattr(made, part) == getattr(expected, part), part
    assert list(made.co_positions()) == list(expected.co_positions())
    assert made.co_firstlineno == expected.co_firstlineno


def test_the_function_here_is_as_it_was(env):
    env.run(FUNCTIONS)
    before = env("decorated.__code__")
    back = pickle.loads(cloudpickle.dumps(env("decorated")))
    assert point_of(back.__code__) is None
    assert env("decorated.__code__") is before


def test_moved_lines(env):
    env["m.py"] = "def f(n):\n    return 1 / n\n"
    env.run("import m")
    env["m.py"].prepend("# one more line\n")
    env.run("pass")
    code = env("m.f.__code__")
    assert point_of(code) is not None
    assert plain_code(code).co_firstlineno == code.co_firstlineno == 2
