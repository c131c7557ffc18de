"""The suite's one scripted model: what a model would say, as steps, in this process. The HTTP server speaks the same steps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai import types
from pydantic import PrivateAttr


class Gate:
    """A door in the middle of an answer: the model waits at it until the test opens it. Any thread may open it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = False
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def open(self) -> None:
        with self._lock:
            self._open = True
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def wait(self) -> None:
        event = asyncio.Event()
        with self._lock:
            if self._open:
                event.set()
            else:
                self._waiting.append((asyncio.get_running_loop(), event))
        self.reached.set()
        await event.wait()


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Thought:
    text: str


@dataclass(frozen=True)
class Call:
    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Hold:
    gate: Gate


@dataclass(frozen=True)
class Raise:
    """Fail here: in this process with the exception, over HTTP by dropping the connection."""

    error: Exception


@dataclass(frozen=True)
class Finish:
    """End with a reason other than STOP, such as SAFETY or MAX_TOKENS."""

    reason: str


Step = Text | Thought | Call | Wait | Hold | Raise | Finish


@dataclass(frozen=True)
class Asked:
    """What a model was asked: the contents as (role, text), the user's last words, and whether a tool has just answered."""

    contents: list[tuple[str, str]]

    @property
    def said(self) -> str:
        return next((text for role, text in reversed(self.contents) if role == "user" and not text.startswith("<result")), "")

    @property
    def after_tool(self) -> bool:
        return bool(self.contents) and self.contents[-1][1].startswith("<result")


Script = Callable[[Asked], Iterable[Step]]


def echo(asked: Asked) -> Sequence[Step]:
    """Repeat what was said, a word at a time."""
    return [Text(f"{word} ") for word in ("You", "said:", *asked.said.split(" "))]


def words_of(content: types.Content) -> str:
    return "".join(_word(part) for part in content.parts or [])


def _word(part: types.Part) -> str:
    if part.function_call:
        return f"<call {part.function_call.name}>"
    if part.function_response:
        return f"<result {part.function_response.name}>"
    return part.text or ""


class ScriptedLlm(BaseLlm):
    """Streams partial texts and then the whole as one event, as ADK's Gemini does; records what it was asked."""

    model: str = "scripted"
    _script: list[Script] = PrivateAttr(default_factory=list)  # one; a bare function would become a method
    _asked: list[Asked] = PrivateAttr(default_factory=list)
    _texts: list[str] = PrivateAttr(default_factory=list)

    @classmethod
    def saying(cls, script: Script) -> ScriptedLlm:
        llm = cls()
        llm._script.append(script)
        return llm

    @property
    def asked(self) -> list[Asked]:
        return self._asked

    @property
    def requests(self) -> list[str]:
        """The contents of each request to the letter."""
        return self._texts

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        asked = Asked([(content.role or "", words_of(content)) for content in llm_request.contents])
        self._asked.append(asked)
        self._texts.append("\n".join(content.model_dump_json(exclude_none=True) for content in llm_request.contents))
        parts: list[types.Part] = []
        for step in self._script[0](asked):
            match step:
                case Text(text) | Thought(text):
                    _append_text(parts, text, thought=isinstance(step, Thought))
                    if stream:
                        yield _response([types.Part(text=text, thought=isinstance(step, Thought) or None)], partial=True)
                        await asyncio.sleep(0)
                case Call(name, args):
                    parts.append(types.Part(function_call=types.FunctionCall(name=name, args=dict(args))))
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Hold(gate):
                    await gate.wait()
                case Raise(error):
                    raise error
                case Finish(reason):
                    yield LlmResponse(
                        content=types.Content(role="model", parts=parts) if parts else None, error_code=reason, error_message=reason
                    )
                    return
        if parts:
            yield _response(parts, partial=False)


def _append_text(parts: list[types.Part], text: str, *, thought: bool) -> None:
    last = parts[-1] if parts else None
    if last is not None and last.text is not None and bool(last.thought) == thought:
        last.text += text
    else:
        parts.append(types.Part(text=text, thought=thought or None))


def _response(parts: list[types.Part], *, partial: bool) -> LlmResponse:
    usage = None if partial else types.GenerateContentResponseUsageMetadata(total_token_count=1)
    return LlmResponse(partial=partial or None, content=types.Content(role="model", parts=parts), usage_metadata=usage)
