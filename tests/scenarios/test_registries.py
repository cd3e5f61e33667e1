"""A decorator that registers is not left with a duplicate."""

import pytest

from tests.dsl import both

LIST = """
    handlers = []
    def register(f):
        handlers.append(f)
        return f
    @register
    def one(): return 1
"""
DICT = """
    handlers = {}
    def register(f):
        handlers[f.__name__] = f
        return f
    @register
    def one(): return 1
"""


def test_a_list_of_handlers_has_the_edited_one_once(env):
    env["m.py"] = LIST
    env.run("import m; held = m.one")
    env["m.py"].replace("return 1", "return 2")
    assert env("[h() for h in m.handlers], m.handlers == [held]") == ([2], True)


def test_a_dict_of_handlers_has_the_edited_one(env):
    env["m.py"] = DICT
    env.run("import m; held = m.one")
    env["m.py"].replace("return 1", "return 2")
    assert env("{k: h() for k, h in m.handlers.items()}") == {"one": 2}
    assert env("m.handlers['one'] is held is m.one") is True


def test_a_handler_added_is_registered(env):
    env["m.py"] = LIST
    env.run("import m")
    env["m.py"].append("@register\ndef two(): return 2\n")
    assert env("[h() for h in m.handlers]") == [1, 2]


def test_a_registering_decorator_added_to_a_function_registers_it_once(env):
    env["m.py"] = LIST.replace("@register\n    def one", "def one")
    env.run("import m; held = m.one")
    env["m.py"].replace("def one", "@register\ndef one")
    env["m.py"].replace("return 1", "return 2")
    assert env("[h() for h in m.handlers], m.handlers[0] is held is m.one") == ([2], True)


def test_a_registry_with_a_changed_argument_has_no_duplicate(env):
    env["m.py"] = """
        routes = []
        def route(path):
            def decorate(f):
                routes.append((path, f))
                return f
            return decorate
        @route("/old")
        def page(): return 1
    """
    env.run("import m; held = m.page")
    env["m.py"].replace("/old", "/new")
    assert env("[f() for _, f in m.routes], m.routes[-1][0]") == ([1], "/new")
    assert env("m.page is held") is True


def test_a_registry_in_another_file_has_no_duplicate(env):
    env["app.py"] = """
        handlers = []
        def register(f): handlers.append(f); return f
    """
    env["m.py"] = "import app\n@app.register\ndef one(): return 1\n"
    env.run("import m, app")
    env["m.py"].replace("return 1", "return 2")
    assert env("[h() for h in app.handlers]") == [2]


def test_a_handler_that_moves_to_another_file_is_registered_once(env):
    env["app.py"] = """
        handlers = []
        def register(f): handlers.append(f); return f
    """
    env["a.py"] = "from app import register\n@register\ndef one(): return 1\n"
    env["b.py"] = "from app import register\n"
    env.run("import a, b, app")
    text = env["a.py"].text
    env.save(a="from app import register\n", b=text)
    assert env("b.one(), hasattr(a, 'one'), [h() for h in app.handlers]") == (1, False, [1])


def test_classes_registered_by_init_subclass_have_no_duplicate(env):
    env["m.py"] = """
        kinds = []
        class Base:
            def __init_subclass__(cls): kinds.append(cls)
        class One(Base):
            def get(self): return 1
    """
    env.run("import m; one = m.One()")
    env["m.py"].replace("return 1", "return 2")
    assert env("one.get(), len(m.kinds), m.kinds[0] is m.One") == (2, 1, True)
    assert env("len(m.Base.__subclasses__())") == 1


def test_classes_registered_by_a_decorator_have_no_duplicate(env):
    env["m.py"] = """
        kinds = {}
        def kind(cls): kinds[cls.__name__] = cls; return cls
        @kind
        class One:
            def get(self): return 1
    """
    env.run("import m; held = m.One")
    env["m.py"].replace("return 1", "return 2")
    assert env("m.kinds['One'] is held is m.One, held().get()") == (True, 2)


CELLS = {
    "list": (
        "handlers = []\ndef register(f): handlers.append(f); return f",
        "[h() for h in handlers]",
        [2],
    ),
    "dict": (
        "handlers = {}\ndef register(f): handlers[f.__name__] = f; return f",
        "{k: h() for k, h in handlers.items()}",
        {"one": 2},
    ),
    "set": (
        "handlers = set()\ndef register(f): handlers.add(f); return f",
        "[h() for h in handlers]",
        [2],
    ),
}


@pytest.mark.parametrize(("registry", "look", "want"), CELLS.values(), ids=list(CELLS))
def test_a_cell_run_again_leaves_no_duplicate_in_a(env, registry, look, want):
    env.run(registry, id="a")
    env.run("@register\ndef one(): return 1", id="b")
    env.run("held = one")
    env.run("@register\ndef one(): return 2", id="b")
    assert env(look) == want
    assert env("held is one, held()") == (True, 2)


@both
def test_an_unchanged_cell_run_again_registers_nothing_twice(env):
    env.run("handlers = []\ndef register(f): handlers.append(f); return f")
    for _ in range(3):
        env.run("@register\ndef one(): return 1", id="b")
    assert env("len(handlers), handlers[0] is one") == (1, True)


def test_a_dict_registry_in_cells_holds_the_surviving_function(env):
    env.run("handlers = {}\ndef register(f): handlers[f.__name__] = f; return f")
    env.run("@register\ndef one(): return 1", id="b")
    env.run("held = handlers['one']")
    env.run("@register\ndef one(): return 2", id="b")
    assert env("handlers['one'] is held is one") is True


def test_a_class_defined_again_in_a_cell_is_registered_once(env):
    env.run("""
        kinds = []
        class Base:
            def __init_subclass__(cls): kinds.append(cls)
    """)
    env.run("class One(Base):\n    def get(self): return 1", id="b")
    env.run("one = One()")
    env.run("class One(Base):\n    def get(self): return 2", id="b")
    assert env("one.get(), [k.__name__ for k in kinds], kinds[0] is One") == (2, ["One"], True)


def test_wrapping_decorators_in_cells_keep_the_held_wrapper_alive(env):
    env.run("""
        import functools
        def traced(f):
            @functools.wraps(f)
            def wrapper(): return "traced", f()
            return wrapper
    """)
    env.run("@traced\ndef one(): return 1", id="b")
    env.run("held = one")
    env.run("@traced\ndef one(): return 2", id="b")
    assert env("one(), held()") == (("traced", 2), ("traced", 2))


def test_an_event_handler_hung_on_an_object_is_there_once(env):
    env["m.py"] = """
        class Bus:
            def __init__(self): self.handlers = {}
            def on(self, name):
                def decorate(f):
                    self.handlers.setdefault(name, []).append(f)
                    return f
                return decorate
            def fire(self, name): return [f() for f in self.handlers[name]]
        bus = Bus()
        @bus.on("start")
        def started(): return 1
    """
    env.run("import m; bus = m.bus")
    env["m.py"].replace("return 1", "return 2")
    assert env("bus.fire('start'), bus is m.bus") == ([2], True)
    env["m.py"].replace("return [f() for f", "return ['fired'] + [f() for f")
    assert env("bus.fire('start')") == ["fired", 2]
