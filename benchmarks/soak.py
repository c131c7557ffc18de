"""An hour of people: `python benchmarks/soak.py [--minutes 60] [--users 50]`, `make soak`. Ends with a verdict and one JSON line.

Each user is a websocket client with a cookie of its own. It asks for answers of 2 to 20 s at 5 chunks/s, thinks 2 to 10 s, stops
some, types into some, reloads in the middle of some (the socket closed and opened again with the same cookie and address), and
has up to two conversations. One with 8 answers is deleted, so what is kept is bounded: at most two conversations of eight
answers a user, and those deleted or left in the last two minutes. By chance, from a seed.

What is sampled: the server's memory, threads, descriptors, sockets and CPU, and what the chunks of the last interval took from the
model to the client. That is judged beside what a piece of work that is always the same takes the machine at that moment: others use
the machine too, and it is slower or faster by a third for minutes. A quantity grows if a straight line through the second half rises
by more than its tolerance over that half, and by more than twice its standard error: the users act by chance, so their number of
running answers and open sockets wanders.
Under ten minutes it says nothing: Streamlit keeps a session, with its event loop's three descriptors, for 120 s after a reload.
Every answer that nobody cut must be whole, each chunk once and in its order, and nobody may see an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
import traceback
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from math import inf
from typing import TYPE_CHECKING

from crowd import MANY_WORKERS, model_process
from figures import median, percentile
from servers import PAGE, gemini, serve
from streamlit_client import FAILURES, StreamlitClient, open_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from servers import Server

_RATE = 5  # chunks a second: 50 users leave the server room, or its latency is only its queue
_ANSWER = (2, 20)  # seconds
_THINK = (2.0, 10.0)  # seconds
_MOST_ANSWERS = 8  # of a conversation, then it is deleted
_LIMIT = 60.0  # seconds that a user waits for anything
_INTERVAL = 30.0  # seconds between two samples, at most
_SAMPLES = 24  # at least
_TOLERANCE = {"memory_mb": 0.02, "threads": 0.05, "descriptors": 0.05, "p50": 0.2, "p95": 0.2}  # of the mean, over the second half
_TOLD = ("machine_ms", "p50_ms", "p95_ms")  # without a verdict
_ACTIONS = {"read": 60, "stop": 15, "replace": 10, "reload": 15}  # what becomes of an answer, in percent


@dataclass(slots=True)
class Tally:
    """What the users did and saw."""

    delays: list[float] = field(default_factory=list[float])  # since the last sample, in milliseconds
    done: dict[str, int] = field(default_factory=lambda: dict.fromkeys([*_ACTIONS, "new conversation", "deleted"], 0))
    not_whole: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    lost_ends: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment, and its CPU and its clients' delays since the sample before."""

    minute: float
    memory_mb: float
    threads: int
    descriptors: int
    sockets: int
    cores: float
    model_cores: float
    machine_ms: float
    chunks: int
    p50_ms: float
    p95_ms: float

    @property
    def p50(self) -> float:
        """The median beside the machine's own pace."""
        return self.p50_ms / self.machine_ms

    @property
    def p95(self) -> float:
        """The 95th percentile beside the machine's own pace."""
        return self.p95_ms / self.machine_ms


