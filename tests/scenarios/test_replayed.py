"""What the histories of real projects showed (see tests/properties/replay.py)."""

from __future__ import annotations


def test_what_is_computed_from_something_stale_was_not_named(env):
    env["m.py"] = """
        VERSION = "1.2"
        PARSED = VERSION.split(".")
        FIRST = tuple(PARSED)
        UNRELATED = tuple([1])
    """
    env.run("import m")
    env["m.py"].replace("1.2", "1.3")
    env.run("pass")
    assert env.mentions("stale", "m:PARSED")
    assert env.mentions("stale", "m:FIRST")
    assert not env.mentions("stale", "m:UNRELATED")


def test_what_is_computed_from_something_stale_in_another_module_was_not_named(env):
    env["m.py"] = """
        VERSION = "1.2"
        PARSED = VERSION.split(".")
    """
    env["user.py"] = """
        import m
        from m import PARSED
        FIRST = tuple(PARSED)
        AGAIN = tuple(m.PARSED)
    """
    env.run("import user")
    env["m.py"].replace("1.2", "1.3")
    env.run("pass")
    assert env.mentions("stale", "user:FIRST")
    assert env.mentions("stale", "user:AGAIN")


def test_a_dict_made_anew_lacked_what_a_block_puts_in_and_was_not_named(env):
    env["m.py"] = """
        table = {1: "one"}
        if True:
            table[2] = "two"
    """
    env.run("import m")
    env["m.py"].replace("one", "uno")
    env.run("pass")
    assert env("m.table") == {1: "uno", 2: "two"} or env.mentions("stale", "m:table")


def test_a_removed_class_stayed_with_star_importers_if_dunder_all_changed_as_well(env):
    env["m.py"] = """
        __all__ = ["Kept", "Gone"]
        class Kept: pass
        class Gone: pass
    """
    env["user.py"] = "from m import *\n"
    env.run("import m, user")
    env["m.py"] = """
        __all__ = ["Kept"]
        class Kept: pass
    """
    env.run("pass")
    assert not env("hasattr(user, 'Gone')")
    env.run("%liveundo")
    assert env("user.Gone is m.Gone")


def test_a_function_that_moved_between_two_star_imports_was_the_old_one(env):
    env["pkg/__init__.py"] = "from .one import *\nfrom .two import *\n"
    env["pkg/one.py"] = """
        __all__ = ["f", "g"]
        def f(): return 1
        def g(): return 2
    """
    env["pkg/two.py"] = """
        __all__ = ["h"]
        def h(): return 3
    """
    env.run("import pkg")
    env["pkg/one.py"] = """
        __all__ = ["g"]
        def g(): return 2
    """
    env["pkg/two.py"] = """
        __all__ = ["f", "h"]
        def f(): return 1
        def h(): return 3
    """
    env.run("pass")
    assert env("pkg.f is pkg.two.f")
    assert env("pkg.f()") == 1


def test_an_import_that_moved_into_a_block_that_does_not_run_stayed(env):
    env["m.py"] = """
        from typing import TYPE_CHECKING
        from fractions import Fraction
        import decimal
        K = 1
    """
    env.run("import m")
    env["m.py"] = """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from fractions import Fraction
            import decimal
        K = 1
    """
    env.run("pass")
    assert not env("hasattr(m, 'Fraction')")
    assert not env("hasattr(m, 'decimal')")
    env.run("%liveundo")
    assert env("m.Fraction(1, 2) + 0 and m.decimal.Decimal(1) == 1")


def test_a_name_that_moved_into_a_block_that_binds_it_stays(env):
    env["m.py"] = """
        def f(): return 1
        K = [1]
    """
    env.run("import m; f = m.f; k = m.K")
    env["m.py"] = """
        if True:
            def f(): return 2
            K = [2]
    """
    env.run("pass")
    assert env("m.f()") == env("f()") == 2
    assert env("m.K") == [2]


def test_a_submodule_was_lost_with_the_import_of_it(env):
    env["pkg/__init__.py"] = "from . import part\n"
    env["pkg/part.py"] = "def f(): return 1\n"
    env.run("import pkg.part")
    env["pkg/__init__.py"] = "LAZY = {'part'}\n"
    env.run("pass")
    assert env("pkg.part.f()") == 1


def test_the_future_of_annotations_did_not_reach_unchanged_functions(env):
    text = """
        class Error(Exception):
            def __init__(self, message: str) -> None:
                self.message = message
            def shown(self, upper: bool = False) -> str:
                return self.message
        def free(a: int) -> int:
            return a
    """
    env["m.py"] = text
    env.run("import m")
    env["m.py"] = """
        from __future__ import annotations
        class Error(Exception):
            def __init__(self, message: str) -> None:
                self.message = message
            def shown(self, upper: bool = True) -> str:
                return self.message
        def free(a: int) -> int:
            return a
    """
    env.run("pass")
    assert env("m.Error.__init__.__annotations__") == {"message": "str", "return": "None"}
    assert env("m.Error.shown.__annotations__") == {"upper": "bool", "return": "str"}
    assert env("m.free.__annotations__") == {"a": "int", "return": "int"}
    assert env("m.Error.shown.__defaults__") == (True,)


