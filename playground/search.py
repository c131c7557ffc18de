"""Full-text search over conversations' messages: what a word is, and an index of words beside the conversations.

What it guarantees:

- One definition: `holds` says which texts a query finds, and every index finds exactly those, whatever its database takes for
  a word or a letter. Words are stored in a spelling of ASCII letters and digits (`_spelt`), in which the beginning of a word is
  the beginning of its spelling; the databases only compare beginnings.
- A search sees one user's messages: their words carry the user's mark, and the rows are asked for by application and user.
- A session's rows are replaced in one transaction. Whoever waits for a call may be cancelled: what has begun ends, and leaves
  neither a lock nor an open transaction.
- Whatever a database raises becomes a `StoreError` whose message may be shown.

What a word is: a run of letters and digits, in any case, without accents. Scripts that are written without spaces (Han, kana,
Thai, Lao, Burmese, Khmer) have no such runs: there, each character begins a word of three, so that a query finds its characters
side by side, wherever they stand. Korean has spaces; its syllables come apart into letters, so that half a syllable finds it.
The vowel signs of India are letters, and so are the voicing marks of kana: they make other words.

What it does not: the text is found as it was indexed (who indexes decides when, by the stamps), there are no ranks, and emojis
are no words. An SQLite without FTS5 searches by reading all of a user's messages; a file must not be written by both kinds.
All of it is used on one event loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import re
import sqlite3
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from playground.errors import StoreError
from playground.session_store import (
    ANSWER_LIMIT,
    CONNECT_LIMIT,
    STATEMENT_LIMIT,
    asyncpg_url,
    database_errors,
    database_of,
    storable,
    store_error,
    use_wal,
)

if TYPE_CHECKING:
    import asyncpg

    _Connection = asyncpg.pool.PoolConnectionProxy

T = TypeVar("T")
_Owner = tuple[str, str]  # the application and the user
_Session = tuple[str, str, str]
_Operation = Callable[["_Connection"], Awaitable[T]]

_LONGEST = 100  # characters of a word that count
_TOGETHER = 3  # characters in a word of a script without spaces
_QUERY = 1_000  # characters of a query that count
_REMEMBERED = 50_000  # characters whose folding is kept in memory
_GIANT = 500_000  # bytes of distinct words in one message: PostgreSQL takes a million

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han, kana, Bopomofo
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"  # and the rare ones
)
_RUN = re.compile(f"([{_UNSPACED}]+)|[^{_UNSPACED} ]+")
# Soft hyphens, joiners, directions and variants: they stand inside words and are not seen.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180b-\u180f\u200c-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
_LETTERS_TOO = (0, 8)  # combining classes of vowel signs and of voicing marks; all others are accents


# -- words -------------------------------------------------------------------------------------------------------------


class _Table(dict[int, str]):
    """What a function makes of each character, for `str.translate`; it fills itself, within a bound."""

    def __init__(self, made: Callable[[str], str]) -> None:
        self._made = made

    def __missing__(self, code: int) -> str:
        made = self._made(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = made
        return made


def _folded(char: str) -> str:
    """Return a character as words have it: any number of small letters, with a space for each thing that parts words."""
    return "".join(map(_seen, unicodedata.normalize("NFKD", char))).casefold()


def _seen(char: str) -> str:
    category = unicodedata.category(char)
    if char.isalnum():
        return char
    if category == "Me" or unicodedata.combining(char) not in _LETTERS_TOO or _UNSEEN.match(char):
        return ""
    return char if category in ("Mn", "Mc") else " "


def _spelt(char: str) -> str:
    """Spell a character of a word in a-z and 0-9. No spelling begins another: that keeps beginnings and mixes up nothing."""
    if char == "z":
        return "zz"
    return char if char.isascii() else f"z{ord(char):05x}"


_FOLDED = _Table(_folded)
_SPELT = _Table(_spelt)


def words(text: str) -> list[str]:
    """Return the words of a text in order, folded (see the module for what a word is)."""
    return [word for _, word in _placed(text.translate(_FOLDED))]


def _placed(folded: str, *, tails: bool = True) -> Iterator[tuple[int, str]]:
    """Yield the words of a folded text, each with its place; `tails` are those cut short by the end of a run without spaces."""
    for run in _RUN.finditer(folded):
        text, place = run[0], run.start()
        if run[1] is None:
            yield place, text[:_LONGEST]
            continue
        for first in range(len(text) if tails else max(1, len(text) - _TOGETHER + 1)):
            yield place + first, text[first : first + _TOGETHER]


def _asked(query: str) -> list[str]:
    """Return the words that a text must hold, once each; those that come with the word before them are left out."""
    return list(dict.fromkeys(word for _, word in _placed(query[:_QUERY].translate(_FOLDED), tails=False)))


def holds(text: str, query: str) -> bool:
    """Whether every word of the query is the beginning of some word of the text. A query without words finds nothing."""
    asked, there = _asked(query), set(words(text))
    return bool(asked) and all(any(word.startswith(beginning) for word in there) for beginning in asked)


def marks(text: str, query: str) -> list[tuple[int, int]]:
    """Return where the text has what was asked for: (first character, one past the last), in order and apart.

    Of a word, only the beginning that was asked for is marked, so that the mark grows as one types; accents, and signs that
    stand for several letters, are marked whole.
    """
    asked = tuple(_asked(query))
    ends = _ends(text)
    found: list[tuple[int, int]] = []
    for place, word in _placed(text.translate(_FOLDED)):
        if word.startswith(asked):
            past = place + max(len(beginning) for beginning in asked if word.startswith(beginning))
            begin, end = bisect_right(ends, place), max(bisect_right(ends, past - 1) + 1, bisect_right(ends, past))
            if found and begin <= found[-1][1]:
                begin, before = found.pop()
                end = max(before, end)
            found.append((begin, end))
    return found


def _ends(text: str) -> Sequence[int]:
    """Say for each character of a text where what it is folded to ends."""
    if text.isascii():
        return range(1, len(text) + 1)
    return array("L", accumulate(len(_FOLDED[ord(char)]) for char in text))


def snippet(text: str, query: str, around: int = 60) -> tuple[str, list[tuple[int, int]]]:
    """Return one line around the first mark, with an ellipsis where it was cut, and the marks in it.

    A text of millions of characters takes a second: longer than an event loop should wait.
    """
    line = " ".join(text.split())
    found = marks(line, query)
    first, last = found[0] if found else (0, 0)
    begin, end = _cut(line, first, min(last, first + around), around)
    before = "…" if begin else ""
    inside = [(max(a, begin), min(b, end)) for a, b in found if a < end and b > begin]
    shift = len(before) - begin
    return before + line[begin:end] + ("…" if end < len(line) else ""), [(a + shift, b + shift) for a, b in inside]


def _cut(line: str, first: int, last: int, around: int) -> tuple[int, int]:
    """Return where an excerpt begins and ends: between words, if there is a space within reach."""
    begin, end = max(0, first - around), min(len(line), last + around)
    if begin:
        begin = line.find(" ", begin, first) + 1 or begin
    if end < len(line):
        end = max(line.rfind(" ", last, end + 1), last) if " " in line[last : end + 1] else end
    return begin, end


# -- indexes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One message: `at` is in seconds since the epoch, `turn_id` its place in the conversation."""

    session_id: str
    turn_id: str
    role: str
    at: float
    text: str


