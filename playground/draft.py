"""What a turn has written so far, and how the ADK session comes to hold exactly that.

A draft adds nothing twice: it may be kept again after a failure, or by the next process, which rebuilds it from a journal.
All of it runs on the invoker's event loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event
from google.adk.sessions import Session
from google.adk.sessions.base_session_service import GetSessionConfig
from google.genai import types

from playground.branches import Branch
from playground.errors import StoreError
from playground.history import (
    BEGAN,
    ERROR,
    OUTCOME,
    TURN,
    WHOLE,
    entries,
    interrupted,
    is_rewound,
    is_sent,
    mark_event,
    marks_of,
    meeting_in,
    reply_content,
    reply_entry,
    state_event,
    stopped_call,
    turn_of,
    user_content,
    user_event,
)
from playground.session_store import Journal, Piece, Record, SessionStore, sent_files
from playground.turn_log import Answer, Entry, Reply, Request, TurnLog

Outcome = Literal["done", "cancelled", "failed"]
MAKING = "vibehuntr_making"  # in the state of a session that is being copied or imported: it is not whole yet


class Sessions:
    """The ADK sessions of the conversations of one app. Loop only."""

    def __init__(self, store: SessionStore, app_name: str) -> None:
        """Keep where they are stored, and whose they are."""
        self.store = store
        self.app_name = app_name

    def key(self, where: Branch) -> dict[str, Any]:
        """Return how ADK's services name a branch's session."""
        return {"app_name": self.app_name, "user_id": where.user_id, "session_id": where.id}

    async def find(self, where: Branch) -> Session | None:
        """Return the session without its events, or None."""
        return await self.store.get_session(**self.key(where), config=GetSessionConfig(num_recent_events=0))

    async def create(self, where: Branch, state: Mapping[str, Any]) -> Session:
        """Make an empty session with this state. Raises: StoreError."""
        session = await self.store.create_session(**self.key(where))
        await self.set_state(session, state)
        return session

    async def make(self, where: Branch, events: Sequence[Event], state: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
        """Make a session with these events, and in the end this state and ours.

        Until then it is marked: no half of one is ever taken for whole, and if it fails it is taken away. State that none of the
        events sets is there from the start. Raises: StoreError.
        """
        by_events = {key for event in events for key in event.actions.state_delta}
        given = {key: value for key, value in state.items() if key not in by_events}
        session = await self.store.create_session(**self.key(where), state={**given, MAKING: True})
        try:
            for event in events:
                await self.store.append_event(session, event)
            differs = {key: value for key, value in state.items() if session.state.get(key) != value}
            await self.set_state(session, {**differs, **ours, MAKING: None})
        except StoreError:
            with suppress(StoreError):
                await self.store.delete_session(**self.key(where))
            raise

    async def set_state(self, session: Session, state: Mapping[str, Any]) -> None:
        """Change the state by an event: ADK's rewind keeps only what events have set."""
        await self.store.append_event(session, state_event(state))

    async def whole(self, where: Branch) -> Session | None:
        """Return the session with all its events, or None."""
        return await self.store.get_session(**self.key(where))

    async def since(self, where: Branch, began_at: float) -> Session:
        """Load the session with the events of a turn that began then."""
        session = await self.store.get_session(**self.key(where), config=GetSessionConfig(after_timestamp=began_at - 1.0))
        if session is None:
            raise SessionNotFoundError
        return session


