"""Runs the turns of every conversation on one ADK Runner: start, stream, stop, repair, fail.

What it guarantees:

- One running turn a conversation, whatever the number of tabs. What a new message does to the turn that runs is the
  conversation's strategy; the new turn begins only when the old one is over and the ADK session holds what it showed (or
  it has not ended within `Settings.grace`).
- What the model remembers is what was shown: the text that a stopped or failed answer had got to is appended to the
  ADK session as an interrupted event, and a question whose turn never began is appended too. If the database is away, that
  is made up for before the next turn.
- `Turn.cancel` returns at once, may be called any number of times from any thread, and acts exactly once.
- "Stopped" is shown when the model's stream is closed; a tool that could not be stopped is named.
- A conversation is found only by its own user; for anybody else it does not exist.
- With a lasting store, a killed process loses less than a second of the answers that were being written.
- After `close` no thread, task or connection of the invoker is left.

What it does not: a synchronous tool cannot be killed. A stopped turn ignores its result, but its thread lives until the
tool returns. A model that sends nothing for `Settings.idle_limit` is given up; time spent inside a tool does not count.

Errors are one tree, in `playground/errors.py`; the message of each may be shown to the user as it stands.

Threads: ADK and everything it owns live on one event loop in one thread ("adk-loop"). A turn is a future of the
thread pool, whose size bounds the turns at once; its worker only waits for the turn's coroutine on the loop. A watchdog
thread notices when something blocks the loop. Public methods may be called from any thread but the loop's own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
import uuid
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import aclosing, suppress
from contextvars import Context
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from google.adk.agents import BaseAgent
from google.adk.agents.run_config import RunConfig, StreamingMode, ToolThreadPoolConfig
from google.adk.apps.app import App
from google.adk.artifacts import BaseArtifactService, InMemoryArtifactService
from google.adk.cli.utils.agent_loader import AgentLoader
from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event
from google.adk.models import BaseLlm
from google.adk.sessions import BaseSessionService, Session, State
from google.adk.sessions.base_session_service import GetSessionConfig
from google.genai import types

from playground.errors import (
    ABORTED,
    EMPTY_ANSWER,
    AgentInvocationError,
    ConversationBusy,
    ConversationDeleted,
    ConversationNotFound,
    InvalidMessage,
    ModelBusy,
    ModelKeyRefused,
    ModelUnknown,
    ModelUnreachable,
    PlaygroundError,
    RequestClosed,
    SessionError,
    StateError,
    StoreError,
    StreamingError,
    model_error,
    typed,
)
from playground.history import (
    BEGAN,
    ERROR,
    FORGOTTEN,
    OUTCOME,
    TURN,
    WHOLE,
    Transcript,
    entries,
    interrupted,
    is_rewound,
    mark_event,
    marks_of,
    reply_content,
    reply_entry,
    restored,
    state_event,
    stopped_call,
    title_of,
    turn_of,
    user_content,
    user_event,
)
from playground.runtime import (
    close_generator,
    close_model,
    close_tool_threads,
    consuming_turn,
    current_turn,
    give_memory_back,
    is_fenced,
    make_runner,
    models,
    use_tool_threads,
    warm_up,
    watch_generators,
)
from playground.session_store import Journal, Piece, Record, SessionStore, left_behind, open_store
from playground.turn_log import Answer, Entry, LogFull, Message, Reply, Request, TurnLog, open_requests, plain_text, replies_in
from playground.watchdog import Health, Watchdog

logger = logging.getLogger("vibehuntr.invoker")
_TICK = 0.25  # seconds until a limit is looked at again, at least
_A_MOMENT = 1.0
_A_WHILE = 60.0  # seconds; a reader that waits without limit looks again this often
_LOGGED_CHARACTERS = 100
_ABOUT = "vibehuntr_conversation"  # in the session's state: what the list of conversations shows
_SHARED = (State.USER_PREFIX, State.APP_PREFIX, State.TEMP_PREFIX)  # state that is not the session's own
_PATIENCE = 60.0  # seconds that a question to the store may take: a long conversation, or a copy of one
_MOVING = "vibehuntr_moving"  # in the state of a copy: the user and the id of the conversation that it is to replace
_BEHIND = "Waits for the answer above to end."
_INTERRUPTED = "Interrupted: the program was stopped while this was being written."
_RESTORED = "Starting new conversation... The old one was lost on the server; it goes on from what this page shows."

T = TypeVar("T")

Strategy = Literal["interrupt", "enqueue", "reject", "rollback"]
Outcome = Literal["done", "cancelled", "failed"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of an invoker. Times are in seconds, lengths in characters."""

    workers: int = 64
    tool_threads: int = 16
    idle_limit: float = 120.0
    unread_limit: float = 1800.0
    grace: float = 5.0
    save_every: float = 0.5
    answer_limit: int = 2_000_000
    message_limit: int = 100_000
    max_llm_calls: int = 50

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read VIBEHUNTR_WORKERS, VIBEHUNTR_IDLE_LIMIT and VIBEHUNTR_UNREAD_LIMIT.

        Raises: StateError naming the variable that is no number.
        """
        given: dict[str, Any] = {}
        for name, kind in (("workers", int), ("idle_limit", float), ("unread_limit", float)):
            variable = f"VIBEHUNTR_{name.upper()}"
            if text := environ.get(variable):
                given[name] = _positive_number(variable, text, kind)
        return cls(**given)


def _positive_number(variable: str, text: str, kind: type[int | float]) -> float:
    problem = StateError(f"{variable} must be a number above 0, not {text!r}. Correct it and restart.")
    try:
        number = kind(text)
    except ValueError as error:
        raise problem from error
    if not 0 < number < float("inf"):
        raise problem
    return number


@dataclass(frozen=True, slots=True)
class TalkSession:
    """One conversation in a user's list. Times are in seconds since the epoch."""

    id: str
    title: str
    created_at: float
    updated_at: float
    running: bool
    strategy: Strategy = "interrupt"


@dataclass(frozen=True, slots=True)
class View:
    """A conversation at one moment: its messages in order, and the turns whose answers among them may still change."""

    messages: Sequence[Message]
    turns: Sequence[Turn]


class _Sessions:
    """The ADK sessions of the conversations of one app. Loop only."""

    def __init__(self, store: SessionStore, app_name: str) -> None:
        self.store = store
        self.app_name = app_name

    def key(self, where: _Conversation) -> dict[str, Any]:
        return {"app_name": self.app_name, "user_id": where.user_id, "session_id": where.id}

    async def find(self, where: _Conversation) -> Session | None:
        """Return the session without its events, or None."""
        return await self.store.get_session(**self.key(where), config=GetSessionConfig(num_recent_events=0))

    async def create(self, where: _Conversation) -> Session:
        session = await self.store.create_session(**self.key(where))
        await self.set_state(session, {_ABOUT: where.about()})
        return session

    async def set_state(self, session: Session, state: Mapping[str, Any]) -> None:
        """Change the state by an event: ADK's rewind keeps only what events have set."""
        await self.store.append_event(session, state_event(state))

    async def whole(self, where: _Conversation) -> Session | None:
        return await self.store.get_session(**self.key(where))

    async def since(self, where: _Conversation, began_at: float) -> Session:
        """Load the session with the events of a turn that began then."""
        session = await self.store.get_session(**self.key(where), config=GetSessionConfig(after_timestamp=began_at - 1.0))
        if session is None:
            raise SessionNotFoundError
        return session