class SearchIndex(Protocol):
    """An index of messages (guarantees: see the module). Nothing is opened before the first call."""

    async def stamps(self, app_name: str, user_id: str) -> dict[str, float]:
        """Return, by session, the stamp that it was indexed with. Raises: StoreError."""
        ...

    async def replace(self, app_name: str, user_id: str, session_id: str, stamp: float, rows: Sequence[Row]) -> None:
        """Let a session's messages be these, and no others. Raises: StoreError."""
        ...

    async def forget(self, app_name: str, user_id: str, session_ids: Sequence[str]) -> None:
        """Remove sessions, where they are there. Raises: StoreError."""
        ...

    async def find(self, app_name: str, user_id: str, query: str, limit: int = 50) -> list[Row]:
        """Return the newest messages of a user that hold the query, the newest first. Raises: StoreError."""
        ...

    async def close(self) -> None:
        """End the calls under way, and the connections. Whoever asks later gets a StoreError."""
        ...


def open_index(url: str) -> SearchIndex:
    """Return the index beside the store that VIBEHUNTR_SESSIONS names: in memory, in its file or in its database.

    Raises: StateError for an address that names no store.
    """
    kind, place = database_of(url)
    return PostgresIndex(url) if kind == "postgresql" else SqliteIndex(place or ":memory:")


