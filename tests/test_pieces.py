"""What models stream comes in pieces: every character once and in order, nothing else touched, and the model's stream closed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any

import pytest
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from playground.pieces import EVENTS, Pieces
from playground.pieces import RESPONSES as FORM


def joined(responses: Iterable[LlmResponse]) -> list[LlmResponse]:
    return [piece for piece, _ in FORM.joined(responses)]


def said(text: str, **more: Any) -> LlmResponse:
    return LlmResponse(content=types.Content(role="model", parts=[types.Part(text=text)]), partial=True, **more)


def thought(text: str) -> LlmResponse:
    return LlmResponse(content=types.Content(role="model", parts=[types.Part(text=text, thought=True)]), partial=True)


def called(name: str) -> LlmResponse:
    call = types.Part(function_call=types.FunctionCall(name=name, args={}))
    return LlmResponse(content=types.Content(role="model", parts=[call]), partial=True)


def told(response: LlmResponse) -> list[tuple[str, bool, str]]:
    parts = (response.content.parts if response.content else None) or []
    return [(part.text or "", bool(part.thought), part.function_call.name or "" if part.function_call else "") for part in parts]


def whole(text: str) -> LlmResponse:
    return LlmResponse(content=types.Content(role="model", parts=[types.Part(text=text)]), partial=False)


RESPONSES = st.lists(
    st.one_of(
        st.text("ab", max_size=3).map(said),
        st.text("cd", min_size=1, max_size=3).map(thought),
        st.sampled_from(["find", "vote"]).map(called),
        st.text("ef", min_size=1, max_size=2).map(lambda text: said(text, finish_reason=types.FinishReason.STOP)),
        st.text("gh", min_size=1, max_size=2).map(lambda text: said(text, custom_metadata={"source": text})),
        st.text("ij", min_size=1, max_size=2).map(whole),
        st.just(LlmResponse(error_code="SAFETY", error_message="no")),
    ),
    max_size=12,
)


def spelled(responses: Sequence[LlmResponse]) -> list[tuple[str, bool, str, str]]:
    """Every character by itself, with who says it, and what is said beside it; calls and the rest as they come."""
    return [
        (sign if name == "" else text, is_thought, name, str(response.custom_metadata))
        for response in responses
        for text, is_thought, name in told(response)
        for sign in (text if name == "" else "x")
    ]


@given(RESPONSES)
def test_joining_keeps_every_character_and_its_order(responses: list[LlmResponse]) -> None:
    """What is said and thought, called and ended with is the same, in fewer responses."""
    pieces = joined(responses)
    assert spelled(pieces) == spelled(responses)
    assert len(pieces) <= len(responses)
    special = [r for r in responses if not r.partial or r.finish_reason or r.error_code or "call" in str(r.content)]
    assert [piece for piece in pieces if any(piece is one for one in special)] == special, "what is more than text is passed on itself"


def test_neighbours_of_one_kind_become_one() -> None:
    """Text joins text, thoughts join thoughts, and what was thought is never said."""
    pieces = joined([said("a"), said("b"), thought("c"), thought("d"), said("e")])
    assert [told(piece) for piece in pieces] == [[("ab", False, "")], [("cd", True, "")], [("e", False, "")]]
    assert all(piece.partial for piece in pieces)


class Held(BaseLlm):
    """A model that streams what it is given, and says when its stream has been closed."""

    model: str = "held"
    given: list[Any] = []  # noqa: RUF012 - pydantic copies it
    closed: list[str] = []  # noqa: RUF012

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        try:
            for step in self.given:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif step is None:
                    await asyncio.to_thread(int)  # the reader has its turn
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
            self.closed.append("ended")
        finally:
            self.closed.append("closed")


def in_pieces(*given: object) -> Held:
    model = Held(given=list(given), closed=[])
    Pieces().of(model)
    return model


def event(part: dict[str, Any], **more: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": [part]}, "index": 0, **more.pop("candidate", {})}
    return {"candidates": [candidate], "modelVersion": "m", **more}


def sent(*bodies: dict[str, Any] | None) -> list[types.HttpResponse]:
    return [types.HttpResponse(headers={"a": "b"}, body=None if body is None else json.dumps(body)) for body in bodies]


def came(events: Sequence[types.HttpResponse]) -> list[dict[str, Any] | None]:
    return [json.loads(piece.body) if piece.body else None for piece, _ in EVENTS.joined(events)]


TEXTS = st.one_of(
    st.text("ab", min_size=1, max_size=3).map(lambda text: event({"text": text})),
    st.text("cd", min_size=1, max_size=3).map(lambda text: event({"text": text, "thought": True})),
)
MORE_THAN_TEXT = st.one_of(
    st.none(),
    st.sampled_from([
        {},
        event({"text": ""}),
        event({"text": "a", "thoughtSignature": "s"}),
        event({"functionCall": {"name": "find", "args": {"text": "a"}}}),
        event({"text": "a"}, candidate={"finishReason": "STOP"}),
        event({"text": "a"}, candidate={"groundingMetadata": {"webSearchQueries": ["q"]}}),
        {"candidates": [*event({"text": "a"})["candidates"], *event({"text": "b"})["candidates"]]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "a"}, {"text": "b"}]}}]},
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"error": {"code": 503}},
    ]),
)  # fmt: skip


def signs(bodies: Iterable[dict[str, Any] | None]) -> list[object]:
    """Every character by itself, with whether it is thought; what is more than text as it came."""
    found: list[object] = []
    for body in bodies:
        part = (body or {}).get("candidates", [{}])[0].get("content", {}).get("parts", [{}])[0]
        is_text = bool(part.get("text")) and body == event(part) and part.keys() <= {"text", "thought"}
        found += [(sign, part.get("thought")) for sign in part["text"]] if is_text else [body]
    return found


@given(st.lists(TEXTS | MORE_THAN_TEXT, max_size=12))
def test_joining_geminis_events_keeps_every_character_and_whatever_is_more_than_text(bodies: list[dict[str, Any] | None]) -> None:
    """The same from the network, before google-genai reads it: what is more than text is the event itself."""
    events = sent(*bodies)
    pieces = list(EVENTS.joined(events))
    assert signs(came(events)) == signs(bodies)
    assert [piece for piece, is_text in pieces if not is_text] == [
        one for one, body in zip(events, bodies, strict=True) if signs([body]) == [body]
    ]


def test_an_event_says_what_its_events_said_alike() -> None:
    """The headers and the version stay, the tokens used are the last that were told; another version is another piece."""
    used = {"totalTokenCount": 7}
    first, second, third = event({"text": "a"}, usageMetadata=used), event({"text": "b"}), event({"text": "c"}, modelVersion="n")
    events = sent(first, second, third)
    assert came(events) == [event({"text": "ab"}, usageMetadata=used), third]
    (piece, is_text), (alone, _) = EVENTS.joined(events)
    assert (piece.headers, is_text) == ({"a": "b"}, True)
    assert alone is events[2]


async def test_what_comes_at_once_is_one_piece_and_the_rest_another() -> None:
    """The first piece goes on at once; what has come before the next is due goes on together."""
    later = asyncio.Event()
    model = in_pieces(said("a"), later, said("b"), said("c"), said("d"), whole("abcd"))
    stream = model.generate_content_async(LlmRequest(), stream=True)
    assert told(await anext(stream)) == [("a", False, "")]
    later.set()
    rest = [told(piece)[0][0] async for piece in stream]
    assert rest == ["bcd", "abcd"]
    assert model.closed == ["ended", "closed"]


async def test_a_reader_that_stops_closes_the_models_stream() -> None:
    """At a stop the model's stream has been closed before the reader goes on."""
    never = asyncio.Event()
    model = in_pieces(said("a"), never)
    stream = model.generate_content_async(LlmRequest(), stream=True)
    await anext(stream)
    await stream.aclose()
    assert model.closed == ["closed"]


