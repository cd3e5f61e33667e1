"""`livecode.evolution.calling`: a hook that cannot be called is named at its own place, and nothing is done."""

from __future__ import annotations

import pytest

from tests.evolution.live import Live

BEFORE = "class A:\n    def __init__(self): self.x = 1\n"
AFTER = "import functools\nclass A:\n    def __init__(self): self.x = 1; self.y = 2\n"

FAULTS = {
    "def __reinit__(self): pass": "takes (self), and is called with (self, old): too many",
    "def __reinit__(self, old, more): pass": "missing a required argument: 'more'",
    "def __reinit__(self, *, old): pass": "takes (self, *, old)",
    "async def __reinit__(self, old): pass": "is a coroutine function",
    "def __reinit__(self, old): yield": "is a generator function",
    "__reinit__ = staticmethod(lambda old: None)": "takes (old)",
    "__reinit__ = classmethod(lambda cls, old: None)": "takes (old), and is called",
    "__reinit__ = property(lambda self: None)": "is of type property",
    "__reinit__ = 3": "is of type int",
}
TAKEN = (
    "def __reinit__(self, old, more=3): self.z = more",
    "def __reinit__(*both): both[0].z = 3",
    "__reinit__ = staticmethod(lambda one, old: setattr(one, 'z', 3))",
    "__reinit__ = functools.partialmethod(lambda self, z, old: setattr(self, 'z', z), 3)",
    "__reinit__ = functools.wraps(len)(lambda self, old: setattr(self, 'z', 3))",
)


@pytest.fixture
def live():
    program = Live()
    yield program
    program.close()


@pytest.mark.parametrize("hook", FAULTS)
def test_a_hook_that_cannot_be_called_is_named_at_its_place(live, hook):
    live.start(BEFORE)
    live.run("a = m.A()")
    [entry] = live.save(AFTER + f"    {hook}\n").failed
    assert FAULTS[hook] in entry.why and "write `def __reinit__(self, old):`" in entry.why
    assert "class A" in entry.why
    line = ":4" if hook != "__reinit__ = 3" else ""
    assert entry.where == live.source.filename + line
    assert live("vars(a)") == {"x": 1} and live("vars(m.A())") == {"x": 1}


@pytest.mark.parametrize("hook", TAKEN)
def test_any_other_that_can_be_called_is(live, hook):
    live.start(BEFORE)
    live.run("a = m.A()")
    assert not live.save(AFTER + f"    {hook}\n").failed
    assert live("vars(a)") == {"x": 1, "y": 2, "z": 3}


def test_without_instances_nobody_asks(live):
    live.start(BEFORE)
    assert not live.save(AFTER + "    def __reinit__(self): pass\n").failed


def test_what_a_hook_raises_is_named_where_it_did(live):
    live.start(BEFORE)
    live.run("a = m.A()")
    [entry] = live.save(
        AFTER + "    def __reinit__(self, old):\n        self.help()\n    def help(self): 1 / 0\n"
    ).failed
    assert entry.where == live.source.filename + ":6"
