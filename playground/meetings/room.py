"""A meeting with threads: one for each seat, and the coroutine that hosts it.

`hold` is the meeting. Whoever iterates it drives it: messages come out in the log's order, None when nothing was said for a while. When it
ends, by itself, by `aclose` or by cancellation, no seat's thread is left, except one that a mind blocks.

What each failure does: an exception, a garbled answer or a time-out is said by the seat itself; a seat whose loop stands still for
`Limits.silence`, and one whose thread has died, are fenced by the host. The others go on.

The race of a fenced seat with the meeting:

1. Seat: its mind blocks the thread. Host: sees no beat, and ends the seat's epoch under the log's lock.
2. Host: says `failed` for it; the chair goes on without it.
3. Seat: wakes up, and sends with the epoch that it has. If (1) came first it is refused; if not, its answer stands in the log before
   `failed`, for everybody alike. There is no third order: both take the log's lock.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Final

from .host import Chair, Host
from .messages import CHAIR, Json, Message
from .metrics import Metrics
from .minds import Mind
from .participant import Participant
from .seat import Health, Limits, Seat

ROOMS: Final[weakref.WeakSet[Room]] = weakref.WeakSet()
"""The meetings that are being held in this process."""
METRICS: Final = Metrics(lambda: [(room.host.log.meeting_id, health) for room in list(ROOMS) for health in room.health()])
_LIVE_LOCK: Final = threading.Lock()
_LOOKS = 2  # at the seats that are waited for, in the silence that one may keep


class TooManySeats(Exception):  # noqa: N818 - a limit that was reached, named as such
    """More seats than a meeting, or this process, may have; the message is for people."""


class Room:
    """A meeting: a chair, and a mind for each seat (guarantees: see the module)."""

    def __init__(
        self,
        chair: Chair,
        minds: Mapping[str, Mind],
        *,
        parameters: Mapping[str, Json] | None = None,
        limits: Limits | None = None,
        meeting_id: str = "",
    ) -> None:
        """Prepare it; `parameters` is what each seat is told of the meeting. Raises: TooManySeats; ValueError for a seat called chair."""
        self.limits = limits or Limits()
        if CHAIR in minds:
            raise ValueError("no seat may be called chair")
        if len(minds) > self.limits.seats:
            raise TooManySeats(f"A meeting has at most {self.limits.seats} seats, not {len(minds)}.")
        self.host = Host(chair, {seat: (parameters or {}).get(seat, {}) for seat in minds}, self.limits.messages, meeting_id)
        self.seats = {name: Seat(Participant(name, mind, self.host.log), self.limits, self._left) for name, mind in minds.items()}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._called = False
        self._ending = False

    async def hold(self, every: float = 1.0) -> AsyncGenerator[Message | None, None]:
        """Hold the meeting: yield each message, and None after `every` seconds of silence or sooner. Once only. Raises: TooManySeats."""
        self._loop = asyncio.get_running_loop()
        self._admit()
        silence = self.host.log.ring(self._ring)
        try:
            for seat in self.seats.values():
                seat.start()
            self.host.invite()
            while not self.host.view.end:
                self._forget_news()
                self._watch()
                news = self.host.look()
                for message in news:
                    yield message
                if not news and not await self._wait(every):
                    yield None
        finally:
            self._ending = True
            self.host.end("stopped")
            silence()
            for seat in self.seats.values():
                seat.stop()
            try:
                await self._all_gone()
            finally:  # whoever has cancelled once may do it again
                for seat in self.seats.values():
                    seat.release()
                ROOMS.discard(self)
                METRICS.count(self.health())

    def health(self) -> list[Health]:
        """The seats now."""
        standing = self.host.view.standing
        return [seat.health(standing.get(name, "invited")) for name, seat in self.seats.items()]

    def _admit(self) -> None:
        """Take part in the process's limit of seats."""
        with _LIVE_LOCK:
            live = sum(len(room.seats) for room in ROOMS)
            if live + len(self.seats) > self.limits.live:
                raise TooManySeats(f"Too many meetings at once: {live} agents are meeting already. Please try again in a while.")
            ROOMS.add(self)

    def _ring(self, message: Message) -> None:
        """Post a message to those who may see it. Under the log's lock, on the writer's thread."""
        for name in message.to or self.seats:
            if seat := self.seats.get(name):
                seat.post(message.seq)
        if not message.to or CHAIR in message.to:  # what two seats say between them can wait until there is more to read
            self._wake()

    def _left(self) -> None:
        """Notice that a thread has ended; it calls this itself."""
        if not self._ending or all(seat.gone.is_set() for seat in self.seats.values()):
            self._wake()

    def _wake(self) -> None:
        """Wake the host, once until it has looked: it forgets the call before it reads the log, so no message is overlooked."""
        if self._loop is None or self._called:
            return
        self._called = True
        with suppress(RuntimeError):  # the loop of a meeting that nobody waits for any more is closed
            self._loop.call_soon_threadsafe(self._news.set)

    def _forget_news(self) -> None:
        self._news.clear()
        self._called = False

    def _watch(self) -> None:
        """Fence the seats that are waited for and do not move."""
        for name in self.host.awaited():
            seat = self.seats[name]
            if seat.gone.is_set():
                self.host.fence(name, "error")
            elif seat.silent_for > self.limits.silence:
                self.host.fence(name, "blocked")

    async def _wait(self, every: float) -> bool:
        """Wait for news, or until it is time to look at the seats. Returns: whether there is some."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(every, self.limits.silence / _LOOKS)):
                await self._news.wait()
        return self._news.is_set()

    async def _all_gone(self) -> None:
        """Wait until the threads have ended, at most for the grace."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.grace):
                while not all(seat.gone.is_set() for seat in self.seats.values()):
                    self._forget_news()
                    if not all(seat.gone.is_set() for seat in self.seats.values()):
                        await self._news.wait()
