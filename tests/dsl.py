"""The language of the scenarios: files that are saved, cells that are run.

In:  a folder of its own for each scenario, and a shell: one in this process
     (``ShellEnv``) or a real ipykernel (``KernelEnv``, in kernels.py). Both have the
     same verbs.
Out: what a cell gave, printed or raised.

    def test_alias_follows(env):
        env["m.py"] = "def f(): return 1"
        env.run("import m; g = m.f")
        env["m.py"].replace("1", "2")
        assert env("g()") == 2

The verbs
    env["m.py"] = text      save a file as an editor does (in place)
    env["m.py"].replace(..) edit it; also append, remove, rename, write_bytes
    env.run(text, id="a")   run a cell, which must not raise; ``id`` is its cell id
    env(expr)               run a cell and give its value (in a kernel: a literal)
    env.fails(text, name)   run a cell that must raise; gives what was shown
    env.attempt(text)       run a cell that may raise; gives its output
    env.usage(text)         run a magic with wrong arguments: a usage line, no traceback
    env.rows(magic)         the lines that a magic shows
    env.traceback(expr)     where ``expr`` raised: (file, line, function, source line)s
    env.named("stale")      names in that part of the last edit's report
    env.complete(line)      what tab offers at the end of the line
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib
import io
import os
import sys
import textwrap
import types

import pytest

both = pytest.mark.both
"""The scenario runs in the shell of this process and in a real kernel."""


def since(*version):
    """Leave the scenario out before this Python."""
    text = ".".join(map(str, version))
    return pytest.mark.skipif(sys.version_info < version, reason=f"needs Python {text}")


def clean(text):
    """The text of a triple-quoted string as it would stand in a file or cell."""
    if text.startswith("\n"):
        text = textwrap.dedent(text[1:])
        text = text.rstrip(" ")
    return text


class File:
    """A file in the scenario's folder. Every save is a new state of the file."""

    def __init__(self, path):
        self.path = path

    def __str__(self):
        return str(self.path)

    @property
    def text(self):
        return self.path.read_bytes().decode()

    def write(self, text):
        """Save in place, as most editors do."""
        self.write_bytes(clean(text).encode())

    def write_bytes(self, data):
        before = self._mtime()
        if not self.path.parent.is_dir():
            self.path.parent.mkdir(parents=True)
        with open(self.path, "wb") as out:
            out.write(data)
        self._touch(before)

    def swap(self, text):
        """Save by writing another file and putting it in this one's place, as vim does."""
        before = self._mtime()
        other = self.path.with_name(self.path.name + "~new")
        other.write_bytes(clean(text).encode())
        os.replace(other, self.path)
        self._touch(before)

    def replace(self, old, new, count=-1):
        text = self.text
        assert old in text, f"{old!r} is not in {self.path.name}"
        self.write_bytes(text.replace(old, new, count).encode())

    def append(self, text):
        self.write_bytes((self.text + clean(text)).encode())

    def prepend(self, text):
        self.write_bytes((clean(text) + self.text).encode())

    def remove(self):
        self.path.unlink()
        self._folder()

    def rename(self, name):
        self.path.rename(self.path.with_name(name))
        self._folder()

    def line(self, text):
        """The number of the first line that holds this text."""
        lines = self.text.splitlines()
        return next(n for n, line in enumerate(lines, 1) if text in line)

    def _mtime(self):
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return None

    def _touch(self, before):
        """Two saves within one tick of the clock must not look the same."""
        if before is None:
            self._folder()
        elif (now := self._mtime()) <= before:
            os.utime(self.path, ns=(now, before + 1000))

    def _folder(self):
        """The import system trusts a folder's time: a new file must change it."""
        folder = self.path.parent
        stat = folder.stat()
        os.utime(folder, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
        importlib.invalidate_caches()


class Failure:
    """What a failed cell showed. ``exception`` only in this process."""

    def __init__(self, name, value, text, exception=None):
        self.name, self.value, self.text, self.exception = name, value, text, exception

    def __repr__(self):
        return f"{self.name}: {self.value}"


class Env:
    """What both kinds have. A kind brings ``execute`` and ``evaluate``."""

    output = ""
    error = None
    kernel = False

    def __init__(self, path):
        self.path = path

    def __getitem__(self, name):
        return File(self.path / name)

    def __setitem__(self, name, text):
        File(self.path / name).write(text)

    def save(self, **files):
        """Save several modules at once: ``env.save(m=..., n=...)``."""
        for name, text in files.items():
            self[f"{name}.py"] = text

    def load(self):
        self.run("%load_ext livecode")

    def run(self, text, id=None, **meta):
        value = self.execute(clean(text), id, meta)
        if self.error is not None:
            pytest.fail(f"the cell raised {self.error!r}:\n{text}\n{self.output}", pytrace=False)
        return value

    cell = run

    def __call__(self, expr):
        return self.run(expr)

    def attempt(self, text, id=None):
        self.execute(clean(text), id, {})
        return self.output

    def fails(self, text, name=None, id=None):
        self.execute(clean(text), id, {})
        if self.error is None:
            pytest.fail(f"the cell did not raise:\n{text}\n{self.output}", pytrace=False)
        if name is not None:
            assert self.error.name == name, f"{self.error!r} instead of {name}"
        return self.error

    def usage(self, text):
        output = self.attempt(text)
        assert "Traceback (" not in output, output
        assert "usage" in output.lower(), output
        return output

    def message(self, text):
        """Run a magic that cannot do what it is asked: it says why, without a traceback."""
        output = self.attempt(text)
        assert "Traceback (" not in output, output
        assert output.strip(), f"{text} said nothing"
        return output

    def rows(self, magic):
        """The lines that a magic shows, without those about these tests, which are user code too."""
        self.run(magic)
        return [row for row in self.output.splitlines() if "tests" not in row]

    def traceback(self, expr):
        self.run(f"""
            import os, traceback
            _raised = None
            try:
                {expr}
            except Exception as error:
                _raised = [
                    (os.path.basename(each.filename), each.lineno, each.name, each.line)
                    for each in traceback.extract_tb(error.__traceback__)
                ]
        """)
        raised = self("_raised")
        assert raised is not None, f"{expr} did not raise"
        return raised

    def lines(self, expr, name):
        """The line numbers in this file that the traceback of ``expr`` shows."""
        return [line for file, line, _, _ in self.traceback(expr) if file == name]

    def entries(self, part):
        """That part of the last edit's report: (name, why)s."""
        return self.evaluate(
            f"[(str(each.name), str(each.why or '')) for each in getattr("
            f"get_ipython().livecode.report, {part!r}, ())]"
        )

    def named(self, part):
        return [name for name, _ in self.entries(part)]

    def mentions(self, part, name):
        """Is this definition named in that part of the last edit's report?"""
        return any(each.endswith(name) for each in self.named(part))


class ShellEnv(Env):
    """An InteractiveShell in this process."""

    def __init__(self, path, profile):
        super().__init__(path)
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        self._modules = set(sys.modules)
        self._main = sys.modules["__main__"]
        self._path = list(sys.path)
        self._cwd = os.getcwd()
        self._hooks = sys.excepthook, sys.displayhook
        self._builtins = dict(vars(builtins))
        sys.path.insert(0, str(path))
        os.chdir(path)
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.ipython_dir = str(profile)
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell(
            config=config, user_module=types.ModuleType("__main__"), parent=None
        )
        for kind in InteractiveShell._walk_mro():
            kind._instance = self.shell

    @property
    def ns(self):
        return self.shell.user_ns

    @property
    def report(self):
        return self.shell.livecode.report

    def execute(self, text, id=None, meta=None):
        captured = io.StringIO()
        with contextlib.redirect_stdout(captured), contextlib.redirect_stderr(captured):
            result = self.shell.run_cell(
                text,
                store_history=True,
                cell_id=id,
                cell_meta={**(meta or {}), **({"cellId": id} if id else {})},
            )
        self.output = captured.getvalue()
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            self.error = None
        else:
            self.error = Failure(type(error).__name__, str(error), self.output, error)
        return result.result

    def evaluate(self, expr):
        return eval(expr, {"get_ipython": lambda: self.shell, **self.ns})

    def complete(self, line):
        from IPython.core.completer import provisionalcompleter

        with provisionalcompleter():
            return [each.text for each in self.shell.Completer.completions(line, len(line))]

    def close(self):
        from IPython.core.interactiveshell import InteractiveShell

        try:
            if "livecode" in self.shell.extension_manager.loaded:
                self.execute("%unload_ext livecode")
        finally:
            atexit.unregister(self.shell.atexit_operations)
            InteractiveShell.clear_instance()
            for name in set(vars(builtins)) - set(self._builtins):
                delattr(builtins, name)
            sys.excepthook, sys.displayhook = self._hooks
            sys.modules["__main__"] = self._main
            forget(str(self.path), self._modules)
            sys.path[:] = self._path
            os.chdir(self._cwd)


def forget(path, keep):
    """Take the modules of a folder, and those from nowhere, out of sys.modules."""
    import os
    import sys

    for name, module in list(sys.modules.items()):
        if name in keep:
            continue
        try:
            spec = vars(module).get("__spec__")
            places = [spec.origin or "", *(spec.submodule_search_locations or ())]
        except Exception:
            places = [path]
        if any(os.path.abspath(place).startswith(path) for place in places if place):
            del sys.modules[name]
    for place in list(sys.path_importer_cache):
        if place.startswith(path):
            del sys.path_importer_cache[place]
