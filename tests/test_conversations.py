"""Working with conversations, without a page: list, delete and undo, titles, search, export and import, files; faults in the middle."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import Invoking, agent_saying, model_of
from google.adk.events import Event
from google.adk.sessions import InMemorySessionService, Session
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_llm import Asked, Gate, Hold, Raise, Step, Text, echo
from test_agent_invoker import AWAY, answer_of, say, wait_for_text
from test_branches import done, note, noting, state_of, texts, turns

from agent_invoker import (
    AgentInvoker,
    ConversationDeleted,
    ConversationNotFound,
    ImportRefused,
    InvalidMessage,
    Settings,
    StoreError,
    open_artifacts,
    open_store,
)
from playground.files import file_part, is_taken, safe_name, spoken_types, types_taken
from playground.search import holds
from playground.session_store import SessionStore
from playground.turn_log import FilePart
from vibehuntr_agent.offline import KeylessPlanner

USER, TALK = "u", "c"


def until(invoker: AgentInvoker, condition: Callable[[], bool]) -> None:
    """Wait for news of the user's conversations until the condition holds."""
    news = threading.Event()
    for _ in range(int(AWAY / 0.02)):
        if condition():
            return
        news.wait(0.02)
    assert condition()


def titles(invoker: AgentInvoker, user: str = USER) -> list[str]:
    return [talk.title for talk in invoker.list_sessions(user)]


# -- the list --------------------------------------------------------------------------------------------------------------


def test_pinned_conversations_stand_first_and_a_title_of_ones_own_stays(url: str) -> None:
    """Also after a restart; adk web finds the title where it looks for one."""
    invoker = AgentInvoker(agent_saying(), session_service=open_store(url))
    for talk in ("a", "b", "c"):
        done(say(invoker, f"talk {talk}", talk=talk))
    invoker.pin_session(USER, "a")
    invoker.rename_session(USER, "b", "  Our \n evening ")
    assert titles(invoker) == ["talk a", "talk c", "Our evening"]
    with pytest.raises(InvalidMessage):
        invoker.rename_session(USER, "b", " \n ")
    invoker.close()
    again = AgentInvoker(agent_saying(), session_service=open_store(url))
    assert state_of(again, "b")["__session_metadata__"] == {"displayName": "Our evening"}
    assert set(titles(again)) == {"talk a", "talk c", "Our evening"}
    assert again.list_sessions(USER)[0].pinned
    again.close()


def test_a_discarded_conversation_can_be_restored_until_it_is_forgotten(invoking: Invoking) -> None:
    """Gone from the list at once, its running answer stopped; then from the store too."""
    gate = Gate()
    invoker = invoking(lambda _: [Text("so far "), Hold(gate)], limits=Settings(workers=2, grace=2.0, undo_limit=0.3, save_every=0.02))
    running = say(invoker, "hold")
    wait_for_text(running, "so far ")
    invoker.discard_session(USER, TALK)
    assert running.ended and titles(invoker) == []
    with pytest.raises(ConversationDeleted):
        say(invoker, "more")
    invoker.restore_session(USER, TALK)
    assert texts(invoker) == ["hold", "so far "]
    invoker.discard_session(USER, TALK)
    sessions = invoker.store._service.sessions["helper"]["u"]  # type: ignore[union-attr]
    until(invoker, lambda: not sessions)
    with pytest.raises(ConversationNotFound):
        invoker.restore_session(USER, TALK)


def test_a_thousand_conversations_are_listed_with_one_look_at_the_store(url: str) -> None:
    """Branches are not conversations."""
    store = open_store(url)
    invoker = AgentInvoker(agent_saying(), session_service=store)
    done(say(invoker, "one"))
    done(invoker.edit(USER, TALK, turns(invoker)[0], "eins"))
    invoker.close()
    again = AgentInvoker(agent_saying(), session_service=open_store(url))
    (talk,) = again.list_sessions(USER)
    assert (talk.title, talk.branches) == ("one", 2)
    again.close()


# -- titles ----------------------------------------------------------------------------------------------------------------


def titling(title: Step) -> Callable[[Asked], Sequence[Step]]:
    return lambda asked: [title] if asked.said.startswith("Give this conversation a title") else echo(asked)


