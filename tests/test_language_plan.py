"""The facts of a plan in a message, and the whole message as tool calls."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.language import plan
from vibehuntr_agent.language.context import Context
from vibehuntr_agent.language.understand import Understood, understand
from vibehuntr_agent.language.unused import unused_words
from vibehuntr_agent.planning.people import ME

HELSINKI = ZoneInfo("Europe/Helsinki")
EMPTY = Context(datetime(2026, 11, 24, 12, tzinfo=HELSINKI), HELSINKI)
DINNER = {
    "kind": "dinner",
    "city": "Helsinki",
    "date_from": "2026-11-28",
    "date_to": "2026-11-28",
    "budget_per_person": 20,
    "currency": "EUR",
}
GROUP = ("Anna", "Ben", "Leo", ME)
PLANNED = replace(EMPTY, plan=DINNER, people=tuple({"name": name, "attendance": "required"} for name in GROUP))
WORDS = "dinner with Anna ben me on Friday 28 Nov 18-22 from 7 pm 2 hours 30 € each in Helsinki Tampere no sorry can't when ? ; \n s\u0131x \u017fat 4 people vegan undo vote venue it".split()  # noqa: SIM905  plain words read best
anything = st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def facts(text: str, known: Context = EMPTY) -> dict[str, Any]:
    """What update_plan is called with, but for the days."""
    said = _args(understand(text, known), "update_plan")
    return {key: value for key, value in said.items() if not key.startswith("date_")}


def dates(text: str, known: Context = EMPTY) -> tuple[str, ...]:
    """The plan's new days."""
    said = _args(understand(text, known), "update_plan")
    return tuple(said[key] for key in ("date_from", "date_to") if key in said)


def _args(said: Understood, name: str) -> dict[str, Any]:
    return next((call.args for call in said.calls if call.name == name), {})


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("at most 30 euros each", 30, "EUR"), ("€25 per person", 25, "EUR"), ("25.50 € a head", 25.5, "EUR"), ("no more than thirty-five pounds", 35, "GBP"), ("$40 max", 40, "USD"),
        ("no more than 20, no wait, 30 euros", 30, "EUR"), ("raise the budget from 20 to 35 euros", 35, "EUR"), ("400 SEK each", 400, "SEK"), ("budget: 15 quid pp", 15, "GBP"),
        ("Anna can only spend 20 euros", None, None), ("we are 30", None, None),
    ],
)  # fmt: skip
def test_the_budget_is_the_sum_said_last(text: str, amount: float | None, currency: str | None) -> None:
    """A sum with its currency, not the one that is taken back, nor what one person may spend."""
    said = facts(text)
    assert (said.get("budget_per_person"), said.get("currency")) == (amount, currency)