class _Draft:
    """What a turn has written so far, and how that gets into the ADK session when the turn does not end by itself.

    ADK stores neither a partial answer nor, when the turn never began, the question; and it may have stored an event that
    a stop kept from us. `keep` makes the two equal. The same draft is rebuilt from a journal after a restart.
    """

    def __init__(self, record: Record, log: TurnLog, store: SessionStore) -> None:
        self.record = record
        self._storable = store.storable
        self.log = log
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
        return reply_content(self.reply) if self.reply else user_content(self.record.question)

    def add(self, event: Event) -> bool:
        """Write what an ADK event says to the log. Returns: whether it was new. Raises: LogFull."""
        if event.id in self._recorded:
            return False
        if event.partial:
            self._partials[event.id] = event
        else:
            self._recorded.add(event.id)
        for entry in entries(event):
            self.write(entry)
        return True

    def write(self, entry: Entry) -> None:
        """Append to the log and to our own fold of it. Raises: LogFull."""
        if written := self.log.append(replace(entry, text=self._storable(entry.text))):
            self.answer.extend([written])

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

    async def keep(self, sessions: _Sessions, conversation: _Conversation, status: Outcome, words: str, author: str) -> None:
        """Make the ADK session hold exactly what the log shows. May be called again after a failure: nothing comes twice."""
        record = self.record
        session = await sessions.since(conversation, record.began_at)
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

    async def is_over(self, sessions: _Sessions, conversation: _Conversation) -> bool:
        """Whether the ADK session already holds the turn to its end, or has forgotten it by a rollback."""
        session = await sessions.since(conversation, self.record.began_at)
        mine = [event for event in session.events if turn_of(event) == self.record.turn_id]
        if is_rewound(session.events, {event.invocation_id for event in mine}):
            return True
        kept = {marks_of(event).get(WHOLE) for event in mine} | {event.id for event in mine}
        ended = any(OUTCOME in marks_of(event) for event in mine) or (mine and _ends_answer(mine[-1]))
        return bool(ended) and all(key in kept for key in self._partials)


def _ends_answer(event: Event) -> bool:
    if event.actions.requested_tool_confirmations:  # the answer ends in a question
        return True
    return event.author != "user" and event.is_final_response() and not event.error_code and bool(event.content)


