"""The other magics: what is tracked and defined, what waits, doing it again, taking it back."""

import pytest

from tests.dsl import both

MODULE = """
    rate = 2
    def area(r): return rate * r
    class Shape:
        sides = 0
        def describe(self): return "old"
"""


def loaded(env):
    env["m.py"] = MODULE
    env.run("import m; s, area = m.Shape(), m.area")


@both
def test_livetrack_lists_what_is_tracked(env):
    loaded(env)
    env.run("%livetrack")
    assert "m.py" in env.output and "json" not in env.output


def test_livetrack_stop_leaves_a_module_alone(env):
    loaded(env)
    env.run("%livetrack --stop m")
    env["m.py"].replace("rate * r", "-r")
    assert env("area(1)") == 2
    env.run("%livetrack")
    assert not any(row.split()[:1] == ["m"] for row in env.output.splitlines())


def test_livetrack_begins_again(env):
    loaded(env)
    env.run("%livetrack --stop m")
    env.run("%livetrack m")
    env["m.py"].replace("rate * r", "-r")
    assert env("area(1)") == -1


def test_livetrack_takes_a_path(env):
    loaded(env)
    env.run(f"%livetrack --stop {env['m.py']}")
    env["m.py"].replace("rate * r", "-r")
    assert env("area(1)") == 2
    env.run("%livetrack m.py")
    env["m.py"].replace("-r", "-r * 10")
    assert env("area(1)") == -10


def test_livetrack_takes_a_glob(env):
    env["pkg/__init__.py"] = ""
    env["pkg/a.py"] = "def f(): return 1\n"
    env["pkg/b.py"] = "def f(): return 1\n"
    env["m.py"] = "def f(): return 1\n"
    env.run("import pkg.a, pkg.b, m")
    env.run("%livetrack --stop pkg.*")
    for name in ("pkg/a.py", "pkg/b.py", "m.py"):
        env[name].replace("1", "2")
    assert env("pkg.a.f(), pkg.b.f(), m.f()") == (1, 1, 2)


def test_livetrack_of_an_unknown_name_says_so(env):
    assert "no_such_thing" in env.message("%livetrack no_such_thing")


@both
def test_livedefs_lists_definitions_with_kind_source_and_line(env):
    loaded(env)
    rows = env.rows("%livedefs")
    for name, kind, line in (("area", "function", 2), ("Shape", "class", 3)):
        row = next(row for row in rows if f"m:{name}" in row)
        assert kind in row and "m.py" in row and str(line) in row.split(), name
    assert any("m:Shape.describe" in row for row in rows)


def test_livedefs_follows_lines_and_revisions(env):
    loaded(env)
    env.run("%livedefs *area*")
    first = env.output
    env["m.py"].prepend("# a comment\n")
    env["m.py"].replace("rate * r", "r")
    env.run("pass")
    env.run("%livedefs *area*")
    assert env.output != first and "3" in env.output


