"""The audit of "nothing reachable is stale unless it is named" (``%livecheck``).

In: the workspace. Out: what is alive of tracked files and is not what their live text says. It walks
the heap once, and compares each function's code with what the compiler makes of the live text.
"""

from __future__ import annotations

import gc
import sys
import typing
from collections import defaultdict
from types import CodeType, FrameType, FunctionType, ModuleType

from livecode.breaks.compiling import compile_text
from livecode.edits.codes import Key, build, key_of, similar, walk
from livecode.edits.finding import suspended_code
from livecode.edits.functions import behind, forwarding, stands_for
from livecode.edits.journal import Kept
from livecode.edits.report import OWED, Entry, instances
from livecode.source import Source
from livecode.workspace import Workspace

_LAZY: tuple[type, ...] = tuple(
    getattr(typing, name)
    for name in ("TypeAliasType", "TypeVar", "ParamSpec", "TypeVarTuple")
    if sys.version_info >= (3, 12)
)
"""What holds a function that the compiler made of the text of a type (PEP 695)."""

_SUSPENDED = "a suspended generator or coroutine"

_FAR = 8
"""How many steps up a thing's holders are asked for; what is held from further away is taken to live."""


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
    found += [
        Entry(f"{cls.__module__}:{cls.__qualname__}.{name}", OWED.format(instances(count)))
        for cls, name, count in workspace.evolution.debts.every()
    ]
    found += [
        Entry(name, f"{instances(count)} made before an edit could not be migrated or let go")
        for name, count in workspace.evolution.old_ones().items()
    ]
    sources = {
        source.filename: source for source in workspace.files.values() if source.text is not None
    }
    expected = {name: _codes(source) for name, source in sources.items() if source.revision > 1}
    named = {entry.name for entry in found}
    left_behind = list(behind)
    live = _live(set(expected))
    for pair in live:
        code, item = pair
        candidates = expected[code.co_filename].get(key_of(code), [])
        name = f"{sources[code.co_filename].name}:{code.co_qualname}"
        current = any(code == other or similar(code, other) for other in candidates)
        if name in named or (current and item not in left_behind):
            continue
        kind = "a function" if isinstance(item, FunctionType) else _SUSPENDED
        owner = _type_of(item)
        if owner is not None:
            if type(owner).__name__ != "TypeAliasType" or _means_the_same(code, expected):
                continue
            kind = "a type alias"
        if _only_kept_for_undo(item, live):
            continue
        named.add(name)
        found.append(Entry(name, f"{kind} made before an edit has its old code"))
    return found


def _type_of(item: object) -> object | None:
    """The type alias or type parameter whose value a function computes, if it is such a function."""
    if not _LAZY or not isinstance(item, FunctionType):
        return None
    return next((each for each in gc.get_referrers(item) if isinstance(each, _LAZY)), None)


def _means_the_same(code: CodeType, expected: dict[str, dict[Key, list[CodeType]]]) -> bool:
    """Whether a type alias is what the text says, on whatever line (it has no lines of its own)."""
    return any(
        similar(code, other)
        for key, others in expected[code.co_filename].items()
        if key.qualname == code.co_qualname
        for other in others
    )


def _codes(source: Source) -> dict[Key, list[CodeType]]:
    """The code that the compiler makes of a source's live text.

    An edited statement was compiled by itself, and the compiler treats calls of what is imported in
    the same unit differently; so each statement is also compiled by itself. What was imported before
    livecode was loaded is not instrumented; all else is.
    """
    outline = source.outline
    table: dict[Key, list[CodeType]] = defaultdict(list)
    roots = [compile(outline.text, source.filename, "exec", dont_inherit=True)]
    try:
        roots.append(compile_text(outline.text, source.filename))
    except (RecursionError, MemoryError):
        pass  # too deep to be instrumented: it was imported as it is
    for statement, line in source.statements():
        if statement.kind in ("function", "class", "block"):
            nodes = [statement.parse(line)]
            roots.append(build(nodes, source.filename, outline.flags))
            roots.append(build(nodes, source.filename, outline.flags, as_is=True))
    for root in roots:
        for code in walk(root):
            table[key_of(code)].append(code)
    return table


def _only_kept_for_undo(item: object, live: list[tuple[CodeType, object]]) -> bool:
    """Whether nothing but the way back of an edit holds an object.

    Args:
        item: the object.
        live: our own list of what is looked at.
    """
    seen = {id(each) for each in (live, *live)}
    level: tuple[object, ...] = (item,)
    for _ in range(_FAR):
        seen |= {id(each) for each in (level, *level)}
        level = tuple(
            holder
            for holder in gc.get_referrers(*level)
            if id(holder) not in seen and not isinstance(holder, (Kept, FrameType))
        )
        if not level:
            return True
        if any(isinstance(each, ModuleType) or _is_namespace(each) for each in level):
            return False
    return False


def _is_namespace(holder: object) -> bool:
    return isinstance(holder, dict) and "__name__" in holder and "__builtins__" in holder


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
