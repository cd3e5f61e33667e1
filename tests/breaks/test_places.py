"""`livecode.breaks.places`: where a statement stands, and where it stands after an edit."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecode.breaks.found import find
from livecode.breaks.places import Place, Step, after, along, key, place_at, view
from livecode.sources.outline import first_line


def function(body, header="def f(x):"):
    return ast.parse(header + "\n" + "\n".join("    " + line for line in body.strip().split("\n")))


def parsed(body):
    return function(body).body[0]


def position_of(node, wanted):
    """The position of the name `wanted` (the first one)."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id == wanted:
            return each.lineno, each.end_lineno, each.col_offset, each.end_col_offset
    raise LookupError(wanted)


def place_of(node, wanted="FAIL"):
    place = place_at(node, *position_of(node, wanted))
    assert place is not None
    return place


def path(place):
    return [(each.field, each.index) for each in place.steps]


# --- from a position ------------------------------------------------------------------------------------

BODY = """
a = here
for i, there in source:
    with first as f, second as g:
        inner
    try:
        tried
    except kind as e:
        handled
    except other:
        handled_too
    else:
        elsewhere
    finally:
        final
else:
    ended
while test:
    if one: branch
    elif two: branch_two
    else: branch_three
match subject:
    case 1 if guard:
        case_one
    case 2:
        case_two
@decorator
def g(p=default): within
async_ = [each for each in items]
"""


@pytest.mark.parametrize(
    ("name", "steps", "header"),
    [
        ("here", "body0", False),
        ("source", "body1", True),
        ("first", "body1 body0", True),
        ("second", "body1 body0 body0", True),
        ("inner", "body1 body0 body0 body0", False),
        ("tried", "body1 body1 body0", False),
        ("kind", "body1 body1", True),
        ("handled", "body1 body1 handlers0.0", False),
        ("handled_too", "body1 body1 handlers1.0", False),
        ("elsewhere", "body1 body1 orelse0", False),
        ("final", "body1 body1 finalbody0", False),
        ("ended", "body1 orelse0", False),
        ("test", "body2", True),
        ("one", "body2 body0", True),
        ("branch", "body2 body0 body0", False),
        ("two", "body2 body0 orelse0", True),
        ("branch_three", "body2 body0 orelse0 orelse0", False),
        ("subject", "body3", True),
        ("guard", "body3", True),
        ("case_two", "body3 cases1.0", False),
        ("decorator", "body4", True),
        ("default", "body4", True),
        ("items", "body5", False),
    ],
)
def test_a_position_is_in_the_innermost_statement(name, steps, header):
    place = place_of(parsed(BODY), name)
    told = [
        f"{each.field}{each.part}.{each.index}"
        if each.field in ("handlers", "cases")
        else f"{each.field}{each.index}"
        for each in place.steps
    ]
    assert (" ".join(told), place.header, place.target) == (steps, header, False)


def test_positions_of_targets_and_outside():
    node = parsed(BODY)
    assert place_of(node, "there").target and place_of(node, "g").target
    assert not place_of(node, "there").header
    assert place_at(node, 1, 1, 0, 3) is None
    assert place_at(node, 99) is None


def test_lines_without_columns():
    node = parsed(BODY)
    assert path(place_at(node, 2)) == [("body", 0)]
    assert path(place_at(node, 5)) == [("body", 1), ("body", 0), ("body", 0), ("body", 0)]
    assert place_at(node, 19) is None  # a test and a branch on one line
    assert place_at(parsed("a = 1; b = 2"), 2) is None
    assert place_at(node, 3).header


def test_the_instructions_of_a_function_have_places():
    """Every instruction on a line of the body is in a statement that begins before it."""
    tree = function(BODY)
    code = compile(tree, "f", "exec").co_consts[0]
    node = tree.body[0]
    for lineno, end, col, end_col in code.co_positions():
        if lineno is not None and lineno > node.lineno and col is not None:
            place = place_at(node, lineno, end, col, end_col)
            assert place is not None
            assert along(node, place)[-1].lineno - 1 <= lineno


def test_a_cells_statement():
    statement = ast.parse("for i in x:\n    FAIL").body[0]
    place = place_of(statement)
    assert path(place) == [("body", 0), ("body", 0)]
    assert path(after(statement, place)) == [("body", 0), ("body", 1)]