def test_a_block_that_is_not_entered_any_more_left_its_names(env):
    env["m.py"] = """
        WIDE = True
        if WIDE:
            from decimal import Decimal
            LIMIT = 3
    """
    env.run("import m")
    env["m.py"].replace("if WIDE", "if not WIDE")
    env.run("pass")
    assert not env("hasattr(m, 'Decimal')")
    assert not env("hasattr(m, 'LIMIT')")


def test_the_annotation_of_an_attribute_that_became_a_property_stayed(env):
    env["m.py"] = """
        class Option:
            kind: str
            flag: bool
    """
    env.run("import m")
    env["m.py"] = """
        class Option:
            kind: str
            @property
            def flag(self): return True
    """
    env.run("pass")
    assert env("list(m.Option.__annotations__)") == ["kind"]
    env.run("%liveundo")
    assert env("list(m.Option.__annotations__)") == ["kind", "flag"]


def test_a_lambda_in_a_default_kept_its_lines(env):
    env["m.py"] = """
        def f(a, act=lambda: 1 / 0):
            return act()
    """
    env.run("import m; f = m.f")
    env["m.py"].prepend("# a comment\n")
    env.run("pass")
    assert env.lines("m.f(1)", "m.py") == [3, 2]
    assert env("f is m.f")
    assert "stale" not in env.attempt("%livecheck")


OVERLOADED = """
import typing
class Box:
    @typing.overload
    def put(self, a: int) -> int: ...
    @typing.overload
    def put(self, a: str) -> str: ...
    def put(self, a):
        return a
"""


def test_overloads_were_left_on_their_old_lines(env):
    env["m.py"] = OVERLOADED
    env.run("import m, typing")
    env["m.py"].prepend("# a comment\n")
    env.run("pass")
    assert env("[each.__code__.co_firstlineno for each in typing.get_overloads(m.Box.put)]") == [
        4,
        6,
    ]
    assert "old code" not in env.attempt("%livecheck")


def test_overloads_were_lost_when_they_moved_and_the_function_was_edited(env):
    env["m.py"] = OVERLOADED
    env.run("import m, typing")
    env["m.py"].prepend("# a comment\n")
    env.run("pass")
    env["m.py"].replace("a: str", "a: bytes")
    env.run("pass")
    assert env("[each.__annotations__['a'] for each in typing.get_overloads(m.Box.put)]") == [
        int,
        bytes,
    ]
    assert "old code" not in env.attempt("%livecheck")


def test_a_lambda_deep_inside_of_a_class_attribute_kept_its_lines(env):
    env["m.py"] = """
        class Deep:
            def __init__(self, act): self.act = act
        class Rules:
            first = Deep([{"a": Deep([{"b": Deep([lambda: 1 / 0])}])}])
    """
    env.run("import m")
    env["m.py"].prepend("# a comment\n")
    env.run("pass")
    assert env.lines("m.Rules.first.act[0]['a'].act[0]['b'].act[0]()", "m.py") == [5]
    assert "old code" not in env.attempt("%livecheck")


def test_an_edited_overload_had_its_old_signature(env):
    env["m.py"] = OVERLOADED
    env.run("import m, typing")
    env["m.py"].replace("a: str", "a: bytes")
    env.run("pass")
    assert env("[each.__annotations__['a'] for each in typing.get_overloads(m.Box.put)]") == [
        int,
        bytes,
    ]
    env["m.py"].replace("return a", "return [a]")
    env.run("pass")
    assert env("[each.__annotations__['a'] for each in typing.get_overloads(m.Box.put)]") == [
        int,
        bytes,
    ]
    assert "old code" not in env.attempt("%livecheck")


def test_a_property_kept_the_docstring_of_its_getter(env):
    env["m.py"] = """
        import abc, functools
        class Box:
            @property
            def size(self):
                "How large."
            @property
            @abc.abstractmethod
            def both(self):
                "Both."
            @staticmethod
            def free():
                "Free."
            @classmethod
            def make(cls):
                "Make."
            @functools.cached_property
            def kept(self):
                "Kept."
            def plain(self): ...
            named = property(plain, doc="Its own.")
    """
    env.run("import m; size = m.Box.size")
    for old in ("How large.", "Both.", "Free.", "Make.", "Kept."):
        env["m.py"].replace(old, old + " Really.")
    env.run("pass")
    assert env("size is m.Box.size")
    assert env("m.Box.size.__doc__") == "How large. Really."
    assert env("m.Box.both.__doc__") == "Both. Really."
    assert env("m.Box.kept.__doc__") == "Kept. Really."
    assert env("m.Box.__dict__['free'].__doc__") == "Free. Really."
    assert env("m.Box.__dict__['make'].__doc__") == "Make. Really."
    assert env("m.Box.named.__doc__") == "Its own."
    env.run("%liveundo")
    assert env("m.Box.size.__doc__") == "How large."
    assert env("m.Box.kept.__doc__") == "Kept."


