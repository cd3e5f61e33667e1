"""With nothing edited a cell is as in plain IPython; an edit says one or two lines."""

import pytest

from tests.dsl import both

CELLS = [
    "print('hello')",
    "1 + 1",
    "x = 5",
    "x = 5\nx",
    "'text'",
    "1;",
    "def f(): return 1",
    "def f(): return 1\nf()",
    "class C:\n    pass",
    "import json\njson.dumps([1])",
    "for i in range(3): print(i)",
    "from IPython.display import display\ndisplay({'a': 1})",
    "import sys\nprint('out'); print('err', file=sys.stderr)",
    "await __import__('asyncio').sleep(0, 'slept')",
    "if True:\n    3\nelse:\n    4",
    "(lambda: 1)()",
    "_ = 3\n_",
    "!echo shell",
    "x = 1\n# a comment at the end",
    "",
    "# only a comment",
    "f'{1 + 1}'",
    "1 / 0",
    "def g(): return 1 / 0\ng()",
    "syntax error here",
    "raise SystemExit",
    "raise KeyboardInterrupt",
    "assert False, 'why'",
    "no_such_name",
    "%no_such_magic",
    "import no_such_module_here",
    "def h():\n    try:\n        1 / 0\n    except Exception as e:\n        raise ValueError('b') from e\nh()",
    "warnings = __import__('warnings'); warnings.warn('careful')",
    "return 5",
    "yield 5",
    "x: int = 5\nx",
    "a, b = 1, 2\na",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    print('caught')\nfinally:\n    print('end')",
]


def bare_value(error):
    """Without the name that IPython gives the cell, which holds its number."""
    return error.value.split(" (<ipython-input")[0].split(" (")[0]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_shows_what_it_shows_in_plain_ipython(unloaded, cell):
    env = unloaded
    env.attempt("pass")
    plain, value, error = env.attempt(cell), env.execute(cell), env.error
    env.load()
    env.attempt(cell), env.attempt(cell)

    def bare(text):
        # Under a traceback stand the lines about what is suspended; a test of their own tells which.
        text = text.partition("\nlivecode: suspended in")[0]
        lines = [
            line
            for line in text.rstrip("\n").splitlines()
            if "Out[" not in line and "In[" not in line
        ]
        return [line for line in lines if "Cell In" not in line and "ipython-input" not in line]

    assert bare(env.output) == bare(plain)
    assert (env.error and (env.error.name, bare_value(env.error))) == (
        error and (error.name, bare_value(error))
    )
    assert repr(env.execute(cell)).split(" at ")[0] == repr(value).split(" at ")[0]


@pytest.mark.parametrize("cell", CELLS)
def test_with_no_breaks_wanted_nothing_is_different(unloaded, cell):
    env = unloaded
    env.attempt("pass")
    env.attempt(cell)
    plain = env.attempt(cell)
    env.load()
    env.run("%config LiveCode.break_on = 'never'")
    env.attempt(cell)

    def bare(text):
        lines = [line for line in text.splitlines() if "Out[" not in line and "In[" not in line]
        return [line for line in lines if "Cell In" not in line and "ipython-input" not in line]

    assert bare(env.attempt(cell)) == bare(plain)
    assert env.shell.livecode.breaks.open == []


@both
def test_nothing_is_printed_by_a_cell_that_redefines(env):
    env.run("def f(): return 1\nclass C:\n    def get(self): return 1", id="a")
    env.run("g, c = f, C()")
    env.run("def f(): return 2\nclass C:\n    def get(self): return 2", id="a")
    assert env.output == ""


@both
def test_an_edit_of_a_file_is_told_in_one_or_two_lines(env):
    env["m.py"] = "def area(r): return r\ndef other(): return 1\n"
    env.run("import m")
    env["m.py"].replace("return r", "return -r")
    env.run("pass")
    lines = env.output.strip().splitlines()
    assert 1 <= len(lines) <= 2
    assert lines[0].startswith("livecode: ") and "m" in lines[0] and "area" in lines[0]
    assert "other" not in env.output
    env.run("pass")
    assert env.output == ""


def test_an_edit_of_many_files_is_still_told_in_two_lines(env):
    names = [f"mod{n}" for n in range(12)]
    for name in names:
        env[f"{name}.py"] = "".join(f"def f{n}(): return 1\n" for n in range(20))
    env.run("import " + ", ".join(names))
    for name in names:
        env[f"{name}.py"].replace("return 1", "return 2")
    env.run("pass")
    assert 1 <= len(env.output.strip().splitlines()) <= 2
    assert env("mod11.f19()") == 2


@both
def test_a_comment_is_not_told(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].prepend("# a comment\n\n")
    env.run("pass")
    assert env.output == ""


def test_the_message_is_told_before_the_output_of_the_cell(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    env.run("print('cell', m.f())")
    assert env.output.index("livecode: ") < env.output.index("cell 2")


def test_messages_carry_no_addresses_or_times(env):
    env["m.py"] = "import functools\ndef d(f): return lambda: f()\n@d\ndef f(): return 1\nx = f\n"
    env.run("import m")
    env["m.py"].replace("return 1", "return 2")
    env["m.py"].append("y = object()\n")
    env.run("pass")
    assert "0x" not in env.output
    assert "0x" not in repr(env.report) + str(env.report)


def test_silent_cells_are_left_alone(env):
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    env.shell.run_cell("y = 1", silent=True)
    assert env("m.x") == 2


def test_an_interrupt_of_a_cell_is_shown_as_ever(env):
    env.run("""
        import signal, threading, os, time
        def ring():
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
    """)
    env.fails("threading.Thread(target=ring).start(); time.sleep(10)", "KeyboardInterrupt")
    assert env("1 + 1") == 2


def test_a_deep_recursion_is_as_deep_as_before(unloaded):
    env = unloaded
    env.run("""
        def depth():
            try: return depth() + 1
            except RecursionError: return 1
    """)
    before = env("depth()")
    env.load()
    assert env("depth()") > before * 0.9


def test_context_variables_and_decimal_settings_last(env):
    env.run("""
        import contextvars, decimal
        var = contextvars.ContextVar("var", default=0)
        _ = var.set(5)
        decimal.getcontext().prec = 5
    """)
    env["m.py"] = "x = 1\n"
    env.run("import m")
    env["m.py"].replace("1", "2")
    assert env("var.get(), decimal.getcontext().prec, m.x") == (5, 5, 2)
    env.run("decimal.getcontext().prec = 28")  # the context is this process's
