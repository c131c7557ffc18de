"""Figures of a hundred conversations at once: how fast one is stopped, and how fast new input replaces its answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
from crowd import MANY_WORKERS, SPREAD, crowd, warm_up
from figures import Figure, median, percentile, spread
from servers import PAGE, PEER, gemini, serve

if TYPE_CHECKING:
    from pathlib import Path

    from figures import Scale, Value
    from servers import Server
    from streamlit_client import StreamlitClient

_USERS = 100
_RATES = (20, 10, 5)  # chunks a second, the first that the playground carries is judged
_LONG = 600  # seconds that an answer would take: none ends by itself
_LIMIT = 20.0  # seconds; what takes longer counts as so long
_TIME = 60.0  # seconds for the tries at one pace


@dataclass(slots=True)
class _Found:
    """Milliseconds from a click or Enter at one client to its effect there, and what everybody's chunks took meanwhile."""

    stops: list[float] = field(default_factory=list[float])
    replaced: list[float] = field(default_factory=list[float])
    delays: list[float] = field(default_factory=list[float])
    too_long: int = 0
    errors: int = 0

    @property
    def carried(self) -> bool:
        return percentile(self.delays, 0.95) < 1000 and not self.too_long and not self.errors


async def _begin(client: StreamlitClient, name: str, rate: int, delay: float = 0.0) -> None:
    """Have a long answer written, and wait for its first chunk; where too much is asked for it does not come in time."""
    await asyncio.sleep(delay)
    begun = client.await_text(f"{name}-1")
    await client.submit(f"stream {name} {_LONG * rate} {rate}")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LIMIT):
            await begun.wait()


async def _closed(model: str, name: str) -> float:
    """Return when the model's stream of that name was hung up on, in seconds since the epoch."""
    body = {"contents": [{"role": "user", "parts": [{"text": f"closed {name}"}]}]}
    async with httpx.AsyncClient(timeout=_LIMIT) as http:
        answer = await http.post(f"{model}/v1beta/models/gemini-2.5-flash:generateContent", json=body)
    return float(answer.json()["candidates"][0]["content"]["parts"][0]["text"])


async def _stop(client: StreamlitClient, model: str, name: str) -> float:
    """Press Stop. Returns: milliseconds until "Stopped." has come and the model's stream is closed. Raises: TimeoutError."""
    drawn, pressed = client.await_text("Stopped."), time.time()
    await client.click("Stop")
    async with asyncio.timeout(_LIMIT):
        await drawn.wait()
        seen = time.time()
        return (max(seen, await _closed(model, name)) - pressed) * 1000


async def _replace(client: StreamlitClient, name: str) -> float:
    """Type into the running answer. Returns: milliseconds until the first chunk of the new one, sent at once, has come."""
    came, pressed = client.await_text(f"{name}-1"), time.time()
    await client.submit(f"say {name}")
    async with asyncio.timeout(_LIMIT):
        await came.wait()
    return (time.time() - pressed) * 1000


async def _measure(server: Server, model: str, rate: int, tries: int, *, stops: bool) -> _Found:
    """Stop, and replace, one after another, each at a client of its own that then goes on with a new answer."""
    found = _Found()
    await warm_up(server)
    async with crowd(server, _USERS) as clients:
        await asyncio.gather(*(_begin(client, f"s{n}", rate, SPREAD * n / _USERS) for n, client in enumerate(clients)))
        began = time.time()
        deeds = [deed for number in range(tries) for deed in ((number, True), (tries + number, False)) if stops or not deed[1]]
        for number, is_stop in deeds:
            if time.time() > began + _TIME:
                break
            client = clients[number]
            try:
                took = await (_stop(client, model, f"s{number}") if is_stop else _replace(client, f"b{number}"))
            except TimeoutError:
                took, found.too_long = _LIMIT * 1000, found.too_long + 1
            (found.stops if is_stop else found.replaced).append(took)
            await _begin(client, f"a{number}", rate)
        times = [times for client in clients for times in client.stamps.values()]
        found.delays = [(seen - sent) * 1000 for seen, sent in times if sent >= began]
        found.errors = sum(len(client.errors) for client in clients)
    return found


def _run(script: Path, rate: int, tries: int, *, stops: bool) -> _Found:
    with gemini() as model, serve(script, **model, **MANY_WORKERS) as server:
        return asyncio.run(_measure(server, model["GOOGLE_GEMINI_BASE_URL"], rate, tries, stops=stops))


def _figures(who: str, rate: int, found: _Found, *, judged: bool) -> list[Figure]:
    load = f"{_USERS} conversations at {rate} chunks/s, {who}"
    meanwhile: dict[str, Value] = {
        "chunks' p50": round(percentile(found.delays, 0.5), 1),
        "chunks' p95": round(percentile(found.delays, 0.95), 1),
        "too long": found.too_long,
        "errors": found.errors,
    }
    parts = {'Stop to "Stopped." and the stream closed': found.stops, "new input to its first chunk": found.replaced}
    return [
        Figure(
            f"{what}, ms: {load}",
            {**spread(took), **meanwhile},
            "median under 250" if judged else "",
            median(took) < 250 if judged else None,
        )
        for what, took in parts.items()
        if took
    ]


def stop_under_load(scale: Scale) -> list[Figure]:
    """Measure stopping and replacing among 100 streaming conversations, at the highest pace that the playground carries."""
    figures: list[Figure] = []
    tries = scale.tries(40)
    for rate in _RATES:
        ours = _run(PAGE, rate, tries, stops=True)
        figures += _figures("playground", rate, ours, judged=ours.carried or rate == _RATES[-1])
        figures += _figures("st.write_stream", rate, _run(PEER, rate, tries, stops=False), judged=False)
        if ours.carried:
            break
    return figures
