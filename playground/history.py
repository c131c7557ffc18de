"""ADK's events as a conversation's messages, and messages as ADK's events.

What is shown of a conversation is a fold over its events, by one translation (`entries`) for the live stream and for what
is stored, so that a page that was reloaded, or a process that was restarted, shows what was shown before: text, tool steps,
how each answer ended and why, order and times.
"""

from __future__ import annotations

import mimetypes
import time
import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from google.adk.events import Event, EventActions
from google.adk.tools.tool_confirmation import ToolConfirmation
from google.genai import types
from pydantic import ValidationError

from playground.errors import ABORTED
from playground.turn_log import (
    ACTS,
    Answer,
    Entry,
    Feedback,
    FilePart,
    Message,
    Part,
    Reply,
    Request,
    Status,
    request_data,
    seats_in,
    sent_parts,
)

TURN = "vibehuntr_turn"  # metadata of every event of a turn: the turn's id
BEGAN = "vibehuntr_began"  # and when its question was sent, in seconds since the epoch
OUTCOME = "vibehuntr_outcome"  # metadata of the event that ends a turn that was cancelled or failed
FORGOTTEN = "forgotten"  # the outcome of a turn that was taken back before it began: it is never shown
ERROR = "vibehuntr_error"  # and the words that the page shows about it
WHOLE = "vibehuntr_whole"  # metadata of an event that keeps an interrupted text: the id that its pieces had
FEEDBACK = "vibehuntr_feedback"  # metadata of an event without content: what the user thinks of a turn: {turn, rating, words}
MEETING = "vibehuntr_meeting"  # metadata of a meeting's events: {kind, seat, topic, grade, ...}, or {kind: "floor", seats, health}
CONFIRMATION = "adk_request_confirmation"  # the call by which ADK asks whether a tool may run, and the name of the reply to it
_ADKS_HINT = "Please approve or reject the tool call "  # what ADK says for a tool that says nothing; it speaks to a program
_NEVER_CAME_BACK = "The user confirmed this call, but it was stopped before it came back. It may have had its effect."
_TITLE_CHARACTERS = 48


def entries(event: Event) -> Iterator[Entry]:
    """Say what an ADK event means for a turn's log: the same for the live stream and for the stored history."""
    parts = event.content.parts if event.content and event.content.parts else []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    meeting = meeting_in(event)
    if text and event.author != "user" and not (meeting and meeting["kind"] in ACTS):
        yield Entry("partial" if event.partial else "final", event.id, event.author, text, at=event.timestamp)
    if meeting and event.partial:
        yield Entry(
            "floor", event.id, event.author, data={"seats": _names(meeting), "health": seats_in(meeting.get("health"))}, at=event.timestamp
        )
    elif meeting:
        words = text if meeting["kind"] in ACTS else ""
        yield Entry("contribution", event.id, event.author, words, _contribution_data(meeting, event.author), event.timestamp)
    if event.partial:  # the calls come again, whole, in the event that is not partial
        return
    for part in parts:
        if (call := part.function_call) and call.name == CONFIRMATION:
            if request := asked_in(call, event.author):
                yield Entry("asked", request.request_id, event.author, data=request_data(request), at=event.timestamp)
        elif call:
            yield Entry("tool_call", call.id or "", event.author, call.name or "tool", call.args or {}, event.timestamp)
        if (response := part.function_response) and response.name != CONFIRMATION and not _waits(event, response):
            stopped = event.error_code == ABORTED
            result = {} if stopped else response.response or {}
            yield Entry("tool_result", response.id or "", event.author, "stopped" if stopped else "", result, event.timestamp)
    yield from _files_in(event)


def meeting_in(event: Event) -> Mapping[str, Any] | None:
    """Return what an event says of a meeting: a contribution, or who has the floor in one that is partial. None for any other event."""
    about = marks_of(event).get(MEETING)
    kinds = ("floor",) if event.partial else (*ACTS, "opening", "conclusion")
    return about if isinstance(about, Mapping) and event.author != "user" and about.get("kind") in kinds else None


def _names(about: Mapping[str, Any]) -> list[str]:
    seats = about.get("seats")
    return [str(seat) for seat in seats] if isinstance(seats, list) else []


def _contribution_data(about: Mapping[str, Any], author: str) -> dict[str, Any]:
    """Return a contribution's fields; strangers may have written them, in a file that was imported."""
    grade = about.get("grade")
    data = {key: value for key, value in about.items() if key not in ("seat", "kind", "topic", "grade")}
    return {
        "seat": str(about.get("seat") or author),
        "kind": about["kind"],
        "topic": str(about.get("topic") or ""),
        "grade": float(grade) if isinstance(grade, int | float) and not isinstance(grade, bool) and 0 <= grade <= 1 else None,
        "data": data,
    }


