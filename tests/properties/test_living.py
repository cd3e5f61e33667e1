"""The state machine of `tests.properties.machine`, run by hypothesis.

In CI it is derandomized and takes well under a minute. ``LIVECODE_PROPERTIES=long`` runs far more,
``LIVECODE_PROPERTIES=random`` as many with other choices each time; ``LIVECODE_GAPS`` looks past
what is known to fail (`tests.properties.gaps`). A failure shows the shrunken sequence as a scenario.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.machine import Living, Mismatch

_COMMON = settings(
    deadline=None,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
PROFILES = {
    "ci": settings(_COMMON, max_examples=50, stateful_step_count=20, derandomize=True),
    "random": settings(_COMMON, max_examples=50, stateful_step_count=20),
    "long": settings(_COMMON, max_examples=2000, stateful_step_count=40),
}
SHRINKING = 40
"""Seconds for making a failing sequence small."""


def test_what_is_alive_behaves_as_a_fresh_interpreter_does(monkeypatch):
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING, raising=False)
    profile = PROFILES[os.environ.get("LIVECODE_PROPERTIES", "ci")]
    try:
        run_state_machine_as_test(Living, settings=profile)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
