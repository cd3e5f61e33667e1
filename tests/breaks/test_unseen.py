"""What instrumented code would show of itself, and does not: names, and objects that live longer.

Most of these were found by running CPython's own tests (`tests.properties.stdlib_suite`).
"""

from __future__ import annotations

import ast
import sys
from types import CodeType

import pytest

from livecode.breaks.instrument import Instrumenter
from livecode.breaks.point import finish
from tests.dsl import clean


def compiled(text):
    """The text as plain code and as instrumented code."""
    maker = Instrumenter(text)
    tree = ast.Module(maker.statements(ast.parse(text).body), [])
    live = finish(compile(tree, "unseen.py", "exec"), maker.objects)
    return compile(text, "unseen.py", "exec"), live


def variables(code):
    """By the name of each function and class in code, its names that are no locals of livecode's."""
    found = {}
    for each in code.co_consts:
        if isinstance(each, CodeType) and not each.co_name.startswith("@"):
            names = (each.co_varnames, each.co_freevars, each.co_cellvars)
            shown = [sorted(name for name in kind if name[0] != "@") for kind in names]
            found[each.co_qualname] = (*shown, variables(each))
    return found


VARIABLES = {
    "a class in a method whose methods call super": """
        class A:
            def f(self):
                class B:
                    def g(self):
                        return super().g()
                    def h(self):
                        return __class__
        """,
    "a class in a method that has a member __class__": """
        class A:
            def f(self):
                class B:
                    __class__ = property(lambda self: A)
                    kind = __class__
        """,
    "a class in a function whose members have names of locals": """
        def f(x):
            y = x
            class B:
                x: int = 1
                y = 2
                z = x + y
            return B
        """,
    "a class in a function that uses a name of a function around": """
        def f():
            def readable():
                return g()
            def g():
                class B:
                    readable = 1
                    other = readable
            return readable
        """,
    "a comprehension with a name that functions inside use, too": """
        def f():
            found = [name for name in range(3)]
            def g():
                return name
            return g
        """,
    "a comprehension with a name of a function around": """
        def f(name):
            def g():
                found = {name for name in range(3)}
                return name
            return g
        """,
    "a comprehension in a function whose target is a local of the one around": """
        def f():
            x = 1
            def g():
                return [x for x in range(3)]
            return g
        """,
    "a name that is global further in": """
        def f():
            x = 1
            def g():
                global x
                x = 2
                def h():
                    return x
            return g
        """,
    "super in a comprehension": """
        class A:
            def f(self):
                return [super(A, self) for _ in range(3)], lambda: self
        """,
}


if sys.version_info >= (3, 12):
    VARIABLES["type parameters with names of locals"] = """
        def f(T, S):
            def g[T](x: T) -> T:
                return x
            class A[T](list[T]):
                y: T
            class B[Q](list[S]):
                pass
            return g
        """


@pytest.mark.parametrize("what", VARIABLES)
def test_functions_have_the_same_variables(what):
    """``dir()`` and ``locals()`` showed ``__class__``, and locals lived in cells for nothing."""
    plain, live = compiled(clean(VARIABLES[what]))
    assert variables(live) == variables(plain)


def test_an_object_lives_no_longer_since_a_frame_was_asked(env):
    """Asking whether ``except Error`` takes an exception left a snapshot of the frame's locals in it."""
    env["m.py"] = """
        import contextlib, weakref
        class Thing: pass
        def fail(error):
            raise error
        def clause():
            class Error(Exception): pass
            thing = Thing()
            kept = weakref.ref(thing)
            try:
                fail(Error)
            except Error:
                pass
            thing = None
            return kept()
        def manager():
            thing = Thing()
            kept = weakref.ref(thing)
            with contextlib.suppress(ValueError):
                fail(ValueError)
            thing = None
            return kept()
        """
    env.run("import m")
    assert env("[m.clause(), m.manager()]") == [None, None]


def test_a_manager_lives_no_longer_than_its_block(env):
    """Its exit, once called, stayed in a hidden local."""
    env["m.py"] = """
        import weakref
        class Manager:
            def __enter__(self):
                known.append(weakref.ref(self))
            def __exit__(self, kind, error, trace):
                return True
            async def __aenter__(self):
                self.__enter__()
            async def __aexit__(self, kind, error, trace):
                return True
        known = []
        def f(raises):
            with Manager():
                if raises:
                    raise ValueError
            return known.pop()()
        async def g(raises):
            async with Manager(), Manager() as second:
                if raises:
                    raise ValueError
            return known.pop()(), known.pop()()
        """
    env.run("import m, asyncio")
    assert env("[m.f(False), m.f(True)]") == [None, None]
    assert env("[asyncio.run(m.g(False)), asyncio.run(m.g(True))]") == [(None, None)] * 2


def test_a_parameter_that_is_deleted_is_let_go_of(env):
    """It was kept for a restart, which says now that it is gone."""
    env["m.py"] = """
        import weakref
        class Thing: pass
        def f(thing, divisor):
            kept = weakref.ref(thing)
            del thing
            1 / divisor
            return kept()
        """
    env.run("import m")
    assert env("m.f(m.Thing(), 1)") is None
    env.fails("m.f(m.Thing(), 0)", "ZeroDivisionError")
    assert "the argument thing is gone" in env.attempt("%resume restart")


@pytest.mark.skipif(
    sys.version_info >= (3, 13), reason="locals() is no snapshot that a frame keeps"
)
def test_names_from_exec_stay_in_locals_when_a_frame_was_asked(env):
    env["m.py"] = """
        def f():
            class Error(Exception): pass
            exec("made = 1")
            held = locals()
            try:
                raise Error
            except Error:
                pass
            return locals()["made"], held["made"], "Error" in held
        """
    env.run("import m")
    assert env("m.f()") == (1, 1, True)


def test_a_tracer_loses_no_variable_when_it_fails_itself(env):
    """Before 3.13 what a tracer leaves in the snapshot is written back to the frame."""
    env["m.py"] = """
        import sys
        def traced():
            class Error(Exception): pass
            value = 1
            try:
                value += 1
                str(value)
            except Error:
                pass
            return value
        def fails():
            raise KeyError
        def tracer(frame, event, argument):
            if frame.f_code.co_name == "traced":
                try:
                    fails()
                except KeyError:
                    pass
                return tracer
        def f():
            sys.settrace(tracer)
            try:
                return traced()
            finally:
                sys.settrace(None)
        """
    env.run("import m")
    assert env("m.f()") == 2


def test_a_syntax_error_of_an_imported_module_shows_no_import_system(env):
    """The loader's own frame stood among those of the import system, so that all of them were shown."""
    env["wrong.py"] = "def f(:\n"
    env["m.py"] = """
        import traceback
        def f():
            try:
                import wrong
            except SyntaxError as error:
                return [each.name for each in traceback.extract_tb(error.__traceback__)]
        """
    env.run("import m")
    assert env("m.f()") == ["f"]