def _files_in(event: Event) -> Iterator[Entry]:
    """Say which files an event of the agent's brings: in its content, and in the artifact service."""
    if event.author == "user":
        return
    for file in files_of(event.content):
        yield Entry("file", event.id, event.author, file.name, {"mime": file.mime, "data": file.data}, event.timestamp)
    for name, version in event.actions.artifact_delta.items():
        yield Entry("saved", name, event.author, name, {"version": version}, event.timestamp)


def files_of(content: types.Content | None) -> list[FilePart]:
    """Return the files in a content; one without a name gets one."""
    blobs = [part.inline_data for part in (content.parts if content else None) or () if part.inline_data and not part.thought]
    return [
        FilePart(blob.display_name or _name_of(number, blob.mime_type or ""), blob.mime_type or "application/octet-stream", blob.data)
        for number, blob in enumerate(blobs, 1)
        if blob.data
    ]


def _name_of(number: int, mime: str) -> str:
    return f"file {number}{mimetypes.guess_extension(mime) or ''}"


def _waits(event: Event, response: types.FunctionResponse) -> bool:
    """Whether this is no result yet, but ADK's note that the call waits for the user's yes."""
    return response.id in event.actions.requested_tool_confirmations


def asked_in(call: types.FunctionCall, author: str) -> Request | None:
    """Return what ADK's call asks the user to confirm, or None if it makes no sense."""
    try:
        wanted = types.FunctionCall.model_validate((call.args or {})["originalFunctionCall"])
        about = ToolConfirmation.model_validate((call.args or {}).get("toolConfirmation") or {})
    except (KeyError, ValidationError):
        return None
    if not call.id or not wanted.id or not wanted.name:
        return None
    hint = "" if about.hint.startswith(_ADKS_HINT) else about.hint
    return Request(call.id, wanted.id, wanted.name, wanted.args or {}, hint, about.payload, author)


def said_in(event: Event) -> Iterator[tuple[str, bool]]:
    """Say to which questions a stored event of the user's says yes or no: (id, yes)."""
    for response in event.get_function_responses() if event.author == "user" else ():
        if response.name == CONFIRMATION and response.id:
            with suppress(ValidationError, ValueError):
                yield response.id, ToolConfirmation.from_response_dict(response.response or {}).confirmed


def reply_entry(reply: Reply, at: float) -> Entry:
    """Say for a turn's log what the user said to a request."""
    request = reply.request
    return Entry("replied", request.request_id, text="yes" if reply.confirmed else "no", data=request_data(request), at=at)


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


def user_content(text: str, files: Sequence[FilePart] = ()) -> types.Content:
    """Wrap what the user sent as ADK wants it: the files, then the text, if there is one."""
    blobs = [types.Blob(data=file.data, mime_type=file.mime, display_name=file.name) for file in files]
    texts = [types.Part(text=text)] if text or not files else []
    return types.Content(role="user", parts=[*(types.Part(inline_data=blob) for blob in blobs), *texts])


def reply_content(reply: Reply) -> types.Content:
    """Wrap the user's yes or no as ADK wants it: with a yes, the tool gets the payload that it proposed."""
    said: dict[str, Any] = {"confirmed": reply.confirmed}
    if reply.confirmed and reply.request.payload is not None:
        said["payload"] = reply.request.payload
    response = types.FunctionResponse(id=reply.request.request_id, name=CONFIRMATION, response=said)
    return types.Content(role="user", parts=[types.Part(function_response=response)])


def user_event(content: types.Content, turn_id: str, began_at: float) -> Event:
    """Make the event of what the user said in a turn that never began."""
    marks = {TURN: turn_id, BEGAN: began_at}
    return _with_id(Event(author="user", invocation_id=turn_id, content=content, custom_metadata=marks))


def stopped_call(request: Request, marks: Mapping[str, Any]) -> Event:
    """Make the event that ends a confirmed call which never came back, as ADK ends a stopped one.

    ADK takes a call that has waited for its yes for an answered one, and would leave the model with "requires confirmation".
    """
    response = types.FunctionResponse(id=request.call_id, name=request.name, response={"error": _NEVER_CAME_BACK})
    content = types.Content(role="user", parts=[types.Part(function_response=response)])
    return _with_id(
        Event(author=request.author, invocation_id=marks[TURN], content=content, error_code=ABORTED, custom_metadata=dict(marks))
    )


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


def feedback_event(turn_id: str, feedback: Feedback) -> Event:
    """Make the event that keeps what the user thinks of a turn's answer; neither the model nor the plan sees it."""
    said = {"turn": turn_id, "rating": feedback.rating, "words": feedback.words}
    return _with_id(Event(author="user", custom_metadata={FEEDBACK: said}))


