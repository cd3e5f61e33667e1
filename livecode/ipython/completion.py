"""Tab completion for the magics' modules, files and definitions.

IPython's ``complete_command`` hooks are called for lines that begin with a magic's name. The names of
a suspended frame, in any line of a cell that runs there, are offered by a matcher.
"""

from __future__ import annotations

import glob
import inspect
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from livecode.later import later

if TYPE_CHECKING:
    from livecode.breaks import looking
    from livecode.breaks.machine import Suspended
    from livecode.ipython.session import LiveCode
else:
    looking = later("livecode.breaks.looking")

_COMMANDS = ("liveeval", "livetrack", "livedefs", "livediff", "livereload")
_OPTIONS = {
    "liveeval": ["-m", "-f"],
    "livetrack": ["--stop"],
    "livereload": ["--all"],
}


_FRAME = re.compile(r"\s*%%frame\b[ \t]*(?P<number>\d*)[^\n]*\n")
_EXPRESSION = re.compile(
    r"\s*%resume[ \t]+(?P<option>--level[ =]\S+[ \t]+)?(?P<what>\w+)[ \t]+(?P<text>.*)"
)
_LINE = re.compile(r"\s*%(?P<magic>%?frame|resume)[ \t]+(?P<option>--level[ =]\S+[ \t]+)?\S*$")
_CHAIN = re.compile(r"[^\W\d]\w*(?:\.\w*)*$")


def install(session: LiveCode) -> None:
    """Offer completions for all magics."""
    session.completers = {}

    @context_matcher()  # type: ignore[untyped-decorator, unused-ignore]
    def frames(context: CompletionContext) -> Any:
        found = of_breaks(
            session, context.full_text, context.cursor_line, context.text_until_cursor
        )
        return {
            "completions": [SimpleCompletion(text=each) for each in _ending(found, context.token)]
        }

    session.matcher = frames
    session.terminal.Completer.custom_matchers.append(frames)
    for command in _COMMANDS:

        def complete(shell: Any, event: Any, command: str = command) -> list[str]:
            return candidates(session, command, event.line, event.symbol)

        for key in (command, f"%{command}", f"%%{command}"):
            session.completers[key] = complete
            session.terminal.set_hook("complete_command", complete, str_key=key)


def remove(session: LiveCode) -> None:
    """Take the completions back."""
    matchers = session.terminal.Completer.custom_matchers
    if session.matcher in matchers:
        matchers.remove(session.matcher)
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


def of_breaks(session: LiveCode, text: str, row: int, line: str) -> list[str]:
    """What the magics of the break loop can be followed by; whole words, with what is typed already.

    Args:
        session: the session.
        text: of the cell.
        row: of the cursor, 0 the first line.
        line: up to the cursor.
    """
    if not session.breaks.open:
        return []
    newest = session.breaks.open[-1]
    record = newest.record
    cell = _FRAME.match(text)
    if cell is not None and row > text[: cell.end() - 1].count("\n"):
        number = int(cell["number"]) if cell["number"] else newest.current
        return _of_frame(newest, number, line)
    given = _LINE.match(line)
    if given is not None and given["magic"] == "resume":
        return [each.name for each in record.restarts]
    if given is not None:
        return [str(number) for number in range(record.alive)]
    expression = _EXPRESSION.match(line)
    if expression is None:
        return []
    names = [each.name for each in record.restarts]
    what = expression["what"]
    if what.isdecimal() and 1 <= int(what) <= len(names):
        what = names[int(what) - 1]
    if what == "restart":
        return [str(number) for number in range(record.alive)]
    takes = {each.name for each in record.restarts if "EXPR" in each.argument}
    return _of_frame(newest, newest.current, expression["text"]) if what in takes else []


def _of_frame(suspended: Suspended, number: int, line: str) -> list[str]:
    """The names of a frame, or attributes of what they are bound to, if the line ends with a dot."""
    chosen = suspended.record.numbered(number)
    frame = chosen.frame if chosen is not None else None
    if frame is None:
        return []
    values = looking.names_in(frame, suspended.extra.get(id(frame), {}))
    chain = _CHAIN.search(line)
    root, dot, _ = chain[0].rpartition(".") if chain is not None else ("", "", "")
    if not dot:
        own = list(values)
        return own + [
            name for name in frame.f_globals if name.isidentifier() and name not in values
        ]
    first, *parts = root.split(".")
    value = values.get(first, frame.f_globals.get(first))
    for part in parts:
        value = inspect.getattr_static(value, part, None)
    return [] if value is None else [f"{root}.{name}" for name in _attributes(value)]


def _attributes(value: Any) -> list[str]:
    try:
        return [name for name in dir(value) if not name.startswith("_")]
    except Exception:  # the user's own __dir__
        return []


def _ending(words: list[str], token: str) -> list[str]:
    """The words that go on with a token. A front end's token may begin inside of a word, or be longer."""
    if not token or token[-1:] in "(,[{=":
        return words
    return [word for word in words if word.startswith(token)]


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
