"""The friends' meeting as the user has it: "let our agents work it out", watched, stopped, taken back; and by agents with a model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from conversations.model import NOW, ZONE
from gemini_server import GeminiServer
from google.adk.models import BaseLlm
from scripted_llm import Asked, Call, Gate, Hold, Script, ScriptedLlm, Step, Text

from agent_invoker import AgentInvoker, Settings, Turn
from playground.meetings.messages import Floor
from playground.meetings.minds import Request
from vibehuntr_agent.acts_times import open_days, search_of
from vibehuntr_agent.agent import build_agent
from vibehuntr_agent.language.gathering import read
from vibehuntr_agent.models import choose_model
from vibehuntr_agent.offline import KeylessPlanner
from vibehuntr_agent.state import Board

WORK_IT_OUT = "Let our agents work it out"
DINNER = "Dinner for Anna, Ben, Cleo and me in Helsinki on Friday evening, about 30 euros each"
TIMES = "Anna is free 18-22, Ben from 7pm, Cleo 17-21:30 and I am free all evening. Anna is vegan, Ben likes Thai food"
ENVIRON = {"VIBEHUNTR_TIMEZONE": ZONE.key, "VIBEHUNTR_MEETING_PACE": "0"}
Planning = Callable[..., "Talk"]


class Talk:
    """One conversation with the planner over the invoker."""

    def __init__(self, environ: dict[str, str], seat_models: Callable[[], BaseLlm | str | None] | None) -> None:
        agent = build_agent(
            KeylessPlanner(chunk_delay=0), clock=NOW.astimezone, environ={**ENVIRON, **environ}, seat_models=seat_models or (lambda: None)
        )
        self.invoker = AgentInvoker(agent, settings=Settings(workers=4, grace=2.0))
        self.id = self.invoker.create_talk_session("u")

    def begin(self, text: str) -> Turn:
        return self.invoker.add_message("u", self.id, text)

    def say(self, *texts: str) -> str:
        """Say these, one after the other. Returns: the last answer."""
        for text in texts:
            assert self.begin(text).wait_ended(60)
        return self.invoker.get_messages("u", self.id)[-1].content

    @property
    def state(self) -> dict[str, Any]:
        return json.loads(self.invoker.export_session("u", self.id))["state"]


@pytest.fixture
def planning() -> Iterator[Planning]:
    made: list[Talk] = []

    def make(seat_models: Callable[[], BaseLlm | str | None] | None = None, **environ: str) -> Talk:
        made.append(Talk(environ, seat_models))
        return made[-1]

    yield make
    for talk in made:
        talk.invoker.close()
    assert not seats()


def seats() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("seat-")]


# -- by rules


def test_four_friends_agree_and_it_stands_in_the_plan(planning: Planning) -> None:
    """Time, place and budget, with who agreed; as one change."""
    talk = planning()
    answer = talk.say(DINNER, TIMES, WORK_IT_OUT)
    state = talk.state
    assert state["decisions"]["time"]["start"] == "2026-11-20T19:00:00+02:00"
    assert state["decisions"]["time"]["by"] == {"agreed": ["Anna", "Ben", "Cleo", "You"]}
    assert state["decisions"]["venue"]["name"]
    assert next(venue for venue in state["venues"] if venue["name"] == state["decisions"]["venue"]["name"])["hours"]
    assert state["plan"]["budget_per_person"] == 30
    assert "Our agents have settled it" in answer
    assert "19:00 to 21:00" in answer
    undone = talk.say("undo")
    assert "what the agents agreed on" in undone
    assert not talk.state["decisions"]


def test_what_is_decided_already_stays(planning: Planning) -> None:
    """The agents settle only what is open."""
    talk = planning()
    talk.say(DINNER, TIMES, "The first one", WORK_IT_OUT)
    decided = talk.state["decisions"]
    assert "by" not in decided["time"]
    assert decided["venue"]["by"]
    assert "decided already" in talk.say(WORK_IT_OUT)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ([], "Who is coming?"),
        (["Dinner with Anna on Friday"], "free"),
        ([DINNER, "Anna is free 18-22"], "Ben, Cleo and you free?"),
    ],
)
def test_without_people_and_times_they_ask(planning: Planning, said: Sequence[str], asked: str) -> None:
    """In words that say whose move is next, and nothing is changed."""
    talk = planning()
    assert asked in talk.say(*said, WORK_IT_OUT)
    assert not talk.state.get("decisions")


def test_when_no_time_suits_all_it_is_said_who_cannot(planning: Planning) -> None:
    """A compromise is written down as one."""
    talk = planning()
    answer = talk.say("Dinner on Friday for Anna, Ben and me", "Anna is free 12-15, Ben 18-22, I am free 17-23", WORK_IT_OUT)
    assert "Anna cannot" in answer
    assert talk.state["decisions"]["time"]["by"] == {"agreed": ["Ben", "You"], "against": ["Anna"]}


def test_the_days_of_a_plan_without_days_tell_nobodys_diary(planning: Planning) -> None:
    """Every seat is told of whole weeks from today on."""
    talk = planning()
    talk.say("Lunch with Anna and Ben", "Anna is free 27 November 12-15, Ben is free 27 November 12-16, I am free 27 November 11-17")
    board = Board(SimpleNamespace(state={**talk.state, "plan": {}}), NOW.astimezone, ZONE.key)
    within, _ = open_days(board, search_of(board, None, (None, None), []))
    assert len(within) == 28
    assert within[0][0].date() == NOW.date()


def test_a_friend_called_chair_is_asked_for_another_name(planning: Planning) -> None:
    """Before anybody sits down."""
    talk = planning()
    talk.say("Lunch with chair and Anna on Friday", "chair is free 12-15, Anna is free 12-14, I am free 12-14")
    if "chair" in [person["name"] for person in talk.state["people"]]:
        assert "another name" in talk.say(WORK_IT_OUT)


def test_a_wrong_setting_is_told_in_the_chat(planning: Planning) -> None:
    """It names the variable."""
    talk = planning(VIBEHUNTR_SEATS="Ben=ftp://nowhere")
    assert "VIBEHUNTR_SEATS" in talk.say(DINNER, TIMES, WORK_IT_OUT)


def test_a_seat_that_cannot_be_reached_is_named_and_the_others_agree(planning: Planning) -> None:
    """Nothing listens at its address."""
    talk = planning(VIBEHUNTR_SEATS="Ben=http://127.0.0.1:9")
    answer = talk.say(DINNER, "Anna is free 18-22, Cleo 17-21:30, I am free all evening", WORK_IT_OUT)
    assert "Anna, Cleo and you agree" in answer
    assert talk.state["decisions"]["time"]["by"] == {"agreed": ["Anna", "Cleo", "You"], "unheard": ["Ben"]}
    assert any(part.kind == "failed" for part in contributions(talk) if part.seat == "Ben")


def contributions(talk: Talk) -> list[Any]:
    message = next(m for m in reversed(talk.invoker.get_messages("u", talk.id)) if m.role == "assistant")
    return [part for part in message.parts if type(part).__name__ == "Contribution"]


def test_the_planners_model_is_not_told_what_the_agents_said(planning: Planning) -> None:
    """A seat elsewhere may be anybody's: what it says is for people."""
    model = ScriptedLlm.saying(
        lambda asked: [Call("transfer_to_agent", {"agent_name": "meeting"})] if "agents" in asked.said else [Text("ok")]
    )
    talk = planning()
    talk.say(DINNER, TIMES)
    planner: Any = talk.invoker._runner.agent
    planner.model = model
    talk.say(WORK_IT_OUT, "Thank you")
    assert "Our agents have settled it" in model.requests[-1]
    assert "How about" not in model.requests[-1]


