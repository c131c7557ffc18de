"""Figures of `AgentInvoker` in this process, without a page: CPU of a turn, and tools that block."""

from __future__ import annotations

import asyncio
import gc
import os
import time
import uuid
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

from bench_agent.agent import root_agent
from figures import Figure, median
from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types
from servers import ROOT

from agent_invoker import AgentInvoker, load_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from figures import Scale
    from google.adk.agents import BaseAgent
    from google.adk.apps.app import App

    from agent_invoker import Health, Turn

USER = "bench"
_TURN_LIMIT = 60.0  # seconds
_DINNER = "Dinner for four of us on Friday evening, about 30 euros each, one is vegan"


@contextmanager
def invoker_of(agent: BaseAgent | App = root_agent) -> Generator[AgentInvoker, None, None]:
    """Make an invoker and close it when the block is left."""
    invoker = AgentInvoker(agent)
    try:
        yield invoker
    finally:
        invoker.close()


def begin(invoker: AgentInvoker, text: str, conversation: str | None = None) -> Turn:
    """Start a turn, in a conversation of its own unless one is given."""
    return invoker.add_message(USER, invoker.create_talk_session(USER, conversation), text)


def _finish(turn: Turn) -> None:
    if not turn.wait_ended(_TURN_LIMIT):
        message = f"{turn!r} has not ended within {_TURN_LIMIT:g} s"
        raise RuntimeError(message)


def _cpu_ms(run_one: Callable[[], object], tries: int) -> float:
    for _ in range(10):
        run_one()
    gc.collect()
    start = time.process_time()
    for _ in range(tries):
        run_one()
    return (time.process_time() - start) * 1000 / tries


async def _bare_turn(runner: Runner, text: str) -> None:
    message = types.Content(role="user", parts=[types.Part(text=text)])
    config = RunConfig(streaming_mode=StreamingMode.SSE)
    events = runner.run_async(user_id=USER, session_id=uuid.uuid4().hex, new_message=message, run_config=config)
    async for _ in events:
        pass


def _bare_cpu_ms(text: str, tries: int) -> float:
    runner = Runner(agent=root_agent, app_name="bare", session_service=InMemorySessionService(), auto_create_session=True)
    with asyncio.Runner() as loop:
        cost = _cpu_ms(lambda: loop.run(_bare_turn(runner, text)), tries)
        loop.run(runner.close())
    return cost


def _turn_cpu_ms(agent: BaseAgent | App, text: str, tries: int) -> float:
    with invoker_of(agent) as invoker:
        return _cpu_ms(lambda: _finish(begin(invoker, text)), tries)


def _against_bare(name: str, text: str, tries: int) -> Figure:
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(3):  # alternating, so that a slow spell of the machine meets both
        ours.append(_turn_cpu_ms(root_agent, text, tries))
        bare.append(_bare_cpu_ms(text, tries))
    mine, base = median(ours), median(bare)
    values = {"cpu_ms": round(mine, 2), "bare_runner_ms": round(base, 2), "ratio": round(mine / base, 2)}
    return Figure(f"CPU of one warm turn, scripted model, {name}", values, "under 10 ms", mine < 10)


def _keyless_cost(pace: float | None, name: str, scale: Scale) -> Figure:
    agent = load_agent(ROOT / "vibehuntr_agent")
    if pace is not None and isinstance(agent, LlmAgent):
        agent = agent.clone(update={"model": agent.canonical_model.model_copy(update={"chunk_delay": pace})})
    cost = _turn_cpu_ms(agent, _DINNER, scale.tries(40))
    what = f"CPU of one warm turn, keyless planner, one tool call, {name}"
    return Figure(what, {"cpu_ms": round(cost, 2)}, "under 10 ms", cost < 10)


def turn_cpu(scale: Scale) -> list[Figure]:
    """Measure the CPU of one warm turn, each in a new conversation, and of a bare ADK Runner in the same run."""
    tries = scale.tries(100)
    figures = [
        _against_bare("1 chunk", "say x", tries),
        _against_bare("20 chunks at once", "stream x 20 1000000", tries),
    ]
    if not os.environ.get("GOOGLE_API_KEY"):
        figures += [_keyless_cost(0.0, "words at once", scale), _keyless_cost(None, "three words every 60 ms, as on the page", scale)]
    return figures


def _gaps_ms(turn: Turn) -> list[float]:
    times = [entry.at for entry in turn.read() if entry.kind == "partial"]
    return [(later - earlier) * 1000 for earlier, later in pairwise(times)]


def _largest_gap_ms(invoker: AgentInvoker, other: str) -> float:
    """Stream 20 chunks/s for 4 s, start another user's turn once the first chunk is there, return the largest gap."""
    turn = begin(invoker, "stream a 80 20")
    turn.wait(1, _TURN_LIMIT)
    others = begin(invoker, other)
    _finish(turn)
    _finish(others)
    return max(_gaps_ms(turn))


def _health_while(invoker: AgentInvoker, seconds: float) -> Iterator[tuple[float, Health]]:
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        yield time.time(), invoker.health()
        time.sleep(0.005)  # the resolution of this measurement


def _named_after_ms(invoker: AgentInvoker) -> tuple[float, str]:
    turn = begin(invoker, "stall 2")
    for now, health in _health_while(invoker, 5.0):
        if health.culprit:
            called = next(entry.at for entry in turn.read() if entry.kind == "tool_call")
            _finish(turn)
            return (now - called) * 1000, health.culprit
    return float("inf"), ""


def blocking(scale: Scale) -> list[Figure]:
    """Measure what a sync tool that blocks for 2 s costs another user's stream, and when a blocked loop is named."""
    tries = scale.tries(4)
    with invoker_of() as invoker:
        quiet = [_largest_gap_ms(invoker, "say x") for _ in range(tries)]
        blocked = [_largest_gap_ms(invoker, "block 2") for _ in range(tries)]
        named = [_named_after_ms(invoker) for _ in range(tries)]
        stalled = _largest_gap_ms(invoker, "stall 2")
    extra = max(blocked) - 50
    waits: Sequence[float] = [wait for wait, _ in named]
    return [
        Figure(
            "largest extra gap in another user's stream, sync tool blocks 2 s",
            {"extra_ms": round(extra, 1), "without_tool_ms": round(max(quiet) - 50, 1), "tries": tries},
            "at most 100 ms",
            extra <= 100,
        ),
        Figure(
            "async tool blocks the loop: until the watchdog names it",
            {"median_ms": round(median(waits)), "max_ms": round(max(waits)), "culprit": named[0][1], "tries": tries},
            "under 1 s",
            max(waits) < 1000,
        ),
        Figure("the gap that such a tool makes in another user's stream", {"ms": round(stalled)}),
    ]
