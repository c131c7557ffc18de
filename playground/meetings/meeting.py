"""A meeting as an ADK agent: its transcript is the turn's events, each contribution with its author, as it comes.

A subclass says who sits there and what comes of it. Cancelling the turn ends the meeting: what was said is in the session already, because
each contribution is an event of its own, and no seat's thread is left when the cancellation has gone through.

Who has the floor, and how the seats are, goes out as partial events without content: the page shows them, no session keeps them. The last
event is the root agent's own: with it the next turn is the root's again, and a model reads the outcome as what it said itself.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final

from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event, EventActions
from google.genai import types
from pydantic import ConfigDict
from typing_extensions import override

from playground.history import MEETING

from .host import Chair
from .messages import CHAIR, Body, Decided, Failed, Floor, Invited, Joined, Json, Message
from .minds import Mind
from .room import Room, TooManySeats
from .seat import Limits
from .view import View

_NAMES_TAKEN: Final = frozenset({"user", "model", CHAIR})
_EVERY: Final = 1.0
"""Seconds between two looks at the seats' health while nobody speaks."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a meeting needs: the chair, a mind for each seat, and what each seat is told of it.

    `conclude` takes the place of the agent's own, where it needs what `convene` has found: the agent itself keeps nothing of a meeting.
    """

    chair: Chair
    minds: Mapping[str, Mind]
    parameters: Mapping[str, Json] = field(default_factory=dict[str, Json])
    opening: str = ""
    limits: Limits | None = None
    conclude: Callable[[InvocationContext, View], Conclusion] | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What comes of a meeting: words, what changes in the session's state, and the step that did it, as a tool call with its result."""

    words: str
    state: Mapping[str, Any] = field(default_factory=dict[str, Any])
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    step: tuple[str, Mapping[str, Any], Mapping[str, Any]] | None = None


class CannotMeet(Exception):  # noqa: N818 - says what is missing, in words for the user
    """There can be no meeting yet."""


class Meeting(BaseAgent):
    """An ADK agent that holds a meeting. Subclasses give `convene` and `conclude`, and may change `drawn`."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    limits: Limits = Limits()
    reads_events: ClassVar[bool] = False  # its seats have sessions of their own

    async def convene(self, ctx: InvocationContext) -> Setting:
        """Say who meets about what. Raises: CannotMeet."""
        raise NotImplementedError

    def conclude(self, ctx: InvocationContext, view: View) -> Conclusion:
        """Say what comes of a meeting that has ended by itself."""
        raise NotImplementedError

    def drawn(self, message: Message, view: View) -> Json:
        """Say what the page needs beyond the words of a message, as JSON. The view may be some messages ahead.

        `view` {name, data} is drawn, the last of each name; `probe` marks an answer to one of many quick questions: those are counted,
        not shown; `gives_way` marks an acceptance that costs something.
        """
        del message, view
        return {}

    @override
    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        try:
            setting = await self.convene(ctx)
            room = Room(setting.chair, setting.minds, parameters=setting.parameters, limits=setting.limits or self.limits)
            async with aclosing(room.hold(_EVERY)) as messages:
                if setting.opening:
                    about = {"kind": "opening", "meeting": room.host.log.meeting_id, "seats": list(setting.minds)}
                    yield self._event(ctx, self.name, setting.opening, about)
                async for message in messages:
                    if message is None or isinstance(message.body, Floor):
                        yield self._floor(ctx, room)
                    elif event := self._contribution(ctx, message, room):
                        yield event
        except (CannotMeet, TooManySeats) as error:
            yield self._event(ctx, self.root_agent.name, str(error), None)
            return
        conclusion = (setting.conclude or self.conclude)(ctx, room.host.view)
        about = {"kind": "conclusion", "meeting": room.host.log.meeting_id, "health": _healths(room), **conclusion.data}
        for event in self._step(ctx, conclusion):
            yield event
        yield self._event(ctx, self.root_agent.name, conclusion.words, about, conclusion.state)

    def _contribution(self, ctx: InvocationContext, message: Message, room: Room) -> Event | None:
        """Return a message as an event, if there is something to show of it: nothing that was said to one seat alone."""
        body = message.body
        if message.to or isinstance(body, Invited | Joined) or (isinstance(body, Decided) and body.final and not body.words):
            return None
        seat = body.seat if isinstance(body, Failed) else message.sender
        about = {"meeting": message.meeting_id, "seq": message.seq, "seat": seat, **_told(body), **self.drawn(message, room.host.view)}
        return self._event(ctx, self._author(seat), getattr(body, "words", ""), about)

    def _author(self, seat: str) -> str:
        """Return who an event is by; no seat can pass for the user or an agent of the tree."""
        if seat == CHAIR:
            return self.name
        return f"{seat} (seat)" if seat in _NAMES_TAKEN or self.root_agent.find_agent(seat) else seat

    def _floor(self, ctx: InvocationContext, room: Room) -> Event:
        """Return who is waited for, and how the seats are, as an event that no session keeps."""
        about = {"kind": "floor", "seats": list(room.host.awaited()), "health": _healths(room)}
        return Event(
            author=self.name, invocation_id=ctx.invocation_id, branch=ctx.branch, partial=True, custom_metadata={MEETING: about}
        )  # fmt: skip

    def _step(self, ctx: InvocationContext, conclusion: Conclusion) -> Iterator[Event]:
        """Yield what was done with the outcome as a call and its result, as if the root agent had called a tool: the page draws it so."""
        if conclusion.step is None:
            return
        name, args, result = conclusion.step
        call = types.FunctionCall(id=f"meeting-{uuid.uuid4().hex}", name=name, args=dict(args))
        response = types.FunctionResponse(id=call.id, name=name, response=dict(result))
        for part in (types.Part(function_call=call), types.Part(function_response=response)):
            role = "model" if part.function_call else "user"
            content = types.Content(role=role, parts=[part])
            yield Event(author=self.root_agent.name, invocation_id=ctx.invocation_id, branch=ctx.branch, content=content)

    def _event(
        self, ctx: InvocationContext, author: str, words: str, about: Mapping[str, Any] | None, state: Mapping[str, Any] | None = None
    ) -> Event:
        return Event(
            author=author,
            invocation_id=ctx.invocation_id,
            branch=ctx.branch,
            content=types.Content(role="model", parts=[types.Part(text=words)]) if words else None,
            custom_metadata={MEETING: dict(about)} if about else None,
            actions=EventActions(state_delta=dict(state or {})),
        )


def _told(body: Body) -> Json:
    """Return what the page is told of a body: what it is, without the items that only the seats need."""
    said = body.model_dump(mode="json", exclude={"words", "item", "instead", "since", "seat", "parameters"})
    return {key: value for key, value in said.items() if value not in ("", [], None, False)}


def _healths(room: Room) -> list[Json]:
    return [asdict(health) for health in room.health()]
