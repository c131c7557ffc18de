"""Seats on other machines: a second process, over HTTP."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from a2a.server.agent_execution import RequestContext
from a2a.server.context import ServerCallContext
from a2a.server.events import Event as A2AEvent
from a2a.server.events import EventQueue
from a2a.types import Message as A2AMessage
from a2a.types import Part, Role, SendMessageRequest, Task, TaskState, TaskStatusUpdateEvent
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from hypothesis import example, given, settings
from hypothesis import strategies as st
from seat_server import Behaving, Flags

from playground.errors import StateError
from playground.meetings import serving
from playground.meetings.messages import Accept, Act, Body, Decided, Failed, Floor, GarbledAct, Json, Message
from playground.meetings.minds import APP, Request, Unreachable
from playground.meetings.remote import RemoteMind, SeatFailed
from playground.meetings.room import Room
from playground.meetings.seat import Limits
from playground.meetings.settings import MeetingSettings
from playground.meetings.view import View

HERE = Path(__file__).parent
QUICK = Limits(turn=20.0, attempts=1)
BEHAVIOURS = (
    "well", "plain", "waits", "stalls-timeout", "stalls-cancel", "stalls-again", "garbage", "large", "version", "raises", "drops", "late", "late-held",
    "http500", "html", "endless", "unfinished", "packed", "redirects", "nocard", "badcard", "elsewhere",
)  # fmt: skip


@contextmanager
def started(*arguments: str) -> Generator[subprocess.Popen[str]]:
    environ = {**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, env=environ, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def addresses_of(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout
    return dict(json.loads(process.stdout.readline()))


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, str]]:
    """One process for all behaviours but those that end it."""
    with started(str(HERE / "seat_server.py"), *BEHAVIOURS) as process:
        yield addresses_of(process)


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """No seat's thread outlives its meeting."""
    yield
    left = [thread for thread in threading.enumerate() if thread.name.startswith("seat-")]
    for thread in left:  # it says that it is gone just before it is
        thread.join(1)
    assert not [thread.name for thread in left if thread.is_alive()]


class Agreeing:
    """A mind that is here."""

    def joins(self, parameters: Json) -> bool:
        return True

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        return [Accept(about=message.id)]

    def close(self) -> None:
        return None


def chair(view: View) -> Sequence[Body]:
    """Ask everybody twice, then decide."""
    floors = [message for message in view.said if isinstance(message.body, Floor)]
    if len(floors) < 2:
        return [Floor(seats=view.here, topic="time", ask="Friday?")]
    return [Decided(outcome="agreed", agreed=view.here, final=True)]


def room(address: str, limits: Limits = QUICK) -> Room:
    return Room(chair, {"Anna": Agreeing(), "Ben": RemoteMind("Ben", address), "Cleo": Agreeing()}, limits=limits)


async def held(meeting: Room) -> list[Message]:
    async with aclosing(meeting.hold()) as messages:
        return [message async for message in messages if message]


def outcome(messages: Sequence[Message]) -> tuple[list[str], tuple[str, ...]]:
    """Why Ben is out, and who agreed in the end; Anna and Cleo have answered both floors."""
    failed = [message.body.reason for message in messages if isinstance(message.body, Failed) and message.body.seat == "Ben"]
    answered = [message.sender for message in messages if isinstance(message.body, Accept)]
    assert answered.count("Anna") == answered.count("Cleo") == 2
    end = messages[-1].body
    assert isinstance(end, Decided)
    return list(failed), end.agreed


