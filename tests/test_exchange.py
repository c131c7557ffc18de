"""Conversations that leave and come back: through adk web's own import, ADK's stores, `adk eval`; and files of any content."""

from __future__ import annotations

import asyncio
import base64
import copy
import io
import json
import re
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from asking import asking_agent
from conversations.model import NOW, ZONE
from google.adk.events import Event, EventActions
from google.adk.runners import Runner
from google.adk.sessions import BaseSessionService, InMemorySessionService, Session
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from planner_talk import Talk
from test_agent_invoker import say, wait_for_text
from test_evalset import adk_eval

from agent_invoker import AgentInvoker
from playground.errors import ImportRefused, PlaygroundError
from playground.exchange import FEEDBACK, Limits, eval_set_json, read_session, session_json
from playground.history import BEGAN, CONFIRMATION, ERROR, OUTCOME, TURN, Transcript, mark_event
from playground.readable import archive, file_name, files_of, to_markdown
from playground.turn_log import FilePart, Message, Part, Reply, Request, TextPart, ToolStep, open_requests, plain_text
from vibehuntr_agent.agent import build_agent
from vibehuntr_agent.offline import KeylessPlanner

ROOT = Path(__file__).parent.parent
APP = "vibehuntr"
TITLE = "Dinner with “Anna” 🍝"
OPENING = (
    "I'd like to have dinner in Helsinki this Friday with Anna, Ben and Cleo, two hours, at most 30 euros each, and Anna is vegetarian."
)
TIMES = "All four of us are free from 18 to 22 that evening. When can we meet?"
FIRST = "The first one is good."
FINALISE = "That's all, please finalise the plan."
TAKEN_BACK = "Ben cannot come on Friday."
STOPPED = "What do we have so far?"
LEFT_OPEN = "Cancel the plan."
PIXELS = b"\xff\xd8>>>???\x00"
PHOTO = types.Part(inline_data=types.Blob(data=PIXELS, mime_type="image/jpeg", display_name="we.jpg"))
TEXTS = st.text(alphabet=st.one_of(st.sampled_from("`~#<>!-*=_[]()&|\\\n\r \t1."), st.characters()), max_size=60)


# -- conversations -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def story() -> Session:
    """The planner's: tools, a confirmation with a yes, a turn taken back, one stopped, and a confirmation that is still open."""
    service = InMemorySessionService()
    agent = build_agent(KeylessPlanner(chunk_delay=0.01), clock=NOW.astimezone, environ={"VIBEHUNTR_TIMEZONE": ZONE.key})
    invoker = AgentInvoker(agent, session_service=service)
    for text in (OPENING, TIMES, FIRST, FINALISE):
        assert say(invoker, text).wait_ended(20)
    (request,) = open_requests(invoker.view("u", "c").messages).values()
    assert invoker.confirm("u", "c", request.request_id, confirmed=True).wait_ended(20)
    stop(invoker, TAKEN_BACK, roll_back=True)
    stop(invoker, STOPPED)
    assert say(invoker, LEFT_OPEN).wait_ended(20)
    invoker.close()
    session = asyncio.run(whole(service))
    feedback = {"turn": session.events[1].custom_metadata[TURN], "rating": 1, "words": "Just right."}  # type: ignore[index]
    asyncio.run(service.append_event(session, mark_event("user", {TURN: feedback["turn"], FEEDBACK: feedback})))
    photo = Event(id="photo", author="user", invocation_id="p", content=types.Content(role="user", parts=[PHOTO, types.Part(text="Us")]))
    asyncio.run(service.append_event(session, photo))
    return asyncio.run(whole(service))


def stop(invoker: AgentInvoker, text: str, *, roll_back: bool = False) -> None:
    turn = say(invoker, text)
    wait_for_text(turn, "n")
    turn.cancel(roll_back=roll_back)
    assert turn.wait_ended(20)


async def whole(service: BaseSessionService, app: str = APP, user: str = "u", session_id: str = "c") -> Session:
    session = await service.get_session(app_name=app, user_id=user, session_id=session_id)
    assert session
    return session


async def stored(service: BaseSessionService, data: str, app: str = APP) -> Session:
    """What a service makes of a file that is read and stored."""
    imported = read_session(data.encode(), app)
    session = await service.create_session(app_name=app, user_id="other", state=copy.deepcopy(imported.state))
    for event in imported.events:
        await service.append_event(session, event)
    return await whole(service, app, "other", session.id)


def small(*events: Event, state: dict[str, Any] | None = None) -> Session:
    return Session(id="s", app_name=APP, user_id="u", state=state or {}, events=list(events))


def said(text: str, author: str = "user", **fields: Any) -> Event:
    role = "user" if author == "user" else "model"
    return Event(author=author, invocation_id="i", content=types.Content(role=role, parts=[types.Part(text=text)]), **fields)


def did(*parts: types.Part, author: str = "helper", **fields: Any) -> Event:
    return Event(author=author, invocation_id="i", content=types.Content(role="model", parts=list(parts)), **fields)


def call(key: str, name: str = "look", **args: Any) -> types.Part:
    return types.Part(function_call=types.FunctionCall(id=key, name=name, args=args))