class Turn:
    """One question and its answer: a log that anybody may read, and the means to stop it.

    `future` is the pool's future of the turn, None while it waits for the one before it; `ended` is true once the log has
    its terminal entry, the ADK session holds what is shown, and the next turn of the conversation may begin.
    """

    def __init__(
        self, invoker: AgentInvoker, conversation: _Conversation, message: str, shown: Sequence[Message] = (), reply: Reply | None = None
    ) -> None:
        """Describe the turn; `AgentInvoker.add_message` starts it, or `confirm`: then it goes on from the user's `reply`."""
        self.id = uuid.uuid4().hex
        self.user_id = conversation.user_id
        self.talk_session_id = conversation.id
        self.message = message
        self.shown = shown
        self.began_at = time.time()
        self.log = TurnLog(invoker.settings.answer_limit)
        self.future: concurrent.futures.Future[None] | None = None
        self.failure: PlaygroundError | None = None
        self.saved = False  # the ADK session holds what the log shows
        self.rolled_back = False
        self.left_behind = False  # it did not end within its grace: what it still does is ignored
        self.conversation = conversation
        self._invoker = invoker
        self._over: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._lock = threading.Lock()
        self._stop_asked = False
        self._roll_back = False
        self._given: dict[str, Any] = {}  # state of the session that no event has set, while a rollback takes it away
        self._why = ""
        self._read_at = time.monotonic()
        # Below: only the loop's thread.
        self.tool_threads: dict[concurrent.futures.Future[Any], str] = {}
        self.abort_signal = asyncio.Event()
        self._aborted = False
        self._task: asyncio.Task[None] | None = None
        self._task_over: asyncio.Future[None] | None = None
        self.reply = reply
        said = invoker.store.storable(asdict(reply)) if reply else None
        self._draft = _Draft(Record(self.id, conversation.id, message, self.began_at, reply=said), self.log, invoker.store)
        self._journal: Journal | None = None
        self._heard_at = 0.0
        self._reason: PlaygroundError | None = None
        self._generators: list[weakref.ref[AsyncGenerator[Any, Any]]] = []
        self._model_error: PlaygroundError | None = None

    def __repr__(self) -> str:
        """Name the turn as the log does."""
        return f"user={self.user_id} conversation={self.talk_session_id} turn={self.id}"

    @property
    def ended(self) -> bool:
        """Whether the turn is over, whatever its outcome."""
        return self._over.done()

    @property
    def stop_asked(self) -> bool:
        """Whether somebody has asked for the turn to stop."""
        return self._stop_asked

    def read(self, after: int = 0) -> list[Entry]:
        """Return the log's entries after a cursor; see `TurnLog.read`. A turn that is read is not given up as unread."""
        self._read_at = time.monotonic()
        return self.log.read(after)

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for news, at most `timeout` seconds; see `TurnLog.wait`."""
        self._read_at = time.monotonic()
        return self.log.wait(after, timeout)

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until the turn is over, at most `timeout` seconds; True if it is."""
        return bool(concurrent.futures.wait([self._over], timeout).done)

    def cancel(self, why: str = "", *, roll_back: bool = False) -> None:
        """Stop the turn. Returns at once; idempotent; without effect on a turn that is over.

        `why` is shown where it was not the user who stopped it; with `roll_back`, nothing of the turn is remembered. (Except
        one that goes on from a yes or no: ADK could only forget what was asked for with it, and the act may have been done.)

        The race with whoever starts the turn:

        1. A: `cancel` notes that a stop was asked for, and reads `future`, under the turn's lock.
        2. B: the end of the turn before this one submits it, and sets `future` under the same lock. If A came first, A
           finds no future and is done: the worker that takes the turn will see the note.
        3. C: a worker begins the turn, and its coroutine looks at that note before it makes the ADK task.
        4. A: with a future, `future.cancel` tells which came first. True: no worker will ever take the turn, so its end
           (the question must still be remembered) is run from here. False: a worker has it, and the abort runs on the
           loop, after (3) or before it: before, (3) sees the note; after, the abort finds the task.
        """
        with self._lock:
            if self._stop_asked or self.ended:
                return
            self._stop_asked, self._why, self._roll_back = True, why, roll_back and self.reply is None
            future = self.future
        self._invoker.touch(self.user_id)
        if future is None:
            self._invoker.call_on_loop(self._end_waiting)
        else:
            self._invoker.call_on_loop(self._end_unrun if future.cancel() else self._abort)

    def submitted(self, submit: Callable[[], concurrent.futures.Future[None]]) -> None:
        """Set `future`; see the race at `cancel`."""
        with self._lock:
            self.future = submit()

    def _end_waiting(self) -> None:
        """Show the stop of a turn that waits for the one before it; its question is remembered when its time comes."""
        if self._task is None and not self.log.closed:
            self._draft.write(Entry("cancelled", text=self._why))

    def _end_unrun(self) -> None:
        self._invoker.keep(self._invoker.run_turn(self))

    def _abort(self) -> None:
        """Stop the ADK task, exactly once: a second `cancel` would interrupt ADK's sealing of open calls. Loop only."""
        if self._task is None or self._task.done() or self._aborted:
            return
        self._aborted = True
        self._draft.write(Entry("stopping"))
        self.abort_signal.set()
        self._task.cancel()
        self._invoker.loop.call_later(self._invoker.settings.grace, self._let_go)

    def _let_go(self) -> None:
        """End the wait for the ADK task: it is done, or it has outlived its grace. Loop only."""
        if self._task_over is not None and not self._task_over.done():
            self._task_over.set_result(None)

    async def run(self, events: AsyncGenerator[Event, None]) -> PlaygroundError | None:
        """Record the events until they end or the turn is stopped. Returns: the failure, or None. Loop only.

        A task that is cancelled before its first step never runs, so nothing that must happen is left to it.
        """
        loop = self._invoker.loop
        self._task_over = loop.create_future()
        self._task = loop.create_task(self._consume(events), name=f"turn {self.id}")
        self._task.add_done_callback(lambda _: self._let_go())
        self._heard_at = loop.time()
        limits = [_Repeated(loop, self._check_silence), _Repeated(loop, self._check_unread)]
        await self._task_over
        for limit in limits:
            limit.stop()
        if not self._task.done():
            self.left_behind = True
            logger.warning("a stopped turn has not ended within its grace and is left behind: %r", self)
            return self._reason
        await self._close_generators()
        if self._aborted:
            return self._reason
        if self._task.cancelled():  # by the agent's own code
            return StreamingError()
        if error := self._task.exception():
            return typed(error, text_shown=bool(self._draft.answer.text))
        return None

    def began_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Note an async generator that the turn has begun; see `watch_generators`. Loop only."""
        self._generators.append(weakref.ref(generator))

    async def _close_generators(self) -> None:
        """Close the async generators that the turn left open, the innermost first; the model's HTTP stream is in one.

        ADK iterates some without closing them, so that a stop in the wrong moment left the stream open until the garbage
        collector came by (1 stop in 10).
        """
        generators, self._generators = self._generators, []
        for generator in (reference() for reference in reversed(generators)):
            if generator is not None and getattr(generator, "ag_frame", None) is not None:
                closing = self._invoker.loop.create_task(close_generator(generator))
                await asyncio.wait({closing}, timeout=self._invoker.settings.grace)
                if closing.done() and not closing.cancelled() and (error := closing.exception()):
                    logger.debug("closing what ADK left open: %r: %r", self, error)  # it was on its way out already

    async def _consume(self, events: AsyncGenerator[Event, None]) -> None:
        consuming_turn.set(self)
        async with aclosing(events):
            async for event in events:
                self._heard_at = self._invoker.loop.time()
                try:
                    self._record(event)
                except LogFull:
                    self._fail(StreamingError(f"The answer reached its limit of {self.log.limit:,} characters. What came is kept."))

    def _record(self, event: Event) -> None:
        """Write what an event says to the log, and remember its error until a later answer shows that the agent recovered."""
        if not self._draft.add(event):
            return
        if event.error_code and event.error_code != ABORTED:
            self._model_error = model_error(event)
        elif not event.partial and event.content and event.content.parts:
            self._model_error = None

    def write(self, entry: Entry) -> None:
        """Append to the log. Loop only, once the turn has begun."""
        self._draft.write(entry)

    @property
    def said(self) -> types.Content:
        """What the user said, as ADK wants it."""
        return self._draft.said

    def _fail(self, reason: PlaygroundError) -> None:
        """Stop the turn for a reason of our own, to be shown as its failure. Loop only."""
        self._reason = self._reason or reason
        self._abort()

    def _check_silence(self) -> float:
        """Give the model up when it says nothing. Returns: seconds until the next look."""
        limit = self._invoker.settings.idle_limit
        left = limit - (self._invoker.loop.time() - self._heard_at)
        if left <= 0 and not self._draft.answer.open_steps:
            self._fail(StreamingError(f"The model sent nothing for {limit:g} seconds. What came is kept. Please try again."))
        return left

    def _check_unread(self) -> float:
        """Stop a turn that no page has looked at for long. Returns: seconds until the next look."""
        limit = self._invoker.settings.unread_limit
        left = limit - (time.monotonic() - self._read_at)
        if left <= 0:
            self.cancel(f"Stopped: nobody had this conversation open for {_spoken(limit)}.")
        return left

    # -- its end ---------------------------------------------------------------------------------------------------

    async def end(self, failure: PlaygroundError | None) -> None:
        """Make the ADK session hold what is shown, write the terminal entry. Loop only."""
        stopped = failure is None and (self._aborted or self._task is None)
        if failure is None and not stopped:
            failure = self._model_error or (None if self._draft.answer.parts else AgentInvocationError(EMPTY_ANSWER))
        self.failure = failure
        if failure:
            _log_failure(self, failure)
        await self.save("cancelled" if stopped else "failed" if failure else "done", failure.message if failure else "")

    async def save(self, status: Outcome, words: str) -> None:
        """Bring the turn's outcome into the ADK session, then show it. Raises: StoreError, and then it can be tried again."""
        if status == "cancelled":
            words = words or self._how_it_stopped()
        if self._roll_back and (self._aborted or self._task is None):
            await self._undo()
        elif status != "done" or self._draft.answer.unfinished_texts:
            await self._draft.keep(self._invoker.sessions, self.conversation, status, words, self._invoker.agent_name)
        self.saved = True
        with suppress(StoreError):  # what is left of it says nothing that the session does not
            await self.drop_journal()
        self.write(Entry(status, text=words))

    async def save_again(self) -> None:
        """Bring a turn that ended while its database was away into the ADK session, as the page has shown it since."""
        end = self.log.read()[-1]
        await self.save(cast("Outcome", end.kind), end.text)

    def _how_it_stopped(self) -> str:
        """Say what "stopped" does not: who stopped it, and what could not be stopped."""
        tools = sorted({name for thread, name in self.tool_threads.items() if not thread.done()})
        if tools:
            return f"{self._why or 'Stopped.'} {' and '.join(tools)} was still running: its result will be ignored."
        if self.left_behind:
            return f"{self._why or 'Stopped.'} The agent's code did not end in time: whatever it still does is ignored."
        return self._why

    async def _undo(self) -> None:
        """Take the turn out of what the model remembers, by ADK's own means."""
        sessions = self._invoker.sessions
        session = await sessions.whole(self.conversation)
        events = session.events if session else []
        first = next((event for event in events if turn_of(event) == self.id), None)
        if session and first is None:  # its journal, if it is found, is told so
            await sessions.store.append_event(session, mark_event(self._invoker.agent_name, {TURN: self.id, OUTCOME: FORGOTTEN}))
        elif session and first and not is_rewound(events, {first.invocation_id}):
            by_events = {key for event in events for key in event.actions.state_delta}
            self._given = {key: value for key, value in session.state.items() if key not in by_events and not key.startswith(_SHARED)}
            await self._invoker.rewind(self, first.invocation_id)
        if self._given and (rewound := await sessions.find(self.conversation)):  # ADK's rewind has taken it for the turn's
            await sessions.set_state(rewound, self._given)
            self._given = {}
        self.rolled_back = True

    async def journal(self) -> None:
        """Save what has come since the last time. Loop only."""
        if self.saved or self.ended or self.conversation.gone:
            return
        if self._journal is None:
            sessions = self._invoker.sessions
            self._journal = Journal(sessions.store, sessions.app_name, self.user_id, self._draft.record)
        try:
            await self._draft.save_in(self._journal)
        except StoreError as error:
            logger.warning("the running answer could not be saved: %r cause=%s", self, type(error.__cause__).__name__)

    async def drop_journal(self) -> None:
        """Forget what was saved of the running turn. Loop only. Raises: StoreError."""
        if self._journal is not None:
            await self._journal.discard()

    def close(self) -> None:
        """Let the next turn begin. Idempotent."""
        if not self._over.done():
            self._over.set_result(None)


