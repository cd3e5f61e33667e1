"""Hooks: before and after an edit, in the package and in a module; state kept by ``once``."""

from tests.dsl import both


@both
def test_after_edit_is_called_with_the_report(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("""
        import m, livecode
        seen = []
        @livecode.after_edit
        def hook(report): seen.append([entry.name for entry in report.applied])
    """)
    env["m.py"].replace("1", "2")
    env.run("pass")
    assert env("seen") == [["m:f"]]


def test_a_hook_may_take_nothing(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("""
        import m, livecode
        seen = []
        @livecode.before_edit
        def before(): seen.append(("before", m.f()))
        @livecode.after_edit
        def after(): seen.append(("after", m.f()))
    """)
    env["m.py"].replace("1", "2")
    env.run("pass")
    assert env("seen") == [("before", 1), ("after", 2)]


def test_before_edit_runs_before_anything_is_live(env):
    env["m.py"] = "x = 1\ndef f(): return 1\n"
    env.run("""
        import m, livecode
        seen = []
        @livecode.before_edit
        def hook(report): seen.append((m.x, m.f()))
    """)
    env["m.py"].replace("1", "2")
    assert env("m.x, m.f(), seen") == (2, 2, [(1, 1)])


def test_a_hook_that_raises_before_keeps_everything(env):
    env["m.py"] = "x = 1\ndef f(): return 1\n"
    env.run("""
        import m, livecode
        @livecode.before_edit
        def hook(report): raise ValueError("the hook says no")
    """)
    env["m.py"].replace("1", "2")
    env.run("pass")
    assert "the hook says no" in env.output
    assert env("m.x, m.f()") == (1, 1)


def test_a_hook_that_raises_after_puts_everything_back(env):
    env["m.py"] = "x = 1\ndef f(): return 1\n"
    env.run("""
        import m, livecode
        fail = True
        @livecode.after_edit
        def hook(report):
            if fail: raise ValueError("the hook says no")
    """)
    env["m.py"].replace("1", "2")
    env.run("pass")
    assert "the hook says no" in env.output
    assert env("m.x, m.f()") == (1, 1)
    env.run("fail = False")
    env["m.py"].replace("2", "3")
    assert env("m.x, m.f()") == (3, 3)


def test_a_hook_defined_again_is_called_once(env):
    env["m.py"] = "x = 1\n"
    text = "import livecode\n@livecode.after_edit\ndef hook(report): seen.append({})\n"
    env.run("import m; seen = []")
    env.run(text.format(1), id="a")
    env.run(text.format(2), id="a")
    env.run("seen.clear()")
    env["m.py"].replace("1", "2")
    env.run("pass")
    assert env("seen") == [2]


def test_decorating_gives_the_function_back(env):
    env.run("import livecode\n@livecode.after_edit\ndef hook(): return 'mine'")
    assert env("hook()") == "mine"


def test_hooks_are_quiet_when_nothing_is_edited(env):
    env.run("""
        import livecode
        seen = []
        @livecode.after_edit
        def hook(): seen.append(1)
    """)
    env.run("seen.clear()")
    env.run("1")
    env.run("2")
    assert env("seen") == []


def test_hooks_are_gone_after_the_unload(env):
    env["m.py"] = "x = 1\n"
    env.run("""
        import m, livecode
        seen = []
        @livecode.after_edit
        def hook(): seen.append(1)
    """)
    env.run("%unload_ext livecode")
    env.run("%load_ext livecode")
    env.run("seen.clear()")
    env["m.py"].replace("1", "2")
    assert env("m.x, seen") == (2, [])


@both
def test_a_module_s_own_hooks_are_called_around_its_edit(env):
    env["m.py"] = """
        seen = []
        x = 1
        def __before_reload__(): seen.append(("before", x))
        def __after_reload__(): seen.append(("after", x))
    """
    env["other.py"] = "y = 1\n"
    env.run("import m, other")
    env["other.py"].replace("1", "2")
    assert env("m.seen") == []
    env["m.py"].replace("x = 1", "x = 2")
    assert env("m.seen") == [("before", 1), ("after", 2)]


def test_a_module_s_hook_that_is_new_is_called_after_its_own_edit(env):
    env["m.py"] = "seen = []\nx = 1\n"
    env.run("import m")
    env["m.py"].append("def __after_reload__(): seen.append(x)\n")
    env.run("pass")
    assert env("m.seen") == [1]


def test_a_module_s_hook_that_raises_puts_everything_back(env):
    env["m.py"] = "x = 1\ndef __after_reload__():\n    if x == 2: raise ValueError('two')\n"
    env.run("import m")
    env["m.py"].replace("x = 1", "x = 2")
    env.run("pass")
    assert "two" in env.output
    assert env("m.x") == 1
    env["m.py"].replace("x = 2", "x = 3")
    assert env("m.x") == 3


def test_hooks_see_cells_too(env):
    env.run("""
        import livecode
        seen = []
        @livecode.after_edit
        def hook(report): seen.extend(entry.name for entry in report.applied)
    """)
    env.run("def f(): return 1", id="a")
    env.run("seen.clear()")
    env.run("def f(): return 2", id="a")
    assert env("[name for name in seen if name.endswith(':f')]") == ["__main__:f"]


def test_once_gives_the_value(env):
    env["m.py"] = "import livecode\nstate = livecode.once([1])\n"
    env.run("import m, livecode; x = livecode.once(5)")
    assert env("m.state, x") == ([1], 5)


@both
def test_once_keeps_state_that_even_all_keeps(env):
    env["m.py"] = """
        from livecode import once
        made, plain = [], []
        kept = once(object())
        def make(): return object()
        lost = make()
    """
    env.run("import m; kept, lost = m.kept, m.lost")
    env.run("%livereload --all m")
    assert env("m.kept is kept, m.lost is lost") == (True, False)


def test_once_is_not_evaluated_again_in_a_cell_or_file(env):
    env["m.py"] = """
        import livecode
        calls = livecode.once([])
        kept = livecode.once(calls.append(1) or "kept")
        def f(): return 1
    """
    env.run("import m")
    env.run("%livereload --all m")
    env.run("%livereload --all m")
    assert env("m.calls, m.kept, m.f()") == ([1], "kept", 1)
