"""Programs as data: what the random edits change, and how it is written as text.

In: definitions made of small parts (frozen dataclasses). Out: the text of each file and cell.
Every program is valid by its making: a definition refers only to definitions of lower rank, in its
own source or one that it imports, so that there is neither recursion nor a circular import.

    Program
      files   a.py <- b.py <- c.py        an arrow: "may import"
      cells   (id, source) ...            may import all files
      Source  of Laid(item, ...)          an item with the comments around it
      item    Constant | Function | Decorator | Class | Record
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from textwrap import indent

MODULES = ("a", "b", "c")
NOTEBOOK = "__main__"
ORDER = (*MODULES, NOTEBOOK)


@dataclass(frozen=True)
class Ref:
    """A mention of another definition. ``style``: ``from``, ``as`` or ``module`` (``a.f``)."""

    module: str
    name: str
    style: str = "from"

    @property
    def key(self):
        return self.module, self.name

    def text(self, here):
        if self.module == here or self.style == "from":
            return self.name
        return f"{self.module}.{self.name}" if self.style == "module" else f"{self.name}_"


@dataclass(frozen=True)
class Expr:
    """An expression: a template with ``{0}``, ``{1}`` where it mentions definitions."""

    template: str
    refs: tuple[Ref, ...] = ()

    def text(self, here):
        return self.template.format(*(ref.text(here) for ref in self.refs))


@dataclass(frozen=True)
class Constant:
    """``K = 3``, ``K = A * 2``, ``K = f(2)``; counted: ``K = tick("K", 3)``."""

    name: str
    rank: int
    value: Expr
    counted: bool = False

    def text(self, here):
        value = self.value.text(here)
        return f"{self.name} = " + (f"tick('#{self.rank}', {value})" if self.counted else value)

    def counts(self, here):
        return {f"#{self.rank}": self.text(here)} if self.counted else {}


@dataclass(frozen=True)
class Function:
    """A function of one parameter ``x``, and ``y`` and ``z`` where they have defaults.

    Shapes: plain, nested (an inner function), maker (returns a closure), generator, async, lambda.
    """

    name: str
    rank: int
    shape: str
    body: Expr
    default: Expr | None = None
    keyword: Expr | None = None
    decorators: tuple[Expr, ...] = ()
    doc: str = ""
    annotated: bool = False
    counted: bool = False

    def text(self, here):
        lines = [f"@{each.text(here)}" for each in self.decorators]
        body = self.body.text(here)
        if self.shape == "lambda":
            return f"{self.name} = lambda {self._parameters(here)}: {body}{self._more()}"
        doc = [f"    {self.doc!r}"] if self.doc else []
        if self.shape == "maker":
            lines += [
                f"def {self.name}(n):",
                *doc,
                "    k = 7",
                "    def inner(x):",
                f"        return {body}",
                "    return inner",
            ]
            return "\n".join(lines)
        word = "async def" if self.shape == "async" else "def"
        returns = " -> int" if self.annotated else ""
        lines += [f"{word} {self.name}({self._parameters(here)}){returns}:", *doc]
        if self.shape == "nested":
            lines += [
                "    def inner(u):",
                f"        return u + {body}",
                f"    return inner(2){self._more()}",
            ]
        elif self.shape == "generator":
            lines += ["    for i in range(x):", f"        yield i + {body}{self._more()}"]
        else:
            lines.append(f"    return {body}{self._more()}")
        return "\n".join(lines)

    def _parameters(self, here):
        found = ["x: int" if self.annotated and self.shape != "lambda" else "x"]
        if self.default is not None:
            found.append(f"y={self._default(here)}")
        if self.keyword is not None:
            found += ["*", f"z={self.keyword.text(here)}"]
        return ", ".join(found)

    def _default(self, here):
        text = self.default.text(here)
        return f"tick('#{self.rank}.y', {text})" if self.counted else text

    def _more(self):
        return ("" if self.default is None else " + y") + ("" if self.keyword is None else " - z")

    def counts(self, here):
        if not self.counted or self.default is None:
            return {}
        if self.shape == "lambda":
            return {f"#{self.rank}.y": self.text(here)}
        return {
            f"#{self.rank}.y": ([each.text(here) for each in self.decorators], self._default(here))
        }


@dataclass(frozen=True)
class Decorator:
    """A decorator, or with ``factory`` a function that makes one of a number."""

    name: str
    rank: int
    body: Expr
    factory: bool = False

    def text(self, here):
        more = " + n" if self.factory else ""
        inner = (
            f"@functools.wraps(function)\ndef wrapper(*args, **kwargs):\n"
            f"    return function(*args, **kwargs){more} + {self.body.text(here)}\n"
        )
        text = f"def decorate(function):\n{indent(inner, '    ')}    return wrapper"
        if self.factory:
            return f"def {self.name}(n):\n{indent(text, '    ')}\n    return decorate"
        return text.replace("def decorate", f"def {self.name}")

    def counts(self, here):
        return {}


@dataclass(frozen=True)
class Member:
    """A piece of a class. Kinds: attribute, method, property, class, static, cached."""

    kind: str
    name: str
    body: Expr
    counted: bool = False

    def text(self, here, rank):
        body = self.body.text(here)
        if self.kind == "attribute":
            return f"{self.name} = " + (
                f"tick('#{rank}.{self.name}', {body})" if self.counted else body
            )
        head = {
            "method": "def {}(self, x):",
            "property": "@property\ndef {}(self):",
            "class": "@classmethod\ndef {}(cls, x):",
            "static": "@staticmethod\ndef {}(x):",
            "cached": "@functools.cached_property\ndef {}(self):",
        }[self.kind].format(self.name)
        return f"{head}\n    return {body}"


@dataclass(frozen=True)
class Class:
    """A class. One without bases brings ``__init__``, which is always the same."""

    name: str
    rank: int
    bases: tuple[Ref, ...] = ()
    members: tuple[Member, ...] = ()
    doc: str = ""

    def head(self, here):
        bases = f"({', '.join(ref.text(here) for ref in self.bases)})" if self.bases else ""
        return f"class {self.name}{bases}:"

    def text(self, here):
        parts = [repr(self.doc)] if self.doc else []
        if not self.bases:
            parts.append("def __init__(self, v=1):\n    self.v = v")
        parts += [member.text(here, self.rank) for member in self.members] or ["pass"]
        return self.head(here) + "\n" + "\n".join(indent(part, "    ") for part in parts)

    def counts(self, here):
        return {
            f"#{self.rank}.{member.name}": (self.head(here), member.text(here, self.rank))
            for member in self.members
            if member.counted
        }


@dataclass(frozen=True)
class Record:
    """A dataclass with fields ``p`` and ``q``, or (``enum``) an Enum with members ``P`` and ``Q``."""

    name: str
    rank: int
    values: tuple[int, int]
    body: Expr
    enum: bool = False

    def text(self, here):
        p, q = self.values
        method = f"    def total(self, x):\n        return {self.body.text(here)}"
        if self.enum:
            return f"class {self.name}(enum.Enum):\n    P = {p}\n    Q = {q}\n{method}"
        return f"@dataclasses.dataclass\nclass {self.name}:\n    p: int = {p}\n    q: int = {q}\n{method}"

    def counts(self, here):
        return {}


@dataclass(frozen=True)
class Raw:
    """A statement as it is: what makes an edit fail."""

    name: str
    rank: int
    statement: str

    def text(self, here):
        return self.statement

    def counts(self, here):
        return {}


@dataclass(frozen=True)
class Laid:
    """An item as it lies in its source: lines above it, and the block that it stands in."""

    item: object
    blank: int = 1
    comment: str = ""
    block: str = ""

    def text(self, here):
        text = self.item.text(here)
        if self.block == "if":
            text = "if True:\n" + indent(text, "    ")
        elif self.block == "try":
            text = "try:\n" + indent(text, "    ") + "\nfinally:\n    pass"
        return "\n" * self.blank + (f"# {self.comment}\n" if self.comment else "") + text + "\n"


@dataclass(frozen=True)
class Source:
    """A file or a cell: its items in order, the modules that it imports whole, a last remark."""

    name: str
    items: tuple[Laid, ...] = ()
    stars: frozenset[str] = frozenset()
    doc: str = ""
    remark: str = ""

    def text(self):
        lines = [repr(self.doc)] if self.doc else []
        lines += ["import dataclasses, enum, functools", "from counting import tick"]
        refs = {
            ref for laid in self.items for ref in references(laid.item) if ref.module != self.name
        }
        for module in ORDER:
            there = sorted(
                (ref for ref in refs if ref.module == module), key=lambda ref: (ref.name, ref.style)
            )
            if any(ref.style == "module" for ref in there):
                lines.append(f"import {module}")
            if module in self.stars:
                lines.append(f"from {module} import *")
            named = [
                ref.name if ref.style == "from" else f"{ref.name} as {ref.name}_"
                for ref in there
                if ref.style == "as" or (ref.style == "from" and module not in self.stars)
            ]
            if named:
                lines.append(f"from {module} import {', '.join(named)}")
        text = "\n".join(lines) + "\n" + "".join(laid.text(self.name) for laid in self.items)
        return text + (f"# {self.remark}\n" if self.remark else "")

    def imports(self):
        found = {ref.module for laid in self.items for ref in references(laid.item)}
        return (found | self.stars) - {self.name}


@dataclass(frozen=True)
class Program:
    """All files and cells."""

    files: dict[str, Source]
    cells: dict[str, Source] = field(default_factory=dict)

    def sources(self):
        """Each source with its place: a module's name, or a cell's id."""
        return [*self.files.items(), *self.cells.items()]

    def items(self):
        """Every item by its key, (module, name)."""
        return {
            (source.name, laid.item.name): laid.item
            for _, source in self.sources()
            for laid in source.items
        }

    def laid(self):
        """For every key the place of its source and the laid item."""
        return {
            (source.name, laid.item.name): (place, laid)
            for place, source in self.sources()
            for laid in source.items
        }

    def with_source(self, place, source):
        if place in self.files:
            return replace(self, files={**self.files, place: source})
        return replace(self, cells={**self.cells, place: source})

    def repoint(self, old, module, name):
        """Let every mention of the key `old` mention another definition."""

        def change(ref):
            return replace(ref, module=module, name=name) if ref.key == old else ref

        program = self
        for place, source in self.sources():
            items = tuple(replace(laid, item=_mapped(laid.item, change)) for laid in source.items)
            program = program.with_source(place, replace(source, items=items))
        return program

    def touched(self, key):
        """The keys of all definitions that the behaviour of one can depend on, itself included."""
        items, seen, todo = self.items(), set(), [key]
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += [ref.key for ref in references(items[at])] if at in items else []
        return seen


def references(part):
    """Every mention of a definition in an item."""
    if isinstance(part, Ref):
        return [part]
    if isinstance(part, tuple):
        return [ref for each in part for ref in references(each)]
    if dataclasses.is_dataclass(part):
        return [
            ref for each in dataclasses.fields(part) for ref in references(getattr(part, each.name))
        ]
    return []


def _mapped(part, change):
    if isinstance(part, Ref):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_mapped(each, change) for each in part)
    if dataclasses.is_dataclass(part):
        return replace(
            part,
            **{
                each.name: _mapped(getattr(part, each.name), change)
                for each in dataclasses.fields(part)
            },
        )
    return part
