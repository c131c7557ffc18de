"""All readers, one after the other: what a message says, as the tool calls that write it down.

Each reader takes the words it is sure of and leaves the rest to the next. Guarantees: the calls come out in the order in which they must
run (what the plan is, who is in it, what is known of them, when they are free, where to go, votes, decisions, questions, and what leaves
the house last), no text raises, and reading keeps nothing: the same text in the same context says the same. Not claimed: any language but
English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from vibehuntr_agent.planning.people import ME

from . import choices, clock, days, gathering, memory, outings, people, plan, questions, replies, times, votes
from .context import Call, Context, Reading
from .speaker import who_speaks

Span = tuple[int, int]

MAX_TEXT: Final = 8_000
_ORDER: Final = (
    "undo_last_change", "start_plan", "update_plan", "set_people", "remember", "set_availability", "search_venues", "add_venue",
    "build_itinerary", "open_poll", "vote", "undecide", "decide", "poll_results", "find_times", "explain_time", "show_plan", "recall",
    "export_calendar", "forget", "finalize_plan", "cancel_plan", "transfer_to_agent",
)  # fmt: skip
_PLACE: Final = {name: place for place, name in enumerate(_ORDER)}
_ONCE: Final = frozenset({"find_times", "show_plan", "explain_time", "poll_results"})
_TWICE: Final = "“{}” is named twice. If these are two people, please give them different names."
_IANA: Final = re.compile(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+\b")
"""The name of a time zone: no two people."""
_ALONE: Final = frozenset({"undo_last_change", "forget", "finalize_plan", "cancel_plan"})
_HALF: Final = re.compile(r"(?<=[\d ])([aApP])\.\s?[mM](?:\.(?!\s*(?:\n|$)|\s+[A-Z])|(?=\b))")
_PLAIN: Final = str.maketrans("\u00a0\u202f\u0131\u0130\u017f\u212a", "  iIsK")
"""Spaces that do not break, and the letters that a pattern takes for i, s and k, whatever a table of words does."""
_MAX_DAYS: Final = 62


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message says."""

    calls: tuple[Call, ...] = ()
    asks: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    """What cannot be, in words for the person: "There is no 31 June"."""
    speaker: str = ME
    rest: str = ""
    """The words that no reader used, others blanked out."""
    roster: tuple[str, ...] = ()
    """The names once the calls have run."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """What the readers of the plan itself have found: who, when, and the facts; `told` is where somebody's time stands."""

    facts: Reading
    who: Reading
    free: Reading
    told: Sequence[Span]
    roster: tuple[str, ...]


def understand(text: str, context: Context) -> Understood:
    """What `text` says, given what is known. Of a text over 8,000 characters the end is not read."""
    text = plain_text(text[:MAX_TEXT])
    if reply := replies.read(text, context):
        return _with_reply(reply, text, context)
    return _understood(text, context)


def _with_reply(reply: replies.Reply, text: str, context: Context) -> Understood:
    """What a reply says, together with what else stands in the message, or with the sentence that it stands for."""
    if not reply.text:
        return Understood(tuple(reply.calls), problems=reply.problems, roster=context.roster)
    more = _understood(reply.text, replace(context, last_answer=""))
    calls = (*reply.calls, *(call for call in more.calls if call not in reply.calls))
    return replace(more, calls=calls, rest=more.rest if len(reply.text) == len(text) else "")


