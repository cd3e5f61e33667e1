"""What is resumed has the variables of its closures, and they have its."""


def test_a_variable_that_a_nested_function_uses_is_there_after_a_resume(env):
    # Functions that stand in the body itself were not seen, and their variables were lost.
    env.run("""
        def outer(n):
            def inner():
                return n
            share = 10 / n
            return share, inner()
    """)
    env.fails("outer(0)", "ZeroDivisionError")
    env.run("%%frame 0\nn = 5")
    env.run("%resume")
    assert env("_") == (2.0, 5)


def test_a_variable_that_a_function_in_a_block_or_a_lambda_uses_is_there_after_a_resume(env):
    env.run("""
        def outer(n, k):
            if True:
                def inner():
                    return n
            share = 10 / n
            return share, inner(), (lambda: k)()
    """)
    env.fails("outer(0, 3)", "ZeroDivisionError")
    env.run("%%frame 0\nn = 5")
    env.run("%resume")
    assert env("_") == (2.0, 5, 3)


def test_the_panel_shows_a_tracked_frame_that_is_over(env):
    # A task's frame is in the traceback, below frame 0, and has no number.
    env.run("""
        import asyncio
        async def work():
            return 1 / 0
        async def main():
            return await asyncio.gather(work())
    """)
    env.fails("await main()", "ZeroDivisionError")
    env.run("%breaks")
    assert "work" in env.output and "0  main" in env.output
    env.fails("%resume abort", "ZeroDivisionError")
