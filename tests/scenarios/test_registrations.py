"""Registrations follow the source: `functools.singledispatch`, routes by string, removed handlers."""

import pytest

GENERIC = """
    from functools import singledispatch
    @singledispatch
    def f(x): return "any"
    @f.register(int)
    def _(x): return "int"
    @f.register(list)
    def f_list(x): return "list"
    @f.register
    def _(x: bytes): return "bytes"
"""
CALLS = "[m.f(x) for x in (1, [], b'', 'a')]"


def types(env):
    return env("sorted(each.__name__ for each in m.f.registry)")


@pytest.fixture
def generic(env):
    env["m.py"] = GENERIC
    env.run("import m; from m import f; f(1)")
    return env


def test_two_registered_functions_of_one_name_are_two_functions(generic):
    generic["m.py"].replace('@f.register\ndef _(x: bytes): return "bytes"\n', "")
    assert generic(CALLS)[:2] == ["int", "list"]
    generic["m.py"].replace("register(int)", "register(str)")
    assert generic("m.f('a'), m.f([]), m._(0)") == ("int", "list", "int")


def test_renaming_one_of_two_functions_of_one_name_leaves_the_other(generic):
    generic["m.py"].replace("register(int)\ndef _", "register(int)\ndef f_int")
    assert generic(CALLS) == ["int", "list", "bytes", "any"]
    assert generic("m.f_int(0), m._(0)") == ("int", "bytes")


EDITS = {
    "removed": ('@f.register(list)\ndef f_list(x): return "list"\n', ""),
    "removed, of a name used twice": ('@f.register(int)\ndef _(x): return "int"\n', ""),
    "removed, the last of its name": ('@f.register\ndef _(x: bytes): return "bytes"\n', ""),
    "of another type": ("register(list)", "register(str)"),
    "of another type, of a name used twice": ("register(int)", "register(str)"),
    "of another annotation": ("x: bytes", "x: str"),
    "renamed": ("f_list", "g_list"),
    "edited": ('"list"', '"LIST"'),
    "of two types": ("@f.register(list)", "@f.register(list)\n@f.register(str)"),
    "not registered any more": ("@f.register(list)\n", ""),
    "a variable now": ('@f.register(list)\ndef f_list(x): return "list"\n', "f_list = 1\n"),
}


def fresh(env):
    """The registered types and the calls in a fresh interpreter."""
    namespace = {"__name__": "fresh"}
    exec(env["m.py"].text, namespace)
    f = namespace["f"]
    return sorted(each.__name__ for each in f.registry), [f(x) for x in (1, [], b"", "a")]


@pytest.mark.parametrize("old, new", EDITS.values(), ids=list(EDITS))
def test_a_registration_is_as_in_a_fresh_interpreter_when_it_is(generic, old, new):
    generic("[f(x) for x in (1, [], b'', 'a')]")
    before = types(generic), generic(CALLS)
    generic["m.py"].replace(old, new)
    assert (types(generic), generic(CALLS)) == fresh(generic)
    assert generic("f is m.f") is True
    generic.run("%liveundo")
    assert (types(generic), generic(CALLS)) == before


@pytest.mark.parametrize("old, new", EDITS.values(), ids=list(EDITS))
def test_a_failed_edit_leaves_every_registration_when_one_is(generic, old, new):
    before = types(generic), generic(CALLS)
    generic["m.py"].replace(old, new)
    generic["m.py"].append("1 / 0\n")
    generic.attempt("pass")
    assert (types(generic), generic(CALLS)) == before


def test_the_registered_function_stays_the_same_object(generic):
    generic.run("held = m.f_list")
    generic["m.py"].replace("register(list)", "register(str)")
    assert generic("m.f.registry[str] is held is m.f_list, f('a')") == (True, "list")


def test_a_registration_in_another_file_goes(env):
    env["m.py"] = "from functools import singledispatch\n@singledispatch\ndef f(x): return 'any'\n"
    env["n.py"] = "import m\n@m.f.register(int)\ndef f_int(x): return 'int'\nX = 1\n"
    env.run("import m, n; m.f(1)")
    env["n.py"].replace("@m.f.register(int)\ndef f_int(x): return 'int'\n", "")
    assert env("m.f(1)") == "any"


