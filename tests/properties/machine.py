"""The machine: a shell with livecode, random edits, and a fresh interpreter to compare with.

In: hypothesis's choices. Out: nothing, or a `Mismatch` with a script of the sequence that can be
pasted as a scenario. After every step:

1. What is alive, by name and by every reference held on to, does what a fresh interpreter with the
   live texts does, except what a report named as stale since.
2. A definition that survives an edit is the same object, and so is what others imported of it.
3. Only what changed was evaluated.
4. A failing edit changed nothing.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.dsl import ShellEnv
from tests.properties.drawing import SYNTAX, Drawing
from tests.properties.probing import WAYS, Counting, Invalid, derive, fresh, observe, observe_held
from tests.properties.program import (
    MODULES,
    NOTEBOOK,
    Class,
    Constant,
    Function,
    Program,
    Record,
    Source,
    references,
)

randoms = st.randoms(use_true_random=False)
_PROFILE = Path(tempfile.gettempdir()) / "livecode-properties-profile"


class Mismatch(AssertionError):
    """What is alive is not what it should be; the message has the script."""


@dataclass
class Held:
    """Something held on to: how it was got, from which definition, and when."""

    label: str
    key: tuple[str, str]
    way: str
    member: str
    value: object
    step: int
    moved: bool = False


@dataclass
class Before:
    """The state before an edit that can be taken back."""

    program: Program
    step: int
    cell: bool


class Living(RuleBasedStateMachine):
    """The state: the program that is live, the texts on disk, what is held, what can be undone."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="livecode-"))
        _PROFILE.mkdir(exist_ok=True)
        self.env = ShellEnv(self.folder, _PROFILE)
        self.counting = Counting()
        sys.modules["counting"] = self.counting
        self.script: list[str] = []
        self.serial = itertools.count(1)
        self.cell_numbers = itertools.count(1)
        self.step = 0
        self.held: list[Held] = []
        self.before: list[Before] = []
        self.stale: dict[tuple[str, str], int] = {}
        self.ever_stale: dict[tuple[str, str], int] = {}
        self.ran_cell = -1
        self.kept_stars: set[str] = set()
        self.disk: dict[str, str] = {}
        self.live = Program({})

    def teardown(self):
        try:
            self.env.close()
        finally:
            sys.modules.pop("counting", None)
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- rules -----------------------------------------------------------------------------------

    @initialize(random=randoms)
    def start(self, random):
        """Files are written, livecode is loaded, the files are imported."""
        drawing = Drawing(random, self.serial)
        program = drawing.first()
        while not _valid(program):
            program = drawing.first()
        self.live = program
        for name in MODULES:
            self._write(name, program.files[name].text())
        self._run("%load_ext livecode")
        self._run("import a, b, c")
        self.check(program, {})
        self.hold(random)

    @rule(random=randoms)
    def edit(self, random):
        """Files are edited and saved; the next cell sees it."""
        target = self._edited(random, MODULES, 3)
        self._save(target, {name: target.files[name].text() for name in MODULES})
        self._run("None")
        self._expect(target)

    @rule(random=randoms)
    def failing_edit(self, random):
        """Files are edited, and one or two of them fail; those that import them wait."""
        drawing = Drawing(random, self.serial)
        target = self._edited(random, MODULES, 2, alone=True)
        failing = {drawing.choose(MODULES) for _ in range(drawing.choose([1, 1, 2]))}
        texts = {name: target.files[name].text() for name in MODULES}
        unparsed = set()
        for name in sorted(failing):
            texts[name] = drawing.failing(target.files[name]).text()
            try:
                compile(texts[name], name, "exec")
            except SyntaxError:
                unparsed.add(name)
        changed = {name for name in MODULES if texts[name] != self.live.files[name].text()}
        held_back = set(failing)
        for name in MODULES:
            imports = target.files[name].imports() | self.live.files[name].imports()
            if name in changed and imports & (held_back - unparsed):
                held_back.add(name)
        mixed = replace(
            target,
            files={
                name: (self.live if name in held_back else target).files[name] for name in MODULES
            },
        )
        if not _valid(mixed):
            return
        self._save(target, texts)
        self._run("None")
        self._expect(mixed)

    @rule(random=randoms)
    def run_cell(self, random):
        """A cell is edited and run, or a new one is."""
        drawing = Drawing(random, self.serial)
        known = sorted(self.live.cells)
        cell = drawing.choose([*known, ""]) if len(known) < 3 else drawing.choose(known)
        base = self.live
        if not cell:
            cell = f"cell{next(self.cell_numbers)}"
            base = base.with_source(cell, Source(NOTEBOOK))
        target = base
        for _ in range(drawing.choose([1, 1, 2, 3])):
            candidate = drawing.edited(target, cell)
            target = candidate if _fits_cell(target, candidate, cell) else target
        self._run(target.cells[cell].text(), cell)
        self._expect(target, ran=cell)

    @precondition(lambda self: self.live.cells)
    @rule(random=randoms)
    def run_failing_cell(self, random):
        """A cell that does not parse changes nothing; one that raises at its end has run."""
        drawing = Drawing(random, self.serial)
        cell = drawing.choose(sorted(self.live.cells))
        if drawing.chance(50):
            self._attempt(drawing.failing(self.live.cells[cell], SYNTAX).text(), cell)
            self._expect(self.live)
            return
        target = drawing.edited(self.live, cell)
        target = target if _fits_cell(self.live, target, cell) else self.live
        self._attempt(target.cells[cell].text() + "raise ValueError('at the end')\n", cell)
        self._expect(target, ran=cell)

    @precondition(lambda self: self.before and not self.before[-1].cell)
    @rule()
    def undo(self):
        """The last edit of files is taken back."""
        before = self.before[-1]
        if self.ran_cell >= before.step:
            return  # what a cell has computed since does not follow
        if "undo-cache" in GAPS:
            items = {**self.live.items(), **before.program.items()}
            for key in _changed(self.live, before.program):
                if any("cache" in each.template for each in getattr(items[key], "decorators", ())):
                    return
                if isinstance(items[key], Class):
                    return
        self.before.pop()
        was = self.live
        self._run("%liveundo")
        changed = _changed(was, before.program)
        self.held = [
            held
            for held in self.held
            if held.step < before.step
            or not changed & (was.touched(held.key) | before.program.touched(held.key))
        ]
        self._expect(before.program, undone=True)

    @rule(random=randoms)
    def hold(self, random):
        """Something alive is put aside: an object, a bound method, a closure, a partial."""
        drawing = Drawing(random, self.serial)
        keys = [
            key for key, item in sorted(self.live.items().items()) if not isinstance(item, Constant)
        ]
        for _ in range(3):
            if not keys:
                return
            key = drawing.choose(keys)
            item = self.live.items()[key]
            way = drawing.choose(WAYS[type(item)])
            member = ""
            if way == "member":
                methods = (
                    [m.name for m in item.members if m.kind in ("method", "class", "static")]
                    if isinstance(item, Class)
                    else ["total"]
                )
                way, member = ("member", drawing.choose(methods)) if methods else ("instance", "")
            try:
                value = derive(way, self._space(key[0])[key[1]], item, member)
            except Exception:
                continue  # a fresh one cannot be made either: `check` has compared that
            label = f"{way} {member} of {key[0]}.{key[1]}".replace("  ", " ")
            self.held.append(Held(label, key, way, member, value, self.step))
            self.script.append(f"    # hold: {label}")

    # -- steps -----------------------------------------------------------------------------------

    def _edited(self, random, places, most, alone=False):
        """The live program after some random edits that leave it valid."""
        drawing = Drawing(random, self.serial)
        target = self.live
        for _ in range(drawing.choose(range(1, most + 1))):
            candidate = drawing.edited(target, drawing.choose(places))
            others = _places(target, candidate)
            if (
                others & set(target.cells) - set(places)
                or (alone and len(others) > 1)
                or not _valid(candidate)
            ):
                continue
            target = candidate
        return target

    def _save(self, target, texts):
        for name, text in texts.items():
            if text == self.disk[name] and self.live.files[name].text() != text:
                text += f"# again {self.step}\n"
            if text != self.disk[name]:
                self._write(name, text)

    def _write(self, name, text):
        self.disk[name] = text
        self.env[f"{name}.py"].write_bytes(text.encode())
        self.script.append(f'    env["{name}.py"] = """\\\n{text}"""')

    def _run(self, text, cell=None):
        self._attempt(text, cell)
        if self.env.error is not None:
            raise Mismatch(f"the cell raised {self.env.error!r}\n{self.env.output}\n{self.told()}")

    def _attempt(self, text, cell=None):
        shown = f'"""\\\n{text}"""' if "\n" in text else repr(text)
        verb = "attempt" if "raise ValueError" in text or not _parses(text) else "run"
        self.script.append(f"    env.{verb}({shown}{f', id={cell!r}' if cell else ''})")
        self.counting.log.clear()
        session = self.env.shell.__dict__.get("livecode")
        self._undos = list(session.workspace.undos) if session else []
        self._reports = list(session.reports) if session else []
        self._objects = (
            {key: self._space(key[0]).get(key[1]) for key in self.live.items()} if session else {}
        )
        self.env.execute(text, cell, {"cellId": cell} if cell else {})
        if "fault of livecode itself" in self.env.output:
            raise Mismatch(f"{self.env.output}\n{self.told()}")

    def _expect(self, target, ran="", undone=False):
        """Take in what the step did, and compare."""
        self.step += 1
        self.ran_cell = self.step if ran else self.ran_cell
        session = self.env.shell.livecode
        reports = [
            report
            for report in session.reports
            if not any(report is known for known in self._reports)
        ]
        now_stale = set()
        for report in reports:
            for entry in report.stale:
                module, _, name = entry.name.partition(":")
                now_stale.add((module, name.partition(".")[0]))
        was = self.live
        self.kept_stars |= {
            name for name in MODULES if was.files[name].stars - target.files[name].stars
        }
        undos = session.workspace.undos
        if len(undos) > len(self._undos) or (
            undos and self._undos and undos[-1] is not self._undos[-1] and not undone
        ):
            self.before.append(Before(was, self.step, bool(ran)))
        self.live = target
        self._follow_held(was, target, ran)
        items = target.items()
        for key in list(self.stale):
            if key not in items or (
                isinstance(items[key], Constant) and was.items().get(key) != items[key]
            ):
                del self.stale[key]
        self.stale |= dict.fromkeys(now_stale, self.step)
        self.ever_stale |= dict.fromkeys(now_stale, self.step)
        self.check(was, _renamed(was, target) if not ran else {}, ran, undone, now_stale)

    def _follow_held(self, was, target, ran):
        before, after = was.items(), target.items()
        renamed = {} if ran else _renamed(was, target)
        kept = []
        for held in self.held:
            key = renamed.get(held.key, held.key)
            old, new = before.get(held.key), after.get(key)
            if new is None or type(old) is not type(new):
                continue
            if "block" in GAPS and _block_gap(was, held.key, target, key):
                continue
            if isinstance(new, Function) and (
                (old.shape in _ASIDE or new.shape in _ASIDE) and old.shape != new.shape
            ):
                continue
            if key[0] != held.key[0] and not isinstance(new, (Class, Record)):
                if held.way in ("made", "wrapped") or getattr(new, "shape", "") in _ASIDE:
                    continue  # a function cannot change its module; what it made cannot follow
            if key != held.key and isinstance(new, Function) and new.shape == "lambda":
                continue
            if (
                isinstance(new, Class)
                and held.way == "member"
                and _kind(old, held.member) != _kind(new, held.member)
            ):
                continue
            kept.append(replace(held, key=key, moved=held.moved or key[0] != held.key[0]))
        self.held = kept

    # -- comparisons -----------------------------------------------------------------------------

    def check(self, was, renamed, ran="", undone=False, now_stale=frozenset()):
        world = fresh(self.live)
        alive = {
            **{name: self._space(name) for name in (*MODULES, NOTEBOOK)},
            "program": self.live.items(),
        }
        world["program"] = self.live.items()
        problems = [
            *self._compare_sources(alive, world),
            *self._compare_definitions(alive, world),
            *self._compare_held(alive, world),
        ]
        if was is not self.live and not undone:
            problems += self._identity(was, renamed, ran, now_stale)
        problems += self._evaluated(was, renamed, ran, undone)
        if problems:
            raise Mismatch("\n".join(problems) + "\n" + self.told())

    def _space(self, module):
        if module == NOTEBOOK:
            return self.env.ns
        return vars(sys.modules[module]) if module in sys.modules else {}

    def _excused(self, key, since=None):
        """Whether something that a definition depends on is stale, or was since a step."""
        touched = self.live.touched(key)
        if since is not None and any(self.ever_stale.get(each, -1) > since for each in touched):
            return True
        return any(each in self.stale for each in touched)

    def _compare_sources(self, alive, world):
        for name in MODULES:
            have, want = _public(alive[name]), _public(world[name])
            if have - want and name not in self.kept_stars:
                yield f"{name} still has {sorted(have - want)}"
            if want - have:
                yield f"{name} lacks {sorted(want - have)}"
            if "doc" not in GAPS and alive[name]["__doc__"] != world[name].get("__doc__"):
                yield f"{name}.__doc__ is {alive[name]['__doc__']!r}"
        for place, source in self.live.sources():
            for ref in {ref for laid in source.items for ref in references(laid.item)}:
                if (
                    ref.module != source.name
                    and ref.style != "module"
                    and not self._excused(ref.key)
                ):
                    there = alive[ref.module].get(ref.name)
                    here = alive[source.name].get(ref.text(source.name))
                    if here is not there:
                        yield f"{place}: {ref.text(source.name)} is not the present {ref.module}.{ref.name}"

    def _compare_definitions(self, alive, world):
        for key, item in self.live.items().items():
            module, name = key
            if self._excused(key):
                continue
            if name not in alive[module]:
                yield f"{module}.{name} is missing"
                continue
            have, want = (
                observe(alive[module][name], item, alive),
                observe(world[module][name], item, world),
            )
            yield from _differences(f"{module}.{name}", have, want)

    def _compare_held(self, alive, world):
        items = self.live.items()
        for held in self.held:
            item = items[held.key]
            if self._excused(held.key, held.step):
                continue
            module, name = held.key
            expected = derive(held.way, world[module][name], item, held.member)
            have = observe_held(held.way, held.value, item, alive)
            want = observe_held(held.way, expected, item, world)
            if held.moved and not isinstance(item, (Class, Record)):  # it passes its calls on
                have, want = (
                    {name: got for name, got in each.items() if "(" in name}
                    for each in (have, want)
                )
            yield from _differences(f"held: {held.label}", have, want)

    def _identity(self, was, renamed, ran, now_stale):
        items = self.live.items()
        for key, old in was.items().items():
            new_key = renamed.get(key, key)
            new = items.get(new_key)
            if isinstance(old, Constant) or type(old) is not type(new) or new_key in now_stale:
                continue
            if isinstance(new, Function) and new.shape == "lambda" and (ran or new_key != key):
                continue  # a lambda has no name: a renamed one, or that of a cell, is another object
            if key[0] != new_key[0] and not isinstance(new, (Class, Record)):
                continue  # a function cannot change its module: the old one passes its calls on
            if isinstance(new, Function) and (
                old.decorators != new.decorators
                or (old.shape == "lambda") != (new.shape == "lambda")
            ):
                continue
            if "block" in GAPS and _block_gap(was, key, self.live, new_key):
                continue
            if self._space(new_key[0]).get(new_key[1]) is not self._objects[key]:
                yield f"{new_key[0]}.{new_key[1]} is not the same object as before the step"

    def _evaluated(self, was, renamed, ran, undone):
        if ran:
            return
        before, after = was.laid(), self.live.laid()
        allowed = set()
        for key, (_, laid) in after.items():
            _, old = before.get(key, (None, None))
            counts = laid.item.counts(key[0])
            known = old.item.counts(key[0]) if old is not None else {}
            again = (
                old is None
                or old.block != laid.block
                or (laid.block == "try" and old.item != laid.item)
            )
            allowed |= {name for name, what in counts.items() if again or known.get(name) != what}
        allowed = set() if undone else allowed
        log = self.counting.log
        if was is self.live:
            return
        for name in sorted(set(log)):
            if name not in allowed and not self._in_failing():
                yield f"{name} was evaluated again, though it did not change"
            elif log.count(name) > 1:
                yield f"{name} was evaluated {log.count(name)} times"

    def _in_failing(self):
        """Whether some file was held back in this step: what it evaluated, it evaluated."""
        return any(self.disk[name] != source.text() for name, source in self.live.files.items())

    def told(self):
        """The sequence as a scenario."""
        return "\nThe sequence:\n\ndef test_found(env):\n" + "\n".join(self.script)


