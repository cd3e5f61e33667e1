"""`livecode.breaks.continuation`: what is fixed and continued ends as what was right from the start.

Each scenario is a text in which ``fail()`` fails, and an edit of it. The old one runs in a greenlet until
it fails, with what its loops, withs and tries hold captured; then the continuation of the new one runs.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import sys
from functools import partial
from types import CellType, FunctionType
from typing import Any

import greenlet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecode.breaks.continuation import CannotContinue, build, build_module
from livecode.breaks.enclosed import compile_continuation
from livecode.breaks.found import find
from livecode.breaks.held import FALLS_THROUGH, Outcome
from livecode.breaks.marks import put
from livecode.breaks.places import Place, Step, after, key, place_at, root, view
from livecode.breaks.running import Reuse
from livecode.breaks.scopes import mangled


class Log(list):
    """What happened."""

    def __call__(self, *items):
        self.append(items[0] if len(items) == 1 else items)
        return items[-1]


class Manager:
    def __init__(self, log, name, swallow=False):
        self.log, self.name, self.swallow = log, name, swallow

    def __enter__(self):
        self.log("enter", self.name)
        return self.name

    def __exit__(self, kind, value, traceback):
        self.log("exit", self.name, kind and kind.__name__)
        return self.swallow

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *exception):
        return self.__exit__(*exception)


class AsyncItems:
    def __init__(self, items):
        self.items = iter(items)

    def __aiter__(self):
        return self

    async def __anext__(self):
        for item in self.items:
            return item
        raise StopAsyncIteration


class Held:
    """What instrumented code does for livecode: it says what compound statements hold."""

    def __init__(self):
        self.held: dict[str, Any] = {}

    def iterator(self, key, iterable):
        self.held[key] = iter(iterable)
        return self.held[key]

    def async_iterator(self, key, iterable):
        self.held[key] = aiter(iterable)
        return self.held[key]

    def manager(self, key, manager):
        return Entering(self.held, key, manager)

    def handling(self, key):
        self.held[key] = sys.exc_info()[1]

    def final(self, key):
        exception = sys.exc_info()[1]
        others = any(exception is each for name, each in self.held.items() if name != key)
        self.held[key] = FALLS_THROUGH if exception is None or others else exception


class Entering:
    def __init__(self, held, key, manager):
        self.held, self.key, self.manager = held, key, manager

    def __enter__(self):
        found = self.manager.__enter__()
        self.held[self.key] = self.manager.__exit__
        return found

    def __exit__(self, *exception):
        del self.held[self.key]
        return self.manager.__exit__(*exception)

    async def __aenter__(self):
        found = await self.manager.__aenter__()
        self.held[self.key] = self.manager.__aexit__
        return found

    async def __aexit__(self, *exception):
        del self.held[self.key]
        return await self.manager.__aexit__(*exception)


class Instrument(ast.NodeTransformer):
    def __init__(self, node):
        self.node = node

    def call(self, method, near, statement, *arguments):
        name = ast.Constant(key(statement, self.node))
        function = ast.Attribute(ast.Name("held_", ast.Load()), method, ast.Load())
        call = ast.Call(function, [name, *arguments], [])
        for part in ast.walk(call):
            if "lineno" in part._attributes and not hasattr(part, "lineno"):
                ast.copy_location(part, near)
        return call

    def visit_For(self, node):
        self.generic_visit(node)
        node.iter = self.call("iterator", node.iter, node, node.iter)
        return node

    def visit_AsyncFor(self, node):
        self.generic_visit(node)
        node.iter = self.call("async_iterator", node.iter, node, node.iter)
        return node

    def visit_With(self, node):
        self.generic_visit(node)
        item = node.items[0]
        manager = self.call("manager", item.context_expr, node, item.context_expr)
        node.items = [ast.withitem(manager, item.optional_vars)]
        return node

    visit_AsyncWith = visit_With

    def visit_Try(self, node):
        self.generic_visit(node)
        for handler in node.handlers:
            call = self.call("handling", handler, node)
            handler.body.insert(0, ast.copy_location(ast.Expr(call), handler))
        if node.finalbody:
            near = node.finalbody[0]
            call = ast.copy_location(ast.Expr(self.call("final", near, node)), near)
            node.finalbody.insert(0, call)
        return node


def definition(tree, name="f"):
    """The function of that name, and the class that it stands in."""
    for node in tree.body:
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if getattr(inner, "name", None) == name:
                return inner, node.name if isinstance(node, ast.ClassDef) else None
    raise LookupError(name)


def drive(value):
    """Run a function's result to its end: an iterator, a coroutine or an async iterator."""
    if hasattr(value, "send"):
        if hasattr(value, "gi_frame"):
            return list(value)
        try:
            value.send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("it waits")
    if hasattr(value, "__anext__"):

        async def all_of():
            return [item async for item in value]

        return drive(all_of())
    return value