class Draft:
    """What a turn has written so far, and how that gets into the ADK session when the turn does not end by itself.

    ADK stores neither a partial answer nor, when the turn never began, the question; and it may have stored an event that
    a stop kept from us. `keep` makes the two equal. The same draft is rebuilt from a journal after a restart.
    """

    def __init__(self, record: Record, log: TurnLog, store: SessionStore) -> None:
        """Begin with the question; what comes goes to the log too."""
        self.record = record
        self._storable = store.storable
        self.log = log
        self.files = sent_files(record)
        self.reply = Reply(Request(**record.reply["request"]), record.reply["confirmed"]) if record.reply else None
        self.answer = Answer()
        self._partials: dict[str, Event] = {}
        self._recorded: set[str] = set()
        self._journaled: dict[str, int] = {}  # characters of each text that the journal holds
        if self.reply:
            self.write(reply_entry(self.reply, record.began_at))

    @property
    def said(self) -> types.Content:
        """What the user said, as ADK wants it."""
        return reply_content(self.reply) if self.reply else user_content(self.record.question, self.files)

    def add(self, event: Event) -> bool:
        """Write what an ADK event says to the log. Returns: whether it was new. Raises: LogFull."""
        if event.id in self._recorded:
            return False
        if event.partial and event.content:
            self._partials[event.id] = event
        elif not event.partial:
            self._recorded.add(event.id)
        for entry in entries(event):
            if not is_sent(entry, {file.name for file in self.files}):
                self.write(entry)
        return True

    def write(self, entry: Entry) -> None:
        """Append to the log and to our own fold of it. Raises: LogFull."""
        try:
            self.log.append(replace(entry, text=self._storable(entry.text)))
        finally:
            self.answer.extend(self.log.read(self.answer.cursor))

    def add_pieces(self, pieces: Sequence[Piece]) -> None:
        """Write what a journal has kept: each character once, also where a save was repeated."""
        held: dict[str, int] = {}
        for piece in pieces:
            text = piece.text[max(0, held.get(piece.key, 0) - piece.offset) :]
            held[piece.key] = held.get(piece.key, 0) + len(text)
            content = types.Content(role="model", parts=[types.Part(text=text)])
            event = Event(author=piece.author, branch=piece.branch, invocation_id=piece.invocation_id, partial=True, content=content)
            event.id = piece.key
            self.add(event)

    async def save_in(self, journal: Journal) -> None:
        """Save the text that the journal does not hold yet. Raises: StoreError, and then the same text is saved again."""
        pieces: list[Piece] = []
        for part in self.answer.unfinished_texts:
            text, held = part.text, self._journaled.get(part.key, 0)
            if len(text) > held:
                event = self._partials[part.key]
                pieces.append(Piece(part.key, event.author, event.branch, event.invocation_id, held, text[held:]))
        await journal.save(pieces)
        self._journaled |= {piece.key: piece.offset + len(piece.text) for piece in pieces}

    async def keep(self, sessions: Sessions, branch: Branch, status: Outcome, words: str, author: str) -> None:
        """Make the ADK session hold exactly what the log shows. May be called again after a failure: nothing comes twice."""
        record = self.record
        session = await sessions.since(branch, record.began_at)
        mine = [event for event in session.events if turn_of(event) == record.turn_id]
        kept = {marks_of(event).get(WHOLE) for event in mine} | {event.id for event in mine}
        for event in mine:
            if event.author != "user" and WHOLE not in marks_of(event):
                self.add(event)
        if not any(event.author == "user" for event in mine):
            await sessions.store.append_event(session, user_event(self.said, record.turn_id, record.began_at))
        if self.reply and any(step.call_id == self.reply.request.call_id for step in self.answer.open_steps):
            await sessions.store.append_event(session, stopped_call(self.reply.request, {TURN: record.turn_id, BEGAN: record.began_at}))
        left = [part for part in self.answer.unfinished_texts if part.key not in kept]
        if not left and any(OUTCOME in marks_of(event) for event in mine):
            return
        marks = {TURN: record.turn_id, BEGAN: record.began_at, OUTCOME: status, ERROR: words}
        texts = [interrupted(self._partials[part.key], part.text, marks) for part in left]
        for event in texts or [mark_event(author, marks)]:
            await sessions.store.append_event(session, event)

    async def is_over(self, sessions: Sessions, branch: Branch) -> bool:
        """Whether the ADK session already holds the turn to its end, or has forgotten it by a rollback."""
        session = await sessions.since(branch, self.record.began_at)
        mine = [event for event in session.events if turn_of(event) == self.record.turn_id]
        if is_rewound(session.events, {event.invocation_id for event in mine}):
            return True
        kept = {marks_of(event).get(WHOLE) for event in mine} | {event.id for event in mine}
        ended = any(OUTCOME in marks_of(event) for event in mine) or (mine and _ends_answer(mine[-1]))
        return bool(ended) and all(key in kept for key in self._partials)


def _ends_answer(event: Event) -> bool:
    if event.actions.requested_tool_confirmations:  # the answer ends in a question
        return True
    if (meeting := meeting_in(event)) and meeting["kind"] != "conclusion":  # it was still being held
        return False
    return event.author != "user" and event.is_final_response() and not event.error_code and bool(event.content)
