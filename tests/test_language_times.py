"""Clock times, days and who is free when, as people write them."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.language import clock, days, times
from vibehuntr_agent.language.context import Context
from vibehuntr_agent.planning.people import ME

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 24, 12, tzinfo=HELSINKI)
"""A Tuesday."""
SATURDAY = date(2026, 11, 28)
EVENING = (17 * 60, 23 * 60)
ROSTER = ("Anna", "Ben", "Leo", ME)
WORDS = "Anna Leo me I we others everyone she free busy can't not from until before after at 7 18 22 pm noon half past - to and , . ; Friday 28 Nov tomorrow same too if needed".split()  # noqa: SIM905  plain words read best
anything = st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def spans(text: str, part: tuple[int, int] | None = None) -> str:
    """The times of a text: "18:00-22:00"."""
    found = [clock.resolve(one, part) for one in clock.find(text)]
    return " ".join(f"{low // 60:02}:{low % 60:02}-{high // 60:02}:{high % 60:02}" for low, high in found)


def context(*earlier: str, **plan: str) -> Context:
    """A dinner on a Saturday evening."""
    return Context(NOW, HELSINKI, plan={"part_of_day": "evening", **plan}, people=tuple({"name": name} for name in ROSTER), earlier=earlier)


def told(text: str, known: Context | None = None, plan_days: Sequence[date] = (SATURDAY,), **how: bool) -> dict[str, list[str]]:
    """Who is what when: {"Anna": ["28 18:00-22:00"]}; what is not free says so, and the days are those of the month, by each window's own clock."""
    reading = times.read(text, known or context(), roster=ROSTER, plan_days=plan_days, **how)
    return {call.args["person"]: [_row(window) for window in call.args["windows"]] for call in reading.calls}


def _row(window: dict[str, str]) -> str:
    start, end = window["start"], window["end"]
    return f"{start[8:10]} {start[11:16]}-{end[11:16]} {window['kind']}".removesuffix(" free")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18-22", "18:00-22:00"), ("6-10pm", "18:00-22:00"), ("6 to 8pm", "18:00-20:00"), ("between 6 and 9", "18:00-21:00"),
        ("six till ten in the evening", "18:00-22:00"), ("11am-1pm", "11:00-13:00"), ("11-1pm", "11:00-13:00"), ("18.30-20", "18:30-20:00"),
        ("noon to 3", "12:00-15:00"), ("07:00-09:00", "07:00-09:00"), ("10:00-10:45", "10:00-10:45"), ("22-02", "22:00-26:00"),
        ("from 8 p.m. to midnight", "20:00-24:00"), ("18-20 and 21-22", "18:00-20:00 21:00-22:00"), ("half seven to quarter to nine", "19:30-20:45"),
        ("from 7pm", "19:00-23:00"), ("from half past seven on", "19:30-23:00"), ("until 9pm", "08:00-21:00"), ("not before 8pm", "20:00-23:00"),
        ("can't after 9pm", "08:00-21:00"), ("no later than 9pm", "08:00-21:00"), ("not Friday, until 9pm", "08:00-21:00"), ("7pm at the earliest", "19:00-23:00"), ("has to leave at 21:30", "08:00-21:30"),
        ("can come at 18:15", "18:15-23:00"), ("8pm at the latest", "08:00-20:00"), ("by 20:00 at the latest", "08:00-20:00"), ("25:70, 4 people, 20 euros, 2 hours, 3.5", ""),
        ("(all pm) 6-8 and 9-10", "18:00-20:00 21:00-22:00"), ("22 to 20", "22:00-20:00"),
    ],
)  # fmt: skip
def test_clock_times_as_people_write_them(text: str, expected: str) -> None:
    """An hour without am or pm is the likely one, a range is in order, and what is no time is none."""
    assert spans(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("7-10", "19:00-22:00"), ("from 8", "20:00-23:00"), ("until ten", "17:00-22:00"), ("5-6", "17:00-18:00")]
)
def test_in_talk_of_an_evening_the_hours_are_those_of_the_evening(text: str, expected: str) -> None:
    """The part of the day decides between morning and evening, and ends what has no end."""
    assert spans(text, EVENING) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on Friday", [27]), ("tuesday", [24]), ("next Friday", [34]), ("Friday in a week", [34]), ("tomorrow", [25]), ("day after tomorrow", [26]),
        ("this weekend", [28, 29]), ("2026-11-30", [30]), ("27 November", [27]), ("Nov 27th", [27]), ("the 27th of Nov.", [27]), ("27.11.", [27]), ("27/11", [27]),
        ("Fri or Sat", [27, 28]), ("in 2 days", [26]), ("a week from tomorrow", [32]), ("Friday the 27th", [27]), ("27 or 28 November", [27, 28]),
        ("28.11. (Saturday)", [28]), ("Thursday in a week, 3 Dec", [33]), ("the 27th and the 28th, November 2026", [27, 28]),
        ("5/12", [35]), ("the 28th or the day before it", [28, 27]), ("31 June", []), ("29 Feb 2027", []), ("18.30-20", []), ("4 people at 7", []),
    ],
)  # fmt: skip
def test_days_as_people_write_them(text: str, expected: list[int]) -> None:
    """A day named in words is the one that a friend would mean, counted here from the start of November; 5/12 is the fifth of December."""
    assert [(day - date(2026, 10, 31)).days for found in days.find(text, NOW.date()) for day in found.days] == expected


def test_a_date_that_is_past_is_next_year_s() -> None:
    """Nobody plans for yesterday."""
    assert days.find("13 and 14 March", NOW.date())[-1].days == (date(2027, 3, 14),)
    assert days.find("23 November", NOW.date())[0].days == (date(2027, 11, 23),)


