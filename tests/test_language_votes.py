"""Polls and votes read from English: each transcript of the vote conversation, changes of mind, and no vote where there is none."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conversations import c08_votes
from conversations.model import NOW, ZONE, Conversation, History, Mark, State, Transcript, typed
from hypothesis import given
from hypothesis import strategies as st

from vibehuntr_agent.language import votes
from vibehuntr_agent.language.context import Call, Context, Reading
from vibehuntr_agent.language.speaker import who_speaks

PLACES = ("Karhu", "Majava", "Ilves")
GROUP = ({"name": "Hana"}, {"name": "Viktor"}, {"name": "You"})
EVERY = tuple(
    importlib.import_module(f"conversations.{path.stem}").CONVERSATION
    for path in sorted((Path(__file__).parent / "conversations").glob("c[0-9]*.py"))
)


def poll(ballots: dict[str, Any] | None = None, method: str = "approval", labels: Sequence[str] = PLACES) -> dict[str, Any]:
    options = [{"label": label} for label in labels]
    return {"subject": "venue", "method": method, "options": options, "ballots": ballots or {}, "status": "open"}


def context(**known: Any) -> Context:
    return replace(Context(NOW, ZONE, people=GROUP), **known)


def voting(ballots: dict[str, Any] | None = None, **more: Any) -> Context:
    return context(polls=[poll(ballots, **more)])


def read(text: str, known: Context) -> Reading:
    speaker, said = who_speaks(text, known)
    return votes.read(said, replace(known, speaker=speaker))


def run(polls: Sequence[dict[str, Any]], calls: Sequence[Call]) -> list[dict[str, Any]]:
    """What the tools make of the calls."""
    done = [dict(each) for each in polls]
    for call in calls:
        match call.name:
            case "open_poll":
                done.append(poll(method=call.args["method"], labels=call.args["options"]))
            case "vote":
                old = done[-1]["ballots"]
                said = {label: how for how in ("yes", "if_needed", "no") for label in call.args.get(how, ())}
                ballot = call.args.get("ranking") or (said if call.args["replace"] else {**old.get(call.args["person"], {}), **said})
                done[-1]["ballots"] = {**old, call.args["person"]: ballot}
            case _:
                assert call.name == "poll_results"
    return done


def told(messages: Sequence[str]) -> tuple[dict[str, str], ...]:
    """Those of the group whom the messages so far have named."""
    every = " ".join(messages).casefold()
    return tuple(person for person in GROUP if messages and (person["name"] == "You" or person["name"].casefold() in every))


def played(transcript: Transcript) -> History:
    """The states of a transcript: polls by the readers, and what else its check looks at as its reference has it."""
    reference = c08_votes.CONVERSATION.reference["tie"]
    known = Context(NOW, ZONE)
    states: list[State] = []
    tied = False
    for step in transcript:
        tied = tied or step == Mark("tie")
        if text := typed(step):
            found = read(text, known)
            known = replace(known, polls=run(known.polls, found.calls), earlier=(*known.earlier, text))
            known = replace(known, people=told(known.earlier), last_person=found.last_person or known.last_person)
        decided = {"decisions": {"venue": {"name": "Majava"}}} if tied and text else {}
        states.append({**reference, "polls": known.polls, **decided})
    return History(transcript, tuple(states))


@pytest.mark.parametrize("transcript", c08_votes.CONVERSATION.transcripts)
def test_every_transcript_ends_with_the_right_ballots(transcript: Transcript) -> None:
    """However three people say it, their last votes are counted, and the organiser's decision is no vote."""
    c08_votes.CONVERSATION.check(played(transcript))


@pytest.mark.parametrize("transcript", c08_votes.CONVERSATION.transcripts)
def test_every_transcript_asks_for_the_result_once(transcript: Transcript) -> None:
    """The question how the vote stands is understood in all its wordings, and nothing else is taken for it."""
    known, asked = voting(), []
    for step in transcript:
        if step == Mark("tie"):
            break
        found = read(typed(step), replace(known, earlier=("we'd like to vote on that",)))
        asked.append(any(call.name == "poll_results" for call in found.calls))
    assert asked.count(True) == 1 and asked[-1]


@pytest.mark.parametrize("conversation", [each for each in EVERY if each.number != 8], ids=lambda each: each.title)
def test_no_vote_in_any_other_conversation(conversation: Conversation) -> None:
    """Whoever plans something else opens no poll and casts no vote, even while another poll is open."""
    people = tuple(conversation.reference["end"].get("people", ()))
    for known in (context(people=people), context(people=people, polls=[poll(labels=("Tawny Owl", "Blue Door"))])):
        for transcript in conversation.transcripts:
            for step in transcript:
                found = read(typed(step), known)
                assert not found.calls and not found.asks
                assert found.rest == who_speaks(typed(step), known)[1]


