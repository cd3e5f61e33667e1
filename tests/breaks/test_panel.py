"""The panel, its parts, and values in one line.

What is rendered is compared with files in ``golden/``; ``LIVECODE_GOLDEN=1`` writes them anew.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import gc
import linecache
import os
import sys
import time
import types
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent

import pytest

from livecode.breaks import panel
from livecode.breaks.point import Point
from livecode.breaks.record import Break, Restart, frames_of
from livecode.breaks.values import shown

GOLDEN = Path(__file__).parent / "golden"

RESTARTS = [
    Restart("resume", "", "go on at the failing statement, in the code as it is then"),
    Restart("retry", "", "run the failing statement again, as it was"),
    Restart("skip", "", "go on after the failing statement"),
    Restart("restart", "[N]", "call frame N's function again, as it is then"),
    Restart("return", "EXPR", "return a value from frame 0 in place of the error"),
    Restart("abort", "", "unwind: finally blocks and with-exits run"),
]

LIBRARY = """
def decode(text, hook):
    return scan(text, hook)


def scan(text, hook):
    if hook is not None:
        return hook(text)
    return int(text)
"""


class Program:
    """Files of a tracked program and of a library, and the breaks that they come to."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        library = folder / "site" / "jsonish" / "decoder.py"
        library.parent.mkdir(parents=True)
        library.write_text(LIBRARY)
        (library.parent / "__init__.py").write_text("")
        monkeypatch.syspath_prepend(str(folder / "site"))
        for each in ("jsonish", "jsonish.decoder"):  # whatever the test imports goes with it
            monkeypatch.setitem(sys.modules, each, None)
            monkeypatch.delitem(sys.modules, each)
        self.library = str(library)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(dedent(text).lstrip("\n"))
        return str(path)

    def fail(self, text, name="m.py", level=1, source="In [3]", notes=(), namespace=None):
        path = self.write(name, text)
        code = compile(Path(path).read_text(), path, "exec")
        try:
            exec(code, {"__name__": name.removesuffix(".py")} if namespace is None else namespace)
        except BaseException as error:
            frames = frames_of(
                error.__traceback__,
                lambda code: True if self.tracks(code.co_filename) else None,
                lambda frame: frame.f_code.co_filename == __file__,
            )
            return Break(
                level, error, frames, list(RESTARTS), list(notes), source, error.__traceback__
            )
        raise AssertionError("it did not fail")

    def tracks(self, filename):
        return os.path.dirname(filename) == str(self.folder)


@pytest.fixture
def program(tmp_path, monkeypatch):
    return Program(tmp_path, monkeypatch)


class WellFormed(HTMLParser):
    """Every tag is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def compare(name, found):
    path = GOLDEN / name
    if name.endswith(".html"):
        found = found.replace("><div", ">\n<div").replace("><details", ">\n<details")
        found = found.replace("><tr", ">\n<tr")
        parser = WellFormed()
        parser.feed(found)
        assert parser.open == []
    if os.environ.get("LIVECODE_GOLDEN"):
        path.write_text(found + "\n", encoding="utf-8")
    assert found + "\n" == path.read_text(encoding="utf-8")


def compare_panel(name, breaks, current=0):
    compare(f"{name}.txt", panel.text(breaks, current))
    compare(f"{name}.html", panel.html(breaks, current))


SIMPLE = """
    def load(rows):
        total = 0
        for row in rows:
            total += row["price"] * row["count"]
        print(total)
        return total


    def main(rows):
        return load(rows)


    main([{"price": 2, "count": 3}, {"name": "<b>"}])
"""

CALLS_LIBRARY = """
    from jsonish.decoder import decode


    def number(text):
        return decode(text, None)


    def numbers(texts):
        return [decode(text, number) for text in texts]


    def main():
        found = numbers(["1", "two"])
        return found


    main()