def test_a_wrapper_kept_the_annotations_that_wraps_had_copied(env):
    env["m.py"] = """
        import functools
        def logged(f):
            @functools.wraps(f)
            def inner(*a):
                return f(*a)
            return inner
        @logged
        def f(a): return a
    """
    env.run("import m, inspect; f = m.f")
    env["m.py"].replace("def f(a)", "def f(a: int) -> int")
    env.run("pass")
    assert (
        env("f.__annotations__")
        == env("f.__wrapped__.__annotations__")
        == {"a": int, "return": int}
    )
    env.run("%liveundo")
    assert env("f.__annotations__") == {}


def test_a_function_of_another_branch_than_the_last_was_not_kept(env):
    env["m.py"] = """
        import sys
        if sys.version_info >= (9,):
            def f(): return 9
        elif sys.version_info >= (3, 10):
            def f(): return 10
        else:
            def f(): return 0
    """
    env.run("import m; f = m.f")
    env["m.py"] = """
        import sys
        if sys.version_info >= (9,):
            def f(): return 9
        else:
            def f(): return 1
    """
    env.run("pass")
    assert env("f is m.f")
    assert env("f()") == 1
    env.run("%liveundo")
    assert env("f()") == 10


def test_a_docstring_replaced_what_the_class_body_binds_as_its_doc(env):
    env["m.py"] = """
        class Excepts:
            "Old."
            @property
            def __doc__(self):
                return "of an instance"
        class Plain:
            "Old."
            __doc__ = "Bound."
    """
    env.run("import m; e = m.Excepts()")
    env["m.py"].replace("Old.", "New.")
    env.run("pass")
    assert env("e.__doc__") == "of an instance"
    assert env("m.Plain.__doc__") == "Bound."


def test_an_item_made_anew_lacked_what_later_statements_put_in_and_was_not_named(env):
    env["m.py"] = """
        table = {}
        table["a"] = dict(one=1)
        table["b"] = dict(one=1)
        table["a"].update(two=2)
        table["a"]["three"] = 3
        other = {}
        other["a"] = 1
        other["b"] = 2
    """
    env.run("import m")
    env["m.py"].replace('table["b"] = dict(one=1)', 'table["b"] = dict(one=5)')
    env["m.py"].replace('other["a"] = 1', 'other["a"] = 5')
    env.run("pass")
    assert env("m.table['b']") == {"one": 5}
    assert env.named("stale") == []
    env["m.py"].replace('table["a"] = dict(one=1)', 'table["a"] = dict(one=7)')
    env.run("pass")
    assert env("m.table['a']") == {"one": 7, "two": 2, "three": 3} or env.mentions(
        "stale", "m:table"
    )


def test_a_class_attribute_made_anew_lacked_what_the_body_puts_in_and_was_not_named(env):
    env["m.py"] = """
        class Builder:
            more = {"b": 2}
            defaults = {"a": 1}
            defaults.update(more)
    """
    env.run("import m")
    env["m.py"].replace('"a": 1', '"a": 5')
    env.run("pass")
    assert env("m.Builder.defaults") == {"a": 5, "b": 2} or env.mentions(
        "stale", "m:Builder.defaults"
    )


def test_a_class_with_another_slot_lost_the_special_methods_that_were_hung_on_it(env):
    env["m.py"] = """
        def with_eq(cls):
            def __eq__(self, other):
                return self.a == other.a
            cls.__eq__ = __eq__
            return cls
        class Box:
            __slots__ = ("a",)
            def __init__(self, a):
                self.a = a
            def __len__(self):
                return 1
        Box = with_eq(Box)
    """
    env.run("import m; one = m.Box(1)")
    env["m.py"].replace('("a",)', '("a", "b")')
    env["m.py"].replace("__len__", "__bool__")
    env.run("pass")
    assert env("m.Box(1) == m.Box(1)")
    assert env("one == m.Box(1)")
    assert not env("hasattr(m.Box, '__len__')")
    env.run("%liveundo")
    assert env("one == m.Box(1)")


def test_a_module_made_by_hand_under_the_file_of_another_held_its_edits_back(env):
    env["m.py"] = """
        import sys, types
        made = types.ModuleType("m.ext")
        made.__file__ = __file__
        sys.modules["m.ext"] = made
        def lazy(f): return f
        @lazy
        def f(): return 1
    """
    env.run("import m")
    env["m.py"].replace("return 1", "return 2")
    env["m.py"].replace("@lazy\n", "@lazy\n@lazy\n")
    env.run("pass")
    assert env.named("failed") == []
    assert env("m.f()") == 2


def test_a_class_attribute_computed_from_itself_was_computed_twice(env):
    env["m.py"] = """
        class Parser:
            token = "a"
            other = token
            token = "(x)" + token
            def f(self): return 1
    """
    env.run("import m")
    env["m.py"].replace('"(x)"', '"(y)"')
    env.run("pass")
    assert env("m.Parser.token") == "(y)a"
    assert env("m.Parser.other") == "a"
    env["m.py"].replace('"a"', '"b"')
    env.run("pass")
    assert env("m.Parser.token") == "(y)b"
    assert env("m.Parser.other") == "b"
    env.run("%liveundo 2")
    assert env("m.Parser.token") == "(x)a"
