"""Each restart times each kind of code around the failure: it ends as a program right from the start.

In each program, FAIL stands for ``v = table[k]``, where ``table`` has no 2; ``#here`` stands above
the function that it is in. What a restart amounts to is done to a copy of the program that runs in
plain Python (`reference`).
"""

from __future__ import annotations

import pytest

from tests.breaks import reference
from tests.breaks.reference import PRELUDE, WRAPPERS
from tests.dsl import both, clean

BROKEN = "v = table[k]"
FIXED = "v = table.get(k, 20)"

FUNCTIONS = {
    "plain": (
        """
        #here
        def f(k):
            log.append(("a", k))
            v = 0
            FAIL
            log.append(("b", v))
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "nested calls": (
        """
        #here
        def f(k):
            v = 0
            with M("f"):
                FAIL
            return v + 1
        def g(k):
            try:
                return f(k) + 1
            finally:
                log.append(("g", k))
        def h(ks):
            out = []
            for k in ks:
                out.append(g(k) + 1)
                log.append(("h", k))
            return out
        """,
        "h([1, 2, 3])",
    ),
    "for": (
        """
        #here
        def f(ks):
            v = 0
            out = []
            for k in ks:
                log.append(k)
                FAIL
                out.append(v)
            else:
                log.append("else")
            return out
        """,
        "f(iter([1, 2, 3]))",
    ),
    "for with break and continue": (
        """
        #here
        def f(ks):
            v = 0
            for i, k in enumerate(ks):
                for j in range(3):
                    if j == 2:
                        break
                    if (i + j) % 2:
                        continue
                    FAIL
                    log.append((i, j, k, v))
                    if k == 3:
                        return "found"
                else:
                    log.append("never")
            return "none"
        """,
        "f([1, 2, 3, 1])",
    ),
    "while": (
        """
        #here
        def f(k):
            v = 0
            while k < 4:
                log.append(k)
                if k != 0:
                    FAIL
                    log.append(v)
                k += 1
            else:
                log.append("else")
            return k, v
        """,
        "f(0)",
    ),
    "with": (
        """
        #here
        def f(k):
            v = 0
            with M("outer") as o, cm("inner") as i:
                log.append((o.name, i))
                FAIL
                log.append(v)
            log.append("left")
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "with in for in with": (
        """
        #here
        def f(ks):
            v = 0
            with cm("file"):
                for k in ks:
                    with M(k):
                        try:
                            FAIL
                        finally:
                            log.append(("finally", k))
                    log.append(v)
            return v
        """,
        "f([1, 2, 3])",
    ),
    "ExitStack": (
        """
        #here
        def f(ks):
            v = 0
            with contextlib.ExitStack() as stack:
                for k in ks:
                    stack.enter_context(M(k))
                    stack.callback(log.append, ("callback", k))
                    FAIL
                    log.append(v)
            return v
        """,
        "f([1, 2, 3])",
    ),
    "try finally": (
        """
        #here
        def f(k):
            v = 0
            try:
                try:
                    FAIL
                    log.append(v)
                finally:
                    log.append("inner")
                return v
            finally:
                log.append("outer")
        """,
        "[f(1), f(2), f(3)]",
    ),
    "try body": (
        """
        #here
        def f(k):
            v = 0
            try:
                FAIL
                log.append(v)
                raise TypeError(v)
            except TypeError as error:
                log.append(error.args)
            else:
                log.append("else")
            finally:
                log.append("finally")
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "handler": (
        """
        #here
        def f(k):
            v = 0
            try:
                raise TypeError(k)
            except TypeError as error:
                log.append(error.args)
                FAIL
                log.append((v, error.args))
            finally:
                log.append("finally")
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "handler that raises again": (
        """
        #here
        def f(k):
            v = 0
            try:
                raise TypeError(k)
            except TypeError:
                FAIL
                log.append(v)
                raise
        def g(k):
            try:
                return f(k)
            except TypeError as error:
                return error.args[0]
        """,
        "[g(1), g(2), g(3)]",
    ),
    "else": (
        """
        #here
        def f(k):
            v = 0
            try:
                log.append("body")
            except KeyError:
                log.append("never")
            else:
                FAIL
                log.append(v)
            finally:
                log.append("finally")
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "finally": (
        """
        #here
        def f(k):
            v = 0
            try:
                log.append("body")
            finally:
                FAIL
                log.append(v)
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "finally of a failure": (
        """
        #here
        def f(k):
            v = 0
            try:
                raise TypeError(k)
            finally:
                FAIL
                log.append(v)
        def g(k):
            try:
                return f(k)
            except TypeError as error:
                return error.args[0]
        """,
        "[g(1), g(2), g(3)]",
    ),
    "if": (
        """
        #here
        def f(k):
            v = 0
            if k == 1:
                log.append("one")
            elif log.append("asked") is None:
                FAIL
                log.append(v)
            else:
                log.append("never")
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "match": (
        """
        #here
        def f(k):
            v = 0
            match [k, log.append("subject")]:
                case [int(x), None] if log.append("guard") is None:
                    FAIL
                    log.append((x, v))
                case _:
                    log.append("never")
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "closure": (
        """
        def f(ks):
            count = 0
            v = 0
            #here
            def inner(k):
                nonlocal count, v
                count += 1
                FAIL
                log.append((k, count, v))
                return v
            def look():
                return count, v
            return [(inner(k), look()) for k in ks], count
        """,
        "f([1, 2, 3])",
    ),
    "function with cells": (
        """
        #here
        def f(ks):
            v = 0
            total = 0
            def add(x):
                nonlocal total
                total += x
                return lambda: (total, v)
            looks = []
            for k in ks:
                FAIL
                looks.append(add(v))
            return [look() for look in looks], total
        """,
        "f([1, 2, 3])",
    ),
    "method": (
        """
        class Base:
            def go(self, k):
                log.append("base")
                return k
        class C(Base):
            __private = 5
            #here
            def go(self, k):
                v = 0
                super().go(k)
                FAIL
                self.v = v
                return super().go(v) + self.__private
        c = C()
        """,
        "[c.go(1), c.go(2), c.go(3)]",
    ),
    "class method": (
        """
        class C:
            @classmethod
            #here
            def go(cls, k, /, *, step=1):
                v = 0
                FAIL
                return cls.__name__, v + step
        """,
        "[C.go(1), C().go(2, step=2), C.go(3)]",
    ),
    "property": (
        """
        class C:
            k = 2
            @property
            #here
            def value(self):
                k, v = self.k, 0
                FAIL
                return v
            @value.setter
            def value(self, new):
                self.k = new
        c = C()
        """,
        "[c.value, setattr(c, 'value', 3), c.value]",
    ),
    "operator": (
        """
        class C(dict):
            #here
            def __getitem__(self, k):
                v = 0
                FAIL
                return v
            #
            def __add__(self, other):
                return self[other]
        c = C()
        """,
        "[c[1], c + 2, c[3]]",
    ),
    "generator": (
        """
        #here
        def f(ks):
            v = 0
            with M("generator"):
                for k in ks:
                    FAIL
                    log.append(v)
                    sent = yield v
                    log.append(sent)
            return "end"
        def outer(ks):
            return (yield from f(ks))
        """,
        "list(outer(iter([1, 2, 3])))",
    ),
    "generator driven by hand": (
        """
        #here
        def f(ks):
            v = 0
            for k in ks:
                FAIL
                log.append(v)
                try:
                    sent = yield v
                    log.append(sent)
                except ValueError as error:
                    log.append(str(error))
                    yield "thrown"
        def drive(g):
            out = [next(g), g.send("a")]
            out.append(g.send("b"))
            out.append(g.throw(ValueError("c")))
            g.close()
            return out
        """,
        "drive(f(iter([1, 2, 3, 1])))",
    ),
    "comprehension": (
        """
        #here
        def f(k):
            v = 0
            FAIL
            return v
        def g(ks):
            return [f(k) for k in ks if f(k)], {k: f(k) for k in ks}, sum(f(k) for k in ks)
        """,
        "g([1, 2, 3])",
    ),
    "decorator": (
        """
        def traced(f):
            @functools.wraps(f)
            def wrapper(*args):
                log.append(("call", args))
                try:
                    return f(*args)
                finally:
                    log.append("returned")
            return wrapper
        @traced
        #here
        def f(k):
            v = 0
            FAIL
            return v
        """,
        "[f(1), f(2), f(3)]",
    ),
    "cache": (
        """
        @functools.lru_cache
        #here
        def f(k):
            v = 0
            log.append(k)
            FAIL
            return v
        """,
        "[f(1), f(2), f(2), f(3)]",
    ),
    "sorted": (
        """
        #here
        def f(k):
            v = 0
            FAIL
            log.append(k)
            return -v
        """,
        "sorted([1, 2, 3], key=f)",
    ),
    "map": (
        """
        #here
        def f(k):
            v = 0
            FAIL
            log.append(k)
            return v
        """,
        "list(map(f, [1, 2, 3]))",
    ),
    "re.sub": (
        r"""
        #here
        def f(found):
            k, v = int(found[0]), 0
            FAIL
            log.append(k)
            return str(v)
        """,
        r"re.sub(r'\d', f, 'a1b2c3')",
    ),
    "reduce": (
        """
        #here
        def f(total, k):
            v = 0
            FAIL
            log.append((total, k))
            return total + v
        """,
        "functools.reduce(f, [1, 2, 3], 0)",
    ),
    "recursion": (
        """
        #here
        def f(k):
            v = 0
            if k > 3:
                return []
            with M(k):
                rest = f(k + 1)
                FAIL
                log.append((k, v))
            return [v] + rest
        """,
        "f(1)",
    ),
    "coroutine": (
        """
        #here
        async def f(k):
            v = 0
            await asyncio.sleep(0)
            FAIL
            await asyncio.sleep(0)
            log.append(v)
            return v
        async def g(ks):
            return [await f(k) for k in ks]
        """,
        "await g([1, 2, 3])",
    ),
    "async for": (
        """
        #here
        async def f(ks):
            v = 0
            out = []
            async for k in each(ks):
                log.append(k)
                FAIL
                await asyncio.sleep(0)
                out.append(v)
            else:
                log.append("else")
            return out
        """,
        "await f([1, 2, 3])",
    ),
    "async with": (
        """
        #here
        async def f(k):
            v = 0
            async with M("outer") as o, M("inner") as i:
                FAIL
                log.append((o.name, i.name, v))
                await asyncio.sleep(0)
            return v
        """,
        "[await f(1), await f(2), await f(3)]",
    ),
    "async generator": (
        """
        #here
        async def f(ks):
            v = 0
            async with M("agen"):
                for k in ks:
                    FAIL
                    await asyncio.sleep(0)
                    yield v
                    log.append(k)
        """,
        "[x async for x in f(iter([1, 2, 3]))]",
    ),
}

CELLS = {
    "statement": "k = 2\nFAIL\nlog.append(v)\nv",
    "for": """
        for k in iter([1, 2, 3]):
            log.append(k)
            FAIL
            log.append(v)
        else:
            log.append("else")
        v
        """,
    "while": """
        k = 0
        while k < 3:
            k += 1
            FAIL
            log.append(v)
        k
        """,
    "with": """
        with M("a") as a, cm("b") as b:
            for k in [1, 2, 3]:
                with M(k):
                    FAIL
                    log.append(v)
        v
        """,
    "try": """
        try:
            try:
                k = 2
                FAIL
                log.append(v)
            finally:
                log.append("inner")
        except TypeError:
            log.append("never")
        else:
            log.append("else")
        finally:
            log.append("outer")
        v
        """,
    "if": """
        k = 2
        if log.append("asked") is None:
            FAIL
            print(v)
        v
        """,
    "async for": """
        async for k in each([1, 2, 3]):
            FAIL
            await asyncio.sleep(0)
            log.append(v)
        v
        """,
    "async with": """
        async with M("a"), M("b"):
            k = 2
            FAIL
            await asyncio.sleep(0)
            log.append(v)
        v
        """,
    "await": """
        k = 2
        await asyncio.sleep(0)
        FAIL
        await asyncio.sleep(0)
        log.append(v)
        v
        """,
}

HOWS = ["resume", "retry", "skip", "use", "store", "restart", "return", "abort"]

GIVEN = {"re.sub": "'77'", "recursion": "[77]"}
"""What the function returns after ``%resume return``, where 77 is of the wrong type."""


def right(text, how):
    """The program that is right from the start in the way that a restart makes it right."""
    to = {"resume": FIXED, "use": FIXED, "skip": f"if k != 2: {BROKEN}"}.get(how, BROKEN)
    above = {"restart": "@_again", "return": "@_gives"}.get(how, "")
    return text.replace("FAIL", to).replace("#here", above)


def expected(define, call, how, given):
    before = "table[2] = 20\n" if how in ("retry", "store") else ""
    first = "table[2] = 20" if how == "restart" else "pass"
    wrappers = WRAPPERS.replace("FIRST", first).replace("77", given)
    return reference.run(PRELUDE + before, wrappers + right(define, how), right(call, how))


def check(env, define, call, how, given="77"):
    define, call = clean(define), clean(call)
    wanted = expected(define, call, how, given)
    if not env.kernel:
        env.run("%xmode Minimal")  # tracebacks in full take most of the time
    env.run(PRELUDE)
    env.run(define.replace("FAIL", BROKEN) or "pass", id="definition")
    env.fails(call.replace("FAIL", BROKEN), "KeyError", id="call")
    if how == "resume":
        env.run(define.replace("FAIL", FIXED), id="definition")
    if how in ("retry", "restart"):
        env.run("table[2] = 20")
    line = {"resume": "", "use": "use 20", "store": "store 20", "return": f"return {given}"}
    line = f"%resume {line.get(how, how)}"
    value = env.execute(line)
    while how != "abort" and env.error and env.error.name == "KeyError":
        value = env.execute(line)
    assert env.evaluate("log") == wanted.log
    assert value == wanted.value
    assert (env.error and env.error.name) == (wanted.error and wanted.error.partition("(")[0])
    if how != "abort":
        assert env.output.startswith(wanted.output)
    assert env.evaluate("len(get_ipython().livecode.breaks.open)") == 0


def whole(call):
    return f"result = {call}\nlog.append('after')\nprint('end')\nresult"


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(env, name, how):
    define, call = FUNCTIONS[name]
    check(env, define, whole(call), how, GIVEN.get(name, "77"))


@pytest.mark.parametrize("how", ["retry", "skip", "use", "store", "abort"])
@pytest.mark.parametrize("name", CELLS)
def test_cell(env, name, how):
    check(env, "", CELLS[name], how)


KERNEL = [
    ("for", "resume"),
    ("with in for in with", "resume"),
    ("closure", "resume"),
    ("method", "resume"),
    ("generator", "resume"),
    ("coroutine", "resume"),
    ("async for", "skip"),
    ("async with", "resume"),
    ("async generator", "resume"),
    ("sorted", "resume"),
    ("recursion", "restart"),
    ("property", "return"),
    ("nested calls", "use"),
    ("handler", "store"),
    ("finally", "skip"),
    ("try finally", "abort"),
    ("match", "retry"),
]


@both
@pytest.mark.parametrize(("name", "how"), KERNEL)
def test_in_a_kernel(env, name, how):
    define, call = FUNCTIONS[name]
    check(env, define, whole(call), how, GIVEN.get(name, "77"))


@both
@pytest.mark.parametrize("how", ["retry", "skip"])
@pytest.mark.parametrize("name", ["with", "async for", "await"])
def test_cell_in_a_kernel(env, name, how):
    check(env, "", CELLS[name], how)


@pytest.mark.parametrize("how", ["restart", "return 5"])
@pytest.mark.parametrize("name", ["for", "await"])
def test_a_cell_is_no_function(env, name, how):
    env.run(PRELUDE)
    env.fails(clean(CELLS[name]).replace("FAIL", BROKEN), "KeyError")
    assert "no call of a function" in env.message(f"%resume {how}")
    assert len(env.shell.livecode.breaks.open) == 1


CLASS = """
class C:
    k = 2
    with M("class"):
        v = table[k]
    def get(self):
        return self.v
C().get()
"""


def test_a_class_body_runs_as_a_whole(env):
    env.run(PRELUDE)
    env.fails(CLASS, "KeyError")
    env.message("%resume use 20")
    env.message("%resume store 20")
    env.run("table[2] = 20")
    assert env("%resume retry") == 20
    left = [("enter", "class"), ("exit", "class", "KeyError")]
    assert env.evaluate("log") == [*left, ("enter", "class"), ("exit", "class", None)]
