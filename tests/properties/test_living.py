"""The state machine of `tests.properties.machine`, run by hypothesis.

In CI it is derandomized and takes well under a minute. ``LIVECODE_PROPERTIES=long`` runs far more,
``LIVECODE_PROPERTIES=random`` as many with other choices each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.machine import Living

_COMMON = settings(
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
PROFILES = {
    "ci": settings(_COMMON, max_examples=40, stateful_step_count=20, derandomize=True),
    "random": settings(_COMMON, max_examples=40, stateful_step_count=20),
    "long": settings(_COMMON, max_examples=1000, stateful_step_count=40),
}


def test_what_is_alive_behaves_as_a_fresh_interpreter_does():
    run_state_machine_as_test(
        Living, settings=PROFILES[os.environ.get("LIVECODE_PROPERTIES", "ci")]
    )
