"""Pages are drawn one by one, however many are asked for at once.

A page is a hundred messages, made by a thread of its own. Streamlit's event loop passes them on, with four system calls for each, and
after each call it has to get the interpreter's lock back from whoever computes: 5 ms for each thread that does. With many pages being
drawn at once the loop gets to nothing, and no answer moves on any screen for seconds.

What it guarantees: one page of the process is drawn at a time, unless that takes longer than PATIENCE: then the next one is drawn
beside it. A run that is cut, or fails, makes room too. Who follows an answer holds up nobody: that is after the drawing.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

PATIENCE = 1.0  # seconds a page waits for others at most: one of them may be waiting for a store
_drawing = threading.Lock()


@contextmanager
def one_by_one() -> Generator[None]:
    """Do what is in the block when no other thread is in one, or has been for PATIENCE."""
    is_alone = _drawing.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if is_alone:
            _drawing.release()
