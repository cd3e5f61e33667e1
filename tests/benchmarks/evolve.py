"""What is measured of classes that get another layout while instances of them are alive.

In: a contender (livecode, or a loop that a person writes by hand) and the sizes of the case. Out: as
in `tasks.py`, the seconds of one repetition by name. Each repetition has a module, a class and
instances of its own, so that each is the first edit of its class: adding a second attribute after a
million instances takes CPython itself three times as long.

The seconds are those of the processor (``process_time``): whatever else the machine does, a migration
is one thread that computes. `Few` also counts the passes over the heap.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import Any

from . import programs
from .tasks import Seconds, Task

HEAD = "class Particle:\n"
SLOTS = "    __slots__ = ('x', 'y', 'mass')\n"
BEGIN = "    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n"
END = "    def move(self, step):\n        self.x += step * {constant}\n"
HOOK = (
    "    def __reinit__(self, old):\n"
    "        self.norm = old['x'] * old['x'] + old['y'] * old['y']\n"
)

BEFORE = {
    "literal": HEAD + BEGIN,
    "hook": HEAD + BEGIN,
    "slots": HEAD + SLOTS.replace(", 'mass'", "") + BEGIN,
    "family": HEAD + BEGIN,
}
AFTER = {
    "literal": HEAD + BEGIN + "        self.mass = 1\n",
    "hook": HEAD + BEGIN + "        self.norm = x * x + y * y\n" + HOOK,
    "slots": HEAD + SLOTS + BEGIN + "        self.mass = 1\n",
    "family": HEAD + BEGIN + "        self.mass = 1\n",
}
ADDED = {"literal": "mass", "hook": "norm", "slots": "mass", "family": "mass"}

FIND = """\
def by_hand(module, held, by_number):
    cls = module.Particle
    for each in gc.get_objects():
        if type(each) is cls:
"""
CAREFUL = FIND.replace("    for", "    kept = []\n    for")
PLACES = """\
    held[:] = [made[id(each)] for each in held]
    for number, each in by_number.items():
        by_number[number] = made[id(each)]
    module.Particle = New
"""
NEW = f"""\
class New:
{SLOTS}

def by_hand(module, held, by_number):
    cls, made = module.Particle, {{}}
    for each in gc.get_objects():
        if type(each) is cls:
            made[id(each)] = new = New.__new__(New)
            new.x = each.x
            new.y = each.y
            new.mass = 1
