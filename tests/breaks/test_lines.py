"""The lines of instrumented code: those that plain code has, for tracers, debuggers and interrupts."""

from __future__ import annotations

import ast
import dis
import itertools
import sys
from types import CodeType

import pytest

from livecode.breaks.instrument import Instrumenter
from livecode.breaks.point import finish
from tests.dsl import clean


def instrumented(text):
    maker = Instrumenter(text)
    tree = ast.Module(maker.statements(ast.parse(text).body), [])
    return finish(compile(tree, "lines.py", "exec"), maker.objects)


def inner(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


BLOCKS = {
    "with": "with a:\n{}",
    "two withs": "with a, b:\n{}",
    "if": "if a:\n{}",
    "if else": "if a:\n{0}else:\n{0}",
    "except": "try:\n{0}except E:\n{0}",
    "finally": "try:\n{0}finally:\n{0}",
    "both": "try:\n{0}except E:\n{0}finally:\n{0}",
    "else": "try:\n{0}except E:\n    pass\nelse:\n{0}",
    "for": "for x in y:\n{}",
    "while": "while a:\n{}",
}
LOOPS = ("for i in z:\n{}", "while True:\n{}", "while q:\n{}")


def functions(loop):
    for outer, block in itertools.product(BLOCKS.values(), repeat=2):
        body = outer.format(inner(block.format("    foo()\n")))
        yield "def f():\n" + inner(loop.format(inner(body)))


def jumps_nowhere(code):
    """How many jumps back have no line: an interrupt that arrives there has none to be shown."""
    inside = [each for each in code.co_consts if isinstance(each, CodeType)]
    return sum(map(jumps_nowhere, inside)) + sum(
        step.opname == "JUMP_BACKWARD" and step.positions.lineno is None
        for step in dis.get_instructions(code)
    )


@pytest.mark.parametrize("loop", LOOPS)
def test_an_interrupt_of_a_loop_has_a_line(loop):
    """As far as it has one in plain code, which has none where a manager took an exception."""
    for text in functions(loop):
        plain = compile(text, "lines.py", "exec")
        assert jumps_nowhere(instrumented(text)) <= jumps_nowhere(plain), text


TRACED = clean("""
    def ends_with_an_assignment(n):
        x = n
    def loops(n):
        for i in range(n):
            if i:
                continue
            x = i
    def branches(n):
        if n > 1:
            x = 1
        elif n:
            x = 2
    def turns(n):
        while n:
            n -= 1
        else:
            x = 1
    def ends(n):
        for i in range(n):
            try:
                i
            finally:
                n
        try:
            n
        finally:
            x = 1
    def yields(n):
        yield n
        for x in range(n):
            yield x
    def returns(n):
        if n:
            return 5
        "x"
    def matches(n):
        match n:
            case 1:
                x = 2
            case 2:
                x = 3
    def opens(n):
        with open("/dev/null") as file:
            file
    def declares(n):
        global found
        for found in range(n):
            pass
        global kept
        try:
            n / n
        except ZeroDivisionError:
            global failed
            failed = True
    def declares_in_blocks(n):
        try:
            global begun
            begun = True
        finally:
            global over
            over = True
    def annotates(n):
        x: int
        x = n
    def tests_on_the_next_line(n):
        if (
            n > 1
        ):
            x = 1
    def loops_over_constants(n):
        for x in [
            1,
            2,
        ]:
            pass
    def calls_on_the_next_line(n):
        (
            str(n)
        )
    def breaks_at_the_end(n):
        try:
            for x in range(n):
                if x:
                    break
        finally:
            pass
    def takes_and_ends(n):
        try:
            str(n)
        except ValueError:
            pass
        else:
            x = 1
        finally:
            x = 2
    """)


def events(code, name, n):
    names, found = {}, []
    exec(code, names)

    def trace(frame, event, argument):
        if frame.f_code.co_filename != "lines.py":
            return None
        if event != "exception":
            found.append((event, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        list(names[name](n) or ()) if name == "yields" else names[name](n)
    finally:
        sys.settrace(before)
    return found


@pytest.mark.parametrize("name", [each.name for each in ast.parse(TRACED).body])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_tracer_sees_the_same_lines(name, n):
    plain = compile(TRACED, "lines.py", "exec")
    assert events(instrumented(TRACED), name, n) == events(plain, name, n)
