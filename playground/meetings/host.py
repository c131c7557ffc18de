"""The part of a meeting that has no threads: its log, who may write into it, and the chair's moves.

Guarantees:

- One total order: a broadcast is one append, and everybody reads the same messages in the same order.
- A message of a seat that was fenced is refused, however late it comes: its epoch is over. So is any message after the last.
- The log is bounded: when it is full the meeting ends with "budget", and that message has its place kept for it.
- The chair moves only when nobody is waited for. Its moves depend on the view alone, and stand in the log right after what it has seen: if
  somebody has said something meanwhile, it looks again.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

from playground.turn_log import Log

from .messages import CHAIR, Body, Decided, Failed, Invited, Json, Message, Outcome, Reason
from .view import View

Chair = Callable[[View], Sequence[Body]]
"""Says what comes next: nobody is waited for. Pure. Nothing to say ends the meeting."""

WORDS: Mapping[Reason, str] = {
    "error": "made a mistake and is out",
    "timeout": "took too long and is out",
    "blocked": "does not move any more and is out",
    "unreachable": "cannot be reached and is out",
    "garbled": "said nothing that could be understood and is out",
}


class MeetingLog(Log[Message]):
    """The messages of one meeting (guarantees: see the module)."""

    def __init__(self, limit: int, meeting_id: str = "") -> None:
        """Bound the log to `limit` messages."""
        super().__init__()
        self.meeting_id = meeting_id or uuid.uuid4().hex
        self.refused = 0
        self._limit = limit
        self._epochs = {CHAIR: 0}

    def at(self, seq: int) -> Message:
        """Return the message in a place, from 1."""
        return self._entries[seq - 1]

    @contextmanager
    def whole(self) -> Generator[None]:
        """Keep all others from the log meanwhile: several acts are one answer, and nobody decides on half of it."""
        with self._grown:
            yield

    def admit(self, sender: str) -> int:
        """Let a sender write, or fence it and let its successor write. Returns: the epoch to write with."""
        with self._grown:
            self._epochs[sender] = self._epochs.get(sender, 0) + 1
            return self._epochs[sender]

    def send(self, sender: str, epoch: int, body: Body, *, to: Sequence[str] = (), reply_to: str = "") -> Message | None:
        """Write a message. Returns: it as it stands in the log, or None if it was refused."""
        draft = Message.model_construct(
            meeting_id=self.meeting_id, id=uuid.uuid4().hex, sender=sender, epoch=epoch, to=tuple(to), reply_to=reply_to, at=time.time(),
            body=body, version=1, seq=0,
        )  # fmt: skip
        with self._grown:
            if self._closed or self._epochs.get(sender) != epoch:
                self.refused += 1
                return None
            last = isinstance(body, Decided) and body.final
            if not last and len(self._entries) >= self._limit - 1:
                body, last = Decided(outcome="budget", words="That was the last message that this meeting may have.", final=True), True
                self._put(draft.model_copy(update={"sender": CHAIR, "epoch": 0, "to": (), "reply_to": "", "body": body}), last=True)
                return None
            return self._put(draft, last=last)

    def move(self, cursor: int, bodies: Sequence[Body]) -> bool:
        """Write the chair's messages, all or none: none if the log has grown beyond `cursor`. Returns: whether they are written."""
        with self._grown:
            if len(self._entries) != cursor:
                return False
            for body in bodies:
                self.send(CHAIR, 0, body)
            return True

    def _put(self, draft: Message, *, last: bool) -> Message:
        message = draft.model_copy(update={"seq": len(self._entries) + 1})
        self._add(message, last=last)
        return message


class Host:
    """Invites, watches who is waited for, and lets the chair move."""

    def __init__(self, chair: Chair, parameters: Mapping[str, Json], limit: int, meeting_id: str = "") -> None:
        """Prepare a meeting of the seats in `parameters`, each with what it is told about the meeting."""
        self.log = MeetingLog(limit, meeting_id)
        self.view = View()
        self._chair = chair
        self._parameters = parameters

    def invite(self) -> None:
        """Invite everybody, each once."""
        for seat, parameters in self._parameters.items():
            self.say(Invited(seat=seat, parameters=parameters))

    def say(self, body: Body) -> None:
        """Write a message of the chair's."""
        self.log.send(CHAIR, 0, body)

    def look(self) -> list[Message]:
        """Read what is new, and move if nobody is waited for. Returns: what is new."""
        with self.log.whole():
            news = self.log.read(self.view.cursor)
        self.view.fold(news)
        if not (self.log.closed or self.awaited()):
            moves = self._chair(self.view) or [Decided(outcome="none", final=True)]
            self.log.move(self.view.cursor, moves)
        return news

    def awaited(self) -> tuple[str, ...]:
        """The seats that have to speak next."""
        return self.view.unanswered or self.view.waiting

    def fence(self, seat: str, reason: Reason) -> None:
        """Put a seat out: nothing that it still says gets in."""
        self.log.admit(seat)
        self.say(Failed(seat=seat, reason=reason, words=WORDS[reason]))

    def end(self, outcome: Outcome, words: str = "") -> None:
        """End the meeting, if it has not ended."""
        self.say(Decided(outcome=outcome, words=words, final=True))
