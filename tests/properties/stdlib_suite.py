"""CPython's own tests as an oracle: instrumented code does what the same code does as it is.

In:  names of test modules of the standard library of the Python that runs this. They are copied to a
     temporary folder, under another name, so that they are user code and are instrumented.
Out: each test that ends otherwise under livecode than without it, and each failure that breaks.

    python -m tests.properties.stdlib_suite                           a list of modules (`MODULES`)
    python -m tests.properties.stdlib_suite test_generators test_with
    python -m tests.properties.stdlib_suite contextlib:test_contextlib
    python -m tests.properties.stdlib_suite heapq,random:test_random -k test_shuffle

What stands before the colon are modules or packages that are to be copied, and so instrumented, too;
with a minus, modules that are not to be found (``asyncio,-_asyncio:test_asyncio``).
Each test module runs twice, each time in a process of its own, in a cell of an InteractiveShell: once
without livecode, once with it. It needs a Python that has its tests (``test/`` in the library), and is
no part of the test run. ``--keep FOLDER`` leaves the copies and what was printed in a folder.

Not every difference is a fault: some tests look at what docs/limitations.md says cannot be kept (the
names of hidden locals in a code object, its size, the depth of a recursion). Such tests are listed with
their reasons in `EXCUSED`, and are only counted.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch

LIBRARY = pathlib.Path(os.__file__).parent

_NAMES = """
test_generators test_generator_stop test_coroutines test_asyncgen test_contextlib
test_contextlib_async test_with test_exceptions test_except_star test_exception_group
test_exception_variations test_baseexception test_raise test_scope test_grammar test_dictcomps
test_listcomps test_genexps test_setcomps test_named_expressions test_patma test_super test_class
test_descr test_dataclasses test_enum test_functools test_inspect test_traceback test_sys_settrace
test_bdb test_pdb test_frame test_gc test_weakref test_pickle test_copy test_abc test_decorators
test_keywordonlyarg test_positional_only_arg test_unpack test_yield_from test_finalization
contextlib:test_contextlib,test_with heapq:test_heapq asyncio,-_asyncio:test_asyncio
unittest:test_unittest
"""

MODULES = _NAMES.split()

EXCUSED = {
    "*test_dis.*": "bytecode",
    "*test_compile.TestSpecifics.*": "bytecode, constants and line tables",
    "*.test_weird_attribute_position_regressions": "line tables",
    "*test_marshal.CodeTestCase.*": "constants of instrumented code cannot be marshalled",
    "*.SizeofTest.test_objecttypes": "the size of a frame",
    "*.test_getgeneratorlocals": "hidden locals in f_locals",
    "*.test_getasyncgenlocals": "hidden locals in f_locals",
    "*.ContextManagerTestCase.test_nokeepref": "a parameter that is rebound is kept for a restart",
    "*.CoroutineTest.test_for_4": "the iterator of a loop is kept for a resume",
    "*.test_bug_xmltoolkit63": "counts references to None",
    "*.CoroutineTest.test_for_[23]": "the words of a TypeError",
    "*.CoroutineTest.test_with_[678]": "the words of a TypeError",
    "*.PEP626Tests.*": "f_lineno of a frame that an exception has left: the line of livecode's handler",
    "*.ReprTest.test_repr": "the same",
    "*.test_next_until_return_in_generator*": "the same",
    "*test_sys_settrace.*TraceTestCase.test_*": "an exception shows a tracer the handler's line",
    "*test_sys_settrace.Test*.test_*": "the same",
    "*test_monitoring.*": "the same",
    "*test_sys_settrace.TraceOpcodesTestCase.*": "opcodes",
    "*test_sys_settrace.JumpTestCase.*": "jumps into a with-block; jumps set unbound hidden locals",
    "*test_sys_setprofile.*.test_unfinished_generator": "a generator that is dropped is run to be closed",
    "*test_sys_setprofile.TestEdgeCases.test_method_with_c_function": "the tool's own tracer",
    "*.TestSourcePositions.test_return_in_with_positions": "line tables",
    "*.TestDiscovery.test_discovery_failed_discovery": "replaces os while livecode is importing",
    "*test_runpy.*": "the class of the loader",
    "*.PycRewritingTests.test_foreign_code": "bytecode is not used",
    "*.test_isinstance_under_settrace": "replaces sys.modules while livecode is importing",
}
"""By a pattern of a test's name: what it looks at that is not kept."""

PREFIX = "copied_"


