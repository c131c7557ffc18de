"""The search: one definition of what is found, and three databases that keep to it."""

from __future__ import annotations

import asyncio
import sqlite3
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, count
from pathlib import Path

import pytest
from google.adk.events import Event
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.genai import types
from hypothesis import example, given
from hypothesis import strategies as st
from postgres import Postgres, emptied
from proxy import Proxy

from playground.errors import StateError, StoreError
from playground.search import _SPELT, PostgresIndex, Row, SearchIndex, SqliteIndex, _mark_of, holds, marks, open_index, snippet, words
from playground.session_store import open_store, storable

APP = "app"
PIECES = [
    *(
        "Café",
        "cafe\u0301",
        "CAFÉS",
        "straße",
        "STRASSE",
        "ﬁn",
        "fine",
        "İstanbul",
        "\u0131i",
        "x²",
        "12e5",
        "a.b",
        "foo_bar",
        "½",
        "Ⅷ",
        "ς",
    ),
    *(
        "東京",
        "京東",
        "東",
        "京都",
        "カラオケ",
        "ｶﾗｵｹ",
        "ガス",
        "カス",
        "한국어",
        "하",
        "กรุงเทพ",
        "हिन्दी",
        "हिन",
        "㍿",
        "ﷺ",
        "葛\U000e0100",
    ),
    *("🎉", "👩\u200d👧", "1️⃣", "\x00", "\ud83d", "\udc00", "so\u00adft", "\u0301", "z", "zz", "z000e9", "é", "_", "\N{BOM}", "\n\t"),
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR(a b)",
        "words:",
        "*",
        "^",
        ":",
        "(",
        ")",
        "-",
        '"',
        "'",
        "''",
        '"a"*',
        "%",
        "\\",
        "&",
        "|",
        "!",
        "<->",
        ":*",
    ),
    *("'; DROP TABLE vibehuntr_search_messages; --", "a' OR '1'='1", "$1", "?", "{0}"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3) | st.just(" "), max_size=8).map("".join)


def row(text: str, at: float = 1.0, session: str = "s", role: str = "user") -> Row:
    return Row(session, f"turn {at}", role, at, text)


async def found(index: SearchIndex, query: str, user: str = "ana", limit: int = 50) -> list[str]:
    return [row.text for row in await index.find(APP, user, query, limit)]