def result(key: str, name: str = "look", **response: Any) -> types.Part:
    return types.Part(function_response=types.FunctionResponse(id=key, name=name, response=response))


def question(key: str, about: str, name: str = "look", **args: Any) -> types.Part:
    return call(key, CONFIRMATION, originalFunctionCall={"id": about, "name": name, "args": args}, toolConfirmation={"hint": "Sure?"})


def asked_and_answered(reply: types.Part | None = None) -> list[Event]:
    """A question for a yes, the yes, and what came of it, as ADK writes them."""
    waits = EventActions.model_validate({"requested_tool_confirmations": {"c1": {"hint": "Sure?"}}, "skip_summarization": True})
    return [
        said("look there"),
        did(call("c1", at="sea")),
        did(question("q1", "c1", at="sea"), long_running_tool_ids={"q1"}),
        did(result("c1", error="requires confirmation"), actions=waits),
        did(reply or result("q1", CONFIRMATION, confirmed=True), author="user"),
        did(result("c1", seen="waves")),
        said("Waves.", "helper"),
    ]


def texts_of(events: Sequence[Any]) -> list[str]:
    dumped = [event if isinstance(event, dict) else event.model_dump(by_alias=True) for event in events]
    return [part["text"] for event in dumped for part in (event.get("content") or {}).get("parts") or [] if part.get("text")]


def names_in(events: Sequence[Event]) -> list[str]:
    """Calls and responses, in order."""
    return [f"{about.name}:{about.id}" for e in events for about in (*e.get_function_calls(), *e.get_function_responses())]


def shown(events: Sequence[Event]) -> list[Message]:
    told = Transcript()
    for event in events:
        told.add(event)
    return list(told.messages())


def own(state: Any) -> Any:
    """A state without what is the user's, at any depth, and without our bookkeeping."""
    if isinstance(state, dict):
        return {key: own(value) for key, value in state.items() if not key.startswith(("user:", "vibehuntr_", "__session_metadata__"))}
    return [own(item) for item in state] if isinstance(state, list) else state


def imported(session: Session) -> list[Event]:
    return read_session(session_json(session, "").encode(), APP).events


# -- out and in again ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda _: InMemorySessionService(), lambda path: SqliteSessionService(str(path / "talks.db"))])
async def test_a_conversation_comes_back_to_the_byte(story: Session, make: Callable[[Path], BaseSessionService], tmp_path: Path) -> None:
    """Written, read, stored by ADK and written again it is the same, and so is what the page shows and what the agent knows."""
    out = session_json(story, TITLE)
    back = await stored(make(tmp_path), out)
    assert session_json(back, read_session(out.encode(), APP).title) == out
    assert back.state == own(story.state)
    assert back.state["plan"]["status"] == "final" and back.state["undo"]
    before, after = shown(story.events), shown(back.events)
    assert [m.content for m in after] == [m.content for m in before]
    assert [p for m in after[:-3] for p in m.parts if not isinstance(p, ToolStep)] == [
        p for m in before[:-3] for p in m.parts if not isinstance(p, ToolStep)
    ]
    assert [(m.turn_id, m.at, m.status, m.error) for m in after] == [(m.turn_id, m.at, m.status, m.error) for m in before]


def test_what_is_taken_back_still_open_or_not_the_conversations_stays_here(story: Session) -> None:
    """A file holds what was said and what still holds, and nothing of who said it."""
    out = session_json(story, TITLE)
    file = json.loads(out)
    assert TAKEN_BACK in texts_of(story.events) and TAKEN_BACK not in texts_of(file["events"])
    assert STOPPED in texts_of(file["events"]) and LEFT_OPEN in texts_of(file["events"])
    for word in ("user:facts", "user:calendars", "vibehuntr_conversation", "rewind", "artifactDelta", '"userId": "u"'):
        assert word not in out
    assert file["state"]["__session_metadata__"] == {"displayName": TITLE}
    assert Session.model_validate(file).app_name == APP
    events = read_session(out.encode(), APP).events
    assert [n.split(":")[0] for n in names_in(events)].count(CONFIRMATION) == 2, "one question and its reply"
    assert not open_requests(shown(events))
    assert next(e for e in events if FEEDBACK in (e.custom_metadata or {})).custom_metadata[FEEDBACK]["words"] == "Just right."  # type: ignore[index]


def test_files_in_a_message_come_back(story: Session) -> None:
    """Bytes stand in the file as base64, in either alphabet."""
    out = session_json(story, TITLE)
    other = out.replace(base64.urlsafe_b64encode(PIXELS).decode(), base64.b64encode(PIXELS).decode())
    assert other != out
    for data in (out, other):
        (photo,) = [event for event in read_session(data.encode(), APP).events if event.id == "photo"]
        assert photo.content and photo.content.parts and photo.content.parts[0] == PHOTO


