"""What is measured of breaks: tracked code beside plain code, in one process and in one cell.

In: as `tasks.py`. Out: the same; each figure of tracked code is taken in turn with that of plain code.
"""

from __future__ import annotations

import ast
import bdb
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from types import FunctionType, ModuleType
from typing import Any

from . import known, programs
from .tasks import Seconds, Task

HANDLED = """
def fails(): raise ValueError("x")
def between(): return fails()
def same_frame():
    for _ in range(5000):
        try: raise ValueError("x")
        except ValueError: pass
def one_frame_up():
    for _ in range(5000):
        try: fails()
        except ValueError: pass
def two_frames_up():
    for _ in range(5000):
        try: between()
        except ValueError: pass
def one_of_two_clauses():
    for _ in range(5000):
        try: between()
        except (KeyError, ValueError): pass
def clean_up_between():
    for _ in range(5000):
        try: cleans_up()
        except ValueError: pass
def cleans_up():
    try: return fails()
    finally: pass
def missing_key():
    found = {}
    def get(key): return found[key]
    for _ in range(5000):
        try: get(1)
        except KeyError: pass
"""
"""A raise that is handled, by the names of the functions that do it."""

STATEMENTS = """
def callee(x): return x + 1
def calls():
    for _ in range(20000): callee(1)
def loop_over_range():
    for _ in range(10000):
        for each in range(3): pass
def loop_over_tuple():
    three = (1, 2, 3)
    for _ in range(10000):
        for each in three: pass
def loop_over_generator():
    def three():
        yield 1
        yield 2
        yield 3
    for _ in range(5000):
        for each in three(): pass
class Manager:
    def __enter__(self): return self
    def __exit__(self, *exception): return None
def with_manager():
    manager = Manager()
    for _ in range(10000):
        with manager: pass
def with_lock():
    import threading
    lock = threading.Lock()
    for _ in range(10000):
        with lock: pass
def try_finally():
    for each in range(20000):
        try: each
        finally: each
"""
"""Statements for which something is added, in the smallest loops that are possible."""

HELPERS = {"fails", "between", "cleans_up", "callee"}

FAILS = """
def fails(n):
{before}    m = 10 // n
{after}    return n
"""

Call = Callable[[], Any]


def worked(call: Call) -> float:
    """The processor time of a call: other processes do not disturb it."""
    start = thread_time()
    call()
    return thread_time() - start


class InCell(Task):
    """Measures inside of a cell, where failures would be breaks."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.contender.load(self.shell, self.folder)
        self.shell.user_ns["bench"] = self
        self.tracked = True
        self.found: Seconds = {}

    def pair(self, name: str, text: str) -> tuple[ModuleType, ModuleType]:
        """A module of the user and its plain twin."""
        programs.save(self.folder / f"bench_{name}.py", text)
        self.shell.run_cell(f"import bench_{name}")
        module = sys.modules[f"bench_{name}"]
        self.tracked = self.tracked and is_tracked(module)
        return known.plain_module(f"plain_{name}", text), module

    def measure(self) -> Seconds:
        self.found = {}
        result = self.shell.run_cell("bench.inside()")
        result.raise_error()
        return self.found

    def inside(self) -> None:
        raise NotImplementedError

    def compare(self, name: str, plain: Call, tracked: Call, times: int = 5) -> None:
        """Note the processor time that both take at least, taken in turn."""
        both: tuple[list[float], list[float]] = ([], [])
        gc.collect()
        for turn in range(times):
            for number, call in ((0, plain), (1, tracked))[:: 1 if turn % 2 else -1]:
                both[number].append(worked(call))
        self.found[f"{name}, plain"], self.found[f"{name}, tracked"] = map(min, both)

    def followed(self) -> bool:
        return self.tracked


def is_tracked(module: ModuleType) -> bool:
    from livecode.breaks.point import point_of

    found = [each for each in vars(module).values() if type(each) is FunctionType]
    return any(point_of(each.__code__) is not None for each in found)


class Programs(InCell):
    """Known programs at work; beside them what a debugger without breakpoints makes of them."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.calls: dict[str, tuple[Call, Call]] = {}
        for each in known.PROGRAMS:
            plain, tracked = self.pair(each.name, each.text())
            self.calls[each.name] = each.work(plain), each.work(tracked)
        self.traced = False

    def inside(self) -> None:
        for name, (plain, tracked) in self.calls.items():
            self.compare(name, plain, tracked)
            if not self.traced:  # it takes long, and its figures are not close
                self.found[f"{name}, settrace"] = traced(plain)
                self.found[f"{name}, Bdb"] = worked(lambda plain=plain: bdb.Bdb().runcall(plain))
        self.traced = True


