"""What people say of their time: rules, clock changes, what replaces what, the read-back and the picture."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.planning.availability import (
    CELL_LETTERS,
    SHOWN_DAYS,
    Rule,
    compromise_words,
    explanation_words,
    heat_map,
    read_rule,
    rule_windows,
    set_windows,
    told,
    wall_moment,
    wall_window,
)
from vibehuntr_agent.planning.errors import PersonError, PlanningError, TimeError
from vibehuntr_agent.planning.finder import MAX_WINDOWS, Kind, Window, explain_time, find_compromise, find_slots
from vibehuntr_agent.planning.people import ME

HELSINKI: Final = ZoneInfo("Europe/Helsinki")
NEW_YORK: Final = ZoneInfo("America/New_York")
FRIDAY: Final = date(2026, 11, 27)
NOW: Final = datetime(2026, 11, 24, 9, tzinfo=HELSINKI)
KINDS: Final[tuple[Kind, ...]] = ("free", "if_needed", "busy")
HALF: Final = timedelta(minutes=30)


def clock(day: int, hour: float, zone: ZoneInfo = HELSINKI) -> datetime:
    """A wall time of November 2026; hours from 24 on are of the next day."""
    return datetime(2026, 11, day, tzinfo=zone) + timedelta(hours=hour)


def window(day: int, low: float, high: float, kind: Kind = "free") -> Window:
    return Window(clock(day, low), clock(day, high), kind)


def said(windows: Iterable[Window]) -> list[tuple[int, float, float, str]]:
    """Windows as they were written above."""
    rows: list[tuple[int, float, float, str]] = []
    for one in windows:
        start = one.start.astimezone(HELSINKI)
        low = start.hour + start.minute / 60
        rows.append((start.day, low, low + (one.end - one.start) / timedelta(hours=1), one.kind))
    return rows


# Rules


@pytest.mark.parametrize(
    ("days", "weekdays"),
    [
        ("every weekday", "01234"), ("Mondays and Thursdays", "03"), ("weekends", "56"), ("daily", "0123456"), ("every day except Sunday", "012345"),
        ("weekdays but not Fri", "0123"), ("Mon-Thu", "0123"), ("Friday to Monday", "0456"), ("Mon, Wed \N{EN DASH} Fri", "0234"), ("tues & thurs", "13"),
        (["Monday", "Thursday"], "03"), (["MO", "SU"], "06"), ("except weekends", "01234"), ("Sat., Sun.", "56"), ("on all Wednesdays", "2"),
    ],
)  # fmt: skip
def test_the_days_of_a_rule_as_people_say_them(days: str | list[str], weekdays: str) -> None:
    """Names short and long, ranges, and days left out."""
    assert read_rule(days, "18:00", "22:00") == Rule(frozenset(map(int, weekdays)), (18 * 60, 22 * 60))


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [("18:00", "22:00", (1080, 1320)), ("6pm", "9:30 p.m.", (1080, 1290)), ("noon", "14", (720, 840)), ("22:00", "2:00", (1320, 1560)), ("18:00", "midnight", (1080, 1440)), ("0:00", "24:00", (0, 1440)), ("12am", "12pm", (0, 720))],
)  # fmt: skip
def test_the_hours_of_a_rule(start: str, end: str, minutes: tuple[int, int]) -> None:
    """By the clock of 24 or of 12 hours, and over midnight."""
    assert read_rule("daily", start, end).minutes == minutes


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [
        ("Funday", "18:00", "20:00"), ("every other Monday", "18:00", "20:00"), ("", "18:00", "20:00"), ("Monday except Mondays", "18:00", "20:00"), ("2026-11-27", "18:00", "20:00"),
        ("daily except 2026-02-30", "18:00", "20:00"), ("Monday to", "18:00", "20:00"), ("daily", "20:00", "18:00"), ("daily", "18:00", "18:00"), ("daily", "24:00", "02:00"),
        ("daily", "25:00", "26:00"), ("daily", "18:75", "20:00"), ("daily", "13pm", "14pm"), ("daily", "soon", "later"), ("daily", "0pm", "2pm"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_read_is_refused(days: str, start: str, end: str) -> None:
    """An unknown word, no day left, or hours the wrong way round: asked back, not guessed."""
    with pytest.raises(TimeError, match=r"[?.]$"):
        read_rule(days, start, end)


dates = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(0, 6), min_size=1), dates, st.integers(0, 61), st.sets(dates, max_size=5), st.integers(0, 22))
def test_a_rule_gives_one_window_on_each_of_its_days(weekdays: set[int], first: date, length: int, without: set[date], hour: int) -> None:
    """On all of them within the range, both ends included, by the wall clock, and on no other."""
    range_ = [first + timedelta(days=n) for n in range(length + 1)]
    expected = [day for day in range_ if day.weekday() in weekdays and day not in without]
    rule = Rule(frozenset(weekdays), (hour * 60, (hour + 1) * 60), "if_needed", frozenset(without))
    if not expected:
        with pytest.raises(TimeError, match="No such day"):
            rule_windows(rule, first, range_[-1], ZoneInfo("Asia/Kathmandu"))
        return
    found = rule_windows(rule, first, range_[-1], ZoneInfo("Asia/Kathmandu"))
    assert [(w.start.date(), w.start.hour, w.end - w.start, w.kind) for w in found.windows] == [
        (day, hour, timedelta(hours=1), "if_needed") for day in expected
    ]
    assert found.warnings == ()


def test_a_rule_needs_a_range_of_days() -> None:
    """Not reversed, not longer than two months; a rule over midnight says how it was read."""
    rule = read_rule("Fridays", "22:00", "01:00")
    for last in (FRIDAY - timedelta(days=1), FRIDAY + timedelta(days=62)):
        with pytest.raises(TimeError):
            rule_windows(rule, FRIDAY, last, HELSINKI)
    found = rule_windows(rule, FRIDAY, FRIDAY, HELSINKI)
    assert said(found.windows) == [(27, 22, 25, "free")]
    assert found.warnings == ("I read 22:00 to 01:00 as going over midnight.",)


def test_a_rule_leaves_out_the_night_that_the_clocks_skip() -> None:
    """03:00 to 04:00 every day, but not on 29 March, and it says so."""
    found = rule_windows(read_rule("daily", "3:00", "4:00"), date(2026, 3, 28), date(2026, 3, 30), HELSINKI)
    assert [w.start.day for w in found.windows] == [28, 30]
    assert "Sunday 29 March 2026" in found.warnings[0] and "there is no 03:00 to 04:00" in found.warnings[0]
    with pytest.raises(TimeError, match="there is no 03:00 to 04:00"):
        rule_windows(read_rule("Sundays", "3:00", "4:00"), date(2026, 3, 29), date(2026, 3, 29), HELSINKI)


# The wall clock


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "kind", "utc", "words"),
    [
        ("Europe/Helsinki", date(2026, 3, 29), (60, 240), "free", ("28T23:00", "29T01:00"), "that is 2 hours"),
        ("Europe/Helsinki", date(2026, 10, 25), (60, 240), "free", ("24T22:00", "25T02:00"), "that is 4 hours"),
        ("Europe/Helsinki", date(2026, 3, 29), (210, 300), "free", ("29T01:00", "29T02:00"), "There is no 03:30 on Sunday 29 March 2026 in Europe/Helsinki: the clocks go forward to 04:00"),
        ("Europe/Helsinki", date(2026, 10, 25), (210, 300), "free", ("25T00:30", "25T03:00"), "I take the first"),
        ("Europe/Helsinki", date(2026, 10, 25), (60, 210), "free", ("24T22:00", "25T00:30"), "There are two 03:30 on Sunday 25 October 2026"),
        ("Europe/Helsinki", date(2026, 10, 25), (60, 210), "busy", ("24T22:00", "25T01:30"), "I take the second"),
        ("America/New_York", date(2026, 10, 31), (1380, 1620), "free", ("01T03:00", "01T08:00"), "that is 5 hours"),
        ("Africa/Cairo", date(2026, 4, 24), (0, 600), "free", ("23T22:00", "24T07:00"), "There is no 00:00"),
        ("Pacific/Apia", date(2011, 12, 29), (1200, 1500), "free", ("30T06:00", "30T10:00"), "There is no 01:00 on Friday 30 December 2011"),
        ("Europe/Helsinki", date(2026, 10, 25), (0, 1440), "busy", ("24T21:00", "25T22:00"), ""), ("Europe/Helsinki", FRIDAY, (1080, 1200), "free", ("27T16:00", "27T18:00"), ""),
    ],
)  # fmt: skip
def test_a_wall_time_on_the_night_of_a_change(
    zone: str, day: date, minutes: tuple[int, int], kind: Kind, utc: tuple[str, str], words: str
) -> None:
    """One that is skipped is the moment of the change, one that comes twice the first, or as the end of something busy the second."""
    found = wall_window(day, minutes, ZoneInfo(zone), kind)
    (one,) = found.windows
    assert tuple(f"{moment.astimezone(UTC):%dT%H:%M}" for moment in (one.start, one.end)) == utc
    assert words in " ".join(found.warnings) and bool(words) == bool(found.warnings)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Pacific/Chatham"]),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(0, 1439),
)
def test_no_moment_before_a_wall_time_shows_it(name: str, day: date, minutes: int) -> None:
    """It is the first at which that clock shows the time or later, to the minute, on any day of the year."""
    zone = ZoneInfo(name)
    found, wall = wall_moment(day, minutes, zone), datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    shown = [(found.astimezone(UTC) - timedelta(minutes=n)).astimezone(zone).replace(tzinfo=None) for n in (*range(120), 720)]
    assert shown[0] >= wall and all(earlier < wall for earlier in shown[1:])


def test_people_in_several_zones_meet_over_a_clock_change() -> None:
    """19:00 in Helsinki is noon in New York, but for the week in which only one of them has changed the clocks."""
    starts: list[int] = []
    for day in (date(2026, 10, 23), date(2026, 10, 30), date(2026, 11, 6)):
        known = {
            "Anna": wall_window(day, (19 * 60, 21 * 60), HELSINKI).windows,
            "Ben": wall_window(day, (12 * 60, 13 * 60), NEW_YORK).windows,
        }
        whole = wall_window(day, (0, 1440), HELSINKI).windows[0]
        found = find_slots(known, group=list(known), required=list(known), length=HALF, within=[(whole.start, whole.end)], min_people=2)
        starts.append(found[0].start.astimezone(HELSINKI).hour if found else 0)
    assert starts == [19, 0, 19]


# What replaces what


def after(old: list[Window], new: list[Window], mode: str = "replace") -> list[tuple[int, float, float, str]]:
    return said(set_windows(old, new, mode=mode, zone=HELSINKI, now=NOW).windows)


def test_touching_windows_join() -> None:
    """ "6-8 and 8-10" is 6-10."""
    assert after([], [window(27, 18, 20), window(27, 20, 22)]) == [(27, 18, 22, "free")]
    assert after([window(27, 18, 20)], [window(27, 20, 22)], "add") == [(27, 18, 22, "free")]


def test_replacing_a_day_leaves_the_other_days() -> None:
    """Even when two whole days had joined into one stretch; and the small hours belong to the evening before them."""
    both = [window(27, 0, 48, "busy")]
    assert after(both, [window(28, 10, 12)]) == [(27, 0, 24, "busy"), (28, 10, 12, "free")]
    assert after(both, [window(27, 10, 12)]) == [(27, 10, 12, "free"), (28, 0, 24, "busy")]
    late = [window(27, 20, 26)]
    assert after(late, [window(28, 10, 12)]) == [(27, 20, 26, "free"), (28, 10, 12, "free")]
    assert after(late, [window(27, 12, 14)]) == [(27, 12, 14, "free")]
    assert after([window(28, 10, 12)], late) == [(27, 20, 26, "free"), (28, 10, 12, "free")]
    assert after([window(27, 10, 12), window(28, 14, 16), window(29, 10, 12)], [window(27, 18, 36)]) == [
        (27, 18, 36, "free"),
        (29, 10, 12, "free"),
    ]


def test_clearing_forgets_a_day_or_everything() -> None:
    """Nothing is written down by it."""
    old = [window(27, 18, 22), window(28, 10, 12)]
    assert after(old, [], "clear") == []
    assert after(old, [window(27, 0, 24)], "clear") == [(28, 10, 12, "free")]


def test_adding_keeps_both_and_tells_the_contradiction() -> None:
    """Busy counts; nobody is asked to remember what they said."""
    found = set_windows([window(27, 18, 22)], [window(27, 19, 20, "busy")], mode="add", zone=HELSINKI, now=NOW)
    assert said(found.windows) == [(27, 18, 19, "free"), (27, 19, 20, "busy"), (27, 20, 22, "free")]
    assert found.warnings == ("Friday 27 November 2026, 19:00 to 20:00 was said to be both free and busy; I count it as busy.",)
    assert said(found.added) == [(27, 19, 20, "busy")]


@pytest.mark.parametrize(
    ("name", "words"),
    [("Anna", "I know only when Anna cannot, not when they can."), (ME, "I know only when you cannot, not when you can.")],
)
def test_only_busy_times_are_not_free_ones(name: str, words: str) -> None:
    """Who has said only when they cannot is told so."""
    found = set_windows([], [window(27, 8, 12, "busy")], mode="add", zone=HELSINKI, now=NOW, name=name)
    assert found.warnings == (words,)


halves = st.tuples(st.integers(26, 29), st.integers(0, 46), st.integers(1, 12), st.sampled_from(KINDS))
told_rows = st.lists(halves.map(lambda row: window(row[0], row[1] / 2, min(24, (row[1] + row[2]) / 2), row[3])), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(told_rows, told_rows)
def test_what_is_known_of_each_day_is_the_old_or_the_new(old: list[Window], new: list[Window]) -> None:
    """Replaced days are as just said, the others as before, half-hour by half-hour; adding is like saying both at once."""

    def state(windows: Any, moment: datetime) -> str:
        kinds = {w.kind for w in windows if w.start <= moment < w.end}
        return next((kind for kind in ("busy", "free", "if_needed") if kind in kinds), "")

    replaced = set_windows(old, new, mode="replace", zone=HELSINKI, now=NOW).windows
    added = set_windows(old, new, mode="add", zone=HELSINKI, now=NOW).windows
    days = {w.start.day for w in new}
    for moment in (clock(26, n / 2) for n in range(4 * 48)):
        assert state(replaced, moment) == state(new if moment.day in days else old, moment)
        assert state(added, moment) == state([*old, *new], moment)


def test_past_times_are_left_out_or_refused() -> None:
    """Some of them: said. All of them: refused with the present time."""
    found = set_windows([], [window(23, 18, 22), window(24, 8, 10), window(27, 18, 22)], mode="add", zone=HELSINKI, now=NOW)
    assert said(found.windows) == [(24, 8, 10, "free"), (27, 18, 22, "free")]
    assert found.warnings == ("Monday 23 November 2026, 18:00 to 22:00 is past; I left it out.",)
    with pytest.raises(TimeError, match=r"is past: it is 09:00 on Tuesday 24 November 2026\. Which day"):
        set_windows([], [window(24, 7, 9)], mode="add", zone=HELSINKI, now=NOW)


def test_what_cannot_be_taken_in_is_refused() -> None:
    """An unknown mode, no times, a present without a zone, a stretch of months, too many windows."""
    some = [window(27, 18, 22)]
    many = [Window(NOW + 2 * n * HALF, NOW + (2 * n + 1) * HALF) for n in range(MAX_WINDOWS + 1)]
    for new, mode, now, words in (
        (some, "merge", NOW, "I know the modes"),
        ([], "replace", NOW, "No times were given for you"),
        (some, "add", NOW.replace(tzinfo=None), "needs its zone"),
        ([window(27, 0, 24 * 63)], "add", NOW, "at most 62 days"),
        (many, "add", NOW, f"at most {MAX_WINDOWS} windows"),
    ):
        with pytest.raises(PlanningError, match=words):
            set_windows([], new, mode=mode, zone=HELSINKI, now=now)
    assert len(set_windows([], many[:-1], mode="add", zone=HELSINKI, now=NOW).windows) == MAX_WINDOWS


def test_what_is_known_is_read_back_in_full_dates() -> None:
    """The same hours on several days together, a year's worth without end, and nothing as nothing."""
    assert told("Anna", [window(27, 18, 22)], HELSINKI) == "Anna: free Friday 27 November 2026, 18:00 to 22:00 (Europe/Helsinki)."
    assert told("Anna", (), HELSINKI) == "Anna: nothing known (Europe/Helsinki)."
    two = [window(26, 18, 20, "if_needed"), window(27, 18, 20, "if_needed"), window(28, 22, 26, "busy")]
    assert told("Ben", two, HELSINKI) == (
        "Ben: free if needed 18:00 to 20:00 on Thursday 26 November 2026 and Friday 27 November 2026; "
        "busy Saturday 28 November 2026, 22:00 to 02:00 on Sunday 29 November 2026 (Europe/Helsinki)."
    )
    rule = rule_windows(read_rule("weekdays", "18:00", "22:00"), FRIDAY, FRIDAY + timedelta(days=60), HELSINKI).windows
    assert "and 33 more days up to Tuesday 26 January 2027" in told("Anna", rule, HELSINKI)
    many = [Window(NOW + n * timedelta(minutes=37), NOW + n * timedelta(minutes=37) + HALF) for n in range(MAX_WINDOWS)]
    assert len(told("Anna", many, HELSINKI)) < 3000 and "more, the last Friday 1 January 2027" in told("Anna", many, HELSINKI)