def namespace():
    log = Log()
    return {
        "log": log,
        "m": lambda name, swallow=False: Manager(log, name, swallow),
        "aitems": AsyncItems,
        "boom": boom,
    }


def boom(kind=ValueError, text=""):
    raise kind(text)


def outcome(call):
    """A call's result, or its exception as text."""
    try:
        return drive(call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


class Failed:
    """A run of the old text up to ``fail()``."""

    def __init__(self, old, name="f", start="f()", class_name=None):
        tree = ast.parse(old)
        self.node, self.class_name = definition(tree, name)
        self.held = Held()
        self.names = {**namespace(), "held_": self.held}
        self.items: list[Any] = []
        viewed = Instrument(self.node).visit(copy.deepcopy(view(self.node)))
        body = next(
            each.body for each in [tree, *ast.walk(tree)] if self.node in getattr(each, "body", ())
        )
        body[body.index(self.node)] = viewed
        home = greenlet.getcurrent()

        def fail(*_):
            self.frame = sys._getframe(1)
            self.handled = sys.exc_info()[1]
            home.switch("failed")

        def run():
            value = eval(start, self.names)
            if hasattr(value, "gi_frame"):
                self.items += value
                raise AssertionError("no failure")
            if hasattr(value, "__anext__"):

                async def collect():
                    async for item in value:
                        self.items.append(item)

                return drive(collect())
            return drive(value)

        self.names["fail"] = fail
        exec(compile(tree, "<old>", "exec"), self.names)
        self.run = greenlet.greenlet(run)
        assert self.run.switch() == "failed"
        code = self.frame.f_code
        position = list(code.co_positions())[self.frame.f_lasti // 2]
        self.place = place_at(self.node, *position)
        assert self.place is not None
        self.frees = {*code.co_freevars, *code.co_cellvars}

    def go_on(self, new, name="f", closure=None, place=None, flags=0):
        tree = ast.parse(new)
        node, class_name = definition(tree, name)
        found = find(self.node, place or self.place, node, self.held.held)
        assert found.place is not None, found.why
        self.found = found
        values = {k: v for k, v in self.frame.f_locals.items() if k not in self.frees}
        bound = [k for k in values if k not in self.frees]
        held = found.held(self.held.held)
        built = build(node, found.place, held, bound, self.frees, class_name)
        self.tree = ast.fix_missing_locations(built.function)
        code = compile_continuation(
            built.function, "<new>", flags, self.frees, class_name, built.objects, "Q.f"
        )
        self.code = code
        cells = {
            name: CellType(self.frame.f_locals[name]) if name in self.frame.f_locals else CellType()
            for name in self.frees
        }
        cells.update(closure or {})
        if "__class__" in code.co_freevars:
            cells.setdefault("__class__", CellType(self.names[class_name]))
        function = FunctionType(
            code, self.names, closure=tuple(cells[each] for each in code.co_freevars)
        )
        value = outcome(lambda: function(values))
        if isinstance(value, list) and (self.items or "yield" in new):
            value = self.items + value
        return value

    def end(self):
        """Forget the old run (its frame unwinds)."""
        del self.names["log"][:]
        self.frame = None
        with contextlib.suppress(Exception):  # what the swallowing managers leave to go on
            self.run.throw(greenlet.GreenletExit)


def indented(text):
    return "\n".join("    " + line for line in text.strip("\n").split("\n"))


def text_of(body, header="def f():"):
    return f"{header}\n{indented(body)}\n"


def check(body, fixed="log('fixed')", header="def f():", new=None, start="f()"):
    """The fixed text, right from the start, and continued from the failure of the old one."""
    old = text_of(body, header)
    new = new or old.replace("fail()", fixed)
    right = namespace()
    exec(new, right)
    expected = outcome(lambda: eval(start, right))
    failed = Failed(old, start=start)
    value = failed.go_on(new)
    log = list(failed.names["log"])
    failed.end()
    assert (value, log) == (expected, list(right["log"]))
    return failed


PLAIN = {
    "for": """
for i in range(4):
    log("a", i)
    if i == 2:
        fail()
    log("b", i)
log("end", i)
return i
""",
    "for with break and else": """
for i in range(4):
    if i == 2:
        fail()
        break
    log(i)
else:
    log("else")
return "done"
""",
    "for with continue and else": """
for i in range(4):
    if i == 2:
        fail()
        continue
    log(i)
else:
    log("else")
""",
    "else of a for": """
for i in range(2):
    log(i)
else:
    fail()
    log("else")
return i
""",
    "for with targets": """
class Box: pass
box, d = Box(), {}
for box.x, (d["k"], *rest) in [(1, "ab"), (2, "cde"), (3, "fgh")]:
    if box.x == 2:
        fail()
    log(box.x, d["k"], rest)
""",
    "while": """
n = 0
while log("test", n) < 4:
    n += 1
    if n == 2:
        fail()
    if n == 3:
        continue
    log(n)
else:
    log("else")
return n
""",
    "while with break": """
n = 0
while True:
    n += 1
    if n == 3:
        fail()
        break
    log(n)
else:
    log("else")
return n
""",
    "with": """
with m("a") as a:
    log(a)
    fail()
    log("in", a)
log("out")
return a
""",
    "with of several items": """
with m("a") as a, m("b") as b:
    fail()
    log(a, b)
    boom()
""",
    "between the items of a with": """
with m("a") as a, m(fail() or "b") as b, m("c"):
    log(a, b)
""",
    "with that swallows": """
with m("a", True):
    with m("b"):
        fail()
        boom()
    log("no")
return 3
""",
    "return inside of a with": """
with m("a"):
    for i in range(3):
        with m(i):
            if i == 1:
                fail()
                return i
return None
""",
    "try": """
try:
    log("a")
    fail()
    boom(KeyError, "k")
except KeyError as e:
    log(str(e))
else:
    log("else")
finally:
    log("finally")
return "e" in locals()
""",
    "try without a failure": """
try:
    fail()
    log("more")
except KeyError:
    log("no")
else:
    log("else")
finally:
    log("finally")
""",
    "else of a try": """
try:
    log("body")
except KeyError:
    log("no")
else:
    fail()
    boom(KeyError)
finally:
    log("finally")
""",
    "handler": """
try:
    boom(KeyError, "k")
except KeyError as e:
    log(str(e))
    fail()
    log("again", str(e), repr(e.__context__))
finally:
    log("finally")
log("e" in locals())
try:
    e
except UnboundLocalError:
    log("unbound")
""",
    "bare raise in a handler": """
try:
    try:
        boom(KeyError, "k")
    except KeyError:
        fail()
        raise
    finally:
        log("inner")
except LookupError as outer:
    log(repr(outer), repr(outer.__context__))
    x = outer.__traceback__
    n = 0
    while x:
        n, x = n + 1, x.tb_next
""",
    "raise from a handler": """
try:
    try:
        boom(KeyError, "k")
    except KeyError:
        fail()
        raise ValueError("v")
except ValueError as outer:
    log(repr(outer.__context__))
    boom(TypeError, "t")
""",
    "a handler whose name is bound anew": """
try:
    boom(KeyError, "k")
except KeyError as e:
    e = "other"
    fail()
    log(e)
""",
    "finally after a failure": """
with m("a"):
    try:
        boom(KeyError, "k")
    finally:
        log("f1")
        fail()
        log("f2")
    log("no")
""",
    "finally that falls through": """
try:
    log("body")
finally:
    log("f1")
    fail()
    log("f2")
log("yes")
""",
    "return in a finally": """
try:
    boom(KeyError, "k")
finally:
    fail()
    return 5
""",
    "except star": """
try:
    log(1)
    fail()
    raise ExceptionGroup("g", [KeyError(1), ValueError(2)])
except* KeyError as e:
    log(repr(e))
except* ValueError as e:
    log(repr(e))
""",
    "if": """
x = log(3)
if log(x) == 1:
    log("no")
elif log(x) == 3:
    log("before")
    fail()
    log("after")
else:
    log("no")
return x
""",
    "match": """
match log([1, 2]):
    case [a]:
        log("no")
    case [a, b] if log(b):
        fail()
        log(a, b)
    case _:
        log("no")
return a + b
""",
    "a test": """
n = 0
while n < 3:
    if n == 1 and fail():
        log("then")
    n += 1
""",
    "all of them": """
n = 0
while n < 2:
    n += 1
    try:
        with m("w%d" % n), m("v"):
            for i in range(3):
                log(n, i)
                if n == 1 and i == 1:
                    match n:
                        case 1:
                            fail()
                            boom(KeyError, n)
                if i == 2:
                    return n
    except KeyError as e:
        log(repr(e))
    finally:
        log("finally", n)
""",
    "locals": """
x = 1
y = 2
del x
z = [y + i for i in range(2)]
fail()
try:
    x
except UnboundLocalError:
    log("unbound")
log([(y, i, z) for i in range(2)])
log(sorted(locals()))
del y
y = 4
return (lambda: y)()
""",
    "global": """
global g
if 1:
    global h
    g = h = 1
fail()
g += 1
h = 7
log(g, h)
""",
    "nested functions": """
def inner(a, b=2):
    global k
    k = a
    return a + b
import math
fail()
log(inner(1), math.floor(2.5))
""",
    "the last statement": """
for i in range(2):
    log(i)
    if i:
        fail()
""",
}


@pytest.mark.parametrize("name", PLAIN)
def test_continued_is_as_right_from_the_start(name):
    check(PLAIN[name])


def test_all_of_a_bodys_lines_can_be_skipped_or_gone():
    body = PLAIN["all of them"].strip("\n")
    old = text_of(body)
    new = "\n".join(line for line in old.split("\n") if "fail()" not in line)
    check(body, new=new)
    failed = Failed(old)
    right = namespace()
    exec(new, right)
    expected = outcome(right["f"])
    assert failed.go_on(old, place=after(failed.node, failed.place)) == expected
    assert list(failed.names["log"]) == list(right["log"])
    failed.end()


def test_new_lines_and_changed_ones_after_the_place():
    old = text_of(PLAIN["for"])
    new = old.replace("fail()", "log('x')").replace('log("b", i)', 'log("c", i)\n        log("d")')
    failed = Failed(old)
    failed.go_on(new.replace("return i", "return -i"))
    assert list(failed.names["log"])[4:] == [
        ("a", 2), "x", ("c", 2), "d", ("a", 3), ("c", 3), "d", ("end", 3),
    ]  # fmt: skip
    failed.end()


HANDLED = """
try:
    try:
        boom(KeyError, "k")
    except KeyError as e:
        yield 1
        fail()
        yield str(e)
        raise
except LookupError as e:
    yield repr(e), repr(sys.exc_info()[1])
yield sys.exc_info()
"""


@pytest.mark.parametrize("header", ["def f():", "async def f():"])
def test_a_generator_in_a_handler(header):
    check("import sys\n" + HANDLED, header=header)


ITERATORS = {
    "def f():": """
for i in range(3):
    got = yield i
    if i == 1:
        fail()
    with m(i):
        yield -i
yield "end"
return 3
""",
    "async def f():": """
async def one():
    return 1
async with m("a") as a, m("b"):
    async for i, j in aitems([(1, 2), (3, 4), (5, 6)]):
        log(i)
        if i == 3:
            fail()
            log(await one())
            continue
        log(j)
    else:
        log("else", a)
return i
""",
}


@pytest.mark.parametrize("header", ITERATORS)
def test_generators_and_coroutines(header):
    check(ITERATORS[header], header=header)


def test_async_generators():
    body = ITERATORS["async def f():"].replace("log(j)", "yield j").replace("return i", "yield i")
    failed = check(body, header="async def f():")
    assert failed.code.co_flags & 0x200


def test_a_generator_whose_rest_does_not_yield_stays_one():
    failed = check("yield 1\nfail()\nlog(2)")
    assert failed.code.co_flags & 0x20


class Numbers:
    """An iterator that fails once."""

    def __init__(self, names):
        self.names, self.n = names, 0

    def __iter__(self):
        return self

    def __next__(self):
        self.n += 1
        if self.n == 2 and "failed" not in self.names:
            self.names["failed"] = True
            self.names["stop"]()
        if self.n > 3:
            raise StopIteration
        return self.n


@pytest.mark.parametrize("kind", ["for", "async for"])
def test_the_next_of_an_iterator_is_tried_again(kind):
    header = "async def f(items):" if "async" in kind else "def f(items):"
    old = text_of(f"{kind} i in items:\n    log(i)\n    continue\nelse:\n    log('else')", header)
    node = ast.parse(old).body[0]
    names = namespace()
    items = iter([2, 3])
    held = {key(node.body[0], node): items if kind == "for" else AsyncItems(items)}
    place = Place((Step("body", 0),), header=True)
    built = build(node, place, held, ["i"])
    code = compile_continuation(built.function, "<new>", 0, (), None, built.objects, "f")
    drive(FunctionType(code, names)({"i": 1, "items": None}))
    assert names["log"] == [2, 3, "else"]


class OnlyNext:
    def __init__(self):
        self.n = 0

    def __next__(self):
        self.n += 1
        if self.n > 2:
            raise StopIteration
        return self.n


def test_an_iterator_without_iter():
    node = ast.parse(text_of("for i in x:\n    log(i)")).body[0]
    names = namespace()
    held = {key(node.body[0], node): OnlyNext()}
    built = build(node, Place((Step("body", 0), Step("body", 1))), held, [])
    code = compile_continuation(built.function, "<new>", 0, (), None, built.objects, "f")
    FunctionType(code, names)({})
    assert names["log"] == [1, 2]


def test_closures_share_their_cells():
    old = """
def f():
    total = 0
    def add(n):
        nonlocal total
        total += n
    add(1)
    fail()
    total: int = total + 10
    add(100)
    log(total)
    return add, lambda: total
"""
    failed = Failed(old)
    add = failed.frame.f_locals["add"]
    cells = dict(zip(add.__code__.co_freevars, add.__closure__, strict=True))
    result = failed.go_on(old.replace("fail()", "total *= 2"), closure=cells)
    assert failed.names["log"] == [112]
    add(1000)
    assert result[0] is add and result[1]() == 1112 and cells["total"].cell_contents == 1112
    inner = result[1].__code__
    assert inner.co_qualname == "Q.f.<locals>.<lambda>"
    failed.end()


def test_recursion_through_a_global_and_the_codes_names():
    old = text_of("fail()\nreturn n if n == 0 else f(n - 1)", "def f(n=3):")
    failed = Failed(old)
    failed.names["f"] = lambda n: n + 100
    assert failed.go_on(old.replace("fail()", "pass")) == 102
    code = failed.code
    assert (code.co_name, code.co_qualname, code.co_filename) == ("f", "Q.f", "<new>")
    assert code.co_freevars == () and code.co_argcount == 1
    lines = {line for _, _, line in code.co_lines() if line}
    assert lines == {1, 2, 3}
    failed.end()


@pytest.mark.parametrize("name", ["C", "_C", "__"])
def test_methods_with_super_and_private_names(name):
    old = f"""
class Base:
    def f(self):
        return "base"
class {name}(Base):
    def f(self):
        self.__x = __y = 1
        fail()
        log(super(Base, self).__init__())
        self.__x += __y
        keep = lambda: self
        assert list(each for each in super().f()) == [each for each in "base"]
        return super().f(), self.__x, __y, __class__.__name__, sorted(vars(self)), locals()
"""
    tree = ast.parse(old)
    tree.body = tree.body[1:]
    failed = object.__new__(Failed)
    real = globals()["definition"]

    def in_class(tree, _name="f"):
        return tree.body[1].body[0], name

    globals()["definition"] = in_class
    try:
        failed.__init__(old, start=f"{name}().f()")
        new = old.replace("fail()", "pass")
        result = failed.go_on(new)
    finally:
        globals()["definition"] = real
    right = namespace()
    exec(new, right)
    expected = right[name]().f()
    assert result[:-1] == expected[:-1]
    assert set(result[-1]) == set(expected[-1])
    assert mangled("__y", name) in result[-1]
    failed.end()


def test_the_names_of_nested_classes():
    old = text_of("fail()\nclass A:\n    class B:\n        def g(self): pass\nreturn A")
    failed = Failed(old)
    found = failed.go_on(old.replace("fail()", "pass"))
    names = [each.__qualname__ for each in (found, found.B, found.B.g)]
    assert names == ["Q.f.<locals>.A", "Q.f.<locals>.A.B", "Q.f.<locals>.A.B.g"]
    failed.end()


def test_locals_hold_nothing_hidden():
    old = text_of("for i in range(3):\n    if i == 1:\n        fail()\n    log(sorted(locals()))")
    failed = Failed(old)
    failed.go_on(old.replace("fail()", "pass"))
    assert failed.names["log"][1:] == [["i"], ["i"]]
    failed.end()


def test_names_that_are_no_longer_local():
    old = text_of("g = 1\nfail()\nreturn g")
    failed = Failed(old)
    failed.names["g"] = "global"
    failed.names["fail"] = lambda: None
    assert failed.go_on(text_of("fail()\nreturn g")) == "global"
    failed.end()


def test_the_tracebacks_and_contexts_of_what_is_handled_stay():
    old = text_of(PLAIN["handler"])
    failed = Failed(old)
    exception = failed.handled
    traceback, context = exception.__traceback__, exception.__context__
    try:
        raise RuntimeError("the failure")
    except RuntimeError as failure:
        failure.__context__ = exception
        failed.go_on(old.replace("fail()", "log(e.__traceback__)"))
        assert failure.__context__ is exception
    assert exception.__traceback__ is traceback and exception.__context__ is context
    assert traceback in failed.names["log"]
    failed.end()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("return", [("f", 1), 7]),
        ("break", [("f", 1), "out"]),
        ("continue", [("f", 1), "else", "out"]),
    ],
)
def test_what_follows_a_finally(kind, expected):
    text = text_of(
        "for i in x:\n    try:\n        pass\n    finally:\n        log('f', i)\n"
        "    log('no')\nelse:\n    log('else')\nlog('out')"
    )
    node = ast.parse(text).body[0]
    loop = node.body[0]
    held = {key(loop, node): iter([]), key(loop.body[0], node): Outcome(kind, 7)}
    place = Place((Step("body", 0), Step("body", 0), Step("finalbody", 0)))
    built = build(node, place, held, ["i"])
    code = compile_continuation(built.function, "<new>", 0, (), None, built.objects, "f")
    names = namespace()
    node.args = ast.parse("def f(x, i): 0").body[0].args
    value = FunctionType(code, names)({"i": 1})
    assert [*names["log"], *([value] if value else [])] == expected


