"""The twelve conversations as data: told apart from one another, on real days, and with checks that miss no fact."""

from __future__ import annotations

import copy
import importlib
import re
import unicodedata
from calendar import day_abbr, month_abbr
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from conversations import generated
from conversations.facts import ME
from conversations.generated import NAMES, Generated
from conversations.model import (
    END,
    NOW,
    REWORDINGS,
    Confirm,
    Conversation,
    Fail,
    History,
    Mark,
    Says,
    Transcript,
    Undo,
    full_text,
    referred,
    typed,
)
from hypothesis import given
from rapidfuzz import fuzz

MODULES = sorted(path.stem for path in (Path(__file__).parent / "conversations").glob("c[0-9][0-9]_*.py"))
CONVERSATIONS: list[Conversation] = [importlib.import_module(f"conversations.{name}").CONVERSATION for name in MODULES]
EACH = pytest.mark.parametrize("conversation", CONVERSATIONS, ids=MODULES)

ALIKE = 90
MONTHS = {name.casefold(): number for number, name in enumerate(month_abbr) if name}
DAYS = {name.casefold(): number for number, name in enumerate(day_abbr)}
WEEKDAY = r"\b(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]*"
MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
ORDINAL = r"(?P<day>\d{1,2})(?:st|nd|rd|th)"
YEAR = r"(?:,? (?P<year>20\d\d))?"
PATTERNS = (
    rf"(?:{WEEKDAY},? (?:the )?)?\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTH}\b{YEAR}",
    rf"(?:{WEEKDAY},? )?\b{MONTH} (?P<day>\d{{1,2}})\b(?![:.]\d| ?[ap]m){YEAR}",
    rf"(?:{WEEKDAY} )?\b(?P<day>\d{{1,2}})\.(?P<month>1[0-2]|[1-9])\.(?P<year>20\d\d)?",
    rf"(?:{WEEKDAY} )?\b(?P<day>\d{{1,2}})/(?P<month>1[0-2]|[1-9])\b",
    rf"(?:{WEEKDAY},? )(?:the )?{ORDINAL}",
)


def mentioned(text: str, month: str | None = None) -> Iterator[tuple[str, date]]:
    """The days that `text` names by number, and the weekday that it gives them, if any; a bare "14th" is in `month`, or the next such day."""
    for pattern in PATTERNS:
        for match in re.finditer(pattern, text.casefold()):
            said = match.groupdict()
            yield said["weekday"] or "", meant(int(said["day"]), said.get("month") or month, said.get("year"))


def meant(day: int, month: str | None, year: str | None) -> date:
    """The next such day; with a month of this year, the day in it, though it may be over."""
    if not month:
        return next(each for each in (NOW.date() + timedelta(days=n) for n in range(62)) if each.day == day)
    number = MONTHS.get(month) or int(month)
    return date(int(year or NOW.year + (number < NOW.month)), number, day)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a state that is not a container."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield path
    else:
        for key, part in inner:
            yield from leaves(part, (*path, key))


