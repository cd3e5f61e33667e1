"""`livecode.edits.journal`: whatever was changed through it goes back."""

from __future__ import annotations

import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecode.edits.journal import MISSING, Journal
from tests.units.texts import quick

KEYS = st.sampled_from("abc")
VALUES = st.integers(0, 3) | st.just(MISSING)


class Thing:
    kept = 0


@quick
@given(
    st.lists(st.tuples(st.sampled_from(["item", "attribute", "class"]), KEYS, VALUES), max_size=20),
    st.dictionaries(KEYS, st.integers(0, 3)),
    st.integers(0, 20),
)
def test_a_rollback_leads_back_to_any_point(changes, start, since):
    mapping, thing, cls = dict(start), types.SimpleNamespace(**start), type("C", (), dict(start))
    journal, states = Journal(), []
    for kind, key, value in changes:
        states.append(state(mapping, thing, cls))
        change(journal, kind, mapping, thing, cls, key, value)
    states.append(state(mapping, thing, cls))
    since = min(since, len(changes))
    assert len(journal) == len(changes)
    assert journal.rollback(since) == []
    assert state(mapping, thing, cls) == states[since]
    assert len(journal) == since
    assert journal.rollback() == []
    assert state(mapping, thing, cls) == states[0]


@quick
@given(
    st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=10),
    st.dictionaries(KEYS, VALUES.filter(bool)),
)
def test_a_revert_gives_the_state_before(changes, start):
    start = {key: value for key, value in start.items() if value is not MISSING}
    mapping, journal = dict(start), Journal()
    for key, value in changes:
        journal.item(mapping, key, value)
    assert journal.revert() == []
    assert mapping == start


def state(mapping, thing, cls):
    return dict(mapping), dict(vars(thing)), {key: vars(cls).get(key) for key in "abc"}


def change(journal, kind, mapping, thing, cls, key, value):
    if kind == "item":
        journal.item(mapping, key, value)
    elif kind == "attribute":
        journal.attribute(thing, key, value)
    else:
        journal.class_attribute(cls, key, value)


def test_a_refused_write_leaves_no_trace():
    def f():
        return 1

    journal = Journal()
    journal.attribute(f, "__name__", "g")
    with pytest.raises(TypeError):
        journal.attribute(f, "__code__", "no code")
    assert len(journal) == 1
    assert journal.rollback() == []
    assert f.__name__ == "f" and f() == 1


def test_a_write_that_is_interrupted_goes_back():
    mapping, journal = {"a": 1}, Journal()

    def write(value):
        mapping["a"] = value
        if value == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        journal.change("a", lambda: mapping["a"], write, 2)
    assert journal.rollback() == []
    assert mapping == {"a": 1}


def test_what_cannot_be_put_back_is_told_and_the_rest_goes_back():
    mapping, journal = {"a": 1, "b": 1}, Journal()

    def write(value):
        if value == 1:
            raise RuntimeError("no")
        mapping["a"] = value

    journal.item(mapping, "b", 2)
    journal.change("a", lambda: mapping["a"], write, 2)
    [fault] = journal.rollback()
    assert fault.name == "a" and "no" in fault.why
    assert mapping == {"a": 2, "b": 1}


def test_a_revert_leaves_what_was_changed_since_and_says_so():
    mapping, journal = {"a": 1, "b": 1}, Journal()
    journal.item(mapping, "a", 2)
    journal.item(mapping, "b", 2)
    mapping["a"] = 3
    [fault] = journal.revert()
    assert fault.name == "a" and "changed since" in fault.why
    assert mapping == {"a": 3, "b": 1}


def test_a_revert_knows_the_code_of_a_function_again():
    def f():
        return 1

    def g():
        return 2

    old, journal = f.__code__, Journal()
    journal.attribute(f, "__code__", g.__code__)
    journal.attribute(f, "__defaults__", (1,))
    assert f() == 2
    assert journal.revert() == []
    assert f.__code__ is old and f.__defaults__ is None


def test_a_class_attribute_is_that_of_the_class_itself():
    class Meta(type):
        def __setattr__(cls, name, value):
            raise AssertionError("the metaclass was asked")

    class Base:
        x = 1

    class C(Base, metaclass=Meta):
        pass

    journal = Journal()
    journal.class_attribute(C, "x", 2)
    assert C.x == 2
    journal.class_attribute(C, "x", MISSING)
    assert C.x == 1
    journal.class_attribute(C, "x", MISSING)  # there is none of its own
    assert journal.rollback() == []
    assert C.x == 1 and "x" not in vars(C)


def test_an_attribute_found_on_the_class_is_not_left_on_the_instance():
    thing, journal = Thing(), Journal()
    journal.attribute(thing, "kept", 5)
    assert thing.kept == 5
    assert journal.rollback() == []
    assert vars(thing) == {}
