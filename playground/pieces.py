"""What models stream, put together to pieces that are worth showing, before anybody has any work with them.

A chunk costs google-genai a third of a millisecond and ADK a whole one, and a screen shows 25 pictures a second. So text goes on at most
once in `FRAME` seconds for one answer, and `SHARE` times a second for all answers of the process together: when many are written at once
the pieces grow, and nobody's answer falls behind. What comes after a silence goes on at once. Gemini's is put together as it comes from
the network, before google-genai looks at it; any other model's before ADK does.

What it guarantees: every character once and in order; what says anything beside text (a call, an error, the reason of the end, sources)
goes on as the model sent it, in its place; the end is never waited for; when the reader stops, the model's stream has been closed
(Gemini's by the turn's end at the latest: google-genai leaves its generators to whoever finds them, `agent_invoker.py`).
It knows any ADK model, and no page. All of it runs on one event loop.
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from contextlib import aclosing, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeGuard, TypeVar

from google.adk.models import BaseLlm, Gemini, LlmRequest, LlmResponse
from google.genai import Client, types

from playground.telemetry import kept_from_telemetry

T = TypeVar("T")
FRAME = 0.04  # seconds between two pieces of one answer, at least
SHARE = 200.0  # pieces a second of all answers together, at most
_OF_TEXT = {"text", "thought"}
_OF_PIECE = {"content", "partial", "model_version", "usage_metadata"}  # the last chunk's stands for all
_PART_FIELDS = tuple(set(types.Part.model_fields) - _OF_TEXT)
_OTHER_FIELDS = tuple(set(LlmResponse.model_fields) - _OF_PIECE)

_METHOD = "generate_content_async"
_REQUEST = "async_request_streamed"  # of google-genai's client, which has no public name for what comes from the network
_Generate = Callable[..., AsyncGenerator[LlmResponse, None]]


class Said(NamedTuple):
    """What is nothing but text: the text, what is said beside it, and the tokens used if they were told."""

    text: str
    beside: object
    usage: Any


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """A form in which a stream's text comes: how it is read, None for what is more than text, and how a longer one is made of the last."""

    read: Callable[[T], Said | None]
    with_text: Callable[[T, str, Any], T]  # the last of several, all their text, the tokens used

    def joined(self, items: Iterable[T]) -> Iterator[tuple[T, bool]]:
        """Join neighbours that are nothing but text, spoken or thought, and alike in all that they say beside it.

        Returns: each piece, and whether it is text.
        """
        for beside, alike in groupby(((item, self.read(item)) for item in items), lambda one: one[1] and one[1].beside):
            same = list(alike)
            said = [one for _, one in same if one]
            if len(said) < 2:  # noqa: PLR2004 - one is no neighbour
                yield from ((item, beside is not None) for item, _ in same)
            else:
                usage = next((one.usage for one in reversed(said) if one.usage), None)
                yield self.with_text(same[-1][0], "".join(one.text for one in said), usage), True


