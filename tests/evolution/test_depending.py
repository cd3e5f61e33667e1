"""Keys that hold a migrated object inside of another object: dicts and sets find them as before, and as
before in their order; when the edit fails or is undone, too. The program is that of `tests.evolution.live`.
"""

from __future__ import annotations

import gc
import weakref

import pytest

from livecode.evaluate import evaluate_text
from livecode.evolution import depending
from tests.evolution.live import Live

HEAD = """\
from dataclasses import dataclass, field
from graph import called
"""

VALUE = HEAD + "@dataclass(frozen=True)\nclass A:\n    x: int = 1\n"
SLOTS = HEAD + "class A:\n    __slots__ = ('x',)\n    def __init__(self, x=1): self.x = x\n"
MUTABLE = HEAD + (
    "class A:\n"
    "    def __init__(self, x=1): self.x = x\n"
    "    def __eq__(self, other): return type(other) is A and vars(self) == vars(other)\n"
    "    def __hash__(self): return hash(tuple(vars(self).values()))\n"
)
SLOTTED_VALUE = SLOTS + (
    "    def __eq__(self, other): return type(other) is A and self.x == other.x\n"
    "    def __hash__(self): return hash(self.x)\n"
)
PLAIN = HEAD + "class A:\n    def __init__(self, x=1): self.x = x\n"

HOOK = "    def __reinit__(self, old): called(self)\n"

EDITS = {
    "a field of a value": (VALUE, VALUE + "    y: int = 2\n"),
    "a field of a value, by a hook": (
        VALUE,
        VALUE
        + "    y: int = field(kw_only=True)\n    def __reinit__(self, old):\n"
        + "        object.__setattr__(self, 'y', self.x * 2); called(self)\n",
    ),
    "another slot": (
        SLOTS,
        SLOTS.replace("('x',)", "('x', 'y')").replace("= x\n", "= x; self.y = 2\n") + HOOK,
    ),
    "another slot that is in the hash, by a hook": (
        SLOTTED_VALUE,
        SLOTTED_VALUE.replace("('x',)", "('x', 'y')")
        .replace("= x\n", "= x; self.y = x * 3\n")
        .replace("hash(self.x)", "hash((self.x, self.y))")
        + HOOK.replace("called(self)", "self.y = self.x * 3; called(self)"),
    ),
    "an attribute that is in the hash": (
        MUTABLE,
        MUTABLE.replace("self.x = x\n", "self.x = x; self.y = 2\n") + HOOK,
    ),
    "a hook that changes what others hash": (
        PLAIN,
        PLAIN.replace("self.x = x\n", "self.x = x; self.y = 2\n")
        + HOOK.replace("called(self)", "self.x += 100; called(self)"),
    ),
}

OUTER = """\
import collections, weakref
from dataclasses import dataclass
from typing import NamedTuple

@dataclass(frozen=True)
class Box:
    held: object

class Reads:
    def __init__(self, *held): self.held = list(held)
    def __eq__(self, other): return self.values() == other.values()
    def __hash__(self): return hash(self.values())
    def values(self): return tuple(each.x for each in self.held)

class Slotted:
    __slots__ = ('held', '__weakref__')
    def __init__(self, held): self.held = held
    def __eq__(self, other): return self.held == other.held
    def __hash__(self): return hash(self.held)

class Pair(NamedTuple):
    name: str
    held: object

class Counts(collections.Counter): pass

objects = [m.A(n) for n in range(5)]
"""

KEYS = {
    "a frozen dataclass": "Box(each)",
    "a dataclass in a dataclass": "Box(Box(each))",
    "a tuple in a dataclass": "Box((1, (each, 2)))",
    "a dataclass in a tuple": "(1, Box(each))",
    "a dataclass in a namedtuple": "Pair('p', Box(each))",
    "a namedtuple": "Pair('p', each)",
    "a list that a hash reads": "Reads(each)",
    "slots": "Slotted(Box(each))",
}

SOME = dict(list(KEYS.items())[3:7])

HOLD = """\
pairs = [(key, n) for n, key in enumerate(keys)]
holders = {
    'dict': dict(pairs),
    'between others': dict([('a', 0), *pairs, ('z', 9)]),
    'defaultdict': collections.defaultdict(list, pairs),
    'OrderedDict': collections.OrderedDict(pairs),
    'Counter': Counts(dict(pairs)),
    'set': set(keys),
    'tuples': {(key, 1): n for n, key in enumerate(keys)},
    'tuples in a set': {(key, 1) for key in keys},
}
hashes = [hash(key) for key in keys]

def missing():
    for name, held in holders.items():
        given = [(key, 1) for key in keys] if 'tuples' in name else keys
        if not all(key in held for key in given):
            yield name + ': not found'
        if isinstance(held, dict):
            if [held.get(key) for key in given] != [*range(5)]:
                yield name + ': another value'
            if [id(each[0] if 'tuples' in name else each) for each in held if type(each) is not str] != (
                [id(key) for key in keys]
            ):
                yield name + ': another order'
"""


@pytest.fixture
def live():
    program = Live()
    yield program
    program.close()


@pytest.fixture(params=EDITS)
def edit(request):
    return EDITS[request.param]


def begin(live, before, key):
    live.start(before)
    live.run(OUTER)
    live.run(f"keys = [{key} for each in objects]")
    live.run(HOLD)
    assert live("[*missing()]") == []


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_a_key_is_found_after_the_edit_and_after_the_undo(live, edit, key):
    before, after = edit
    begin(live, before, key)
    report = live.save(after)
    assert not report.failed and not report.notes and not report.stale
    assert live("hasattr(objects[0], 'y')")
    assert live("[*missing()]") == []
    assert not live.undo().failed
    assert not live("hasattr(objects[0], 'y')")
    assert live("[*missing()]") == []


