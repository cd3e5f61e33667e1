"""Will anything handle it? Each scenario asks, then goes on, and is compared to what happened."""

from __future__ import annotations

import ast
import asyncio
import atexit
import concurrent.futures
import configparser
import contextlib
import copy
import dis
import gc
import importlib
import json
import linecache
import sys
import textwrap
import threading
import time
import types
import unittest
import weakref
from pathlib import Path

import pytest

from livecode.breaks import handling, instructions, spots, surroundings, syntax
from livecode.breaks.compiling import compile_text, policy
from livecode.breaks.handling import Taker, taker
from livecode.breaks.point import Point

NOBODY = "nobody"


class Trial:
    """Runs something that calls `fail`; what `taker` said there must come true."""

    def __init__(self):
        self.said = []
        self.root = None
        self.errors = []

    def fail(self, error=ValueError):
        """Raise, ask, raise again, as an instrumented function's own handler would."""
        try:
            raise error
        except BaseException as raised:
            self.ask(raised, sys._getframe())
            raise

    def ask(self, raised, frame):
        entry = raised.__traceback__
        while entry.tb_frame is not frame:
            entry = entry.tb_next
        self.errors.append(raised)
        found = taker(raised, frame, entry.tb_lasti, self.root)
        self.said.append(found)

    def run(self, function, *arguments):
        """The Taker of the first failure, after the check that it was right."""
        self.said.clear()
        self.errors.clear()
        self.root = sys._getframe()
        escaped = None
        try:
            function(*arguments)
        except BaseException as error:
            escaped = error
        assert self.said, f"nothing asked ({escaped!r})"
        first = self.said[0]
        if first is None:
            assert escaped is self.errors[0], f"something took it ({escaped!r})"
        elif first.sure:
            assert escaped is not self.errors[0], f"{first.how} did not take it"
        return first


@pytest.fixture
def trial():
    return Trial()


@pytest.fixture
def program(tmp_path, trial):
    """Writes a program to a file and executes it; gives its namespace."""

    def execute(text, **names):
        path = tmp_path / f"program{len(list(tmp_path.iterdir()))}.py"
        path.write_text(textwrap.dedent(text))
        names = {"fail": trial.fail, "__name__": path.stem, "__file__": str(path), **names}
        exec(compile(path.read_text(), str(path), "exec", dont_inherit=True), names)
        return names

    return execute


PLAIN = """
import contextlib, threading, io, decimal, functools, re
from contextlib import contextmanager, suppress, ExitStack
KINDS = (KeyError, ValueError)
class Own(ValueError): ...
class space:
    Error = ValueError
    class deep:
        Error = ValueError
class Quiet:
    def __enter__(self): return self
    def __exit__(self, *exc): self.left = True
class Is:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        return kind is None
class False_:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        if kind is KeyError:
            return None
        return False
class Maybe:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb): return kind is not None
@contextmanager
def open_only():
    yield 1
@contextmanager
def finally_only():
    try:
        yield 1
    finally:
        len("")
@contextmanager
def taking(kind):
    try:
        yield 1
    except ValueError:
        pass
@contextmanager
def other():
    try:
        yield 1
    except KeyError:
        pass
@contextmanager
def nested():
    with suppress(ValueError):
        yield 1
"""

