"""Scenarios of an attack on the whole: several definitions of one name, caches, decorator objects."""

import pytest

ROUTES = """
    ROUTES = {}
    def route(p):
        def d(f):
            ROUTES[p] = f; return f
        return d
    @route("/a")
    def _(): return "a"
    @route("/b")
    def _(): return "b"
"""
CALLED = "{k: v() for k, v in rt.ROUTES.items()}"

# -- several definitions of one name ---------------------------------------------------------------


def test_functions_registered_under_one_name_stay_when_another_is_added(env):
    env["rt.py"] = ROUTES
    env.run("import rt; a, b = rt.ROUTES.values()")
    env["rt.py"].replace('"a"\n', '"a2"\n')
    env["rt.py"].replace('return "b"', 'return "b2"')
    env["rt.py"].append('@route("/c")\ndef _(): return "c2"\n')
    assert env(CALLED) == {"/a": "a2", "/b": "b2", "/c": "c2"}
    assert env("a(), b()") == ("a2", "b2")
    env["rt.py"].replace('@route("/a")', '@route("/0")\ndef _(): return "00"\n@route("/a")')
    env["rt.py"].replace('"a2"', '"a3"')
    assert env(CALLED) == {"/0": "00", "/a": "a3", "/b": "b2", "/c": "c2"}
    assert env("a(), b(), rt.ROUTES['/a'] is a, rt.ROUTES['/b'] is b") == ("a3", "b2", True, True)
    env.run("%liveundo")
    env.run("%liveundo")
    assert env("a(), b(), rt.ROUTES['/a'] is a, rt.ROUTES['/b'] is b") == ("a", "b", True, True)


@pytest.mark.parametrize("edited", [("int",), ("float",), ("int", "float"), ()])
@pytest.mark.parametrize("first", [False, True])
def test_implementations_of_a_generic_function_stay_when_another_is_added(env, edited, first):
    part = "@s.register\ndef _(x: {0}): return '{0}{1}'\n"
    head = "from functools import singledispatch\n@singledispatch\ndef s(x): return 'obj'\n"
    env["g.py"] = head + part.format("int", "") + part.format("float", "")
    env.run("import g; i, f = g.s.dispatch(int), g.s.dispatch(float)")
    new = [part.format(t, "2" if t in edited else "") for t in ("int", "float")]
    new.insert(0 if first else 2, part.format("str", "2"))
    env["g.py"] = head + "".join(new)
    expected = tuple(t + ("2" if t in edited else "") for t in ("int", "float"))
    assert env("g.s(1), g.s(1.0), g.s('')") == (*expected, "str2")
    assert env("i(1), f(1)") == expected


def test_generic_implementations_named_underscore_in_several_cells(env):
    for id in (("a", "b", "c"), (None, None, None)):
        env.run("from functools import singledispatch\n@singledispatch\ndef sc(x): return 'obj'")
        env.run("@sc.register\ndef _(x: int): return 'int'", id=id[0])
        env.run("@sc.register\ndef _(x: float): return 'float'", id=id[1])
        assert env("sc(1), sc(1.0), sc('')") == ("int", "float", "obj")
        env.run("held = sc.dispatch(int)")
        env.run("@sc.register\ndef _(x: int): return 'int2'", id=id[0])
        assert env("sc(1), sc(1.0), sc(''), held(1)") == ("int2", "float", "obj", "int2")
        assert env("sc.dispatch(int) is held") is True


def test_definitions_in_one_cell_are_paired_by_what_they_register_as(env):
    env.run("R = {}\ndef route(p):\n    def d(f):\n        R[p] = f; return f\n    return d")
    part = '@route("/{0}")\ndef _(): return "{1}"\n'
    for id in ("c", None):
        env.run("R.clear()")
        env.run(part.format("a", "a") + part.format("b", "b"), id=id)
        env.run("a, b = R['/a'], R['/b']")
        env.run(part.format("0", "0") + part.format("a", "a2") + part.format("b", "b2"), id=id)
        assert env("{k: v() for k, v in R.items()}") == {"/0": "0", "/a": "a2", "/b": "b2"}
        assert env("a(), b(), R['/a'] is a, R['/b'] is b") == ("a2", "b2", True, True)


def test_a_class_of_a_shared_name_that_is_added_supersedes_none(env):
    env["k.py"] = "R = []\ndef reg(c):\n    R.append(c)\n    return c\n@reg\nclass V:\n    n = 1\n"
    env.run("import k; v = k.V")
    env["k.py"].append("@reg\nclass V:\n    n = 2\n")
    assert env("[c.n for c in k.R], v.n, k.V.n") == ([1, 2], 1, 2)


# -- overloads -------------------------------------------------------------------------------------

STUBS = "@overload\ndef fo(x: int) -> int: ...\n@overload\ndef fo(x: str) -> str: ...\n"


