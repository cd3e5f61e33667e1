"""A sketch, without long literals, has the same statements on the same lines."""

import ast
import gc
import threading
import time

import pytest

from livecode.sources.outline import outline
from livecode.sources.parsing import LONG, syntax, without_long_literals

NUMBERS = "".join(f"    {n},\n" for n in range(LONG // 4))
AROUND = "a = 1\n\n{}\n\ndef f(x=[1, 2]):\n    return x\n\nb = a\n"

SHORTENED = {
    "a list": f"DATA = [\n{NUMBERS}]",
    "a list on one line": f"DATA = [{NUMBERS}]".replace("\n", ""),
    "a tuple": f"DATA = (\n{NUMBERS})",
    "a dict": "DATA = {\n" + "".join(f"  'k{n}': -{n}.5e3,\n" for n in range(3000)) + "}",
    "nested displays": "DATA = [\n" + "{'a': [1, None], 'b': (2,)},\n" * 1000 + "]",
    "strings with brackets": "DATA = [\n" + "'[', \"(\\\"\", r'\\[', b'}',\n" * 1000 + "]",
    "comments with brackets": "DATA = [\n" + "1,  # [ ' \"\n" * 2000 + "]",
    "other numbers": "DATA = [\n" + "0x1f, 1_000, 2j, 0b1, True,\n" * 1000 + "]",
    "arguments": f"DATA = sum([\n{NUMBERS}], 5)",
    "a default": f"def g(x=[\n{NUMBERS}]):\n    return x",
    "an index": f"DATA = a[\n{NUMBERS}]",
    "two in one": f"DATA = [\n{NUMBERS}] + [\n{NUMBERS}]",
}

LEFT = {
    "names": "DATA = [\n" + "a, b,\n" * 3000 + "]",
    "a walrus": "DATA = [\n" + "1,\n" * 5000 + "(c := 5)]",
    "a display in a long string": f"DATA = '''[{NUMBERS}]'''",
    "a display in a comment": "# [" + "1, " * 5000 + "]\nDATA = 1",
    "a comprehension": "DATA = [n for n in [\n1, 2]]" + "\n" * LONG,
}


@pytest.mark.parametrize("text", [*SHORTENED.values(), *LEFT.values()], ids=[*SHORTENED, *LEFT])
def test_the_statements_are_the_same(text):
    text = AROUND.format(text)
    tree, found = ast.parse(text), outline(text)
    assert [n.lineno for n in tree.body] == found.lines
    assert [ast.dump(node) for node in tree.body] == [
        ast.dump(statement.node) for statement in found.statements
    ]
    assert {"a", "b", "f"} <= {name for each in found.statements for name in each.binds}


@pytest.mark.parametrize("text", SHORTENED.values(), ids=list(SHORTENED))
def test_long_literals_are_left_out(text):
    text = AROUND.format(text)
    short = without_long_literals(text)
    assert len(short) < len(text) / 2
    assert short.count("\n") == text.count("\n")


@pytest.mark.parametrize("text", LEFT.values(), ids=list(LEFT))
def test_everything_else_stays(text):
    text = AROUND.format(text)
    assert without_long_literals(text) == text


def test_an_error_outside_of_a_literal_has_its_line():
    text = f"DATA = [\n{NUMBERS}]\nb = (\n"
    with pytest.raises(SyntaxError) as raised:
        outline(text)
    assert raised.value.lineno == text.count("\n")


def test_threads_that_parse_at_the_same_time():
    """Collections let threads take turns, where a callback or a finalizer is written in Python."""
    text = "\n".join(f"a{n} = [[[{n}, (b, c)], d(e, f)], {{g: h}}]" for n in range(300))
    errors = []

    def parses():
        try:
            for _ in range(5):
                assert len(syntax(text).body) == 300
        except BaseException as error:
            errors.append(error)

    def takes_turns(phase, info):
        time.sleep(0.0001)

    threads = [threading.Thread(target=parses) for _ in range(2)]
    gc.callbacks.append(takes_turns)
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        gc.callbacks.remove(takes_turns)
    assert errors == []
