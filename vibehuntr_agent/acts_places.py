"""What the tools do with places: look for them, write down those that people name, string them together, and write the calendar file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from opening_hours import validate

from . import acts_polls, intake
from .card import itinerary_words, newest_calendar
from .places import VenueSource, find
from .planning import ics, itinerary, phrases, venues
from .planning.availability import span_words, wall_moment
from .planning.errors import AmountError, PlanningError, TimeError, VenueError
from .planning.itinerary import Itinerary, Stop
from .planning.people import listed
from .planning.references import resolve
from .state import CALENDARS, FACTS, Answer, Board, Json, NeedMore, plan_days, plan_number

_USUAL: Final[Mapping[str, str]] = {
    "dinner": "restaurant",
    "lunch": "restaurant",
    "brunch": "cafe",
    "breakfast": "cafe",
    "coffee": "cafe",
    "drink": "bar",
    "movie": "cinema",
    "film": "cinema",
}
_LIMIT: Final = 5
_MAX_OWN: Final = 50
_MAX_PRICE: Final = 1e5
_STAY: Final = 60
"""Minutes at a stop of which nothing is said."""
_MAX_STAY: Final = 24 * 60 + 1
_DAWN: Final = 5 * 60
_MIDNIGHT: Final = 24 * 60
_MAX_SESSIONS: Final = 100
_NOBODY: Final = re.compile(r"(?i)\b(?:no(?:t|body|ne)?|without)\b|n['’]t\b")  # noqa: RUF001  people type several apostrophes
MIME: Final = "text/calendar"


# Venues


def public_query_of(board: Board) -> tuple[venues.Query, str]:
    """What to search for by the plan alone, without what is known of people; and the city. Raises: PlanningError."""
    query, town = query_of(board, None, None, None, None, None, None, venues.MAX_LIMIT)
    return replace(query, open_at=None, needs=tuple(_noted_needs(board)), wishes=()), town


def query_of(
    board: Board, what: object, near: object, city: object, open_at: object, max_price: object, needs: object, limit: object
) -> tuple[venues.Query, str]:
    """What to search for, filled up from the plan; and the city."""
    plan = board.plan
    town = intake.text(city, "the city", 80) or plan.get("city")
    if not town:
        raise NeedMore(venues.WHICH_CITY, ["city"])
    said = intake.text(what, "what to look for") or _usual(str(plan.get("kind", "")))
    price = intake.positive(max_price, "the most to pay", _MAX_PRICE) or plan.get("budget_per_person")
    asked = [venues.need_of(need) for need in intake.texts(needs, "the needs")]
    musts, wishes = _needs(board)
    query = venues.Query(
        said,
        near=intake.text(near, "the area"),
        open_at=_open_at(board, open_at),
        max_price=price,
        currency=plan.get("currency", ""),
        needs=tuple(dict.fromkeys([*asked, *musts])),
        wishes=tuple(wishes),
        limit=intake.whole(limit, "a limit", venues.MAX_LIMIT + 1) or _LIMIT,
    )
    return query, town


async def search(source: VenueSource, query: venues.Query, city: str) -> venues.Ranking:
    """The source's answer. Raises NeedMore when it has none: then the next move is the person's."""
    try:
        return await find(source, query, city)
    except VenueError as error:
        raise NeedMore(error.message, ["venues"]) from error


def found(board: Board, ranking: venues.Ranking, query: venues.Query, city: str) -> Answer:
    """Show what was found, and keep it next to the places that people named."""
    if not ranking.results:
        why = "; ".join(f"{count} {reason}" for reason, count in ranking.left_out.items())
        raise NeedMore(f"No place in {city} fits: {why}. What may be different?", ["venues"])
    told = venues.ranking_json(ranking)
    rows = [{"label": result["label"], **result["venue"]} for result in told["results"]]
    own = [venue for venue in board.get("venues") if venue.get("source") == venues.YOU]
    board.set("venues", [*rows, *own])
    board.set("list", {"of": "venues", "items": [_item(row) for row in rows]})
    lines = [f"{n}. {result['label']}{_reasons(result)}" for n, result in enumerate(told["results"], 1)]
    view = {
        "venues": [
            {**row, "open": result["open"], "reasons": result["reasons"]} for row, result in zip(rows, told["results"], strict=True)
        ],
        "needs": venues.needs_matrix(ranking.results),
        "source": ranking.attribution,
        "text": [*lines, f"Source: {ranking.attribution}"],
    }
    more = f" {ranking.more} more fit." if ranking.more else ""
    summary = f"{len(rows)} in {city}: {'; '.join(lines)}.{more} Source: {ranking.attribution}."
    return Answer(
        summary, {**told, "city": city, "asked": _asked(query)}, _search_warnings(ranking, query), {"name": "venues", "data": view}
    )


def add_venue(board: Board, said: Mapping[str, object]) -> Answer:
    """Write down a place that the person names; the same name again adds to what is known of it."""
    name = intake.needed(said.get("name"), "the name of the place", venues.MAX_NAME)
    every: list[Json] = board.get("venues")
    old = next((v for v in every if v["name"].casefold() == name.casefold() and v.get("source") == venues.YOU), {})
    new, warnings = _typed(board, said)
    data = {
        **{key: value for key, value in old.items() if key not in ("label", "closes")},
        **new,
        "name": old.get("name", name),
        "source": venues.YOU,
    }
    venue = venues.read_venue(data)
    closes = _clock_text(said.get("closes")) or (None if said.get("hours") else old.get("closes"))
    row = {"label": venue.name, **venues.venue_json(venue), **({"closes": closes} if closes else {})}
    own = [row, *(v for v in every if v.get("source") == venues.YOU and v is not old)]
    if len(own) > _MAX_OWN:
        raise PlanningError(f"I keep at most {_MAX_OWN} places that you typed in.")
    board.set("venues", [*own, *(v for v in every if v.get("source") != venues.YOU)])
    board.set("list", {"of": "venues", "items": [_item(venue) for venue in own]})
    summary = f"{'Changed' if old else 'Added'}: {_venue_words(row)} (typed in by you)."
    view = {
        "venues": [_told(v) for v in own],
        "needs": venues.needs_matrix([]),
        "source": "typed in by you",
        "text": [_venue_words(v) for v in own],
    }
    return Answer(summary, {"venue": _told(row)}, warnings, {"name": "venues", "data": view}, change=f"the place {venue.name}")


def _usual(kind: str) -> str:
    return next((venue for word, venue in _USUAL.items() if word in kind.casefold()), "")


def _open_at(board: Board, said: object) -> datetime | None:
    text = intake.text(said, "the time")
    if text is None:
        decided = board.get("decisions").get("time")
        return datetime.fromisoformat(decided["start"]) if decided else None
    if "-" in text:
        return intake.moment(text, board.zone, "the time")
    days, minutes = plan_days(board.plan), intake.clock(text, "the time")
    if not days or minutes is None:
        raise NeedMore("On which day shall it be open?", ["day"])
    return wall_moment(days[0], minutes, board.zone)


def _needs(board: Board) -> tuple[list[str], list[str]]:
    """The needs of the people who come that a source can know: their musts, those of "one is vegan", and what they would like."""
    musts = _noted_needs(board)
    wishes: list[str] = []
    facts: Mapping[str, Sequence[Json]] = board.get(FACTS)
    for fact in (fact for name in board.names for fact in facts.get(name, [])):
        (wishes if fact["strength"] == "prefer" else musts).extend(venues.fact_needs(fact))
    return list(dict.fromkeys(musts)), list(dict.fromkeys(wishes))


def _noted_needs(board: Board) -> list[str]:
    """The needs in the plan's notes: "one is vegan"."""
    notes: list[str] = board.plan.get("notes", [])
    return [need for note in notes if not _NOBODY.search(note) for need in venues.needs_in(note) if need != "outdoor"]