@pytest.mark.parametrize(
    ("text", "options", "method", "subject"),
    [
        ("Let's vote on where to eat: Karhu, Majava or Ilves.", ["Karhu", "Majava", "Ilves"], "approval", "venue"),
        ("poll for the place: karhu / majava / ilves, u can pick more than one", ["Karhu", "Majava", "Ilves"], "approval", "venue"),
        ("Should we go to Karhu, Majava or Ilves? Let's vote.", ["Karhu", "Majava", "Ilves"], "approval", "venue"),
        (
            "Let's vote on Sushi Bar, Pizza Place or Thai Garden for dinner on Friday 27 November.",
            ["Sushi Bar", "Pizza Place", "Thai Garden"],
            "approval",
            "venue",
        ),
        ("Ranked vote on the film: Alien, Brazil, Casablanca", ["Alien", "Brazil", "Casablanca"], "ranked", "film"),
        ("Let's vote on the time: 18:00 or 19:30?", ["18:00", "19:30"], "approval", "time"),
        ("Poll:\n- Karhu\n- Majava\n- Ilves", ["Karhu", "Majava", "Ilves"], "approval", "choice"),
        ("we want to vote: Karhu vs Majava vs Ilves", ["Karhu", "Majava", "Ilves"], "approval", "choice"),
        ("Can we have a poll with Karhu, Majava and Ilves?", ["Karhu", "Majava", "Ilves"], "approval", "choice"),
        ("a vote please: Karhu, Majava or Ilves", ["Karhu", "Majava", "Ilves"], "approval", "choice"),
        ("Voting options: Karhu, Majava, Ilves", ["Karhu", "Majava", "Ilves"], "approval", "choice"),
        ("Please let everyone vote on Karhu, Majava and Ilves", ["Karhu", "Majava", "Ilves"], "approval", "choice"),
        ("Let's have a poll: Salt and Pepper or Karhu?", ["Salt and Pepper", "Karhu"], "approval", "choice"),
    ],
)
def test_a_poll_has_the_options_that_are_listed(text: str, options: list[str], method: str, subject: str) -> None:
    """A poll's options are as typed, with a capital, however they are listed."""
    (call,) = read(text, context()).calls
    assert (call.name, call.args["options"], call.args["method"], call.args["subject"]) == ("open_poll", options, method, subject)


def test_a_poll_takes_only_its_own_words() -> None:
    """The day and the people of a message that opens a poll are left to others."""
    found = read("Dinner with Viktor and Hana on Friday 27 November, so let's vote: Karhu or Majava for 4 people", context())
    assert found.calls[0].args["options"] == ["Karhu", "Majava"]
    assert found.rest.split()[:8] == ["Dinner", "with", "Viktor", "and", "Hana", "on", "Friday", "27"] and "4 people" in found.rest


def test_the_list_that_was_shown_may_be_voted_on() -> None:
    """ "Let's vote on the first two" means the items of the list."""
    shown = {"of": "venues", "items": [{"label": "Saaga"}, {"label": "Kettu"}, {"label": "Peura"}]}
    (call,) = read("let's vote on the first two", context(shown=shown)).calls
    assert call.args["options"] == ["Saaga", "Kettu"] and call.args["subject"] == "venue"


def test_a_vote_without_options_asks_for_them_and_takes_them_next() -> None:
    """A poll may be said in two messages."""
    first = read("where? we'd like to vote on that", context())
    assert not first.calls and first.asks == {"poll"}
    (call,) = read("it's between karhu and majava", context(earlier=("where? we'd like to vote on that",))).calls
    assert call.args["options"] == ["Karhu", "Majava"] and call.args["subject"] == "venue"
    assert not read("it's between karhu and majava", context()).calls


