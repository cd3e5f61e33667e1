"""A running thread gets the new code at its next call and never sees half an edit."""

SAMPLER = """
    import threading
    class Sampler(threading.Thread):
        # Looks at the first, the second and the first again: when both looks at the
        # first agree, the second must belong to the same revision.
        def __init__(self, first, second):
            super().__init__(daemon=True)
            self.first, self.second = first, second
            self.stop, self.count, self.seen, self.errors = False, 0, set(), []
        def run(self):
            while not self.stop:
                try:
                    a, b, again = self.first(), self.second(), self.first()
                except Exception as error:
                    self.errors.append(repr(error))
                    continue
                self.count += 1
                if a == again:
                    self.seen.add((a, b))
        def end(self):
            self.stop = True
            self.join(10)
            return self.seen, self.errors
"""


def test_a_thread_gets_the_new_code_at_its_next_call(env):
    env["m.py"] = "def step(): return 1\n"
    env.run("""
        import m, threading, time
        seen, stop = set(), threading.Event()
        def loop():
            while not stop.is_set():
                seen.add(m.step())
                time.sleep(0.001)
        t = threading.Thread(target=loop, daemon=True); t.start()
        time.sleep(0.05)
    """)
    env["m.py"].replace("1", "2")
    env.run("time.sleep(0.1); stop.set(); t.join(10)")
    assert env("seen") == {1, 2}


def test_a_call_that_runs_during_the_edit_ends_as_it_began(env):
    env["m.py"] = """
        import threading
        gate, inside = threading.Event(), threading.Event()
        def work():
            inside.set()
            gate.wait(10)
            return "old"
    """
    env.run("""
        import m, threading
        got = []
        t = threading.Thread(target=lambda: got.append(m.work()), daemon=True); t.start()
        m.inside.wait(10)
    """)
    env["m.py"].replace('"old"', '"new"')
    env.run("m.gate.set(); t.join(10); got.append(m.work())")
    assert env("got") == ["old", "new"]


def test_a_thread_never_sees_half_of_two_names(env):
    env["m.py"] = "import time\na = 1\nb = 1\n"
    env.run(SAMPLER)
    env.run("import m; s = Sampler(lambda: m.a, lambda: m.b); s.start()")
    env["m.py"] = "import time\na = 2\ntime.sleep(0.3)\nb = 2\n"
    env.run("pass")
    seen, errors = env("s.end()")
    assert errors == []
    assert seen <= {(1, 1), (2, 2)} and (2, 2) in seen | env("{(m.a, m.b)}")


def test_a_thread_never_sees_half_of_two_functions(env):
    env["m.py"] = "import time\ndef f(): return 1\ndef g(): return 1\n"
    env.run(SAMPLER)
    env.run("import m; s = Sampler(m.f, m.g); s.start()")
    env["m.py"] = "import time\ndef f(): return 2\ntime.sleep(0.3)\ndef g(): return 2\n"
    env.run("pass")
    seen, errors = env("s.end()")
    assert errors == []
    assert seen <= {(1, 1), (2, 2)}
    assert env("m.f(), m.g()") == (2, 2)


def test_a_thread_never_sees_half_of_two_methods(env):
    env["m.py"] = """
        import time
        class C:
            def f(self): return 1
            x = 1
            def g(self): return 1
    """
    env.run(SAMPLER)
    env.run("import m; c = m.C(); s = Sampler(c.f, c.g); s.start()")
    env["m.py"] = """
        import time
        class C:
            def f(self): return 2
            x = time.sleep(0.3)
            def g(self): return 2
    """
    env.run("pass")
    seen, errors = env("s.end()")
    assert errors == []
    assert seen <= {(1, 1), (2, 2)}
    assert env("c.f(), c.g()") == (2, 2)


def test_a_thread_never_sees_half_of_two_files(env):
    env.save(a="x = 1\n", b="import a, time\ny = 1\n")
    env.run(SAMPLER)
    env.run("import a, b; s = Sampler(lambda: a.x, lambda: b.y); s.start()")
    env.save(a="x = 2\n", b="import a, time\ntime.sleep(0.3)\ny = 2\n")
    env.run("pass")
    seen, errors = env("s.end()")
    assert errors == []
    assert seen <= {(1, 1), (2, 2)}
    assert env("a.x, b.y") == (2, 2)


def test_a_name_is_never_missing_while_it_is_evaluated_again(env):
    env["m.py"] = "import time\nx = 1\n"
    env.run(SAMPLER)
    env.run("import m; s = Sampler(lambda: m.x, lambda: m.x); s.start()")
    env["m.py"] = "import time\nx = time.sleep(0.3) or 2\n"
    env.run("pass")
    seen, errors = env("s.end()")
    assert (errors, seen <= {(1, 1), (2, 2)}) == ([], True)


def test_a_failed_edit_is_never_seen_by_a_thread(env):
    env["m.py"] = "import time\na = 1\nb = 1\n"
    env.run(SAMPLER)
    env.run("import m; s = Sampler(lambda: m.a, lambda: m.b); s.start()")
    env["m.py"] = "import time\na = 2\ntime.sleep(0.2)\nb = 1 / 0\n"
    env.run("pass")
    seen, errors = env("s.end()")
    assert (errors, seen) == ([], {(1, 1)})


def test_a_timer_set_before_the_edit_calls_the_new_code(env):
    env["m.py"] = "got = []\ndef ring(): got.append('old')\n"
    env.run("import m, threading; t = threading.Timer(0.2, m.ring); t.start()")
    env["m.py"].replace("'old'", "'new'")
    env.run("t.join(10)")
    assert env("m.got") == ["new"]


def test_the_rest_of_a_module_is_evaluated_in_the_shell_s_thread(env):
    env["m.py"] = "import threading\nwho = threading.current_thread()\n"
    env.run("import m, threading")
    env["m.py"].replace("current_thread()", "current_thread().name")
    assert env("m.who == threading.current_thread().name") is True
