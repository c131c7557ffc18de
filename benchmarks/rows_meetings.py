"""Figures of the meetings' runtime, without ADK, beside autogen-core 0.7.5: messages, memory, idle seats, the end, a whole meeting."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from figures import Figure, median, percentile, spread
from typing_extensions import override

from playground.meetings.messages import CHAIR, Act, Decided, Floor, Message, Pass, Say
from playground.meetings.room import Room
from playground.meetings.seat import Limits
from playground.meetings.view import View

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterable, Mapping, Sequence

    from figures import Scale, Value

    from playground.meetings.messages import Body, Json

_HERE: Final = Path(__file__).parent
_LIMITS: Final = Limits(turn=600.0, silence=60.0, messages=10_000_000, seats=5_000, live=5_000, grace=10.0)
_KEEPER: Final = "keeper"
_SIZES: Final = (10, 100, 1_000)
_MEETING: Final = 20  # seats of one meeting, where there are many


@dataclass
class _Mind:
    """Passes when asked by the chair; a ball it passes on to the next seat, as long as there are any left."""

    to: str = ""
    left: list[int] = field(default_factory=lambda: [0])
    over: threading.Event = field(default_factory=threading.Event)

    def joins(self, parameters: Json) -> bool:
        del parameters
        return True

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        del view
        if isinstance(message.body, Floor):
            return [Pass()]
        self.left[0] -= 1
        if self.left[0] > 0:
            return [Say(to=self.to)]
        self.over.set()
        return [Pass()]

    def close(self) -> Awaitable[None] | None:
        return None


class _Waiting(_Mind):
    """Keeps the floor, so that the meeting goes on."""

    @override
    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        await asyncio.Event().wait()
        return [Pass()]


def _asking(*seats: str) -> Sequence[Body]:
    return [Floor(seats=seats, topic="load", ask="load")]


@asynccontextmanager
async def _held(room: Room) -> AsyncGenerator[asyncio.Task[None]]:
    """Hold a meeting: it is under way when the floor has been given."""
    given = asyncio.Event()

    async def host() -> None:
        async for message in room.hold(600.0):
            if message and isinstance(message.body, Floor):
                given.set()

    hosting = asyncio.create_task(host())
    await given.wait()
    yield hosting
    hosting.cancel()
    await asyncio.wait([hosting])


def _kept(minds: Mapping[str, _Mind]) -> Room:
    """Make a room that stays: its keeper has the floor."""
    return Room(lambda _: _asking(_KEEPER), {_KEEPER: _Waiting(), **minds}, limits=_LIMITS)


def _peer(scale: Scale) -> dict[str, dict[str, float]]:
    """Measure autogen-core, in this run."""
    uv = shutil.which("uv", path=f"{_HERE.parent / '.uv/bin'}:{os.environ['PATH']}")
    if uv is None:
        raise LookupError("uv is not here: make check")
    command = [uv, "run", "--quiet", "--no-project", "--python", sys.executable, str(_HERE / "autogen_peer.py")]
    done = subprocess.run(
        [*command, str(scale.tries(12_000)), str(scale.tries(40))], capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-400:])
    return json.loads(done.stdout)


# -- messages ----------------------------------------------------------------------------------------------------------


def meeting_messages(scale: Scale) -> list[Figure]:
    """Measure a ball that goes round, and broadcasts to 100 seats, and the same with autogen-core."""
    peer = _peer(scale)
    rounds = scale.tries(12_000)
    figures: list[Figure] = []
    for seats in _SIZES:
        rate, others = asyncio.run(_ping_pong(seats, rounds)), peer["ping_pong"][str(seats)]
        values = {"messages a second": round(rate), "autogen-core": round(others), "ratio": round(rate / others, 2)}
        figures.append(Figure(f"a ball among {seats:,} seats", values, "at least 4,200", rate >= 4_200))
    for size, name in ((20, "bursts of 20"), (1, "one at a time")):
        rate, latency = asyncio.run(_broadcast(100, scale.tries(40), size))
        others = peer["burst" if size > 1 else "single"]
        values = {
            "deliveries a second": round(rate), "autogen-core": round(others["rate"]),
            "median ms": round(latency, 1), "autogen-core ms": round(others["latency"], 1),
        }  # fmt: skip
        target, met = ("at least 30,000 and 9 ms", rate >= 30_000 and latency <= 9) if size > 1 else ("", None)
        figures.append(Figure(f"broadcasts to 100 seats, {name}", values, target, met))
    return figures


async def _ping_pong(seats: int, messages: int) -> float:
    """Let a ball go round, in one meeting of up to 100 seats, or in one after the other of several that are held at once."""
    size = seats if seats <= 100 else _MEETING
    rooms = [_ring(size, messages // (seats // size)) for _ in range(seats // size)]
    hosts = [_held(room) for room, _ in rooms]
    for host in hosts:
        await host.__aenter__()
    start = time.perf_counter()
    for room, mind in rooms:
        room.host.log.send(CHAIR, 0, Say(), to=("seat0",))
        await asyncio.to_thread(mind.over.wait, 120)
    took = time.perf_counter() - start
    for host in hosts:
        await host.__aexit__(None, None, None)
    return messages / took


def _ring(seats: int, balls: int) -> tuple[Room, _Mind]:
    first = _Mind("seat1", [balls])
    minds = {f"seat{number}": replace(first, to=f"seat{(number + 1) % seats}") for number in range(seats)}
    return _kept(minds), first


class _Timed(View):
    """A view that notes how long each message was under way."""

    sent: list[float]
    heard: list[float]

    @override
    def fold(self, messages: Iterable[Message]) -> View:
        for message in messages:
            super().fold([message])
            if isinstance(message.body, Say):
                self.heard.append(time.perf_counter() - self.sent[message.body.item["number"]])
        return self


async def _broadcast(seats: int, bursts: int, size: int) -> tuple[float, float]:
    """Return deliveries a second, and the median from the sending to the seat's having folded it, in milliseconds."""
    room = _kept({f"seat{number}": _Mind() for number in range(seats - 1)})
    sent: list[float] = []
    timed = [_Timed() for _ in range(seats)]
    for seat, view in zip(room.seats.values(), timed, strict=True):
        view.sent, view.heard = sent, []
        seat.participant.view = view
    async with _held(room):
        start = time.perf_counter()
        for _ in range(bursts):
            for _ in range(size):
                body = Say(item={"number": len(sent)})
                sent.append(time.perf_counter())
                room.host.log.send(CHAIR, 0, body)
            await asyncio.to_thread(_all_heard, [view for view in timed if view is not timed[0]], len(sent))
        took = time.perf_counter() - start
    delays = [delay for view in timed[1:] for delay in view.heard]  # the keeper answers, and reads no more
    return len(delays) / took, median(delays) * 1e3