REFUSED = {
    "for i in x:\n    log()": (Step("body", 0), Step("body", 0)),
    "with x:\n    log()": (Step("body", 0), Step("body", 0)),
    "try:\n    log()\nexcept KeyError:\n    log()": (Step("body", 0), Step("handlers", 0, 0)),
    "try:\n    log()\nexcept* KeyError:\n    log()": (Step("body", 0), Step("handlers", 0, 0)),
    "try:\n    log()\nfinally:\n    log()": (Step("body", 0), Step("finalbody", 0)),
}


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_not_held_is_refused(body):
    node = ast.parse(text_of(body)).body[0]
    with pytest.raises(CannotContinue, match=r"line 2.*\.$"):
        build(node, Place(REFUSED[body]), {}, [])


def test_targets_and_exits_are_refused():
    node = ast.parse(text_of("with x as y.z:\n    log()\nfor y.z in x: pass")).body[0]
    with pytest.raises(CannotContinue, match="target"):
        build(node, Place((Step("body", 1),), target=True), {}, [])
    held = {key(node.body[0], node): print}
    with pytest.raises(CannotContinue, match="failed between or behind"):
        build(node, Place((Step("body", 0),), header=True), held, [])


def test_an_except_clause_is_matched_again():
    text = text_of(
        "try:\n    log('no')\nexcept KeyError as e:\n    log(repr(e))\nelse:\n    log('no')"
    )
    node = ast.parse(text).body[0]
    held = {key(node.body[0], node): KeyError("k")}
    built = build(node, Place((Step("body", 0),), header=True), held, [])
    code = compile_continuation(built.function, "<new>", 0, (), None, built.objects, "f")
    names = namespace()
    FunctionType(code, names)({})
    assert names["log"] == ["KeyError('k')"]


