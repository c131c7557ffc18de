"""The calendar file, read back by two parsers that know nothing of how it was written."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from vibehuntr_agent.planning import ics, itinerary
from vibehuntr_agent.planning.errors import PlanningError, TimeError
from vibehuntr_agent.planning.ics import CalendarFile, Event, Exported

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DINNER = Event(
    "Dinner", datetime(2026, 11, 27, 19, tzinfo=HELSINKI), datetime(2026, 11, 27, 22, tzinfo=HELSINKI), "Kosmos, Helsinki", "Bring cash"
)
BAR = Event("Bar", DINNER.end, DINNER.end + timedelta(hours=1))
SAUNA = Event("Sauna", DINNER.start - timedelta(hours=2), DINNER.start)
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Helsinki, forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Helsinki, back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York, back
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, forward by half an hour
]
zones = st.sampled_from(
    ["Europe/Helsinki", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"]
).map(ZoneInfo)
anywhen = st.integers(0, 40 * 366 * 24 * 60).map(lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
near_a_change = st.builds(lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-180, 180))
starts = anywhen | near_a_change
titles = st.text(min_size=1).filter(lambda text: any(c.isalnum() for c in text))
spelling = st.sampled_from([",", ";", "\\", "\\n", "\\N", "\n", "\r\n", "\\,", ":", '"', "^n", "🎉", "👩‍👩‍👧", "ä", "é", "  ", "BEGIN:VEVENT", "%2C", "x" * 80])  # fmt: skip
texts = st.text() | st.lists(spelling, max_size=12).map("".join)
events = st.builds(
    lambda title, start, minutes, location, description: Event(title, start, start + timedelta(minutes=minutes), location, description),
    titles | st.builds("a{}".format, texts), starts, st.integers(1, 3000), texts, texts,
)  # fmt: skip
shifts = st.integers(-3000, 3000).map(lambda minutes: timedelta(minutes=minutes))


def _export(
    event: Event = DINNER, *stops: Event, zone: ZoneInfo = HELSINKI, now: datetime = NOW, previous: Exported | None = None
) -> CalendarFile:
    return ics.export(event, zone=zone, uid="u@vibehuntr", now=now, stops=stops, previous=previous)


Read = tuple[datetime, datetime, str, str, str, str, int]
"""Start, end, title, location, description, UID and SEQUENCE."""


def _components(file: CalendarFile) -> list[Any]:
    return icalendar.Calendar.from_ical(file.data).events


def _read_by_icalendar(file: CalendarFile) -> list[Read]:
    return [
        (c.DTSTART.astimezone(UTC), c.DTEND.astimezone(UTC), c["summary"], c.get("location", ""), c.get("description", ""), c["uid"], c["sequence"])
        for c in _components(file)
    ]  # fmt: skip


def _read_by_vobject(file: CalendarFile) -> list[Read]:
    for zone in icalendar.Calendar.from_ical(file.data).timezones:
        vobject.icalendar.registerTzid(zone.tz_name, None)  # else it takes the zone of the first file for all files
    read = vobject.readOne(file.data.decode())
    return [
        (
            c.dtstart.value.astimezone(UTC), c.dtend.value.astimezone(UTC), c.summary.value, c.getChildValue("location", ""),
            c.getChildValue("description", ""), c.uid.value, int(c.sequence.value),
        )
        for c in read.vevent_list
    ]  # fmt: skip


def _unstamped(file: CalendarFile) -> bytes:
    return re.sub(rb"DTSTAMP:\w+", b"", file.data)


@given(events, st.lists(st.tuples(events, shifts), max_size=3), zones)
def test_two_parsers_read_what_was_planned(event: Event, others: list[tuple[Event, timedelta]], zone: ZoneInfo) -> None:
    """Every reader gets the same instants, words, UIDs and SEQUENCE, whatever the text, the zone and the clock change."""
    stops = [replace(stop, start=event.start + shift, end=event.start + shift + (stop.end - stop.start)) for stop, shift in others]
    file = _export(event, *stops, zone=zone)
    uids = ["u@vibehuntr", *(f"stop-{n + 1}-u@vibehuntr" for n in range(len(stops)))]
    written = [
        (e.start, e.end, " ".join(ics._text(e.title).split()), " ".join(ics._text(e.location).split()), ics._text(e.description), uid, 0)
        for e, uid in zip([event, *stops], uids, strict=True)
    ]
    assert _read_by_icalendar(file) == written
    assert _read_by_vobject(file) == written


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])), st.lists(spelling, max_size=12).map("".join))
def test_no_letter_sign_or_line_is_lost(text: str, spelled: str) -> None:
    """Only control characters, halves of characters and space at the ends are not written into the file."""
    for said in (text, spelled.replace("\r\n", "\n")):
        assert ics._text(said) == said.strip()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("\x00a\x07b\ud800c\x1b", "a b c"),
        ("one\r\ntwo\u2028three\x85four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
        ("\ta\tb", "a b"),
        ("END:VEVENT\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:a@b.fi", "END:VEVENT\nBEGIN:VEVENT\nATTENDEE:mailto:a@b.fi"),
    ],
)
def test_what_a_calendar_file_cannot_hold_becomes_space_or_a_line_end(said: str, kept: str) -> None:
    """A control character, half a character or a made-up property never breaks the file."""
    file = _export(replace(DINNER, description=said))
    assert [c.get("description") for c in _components(file)] == [kept]


@given(events, zones)
def test_the_file_is_folded_zoned_and_bare_of_people(event: Event, zone: ZoneInfo) -> None:
    """Lines have at most 75 octets, every TZID is defined in the file, and nobody's address is made up."""
    data = _export(event, zone=zone).data
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(b"\n" not in line and b"\r" not in line for line in lines) and data.decode()
    assert set(re.findall(rb"(?m)^DT(?:START|END);TZID=([\w/]+)", data)) <= set(re.findall(rb"(?m)^TZID:([\w/]+)", data))
    names = {line.split(b":")[0].split(b";")[0] for line in lines}
    assert not names & {b"ORGANIZER", b"ATTENDEE", b"CONTACT"}
    assert b"PRODID:-//Vibehuntr//Planner//EN" in lines and b"VERSION:2.0" in lines and b"METHOD:PUBLISH" in lines