def test_a_confirmation_comes_back_with_its_reply_and_its_effect() -> None:
    """The page shows the question, the yes and the step; adk web's part of the file has no trace of ADK's own call."""
    out = session_json(small(*asked_and_answered()), "")
    for event in json.loads(out)["events"]:
        assert CONFIRMATION not in json.dumps(event.get("content"))
    (question_, answer) = shown(read_session(out.encode(), APP).events)
    assert [type(part) for part in answer.parts] == [Request, Reply, ToolStep, TextPart]
    assert question_.content == "look there"


@pytest.mark.parametrize("length", [3, 4, 5])
def test_a_confirmation_without_an_end_is_a_call_that_was_not_made(length: int) -> None:
    """Unanswered, or answered and never done: no question comes back, and the call stands there with ADK's note, or not at all."""
    events = imported(small(*asked_and_answered()[:length], said("later")))
    assert names_in(events) == (["look:c1", "look:c1"] if length > 3 else [])
    assert not any(event.actions.requested_tool_confirmations or event.long_running_tool_ids for event in events)
    assert not open_requests(shown(events))


@pytest.mark.parametrize(
    "reply",
    [
        result("q2", CONFIRMATION, confirmed=True),
        result("q1", CONFIRMATION, confirmed="perhaps"),
        result("q1", CONFIRMATION, response="[" * 100_000),
        result("q1", CONFIRMATION, response=7),
    ],
    ids=["to another", "neither", "too deep", "a number"],
)
def test_a_reply_that_is_none_answers_nothing(reply: types.Part) -> None:
    """What ADK or the page would trip over is left out."""
    assert CONFIRMATION not in str(names_in(imported(small(*asked_and_answered(reply)))))


def test_a_reply_in_adks_wrapper_is_read() -> None:
    """ADK's clients may send the reply as JSON in a string."""
    events = imported(small(*asked_and_answered(result("q1", CONFIRMATION, response='{"confirmed": false}'))))
    assert [part.confirmed for m in shown(events) for part in m.parts if isinstance(part, Reply)] == [False]


def test_a_question_about_another_call_than_the_one_made_is_left_out() -> None:
    """What was confirmed is what was called."""
    events = asked_and_answered()
    events[2] = did(question("q1", "c1", at="land"))
    assert names_in(imported(small(*events))) == ["look:c1"] * 3


def test_calls_and_answers_go_in_pairs() -> None:
    """A model refuses a history with one of them alone; ADK's other own calls are nobody's to bring."""
    events = [
        said("hi"),
        did(result("c0", seen="nothing")),
        did(call("c1"), call("c2"), call("c3"), types.Part(text="so")),
        did(result("c1", seen=1), result("c2", "other", seen=2)),
        did(call("c4", "adk_request_credential"), call("c5", "adk_request_input")),
        did(result("c5", "adk_request_input", said="x"), author="user"),
        did(call("c6"), author="user"),
    ]
    assert names_in(imported(small(*events))) == ["look:c1", "look:c1"]
    assert texts_of(imported(small(*events))) == ["hi", "so"]


def test_times_never_go_back() -> None:
    """A database sorts by them, and adk web gives all events of an import the same."""
    events = imported(small(said("a", timestamp=5.0), said("b", "helper", timestamp=5.0), said("c", timestamp=3.0)))
    times = [event.timestamp for event in events]
    assert texts_of(events) == ["a", "b", "c"] and times == sorted(set(times))


def test_an_event_that_only_keeps_our_books_is_left_out() -> None:
    """Bookkeeping says nothing about the conversation; ADK's own state could replace its model."""
    delta = {"vibehuntr_conversation": {}, "vibehuntr_moving": [], "user:x": 1, "app:x": 1, "temp:x": 1, "_adk_replay_config": {}}
    books = [Event(author="user", actions=EventActions(state_delta=d)) for d in (delta, delta | {"plan": {"b": 1, "a": None}})]
    out = session_json(small(said("hi"), *books, state=delta | {"plan": {"b": 1, "a": None}}), "")
    kept = read_session(out.encode(), APP)
    assert kept.state == {"plan": {"b": 1, "a": None}}
    assert [event.actions.state_delta for event in kept.events] == [{}, {"plan": {"b": 1, "a": None}}]


@settings(max_examples=40)
@given(TEXTS.filter(str.strip), TEXTS, st.dictionaries(TEXTS, st.none() | st.floats() | st.integers() | TEXTS | st.lists(st.floats())))
def test_any_texts_and_any_state_come_back(text: str, title: str, state: dict[str, Any]) -> None:
    """What a file cannot hold (half a surrogate pair, NaN) is replaced once, and never again."""
    out = session_json(small(said(text), state=state), title)
    back = read_session(out.encode(), APP)
    assert session_json(small(*back.events, state=back.state), back.title) == out