def test_after_is_the_next_statement_or_the_end_of_the_list():
    node = parsed("a\nFAIL\nb")
    assert path(after(node, place_of(node))) == [("body", 2)]
    end = after(node, place_of(node, "b"))
    assert path(end) == [("body", 3)] and after(node, end) == end
    node = parsed("for i in FAIL:\n    a")
    assert after(node, place_of(node)) == Place((Step("body", 1),))


def test_a_view_leaves_the_node_as_it_is():
    node = parsed("with a as b, c, d:\n    with e, g:\n        pass")
    before = ast.dump(node, include_attributes=True)
    nested = view(node)
    assert ast.dump(node, include_attributes=True) == before
    withs = [each for each in ast.walk(nested) if isinstance(each, ast.With)]
    assert [len(each.items) for each in withs] == [1] * 5
    assert len({key(each, node) for each in withs}) == 5
    assert ast.dump(view(nested)) == ast.dump(nested)
    compile(ast.Module([nested], []), "f", "exec")


def test_keys_do_not_depend_on_the_line_of_the_definition():
    moved = ast.parse("\n\n@d\ndef f():\n    for i in x: pass").body[0]
    plain = ast.parse("@d\ndef f():\n    for i in x: pass").body[0]
    assert key(moved.body[0], moved) == key(plain.body[0], plain) == "For@2:4"


# --- to the place after an edit ---------------------------------------------------------------------------

CERTAIN = {
    "identical": ("a\nFAIL\nb", "a\n>FAIL\nb", []),
    "edited": ("a\nFAIL()\nb", "a\n>fixed(1)\nb", []),
    "edited, with others": ("a\nFAIL\nb\nc", "a2\n>FAIL\nb2\nc2\nd2", ["line 2 changed"]),
    "a line above is new": ("a\nFAIL\nb", "a\nnew\n>FAIL\nb", ["line 3 is new and was not run"]),
    "a new line directly above a changed one": (
        "a\ny = FAIL(x)\nb",
        "a\nlog(z)\n>y = fixed(x)\nb",
        ["line 3 is new and was not run"],
    ),
    "new lines far above": (
        "a\nFAIL\nb",
        "new1 = 1\nnew2 = 2\na\n>FAIL\nb",
        ["line 2 is new", "line 3 is new"],
    ),
    "wrapped in try": ("a\nFAIL\nb", "a\n>try:\n    FAIL\nexcept E:\n    c\nb", []),
    "wrapped in if": ("a\nFAIL", "a\n>if x:\n    FAIL", []),
    "wrapped with what follows": ("a\nFAIL\nb\nc", "a\n>with m:\n    FAIL\n    b\n    c", []),
    "wrapped and changed": ("a\nFAIL()\nb", "a\n>try:\n    fixed()\nexcept E:\n    pass\nb", []),
    "gone": ("a\nFAIL\nb", "a\n>b", ["the failing statement is gone; goes on with what follows"]),
    "gone with those around it": ("a\nb\nFAIL\nc\nd", "a\n>d", ["is gone"]),
    "in a loop with another header": (
        "for i in x:\n    a\n    FAIL",
        "for j in y:\n    a\n    >fixed",
        ["the header of the for of line 2 changed", "j in line 2 is not assigned in this turn"],
    ),
    "in a while": (
        "while x:\n    a\n    FAIL",
        "while y:\n    a\n    >fixed",
        ["the while of line 2 changed; it evaluates it in the next turn"],
    ),
    "in a with": (
        "with x as y:\n    FAIL",
        "with z as q:\n    >FAIL",
        ["goes on with the manager that is open", "q in line 2 is not assigned"],
    ),
    "deep": (
        "for i in x:\n    with m, n:\n        try:\n            FAIL\n        finally:\n            c",
        "for i in x:\n    with m, n:\n        try:\n            new\n            >FAIL\n            g\n        finally:\n            d",
        ["line 5 is new"],
    ),
    "between withs": ("with a, FAIL as b, c:\n    d", "with a, >fixed as b, c:\n    d", []),
    "an except clause is new": (
        "try:\n    a\nexcept K:\n    FAIL",
        "try:\n    a\nexcept J:\n    b\nexcept K:\n    >fixed",
        [],
    ),
    "another type in an except clause": (
        "try:\n    a\nexcept K:\n    FAIL\nexcept J:\n    b",
        "try:\n    a\nexcept (K, L):\n    >fixed\nexcept J:\n    b",
        ["the header of the except clause in line 4 changed"],
    ),
    "a case": (
        "match x:\n    case 1:\n        a\n    case 2:\n        FAIL",
        "match x:\n    case 2:\n        >fixed\n    case 1:\n        a",
        [],
    ),
    "another branch before": (
        "if a:\n    FAIL\nelse:\n    b",
        "if z:\n    c\nelif a:\n    >fixed\nelse:\n    b",
        [],
    ),
    "the test of a branch": (
        "if a:\n    FAIL\nelse:\n    b",
        "if z:\n    >fixed\nelse:\n    b",
        ["header"],
    ),
    "an elif": (
        "if a:\n    b\nelif c:\n    FAIL",
        "if a:\n    b\nelif d:\n    e\nelif c:\n    >fixed",
        [],
    ),
    "of three the likeliest": (
        "a\nrows = read(FAIL)\nb",
        "a\nprint(q)\nlimit = 3\n>rows = read(path)\nb",
        ["line 3 is new", "line 4 is new"],
    ),
    "each changed": (
        "a = one(x)\nb = two(FAIL)\nc = three(x)",
        "a = one(y)\n>b = two(y)\nc = three(y)",
        ["line 2 changed and was not run again"],
    ),
    "an if around it": (
        "for i in x:\n    FAIL\nb",
        "if x:\n    for i in x:\n        >FAIL\nb",
        ["branches"],
    ),
    "docstring": ('"""A."""\nFAIL', '"""B."""\n>FAIL', []),
    "its own test": ("if FAIL:\n    a\nb", ">if fixed:\n    a\nb", []),
    "a definition": ("@FAIL\ndef g(): pass", ">@fixed\ndef g(): pass", []),
}