def test_the_model_makes_the_title_after_the_first_answer(invoking: Invoking) -> None:
    """Without the marks it likes to put around it; once."""
    invoker = invoking(titling(Text('**"Dinner in Kallio"**\n')), limits=Settings(titles=True))
    done(say(invoker, "hello there"))
    until(invoker, lambda: titles(invoker) == ["Dinner in Kallio"])
    done(say(invoker, "more"))
    assert sum(asked.said.startswith("Give") for asked in model_of(invoker).asked) == 1
    until(invoker, lambda: state_of(invoker)["vibehuntr_conversation"]["title"] == "Dinner in Kallio")


@pytest.mark.parametrize("title", [Raise(RuntimeError("quota")), Text(" \n ")])
def test_without_a_title_from_the_model_the_words_stay(invoking: Invoking, title: Step) -> None:
    """It is tried once, and nobody hears of it."""
    invoker = invoking(titling(title), limits=Settings(titles=True))
    done(say(invoker, "hello there"))
    until(invoker, lambda: len(model_of(invoker).asked) == 2)
    assert titles(invoker) == ["hello there"]


def test_a_title_of_the_users_own_is_not_replaced(invoking: Invoking) -> None:
    """Whoever is faster."""
    gate = Gate()
    script = lambda asked: [Hold(gate), Text("the model's")] if asked.said.startswith("Give") else echo(asked)  # noqa: E731
    invoker = invoking(script, limits=Settings(titles=True))
    done(say(invoker, "hello there"))
    assert gate.reached.wait(AWAY)
    invoker.rename_session(USER, TALK, "mine")
    gate.open()
    done(say(invoker, "again"))
    assert titles(invoker) == ["mine"]


# -- search ----------------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["Karhu", "Äpfel", "apfel", "kar", "日本", "12e5", "I'm", "NOT", '"', "*"]), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), WORDS), min_size=1, max_size=6),
    st.sampled_from(["karhu", "ap", "日", "12", "not"]),
)
def test_search_finds_every_message_that_holds_the_word_and_no_other_users(said: list[tuple[str, str, list[str]]], query: str) -> None:
    """Questions and answers, in all of one's conversations."""
    invoker = AgentInvoker(agent_saying(echo))
    expected: dict[str, list[str]] = {"a": [], "b": []}
    for user, talk, words in said:
        text = " ".join(words)
        done(say(invoker, text, user, f"{user}{talk}"))
        expected[user] += [line for line in (text, f"You said: {text} ") if holds(line, query)]
    for user, lines in expected.items():
        hits = [hit for hit in invoker.search(user, query) if hit.turn_id]
        found = [
            next(m.content for m in invoker.get_messages(user, hit.talk_session_id) if (m.turn_id, m.role) == (hit.turn_id, hit.role))
            for hit in hits
        ]
        assert sorted(found) == sorted(lines)
    invoker.close()


def test_search_knows_branches_running_answers_changes_and_deletions(url: str) -> None:
    """Without being told: the index takes in what has changed when it is asked; after a restart only what it lacks."""
    gate = Gate()
    script = lambda asked: [Text("so far "), Hold(gate)] if asked.said.startswith("hold") else echo(asked)  # noqa: E731
    from agent_invoker import open_index

    invoker = AgentInvoker(agent_saying(script), session_service=open_store(url), search_index=open_index(url))
    done(say(invoker, "about Karhu"))
    done(invoker.edit(USER, TALK, turns(invoker)[0], "about Majava"))
    assert [hit.role for hit in invoker.search(USER, "karhu")] == ["", "assistant", "user"]  # the title too
    branch = {hit.branch for hit in invoker.search(USER, "karhu") if hit.turn_id}
    assert branch == {TALK}
    assert len([hit for hit in invoker.search(USER, "about") if hit.turn_id]) == 4
    invoker.show_branch(USER, TALK, TALK)
    assert texts(invoker)[0] == "about Karhu"
    running = say(invoker, "hold Zither", talk="other")
    wait_for_text(running, "so far ")
    assert {hit.text for hit in invoker.search(USER, "so far")} == {"so far"}
    running.cancel()
    assert running.wait_ended(AWAY)
    assert len(invoker.search(USER, "zither", "other")) == 2
    assert invoker.search(USER, "zither", TALK) == []
    assert invoker.search("somebody", "karhu") == []
    invoker.delete_session(USER, "other")
    assert invoker.search(USER, "zither") == []
    before = [(hit.turn_id, hit.text) for hit in invoker.search(USER, "karhu")]
    invoker.close()
    again = AgentInvoker(agent_saying(script), session_service=open_store(url), search_index=open_index(url))
    assert [(hit.turn_id, hit.text) for hit in again.search(USER, "karhu")] == before
    again.close()