def _all_heard(views: Sequence[_Timed], count: int) -> None:
    for view in views:
        while len(view.heard) < count:
            time.sleep(0.0002)


# -- what a seat costs -------------------------------------------------------------------------------------------------


def meeting_memory(scale: Scale) -> list[Figure]:
    """Measure the resident memory of a seat, in a process of its own."""
    del scale
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        many, few = pool.apply(_resident)
    return [
        Figure("resident, a seat of 10 meetings of 20", {"KiB": round(few)}, "at most 68", few <= 68),
        Figure("resident, a seat of a meeting of 200", {"KiB": round(many)}),
    ]


def _resident() -> tuple[float, float]:
    return asyncio.run(_resident_of(1, 200)), asyncio.run(_resident_of(10, _MEETING))


async def _resident_of(meetings: int, seats: int) -> float:
    """Return KiB a seat, after a meeting that has loaded whatever is loaded once."""
    async with _held(_kept({"seat": _Mind()})):
        pass
    before = psutil.Process().memory_info().rss
    hosts = [_held(_kept({f"seat{number}": _Mind() for number in range(seats - 1)})) for _ in range(meetings)]
    for host in hosts:
        await host.__aenter__()
    grown = psutil.Process().memory_info().rss - before
    for host in hosts:
        await host.__aexit__(None, None, None)
    return grown / meetings / seats / 1024


def meeting_idle(scale: Scale) -> list[Figure]:
    """Measure the processor that 200 idle seats take."""
    share = asyncio.run(_idle(10 if scale.short else 30))
    return [Figure("200 idle seats", {"% of a core": round(share, 3)}, "under 0.5", share < 0.5)]


async def _idle(seconds: float) -> float:
    async with _held(_kept({f"seat{number}": _Mind() for number in range(199)})):
        await asyncio.sleep(1)
        before = time.process_time()
        await asyncio.sleep(seconds)
        return (time.process_time() - before) / seconds * 100


def meeting_end(scale: Scale) -> list[Figure]:
    """Measure from the cancellation of a meeting of 50 seats until its last thread has ended."""
    figures: list[Figure] = []
    for answering in (1, 50):
        took = [asyncio.run(_end(50, answering)) * 1e3 for _ in range(scale.tries(30))]
        figures.append(Figure(f"50 seats, {answering} answering, cancelled (ms)", spread(took), "median under 15", median(took) < 15))
    return figures


async def _end(seats: int, answering: int) -> float:
    names = [f"seat{number}" for number in range(seats)]
    room = Room(lambda _: _asking(*names[:answering]), {name: _Waiting() for name in names}, limits=_LIMITS)
    async with _held(room) as hosting:
        while sum(health.state == "answering" for health in room.health()) < answering:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("seat-")]
        assert len(threads) == seats
        start = time.perf_counter()
        hosting.cancel()
        await asyncio.wait([hosting])
        for thread in threads:
            thread.join()
        return time.perf_counter() - start


def meeting_cost(scale: Scale) -> list[Figure]:
    """Measure a whole meeting of five seats that are asked twice each, in turn, by minds that answer at once."""
    wall: list[float] = []
    busy: list[float] = []
    messages = 0
    for _ in range(scale.tries(60)):
        start, before = time.perf_counter(), time.process_time()
        messages = asyncio.run(_whole())
        wall.append((time.perf_counter() - start) * 1e3)
        busy.append((time.process_time() - before) * 1e3)
    values: dict[str, Value] = {"messages": messages, "median": round(median(wall), 1), "p95": round(percentile(wall, 0.95), 1)}
    return [Figure("a meeting of 5 seats, each asked twice (ms)", {**values, "CPU": round(median(busy), 1), "n": len(wall)})]


async def _whole() -> int:
    names = [f"seat{number}" for number in range(5)]

    def chair(view: View) -> Sequence[Body]:
        asked = sum(isinstance(said.body, Floor) for said in view.said)
        return _asking(names[asked % 5]) if asked < 10 else [Decided(outcome="agreed", final=True)]

    room = Room(chair, {name: _Mind() for name in names}, limits=_LIMITS)
    return len([message async for message in room.hold(600.0) if message])
