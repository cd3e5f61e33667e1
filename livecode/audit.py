"""The audit of "nothing reachable is stale unless it is named" (``%livecheck``).

In: the workspace. Out: what is alive of tracked files and is not what their live text says. It walks
the heap once, and compares each function's code with what the compiler makes of the live text.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from types import CodeType, FrameType, FunctionType

from livecode.edits.codes import Key, build, key_of, similar, walk
from livecode.edits.finding import suspended_code
from livecode.edits.functions import behind, forwarding, stands_for
from livecode.edits.journal import Kept
from livecode.edits.report import Entry
from livecode.source import Source
from livecode.sources.outline import parse
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
    found += workspace.still_stale()
    sources = {
        source.filename: source for source in workspace.files.values() if source.text is not None
    }
    expected = {name: _codes(source) for name, source in sources.items() if source.revision > 1}
    named = {entry.name for entry in found}
    left_behind = list(behind)
    for code, item in _live(set(expected)):
        candidates = expected[code.co_filename].get(key_of(code), [])
        name = f"{sources[code.co_filename].name}:{code.co_qualname}"
        current = any(code == other or similar(code, other) for other in candidates)
        if name in named or (current and item not in left_behind) or _only_kept_for_undo(item):
            continue
        named.add(name)
        function = isinstance(item, FunctionType)
        kind = "a function" if function else "a suspended generator or coroutine"
        found.append(Entry(name, f"{kind} made before an edit has its old code"))
    return found


def _codes(source: Source) -> dict[Key, list[CodeType]]:
    """The code that the compiler makes of a source's live text.

    An edited statement was compiled by itself, and the compiler treats calls of what is imported in
    the same unit differently; so each statement is also compiled by itself.
    """
    outline = source.outline
    table: dict[Key, list[CodeType]] = defaultdict(list)
    roots = [build(parse(outline.text, source.filename).body, source.filename, outline.flags)]
    for statement, line in source.statements():
        if statement.kind in ("function", "class", "block"):
            roots.append(build([statement.parse(line)], source.filename, outline.flags))
    for root in roots:
        for code in walk(root):
            table[key_of(code)].append(code)
    return table


def _only_kept_for_undo(item: object) -> bool:
    """Whether nothing but the way back of an edit holds an object."""
    holders = gc.get_referrers(item)
    return bool(holders) and all(isinstance(holder, (Kept, list, FrameType)) for holder in holders)


def _live(filenames: set[str]) -> list[tuple[CodeType, object]]:
    """The code of every live function and suspended generator that comes from some files."""
    found: list[tuple[CodeType, object]] = []
    if not filenames:
        return found
    for item in gc.get_objects():
        if isinstance(item, FunctionType):
            if item.__code__.co_filename in filenames and item not in forwarding:
                found.append((item.__code__ if item in behind else stands_for(item), item))
        else:
            code = suspended_code(item)
            if code is not None and code.co_filename in filenames:
                found.append((code, item))
    return found
