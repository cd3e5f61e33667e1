"""livecode beside its peers: what an idle cell, an edit, loading and evolving classes cost.

Run it from the root of the repository; pytest does not collect it:

    python -m tests.benchmarks            # all of it, some fifteen minutes
    python -m tests.benchmarks --quick    # fewer repetitions, some five minutes

In: nothing but the packages of the `bench` extra. Out: a table on the terminal and the
page docs/benchmarks.md.

How it measures. A case (`cases.py`) is one situation, such as "one line edited in a module
of 200 functions". Every contender (`contenders.py`) meets it in a fresh process of its own
(`worker.py`), on programs that are generated anew (`programs.py`). The processes of one
case live side by side and are asked for one measurement at a time in turn (`driver.py`),
so that a busy moment of the machine hits all of them. What is measured stands in
`tasks.py`, for classes that evolve in `evolve.py`, and for breaks in `breaks.py` (with the
well-known programs of `known.py`); `goals.py`, `evolve_goals.py` and `breaks_goals.py` turn the samples into rows (`tables.py` lists them), `report.py` prints them, and
`remarks.py` keeps the paragraphs that people wrote about them.
"""
