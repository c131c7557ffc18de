"""Minds, agents and chairs for the tests of meetings, and what drives a meeting and looks at what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.genai import types
from pydantic import PrivateAttr
from typing_extensions import override

from playground.meetings.host import Chair
from playground.meetings.messages import Act, Body, Decided, Floor, Json, Message, Pass, Say, write_acts
from playground.meetings.minds import AgentMind, Mind, Request
from playground.meetings.room import Room
from playground.meetings.seat import Limits
from playground.meetings.view import View

AWAY = 20.0
QUICK = Limits(turn=20.0, silence=10.0, attempts=1, grace=5.0)
Answering = Callable[[View, Message], Any]


class Scripted:
    """A mind that answers with what a function gives or raises, awaited where it can be; it keeps what it was asked."""

    def __init__(self, answering: Answering, joins: Callable[[Json], bool] = lambda _: True) -> None:
        self.asked: list[Message] = []
        self.seen: list[list[Message]] = []
        self.closed = 0
        self._answering = answering
        self._joins = joins

    def joins(self, parameters: Json) -> bool:
        return self._joins(parameters)

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        self.asked.append(message)
        self.seen.append(list(view.said))
        given = self._answering(view, message)
        return await given if isinstance(given, Awaitable) else given

    def close(self) -> Awaitable[None] | None:
        self.closed += 1
        return None


def telling(name: str) -> Scripted:
    """Say its name and how often it was asked."""
    mind = Scripted(lambda _view, _message: [Say(words=f"{name} {len(mind.asked)}")])
    return mind


def never() -> Scripted:
    async def wait(*_: object) -> Sequence[Act]:
        await asyncio.Event().wait()
        return [Pass()]

    return Scripted(wait)


def raising(error: BaseException) -> Scripted:
    def answer(*_: object) -> Sequence[Act]:
        raise error

    return Scripted(answer)


class Member(BaseAgent):
    """An ADK agent that takes part: it reads the request and answers in acts."""

    _reply: Callable[[Request], Sequence[Body]] = PrivateAttr()
    _states: list[Json] = PrivateAttr(default_factory=list[Json])

    @classmethod
    def replying(cls, name: str, reply: Callable[[Request], Sequence[Body]]) -> Member:
        made = cls(name=name)
        made._reply = reply
        return made

    @property
    def states(self) -> list[Json]:
        """The state of its session at each question."""
        return self._states

    @override
    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        self._states.append(ctx.session.state)
        words = "".join(part.text or "" for part in (ctx.user_content.parts if ctx.user_content else None) or [])
        text = write_acts(self._reply(Request.read(words)))
        yield Event(author=self.name, invocation_id=ctx.invocation_id, content=types.Content(role="model", parts=[types.Part(text=text)]))


def seated(name: str, reply: Callable[[Request], Sequence[Body]] | None = None) -> AgentMind:
    """Seat an ADK agent; without a reply it says how much it has heard of the others."""

    def count(request: Request) -> Sequence[Body]:
        return [Say(words=f"{name} has heard {sum(isinstance(message.body, Say) for message in request.said)}")]

    return AgentMind(name, Member.replying(name, reply or count))


def in_turn(rounds: int = 1) -> Chair:
    """Ask each seat in its turn, so many times, and then agree."""

    def chair(view: View) -> Sequence[Body]:
        asked = {(said.body.topic, *said.body.seats) for said in view.said if isinstance(said.body, Floor)}
        for number in range(rounds):
            for seat in view.here:
                if (str(number), seat) not in asked:
                    return [Floor(seats=(seat,), topic=str(number), ask="turn")]
        return [Decided(outcome="agreed", agreed=view.here, final=True)]

    return chair


def at_once(rounds: int = 1) -> Chair:
    """Ask all seats at once, so many times, and then agree."""

    def chair(view: View) -> Sequence[Body]:
        floors = sum(isinstance(said.body, Floor) for said in view.said)
        if floors < rounds and view.here:
            return [Floor(seats=view.here, topic=str(floors), ask="all")]
        return [Decided(outcome="agreed", agreed=view.here, final=True)]

    return chair


def room_of(chair: Chair, *names: str, limits: Limits = QUICK, **others: Mind) -> Room:
    """A room of tellers, and others."""
    return Room(chair, {**{name: telling(name) for name in names}, **others}, limits=limits)


async def held(room: Room, does: Callable[[Message], object] = lambda _: None, every: float = 1.0) -> list[Message]:
    """Hold a meeting to its end; `does` sees each message as it comes, and is awaited where it can be."""
    heard: list[Message] = []
    async with asyncio.timeout(AWAY), aclosing(room.hold(every)) as messages:
        async for message in messages:
            if message:
                heard.append(message)
                done = does(message)
                if isinstance(done, Awaitable):
                    await done
    return heard


def hold(room: Room, does: Callable[[Message], object] = lambda _: None) -> list[Message]:
    return asyncio.run(held(room, does))


def kinds(messages: Collection[Message]) -> list[str]:
    return [message.body.kind for message in messages]


def words(messages: Collection[Message], sender: str) -> list[str]:
    return [message.body.words for message in messages if isinstance(message.body, Say) and message.sender == sender]


def bodies(messages: Collection[Message], kind: type[Body]) -> list[Any]:
    return [message.body for message in messages if isinstance(message.body, kind)]


def seat_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("seat-")]


def all_ended() -> bool:
    """Whether every seat's thread ends; it has said that it is gone a moment before."""
    for thread in seat_threads():
        thread.join(AWAY)
    return not seat_threads()


def open_files() -> list[str]:
    """What is open, by what it is: a difference names the leak."""
    there = [Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - one of them is this listing's own
    return sorted(re.sub(r"\d+", "", str(link.readlink())) for link in there if link.is_symlink())


def descriptors() -> int:
    return len(open_files())
