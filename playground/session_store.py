"""Where conversations are kept: ADK's own session services, made fit for turns that are stopped at any moment.

What it guarantees:

- A call that has begun ends. Whoever waits for it may be cancelled: the call goes on, and the cancellation is passed on
  when it has ended. (ADK's database services leave locks and half-open transactions behind when they are cancelled.)
- The calls for one session are made one after another, so whoever reads it reads what was being written.
- One SQLite file is written by one call at a time, so no call finds it locked by another of this process.
- An event that meets a newer version of its session is appended to that.
- A turn that was left behind after a stop writes to nobody (`fenced`).
- Whatever a database raises becomes a `StoreError` whose message may be shown.

A killed process loses less than a second of the answers that were being written: `Journal` keeps the running answer of one
turn, in an ADK session of its own, because a second writer in the conversation's session would make the Runner's copy stale.

What it does not: two processes on one database each take the other's running answers for interrupted ones.
All of it runs on the invoker's event loop.
"""

from __future__ import annotations

import asyncio
import base64
import contextvars
import re
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from weakref import WeakValueDictionary

from google.adk.errors._stale_session_error import StaleSessionError
from google.adk.errors.already_exists_error import AlreadyExistsError
from google.adk.events import Event
from google.adk.sessions import BaseSessionService, InMemorySessionService, Session
from google.adk.sessions.base_session_service import GetSessionConfig, ListSessionsResponse

from playground.errors import StateError, StoreError
from playground.remembered import Latest
from playground.turn_log import FilePart

T = TypeVar("T")
Operation = Callable[[BaseSessionService], Awaitable[T]]

ANSWER_LIMIT = 15.0  # seconds after which a database that says nothing is given up
CONNECT_LIMIT = 4.0
STATEMENT_LIMIT = 8.0
_TRIES = 5  # appends of one event to a session that others write too
_JOURNALS = ".running"  # after the app's name: the app that the journals' sessions belong to
_LATEST = 20  # events among which one that is appended twice is looked for
_RECORD = "vibehuntr_record"
_CHANGING_MODE = threading.Lock()
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class InMemorySessions(InMemorySessionService):
    """ADK's sessions in memory. Before it appends an event, ADK looks whether it is there: among the latest, here, not among all."""

    async def append_event(self, session: Session, event: Event) -> Event:
        """Append an event, as ADK does: without ever giving way to another call. A third of a turn's cost at 5,000 events otherwise."""
        stored = self.sessions.get(session.app_name, {}).get(session.user_id, {}).get(session.id)
        if stored is None:
            return await super().append_event(session, event)
        every, latest = stored.events, stored.events[-_LATEST:]
        stored.events = latest.copy()
        try:
            return await super().append_event(session, event)
        finally:
            every += stored.events[len(latest) :]
            stored.events = every


