"""What a participant knows of a meeting: a fold over its messages, up to a cursor of its own.

Guarantees: a view depends on the messages alone, so equal cursors give equal views, whoever folds and in however many pieces; a message
that was folded already changes nothing. Views of two participants may differ for a moment, by what one has not read yet.

A message to some participants only (`to`) is no part of any view: what is decided is decided on what everybody has heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from .messages import CHAIR, Decided, Decline, Failed, Floor, Invited, Joined, Json, Left, Message

Standing = Literal["invited", "here", "declined", "left", "failed"]


@dataclass(slots=True)
class View:
    """The meeting as far as `cursor`: `standing` in the order of the invitations, `waiting` the seats that have to answer the floor."""

    standing: dict[str, Standing] = field(default_factory=dict[str, Standing])
    parameters: dict[str, Json] = field(default_factory=dict[str, Json])
    said: list[Message] = field(default_factory=list[Message])
    decided: dict[str, Decided] = field(default_factory=dict[str, Decided])
    floor: Message | None = None
    waiting: tuple[str, ...] = ()
    end: Decided | None = None
    cursor: int = 0

    @property
    def here(self) -> tuple[str, ...]:
        """The seats that take part."""
        return tuple(seat for seat, standing in self.standing.items() if standing == "here")

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The seats that have not answered their invitation."""
        return tuple(seat for seat, standing in self.standing.items() if standing == "invited")

    def answers(self, floor: str) -> list[Message]:
        """What has been answered to a floor, in order."""
        return [message for message in self.said if message.reply_to == floor]

    def since(self, seq: int) -> list[Message]:
        """The messages after a place in the log."""
        return [message for message in self.said if message.seq > seq]

    def fold(self, messages: Iterable[Message]) -> View:
        """Take in more messages, in their order. Returns: itself."""
        for message in messages:
            if message.seq > self.cursor:
                self.cursor = message.seq
                if not message.to:
                    self._fold(message)
        return self

    def _fold(self, message: Message) -> None:
        self.said.append(message)
        match message.body:
            case Invited(seat=seat, parameters=parameters):
                self.standing.setdefault(seat, "invited")
                self.parameters[seat] = parameters
            case Joined():
                self._stand(message.sender, "here")
            case Left():
                self._stand(message.sender, "left")
            case Failed(seat=seat):
                self._stand(seat, "failed")
            case Decline() if self.standing.get(message.sender) == "invited":
                self._stand(message.sender, "declined")
            case Floor(seats=seats):
                self.floor = message
                self.waiting = tuple(seat for seat in seats if self.standing.get(seat) == "here")
            case Decided(final=True):
                self.end, self.waiting = message.body, ()
            case Decided(topic=topic):
                self.decided[topic] = message.body
            case _:
                pass
        if self.floor and message.sender != CHAIR and message.reply_to == self.floor.id:
            self._answered(message.sender)

    def _stand(self, seat: str, standing: Standing) -> None:
        if seat in self.standing:
            self.standing[seat] = standing
        if standing != "here":
            self._answered(seat)

    def _answered(self, seat: str) -> None:
        self.waiting = tuple(other for other in self.waiting if other != seat)
