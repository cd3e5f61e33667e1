"""Names that were imported from a changed module follow, unless they were bound anew."""

import pytest

from tests.dsl import both


@both
def test_a_constant_imported_by_a_second_module_follows(env):
    env["m.py"] = "CONST = 1\n"
    env["n.py"] = "from m import CONST\ndef get(): return CONST\n"
    env.run("import n")
    env["m.py"].replace("1", "2")
    assert env("n.get(), n.CONST") == (2, 2)


@both
def test_a_constant_imported_by_the_notebook_follows(env):
    env["m.py"] = "CONST = 1\nOTHER = 1\n"
    env.run("from m import CONST, OTHER as other")
    env["m.py"].replace("1", "2")
    assert env("CONST, other") == (2, 2)


def test_a_constant_imported_by_star_follows(env):
    env["m.py"] = "CONST = 1\n"
    env["n.py"] = "from m import *\n"
    env.run("import n\nfrom m import *")
    env["m.py"].replace("1", "2")
    assert env("CONST, n.CONST") == (2, 2)


def test_a_constant_re_exported_by_a_chain_follows(env):
    env["a.py"] = "CONST = 1\n"
    env["b.py"] = "from a import CONST\n"
    env["c.py"] = "from b import CONST as C\ndef get(): return C\n"
    env.run("import c")
    env["a.py"].replace("1", "2")
    assert env("c.get()") == 2


def test_a_constant_computed_from_an_imported_one_follows(env):
    env["m.py"] = "CONST = 1\n"
    env["n.py"] = "from m import CONST\nDOUBLE = CONST * 2\n"
    env["o.py"] = "import m\nTRIPLE = m.CONST * 3\n"
    env.run("import n, o")
    env["m.py"].replace("1", "5")
    assert env("n.DOUBLE") == 10
    assert env("o.TRIPLE") == 15 or env.mentions("stale", "TRIPLE")


@both
def test_an_import_that_was_bound_anew_is_left_alone(env):
    env["m.py"] = "CONST = 1\n"
    env["n.py"] = "from m import CONST\n"
    env.run("import n\nfrom m import CONST\nCONST = 'mine'; n.CONST = 'theirs'")
    env["m.py"].replace("1", "2")
    assert env("CONST, n.CONST") == ("mine", "theirs")


def test_an_equal_value_that_was_not_imported_is_left_alone(env):
    """Small numbers are one object: being the same object is not enough."""
    env["m.py"] = "CONST = 1\n"
    env["n.py"] = "COUNT = 1\nimport m\n"
    env.run("import n; mine = 1")
    env["m.py"].replace("1", "2")
    assert env("n.m.CONST, n.COUNT, mine") == (2, 1, 1)


def test_an_import_inside_a_function_follows(env):
    env["m.py"] = "CONST = 1\n"
    env["n.py"] = "def get():\n    from m import CONST\n    return CONST\n"
    env.run("import n; n.get()")
    env["m.py"].replace("1", "2")
    assert env("n.get()") == 2


def test_a_class_imported_by_name_follows(env):
    env["m.py"] = "class C:\n    def get(self): return 1\n"
    env["n.py"] = "from m import C\nc = C()\n"
    env.run("import n\nfrom m import C")
    env["m.py"].replace("return 1", "return 2")
    assert env("n.c.get(), C().get(), n.C is C, isinstance(n.c, C)") == (2, 2, True, True)


@pytest.mark.parametrize("how", ["from m import x", "from m import x as x", "from m import *"])
def test_a_removed_name_goes_from_the_modules_that_imported_it(env, how):
    env["m.py"] = "x = ['x']\ny = 2\n"
    env["n.py"] = how + "\n"
    env.run("import m, n")
    env["m.py"] = "y = 2\n"
    assert env("hasattr(m, 'x'), hasattr(n, 'x')") == (False, False)


def test_a_removed_name_that_was_bound_anew_stays(env):
    env["m.py"] = "def x(): return 1\ny = 2\n"
    env["n.py"] = "from m import x\n"
    env.run("import m, n; n.x = 'theirs'")
    env["m.py"] = "y = 2\n"
    assert env("hasattr(m, 'x'), n.x") == (False, "theirs")


def test_a_removed_function_that_is_held_goes_on_working(env):
    env["m.py"] = "def x(): return 1\ny = 2\n"
    env.run("import m; held = m.x")
    env["m.py"] = "y = 2\n"
    assert env("hasattr(m, 'x'), held()") == (False, 1)


def test_a_name_that_comes_back_is_imported_again(env):
    env["m.py"] = "def x(): return 1\ny = 2\n"
    env["n.py"] = "from m import x\ndef call(): return x()\n"
    env.run("import m, n")
    env["m.py"] = "y = 2\n"
    env.run("pass")
    env.save(m="def x(): return 3\ny = 2\n", n="from m import x\ndef call(): return x(), 1\n")
    assert env("n.call()") == (3, 1)


