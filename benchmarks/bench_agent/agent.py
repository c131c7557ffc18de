"""An ADK agent that streams on command and stamps every chunk with the clock.

The last text the user typed is the command:

    stream NAME CHUNKS PER_SECOND [CHARACTERS_A_CHUNK]   a stamped answer at that pace
    say NAME                                             the whole answer at once, one stamped chunk
    block SECONDS                                        calls a sync tool that blocks its thread
    stall SECONDS                                        calls an async tool that blocks the event loop

A stamp reads `⟦NAME-7:1763696123.123456⟧`: chunk 7 of NAME, sent at that time in seconds since the epoch. The chunks
keep to a schedule of their own: when the process is late, a chunk is sent late and says so, and the pace is kept.
Anything else is answered with "ok".
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from google.adk.agents import LlmAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.genai import types
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from google.adk.models.llm_request import LlmRequest

_FILLER = "The quick brown fox jumps over the lazy dog while five wizards vex. "
_USAGE = types.GenerateContentResponseUsageMetadata(prompt_token_count=1, candidates_token_count=1)


def block(seconds: float) -> dict[str, float]:
    """Block this tool's thread for some seconds."""
    time.sleep(seconds)
    return {"blocked": seconds}


async def stall(seconds: float) -> dict[str, float]:
    """Block the event loop for some seconds, as a careless async tool does."""
    time.sleep(seconds)  # noqa: ASYNC251 - blocking the loop is the point
    return {"stalled": seconds}


def _command(request: LlmRequest) -> list[str]:
    for content in reversed(request.contents):
        for part in content.parts or []:
            if part.function_response:
                return []
            if part.text and content.role == "user":
                return part.text.split()
    return []


def _stamp(name: str, number: int) -> str:
    return f"⟦{name}-{number}:{time.time():.6f}⟧"


def _chunk(name: str, number: int, size: int) -> str:
    stamp = _stamp(name, number)
    filler = _FILLER * (size // len(_FILLER) + 1)
    # A paragraph every few chunks, as models write: a page may settle what stands above it.
    return f"{stamp} {filler[: max(0, size - len(stamp) - 2)]}" + ("\n\n" if number % 4 == 0 else " ")


async def _chunks(words: list[str]) -> AsyncIterator[str]:
    name, count, rate = words[1], int(words[2]), float(words[3])
    size = int(words[4]) if len(words) > 4 else 40
    start = time.monotonic()
    for number in range(1, count + 1):
        await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
        yield _chunk(name, number, size)


def _text(text: str, *, partial: bool) -> LlmResponse:
    content = types.Content(role="model", parts=[types.Part(text=text)])
    return LlmResponse(content=content, partial=partial, usage_metadata=None if partial else _USAGE)


def _call(name: str, seconds: float) -> LlmResponse:
    call = types.Part(function_call=types.FunctionCall(name=name, args={"seconds": seconds}))
    return LlmResponse(content=types.Content(role="model", parts=[call]), usage_metadata=_USAGE)


class StampingLlm(BaseLlm):
    """A model that follows the commands above; it needs no key and no network."""

    @override
    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        """Answer the user's command; partial responses first, then the whole, as ADK's models do."""
        words = _command(llm_request)
        match words[:1]:
            case ["stream"]:
                pieces: list[str] = []
                async for piece in _chunks(words):
                    pieces.append(piece)
                    yield _text(piece, partial=True)
                yield _text("".join(pieces), partial=False)
            case ["say"]:
                answer = _stamp(words[1], 1)
                yield _text(answer, partial=True)
                yield _text(answer, partial=False)
            case ["block" | "stall"]:
                yield _call(words[0], float(words[1]))
            case _:
                yield _text("ok", partial=False)


root_agent = LlmAgent(
    name="bench_agent",
    model=StampingLlm(model="stamping"),
    instruction="Follow the command.",
    tools=[block, stall],
)
