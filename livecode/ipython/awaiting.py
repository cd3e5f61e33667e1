"""``%liveeval`` with a top-level ``await``: the magic becomes an awaited call, so that the cell is async.

A magic is a plain function call and cannot wait in a running event loop. A line such as
``%liveeval await f()`` is therefore rewritten, before IPython looks at it, to a cell that awaits.
"""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

from livecode.sources.parsing import syntax

_AWAIT = re.compile(r"\b(await|async)\b")
_MAGIC = "liveeval"


def rewrite(lines: list[str]) -> list[str]:
    """An input transformer: rewrites a cell that is one ``%liveeval`` with a top-level await.

    Args:
        lines: the lines of a cell, with their line ends.
    """
    text = "".join(lines)
    if _MAGIC not in text:
        return lines
    stripped = text.strip()
    if not stripped.startswith((f"%{_MAGIC} ", f"%%{_MAGIC}")) or not _AWAIT.search(stripped):
        return lines
    if stripped.startswith(f"%%{_MAGIC}"):
        line, _, body = stripped.removeprefix(f"%%{_MAGIC}").partition("\n")
        options = line.strip()
    elif "\n" in stripped:
        return lines
    else:
        options, body = _split(stripped.removeprefix(f"%{_MAGIC}").strip())
    if not is_async(body):
        return lines
    return [f"await get_ipython().livecode.evaluate_async({body!r}, {options!r})\n"]


def _split(text: str) -> tuple[str, str]:
    found = re.match(r"(?:-m|--module)[ =]\S+\s+", text)
    return (found[0].strip(), text[found.end() :]) if found else ("", text)


def is_async(text: str) -> bool:
    """Whether a text is Python that only compiles with top-level await."""
    try:
        code = compile(
            text, "<liveeval>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
    except (SyntaxError, ValueError):
        return False
    return bool(code.co_flags & inspect.CO_COROUTINE)


async def evaluate(text: str, namespace: dict[str, Any], filename: str) -> Any:
    """Evaluate a text with top-level awaits; gives the value of its last expression, or None."""
    __tracebackhide__ = True
    nodes = syntax(text, filename).body
    last = nodes.pop() if isinstance(nodes[-1], ast.Expr) else None
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for node in nodes:
        code = compile(ast.Module([node], []), filename, "exec", flags=flags, dont_inherit=True)
        await _run(code, namespace)
    if not isinstance(last, ast.Expr):
        return None
    code = compile(ast.Expression(last.value), filename, "eval", flags=flags, dont_inherit=True)
    return await _run(code, namespace)


async def _run(code: Any, namespace: dict[str, Any]) -> Any:
    __tracebackhide__ = True
    value = eval(code, namespace)
    return await value if code.co_flags & inspect.CO_COROUTINE else value
