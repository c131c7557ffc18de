"""Figures of the planner's pure functions: what a search, an explanation and a picture cost in CPU."""

from __future__ import annotations

import gc
import time
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from figures import Figure, spread

from vibehuntr_agent.planning.availability import heat_map, set_windows
from vibehuntr_agent.planning.finder import Kind, Window, explain_time, find_compromise, find_slots

if TYPE_CHECKING:
    from collections.abc import Callable

    from figures import Scale

ZONE: Final = ZoneInfo("Europe/Helsinki")
START: Final = datetime(2026, 10, 12, tzinfo=ZONE)
"""The clocks change within the thirty days."""
DAYS: Final = 30
HALF: Final = timedelta(minutes=30)
_KINDS: Final[tuple[Kind, ...]] = ("free", "free", "if_needed", "busy")


def _facts(people: int, a_day: int) -> dict[str, list[Window]]:
    """Give each person so many half-hours a day, scattered, each a window of its own."""
    random = Random(4)  # noqa: S311  the same load in every run
    return {f"Guest {number}": _windows(random, a_day) for number in range(people)}


def _windows(random: Random, a_day: int) -> list[Window]:
    starts = [START + timedelta(days=day) + half * HALF for day in range(DAYS) for half in sorted(random.sample(range(48), a_day))]
    return [Window(start, start + HALF, random.choice(_KINDS)) for start in starts]


def _cpu_ms(run_one: Callable[[], object], tries: int) -> list[float]:
    run_one()
    gc.collect()
    spent: list[float] = []
    for _ in range(tries):
        start = time.process_time()
        run_one()
        spent.append((time.process_time() - start) * 1000)
    return spent


def _asked(known: dict[str, list[Window]], *, required: int, hours: int = 1) -> dict[str, Any]:
    names = list(known)
    within = [(START, START + timedelta(days=DAYS))]
    return {"group": names, "required": names[:required], "length": timedelta(hours=hours), "within": within}


def finder_cost(scale: Scale) -> list[Figure]:
    """Measure searches over 10 people and 30 days of half-hours, and what goes with them."""
    tries = scale.tries(40)
    dense, sparse, crowd = _facts(10, 24), _facts(10, 4), _facts(50, 24)
    nobody = _asked(dense, required=10, hours=2)
    assert len(find_slots(dense, **_asked(dense, required=2))) == 3
    found = _cpu_ms(lambda: find_slots(dense, **_asked(dense, required=2)), tries)
    windows = sum(map(len, dense.values()))
    values = spread(found)
    rows: list[tuple[str, Callable[[], object]]] = [
        ("the same with 4 half-hours a day", lambda: find_slots(sparse, **_asked(sparse, required=2))),
        ("50 people with 24 half-hours a day", lambda: find_slots(crowd, **_asked(crowd, required=2))),
        ("no common time: the best partial one and the nearest", lambda: find_compromise(dense, **nobody)),
        ("one slot explained", lambda: explain_time(dense, **nobody, start=START + timedelta(days=9, hours=18))),
        ("720 windows said anew", lambda: _said_anew(dense)),
        ("the picture of it", lambda: heat_map(dense, group=list(dense), days=(), zone=ZONE)),
    ]
    return [
        Figure(f"find_slots: 10 people, 30 days, {windows} half-hours, CPU ms", values, "median under 50", float(values["median"]) < 50),
        *(Figure(what, spread(_cpu_ms(run_one, tries))) for what, run_one in rows),
    ]


def _said_anew(known: dict[str, list[Window]]) -> object:
    old, new, *_ = known.values()
    return set_windows(old, new, mode="replace", zone=ZONE, now=START)