def _item(row: Json) -> Json:
    return {
        "label": row.get("label", row["name"]),
        **{key: row[key] for key in ("name", "kind", "cuisines", "address", "source") if row.get(key)},
    }


def _reasons(result: Json) -> str:
    return f" ({'; '.join(result['reasons'])})" if result["reasons"] else ""


def _asked(query: venues.Query) -> Json:
    at = query.open_at.isoformat() if query.open_at else None
    return {"what": query.what, "needs": list(query.needs), "open_at": at, "max_price": query.max_price, "currency": query.currency}


def _search_warnings(ranking: venues.Ranking, query: venues.Query) -> list[str]:
    left_out = [f"{count} left out: {why}." for why, count in ranking.left_out.items()]
    unused = [f"Nothing is known here about “{word}”." for word in ranking.unused]
    prices = (
        [f"Prices are not known, so {query.max_price:g} {query.currency} was not checked."]
        if query.max_price and all(r.price == "unknown" for r in ranking.results)
        else []
    )
    return [*left_out, *unused, *prices]


def _typed(board: Board, said: Mapping[str, object]) -> tuple[Json, list[str]]:
    """What was said of a place, as a venue has it."""
    hours, warnings = _hours(said)
    amount = intake.number(said.get("price"), "the price")
    unit = intake.currency(said.get("currency")) or board.plan.get("currency")
    if amount is not None and not 0 <= amount < _MAX_PRICE:
        raise AmountError(f"{amount:g} cannot be a price. What does it cost each person?")
    if amount is not None and not unit:
        raise NeedMore("In which currency is that price?", ["currency"])
    read: Json = {
        "address": intake.text(said.get("address"), "the address"),
        "hours": hours,
        "price": None if amount is None else {"low": amount, "high": amount, "currency": unit},
        "kind": intake.text(said.get("kind"), "the kind", venues.MAX_NAME),
        "needs": _stated(said.get("needs")) or None,
    }
    return {key: value for key, value in read.items() if value is not None}, warnings