# -- adk web -------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def adk_web() -> AsyncIterator[httpx.AsyncClient]:
    """ADK's own server over the planner, with everything in memory."""
    from google.adk.cli.fast_api import get_fast_api_app

    app = get_fast_api_app(
        agents_dir=str(ROOT), web=False, use_local_storage=False, session_service_uri="memory://", artifact_service_uri="memory://"
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


SESSIONS = "/apps/vibehuntr_agent/users/user/sessions"


async def import_as_adk_web_does(client: httpx.AsyncClient, out: str) -> Any:
    """`doImportSession` and `importSession` of its page: the events with the time of now, and the state if there is one."""
    file = json.loads(out)
    assert file["events"]
    body = {"events": [event | {"timestamp": time.time()} for event in file["events"]]} | (
        {"state": file["state"]} if file["state"] else {}
    )
    answer = await client.post(SESSIONS, json=body)
    assert answer.status_code == 200, answer.text
    return (await client.get(f"{SESSIONS}/{answer.json()['id']}")).json()


async def test_adk_web_imports_a_conversation_goes_on_with_it_and_gives_it_back(story: Session, adk_web: httpx.AsyncClient) -> None:
    """The same texts under the same name; its model goes on from there; and what adk web exports then is read here."""
    out = session_json(story, TITLE)
    session = await import_as_adk_web_does(adk_web, out)
    assert texts_of(session["events"]) == texts_of(json.loads(out)["events"])
    assert session["state"]["__session_metadata__"]["displayName"] == TITLE
    message = {"role": "user", "parts": [{"text": "What is the plan?"}]}
    run = {"app_name": "vibehuntr_agent", "user_id": "user", "session_id": session["id"], "new_message": message}
    answer = await adk_web.post("/run", json=run)
    assert answer.status_code == 200 and "Friday 20 November 2026" in answer.text
    exported = (await adk_web.get(f"{SESSIONS}/{session['id']}")).text
    back = read_session(exported.encode(), "vibehuntr_agent")
    assert back.title == TITLE
    assert texts_of(back.events)[: len(texts_of(session["events"]))] == texts_of(session["events"])
    assert "What is the plan?" in texts_of(back.events)
    assert names_in(back.events)[: len(names_in(imported(story)))] == names_in(imported(story)), "with the confirmation"


async def test_what_adk_web_itself_has_recorded_is_read(adk_web: httpx.AsyncClient) -> None:
    """Its own export has actions and ADK's own calls in their places, and a question that is open."""
    created = (await adk_web.post(SESSIONS, json={"state": {"__session_metadata__": {"displayName": "Of adk web"}}})).json()
    for text in ("Dinner with Anna on 2030-05-03, 18 to 20.", "Cancel the plan."):
        message = {"role": "user", "parts": [{"text": text}]}
        run = {"app_name": "vibehuntr_agent", "user_id": "user", "session_id": created["id"], "new_message": message}
        assert (await adk_web.post("/run", json=run)).status_code == 200
    exported = (await adk_web.get(f"{SESSIONS}/{created['id']}")).text
    assert CONFIRMATION in exported
    back = read_session(exported.encode(), "vibehuntr_agent")
    assert back.title == "Of adk web" and back.state["plan"]["date_from"] == "2030-05-03"
    assert CONFIRMATION not in str(names_in(back.events)) and not open_requests(shown(back.events))
    again = session_json(Session(id="x", app_name="vibehuntr_agent", user_id="u", state=back.state, events=back.events), back.title)
    assert session_json(await stored(InMemorySessionService(), again, "vibehuntr_agent"), back.title) == again


# -- files that are not what they should be ------------------------------------------------------------------------------

EVENT = {"id": "e1", "author": "user", "invocationId": "i", "timestamp": 1, "content": {"role": "user", "parts": [{"text": "hi"}]}}
FILE = {"appName": APP, "events": [EVENT], "state": {}}
CALL = {"functionCall": {"id": "c", "name": "f", "args": {}}}


def bytes_of(**changes: Any) -> bytes:
    return json.dumps(FILE | changes).encode()


def event_of(**changes: Any) -> bytes:
    """A file of two events, the second of which is changed."""
    return bytes_of(events=[EVENT, {**EVENT, "id": "e2", **changes}])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b'{"events": [', "not JSON"),
        (b"[]", "not a conversation"),
        (b"7", "not a conversation"),
        (b"null", "not a conversation"),
        (b"[" * 1_000_000, "layers"),
        (b"[" * 51 + b"]" * 51, "layers"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "layers"),
        (b'"' + b'\\"' * 1_000_000, "not JSON"),
        (b"[" + b"1," * 1_000_001 + b"1]", "1,000,000 values"),
        (b" " * 20_000_001, "larger than 20 MB"),
        (b'{"events": [{"timestamp": NaN}]}', "There is NaN"),
        (b'{"events": [{"timestamp": -Infinity}]}', "There is -Infinity"),
        (b'{"events": [{"timestamp": 1e999}]}', "a number without end"),
        (b'{"events": [{"timestamp": ' + b"9" * 5_000 + b"}]}", "a number without end"),
        (b'{"eval_set_id": "x", "eval_cases": []}', "eval set"),
        (bytes_of(events=[]), "no events"),
        (bytes_of(events={"0": EVENT}), "no events"),
        (b'{"state": {}}', "no events"),
        (bytes_of(events=[EVENT] * 20_001), "20,000 events"),
        (bytes_of(state=[1]), '"state"'),
        (bytes_of(state={"x": "y" * 5_000_001}), "larger than 5,000 kB"),
        (bytes_of(appName=3), '"appName"'),
        (bytes_of(appName="other"), 'the agent "other"'),
        (bytes_of(events=[EVENT, "hi"]), "Event 2 of this file is not an object"),
        (bytes_of(events=[EVENT, EVENT]), "Event 2 of this file has the id of one before it"),
        (bytes_of(events=[EVENT | {"content": {"role": "user", "parts": [CALL]}}]), "no messages"),
        (event_of(author=None), 'Event 2 of this file does not fit: look at its "author"'),
        (event_of(author=""), '"author"'),
        (event_of(id="x" * 200), '"id"'),
        (event_of(timestamp="1"), '"timestamp"'),
        (event_of(timestamp=True), '"timestamp"'),
        (event_of(timestamp=-1), '"timestamp"'),
        (event_of(timestamp=1e300), '"timestamp"'),
        (event_of(content="hi"), '"content"'),
        (event_of(content={"parts": [{"text": 5}]}), '"content"'),
        (event_of(content={"parts": [{"inlineData": {"data": "!"}}]}), '"content"'),
        (event_of(content={"parts": [{"functionCall": {"id": "c", "name": "f", "args": []}}]}), '"content"'),
        (event_of(actions=[]), '"actions"'),
        (event_of(actions={"stateDelta": 1}), '"actions"'),
        (event_of(customMetadata={"vibehuntr_actions": "x"}), '"actions"'),
        (event_of(customMetadata={"vibehuntr_content": 1}), '"content"'),
        (event_of(customMetadata=1), '"customMetadata"'),
        (event_of(partial="yes"), '"partial"'),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_plain_words(data: bytes, told: str) -> None:
    """The message says what is wrong and what to do, names the event, and shows nothing of ours or of the file's."""
    with pytest.raises(ImportRefused, match=re.escape(told)) as refused:
        read_session(data, APP)
    assert isinstance(refused.value, PlaygroundError)
    assert len(refused.value.message) < 200
    assert re.search(r"\b(Choose|Export|Import|choose)\b", refused.value.message), "whose move is next"
    for internal in ("pydantic", "Traceback", "_FileEvent", "loc", "input_value", "xxx", "yyy"):
        assert internal not in refused.value.message