@pytest.mark.parametrize("name", CERTAIN)
def test_certain(name):
    """The place is on the line with ``>``."""
    old_text, new_text, notes = CERTAIN[name]
    above = new_text[: new_text.index(">")].count("\n")
    old, new = parsed(old_text), parsed(new_text.replace(">", ""))
    place = place_of(old)
    found = find(old, place, new)
    assert found.sure and found.why == ""
    statements = along(new, found.place)
    assert len(statements) == len(found.place.steps)
    assert first_line(statements[-1]) == above + 2
    assert found.place.header == place.header
    for note in notes:
        assert any(note in each for each in found.notes), found.notes
    assert bool(found.notes) == bool(notes)


@pytest.mark.parametrize(
    ("old_text", "new_text", "steps"),
    [
        ("for i in x:\n    a\n    FAIL\nb", "for i in x:\n    a\nb", [("body", 0), ("body", 1)]),
        ("if a:\n    b\nelse:\n    FAIL\nc", "if a:\n    b\nc", [("body", 0), ("orelse", 0)]),
        (
            "try:\n    b\nfinally:\n    FAIL",
            "try:\n    b\nexcept: pass",
            [("body", 0), ("finalbody", 0)],
        ),
    ],
)
def test_gone_at_the_end_of_a_list(old_text, new_text, steps):
    old, new = parsed(old_text), parsed(new_text)
    found = find(old, place_of(old), new)
    assert found.notes == ("the failing statement is gone; goes on with what follows",)
    assert path(found.place) == steps and len(along(new, found.place)) == len(steps) - 1


UNCERTAIN = {
    "one of several": ("a\nFAIL()\nb", "a\nc\nd\nb", "line 3 could be line 3 or line 4 now"),
    "moved down": ("a\nFAIL\nb\nc", "a\nb\nc\nFAIL", "moved"),
    "moved up": ("a\nb\nc\nFAIL", "FAIL\na\nb\nc", "moved"),
    "others moved past it": ("a\nb\nFAIL\nc", "a\nc\nb\nFAIL", "moved"),
    "repeated": ("p()\nx1 = FAIL\np()", "p()\np()\np()", None),
    "its loop is gone": ("for i in x:\n    FAIL\nb", "FAIL\nb", "became"),
    "its loop is another": ("for i in x:\n    FAIL\nb", "while x:\n    FAIL\nb", "became"),
    "its loop is gone altogether": (
        "a\nfor i in x:\n    FAIL\nb",
        "a\nb",
        "the for of line 3 is gone",
    ),
    "the loop is in a with": (
        "for i in x:\n    FAIL",
        "with m:\n    for i in x:\n        FAIL",
        "became",
    ),
    "the with is async": (
        "with x:\n    FAIL",
        "async with x:\n    FAIL",
        "the with of line 2 became the async with of line 2",
    ),
    "wrapped with what came before": ("a\nFAIL\nb", "with m:\n    a\n    FAIL\nb", ""),
    "except clauses": (
        "try:\n    a\nexcept K:\n    FAIL\nexcept J:\n    b",
        "try:\n    a\nexcept L:\n    fixed\nexcept M:\n    b",
        "which except clause that of line 4 is",
    ),
    "branches": (
        "if a:\n    FAIL\nelse:\n    b",
        "if c:\n    fixed\nelif d:\n    e\nelse:\n    b",
        "which branch",
    ),
}


