"""All of an edit or none of it, and the failure says where and why."""

import pytest

from tests.dsl import both

STATE = """
    import helper
    a = 1
    b = [1]
    def f(x=1): return x, a
    class C:
        kind = "old"
        def get(self): return "old"
    def removed(): return 1
"""
LOOK = (
    "m.a, m.b, m.f(), m.C.kind, c.get(), m.removed(), f(), f is m.f, type(c) is m.C, "
    "hasattr(m, 'added'), hasattr(m.C, 'extra'), sorted(vars(m.C)) == members"
)
BEFORE = (1, [1], (1, 1), "old", "old", 1, (1, 1), True, True, False, False, True)
AFTER = """
    import helper
    a = 2
    b = [2]
    def f(x=2): return x, a, "new"
    class C:
        kind = "new"
        def get(self): return "new"
        def extra(self): return 1
    added = 1
"""


def start(env):
    env["helper.py"] = "def fail(): raise ValueError('helper says no')\n"
    env["m.py"] = STATE
    env.run("import m; f, c, members = m.f, m.C(), sorted(vars(m.C))")


@both
def test_a_statement_that_fails_at_the_end_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER + "    helper.fail()\n"
    env.run("pass")
    assert "ValueError" in env.output and "helper says no" in env.output
    assert env(LOOK) == BEFORE
    env["m.py"] = AFTER
    assert env("m.a, m.b, m.f(), c.get(), c.extra(), m.added, hasattr(m, 'removed')") == (
        (2, [2], (2, 2, "new"), "new", 1, 1, False)
    )


def test_a_decorator_that_fails_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER.replace("def f(", "@helper.fail\n    def f(")
    assert env(LOOK) == BEFORE


def test_a_default_value_that_fails_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER.replace("x=2", "x=helper.fail()")
    assert env(LOOK) == BEFORE


def test_a_class_body_that_fails_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER.replace('kind = "new"', "kind = helper.fail()")
    assert env(LOOK) == BEFORE


def test_a_set_name_that_fails_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER.replace(
        'kind = "new"',
        'kind = type("D", (), {"__set_name__": lambda *_: helper.fail()})()',
    )
    assert env(LOOK) == BEFORE


def test_a_new_class_that_fails_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER + "    class Bad(5): pass\n"
    assert env(LOOK) == BEFORE


def test_a_failing_import_puts_everything_back(env):
    start(env)
    env["m.py"] = AFTER + "    import not_there_at_all\n"
    assert env(LOOK) == BEFORE


def test_a_failing_new_module_puts_everything_back(env):
    start(env)
    env["broken.py"] = "1 / 0\n"
    env["m.py"] = AFTER + "    import broken\n"
    assert env(LOOK) == BEFORE
    env["broken.py"] = "x = 1  # another size than before: Python's bytecode cache sees it\n"
    env["m.py"].append("# saved again\n")
    assert env("m.a, m.broken.x") == (2, 1)


def test_the_file_is_tried_again_at_the_next_save_not_at_the_next_cell(env):
    env["m.py"] = "tries = []\nx = 1\n"
    env.run("import m")
    env["m.py"] = "tries = []\nx = tries.append(1) or 1 / 0\n"
    env.run("pass")
    env.run("pass")
    env.run("pass")
    assert env("len(m.tries), m.x") == (1, 1)
    env["m.py"].append("# again\n")
    env.run("pass")
    assert env("len(m.tries), m.x") == (2, 1)


def test_a_cause_that_goes_away_is_seen_at_the_next_save(env):
    start(env)
    env["m.py"] = AFTER + "    y = helper.value\n"
    assert env("m.a") == 1
    env["helper.py"].append("value = 5\n")
    env["m.py"].append("# saved again\n")
    assert env("m.a, m.y") == (2, 5)


def test_a_failing_file_holds_back_the_changed_files_that_import_it(env):
    env.save(a="x = 1\n", b="import a\ny = 1\n", c="z = 1\n")
    env.run("import a, b, c")
    env.save(a="x = 2\n1 / 0\n", b="import a\ny = 2\n", c="z = 2\n")
    assert env("a.x, b.y, c.z") == (1, 1, 2)
    env.save(a="x = 3\n")
    assert env("a.x, b.y, c.z") == (3, 2, 2)


def test_a_file_that_is_only_imported_by_the_failing_one_goes_on(env):
    env.save(a="x = 1\n", b="import a\ny = 1\n")
    env.run("import a, b")
    env.save(a="x = 2\n", b="import a\ny = 2\n1 / 0\n")
    assert env("a.x, b.y") == (2, 1)
    assert env.mentions("failed", "b") or any("b" in name for name in env.named("failed"))


def test_a_file_that_does_not_parse_waits_by_itself(env):
    env.save(a="x = 1\n", b="import a\ny = 1\n", c="z = 1\n")
    env.run("import a, b, c")
    env.save(a="x = = 2\n", b="import a\ny = 2\n", c="z = 2\n")
    assert env("a.x, b.y, c.z") == (1, 2, 2)


def test_importers_keep_their_names_when_the_edit_fails(env):
    env.save(m="x = 1\ndef f(): return 1\n", n="from m import x, f\n")
    env.run("import m, n\nfrom m import x, f")
    env["m.py"] = "x = 2\n1 / 0\n"
    assert env("m.x, n.x, x, n.f(), f()") == (1, 1, 1, 1, 1)


