"""What a friend tells their own agent, in catchwords or sentences: times, tastes, limits; and what is not understood is said."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from conversations.model import NOW, ZONE

from vibehuntr_agent.friends.own_facts import Understood, read_facts, sentences


def read(text: str) -> Understood:
    return read_facts(text, NOW.astimezone, ZoneInfo(ZONE.key))


def hours(known: Understood, day: datetime) -> list[tuple[str, str, str]]:
    local = [(window.start.astimezone(ZONE), window.end.astimezone(ZONE), window.kind) for window in known.facts.windows]
    return [(f"{start:%H:%M}", f"{end:%H:%M}", kind) for start, end, kind in local if start.date() == day.date()]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("vegan, free after 18", "I am vegan. I am free after 18."),
        ("likes Thai food; hates noise", "I like Thai food. I hate noise."),
        ("free Friday 18-22, Saturday from 12", "I am free Friday 18-22, Saturday from 12."),
        ("I am free on Monday. My budget is 30 euros", "I am free on Monday. My budget is 30 euros."),
        ("up to 40 €", "I can pay up to 40 €."),
        ("free on Saturday", "I am free all day on Saturday."),
        ("", ""),
    ],
)
def test_catchwords_become_sentences(told: str, said: str) -> None:
    """Sentences stay as they are; what goes on with the clause before stays with it."""
    assert sentences(told) == said


def test_a_friend_is_understood() -> None:
    """Times by the clock of their zone, facts with their strength, the budget as their own."""
    known = read("free Friday 27 November from 7pm to 11pm, vegan, likes Thai food, at most 25 euros")
    assert hours(known, datetime(2026, 11, 27, tzinfo=ZONE)) == [("19:00", "23:00", "free")]
    facts = {(fact["key"], fact["value"], fact["strength"]) for fact in known.facts.about}
    assert facts == {("diet", "vegan", "must"), ("cuisine", "Thai", "prefer"), ("budget", "25 EUR", "must")}
    assert not known.unused


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ("free every weekday 18-22", {0, 1, 2, 3, 4}),
        ("free weekends from 10 to 20", {5, 6}),
        ("free on Mondays and Thursdays 18:30 to 21:00", {0, 3}),
        ("busy every day 9-17", set(range(7))),
        ("free after 18", set(range(7))),
    ],
)
def test_what_comes_every_week_is_written_down_for_weeks(told: str, days: set[int]) -> None:
    """On these weekdays and on no other."""
    known = read(told)
    assert {window.start.astimezone(ZONE).weekday() for window in known.facts.windows} == days
    assert len(known.facts.windows) >= 8 * len(days)


def test_what_is_not_understood_is_said() -> None:
    """Nothing is dropped in silence."""
    assert read("my dog barks at violins").unused
    assert not read("").told
