"""Breaks in other threads, values that are owed, edits that are held, and code that is to be plain."""

from __future__ import annotations

import time

from tests.dsl import both

WORK = """
    import threading
    done = []
    def work(n):
        for i in range(3):
            done.append(10 / (n - i))
    def start(n):
        thread = threading.Thread(target=work, args=(n,))
        thread.start()
        return thread
"""


def until(env, expression):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if env(expression):
            return
        time.sleep(0.02)
    raise AssertionError(f"{expression} does not come true: {env.output}")


def test_a_failure_in_another_thread_is_as_in_plain_python(env):
    env.run(WORK)
    env.run("threading.excepthook, before = (lambda each: None), threading.excepthook")
    env.run("t = start(1); t.join(5)")
    assert env("t.is_alive(), done") == (False, [10.0])
    assert "No break is open" in env.attempt("%breaks")
    env.run("threading.excepthook = before")


@both
def test_a_thread_waits_and_is_resumed_from_the_shell(env):
    env.run(WORK)
    env.run("%config LiveCode.break_threads = True")
    env.run("t = start(1)")
    until(env, "len(get_ipython().livecode.breaks.open) == 1")
    assert "thread Thread" in env.attempt("%breaks")
    env.run("%resume skip")
    env.run("t.join(5)")
    assert env("t.is_alive(), done") == (False, [10.0, -10.0])


def test_a_thread_goes_on_in_edited_code(env):
    env.run(WORK, id="work")
    env.run("%config LiveCode.break_threads = True")
    env.run("t = start(1)")
    until(env, "len(get_ipython().livecode.breaks.open) == 1")
    env.run(
        WORK.replace("10 / (n - i)", "10 / (n - i or 5)").replace("done = []", "done"), id="work"
    )
    env.run("%resume")
    env.run("t.join(5)")
    assert env("t.is_alive(), done") == (False, [10.0, 2.0, -10.0])


def test_a_thread_that_waits_is_unwound_by_the_unload(env):
    env.run(WORK)
    env.run("threading.excepthook, before = (lambda each: None), threading.excepthook")
    env.run("%config LiveCode.break_threads = True")
    env.run("t = start(1)")
    until(env, "len(get_ipython().livecode.breaks.open) == 1")
    env.run("%unload_ext livecode")
    env.run("t.join(5)")
    assert env("t.is_alive(), done") == (False, [10.0])
    env.run("threading.excepthook = before")


OLD = "class P:\n    def __init__(self, x):\n        self.x = x\ndef use(p): return p.x\n"
NEW = (
    "class P:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n"
    "def use(p): return p.x + p.y\n"
)


def owed(env):
    env["m.py"] = OLD
    env.run("import m; ps = [m.P(n) for n in range(3)]")
    env["m.py"] = NEW
    env.run("pass")


@both
def test_an_attribute_that_is_owed_is_paid_from_the_break(env):
    owed(env)
    env.fails("r = m.use(ps[1])", "AttributeError")
    assert "default EXPR" in env.output
    env.run("%resume default self.x * 10 + len(old)")
    assert env("r, [p.y for p in ps]") == (12, [1, 11, 21])
    assert env.attempt("%livecheck").count("owed") == 0
    env.run("%liveundo")
    assert env("[sorted(vars(p)) for p in ps]") == [["x"]] * 3


def test_reinit_pays_what_a_break_is_about(env):
    owed(env)
    env.fails("r = m.use(ps[1])", "AttributeError")
    env["m.py"].replace("def use", "    def __reinit__(self, old): self.y = 5\ndef use")
    env.run("%resume")
    assert env("r, [p.y for p in ps]") == (6, [5, 5, 5])


def test_an_expression_that_fails_pays_nothing(env):
    owed(env)
    env.fails("m.use(ps[1])", "AttributeError")
    env.fails("%resume default 1 / self.x", "ZeroDivisionError")
    assert env("[hasattr(p, 'y') for p in ps]") == [False] * 3
    assert "Level 1" in env.attempt("%breaks")


def hold(env):
    env["m.py"] = OLD
    env.run("import m; ps = [m.P(n) for n in range(3)]")
    env.run("%config LiveCode.migration = 'hold'")
    env["m.py"] = NEW
    env.run("pass")
    assert "Held back: m" in env.attempt("%breaks")


@both
def test_a_held_edit_is_answered_by_a_default(env):
    hold(env)
    env.run("%resume default self.x + 1")
    assert env("[p.y for p in ps], m.use(ps[2])") == ([1, 2, 3], 5)
    assert "Held" not in env.attempt("%breaks")


def test_a_held_edit_stays_held_if_the_value_cannot_be_given(env):
    hold(env)
    env.fails("%resume default nope", "NameError")
    assert env("m.use(ps[2]), [sorted(vars(p)) for p in ps]") == (2, [["x"]] * 3)
    assert "Held back: m" in env.attempt("%breaks")
    env.run("%resume default 7")
    assert env("[p.y for p in ps]") == [7, 7, 7]