@pytest.mark.parametrize("name", [name for name in PLAIN if "return" not in PLAIN[name]])
def test_statements_of_a_cell(name):
    """The same scenarios, without a function around them."""
    text = PLAIN[name].strip("\n").replace("UnboundLocalError", "NameError")
    if "locals" in text or "global" in text:
        pytest.skip("of functions")
    new = text.replace("fail()", "log('fixed')")
    right = namespace()
    expected = outcome(lambda: exec(new, right))
    old_tree = ast.parse(text)
    held = Held()
    names = {**namespace(), "held_": held}
    home = greenlet.getcurrent()

    def fail(*_):
        nonlocal frame
        frame = sys._getframe(1)
        home.switch("failed")

    frame: Any = None
    names["fail"] = fail
    instrumented = Instrument(old_tree).visit(copy.deepcopy(view(old_tree)))
    code = compile(instrumented, "<cell>", "exec")
    run = greenlet.greenlet(lambda: exec(code, names))
    assert run.switch() == "failed"
    before = set(names)
    position = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    place = place_at(old_tree, *position)
    new_tree = ast.parse(new)
    found = find(old_tree, place, new_tree, held.held)
    body, objects = build_module(new_tree, found.place, found.held(held.held))
    code = put(compile(ast.Module(body, []), "<cell>", "exec"), objects)
    value = outcome(lambda: exec(code, names))
    log = list(names["log"])
    with contextlib.suppress(Exception):
        run.throw(greenlet.GreenletExit)
    assert (value, log) == (expected, list(right["log"]))
    assert not {each for each in set(names) - before if "." in each}


