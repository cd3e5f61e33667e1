"""Runs a case: one process for each contender, asked in turn, one measurement at a time.

In: a `Case`. Out: for each contender an `Outcome`, whose lists of seconds are aligned by
round, so that two contenders can be compared measurement by measurement. A contender that
fails or hangs is an outcome with an error; the others go on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .cases import Case

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # seconds that one answer may take


@dataclass
class Outcome:
    """What one contender showed in one case."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    followed: bool = True
    error: str = ""

    def median(self, name: str) -> float | None:
        samples = self.seconds.get(name)
        return median(samples) if samples and not self.error else None


Outcomes = dict[str, Outcome]


class WorkerError(Exception):
    """A worker failed; the text says why."""


class Worker:
    """A process in which one contender meets one case."""

    def __init__(self, case: Case, contender: str, folder: Path) -> None:
        self.log = folder / "log.txt"
        sizes = case.sizes
        if contender == "floor":
            sizes = {"functions": sizes["functions"]}
        order = {
            "task": case.task_of(contender),
            "contender": "plain" if contender == "floor" else contender,
            "folder": str(folder),
            "sizes": sizes,
        }
        environment = os.environ | {"IPYTHONDIR": str(folder / "ipython"), "TERM": "dumb"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.worker", json.dumps(order)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )

    def answer(self) -> dict[str, Any]:
        """The next answer; a process that takes too long is ended."""
        assert self.process.stdout is not None
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        line = self.process.stdout.readline()
        alarm.cancel()
        if not line:
            raise WorkerError(f"it ended or hung; {self.last_words()}")
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            raise WorkerError(message["error"])
        return message

    def measure(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write("measure\n")
        self.process.stdin.flush()
        return self.answer()

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it printed nothing"

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@contextmanager
def workers(case: Case, outcomes: Outcomes) -> Iterator[dict[str, Worker]]:
    """The contenders' processes, started one after the other, each once it is quiet."""
    started: dict[str, Worker] = {}
    with tempfile.TemporaryDirectory(prefix="livecode-bench-") as folder:
        try:
            for contender in case.contenders:
                if outcomes[contender].error:
                    continue
                place = Path(folder, contender)
                place.mkdir()
                started[contender] = Worker(case, contender, place)
                try:
                    started[contender].answer()
                except (WorkerError, OSError) as error:
                    outcomes[contender].error = str(error)
                    started.pop(contender).end()
            yield started
        finally:
            for worker in started.values():
                worker.end()


def run(case: Case) -> Outcomes:
    """All processes and rounds of `case`; each round begins with another contender."""
    outcomes = {contender: Outcome() for contender in case.contenders}
    for _ in range(case.processes):
        with workers(case, outcomes) as started:
            for turn in range(case.rounds):
                names = list(started)
                first = turn % len(names) if names else 0
                for contender in names[first:] + names[:first]:
                    take(outcomes[contender], started[contender])
                    if outcomes[contender].error:
                        started.pop(contender).end()
    return outcomes


def take(outcome: Outcome, worker: Worker) -> None:
    """Ask for one measurement and add it to the outcome."""
    try:
        message = worker.measure()
    except (WorkerError, OSError) as error:
        outcome.error = str(error)
        return
    outcome.followed = outcome.followed and bool(message["followed"])
    for name, seconds in message["seconds"].items():
        outcome.seconds.setdefault(name, []).append(seconds)


def ratio(one: Outcome, name: str, other: Outcome, other_name: str = "") -> float | None:
    """The median over the rounds of `one` divided by `other`."""
    if one.error or other.error:
        return None
    ones = one.seconds.get(name, [])
    others = other.seconds.get(other_name or name, [])
    pairs = [a / b for a, b in zip(ones, others, strict=False) if b > 0]
    return median(pairs) if pairs else None
