"""Meetings with threads: agents that take part, what goes wrong with them, and what is left when it is over."""

from __future__ import annotations

import asyncio
import json
import resource
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from google.adk.agents import BaseAgent, LlmAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from meeting_minds import (
    AWAY,
    QUICK,
    Member,
    Scripted,
    all_ended,
    at_once,
    bodies,
    descriptors,
    held,
    hold,
    in_turn,
    kinds,
    never,
    open_files,
    raising,
    room_of,
    seated,
    telling,
    words,
)
from pydantic import ValidationError
from scripted_llm import ScriptedLlm, Text
from typing_extensions import override

from playground.meetings.host import Chair, Host, MeetingLog
from playground.meetings.meeting import MEETING, CannotMeet, Conclusion, Meeting, Setting
from playground.meetings.messages import (
    CHAIR,
    MAX_ACTS,
    MAX_ITEM,
    Accept,
    Act,
    Body,
    Decided,
    Decline,
    Failed,
    Floor,
    GarbledAct,
    Invited,
    Joined,
    Json,
    Left,
    Message,
    Pass,
    Propose,
    Say,
    messages_json,
    read_acts,
    write_acts,
)
from playground.meetings.minds import APP, AgentMind, Mind, Request, Unreachable
from playground.meetings.participant import Participant
from playground.meetings.room import ROOMS, Room, TooManySeats
from playground.meetings.view import View


@pytest.fixture(autouse=True)
def nobody_stays() -> Iterator[None]:
    yield
    assert all_ended()
    assert not [room for room in ROOMS if room.seats]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_every_message_has_an_id_of_its_own() -> None:
    """Unique ids, for messages and for meetings."""
    logs = [hold(room_of(at_once(2), "ana", "ben")) for _ in range(3)]
    ids = [message.id for log in logs for message in log]
    assert len(set(ids)) == len(ids)
    assert len({log[0].meeting_id for log in logs}) == 3


def test_a_message_is_frozen_versioned_and_has_no_unknown_fields() -> None:
    """The schema."""
    message = Message(meeting_id="m", sender="ana", body=Say(words="hi"))
    with pytest.raises(ValidationError):
        message.seq = 2
    with pytest.raises(ValidationError):
        message.body.words = "ho"  # type: ignore[union-attr]
    for wrong in ({"extra": 1}, {"version": 2}, {"body": {"kind": "shout"}}, {"body": {"kind": "say", "loud": True}}):
        with pytest.raises(ValidationError):
            Message.model_validate({**message.model_dump(), **wrong})
    assert Message.model_validate_json(message.model_dump_json()) == message
    assert messages_json([message])[0]["version"] == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("kind", "topic", "item", "about", "grade", "words", "instead", "to", "seat", "final")
KINDS = st.sampled_from(["say", "propose", "accept", "decline", "pass", "left", "floor", "joined", "decided", "shout"])
NEARLY = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5).flatmap(lambda act: KINDS.map(lambda kind: {"kind": kind, **act}))
SENT = st.text(st.characters(exclude_categories=())) | st.builds(json.dumps, JSON) | st.builds(
    lambda acts, version: json.dumps({"version": version, "acts": acts}), st.lists(NEARLY, max_size=6) | JSON, st.sampled_from([1, 1, 1, 2, "1"])
)  # fmt: skip


@given(text=SENT)
@settings(max_examples=400)
def test_an_answer_is_read_or_refused(text: str) -> None:
    """Garbage raises GarbledAct and nothing else; what is read can be written, and sent on to every other seat."""
    try:
        acts = read_acts(text)
    except GarbledAct:
        return
    assert 1 <= len(acts) <= MAX_ACTS
    assert read_acts(write_acts(acts)) == acts
    message = Message(meeting_id="m", sender="ana", body=acts[0])
    assert Message.model_validate_json(message.model_dump_json()) == message


@given(text=SENT | st.builds(lambda item: json.dumps({"seat": "ana", "parameters": item, "said": [], "asked": item}), JSON))
def test_a_request_is_read_or_refused(text: str) -> None:
    """Garbage raises GarbledAct and nothing else."""
    with pytest.raises(GarbledAct):
        Request.read(text)


def act_json(**act: Any) -> str:
    return json.dumps({"version": 1, "acts": [act]})


@pytest.mark.parametrize(
    "text",
    [
        "1" * 5_000,
        "[" * 100_000,
        '{"version": 1, "acts": ' + "[" * 100_000,
        json.dumps({"version": 1, "acts": []}),
        json.dumps({"version": 1, "acts": [{"kind": "pass"}] * (MAX_ACTS + 1)}),
        json.dumps({"version": 2, "acts": [{"kind": "pass"}]}),
        act_json(kind="propose", topic="t", item={"x": "a" * MAX_ITEM}),
        act_json(kind="propose", topic="t", item={"x": "\ud800"}),
        act_json(kind="propose", topic="t", item={"x": float("nan")}),
        act_json(kind="accept", about="a" * 81),
        act_json(kind="decline", about="a" * 81),
        act_json(kind="say", to="a" * 81),
        act_json(kind="say", words="a" * 10_000),
        act_json(kind="decided", outcome="agreed", final=True),
        act_json(kind="failed", seat="ben", reason="error"),
        act_json(kind="floor", seats=["ben"], topic="t", ask="x"),
    ],
)
def test_what_a_seat_must_not_send_is_refused(text: str) -> None:
    """Sizes, versions, numbers, texts of no encoding; and what only the chair may say."""
    with pytest.raises(GarbledAct):
        read_acts(text)


