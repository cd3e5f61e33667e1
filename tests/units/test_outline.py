"""`livecode.sources.outline`: a revised outline equals the outline of the whole text."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecode.sources.outline import Outline, first_line, kind_of, meaning, outline
from tests.units.texts import edits, modules, quick


def facts(found: Outline):
    """What can be asked of an outline, as plain data."""
    return [
        (line, statement.index, statement.kind, statement.name, statement.text, statement.meaning)
        for statement, line in zip(found.statements, found.lines, strict=True)
    ]


def attempt(text, before=None):
    try:
        return outline(text, "file.py", before)
    except SyntaxError as error:
        return error


def assert_equal(revised, whole):
    if isinstance(whole, SyntaxError):
        assert isinstance(revised, SyntaxError)
        assert (revised.lineno, revised.msg, revised.filename) == (
            whole.lineno,
            whole.msg,
            whole.filename,
        )
        return
    assert isinstance(revised, Outline), f"{revised} (line {revised.lineno})"
    assert facts(revised) == facts(whole)
    assert revised.text == whole.text
    assert list(revised.definitions()) == list(whole.definitions())
    assert (revised.flags, revised.docstring) == (whole.flags, whole.docstring)


@quick
@given(st.data(), modules)
def test_a_revision_has_the_outline_of_the_whole_text(data, text):
    before = attempt(text)
    for _ in range(3):
        text = data.draw(edits(text))
        revised = attempt(text, before if isinstance(before, Outline) else None)
        assert_equal(revised, attempt(text))
        if isinstance(revised, Outline):
            before = revised


@quick
@given(modules)
def test_an_outline_has_every_statement_of_the_text(text):
    found = attempt(text)
    if isinstance(found, SyntaxError):
        with pytest.raises(SyntaxError):
            ast.parse(text)
        return
    body = ast.parse(text).body
    assert [ast.dump(statement.node) for statement in found.statements] == list(map(ast.dump, body))
    assert found.lines == [first_line(node) for node in body]
    for statement, line, node in zip(found.statements, found.lines, body, strict=True):
        assert ast.dump(statement.parse(line), include_attributes=True) == ast.dump(
            node, include_attributes=True
        )
        assert statement.kind == kind_of(node)


@quick
@given(modules)
def test_an_outline_finds_the_statement_at_a_line(text):
    found = attempt(text)
    if isinstance(found, SyntaxError):
        return
    for line in range(1, text.count("\n") + 2):
        at = found.at_line(line)
        covering = [
            index
            for index, start in enumerate(found.lines)
            if start <= line < start + found.statements[index].height
        ]
        assert (at in covering) if covering else at is None


def test_statements_outside_of_an_edit_are_the_same_objects():
    text = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(50))
    before = outline(text)
    after = outline(text.replace("return 25", "return 250"), before=before)
    same = [a is b for a, b in zip(before.statements, after.statements, strict=True)]
    assert same.count(False) <= 3
    assert not same[25]
    assert after.lines == before.lines


def test_a_line_added_above_moves_the_lines_and_keeps_the_statements():
    before = outline("x = 1\n\ndef f():\n    pass\n")
    after = outline("# new\nx = 1\n\ndef f():\n    pass\n", before=before)
    assert after.lines == [line + 1 for line in before.lines]
    assert after.statements[1] is before.statements[1]


@pytest.mark.parametrize(
    "a, b",
    [
        ("x = 1", "x  =  (1)  # the same"),
        ("def f(a,b): return a", "def f(\n    a,\n    b,\n):\n    return a"),
        ("s = 'a' 'b'", 's = "ab"'),
        ("x = 0x10", "x = 16"),
        ("if a:\n    pass\nelif b:\n    pass", "if a:\n    pass\nelse:\n    if b:\n        pass"),
    ],
)
def test_formatting_has_no_meaning(a, b):
    assert outline(a).statements[0].same_meaning(outline(b).statements[0])


@pytest.mark.parametrize(
    "a, b",
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 0.0", "x = -0.0"),
        ("x = 'a'", "x = b'a'"),
        ("x = (1, 2)", "x = [1, 2]"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("def f(): pass", "async def f(): pass"),
        ("f(a, *b)", "f(*b, a)"),
        ("x: int", "x: int = None"),
        ("def f(): 'doc'", "def f(): 'other'"),
        ("import a as b", "import a"),
        ("x = 'a'", "x = f'a'"),
        ("class C: x = 1", "class C: y = 1"),
    ],
)
def test_another_program_has_another_meaning(a, b):
    assert not outline(a).statements[0].same_meaning(outline(b).statements[0])


def test_a_long_chain_of_operators_has_a_meaning():
    node = ast.parse("x = " + "+".join(["1"] * 900))
    assert meaning(node) == meaning(ast.parse("x = " + " + ".join(["1"] * 900)))


@pytest.mark.parametrize(
    "text",
    [
        "pass; \\\nx = 1\n",
        "x = 1; \\\n  y = 2; z = 3\n",
        "if x: a = 1; \\\n  b = 2\n",
        "x = \\\n1\n",
    ],
)
def test_a_line_that_continues_after_a_statement(text):
    """Two statements can share a line that the next one goes on with after a backslash."""
    found = outline(text)
    assert [ast.dump(each.node) for each in found.statements] == [
        ast.dump(node) for node in ast.parse(text).body
    ]
    assert_equal(
        outline("# above\n" + text, "file.py", found), outline("# above\n" + text, "file.py")
    )


def test_a_syntax_error_names_the_line_of_the_whole_text():
    before = outline("x = 1\n" * 30)
    with pytest.raises(SyntaxError) as caught:
        outline("x = 1\n" * 20 + "def (:\n" + "x = 1\n" * 10, "file.py", before)
    assert (caught.value.lineno, caught.value.filename) == (21, "file.py")


def test_definitions_are_found_in_classes_functions_and_blocks():
    found = outline(
        "if a:\n    def f():\n        class C:\n            def m(self): pass\n    K = 1\n"
        "try:\n    import q\nexcept E:\n    q = None\n"
        "class D:\n    x = 1\n    def g(self):\n        y = 1\n"
    )
    names = [(each.qualname, each.kind) for each in found.definitions()]
    assert names == [
        ("f", "function"),
        ("f.<locals>.C", "class"),
        ("f.<locals>.C.m", "method"),
        ("K", "variable"),
        ("q", "import"),
        ("q", "variable"),
        ("D", "class"),
        ("D.x", "variable"),
        ("D.g", "method"),
    ]


@pytest.mark.parametrize("text", ["x = 1\0", "(" * 5000, "x = " + "-" * 100_000 + "1"])
def test_what_the_parser_cannot_take_is_a_syntax_error(text):
    with pytest.raises(SyntaxError):
        outline(text, "file.py")
