"""A Gemini that streams on command and stamps every chunk with the clock: `python benchmarks/model_server.py` prints its port.

The same for every front end that is measured, in a process of its own. The last thing the user said is the command:

    stream NAME CHUNKS PER_SECOND [CHARACTERS_A_CHUNK]   a stamped answer at that pace
    say NAME                                             one stamped chunk, at once
    closed NAME                                          once NAME's stream is over or hung up on: when that was

A stamp reads `⟦NAME-7:1763696123.123456⟧`: chunk 7 of NAME, sent at that time in seconds since the epoch. The chunks keep to
a schedule of their own: when this process is late, a chunk is sent late and says so, and the pace is kept.
Anything else is answered with "ok".
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "tests"))

from gemini_server import GeminiServer
from scripted_llm import Gate, Hold, Text, Wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripted_llm import Asked, Step

_closed: dict[str, float] = {}  # when each stream was over
_over: defaultdict[str, Gate] = defaultdict(Gate)
_FILLER = "The quick brown fox jumps over the lazy dog while five wizards vex. "


def chunk(name: str, number: int, size: int = 0) -> str:
    """Return a chunk of about `size` characters; a paragraph ends every few, as models write."""
    stamp = f"⟦{name}-{number}:{time.time():.6f}⟧"
    filler = (_FILLER * (size // len(_FILLER) + 1))[: max(0, size - len(stamp) - 2)]
    return f"{stamp} {filler}" + ("\n\n" if number % 4 == 0 else " ")


def _stream(name: str, count: int, rate: float, size: int) -> Iterator[Step]:
    start = time.monotonic()
    for number in range(1, count + 1):
        yield Wait(max(0.0, start + number / rate - time.monotonic()))
        yield Text(chunk(name, number, size))


def stamped(asked: Asked) -> Iterator[Step]:
    """Follow the command; each step is made when the one before it has been sent."""
    match asked.said.split():
        case ["stream", name, count, rate, *size]:
            try:
                yield from _stream(name, int(count), float(rate), int(size[0]) if size else 40)
            finally:
                _closed[name] = time.time()
                _over[name].open()
        case ["say", name]:
            yield Text(chunk(name, 1))
        case ["closed", name]:
            yield Hold(_over[name])
            yield Text(f"{_closed[name]:.6f}")
        case _:
            yield Text("ok")


if __name__ == "__main__":
    with GeminiServer(stamped) as served:
        print(served.port, flush=True)
        sys.stdin.read()  # until whoever started it is gone
