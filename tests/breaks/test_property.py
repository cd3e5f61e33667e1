"""A random small program with a failing statement, fixed and resumed, ends as the right one does.

The failing statement is ``x += table[x % 5]``, where one key is missing. It stands somewhere in random
blocks; what they do is logged. The program that is right from the start runs in plain Python.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.breaks import reference
from tests.breaks.reference import PRELUDE

BROKEN = "x += table[x % 5]"
FIXED = "x += table.get(x % 5, 7)"
SKIPPED = "if x % 5 in table: x += table[x % 5]"
SMALL = st.integers(0, 9)
TABLES = st.builds(
    lambda values, missing: {key: value for key, value in enumerate(values) if key != missing},
    st.lists(st.integers(1, 9), min_size=5, max_size=5),
    st.integers(0, 4),
)


class Grammar:
    """Random statements of one kind of function."""

    def __init__(self, draw, kind):
        self.draw = draw
        self.kind = kind
        self.names = 0
        self.returns = True
        """Not in a finally block: what may take the exception there is no break of the function."""

    def body(self, depth, fails, loop):
        """The lines of a block; the failing statement is in it if `fails`."""
        count = self.draw(st.integers(1, 3))
        where = self.draw(st.integers(0, count - 1)) if fails else -1
        lines = []
        for index in range(count):
            if index == where and (depth == 0 or self.draw(st.integers(0, 3)) == 0):
                lines.append("FAIL")
            elif index == where or (depth > 0 and self.draw(st.booleans())):
                lines += self.compound(depth - 1, index == where, loop)
            else:
                lines += self.simple(loop)
        return lines

    def simple(self, loop):
        n = self.draw(SMALL)
        lines = [f"log.append(({n}, x))", f"x = x + {n}", "x += len(log) % 3"]
        if loop:
            lines += [f"if x % 7 == {n}: break", f"if x % 3 == {n}: continue"]
        if self.kind == "generator":
            lines.append("yield x")
        if self.kind == "coroutine":
            lines.append("await asyncio.sleep(0)")
        if self.kind == "closure":
            lines += ["look()", "total += x"]
        if n == 0 and self.returns:
            lines = ["return x" if self.kind != "generator" else "return"]
            lines = [f"if x > 40: {lines[0]}"]
        return [self.draw(st.sampled_from(lines))]

    def compound(self, depth, fails, loop):
        draw, inside = self.draw, self.inside
        self.names += 1
        name = self.names
        asynchronous = "async " if self.kind == "coroutine" and draw(st.booleans()) else ""
        kinds = ["if", "for", "while", "with", "finally", "except", "handler", "match", "else"]
        kind = draw(st.sampled_from(kinds))
        if kind == "if":
            other = draw(st.booleans())
            head = [f"if x % 2 == {draw(st.integers(0, 1))}:"]
            first = inside(depth, fails and not other, loop)
            return [*head, *first, "else:", *inside(depth, fails and other, loop)]
        if kind == "for":
            items = f"range({draw(st.integers(1, 3))})"
            items = f"each({items})" if asynchronous else items
            head = f"{asynchronous}for i{name} in {items}:"
            return [head, f"    log.append(('for', {name}, i{name}))", *inside(depth, fails, True)]
        if kind == "while":
            head = [
                f"w{name} = 0",
                f"while w{name} < {draw(st.integers(1, 3))}:",
                f"    w{name} += 1",
            ]
            return [*head, *inside(depth, fails, True)]
        if kind == "with":
            manager = "M" if asynchronous else draw(st.sampled_from(["M", "cm"]))
            two = f", M({-name})" if draw(st.booleans()) else ""
            return [f"{asynchronous}with {manager}({name}){two}:", *inside(depth, fails, loop)]
        if kind == "match":
            body = inside(depth, fails, loop)
            return ["match x:", "    case int(y):", *[f"    {line}" for line in body]]
        last = draw(st.booleans()) and kind == "finally"
        body = inside(depth, fails and not last and kind not in ("handler", "else"), loop)
        if kind == "finally":
            before, self.returns = self.returns, False
            final = inside(depth, fails and last, False)
            self.returns = before
            return ["try:", *body, "finally:", *final]
        if kind == "handler":
            head = ["try:", *body, f"    raise ValueError({name})"]
            caught = f"except ValueError as e{name}:"
            return [*head, caught, f"    log.append(str(e{name}))", *inside(depth, fails, loop)]
        lines = ["try:", *body, "except ValueError as error:", "    log.append(str(error))"]
        if kind == "else":
            lines += ["else:", *inside(depth, fails, loop)]
        return lines

    def inside(self, depth, fails, loop):
        return [f"    {line}" for line in self.body(max(depth, 0), fails, loop)]


@st.composite
def programs(draw):
    kind = draw(st.sampled_from(["function", "function", "generator", "coroutine", "closure"]))
    grammar = Grammar(draw, kind)
    body = [f"    {line}" for line in grammar.body(draw(st.integers(1, 3)), True, False)]
    head = {"coroutine": "async def f(x):", "generator": "def f(x):"}.get(kind, "def f(x):")
    lines = [head, *body, "    log.append(('end', x))"]
    if kind == "generator":
        lines.append("    yield x")
    elif kind == "closure":
        inner = ["    total = 0", "    def look():", "        nonlocal total"]
        inner += ["        total += 1", "        log.append((x, total))"]
        lines = [head, *inner, *body, "    look()", "    return total, x"]
    else:
        lines.append("    return x")
    text = "\n".join(lines) + "\n"
    x = draw(SMALL)
    call = {"coroutine": f"await f({x})", "generator": f"list(f({x}))"}.get(kind, f"f({x})")
    return text, f"with M('cell'):\n    result = {call}\nresult"


@pytest.mark.parametrize("how", ["resume", "retry", "skip", "shifted"])
def test_it_ends_as_the_right_program(env, how):
    count = iter(range(10**6))

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(programs(), TABLES)
    def check(program, table):
        text, call = program
        missing = {*range(5)} - {*table}
        whole = table | dict.fromkeys(missing, 7)
        fixed = text.replace("FAIL", SKIPPED if how == "skip" else FIXED)
        setup = f"{PRELUDE}\ntable = {table}\n"
        wanted = reference.run(setup, fixed, call)
        env.run(setup)
        cell = f"f{next(count)}"
        env.run(text.replace("FAIL", BROKEN), id=cell)
        value = env.execute(call, cell + "call")
        turns = 0
        while env.error is not None:
            assert env.error.name == "KeyError", env.error
            turns += 1
            assert turns < 50, "it goes on breaking"
            if how == "retry":
                env.run(f"table.update({whole})")
            elif how in ("resume", "shifted"):
                above = "# one\n\n# two\n" if how == "shifted" else ""
                env.run(above + fixed, id=cell)
            value = env.execute(f"%resume {how if how in ('retry', 'skip') else ''}")
        assert env.ns["log"] == wanted.log
        assert value == wanted.value
        assert env.shell.livecode.breaks.open == []
        if how in ("resume", "shifted"):
            assert turns <= 1

    check()
