"""What an edited decorator did before is named as stale; ``%livereload --all`` does it again."""

import pytest

DECORATORS = """
    import functools
    def tagged(f):
        f.tag = "old"
        @functools.wraps(f)
        def wrapper(*args):
            return f(*args)
        return wrapper
    class Counted:
        def __init__(self, f):
            self.f, self.step = f, 1
        def __call__(self):
            return self.f()
    def kind(cls):
        cls.tag = 1
        return cls
    def numbered(n):
        def decorate(f):
            f.number = n
            return f
        return decorate
    class Registry:
        def on(self, event):
            def decorate(f):
                f.event = event
                return f
            return decorate
    registry = Registry()
    class Base:
        def __init_subclass__(cls):
            cls.made = 1
    class Meta(type):
        def __new__(mcs, name, bases, body):
            body["new"] = 1
            return super().__new__(mcs, name, bases, body)
        def __init__(cls, *args):
            cls.init = 1
"""
USES = """
    @d.tagged
    def one(): return 1
    @d.Counted
    def two(): return 2
    @d.kind
    class Three:
        @d.tagged
        def method(self): return 1
    @d.numbered(4)
    def four(): pass
    @d.registry.on("start")
    def five(): pass
    class Six(d.Base): pass
    class Seven(Six): pass
    class Eight(metaclass=d.Meta): pass
"""
EDITS = {
    "a decorator": ('f.tag = "old"', 'f.tag = "new"', ["one", "Three.method"]),
    "its wrapper": ("return f(*args)", "return f(*args) or 0", []),
    "a class that decorates": ("f, 1", "f, 2", ["two"]),
    "the call of its instances": ("return self.f()", "return self.f() or 0", []),
    "a class decorator": ("cls.tag = 1", "cls.tag = 2", ["Three"]),
    "a decorator with arguments": ("f.number = n", "f.number = -n", ["four"]),
    "a method that decorates": ("f.event = event", "f.event = [event]", ["five"]),
    "init_subclass": ("cls.made = 1", "cls.made = 2", ["Seven", "Six"]),
    "a metaclass's new": ('body["new"] = 1', 'body["new"] = 2', ["Eight"]),
    "a metaclass's init": ("cls.init = 1", "cls.init = 2", ["Eight"]),
}


@pytest.mark.parametrize("old, new, names", EDITS.values(), ids=list(EDITS))
def test_what_was_made_in_the_same_module_is_stale_after_an_edit_of(env, old, new, names):
    env["d.py"] = DECORATORS + USES.replace("d.", "")
    env.run("import d")
    env["d.py"].replace(old, new)
    env.run("pass")
    assert sorted(env.named("stale")) == [f"d:{name}" for name in sorted(names)]


@pytest.mark.parametrize("old, new, names", EDITS.values(), ids=list(EDITS))
def test_what_was_made_in_another_module_is_stale_after_an_edit_of(env, old, new, names):
    env["d.py"] = DECORATORS
    env["u.py"] = "\n    import d" + USES
    env.run("import u")
    env["d.py"].replace(old, new)
    env.run("pass")
    assert sorted(env.named("stale")) == [f"u:{name}" for name in sorted(names)]


@pytest.mark.parametrize("old, new, names", EDITS.values(), ids=list(EDITS))
def test_what_was_made_in_cells_is_stale_after_an_edit_of(env, old, new, names):
    env.run(DECORATORS, id="d")
    env.run(USES.replace("d.", ""), id="u")
    env.run(DECORATORS.replace(old, new), id="d")
    assert sorted(env.named("stale")) == [f"__main__:{name}" for name in sorted(names)]


def test_a_stale_decoration_is_listed_until_it_is_done_again(env):
    env["d.py"] = "def tagged(f):\n    f.tag = 'old'\n    return f\n"
    env["u.py"] = (
        "from d import tagged as t\n@t\ndef one(): return 1\nclass C:\n    @t\n    def two(self): pass\n"
    )
    env.run("import d, u; one = u.one")
    env["d.py"].replace("old", "new")
    assert env("one.tag") == "old"
    assert sorted(env.entries("stale")) == [
        ("u:C.two", "was decorated by t before the edit"),
        ("u:one", "was decorated by t before the edit"),
    ]
    assert any("u:one" in row for row in env.rows("%livecheck"))
    assert any("u:C.two" in row for row in env.rows("%livecheck"))
    env.run("%livereload --all u")
    assert env("one.tag, u.one is one, u.C.two.tag") == ("new", True, "new")
    assert not any("u:" in row for row in env.rows("%livecheck"))


def test_what_is_decorated_in_the_same_edit_is_not_stale(env):
    env["d.py"] = "def tagged(f):\n    f.tag = 'old'\n    return f\n"
    env["u.py"] = "from d import tagged\n@tagged\ndef one(): return 1\n"
    env.run("import d, u")
    env["d.py"].replace("old", "new")
    env["u.py"].replace("@tagged", "@tagged\n@tagged")
    assert env("u.one.tag") == "new"
    assert env.named("stale") == []


def test_taking_the_edit_of_a_decorator_back_makes_nothing_stale(env):
    env["d.py"] = "def tagged(f):\n    f.tag = 'old'\n    return f\n@tagged\ndef one(): return 1\n"
    env.run("import d")
    env["d.py"].replace("old", "new")
    env.run("pass")
    assert env.named("stale") == ["d:one"]
    env.run("%liveundo")
    assert not any("d:one" in row for row in env.rows("%livecheck"))


def test_all_statements_evaluated_again_register_again_without_duplicates(env):
    env["d.py"] = """
        HANDLERS = []
        ROUTES = {}
        def route(path):
            def decorate(f):
                HANDLERS.append(f)
                ROUTES[path] = f
                return f
            return decorate
    """
    env["u.py"] = (
        "from d import *\n@route('/one')\ndef one(): return 1\n@route('/two')\ndef two(): return 2\n"
    )
    env.run("import d, u; held = u.one, u.two")
    env["d.py"].replace("ROUTES[path]", "ROUTES['v2' + path]")
    env.run("pass")
    assert sorted(env.named("stale")) == ["u:one", "u:two"]
    env.run("%livereload --all u")
    assert env("(d.HANDLERS == list(held), d.ROUTES == {'v2/one': u.one, 'v2/two': u.two})") == (
        True,
        True,
    )
    assert env("u.one is held[0], u.two is held[1]") == (True, True)


def test_subclasses_are_made_again_by_reload_all(env):
    env["d.py"] = "class Base:\n    def __init_subclass__(cls):\n        cls.made = 1\n"
    env["u.py"] = "from d import Base\nclass One(Base): pass\n"
    env.run("import d, u; one = u.One()")
    env["d.py"].replace("cls.made = 1", "cls.made = 2")
    env.run("pass")
    assert env.named("stale") == ["u:One"]
    env.run("%livereload --all u")
    assert env("one.made, type(one) is u.One") == (2, True)
