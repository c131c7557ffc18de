"""The plan as a card for the page, and as JSON for a model. Both are made from the state alone and change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from .planning import phrases, votes
from .planning.availability import span_words
from .planning.people import listed
from .state import CALENDARS, FACTS, UNDO, Answer, Clock, Json, StateView, budget_words, hours_words, missing_of, plan_days, roster_of

PLAN_TAG: Final = "plan-json"
ASK_AGENTS: Final = "Let our agents work it out"
MAX_FACTS: Final = 200
_WINDOWS: Final = 60
"""Of one person, as many windows go to a model."""
_ALL_WINDOWS: Final = 600
"""And of all together."""
_VENUES: Final = 20
_POLLS: Final = 5
_FACTS: Final = 200


def card_of(state: StateView, zone: ZoneInfo) -> Json:
    """The plan at one look."""
    plan: Json = state.get("plan") or {}
    known: Mapping[str, Any] = state.get("availability") or {}
    calendar: Json = state.get("calendar") or {}
    return {
        "title": plan.get("title", ""),
        "kind": plan.get("kind", ""),
        "status": plan.get("status", "open"),
        "when": _when(state, plan, zone),
        "where": _where(state, plan),
        "people": [
            {"name": person.name, "attendance": person.attendance, "time": "known" if known.get(person.name) else "unknown"}
            for person in roster_of(state)
        ],
        "budget": budget_words(plan),
        "votes": list(_votes(state)),
        "itinerary": itinerary_words(state.get("itinerary") or {}, zone),
        "missing": missing_of(state),
        "facts": facts_list(state)[:MAX_FACTS],
        "calendar": {"filename": calendar["filename"], "sequence": calendar["sequence"]} if calendar.get("uid") else None,
        "agreements": [
            {"what": what, "words": decision["reason"]} for what, decision in (state.get("decisions") or {}).items() if decision.get("by")
        ],
    }


def card_words(card: Json) -> str:
    """The card in a few sentences."""
    people = listed(person["name"] for person in card["people"])
    parts = [
        f"{(card['title'] or card['kind'] or 'plan').capitalize()} ({card['status']})",
        f"when: {card['when']['words']}{'' if card['when']['decided'] else ' (not decided)'}" if card["when"]["words"] else "",
        f"where: {card['where']['words']}{'' if card['where']['decided'] else ' (no place decided)'}" if card["where"]["words"] else "",
        f"coming: {people}" if people else "",
        f"budget: {card['budget']}" if card["budget"] else "",
        f"itinerary: {card['itinerary']}" if card["itinerary"] else "",
        *(f"vote on {vote['subject']}: {vote['words']}" for vote in card["votes"]),
    ]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def replies_to(state: StateView, answer: Answer) -> list[str]:
    """What people would usually say next, for buttons under the answer; a model never sees it."""
    plan: Json = state.get("plan") or {}
    decided: Json = state.get("decisions") or {}
    items: Sequence[Json] = (state.get("list") or {}).get("items", [])
    name = (answer.view or {}).get("name", "")
    if plan.get("status", "open") != "open":
        return []
    if name == "heatmap" and not decided.get("time"):
        more = ["What would have to change?"] if answer.data.get("compromise") else [ASK_AGENTS] if len(roster_of(state)) > 1 else []
        return [*_first_ones(items), *more]
    if name == "venues" and not decided.get("venue"):
        return _first_ones(items)
    if name == "votes":
        return [f"I decide: {label}" for label in (answer.data.get("tied") or [])[:3]]
    if name == "file":
        return ["Finalise the plan"]
    if answer.data.get("what") in {"time", "venue", "meeting"} and (answer.data.get("decision") or answer.data.get("decided")):
        place = [] if decided.get("venue") else ["Find a place"]
        return [*place, *(["Make the calendar file", "Finalise the plan"] if decided.get("time") else [])]
    return []


def _first_ones(items: Sequence[Json]) -> list[str]:
    return [f"Take the {place} one" for place, _ in zip(("first", "second", "third"), items, strict=False)]


def facts_list(state: StateView, person: str | None = None) -> list[Json]:
    """What is known of people, a row for each fact."""
    facts: Mapping[str, Sequence[Json]] = state.get(FACTS) or {}
    return [{"person": name, **fact} for name, known in facts.items() if person in (None, name) for fact in known]


def itinerary_words(stored: Json, zone: ZoneInfo) -> str:
    """The stops with their times, in a line."""
    if not stored.get("stops"):
        return ""
    return ", ".join(f"{_hour(stop['begin'], zone)}-{_hour(stop['leave'], zone)} {stop['name']}" for stop in stored["stops"])


def plan_as_json(state: StateView, clock: Clock, zone: str) -> str:
    """What a model is told of the plan, in one tagged block whose content cannot close the tag."""
    plan: Json = state.get("plan") or {}
    here = plan.get("zone") or zone
    now = clock(ZoneInfo(here))
    windows, left_out = _windows(state.get("availability") or {})
    calendar: Json = state.get("calendar") or {}
    known = {
        "now": now.isoformat(timespec="minutes"),
        "today": phrases.full_date(now.date()),
        "zone": here,
        "plan": plan,
        "people": state.get("people") or [],
        "availability": windows,
        "availability_left_out": left_out,
        "preferences": _windows(state.get("preferences") or {})[0],
        "decisions": state.get("decisions") or {},
        "polls": (state.get("polls") or [])[-_POLLS:],
        "venues": [_short_venue(venue) for venue in (state.get("venues") or [])[:_VENUES]],
        "list": state.get("list") or {},
        "itinerary": _short_itinerary(state.get("itinerary") or {}),
        "calendar": {key: calendar[key] for key in ("filename", "sequence", "method") if key in calendar},
        "facts": _near_facts(state),
        "last_changes": [record["label"] for record in state.get(UNDO) or []],
    }
    return f"<{PLAN_TAG}>{json.dumps(known, ensure_ascii=False).replace('<', chr(92) + 'u003c')}</{PLAN_TAG}>"


def newest_calendar(state: StateView, session: str, number: int) -> Json:
    """The last export of a plan that left the house: a rewound session may have forgotten it."""
    kept: Json = ((state.get(CALENDARS) or {}).get(session) or {}).get(str(number)) or {}
    here: Json = state.get("calendar") or {}
    same = here.get("uid") and here.get("plan", 1) == number
    return here if same and here["sequence"] >= kept.get("sequence", -1) else kept


def _when(state: StateView, plan: Json, zone: ZoneInfo) -> Json:
    chosen: Json | None = (state.get("decisions") or {}).get("time")
    if chosen:
        span = (datetime.fromisoformat(chosen["start"]), datetime.fromisoformat(chosen["end"]))
        return {"words": span_words(span, zone), "start": chosen["start"], "end": chosen["end"], "decided": True}
    days = [phrases.full_date(day) for day in plan_days(plan)]
    words = [" to ".join(dict.fromkeys([days[0], days[-1]]))] if days else []
    words += [plan["part_of_day"]] if plan.get("part_of_day") else []
    words += [hours_words(plan)] if plan.get("hours_from") or plan.get("hours_to") else []
    return {"words": ", ".join(words), "start": None, "end": None, "decided": False}


def _where(state: StateView, plan: Json) -> Json:
    chosen: Json | None = (state.get("decisions") or {}).get("venue")
    if chosen:
        address = chosen.get("address", "")
        city = plan.get("city", "") if plan.get("city", "").casefold() not in address.casefold() else ""
        return {"words": ", ".join(part for part in (chosen["name"], address, city) if part), "decided": True}
    return {"words": plan.get("city", ""), "decided": False}


def _votes(state: StateView) -> Iterator[Json]:
    group = [person.name for person in roster_of(state)]
    for stored in state.get("polls") or []:
        poll = votes.poll_from_json(stored)
        standing = votes.tally(poll, group) if group else None
        yield {
            "subject": poll.subject,
            "status": poll.status,
            "leader": standing.winner if standing else None,
            "tie": list(standing.tied) if standing and not standing.winner else [],
            "voted": list(standing.voted) if standing else [],
            "not_voted": list(standing.not_voted) if standing else [],
            "words": votes.tally_words(standing) if standing else "",
        }


def _hour(written: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(written).astimezone(zone):%H:%M}"


def _windows(availability: Mapping[str, Sequence[Json]]) -> tuple[Json, dict[str, int]]:
    """The first windows of each person, and how many were left out."""
    most = min(_WINDOWS, max(1, _ALL_WINDOWS // max(1, len(availability))))
    shown = {name: list(rows[:most]) for name, rows in availability.items() if rows}
    return shown, {name: len(rows) - most for name, rows in availability.items() if len(rows) > most}


def _near_facts(state: StateView) -> Json:
    """What is known of people, those in the plan first, as much as a model can read."""
    facts: Mapping[str, list[Json]] = state.get(FACTS) or {}
    names = dict.fromkeys([*(person.name for person in roster_of(state) if person.name in facts), *facts])
    rows = [(name, fact) for name in names for fact in facts[name]][:_FACTS]
    return {name: [fact for who, fact in rows if who == name] for name in dict.fromkeys(who for who, _ in rows)}


def _short_venue(venue: Json) -> Json:
    keys = ("label", "name", "source", "kind", "address", "closes" if venue.get("closes") else "hours")
    return {key: venue[key] for key in keys if venue.get(key)}


def _short_itinerary(stored: Json) -> Json:
    if not stored:
        return {}
    stops = [{key: stop.get(key) for key in ("name", "arrive", "begin", "leave", "minutes")} for stop in stored["stops"]]
    between = stored.get("between")
    return {
        "start": stored["start"],
        "end": stored["end"],
        "travel": stored["travel"],
        "between": between,
        "stops": stops,
        "warnings": [warning["text"] for warning in stored["warnings"]],
    }
