"""A real kernel to show things in: cells go in as text, replies come out as plain data.

The kernel is this Python's own (never another one that a kernel spec of the user may name), in a
folder of its own, with an empty IPython profile: the same on every machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

START_SECONDS = 60
CELL_SECONDS = 30


class KernelFailure(Exception):
    """The kernel did not start, died, or did not answer; the text says which."""


@dataclass
class Reply:
    """What one cell gave back: its value (the text of Out), and all that it showed, in order."""

    number: int | None = None
    value: str | None = None
    shown: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def said(self) -> list[str]:
        """The lines in which livecode reports an edit."""
        lines = "\n".join(self.shown).splitlines()
        return [line for line in lines if line.startswith("livecode:")]


def _plain(line: str) -> str:
    """A line of a traceback without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


class _OwnKernel(KernelSpecManager):
    """Knows one kernel, by any name: ipykernel in the Python that runs this."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=make_ipkernel_cmd(), display_name=kernel_name, language="python")


class Kernel:
    """A started kernel that runs cells one at a time."""

    def __init__(self, client: BlockingKernelClient, manager: KernelManager) -> None:
        self._client = client
        self._manager = manager

    def run(self, cell: str) -> Reply:
        reply = Reply()

        def hear(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                reply.shown.append(content["text"].rstrip("\n"))
            elif kind == "display_data":
                reply.shown.append(content["data"].get("text/plain", "").rstrip("\n"))
            elif kind == "execute_result":
                reply.value = content["data"].get("text/plain", "")
            elif kind == "error":
                reply.error = f"{content['ename']}: {content['evalue']}"
                lines = [
                    _plain(line) for text in content["traceback"] for line in text.splitlines()
                ]
                said = [line for line in lines if line.startswith("livecode: ")]
                if said:
                    reply.shown.append("\n".join(lines[lines.index(said[0]) :]))

        try:
            answer = self._client.execute_interactive(
                cell, allow_stdin=False, timeout=CELL_SECONDS, output_hook=hear
            )
        except TimeoutError as late:
            what = f"gave no answer in {CELL_SECONDS} seconds"
            state = what if self._manager.is_alive() else "died"
            raise KernelFailure(f"the kernel {state}, in the cell:\n{cell}") from late
        reply.number = answer["content"].get("execution_count")
        if answer["content"]["status"] != "ok" and reply.error is None:
            reply.error = f"the cell ended with status {answer['content']['status']}"
        return reply


@contextmanager
def started_kernel(folder: Path, scratch: Path) -> Iterator[Kernel]:
    """A kernel that works in `folder`; its log, profile and connection file are in `scratch`."""
    log = scratch / "kernel.log"
    manager = KernelManager(
        kernel_spec_manager=_OwnKernel(),
        connection_file=str(scratch / "kernel.json"),
    )
    environment = {**os.environ, "IPYTHONDIR": str(scratch / "ipython")}
    with log.open("wb") as stream:
        try:
            manager.start_kernel(cwd=str(folder), env=environment, stdout=stream, stderr=stream)
        except Exception as problem:
            raise KernelFailure(f"the kernel did not start: {problem}") from problem
        client = manager.client()
        try:
            client.start_channels()
            try:
                client.wait_for_ready(timeout=START_SECONDS)
            except RuntimeError as problem:
                tail = log.read_text("utf-8", "replace").strip().splitlines()[-8:]
                told = "\n".join(["the kernel did not start:", str(problem), *tail])
                raise KernelFailure(told) from problem
            yield Kernel(client, manager)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
