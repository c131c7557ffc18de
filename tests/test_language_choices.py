"""Decisions, undoing, cancelling and finalising are read from words that say so, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from conversations.facts import span, window
from conversations.model import NOW, ZONE
from hypothesis import given
from hypothesis import strategies as st

from vibehuntr_agent.language import choices
from vibehuntr_agent.language.context import Context

Json = dict[str, Any]

PEOPLE = [{"name": name} for name in ("Anna", "Ben", "Noor", "You")]
PLAN = {"kind": "dinner", "city": "Helsinki", "date_from": "2026-11-27", "date_to": "2026-11-28"}
SLOTS = [
    span("2026-11-27 18:00", "2026-11-27 20:00"),
    span("2026-11-28 17:30", "2026-11-28 19:30"),
    span("2026-11-28 19:30", "2026-11-28 21:30"),
]
TOLD = Context(NOW, ZONE, PLAN, PEOPLE)
TIMES = replace(TOLD, shown={"of": "slots", "items": [{"label": "x"} | slot for slot in SLOTS]})
NAMES = ("Sea Horse", "Kuu", "Thai Palace")
FOUND = replace(
    TOLD, shown={"of": "venues", "items": [{"label": n} for n in NAMES]}, venues=[{"name": n, "source": "OpenStreetMap"} for n in NAMES]
)
TYPED = replace(
    TOLD, shown={"of": "venues", "items": [{"label": "Ravintola Majakka"}]}, venues=[{"name": "Ravintola Majakka", "source": "you"}]
)
POLL = replace(
    TOLD, polls=[{"subject": "place", "status": "open", "options": [{"label": n} for n in ("Karhu", "Majava", "Ilves")], "ballots": {}}]
)


def read(text: str, context: Context) -> list[tuple[str, Json]]:
    return [(call.name, call.args) for call in choices.read(text, context).calls]


def time_args(start: str, end: str | None = None) -> Json:
    said = span(start, end or start)
    return {"what": "time", "choice": said["start"]} | ({"end": said["end"]} if end else {})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The first one is good.", "1"), ("1st one pls", "1"), ("Lovely, let's go for the earliest.", "1"), ("the latest is best", "3"),
        ("go with your top pick", "1"), ("I'll take option 1", "1"), ("number 1", "1"), ("No. 2", "2"), ("#2", "2"), ("3", "3"), ("third", "3"),
        ("Fine by me, the first time you gave", "1"), ("Yes, we'll do the first of those", "1"), ("teh 2nd one", "2"), ("the last one please", "3"),
        ("the secnod one is good, we take it", "2"), ("We'd go for the one in second place", "2"), ("your first pick then", "1"),
        ("I like the first, no, sorry, the second one. Choose that.", "2"), ("Not the first, the second.", "2"), ("the second, I think", "2"),
        ("the second one is exactly what we were looking for", "2"), ("We had the second one in mind all along, so that one please", "2"),
        ("the first is what everybody wants, let's take it", "1"), ("the third one, it's closest", "3"), ("second sounds lovely", "2"), ("the middle one", "2"),
        ("Could we go with the first one please?", "1"), ("Let's go for number two then, shall we?", "2"), ("my choice is the second one", "2"), ("option b", "2"),
        ("let's stick with the first one", "1"), ("put us down for the second", "2"), ("second one wins", "2"), ("The 2nd, thanks!", "2"), ("2, thanks", "2"),
        ("everyone agrees: the first one", "1"), ("two please", "2"), ("reserve the third one", "3"), ("the former", "1"), ("option 3 gets my blessing", "3"),
        ("Anna can't do the first one, so let's take the second", "2"), ("I like the first one. Choose that.", "1"), ("Option two, please.", "2"),
    ],
)  # fmt: skip
def test_an_item_of_the_list_is_chosen_by_its_number(text: str, number: str) -> None:
    """Ordinals, digits, slips of the pen and corrections all come out as the item's number."""
    assert read(text, TIMES) == [("decide", {"what": "time", "choice": number})]


