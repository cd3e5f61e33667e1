"""Every session in docs/ shows what happens when it is run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import docs

ROOT = Path(__file__).resolve().parents[2] / "docs"
PAGES = [
    str(path.relative_to(ROOT))
    for path in sorted(ROOT.rglob("*.md"))
    if "\nIn [" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_happens(page, unloaded, caplog):
    text = (ROOT / page).read_text(encoding="utf-8")
    steps, ids = docs.steps(text), docs.cell_ids(text)
    older = docs.only_before(text, sys.version_info[:2])
    files: dict[str, list[str]] = {}  # the one that was shown last is the last one
    wrong = []
    last = 0
    for at, step in enumerate(steps):
        if isinstance(step, docs.Files):
            for name, lines in step.lines.items():
                if step.kind == "python":
                    cells = [each for each in steps[at:] if isinstance(each, docs.Cell)]
                    name = name or docs.module_of(cells, set(files))
                else:
                    name = name or docs.file_of(files, lines)
                    lines = docs.edited(files.get(name, []), lines)
                files.pop(name, None)
                files[name] = lines
                unloaded[name] = "".join(f"{line}\n" for line in lines)
            continue
        if not last and "load_ext" not in step.text:
            unloaded.load()
        if step.number < last:  # another session
            unloaded.shell.livecode.breaks.abort_all()
        last = step.number
        unloaded.shell.execution_count = step.number
        output = unloaded.attempt(step.text, ids.get(step.number)).replace(f"{unloaded.path}/", "")
        output += "\n".join(f"{each.levelname}:root:{each.getMessage()}" for each in caplog.records)
        caplog.clear()
        complaint = docs.complaint(step.shown, output)
        if complaint and step.number not in older:
            wrong.append(f"In [{step.number}]: {step.text}\n{complaint}\n--\n{unloaded.output}")
    assert not wrong, "\n\n".join(wrong)
