"""What the machine found, each as small as it gets; the names say what went wrong."""

from __future__ import annotations

import copy
import gc

import pytest

from tests.evolution.live import Live

HEAD = "from dataclasses import dataclass, field\nfrom typing import NamedTuple\n"


@pytest.fixture
def live():
    program = Live()
    yield program
    program.close()


def start(live, text, *made):
    live.start(HEAD + text)
    for each in made:
        live.run(f"everything.append({each})")


def save(live, text, **options):
    report = live.save(HEAD + text, **options)
    assert not report.failed, report
    return report


A = "@dataclass\nclass A:\n    x: int = 1\n"
B = "@dataclass{0}\nclass B(A):\n    y: int = 2\n    z: list = field(default_factory=list)\n"


@pytest.mark.parametrize("options", ["", "(frozen=True)", "(slots=True)", "(order=True)"])
def test_a_dataclass_kept_the_fields_that_it_inherited_before(live, options):
    a = A.replace("@dataclass", "@dataclass(frozen=True)") if "frozen" in options else A
    b = B.format(options)
    start(live, a + b, "m.B(5)")
    cls = live("m.B")
    save(live, a.replace("x: int = 1\n", "x: int = 1\n    w: int = 3\n") + b)
    assert live("repr(everything[0])") == "B(x=5, w=3, y=2, z=[])"
    assert live("repr(m.B(1, 2, 3))") == "B(x=1, w=2, y=3, z=[])"
    assert live("m.B().z is not m.B().z and m.B.__match_args__") == ("x", "w", "y", "z")
    assert live("type(everything[0]) is m.B")
    assert cls is live("m.B")  # the local variable follows, too
    if "frozen" in options:
        with pytest.raises(AttributeError):
            live("setattr(m.B(), 'w', 1)")
    live.undo()
    assert live("repr(everything[0]), repr(m.B(1, 2))") == (
        "B(x=5, y=2, z=[])",
        "B(x=1, y=2, z=[])",
    )


def test_a_subclass_that_an_undo_needs_was_generated_anew(live):
    start(live, A + B.format(""))
    save(live, A + B.format("(slots=True)"))
    frozen = A.replace("@dataclass", "@dataclass(frozen=True)") + B.format("(frozen=True)")
    save(live, frozen)
    live.undo()
    live.undo()
    assert live("repr(m.B(y=3))") == "B(x=1, y=3, z=[])"


def test_the_successor_of_a_successor_was_left_between_the_two(live):
    a, b = "class A:\n    pass\n", "class B(A):\n    {0}pass\n"
    start(live, a + b.format(""), "m.B()")
    save(live, a.replace("pass", "__slots__ = ()") + b.format("__slots__ = ('x',); "))
    assert live("type(everything[0]) is m.B and m.B.__mro__[1] is m.A")


def test_a_new_base_without_dict_needs_new_objects(live):
    a, b = "class A:\n    {0}\n", "class B(A):\n    pass\n"
    start(live, a.format("pass") + b, "m.B()")
    live.run("everything[0].x = 1")
    save(live, a.format("__slots__ = ()") + b)
    assert live("type(everything[0]) is m.B and everything[0].x") == 1


def test_copies_of_new_objects_had_the_slots_of_old_ones(live):
    text = "class A:\n    __slots__ = ('x',)\nclass B(A):\n    __slots__ = ('y',)\n"
    start(live, text, "m.B()")
    live.run("everything[0].x = everything[0].y = 1")
    copy.copy(live("everything[0]"))
    save(live, text.replace("('x',)", "('x', 'w')"))
    live.run("everything[0].w = 2")
    assert copy.copy(live("everything[0]")).w == 2


