"""A text runs in a live frame: names, cells, new names, deletions, errors."""

from __future__ import annotations

import ast
import sys
import traceback

import pytest

from livecode.breaks.looking import GONE, CannotRun, names_in, resumed_with, run_in


class Stopped:
    """A function that is stopped halfway: ``look`` runs a text in its frame."""

    def __init__(self):
        self.extra = {}
        self.texts = []
        self.values = []
        self.notes = []

    def __call__(self, *texts):
        frame = sys._getframe(1)
        for number, text in enumerate(texts):
            value, notes = run_in(frame, text, self.extra, f"<frame 0, {number}>")
            self.values.append(value)
            self.notes += notes
        return self.values[-1] if texts else None


@pytest.fixture
def look():
    return Stopped()


LIMIT = 3


def test_the_last_expression_is_the_value(look):
    def job(a):
        assert look("a + 1") == 3
        assert look("b = a\nb * 10") == 20
        assert look("a + 1\nb = 5") is None
        assert look("") is None
        assert look("# nothing") is None

    job(2)


def test_assignments_are_written_to_locals(look):
    def job(a, *rest, key=1, **more):
        total = 0
        look("total = 10\na += 1\nrest = (9,)\nkey = more")
        return a, rest, key, total

    assert job(1, 2, x=3) == (2, (9,), {"x": 3}, 10)


def test_every_statement_that_binds(look):
    def job():
        a = b = c = d = e = f = g = h = 0
        look("""
for a in range(3): pass
with open(__file__) as b: pass
import sys as c
def d(): return 4
class e: pass
(f := 6)
g, *h = 1, 2
[h2 := 3 for _ in "x"]
""")
        return a, b.closed, c is sys, d(), e.__name__, f, g, h

    assert job() == (2, True, True, 4, "e", 6, 1, [2])
    assert look.extra == {"h2": 3}


def test_augmented_assignment_and_an_error_halfway(look):
    def job():
        total = 1
        with pytest.raises(ZeroDivisionError):
            look("total += 4\n1 / 0\ntotal = 100")
        return total

    assert job() == 5


def test_cells_are_shared_with_closures(look):
    def job():
        count = 0

        def bump():
            nonlocal count
            count += 1
            return count

        assert look("bump()\ncount += 10\nbump()\ncount") == 12
        assert look("[bump() for _ in range(2)]") == [13, 14]
        assert look("def again():\n    nonlocal count\n    count *= 2\nagain()\ncount") == 28
        return count, bump()

    assert job() == (28, 29)


def test_free_variables(look):
    def outer():
        total = 1

        def inner(step):
            look("total += step")
            return total

        return inner(4), total

    assert outer() == (5, 5)


def test_a_closure_made_in_the_frame_sees_later_changes_of_shared_variables(look):
    def job():
        shared = 1
        keep = lambda: shared  # noqa: E731
        look("peek = lambda: shared")
        shared = 2
        return look("peek()"), keep()

    assert job() == (2, 2)


def test_comprehensions_lambdas_and_functions_see_locals(look):
    def job(items, factor):
        assert look("[x * factor for x in items]") == [2, 4]
        assert look("{x: factor for x in items if x < len(items)}") == {1: 2}
        assert look("sum(x * factor for x in items)") == 6
        assert look("(lambda y: y + factor)(1)") == 3
        assert look("def helper(n):\n    return n * factor\nhelper(5)") == 10
        assert look("[[a * b * factor for a in items] for b in items]") == [[2, 4], [4, 8]]
        assert look("class C:\n    size = factor\nC.size") == 2

    job([1, 2], 2)


def test_a_variable_of_a_comprehension_is_its_own(look):
    def job():
        x = "outer"
        look("[x for x in range(3)]")
        return x

    assert job() == "outer"


