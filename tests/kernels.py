"""The same verbs as in dsl.py, in a real ipykernel.

In:  code and metadata, sent by jupyter_client as a front end sends them.
Out: the reply and the messages of the cell, as values, output and errors.
"""

from __future__ import annotations

import ast
import inspect
import queue
import re
import time

import pytest

from tests.dsl import Env, Failure, forget

COLORS = re.compile(r"\x1b\[[0-9;]*m")
RESET = """
import sys, os
{forget}
shell = get_ipython()
if "livecode" in shell.extension_manager.loaded:
    shell.run_line_magic("unload_ext", "livecode")
if not hasattr(sys, "modules_at_start"):
    sys.modules_at_start = set(sys.modules)
forget({root!r}, sys.modules_at_start)
sys.path[:] = [place for place in sys.path if not place.startswith({root!r})]
sys.path.insert(0, {path!r})
os.chdir({path!r})
shell.reset(new_session=False)
"""


class Kernel:
    """A kernel process that scenarios use one after another."""

    def __init__(self, root, env):
        self.root, self.env = root, env
        self.manager = self.client = None

    def start(self):
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(
            startup_timeout=60, env=self.env, cwd=str(self.root)
        )

    def stop(self):
        if self.manager is not None:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)
            self.manager = self.client = None

    def fresh(self, path):
        """The kernel as after its start, in this folder."""
        if self.manager is None or not self.manager.is_alive():
            self.stop()
            self.start()
        text = RESET.format(forget=inspect.getsource(forget), root=str(self.root), path=str(path))
        reply, _ = self.send(text, silent=True)
        if reply["status"] != "ok":
            self.stop()
            self.start()
            self.send(text, silent=True)

    def send(self, code, metadata=None, timeout=60, **content):
        """Execute; gives the reply's content and the messages of the cell."""
        body = {
            "code": code,
            "silent": False,
            "store_history": not content.get("silent", False),
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
            **content,
        }
        message = self.client.session.msg("execute_request", body, metadata=metadata)
        self.client.shell_channel.send(message)
        wanted = message["header"]["msg_id"]
        messages, end = [], time.monotonic() + timeout
        try:
            while True:
                each = self.client.get_iopub_msg(timeout=max(0.01, end - time.monotonic()))
                if each["parent_header"].get("msg_id") != wanted:
                    continue
                kind, data = each["msg_type"], each["content"]
                if kind == "status" and data["execution_state"] == "idle":
                    break
                messages.append((kind, data))
            while True:
                reply = self.client.get_shell_msg(timeout=max(0.01, end - time.monotonic()))
                if reply["parent_header"].get("msg_id") == wanted:
                    return reply["content"], messages
        except queue.Empty:
            self.stop()
            pytest.fail(f"the kernel gave no answer in {timeout} s to:\n{code}", pytrace=False)


class KernelEnv(Env):
    """A real ipykernel. Values come over as text, so they must be literals."""

    kernel = True

    def __init__(self, path, kernel):
        super().__init__(path)
        self.process = kernel
        self.displayed = []
        kernel.fresh(path)

    def execute(self, text, id=None, meta=None):
        metadata = {**(meta or {}), **({"cellId": id} if id else {})}
        reply, messages = self.process.send(text, metadata)
        self.reply = reply
        self.displayed = [
            data["data"] for kind, data in messages if kind in ("display_data", "execute_result")
        ]
        parts, value, self.error = [], None, None
        for kind, data in messages:
            if kind == "stream":
                parts.append(data["text"])
            elif kind in ("display_data", "execute_result"):
                parts.append(data["data"].get("text/plain", "") + "\n")
            if kind == "execute_result":
                value = data["data"]["text/plain"]
            if kind == "error":
                shown = COLORS.sub("", "\n".join(data["traceback"]))
                parts.append(shown)
                self.error = Failure(data["ename"], data["evalue"], shown)
        self.output = "".join(parts)
        if reply["status"] == "error" and self.error is None:
            self.error = Failure(reply["ename"], reply["evalue"], self.output)
        if value is None:
            return None
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value

    @property
    def html(self):
        return "".join(data.get("text/html", "") for data in self.displayed)

    def evaluate(self, expr):
        reply, _ = self.process.send("", silent=True, user_expressions={"value": expr})
        value = reply["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return ast.literal_eval(value["data"]["text/plain"])

    def complete(self, line):
        reply = self.process.client.complete(line, len(line), reply=True, timeout=30)
        return reply["content"]["matches"]

    def close(self):
        pass
