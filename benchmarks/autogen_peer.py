# /// script
# requires-python = ">=3.11"
# dependencies = ["autogen-core==0.7.5"]
# ///
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUntypedFunctionDecorator=false
"""The meetings' peer: autogen-core, whose agents share one event loop. `uv run --no-project autogen_peer.py ROUNDS BURSTS`.

In an environment of its own, that uv makes: autogen-core wants protobuf 5, which our lock has left behind. Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass

from autogen_core import AgentId, MessageContext, RoutedAgent, SingleThreadedAgentRuntime, TopicId, TypeSubscription, message_handler


@dataclass
class Ball:
    """A message of a ping-pong."""

    words: str


@dataclass
class News:
    """A broadcast."""

    sent: float


class Player(RoutedAgent):
    """Sends a ball back; notes when it has heard the news."""

    heard: list[float]
    expected: int
    all_heard: asyncio.Event

    @message_handler
    async def on_ball(self, message: Ball, ctx: MessageContext) -> Ball:
        del ctx
        return message

    @message_handler
    async def on_news(self, message: News, ctx: MessageContext) -> None:
        del ctx
        Player.heard.append(time.perf_counter() - message.sent)
        if len(Player.heard) == Player.expected:
            Player.all_heard.set()


async def ping_pong(seats: int, messages: int) -> float:
    """Return messages a second: a request and its reply are two."""
    runtime = SingleThreadedAgentRuntime()
    await Player.register(runtime, "player", lambda: Player("player"))
    runtime.start()
    players = [AgentId("player", str(number)) for number in range(seats)]
    for player in players:
        await runtime.send_message(Ball(""), player)
    start = time.perf_counter()
    for number in range(messages // 2):
        await runtime.send_message(Ball("ping"), players[number % seats])
    took = time.perf_counter() - start
    await runtime.stop()
    return messages / took


async def broadcast(seats: int, bursts: int, size: int) -> dict[str, float]:
    """Return deliveries a second, and the median from the sending to the handler, in milliseconds."""
    runtime = SingleThreadedAgentRuntime()
    for number in range(seats):
        await Player.register(runtime, f"player{number}", lambda: Player("player"))
        await runtime.add_subscription(TypeSubscription("news", f"player{number}"))
    runtime.start()
    heard: list[float] = []
    start = 0.0
    for burst in range(bursts + 1):  # the first makes the agents
        start = time.perf_counter() if burst == 1 else start
        Player.heard, Player.expected, Player.all_heard = [], seats * size, asyncio.Event()
        for _ in range(size):
            await runtime.publish_message(News(time.perf_counter()), TopicId("news", "all"))
        await Player.all_heard.wait()
        heard += Player.heard if burst else []
    took = time.perf_counter() - start
    await runtime.stop()
    return {"rate": len(heard) / took, "latency": statistics.median(heard) * 1e3}


async def main() -> None:
    rounds, bursts = map(int, sys.argv[1:])
    figures = {
        "ping_pong": {str(seats): await ping_pong(seats, rounds) for seats in (10, 100, 1_000)},
        "burst": await broadcast(100, bursts, 20),
        "single": await broadcast(100, bursts, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main())
