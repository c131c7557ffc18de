"""Runs the turns of every conversation on one ADK Runner: start, stream, stop, repair, fail.

What it guarantees:

- One running turn a conversation, whatever the number of tabs. A new message stops the turn that runs, and the new
  turn begins only when the old one is over, sealed and repaired (or has not ended within `Settings.grace`).
- What the model remembers is what was shown: the text that a stopped or failed answer had got to is appended to the
  ADK session as an interrupted event, and a question whose turn never began is appended too.
- `Turn.cancel` returns at once, may be called any number of times from any thread, and acts exactly once.
- A conversation is found only by its own user; for anybody else it does not exist.
- After `close` no thread, task or connection of the invoker is left.

What it does not: a synchronous tool cannot be killed. A stopped turn ignores its result, but its thread lives until the
tool returns. A model that sends nothing for `Settings.idle_limit` is given up; time spent inside a tool does not count.

Errors are one tree. The message of each may be shown to the user as it stands, and says whose move is next:

    PlaygroundError
    ├── AgentInvocationError     the agent gave no answer
    │   ├── ModelBusy            429 or 503, after the client's own retries
    │   ├── ModelKeyRefused      no key, or a wrong one
    │   ├── ModelUnknown         no model of that name
    │   └── ModelUnreachable     no connection
    ├── SessionError             the conversation is not there
    │   └── ConversationNotFound
    ├── StreamingError           the answer broke off; what came is kept
    ├── StateError               this program got into a state that it does not understand
    └── InvalidMessage           empty, or too long

Threads: ADK and everything it owns live on one event loop in one thread ("adk-loop"). A turn is a future of the
thread pool, whose size bounds the turns at once; its worker only waits for the turn's coroutine on the loop. A watchdog
thread notices when something blocks the loop. Public methods may be called from any thread but the loop's own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import re
import sys
import threading
import time
import uuid
import weakref
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from google.adk.agents import BaseAgent, LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode, ToolThreadPoolConfig
from google.adk.apps.app import App
from google.adk.artifacts import BaseArtifactService, InMemoryArtifactService
from google.adk.cli.utils.agent_loader import AgentLoader
from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.plugins import BasePlugin
from google.adk.runners import Runner
from google.adk.sessions import BaseSessionService, InMemorySessionService, Session
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.tools import BaseTool, ToolContext
from google.adk.utils import _sync_runner
from google.genai import types

from turn_log import Answer, Entry, LogFull, Message, Part, Status, TurnLog, plain_text

logger = logging.getLogger("vibehuntr.invoker")

_TURN = "vibehuntr_turn"  # metadata of every event of a turn: the turn's id
_OUTCOME = "vibehuntr_outcome"  # metadata of the event that ends a turn that was cancelled or failed
_ERROR = "vibehuntr_error"  # and, for a failed one, the message that was shown
_ABORTED = "INVOCATION_ABORTED"  # ADK's error code on the events that seal a stopped invocation
_BUSY = (429, 503)
_REFUSED = (401, 403)
_NOT_FOUND = 404
_TICK = 0.25  # seconds between two looks of the watchdog
_A_WHILE = 60.0  # seconds; a reader that waits without limit looks again this often
_BLOCKED_AFTER = 0.5  # seconds without an answer after which the loop counts as blocked
_LOGGED_CHARACTERS = 100
# What providers say in words only: LiteLLM and the OpenAI client give these no status of their own.
_NO_KEY = re.compile(r"api[_ ]?key|missing credentials|missing key inputs", re.IGNORECASE)
_NO_CONNECTION = re.compile(r"APIConnectionError|Cannot connect to host")
_RESTORED = "Starting new conversation... The old one was lost on the server; it goes on from what this page shows."
_EMPTY_ANSWER = "The model gave an empty answer. Please try again."
_TITLE_CHARACTERS = 48

T = TypeVar("T")


class PlaygroundError(Exception):
    """Base of all errors whose message may be shown to the user as it stands."""

    default = "Something went wrong. Please try again."

    def __init__(self, message: str = "") -> None:
        """Take the class's own message unless another is given."""
        super().__init__(message or self.default)

    @property
    def message(self) -> str:
        """The text for the page: plain words, and what to do next."""
        return str(self)


class AgentInvocationError(PlaygroundError):
    """The agent gave no answer."""

    default = "Unable to get response. Please try again."


class ModelBusy(AgentInvocationError):  # noqa: N818 - the name says what happened
    """The model answered 429 or 503, also after the client's own retries."""

    default = "Unable to get response. Please try again. The model is overloaded or its quota is used up; wait a minute."


class ModelKeyRefused(AgentInvocationError):  # noqa: N818
    """The model's key is missing or wrong."""

    default = (
        "Unable to get response. The model's key is missing or was refused: "
        "check GOOGLE_API_KEY (or your provider's key), restart, and please try again."
    )