# The picture


kinds = st.sampled_from(KINDS)
quarters = st.tuples(st.integers(26, 28), st.integers(0, 90), st.integers(1, 24), kinds).map(
    lambda row: window(row[0], row[1] / 4, (row[1] + row[2]) / 4, row[3])
)
known_of = st.dictionaries(st.sampled_from(["Anna", "Ben", "Carla"]), st.lists(quarters, max_size=5))


@settings(max_examples=100, deadline=None)
@given(known_of)
def test_a_cell_says_what_the_finder_says(known: dict[str, list[Window]]) -> None:
    """In each column every person stands where a slot of that length puts them."""
    group = ["Anna", "Ben", "Carla"]
    drawn = heat_map(known, group=group, days=[date(2026, 11, day) for day in (26, 27, 28)], zone=HELSINKI, hours=(0, 1440))
    for index, (start, end) in enumerate(drawn.columns):
        cells = {name: row[index] for name, row in drawn.rows}
        slots = find_slots(known, group=group, required=[], length=end - start, within=[(start, end)], limit=1)
        assert bool(slots) == bool({"yes", "if_needed"} & set(cells.values()))
        for slot in slots:
            assert cells == {name: answer for answer in ("yes", "if_needed", "no", "unknown") for name in getattr(slot, answer)}
        assert drawn.step_minutes == 30 and len(drawn.columns) == 3 * 48


