"""Figures of what a long conversation costs: a turn of it, a poll of its page, and a full run of that."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bare_runner import exchange
from figures import Figure, median
from itsdangerous import URLSafeTimedSerializer
from postgres import Postgres
from servers import PAGE, serve
from streamlit_client import open_client

from agent_invoker import AgentInvoker, load_agent, open_store
from playground.branches import Branch
from playground.identity import cookie_name

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from figures import Scale, Value
    from servers import Server

_SIZES: Final = (10, 1_000, 5_000)
_BENCH_AGENT: Final = Path(__file__).parent / "bench_agent"
_LIMIT: Final = 60.0  # seconds
_SECRET: Final = "of the benchmark"  # noqa: S105
_BROWSER: Final = "b" * 32
_USER: Final = f"client-{_BROWSER}"  # as the page calls the user of this browser
_ROUNDS: Final = 24


@contextmanager
def _invoker(url: str) -> Generator[AgentInvoker]:
    invoker = AgentInvoker(load_agent(_BENCH_AGENT), session_service=open_store(url))
    try:
        yield invoker
    finally:
        invoker.close()


def _turn(invoker: AgentInvoker, talk: str) -> float:
    """Return the CPU of one turn in milliseconds, from its message to its end."""
    cpu = time.process_time()
    turn = invoker.add_message(_USER, talk, "say x")
    if not turn.wait_ended(_LIMIT) or turn.failure:
        raise RuntimeError(str(turn.failure))
    return (time.process_time() - cpu) * 1000


def _filled(invoker: AgentInvoker, size: int) -> str:
    """Make a conversation of so many messages: a real turn, and then events like those it has left, as if the rest had been turns too."""
    talk = invoker.create_talk_session(_USER)
    _turn(invoker, talk)

    async def fill() -> None:
        session = await invoker.sessions.whole(Branch(_USER, talk))
        for number in range(size // 2 - 1):
            for event in exchange(invoker.agent_name, number):
                if session:
                    await invoker.store.append_event(session, event)

    asyncio.run_coroutine_threadsafe(fill(), invoker.loop).result(10 * _LIMIT)
    return talk


def _sizes(scale: Scale) -> Sequence[int]:
    return (_SIZES[0], _SIZES[-1]) if scale.short else _SIZES


def _turns(url: str, scale: Scale) -> tuple[dict[int, float], dict[int, float]]:
    """Return the CPU of a turn by the messages before it, and that of the first turn of a process, which reads all of them.

    One at 10 has a conversation of its own each time, so it stays one at 10.
    """
    small, *large = _sizes(scale)
    costs: dict[int, list[float]] = {size: [] for size in (small, *large)}
    with _invoker(url) as invoker:
        talks = {size: _filled(invoker, size) for size in large}
        first = {size: _turn(invoker, talk) for size, talk in talks.items()}
        for _ in range(scale.tries(_ROUNDS)):
            costs[small].append(_turn(invoker, _filled(invoker, small)))
            for size, talk in talks.items():
                costs[size].append(_turn(invoker, talk))
    return {size: median(values) for size, values in costs.items()}, first


def _bare(scale: Scale) -> dict[int, float]:
    """Return the same of ADK's bare Runner, in memory."""
    command = [sys.executable, str(Path(__file__).with_name("bare_runner.py")), *map(str, _sizes(scale))]
    done = subprocess.run(command, check=True, capture_output=True, timeout=10 * _LIMIT)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {int(size): cost for size, cost in told.items()}


def _at(costs: Mapping[int, float]) -> dict[str, Value]:
    return {f"at_{size}": round(cost, 1) for size, cost in costs.items()}


def _figure(what: str, costs: Mapping[int, float], most: float = 0.0, called: str = "ratio") -> Figure:
    ratio = costs[_SIZES[-1]] / costs[_SIZES[0]]
    return Figure(what, {**_at(costs), called: round(ratio, 2)}, f"at most {most:g}x" if most else "", ratio <= most if most else None)


async def _page_ms(server: Server, talk: str, size: int, runs: int) -> tuple[float, float]:
    """Return the CPU of the server for a poll (a run of the fragment) and for a draw (a full run), in milliseconds."""
    cookie = f"{cookie_name(_SECRET)}={URLSafeTimedSerializer(_SECRET, salt='vibehuntr identity').dumps([_BROWSER, []])}"
    async with open_client(server.url, cookie=cookie, query=f"c={talk}", beat=_LIMIT) as client:
        await client.saw(f"fill{size // 2 - 2}-1", _LIMIT)  # the last message is on the page
        await client.draw(_LIMIT)  # the first one reads all of it from the disk
        await client.rest(2)  # a beat soon after a run, the longer that took, has the whole page drawn again: not what is measured here
        for _ in range(10):
            await client.poll(10)
        costs: list[float] = []
        for full in (False, True):
            cpu = server.cpu_seconds()
            for _ in range(runs):
                await (client.draw(10) if full else client.poll(10))
            costs.append((server.cpu_seconds() - cpu) * 1000 / runs)
        if client.errors:
            raise RuntimeError(client.errors[0])
    return costs[0], costs[1]


def _page(scale: Scale) -> list[Figure]:
    """Let one user open conversations of all sizes, again and again; the first round warms up."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/talks.db"
        with _invoker(url) as invoker:
            talks = {size: _filled(invoker, size) for size in _sizes(scale)}
        with serve(PAGE, VIBEHUNTR_SESSIONS=url, VIBEHUNTR_COOKIE_SECRET=_SECRET) as server:
            found: dict[int, list[tuple[float, float]]] = {size: [] for size in talks}
            for _ in range(scale.tries(6) + 1):
                for size, talk in talks.items():
                    found[size].append(asyncio.run(_page_ms(server, talk, size, 25)))
    polls, draws = ({size: median([pair[n] for pair in pairs[1:]]) for size, pairs in found.items()} for n in (0, 1))
    return [
        _figure("CPU of the server for one poll (a run of the fragment), ms", polls, 1.3),
        _figure("CPU of the server for one draw (a full run), ms", draws),
    ]


def history_cost(scale: Scale) -> list[Figure]:
    """Measure turn, poll and draw at 10, 1,000 and 5,000 messages; the peer of a turn is ADK's bare Runner.

    The short form is without 1,000 and without PostgreSQL.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stores = {"memory": "", "SQLite": f"sqlite:///{folder}/talks.db"}
        if Postgres.binaries() and not scale.short:
            stores["PostgreSQL"] = stack.enter_context(Postgres()).url
        turns = {name: _turns(url, scale) for name, url in stores.items()}
    bare = _bare(scale)
    short, theirs = turns["memory"][0][_SIZES[0]], bare[_SIZES[0]]
    return [
        *(_figure(f"CPU of a turn, {name}, ms", costs, 2.0) for name, (costs, _) in turns.items()),
        *(Figure(f"CPU of a process's first turn, {name}, ms", _at(first)) for name, (_, first) in turns.items()),
        _figure("CPU of a turn, ADK's bare Runner in memory, ms", bare, called="times"),
        Figure(f"CPU of a turn at {_SIZES[0]}, beside the bare Runner's", {"ratio": round(short / theirs, 2)}),
        *_page(scale),
    ]
