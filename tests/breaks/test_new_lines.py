"""New lines directly before the failing statement: run if it needs what they bind, else not."""

from __future__ import annotations

from tests.dsl import both

JOB = """
    log = []
    def job(items):
        out = []
        for n in items:
            log.append(n)
            out.append(10 / n)
        return out
"""


@both
def test_new_lines_are_run_if_the_statement_needs_what_they_bind(env):
    env.run(JOB, id="job")
    env.fails("r = job([1, 0, 5])", "ZeroDivisionError")
    text = JOB.replace("log = []", "").replace(
        "out.append(10 / n)", "divisor = n or 4\n            out.append(10 / divisor)"
    )
    env.run(text, id="job")
    env.run("%resume")
    assert "give divisor" in env.output
    assert env("r, log") == ([10.0, 2.5, 2.0], [1, 0, 5])


def test_new_lines_are_not_run_if_it_does_not(env):
    env.run(JOB, id="job")
    env.fails("r = job([1, 0, 5])", "ZeroDivisionError")
    text = JOB.replace("log = []", "").replace(
        "out.append(10 / n)", "log.append('new')\n            out.append(10 / (n or 4))"
    )
    env.run(text, id="job")
    env.run("%resume")
    assert "was not run" in env.output
    assert env("r, log") == ([10.0, 2.5, 2.0], [1, 0, 5, "new"])


def test_a_return_is_found_below_a_new_line(env):
    env.run("def f(n):\n    return 10 / n", id="f")
    env.fails("r = f(0)", "ZeroDivisionError")
    env.run("def f(n):\n    print('so far')\n    return 10 / (n or 5)", id="f")
    env.run("%resume")
    assert env("r") == 2.0


def test_a_function_can_be_edited_to_return_a_constant(env):
    env.run("def f(n):\n    return 10 / n", id="f")
    env.fails("r = f(0)", "ZeroDivisionError")
    env.run("def f(n):\n    return 0", id="f")
    env.run("%resume")
    assert env("r") == 0
