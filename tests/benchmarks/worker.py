"""The process of one contender: makes a task, then measures whenever it is told to.

In: the task as JSON in the first argument, then one line on stdin for each measurement.
Out: one line of JSON for each: {"ready": true}, then {"seconds": {...}, "followed": ...},
or {"error": "..."}. What contenders print goes to stderr, which the driver keeps aside.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

from . import breaks, evolve, tasks


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)

    def answer(message: dict[str, object]) -> None:
        answers.write(json.dumps(message) + "\n")

    try:
        order = json.loads(sys.argv[1])
        make = (tasks.TASKS | evolve.EVOLVE | breaks.BREAKS)[order["task"]]
        task = make(order["contender"], Path(order["folder"]), **order["sizes"])
        answer({"ready": True})
        for _ in sys.stdin:
            seconds = task.measure()
            answer({"seconds": seconds, "followed": task.followed()})
    except BaseException as error:  # the driver reports it as the contender's result
        traceback.print_exc()
        answer({"error": f"{type(error).__name__}: {error}"})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # watching threads and a heap of millions need no tidy end


if __name__ == "__main__":
    main()
