"""The store: calls that outlive whoever asked, one file with many turns, and databases that fail."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import agent_saying, model_of
from google.adk.events import Event
from google.adk.sessions import Session
from google.adk.tools import ToolContext
from google.genai import types
from postgres import Postgres
from proxy import Proxy
from scripted_llm import Asked, Call, Gate, Hold, Step, Text, echo
from test_agent_invoker import AWAY, answer_of, held, say, wait_for_text

from agent_invoker import AgentInvoker, Settings, StateError, StoreError, open_store
from playground.session_store import Journal, Piece, Record, SessionStore, left_behind, store_error

APP, USER = "app", "ana"


def event(text: str) -> Event:
    return Event(author="helper", invocation_id="i", content=types.Content(role="model", parts=[types.Part(text=text)]))


class OneStep:
    """Awaited, it gives the event loop one turn."""

    def __await__(self) -> Generator[None]:
        yield


async def made(store: SessionStore) -> Session:
    return await store.create_session(app_name=APP, user_id=USER)


async def texts(store: SessionStore, session: Session) -> list[str]:
    found = await store.get_session(app_name=APP, user_id=USER, session_id=session.id)
    assert found
    return [str(e.content.parts[0].text) for e in found.events if e.content and e.content.parts]


def test_an_address_names_its_store_and_keeps_its_password() -> None:
    """What the page may say of it."""
    assert (open_store("").name, open_store("").lasting) == ("", False)
    assert open_store("sqlite:///folder/talks.db").name == "SQLite, talks.db"
    assert open_store("postgresql://ana:secret@host:5432/talks?sslmode=require").name == "PostgreSQL, talks"
    for wrong in ("talks.db", "sqlite://", "mysql://ana:secret@host/talks", "postgresql://ana:secret@host:port/talks", "postgresql://host"):
        with pytest.raises(StateError, match="VIBEHUNTR_SESSIONS must be") as caught:
            open_store(wrong)
        assert "secret" not in str(caught.value)


async def test_a_call_that_has_begun_ends_though_its_caller_is_cancelled(url: str) -> None:
    """Rapid stops leave no lock, no half transaction and no lost connection behind."""
    store = open_store(url)
    sessions = [await made(store) for _ in range(20)]

    async def writes(session: Session) -> None:
        for number in range(50):
            await store.append_event(session, event(str(number)))

    for round_ in range(10):
        tasks = [asyncio.create_task(writes(session)) for session in sessions]
        for number, task in enumerate(tasks):
            for _ in range(round_ * number % 17):
                await OneStep()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for session in sessions:
        await store.append_event(session, event("last"))
        assert (await texts(store, session))[-1] == "last"
    await store.close()


async def test_two_copies_of_a_session_can_both_be_written(url: str) -> None:
    """An event that meets a newer version of its session is appended to that: no stale-session error."""
    store = open_store(url)
    one = await made(store)
    two = await store.get_session(app_name=APP, user_id=USER, session_id=one.id)
    assert two
    for number in range(4):
        await store.append_event(one, event(f"one {number}"))
        await store.append_event(two, event(f"two {number}"))
    assert sorted(await texts(store, one)) == sorted(f"{who} {n}" for n in range(4) for who in ("one", "two"))
    await store.close()


async def test_an_event_that_is_appended_again_is_there_once() -> None:
    """In memory: a call that was made again, because its reply was lost; whatever came before it."""
    store = open_store("")
    session = await made(store)
    for number in range(50):
        await store.append_event(session, event(str(number)))
    again = event("again")
    for _ in range(2):
        copy = await store.get_session(app_name=APP, user_id=USER, session_id=session.id)
        assert copy
        await store.append_event(copy, again.model_copy(deep=True))
    assert await texts(store, session) == [*map(str, range(50)), "again"]


async def test_a_journal_keeps_what_was_saved_until_it_is_discarded(url: str) -> None:
    """In order; nothing after it was discarded."""
    store = open_store(url)
    record = Record("turn", "talk", "why?", 5.0)
    journal = Journal(store, APP, "ben", record)
    pieces = [Piece("k", "helper", None, "i", offset, text) for offset, text in ((0, "so "), (3, "far"))]
    for piece in pieces:
        await journal.save([piece])
    ((found, left),) = await left_behind(store, APP, "ben")
    assert (found.question, found.began_at, list(found.pieces)) == ("why?", 5.0, pieces)
    assert await left_behind(store, APP, "carl") == []
    await left.discard()
    await journal.discard()
    await journal.save(pieces)
    assert await left_behind(store, APP, "ben") == []
    await store.close()


def test_many_turns_on_one_store_with_rapid_input_never_fail(url: str) -> None:
    """20 users, each typing again and again into a running answer: every last answer comes, and every question is kept."""
    invoker = AgentInvoker(agent_saying(echo), settings=Settings(save_every=0.02), session_service=open_store(url))
    turns = {user: [say(invoker, f"{user} says {n}", user=user) for n in range(6)] for user in (f"user-{n}" for n in range(20))}
    for user, said in turns.items():
        outcomes = [answer_of(turn) for turn in said]
        assert outcomes[-1].status == "done"
        assert {(answer.status, answer.error) for answer in outcomes[:-1]} <= {("cancelled", ""), ("done", "")}
        assert [m.content for m in invoker.get_messages(user, "c") if m.role == "user"] == [turn.message for turn in said]
    invoker.close()


# -- databases that fail -------------------------------------------------------------------------------------------------


def test_what_ended_while_the_database_was_away_is_saved_before_the_next_turn(postgres: Postgres) -> None:
    """The page shows the whole text and says why it is not saved; then the model remembers it, once."""
    gate = Gate()
    with Proxy(postgres.port) as proxy:
        store = open_store(postgres.url.replace(str(postgres.port), str(proxy.port)))
        invoker = AgentInvoker(agent_saying(held(gate)), session_service=store)
        turn = say(invoker, "hold", user="away")
        wait_for_text(turn, "so far ")
        proxy.cut()
        gate.open()
        answer = answer_of(turn)
        assert (answer.status, answer.text, answer.error) == ("failed", "so far never", StoreError.default)
        assert answer_of(say(invoker, "still away", user="away")).error == StoreError.default
        proxy.mend()
        assert answer_of(say(invoker, "back", user="away")).text == "You said: back "
        expected = [("user", "hold"), ("model", "so far never"), ("user", "still away"), ("user", "back")]
        assert model_of(invoker).asked[-1].contents == expected
        shown = [(m.content, m.status) for m in invoker.get_messages("away", "c")]
        assert shown == [
            ("hold", "done"),
            ("so far never", "failed"),
            ("still away", "done"),
            ("", "failed"),
            ("back", "done"),
            ("You said: back ", "done"),
        ]
        invoker.close()
        again = AgentInvoker(agent_saying(echo), session_service=open_store(postgres.url))
        assert [(m.content, m.status) for m in again.get_messages("away", "c")] == shown
        again.close()


def test_a_database_that_hangs_does_not_hang_the_stop(postgres: Postgres) -> None:
    """It says nothing at all in mid-answer: a stop ends within the grace and the limits, and the page keeps the text."""
    gate = Gate()
    with Proxy(postgres.port) as proxy:
        store = open_store(postgres.url.replace(str(postgres.port), str(proxy.port)))
        invoker = AgentInvoker(agent_saying(held(gate)), session_service=store, settings=Settings(grace=1.0))
        turn = say(invoker, "hold", user="hanging")
        wait_for_text(turn, "so far ")
        proxy.freeze()
        turn.cancel()
        answer = answer_of(turn)
        assert (answer.status, answer.text, answer.error) == ("failed", "so far ", StoreError.default)
        proxy.thaw()
        assert answer_of(say(invoker, "back", user="hanging")).status == "done"
        assert model_of(invoker).asked[-1].contents == [("user", "hold"), ("model", "so far "), ("user", "back")]
        invoker.close()


def test_a_read_only_database_is_told(postgres: Postgres) -> None:
    """PostgreSQL's own refusal, in plain words; what is there can still be read."""
    with Postgres() as other:
        invoker = AgentInvoker(agent_saying(echo), session_service=open_store(other.url))
        assert answer_of(say(invoker, "hello")).status == "done"
        invoker.close()
        other.execute("ALTER DATABASE vibehuntr SET default_transaction_read_only = on")
        invoker = AgentInvoker(agent_saying(echo), session_service=open_store(other.url))
        assert [m.content for m in invoker.get_messages("u", "c")] == ["hello", "You said: hello "]
        assert "read-only" in answer_of(invoker.add_message("u", "c", "more")).error
        assert [m.content for m in invoker.get_messages("u", "c")] == ["hello", "You said: hello ", "more", ""]
        invoker.close()