class Pieces:
    """The streams of a process."""

    def __init__(self) -> None:
        """Begin with no stream."""
        self._flowing = 0
        self._methods = weakref.WeakKeyDictionary[Any, int]()

    def of(self, model: BaseLlm) -> None:
        """Have a model's streams come in pieces, from now on. The model stays the same object: ADK looks at its class.

        A copy of such a model has its method, too: it gets one of its own when it is its turn.
        """
        if self._is_in_pieces(model, _METHOD):
            return
        generate = model.generate_content_async

        def in_pieces(llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:  # noqa: FBT001, FBT002 - ADK's
            if not stream:
                return generate(llm_request, stream=stream)
            return self._generate(model, generate, llm_request, kept_from_telemetry(llm_request))

        vars(model)[_METHOD] = in_pieces
        self._methods[in_pieces] = id(model)

    def _is_in_pieces(self, owner: object, name: str) -> bool:
        """Whether a method is one of ours; takes away one that its owner was copied with."""
        if (method := vars(owner).get(name)) not in self._methods:
            return False
        if self._methods[method] != id(owner):
            del vars(owner)[name]
        return name in vars(owner)

    @property
    def frame(self) -> float:
        """The time between two pieces of an answer now, in seconds: it grows with the answers of which a piece has just gone on."""
        return max(FRAME, self._flowing / SHARE)

    async def _generate(
        self, model: BaseLlm, generate: _Generate, request: LlmRequest, contents: list[types.Content]
    ) -> AsyncGenerator[LlmResponse, None]:
        request.contents = contents
        responses = generate(request, stream=True)
        if _is_joined_below(model):
            self._join_below(model.api_client)
        else:
            responses = self._stream(responses, RESPONSES)
        async with aclosing(responses):
            async for response in responses:
                yield response

    def _join_below(self, client: Client) -> None:
        """Have what a client of Gemini's streams come in pieces, from now on."""
        api = client._api_client  # noqa: SLF001 - it has no public name
        if self._is_in_pieces(api, _REQUEST):
            return
        request = api.async_request_streamed

        async def in_pieces(*args: Any, **options: Any) -> AsyncGenerator[types.HttpResponse, None]:  # noqa: ANN401 - google-genai's
            return self._stream(await request(*args, **options), EVENTS)

        vars(api)[_REQUEST] = in_pieces
        self._methods[in_pieces] = id(api)

    async def _stream(self, source: AsyncGenerator[T, None], form: Form[T]) -> AsyncGenerator[T, None]:
        """Pass a stream on: a task reads it, so that it is never the model that waits for the reader."""
        loop = asyncio.get_running_loop()
        inbox = _Inbox[T]()
        reading = loop.create_task(inbox.read(source))
        try:
            while came := await inbox.take():
                passed = loop.time()
                for piece, is_text in form.joined(came):
                    with self._one_flows() if is_text else nullcontext():  # else ADK may call tools before it comes back
                        yield piece
                with self._one_flows():
                    left = self.frame - (loop.time() - passed)
                    if left > 0 and not reading.done():
                        await asyncio.wait({reading}, timeout=left)
            reading.result()
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            if not reading.cancelled():
                reading.exception()  # taken, also when the reader has stopped

    @contextmanager
    def _one_flows(self) -> Generator[None]:
        self._flowing += 1
        try:
            yield
        finally:
            self._flowing -= 1


pieces = Pieces()


class _Inbox(Generic[T]):
    """What has come of a stream and is not taken yet."""

    def __init__(self) -> None:
        self._came: list[T] = []
        self._news = asyncio.Event()
        self._over = False

    async def read(self, source: AsyncGenerator[T, None]) -> None:
        """Read a stream to its end."""
        try:
            async with aclosing(source):
                async for item in source:
                    self._came.append(item)
                    self._news.set()
        finally:
            self._over = True
            self._news.set()

    async def take(self) -> list[T]:
        """Wait for news and return it; nothing at the end."""
        await self._news.wait()
        came, self._came = self._came, []
        if not self._over:
            self._news.clear()
        return came


# -- as ADK has it -----------------------------------------------------------------------------------------------------


def _read_response(response: LlmResponse) -> Said | None:
    parts = _parts(response)
    is_text = (
        bool(response.partial)
        and response.finish_reason is None
        and len(parts) == 1
        and bool(parts[0].text)
        and all(getattr(parts[0], name) is None for name in _PART_FIELDS)
    )
    if not is_text:
        return None
    beside = (bool(parts[0].thought), *(getattr(response, name) for name in _OTHER_FIELDS))
    return Said(parts[0].text or "", beside, response.usage_metadata)


def _response_with(last: LlmResponse, text: str, usage: types.GenerateContentResponseUsageMetadata | None) -> LlmResponse:
    role, (part,) = last.content and last.content.role, _parts(last)
    content = types.Content(role=role, parts=[types.Part(text=text, thought=part.thought or None)])
    return last.model_copy(update={"content": content, "usage_metadata": usage})


def _parts(response: LlmResponse) -> list[types.Part]:
    return (response.content.parts if response.content else None) or []


RESPONSES = Form(_read_response, _response_with)

# -- as it comes from Gemini -------------------------------------------------------------------------------------------


def _is_joined_below(model: BaseLlm) -> TypeGuard[Gemini]:
    """Whether a model's text comes by `generateContent`, and not by another API or from elsewhere."""
    by_gemini = type(model).generate_content_async is Gemini.generate_content_async
    return isinstance(model, Gemini) and by_gemini and not model.use_interactions_api


def _read_event(event: types.HttpResponse) -> Said | None:
    match json.loads(event.body or "null"):
        case {"candidates": [{"content": {"parts": [{"text": str(text), **part}], **content}, **candidate}], **rest}:
            is_text = bool(text) and part.keys() <= {"thought"} and candidate.keys() <= {"index"}
            usage = rest.pop("usageMetadata", None)
            return Said(text, (part, content, candidate, rest), usage) if is_text else None
        case _:
            return None


def _event_with(last: types.HttpResponse, text: str, usage: dict[str, Any] | None) -> types.HttpResponse:
    whole = json.loads(last.body or "null")
    whole["candidates"][0]["content"]["parts"][0]["text"] = text
    if usage:
        whole["usageMetadata"] = usage
    return last.model_copy(update={"body": json.dumps(whole)})


EVENTS = Form(_read_event, _event_with)
