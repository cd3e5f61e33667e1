"""Resuming after each kind of edit of the function that failed, in its cell or its file.

``f`` fails at item 2 of 3 in its loop. A row of the table is an edit of it, with what the resume gives
and what is logged from there on; or with the words of the message that says why it cannot be.
"""

from __future__ import annotations

import pytest

from tests.breaks.reference import PRELUDE
from tests.dsl import both, clean

BASE = clean("""
    def f(ks, out):
        log.append("start")
        for k in ks:
            log.append(k)
            v = table[k]
            out.append(v)
        log.append("end")
        return out
    """)
FAILING = "        v = table[k]\n"
FIX = ("table[k]", "table.get(k, 20)")
REST = [3, "end"]
ALL = [10, 20, 30]


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


LOOP = BASE[BASE.index("    for") : BASE.index('    log.append("end")')]
TRY = "        try:\n            v = table[k]\n        except KeyError:\n            v = 20\n"
IF = "        if k in table:\n            v = table[k]\n        else:\n            v = 20\n"

EDITS = {
    "the failing statement": ([FIX], ALL, REST),
    "a statement after it": ([FIX, ("append(v)", "append(-v)")], [10, -20, -30], REST),
    "the return": ([FIX, ("return out", "return tuple(out)")], (10, 20, 30), REST),
    "a statement added before": (
        [FIX, (FAILING[:12], '        log.append("more")\n        v =')],
        ALL,
        [3, "more", "end"],
        "line 5 is new and was not run",
    ),
    "a statement removed before": ([FIX, ("        log.append(k)\n", "")], ALL, ["end"]),
    "a statement added after": (
        [FIX, ("        out", "        log.append(v)\n        out")],
        ALL,
        [20, 3, 30, "end"],
    ),
    "a statement removed after": ([FIX, ("        out.append(v)\n", "")], [10], REST),
    "the failing statement removed": (
        [(FAILING, ""), ("append(v)", "append(k)")],
        [10, 2, 3],
        REST,
        "the failing statement is gone",
    ),
    "it and the next in one": (
        [(FAILING, ""), ("out.append(v)", "out.append(table.get(k, 20))")],
        ALL,
        REST,
        "the failing statement is gone",
    ),
    "it became a try": ([(FAILING, TRY)], ALL, REST),
    "it became an if": ([(FAILING, IF)], ALL, REST),
    "it became a with": (
        [(FAILING, "        with M(k):\n            v = table.get(k, 20)\n")],
        ALL,
        [("enter", 2), ("exit", 2, None), 3, ("enter", 3), ("exit", 3, None), "end"],
    ),
    "a docstring": ([FIX, ("out):\n", "out):\n    'Doc.'\n")], ALL, REST),
    "comments above": ([FIX, ("def f", "# one\n# two\n\ndef f")], ALL, REST),
    "a closure": ([FIX, ('log.append("end")', "log.append((lambda: v)())")], ALL, [3, 30]),
    "the header of the loop": (
        [FIX, ("in ks", "in reversed(ks)")],
        ALL,
        REST,
        "it goes on with the iterator that it has",
    ),
    "a parameter with a default": (
        [FIX, ("out):", "out, scale=2):"), ("append(v)", "append(v * scale)")],
        [10, 40, 60],
        REST,
        "scale is a new parameter and has its default here",
    ),
    "a keyword with a default": (
        [FIX, ("out):", "out, *, scale=2):"), ("append(v)", "append(v * scale)")],
        [10, 40, 60],
        REST,
        "scale is a new parameter and has its default here",
    ),
    "a parameter renamed": (
        [FIX, ("(ks", "(items"), ("in ks", "in items")],
        ALL,
        REST,
        "items is a new parameter and has no value here",
    ),
    "a parameter removed": ([FIX, ("ks, out):", "ks, out=()):")], ALL, REST),
    "a local renamed": ([FIX, ("v = ", "w = "), ("(v)", "(w)")], ALL, REST),
    "annotations": ([FIX, ("ks, out):", "ks: list, out: list) -> list:")], ALL, REST),
    "a decorator": ([FIX, ("def f", "@functools.lru_cache\ndef f")], ALL, REST),
    "two edits": ([("table[k]", "1 / 0"), ("1 / 0", "table.get(k, 20)")], ALL, REST),
}

