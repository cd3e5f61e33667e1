"""A program that is alive, without a shell: a file ``m.py``, and a namespace with objects of its classes.

    live.start(text)        write m.py and import it
    live.run("x = m.A()")   a statement in the namespace, that of the module ``graph``
    live("x.a")             the value of an expression there
    live.save(text)         another text of m.py; the report of the edit
    live.undo()             the last edit is taken back

What the objects refer to is the namespace's: nothing else keeps them alive. A hook that says
``called(self)`` is counted in `calls`, and raises at the call `fail_at`.
"""

from __future__ import annotations

import importlib
import itertools
import shutil
import sys
import tempfile
import types
from pathlib import Path

from livecode.source import Source
from livecode.workspace import Workspace

SETUP = """\
import functools, weakref
from collections import deque
import m

def closure(held):
    return lambda: held

def generator(held):
    while True:
        yield
        len([held])

everything = []
"""


class Failing(Exception):
    """What a hook raises that is told to fail."""


class Live:
    """The program. To be closed after use."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="livecode-"))
        self.graph = types.ModuleType("graph")
        self.calls: list[int] = []
        self.fail_at = 0
        self._stamp = itertools.count(1)

        def called(instance):
            self.calls.append(id(instance))
            if len(self.calls) == self.fail_at:
                raise Failing(f"at call {self.fail_at}")

        self.graph.called = called
        self._modules = {name: sys.modules.get(name) for name in ("m", "graph")}
        sys.modules["graph"] = self.graph
        sys.path.insert(0, str(self.folder))

    def close(self):
        sys.path.remove(str(self.folder))
        vars(self.graph).clear()
        for name, module in self._modules.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, text):
        path = self.folder / "m.py"
        path.write_text(text)
        sys.modules.pop("m", None)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        try:
            module = importlib.import_module("m")
        finally:
            sys.dont_write_bytecode = before
        self.workspace = Workspace(Source("graph", "", vars(self.graph), ""))
        self.source = self.workspace.track("m", str(path), vars(module))
        self.run(SETUP)

    def run(self, text):
        exec(text, vars(self.graph))

    def __call__(self, expression):
        return eval(expression, vars(self.graph))

    def save(self, text, policy="later", fail_at=0):
        Path(self.source.filename).write_text(text)
        self.workspace.evolution.policy = policy
        self.fail_at = fail_at
        self.calls.clear()
        return self.workspace.edit([self.source], forced=True)

    def undo(self):
        self.fail_at = 0
        self.calls.clear()
        return self.workspace.undo()