class User:
    """One person at one browser; the same number acts by the same chances."""

    def __init__(self, number: int, server: Server, tally: Tally) -> None:
        self._server, self._tally, self._number = server, tally, number
        self._chance = random.Random(number)  # noqa: S311 - no secret
        self._answers: dict[str, int] = {}  # by conversation, which is called like its first answer
        self._open = ""
        self._names = (f"u{number}x{count}x" for count in itertools.count())
        self._cookie = self._query = ""

    async def live(self, until: float) -> None:
        """Open the page, and again after each reload, until then (`time.monotonic`)."""
        reloaded: tuple[str, int] | None = None
        while time.monotonic() < until:
            async with open_client(self._server.url, cookie=self._cookie, query=self._query) as client:
                try:
                    reloaded = await self._use(client, until, reloaded)
                finally:
                    self._cookie, self._query = client.cookie, client.query
                    self._tally.errors += client.errors
                    self._tally.lost_ends += client.lost_ends

    async def _use(self, client: StreamlitClient, until: float, reloaded: tuple[str, int] | None) -> tuple[str, int] | None:
        """Use one opened page. Returns: the answer in which it is reloaded, None at the end of the time."""
        if reloaded:
            await self._read(client, *reloaded, since=time.time())
        while time.monotonic() < until:
            await asyncio.sleep(self._chance.uniform(*_THINK))
            await self._choose_conversation(client)
            name, chunks = await self._ask(client)
            match self._chance.choices(list(_ACTIONS), list(_ACTIONS.values()))[0]:
                case "stop":
                    await self._cut(client, name, chunks)
                    await client.click("Stop")
                    self._tally.done["stop"] += 1
                    await client.idle(_LIMIT)
                case "replace":
                    await self._cut(client, name, chunks)
                    self._tally.done["replace"] += 1
                    await self._read(client, *await self._ask(client))
                case "reload":
                    await self._cut(client, name, chunks)
                    self._tally.done["reload"] += 1
                    return name, chunks
                case _:
                    self._tally.done["read"] += 1
                    await self._read(client, name, chunks)
        return None

    async def _ask(self, client: StreamlitClient) -> tuple[str, int]:
        client.stamps.clear()
        name, chunks = next(self._names), self._chance.randint(*_ANSWER) * _RATE
        self._open = self._open or name
        self._answers[self._open] = self._answers.get(self._open, 0) + 1
        begun = client.await_text(f"{name}-1")
        await client.submit(f"stream {name} {chunks} {_RATE}")
        async with asyncio.timeout(_LIMIT):
            await begun.wait()
        return name, chunks

    async def _cut(self, client: StreamlitClient, name: str, chunks: int) -> None:
        """Wait until somewhere in the first half of an answer, to do something with it."""
        await client.saw(f"{name}-{self._chance.randint(1, chunks // 2)}", _LIMIT)
        self._tally.delays += client.delays_ms(name)

    async def _read(self, client: StreamlitClient, name: str, chunks: int, since: float = 0.0) -> None:
        """Read an answer to its end; of one that has begun before, what is sent since then counts as delay."""
        with contextlib.suppress(TimeoutError):
            await client.saw(f"{name}-{chunks}", _LIMIT)
        self._tally.delays += client.delays_ms(name, since=since)
        if not client.whole(name, chunks):
            self._tally.not_whole.append(f"{name}: {len(client.delays_ms(name))} of {chunks}")
        await client.idle(_LIMIT)

    async def _choose_conversation(self, client: StreamlitClient) -> None:
        """Delete a conversation that is long, begin a second one now and then, or go back to the other."""
        if self._answers.get(self._open, 0) >= _MOST_ANSWERS:
            await self._click(client, "Delete this conversation")
            del self._answers[self._open]
            self._open = ""
            self._tally.done["deleted"] += 1
        elif self._open and self._chance.random() < 0.2:
            others = [name for name in self._answers if name != self._open]
            self._open = others[0] if others else ""
            await self._click(client, f"stream {self._open} " if others else "New conversation")
            self._tally.done["new conversation"] += not others

    async def _click(self, client: StreamlitClient, label: str) -> None:
        runs = client.full_runs
        await client.click(label)
        await client.ran(runs + 1, _LIMIT)