class ModelUnknown(AgentInvocationError):  # noqa: N818
    """No provider knows a model of that name."""

    default = (
        "Unable to get response. There is no model of that name: "
        "check VIBEHUNTR_MODEL (or the model in your agent), restart, and please try again."
    )


class ModelUnreachable(AgentInvocationError):  # noqa: N818
    """No connection to the model could be made."""

    default = "Unable to get response. The model cannot be reached: check the network, and please try again."


class SessionError(PlaygroundError):
    """The conversation is not there any more."""

    default = "Starting new conversation..."


class ConversationNotFound(SessionError):  # noqa: N818
    """This user has no conversation with that id; whether somebody else has is not told."""

    default = "There is no such conversation. Choose one from the list, or start a new one."


class StreamingError(PlaygroundError):
    """The answer broke off; what had come of it is kept."""

    default = "The connection broke off in mid-answer. What had come is kept. Please try again."


class StateError(PlaygroundError):
    """The program got into a state it does not understand."""

    default = "Session reset. Please start over."


class InvalidMessage(PlaygroundError):  # noqa: N818
    """The message cannot be sent as it is."""

    default = "The message is empty. Type something first."


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of an invoker. Times are in seconds, lengths in characters."""

    workers: int = 64
    tool_threads: int = 16
    idle_limit: float = 120.0
    grace: float = 5.0
    answer_limit: int = 2_000_000
    message_limit: int = 100_000
    max_llm_calls: int = 50

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read VIBEHUNTR_WORKERS and VIBEHUNTR_IDLE_LIMIT. Raises: StateError naming the variable that is no number."""
        given: dict[str, Any] = {}
        for name, kind in (("workers", int), ("idle_limit", float)):
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


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the event loop: for how many seconds something has blocked it (0.0: it runs), and what does."""

    blocked_for: float = 0.0
    culprit: str = ""


class Turn:
    """One question and its answer: a log that anybody may read, and the means to stop it.

    `future` is the pool's future of the turn; `ended` is true once the log has its terminal entry, the ADK session is
    repaired, and the next turn of the conversation may begin.
    """

    def __init__(self, invoker: AgentInvoker, conversation: _Conversation, message: str, shown: Sequence[Message]) -> None:
        """Describe the turn; `AgentInvoker.add_message` starts it."""
        self.id = uuid.uuid4().hex
        self.user_id = conversation.user_id
        self.talk_session_id = conversation.id
        self.message = message
        self.shown = shown
        self.began_at = time.time()
        self.log = TurnLog(invoker.settings.answer_limit)
        self.future: concurrent.futures.Future[None]
        self.failure: PlaygroundError | None = None
        self._invoker = invoker
        self._conversation = conversation
        self._previous = conversation.turn
        self._over: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._lock = threading.Lock()
        self._stop_asked = False
        # Below: only the loop's thread.
        self._abort_signal = asyncio.Event()
        self._aborted = False
        self._task: asyncio.Task[None] | None = None
        self._task_over: asyncio.Future[None] | None = None
        self._answer = Answer()
        self._partials: dict[str, Event] = {}
        self._recorded: set[str] = set()
        self._heard_at = 0.0
        self._silence: asyncio.TimerHandle
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

    def read(self, after: int = 0) -> list[Entry]:
        """Return the log's entries after a cursor; see `TurnLog.read`."""
        return self.log.read(after)

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for news, at most `timeout` seconds; see `TurnLog.wait`."""
        return self.log.wait(after, timeout)

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until the turn is over, at most `timeout` seconds; True if it is."""
        return bool(concurrent.futures.wait([self._over], timeout).done)

    def cancel(self) -> None:
        """Stop the turn. Returns at once; idempotent; without effect on a turn that is over.

        The race with a worker that takes the turn out of the line:

        1. A: `cancel` notes that a stop was asked for.
        2. B: a worker begins the turn, and its coroutine looks at that note before it makes the ADK task.
        3. A: `future.cancel` tells which came first. True: no worker will ever take it, so its end (the question must
           still be remembered) is run from here. False: a worker has it, and the abort runs on the loop, after (2) or
           before it: before, (2) sees the note; after, the abort finds the task.
        """
        with self._lock:
            if self._stop_asked or self.ended:
                return
            self._stop_asked = True
        never_ran = self.future.cancel()
        self._invoker.call_on_loop(self._end_unrun if never_ran else self._abort)

    def _end_unrun(self) -> None:
        self._invoker.keep(self._invoker.run_turn(self))

    def _abort(self) -> None:
        """Stop the ADK task, exactly once: a second `cancel` would interrupt ADK's sealing of open calls. Loop only."""
        if self._task is None or self._task.done() or self._aborted:
            return
        self._aborted = True
        self._abort_signal.set()
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
        self._check_silence()
        await self._task_over
        self._silence.cancel()
        if not self._task.done():
            logger.warning("a stopped turn has not ended within its grace and is left behind: %r", self)
            return self._reason
        await self._close_generators()
        if self._aborted or self._task.cancelled():
            return self._reason
        if error := self._task.exception():
            return _typed(error, text_shown=bool(self._answer.text))
        return None

    def began_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Note an async generator that the turn has begun; see `_watch_generators`. Loop only."""
        self._generators.append(weakref.ref(generator))

    async def _close_generators(self) -> None:
        """Close the async generators that the turn left open, the innermost first; the model's HTTP stream is in one.

        ADK iterates some without closing them, so that a stop in the wrong moment left the stream open until the garbage
        collector came by (1 stop in 10).
        """
        generators, self._generators = self._generators, []
        for generator in (reference() for reference in reversed(generators)):
            if generator is not None and getattr(generator, "ag_frame", None) is not None:
                closing = self._invoker.loop.create_task(_close(generator))
                await asyncio.wait({closing}, timeout=self._invoker.settings.grace)
                if closing.done() and not closing.cancelled() and (error := closing.exception()):
                    logger.debug("closing what ADK left open: %r: %r", self, error)  # it was on its way out already

    async def _consume(self, events: AsyncGenerator[Event, None]) -> None:
        async with aclosing(events):
            async for event in events:
                self._heard_at = self._invoker.loop.time()
                try:
                    self.record(event)
                except LogFull:
                    self._fail(StreamingError(f"The answer reached its limit of {self.log.limit:,} characters. What came is kept."))

    def record(self, event: Event) -> None:
        """Write what an ADK event says to the log; each event at most once. Loop only. Raises: LogFull."""
        if event.id in self._recorded:
            return
        if event.partial:
            self._partials[event.id] = event
        else:
            self._recorded.add(event.id)
        self._note_error(event)
        for entry in _entries(event):
            self.write(entry)

    def _note_error(self, event: Event) -> None:
        """Remember what an error event says, until a later answer shows that the agent recovered."""
        if event.error_code and event.error_code != _ABORTED:
            self._model_error = _model_error(event)
        elif not event.partial and event.content and event.content.parts:
            self._model_error = None

    def write(self, entry: Entry) -> None:
        """Append to the log and to the invoker's own fold of it. Loop only. Raises: LogFull."""
        if written := self.log.append(entry):
            self._answer.extend([written])

    def _fail(self, reason: PlaygroundError) -> None:
        """Stop the turn for a reason of our own, to be shown as its failure. Loop only."""
        self._reason = self._reason or reason
        self._abort()

    def _check_silence(self) -> None:
        if self._task is None or self._task.done() or self._aborted:
            return
        limit = self._invoker.settings.idle_limit
        quiet = self._invoker.loop.time() - self._heard_at
        if quiet < limit or self._answer.open_steps:
            self._silence = self._invoker.loop.call_later(max(limit - quiet, _TICK), self._check_silence)
            return
        self._fail(StreamingError(f"The model sent nothing for {limit:g} seconds. What came is kept. Please try again."))

    async def end(self, failure: PlaygroundError | None) -> None:
        """Repair the ADK session, write the terminal entry. Loop only."""
        stopped = failure is None and (self._aborted or self._task is None)
        if failure is None and not stopped:
            failure = self._model_error or (None if self._answer.parts else AgentInvocationError(_EMPTY_ANSWER))
        status: Status = "cancelled" if stopped else "failed" if failure else "done"
        if failure:
            _log_failure(self, failure)
        self.failure = failure
        error = failure.message if failure else ""
        if status != "done":
            await self._repair(status, error)
        self.write(Entry(status, text=error))

    async def _repair(self, status: Status, error: str) -> None:
        """Make the ADK session hold exactly what the log shows of this turn.

        ADK stores neither a partial answer nor, when the turn never began, the question; and it may have stored an
        event that the stop kept from us. So: the log gets what only the session has, the session what only the log has.
        """
        session = await self._invoker.load(self, after=self.began_at)
        mine = [event for event in session.events if _turn_of(event) == self.id]
        for event in mine:
            if event.author != "user":
                self.record(event)
        if not any(event.author == "user" for event in mine):
            await self._invoker.append(session, _user_event(self.message, self.id))
        marks = {_TURN: self.id, _OUTCOME: status, _ERROR: error}
        texts = [_interrupted(self._partials[part.key], part.text, marks) for part in self._answer.unfinished_texts]
        for event in texts or [_mark_event(self._invoker.agent_name, marks)]:
            await self._invoker.append(session, event)

    def close(self) -> None:
        """Let the next turn begin. Idempotent."""
        if not self._over.done():
            self._over.set_result(None)

    async def previous_over(self) -> None:
        """Wait until the conversation's turn before this one is over. Loop only."""
        if self._previous is not None:
            await asyncio.wrap_future(self._previous._over)  # noqa: SLF001 - another Turn
            self._previous = None  # or every turn would keep all before it alive

    @property
    def stop_asked(self) -> bool:
        """Whether somebody has asked for the turn to stop."""
        return self._stop_asked