def test_a_registration_that_moves_to_another_file_stays(env):
    env["m.py"] = "from functools import singledispatch\n@singledispatch\ndef f(x): return 'any'\n"
    env["a.py"] = "from m import f\n@f.register(int)\ndef f_int(x): return 'int'\n"
    env["b.py"] = "from m import f\n"
    env.run("import m, a, b; m.f(1)")
    env.save(a="from m import f\n", b=env["a.py"].text)
    assert env("m.f(1), m.f.registry[int] is b.f_int") == ("int", True)


def test_a_registration_made_by_a_call_goes_with_the_call(env):
    env["m.py"] = """
        from functools import singledispatch
        @singledispatch
        def f(x): return "any"
        def show(x): return "shown"
        f.register(int, show)
    """
    env.run("import m")
    env["m.py"].replace("register(int", "register(str")
    assert env("m.f(1), m.f('a')") == ("any", "shown")


def test_a_wrapped_registration_goes(env):
    env["m.py"] = """
        from functools import singledispatch, wraps
        def loud(g):
            @wraps(g)
            def wrapper(x): return g(x).upper()
            return wrapper
        @singledispatch
        def f(x): return "any"
        @f.register(int)
        @loud
        def f_int(x): return "int"
    """
    env.run("import m")
    env["m.py"].replace("register(int)", "register(str)")
    assert env("m.f(1), m.f('a')") == ("any", "INT")
    env["m.py"].replace('@f.register(str)\n@loud\ndef f_int(x): return "int"\n', "")
    assert env("m.f('a')") == "any"


METHODS = """
    from functools import singledispatchmethod
    class C:
        @singledispatchmethod
        def f(self, x): return "any"
        @f.register(int)
        def _(self, x): return "int"
        @f.register
        def f_list(self, x: list): return "list"
"""


@pytest.mark.parametrize(
    "old, new, want",
    [
        ("register(int)", "register(str)", ["any", "list", "int"]),
        ("x: list", "x: str", ["int", "any", "list"]),
        ('    @f.register(int)\n    def _(self, x): return "int"\n', "", ["any", "list", "any"]),
        ("f_list", "g_list", ["int", "list", "any"]),
    ],
)
def test_registered_methods_are_as_in_a_fresh_interpreter(env, old, new, want):
    env["m.py"] = METHODS
    env.run("import m; c = m.C()")
    calls = "[c.f(x) for x in (1, [], 'a')]"
    assert env(calls) == ["int", "list", "any"]
    env["m.py"].replace(old, new)
    assert env(calls) == want
    env.run("%liveundo")
    assert env(calls) == ["int", "list", "any"]


def test_all_statements_evaluated_again_leave_the_registrations_right(generic):
    before = types(generic), generic(CALLS)
    generic.run("%livereload --all m")
    assert (types(generic), generic(CALLS), generic("f([])")) == (*before, "list")


def test_a_registration_in_cells_follows(env):
    env.run("import functools\n@functools.singledispatch\ndef f(x): return 'any'")
    env.run("@f.register(int)\ndef _(x): return 'registered'", id="a")
    env.run("@f.register(str)\ndef _(x): return 'registered'", id="a")
    assert env("f(1), f('a')") == ("any", "registered")
    env.run("%liveundo")
    assert env("f(1), f('a')") == ("registered", "any")