def test_the_picture_carries_its_data_as_text() -> None:
    """A line a day with the full date and every person, and JSON with one letter a cell."""
    known = {
        "Anna": [window(27, 18, 20), window(27, 20, 21, "if_needed")],
        "Ben": [window(27, 19, 20, "busy")],
        "Dan": [window(28, 18, 19)],
    }
    drawn = heat_map(known, group=["Anna", "Ben", "Carla", "Dan"], days=(), zone=HELSINKI)
    assert drawn.lines == (
        "Friday 27 November 2026, 18:00 to 21:00 (Europe/Helsinki). Anna: yes 18:00 to 20:00, if needed 20:00 to 21:00; Ben: no 19:00 to 20:00, not known otherwise; Carla: not known; Dan: no.",
        "Saturday 28 November 2026, 18:00 to 21:00 (Europe/Helsinki). Anna: no; Ben: not known; Carla: not known; Dan: yes 18:00 to 19:00, no otherwise.",
    )
    data = json.loads(json.dumps(drawn.as_json()))
    assert data["columns"][0] == "2026-11-27T18:00+02:00" and len(data["columns"]) == 12 and drawn.notes == ()
    assert {row["name"]: row["cells"] for row in data["rows"]} == {
        "Anna": "yyyymm" + "n" * 6,
        "Ben": "??nn??" + "?" * 6,
        "Carla": "?" * 12,
        "Dan": "n" * 6 + "yynnnn",
    }
    assert data["legend"] == {letter: cell for cell, letter in CELL_LETTERS.items()}


