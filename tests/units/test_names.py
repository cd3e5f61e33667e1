"""`livecode.sources.names` and `imports`: what statements bind, read and import; import order."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecode.sources import names
from livecode.sources.imports import Imports, absolute, import_orders, imports_of, in_import_order
from livecode.sources.outline import outline
from tests.units.texts import modules, quick


def statement(text):
    return ast.parse(text).body[0]


@pytest.mark.parametrize(
    "text, bound",
    [
        ("x = y = 1", "x y"),
        ("x, (y, *z) = a", "x y z"),
        ("x.a = y[0] = 1", ""),
        ("x: int", "x"),
        ("x += 1", "x"),
        ("del x", "x"),
        ("import a.b.c", "a"),
        ("import a.b as c", "c"),
        ("from a import b as c, d", "c d"),
        ("from a import *", "*"),
        ("def f(a=(n := 1)): x = 1", "f n"),
        ("async def f(): pass", "f"),
        ("class C(B, k=(n := 1)): x = 1", "C n"),
        ("@(d := deco)\ndef f(): pass", "f d"),
        ("for i in range(3): x = i", "i x"),
        ("with a as b, c as (d, e): f = 1", "b d e f"),
        (
            "try:\n    a = 1\nexcept E as e:\n    b = 1\nelse:\n    c = 1\nfinally:\n    d = 1",
            "a b c d e",
        ),
        (
            "match x:\n    case [a, *b]: pass\n    case {'k': c, **d}: pass\n    case E() as e: pass",
            "a b c d e",
        ),
        ("[i for i in range(3)]", ""),
        ("[(n := i) for i in range(3)]", "n"),
        ("f = lambda a, b=(n := 1): a", "f n"),
        ("if (n := f()):\n    x = 1\nelif y:\n    z = 1", "n x z"),
        ("while (n := f()): pass", "n"),
        ("global x", ""),
        ("print(x)", ""),
    ],
)
def test_what_a_statement_binds(text, bound):
    assert names.bound(statement(text)) == frozenset(bound.split())


@quick
@given(modules)
def test_a_statement_binds_what_the_compiler_says(text):
    import symtable

    try:
        found = outline(text)
        table = symtable.symtable(text, "<text>", "exec")
    except SyntaxError:
        return
    told = {
        each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()
    }
    ours = {name for each in found.statements for name in each.binds}
    deleted = {name for each in found.statements for name in names.deleted(each.node)}
    assert ours - {"*"} - deleted <= told
    assert told <= ours


@pytest.mark.parametrize(
    "text, read",
    [
        ("x = y + z", "y z"),
        ("def f(a=b): return a + c", "b c"),
        ("def f():\n    def g(): return deep\n    return g", "deep"),
        ("def f():\n    x = 1\n    return x", ""),
        ("def f():\n    global x\n    return x", "x"),
        ("class C(B):\n    a = b\n    def m(self): return a", "B a b"),
        ("[i for i in xs if i > low]", "xs low"),
        ("lambda a: a + b", "b"),
    ],
)
def test_what_a_statement_reads(text, read):
    assert names.read(text) == frozenset(read.split())


@pytest.mark.parametrize(
    "text, operators",
    [
        ("a * 2 + b", True),
        ("-a if b else (a, 'x')", True),
        ("a < b <= 3 and not c", True),
        ("f'{a} {b!r:>10}'", True),
        ("f(a)", False),
        ("a.b", False),
        ("a[0]", False),
        ("[a]", False),
        ("lambda: a", False),
        ("(a := 1)", False),
    ],
)
def test_operators_over_names(text, operators):
    assert names.is_operators(ast.parse(text, mode="eval").body) is operators


@pytest.mark.parametrize(
    "text, itself", [("x += 1", True), ("x = x + 1", True), ("x = y", False), ("x: int = x", True)]
)
def test_reads_itself(text, itself):
    assert names.reads_itself(statement(text)) is itself


# -- imports -----------------------------------------------------------------------------------


def imported(text, package="p.q") -> Imports:
    return imports_of(outline(text).statements, package)


def test_imports_by_name_module_and_star():
    found = imported("import a.b\nimport c.d as e\nfrom f import g as h, i\nfrom j import *\n")
    assert found.names == {"h": ("f", "g"), "i": ("f", "i")}
    assert found.modules == {"a": "a", "e": "c.d", "h": "f.g", "i": "f.i"}
    assert found.stars == ["j"]
    assert {"a.b", "c.d", "f", "j"} <= found.every


def test_relative_imports_are_resolved():
    found = imported("from . import a\nfrom .b import c\nfrom ..d import e\nfrom ... import no\n")
    assert found.names == {"a": ("p.q", "a"), "c": ("p.q.b", "c"), "e": ("p.d", "e")}
    assert absolute(statement("from . import x"), None) is None
    assert absolute(statement("from a.b import x"), None) == "a.b"


def test_a_later_binding_counts():
    assert imported("from a import x\nx = 1\n").names == {}
    assert imported("from a import x\nfrom b import x\n").names == {"x": ("b", "x")}
    assert imported("from a import f\ndef f(): pass\n").names == {}
    assert imported("x = 1\nfrom a import x\n").names == {"x": ("a", "x")}


def test_imports_inside_of_blocks_are_found():
    found = imported("try:\n    from a import x\nexcept ImportError:\n    x = None\n")
    assert found.names == {"x": ("a", "x")}
    assert imported("def f():\n    from a import x\n").every == set()


graphs = st.dictionaries(
    st.sampled_from("abcdefgh"), st.sets(st.sampled_from("abcdefghxy"), max_size=4), max_size=8
)


@quick
@given(graphs)
def test_each_module_comes_after_those_that_it_imports(graph):
    order = in_import_order(graph)
    assert sorted(order) == sorted(graph)
    for name in graph:
        for other in graph[name] & set(graph):
            if not reaches(graph, other, name):
                assert order.index(other) < order.index(name)


def test_a_long_chain_of_imports_is_ordered():
    chain = {f"m{n}": {f"m{n + 1}"} for n in range(5000)}
    assert in_import_order(chain)[0] == "m4999"


def reaches(graph, start, end):
    seen, todo = set(), [start]
    while todo:
        at = todo.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            todo += graph.get(at, ())
    return False


def test_modules_that_import_none_of_themselves_have_one_order():
    assert import_orders({"a": {"b", "os"}, "b": {"c"}, "c": set()}, 6) == [["c", "b", "a"]]


def test_within_a_circle_each_module_may_be_the_last():
    graph = {"a": {"b"}, "b": {"a"}, "c": {"a"}}
    assert import_orders(graph, 6) == [["b", "a", "c"], ["a", "b", "c"]]
    assert import_orders(graph, 1) == [["b", "a", "c"]]
    ring = {f"m{i}": {f"m{(i + 1) % 9}"} for i in range(9)}
    orders = import_orders(ring, 6)
    assert len(orders) == 6
    assert {order[-1] for order in orders} == {f"m{i}" for i in range(6)}