def _told(row: Json) -> Json:
    """A venue without the opening time that only stands in for one that nobody has said."""
    return {key: value for key, value in row.items() if key != "hours" or "closes" not in row}


def _stated(needs: object) -> dict[str, bool | None]:
    if isinstance(needs, Mapping):
        return {venues.need_of(str(need)): None if has is None else intake.flag(has, otherwise=True) for need, has in needs.items()}
    return {venues.need_of(need): True for need in intake.texts(needs, "the needs")}


def _hours(said: Mapping[str, object]) -> tuple[str | None, list[str]]:
    """Opening hours as OpenStreetMap writes them. A closing time alone means open from five in the morning until then."""
    written = intake.text(said.get("hours"), "the opening hours", venues.MAX_HOURS)
    closes = intake.clock(said.get("closes"), "the closing time")
    if written and validate(written):
        return written, []
    if closes is not None:
        late = closes in (_DAWN, _MIDNIGHT)  # 05:00-05:00 and 05:00-00:00 read as no time at all
        return f"05:00-{closes // 60 % 24 + 24 * late:02d}:{closes % 60:02d}", []
    return written, [f"I cannot read the opening hours “{written[:80]}”, so I do not check them."] if written else []


def _clock_text(value: object) -> str | None:
    minutes = intake.clock(value, "the closing time")
    return None if minutes is None else intake.clock_words(minutes)


def _venue_words(row: Json) -> str:
    hours = f"closes at {row['closes']}" if row.get("closes") else f"open {row['hours']}" if row.get("hours") else ""
    price = row.get("price") or {}
    cost = f"{price['low']:g} {price['currency']} each" if price.get("low") is not None else ""
    return ", ".join(part for part in (row["name"], row.get("address", ""), hours, cost) if part)


# The itinerary


def build_itinerary(board: Board, stops: object, start: object, travel: object, between: object, order: object) -> Answer:
    """Put the stops one after the other; without stops, those of the last itinerary."""
    last = itinerary.from_json(board.get("itinerary")) if board.get("itinerary").get("stops") else None
    said = intake.entries(stops, "the stops", "venue")
    if not said and last is None:
        raise NeedMore("Which places do you want to go to, and for how long?", ["stops"])
    planned = [_stop(board, entry, last) for entry in said] if said else [_refreshed(board, stop) for stop in last.stops] if last else []
    planned = _ordered(planned, intake.texts(order, "the order"))
    begin = _start(board, start, last)
    way = intake.text(travel, "the way to travel")
    minutes = _between(between)
    plan = board.plan
    made = itinerary.build(
        [replace(stop, earliest=_earliest(entry, begin, board.zone) or stop.earliest) for stop, entry in _pairs(planned, said)],
        start=begin,
        zone=board.zone,
        mode=(way or (last.mode if last else "walk")).casefold(),
        budget=plan.get("budget_per_person"),
        currency=plan.get("currency", ""),
        between=minutes if minutes is not None or way else last.between if last else None,
    )
    stored = itinerary.to_json(made)
    board.set("itinerary", stored)
    return _timeline(made, stored)


def _timeline(made: Itinerary, stored: Json) -> Answer:
    drawing = itinerary.timeline(made)
    cost = [f"Costs {drawing['cost']}."] if drawing["cost"] else []
    text = [*(row["text"] for row in drawing["rows"]), *cost, *drawing["warnings"]]
    day = phrases.full_date(made.start.astimezone(made.zone).date())
    summary = " ".join([f"{day}: {'; '.join(row['text'] for row in drawing['rows'])}.", *cost])
    view = {"name": "timeline", "data": {**drawing, "text": text}}
    return Answer(summary, {"itinerary": stored}, drawing["warnings"], view, change="the itinerary")