def test_limits_can_be_set() -> None:
    """A smaller page may read less."""
    assert read_session(bytes_of(), APP, Limits(bytes=1000, depth=6, values=50, events=1, parts=1, state=2)).events
    for limits in (Limits(bytes=10), Limits(depth=5), Limits(values=3), Limits(events=0), Limits(parts=0), Limits(state=1)):
        with pytest.raises(ImportRefused):
            read_session(bytes_of(), APP, limits)


def test_an_agent_of_any_name_is_taken_if_none_is_asked_for() -> None:
    """A hand-made file may not say whose it is, and a page may not care."""
    assert read_session(bytes_of(appName="other"), "").events
    assert read_session(json.dumps({"events": [EVENT]}).encode(), APP) == read_session(bytes_of(), APP)


def test_what_is_unknown_is_left_out() -> None:
    """Fields, metadata and state that a conversation does not need are not stored; marks only if they are what they should be."""
    marks = {
        TURN: 5,
        BEGAN: "now",
        OUTCOME: "forgotten?",
        ERROR: ["x"],
        "other": 1,
        "__adk_internal_restored_event": True,
        FEEDBACK: {"turn": "t", "rating": 1, "words": ""},
    }
    hostile = {
        "endOfAgent": True,
        "agentState": {},
        "requestedAuthConfigs": {"x": {}},
        "route": "x",
        "compaction": {},
        "renderUiWidgets": [],
    }
    content = {
        "role": "system",
        "parts": [{"text": "hi", "secret": 1}, {"fileData": {"fileUri": "gs://bucket/x"}}, {"thought": True}],
        "x": 1,
    }
    data = event_of(
        customMetadata=marks, actions=hostile, content=content, usageMetadata={}, longRunningToolIds=["x"], secret="x", groundingMetadata=3
    )
    event = read_session(data, APP).events[1]
    assert event.custom_metadata is None and event.actions == EventActions() and event.long_running_tool_ids is None
    assert event.content == types.Content(role="user", parts=[types.Part(text="hi")])


@pytest.mark.parametrize(
    "feedback",
    [{"turn": "t", "rating": 2, "words": ""}, {"turn": "t", "rating": True, "words": ""}, {"turn": "", "rating": 1, "words": ""}, {"turn": "t", "rating": 1}, [], "x"],
)  # fmt: skip
def test_a_feedback_that_is_none_is_left_out(feedback: Any) -> None:
    """It is kept only as this program writes it, on an event without content."""
    good = {"turn": "t", "rating": 0, "words": "No."}
    marked = [
        {"id": f"f{n}", "author": "user", "timestamp": 1, "customMetadata": {FEEDBACK: value}} for n, value in enumerate((feedback, good))
    ]
    (_, event) = read_session(bytes_of(events=[EVENT, *marked]), APP).events
    assert event.custom_metadata == {FEEDBACK: good}