def test_an_item_of_a_namedtuple_was_read_at_its_old_place(live):
    text = "class N(NamedTuple):\n    {0}x: int\n    z: int = 3\n"
    start(live, text.format(""), "m.N(1)")
    save(live, text.format("y: int\n    "))
    assert live("m.N(7, 8).x, m.N(7, 8).y") == (8, 7)
    assert live("everything[0].x, everything[0].z, isinstance(everything[0], m.N)") == (1, 3, True)
    with pytest.raises(AttributeError) as raised:
        live("everything[0].y")
    assert "__reinit__" in raised.value.__notes__[0]
    assert live("repr(everything[0])") == "N(x=1, z=3)"
    save(live, text.format("y: int = 5\n    ").replace("x: int", "x: int = 0"))
    assert live("everything[0]._asdict()") == {"y": 5, "x": 1, "z": 3}
    assert live("type(everything[0]) is m.N")
    live.undo()
    assert live("repr(everything[0]), hasattr(everything[0], 'y')") == ("N(x=1, z=3)", False)
    live.undo()
    assert live("type(everything[0]) is m.N and everything[0]") == (1, 3)


F = "@dataclass(frozen=True)\nclass F:\n    k: int\n"


def test_a_debt_of_a_frozen_value_in_a_set_failed_the_edit(live):
    start(live, F, "m.F(1)")
    live.run("group = {everything[0]}")
    save(live, F + "    x: int\n")
    assert live("next(iter(group)) is everything[0]")
    save(live, F + "    x: int = 2\n")
    assert live("m.F(1, 2) in group and next(iter(group)) is everything[0]")
    live.undo()
    live.undo()
    assert live("m.F(1) in group and next(iter(group)) is everything[0]")


@pytest.mark.parametrize("gives", [True, False])
def test_a_frozen_value_became_a_key_before_its_hook_had_run(live, gives):
    start(live, F, "m.F(1)")
    live.run("group = {everything[0]}")
    hook = f"    def __reinit__(self, old):\n        if {gives}: object.__setattr__(self, 'x', 2)\n"
    save(live, F + "    x: int\n" + hook)
    assert live("next(iter(group)) is everything[0]")
    if gives:
        assert live("m.F(1, 2) in group")


def test_a_frozen_value_made_since_was_lost_to_its_set_by_undo(live):
    start(live, F)
    save(live, F + "    x: int\n")
    live.run("group = {m.F(1, 2)}")
    live.undo()
    assert live("m.F(1) in group")


def test_undo_left_what_had_paid_a_debt(live):
    text = "class A:\n    def __init__(self, x):\n        self.y = {0}\n"
    start(live, text.format("x").replace("self.y", "x"), "m.A(1)", "m.A(2)")
    save(live, text.format("x"))
    save(live, text.format("4"))
    live.run("everything[1].y = 9")
    live.undo()
    assert live("hasattr(everything[0], 'y'), everything[1].y") == (False, 9)
    assert [each[1:] for each in live.workspace.evolution.debts.every()] == [("y", 1)]


def test_undo_kept_what_was_only_annotated_before(live):
    text = "class A:\n    b: int\n    def __init__(self):\n        {0}\n"
    start(live, text.format("pass"), "m.A()")
    save(live, text.format("self.b = []"))
    live.undo()
    assert live("vars(everything[0])") == {}


def test_undo_left_what_was_made_since_without_an_attribute_of_the_old_layout(live):
    text = "class A:\n    def __init__(self):\n        {0}\n"
    start(live, text.format("self.e = 9"))
    save(live, text.format("pass"))
    live.run("everything.append(m.A())")
    live.undo()
    assert live("everything[0].e") == 9


def test_the_note_of_a_debt_was_lost_when_its_class_was_evaluated_again(live):
    start(live, A, "m.A()")
    save(live, A.replace("x: int = 1", "y: int"))
    save(live, A.replace("x: int = 1", "y: int\n    b = 1"))
    with pytest.raises(AttributeError) as raised:
        live("everything[0].y")
    assert raised.value.__notes__


@pytest.mark.parametrize("had", ["def c(self): pass", "c = 1", "c: int = 1", "class c: pass"])
def test_a_value_stayed_when_only_its_annotation_was_left(live, had):
    start(live, f"class A:\n    {had}\n    def f(self): pass\n")
    save(live, "class A:\n    c: int\n    def f(self): pass\n")
    assert not live("hasattr(m.A, 'c')") and live("m.A.__annotations__") == {"c": int}


def test_a_variable_stayed_when_only_its_annotation_was_left(live):
    start(live, "x = 1\ny = 1\ny: int = 2\n")
    save(live, "x: int\ny = 1\ny: int\n")
    gc.collect()
    assert live("hasattr(m, 'x'), m.y") == (False, 2)
