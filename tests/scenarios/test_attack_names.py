"""Scenarios written from the issue's text alone: names and modules."""

from __future__ import annotations

# -- names -----------------------------------------------------------------------------------------


def test_a_del_of_several_names_is_repeated(env):
    env["m.py"] = "a = 1\nb = 2\nT = a + b\ndel a, b\n"
    env.run("import m")
    env["m.py"].replace("a = 1", "a = 10")
    assert env("m.T, hasattr(m, 'a'), hasattr(m, 'b')") == (12, False, False)


def test_a_del_of_several_names_spares_what_did_not_change(env):
    env["m.py"] = "log = []\na = 1\nb = log.append(2)\nT = a * 2\ndel a, b\n"
    env.run("import m")
    env["m.py"].replace("a = 1", "a = 10")
    assert env("m.T, m.log, hasattr(m, 'a'), hasattr(m, 'b')") == (20, [2], False, False)


def test_what_is_edited_may_read_what_is_deleted_further_down(env):
    env["m.py"] = """
        import math as _math
        def _double(x): return x * 2
        _step = _double(2)
        SIZE = _double(_step) + _math.floor(1.5)
        del _double, _math
        del _step
        """
    env.run("import m")
    env["m.py"].replace("floor(1.5)", "floor(2.5)")
    assert env("m.SIZE, [n for n in vars(m) if n[:1] == '_' and n[1] != '_']") == (10, [])


def test_unpacking_and_starred_targets_follow(env):
    env["m.py"] = "a, (b, *c) = 1, (2, 3, 4)\nx = y = 5\n"
    env.run("from m import a, b, c, x, y; import m")
    env["m.py"] = "a, (b, *c) = 10, (20, 30, 40)\nx = y = 50\n"
    assert env("a, b, c, x, y") == (10, 20, [30, 40], 50, 50)


def test_with_for_while_and_import_bound_names_go(env):
    env["m.py"] = """
        import contextlib
        with contextlib.nullcontext(3) as w: pass
        for i in range(3): last = i
        import os.path as p, sys as s
        """
    env.run("import m")
    env["m.py"] = "import contextlib\n"
    assert env("[n for n in ('w', 'i', 'last', 'p', 's') if hasattr(m, n)]") == []


def test_global_statement_names_survive_an_edit_of_the_function(env):
    env["m.py"] = "def setup():\n    global state\n    state = [1]\nsetup()\n"
    env.run("import m; m.state.append(2)")
    env["m.py"] = "def setup():\n    global state\n    state = [9]\nsetup()\n# more\n"
    assert env("m.state") == [1, 2]
    env.run("m.setup()")
    assert env("m.state") == [9]


def test_a_name_moves_from_an_import_to_a_definition(env):
    env["a.py"] = "def f(): return 'a'\n"
    env["m.py"] = "from a import f\ndef g(): return f()\n"
    env.run("import m; g = m.g")
    env["m.py"] = "def f(): return 'm'\ndef g(): return f()\n"
    assert env("g(), m.f(), __import__('a').f()") == ("m", "m", "a")
    env["m.py"] = "from a import f\ndef g(): return f()\n"
    assert env("g(), m.f is __import__('a').f") == ("a", True)


def test_a_match_statement_at_module_level_follows(env):
    env["m.py"] = """
        KIND = "a"
        match KIND:
            case "a":
                def f(): return 1
            case _:
                def f(): return 2
        """
    env.run("import m; f = m.f")
    env["m.py"].replace("return 1", "return 10")
    assert env("f(), m.f()") == (10, 10)
    env["m.py"].replace('KIND = "a"', 'KIND = "b"')
    assert env("m.f()") == 2 or env.named("stale")


def test_try_except_else_finally_definitions_follow(env):
    env["m.py"] = """
        try:
            import nothing_like_this
        except ImportError:
            def f(): return 1
        else:
            def f(): return 2
        finally:
            def g(): return 3
        """
    env.run("import m; f, g = m.f, m.g")
    env["m.py"].replace("return 1", "return 10")
    env["m.py"].replace("return 3", "return 30")
    assert env("f(), g(), m.f is f, m.g is g") == (10, 30, True, True)


