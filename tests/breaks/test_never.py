"""What is never a break: it ends as in plain IPython, and nothing is suspended.

Each cell runs in plain IPython first, then with livecode: what is shown is the same.
"""

from __future__ import annotations

import re

import pytest

from tests.dsl import both, clean

PRELUDE = """
import asyncio, contextlib, functools, json, logging, re, sys, threading
seen = []
def fail(error=ValueError):
    seen.append(error.__name__)
    raise error("no")
class Base:
    def __repr__(self):
        return "a Base"
"""

QUIET = {
    "a handler in the same function": """
        def f():
            try:
                fail()
            except ValueError as error:
                return str(error)
        f()
        """,
    "a handler of a base class": """
        def f():
            try:
                fail()
            except (KeyError, Exception):
                return "handled"
        f()
        """,
    "a bare except": """
        def f():
            try:
                fail()
            except:
                return "handled"
        f()
        """,
    "a handler far away": """
        def g(n):
            return g(n - 1) if n else fail()
        def f():
            try:
                with contextlib.ExitStack():
                    return [g(5) for _ in range(2)]
            except ValueError:
                return "handled"
        f()
        """,
    "a handler at cell level": """
        try:
            fail()
        except ValueError:
            print("handled")
        """,
    "types that are computed": """
        kinds = [KeyError]
        def g():
            return tuple(kinds)
        def f():
            try:
                kinds.append(ValueError)
                fail()
            except g():
                return "handled"
        f()
        """,
    "raised again and handled": """
        def g():
            try:
                fail()
            except ValueError as error:
                raise KeyError("other") from error
        def f():
            try:
                g()
            except KeyError as error:
                return type(error.__cause__).__name__
        f()
        """,
    "a return in a finally": """
        def f():
            try:
                fail()
            finally:
                return "swallowed"
        f()
        """,
    "a break in a finally": """
        def f():
            for k in range(3):
                try:
                    fail()
                finally:
                    break
            return k
        f()
        """,
    "suppress": """
        def f():
            with contextlib.suppress(ValueError):
                fail()
            return "suppressed"
        f()
        """,
    "suppress around an async with": """
        async def f():
            with contextlib.suppress(ValueError):
                async with contextlib.AsyncExitStack():
                    fail()
            return "suppressed"
        await f()
        """,
    "a manager that swallows": """
        class Swallows:
            def __enter__(self): return self
            def __exit__(self, kind, error, trace): return kind is ValueError
        def f():
            with Swallows():
                fail()
            return "swallowed"
        f()
        """,
    "an exit that raises another exception": """
        class Converts:
            def __enter__(self): return self
            def __exit__(self, kind, error, trace):
                if kind:
                    raise KeyError("converted")
        class Other(OSError):
            def __init__(self, a, b): ...
        class ConvertsToo(Converts):
            def __exit__(self, kind, error, trace):
                if kind is not None:
                    error = Other(1, 2)
                    raise error
        def f(make):
            with make():
                fail()
        def g(make):
            with contextlib.ExitStack() as stack:
                stack.enter_context(make())
                fail()
        def handles(g, make, kind):
            try:
                g(make)
            except kind:
                return "handled"
        [handles(g, *pair) for g in (f, g) for pair in ((Converts, KeyError), (ConvertsToo, Other))]
        """,
    "a finally that raises another exception": """
        def f():
            try:
                fail()
            finally:
                raise KeyError
        def g():
            try:
                f()
            except KeyError:
                return "handled"
        g()
        """,
    "a finally that raises one handled in the same function": """
        def f():
            try:
                try:
                    fail()
                finally:
                    if seen:
                        raise KeyError
            except KeyError:
                return "handled"
        f()
        """,
    "managers that functions of the standard library hand out": """
        import copy, queue, concurrent.futures
        class Swallows:
            def __enter__(self): return self
            def __exit__(self, *exc): return True
        m = Swallows()
        q = queue.Queue()
        q.put(m)
        future = concurrent.futures.Future()
        future.set_result(m)
        def f(make):
            with make():
                fail()
            return "swallowed"
        def g():
            with next(iter([m])): fail()
            with copy.copy(m): fail()
            with q.get(): fail()
            with getattr(seen, "missing", m): fail()
            with future.result(): fail()
            with [m][0]: fail()
            return "swallowed"
        f(lambda: m), g()
        """,
    "a contextmanager that swallows": """
        @contextlib.contextmanager
        def swallows():
            try:
                yield
            except ValueError:
                pass
        def f():
            with swallows():
                fail()
            return "swallowed"
        f()
        """,
    "an ExitStack with a callback that swallows": """
        def f():
            with contextlib.ExitStack() as stack:
                stack.push(lambda kind, error, trace: True)
                fail()
            return "swallowed"
        f()
        """,
    "pytest.raises": """
        import pytest
        def f():
            with pytest.raises(ValueError, match="no") as raised:
                fail()
            return raised.type.__name__
        f()
        """,
    "unittest": """
        import unittest
        class T(unittest.TestCase):
            def test(self):
                with self.assertRaises(ValueError):
                    fail()
                self.assertRaises(KeyError, fail, KeyError)
            def test_fails(self):
                self.assertEqual(1, 2)
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)
        result.testsRun, len(result.failures), len(result.errors)
        """,
    "except*": """
        def f():
            try:
                raise ExceptionGroup("many", [ValueError(1), KeyError(2)])
            except* ValueError as group:
                seen.append(len(group.exceptions))
            except* KeyError:
                seen.append("key")
            return seen
        f()
        """,
    "hasattr": """
        class C(Base):
            @property
            def x(self):
                fail(AttributeError)
            def __getattr__(self, name):
                raise AttributeError(name)
        hasattr(C(), "x"), hasattr(C(), "y")
        """,
    "getattr with a default": """
        class C(Base):
            def __getattr__(self, name):
                raise AttributeError(name)
        getattr(C(), "x", 5)
        """,
    "an attribute that __getattr__ gives": """
        class C(Base):
            @property
            def x(self):
                raise AttributeError("not this way")
            def __getattr__(self, name):
                return name
        C().x
        """,
    "next with a default": """
        def numbers():
            yield 1
        g = numbers()
        next(g), next(g, "default")
        """,
    "iterators of a class": """
        class C(Base):
            def __init__(self): self.n = 0
            def __iter__(self): return self
            def __next__(self):
                self.n += 1
                if self.n > 3:
                    raise StopIteration
                return self.n
        list(C()), [x for x in C()], tuple(zip(C(), C())), dict(enumerate(C()))
        """,
    "the sequence protocol": """
        class C(Base):
            def __getitem__(self, k):
                if k > 2:
                    raise IndexError(k)
                return k
        list(C()), 5 in C(), [*C()]
        """,
    "missing keys": """
        class D(dict):
            def __missing__(self, key):
                return key * 2
        D()["a"], D().get("b", 1), {}.setdefault("c", 3)
        """,
    "contains, length and truth": """
        class C(Base):
            def __len__(self):
                raise AttributeError("no length")
            def __bool__(self):
                return True
        bool(C()), getattr(C(), "__len__", None) is not None
        """,
    "a generator that is closed": """
        def g():
            try:
                yield 1
            except GeneratorExit:
                seen.append("closed")
                raise
        it = g()
        next(it)
        it.close()
        seen
        """,
    "StopAsyncIteration": """
        class A:
            def __aiter__(self): return self
            async def __anext__(self): raise StopAsyncIteration
        [x async for x in A()]
        """,
    "a handler in a library": """
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            future = pool.submit(fail)
        type(future.exception()).__name__
        """,
    "a task": """
        async def work():
            await asyncio.sleep(0)
            fail()
        found = await asyncio.gather(work(), work(), return_exceptions=True)
        [type(each).__name__ for each in found]
        """,
    "a task group": """
        async def work():
            fail()
        async def f():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(work())
            except* ValueError:
                seen.append("handled")
        await f()
        seen
        """,
    "a timeout": """
        async def f():
            try:
                async with asyncio.timeout(0.001):
                    await asyncio.sleep(5)
            except TimeoutError:
                return "late"
        await f()
        """,
    "a subclass hook": """
        import copy, pickle
        class C(Base):
            def __getattr__(self, name):
                raise AttributeError(name)
        type(copy.copy(C())).__name__, type(pickle.loads(pickle.dumps(C()))).__name__
        """,
    "a default in json": """
        json.dumps({"a": {1, 2}}, default=lambda x: sorted(x))
        """,
}
"""Cells that end well."""

