"""Registrations follow the source: `functools.singledispatch`, routes by string, removed handlers."""

import pytest

GENERIC = """
    from functools import singledispatch
    @singledispatch
    def f(x): return "any"
    @f.register(int)
    def _(x): return "int"
    @f.register(list)
    def f_list(x): return "list"
    @f.register
    def _(x: bytes): return "bytes"
"""
CALLS = "[m.f(x) for x in (1, [], b'', 'a')]"


def types(env):
    return env("sorted(each.__name__ for each in m.f.registry)")


@pytest.fixture
def generic(env):
    env["m.py"] = GENERIC
    env.run("import m; from m import f; f(1)")
    return env


def test_two_registered_functions_of_one_name_are_two_functions(generic):
    generic["m.py"].replace('@f.register\ndef _(x: bytes): return "bytes"\n', "")
    assert generic(CALLS)[:2] == ["int", "list"]
    generic["m.py"].replace("register(int)", "register(str)")
    assert generic("m.f('a'), m.f([]), m._(0)") == ("int", "list", "int")


def test_renaming_one_of_two_functions_of_one_name_leaves_the_other(generic):
    generic["m.py"].replace("register(int)\ndef _", "register(int)\ndef f_int")
    assert generic(CALLS) == ["int", "list", "bytes", "any"]
    assert generic("m.f_int(0), m._(0)") == ("int", "bytes")