async def test_a_task_that_is_cancelled_closes_the_models_stream() -> None:
    """The same for a turn that is cancelled while the model says nothing."""
    reading, never = asyncio.Event(), asyncio.Event()
    model = in_pieces(said("a"), never)

    async def read() -> None:
        async for _ in model.generate_content_async(LlmRequest(), stream=True):
            reading.set()

    task = asyncio.create_task(read())
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert model.closed == ["closed"]


async def test_a_failure_comes_after_what_was_said_before_it() -> None:
    """Nothing that came is lost to an error behind it, and the error is the model's own."""
    model = in_pieces(said("a"), said("b"), ValueError("away"))
    heard: list[str] = []

    async def read() -> None:
        async for piece in model.generate_content_async(LlmRequest(), stream=True):
            heard.extend(text for text, _, _ in told(piece))

    with pytest.raises(ValueError, match="away"):
        await read()
    assert "".join(heard) == "ab"


async def test_the_more_streams_the_larger_the_pieces() -> None:
    """The process's pieces are shared out among all streams, and a stream that ends gives its share back."""
    pieces, never = Pieces(), asyncio.Event()
    alone = pieces.frame
    models = [Held(given=[said("a"), never], closed=[]) for _ in range(50)]
    streams: list[AsyncGenerator[LlmResponse, None]] = []
    for model in models:
        pieces.of(model)
        streams.append(model.generate_content_async(LlmRequest(), stream=True))
        await anext(streams[-1])
    assert pieces.frame > 2 * alone
    for stream in streams:
        await stream.aclose()
    assert pieces.frame == alone


