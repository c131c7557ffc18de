"""Figures of the friends' agents: what they agree on, beside the best that trying everything finds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from figures import Figure, median, percentile
from meeting_worlds import World

if TYPE_CHECKING:
    from figures import Scale, Value


def meeting_outcome(scale: Scale) -> list[Figure]:
    """Hold generated meetings without threads; grades of what was decided, by those of the best for the group, and what it took."""
    times: list[float] = []
    places: list[float] = []
    fewer = missed = 0
    messages: list[int] = []
    took: list[float] = []
    for seed in range(scale.tries(1_000)):
        world = World.by_chance(seed)
        start = time.perf_counter()
        view = world.met(seed)
        took.append((time.perf_counter() - start) * 1e3)
        messages.append(view.cursor)
        decided, best = world.decided_start(view), world.best_time()
        missed += (decided is None) != (best is None)
        if decided and best:
            worth = world.worth_of_time(decided)
            fewer += worth[:2] != best[:2]
            times.append(worth[3] / best[3])
        place = world.agenda.place(view.decided["place"].item.get("name"))
        if place and (top := world.best_place()) > 0:
            places.append(world.worth_of_place(place) / top)
    mean = {"time": sum(times) / len(times), "place": sum(places) / len(places)}
    values: dict[str, Value] = {
        "time, mean": round(mean["time"], 4),
        "time, least": round(min(times), 3),
        "place, mean": round(mean["place"], 4),
        "place, least": round(min(places), 3),
        "a time that fewer can make": fewer + missed,
        "messages, median": round(median(messages)),
        "ms, median": round(median(took), 1),
        "ms, p95": round(percentile(took, 0.95), 1),
        "n": len(took),
    }
    good = min(mean.values()) >= 0.95 and not fewer and not missed
    return [
        Figure("what the friends' agents agree on, of the best for the group", values, "at least 0.95 on average, never fewer people", good)
    ]
