"""The machine: random edits of a family of classes with instances alive, and what each should have.

In: hypothesis's choices. Out: nothing, or a `Mismatch` with a script of the sequence that can be pasted
as a test. After every step each instance, reached through everything that holds it, is compared with
an object that was built fresh from the final text and filled by hand as `expected` says.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import types
from operator import itemgetter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.evolution.expected import Edit, Ref, Thing, World, layout, migrated, undone
from tests.evolution.family import MRO, NAMES, TREE, Drawing
from tests.evolution.live import Live

randoms = st.randoms(use_true_random=False)

HOLDERS = {
    "name": ("{at} = {it}", "{at}"),
    "value": ("{at} = {{'x': {it}}}", "{at}['x']"),
    "key": ("{at} = {{{it}: 1}}", "next(iter({at}))"),
    "set": ("{at} = {{{it}}}", "next(iter({at}))"),
    "frozen": ("{at} = frozenset([{it}])", "next(iter({at}))"),
    "tuple": ("{at} = (0, ({it}, [({it},)]))", "{at}[1][1][0][0]"),
    "keys": ("{at} = {{(0, {it}): 1}}", "next(iter({at}))[1]"),
    "deque": ("{at} = deque([{it}])", "{at}[0]"),
    "cell": ("{at} = closure({it})", "{at}()"),
    "method": ("{at} = {it}.body", "{at}.__self__"),
    "partial": ("{at} = functools.partial(len, {it})", "{at}.args[0]"),
    "weak": ("{at} = weakref.ref({it})", "{at}()"),
    "generator": ("{at} = generator({it}); next({at})", "{at}.gi_frame.f_locals['held']"),
}
FOUND = {
    "key": "{it} in {at}",
    "set": "{it} in {at}",
    "frozen": "{it} in {at}",
    "keys": "(0, {it}) in {at}",
}
"""Where an instance must be found by its hash."""


class Mismatch(AssertionError):
    """An instance is not what it should be; the message has the script."""


class Evolving(RuleBasedStateMachine):
    """The state: the live family, the model of its instances, what holds each, what can be undone."""

    def __init__(self):
        super().__init__()
        self.live = Live()
        self.script = []
        self.numbers = itertools.count(1)
        self.serial = itertools.count(1)
        self.world = World()
        self.holders: dict[str, dict[str, str]] = {}
        self.edits: list[Edit] = []

    def teardown(self):
        self.live.close()

    # -- rules -----------------------------------------------------------------------------------

    @initialize(random=randoms)
    def start(self, random):
        drawing = Drawing(random, self.numbers)
        self.family = drawing.first()
        text = self.family.text()
        self.script.append(f'    live.start("""{text}""")')
        self.live.start(text)
        for _ in range(drawing.choose([1, 2, 4])):
            self._make(random)

    @rule(random=randoms)
    def make(self, random):
        """An instance is made, and held in several ways."""
        self._make(random)
        self._compare()

    @rule(random=randoms)
    def set(self, random):
        """An attribute is set; to another instance, perhaps."""
        drawing = Drawing(random, self.numbers)
        places = [
            (key, name)
            for key, thing in self.world.things.items()
            if self.family.style_of(thing.cls) in ("plain", "dataclass")
            for name, at in layout(self.family, thing.cls).attrs.items()
            if at.weight
        ]
        if not places:
            return
        key, name = drawing.choose(places)
        value = self._value(drawing, self.world.things)
        self._run(f"everything[{self._index(key)}].{name} = {self._text(value)}")
        self.world.things[key].values[name] = value
        self._compare()

    @rule(random=randoms)
    def edit(self, random):
        """The classes are edited; hooks may fail, and debts may be refused."""
        drawing = Drawing(random, self.numbers)
        target = drawing.edited(self.family)
        text = target.text()
        if text == self.live.source.text:
            return
        fail_at = drawing.choose([0, 0, 0, 1, 2, 3])
        policy = drawing.choose(["later", "later", "hold", "strict"])
        breaks = drawing.chance(10)
        world, hooked, owing = migrated(self.world, self.family, target)
        options = (f", policy={policy!r}" if policy != "later" else "") + (
            f", fail_at={fail_at}" if fail_at else ""
        )
        text += "1 / 0\n" if breaks else ""
        self.script.append(f'    live.save("""{text}"""{options})')
        identity = self._identity()
        undos = len(self.live.workspace.undos)
        report = self.live.save(text, policy, fail_at)
        fails = breaks or (0 < fail_at <= len(hooked)) or (owing and policy != "later")
        if fails != bool(report.failed):
            raise self._mismatch(f"it should {'fail' if fails else 'not fail'}: {report}")
        calls = len(self.live.calls)
        if fails:
            if identity != self._identity():
                raise self._mismatch("a failed edit left other objects")
        else:
            if len(self.live.workspace.undos) > undos:
                self.edits.append(Edit(self.family, self.world, world.copy()))
            self.family, self.world = target, world
            for key, holders in self.holders.items():
                if not self._weak(key):
                    holders.pop("weak", None)
            if calls != len(hooked) or len(set(self.live.calls)) != calls:
                raise self._mismatch(f"the hook was called {calls} times, not for each of {hooked}")
        self._compare()

    @precondition(lambda self: self.edits)
    @rule()
    def undo(self):
        """The last edit is taken back."""
        edit = self.edits.pop()
        self.script.append("    live.undo()")
        self.live.undo()
        self.world = undone(self.world, self.family, edit)
        self.family = edit.family
        for key, holders in self.holders.items():
            if not self._weak(key):
                holders.pop("weak", None)
        self._compare()

    # -- steps -----------------------------------------------------------------------------------

    def _make(self, random):
        drawing = Drawing(random, self.numbers)
        cls, key = drawing.choose(MRO), f"i{next(self.serial)}"
        plain = {k: t for k, t in self.world.things.items() if t.cls in TREE}
        given = {
            name: next(self.numbers) if name == "k" or cls in "FN" else self._value(drawing, plain)
            for name in self.family.params(cls)
        }
        texts = ", ".join(f"{name}={self._text(value)}" for name, value in given.items())
        self._run(f"everything.append(m.{cls}({texts}))")
        values = {
            name: given.get(name, at.default)
            for name, at in layout(self.family, cls).attrs.items()
            if at.weight == 2
        }
        self.world.things[key] = Thing(cls, values)
        self.holders[key] = {}
        for kind in drawing.random.sample(sorted(HOLDERS), 4):
            if kind != "weak" or self._weak(key):
                at = f"{kind}_{key}"
                it = f"everything[{self._index(key)}]"
                self._run(HOLDERS[kind][0].format(at=at, it=it))
                self.holders[key][kind] = at

    def _value(self, drawing, things):
        if things and drawing.chance(40):
            return Ref(drawing.choose(sorted(things)))
        return next(self.numbers)

    def _text(self, value):
        return f"everything[{self._index(value.key)}]" if isinstance(value, Ref) else repr(value)

    def _index(self, key):
        return list(self.world.things).index(key)

    def _run(self, text):
        self.script.append(f"    live.run({text!r})")
        try:
            self.live.run(text)
        except Exception as error:
            raise self._mismatch(f"{text} raised {error!r}") from error

    def _weak(self, key):
        """Whether instances take weak references."""
        cls = self.world.things[key].cls
        if self.family.style_of(cls) == "namedtuple":
            return False
        return any(self.family.classes[c].slots != "slots" for c in MRO[cls])

    # -- comparing -------------------------------------------------------------------------------

    def _identity(self):
        """The ids of what every holder has, and of the classes."""
        found = [id(self.live(f"m.{cls}")) for cls in MRO]
        for index, key in enumerate(self.world.things):
            found.append(id(self.live(f"everything[{index}]")))
            found += [
                id(self.live(HOLDERS[kind][1].format(at=at)))
                for kind, at in self.holders[key].items()
            ]
        return found

    def _compare(self):
        problems = list(self._problems())
        if problems:
            raise self._mismatch("\n".join(problems))

    def _problems(self):
        keys = {id(self.live(f"everything[{n}]")): key for n, key in enumerate(self.world.things)}
        if len(keys) < len(self.world.things):
            yield "two instances became one"
        fresh = _fresh(self.family.text())
        dolls = {}
        for key in self.world.things:
            _made(fresh, key, self.world, self.family, dolls)
        for key, thing in self.world.things.items():
            instance = self.live(f"everything[{self._index(key)}]")
            label = f"{key}, a {thing.cls}"
            for kind, at in self.holders[key].items():
                held = self.live(HOLDERS[kind][1].format(at=at))
                if held is not instance:
                    yield f"{label}: {kind} holds {'nothing' if held is None else 'another object'}"
                elif kind in FOUND and self._can_hash(key):
                    it = f"everything[{self._index(key)}]"
                    if not self.live(FOUND[kind].format(at=at, it=it)):
                        yield f"{label}: is not found by its hash in a {kind}"
            waits = thing.cls == "N" and self._lacks(key)
            if waits and isinstance(instance, self.live("m.N")):
                pass
            elif type(instance) is not self.live(f"m.{thing.cls}"):
                yield f"{label}: its class is another object"
                continue
            yield from self._differences(label, instance, dolls, key, keys)
        del instance
        yield from self._debts()

    def _differences(self, label, instance, dolls, key, keys):
        thing, doll = self.world.things[key], dolls[key]
        own = _own(instance, keys)
        if own != thing.values:
            yield f"{label}: has {own}, should have {thing.values}"
            return
        back = {id(each): name for name, each in dolls.items()}
        if (now := _seen(instance, keys)) != (should := _seen(doll, back)):
            yield f"{label}: shows {now}, a fresh one {should}"
        owed = self.world.owed.get(thing.cls, set()) - thing.values.keys()
        if not owed and _own(copy.copy(instance), keys) != thing.values:
            yield f"{label}: its copy differs"
        for name in owed:
            try:
                getattr(instance, name)
            except AttributeError as error:
                if not getattr(error, "__notes__", ()):
                    yield f"{label}: nothing says that it is owed {name}"
        if thing.cls != "N" and not any(self.world.owed.get(c) for c in MRO[thing.cls]):
            yield from ["has a __getattr__"] * hasattr(instance, "__getattr__")

    def _debts(self):
        owed = [
            (thing.cls, name)
            for thing in self.world.things.values()
            for name in self.world.owed.get(thing.cls, set()) - thing.values.keys()
        ]
        found = [
            (cls.__name__, name)
            for cls, name, count in self.live.workspace.evolution.debts.every()
            for _ in range(count)
        ]
        if sorted(found) != sorted(owed):
            yield f"owed is {sorted(found)}, should be {sorted(owed)}"

    def _can_hash(self, key):
        return self.world.things[key].cls != "F" or not self._lacks(key)

    def _lacks(self, key):
        """Whether an instance lacks something that a new one has."""
        thing = self.world.things[key]
        attrs = layout(self.family, thing.cls).attrs
        return bool({name for name, at in attrs.items() if at.weight == 2} - thing.values.keys())

    def _mismatch(self, text):
        sequence = "\n".join(self.script)
        return Mismatch(f"{text}\n\nThe sequence:\n\ndef test_found(live):\n{sequence}\n")


def _fresh(text):
    module = types.ModuleType("m")
    exec(compile(text, "<fresh>", "exec"), vars(module))
    return vars(module)


def _made(fresh, key, world, family, dolls):
    """An object built fresh, and filled by hand; other instances are stood for by dolls too."""
    if key in dolls:
        return dolls[key]

    def made(value):
        if isinstance(value, Ref):
            return _made(fresh, value.key, world, family, dolls)
        return list(value) if value == () else value

    thing = world.things[key]
    cls = fresh[thing.cls]
    if family.style_of(thing.cls) == "namedtuple":
        lacking = [name for name in cls._fields if name not in thing.values]
        if lacking:  # a tuple cannot lack an item
            parts = {name: property(lambda self: self.lacking) for name in lacking}
            parts["_fields"] = tuple(name for name in cls._fields if name in thing.values)
            getters = {name: property(itemgetter(n)) for n, name in enumerate(parts["_fields"])}
            cls = type("N", (cls,), parts | getters)
        doll = tuple.__new__(cls, [made(thing.values[name]) for name in cls._fields])
    else:
        doll = object.__new__(cls)
    dolls[key] = doll
    if family.style_of(thing.cls) != "namedtuple":
        for name, value in thing.values.items():
            slot = inspect.getattr_static(cls, name, None)
            if isinstance(slot, types.MemberDescriptorType):
                slot.__set__(doll, made(value))
            else:
                doll.__dict__[name] = made(value)
    return doll


def _own(instance, keys):
    """What an instance itself has."""
    if isinstance(instance, tuple):
        found = dict(zip(type(instance)._fields, tuple.__iter__(instance), strict=False))
        return {name: _plain(value, keys) for name, value in found.items()}
    found = dict(getattr(instance, "__dict__", {}))
    for cls in type(instance).__mro__:
        for name, raw in vars(cls).items():
            if isinstance(raw, types.MemberDescriptorType):
                try:
                    found[name] = raw.__get__(instance)
                except AttributeError:
                    continue
    return {name: _plain(value, keys) for name, value in found.items()}


def _seen(instance, keys):
    """What reading each name gives."""
    found = {}
    for name in (*NAMES, "k", "body"):
        try:
            value = getattr(instance, name)
        except AttributeError:
            continue
        found[name] = value() if callable(value) else _plain(value, keys)
    return found


def _plain(value, keys):
    if type(value) is list:
        return tuple(value)
    if type(value).__module__ == "m":
        return Ref("") if not keys else Ref(keys.get(id(value), "an unknown object"))
    return value
