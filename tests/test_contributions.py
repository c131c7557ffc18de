"""A meeting in the log, in the history and on the page: each contribution once, the same live and stored, to the letter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from agent_invoker import AgentInvoker, Settings, Turn
from page.meeting import TONES, floor_html, said_html, seats_html, seats_title, tones
from page.messages import NOTHING, items_of, replies_of
from playground.client import client_data, spoken
from playground.contributions import Probes, folded, listed
from playground.exchange import read_session, session_json
from playground.history import MEETING, TURN, Transcript, entries
from playground.meetings.meeting import Conclusion, Meeting, Setting
from playground.meetings.messages import Act, Body, Decided, Json, Pass, Say
from playground.meetings.messages import Floor as Asked
from playground.meetings.messages import Message as Said
from playground.meetings.view import View
from playground.readable import to_markdown
from playground.turn_log import Answer, Contribution, Entry, Floor, Message, TextPart, ToolStep, seats_of
from session_manager import printable

SEATS = ("Anna", "Ben")
HEALTH: dict[str, Any] = {
    "seat": "Anna",
    "state": "here",
    "beat": 0.5,
    "handled": 3,
    "failed": 1,
    "busy": 1.25,
    "waiting": 2,
    "lag": 4,
    "queue": 5,
}


def said(kind: str = "say", words: str = "words", seat: str = "Anna", **data: Any) -> Contribution:
    return Contribution(f"{seat} {kind} {words}", seat, kind, words, data=data)


def message(*parts: Any, status: str = "done", **fields: Any) -> Message:
    return Message(2, "t", "assistant", parts, status, **fields)  # type: ignore[arg-type]


def event(about: object, words: str = "", **fields: Any) -> Event:
    content = types.Content(role="model", parts=[types.Part(text=words)]) if words else None
    return Event(author="Anna", invocation_id="i", content=content, custom_metadata={MEETING: about, TURN: "t"}, **fields)


# -- the log and the history -------------------------------------------------------------------------------------------


def test_a_contribution_that_comes_twice_is_shown_once() -> None:
    """Delivery may repeat, display is exactly once."""
    (entry,) = entries(event({"kind": "propose", "seat": "Anna", "topic": "time", "grade": 1}, "At 19:30?"))
    answer = Answer()
    for _ in range(2):
        answer.fold(entry)
    assert answer.parts == [Contribution(entry.key, "Anna", "propose", "At 19:30?", "time", 1.0, entry.at)]


def test_the_floor_is_known_until_the_answer_ends_and_whoever_has_spoken_has_it_no_more() -> None:
    """It is the page's only: neither the history nor the message keeps it."""
    (entry,) = entries(event({"kind": "floor", "seats": ["Anna", "Ben"], "health": [HEALTH, 5]}, partial=True))
    answer = Answer([Entry("started", seq=1)])
    answer.fold(entry)
    assert answer.floor == Floor(["Anna", "Ben"], [HEALTH])
    answer.fold(Entry("contribution", "c", data={"seat": "Anna", "kind": "pass"}))
    assert answer.floor == Floor(["Ben"], [HEALTH])
    answer.fold(Entry("cancelled"))
    assert answer.floor is None


def test_a_conclusion_is_a_text_with_how_the_seats_were() -> None:
    """So a reload shows the last state, and what it offers."""
    concluded = list(entries(event({"kind": "conclusion", "health": [HEALTH], "replies": ["Go"]}, "Agreed.")))
    answer = Answer()
    answer.fold(Entry("floor", data={"seats": ["Anna"], "health": []}))
    for entry in concluded:
        answer.fold(entry)
    shown = message(*answer.parts)
    assert answer.floor is None and shown.content == "Agreed."
    assert seats_of(shown) == Floor((), [HEALTH])
    assert replies_of(shown) == ["Go"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "seat", "seats", "health", "data", "view", "probe", "grade", "topic", "x"]), inner, max_size=4
        )
    ),
)
KINDS = st.sampled_from(
    ["say", "propose", "accept", "decline", "pass", "left", "failed", "decided", "opening", "conclusion", "floor", "joined", ""]
)


@given(
    JSON
    | st.builds(
        lambda kind, more: {**more, "kind": kind},
        KINDS,
        st.dictionaries(st.sampled_from(["seat", "seats", "health", "view", "probe", "grade", "topic"]), JSON),
    ),
    st.booleans(),
)
def test_whatever_stands_on_an_event_can_be_shown(about: object, partial: bool) -> None:
    """A file that was imported may hold anything."""
    answer = Answer()
    for entry in entries(event(about, "words", partial=partial)):
        answer.fold(entry)
    shown = message(*answer.parts, status="running", floor=answer.floor)
    assert all(isinstance(text, str) for _, text, _ in items_of(shown))
    floor_html(shown, {})
    if seats := seats_of(shown):
        seats_html(seats, live=True)
        seats_title(seats)
    replies_of(shown)
    assert client_data(shown, None)[0] is None