def test_a_cache_is_not_cleared_when_the_edit_fails(env):
    env["m.py"] = "import functools\n@functools.cache\ndef f(x): return x\n"
    env.run("import m; m.f(1)")
    env["m.py"].replace("return x", "return -x")
    env["m.py"].append("1 / 0\n")
    assert env("m.f.cache_info().currsize, m.f(2)") == (1, 2)


def test_lines_are_right_after_a_failed_edit(env):
    """The text on disk has moved, the code that runs has not: it shows its own lines."""
    env["m.py"] = "def f():\n    return 1 / 0\n"
    env.run("import m")
    env["m.py"] = "# one\n# two\ndef f():\n    return 1 / 0\n[][0]\n"
    env.run("pass")
    env["m.py"] = "# one\ndef f():\n    return 1 / 0\n"
    assert env.lines("m.f()", "m.py") == [3]


def test_side_effects_on_unchanged_objects_are_said_not_hidden(env):
    """A statement that ran before the failure may have changed a list for good."""
    env["m.py"] = "log = []\nx = 1\n"
    env.run("import m")
    env["m.py"] = "log = []\nx = log.append('ran') or 2\n1 / 0\n"
    env.run("pass")
    assert env("m.x, m.log") == (1, ["ran"])
    assert env.named("failed") != []


def test_a_failed_edit_reports_nothing_as_applied(env):
    start(env)
    env["m.py"] = AFTER + "    helper.fail()\n"
    env.run("pass")
    assert (env.named("applied"), env.named("failed") != []) == ([], True)
    assert env.evaluate("get_ipython().livecode.report.ok") is False


def test_the_report_names_what_was_applied_moved_and_removed(env):
    env["m.py"] = "def f(): return 1\ndef g(): return 1\ndef h(): return 1\nx = 1\n"
    env.run("import m")
    env["m.py"] = "# top\n# of it\ndef f(): return 2\ndef h(): return 1\nx = 1\ny = 2\n"
    env.run("pass")
    assert env.mentions("applied", "m:f") and env.mentions("applied", "m:y")
    assert env.mentions("moved", "m:h") and env.mentions("removed", "m:g")
    assert not env.mentions("applied", "m:h") and not env.mentions("applied", "m:x")
    assert env.evaluate("get_ipython().livecode.report.ok") is True


def test_definitions_that_move_between_files_are_there_once(env):
    env.save(a="def f(): return 1\nx = 1\n", b="y = 1\n")
    env.run("import a, b; held = a.f")
    env.save(a="x = 1\n", b="y = 1\ndef f(): return 1\n")
    assert env("hasattr(a, 'f'), b.f(), held()") == (False, 1, 1)
    assert env("b.f.__module__") == "b"


def test_a_class_that_moves_between_files_keeps_working(env):
    env.save(a="class C:\n    def get(self): return 1\nx = 1\n", b="y = 1\n")
    env.run("import a, b; c = a.C()")
    env.save(a="x = 1\n", b="y = 1\nclass C:\n    def get(self): return 2\n")
    assert env("hasattr(a, 'C'), b.C().get()") == (False, 2)
    assert env("c.get()") in (1, 2)


def test_after_a_failure_other_edits_of_the_file_are_not_lost(env):
    start(env)
    env["m.py"] = AFTER + "    helper.fail()\n"
    env.run("pass")
    env["m.py"] = AFTER + "    later = 1\n"
    assert env("m.a, m.later, c.get()") == (2, 1, "new")


def test_a_bad_hook_of_a_class_decorator_in_a_cell_leaves_the_old_class(env):
    env.run("class C:\n    def get(self): return 1", id="a")
    env.run("c = C()\ndef bad(cls): raise ValueError('no')")
    env.fails("@bad\nclass C:\n    def get(self): return 2", "ValueError", id="a")
    assert env("c.get(), isinstance(c, C)") == (1, True)


@pytest.mark.parametrize(
    "broken", ["y = (\n", "y = 1 / 0\n", "import no_such_module\ny = 5\n"], ids=str.split
)
def test_a_file_is_tried_again_when_a_module_that_it_imports_first_is_repaired(env, broken):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["fresh.py"] = broken
    env["m.py"] = "import fresh\nx = fresh.y\n"
    assert env("m.x") == 1
    assert "held back" in env.output
    env.run("pass")
    assert env.output == ""
    env["fresh.py"] = "y = 2  # now it is good\n"
    assert env("m.x") == 2
    env["fresh.py"].replace("y = 2", "y = 3")
    assert env("m.fresh.y, m.x") == (3, 3)


def test_a_file_is_tried_again_when_a_module_that_was_missing_is_there(env):
    env["m.py"] = "x = 1\n"
    env["n.py"] = "import m\ny = m.x\n"
    env.run("import n, m")
    env.save(m="import pkg.sub\nx = pkg.sub.y\n", n="import m\ny = m.x + 1\n")
    assert env("m.x, n.y") == (1, 1)
    env["pkg/__init__.py"] = ""
    assert env("m.x, n.y") == (1, 1)
    env["pkg/sub.py"] = "y = 2\n"
    assert env("m.x, n.y") == (2, 3)


def test_a_file_is_tried_again_when_the_module_behind_a_new_module_is_repaired(env):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env.save(fresh="import deeper\ny = deeper.z\n", deeper="z = nope\n")
    env["m.py"] = "import fresh\nx = fresh.y\n"
    assert env("m.x") == 1
    env["deeper.py"] = "z = 5  # good\n"
    assert env("m.x") == 5
