"""`livecode.evolution.difference`: a case for each row of the decision table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livecode.evolution import difference as module
from livecode.evolution.difference import LayoutChange, difference
from livecode.evolution.layouts import REQUIRED, layout
from tests.evolution.sample import change, classes, init


def plain(*lines: str, body: str = "pass") -> str:
    return init(*lines, parameters="self, a=None, b=None", head=f"class A:\n    {body}")


def slots(names: str, *lines: str) -> str:
    return plain(*lines, body=f"__slots__ = {tuple(names.split())}")


def data(*fields: str, options: str = "", body: str = "pass") -> str:
    lines = "".join(f"    {each}\n" for each in fields)
    return f"@dataclass({options})\nclass A:\n    {body}\n{lines}"


def tuples(*fields: str) -> str:
    return "class A(NamedTuple):\n" + "".join(f"    {each}\n" for each in fields)


def members(*lines: str, base: str = "enum.Enum") -> str:
    return f"class A({base}):\n" + "".join(f"    {each}\n" for each in lines)


PROPERTY = "@property\n    def x(self): return 1"


def told(change: LayoutChange) -> dict[str, object]:
    """What of a change is not empty, as names."""
    parts: dict[str, object] = {
        "added": [each.name for each in change.added],
        "owed": [each.name for each in change.owed],
        "filled": {
            each.name: each.default.make() for each in change.filled if each.default is not None
        },
        "removed": [each.name for each in change.removed],
        "leaving": sorted(change.leaving),
        "from_class": [each.name for each in change.from_class],
        "became": {a.name: s.kind for a, s in change.became_shared},
        "was": {a.name: s.kind for s, a in change.was_shared},
        "redeclared": {a.name: f"{a.how} {b.how}" for a, b in change.redeclared},
        "retyped": {a.name: f"{a.annotation} {b.annotation}" for a, b in change.retyped},
        "default": [a.name for a, _ in change.default_changed],
        "renamed": [f"{a} {b}" for a, b in change.perhaps_renamed],
        "replace": change.replace,
        "reordered": change.reordered,
        "members": {
            key: list(getattr(change.members, key))
            for key in ("added", "removed", "changed")
            if getattr(change.members, key)
        },
    }
    return {key: value for key, value in parts.items() if value}


NOTHING: dict[str, object] = {}

ROWS = {
    # -- attributes that come -------------------------------------------------------------------
    "literal": (plain(), plain("self.x = 5"), {"added": ["x"], "filled": {"x": 5}}),
    "no literal": (plain(), plain("self.x = a"), {"added": ["x"], "owed": ["x"]}),
    "conditional": (plain(), plain("if a: self.x = 5"), {"added": ["x"], "owed": ["x"]}),
    "class value too": (plain(), plain("self.x = a", body="x = 1"), {"added": ["x"]}),
    "field without default": (data(), data("x: int"), {"added": ["x"], "owed": ["x"]}),
    "field with default": (data(), data("x: int = 5"), {"added": ["x"], "filled": {"x": 5}}),
    "field with factory": (
        data(),
        data("x: list = field(default_factory=list)"),
        {"added": ["x"], "filled": {"x": []}},
    ),
    "field not in init": (data(), data("x: int = field(init=False)"), {"added": ["x"]}),
    "field, init=False, class value": (
        data(),
        data("x: int = field(default=1, init=False)"),
        {"added": ["x"]},
    ),
    "inherited field": (
        "@dataclass\nclass P:\n    y: int = 0\n@dataclass\nclass A(P): pass\n",
        "@dataclass\nclass P:\n    y: int = 0\n    x: int = 1\n@dataclass\nclass A(P): pass\n",
        {"added": ["x"], "filled": {"x": 1}},
    ),
    "kw_only field": (
        data(),
        data("x: int", options="kw_only=True"),
        {"added": ["x"], "owed": ["x"]},
    ),
    "InitVar": (data(), data("x: InitVar[int]"), NOTHING),
    "ClassVar": (data(), data("x: ClassVar[int] = 0"), NOTHING),
    "bare annotation": (plain(), plain(body="x: int"), NOTHING),
    "bare annotation that goes": (plain(body="x: int"), plain(), NOTHING),
    "annotation, then assigned": (
        plain(body="x: int"),
        plain("self.x = 0", body="x: int"),
        {"added": ["x"], "filled": {"x": 0}, "redeclared": {}},
    ),
    "method of class only": (plain(), plain(body="def f(self): self.x = 0"), NOTHING),
    # -- slots ----------------------------------------------------------------------------------
    "slot and literal": (
        slots("y"),
        slots("y x", "self.x = 5"),
        {"added": ["x"], "filled": {"x": 5}, "replace": True},
    ),
    "slot and parameter": (
        slots("y"),
        slots("y x", "self.x = a"),
        {"added": ["x"], "owed": ["x"], "replace": True},
    ),
    "slot alone": (slots("y"), slots("y x"), {"added": ["x"], "replace": True}),
    "slot that is assigned now": (
        slots("x"),
        slots("x", "self.x = 5"),
        {"added": ["x"], "filled": {"x": 5}},
    ),
    "slot goes": (
        slots("y x", "self.x = 5"),
        slots("y"),
        {"removed": ["x"], "leaving": ["x"], "replace": True},
    ),
    "slots reordered": (slots("x y"), slots("y x"), {"reordered": True}),
    "dict to slots": (
        plain("self.x = self.y = self.z = a"),
        slots("x y", "self.x = self.y = a"),
        {
            "removed": ["z"],
            "leaving": ["z"],
            "replace": True,
            "redeclared": {"x": "assigned slot", "y": "assigned slot"},
        },
    ),
    "dict to slots, one forgotten": (
        plain("self.x = self.z = a"),
        slots("x", "self.x = self.z = a"),
        {"removed": ["z"], "leaving": ["z"], "replace": True, "redeclared": {"x": "assigned slot"}},
    ),
    "slots to dict": (
        slots("x", "self.x = a"),
        plain("self.x = a"),
        {"replace": True, "redeclared": {"x": "slot assigned"}},
    ),
    "dict to slots and dict": (
        plain("self.x = self.y = a"),
        slots("x __dict__", "self.x = self.y = a"),
        {"replace": True, "redeclared": {"x": "assigned slot"}},
    ),
    "slots gain weak references": (slots("x"), slots("x __weakref__"), {"replace": True}),
    "slots=True": (
        data("x: int"),
        data("x: int", options="slots=True"),
        {"replace": True},
    ),
    "field of slots=True": (
        data("x: int", options="slots=True"),
        data("x: int", "y: int = 2", options="slots=True"),
        {"added": ["y"], "filled": {"y": 2}, "replace": True},
    ),
    "slot moves to a base": (
        "class P:\n    __slots__ = ()\nclass A(P):\n    __slots__ = ('x', 'y')\n",
        "class P:\n    __slots__ = ('x',)\nclass A(P):\n    __slots__ = ('y',)\n",
        {"replace": True},
    ),
    # -- attributes that go ---------------------------------------------------------------------
    "assigned goes": (plain("self.x = a"), plain(), {"removed": ["x"]}),
    "field goes": (data("x: int"), data(), {"removed": ["x"], "leaving": ["x"]}),
    "assigned to bare annotation": (plain("self.x = a"), plain(body="x: int"), NOTHING),
    "field to bare annotation": (data("x: int"), plain(body="x: int"), NOTHING),
    "field to InitVar": (
        data("x: int"),
        data("x: InitVar[int]"),
        {"removed": ["x"], "leaving": ["x"]},
    ),
    "field to ClassVar": (
        data("x: int = 0"),
        data("x: ClassVar[int] = 0"),
        {"removed": ["x"], "leaving": ["x"], "became": {"x": "value"}},
    ),
    # -- declared or not ------------------------------------------------------------------------
    "assigned to field": (
        plain("self.x = a"),
        data("x: int"),
        {"redeclared": {"x": "assigned field"}},
    ),
    "field to assigned": (
        data("x: int"),
        plain("self.x = a"),
        {"redeclared": {"x": "field assigned"}},
    ),
    # -- what the class gives -------------------------------------------------------------------
    "assigned to property": (
        plain("self.x = a"),
        plain(body=PROPERTY),
        {"removed": ["x"], "became": {"x": "property"}},
    ),
    "assigned to property with a place": (
        plain("self.x = a"),
        plain("self._x = a", body=PROPERTY),
        {
            "added": ["_x"],
            "owed": ["_x"],
            "removed": ["x"],
            "became": {"x": "property"},
            "renamed": ["x _x"],
        },
    ),
    "assigned to property with a setter": (
        plain("self.x = a"),
        plain(
            "self.x = a",
            body=PROPERTY + "\n    @x.setter\n    def x(self, value): self.__x = value",
        ),
        {
            "added": ["_A__x"],
            "owed": ["_A__x"],
            "removed": ["x"],
            "became": {"x": "property"},
            "renamed": ["x _A__x"],
        },
    ),
    "field to property": (
        data("x: int"),
        data(body=PROPERTY),
        {"removed": ["x"], "leaving": ["x"], "became": {"x": "property"}},
    ),
    "property to attribute": (
        plain(body=PROPERTY),
        plain("self.x = a"),
        {"added": ["x"], "owed": ["x"], "was": {"x": "property"}},
    ),
    "property to attribute with literal": (
        plain(body=PROPERTY),
        plain("self.x = 3"),
        {"added": ["x"], "filled": {"x": 3}, "was": {"x": "property"}},
    ),
    "property with a place to attribute": (
        plain("self._x = a", body=PROPERTY),
        plain("self.x = a"),
        {
            "added": ["x"],
            "owed": ["x"],
            "removed": ["_x"],
            "was": {"x": "property"},
            "renamed": ["_x x"],
        },
    ),
    "assigned to method": (
        plain("self.x = a"),
        plain(body="def x(self): pass"),
        {"removed": ["x"], "leaving": ["x"], "became": {"x": "method"}},
    ),
    "assigned to cached_property": (
        plain("self.x = a"),
        plain(body="@functools.cached_property\n    def x(self): pass"),
        {"removed": ["x"], "leaving": ["x"], "became": {"x": "method"}},
    ),
    "assigned to class value": (
        plain("self.x = a"),
        plain(body="x = 1"),
        {"removed": ["x"], "became": {"x": "value"}},
    ),
    "class value to attribute": (
        plain(body="x = 1"),
        plain("self.x = a"),
        {"from_class": ["x"], "filled": {"x": 1}, "was": {"x": "value"}},
    ),
    "class value to attribute with literal": (
        plain(body="x = 1"),
        plain("self.x = 2"),
        {"from_class": ["x"], "filled": {"x": 1}, "was": {"x": "value"}},
    ),
    "class value, assigned too": (
        plain(body="x = 1"),
        plain("self.x = a", body="x = 1"),
        {"was": {"x": "value"}},
    ),
    "class value to field": (
        plain(body="x = 1"),
        data("x: int"),
        {"from_class": ["x"], "filled": {"x": 1}, "was": {"x": "value"}},
    ),
    "class value to slot": (
        plain(body="x = 1"),
        slots("x", "self.x = a"),
        {"from_class": ["x"], "filled": {"x": 1}, "was": {"x": "value"}, "replace": True},
    ),
    # -- nothing to do --------------------------------------------------------------------------
    "same": (plain("self.x = 1"), plain("self.x = 1"), NOTHING),
    "literal changed": (plain("self.x = 1"), plain("self.x = 2"), {"default": ["x"]}),
    "default changed": (data("x: int = 1"), data("x: int = 2"), {"default": ["x"]}),
    "no default any more": (plain("self.x = 1"), plain("self.x = a"), {"default": ["x"]}),
    "only formatting": (
        data("x: dict[str,int] = field(default_factory = dict)"),
        data("x: 'dict[str, int]' = field(default_factory=dict)"),
        NOTHING,
    ),
    "annotation changed": (data("x: int"), data("x: float"), {"retyped": {"x": "int float"}}),
    "bare annotation changed": (
        plain(body="x: int"),
        plain(body="x: str"),
        {"retyped": {"x": "int str"}},
    ),
    "dict reordered": (
        plain("self.x = self.y = a"),
        plain("self.y = self.x = a"),
        {"reordered": True},
    ),
    "fields reordered": (data("x: int", "y: int"), data("y: int", "x: int"), {"reordered": True}),
    "frozen": (data("x: int"), data("x: int", options="frozen=True"), NOTHING),
    # -- namedtuples ----------------------------------------------------------------------------
    "tuple field comes": (
        tuples("x: int"),
        tuples("x: int", "y: int"),
        {"added": ["y"], "owed": ["y"], "replace": True},
    ),
    "tuple field with default": (
        tuples("x: int"),
        tuples("x: int", "y: int = 3"),
        {"added": ["y"], "filled": {"y": 3}, "replace": True},
    ),
    "tuple field goes": (
        tuples("x: int", "y: int"),
        tuples("x: int"),
        {"removed": ["y"], "leaving": ["y"], "replace": True},
    ),
    "tuple reordered": (
        tuples("x: int", "y: int"),
        tuples("y: int", "x: int"),
        {"reordered": True, "replace": True},
    ),
    "tuple default": (tuples("x: int = 1"), tuples("x: int = 2"), {"default": ["x"]}),
    "tuple renamed": (
        tuples("x: int", "y: int"),
        tuples("x: int", "z: int"),
        {
            "added": ["z"],
            "owed": ["z"],
            "removed": ["y"],
            "leaving": ["y"],
            "renamed": ["y z"],
            "replace": True,
        },
    ),
    "tuple to dataclass": (
        tuples("x: int"),
        data("x: int"),
        {"replace": True, "redeclared": {"x": "member field"}},
    ),
    # -- Enums ----------------------------------------------------------------------------------
    "member comes": (members("X = 1"), members("X = 1", "Y = 2"), {"members": {"added": ["Y"]}}),
    "member goes": (members("X = 1", "Y = 2"), members("X = 1"), {"members": {"removed": ["Y"]}}),
    "member's value": (members("X = 1"), members("X = 2"), {"members": {"changed": ["X"]}}),
    "member's value of another type": (
        members("X = 1"),
        members("X = True"),
        {"members": {"changed": ["X"]}},
    ),
    "members reordered": (members("X = 1", "Y = 2"), members("Y = 2", "X = 1"), NOTHING),
    "members the same": (members("X = 1, ('a', 2.5)"), members("X = 1, ('a', 2.5)"), NOTHING),
    "Enum to IntEnum": (
        members("X = 1"),
        members("X = 1", base="enum.IntEnum"),
        {"replace": True},
    ),
}


@pytest.mark.parametrize("old, new, expected", ROWS.values(), ids=ROWS.keys())
def test_row(old, new, expected):
    found = change(old, new)
    assert told(found) == {key: value for key, value in expected.items() if value}
    touches = {"added", "removed", "from_class", "replace", "members"}
    assert bool(found) == bool(touches & expected.keys())


@pytest.mark.parametrize(
    "row",
    [name for name, (old, new, _) in ROWS.items() if "enum" not in old],
)
def test_nothing_changes_from_a_class_to_itself(row):
    for text in ROWS[row][:2]:
        assert told(change(text, text)) == {}


@pytest.mark.parametrize("row", ROWS)
def test_a_new_instance_has_what_its_layout_says(row):
    """The oracle for `expected` and for defaults: an instance that Python builds."""
    for text in ROWS[row][:2]:
        if row == "conditional" or row.startswith("dict to slots, one forgotten"):
            continue
        namespace, text_of = classes(text)
        cls = namespace["A"]
        found = layout(cls, text_of)
        if found.kind.form == "enum":
            continue
        required = [a.name for a in found.attributes.values() if a.why == REQUIRED]
        extra = {"x": 1} if "InitVar" in text else {}
        instance = cls(**dict.fromkeys(required, 1), **extra)
        has = {*getattr(instance, "__dict__", ()), *getattr(cls, "_fields", ())}
        has |= {name for name in found.kind.slots if hasattr(instance, name)}
        expected = {a.name: a for a in found.attributes.values() if a.expected}
        by_class = {n for n, a in expected.items() if a.default and not a.default.stores}
        assert has - by_class == expected.keys() - by_class
        for name, attribute in expected.items():
            if attribute.default is not None and attribute.default.stores:
                assert attribute.default.make() == getattr(instance, name)


# -- bases and subclasses ------------------------------------------------------------------------

BASES = (
    "class P:\n    def __init__(self): self.p = 0\nclass Q:\n    def __init__(self): self.q = 0\n"
)


def test_attributes_come_and_go_with_a_base():
    found = change(BASES + "class A(P): pass\n", BASES + "class A(Q): pass\n")
    assert told(found) == {"added": ["q"], "filled": {"q": 0}, "removed": ["p"], "renamed": ["p q"]}


def test_another_base_in_c_needs_new_objects():
    found = change("class A(dict): pass\n", "class A(list): pass\n")
    assert found.replace and found.kind.why == "its base builtins.dict became builtins.list"


def test_a_subclass_that_overrides_init_does_not_get_what_its_parent_assigns():
    old = "class P: pass\nclass A(P):\n    def __init__(self): pass\n"
    new = (
        "class P:\n    def __init__(self): self.x = a\nclass A(P):\n    def __init__(self): pass\n"
    )
    assert told(change(old, new)) == {}
    assert told(change(old, new, "P")) == {"added": ["x"], "owed": ["x"]}


def test_a_subclass_gives_its_own_default():
    old = "class P:\n    def __init__(self): pass\nclass A(P):\n    x = 7\n"
    new = "class P:\n    def __init__(self, x=0): self.x = x\nclass A(P):\n    x = 7\n"
    assert told(change(old, new)) == {"was": {"x": "value"}}
    assert not change(old, new)


def test_what_an_untracked_base_may_assign_is_not_removed():
    old = BASES + "class A:\n    def __init__(self): self.p = self.x = 0\n"
    new = BASES + "class A(P):\n    def __init__(self): super().__init__(); self.x = 0\n"
    assert told(change(old, new, untracked=((), ("P",)))) == {}
    assert told(change(old, new)) == {}
    assert told(change(new, old, untracked=(("P",), ()))) == {"added": ["p"], "filled": {"p": 0}}


# -- kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, why",
    [
        (slots("x"), slots("x y"), "its slots changed"),
        (plain(), slots("x"), "its instances have no __dict__ now"),
        (slots("x"), plain(), "its instances have __dict__ now"),
        (slots("x"), slots("x __weakref__"), "its instances take weak references now"),
        (tuples("x: int"), tuples("y: int"), "the fields of a tuple changed"),
        (data("x: int"), data("x: int", options="frozen=True"), "it is frozen now"),
        (data("x: int", options="frozen=True"), data("x: int"), "it is not frozen any more"),
        (
            ROWS["slot moves to a base"][0],
            ROWS["slot moves to a base"][1],
            "other classes of its bases hold the slots",
        ),
    ],
)
def test_why_the_kind_changed(old, new, why):
    assert change(old, new).kind.why == why


def test_the_same_kind_is_no_change_of_kind():
    assert change(plain(), plain("self.x = 0")).kind is None


# -- values --------------------------------------------------------------------------------------


def test_each_instance_keeps_its_own_copy_of_a_collection_that_the_class_shared():
    found = change(plain(body="x = [1]"), plain("self.x = []"))
    default = found.from_class[0].default
    assert default.make() == [1]
    assert default.make() is not default.make()


def test_a_class_value_that_is_an_instance_and_gone_is_owed():
    namespace, text_of = classes(plain(body="x = None"))
    cls = namespace["A"]
    cls.x = cls()
    old = layout(cls, text_of)
    del cls.x
    namespace, text_of = classes(plain("self.x = a"))
    assert [each.name for each in difference(old, layout(namespace["A"], text_of)).owed] == ["x"]


def test_no_user_code_is_run_to_compare():
    loud = """