@dataclass(slots=True)
class _Conversation:
    """What the process knows of a conversation besides its ADK session. `lock` orders its starts and stops."""

    user_id: str
    id: str
    title: str = ""
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    turn: Turn | None = None  # the latest, until it is over
    unfinished: list[Turn] = field(default_factory=list[Turn])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self) -> TalkSession:
        return TalkSession(self.id, self.title or "New conversation", self.created_at, self.updated_at, bool(self.unfinished))


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
        """Start the loop, the workers and the watchdog for an agent (or an ADK `App`)."""
        self.settings = settings or Settings()
        self.loop = asyncio.new_event_loop()
        self._sessions = session_service or InMemorySessionService()
        self._runner = _make_runner(agent, self._sessions, artifact_service or InMemoryArtifactService())
        self.agent_name = str(self._runner.agent.name) if self._runner.agent else "agent"
        self._conversations: dict[tuple[str, str], _Conversation] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._unfinished = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop_thread = threading.Thread(target=self._run_loop, name="adk-loop", daemon=True)
        self._loop_thread.start()
        self._pool = concurrent.futures.ThreadPoolExecutor(self.settings.workers, thread_name_prefix="turn")
        self._models = list(_models(self._runner.agent))  # here, or the import of LiteLLM (4 s) would block the loop in a turn
        warm = asyncio.run_coroutine_threadsafe(_warm_up(self._models), self.loop)
        self._watchdog = _Watchdog(self.loop, self._loop_thread, warm)
        _alive.add(self)

    # -- conversations ---------------------------------------------------------------------------------------------

    def create_talk_session(self, user_id: str, talk_session_id: str | None = None) -> str:
        """Begin a conversation and return its id (FR-003). An id of one's own that exists already is kept as it is."""
        if not user_id:
            raise StateError
        conversation = _Conversation(user_id, talk_session_id or uuid.uuid4().hex)
        with self._lock:
            self._conversations.setdefault((user_id, conversation.id), conversation)
        return conversation.id

    def list_sessions(self, user_id: str) -> list[TalkSession]:
        """Return the user's own conversations, the latest first (FR-004)."""
        with self._lock:
            own = [c for (owner, _), c in self._conversations.items() if owner == user_id]
        return sorted((c.listed() for c in own), key=lambda talk: talk.updated_at, reverse=True)

    def get_session(self, user_id: str, talk_session_id: str) -> TalkSession:
        """Return one conversation. Raises: ConversationNotFound, also for another user's (FR-013)."""
        return self._find(user_id, talk_session_id).listed()

    def _find(self, user_id: str, talk_session_id: str) -> _Conversation:
        with self._lock:
            conversation = self._conversations.get((user_id, talk_session_id))
        if conversation is None:
            raise ConversationNotFound
        return conversation

    # -- turns -----------------------------------------------------------------------------------------------------

    def add_message(self, user_id: str, talk_session_id: str, message: str, shown: Sequence[Message] = ()) -> Turn:
        """Stop the conversation's running turn, if there is one, and start the next with `message` (FR-005 to FR-007).

        Returns at once: the turn begins when the old one is over and a worker is free. `shown` is what the page still
        shows of the conversation: if its ADK session has been lost, the new one is filled from it.
        Raises: InvalidMessage, ConversationNotFound, StateError when the invoker is closed.
        """
        self._check_message(message)
        conversation = self._find(user_id, talk_session_id)
        with conversation.lock:
            if conversation.turn is not None:
                conversation.turn.cancel()
            turn = Turn(self, conversation, message, shown)
            self._submit(turn)
            conversation.turn = turn
            conversation.unfinished.append(turn)
            conversation.updated_at = turn.began_at
            conversation.title = conversation.title or _title(message)
        return turn

    def _check_message(self, message: str) -> None:
        if not message.strip():
            raise InvalidMessage
        if len(message) > self.settings.message_limit:
            limit = self.settings.message_limit
            raise InvalidMessage(f"The message has {len(message):,} characters; the limit is {limit:,}. Shorten it and send again.")

    def _submit(self, turn: Turn) -> None:
        with self._lock:
            if self._closed:
                raise StateError
            if self._unfinished >= self.settings.workers:
                turn.write(Entry("queued"))
            self._unfinished += 1
            turn.future = self._pool.submit(self._work, turn)

    def running_turn(self, user_id: str, talk_session_id: str) -> Turn | None:
        """Return the conversation's turn that is not over yet, if there is one. Raises: ConversationNotFound."""
        return self._find(user_id, talk_session_id).turn

    def stop(self, user_id: str, talk_session_id: str) -> None:
        """Stop the conversation's running turn, if there is one. Returns at once. Raises: ConversationNotFound."""
        if turn := self.running_turn(user_id, talk_session_id):
            turn.cancel()

    def get_messages(self, user_id: str, talk_session_id: str, after: int = 0) -> list[Message]:
        """Return the conversation's messages whose `seq` is above `after` (FR-011), those of running turns last.

        A reader that passes the `seq` of the last message it knows to be final gets a running answer again and again,
        each time with its whole text so far.
        Raises: ConversationNotFound; StateError when the loop does not answer within `Settings.grace`.
        """
        conversation = self._find(user_id, talk_session_id)
        with conversation.lock:  # before the session is read: a turn that ends in between is then in the log at least
            unfinished = list(conversation.unfinished)
        events = self._ask_loop(self._events(user_id, talk_session_id))
        running = {turn.id for turn in unfinished}
        told = _Transcript()
        for event in events:
            if _turn_of(event) not in running:
                told.add(event)
        messages = [*told.messages(), *(message for turn in unfinished for message in _running_messages(turn))]
        return [replace(message, seq=seq) for seq, message in enumerate(messages, 1) if seq > after]

    async def _events(self, user_id: str, talk_session_id: str) -> list[Event]:
        session = await self._sessions.get_session(app_name=self._runner.app_name, user_id=user_id, session_id=talk_session_id)
        return session.events if session else []

    def _ask_loop(self, question: Coroutine[Any, Any, T]) -> T:
        answer = asyncio.run_coroutine_threadsafe(question, self.loop)
        try:
            return answer.result(self.settings.grace)
        except concurrent.futures.TimeoutError as error:
            answer.cancel()
            raise StateError("The agent is busy and does not answer. Please try again.") from error

    # -- the life of a turn, on the loop -----------------------------------------------------------------------------

    def _work(self, turn: Turn) -> None:
        """Run one turn, in a worker: the pool's size is the number of turns at once."""
        asyncio.run_coroutine_threadsafe(self.run_turn(turn), self.loop).result()

    async def run_turn(self, turn: Turn) -> None:
        """Run a turn from its predecessor's end to its own. Loop only."""
        _current_turn.set(turn)
        try:
            await turn.previous_over()
            turn.write(Entry("started"))
            await self._open_session(turn)
            failure = None
            if not turn.stop_asked:
                failure = await turn.run(self._events_of(turn))
            await turn.end(failure)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a turn: nothing above it can tell the user
            turn.failure = _typed(error, text_shown=False)
            _log_failure(turn, turn.failure)
            turn.write(Entry("failed", text=turn.failure.message))
        finally:
            self._retire(turn)

    def _retire(self, turn: Turn) -> None:
        conversation = turn._conversation  # noqa: SLF001
        with conversation.lock:
            conversation.unfinished.remove(turn)
            conversation.turn = None if conversation.turn is turn else conversation.turn
            conversation.updated_at = time.time()
        with self._lock:
            self._unfinished -= 1
        turn.close()

    def _events_of(self, turn: Turn) -> AsyncGenerator[Event, None]:
        return self._runner.run_async(
            user_id=turn.user_id,
            session_id=turn.talk_session_id,
            new_message=_user_content(turn.message),
            run_config=RunConfig(
                streaming_mode=StreamingMode.SSE,
                tool_thread_pool_config=ToolThreadPoolConfig(max_workers=self.settings.tool_threads),
                max_llm_calls=self.settings.max_llm_calls,
                custom_metadata={_TURN: turn.id},
            ),
            abort_signal=turn._abort_signal,  # noqa: SLF001
        )

    async def _open_session(self, turn: Turn) -> None:
        """Make sure that the conversation's ADK session is there; fill a lost one from what the page still shows."""
        key: dict[str, Any] = {"app_name": self._runner.app_name, "user_id": turn.user_id, "session_id": turn.talk_session_id}
        if await self._sessions.get_session(**key, config=GetSessionConfig(num_recent_events=0)):
            return
        session = await self._sessions.create_session(**key)
        if not turn.shown:
            return
        logger.warning("the session was lost and is filled from the page: %r", turn)
        for event in _restored(turn.shown, self.agent_name):
            await self.append(session, event)
        turn.write(Entry("notice", text=_RESTORED))

    async def load(self, turn: Turn, after: float) -> Session:
        """Load the turn's session with the events since `after` (seconds since the epoch). Loop only."""
        config = GetSessionConfig(after_timestamp=after - 1.0)
        session = await self._sessions.get_session(
            app_name=self._runner.app_name, user_id=turn.user_id, session_id=turn.talk_session_id, config=config
        )
        if session is None:
            raise SessionNotFoundError
        return session

    async def append(self, session: Session, event: Event) -> None:
        """Append an event to a session. Loop only."""
        await self._sessions.append_event(session, event)

    def call_on_loop(self, function: Any) -> None:  # noqa: ANN401 - any callable without arguments
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
            turns = [turn for c in self._conversations.values() for turn in c.unfinished]
        for turn in turns:
            turn.cancel()
        for turn in turns:
            turn.wait_ended(2 * self.settings.grace)
        self._watchdog.close()
        asyncio.run_coroutine_threadsafe(self._close_adk(), self.loop).result(4 * self.settings.grace)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._loop_thread.join()
        _close_tool_threads(self.loop, self.settings.grace)
        _alive.discard(self)

    async def _close_adk(self) -> None:
        await self._runner.close()
        for model in {id(model): model for model in self._models}.values():
            await _close_model(model)
        left = asyncio.all_tasks() - {asyncio.current_task()}  # turns left behind, and whatever an agent has begun
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=self.settings.grace)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()

    def _run_loop(self) -> None:
        """Run the loop until `close`. A tool that calls `sys.exit` ends its turn, not everybody's loop."""
        asyncio.set_event_loop(self.loop)
        while True:
            self.loop.call_soon(_watch_generators)
            try:
                self.loop.run_forever()
                break
            except (SystemExit, KeyboardInterrupt):
                logger.exception("something on the event loop tried to end the process; the loop goes on")
        self.loop.close()