def test_words_stand_on_one_line() -> None:
    """No control characters, no marks that turn the direction of what follows."""
    assert Say(words="a\n\x00b\u202e  c" + "d" * 400).words == ("a b c" + "d" * 400)[:300]


# -- what a meeting is -------------------------------------------------------------------------------------------------


def test_agents_answer_what_they_are_asked_and_hear_each_other() -> None:
    """Message handling: ADK agents in three seats, asked in turn; each knows what was said before."""
    log = hold(room_of(in_turn(2), ana=seated("ana"), ben=seated("ben"), cleo=seated("cleo")))
    said = [message.body.words for message in log if isinstance(message.body, Say)]
    assert said == [f"{name} has heard {number}" for number, name in enumerate(("ana", "ben", "cleo") * 2)]
    assert kinds(log)[-1] == "decided" and log[-1].body.agreed == ("ana", "ben", "cleo")  # type: ignore[union-attr]


def test_an_answer_names_what_it_answers() -> None:
    """Request and response: each reply carries the id of its floor or of its invitation."""
    log = hold(room_of(at_once(3), "ana", "ben"))
    asked = {message.id: message.body for message in log if isinstance(message.body, Floor | Invited)}
    for message in log:
        if message.sender != CHAIR:
            body = asked[message.reply_to]
            assert message.sender in ((body.seat,) if isinstance(body, Invited) else body.seats)
    floors = [message.id for message in log if isinstance(message.body, Floor)]
    assert [sorted(m.sender for m in log if m.reply_to == floor) for floor in floors] == [["ana", "ben"]] * 3


def test_a_broadcast_reaches_all_in_one_order() -> None:
    """When a seat is asked it has heard everything before the question, and in the log's order."""
    minds = {name: telling(name) for name in "abcdefgh"}
    log = hold(Room(at_once(4), minds, limits=QUICK))
    assert [message.seq for message in log] == list(range(1, len(log) + 1))
    for mind in minds.values():
        assert len(mind.asked) == 4
        for floor, seen in zip(mind.asked, mind.seen, strict=True):
            assert seen == log[: floor.seq]


def test_a_seat_accepts_or_refuses_an_invitation() -> None:
    """Who refuses is not asked, and the meeting knows."""
    absent = Scripted(lambda _view, _message: [Pass()], joins=lambda _: False)
    room = room_of(in_turn(), "ana", ben=absent)
    log = hold(room)
    assert room.host.view.standing == {"ana": "here", "ben": "declined"}
    assert not absent.asked
    assert kinds(log).count("joined") == 1
    assert [message.sender for message in log if isinstance(message.body, Decline)] == ["ben"]


def test_seats_join_and_leave() -> None:
    """Who has left is asked no more; the others go on."""
    leaving = Scripted(lambda _view, _message: [Say(words="bye"), Left(words="home")])
    room = room_of(in_turn(3), "ana", ben=leaving)
    log = hold(room)
    assert room.host.view.standing == {"ana": "here", "ben": "left"}
    assert len(leaving.asked) == 1
    assert words(log, "ana") == ["ana 1", "ana 2", "ana 3"]
    assert log[-1].body.outcome == "agreed"  # type: ignore[union-attr]


def test_the_chair_does_not_move_on_half_an_answer() -> None:
    """Several acts are one answer: a look that comes between them sees all, or none."""
    known: list[Json] = []
    host = Host(lambda view: known.append(dict(view.standing)) or [Floor(seats=("ben",), topic="t", ask="x")], {"ben": {}}, 100)
    ben = Participant("ben", telling("ben"), host.log)
    host.invite()
    ben.send(Joined(), host.log.at(1))
    host.look()
    looking = threading.Thread(target=host.look)

    def ring(message: Message) -> None:
        if isinstance(message.body, Say):
            looking.start()
            looking.join(0.2)  # without the lock it would look now

    host.log.ring(ring)
    ben.says([Say(words="bye"), Left()], host.log.at(3))
    looking.join(AWAY)
    assert kinds(host.log.read()) == ["invited", "joined", "floor", "say", "left", "floor"]
    assert known == [{"ben": "here"}, {"ben": "left"}]


def test_nobody_is_invited_twice() -> None:
    """The one who asked for the meeting has a seat like the others, and one invitation."""
    log = hold(room_of(at_once(), "requester", "ana", "ben"))
    assert [body.seat for body in bodies(log, Invited)] == ["requester", "ana", "ben"]
    assert sorted(message.sender for message in log if isinstance(message.body, Joined)) == ["ana", "ben", "requester"]


def test_a_second_invitation_changes_nothing() -> None:
    """Were somebody invited again: who is here stays here, who has left stays away."""
    log = MeetingLog(100, "m")
    epoch = log.admit("ana")
    log.send(CHAIR, 0, Invited(seat="ana"))
    log.send("ana", epoch, Joined())
    log.send(CHAIR, 0, Invited(seat="ana"))
    assert View().fold(log.read()).standing == {"ana": "here"}
    log.send("ana", epoch, Left())
    log.send(CHAIR, 0, Invited(seat="ana"))
    assert View().fold(log.read()).standing == {"ana": "left"}


