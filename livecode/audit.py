"""The audit of "nothing reachable is stale unless it is named" (``%livecheck``).

In: the workspace. Out: what is alive of tracked files and is not what their live text says. It walks
the heap once, and compares each function's code with what the compiler makes of the live text.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from types import CodeType, FunctionType

from livecode.edits.codes import Key, key_of, similar, walk
from livecode.edits.finding import suspended_code
from livecode.edits.functions import forwarding, stands_for
from livecode.edits.report import Entry
from livecode.source import Source
from livecode.workspace import Workspace


def audit(workspace: Workspace) -> list[Entry]:
    """What could not follow, and why.

    Returns:
        An entry for each name, function or suspended generator that is stale, and for each file
        whose text on disk is not live.
    """
    found = [
        Entry(source.name, f"its file waits: {source.waiting}", source.filename)
        for source in workspace.files.values()
        if source.waiting
    ]
    found += workspace.stale.values()
    sources = {
        source.filename: source for source in workspace.files.values() if source.text is not None
    }
    expected = {name: _codes(source) for name, source in sources.items() if source.revision > 1}
    named = {entry.name for entry in found}
    for code, item in _live(set(expected)):
        source = sources[code.co_filename]
        candidates = expected[code.co_filename].get(key_of(code), [])
        name = f"{source.name}:{code.co_qualname}"
        if name not in named and not any(
            code == other or similar(code, other) for other in candidates
        ):
            named.add(name)
            kind = (
                "a function"
                if isinstance(item, FunctionType)
                else "a suspended generator or coroutine"
            )
            found.append(Entry(name, f"{kind} made before an edit has its old code"))
    return found


def _codes(source: Source) -> dict[Key, list[CodeType]]:
    table: dict[Key, list[CodeType]] = defaultdict(list)
    root = compile(source.text or "", source.filename, "exec", dont_inherit=True)
    for code in walk(root):
        table[key_of(code)].append(code)
    return table


def _live(filenames: set[str]) -> list[tuple[CodeType, object]]:
    """The code of every live function and suspended generator that comes from some files."""
    found: list[tuple[CodeType, object]] = []
    if not filenames:
        return found
    for item in gc.get_objects():
        if isinstance(item, FunctionType):
            if item.__code__.co_filename in filenames and item not in forwarding:
                found.append((stands_for(item), item))
        else:
            code = suspended_code(item)
            if code is not None and code.co_filename in filenames:
                found.append((code, item))
    return found