@pytest.mark.parametrize("key", SOME.values(), ids=list(SOME))
def test_a_failing_hook_leaves_them_as_they_were(live, edit, key):
    before, after = edit
    if "called" not in after.partition("class A")[2]:
        after += HOOK
    begin(live, before, key)
    assert live.save(after, fail_at=3).failed
    assert live("[*missing()]") == []
    if key != "Pair('p', each)" or "__slots__" not in before:
        assert live("hashes == [hash(key) for key in keys]")
    assert not live.save(after).failed
    assert live("[*missing()]") == []


@pytest.mark.parametrize("key", SOME.values(), ids=list(SOME))
def test_what_fails_after_the_migration_leaves_them_as_they_were(live, edit, key):
    before, after = edit
    begin(live, before, key)
    with pytest.raises(ZeroDivisionError):
        evaluate_text(live.workspace, live.source, after + "1 / 0\n")
    assert live("[*missing()]") == []
    assert not live.save(after).failed
    assert live("[*missing()]") == []


@pytest.mark.parametrize("key", ["Box(each)", "Reads(each)", "Slotted(Box(each))"])
def test_keys_that_are_held_weakly(live, edit, key):
    before, after = edit
    live.start(before)
    live.run(OUTER.replace("frozen=True", "frozen=True, weakref_slot=True, slots=True"))
    live.run(f"keys = [{key} for each in objects]")
    live.run("held = weakref.WeakKeyDictionary({key: n for n, key in enumerate(keys)})")
    live.run("group = weakref.WeakSet(keys)")
    found = "[held[key] for key in keys] == [*range(5)] and all(key in group for key in keys)"
    assert live(found)
    assert not live.save(after).failed
    assert live(found)
    live.undo()
    assert live(found)
    live.run("del keys[:]")
    gc.collect()
    assert live("len(held), len(group)") == (0, 0)


def test_keys_that_are_equal_now_stay_and_are_told(live):
    live.start(HEAD + "@dataclass(frozen=True)\nclass A:\n    x: int = 1\n    y: int = 2\n")
    live.run(OUTER)
    live.run("held = {Box(m.A(1, 2)): 'a', Box(m.A(1, 3)): 'b'}; kept = list(held.items())")
    report = live.save(VALUE)
    assert live("list(held.items()) == kept")
    assert "not found in: 1 dict" in str(report.notes)
    live.undo()
    assert live("[held[key] for key, _ in kept]") == ["a", "b"]


def test_a_key_that_was_not_found_before_is_left_alone(live):
    live.start(VALUE)
    live.run(OUTER)
    live.run("kept = Reads(m.A(1)); other = Reads(m.A(2)); held = {kept: 1}")
    live.run("kept.held = [type('B', (), {'x': 9})()]")
    assert not live("kept in held")
    assert not live.save(VALUE + "    y: int = 2\n").notes
    assert not live("kept in held")


def test_a_hash_that_raises_is_no_error_of_the_edit(live):
    live.start(VALUE)
    live.run(OUTER)
    live.run("broken = Reads(1, m.A(1)); keys = [Box(m.A(3))]; held = {keys[0]: 0}")
    assert not live.save(VALUE + "    y: int = 2\n").failed
    assert live("held[keys[0]]") == 0


def test_a_hash_that_raises_only_now_is_told(live):
    live.start(MUTABLE)
    live.run(OUTER)
    live.run("held = {Reads(m.A(1)): 0}")
    report = live.save(
        MUTABLE.replace("self.x = x\n", "self.z = x\n")
        + "    def __reinit__(self, old):\n        self.z = self.__dict__.pop('x')\n"
    )
    assert "not found in: 1 dict" in str(report) or report.failed, report


def test_no_hash_is_asked_for_where_it_cannot_matter(live, monkeypatch):
    live.start(VALUE + "class C:\n    def __init__(self): self.x = 1\n")
    live.run(OUTER)
    live.run("""
class Counted:
    asked = 0
    def __hash__(self):
        Counted.asked += 1
        return 1
counted, one, two = Counted(), m.A(), m.C()
""")
    text = VALUE + "    y: int = 2\nclass C:\n    def __init__(self): self.x = 1\n"
    assert not live.save(text).failed
    assert live("Counted.asked, one.y") == (0, 2)  # it cannot reach any A
    live.run("counted.held = [one]")

    def unexpected():
        raise AssertionError("the heap was looked through")

    monkeypatch.setattr(depending, "hashing_classes", unexpected)
    text = text.replace("self.x = 1", "self.x = 1; self.y = 2")
    assert not live.save(text).failed  # added in place, and no hook
    assert live("Counted.asked, two.y") == (0, 2)


def test_nothing_is_kept_alive(live):
    live.start(VALUE)
    live.run(OUTER)
    live.run("key = Reads(m.A(1)); held = {key: 1}")
    gone = weakref.ref(live("key"))
    assert not live.save(VALUE + "    y: int = 2\n").failed
    live.run("del key, held")
    gc.collect()
    assert gone() is None


ODD = """\
class Silent(type):
    @property
    def __mro__(cls): raise RuntimeError("no bases")
    @property
    def __dict__(cls): raise RuntimeError("no names")

class Odd(metaclass=Silent):
    def __hash__(self): raise RuntimeError("no hash")

odd = Odd()
odd.held = objects
"""


def test_a_class_that_raises_when_it_is_asked_held_every_edit_back(live, edit):
    before, after = edit
    begin(live, before, "Box(each)")
    live.run(ODD)
    assert not live.save(after).failed
    assert live("[*missing()]") == []
    assert not live.undo().failed
    assert live("[*missing()]") == []
