"""What is remembered of a long conversation: the model is asked the same, to the letter, as by ADK with all events at hand."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from conftest import Invoking
from google.adk.agents import BaseAgent, InvocationContext, LlmAgent
from google.adk.agents.callback_context import CallbackContext
from google.adk.agents.run_config import RunConfig
from google.adk.apps.app import App, EventsCompactionConfig
from google.adk.artifacts import InMemoryArtifactService
from google.adk.events import Event, EventActions
from google.adk.events.event_actions import EventCompaction
from google.adk.models import LlmRequest
from google.adk.plugins import BasePlugin
from google.adk.tools import FunctionTool, LongRunningFunctionTool, ToolContext, load_memory
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_llm import Asked, Call, Gate, ScriptedLlm, Step, Text, Thought, echo
from test_agent_invoker import answer_of, held, say, wait_for_text

from agent_invoker import AgentInvoker, Settings, open_store
from playground import remembered
from playground.branches import Branch
from playground.history import user_content
from playground.remembered import Latest, knows_by_request
from playground.runtime import make_runner
from playground.turn_log import Feedback, FilePart, open_requests
from vibehuntr_agent.agent import build_agent

APP, USER = "app", "ana"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide conversations soon: after ten events, before the last four."""
    monkeypatch.setattr(remembered, "_FEWEST", 4)
    monkeypatch.setattr(remembered, "_MOST", 10)


# -- events that nobody would write, against plain ADK -------------------------------------------------------------------


def answering(asked: Asked) -> Sequence[Step]:
    if asked.after_tool or "go" not in asked.said:
        return [Text(f"{len(asked.contents)} ")]
    return [Call("transfer_to_agent", {"agent_name": "spec" if "spec" in asked.said else "root"})]


def changing(callback_context: CallbackContext, llm_request: LlmRequest) -> None:
    """Change what a callback may change: a part's field, a content's parts, the list."""
    if "change" in str(callback_context.user_content):
        for content in llm_request.contents[:-1]:
            for part in content.parts or ():
                part.text = part.text and "changed"
        llm_request.contents[0].parts = [types.Part(text="first")]
        del llm_request.contents[1:2]


@dataclass
class Pair:
    """One conversation in two sessions with the same events: one whose turns load what they must, one that is plain ADK's."""

    url: str = ""

    def __post_init__(self) -> None:
        self.store = open_store(self.url)
        spec = LlmAgent(name="spec", description="knows", model=ScriptedLlm.saying(answering), before_model_callback=changing)
        model = ScriptedLlm.saying(answering)
        root = LlmAgent(name="root", model=model, sub_agents=[spec], before_model_callback=changing)
        self.models: list[Any] = [root.model, spec.model]
        self.runner = make_runner(App(name=APP, root_agent=root), self.store, InMemoryArtifactService())
        self.branch = Branch(USER, "ours")
        self.loaded: list[int] = []

    async def begin(self) -> None:
        for name in ("ours", "plain"):
            await self.store.create_session(app_name=APP, user_id=USER, session_id=name)

    async def append(self, events: Sequence[Event]) -> None:
        for name in ("ours", "plain"):
            session = await self.store.get_session(app_name=APP, user_id=USER, session_id=name)
            assert session
            for event in events:
                await self.store.append_event(session, event.model_copy(deep=True))

    async def turn(self, text: str) -> tuple[list[list[str]], list[list[str]]]:
        return await self._requests("ours", text), await self._requests("plain", text)

    async def _requests(self, name: str, text: str) -> list[list[str]]:
        """Return what the models are asked in a turn, and how it ends."""
        for model in self.models:
            model.requests.clear()
        said = user_content(text)
        config = RunConfig(get_session_config=Latest.known(self.branch, said) if name == "ours" else None)
        ended = "well"
        try:
            async for _ in self.runner.run_async(user_id=USER, session_id=name, new_message=said, run_config=config):
                pass
        except Exception as error:  # noqa: BLE001 - whatever ADK raises, it raises both times
            ended = f"{type(error).__name__}: {error}"
        return [list(model.requests) for model in self.models] + [[ended]]


IDS = st.sampled_from(["a", "b", "c", "d", "e", "f", None])
NAMES = st.sampled_from(["find", "note", "adk_request_confirmation", "transfer_to_agent"])