# -- stopping


def test_stop_ends_it_at_once_and_what_was_said_stays(planning: Planning) -> None:
    """No thread is left, nothing is decided, and the next message is the planner's."""
    gate = Gate()
    talk = planning(lambda: ScriptedLlm.saying(lambda _: [Hold(gate)]))
    talk.say(DINNER, TIMES)
    turn = talk.begin(WORK_IT_OUT)
    assert gate.reached.wait(30)
    turn.cancel()
    assert turn.wait_ended(5)
    assert not seats()
    assert "meet to settle" in talk.invoker.get_messages("u", talk.id)[-1].content
    assert not talk.state.get("decisions")
    assert "19:00" in talk.say("When can we meet?")


# -- with a model


def acting(choose: Callable[[Floor, bool], Sequence[Step]]) -> Callable[[], ScriptedLlm]:
    """Make the models of all seats, each acting by the floor that it is asked by, and whether it has called a tool."""
    return lambda: ScriptedLlm.saying(acting_script(choose))


def acting_script(choose: Callable[[Floor, bool], Sequence[Step]]) -> Script:
    def script(asked: Asked) -> Sequence[Step]:
        floor = Request.read(asked.contents[0][1]).asked.body
        assert isinstance(floor, Floor)
        return choose(floor, asked.after_tool)

    return script