_current_turn: ContextVar[Turn | None] = ContextVar("vibehuntr_turn", default=None)


def _watch_generators() -> None:
    """Tell every turn which async generators are begun in it, by Python's own hook. Runs on the loop, which has hooks too."""
    first_iteration = sys.get_asyncgen_hooks().firstiter

    def begun(generator: AsyncGenerator[Any, Any]) -> None:
        if turn := _current_turn.get():
            turn.began_generator(generator)
        if first_iteration:
            first_iteration(generator)

    sys.set_asyncgen_hooks(firstiter=begun)


async def _close(generator: AsyncGenerator[Any, Any]) -> None:
    await generator.aclose()


_alive: weakref.WeakSet[AgentInvoker] = weakref.WeakSet()
# 40% of a turn at 1,000 events, and nobody asked to have conversations in spans. ADK reads it at every turn.
os.environ.setdefault("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS", "false")


def close_all() -> None:
    """Close every invoker of the process, for its shutdown."""
    for invoker in list(_alive):
        invoker.close()


def _make_runner(agent: BaseAgent | App, sessions: BaseSessionService, artifacts: BaseArtifactService) -> Runner:
    origin = getattr(agent, "_adk_origin_app_name", None)
    app = agent if isinstance(agent, App) else App.model_construct(name=origin or agent.name, root_agent=agent)
    app = app.model_copy(update={"plugins": [*(app.plugins or []), _ToolErrors()]})
    return Runner(app=app, session_service=sessions, artifact_service=artifacts)


