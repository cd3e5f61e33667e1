"""Replay: the history of a real project is saved over its living program, commit by commit.

    python -m tests.properties.replay REPO_DIR [--commits N] [--skip N] [--every N] [--package NAME]
                                      [--path DIR] [--instances] [--verbose]

For each commit that changed the package: the files of its parent are imported in a shell with livecode,
the files of the commit are saved over them, and a cell runs. Then everything reachable from the modules
is compared with a fresh interpreter that imported the new files (see describing.py), and so again after
``%liveundo`` (with the old files), and after the files were saved once more. A difference that no report
names is shown, and so is whatever else an edit must not do: livecode's own faults, an edit that is held
back although the new files can be imported, another object under a name, a false alarm of ``%livecheck``.

REPO_DIR is a local git directory. Every world is a fork of this process, so nothing is carried over. It is
a tool for people: not part of the test run, as it needs the projects and takes minutes.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import importlib
import io
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import livecode.modules
from livecode.audit import audit
from livecode.edits.functions import forwarding, stands_for
from tests.dsl import ShellEnv
from tests.properties.describing import Describing

SECONDS = 150
"""A world that takes longer hangs."""

GONE = "is gone"
"""How livecode says that a file was removed; its module stays."""

Files = dict[str, bytes]
Description = dict[str, str]


# -- the history -----------------------------------------------------------------------------------


class History:
    """A package in a git directory."""

    def __init__(self, directory: str, package: str | None) -> None:
        inner = Path(directory) / ".git"
        self.directory = str(inner if inner.exists() else directory)
        self.root = package or self._guess()
        self.name = self.root.rpartition("/")[2].removesuffix(".py")

    def _git(self, *words: str) -> bytes:
        return subprocess.run(
            ["git", f"--git-dir={self.directory}", *words], capture_output=True, check=True
        ).stdout

    def _guess(self) -> str:
        """The folder with the most modules that is a package at the top or below src/; else the module
        of the project's name."""
        names = self._git("ls-tree", "-r", "--name-only", "HEAD").decode().split("\n")
        roots: collections.Counter[str] = collections.Counter()
        for name in names:
            found = re.match(r"((?:src/)?(?!tests?/|docs/|examples/)\w+)/.*\.py$", name)
            if found and f"{found[1]}/__init__.py" in names:
                roots[found[1]] += 1
        if roots:
            return roots.most_common(1)[0][0]
        own = Path(self.directory).parent.name.rpartition("+")[2]
        return next(name for name in names if name in (f"{own}.py", f"src/{own}.py"))

    def commits(self, number: int, skip: int, every: int) -> list[str]:
        """Commits that changed the package's Python files, the newest first."""
        where = self.root if self.root.endswith(".py") else f"{self.root}/**.py"
        found = self._git(
            "log", "--first-parent", "--format=%H", "HEAD", "--", f":(glob){where}"
        ).decode()
        return found.split()[skip::every][:number]

    def files(self, commit: str) -> Files:
        """The Python files of the package at a commit, by their path from the package's parent."""
        tree = self._git("ls-tree", "-r", commit, "--", self.root).decode().splitlines()
        above = len(self.root) - len(self.root.rpartition("/")[2])
        found: Files = {}
        for line in tree:
            (mode, _, blob), _, path = line.split("\t")[0].split(), "", line.split("\t")[1]
            if path.endswith(".py") and mode != "120000" and not re.search(r"(^|/)tests?/", path):
                found[path[above:]] = self._git("cat-file", "blob", blob)
        return found


def modules_of(files: Files) -> list[str]:
    """The names of the modules that some files are."""
    names = {path.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in files}
    return sorted(name for name in names if not name.endswith("__main__") and "-" not in name)


def with_importers(files: Files) -> Files:
    """The files, and for each module another one that imports all of it."""
    stars = {
        f"star_of_{name.replace('.', '_')}.py": f"from {name} import *\n".encode()
        for name in modules_of(files)
    }
    return {**files, **stars}


