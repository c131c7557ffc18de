"""Pages are drawn one by one, however many are asked for at once.

A page is a hundred messages, made by a thread of its own. Streamlit's event loop passes them on, with four system calls for each, and
after each call it has to get the interpreter's lock back from whoever computes: 5 ms for each thread that does. With many pages being
drawn at once the loop gets to nothing, and no answer moves on any screen for seconds.

What it guarantees: one page of the process is drawn at a time, but who has waited for PATIENCE goes ahead, beside whoever is being
drawn. Who waits looks up meanwhile, so a click cuts that too. A run that is cut, or fails, makes room. Who follows an answer holds up
nobody: that is after the drawing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

PATIENCE = 1.0  # seconds a page waits for others at most: one of them may be waiting for a store
_LOOK = 0.12  # seconds between two times that who waits looks up
_drawing = threading.Lock()


@contextmanager
def one_by_one(look_up: Callable[[], None]) -> Generator[None]:
    """Do what is in the block when no other thread is in one, or after PATIENCE. Raises: whatever `look_up` does, while it waits."""
    until = time.monotonic() + PATIENCE
    while not (is_alone := _drawing.acquire(timeout=_LOOK)) and time.monotonic() < until:
        look_up()
    try:
        yield
    finally:
        if is_alone:
            _drawing.release()
