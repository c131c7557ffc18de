"""The 17 correctness properties of seed 002, over real Runner turns where the property is about the agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from conftest import agent_saying, model_of
from google.genai import errors
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_llm import Asked, Gate, Hold, Raise, Script, Step, Text, echo
from streamlit.testing.v1 import AppTest
from test_agent_invoker import answer_of, say, wait_for_text

from agent_invoker import AgentInvoker, Settings, Turn
from playground.turn_log import Answer, Message
from session_manager import SessionManager
from vibehuntr_agent.agent import build_agent
from vibehuntr_agent.offline import KeylessPlanner

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)
CHUNKS = st.lists(st.text(alphabet="ab c\n*$é", min_size=1, max_size=6), min_size=1, max_size=8)
NAMES = st.sampled_from(["Anna", "Ben", "Carla", "David", "Elif", "Femi", "Greta", "Hiro"])
TROUBLE = st.sampled_from(
    [
        RuntimeError("secret: /srv/app.py line 7"), KeyError("secret"), ValueError("secret traceback"), TimeoutError("secret"), OSError("secret"),
        errors.ClientError(403, {"error": {"message": "secret", "status": "PERMISSION_DENIED"}}),
        errors.ServerError(500, {"error": {"message": "secret", "status": "INTERNAL"}}), errors.ClientError(404, {"error": {"message": "secret"}}),
        errors.ClientError(429, {"error": {"message": "secret"}}),
    ]
)  # fmt: skip
INTERNALS = ("secret", "Traceback", "Error", "Exception", ".py", "{", "0x", "line ")

_numbers = iter(range(10**9))
_script: list[Script] = [echo]


def _current_script(asked: Asked) -> Iterable[Step]:
    return _script[-1](asked)


@pytest.fixture(scope="module")
def invoker() -> Iterator[AgentInvoker]:
    """One invoker for all examples; each example has a conversation of its own."""
    logging.getLogger("vibehuntr.invoker").setLevel(logging.CRITICAL)
    logging.getLogger("google_adk").setLevel(logging.CRITICAL)
    made = AgentInvoker(agent_saying(_current_script), settings=Settings(workers=8))
    yield made
    made.close()
    for name in ("vibehuntr.invoker", "google_adk"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def fresh() -> str:
    return f"talk {next(_numbers)}"


def converse(invoker: AgentInvoker, talk: str, texts: Sequence[str], script: Callable[[Asked], Sequence[Step]] = echo) -> list[Turn]:
    _script[:] = [script]
    turns = []
    for text in texts:
        turns.append(say(invoker, text, talk=talk))
        assert turns[-1].wait_ended(20)
    return turns


def shown_after(invoker: AgentInvoker, talk: str, texts: Sequence[str], state: dict[str, Any], script: Script = echo) -> list[Message]:
    """Have a browser session submit the texts, each after the other's end, and return what it shows."""
    _script[:] = [script]
    invoker.create_talk_session("u", talk)
    for text in texts:
        manager = SessionManager(state)
        if manager.open_id != talk:
            manager.open(talk)
        turn = manager.submit(text, lambda said, shown: invoker.add_message("u", talk, said, shown))
        assert turn.wait_ended(20)
        manager.settle(turn)
    manager = SessionManager(state)
    while manager.hidden:
        manager.show_earlier()
    return manager.shown()


def _history_page() -> None:
    """Draw a history with the page's own drawing; AppTest runs this as a script."""
    import streamlit as st

    from page import messages as page
    from session_manager import SessionManager

    manager = SessionManager({})
    for role, content in st.session_state["history"]:
        manager.add_message(role, content)
    while manager.hidden:
        manager.show_earlier()
    for message in manager.shown():
        page.Canvas(st.chat_message(message.role)).draw(page.items_of(message))


@pytest.fixture(scope="module")
def history_page() -> AppTest:
    return AppTest.from_function(_history_page)


# Feature: playground-fix, Property 1: Message display uniqueness
@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(alphabet="abc", min_size=1, max_size=3)), max_size=8))
def test_each_message_of_a_history_is_drawn_exactly_once(history_page: AppTest, history: list[tuple[str, str]]) -> None:
    """Equal texts are as many messages as were sent; none is drawn twice."""
    history_page.session_state["history"] = history
    page = history_page.run()
    assert not page.exception
    assert [(m.name, getattr(m.children[0], "value", "")) for m in page.chat_message] == history