@pytest.mark.parametrize(
    "text",
    [
        "Is the first one ok?", "What about the second one?", "Why not the first one?", "Tell me more about the second.", "Anna would prefer the first one.",
        "I'm afraid the first one doesn't work for Ben", "Remove the second one from the list", "The first or the second?", "I like the first one.",
        "first we eat, then we dance", "It's the first time we meet.", "On second thoughts we want something small", "4", "OK", "yes please",
        "we meet on the 1st of December", "the second one clashes with my work", "the first one is too early", "I had the first one last week", "one more thing",
        "Could you explain the first one?", "what if we take the second one?", "Ben can only do the second one", "the first one doesn't sound right", "skip the first one",
        "shall we just take the first?", "one of us is late", "show me the second one on a map",
    ],
)  # fmt: skip
def test_speaking_of_an_item_does_not_choose_it(text: str) -> None:
    """Questions, wishes and other people's likings leave the list undecided."""
    assert read(text, TIMES) == []


def test_a_number_answers_the_question_that_was_asked() -> None:
    """After "How many people are you?" a digit is no choice."""
    assert read("2", replace(TIMES, last_answer="How many people are you?")) == []


def test_without_a_list_there_is_nothing_to_refer_to() -> None:
    """ "The first one" needs a list."""
    assert read("The first one is good.", TOLD) == []


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("perfect, let's meet at 6 then", "2026-11-27 18:00", "2026-11-27 20:00"),
        ("We'll take the one at 17:30.", "2026-11-28 17:30", "2026-11-28 19:30"),
        ("let's do Saturday at half past seven", "2026-11-28 19:30", "2026-11-28 21:30"),
        ("19:30", "2026-11-28 19:30", "2026-11-28 21:30"),
        ("let's meet at 7, no, at half past 7", "2026-11-28 19:30", "2026-11-28 21:30"),
        ("Let's start at 18:00 and end at 20:30", "2026-11-27 18:00", "2026-11-27 20:30"),
        ("let's meet at 18 for 3 hours", "2026-11-27 18:00", "2026-11-27 21:00"),
        ("Anna can come from 6. Let's meet at 7 on Friday.", "2026-11-27 19:00", None),
        ("great 8-10pm it is", "2026-11-27 20:00", "2026-11-27 22:00"),
        ("So we'll have dinner from eight to ten.", "2026-11-27 20:00", "2026-11-27 22:00"),
        ("Please change the time to 19:30", "2026-11-28 19:30", "2026-11-28 21:30"),
        ("let's meet at noon on Saturday", "2026-11-28 12:00", None),
        ("let's take 20:00, not 19:30", "2026-11-27 20:00", None),
    ],
)
def test_a_time_said_outright_is_the_moment_that_people_mean(text: str, start: str, end: str | None) -> None:
    """What is listed wins, then the usual hours of the occasion; the day is the one named, else the plan's."""
    assert read(text, TIMES) == [("decide", time_args(start, end))]


@pytest.mark.parametrize(
    "text",
    [
        "half past seven sounds wonderful, we'll take that", "7:30 pm works, book it", "19:30 sounds good", "7.30 pm is perfect", "19:30 suits us all",
        "19:30 suits everyone, so let's fix that", "everyone is happy with 19:30", "put us down for 19:30", "we've chosen 19:30", "the 19:30 one please", "19:30 wins",
        "schedule it for 19:30", "see you all at 19:30", "our time is 19:30", "the final time is half past seven", "Could we take 19:30?", "Can you book 19:30?",
        "19:30 gets my vote, let's do it", "I'd go for 19:30", "from 19:30 to 21:30 is perfect, we'll take it", "set it to 19:30", "19:30 is our pick", "19:30, agreed",
    ],
)  # fmt: skip
def test_a_listed_time_that_is_praised_or_taken_is_decided(text: str) -> None:
    """Who calls a listed time lovely, for all or for nobody in particular, has chosen it."""
    assert read(text, TIMES) in (
        [("decide", time_args("2026-11-28 19:30", "2026-11-28 21:30"))],
        [("decide", {"what": "time", "choice": "3"})],
    )


