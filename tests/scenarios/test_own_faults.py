"""A bug of our own never breaks a user's cell: the cell runs, and the fault is told as ours."""

import builtins
import io
import os
import pathlib

import pytest


class Planted(Exception):
    """What nothing expects."""


@pytest.fixture
def fault(monkeypatch):
    """Make every look at a file of this name fail in a way that nobody planned for."""

    def plant(name):
        def broken(real):
            def call(path, *args, **kwargs):
                if isinstance(path, str | os.PathLike) and os.fspath(path).endswith(name):
                    raise Planted("planted")
                return real(path, *args, **kwargs)

            return call

        for module, function in (
            (os, "stat"),
            (os, "lstat"),
            (io, "open"),
            (builtins, "open"),
            (os, "open"),
        ):
            monkeypatch.setattr(module, function, broken(getattr(module, function)))
        for method in ("stat", "read_bytes", "read_text", "open", "exists", "is_file"):
            monkeypatch.setattr(pathlib.Path, method, broken(getattr(pathlib.Path, method)))
        return monkeypatch.undo

    return plant


def test_a_fault_while_files_are_looked_at_does_not_stop_the_cell(env, fault):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env["m.py"].replace("1", "2")
    undo = fault("m.py")
    try:
        env.run("got = 1 + 1")
        output = env.output
    finally:
        undo()
    assert env.ns["got"] == 2
    assert "livecode" in output
    assert env("g()") == 2


def test_a_fault_is_told_once_not_at_every_cell(env, fault):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env["m.py"].replace("1", "2")
    undo = fault("m.py")
    try:
        env.run("pass")
        env.run("pass")
        again = env.output
    finally:
        undo()
    assert again == ""


def test_a_metaclass_that_lies_does_not_stop_the_cell(env):
    env.run("""
        class Meta(type):
            def __getattribute__(cls, name):
                if name in ("__dict__", "__mro__", "__bases__", "__module__", "__qualname__"):
                    raise RuntimeError(name)
                return super().__getattribute__(name)
    """)
    env.run("class C(metaclass=Meta):\n    def get(self): return 1", id="a")
    env.run("class C(metaclass=Meta):\n    def get(self): return 2", id="a")
    assert env("C().get()") == 2


def test_objects_that_raise_on_every_look_do_no_harm(env):
    env.run("""
        class Hostile:
            def __getattribute__(self, name): raise RuntimeError(name)
            def __eq__(self, other): raise RuntimeError("eq")
            def __hash__(self): raise RuntimeError("hash")
            def __bool__(self): raise RuntimeError("bool")
            def __repr__(self): raise RuntimeError("repr")
        hostile = Hostile()
        held = [hostile, {"k": hostile}]
    """)
    env["m.py"] = "A = 1\ndef f(): return 1\n"
    env.run("import m; m.hostile = hostile; f = m.f")
    env["m.py"].replace("1", "2")
    assert env("f(), m.A") == (2, 2)


def test_arrays_that_have_no_truth_value_do_no_harm(env):
    """Like numpy's: ``==`` gives an array, whose truth is an error."""
    env["m.py"] = """
        class Array:
            def __eq__(self, other): return Array()
            def __bool__(self): raise ValueError("ambiguous")
            __hash__ = None
        A = Array()
        x = 1
    """
    env["n.py"] = "from m import A, x\n"
    env.run("import m, n\nfrom m import A, x")
    env["m.py"].replace("x = 1", "x = 2\nB = Array()")
    assert env("x, n.x, n.A is m.A is A") == (2, 2, True)
    env["m.py"].replace("A = Array()", "A = Array() ")
    env["m.py"].replace("A = Array() ", "A = (Array())\n")
    env["m.py"].replace("B = Array()", "B = [Array()]")
    assert env("m.A is A") is True


def test_a_name_that_shadows_a_builtin_does_no_harm(env):
    env.run("isinstance = len = type = print = open = None")
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    assert env("m.f()") == 2
    env.run("def f(): return 1", id="a")
    env.run("g = f")
    env.run("def f(): return 2", id="a")
    assert env("g()") == 2


def test_a_module_that_replaced_itself_does_no_harm(env):
    env["m.py"] = """
        import sys, types
        class Lazy(types.ModuleType):
            def __getattr__(self, name): return name
        sys.modules[__name__] = Lazy(__name__)
        def f(): return 1
    """
    env.run("import m")
    assert env("m.anything") == "anything"
    env["m.py"].replace("return 1", "return 2")
    assert env("m.anything, 1 + 1") == ("anything", 2)
