"""``%livecheck``: names what is stale, and nothing else."""

from tests.dsl import both, since

ALL_IS_WELL = "everything that is alive follows its source"

TYPES = """
    type Id = int
    type Pair[T] = tuple[T, T]

    def first[T: int](pair: Pair[T]) -> T:
        return pair[0]

    class Box[T: (int, str), *Ts, **P]:
        type Inner = list[int]

        def get[U: "Box"](self, given: U) -> U:
            return given
"""


def check(env):
    env.run("%livecheck")
    return env.output


@both
def test_all_is_well_after_an_edit(env):
    env["m.py"] = "def f(): return 1\nclass C:\n    def get(self): return 1\n"
    env.run("import m; g, c = m.f, m.C()")
    env["m.py"].replace("1", "2")
    env.run("pass")
    assert ALL_IS_WELL in check(env)


def test_a_suspended_generator_is_named(env):
    env["m.py"] = "def f():\n    yield 1\n    yield 2\n"
    env.run("import m; g = m.f(); one = next(g)")
    env["m.py"].replace("yield 2", "yield 3")
    env.run("pass")
    assert "m:f" in check(env) and "suspended" in env.output


def test_what_a_file_lost_is_named_while_somebody_holds_it(env):
    env["m.py"] = "def f(): return 1\nclass C:\n    def get(self): return 1\nx = 1\n"
    env.run("import m; held = [m.f]; c = m.C()")
    env["m.py"] = "x = 1\n"
    env.run("pass")
    assert "m:f" in check(env) and "m:C.get" in env.output
    env.run("held.clear(); del c")
    assert ALL_IS_WELL in check(env)


def test_what_only_the_way_back_of_an_edit_holds_is_not_stale(env):
    env["m.py"] = """
        def f(): return 1
        class C:
            def get(self): return 1
            @property
            def p(self): return 2
            class Inner:
                def q(self): return 3
        x = 1
    """
    env.run("import m")
    env["m.py"] = "x = 1\n"
    env.run("pass")
    assert ALL_IS_WELL in check(env)


@since(3, 12)
def test_type_aliases_and_type_parameters_that_moved_are_not_stale(env):
    env["m.py"] = TYPES
    env.run("import m; number = m.Id.__value__")
    env["m.py"].replace("return given", "return given, 1")
    env.run("pass")
    assert ALL_IS_WELL in check(env)
    env["m.py"].prepend("# above\n\n")
    env.run("pass")
    assert ALL_IS_WELL in check(env)


@since(3, 12)
def test_type_aliases_and_type_parameters_that_were_edited_are_not_stale(env):
    env["m.py"] = TYPES
    env.run("import m")
    env["m.py"].replace("type Id = int", "type Id = str")
    env["m.py"].replace("T: int]", "T: bytes]")
    env["m.py"].replace("T: (int, str)", "T: (int, bytes)")
    env["m.py"].replace("list[int]", "list[str]")
    env.run("pass")
    assert ALL_IS_WELL in check(env)
    assert env("m.Id.__value__.__name__, m.first.__type_params__[0].__bound__.__name__") == (
        ("str", "bytes")
    )
    assert env("m.Box.Inner.__value__ == list[str]") is True


@since(3, 12)
def test_an_old_type_alias_that_somebody_holds_is_named(env):
    env["m.py"] = TYPES
    env.run("import m; held = [[m.Id]]")
    env["m.py"].replace("type Id = int", "type Id = str")
    env.run("pass")
    assert "m:Id" in check(env) and "type alias" in env.output


def test_a_file_does_not_wait_after_an_undo_that_left_its_text(env):
    env["m.py"] = "def f(): return 1\n"
    env.run("import m")
    env.run("%livereload --all m")
    env.run("%liveundo")
    assert ALL_IS_WELL in check(env)
    env["m.py"].replace("1", "2")
    env.run("pass")
    env.run("%liveundo")
    assert "was taken back" in check(env)


@both
def test_functions_that_were_not_edited_and_call_what_is_imported_are_not_named(env):
    env["lc.py"] = """
        import time
        def step(): return 1
        def g():
            time.sleep(0)
            return time.time() > 0
    """
    env.run("import lc")
    env["lc.py"].replace("return 1", "return 2")
    assert env("lc.step(), lc.g()") == (2, True)
    assert "lc:g" not in env.attempt("%livecheck")
    assert "old code" not in env.output