def test_branches_and_their_files_are_taken_over(url: str) -> None:
    """By whoever logs in: every version, under ids that nobody has yet."""
    invoker = AgentInvoker(agent_saying(noting, tools=[note]), session_service=open_store(url))
    for user in ("guest", "login"):
        done(say(invoker, f"one of {user}", user))
    first = invoker.get_messages("guest", TALK)[0].turn_id
    done(invoker.edit("guest", TALK, first, "eins"))
    assert invoker.take_over("login", "guest") == 0
    moved = next(talk for talk in invoker.list_sessions("login") if talk.branches == 2)
    assert [m.content for m in invoker.get_messages("login", moved.id)] == ["eins", "noted eins"]
    assert invoker.load_file("login", moved.id, "notes.txt") == FilePart("notes.txt", "text/plain", b"eins")
    invoker.switch("login", moved.id, first)
    assert [m.content for m in invoker.get_messages("login", moved.id)] == ["one of guest", "noted one of guest"]
    assert invoker.load_file("login", moved.id, "notes.txt") == FilePart("notes.txt", "text/plain", b"one of guest")
    assert invoker.list_sessions("guest") == []
    invoker.close()


# -- export and import -------------------------------------------------------------------------------------------------------


def test_what_was_exported_is_imported_as_it_was(invoking: Invoking) -> None:
    """Texts, state, marks; and the model gets the same context."""
    invoker = invoking(noting, tools=[note])
    for text in ("one", "two"):
        done(say(invoker, text))
    exported = invoker.export_session(USER, TALK)
    new = invoker.import_session("somebody", exported.encode())
    assert [m.content for m in invoker.get_messages("somebody", new)] == texts(invoker)
    assert invoker.export_session("somebody", new) == exported
    for user, talk in ((USER, TALK), ("somebody", new)):
        done(invoker.add_message(user, talk, "last"))
    assert model_of(invoker).requests[-4] == model_of(invoker).requests[-2]


def test_a_file_that_does_not_fit_is_refused_and_leaves_nothing(invoking: Invoking) -> None:
    """In words."""
    invoker = invoking()
    for data in (b"", b"{", b"[]", b'{"events": []}', "ä".encode("latin-1")):
        with pytest.raises(ImportRefused):
            invoker.import_session(USER, data)
    assert invoker.list_sessions(USER) == []


class Full(InMemorySessionService):
    """Has room for so many events."""

    def __init__(self) -> None:
        super().__init__()
        self.room = 1_000

    async def append_event(self, session: Session, event: Event) -> Event:
        self.room -= 1
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return await super().append_event(session, event)


@pytest.mark.parametrize("room", [0, 1, 3])
def test_nothing_is_half_imported(room: int) -> None:
    """The store is full in the middle: told in words, and the session is gone."""
    service = Full()
    invoker = AgentInvoker(agent_saying(), session_service=SessionStore.of(service))
    for text in ("one", "two"):
        done(say(invoker, text))
    exported = invoker.export_session(USER, TALK).encode()
    service.room = room
    with pytest.raises(StoreError):
        invoker.import_session(USER, exported)
    assert list(service.sessions["helper"][USER]) == [TALK]
    assert [talk.id for talk in invoker.list_sessions(USER)] == [TALK]
    invoker.close()


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_branch_that_could_not_be_made_is_made_before_the_next_turn(room: int) -> None:
    """The store is full in the middle of the copy: the question stays on the page, and nothing is lost when there is room again."""
    service = Full()
    invoker = AgentInvoker(agent_saying(noting, tools=[note]), session_service=SessionStore.of(service))
    for text in ("one", "two"):
        done(say(invoker, text))
    service.room = room
    failed = invoker.edit(USER, TALK, turns(invoker)[1], "zwei")
    assert answer_of(failed).status == "failed"
    assert texts(invoker)[-2:] == ["zwei", ""]
    service.room = 1_000
    done(say(invoker, "three"))
    assert texts(invoker)[:2] == ["one", "noted one"]
    assert [text for text in texts(invoker) if text] == ["one", "noted one", "zwei", "three", "noted three"]
    assert state_of(invoker)["notes"] == ["one", "three"]
    invoker.close()