@pytest.mark.parametrize("behaviour", ["well", "plain"])
async def test_a_seat_elsewhere_takes_part(served: dict[str, str], behaviour: str) -> None:
    """It answers each floor, like one that is here; served by us or by ADK's `to_a2a` alone."""
    messages = await held(room(served[behaviour]))
    assert outcome(messages) == ([], ("Anna", "Ben", "Cleo"))
    assert [message.body.words for message in messages if isinstance(message.body, Accept) and message.sender == "Ben"] == ["yes", "yes"]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("garbage", "garbled"),
        ("large", "garbled"),
        ("version", "garbled"),
        ("html", "garbled"),
        ("endless", "garbled"),
        ("packed", "garbled"),
        ("badcard", "garbled"),
        ("raises", "error"),
        ("http500", "unreachable"),
        ("unfinished", "unreachable"),
        ("redirects", "unreachable"),
        ("nocard", "unreachable"),
    ],
)
async def test_a_seat_that_goes_wrong_is_named_and_the_others_finish(served: dict[str, str], behaviour: str, reason: str) -> None:
    """The fault is announced with its reason, once."""
    assert outcome(await held(room(served[behaviour]))) == ([reason], ("Anna", "Cleo"))


async def test_a_seat_that_stalls_is_out_after_its_time_and_its_run_is_cancelled(served: dict[str, str]) -> None:
    """The time-out is announced, and reaches the other machine."""
    assert outcome(await held(room(served["stalls-timeout"], Limits(turn=0.5)))) == (["timeout"], ("Anna", "Cleo"))
    await arrived(served["stalls-timeout"], "cancelled")


async def test_a_seat_whose_process_ends_in_mid_answer_is_unreachable() -> None:
    """It is announced at once, for the attempt after it as well."""
    with started(str(HERE / "seat_server.py"), "exits") as process:
        meeting = room(addresses_of(process)["exits"], Limits(turn=20.0, attempts=2))
        assert outcome(await held(meeting)) == (["unreachable"], ("Anna", "Cleo"))
        assert process.wait(10) == 1


async def test_nobody_at_the_address_is_unreachable() -> None:
    """A refused connection is announced."""
    assert outcome(await held(room("http://127.0.0.1:1"))) == (["unreachable"], ("Anna", "Cleo"))


async def test_a_connection_that_fails_once_is_tried_again(served: dict[str, str]) -> None:
    """With two attempts, nobody notices."""
    assert outcome(await held(room(served["drops"], Limits(turn=20.0, attempts=2)))) == ([], ("Anna", "Ben", "Cleo"))


async def test_a_card_that_names_another_address_is_not_followed(served: dict[str, str]) -> None:
    """The meeting's messages go to the address that was given."""
    assert outcome(await held(room(served["elsewhere"]))) == ([], ("Anna", "Ben", "Cleo"))


