"""Figures of the server's side, with clients that speak Streamlit's protocol and draw nothing."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from figures import Figure, median, percentile, spread
from servers import PAGE, PEER, serve
from streamlit_client import StreamlitClient, open_client

if TYPE_CHECKING:
    from pathlib import Path

    from figures import Scale, Value
    from servers import Server

# conversations


@dataclass(slots=True)
class _Load:
    """What one level of load showed: delays in milliseconds, share of one core, clients whose answer was whole."""

    delays: list[float] = field(default_factory=list[float])
    cores: float = 0.0
    whole: int = 0
    errors: int = 0


async def _whole(client: StreamlitClient, name: str, chunks: int) -> bool:
    """Wait for the last chunk; a client that has not got it within twice the time has no whole answer."""
    with contextlib.suppress(TimeoutError):
        await client.saw(f"{name}-{chunks}", 2 * chunks / 20 + 20)
        return len(client.delays_ms(name)) == chunks
    return False


async def _start(client: StreamlitClient, name: str, chunks: int, delay: float) -> bool:
    await asyncio.sleep(delay)  # people do not press Enter in the same millisecond
    await client.submit(f"stream {name} {chunks} 20")
    return await _whole(client, name, chunks)


async def _load(server: Server, users: int, seconds: int) -> _Load:
    """Let some users, each in a session of its own, stream 20 chunks/s; the first second of each is not counted."""
    load = _Load()
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_client(server.url)) for _ in range(users)]
        chunks = seconds * 20
        began, cpu = asyncio.get_running_loop().time(), server.cpu_seconds()
        starts = [_start(client, f"u{number}", chunks, number / users) for number, client in enumerate(clients)]
        load.whole = sum(await asyncio.gather(*starts))
        load.cores = (server.cpu_seconds() - cpu) / (asyncio.get_running_loop().time() - began)
        for number, client in enumerate(clients):
            load.delays += client.delays_ms(f"u{number}", after=20)
            load.errors += len(client.exceptions)
    return load


def _loads(script: Path, levels: list[int], seconds: int) -> dict[int, _Load]:
    with serve(script) as server:
        asyncio.run(_load(server, 1, 3))  # warm: the first turn of a process pays its imports
        return {users: asyncio.run(_load(server, users, seconds)) for users in levels}


def _load_figure(who: str, users: int, load: _Load, *, judged: bool) -> Figure:
    values: dict[str, Value] = {**spread(load.delays), "cores": round(load.cores, 2), "whole": f"{load.whole}/{users}"}
    if load.errors:
        values["errors"] = load.errors
    met = percentile(load.delays, 0.95) < 1000 and load.whole == users and not load.errors
    what = f"chunk to client, ms, {users} conversations, {who}"
    return Figure(what, values, "p95 under 1 s" if judged else "", met if judged else None)


def conversations(scale: Scale) -> list[Figure]:
    """Measure chunk to client with 10, 25 and 40 streaming conversations in one process; the peer at 25."""
    seconds = 5 if scale.short else 12
    ours = _loads(PAGE, [10, 25, 40], seconds)
    peer = _loads(PEER, [25], seconds)
    return [
        *(_load_figure("playground", users, load, judged=users <= 25) for users, load in ours.items()),
        *(_load_figure("st.write_stream", users, load, judged=False) for users, load in peer.items()),
    ]


# poll_cost


@dataclass(frozen=True, slots=True)
class _Cost:
    """CPU of the server: of one poll in milliseconds, and of one streaming conversation as a share of a core."""

    poll_ms: float
    streaming: float


async def _fill(client: StreamlitClient, messages: int) -> None:
    """Make a history by real turns: a question and an answer each."""
    for number in range(messages // 2):
        before = client.full_runs
        await client.submit(f"say fill{number}")
        await client.saw(f"fill{number}-1", 60)
        with contextlib.suppress(TimeoutError):
            await client.ran(before + 1, 2)  # the redraw of the page at the end of the turn


async def _poll_ms(server: Server, client: StreamlitClient, polls: int) -> float:
    cpu = server.cpu_seconds()
    for _ in range(polls):
        await client.poll(10)
    return (server.cpu_seconds() - cpu) * 1000 / polls


async def _streaming_share(server: Server, client: StreamlitClient, name: str, seconds: float) -> float:
    """Return the share of a core that one stream of 20 chunks/s takes, its beginning and end not counted."""
    await client.submit(f"stream {name} {int(seconds + 2) * 20} 20")
    await client.saw(f"{name}-20", 60)
    cpu = server.cpu_seconds()
    await asyncio.sleep(seconds)
    return (server.cpu_seconds() - cpu) / seconds


async def _cost(server: Server, messages: int, rounds: int) -> _Cost:
    async with open_client(server.url) as client:
        await _fill(client, messages)
        await _poll_ms(server, client, 10)
        polls = [await _poll_ms(server, client, 50) for _ in range(rounds)]
        return _Cost(median(polls), await _streaming_share(server, client, f"poll{messages}", 8.0))


def poll_cost(scale: Scale) -> list[Figure]:
    """Measure the server's CPU for one run of the fragment with 10 and with 1,000 messages of history, in one process."""
    many = 200 if scale.short else 1000
    with serve(PAGE) as server:
        asyncio.run(_cost(server, 4, 1))
        few = asyncio.run(_cost(server, 10, 5))
        lots = asyncio.run(_cost(server, many, 5))
    ratio, share = lots.poll_ms / few.poll_ms, lots.streaming / few.streaming
    polls: dict[str, Value] = {"at_10": round(few.poll_ms, 2), f"at_{many}": round(lots.poll_ms, 2), "ratio": round(ratio, 2)}
    shares: dict[str, Value] = {"at_10": round(few.streaming, 3), f"at_{many}": round(lots.streaming, 3), "ratio": round(share, 2)}
    return [
        Figure("CPU of the server for one poll (a run of the fragment), ms", polls, "within 1.3x", ratio <= 1.3),
        Figure("CPU of the server for one stream of 20 chunks/s, cores (one sample of 8 s)", shares),
    ]
