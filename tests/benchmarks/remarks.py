"""What people wrote about the figures; the page repeats it each time it is made anew.

A key is that of a table ("idle", "edit", "comment", "instances", "evolve", "few", "load") or of a row (the
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
    "evolve": (
        "The parts were timed on CPython 3.11. Of the literal, finding the instances and listing"
        " them (the list is the way back) takes 45%, asking each whether it lacks the attribute"
        " 25%, storing the value 10%: the listing alone takes as long as the whole loop by hand,"
        " which asks nothing and can take nothing back. Of `__reinit__`, the calls and what they"
        " read from `old` take 40%, copying what each instance had 20%, comparing it afterwards"
        " (for undo) 20%; the calls alone take almost three times as long as the loop by hand, in"
        " which the computation is written out. Of the replacement, half is searching the heap:"
        " each reference is looked up in a set of ids. That its growth is above ten, as that of"
        " the loop by hand, is probably due to the processor's caches. Of the family, a third is"
        " reading 1000 layouts before and after."
    ),
    "few": (
        "`gc.get_referrers` of the class is one pass that makes no list of the heap. (Asked for more"
        " than eight classes it would compare every reference with each: then the heap is listed.)"
    ),
}
