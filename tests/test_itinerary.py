"""An evening's itinerary: times, hours, money and what it says is wrong."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from zoneinfo import ZoneInfo

import opening_hours
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vibehuntr_agent.planning.errors import AmountError, PlanningError, TimeError
from vibehuntr_agent.planning.itinerary import (
    FAR,
    Itinerary,
    Mode,
    Point,
    Stop,
    build,
    cost_words,
    distance_km,
    from_json,
    timeline,
    to_json,
    travel_minutes,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
FRIDAY = datetime(2026, 11, 27, tzinfo=HELSINKI)
STATION, KAMPPI, TALLINN = (60.1719, 24.9414), (60.1690, 24.9311), (59.4370, 24.7536)
MINUTE = timedelta(minutes=1)
OPTIONS: dict[str, Any] = {"start": FRIDAY, "zone": HELSINKI}
MODES: tuple[Mode, ...] = get_args(Mode)

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
near = st.tuples(st.floats(60.1, 60.3), st.floats(24.6, 25.2))
zones = st.sampled_from(["Europe/Helsinki", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]).map(ZoneInfo)
starts = st.sampled_from(
    [datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 4, 4, 13, tzinfo=UTC)]
).flatmap(lambda base: st.integers(0, 600).map(lambda minutes: base + minutes * MINUTE))  # fmt: skip
hours = st.sampled_from(
    ["", "24/7", "off", "nonsense", "Mo-Su 10:00-22:00", "18:00+", "20:00-03:30", "03:15-03:45", 'Mo-Su 00:00-12:00 "ring"', "10:00-20:00 unknown", "sunset-23:00"]
)  # fmt: skip
prices = st.none() | st.integers(0, 20_000).map(lambda cents: cents / 100)
stops = st.builds(
    Stop, st.sampled_from(["Kosmos", "Bar", "Sauna"]), st.integers(1, 300), st.none() | near, hours, prices,
    st.sampled_from(["", "EUR", "SEK"]), st.none() | starts, st.sampled_from(["", "Kalevankatu 3"]),
)  # fmt: skip
evenings = st.builds(
    lambda parts, start, zone, mode, budget, limit: build(
        parts, start=start, zone=zone, mode=mode, budget=budget, currency="EUR", latest_end=limit
    ),
    st.lists(stops, min_size=1, max_size=5), starts, zones, st.sampled_from(MODES), st.none() | st.integers(1, 300), st.none() | starts,
)  # fmt: skip


def _at(clock: str, day: int = 27) -> datetime:
    return FRIDAY.replace(day=day, hour=int(clock[:2]), minute=int(clock[3:]))


def _plan(*parts: Stop, start: str = "18:00", **options: Any) -> Itinerary:
    return build(parts, start=_at(start), zone=HELSINKI, **options)


def _said(itinerary: Itinerary) -> dict[str, str]:
    return {remark.kind: remark.text for remark in itinerary.remarks}


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(HELSINKI):%H:%M}"


def _texts(itinerary: Itinerary) -> list[str]:
    return [row["text"] for row in timeline(itinerary)["rows"]]


@given(evenings)
def test_stays_have_their_length_and_rows_touch(evening: Itinerary) -> None:
    """Whatever the clock does, a stay lasts as long as asked for, and the rows fill the time from start to end."""
    rows = timeline(evening)["rows"]
    edges = [(datetime.fromisoformat(row["start"]).astimezone(UTC), datetime.fromisoformat(row["end"]).astimezone(UTC)) for row in rows]
    assert edges[0][0] == evening.start and edges[-1][1] == evening.end
    assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]
    lengths = [(end - start) // MINUTE for (start, end), row in zip(edges, rows, strict=True) if row["kind"] == "stop"]
    assert lengths == [stop.minutes for stop in evening.stops]
    assert all(row["text"] and row["label"] for row in rows)


@given(evenings)
def test_nothing_begins_before_its_time(evening: Itinerary) -> None:
    """A stay begins after the arrival and not before the time set for it; one waits only for that or an hour for the opening."""
    for visit in evening.visits:
        set_for = max(visit.arrive, visit.stop.earliest or visit.arrive)
        assert visit.arrive <= set_for <= visit.begin <= set_for + 60 * MINUTE


@given(evenings)
def test_the_state_holds_all_of_it(evening: Itinerary) -> None:
    """An itinerary comes back from JSON as it was, and its stops build it again."""
    stored = from_json(json.loads(json.dumps(to_json(evening))))
    assert stored == evening
    assert build(stored.stops, start=stored.start, zone=stored.zone, mode=stored.mode, budget=stored.budget, currency=stored.currency, latest_end=stored.latest_end) == evening  # fmt: skip


def _open_by_hand(opens: int, closes: int, minute: int) -> bool:
    clock = minute % 1440
    return opens <= clock < closes if opens < closes else clock >= opens or clock < closes


clocks = st.integers(0, 95).map(lambda quarter: quarter * 15)


@given(clocks, clocks, st.integers(0, 1439), st.integers(1, 600))
def test_hours_agree_with_counting_minutes(opens: int, closes: int, arrive: int, stay: int) -> None:
    """Waiting, closed, closing early and the minutes missing are those that one finds by looking at every minute."""
    assume(opens != closes)
    written = f"Mo-Su {opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
    evening = build([Stop("Bar", stay, hours=written)], start=FRIDAY + arrive * MINUTE, zone=HELSINKI)
    begin = next((m for m in range(arrive, arrive + 61) if _open_by_hand(opens, closes, m)), arrive)
    shut = next((m for m in range(begin, begin + stay) if not _open_by_hand(opens, closes, m)), None)
    visit, said = evening.visits[0], _said(evening)
    assert visit.begin == FRIDAY + begin * MINUTE and visit.wait_minutes == begin - arrive
    assert visit.hours == ("open" if shut is None else "closed" if shut == begin else "closes")
    if visit.hours == "closes" and shut:
        missing = begin + stay - shut
        assert f"closes at {_local(FRIDAY + shut * MINUTE)}" in said["closes_early"] and f", {missing} minute" in said["closes_early"]
    kinds = {"open": set[str](), "closed": {"closed"}, "closes": {"closes_early"}}
    assert set(said) - {"past_midnight"} == kinds[visit.hours]


@given(st.text().filter(str.strip))
def test_unreadable_hours_are_unknown_and_quoted(written: str) -> None:
    """Hours that cannot be read are never an error and never "closed"."""
    shown = " ".join(written.split())
    assume(not opening_hours.validate(shown))
    evening = _plan(Stop("Bar", 60, hours=written))
    assert evening.visits[0].hours == "unknown"
    assert [remark.kind for remark in evening.remarks] == ["hours_unknown"]
    if shown.isprintable() and len(shown) <= 80:
        assert f"“{shown}”" in evening.remarks[0].text


def _totals(parts: Iterable[Stop]) -> dict[str, Decimal]:
    priced = [(part.currency or "EUR", Decimal(str(part.price))) for part in parts if part.price is not None]
    return {unit: sum((amount for other, amount in priced if other == unit), Decimal(0)) for unit, _ in priced}


@given(st.lists(stops, min_size=1, max_size=6), st.integers(1, 40_000))
def test_money_is_added_to_the_cent_and_only_within_a_currency(parts: Sequence[Stop], cents: int) -> None:
    """Each currency has its own exact total, and the budget is compared with its own currency only."""
    evening = _plan(*parts, budget=cents / 100, currency="eur")
    totals, said = _totals(parts), _said(evening)
    assert {unit: Decimal(str(amount)) for unit, amount in evening.totals} == totals
    assert ("currencies" in said) == (len(totals) > 1)
    assert ("over_budget" in said) == (totals.get("EUR", 0) * 100 > cents)
    assert ("price_unknown" in said) == any(part.price is None for part in parts)


def _chord_km(here: Point, there: Point) -> float:
    """The distance by another formula: the angle between two vectors."""
    (x1, y1, z1), (x2, y2, z2) = (
        (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
        for lat, lon in ((math.radians(lat), math.radians(lon)) for lat, lon in (here, there))
    )
    cross = math.hypot(y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2)
    return 6371.0088 * math.atan2(cross, x1 * x2 + y1 * y2 + z1 * z2)


@given(points, points)
def test_distances_agree_with_another_formula(here: Point, there: Point) -> None:
    """The straight line is right anywhere on Earth, to a metre."""
    assert distance_km(here, there) == pytest.approx(_chord_km(here, there), abs=1e-3)


@given(near, near, st.sampled_from(MODES))
def test_travel_is_the_same_both_ways_and_never_slower_than_walking(here: Point, there: Point, mode: Mode) -> None:
    """An estimate has no direction, and nobody waits for a tram that takes longer than the walk."""
    assert travel_minutes(here, there, mode) == travel_minutes(there, here, mode) <= travel_minutes(here, there, "walk")
    assert travel_minutes(here, here, mode) == 0


@pytest.mark.parametrize(("mode", "minutes"), [("walk", 11), ("bicycle", 6), ("transit", 11), ("car", 8)])
def test_travel_from_the_station_to_kamppi(mode: Mode, minutes: int) -> None:
    """660 metres: 858 by the street at 4.8 km/h; 2, 8 and 5 minutes more for lock, stop and parking."""
    assert distance_km(STATION, KAMPPI) == pytest.approx(0.655, abs=0.005)
    assert travel_minutes(STATION, KAMPPI, mode) == minutes


EVENING = (
    Stop("Sauna", 90, STATION, "Mo-Su 16:00-22:00", 19, "EUR"),
    Stop("Kosmos", 120, KAMPPI, "Mo-Fr 11:00-14:00,17:30-21:00", 35, "EUR", _at("19:30")),
    Stop("Bar", 60, None, "Mo-Fr 11-22"),
)


def test_an_evening_with_a_table_and_a_stop_that_closes_too_early() -> None:
    """The whole of it as a person reads it."""
    evening = _plan(*EVENING, start="17:15", budget=50, currency="EUR", latest_end=_at("22:00"))
    assert _texts(evening) == [
        "17:15-18:45: Sauna, 90 minutes, 19 EUR each",
        "18:45-18:56: Sauna to Kosmos, about 11 minutes on foot (estimate)",
        "18:56-19:30: wait 34 minutes for Kosmos",
        "19:30-21:30: Kosmos, 120 minutes, 35 EUR each, closes before the end",
        "21:30: Kosmos to Bar, distance unknown, no time counted",
        "21:30-22:30: Bar, 60 minutes, opening hours unknown",
    ]
    assert [(remark.stop, remark.text) for remark in evening.remarks] == [
        (1, "Kosmos closes at 21:00, 30 minutes before the stay ends at 21:30."),
        (2, "How far Bar is from Kosmos is not known, so no time for the way is counted."),
        (2, "I cannot read the opening hours of Bar, “Mo-Fr 11-22”, so they are unknown."),
        (None, "It costs 54 EUR each, 4 EUR over the budget of 50 EUR."),
        (None, "No price is known for Bar, so it may cost more."),
        (None, "It ends at 22:30, 30 minutes after the latest end, 22:00."),
    ]
    assert cost_words(evening) == "54 EUR each, without Bar"


def test_the_state_has_the_keys_that_others_read() -> None:
    """The shape of the state key `itinerary`, with times by the wall clock of the plan."""
    data = to_json(_plan(*EVENING[:2], start="17:15"))
    assert {"start", "zone", "stops", "cost", "warnings"} <= set(data)
    assert data["start"] == "2026-11-27T17:15:00+02:00" and data["zone"] == "Europe/Helsinki"
    second = data["stops"][1]
    assert (second["name"], second["arrive"], second["leave"]) == ("Kosmos", "2026-11-27T18:56:00+02:00", "2026-11-27T21:30:00+02:00")
    assert (second["travel_minutes"], second["wait_minutes"], second["open"]) == (11, 34, "closes")
    assert data["cost"] == {"totals": [{"amount": 54.0, "currency": "EUR"}], "unpriced": []}


@pytest.mark.parametrize(
    ("stop", "kind", "words"),
    [
        (Stop("Bar", 60, hours="20:00-23:00"), "closed", "Bar is closed at 18:00; it opens at 20:00."),
        (Stop("Bar", 60, hours="Mo-Th 10:00-22:00"), "closed", "Bar is closed at 18:00; it opens at 10:00 on Monday 30 November 2026."),
        (Stop("Bar", 60, hours="off"), "closed", "Bar is closed at 18:00."),
        (Stop("Bar", 61, hours="10:00-19:00"), "closes_early", "Bar closes at 19:00, 1 minute before the stay ends at 19:01."),
        (Stop("Bar", 60, hours="10:00-20:00 unknown"), "hours_unknown", "“10:00-20:00 unknown”, do not say whether it is open at 18:00."),
        (Stop("Bar", 420, hours="Mo-Su 17:00+"), "hours_unknown", "do not say whether it is open at 00:00 on Saturday 28 November 2026."),
        (Stop("Bar", 60, hours='Mo-Su 10:00-22:00 "ring twice"'), "hours_note", "The opening hours of Bar say “ring twice”."),
        (Stop("Bar", 60, earliest=_at("17:40")), "late", "Bar is set for 17:40, but you arrive at 18:00, 20 minutes later."),
        (Stop("Bar", 361), "past_midnight", "It goes past midnight and ends at 00:01 on Saturday 28 November 2026."),
    ],
)  # fmt: skip
def test_what_spoils_a_stop_is_said(stop: Stop, kind: str, words: str) -> None:
    """Each remark says what, where and when."""
    assert words in _said(_plan(stop))[kind]


@pytest.mark.parametrize(
    "stop",
    [
        Stop("Bar", 60),
        Stop("Bar", 60, hours="17:00-19:00"),
        Stop("Bar", 60, hours="18:30+"),
        Stop("Bar", 360, hours="24/7"),
        Stop("Bar", 60, earliest=_at("18:00"), price=0),
    ],
)
def test_what_fits_is_not_spoken_of(stop: Stop) -> None:
    """No remark for an evening that ends at midnight or just in time, a place that opens soon, or a free entry."""
    budget = 20 if stop.price == 0 else None
    evening = _plan(stop, budget=budget)
    assert evening.remarks == _plan(stop, budget=budget, latest_end=evening.end).remarks == ()


def test_one_waits_an_hour_for_the_opening_but_not_longer() -> None:
    """A door that opens in 60 minutes is waited for; in 61 it is closed."""
    waits, leaves = (_plan(Stop("Bar", 60, hours="19:00-23:00"), start=start).visits[0] for start in ("18:00", "17:59"))
    assert (waits.wait_minutes, waits.hours) == (60, "open")
    assert (leaves.wait_minutes, leaves.hours) == (0, "closed")


def test_an_open_end_is_no_closing_time() -> None:
    """After "from 18:00 on" nobody knows when it closes; on a day without it, it is closed."""
    after = [
        build([Stop("Bar", 60, hours="Fr 18:00+")], start=_at(clock, day), zone=HELSINKI) for clock, day in (("00:30", 28), ("12:00", 28))
    ]
    assert [evening.visits[0].hours for evening in after] == ["unknown", "closed"]


def test_far_is_said_with_the_figures() -> None:
    """Too far, with minutes and kilometres; and just at the limit nothing is said."""
    far = _plan(Stop("Station", 30, STATION), Stop("Old Town", 30, TALLINN), mode="car")
    assert far.visits[1].travel_minutes == 282
    assert _said(far)["far"] == "Old Town is far from Station: about 282 minutes by car, 82.4 km in a straight line."
    north = next(lat for lat in (60.1719 + step / 5000 for step in range(1000)) if travel_minutes(STATION, (lat, 24.9414), "walk") == FAR)
    assert "far" not in _said(_plan(Stop("Station", 30, STATION), Stop("Park", 30, (north, 24.9414))))


def test_different_currencies_stand_side_by_side() -> None:
    """30 EUR and 100 SEK are no 130 of anything, and whether they fit the budget is not claimed."""
    parts = (Stop("Kosmos", 60, price=30, currency="EUR"), Stop("Ferry", 60, price=100, currency="sek"))
    assert _said(_plan(*parts, budget=40, currency="EUR"))["currencies"] == (
        "The prices are in different currencies and not added up: 30 EUR and 100 SEK each; "
        "I cannot say whether they fit the budget of 40 EUR."
    )
    assert cost_words(_plan(*parts)) == "30 EUR and 100 SEK each"
    assert cost_words(_plan(Stop("Park", 60))) == ""


def test_a_budget_without_a_currency_is_in_that_of_the_prices() -> None:
    """Who says "at most 20 each" means the money that the prices are in, and a bare price the money of the plan."""
    assert _said(_plan(Stop("Kosmos", 60, price=20.1, currency="EUR"), budget=20))["over_budget"].startswith(
        "It costs 20.10 EUR each, 0.10 EUR over"
    )
    assert _plan(Stop("Kosmos", 60, price=12.5), currency="eur").totals == (("EUR", 12.5),)


@pytest.mark.parametrize(
    ("start", "leave", "text"),
    [
        (datetime(2026, 10, 25, 2, tzinfo=HELSINKI), "2026-10-25T04:00:00+02:00", "02:00-04:00 (UTC+02:00): Night bar, 180 minutes"),
        (datetime(2026, 3, 29, 2, tzinfo=HELSINKI), "2026-03-29T06:00:00+03:00", "02:00-06:00 (UTC+03:00): Night bar, 180 minutes"),
    ],
)
def test_three_hours_are_three_hours_when_the_clock_changes(start: datetime, leave: str, text: str) -> None:
    """The stay has its elapsed length, and a time by the other offset says so."""
    evening = build([Stop("Night bar", 180)], start=start, zone=HELSINKI)
    assert to_json(evening)["stops"][0]["leave"] == leave
    assert _texts(evening) == [f"{text}, opening hours unknown"]


def test_hours_are_by_the_clock_of_the_place() -> None:
    """A plan in New York's time for a bar in Helsinki: the bar closes by its own clock, the text is by the plan's."""
    york = ZoneInfo("America/New_York")
    evening = build([Stop("Bar", 90, STATION, "16:00-23:00")], start=_at("22:00"), zone=york)
    assert _said(evening) == {"closes_early": "Bar closes at 16:00, 30 minutes before the stay ends at 16:30."}


def test_a_public_holiday_counts_where_the_country_is_known() -> None:
    """Epiphany closes a Finnish place that says so; without a point the country is not guessed."""
    start = datetime(2027, 1, 6, 18, tzinfo=HELSINKI)
    known, unknown = (
        build([Stop("Museum", 60, point, "Mo-Su 10:00-20:00; PH off")], start=start, zone=HELSINKI) for point in (STATION, None)
    )
    assert (known.visits[0].hours, unknown.visits[0].hours) == ("closed", "open")


@pytest.mark.parametrize(
    ("parts", "options", "error", "words"),
    [
        ([], {}, PlanningError, "Where do you want to go"),
        ([Stop("Bar", 10)] * 21, {}, PlanningError, "at most 20 stops, not 21"),
        ([Stop("Bar", 0)], {}, TimeError, "not 0 minutes. How long do you want to be at Bar"),
        ([Stop("Bar", -5)], {}, TimeError, "not -5 minutes"),
        ([Stop("Bar", 1441)], {}, TimeError, "24 hours"),
        ([Stop(" \n", 10)], {}, PlanningError, "What is the place called"),
        ([Stop("x" * 121, 10)], {}, PlanningError, "at most 120"),
        ([Stop("Bar", 10, (90.1, 0))], {}, PlanningError, "latitude of Bar must lie between -90 and 90, not 90.1"),
        ([Stop("Bar", 10, (math.nan, 0))], {}, PlanningError, "latitude"),
        ([Stop("Bar", 10, (0, 181))], {}, PlanningError, "longitude of Bar"),
        ([Stop("Bar", 10, price=-1)], {}, AmountError, "-1 as the price of Bar"),
        ([Stop("Bar", 10, price=math.nan)], {}, AmountError, "price of Bar"),
        ([Stop("Bar", 10, price=1, currency="€")], {}, AmountError, "like EUR"),
        ([Stop("Bar", 10, earliest=datetime(2026, 11, 27, 19))], {}, TimeError, "time set for Bar needs its time zone"),  # noqa: DTZ001
        ([Stop("Bar", 10)], {"start": datetime(2026, 11, 27, 19)}, TimeError, "start needs its time zone"),  # noqa: DTZ001
        ([Stop("Bar", 10)], {"start": datetime.min.replace(tzinfo=UTC)}, TimeError, "start is in the year 1"),
        ([Stop("Bar", 10)], {"latest_end": datetime(2026, 11, 27, 19)}, TimeError, "latest end needs"),  # noqa: DTZ001
        ([Stop("Bar", 10)], {"budget": 0}, AmountError, "above zero"),
        ([Stop("Bar", 10)], {"budget": -3.5}, AmountError, "above zero"),
        ([Stop("Bar", 10)], {"currency": "EURO"}, AmountError, "“EURO” is not a currency code"),
        ([Stop("Bar", 10)], {"mode": "teleport"}, PlanningError, "walk, bicycle, transit, car, not “teleport”"),
    ],
)
def test_bad_input_is_answered(parts: list[Stop], options: dict[str, Any], error: type[PlanningError], words: str) -> None:
    """The answer says what is wrong and whose move is next."""
    with pytest.raises(error, match=words):
        build(parts, **OPTIONS | options)
