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
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.dsl import ShellEnv
from tests.properties.comparing import Comparing, Held, Step, _cached, _changed
from tests.properties.drawing import SYNTAX, Drawing
from tests.properties.gaps import skip
from tests.properties.probing import WAYS, Counting, Invalid, derive, fresh
from tests.properties.program import (
    MODULES,
    NOTEBOOK,
    Class,
    Constant,
    Program,
    Source,
    references,
)

randoms = st.randoms(use_true_random=False)
_PROFILE = Path(tempfile.gettempdir()) / "livecode-properties-profile"


class Mismatch(AssertionError):
    """What is alive is not what it should be; the message has the script."""


@dataclass
class Before:
    """The state before an edit that can be taken back."""

    program: Program
    step: int
    cell: bool
    stale: set[tuple[str, str]]


class Living(Comparing, RuleBasedStateMachine):
    """The state: the program that is live, the texts on disk, what is held, what can be undone."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="livecode-"))
        _PROFILE.mkdir(exist_ok=True)
        self.env = ShellEnv(self.folder, _PROFILE)
        self.counting = sys.modules["counting"] = Counting()
        self.script: list[str] = []
        self.serial = itertools.count(1)
        self.cell_numbers = itertools.count(1)
        self.ran_cell = -1
        self.failing: tuple[Program, set[str]] | None = None
        self.held: list[Held] = []
        self.before: list[Before] = []
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
        for name in MODULES:
            self._write(name, program.files[name].text())
        self._run("%load_ext livecode")
        self._run("import a, b, c")
        self.live = program
        self._expect(program)
        self.hold(random)

    @rule(random=randoms)
    def edit(self, random):
        """Files are edited and saved; the next cell sees it."""
        target = self._edited(random, MODULES, 3)
        self._save({name: target.files[name].text() for name in MODULES})
        self._run("None")
        self._expect(target)

    @rule(random=randoms)
    def failing_edit(self, random):
        """Files are edited, and one or two of them fail; those that import them wait."""
        drawing = Drawing(random, self.serial)
        target = self._edited(random, MODULES, 2, alone=True)
        texts = {name: target.files[name].text() for name in MODULES}
        held_back, waited_for = set(), set()
        for _ in range(drawing.choose([1, 1, 2])):
            name = drawing.choose(MODULES)
            texts[name] = drawing.failing(target.files[name]).text()
            held_back.add(name)
            if _parses(texts[name]):
                waited_for.add(name)
            else:  # it waits by itself
                waited_for.discard(name)
        for name in MODULES:
            live = self.live.files[name]
            imports = target.files[name].imports() | live.imports()
            if texts[name] != live.text() and imports & waited_for and _parses(texts[name]):
                held_back.add(name)
                waited_for.add(name)
        files = {name: (self.live if name in held_back else target).files[name] for name in MODULES}
        mixed = replace(target, files=files)
        if not _valid(mixed):
            return
        self._save(texts)
        self._run("None")
        self._expect(mixed)
        self.failing = (
            target,
            {name for name in held_back if texts[name] != target.files[name].text()},
        )

    @precondition(lambda self: self.failing)
    @rule()
    def heal(self):
        """Only the files that failed are saved again; those that waited for them go on."""
        target, names = self.failing
        target = replace(target, cells=self.live.cells)
        if not _valid(target):
            return
        self._save({name: target.files[name].text() for name in sorted(names)})
        self._run("None")
        self._expect(target)

    @rule(random=randoms)
    def run_cell(self, random):
        """A cell is edited and run, or a new one is."""
        drawing = Drawing(random, self.serial)
        known = sorted(self.live.cells)
        cell = drawing.choose([*known, ""] if len(known) < 3 else known)
        target = self.live
        if not cell:
            cell = f"cell{next(self.cell_numbers)}"
            target = target.with_source(cell, Source(NOTEBOOK))
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
        candidate = drawing.edited(self.live, cell)
        target = candidate if _fits_cell(self.live, candidate, cell) else self.live
        self._attempt(target.cells[cell].text() + "raise ValueError('at the end')\n", cell)
        self._expect(target, ran=cell)

    @precondition(lambda self: self.before and not self.before[-1].cell)
    @rule()
    def undo(self):
        """The last edit of files is taken back; what cells have done since stays."""
        before, was = self.before[-1], self.live
        target = replace(before.program, cells=was.cells)
        if not _valid(target):
            return
        if skip("undo"):
            if self.ran_cell >= before.step or _holds_values(was, target):
                return
            changed = _changed(was, target)
            self.held = [
                held
                for held in self.held
                if held.step < before.step
                or not changed & (was.touched(held.key) | target.touched(held.key))
            ]
        self.before.pop()
        self.failing = None
        self.stale |= before.stale
        self._run("%liveundo")
        self._expect(target, undone=True)

    @rule(random=randoms)
    def hold(self, random):
        """Something alive is put aside: an object, a bound method, a closure, a partial."""
        drawing = Drawing(random, self.serial)
        items = self.live.items()
        keys = [key for key in sorted(items) if not isinstance(items[key], Constant)]
        for _ in range(3 if keys else 0):
            key = drawing.choose(keys)
            item = items[key]
            way, member = drawing.choose(WAYS[type(item)]), ""
            if way == "member":
                callable_kinds = ("method", "class", "static")
                members = ["total"]
                if isinstance(item, Class):
                    members = [each.name for each in item.members if each.kind in callable_kinds]
                way, member = ("member", drawing.choose(members)) if members else ("instance", "")
            try:
                value = derive(way, self.space(key[0])[key[1]], item, member)
            except Exception:
                continue  # a fresh one cannot be made either: that was compared
            label = f"{way} {member or ''}".strip() + f" of {key[0]}.{key[1]}"
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
            if others & set(target.cells) or (alone and len(others) > 1) or not _valid(candidate):
                continue
            target = candidate
        return target

    def _save(self, texts):
        self.failing = None
        for name, text in texts.items():
            if text == self.disk[name] and self.live.files[name].text() != text:
                text += f"# again {self.step}\n"  # the same text again would be no save
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
        verb = "run" if _parses(text) and "raise ValueError" not in text else "attempt"
        self.script.append(f"    env.{verb}({shown}{f', id={cell!r}' if cell else ''})")
        self.counting.log.clear()
        session = self.env.shell.__dict__.get("livecode")
        self._undos = list(session.workspace.undos) if session else []
        self._reports = list(session.reports) if session else []
        self._objects = {key: self.space(key[0]).get(key[1]) for key in self.live.items()}
        self.env.execute(text, cell, {"cellId": cell} if cell else {})
        if "fault of livecode itself" in self.env.output:
            raise Mismatch(f"{self.env.output}\n{self.told()}")

    def _expect(self, target, ran="", undone=False):
        """Take in what the step did, and compare."""
        self.step += 1
        self.ran_cell = self.step if ran else self.ran_cell
        session = self.env.shell.livecode
        known = {id(report) for report in self._reports}
        named = [
            entry.name.partition(":")
            for report in session.reports
            if id(report) not in known
            for entry in report.stale
        ]
        stale = {(module, name.partition(".")[0]) for module, _, name in named}
        was, self.live = self.live, target
        undos = session.workspace.undos
        if undos and not undone and (not self._undos or undos[-1] is not self._undos[-1]):
            self.before.append(Before(was, self.step, bool(ran), set(self.stale)))
        step = Step(was, target, ran, undone, stale, self._objects, list(self.counting.log))
        self.follow(step)
        problems = list(self.problems(step))
        if problems:
            raise Mismatch("\n".join(problems) + "\n" + self.told())

    def told(self):
        """The sequence as a scenario."""
        return "\nThe sequence:\n\ndef test_found(env):\n" + "\n".join(self.script)


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


def _places(a, b):
    before = dict(a.sources())
    return {place for place, source in b.sources() if before.get(place) != source}


def _fits_cell(program, candidate, cell):
    """Whether an edit is one of this cell only, and removes nothing that is mentioned elsewhere.

    What a cell no longer contains stays by default, so that a fresh interpreter would differ.
    """
    items = candidate.items()
    mentioned = {ref.key for item in items.values() for ref in references(item)}
    return _places(program, candidate) <= {cell} and mentioned <= set(items) and _valid(candidate)


def _holds_values(was, target):
    """Whether an undo would have to empty caches."""
    return any(
        _cached(program, key)
        or any("cache" in each.template for each in getattr(item, "decorators", ()))
        for program in (was, target)
        for key, item in program.items().items()
        if key in _changed(was, target)
    )
