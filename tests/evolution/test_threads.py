"""Threads that make and use instances while these are migrated: each sees one layout or the other."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager

import pytest

from livecode.edits import transaction
from tests.evolution.live import Live

USES = """
class User(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.number, self.stop, self.seen, self.errors, self.made = number, False, set(), [], []
    def run(self):
        while not self.stop:
            try:
                if len(self.made) < 200:
                    self.made.append(m.A(self.number))
                for each in shared:
                    self.seen.add(each.look())
                self.seen.add(self.made[-1].look())
            except Exception as error:
                self.errors.append(repr(error))

shared = [m.A(number) for number in range(50)]
by_number = {each: each.n for each in shared}
users = [User(number) for number in (1, 2)]
for each in users: each.start()
"""

PLAIN = "class A:\n    def __init__(self, n):\n        self.n = n\n"
SLOTS = "class A:\n    __slots__ = ('n', {names})\n    def __init__(self, n):\n        self.n = n\n"
DATA = "@dataclass(eq=False)\nclass A:\n    n: int\n"
HOOK = "    def __reinit__(self, old):\n        for name in old.added: setattr(self, name, 0)\n"
SHAPES = {
    "literals": (PLAIN, "        self.{name} = 0\n", ""),
    "a hook": (PLAIN, "        self.{name} = n - n\n", HOOK),
    "slots": (SLOTS, "        self.{name} = 0\n", ""),
    "a dataclass": (DATA, "    {name}: int = 0\n", ""),
    "a namedtuple": ("class A(NamedTuple):\n    n: int\n", "    {name}: int = 0\n", ""),
}
"""How a class begins, how it gets another attribute, and what stands below."""


def text(shape, names):
    """The class with some attributes, all of which a method reads. None is ever taken away: a call that
    runs goes on in its old code, and would miss it."""
    first, more, below = SHAPES[shape]
    body = first.format(names=", ".join(map(repr, names)))
    body += "".join(more.format(name=name) for name in names) + below
    read = ", ".join(f"self.{name}" for name in names)
    return HEAD + body + f"    def look(self): return {len(names)}, self.n >= 0, {read}\n"


HEAD = "from dataclasses import dataclass\nfrom typing import NamedTuple\n"


SLICE = 2.0
"""Seconds for which the other threads stand still."""


@pytest.fixture
def slices(monkeypatch):
    """How long each slice was, in seconds."""
    found = []
    one_slice = transaction.one_slice

    @contextmanager
    def timed(seconds):
        with one_slice(seconds):
            began = time.monotonic()
            try:
                yield
            finally:
                found.append(time.monotonic() - began)

    monkeypatch.setattr(transaction, "one_slice", timed)
    return found


@pytest.fixture
def live(monkeypatch):
    # A loaded machine may take longer than the second after which other threads go on (a documented
    # limit); what is tested here is that nothing of the migration lies outside of that time.
    monkeypatch.setattr(transaction, "SLICE_OF_CLASSES", SLICE)
    program = Live()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    yield program
    for each in vars(program.graph).get("users", ()):
        each.stop = True
    for each in vars(program.graph).get("users", ()):
        each.join(10)
    sys.setswitchinterval(interval)
    program.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_threads_see_no_half_migrated_instance(live, slices, shape):
    names = ["x0", "x1"]
    live.start(text(shape, []))
    live.run("import threading" + USES)
    for count in range(1, len(names) + 1):
        report = live.save(text(shape, names[:count]))
        assert not report.failed, report
        threading.Event().wait(0.02)
    live.run("for each in users: each.stop = True")
    live.run("for each in users: each.join(10)")
    assert len(slices) >= len(names)
    if max(slices) > SLICE:
        pytest.skip(f"the machine is loaded: {max(slices):.1f} s for the edit of a class")
    assert live("[each.errors[:3] for each in users]") == [[], []]
    seen = live("set().union(*[each.seen for each in users])")
    assert seen <= {(count, True, *[0] * count) for count in range(len(names) + 1)}
    looked = live("[each.look() for each in (*shared, *users[0].made, *users[1].made)]")
    assert set(looked) == {(2, True, 0, 0)}
    assert live("[by_number[each] == each.n for each in shared]") == [True] * 50
    assert live("all(type(each) is m.A for each in (*shared, *users[0].made))")
    live.undo()
    assert live("{each.look() for each in (*shared, *users[0].made)}") == {(1, True, 0)}