def feedback_in(event: Event) -> tuple[str, Feedback | None] | None:
    """Return which turn an event is feedback on, and what it says (None: nothing any more); None for any other event."""
    said = marks_of(event).get(FEEDBACK)
    if not isinstance(said, Mapping):
        return None
    rating, words = said.get("rating"), str(said.get("words") or "")
    given = Feedback(rating if rating in (0, 1) else None, words)
    return str(said.get("turn")), given if given != Feedback(None) else None


def state_event(state: Mapping[str, Any]) -> Event:
    """Make an event that only changes the session's state; neither the model nor the user ever sees it."""
    return _with_id(Event(author="user", actions=EventActions(state_delta=dict(state))))


def _with_id(event: Event) -> Event:
    event.id = str(uuid.uuid4())
    return event


def restored(shown: Sequence[Message], author: str) -> Iterator[Event]:
    """Make the events of messages that only the page still has."""
    for message in shown:
        if not message.content and not message.files:
            continue
        if message.role == "user":
            yield user_event(user_content(message.content, message.files), message.turn_id, message.at)
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
        self.feedback: Feedback | None = None

    def add(self, event: Event) -> None:
        self.invocations.add(event.invocation_id)
        if event.author == "user" and not event.get_function_responses():
            parts = event.content.parts if event.content and event.content.parts else []
            self.question.extend(sent_parts("".join(part.text or "" for part in parts), files_of(event.content)))
            return
        sent = {part.name for part in self.question if isinstance(part, FilePart)}
        for entry in entries(event):
            if not is_sent(entry, sent):
                self.answer.fold(entry)
        outcome = marks_of(event).get(OUTCOME)
        if outcome in ("cancelled", "failed"):
            self.answer.fold(Entry(outcome, text=str(marks_of(event).get(ERROR, ""))))

    def messages(self, turn_id: str) -> Iterator[Message]:
        if self.question:
            yield Message(0, turn_id, "user", self.question, at=self.began_at)
        answer = self.answer
        status: Status = answer.status if answer.ended else "done"
        yield Message(0, turn_id, "assistant", answer.parts, status, answer.error, self.began_at, answer.notices, self.feedback)


def is_sent(entry: Entry, sent: Container[str]) -> bool:
    """Whether an entry only tells that what the user sent has been saved."""
    return entry.kind == "saved" and entry.text in sent


def _is_shown(event: Event) -> bool:
    """Whether there is something to show of it: others only change state, or sum up older events."""
    outcome = marks_of(event).get(OUTCOME)
    return outcome != FORGOTTEN and bool(event.content or outcome or event.actions.artifact_delta or meeting_in(event))


class Transcript:
    """Stored history as messages: a fold over a session's events. What ADK has rewound is not there."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._turns: dict[str, _Exchange] = {}
        self._requests: dict[str, Request] = {}

    def add(self, event: Event) -> None:
        """Fold one event, in the order of the session."""
        if rewound := event.actions.rewind_before_invocation_id:
            self._forget_from(rewound)
        elif rated := feedback_in(event):
            if rated[0] in self._turns:
                self._turns[rated[0]].feedback = rated[1]
        elif _is_shown(event):
            turn_id = turn_of(event)
            if turn_id not in self._turns:
                self._turns[turn_id] = _Exchange(event)
            self._turns[turn_id].add(event)
            self._add_confirmations(event, self._turns[turn_id])

    def _add_confirmations(self, event: Event, turn: _Exchange) -> None:
        """Note what an event asks the user to confirm, and fold what it replies to what was asked before, in whichever turn."""
        for call in event.get_function_calls():
            if call.name == CONFIRMATION and (request := asked_in(call, event.author)):
                self._requests[request.request_id] = request
        for request_id, confirmed in said_in(event):
            request = self._requests.get(request_id, Request(request_id, "", "a tool"))
            turn.answer.fold(reply_entry(Reply(request, confirmed), float(marks_of(event).get(BEGAN) or event.timestamp)))

    def _forget_from(self, invocation_id: str) -> None:
        turns = list(self._turns)
        first = next((n for n, turn in enumerate(turns) if invocation_id in self._turns[turn].invocations), len(turns))
        for turn in turns[first:]:
            del self._turns[turn]

    def messages(self) -> Iterator[Message]:
        """Yield the messages, their `seq` not yet set."""
        for turn_id, exchange in self._turns.items():
            yield from exchange.messages(turn_id)


def title_of(message: str, limit: int = _TITLE_CHARACTERS) -> str:
    """Return a conversation's title: the beginning of its first message, on one line."""
    words = " ".join(message.split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"
