"""The agent of the meeting's browser tests: what each seat answers, and when, the test says through a socket (tests/meeting_table.py).

The user's message says who has the floor, one after the other: "m7 Anna Ben+Cleo probe:Anna+Ben". The first word is the meeting's own.
A seat that is asked connects, says "m7 Anna", and answers with the line that comes back; "!" makes it fail.
"""

import asyncio
import os
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from google.adk.agents.invocation_context import InvocationContext

from playground.meetings.meeting import CannotMeet, Conclusion, Meeting, Setting
from playground.meetings.messages import Act, Body, Decided, Floor, Json, Message, read_acts
from playground.meetings.view import View

SEATS = ("Anna", "Ben", "Cleo")


class TableMind:
    """Answers what the test's table says."""

    def __init__(self, name: str) -> None:
        self._name = name

    def joins(self, parameters: Json) -> bool:
        return True

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(os.environ["MEETING_TABLE"]))
        try:
            writer.write(f"{view.parameters[self._name]['word']} {self._name}\n".encode())
            line = (await reader.readline()).decode()
        finally:
            writer.close()
        if line.strip() == "!":
            raise ValueError("said by the table")
        return read_acts(line)

    def close(self) -> Awaitable[None] | None:
        return None


class TableMeeting(Meeting):
    """Gives the floor as the user says; then it is over."""

    async def convene(self, ctx: InvocationContext) -> Setting:
        parts = ctx.user_content.parts if ctx.user_content else None
        word, *floors = (parts[0].text or "").split() if parts else [""]
        if not floors:
            raise CannotMeet(f"You said: {word}")
        minds = {seat: TableMind(seat) for seat in SEATS}
        parameters: Mapping[str, Json] = {seat: {"word": word} for seat in SEATS}
        return Setting(lambda view: next_floor(view, floors), minds, parameters, "Anna, Ben and Cleo meet about dinner on Friday.")

    def conclude(self, ctx: InvocationContext, view: View) -> Conclusion:
        return Conclusion("We agreed: **Friday at 19:30**.", data={"replies": ["Invite them"]})

    def drawn(self, message: Message, view: View) -> Json:
        item: dict[str, Any] = getattr(message.body, "item", {})
        asked = view.floor.body if view.floor else None
        probe = isinstance(asked, Floor) and asked.ask == "probe"
        return {key: item[key] for key in ("view",) if key in item} | ({"probe": True} if probe else {})


def next_floor(view: View, floors: Sequence[str]) -> list[Body]:
    given = sum(isinstance(message.body, Floor) for message in view.said)
    left = [floor for floor in floors[given:] if set(floor.rpartition(":")[2].split("+")) & set(view.here)]
    if not left or not view.here:
        return [Decided(outcome="agreed", words="Friday at 19:30.", final=True)]
    ask, _, seats = left[0].rpartition(":")
    return [Floor(seats=tuple(seats.split("+")), topic="time", ask=ask or "open")]


root_agent = TableMeeting(name="meeting_agent")
