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
