"""An evening's itinerary: when each stop begins and ends, how long one travels and waits, what it costs, and what is wrong with it.

Guarantees: a stay has the elapsed length asked for, also over a clock change; travel, waits and stays fill the time from start to
end without a gap; opening hours that cannot be read are "unknown", never "closed"; amounts in different currencies are never
added up. Nothing is moved or left out to make a plan fit: what does not fit is said as a remark.

Not claimed: travel is an estimate by distance, not a route and no timetable (see `PACES`), and between places of unknown position
it counts as nothing, with a remark. Public holidays in opening hours count only for a stop with a point, which gives the country.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

from .errors import AmountError, PlanningError, TimeError
from .people import listed
from .phrases import full_date, read_moment, read_zone

Mode = Literal["walk", "bicycle", "transit", "car"]
Point = tuple[float, float]
"""Latitude and longitude in degrees."""
Hours = Literal["open", "closed", "closes", "unknown"]
RemarkKind = Literal[
    "closed",
    "closes_early",
    "hours_unknown",
    "hours_note",
    "far",
    "distance_unknown",
    "late",
    "currencies",
    "over_budget",
    "price_unknown",
    "late_end",
    "past_midnight",
]
Json = dict[str, Any]

MAX_STOPS: Final = 20
MAX_STAY: Final = 24 * 60
MAX_NAME: Final = 120
MAX_PRICE: Final = 1_000_000
FAR: Final = 45
"""Minutes of travel between two stops from which on it is called far."""
PATIENCE: Final = timedelta(minutes=60)
"""How long one waits for a place to open; longer, and it is closed."""

_YEARS: Final = range(2000, 2200)
_MINUTE: Final = timedelta(minutes=1)
_OPEN_END: Final = re.compile(r"(?:\d:\d\d|sunset|sunrise|dusk|dawn|\))\+")
_AROUND: Final = timedelta(hours=10)
_QUOTED: Final = 80
_MAX_HOURS: Final = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one gets along: the straight line times `detour` at `km_per_hour`, plus `extra` minutes."""

    km_per_hour: float
    detour: float
    extra: int
    words: str


PACES: Final[dict[Mode, Pace]] = {
    "walk": Pace(4.8, 1.3, 0, "on foot"),
    "bicycle": Pace(15, 1.3, 2, "by bicycle"),
    "transit": Pace(18, 1.4, 8, "by public transport"),
    "car": Pace(25, 1.4, 5, "by car"),
}
"""Rough figures for a European city, chosen and not measured: the streets make the straight line 30-40% longer, `extra` is for the
lock, the walk to the stop and the wait there, or the parking. No timetable, no traffic, no river is known."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to stay at. `build` checks it; `currency` is that of `price`, or "" when the plan's is meant."""

    name: str
    minutes: int
    point: Point | None = None
    hours: str = ""
    """Opening hours as OpenStreetMap writes them."""
    price: float | None = None
    """Per person; None when it is not known, 0 when it is free."""
    currency: str = ""
    earliest: datetime | None = None
    """When the stay can begin at the earliest, such as the time of a booked table."""
    address: str = ""
    closing_only: bool = False
    """Whether of the hours nothing but the closing time was said; then no opening is told."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that may spoil the evening. `stop` counts from 0."""

    kind: RemarkKind
    text: str
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop with its times, which are in UTC."""

    stop: Stop
    arrive: datetime
    begin: datetime
    leave: datetime
    travel_minutes: int | None
    """From the stop before; None when it is not known."""
    hours: Hours

    @property
    def wait_minutes(self) -> int:
        """From the arrival until the stay begins."""
        return (self.begin - self.arrive) // _MINUTE


@dataclass(frozen=True, slots=True)
class Itinerary:
    """The evening. Moments are in UTC; `zone` is the wall clock to show them by."""

    start: datetime
    zone: ZoneInfo
    mode: Mode
    visits: tuple[Visit, ...]
    totals: tuple[tuple[str, float], ...]
    """What the stops with a price cost each person: one (currency, amount) for each currency."""
    unpriced: tuple[str, ...]
    remarks: tuple[Remark, ...]
    budget: float | None = None
    currency: str = ""
    latest_end: datetime | None = None
    between: int | None = None
    """Minutes between any two stops, as people said it; None when it is estimated."""

    @property
    def end(self) -> datetime:
        """When the last stay ends."""
        return self.visits[-1].leave

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The stops alone, to build from them again."""
        return tuple(visit.stop for visit in self.visits)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Writes moments by the wall clock of `zone`, with the date or the offset when it is not the start's."""

    start: datetime
    zone: ZoneInfo

    def __call__(self, moment: datetime) -> str:
        local, first = moment.astimezone(self.zone), self.start.astimezone(self.zone)
        words = f"{local:%H:%M}"
        words += f" (UTC{local.isoformat()[-6:]})" if local.utcoffset() != first.utcoffset() else ""
        return words if local.date() == first.date() else f"{words} on {full_date(local.date())}"