LOUD = {
    "KeyboardInterrupt": "def f():\n    with contextlib.ExitStack():\n        raise KeyboardInterrupt\nf()",
    "SystemExit": "def f():\n    raise SystemExit(3)\nf()",
    "GeneratorExit": "def f():\n    raise GeneratorExit\nf()",
    "StopIteration": "def f():\n    return next(iter([]))\nf()",
    "StopIteration at cell level": "next(iter([]))",
    "StopAsyncIteration": "async def f():\n    return await anext(each())\n"
    "async def each():\n    return\n    yield\nawait f()",
    "plain": "import livecode\n@livecode.plain\ndef f():\n    raise ValueError(1)\nf()",
    "a plain class": "import livecode\n@livecode.plain\nclass C:\n    def f(self):\n        raise ValueError(1)\nC().f()",
    "never": "%config LiveCode.break_on = 'never'\ndef f():\n    with contextlib.ExitStack():\n        raise ValueError(1)\nf()",
    "usage": "%load_ext",
    "an unknown magic": "%nothing_like_it",
    "a syntax error": "x = = 1",
}
"""Cells that fail, as in plain IPython."""


def plain(env, text):
    """What a cell does without livecode: its output, and the name of its error."""
    env.run(PRELUDE)
    env.attempt(clean(text))
    return shown(env)