def test_the_picture_is_bounded_and_says_what_it_leaves_out() -> None:
    """Fifty people and two months: fourteen days in wide columns, some of the names in words."""
    group = [f"Guest {n}" for n in range(50)]
    days = [FRIDAY + timedelta(days=n) for n in range(62)]
    half_hours = [Window(clock(27, n), clock(27, n + 0.5)) for n in range(MAX_WINDOWS)]
    drawn = heat_map(dict.fromkeys(group, half_hours), group=group, days=days, zone=HELSINKI)
    assert len({start.date() for start, _ in drawn.columns}) == SHOWN_DAYS and len(drawn.columns) * 50 <= 4000
    assert len(json.dumps(drawn.as_json())) < 40_000
    assert drawn.notes[0] == "Only the first 14 of 62 days are shown, until Thursday 10 December 2026."
    assert "all of it is free" in drawn.notes[1] and "12 of 50 people" in drawn.notes[2] and "and 38 more people" in drawn.lines[0]
    few = heat_map({"Anna": half_hours[:4]}, group=["Anna"], days=[], zone=HELSINKI)
    assert (few.step_minutes, len(few.columns), few.notes) == (30, 7, ())


def test_a_day_of_23_or_25_hours_has_its_columns() -> None:
    """Each half-hour once, none made up, and a day whose hours are all skipped is said."""
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        drawn = heat_map({}, group=["Anna"], days=[day], zone=HELSINKI, hours=(0, 1440))
        assert len(drawn.columns) == 2 * hours and len({start.astimezone(UTC) for start, _ in drawn.columns}) == 2 * hours
    (line,) = heat_map({}, group=["Anna"], days=[date(2026, 3, 29)], zone=HELSINKI, hours=(180, 240)).lines
    assert "hours that the clocks skip" in line


