"""The state machine of `tests.evolution.machine`, run by hypothesis.

In CI it is derandomized and takes well under a minute. ``LIVECODE_PROPERTIES=long`` runs far more,
``LIVECODE_PROPERTIES=random`` as many with other choices each time. A failure shows the shrunken sequence
as a test.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test

from tests.evolution.machine import Evolving, Mismatch

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


def test_every_instance_has_what_the_decision_table_gives_it(monkeypatch):
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING, raising=False)
    profile = PROFILES[os.environ.get("LIVECODE_PROPERTIES", "ci")]
    try:
        run_state_machine_as_test(Evolving, settings=profile)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