def without(state: Any, path: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(state)
    del at(made, path[:-1])[path[-1]]
    return made


def later(state: Any, path: tuple[Any, ...]) -> Any:
    """The state with the time at `path` a quarter of an hour later."""
    made = copy.deepcopy(state)
    at(made, path[:-1])[path[-1]] = (datetime.fromisoformat(at(made, path)) + timedelta(minutes=15)).isoformat()
    return made


def changed(state: Any, path: tuple[Any, ...]) -> Any:
    """The state with another value at `path`."""
    made = copy.deepcopy(state)
    old = at(made, path)
    at(made, path[:-1])[path[-1]] = "another" if isinstance(old, str) else old + 1
    return made


def at(state: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        state = state[key]
    return state


def test_there_are_twelve_conversations() -> None:
    """Numbered as the issue numbers them, in files named by the number."""
    assert [conversation.number for conversation in CONVERSATIONS] == list(range(1, 13))
    assert [int(name[1:3]) for name in MODULES] == list(range(1, 13))
    assert len({conversation.title for conversation in CONVERSATIONS}) == 12


@EACH
def test_ten_rewordings_are_no_copies(conversation: Conversation) -> None:
    """Any two of the eleven are told apart, also when their lines are put in another order."""
    texts = [full_text(transcript).casefold() for transcript in conversation.transcripts]
    assert len(texts) == 1 + REWORDINGS
    for one, other in combinations(texts, 2):
        assert max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) < ALIKE, (one, other)


@EACH
def test_days_are_to_come_and_fall_on_their_weekday(conversation: Conversation) -> None:
    """Nobody plans for the past, and "Friday 27 November" is a Friday."""
    month = "mar" if conversation.number == 5 else None
    days = [day for transcript in conversation.transcripts for day in mentioned(full_text(transcript), month)]
    assert days or conversation.number == 10  # in which no day is spoken of
    assert all(day >= NOW.date() for _, day in days), days
    assert all(day.weekday() == DAYS[weekday] for weekday, day in days if weekday), days


def test_days_are_found_in_the_ways_that_people_write_them() -> None:
    """The check of the days sees a wrong weekday and a day that is over."""
    text = "Fri 27 Nov, Friday the 20th, Sunday, March 14, 27.11., sat 28/11, on the 1st of December, Tuesday 17 November"
    found = {(weekday, day.isoformat()) for weekday, day in mentioned(text)}
    fridays = {("fri", "2026-11-27"), ("fri", "2026-11-20")}
    assert found >= fridays | {("sun", "2027-03-14"), ("", "2026-11-27"), ("sat", "2026-11-28"), ("", "2026-12-01"), ("tue", "2026-11-17")}


@EACH
def test_every_reworded_transcript_can_pass(conversation: Conversation) -> None:
    """The reference holds what is said in each of the eleven, and each passes every mark of the check once."""
    for transcript in conversation.transcripts:
        marks = [step.name for step in transcript if isinstance(step, Mark)]
        assert sorted([*marks, END]) == sorted(conversation.reference)
        conversation.check(referred(transcript, conversation.reference))


@EACH
def test_an_empty_state_fails(conversation: Conversation) -> None:
    """A planner that stores nothing passes no check."""
    for transcript in conversation.transcripts:
        with pytest.raises(AssertionError):
            conversation.check(History(transcript, [{}] * len(transcript)))


def broken(conversation: Conversation) -> Iterator[tuple[str, dict[str, Any]]]:
    """The reference with one value taken away or changed at one mark, and what was done to it.

    What the extract calls its venues may be anything, and so may a label; a calendar file may also count on by two.
    """
    for name, state in conversation.reference.items():
        for path in leaves(state):
            yield f"{name}: no {path}", {**conversation.reference, name: without(state, path)}
            if path[-1] in {"start", "end", "arrive", "leave"}:
                yield f"{name}: {path} later", {**conversation.reference, name: later(state, path)}
            elif path[-1] not in {"label", "sequence"} and (path[0] != "venues" or name == END):
                yield f"{name}: another {path}", {**conversation.reference, name: changed(state, path)}


@EACH
def test_each_fact_counts(conversation: Conversation) -> None:
    """Whatever single fact is missing or wrong, the check says so, by an AssertionError."""
    original = conversation.transcripts[0]
    for what, reference in broken(conversation):
        try:
            conversation.check(referred(original, reference))
        except AssertionError:
            continue
        pytest.fail(f"passes with {what}")


@EACH
def test_a_stranger_on_the_roster_fails(conversation: Conversation) -> None:
    """Names are exactly those that were said."""
    final = conversation.reference[END]
    if "people" not in final:
        return
    crowded = {**conversation.reference, END: {**final, "people": [*final["people"], {"name": "Pat", "attendance": "optional"}]}}
    with pytest.raises(AssertionError):
        conversation.check(referred(conversation.transcripts[0], crowded))


@EACH
def test_steps_are_in_a_possible_order(conversation: Conversation) -> None:
    """Something is typed before it is confirmed or undone, and nothing typed is empty."""
    for transcript in conversation.transcripts:
        assert isinstance(transcript[0], str)
        acts: Transcript = tuple(step for step in transcript if not isinstance(step, Mark))
        assert all(isinstance(before, str) for before, step in pairwise(acts) if isinstance(step, Confirm | Undo))
        assert all(typed(step).strip() for step in acts if isinstance(step, str | Says | Fail))


def test_the_issues_own_words_are_there() -> None:
    """The half-seven correction, a second user, a refusal, 400 words, a failing provider, another language."""
    by_number = {conversation.number: conversation.transcripts for conversation in CONVERSATIONS}
    assert "not before half seven, sorry, half past seven" in full_text(by_number[2][0])
    assert any(isinstance(step, Says) for transcript in by_number[10] for step in transcript)
    assert all(
        Confirm(yes=False) in transcript and Confirm(yes=True) in transcript for number in (10, 11) for transcript in by_number[number]
    )
    assert any(isinstance(step, Undo) for transcript in by_number[11] for step in transcript)
    assert all(max(len(typed(step).split()) for step in transcript) >= 400 for transcript in by_number[12])
    assert all(any(isinstance(step, Fail) for step in transcript) for transcript in by_number[12])


def plain(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))


def test_generated_names_are_told_apart() -> None:
    """Sixty names, of which none could be a slip of the pen for another."""
    assert len(set(NAMES)) == 60
    assert not [(a, b) for a, b in combinations(NAMES, 2) if fuzz.ratio(plain(a), plain(b)) >= 80]


@given(generated.conversations())
def test_generated_messages_tell_each_fact_once(conversation: Generated) -> None:
    """Every slot of the plan is told in the messages, nothing else is, and all of it lies ahead on quarter hours."""
    facts = conversation.facts
    optional = {"length": facts.length, "budget": facts.budget, "required": facts.required}
    wanted = {"kind", "people", "days"} | {key for key, value in optional.items() if value is not None}
    told = [slot for message in conversation.messages for slot in message.tells]
    assert set(told) == wanted | {f"availability:{window.name}" for window in facts.windows}
    assert all(window.start > NOW and window.start < window.end and not window.start.minute % 15 for window in facts.windows)
    assert all(NOW.date() < day <= NOW.date() + generated.WEEKS for day in facts.days)
    texts = "\n".join(message.text.casefold() for message in conversation.messages)
    assert all(name.casefold() in texts for name in facts.others)
    assert not re.search(r"[{}]", texts)


@given(generated.conversations())
def test_generated_dates_are_right(conversation: Generated) -> None:
    """The days that the messages name are days of the plan, on their weekday."""
    for message in conversation.messages:
        for weekday, day in mentioned(message.text):
            assert day in conversation.facts.days
            assert not weekday or day.weekday() == DAYS[weekday]


@given(generated.conversations())
def test_generated_checks_miss_no_fact(conversation: Generated) -> None:
    """The check takes a state with all the facts, and none with a value less or a time moved."""
    state = conversation.facts.reference()
    conversation.facts.check(state)
    for path in leaves(state):
        if path[-1] in {"start", "end"}:
            with pytest.raises(AssertionError):
                conversation.facts.check(later(state, path))
    for index, _ in enumerate(conversation.facts.people):
        with pytest.raises(AssertionError):
            conversation.facts.check({**state, "people": [p for n, p in enumerate(state["people"]) if n != index]})
    assert ME in conversation.facts.people