def build(
    stops: Sequence[Stop],
    *,
    start: datetime,
    zone: ZoneInfo,
    mode: str = "walk",
    budget: float | None = None,
    currency: str = "",
    latest_end: datetime | None = None,
    between: int | None = None,
) -> Itinerary:
    """The stops one after the other from `start` on, with everything that does not fit as a remark.

    `budget` is per person; `currency` is its own and that of prices that name none. `between` is the way between any two stops in
    minutes, as people know it, in place of the estimate. Seconds are dropped. Raises TimeError, AmountError or PlanningError for what
    cannot be used.
    """
    way, currency = mode_of(mode), _currency(currency)
    checked = _check(stops)
    begin = _moment(start, "The start")
    limit = latest_end and _moment(latest_end, "The latest end")
    if budget is not None and not 0 < budget <= MAX_PRICE:
        raise AmountError("A budget must be above zero. How much may it cost each person?")
    if between is not None and not 0 <= between <= MAX_STAY:
        raise TimeError(f"A way lasts from 0 minutes to 24 hours, not {between} minutes. How long does it take?")
    clock = _Clock(begin, zone)
    visits, remarks = _walk(checked, begin, zone, way, between)
    totals, unpriced = _costs(checked, currency)
    remarks += [
        *_money_remarks(totals, unpriced, budget, currency),
        *_end_remarks(visits[-1].leave, limit, clock),
    ]
    return Itinerary(begin, zone, way, tuple(visits), totals, unpriced, tuple(remarks), budget, currency, limit, between)


def mode_of(raw: str) -> Mode:
    """`raw` as a way to travel. Raises PlanningError with the words that are known."""
    for known in get_args(Mode):
        if raw.strip().casefold() == known:
            return known
    raise PlanningError(f"I know the ways to travel {', '.join(get_args(Mode))}, not “{raw[:_QUOTED]}”.")


def distance_km(here: Point, there: Point) -> float:
    """The straight line over the ground (haversine), in kilometres."""
    lat, other = math.radians(here[0]), math.radians(there[0])
    east = math.radians(there[1] - here[1])
    half = math.sin((other - lat) / 2) ** 2 + math.cos(lat) * math.cos(other) * math.sin(east / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, half)))


def travel_minutes(here: Point, there: Point, mode: Mode) -> int:
    """The estimate in whole minutes, rounded up. What is faster on foot is walked, whatever the mode."""
    km = round(distance_km(here, there), 6)
    return min(_pace_minutes(km, PACES[mode]), _pace_minutes(km, PACES["walk"]))


def to_json(itinerary: Itinerary) -> Json:
    """The itinerary for the state key `itinerary`; `from_json` reads it back."""
    zone = itinerary.zone
    return {
        "start": _iso(itinerary.start, zone),
        "end": _iso(itinerary.end, zone),
        "zone": zone.key,
        "travel": itinerary.mode,
        "budget_per_person": itinerary.budget,
        "currency": itinerary.currency,
        "latest_end": _iso(itinerary.latest_end, zone),
        "between": itinerary.between,
        "stops": [_visit_json(visit, zone) for visit in itinerary.visits],
        "cost": {
            "totals": [{"amount": amount, "currency": currency} for currency, amount in itinerary.totals],
            "unpriced": list(itinerary.unpriced),
        },
        "warnings": [asdict(remark) for remark in itinerary.remarks],
    }


