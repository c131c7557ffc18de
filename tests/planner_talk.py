"""A conversation with the keyless planner over ADK's own Runner, step by step as `conversations.model` has them."""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from conversations.model import NOW, ZONE, Confirm, Fail, History, Mark, Reload, Step, Transcript, Undo, typed
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.artifacts import InMemoryArtifactService
from google.adk.events import Event
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types
from typing_extensions import override

from vibehuntr_agent.agent import build_agent
from vibehuntr_agent.offline import KeylessPlanner

CONFIRMATION = "adk_request_confirmation"


class ProviderDownError(Exception):
    """What a provider's client raises when its stream breaks."""


class FailingPlanner(KeylessPlanner):
    """The keyless planner, whose stream breaks after its first words when `fails` is set."""

    fails: bool = False

    @override
    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        async for response in super().generate_content_async(llm_request, stream):
            yield response
            if self.fails:
                raise ProviderDownError


class Talk:
    """One conversation. `events` are those of the last step, `answers` what was answered so far."""

    def __init__(self, *, streaming: bool = False, now: datetime = NOW) -> None:
        self.model = FailingPlanner(chunk_delay=0)
        self.sessions = InMemorySessionService()
        self.artifacts = InMemoryArtifactService()
        agent = build_agent(self.model, clock=now.astimezone, environ={"VIBEHUNTR_TIMEZONE": ZONE.key})
        self.runner = Runner(app_name="talk", agent=agent, session_service=self.sessions, artifact_service=self.artifacts)
        self.config = RunConfig(streaming_mode=StreamingMode.SSE if streaming else StreamingMode.NONE)
        self.session_id = ""
        self.events: list[Event] = []
        self.answers: list[str] = []

    async def open(self, state: dict[str, Any] | None = None) -> None:
        """Begin the conversation, in which `state` stands already."""
        self.session_id = (await self.sessions.create_session(app_name="talk", user_id="u", state=state)).id

    async def say(self, text: str) -> str:
        """One turn; the answer's text."""
        return await self._send(types.Part(text=text))

    async def confirm(self, *, yes: bool) -> str:
        """Answer the confirmation that the last step has asked for."""
        asked = [call for event in self.events for call in event.get_function_calls() if call.name == CONFIRMATION]
        assert asked, "nothing was to be confirmed"
        response = types.FunctionResponse(id=asked[-1].id, name=CONFIRMATION, response={"confirmed": yes})
        return await self._send(types.Part(function_response=response))

    async def undo(self) -> None:
        """Take the last turn back, as the page does: ADK's rewind."""
        session = await self.sessions.get_session(app_name="talk", user_id="u", session_id=self.session_id)
        assert session
        last = session.events[-1].invocation_id
        await self.runner.rewind_async(user_id="u", session_id=self.session_id, rewind_before_invocation_id=last)

    async def do(self, step: Step) -> None:
        """One step of a transcript."""
        match step:
            case Confirm(yes):
                await self.confirm(yes=yes)
            case Undo():
                await self.undo()
            case Fail(text):
                self.model.fails = True
                try:
                    await self.say(text)
                except ProviderDownError:
                    pass
                finally:
                    self.model.fails = False
            case Mark() | Reload():
                pass
            case _:
                await self.say(typed(step))

    async def state(self) -> dict[str, Any]:
        """The session's state, as the service has it."""
        session = await self.sessions.get_session(app_name="talk", user_id="u", session_id=self.session_id)
        assert session
        return copy.deepcopy(dict(session.state))

    @property
    def calls(self) -> list[str]:
        """The tools called in the last turn."""
        return [call.name or "" for event in self.events if not event.partial for call in event.get_function_calls()]

    async def _send(self, part: types.Part) -> str:
        self.events = []
        message = types.Content(role="user", parts=[part])
        async for event in self.runner.run_async(user_id="u", session_id=self.session_id, new_message=message, run_config=self.config):
            self.events.append(event)
        text = "".join(part.text or "" for e in self.events if not e.partial and e.content for part in e.content.parts or [])
        self.answers.append(text)
        return text


async def play(transcript: Transcript, talk: Talk | None = None) -> History:
    """The transcript run from its first step to its last, and the state after each."""
    talk = talk or Talk()
    await talk.open()
    states: list[dict[str, Any]] = []
    for step in transcript:
        await talk.do(step)
        states.append(await talk.state())
    await talk.runner.close()
    return History(transcript, states)