class Loud:
    __hash__ = object.__hash__
    def __eq__(self, other): raise AssertionError("compared")
"""
    old = loud + data("x: object = Loud()", body="y = Loud()")
    new = loud + data("x: object = Loud()", "z: object = Loud()")
    assert [each.name for each in change(old, new).filled] == ["z"]
    assert told(change(loud + members("X = Loud()"), loud + members("X = Loud()"))) == {
        "members": {"changed": ["X"]}
    }


# -- renames -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, renamed",
    [
        (plain("self.x = a"), plain("self.y = a"), ["x y"]),
        (plain("self.x = x"), plain("self.y = y"), ["x y"]),
        (plain("self.w = 1", "self.x = 0"), plain("self.w = 1", "self.y = 0"), ["x y"]),
        (data("w: int", "x: int"), data("w: int", "y: int"), ["x y"]),
        (data("w: int", "x: int"), data("w: int", "y: str"), []),
        (data("w: int", "x: int"), data("y: int", "w: int"), ["x y"]),
        (data("x: int", "y: int"), data("v: int", "w: int"), ["x v", "y w"]),
        (data("x: int", "y: str"), data("w: str", "v: int"), []),
        (
            plain("self.x = f(a)", "self.y = g(a)"),
            plain("self.v = g(a)", "self.w = f(a)"),
            ["x w", "y v"],
        ),
        (plain("self.x = self.y = 0"), plain("self.v = self.w = 0"), []),
        (plain("self.x = a"), plain("self._x = b"), ["x _x"]),
        (plain("self.x = a"), plain("self.x = a", "self.y = a"), []),
        (plain("self.x = a", "self.y = a"), plain("self.x = a"), []),
        (slots("x", "self.x = a"), slots("y", "self.y = a"), ["x y"]),
        (plain("self.x = 0", "self.w = 0"), plain("self.w = 0", "self.y = a"), []),
    ],
)
def test_renames_that_are_offered(old, new, renamed):
    assert [f"{a} {b}" for a, b in change(old, new).perhaps_renamed] == renamed


# -- the tables ----------------------------------------------------------------------------------


def rows_of_code() -> list[list[str]]:
    """The tables of the docstring: cells by the columns of their rules; a row may be continued."""
    rows, columns = [], []
    for line in (module.__doc__ or "").splitlines():
        if line.startswith("==="):
            columns = [(m.start(), m.end()) for m in re.finditer("=+", line)]
            columns[-1] = (columns[-1][0], 200)
        elif columns and line:
            cells = [line[start:end].strip() for start, end in columns]
            if line.startswith("   "):
                rows[-1] = [f"{a} {b}".strip() for a, b in zip(rows[-1], cells, strict=True)]
            else:
                rows.append(cells)
    return rows


def rows_of_docs() -> list[list[str]]:
    text = (Path(__file__).parents[2] / "docs" / "layouts.md").read_text()
    text = text[text.index("## Attributes") :]
    lines = [line for line in text.splitlines() if line.startswith("|") and "---" not in line]
    return [[cell.strip().replace("`", "") for cell in line.split("|")[1:-2]] for line in lines]


def test_the_tables_of_docs_and_code_are_alike():
    code = [[re.sub(" +", " ", cell.replace("`", "")) for cell in row] for row in rows_of_code()]
    docs = rows_of_docs()
    for row in docs:
        row[3:] = [cell.replace("old.", "") for cell in row[3:]]
    assert code == docs