def test_there_is_no_picture_of_nobody_or_of_nothing() -> None:
    """Nor of five hundred."""
    for group, words in (([], "Who is coming"), ([f"Guest {n}" for n in range(500)], "at most 50 people, not 500")):
        with pytest.raises(PersonError, match=words):
            heat_map({}, group=group, days=[FRIDAY], zone=HELSINKI)
    with pytest.raises(TimeError, match="nothing to draw"):
        heat_map({"Anna": [window(27, 8, 20, "busy")]}, group=["Anna"], days=(), zone=HELSINKI)


# What would fix it


def test_who_cannot_come_and_what_would_fix_it_is_said_in_words() -> None:
    """Names, full dates and minutes, for you as for the others."""
    known = {"Anna": [window(27, 18, 20)], "Ben": [window(27, 17, 22), window(27, 19, 19.5, "busy")], ME: [window(27, 19, 22)], "Zoe": []}
    asked: dict[str, Any] = {"group": list(known), "length": timedelta(hours=1), "within": [(clock(27, 8), clock(27, 23))]}
    found = explain_time(known, required=["Anna", ME], start=clock(27, 19.5), **asked)
    assert explanation_words(found, HELSINKI) == (
        "Anna's time Friday 27 November 2026, 18:00 to 20:00 would have to go on 30 minutes longer.",
        "I do not know of a time near it at which Zoe can come.",
        "Moved 30 minutes earlier, to Friday 27 November 2026, 19:00 to 20:00, it would suit all who have to be there.",
        "Cut to 30 minutes, Friday 27 November 2026, 19:30 to 20:00, it would suit all who have to be there.",
    )
    early = explanation_words(explain_time(known, required=["Ben"], start=clock(27, 18.5), **asked), HELSINKI)
    assert "Ben is busy Friday 27 November 2026, 19:00 to 19:30." in early
    assert "Your time Friday 27 November 2026, 19:00 to 22:00 would have to begin 30 minutes earlier." in early


def test_without_a_common_time_there_is_a_best_one_and_a_way_to_mend_it() -> None:
    """Most of them, the least change, and what a shorter meeting would do."""
    known = {"Anna": [window(27, 18, 20)], "Ben": [window(27, 19, 22)], "Carla": [window(27, 17, 22)], "Dan": [window(28, 18, 22)]}
    found = find_compromise(
        known, group=list(known), required=["Anna", "Ben", "Carla"], length=timedelta(hours=2), within=[(clock(27, 8), clock(28, 23))]
    )
    assert compromise_words(found, HELSINKI) == (
        "Most could come Friday 27 November 2026, 18:00 to 20:00: Anna and Carla.",
        "The least would have to change for Friday 27 November 2026, 18:00 to 20:00. Ben's time Friday 27 November 2026, 19:00 to 22:00 would have to begin 1 hour earlier.",
        "1 hour would suit all who have to be there: Friday 27 November 2026, 19:00 to 20:00.",
    )