def test_without_a_currency_a_sum_changes_the_budget_that_there_is() -> None:
    """ "The limit is 25" means euros when the plan is in euros, and nothing when it has no budget."""
    assert facts("make the limit 25", PLANNED) == {"budget_per_person": 25}
    assert "budget_per_person" not in facts("make the limit 25")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("two hours", 120), ("90 min", 90), ("1.5 h", 90), ("an hour and a half", 90), ("half an hour", 30), ("three quarters of an hour", 45), ("2h30", 150), ("a couple of hours", 120),
        ("1 hour and 15 minutes", 75), ("two and a half hours", 150), ("an hour, no, two hours", 120), ("one hour is too short, two hours", 120),
        ("in two hours", None), ("half an hour earlier", None), ("a 10 minute walk", None), ("9999999999999999999 hours", 60_000_000_000),
    ],
)  # fmt: skip
def test_the_length_is_that_of_the_meeting(text: str, minutes: int | None) -> None:
    """Lengths as people write them, not those of walks and shifts; a mad one is left to the tool to refuse."""
    assert facts(text).get("duration_minutes") == minutes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a table for four", 4), ("we are 6", 6), ("five of us", 5), ("me and 3 friends", 4), ("with two others", 3), ("12 people", 12), ("party of 8", 8), ("for 2 hours", None),
        ("for 20 euros", None), ("we are 4:30", None), ("one person", None), ("two of us are vegan", None), ("for twenty-one people", 21),
    ],
)  # fmt: skip
def test_how_many_they_are(text: str, size: int | None) -> None:
    """Those who are with the one who types, and that one; lengths and sums are no people."""
    assert facts(text).get("number_of_people") == size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dinner with Anna in Helsinki", {"kind": "dinner", "city": "Helsinki"}), ("let's have a birthday lunch", {"kind": "birthday lunch"}), ("bday dinner, tampere", {"kind": "birthday dinner", "city": "Tampere"}),
        ("a meeting over coffee", {"kind": "coffee"}), ("drinks in Porto on Friday evening", {"kind": "drinks", "city": "Porto", "part_of_day": "evening"}), ("in May", {}),
        ("lunch, office hours 9 to 17", {"kind": "lunch", "hours_from": "09:00", "hours_to": "17:00"}), ("find some time between 9 and 5 to meet", {"hours_from": "09:00", "hours_to": "17:00"}),
        ("dinner for two vegans", {"kind": "dinner", "notes": ["two vegans"]}), ("dinner, zone Europe/Paris", {"kind": "dinner", "zone": "Europe/Paris"}), ("good evening", {}),
    ],
)  # fmt: skip
def test_what_and_where(text: str, expected: dict[str, Any]) -> None:
    """The occasion, the city, the hours and what is to be noted."""
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("actually, make it lunch", {"kind": "lunch"}), ("lunch was good", {}), ("sorry, I meant Tampere", {"city": "Tampere"}), ("Leo is in Tampere now", {}), ("let's move it to Turku", {"city": "Turku"}),
        ("we are 3", {}), ("six of us", {"number_of_people": 6}),
    ],
)  # fmt: skip
def test_a_plan_changes_only_when_that_is_said(text: str, changed: dict[str, Any]) -> None:
    """What is known stays, unless the words change it."""
    assert facts(text, PLANNED) == changed


@pytest.mark.parametrize(
    ("text", "known", "days"),
    [
        ("dinner on Friday 27 or Saturday 28 November", EMPTY, ("2026-11-27", "2026-11-28")), ("dinner on Thursday, sorry, Friday", EMPTY, ("2026-11-27", "2026-11-27")),
        ("Anna is free on Friday 18-22", PLANNED, ()), ("could we move it to Sunday?", PLANNED, ("2026-11-29", "2026-11-29")), ("Sunday is my day off", PLANNED, ()), ("dinner on 31 June", EMPTY, ()),
    ],
)  # fmt: skip
def test_the_plan_s_days(text: str, known: Context, days: tuple[str, ...]) -> None:
    """The days that are not somebody's; later ones only when the plan is moved."""
    assert dates(text, known) == days


def test_what_is_taken_back_is_blanked_out() -> None:
    """Positions stay, so that every reader finds its words where they are."""
    text = "dinner on Thursday, sorry, Friday in Tampere, sorry, in Helsinki"
    assert len(plan.corrected(text)) == len(text)
    assert plan.corrected(text).split() == ["dinner", "on", "Friday", "in", "Helsinki"]
    assert plan.plan_days_in("free on Friday", EMPTY, [(0, 20)], ()) == ()
    assert plan.plan_days_in("free on Friday", EMPTY, [], ()) == (date(2026, 11, 27),)


def test_a_whole_message_is_calls_in_their_order() -> None:
    """What the plan is, who is in it, when they can; then the question."""
    said = understand("Dinner with Anna and Ben on Saturday, 2 hours. Anna is vegan. We are all free 18-22. When can we meet?", EMPTY)
    assert [call.name for call in said.calls] == ["update_plan", "set_people", "remember", *["set_availability"] * 3, "find_times"]
    assert said.problems == ()


def test_what_no_reader_used_is_quoted() -> None:
    """A clause of its own is given back as typed, small talk is not."""
    text = "Dinner on Friday, the weather forecast promises snow, thanks"
    assert unused_words(text, understand(text, EMPTY)) == ["the weather forecast promises snow"]


@settings(max_examples=100, deadline=None)
@given(anything, st.lists(anything, max_size=4), st.sampled_from([EMPTY, PLANNED]))
def test_any_message_is_understood_without_an_error(text: str, earlier: list[str], known: Context) -> None:
    """Whatever is typed, the calls are plain data, and the rest has the length of what was read."""
    said = understand(text, replace(known, earlier=tuple(earlier)))
    assert understand(text, replace(known, earlier=tuple(earlier))) == said