# -- the definition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café, cafe\u0301 and CAFÉ!", ["cafe", "cafe", "and", "cafe"]),
        ("Straße ﬁn İstanbul x² ½ Ⅷ", ["strasse", "fin", "istanbul", "x2", "1", "2", "viii"]),
        ("12e5 a.b foo_bar don\u2019t so\u00adft", ["12e5", "a", "b", "foo", "bar", "don", "t", "soft"]),
        ("東京都へ ｶﾞｽ", ["東京都", "京都へ", "都へ", "へ", "カ\u3099ス", "\u3099ス", "ス"]),
        ("서울에서 हिन्दी 1️⃣", [unicodedata.normalize("NFKD", "서울에서"), "हिनदी", "1"]),
        ("🎉 -- \x00 \ud83d", []),
        ("x" * 300, ["x" * 100]),
    ],
)
def test_what_a_word_is(text: str, expected: list[str]) -> None:
    """In any case, without accents; of three where a script has no spaces."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "query", "yes"),
    [
        ("We planned a picnic", "plan pic", True),
        ("We planned a picnic", "plan nic", False),
        ("Crêpes à la façon", "crepes FACON", True),
        ("東京都へ行く", "京都", True),
        ("京と東", "東京", False),
        ("美味しいレストラン", "レストラン", True),
        ("ガス", "カス", False),
        ("서울에서", "서우", True),
        ("दिन", "दान", False),
        ("anything", "🎉 -", False),
        ("", "", False),
    ],
)
def test_what_a_query_finds(text: str, query: str, yes: bool) -> None:
    """Every word of it begins some word."""
    assert holds(text, query) is yes


@given(texts, texts)
def test_a_text_holds_a_query_when_every_word_of_it_begins_a_word(text: str, query: str) -> None:
    """The plain sentence, without the short cuts."""
    there = words(text)
    assert holds(text, query) == (words(query) != [] and all(any(w.startswith(q) for w in there) for q in words(query)))


@given(st.text(max_size=12) | texts)
def test_words_are_the_same_however_a_text_is_composed(text: str) -> None:
    """Accents as signs of their own or not, and in capitals that have small letters."""
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text)) == words(text)
    assert words(text.casefold()) == words(text)


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Planning a plan", "plan", ["Plan", "plan"]),
        ("planning", "pl plan", ["plan"]),
        ("Die Straße", "stras", ["Straß"]),
        ("ﬁn ½ kg", "f 2", ["ﬁ", "½"]),
        ("cafe\u0301s", "cafe", ["cafe\u0301"]),
        ("ŞİŞLİ", "sis", ["ŞİŞ"]),
        ("東京と東京都", "東京", ["東京", "東京"]),
        ("いいレストランとン", "レストラン", ["レストラン"]),
        ("㍿ and 株", "会社", ["㍿"]),
        ("nothing", "🎉", []),
    ],
)
def test_marks_stand_in_the_text_as_it_was_written(text: str, query: str, marked: list[str]) -> None:
    """Whatever folding does to its length."""
    assert [text[a:b] for a, b in marks(text, query)] == marked


@given(texts, texts)
def test_marks_are_there_when_a_word_is_and_never_touch(text: str, query: str) -> None:
    """In order, inside the text, apart; what is marked is found by the query's words."""
    found = marks(text, query)
    begun = any(word.startswith(asked) for word in words(text) for asked in words(query))
    assert bool(found) <= begun
    assert not holds(text, query) or found
    edges = [-1, *(edge for pair in found for edge in pair)]
    assert edges == sorted(set(edges)) and edges[-1] <= len(text)


@given(texts, texts, st.integers(0, 20))
def test_a_snippet_is_one_short_line_with_the_marks_of_the_text(text: str, query: str, around: int) -> None:
    """It is a piece of the text; each of its marks is one of the text's, or the part of one that fits."""
    shown, marked = snippet(text, query, around)
    line = " ".join(text.split())
    assert "\n" not in shown and len(shown) <= 3 * around + 2
    assert shown in line or shown.strip("…") in line
    whole = [line[a:b] for a, b in marks(line, query)]
    assert all(any(shown[a:b] in mark for mark in whole) for a, b in marked)
    assert all(0 <= a < b <= len(shown) for a, b in marked)
    assert bool(marked) == (bool(whole) and around > 0) or around == 0


def test_a_snippet_is_cut_between_words() -> None:
    """With an ellipsis where something is left out."""
    text = "one two three\n\n four   five SIX seven eight nine ten"
    assert snippet(text, "six", 12) == ("…four five SIX seven eight…", [(11, 14)])
    assert snippet(text, "one", 12) == ("one two three…", [(0, 3)])
    assert snippet(text, "ten nine", 12) == ("…eight nine ten", [(7, 11), (12, 15)])
    assert snippet(text, "zero", 12) == ("one two…", [])


# -- the indexes ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "reading", "sqlite", "postgresql"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SearchIndex]:
    if request.param == "postgresql":
        made = open_index(emptied(request.getfixturevalue("postgres")))
    elif request.param == "reading":
        made = SqliteIndex(":memory:", fts5=False)
    else:
        made = open_index(f"sqlite:///{tmp_path / 'talks.db'}" if request.param == "sqlite" else "")
    yield made
    await made.close()


