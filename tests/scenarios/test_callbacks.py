"""What the interpreter and the standard library hold on to follows too."""

from tests.dsl import both


def edited(env, setup, old="1", new="2", text="def f(*args, **kwargs): return 1\n"):
    env["m.py"] = text
    env.run("import m")
    env.run(setup)
    env["m.py"].replace(f"return {old}", f"return {new}")


def test_a_method_caller_follows(env):
    edited(
        env,
        "import operator; call = operator.methodcaller('get'); c = m.C()",
        text="class C:\n    def get(self): return 1\n",
    )
    assert env("call(c)") == 2


def test_a_finalizer_follows(env):
    env["m.py"] = "got = []\ndef gone(): got.append('old')\n"
    env.run("""
        import m, weakref
        class Box: pass
        box = Box()
        end = weakref.finalize(box, m.gone)
    """)
    env["m.py"].replace("'old'", "'new'")
    env.run("del box; import gc; gc.collect()")
    assert env("m.got") == ["new"]


def test_a_signal_handler_follows(env):
    env["m.py"] = "got = []\ndef handler(number, frame): got.append('old')\n"
    env.run("import m, signal; before = signal.signal(signal.SIGUSR1, m.handler)")
    env["m.py"].replace("'old'", "'new'")
    env.run("signal.raise_signal(signal.SIGUSR1); signal.signal(signal.SIGUSR1, before)")
    assert env("m.got") == ["new"]


def test_a_logging_filter_and_handler_follow(env):
    env["m.py"] = """
        import logging
        got = []
        class Handler(logging.Handler):
            def emit(self, record): got.append("old " + record.getMessage())
        def keep(record): return record.getMessage() != "secret"
        log = logging.Logger("scenario")
        handler = Handler()
        handler.addFilter(keep)
        log.addHandler(handler)
    """
    env.run("import m; log = m.log; log.warning('a')")
    env["m.py"].replace('"old "', '"new "')
    env["m.py"].replace('"secret"', '"hidden"')
    env.run("log.warning('hidden'); log.warning('secret')")
    assert env("m.got, len(log.handlers)") == (["old a", "new secret"], 1)


def test_a_done_callback_of_a_future_follows(env):
    env["m.py"] = "got = []\ndef done(future): got.append('old')\n"
    env.run("import m, concurrent.futures as cf; future = cf.Future()")
    env.run("future.add_done_callback(m.done)")
    env["m.py"].replace("'old'", "'new'")
    env.run("future.set_result(1)")
    assert env("m.got") == ["new"]


@both
def test_a_task_that_calls_the_function_later_follows(env):
    env["m.py"] = "def step(): return 1\n"
    env.run("""
        import m, asyncio
        got = []
        async def work():
            for _ in range(2):
                got.append(m.step())
                await asyncio.sleep(0)
                await gate.wait()
        gate = asyncio.Event()
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
    """)
    env["m.py"].replace("1", "2")
    env.run("gate.set(); await task")
    assert env("got") == [1, 2]


def test_a_loop_callback_follows(env):
    env["m.py"] = "got = []\ndef ring(): got.append('old')\n"
    env.run("import m, asyncio; loop = asyncio.get_running_loop(); await asyncio.sleep(0)")
    env.run("handle = loop.call_later(0.05, m.ring); await asyncio.sleep(0)")
    env["m.py"].replace("'old'", "'new'")
    env.run("await asyncio.sleep(0.1)")
    assert env("m.got") == ["new"]


def test_an_exit_stack_s_callbacks_follow(env):
    env["m.py"] = "got = []\ndef end(x): got.append(('old', x))\n"
    env.run("import m, contextlib; stack = contextlib.ExitStack(); _ = stack.callback(m.end, 5)")
    env["m.py"].replace("'old'", "'new'")
    env.run("stack.close()")
    assert env("m.got") == [("new", 5)]


def test_a_defaultdict_factory_follows(env):
    edited(env, "import collections; d = collections.defaultdict(m.f)")
    assert env("d['x']") == 2


def test_a_dataclass_default_factory_follows(env):
    env["m.py"] = """
        from dataclasses import dataclass, field
        def make(): return [1]
        @dataclass
        class P:
            x: list = field(default_factory=make)
    """
    env.run("import m; P = m.P")
    env["m.py"].replace("return [1]", "return [2]")
    assert env("P().x") == [2]


def test_a_cmp_to_key_function_follows(env):
    env["m.py"] = "def order(a, b): return a - b\n"
    env.run("import m, functools; key = functools.cmp_to_key(m.order)")
    env["m.py"].replace("a - b", "b - a")
    assert env("sorted([1, 3, 2], key=key)") == [3, 2, 1]


def test_a_context_that_was_copied_runs_the_new_code(env):
    edited(env, "import contextvars; context = contextvars.copy_context(); f = m.f")
    assert env("context.run(f)") == 2


def test_a_pool_s_initializer_and_thread_local_follow(env):
    env["m.py"] = """
        import threading
        class Local(threading.local):
            def get(self): return 1
        local = Local()
    """
    env.run("import m; local = m.local")
    env["m.py"].replace("return 1", "return 2")
    assert env("local.get()") == 2


def test_a_re_substitution_function_follows(env):
    edited(
        env,
        "import re, functools; sub = functools.partial(re.sub, 'a', m.f)",
        "'x'",
        "'y'",
        "def f(match): return 'x'\n",
    )
    assert env("sub('banana')") == "bynyny"


def test_a_json_default_and_object_hook_follow(env):
    edited(
        env,
        "import json; encoder = json.JSONEncoder(default=m.f)",
        "'x'",
        "'y'",
        "def f(x): return 'x'\n",
    )
    assert env("encoder.encode(object())") == '"y"'


def test_a_weak_method_follows(env):
    env["m.py"] = "class C:\n    def get(self): return 1\n"
    env.run("import m, weakref; c = m.C(); ref = weakref.WeakMethod(c.get)")
    env["m.py"].replace("return 1", "return 2")
    assert env("ref()()") == 2


def test_a_generator_based_pipeline_follows_at_each_item(env):
    env["m.py"] = "def double(x): return x * 2\n"
    env.run("import m; running = (m.double(x) for x in [1, 2, 3]); held = map(m.double, [1, 2, 3])")
    env.run("first = next(running), next(held)")
    env["m.py"].replace("x * 2", "x * 20")
    assert env("first, list(running), list(held)") == ((2, 2), [40, 60], [40, 60])


def test_a_mock_s_side_effect_follows(env):
    edited(env, "from unittest import mock; double = mock.Mock(side_effect=m.f)")
    assert env("double()") == 2


def test_an_ipython_event_and_magic_of_the_user_follow(env):
    env["m.py"] = (
        "got = []\ndef on_cell(info): got.append('old')\ndef my_magic(line): return 'old'\n"
    )
    env.run("""
        import m
        ip = get_ipython()
        ip.events.register("pre_run_cell", m.on_cell)
        ip.register_magic_function(m.my_magic, magic_name="mine")
    """)
    env["m.py"].replace("'old'", "'new'")
    env.run("pass")
    env.run("m.got.clear()")
    env.run("ip.events.unregister('pre_run_cell', m.on_cell)")
    assert env("m.got") == ["new"]
    assert env("%mine") == "new"