def traced(call: Call) -> float:
    """The seconds of a call under a tracer that does nothing."""

    def tracer(*event: Any) -> Any:
        return tracer

    sys.settrace(tracer)
    try:
        return worked(call)
    finally:
        sys.settrace(None)


class Small(InCell):
    """The functions of a text, each by itself."""

    def __init__(self, name: str, folder: Path, text: str) -> None:
        super().__init__(name, folder)
        self.twins = self.pair(text, {"handled": HANDLED, "statements": STATEMENTS}[text])
        self.names = [
            name
            for name, each in vars(self.twins[0]).items()
            if type(each) is FunctionType and name not in HELPERS
        ]

    def inside(self) -> None:
        for name in self.names:
            self.compare(name, *(getattr(module, name) for module in self.twins))


class Compiling(InCell):
    """Texts of files, to code."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.texts = {each.name: each.text() for each in known.PROGRAMS}
        self.texts["200 functions"] = programs.Functions(200).text()
        self.texts["argparse"] = Path(str(sys.modules["argparse"].__file__)).read_text("utf-8")

    def inside(self) -> None:
        from livecode.breaks.compiling import compile_text

        for name, text in self.texts.items():
            self.compare(
                name,
                lambda text=text: compile(text, "bench.py", "exec"),
                lambda text=text: compile_text(text, "bench.py"),
            )
            self.found[f"{name}, parsed"] = min(
                worked(lambda text=text: ast.parse(text)) for _ in range(3)
            )


class Break(Task):
    """A failure in a function that has never failed before, and the way on from there."""

    def __init__(self, name: str, folder: Path, lines: int, heap: int = 0) -> None:
        super().__init__(name, folder)
        self.contender.load(self.shell, self.folder)
        self.shown = 0.0
        self.lines = lines
        self.count = 0
        self.resumed = True
        self.heap = [[number] for number in range(heap)]
        from livecode.ipython.breaking import BreakLoop

        show: Any = BreakLoop.show

        def timed_show(loop: Any, suspended: Any) -> None:
            self.shown += worked(lambda: show(loop, suspended))

        BreakLoop.show = timed_show  # type: ignore[method-assign]

    def measure(self) -> Seconds:
        self.count += 1
        half = "".join(f"    x{n} = n + {n}\n" for n in range(self.lines // 2))
        text = FAILS.format(before=half, after=half)
        path = self.folder / f"bench_fails_{self.count}.py"
        programs.save(path, text)
        self.shell.run_cell(f"from {path.stem} import fails")
        bare = min(self.cell("fails(1)") for _ in range(5))
        self.shown = 0.0
        broken = self.cell("fails(0)") - self.shown
        self.resumed = self.resumed and self.is_open()
        resumed = self.cell("%resume skip") - bare
        self.resumed = self.resumed and not self.is_open()
        return {"break": broken - bare, "format": self.shown, "resume": resumed}

    def is_open(self) -> bool:
        from livecode.ipython.session import session_of

        session = session_of(self.shell)
        return session is not None and bool(session.breaks.open)

    def cell(self, text: str) -> float:
        return worked(lambda: self.shell.run_cell(text))

    def followed(self) -> bool:
        return self.resumed


BREAKS: dict[str, type[Task]] = {
    "programs": Programs,
    "small": Small,
    "compiling": Compiling,
    "break": Break,
}