class _Repeated:
    """Calls a function on the loop again and again, each time after as many seconds as it returned (and not at once).

    In no context: the loop keeps a cancelled timer, and the context it was set in, until its time has come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, look: Callable[[], float]) -> None:
        self._loop = loop
        self._look = look
        self._again()

    def _again(self) -> None:
        self._handle = self._loop.call_later(max(self._look(), _TICK), self._again, context=Context())

    def stop(self) -> None:
        self._handle.cancel()


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"  # noqa: PLR2004


@dataclass(slots=True)
class _Conversation:
    """What the process knows of a conversation besides its ADK session. `lock` orders its starts, ends and views.

    `settled` are the messages of the turns that are over, None until somebody asks for them; `turns` are the others, the
    running one first: those that have not ended, and those whose end could not be saved.
    """

    user_id: str
    id: str
    title: str = ""
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    strategy: Strategy = "interrupt"
    titled_by: Turn | None = None
    settled: list[Message] | None = None
    turns: list[Turn] = field(default_factory=list["Turn"])
    gone: bool = False
    version: int = 0
    read_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self) -> TalkSession:
        title = self.title or "New conversation"
        return TalkSession(self.id, title, self.created_at, self.updated_at, bool(self.unfinished()), self.strategy)

    def about(self) -> dict[str, Any]:
        """Return what a restart must find again, for the session's state."""
        return {"title": self.title, "created_at": self.created_at, "strategy": self.strategy}

    def unfinished(self) -> list[Turn]:
        return [turn for turn in tuple(self.turns) if not turn.ended]

    def begin(self, turn: Turn) -> None:
        """Add a turn. Under the lock."""
        self.turns.append(turn)
        self.updated_at = turn.began_at
        self.version += 1
        if not self.title and turn.message:
            self.title, self.titled_by = title_of(turn.message), turn

    def view(self) -> View:
        messages = list(self.settled or ())
        for turn in self.turns:
            if not turn.rolled_back:
                messages += _messages_of(turn, len(messages))
        return View(messages, tuple(self.turns))

    def settle(self, turn: Turn) -> None:
        """Move a turn that is over from `turns` to `settled`. Under the lock."""
        self.turns.remove(turn)
        self.version += 1
        if self.settled is not None and not turn.rolled_back:
            self.settled += _messages_of(turn, len(self.settled))
        if self.titled_by is turn:
            self.titled_by = None
            if turn.rolled_back:  # its words are forgotten here too
                self.titled_by = next(iter(self.turns), None)
                self.title = title_of(self.titled_by.message) if self.titled_by else ""


