"""Scenarios written from the issue's text alone: cells, failing edits, messages, what is left of removed blocks."""

from __future__ import annotations

import pytest

# -- cells -----------------------------------------------------------------------------------------


def test_a_cell_magic_defines_a_class_that_survives(env):
    env.run("%%time\nclass A:\n    def f(self): return 1\n", id="a")
    env.run("a = A(); B = A", id="b")
    env.run("%%time\nclass A:\n    def f(self): return 2\n", id="a")
    assert env("a.f(), A is B, isinstance(a, A)") == (2, True, True)


def test_a_lambda_of_a_cell_held_elsewhere(env):
    env.run("f = lambda x: x + 1", id="a")
    env.run("held = [f]", id="b")
    env.run("f = lambda x: x + 2", id="a")
    assert env("f(1)") == 3
    assert env("held[0](1)") in (2, 3)


def test_a_closure_made_in_a_cell_follows_with_an_added_variable(env):
    env.run("def make(n):\n    def inner(): return n\n    return inner", id="a")
    env.run("i = make(3)", id="b")
    env.run("def make(n):\n    k = 7\n    def inner(): return n + k\n    return inner", id="a")
    assert env("i(), make(1)()") == (10, 8)


def test_deleted_cells_make_orphans_and_come_back(env):
    env.run("def f(): return 1\nK = 5", id="a")
    env.run("None", id="b", deletedCells=["a"])
    assert env("f(), K") == (1, 5)
    assert any("f" in row and "orphan" in row for row in env.rows("%livedefs"))
    env.run("def f(): return 2\nK = 5", id="a")
    assert not any("f" in row and "orphan" in row for row in env.rows("%livedefs f"))


def test_a_fragment_with_only_a_method_s_class_updates_the_class(env):
    env.run(
        "class A:\n    def f(self): return 1\n    def g(self): return 2\ndef h(): return 3", id="a"
    )
    env.run("a = A(); h0 = h", id="b")
    env.run("class A:\n    def f(self): return 10\n    def g(self): return 2")
    assert env("a.f(), a.g(), h(), h is h0") == (10, 2, 3, True)
    env.run(
        "class A:\n    def f(self): return 11\n    def g(self): return 2\ndef h(): return 3", id="a"
    )
    assert env("a.f(), h is h0") == (11, True)


def test_a_cell_interrupted_by_a_nested_failing_definition(env):
    env.run("def f(): return 1\ndef g(): return 1", id="a")
    env.run("f0, g0 = f, g", id="b")
    env.fails("def f(): return 2\n1/0\ndef g(): return 2", "ZeroDivisionError", id="a")
    assert env("f0(), g0()") == (2, 1)
    env.run("def f(): return 3\ndef g(): return 3", id="a")
    assert env("f0(), g0(), f is f0, g is g0") == (3, 3, True, True)


def test_undo_of_a_cell_brings_constants_and_methods_back(env):
    env.run("class A:\n    K = 1\n    def f(self): return self.K", id="a")
    env.run("a = A()", id="b")
    env.run("class A:\n    K = 2\n    def f(self): return -self.K", id="a")
    assert env("a.f()") == -2
    env.run("%liveundo")
    assert env("a.f(), A.K") == (1, 1)


# -- failing edits ---------------------------------------------------------------------------------


def test_a_failing_edit_of_two_files_puts_both_back_and_tells_once(env):
    env["a.py"] = "K = 1\ndef f(): return K\n"
    env["b.py"] = "from a import f, K\ndef g(): return f() + K\n"
    env.run("import a, b")
    env["a.py"] = "K = 2\ndef f(): return K * 10\n1/0\n"
    env["b.py"] = "from a import f, K\ndef g(): return f() - K\n"
    first = env.attempt("b.g()")
    assert "ZeroDivisionError" in first and "a.py" in first
    assert env("b.g(), a.K") == (2, 1)
    assert "ZeroDivisionError" not in env.output
    env["a.py"] = "K = 2\ndef f(): return K * 10\n"
    assert env("b.g(), a.K") == (18, 2)


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff\xfe\x00bad",
        b"def f(:\n",
        b"raise SystemExit\n",
        b"import no_such_module_x\n",
        b"def f(): return 1\n\x00\n",
        b"# coding: nonsense\n",
        b"def f():\n\treturn 1\n        return 2\n",
        b"exit()\n",
        b"class A(metaclass=int): pass\n",
        b"from m import nothing_here\n",
        b"@undefined\ndef f(): pass\n",
        b"def f(a, a): pass\n",
        b"return 3\n",
        b"await x\n",
        b"from __future__ import nothing\n",
    ],
)
def test_every_bad_text_is_told_once_and_healed(env, bad):
    env["m.py"] = "K = [1]\ndef f(): return 1\n"
    env.run("import m; f = m.f; K = m.K")
    env["m.py"].write_bytes(bad)
    told = env.attempt("f()")
    assert "m.py" in told or "m:" in told, told
    assert env("f(), m.K is K, m.f is f") == (1, True, True)
    assert "livecode" not in env.output
    env["m.py"] = "K = [1]\ndef f(): return 2\n"
    assert env("f(), m.K is K") == (2, True)


