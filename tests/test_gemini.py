"""Turns over HTTP: the real google-genai client, through ADK, against the Gemini-compatible test server."""

from __future__ import annotations

import gc
import logging
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import pytest
from gemini_server import WRONG_KEY, GeminiServer, mismatch
from google.adk.agents import LlmAgent
from PIL import Image
from scripted_llm import Asked, Call, Finish, Gate, Hold, Raise, Step, Text, Wait, echo
from test_agent_invoker import answer_of, say, wait_for_text

from agent_invoker import AgentInvoker, ModelBusy, ModelKeyRefused, ModelUnknown, ModelUnreachable, Settings, Turn
from playground.turn_log import Answer, FilePart
from vibehuntr_agent.models import choose_model


def find_times(day: str) -> dict[str, Any]:
    """Find times."""
    return {"slots": [f"{day} 19:00"]}


def gemini_agent(**environ: str) -> LlmAgent:
    return LlmAgent(name="helper", model=choose_model({**os.environ, **environ}), tools=[find_times])


@pytest.fixture
def invoker(gemini: GeminiServer) -> Iterator[AgentInvoker]:
    made = AgentInvoker(gemini_agent(), settings=Settings(workers=8, grace=2.0))
    yield made
    made.close()
    assert gemini.wait_for(lambda server: server.open_connections == 0)


def test_a_model_that_is_given_by_name_is_closed_too(gemini: GeminiServer) -> None:
    """ADK makes such a model anew for each event loop: the one that the turns have used is the one to close."""
    agent = LlmAgent(name="helper", model="gemini-3.5-flash")
    made = AgentInvoker(agent)
    assert answer_of(say(made, "hello")).status == "done"
    assert gemini.open_connections == 1
    made.close()
    assert gemini.wait_for(lambda server: server.open_connections == 0)
    assert agent.name == "helper"  # it is still there: no garbage collector has closed anything


def last_contents(server: GeminiServer) -> list[tuple[str, str]]:
    return server.requests[-1].asked.contents