@dataclasses.dataclass
class Ran:
    """What one run of a test module gave.

    Attributes:
        outcomes: by the name of the test.
        details: by the name of the test, the traceback of its failure.
        broke: the tests in which a failure was suspended, with what it was.
        seconds: by the name of the test.
        ended: whether it came to its end.
    """

    outcomes: dict[str, str] = dataclasses.field(default_factory=dict)
    details: dict[str, str] = dataclasses.field(default_factory=dict)
    broke: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    last: str = ""
    ended: bool = False

    def add(self, event: dict) -> None:
        """Take in what a worker wrote."""
        kind, test = event["kind"], event.get("test", "")
        if kind == "ended":
            self.ended = True
        elif kind == "started":
            self.last = test
        elif kind == "broke":
            self.broke.append((test, event["detail"]))
        elif kind == "stopped":
            self.outcomes.setdefault(test, "passed")
            self.seconds[test] = event["seconds"]
        else:
            self.outcomes[test] = kind
            self.details[test] = event["detail"]


# -- the worker: one run, in a process of its own ------------------------------------------------


def work(folder: str, tests: str, copied: list[str], live: bool, pattern: str | None) -> None:
    """Run the tests of a module in a cell, and write down what happens."""
    import unittest

    from IPython.core.interactiveshell import InteractiveShell
    from test import support

    support.use_resources = []
    support.verbose = 0
    support.load_package_tests = lambda place, loader, tests, pattern: (
        tests.addTests(loader.discover(place, pattern or "test*.py", folder)) or tests
    )
    out = open(os.path.join(folder, "events"), "w", buffering=1)  # noqa: SIM115
    current = [""]

    def tell(kind: str, test: object = None, detail: str = "", **more: float) -> None:
        name = test.id() if isinstance(test, unittest.TestCase) else str(test or current[0])
        out.write(json.dumps({"kind": kind, "test": name, "detail": detail, **more}) + "\n")

    class Result(unittest.TestResult):
        """Tells each outcome at once, as the process may not come to its end."""

        def startTest(self, test):
            super().startTest(test)
            current[0] = test.id()
            self.began = time.perf_counter()
            tell("started", test)

        def stopTest(self, test):
            super().stopTest(test)
            tell("stopped", test, seconds=time.perf_counter() - self.began)

        def addError(self, test, error):
            tell("error", test, self._exc_info_to_string(error, test))

        def addFailure(self, test, error):
            tell("failure", test, self._exc_info_to_string(error, test))

        def addSkip(self, test, reason):
            tell("skipped", test)

        def addExpectedFailure(self, test, error):
            tell("expected failure", test)

        def addUnexpectedSuccess(self, test):
            tell("unexpected success", test)

        def addSubTest(self, test, subtest, error):
            if error is not None:
                kind = "failure" if issubclass(error[0], test.failureException) else "error"
                tell(kind, subtest, self._exc_info_to_string(error, test))

    shell = InteractiveShell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    if live:
        shell.run_cell("%load_ext livecode")
        _load_all()
        _hide_from_tracers()
    for name in [*sys.modules]:
        if any(name == each or name.startswith(f"{each}.") for each in copied):
            del sys.modules[name]
    sys.modules.update({each[1:]: None for each in copied if each.startswith("-")})
    sys.path.insert(0, folder)
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [f"*{pattern}*"]
    shell.user_ns.update(_loader=loader, _result=Result())
    shell.run_cell(f"import {tests} as _tests\n_suite = _loader.loadTestsFromModule(_tests)")
    result = shell.run_cell("_suite.run(_result); None")
    while live and shell.livecode.breaks.machine.open:
        tell("broke", detail=str(shell.livecode.breaks.machine.open[-1].record.error)[:500])
        result = shell.run_cell("%resume abort")
    tell("ended" if result.success else "error", "the whole", repr(result.error_in_exec))
    out.close()


def _load_all() -> None:
    """Load all of livecode now, with the library's modules and not with their copies."""
    import importlib
    import pkgutil

    import livecode

    for each in pkgutil.walk_packages(livecode.__path__, "livecode."):
        if not each.name.startswith("livecode.cli"):
            importlib.import_module(each.name)


def _hide_from_tracers() -> None:
    """Let tracers see no code of livecode, which instrumented code calls: the calls cannot be kept out."""
    import livecode

    own = os.path.dirname(livecode.__file__), __file__
    asks = os.path.join(own[0], "breaks", "point.py")

    def is_ours(frame):
        within = frame
        while within is not None and within.f_code.co_filename != asks:
            within = within.f_back
        return within is not None or frame.f_code.co_filename.startswith(own)

    def hidden(set_it, get_it):
        def hiding(tracer):
            if tracer is None:
                return set_it(None)

            def trace(frame, event, argument):
                return None if is_ours(frame) else tracer(frame, event, argument)

            trace.hides = tracer
            return set_it(trace)

        return hiding, lambda: getattr(get_it(), "hides", get_it())

    sys.settrace, sys.gettrace = hidden(sys.settrace, sys.gettrace)
    sys.setprofile, sys.getprofile = hidden(sys.setprofile, sys.getprofile)


