"""`livecode.sources.changes`: which statements of two revisions belong together."""

from __future__ import annotations

import gc
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecode.sources.changes import changes, children, nameless
from livecode.sources.outline import outline
from tests.units.texts import edits, modules, quick


def told(old, new):
    """The changes as (kind, name) pairs."""
    return [(change.kind, change.name) for change in changes(outline(old), outline(new))]


@quick
@given(st.data(), modules)
def test_changes_lead_from_one_text_to_the_other(data, text):
    """Each old statement is kept, changed or removed once, each new one comes from somewhere once."""
    new = data.draw(edits(text))
    try:
        before, after = outline(text), outline(new)
    except SyntaxError:
        return
    found = changes(before, after)
    changed_old = [change.old for change in found if change.old is not None]
    changed_new = [change.new for change in found if change.new is not None]
    assert len({id(each) for each in changed_old}) == len(changed_old)
    assert len({id(each) for each in changed_new}) == len(changed_new)
    untouched = Counter(
        (each.meaning, line)
        for each, line in zip(before.statements, before.lines, strict=True)
        if not any(each is other for other in changed_old)
    )
    for each, line in zip(after.statements, after.lines, strict=True):
        if not any(each is other for other in changed_new):
            untouched[each.meaning, line] -= 1
    assert not +untouched and not -untouched, "an unchanged statement that only one text has"
    lines_old = {id(s): line for s, line in zip(before.statements, before.lines, strict=True)}
    lines_new = {id(s): line for s, line in zip(after.statements, after.lines, strict=True)}
    for change in found:
        assert change.old_line == (lines_old[id(change.old)] if change.old else 0)
        assert change.line == (lines_new[id(change.new)] if change.new else 0)
        if change.kind == "moved":
            assert change.old.same_meaning(change.new)
        elif change.kind == "edited":
            assert not change.old.same_meaning(change.new)


@quick
@given(modules)
def test_a_text_has_no_changes_to_itself(text):
    try:
        found = outline(text)
    except SyntaxError:
        return
    assert changes(found, outline(text)) == []


@quick
@given(modules)
def test_a_remark_above_changes_only_lines(text):
    try:
        before, after = outline(text), outline("# above\n" + text)
    except SyntaxError:
        return
    found = changes(before, after)
    assert [change.kind for change in found] == ["moved"] * len(before.statements)
    assert all(change.line == change.old_line + 1 for change in found)


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("x = 1", "x = 2", [("edited", "x")]),
        ("x = 1", "y = 1", [("removed", "x"), ("added", "y")]),
        ("def f(): return 1", "def f(): return 2", [("edited", "f")]),
        ("def f(): return 1", "def g(): return 1", [("renamed", "g")]),
        ("def f(): return f()", "def g(): return g()", [("renamed", "g")]),
        ("def f(): return 1", "def g(): return 2", [("removed", "f"), ("added", "g")]),
        ("class A: pass", "class B: pass", [("renamed", "B")]),
        ("x = 1\ny = 2", "y = 2\nx = 1", [("moved", "x"), ("moved", "y")]),
        ("def f(): 1\ndef g(): 2", "def g(): 2\ndef f(): 3", [("moved", "g"), ("edited", "f")]),
        ("import a", "import a, b", [("removed", "a"), ("added", "a, b")]),
        ("if a:\n    x = 1", "if a:\n    x = 2", [("edited", "x")]),
        ("if a:\n    x = 1", "if b:\n    x = 1", [("edited", "x")]),
        ("", "x = 1", [("added", "x")]),
        ("x = 1", "", [("removed", "x")]),
        ("print(1)", "print(2)", [("edited", "print(2)")]),
        ("print(1)", "f(1)", [("removed", "print(1)"), ("added", "f(1)")]),
        ("x: int", "x: str", [("edited", "x")]),
        ("x = 1", "x: int = 1", None),
        ("def f(): pass", "f = 1", None),
    ],
)
def test_what_belongs_together(old, new, expected):
    found = told(old, new)
    if expected is not None:
        assert sorted(found) == sorted(expected)
    else:  # two kinds of statement: either way, both are told
        assert {name for _, name in found} == {
            outline(old).statements[0].name or "x",
            "f" if "f" in new else "x",
        }


def test_a_rename_that_is_not_certain_is_none():
    kinds = [
        kind for kind, _ in told("def f(): pass\ndef g(): pass", "def h(): pass\ndef i(): pass")
    ]
    assert "renamed" not in kinds
    assert sorted(kinds) == ["added", "added", "removed", "removed"]


def test_definitions_of_one_name_are_paired_in_order():
    old = "def f(): return 1\ndef f(): return 2\n"
    found = changes(outline(old), outline(old.replace("2", "3")))
    assert [(each.kind, each.old_line, each.line) for each in found] == [("edited", 2, 2)]


def test_a_name_in_the_body_counts_for_a_rename():
    one, two = (outline(f"def {n}(): return {n}, other").statements[0] for n in ("f", "g"))
    assert nameless(one) == nameless(two)
    assert nameless(one) != nameless(outline("def f(): return f, f").statements[0])


def test_the_statements_of_a_class_have_their_true_lines():
    text = "\n\nclass C:\n    x = 1\n\n    @deco\n    def f(self):\n        return 1\n    y = 2; z = 3\n"
    statement, line = outline(text).statements[0], outline(text).lines[0]
    found, lines = children(statement.parse(line), statement.text)
    assert [(each.kind, at) for each, at in zip(found, lines, strict=True)] == [
        ("variable", 4),
        ("function", 6),
        ("variable", 9),
        ("variable", 9),
    ]
    assert found[1].text == "    @deco\n    def f(self):\n        return 1"
    assert [each.index for each in found[2:]] == [0, 1]


def test_matching_takes_linear_time():
    def seconds(count):
        old = outline("".join(f"def f{n}(): return {n}\n" for n in range(count)))
        new = outline("".join(f"def f{n}(): return {n + 1}\n" for n in reversed(range(count))))
        gc.collect()
        gc.disable()  # a collection in the midst would measure what else is in this process
        try:
            start = time.process_time()
            assert len(changes(old, new)) == count
            return time.process_time() - start
        finally:
            gc.enable()

    few, many = (min(seconds(count) for _ in range(5)) for count in (400, 4000))
    assert many < 30 * few
