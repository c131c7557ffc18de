"""A meeting without threads: the same host, chair, participants and minds, and somebody else chooses who moves.

The same choices give the same meeting, so a seed replays one, and Hypothesis can try the interleavings, with failures at any step.

What a seat can do at a step: read one message, and if that asks it something have its mind answer (`READ`); say the next of what it has to
say (`SAY`). The chair moves by looking (`CHAIR`). `fail` makes a seat's next answer go wrong; a blocked seat is fenced at once, and goes on
later, too late.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from .host import Chair, Host
from .messages import CHAIR, Body, Decided, Failed, Json, Message, Reason
from .minds import Mind
from .participant import Participant, awaited
from .seat import Limits

READ: Final = "read"
SAY: Final = "say"
Move = tuple[str, Literal["read", "say"]]
"""Who moves, and how; the chair only reads."""


class Rehearsal:
    """A meeting that moves step by step."""

    def __init__(
        self,
        chair: Chair,
        minds: Mapping[str, Mind],
        *,
        parameters: Mapping[str, Json] | None = None,
        limits: Limits | None = None,
        meeting_id: str = "rehearsal",
    ) -> None:
        """Invite the seats; nobody has moved yet."""
        self.limits = limits or Limits()
        self.host = Host(chair, {seat: (parameters or {}).get(seat, {}) for seat in minds}, self.limits.messages, meeting_id)
        self.seats = {name: Participant(name, mind, self.host.log) for name, mind in minds.items()}
        self._read = dict.fromkeys(minds, 0)
        self._to_say: dict[str, deque[tuple[Sequence[Body] | Failed, Message]]] = {name: deque() for name in minds}
        self._failing: dict[str, Reason | Literal["dies"]] = {}
        self._gone: set[str] = set()
        self._runner = asyncio.Runner()
        self.host.invite()

    @property
    def over(self) -> bool:
        """Whether the meeting has ended and the chair knows."""
        return self.host.view.end is not None

    def moves(self) -> list[Move]:
        """Say who can move, and how."""
        news = len(self.host.log) > self.host.view.cursor
        chair: list[Move] = [(CHAIR, READ)] if not self.over and (news or not self.host.awaited() or self._lost()) else []
        reads: list[Move] = [(name, READ) for name in self.seats if name not in self._gone and self._unread(name)]
        says: list[Move] = [(name, SAY) for name in self.seats if name not in self._gone and self._to_say[name]]
        return chair + reads + says

    def move(self, move: Move) -> None:
        """Do one of the `moves`."""
        name, how = move
        if name == CHAIR:
            for lost in self._lost():
                self.host.fence(lost, "error")
            self.host.look()
        elif how == SAY:
            acts, message = self._to_say[name].popleft()
            self.seats[name].says(acts, message)
        else:
            self._hear(name)

    def fail(self, name: str, how: Reason | Literal["dies"]) -> None:
        """Make a seat fail at its next answer; "blocked" and "dies" at once."""
        if how == "blocked":
            if self.host.view.standing.get(name) in ("invited", "here"):
                self.host.fence(name, "blocked")
        elif how == "dies":
            self._gone.add(name)
        else:
            self._failing[name] = how

    def play(self, seed: int = 0, steps: int = 100_000) -> Decided | None:
        """Let chance choose until the meeting is over, or nobody can move. Returns: the end."""
        chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
        while not self.over and steps and (moves := self.moves()):
            self.move(chance.choice(moves))
            steps -= 1
        return self.host.view.end

    def close(self) -> None:
        """Let the minds go."""
        for seat in self.seats.values():
            if closing := seat.mind.close():
                self._runner.run(awaited(closing))
        self._runner.close()

    def _unread(self, name: str) -> Message | None:
        news = self.host.log.read(self._read[name])
        return next((message for message in news if not message.to or name in message.to), None)

    def _lost(self) -> list[str]:
        """The seats that are waited for and never speak."""
        return [name for name in self.host.awaited() if name in self._gone]

    def _hear(self, name: str) -> None:
        seat, message = self.seats[name], self._unread(name)
        if message is None:
            return
        self._read[name] = message.seq
        if seat.hears(message):
            self._to_say[name].append((self._answer(seat, message), message))

    def _answer(self, seat: Participant, message: Message) -> Sequence[Body] | Failed:
        if how := self._failing.pop(seat.name, None):
            return seat.failure(how if how != "dies" else "error")
        loop = self._runner.get_loop()
        task = loop.create_task(seat.asked(message))
        loop.run_until_complete(asyncio.wait([task]))
        return seat.outcome(task)
