"""ADK's events as a conversation's messages, and messages as ADK's events.

What is shown of a conversation is a fold over its events, by one translation (`entries`) for the live stream and for what
is stored, so that a page that was reloaded, or a process that was restarted, shows what was shown before: text, tool steps,
how each answer ended and why, order and times.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from google.adk.events import Event, EventActions
from google.genai import types

from playground.errors import ABORTED
from playground.turn_log import Answer, Entry, Message, Part, Status, plain_text

TURN = "vibehuntr_turn"  # metadata of every event of a turn: the turn's id
BEGAN = "vibehuntr_began"  # and when its question was sent, in seconds since the epoch
OUTCOME = "vibehuntr_outcome"  # metadata of the event that ends a turn that was cancelled or failed
FORGOTTEN = "forgotten"  # the outcome of a turn that was taken back before it began: it is never shown
ERROR = "vibehuntr_error"  # and the words that the page shows about it
WHOLE = "vibehuntr_whole"  # metadata of an event that keeps an interrupted text: the id that its pieces had
_TITLE_CHARACTERS = 48


def entries(event: Event) -> Iterator[Entry]:
    """Say what an ADK event means for a turn's log: the same for the live stream and for the stored history."""
    parts = event.content.parts if event.content and event.content.parts else []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    if text and event.author != "user":
        yield Entry("partial" if event.partial else "final", event.id, event.author, text, at=event.timestamp)
    if event.partial:  # the calls come again, whole, in the event that is not partial
        return
    for part in parts:
        if call := part.function_call:
            yield Entry("tool_call", call.id or "", event.author, call.name or "tool", call.args or {}, event.timestamp)
        if response := part.function_response:
            stopped = event.error_code == ABORTED
            result = {} if stopped else response.response or {}
            yield Entry("tool_result", response.id or "", event.author, "stopped" if stopped else "", result, event.timestamp)


def marks_of(event: Event) -> Mapping[str, Any]:
    """Return what this program has noted on an event."""
    return event.custom_metadata or {}


def is_rewound(events: Iterable[Event], invocations: Container[str]) -> bool:
    """Whether ADK has been told to forget one of these invocations."""
    return any(event.actions.rewind_before_invocation_id in invocations for event in events if event.actions.rewind_before_invocation_id)


def turn_of(event: Event) -> str:
    """Return the id of the turn that an event belongs to; for one that is not ours, ADK's id of the invocation."""
    return str(marks_of(event).get(TURN) or event.invocation_id)


# -- events, made ------------------------------------------------------------------------------------------------------


def user_content(text: str) -> types.Content:
    """Wrap what the user typed as ADK wants it."""
    return types.Content(role="user", parts=[types.Part(text=text)])


def user_event(text: str, turn_id: str, began_at: float) -> Event:
    """Make the event of a question whose turn never began."""
    marks = {TURN: turn_id, BEGAN: began_at}
    return _with_id(Event(author="user", invocation_id=turn_id, content=user_content(text), custom_metadata=marks))


def interrupted(partial: Event, text: str, marks: Mapping[str, Any]) -> Event:
    """Make the event that keeps what had been shown of a text: the model's next request holds exactly that."""
    return partial.model_copy(
        update={
            "id": str(uuid.uuid4()),
            "timestamp": time.time(),
            "partial": False,
            "interrupted": True,
            "turn_complete": True,
            "content": types.Content(role="model", parts=[types.Part(text=text)]),
            "custom_metadata": {**marks_of(partial), **marks, WHOLE: partial.id},
        }
    )


def mark_event(author: str, marks: Mapping[str, Any]) -> Event:
    """Make an event without content that says how a turn ended; no model ever sees it."""
    return _with_id(Event(author=author, invocation_id=marks[TURN], custom_metadata=dict(marks)))


def state_event(state: Mapping[str, Any]) -> Event:
    """Make an event that only changes the session's state; neither the model nor the user ever sees it."""
    return _with_id(Event(author="user", actions=EventActions(state_delta=dict(state))))


def _with_id(event: Event) -> Event:
    event.id = str(uuid.uuid4())
    return event


def restored(shown: Sequence[Message], author: str) -> Iterator[Event]:
    """Make the events of messages that only the page still has."""
    for message in shown:
        if not message.content:
            continue
        if message.role == "user":
            yield user_event(message.content, message.turn_id, message.at)
            continue
        event = mark_event(author, {TURN: message.turn_id, BEGAN: message.at, OUTCOME: message.status, ERROR: message.error})
        event.content = types.Content(role="model", parts=[types.Part(text=message.content)])
        yield event


# -- messages, folded --------------------------------------------------------------------------------------------------


class _Exchange:
    """A question and its answer, as far as their events have been folded."""

    def __init__(self, event: Event) -> None:
        self.began_at = float(marks_of(event).get(BEGAN) or event.timestamp)
        self.invocations: set[str] = set()
        self.question: list[Part] = []
        self.answer = Answer()

    def add(self, event: Event) -> None:
        self.invocations.add(event.invocation_id)
        if event.author == "user" and not event.get_function_responses():
            parts = event.content.parts if event.content and event.content.parts else []
            self.question.extend(plain_text("".join(part.text or "" for part in parts)))
            return
        for entry in entries(event):
            self.answer.fold(entry)
        outcome = marks_of(event).get(OUTCOME)
        if outcome in ("cancelled", "failed"):
            self.answer.fold(Entry(outcome, text=str(marks_of(event).get(ERROR, ""))))

    def messages(self, turn_id: str) -> Iterator[Message]:
        if self.question:
            yield Message(0, turn_id, "user", self.question, at=self.began_at)
        answer = self.answer
        status: Status = answer.status if answer.ended else "done"
        yield Message(0, turn_id, "assistant", answer.parts, status, answer.error, self.began_at, answer.notices)


class Transcript:
    """Stored history as messages: a fold over a session's events. What ADK has rewound is not there."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._turns: dict[str, _Exchange] = {}

    def add(self, event: Event) -> None:
        """Fold one event, in the order of the session."""
        if rewound := event.actions.rewind_before_invocation_id:
            self._forget_from(rewound)
        elif (event.content or OUTCOME in marks_of(event)) and marks_of(event).get(
            OUTCOME
        ) != FORGOTTEN:  # or it only changes state, or sums up older events
            turn_id = turn_of(event)
            if turn_id not in self._turns:
                self._turns[turn_id] = _Exchange(event)
            self._turns[turn_id].add(event)

    def _forget_from(self, invocation_id: str) -> None:
        turns = list(self._turns)
        first = next((n for n, turn in enumerate(turns) if invocation_id in self._turns[turn].invocations), len(turns))
        for turn in turns[first:]:
            del self._turns[turn]

    def messages(self) -> Iterator[Message]:
        """Yield the messages, their `seq` not yet set."""
        for turn_id, exchange in self._turns.items():
            yield from exchange.messages(turn_id)


def title_of(message: str) -> str:
    """Return a conversation's title: the beginning of its first message, on one line."""
    words = " ".join(message.split())
    return words if len(words) <= _TITLE_CHARACTERS else words[: _TITLE_CHARACTERS - 1].rstrip() + "…"