def test_a_name_that_moves_to_another_module_is_found_by_both_importers(env):
    env.save(
        a="def f(): return 1\nother = 0\n",
        b="other = 0\n",
        n="from a import f\ndef call(): return f()\n",
    )
    env.run("import a, b, n")
    env.save(
        a="other = 0\n",
        b="other = 0\ndef f(): return 2\n",
        n="from b import f\ndef call(): return f()\n",
    )
    assert env("n.call(), b.f(), hasattr(a, 'f')") == (2, 2, False)


def test_a_re_export_keeps_a_moved_name_where_it_was(env):
    env.save(a="def f(): return 1\n", b="other = 0\n", n="from a import f\n")
    env.run("import a, b, n; held = a.f")
    env.save(a="from b import f\n", b="other = 0\ndef f(): return 2\n")
    assert env("a.f(), b.f(), n.f()") == (2, 2, 2)


def test_a_star_import_gains_new_names(env):
    env["m.py"] = "x = 1\n"
    env["n.py"] = "from m import *\ndef get(): return y\n"
    env.run("import n")
    env["m.py"].append("y = 2\n")
    assert env("n.get()") == 2


def test_all_is_respected_by_star_importers(env):
    env["m.py"] = "__all__ = ['x']\nx = 1\ny = 2\n"
    env["n.py"] = "from m import *\n"
    env.run("import m, n")
    assert env("hasattr(n, 'y')") is False
    env["m.py"].replace("['x']", "['x', 'y']")
    assert env("m.__all__, n.y") == (["x", "y"], 2)


def test_underscored_names_do_not_leak_through_a_star(env):
    env["m.py"] = "x = 1\n"
    env["n.py"] = "from m import *\n"
    env.run("import m, n")
    env["m.py"].append("_hidden = 2\n")
    assert env("m._hidden, hasattr(n, '_hidden')") == (2, False)


def test_a_module_imported_under_another_name_follows(env):
    env["m.py"] = "CONST = 1\n"
    env.run("import m as other")
    env["m.py"].replace("1", "2")
    assert env("other.CONST") == 2


def test_order_of_changed_files_follows_their_imports(env):
    """``a`` comes first by name, but needs what ``z`` gains in the same save."""
    env.save(a="import z\nx = 1\n", z="y = 1\n")
    env.run("import a, z")
    env.save(a="import z\nx = z.fresh()\n", z="y = 1\ndef fresh(): return 'fresh'\n")
    assert env("a.x") == "fresh"


def test_order_of_changed_files_with_from_imports(env):
    env.save(a="x = 1\n", z="y = 1\n")
    env.run("import a, z")
    env.save(a="from z import fresh\nx = fresh\n", z="y = 1\nfresh = 'fresh'\n")
    assert env("a.x") == "fresh"


def test_order_through_three_files(env):
    env.save(a="x = 1\n", b="x = 1\n", c="x = 1\n")
    env.run("import a, b, c")
    env.save(
        a="from b import mid\nx = mid + 1\n",
        b="from c import base\nmid = base + 1\n",
        c="base = 100\n",
    )
    assert env("a.x, b.mid, c.base") == (102, 101, 100)


def test_a_class_over_a_base_that_another_file_gains(env):
    env.save(a="class Child: pass\n", z="x = 1\n")
    env.run("import a, z")
    env.save(
        a="from z import Base\nclass Child(Base): pass\n",
        z="x = 1\nclass Base:\n    def get(self): return 'base'\n",
    )
    assert env("a.Child().get()") == "base"


def test_circular_imports_follow(env):
    env.save(
        a="import b\ndef f(): return 1\ndef g(): return b.g()\n",
        b="import a\ndef g(): return a.f() * 10\n",
    )
    env.run("import a")
    env["a.py"].replace("return 1", "return 2")
    assert env("a.g()") == 20
    env["b.py"].replace("* 10", "* 100")
    assert env("a.g()") == 200


def test_both_sides_of_a_circle_edited_at_once(env):
    env.save(a="import b\nX = 1\n", b="import a\nY = 1\n")
    env.run("import a")
    env.save(
        a="import b\nX = 2\ndef f(): return X, b.Y\n",
        b="import a\nY = 2\ndef g(): return a.X, Y\n",
    )
    assert env("a.f(), a.b.g()") == ((2, 2), (2, 2))


def test_type_checking_imports_are_not_made(env):
    env["m.py"] = """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from a_module_that_is_not_there import Thing
        def f(x: Thing) -> Thing: return 1
    """
    env.run("import m; g = m.f")
    env["m.py"].replace("import Thing", "import Thing, Other")
    env["m.py"].replace("return 1", "return 2")
    assert env("g(0), hasattr(m, 'Other'), g.__annotations__") == (
        (2, False, {"x": "Thing", "return": "Thing"})
    )
    assert env.named("failed") == []


def test_an_import_with_a_fallback_is_edited(env):
    env["m.py"] = """
        try:
            from a_module_that_is_not_there import f
        except ImportError:
            from math import floor as f
    """
    env.run("import m")
    env["m.py"].replace("floor", "ceil")
    assert env("m.f(2.5)") == 3