# -- the comparison ------------------------------------------------------------------------------


def copy(name: str, folder: pathlib.Path, new: str, replaced: dict[str, str]) -> None:
    """Copy a module or package of the library, with other names of modules in its text.

    Args:
        name: of the module, ``test.test_with``.
        folder: where to.
        new: its name there.
        replaced: new names, by the old ones.
    """
    source = LIBRARY.joinpath(*name.split("."))
    if source.is_dir():
        shutil.copytree(source, folder / new, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source.with_suffix(".py"), folder / f"{new}.py")
    for path in [folder / f"{new}.py", *(folder / new).rglob("*.py")]:
        if replaced and path.is_file():
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            for old, other in replaced.items():
                text = re.sub(rf"\b{re.escape(old)}\b", other, text)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))


def run(
    copied: list[str], tests: str, live: bool, folder: pathlib.Path, options: argparse.Namespace
) -> Ran:
    """Run a test module in a new process."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    new = PREFIX + tests
    itself = {f"from test import {tests}": f"import {new} as {tests}", f"test.{tests}": new}
    copy(f"test.{tests}", folder, new, itself)
    for name in copied:
        if not name.startswith("-"):
            copy(name, folder, name, {})
    command = [sys.executable, "-m", "tests.properties.stdlib_suite", "--worker", str(folder)]
    command += [":".join([",".join(copied), new]), *(["--live"] if live else [])]
    command += ["-k", options.k] if options.k else []
    place = {**os.environ, "IPYTHONDIR": str(folder / ".ipython")}
    with open(folder / "printed", "w") as printed, contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            timeout=options.timeout,
            env=place,
        )
    ran = Ran()
    events = folder / "events"
    for line in events.read_text().splitlines() if events.exists() else ():
        ran.add(json.loads(line))
    return ran


def differences(plain: Ran, live: Ran) -> list[tuple[str, str]]:
    """The tests that ended otherwise, and what happened in them."""
    found = [(test, f"broke: {detail}") for test, detail in live.broke]
    for test in {**plain.outcomes, **live.outcomes}:
        before, now = plain.outcomes.get(test), live.outcomes.get(test)
        if before != now and (live.ended or now is not None):
            found.append((test, f"{before} -> {now}\n{live.details.get(test, '')}"))
    if plain.ended and not live.ended:
        found.append((live.last or "import", "did not come to its end"))
    return found


def compare(name: str, folder: pathlib.Path, options: argparse.Namespace) -> int:
    """Run what one argument names both ways, print how they differ; the number of findings."""
    copied, _, tests = name.rpartition(":")
    modules = copied.split(",") if copied else []
    count = 0
    for each in tests.split(","):
        if not [*(LIBRARY / "test").glob(f"{each}*")]:
            print(f"{name}: there is no {each}")
            continue
        place = folder / name.replace(":", "-") / each
        plain, live = (
            run(modules, each, live, place / ("live" if live else "plain"), options)
            for live in (False, True)
        )
        found = differences(plain, live)
        excused = [pair for pair in found if any(fnmatch(pair[0], each) for each in EXCUSED)]
        both = plain.seconds.keys() & live.seconds.keys()
        times = (sum(ran.seconds[test] for test in both) for ran in (plain, live))
        print(
            f"{name}: {len(plain.outcomes)} tests, {len(found) - len(excused)} differ,"
            f" {len(excused)} excused; {' s plain, '.join(f'{each:.1f}' for each in times)} s live",
            "" if plain.ended else f"(plain did not end: {plain.last})",
            flush=True,
        )
        for test, what in found:
            if (test, what) not in excused:
                print(f"  {test}: " + what.rstrip().replace("\n", "\n      "), flush=True)
                count += 1
    return count


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=MODULES, metavar="[MODULES:]TESTS")
    parser.add_argument("-k", help="only tests with this in their names")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each run")
    parser.add_argument("--keep", help="a folder for the copies and what is printed")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--live", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        copied, _, tests = options.names[0].rpartition(":")
        work(options.worker, tests, copied.split(",") if copied else [], options.live, options.k)
        return 0
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(options.keep or made)
        return 1 if sum([compare(name, folder, options) for name in options.names]) else 0


if __name__ == "__main__":
    sys.exit(main())
