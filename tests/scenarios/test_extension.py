"""Loading and unloading: everything works from load on, and everything is as before at the end."""

import builtins
import gc
import linecache
import sys
import threading

from tests.dsl import both


def fingerprint(shell):
    """Everything that an extension may hook into."""
    completers = shell.Completer.custom_completers
    return {
        "run_code": shell.run_code,
        "run_cell": shell.run_cell,
        "run_ast_nodes": shell.run_ast_nodes,
        "run_cell_async": shell.run_cell_async,
        "run_line_magic": shell.run_line_magic,
        "own": {k for k, v in vars(shell).items() if callable(v)},
        "compile": (type(shell.compile), set(vars(shell.compile))),
        "compile_cache": shell.compile.cache,
        "events": {name: list(each) for name, each in shell.events.callbacks.items()},
        "ast": list(shell.ast_transformers),
        "input": list(shell.input_transformers_cleanup),
        "input_post": list(shell.input_transformers_post),
        "magics": {kind: set(each) for kind, each in shell.magics_manager.magics.items()},
        "exc": (shell.CustomTB, shell.custom_exceptions),
        "showtraceback": shell.showtraceback,
        "matchers": list(shell.Completer.custom_matchers),
        "completers": {key for key, each in completers.strs.items() if each.chain},
        "patterns": {key for key, each in completers.regexs.items() if each.chain},
        "configurables": [each for each in shell.configurables if "Live" in type(each).__name__],
        "display_pub": type(shell.display_pub),
        "meta_path": list(sys.meta_path),
        "path_hooks": list(sys.path_hooks),
        "import": builtins.__import__,
        "build_class": builtins.__build_class__,
        "builtins": set(vars(builtins)),
        "excepthook": (sys.excepthook, sys.unraisablehook, threading.excepthook),
        "trace": (sys.gettrace(), sys.getprofile(), threading.gettrace()),
        "displayhook": sys.displayhook,
        "linecache": (linecache.checkcache, linecache.getlines, linecache.updatecache),
        "gc": list(gc.callbacks),
        "threads": set(threading.enumerate()),
    }


def test_unload_puts_everything_back(unloaded):
    env = unloaded
    env["m.py"] = "def f(): return 1\nclass C: pass\n"
    env.run("import m\ndef g(): return 1\n1")
    before = fingerprint(env.shell)
    env.load()
    env["m.py"].replace("1", "2")
    env.run("def g(): return 2\nm.f()")
    env.run("%liveeval 1")
    env.run("%unload_ext livecode")
    after = fingerprint(env.shell)
    changed = {name: after[name] for name in before if before[name] != after[name]}
    assert changed == {}


def test_no_trace_or_monitoring_stays_while_it_is_loaded(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    env.run("m.f()")
    assert (sys.gettrace(), sys.getprofile()) == (None, None)
    if sys.version_info >= (3, 12):
        assert sys.monitoring.get_tool(0) is None


@both
def test_nothing_is_followed_after_the_unload(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m\ndef g(): return 1")
    env.run("held = g")
    env.run("%unload_ext livecode")
    env["m.py"].replace("1", "2")
    env.run("def g(): return 2")
    assert env("m.f(), g(), held()") == (1, 2, 1)


def test_what_was_edited_goes_on_working_after_the_unload(env):
    env["m.py"] = """
        def make(n):
            step = 5
            def get(): return n
            return get
        class A:
            def get(self): return 1
        class B(A):
            def get(self): return 0
        def deco(f): return lambda: f() * 2
        def f(): return 1
    """
    env.run("import m; one, b, f = m.make(1), m.B(), m.f")
    env["m.py"].replace("return n", "return n + step")
    env["m.py"].replace("return 0", "return super().get() + 1")
    env["m.py"].replace("def f(): return 1", "@deco\ndef f(): return 1")
    assert env("one(), b.get(), m.f()") == (6, 2, 2)
    env.run("%unload_ext livecode")
    assert env("one(), b.get(), m.f(), m.make(2)()") == (6, 2, 2, 7)


@both
def test_it_can_be_loaded_again(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env.run("%unload_ext livecode")
    env.run("%load_ext livecode")
    env["m.py"].replace("1", "2")
    assert env("g()") == 2


def test_loading_twice_is_loading_once(env):
    env["m.py"] = "log = []\nx = 1\n"
    env.run("import m")
    env.run("%load_ext livecode")
    env["m.py"] = "log = []\nx = log.append(1) or 2\n"
    assert env("m.x, m.log") == (2, [1])


def test_reload_ext_goes_on(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m; g = m.f")
    env["m.py"].replace("1", "2")
    env.run("pass")
    env.run("%reload_ext livecode")
    env["m.py"].replace("2", "3")
    assert env("g()") == 3
    env.run("def h(): return 1", id="a")
    env.run("k = h")
    env.run("def h(): return 2", id="a")
    assert env("k()") == 2


def test_cells_run_before_the_load_are_followed_from_their_next_run(unloaded):
    env = unloaded
    env.run("def f(): return 1\nclass C:\n    def get(self): return 1")
    env.run("g, c = f, C()")
    env.load()
    env.run("def f(): return 2\nclass C:\n    def get(self): return 2", id="a")
    assert env("f(), C().get()") == (2, 2)
    env.run("g, c = f, C()")
    env.run("def f(): return 3\nclass C:\n    def get(self): return 3", id="a")
    assert env("g(), c.get()") == (3, 3)


def test_two_shells_are_apart(env, profile, tmp_path_factory):
    from tests.dsl import ShellEnv

    env.run("def f(): return 1", id="a")
    env.run("g = f")
    other = ShellEnv(tmp_path_factory.mktemp("other"), profile)
    try:
        other.load()
        other.run("def f(): return 'other'", id="a")
        assert other("f()") == "other"
    finally:
        other.close()
    assert env("f(), g()") == (1, 1)


def test_the_session_is_a_configurable_on_the_shell(env):
    from traitlets.config import Configurable

    assert isinstance(env.shell.livecode, Configurable)
    assert type(env.shell.livecode).__name__ == "LiveCode"
    env.run("%config LiveCode")
    assert "cell_removals" in env.output


def test_reset_of_the_namespace_is_survived(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m\ndef g(): return 1", id="a")
    env.run("%reset -f")
    env.run("import m\ndef g(): return 2", id="a")
    env["m.py"].replace("1", "2")
    assert env("m.f(), g()") == (2, 2)


def test_the_last_report_and_the_earlier_ones_are_kept(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    env.run("pass")
    first = env.report
    env["m.py"].replace("2", "3")
    env.run("pass")
    assert env.report is not first
    assert list(env.shell.livecode.reports)[-2:] == [first, env.report]