def test_declarations_in_a_cell():
    statement = ast.parse("for i in x:\n    global g\n    g = i\n").body[0]
    held = {key(statement, root(statement)): iter([5])}
    body, objects = build_module(statement, Place((Step("body", 0), Step("body", 1))), held)
    names = {"i": 1}
    exec(put(compile(ast.Module(body, []), "<cell>", "exec"), objects), names)
    assert names["g"] == names["i"] == 5


def test_one_statement_of_a_cell():
    statement = ast.parse("for i in x:\n    log(i)\n").body[0]
    held = {key(statement, root(statement)): iter([5])}
    place = Place((Step("body", 0), Step("body", 0)))
    body, objects = build_module(statement, place, held)
    assert len(body) == 1 and len(objects) >= 2
    assert build_module(statement, Place((Step("body", 1),)), {})[0] == []


def test_marks_are_numbered_after_those_that_are_there():
    node = ast.parse(text_of("with x:\n    log()")).body[0]
    objects: list[Any] = ["one"]
    held = {key(node.body[0], node): print}
    built = build(node, Place((Step("body", 0), Step("body", 0))), held, [], objects=objects)
    assert built.objects is objects and objects[0] == "one" and isinstance(objects[1], Reuse)


def test_the_first_line_is_that_of_plain_code():
    text = "\n@property\n@other\ndef f(x):\n    for i in x:\n        log(i)\n"
    node = ast.parse(text).body[0]
    held = {key(node.body[0], node): iter([1])}
    built = build(node, Place((Step("body", 0), Step("body", 0))), held, ["i"])
    code = compile_continuation(built.function, "<new>", 0, (), None, built.objects, "f")
    assert code.co_firstlineno == 2
    assert {line for _, _, line in code.co_lines() if line} <= {2, 4, 5, 6}
    assert key(built.function.body[-1], built.function) == key(node.body[0], node)
    for each in ast.walk(built.function):
        if "lineno" in each._attributes:
            assert (each.lineno, each.col_offset) <= (each.end_lineno, each.end_col_offset)