_NO_TOKENS = types.GenerateContentResponseUsageMetadata(prompt_token_count=0, candidates_token_count=0, total_token_count=0)


class _Silent(BaseLlm):
    """A model that says one word, to warm up with."""

    model: str = "vibehuntr-warm-up"

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:  # noqa: ARG002, FBT001, FBT002
        content = types.Content(role="model", parts=[types.Part(text="ready")])
        yield LlmResponse(content=content, usage_metadata=_NO_TOKENS)


async def _warm_up(models: Sequence[BaseLlm]) -> None:
    """Open the models' clients and run one turn of a throw-away agent: a second of imports that no turn should pay."""
    for model in models:
        _client_of(model)
    runner = Runner(app=App(name="warm_up", root_agent=LlmAgent(name="warm_up", model=_Silent())), session_service=InMemorySessionService())
    session = await runner.session_service.create_session(app_name="warm_up", user_id="warm_up")
    async for _ in runner.run_async(user_id="warm_up", session_id=session.id, new_message=_user_content("hello")):
        pass


class _ToolErrors(BasePlugin):
    """A tool that raises answers with an error that the model can read, instead of ending the turn."""

    def __init__(self) -> None:
        super().__init__(name="vibehuntr_tool_errors")

    async def on_tool_error_callback(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, error: BaseException
    ) -> dict[str, Any] | None:
        del tool_args
        if not isinstance(error, Exception):  # ADK asks here about a cancellation too
            return None
        where = tool_context.session
        logger.error(
            "tool failed: user=%s conversation=%s tool=%s error=%s",
            where.user_id, where.id, tool.name, type(error).__name__, exc_info=error,
        )  # fmt: skip
        return {"status": "error", "summary": f"{tool.name} failed; it changed nothing that this conversation knows of."}


