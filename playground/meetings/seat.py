"""A seat: one thread with an event loop of its own, in which one participant's mind answers what it is asked.

Guarantees:

- The thread blocks on its mailbox, without polling: an idle seat costs no CPU. The mailbox holds places in the meeting's log, not copies:
  nothing is dropped, and no two mailboxes can block each other.
- Whatever the mind does ends as messages or as one `failed`: an exception, a garbled answer, a time-out. All but the last are tried
  `Limits.attempts` times.
- A mind that does not let itself be cancelled is left to itself after a part of the grace: its seat has timed out, or ends.
- `stop` returns at once and may be called from any thread, any number of times; a mind that is answering is cancelled. `gone` is set
  when the thread ends, and `over` is called then.

Not claimed: a mind that blocks its thread cannot be stopped. The meeting fences such a seat: what it still writes is refused, and its
thread, a daemon, is left behind.

The race of `stop` with the thread that begins to answer:

1. A, `stop`: notes the stop, then reads the running task, both under the seat's lock.
2. B, the thread: before it runs a task it looks at that note and shows the task, under the same lock.
3. If A came first, B sees the note and runs nothing. If B came first, A finds the task, and cancels it on B's loop.
4. B takes the task away under the lock before it goes on. The loop is closed by whoever holds the meeting, after the thread has ended, or
   by a thread that was left behind, when it ends: A never calls a closed loop.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .messages import Body, Failed, Message
from .participant import Participant, awaited

_BEATS = 4  # in the silence that a seat may keep
_STEPS = 3  # of an end, that share the grace: the answer, what it has left running, what is left


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a meeting. Times are in seconds.

    `turn` is how long a seat may take for one answer, all its attempts together; `silence` is how long the loop of a seat that is answering
    may stand still; `messages` bounds the log, `seats` a meeting, `live` the seats of all meetings of this process; `grace` is how long
    the end of a meeting waits for its threads.
    """

    turn: float = 60.0
    silence: float = 10.0
    attempts: int = 2
    messages: int = 2_000
    seats: int = 20
    live: int = 100
    grace: float = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """A seat at one moment. Times are in seconds; `beat` is how long ago it last moved: 0 while there is nothing to do.

    `lag` counts the messages that the seat has not read, `queue` those of them that wait in its mailbox.
    """

    seat: str
    state: str
    beat: float
    handled: int
    failed: int
    busy: float
    waiting: float
    lag: int
    queue: int