def test_content_has_what_was_said_as_lines() -> None:
    """For get_messages, titles, search and copies; quick answers and what has no words are no noise in it."""
    parts = [
        TextPart("1", "a", pieces=["They meet."]), said("opening", ""), said("propose", "At 7?"), said("accept", "", "Ben"),
        said("accept", "yes", "Ben", probe=True), said("failed", "took too long and is out", "Cleo"), TextPart("2", "a", pieces=["Agreed."]),
    ]  # fmt: skip
    assert message(*parts).content == "They meet.\n\nAnna: At 7?\nBen: agrees\nCleo took too long and is out\n\nAgreed."
    assert message(TextPart("1", "a", pieces=["a"]), ToolStep("c", "t", {}, 0.0), TextPart("2", "a", pieces=["b"])).content == "ab"
    assert spoken(message(*parts)) == "They meet. Agreed."
    exported = to_markdown([message(*parts)], "t", "a")
    assert "**Anna** *proposes*: At 7\\?" in exported and "*Ben compared notes\\: 1 quick answer*" in exported


def test_a_meeting_is_exported_and_imported() -> None:
    """Contributions without words too; what it is not is left out."""
    from google.adk.sessions import Session

    events = [
        Event(author="user", invocation_id="i", timestamp=1.0, content=types.Content(role="user", parts=[types.Part(text="meet")])),
        event({"kind": "accept", "seat": "Ben"}, timestamp=2.0),
        event({"kind": "nonsense"}, timestamp=3.0),
        event({"kind": "conclusion", "health": [HEALTH]}, "Agreed.", timestamp=4.0),
    ]
    for stored in events:
        stored.id = stored.id or Event.new_id()
    written = session_json(Session(id="s", app_name="app", user_id="u", events=events), "t")
    transcript = Transcript()
    for read in read_session(written.encode(), "app").events:
        transcript.add(read)
    *_, answer = transcript.messages()
    assert [(part.seat, part.kind) for part in answer.parts if isinstance(part, Contribution)] == [
        ("Ben", "accept"),
        ("Anna", "conclusion"),
    ]
    assert "nonsense" not in written and json.loads(written)["events"]


# -- a real one ----------------------------------------------------------------------------------------------------------


class Speaker:
    """Says what it is told to, or waits for ever."""

    def __init__(self, words: str) -> None:
        self.words = words

    def joins(self, parameters: Json) -> bool:
        return True

    async def answer(self, view: View, message: Said) -> Sequence[Act]:
        if self.words == "fail":
            raise ValueError
        if self.words == "wait":
            await asyncio.Event().wait()
        return [Say(words=self.words)] if self.words else [Pass()]

    def close(self) -> Awaitable[None] | None:
        return None


class Talk(Meeting):
    """Each seat says what the user's words for it are."""

    async def convene(self, ctx: InvocationContext) -> Setting:
        parts = (ctx.user_content.parts or []) if ctx.user_content else []
        words = (parts[0].text or "").split()

        def chair(view: View) -> Sequence[Body]:
            given = sum(isinstance(message.body, Asked) for message in view.said)
            return [Asked(seats=SEATS[given : given + 1], topic="t", ask="a")] if given < 2 else [Decided(outcome="agreed", final=True)]

        return Setting(chair, {seat: Speaker(text.strip("-")) for seat, text in zip(SEATS, words, strict=True)}, opening="They meet.")

    def conclude(self, ctx: InvocationContext, view: View) -> Conclusion:
        return Conclusion("Agreed.")


Talking = Callable[[str], Turn]


@pytest.fixture
def invoker() -> Iterator[AgentInvoker]:
    made = AgentInvoker(Talk(name="talk"), settings=Settings(workers=4, grace=2.0))
    yield made
    made.close()


def stored(invoker: AgentInvoker, turn: Turn) -> list[Message]:
    """The messages as a new process would fold them."""
    session = invoker._ask_loop(invoker.sessions.whole(turn.branch))
    assert session
    transcript = Transcript()
    for kept in session.events:
        assert not kept.partial
        transcript.add(kept)
    return list(transcript.messages())


def shapes(messages: Sequence[Message]) -> list[tuple[object, ...]]:
    return [(m.role, list(m.parts), m.status, m.error, m.floor) for m in messages]