def test_the_parameters_reach_the_seats() -> None:
    """Each seat gets its own, with the invitation, in the request and in its ADK session."""
    told: dict[str, list[Json]] = {"ana": [], "ben": []}
    agents = {name: Member.replying(name, lambda request: told[request.seat].append(request.parameters) or [Pass()]) for name in told}
    parameters = {"ana": {"budget": 30}, "ben": {"budget": 50}}
    room = Room(at_once(), {name: AgentMind(name, agent) for name, agent in agents.items()}, parameters=parameters, limits=QUICK)
    log = hold(room)
    assert {body.seat: body.parameters for body in bodies(log, Invited)} == parameters
    assert told == {"ana": [{"budget": 30}], "ben": [{"budget": 50}]}
    assert [agents[name].states for name in told] == [[{"parameters": {"budget": 30}}], [{"parameters": {"budget": 50}}]]


def test_the_parameters_decide_whether_to_join() -> None:
    """`joins` is told what the meeting is about."""
    picky = Scripted(lambda _view, _message: [Pass()], joins=lambda parameters: parameters["topic"] == "dinner")
    room = Room(at_once(), {"ana": picky, "ben": telling("ben")}, parameters={"ana": {"topic": "lunch"}}, limits=QUICK)
    hold(room)
    assert room.host.view.standing["ana"] == "declined"


def test_a_request_holds_what_was_said_since_the_chair_says_it_matters() -> None:
    """Between the floor's `since` and the floor: nothing older, nothing that came later; a question to one seat brings nothing."""
    log = MeetingLog(100)
    for number in range(4):
        log.send(CHAIR, 0, Say(words=str(number)))
    floor = log.send(CHAIR, 0, Floor(seats=("ana",), topic="t", ask="x", since=2))
    log.send(CHAIR, 0, Say(words="later"))
    alone = log.send(CHAIR, 0, Say(), to=("ana",))
    assert floor and alone
    view = View().fold(log.read())
    assert [message.seq for message in Request.about("ana", view, floor).said] == [3, 4]
    assert Request.about("ana", view, alone).said == ()
    request = Request.about("ana", view, floor)
    assert Request.read(request.model_dump_json()) == request


def test_a_seats_sessions_are_its_meetings() -> None:
    """A seat's own state lists the meetings that it took part in, one after the other; no other seat's session is there."""
    ana, ben = seated("ana"), seated("ben")
    met = [hold(room_of(at_once(2), ana=ana, ben=ben))[0].meeting_id for _ in range(3)]
    for mind, other in ((ana, "ben"), (ben, "ana")):
        listed = asyncio.run(mind.sessions.list_sessions(app_name=APP, user_id=mind.seat)).sessions
        assert [session.id for session in listed] == met
        assert mind._runner is None  # closed; the next meeting opens its own
        assert not asyncio.run(mind.sessions.list_sessions(app_name=APP, user_id=other)).sessions


def test_a_model_in_a_seat_that_answers_in_prose_is_out() -> None:
    """An LLM agent takes a seat as it stands; words that are no acts are garbled, acts are acts."""
    prose = LlmAgent(name="prose", model=ScriptedLlm.saying(lambda _: [Text("Sounds great!")]))
    acts = LlmAgent(name="acts", model=ScriptedLlm.saying(lambda _: [Text(write_acts([Say(words="fine")]))]))
    room = room_of(at_once(), prose=AgentMind("prose", prose), acts=AgentMind("acts", acts))
    log = hold(room)
    assert [(body.seat, body.reason) for body in bodies(log, Failed)] == [("prose", "garbled")]
    assert words(log, "acts") == ["fine"]


def test_a_seat_asks_another_alone() -> None:
    """Point to point: nobody else hears it, no view holds it, and the reply names it."""
    secret = "between us"
    ana = Scripted(lambda _view, message: [Say(to="ben", words=secret), Pass()] if isinstance(message.body, Floor) else [Pass()])
    ben = Scripted(lambda _view, message: [Say(words="a floor")] if isinstance(message.body, Floor) else [Say(words="a reply")])
    minds = {"ana": ana, "ben": ben, "cleo": telling("cleo")}
    log = hold(Room(in_turn(), minds, limits=QUICK))
    (asked,) = [message for message in log if isinstance(message.body, Say) and message.body.words == secret]
    (reply,) = [message for message in log if message.reply_to == asked.id]
    assert (asked.to, reply.to, reply.sender) == (("ben",), ("ana",), "ben")
    assert len(ana.asked) == 1 and len(ben.asked) == 2
    assert not [message for mind in minds.values() for seen in mind.seen for message in seen if message.to]


def test_what_is_said_to_one_seat_goes_into_its_mailbox_alone() -> None:
    """The others are not even woken."""
    room = room_of(in_turn(), "ana", "ben")
    room.host.log.ring(room._ring)
    room.host.say(Say())
    room.host.log.send(CHAIR, 0, Say(), to=("ana",))
    assert [(health.seat, health.queue) for health in room.health()] == [("ana", 2), ("ben", 1)]


def test_the_host_asks_one_seat_and_gets_its_reply() -> None:
    """A reply to the chair alone reaches whoever holds the meeting, at once."""
    asked = threading.Event()

    async def answer(_view: View, message: Message) -> Sequence[Act]:
        await asyncio.to_thread(asked.wait, AWAY if message.to else 0)
        return [Say(words="yes")]

    room = room_of(in_turn(), ana=Scripted(answer), never=never(), limits=replace(QUICK, silence=100.0))

    async def meet() -> Message | None:
        async with asyncio.timeout(AWAY), aclosing(room.hold(100.0)) as messages:
            async for message in messages:
                if message and isinstance(message.body, Floor) and message.body.seats == ("never",):
                    room.host.log.send(CHAIR, 0, Say(words="well?"), to=("ana",))
                    asyncio.get_running_loop().call_later(0.2, asked.set)  # when the host waits
                if message and message.to == (CHAIR,):
                    return message
        return None

    reply = asyncio.run(meet())
    assert reply and reply.body == Say(words="yes")