# What `main` does, and what takes the ValueError; a ? is for an answer that is not sure.
BODIES = {
    "kept": (
        "kept = None\ntry: fail()\nexcept ValueError as e: kept = e\nif kept: raise kept",
        "except ValueError ?",
    ),
    "called once": (("def f():\n  calls.append(1)\n  assert len(calls) == 1\n  return Quiet\n"
        "calls = []\nwith f()(): fail()"), "with f() ?"),
    "arguments called once": (("def f():\n  calls.append(1)\n  assert len(calls) == 1\n"
        "  return ValueError\ncalls = []\nwith suppress(f()): fail()"), "with suppress ?"),
    "items, enter of second": (
        ("class E:\n  def __enter__(self): fail()\n  def __exit__(self, *e): return True\n"
        "with suppress(ValueError), E(): pass"), "with suppress",
    ),
    "enter of first": (
        ("class E:\n  def __enter__(self): fail()\n  def __exit__(self, *e): return True\n"
        "with E(): pass"), NOBODY,
    ),
    "exit of second": (
        ("class E:\n  def __enter__(self): pass\n  def __exit__(self, *e): fail()\n"
        "with suppress(ValueError), E(): pass"), "with suppress",
    ),
    "exit of first": (
        ("class E:\n  def __enter__(self): pass\n  def __exit__(self, *e): fail()\n"
        "with E(), suppress(ValueError): pass"), NOBODY,
    ),
    "enter of first, two": (
        ("class E:\n  def __enter__(self): fail()\n  def __exit__(self, *e): return True\n"
        "with E(), suppress(ValueError): pass"), NOBODY,
    ),
    "enter of third": (
        (
            "class E:\n  def __enter__(self): fail()\n  def __exit__(self, *e): return True\n"
            "with suppress(KeyError), suppress(OSError), E(), suppress(ValueError): pass"
        ),
        NOBODY,
    ),
    "enter in finally": (
        (
            "class E:\n  def __enter__(self): fail()\n  def __exit__(self, *e): return True\n"
            "try: 1/0\nexcept ZeroDivisionError: pass\n"
            "finally:\n  with suppress(KeyError), E(), suppress(ValueError): pass"
        ),
        NOBODY,
    ),
    "nothing": ("fail()", NOBODY),
    "except": ("try: fail()\nexcept ValueError: pass", "except ValueError"),
    "bare": ("try: fail()\nexcept: pass", "except"),
    "other type": ("try: fail()\nexcept KeyError: pass", NOBODY),
    "base type": ("try: fail()\nexcept Exception: pass", "except Exception"),
    "tuple": ("try: fail()\nexcept (KeyError, ValueError): pass", "except (KeyError, ValueError)"),
    "global tuple": ("try: fail()\nexcept KINDS: pass", "except KINDS"),
    "attribute": ("try: fail()\nexcept space.deep.Error: pass", "except space.deep.Error"),
    "local": ("e = ValueError\ntry: fail()\nexcept e: pass", "except e"),
    "local, other": ("e = KeyError\ntry: fail()\nexcept e: pass", NOBODY),
    "cell": (
        "e = ValueError\ndef inner():\n  try: fail()\n  except e: pass\ninner()",
        "except e",
    ),
    "subclass wanted": ("try: fail()\nexcept Own: pass", NOBODY),
    "subclass raised": ("try: fail(Own)\nexcept ValueError: pass", "except ValueError"),
    "call": ("try: fail()\nexcept tuple([ValueError]): pass", "except tuple([ValueError])"),
    "starred": ("try: fail()\nexcept (*KINDS, OSError): pass", "except (*KINDS, OSError)"),
    "second": ("try: fail()\nexcept KeyError: pass\nexcept ValueError: pass", "except ValueError"),
    "raised again": ("try: fail()\nexcept ValueError: raise", NOBODY),
    "raised again, named": ("try: fail()\nexcept ValueError as e: raise e", NOBODY),
    "raised again, then other clause": (
        "try: fail()\nexcept ValueError: raise\nexcept Exception: pass",
        NOBODY,
    ),
    "raised again inside": (
        "try:\n  try: fail()\n  except ValueError:\n    len('')\n    raise\nexcept ValueError: pass",
        "except ValueError",
    ),
    "perhaps raised again": (
        "try: fail()\nexcept ValueError:\n  if KINDS: raise",
        "except ValueError ?",
    ),
    "returns before": (
        "try: fail()\nexcept ValueError:\n  if KINDS: return\n  raise",
        "except ValueError ?",
    ),
    "loop before raise": (
        "try: fail()\nexcept ValueError:\n  for x in KINDS: break\n  raise",
        NOBODY,
    ),
    "continue before raise": (
        "for x in (1,):\n  try: fail()\n  except ValueError:\n    if x: continue\n    raise",
        "except ValueError ?",
    ),
    "raises another": (
        "try: fail()\nexcept ValueError as e: raise KeyError() from e",
        "except ValueError",
    ),
    "both branches raise": (
        "try: fail()\nexcept ValueError:\n  if KINDS: raise\n  else: raise",
        NOBODY,
    ),
    "in handler": ("try: 1/0\nexcept ZeroDivisionError: fail()\nexcept ValueError: pass", NOBODY),
    "in else": ("try: pass\nexcept ValueError: pass\nelse: fail()", NOBODY),
    "in finally": ("try: pass\nexcept ValueError: pass\nfinally: fail()", NOBODY),
    "in a handler's handler": (
        "try: 1/0\nexcept ZeroDivisionError:\n  try: fail()\n  except ValueError: pass",
        "except ValueError",
    ),
    "finally": ("try: fail()\nfinally: len('')", NOBODY),
    "finally returns": ("try: fail()\nfinally: return 1", "finally"),
    "finally breaks": ("for x in (1,):\n  try: fail()\n  finally: break", "finally"),
    "finally breaks own loop": ("try: fail()\nfinally:\n  for x in (1,): break", NOBODY),
    "finally perhaps returns": ("try: fail()\nfinally:\n  if KINDS: return 1", "finally ?"),
    "finally returns, in handler": (
        "try: 1/0\nexcept ZeroDivisionError: fail()\nfinally: return 1",
        "finally",
    ),
    "group clause": ("try: fail()\nexcept* ValueError: pass", "except* ValueError"),
    "group clause, other": ("try: fail()\nexcept* KeyError: pass", NOBODY),
    "group": (
        "try: fail(ExceptionGroup('', [ValueError()]))\nexcept* ValueError: pass",
        "except* ValueError",
    ),
    "group in part": (
        "try: fail(ExceptionGroup('', [ValueError(), KeyError()]))\nexcept* ValueError: pass",
        "except* ValueError ?",
    ),
    "group in parts": (
        ("try: fail(ExceptionGroup('', [ValueError(), KeyError()]))\n"
        "except* ValueError: pass\nexcept* KeyError: pass"),
        "except* ValueError",
    ),
    "group by except": (
        "try: fail(ExceptionGroup('', [ValueError()]))\nexcept ValueError: pass",
        NOBODY,
    ),
    "unknown name": ("try: fail()\nexcept Unknown: pass", "except Unknown ?"),
    "not a type": ("try: fail()\nexcept 1: pass", "except 1 ?"),
    "if": ("if KINDS:\n  try: fail()\n  except ValueError: pass", "except ValueError"),
    "elif": (
        "if not KINDS: pass\nelif KINDS:\n  try: fail()\n  except ValueError: pass",
        "except ValueError",
    ),
    "while": ("while 1:\n  try: fail()\n  except ValueError: break", "except ValueError"),
    "match": (
        "match 1:\n  case 1:\n    try: fail()\n    except ValueError: pass",
        "except ValueError",
    ),
    "beside": ("try: len('')\nexcept ValueError: pass\nfail()", NOBODY),
    "lambda": ("try: (lambda: fail())()\nexcept ValueError: pass", "except ValueError"),
    "listcomp": ("try: [fail() for x in (1,)]\nexcept ValueError: pass", "except ValueError"),
    "genexpr": ("try: list(fail() for x in (1,))\nexcept ValueError: pass", "except ValueError"),
    "listcomp, nobody": ("[fail() for x in (1,)]", NOBODY),
    "genexpr, nobody": ("list(fail() for x in (1,))", NOBODY),
    "default": (
        "try:\n  def inner(x=fail()): pass\nexcept ValueError: pass",
        "except ValueError",
    ),
    "decorator": (
        "try:\n  @fail\n  def inner(): pass\nexcept TypeError: pass",
        "except TypeError",
    ),
    "class body": ("try:\n  class C:\n    fail()\nexcept ValueError: pass", "except ValueError"),
    "in a class body": ("class C:\n  try: fail()\n  except ValueError: pass", "except ValueError"),
    "class body's name": (
        "class C:\n  E = ValueError\n  try: fail()\n  except E: pass",
        "except E",
    ),
    "generator": (
        "def g():\n  yield 1\n  fail()\ntry: list(g())\nexcept ValueError: pass",
        "except ValueError",
    ),
    "generator, nobody": ("def g():\n  yield fail()\nfor x in g(): pass", NOBODY),
    "generator, loop": (
        "def g():\n  yield fail()\ntry:\n  for x in g(): pass\nexcept ValueError: pass",
        "except ValueError",
    ),
    "yield from": (
        "def g():\n  yield fail()\ndef h():\n  try: yield from g()\n  except ValueError: pass\nlist(h())",
        "except ValueError",
    ),
    "map": ("list(map(lambda x: fail(), (1,)))", NOBODY),
    "sorted": ("sorted((1, 2), key=lambda x: fail())", NOBODY),
    "re.sub": ("re.sub('a', lambda m: fail(), 'a')", NOBODY),
    "reduce": ("functools.reduce(lambda a, b: fail(), (1, 2))", NOBODY),
    "partial": (
        "try: functools.partial(fail)()\nexcept ValueError: pass",
        "except ValueError",
    ),
    # with
    "suppress": ("with suppress(ValueError): fail()", "with suppress"),
    "suppress, attribute": ("with contextlib.suppress(KeyError, ValueError): fail()", "with contextlib.suppress"),
    "suppress, other": ("with suppress(KeyError): fail()", NOBODY),
    "suppress, starred": ("with suppress(*KINDS): fail()", "with suppress ?"),
    "suppress, in an expression": ("with suppress(fail()): pass", NOBODY),
    "suppress, second item": ("with suppress(ValueError), Quiet(fail()): pass", "with suppress"),
    "suppress after": ("with Quiet(), suppress(KeyError): fail()", NOBODY),
    "suppress around": ("with suppress(ValueError), Quiet(): fail()", "with suppress"),
    "quiet": ("with Quiet(): fail()", NOBODY),
    "exit compares": ("with Is(): fail()", NOBODY),
    "exit false": ("with False_() as f: fail()", NOBODY),
    "exit unknown": ("with Maybe(): fail()", "with Maybe ?"),
    "named manager": ("m = Quiet()\nwith m: fail()", NOBODY),
    "named suppress": ("m = suppress(ValueError)\nwith m: fail()", "with m"),
    "named suppress, rebound": (
        "m = suppress(ValueError)\nwith m:\n  m = suppress(ValueError)\n  fail()",
        "with m ?",
    ),
    "generator manager": ("with open_only(): fail()", NOBODY),
    "generator manager, finally": ("with finally_only(): fail()", NOBODY),
    "generator manager, takes": ("with taking(1): fail()", "with taking"),
    "generator manager, other": ("with other(): fail()", NOBODY),
    "generator manager, nested": ("with nested(): fail()", "with nested"),
    "open generator manager": ("m = taking(1)\nwith m: fail()", "with m"),
    "open generator manager, other": ("m = other()\nwith m: fail()", NOBODY),
    "open generator manager, nested": ("m = nested()\nwith m: fail()", "with m"),
    "manager as decorator": ("@taking(1)\ndef inner(): fail()\ninner()", "with self._recreate_cm"),
    "manager as decorator, other": ("@other()\ndef inner(): fail()\ninner()", NOBODY),
    "lock": ("with threading.Lock(): fail()", NOBODY),
    "rlock": ("m = threading.RLock()\nwith m: fail()", NOBODY),
    "condition": ("with threading.Condition(): fail()", NOBODY),
    "file": ("with open(__file__) as f: fail()", NOBODY),
    "stringio": ("with io.StringIO() as f: fail()", NOBODY),
    "memoryview": ("with memoryview(b'') as f: fail()", NOBODY),
    "decimal": ("with decimal.localcontext() as f: fail()", NOBODY),
    "redirect": ("with contextlib.redirect_stdout(io.StringIO()): fail()", NOBODY),
    "nullcontext": ("with contextlib.nullcontext(): fail()", NOBODY),
    "closing": ("with contextlib.closing(io.StringIO()): fail()", NOBODY),
    "stack": ("with ExitStack() as s: fail()", NOBODY),
    "stack of suppress": (
        "with ExitStack() as s:\n  s.enter_context(suppress(ValueError))\n  fail()",
        "with ExitStack",
    ),
    "stack of others": (
        ("with ExitStack() as s:\n  s.enter_context(suppress(KeyError))\n  s.enter_context(Quiet())\n"
        "  s.callback(len, '')\n  s.enter_context(threading.Lock())\n  s.push(other().__exit__)\n  fail()"),
        NOBODY,
    ),
    "stack of quiet": (
        ("with ExitStack() as s:\n  s.enter_context(suppress(KeyError))\n  s.enter_context(Quiet())\n"
        "  s.callback(len, '')\n  s.enter_context(threading.Lock())\n  fail()"),
        NOBODY,
    ),
    "return in with": ("with Quiet() as q, suppress(ValueError):\n  return fail()", "with suppress"),
    # what C code takes
    "hasattr": (
        "class C:\n  @property\n  def x(self): fail(AttributeError)\nhasattr(C(), 'x')",
        "hasattr",
    ),
    "hasattr, other error": (
        "class C:\n  @property\n  def x(self): fail(ValueError)\nhasattr(C(), 'x')",
        NOBODY,
    ),
    "hasattr of another": (
        "class C:\n  @property\n  def x(self): fail(AttributeError)\nhasattr(C().x, 'x')",
        NOBODY,
    ),
    "getattr, default": (
        "class C:\n  @property\n  def x(self): fail(AttributeError)\ngetattr(C(), 'x', None)",
        "getattr",
    ),
    "getattr": (
        "class C:\n  @property\n  def x(self): fail(AttributeError)\ngetattr(C(), 'x')",
        NOBODY,
    ),
    "hasattr, __getattr__": (
        "class C:\n  def __getattr__(self, name): fail(AttributeError)\nhasattr(C(), 'x')",
        "hasattr",
    ),
    "attribute, __getattr__": (
        "class C:\n  def __getattr__(self, name): fail(AttributeError)\nC().x",
        NOBODY,
    ),
    "property, then __getattr__": (
        ("class C:\n  @property\n  def x(self): fail(AttributeError)\n"
        "  def __getattr__(self, name): return 1\nC().x"),
        "__getattr__",
    ),
    "__getattribute__, then __getattr__": (
        ("class C:\n  def __getattribute__(self, name): fail(AttributeError)\n"
        "  def __getattr__(self, name): return 1\nC().x"),
        "__getattr__",
    ),
    "descriptor, then __getattr__": (
        ("class D:\n  def __get__(self, obj, kind): fail(AttributeError)\n"
        "class C:\n  x = D()\n  def __getattr__(self, name): return 1\nC().x"),
        "__getattr__",
    ),
    "descriptor": (
        "class D:\n  def __get__(self, obj, kind): fail(AttributeError)\nclass C:\n  x = D()\nC().x",
        NOBODY,
    ),
    "property, no __getattr__": (
        "class C:\n  @property\n  def x(self): fail(AttributeError)\nC().x",
        NOBODY,
    ),
    "match class": (
        ("class C:\n  @property\n  def x(self): fail(AttributeError)\n"
        "match C():\n  case C(x=1): pass"),
        "match",
    ),
    "isinstance": (
        "class C:\n  @property\n  def __class__(self): fail(AttributeError)\nisinstance(C(), int)",
        "a call in C that asks for an attribute ?",
    ),
    "method, attribute error": ("class C:\n  def x(self): fail(AttributeError)\nC().x()", NOBODY),
    "old sequence, for": (
        "class C:\n  def __getitem__(self, i): fail(IndexError)\nfor x in C(): pass",
        "iteration",
    ),
    "old sequence, list": (
        "class C:\n  def __getitem__(self, i): fail(IndexError)\nlist(C())",
        "iteration",
    ),
    "old sequence, in": (
        "class C:\n  def __getitem__(self, i): fail(IndexError)\n1 in C()",
        "iteration",
    ),
    "old sequence, star": (
        "class C:\n  def __getitem__(self, i): fail(IndexError)\n[*C()]; print(*C(), end='')",
        "iteration",
    ),
    "old sequence, comprehension": (
        "class C:\n  def __getitem__(self, i): fail(IndexError)\n[x for x in C()]",
        "iteration",
    ),
    "subscript": ("class C:\n  def __getitem__(self, i): fail(IndexError)\nC()[0]", NOBODY),
    "subscript called": (
        "class C:\n  def __getitem__(self, i): fail(IndexError)\nC().__getitem__(0)",
        NOBODY,
    ),
    "old sequence, other error": (
        "class C:\n  def __getitem__(self, i): fail(ValueError)\nfor x in C(): pass",
        NOBODY,
    ),
    "new sequence": (
        ("class C:\n  def __getitem__(self, i): fail(IndexError)\n"
        "  def __iter__(self): return iter([self[0]])\nfor x in C(): pass"),
        NOBODY,
    ),
    "missing": ("class C(dict):\n  def __missing__(self, k): fail(KeyError)\nC()[0]", NOBODY),
    "length hint": (
        "class C:\n  def __iter__(self): return iter(())\n  def __len__(self): fail(TypeError)\nlist(C())",
        "a length hint",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.filterwarnings("ignore")
def test_body(name, trial, program):
    body, expected = BODIES[name]
    text = PLAIN + "def main():\n" + textwrap.indent(body, "    ")
    main = program(text)["main"]
    for _ in range(2):  # the second time from what is kept
        found = trial.run(main)
        said = NOBODY if found is None else found.how + ("" if found.sure else " ?")
        assert said == expected


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.filterwarnings("ignore")
def test_body_of_method_below_decorator(name, trial, program):
    body, expected = BODIES[name]
    text = PLAIN + (
        "def twice(f):\n    @functools.wraps(f)\n    def wrapper(*a):\n"
        "        try:\n            return f(*a)\n        except ZeroDivisionError: pass\n"
        "    return wrapper\n"
        "class Program:\n    @twice\n    def main(self):\n" + textwrap.indent(body, " " * 8)
    )
    main = program(text)["Program"]().main
    found = trial.run(main)
    said = NOBODY if found is None else found.how + ("" if found.sure else " ?")
    assert said == expected


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.filterwarnings("ignore")
def test_body_of_instrumented_code(name, trial, program):
    """Handlers that instrumentation added do not count, and lines may have moved since."""
    body, expected = BODIES[name]
    text = "def main():\n" + textwrap.indent(body, "    ")
    names = program(PLAIN)
    names["asked"] = trial
    main = instrumented(text, names)
    found = trial.run(main)
    said = NOBODY if found is None else found.how + ("" if found.sure else " ?")
    # Code nested in it is not instrumented here, nor has it a source.
    nested = ("cell", "in a class body", "class body's name", "yield from")
    assert said == ("a handler without source ?" if name in nested else expected)


def instrumented(text, names, first=10, moved=7):
    """A function whose body is in a try of ours, whose source began at `first` and has moved."""
    tree = ast.parse(text)
    function = tree.body[0]
    ours = ast.parse("try: pass\nexcept BaseException as e_:\n  if e_ is None: return\n  raise e_")
    for node in ast.walk(ours):
        if hasattr(node, "lineno"):
            ast.copy_location(node, function.body[0])
    ours.body[0].body = function.body
    function.body = ours.body
    ast.increment_lineno(tree, first - 1)
    exec(compile(tree, "<nowhere>", "exec", dont_inherit=True), names)
    made = names[function.name]
    code = made.__code__
    made.__code__ = code.replace(
        co_consts=(*code.co_consts, Point(text, first, function.name)),
        co_firstlineno=code.co_firstlineno + moved,
    )
    return made


def test_innermost_frame_itself(trial):
    def inner():
        try:
            try:
                int("x")
            except KeyError:
                pass
        except ValueError as error:
            assert error.__traceback__.tb_frame is sys._getframe()
            frame, lasti = sys._getframe(), error.__traceback__.tb_lasti
            found.append(taker(error, frame, lasti, frame.f_back))

    found = []
    inner()
    assert found[0].how == "except ValueError"
    assert found[0].frame.f_code is inner.__code__


def test_frame_that_takes(trial, program):
    names = program("""
        def outer():
            try: middle()
            except ValueError: pass
        def middle(): inner()
        def inner():
            try: fail()
            except KeyError: pass
    """)
    found = trial.run(names["outer"])
    assert isinstance(found, Taker)
    assert found.frame.f_code is names["outer"].__code__


def test_root_is_not_asked(trial):
    def root():
        try:
            trial.root = sys._getframe()
            trial.fail()
        except ValueError:
            pass

    root()
    assert trial.said == [None]


def test_code_without_source(trial):
    names = {"fail": trial.fail}
    exec(
        "def main():\n try: fail()\n except ValueError: pass\n"
        "def beside():\n try: len('')\n except ValueError: pass\n fail()",
        names,
    )
    found = trial.run(names["main"])
    assert (found.how, found.sure) == ("a handler without source", False)
    assert trial.run(names["beside"]) is None


def test_file_that_was_edited_since(trial, program):
    names = program("def main():\n    try: fail()\n    except ValueError: pass\n")
    path = Path(names["__file__"])
    path.write_text("def main():\n    try: fail()\n    except KeyError: pass\n")
    linecache.checkcache(str(path))
    found = trial.run(names["main"])
    assert not found.sure


def test_file_in_which_lines_moved(trial, program):
    names = program("def main():\n    try: fail()\n    except ValueError: pass\n")
    path = Path(names["__file__"])
    path.write_text("# a line\n\n\n" + path.read_text())
    linecache.checkcache(str(path))
    found = trial.run(names["main"])
    assert (found.how, found.sure) == ("except ValueError", True)


def test_assert_rewritten_by_pytest(trial):
    def main():
        assert trial
        try:
            trial.fail()
        except ValueError:
            pass
        assert trial

    assert trial.run(main).how == "except ValueError"


def test_private_name_in_class(trial, program):
    names = program("""
        class C:
            __Error = ValueError
            def main(self):
                try: fail()
                except self.__Error: pass
        _C__kind = ValueError
        class D(C):
            def main(self):
                try: fail()
                except __kind: pass
        _D__kind = ValueError
    """)
    assert trial.run(names["D"]().main).how == "except __kind"
    assert not trial.run(names["C"]().main).sure  # an attribute's private name is not looked up


def test_virtual_subclass_is_not_taken(trial, program):
    names = program("""
        class Meta(type):
            def __subclasscheck__(cls, other): return True
            def __instancecheck__(cls, other): return True
        class Virtual(Exception, metaclass=Meta): pass
        def main():
            try: fail()
            except Virtual: pass
    """)
    assert trial.run(names["main"]) is None


def test_json_hook(trial):
    def hook(pairs):
        trial.fail(KeyError)

    assert trial.run(lambda: json.loads("{}", object_hook=hook)) is None


def test_json_decoder_takes_stop_iteration_only(trial):
    def hook(text):
        trial.fail(ValueError)

    assert trial.run(lambda: json.loads("1", parse_int=hook)) is None


def test_configparser_takes_key_error(trial):
    class Items(dict):
        def __getitem__(self, key):
            trial.fail(KeyError)

    parser = configparser.ConfigParser()
    parser._sections = Items()
    found = trial.run(lambda: parser.items("x"))
    assert found.how == "except KeyError"
    assert Path(found.frame.f_code.co_filename).name == "configparser.py"


def test_import_of_module_that_fails(trial, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath("failing_module.py").write_text("import builtins\nbuiltins.trial.fail()")
    monkeypatch.setattr("builtins.trial", trial, raising=False)
    importlib.invalidate_caches()
    main = instrumented("def main():\n  import failing_module", {})
    assert trial.run(main) is None


def test_module_that_tries_itself(trial, program):
    def run():
        program("try: fail()\nexcept ValueError: pass")

    assert trial.run(run).how == "except ValueError"


def test_statement_of_a_cell(trial, program):
    text = "try:\n    fail()\nexcept ValueError:\n    pass\n"
    tree = ast.parse("\n\n" + text)
    code = compile(tree, "<cell>", "exec", dont_inherit=True)
    code = code.replace(co_consts=(*code.co_consts, Point(text, 3, "<module>", True)))
    assert trial.run(exec, code, {"fail": trial.fail}).how == "except ValueError"


def test_pytest_raises(trial):
    def main(kind):
        with pytest.raises(kind):
            trial.fail()

    assert trial.run(main, ValueError).sure
    main2 = instrumented(
        "def main(raises):\n  with raises: fail()", {"fail": trial.fail, "pytest": pytest}
    )
    assert trial.run(main2, pytest.raises(ValueError)).sure
    assert not trial.run(main2, pytest.raises(ValueError, match="")).sure
    with pytest.raises(ValueError):
        assert trial.run(main2, pytest.raises(KeyError)) is None
        raise ValueError


def test_unittest(trial):
    class Case(unittest.TestCase):
        def test_taken(self):
            with self.assertRaises(ValueError):
                trial.fail()

        def test_other(self):
            with self.assertRaises(KeyError):
                trial.fail()

    assert trial.run(Case("test_taken").test_taken).how == "with self.assertRaises"
    assert trial.run(Case("test_other").test_other) is None
    found = trial.run(lambda: Case("test_other").run(unittest.TestResult()))
    assert found.frame.f_code.co_filename.endswith(("case.py", "contextlib.py"))


MAKING = {
    "make()": "m",
    "next(iter([m]))": "m",
    "copy.copy(m)": "m",
    "getattr(names, 'm')": "m",
    "future.result()": "m",
    "[m][0]": "m",
    "names.m": "m",
    "(m if m else None)": "m",
    "New()": "m",
}


@pytest.mark.parametrize("expression", MAKING)
def test_the_open_manager_is_what_counts(trial, program, monkeypatch, expression):
    """However it was made: its exit is held in instrumented code."""
    future = concurrent.futures.Future()
    names = types.SimpleNamespace()
    others = {"copy": copy, "future": future, "names": names, "make": lambda: names.m}
    managers = program(PLAIN)
    held = {"fail": trial.fail, **others}
    monkeypatch.setattr(policy, "enabled", True)
    exec(compile_text(f"def main():\n  with {expression}: fail()", "<held>"), held)
    main = held["main"]

    class New:
        def __new__(cls):
            return names.m

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return None

    main.__globals__["New"] = New
    for made, wanted in {
        "suppress(ValueError)": True,
        "suppress(KeyError)": None,
        "Quiet()": None,
        "Maybe()": False,
        "taking(1)": True,
        "other()": None,
    }.items():
        if (made, expression) in (("taking(1)", "copy.copy(m)"), ("other()", "copy.copy(m)")):
            continue  # a generator cannot be copied
        names.m = main.__globals__["m"] = eval(made, managers)
        future._result, future._state = names.m, "FINISHED"
        found = trial.run(main)
        assert (found and found.sure) is wanted, made


def test_managers_that_are_not_held_may_take(trial, program):
    names = program("""
        import copy
        from contextlib import suppress
        m = suppress(KeyError)
        def main():
            with next(iter([m])): fail()
        def opens():
            with open(__file__) as file: fail()
    """)
    assert trial.run(names["main"]).sure is False
    assert trial.run(names["opens"]) is None


@pytest.mark.filterwarnings("ignore")
def test_finalizers_take_everything(trial, program, capsys):
    names = program("""
        import weakref, gc
        class C:
            def __del__(self): fail()
        class D(C):
            def __del__(self): super().__del__()
        class E: pass
        def bound():
            c = C()
            c = None
        def deleted():
            d = D()
            del d
        def called():
            C.__del__(E())
        def callback():
            e = E()
            r = weakref.ref(e, lambda ref: fail())
            del e
        def collected():
            e = E()
            e.e = e
            r = weakref.ref(e, lambda ref: fail())
            del e
            gc.collect()
    """)
    for name in ("bound", "deleted", "callback", "collected"):
        assert trial.run(names[name]), name
    assert trial.run(names["called"]) is None


def test_ipython_shows_traceback(trial, program):
    text = """
        def main(self=None):
            try: fail()
            except: self.showtraceback()
        def other():
            try: fail()
            except: pass
    """
    names = program(text, __name__="IPython.core.interactiveshell", self=None)

    class Shell:
        def showtraceback(self):
            raise

    shell = Shell()
    assert trial.run(names["main"], shell) is None
    assert trial.run(names["other"]).how == "except"


class Shown:
    def __init__(self, trial):
        self.trial = trial

    def _repr_html_(self):
        self.trial.fail()


@pytest.fixture
def shell(capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    yield shell
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)


def test_ipython_magics_do_not_take(trial, shell, tmp_path):
    shell.user_ns["trial"] = trial
    script = tmp_path / "script.py"
    script.write_text("trial.fail()")
    for magic in ("%time trial.fail()", "%timeit -n1 -r1 trial.fail()", f"%run -i {script}"):
        trial.said.clear()
        trial.root = sys._getframe()
        name, _, line = magic[1:].partition(" ")
        with contextlib.suppress(ValueError):
            shell.run_line_magic(name, line)
        assert trial.said == [None], magic


def test_ipython_formatters_take(trial, shell):
    found = trial.run(shell.display_formatter.format, Shown(trial))
    assert found.frame.f_code.co_filename.endswith("formatters.py")


def test_name_that_is_rebound(trial, program):
    names = program("def main():\n    try: fail()\n    except kind: pass\nkind = ValueError")
    assert trial.run(names["main"]).sure
    assert trial.run(names["main"]).sure
    names["kind"] = KeyError
    assert trial.run(names["main"]) is None
    names["kind"] = (KeyError, ValueError)
    assert trial.run(names["main"]).sure
    del names["kind"]
    assert not trial.run(names["main"]).sure


def test_builtin_that_is_shadowed(trial, program):
    names = program("def main():\n    try: fail()\n    except ValueError: pass")
    assert trial.run(names["main"]).sure
    names["ValueError"] = KeyError
    assert trial.run(names["main"]) is None
    del names["ValueError"]
    assert trial.run(names["main"]).sure


def test_types_are_not_kept_alive(trial, program):
    names = program(
        "def main():\n    try: fail(Own)\n    except Own: pass\nclass Own(Exception): ..."
    )
    assert trial.run(names["main"]).sure
    gone = weakref.ref(names.pop("Own"))
    trial.said.clear()
    trial.errors.clear()
    for _ in range(3):
        gc.collect()
    assert gone() is None
    assert id(gone) not in handling._delicate


def test_thread(trial):
    """A thread's own last resort takes what nothing else does."""
    thread = threading.Thread(target=trial.fail)
    hook, threading.excepthook = threading.excepthook, lambda *_: None
    try:
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook
    (found,) = trial.said
    assert found.frame.f_code.co_name == "_bootstrap_inner"


def test_task(trial):
    async def main():
        try:
            await inner()
        except KeyError:
            pass

    async def inner():
        async with asyncio.Lock():
            trial.fail(kind)

    kind = KeyError
    assert trial.run(lambda: asyncio.run(main())).how == "except KeyError"
    kind = ValueError
    trial.said.clear()
    trial.root = sys._getframe()
    with pytest.raises(ValueError):
        asyncio.run(main())
    assert trial.said[0].frame.f_code.co_name == "_run"


def test_async_with_asks_the_async_exit(trial, program):
    names = program("""
        import contextlib
        class Both:
            def __enter__(self): pass
            def __exit__(self, *exc): return True
            async def __aenter__(self): pass
            async def __aexit__(self, *exc): self.left = True
        class Taking(Both):
            async def __aexit__(self, *exc): return len(exc)
        @contextlib.asynccontextmanager
        async def taking():
            try: yield
            except ValueError: pass
        @contextlib.asynccontextmanager
        async def other():
            try: yield
            finally: pass
        async def main(manager):
            async with manager: fail()
        async def calls():
            async with taking(): fail()
        async def stack(*managers):
            async with contextlib.AsyncExitStack() as s:
                for each in managers: await s.enter_async_context(each)
                s.enter_context(contextlib.suppress(KeyError))
                fail()
        def run(coroutine):
            try: coroutine.send(None)
            except StopIteration: pass
    """)
    run, main = names["run"], names["main"]
    assert trial.run(run, main(names["Both"]())) is None
    assert not trial.run(run, main(names["Taking"]())).sure
    assert trial.run(run, main(names["taking"]())).sure
    assert trial.run(run, main(names["other"]())) is None
    assert trial.run(run, names["calls"]()).sure
    assert trial.run(run, names["stack"](names["other"]())) is None
    assert trial.run(run, names["stack"](names["taking"](), names["Both"]())).sure


def test_exit_that_was_edited(trial, program):
    names = program("""
        class M:
            def __enter__(self): pass
            def __exit__(self, *exc): pass
        def taking(self, *exc): return True
        def main():
            with M(): fail()
    """)
    assert trial.run(names["main"]) is None
    names["M"].__exit__.__code__ = names["taking"].__code__
    assert not trial.run(names["main"]).sure


def test_lines_without_columns(trial, program, monkeypatch):
    names = program("def main():\n    try:\n        fail()\n    except ValueError:\n        pass\n")
    code = names["main"].__code__
    found = syntax.syntax_of(code, names)
    positions = [(line, None, None, None) for line, *_ in found.positions]
    bare = found._replace(positions=positions)
    (where,) = {each[0] for each in code.co_positions() if each[0] == 4} or {4}
    call = next(n for n, each in enumerate(found.positions) if each[0] == 3)
    (around,) = surroundings.enclosing(bare, bare.place(call * 2))
    assert (around.part, where) == ("body", 4)


def test_caches_are_bounded(monkeypatch, trial, program):
    monkeypatch.setattr(spots, "_MOST_SPOTS", 3)
    main = program("def main():\n    try: fail()\n    except ValueError: pass")["main"]
    for _ in range(5):
        assert trial.run(main)
        assert len(spots.SPOTS) <= 4


def test_recursion_is_fast(trial, program):
    main = program("""
        def main(n):
            try: step(n)
            except ValueError: pass
        def step(n):
            return step(n - 1) if n else fail()
    """)["main"]
    trial.run(main, 500)
    start = time.perf_counter()
    assert trial.run(main, 500).how == "except ValueError"
    assert time.perf_counter() - start < 0.05


def test_module_of_standard_library_by_frozen_name():
    code = importlib._bootstrap._find_and_load.__code__
    found = syntax.syntax_of(code, vars(importlib._bootstrap))
    assert found is not None and found.node.name == "_find_and_load"


def test_lookup_of_a_name_takes_key_error(trial):
    class Names(dict):
        def __getitem__(self, key):
            trial.fail(KeyError)

    assert trial.run(exec, "len", {}, Names()).how == "a lookup of a name"


def test_exception_table():
    def handles():
        try:
            len("")
        except ValueError:
            repr("")

    def generates():
        yield len("")

    for function, expected in ((handles, {"len", "repr"}), (generates, set())):
        code = function.__code__
        covered = {
            each.argval
            for each in dis.get_instructions(code)
            if each.opname == "LOAD_GLOBAL" and instructions.covered(code, each.offset)
        }
        assert covered - {"ValueError"} == expected