# -- worlds: what runs in a fork -------------------------------------------------------------------


def fork(work: Callable[[], Any]) -> Any:
    """What `work` gives, done in a fork of this process; a string that says why, if it did not end."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
            signal.alarm(SECONDS)
            try:
                result = work()
            except BaseException:
                result = traceback.format_exc()
            with open(write, "wb") as out:
                out.write(pickle.dumps(result))
            os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(data) if data else "the world ended or hangs"


def save(folder: Path, before: Files, after: Files) -> None:
    """Save files over others, and let the times tell of it."""
    now = time.time_ns()
    for name in before.keys() - after.keys():
        (folder / name).unlink()
    for name, data in after.items():
        if before.get(name) != data:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, ns=(now, now))
            os.utime(path.parent, ns=(now, now))
    importlib.invalidate_caches()


def import_all(names: list[str]) -> dict[str, str]:
    """Import modules; gives those that fail, with the reason."""
    failed = {}
    for name in names:
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                importlib.import_module(name)
        except (Exception, SystemExit) as error:
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


def loaded(folder: Path) -> list[types.ModuleType]:
    """The modules that were imported from a folder."""
    return [
        module
        for module in list(sys.modules.values())
        if isinstance(module, types.ModuleType)
        and str(vars(module).get("__file__") or "").startswith(str(folder))
    ]


def fresh(folder: Path, files: Files, paths: list[str]) -> tuple[Description, dict[str, str]]:
    """What an interpreter has that imports the files."""
    sys.path[:0] = [str(folder), *paths]
    os.chdir(folder)
    failed = import_all(modules_of(files))
    return Describing(str(folder)).describe(loaded(folder)), failed


class Live:
    """The living program over which files are saved."""

    def __init__(self, folder: Path, files: Files, paths: list[str]) -> None:
        self.folder, self.files = folder, files
        sys.path[:0] = paths
        self.env = ShellEnv(folder, folder.parent)
        self.env.load()
        self.env.run('%config LiveCode.break_on = "never"')
        self.env.ns["import_all"] = import_all
        self.problems: list[str] = []
        self.named: list[tuple[str, str]] = []
        self._import(files)

    def _import(self, files: Files) -> None:
        self.env.execute(f"import_all({modules_of(files)!r})")

    def save(self, files: Files) -> None:
        """Save files, run a cell, import what is new, and take down what the report says."""
        save(self.folder, self.files, files)
        self.files = files
        self.edit("pass")
        self._import(files)

    def edit(self, cell: str) -> None:
        """Run a cell that applies an edit or takes one back."""
        earlier = self.env.report
        self.env.execute(cell)
        report = self.env.report
        signs = ("Traceback (", "a fault of livecode")
        if self.env.error or any(sign in self.env.output for sign in signs):
            self.problems.append(f"{cell}: {self.env.output[-3000:]}")
        if report is None or report is earlier:
            return
        self.failed = [(entry.name, entry.why) for entry in report.failed]
        self.named += [(entry.name, entry.why) for entry in report.problems]
        for error in report.errors:
            text = "".join(traceback.format_exception(error))
            if "/livecode/" in text.rpartition(str(self.folder))[2]:
                self.problems.append(f"error in livecode: {text[-1500:]}")

    def described(self) -> tuple[Description, dict[str, object]]:
        describing = Describing(str(self.folder), stands_for)
        return describing.describe(loaded(self.folder)), describing.objects

    def audit(self) -> list[tuple[str, str]]:
        workspace = self.env.shell.livecode.workspace
        return [(entry.name, entry.why) for entry in audit(workspace)]


def live(folder: Path, before: Files, after: Files, paths: list[str]) -> dict[str, Any]:
    """One edit, its undo, and the same edit again."""
    program = Live(folder, before, paths)
    was, held = program.described()
    result: dict[str, Any] = {"was": was}
    program.save(after)
    result["failed"], result["named"] = getattr(program, "failed", []), list(program.named)
    result["now"], now = program.described()
    result["other"] = [
        place
        for place, value in held.items()
        if isinstance(value, (type, types.FunctionType))
        and type(now.get(place)) is type(value)
        and now[place] is not value
        and not (isinstance(value, types.FunctionType) and value in forwarding)
    ]
    result["alarms"] = program.audit()
    del held, now
    program.edit("%liveundo")
    result["back"], _ = program.described()
    result["back named"] = list(program.named)
    for name in after:
        stat = (folder / name).stat()
        os.utime(folder / name, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**6))
    program.edit("pass")
    result["again"], _ = program.described()
    result["again named"] = list(program.named)
    result["problems"] = program.problems
    return result


def with_instances(folder: Path, before: Files, after: Files, paths: list[str]) -> dict[str, Any]:
    """The edit with an instance of each class that can be called without arguments."""
    program = Live(folder, before, paths)
    names = {module.__name__ for module in loaded(folder)}
    instances = []
    for module in loaded(folder):
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == module.__name__ in names:
                instances += _instance(value)
    program.save(after)
    missing = []
    for each in instances:
        for new in _instance(type(each)):
            lacks = set(getattr(new, "__dict__", ())) - set(getattr(each, "__dict__", ()))
            missing += [f"{type(each).__module__}:{type(each).__qualname__}.{n}" for n in lacks]
    return {"missing": missing, "named": program.named, "problems": program.problems}


def _instance(cls: type) -> list[Any]:
    try:
        return [cls()]
    except (Exception, SystemExit):
        return []


# -- what is wrong ---------------------------------------------------------------------------------


def named(place: str, names: list[tuple[str, str]], text: str = "") -> bool:
    """Whether a place, or what it stands in, is named; or an attribute that it is owed."""
    path = re.sub(r"[\[|].*", "", place)
    owed = {name.rpartition(".")[2] for name, why in names if "owed" in why}
    if owed & {path.rpartition(".")[2], *re.findall(r"'(\w+)'", text)}:
        return True
    for name, _ in names:
        if (
            path == name
            or path.startswith((f"{name}.", f"{name}:"))
            or path.replace(":", ".") == name
        ):
            return True
    return False


def differences(
    have: Description,
    want: Description,
    again: Description | None,
    names: list[tuple[str, str]],
    without: frozenset[str],
) -> Iterator[str]:
    """What differs and is not named.

    Args:
        again: a second fresh world: what differs there is chance.
        without: modules that are left out, as they cannot be imported.
    """
    for place in sorted(have.keys() | want.keys()):
        if re.split("[:|]", place)[0] in without:
            continue
        mine, fresh = have.get(place, "(nothing)"), want.get(place, "(nothing)")
        if mine == fresh or (again is not None and again.get(place, "(nothing)") != fresh):
            continue
        targets = [text[3:] for text in (mine, fresh) if text.startswith("is ")]
        differing = "" if not place.endswith("|fields") else _differing(mine, fresh)
        if any(named(each, names, differing) for each in (place, *targets)):
            continue
        alike = (a == b for a, b in zip(mine, fresh, strict=False))
        at = next((number for number, same in enumerate(alike) if not same), 0)
        start = max(at - 30, 0)
        yield f"{place}: is {mine[start : at + 90]}, fresh it is {fresh[start : at + 90]}"


def _differing(a: str, b: str) -> str:
    """The words that only one of two lists has."""
    return " ".join(set(a.strip("[]").split(", ")) ^ set(b.strip("[]").split(", ")))


def judge(
    result: dict[str, Any],
    old: Description,
    new: Description,
    again: Callable[[], Any],
    without: frozenset[str],
) -> Iterator[tuple[str, str]]:
    """The kinds of things that are wrong after an edit, each with a line."""
    kept = {place.partition("|")[0] for place in old if old[place] == new.get(place)}
    for line in result["problems"]:
        yield "fault", line
    for name, why in result["failed"]:
        if why != GONE:
            yield "refused", f"{name}: {why}"
    chance = set(differences(result["was"], old, None, [], without))
    for kind, want, names in (
        ("now", new, result["named"]),
        ("back", old, result["back named"]),
        ("again", new, result["again named"]),
    ):
        found = [
            each
            for each in differences(result[kind], want, None, names, without)
            if each not in chance
        ]
        if found:
            found = list(differences(result[kind], want, again(), names, without))
        for line in found:
            if line not in chance:
                yield kind, line
            if kind == "now":
                chance.add(line)
    for place in result["other"]:
        if not named(place, result["named"]) and place in kept:
            yield "identity", place
    for name, why in result["alarms"]:
        if not named(name, result["named"]):
            yield "alarm", f"{name}: {why}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--commits", type=int, default=20)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--package")
    parser.add_argument("--commit", help="only this one")
    parser.add_argument("--path", action="append", default=[])
    parser.add_argument("--instances", action="store_true")
    parser.add_argument("--lines", type=int, default=12)
    asked = parser.parse_args()
    livecode.modules._STANDARD += (str(Path(__file__).resolve().parents[1]) + os.sep,)
    sys.dont_write_bytecode = True
    history = History(asked.directory, asked.package)
    for name in [name for name in sys.modules if name.partition(".")[0] == history.name]:
        del sys.modules[name]
    commits = (
        [asked.commit] if asked.commit else history.commits(asked.commits, asked.skip, asked.every)
    )
    counts: collections.Counter[str] = collections.Counter()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="replay") as root:
        for commit in commits:
            folder = Path(root) / "p"
            counts.update(replay(history, commit, folder, asked))
            subprocess.run(["rm", "-rf", str(folder)], check=True)
    print(
        f"{history.name}: {len(commits)} commits, {time.monotonic() - started:.0f} s, {dict(counts)}"
    )


def replay(history: History, commit: str, folder: Path, asked: argparse.Namespace) -> list[str]:
    """Replay one commit, and print what is wrong; gives the kinds of it."""
    try:
        before, after = history.files(f"{commit}^"), history.files(commit)
    except subprocess.CalledProcessError:
        return ["no parent"]
    before, after = with_importers(before), with_importers(after)
    folder.mkdir()
    save(folder, {}, before)
    if asked.instances:
        result = fork(lambda: with_instances(folder, before, after, asked.path))
        if isinstance(result, str):
            lines = [("crash", result)]
        else:
            lines = [("fault", each) for each in result["problems"]]
            missing = sorted(set(result["missing"]))
            lines += [("missing", each) for each in missing if not named(each, result["named"])]
    else:
        old = fork(lambda: fresh(folder, before, asked.path))
        result = fork(lambda: live(folder, before, after, asked.path))
        save(folder, {}, after)
        new = fork(lambda: fresh(folder, after, asked.path))
        wrong = [each for each in (old, result, new) if isinstance(each, str)]
        if wrong:
            lines = [("crash", each) for each in wrong]
        else:
            without = frozenset(old[1] | new[1])
            lines = list(
                judge(
                    result,
                    old[0],
                    new[0],
                    lambda: fork(lambda: fresh(folder, after, asked.path))[0],
                    without,
                )
            )
            if new[1].keys() - old[1].keys():
                lines = [("fails when fresh", f"{new[1]}"[:300]), *lines]
    if lines:
        print(f"--- {history.name} {commit[:10]}", flush=True)
        shown: collections.Counter[str] = collections.Counter()
        for kind, line in lines:
            shown[kind] += 1
            if shown[kind] <= asked.lines:
                print(f"  {kind}: {line}", flush=True)
        for kind, number in shown.items():
            if number > asked.lines:
                print(f"  {kind}: {number} in all", flush=True)
    return list({kind for kind, _ in lines}) or ["good"]


if __name__ == "__main__":
    main()
