"""The keyless planner in real ADK turns: what it writes down, asks and proposes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import pytest
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.events import Event
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from vibehuntr_agent import SUGGESTIONS
from vibehuntr_agent.agent import build_agent
from vibehuntr_agent.offline import KeylessPlanner, decide, read_turn
from vibehuntr_agent.planning.people import ME

ZONE = "Europe/Helsinki"
OPENING = "Dinner for four of us on Friday evening, about 30 euros each, one is vegan"
NAMES = "Anna, Ben, Carla and me"


def clock(zone: ZoneInfo) -> datetime:
    """Tuesday 24 November 2026, 10:07 in Helsinki."""
    return datetime(2026, 11, 24, 10, 7, tzinfo=ZoneInfo(ZONE)).astimezone(zone)


class Talk:
    """One conversation with the planner over ADK's own Runner."""

    def __init__(self) -> None:
        self.sessions = InMemorySessionService()
        agent = build_agent(KeylessPlanner(chunk_delay=0), clock=clock, environ={"VIBEHUNTR_TIMEZONE": ZONE})
        self.runner = Runner(app_name="test", agent=agent, session_service=self.sessions)
        self.events: list[Event] = []
        self.session_id = ""

    async def __aenter__(self) -> Self:
        """Open the conversation."""
        self.session_id = (await self.sessions.create_session(app_name="test", user_id="u")).id
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the runner."""
        await self.runner.close()

    async def say(self, text: str) -> str:
        """One turn; the answer's text."""
        message = types.Content(role="user", parts=[types.Part(text=text)])
        config = RunConfig(streaming_mode=StreamingMode.SSE)
        self.events = [
            e async for e in self.runner.run_async(user_id="u", session_id=self.session_id, new_message=message, run_config=config)
        ]
        return "".join(part.text or "" for e in self.events if not e.partial and e.content for part in e.content.parts or [])

    @property
    def calls(self) -> list[str]:
        """The tools called in the last turn."""
        return [call.name or "" for e in self.events if not e.partial for call in e.get_function_calls()]

    async def state(self) -> dict[str, Any]:
        """The session's state."""
        session = await self.sessions.get_session(app_name="test", user_id="u", session_id=self.session_id)
        assert session
        return dict(session.state)


def talk(*messages: str) -> tuple[list[str], dict[str, Any]]:
    """The answers to some messages, and the state after them."""

    async def run() -> tuple[list[str], dict[str, Any]]:
        async with Talk() as conversation:
            answers = [await conversation.say(message) for message in messages]
            return answers, await conversation.state()

    return asyncio.run(run())


def times(state: dict[str, Any], name: str) -> list[str]:
    """A person's windows, as "27 18:00-22:00"."""
    rows = state["availability"].get(name, [])
    return [f"{row['start'][8:10]} {row['start'][11:16]}-{row['end'][11:16]}" for row in rows]


def test_the_opening_sentence_is_written_down_whole() -> None:
    """Nothing that is said is lost, and only one thing is asked."""
    (answer,), state = talk(OPENING)
    assert state["plan"] == {
        "kind": "dinner", "date_from": "2026-11-27", "date_to": "2026-11-27", "part_of_day": "evening", "number_of_people": 4,
        "budget_per_person": 30.0, "currency": "EUR", "notes": ["one is vegan"],
    }  # fmt: skip
    assert "Friday 27 November 2026" in answer
    assert answer.count("?") == 1


def test_a_conversation_ends_in_a_slot_that_suits_all() -> None:
    """People, then times, then a proposal with its full date."""
    answers, state = talk(OPENING, NAMES, "Anna is free Friday 18-22, Ben from 7pm, Carla all evening", "I can do 17:30 to 21:30")
    assert [p["name"] for p in state["people"]] == ["Anna", "Ben", "Carla", ME]
    assert [times(state, name) for name in ("Anna", "Ben", "Carla", ME)] == [
        ["27 18:00-22:00"],
        ["27 19:00-23:00"],
        ["27 17:00-23:00"],
        ["27 17:30-21:30"],
    ]
    assert "I propose Friday 27 November 2026, 19:00 to 21:00 (Europe/Helsinki): Anna, Ben, Carla and you can all come." in answers[-1]
    assert "When are you free" in answers[2]


@pytest.mark.parametrize(
    "text",
    [
        "Anna, Ben, Carla and me", "anna, ben, carla, me", "It's Anna, Ben, Carla and me.", "me, anna, ben & carla", "With Anna, Ben and Carla, and me",
        "Anna and Ben and Carla and I", "Anna\nBen\nCarla\nme",
    ],
)  # fmt: skip
def test_names_are_taken_however_they_are_listed(text: str) -> None:
    """A list of names is people, in any usual writing."""
    _, state = talk(OPENING, text)
    assert {p["name"] for p in state["people"]} == {"Anna", "Ben", "Carla", ME}


