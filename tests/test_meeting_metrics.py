"""How the seats are, as OpenTelemetry metrics that ADK's own telemetry sends: live while they meet, counted at the end."""

from __future__ import annotations

import asyncio
from typing import Any

from conftest import in_a_process_of_its_own
from meeting_minds import in_turn, room_of
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from playground.meetings.messages import Floor
from playground.meetings.room import Room

LISTENING = """
from google.adk.telemetry.setup import OTelHooks, maybe_set_otel_providers
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from test_meeting_metrics import check
import playground.meetings.room
reader = InMemoryMetricReader()
maybe_set_otel_providers([OTelHooks(metric_readers=[reader])])
check(reader)
"""


def told(reader: InMemoryMetricReader) -> dict[str, dict[tuple[str, ...], float]]:
    """What a reader gets: by metric, by seat (and state)."""
    data = reader.get_metrics_data()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for scope in (scope for resource in data.resource_metrics for scope in resource.scope_metrics) if data else ():
        for metric in scope.metrics:
            points: Any = metric.data.data_points
            found[metric.name.removeprefix("vibehuntr.meeting.")] = {tuple(map(str, p.attributes.values())): p.value for p in points}
    return found


def check(reader: InMemoryMetricReader) -> None:
    """Hold a meeting, look at the metrics when somebody has the floor, and when it is over."""

    async def hold(room: Room) -> list[dict[str, dict[tuple[str, ...], float]]]:
        return [told(reader) async for message in room.hold() if message is not None and isinstance(message.body, Floor)]

    live = asyncio.run(hold(room_of(in_turn(), "ana", "ben")))
    assert {seat for seat, *_ in live[0]["seats"]} == {"ana", "ben"}
    assert set(live[0]) >= {"seats", "heartbeat", "lag", "queue"}
    after = told(reader)
    assert set(after["handled"]) == {("ana",), ("ben",)}
    assert min(after["handled"].values()) > 0
    assert after["failed"] == {("ana",): 0, ("ben",): 0}
    assert after["busy"][("ana",)] > 0
    assert not after.get("seats")


def test_they_go_through_adks_telemetry() -> None:
    """A provider is set once a process, so this is one of its own."""
    in_a_process_of_its_own(LISTENING)