# Feature: playground-fix, Property 2: Streaming completion consistency
@settings(max_examples=100)
@given(CHUNKS)
def test_after_streaming_and_a_rerun_the_answer_stands_once(invoker: AgentInvoker, chunks: list[str]) -> None:
    """The joined stream, the kept message and the history are one and the same text, once."""
    state: dict[str, Any] = {}
    talk = fresh()
    shown = shown_after(invoker, talk, ["go"], state, lambda _: [Text(chunk) for chunk in chunks])
    assert [m.content for m in shown if m.role == "assistant"] == ["".join(chunks)]
    assert [m.content for m in invoker.get_messages("u", talk)] == ["go", "".join(chunks)]


# Feature: playground-fix, Property 3: Context retention across turns
@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_what_was_said_in_earlier_turns_is_there_in_later_ones(invoker: AgentInvoker, texts: list[str]) -> None:
    """The model's last request holds every earlier question and answer."""
    converse(invoker, fresh(), texts)
    contents = model_of(invoker).asked[-1].contents
    assert [text for role, text in contents if role == "user"] == texts
    assert [text for role, text in contents if role == "model"] == [f"You said: {text} " for text in texts[:-1]]


@pytest.fixture(scope="module")
def planner() -> Iterator[AgentInvoker]:
    made = AgentInvoker(build_agent(KeylessPlanner(chunk_delay=0)), settings=Settings(workers=2))
    yield made
    made.close()


def planned(planner: AgentInvoker, texts: Sequence[str]) -> list[str]:
    talk = fresh()
    return [answer_of(say(planner, text, talk=talk)).text for text in texts]


# Feature: playground-fix, Property 4: Question non-repetition
@settings(max_examples=100)
@given(st.lists(NAMES, min_size=2, max_size=4, unique=True), st.integers(17, 19), st.booleans())
def test_a_question_that_was_answered_is_not_asked_again(planner: AgentInvoker, names: list[str], hour: int, together: bool) -> None:
    """Who comes and when they are free is asked until it is told, and never after."""
    who = f"{', '.join(names[:-1])} and {names[-1]}"
    free = [f"{name} is free Friday {hour}-23" for name in names]
    answers = planned(planner, [f"Dinner on Friday evening with {who}", *([", ".join(free)] if together else free)])
    questions = [question for answer in answers for question in answer.split("\n") if question.strip().endswith("?")]
    assert len(questions) == len(set(questions))
    assert not any("Who" in question for question in questions)


# Feature: playground-fix, Property 5: Reference resolution
@settings(max_examples=100)
@given(st.lists(NAMES, min_size=2, max_size=4, unique=True), st.integers(17, 20))
def test_a_person_named_earlier_is_known_by_a_pronoun(planner: AgentInvoker, names: list[str], hour: int) -> None:
    """ "She" after "Anna is ..." is Anna, and the answer speaks of nobody else."""
    talk = fresh()
    texts = [
        f"Dinner on Friday evening with {', '.join(names[:-1])} and {names[-1]}",
        f"{names[0]} is vegan",
        f"she is free Friday {hour}-23",
    ]
    for text in texts:
        answer_of(say(planner, text, talk=talk))
    session = asyncio.run_coroutine_threadsafe(
        planner.store.get_session(app_name=planner._runner.app_name, user_id="u", session_id=talk), planner.loop
    ).result(10)
    assert session is not None
    assert list(session.state["availability"]) == [names[0]]