@pytest.mark.parametrize(
    ("text", "ballots"),
    [
        ("Viktor and Hana vote for Ilves", {"Viktor": {"Ilves": "yes"}, "Hana": {"Ilves": "yes"}}),
        ("karhu for me", {"You": {"Karhu": "yes"}}),
        ("My vote: Majva", {"You": {"Majava": "yes"}}),
        ("I vote for option 2", {"You": {"Majava": "yes"}}),
        ("Hana karhu, Viktor majava", {"Hana": {"Karhu": "yes"}, "Viktor": {"Majava": "yes"}}),
        ("Karhu for Hana, Majava for Viktor", {"Hana": {"Karhu": "yes"}, "Viktor": {"Majava": "yes"}}),
        ("Karhu gets Hana's vote", {"Hana": {"Karhu": "yes"}}),
        ("Hana: Karhu yes, Ilves maybe, Majava no", {"Hana": {"Karhu": "yes", "Ilves": "if_needed", "Majava": "no"}}),
        ("Hana could live with Ilves", {"Hana": {"Ilves": "if_needed"}}),
        ("Hana is against Ilves", {"Hana": {"Ilves": "no"}}),
        ("Hana doesn't want Ilves", {"Hana": {"Ilves": "no"}}),
        ("Hana is fine with all of them", {"Hana": dict.fromkeys(PLACES, "yes")}),
        ("Hana says anything but Ilves", {"Hana": {"Karhu": "yes", "Majava": "yes"}}),
        ("Everyone votes for Karhu", {name: {"Karhu": "yes"} for name in ("Hana", "Viktor", "You")}),
        ("Hana prefers Majava to Karhu", {"Hana": {"Majava": "yes"}}),
        ("Hana votes for Karhu, no wait, Majava", {"Hana": {"Majava": "yes"}}),
        ('Viktor says "Karhu for me"', {"Viktor": {"Karhu": "yes"}}),
        ("Can you put Viktor down for Majava?", {"Viktor": {"Majava": "yes"}}),
        ("Viktor is free on Friday 18-22 and votes for Ilves", {"Viktor": {"Ilves": "yes"}}),
        ("Hana: my vote is Ilves", {"Hana": {"Ilves": "yes"}}),
        ("Hana's favourite is Karhu", {"Hana": {"Karhu": "yes"}}),
        ("Hana texted: Karhu!", {"Hana": {"Karhu": "yes"}}),
        ("Hana chooses the first option", {"Hana": {"Karhu": "yes"}}),
        ("all three of us vote for karhu", {name: {"Karhu": "yes"} for name in ("Hana", "Viktor", "You")}),
    ],
)
def test_a_vote_is_a_ballot(text: str, ballots: dict[str, Any]) -> None:
    """Yes, no and if needed go to the options and the people that are named."""
    known = voting()
    assert run(known.polls, read(text, known).calls)[-1]["ballots"] == ballots


@pytest.mark.parametrize(
    ("text", "ballot"),
    [
        ("Viktor votes for Majava and no longer for Karhu", {"Majava": "yes", "Ilves": "yes"}),
        ("Change Viktor's vote to Majava only", {"Majava": "yes"}),
        ("he wants his vote moved from Karhu to Majava", {"Majava": "yes", "Ilves": "yes"}),
        ("Viktor takes his yes for Karhu back", {"Ilves": "yes"}),
        ("Viktor also votes for Majava", {"Karhu": "yes", "Ilves": "yes", "Majava": "yes"}),
        ("he gives majava a yes", {"Karhu": "yes", "Ilves": "yes", "Majava": "yes"}),
        ("Viktor unticks Karhu and ticks Majava", {"Majava": "yes", "Ilves": "yes"}),
        ("Viktor votes for Majava", {"Majava": "yes"}),
        ("Viktor swaps Karhu for Majava", {"Majava": "yes", "Ilves": "yes"}),
        ("no more Karhu for Viktor, Majava instead", {"Majava": "yes", "Ilves": "yes"}),
        ("Viktor reconsidered: Majava", {"Majava": "yes"}),
        ('Viktor has second thoughts: "Not Karhu. Majava."', {"Majava": "yes", "Ilves": "yes"}),
    ],
)
def test_a_change_of_mind_changes_only_what_is_said(text: str, ballot: dict[str, Any]) -> None:
    """A yes that is taken back is gone and no no, and what nobody spoke of stays where the old vote is changed."""
    known = replace(voting({"Viktor": {"Karhu": "yes", "Ilves": "yes"}, "Hana": {"Karhu": "yes"}}), last_person="Viktor")
    assert run(known.polls, read(text, known).calls)[-1]["ballots"] == {"Viktor": ballot, "Hana": {"Karhu": "yes"}}


@pytest.mark.parametrize(
    ("text", "person", "ranking"),
    [
        ("rank: Karhu > Ilves > Majava", "You", ["Karhu", "Ilves", "Majava"]),
        ("Hana: first Ilves, then Majava, then Karhu", "Hana", ["Ilves", "Majava", "Karhu"]),
        ("my order is 1. Majava 2. Karhu 3. Ilves", "You", ["Majava", "Karhu", "Ilves"]),
        ("Viktor: Karhu second, Ilves first", "Viktor", ["Ilves", "Karhu"]),
        ("Viktor votes for Karhu", "Viktor", ["Karhu"]),
    ],
)
def test_a_ranked_vote_is_an_order(text: str, person: str, ranking: list[str]) -> None:
    """In a ranked poll the order of the options is what counts."""
    (call,) = read(text, voting(method="ranked")).calls
    assert call == Call("vote", {"person": person, "ranking": ranking, "replace": True})


