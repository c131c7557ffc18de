"""Figures of the planner: what a search, a picture and a keyless turn cost in CPU, and how many conversations are carried to their end."""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from conversations.heldout import HELD_OUT
from conversations.heldout_b import HELD_OUT_B
from conversations.model import all_conversations
from figures import Figure, spread
from natural_plan import answer_problems, paraphrases, tasks
from planner_talk import Talk, play

from vibehuntr_agent.planning.availability import heat_map, set_windows
from vibehuntr_agent.planning.finder import Kind, Window, explain_time, find_compromise, find_slots, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conversations.model import Conversation, Transcript
    from figures import Scale
    from natural_plan import Task

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


def keyless_turn(scale: Scale) -> list[Figure]:
    """Measure whole keyless turns: a question over 10 people and 30 days of half-hours, and a message of the usual size."""
    big = asyncio.run(_turns(_large_plan(), "When can we all meet?", scale.tries(30)))
    small = asyncio.run(
        _turns({}, "Dinner with Anna, Ben and me on Friday at 30 euros each, Anna is free 18-22 and Ben from 7pm", scale.tries(30))
    )
    values = spread(big)
    return [
        Figure(
            "10 people, 30 days of half-hours: one turn with a search, CPU ms", values, "median under 100", float(values["median"]) < 100
        ),
        Figure("a message with people, day, money and times: one turn, CPU ms", spread(small)),
    ]


def _large_plan() -> dict[str, Any]:
    known = _facts(10, 24)
    rows = {
        name: [{"start": w.start.isoformat(), "end": w.end.isoformat(), "kind": w.kind} for w in normalise(ws)]
        for name, ws in known.items()
    }
    last = START + timedelta(days=DAYS - 1)
    return {
        "plan": {"kind": "dinner", "date_from": f"{START:%Y-%m-%d}", "date_to": f"{last:%Y-%m-%d}", "duration_minutes": 60},
        "people": [{"name": name, "attendance": "required"} for name in known],
        "availability": rows,
    }


async def _turns(state: dict[str, Any], message: str, tries: int) -> list[float]:
    """CPU milliseconds of a turn over ADK's own Runner, each in a session of its own; words are not paced."""
    spent: list[float] = []
    for number in range(tries + 1):
        talk = Talk(now=START)
        await talk.open(state)
        gc.collect()
        start = time.process_time()
        answer = await talk.say(message)
        spent.append((time.process_time() - start) * 1000)
        if number == 0 and state and "I propose" not in answer and "Best" not in answer:
            raise RuntimeError(answer[:200])
        await talk.runner.close()
    return spent[1:]


def natural_plan_score(scale: Scale) -> list[Figure]:
    """Type NATURAL PLAN's calendar tasks into the chat, as they stand and reworded, and count the valid answers."""
    every = tasks()
    seeds: list[tuple[str, int | None, int]] = [
        ("as they stand", None, 200),
        *((f"reworded, seed {n}", n, 190) for n in range(scale.tries(4))),
    ]
    return [_scored(words, every, seed, least) for words, seed, least in seeds]


def _scored(words: str, every: Sequence[Task], seed: int | None, least: int) -> Figure:
    texts = [task.text if seed is None else paraphrases(task.text, seed) for task in every]
    valid = sum(not asyncio.run(answer_problems(task, text)) for task, text in zip(every, texts, strict=True))
    return Figure(f"NATURAL PLAN {words}: valid of {len(every)}", {"valid": valid}, f"at least {least}", valid >= least)


def conversation_score(scale: Scale) -> list[Figure]:
    """Play the twelve conversations, their rewordings, and those that were written blind after the grammar was."""
    del scale
    told = {c.number: c for c in all_conversations()}
    groups = {
        "the twelve as written": [(c, c.transcripts[0]) for c in told.values()],
        "ten rewordings of each, written before the grammar": [(c, t) for c in told.values() for t in c.transcripts[1:]],
        "three more of each, written blind after it, then learnt from": [(told[n], t) for n, ts in HELD_OUT.items() for t in ts],
        "two more of each, written blind after that, never learnt from": [(told[n], t) for n, ts in HELD_OUT_B.items() for t in ts],
    }
    return [_carried(words, pairs) for words, pairs in groups.items()]


def _carried(words: str, pairs: Sequence[tuple[Conversation, Transcript]]) -> Figure:
    whole = sum(_passes(conversation, transcript) for conversation, transcript in pairs)
    return Figure(f"{words}: all that is said is stored", {"whole": whole, "of": len(pairs)})


def _passes(conversation: Conversation, transcript: Transcript) -> bool:
    try:
        conversation.check(asyncio.run(play(transcript)))
    except AssertionError:
        return False
    return True