# Feature: playground-fix, Property 6: History availability to agent
@settings(max_examples=100)
@given(st.lists(st.tuples(TEXTS, st.sampled_from(["done", "fail", "stop"])), min_size=1, max_size=5))
def test_every_message_of_the_session_is_in_the_agents_context(invoker: AgentInvoker, turns: list[tuple[str, str]]) -> None:
    """Whatever became of the turns: the context is the history, message by message."""
    talk = fresh()
    for text, fate in turns:
        gate = Gate()
        ways: dict[str, list[Step]] = {
            "done": [Text("whole")],
            "fail": [Text("half"), Raise(RuntimeError())],
            "stop": [Text("half"), Hold(gate)],
        }
        _script[:] = [lambda _, steps=ways[fate]: steps]
        turn = say(invoker, text, talk=talk)
        if fate == "stop":
            wait_for_text(turn, "half")
            turn.cancel()
        assert turn.wait_ended(20)
    history = [m.content for m in invoker.get_messages("u", talk)]
    converse(invoker, talk, ["and now?"])
    assert [text for _, text in model_of(invoker).asked[-1].contents] == [*history, "and now?"]


# Feature: playground-fix, Property 7: State preservation across reruns
@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 4))
def test_a_rerun_shows_the_same_history(invoker: AgentInvoker, texts: list[str], reruns: int) -> None:
    """However often the script runs again: the same messages."""
    state: dict[str, Any] = {}
    shown = shown_after(invoker, fresh(), texts, state)
    for _ in range(reruns):
        assert SessionManager(state).shown() == shown


# Feature: playground-fix, Property 8: State integrity during UI updates
@settings(max_examples=100)
@given(
    st.lists(TEXTS, min_size=1, max_size=4),
    st.lists(st.sampled_from(["shown", "recent", "older", "earlier", "away", "notice"]), max_size=8),
)
def test_drawing_changes_no_message(invoker: AgentInvoker, texts: list[str], updates: list[str]) -> None:
    """Reading, paging, switching away and back leave the history as it is."""
    state: dict[str, Any] = {}
    talk = fresh()
    before = shown_after(invoker, talk, texts, state)
    manager = SessionManager(state)
    ways: dict[str, Callable[[], object]] = {
        "shown": manager.shown, "recent": lambda: manager.get_messages(recent_only=True), "older": manager.get_older_messages,
        "earlier": manager.show_earlier, "away": lambda: (manager.new_conversation(), manager.shown(), manager.open(talk)), "notice": lambda: manager.notify("x"),
    }  # fmt: skip
    for update in updates:
        ways[update]()
    assert manager.shown() == before


# Feature: playground-fix, Property 9: Streaming display progression
@settings(max_examples=100)
@given(CHUNKS, st.data())
def test_partial_text_is_visible_before_the_answer_is_complete(invoker: AgentInvoker, chunks: list[str], data: st.DataObject) -> None:
    """While the model is held after chunk k, exactly the first k chunks can be read."""
    held_after = data.draw(st.integers(1, len(chunks)))
    gate = Gate()
    _script[:] = [lambda _: [*map(Text, chunks[:held_after]), Hold(gate), *map(Text, chunks[held_after:])]]
    turn = say(invoker, "go", talk=fresh())
    assert gate.reached.wait(20)
    wait_for_text(turn, "".join(chunks[:held_after]))
    so_far = Answer(turn.read())
    gate.open()
    assert (so_far.text, so_far.ended) == ("".join(chunks[:held_after]), False)
    assert answer_of(turn).text == "".join(chunks)


# Feature: playground-fix, Property 10: Error handling during streaming
@settings(max_examples=100)
@given(CHUNKS, TROUBLE)
def test_an_error_in_mid_stream_keeps_the_text_and_tells_the_user(invoker: AgentInvoker, chunks: list[str], trouble: Exception) -> None:
    """The turn ends as failed, with the text so far and a message."""
    (turn,) = converse(invoker, fresh(), ["go"], lambda _: [*map(Text, chunks), Raise(trouble)])
    answer = answer_of(turn)
    assert (answer.status, answer.text) == ("failed", "".join(chunks))
    assert answer.error


# Feature: playground-fix, Property 11: User-friendly error messages
@settings(max_examples=100)
@given(TROUBLE, st.booleans())
def test_an_error_shows_nothing_internal(invoker: AgentInvoker, trouble: Exception, after_text: bool) -> None:
    """No class name, path, JSON or exception text; plain words and the user's next move."""
    (turn,) = converse(invoker, fresh(), ["go"], lambda _: [*([Text("half")] if after_text else []), Raise(trouble)])
    error = answer_of(turn).error
    assert not [word for word in INTERNALS if word in error]
    assert any(move in error for move in ("try again", "check", "wait"))


