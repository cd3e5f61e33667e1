"""`livecode.edits.finding`: who holds a function's code, on each Python by its own count."""

from __future__ import annotations

import functools
import gc
import types

import pytest

from livecode.edits import finding

MAKER = "def make(n):\n    def inner(x):\n        return x + n\n    return inner\n"


@pytest.fixture
def space():
    found = {"__name__": "m"}
    exec(compile(MAKER, "m.py", "exec"), found)
    return found


def held_by_others(pair, known):
    """Whether the first of a list has more holders; asked outside of pytest's rewritten asserts."""
    return finding.has_other_holders(pair[0], known)


def inner_code(space):
    return next(
        each for each in space["make"].__code__.co_consts if isinstance(each, types.CodeType)
    )


@pytest.mark.skipif(not finding.COUNTS, reason="reference counts are not exact here")
@pytest.mark.parametrize("others", [0, 1, 3])
def test_every_live_function_is_one_holder(space, others):
    """Known are the constants of the maker and the list that the code is passed from."""
    made = [space["make"](n) for n in range(others)]
    pair = [inner_code(space)]
    assert held_by_others(pair, 2) is (others > 0)
    assert not held_by_others(pair, 2 + others)
    if others:
        assert held_by_others(pair, 1 + others)
    del made
    assert not held_by_others(pair, 2)


@pytest.mark.skipif(not finding.COUNTS, reason="reference counts are not exact here")
def test_a_variable_of_the_caller_is_one_holder(space):
    code = inner_code(space)
    pair = [code]
    assert held_by_others(pair, 2)
    assert not held_by_others(pair, 3)


@pytest.mark.skipif(not finding.COUNTS, reason="reference counts are not exact here")
def test_a_called_function_gives_its_code_free_again(space):
    """A frame that ran, and the specializing interpreter, leave no count behind."""
    function = space["make"](1)
    pair = [inner_code(space)]
    for _ in range(1000):
        function(1)
    assert not held_by_others(pair, 3)


@pytest.mark.skipif(not finding.COUNTS, reason="reference counts are not exact here")
def test_a_suspended_generator_is_a_holder():
    space = {}
    exec("def g():\n    yield 1\n    yield 2\n", space)
    pair = [space["g"].__code__]
    assert not held_by_others(pair, 2)
    suspended = space["g"]()
    next(suspended)
    assert held_by_others(pair, 2)
    [held] = finding.holders(pair)[id(pair[0])].suspended
    assert held is suspended
    suspended.close()
    assert finding.holders(pair)[id(pair[0])].suspended == []


def test_holders_are_found_for_several_codes_in_one_pass(space):
    one, two = space["make"](1), space["make"](2)
    wanted = [inner_code(space), space["make"].__code__]
    found = finding.holders(wanted)
    assert {id(each) for each in found[id(wanted[0])].functions} == {id(one), id(two)}
    assert found[id(wanted[1])].functions == [space["make"]]


def test_code_without_holders_is_found_to_have_none(space):
    wanted = [inner_code(space)]
    assert finding.holders(wanted)[id(wanted[0])].functions == []


def test_functions_of_a_file_are_those_of_its_namespace(space):
    other = {"__name__": "n"}
    exec(compile(MAKER, "m.py", "exec"), other)
    made = space["make"](1)
    found = finding.functions_of_file("m.py", space)
    assert {id(each) for each in found} == {id(space["make"]), id(made)}
    assert finding.functions_of_file("other.py", space) == []


def target():
    return 1


class Callback:
    def __init__(self, function):
        self.function = function

    def method(self):
        return 1


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


def unwrapped(function):
    def wrapper(*args):
        return function(*args)

    return wrapper


@pytest.mark.parametrize(
    "value",
    [
        target,
        functools.partial(target),
        functools.lru_cache(target),
        wrapped(target),
        unwrapped(target),
        wrapped(unwrapped(wrapped(target))),
        staticmethod(target),
        classmethod(target),
        property(target),
        property(None, target),
        functools.cached_property(target),
        functools.singledispatch(target),
        Callback(target),
        types.MethodType(target, 1),
        [target],
        {"key": (target,)},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_function_is_reached_through(value):
    assert any(each is target for each in finding.reach(value))


def test_the_nearest_function_comes_first():
    value = wrapped(target)
    assert next(iter(finding.reach(value))) is value


def test_modules_classes_and_namespaces_are_not_gone_through():
    module = types.ModuleType("m")
    module.target = target
    assert not any(each is target for each in finding.reach([module]))
    assert not any(each is target for each in finding.reach([type("C", (), {"f": target})]))
    assert not any(each is target for each in finding.reach([{"__builtins__": {}, "f": target}]))


def test_a_search_ends_in_a_circle():
    value = []
    value.append(value)
    value.append(target)
    assert list(finding.reach(value)) == [target]


def test_a_search_of_a_large_value_ends():
    value = [[n] for n in range(100_000)]
    value.append(target)
    assert len(list(finding.reach(value))) <= 1


def test_referrers_are_found():
    thing = Callback(target)
    holder = [thing]
    gc.collect()
    assert any(each is holder for each in finding.referrers([thing]))