def test_days_of_the_plan_are_pointed_to() -> None:
    """Once the plan has a Saturday, "Saturday" and "that evening" are it."""
    plan = (date(2026, 12, 5), date(2026, 12, 6))
    assert [found.days for found in days.find("that weekend; Saturday", NOW.date(), plan)] == [plan, plan[:1]]


@pytest.mark.parametrize(
    ("text", "said"),
    [("on 31 June", "There is no “31 June”. Which day do you mean?"), ("Friday 28 November", "“Friday 28 November”: that date is a Saturday. I take the date."), ("Saturday 28 Nov", None)],
)  # fmt: skip
def test_dates_that_cannot_be_are_told(text: str, said: str | None) -> None:
    """What does not exist, or is another weekday, is said."""
    assert days.problems(text, NOW.date()) == ([said] if said else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna is busy 18-19 on Friday and 20-21 on Saturday", {"Anna": ["27 18:00-19:00 busy", "28 20:00-21:00 busy"]}),
        ("Anna is free from 18 to 22, Ben from 7pm", {"Anna": ["28 18:00-22:00"], "Ben": ["28 19:00-23:00"]}),
        ("18-22 works for me and Anna", {"me": ["28 18:00-22:00"], "Anna": ["28 18:00-22:00"]}),
        ("Anna 18-20. Same for Leo, and Ben too", {"Anna": ["28 18:00-20:00"], "Leo": ["28 18:00-20:00"], "Ben": ["28 18:00-20:00"]}),
        ("Anna can from 8, no, from half past seven", {"Anna": ["28 19:30-23:00"]}),
        ("Anna is free 18:00 to 21:00, sorry, to 22:00", {"Anna": ["28 18:00-22:00"]}),
        ("everyone but Leo can 18-22", {"Anna": ["28 18:00-22:00"], "Ben": ["28 18:00-22:00"], "me": ["28 18:00-22:00"]}),
        ("Leo is free 20-23, the others 18-22", {"Leo": ["28 20:00-23:00"], "Anna": ["28 18:00-22:00"], "Ben": ["28 18:00-22:00"]}),
        ("Anna is free 18-22 but not 19-20", {"Anna": ["28 18:00-22:00", "28 19:00-20:00 busy"]}),
        ("Anna can 18-22 on Friday and from 20 on Saturday", {"Anna": ["27 18:00-22:00", "28 20:00-23:00"]}),
        ("Anna: 18-20 New York time", {"Anna": ["28 18:00-20:00"]}),
        ("Anna is free from 22 to 20", {"Anna": ["28 22:00-20:00"]}),
        ("Busy times:\nAnna: 18-19, 20-21", {"Anna": ["28 18:00-19:00 busy", "28 20:00-21:00 busy"]}),
        ("Ben can't before 8pm", {"Ben": ["28 20:00-23:00"]}), ("Ben is busy on Sunday", {"Ben": ["29 00:00-00:00 busy"]}),
        ("Ben could do 17-18 if needed", {"Ben": ["28 17:00-18:00 if_needed"]}), ("Tom can 18-19", {}),
        ('Ben wrote: "I can do 19 to 21"', {"Ben": ["28 19:00-21:00"]}), ("Anna is free any time", {"Anna": ["28 08:00-23:00"]}),
        ("Ben can do 13:00 to 19:45 on 28.11. 18.30 until 21.30 on 29.11. works for me", {"Ben": ["28 13:00-19:45"], "me": ["29 18:30-21:30"]}),
        ("Is Anna free from 18 to 22?", {}), ("Let's meet from 20 to 22", {}), ("When can Anna come?", {}), ("we are 4 people with 30 euros", {}),
    ],
)  # fmt: skip
def test_who_is_free_when(text: str, expected: dict[str, list[str]]) -> None:
    """Each statement reaches those that it is about, on their day; questions and decisions tell nothing."""
    assert told(text) == expected


def test_an_open_side_changes_what_was_told_before() -> None:
    """ "Until 21" keeps the start that Anna has told."""
    known = {"Anna": [{"start": "2026-11-28T18:00:00+02:00", "end": "2026-11-28T22:00:00+02:00", "kind": "free"}]}
    base = context()
    with_times = Context(NOW, HELSINKI, plan=base.plan, people=base.people, availability=known)
    assert told("Anna only until 21", with_times) == {"Anna": ["28 18:00-21:00"]}
    assert told("Anna can come from 19 only", with_times) == {"Anna": ["28 19:00-22:00"]}


def test_zones_are_those_of_the_time_or_of_the_person() -> None:
    """A time beside a zone is by its clock, and so are the times of somebody who is elsewhere."""
    for text, known in (("Anna: 10:00-12:00 New York time", context()), ("Anna can 10:00-12:00", context("Anna is in New York"))):
        reading = times.read(text, known, roster=ROSTER, plan_days=[SATURDAY])
        assert [row["start"] for row in reading.calls[0].args["windows"]] == ["2026-11-28T10:00:00-05:00"]


def test_times_told_before_any_day_count_once_there_is_one() -> None:
    """They wait for the plan's first days, and a day is asked for until then."""
    assert "day" in times.read("Anna is free 18-22", context(), roster=ROSTER, plan_days=()).asks
    assert told("on Saturday", context("Anna is free 18-22", "me too"), first_days=True) == {
        "Anna": ["28 18:00-22:00"],
        "me": ["28 18:00-22:00"],
    }


@settings(max_examples=100, deadline=None)
@given(anything, st.lists(anything, max_size=12), st.booleans())
def test_any_text_is_read_without_an_error(text: str, earlier: list[str], first: bool) -> None:
    """Whatever is typed now and before, reading it gives windows or nothing."""
    told(text, context(*earlier, *["me too"] * 12), first_days=first)