def test_nothing_of_the_node_is_shared_or_changed():
    node = ast.parse(text_of(PLAIN["all of them"].replace("fail()", "x: int = super()"))).body[0]
    before = ast.dump(node, include_attributes=True)
    steps = (Step("body", 1), Step("body", 1), Step("body", 0))
    built = build(node, Place(steps), {"With@6:12": 1}, ["n", "x"], ["x"], "C")
    assert ast.dump(node, include_attributes=True) == before
    mine = {id(each) for each in ast.walk(node) if each._attributes}
    assert not mine & {id(each) for each in ast.walk(built.function)}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_and_aliases():
    old = text_of("fail()\ntype A = list[T]\nreturn A.__value__", "def f[T]():")
    tree = ast.parse(old)
    built = build(tree.body[0], Place((Step("body", 1),)), {}, [], ["T"])
    code = compile_continuation(built.function, "<new>", 0, ["T"], None, built.objects, "f")
    assert code.co_freevars == ("T",)
    assert FunctionType(code, {}, closure=(CellType(int),))({}) == list[int]


# --- random programs ------------------------------------------------------------------------------------

WRAPS = [
    "for {v} in range(3):\n    log('{v}', {v})\n{body}\n    log('end {v}')\nelse:\n    log('else {v}')",
    "for {v} in range(3):\n    if {v} == 2:\n        break\n{body}\nelse:\n    log('else {v}')",
    "for {v} in range(4):\n    if {v} == 1:\n        continue\n{body}",
    "{v} = 0\nwhile log('{v}', {v}) < 2:\n    {v} += 1\n{body}\nelse:\n    log('else {v}')",
    "with m('{v}') as {v}:\n{body}\n    log({v})",
    "with m('{v}', True) as {v}, m('2{v}'):\n{body}\n    boom()",
    "try:\n    log('{v}')\n{body}\nexcept KeyError as {v}:\n    log(repr({v}))\nfinally:\n    log('f {v}')",
    "try:\n    log('{v}')\n{body}\n    boom(KeyError)\nexcept KeyError:\n    log('h {v}')",
    "try:\n    boom(KeyError, '{v}')\nexcept KeyError as {v}:\n{body}\n    log(repr({v}))\nelse:\n    log('no')",
    "try:\n    log(1)\nexcept KeyError:\n    log('no')\nelse:\n{body}\nfinally:\n    log('f {v}')",
    "try:\n    log('t {v}')\nfinally:\n{body}\n    log('f {v}')",
    "try:\n    boom(KeyError, '{v}')\nfinally:\n{body}\n    log('f {v}')",
    "if log('{v}'):\n    log('if')\n{body}\nelse:\n    log('no')",
    "match log('{v}'):\n    case '':\n        log('no')\n    case {v}:\n    {indent}",
]
SIMPLE = ["log('s')", "x = log('x', 1)", "log(sorted(k for k in locals() if k != 'held_'))", "pass"]


