"""Comparing: what is alive after a step, with what a fresh interpreter has.

In: the state of the machine before and after a step. Out: the differences, as lines for people.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from tests.properties.gaps import skip
from tests.properties.probing import derive, fresh, observe, observe_held
from tests.properties.program import (
    MODULES,
    NOTEBOOK,
    Class,
    Constant,
    Function,
    Program,
    Record,
    references,
)

_SHAPES = ("maker", "generator", "async", "lambda")
"""Shapes of functions that cannot become another shape for those who hold them."""


@dataclass
class Held:
    """Something held on to: how it was got, from which definition, and when."""

    label: str
    key: tuple[str, str]
    way: str
    member: str
    value: object
    step: int
    passes_on: bool = False


@dataclass
class Step:
    """One step: the program before and after it, and what the session said.

    Attributes:
        ran: the id of the cell that ran, or empty.
        undone: whether an edit was taken back.
        stale: the keys that reports of this step name as stale.
        objects: what the names were bound to before.
        log: what was evaluated and counted.
    """

    was: Program
    now: Program
    ran: str
    undone: bool
    stale: set[tuple[str, str]]
    objects: dict[tuple[str, str], object]
    log: list[str]

    @property
    def renamed(self):
        """Definitions that got another name or another file, and changed in nothing else."""
        if self.ran:
            return {}
        before, after = self.was.laid(), self.now.laid()
        gone = {laid.item.rank: key for key, (_, laid) in before.items() if key not in after}
        found = {}
        for key, (_, laid) in after.items():
            old = gone.get(laid.item.rank)
            if key in before or old is None or (key[0] != old[0] and key[1] != old[1]):
                continue
            then = before[old][1]
            if then.block == laid.block and replace(then.item, name=key[1]) == laid.item:
                found[old] = key
        return found

    def block_changed(self, old, new):
        """Whether a definition got into a block or out of it, or moved in one."""
        before, after = self.was.laid()[old][1].block, self.now.laid()[new][1].block
        return before != after or bool(before and old != new)


class Comparing:
    """The comparisons; the machine brings ``env``, ``live``, ``held`` and ``disk``."""

    def __init__(self):
        super().__init__()
        self.stale: set[tuple[str, str]] = set()
        self.ever_stale: dict[tuple[str, str], int] = {}
        self.step = 0

    def space(self, module):
        """The live namespace of a source."""
        if module == NOTEBOOK:
            return self.env.ns
        return vars(sys.modules[module]) if module in sys.modules else {}

    def follow(self, step):
        """Take a step in: what is held belongs to other keys now, or to none; what is stale."""
        self.held = [followed for held in self.held if (followed := self._followed(held, step))]
        renamed, before, after = step.renamed, step.was.items(), step.now.items()
        kept = {renamed.get(key, key) for key in self.stale}
        if not step.undone:
            kept = {
                key
                for key in kept
                if not (isinstance(after.get(key), Constant) and before.get(key) != after[key])
            }
        self.stale = kept & set(after)
        if skip("stale"):
            step.stale |= self._computed_from(_changed(step.was, step.now))
        self.stale |= step.stale
        self.ever_stale |= dict.fromkeys(step.stale, self.step)

    def _computed_from(self, changed):
        """What depends on what changed and holds a value: constants, classes, defaults."""
        return {
            key
            for key, item in self.live.items().items()
            if (
                isinstance(item, (Constant, Class))
                or getattr(item, "default", None)
                or getattr(item, "keyword", None)
            )
            and self.live.touched(key) & changed - {key}
        }

    def _followed(self, held, step):
        key = step.renamed.get(held.key, held.key)
        old, new = step.was.items().get(held.key), step.now.items().get(key)
        if new is None or type(old) is not type(new):
            return None
        whole = isinstance(new, (Class, Record))
        shapes = getattr(old, "shape", ""), getattr(new, "shape", "")
        if shapes[0] != shapes[1] and set(shapes) & set(_SHAPES):
            return None
        if (
            key[0] != held.key[0]
            and not whole
            and (held.way in ("made", "wrapped") or shapes[1] in _SHAPES)
        ):
            return None  # a function cannot change its module, and what it made cannot follow
        if shapes[1] == "lambda" and (key != held.key or (skip("lambda") and key[0] == NOTEBOOK)):
            return None  # a lambda has no name
        if (
            isinstance(new, Class)
            and held.way == "member"
            and _kind(old, held.member) != _kind(new, held.member)
        ):
            return None
        if skip("block") and step.block_changed(held.key, key):
            return None
        if skip("moved") and held.way == "member" and key[0] != held.key[0]:
            return None
        if skip("cached") and whole and _cached(step.was, held.key) - _cached(step.now, key):
            return None
        passes_on = key[0] != held.key[0] or (
            getattr(old, "decorators", ()) != getattr(new, "decorators", ())
        )
        return replace(held, key=key, passes_on=held.passes_on or passes_on)

    # -- the comparisons -------------------------------------------------------------------------

    def problems(self, step):
        """Everything that is not as it should be after a step."""
        world = fresh(self.live)
        alive = {name: self.space(name) for name in (*MODULES, NOTEBOOK)}
        alive["program"] = world["program"] = self.live.items()
        yield from self._sources(alive, world)
        yield from self._definitions(alive, world)
        yield from self._held(alive, world)
        if step.was is not self.live:
            yield from self._evaluated(step)
            if not step.undone:
                yield from self._identity(step)

    def _excused(self, key, since=None):
        """Whether something that a definition depends on is stale, or was since a step."""
        touched = self.live.touched(key)
        if since is not None and any(self.ever_stale.get(each, -1) > since for each in touched):
            return True
        return bool(touched & self.stale)

    def _sources(self, alive, world):
        for name in MODULES:
            have, want = _public(alive[name]), _public(world[name])
            if have - want:
                yield f"{name} still has {sorted(have - want)}"
            if want - have:
                yield f"{name} lacks {sorted(want - have)}"
            doc = alive[name]["__doc__"]
            if doc != world[name].get("__doc__") and not skip("doc"):
                yield f"{name}.__doc__ is {doc!r}"
        for place, source in self.live.sources():
            for ref in {ref for laid in source.items for ref in references(laid.item)}:
                if ref.module == source.name or ref.style == "module" or self._excused(ref.key):
                    continue
                local = ref.text(source.name)
                if alive[source.name].get(local) is not alive[ref.module].get(ref.name):
                    yield f"{place}: {local} is not the present {ref.module}.{ref.name}"

    def _definitions(self, alive, world):
        for key, item in self.live.items().items():
            module, name = key
            if self._excused(key):
                continue
            if name not in alive[module]:
                yield f"{module}.{name} is missing"
                continue
            have = observe(alive[module][name], item, alive)
            want = observe(world[module][name], item, world)
            yield from _differences(f"{module}.{name}", have, want)

    def _held(self, alive, world):
        items = self.live.items()
        for held in self.held:
            item = items[held.key]
            if self._excused(held.key, held.step):
                continue
            module, name = held.key
            expected = derive(held.way, world[module][name], item, held.member)
            have = observe_held(held.way, held.value, item, alive)
            want = observe_held(held.way, expected, item, world)
            if held.passes_on and (held.way == "member" or not isinstance(item, (Class, Record))):
                have, want = (
                    _calls(each) for each in (have, want)
                )  # it is not the function itself
            yield from _differences(f"held: {held.label}", have, want)

    def _identity(self, step):
        after, renamed = step.now.items(), step.renamed
        for key, old in step.was.items().items():
            now = renamed.get(key, key)
            new = after.get(now)
            if isinstance(old, Constant) or type(old) is not type(new) or now in step.stale:
                continue
            if key[0] != now[0] and not isinstance(new, (Class, Record)):
                continue  # a function cannot change its module: the old one passes its calls on
            if isinstance(new, Function):
                lambdas = {old.shape == "lambda", new.shape == "lambda"}
                if old.decorators != new.decorators or len(lambdas) > 1:
                    continue
                if True in lambdas and (now != key or (step.ran and skip("lambda"))):
                    continue
            if skip("block") and step.block_changed(key, now):
                continue
            if self.space(now[0]).get(now[1]) is not step.objects[key]:
                yield f"{now[0]}.{now[1]} is not the same object as before the step"

    def _evaluated(self, step):
        """Only what changed is evaluated, and once; a file that fails may be evaluated in part."""
        if step.ran or any(
            self.disk[name] != each.text() for name, each in self.live.files.items()
        ):
            return
        before, allowed = step.was.laid(), set()
        for key, (_, laid) in step.now.laid().items():
            old = before[key][1] if key in before else None
            counts = laid.item.counts(key[0])
            known = old.item.counts(key[0]) if old is not None else {}
            whole = (
                old is None
                or old.block != laid.block
                or (laid.block == "try" and old.item != laid.item)
            )
            if skip("default") and isinstance(laid.item, Function):
                whole = whole or old.item != laid.item
            allowed |= {name for name, what in counts.items() if whole or known.get(name) != what}
        for name in sorted(set(step.log)):
            if name not in allowed or step.undone:
                yield f"{name} was evaluated again, though it did not change"
            elif step.log.count(name) > 1:
                yield f"{name} was evaluated {step.log.count(name)} times"


def _changed(a, b):
    """The keys of definitions that differ."""
    before, after = a.laid(), b.laid()
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def _public(space):
    return {name for name in space if not name.startswith("__")}


def _kind(item, name):
    return next((member.kind for member in item.members if member.name == name), None)


def _cached(program, key):
    """The names of cached properties that a class has or inherits."""
    found = set()
    for each in program.touched(key):
        item = program.items().get(each)
        if isinstance(item, Class):
            found |= {member.name for member in item.members if member.kind == "cached"}
    return found


def _calls(outcomes):
    return {name: got for name, got in outcomes.items() if "(" in name}


def _differences(label, have, want):
    for name in sorted({*have, *want}, key=str):
        if have.get(name) != want.get(name):
            yield f"{label}: {name}: is {have.get(name)!r}, fresh it is {want.get(name)!r}"
