"""Known gaps: what the state machine can be told to look past, to find what lies behind.

``LIVECODE_GAPS="undo stale"`` names some of these. By default only those are excused that
docs/limitations.md states as limits. Each has a test of its own in test_found.py; an entry goes when
its tests pass.
"""

from __future__ import annotations

import os

GAPS = {
    "doc": "the docstring of a module after an undo",
    "block": "identity of what is put into a block or taken out of it",
    "stale": "dependants that no report names: of lambdas, through files, in the same edit",
    "undo": "what was made since an edit that is taken back; caches over it",
    "star": "names that a star import still brings",
    "lambda": "lambdas of cells",
    "rename": "names of renamed decorated functions",
    "header": "members of a class whose header changed",
    "moved": "bound methods of classes that moved to another file",
    "default": "unchanged defaults evaluated again with others",
    "first": "``__firstlineno__`` of classes that were renamed or moved to another file (3.13)",
    "cached": "values of a cached_property that was removed",
}

LIMITS = ""
"""Gaps that are limits (docs/limitations.md): looked past unless ``LIVECODE_GAPS`` says otherwise."""

_SKIPPED = frozenset(os.environ.get("LIVECODE_GAPS", LIMITS).replace(",", " ").split())
if _SKIPPED - {*GAPS, "all"}:
    raise ValueError(f"unknown gaps {sorted(_SKIPPED - set(GAPS))}; there are {sorted(GAPS)}")


def skip(name):
    """Whether a gap is to be looked past."""
    assert name in GAPS, name
    return name in _SKIPPED or "all" in _SKIPPED