@given(events, zones)
def test_a_calendar_shows_it_on_its_day(event: Event, zone: ZoneInfo) -> None:
    """What a calendar program makes of the file lies on the day of the plan, once."""
    calendar = icalendar.Calendar.from_ical(_export(event, zone=zone).data)
    midnight = event.start.astimezone(zone).replace(hour=0, minute=0, fold=0)
    found: Any
    (found,) = recurring_ical_events.of(calendar).between(midnight, midnight + timedelta(days=1))
    assert found["dtstart"].dt.astimezone(UTC) == event.start


plans = st.tuples(
    st.sampled_from([DINNER, replace(DINNER, title="Late dinner"), replace(DINNER, location="")]),
    st.lists(st.sampled_from([BAR, SAUNA]), max_size=3),
    st.booleans(),
)
Plan = tuple[Event, list[Event], bool]


def _next(plan: Plan, previous: Exported, now: datetime) -> CalendarFile:
    event, stops, cancelled = plan
    if cancelled:
        return ics.cancel(event, zone=HELSINKI, now=now, stops=stops, previous=previous)
    return ics.export(event, zone=HELSINKI, uid="another", now=now, stops=stops, previous=previous)


@example([(DINNER, [BAR, SAUNA], False), (DINNER, [], False), (DINNER, [], False), (DINNER, [], True), (DINNER, [], True)])
@given(st.lists(plans, min_size=1, max_size=8))
def test_the_uid_stays_and_sequence_counts_the_changes(history: list[Plan]) -> None:
    """Over any row of exports and cancels: one UID, SEQUENCE one more after a change, the same bytes without."""
    last, before = _export(), (DINNER, list[Event](), False)
    for hour, plan in enumerate(history):
        file = _next(plan, ics.from_json({**ics.to_json(last.exported), "scope": "all"}), NOW + timedelta(hours=hour))
        if plan == before:
            assert _unstamped(file) == _unstamped(last) and file.exported == last.exported
        assert file.exported.sequence == last.exported.sequence + (plan != before)
        assert file.exported.uid == "u@vibehuntr"
        assert {c["sequence"] for c in _components(file)} == {file.exported.sequence}
        assert {c["uid"] for c in _components(file)} >= {c["uid"] for c in _components(last)}
        last, before = file, plan


def test_another_zone_is_a_change_and_another_minute_of_export_is_none() -> None:
    """The same instants by another clock are another file; the same file an hour later has another DTSTAMP only."""
    first = _export()
    later = _export(now=NOW + timedelta(hours=1), previous=first.exported)
    assert later.exported == first.exported and later.data != first.data and _unstamped(later) == _unstamped(first)
    assert _export(zone=ZoneInfo("Europe/Tallinn"), previous=first.exported).exported.sequence == 1


def test_a_dropped_stop_is_cancelled_in_the_next_file() -> None:
    """A stop that went out of the plan also goes out of the calendars that have it, and stays out."""
    both = _export(DINNER, SAUNA, BAR)
    one = _export(DINNER, SAUNA, previous=both.exported)
    again = _export(DINNER, SAUNA, previous=one.exported)
    for file in (one, again):
        states = {c["uid"]: c["status"] for c in _components(file)}
        assert states == {"u@vibehuntr": "CONFIRMED", "stop-1-u@vibehuntr": "CONFIRMED", "stop-2-u@vibehuntr": "CANCELLED"}