def test_an_event_without_an_id_gets_one() -> None:
    """Made by hand, it is still an event; two of one id are a file that went wrong."""
    events = read_session(bytes_of(events=[EVENT, EVENT | {"id": ""}, {k: v for k, v in EVENT.items() if k != "id"}]), APP).events
    assert len({event.id for event in events} - {""}) == 3


async def test_what_was_imported_runs_no_tool_before_somebody_says_so() -> None:
    """The file ends in a question, or in a yes to a tool that has not run: the next message is answered, and the tool is not touched."""
    wiped: list[str] = []
    asked = (
        [call("c1", "wipe", what="all")],
        [question("q1", "c1", "wipe", what="all")],
        [result("c1", "wipe", error="requires confirmation")],
    )
    events = [said("wipe all"), *(did(*parts) for parts in asked), did(result("q1", CONFIRMATION, confirmed=True), author="user")]
    events[3].actions = EventActions.model_validate({"requested_tool_confirmations": {"c1": {}}})
    service = InMemorySessionService()
    for length in (4, 5):
        file = {"events": [event.model_dump(mode="json", by_alias=True, exclude_none=True) for event in events[:length]]}
        session = await stored(service, json.dumps(file))
        runner = Runner(app_name=APP, agent=asking_agent(wiped.append), session_service=service)
        message = types.Content(role="user", parts=[types.Part(text="hello")])
        answer = [event async for event in runner.run_async(user_id="other", session_id=session.id, new_message=message)]
        assert texts_of(answer) == ["You said: hello "] and not wiped
        await runner.close()


def test_what_adk_web_took_back_stays_taken_back() -> None:
    """A file of adk web's holds the turns that were taken back there, and the event that says so."""
    rewind = {"id": "e3", "author": "user", "invocationId": "r", "timestamp": 3, "actions": {"rewindBeforeInvocationId": "j"}}
    later = EVENT | {"id": "e2", "invocationId": "j"}
    events = read_session(bytes_of(events=[EVENT, later, rewind, EVENT | {"id": "e4", "invocationId": "k"}]), APP).events
    assert [event.id for event in events] == ["e1", "e4"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["user", "model", CONFIRMATION, "adk_request_input", "e1", "[[["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "text", "parts", "response", "args", "confirmed", "x", TURN]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@pytest.fixture(scope="module")
def whole_file() -> tuple[Any, list[tuple[Any, ...]]]:
    """A small file with everything in it, as this program and as adk web writes it; and the places in it."""
    extra = [
        Event(author="user", actions=EventActions(state_delta={"plan": {"a": 1}})),
        did(PHOTO, author="user"),
        mark_event("helper", {TURN: "t", OUTCOME: "failed", ERROR: "Oh."}),
    ]
    session = small(*asked_and_answered(), *extra, state={"plan": {"a": 1}})
    raw = [event.model_dump(mode="json", by_alias=True, exclude_none=True) for event in asked_and_answered()]
    file = json.loads(session_json(session, "T"))
    file["events"] += raw
    return file, list(places(file))


@settings(max_examples=100)
@given(st.data())
def test_a_file_that_was_changed_anywhere_is_read_or_refused(whole_file: tuple[Any, list[tuple[Any, ...]]], data: st.DataObject) -> None:
    """Whatever stands wherever: nothing but `ImportRefused`, at once; and what is read is a conversation that is written the same again."""
    original, where = whole_file
    file: Any = {"": copy.deepcopy(original)}
    for _ in range(data.draw(st.integers(1, 3))):
        path = ("", *data.draw(st.sampled_from(where)))
        change(file, path, data.draw(st.sampled_from(["drop", "replace", "insert"])), data.draw(ANYTHING))
    began = time.monotonic()
    try:
        back = read_session(json.dumps(file.get("")).encode(), APP)
    except ImportRefused:
        return
    finally:
        assert time.monotonic() - began < 2
    out = session_json(small(*back.events, state=back.state), back.title)
    again = read_session(out.encode(), APP)
    assert session_json(small(*again.events, state=again.state), again.title) == out
    assert not open_requests(shown(back.events))


def change(value: Any, path: tuple[Any, ...], how: str, new: Any) -> None:
    """Change the place, unless an earlier change has taken it away."""
    for key in path[:-1]:
        if not isinstance(value, dict | list) or (
            key not in value if isinstance(value, dict) else not isinstance(key, int) or key >= len(value)
        ):
            return
        value = value[key]
    key = path[-1]
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        value[key : key + (how != "insert")] = [] if how == "drop" else [new]
    elif isinstance(value, dict) and how == "drop":
        value.pop(key, None)
    elif isinstance(value, dict):
        value[key] = new


@settings(max_examples=100)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='[]{}",:\\0e-N ', max_size=100).map(str.encode)
    | ANYTHING.map(lambda value: json.dumps({"events": [value], "state": value}).encode())
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but `ImportRefused`."""
    with suppress(ImportRefused):
        read_session(data, APP)


# -- adk eval ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def eval_history() -> Iterator[None]:
    kept = ROOT / "tests" / "evals" / ".adk" / "eval_history"
    before = set(kept.glob("*"))
    yield
    for made in set(kept.glob("*")) - before:
        made.unlink()


@pytest.mark.usefixtures("eval_history")
async def test_adk_eval_plays_a_conversation_again_and_passes_it(tmp_path: Path) -> None:
    """Exported here and run there, with the confirmation: the same tools with the same arguments, and the same answers word for word."""
    talk = Talk()
    await talk.open()
    for text in (OPENING, TIMES, FIRST):
        await talk.say(text)
    await talk.say(FINALISE)
    await talk.confirm(yes=True)
    await talk.say(LEFT_OPEN)
    session = await whole(talk.sessions, "talk", "u", talk.session_id)
    await talk.runner.close()
    evals = tmp_path / "talk.evalset.json"
    evals.write_text(eval_set_json(session, "evals", "talk"), encoding="utf-8")
    criteria = {"tool_trajectory_avg_score": {"threshold": 1.0, "match_type": "IN_ORDER"}, "response_match_score": 0.79}
    config = tmp_path / "test_config.json"
    config.write_text(json.dumps({"criteria": criteria}), encoding="utf-8")
    run = await asyncio.to_thread(adk_eval, evals, config)
    found = dict(re.findall(r"Metric: (\w+), Status: (\w+)", run.stdout.split("Invocation Details")[0]))
    assert {name: found.get(name) for name in criteria} == dict.fromkeys(criteria, "PASSED"), run.stdout + run.stderr
    assert run.returncode == 0


def test_a_turn_that_cannot_be_played_again_is_no_part_of_an_eval_case(story: Session) -> None:
    """Stopped, taken back, or ending in a question that nobody has answered: there is nothing to compare with."""
    case = json.loads(eval_set_json(story, "evals", "mine"))["eval_cases"][0]
    sent = [turn["user_content"]["parts"][0].get("text", "yes") for turn in case["conversation"]]
    assert sent == [OPENING, TIMES, FIRST, FINALISE, "yes"]
    assert "id" not in case["conversation"][-1]["user_content"]["parts"][0]["function_response"]
    assert case["session_input"] == {"app_name": "evals", "user_id": "mine"}


def test_an_eval_case_begins_with_the_state_that_no_event_has_set() -> None:
    """Such as what the session was made with; and never with our bookkeeping."""
    later = Event(author="user", actions=EventActions(state_delta={"plan": 2}))
    session = small(said("hi"), said("Hi.", "helper"), later, state={"plan": 2, "day": "Friday", "vibehuntr_conversation": {}})
    case = json.loads(eval_set_json(session, APP, "mine"))["eval_cases"][0]
    assert case["session_input"]["state"] == {"day": "Friday"}


# -- for people ----------------------------------------------------------------------------------------------------------


def top_headings(markdown: str) -> list[str]:
    """The headings that are in nothing else, by CommonMark's rules for blocks; all lines of ours begin in the first column."""
    fence, found = "", []
    for line in re.split(r"\r\n|\r|\n", markdown):
        ticks = re.match(r" {0,3}(`{3,})([^`]*)$", line)
        if fence:
            fence = "" if ticks and len(ticks[1]) >= len(fence) and not ticks[2].strip() else fence
        elif ticks:
            fence = ticks[1]
        elif re.match(r" {0,3}#{1,6}( |$)", line):
            found.append(line)
        else:
            assert not re.match(r" {0,3}(~~~|=+ *$|-+ *$)", line)
            assert not re.match(r" {0,3}<", line) or re.fullmatch(r"<details><summary>[^<>]*</summary>|</details>", line), line
    assert not fence
    return found