def test_a_held_edit_is_applied_with_the_values_owed(env):
    hold(env)
    env.run("%resume skip")
    assert env("[hasattr(p, 'y') for p in ps]") == [False] * 3
    assert env("m.P(1, 2).y") == 2
    assert "owed" in env.attempt("%livecheck")


def test_a_held_edit_is_dropped(env):
    hold(env)
    env.run("%resume abort")
    assert "Held" not in env.attempt("%breaks")
    assert env("m.use(ps[2])") == 2
    env["m.py"].append("# once more\n")
    env.run("pass")
    assert "Held back: m" in env.attempt("%breaks")


OLD_CELL = """
    class P:
        def __init__(self, x):
            self.x = x
"""
NEW_CELL = """
    made.append(1)
    class P:
        def __init__(self, x, y):
            self.x = x
            self.y = y
"""


def hold_cell(env):
    env.run("%config LiveCode.migration = 'hold'\nmade = []")
    env.run(OLD_CELL, id="a")
    env.run("ps = [P(n) for n in range(3)]; kind = P")
    env.run(NEW_CELL, id="a")
    assert "Held back: P" in env.attempt("%breaks")
    assert env("[vars(p) for p in ps], P is kind, P(1).x") == (
        [{"x": n} for n in range(3)],
        True,
        1,
    )


@both
def test_a_held_edit_of_a_cell_is_answered_by_a_default(env):
    hold_cell(env)
    env.run("%resume default self.x + 1")
    assert env("[p.y for p in ps], P is kind, P(5, 6).y, made") == ([1, 2, 3], True, 6, [1])
    assert "Held" not in env.attempt("%breaks")
    env.run("%liveundo")
    env.run("%liveundo")
    assert env("[vars(p) for p in ps], P(1).x") == ([{"x": n} for n in range(3)], 1)


def test_a_held_edit_of_a_cell_stays_held_if_the_value_cannot_be_given(env):
    hold_cell(env)
    env.fails("%resume default nope", "NameError")
    assert env("[vars(p) for p in ps], P(1).x") == ([{"x": n} for n in range(3)], 1)
    assert "Held back: P" in env.attempt("%breaks")
    env.run("%resume default 7")
    assert env("[p.y for p in ps]") == [7, 7, 7]


def test_a_held_edit_of_a_cell_is_applied_with_the_values_owed(env):
    hold_cell(env)
    env.run("%resume skip")
    assert env("[hasattr(p, 'y') for p in ps], P(1, 2).y") == ([False] * 3, 2)
    assert "owed" in env.attempt("%livecheck")


def test_a_held_edit_of_a_cell_is_dropped(env):
    hold_cell(env)
    env.run("%resume abort")
    assert "Held" not in env.attempt("%breaks")
    assert env("P(1).x") == 1


def test_a_held_edit_of_a_cell_is_answered_by_the_next_one(env):
    hold_cell(env)
    env.run(NEW_CELL.replace("self.y = y", "self.y = y\n        y = 0"), id="a")
    assert "Held" not in env.attempt("%breaks")
    assert env("[p.y for p in ps]") == [0] * 3


def test_plain_functions_classes_and_modules_do_not_break(env):
    env["m.py"] = """
        import livecode
        class Box:
            def get(self): return 1 / 0
        @livecode.plain
        def f(): return 1 / 0
        def g(): return 1 / 0
    """
    env.run("import livecode, m")
    env.run("livecode.plain(m.Box)")
    for call in ("m.f()", "m.Box().get()"):
        env.fails(f"def cell(): return {call}\ncell()", "ZeroDivisionError")
        assert env.shell.livecode.breaks.open == []
    env.fails("m.g()", "ZeroDivisionError")
    env.fails("%resume abort", "ZeroDivisionError")
    env.run("%livetrack --plain m")
    env.fails("m.g()", "ZeroDivisionError")
    assert env.shell.livecode.breaks.open == []


def test_what_was_imported_before_breaks_too(unloaded):
    env = unloaded
    env["m.py"] = """
        def h(x):
            total = 0
            for i in range(3):
                total += 10 / (x - i)
            return total
    """
    env.run("import m; held = m.h")
    env.load()
    env.fails("r = held(1)", "ZeroDivisionError")
    env["m.py"].replace("(x - i)", "(x - i or 10)")
    env.run("%resume")
    assert env("r") == 1.0


def test_the_outermost_function_of_a_greenlet_fails(env):
    env.run("import greenlet\ndef f(): raise ValueError('x')")
    env.run("try: greenlet.greenlet(f).switch()\nexcept ValueError as error: caught = str(error)")
    assert env("caught") == "x"


def test_handled_again_and_again_and_then_not(env):
    env["m.py"] = """
        def fails(): raise ValueError("x")
        def between(): return fails()
        def handles(last):
            try: return between()
            except ValueError:
                if last: raise
    """
    env.run("import m\nfor _ in range(50): m.handles(False)")
    env.fails("m.handles(True)", "ValueError")
    assert len(env.shell.livecode.breaks.open) == 1
