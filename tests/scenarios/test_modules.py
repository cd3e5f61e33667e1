"""Packages, files that come and go, and everything else that a module is."""

import pytest

from tests.dsl import both


def package(env):
    env["pkg/__init__.py"] = "from .shapes import area\nfrom . import tools\n__all__ = ['area']\n"
    env["pkg/shapes.py"] = "from .tools import PI\ndef area(r): return PI * r\n"
    env["pkg/tools.py"] = "PI = 3\ndef twice(x): return x * 2\n"
    env["pkg/sub/__init__.py"] = ""
    env["pkg/sub/deep.py"] = """
        from ..shapes import area
        from .. import tools
        def volume(r): return tools.twice(area(r))
    """


@both
def test_a_function_in_a_package_follows(env):
    package(env)
    env.run("import pkg; area = pkg.area")
    env["pkg/shapes.py"].replace("PI * r", "PI * r * 10")
    assert env("pkg.area(1), area(1), pkg.shapes.area is area") == (30, 30, True)


def test_relative_imports_follow(env):
    package(env)
    env.run("import pkg.sub.deep; volume = pkg.sub.deep.volume")
    env["pkg/tools.py"].replace("x * 2", "x * 3")
    env["pkg/shapes.py"].replace("PI * r", "r")
    assert env("volume(1)") == 3


def test_a_relative_import_of_a_constant_follows(env):
    package(env)
    env.run("import pkg")
    env["pkg/tools.py"].replace("PI = 3", "PI = 4")
    assert env("pkg.area(1), pkg.shapes.PI") == (4, 4)


def test_a_relative_import_is_added(env):
    package(env)
    env.run("import pkg.sub.deep")
    env["pkg/sub/deep.py"].append("from ..tools import twice as double\nx = double(4)\n")
    assert env("pkg.sub.deep.x") == 8


def test_a_package_s_init_is_edited(env):
    package(env)
    env.run("import pkg")
    env["pkg/__init__.py"].append("from .tools import twice\nVERSION = 2\n")
    assert env("pkg.VERSION, pkg.twice(2)") == (2, 4)


def test_a_new_submodule_is_imported_by_an_edit(env):
    package(env)
    env.run("import pkg")
    env["pkg/fresh.py"] = "def f(): return 'fresh'\n"
    env["pkg/__init__.py"].append("from .fresh import f\n")
    assert env("pkg.f(), pkg.fresh.f()") == ("fresh", "fresh")
    env["pkg/fresh.py"].replace("'fresh'", "'newer'")
    assert env("pkg.f()") == "newer"


def test_a_submodule_imported_later_is_tracked(env):
    package(env)
    env.run("import pkg")
    env.run("import pkg.sub.deep; volume = pkg.sub.deep.volume")
    env["pkg/sub/deep.py"].replace("tools.twice(area(r))", "'deep'")
    assert env("volume(1)") == "deep"


def test_a_module_without_init_is_tracked(env):
    env["space/inner.py"] = "def f(): return 1\n"
    env.run("import space.inner; g = space.inner.f")
    env["space/inner.py"].replace("1", "2")
    assert env("g()") == 2


def test_module_getattr_follows(env):
    env["m.py"] = """
        def __getattr__(name):
            if name == "lazy": return 1
            raise AttributeError(name)
        def __dir__(): return ["lazy"]
    """
    env.run("import m")
    env["m.py"].replace("return 1", "return 2")
    env["m.py"].replace('["lazy"]', '["lazy", "more"]')
    assert env("m.lazy, dir(m)") == (2, ["lazy", "more"])


def test_module_getattr_is_added_and_removed(env):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["m.py"].append("def __getattr__(name): return name\n")
    assert env("m.anything") == "anything"
    env["m.py"] = "x = 1\n"
    env.fails("m.anything", "AttributeError")


def test_modules_imported_before_the_load_are_tracked(unloaded):
    env = unloaded
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env.load()
    env["m.py"].replace("1", "2")
    assert env("g()") == 2


def test_two_modules_with_equal_names_inside_are_kept_apart(env):
    env.save(a="def f(): return 'a'\n", b="def f(): return 'b'\n")
    env.run("import a, b; fa, fb = a.f, b.f")
    env["a.py"].replace("'a'", "'A'")
    assert env("fa(), fb()") == ("A", "b")


def test_the_module_stays_the_same_object(env):
    env["m.py"] = "x = 1\n"
    env.run("import m, sys; held = m; names = vars(m)")
    env["m.py"].replace("1", "2")
    assert env("m.x, sys.modules['m'] is held, vars(m) is names") == (2, True, True)


def test_module_attributes_of_the_import_system_stay(env):
    env["m.py"] = "x = 1\n"
    env.run("import m; before = m.__name__, m.__file__, m.__spec__, m.__loader__, m.__package__")
    env["m.py"].replace("1", "2")
    env.run("after = m.__name__, m.__file__, m.__spec__, m.__loader__, m.__package__")
    assert env("before == after, m.x") == (True, 2)