class SessionStore(BaseSessionService):
    """One of ADK's session services, behind the guarantees of the module.

    `name` may be shown to the user; `lasting` says whether it outlives the process, `journaled` whether running answers
    are to be saved as they grow.
    """

    def __init__(
        self,
        make: Callable[[], BaseSessionService] = InMemorySessions,
        *,
        name: str = "",
        lasting: bool = False,
        journaled: bool = False,
        one_writer: bool = False,
    ) -> None:
        """Keep how to make the service: it is made at the first call, and again at the next if that fails."""
        self.name = name
        self.lasting = lasting
        self.journaled = journaled
        self.fenced: Callable[[Event], bool] = lambda _: False
        self._make = make
        self._service: BaseSessionService | None = None
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock() if one_writer else nullcontext()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.calls: set[asyncio.Task[Any]] = set()

    @classmethod
    def of(cls, service: BaseSessionService) -> SessionStore:
        """Put a service that somebody else made behind the same guarantees; its running answers are not journaled."""
        if isinstance(service, SessionStore):
            return service
        return cls(lambda: service, name=type(service).__name__, lasting=not isinstance(service, InMemorySessionService))

    async def create_session(
        self, *, app_name: str, user_id: str, state: dict[str, Any] | None = None, session_id: str | None = None
    ) -> Session:
        """Create a session. Raises: StoreError."""
        key = f"{app_name}/{user_id}/{session_id}"
        return await self._write(key, lambda s: s.create_session(app_name=app_name, user_id=user_id, state=state, session_id=session_id))

    async def get_session(self, *, app_name: str, user_id: str, session_id: str, config: GetSessionConfig | None = None) -> Session | None:
        """Return a session, or None. Raises: StoreError."""
        key = f"{app_name}/{user_id}/{session_id}"
        found = await self._read(key, lambda s: s.get_session(app_name=app_name, user_id=user_id, session_id=session_id, config=config))
        if found and isinstance(config, Latest) and not config.taken(found):
            return await self.get_session(app_name=app_name, user_id=user_id, session_id=session_id, config=Latest(memory=config.memory))
        return found

    async def list_sessions(self, *, app_name: str, user_id: str | None = None) -> ListSessionsResponse:
        """Return a user's sessions without their events. Raises: StoreError."""
        return await self._read("", lambda s: s.list_sessions(app_name=app_name, user_id=user_id))

    async def delete_session(self, *, app_name: str, user_id: str, session_id: str) -> None:
        """Delete a session, if it is there. Raises: StoreError."""
        key = f"{app_name}/{user_id}/{session_id}"
        await self._write(key, lambda s: s.delete_session(app_name=app_name, user_id=user_id, session_id=session_id))

    async def get_user_state(self, *, app_name: str, user_id: str) -> dict[str, Any]:
        """Return what the agent knows of a user beyond one session. Raises: StoreError."""
        return await self._read("", lambda s: s.get_user_state(app_name=app_name, user_id=user_id))

    async def append_event(self, session: Session, event: Event) -> Event:
        """Append an event. Raises: StoreError; StateError for a turn that was left behind."""
        if self.fenced(event):
            raise StateError
        if self.lasting:
            _make_storable(event)
        key = f"{session.app_name}/{session.user_id}/{session.id}"
        return await self._write(key, lambda s: _append(s, session, event))

    def storable(self, value: T) -> T:
        """Return a text, or JSON, as it comes back from the store: a database takes neither NUL nor half a surrogate pair."""
        return storable(value) if self.lasting else value

    async def close(self) -> None:
        """End the calls under way, and the connections."""
        if self.calls:
            await asyncio.wait(self.calls, timeout=ANSWER_LIMIT)
        if self._service is not None and (close := getattr(self._service, "close", None)):
            await close()

    async def _read(self, session: str, operation: Operation[T]) -> T:
        return await self._shielded(self._call(operation, self._turn_of(session), nullcontext()))

    async def _write(self, session: str, operation: Operation[T]) -> T:
        return await self._shielded(self._call(operation, self._turn_of(session), self._writing))

    def _turn_of(self, session: str) -> AbstractAsyncContextManager[Any]:
        """Return the lock of a session's calls, which lives as long as one of them holds or awaits it."""
        if not session:
            return nullcontext()
        lock = self._turns.get(session)
        if lock is None:
            lock = self._turns[session] = asyncio.Lock()
        return lock

    async def _shielded(self, call: Coroutine[Any, Any, T]) -> T:
        """Run a call in a task of its own, in no turn's context: what a turn has begun is closed at its end."""
        task = asyncio.get_running_loop().create_task(call, context=contextvars.Context())
        self.calls.add(task)
        task.add_done_callback(self._over)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):  # asked for again
                    await asyncio.wait({task})
            raise

    def _over(self, task: asyncio.Task[Any]) -> None:
        self.calls.discard(task)
        if not task.cancelled():
            task.exception()  # taken, also when whoever waited has gone

    async def _opened(self) -> BaseSessionService:
        """Make the service, in a thread: a database's driver takes a second to import."""
        async with self._opening:
            if self._service is None:
                self._service = await asyncio.to_thread(self._make) if self.lasting else self._make()
            return self._service

    async def _call(self, operation: Operation[T], session: AbstractAsyncContextManager[Any], file: AbstractAsyncContextManager[Any]) -> T:
        try:
            async with asyncio.timeout(ANSWER_LIMIT), session, file:
                return await operation(self._service or await self._opened())
        except database_errors() as error:
            raise store_error(error) from error


def _make_storable(event: Event) -> None:
    """Replace what no database takes, wherever a model, a tool or a user may have put it."""
    for part in event.content.parts or () if event.content else ():
        if part.text:
            part.text = storable(part.text)
        if part.function_call and part.function_call.args:
            part.function_call.args = storable(part.function_call.args)
        if part.function_response and part.function_response.response:
            part.function_response.response = storable(part.function_response.response)
    if event.custom_metadata:
        event.custom_metadata = storable(event.custom_metadata)
    if event.actions.state_delta:
        event.actions.state_delta = storable(event.actions.state_delta)


