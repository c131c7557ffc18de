"""Short replies to the planner's own questions, in real ADK turns: each is answered to the question that the page really shows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from conversations.model import NOW, ZONE
from hypothesis import given, settings
from hypothesis import strategies as st
from planner_talk import Talk

from vibehuntr_agent.language import replies
from vibehuntr_agent.language.context import Context
from vibehuntr_agent.language.understand import understand

DINNER = ("Dinner in Helsinki on Saturday with Sanna and Pekka",)
TIMES = (*DINNER, "Sanna can 18-22, Pekka 17-21")
FOUND = (*TIMES, "I can 17-23")
PLACES = (*FOUND, "yes", "find thai restaurants")
CHOSEN = (*PLACES, "the first one")
FOUR = ("Dinner for four on Saturday", "Anna, Ben and me")
NOWHERE = ("Dinner on Saturday with Sanna", "Find Thai restaurants near Esplanadi")
TAKE: dict[str, Any] = {"decide": {"what": "time", "choice": "1"}}
FILE: dict[str, Any] = {"export_calendar": {}}


def free(start: str, end: str) -> dict[str, Any]:
    """My time on Saturday 21 November, and the search that follows."""
    window = {"start": f"2026-11-21T{start}:00+02:00", "end": f"2026-11-21T{end}:00+02:00", "kind": "free"}
    return {"set_availability": {"person": "me", "windows": [window], "mode": "replace"}, "find_times": {}}


def said(*messages: str) -> tuple[dict[str, Any], Talk]:
    """The calls that the last message leads to, by name."""

    async def run() -> tuple[dict[str, Any], Talk]:
        talk = Talk()
        await talk.open()
        for message in messages:
            await talk.say(message)
        calls = [call for event in talk.events if not event.partial for call in event.get_function_calls()]
        return {str(call.name): call.args for call in calls}, talk

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("before", "reply", "calls"),
    [
        (FOUND, "yes", TAKE), (FOUND, "Ok!", TAKE), (FOUND, "sounds good, thanks", TAKE), (FOUND, "yep, let's do that", TAKE),
        (FOUND, "yes, and find a Thai restaurant", {**TAKE, "search_venues": {"what": "Thai restaurant"}}),
        (FOUND, "anything later?", {"find_times": {"earliest": "2026-11-21T18:30:00+02:00"}}), (FOUND, "what else is there?", {"find_times": {"limit": 10}}),
        (FOUND, "no", {}), (FOUND, "not yet", {}), (FOUND, "yes, but not at 6", {}),
        (CHOSEN, "yes please", FILE), (CHOSEN, "sure, do it", FILE), (CHOSEN, "no thanks", {}),
        (PLACES, "show me more", {"search_venues": {"what": "Thai restaurant", "limit": 7}}),
        (PLACES, "what about Italian?", {"search_venues": {"what": "Italian restaurant"}}), (PLACES, "none of them", {}),
        (TIMES, "after 6", free("18:00", "23:00")), (TIMES, "6 to 9", free("18:00", "21:00")), (TIMES, "whenever", free("08:00", "23:00")),
        (TIMES, "I'm free", free("08:00", "23:00")), (TIMES, "in the evening", free("17:00", "23:00")), (TIMES, "Saturday", free("08:00", "23:00")),
        (TIMES, "same as Sanna", free("18:00", "22:00")), (TIMES, "I can the same times as Pekka", free("17:00", "21:00")),
        ((*DINNER, "Sanna is vegan"), "she is free 18-22", {"set_availability": {**free("18:00", "22:00")["set_availability"], "person": "Sanna"}}),
        (TIMES, "ditto", free("17:00", "21:00")), (TIMES, "no idea yet", {}), (DINNER, "18-20", {}),
        (TIMES, "I can't", {"set_availability": {"person": "me", "windows": [{"start": "2026-11-21T00:00", "end": "2026-11-22T00:00", "kind": "busy"}], "mode": "replace"}}),
        (FOUR, "nobody else", {"update_plan": {"number_of_people": 3}}), (FOUR, "just the three of us", {"update_plan": {"number_of_people": 3}}),
        (FOUR, "Leo", {"set_people": {"add": [{"name": "Leo"}]}}),
        (NOWHERE, "Helsinki", {"update_plan": {"city": "Helsinki"}, "search_venues": {"what": "Thai restaurant", "near": "Esplanadi"}}),
        (NOWHERE, "thanks", {}), ((*NOWHERE, "Tampere"), "ok then Helsinki", {"update_plan": {"city": "Helsinki"}, "search_venues": {"what": "Thai restaurant"}}),
        ((*DINNER, "Find bars near Kamppi"), "leave it out", {"search_venues": {"what": "bar"}}),
        ((*DINNER, "Find bars near Kamppi"), "near the Senate Square then", {"search_venues": {"what": "bar", "near": "Senate Square"}}),
        ((*DINNER, "Find bars near Kamppi"), "Sanna", {}), ((*DINNER, "Find bars near Kamppi"), "Thanks", {}),
    ],
)  # fmt: skip
def test_a_reply_answers_what_was_asked(before: Sequence[str], reply: str, calls: dict[str, Any]) -> None:
    """It does what it says, and nothing else."""
    assert said(*before, reply)[0] == calls


@pytest.mark.parametrize(
    ("before", "reply", "words"),
    [
        (FOUND, "nope", "All right, nothing is decided."), (CHOSEN, "not now", "no file"), (PLACES, "something else", "none of these"),
        (TIMES, "I don't know yet", "tell me when you know"), (DINNER, "18-20", "Whose time is “18-20”?"),
        (("Dinner with Sanna and Pekka",), "Sanna can 18-22", "On which day is that"),
    ],
)  # fmt: skip
def test_a_reply_that_changes_nothing_gets_a_plain_answer(before: Sequence[str], reply: str, words: str) -> None:
    """No list of what a keyless planner can do."""
    calls, talk = said(*before, reply)
    assert not calls
    assert words in talk.answers[-1]
    assert "could not use" not in talk.answers[-1]


def test_the_vegan_whom_nobody_has_named_gets_something_to_eat() -> None:
    """The first suggestion says "one is vegan": the search keeps to it."""
    _, talk = said("Dinner for four of us in Helsinki on Friday evening, one is vegan", "find restaurants")
    assert talk.answers[-1].count("vegan food: yes") >= 3
    _, talk = said("Dinner for four of us in Helsinki on Friday evening, nobody is vegan", "find restaurants")
    assert "vegan" not in talk.answers[-1]


def test_a_time_for_one_alone_is_no_meeting() -> None:
    """Of the list that can be taken from, each but the best suits more than one."""
    _, talk = said(*TIMES, "I can 20-22")
    state = asyncio.run(talk.state())
    assert [item["start"][11:16] for item in state["list"]["items"]] == ["18:00", "20:00"]


@pytest.mark.parametrize("asked", [replies.TAKE_FIRST, replies.MAKE_FILE, replies.WHICH_ONE, replies.WHO_ELSE, "When are Sanna and you free?", "In which city shall I look?"])  # fmt: skip
@settings(max_examples=40, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.lists(st.sampled_from("yes no not ok after 6 18-20 same as Sanna I we all day later more just us . , ? !".split()), max_size=8).map(" ".join)))  # fmt: skip  # noqa: SIM905
def test_any_text_after_any_question_is_read(asked: str, text: str) -> None:
    """Whatever is typed, reading it gives calls or words, and never more of the text than there is."""
    context = Context(now=NOW, zone=ZONE, people=[{"name": "Sanna"}, {"name": "You"}], last_answer=f"Something.\n\n{asked}")
    heard = understand(text, context)
    assert len(heard.rest) in {0, len(text)}


def test_a_question_is_answered_only_while_it_stands() -> None:
    """A yes to nothing decides nothing."""
    assert said(*FOUND, "What can you do?", "yes")[0] == {}


def test_a_typed_yes_asks_for_the_confirmation_again() -> None:
    """Only the form decides; a typed no leaves everything as it is, and after a confirmation a yes means nothing."""
    calls, talk = said(*FOUND, "yes", "finalise the plan", "yes")
    assert "finalize_plan" in calls
    assert asyncio.run(talk.state())["plan"].get("status") != "final"
    calls, talk = said(*FOUND, "yes", "finalise the plan", "no")
    assert not calls
    assert talk.answers[-1] == "All right, nothing is changed."


@pytest.mark.parametrize(
    ("before", "message", "name"),
    [(TIMES, "who can come?", "find_times"), (TIMES, "what day is that?", "show_plan"), ((*FOUND, "yes"), "where?", "search_venues")],
)
def test_small_questions_are_answered(before: Sequence[str], message: str, name: str) -> None:
    """From the plan, by a tool."""
    assert list(said(*before, message)[0]) == [name]


def test_it_books_nothing_and_says_so() -> None:
    """A question for what it cannot do gets a straight answer."""
    calls, talk = said(*TIMES, "can you book it?")
    assert not calls
    assert talk.answers[-1].startswith("I book nothing and write to nobody")