def from_json(data: Mapping[str, Any]) -> Itinerary:
    """The itinerary that `to_json` wrote, as it was computed then. Raises TimeError for a zone that is not known here."""
    zone, cost = read_zone(data["zone"]), data["cost"]
    return Itinerary(
        start=_stored(data["start"]),
        zone=zone,
        mode=data["travel"],
        visits=tuple(_visit(entry) for entry in data["stops"]),
        totals=tuple((total["currency"], total["amount"]) for total in cost["totals"]),
        unpriced=tuple(cost["unpriced"]),
        remarks=tuple(Remark(**entry) for entry in data["warnings"]),
        budget=data["budget_per_person"],
        currency=data["currency"],
        latest_end=data["latest_end"] and _stored(data["latest_end"]),
        between=data.get("between"),
    )


def timeline(itinerary: Itinerary) -> Json:
    """The data of the timeline drawing: rows of kind stop, travel or wait that touch, each with a line of text."""
    zone = itinerary.zone
    rows = [
        {"label": label, "start": _iso(start, zone), "end": _iso(end, zone), "kind": kind, "text": text}
        for label, start, end, kind, text in _rows(itinerary, _Clock(itinerary.start, zone))
    ]
    return {
        "zone": zone.key,
        "rows": rows,
        "cost": cost_words(itinerary),
        "warnings": [remark.text for remark in itinerary.remarks],
    }


def cost_words(itinerary: Itinerary) -> str:
    """What it costs each person, "" when no price is known."""
    if not itinerary.totals:
        return ""
    unpriced = f", without {listed(itinerary.unpriced)}" if itinerary.unpriced else ""
    return f"{_sum_words(itinerary.totals)} each{unpriced}"


# What comes in


def _check(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    if not stops:
        raise PlanningError("An itinerary needs at least one stop. Where do you want to go?")
    if len(stops) > MAX_STOPS:
        raise PlanningError(f"An itinerary holds at most {MAX_STOPS} stops, not {len(stops)}. Please leave some out.")
    return tuple(_checked(stop) for stop in stops)


def _checked(stop: Stop) -> Stop:
    name = _plain(stop.name)
    if not name or len(name) > MAX_NAME:
        raise PlanningError(f"A stop needs a name of at most {MAX_NAME} characters. What is the place called?")
    if not 0 < stop.minutes <= MAX_STAY:
        raise TimeError(f"A stay lasts from 1 minute to 24 hours, not {stop.minutes} minutes. How long do you want to be at {name}?")
    _check_point(name, stop.point)
    if stop.price is not None and not 0 <= stop.price <= MAX_PRICE:
        raise AmountError(f"I cannot use {stop.price} as the price of {name}. What does it cost each person?")
    earliest = stop.earliest and _moment(stop.earliest, f"The time set for {name}")
    hours = " ".join(stop.hours.split())
    return Stop(
        name, stop.minutes, stop.point, hours, stop.price, _currency(stop.currency), earliest, _plain(stop.address), stop.closing_only
    )


def _check_point(name: str, point: Point | None) -> None:
    if point is None:
        return
    latitude, longitude = point
    if not -90 <= latitude <= 90:  # noqa: PLR2004  the poles
        raise PlanningError(f"The latitude of {name} must lie between -90 and 90, not {latitude:g}. Please correct it.")
    if not -180 <= longitude <= 180:  # noqa: PLR2004  once around the Earth
        raise PlanningError(f"The longitude of {name} must lie between -180 and 180, not {longitude:g}. Please correct it.")


def _moment(moment: datetime, what: str) -> datetime:
    """`moment` in UTC and whole minutes, which is how people make plans."""
    if moment.tzinfo is None:
        raise TimeError(f"{what} needs its time zone. Please say which zone is meant.")
    if moment.year not in _YEARS:
        raise TimeError(f"{what} is in the year {moment.year}. Please give one from {_YEARS[0]} to {_YEARS[-1]}.")
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _currency(raw: str) -> str:
    code = raw.strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):  # noqa: PLR2004  ISO 4217
        raise AmountError(f"“{_quoted(raw)}” is not a currency code. Please give one like EUR.")
    return code


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# Times


