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
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from contextvars import Context
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from google.adk.agents import BaseAgent
from google.adk.agents.run_config import RunConfig, StreamingMode, ToolThreadPoolConfig
from google.adk.apps.app import App
from google.adk.artifacts import BaseArtifactService, FileArtifactService, InMemoryArtifactService
from google.adk.cli.utils.agent_loader import AgentLoader
from google.adk.events import Event
from google.adk.models import BaseLlm
from google.adk.sessions import BaseSessionService, Session, State
from google.genai import types

from playground.branches import (
    ADKS_NAME,
    SHARED,
    Alternatives,
    Branch,
    Difference,
    Fork,
    alternatives,
    copy_files,
    differences,
    holds,
    own_state,
    prefix,
)
from playground.draft import MAKING, Draft, Outcome, Sessions
from playground.environment import positive_number
from playground.errors import (
    ABORTED,
    EMPTY_ANSWER,
    AgentInvocationError,
    ConversationBusy,
    ConversationDeleted,
    ConversationNotFound,
    ImportRefused,
    InvalidMessage,
    MessageNotShown,
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
from playground.exchange import eval_set_json, read_session, session_json
from playground.files import is_broken, is_taken, spoken_types, types_taken
from playground.history import (
    BEGAN,
    FORGOTTEN,
    OUTCOME,
    TURN,
    Transcript,
    feedback_event,
    is_rewound,
    mark_event,
    restored,
    title_of,
    turn_of,
)
from playground.remembered import Latest, knows_by_request
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
    title_by,
    use_tool_threads,
    warm_up,
    watch_generators,
)
from playground.search import Row, SearchIndex, open_index, snippet
from playground.search import holds as found_in
from playground.session_store import Journal, Record, SessionStore, left_behind, open_store, stored_files
from playground.telemetry import set_up_telemetry, telemetry_of_turn
from playground.turn_log import (
    GROWING,
    Answer,
    Entry,
    Feedback,
    FilePart,
    LogFull,
    Message,
    Reply,
    Request,
    TurnLog,
    content_of,
    open_requests,
    replies_in,
    sent_parts,
)
from playground.watchdog import Health, Watchdog

logger = logging.getLogger("vibehuntr.invoker")
_TICK = 0.25  # seconds until a limit is looked at again, at least
_A_MOMENT = 1.0
_A_WHILE = 60.0  # seconds; a reader that waits without limit looks again this often
_LOGGED_CHARACTERS = 100
_ABOUT = "vibehuntr_conversation"  # in the session's state: what the list of conversations shows
_PATIENCE = 60.0  # seconds that a question to the store may take: a long conversation, or a copy of one
_FORK = "vibehuntr_fork"  # in the state of a branch's session: where it left another
_MOVING = "vibehuntr_moving"  # in the state of a copy: the user and the id of the conversation that it is to replace
_TITLE_PATIENCE = 30.0  # seconds that the model may take for a title
_TITLE_LIMIT = 200  # characters of a title that a user gives
_MANY = 1_000  # rows of the index at most: a message stands there once for each branch that shows it
_FEEDBACK_LIMIT = 2_000  # characters
_BEHIND = "Waits for the answer above to end."
_INTERRUPTED = "Interrupted: the program was stopped while this was being written."
_RESTORED = "Starting new conversation... The old one was lost on the server; it goes on from what this page shows."

T = TypeVar("T")

Strategy = Literal["interrupt", "enqueue", "reject", "rollback"]
Titled = Literal["words", "model", "user"]  # who made a title: the first message, the model, the user
_TITLED: tuple[Titled, ...] = get_args(Titled)
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of an invoker. Times are in seconds, lengths in characters, files (all those of a message together) in bytes.

    With `titles`, the model is asked for a title after the first answer of a conversation.
    """

    workers: int = 256
    tool_threads: int = 16
    idle_limit: float = 120.0
    unread_limit: float = 1800.0
    grace: float = 5.0
    save_every: float = 0.5
    answer_limit: int = 2_000_000
    message_limit: int = 100_000
    max_llm_calls: int = 50
    file_limit: int = 10_000_000
    undo_limit: float = 120.0
    titles: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read VIBEHUNTR_WORKERS, VIBEHUNTR_IDLE_LIMIT and VIBEHUNTR_UNREAD_LIMIT, and VIBEHUNTR_TITLES: "off" asks no model for titles.

        Raises: StateError naming the variable that is no number.
        """
        given: dict[str, Any] = {"titles": environ.get("VIBEHUNTR_TITLES", "").lower() not in ("off", "0", "no")}
        for name, kind in (("workers", int), ("idle_limit", float), ("unread_limit", float)):
            variable = f"VIBEHUNTR_{name.upper()}"
            if text := environ.get(variable):
                given[name] = positive_number(variable, text, kind)
        return cls(**given)


@dataclass(frozen=True, slots=True)
class TalkSession:
    """One conversation in a user's list. Times are in seconds since the epoch."""

    id: str
    title: str
    created_at: float
    updated_at: float
    running: bool
    strategy: Strategy = "interrupt"
    pinned: bool = False
    branches: int = 1


@dataclass(frozen=True, slots=True)
class View:
    """A conversation at one moment: its messages in order, and the turns whose answers among them may still change.

    `alternatives` is what else stands in the place of a turn, by turn.
    """

    messages: Sequence[Message]
    turns: Sequence[Turn]
    alternatives: Mapping[str, Alternatives] = field(default_factory=dict[str, Alternatives])


@dataclass(frozen=True, slots=True)
class Hit:
    """What a search found: a message, in its conversation and branch; or a title, with no turn.

    `text` is one line of it, `marks` where the words stand in that, from and to.
    """

    talk_session_id: str
    branch: str
    title: str
    turn_id: str
    role: str
    at: float
    text: str
    marks: Sequence[tuple[int, int]]