ROUTES = {
    "a dict": ("routes[path] = f", '{"/new": page}'),
    "a dict of tuples": ("routes[path] = (f, 1)", '{"/new": (page, 1)}'),
    "a dict of dicts": ('routes.setdefault(path, {})["GET"] = f', '{"/new": {"GET": page}}'),
    "a dict of lists": ("routes.setdefault(path, []).append(f)", '{"/new": [page]}'),
    "a dict of objects": ("routes[path] = Rule(path, f)", '{"/new": Rule("/new", page)}'),
    "a list of tuples": ("rules.append((path, f))", '[("/new", page)]'),
    "a list of objects": ("rules.append(Rule(path, f))", '[Rule("/new", page)]'),
    "a list of dicts": (
        'rules.append({"path": path, "view": f})',
        '[dict(path="/new", view=page)]',
    ),
}
APP = """
    from dataclasses import dataclass
    @dataclass
    class Rule:
        path: str
        view: object
    routes, rules = {}, []
    PREFIX = ""
    def route(path):
        def decorate(f):
            REGISTER
            return f
        return decorate
    @route(PREFIX + "/old")
    def page(): return 1
"""


@pytest.mark.parametrize("register, want", ROUTES.values(), ids=list(ROUTES))
def test_a_route_with_another_path_replaces_the_old_one_in(env, register, want):
    env["m.py"] = APP.replace("REGISTER", register)
    env.run("import m; from m import Rule, page; callbacks = {'x': page}; listed = [page]")
    env.run("before = m.routes.copy(), m.rules.copy()")
    env["m.py"].replace('PREFIX + "/old"', 'PREFIX + "/new"')
    assert env(f"(m.routes or m.rules) == {want}, m.page is page") == (True, True)
    assert env("callbacks['x'] is page, listed == [page]") == (True, True)
    env.run("%liveundo")
    assert env("(m.routes, m.rules) == before") is True


@pytest.mark.parametrize("register, want", ROUTES.values(), ids=list(ROUTES))
def test_a_route_and_its_view_are_changed_at_once_in(env, register, want):
    env["m.py"] = APP.replace("REGISTER", register)
    env.run("import m; from m import Rule, page")
    env["m.py"].replace(
        'PREFIX + "/old")\ndef page(): return 1', '"/new")\ndef page(n=2): return n'
    )
    assert env(f"(m.routes or m.rules) == {want}, m.page is page, page()") == (True, True, 2)


@pytest.mark.parametrize("register, want", list(ROUTES.values())[:2], ids=list(ROUTES)[:2])
def test_a_wrapped_view_gets_its_new_route_in(env, register, want):
    env["m.py"] = APP.replace("REGISTER", f"g, f = f, lambda: f'<{{g()}}>'; {register}")
    env.run("import m; from m import Rule, page; held = page")
    env["m.py"].replace('PREFIX + "/old"', 'PREFIX + "/new"')
    env.run("page = m.page")
    assert env(f"m.routes == {want}, held(), page()") == (True, "<1>", "<1>")


@pytest.mark.parametrize("register, want", ROUTES.values(), ids=list(ROUTES))
def test_all_statements_evaluated_again_leave_the_new_route_alone_in(env, register, want):
    env["m.py"] = APP.replace("REGISTER", register).replace(
        "routes, rules = {}, []", "from regs import *"
    )
    env["regs.py"] = "routes, rules = {}, []\n"
    env.run("import m; from m import Rule, page")
    env["m.py"].replace('PREFIX = ""', 'PREFIX = "/v2"')
    env.run("%livereload --all m")
    want = want.replace("/new", "/v2/old")
    assert env(f"(m.routes or m.rules) == {want}, m.page is page") == (True, True)


@pytest.mark.parametrize("register, want", ROUTES.values(), ids=list(ROUTES))
def test_what_a_person_registered_by_hand_stays_when_the_cell_runs_again_in(env, register, want):
    env.run(APP.replace("REGISTER", register).partition("    @route(")[0], id="a")
    env.run("@route('/new')\ndef page(): return 1", id="b")
    env.run("route('/by-hand')(page); before = str((routes, rules)); held = page")
    env.run("@route('/new')\ndef page(): return 2", id="b")
    assert env("str((routes, rules)) == before, page is held, page()") == (True, True, 2)


def test_handlers_keep_their_order_when_one_is_evaluated_again(env):
    env.run("handlers = []\ndef register(f): handlers.append(f); return f")
    env.run("@register\ndef one(): return 1", id="b")
    env.run("@register\ndef two(): return 2", id="c")
    env.run("@register\ndef one(): return 3", id="b")
    assert env("[h() for h in handlers]") == [3, 2]


