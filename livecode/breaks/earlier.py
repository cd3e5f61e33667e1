"""Functions that were made before livecode was loaded get instrumented code.

In: the sources of modules that are imported already. Out: their live functions with instrumented code.
A function whose code is not what the compiler makes of the text keeps its own: what decorators and
other import hooks have made of it is not ours to replace.
"""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType

from livecode.breaks.compiling import compile_text, policy
from livecode.breaks.point import point_of
from livecode.edits.codes import similar, walk
from livecode.source import Source
from livecode.sources.parsing import without_long_literals


def instrument(sources: Iterable[Source], seconds: float) -> list[Source]:
    """Instrument the live functions of some sources, for at most some time.

    Args:
        sources: of modules whose live text is known.
        seconds: how long to go on; at least one source is done.

    Returns:
        Those that are left to be done.
    """
    until = time.monotonic() + seconds
    left = list(sources)
    codes: dict[tuple[str, str, int], list[tuple[CodeType, CodeType]]] = defaultdict(list)
    filenames: set[str] = set()
    while left:
        source = left.pop(0)
        if source.text is not None and policy.wants(source.filename):
            filenames.add(source.filename)
            for plain, ours in _pairs(source.text, source.filename):
                codes[_key(plain)].append((plain, ours))
        if time.monotonic() > until:
            break
    if filenames:
        for function in [item for item in gc.get_objects() if type(item) is FunctionType]:
            code = function.__code__
            if code.co_filename in filenames and point_of(code) is None:
                found = codes.get(_key(code), ())
                same = [ours for plain, ours in found if similar(plain, code)]
                if same and same[0].co_freevars == code.co_freevars:
                    function.__code__ = same[0]
    return left


def _pairs(text: str, filename: str) -> Iterator[tuple[CodeType, CodeType]]:
    """The code that the compiler makes of a text, each with the instrumented one."""
    if len(without_long_literals(text)) < len(text):
        return
    try:
        plain = compile(text, filename, "exec", dont_inherit=True)
        ours = compile_text(text, filename)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # its first edit will tell
    table = {_key(code): code for code in walk(ours)}
    for code in walk(plain):
        found = table.get(_key(code))
        if found is not None and point_of(found) is not None:
            yield code, found


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno
