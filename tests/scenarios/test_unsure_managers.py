"""A manager of which it is not known what its exit will say: it is asked, then the failure is a break."""

MAYBE = """
    class Maybe:
        def __enter__(self): return self
        def __exit__(self, kind, error, trace):
            return self.decide(error)
        def decide(self, error): return isinstance(error, KeyError)
"""


def test_what_an_unsure_manager_lets_through_breaks_behind_it(env):
    # The manager was asked once more, at the end of its function, and the break was lost.
    env.run(MAYBE)
    env.run("""
        def inner(n):
            with Maybe():
                value = 1 / n
            return value
        def outer(n):
            with Maybe(), Maybe():
                return inner(n)
    """)
    env.fails("outer(0)", "ZeroDivisionError")
    env.run("%resume return 5")
    assert env("_") == 5


def test_what_an_unsure_manager_takes_is_no_break(env):
    env.run(MAYBE)
    env.run("""
        def job():
            with Maybe():
                {}["key"]
            return "taken"
    """)
    assert env("job()") == "taken"
    env.run("%breaks")
    assert "No break" in env.output