@pytest.mark.parametrize(
    "text",
    [
        "Anna is free Friday 18-22 and Ben from 7pm", "On Friday Anna can do 6-10pm, Ben after 7", "anna 18-22, ben can't before 7 pm",
        "Ben is available from 19:00. Anna is free between 6 and 10", "Anna: 18:00-22:00; Ben: 19:00 onwards",
    ],
)  # fmt: skip
def test_times_are_taken_however_they_are_said(text: str) -> None:
    """The same facts in other words are the same windows."""
    _, state = talk("Dinner with Anna and Ben on Friday evening", text)
    assert (times(state, "Anna"), times(state, "Ben")) == (["27 18:00-22:00"], ["27 19:00-23:00"])


def test_all_in_one_message() -> None:
    """Names, times and a question at once get a proposal at once."""
    (answer,), _ = talk("Anna is free Friday 18-22 and Ben is free Friday from 7pm. When can they meet?")
    assert "I propose Friday 27 November 2026, 19:00 to 20:00" in answer


def test_times_said_before_the_day_are_kept() -> None:
    """The day may come later: times without one wait for it."""
    answers, state = talk("Anna is free 18-22 and Ben from 7pm", "Friday")
    assert answers[0].count("?") == 1
    assert (times(state, "Anna"), times(state, "Ben")) == (["27 18:00-22:00"], ["27 19:00-23:00"])


def test_pronouns_mean_those_who_were_named() -> None:
    """ "She", "the others" and "everyone" are resolved within the conversation."""
    _, state = talk(
        "Dinner with Anna, Ben and Carla on Friday",
        "Anna is vegetarian",
        "Anna is free from 6pm",
        "she is busy 20-21",
        "the others are free 18-20",
    )
    assert times(state, "Anna") == ["27 18:00-20:00", "27 20:00-21:00", "27 21:00-23:00"]
    assert (times(state, "Ben"), times(state, "Carla")) == (["27 18:00-20:00"], ["27 18:00-20:00"])
    _, state = talk("Lunch with Anna and Ben tomorrow", "everyone is free 11-13")
    assert (times(state, "Anna"), times(state, "Ben")) == (["25 11:00-13:00"], ["25 11:00-13:00"])


def test_somebody_who_drops_out_is_out() -> None:
    """After "Ben can't come" the plan is made without Ben."""
    answers, state = talk("Dinner with Anna, Ben and me on Friday", "Anna 18-22, Ben 20-22, I'm free 18-22", "Ben can't come")
    assert [p["name"] for p in state["people"]] == ["Anna", ME]
    assert "18:00 to 20:00" in answers[-1]


def test_a_person_who_cannot_is_named() -> None:
    """When no time suits all, the answer says who is missing."""
    (answer,), _ = talk("Anna is free Friday 10-12, Ben is free Friday 14-16. When can we meet?")
    assert "cannot: Ben" in answer
    assert "No slot has everybody" in answer


@pytest.mark.parametrize("text", ["What are you?", "who are you", "Are you ChatGPT?", "are you a human?", "What can you do?"])
def test_it_says_what_it_is(text: str) -> None:
    """It is rules, and never claims to be a language model."""
    (answer,), _ = talk(text)
    assert "keyless planner" in answer
    assert "no language model" in answer


@pytest.mark.parametrize(
    "text", ["What is the weather in Paris?", "Write a poem about the sea", "asdf qwer", "🍕🍕", "Tell me about Rome.", "42"]
)
def test_words_it_cannot_use_are_quoted(text: str) -> None:
    """Off topic it says so, in the person's words, and writes nothing down."""
    (answer,), state = talk(text)
    assert text.rstrip(".?") in answer
    assert "no language model" in answer
    assert not state


def test_part_of_a_message_that_is_not_used_is_quoted() -> None:
    """What is understood is kept, what is not is shown."""
    answers, state = talk("Dinner with Anna on Friday", "the moon is made of cheese, Anna is free 18-20")
    assert "“the moon is made of cheese”" in answers[-1]
    assert times(state, "Anna") == ["27 18:00-20:00"]


def test_every_suggestion_gets_a_real_answer() -> None:
    """What the first screen offers works."""
    for suggestion in SUGGESTIONS:
        (answer,), _ = talk(suggestion)
        assert answer
        assert "could not use" not in answer


def test_the_streamed_words_are_the_answer() -> None:
    """Joined partials equal the final text, and there are many."""

    async def run() -> None:
        async with Talk() as conversation:
            answer = await conversation.say(OPENING)
            parts = [part.text or "" for e in conversation.events if e.partial and e.content for part in e.content.parts or []]
            assert "".join(parts) == answer
            assert len(parts) > 5

    asyncio.run(run())