# -- ADK events, read ------------------------------------------------------------------------------------------------


def _entries(event: Event) -> Iterator[Entry]:
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
            stopped = event.error_code == _ABORTED
            result = {} if stopped else response.response or {}
            yield Entry("tool_result", response.id or "", event.author, "stopped" if stopped else "", result, event.timestamp)


def _turn_of(event: Event) -> str:
    return str((event.custom_metadata or {}).get(_TURN) or event.invocation_id)


def _user_content(text: str) -> types.Content:
    return types.Content(role="user", parts=[types.Part(text=text)])


def _user_event(text: str, turn_id: str, at: float | None = None) -> Event:
    event = Event(author="user", invocation_id=turn_id, content=_user_content(text), custom_metadata={_TURN: turn_id})
    event.timestamp = at or event.timestamp
    event.id = str(uuid.uuid4())
    return event


def _interrupted(partial: Event, text: str, marks: dict[str, str]) -> Event:
    """Make the event that keeps what had been shown of a text: the model's next request holds exactly that."""
    return partial.model_copy(
        update={
            "id": str(uuid.uuid4()),
            "timestamp": time.time(),
            "partial": False,
            "interrupted": True,
            "turn_complete": True,
            "content": types.Content(role="model", parts=[types.Part(text=text)]),
            "custom_metadata": {**(partial.custom_metadata or {}), **marks},
        }
    )