PARTS = st.one_of(
    st.builds(lambda text: plain_text(text)[0], TEXTS),
    st.builds(ToolStep, st.just("c"), TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=2), st.just(0.0), st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2), st.none() | st.just(0.31), st.booleans()),
    st.builds(Request, st.just("q"), st.just("c"), TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=2), TEXTS),
    st.builds(Reply, st.builds(Request, st.just("q"), st.just("c"), TEXTS), st.booleans()),
    st.builds(FilePart, TEXTS, st.just("text/plain"), st.just(b"x")),
)  # fmt: skip
MESSAGES = st.builds(
    Message, st.just(1), st.just("t"), st.sampled_from(["user", "assistant"]), st.lists(PARTS, max_size=3),
    st.sampled_from(["done", "cancelled", "failed", "running"]), TEXTS, st.floats(0, 1e9), st.lists(TEXTS, max_size=1),
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(MESSAGES, max_size=4), TEXTS, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=2))
def test_no_text_breaks_out_of_its_place(messages: list[Message], title: str, agent: str, plan: list[tuple[str, str]]) -> None:
    """One heading for the title, one for each message, one for the plan, whatever anybody has written."""
    markdown = to_markdown(messages, title, agent, plan)
    headings = top_headings(markdown)
    assert [len(h.split(" ")[0]) for h in headings] == [1] + [2] * (len(messages) + bool(plan))
    assert markdown.encode()
    for name in files_of(messages):
        assert f"](files/" in markdown and name  # noqa: F541


def talked(*parts: Part, role: Any = "assistant", **fields: Any) -> Message:
    return Message(1, "t", role, parts, at=1_795_289_051.4, **fields)