def _understood(text: str, context: Context) -> Understood:
    """What the readers find in a message by itself."""
    speaker, said = who_speaks(text, context)
    context = replace(context, speaker=speaker, earlier=tuple(map(plain_text, context.earlier)))
    control = choices.read(said, context)
    if any(call.name in _ALONE for call in control.calls):
        return Understood(tuple(control.calls), rest=control.rest, speaker=speaker)
    gathered = gathering.read(control.rest)
    voted, out = _read_votes_and_places(gathered.rest, context)
    told_of = memory.read(out.rest, context)
    plain = plan.corrected(told_of.rest)
    planned = _read_plan(plain, context)
    if any("city" in call.args for call in planned.facts.calls) and not any(call.name == "search_venues" for call in out.calls):
        out.calls += outings.waiting_search(context)
    missing = days.problems(plain, context.now.date(), _plan_days(context))
    asked = questions.read(gathered.rest if gathered.calls else text, context, tells_times=bool(planned.free.calls))
    free = Reading(plain) if missing else planned.free  # times on a day that does not exist are nobody's
    readings = (planned.facts, planned.who, told_of, free, out, voted, control, asked, gathered)
    return Understood(
        calls=tuple(_in_order([call for reading in readings for call in reading.calls])),
        asks=frozenset(ask for reading in readings for ask in reading.asks),
        problems=(*missing, *map(_TWICE.format, people.named_twice(plain))),
        speaker=speaker,
        rest=_blanked(planned.facts.rest, planned.told),
        roster=planned.roster,
    )


def plain_text(text: str) -> str:
    """The text at the same length, with plain spaces and letters, and "a.m." without the points that end no sentence."""
    return _HALF.sub(lambda m: f"{m[1]}m".ljust(len(m[0])), text.translate(_PLAIN))


def _read_votes_and_places(text: str, context: Context) -> tuple[Reading, Reading]:
    """Votes are read without the names of places, and places without the words of votes."""
    public = outings.without_names(text, context)
    voted = votes.read(public, context)
    left = _less(text, public, voted.rest)
    out = outings.read(left, context)
    names = {name.casefold() for name in (*context.roster, *people.new_names(out.rest, context))}
    if any(_all_names(str(call.args.get("name", "")), names) for call in out.calls if call.name == "add_venue"):
        return voted, Reading(left)  # what names a person as a place was no talk of places
    return voted, out


def _read_plan(text: str, context: Context) -> _Planned:
    """Who is coming, then the days and other facts of the plan, then when people are free on those days."""
    who = people.read(_blanked(text, [zone.span() for zone in _IANA.finditer(text)]), context)
    roster = _roster(context, who.calls)
    old = _plan_days(context)
    told = [(one.at, one.end) for one in times.statements(text, context, roster=roster, plan_days=old)]
    new = plan.plan_days_in(text, context, told, old)
    named = [(day.at, day.end) for day in days.find(text, context.now.date(), old)]
    clocks = [(one.at, one.end) for one in clock.find(text) if any(low <= one.at < high for low, high in told)]
    facts = plan.read(_blanked(text, clocks), context, roster=roster, new_days=new, time_words=_blanked(text, [*told, *named]))
    free = times.read(
        text, _with_facts(context, facts.calls), roster=roster, plan_days=_between(new) or old, first_days=bool(new) and not old
    )
    return _Planned(facts, who, free, told, tuple(roster))


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


def _plan_days(context: Context) -> tuple[date, ...]:
    first, last = context.plan.get("date_from"), context.plan.get("date_to")
    return _between([date.fromisoformat(str(day)) for day in (first, last) if first and day])


def _between(named: Sequence[date]) -> tuple[date, ...]:
    """The days from the first to the last, at most two months of them."""
    if not named:
        return ()
    first, last = min(named), max(named)
    return tuple(first + timedelta(days=n) for n in range(min((last - first).days + 1, _MAX_DAYS)))


def _blanked(text: str, spans: Sequence[Span]) -> str:
    for low, high in spans:
        text = text[:low] + re.sub(r"\S", " ", text[low:high]) + text[high:]
    return text


def _in_order(calls: Sequence[Call]) -> list[Call]:
    """In the order in which they must run; of calls of one reader the order stays. One update_plan and one search for times are enough."""
    facts = {key: value for call in calls if call.name == "update_plan" for key, value in call.args.items()}
    merged = [Call("update_plan", facts)] if facts else []
    for call in calls:
        again = call.name in _ONCE and any(call.name == other.name for other in merged)
        if call.name != "update_plan" and not again:
            merged.append(call)
    if any(call.name == "poll_results" for call in merged):  # "where are we now?" is about the vote
        merged = [call for call in merged if call.name != "show_plan"]
    return sorted(merged, key=lambda call: _PLACE.get(call.name, len(_PLACE)))