# -- what goes wrong ---------------------------------------------------------------------------------------------------


class Odd(BaseException):
    """No Exception."""


FAILING: Mapping[str, tuple[Callable[[], Scripted], str]] = {
    "raises": (lambda: raising(ValueError("x")), "error"),
    "exits": (lambda: raising(SystemExit(1)), "error"),
    "interrupts": (lambda: raising(KeyboardInterrupt()), "error"),
    "raises an odd thing": (lambda: raising(Odd()), "error"),
    "cannot be reached": (lambda: raising(Unreachable("away")), "unreachable"),
    "is garbled": (lambda: raising(GarbledAct("x")), "garbled"),
    "returns nothing": (lambda: Scripted(lambda *_: None), "garbled"),
    "returns no act": (lambda: Scripted(lambda *_: []), "garbled"),
    "returns a text": (lambda: Scripted(lambda *_: "pass"), "garbled"),
    "returns a thousand acts": (lambda: Scripted(lambda *_: [Pass()] * 1_000), "garbled"),
    "returns what is no act": (lambda: Scripted(lambda *_: [Pass(), 7]), "garbled"),
    "decides": (lambda: Scripted(lambda *_: [Decided(outcome="agreed", final=True)]), "garbled"),
    "fails another": (lambda: Scripted(lambda *_: [Failed(seat="ana", reason="error")]), "garbled"),
    "takes the floor": (lambda: Scripted(lambda *_: [Floor(seats=("ana",), topic="t", ask="x")]), "garbled"),
}


@pytest.mark.parametrize("how", FAILING)
def test_a_seat_that_fails_is_announced_and_the_others_go_on(how: str) -> None:
    """Error broadcasting: one `failed`, that everybody hears, with its reason; nobody else is stopped."""
    made, reason = FAILING[how]
    mind = made()
    room = room_of(in_turn(2), "ana", "ben", bad=mind)
    log = hold(room)
    assert [(m.sender, m.to, m.body.seat, m.body.reason) for m in log if isinstance(m.body, Failed)] == [("bad", (), "bad", reason)]
    assert (words(log, "ana"), words(log, "ben")) == (["ana 1", "ana 2"], ["ben 1", "ben 2"])
    assert log[-1].sender == CHAIR and log[-1].body.outcome == "agreed"  # type: ignore[union-attr]
    assert mind.closed == 1
    assert [health.failed for health in room.health()] == [0, 0, 1]