def _mark_of(owner: _Owner) -> str:
    """Return what the words of a user begin with, so that a search reads no others. Two users may share it; the rows tell."""
    return hashlib.blake2b("\0".join(owner).encode("utf-8", "surrogatepass"), digest_size=2).hexdigest()


def _indexed(owner: _Owner, row: Row) -> list[str]:
    """Return a message's words as they are stored, once each."""
    mark = _mark_of(owner)
    return [mark + word.translate(_SPELT) for word in set(words(row.text))]


def _sought(owner: _Owner, query: str) -> list[str]:
    """Return how the words begin that a query asks for, as they are stored."""
    mark = _mark_of(owner)
    return [mark + word.translate(_SPELT) for word in _asked(query)]


# -- SQLite ------------------------------------------------------------------------------------------------------------

_SQLITE_TABLES = """
CREATE TABLE IF NOT EXISTS vibehuntr_search_sessions (
    app_name TEXT NOT NULL, user_id TEXT NOT NULL, session_id TEXT NOT NULL, stamp REAL NOT NULL,
    PRIMARY KEY (app_name, user_id, session_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vibehuntr_search_messages (
    id INTEGER PRIMARY KEY, app_name TEXT NOT NULL, user_id TEXT NOT NULL, session_id TEXT NOT NULL, place INTEGER NOT NULL,
    at REAL NOT NULL, turn_id TEXT NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL,
    UNIQUE (app_name, user_id, session_id, place));
CREATE INDEX IF NOT EXISTS vibehuntr_search_newest ON vibehuntr_search_messages (app_name, user_id, at, session_id, place);
"""
_SQLITE_WORDS = """
CREATE VIRTUAL TABLE IF NOT EXISTS vibehuntr_search_words USING fts5(words, detail=none, columnsize=0, tokenize=ascii)
"""
_HAS_FTS5 = "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"
_INSERT = """
INSERT INTO vibehuntr_search_messages (app_name, user_id, session_id, place, at, turn_id, role, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
# INDEXED BY: from the newest on until there are enough, whatever the planner thinks.
_BY_WORDS = """
SELECT session_id, turn_id, role, at, text FROM vibehuntr_search_messages INDEXED BY vibehuntr_search_newest
WHERE id IN (SELECT rowid FROM vibehuntr_search_words WHERE vibehuntr_search_words MATCH ?) AND app_name = ? AND user_id = ?
ORDER BY at DESC, session_id DESC, place DESC LIMIT ?"""
_BY_READING = """
SELECT session_id, turn_id, role, at, text FROM vibehuntr_search_messages
WHERE vibehuntr_holds(text, ?) AND app_name = ? AND user_id = ?
ORDER BY at DESC, session_id DESC, place DESC LIMIT ?"""
_DELETE_WORDS = """
DELETE FROM vibehuntr_search_words WHERE rowid IN (
    SELECT id FROM vibehuntr_search_messages WHERE app_name = ? AND user_id = ? AND session_id = ?)"""
_DELETE = (
    "DELETE FROM vibehuntr_search_messages WHERE app_name = ? AND user_id = ? AND session_id = ?",
    "DELETE FROM vibehuntr_search_sessions WHERE app_name = ? AND user_id = ? AND session_id = ?",
)


class SqliteIndex:
    """In the file of the conversations, or in memory: one connection, which a thread of its own uses, call by call."""

    def __init__(self, path: str, *, fts5: bool = True) -> None:
        """Keep the file's path; without `fts5`, search by reading everything."""
        self._path = path
        self._fts5 = fts5
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._turn = asyncio.Lock()
        self._closed = False

    async def stamps(self, app_name: str, user_id: str) -> dict[str, float]:
        """See SearchIndex."""
        sql = "SELECT session_id, stamp FROM vibehuntr_search_sessions WHERE app_name = ? AND user_id = ?"
        return await self._run(lambda c: dict(c.execute(sql, (app_name, user_id)).fetchall()))

    async def replace(self, app_name: str, user_id: str, session_id: str, stamp: float, rows: Sequence[Row]) -> None:
        """See SearchIndex."""
        await self._run(lambda c: self._replace(c, (app_name, user_id, session_id), stamp, rows))

    async def forget(self, app_name: str, user_id: str, session_ids: Sequence[str]) -> None:
        """See SearchIndex."""
        await self._run(lambda c: self._forget(c, [(app_name, user_id, session_id) for session_id in session_ids]))

    async def find(self, app_name: str, user_id: str, query: str, limit: int = 50) -> list[Row]:
        """See SearchIndex."""
        if limit < 1 or not _asked(query):
            return []
        return await self._run(lambda c: self._find(c, (app_name, user_id), query, limit))

    async def close(self) -> None:
        """See SearchIndex."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
            self._thread.shutdown()

    async def _run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run an operation in the thread, to its end: a cancellation only lets go of its result."""
        if self._closed:
            raise StoreError
        try:
            async with self._turn, asyncio.timeout(ANSWER_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: operation(self._connected()))
        except database_errors() as error:
            raise store_error(error) from error

    def _connected(self) -> sqlite3.Connection:
        """Open the file, as the conversations do; again at the next call, if that fails."""
        if self._connection is None:
            if self._path != ":memory:":
                use_wal(Path(self._path))
            connection = sqlite3.connect(self._path, timeout=STATEMENT_LIMIT, isolation_level=None)
            try:
                self._prepare(connection)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")  # a crash of the machine may lose what can be indexed again
        connection.create_function("vibehuntr_holds", 2, holds, deterministic=True)
        connection.executescript(_SQLITE_TABLES)
        self._fts5 = self._fts5 and connection.execute(_HAS_FTS5).fetchone() is not None
        if self._fts5:
            connection.execute(_SQLITE_WORDS)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _replace(self, connection: sqlite3.Connection, session: _Session, stamp: float, rows: Sequence[Row]) -> None:
        kept = [(*session, place, row.at, row.turn_id, row.role, storable(row.text)) for place, row in enumerate(rows)]
        indexed = [" ".join(_indexed(session[:2], row)) for row in rows] if self._fts5 else []
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            self._delete(connection, session)
            connection.execute("INSERT INTO vibehuntr_search_sessions VALUES (?, ?, ?, ?)", (*session, stamp))
            ids = [connection.execute(_INSERT, values).lastrowid for values in kept]
            for pair in zip(ids, indexed, strict=self._fts5):
                connection.execute("INSERT INTO vibehuntr_search_words (rowid, words) VALUES (?, ?)", pair)

    def _forget(self, connection: sqlite3.Connection, sessions: Sequence[_Session]) -> None:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for session in sessions:
                self._delete(connection, session)

    def _delete(self, connection: sqlite3.Connection, session: _Session) -> None:
        for sql in (_DELETE_WORDS, *_DELETE) if self._fts5 else _DELETE:
            connection.execute(sql, session)

    def _find(self, connection: sqlite3.Connection, owner: _Owner, query: str, limit: int) -> list[Row]:
        if self._fts5:
            sought = " AND ".join(f'"{word}"*' for word in _sought(owner, query))
            found = connection.execute(_BY_WORDS, (sought, *owner, limit))
        else:
            found = connection.execute(_BY_READING, (storable(query[:_QUERY]), *owner, limit))
        return [Row(*values) for values in found]


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

