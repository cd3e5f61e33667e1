"""What people wrote about the figures; the page repeats it each time it is made anew.

A key is that of a table ("idle", "edit", "comment", "instances", "load") or of a row (the
first column of `python -m tests.benchmarks --keys`). The text says what dominates, and how
far that is from reading and compiling the one changed definition.
"""

from __future__ import annotations

REMARKS: dict[str, str] = {
    "idle": (
        "%autoreload 2 walks all of `sys.modules` before every cell and asks the system for"
        " the time of each file, libraries too, so its cost grows with every import."
    ),
    "edit": (
        "importlib.reload compiles and runs the whole text. %autoreload 2 parses it twice,"
        " compares the trees function by function and compiles what changed."
    ),
    "comment": (
        "jurigged looks for each function that moved in the whole heap, once per function."
    ),
}
