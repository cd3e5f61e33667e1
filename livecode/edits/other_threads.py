"""Other threads: whether they run tracked code, and how they are kept from running for a moment.

In: the tracked sources. Out: an answer, and one slice of the interpreter's time.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from livecode.source import Source


def threads_inside(sources: list[Source]) -> bool:
    """Whether another thread is running code of one of the sources."""
    if threading.active_count() < 2:
        return False
    namespaces = {id(source.namespace) for source in sources}
    own = threading.get_ident()
    for thread, frame in list(sys._current_frames().items()):
        at: Any = frame if thread != own else None
        while at is not None:
            if id(at.f_globals) in namespaces:
                return True
            at = at.f_back
    return False


@contextmanager
def one_slice(seconds: float) -> Iterator[None]:
    """Run the body within one slice of the interpreter's time, so that no other thread runs meanwhile.

    A thread that waits for the interpreter asks for it when its wait, of the switch interval that was
    set when the wait began, is over (CPython, "ceval_gil.c"). So a longer interval is set, and the
    waits that began with the old one are let run out; then the body has the longer interval for
    itself, unless it waits for something.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(max(interval, seconds))
    try:
        time.sleep(1.2 * interval)
        yield
    finally:
        sys.setswitchinterval(interval)
        time.sleep(interval)  # else those who began to wait meanwhile would see the long one out
