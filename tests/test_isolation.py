"""Fifty users at once: nothing of one ever reaches another, whatever is guessed, and a guess tells nothing."""

from __future__ import annotations

import json
import logging
import random
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Invoking, agent_saying, model_of
from google.adk.artifacts import InMemoryArtifactService
from google.adk.tools import ToolContext
from google.genai import types
from scripted_llm import Asked, Call, Raise, Step, Text, Wait
from test_agent_invoker import AWAY, answer_of, say

from agent_invoker import AgentInvoker, ConversationDeleted, ConversationNotFound, PlaygroundError, Settings, Strategy, open_store

USERS, TALKS, OPERATIONS = 50, 4, 12
TOKEN = re.compile(r"token-(\d+)-\d+")


async def note(text: str, tool_context: ToolContext) -> dict[str, str]:
    """Keep a text in every place where an agent can keep one."""
    tool_context.state["note"] = tool_context.state["user:note"] = text
    await tool_context.save_artifact("note.txt", types.Part(text=text))
    return {"noted": text, "known": str(tool_context.state.get("user:note"))}


def scripted(asked: Asked) -> Sequence[Step]:
    """Repeat all that was ever said, slowly; note it, or fail, when told to."""
    said = " ".join(text for _, text in asked.contents)
    if "note" in asked.said and not asked.after_tool:
        return [Text("Noting "), Call("note", {"text": asked.said})]
    if "fail" in asked.said:
        return [Text(f"{said} "), Raise(RuntimeError(said))]
    return [Text(f"{said[:200]} "), Wait(0.002), Text(said[200:2000])]


class Person(threading.Thread):
    """One user with four conversations, who does things at random, in a thread as Streamlit would."""

    def __init__(self, invoker: AgentInvoker, number: int) -> None:
        super().__init__()
        self.user = f"user-{number}"
        self.invoker = invoker
        self.number = number
        self.chance = random.Random(number)  # noqa: S311
        self.talks = [invoker.create_talk_session(self.user) for _ in range(TALKS)]
        self.seen: list[str] = []
        self.others: Callable[[], str] = lambda: ""
        self.wrong: list[str] = []

    def run(self) -> None:
        for step in range(OPERATIONS):
            talk = self.chance.choice(self.talks)
            act = self.chance.choice([self.write, self.write, self.write, self.stop, self.look, self.guess])
            act(talk, step)

    def write(self, talk: str, step: int) -> None:
        how: Strategy = self.chance.choice(["interrupt", "enqueue", "rollback"])
        kind = self.chance.choice(["say", "note", "fail"])
        self.invoker.add_message(self.user, talk, f"{kind} token-{self.number}-{step}", strategy=how)

    def stop(self, talk: str, _: int) -> None:
        self.invoker.stop(self.user, talk)

    def look(self, talk: str, _: int) -> None:
        self.seen.append(repr(self.invoker.get_messages(self.user, talk)) + repr(self.invoker.list_sessions(self.user)))

    def guess(self, _: str, __: int) -> None:
        """Try another's conversation: every call says that it is not there."""
        theirs = self.others()
        for call in (
            self.invoker.get_session,
            self.invoker.view,
            self.invoker.get_messages,
            self.invoker.stop,
            self.invoker.running_turn,
            self.invoker.delete_session,
        ):
            try:
                self.wrong.append(repr(call(self.user, theirs)))
            except ConversationNotFound as error:
                self.seen.append(str(error))


