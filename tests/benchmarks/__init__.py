"""livecode beside its peers: what an idle cell, an edit and loading cost.

Run it from the root of the repository; pytest does not collect it:

    python -m tests.benchmarks            # all of it, about ten minutes
    python -m tests.benchmarks --quick    # fewer repetitions, about three minutes

In: nothing but the packages of the `bench` extra. Out: a table on the terminal and the
page docs/benchmarks.md.

How it measures. A case (`cases.py`) is one situation, such as "one line edited in a module
of 200 functions". Every contender (`contenders.py`) meets it in a fresh process of its own
(`worker.py`), on programs that are generated anew (`programs.py`). The processes of one
case live side by side and are asked for one measurement at a time in turn (`driver.py`),
so that a busy moment of the machine hits all of them. What is measured stands in
`tasks.py`; `goals.py` turns the samples into rows, `report.py` prints them, and
`remarks.py` keeps the paragraphs that people wrote about them.
"""