"""
BY_HAND = {
    ("literal", "hand"): FIND + "            each.mass = 1\n",
    ("literal", "careful"): CAREFUL
    + "            kept.append(each)\n            each.mass = 1\n    return kept\n",
    ("hook", "hand"): FIND + "            each.norm = each.x * each.x + each.y * each.y\n",
    ("hook", "careful"): "def renew(self, old):\n"
    + HOOK.partition("\n")[2][4:]
    + CAREFUL
    + "            had = each.__dict__.copy()\n            kept.append((each, had))\n"
    + "            renew(each, had)\n    return kept\n",
    ("slots", "hand"): NEW + PLACES,
    ("family", "hand"): FIND.replace("type(each) is cls", "isinstance(each, cls)")
    + "            each.mass = 1\n",
}
"""The loops: with `careful`, the one that can be taken back (of the hook, by the same call)."""


class Evolve(Task):
    """A class gets one attribute more while it has many instances."""

    editing = True

    def __init__(
        self, name: str, folder: Path, what: str, instances: int, heap: int = 0, classes: int = 0
    ) -> None:
        super().__init__(name, folder)
        sys.dont_write_bytecode = True
        start = process_time()
        for _ in range(200):
            self.shell.run_cell("pass")
        self.bare = (process_time() - start) / 200
        self.contender.load(self.shell, self.folder)
        self.what, self.instances, self.classes = what, instances, classes
        self.others = lists(heap)
        self.count = self.missed = 0

    def text(self, texts: dict[str, str]) -> str:
        subclasses = "".join(f"class P{n:04}(Particle): pass\n" for n in range(self.classes))
        return texts[self.what] + subclasses

    def measure(self) -> Seconds:
        module = self.import_next(self.text(BEFORE))
        path, kinds = Path(str(module.__file__)), [module.Particle]
        if self.classes:
            kinds = [getattr(module, f"P{number:04}") for number in range(self.classes)]
        held = [kinds[number % len(kinds)](number, 1) for number in range(self.instances)]
        by_number = dict(enumerate(held)) if self.what == "slots" else {}
        del kinds
        edit = self.editor(module, path, held, by_number)
        gc.collect()
        start = process_time()
        kept = edit()
        seconds = process_time() - start
        self.missed += any(ADDED[self.what] not in dir(each) for each in (held[0], held[-1]))
        self.missed += by_number.get(0, held[0]) is not held[0]
        del kept
        self.forget(module)
        return {"edit": seconds - (self.bare if self.contender.by_cell else 0)}

    def import_next(self, text: str) -> ModuleType:
        self.count += 1
        name = f"bench_evolve_{self.count}"
        programs.save(self.folder / f"{name}.py", text)
        for cell in (f"import {name}", "pass", "pass"):
            self.shell.run_cell(cell)
        return sys.modules[name]

    def forget(self, module: ModuleType) -> None:
        name = module.__name__
        self.shell.run_cell(f"del {name}")
        del sys.modules[name]
        (self.folder / f"{name}.py").unlink()
        self.shell.run_cell("pass")

    def editor(
        self, module: ModuleType, path: Path, held: list[Any], by_number: dict[int, Any]
    ) -> Callable[[], Any]:
        """What brings the instances to the new layout."""
        if self.contender.follows:
            programs.save(path, self.text(AFTER))
            return lambda: self.contender.apply(self.shell, module)
        namespace: dict[str, Any] = {"gc": gc}
        exec(BY_HAND[self.what, self.contender.name], namespace)
        return lambda: namespace["by_hand"](module, held, by_number)

    def followed(self) -> bool:
        return not self.missed


class Few(Evolve):
    """Ten instances in a heap of many other objects: what it takes to find them."""

    def measure(self) -> Seconds:
        from livecode.evolution.instances import instances_of

        text = BEFORE["literal"] + END.format(constant=1)
        module = self.import_next(text)
        held = [module.Particle(number, 1) for number in range(self.instances)]
        found: Seconds = {}
        gc.collect()
        for _ in range(2):  # the first one warms the caches
            found["a pass"] = timed(gc.get_objects)
            found["a pass with a test"] = timed(lambda: objects_of(module.Particle))
            found["finding"] = timed(lambda: instances_of([module.Particle]))
        path = Path(str(module.__file__))
        for name, edited in (
            ("another layout", AFTER["literal"] + END.format(constant=1)),
            ("same layout", AFTER["literal"] + END.format(constant=2)),
        ):
            programs.save(path, edited)
            with counted_passes() as passes:
                found[name] = timed(lambda: self.contender.apply(self.shell, module)) - self.bare
            found[f"passes, {name}"] = len(passes)
        self.missed += not all(hasattr(each, "mass") for each in held)
        self.missed += found["passes, another layout"] != 1 or found["passes, same layout"] != 0
        self.forget(module)
        return found


def objects_of(cls: type) -> list[Any]:
    return [each for each in gc.get_objects() if type(each) is cls]


def lists(count: int) -> list[list[int]]:
    """That many other objects which the collector tracks."""
    gc.disable()
    made = [[number] for number in range(count)]
    gc.enable()
    gc.collect()
    return made


def timed(call: Callable[[], Any]) -> float:
    start = process_time()
    result = call()
    seconds = process_time() - start
    del result
    return seconds


@contextmanager
def counted_passes() -> Iterator[list[str]]:
    """The calls that look at the whole heap, while this lasts."""
    calls: list[str] = []
    names = ("get_objects", "get_referrers")
    before = {name: getattr(gc, name) for name in names}

    def counting(name: str) -> Callable[..., Any]:
        def count(*arguments: Any) -> Any:
            calls.append(name)
            return before[name](*arguments)

        return count

    for name in names:
        setattr(gc, name, counting(name))
    try:
        yield calls
    finally:
        for name in names:
            setattr(gc, name, before[name])


EVOLVE: dict[str, type[Task]] = {"evolve": Evolve, "few": Few}