@pytest.mark.parametrize("id", ["a", None])
def test_overloads_in_a_cell_leave_the_held_implementation(env, id):
    head = "from typing import overload\n"
    env.run(head + STUBS + "def fo(x): return x", id=id)
    env.run("hfo = fo")
    env.run(head + STUBS + "def fo(x): return x, 'new'", id=id)
    assert env("fo(1), hfo(1), fo is hfo") == ((1, "new"), (1, "new"), True)
    env.run("def fo(x): return x, 3", id=id)
    assert env("fo(1), hfo(1), fo is hfo") == ((1, 3), (1, 3), True)
    env.run(head + STUBS + "def fo(x): return x, 4", id=id)
    assert env("fo(1), hfo(1), fo is hfo") == ((1, 4), (1, 4), True)


def test_overloads_added_to_a_function_that_is_edited(env):
    env["ov.py"] = "from typing import overload\ndef fo(x): return x\n"
    env.run("import ov; hf = ov.fo")
    env["ov.py"] = "from typing import overload\n" + STUBS + "def fo(x): return x, 2\n"
    assert env("ov.fo(1), hf(1), hf is ov.fo") == ((1, 2), (1, 2), True)
    more = STUBS + "@overload\ndef fo(x: bytes) -> bytes: ...\n"
    env["ov.py"] = "from typing import overload\n" + more + "def fo(x): return x, 3\n"
    assert env("ov.fo(1), hf(1), hf is ov.fo") == ((1, 3), (1, 3), True)
    env["ov.py"] = "from typing import overload\ndef fo(x): return x, 4\n"
    assert env("ov.fo(1), hf(1), hf is ov.fo") == ((1, 4), (1, 4), True)


# -- caches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [False, True])
@pytest.mark.parametrize("cache", ["cache", "lru_cache(maxsize=None)"])
def test_a_property_over_a_cache_is_cleared_when_its_function_is_edited(env, cell, cache):
    text = (
        "import functools\nclass C:\n    @property\n    @functools."
        + cache
        + "\n    def p(self): return 'old'\n    @p.setter\n    @functools."
        + cache
        + "\n    def p(self, v): seen.append('old')\nseen = []\n"
    )
    new = text.replace("return 'old'", "return 'new'").replace("append('old')", "append('new')")
    if cell:
        env.run(text)
        env.run("c = C(); c.p; c.p = 1")
        env.run(new)
        env.run("c.p = 1")
        assert env("c.p, seen") == ("new", ["new"])
        env.run("%liveundo")
        assert env("c.p") == "old"
    else:
        env["ca.py"] = text
        env.run("import ca; c = ca.C(); c.p; c.p = 1")
        env["ca.py"] = new
        env.run("c.p = 1")
        assert env("c.p, ca.seen") == ("new", ["old", "new"])
        env.run("%liveundo")
        assert env("c.p") == "old"


@pytest.mark.parametrize("kind", ["classmethod", "staticmethod"])
def test_a_static_or_class_method_over_a_cache_is_cleared_in_a_cell(env, kind):
    text = (
        f"import functools\nclass C:\n    @{kind}\n    @functools.cache\n    def p(*a): return 1\n"
    )
    env.run(text)
    env.run("h = C.p; h(), C().p()")
    env.run(text.replace("return 1", "return 2"))
    assert env("C.p(), C().p(), h()") == (2, 2, 2)
    env.run(text.replace("return 1", "return 3").replace("cache", "lru_cache(maxsize=2)"))
    assert env("C.p(), C().p()") == (3, 3)


def test_a_property_over_something_else_that_is_callable_follows_in_a_cell(env):
    text = "import functools\nclass C:\n    p = property(functools.partial(lambda s: 1))\n"
    env.run(text)
    env.run("c = C(); c.p")
    env.run(text.replace("1", "2"))
    assert env("c.p") == 2


# -- decorators that make objects ------------------------------------------------------------------

COMMAND = """
class Command:
    def __init__(self, f, name): self.callback = f; self.name = name; self.params = []; self.n = 0
    def __call__(self, *a): self.n += 1; return self.callback(*a)
def command(name):
    def d(f): return Command(f, name)
    return d
name = "var"
"""


@pytest.mark.parametrize("id", ["a", None])
def test_an_object_that_a_decorator_factory_made_survives_in_a_cell(env, id):
    env.run(COMMAND)
    part = "@command({0})\ndef hello(x): return f'{1} {{x}}'"
    env.run(part.format("'hello'", "hello"), id=id)
    env.run("app = {'hello': hello}; hello.params.append('opt'); hello(1)")
    env.run(part.format("'hello'", "HELLO"), id=id)
    assert env("app['hello'](1)") == "HELLO 1"
    assert env("app['hello'] is hello, hello.params, hello.n") == (True, ["opt"], 2)
    env.run("%liveundo")
    assert env("app['hello'](1), app['hello'] is hello") == ("hello 1", True)
    env.run(part.format("'hello2'", "again"), id=id)
    assert env("hello(1), hello.name, hello.params") == ("again 1", "hello2", [])


def test_an_object_made_with_another_value_is_a_new_one(env):
    env.run(COMMAND)
    part = "@command(name)\ndef hello(x): return f'{0} {{x}}'"
    env.run(part.format("hello"), id="a")
    env.run("name = 'other'", id="b")
    env.run(part.format("HELLO"), id="a")
    assert env("hello(1), hello.name") == ("HELLO 1", "other")
