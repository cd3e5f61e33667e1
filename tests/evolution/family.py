"""A small family of classes: its text, and random changes of it.

In: hypothesis's choices. Out: a `Family`, plain data, and the text of its module.

The family has a tree (A; B, L and R below it; D below L and R) that is written in one style, plain
classes or dataclasses, and two values: F, a frozen dataclass that is compared by its fields, and N, a
NamedTuple. Each name belongs to one class at a time.

How an attribute is written
    param     given to the constructor            literal   a number
    list      a new list for each instance        class     a class attribute
    both      given, and a class attribute too    bare      a slot, or an annotation, and no value
    property  a property                          method    a method
"""

from __future__ import annotations

import types
from dataclasses import dataclass, field, replace

NAMES = "abcdef"
TREE = ("A", "B", "L", "R", "D")
MRO = {"A": "A", "B": "BA", "L": "LA", "R": "RA", "D": "DLRA", "F": "F", "N": "N"}
BASES = {"A": "", "B": "A", "L": "A", "R": "A", "D": "L, R", "F": "", "N": ""}
HOWS = {
    "plain": ("param", "literal", "list", "class", "both", "bare", "property", "method"),
    "dataclass": ("param", "literal", "list", "class", "property", "method"),
    "frozen": ("param", "literal", "list", "class", "property", "method"),
    "value": ("param", "literal", "class", "method"),
    "namedtuple": ("param", "literal", "method"),
}
PRELUDE = """\
from dataclasses import dataclass, field
from typing import NamedTuple
from graph import called
"""


@dataclass(frozen=True)
class Attr:
    """One name of a class."""

    how: str
    value: int = 0


@dataclass(frozen=True)
class Op:
    """One line of a hook: what it does if `name` was added. `other` is another name, or a number."""

    kind: str  # set, rename, bump
    name: str
    other: str | int


@dataclass(frozen=True)
class Cls:
    """One class. `slots`: empty, ``slots``, or ``weak`` (slots, and one for weak references)."""

    name: str
    attrs: dict[str, Attr] = field(default_factory=dict)
    slots: str = ""
    hook: tuple[Op, ...] | None = None