def test_what_the_user_typed_shows_to_the_letter() -> None:
    """It is no Markdown: it stands in a fence that is longer than any in it."""
    text = "# no heading\n<script>alert(1)</script>\n```` \n  [x](y)"
    markdown = to_markdown([talked(*plain_text(text), role="user")], "T", "Vibehuntr", zone=ZoneInfo("Europe/Helsinki"))
    assert f"\n`````text\n{text}\n`````\n" in markdown
    assert "\n## You, 2026-11-21 21:24 EET\n" in markdown


def test_what_the_agent_wrote_is_markdown_in_a_quotation() -> None:
    """Unless it would fetch something, or is HTML."""
    written, fetching = plain_text("# Plan\n\n- **Friday**\n```\nopen"), plain_text("![](http://x/y.png) <b>")
    markdown = to_markdown([talked(*written), talked(*fetching)], "T", "Vibehuntr")
    assert "\n> # Plan\n>\n> - **Friday**\n> ```\n> open\n" in markdown
    assert "\n```text\n![](http://x/y.png) <b>\n```\n" in markdown


def test_steps_are_folded_and_ends_are_marked() -> None:
    """What a tool was asked and answered, without what is the page's; how an answer ended, in its words; the plan last."""
    request = Request("q", "c", "cancel_plan", {"why": "*rain*"}, "Really?")
    step = ToolStep("c", "find_times", {"day": "```"}, 0.0, {"slots": 2, "view": {}, "card": {}, "replies": []}, 0.31)
    told = to_markdown(
        [talked(request), talked(Reply(request, confirmed=False), step, status="cancelled", error="Stopped by *you*.", notices=["Slow."])],
        "A #title",
        "Vibe_hunt",
        [("When", "Friday | 18:00")],
        UTC,
    )
    assert "<details><summary>find_times · 0.3 s</summary>\n\nArguments:\n\n````json\n" in told
    assert '```json\n{\n  "slots": 2\n}\n```\n\n</details>' in told
    assert r"*May* cancel\_plan\(\"why\"\: \"\*rain\*\"\) *be done?* Really\?" in told
    assert r"*No* to cancel\_plan\(\"why\"\: \"\*rain\*\"\)" in told
    assert r"**Stopped.** Stopped by \*you\*\." in told and "*Slow\\.*" in told
    assert told.startswith("# A \\#title\n\n## Vibe\\_hunt, 2026-11-21 19:24 UTC\n")
    assert told.endswith("## The plan\n\n- **When:** Friday \\| 18\\:00\n")


# -- files ---------------------------------------------------------------------------------------------------------------

NAMES = st.text(alphabet=st.one_of(st.sampled_from('./\\:*?"<>| aAéCONnul1\u202e\u00a0\x00-'), st.characters()), max_size=200)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def is_safe(name: str) -> bool:
    return (
        bool(name)
        and len(name.encode()) <= 255
        and not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
        and not RESERVED.fullmatch(name)
        and name == name.strip(" .")
    )


@settings(max_examples=60)
@given(NAMES, st.lists(NAMES, max_size=6, unique=True))
def test_an_archive_unpacks_anywhere(title: str, names: list[str]) -> None:
    """No path leads out, no two names are one on any system, and the same content is the same archive."""
    files = {name: name.encode(errors="replace") for name in names}
    packed = archive(title, "text", files)
    assert packed == archive(title, "text", dict(files))
    made = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert is_safe(made[0]) and made[0] == file_name(title, "md")
    inside = [path.removeprefix("files/") for path in made[1:]]
    assert all(map(is_safe, inside)) and len({name.casefold() for name in inside}) == len(names)
    assert zipfile.ZipFile(io.BytesIO(archive(title, "", dict.fromkeys(inside, b"")))).namelist() == made, "safe names stay as they are"


def test_files_are_linked_by_the_names_that_they_have_in_the_archive() -> None:
    """Two files of one name are two files."""
    sent = [FilePart("../a b.txt", "text/plain", b"1"), FilePart("../A b.txt", "text/plain", b"2"), FilePart("", "text/plain", b"3")]
    messages = [talked(*sent, role="user")]
    markdown = to_markdown(messages, "T", "V")
    packed = zipfile.ZipFile(io.BytesIO(archive("Us", markdown, files_of(messages))))
    assert packed.namelist() == ["Us.md", "files/_a b.txt", "files/_A b-2.txt", "files/file"]
    assert [packed.read(name) for name in packed.namelist()[1:]] == [b"1", b"2", b"3"]
    assert "](files/_a%20b.txt)" in markdown and "](files/_A%20b-2.txt)" in markdown and "[file](files/file)" in markdown


@pytest.mark.parametrize(
    ("title", "name"),
    [("Dinner with Anna", "Dinner with Anna.json"), ("", "conversation.json"), ("../..\\x", "_._x.json"), ("con", "_con.json"), ("a\nb?", "a b_.json"), ("ö" * 300, "ö" * 60 + ".json")],
)  # fmt: skip
def test_a_download_has_a_name_that_every_system_takes(title: str, name: str) -> None:
    """It begins with the title."""
    assert file_name(title, "json") == name