def test_annotated_names_and_global_annotations(env):
    env["m.py"] = "x: int = 1\ny: str\n"
    env.run("import m")
    env["m.py"] = "x: float = 1.5\ny: str\nz: list = [1]\n"
    assert env("m.x, m.z, m.__annotations__") == (
        1.5,
        [1],
        {"x": float, "y": str, "z": list},
    )
    env["m.py"] = "x: float = 1.5\n"
    assert env("m.__annotations__, hasattr(m, 'z')") == ({"x": float}, False)


# -- modules ---------------------------------------------------------------------------------------


def test_a_package_with_relative_circular_imports_follows(env):
    env["p/__init__.py"] = "from .a import f\nfrom . import b\n__all__ = ['f', 'b']\n"
    env["p/a.py"] = "from . import b\nK = 1\ndef f(): return b.g() + K\n"
    env["p/b.py"] = "def g():\n    from .a import K\n    return K * 100\n"
    env.run("import p; from p import *")
    env["p/a.py"].replace("K = 1", "K = 2")
    assert env("f(), p.f(), b.g()") == (202, 202, 200)
    env["p/b.py"].replace("* 100", "* 1000")
    assert env("f()") == 2002


def test_a_subpackage_s_parent_relative_import_follows(env):
    env["p/__init__.py"] = ""
    env["p/conf.py"] = "LEVEL = 1\ndef get(): return LEVEL\n"
    env["p/sub/__init__.py"] = "from ..conf import LEVEL as level, get\n"
    env["p/sub/use.py"] = (
        "from . import level\nfrom ..conf import get as g\ndef f(): return level, g()\n"
    )
    env.run("from p.sub.use import f")
    env["p/conf.py"].replace("LEVEL = 1", "LEVEL = 2")
    assert env("f()") == (2, 2)


def test_a_star_import_of_a_star_import_follows(env):
    env["a.py"] = "def f(): return 1\nK = 1\n"
    env["b.py"] = "from a import *\n"
    env["c.py"] = "from b import *\n"
    env.run("from c import *")
    env["a.py"] = "def f(): return 2\nK = 2\nL = 3\n"
    assert env("f(), K, L") == (2, 2, 3)
    env["a.py"] = "def f(): return 2\n"
    env.fails("K", "NameError")


def test_a_deleted_file_that_comes_back_edited_is_followed(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; f = m.f")
    env["m.py"].remove()
    assert env("f()") == 1
    env["m.py"] = "def f(): return 2\n"
    assert env("f(), m.f is f") == (2, True)


def test_a_module_becomes_a_package(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; f = m.f")
    env["m.py"].remove()
    env["m/__init__.py"] = "def f(): return 2\n"
    assert env("f()") == 1
    env["user.py"] = "import m\n"
    assert env("__import__('user').m.f()") == 1


def test_type_checking_imports_and_annotations_as_strings(env):
    env["a.py"] = "class A: pass\n"
    env["m.py"] = """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from a import A
        def f(x: A) -> A: return x
        """
    env.run("import m; f = m.f")
    env["m.py"].replace("-> A: return x", "-> list[A]: return [x]")
    assert env("f(1), f.__annotations__") == ([1], {"x": "A", "return": "list[A]"})


def test_module_dir_and_getattr_added_by_an_edit(env):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["m.py"].append("def __getattr__(name): return name.upper()\ndef __dir__(): return ['q']\n")
    assert env("m.abc, dir(m)") == ("ABC", ["q"])


def test_an_import_cycle_with_classes_edited_on_both_sides(env):
    env["a.py"] = (
        "import b\nclass A:\n    def other(self): return b.B()\n    def f(self): return 1\n"
    )
    env["b.py"] = (
        "import a\nclass B:\n    def other(self): return a.A()\n    def f(self): return 2\n"
    )
    env.run("import a; x = a.A()")
    env["a.py"].replace("return 1", "return 10")
    env["b.py"].replace("return 2", "return 20")
    assert env("x.f(), x.other().f(), x.other().other().f()") == (10, 20, 10)