class AgentInvoker:
    """Runs an ADK agent for many users and conversations; see the module for what it guarantees."""

    def __init__(
        self,
        agent: BaseAgent | App,
        *,
        settings: Settings | None = None,
        session_service: BaseSessionService | None = None,
        artifact_service: BaseArtifactService | None = None,
    ) -> None:
        """Start the loop, the workers and the watchdog for an agent (or an ADK `App`).

        `session_service` is where conversations are kept: a `SessionStore`, or any of ADK's services; by default, memory.
        """
        self.settings = settings or Settings()
        self.loop = asyncio.new_event_loop()
        self.store = SessionStore.of(session_service) if session_service else SessionStore()
        self.store.fenced = is_fenced
        self._artifacts = artifact_service or InMemoryArtifactService()
        self._runner = make_runner(agent, self.store, self._artifacts)
        self.sessions = _Sessions(self.store, self._runner.app_name)
        self.agent_name = str(self._runner.agent.name) if self._runner.agent else "agent"
        self._conversations: dict[str, dict[str, _Conversation]] = {}  # by user and id
        self._revisions: dict[str, int] = {}
        self._loaded: set[str] = set()
        self._loading: dict[str, asyncio.Lock] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._submitted = 0
        self._giving_back: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop_thread = threading.Thread(target=self._run_loop, name="adk-loop", daemon=True)
        self._loop_thread.start()
        self._pool = concurrent.futures.ThreadPoolExecutor(self.settings.workers, thread_name_prefix="turn")
        self._models = list(models(self._runner.agent))  # here, or the import of LiteLLM (4 s) would block the loop in a turn
        warm = asyncio.run_coroutine_threadsafe(warm_up(self._models), self.loop)
        self._watchdog = Watchdog(self.loop, self._loop_thread, warm)
        if self.store.lasting:
            self.call_on_loop(lambda: self.keep(self._save_running()))
        _alive.add(self)

    # -- conversations ---------------------------------------------------------------------------------------------

    def create_talk_session(self, user_id: str, talk_session_id: str | None = None) -> str:
        """Begin a conversation and return its id (FR-003). An id of one's own that exists already is kept as it is.

        Raises: StateError without a user, StoreError when it cannot be looked up.
        """
        if not user_id:
            raise StateError
        if talk_session_id is None:
            conversation = _Conversation(user_id, uuid.uuid4().hex, settled=[])
        else:
            self._load(user_id)
            conversation = _Conversation(user_id, talk_session_id)
        with self._lock:
            self._conversations.setdefault(user_id, {}).setdefault(conversation.id, conversation)
        self.touch(user_id)
        return conversation.id

    def list_sessions(self, user_id: str) -> list[TalkSession]:
        """Return the user's own conversations, the latest first (FR-004). Raises: StoreError."""
        self._load(user_id)
        return sorted((c.listed() for c in self._of(user_id)), key=lambda talk: talk.updated_at, reverse=True)

    def _of(self, user_id: str) -> list[_Conversation]:
        with self._lock:
            return [c for c in self._conversations.get(user_id, {}).values() if not c.gone]

    def get_session(self, user_id: str, talk_session_id: str) -> TalkSession:
        """Return one conversation. Raises: ConversationNotFound, also for another user's (FR-013); StoreError."""
        return self._find(user_id, talk_session_id).listed()

    def set_strategy(self, user_id: str, talk_session_id: str, strategy: Strategy) -> None:
        """Choose what new input does while a turn runs; the names are LangGraph's.

        `interrupt` stops the turn and keeps what it had written, `enqueue` waits for its end, `reject` refuses the input,
        `rollback` stops the turn and forgets it. Raises: ConversationNotFound, StateError for another name, StoreError.
        """
        if strategy not in STRATEGIES:
            raise StateError(f"There is no strategy {strategy!r}. Choose one of {', '.join(STRATEGIES)}.")
        self._find(user_id, talk_session_id).strategy = strategy
        self.touch(user_id)

    def delete_session(self, user_id: str, talk_session_id: str) -> None:
        """Stop a conversation's turns and forget it. Raises: ConversationNotFound, StoreError."""
        conversation = self._find(user_id, talk_session_id)
        with conversation.lock:
            conversation.gone = True
            turns = conversation.unfinished()
        for turn in turns:
            turn.cancel()
        for turn in turns:
            turn.wait_ended(2 * self.settings.grace)
        self._or_not_gone(conversation, self._delete(conversation))
        self.touch(user_id)
        self.call_on_loop(self._give_back_soon)

    def _give_back_soon(self) -> None:
        """Give memory back to the system a moment after the last of several deletions. Loop only."""
        if self._giving_back is not None:
            self._giving_back.cancel()
        self._giving_back = self.loop.call_later(_A_MOMENT, self._pool.submit, give_memory_back)

    def _or_not_gone(self, conversation: _Conversation, deed: Coroutine[Any, Any, None]) -> None:
        """Do what takes a conversation away from its user; it is still there if that fails.

        What stays is a note that it is gone, so that other tabs can be told.
        """
        try:
            self._ask_loop(deed)
        except PlaygroundError:
            conversation.gone = False
            raise
        conversation.settled, conversation.title = [], ""

    async def _delete(self, conversation: _Conversation) -> None:
        key = self.sessions.key(conversation)
        for name in await self._artifacts.list_artifact_keys(**key):
            if not name.startswith("user:"):
                await self._artifacts.delete_artifact(**key, filename=name)
        for turn in tuple(conversation.turns):
            await turn.drop_journal()
        if self.store.journaled:
            for record, journal in await left_behind(self.store, self.sessions.app_name, conversation.user_id):
                if record.talk_session_id == conversation.id:
                    await journal.discard()
        await self.store.delete_session(**key)

    def take_over(self, user_id: str, anonymous_id: str) -> int:
        """Move an anonymous user's conversations, and what the agent knows of that user, to a user who has logged in.

        Returns: how many stay behind because an answer is being written in them; they can be moved later. Raises: StoreError.
        """
        self._load(user_id)
        self._load(anonymous_id)
        theirs = self._of(anonymous_id)
        moved = [conversation for conversation in theirs if self._move(conversation, user_id)]
        self.touch(user_id)
        self.touch(anonymous_id)
        return len(theirs) - len(moved)

    def _move(self, conversation: _Conversation, user_id: str) -> bool:
        with conversation.lock:
            if conversation.turns:
                return False
            conversation.gone = True
        taken = any(own.id == conversation.id for own in self._of(user_id))
        new = replace(conversation, user_id=user_id, id=uuid.uuid4().hex if taken else conversation.id, settled=None, turns=[], gone=False)
        new.lock = threading.Lock()
        self._or_not_gone(conversation, self._copy(conversation, new))
        with self._lock:
            self._conversations.setdefault(user_id, {})[new.id] = new
        return True

    async def _copy(self, old: _Conversation, new: _Conversation) -> None:
        """Copy a session and its artifacts to another user, then delete the old one.

        Until that is done the copy is marked: an earlier try's is replaced if the old session is still there, otherwise taken.
        """
        session, copy = await self.sessions.whole(old), await self.sessions.find(new)
        if session:
            if copy:
                await self.store.delete_session(**self.sessions.key(new))
            copy = await self.store.create_session(**self.sessions.key(new), state={_MOVING: [old.user_id, old.id]})
            await self._fill(session, copy)
            for name in await self._artifacts.list_artifact_keys(**self.sessions.key(old)):
                if artifact := await self._artifacts.load_artifact(**self.sessions.key(old), filename=name):
                    await self._artifacts.save_artifact(**self.sessions.key(new), filename=name, artifact=artifact)
        await self._delete(old)
        if copy:
            await self.sessions.set_state(copy, {_MOVING: None})

    async def _fill(self, session: Session, copy: Session) -> None:
        """Bring a session's events and state into the session of another user, of whom what is known already stays."""
        known = await self.store.get_user_state(app_name=copy.app_name, user_id=copy.user_id)
        known = {f"{State.USER_PREFIX}{key}" for key in known}
        for event in session.events:
            event.actions.state_delta = {k: v for k, v in event.actions.state_delta.items() if not k.startswith(_SHARED)}
            await self.store.append_event(copy, event)
        of_user = {k: v for k, v in session.state.items() if k.startswith(State.USER_PREFIX) and k not in known}
        own = {k: v for k, v in session.state.items() if not k.startswith(_SHARED) and k != _MOVING}
        await self.sessions.set_state(copy, {**own, **of_user})

    def revision(self, user_id: str) -> int:
        """Return a number that changes with every change to any of the user's conversations, running text excepted."""
        return self._revisions.get(user_id, 0)

    def touch(self, user_id: str) -> None:
        """Tell the user's pages that something has changed."""
        with self._lock:
            self._revisions[user_id] = self._revisions.get(user_id, 0) + 1

    def _find(self, user_id: str, talk_session_id: str) -> _Conversation:
        self._load(user_id)
        with self._lock:
            conversation = self._conversations.get(user_id, {}).get(talk_session_id)
        if conversation is None:
            raise ConversationNotFound
        if conversation.gone:
            raise ConversationDeleted
        return conversation

    # -- what outlived an earlier process ------------------------------------------------------------------------------

    def _load(self, user_id: str) -> None:
        """Make the conversations that the store has of a user known, once."""
        if self.store.lasting and user_id and user_id not in self._loaded:
            self._ask_loop(self._load_user(user_id))

    async def _load_user(self, user_id: str) -> None:
        async with self._loading.setdefault(user_id, asyncio.Lock()):
            if user_id in self._loaded:
                return
            if self.store.journaled:
                for record, journal in await left_behind(self.store, self.sessions.app_name, user_id):
                    await self._recover(user_id, record, journal)
            listed = await self.store.list_sessions(app_name=self.sessions.app_name, user_id=user_id)
            sessions = [session for session in listed.sessions if not await self._is_half_moved(session)]
            with self._lock:
                own = self._conversations.setdefault(user_id, {})
                for session in sessions:
                    own.setdefault(session.id, _known(session))
                self._loaded.add(user_id)

    async def _is_half_moved(self, session: Session) -> bool:
        """Whether it is the copy of a conversation that is still there; a copy that was only not unmarked is unmarked."""
        if not (origin := session.state.get(_MOVING)):
            return False
        user_id, talk_session_id = origin
        if await self.sessions.find(_Conversation(user_id, talk_session_id)):
            return True
        await self.sessions.set_state(session, {_MOVING: None})
        return False

    async def _recover(self, user_id: str, record: Record, journal: Journal) -> None:
        """Bring what a killed process had saved of a running answer into its conversation, marked as interrupted.

        Killed in the middle of this, the next process does it again: `_Draft.keep` adds nothing twice.
        """
        conversation = _Conversation(user_id, record.talk_session_id, title_of(record.question), record.began_at)
        if await self.sessions.find(conversation) is None:
            await self.sessions.create(conversation)
        draft = _Draft(record, TurnLog(self.settings.answer_limit), self.store)
        draft.add_pieces(record.pieces)
        if not await draft.is_over(self.sessions, conversation):
            await draft.keep(self.sessions, conversation, "cancelled", _INTERRUPTED, self.agent_name)
            logger.warning("an interrupted answer was recovered: user=%s conversation=%s turn=%s", user_id, conversation.id, record.turn_id)
        await journal.discard()

    async def _save_running(self) -> None:
        """Save the running answers again and again, and let go of the messages that nobody looks at. Until `close`."""
        while True:
            await asyncio.sleep(self.settings.save_every)
            with self._lock:
                conversations = [c for own in self._conversations.values() for c in own.values()]
            if self.store.journaled:
                turns = [turn for c in conversations for turn in c.unfinished()]
                old = time.time() - self.settings.save_every  # a turn that ends at once needs no journal
                saves = await asyncio.gather(*(turn.journal() for turn in turns if turn.began_at < old), return_exceptions=True)
                for error in (outcome for outcome in saves if outcome is not None):
                    logger.error("a running answer could not be saved", exc_info=error)
            unread_since = time.monotonic() - self.settings.unread_limit
            for conversation in conversations:
                with conversation.lock:
                    if conversation.read_at < unread_since and not conversation.turns:
                        conversation.settled = None

    # -- turns -----------------------------------------------------------------------------------------------------

    def add_message(
        self, user_id: str, talk_session_id: str, message: str, shown: Sequence[Message] = (), strategy: Strategy | None = None
    ) -> Turn:
        """Start a turn with `message`; what becomes of one that runs, the conversation's strategy says (FR-005 to FR-007).

        Returns at once: the turn begins when the one before it is over and a worker is free. `shown` is what the page still
        shows of the conversation: if its ADK session has been lost, the new one is filled from it. `strategy` replaces the
        conversation's own, for this message.
        Raises: InvalidMessage, ConversationNotFound, ConversationBusy when new input is refused, StoreError, StateError when
            the invoker is closed.
        """
        self._check_message(message)
        message = self.store.storable(message)
        conversation = self._find(user_id, talk_session_id)
        strategy = strategy or conversation.strategy
        with conversation.lock:
            running = conversation.unfinished()
            turn = Turn(self, conversation, message, shown)
            with self._lock:  # with which `close` looks for the turns that it must end
                self._check_open(conversation, refuse=bool(running) and strategy == "reject")
                conversation.begin(turn)
            if strategy != "enqueue":
                for earlier in running:
                    earlier.cancel(roll_back=strategy == "rollback")
            if not running:
                self._submit(turn)
            elif strategy == "enqueue":
                turn.log.append(Entry("queued", text=_BEHIND))
        self.touch(user_id)
        return turn

    def confirm(self, user_id: str, talk_session_id: str, request_id: str, confirmed: bool) -> Turn:  # noqa: FBT001
        """Say yes or no to a tool call that waits for it: a turn that goes on where the agent has asked.

        The first reply is the reply: it is looked for, and the turn begun, under the conversation's lock, so of a double click,
        or of two tabs, the later finds the earlier's turn.
        Raises: RequestClosed when it was answered before, or something else was typed since; ConversationBusy while an answer
            is being written; otherwise as `view`.
        """
        conversation = self._find(user_id, talk_session_id)
        while True:
            self.view(user_id, talk_session_id)
            with conversation.lock:
                if conversation.settled is None:  # let go of since
                    continue
                request = _request_to_answer(conversation, request_id)
                turn = Turn(self, conversation, "", reply=Reply(request, confirmed))
                with self._lock:
                    self._check_open(conversation, refuse=False)
                    conversation.begin(turn)
                self._submit(turn)
            self.touch(user_id)
            return turn

    def _check_message(self, message: str) -> None:
        if not message.strip():
            raise InvalidMessage
        if len(message) > self.settings.message_limit:
            limit = self.settings.message_limit
            raise InvalidMessage(f"The message has {len(message):,} characters; the limit is {limit:,}. Shorten it and send again.")

    def _check_open(self, conversation: _Conversation, *, refuse: bool) -> None:
        if self._closed:
            raise StateError
        if conversation.gone:
            raise ConversationDeleted
        if refuse:
            raise ConversationBusy

    def _submit(self, turn: Turn) -> None:
        """Hand a turn to the pool. Under its conversation's lock."""
        with self._lock:
            if self._submitted >= self.settings.workers:
                busy = f"All {self.settings.workers} workers are busy: your message waits in line."
                turn.log.append(Entry("queued", text=busy))
            self._submitted += 1
        turn.submitted(lambda: self._pool.submit(self._work, turn))

    def running_turn(self, user_id: str, talk_session_id: str) -> Turn | None:
        """Return the turn that a stop would stop, or one that is just stopping, if there is one. Raises: ConversationNotFound."""
        unfinished = self._find(user_id, talk_session_id).unfinished()
        return next((turn for turn in unfinished if not turn.stop_asked), unfinished[0] if unfinished else None)

    def stop(self, user_id: str, talk_session_id: str) -> None:
        """Stop the conversation's running turn, if there is one; one that waits in line is next. Raises: ConversationNotFound."""
        if turn := self.running_turn(user_id, talk_session_id):
            turn.cancel()

    def view(self, user_id: str, talk_session_id: str) -> View:
        """Return the conversation as it is now. Raises: ConversationNotFound; StoreError; StateError when the loop is blocked.

        Messages that are not known yet are folded from the session's events, without a lock, against turns that end
        meanwhile: the version tells whether one began or ended, and then the fold is made again.
        """
        conversation = self._find(user_id, talk_session_id)
        conversation.read_at = time.monotonic()
        while True:
            with conversation.lock:
                if conversation.settled is not None:
                    return conversation.view()
                version, apart = conversation.version, {turn.id for turn in conversation.turns}
            messages = self._ask_loop(self._history(conversation, apart))
            with conversation.lock:
                if conversation.version == version:
                    conversation.settled = messages

    async def _history(self, conversation: _Conversation, apart: set[str]) -> list[Message]:
        told = Transcript()
        session = await self.sessions.whole(conversation)
        for event in session.events if session else ():
            if turn_of(event) not in apart:
                told.add(event)
        return [replace(message, seq=seq) for seq, message in enumerate(told.messages(), 1)]

    def get_messages(self, user_id: str, talk_session_id: str, after: int = 0) -> list[Message]:
        """Return the conversation's messages whose `seq` is above `after` (FR-011), those of running turns last.

        A reader that passes the `seq` of the last message it knows to be final gets a running answer again and again,
        each time with its whole text so far. Raises: as `view`.
        """
        return list(self.view(user_id, talk_session_id).messages[max(0, after) :])

    def _ask_loop(self, question: Coroutine[Any, Any, T]) -> T:
        """Ask the loop and wait for the answer. A database that is away says so itself; a loop that is blocked is given up."""
        answer = asyncio.run_coroutine_threadsafe(question, self.loop)
        until = time.monotonic() + _PATIENCE
        while not concurrent.futures.wait([answer], _A_MOMENT).done:
            if self.health().blocked_for > self.settings.grace or time.monotonic() > until:
                answer.cancel()
                raise StateError("The agent is busy and does not answer. Please try again.")
        return answer.result()

    # -- the life of a turn, on the loop -----------------------------------------------------------------------------

    def _work(self, turn: Turn) -> None:
        """Run one turn, in a worker: the pool's size is the number of turns at once."""
        asyncio.run_coroutine_threadsafe(self.run_turn(turn), self.loop).result()

    async def run_turn(self, turn: Turn) -> None:
        """Run a turn from its predecessor's end to its own. Loop only."""
        current_turn.set(turn)
        try:
            await self._save_earlier(turn)
            turn.write(Entry("started"))
            await self._open_session(turn)
            failure = None
            if not turn.stop_asked:
                failure = await turn.run(self._events_of(turn))
            await turn.end(failure)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a turn: nothing above it can tell the user
            turn.failure = typed(error, text_shown=False)
            _log_failure(turn, turn.failure)
            turn.write(Entry("failed", text=turn.failure.message))
        finally:
            self._retire(turn)

    async def _save_earlier(self, turn: Turn) -> None:
        """Save the turns that ended while the database was away: the model must remember what the page shows."""
        conversation = turn.conversation
        if conversation.gone:
            raise ConversationDeleted
        for earlier in [t for t in conversation.turns if t.ended]:
            await self._open_session(earlier)
            await earlier.save_again()
            with conversation.lock:
                conversation.settle(earlier)

    def _retire(self, turn: Turn) -> None:
        conversation = turn.conversation
        if not turn.log.closed:  # the loop is being closed under it
            turn.write(Entry("cancelled", text=_INTERRUPTED))
        with conversation.lock:
            turn.close()
            if turn.saved or conversation.gone:
                conversation.settle(turn)
            conversation.updated_at = time.time()
            conversation.version += 1
            waiting = conversation.unfinished()
            if waiting:
                self._submit(waiting[0])
        with self._lock:
            self._submitted -= 1
        self.touch(turn.user_id)

    def _events_of(self, turn: Turn) -> AsyncGenerator[Event, None]:
        return self._runner.run_async(
            user_id=turn.user_id,
            session_id=turn.talk_session_id,
            new_message=turn.said,
            run_config=RunConfig(
                streaming_mode=StreamingMode.SSE,
                tool_thread_pool_config=ToolThreadPoolConfig(max_workers=self.settings.tool_threads),
                max_llm_calls=self.settings.max_llm_calls,
                custom_metadata={TURN: turn.id, BEGAN: turn.began_at},
            ),
            abort_signal=turn.abort_signal,
        )

    async def rewind(self, turn: Turn, invocation_id: str) -> None:
        """Take an invocation, and what came after it, out of what the model remembers. Loop only."""
        await self._runner.rewind_async(user_id=turn.user_id, session_id=turn.talk_session_id, rewind_before_invocation_id=invocation_id)

    async def _open_session(self, turn: Turn) -> None:
        """Make sure that the conversation's ADK session is there and up to date; fill a lost one from what the page still shows."""
        conversation = turn.conversation
        if session := await self.sessions.find(conversation):
            if session.state.get(_ABOUT) != conversation.about():
                await self.sessions.set_state(session, {_ABOUT: conversation.about()})
            return
        session = await self.sessions.create(conversation)
        if conversation.gone:  # meanwhile
            await self._delete(conversation)
            raise ConversationDeleted
        if turn.shown:
            logger.warning("the session was lost and is filled from the page: %r", turn)
            for event in restored(turn.shown, self.agent_name):
                await self.store.append_event(session, event)
            with conversation.lock:
                conversation.settled = None
                conversation.version += 1
            turn.write(Entry("notice", text=_RESTORED))

    def call_on_loop(self, function: Callable[[], None]) -> None:
        """Have a plain function called on the loop; after `close`, nothing."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(function)

    def keep(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the loop, and hold its task until it is done. Loop only."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- health and end ------------------------------------------------------------------------------------------------

    def health(self) -> Health:
        """Return whether something blocks the event loop, and what."""
        return self._watchdog.health

    @property
    def model_name(self) -> str:
        """The name of the model that the root agent calls; empty for an agent that calls none itself."""
        model = getattr(self._runner.agent, "model", "")
        return model.model if isinstance(model, BaseLlm) else str(model)

    def close(self) -> None:
        """Stop all turns and end every thread, task and connection of the invoker (NFR-004). Idempotent.

        A synchronous tool that still runs keeps its thread until it returns: Python cannot stop it.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            turns = [turn for own in self._conversations.values() for c in own.values() for turn in c.unfinished()]
        for turn in turns:
            turn.cancel(_INTERRUPTED)
        for turn in turns:
            turn.wait_ended(2 * self.settings.grace)
        self.call_on_loop(lambda: self._giving_back and self._giving_back.cancel())
        self._watchdog.close()
        _alive.discard(self)
        closing = asyncio.run_coroutine_threadsafe(self._close_adk(), self.loop)
        if not concurrent.futures.wait([closing], 4 * self.settings.grace).done:
            logger.error("something blocks the event loop: its threads are left behind")
            return
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._loop_thread.join()
        close_tool_threads(self.loop, self.settings.grace)
        closing.result()

    async def _close_adk(self) -> None:
        await self._runner.close()
        for model in {id(model): model for model in self._models}.values():
            await close_model(model)
        left = asyncio.all_tasks() - {asyncio.current_task()} - self.store.calls  # turns left behind, and what an agent has begun
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=self.settings.grace)
        await self.store.close()
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()

    def _run_loop(self) -> None:
        """Run the loop until `close`. A tool that calls `sys.exit` ends its turn, not everybody's loop."""
        asyncio.set_event_loop(self.loop)
        use_tool_threads(self.loop, self.settings.tool_threads)
        while True:
            self.loop.call_soon(watch_generators)
            try:
                self.loop.run_forever()
                break
            except (SystemExit, KeyboardInterrupt):
                logger.exception("something on the event loop tried to end the process; the loop goes on")
        self.loop.close()


