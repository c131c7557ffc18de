"""Many streaming conversations with one server, each a websocket client of its own, and what they and everybody else used meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from figures import percentile
from servers import Server
from streamlit_client import StreamlitClient, open_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from figures import Value

RATE = 20.0  # chunks a second that a model writes
SPREAD = 2.0  # seconds over which a crowd presses Enter
QUIET = 0.1  # cores that a server uses at most when nobody waits for it any more
MANY_WORKERS = {"VIBEHUNTR_WORKERS": "400"}  # more than anybody asks for: its default is a limit of its own


@dataclass(frozen=True, slots=True)
class Cores:
    """CPU of the server, the model server and the clients' process over a stretch of time."""

    server: float
    model: float
    clients: float


@dataclass(frozen=True, slots=True)
class Level:
    """What so many conversations at once showed. Delays, chunk sent to chunk decoded by the client, in milliseconds."""

    users: int
    delays: Sequence[float]
    whole: int
    errors: Sequence[str]
    cores: Cores
    frames: float  # a second that a client gets
    model_late: float  # p95 of how much later than due a chunk left the model, in milliseconds

    @property
    def carried(self) -> bool:
        """Whether p95 is under 1 s, every answer whole, and nobody sees an error."""
        return percentile(self.delays, 0.95) < 1000 and self.whole == self.users and not self.errors

    def values(self) -> dict[str, Value]:
        """Return it as the values of a figure."""
        shown: dict[str, Value] = {
            "p50": round(percentile(self.delays, 0.5), 1),
            "p95": round(percentile(self.delays, 0.95), 1),
            "whole": f"{self.whole}/{self.users}",
            "frames/s": round(self.frames, 1),
            "cores": round(self.cores.server, 2),
            "clients' cores": round(self.cores.clients, 2),
            "model's cores": round(self.cores.model, 2),
            "model late p95": round(self.model_late, 1),
        }
        return {**shown, "errors": self.errors[0][:100]} if self.errors else shown


def model_process() -> Server:
    """Return the model server that `servers.gemini` has started. Raises LookupError when there is none."""
    for child in psutil.Process().children():
        if any(word.endswith("model_server.py") for word in child.cmdline()):
            return Server("", child)
    raise LookupError("no model server")


async def cores(server: Server, seconds: float) -> Cores:
    """Return what each of the three processes uses for so many seconds."""
    processes = (server, model_process(), Server("", psutil.Process()))
    loop = asyncio.get_running_loop()
    began, before = loop.time(), [process.cpu_seconds() for process in processes]
    await asyncio.sleep(seconds)
    took = loop.time() - began
    return Cores(*((process.cpu_seconds() - used) / took for process, used in zip(processes, before, strict=True)))


async def quiet(server: Server) -> None:
    """Wait until the server has done with those who are gone, for 30 s at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(30):
            while (await cores(server, 0.5)).server > QUIET:
                pass


@asynccontextmanager
async def crowd(server: Server, users: int) -> AsyncGenerator[list[StreamlitClient], None]:
    """Open so many sessions, each a new user's, and wait until the page of each has been drawn to its end."""
    async with AsyncExitStack() as stack:
        clients = list(await asyncio.gather(*(stack.enter_async_context(open_client(server.url)) for _ in range(users))))
        await asyncio.gather(*(client.ran(1, 60) for client in clients))
        yield clients


async def _answer(client: StreamlitClient, name: str, chunks: int, delay: float) -> bool:
    """Have one answer written; one that has not come 10 s after it should have been over is not whole."""
    await asyncio.sleep(delay)  # people do not press Enter in the same millisecond
    await client.submit(f"stream {name} {chunks} {RATE}")
    with contextlib.suppress(TimeoutError):
        await client.saw(f"{name}-{chunks}", chunks / RATE + 10)
    return client.whole(name, chunks)


async def _steady(server: Server, clients: Sequence[StreamlitClient], seconds: float) -> tuple[Cores, float]:
    """Return CPU and frames a second from when the last has started until the first ends."""
    await asyncio.sleep(SPREAD)
    before, length = sum(client.frames for client in clients), seconds - SPREAD
    used = await cores(server, length)
    return used, (sum(client.frames for client in clients) - before) / length / len(clients)


async def warm_up(server: Server) -> None:
    """Have one answer written, and the page drawn after it: the first of a process pays its imports."""
    async with open_client(server.url) as client:
        await _answer(client, "warm", round(3 * RATE), 0.0)
        with contextlib.suppress(TimeoutError):  # the run may have ended with the last chunk
            await client.ran(client.full_runs + 1, 5)


def model_late(client: StreamlitClient) -> list[float]:
    """Return how much later than at its pace, counted from the first, each chunk left the model, in milliseconds."""
    sent = sorted(sent for _, sent in client.stamps.values())
    return [(at - sent[0] - number / RATE) * 1000 for number, at in enumerate(sent)]


async def level(server: Server, users: int, seconds: int, *others: Server) -> Level:
    """Let so many users stream an answer of so many seconds at once; the first second of each is not counted.

    It begins when the server, and the others on this machine, have done with whoever came before.
    """
    chunks = round(seconds * RATE)
    for one in (server, *others):
        await quiet(one)
    async with crowd(server, users) as clients:
        answers = [_answer(client, f"u{n}", chunks, SPREAD * n / users) for n, client in enumerate(clients)]
        (used, frames), whole = await asyncio.gather(_steady(server, clients, seconds), asyncio.gather(*answers))
        return Level(
            users=users,
            delays=[delay for n, client in enumerate(clients) for delay in client.delays_ms(f"u{n}", after=round(RATE))],
            whole=sum(whole),
            errors=[error for client in clients for error in client.errors],
            cores=used,
            frames=frames,
            model_late=percentile([late for client in clients for late in model_late(client)], 0.95),
        )