# -- registrations of removed blocks ---------------------------------------------------------------


def test_a_removed_block_takes_its_registrations_with_it(env):
    env["m.py"] = """
        import functools
        @functools.singledispatch
        def show(x): return "any"
        if True:
            @show.register
            def _(x: int): return "int"
        """
    env.run("import m; show = m.show")
    assert env("show(1)") == "int"
    env["m.py"] = """
        import functools
        @functools.singledispatch
        def show(x): return "any"
        """
    assert env("show(1)") == "any"


def test_a_removed_block_s_functions_that_are_still_registered_are_named(env):
    env["m.py"] = """
        ALL = []
        def on(f):
            ALL.append(f)
            return f
        if True:
            @on
            def f(): return 1
        """
    env.run("import m")
    env["m.py"] = """
        ALL = []
        def on(f):
            ALL.append(f)
            return f
        """
    env.run("None")
    assert env("len(m.ALL)") == 0 or env.named("stale")


def test_a_registration_moved_out_of_a_block_is_there_once(env):
    env["m.py"] = """
        ALL = []
        def on(f):
            ALL.append(f)
            return f
        if True:
            @on
            def f(): return 1
        """
    env.run("import m; f = m.f")
    env["m.py"] = """
        ALL = []
        def on(f):
            ALL.append(f)
            return f
        @on
        def f(): return 2
        """
    assert env("[f() for f in m.ALL], f(), m.f is f") == ([2], 2, True)


# -- magics, messages ------------------------------------------------------------------------------


def test_liveeval_f_line_of_a_nested_class_s_method(env):
    env["m.py"] = """
        class A:
            class B:
                def f(self):
                    return 1
            K = [1]
        """
    env.run("import m; b = m.A.B(); K = m.A.K")
    env.run(f"%liveeval -f m.py:{env['m.py'].line('return 1')}")
    assert env("b.f(), m.A.K is K") == (1, True)


def test_a_message_for_one_failing_file_among_three_is_told_once(env):
    env.save(a="K = 1\n", b="from a import K\nL = K + 1\n", c="from b import L\nM = L + 1\n")
    env.run("import c")
    env.save(a="K = 10\n", b="from a import K\nL = K + \n", c="from b import L\nM = L + 2\n")
    told = env.attempt("__import__('c').M")
    assert told.count("SyntaxError") == 1 and "b.py:2" in told
    assert env.attempt("None") == ""
    env["b.py"] = "from a import K\nL = K + 1\n"
    assert env("__import__('c').M") == 13


def test_undo_after_a_failing_edit_takes_the_last_good_one_back(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; f = m.f")
    env["m.py"].replace("1", "2")
    assert env("f()") == 2
    env["m.py"] = "def f(): return 3\n1/0\n"
    env.attempt("None")
    assert env("f()") == 2
    env.run("%liveundo")
    assert env("f()") == 1


def test_livediff_of_renames_moves_and_removals(env):
    env["m.py"] = "def f(): return 1\ndef g(): return 2\nK = 1\n"
    env.run("import m")
    env["m.py"] = "# c\ndef h(): return 1\nK = 2\nL = lambda: 1\n"
    rows = "\n".join(env.rows("%livediff"))
    assert "renamed" in rows or ("removed" in rows and "added" in rows)
    assert "m:K" in rows and "m:L" in rows
    assert env("hasattr(m, 'h'), hasattr(m, 'f')") == (True, False)