# Feature: playground-fix, Property 12: Error recovery without corruption
@settings(max_examples=100)
@given(st.lists(TEXTS, max_size=3), TROUBLE, TEXTS)
def test_an_error_leaves_the_history_as_it_was(invoker: AgentInvoker, texts: list[str], trouble: Exception, after: str) -> None:
    """The messages before it are untouched, and the conversation goes on."""
    talk = invoker.create_talk_session("u")
    converse(invoker, talk, texts)
    before = invoker.get_messages("u", talk)
    converse(invoker, talk, ["go"], lambda _: [Raise(trouble)])
    (turn,) = converse(invoker, talk, [after])
    assert invoker.get_messages("u", talk)[: len(before)] == before
    assert answer_of(turn).status == "done"


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


# Feature: playground-fix, Property 13: Error logging completeness
@settings(max_examples=100)
@given(TEXTS, TROUBLE)
def test_a_logged_error_has_its_context(invoker: AgentInvoker, text: str, trouble: Exception) -> None:
    """Timestamp, conversation, message and error type stand in one line."""
    log, records, talk = logging.getLogger("vibehuntr.invoker"), _Records(), fresh()
    log.addHandler(records)
    log.setLevel(logging.ERROR)
    log.propagate = False
    try:
        (turn,) = converse(invoker, talk, [text], lambda _: [Raise(trouble)])
    finally:
        log.removeHandler(records)
        log.setLevel(logging.CRITICAL)
        log.propagate = True
    (line,) = records.lines
    for part in ("at=20", f"conversation={talk}", f"turn={turn.id}", f"cause={type(trouble).__name__}", repr(text[:100])):
        assert part in line


# Feature: playground-fix, Property 14: Session error recovery
@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_a_lost_session_recovers_with_what_the_page_shows(invoker: AgentInvoker, texts: list[str], after: str) -> None:
    """The store forgets; the next turn is answered with the whole history in its context, and the user is told."""
    talk = fresh()
    state: dict[str, Any] = {}
    shown_after(invoker, talk, texts, state)
    sessions = invoker.store
    asyncio.run_coroutine_threadsafe(
        sessions.delete_session(app_name=invoker._runner.app_name, user_id="u", session_id=talk), invoker.loop
    ).result(10)
    shown = shown_after(invoker, talk, [after], state)
    assert any("Starting new conversation" in notice for notice in shown[-1].notices)
    assert [text for role, text in model_of(invoker).asked[-1].contents if role == "user"] == [*texts, after]


# Feature: playground-fix, Property 15: Session ID consistency
@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_all_messages_of_a_conversation_have_one_session_id(invoker: AgentInvoker, texts: list[str]) -> None:
    """Every turn, and ADK's session, carry the id under which the conversation was made."""
    talk = invoker.create_talk_session("u")
    turns = converse(invoker, talk, texts)
    assert {turn.talk_session_id for turn in turns} == {talk}
    assert len(invoker.get_messages("u", talk)) == 2 * len(texts)
    assert sum(session.id == talk for session in invoker.list_sessions("u")) == 1


# Feature: playground-fix, Property 16: History storage round-trip
@settings(max_examples=100)
@given(TEXTS)
def test_a_message_comes_back_from_the_history_as_it_was(invoker: AgentInvoker, text: str) -> None:
    """To the letter: white space, signs, right-to-left text, control characters."""
    talk = fresh()
    converse(invoker, talk, [text], lambda asked: [Text(asked.said)])
    assert [m.content for m in invoker.get_messages("u", talk)] == [text, text]


# Feature: playground-fix, Property 17: History retrieval order
@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_the_history_is_in_the_order_of_speaking(invoker: AgentInvoker, texts: list[str]) -> None:
    """First said, first read; `seq` counts from 1."""
    talk = fresh()
    converse(invoker, talk, texts, lambda _: [Text("ok")])
    messages = invoker.get_messages("u", talk)
    assert [m.content for m in messages] == [content for text in texts for content in (text, "ok")]
    assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
    assert [m.at for m in messages] == sorted(m.at for m in messages)
