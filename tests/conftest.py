"""Fixtures: ``env`` (livecode loaded), ``unloaded`` (not yet), ``kernel`` (a real ipykernel)."""

from __future__ import annotations

import gc
import linecache
import os
import signal
import threading
from pathlib import Path

import executing
import pytest
import stack_data

import livecode.modules
from livecode.breaks import spots
from tests.dsl import ShellEnv
from tests.kernels import Kernel, KernelEnv

SECONDS = 60
"""A scenario that takes longer hangs."""


def pytest_configure(config):
    # The test modules are in this process, but no program of the scenarios: with a hundred of them
    # followed, each scenario would take three times as long.
    livecode.modules._STANDARD += (str(Path(__file__).resolve().parent) + os.sep,)
    config.addinivalue_line("markers", "both: run in this process and in a real kernel")
    config.addinivalue_line("markers", "kernel: the scenario runs through a real ipykernel")


def pytest_generate_tests(metafunc):
    if "env" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both"):
        kernel = pytest.param("kernel", marks=pytest.mark.kernel)
        metafunc.parametrize("env", ["shell", kernel], indirect=True)


FIRST = (
    "tests/evolution/test_faults.py",
    "tests/evolution/test_threads.py",
    "tests/evolution/",
    "tests/scenarios/test_evolution",
    "tests/faults/",
    "tests/properties/test_living.py",
    "tests/breaks/test_continuation.py",
    "tests/breaks/test_leaks.py",
)
"""Tests that look through the heap very often come first, as long as it is small; then long ones.
(``--no-loadscope-reorder`` leaves it at that.)"""


def pytest_collection_modifyitems(items):
    def place(item):
        places = (at for at, prefix in enumerate(FIRST) if item.nodeid.startswith(prefix))
        return next(places, len(FIRST))

    items.sort(key=place)
    for item in items:
        if "kernel" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kernel)


@pytest.fixture(scope="module", autouse=True)
def forgotten():
    """What was remembered of each code object that was ever in a traceback goes with the module: tests
    that look through the heap take as long as it is large."""
    yield
    for source in (executing.Source, stack_data.Source):
        source._class_local("__executing_cache", {}).clear()
        source._class_local("__source_cache_with_lines", {}).clear()
    spots.SPOTS.clear()
    linecache.clearcache()
    gc.collect()


@pytest.fixture
def limit():
    """Turn a hang into a failure that says where it hangs."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(signum, frame):
        raise TimeoutError(f"the scenario takes more than {SECONDS} seconds")

    previous = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


@pytest.fixture(scope="session")
def profile(tmp_path_factory):
    """An IPython profile that has nothing of the person who runs the tests."""
    return tmp_path_factory.mktemp("ipython")


@pytest.fixture(scope="session")
def kernel_process(tmp_path_factory, profile):
    """One kernel for all scenarios; it starts with the first that needs it."""
    root = tmp_path_factory.mktemp("kernel")
    here = str(Path(__file__).resolve().parent.parent)
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "IPYTHONDIR": str(profile),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    process = Kernel(root, environment)
    yield process
    process.stop()


@pytest.fixture
def unloaded(tmp_path, profile, limit):
    """A shell in this process, livecode not loaded yet: ``unloaded.load()`` does it."""
    env = ShellEnv(tmp_path, profile)
    try:
        yield env
    finally:
        env.close()


@pytest.fixture
def kernel(tmp_path_factory, kernel_process, limit):
    """A real kernel with livecode loaded."""
    env = KernelEnv(_folder(kernel_process), kernel_process)
    env.load()
    yield env
    env.close()


@pytest.fixture
def env(request):
    """A shell with livecode loaded; for scenarios marked ``both`` also a kernel."""
    if getattr(request, "param", "shell") == "kernel":
        yield request.getfixturevalue("kernel")
    else:
        shell = request.getfixturevalue("unloaded")
        shell.load()
        yield shell


def _folder(process):
    number = len(os.listdir(process.root))
    folder = process.root / f"s{number:03}"
    folder.mkdir()
    return folder