async def shrug(*_: object) -> Sequence[Act]:
    """Wait for ever, whatever anybody says to that."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


@pytest.mark.parametrize("mind", [never, lambda: Scripted(shrug)], ids=["never returns", "swallows its cancellation"])
def test_a_seat_that_takes_too_long_is_out(mind: Callable[[], Scripted]) -> None:
    """A time-out, once, whatever the mind does about it; its thread ends with the meeting."""
    slow = mind()
    room = room_of(in_turn(2), "ana", slow=slow, limits=replace(QUICK, turn=0.05, attempts=3, grace=0.6))
    log = hold(room)
    assert [(body.seat, body.reason) for body in bodies(log, Failed)] == [("slow", "timeout")]
    assert words(log, "ana") == ["ana 1", "ana 2"]
    assert len(slow.asked) == 1


def test_a_mind_that_swallows_its_cancellation_does_not_hold_up_the_end() -> None:
    """The end gives it a part of the grace, and then stops its loop: the thread is gone."""
    begun = threading.Event()

    async def answer(*_: object) -> Sequence[Act]:
        begun.set()
        return await shrug()

    room = room_of(in_turn(), odd=Scripted(answer), limits=replace(QUICK, grace=0.9))

    async def meet() -> float:
        hosting = asyncio.create_task(held(room))
        await asyncio.to_thread(begun.wait, AWAY)
        hosting.cancel()
        start = time.monotonic()
        await asyncio.wait([hosting])
        return time.monotonic() - start

    assert asyncio.run(meet()) < 0.9
    assert all(seat.gone.is_set() for seat in room.seats.values())


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_mind_is_asked_again_before_it_is_out(attempts: int) -> None:
    """All but a time-out are tried again, as often as the limits say; a success in time counts."""
    failing, recovering = (
        raising(ValueError("x")),
        Scripted(lambda *_: [Say(words="at last")] if len(recovering.asked) == attempts else None),
    )
    log = hold(room_of(at_once(), failing=failing, recovering=recovering, limits=replace(QUICK, attempts=attempts)))
    assert (len(failing.asked), len(recovering.asked)) == (attempts, attempts)
    assert [body.seat for body in bodies(log, Failed)] == ["failing"]
    assert words(log, "recovering") == ["at last"]


def test_all_attempts_share_the_time_of_one_turn() -> None:
    """A mind that fails late is not given the time anew."""
    clock = time.monotonic

    async def late(*_: object) -> Sequence[Act]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await asyncio.Event().wait()
        raise ValueError("late")

    start = clock()
    log = hold(room_of(in_turn(), late=Scripted(late), limits=replace(QUICK, turn=0.2, attempts=50)))
    assert [body.reason for body in bodies(log, Failed)] == ["timeout"]
    assert clock() - start < 2


def test_a_failure_of_a_private_answer_is_everybodys_to_know() -> None:
    """Who fails in answer to one seat alone is out for all."""
    known = threading.Event()
    ana = Scripted(lambda *_: [Say(to="bad", words="psst"), Pass()])
    ben = Scripted(lambda *_: [Pass()] if known.wait(AWAY) else None)
    room = room_of(at_once(), ana=ana, ben=ben, bad=Scripted(lambda _view, message: [Pass()] if isinstance(message.body, Floor) else None))
    log = hold(room, lambda message: known.set() if isinstance(message.body, Failed) else None)
    assert [(message.to, message.sender) for message in log if isinstance(message.body, Failed)] == [((), "bad")]


class Blocking(Scripted):
    """Blocks its thread until `wake`; `again` is set when it is asked once more, and then it blocks until `done`."""

    def __init__(self) -> None:
        self.wake, self.again, self.done = threading.Event(), threading.Event(), threading.Event()
        super().__init__(self._block)

    def _block(self, *_: object) -> Sequence[Act]:
        if len(self.asked) > 1:
            self.again.set()
            self.done.wait(AWAY)
        else:
            self.wake.wait(AWAY)
        return [Say(words="too late")]


def test_a_seat_that_blocks_its_thread_is_fenced() -> None:
    """It is announced, the others finish, and what it says when it wakes up is refused and counted."""
    stuck = Blocking()
    room = room_of(at_once(2), "ana", "ben", stuck=stuck, limits=replace(QUICK, silence=0.2))
    log = room.host.log

    async def wake(message: Message) -> None:
        if isinstance(message.body, Failed):
            log.send(CHAIR, 0, Say(words="still there?"), to=("stuck",))
            stuck.wake.set()
            await asyncio.to_thread(stuck.again.wait, AWAY)
            assert log.refused == 1  # the answer to the floor; it has been sent before the next message was read
            stuck.done.set()

    heard = hold(room, wake)
    assert [(m.sender, m.body.seat, m.body.reason) for m in heard if isinstance(m.body, Failed)] == [(CHAIR, "stuck", "blocked")]
    assert not words(log.read(), "stuck")
    assert (words(heard, "ana"), words(heard, "ben")) == (["ana 1", "ana 2"], ["ben 1", "ben 2"])
    assert heard[-1].body.outcome == "agreed" and "stuck" not in heard[-1].body.agreed  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["blocks", "raises"])
def test_a_seat_that_cannot_answer_its_invitation_is_out(how: str) -> None:
    """Nobody waits for it for ever."""
    wake = threading.Event()
    bad = Scripted(lambda *_: [Pass()], joins=lambda _: wake.wait(AWAY) if how == "blocks" else 1 / 0 > 0)
    room = room_of(at_once(), "ana", bad=bad, limits=replace(QUICK, silence=0.2))
    log = hold(room, lambda message: wake.set() if isinstance(message.body, Failed) else None)
    assert [(body.seat, body.reason) for body in bodies(log, Failed)] == [("bad", "blocked" if how == "blocks" else "error")]
    assert words(log, "ana") == ["ana 1"]


def test_a_thread_left_behind_closes_its_loop_when_it_wakes() -> None:
    """A blocked thread outlives the meeting; when it ends at last, its descriptors go with it."""
    before = descriptors()
    stuck = Blocking()
    hold(room_of(at_once(), "ana", stuck=stuck, limits=replace(QUICK, silence=0.2, grace=0.2)))
    assert descriptors() > before
    stuck.wake.set()
    assert all_ended()
    assert descriptors() == before


def test_a_seat_whose_thread_has_died_is_out() -> None:
    """Should a thread end in any other way, the host notices, at once."""
    ana = telling("ana")
    room = Room(at_once(2), {"ana": ana, "dead": telling("dead")}, limits=QUICK)
    log = hold(room, lambda message: room.seats["dead"].post(0) if message.seq == 1 else None)
    assert [(body.seat, body.reason) for body in bodies(log, Failed)] == [("dead", "error")]
    assert len(ana.asked) == 2


def test_a_slow_mind_that_lets_its_loop_run_is_not_blocked() -> None:
    """The heart beats while a mind waits: taking one's time is no failure."""

    async def slow(*_: object) -> Sequence[Act]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.8):
                await asyncio.Event().wait()
        return [Say(words="there")]

    log = hold(room_of(in_turn(), slow=Scripted(slow), limits=replace(QUICK, silence=0.2)))
    assert words(log, "slow") == ["there"]


def test_silence_is_told() -> None:
    """While nobody speaks the host hears so, however the seats are watched."""
    room = room_of(in_turn(), never=never(), limits=replace(QUICK, silence=2.0))  # a seat whose thread stands still for longer is fenced

    async def meet() -> int:
        silences = 0
        async with asyncio.timeout(AWAY), aclosing(room.hold(AWAY)) as messages:
            async for message in messages:
                silences += message is None
                if silences == 3:
                    break
        return silences

    assert asyncio.run(meet()) == 3


# -- limits ------------------------------------------------------------------------------------------------------------


@given(limit=st.integers(1, 30))
@settings(max_examples=30)
def test_the_log_is_bounded_and_its_last_place_is_kept(limit: int) -> None:
    """A meeting without end ends with "budget", in the last place that there is."""
    log = hold(room_of(in_turn(1_000), "ana", "ben", limits=replace(QUICK, messages=limit)))
    assert len(log) == limit
    assert log[-1].body.outcome == "budget" and log[-1].sender == CHAIR  # type: ignore[union-attr]
    assert "decided" not in kinds(log[:-1])