def _known(session: Session) -> _Conversation:
    """Return a stored conversation; what `adk web` has made has no title."""
    about: Mapping[str, Any] = session.state.get(_ABOUT) or {}
    updated_at = session.last_update_time
    strategy = about.get("strategy")
    return _Conversation(
        session.user_id,
        session.id,
        str(about.get("title") or "Conversation"),
        float(about.get("created_at") or updated_at),
        updated_at,
        strategy if strategy in STRATEGIES else "interrupt",
    )


def _request_to_answer(conversation: _Conversation, request_id: str) -> Request:
    """Find an open request. Under the lock. Raises: ConversationBusy, RequestClosed."""
    messages = conversation.view().messages
    if request_id in replies_in(messages):
        raise RequestClosed("This was answered already: the first answer counts, and nothing is done twice.")
    if conversation.unfinished():
        raise ConversationBusy
    request = open_requests(messages).get(request_id)
    if request is None:
        raise RequestClosed
    return request


def _messages_of(turn: Turn, after: int) -> list[Message]:
    """Return a turn's messages as they are now, numbered from `after` on: what was typed, if anything, and the answer."""
    answer = Answer(turn.read())
    question = [] if turn.reply else [Message(after + 1, turn.id, "user", plain_text(turn.message), at=turn.began_at)]
    after += len(question) + 1
    return [*question, Message(after, turn.id, "assistant", answer.parts, answer.status, answer.error, turn.began_at, answer.notices)]


