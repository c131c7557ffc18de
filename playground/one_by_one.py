"""Pages are drawn one by one, however many are asked for at once.

A page is a hundred messages, made by a thread of its own. Streamlit's event loop passes them on, with four system calls for each, and
after each call it has to get the interpreter's lock back from whoever computes: 5 ms for each thread that does. With many pages being
drawn at once the loop gets to nothing, and no answer moves on any screen for seconds. What can wait a little, the page after an answer
that is on it already, keeps an even pace too: else a crowd whose answers end leaves nothing for those whose answers go on.

What it guarantees: one page of the process is drawn at a time, but who has waited for PATIENCE goes ahead, beside whoever is being
drawn. Who waits looks up meanwhile, so a click cuts that too. A run that is cut, or fails, makes room. Who follows an answer holds up
nobody: that is after the drawing. A pace puts nobody off for longer than it says, however many there are.
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


class Pace:
    """When each may begin what many want to do at about the same time."""

    def __init__(self, apart: float, put_off: float) -> None:
        """Keep them so many seconds apart, but put nobody off for more than `put_off` seconds."""
        self._apart = apart
        self._put_off = put_off
        self._free = 0.0
        self._lock = threading.Lock()

    def begin(self, soonest: float) -> float:
        """Return when who wants to begin at `soonest` may; both are seconds of `time.monotonic()`. The place is taken, begun or not."""
        with self._lock:
            at = min(max(soonest, self._free), soonest + self._put_off)
            self._free = max(self._free, at + self._apart)
            return at