def _pairs(planned: Sequence[Stop], said: Sequence[Json]) -> list[tuple[Stop, Json]]:
    entries = {str(entry.get("_name")): entry for entry in said}
    return [(stop, entries.get(stop.name, {})) for stop in planned]


def _stop(board: Board, entry: Json, last: Itinerary | None) -> Stop:
    """A stop from what was said, what is known of the place, and the last itinerary."""
    said = intake.needed(entry.get("venue", entry.get("name")), "the name of a stop", itinerary.MAX_NAME)
    before = _last_stop(said, last)
    known = acts_polls.find_venue(board, said) if before is None else None
    name = before.name if before else known["name"] if known else said
    entry["_name"] = name
    fresh = _refreshed(board, before or Stop(name, _STAY), known)
    minutes = intake.whole(entry.get("minutes"), "a stay in minutes", _MAX_STAY)
    price = intake.number(entry.get("price"), "the price")
    return replace(fresh, minutes=minutes or fresh.minutes, price=fresh.price if price is None else price)


def _last_stop(said: str, last: Itinerary | None) -> Stop | None:
    """The stop of the last itinerary that is meant by its name."""
    if last is None:
        return None
    try:
        return last.stops[resolve(said, [stop.name for stop in last.stops])]
    except PlanningError:
        return None


def _refreshed(board: Board, stop: Stop, known: Json | None = None) -> Stop:
    """The stop with what is known of its venue now."""
    venue = known or next((v for v in board.get("venues") if v["name"].casefold() == stop.name.casefold()), None)
    if not venue:
        return stop
    point, price = venue.get("point"), venue.get("price") or {}
    exact = price.get("low") if price.get("low") == price.get("high") else None
    return replace(
        stop,
        hours=venue.get("hours", ""),
        closing_only=bool(venue.get("closes")),
        address=venue.get("address", ""),
        point=(point["lat"], point["lon"]) if point else None,
        price=stop.price if exact is None else exact,
        currency=price.get("currency", "") if exact is not None else stop.currency,
    )


def _ordered(stops: Sequence[Stop], order: Sequence[str]) -> list[Stop]:
    """The stops in the order said; those that it leaves out come after, as they stood."""
    if not order:
        return list(stops)
    first = list(dict.fromkeys(resolve(said, [stop.name for stop in stops]) for said in order))
    return [stops[n] for n in first] + [stop for n, stop in enumerate(stops) if n not in first]


def _between(value: object) -> int | None:
    amount = intake.number(value, "the minutes on the way")
    if amount is not None and (amount != int(amount) or not 0 <= amount <= itinerary.MAX_STAY):
        raise TimeError(f"{amount:g} cannot be the minutes on the way. How long does it take?")
    return None if amount is None else int(amount)


def _start(board: Board, said: object, last: Itinerary | None) -> datetime:
    zone = board.zone
    text = intake.text(said, "the start")
    decided = board.get("decisions").get("time")
    begin = (
        _said_start(board, text, last) if text else last.start if last else datetime.fromisoformat(decided["start"]) if decided else None
    )
    if begin is None:
        raise NeedMore("When does it start?", ["start"])
    if begin < board.now:
        now = board.now
        raise TimeError(
            f"{begin.astimezone(zone):%H:%M} on {phrases.full_date(begin.astimezone(zone).date())} is past: it is {now:%H:%M} on "
            f"{phrases.full_date(now.date())}. When does it start?"
        )
    return begin


def _said_start(board: Board, text: str, last: Itinerary | None) -> datetime | None:
    """A moment; or a clock time, on the day of the last itinerary or the plan's one day."""
    if "-" in text:
        return intake.moment(text, board.zone, "the start")
    minutes, days, decided = intake.clock(text, "the start"), plan_days(board.plan), board.get("decisions").get("time")
    day = last.start.astimezone(board.zone).date() if last else days[0] if len(days) == 1 else None
    if day is None and decided:
        day = datetime.fromisoformat(decided["start"]).astimezone(board.zone).date()
    if day is None or minutes is None:
        raise NeedMore("On which day does it start?", ["day"])
    return wall_moment(day, minutes, board.zone)