class Seat:
    """One participant's thread (guarantees: see the module)."""

    def __init__(self, participant: Participant, limits: Limits, over: Callable[[], None]) -> None:
        """Prepare the thread; `over` is called by it, as the last thing that it does."""
        self.gone = threading.Event()
        self.gone.set()
        self.participant = participant
        self._limits = limits
        self._over = over
        self._mailbox: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stopped = self._released = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[Sequence[Body]] | None = None
        self._beat_at = self._changed_at = time.monotonic()
        self._busy = self._waiting = 0.0
        self._pulse: asyncio.TimerHandle
        self._giving_up: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the thread. Raises: OSError, RuntimeError when the system has no more to give."""
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._run, args=(self._loop,), name=f"seat-{self.participant.name}", daemon=True)
        thread.start()
        self._thread = thread
        self.gone.clear()  # it waits for its first message

    def post(self, seq: int) -> None:
        """Tell the seat of a message by its place in the log. Never blocks."""
        self._mailbox.put(seq)

    def stop(self) -> None:
        """End the thread; see the race above."""
        with self._lock:
            self._stopped = True
            if self._task is not None and self._loop is not None:
                self._loop.call_soon_threadsafe(self._cancel, self._task, self._loop)
        self._mailbox.put(0)

    def release(self) -> None:
        """Close the loop of a thread that has ended; one that was left behind does it itself, should it ever end.

        The thread does not do it: closing gives up the interpreter's lock several times, and with 50 threads at once that took 8 ms.
        """
        with self._lock:
            self._released = True
            ended = self.gone.is_set()
            if self._loop is not None and ended:
                self._loop.close()
        if self._thread is not None and ended:
            self._thread.join()  # it has nothing left to do but to go

    @property
    def silent_for(self) -> float:
        """For how many seconds the mind has kept the seat's loop from moving; 0 while nothing is asked."""
        return time.monotonic() - self._beat_at if self._task is not None else 0.0

    def health(self, state: str) -> Health:
        """The seat now, in a state that the meeting knows."""
        me, answering = self.participant, self._task is not None
        lasted = time.monotonic() - self._changed_at
        lag = max(0, len(me.log) - me.view.cursor)
        busy, waiting = (self._busy + lasted, self._waiting) if answering else (self._busy, self._waiting + lasted)
        state = "answering" if answering and state == "here" else state
        return Health(me.name, state, self.silent_for, me.handled, me.failed, busy, waiting, lag, self._mailbox.qsize())

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while (seq := self._mailbox.get()) and not self._stopped:
                message = self.participant.log.at(seq)
                if self.participant.hears(message):
                    self._answer(message, loop)
            self._close(loop)
        finally:
            with self._lock:
                self.gone.set()
                if self._released:
                    loop.close()
            self._over()

    def _answer(self, message: Message, loop: asyncio.AbstractEventLoop) -> None:
        until = loop.time() + self._limits.turn
        acts: Sequence[Body] | Failed = self.participant.failure("error")
        for _ in range(self._limits.attempts):
            acts = self._attempt(message, loop, until)
            if not isinstance(acts, Failed) or acts.reason == "timeout" or self._stopped:
                break
        if not self._stopped:
            self.participant.says(acts, message)

    def _attempt(self, message: Message, loop: asyncio.AbstractEventLoop, until: float) -> Sequence[Body] | Failed:
        """Have the mind answer once, under the limit of time, with the heart beating."""
        with self._lock:
            if self._stopped:
                return self.participant.failure("error")
            self._count(answering=True)
            task = self._task = loop.create_task(self.participant.asked(message))
        self._beat(loop)
        timer = loop.call_at(until, self._cancel, task, loop)
        _run_tasks(loop, [task])
        with self._lock:
            self._task = None
            self._count(answering=False)
        for over in (timer, self._pulse, self._giving_up):
            if over is not None:
                over.cancel()
        return self.participant.outcome(task)

    def _cancel(self, task: asyncio.Task[Sequence[Body]], loop: asyncio.AbstractEventLoop) -> None:
        """Cancel an answer, and do not wait for it for long. On the seat's own loop."""
        if task.cancel():
            self._giving_up = loop.call_later(self._limits.grace / _STEPS, loop.stop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that the loop moves, and again in a while; only while a mind is asked."""
        self._beat_at = time.monotonic()
        self._pulse = loop.call_later(self._limits.silence / _BEATS, self._beat, loop)

    def _count(self, *, answering: bool) -> None:
        """Count the time since the last change as work or as waiting."""
        now = time.monotonic()
        lasted, self._changed_at, self._beat_at = now - self._changed_at, now, now
        if answering:
            self._waiting += lasted
        else:
            self._busy += lasted

    def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what the mind has left running, and have it let go of what it has opened, whatever it says to that."""
        left = list(asyncio.all_tasks(loop))
        for task in left:
            task.cancel()
        if closing := self.participant.mind.close():
            left.append(loop.create_task(awaited(closing)))
        if left:
            self._finish(loop, left)
            self._finish(loop, [loop.create_task(loop.shutdown_asyncgens())])

    def _finish(self, loop: asyncio.AbstractEventLoop, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Run a loop until the tasks are done, but not for long."""
        late = loop.call_later(self._limits.grace / _STEPS, loop.stop)
        _run_tasks(loop, tasks)
        late.cancel()


def _run_tasks(loop: asyncio.AbstractEventLoop, tasks: Collection[asyncio.Task[Any]]) -> None:
    """Run a loop until the tasks are done, or somebody stops it. What they raise is read, and stays in them."""
    left = set(tasks)

    def done(task: asyncio.Task[Any]) -> None:
        left.discard(task)
        if not task.cancelled():
            task.exception()
        if not left:
            loop.stop()

    for task in tasks:
        task.add_done_callback(done)
    ended = False
    while not ended:
        with suppress(SystemExit, KeyboardInterrupt):  # a loop lets them through, and goes on when it is run again
            loop.run_forever()
            ended = True
    for task in tasks:
        task.remove_done_callback(done)  # one that was given up may end in a later run