@both
def test_a_deleted_file_changes_nothing(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].remove()
    assert env("m.f()") == 1
    env["m.py"] = "def f(): return 2\n"
    assert env("m.f()") == 2


def test_a_deleted_file_is_told_once(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].remove()
    env.run("pass")
    assert "m" in env.output
    env.run("0")
    assert "m.py" not in env.output and "livecode" not in env.output


def test_a_file_restored_as_it_was_evaluates_nothing(env):
    env["m.py"] = "log = []\nlog.append(1)\ndef f(): return 1\n"
    env.run("import m; log, f = m.log, m.f")
    text = env["m.py"].text
    env["m.py"].remove()
    env.run("pass")
    env["m.py"] = text
    assert env("m.log, m.log is log, m.f is f") == ([1], True, True)


@both
def test_an_emptied_file_changes_nothing(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"] = ""
    env.run("pass")
    assert "m" in env.output
    assert env("m.f()") == 1
    env["m.py"] = "def f(): return 2\n"
    assert env("m.f()") == 2


def test_a_file_with_only_blank_lines_counts_as_emptied(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"] = "\n \n\n"
    assert env("m.f()") == 1


def test_a_file_with_only_a_comment_removes_the_definitions(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"] = "# nothing left\n"
    assert env("hasattr(m, 'f')") is False


def test_an_empty_file_that_was_imported_empty_is_filled(env):
    env["m.py"] = ""
    env.run("import m")
    env["m.py"] = "x = 1\n"
    assert env("m.x") == 1


def test_a_renamed_file_leaves_the_old_module_alive(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env["m.py"].rename("n.py")
    env.run("import n")
    assert env("m.f(), g(), n.f()") == (1, 1, 1)
    env["n.py"].replace("1", "2")
    assert env("n.f()") == 2


def test_a_file_renamed_together_with_its_import(env):
    env["helper.py"] = "def h(): return 1\n"
    env["m.py"] = "import helper\ndef f(): return helper.h()\n"
    env.run("import m; g = m.f")
    env["helper.py"].rename("aid.py")
    env["aid.py"].replace("1", "2")
    env["m.py"] = "import aid\ndef f(): return aid.h()\n"
    assert env("g()") == 2
    env["aid.py"].replace("2", "3")
    assert env("g()") == 3


def test_importlib_reload_still_works(env):
    env["m.py"] = "log = []\ndef f(): return 1\n"
    env.run("import m, importlib; m.log.append(1)")
    # Another size: within one second Python takes the bytecode of a text of the same size for its own.
    env["m.py"].replace("return 1", "return 1 + 1")
    env.run("importlib.reload(m)")
    assert env("m.f(), m.log") == (2, [])
    env["m.py"].replace("return 1 + 1", "return 3")
    assert env("m.f()") == 3


def test_a_module_imported_anew_is_tracked_again(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m, sys; del sys.modules['m']")
    env.run("import m; g = m.f")
    env["m.py"].replace("1", "2")
    assert env("g()") == 2


def test_a_module_loaded_by_hand_from_a_file_is_tracked(env):
    env["odd/name.py"] = "def f(): return 1\n"
    env.run("""
        import importlib.util, sys
        spec = importlib.util.spec_from_file_location("odd_name", "odd/name.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["odd_name"] = module
        spec.loader.exec_module(module)
        g = module.f
    """)
    env["odd/name.py"].replace("1", "2")
    assert env("g()") == 2


def test_a_module_reached_through_a_link_follows_its_target(env):
    env["real/m_real.py"] = "def f(): return 1\n"
    (env.path / "m.py").symlink_to(env.path / "real" / "m_real.py")
    env.run("import m; g = m.f")
    env["real/m_real.py"].replace("1", "2")
    assert env("g()") == 2


def test_a_module_that_is_being_imported_by_a_thread_is_not_half_edited(env):
    env["slow.py"] = """
        import time
        x = 1
        time.sleep(0.3)
        y = 1
    """
    env.run("import threading; t = threading.Thread(target=__import__, args=('slow',)); t.start()")
    env.run("pass")
    env.run("t.join(); import slow")
    assert env("slow.x, slow.y") == (1, 1)
    env["slow.py"].replace("y = 1", "y = 2")
    assert env("slow.y") == 2


def test_a_module_that_failed_to_import_can_be_imported_later(env):
    env["m.py"] = "x = 1 / 0\n"
    env.fails("import m", "ZeroDivisionError")
    env["m.py"] = "x = 1\n"
    assert env("__import__('m').x") == 1
    env["m.py"].replace("1", "2")
    assert env("__import__('m').x") == 2


@pytest.mark.parametrize("how", ["write", "swap"])
def test_every_way_of_saving_is_seen(env, how):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    for number in range(2, 8):
        getattr(env["m.py"], how)(f"def f(): return {number}\n")
        assert env("g()") == number