@pytest.mark.parametrize(
    "text",
    [
        "19:30 sounds good to Anna", "19:30 works for me", "is 19:30 good?", "19:30 is too early", "19:30 doesn't work", "maybe 19:30", "we could meet at 19:30",
        "Ben gets off work at 19:30", "Noor is happy with 19:30", "18:00 or 19:30", "any time after 19:30 works", "I have a meeting at 19:30", "my train is at 19:30",
        "Anna says 19:30",
        "I'm free 18-22", "Jonas can be there by 8 now, till 11 still", "Noor 12-15", "Is 8 ok?", "When can we meet?", "Could we meet at 8?", "Shall we say 8?",
        "let's meet around 7", "we can't meet at 8", "I have agreed with Anna that she comes at 8", "18:00 till 22:00 works for me.", "We have from 18 to 22",
        "it's 8pm-11pm for him", "All of us can do 6 till 10 in the evening", "let's pay 20 euros", "let's take 35 as the max", "We are 4", "for 18:00 it closes",
    ],
)  # fmt: skip
def test_when_somebody_can_is_no_decision(text: str) -> None:
    """Availability, questions and other numbers decide nothing."""
    assert read(text, TIMES) == []


def test_an_end_said_later_completes_the_time() -> None:
    """ "And we'll finish at 12:30" keeps the start that was decided, or said just before."""
    brunch = replace(TOLD, plan=PLAN | {"kind": "brunch", "date_to": "2026-11-27"})
    said = replace(brunch, earlier=("we'll start at 11",))
    decided = replace(brunch, decisions={"time": {"start": "2026-11-27T11:00:00+02:00"}})
    wanted = [("decide", time_args("2026-11-27 11:00", "2026-11-27 12:30"))]
    assert read("and we'll finish at 12:30", said) == read("and we'll finish at 12:30", decided) == wanted
    assert read("and we'll finish at 12:30", brunch) == []


def test_a_bare_hour_lies_where_people_are_free() -> None:
    """ "At 8" is in the morning when that is when they can."""
    morning = {"You": [window("2026-11-27 07:00", "2026-11-27 10:00")]}
    call = replace(TOLD, plan=PLAN | {"kind": "call"}, availability=morning)
    assert read("let's meet at 8", call) == [("decide", time_args("2026-11-27 08:00"))]
    assert read("let's meet at 8", TOLD) == [("decide", time_args("2026-11-27 20:00"))]


def test_without_a_day_the_time_is_given_as_a_clock() -> None:
    """The tool asks for the day then."""
    assert read("let's meet at 18:00", Context(NOW, ZONE)) == [("decide", {"what": "time", "choice": "18:00"})]


@given(hour=st.integers(12, 23), minute=st.sampled_from([0, 15, 30, 45]), days=st.integers(1, 300), length=st.integers(1, 8))
def test_any_time_is_given_in_the_zone_of_its_day(hour: int, minute: int, days: int, length: int) -> None:
    """Start and end carry the offset that holds on that day, also over midnight."""
    day = NOW.date() + timedelta(days=days)
    start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
    end = start + timedelta(hours=length)
    context = replace(TOLD, plan={"date_from": day.isoformat()})
    [(_, args)] = read(f"let's meet from {start:%H:%M} to {end:%H:%M}", context)
    assert (datetime.fromisoformat(args["choice"]), datetime.fromisoformat(args["end"])) == (start, end)
    assert datetime.fromisoformat(args["choice"]).utcoffset() == start.utcoffset()
    assert date.fromisoformat(args["choice"][:10]) == day