_POSTGRES_TABLES = """
CREATE TABLE vibehuntr_search_sessions (
    app_name text, user_id text, session_id text, stamp double precision NOT NULL,
    PRIMARY KEY (app_name, user_id, session_id));
CREATE TABLE vibehuntr_search_messages (
    app_name text, user_id text, session_id text COLLATE "C", place integer,
    at double precision NOT NULL, turn_id text NOT NULL, role text NOT NULL, text text NOT NULL, words tsvector NOT NULL,
    PRIMARY KEY (app_name, user_id, session_id, place));
CREATE INDEX vibehuntr_search_words ON vibehuntr_search_messages USING gin (words);
"""
# Not to_regclass: within a transaction that remembers what was not there.
_THERE = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'vibehuntr_search_words' AND pg_table_is_visible(oid))"
_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(7239114)"  # any number, as long as nobody else takes it
# The row is locked until the end of the transaction: two processes replace one session one after the other.
_STAMP = """
INSERT INTO vibehuntr_search_sessions VALUES ($1, $2, $3, $4)
ON CONFLICT (app_name, user_id, session_id) DO UPDATE SET stamp = excluded.stamp"""
_KEEP = "INSERT INTO vibehuntr_search_messages VALUES ($1, $2, $3, $4, $5, $6, $7, $8, array_to_tsvector($9::text[]))"
_FORGET = (
    "DELETE FROM vibehuntr_search_sessions WHERE app_name = $1 AND user_id = $2 AND session_id = ANY($3)",
    "DELETE FROM vibehuntr_search_messages WHERE app_name = $1 AND user_id = $2 AND session_id = ANY($3)",
)
# The empty strings: by the index of words, whatever the planner thinks; the words carry the user's mark.
_FIND = """
SELECT at, session_id, place, turn_id, role, text FROM vibehuntr_search_messages
WHERE app_name || '' = $1 AND user_id || '' = $2 AND words @@ $3::text::tsquery
ORDER BY at DESC, session_id DESC, place DESC LIMIT $4"""