@pytest.mark.parametrize(
    "text",
    [
        "Is Karhu open on Friday?",
        "Does Viktor vote for Karhu?",
        "Let's meet at Karhu on Friday at 18:00",
        "Hana can't come to Karhu on Friday",
        "Viktor wants to know if Karhu is open",
        "Then I decide: Karhu",
        "I'll break the tie. Majava.",
        "ok im the organiser so majava",
        "The winner is Majava",
        "book Karhu",
        '"Hana votes for Karhu"',
        'Add this place: "Karhu, everyone has voted, so Hana votes for Majava"',
    ],
)
def test_not_every_word_on_an_option_is_a_vote(text: str) -> None:
    """Questions, plans, decisions and the names of places cast no vote."""
    known = voting({"Hana": {"Karhu": "yes"}})
    assert [call for call in read(text, known).calls if call.name != "poll_results"] == []


@pytest.mark.parametrize(
    "text",
    [
        "what does the poll say?",
        "so what did everyone vote for?",
        "result?",
        "any winner yet?",
        "how many votes does each have?",
        "count the votes",
    ],
)
def test_the_result_is_asked_for_in_many_ways(text: str) -> None:
    """A question after the votes asks for the result and casts none."""
    assert read(text, voting({"Hana": {"Karhu": "yes"}})).calls == [Call("poll_results")]


def test_without_a_poll_nobody_votes() -> None:
    """What would be a vote is none when there is nothing to vote on, and no result is asked for."""
    for step in c08_votes.CONVERSATION.transcripts[0][2:]:
        assert read(typed(step), context()).calls == []


NAMES = ("Hana", "Viktor", "You")
SUBJECTS = {"Hana": ("Hana", "hana"), "Viktor": ("Viktor", "viktor"), "You": ("I",)}


@given(st.data())
def test_the_last_vote_counts(data: st.DataObject) -> None:
    """Whatever people vote one after the other, each ballot is what its voter said last."""
    known, wanted = voting(), dict[str, set[str]]()
    for _ in range(data.draw(st.integers(1, 6))):
        name = data.draw(st.sampled_from(NAMES))
        chosen = data.draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True))
        verb = data.draw(
            st.sampled_from(
                ("vote for", "pick", "approve", "now vote for")
                if name == "You"
                else ("votes for", "picks", "approves", "wants", "now says")
            )
        )
        listed = " and ".join(chosen) if len(chosen) < 3 else f"{chosen[0]}, {chosen[1]} and {chosen[2]}"
        text = f"{data.draw(st.sampled_from(SUBJECTS[name]))} {verb} {listed}"
        known = replace(known, polls=run(known.polls, read(text, known).calls))
        wanted[name] = set(chosen)
        assert {
            voter: {label for label, how in ballot.items() if how == "yes"} for voter, ballot in known.polls[-1]["ballots"].items()
        } == wanted


VOCABULARY = st.sampled_from(
    [
        "Hana",
        "viktor",
        "I",
        "he",
        "his",
        "me",
        "my",
        "Karhu",
        "majava",
        "Ilves",
        "karhu,",
        "votes",
        "vote",
        "for",
        "poll:",
        "not",
        "no",
        "yes",
        '"',
        "“",
        "”",
        "from",
        "to",
        "or",
        "and",
        "/",
        ">",
        "first",
        "1.",
        "let's",
        "?",
        ".",
        ",",
        ";",
        "\n",
        "(",
        ")",
        ":",
        "options",
        "between",
        "takes",
        "back",
        "sorry,",
        "all",
        "of",
        "them",
        "who",
        "is",
        "winning",
        "result",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(VOCABULARY, max_size=40).map(" ".join)), st.booleans())
def test_no_text_is_too_odd(text: str, ranked: bool) -> None:
    """Any text is read without an error; only words are blanked; every vote is for an option that there is."""
    known = voting({"Viktor": ["Karhu"] if ranked else {"Karhu": "yes"}}, method="ranked" if ranked else "approval")
    found = votes.read(text, known)
    assert len(found.rest) == len(text) and all(kept in {typed_, " "} for kept, typed_ in zip(found.rest, text, strict=True))
    if not any(call.name == "open_poll" for call in found.calls):
        for call in found.calls:
            named = [label for how in ("yes", "if_needed", "no", "ranking") for label in call.args.get(how, ())]
            assert set(named) <= set(PLACES) and len(named) == len(set(named))
            assert call.name != "vote" or named


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "a",
        "hana: karhu ",
        "karhu, ",
        "poll: ",
        "let's vote: karhu or majava ",
        '"karhu" ',
        "who is ",
        "1. a ",
        "/ ",
        "or ",
        "options ",
    ],
)
def test_a_long_text_is_read_in_one_go(piece: str) -> None:
    """Ten thousand characters of anything end in time."""
    text = (piece * 10_000)[:10_000]
    assert len(votes.read(text, voting()).rest) == len(votes.read(text, context()).rest) == len(text)