@pytest.mark.parametrize(
    ("text", "context", "name"),
    [
        ("lets take majakka", TYPED, "Ravintola Majakka"), ("We'll go to Ravintola Majakka.", TYPED, "Ravintola Majakka"), ("Majaka it is", TYPED, "Ravintola Majakka"),
        ("Let's go there.", TYPED, "Ravintola Majakka"), ("that's where we'll eat", TYPED, "Ravintola Majakka"), ("we choose that", TYPED, "Ravintola Majakka"),
        ("and that's the one we want", TYPED, "Ravintola Majakka"), ("Fine. Decide on Majakka.", TYPED, "Ravintola Majakka"),
        ("Let's go to Thai Palace", FOUND, "Thai Palace"), ("Kuu", FOUND, "Kuu"), ("book Kuu please", FOUND, "Kuu"), ("let's take the Thai place", FOUND, "Thai Palace"),
        ("Then I decide: Majava", POLL, "Majava"), ("ok im the organiser so majava", POLL, "Majava"), ("Since it's up to me, we're going to Majava.", POLL, "Majava"),
        ("ok go with that one, thanks", TYPED, "Ravintola Majakka"), ("yes that one please", TYPED, "Ravintola Majakka"), ("perfect, book it", TYPED, "Ravintola Majakka"),
        ("that one is fine, let's go", TYPED, "Ravintola Majakka"), ("we'll do that one", TYPED, "Ravintola Majakka"), ("go for it", TYPED, "Ravintola Majakka"),
        ("that'll be our place", TYPED, "Ravintola Majakka"), ("let's book a table at Majakka", TYPED, "Ravintola Majakka"), ("dinner will be at Majakka", TYPED, "Ravintola Majakka"),
        ("everyone is happy with Majakka", TYPED, "Ravintola Majakka"), ("we'd love to go to Majakka", TYPED, "Ravintola Majakka"), ("Majakka wins", TYPED, "Ravintola Majakka"),
        ("see you at Majakka", TYPED, "Ravintola Majakka"), ("reserve Majakka", TYPED, "Ravintola Majakka"), ("all right, Majakka then", TYPED, "Ravintola Majakka"),
        ("since it's a draw I go for Majava", POLL, "Majava"), ("then let's just take Majava", POLL, "Majava"), ("let Majava be the place", POLL, "Majava"),
        ("a draw, hmm. then i say majava, final word", POLL, "Majava"), ("I'll break the tie. Majava.", POLL, "Majava"), ("Let's go to Karhu!", POLL, "Karhu"),
    ],
)  # fmt: skip
def test_a_place_is_decided_on_under_the_name_that_is_stored(text: str, context: Context, name: str) -> None:
    """By its name, a short form, a slip of the pen or "there"; of an open poll only with words of deciding."""
    assert read(text, context) == [("decide", {"what": "venue", "choice": name})]


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("I vote for Karhu", POLL), ("I pick both", POLL), ("i give majava a yes", POLL), ("I choose Karhu", POLL), ("Hana: Karhu", POLL), ("Karhu", POLL),
        ("who decides, Karhu or Majava?", POLL), ("Count me in for Majava and Karhu.", POLL), ("Let's not go to Kuu.", FOUND), ("I heard Kuu is nice", FOUND),
        ("Is Kuu open on Sundays?", FOUND), ("We want Kuu or Sea Horse", FOUND), ("Let's go there.", FOUND), ("We don't want to go there", TYPED),
        ("let's go there", TOLD), ("Let's take a break", TYPED), ("let's do that later", TYPED), ("Anna likes Majakka", TYPED), ("we could go to Majakka", TYPED),
        ("Majakka is too expensive", TYPED), ("Ben will go there by car", TYPED), ("how about Majakka?", TYPED), ("Hana would like to go to Majava", POLL),
        ("I'd be happy with Majava", POLL), ("Majava gets my vote", POLL), ("take it off our calendars", TYPED),
    ],
)  # fmt: skip
def test_a_vote_or_a_mention_decides_nothing(text: str, context: Context) -> None:
    """Who votes, asks or only names a place has not chosen it for all."""
    assert read(text, context) == []


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Undo that.", "undo_last_change"), ("undo", "undo_last_change"), ("oops, undo my last message", "undo_last_change"), ("Cancel that.", "undo_last_change"),
        ("No, I take that back, please go back to how it was before.", "undo_last_change"), ("Actually, revert that last change.", "undo_last_change"),
        ("Cancel the plan.", "cancel_plan"), ("call it off", "cancel_plan"), ("I'm calling the dinner off", "cancel_plan"), ("please cancel", "cancel_plan"),
        ("Scrap the plan, it's cancelled.", "cancel_plan"), ("We want to cancel.", "cancel_plan"),
        ("That's all, please finalise the plan.", "finalize_plan"), ("lock the whole plan in, it's final", "finalize_plan"), ("Finalize!", "finalize_plan"),
        ("Then we are done, finalise.", "finalize_plan"), ("mark the plan as final", "finalize_plan"),
        ("take that back please", "undo_last_change"), ("go back one step", "undo_last_change"), ("scratch that last change", "undo_last_change"),
        ("restore the previous version", "undo_last_change"), ("please roll back the last change", "undo_last_change"), ("please reverse my last change", "undo_last_change"),
        ("the dinner is off", "cancel_plan"), ("we're cancelling", "cancel_plan"), ("forget the whole plan", "cancel_plan"), ("go ahead and cancel", "cancel_plan"),
        ("abort the plan", "cancel_plan"), ("cancel pls", "cancel_plan"), ("plan cancelled", "cancel_plan"),
        ("confirm the plan", "finalize_plan"), ("close the plan", "finalize_plan"), ("wrap it up", "finalize_plan"), ("let's make it official", "finalize_plan"),
        ("set the plan in stone", "finalize_plan"), ("consider it final", "finalize_plan"), ("that's final", "finalize_plan"),
    ],
)  # fmt: skip
def test_undo_cancel_and_finalise_are_read_alone(text: str, tool: str) -> None:
    """Each is one call without arguments."""
    assert read(text, TIMES) == [(tool, {})]