"""


def test_simple(program):
    brk = program.fail(SIMPLE, notes=["return is not offered for a frame of a generator."])
    compare_panel("simple", [brk])
    compare("simple_brief.txt", panel.brief(brk))
    compare("simple_frame.txt", panel.frame_text(brk, 0))
    compare("simple_frame.html", panel.frame_html(brk, 0))


def test_another_frame_is_selected(program):
    brk = program.fail(SIMPLE)
    assert "> 1  main (m.py:10), selected, restartable" in panel.text([brk], 1)
    assert "  0  load (m.py:4), restartable" in panel.text([brk], 1)
    assert panel.html([brk], 1).count("<details open>") == 1


def test_a_frame_that_is_not_there(program):
    brk = program.fail(SIMPLE)
    assert panel.frame_text(brk, 7) == "There is no frame 7 at level 1: it has 0 to 2."
    assert "There is no frame 7" in panel.frame_html(brk, 7)


def test_no_break_is_open():
    assert panel.text([], None) == "No break is open."
    assert "No break is open." in panel.html([], None)


def test_library_frames_are_folded(program):
    program_text = CALLS_LIBRARY.replace(
        "[decode(text, number) for text in texts]", "decode(texts[1], number)"
    )
    brk = program.fail(program_text)
    assert [each.number for each in brk.frames] == [None, None, 0, None, None, 1, 2, 3]
    compare_panel("library", [brk])
    compare("library_brief.txt", panel.brief(brk))


def test_all_frames_are_a_librarys(program):
    brk = program.fail(CALLS_LIBRARY)
    brk.frames = [each for each in brk.frames if not each.tracked]
    for number in range(len(brk.frames)):
        assert brk.numbered(number) is None
    assert "in In [3]" in panel.brief(brk)
    assert panel.frame_text(brk, 0) == "There is no frame 0 at level 1: it has none."
    assert "0 frames are alive" in panel.text([brk])


def test_nested_levels(program):
    first = program.fail(SIMPLE)
    second = program.fail(
        """
        def look(path):
            with open(path) as file:
                return file.read()

        look("/no/such/file")
        """,
        name="look.py",
        level=2,
        source="In [4]",
    )
    second.frames = [each for each in second.frames if each.tracked]
    compare_panel("levels", [first, second])
    assert panel.text([second, first]) == panel.text([first, second])


def test_notes_causes_contexts_and_groups(program):
    brk = program.fail(
        """
        def parse(text):
            try:
                return float(text)
            except ValueError as error:
                error.add_note("the text is of row 7")
                raise LookupError("no number\\nin two lines") from error


        def each(texts):
            errors = []
            for text in texts:
                try:
                    parse(text)
                except LookupError as error:
                    errors.append(error)
            try:
                1 / 0
            except ZeroDivisionError:
                failure = ExceptionGroup("some failed", errors)
                failure.add_note("<first> note\\nwith two lines")
                failure.add_note("second note")
                raise failure


        each("abcdefgh")
        """
    )
    compare_panel("chained", [brk])


def test_a_chain_that_is_a_circle_and_a_message_that_raises(program):
    class Odd(Exception):
        def __str__(self):
            raise ValueError

    brk = program.fail(SIMPLE)
    brk.error = Odd()
    brk.error.__cause__ = other = KeyError("k")
    other.__context__ = brk.error
    brk.error.__notes__ = [3, "\x1b[31mred"]
    lines = panel.text([brk]).splitlines()[:5]
    assert lines[1:] == [
        "  Odd: <its str raised ValueError>",
        "    note: 3",
        "    note: \\x1b[31mred",
        "    caused by KeyError: 'k'",
    ]
    brk.error.__notes__ = 7
    assert "note" not in panel.text([brk])


def test_a_long_chain_is_bounded(program):
    brk = program.fail(SIMPLE)
    error = brk.error
    for number in range(100):
        error.__cause__ = ValueError(f"{number}\n" * 1000)
        error = error.__cause__
    assert len(panel.text([brk]).splitlines()) < 120


def test_groups_of_groups_are_bounded(program):
    brk = program.fail(SIMPLE)

    def group(depth):
        return ExceptionGroup("g", [group(depth - 1) for _ in range(6)]) if depth else KeyError()

    brk.error = group(5)
    lines = panel.text([brk]).splitlines()
    assert "  … and more" in lines
    assert len(lines) < 120


def test_an_exception_whose_attributes_fail(program):
    class Odd(Exception):
        def __getattr__(self, name):
            raise RuntimeError

    brk = program.fail(SIMPLE)
    brk.error = Odd("x")
    assert "  Odd: x" in panel.text([brk]).splitlines()


def test_causes_in_cells_have_the_cells_name(program):
    brk = program.fail(SIMPLE)
    brk.place_of = lambda filename: "In [2]"
    brk.error.__cause__ = program.fail("1 / 0").error
    assert "caused by ZeroDivisionError: division by zero, in <module> (In [2]:1)" in panel.text(
        [brk]
    )


def test_locals_that_lie_about_their_class(program):
    brk = program.fail(
        """
        class Proxy:
            @property
            def __class__(self):
                raise SystemExit


        def f():
            proxy = Proxy()
            1 / 0


        f()
        """
    )
    assert "proxy  Proxy  <Proxy object>" in panel.frame_text(brk, 0)
    assert "Proxy" in panel.frame_html(brk, 0)


RECURSION = """
    def down(n):
        if n == 0:
            raise ValueError("the bottom")
        return down(n - 1)


    down(996)