@pytest.mark.parametrize("name", UNCERTAIN)
def test_refused(name):
    old_text, new_text, why = UNCERTAIN[name]
    header = "async def f(x):"
    old, new = function(old_text, header).body[0], function(new_text, header).body[0]
    found = find(old, place_of(old), new)
    if why is None:
        assert found.sure or found.why
        return
    assert found.place is None and not found.sure
    assert why in found.why
    assert "line" in found.why and "\n" not in found.why


def test_a_loop_that_was_entered_stays_that_loop():
    old = parsed("for i in FAIL:\n    a\nb")
    new = parsed("try:\n    for i in fixed:\n        a\nfinally:\n    c\nb")
    place = place_of(old)
    assert find(old, place, new).sure
    found = find(old, place, new, {key(old.body[0], old)})
    assert "became the try" in found.why
    same = parsed("new\nfor i in fixed:\n    a\nb")
    found = find(old, place, same, {key(old.body[0], old)})
    assert found.place == Place((Step("body", 1),), header=True)
    assert found.held({key(old.body[0], old): "it"}) == {key(same.body[1], same): "it"}


def test_a_while_does_not_begin_anew_as_another_loop():
    old = parsed("while FAIL:\n    a\nb")
    assert not find(old, place_of(old), parsed("for i in x:\n    a\nb")).sure
    assert find(
        old, place_of(old), parsed("try:\n    while x:\n        a\nfinally:\n    c\nb")
    ).sure


def test_a_duplicate_is_not_chosen_by_chance():
    old = parsed("p()\np()\nc")
    for index in (0, 1):
        found = find(old, Place((Step("body", index),)), parsed("p()\np()\np()\nc"))
        assert found.why == f"line {index + 2} could be line {index + 2} or line {index + 3} now"


def test_new_lines_directly_above_can_be_run():
    old = parsed("a\nfor i in x:\n    FAIL\n    b")
    new = parsed("a\nfor i in x:\n    k = 1\n    l = 2\n    FAIL\n    b")
    found = find(old, place_of(old), new)
    assert path(found.place) == [("body", 1), ("body", 2)]
    assert path(found.earlier) == [("body", 1), ("body", 0)]
    assert find(old, place_of(old), old).earlier is None


def test_of_several_replacements_the_first_is_offered():
    old = parsed("for i in x:\n    a\n    n += int(FAIL)\nb")
    new = parsed("for i in x:\n    a\n    i = i.strip()\n    if i:\n        n += int(i)\nb")
    found = find(old, place_of(old), new)
    assert found.place is None and found.why == "line 4 could be line 4 or line 5 now"
    assert path(found.earlier) == [("body", 0), ("body", 1)]
    assert found.held({"For@1:4": 1}) == {"For@1:4": 1}
    old, new = parsed("a\nFAIL(x)\nb"), parsed("try:\n    a\n    fixed()\nexcept K: pass\nb")
    found = find(old, place_of(old), new)
    assert found.why == "line 3 may be inside of the try of line 2 now, which was not entered"
    assert found.earlier is None


@pytest.mark.parametrize(
    ("text", "header", "why"),
    [
        ("a\nFAIL\nyield 1", "def f(x):", "a plain function and is a generator"),
        ("a\nFAIL", "async def f(x):", "a plain function and is a coroutine"),
        ("a\nFAIL\nyield 1", "async def f(x):", "a plain function and is an async generator"),
    ],
)
def test_a_function_of_another_kind_is_refused(text, header, why):
    old = parsed("a\nFAIL\ndef g(): yield (lambda: (yield))")
    found = find(old, place_of(old), function(text, header).body[0])
    assert why in found.why and found.place is None