GAPS = frozenset(os.environ.get("LIVECODE_GAPS", "").split())

_ASIDE = ("maker", "generator", "async", "lambda")


def _valid(program):
    try:
        fresh(program)
    except Invalid:
        return False
    return True


def _parses(text):
    try:
        compile(text, "<text>", "exec")
    except SyntaxError:
        return text.startswith("%")
    return True


def _public(space):
    return {name for name in space if not name.startswith("__")}


def _kind(item, name):
    return next((member.kind for member in item.members if member.name == name), None)


def _places(a, b):
    return {place for place, source in b.sources() if dict(a.sources()).get(place) != source}


def _fits_cell(program, candidate, cell):
    """Whether an edit is one of this cell only, and removes nothing that is mentioned elsewhere.

    What a cell no longer contains stays by default, so that a fresh interpreter would differ.
    """
    mentioned = {ref.key for item in candidate.items().values() for ref in references(item)}
    return (
        _places(program, candidate) <= {cell}
        and mentioned <= set(candidate.items())
        and _valid(candidate)
    )


def _block_gap(was, key, now, new_key):
    before, after = was.laid()[key][1].block, now.laid()[new_key][1].block
    return before != after or (key != new_key and before)


def _changed(a, b):
    """The keys of definitions that differ."""
    before, after = a.laid(), b.laid()
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def _renamed(was, target):
    """Definitions that got another name or file and nothing else: old key to new key."""
    before, after = was.items(), target.items()
    gone = {item.rank: key for key, item in before.items() if key not in after}
    found = {}
    for key, item in after.items():
        old = gone.get(item.rank)
        if key not in before and old is not None:
            same = replace(before[old], name=item.name) == item
            if same and was.laid()[old][1].block == target.laid()[key][1].block:
                found[old] = key
    return found


def _differences(label, have, want):
    for name in sorted({*have, *want}, key=str):
        if have.get(name) != want.get(name):
            yield f"{label}: {name}: is {have.get(name)!r}, fresh it is {want.get(name)!r}"