class PostgresIndex:
    """In the database of the conversations: two connections, and one that writes at a time."""

    def __init__(self, url: str) -> None:
        """Keep the address."""
        self._url = asyncpg_url(url, "postgresql", "sslmode")
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._calls: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def stamps(self, app_name: str, user_id: str) -> dict[str, float]:
        """See SearchIndex."""
        sql = "SELECT session_id, stamp FROM vibehuntr_search_sessions WHERE app_name = $1 AND user_id = $2"
        return {row["session_id"]: row["stamp"] for row in await self._run(lambda c: c.fetch(sql, app_name, user_id))}

    async def replace(self, app_name: str, user_id: str, session_id: str, stamp: float, rows: Sequence[Row]) -> None:
        """See SearchIndex."""
        await self._run(lambda c: _replace(c, (app_name, user_id, session_id), stamp, rows), writes=True)

    async def forget(self, app_name: str, user_id: str, session_ids: Sequence[str]) -> None:
        """See SearchIndex."""
        await self._run(lambda c: _forget(c, (app_name, user_id), session_ids), writes=True)

    async def find(self, app_name: str, user_id: str, query: str, limit: int = 50) -> list[Row]:
        """See SearchIndex."""
        if limit < 1 or not _asked(query):
            return []
        return await self._run(lambda c: _find(c, (app_name, user_id), query, limit))

    async def close(self) -> None:
        """See SearchIndex."""
        self._closed = True
        if self._calls:
            await asyncio.wait(self._calls)  # they have their own limits
        if self._pool is not None:
            with suppress(*database_errors()):
                async with asyncio.timeout(CONNECT_LIMIT):
                    await self._pool.close()

    async def _run(self, operation: _Operation[T], *, writes: bool = False) -> T:
        """Run an operation in a task of its own, to its end: a cancellation only lets go of its result."""
        task = asyncio.get_running_loop().create_task(
            self._call(operation, self._writing if writes else nullcontext()), context=contextvars.Context()
        )
        self._calls.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._calls.discard(task)
        if not task.cancelled():
            task.exception()  # taken, also when whoever waited has gone

    async def _call(self, operation: _Operation[T], turn: AbstractAsyncContextManager[Any]) -> T:
        if self._closed:
            raise StoreError
        try:
            async with turn, asyncio.timeout(ANSWER_LIMIT), (await self._opened()).acquire() as connection:
                return await operation(connection)
        except database_errors() as error:
            raise store_error(error) from error

    async def _opened(self) -> asyncpg.Pool:
        """Make the pool and, in a database that has none yet, the tables; again at the next call, if that fails."""
        import asyncpg  # noqa: PLC0415 - only when asked for

        async with self._opening:
            if self._pool is None:
                pool = await asyncpg.create_pool(self._url, min_size=0, max_size=2, timeout=CONNECT_LIMIT, command_timeout=STATEMENT_LIMIT)
                with ExitStack() as undo:
                    undo.callback(pool.terminate)
                    async with pool.acquire() as connection, connection.transaction():
                        await _prepare(connection)
                    undo.pop_all()
                self._pool = pool
            return self._pool


