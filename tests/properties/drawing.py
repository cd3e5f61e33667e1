"""Random edits: a program and a source of randomness in, a changed program out.

Every choice is made with a ``random.Random`` that hypothesis controls, so that a failing sequence
shrinks to a small one.
"""

from __future__ import annotations

from dataclasses import replace

from tests.properties.gaps import skip
from tests.properties.program import (
    MODULES,
    NOTEBOOK,
    ORDER,
    Class,
    Constant,
    Decorator,
    Expr,
    Function,
    Laid,
    Member,
    Program,
    Raw,
    Record,
    Ref,
    Source,
)

FAILURES = (
    "def broken(:",
    "  indented = 1",
    "boom = 1 // 0",
    "raise ValueError('boom')",
    "import no_such_module_at_all",
    "from counting import no_such_name",
    "def boom(x=1 // 0): pass",
    "class Boom:\n    attribute = [][1]",
    "@None\ndef boom(): pass",
)
SYNTAX = FAILURES[:2]
_LETTERS = {Constant: "K", Function: "f", Decorator: "d", Class: "C", Record: "R"}


class Drawing:
    """Draws parts of a program.

    Args:
        random: where choices come from.
        serial: gives numbers for new names and ranks.
    """

    def __init__(self, random, serial):
        self.random = random
        self.serial = serial

    def chance(self, percent):
        return self.random.randrange(100) >= 100 - percent

    def choose(self, options):
        return options[self.random.randrange(len(options))]

    # -- the whole -------------------------------------------------------------------------------

    def first(self):
        """A program to begin with."""
        program = Program({name: Source(name) for name in MODULES})
        for place in ("a", "a", "a", "b", "b", "c"):
            program = self.add(program, place)
        return program

    def edited(self, program, place):
        """The program after one edit of a source."""
        items = program.files.get(place, program.cells.get(place)).items
        actions = [self.add, self.add]
        if items:
            actions += [self.change] * 6 + [
                self.layout,
                self.shuffle,
                self.remove,
                self.remove,
                self.block,
            ]
            if place in program.files:
                actions += [self.rename, self.stars, self.document]
                actions += [self.move] if place != MODULES[-1] else []
        return self.choose(actions)(program, place)

    def failing(self, source, failures=FAILURES):
        """A source with a statement that fails."""
        at = self.random.randrange(len(source.items) + 1)
        raw = Laid(Raw("", 0, self.choose(failures)), 0)
        return replace(source, items=(*source.items[:at], raw, *source.items[at:]))

    # -- edits -----------------------------------------------------------------------------------

    def add(self, program, place):
        source = self._source(program, place)
        item = self.item(program, source.name)
        at = len(source.items) if self.chance(60) else self.random.randrange(len(source.items) + 1)
        laid = Laid(item, self.random.randrange(3))
        return program.with_source(
            place, replace(source, items=(*source.items[:at], laid, *source.items[at:]))
        )

    def change(self, program, place):
        source, at, laid = self._pick(program, place)
        return self._put(
            program, place, at, replace(laid, item=self.changed(program, source.name, laid.item))
        )

    def layout(self, program, place):
        _, at, laid = self._pick(program, place)
        comment = self.choose(["", "one", "two lines\n# of comment"])
        return self._put(
            program, place, at, replace(laid, blank=self.random.randrange(4), comment=comment)
        )

    def block(self, program, place):
        _, at, laid = self._pick(program, place)
        return self._put(program, place, at, replace(laid, block=self.choose(["", "if", "try"])))

    def remove(self, program, place):
        source, at, _ = self._pick(program, place)
        return program.with_source(
            place, replace(source, items=source.items[:at] + source.items[at + 1 :])
        )

    def shuffle(self, program, place):
        source, at, laid = self._pick(program, place)
        rest = source.items[:at] + source.items[at + 1 :]
        to = self.random.randrange(len(rest) + 1)
        return program.with_source(place, replace(source, items=(*rest[:to], laid, *rest[to:])))

    def rename(self, program, place):
        source, at, laid = self._pick(program, place)
        if skip("rename") and getattr(laid.item, "decorators", ()):
            return program
        item = replace(laid.item, name=f"{laid.item.name[0]}{next(self.serial)}")
        program = self._put(program, place, at, replace(laid, item=item))
        return program.repoint((source.name, laid.item.name), source.name, item.name)

    def move(self, program, place):
        """Move a definition to a file that imports this one."""
        source, at, laid = self._pick(program, place)
        target = self.choose([name for name in MODULES if name > place])
        program = program.with_source(
            place, replace(source, items=source.items[:at] + source.items[at + 1 :])
        )
        there = program.files[target]
        program = program.with_source(target, replace(there, items=(*there.items, laid)))
        return program.repoint((source.name, laid.item.name), target, laid.item.name)

    def stars(self, program, place):
        source = program.files[place]
        others = [name for name in MODULES if name < place]
        if not others or skip("star"):
            return program
        return program.with_source(
            place, replace(source, stars=source.stars ^ {self.choose(others)})
        )

    def document(self, program, place):
        source = program.files[place]
        return program.with_source(
            place, replace(source, doc=self.choose(["", "One.", "Two\nlines."]))
        )

    def _source(self, program, place):
        return program.files.get(place) or program.cells[place]

    def _pick(self, program, place):
        source = self._source(program, place)
        at = self.random.randrange(len(source.items))
        return source, at, source.items[at]

    def _put(self, program, place, at, laid):
        source = self._source(program, place)
        return program.with_source(
            place, replace(source, items=(*source.items[:at], laid, *source.items[at + 1 :]))
        )

    # -- items -----------------------------------------------------------------------------------

    def item(self, program, here):
        rank = next(self.serial)
        kind = self.choose([Constant, Function, Function, Class, Class, Decorator, Record])
        name = f"{_LETTERS[kind]}{rank}"
        if kind is Constant:
            return self.constant(program, here, name, rank)
        if kind is Function:
            return self.function(program, here, name, rank)
        if kind is Decorator:
            return Decorator(name, rank, self.operators(program, here, rank), self.chance(40))
        if kind is Record:
            return self.record(
                program, here, Record(name, rank, (1, 2), Expr("x"), self.chance(50))
            )
        members = {
            member.name: member for member in (self.member(program, here, rank) for _ in range(3))
        }
        return Class(name, rank, self.bases(program, here, rank), tuple(members.values()))

    def changed(self, program, here, item):
        """An item with one of its parts changed."""
        if isinstance(item, Constant):
            return self.constant(program, here, item.name, item.rank)
        if isinstance(item, Decorator):
            return replace(item, body=self.operators(program, here, item.rank))
        if isinstance(item, Record):
            return self.record(program, here, item)
        if isinstance(item, Function):
            return self.changed_function(program, here, item)
        return self.changed_class(program, here, item)

    def constant(self, program, here, name, rank):
        if self.chance(25) and (call := self.call(program, here, rank, "2")) is not None:
            return Constant(name, rank, call, self.chance(30))
        return Constant(name, rank, self.operators(program, here, rank), self.chance(40))

    def function(self, program, here, name, rank):
        shape = self.choose(["plain"] * 4 + ["nested", "maker", "generator", "async", "lambda"])
        bare = Function(name, rank, shape, Expr("x"))
        bare = replace(bare, body=self.body(program, here, bare))
        if self.chance(40):
            bare = self.changed_function(program, here, bare)
        return self.changed_function(program, here, bare) if self.chance(40) else bare

    def changed_function(self, program, here, item):
        parts = ["body", "body", "body"]
        if item.shape != "maker":
            parts += ["default", "keyword"]
        if item.shape != "lambda":
            parts += ["doc"]
        if item.shape in ("plain", "nested"):
            parts += ["decorators", "annotated", "shape"]
        part = self.choose(parts)
        if part == "body":
            return replace(item, body=self.body(program, here, item))
        if part == "decorators":
            item = replace(item, decorators=self.decorators(program, here, item.rank))
            return replace(item, body=Expr("x * 3")) if _is_cached(item) else item
        if part == "default":
            default = self.choose([None, self.default(program, here, item)])
            return replace(item, default=default, counted=self.chance(40))
        if part == "keyword":
            return replace(item, keyword=self.choose([None, self.default(program, here, item)]))
        if part == "doc":
            return replace(item, doc=self.choose(["", "Does it.", "Does that."]))
        if part == "shape":
            return replace(item, shape="nested" if item.shape == "plain" else "plain")
        return replace(item, annotated=not item.annotated)

    def body(self, program, here, item):
        if _is_cached(item):
            return Expr(f"x * {self.number()}")
        if item.shape == "maker":
            return Expr(
                self.choose(
                    [
                        f"x + n * {self.number()}",
                        f"x * k - {self.number()}",
                        f"x - {self.number()}",
                        "x + n + k",
                    ]
                )
            )
        if self.chance(50) and (call := self.call(program, here, item.rank, "x")) is not None:
            return call
        found = self.operators(program, here, item.rank)
        return Expr(f"x * {self.number()} + ({found.template})", found.refs)

    def default(self, program, here, item):
        if _is_cached(item) or self.chance(70):
            return Expr(str(self.number()))
        return self.operators(program, here, item.rank)

    def decorators(self, program, here, rank):
        options = [(), (), (Expr("functools.cache"),), (Expr("functools.lru_cache(maxsize=None)"),)]
        for ref, item in self.known(program, here, rank, Decorator):
            options.append((Expr("{0}" + (f"({self.number()})" if item.factory else ""), (ref,)),))
        return self.choose(options)

    def changed_class(self, program, here, item):
        part = self.choose(["member", "member", "member", "drop", "doc", "bases"])
        if part == "doc":
            return replace(item, doc=self.choose(["", "A class.", "Another."]))
        if part == "bases" and not skip("header"):
            return replace(item, bases=self.bases(program, here, item.rank))
        members = {member.name: member for member in item.members}
        if part == "drop" and members:
            del members[self.choose(sorted(members))]
        else:
            member = self.member(program, here, item.rank)
            members[member.name] = member
        return replace(item, members=tuple(members.values()))

    def member(self, program, here, rank):
        kind = self.choose(
            ["attribute", "method", "method", "property", "class", "static", "cached"]
        )
        if kind == "attribute":
            return Member(
                kind,
                self.choose(["A1", "A2"]),
                self.operators(program, here, rank),
                self.chance(40),
            )
        name = {
            "method": self.choose(["m1", "m2"]),
            "property": "p1",
            "class": "c1",
            "static": "s1",
            "cached": "k1",
        }[kind]
        if self.chance(20):
            name = self.choose(["m1", "p1"])  # another kind under the same name
        number = self.number()
        if kind == "cached":
            return Member(kind, name, Expr(f"self.v + {number}"))
        found = self.operators(program, here, rank)
        if kind == "property":
            return Member(kind, name, Expr(f"self.v * {number} + ({found.template})", found.refs))
        templates = [f"x * {number} + ({found.template})"]
        if kind == "method":
            templates += [
                f"self.v + ({found.template})",
                f"super().m1(x) + ({found.template})",
                f"self.A1 + x + ({found.template})",
            ]
        elif kind == "class":
            templates += [f"cls.A1 + ({found.template})", f"super().c1(x) + ({found.template})"]
        return Member(kind, name, Expr(self.choose(templates), found.refs))

    def record(self, program, here, item):
        if self.chance(50):
            return replace(item, values=(self.number(), 10 + self.number()))
        found = self.operators(program, here, item.rank)
        field = "self.value" if item.enum else "self.p"
        return replace(item, body=Expr(f"{field} + x + ({found.template})", found.refs))

    def bases(self, program, here, rank):
        known = self.known(program, here, rank, Class)
        count = min(len(known), self.choose([0, 1, 1, 2]))
        found = {}
        for _ in range(count):
            ref, _ = self.choose(known)
            found[ref.key] = ref
        return tuple(found.values())

    # -- expressions -----------------------------------------------------------------------------

    def number(self):
        return self.random.randrange(1, 10)

    def operators(self, program, here, rank):
        """Operators over numbers and constants."""
        known = self.known(program, here, rank, Constant)
        if not known or self.chance(40):
            return Expr(str(self.number()))
        ref, _ = self.choose(known)
        if self.chance(30):
            other, _ = self.choose(known)
            return Expr(f"{{0}} + {{1}} * {self.number()}", (ref, other))
        return Expr(
            self.choose(["{0} * %d", "{0} - %d", "{0} if {0} > %d else 5"]) % self.number(), (ref,)
        )

    def call(self, program, here, rank, argument):
        known = [
            (ref, item)
            for ref, item in self.known(program, here, rank, Function)
            if item.shape in ("plain", "nested", "lambda", "maker")
        ]
        if not known:
            return None
        ref, item = self.choose(known)
        inner = "{0}(2)" if item.shape == "maker" else "{0}"
        return Expr(f"{inner}({argument}) + {self.number()}", (ref,))

    def known(self, program, here, rank, kind):
        """The definitions of a kind that may be mentioned, each as a reference and an item."""
        found = []
        for (module, name), item in program.items().items():
            if (
                isinstance(item, kind)
                and item.rank < rank
                and ORDER.index(module) <= ORDER.index(here)
            ):
                style = "from" if module == here else self.choose(["from", "from", "module", "as"])
                found.append((Ref(module, name, style), item))
        return found


def _is_cached(item):
    return any("cache" in each.template for each in item.decorators)


__all__ = ["FAILURES", "NOTEBOOK", "SYNTAX", "Drawing"]
