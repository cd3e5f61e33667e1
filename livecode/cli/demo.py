"""`livecode demo`: takes the tour in a real kernel, prints it, and checks every outcome.

In: where to wait, and whether to use colours. Out: 0 if all was as the tour says it must be, else
1, with a message that says what was expected and what came.
"""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from livecode.cli.kernel import Kernel, KernelFailure, Reply, started_kernel
from livecode.cli.tour import FILES, STEPS, Run, Save

COLOURS = {
    "title": "1",
    "cell": "36",
    "old": "31",
    "new": "32",
    "said": "33",
    "ok": "32",
    "bad": "31",
}
MARGIN = "    "


class Unexpected(Exception):
    """An outcome was not as the tour says it must be."""


class Stopped(Exception):
    """The person asked to stop."""


def demo(step: bool = False, colour: bool = True) -> int:
    """Take the tour."""
    terminal = sys.stdout.isatty()
    page = Page(colour and terminal and "NO_COLOR" not in os.environ)
    wait = step and sys.stdin.isatty()
    try:
        with tempfile.TemporaryDirectory(prefix="livecode-demo-") as scratch:
            return _take_tour(Path(scratch), page, wait)
    except Unexpected as problem:
        page.line(f"FAILED: {problem}", "bad")
    except KernelFailure as problem:
        page.line(f"livecode demo: {problem}", "bad")
    except (Stopped, KeyboardInterrupt):
        page.blank()
        page.line("Stopped.")
    return 1


def _take_tour(scratch: Path, page: Page, wait: bool) -> int:
    folder = scratch / "work"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    page.line("A tour of livecode, in a real kernel. It begins with one file.")
    for name, text in FILES.items():
        page.blank()
        page.line(f"{MARGIN}{name}")
        page.block(" ", text)
    checked = 0
    with started_kernel(folder, scratch) as kernel:
        for number, step in enumerate(STEPS, 1):
            page.blank()
            page.line(f"{number}. {step.title}", "title")
            for action in step.actions:
                page.blank()
                if isinstance(action, Save):
                    _save(action, folder, page)
                else:
                    checked += _run(action, kernel, page)
            if wait and number < len(STEPS):
                _wait_for_enter()
    page.blank()
    page.line(f"All {len(STEPS)} steps went as they must ({checked} outcomes checked).", "ok")
    return 0


def _save(save: Save, folder: Path, page: Page) -> None:
    path = folder / save.file
    old = new = path.read_text("utf-8")
    for before, after in save.replaced:
        if new.count(before) != 1:
            raise Unexpected(f"the tour wants to replace {before!r} in {save.file}")
        new = new.replace(before, after)
    path.write_text(new, "utf-8")
    page.line(f"{MARGIN}save {save.file}")
    for line in _differing_lines(old, new):
        page.line(f"{MARGIN}  {line}", "new" if line.startswith("+") else "old")


def _differing_lines(old: str, new: str) -> Iterator[str]:
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""):
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            yield f"{line[0]} {line[1:]}"


def _run(run: Run, kernel: Kernel, page: Page) -> int:
    """Run a cell, print it with its reply, and check that; how many outcomes were checked."""
    reply = kernel.run(run.cell)
    page.block(f"In [{reply.number or ' '}]:", run.cell, "cell")
    if run.fails and reply.error is not None:
        page.line(f"{MARGIN}  {reply.error}", "old")
    for text in reply.shown:
        for line in text.splitlines():
            page.line(f"{MARGIN}  {line}", "said" if line.startswith("livecode:") else "")
    if reply.value is not None:
        page.block(f"Out[{reply.number or ' '}]:", reply.value)
    problems = list(_problems(run, reply))
    if problems:
        raise Unexpected("; ".join(problems))
    if run.follows:
        page.line(f"{MARGIN}ok: {run.follows}", "ok")
    return 1


def _problems(run: Run, reply: Reply) -> Iterator[str]:
    """In what the reply differs from what the tour says it must be."""
    if reply.error is not None and not (run.fails and reply.error.startswith(f"{run.fails}:")):
        yield f"the cell must {_end(run)}, but raised {reply.error}"
    elif run.fails and reply.error is None:
        yield f"the cell must {_end(run)}, but succeeded"
    elif run.value is not None and reply.value != run.value:
        yield f"the value must be {run.value}, but is {reply.value}"
    said, shown = "\n".join(reply.said), "\n".join(reply.shown)
    for part in run.reports:
        if part not in said:
            yield f"livecode must report {part!r}, but said {said or 'nothing'}"
    if run.reports and len(reply.said) > 1:
        yield f"livecode must report one line, but said {said}"
    for part in run.shows:
        if part not in shown:
            yield f"the cell must show {part!r}, but showed {shown or 'nothing'}"
    if shown and not (run.reports or run.shows):
        yield f"the cell must show nothing, but showed {shown}"


def _end(run: Run) -> str:
    return f"raise {run.fails}" if run.fails else "succeed"


def _wait_for_enter() -> None:
    try:
        answer = input("\n[Enter] next step, [q] stop: ")
    except EOFError:
        raise Stopped from None
    if answer.strip().lower() in ("q", "quit"):
        raise Stopped


class Page:
    """Prints lines, in colour if asked to."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def line(self, text: str, style: str = "") -> None:
        if self._colour and style:
            text = f"\033[{COLOURS[style]}m{text}\033[0m"
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), flush=True)

    def blank(self) -> None:
        print()

    def block(self, label: str, text: str, style: str = "") -> None:
        """Lines of text beside a label, as a console shows a cell."""
        first, *rest = text.splitlines() or [""]
        self.line(f"{MARGIN}{label} {first}", style)
        for line in rest:
            self.line(f"{MARGIN}{' ' * len(label)} {line}".rstrip(), style)