def _mark_event(author: str, marks: dict[str, str]) -> Event:
    """Make an event without content that says how a turn ended; no model ever sees it."""
    return Event(id=str(uuid.uuid4()), author=author, invocation_id=marks[_TURN], custom_metadata=dict(marks))


def _restored(shown: Sequence[Message], author: str) -> Iterator[Event]:
    for message in shown:
        if not message.content:
            continue
        if message.role == "user":
            yield _user_event(message.content, message.turn_id, message.at)
            continue
        content = types.Content(role="model", parts=[types.Part(text=message.content)])
        marks = {_TURN: message.turn_id, _OUTCOME: message.status, _ERROR: message.error}
        event = _mark_event(author, marks)
        event.content = content
        yield event


class _Transcript:
    """The stored history as messages: a fold over a session's events, in which a turn is a question and an answer."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[list[Part], Answer, list[float]]] = {}

    def add(self, event: Event) -> None:
        question, answer, times = self._turns.setdefault(_turn_of(event), ([], Answer(), []))
        times.append(event.timestamp)
        if event.author == "user" and not event.get_function_responses():
            parts = event.content.parts if event.content and event.content.parts else []
            question.extend(plain_text("".join(part.text or "" for part in parts)))
            return
        marks = event.custom_metadata or {}
        for entry in _entries(event):
            answer.fold(entry)
        outcome = marks.get(_OUTCOME)
        if outcome in ("cancelled", "failed"):
            answer.fold(Entry(outcome, text=str(marks.get(_ERROR, ""))))

    def messages(self) -> Iterator[Message]:
        for turn_id, (question, answer, times) in self._turns.items():
            if question:
                yield Message(0, turn_id, "user", question, at=times[0])
            status: Status = answer.status if answer.ended else "done"
            yield Message(0, turn_id, "assistant", answer.parts, status, answer.error, times[-1], answer.notices)


def _running_messages(turn: Turn) -> Iterator[Message]:
    answer = Answer(turn.read())
    yield Message(0, turn.id, "user", plain_text(turn.message), at=turn.began_at)
    yield Message(0, turn.id, "assistant", answer.parts, answer.status, answer.error, turn.began_at, answer.notices)


def _title(message: str) -> str:
    words = " ".join(message.split())
    return words if len(words) <= _TITLE_CHARACTERS else words[: _TITLE_CHARACTERS - 1].rstrip() + "…"


# -- failures, named ---------------------------------------------------------------------------------------------------


def _typed(error: BaseException, *, text_shown: bool) -> PlaygroundError:
    """Name what went wrong. The original error becomes the cause, for the log; the page sees only our own words."""
    if isinstance(error, PlaygroundError):
        return error
    kind = _kind_of(error, text_shown=text_shown)
    typed = kind()
    typed.__cause__ = error
    return typed


def _kind_of(error: BaseException, *, text_shown: bool) -> type[PlaygroundError]:
    if isinstance(error, SessionNotFoundError):
        return SessionError
    if kind := _kind_by_status(error):
        return kind
    if text_shown:
        return StreamingError
    if any(isinstance(cause, OSError) for cause in _causes(error)) or _NO_CONNECTION.search(str(error)):
        return ModelUnreachable
    if isinstance(error, ValueError) and re.match(r"Model .* not found", str(error)):
        return ModelUnknown
    if _NO_KEY.search(str(error)):
        return ModelKeyRefused
    return AgentInvocationError


def _kind_by_status(error: BaseException) -> type[PlaygroundError] | None:
    """Read the HTTP status that google-genai (`code`) and LiteLLM (`status_code`) put on their errors."""
    status = getattr(error, "code", None) or getattr(error, "status_code", None)
    if status in _BUSY:
        return ModelBusy
    if status in _REFUSED or (status and "API_KEY_INVALID" in str(error)):
        return ModelKeyRefused
    if status == _NOT_FOUND:
        return ModelUnknown
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _model_error(event: Event) -> PlaygroundError:
    """Name an error that came as an event: the answer was cut or refused, and nothing was raised."""
    code = str(event.error_code)
    if "MAX_TOKENS" in code:
        return StreamingError("The answer reached the model's length limit and stops here. Ask it to go on.")
    if re.search("SAFETY|PROHIBITED|BLOCK|SPII|RECITATION", code):
        return AgentInvocationError("The model's safety filter stopped this answer. Put it in other words, and please try again.")
    if "NO_CONTENT" in code:
        return AgentInvocationError(_EMPTY_ANSWER)
    return AgentInvocationError()


def _log_failure(turn: Turn, failure: PlaygroundError) -> None:
    cause = failure.__cause__
    logger.error(
        "turn failed: at=%s %r error=%s cause=%s message=%r",
        time.strftime("%Y-%m-%dT%H:%M:%S%z"), turn, type(failure).__name__, type(cause).__name__, turn.message[:_LOGGED_CHARACTERS],
        exc_info=cause,
    )  # fmt: skip


# -- models ------------------------------------------------------------------------------------------------------------


def _models(agent: Any) -> Iterator[BaseLlm]:  # noqa: ANN401 - an agent or a workflow node
    """Find the models of an agent and of its sub-agents. A name that nobody knows is the first turn's failure, not ours."""
    if isinstance(agent, LlmAgent):
        with suppress(ValueError, ImportError):
            yield agent.canonical_model
    for sub_agent in getattr(agent, "sub_agents", ()):
        yield from _models(sub_agent)