def test_new_names_are_kept_for_later_texts(look):
    def job():
        a = 1
        look("scale = 2")
        assert look("scale * a") == 2
        assert look("scale += 1\nscale") == 3
        assert look("[scale for _ in 'ab']") == [3, 3]
        look("del scale")
        with pytest.raises(NameError):
            look("scale")
        return a

    job()
    assert look.extra == {}


def test_global_writes_to_the_module(look):
    def job():
        look("global LIMIT\nLIMIT = 7")
        return LIMIT

    global LIMIT
    try:
        assert job() == 7
    finally:
        LIMIT = 3
    assert look.extra == {}


def test_a_global_name_that_is_bound_in_the_frame_is_said(look):
    def job():
        assert look("LIMIT") == 3
        assert look("LIMIT += 1\nLIMIT") == 4
        return LIMIT

    assert job() == 3
    assert look.extra == {"LIMIT": 4}
    assert look.notes == ["LIMIT is bound in the frame; with global LIMIT it is the module's"]


def test_a_builtin_can_be_hidden(look):
    def job():
        return look("len = lambda x: 42\nlen('a')")

    assert job() == 42
    assert len("a") == 1


def test_del(look):
    def job():
        a, b = 1, 2
        keep = lambda: b  # noqa: E731
        look("del a")
        assert "a" not in names_in(sys._getframe(), look.extra)
        assert "a" not in resumed_with(sys._getframe(), look.extra)
        with pytest.raises(NameError):
            look("a")
        look("del b")
        with pytest.raises(NameError):
            keep()
        if sys.version_info >= (3, 12):
            assert look.extra == {"a": GONE}
        else:
            assert look.extra == {}
            with pytest.raises(UnboundLocalError):
                a  # noqa: B018
        look("a = 5")
        return a

    assert job() == 5
    assert look.extra == {}


def test_an_unbound_local(look):
    def job():
        with pytest.raises(NameError):
            look("later")
        look("later = 4")
        early = later  # noqa: F821
        later = 5
        return early, later

    def shared():
        with pytest.raises(NameError):
            look("later")
        look("later = 4")
        early = (lambda: later)()
        later = 5
        return early, later

    assert job() == (4, 5)
    assert shared() == (4, 5)


def test_generators(look):
    def numbers():
        n = 0
        while n < 3:
            look("n += 1")
            yield n

    assert list(numbers()) == [1, 2, 3]


def test_an_argument_that_is_a_cell(look):
    def job(a):
        keep = lambda: a  # noqa: E731
        look("a = 9")
        return a, keep()

    assert job(1) == (9, 9)


def test_hidden_locals_are_neither_seen_nor_touched(look):
    def values(it):
        for frame in it:
            return names_in(frame, {})

    def job():
        return values(sys._getframe() for _ in "x")

    assert job() == {"_": "x"}


def test_the_body_of_a_class(look):
    def job():
        around = 5

        class C:
            size = around
            look("size = around + 1\nnew = [size for _ in 'ab']\nvia = lambda: size")

        return C, around

    made, _ = job()
    assert (made.size, made.new, made.via()) == (6, [6, 6], 6)
    assert look.extra == {}


def test_a_module(look):
    namespace = {"look": look, "x": 1}
    text = "look('x += 1\\ny = [x for _ in \"ab\"]\\ndef f(): return y')\nz = f()"
    exec(compile(text, "<module>", "exec"), namespace)
    assert (namespace["x"], namespace["y"], namespace["z"]) == (2, [2, 2], [2, 2])
    assert look.extra == {}


def test_private_names_and_super(look):
    class Base:
        def name(self):
            return "base"

    class Derived(Base):
        def __init__(self):
            self.__secret = 7

        def name(self):
            return look("self.__secret, super().name(), [self.__secret for _ in 'a']"), __class__

    assert Derived().name()[0] == (7, "base", [7])


def test_locals_vars_and_eval(look):
    def job(a):
        b = 2  # noqa: F841
        return look("sorted(locals().keys() - {'look'}), eval('a + b')")

    assert job(1) == (["a", "b"], 3)