async def _live(user: User, until: float, tally: Tally) -> None:
    """Live, and begin anew when anything takes too long or is not where it should be; that counts as an error."""
    while time.monotonic() < until:
        try:
            await user.live(until)
        except FAILURES as error:
            where = [frame.name for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
            tally.errors.append(f"{type(error).__name__} in {where[-1]}: {error}")
            await asyncio.sleep(1)


async def _sampled(server: Server, tally: Tally, seconds: float) -> list[Sample]:
    """Sample at an even pace, until the time is over."""
    interval = min(_INTERVAL, seconds / _SAMPLES)
    began, model = time.monotonic(), model_process()
    used, model_used = server.cpu_seconds(), model.cpu_seconds()
    samples: list[Sample] = []
    for number in range(1, int(seconds / interval) + 1):
        await asyncio.sleep(max(0.0, began + number * interval - time.monotonic()))
        delays, tally.delays = tally.delays, []
        now, model_now = server.cpu_seconds(), model.cpu_seconds()
        sample = Sample(
            minute=round((time.monotonic() - began) / 60, 2),
            memory_mb=round(server.memory_mb(), 1),
            threads=server.process.num_threads(),
            descriptors=server.process.num_fds(),
            sockets=len(server.process.net_connections()),
            cores=round((now - used) / interval, 2),
            model_cores=round((model_now - model_used) / interval, 2),
            machine_ms=round(_machine_ms(), 3),
            chunks=len(delays),
            p50_ms=round(percentile(delays, 0.5), 1),
            p95_ms=round(percentile(delays, 0.95), 1),
        )
        used, model_used = now, model_now
        samples.append(sample)
        print("  ".join(f"{key} {value}" for key, value in asdict(sample).items()), flush=True)
    return samples


def _machine_ms() -> float:
    """Return the CPU time that a piece of work takes which is always the same, the median of nine."""
    took: list[float] = []
    for _ in range(9):
        began = time.thread_time()
        json.loads(json.dumps([{str(number): [number, "word " * 10]} for number in range(2000)]))
        took.append((time.thread_time() - began) * 1000)
    return median(took)


async def _soak(server: Server, users: int, seconds: float, tally: Tally) -> list[Sample]:
    """Let the users live while the server is sampled."""
    until = time.monotonic() + seconds
    async with AsyncExitStack() as stack:
        people = [asyncio.create_task(_live(User(number, server, tally), until, tally)) for number in range(users)]
        for person in people:
            stack.callback(person.cancel)
        samples = await _sampled(server, tally, seconds)
        gone = [person.exception() for person in people if person.done() and not person.cancelled()]
        tally.errors += [f"a user has gone: {error!r}" for error in gone if error]
        return samples


@dataclass(frozen=True, slots=True)
class Trend:
    """How much a quantity rose over the second half, as a share of its mean there, with the standard error of that."""

    mean: float
    rose: float
    error: float
    grows: bool


def trend(times: Sequence[float], values: Sequence[float], tolerance: float) -> Trend:
    """Fit a straight line by least squares. Where a sample holds nothing (no chunk came), it cannot be said not to grow."""
    count, mean = len(values), sum(values) / len(values)
    centred = [at - sum(times) / count for at in times]
    width = sum(at * at for at in centred)
    slope = sum(at * (value - mean) for at, value in zip(centred, values, strict=True)) / width
    residue = sum((value - mean - slope * at) ** 2 for at, value in zip(centred, values, strict=True))
    error = (residue / max(1, count - 2) / width) ** 0.5
    rose, error = (part * (times[-1] - times[0]) / mean for part in (slope, error))
    return Trend(round(mean, 1), round(rose, 4), round(error, 4), grows=not rose <= max(tolerance, 2 * error))


def main() -> int:
    """Soak. Returns 1 when anything grows, an answer is not whole or somebody has seen an error."""
    parser = argparse.ArgumentParser(description="Use the playground for an hour.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--users", type=int, default=50)
    given = parser.parse_args()
    tally = Tally()
    with gemini() as model, serve(PAGE, **model, **MANY_WORKERS) as server:
        samples = asyncio.run(_soak(server, given.users, given.minutes * 60, tally))
    half = samples[len(samples) // 2 :]
    trends = {
        name: trend([sample.minute for sample in half], [float(getattr(sample, name)) for sample in half], _TOLERANCE.get(name, inf))
        for name in (*_TOLERANCE, *_TOLD)
    }
    for name, found in trends.items():
        verdict = "" if name in _TOLD else ": GROWS" if found.grows else ": flat"
        print(f"{name:<12} mean {found.mean}  rose {found.rose:.1%} +- {found.error:.1%} over the second half{verdict}")
    print(f"done {tally.done}  not whole {len(tally.not_whole)}  errors {len(tally.errors)} {sorted(set(tally.errors))[:5]}")
    print(f"runs of which Streamlit has not told the end: {tally.lost_ends}")
    print(
        json.dumps(
            {
                "users": given.users,
                "minutes": given.minutes,
                "trends": {name: asdict(found) for name, found in trends.items()},
                "done": tally.done,
                "not_whole": tally.not_whole,
                "errors": tally.errors[:20],
                "lost_ends": tally.lost_ends,
                "samples": [asdict(sample) for sample in samples],
            }
        )
    )
    return int(any(found.grows for found in trends.values()) or bool(tally.not_whole or tally.errors))


if __name__ == "__main__":
    sys.exit(main())