def _client_of(model: BaseLlm) -> Any:  # noqa: ANN401 - google-genai's client
    """Return a Gemini model's HTTP client on this loop, made if need be; None for other models and without a key. Loop only."""
    if "google.adk.models.google_llm" not in sys.modules:
        return None
    from google.adk.models.google_llm import Gemini  # noqa: PLC0415 - never import it just to ask

    with suppress(ValueError):  # no key: the first turn will say so
        return model.api_client if isinstance(model, Gemini) else None


async def _close_model(model: BaseLlm) -> None:
    """Close a model's HTTP client, if it is a google-genai one: ADK leaves it to the garbage collector."""
    if client := _client_of(model):
        await client.aio.aclose()


def _close_tool_threads(loop: asyncio.AbstractEventLoop, grace: float) -> None:
    """End the threads of ADK's tool pool now, not when the loop is collected; wait `grace` seconds for a busy one."""
    for pool in _sync_runner._TOOL_THREAD_POOLS.pop(loop, {}).values():  # noqa: SLF001 - ADK has no public way
        pool.shutdown(wait=False, cancel_futures=True)
        closer = threading.Thread(target=pool.shutdown, name="adk-tools-close", daemon=True)
        closer.start()
        closer.join(grace)


# -- the watchdog ------------------------------------------------------------------------------------------------------


class _Watchdog:
    """Notices that something blocks the event loop, and names it. One thread, a few wake-ups a second."""

    def __init__(self, loop: asyncio.AbstractEventLoop, loop_thread: threading.Thread, warm: concurrent.futures.Future[None]) -> None:
        self._warm = warm
        self._loop = loop
        self._loop_thread = loop_thread
        self._blocked_since: float | None = None
        self._culprit = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="adk-watchdog", daemon=True)
        self._thread.start()

    @property
    def health(self) -> Health:
        since = self._blocked_since
        return Health() if since is None else Health(time.monotonic() - since, self._culprit)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        concurrent.futures.wait([self._warm])  # the imports of the first turn block the loop too
        while not self._closing.wait(_TICK):
            answered = threading.Event()
            asked_at = time.monotonic()
            self._loop.call_soon_threadsafe(answered.set)
            if answered.wait(_BLOCKED_AFTER):
                continue
            self._culprit = _culprit(sys._current_frames().get(self._loop_thread.ident or 0))  # noqa: SLF001 - the only way
            self._blocked_since = asked_at
            logger.error("the event loop is blocked, nobody's answer moves: %s", self._culprit)
            while not answered.wait(_TICK) and not self._closing.is_set():
                pass
            self._blocked_since = None


def _culprit(frame: FrameType | None) -> str:
    """Name the tool, the agent and the line that a thread is in, from its stack, innermost first."""
    names: dict[str, str] = {}
    while frame is not None:
        code = frame.f_code
        if "line" not in names and not _is_library(code.co_filename):
            names["line"] = f"{code.co_qualname}, {Path(code.co_filename).name}:{frame.f_lineno}"
        owner = frame.f_locals.get("self")
        if isinstance(owner, BaseTool):
            names.setdefault("tool", owner.name)
        elif isinstance(owner, BaseAgent):
            names.setdefault("agent", owner.name)
        frame = frame.f_back
    return ", ".join(f"{kind} {names[kind]}" for kind in ("tool", "agent", "line") if kind in names) or "unknown code"


def _is_library(filename: str) -> bool:
    return "site-packages" in filename or filename.startswith((sys.base_prefix, "<")) or filename == __file__


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
    "AgentInvocationError",
    "AgentInvoker",
    "ConversationNotFound",
    "Health",
    "InvalidMessage",
    "ModelBusy",
    "ModelKeyRefused",
    "ModelUnknown",
    "ModelUnreachable",
    "PlaygroundError",
    "SessionError",
    "Settings",
    "StateError",
    "StreamingError",
    "TalkSession",
    "Turn",
    "close_all",
    "invoke_agent_streaming",
    "load_agent",
]
