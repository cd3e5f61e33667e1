"""`livecode.edits.codes` and `compiled`: code objects paired, moved, renamed and fitted."""

from __future__ import annotations

import ast
import inspect
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecode.edits import codes
from livecode.edits.compiled import CannotFollow, Compiled
from tests.units.texts import modules, quick


def code_of(text):
    return compile(text, "m.py", "exec")


def named(code, qualname):
    return next(each for each in codes.walk(code) if each.co_qualname == qualname)


def lines_of(code):
    return [(each.co_qualname, list(each.co_lines())) for each in codes.walk(code)]


@quick
@given(modules, st.integers(1, 50))
def test_shifted_code_is_that_of_the_text_further_down(text, by):
    try:
        here, there = code_of(text), code_of("\n" * by + text)
    except SyntaxError:
        return
    for one, other in zip(codes.nested(here), codes.nested(there), strict=True):
        if not one.co_flags & inspect.CO_OPTIMIZED:
            continue  # the body of a class: nothing alive has this code
        if not codes.can_shift(one):
            continue  # compiled anew instead
        moved = codes.shift(one, by)
        assert moved == other
        assert lines_of(moved) == lines_of(other)
        assert list(moved.co_positions()) == list(other.co_positions())
        assert codes.similar(moved, one)


TEXT = """
def outer(n):
    def inner(x):
        return x + n
    def other():
        return lambda: n
    return inner, [i for i in range(n)], lambda a: a, lambda b: b * 2
"""


def test_pairs_by_name_and_order():
    old = named(code_of(TEXT), "outer")
    new = named(code_of(TEXT.replace("x + n", "x - n").replace("other", "another")), "outer")
    found = {one.co_qualname.rpartition(".")[2]: two for one, two in codes.pairs(old, new)}
    assert found["inner"].co_qualname == "outer.<locals>.inner"
    assert found["other"] is None
    assert found["<lambda>"].co_name == "<lambda>"


def test_lambdas_are_paired_by_their_code_where_one_is_gone():
    old = named(code_of(TEXT), "outer")
    new = named(code_of(TEXT.replace("lambda a: a, ", "")), "outer")
    lambdas = [(one, two) for one, two in codes.pairs(old, new) if one.co_name == "<lambda>"]
    assert [two is not None for _, two in lambdas] == [False, True]
    assert codes.similar(*lambdas[1])


def test_equal_constants_of_other_types_are_not_similar():
    one, two, three = (named(code_of(f"def f(): return {v}"), "f") for v in ("1", "1.0", "True"))
    assert not codes.similar(one, two) and not codes.similar(one, three)
    assert codes.similar(one, named(code_of("\n\n\ndef f(): return 1"), "f"))


def test_requalified_code_has_new_names_at_every_depth():
    code = named(code_of("def outer():\n    def inner(): return 'mark'\n    return inner"), "outer")
    found = codes.requalify(code, "outer", "C.method", {"mark": 5})
    assert found.co_qualname == "C.method"
    assert [each.co_qualname for each in codes.walk(found)] == ["C.method.<locals>.inner"]
    inner = types.FunctionType(next(codes.nested(found)), {})
    assert inner() == 5


def test_keys_tell_definitions_apart():
    first, second = (named(code_of(f"{pad}def f(): pass"), "f") for pad in ("", "\n"))
    assert codes.key_of(first) == ("m.py", "f", 1)
    assert codes.key_of(first) != codes.key_of(second)


# -- code for closures that have other free variables ------------------------------------------


def closure(text, call):
    space = {}
    exec(compile(text, "m.py", "exec"), space)
    return eval(call, space)


BEFORE = "def make(n):\n    k = 10\n    def inner(x):\n        return x + n\n    return inner\n"


def fit(function, text, given):
    compiled = Compiled(ast.parse(text).body, "m.py", 0)
    code = named(compiled.code, function.__code__.co_qualname)
    cells = {name: types.CellType(value) for name, value in given.items()}
    function.__code__ = compiled.fit(code, function.__code__.co_freevars, cells)
    return function, cells


@pytest.mark.parametrize(
    "body, given, result",
    [
        ("return x + n + k", {"k": 10}, 13),
        ("return x", {}, 1),
        ("return [y + k for y in (x,)][0] + n", {"k": 10}, 13),
        ("return (lambda z: z + k)(x)", {"k": 10}, 11),
        ("k = 5\n        return x + k", {}, 6),
        ("def deeper(): return k\n        return deeper() + x", {"k": 10}, 11),
        ("return f'{k}'", {"k": 10}, "10"),
    ],
)
def test_code_is_fitted_to_a_closure(body, given, result):
    function = closure(BEFORE, "make(2)")
    fitted, _ = fit(function, BEFORE.replace("return x + n", body, 1), given)
    assert fitted(1) == result
    assert fitted.__code__.co_qualname == "make.<locals>.inner"
    assert fitted.__code__.co_firstlineno == 3


def test_a_fitted_function_writes_its_new_variable():
    function = closure(BEFORE, "make(2)")
    text = BEFORE.replace(
        "        return x + n", "        nonlocal k\n        k += x\n        return k + n"
    )
    fitted, cells = fit(function, text, {"k": 10})
    assert (fitted(1), fitted(1)) == (13, 14)
    assert cells["k"].cell_contents == 12


def test_a_fitted_function_keeps_its_lines():
    function = closure(BEFORE, "make(2)")
    text = "\n\n" + BEFORE.replace("return x + n", "y = k\n        return 1 // 0")
    fitted, _ = fit(function, text, {"k": 10})
    with pytest.raises(ZeroDivisionError) as caught:
        fitted(1)
    assert caught.traceback[-1].lineno + 1 == 7


def test_what_cannot_be_fitted_is_refused():
    function = closure(BEFORE, "make(2)")
    body = "        nonlocal k\n        return (k := x) + n"
    with pytest.raises(CannotFollow):
        fit(function, BEFORE.replace("        return x + n", body), {"k": 1})
