"""How the seats are, as OpenTelemetry metrics, through whatever provider ADK's telemetry has set up; without one they cost nothing.

| metric | what it is, by seat (and by meeting, while it lasts) |
|---|---|
| `vibehuntr.meeting.seats` | 1 for each seat that is in a meeting now, with its state |
| `vibehuntr.meeting.heartbeat` | seconds since it last moved, while it answers |
| `vibehuntr.meeting.lag`, `.queue` | messages that it has not read, and those of them in its mailbox |
| `vibehuntr.meeting.handled`, `.failed` | answers, and failures, counted when a meeting ends |
| `vibehuntr.meeting.busy`, `.waiting` | seconds at work and in waiting, counted then too |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from opentelemetry.metrics import CallbackOptions, Observation, get_meter

from .seat import Health

Healths = Callable[[], Iterable[tuple[str, Health]]]
"""The seats that are in a meeting now, each with the meeting's id."""
_PREFIX: Final = "vibehuntr.meeting"
_COUNTED: Final = {"handled": "1", "failed": "1", "busy": "s", "waiting": "s"}


class Metrics:
    """The instruments. `live` gives the seats that are in a meeting now, whenever a reader asks."""

    def __init__(self, live: Healths) -> None:
        """Create the instruments, once a process."""
        meter = get_meter(_PREFIX)
        self._live = live
        self._counters = {name: meter.create_counter(f"{_PREFIX}.{name}", unit) for name, unit in _COUNTED.items()}
        meter.create_observable_gauge(f"{_PREFIX}.seats", [self._states], "1")
        meter.create_observable_gauge(f"{_PREFIX}.heartbeat", [self._observed(lambda health: health.beat)], "s")
        meter.create_observable_gauge(f"{_PREFIX}.lag", [self._observed(lambda health: health.lag)], "1")
        meter.create_observable_gauge(f"{_PREFIX}.queue", [self._observed(lambda health: health.queue)], "1")

    def count(self, healths: Iterable[Health]) -> None:
        """Count what the seats of a meeting have done, at its end."""
        for health in healths:
            for name, counter in self._counters.items():
                counter.add(getattr(health, name), {"seat": health.seat})

    def _states(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(1, {"seat": health.seat, "state": health.state, "meeting": meeting}) for meeting, health in self._live()]

    def _observed(self, read: Callable[[Health], float]) -> Callable[[CallbackOptions], Iterable[Observation]]:
        return lambda _: [Observation(read(health), {"seat": health.seat, "meeting": meeting}) for meeting, health in self._live()]