async def _prepare(connection: _Connection) -> None:
    if not await connection.fetchval(_THERE):
        await connection.execute(_ONE_BY_ONE)
        if not await connection.fetchval(_THERE):
            await connection.execute(_POSTGRES_TABLES)


async def _replace(connection: _Connection, session: _Session, stamp: float, rows: Sequence[Row]) -> None:
    owner = session[:2]
    kept = await asyncio.to_thread(lambda: [_stored(session, place, row) for place, row in enumerate(rows)])
    async with connection.transaction():
        await connection.execute(_STAMP, *session, stamp)
        await connection.execute(_FORGET[1], *owner, [session[2]])
        await connection.executemany(_KEEP, kept)


def _stored(session: _Session, place: int, row: Row) -> tuple[object, ...]:
    """Return a message as it is stored. One with too many words has a sign instead, which every search finds and looks into."""
    indexed = _indexed(session[:2], row)
    if sum(map(len, indexed)) > _GIANT:
        indexed = [_giant(session[:2])]
    return (*session, place, row.at, row.turn_id, row.role, storable(row.text), indexed)


def _giant(owner: _Owner) -> str:
    """Return the sign of a user's giant messages: no word is spelt so."""
    return _mark_of(owner) + "_"


async def _forget(connection: _Connection, owner: _Owner, session_ids: Sequence[str]) -> None:
    async with connection.transaction():
        for sql in _FORGET:
            await connection.execute(sql, *owner, list(session_ids))


async def _find(connection: _Connection, owner: _Owner, query: str, limit: int) -> list[Row]:
    sought = " & ".join(f"'{word}':*" for word in _sought(owner, query))
    found = await connection.fetch(_FIND, *owner, sought, limit)
    for giant in await connection.fetch(_FIND, *owner, f"'{_giant(owner)}'", None):
        if await asyncio.to_thread(holds, giant["text"], query):
            found.append(giant)
    found.sort(key=lambda row: (row["at"], row["session_id"], row["place"]), reverse=True)
    return [Row(row["session_id"], row["turn_id"], row["role"], row["at"], row["text"]) for row in found[:limit]]