def storable(value: Any) -> Any:  # noqa: ANN401 - JSON in, the same out
    """Replace in a text, or in JSON, what no database takes: NUL, and half a surrogate pair."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


async def _append(service: BaseSessionService, session: Session, event: Event) -> Event:
    """Append, to the session's newest version if somebody else has written since it was loaded."""
    for _ in range(_TRIES - 1):
        try:
            return await service.append_event(session, event)
        except StaleSessionError:
            newest = await service.get_session(
                app_name=session.app_name,
                user_id=session.user_id,
                session_id=session.id,
                config=GetSessionConfig(num_recent_events=0),
            )
            if newest is not None:
                session.last_update_time = newest.last_update_time
                session._storage_update_marker = newest._storage_update_marker  # noqa: SLF001 - what ADK compares
    return await service.append_event(session, event)


# -- databases ---------------------------------------------------------------------------------------------------------


def database_of(url: str) -> tuple[str, str]:
    """Say what VIBEHUNTR_SESSIONS names: nothing, ("sqlite", the file) or ("postgresql", the database). Raises: StateError."""
    # The address may hold a password: it is never repeated.
    problem = StateError(
        "VIBEHUNTR_SESSIONS must be empty, sqlite:///file or postgresql://user:password@host/database. Correct it and restart."
    )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise problem from error
    scheme = parts.scheme.split("+")[0]
    if not url:
        return "", ""
    if scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        return "sqlite", unquote(parts.path).removeprefix("/")
    if scheme in ("postgresql", "postgres") and parts.path.strip("/"):
        return "postgresql", parts.path.strip("/")
    raise problem


def open_store(url: str) -> SessionStore:
    """Return the store that VIBEHUNTR_SESSIONS names: nothing, `sqlite:///file` or `postgresql://...`.

    Nothing is opened before the first call. Raises: StateError for any other address.
    """
    kind, place = database_of(url)
    if kind == "sqlite":
        path = Path(place)
        return SessionStore(lambda: _sqlite(path), name=f"SQLite, {path.name}", lasting=True, journaled=True, one_writer=True)
    if kind == "postgresql":
        return SessionStore(lambda: _postgresql(url), name=f"PostgreSQL, {place}", lasting=True, journaled=True)
    return SessionStore()


def _sqlite(path: Path) -> BaseSessionService:
    """Open ADK's SQLite service on a file that readers and a writer may use at once."""
    from google.adk.sessions.sqlite_session_service import SqliteSessionService  # noqa: PLC0415 - only when asked for

    use_wal(path)
    try:
        return SqliteSessionService(str(path))
    except RuntimeError as error:
        raise StoreError("The conversations' database was written by an older ADK: see the log for how to migrate it.") from error


def use_wal(path: Path) -> None:
    """Let a file be read while it is written. One thread at a time: for this lock alone, SQLite does not wait."""
    with _CHANGING_MODE, closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _postgresql(url: str) -> BaseSessionService:
    """Open ADK's database service, with limits on how long a server may say nothing."""
    from google.adk.sessions import DatabaseSessionService  # noqa: PLC0415 - SQLAlchemy, only when asked for

    limits = {"timeout": CONNECT_LIMIT, "command_timeout": STATEMENT_LIMIT}
    pool = {"pool_size": 10, "max_overflow": 10, "pool_timeout": STATEMENT_LIMIT}
    return DatabaseSessionService(asyncpg_url(url), connect_args=limits, hide_parameters=True, **pool)  # texts stay out of the log


def asyncpg_url(url: str, scheme: str = "postgresql+asyncpg", encryption: str = "ssl") -> str:
    """Name the driver, and say `sslmode`, which PostgreSQL's own tools know, as SQLAlchemy does (or whoever is to read it)."""
    parts = urlsplit(url)
    query = [(encryption if key in ("ssl", "sslmode") else key, value) for key, value in parse_qsl(parts.query) if key != "channel_binding"]
    return urlunsplit((scheme, parts.netloc, parts.path, urlencode(query), ""))


def database_errors() -> tuple[type[Exception], ...]:
    """Return what databases raise; those of a driver that was never imported cannot come."""
    errors: list[type[Exception]] = [OSError, sqlite3.Error]  # a time-out is an OSError
    if "sqlalchemy.exc" in sys.modules:
        errors.append(sys.modules["sqlalchemy.exc"].SQLAlchemyError)
    if "asyncpg.exceptions" in sys.modules:
        asyncpg = sys.modules["asyncpg.exceptions"]
        errors += [asyncpg.PostgresError, asyncpg.InterfaceError]
    return tuple(errors)


