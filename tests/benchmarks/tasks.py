"""What is measured, inside the process of one contender.

In: a contender and the sizes of the case. Out: `measure()` returns the seconds of one
repetition by name, as often as it is called. Making a task is its set-up and is not
measured, with the exceptions that `measure` then returns.

Only what IPython has imported anyway is imported here: a module that a contender also
needs would make its import look cheaper than it is.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

from . import contenders, programs

Seconds = dict[str, float]


def make_shell() -> Any:
    """A shell as a kernel has it, without a history file.

    The benchmark's own modules are no part of what is measured; a bare shell would not have them.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.LiveCode.exclude = [str(Path(__file__).parents[1] / "*")]
    return InteractiveShell.instance(config=config)


def time_cells(shell: Any, texts: list[str]) -> float:
    """The mean seconds of a cell, over `texts`."""
    start = perf_counter()
    for text in texts:
        shell.run_cell(text)
    return (perf_counter() - start) / len(texts)


def usual_cell(shell: Any, texts: list[str]) -> float:
    """The seconds of a cell that nothing disturbs: the lower quartile over `texts`.

    A shared machine is at times half as fast, and the first cells after another process had it find
    its caches cold; both would be in a mean, for one contender more than for the other.
    """
    seconds = []
    for text in texts:
        start = perf_counter()
        shell.run_cell(text)
        seconds.append(perf_counter() - start)
    return sorted(seconds)[len(texts) // 4]


def time_cell(shell: Any, text: str) -> float:
    return time_cells(shell, [text])


class Task:
    """One contender in one situation."""

    editing = False

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder / "user"
        self.folder.mkdir()
        sys.path.insert(0, str(self.folder))
        self.contender = contenders.make(name, editing=self.editing)
        self.shell = make_shell()
        time_cells(self.shell, ["pass"] * 200)

    def measure(self) -> Seconds:
        raise NotImplementedError

    def followed(self) -> bool:
        """Was everything live that should have been, each time so far?"""
        return True


class Idle(Task):
    """Cells in which nothing happens, with many modules imported after the load."""

    def __init__(self, name: str, folder: Path, modules: int, place: str) -> None:
        super().__init__(name, folder)
        code = self.folder
        if place == "library":
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            code = folder / "lib" / version / "site-packages"
            sys.path.insert(1, str(code))
        names = programs.write_modules(code, modules)
        self.contender.load(self.shell, self.folder)
        self.once: Seconds = {
            "importing": time_cell(self.shell, "import " + ", ".join(names)),
            "cell after importing": time_cell(self.shell, "pass"),
        }
        self.cells = 0
        self.tracks = place == "library" or not self.contender.by_cell or self.follows_edit()
        self.burst(100)

    def follows_edit(self) -> bool:
        """Is an edit of the first module seen by the next cell? Seeing none is no speed."""
        text = programs.FUNCTION.format(index=0, constant=77_000)
        programs.save(self.folder / "bench_0000" / "part_00.py", text)
        time_cell(self.shell, "pass")
        return bool(sys.modules["bench_0000.part_00"].f0000(2) == 77_002)

    def followed(self) -> bool:
        return self.tracks

    def burst(self, count: int) -> Seconds:
        first, self.cells = self.cells, self.cells + count
        fresh = [f"x = {number}" for number in range(first, self.cells)]
        return {
            "same cell": usual_cell(self.shell, ["pass"] * count),
            "new cell": usual_cell(self.shell, fresh),
        }

    def measure(self) -> Seconds:
        once, self.once = self.once, {}
        return self.burst(100) | once


class Edit(Task):
    """One line edited in one of many functions, from the saved file to live."""

    editing = True

    def __init__(self, name: str, folder: Path, functions: int, heap: int = 0) -> None:
        super().__init__(name, folder)
        self.bare = time_cells(self.shell, ["pass"] * 200)
        sys.dont_write_bytecode = True  # a stale .pyc would hide an edit from a reload
        self.contender.load(self.shell, self.folder)
        self.program = programs.Functions(functions)
        self.module = self.import_program(self.program.text())
        self.heap = [[number] for number in range(heap)]
        self.edits = 0
        self.missed = 0

    def import_program(self, text: str) -> ModuleType:
        self.path = self.folder / "bench_program.py"
        programs.save(self.path, text)
        time_cells(self.shell, ["import bench_program"] + ["pass"] * 20)
        return sys.modules["bench_program"]

    def edit(self) -> None:
        self.program.edit_one_line()

    def is_live(self) -> bool:
        return self.program.is_live(self.module)

    def text(self) -> str:
        return self.program.text()

    def measure(self) -> Seconds:
        self.edit()
        programs.save(self.path, self.text())
        start = perf_counter()
        self.contender.apply(self.shell, self.module)
        seconds = perf_counter() - start
        if self.contender.by_cell:
            seconds -= self.bare
        self.missed += not self.is_live()
        self.edits += 1
        time_cells(self.shell, ["pass"] * 5)
        return {"first edit" if self.edits == 1 else "later edit": seconds}

    def followed(self) -> bool:
        return not self.missed


class Comment(Edit):
    """One comment line added above all functions."""

    def edit(self) -> None:
        self.program.add_comment()


class Instances(Edit):
    """One line edited in a method of a class that has many instances."""

    def __init__(self, name: str, folder: Path, instances: int) -> None:
        self.account = programs.Account()
        super().__init__(name, folder, functions=0)
        self.held = [self.module.Account(number) for number in range(instances)]

    def edit(self) -> None:
        self.account.edit_one_line()

    def is_live(self) -> bool:
        return all(self.account.is_live(one) for one in (self.held[0], self.held[-1]))

    def text(self) -> str:
        return self.account.text()

    def import_program(self, text: str) -> ModuleType:
        return super().import_program(self.text())


class Floor(Task):
    """What nobody can save: reading the text and compiling the one changed definition;
    beside it, what parsing and compiling the whole text would take."""

    def __init__(self, name: str, folder: Path, functions: int) -> None:
        super().__init__(name, folder)
        self.program = programs.Functions(functions)
        self.path = self.folder / "bench_program.py"

    def measure(self) -> Seconds:
        import ast

        self.program.edit_one_line()
        programs.save(self.path, self.program.text())
        one = self.program.function(self.program.target)
        times = [perf_counter()]
        text = self.path.read_bytes().decode("utf-8")
        times.append(perf_counter())
        compile(one, str(self.path), "exec")
        times.append(perf_counter())
        tree = ast.parse(text)
        times.append(perf_counter())
        compile(tree, str(self.path), "exec")
        times.append(perf_counter())
        read, one_compiled, parsed, compiled = (after - before for before, after in pairwise(times))
        return {
            "read": read,
            "compile one": one_compiled,
            "parse all": parsed,
            "compile all": parsed + compiled,
        }


class Load(Task):
    """Importing and loading, each only once in a process."""

    def __init__(self, name: str, folder: Path, apart: bool, modules: int) -> None:
        super().__init__(name, folder)
        self.apart = apart
        if modules:
            names = programs.write_modules(self.folder, modules)
            time_cells(self.shell, ["import " + ", ".join(names), "pass"])

    def measure(self) -> Seconds:
        start = perf_counter()
        if self.apart:
            self.contender.import_it()
        imported = perf_counter()
        self.contender.load(self.shell, self.folder)
        loaded = perf_counter()
        time_cell(self.shell, "pass")
        run = perf_counter()
        if self.apart:
            return {"import": imported - start}
        return {"load": loaded - imported, "cell after loading": run - loaded}


TASKS: dict[str, type[Task]] = {
    "idle": Idle,
    "edit": Edit,
    "comment": Comment,
    "instances": Instances,
    "floor": Floor,
    "load": Load,
}
