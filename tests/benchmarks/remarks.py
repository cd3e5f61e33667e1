"""What people wrote about the figures; the page repeats it each time it is made anew.

A key is that of a table ("idle", "edit", "comment", "instances", "evolve", "few", "load",
"programs", "handled", "statements", "compiling", "break") or of a row (the
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
    "programs": (
        "A function's `try` costs nothing until something is raised. What is left are loops that are"
        " entered often and turn a few times (go, meteor_contest, hexiom): their iterator is made and"
        " kept by the function itself, so that a break can go on in the middle of the loop."
    ),
    "handled": (
        "Of what is added for each frame that the exception passes, a third is CPython's own work for"
        " one more handler that raises it again; the rest is the call that looks up, by the"
        " instruction at which the caller is, whether it is known to take such exceptions. An"
        " exception that passes two frames is asked for twice."
    ),
    "statements": (
        "`with` is written out, as PEP 343 has it, so that the way out of it is known and can be taken"
        " later: the bound methods are made by a function of livecode's. A loop over anything but"
        " Python's own calls asks once more what its iterator is."
    ),
    "compiling": (
        "Parsing to syntax that Python sees takes as long as all of plain `compile`, and compiling it"
        " again 0.7 times that, before anything is changed. Changing it takes 1, and compiling what"
        " was added 0.5. The cyclic collector stands still meanwhile."
    ),
    "break": (
        "Of a resume, finding the place in the code as it is now, making the rest of the function and"
        " compiling it take a third each; all of it grows with the length of the function, not with"
        " the heap."
    ),
}