def test_a_read_only_file_is_told(tmp_path: Path) -> None:
    """SQLite's own refusal, in plain words."""
    file = tmp_path / "talks.db"
    sqlite3.connect(file).execute("CREATE TABLE t (x)").connection.close()
    reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        reader.execute("INSERT INTO t VALUES (1)")
    reader.close()
    assert "read-only" in store_error(caught.value).message


@contextmanager
def no_file_longer_than(size: int) -> Generator[None]:
    """A disk that is full: the kernel refuses to let this process write beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_is_told_and_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    """The answer stays on the page with a plain message; when there is room again, it is remembered."""
    gate = Gate()

    def long(asked: Asked) -> Sequence[Step]:
        return [Text("a long story " * 20_000), Hold(gate), Text("end")] if asked.said == "tell" else echo(asked)

    file = tmp_path / "talks.db"
    invoker = AgentInvoker(agent_saying(long), session_service=open_store(f"sqlite:///{file}"), settings=Settings(save_every=60))
    assert answer_of(say(invoker, "hello")).status == "done"
    turn = say(invoker, "tell")
    assert gate.reached.wait(AWAY)
    with no_file_longer_than(max(path.stat().st_size for path in tmp_path.iterdir()) + 4096):
        gate.open()
        answer = answer_of(turn)
    assert (answer.status, answer.text) == ("failed", "a long story " * 20_000 + "end")
    assert "database" in answer.error
    assert answer_of(say(invoker, "room again")).status == "done"
    contents = [text for _, text in model_of(invoker).asked[-1].contents]
    assert contents == ["hello", "You said: hello ", "tell", answer.text, "room again"]
    invoker.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """A clear error, and the file is left as it is."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear all, " * 200)
    invoker = AgentInvoker(agent_saying(echo), session_service=open_store(f"sqlite:///{file}"))
    with pytest.raises(StoreError):
        invoker.list_sessions("ana")
    invoker.close()
    assert file.read_text() == "Dear all, " * 200


@pytest.mark.parametrize("odd", ["a\x00b", "half \ud83d pair"])
def test_signs_that_no_database_takes_are_replaced_everywhere(url: str, odd: str) -> None:
    """In the question, the answer, a tool's arguments and result and the state; what is shown is what is remembered."""
    plain = odd.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")

    async def keep(text: str, tool_context: ToolContext) -> dict[str, str]:
        """Keep a text."""
        tool_context.state["kept"] = text
        return {"kept": text}

    script = lambda asked: [Text(f"said {odd}")] if asked.after_tool else [Text(odd), Call("keep", {"text": odd})]  # noqa: E731
    invoker = AgentInvoker(agent_saying(script, tools=[keep]), session_service=open_store(url))
    turn = invoker.add_message("odd", invoker.create_talk_session("odd"), odd)
    answer = answer_of(turn)
    assert (answer.status, answer.text) == ("done", f"{plain}said {plain}")
    again = AgentInvoker(agent_saying(script), session_service=open_store(url))
    assert [m.content for m in again.get_messages("odd", turn.talk_session_id)] == [plain, answer.text]
    for made_ in (invoker, again):
        made_.close()