"""


def test_long_recursion(program, monkeypatch):
    monkeypatch.setattr(sys, "setrecursionlimit", sys.setrecursionlimit)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(3000)
    try:
        brk = program.fail(RECURSION)
    finally:
        sys.setrecursionlimit(limit)
    compare_panel("recursion", [brk])
    assert "… the same frame 995 times more (2 to 996)" in panel.text([brk])
    chosen = panel.text([brk], 500)
    assert "… the same frame 498 times more (2 to 499)" in chosen
    assert "> 500 down (m.py:4), selected, restartable" in chosen
    assert "… the same frame 496 times more (501 to 996)" in chosen


def test_recursion_through_several_functions(program):
    brk = program.fail(
        """
        def even(n):
            return odd(n - 1)


        def odd(n):
            return even(n - 1) if n != 1 else 1 / 0


        even(100)
        """
    )
    text = panel.text([brk])
    assert "… the same 2 frames 49 times more (2 to 99)" in text
    assert "> 51 even (m.py:2), selected" in panel.text([brk], 51)


def test_many_different_frames_are_bounded(program):
    functions = "\n".join(f"def f{n}():\n    return f{n + 1}()\n\n" for n in range(200))
    brk = program.fail(functions + "\ndef f200():\n    1 / 0\n\n\nf0()\n")
    found = panel.text([brk], 100)
    assert "> 100 f100" in found
    assert "frames more; %frame N shows one" in found
    assert len(found.splitlines()) < 400


ODD = """
    import json
    from collections import OrderedDict


    class Raises:
        def __repr__(self):
            raise ValueError("no")


    class Exits:
        def __repr__(self):
            raise SystemExit


    class Endless:
        def __repr__(self):
            return repr(self)


    class Lines:
        def __repr__(self):
            return "one\\n  two \\x1b[31m"


    class Plain:
        pass


    class Array:
        shape = property(lambda self: (1000, 3))
        dtype = "float64"


    def odd(argument, *rest, key="<k>", **more):
        raises, exits, endless, lines, plain = Raises(), Exits(), Endless(), Lines(), Plain()
        within = [raises, plain]
        million = list(range(1_000_000))
        table = {n: str(n) for n in range(1000)}
        ordered = OrderedDict(table)
        long = "a" * 500 + "b" * 500
        circle = []
        circle.append(circle)
        array = Array()
        names = {"b", "a", "c"}
        number = 10**5000
        local = json
        function = odd
        __dunder__ = 1

        def inner():
            return argument

        deleted = 1
        del deleted
        return inner() + key


    odd(1, 2, 3, more=None)