def test_new_parameters_have_no_value():
    old, new = parsed("a = 1\nFAIL"), function("a = 1\nfixed", "def f(x, a, y=1, *, z=2):").body[0]
    assert find(old, place_of(old), new).notes == (
        "y is a new parameter and has no value here",
        "z is a new parameter and has no value here",
    )


def test_pairs_name_what_is_held():
    old = parsed("for i in x:\n    with a, b:\n        FAIL")
    new = parsed("new\nfor i in x:\n    with a, b:\n        fixed")
    found = find(old, place_of(old), new)
    assert found.pairs[:3] == (
        ("For@1:4", "For@2:4"),
        ("With@2:8", "With@3:8"),
        ("With@2:16", "With@3:16"),
    )
    assert found.held({"With@2:16": 1, "With@9:9": 2}) == {"With@3:16": 1}


def test_the_end_of_a_list_stays_behind_its_last_statement():
    old = parsed("for i in x:\n    a\n    b")
    end = Place((Step("body", 0), Step("body", 2)))
    assert path(find(old, end, parsed("for i in x:\n    a\n    b\n    c")).place)[-1] == ("body", 2)
    assert path(find(old, end, parsed("for i in x:\n    n\n    a\n    b")).place)[-1] == ("body", 3)


# --- properties -------------------------------------------------------------------------------------------

statements_ = st.sampled_from(["a", "b()", "c = 1", "d = e(2)", "pass", "x += 1", "p(3)", "p(4)"])


@st.composite
def bodies(draw, depth=2):
    """A list of statements with one ``FAIL`` in it, or in one of its compound statements."""
    before = draw(st.lists(statements_, max_size=4))
    behind = draw(st.lists(statements_, max_size=4))
    here = ["y = FAIL(z)"]
    if depth and draw(st.booleans()):
        inner = draw(bodies(depth - 1))
        header = draw(st.sampled_from(["for i in x:", "with m as n:", "while t:", "if u:", "try:"]))
        here = [header, *("    " + line for line in inner)]
        if header == "try:":
            here += ["finally:", "    g()"]
    return [*before, *here, *behind]


@settings(max_examples=200, deadline=None)
@given(bodies(), st.data())
def test_other_lines_do_not_move_the_place(lines, data):
    """Whatever line is added, removed or changed, the place found is that of the failing line."""
    old = parsed("\n".join(lines))
    place = place_of(old)
    assert find(old, place, old).place == place
    at = data.draw(st.integers(0, len(lines) - 1))
    indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
    edit = data.draw(st.sampled_from(["add", "change", "remove"]))
    new_lines = list(lines)
    if edit == "add":
        new_lines.insert(at, indent + data.draw(statements_))
    elif lines[at].endswith(":") or "FAIL" in lines[at]:
        return
    else:
        new_lines[at : at + 1] = [indent + "new_one(5)"] if edit == "change" else []
    try:
        new = parsed("\n".join(new_lines))
    except SyntaxError:
        return
    found = find(old, place, new)
    assert not found.sure or found.place == place_of(new)
    assert found.sure or edit == "remove", found.why


@settings(max_examples=200, deadline=None)
@given(bodies(), bodies())
def test_any_two_bodies(old_lines, new_lines):
    """A place that is found exists, in loops and withs of the same kinds."""
    old, new = parsed("\n".join(old_lines)), parsed("\n".join(new_lines))
    place = place_of(old)
    found = find(old, place, new)
    assert found.sure == (found.place is not None) == (not found.why)
    if found.place is None:
        return
    steps = found.place.steps
    assert len(along(new, found.place)) >= len(steps) - 1
    around = [type(each) for each in along(old, place)[:-1] if not isinstance(each, ast.If)]
    now = along(new, found.place)[: len(steps) - 1]
    assert [type(each) for each in now if not isinstance(each, ast.If)] == around


def test_a_large_function_is_fast():
    lines = [f"v{number} = f{number}(x)" for number in range(1500)]
    old = parsed("\n".join([*lines[:750], "FAIL", *lines[750:]]))
    new = parsed("\n".join(["a = 1", *lines[:750], "fixed", *lines[750:], "b = 2"]))
    start = time.perf_counter()
    assert path(find(old, place_of(old), new).place) == [("body", 751)]
    assert time.perf_counter() - start < 2