@st.composite
def programs(draw):
    """A function's body with ``fail()`` on a random path, and the same one with other lines."""
    body = "if log('count') and not done:\n    done.append(1)\n    fail()"
    for number in range(draw(st.integers(0, 5))):
        wrap = draw(st.sampled_from(WRAPS))
        before = draw(st.lists(st.sampled_from(SIMPLE), max_size=2))
        after_ = draw(st.lists(st.sampled_from(SIMPLE), max_size=2))
        body = "\n".join([*before, body, *after_])
        inner = indented(body)
        body = wrap.format(v=f"v{number}", body=inner, indent=indented(inner).lstrip(" ").rjust(0))
        if "case v" in body and wrap.startswith("match"):
            body = (
                f"match log('v{number}'):\n    case '':\n        log('no')\n"
                f"    case v{number}:\n{indented(inner)}\n        log(v{number})"
            )
    end = draw(st.sampled_from(["", "return x", "return log('r')"]))
    return "done = []\nx = 0\n" + body + "\nlog('last')\n" + end


@settings(max_examples=150, deadline=None)
@given(programs())
def test_random_programs(body):
    check(body.replace("fail()", "x = fail()"), fixed="log('fixed', 3)")


def with_breaks(text):
    """Run `f` of the text; each first call of ``x = maybe()`` is a break, that is tried again.

    Continuations are instrumented too: each break after the first is one in a continuation.
    """
    tree = ast.parse(text)
    node, _ = definition(tree)
    names = namespace()
    home = greenlet.getcurrent()
    runs, frames = [], []

    def maybe():
        frames.append(sys._getframe(1))
        if len(frames) % 2:
            home.switch(maybe)
        return log(len(frames) // 2)

    log = names["log"]
    names["maybe"] = maybe
    function, objects, values = copy.deepcopy(view(node)), [], None
    while True:
        names["held_"] = held = Held()
        instrumented = Instrument(function).visit(function)
        assert key(node.body[0], node) == key(node.body[0], instrumented) or values is not None
        if values is None:
            exec(compile(ast.Module([instrumented], []), "<old>", "exec"), names)
            call = names["f"]
        else:
            code = compile_continuation(instrumented, "<new>", 0, (), None, objects, "f")
            call = partial(FunctionType(code, names), values)
        runs.append(greenlet.greenlet(partial(outcome, call)))
        value = runs[-1].switch()
        if value is not maybe:
            break
        frame = frames[-1]
        place = place_at(node, *list(frame.f_code.co_positions())[frame.f_lasti // 2])
        values = dict(frame.f_locals)
        found = find(node, place, node, held.held)
        function, objects = build(node, found.place, found.held(held.held), list(values))
    result = list(log)
    frames.clear()
    for run in runs[::-1]:
        with contextlib.suppress(Exception):
            run.throw(greenlet.GreenletExit)
    return value, result, len(runs)


def without_breaks(text):
    names = namespace()
    calls = []

    def maybe():
        calls.append(0)
        return names["log"](len(calls))

    names["maybe"] = maybe
    exec(text, names)
    value = outcome(names["f"])
    return value, list(names["log"]), len(calls) + 1


@pytest.mark.parametrize("name", [n for n in PLAIN if PLAIN[n].count("    fail()\n") == 1])
def test_continuations_break_and_continue_again(name):
    text = text_of(PLAIN[name].replace("    fail()\n", "    x = maybe()\n"))
    assert with_breaks(text) == without_breaks(text)


@settings(max_examples=150, deadline=None)
@given(programs())
def test_random_programs_that_break_again_and_again(body):
    text = text_of(body.replace("    fail()", "    x = maybe()").replace(" and not done", ""))
    assert with_breaks(text) == without_breaks(text)