_alive: weakref.WeakSet[AgentInvoker] = weakref.WeakSet()


def close_all() -> None:
    """Close every invoker of the process, for its shutdown."""
    for invoker in list(_alive):
        invoker.close()


def _log_failure(turn: Turn, failure: PlaygroundError) -> None:
    cause = failure.__cause__
    logger.error(
        "turn failed: at=%s %r error=%s cause=%s message=%r",
        time.strftime("%Y-%m-%dT%H:%M:%S%z"), turn, type(failure).__name__, type(cause).__name__, turn.message[:_LOGGED_CHARACTERS],
        exc_info=cause,
    )  # fmt: skip


# -- the names of the documents ------------------------------------------------------------------------------------------


def load_agent(folder: Path) -> BaseAgent | App:
    """Load an ADK agent folder (Python or YAML) with ADK's own loader.

    Raises: AgentInvocationError saying which folder cannot be loaded; the cause is ADK's own error.
    """
    folder = folder.resolve()
    try:
        return AgentLoader(str(folder.parent)).load_agent(folder.name)
    except Exception as error:
        raise AgentInvocationError(
            f"The agent folder {folder.name!r} cannot be loaded ({type(error).__name__}). See the log, correct it and restart."
        ) from error


_invokers: dict[int, tuple[Any, AgentInvoker]] = {}
_invokers_lock = threading.Lock()