@dataclass
class Model:
    """An index as a plain list, beside the real one that must agree with it."""

    index: SearchIndex
    kept: dict[tuple[str, str], tuple[float, list[Row]]] = field(default_factory=dict)

    async def replace(self, user: str, session: str, stamp: float, rows: list[Row]) -> None:
        rows = [replace(row, session_id=session) for row in rows]
        await self.index.replace(APP, user, session, stamp, rows)
        self.kept[user, session] = stamp, [replace(row, text=storable(row.text)) for row in rows]

    async def forget(self, user: str, sessions: Sequence[str]) -> None:
        await self.index.forget(APP, user, sessions)
        for session in sessions:
            self.kept.pop((user, session), None)

    async def agrees(self, user: str, query: str, limit: int) -> None:
        kept = {session: pair for (owner, session), pair in self.kept.items() if owner == user}
        assert await self.index.stamps(APP, user) == {session: stamp for session, (stamp, _) in kept.items()}
        assert await self.index.stamps("other", user) == {}
        held = [(r.at, r.session_id, n, r) for _, rows in kept.values() for n, r in enumerate(rows) if holds(r.text, query)]
        assert await self.index.find(APP, user, query, limit) == [r for *_, r in sorted(held, key=lambda h: h[:3], reverse=True)][:limit]


USERS, SESSIONS = st.sampled_from(["ana", "ben", "an"]), st.sampled_from(["s", "t", "é", "z"])
rows = st.builds(row, texts, st.sampled_from([0.0, 1.5, 2.0, 1e9 + 0.1]), role=st.sampled_from(["user", "assistant"]))
Action = Callable[[Model, str], Awaitable[None]]


def replacing(user: str, session: str, stamp: float, rows: list[Row]) -> Action:
    return lambda model, mark: model.replace(user + mark, session, stamp, rows)


def forgetting(user: str, sessions: list[str]) -> Action:
    return lambda model, mark: model.forget(user + mark, sessions)


def finding(user: str, query: str, limit: int) -> Action:
    return lambda model, mark: model.agrees(user + mark, query, limit)


actions = st.lists(
    st.builds(replacing, USERS, SESSIONS, st.floats(0, 2e9), st.lists(rows, max_size=6))
    | st.builds(forgetting, USERS, st.lists(SESSIONS, max_size=3))
    | st.builds(finding, USERS, texts, st.sampled_from([50, 50, 2, 0])),
    max_size=12,
)