async def test_a_stream_that_says_nothing_has_no_share() -> None:
    """A hundred models that think do not slow down the one that writes."""
    pieces, never = Pieces(), asyncio.Event()
    alone = pieces.frame
    models = [Held(given=[never], closed=[]) for _ in range(100)]

    async def read(model: Held) -> None:
        pieces.of(model)
        async for _ in model.generate_content_async(LlmRequest(), stream=True):
            pass

    tasks = [asyncio.create_task(read(model)) for model in models]
    await asyncio.wait(tasks, timeout=0.05)
    assert pieces.frame == alone
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_a_stream_that_waits_for_a_tool_has_no_share() -> None:
    """ADK calls tools while it holds the response that asks for them."""
    pieces = Pieces()
    alone = pieces.frame
    streams: list[AsyncGenerator[LlmResponse, None]] = []
    for _ in range(100):
        pieces.of(model := Held(given=[whole("a")], closed=[]))
        streams.append(model.generate_content_async(LlmRequest(), stream=True))
        await anext(streams[-1])
    assert pieces.frame == alone
    for stream in streams:
        await stream.aclose()


async def test_a_frame_has_one_piece_and_the_end_does_not_wait_for_the_next() -> None:
    """So many answers that a frame is a hundred seconds: one chunk, then all others at the end, at once."""
    pieces = Pieces()
    pieces._flowing = 20_000
    model = Held(given=[step for _ in range(60) for step in (said("a"), None)], closed=[])
    pieces.of(model)
    async with asyncio.timeout(30):
        texts = [told(piece)[0][0] async for piece in model.generate_content_async(LlmRequest(), stream=True)]
    assert texts == ["a", "a" * 59]


async def test_a_model_is_put_in_pieces_once_and_whole_answers_are_not() -> None:
    """Two agents may share a model; a request that does not stream is the model's own business."""
    pieces, model = Pieces(), Held(given=[whole("all")], closed=[])
    pieces.of(model)
    first = vars(model)["generate_content_async"]
    pieces.of(model)
    assert vars(model)["generate_content_async"] is first
    assert [told(piece)[0][0] async for piece in model.generate_content_async(LlmRequest())] == ["all"]


async def test_a_copy_of_a_model_speaks_for_itself() -> None:
    """A variant of a model that an agent was given later is not the model that it was copied from."""
    pieces, model = Pieces(), Held(given=[said("first")], closed=[])
    pieces.of(model)
    other = model.model_copy(update={"given": [said("second")]})
    pieces.of(other)
    for one, words in ((model, "first"), (other, "second")):
        assert [told(piece)[0][0] async for piece in one.generate_content_async(LlmRequest(), stream=True)] == [words]


def test_a_piece_says_what_its_chunks_said_alike() -> None:
    """What all chunks of a stream repeat does not keep them apart; the tokens used are the last that were told."""
    used = types.GenerateContentResponseUsageMetadata(total_token_count=7)
    first = said("a", turn_complete=False, interaction_id="i", usage_metadata=used, model_version="m")
    last = said("b", turn_complete=False, interaction_id="i", model_version="m")
    (piece,) = joined([first, last])
    assert told(piece) == [("ab", False, "")]
    assert (piece.turn_complete, piece.interaction_id, piece.model_version, piece.usage_metadata) == (False, "i", "m", used)
    assert len(joined([first, said("b", turn_complete=False, interaction_id="j")])) == 2