async def kept(invoker: AgentInvoker, person: Person) -> list[str]:
    """Everything that is stored for a user: events, state, artifacts."""
    found: list[str] = []
    for talk in person.talks:
        where: dict[str, Any] = {"app_name": invoker.sessions.app_name, "user_id": person.user, "session_id": talk}
        if session := await invoker.store.get_session(**where):
            found.append(session.model_dump_json())
        names = await invoker._artifacts.list_artifact_keys(**where)
        found += [str(await invoker._artifacts.load_artifact(**where, filename=name)) for name in names]
    found.append(json.dumps(await invoker.store.get_user_state(app_name=invoker.sessions.app_name, user_id=person.user)))
    return found


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_nothing_of_one_user_ever_reaches_another(store: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """50 users, 4 conversations each, at once: messages, state, artifacts, model contexts and log lines stay one's own."""
    url = f"sqlite:///{tmp_path / 'talks.db'}" if store == "sqlite" else ""
    limits = Settings(workers=32, save_every=0.05)
    invoker = AgentInvoker(
        agent_saying(scripted, tools=[note]), settings=limits, session_service=open_store(url), artifact_service=InMemoryArtifactService()
    )
    people = [Person(invoker, number) for number in range(USERS)]
    for person in people:
        person.others = lambda me=person: me.chance.choice(people[(me.number + 1) % USERS].talks)
    with caplog.at_level(logging.DEBUG, "vibehuntr"):
        for person in people:
            person.start()
        for person in people:
            person.join(AWAY)
            assert not person.is_alive()
        for person in people:
            for talk in person.talks:
                while turn := invoker.running_turn(person.user, talk):
                    assert turn.wait_ended(AWAY)
    for person in people:
        assert not person.wrong
        mine = [*person.seen, *invoker._ask_loop(kept(invoker, person)), repr([invoker.view(person.user, talk) for talk in person.talks])]
        assert {number for text in mine for number in TOKEN.findall(text)} <= {str(person.number)}
    for asked in model_of(invoker).asked:
        assert len(set(TOKEN.findall(str(asked.contents)))) == 1
    for record in caplog.records:
        line = record.getMessage()
        assert {f"user-{number}" for number in TOKEN.findall(line)} <= set(re.findall(r"user=(user-\d+)", line)), line
    invoker.close()


def test_a_guess_tells_nothing(invoking: Invoking) -> None:
    """Another's conversation and one that never was: the same error, the same words, and the store is not even asked."""
    invoker = invoking()
    theirs = say(invoker, "private", user="ana").talk_session_id
    told: list[tuple[type[PlaygroundError], str]] = []
    for guess in (theirs, "0" * 32, "", "../" * 1000, "\x00", "c' OR '1'='1"):
        with pytest.raises(ConversationNotFound) as caught:
            invoker.get_session("ben", guess)
        told.append((type(caught.value), str(caught.value)))
        with pytest.raises(ConversationNotFound):
            invoker.add_message("ben", guess, "let me in")
    assert set(told) == {(ConversationNotFound, ConversationNotFound.default)}


def test_a_deleted_conversation_is_gone_for_its_owner_and_was_never_there_for_others(invoking: Invoking) -> None:
    """Its text, its state and its artifacts; a turn that runs in it is stopped."""
    invoker = invoking(scripted, tools=[note])
    turn = say(invoker, "note token-1-1", user="ana")
    assert answer_of(turn).status == "done"
    running = say(invoker, "say token-1-2", user="ana")
    invoker.delete_session("ana", "c")
    assert running.ended
    with pytest.raises(ConversationDeleted):
        invoker.add_message("ana", "c", "more")
    with pytest.raises(ConversationNotFound) as caught:
        invoker.view("ben", "c")
    assert type(caught.value) is ConversationNotFound
    assert invoker.list_sessions("ana") == []
    where: dict[str, Any] = {"app_name": invoker.sessions.app_name, "user_id": "ana", "session_id": "c"}
    assert invoker._ask_loop(invoker.store.get_session(**where)) is None
    assert invoker._ask_loop(invoker._artifacts.list_artifact_keys(**where)) == []


def test_a_login_takes_over_conversations_with_all_that_belongs_to_them(invoking: Invoking) -> None:
    """Messages, state, artifacts and what is known of the user; nothing is left behind, and what was known already stays."""
    invoker = invoking(scripted, tools=[note])
    assert answer_of(say(invoker, "note token-1-1", user="anonymous")).status == "done"
    before = invoker.get_messages("anonymous", "c")
    assert invoker.take_over("ana", "anonymous") == 0
    assert invoker.list_sessions("anonymous") == []
    with pytest.raises(ConversationNotFound):
        invoker.view("anonymous", "c")
    assert [(m.role, m.content, m.status, m.at) for m in invoker.get_messages("ana", "c")] == [
        (m.role, m.content, m.status, m.at) for m in before
    ]
    answer = answer_of(say(invoker, "say token-1-2", user="ana"))
    assert "token-1-1" in answer.text
    where: dict[str, Any] = {"app_name": invoker.sessions.app_name, "user_id": "ana", "session_id": "c"}
    session = invoker._ask_loop(invoker.store.get_session(**where))
    assert session
    assert session.state["note"] == session.state["user:note"] == "note token-1-1"
    assert invoker._ask_loop(invoker._artifacts.list_artifact_keys(**where)) == ["note.txt"]


def test_a_conversation_in_which_an_answer_comes_is_taken_over_later(invoking: Invoking) -> None:
    """It is neither stopped nor torn apart."""
    invoker = invoking(lambda _: [Text("slow "), Wait(0.2), Text("end")])
    turn = say(invoker, "hello", user="anonymous")
    assert invoker.take_over("ana", "anonymous") == 1
    assert answer_of(turn).text == "slow end"
    assert invoker.take_over("ana", "anonymous") == 0
    assert [m.content for m in invoker.get_messages("ana", "c")] == ["hello", "slow end"]


def test_a_take_over_touches_no_conversation_that_is_there_already(invoking: Invoking) -> None:
    """Two conversations may have one id, under two users: both are kept."""
    invoker = invoking()
    for user in ("ana", "anonymous"):
        assert answer_of(say(invoker, f"I am {user}", user=user)).status == "done"
    assert invoker.take_over("ana", "anonymous") == 0
    found = {invoker.get_messages("ana", talk.id)[0].content for talk in invoker.list_sessions("ana")}
    assert found == {"I am ana", "I am anonymous"}