@st.composite
def parts(draw: st.DrawFn) -> types.Part:
    kind = draw(st.sampled_from(["text", "text", "thought", "call", "response", "file", "empty"]))
    match kind:
        case "call":
            return types.Part(function_call=types.FunctionCall(id=draw(IDS), name=draw(NAMES), args={"n": 1}))
        case "response":
            return types.Part(function_response=types.FunctionResponse(id=draw(IDS), name=draw(NAMES), response={"n": 2}))
        case "file":
            return types.Part(inline_data=types.Blob(data=b"x", mime_type="image/png", display_name="x.png"))
        case "empty":
            return types.Part(text="")
        case _:
            return types.Part(text=draw(st.sampled_from(["one", "two", "three"])), thought=kind == "thought" or None)


@st.composite
def odd_events(draw: st.DrawFn) -> Event:
    """Any event that ADK could have stored, and some that it could not, with few names, so that they refer to one another."""
    author = draw(st.sampled_from(["user", "user", "root", "root", "spec", "stranger"]))
    content = types.Content(role="user" if author == "user" else "model", parts=draw(st.lists(parts(), min_size=1, max_size=2)))
    rare: dict[str, Any] = draw(
        st.sampled_from([{}] * 12 + [{"error_code": "SAFETY"}, {"interrupted": True}, {"branch": "root.spec"}, {"isolation_scope": "a"}])
    )
    heard = types.Transcription(text="heard")
    rare |= draw(st.sampled_from([{}] * 20 + [{"output_transcription": heard}, {"long_running_tool_ids": {"a"}}]))
    acts = [EventActions()] * 16 + [
        EventActions(rewind_before_invocation_id="i2"), EventActions(transfer_to_agent="spec"), EventActions(state_delta={"a": 1}),
        EventActions(compaction=EventCompaction(start_timestamp=3, end_timestamp=9, compacted_content=user_content("in short"))),
    ]  # fmt: skip
    return Event(
        author=author, invocation_id="", content=draw(st.sampled_from([content] * 9 + [None])), actions=draw(st.sampled_from(acts)), **rare
    )


@st.composite
def conversations(draw: st.DrawFn) -> list[list[Event] | str]:
    """Stretches of stored events, and turns between them."""
    steps: list[list[Event] | str] = []
    for n in range(draw(st.integers(2, 8))):
        stretch = draw(st.lists(odd_events(), max_size=6))
        for event in stretch:
            event.id = f"{n} {len(steps)} {stretch.index(event)} {id(event)}"
            event.invocation_id = draw(st.sampled_from([f"i{n}", f"i{n}", f"i{n}", "i2", ""]))
        plain = [event for m in range(6) for event in exchange(f"{n} {m}")] if draw(st.booleans()) else []
        texts = ["hello", "hello", "go to spec", "go back", "change it"]
        steps += [plain + stretch, draw(st.sampled_from(texts))]
    return steps


def exchange(name: str) -> list[Event]:
    """A question and the root agent's answer."""
    said = types.Content(role="model", parts=[types.Part(text=f"answer {name}")])
    asked = Event(id=f"q {name}", author="user", invocation_id=f"turn {name}", content=user_content(f"question {name}"))
    return [asked, Event(id=f"a {name}", author="root", invocation_id=f"turn {name}", content=said)]


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("quiet")
@settings(max_examples=100)
@given(conversations())
def test_the_model_is_asked_the_same_as_by_plain_adk(steps: list[list[Event] | str]) -> None:
    """Whatever the stored events are, and whoever changes requests."""

    async def compare() -> None:
        pair = Pair()
        await pair.begin()
        for step in steps:
            if isinstance(step, list):
                await pair.append(step)
            else:
                ours, plain = await pair.turn(step)
                assert ours == plain

    asyncio.run(compare())


async def test_a_turn_of_a_long_conversation_loads_its_end(url: str) -> None:
    """From the second turn on, whatever its length; and the model is still asked all of it."""
    pair = Pair(url)
    await pair.begin()
    await pair.append([event for n in range(60) for event in exchange(str(n))])
    for n in range(12):
        ours, plain = await pair.turn(f"hello {n}")
        assert ours == plain
        assert pair.branch.earlier
        session = await pair.store.get_session(
            app_name=APP, user_id=USER, session_id="ours", config=Latest.known(pair.branch, user_content(""))
        )
        assert session
        assert 4 <= len(session.events) <= 12
    await pair.store.close()