def _walk(stops: Sequence[Stop], start: datetime, zone: ZoneInfo, mode: Mode, between: int | None) -> tuple[list[Visit], list[Remark]]:
    clock = _Clock(start, zone)
    visits: list[Visit] = []
    remarks: list[Remark] = []
    for index, stop in enumerate(stops):
        before = visits[-1] if visits else None
        said = 0 if before is None else between
        minutes = _minutes_between(before.stop, stop, mode) if before and said is None else said
        arrive = (before.leave if before else start) + (minutes or 0) * _MINUTE
        visit, notes = _visit_at(stop, arrive, minutes, zone, clock)
        if before and between is None:
            notes = [*_travel_remarks(before.stop, stop, minutes, mode), *notes]
        visits.append(visit)
        remarks += [Remark(kind, text, index) for kind, text in notes]
    return visits, remarks


_Notes = list[tuple[RemarkKind, str]]


def _visit_at(stop: Stop, arrive: datetime, minutes: int | None, zone: ZoneInfo, clock: _Clock) -> tuple[Visit, _Notes]:
    hours = _read(stop, zone)
    earliest = max(arrive, stop.earliest or arrive)
    begin = _opening(hours, stop.hours, earliest) if hours else earliest
    leave = begin + stop.minutes * _MINUTE
    status, notes = _judge(hours, stop, begin, leave, clock)
    if stop.earliest and stop.earliest < arrive:
        late = _minutes_words((arrive - stop.earliest) // _MINUTE)
        notes.insert(0, ("late", f"{stop.name} is set for {clock(stop.earliest)}, but you arrive at {clock(arrive)}, {late} later."))
    return Visit(stop, arrive, begin, leave, minutes, status), notes


def _minutes_between(here: Stop, there: Stop, mode: Mode) -> int | None:
    return travel_minutes(here.point, there.point, mode) if here.point and there.point else None


def _pace_minutes(km: float, pace: Pace) -> int:
    return math.ceil(km * pace.detour / pace.km_per_hour * 60 + pace.extra) if km else 0


def _travel_remarks(here: Stop, there: Stop, minutes: int | None, mode: Mode) -> Iterator[tuple[RemarkKind, str]]:
    if minutes is None:
        yield "distance_unknown", f"How far {there.name} is from {here.name} is not known, so no time for the way is counted."
    elif minutes > FAR and here.point and there.point:
        km = distance_km(here.point, there.point)
        yield (
            "far",
            (f"{there.name} is far from {here.name}: about {_minutes_words(minutes)} {PACES[mode].words}, {km:.1f} km in a straight line."),
        )


# Opening hours

_Spans = list[tuple[datetime, datetime, State, str]]
_UTC: Final = ZoneInfo("UTC")
"""The library takes only zones with a name."""


def _read(stop: Stop, zone: ZoneInfo) -> OpeningHours | None:
    """The hours by the wall clock at the stop, which a point may put into another zone than the plan's."""
    if len(stop.hours) > _MAX_HOURS or not validate(stop.hours):
        return None
    return OpeningHours(stop.hours, timezone=None if stop.point else zone, coords=stop.point, max_interval_days=366)


def _spans(hours: OpeningHours, written: str, start: datetime, end: datetime) -> _Spans:
    """What the hours say from `start` to `end`. After an open end ("18:00+") it is unknown how long it stays open.

    The library is asked for more on both sides: of an hour that the clock goes through twice it knows the second pass only.
    """
    open_ended = bool(_OPEN_END.search(re.sub(r'"[^"]*"', "", written)))
    low, high = (moment.replace(tzinfo=_UTC) for moment in (start - _AROUND, end + _AROUND))
    spans: _Spans = []
    for begin, until, state, comment in hours.intervals(low, high):
        unsure = open_ended and state == State.CLOSED and spans and spans[-1][2] == State.OPEN
        spans.append((begin.astimezone(UTC), until.astimezone(UTC), State.UNKNOWN if unsure else state, comment))
    clipped = [(max(begin, start), min(until, end), state, comment) for begin, until, state, comment in spans]
    return [span for span in clipped if span[0] < span[1]]


def _first(spans: _Spans, wanted: State) -> datetime | None:
    return next((start for start, _, state, _ in spans if state == wanted), None)


def _opening(hours: OpeningHours, written: str, moment: datetime) -> datetime:
    """When the stay can begin: `moment`, or the opening if it is near enough to wait for."""
    spans = _spans(hours, written, moment, moment + PATIENCE + _MINUTE)
    return moment if spans[0][2] != State.CLOSED else _first(spans, State.OPEN) or moment


def _judge(hours: OpeningHours | None, stop: Stop, begin: datetime, leave: datetime, clock: _Clock) -> tuple[Hours, _Notes]:
    if hours is None:
        text = f"I cannot read the opening hours of {stop.name}, “{_quoted(stop.hours)}”, so they are unknown."
        return "unknown", [("hours_unknown", text)] if stop.hours else []
    spans = _spans(hours, stop.hours, begin, leave)
    notes = _hours_notes(spans, stop, clock)
    closed = _first(spans, State.CLOSED)
    if closed == begin:
        opens = "" if stop.closing_only else _opens(hours, stop.hours, begin, clock)
        return "closed", [("closed", f"{stop.name} is closed at {clock(begin)}{opens}."), *notes]
    if closed:
        missing = _minutes_words((leave - closed) // _MINUTE)
        text = f"{stop.name} closes at {clock(closed)}, {missing} before the stay ends at {clock(leave)}."
        return "closes", [("closes_early", text), *notes]
    return ("unknown" if any(kind == "hours_unknown" for kind, _ in notes) else "open"), notes


def _hours_notes(spans: _Spans, stop: Stop, clock: _Clock) -> _Notes:
    notes: _Notes = []
    unsure = _first(spans, State.UNKNOWN)
    if unsure:
        text = f"The opening hours of {stop.name}, “{_quoted(stop.hours)}”, do not say whether it is open at {clock(unsure)}."
        notes.append(("hours_unknown", text))
    comments = dict.fromkeys(comment for _, _, state, comment in spans if comment and state != State.CLOSED)
    return notes + [("hours_note", f"The opening hours of {stop.name} say “{_quoted(comment)}”.") for comment in comments]


def _opens(hours: OpeningHours, written: str, moment: datetime, clock: _Clock) -> str:
    opening = _first(_spans(hours, written, moment, moment + timedelta(days=7)), State.OPEN)
    return f"; it opens at {clock(opening)}" if opening else ""


# Money


def _costs(stops: Sequence[Stop], currency: str) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    totals: dict[str, Decimal] = {}
    for stop in stops:
        if stop.price is not None:
            unit = stop.currency or currency
            totals[unit] = totals.get(unit, Decimal(0)) + Decimal(str(stop.price))
    return tuple((unit, float(total)) for unit, total in totals.items()), tuple(s.name for s in stops if s.price is None)


def _money_remarks(totals: Sequence[tuple[str, float]], unpriced: Sequence[str], budget: float | None, currency: str) -> Iterator[Remark]:
    """A budget that names no currency is read in that of the prices, if they have but one."""
    unit = currency or (totals[0][0] if len(totals) == 1 else "")
    spent = dict(totals).get(unit, 0.0)
    over = _money(float(Decimal(str(spent)) - Decimal(str(budget))), unit) if budget and spent > budget else ""
    if len(totals) > 1:
        unsure = f"; I cannot say whether they fit the budget of {_money(budget, currency)}" if budget and not over else ""
        yield Remark("currencies", f"The prices are in different currencies and not added up: {_sum_words(totals)} each{unsure}.")
    if budget and over:
        yield Remark("over_budget", f"It costs {_money(spent, unit)} each, {over} over the budget of {_money(budget, unit)}.")
    if unpriced and (budget or totals):
        yield Remark("price_unknown", f"No price is known for {listed(unpriced)}, so it may cost more.")


def _money(amount: float, currency: str) -> str:
    return f"{f'{amount:.2f}'.removesuffix('.00')} {currency}".strip()


def _sum_words(totals: Sequence[tuple[str, float]]) -> str:
    return " and ".join(_money(amount, currency) for currency, amount in totals)


# The end


def _end_remarks(end: datetime, limit: datetime | None, clock: _Clock) -> Iterator[Remark]:
    if limit and end > limit:
        late = _minutes_words((end - limit) // _MINUTE)
        yield Remark("late_end", f"It ends at {clock(end)}, {late} after the latest end, {clock(limit)}.")
    last_day = (end - _MINUTE).astimezone(clock.zone).date()
    if last_day > clock.start.astimezone(clock.zone).date():
        yield Remark("past_midnight", f"It goes past midnight and ends at {clock(end)}.")


# What goes out


def _rows(itinerary: Itinerary, clock: _Clock) -> Iterator[tuple[str, datetime, datetime, str, str]]:
    for before, visit in zip((None, *itinerary.visits), itinerary.visits, strict=False):
        if before:
            way = f"{before.stop.name} to {visit.stop.name}"
            yield way, before.leave, visit.arrive, "travel", _travel_words(way, before, visit, itinerary, clock)
        if visit.begin > visit.arrive:
            text = f"{clock(visit.arrive)}-{clock(visit.begin)}: wait {_minutes_words(visit.wait_minutes)} for {visit.stop.name}"
            yield f"Wait for {visit.stop.name}", visit.arrive, visit.begin, "wait", text
        yield visit.stop.name, visit.begin, visit.leave, "stop", _stop_words(visit, itinerary.currency, clock)


def _travel_words(way: str, before: Visit, visit: Visit, itinerary: Itinerary, clock: _Clock) -> str:
    words = PACES[itinerary.mode].words
    if itinerary.between is not None:
        return f"{clock(before.leave)}-{clock(visit.arrive)}: {way}, {_minutes_words(itinerary.between)} {words} (as you said)"
    if visit.travel_minutes is None:
        return f"{clock(before.leave)}: {way}, distance unknown, no time counted"
    if visit.travel_minutes == 0:
        return f"{clock(before.leave)}: {way}, the same place"
    return f"{clock(before.leave)}-{clock(visit.arrive)}: {way}, about {_minutes_words(visit.travel_minutes)} {words} (estimate)"


_HOURS_WORDS: Final[dict[Hours, str]] = {
    "open": "",
    "closed": ", closed then",
    "closes": ", closes before the end",
    "unknown": ", opening hours unknown",
}


def _stop_words(visit: Visit, currency: str, clock: _Clock) -> str:
    stop = visit.stop
    price = "" if stop.price is None else f", {_money(stop.price, stop.currency or currency)} each"
    span = f"{clock(visit.begin)}-{clock(visit.leave)}"
    return f"{span}: {stop.name}, {_minutes_words(stop.minutes)}{price}{_HOURS_WORDS[visit.hours]}"


def _minutes_words(minutes: int) -> str:
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _quoted(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= _QUOTED else plain[: _QUOTED - 1] + "…"


def _visit_json(visit: Visit, zone: ZoneInfo) -> Json:
    stop = asdict(visit.stop) | {"earliest": _iso(visit.stop.earliest, zone), "point": visit.stop.point and list(visit.stop.point)}
    return stop | {
        "arrive": _iso(visit.arrive, zone),
        "begin": _iso(visit.begin, zone),
        "leave": _iso(visit.leave, zone),
        "travel_minutes": visit.travel_minutes,
        "wait_minutes": visit.wait_minutes,
        "open": visit.hours,
    }


def _visit(data: Json) -> Visit:
    point, earliest = data["point"], data["earliest"]
    written = {key: data[key] for key in ("name", "minutes", "hours", "price", "currency", "address")} | {
        "closing_only": data.get("closing_only", False)
    }
    stop = Stop(**written, point=point and (point[0], point[1]), earliest=earliest and _stored(earliest))
    arrive, begin, leave = (_stored(data[key]) for key in ("arrive", "begin", "leave"))
    return Visit(stop, arrive, begin, leave, data["travel_minutes"], data["open"])


def _stored(written: str) -> datetime:
    return read_moment(written, _UTC).astimezone(UTC)


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment and moment.astimezone(zone).isoformat()
