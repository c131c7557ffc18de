"""The peer of `history_cost`: a turn of ADK's bare Runner on its session service in memory, as its documents show it.

`python benchmarks/bare_runner.py SIZE...` prints, as JSON, the CPU of a turn in milliseconds, the median of several, by size.
A process of its own, so that nothing that the playground sets for ADK is set here.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
import uuid

from bench_agent.agent import root_agent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.events import Event
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types

TURNS = 7


def exchange(author: str, number: int) -> list[Event]:
    """Make the events of one question and its answer."""
    texts = (("user", f"say fill{number}"), (author, f"⟦fill{number}-1:{time.time():.6f}⟧ The quick brown fox jumps over the lazy dog."))
    turn = uuid.uuid4().hex
    return [
        Event(
            id=uuid.uuid4().hex,
            invocation_id=f"e-{turn}",
            author=who,
            content=types.Content(role="user" if who == "user" else "model", parts=[types.Part(text=text)]),
            custom_metadata={"vibehuntr_turn": turn, "vibehuntr_began": time.time()},
        )
        for who, text in texts
    ]


async def turn_ms(size: int) -> float:
    """Return the CPU of a turn with so many events before it."""
    service = InMemorySessionService()
    runner = Runner(app_name="bench", agent=root_agent, session_service=service)
    session = await service.create_session(app_name="bench", user_id="u")
    service.sessions["bench"]["u"][session.id].events += [event for n in range(size // 2) for event in exchange(root_agent.name, n)]
    config = RunConfig(streaming_mode=StreamingMode.SSE)
    costs: list[float] = []
    for _ in range(TURNS + 2):
        message = types.Content(role="user", parts=[types.Part(text="say x")])
        cpu = time.process_time()
        async for _ in runner.run_async(user_id="u", session_id=session.id, new_message=message, run_config=config):
            pass
        costs.append((time.process_time() - cpu) * 1000)
    return statistics.median(costs[2:])


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:]]
    print(json.dumps({size: asyncio.run(turn_ms(size)) for size in sizes}))
