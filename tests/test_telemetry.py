"""What ADK notes of a request: nothing of its contents while nobody listens, every one when somebody does; the model always gets all."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import pytest
from conftest import Invoking, agent_saying, in_a_process_of_its_own, model_of
from google.adk.agents.callback_context import CallbackContext
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.telemetry import tracing
from google.genai import types
from scripted_llm import Asked, Raise, Step, Text
from test_agent_invoker import answer_of, say
from test_pieces import in_pieces, said

from agent_invoker import AgentInvoker
from playground import telemetry
from playground.pieces import Pieces

LISTENING = """
import json
from google.adk.telemetry.setup import OTelHooks, maybe_set_otel_providers
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
heard = InMemoryLogRecordExporter()
maybe_set_otel_providers([OTelHooks(log_record_processors=[SimpleLogRecordProcessor(heard)])])
from test_telemetry import three_exchanges
asked = three_exchanges()
told = [data.log_record.attributes for data in heard.get_finished_logs()]
print(json.dumps([asked, [len(about["gen_ai.input.messages"]) for about in told if about["gen_ai.agent.name"] == "helper"]]))
"""


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test before has set: some import adk web, and a provider stays for as long as the process."""
    monkeypatch.setattr(telemetry, "_somebody_listens", lambda: False)


def three_exchanges() -> list[int]:
    """Say three things; return how many contents the model was asked with, each time."""
    invoker = AgentInvoker(agent_saying())
    try:
        for word in ("one", "two", "three"):
            answer_of(say(invoker, word))
        return [len(asked.contents) for asked in model_of(invoker).asked]
    finally:
        invoker.close()


def test_who_listens_is_told_of_every_content() -> None:
    """A provider is set once a process, so this is one of its own."""
    told = in_a_process_of_its_own(LISTENING, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="EVENT_ONLY")
    asked, heard = json.loads(told.splitlines()[-1])
    assert heard == asked == [1, 3, 5]


async def test_a_request_has_no_contents_while_adk_notes_it_and_all_when_the_model_begins() -> None:
    """ADK notes a request between its call of the model and that one's first step."""
    model = in_pieces(said("a"))
    request = LlmRequest(contents=[types.Content(role="user", parts=[types.Part(text="hello")])])
    contents = request.contents
    stream = model.generate_content_async(request, stream=True)
    assert request.contents == []
    assert [piece async for piece in stream]
    assert request.contents is contents


async def test_a_request_has_its_contents_whoever_else_has_begun_or_left_a_stream_of_it() -> None:
    """A model that asks two at once, or prepares a stream and drops it."""
    asked: list[int] = []

    class Counts(BaseLlm):
        async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
            asked.append(len(llm_request.contents))
            yield said("a")

    model = Counts(model="counts")
    Pieces().of(model)
    request = LlmRequest(contents=[types.Content(role="user", parts=[types.Part(text="hello")])])
    dropped, *others = [model.generate_content_async(request, stream=True) for _ in range(3)]
    await dropped.aclose()
    for stream in others:
        assert [piece async for piece in stream]
    assert asked == [1, 1]


def test_adk_notes_no_content_while_nobody_listens(invoking: Invoking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own builder of such a note is not called."""
    noted: list[object] = []
    monkeypatch.setattr(tracing, "user_message_body", lambda content, _: noted.append(content))
    invoker = invoking()
    for word in ("one", "two"):
        answer_of(say(invoker, word))
    assert [len(asked.contents) for asked in model_of(invoker).asked] == [1, 3]
    assert noted == []


def test_who_is_asked_about_a_models_failure_sees_the_whole_request(invoking: Invoking) -> None:
    """An agent's callback may ask another model the same."""
    seen: list[int] = []

    def fails(asked: Asked) -> list[Step]:
        return [Raise(RuntimeError("broken"))] if asked.said == "fail" else [Text("well ")]

    def instead(callback_context: CallbackContext, llm_request: LlmRequest, error: Exception) -> LlmResponse:
        del callback_context, error
        seen.append(len(llm_request.contents))
        return LlmResponse(content=types.Content(role="model", parts=[types.Part(text="instead")]))

    invoker = invoking(fails, on_model_error_callback=instead)
    answer_of(say(invoker, "one"))
    assert "instead" in str(answer_of(say(invoker, "fail")).parts)
    assert seen == [3]