async def arrived(address: str, flag: str) -> None:
    """Wait until the other process has seen something."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        assert (await client.get(f"{address}/{flag}")).text == flag


async def begun(meeting: Room) -> asyncio.Task[list[Message]]:
    return asyncio.create_task(held(meeting))


async def ended(meeting: asyncio.Task[list[Message]]) -> float:
    """Cancel a meeting. Returns: the seconds until it was over."""
    before = time.perf_counter()
    meeting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await meeting
    return time.perf_counter() - before


async def states(address: str) -> list[str]:
    """How the tasks at an address stand."""
    asked = {"jsonrpc": "2.0", "id": "1", "method": "ListTasks", "params": {}}
    async with httpx.AsyncClient(trust_env=False, timeout=20, headers={"A2A-Version": "1.0"}) as client:
        tasks = (await client.post(address, json=asked)).json()["result"]["tasks"]
    return [task["status"]["state"] for task in tasks]


async def test_cancelling_a_meeting_cancels_the_run_on_the_other_machine(served: dict[str, str]) -> None:
    """The run there has ended when the cancellation has gone through here."""
    meeting = await begun(room(served["stalls-cancel"]))
    await arrived(served["stalls-cancel"], "asked")
    took = await ended(meeting)
    assert await states(served["stalls-cancel"]) == ["TASK_STATE_CANCELED"]
    await arrived(served["stalls-cancel"], "cancelled")
    assert took < 1, "the time in which it gives up telling the other side"


async def test_a_cancellation_before_the_task_has_a_name_reaches_it_too(served: dict[str, str]) -> None:
    """It is sent as soon as the other side names the task."""
    meeting = await begun(room(served["late"]))
    await arrived(served["late"], "posted")
    meeting.cancel()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"{served['late']}/open")
    with pytest.raises(asyncio.CancelledError):
        await meeting
    assert await states(served["late"]) == ["TASK_STATE_CANCELED"]


async def test_a_machine_that_never_names_the_task_does_not_hold_up_the_end(served: dict[str, str]) -> None:
    """The cancellation goes on after a second."""
    meeting = await begun(room(served["late-held"], Limits(grace=20.0)))
    await arrived(served["late-held"], "posted")
    assert await ended(meeting) < 10


async def test_a_second_cancellation_does_not_cut_the_first_short(served: dict[str, str]) -> None:
    """The other side is told all the same."""
    mind = RemoteMind("Ben", served["stalls-again"])
    answer = asyncio.create_task(mind.answer(View(), OFFER))
    await arrived(served["stalls-again"], "asked")
    asyncio.get_running_loop().call_soon(answer.cancel)
    asyncio.get_running_loop().call_soon(lambda: asyncio.get_running_loop().call_soon(answer.cancel))
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert await states(served["stalls-again"]) == ["TASK_STATE_CANCELED"]
    await closed(mind)


async def test_a_slow_seat_is_waited_for(served: dict[str, str]) -> None:
    """As long as it has time."""
    meeting = await begun(room(served["waits"]))
    await arrived(served["waits"], "asked")
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"{served['waits']}/open")
    assert outcome(await meeting) == ([], ("Anna", "Ben", "Cleo"))


OFFER = Message(meeting_id="m", sender="chair", seq=1, body=Floor(seats=("Ben",), topic="time", ask="Friday?"))


async def closed(mind: RemoteMind) -> None:
    if closing := mind.close():
        await closing


@pytest.mark.parametrize("behaviour", ["well", "raises"])
async def test_only_the_answer_leaves_a_seats_process(served: dict[str, str], behaviour: str) -> None:
    """No thought, no tool call, no exception's text, in any byte of the response."""
    part = {"text": Request.about("Ben", View(), OFFER).model_dump_json()}
    asked = {"message": {"messageId": "1", "role": "ROLE_USER", "parts": [part]}}
    body = {"jsonrpc": "2.0", "id": "1", "method": "SendStreamingMessage", "params": asked}
    async with httpx.AsyncClient(trust_env=False, timeout=20, headers={"A2A-Version": "1.0"}) as client:
        response = await client.post(served[behaviour], json=body)
    assert "SECRET" not in response.text
    assert ("accept" in response.text) == (behaviour == "well")