def test_an_answer_with_a_tool_call_streams_over_http(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """Several texts before and after a tool call; the joined stream is the completed text."""
    gemini.script = lambda asked: (
        [Text("On Friday "), Text("at 19:00.")]
        if asked.after_tool
        else [Text("Let "), Text("me see. "), Call("find_times", {"day": "Friday"})]
    )
    answer = answer_of(say(invoker, "When?"))
    assert (answer.status, answer.text) == ("done", "Let me see. On Friday at 19:00.")
    assert last_contents(gemini) == [("user", "When?"), ("model", "Let me see. <call find_times>"), ("user", "<result find_times>")]


def test_an_answer_that_comes_fast_is_put_together_before_the_client_reads_it(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """Google-genai needs a third of a millisecond for each event. Of three hundred it is left a few, and not a letter is lost."""
    texts = [f"{number} " for number in range(300)]
    gemini.script = lambda _: [Text(text) for text in texts]
    turn = say(invoker, "Count.")
    answer = answer_of(turn)
    assert (answer.status, answer.text) == ("done", "".join(texts))
    assert sum(entry.kind == "text" for entry in turn.read()) < 150


def test_a_stop_closes_the_models_stream_and_the_next_request_holds_what_was_shown(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """New input ends the model's HTTP stream at once; nothing dangling, nothing lost."""
    gate = Gate()
    gemini.script = lambda asked: [Text("so far "), Hold(gate), Text("never")] if asked.said == "hold" else echo(asked)
    first = say(invoker, "hold")
    wait_for_text(first, "so far ")
    second = say(invoker, "next")
    assert answer_of(second).status == "done"
    assert gemini.requests[0].hung_up is not None
    assert last_contents(gemini) == [("user", "hold"), ("model", "so far "), ("user", "next")]


def test_a_stop_during_a_tool_leaves_a_history_that_gemini_accepts(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """The server refuses a request whose calls and responses do not match; after any stop it is content."""
    gate = Gate()

    def script(asked: Asked) -> Sequence[Step]:
        if asked.said == "tool":
            return [Text("then "), Hold(gate)] if asked.after_tool else [Text("first "), Call("find_times", {"day": "x"})]
        return echo(asked)

    gemini.script = script
    turn = say(invoker, "tool")
    wait_for_text(turn, "first then ")
    turn.cancel()
    assert answer_of(turn).status == "cancelled"
    assert answer_of(say(invoker, "next")).status == "done"
    assert gemini.requests[-1].status == 200
    assert [text for _, text in last_contents(gemini)] == ["tool", "first <call find_times>", "<result find_times>", "then ", "next"]


def test_the_models_stream_is_closed_within_milliseconds_of_new_input(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """A generous bound on the median of ten; the figure itself is a benchmark's."""
    gate = Gate()
    gemini.script = lambda asked: [Text("so far "), Hold(gate)]
    taken: list[float] = []
    for number in range(10):
        turn = say(invoker, f"hold {number}")
        wait_for_text(turn, "so far ")
        request, asked_at = gemini.requests[-1], time.monotonic()
        turn.cancel()
        assert gemini.wait_for(lambda _, request=request: request.hung_up is not None)
        taken.append((request.hung_up or 0) - asked_at)
        assert turn.wait_ended(10)
    assert statistics.median(taken) < 0.15


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without the garbage collector what is left open stays open."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_stop_at_any_moment_of_a_stream_closes_it(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """ADK abandons a generator now and then: without our closing it, one stop in ten left the HTTP stream open."""
    gemini.script = lambda _: [step for _ in range(2_000) for step in (Text("x "), Wait(0.001))]
    for number in range(80):
        turn = say(invoker, "go", talk=str(number))
        wait_for_text(turn, "x x")
        turn.cancel()
        assert turn.wait_ended(10)
        assert gemini.wait_for(lambda server: server.requests[-1].hung_up is not None, 1.0), f"the stream of try {number} stayed open"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_model_is_asked_again(gemini: GeminiServer, invoker: AgentInvoker, status: int) -> None:
    """The client's own retries, with back-off, before it becomes an error."""
    gemini.failures = [status, status]
    assert answer_of(say(invoker, "hello")).text == "You said: hello "
    assert len(gemini.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_model_that_stays_busy_says_so(gemini: GeminiServer, invoker: AgentInvoker, status: int) -> None:
    """After the retries: one plain message, and the next turn works."""
    gemini.failures = [status] * 4
    answer = answer_of(say(invoker, "hello"))
    assert (answer.status, answer.error) == ("failed", ModelBusy().message)
    assert answer_of(say(invoker, "again")).status == "done"
    assert [text for _, text in last_contents(gemini)] == ["hello", "again"]


def failing(turn: Turn) -> str:
    answer = answer_of(turn)
    assert answer.status == "failed"
    return answer.error


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"GOOGLE_API_KEY": WRONG_KEY}, ModelKeyRefused().message),
        ({"VIBEHUNTR_MODEL": "gemini"}, ModelUnknown().message),
        ({"VIBEHUNTR_MODEL": "no-such-model"}, ModelUnknown().message),
        ({"VIBEHUNTR_MODEL": "nobody/no-such-model"}, ModelUnknown().message),
        ({"GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9"}, ModelUnreachable().message),
        ({"VIBEHUNTR_MODEL": "gpt-4o"}, ModelKeyRefused().message),
    ],
)
def test_each_trouble_with_the_model_has_its_own_plain_message(
    gemini: GeminiServer, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], message: str
) -> None:
    """A wrong key, an unknown model, an unreachable one: told apart, in words, with what to do."""
    gemini.models = ("gemini-",)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    invoker = AgentInvoker(gemini_agent())
    try:
        assert failing(say(invoker, "hello")) == message
    finally:
        invoker.close()


@pytest.mark.parametrize("status", [400, 403, 500])
def test_other_http_errors_are_told_without_internals(gemini: GeminiServer, invoker: AgentInvoker, status: int) -> None:
    """No status, no JSON, no class name reaches the page."""
    gemini.failures = [status] * 4
    error = failing(say(invoker, "hello"))
    assert error.startswith("Unable to get response.")
    assert not any(word in error for word in ("{", "Error", str(status), "Traceback"))


def test_a_connection_that_drops_keeps_the_text(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """A broken stream is repaired like a stop: shown and remembered are the same."""
    gemini.script = lambda asked: [Text("half "), Raise(ConnectionResetError())] if asked.said == "break" else echo(asked)
    turn = say(invoker, "break")
    assert "broke off" in failing(turn)
    assert Answer(turn.read()).text == "half "
    answer_of(say(invoker, "next"))
    assert last_contents(gemini) == [("user", "break"), ("model", "half "), ("user", "next")]


def test_a_safety_stop_keeps_the_text_and_says_why(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """SAFETY raises nothing; the error code on the event tells."""
    gemini.script = lambda _: [Text("half "), Finish("SAFETY")]
    turn = say(invoker, "go")
    assert "safety filter" in failing(turn)
    assert Answer(turn.read()).text == "half "


def test_an_empty_answer_over_http_is_told(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """A stream that ends with STOP and nothing else yields no event from ADK."""
    gemini.script = lambda _: []
    assert "empty answer" in failing(say(invoker, "go"))


def test_200_turns_8_at_once_open_8_connections_and_log_nothing(
    gemini: GeminiServer, invoker: AgentInvoker, caplog: pytest.LogCaptureFixture
) -> None:
    """No warning, no error, at most 8 connections; the fixture sees that none is left."""
    with caplog.at_level(logging.WARNING):
        turns = [say(invoker, f"hello {n}", user=f"user {n % 8}", talk=str(n)) for n in range(200)]
        assert {answer_of(turn).status for turn in turns} == {"done"}
    assert [record.getMessage() for record in caplog.records] == []
    assert gemini.connections <= 8


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        ([], True),
        ([{"role": "user", "parts": [{"text": "a"}]}], False),
        ([{"role": "model", "parts": [{"functionCall": {"name": "f"}}]}, {"role": "user", "parts": [{"text": "a"}]}], True),
        ([{"role": "user", "parts": [{"functionResponse": {"name": "f"}}]}], True),
        (
            [
                {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f"}}]},
            ],
            False,
        ),
        ([{"role": "model", "parts": [{"functionCall": {"name": "f"}}]}], True),
    ],
)
def test_the_server_refuses_what_gemini_refuses(contents: list[dict[str, Any]], complaint: bool) -> None:
    """Calls and responses must match, or the tests above would prove nothing."""
    assert bool(mismatch(contents)) == complaint


def test_gemini_makes_the_title_after_the_answer(gemini: GeminiServer) -> None:
    """A request of its own, without tools or history; the conversation never sees it."""
    gemini.script = lambda asked: [Text("Dinner in Kallio")] if asked.said.startswith("Give this conversation a title") else echo(asked)
    invoker = AgentInvoker(gemini_agent(), settings=Settings(titles=True))
    assert answer_of(say(invoker, "When shall we eat?")).status == "done"
    assert gemini.wait_for(lambda _: [talk.title for talk in invoker.list_sessions("u")] == ["Dinner in Kallio"])
    assert "tools" not in gemini.requests[-1].body
    assert [m.content for m in invoker.get_messages("u", "c")] == ["When shall we eat?", "You said: When shall we eat? "]
    invoker.close()


def test_files_go_to_gemini_as_parts(gemini: GeminiServer, invoker: AgentInvoker) -> None:
    """In every turn again: the model has no memory of its own. ADK sends a text file as text."""
    picture = BytesIO()
    Image.new("RGB", (4, 3), "teal").save(picture, "PNG")
    files = [FilePart("notes.txt", "text/plain", b"Anna can at 7"), FilePart("map.png", "image/png", picture.getvalue())]
    assert answer_of(invoker.add_message("u", invoker.create_talk_session("u", "c"), "read", files=files)).status == "done"
    assert answer_of(say(invoker, "and now?")).status == "done"
    for request in gemini.requests:
        text, image, said = request.body["contents"][0]["parts"]
        assert (text["text"], said["text"]) == ("Anna can at 7", "read")
        assert "inlineData" in image
