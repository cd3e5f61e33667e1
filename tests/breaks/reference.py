"""What a program does that is right from the start: in plain Python, in a namespace of its own.

In: the text of a program in two cells, and what a restart amounts to. Out: what it did.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import linecache
import types
from typing import Any, NamedTuple

PRELUDE = '''
import asyncio, contextlib, functools, re
log = []
table = {1: 10, 3: 30}
v = 0
result = None

class M:
    """A manager, of both kinds."""
    def __init__(self, name):
        self.name = name
    def __enter__(self):
        log.append(("enter", self.name))
        return self
    def __exit__(self, kind, error, trace):
        log.append(("exit", self.name, kind and kind.__name__))
    async def __aenter__(self):
        await asyncio.sleep(0)
        return self.__enter__()
    async def __aexit__(self, *exception):
        await asyncio.sleep(0)
        self.__exit__(*exception)

@contextlib.contextmanager
def cm(name):
    log.append(("in", name))
    try:
        yield name
    finally:
        log.append(("out", name))

async def each(items):
    for item in items:
        await asyncio.sleep(0)
        yield item

'''

WRAPPERS = """
import functools as _functools, inspect as _inspect
def _again(f):
    if _inspect.isasyncgenfunction(f):
        async def g(*a, **k):
            try:
                async for x in f(*a, **k): yield x
            except KeyError:
                FIRST
                async for x in f(*a, **k): yield x
    elif _inspect.iscoroutinefunction(f):
        async def g(*a, **k):
            try: return await f(*a, **k)
            except KeyError:
                FIRST
                return await f(*a, **k)
    elif _inspect.isgeneratorfunction(f):
        def g(*a, **k):
            try: return (yield from f(*a, **k))
            except KeyError:
                FIRST
                return (yield from f(*a, **k))
    else:
        def g(*a, **k):
            try: return f(*a, **k)
            except KeyError:
                FIRST
                return f(*a, **k)
    return _functools.wraps(f)(g)
def _gives(f):
    if _inspect.isasyncgenfunction(f):
        async def g(*a, **k):
            try:
                async for x in f(*a, **k): yield x
            except KeyError: pass
    elif _inspect.iscoroutinefunction(f):
        async def g(*a, **k):
            try: return await f(*a, **k)
            except KeyError: return 77
    elif _inspect.isgeneratorfunction(f):
        def g(*a, **k):
            try: return (yield from f(*a, **k))
            except KeyError: return 77
    else:
        def g(*a, **k):
            try: return f(*a, **k)
            except KeyError: return 77
    return _functools.wraps(f)(g)
"""


class Did(NamedTuple):
    """What a program did: its log, its output, the value of its last expression, and its failure."""

    log: list[Any]
    output: str
    value: Any
    error: str | None


def run(*cells: str) -> Did:
    """Run cells in plain Python; the last expression of the last gives the value."""
    module = types.ModuleType("__main__")
    output = io.StringIO()
    error = value = None
    with contextlib.redirect_stdout(output), asyncio.Runner() as runner:
        for number, text in enumerate(cells):
            filename = f"<reference {number}>"
            linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
            tree = ast.parse(text)
            last = None
            if isinstance(tree.body[-1], ast.Expr):
                last = ast.Expression(tree.body.pop().value)
            try:
                _run(
                    compile(tree, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), module, runner
                )
                if last is not None:
                    code = compile(last, filename, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                    value = _run(code, module, runner)
            except Exception as failed:
                error = repr(failed)
                break
    return Did(module.log, output.getvalue(), value, error)


def _run(code, module, runner):
    if code.co_flags & 0x80:
        return runner.run(_await(code, module))
    return eval(code, vars(module))


async def _await(code, module):
    return await eval(code, vars(module))