@pytest.mark.parametrize("kind", ["memory", "reading", "sqlite", "postgresql"])
def test_a_search_finds_what_holds_the_query_and_nobody_elses(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every index is the plain list, whatever was replaced and forgotten before; each example has users of its own."""
    url = {"sqlite": f"sqlite:///{tmp_path_factory.mktemp('search') / 'talks.db'}"}.get(kind, "")
    url = emptied(request.getfixturevalue("postgres")) if kind == "postgresql" else url
    index = SqliteIndex(":memory:", fts5=False) if kind == "reading" else open_index(url)
    numbers = count()

    async def example(script: list[Action], pieces: list[str]) -> None:
        model, mark = Model(index), f"-{next(numbers)}"
        for action in script:
            await action(model, mark)
        said = [r.text for _, rows in model.kept.values() for r in rows]
        for query in [*pieces, *(text[len(text) // 3 :] for text in said)]:
            await model.agrees(f"ana{mark}", query, 50)

    with asyncio.Runner() as runner:
        given(actions, st.lists(st.sampled_from(PIECES), max_size=3))(lambda script, pieces: runner.run(example(script, pieces)))()
        runner.run(index.close())


async def test_replacing_again_changes_nothing_and_replacing_with_less_removes(index: SearchIndex) -> None:
    """A session's rows are those of the last time."""
    both = [row("one pizza", 1), row("two pizzas", 2)]
    for _ in range(3):
        await index.replace(APP, "ana", "s", 7.5, both)
    assert await index.find(APP, "ana", "pizza") == both[::-1]
    await index.replace(APP, "ana", "s", 8.5, both[1:])
    assert await index.find(APP, "ana", "pizza") == both[1:]
    assert (await found(index, "one"), await index.stamps(APP, "ana")) == ([], {"s": 8.5})
    await index.forget(APP, "ana", ["s", "unheard of"])
    assert (await found(index, "pizza"), await index.stamps(APP, "ana")) == ([], {})


async def test_users_whose_words_carry_the_same_mark_stay_apart(index: SearchIndex) -> None:
    """The mark is short and saves time; the rows are asked for by user."""
    one, two = next(pair for pair in combinations([f"user{n}" for n in range(2000)], 2) if len({_mark_of((APP, u)) for u in pair}) == 1)
    await index.replace(APP, one, "s", 1, [row("of one")])
    await index.replace(APP, two, "s", 1, [row("of two")])
    assert (await found(index, "of", one), await found(index, "of", two)) == (["of one"], ["of two"])
    await index.forget(APP, one, ["s"])
    assert (await found(index, "of", one), await found(index, "of", two)) == ([], ["of two"])


async def test_a_giant_message_is_found_by_its_last_word(index: SearchIndex) -> None:
    """Two million characters: few words, as people write, or more than PostgreSQL takes in one row."""
    few, many = "word \x00\ud83d " * 250_000 + "needle 東京", " ".join(f"w{n:x}" for n in range(100_000)) + " needle 京都"
    await index.replace(APP, "ana", "s", 1, [row(few, 1), row(many, 2), row("a needle", 3)])
    assert await found(index, "needle") == ["a needle", many, storable(few)]
    assert await found(index, "need 京都") == [many]
    assert await found(index, "needle", limit=1) == ["a needle"]
    assert await found(index, "needless") == []


async def test_twenty_thousand_messages_of_one_user_are_searched(index: SearchIndex) -> None:
    """The newest come first, and a word that only one of them has is found."""
    for session in range(20):
        said = [row(f"message number{session}x{n} about lunch", session * 1000 + n, f"s{session}") for n in range(1000)]
        await index.replace(APP, "ana", f"s{session}", 1, said)
    assert await found(index, "lunch mess", limit=2) == ["message number19x999 about lunch", "message number19x998 about lunch"]
    assert await found(index, "NUMBER7x123") == ["message number7x123 about lunch"]


@pytest.mark.parametrize("query", ["a " * 500_000, " ".join(f"w{n}" for n in range(5000)), "x" * 100_000, "東" * 5000])
async def test_a_query_of_any_length_is_answered(index: SearchIndex, query: str) -> None:
    """Its first thousand characters count."""
    await index.replace(APP, "ana", "s", 1, [row(query[:2_000])])
    assert await found(index, query) == [query[:2_000]]


async def test_an_index_survives_its_process(url: str) -> None:
    """What was indexed, and its stamps."""
    first = open_index(url)
    await first.replace(APP, "ana", "s", 12.25, [row("kept for later")])
    await first.close()
    second = open_index(url)
    assert (await found(second, "later"), await second.stamps(APP, "ana")) == (["kept for later"], {"s": 12.25})
    await second.close()


@given(st.text(), st.text())
@example("đ1", "\u1111")
@example("z", "zz")
@example("z00111", "đ")
def test_spelt_words_begin_as_the_words_do(one: str, other: str) -> None:
    """Whatever they are made of: a database compares the spellings."""
    for beginning, word in [(one, other), (one, one + other)]:
        kept = [" ".join(words(text)).replace(" ", "") for text in (beginning, word)]
        spelt = [text.translate(_SPELT) for text in kept]
        assert spelt[1].startswith(spelt[0]) == kept[1].startswith(kept[0])
        assert all(text.isascii() and text == text.lower() for text in spelt)


# -- many at once --------------------------------------------------------------------------------------------------------


class OneStep:
    """Awaited, it gives the event loop one turn."""

    def __await__(self) -> Generator[None]:
        yield


async def test_a_replacement_that_is_cancelled_is_whole_or_not_there(index: SearchIndex) -> None:
    """And the next call finds the index free."""
    await index.replace(APP, "ana", "s", 0, [row("version 0", n) for n in range(20)])
    for number in range(1, 40):
        task = asyncio.create_task(index.replace(APP, "ana", "s", number, [row(f"version {number}", n) for n in range(20)]))
        for _ in range(number % 13):
            await OneStep()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        seen = await found(index, "version")
        assert len(seen) == 20 and len(set(seen)) == 1
    await index.replace(APP, "ana", "s", 99, [row("the last")])
    assert (await found(index, "last"), await index.stamps(APP, "ana")) == (["the last"], {"s": 99})


async def test_searches_and_replacements_go_on_at_the_same_time(index: SearchIndex) -> None:
    """No search sees half of a session."""
    await asyncio.gather(*(index.replace(APP, "ana", f"s{n}", n, [row(f"talk n{n} {m}", m) for m in range(10)]) for n in range(10)))

    async def searches(number: int) -> None:
        for _ in range(10):
            assert len(await found(index, f"talk n{number}", limit=1000)) in (10, 20)

    async def writes(number: int) -> None:
        for size in (20, 10, 20):
            await index.replace(APP, "ana", f"s{number}", size, [row(f"talk n{number} {m}", m) for m in range(size)])

    await asyncio.gather(*(work(n) for n in range(2, 8) for work in (searches, writes)))
    assert set((await index.stamps(APP, "ana")).values()) == {0, 1, 8, 9, 20}


async def test_another_process_never_sees_half_of_a_session(url: str) -> None:
    """It finds all of the old messages or all of the new ones."""
    writer, reader = open_index(url), open_index(url)
    await writer.replace(APP, "ana", "s", 0, [row("version 0")] * 30)
    writing = asyncio.create_task(_versions(writer, 30))
    while not writing.done():
        seen = await found(reader, "version")
        assert len(seen) == 30 and len(set(seen)) == 1
    await writing
    for made in (writer, reader):
        await made.close()


async def _versions(index: SearchIndex, number: int) -> None:
    for version in range(1, number):
        await index.replace(APP, "ana", "s", version, [row(f"version {version}")] * 30)


async def test_what_a_cancelled_caller_has_begun_ends_before_the_index_closes(postgres: Postgres) -> None:
    """Also when it waits for its turn."""
    first = open_index(emptied(postgres))
    tasks = [asyncio.create_task(first.replace(APP, "ana", f"s{n}", n, [row("begun")])) for n in range(3)]
    await OneStep()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await first.close()
    second = open_index(postgres.url)
    assert await found(second, "begun") == ["begun"] * 3
    await second.close()


async def test_two_processes_that_index_one_session_leave_it_once(url: str) -> None:
    """The later one's rows, not both."""
    indexes = [open_index(url) for _ in range(3)]
    for round_ in range(5):
        await asyncio.gather(*(i.replace(APP, "ana", "s", round_, [row(f"copy {round_}")] * 5) for i in indexes))
        assert [await found(i, "copy") for i in indexes] == [[f"copy {round_}"] * 5] * 3
    for made in indexes:
        await made.close()


async def test_one_file_takes_the_conversations_and_their_index_at_the_same_time(tmp_path: Path) -> None:
    """Ours from the first call on, and ADK's own service as another program has it; none finds the database locked."""
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    store, index = open_store(url), open_index(url)
    await asyncio.gather(store.list_sessions(app_name=APP), index.stamps(APP, "ana"))
    bare = SqliteSessionService(str(tmp_path / "talks.db"))

    async def talks(number: int) -> None:
        service = bare if number == 0 else store
        session = await service.create_session(app_name=APP, user_id="ana", session_id=f"s{number}")
        for n in range(40):
            content = types.Content(role="user", parts=[types.Part(text=f"word {n}")])
            await service.append_event(session, Event(author="user", invocation_id="i", content=content))

    async def indexes(number: int) -> None:
        for n in range(15):
            await index.replace(APP, "ana", f"s{number}", n, [row(f"word {m} " * 50, m) for m in range(n)])
            await index.find(APP, "ana", "word")

    await asyncio.gather(*(talks(n) for n in range(4)), *(indexes(n) for n in range(4)))
    assert len(await found(index, "word", limit=1000)) == 4 * 14
    loaded = await store.get_session(app_name=APP, user_id="ana", session_id="s3")
    assert loaded and len(loaded.events) == 40
    await store.close()
    await index.close()


# -- databases that fail -------------------------------------------------------------------------------------------------


def test_an_index_has_the_addresses_of_the_store(tmp_path: Path) -> None:
    """And keeps a password to itself."""
    assert isinstance(open_index("postgresql+asyncpg://ana:secret@host/talks?sslmode=require&channel_binding=x"), PostgresIndex)
    for wrong in ("talks.db", "mysql://ana:secret@host/talks", "postgresql://ana:secret@host:port/talks"):
        with pytest.raises(StateError, match="VIBEHUNTR_SESSIONS must be") as caught:
            open_index(wrong)
        assert "secret" not in str(caught.value)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """And left as it is; a folder that is missing may come later."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear all, " * 200)
    index = open_index(f"sqlite:///{file}")
    with pytest.raises(StoreError):
        await index.find(APP, "ana", "dear")
    await index.close()
    assert file.read_text() == "Dear all, " * 200
    later = open_index(f"sqlite:///{tmp_path / 'later' / 'talks.db'}")
    with pytest.raises(StoreError):
        await later.stamps(APP, "ana")
    (tmp_path / "later").mkdir()
    assert await later.stamps(APP, "ana") == {}
    await later.close()


async def test_a_read_only_file_is_told(tmp_path: Path) -> None:
    """SQLite's refusal, in plain words; what is there is found."""
    index = SqliteIndex(str(tmp_path / "talks.db"))
    await index.replace(APP, "ana", "s", 1, [row("here")])
    await index._run(lambda connection: connection.execute("PRAGMA query_only = 1"))
    with pytest.raises(StoreError, match="read-only"):
        await index.replace(APP, "ana", "s", 2, [])
    assert await found(index, "here") == ["here"]
    await index.close()


async def test_a_file_that_somebody_else_keeps_locked_is_told_and_then_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search goes on meanwhile; the replacement that failed has changed nothing."""
    monkeypatch.setattr("playground.search.STATEMENT_LIMIT", 0.05)
    index = open_index(f"sqlite:///{tmp_path / 'talks.db'}")
    await index.replace(APP, "ana", "s", 1, [row("before")])
    other = sqlite3.connect(tmp_path / "talks.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError):
        await index.replace(APP, "ana", "s", 2, [row("after")])
    assert (await found(index, "before"), await index.stamps(APP, "ana")) == (["before"], {"s": 1})
    other.execute("ROLLBACK")
    other.close()
    await index.replace(APP, "ana", "s", 2, [row("after")])
    assert await found(index, "after") == ["after"]
    await index.close()


async def test_a_database_that_is_away_is_told_and_used_again_when_it_is_back(postgres: Postgres) -> None:
    """Cut before the first call, and between two."""
    with Proxy(postgres.port) as proxy:
        index = open_index(emptied(postgres).replace(str(postgres.port), str(proxy.port)))
        for round_ in range(2):
            proxy.cut()
            with pytest.raises(StoreError):
                await index.replace(APP, "ana", "s", 1, [row("lost")])
            proxy.mend()
            await index.replace(APP, "ana", "s", round_, [row("kept")])
            assert (await found(index, "kept"), await found(index, "lost")) == (["kept"], [])
        await index.close()


async def test_an_index_that_is_closed_says_so(index: SearchIndex) -> None:
    """Also one that was never used."""
    await index.close()
    with pytest.raises(StoreError):
        await index.find(APP, "ana", "word")
