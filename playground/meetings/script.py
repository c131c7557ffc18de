"""A chair as a script: it asks, is given the view with the answers, and goes on from there.

A chair is a pure function of the view. A script is a generator, which is easier to write and read: what it yields are the chair's next
messages, and when it goes on, everybody has answered. `by_script` makes the one of the other: at every move it plays the script again from
the beginning, on the messages that there are. So a script must be pure too: the same view, the same moves.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from .host import Chair
from .messages import CHAIR, Body, Decided, Failed, Invited, Message
from .view import View

Moves = Generator[Sequence[Body], None, None]
Script = Callable[[View], Moves]
"""Given a view that grows, yields moves; none of them empty."""


def by_script(script: Script) -> Chair:
    """Make a chair of a script; when the script ends, so does the meeting."""

    def chair(view: View) -> Sequence[Body]:
        replayed = View()
        moves = script(replayed)
        left = 0
        for message in view.said:
            if _is_move(message):
                if not left:
                    left = len(next(moves, [message.body]))
                left -= 1
            replayed.fold([message])
        return next(moves, [Decided(outcome="none", final=True)])

    return chair


def _is_move(message: Message) -> bool:
    """Whether the chair has said it as a move: invitations, and failures that it says for others, are none."""
    return message.sender == CHAIR and not isinstance(message.body, Invited | Failed)
