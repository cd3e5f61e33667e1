"""The pages of docs/ as programs: files that they show, edits of them, and sessions.

In: the text of a page. Out: steps, in the order of the page, and what is wrong with what a cell showed.

    ```python      a file, or several that begin with a comment like ``# q/a.py``; without one the file is
                   the module that the next cells import first
    ```diff        an edit of a file: of that which a comment names, or else of the one that was shown last
                   and has these lines. Lines that begin with a blank say where, ``-`` lines go, ``+``
                   lines come
    ```text        a session: cells, each with what it shows. Every line of the page must be shown, in that
                   order; and the page must have every line that livecode says, but for "suspended in"

What is done by hand beside that stands in comments of the page, which people don't see: such blocks, and
``<!-- cell ids: 3 a, 4 a -->`` where a front end sends ids, ``<!-- before 3.13: 7 -->`` for cells that
show what an older Python does.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

BLOCK = re.compile(r"^```(python|diff|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"In \[(\d+)\]: ?(.*)")
FILE = re.compile(r"#\s+((?:\w+/)*\w+\.py)$")
IMPORT = re.compile(r"^(?:from|import) ([\w., ]+?)(?: import .*| as .*)?$", re.MULTILINE)
PLACES = re.compile(r" \(/[^)]*\)|0x[0-9a-f]+|(?<=migrated) in \d+ s(?=:|$)")


class Cell(NamedTuple):
    """A cell of a session, and the lines that the page shows under it."""

    number: int
    text: str
    shown: list[str]


class Files(NamedTuple):
    """Lines of files, by name; the name is empty where the page does not say it."""

    kind: str
    lines: dict[str, list[str]]


def steps(page: str) -> list[Cell | Files]:
    """What a page shows, in its order."""
    found: list[Cell | Files] = []
    for block in BLOCK.finditer(page):
        kind, text = block.groups()
        if kind == "text":
            found += session(text)
        else:
            found.append(files(kind, text))
    return found


def cell_ids(page: str) -> dict[int, str]:
    """The ids of the cells that have one, by number."""
    given = re.findall(r"<!-- cell ids: (.*?) -->", page)
    pairs = [pair.split() for each in given for pair in each.split(",")]
    return {int(number): key for number, key in pairs}


def only_before(page: str, version: tuple[int, ...]) -> set[int]:
    """The numbers of the cells that show what an older Python than this one does."""
    given = re.findall(r"<!-- before 3\.(\d+): ([\d, ]+) -->", page)
    return {
        int(number)
        for minor, numbers in given
        if version >= (3, int(minor))
        for number in numbers.split(",")
    }


def files(kind: str, text: str) -> Files:
    """The files of a block, or the edits of them."""
    lines: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        heading = FILE.match(line.lstrip() if kind == "diff" else line)
        if heading:
            name = heading[1]
            lines[name] = []
        else:
            lines.setdefault(name, []).append(line)
    return Files(kind, lines)


def session(text: str) -> list[Cell]:
    """The cells of a block; one that begins with output goes on with a cell of an earlier block."""
    cells: list[Cell] = []
    inside = False
    for line in text.splitlines():
        prompt = PROMPT.match(line)
        if prompt:
            cells.append(Cell(int(prompt[1]), prompt[2], []))
            inside = True
        elif inside and re.match(r" +\.\.\.:", line):
            cell = cells.pop()
            code = line.partition("...:")[2].removeprefix(" ")
            cells.append(cell._replace(text=f"{cell.text}\n{code}"))
        elif cells and line.strip():
            inside = False
            cells[-1].shown.append(line)
    return cells


def module_of(cells: list[Cell], known: set[str]) -> str:
    """The file of the module that the cells import first and that is not known yet."""
    for cell in cells:
        for names in IMPORT.findall(cell.text):
            for name in names.split(","):
                path = name.split()[0].replace(".", "/") + ".py"
                if path not in known and name.split()[0] not in {
                    *sys.stdlib_module_names,
                    "livecode",
                }:
                    return path
    return ""


def file_of(files: dict[str, list[str]], edit: list[str]) -> str:
    """The file that an edit is of: the one that was shown last and has the lines."""
    for name, lines in reversed(files.items()):
        try:
            edited(lines, edit)
        except AssertionError:
            continue
        return name
    raise AssertionError(f"no file has the lines of this edit: {edit}")


def edited(lines: list[str], edit: list[str]) -> list[str]:
    """Lines of a file after an edit."""
    made = list(lines)
    at = 0
    for line in edit:
        sign, text = line[:1], line[1:]
        if sign == "+":
            made.insert(at, text)
            at += 1
            continue
        try:
            at = made.index(text, at)
        except ValueError:
            raise AssertionError(f"the file has no line {text!r} (from {at + 1} on)") from None
        if sign == "-":
            del made[at]
        else:
            at += 1
    return made


def complaint(shown: list[str], output: str) -> str:
    """What is wrong with a cell's output, or an empty string."""
    lines = [PLACES.sub("", line.rstrip()) for line in output.splitlines() if line.strip()]
    rest = iter(lines)
    for line in shown:
        wanted = PLACES.sub("", line.rstrip())
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        if wanted.strip() != "…" and not any(pattern.fullmatch(each) for each in rest):
            return f"the page shows, and the cell does not (or not there):\n  {line}"
    told = [line for line in lines if re.match("livecode: (?!suspended in )", line)]
    missing = [line for line in told if not any(_same(line, each) for each in shown)]
    return f"the page leaves out:\n  {missing[0]}" if missing else ""


def _same(line: str, shown: str) -> bool:
    wanted = PLACES.sub("", shown.rstrip())
    return re.fullmatch(".*".join(map(re.escape, wanted.split("…"))), line) is not None
