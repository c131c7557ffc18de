"""What models stream, put together to pieces that are worth showing, before ADK has any work with them.

A chunk costs ADK about a millisecond, and a screen shows 25 pictures a second. So text goes on at most once in `FRAME` seconds for one
answer, and `SHARE` times a second for all answers of the process together: when many are written at once the pieces grow, and nobody's
answer falls behind. What comes after a silence goes on at once.

What it guarantees: every character once and in order; what says anything beside text (a call, an error, the reason of the end, sources)
goes on as the model sent it, in its place; the end is never waited for; when the reader stops, the model's stream has been closed.
It knows any ADK model, and no page. All of it runs on one event loop.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from contextlib import aclosing, contextmanager, nullcontext
from typing import Any

from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai import types

from playground.telemetry import kept_from_telemetry

FRAME = 0.04  # seconds between two pieces of one answer, at least
SHARE = 200.0  # pieces a second of all answers together, at most
_OF_TEXT = {"text", "thought"}
_OF_PIECE = {"content", "partial", "model_version", "usage_metadata"}  # the last chunk's stands for all
_PART_FIELDS = tuple(set(types.Part.model_fields) - _OF_TEXT)
_OTHER_FIELDS = tuple(set(LlmResponse.model_fields) - _OF_PIECE)

_METHOD = "generate_content_async"
_Generate = Callable[..., AsyncGenerator[LlmResponse, None]]


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
        if (method := vars(model).get(_METHOD)) in self._methods:
            if self._methods[method] == id(model):
                return
            del vars(model)[_METHOD]
        generate = model.generate_content_async

        def in_pieces(llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:  # noqa: FBT001, FBT002 - ADK's
            if not stream:
                return generate(llm_request, stream=stream)
            return self._stream(generate, llm_request, kept_from_telemetry(llm_request))

        vars(model)[_METHOD] = in_pieces
        self._methods[in_pieces] = id(model)

    @property
    def frame(self) -> float:
        """The time between two pieces of an answer now, in seconds: it grows with the answers of which a piece has just gone on."""
        return max(FRAME, self._flowing / SHARE)

    async def _stream(self, generate: _Generate, request: LlmRequest, contents: list[types.Content]) -> AsyncGenerator[LlmResponse, None]:
        """Pass a stream on: a task reads it, so that it is never the model that waits for the reader."""
        request.contents = contents
        loop = asyncio.get_running_loop()
        inbox = _Inbox()
        reading = loop.create_task(inbox.read(generate(request, stream=True)))
        try:
            while came := await inbox.take():
                passed = loop.time()
                for piece in joined(came):
                    with self._one_flows() if piece.partial else nullcontext():  # else ADK may call tools before it comes back
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


class _Inbox:
    """What has come of a stream and is not taken yet."""

    def __init__(self) -> None:
        self._came: list[LlmResponse] = []
        self._news = asyncio.Event()
        self._over = False

    async def read(self, responses: AsyncGenerator[LlmResponse, None]) -> None:
        """Read a stream to its end."""
        try:
            async with aclosing(responses):
                async for response in responses:
                    self._came.append(response)
                    self._news.set()
        finally:
            self._over = True
            self._news.set()

    async def take(self) -> list[LlmResponse]:
        """Wait for news and return it; nothing at the end."""
        await self._news.wait()
        came, self._came = self._came, []
        if not self._over:
            self._news.clear()
        return came


def joined(responses: Iterable[LlmResponse]) -> Iterator[LlmResponse]:
    """Join neighbours that are nothing but text, spoken or thought, and alike in all that they say beside it."""
    kept: list[LlmResponse] = []
    for response in responses:
        if kept and not (_is_text(kept[0]) and _is_text(response) and _alike(kept[0], response)):
            yield _one(kept)
            kept = []
        kept.append(response)
    if kept:
        yield _one(kept)


def _one(texts: list[LlmResponse]) -> LlmResponse:
    last = texts[-1]
    if len(texts) == 1 or last.content is None:
        return last
    text = "".join(part.text or "" for response in texts for part in _parts(response))
    content = types.Content(role=last.content.role, parts=[types.Part(text=text, thought=_thought(last) or None)])
    usage = next((told for response in reversed(texts) if (told := response.usage_metadata)), None)
    return last.model_copy(update={"content": content, "usage_metadata": usage})


def _parts(response: LlmResponse) -> list[types.Part]:
    return (response.content.parts if response.content else None) or []


def _thought(response: LlmResponse) -> bool:
    return bool(_parts(response)[0].thought)


def _alike(one: LlmResponse, other: LlmResponse) -> bool:
    return _thought(one) == _thought(other) and all(getattr(one, name) == getattr(other, name) for name in _OTHER_FIELDS)


def _is_text(response: LlmResponse) -> bool:
    """Whether a response is a piece of text: a call, a file, the end of an answer are none."""
    parts = _parts(response)
    return (
        bool(response.partial)
        and response.finish_reason is None
        and len(parts) == 1
        and bool(parts[0].text)
        and all(getattr(parts[0], name) is None for name in _PART_FIELDS)
    )