def test_a_branch_outlives_a_process_that_was_killed_in_mid_copy(url: str) -> None:
    """Its half-made session is made anew from its journal."""
    gate = Gate()
    script = lambda asked: [Text("so far "), Hold(gate)] if asked.said == "hold" else echo(asked)  # noqa: E731
    crashed = AgentInvoker(agent_saying(script), settings=Settings(save_every=3600.0), session_service=open_store(url))
    for text in ("one", "two"):
        done(say(crashed, text))
    turn = crashed.edit(USER, TALK, turns(crashed)[1], "hold")
    wait_for_text(turn, "so far ")
    asyncio.run_coroutine_threadsafe(turn.journal(), crashed.loop).result(AWAY)
    crashed._ask_loop(crashed._delete_branch(turn.branch))
    crashed._ask_loop(crashed.store.create_session(**crashed.sessions.key(turn.branch), state={"vibehuntr_making": True}))
    again = AgentInvoker(agent_saying(echo), session_service=open_store(url))
    assert [talk.branches for talk in again.list_sessions(USER)] == [2]
    again.show_branch(USER, TALK, turn.branch.id)
    assert texts(again) == ["one", "You said: one ", "hold", "so far "]
    again.close()
    gate.open()
    crashed.close()


# -- files -----------------------------------------------------------------------------------------------------------------


def test_files_that_cannot_be_sent_are_refused_in_words(invoking: Invoking) -> None:
    """Of a kind that the model cannot take, broken, too many bytes; nothing is lost, nothing is sent."""
    invoker = invoking(limits=Settings(file_limit=10))
    invoker.create_talk_session(USER, TALK)
    for file, words in (
        (FilePart("x.bin", "application/x-tar", b"x"), "cannot read 'x.bin'"),
        (FilePart("x.png", "image/png", b"no image"), "is empty, or it is not the kind"),
        (FilePart("x.txt", "text/plain", b"\xff\xfe"), "is empty, or it is not the kind"),
        (FilePart("x.txt", "text/plain", b""), "is empty"),
        (FilePart("x.txt", "text/plain", b"x" * 11), "the limit is"),
    ):
        with pytest.raises(InvalidMessage, match=words):
            invoker.add_message(USER, TALK, "look", files=[file])
    assert model_of(invoker).asked == [] and invoker.get_messages(USER, TALK) == []


def test_the_keyless_planner_takes_text_and_says_so() -> None:
    """Every model of an agent must take what is sent."""
    assert spoken_types(types_taken([KeylessPlanner()])) == "text"
    assert spoken_types(types_taken([])) == "images, PDF, text and sound"
    assert not is_taken("image/png", types_taken([KeylessPlanner()]))
    assert is_taken("text/markdown", types_taken([KeylessPlanner()]))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.png", "a.png"),
        ("../../a.png", "a.png"),
        ("C:\\x\\a.png", "a.png"),
        ("user:a", "user_a"),
        ("", "file"),
        ("..", "file"),
        ("Metadata.json", "Metadata file.json"),
    ],
)
def test_a_files_name_is_one_that_every_artifact_service_takes(name: str, safe: str) -> None:
    """No folders, no scopes."""
    assert safe_name(name) == safe
    assert file_part(name, "", b"x").name == safe


def test_files_outlive_a_restart_beside_the_database(tmp_path: Any) -> None:
    """A SQLite store keeps them in a folder of its own."""
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    invoker = AgentInvoker(agent_saying(noting, tools=[note]), session_service=open_store(url), artifact_service=open_artifacts("", url))
    done(say(invoker, "one"))
    invoker.close()
    again = AgentInvoker(agent_saying(noting, tools=[note]), session_service=open_store(url), artifact_service=open_artifacts("", url))
    file = again.load_file(USER, TALK, "notes.txt")
    assert file and file.data == b"one"
    again.delete_session(USER, TALK)
    assert not [path for path in (tmp_path / "talks.db.files").rglob("*") if path.is_file()]
    again.close()