REFUSED = {
    "ambiguous": ([(FAILING, FAILING * 2)], "line 5 could be line 5 or line 6 now"),
    "the loop is gone": ([(LOOP, "    out.extend(ks)\n")], "the for of line 3 became line 3"),
    "another loop": ([FIX, ("for k in ks", "while True")], "became the while of line 3"),
    "a with around": (
        [FIX, (LOOP.replace(*FIX), f"    with M('w'):\n{indented(LOOP)}")],
        "became the with of line 3, which was not entered",
    ),
    "a generator": ([FIX, ("return out", "yield out")], "is a generator now"),
    "a coroutine": ([FIX, ("def f", "async def f")], "is a coroutine now"),
    "plain": ([FIX, ("def f", "import livecode\n@livecode.plain\ndef f")], "livecode.plain"),
}

GONE = {
    "renamed": [FIX, ("def f", "def g")],
    "removed": [(BASE, "pass\n")],
    "a class now": [(BASE, "class f: pass\n")],
    "another value": [(BASE, "f = None\n")],
}


def edited(text, edits):
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


def states(edits):
    """The texts of the function, edit by edit where the edits go on from each other."""
    if edits[0][1] == "1 / 0":
        return [edited(BASE, edits[:1]), edited(BASE, edits)]
    return [edited(BASE, edits)]


@pytest.mark.parametrize("name", EDITS)
def test_in_a_cell(env, name):
    edits, result, rest, *note = EDITS[name]
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    for text in states(edits):
        env.run(text, id="f")
    assert env("%resume") == result
    assert env.evaluate("log") == ["start", 1, 2, *rest]
    assert ("livecode: goes on in f;" in env.output) == bool(note)
    assert all(each in env.output for each in note)


@pytest.mark.parametrize("name", list(EDITS)[::2])
def test_in_a_file(env, name):
    edits, result, rest, *_ = EDITS[name]
    env["m.py"] = PRELUDE + BASE
    env.run("import m")
    env.fails("m.f(iter([1, 2, 3]), [])", "KeyError")
    for text in states(edits):
        env["m.py"] = PRELUDE + text
        env.run("%livedefs f")
    assert env("%resume") == result
    assert env("m.log") == ["start", 1, 2, *rest]


@pytest.mark.parametrize("name", REFUSED)
def test_refused(env, name):
    """It says why, the break stays, what is possible is named, and one of those works."""
    edits, why = REFUSED[name]
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    env.run(edited(BASE, edits), id="f")
    said = env.message("%resume")
    assert why in said
    assert "The break stays open. Possible: retry, restart [N], return EXPR" in said
    env.run("table[2] = 20")
    assert env("%resume retry") == ALL
    assert env.evaluate("log") == ["start", 1, 2, *REST]


@pytest.mark.parametrize("name", GONE)
def test_a_function_that_is_gone(env, name):
    env["m.py"] = PRELUDE + BASE
    env.run("import m")
    env.fails("m.f(iter([1, 2, 3]), [])", "KeyError")
    env["m.py"] = PRELUDE + edited(BASE, GONE[name])
    env.run("m.table[2] = 20")
    assert env("%resume") == ALL
    assert "goes on in f; it is not defined any more, so in the code that ran" in env.output


def test_a_cell_that_does_not_define_it_any_more(env):
    """The name stays in the notebook, as in plain IPython, and so does the function."""
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    env.run("table[2] = 20", id="f")
    assert env("%resume") == ALL
    assert env("f([3], [])") == [30]