def test_a_decision_takes_the_last_place() -> None:
    """A meeting of exactly as many messages as it may have comes to its own end."""
    fits = len(hold(room_of(in_turn(), "ana", "ben")))
    assert hold(room_of(in_turn(), "ana", "ben", limits=replace(QUICK, messages=fits)))[-1].body.outcome == "agreed"  # type: ignore[union-attr]
    assert hold(room_of(in_turn(), "ana", "ben", limits=replace(QUICK, messages=fits - 1)))[-1].body.outcome == "budget"  # type: ignore[union-attr]


def test_nothing_is_written_after_the_end() -> None:
    """Not by the seats, not by the chair."""
    room = room_of(in_turn(), "ana")
    log = hold(room)
    assert room.host.log.send(CHAIR, 0, Say()) is None
    assert room.host.log.send("ana", 1, Say()) is None
    assert room.host.log.read() == log


def test_only_who_is_here_is_waited_for() -> None:
    """A floor that names somebody who is not here does not hang on them."""
    log = MeetingLog(100)
    for seat in ("ana", "ben", "cleo"):
        log.send(CHAIR, 0, Invited(seat=seat))
    log.send("ana", log.admit("ana"), Joined())
    log.send("ben", log.admit("ben"), Decline())
    log.send(CHAIR, 0, Floor(seats=("ben", "ana", "cleo", "dora"), topic="t", ask="x"))
    assert View().fold(log.read()).waiting == ("ana",)


def test_a_stranger_cannot_write() -> None:
    """Who was not admitted is refused."""
    log = MeetingLog(10)
    assert log.send("mallory", 0, Say()) is None
    assert log.send("mallory", 1, Say()) is None
    assert (log.refused, len(log)) == (2, 0)


def test_a_meeting_has_a_limit_of_seats() -> None:
    """As many as the limit are let in, one more is not."""
    limits = replace(QUICK, seats=3)
    assert hold(room_of(at_once(), "a", "b", "c", limits=limits))[-1].body.outcome == "agreed"  # type: ignore[union-attr]
    with pytest.raises(TooManySeats, match="at most 3 seats, not 4"):
        room_of(at_once(), "a", "b", "c", "d", limits=limits)


def test_no_seat_is_called_chair() -> None:
    """Nobody can pass for the meeting."""
    with pytest.raises(ValueError, match="chair"):
        room_of(at_once(), CHAIR)


def test_the_process_has_a_limit_of_seats() -> None:
    """All meetings together; the place is free again when one is over."""
    limits = replace(QUICK, live=5)

    async def meet() -> None:
        async with asyncio.timeout(AWAY), aclosing(room_of(in_turn(), "a", "b", never=never(), limits=limits).hold()) as first:
            await anext(first)
            with pytest.raises(TooManySeats, match="3 agents"):
                await held(room_of(in_turn(), "d", "e", "f", limits=limits))
            assert (await held(room_of(in_turn(), "d", "e", limits=limits)))[-1].body.outcome == "agreed"  # type: ignore[union-attr]
        assert (await held(room_of(in_turn(), "d", "e", "f", "g", "h", limits=limits)))[-1].body.outcome == "agreed"  # type: ignore[union-attr]

    asyncio.run(meet())


def test_meetings_at_once_do_not_mix() -> None:
    """Two meetings of agents of the same names: each log holds its own."""
    rooms = [
        Room(
            at_once(5), {name: seated(name, lambda request: [Say(words=request.asked.meeting_id)]) for name in ("ana", "ben")}, limits=QUICK
        )
        for _ in range(2)
    ]

    async def both() -> Sequence[list[Message]]:
        return await asyncio.gather(*(held(room) for room in rooms))

    for log in asyncio.run(both()):
        assert {message.meeting_id for message in log} == {log[0].meeting_id}
        assert {body.words for body in bodies(log, Say)} == {log[0].meeting_id}
        assert len(bodies(log, Say)) == 10


def test_a_chair_that_has_nothing_to_say_ends_the_meeting() -> None:
    """No meeting hangs on its chair."""
    assert hold(room_of(lambda _view: [], "ana"))[-1].body.outcome == "none"  # type: ignore[union-attr]


def test_a_chair_that_fails_ends_the_meeting() -> None:
    """Its error is the host's; nobody stays behind."""
    with pytest.raises(ZeroDivisionError):
        hold(room_of(lambda _view: [Say(words=str(1 / 0))], "ana"))


def test_the_chair_waits_for_everybody() -> None:
    """It moves only when all who were asked have answered."""
    waiting: list[tuple[str, ...]] = []

    def chair(view: View) -> Sequence[Body]:
        waiting.append(view.waiting + view.unanswered)
        return at_once(3)(view)

    hold(room_of(chair, "ana", "ben", "cleo"))
    assert waiting == [()] * 4


def test_the_seats_report_how_they_are() -> None:
    """Handled, failed, state, lag, time of work and of waiting."""
    begun, finish = threading.Event(), threading.Event()

    async def busy(*_: object) -> Sequence[Act]:
        begun.set()
        await asyncio.to_thread(finish.wait, AWAY)
        return [Pass()]

    room = room_of(at_once(), "ana", busy=Scripted(busy))
    reports: list[Any] = []

    async def look(message: Message) -> None:
        if message.sender == "ana" and isinstance(message.body, Say):
            await asyncio.to_thread(begun.wait, AWAY)
            reports.extend(room.health())
            finish.set()

    hold(room, look)
    ana, slow = reports
    assert (ana.seat, ana.state, ana.handled, ana.failed, ana.beat) == ("ana", "here", 2, 0, 0)
    assert (slow.seat, slow.state, slow.handled) == ("busy", "answering", 1)
    assert slow.busy > 0 and slow.lag == 1 == slow.queue
    after = room.health()
    assert after[1].handled == 2 and after[1].state == "here"