"""


def test_odd_locals(program):
    brk = program.fail(ODD)
    compare("odd_frame.txt", panel.frame_text(brk, 0))
    compare("odd_frame.html", panel.frame_html(brk, 0))
    compare("odd_module_frame.txt", panel.frame_text(brk, 1))


def test_hidden_names_are_left_out(program):
    brk = program.fail(SIMPLE)
    code = brk.frames[0].frame.f_code
    assert "row" in code.co_varnames
    hidden = code.replace(
        co_varnames=tuple("row\0held" if name == "row" else name for name in code.co_varnames)
    )
    try:
        types.FunctionType(hidden, {"print": print})([{}])
    except KeyError as error:
        brk.frames = frames_of(error.__traceback__.tb_next, lambda code: code, lambda frame: False)
    found = panel.frame_text(brk, 0)
    assert "total  int" in found
    assert "held" not in found


def test_many_locals_are_bounded(program):
    names = "\n".join(f"    n{number} = {number}" for number in range(100))
    brk = program.fail(f"def f():\n{names}\n    1 / 0\n\n\nf()\n")
    assert "… 60 names more" in panel.frame_text(brk, 0)


def test_nothing_is_kept_alive_by_what_was_shown(program):
    namespace = {"__name__": "m"}
    brk = program.fail(
        """
        class Held:
            pass


        def f():
            held = Held()
            refs.append(weakref.ref(held))
            1 / 0


        import weakref

        refs = []
        f()
        """,
        namespace=namespace,
    )
    for each in (panel.text, panel.html):
        each([brk])
    for each in (panel.frame_text, panel.frame_html):
        each(brk, 0)
    assert namespace["refs"][0]() is not None
    del brk
    gc.collect()
    assert namespace["refs"][0]() is None


def test_source_lines_of_a_long_file(program):
    functions = "\n".join(f"def f{n}():\n    return {n}\n\n" for n in range(2000))
    brk = program.fail(functions + "\ndef g():\n    x = 1\n    1 / 0\n\n\ng()\n")
    start = time.perf_counter()
    assert "-> 8003      1 / 0\n  1  <module>" in panel.text([brk])
    assert time.perf_counter() - start < 0.5


def test_source_lines_are_those_of_the_file_now(program):
    brk = program.fail(SIMPLE)
    linecache.getlines(brk.frames[0].filename)
    changed = dedent(SIMPLE).lstrip("\n").replace('row["price"]', 'row.get("price", 0)')
    Path(brk.frames[0].filename).write_text(changed)
    assert 'row.get("price", 0)' in panel.text([brk])


@pytest.mark.parametrize("text", ["", "x = 1\n", "def f(:\n" * 9, "(\n" * 9])
def test_source_lines_of_a_file_that_became_something_else(program, text):
    brk = program.fail(SIMPLE)
    Path(brk.frames[0].filename).write_text(text)
    assert "> 0  load (m.py:4), selected" in panel.text([brk])
    assert panel.html([brk])


def test_source_lines_of_a_file_that_is_gone(program):
    brk = program.fail(SIMPLE)
    panel.text([brk])
    os.remove(brk.frames[0].filename)
    assert 'total += row["price"]' in panel.text([brk])


def test_a_frame_in_code_that_was_edited_says_so(program):
    text = dedent(SIMPLE).lstrip("\n")
    path = program.write("m.py", text)
    module = compile(text, path, "exec")
    definition = "\n".join(text.splitlines()[:6]) + "\n"
    code = next(each for each in module.co_consts if isinstance(each, types.CodeType))
    code = code.replace(co_consts=(*code.co_consts, Point(definition, 1, "load")))
    from livecode.breaks.point import point_of

    try:
        types.FunctionType(code, {"print": print})([{}])
    except KeyError as error:
        frames = frames_of(
            error.__traceback__, point_of, lambda frame: frame.f_code.co_filename == __file__
        )
        brk = Break(1, error, frames, [])
    assert [each.name for each in frames] == ["load"]
    assert "edited since" not in panel.text([brk])
    assert "^^^" in panel.text([brk])
    Path(path).write_text(text.replace("total += row", "total -= row"))
    assert "(edited since: the frame stands in the code as it was)" in panel.text([brk])
    assert "^^^" not in panel.text([brk])


def test_restartable_are_functions_with_a_name(program):
    brk = program.fail(
        """
        class A:
            made = (lambda: [1 / n for n in [0]])()
        """
    )
    found = {each.name: each.restartable for each in brk.frames}
    assert not any(found.values())
    assert brk.frames[-1].name == "<module>"
    assert all(each.restartable for each in program.fail(SIMPLE).frames[:2])


def test_places_for_people(program):
    brk = program.fail(SIMPLE)
    frames = frames_of(brk.trace, lambda code: None, lambda frame: False, lambda filename: "In [3]")
    assert frames[0].place == "In [3]"
    brk.frames[0].place = "In [3]"
    assert "suspended in load (In [3]:4), level 1" in panel.brief(brk)


def test_brief_names_the_restarts_that_there_are(program):
    brk = program.fail(SIMPLE)
    brk.restarts = [Restart("abort")]
    assert "%resume takes: abort." in panel.brief(brk)
    brk.restarts = [Restart("resume")]
    assert "%resume goes on there in the code as it is then." in panel.brief(brk)
    brk.restarts = []
    assert len(panel.brief(brk).splitlines()) == 2


# Values.


class Named(collections.UserList):
    pass


class Basket(list):
    pass


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Row:
    name: str
    values: list
    secret: int = dataclasses.field(default=0, repr=False)


class Liar(list):
    def __len__(self):
        raise RuntimeError

    def __repr__(self):
        return "liar"


class Meta(type):
    @property
    def __mro__(cls):
        raise RuntimeError

    def __getattr__(cls, name):
        raise RuntimeError


class WithMeta(metaclass=Meta):
    pass


class Scalar:
    shape = ()
    dtype = "float64"

    def __repr__(self):
        return "1.5"


class Frame:
    shape = (3, 2)
    dtypes = "whatever"


def recursive():
    row = Row("a", [])
    row.values.append(row)
    return row


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        ("it's", '"it\'s"'),
        ([1, [2, (3,)]], "[1, [2, (3,)]]"),
        ({1: {2: {3: {4: 5}}}}, "{1: {2: {3: {...}}}}"),
        ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
        (set(), "set()"),
        (frozenset("ba"), "frozenset({'a', 'b'})"),
        (set(range(1000)), "<set of 1000 items>"),
        (dict.fromkeys(range(1000)).keys(), "<dict_keys of 1000 items>"),
        (collections.Counter(range(1000)), "<Counter of 1000 items>"),
        (collections.deque([1, 2]), "deque([1, 2])"),
        (Basket([1, 2]), "Basket([1, 2])"),
        (Colour.RED, "<Colour.RED: 1>"),
        (Row("a", [1]), "Row(name='a', values=[1])"),
        (recursive(), "Row(name='a', values=[Row(name='a', values=[...])])"),
        (Liar(), "<Liar: its repr raised RuntimeError>"),
        (WithMeta(), "<WithMeta object>"),
        (Scalar(), "1.5"),
        (Frame(), "<Frame: shape (3, 2)>"),
        (10**5000, "<int of about 5000 digits>"),
        (len, "<built-in function len>"),
        (shown, "<function shown>"),
        (Row, "<class 'tests.breaks.test_panel.Row'>"),
        ("\ud800\x1b", "'\\ud800\\x1b'"),
    ],
    ids=lambda each: each if type(each) is str and each.isprintable() else "",
)
def test_values(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    "value",
    ["ab" * 10**6, b"ab" * 10**6, list(range(10**6)), Basket(range(10**6)), [["x" * 50] * 9] * 9],
    ids=["str", "bytes", "list", "subclass", "wide"],
)
def test_large_values_are_bounded_and_cost_nothing(value):
    start = time.perf_counter()
    text = shown(value, 80)
    assert time.perf_counter() - start < 0.05
    assert len(text) <= 80
    assert "..." in text


def test_an_interrupt_is_not_swallowed():
    class Interrupted:
        def __repr__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shown(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        shown([Interrupted()])