def test_a_text_that_does_not_parse(env):
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    env.fails(BASE.replace("return", "re turn"), "SyntaxError", id="f")
    env.fails("%resume", "KeyError")
    env.run(BASE.replace(*FIX), id="f")
    assert env("%resume") == ALL


@both
def test_nothing_edited_breaks_again(env):
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    for _ in range(3):
        env.fails("%resume", "KeyError")
        assert "level 1" in env.output
    env.run("table[2] = 20")
    assert env("%resume") == ALL
    assert env.evaluate("log") == ["start", 1, 2, *REST]


@both
def test_an_edit_that_is_taken_back(env):
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    env.run(BASE.replace(*FIX), id="f")
    env.run("%liveundo")
    env.fails("%resume", "KeyError")
    env.run(BASE.replace(*FIX), id="f")
    assert env("%resume") == ALL


@both
def test_renamed_with_its_old_name_as_an_alias(env):
    env["m.py"] = PRELUDE + BASE
    env.run("import m")
    env.fails("m.f(iter([1, 2, 3]), [])", "KeyError")
    env["m.py"] = PRELUDE + BASE.replace("def f", "def g") + "f = g\n"
    env.run("1")
    env["m.py"].replace(*FIX)
    assert env("%resume") == ALL


@both
def test_moved_to_another_file(env):
    """It goes on there: with the names of that file."""
    env.save(m=f"from n import log\ntable = {{1: 10}}\n{BASE}", n="log = []\n")
    env.run("import m")
    env.fails("m.f(iter([1, 2, 3]), [])", "KeyError")
    env.save(m="from n import log, f\n", n=f"log = []\ntable = {{2: 20, 3: 30}}\n{BASE}")
    assert env("%resume") == ALL
    assert env("m.log[-2:], m.f is __import__('n').f") == (REST, True)


def test_moved_to_another_cell(env):
    env.run(PRELUDE)
    env.run(f"x = 1\n{BASE}", id="one")
    env.fails("f(iter([1, 2, 3]), [])", "KeyError")
    env.run("x = 1\n", id="one")
    env.run(BASE.replace(*FIX), id="two")
    env.run("table[2] = 20")
    assert env("%resume") == ALL


# --- classes --------------------------------------------------------------------------------------------


@both
def test_an_instance_in_the_frame_is_migrated(env):
    env.run("class P:\n    def __init__(self, x):\n        self.x = x", id="P")
    env.run(
        "def f(ps):\n    out = []\n    for p in ps:\n        v = p.x + p.y\n        out.append(v)\n"
        "    return out, vars(p)"
    )
    env.fails("f([P(1), P(2)])", "AttributeError")
    env.run("class P:\n    def __init__(self, x):\n        self.x = x\n        self.y = 5", id="P")
    assert env("%resume") == ([6, 7], {"x": 2, "y": 5})


def test_an_instance_that_is_replaced(env):
    """With other slots an object cannot change in place: the frame's locals have the new one."""
    slots = "class S:\n    __slots__ = ('x',)\n    def __init__(self, x):\n        self.x = x"
    env.run(slots, id="S")
    env.run(
        "def f(x):\n    s = S(x)\n    same = [s]\n    v = s.x + s.y\n    return v, same[0] is s"
    )
    env.fails("f(1)", "AttributeError")
    env.run(slots.replace("'x',", "'x', 'y'") + "\n        self.y = 5", id="S")
    assert env("%resume") == (6, True)


@both
def test_a_migration_that_is_owed(env):
    owed = "class O:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y"
    env.run("class O:\n    def __init__(self, x):\n        self.x = x", id="O")
    env.run("def f(o):\n    return o.x + o.y")
    env.fails("f(O(1))", "AttributeError")
    env.run(owed, id="O")
    assert "__reinit__" in env.fails("%resume", "AttributeError").text
    env.run(f"{owed}\n    def __reinit__(self, old):\n        self.y = 7", id="O")
    assert env("%resume") == 8


METHOD = """
class B:
    pass
class C(B):
    def go(self, k):
        with M("go"):
            v = table[k]
        return v
"""


