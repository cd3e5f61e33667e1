"""`livecode.evolution.migration`: many instances at a time, the way back, and what is told meanwhile."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Mapping

import pytest

from livecode.evolution import progress as module
from livecode.evolution.beside import Beside
from livecode.evolution.failing import MigrationFailed
from livecode.evolution.migration import Migration
from livecode.evolution.old import Old
from livecode.evolution.progress import STRIDE, patient
from tests.evolution.sample import change, classes, init

OLD = init("self.x = a")
NEW = init("self.x = a", "self.y = 5")
COUNT = STRIDE + 100


def made(hook=None, old=OLD, new=NEW, count=COUNT):
    """A migration, and instances of a class that has its new layout already."""
    cls = classes(old)[0]["A"]
    instances = [cls(number) for number in range(count)]
    if hook is not None:
        cls.__reinit__ = hook
    return Migration(cls, cls, change(old, new), (), Beside()), instances


def run(migration, instances, progress=None):
    migration.fill(list(instances), progress)
    migration.run_hooks(progress)
    migration.find_owed()
    migration.remember()


def values(instances):
    return [dict(vars(each)) for each in instances]


def test_only_those_that_lack_it_get_the_default():
    migration, instances = made()
    instances[3].y = instances[-1].y = "own"
    run(migration, instances)
    assert {each.y for each in instances} == {5, "own"}
    assert migration.filled == {"y": COUNT - 2}


@pytest.mark.parametrize("some", [False, True])
def test_a_rollback_takes_defaults_from_those_that_got_them(some):
    migration, instances = made()
    if some:
        instances[3].y = instances[-1].y = "own"
    before = values(instances)
    run(migration, instances)
    migration.rollback()
    assert values(instances) == before


def test_a_rollback_after_a_hook_failed_also_takes_back_what_hooks_did_to_other_instances():
    def hook(self, old):
        instances[0].x += 1
        instances[-1].other = self
        del self.x
        if old["x"] == 700:
            raise ValueError

    migration, instances = made(hook)
    before = values(instances)
    with pytest.raises(MigrationFailed, match="__reinit__ of <A object>, one of"):
        run(migration, instances)
    migration.rollback()
    assert values(instances) == before


def test_old_objects_that_a_hook_keeps_stay_as_they_were():
    kept = []

    def hook(self, old):
        if self.x % 1000 < 3:
            kept.append(old)

    migration, instances = made(hook)
    run(migration, instances)
    migration.settle()
    assert [old["x"] for old in kept] == [n for n in range(COUNT) if n % 1000 < 3]
    assert all(old.added == ("y",) and dict(old) == {"x": old["x"]} for old in kept)


@pytest.mark.parametrize(
    ("keep", "value"),
    [
        (lambda old: old.__getitem__, lambda kept: kept("x")),
        (lambda old: iter(old.values()), next),
        (lambda old: old.items(), lambda kept: dict(kept)["x"]),
        (lambda old: (old[name] for name in old), next),
        (lambda old: functools.partial(old.get, "x"), lambda kept: kept()),
        (lambda old: map(old.__getitem__, old), next),
    ],
    ids=["look-up", "iterator", "items", "generator", "get", "map"],
)
def test_what_gives_old_values_later_gives_those_of_its_own_instance(keep, value):
    kept = []
    migration, instances = made(lambda self, old: kept.append(keep(old)))
    run(migration, instances)
    assert list(map(value, kept)) == list(range(COUNT))


def test_the_old_values_are_a_read_only_mapping():
    old = Old({"x": 1, "y": 2}, ("z",), ())
    assert isinstance(old, Mapping) and dict(old) == {"x": 1, "y": 2} == {**old} == old
    assert list(old) == ["x", "y"] and len(old) == 2 and "x" in old and old.get("q", 3) == 3
    with pytest.raises(KeyError, match="q"):
        old["q"]
    for forbidden in (
        "old['x'] = 2",
        "del old['x']",
        "old.x = 2",
        "old.added = ()",
        "del old.added",
    ):
        with pytest.raises((TypeError, AttributeError)):
            exec(forbidden)


@pytest.mark.parametrize(
    "hook",
    [
        lambda self, old: setattr(self, "x", -self.x - 1),
        lambda self, old: self.__dict__.update(z=self.__dict__.pop("x")),
        lambda self, old: setattr(self, "__dict__", {"x": [self.x], "y": 1}),
        lambda self, old: self.x != COUNT - 1 or setattr(self, "x", None),
        lambda self, old: None,
    ],
    ids=["every one", "renamed", "another dict", "the last one", "none"],
)
@pytest.mark.parametrize("alike", [True, False])
def test_what_a_hook_changed_is_as_before_when_it_is_reverted(hook, alike):
    migration, instances = made(hook)
    if not alike:
        instances[5].more = instances[-2].more = 1
    run(migration, instances)
    migration.settle()
    migration.revert()
    assert [each.x for each in instances] == list(range(COUNT))


def test_what_was_set_since_stays_when_it_is_reverted():
    migration, instances = made(lambda self, old: setattr(self, "x", -self.x))
    run(migration, instances)
    migration.settle()
    instances[7].x = "since"
    migration.revert()
    assert [instances[n].x for n in (6, 7, 8)] == [6, "since", 8]


SLOTS = "class A:\n    __slots__ = ('x', '__weakref__')\n    def __init__(self, a=0): self.x = a\n"
MORE = (
    "class A:\n    __slots__ = ('x', 'y', '__weakref__')\n"
    "    def __init__(self, a=0):\n        self.x = a\n        self.y = []\n"
)


def test_new_objects_have_what_the_old_ones_had_and_the_defaults():
    before, after = classes(SLOTS)[0]["A"], classes(MORE)[0]["A"]
    instances = [before(number) for number in range(COUNT)]
    del instances[4].x
    migration = Migration(before, after, change(SLOTS, MORE), (), Beside())
    migration.fill(instances)
    assert [old for old, _ in migration.pairs] == instances
    news = [new for _, new in migration.pairs]
    assert {type(each) for each in news} == {after}
    assert [each.x for each in news if each is not news[4]] == [
        number for number in range(COUNT) if number != 4
    ]
    assert not hasattr(news[4], "x")
    assert all(each.y == [] for each in news)
    assert len({id(each.y) for each in news}) == COUNT


@pytest.mark.parametrize("texts", [(OLD, NEW), (SLOTS, MORE)])
def test_nothing_is_kept_alive(texts):
    migration, instances = made(lambda self, old: None, *texts, count=10)
    weak = [weakref.ref(each) for each in instances]
    run(migration, instances)
    migration.settle()
    del instances
    gc.collect()
    assert [each() for each in weak] == [None] * 10


def test_long_migrations_tell_how_far_they_are():
    told = []
    migration, instances = made(lambda self, old: None)
    run(migration, instances, lambda *what: told.append(what))
    assert told == [("sample:A", STRIDE, COUNT), ("sample:A", COUNT, COUNT)] * 2


def test_short_ones_tell_nothing(monkeypatch):
    now, told = [100.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    tell = patient(lambda *what: told.append(what))
    tell("A", 1, 3)
    now[0] += module.QUIET
    tell("A", 2, 3)
    assert told == [("A", 2, 3)]
    assert patient(None) is None
