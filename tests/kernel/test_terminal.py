"""A real IPython terminal, as a person sits before it: what is typed, and what stands on the screen."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

pexpect = pytest.importorskip(
    "pexpect", reason="a terminal is driven by pexpect, which IPython brings"
)
if sys.platform == "win32":
    pytest.skip("pexpect has no terminals on Windows", allow_module_level=True)

PROMPT = re.compile(r"(\[level \d+\] )?In \[\d+\]: ")
CHECKOUT = Path(__file__).resolve().parents[2]


class Terminal:
    """`ipython` with its simple prompt; `run` types a line and gives what it showed."""

    def __init__(self, folder: Path) -> None:
        environment = os.environ | {
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(folder)]),
            "TERM": "dumb",
        }
        options = ["--simple-prompt", "--no-banner", "--colors=NoColor", "--no-confirm-exit"]
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options, "--HistoryManager.enabled=False"],
            cwd=str(folder),
            env=environment,
            encoding="utf-8",
            timeout=60,
        )
        self.prompt = ""
        self._wait()

    def _wait(self) -> str:
        self.process.expect(PROMPT)
        self.prompt = self.process.match.group(1) or ""
        return self.process.before.replace("\r", "")

    def run(self, *lines: str) -> str:
        for line in lines:
            self.process.sendline(line)
        if len(lines) > 1:
            self.process.sendline("")
        return self._wait()


@pytest.fixture
def terminal(tmp_path):
    made = Terminal(tmp_path)
    yield made
    made.process.close(force=True)


def test_the_prompt_says_from_the_second_level_on_where_one_is(terminal):
    terminal.run("%load_ext livecode")
    assert "level 1" in terminal.run("1 / 0")
    assert terminal.prompt == ""
    assert "level 2" in terminal.run("nope")
    assert terminal.prompt == "[level 2] "
    assert terminal.run("6 * 7").count("42") == 1
    assert terminal.prompt == "[level 2] "
    terminal.run("%resume abort")
    assert terminal.prompt == ""
    terminal.run("nope")
    assert terminal.prompt == "[level 2] "
    terminal.run("%unload_ext livecode")
    assert terminal.prompt == ""


def test_a_file_and_a_typed_function_are_edited_and_a_failure_goes_on(terminal, tmp_path):
    module = tmp_path / "shop.py"
    module.write_text("VAT = 0.2\n\n\ndef total(prices):\n    return sum(prices)\n")
    terminal.run("%load_ext livecode")
    terminal.run("from shop import VAT, total; held = [total]")
    module.write_text("VAT = 0.25\n\n\ndef total(prices):\n    return sum(prices) * (1 + VAT)\n")
    shown = terminal.run("held[0]([10, 30]), VAT")
    assert "livecode: shop: VAT edited, total edited" in shown
    assert "(50.0, 0.25)" in shown
    terminal.run("def euro(text):", "    return float(text)")
    terminal.run("made = []")
    shown = terminal.run("for each in iter(['1', '2,5', '3']):", "    made.append(euro(each))")
    assert "suspended in euro" in shown
    terminal.run("def euro(text):", "    return float(text.replace(',', '.'))")
    terminal.run("%resume")
    assert "[1.0, 2.5, 3.0]" in terminal.run("made")


def test_leaving_the_terminal_unwinds_what_is_suspended(terminal, tmp_path):
    (tmp_path / "work.py").write_text(
        "def work():\n    try:\n        1 / 0\n    finally:\n        print('un' + 'wound')\n"
    )
    terminal.run("%load_ext livecode")
    terminal.run("import work")
    assert "unwound" not in terminal.run("work.work()")
    terminal.process.sendline("exit")
    terminal.process.expect("unwound")
    terminal.process.expect(pexpect.EOF)