@dataclass(frozen=True)
class Family:
    """The classes, the style of the tree, and a number in a method body that means nothing."""

    classes: dict[str, Cls]
    style: str = "plain"
    body: int = 0

    def style_of(self, name):
        return {"F": "value", "N": "namedtuple"}.get(name, self.style)

    def with_class(self, cls):
        return replace(self, classes={**self.classes, cls.name: cls})

    def owners(self):
        """For each name, the class of the tree that has it."""
        return {name: c for c in TREE for name in self.classes[c].attrs}

    def hook_of(self, name):
        """The class whose hook instances of a class have, or None."""
        return next((c for c in MRO[name] if self.classes[c].hook is not None), None)

    def params(self, name):
        """What the constructor of a class must be given."""
        return [
            each
            for c in reversed(MRO[name])
            for each, attr in self.classes[c].attrs.items()
            if attr.how in ("param", "both")
        ]

    def text(self):
        return PRELUDE + "".join(f"\n\n{self._class(cls)}" for cls in self.classes.values())

    def text_of(self, name):
        """The text of one class."""
        return self._class(self.classes[name])

    def valid(self):
        """Whether Python takes the text, and makes an instance of each class."""
        for cls in self.classes.values():
            if any(attr.how not in HOWS[self.style_of(cls.name)] for attr in cls.attrs.values()):
                return False
        module = types.ModuleType("m")
        try:
            exec(compile(self.text(), "<family>", "exec"), vars(module))
            for name in self.classes:
                vars(module)[name](**dict.fromkeys(self.params(name), 0))
        except (TypeError, ValueError, AttributeError):
            return False
        return True

    # -- the text --------------------------------------------------------------------------------

    def _class(self, cls):
        style = self.style_of(cls.name)
        lines = []
        if style == "namedtuple":
            head = f"class {cls.name}(NamedTuple):"
            lines += _fields({n: a for n, a in cls.attrs.items() if a.how == "param"})
            lines += _fields({n: a for n, a in cls.attrs.items() if a.how != "param"})
        elif style == "plain":
            head = (
                f"class {cls.name}({BASES[cls.name]}):" if BASES[cls.name] else f"class {cls.name}:"
            )
            lines += self._plain(cls)
        else:
            options = ["kw_only=True", f"eq={style == 'value'}"]
            options += ["frozen=True"] if style != "dataclass" else []
            options += ["slots=True"] if cls.slots else []
            options += ["weakref_slot=True"] if self._adds_weakref(cls) else []
            head = f"@dataclass({', '.join(options)})\nclass {cls.name}({BASES[cls.name]}):"
            lines += _fields(cls.attrs)
        for name, attr in cls.attrs.items():
            if attr.how == "property":
                lines += ["@property"]
            if attr.how in ("property", "method"):
                lines += [f"def {name}(self):", f"    return {attr.value}"]
        lines += ["def body(self):", f"    return {self.body}"]
        if cls.hook is not None:
            lines += ["def __reinit__(self, old):", *self._hook(cls)]
        return head + "".join(f"\n    {line}" for line in lines) + "\n"

    def _plain(self, cls):
        own = cls.attrs
        if cls.slots:
            slots = [n for n, a in own.items() if a.how in ("param", "literal", "list", "bare")]
            slots += ["__weakref__"] if self._adds_weakref(cls) else []
            yield f"__slots__ = ({''.join(f'{each!r}, ' for each in slots)})"
        for name, attr in own.items():
            if attr.how in ("class", "both"):
                yield f"{name} = {attr.value}"
            elif attr.how == "bare" and not cls.slots:
                yield f"{name}: int"
        yield "def __init__(self, **given):"
        yield "    super().__init__(**given)" if BASES[cls.name] else "    pass"
        for name, attr in own.items():
            if attr.how in ("param", "both"):
                yield f"    self.{name} = given[{name!r}]"
            elif attr.how in ("literal", "list"):
                yield f"    self.{name} = {attr.value if attr.how == 'literal' else '[]'}"

    def _adds_weakref(self, cls):
        above = [self.classes[c] for c in MRO[cls.name][1:]]
        return cls.slots == "weak" and all(each.slots == "slots" for each in above)

    def _hook(self, cls):
        yield "    called(self)"
        for op in self.ops(cls.name):
            yield f"    if {op.name!r} in old.added:"
            put = "object.__setattr__(self, {!r}, {})"
            if op.kind == "set":
                yield "        " + put.format(op.name, op.other)
            elif op.kind == "rename":
                yield f"        if {op.other!r} in old:"
                yield "            " + put.format(op.name, f"old[{op.other!r}]")
            else:
                yield f"        if type(old.get({op.other!r})) is int:"
                yield "            " + put.format(op.other, f"old[{op.other!r}] + 1000")

    def ops(self, name):
        """The lines of a class's own hook that mean something now."""
        assigned = {
            n
            for c in MRO[name]
            for n, attr in self.classes[c].attrs.items()
            if attr.how in ("param", "literal", "list", "both")
        }
        hook = self.classes[name].hook or ()
        return [op for op in hook if op.kind != "bump" or op.other in assigned]


def _fields(attrs):
    for name, attr in attrs.items():
        if attr.how == "param":
            yield f"{name}: int"
        elif attr.how == "literal":
            yield f"{name}: int = {attr.value}"
        elif attr.how == "list":
            yield f"{name}: list = field(default_factory=list)"
        elif attr.how == "class":
            yield f"{name} = {attr.value}"


