"""All readers, one after the other: what a message says, as the tool calls that write it down.

Each reader takes the words it is sure of and leaves the rest to the next. The calls come out in the order in which they must run: what the plan
is, who is in it, what is known of them, when they are free, where to go, votes, decisions, questions, and what leaves the house last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from vibehuntr_agent.planning.people import ME

from . import choices, days, memory, outings, people, plan, questions, times, votes
from .context import Call, Context, Reading
from .speaker import who_speaks

MAX_TEXT: Final = 8_000
_ORDER: Final = {
    name: place
    for place, name in enumerate(
        [
            "undo_last_change", "start_plan", "update_plan", "set_people", "remember", "set_availability", "search_venues", "add_venue", "build_itinerary",
            "open_poll", "vote", "undecide", "decide", "poll_results", "find_times", "explain_time", "show_plan", "recall", "export_calendar", "forget",
            "finalize_plan", "cancel_plan",
        ]
    )
}  # fmt: skip
_HALF: Final = re.compile(r"(?<=[\d ])([aApP])\.\s?[mM](?:\.(?!\s*(?:\n|$)|\s+[A-Z])|(?=\b))")
_ALONE: Final = frozenset({"undo_last_change", "forget", "finalize_plan", "cancel_plan"})
_MAX_DAYS: Final = 62


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message says."""

    calls: tuple[Call, ...] = ()
    asks: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    """What cannot be, in words for the person: "There is no 31 June"."""
    last_person: str | None = None
    speaker: str = ME
    rest: str = ""
    """The words that no reader used, others blanked out."""
    roster: tuple[str, ...] = field(default=())


def understand(text: str, context: Context) -> Understood:
    """What `text` says, given what is known. Of a text over 8,000 characters the end is not read."""
    text = plain_text(text[:MAX_TEXT])
    speaker, said = who_speaks(text, context)
    context = replace(context, speaker=speaker)
    control = choices.read(said, context)
    if any(call.name in _ALONE for call in control.calls):
        return Understood(tuple(control.calls), rest=control.rest, speaker=speaker, last_person=context.last_person)
    public = outings.without_names(control.rest, context)
    voted = votes.read(public, context)
    places = _less(control.rest, public, voted.rest)
    out = outings.read(places, context)
    names = {name.casefold() for name in (*context.roster, *people.new_names(out.rest, context))}
    if any(_all_names(str(call.args.get("name", "")), names) for call in out.calls if call.name == "add_venue"):
        out = Reading(places)  # what names a person as a place was no talk of places
    told_of = memory.read(out.rest, context)
    plain = plan.corrected(told_of.rest)
    problems: list[str] = []
    who = people.read(plain, context)
    roster = _roster(context, who.calls)
    old = _plan_days(context.plan)
    told = [(one.at, one.end) for one in times.statements(plain, context, roster=roster, plan_days=old)]
    new = plan.plan_days_in(plain, context, told, old, problems)
    plan_days = _between(new) or old
    dated = [(day.at, day.end) for day in days.find(plain, context.now.date(), old)]
    busy_free = _blanked(plain, [*told, *dated])
    facts = plan.read(plain if not told else _blanked_times(plain, told), context, roster=roster, new_days=new, time_words=busy_free)
    context_now = _with_facts(context, facts.calls)
    free = times.read(plain, context_now, roster=roster, plan_days=plan_days)
    asked = questions.read(text, context, tells_times=bool(free.calls))
    calls = [*facts.calls, *who.calls, *told_of.calls, *free.calls, *out.calls, *voted.calls, *control.calls, *asked.calls]
    calls = _in_order(calls)
    return Understood(
        tuple(calls),
        frozenset(asked.asks | free.asks | control.asks | out.asks | voted.asks | told_of.asks),
        tuple(problems),
        people.last_person(plain, context, roster) or told_of.last_person,
        speaker,
        _blanked(facts.rest, told),
        tuple(roster),
    )


def plain_text(text: str) -> str:
    """The text at the same length, with plain spaces, and "a.m." without the points that end no sentence."""
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    return _HALF.sub(lambda m: f"{m[1]}m".ljust(len(m[0])), text)


def _less(text: str, before: str, after: str) -> str:
    """`text` without the words that a reader used, which was given `before` and left `after`."""
    return "".join(" " if one != two else letter for letter, one, two in zip(text, before, after, strict=True))


def _all_names(venue: str, names: set[str]) -> bool:
    """Whether the name of a place has nothing but people's names in it."""
    words = set(re.findall(r"\w+", venue.casefold())) - {"and"}
    return bool(words) and words <= names


def _roster(context: Context, calls: Sequence[Call]) -> list[str]:
    """The names once the calls have run."""
    roster = list(context.roster)
    for call in calls:
        if call.name == "set_people":
            gone = call.args.get("remove", ())
            roster = [name for name in roster if name not in gone]
            roster += [entry["name"] for entry in call.args.get("add", ()) if entry["name"] not in roster]
    return roster


def _with_facts(context: Context, calls: Sequence[Call]) -> Context:
    facts = next((call.args for call in calls if call.name == "update_plan"), {})
    return replace(context, plan={**context.plan, **facts})


def _plan_days(known: dict[str, object]) -> tuple[date, ...]:
    if not known.get("date_from"):
        return ()
    first = date.fromisoformat(str(known["date_from"]))
    return _between((first, date.fromisoformat(str(known.get("date_to") or known["date_from"]))))


def _between(named: Sequence[date]) -> tuple[date, ...]:
    if not named:
        return ()
    first, last = min(named), max(named)
    count = min((last - first).days, _MAX_DAYS - 1)
    return tuple(first + timedelta(days=n) for n in range(count + 1))


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for low, high in spans:
        text = text[:low] + re.sub(r"\S", " ", text[low:high]) + text[high:]
    return text


def _blanked_times(text: str, told: Sequence[tuple[int, int]]) -> str:
    """The text without the clock times of what is told of somebody's time, so that they are no lengths or sizes."""
    for low, high in told:
        for at, end in ((t.at, t.end) for t in times.clock.find(text) if low <= t.at < high):
            text = text[:at] + " " * (end - at) + text[end:]
    return text


def _in_order(calls: Sequence[Call]) -> list[Call]:
    """In the order in which they must run; of calls of one reader the order stays. One update_plan and one search for times are enough."""
    merged: list[Call] = []
    facts: dict[str, object] = {}
    for call in calls:
        if call.name == "update_plan":
            facts |= call.args
        elif call.name not in {"find_times", "show_plan", "explain_time", "poll_results"} or all(
            call.name != other.name for other in merged
        ):
            merged.append(call)
    if facts:
        merged.append(Call("update_plan", facts))
    return sorted(merged, key=lambda call: _ORDER.get(call.name, len(_ORDER)))


def named_days(text: str, context: Context) -> tuple[date, ...]:
    """The days that a text names."""
    return tuple(day for item in days.find(text, context.now.date(), _plan_days(context.plan)) for day in item.days)