class Turn:
    """One question and its answer: a log that anybody may read, and the means to stop it.

    `future` is the pool's future of the turn, None while it waits for the one before it; `ended` is true once the log has
    its terminal entry, the ADK session holds what is shown, and the next turn of the conversation may begin.
    """

    def __init__(
        self,
        invoker: AgentInvoker,
        conversation: _Conversation,
        message: str,
        *,
        files: Sequence[FilePart] = (),
        shown: Sequence[Message] = (),
        reply: Reply | None = None,
        instead: _Instead | None = None,
    ) -> None:
        """Describe the turn; `AgentInvoker.add_message` starts it, or `confirm`: then it goes on from the user's `reply`.

        With `instead` it is the first of a new branch, otherwise it goes on in the open one.
        """
        self.id = uuid.uuid4().hex
        self.user_id = conversation.user_id
        self.talk_session_id = conversation.id
        self.message = message
        self.files = tuple(files)
        self.shown = shown
        self.branch = instead.branch(conversation, self.id) if instead else conversation.branch
        self.began_at = time.time()
        self.log = TurnLog(invoker.settings.answer_limit)
        self.future: concurrent.futures.Future[None] | None = None
        self.failure: PlaygroundError | None = None
        self.saved = False  # the ADK session holds what the log shows
        self.rolled_back = False
        self.left_behind = False  # it did not end within its grace: what it still does is ignored
        self.conversation = conversation
        self._invoker = invoker
        self._over = threading.Event()
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
        self._unsaved_files = list(files)
        self._task: asyncio.Task[None] | None = None
        self._task_over: asyncio.Future[None] | None = None
        self.reply = reply
        said = invoker.store.storable(asdict(reply)) if reply else None
        fork = self.branch.fork.stored() if self.branch.fork else None
        record = Record(self.id, self.branch.id, message, self.began_at, reply=said, files=stored_files(files), fork=fork)
        self._draft = Draft(record, self.log, invoker.store)
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
        return self._over.is_set()

    @property
    def stop_asked(self) -> bool:
        """Whether somebody has asked for the turn to stop."""
        return self._stop_asked

    @property
    def begins_branch(self) -> bool:
        """Whether it is the first turn of a branch."""
        return self.branch.fork is not None and self.branch.fork.first == self.id

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
        return self._over.wait(timeout)

    def cancel(self, why: str = "", *, roll_back: bool = False) -> None:
        """Stop the turn. Returns at once; idempotent; without effect on a turn that is over.

        `why` is shown where it was not the user who stopped it; with `roll_back`, nothing of the turn is remembered. (Except
        one that goes on from a yes or no: ADK could only forget what was asked for with it, and the act may have been done. And
        the first of a branch: without it, nothing would lead back to the branch that was left.)

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
            self._stop_asked, self._why = True, why
            self._roll_back = roll_back and self.reply is None and not self.begins_branch
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

    def take_files(self) -> list[FilePart]:
        """Return the files that were sent with the question, once: whoever takes them saves them. Loop only."""
        files, self._unsaved_files = self._unsaved_files, []
        return files

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
            await self._draft.keep(self._invoker.sessions, self.branch, status, words, self._invoker.agent_name)
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
        session = await sessions.whole(self.branch)
        events = session.events if session else []
        first = next((event for event in events if turn_of(event) == self.id), None)
        if session and first is None:  # its journal, if it is found, is told so
            await sessions.store.append_event(session, mark_event(self._invoker.agent_name, {TURN: self.id, OUTCOME: FORGOTTEN}))
        elif session and first and not is_rewound(events, {first.invocation_id}):
            by_events = {key for event in events for key in event.actions.state_delta}
            self._given = {key: value for key, value in session.state.items() if key not in by_events and not key.startswith(SHARED)}
            await self._invoker.rewind(self, first.invocation_id)
        if self._given and (rewound := await sessions.find(self.branch)):  # ADK's rewind has taken it for the turn's
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
        self._over.set()


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


@dataclass(frozen=True, slots=True)
class _Instead:
    """What a new branch begins in the place of: a turn, of which the messages before it stay. `question` is kept by another answer."""

    replaces: str
    before: Sequence[Message]
    question: str = ""

    def branch(self, conversation: _Conversation, turn_id: str) -> Branch:
        before = list(dict.fromkeys(message.turn_id for message in self.before))
        fork = Fork(conversation.id, conversation.branch.id, self.replaces, turn_id, self.question or turn_id, before)
        return Branch(conversation.user_id, uuid.uuid4().hex, fork, list(self.before))


class _Conversation:
    """What the process knows of a conversation besides its ADK sessions. `lock` orders its starts, ends and views.

    `branch` is the one that is open, in all tabs; `turns` are those that are not settled, of all branches, the running one
    first: those that have not ended, and those whose end could not be saved.
    """

    def __init__(self, user_id: str, talk_session_id: str, about: Mapping[str, Any] | None = None, *, is_new: bool = False) -> None:
        about = about or {}
        strategy = about.get("strategy")
        self.user_id = user_id
        self.id = talk_session_id
        self.title = str(about.get("title") or "")
        self.titled: Titled = about["titled"] if about.get("titled") in _TITLED else "words"
        self.created_at = float(about.get("created_at") or time.time())
        self.updated_at = self.created_at
        self.strategy: Strategy = strategy if strategy in STRATEGIES else "interrupt"
        self.pinned = bool(about.get("pinned"))
        self.deleted_at: float | None = about.get("deleted_at")
        self.branch = Branch(user_id, talk_session_id, settled=[] if is_new else None)
        self.branches = {talk_session_id: self.branch}
        self.titled_by: Turn | None = None
        self.turns: list[Turn] = []
        self.gone = self.deleted_at is not None
        self.version = 0
        self.indexed = -1  # the version that the search knows
        self.read_at = time.monotonic()
        self.lock = threading.Lock()

    @property
    def root(self) -> Branch:
        return self.branches[self.id]

    @property
    def settled(self) -> list[Message] | None:
        return self.branch.settled

    def listed(self) -> TalkSession:
        title = self.title or "New conversation"
        return TalkSession(
            self.id, title, self.created_at, self.updated_at, bool(self.unfinished()), self.strategy, self.pinned, len(self.branches)
        )

    def about(self) -> dict[str, Any]:
        """Return what a restart must find again, for the state of the first branch's session."""
        kept = {"title": self.title, "titled": self.titled, "created_at": self.created_at, "strategy": self.strategy}
        return kept | {"pinned": self.pinned, "deleted_at": self.deleted_at, "branch": self.branch.id}

    def kept(self) -> dict[str, Any]:
        """Return the same as state, with the title where adk web looks for one."""
        return {_ABOUT: self.about(), ADKS_NAME: {"displayName": self.title}}

    def add(self, branch: Branch, *, opened: bool = True) -> None:
        """Add a branch. Under the lock."""
        self.branches[branch.id] = branch
        if opened:
            self.open(branch)

    def open(self, branch: Branch) -> None:
        """Show a branch. Under the lock."""
        self.branch = branch
        branch.used_at = time.time()
        self.version += 1

    def forks(self) -> list[Fork]:
        """Return the forks, in the order in which they were made."""
        return [branch.fork for branch in self.branches.values() if branch.fork]

    def branch_with(self, turn_ids: Iterable[str]) -> Branch | None:
        """Return the branch that shows one of these turns, which have alternatives; of several the one that was open last."""
        forks, turn_ids = self.forks(), tuple(turn_ids)
        found = [branch for branch in self.branches.values() if any(holds(branch.id, branch.fork, turn, forks) for turn in turn_ids)]
        return max(found, key=lambda branch: branch.used_at, default=None)

    def unfinished(self) -> list[Turn]:
        return [turn for turn in tuple(self.turns) if not turn.ended]

    def begin(self, turn: Turn) -> None:
        """Add a turn, and its branch if that is new. Under the lock."""
        self.turns.append(turn)
        self.add(turn.branch)
        self.updated_at = turn.began_at
        if not self.title and (turn.message or turn.files):
            self.title, self.titled_by = title_of(turn.message or turn.files[0].name), turn

    def view(self) -> View:
        messages = list(self.branch.settled or ())
        turns = [turn for turn in self.turns if turn.branch is self.branch]
        for turn in turns:
            if not turn.rolled_back:
                messages += _messages_of(turn, len(messages))
        return View(messages, turns, alternatives(self.forks()))

    def settle(self, turn: Turn) -> None:
        """Move a turn that is over from `turns` to its branch's messages. Under the lock."""
        self.turns.remove(turn)
        self.version += 1
        settled = turn.branch.settled
        if settled is not None and not turn.rolled_back:
            settled += _messages_of(turn, len(settled))
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
        search_index: SearchIndex | None = None,
    ) -> None:
        """Start the loop, the workers and the watchdog for an agent (or an ADK `App`).

        `session_service` is where conversations are kept: a `SessionStore`, or any of ADK's services; by default, memory. The same
        goes for files and for the index of what can be searched, which is made again from the conversations where it lacks any.
        """
        self.settings = settings or Settings()
        self.loop = asyncio.new_event_loop()
        self.store = SessionStore.of(session_service) if session_service else SessionStore()
        self.store.fenced = is_fenced
        self._artifacts = artifact_service or InMemoryArtifactService()
        self._index = search_index or open_index("")
        set_up_telemetry()
        self._runner = make_runner(agent, self.store, self._artifacts)
        self._remembers = knows_by_request(self._runner.app)
        self.sessions = Sessions(self.store, self._runner.app_name)
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
        self._saves: set[asyncio.Task[None]] = set()  # those that `close` waits for
        self._loop_thread = threading.Thread(target=self._run_loop, name="adk-loop", daemon=True)
        self._loop_thread.start()
        self._pool = concurrent.futures.ThreadPoolExecutor(self.settings.workers, thread_name_prefix="turn")
        found = list(models(self._runner.agent))  # here, or the import of LiteLLM (4 s) would block the loop in a turn
        self.file_types = types_taken(found)
        warm = asyncio.run_coroutine_threadsafe(warm_up(self._runner.agent), self.loop)
        self._watchdog = Watchdog(self.loop, self._loop_thread, warm)
        self.call_on_loop(lambda: self.keep(self._keep_house()))
        _alive.add(self)

    # -- conversations ---------------------------------------------------------------------------------------------

    def create_talk_session(self, user_id: str, talk_session_id: str | None = None) -> str:
        """Begin a conversation and return its id (FR-003). An id of one's own that exists already is kept as it is.

        Raises: StateError without a user, StoreError when it cannot be looked up.
        """
        if not user_id:
            raise StateError
        if talk_session_id is None:
            conversation = _Conversation(user_id, uuid.uuid4().hex, is_new=True)
        else:
            self._load(user_id)
            conversation = _Conversation(user_id, talk_session_id)
        with self._lock:
            self._conversations.setdefault(user_id, {}).setdefault(conversation.id, conversation)
        self.touch(user_id)
        return conversation.id

    def list_sessions(self, user_id: str) -> list[TalkSession]:
        """Return the user's own conversations, the pinned ones first, then the latest (FR-004). Raises: StoreError."""
        self._load(user_id)
        return sorted((c.listed() for c in self._of(user_id)), key=lambda talk: (talk.pinned, talk.updated_at), reverse=True)

    def _know(self, conversation: _Conversation) -> None:
        """Take a conversation that has its sessions among those of its user."""
        with self._lock:
            self._conversations.setdefault(conversation.user_id, {})[conversation.id] = conversation

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
        conversation = self._find(user_id, talk_session_id)
        conversation.strategy = strategy
        self._changed(conversation)

    def rename_session(self, user_id: str, talk_session_id: str, title: str) -> None:
        """Give a conversation a title of the user's own. Raises: ConversationNotFound, InvalidMessage for an empty one, StoreError."""
        title = title_of(self.store.storable(title), limit=_TITLE_LIMIT)
        if not title:
            raise InvalidMessage("The title is empty. Type something first.")
        conversation = self._find(user_id, talk_session_id)
        conversation.title, conversation.titled, conversation.titled_by = title, "user", None
        self._changed(conversation)

    def pin_session(self, user_id: str, talk_session_id: str, *, pinned: bool = True) -> None:
        """Keep a conversation at the top of the list, or no longer. Raises: ConversationNotFound, StoreError."""
        conversation = self._find(user_id, talk_session_id)
        conversation.pinned = pinned
        self._changed(conversation)

    def _changed(self, conversation: _Conversation) -> None:
        """Tell the user's pages, and the store, what has been set for a conversation. It need not have a session yet."""
        self.touch(conversation.user_id)
        self.call_on_loop(lambda: self.keep(self._save_about_now(conversation), self._saves))

    async def _save_about_now(self, conversation: _Conversation) -> None:
        try:
            if session := await self.sessions.find(conversation.root):
                await self._save_about(conversation, session)
        except PlaygroundError as error:  # the next turn saves it
            logger.warning("what was set could not be saved: user=%s conversation=%s %r", conversation.user_id, conversation.id, error)

    async def _save_about(self, conversation: _Conversation, session: Session) -> None:
        """Save what was set for a conversation in the session of its first branch, if that does not say so already."""
        if session.state.get(_ABOUT) != conversation.about():
            await self.sessions.set_state(session, conversation.kept())

    def discard_session(self, user_id: str, talk_session_id: str) -> None:
        """Stop a conversation's turns and take it out of the list; for `undo_limit` seconds it can be restored, then it is forgotten.

        Raises: ConversationNotFound, StoreError.
        """
        conversation = self._find(user_id, talk_session_id)
        self._stop_all(conversation)
        conversation.deleted_at = time.time()
        self._changed(conversation)

    def restore_session(self, user_id: str, talk_session_id: str) -> None:
        """Bring back a conversation that was discarded. Raises: ConversationNotFound when it is forgotten, StoreError."""
        self._load(user_id)
        with self._lock:
            conversation = self._conversations.get(user_id, {}).get(talk_session_id)
        if conversation is None:
            raise ConversationNotFound
        with conversation.lock:
            if conversation.deleted_at is None:
                raise ConversationNotFound("It cannot be brought back any more: it is forgotten.")
            conversation.deleted_at, conversation.gone = None, False
        self._changed(conversation)

    def delete_session(self, user_id: str, talk_session_id: str) -> None:
        """Stop a conversation's turns and forget it at once. Raises: ConversationNotFound, StoreError."""
        conversation = self._find(user_id, talk_session_id)
        self._stop_all(conversation)
        self._or_not_gone(conversation, self._delete(conversation))
        self.touch(user_id)
        self.call_on_loop(self._give_back_soon)

    def _stop_all(self, conversation: _Conversation) -> None:
        """Let a conversation begin no more turns, and wait for the end of those that it has."""
        with conversation.lock:
            conversation.gone = True
            turns = conversation.unfinished()
        for turn in turns:
            turn.cancel()
        for turn in turns:
            turn.wait_ended(2 * self.settings.grace)

    async def _forget_discarded(self, conversations: Sequence[_Conversation]) -> None:
        """Forget what was discarded too long ago to be restored."""
        before = time.time() - self.settings.undo_limit
        for conversation in [c for c in conversations if c.deleted_at is not None]:
            with conversation.lock:
                if conversation.deleted_at is None or conversation.deleted_at > before:
                    continue
                conversation.deleted_at = None  # `restore_session` finds it no more
            try:
                await self._delete(conversation)
            except PlaygroundError as error:  # tried again later
                logger.warning("a deleted conversation is still stored: user=%s %r", conversation.user_id, error)
                conversation.deleted_at = before
            else:
                self._empty(conversation)

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
        self._empty(conversation)

    def _empty(self, conversation: _Conversation) -> None:
        """Keep of a conversation only that it is gone."""
        conversation.title, conversation.branch.settled, conversation.branch.earlier = "", [], None
        conversation.branches = {conversation.id: conversation.branch}

    async def _delete(self, conversation: _Conversation) -> None:
        """Delete a conversation's sessions, the first branch's last: as long as that is there, the rest can be found."""
        for turn in tuple(conversation.turns):
            await turn.drop_journal()
        if self.store.journaled:
            for record, journal in await left_behind(self.store, self.sessions.app_name, conversation.user_id):
                if record.talk_session_id in conversation.branches:
                    await journal.discard()
        for branch in reversed(tuple(conversation.branches.values())):
            await self._delete_branch(branch)

    async def _delete_branch(self, branch: Branch) -> None:
        key = self.sessions.key(branch)
        for name in await self._artifacts.list_artifact_keys(**key):
            if not name.startswith("user:"):
                await self._artifacts.delete_artifact(**key, filename=name)
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
        new = self._moved(conversation, user_id, uuid.uuid4().hex if taken else conversation.id)
        self._or_not_gone(conversation, self._copy(conversation, new))
        self._know(new)
        return True

    def _moved(self, conversation: _Conversation, user_id: str, new_id: str) -> _Conversation:
        """Return the same conversation as another user's, under another id; its other branches keep theirs."""
        new = _Conversation(user_id, new_id, conversation.about())
        new.updated_at, new.root.used_at = conversation.updated_at, conversation.root.used_at
        for branch in conversation.branches.values():
            if fork := branch.fork:
                parent = new_id if fork.parent == conversation.id else fork.parent
                moved = replace(fork, conversation=new_id, parent=parent)
                new.add(Branch(user_id, branch.id, moved, used_at=branch.used_at), opened=branch is conversation.branch)
        return new

    async def _copy(self, old: _Conversation, new: _Conversation) -> None:
        """Copy a conversation's sessions and their files to another user, then delete the old ones.

        Until that is done each copy is marked: an earlier try's is replaced if the old session is still there, otherwise taken.
        """
        pairs = list(zip(old.branches.values(), new.branches.values(), strict=True))
        copies = [await self._copy_branch(theirs, ours) for theirs, ours in pairs]
        await self._delete(old)
        for copy in copies:
            if copy:
                await self.sessions.set_state(copy, {_MOVING: None})
        if copies[0]:
            await self._save_about(new, copies[0])

    async def _copy_branch(self, old: Branch, new: Branch) -> Session | None:
        session, copy = await self.sessions.whole(old), await self.sessions.find(new)
        if session:
            if copy:
                await self.store.delete_session(**self.sessions.key(new))
            copy = await self.store.create_session(**self.sessions.key(new), state={_MOVING: [old.user_id, old.id]})
            await self._fill(session, copy)
            if new.fork:
                await self.sessions.set_state(copy, {_FORK: new.fork.stored()})
            await copy_files(self._artifacts, self.sessions.key(old), self.sessions.key(new), prefix(session).files)
        return copy

    async def _fill(self, session: Session, copy: Session) -> None:
        """Bring a session's events and state into the session of another user, of whom what is known already stays."""
        known = await self.store.get_user_state(app_name=copy.app_name, user_id=copy.user_id)
        known = {f"{State.USER_PREFIX}{key}" for key in known}
        for event in session.events:
            event.actions.state_delta = {k: v for k, v in event.actions.state_delta.items() if not k.startswith(SHARED)}
            await self.store.append_event(copy, event)
        of_user = {k: v for k, v in session.state.items() if k.startswith(State.USER_PREFIX) and k not in known}
        own = {k: v for k, v in session.state.items() if not k.startswith(SHARED) and k != _MOVING}
        await self.sessions.set_state(copy, {**own, **of_user})

    # -- search --------------------------------------------------------------------------------------------------------

    def search(self, user_id: str, query: str, talk_session_id: str = "", limit: int = 50) -> list[Hit]:
        """Return the user's messages and titles that hold every word of the query, or a word that begins so, the newest first.

        In all conversations, all their branches, or in one; running answers as far as they have got. The index first takes in what
        has changed since it was last asked. Raises: ConversationNotFound, StoreError.
        """
        asked = self._find(user_id, talk_session_id) if talk_session_id else None
        self._load(user_id)
        conversations = [asked] if asked else self._of(user_id)
        by_branch = {branch_id: c for c in conversations for branch_id in tuple(c.branches)}
        found_rows = self._ask_loop(self._rows_in(asked, query) if asked else self._find_rows(user_id, query, conversations))
        rows = [row for row in found_rows if row.session_id in by_branch]
        running = [(turn.branch.id, _messages_of(turn, 0)) for conversation in conversations for turn in tuple(conversation.turns)]
        rows += [row for branch_id, messages in running for row in _rows_of(branch_id, messages) if found_in(row.text, query)]
        found: dict[tuple[str, str, str], Hit] = {}
        rows.sort(key=lambda row: by_branch[row.session_id].branch.id != row.session_id)  # of several branches, the open one
        for row in rows:
            conversation = by_branch[row.session_id]
            found.setdefault((conversation.id, row.turn_id, row.role), _hit(conversation, row, query))
        titles = [_hit(c, Row(c.branch.id, "", "", c.updated_at, c.title), query) for c in conversations if found_in(c.title, query)]
        return sorted([*titles, *found.values()], key=lambda hit: hit.at, reverse=True)[:limit]

    async def _find_rows(self, user_id: str, query: str, conversations: Sequence[_Conversation]) -> list[Row]:
        stamps = await self._index.stamps(self.sessions.app_name, user_id)
        everything = {branch_id for conversation in conversations for branch_id in tuple(conversation.branches)}
        if gone := set(stamps) - everything:
            await self._index.forget(self.sessions.app_name, user_id, sorted(gone))
        for conversation in conversations:
            await self._take_in(conversation, stamps)
        return await self._index.find(self.sessions.app_name, user_id, query, _MANY)

    async def _rows_in(self, conversation: _Conversation, query: str) -> list[Row]:
        """Return the rows of one conversation that hold a query, without the index: that knows only the newest of all."""
        apart = {turn.id for turn in conversation.turns}
        rows: list[Row] = []
        for branch in tuple(conversation.branches.values()):
            messages = branch.settled if branch.settled is not None else await self._history(branch, apart)
            rows += [row for row in _rows_of(branch.id, messages) if found_in(row.text, query)]
        return rows

    async def _take_in(self, conversation: _Conversation, stamps: Mapping[str, float]) -> None:
        """Bring into the index what it does not know of a conversation: by our version in this process, else by the session's time."""
        version = conversation.version
        if conversation.indexed == version:
            return
        for branch in tuple(conversation.branches.values()):
            if conversation.indexed < 0 and version == 0 and stamps.get(branch.id) == branch.used_at:
                continue
            session = await self.sessions.find(branch)
            if session is None:  # it has no message yet
                continue
            messages = branch.settled
            if messages is None:
                messages = await self._history(branch, {turn.id for turn in conversation.turns})
            rows = _rows_of(branch.id, messages)
            await self._index.replace(session.app_name, session.user_id, branch.id, session.last_update_time, rows)
        conversation.indexed = version

    def show_branch(self, user_id: str, talk_session_id: str, branch_id: str) -> None:
        """Open a branch by the id of its session, as `search` gives it. Raises: ConversationBusy, MessageNotShown, as `view`."""
        conversation = self._find(user_id, talk_session_id)
        if conversation.branch.id != branch_id:
            self._open(conversation, lambda conversation: conversation.branches.get(branch_id))

    def _open(self, conversation: _Conversation, find: Callable[[_Conversation], Branch | None]) -> None:
        """Open the branch that is found under the lock, in all tabs."""
        with conversation.lock:
            branch = find(conversation)
            if branch is None:
                raise MessageNotShown
            if conversation.unfinished():
                raise ConversationBusy
            conversation.open(branch)
        self._changed(conversation)

    # -- export and import -----------------------------------------------------------------------------------------------

    def export_session(self, user_id: str, talk_session_id: str) -> str:
        """Return the open branch as the JSON of an ADK session, as `adk web` imports it. Raises: as `view`."""
        conversation = self._find(user_id, talk_session_id)
        return session_json(self._ask_loop(self._whole(conversation.branch)), conversation.title)

    def export_eval_case(self, user_id: str, talk_session_id: str) -> str:
        """Return the open branch as an eval set of one case, as `adk eval` runs it. Raises: as `view`."""
        conversation = self._find(user_id, talk_session_id)
        return eval_set_json(self._ask_loop(self._whole(conversation.branch)), self.sessions.app_name, conversation.id)

    def export_files(self, user_id: str, talk_session_id: str) -> dict[str, bytes]:
        """Return the files of the open branch by name, in their newest version: those that were sent, and those that the agent made."""
        conversation = self._find(user_id, talk_session_id)
        saved = self._ask_loop(self._whole(conversation.branch))
        names = prefix(saved).files
        files = {name: self.load_file(user_id, talk_session_id, name, version) for name, version in names.items()}
        return {name: file.data for name, file in files.items() if file}

    def import_session(self, user_id: str, data: bytes) -> str:
        """Make a conversation of an ADK session's JSON. Returns: its id. Raises: ImportRefused saying what does not fit; StoreError.

        Nothing is half imported: until all of it is there, the session is marked, and a marked one is no conversation.
        """
        read = read_session(data, self.sessions.app_name)
        title = title_of(self.store.storable(read.title), limit=_TITLE_LIMIT) or "Imported conversation"
        self._load(user_id)
        new = _Conversation(user_id, uuid.uuid4().hex, {"title": title, "titled": "user"})
        self._ask_loop(self.sessions.make(new.root, read.events, read.state, new.kept()))
        self._know(new)
        self.touch(user_id)
        return new.id

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
            sessions = [session for session in listed.sessions if not await self._is_half_made(session)]
            known = _known(sessions)
            with self._lock:
                self._conversations[user_id] = known | self._conversations.get(user_id, {})
                self._loaded.add(user_id)

    async def _is_half_made(self, session: Session) -> bool:
        """Whether it was not made to its end, and is gone now, or is a copy whose original is still there.

        A copy that was only not unmarked is unmarked.
        """
        if session.state.get(MAKING):
            await self.store.delete_session(app_name=session.app_name, user_id=session.user_id, session_id=session.id)
            return True
        if not (origin := session.state.get(_MOVING)):
            return False
        if await self.sessions.find(Branch(*origin)):
            return True
        await self.sessions.set_state(session, {_MOVING: None})
        return False

    async def _recover(self, user_id: str, record: Record, journal: Journal) -> None:
        """Bring what a killed process had saved of a running answer into its conversation, marked as interrupted.

        Killed in the middle of this, the next process does it again: `Draft.keep` adds nothing twice.
        """
        branch = Branch(user_id, record.talk_session_id, Fork(**record.fork) if record.fork else None)
        if branch.fork and await self.sessions.find(Branch(user_id, branch.fork.parent)) is None:  # deleted meanwhile
            await journal.discard()
            return
        if branch.fork:
            await self._open_branch(branch)
        elif await self.sessions.find(branch) is None:
            about = {"title": title_of(record.question), "created_at": record.began_at}
            await self.sessions.create(branch, {_ABOUT: _Conversation(user_id, branch.id, about).about()})
        draft = Draft(record, TurnLog(self.settings.answer_limit), self.store)
        draft.add_pieces(record.pieces)
        if not await draft.is_over(self.sessions, branch):
            await draft.keep(self.sessions, branch, "cancelled", _INTERRUPTED, self.agent_name)
            logger.warning("an interrupted answer was recovered: user=%s session=%s turn=%s", user_id, branch.id, record.turn_id)
        await journal.discard()

    async def _keep_house(self) -> None:
        """Again and again: save the running answers, let go of messages that nobody looks at, forget what was discarded. Until `close`."""
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
            self._let_go(conversations)
            await self._forget_discarded(conversations)

    def _let_go(self, conversations: Sequence[_Conversation]) -> None:
        """Forget the messages that nobody has looked at for long, if the store has them, and what turns need not load of them."""
        unread_since = time.monotonic() - self.settings.unread_limit
        for conversation in conversations:
            with conversation.lock:
                for branch in conversation.branches.values():
                    if not conversation.turns and (conversation.read_at < unread_since or branch is not conversation.branch):
                        branch.earlier = None
                        branch.settled = None if self.store.lasting else branch.settled

    # -- turns -----------------------------------------------------------------------------------------------------

    def add_message(
        self,
        user_id: str,
        talk_session_id: str,
        message: str,
        shown: Sequence[Message] = (),
        strategy: Strategy | None = None,
        files: Sequence[FilePart] = (),
    ) -> Turn:
        """Start a turn with `message`; what becomes of one that runs, the conversation's strategy says (FR-005 to FR-007).

        Returns at once: the turn begins when the one before it is over and a worker is free. `shown` is what the page still
        shows of the conversation: if its ADK session has been lost, the new one is filled from it. `strategy` replaces the
        conversation's own, for this message.
        Raises: InvalidMessage, ConversationNotFound, ConversationBusy when new input is refused, StoreError, StateError when
            the invoker is closed.
        """
        self.check_message(message, files)
        message = self.store.storable(message)
        conversation = self._find(user_id, talk_session_id)
        strategy = strategy or conversation.strategy
        with conversation.lock:
            running = conversation.unfinished()
            turn = Turn(self, conversation, message, files=files, shown=shown)
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

    def edit(self, user_id: str, talk_session_id: str, turn_id: str, message: str, files: Sequence[FilePart] = ()) -> Turn:
        """Ask something else in the place of an earlier question: a turn that begins a new branch, which is open from then on.

        What stood before it is untouched, and what came after it stays in the branch that was left. A turn that runs is stopped,
        whatever the strategy, unless that refuses new input.
        Raises: MessageNotShown when the open branch has no such question (another tab may have left it); ConversationBusy when an
            answer before it is still being written; as `add_message`.
        """
        self.check_message(message, files)
        return self._ask_instead(user_id, talk_session_id, turn_id, self.store.storable(message), files)

    def regenerate(self, user_id: str, talk_session_id: str, turn_id: str) -> Turn:
        """Ask the same again, for another answer: as `edit`."""
        return self._ask_instead(user_id, talk_session_id, turn_id)

    def _ask_instead(
        self, user_id: str, talk_session_id: str, turn_id: str, message: str | None = None, files: Sequence[FilePart] = ()
    ) -> Turn:
        with self._known_messages(user_id, talk_session_id) as (conversation, view):
            instead, asked = _place_of(view, turn_id, again=message is None)
            if any(before.status in GROWING for before in instead.before):
                raise ConversationBusy
            running = conversation.unfinished()
            text, files = (asked.content, asked.files) if message is None else (message, files)
            turn = Turn(self, conversation, text, files=files, instead=instead)
            with self._lock:
                self._check_open(conversation, refuse=bool(running) and conversation.strategy == "reject")
                conversation.begin(turn)
            for earlier in running:
                earlier.cancel()
            if not running:
                self._submit(turn)
        self.touch(user_id)
        return turn

    @contextmanager
    def _known_messages(self, user_id: str, talk_session_id: str) -> Generator[tuple[_Conversation, View], None, None]:
        """Hold a conversation's lock while its messages are known."""
        conversation = self._find(user_id, talk_session_id)
        while True:
            self.view(user_id, talk_session_id)
            with conversation.lock:
                if conversation.settled is not None:  # they may have been let go of since
                    yield conversation, conversation.view()
                    return

    def switch(self, user_id: str, talk_session_id: str, *turn_ids: str) -> None:
        """Open the branch that shows one of these turns; of several, the one that was open last.

        Raises: ConversationBusy while an answer is being written; MessageNotShown for turns without alternatives; as `view`.
        """
        self._open(self._find(user_id, talk_session_id), lambda conversation: conversation.branch_with(turn_ids))

    def branch_off(self, user_id: str, talk_session_id: str, turn_id: str) -> str:
        """Copy the open branch, up to and with a turn, into a new conversation. Returns: its id. Raises: as `switch`."""
        with self._known_messages(user_id, talk_session_id) as (conversation, view):
            turns = list(dict.fromkeys(message.turn_id for message in view.messages))
            unfinished = {turn.id for turn in conversation.turns}
            if turn_id not in turns:
                raise MessageNotShown
            if unfinished & set(turns[: turns.index(turn_id) + 1]):
                raise ConversationBusy
            branch, title = conversation.branch, conversation.title
        before = next(iter(turns[turns.index(turn_id) + 1 :]), "")
        new = _Conversation(user_id, uuid.uuid4().hex, {"title": f"{title} (branch)", "titled": "user"})
        self._ask_loop(self._copy_part(branch, new, before))
        self._know(new)
        self.touch(user_id)
        return new.id

    async def _copy_part(self, branch: Branch, new: _Conversation, before: str) -> None:
        session = await self._whole(branch)
        part = prefix(session, before)
        await copy_files(self._artifacts, self.sessions.key(branch), self.sessions.key(new.root), part.files)
        await self.sessions.make(new.root, part.events, part.state, new.kept())

    def load_file(self, user_id: str, talk_session_id: str, name: str, version: int | None = None) -> FilePart | None:
        """Return a file that was saved in the open branch, its newest version unless another is asked for; None if it is not there.

        Raises: as `view`.
        """
        branch = self._find(user_id, talk_session_id).branch
        loading = self._artifacts.load_artifact(**self.sessions.key(branch), filename=name, version=version)
        part = self._ask_loop(loading)
        if part and part.text is not None:
            return FilePart(name, "text/plain", part.text.encode())
        blob = part.inline_data if part else None
        return FilePart(name, blob.mime_type or "application/octet-stream", blob.data) if blob and blob.data else None

    async def _whole(self, branch: Branch) -> Session:
        session = await self.sessions.whole(branch)
        if session is None:
            raise SessionError
        return session

    def compare(self, user_id: str, talk_session_id: str, *turn_ids: str) -> list[Difference]:
        """Return in what the agent's state of the open branch differs from that of the branch that `switch` would open.

        Raises: MessageNotShown, as `view`.
        """
        conversation = self._find(user_id, talk_session_id)
        with conversation.lock:
            there, here = conversation.branch_with(turn_ids), conversation.branch
        if there is None:
            raise MessageNotShown
        return self._ask_loop(self._differences(here, there))

    async def _differences(self, here: Branch, there: Branch) -> list[Difference]:
        states = [own_state(session.state) if (session := await self.sessions.find(branch)) else {} for branch in (here, there)]
        return differences(*states)

    def rate(self, user_id: str, talk_session_id: str, turn_id: str, feedback: Feedback) -> None:
        """Keep what the user thinks of an answer, with the conversation's events. Raises: MessageNotShown, ConversationBusy; as `view`."""
        feedback = replace(feedback, words=self.store.storable(feedback.words)[:_FEEDBACK_LIMIT])
        with self._known_messages(user_id, talk_session_id) as (conversation, _):
            if any(turn.id == turn_id for turn in conversation.turns):
                raise ConversationBusy
            branches = [conversation.branch, *conversation.branches.values()]  # another click may just have left its branch
            branch = next((b for b in branches if any(message.turn_id == turn_id for message in b.settled or ())), None)
            if branch is None:
                raise MessageNotShown
        self._ask_loop(self._rate(branch, turn_id, feedback))
        with conversation.lock:
            for index, message in enumerate(branch.settled or ()):
                if message.turn_id == turn_id and message.role == "assistant" and branch.settled:
                    branch.settled[index] = replace(message, feedback=feedback if feedback != Feedback(None) else None)
        self.touch(user_id)

    async def _rate(self, branch: Branch, turn_id: str, feedback: Feedback) -> None:
        session = await self.sessions.find(branch)
        if session is None:
            raise SessionError
        await self.store.append_event(session, feedback_event(turn_id, feedback))

    def confirm(self, user_id: str, talk_session_id: str, request_id: str, confirmed: bool) -> Turn:  # noqa: FBT001
        """Say yes or no to a tool call that waits for it: a turn that goes on where the agent has asked.

        The first reply is the reply: it is looked for, and the turn begun, under the conversation's lock, so of a double click,
        or of two tabs, the later finds the earlier's turn.
        Raises: RequestClosed when it was answered before, or something else was typed since; ConversationBusy while an answer
            is being written; otherwise as `view`.
        """
        with self._known_messages(user_id, talk_session_id) as (conversation, _):
            request = _request_to_answer(conversation, request_id)
            turn = Turn(self, conversation, "", reply=Reply(request, confirmed))
            with self._lock:
                self._check_open(conversation, refuse=False)
                conversation.begin(turn)
            self._submit(turn)
        self.touch(user_id)
        return turn

    def check_message(self, message: str, files: Sequence[FilePart] = ()) -> None:
        """Raise InvalidMessage for what cannot be sent: nothing at all, too much, files that the agent's model cannot take."""
        if not message.strip() and not files:
            raise InvalidMessage
        self._check_files(files)
        if len(message) > self.settings.message_limit:
            limit = self.settings.message_limit
            raise InvalidMessage(f"The message has {len(message):,} characters; the limit is {limit:,}. Shorten it and send again.")

    def _check_files(self, files: Sequence[FilePart]) -> None:
        for file in files:
            if not is_taken(file.mime, self.file_types):
                kinds = spoken_types(self.file_types)
                raise InvalidMessage(f"{self.model_name or self.agent_name} cannot read {file.name!r}. It takes {kinds}. Send it without.")
            if is_broken(file):
                raise InvalidMessage(f"{file.name!r} is empty, or it is not the kind of file that its name says. Send it without.")
        if (size := sum(len(file.data) for file in files)) > self.settings.file_limit:
            limit = self.settings.file_limit / 1e6
            raise InvalidMessage(f"The files have {size / 1e6:.1f} MB together; the limit is {limit:g} MB. Leave some out and send again.")

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
                version, branch, apart = conversation.version, conversation.branch, {turn.id for turn in conversation.turns}
            messages = self._ask_loop(self._history(branch, apart))
            with conversation.lock:
                if conversation.version == version:
                    branch.settled = messages

    async def _history(self, branch: Branch, apart: set[str]) -> list[Message]:
        told = Transcript()
        session = await self.sessions.whole(branch)
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

    async def _ask_for_title(self, conversation: _Conversation, turn: Turn) -> None:
        """Have the model make a title of the first exchange. The one made of the words stays if that fails, or somebody was faster."""
        model = next((model for model in models(self._runner.agent) if getattr(model, "makes_titles", True)), None)
        if model is None:
            return
        asking = asyncio.wait_for(title_by(model, turn.message, Answer(turn.read()).text), _TITLE_PATIENCE)
        (title,) = await asyncio.gather(asking, return_exceptions=True)
        if isinstance(title, BaseException):
            logger.info("no title from the model: %r error=%s", turn, type(title).__name__)
        elif title and conversation.titled == "words" and not conversation.gone:
            conversation.title, conversation.titled = self.store.storable(title), "model"
            self._changed(conversation)

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
        is_first = conversation.titled_by is turn and conversation.titled == "words"
        if self.settings.titles and is_first and turn.saved and turn.failure is None and not turn.stop_asked and not self._closed:
            self.keep(self._ask_for_title(conversation, turn))
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
            session_id=turn.branch.id,
            new_message=turn.said,
            run_config=RunConfig(
                streaming_mode=StreamingMode.SSE,
                tool_thread_pool_config=ToolThreadPoolConfig(max_workers=self.settings.tool_threads),
                max_llm_calls=self.settings.max_llm_calls,
                custom_metadata={TURN: turn.id, BEGAN: turn.began_at},
                telemetry=telemetry_of_turn(),
                get_session_config=Latest.known(turn.branch, turn.said) if self._remembers else None,
            ),
            abort_signal=turn.abort_signal,
        )

    async def rewind(self, turn: Turn, invocation_id: str) -> None:
        """Take an invocation, and what came after it, out of what the model remembers. Loop only."""
        await self._runner.rewind_async(user_id=turn.user_id, session_id=turn.branch.id, rewind_before_invocation_id=invocation_id)

    async def _open_session(self, turn: Turn) -> None:
        """Make sure that the turn's ADK session is there and up to date; fill a lost one from what the page still shows."""
        conversation, branch = turn.conversation, turn.branch
        if branch.fork:
            await self._open_branch(branch)
        if session := await self.sessions.find(conversation.root):
            await self._save_about(conversation, session)
        elif not branch.fork:
            await self._begin_session(turn)

    async def _begin_session(self, turn: Turn) -> None:
        conversation, branch = turn.conversation, turn.branch
        session = await self.sessions.create(branch, conversation.kept())
        if conversation.gone:  # meanwhile
            await self._delete(conversation)
            raise ConversationDeleted
        if turn.shown:
            logger.warning("the session was lost and is filled from the page: %r", turn)
            for event in restored(turn.shown, self.agent_name):
                await self.store.append_event(session, event)
            with conversation.lock:
                branch.settled = None
                conversation.version += 1
            turn.write(Entry("notice", text=_RESTORED))

    async def _open_branch(self, branch: Branch) -> None:
        """Make a branch's session, unless it is there. One that a killed process has left half made is made anew."""
        fork = branch.fork
        session = await self.sessions.find(branch)
        if fork is None or (session and not session.state.get(MAKING)):
            return
        if session:
            await self._delete_branch(branch)
        parent = Branch(branch.user_id, fork.parent)
        part = prefix(await self._whole(parent), fork.replaces)
        await copy_files(self._artifacts, self.sessions.key(parent), self.sessions.key(branch), part.files)
        await self.sessions.make(branch, part.events, part.state, {_FORK: fork.stored()})

    def call_on_loop(self, function: Callable[[], None]) -> None:
        """Have a plain function called on the loop; after `close`, nothing."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(function)

    def keep(self, coroutine: Coroutine[Any, Any, None], among: set[asyncio.Task[None]] | None = None) -> None:
        """Run a coroutine on the loop, and hold its task until it is done. Loop only."""
        tasks = self._tasks if among is None else among
        task = self.loop.create_task(coroutine)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

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
        if self._saves:
            await asyncio.wait(self._saves, timeout=self.settings.grace)
        await self._runner.close()
        for model in {id(model): model for model in models(self._runner.agent)}.values():
            await close_model(model)
        left = asyncio.all_tasks() - {asyncio.current_task()} - self.store.calls  # turns left behind, and what an agent has begun
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=self.settings.grace)
        await self._index.close()
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


def _known(sessions: Sequence[Session]) -> dict[str, _Conversation]:
    """Return stored conversations with their branches, by id. What `adk web` has made has no title, or one of its own."""
    known: dict[str, _Conversation] = {}
    for session in sessions:
        if _FORK not in session.state:
            known[session.id] = _first_branch(session)
    branches = [
        Branch(session.user_id, session.id, Fork(**session.state[_FORK]), used_at=session.last_update_time)
        for session in sessions
        if _FORK in session.state
    ]
    opened = {session.id: (session.state.get(_ABOUT) or {}).get("branch") for session in sessions}
    for branch in sorted(branches, key=lambda branch: branch.fork.at if branch.fork else 0.0):
        conversation = known.get(branch.fork.conversation) if branch.fork else None
        if conversation:
            conversation.updated_at = max(conversation.updated_at, branch.used_at)
            conversation.branches[branch.id] = branch
            if opened[conversation.id] == branch.id:
                conversation.branch = branch
    return known


def _first_branch(session: Session) -> _Conversation:
    about: Mapping[str, Any] = session.state.get(_ABOUT) or {}
    name = str((session.state.get(ADKS_NAME) or {}).get("displayName") or about.get("title") or "Conversation")
    updated_at = session.last_update_time
    conversation = _Conversation(session.user_id, session.id, {"created_at": updated_at, **about, "title": name})
    conversation.updated_at = conversation.root.used_at = updated_at
    return conversation


def _place_of(view: View, turn_id: str, *, again: bool) -> tuple[_Instead, Message]:
    """Return where a question stands, to begin a branch there, and the question. Raises: MessageNotShown."""
    index = next((n for n, m in enumerate(view.messages) if m.turn_id == turn_id and m.role == "user"), None)
    if index is None:
        raise MessageNotShown
    question = turn_id
    if turn_id in view.alternatives:
        question = view.alternatives[turn_id].answers[0]
    return _Instead(turn_id, view.messages[:index], question if again else ""), view.messages[index]


def _rows_of(session_id: str, messages: Iterable[Message]) -> list[Row]:
    """Return what can be searched of messages: their texts, and the names of their files."""
    texts = [(m, " ".join([m.content, *(file.name for file in m.files)])) for m in messages]
    return [Row(session_id, message.turn_id, message.role, message.at, text) for message, text in texts if text]


def _hit(conversation: _Conversation, row: Row, query: str) -> Hit:
    text, marks = snippet(row.text, query)
    return Hit(conversation.id, row.session_id, conversation.listed().title, row.turn_id, row.role, row.at, text, marks)


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
    sent = sent_parts(turn.message, turn.files)
    question = [] if turn.reply else [Message(after + 1, turn.id, "user", sent, at=turn.began_at)]
    after += len(question) + 1
    parts, notices = answer.parts, answer.notices
    said = Message(after, turn.id, "assistant", parts, answer.status, answer.error, turn.began_at, notices, floor=answer.floor)
    return [*question, said]


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


def open_artifacts(folder: str, sessions: str = "") -> BaseArtifactService:
    """Return where files are kept: in a folder; without one, beside the SQLite file that `sessions` names; otherwise in memory."""
    if not folder and sessions.startswith("sqlite:///"):
        folder = f"{sessions.removeprefix('sqlite:///').partition('?')[0]}.files"
    return FileArtifactService(folder) if folder else InMemoryArtifactService()


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
            elif entry.kind == "contribution" and (line := content_of(Answer([entry]).parts)):
                yield {"type": "text", "content": f"\n{line}\n"}
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
    "Hit",
    "ImportRefused",
    "InvalidMessage",
    "MessageNotShown",
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
    "open_artifacts",
    "open_index",
    "open_store",
]
