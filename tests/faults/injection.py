"""Injection: count the steps of an edit, and make the k-th of them raise.

A step is each call of `Journal.change` and `Journal.wrote` (before and after the write), each
evaluation of a statement (before and after it), each search for live objects, each hook, each part
of a commit. They are wrapped for the time of one edit only.
"""

from __future__ import annotations

import contextlib

from livecode import hooks
from livecode.edits import codes, dependents, editor, finding, functions, journal, scopes, survivors


class Injected(Exception):
    """The exception that a step raises."""


class Interrupted(KeyboardInterrupt):
    """The interrupt that comes at a step."""


STEPS = (
    (journal.Journal, "change", "both"),
    (journal.Journal, "wrote", "both"),
    (scopes.ModuleScope, "evaluate", "both"),
    (scopes.ClassScope, "evaluate", "both"),
    (finding, "reach", "before"),
    (finding, "holders", "both"),
    (finding, "functions_of_file", "before"),
    (finding, "has_other_holders", "before"),
    (hooks, "call", "both"),
    (functions.Functions, "recode", "before"),
    (functions.Functions, "flush", "both"),
    (functions.Functions, "forward", "both"),
    (survivors.Survivors, "settle", "both"),
    (editor.Editor, "commit", "both"),
    (dependents.Dependents, "follow", "both"),
    (codes, "shift", "before"),
)


TIDYING = (
    (editor.Editor, "succeed", "both"),
    (survivors.Survivors, "clean_up", "both"),
    (functions, "clear_caches", "before"),
    (finding, "referrers", "before"),
)
"""What comes after the commit and cannot be taken back: caches and registries."""


class Steps:
    """Counts steps; raises at number `at` (1 is the first; 0: never)."""

    def __init__(self, at=0, error=Injected, steps=STEPS):
        self.steps = steps
        self.at = at
        self.error = error
        self.count = 0
        self.names = []

    def step(self, name):
        self.count += 1
        self.names.append(name)
        if self.count == self.at:
            raise self.error(f"at step {self.at}, {name}")

    @property
    def reached(self):
        """Whether the exception was raised."""
        return 0 < self.at <= self.count

    @contextlib.contextmanager
    def injected(self):
        """Wrap all steps."""
        with contextlib.ExitStack() as stack:
            for owner, name, when in self.steps:
                if hasattr(owner, name):
                    stack.callback(setattr, owner, name, getattr(owner, name))
                    setattr(
                        owner,
                        name,
                        self._wrapped(getattr(owner, name), f"{owner.__name__}.{name}", when),
                    )
            yield self

    def _wrapped(self, function, name, when):
        name = name.removeprefix("livecode.")

        def step(*args, **kwargs):
            self.step(f"before {name}")
            result = function(*args, **kwargs)
            if when == "both":
                self.step(f"after {name}")
            return result

        return step
