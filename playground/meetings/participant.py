"""What a seat does with its mail, without a thread: read, answer, and turn whatever goes wrong into one `failed`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from .host import WORDS, MeetingLog
from .messages import MAX_ACTS, Act, Body, Decline, Failed, Floor, GarbledAct, Invited, Joined, Message, Reason, Say
from .minds import Mind, Unreachable
from .view import View

T = TypeVar("T")


class Participant:
    """One seat's view, mind and epoch."""

    def __init__(self, name: str, mind: Mind, log: MeetingLog) -> None:
        """Seat `mind`, and admit it to the log."""
        self.name = name
        self.mind = mind
        self.log = log
        self.view = View()
        self.epoch = log.admit(name)
        self.handled = self.failed = 0

    def hears(self, message: Message) -> bool:
        """Take a message in. Returns: whether the mind is asked something by it."""
        self.view.fold([message])
        body = message.body
        match body:
            case Invited(seat=seat):
                return seat == self.name
            case Floor(seats=seats):
                return self.name in seats
            case _:
                return self.name in message.to and (not message.reply_to or (isinstance(body, Say) and bool(body.to)))

    def send(self, body: Body, message: Message) -> Message | None:
        """Say something in answer to a message: to whom it names, to the sender alone of what came to this seat alone, or to everybody."""
        to = (message.sender,) if message.to else ()
        if isinstance(body, Say) and body.to:
            to = (body.to,)
        elif isinstance(body, Failed):
            to = ()
        return self.log.send(self.name, self.epoch, body, to=to, reply_to=message.id)

    async def asked(self, message: Message) -> Sequence[Body]:
        """Ask the mind. Raises: GarbledAct, and whatever the mind raises."""
        if isinstance(message.body, Invited):
            return [Joined() if self.mind.joins(message.body.parameters) else Decline()]
        acts = _checked(await self.mind.answer(self.view, message))
        if isinstance(message.body, Floor) and all(isinstance(act, Say) and act.to for act in acts):
            raise GarbledAct("no answer that everybody hears")  # the floor would wait for one for ever
        return acts

    def says(self, acts: Sequence[Body] | Failed, message: Message) -> None:
        """Say what came of a question."""
        if isinstance(acts, Failed):
            self.failed += 1
            self.send(acts, message)
            return
        self.handled += 1
        with self.log.whole():
            for act in acts:
                self.send(act, message)

    def outcome(self, task: asyncio.Task[Sequence[Body]]) -> Sequence[Body] | Failed:
        """Read what a task of the mind's came to: its acts, or why there are none. No exception gets past this."""
        if not task.done() or task.cancelled():
            return self.failure("timeout")
        error = task.exception()
        if isinstance(error, GarbledAct):
            return self.failure("garbled")
        if error is not None:
            return self.failure("unreachable" if isinstance(error, Unreachable) else "error")
        return task.result()

    def failure(self, reason: Reason) -> Failed:
        """Say that this seat is out."""
        return Failed(seat=self.name, reason=reason, words=WORDS[reason])


def _checked(acts: object) -> Sequence[Act]:
    """Return a mind's acts: it cannot speak as the chair or for others, nor flood the log. Raises: GarbledAct."""
    if not isinstance(acts, list | tuple) or not 1 <= len(acts) <= MAX_ACTS:
        raise GarbledAct("no act, or too many")
    said = [act for act in acts if isinstance(act, Act)]
    if len(said) < len(acts):
        raise GarbledAct("not an act")
    return said


async def awaited(answer: Awaitable[T]) -> T:
    """Make a coroutine of what can be awaited: a task takes nothing else."""
    return await answer