def test_names_of_what_is_defined(look):
    def job(look):
        return look("def f(): pass\nclass C:\n    def m(self): pass\nf, C")

    f, made = job(look)
    where = "test_names_of_what_is_defined.<locals>.job.<locals>."
    assert f.__qualname__ == where + "f"
    assert made.__qualname__ == where + "C"
    assert made.m.__qualname__ == where + "C.m"
    assert f.__module__ == made.__module__ == __name__
    assert f.__globals__ is globals()


@pytest.mark.parametrize("text", ["return 1", "yield 1", "x = = 1", "x = (yield)", "break"])
def test_what_is_no_text_for_a_frame(look, text):
    def job():
        x = 1
        with pytest.raises(SyntaxError) as caught:
            look(text)
        assert caught.value.filename == "<frame 0, 0>"
        return x

    assert job() == 1


@pytest.mark.parametrize(
    "text", ["await x", "async with x: pass", "[a async for a in x]", "x = 2\nawait x"]
)
def test_await_is_refused(look, text):
    def job():
        x = 1
        with pytest.raises(CannotRun, match="await"):
            look(text)
        return x

    assert job() == 1


def test_a_coroutine_can_be_defined(look):
    def job():
        return look("async def f():\n    await g()\nf.__name__")

    assert job() == "f"


def test_nonlocal_as_in_the_function_is_no_error(look):
    def outer():
        total = 0

        def inner():
            nonlocal total
            look("nonlocal total\ntotal = 3")
            total += 1

        inner()
        return total

    assert outer() == 4


def test_the_traceback_is_of_the_text(look):
    def job():
        with pytest.raises(ZeroDivisionError) as caught:
            look("def deep():\n    return 1 / 0\n\ndeep()")
        return caught.value

    text = traceback.extract_tb(job().__traceback__)
    ours = [each for each in text if each.filename == "<frame 0, 0>"]
    assert [(each.name, each.lineno, each.line) for each in ours] == [
        ("job", 4, "deep()"),
        ("deep", 2, "return 1 / 0"),
    ]


def test_a_text_is_not_changed_by_future_features_of_livecode(look):
    def job():
        return look("def f(a: 1 + 1): pass\nf.__annotations__")

    space = {"look": look, "__name__": "plain"}
    plain = ast.parse("def job():\n    return look('def f(a: 1 + 1): pass\\nf.__annotations__')")
    exec(compile(plain, "<plain>", "exec", dont_inherit=True), space)
    assert space["job"]() == {"a": 2}
    assert job() == {"a": "1 + 1"}


def test_recursion_has_frames_of_its_own(look):
    def down(n):
        if n:
            down(n - 1)
        else:
            look("n = 'innermost'")
        return n

    def top():
        return down(2)

    assert top() == 2


def test_frozen_cells_are_written_afterwards(look):
    import gc

    def job():
        count = 0

        def bump():
            nonlocal count
            count += 1

        gc.freeze()
        try:
            look("count = 5")
        finally:
            gc.unfreeze()
        bump()
        return count

    assert job() == 6


def test_a_name_that_the_function_declares_global(env):
    env.run("""
        G = 1
        def f(n):
            global G
            G = 2
            y = 1 / n
            G += 5
            return G
        def g(n):
            global G
            y = 1 / n
            return [G for _ in "ab"]
    """)
    env.fails("r = f(0)", "ZeroDivisionError")
    env.run("%%frame\nG = 10; h = lambda: G + 1; k = h()")
    assert "bound in the frame" not in env.output
    assert env("G") == 10
    env.run("%resume skip")
    assert env("r, G") == (15, 15)
    env.fails("r = g(0)", "ZeroDivisionError")
    env.run("%%frame\nfor G in range(7): pass")
    env.run("%resume skip")
    assert env("r, G") == ([6, 6], 6)