@functools.cache
def card() -> dict[str, Any]:
    ways = [{"url": "http://elsewhere.example/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]
    return {"name": "seat", "supportedInterfaces": ways, "capabilities": {"streaming": True}}


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "task",
                    "result",
                    "error",
                    "code",
                    "message",
                    "parts",
                    "text",
                    "status",
                    "state",
                    "artifacts",
                    "artifactUpdate",
                    "statusUpdate",
                    "url",
                    "name",
                    "supportedInterfaces",
                    "capabilities",
                    "streaming",
                    "skills",
                    "protocolVersion",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
RESPONSES = st.builds(
    lambda status, kind, content: (status, kind, content),
    st.sampled_from([200, 200, 200, 302, 404, 500]),
    st.sampled_from(["text/event-stream", "application/json", ""]),
    st.binary(max_size=40)
    | JSONS.map(lambda value: json.dumps(value).encode())
    | JSONS.map(lambda value: f"data: {json.dumps({'result': value})}\n\n".encode()),
)


@settings(max_examples=300)
@example(first=None, answer=(200, "text/event-stream", b'data: {"result": null}\n\n'))
@example(first=None, answer=(200, "application/json", b"[" * 100_000))
@given(first=st.none() | RESPONSES, answer=RESPONSES)
def test_whatever_a_machine_answers_has_a_name(first: tuple[int, str, bytes] | None, answer: tuple[int, str, bytes]) -> None:
    """No other exception than the three comes out, nothing is asked of another host, and no answer is made up."""

    def respond(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "seat.example"
        if request.method == "GET" and first is None:
            return httpx.Response(200, json=card())
        status, kind, content = answer if request.method == "POST" else first or answer
        return httpx.Response(status, content=content, headers={"content-type": kind, "location": "http://elsewhere.example/"})

    async def asked() -> None:
        mind = RemoteMind("Ben", "http://seat.example", httpx.MockTransport(respond))
        with pytest.raises((Unreachable, GarbledAct, SeatFailed)):
            await mind.answer(View(), OFFER)
        await closed(mind)

    asyncio.run(asked())


class Stalling(httpx.AsyncByteStream):
    """Names a task, and says no more."""

    def __init__(self, named: asyncio.Event) -> None:
        self.named = named

    async def __aiter__(self) -> AsyncIterator[bytes]:
        task = {"task": {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_WORKING"}}}
        yield f"data: {json.dumps({'jsonrpc': '2.0', 'id': '1', 'result': task})}\n\n".encode()
        self.named.set()
        await asyncio.Event().wait()


@settings(max_examples=100)
@given(RESPONSES)
def test_whatever_a_machine_says_to_being_cancelled_it_was_told(answer: tuple[int, str, bytes]) -> None:
    """Once, for its task; and the cancellation goes on."""
    told: list[str] = []

    async def cancelled() -> None:
        named = asyncio.Event()

        def respond(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return httpx.Response(200, json=card())
            asked = json.loads(request.content)
            if asked["method"] == "CancelTask":
                told.append(asked["params"]["id"])
                return httpx.Response(answer[0], content=answer[2], headers={"content-type": answer[1]})
            return httpx.Response(200, stream=Stalling(named), headers={"content-type": "text/event-stream"})

        mind = RemoteMind("Ben", "http://seat.example", httpx.MockTransport(respond))
        question = asyncio.create_task(mind.answer(View(), OFFER))
        await named.wait()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        await closed(mind)

    asyncio.run(cancelled())
    assert told == ["t"]


@pytest.mark.parametrize(
    "address", ["http://seat.example/ben/", "http://seat.example/ben", "http://seat.example/ben/.well-known/agent-card.json"]
)
async def test_an_address_is_where_the_card_is(address: str) -> None:
    """The card's own URL, or what its usual path is appended to."""
    fetched: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        fetched.append(str(request.url))
        return httpx.Response(404)

    mind = RemoteMind("Ben", address, httpx.MockTransport(respond))
    with pytest.raises(Unreachable, match=r"seat\.example"):
        await mind.answer(View(), OFFER)
    assert fetched == ["http://seat.example/ben/.well-known/agent-card.json"]
    await closed(mind)


class Collected(EventQueue):
    def __init__(self) -> None:
        self.events: list[A2AEvent] = []

    async def enqueue_event(self, event: A2AEvent) -> None:
        self.events.append(event)


async def test_a_seats_process_keeps_no_session_of_a_question() -> None:
    """What was asked is gone when it is answered."""
    agent = Behaving(name="seat", behaviour="well", flags=Flags())
    runner, queue = Runner(app_name=APP, agent=agent, session_service=InMemorySessionService()), Collected()
    message = A2AMessage(message_id="1", role=Role.ROLE_USER, parts=[Part(text=Request.about("Ben", View(), OFFER).model_dump_json())])
    asked = RequestContext(ServerCallContext(), SendMessageRequest(message=message), task_id="t", context_id="c")
    await serving._Executor(runner).execute(asked, queue)
    assert [event.status.state for event in queue.events if isinstance(event, TaskStatusUpdateEvent)][-1] == TaskState.TASK_STATE_COMPLETED
    assert not (await runner.session_service.list_sessions(app_name=APP)).sessions


async def test_a_seats_process_keeps_no_more_than_the_last_tasks() -> None:
    """It may stand for months."""
    store, context = serving._LastTasks(), ServerCallContext()
    for number in range(serving._KEPT + 1):
        await store.save(Task(id=str(number)), context)
    assert [await store.get(name, context) is None for name in ("0", "1", str(serving._KEPT))] == [True, False, False]


def test_make_seat_says_what_to_copy_and_serves() -> None:
    """Its line is what VIBEHUNTR_SEATS takes; the card is there."""
    with started("-m", "vibehuntr_agent.serve_seat", "--name", "Ben", "--facts", "vegan", "--port", "0") as process:
        assert process.stdout
        told = "".join(iter(process.stdout.readline, "\n")) + "".join(process.stdout.readline() for _ in range(3))
        assert "diet “vegan”" in told
        line = re.search(r'VIBEHUNTR_SEATS="(.*)" make run', told)
        assert line
        address = MeetingSettings.from_environment({"VIBEHUNTR_SEATS": line[1]}).address("BEN")
        assert httpx.get(f"{address}/.well-known/agent-card.json", trust_env=False).json()["name"] == "Ben"


def test_make_seat_asks_for_a_name() -> None:
    """Nobody else's environment names a friend."""
    with started("-m", "vibehuntr_agent.serve_seat", "--name", " ") as process:
        assert process.wait(60) == 2


def test_make_seat_says_that_a_port_is_taken() -> None:
    """In one line, with the port."""
    with (
        serving.listen("127.0.0.1", 0) as listener,
        started("-m", "vibehuntr_agent.serve_seat", "--name", "Ben", "--port", str(listener.getsockname()[1])) as process,
    ):
        assert process.wait(60) == 2


def test_the_settings_of_meetings_come_from_one_place() -> None:
    """Addresses by name, in any case, and the limits."""
    environ = {
        "VIBEHUNTR_SEATS": "Ben=http://127.0.0.1:8801, Cleo = https://host/a/agent-card.json,",
        "VIBEHUNTR_SEAT_TIMEOUT": "7.5",
        "VIBEHUNTR_SEAT_SILENCE": "2",
        "VIBEHUNTR_SEAT_ATTEMPTS": "3",
        "VIBEHUNTR_MEETING_MESSAGES": "50",
    }
    made = MeetingSettings.from_environment(environ)
    assert made.limits == Limits(turn=7.5, silence=2.0, attempts=3, messages=50)
    assert [made.address(name) for name in ("ben", " BEN ", "cleo", "Anna")] == ["http://127.0.0.1:8801"] * 2 + [
        "https://host/a/agent-card.json",
        None,
    ]


def test_without_settings_every_seat_is_here() -> None:
    """And the limits are their defaults."""
    assert MeetingSettings.from_environment({}) == MeetingSettings(Limits(), {})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("VIBEHUNTR_SEATS", "Ben"),
        ("VIBEHUNTR_SEATS", "Ben="),
        ("VIBEHUNTR_SEATS", "=http://host"),
        ("VIBEHUNTR_SEATS", "Ben=host:8801"),
        ("VIBEHUNTR_SEATS", "Ben=file:///etc/passwd"),
        ("VIBEHUNTR_SEATS", "Ben=http://"),
        ("VIBEHUNTR_SEATS", "Ben=http://host:99999"),
        ("VIBEHUNTR_SEATS", "Ben=http://[::1"),
        ("VIBEHUNTR_SEATS", "Ben=http://a, ben=http://b"),
        ("VIBEHUNTR_SEAT_TIMEOUT", "soon"),
        ("VIBEHUNTR_SEAT_TIMEOUT", "inf"),
        ("VIBEHUNTR_SEAT_SILENCE", "0"),
        ("VIBEHUNTR_SEAT_ATTEMPTS", "1.5"),
        ("VIBEHUNTR_MEETING_MESSAGES", "-1"),
    ],
)
def test_a_setting_that_cannot_be_is_named(variable: str, text: str) -> None:
    """In words that may be shown."""
    with pytest.raises(StateError, match=variable):
        MeetingSettings.from_environment({variable: text})