# -- the end -----------------------------------------------------------------------------------------------------------


@given(stop_at=st.integers(1, 16), how=st.sampled_from(["aclose", "cancel", "cancel twice"]), together=st.booleans())
@settings(max_examples=60)
def test_a_meeting_can_end_at_any_message(stop_at: int, how: str, together: bool) -> None:
    """Closed or cancelled anywhere, even again while it ends: no thread and no descriptor is left, and the log says that it was stopped."""
    chair = at_once(3) if together else in_turn(3)
    room = room_of(chair, "ana", "ben", never=never())
    before = descriptors()

    async def meet() -> None:
        reached = asyncio.Event()

        async def host() -> None:
            async with asyncio.timeout(AWAY), aclosing(room.hold()) as messages:
                async for message in messages:
                    if message and message.seq == stop_at:
                        reached.set()
                        if how == "aclose":
                            return
                        await asyncio.Event().wait()

        hosting = asyncio.create_task(host())
        waiting = asyncio.create_task(reached.wait())
        await asyncio.wait([hosting, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=0.1)
        waiting.cancel()
        if how != "aclose":
            hosting.cancel()
            if how == "cancel twice":
                asyncio.get_running_loop().call_soon(hosting.cancel)
        elif not reached.is_set():
            hosting.cancel()
        await asyncio.wait([hosting])

    asyncio.run(meet())
    assert room.host.log.closed
    assert room.host.log.read()[-1].body.outcome == "stopped"  # type: ignore[union-attr]
    assert all_ended()
    assert descriptors() == before


def test_what_a_mind_leaves_running_ends_with_its_seat() -> None:
    """A task of a mind's own is cancelled, and its close is called once."""
    ended = threading.Event()

    async def background() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    tasks: list[asyncio.Task[None]] = []

    async def answer(*_: object) -> Sequence[Act]:
        tasks.append(asyncio.create_task(background()))
        await asyncio.Event().wait() if len(tasks) > 1 else None
        return [Pass()]

    mind = Scripted(answer)
    hold(room_of(in_turn(), mind=mind))
    assert ended.is_set() or tasks[0].cancelled()
    assert mind.closed == 1


def test_a_close_that_hangs_does_not_hold_up_the_end() -> None:
    """It gets a part of the grace."""

    class Hanging(Scripted):
        @override
        def close(self) -> Any:
            return asyncio.Event().wait()

    room = room_of(in_turn(), hanging=Hanging(lambda *_: [Pass()]), limits=replace(QUICK, grace=0.9))
    hold(room)
    assert room.seats["hanging"].gone.is_set()


def test_fifty_meetings_leave_nothing_behind() -> None:
    """File descriptors and threads do not grow."""
    hold(room_of(at_once(), "ana"))
    before = descriptors()
    for _ in range(50):
        hold(room_of(at_once(2), "ana", "ben", "cleo"))
    assert all_ended()
    assert descriptors() == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the loop that asyncio has made in half
def test_a_process_without_descriptors_says_so_and_loses_none() -> None:
    """The third seat gets no loop: the error comes at once, and the first two go."""
    room = room_of(at_once(), *"abcdef", limits=replace(QUICK, grace=30.0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def meet() -> tuple[list[str], list[str]]:
        before = open_files()
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(before) + 7, hard))
        try:
            async with asyncio.timeout(AWAY):
                with pytest.raises(OSError, match="Too many open files"):
                    await held(room)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return before, open_files()

    before, after = asyncio.run(meet())
    half = Counter({"anon_inode:[eventpoll]": 1})  # of the loop that asyncio could not make; pytest holds its error until the end
    assert Counter(after) - Counter(before) <= half


def test_stopping_a_seat_again_is_harmless() -> None:
    """From any thread, any number of times, after the end too."""
    room = room_of(in_turn(), "ana", exits=raising(SystemExit(1)))
    hold(room)
    for seat in room.seats.values():
        seat.stop()
        seat.release()


# -- as an ADK agent ---------------------------------------------------------------------------------------------------


class Dinner(Meeting):
    """A meeting of two ADK agents about one topic."""

    async def convene(self, ctx: InvocationContext) -> Setting:
        del ctx
        minds: dict[str, Mind] = {"ana": seated("ana"), "dinner": seated("dinner")}
        return Setting(chair=in_turn(2), minds=minds, opening="Let us ask them.")

    def conclude(self, ctx: InvocationContext, view: View) -> Conclusion:
        del ctx
        return Conclusion("They agree.", {"agreed": list(view.here)}, {"about": "dinner"})


class Whispering(Dinner):
    """Ana tells the other something in private."""

    @override
    async def convene(self, ctx: InvocationContext) -> Setting:
        def whisper(request: Request) -> Sequence[Body]:
            return [Say(to="ben", words="a secret"), Say(words="nothing")]

        def repeat(request: Request) -> Sequence[Body]:
            return [Say(words="a secret" if request.asked.to else "nothing either")]

        minds: dict[str, Mind] = {"ana": seated("ana", whisper), "ben": seated("ben", repeat), "cleo": seated("cleo")}
        return Setting(chair=in_turn(), minds=minds)


class Nobody(Dinner):
    """A meeting that cannot be."""

    @override
    async def convene(self, ctx: InvocationContext) -> Setting:
        raise CannotMeet("There is nobody to ask.")


class Root(BaseAgent):
    """Hands over to its only sub-agent."""

    @override
    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        async with aclosing(self.sub_agents[0].run_async(ctx)) as events:
            async for event in events:
                yield event


async def asked(meeting: Meeting, stop_at: int = 0) -> tuple[list[Event], Any]:
    """Run a turn, to its end or to an event. Returns: its events, and the session."""
    runner = Runner(app_name="x", agent=Root(name="root", sub_agents=[meeting]), session_service=InMemorySessionService())
    await runner.session_service.create_session(app_name="x", user_id="u", session_id="s")
    message = types.Content(role="user", parts=[types.Part(text="Where shall we eat?")])
    events: list[Event] = []
    async with asyncio.timeout(AWAY), aclosing(runner.run_async(user_id="u", session_id="s", new_message=message)) as running:
        async for event in running:
            events.append(event)
            if len(events) == stop_at:
                break
    return events, await runner.session_service.get_session(app_name="x", user_id="u", session_id="s")


def text_of(event: Event) -> str:
    return "".join(part.text or "" for part in (event.content.parts if event.content else None) or [])


def test_a_manager_holds_a_meeting_in_its_turn() -> None:
    """Each contribution is an event with its author, in order; the last is the root's, with what comes of it in the state."""
    events, session = asyncio.run(asked(Dinner(name="dinner")))
    told = [(event.author, text_of(event)) for event in events if not event.partial and text_of(event)]
    said = [
        ("ana", "ana has heard 0"),
        ("dinner (seat)", "dinner has heard 1"),
        ("ana", "ana has heard 2"),
        ("dinner (seat)", "dinner has heard 3"),
    ]
    assert told == [("dinner", "Let us ask them."), *said, ("root", "They agree.")]
    assert session.state["agreed"] == ["ana", "dinner"]
    metadata = [event.custom_metadata[MEETING] for event in events if event.custom_metadata]
    assert len({about["meeting"] for about in metadata if "meeting" in about}) == 1
    assert (metadata[-1]["kind"], metadata[-1]["about"]) == ("conclusion", "dinner")
    assert [health["seat"] for health in metadata[-1]["health"]] == ["ana", "dinner"]


def test_what_is_said_to_one_seat_is_not_shown() -> None:
    """No event and no session holds it, nor its reply."""
    events, session = asyncio.run(asked(Whispering(name="dinner")))
    assert [text_of(event) for event in events if text_of(event)] == ["nothing", "nothing either", "cleo has heard 2", "They agree."]
    assert not [event for event in session.events if "secret" in event.model_dump_json()]


def test_who_has_the_floor_is_shown_and_not_kept() -> None:
    """The page sees who is waited for; the session does not grow by it."""
    events, session = asyncio.run(asked(Dinner(name="dinner")))
    floors = [
        event.custom_metadata[MEETING]["seats"]
        for event in events
        if event.custom_metadata and event.custom_metadata[MEETING]["kind"] == "floor"
    ]
    assert floors and all(seats in (["ana"], ["dinner"], []) for seats in floors)
    assert not [event for event in session.events if event.custom_metadata and event.custom_metadata[MEETING]["kind"] == "floor"]
    assert len(session.events) == 1 + sum(not event.partial for event in events)


def test_a_meeting_that_cannot_be_says_why() -> None:
    """In words for the user, by the root."""
    for meeting, words_ in (
        (Nobody(name="dinner"), "There is nobody to ask."),
        (Dinner(name="dinner", limits=replace(QUICK, seats=1)), "A meeting has at most 1 seats, not 2."),
    ):
        events, _ = asyncio.run(asked(meeting))
        assert [(event.author, text_of(event)) for event in events] == [("root", words_)]


@given(stop_at=st.integers(1, 8))
@settings(max_examples=8)
def test_a_turn_that_is_stopped_ends_its_meeting(stop_at: int) -> None:
    """At any event: what was said stands in the session, and no thread is left."""
    events, session = asyncio.run(asked(Dinner(name="dinner"), stop_at))
    kept = [text_of(event) for event in session.events[1:]]
    assert kept == [text_of(event) for event in events if not event.partial]
    assert all_ended()


def test_the_host_can_be_asked_without_threads() -> None:
    """The chair moves only for what stands in the log."""
    chairs: list[int] = []
    chair: Chair = lambda view: chairs.append(view.cursor) or [Floor(seats=("ana",), topic="t", ask="x")]  # noqa: E731
    host = Host(chair, {"ana": {}}, 100)
    epoch = host.log.admit("ana")
    host.invite()
    host.look()
    assert not chairs and host.awaited() == ("ana",)
    host.log.send("ana", epoch, Joined())
    host.look()
    assert chairs == [2]
    host.look()
    assert chairs == [2] and host.awaited() == ("ana",)


def test_only_an_answer_to_the_floor_answers_it() -> None:
    """A late word to an earlier question does not let the chair go on."""
    log = MeetingLog(100)
    epoch = log.admit("ana")
    log.send(CHAIR, 0, Invited(seat="ana"))
    log.send("ana", epoch, Joined())
    first = log.send(CHAIR, 0, Floor(seats=("ana",), topic="1", ask="x"))
    second = log.send(CHAIR, 0, Floor(seats=("ana",), topic="2", ask="x"))
    assert first and second
    log.send("ana", epoch, Accept(about="x"), reply_to=first.id)
    assert View().fold(log.read()).waiting == ("ana",)
    log.send("ana", epoch, Propose(topic="2", item={}), reply_to=second.id)
    view = View().fold(log.read())
    assert view.waiting == ()
    assert [message.body.kind for message in view.answers(second.id)] == ["propose"]
    assert [message.seq for message in view.since(second.seq)] == [second.seq + 1, second.seq + 2]