class Drawing:
    """Random families and changes.

    Args:
        random: a Random of hypothesis's.
        numbers: gives a number that was not given before.
    """

    def __init__(self, random, numbers):
        self.random = random
        self.numbers = numbers

    def choose(self, options):
        return self.random.choice(list(options))

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def first(self):
        """A family to begin with. F and N have a number that tells equal ones apart."""
        classes = {name: Cls(name) for name in MRO}
        family = Family(classes, self.choose(["plain", "plain", "dataclass", "frozen"]))
        for name in "FN":
            family = family.with_class(Cls(name, {"k": Attr("param")}))
        for _ in range(self.choose([2, 4, 8])):
            family = self._valid(family, self.add)
        for _ in range(self.choose([0, 2])):
            family = self._valid(family, self.slots)
        return family

    def edited(self, family):
        """The family after one to four changes."""
        for _ in range(self.choose([1, 1, 2, 4])):
            change = self.choose(
                [self.add] * 4
                + [self.remove] * 2
                + [self.change] * 3
                + [self.move] * 2
                + [self.rename, self.slots, self.slots, self.hook, self.hook, self.style]
                + [self.order, self.body]
            )
            family = self._valid(family, change)
        return family

    def _valid(self, family, change):
        made = change(family)
        return made if made is not None and made.valid() else family

    def attr(self, family, cls):
        return Attr(self.choose(HOWS[family.style_of(cls)]), next(self.numbers))

    def add(self, family):
        cls = family.classes[self.choose(family.classes)]
        taken = cls.attrs if cls.name in "FN" else family.owners()
        free = [name for name in NAMES if name not in taken]
        if not free:
            return None
        return self._put(family, cls.name, self.choose(free), self.attr(family, cls.name))

    def remove(self, family):
        found = self._pick(family)
        return self._without(family, *found) if found else None

    def change(self, family):
        found = self._pick(family)
        if not found:
            return None
        attrs = {**family.classes[found[0]].attrs, found[1]: self.attr(family, found[0])}
        return family.with_class(replace(family.classes[found[0]], attrs=attrs))

    def move(self, family):
        owners = family.owners()
        if not owners:
            return None
        name = self.choose(sorted(owners))
        attr = family.classes[owners[name]].attrs[name]
        return self._put(self._without(family, owners[name], name), self.choose(TREE), name, attr)

    def rename(self, family):
        """A name goes, another comes, and a hook takes the value over."""
        found = self._pick(family)
        if not found or found[0] == "N":
            return None
        cls, name = found
        taken = family.classes[cls].attrs if cls in "FN" else family.owners()
        free = [each for each in NAMES if each not in taken]
        if not free:
            return None
        new = self.choose(free)
        family = self._put(self._without(family, cls, name), cls, new, Attr("param"))
        hook = (family.classes[cls].hook or ()) + (Op("rename", new, name),)
        return family.with_class(replace(family.classes[cls], hook=hook))

    def slots(self, family):
        cls = family.classes[self.choose(family.classes)]
        slots = self.choose(["", "slots", "weak"])
        return family.with_class(replace(cls, slots=slots)) if cls.name != "N" else None

    def style(self, family):
        return replace(family, style=self.choose(["plain", "dataclass", "frozen"]))

    def hook(self, family):
        cls = family.classes[self.choose(c for c in family.classes if c != "N")]
        if cls.hook is not None and self.chance(50):
            return family.with_class(replace(cls, hook=None))
        ops = []
        for _ in range(self.choose([1, 2, 3])):
            kind = self.choose(["set", "rename", "bump"])
            other = next(self.numbers) if kind == "set" else self.choose(NAMES)
            ops.append(Op(kind, self.choose(NAMES), other))
        return family.with_class(replace(cls, hook=tuple(ops)))

    def order(self, family):
        cls = family.classes[self.choose(family.classes)]
        names = list(cls.attrs)
        self.random.shuffle(names)
        return family.with_class(replace(cls, attrs={name: cls.attrs[name] for name in names}))

    def body(self, family):
        return replace(family, body=next(self.numbers))

    def _pick(self, family):
        found = [(c, n) for c, cls in family.classes.items() for n in cls.attrs if n != "k"]
        return self.choose(found) if found else None

    def _put(self, family, cls, name, attr):
        items = list(family.classes[cls].attrs.items())
        items.insert(self.random.randrange(len(items) + 1), (name, attr))
        return family.with_class(replace(family.classes[cls], attrs=dict(items)))

    def _without(self, family, cls, name):
        attrs = {each: a for each, a in family.classes[cls].attrs.items() if each != name}
        return family.with_class(replace(family.classes[cls], attrs=attrs))
