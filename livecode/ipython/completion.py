"""Tab completion for the magics' modules, files and definitions.

IPython's ``complete_command`` hooks are called for lines that begin with a magic's name.
"""

from __future__ import annotations

import glob
import inspect
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livecode.ipython.session import LiveCode

_COMMANDS = ("liveeval", "livetrack", "livedefs", "livediff", "livereload")
_OPTIONS = {
    "liveeval": ["-m", "-f"],
    "livetrack": ["--stop"],
    "livereload": ["--all"],
}


def install(session: LiveCode) -> None:
    """Offer completions for all magics."""
    session.completers = {}
    for command in _COMMANDS:

        def complete(shell: Any, event: Any, command: str = command) -> list[str]:
            return candidates(session, command, event.line, event.symbol)

        for key in (command, f"%{command}", f"%%{command}"):
            session.completers[key] = complete
            session.terminal.set_hook("complete_command", complete, str_key=key)


def remove(session: LiveCode) -> None:
    """Take the completions back."""
    strings = session.terminal.strdispatchers.get("complete_command")
    for key, complete in session.completers.items():
        chain = strings.strs.get(key) if strings is not None else None
        if strings is not None and chain is not None:
            chain.chain = [
                item
                for item in chain.chain
                if getattr(item[1], "__func__", item[1]) is not complete
            ]
            if not chain.chain:
                del strings.strs[key]


def candidates(session: LiveCode, command: str, line: str, symbol: str) -> list[str]:
    """What can follow on a line that begins with a magic.

    Args:
        session: the session.
        command: the magic's name.
        line: the line up to the cursor.
        symbol: the word at the cursor.
    """
    words = line.split()
    before = words[-1] if words and line.endswith(" ") else words[-2] if len(words) > 1 else ""
    word = "" if line.endswith(" ") else (words[-1] if words else "")
    cut = len(word) - len(symbol) if word.endswith(symbol) else 0
    if command == "liveeval":
        if before == "-m":
            found = _modules(session)
            if word:
                found += sorted(name for name in list(sys.modules) if name not in found)
        elif before == "-f":
            found = _files(session, word)
        else:
            found = [*_OPTIONS[command], *_names(session, word)]
    elif command == "livedefs":
        session.workspace.discover()
        found = [
            f"{source.name}:{definition.qualname}"
            for source in session.workspace.files.values()
            if source.text is not None
            for definition in source.outline.definitions()
        ]
        found += [f"{session.notebook.name}:{name}" for name in session.notebook.bindings()]
    elif command == "livetrack":
        found = [*_modules(session), *_files(session, word), *_OPTIONS[command]]
    else:
        found = [*_modules(session), *_OPTIONS.get(command, [])]
    return [item[cut:] for item in found if item.startswith(word)]


def _names(session: LiveCode, word: str) -> list[str]:
    """The names of the notebook, and attributes of what they are bound to."""
    root, dot, _ = word.rpartition(".")
    if not dot:
        return (
            [str(name) for name in session.notebook.namespace if name.startswith(word)]
            if word
            else []
        )
    value: Any = session.notebook.namespace.get(root.partition(".")[0])
    for part in root.split(".")[1:]:
        value = inspect.getattr_static(value, part, None)
    return (
        [f"{root}.{name}" for name in dir(value) if not name.startswith("_")]
        if value is not None
        else []
    )


def _modules(session: LiveCode) -> list[str]:
    session.workspace.discover()
    return sorted(session.workspace.files)


def _files(session: LiveCode, word: str) -> list[str]:
    """Tracked files, and Python files and folders that begin with what is typed."""
    paths = [
        path + os.sep if os.path.isdir(path) else path
        for path in sorted(glob.glob(glob.escape(word) + "*"))
    ]
    paths = [path for path in paths if path.endswith((".py", os.sep))]
    return [*paths, *(source.filename for source in session.workspace.files.values())]