def _earliest(entry: Json, begin: datetime, zone: ZoneInfo) -> datetime | None:
    """When a stay can begin: a clock time on the day of the start, or in the night after it."""
    text = intake.text(entry.get("not_before"), "the earliest time")
    if text is None or "-" in text:
        return intake.moment(text, zone, "the earliest time")
    minutes, day = intake.clock(text, "the earliest time") or 0, begin.astimezone(zone).date()
    evening = begin.astimezone(zone).hour * 60 > minutes and minutes <= _DAWN
    return wall_moment(day, minutes + _MIDNIGHT * evening, zone)


# The calendar file


def calendar_file(board: Board, scope: object) -> tuple[Answer, str, bytes]:
    """The file of the plan as it stands: to publish, or to take back what went out when the plan is cancelled."""
    wanted = (intake.text(scope, "the scope") or "").casefold()
    if wanted not in ("", "plan", "itinerary"):
        raise PlanningError(f"I know the scopes plan and itinerary, not “{wanted[:40]}”.")
    made = itinerary.from_json(board.get("itinerary")) if board.get("itinerary").get("stops") else None
    if wanted == "itinerary" and made is None:
        raise NeedMore("There is no itinerary yet. Which places do you want to go to?", ["itinerary"])
    number, cancelled = plan_number(board.get("calendar")), board.plan.get("status") == "cancelled"
    record = newest_calendar(board, board.session, number)
    previous = ics.from_json(record) if record else None
    event = _event(board, made, record if cancelled else {})
    stops = ics.stops_of(made) if made and wanted != "plan" else ()
    if cancelled and previous is None:
        raise NeedMore("No calendar file of this plan went out, so none needs to be taken back.", ["calendar file"])
    if cancelled:
        file = ics.cancel(event, zone=board.zone, now=board.now, previous=previous, stops=stops)
    else:
        uid = ics.uid_of("vibehuntr", *board.origin, str(number))
        file = ics.export(event, zone=board.zone, uid=uid, now=board.now, stops=stops, previous=previous)
    return _exported(board, file, event, cancelled=cancelled, number=number), file.exported.filename, file.data


def _exported(board: Board, file: ics.CalendarFile, event: ics.Event, *, cancelled: bool, number: int) -> Answer:
    method = "CANCEL" if cancelled else "PUBLISH"
    times = {
        "start": event.start.astimezone(board.zone).isoformat(),
        "end": event.end.astimezone(board.zone).isoformat(),
        "title": event.title,
    }
    record: Json = {**ics.to_json(file.exported), "method": method, "plan": number, **times}
    every: Json = board.get(CALENDARS)
    mine = {**every.get(board.session, {}), str(number): record}
    others = [(session, kept) for session, kept in every.items() if session != board.session][-(_MAX_SESSIONS - 1) :]
    board.set("calendar", record)
    board.set(CALENDARS, {**dict(others), board.session: mine})
    words = span_words((event.start, event.end), board.zone)
    what = "It takes the entry out of the calendars" if cancelled else f"“{event.title}”, {words}"
    version = f"version {file.exported.sequence + 1}"
    data: Json = {key: record[key] for key in ("uid", "sequence", "filename", "method")}
    view = {"name": "file", "data": {"filename": record["filename"], "mime": MIME, "text": file.data.decode(), "method": method}}
    return Answer(f"The calendar file {record['filename']} is ready ({version}). {what}.", data, (), view)


def _event(board: Board, made: Itinerary | None, record: Json) -> ics.Event:
    """The plan as one event. Raises NeedMore when it has no time."""
    plan, decisions = board.plan, board.get("decisions")
    people = [name for name in board.names if name != "You"]
    title = plan.get("title") or " ".join([(plan.get("kind") or "meeting").capitalize(), *([f"with {listed(people)}"] if people else [])])
    venue = decisions.get("venue") or {}
    place = ", ".join(part for part in (venue.get("name", ""), venue.get("address", ""), plan.get("city", "")) if part)
    known = [f"With: {listed(people)}." if people else "", f"Stops: {itinerary_words(board.get('itinerary'), board.zone)}." if made else ""]
    notes = [*(line for line in known if line), *plan.get("notes", [])]
    if chosen := decisions.get("time"):
        start, end = (datetime.fromisoformat(chosen[key]) for key in ("start", "end"))
    elif made:
        start, end = made.start, made.end
    elif record:
        start, end = (datetime.fromisoformat(record[key]) for key in ("start", "end"))
    else:
        raise NeedMore("No time is decided yet, so there is nothing for a calendar. When shall it be?", ["time"])
    return ics.Event(title, start, end, place, "\n".join(notes))