@pytest.mark.parametrize("words", ["hello there", "fail there", "- -"])
def test_live_and_stored_are_equal(invoker: AgentInvoker, words: str) -> None:
    """One translation for both: a reload shows what was shown."""
    turn = invoker.add_message("u", invoker.create_talk_session("u"), words)
    assert turn.wait_ended(20)
    live = invoker.get_messages("u", turn.talk_session_id)
    assert shapes(live) == shapes(stored(invoker, turn))
    assert [part.kind for part in live[-1].parts if isinstance(part, Contribution)][-1] == "conclusion"


def test_after_a_stop_each_contribution_is_kept_once(invoker: AgentInvoker) -> None:
    """The repair adds nothing twice, and the floor is gone."""
    turn = invoker.add_message("u", invoker.create_talk_session("u"), "hello wait")
    cursor = 0
    while (Answer(turn.read()).floor or Floor()).seats != ["Ben"]:
        assert turn.wait(cursor, 20)
        cursor = len(turn.read())
    turn.cancel()
    assert turn.wait_ended(20)
    live = invoker.get_messages("u", turn.talk_session_id)
    assert [part.words for part in live[-1].parts if isinstance(part, Contribution) and part.is_said] == ["hello"]
    assert (live[-1].status, live[-1].floor) == ("cancelled", None)
    assert shapes(live) == shapes(stored(invoker, turn))


# -- the page ------------------------------------------------------------------------------------------------------------


def test_items_keep_their_places_as_a_meeting_goes_on() -> None:
    """A run of quick answers is one item; a drawing has a place only after what brings one, and only the last of a name is drawn."""
    board = {"name": "board", "data": 1}
    parts = [
        said(words="1", view=board),
        said("accept", "2", probe=True),
        said("accept", "3", "Ben", probe=True),
        said(words="4", view=board),
    ]
    states = [items_of(message(*parts[:count], status="running")) for count in range(1, 5)]
    assert [[kind for kind, *_ in items] for items in states] == [
        ["said", "drawing"], ["said", "drawing", "probes"], ["said", "drawing", "probes"], ["said", "empty", "probes", "said", "drawing"],
    ]  # fmt: skip
    assert states[-1][1] == NOTHING
    assert [items[0] for items in states] == [states[0][0]] * 4


def test_quick_answers_are_counted() -> None:
    """By run; nobody is named twice."""
    parts = [said("accept", seat=seat, probe=True) for seat in ("Ben", "Anna", "Ben")]
    (run,) = folded(parts)
    assert isinstance(run, Probes) and run.words == "Anna and Ben compared notes: 3 quick answers"
    assert list(folded([parts[0], said(), parts[1]])) == [Probes([parts[0]]), said(), Probes([parts[1]])]


@pytest.mark.parametrize(
    ("names", "line"),
    [([], ""), (["Anna"], "Anna"), (["Anna", "Ben"], "Anna and Ben"), ("ABC", "A, B and C"), ("ABCDEFG", "A, B, C, D, E and 2 others")],
)
def test_names_are_listed_as_a_person_would(names: Sequence[str], line: str) -> None:
    """Many are not."""
    assert listed(names) == line


@given(st.lists(st.text(max_size=5), unique=True, max_size=TONES))
def test_each_seat_has_its_colour(seats: list[str]) -> None:
    """No two the same while there are any, the first by its name alone, and none changes as others come."""
    found = tones(seats)
    assert len(set(found.values())) == len(seats)
    for count in range(len(seats)):
        assert tones(seats[:count]).items() <= found.items()


class Seen(HTMLParser):
    """What a browser makes of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("nasty", ["<b>", '"><script>', "&lt;", "--></style>", "**x** $5", "\x07\x1b"])
def test_what_a_seat_is_called_and_says_is_no_html(nasty: str) -> None:
    """To the letter, wherever it stands."""
    row = said_html(said("propose", nasty, nasty), {})
    floor = floor_html(message(TextPart("1", "a", pieces=[nasty]), floor=Floor([nasty])), {})
    seats = seats_html(Floor((), [{**HEALTH, "seat": nasty, "state": nasty}]), live=True)
    for text in (row, floor, seats):
        seen = Seen(text)
        assert seen.tags <= {"div", "span", "b", "bdi"}
        assert printable(nasty) in seen.words


def test_the_seats_are_told_in_figures() -> None:
    """All that the runtime measures; a heartbeat only where there is one."""
    live, after = (seats_html(Floor((), [HEALTH]), live=live) for live in (True, False))
    for figure in ("Anna", "alive", "last beat 0.5 s ago", "3 handled", "1 failed", "lag 4", "queue 5", "busy 1.2 s", "waiting 2.0 s"):
        assert figure in live
    assert "beat" not in after and "to the end" in after
    assert seats_title(Floor((), [HEALTH, {"state": "failed"}])) == "Seats: 2, 1 failed"