def friendly(floor: Floor, after_tool: bool) -> Sequence[Step]:
    if not after_tool:
        return [Call("options" if floor.ask == "propose" else "fits")]
    if floor.ask == "propose":
        return [Call("propose", {"number": 1, "words": "What about this one?"})]
    return [Call("accept", {"words": "Lovely."}), Call("decline", {"words": "Sadly not."})]


def test_agents_with_a_model_find_their_own_words(planning: Planning) -> None:
    """And accept nothing that their friend cannot do: the tool refuses, and they decline."""
    talk = planning(acting(friendly))
    talk.say(DINNER, TIMES, WORK_IT_OUT)
    said = contributions(talk)
    assert {part.words for part in said if part.kind == "accept" and not part.data.get("probe")} == {"Lovely."}
    assert any(part.words == "Sadly not." for part in said if part.kind == "decline" and part.seat == "Ben")
    assert talk.state["decisions"]["time"]["start"] == "2026-11-20T19:00:00+02:00"


def test_a_real_client_speaks_for_each_friend_and_leaves_no_connection(planning: Planning, gemini: GeminiServer) -> None:
    """google-genai over HTTP, a client for each seat's own loop."""
    gemini.script = acting_script(friendly)
    talk = planning(lambda: choose_model({"VIBEHUNTR_MODEL": "gemini-test", "GOOGLE_API_KEY": "x"}))
    talk.say(DINNER, TIMES, WORK_IT_OUT)
    assert talk.state["decisions"]["time"]["start"] == "2026-11-20T19:00:00+02:00"
    assert {part.words for part in contributions(talk) if part.kind == "propose"} == {"What about this one?"}
    assert gemini.wait_for(lambda server: server.open_connections == 0)


@pytest.mark.parametrize("steps", [[Text("I would rather talk.")], [Call("propose", {"number": 99, "words": "x"})], [Call("fly", {})]])
def test_a_model_that_does_not_act_is_out_and_the_others_finish(planning: Planning, steps: Sequence[Step]) -> None:
    """It is asked again, a bounded number of times, and then named."""
    made = iter([ScriptedLlm.saying(lambda _: steps)])
    talk = planning(lambda: next(made, None))  # Anna's alone has a model
    answer = talk.say(DINNER, TIMES, WORK_IT_OUT)
    (failed,) = [part for part in contributions(talk) if part.kind == "failed"]
    assert failed.seat == "Anna"
    assert "Ben, Cleo and you agree" in answer


# -- how people say it


@pytest.mark.parametrize(
    "text",
    [
        WORK_IT_OUT,
        "let the agents sort it out",
        "Can our agents negotiate this?",
        "ok, have everyone's agents figure out a time",
        "Please let all our agents meet and decide",
        "our agents should decide. Anna likes sushi",
        "Agents, work it out!",
        "start a meeting of our agents",
        "Ask our agents to settle it",
        "I want the agents to agree on a place",
    ],
)
def test_the_agents_are_called_for(text: str) -> None:
    """However it is said; the words are used up."""
    reading = read(text)
    assert [call.args for call in reading.calls] == [{"agent_name": "meeting"}]
    assert "gent" not in reading.rest


@pytest.mark.parametrize(
    "text",
    [
        "Don't let our agents work it out",
        "How would our agents work it out?",
        "Anna works for a travel agent",
        "We meet the estate agent at 5",
        "Let us meet on Friday",
        "My agent said he is free on Saturday",
        "What happens if our agents meet?",
    ],
)
def test_they_are_not_called_for(text: str) -> None:
    """Other talk of agents and of meeting."""
    assert not read(text).calls
