"""What is running or suspended ends as it began; what begins later is new."""

from tests.dsl import both


def test_a_suspended_generator_keeps_its_code_and_is_named(env):
    env["m.py"] = """
        def numbers():
            yield 1
            yield 2
    """
    env.run("import m; old = m.numbers(); next(old)")
    env["m.py"].replace("yield 2", "yield 20")
    assert env("list(old), list(m.numbers())") == ([2], [1, 20])
    assert any("numbers" in name for name in env.named("stale"))


def test_a_generator_that_has_not_begun_is_old_or_new_but_whole(env):
    env["m.py"] = """
        def numbers():
            yield 1
            yield 2
    """
    env.run("import m; early = m.numbers()")
    env["m.py"] = """
        def numbers():
            yield 10
            yield 20
    """
    assert env("list(early)") in ([1, 2], [10, 20])
    assert env("list(m.numbers())") == [10, 20]


def test_no_generator_is_named_when_none_is_suspended(env):
    env["m.py"] = "def numbers():\n    yield 1\n"
    env.run("import m; list(m.numbers())")
    env["m.py"].replace("yield 1", "yield 2")
    assert env("list(m.numbers())") == [2]
    assert env.named("stale") == []


def test_a_suspended_generator_of_an_unchanged_function_is_not_named(env):
    env["m.py"] = """
        def numbers():
            yield 1
            yield 2
        def other(): return 1
    """
    env.run("import m; old = m.numbers(); next(old)")
    env["m.py"].replace("return 1", "return 2")
    assert env("m.other(), next(old)") == (2, 2)
    assert env.named("stale") == []


def test_a_suspended_coroutine_keeps_its_code_and_is_named(env):
    env["m.py"] = """
        import asyncio
        async def work(gate):
            await gate.wait()
            return "old"
    """
    env.run("""
        import m, asyncio
        gate = asyncio.Event()
        task = asyncio.ensure_future(m.work(gate))
        await asyncio.sleep(0)
    """)
    env["m.py"].replace('"old"', '"new"')
    env.run("gate.set(); got = await task; again = await m.work(gate)")
    assert env("got, again") == ("old", "new")
    assert any("work" in name for name in env.named("stale"))


def test_a_generator_method_suspended_in_an_instance_is_named(env):
    env["m.py"] = """
        class Stream:
            def read(self):
                yield 1
                yield 2
    """
    env.run("import m; reader = m.Stream().read(); next(reader)")
    env["m.py"].replace("yield 2", "yield 20")
    assert env("next(reader)") == 2
    assert any("read" in name for name in env.named("stale"))


def test_a_generator_calls_edited_functions(env):
    env["m.py"] = """
        def step(n): return n
        def numbers():
            for n in range(3):
                yield step(n)
    """
    env.run("import m; running = m.numbers(); next(running)")
    env["m.py"].replace("def step(n): return n", "def step(n): return n * 10")
    assert env("list(running)") == [10, 20]


@both
def test_a_generator_made_in_a_cell_ends_as_it_began(env):
    env.run("def numbers():\n    yield 1\n    yield 2", id="a")
    env.run("old = numbers(); first = next(old)")
    env.run("def numbers():\n    yield 1\n    yield 20", id="a")
    assert env("list(old), list(numbers())") == ([2], [1, 20])


def test_a_generator_expression_in_an_edited_function_is_followed_at_the_next_call(env):
    env["m.py"] = "def squares(n): return (i * i for i in range(n))"
    env.run("import m; old = m.squares(4); next(old)")
    env["m.py"].replace("i * i", "i * i * i")
    assert env("list(old), list(m.squares(4))") == ([1, 4, 9], [0, 1, 8, 27])


def test_a_function_that_edits_its_own_file_while_it_runs_ends_as_it_began(env):
    env["m.py"] = """
        import time
        def slow(save):
            save()
            return inner()
        def inner(): return 1
    """
    env.run("import m")
    env.ns["save"] = lambda: env["m.py"].replace("return inner()", "return -inner()")
    assert env("m.slow(save)") == 1
    assert env("m.slow(lambda: None)") == -1


def test_an_async_for_over_an_edited_class_follows(env):
    env["m.py"] = """
        class Count:
            def __init__(self): self.n = 0
            def __aiter__(self): return self
            async def __anext__(self):
                if self.n == 2: raise StopAsyncIteration
                self.n += 1
                return self.n
    """
    env.run("import m; count = m.Count()")
    env["m.py"].replace("return self.n", "return self.n * 10")
    assert env("[n async for n in count]") == [10, 20]
