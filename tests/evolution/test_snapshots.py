"""`livecode.evolution.snapshots`: whatever instances are like, each has what it had."""

from __future__ import annotations

import itertools
import random

import pytest

from livecode.evolution.instances import Fields
from livecode.evolution.snapshots import Snapshots


def kind(**members):
    return type("Kind", (members.pop("base", object),), members)


def taken(cls, instances, names):
    """What snapshots tell, after all that the instances have is gone; whether it was by columns."""
    expected = [dict(each.__dict__) for each in map(twin, instances)]
    snapshots = Snapshots()
    part = snapshots.take(Fields(cls), cls, instances, names)
    for each in instances:
        each.__dict__ = {}
    assert [values for _, values in snapshots] == expected
    assert [each for each, _ in reversed(snapshots)] == instances[::-1]
    return part.columns is not None


def twin(each):
    """Another instance that has the same, so that the first is not asked for its dictionary."""
    made = object.__new__(type(each))
    for name in "abcd":
        value = getattr(each, name, taken)
        if value is not taken and value is not getattr(type(each), name, None):
            setattr(made, name, value)
    return made


def filled(cls, *rows):
    instances = []
    for row in rows:
        made = cls()
        for name, value in row.items():
            setattr(made, name, value)
        instances.append(made)
    return instances


def test_instances_that_are_alike_are_kept_by_columns():
    cls = kind()
    assert taken(cls, filled(cls, {"a": 1, "b": 2}, {"a": 3, "b": 4}), ["a", "b"])
    assert taken(cls, filled(cls, {"b": 2, "a": 1}), ["a", "b", "c"])
    assert taken(kind(), [], ["a"]) is False


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}],
        [{"a": 1, "b": 2}, {"a": 1}],
        [{"a": 1, "b": 2}, {"a": 1, "c": 2}],
        [{"a": 1, "b": 2, "c": 3}, {"a": 1}, {"a": 1, "b": 2}],
        [{}, {"a": 1}],
    ],
)
def test_instances_with_other_attributes_are_kept_one_by_one(rows):
    for names in (["a", "b"], ["a"], [], ["a", "b", "c"]):
        cls = kind()
        taken(cls, filled(cls, *rows), names)


def test_values_of_the_class_are_not_taken_for_those_of_instances():
    cls = kind(a=5)
    assert taken(cls, filled(cls, {"b": 1}, {"b": 2}), ["a", "b"])
    assert not taken(cls, filled(cls, {"b": 1}, {"a": 2, "b": 2}), ["a", "b"])


def test_instances_whose_dictionaries_are_known_are_kept_as_they_are():
    cls = kind()
    for rows in ([{"a": 1}], [{"a": 1, "b": 2}], [{"a": 1}, {"a": 1, "b": 2}]):
        instances = filled(cls, *rows)
        assert all(vars(each) for each in instances)
        taken(cls, instances, ["a"])


@pytest.mark.parametrize("seed", range(6))
def test_any_mixture_of_instances(seed):
    choose = random.Random(seed)
    for _ in range(150):
        cls = kind()
        instances = []
        for _ in range(choose.randint(1, 5)):
            made = cls()
            for name in "abcd"[: choose.randint(0, 4)]:
                setattr(made, name, choose.choice([1, {}, cls, [made]]))
            if choose.random() < 0.3:
                vars(made)
            instances.append(made)
        taken(cls, instances, "abcd"[: choose.randint(0, 4)])


def test_slots_are_kept_by_columns_unless_one_is_empty():
    for whole, count in itertools.product([True, False], [1, 3]):
        cls = kind(__slots__=("a", "b"))
        instances = [cls() for _ in range(count)]
        for number, each in enumerate(instances):
            each.a = number
            if whole or number:
                each.b = -number
        snapshots = Snapshots()
        part = snapshots.take(Fields(cls), cls, instances, [])
        assert (part.columns is not None) is whole
        assert [values["a"] for _, values in snapshots] == list(range(count))
        assert ["b" in values for _, values in snapshots] == [
            whole or number > 0 for number in range(count)
        ]


def test_instances_of_types_in_c_are_kept_one_by_one():
    cls = kind(base=list)
    made = cls([1, 2])
    made.a, made.b = 1, 2
    snapshots = Snapshots()
    assert snapshots.take(Fields(cls), cls, [made], ["a", "b"]).columns is None
    assert dict(next(iter(snapshots))[1]) == {"a": 1, "b": 2}
