"""Tab offers modules, files and definitions where a magic takes them."""

from tests.dsl import both


def ready(env):
    env["shapes.py"] = "def area(r): return r\nclass Shape:\n    def describe(self): return 1\n"
    env["pkg/__init__.py"] = ""
    env["pkg/tools.py"] = "x = 1\n"
    env.run("import shapes, pkg.tools")


def offers(env, line, want):
    return any(each.strip().rstrip("/").endswith(want) for each in env.complete(line))


@both
def test_liveeval_offers_modules_after_m(env):
    ready(env)
    assert offers(env, "%liveeval -m ", "shapes")
    assert offers(env, "%liveeval -m sha", "shapes")
    assert offers(env, "%liveeval -m pkg.t", "tools")


def test_liveeval_offers_only_modules_that_fit(env):
    ready(env)
    assert not offers(env, "%liveeval -m sha", "pkg.tools")


def test_liveeval_offers_files_after_f(env):
    ready(env)
    assert offers(env, "%liveeval -f sha", "shapes.py")
    assert offers(env, "%liveeval -f pkg/to", "tools.py")


def test_liveeval_offers_names_of_the_notebook(env):
    env.run("a_long_name_of_mine = 1")
    assert offers(env, "%liveeval a_long_na", "a_long_name_of_mine")


def test_livereload_offers_modules(env):
    ready(env)
    assert offers(env, "%livereload sha", "shapes")
    assert offers(env, "%livereload --all sha", "shapes")


def test_livetrack_offers_modules_and_files(env):
    ready(env)
    assert offers(env, "%livetrack sha", "shapes") or offers(env, "%livetrack sha", "shapes.py")
    assert offers(env, "%livetrack --stop sha", "shapes") or offers(
        env, "%livetrack --stop sha", "shapes.py"
    )


def test_livedefs_offers_definitions(env):
    ready(env)
    assert offers(env, "%livedefs shapes:ar", "area")


def test_options_are_offered(env):
    ready(env)
    assert offers(env, "%livereload --a", "--all")
    assert offers(env, "%livetrack --s", "--stop")


def test_the_magics_themselves_are_offered(env):
    names = ("eval", "track", "defs", "diff", "reload", "undo")
    offered = [each.lstrip("%") for each in env.complete("%live")]
    assert [name for name in names if f"live{name}" not in offered] == []


def test_other_completion_works_as_before(env):
    env.run("import os\nmy_variable = 1")
    assert offers(env, "my_vari", "my_variable")
    assert offers(env, "os.getc", "getcwd")


def test_completion_is_gone_after_the_unload(env):
    ready(env)
    env.run("%unload_ext livecode")
    assert "%liveundo" not in env.complete("%liveun")
