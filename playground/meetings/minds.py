"""What sits in a seat: something that answers a floor.

A mind is asked with the floor and the view that its seat had then, and gives its acts back. It may fail in any way: the seat turns
that into a `failed` message. `AgentMind` is any ADK agent, local or remote, run by a Runner and in a session of the seat's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import aclosing
from typing import Literal, Protocol

from google.adk.agents import BaseAgent
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types
from pydantic import BaseModel, ConfigDict

from playground.runtime import close_model, models

from .messages import CHAIR, VERSION, Act, Floor, GarbledAct, Json, Message, Pass, read_acts
from .view import View

APP = "meeting"


class Unreachable(Exception):  # noqa: N818 - a mind elsewhere that does not answer
    """The mind is on another machine, which cannot be reached; the message is for people."""


class Mind(Protocol):
    """Answers for one seat. Runs on the seat's own thread and event loop."""

    def joins(self, parameters: Json) -> bool:
        """Say whether to take part in a meeting of which this is told. Must not block."""
        ...

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        """Answer a floor, or a message that was sent to this seat alone. Acts, at least one; anything may be raised."""
        ...

    def close(self) -> Awaitable[None] | None:
        """Return what lets go of what was opened; None if nothing was."""
        ...


class AgentMind:
    """An ADK agent in a seat.

    It is told everything in one user message, a `Request` as JSON, so that it needs no memory of its own: `said` are the messages since the
    floor's `since`, `asked` is the floor. It answers with `messages.write_acts` as its final text.
    """

    def __init__(self, seat: str, agent: BaseAgent) -> None:
        """Put `agent` into `seat`."""
        self.seat = seat
        self.sessions = InMemorySessionService()
        self._agent = agent
        self._runner: Runner | None = None
        self._meeting = ""

    def joins(self, parameters: Json) -> bool:
        """Take part in every meeting."""
        del parameters
        return True

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        """Run the agent once. Raises: GarbledAct, Unreachable, and whatever the agent raises.

        An agent is asked by the chair alone: to what another seat sends it, it passes, or a stranger could put it out with a question.
        """
        if not isinstance(message.body, Floor) and message.sender != CHAIR:
            return [Pass()]
        runner = await self._open(message.meeting_id, view.parameters.get(self.seat, {}))
        asked = types.Content(role="user", parts=[types.Part(text=Request.about(self.seat, view, message).model_dump_json())])
        text = ""
        async with aclosing(runner.run_async(user_id=self.seat, session_id=message.meeting_id, new_message=asked)) as events:
            async for event in events:
                if event.error_code or event.error_message:
                    raise GarbledAct(event.error_message or event.error_code)
                if event.is_final_response() and event.content:
                    text = "".join(part.text or "" for part in event.content.parts or [] if not part.thought) or text
        return read_acts(text)

    def close(self) -> Awaitable[None] | None:
        """Close the runner, and with it what the agent has opened; the next meeting opens its own."""
        runner, self._runner = self._runner, None
        return self._let_go(runner) if runner else None

    async def _let_go(self, runner: Runner) -> None:
        """Close the runner, and the clients that the agent's models have on this seat's loop: ADK leaves those to the garbage collector."""
        await runner.close()
        for model in models(self._agent):
            await close_model(model)

    async def _open(self, meeting_id: str, parameters: Json) -> Runner:
        """Open the seat's own session: one a meeting, with its parameters, so that the sessions of a seat are its meetings."""
        if self._runner is None:
            self._runner = Runner(app_name=APP, agent=self._agent, session_service=self.sessions)
        if self._meeting != meeting_id:
            self._meeting = meeting_id
            state = {"parameters": parameters}
            await self.sessions.create_session(app_name=APP, user_id=self.seat, session_id=meeting_id, state=state)
        return self._runner


class Request(BaseModel):
    """What an agent in a seat is told when it is asked something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = VERSION
    seat: str
    parameters: Json
    said: tuple[Message, ...]
    asked: Message

    @classmethod
    def about(cls, seat: str, view: View, message: Message) -> Request:
        """Make the request of a seat that is asked by `message`."""
        since = message.body.since if isinstance(message.body, Floor) else message.seq
        said = tuple(said for said in view.said if since < said.seq < message.seq)
        return cls(seat=seat, parameters=view.parameters.get(seat, {}), said=said, asked=message)

    @classmethod
    def read(cls, text: str) -> Request:
        """Read a request. Raises: GarbledAct."""
        try:
            return cls.model_validate_json(text)
        except ValueError as error:  # pydantic's, or text that is no UTF-8
            raise GarbledAct("not a request of this version") from error