def shown(env):
    text = re.sub(r"0x[0-9a-f]+", "0x", env.output)
    text = re.sub(r"(In|Out) ?\[\d+\]", r"\1[n]", text)
    return text, env.error and env.error.name


def no_break(env):
    return env.evaluate("len(get_ipython().livecode.breaks.open)") == 0


@pytest.mark.parametrize("name", QUIET)
def test_handled(unloaded, name):
    wanted = plain(unloaded, QUIET[name])
    assert wanted[1] is None, wanted
    unloaded.load()
    unloaded.run(PRELUDE)
    unloaded.attempt(clean(QUIET[name]))
    assert shown(unloaded) == wanted
    assert no_break(unloaded)


@pytest.mark.parametrize("name", LOUD)
def test_not_handled(unloaded, name):
    text = LOUD[name]
    unloaded.run("import livecode")
    wanted = plain(unloaded, re.sub("^%config.*\n", "pass\n", text))
    assert wanted[1] is not None
    unloaded.load()
    unloaded.run(PRELUDE)
    if name == "never":
        unloaded.run("%config LiveCode.break_on = 'never'")
        text = re.sub("^%config.*\n", "pass\n", text)
    unloaded.attempt(clean(text))
    assert shown(unloaded) == wanted
    assert no_break(unloaded)


@both
@pytest.mark.parametrize("name", ["KeyboardInterrupt", "StopIteration", "plain", "a syntax error"])
def test_not_handled_in_a_kernel(env, name):
    env.run(PRELUDE)
    env.fails(LOUD[name])
    assert "suspended" not in env.output
    assert no_break(env)


@both
@pytest.mark.parametrize(
    "name",
    ["a task", "a task group", "suppress", "hasattr", "iterators of a class", "except*", "a return in a finally"],
)  # fmt: skip
def test_handled_in_a_kernel(env, name):
    env.run(PRELUDE)
    env.run(QUIET[name])
    assert no_break(env)


# --- what is reported by others -------------------------------------------------------------------------


def test_an_exception_in_del(env):
    env.run(PRELUDE)
    env.run(
        "unraised = []\nsys.unraisablehook = lambda found: unraised.append(found.exc_type.__name__)"
    )
    env.run("class C:\n    def __del__(self):\n        fail()\nc = C()\ndel c")
    assert env("unraised") == ["ValueError"]
    assert no_break(env)
    env.run("sys.unraisablehook = sys.__unraisablehook__")


def test_a_failure_in_a_thread(env):
    env.run(PRELUDE)
    env.run(
        "hooked = []\nbefore = threading.excepthook\nthreading.excepthook = lambda a: hooked.append(a.exc_type.__name__)"
    )
    env.run("t = threading.Thread(target=fail)\nt.start()\nt.join()\nthreading.excepthook = before")
    assert env("hooked, t.is_alive()") == (["ValueError"], False)
    assert no_break(env)