def test_bad_input_to_a_tool_changes_nothing() -> None:
    """Reversed windows, past days, strangers, zero budgets: a plain summary, the same state."""
    from vibehuntr_agent.tools import PlannerTools

    class Context:
        """What a tool needs of ADK's context."""

        def __init__(self) -> None:
            self.state: dict[str, Any] = {}

    async def run() -> None:
        tools, context = PlannerTools(clock=clock, default_zone=ZONE), Context()
        given: Any = context
        await tools.set_people(given, add=[{"name": "Anna"}, {"name": "Anne"}])
        before = dict(context.state)
        results = [
            await tools.set_availability(given, "Anna", [{"start": "2026-11-27T20:00", "end": "2026-11-27T18:00"}]),
            await tools.set_availability(given, "Anna", [{"start": "soon", "end": "later"}]),
            await tools.set_availability(given, "Zoe", [{"start": "2026-11-27T18:00", "end": "2026-11-27T20:00"}]),
            await tools.set_availability(given, "Anna", [], mode="replace"),
            await tools.set_people(given, add=[{"name": " "}]),
            await tools.set_people(given, remove=["Anna", "Anne"]),
            await tools.update_plan(given, budget_per_person=0),
            await tools.update_plan(given, zone="Mars/Olympus"),
            await tools.update_plan(given, date_from="2026-11-28", date_to="2026-11-27"),
            await tools.update_plan(given),
            await tools.find_times(given, duration_minutes=0),
            await tools.find_times(given),
        ]
        assert [result["status"] for result in results] == ["error"] * 10 + ["need"] * 2
        assert all(set(result) == {"status", "summary", "data", "missing", "warnings", "view", "card", "replies"} for result in results)
        assert context.state == before

    asyncio.run(run())


class ScriptedCalls(KeylessPlanner):
    """A model that calls several tools at once, as Gemini does."""

    @override
    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        """Three calls, then the answer of the rules."""
        if read_turn(llm_request).results:
            async for response in super().generate_content_async(llm_request, stream):
                yield response
            return
        window = [{"start": "2026-11-27T18:00", "end": "2026-11-27T20:00"}]
        calls = [
            ("set_people", {"add": [{"name": "Anna"}, {"name": "Ben"}]}),
            *(("set_availability", {"person": n, "windows": window}) for n in ("Anna", "Ben")),
        ]
        yield LlmResponse(content=types.Content(role="model", parts=[types.Part.from_function_call(name=n, args=a) for n, a in calls]))


def test_calls_made_at_once_lose_nothing() -> None:
    """Tools that a model calls in one step all reach the state, in its order."""

    async def run() -> None:
        async with Talk() as conversation:
            agent = build_agent(ScriptedCalls(chunk_delay=0), clock=clock, environ={})
            conversation.runner = Runner(app_name="test", agent=agent, session_service=conversation.sessions)
            await conversation.say("go")
            state = await conversation.state()
            assert list(state["availability"]) == ["Anna", "Ben"]

    asyncio.run(run())


FACTS = {"people": NAMES, "day": "Dinner on Friday evening", "money": "about 30 euros each", "diet": "Anna is vegan"}
TIMES = ("Anna is free 18-22", "Ben is free from 7pm", "Carla is free all evening", "I am free 18-21")


@settings(max_examples=10, deadline=None)
@given(st.permutations([*FACTS.values()]), st.permutations(TIMES))
def test_nothing_is_asked_that_was_told(facts: list[str], times_said: list[str]) -> None:
    """In whatever order it is told, no question asks for it again, there is at most one, and the plan is the same."""
    answers, state = talk(*facts, *times_said)
    told_people = facts.index(FACTS["people"])
    for index, answer in enumerate(answers):
        question = answer.rpartition("\n\n")[2] if "?" in answer else ""
        assert answer.count("?") <= 1
        assert index < told_people or "Who" not in question
        assert index < facts.index(FACTS["day"]) or "which day" not in question.lower()
        for said in times_said[: max(0, index - len(facts) + 1)]:
            name = said.split(maxsplit=1)[0].replace("I", "you")
            assert name not in question.partition(" free")[0]
    assert state["plan"]["budget_per_person"] == 30.0
    assert [fact["value"] for fact in state["user:facts"]["Anna"]] == ["vegan"]
    assert "Friday 27 November 2026, 19:00 to 21:00" in answers[-1]


@settings(max_examples=25, deadline=None)
@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                "Anna",
                "free",
                "Friday",
                "not",
                "7",
                "-",
                "22",
                "me",
                "and",
                ",",
                ".",
                "dinner",
                "for",
                "four",
                "euros",
                "in",
                "next",
                "when",
                "everyone",
                "she",
                "can't",
                "31.2.",
                "zone",
                "UTC",
                "I",
            ]
        ),
        max_size=12,
    ).map(" ".join)
)
def test_any_message_gets_an_answer(text: str) -> None:
    """Whatever is typed, the turn ends in words."""
    if text.strip():
        (answer,), _ = talk(text)
        assert answer.strip()


def test_an_agent_without_these_tools_still_gets_words() -> None:
    """The model never calls a tool that the request does not offer."""
    request = LlmRequest(contents=[types.Content(role="user", parts=[types.Part(text=OPENING)])])
    assert isinstance(decide(read_turn(request)), str)