def _invoker_of(agent: BaseAgent | App) -> AgentInvoker:
    """Return the one invoker of an agent. The agent is kept too, so that its id stays its own."""
    with _invokers_lock:
        if id(agent) not in _invokers or _invokers[id(agent)][1]._closed:  # noqa: SLF001
            _invokers[id(agent)] = (agent, AgentInvoker(agent))
        return _invokers[id(agent)][1]


def invoke_agent_streaming(
    agent: BaseAgent | App,
    message: str,
    chat_history: Sequence[Mapping[str, str]],
    session_id: str,
    user_id: str = "playground_user",
    yield_tool_calls: bool = False,  # noqa: FBT001, FBT002
) -> Generator[dict[str, Any], None, None]:
    """Run one turn and yield its text as it comes: `{"type": "text", "content": ...}`; a thin reader of the same `Turn`.

    With `yield_tool_calls`, also `{"type": "tool_call", "name": ..., "args": {...}}`. `chat_history` is not read: the
    ADK session remembers. Closing the generator stops the turn.
    Raises: PlaygroundError after the text that had come, when the turn fails.
    """
    del chat_history
    invoker = _invoker_of(agent)
    turn = invoker.add_message(user_id, invoker.create_talk_session(user_id, session_id), message)
    try:
        yield from _streamed(turn, tool_calls=yield_tool_calls)
    finally:
        turn.cancel()


def _streamed(turn: Turn, *, tool_calls: bool) -> Generator[dict[str, Any], None, None]:
    cursor, begun = 0, set[str]()
    while True:
        turn.wait(cursor, _A_WHILE)
        for entry in turn.read(cursor):
            cursor = entry.seq
            if entry.kind == "failed":
                raise turn.failure or PlaygroundError(entry.text)
            if entry.kind in ("done", "cancelled"):
                return
            if entry.kind == "partial" or (entry.kind == "final" and entry.key not in begun):
                begun.add(entry.key)
                yield {"type": "text", "content": entry.text}
            elif entry.kind == "tool_call" and tool_calls:
                yield {"type": "tool_call", "name": entry.text, "args": dict(entry.data)}


__all__ = [
    "STRATEGIES",
    "AgentInvocationError",
    "AgentInvoker",
    "ConversationBusy",
    "ConversationDeleted",
    "ConversationNotFound",
    "Health",
    "InvalidMessage",
    "ModelBusy",
    "ModelKeyRefused",
    "ModelUnknown",
    "ModelUnreachable",
    "PlaygroundError",
    "RequestClosed",
    "SessionError",
    "Settings",
    "StateError",
    "StoreError",
    "Strategy",
    "StreamingError",
    "TalkSession",
    "Turn",
    "View",
    "close_all",
    "invoke_agent_streaming",
    "load_agent",
    "open_store",
]