@pytest.mark.parametrize(
    "text",
    [
        "don't undo that", "how do I undo something?", "Don't cancel the plan!", "Should we cancel?", "What happens if we cancel the plan?", "Ben cancelled.",
        "Anna had to cancel her other meeting.", "The meeting with Ben was cancelled so he is free 18-20", "don't finalise yet", "before we finalise, is there parking?",
        "Finalise the time please", "Make the file that cancels it in our calendars.", "calendar file for the cancellation please",
        "could you make us a calendar file so that it gets cancelled there?", 'Viktor says "cancel the plan"', "viktor takes his yes for karhu back",
        "a draw, hmm, final word", "can we undo it later?", "is the dinner cancelled?", "what does finalise mean?", "is the plan final?", "wrap up at 22:00",
        "Ben will confirm tomorrow", "cancel Ben's vote", "my train was cancelled", "Ben is off on Friday", "forget everything about me", "let's finish the dinner at ten",
    ],
)  # fmt: skip
def test_speaking_of_undoing_cancelling_or_finalising_does_neither(text: str) -> None:
    """A denial, a question, somebody else's meeting, a file and a quotation change nothing."""
    assert read(text, TOLD) == []


def test_a_decision_may_stand_before_the_plan_is_made_final() -> None:
    """ "The first one. Finalise." is both, in this order."""
    assert [name for name, _ in read("The first one, please. Then finalise the plan.", TIMES)] == ["decide", "finalize_plan"]


def test_only_the_words_of_a_decision_are_used() -> None:
    """Who is free, in the same message, is left to the reader of times."""
    rest = choices.read("Jonas swapped his shift! He has time between 20 and 23 now. So let's take 20 to 22.", TIMES).rest
    assert " ".join(rest.split()) == "Jonas swapped his shift! He has time between 20 and 23 now."