def test_a_handler_that_is_an_attribute_gets_its_new_name(env):
    env["m.py"] = """
        class App:
            def on(self, event):
                def decorate(f):
                    setattr(self, "on_" + event, f)
                    return f
                return decorate
        app = App()
        @app.on("start")
        def handler(): return 1
    """
    env.run("import m")
    env["m.py"].replace('"start"', '"stop"')
    assert env("vars(m.app) == {'on_stop': m.handler}") is True
    env.run("%liveundo")
    assert env("vars(m.app) == {'on_start': m.handler}") is True


def test_a_handler_of_another_event_leaves_those_of_the_first(env):
    env["m.py"] = """
        handlers = {}
        def on(event):
            def decorate(f):
                handlers.setdefault(event, []).append(f)
                return f
            return decorate
        @on("start")
        def one(): return 1
        @on("start")
        def two(): return 2
    """
    env.run("import m")
    env["m.py"].replace('@on("start")\ndef one', '@on("stop")\ndef one')
    assert env("m.handlers == {'start': [m.two], 'stop': [m.one]}") is True


LEFT = {
    "a dict": ("routes[path] = f", "under '/old'"),
    "a dict of lists": ("routes.setdefault(path, []).append(f)", "in a list"),
    "a list of objects": ("rules.append(Rule(path, f))", "in a Rule"),
}


@pytest.mark.parametrize("register, where", LEFT.values(), ids=list(LEFT))
def test_a_removed_function_that_is_still_registered_is_named_in(env, register, where):
    env["m.py"] = APP.replace("REGISTER", register)
    env.run("import m")
    env["m.py"].replace('@route(PREFIX + "/old")\ndef page(): return 1\n', "")
    env.run("pass")
    assert env.entries("stale") == [("m:page", f"is still registered by route, {where}")]


@pytest.mark.parametrize("register, where", LEFT.values(), ids=list(LEFT))
def test_a_function_that_lost_its_decorator_is_named_in(env, register, where):
    env["m.py"] = APP.replace("REGISTER", register)
    env.run("import m")
    env["m.py"].replace('@route(PREFIX + "/old")\n', "")
    env.run("pass")
    assert env.entries("stale") == [("m:page", f"is still registered by route, {where}")]
    assert any("m:page" in row for row in env.rows("%livecheck"))


def test_a_function_that_nobody_registered_is_removed_quietly(env):
    env["m.py"] = """
        import functools
        calls = {}
        def traced(f):
            @functools.wraps(f)
            def wrapper(): calls[f.__name__] = calls.get(f.__name__, 0) + 1; return f()
            return wrapper
        @traced
        def one(): return 1
        @functools.cache
        def two(): return 2
    """
    env.run("import m; held = m.one, m.two; m.one()")
    env["m.py"].replace("@traced\ndef one(): return 1\n@functools.cache\ndef two(): return 2\n", "")
    env.run("pass")
    assert env.named("stale") == []


def test_a_function_under_another_decorator_is_named_where_the_first_put_it(env):
    env["m.py"] = """
        starting, stopping = [], []
        def on_start(f): starting.append(f); return f
        def on_stop(f): stopping.append(f); return f
        @on_start
        def handler(): return 1
    """
    env.run("import m")
    env["m.py"].replace("@on_start", "@on_stop")
    assert env("m.stopping == [m.handler]") is True
    assert env.entries("stale") == [("m:handler", "is still registered by on_start, in a list")]


@pytest.mark.parametrize("entry", ["f", "(f, 1)", "[f]", "Rule('/', f)"])
def test_a_renamed_function_is_registered_under_its_new_name(env, entry):
    env["m.py"] = APP.replace("REGISTER", f"routes[f.__name__] = {entry}")
    env.run("import m; callbacks = {'page': m.page}; before = m.routes['page']")
    env["m.py"].replace("def page", "def view")
    assert env("m.routes == {'view': before}, callbacks == {'page': m.view}") == (True, True)
    env.run("%liveundo")
    assert env("m.routes == {'page': before}") is True