def test_livedefs_after_an_undo_has_the_revision_of_before(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    for old in (1, 2):
        env["m.py"].replace(f"return {old}", f"return {old + 1}")
        env.run("pass")
    assert env.rows("%livedefs")[-1].split()[-1] == "3"
    env.run("%liveundo")
    assert env.rows("%livedefs")[-1].split()[-1] == "2"
    env.run("%liveundo")
    assert env.rows("%livedefs")[-1].split()[-1] == "1"


def test_livedefs_takes_a_pattern(env):
    loaded(env)
    env.run("%livedefs *describe*")
    assert "describe" in env.output and "area" not in env.output


def test_livedefs_lists_cells(env):
    env.run("def from_a_cell(): return 1", id="a")
    env.run("%livedefs")
    assert "from_a_cell" in env.output


def test_livedefs_without_a_match_says_so(env):
    loaded(env)
    env.message("%livedefs no_such_*")


def test_livediff_shows_what_waits_and_does_not_do_it(env):
    loaded(env)
    env["m.py"].replace("rate * r", "-r")
    env["m.py"].append("def fresh(): return 1\n")
    env.run("%livediff")
    assert "area" in env.output and "fresh" in env.output and "describe" not in env.output
    assert env.ns["m"].area(1) == 2
    assert not hasattr(env.ns["m"], "fresh")
    assert env("area(1), m.fresh()") == (-1, 1)


def test_livediff_says_that_nothing_waits(env):
    loaded(env)
    env.message("%livediff")


def test_livediff_shows_what_waits_for_a_cure(env):
    loaded(env)
    env["m.py"] = "def area(:\n"
    env.run("pass")
    assert "m" in env.message("%livediff")


def test_livereload_without_all_evaluates_only_what_changed(env):
    loaded(env)
    env.run("m.rate = 9")
    env.run("%livereload m")
    assert env("m.rate") == 9


@both
def test_livereload_all_evaluates_everything_and_keeps_identities(env):
    loaded(env)
    env.run("m.rate = 9; m.Shape.sides = 9; held = m.Shape")
    env.run("%livereload --all m")
    assert env("m.rate, s.sides, m.area is area, m.Shape is held, isinstance(s, m.Shape)") == (
        (2, 0, True, True, True)
    )


def test_livereload_all_leaves_no_duplicate_registrations(env):
    env["m.py"] = "seen = []\ndef reg(f): seen.append(f); return f\n@reg\ndef f(): return 1\n"
    env.run("import m; f = m.f")
    env.run("%livereload --all m")
    assert env("len(m.seen), m.seen[0] is m.f is f") == (1, True)


def test_livereload_takes_back_what_was_sent_by_hand(env):
    loaded(env)
    env.run("m.area.__code__ = (lambda r: 'patched').__code__")
    env.run("%livereload --all m")
    assert env("area(1)") == 2


def test_livereload_applies_an_emptied_file_on_purpose(env):
    loaded(env)
    env["m.py"] = ""
    env.run("pass")
    assert env("hasattr(m, 'area')") is True
    env.run("%livereload m")
    assert env("hasattr(m, 'area'), hasattr(m, 'Shape')") == (False, False)


def test_livereload_tries_a_failed_file_again(env):
    env["helper.py"] = "ready = []\n"
    env["m.py"] = "x = 1\n"
    env.run("import m, helper")
    env["m.py"] = "import helper\nx = helper.ready[0]\n"
    assert env("m.x") == 1
    env.run("helper.ready.append(2)")
    assert env("m.x") == 1
    env.run("%livereload m")
    assert env("m.x") == 2


def test_livereload_of_an_unknown_module_says_so(env):
    assert "no_such_module" in env.message("%livereload no_such_module")


def test_livereload_of_a_failing_module_changes_nothing(env):
    env["m.py"] = "state = {}\nx = 1\ndef f(): return 1\ny = 1 / len('a')\n"
    env.run("import m; m.state['k'] = 1; m.x = 5")
    env.run("m.len = lambda _: 0")
    env.run("%livereload --all m")
    assert "ZeroDivisionError" in env.output
    assert env("m.state, m.x") == ({"k": 1}, 5)


@both
def test_liveundo_takes_an_edit_of_a_file_back(env):
    loaded(env)
    env["m.py"].replace("rate * r", "-r")
    assert env("area(1)") == -1
    env.run("%liveundo")
    assert env("area(1), m.area is area") == (2, True)


def test_liveundo_stays_until_the_file_is_saved_with_another_text(env):
    loaded(env)
    env["m.py"].replace("rate * r", "-r")
    env.run("pass")
    env.run("%liveundo")
    env.run("pass")
    assert env("area(1)") == 2
    env["m.py"].replace("-r", "-r * 10")
    assert env("area(1)") == -10


def test_liveundo_brings_back_everything_an_edit_did(env):
    loaded(env)
    env.run("from m import rate as r")
    env["m.py"] = """
        rate = 50
        class Shape:
            extra = 1
            def describe(self): return "new"
        added = 1
    """
    assert env("s.describe(), s.extra, r, m.added, hasattr(m, 'area')") == (
        ("new", 1, 50, 1, False)
    )
    env.run("%liveundo")
    assert env("s.describe(), hasattr(s, 'extra'), s.sides, r, hasattr(m, 'added'), m.rate") == (
        ("old", False, 0, 2, False, 2)
    )
    assert env("m.area is area, area(1)") == (True, 2)


def test_liveundo_keeps_the_state_that_the_edit_did_not_touch(env):
    loaded(env)
    env.run("m.state = {'k': 1}; m.rate = 77")
    env["m.py"].replace('"old"', '"new"')
    env.run("pass")
    env.run("%liveundo")
    assert env("m.state, m.rate, s.describe()") == ({"k": 1}, 77, "old")


def test_liveundo_takes_several_edits_back(env):
    loaded(env)
    for number in (3, 4, 5):
        env["m.py"] = MODULE.replace("rate * r", f"{number} * r")
        assert env("area(1)") == number
    env.run("%liveundo 2")
    assert env("area(1)") == 3
    env.run("%liveundo")
    assert env("area(1)") == 2


@both
def test_liveundo_takes_a_cell_s_definitions_back(env):
    env.run("def f(): return 1\nclass C:\n    def get(self): return 1", id="a")
    env.run("g, c = f, C()")
    env.run("def f(): return 2\nclass C:\n    def get(self): return 2", id="a")
    env.run("%liveundo")
    assert env("f(), g(), c.get(), f is g") == (1, 1, 1, True)


def test_liveundo_takes_a_closure_s_change_back(env):
    env["m.py"] = "def make(n):\n    step = 5\n    def get(): return n\n    return get\n"
    env.run("import m; one = m.make(1)")
    env["m.py"].replace("return n", "return n + step")
    assert env("one()") == 6
    env.run("%liveundo")
    assert env("one(), m.make(2)()") == (1, 2)


def test_liveundo_with_nothing_to_undo_says_so(env):
    env.message("%liveundo")


def test_liveundo_brings_a_removed_name_back_to_its_importers(env):
    env.save(m="def f(): return 1\ny = 1\n", n="from m import f\n")
    env.run("import m, n")
    env["m.py"] = "y = 1\n"
    assert env("hasattr(m, 'f'), hasattr(n, 'f')") == (False, False)
    env.run("%liveundo")
    assert env("m.f(), n.f()") == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "%livetrack --no-such-option",
        "%livedefs --no-such-option",
        "%livediff --no-such-option",
        "%livereload --no-such-option",
        "%liveundo x",
        "%liveundo 0",
        "%liveundo -3",
        "%liveundo 1 2",
        "%livedefs a b c",
    ],
)
def test_a_wrong_argument_gives_a_usage_line(env, text):
    env.usage(text)


@pytest.mark.parametrize(
    "name", ["liveeval", "livetrack", "livedefs", "livediff", "livereload", "liveundo"]
)
def test_every_magic_has_help(env, name):
    env.run(f"%{name}?")
    assert f"%{name}" in env.output
    help_of = env.shell.magics_manager.magics["line"][name].__doc__
    assert help_of and len(help_of.strip().splitlines()) > 2


def test_magics_work_before_anything_was_defined_or_imported(env):
    for name in ("livetrack", "livedefs", "livediff", "livereload", "liveundo"):
        output = env.attempt(f"%{name}")
        assert "Traceback (" not in output, output