def test_a_cancel_takes_back_everything_under_the_same_uids() -> None:
    """METHOD CANCEL, every STATUS CANCELLED, the UIDs kept, SEQUENCE one more; and after it a new export counts on."""
    file = _export(DINNER, BAR)
    gone = ics.cancel(DINNER, zone=HELSINKI, now=NOW, stops=[BAR], previous=file.exported)
    assert b"METHOD:CANCEL\r\n" in gone.data
    assert [(c["uid"], c["status"], c["sequence"]) for c in _components(gone)] == [(c["uid"], "CANCELLED", 1) for c in _components(file)]
    assert _export(DINNER, BAR, previous=gone.exported).exported.sequence == 2


def test_each_stop_of_an_itinerary_is_an_event() -> None:
    """A stop is in the calendar from the beginning of the stay to its end, without the wait before it."""
    table = itinerary.Stop("Kosmos", 90, earliest=DINNER.start, address="Kalevankatu 3")
    evening = itinerary.build([itinerary.Stop("Park", 60), table], start=SAUNA.start, zone=HELSINKI)
    assert [(e.title, e.start, e.end, e.location) for e in ics.stops_of(evening)] == [
        ("Park", SAUNA.start, SAUNA.start + timedelta(hours=1), ""),
        ("Kosmos", DINNER.start, DINNER.start + timedelta(minutes=90), "Kalevankatu 3"),
    ]


def test_the_second_pass_of_an_hour_is_told_from_the_first() -> None:
    """Half past three in the night when it comes twice: two instants, and two different files."""
    first, second = (datetime(2026, 10, 25, 3, 30, fold=fold, tzinfo=HELSINKI) for fold in (0, 1))
    files = [_export(Event("Night", start, start + timedelta(hours=3))) for start in (first, second)]
    assert [_read_by_icalendar(file)[0][0].hour for file in files] == [0, 1]
    assert [_read_by_vobject(file)[0][0].hour for file in files] == [0, 1]


@given(st.text())
def test_a_file_name_is_safe_everywhere(title: str) -> None:
    """Only lower-case ASCII letters, digits and hyphens, never empty, never long."""
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,63}[a-z0-9])?\.ics", ics.filename_of(title))


@pytest.mark.parametrize(
    ("title", "name"),
    [("Dinner for four, at Anna's!", "dinner-for-four-at-anna-s.ics"), ("../../etc/passwd", "etc-passwd.ics"), ("Ääkköset", "aakkoset.ics"), ("🎉", "plan.ics"), ("CON", "plan-con.ics"), ("x" * 300, "x" * 60 + ".ics")],
)  # fmt: skip
def test_a_file_is_named_by_its_plan(title: str, name: str) -> None:
    """One recognises the plan by the name of its file."""
    assert ics.filename_of(title) == name == _export(replace(DINNER, title=f"{title} ")).exported.filename


def test_a_uid_is_its_origins_own() -> None:
    """The same origin has the same UID; parts that only look alike when glued have another, and no name stands in it."""
    assert ics.uid_of("app", "anna", "s1") == ics.uid_of("app", "anna", "s1")
    assert len({ics.uid_of("a", "bc"), ics.uid_of("ab", "c"), ics.uid_of("abc")}) == 3
    assert "anna" not in ics.uid_of("app", "anna", "s1")


@pytest.mark.parametrize(
    ("event", "error", "words"),
    [
        (replace(DINNER, end=DINNER.start), TimeError, "later end"),
        (replace(DINNER, end=DINNER.start + timedelta(microseconds=1)), TimeError, "later end"),
        (replace(DINNER, start=datetime(2026, 11, 27, 19)), TimeError, "which zone"),  # noqa: DTZ001  what is refused
        (replace(DINNER, title=" \x00\n"), PlanningError, "What shall it be called"),
    ],
)
def test_what_cannot_stand_in_a_calendar_is_answered(event: Event, error: type[PlanningError], words: str) -> None:
    """The answer says whose move is next; so it does for a stop."""
    for wrong in ((event,), (DINNER, event)):
        with pytest.raises(error, match=words):
            _export(*wrong)


def test_nothing_exported_is_nothing_to_take_back() -> None:
    """A cancel before any export is answered, not written."""
    with pytest.raises(PlanningError, match="no calendar file"):
        ics.cancel(DINNER, zone=HELSINKI, now=NOW, previous=None)
    with pytest.raises(TimeError, match="which zone"):
        _export(now=datetime(2026, 11, 24))  # noqa: DTZ001  what is refused