def store_error(error: Exception) -> StoreError:
    """Name what a database raised."""
    words = str(error).lower()
    if "readonly" in words or "read-only" in words:
        return StoreError("The conversations' database is read-only: nothing can be saved. Make it writable, and please try again.")
    if "full" in words or "no space left" in words:
        return StoreError("The conversations' database is full: nothing more can be saved. Make room, and please try again.")
    return StoreError()


# -- the running answer of one turn --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """More of a text that grows, from the character `offset` on: `key` is the id of its events, the rest what ADK says of them."""

    key: str
    author: str
    branch: str | None
    invocation_id: str
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a journal holds: the turn, its question, and the pieces of text that were saved, in order.

    `talk_session_id` is the id of its ADK session; if that is a branch's, `fork` says where it left another. `files` were sent
    with the question, their data in base64. `reply` stands for the question of a turn that goes on from the user's yes or no to
    a request: {request, confirmed}.
    """

    turn_id: str
    talk_session_id: str
    question: str
    began_at: float
    pieces: Sequence[Piece] = field(default=())
    reply: Mapping[str, Any] | None = None
    files: Sequence[Mapping[str, str]] = ()
    fork: Mapping[str, Any] | None = None


def stored_files(files: Sequence[FilePart]) -> list[dict[str, str]]:
    """Return files as JSON."""
    return [{"name": file.name, "mime": file.mime, "data": base64.b64encode(file.data).decode()} for file in files]


def sent_files(record: Record) -> list[FilePart]:
    """Return the files that were sent with a record's question."""
    return [FilePart(file["name"], file["mime"], base64.b64decode(file["data"])) for file in record.files]


class Journal:
    """Saves one running turn: its question first, then each piece of its answer. One save at a time."""

    def __init__(self, store: SessionStore, app_name: str, user_id: str, record: Record, session: Session | None = None) -> None:
        """Begin with what `session` holds, or with nothing saved."""
        self._store = store
        self._app_name = app_name + _JOURNALS
        self._user_id = user_id
        self._record = record
        self._session = session
        self._saving = asyncio.Lock()
        self._closed = False

    async def save(self, pieces: Sequence[Piece]) -> None:
        """Add to what is saved. Without effect once discarded. Raises: StoreError."""
        async with self._saving:
            if self._closed:
                return
            if self._session is None:
                about = {key: value for key, value in asdict(self._record).items() if key != "pieces"}
                app_name, user_id, session_id = self._app_name, self._user_id, self._record.turn_id
                try:
                    self._session = await self._store.create_session(
                        app_name=app_name, user_id=user_id, session_id=session_id, state={_RECORD: about}
                    )
                except AlreadyExistsError:  # by an earlier save, whose reply was lost
                    self._session = await self._store.get_session(app_name=app_name, user_id=user_id, session_id=session_id)
            if self._session is None:
                raise StoreError
            if pieces:
                saved = {_RECORD: [asdict(piece) for piece in pieces]}
                event = Event(author="journal", invocation_id=self._record.turn_id, custom_metadata=saved)
                await self._store.append_event(self._session, event)

    async def discard(self) -> None:
        """Forget it: the conversation's session holds all of it now. Raises: StoreError."""
        async with self._saving:
            self._closed = True
            if self._session is not None:
                await self._store.delete_session(app_name=self._app_name, user_id=self._user_id, session_id=self._record.turn_id)


async def left_behind(store: SessionStore, app_name: str, user_id: str) -> list[tuple[Record, Journal]]:
    """Return the journals of a user's turns that a process did not live to end, the oldest first. Raises: StoreError."""
    found: list[tuple[Record, Journal]] = []
    for listed in (await store.list_sessions(app_name=app_name + _JOURNALS, user_id=user_id)).sessions:
        if session := await store.get_session(app_name=listed.app_name, user_id=user_id, session_id=listed.id):
            record = _record_of(session)
            found.append((record, Journal(store, app_name, user_id, record, session)))
    return sorted(found, key=lambda pair: pair[0].began_at)


def _record_of(session: Session) -> Record:
    about: Mapping[str, Any] = session.state[_RECORD]
    pieces = [Piece(**piece) for event in session.events for piece in (event.custom_metadata or {}).get(_RECORD, ())]
    return Record(**about, pieces=pieces)