async def test_a_session_that_is_not_what_it_was_is_read_anew(url: str) -> None:
    """Made again under the same id: nothing of the old one is told."""
    pair = Pair(url)
    await pair.begin()
    await pair.append([event for n in range(20) for event in exchange(str(n))])
    await pair.turn("hello")
    for name in ("ours", "plain"):
        await pair.store.delete_session(app_name=APP, user_id=USER, session_id=name)
    await pair.begin()
    await pair.append([event for n in range(3) for event in exchange(f"new {n}")])
    ours, plain = await pair.turn("hello")
    assert ours == plain
    assert "question 1" not in str(ours)
    await pair.store.close()


async def test_events_from_the_future_hide_none_that_come_now(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported ones may be: neither while it is to come, nor when it has come, nor when the clock is set back."""
    pair, now = Pair(url), time.time
    await pair.begin()
    events = [event for n in range(20) for event in exchange(str(n))]
    for n, event in enumerate(events):
        event.timestamp = now() + 3_600 + n
    await pair.append(events)
    for hours in (0, 0, 2, 2, 2, 2, 2, 1.5, 1.5, 2, 2):
        monkeypatch.setattr(time, "time", lambda hours=hours: now() + 3_600 * hours)
        for n in range(3):
            ours, plain = await pair.turn(f"hello {n}")
            assert ours == plain
    await pair.store.close()


# -- real conversations, with and without --------------------------------------------------------------------------------


def wipe(what: str, tool_context: ToolContext) -> dict[str, str]:
    """Wipe something."""
    tool_context.state["wiped"] = what
    return {"wiped": what}


def talking(gate: Gate) -> Callable[[Asked], Sequence[Step]]:
    def script(asked: Asked) -> Sequence[Step]:
        if "wipe" in asked.said and not asked.after_tool:
            return [Call("wipe", {"what": asked.said})]
        if asked.said.endswith(", please") and not asked.after_tool:
            return [Call("transfer_to_agent", {"agent_name": asked.said.split(",")[0]})]
        return [Thought("hm"), *held(gate)(asked)] if asked.said.startswith("hold") else echo(asked)

    return script


def long_talk(invoker: AgentInvoker, gate: Gate) -> None:
    """Do all that can be done with a conversation, twice, and talk in between."""

    def some(count: int = 8) -> None:
        for n in range(count):
            answer_of(say(invoker, f"word {n}"))

    for _ in range(2):
        some()
        turn = say(invoker, "hold")
        wait_for_text(turn, "so far ")
        turn.cancel()
        answer_of(turn)
        some()
        answer_of(say(invoker, "wipe it"))
        (request,) = open_requests(invoker.get_messages("u", "c")).values()
        answer_of(invoker.confirm("u", "c", request.request_id, confirmed=True))
        answer_of(say(invoker, "wipe that"))
        some()
        turn = say(invoker, "hold")
        wait_for_text(turn, "so far ")
        answer_of(invoker.add_message("u", "c", "rolled back", strategy="rollback"))
        some()
        answer_of(invoker.add_message("u", "c", "look", files=[FilePart("x.txt", "text/plain", b"words")]))
        last = invoker.get_messages("u", "c")[-1].turn_id
        invoker.rate("u", "c", last, Feedback(1, "good"))
        some()
        middle = invoker.get_messages("u", "c")[8].turn_id
        answer_of(invoker.edit("u", "c", middle, "something else"))
        some()
        invoker.switch("u", "c", middle)
        some(2)
        answer_of(say(invoker, "spec, please"))
        some()
        answer_of(say(invoker, "helper, please"))


def test_a_long_conversation_is_told_the_same_with_everything_that_can_happen_in_it(url: str) -> None:
    """Stops, confirmations, rollbacks, files, feedback, branches, transfers; on both kinds of database, and in memory."""
    told: list[list[list[str]]] = []
    for remembers, where in ((True, url), (True, ""), (False, "")):
        gate = Gate()
        spec = LlmAgent(name="spec", description="knows", model=ScriptedLlm.saying(talking(gate)))
        tool = FunctionTool(wipe, require_confirmation=True)
        helper = LlmAgent(name="helper", model=ScriptedLlm.saying(talking(gate)), tools=[tool], sub_agents=[spec])
        invoker = AgentInvoker(helper, settings=Settings(workers=4), session_service=open_store(where))
        invoker._remembers = remembers
        long_talk(invoker, gate)
        models: list[Any] = [helper.model, spec.model]
        told.append([list(model.requests) for model in models])
        earlier = [branch.earlier for c in invoker._conversations["u"].values() for branch in c.branches.values()]
        assert any(earlier) is remembers
        invoker.close()
    assert told[0] == told[1] == told[2]


def test_what_nobody_looks_at_is_not_remembered_for_long(invoking: Invoking) -> None:
    """Memory is for conversations in use."""
    invoker = invoking()
    for n in range(12):
        answer_of(say(invoker, f"word {n}"))
    conversation = invoker._conversations["u"]["c"]
    assert conversation.branch.earlier
    conversation.read_at -= invoker.settings.unread_limit
    invoker._let_go([conversation])
    assert conversation.branch.earlier is None
    assert len(invoker.get_messages("u", "c")) == 24


# -- whose history is never divided --------------------------------------------------------------------------------------


class Reader(BaseAgent):
    """An agent of one's own, which may read what it likes."""

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        yield Event(author=self.name, invocation_id=ctx.invocation_id, content=user_content(str(len(ctx.session.events))))


class Quiet(Reader):
    """One that says that it reads none."""

    reads_events: ClassVar[bool] = False


class QuietModelAgent(LlmAgent):
    """The same, with a model."""

    reads_events: ClassVar[bool] = False


def plain_tool(day: str) -> str:
    """Be given what the model says, and nothing else."""
    return day


def tool_with_context(day: str, tool_context: ToolContext) -> str:
    """Be given ADK's context too."""
    return f"{day} {len(tool_context.session.events)}"


def tool_with_another_name(day: str, where: ToolContext) -> str:
    """Be given it by its type."""
    return tool_with_context(day, where)


def test_who_reads_events_or_shapes_requests_in_other_ways_is_given_everything() -> None:
    """Only for plain agents is it known what becomes of a conversation's events."""

    def known(**options: Any) -> bool:
        return knows_by_request(App(name=APP, root_agent=LlmAgent(name="root", model="x", **options)))

    assert known()
    assert known(sub_agents=[LlmAgent(name="spec")])
    assert known(sub_agents=[Quiet(name="quiet")])
    assert known(tools=[plain_tool, FunctionTool(plain_tool)])
    for tool in (
        tool_with_context,
        tool_with_another_name,
        FunctionTool(tool_with_context),
        LongRunningFunctionTool(plain_tool),
        load_memory,
    ):
        assert not known(tools=[plain_tool, tool])
    assert not known(instruction=lambda context: str(len(context.session.events)))
    for callback in ("before_agent_callback", "after_agent_callback", "before_model_callback", "after_tool_callback"):
        assert not known(**{callback: lambda callback_context, **_: None})
    assert not known(sub_agents=[Reader(name="reader")])
    assert not known(sub_agents=[LlmAgent(name="spec", sub_agents=[Reader(name="reader")])])
    assert not known(static_instruction="always the same")
    assert not known(mode="task")
    compaction = EventsCompactionConfig(compaction_interval=2, overlap_size=1)
    assert not knows_by_request(App(name=APP, root_agent=LlmAgent(name="root", model="x"), events_compaction_config=compaction))
    assert not knows_by_request(App(name=APP, root_agent=LlmAgent(name="root", model="x"), plugins=[BasePlugin(name="own")]))


def test_an_agent_that_says_that_it_reads_no_events_is_taken_at_its_word() -> None:
    """It has tools with a context, for the state; what shapes requests in other ways still counts."""

    def known(**options: Any) -> bool:
        return knows_by_request(App(name=APP, root_agent=QuietModelAgent(name="root", model="x", **options)))

    assert known(tools=[tool_with_context], instruction=lambda context: "state", before_model_callback=lambda **_: None)
    assert not known(static_instruction="always the same")
    assert not known(tools=[tool_with_context, load_memory])
    assert not known(sub_agents=[LlmAgent(name="spec", tools=[tool_with_context])])
    assert knows_by_request(App(name=APP, root_agent=build_agent(environ={})))


def test_a_tool_with_a_context_finds_the_whole_conversation(invoking: Invoking) -> None:
    """As under `adk web`: a tool that counts the events counts all of them."""
    counted: list[int] = []

    def count(tool_context: ToolContext) -> str:
        """Count."""
        counted.append(len(tool_context.session.events))
        return "counted"

    invoker = invoking(lambda asked: [Call("count", {})] if asked.said == "count" and not asked.after_tool else echo(asked), tools=[count])
    for n in range(20):
        answer_of(say(invoker, f"word {n}"))
    answer_of(say(invoker, "count"))
    assert counted[0] >= 42  # two of each exchange, the question and the call
