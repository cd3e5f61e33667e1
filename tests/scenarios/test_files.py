"""A save before a cell is always seen, and checking costs nothing that grows."""

import os

from tests.dsl import both


@both
def test_two_saves_of_one_size_within_one_tick_are_two_edits(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    for number in (2, 3, 4, 5):
        env["m.py"].replace(f"return {number - 1}", f"return {number}")
        assert env("g()") == number


def test_a_save_with_an_older_time_is_seen(env):
    """As from a backup or a checkout."""
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["m.py"] = "x = 2\n"
    os.utime(env["m.py"].path, (1_000_000_000, 1_000_000_000))
    assert env("m.x") == 2


def test_another_file_in_its_place_with_equal_time_and_size_is_seen(env):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env.run("pass")
    stat = env["m.py"].path.stat()
    env["new.txt"] = "x = 2\n"
    os.utime(env["new.txt"].path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.replace(env["new.txt"].path, env["m.py"].path)
    assert env("m.x") == 2


def test_an_equal_time_with_another_size_is_seen(env):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env.run("pass")
    stat = env["m.py"].path.stat()
    env["m.py"] = "x = 22\n"
    os.utime(env["m.py"].path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert env("m.x") == 22


def test_a_file_that_is_only_touched_is_no_edit(env):
    env["m.py"] = "log = []\nlog.append(1)\n"
    env.run("import m")
    os.utime(env["m.py"].path)
    env.run("pass")
    assert env.output == ""
    assert env("m.log") == [1]


def test_a_save_with_the_same_text_is_no_edit(env):
    env["m.py"] = "log = []\nlog.append(1)\n"
    env.run("import m")
    env["m.py"].write("log = []\nlog.append(1)\n")
    env.run("pass")
    assert env.output == ""
    assert env("m.log") == [1]


def test_an_edit_and_back_between_two_cells_is_no_edit(env):
    env["m.py"] = "log = []\nlog.append(1)\n"
    env.run("import m")
    env["m.py"].replace("append(1)", "append(2)")
    env["m.py"].replace("append(2)", "append(1)")
    assert env("m.log") == [1]


def test_a_file_edited_right_after_its_import_is_seen(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env["m.py"].replace("1", "2")
    assert env("g()") == 2


def test_a_file_edited_before_the_next_cell_after_the_load_is_seen(unloaded):
    env = unloaded
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env.run("%load_ext livecode")
    env["m.py"].replace("1", "2")
    assert env("g()") == 2


def test_several_files_saved_before_one_cell_are_one_edit(env):
    env.save(a="def f(): return 1\n", b="def f(): return 1\n")
    env.run("import a, b; fa, fb = a.f, b.f")
    env.save(a="def f(): return 2\n", b="def f(): return 2\n")
    assert env("fa(), fb()") == (2, 2)
    names = env.named("applied")
    assert "a:f" in names and "b:f" in names


def test_the_standard_library_is_not_tracked(env):
    env.run("import json, textwrap")
    env.run("%livetrack")
    assert "json" not in env.output and "textwrap" not in env.output


def test_site_packages_are_not_looked_at(env):
    """No cell looks at the files of what is installed."""
    looked = []
    real = os.stat

    def stat(path, *args, **kwargs):
        looked.append(os.fspath(path) if not isinstance(path, int) else "")
        return real(path, *args, **kwargs)

    env["m.py"] = "x = 1\n"
    env.run("import m, json")
    env.run("pass")
    os.stat = stat
    try:
        env.run("pass")
    finally:
        os.stat = real
    assert not [path for path in looked if "site-packages" in str(path) or "json" in str(path)]


def test_an_edit_while_a_cell_runs_is_seen_by_the_next(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m, time")
    env.ns["save"] = lambda: env["m.py"].replace("1", "2")
    env.run("save()")
    assert env("m.f()") == 2


def test_a_module_imported_in_the_cell_that_follows_its_edit_is_new(env):
    env["m.py"] = "x = 1\n"
    env.run("pass")
    env["m.py"] = "x = 2\n"
    env.run("import m")
    assert env("m.x") == 2
    assert "livecode" not in env.output


def test_a_file_loaded_by_two_modules_is_followed_in_both(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("""
        import importlib.util, sys
        import m
        spec = importlib.util.spec_from_file_location("twin", m.__file__)
        twin = sys.modules["twin"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(twin)
    """)
    env["m.py"].replace("1", "2")
    assert env("m.f(), twin.f()") == (2, 2)


def test_modules_without_a_file_do_no_harm(env):
    env.run("""
        import sys, types
        sys.modules["ghost"] = types.ModuleType("ghost")
        sys.modules["nothing"] = None
        class Odd:
            def __getattr__(self, name): raise RuntimeError(name)
        sys.modules["odd"] = Odd()
    """)
    assert env("1 + 1") == 2
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    assert env("m.x") == 2
    env.run("del sys.modules['odd'], sys.modules['nothing'], sys.modules['ghost']")