@both
def test_a_task_that_nobody_awaits(env):
    env.run(PRELUDE)
    env.run(
        "async def work():\n    await asyncio.sleep(0)\n    fail()\ntask = asyncio.ensure_future(work())\nawait asyncio.sleep(0.01)"
    )
    assert env.evaluate("type(task.exception()).__name__") == "ValueError"
    assert no_break(env)


def test_a_failing_repr_at_display(unloaded):
    """IPython shows it itself, and says so; the value is the cell's all the same."""
    text = "class R:\n    def __repr__(self):\n        raise ValueError('no repr')\nR()"
    wanted = plain(unloaded, text)
    unloaded.load()
    unloaded.attempt(text)
    assert shown(unloaded) == wanted
    assert "ValueError: no repr" in unloaded.output
    assert no_break(unloaded)


@pytest.mark.parametrize("method", ["_repr_html_", "_repr_mimebundle_", "_ipython_display_"])
def test_a_failing_formatter(unloaded, method):
    text = f"class R:\n    def {method}(self, *a, **k):\n        raise ValueError('no')\nR()"
    wanted = plain(unloaded, text)
    unloaded.load()
    unloaded.attempt(text)
    assert shown(unloaded) == wanted
    assert no_break(unloaded)


def test_display_in_the_middle_of_a_cell(env):
    env.attempt(
        "class R:\n    def __repr__(self):\n        raise ValueError('no')\ndisplay(R())\n2"
    )
    assert env.error is None
    assert no_break(env)


def test_completion_of_a_property_that_fails(env):
    env.run("class C:\n    one = 1\n    @property\n    def two(self): raise ValueError\nc = C()")
    assert any("one" in each for each in env.complete("c.o"))
    assert no_break(env)


def test_callbacks_of_ipython(env):
    env.run("def callback(info=None):\n    raise ValueError('callback')")
    env.run("get_ipython().events.register('pre_run_cell', callback)")
    env.run("1")
    assert "Error in callback" in env.output
    env.run("get_ipython().events.unregister('pre_run_cell', callback)")
    assert no_break(env)


@both
def test_timed(env):
    """A cell that is timed breaks like any other; what it handles is no break."""
    env.run(PRELUDE)
    env.run("%%time\ntry:\n    fail()\nexcept ValueError:\n    print('handled')")
    assert "handled" in env.output
    assert no_break(env)


def test_never_is_for_all_code(env):
    """Code that was instrumented before the setting changed does not break either."""
    env.run(PRELUDE)
    env.run("%config LiveCode.break_on = 'never'")
    env.fails("fail()", "ValueError")
    assert "suspended" not in env.output
    assert no_break(env)
    env.run("%config LiveCode.break_on = 'unhandled'")
    env.fails("fail()", "ValueError")
    assert "suspended" in env.output


def test_what_a_magic_evaluates(env):
    """Its failure is told by the magic; %timeit shows it as ever."""
    env.run(PRELUDE)
    env.fails("%liveeval fail()", "ValueError")
    assert no_break(env)


def test_a_module_that_has_getattr_is_imported(env):
    """``from m import x`` asks the module for ``__path__`` in C, and ``*`` for ``__all__``."""
    env["m.py"] = """
        x = 1
        def __getattr__(name):
            raise AttributeError(name)
        """
    env["n.py"] = """
        from m import x
        from m import *
        def f():
            from m import x
            import m as again
            try:
                from m import missing
            except ImportError:
                return again.x
        """
    env.run("import n")
    env.run("from m import x")
    env.run("from m import *")
    assert env("n.f()") == 1


def test_a_module_that_fails_with_an_attribute_error_breaks_there(env):
    env["m.py"] = """
        def f():
            None.x
        f()
        """
    env.fails("import m", "AttributeError")
    assert env.shell.livecode.breaks.machine.open[-1].frame.f_code.co_name == "f"


def test_what_is_no_mapping_is_taken_apart(env):
    """``**`` asks for ``keys`` in C, and raises a TypeError if there are none."""
    env["m.py"] = """
        class Odd:
            def __getattr__(self, name):
                raise AttributeError(name)
        def f(**given):
            return given
        def g(kind):
            try:
                return {**Odd()} if kind else f(**Odd())
            except TypeError:
                return "no mapping"
        """
    env.run("import m")
    assert env("[m.g(0), m.g(1)]") == ["no mapping"] * 2