@both
def test_a_method(env):
    env.run(PRELUDE)
    env.run(METHOD, id="c")
    env.run("c = C()")
    env.fails("c.go(2)", "KeyError")
    env.run(METHOD.replace(*FIX) + "    def more(self): return 1\n", id="c")
    assert env("%resume") == 20
    assert env("log, c.more()") == ([("enter", "go"), ("exit", "go", None)], 1)


@pytest.mark.parametrize(
    "text",
    [
        METHOD.replace("go", "went").replace(*FIX),
        METHOD.replace("class C(B):\n", "").replace("    pass\n", "") + "class C(B): pass\n",
    ],
    ids=["renamed", "moved to the base"],
)
def test_a_method_that_is_gone(env, text):
    env.run(PRELUDE)
    env.run(METHOD, id="c")
    env.fails("C().go(2)", "KeyError")
    env.run(text, id="c")
    env.run("table[2] = 20")
    assert env("%resume") == 20
    assert "goes on in C.go; it is not defined any more, so in the code that ran" in env.output


# --- functions in functions -----------------------------------------------------------------------------

OUTER = """
def outer(ks):
    out = []
    def inner(k):
        v = table[k]
        out.append(v)
    for k in ks:
        inner(k)
    return out
"""


@both
def test_a_nested_function(env):
    """The function around it goes on in its old code: it has not failed. Its inner one is new."""
    env.run(PRELUDE)
    env.run(OUTER, id="o")
    env.fails("outer([1, 2, 3])", "KeyError")
    env.run(OUTER.replace(*FIX), id="o")
    assert env("%resume") == ALL


WRAPPER = """
def traced(f):
    before = len(log)
    @functools.wraps(f)
    def wrapper(k):
        v = table[k]
        return f(v)
    return wrapper
"""


@both
def test_the_wrapper_that_a_decorator_made(env):
    env.run(PRELUDE)
    env.run(WRAPPER, id="w")
    env.run("@traced\ndef f(v): return v\ndef g(f, k): return f(k)")
    env.fails("g(f, 2)", "KeyError")
    env.run(WRAPPER.replace(*FIX), id="w")
    assert env("%resume") == 20


def test_a_free_variable_that_cannot_be_had(env):
    """The edit names what keeps its old code; a resume goes on in that."""
    env.run(PRELUDE)
    env.run(WRAPPER, id="w")
    env.run("@traced\ndef f(v): return v")
    env.fails("f(2)", "KeyError")
    env.run(WRAPPER.replace("table[k]", "before"), id="w")
    assert "no value can be had for its new free variable 'before'" in env.output
    env.fails("%resume", "KeyError")
    assert env("%resume return 5") == 5


# --- the function that failed is far from its caller ----------------------------------------------------


@both
def test_restart_of_a_caller_after_its_edit(env):
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.run("def g(n):\n    with M('g'):\n        return f(range(1, n), [])", id="g")
    env.fails("g(4)", "KeyError")
    env.run("def g(n):\n    with M('new'):\n        return f([1, 3], ['g'])", id="g")
    assert env("%resume restart 1") == ["g", 10, 30]
    left = [("enter", "g"), "start", 1, 2, ("exit", "g", "KeyError"), ("enter", "new"), "start"]
    assert env("log") == [*left, 1, 3, "end", ("exit", "new", None)]


def test_the_edit_of_a_caller_that_has_not_failed(env):
    """Its frame goes on in the code that it runs; the next call is new."""
    env.run(PRELUDE)
    env.run(BASE, id="f")
    env.run("def g():\n    x = f([1, 2], [])\n    return 'old', x", id="g")
    env.fails("g()", "KeyError")
    env.run("def g():\n    x = f([1, 2], [])\n    return 'new', x", id="g")
    env.run("table[2] = 20")
    assert env("%resume") == ("old", [10, 20])
    assert env("g()") == ("new", [10, 20])
