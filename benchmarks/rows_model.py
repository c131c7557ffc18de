"""Figures with the real google-genai client, against the tests' Gemini-compatible server on 127.0.0.1."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from figures import Figure, median, percentile
from gemini_server import GeminiServer, streaming
from google.adk.agents import LlmAgent
from rows_invoker import begin, invoker_of
from typing_extensions import override

from vibehuntr_agent.models import choose_model

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from figures import Scale, Value
    from gemini_server import Request

    from agent_invoker import AgentInvoker, Turn

_AT_ONCE = 8
_LIMIT = 60.0  # seconds


class _Complaints(logging.Handler):
    """Keeps what is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _complaints() -> Generator[list[str], None, None]:
    """Collect every warning that is logged or issued within the block; all of it is there when the block is left."""
    handler = _Complaints()
    logging.getLogger().addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as issued:
            warnings.simplefilter("always")
            yield handler.lines
            gc.collect()
            handler.lines += [str(warning.message) for warning in issued]
    finally:
        logging.getLogger().removeHandler(handler)


@contextmanager
def _gemini() -> Generator[tuple[GeminiServer, LlmAgent], None, None]:
    """Serve a Gemini that streams, and an agent that talks to it with the project's own model settings."""
    kept = dict(os.environ)
    with GeminiServer(streaming) as server:
        os.environ |= {"GOOGLE_GEMINI_BASE_URL": server.url, "GOOGLE_API_KEY": "x"}
        try:
            model = choose_model({"VIBEHUNTR_MODEL": "gemini-2.5-flash", "GOOGLE_API_KEY": "x"})
            yield server, LlmAgent(name="gemini_agent", model=model)
        finally:
            os.environ.clear()
            os.environ.update(kept)


def _server_cpu() -> float:
    """Return the CPU seconds of the server's thread: it shares this process, and is no part of a turn's cost."""
    thread = next(thread for thread in threading.enumerate() if thread.name == "gemini-server")
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


def _turn_status(invoker: AgentInvoker, text: str) -> str:
    turn = begin(invoker, text)
    return turn.read()[-1].kind if turn.wait_ended(_LIMIT) else "not ended"


def _many(invoker: AgentInvoker, turns: int) -> tuple[list[str], float]:
    """Run the turns, 8 at once. Returns: their outcomes, and the CPU of one in milliseconds, the server's taken off."""
    cpu = time.process_time() - _server_cpu()
    with ThreadPoolExecutor(_AT_ONCE) as people:
        outcomes = list(people.map(lambda _: _turn_status(invoker, "stream 20 200"), range(turns)))
    return outcomes, (time.process_time() - _server_cpu() - cpu) * 1000 / turns


def many_turns(scale: Scale) -> list[Figure]:
    """Run 200 turns of 20 chunks, 8 at once; count connections, warnings and what is left after the close."""
    turns = scale.tries(200)
    with _gemini() as (server, agent), _complaints() as complaints:
        with invoker_of(agent) as invoker:
            _turn_status(invoker, "stream 1 200")
            outcomes, cpu = _many(invoker, turns)
        server.wait_for(lambda one: one.open_connections == 0, 5.0)
        opened, left = server.connections, server.open_connections
    failed = sum(outcome != "done" for outcome in outcomes)
    values: dict[str, Value] = {"opened": opened, "left": left, "warnings": len(complaints), "failed": failed}
    if complaints:
        values["first_warning"] = complaints[0][:160]
    met = opened <= _AT_ONCE and not (left or complaints or failed)
    return [
        Figure(f"{turns} turns, {_AT_ONCE} at once, real client", values, "at most 8 connections, none left, no warning", met),
        Figure("CPU of such a turn (20 chunks), ms", {"cpu_ms": round(cpu, 2)}),
    ]


def _hung_up(server: GeminiServer, requests: int) -> Request:
    """Wait until the latest stream is under way, and return its request."""
    if not server.wait_for(lambda one: len(one.requests) > requests and len(one.requests[-1].chunks) >= 3, _LIMIT):
        message = "the model's stream did not begin"
        raise RuntimeError(message)
    return server.requests[-1]


def _closed_ms(server: GeminiServer, invoker: AgentInvoker, conversation: str) -> tuple[float, Turn]:
    """Send a new message into a running stream. Returns: milliseconds until the server saw the old stream closed."""
    requests = len(server.requests)
    begin(invoker, "stream 400 20", conversation)
    running = _hung_up(server, requests)
    sent = time.monotonic()
    turn = begin(invoker, "stream 1 200", conversation)
    if not server.wait_for(lambda _: running.hung_up is not None, _LIMIT):
        return float("inf"), turn
    return ((running.hung_up or 0) - sent) * 1000, turn


def stream_closed(scale: Scale) -> list[Figure]:
    """Measure new input to the model's HTTP stream closed, on the clock that the server and this process share."""
    waits: list[float] = []
    outcomes: list[str] = []
    with _gemini() as (server, agent), invoker_of(agent) as invoker:
        for number in range(scale.tries(30)):
            wait, turn = _closed_ms(server, invoker, f"talk{number}")
            turn.wait_ended(_LIMIT)
            waits.append(wait)
            outcomes.append(turn.read()[-1].kind)
    return [_closed_figure(waits, outcomes)]


def _closed_figure(waits: Sequence[float], outcomes: Sequence[str]) -> Figure:
    values: dict[str, Value] = {
        "median": round(median(waits), 1),
        "p95": round(percentile(waits, 0.95), 1),
        "max": round(max(waits), 1),
        "n": len(waits),
        "answered": outcomes.count("done"),
    }
    met = median(waits) < 150 and max(waits) < 500 and set(outcomes) == {"done"}
    return Figure("new input to the model's HTTP stream closed, ms", values, "median under 150, at worst 500", met)
