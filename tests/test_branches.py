"""Branches: edit, another answer, switching between them, a branch into a new conversation; against a plain tree of turns."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import Invoking, agent_saying, model_of
from google.adk.artifacts import InMemoryArtifactService
from google.adk.events import Event, EventActions
from google.adk.sessions import Session
from google.adk.tools.tool_context import ToolContext
from google.genai import types
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from scripted_llm import Asked, Call, Gate, Hold, Step, Text
from test_agent_invoker import answer_of, say, wait_for_text

from agent_invoker import AgentInvoker, ConversationBusy, MessageNotShown, Settings, Turn, open_store
from playground.branches import Fork, alternatives, differences, prefix
from playground.turn_log import Feedback, FilePart, SavedFile

USER, TALK = "u", "c"


async def note(text: str, tool_context: ToolContext) -> dict[str, Any]:
    """Write a text down: in the state, in a file, and in what is known of the user."""
    notes = [*tool_context.state.get("notes", []), text]
    tool_context.state["notes"] = notes
    tool_context.state["user:count"] = tool_context.state.get("user:count", 0) + 1
    await tool_context.save_artifact("notes.txt", types.Part.from_bytes(data="\n".join(notes).encode(), mime_type="text/plain"))
    return {"status": "success"}


def noting(asked: Asked) -> Sequence[Step]:
    """Each message is noted by the tool, then answered."""
    return [Text(f"noted {asked.said}")] if asked.after_tool else [Call("note", {"text": asked.said})]


def texts(invoker: AgentInvoker, talk: str = TALK) -> list[str]:
    return [message.content for message in invoker.get_messages(USER, talk)]


def turns(invoker: AgentInvoker, talk: str = TALK) -> list[str]:
    return [message.turn_id for message in invoker.get_messages(USER, talk) if message.role == "user"]


def state_of(invoker: AgentInvoker, talk: str = TALK) -> dict[str, Any]:
    branch = invoker._find(USER, talk).branch
    session = invoker._ask_loop(invoker.sessions.find(branch))
    assert session
    return session.state


def file_of(invoker: AgentInvoker, talk: str = TALK) -> str:
    file = invoker.load_file(USER, talk, "notes.txt")
    return file.data.decode() if file else ""


def done(turn: Turn) -> None:
    assert answer_of(turn).status == "done"


def test_an_edit_begins_a_branch_and_the_switch_goes_back(invoking: Invoking) -> None:
    """State and files are those of the branch; what is known of the user is shared."""
    invoker = invoking(noting, tools=[note])
    for text in ("one", "two", "three"):
        done(say(invoker, text))
    first = turns(invoker)
    done(invoker.edit(USER, TALK, first[1], "zwei"))
    assert texts(invoker) == ["one", "noted one", "zwei", "noted zwei"]
    assert (state_of(invoker)["notes"], file_of(invoker)) == (["one", "zwei"], "one\nzwei")
    assert state_of(invoker)["user:count"] == 4
    zwei = turns(invoker)[1]
    assert invoker.view(USER, TALK).alternatives[zwei].questions == [[first[1]], [zwei]]
    invoker.switch(USER, TALK, first[1])
    assert texts(invoker) == ["one", "noted one", "two", "noted two", "three", "noted three"]
    assert (state_of(invoker)["notes"], file_of(invoker)) == (["one", "two", "three"], "one\ntwo\nthree")
    assert turns(invoker) == first


def test_back_in_a_branch_the_model_gets_the_same_context_byte_for_byte(invoking: Invoking) -> None:
    """Ids of calls, responses and all."""
    invoker = invoking(noting, tools=[note])
    for text in ("one", "two"):
        done(say(invoker, text))
    first = turns(invoker)[0]
    done(say(invoker, "last"))
    done(invoker.edit(USER, TALK, turns(invoker)[2], "last"))  # the same words again, after the same: as if nothing had been
    before, again = model_of(invoker).requests[-3], model_of(invoker).requests[-1]
    assert model_of(invoker).requests[-4] == model_of(invoker).requests[-2]
    assert len(before) == len(again)
    done(invoker.edit(USER, TALK, first, "other"))
    invoker.switch(USER, TALK, first)
    done(invoker.edit(USER, TALK, turns(invoker)[2], "last"))
    assert model_of(invoker).requests[-2] == model_of(invoker).requests[-6]


def test_another_answer_is_an_alternative_of_the_answer_not_of_the_question(invoking: Invoking) -> None:
    """Two answers to the first question, and another question: 2 of 2, and 1 of 2."""
    invoker = invoking()
    done(say(invoker, "one"))
    (first,) = turns(invoker)
    done(invoker.regenerate(USER, TALK, first))
    (second,) = turns(invoker)
    done(invoker.edit(USER, TALK, second, "eins"))
    (third,) = turns(invoker)
    found = invoker.view(USER, TALK).alternatives
    assert found[first].questions == [[first, second], [third]]
    assert [(found[turn].question, found[turn].answer) for turn in (first, second, third)] == [(0, 0), (0, 1), (1, 0)]
    done(invoker.regenerate(USER, TALK, third))
    assert invoker.view(USER, TALK).alternatives[third].answers == [third, *turns(invoker)]


def test_an_edit_stops_the_running_answer_and_leaves_it_in_its_branch(invoking: Invoking) -> None:
    """What had come of it stays there."""
    gate = Gate()
    invoker = invoking(lambda asked: [Text("so far "), Hold(gate)] if asked.said == "hold" else [Text("answer")])
    done(say(invoker, "one"))
    running = say(invoker, "hold")
    wait_for_text(running, "so far ")
    held = turns(invoker)[1]
    with pytest.raises(ConversationBusy):
        invoker.switch(USER, TALK, held) if invoker.view(USER, TALK).alternatives else invoker.branch_off(USER, TALK, held)
    done(invoker.edit(USER, TALK, held, "other"))
    assert texts(invoker) == ["one", "answer", "other", "answer"]
    invoker.switch(USER, TALK, held)
    assert texts(invoker) == ["one", "answer", "hold", "so far "]


def test_what_replaces_the_first_answer_of_a_branch_leaves_the_way_back(invoking: Invoking) -> None:
    """Also where replaced answers are forgotten: that one is not."""
    gate = Gate()
    invoker = invoking(lambda asked: [Text("so far "), Hold(gate)] if asked.said == "hold" else [Text("answer")])
    done(say(invoker, "one"))
    (first,) = turns(invoker)
    wait_for_text(invoker.edit(USER, TALK, first, "hold"), "so far ")
    done(invoker.add_message(USER, TALK, "next", strategy="rollback"))
    assert texts(invoker) == ["hold", "so far ", "next", "answer"]
    invoker.switch(USER, TALK, first)
    assert texts(invoker) == ["one", "answer"]


def test_a_branch_goes_into_a_new_conversation(invoking: Invoking) -> None:
    """Up to and with a turn; both go on by themselves."""
    invoker = invoking(noting, tools=[note])
    for text in ("one", "two", "three"):
        done(say(invoker, text))
    new = invoker.branch_off(USER, TALK, turns(invoker)[1])
    assert texts(invoker, new) == ["one", "noted one", "two", "noted two"]
    done(say(invoker, "other", talk=new))
    assert (state_of(invoker, new)["notes"], file_of(invoker, new)) == (["one", "two", "other"], "one\ntwo\nother")
    assert state_of(invoker)["notes"] == ["one", "two", "three"]
    assert {talk.title for talk in invoker.list_sessions(USER)} == {"one", "one (branch)"}


def test_what_differs_between_two_branches_is_told_by_place(invoking: Invoking) -> None:
    """Only the agent's own state of the session."""
    invoker = invoking(noting, tools=[note])
    done(say(invoker, "one"))
    (first,) = turns(invoker)
    done(invoker.edit(USER, TALK, first, "eins"))
    assert [(d.place, d.here, d.there) for d in invoker.compare(USER, TALK, first)] == [("notes[1]", '"eins"', '"one"')]
    with pytest.raises(MessageNotShown):
        invoker.compare(USER, TALK, "nobody's")


def test_a_question_that_waits_is_not_edited(invoking: Invoking) -> None:
    """What stands before it is not yet written: it can be taken back."""
    gate = Gate()
    invoker = invoking(lambda asked: [Text("so far "), Hold(gate)] if asked.said == "hold" else [Text("answer")])
    wait_for_text(say(invoker, "hold"), "so far ")
    waiting = invoker.add_message(USER, TALK, "waits", strategy="enqueue")
    with pytest.raises(ConversationBusy):
        invoker.edit(USER, TALK, waiting.id, "other")
    gate.open()
    done(waiting)
    assert texts(invoker) == ["hold", "so far ", "waits", "answer"]


def test_what_is_not_shown_is_not_edited(invoking: Invoking) -> None:
    """Another tab may have gone to another branch."""
    invoker = invoking()
    done(say(invoker, "one"))
    (first,) = turns(invoker)
    done(invoker.edit(USER, TALK, first, "eins"))
    for wrong in (first, "nobody's"):
        with pytest.raises(MessageNotShown):
            invoker.edit(USER, TALK, wrong, "uno")
    assert texts(invoker)[0] == "eins"


def test_files_go_to_the_model_and_into_the_artifacts_and_stay_with_an_edit(invoking: Invoking) -> None:
    """As parts, shown in the message."""
    invoker = invoking()
    file = FilePart("notes.txt", "text/plain", b"Anna can at 7")
    done(invoker.add_message(USER, invoker.create_talk_session(USER, TALK), "read this", files=[file]))
    assert '"mime_type":"text/plain"' in model_of(invoker).requests[-1]
    (question, answer) = invoker.get_messages(USER, TALK)
    assert (question.files, question.content) == ([file], "read this")
    assert not any(isinstance(part, SavedFile) for part in answer.parts)
    assert file_of(invoker) == "Anna can at 7"
    done(invoker.regenerate(USER, TALK, question.turn_id))
    assert invoker.get_messages(USER, TALK)[0].files == [file]
    assert model_of(invoker).requests[-1] == model_of(invoker).requests[-2]


def test_feedback_is_stored_with_the_events_and_seen_by_no_model(invoking: Invoking) -> None:
    """The last word counts, and none takes it back."""
    invoker = invoking()
    done(say(invoker, "one"))
    (first,) = turns(invoker)
    invoker.rate(USER, TALK, first, Feedback(1))
    invoker.rate(USER, TALK, first, Feedback(0, "too long"))
    assert invoker.get_messages(USER, TALK)[1].feedback == Feedback(0, "too long")
    folded = invoker._ask_loop(invoker._history(invoker._find(USER, TALK).branch, set()))
    assert folded[1].feedback == Feedback(0, "too long")
    done(say(invoker, "two"))
    assert "too long" not in model_of(invoker).requests[-1]
    done(invoker.edit(USER, TALK, turns(invoker)[1], "zwei"))
    assert invoker._ask_loop(invoker._history(invoker._find(USER, TALK).branch, set()))[1].feedback == Feedback(0, "too long")
    (left, _) = turns(invoker)
    done(invoker.edit(USER, TALK, left, "eins"))
    invoker.rate(USER, TALK, first, Feedback(1, "of the branch that was left"))
    invoker.switch(USER, TALK, left)
    invoker.rate(USER, TALK, first, Feedback(None))
    assert invoker.get_messages(USER, TALK)[1].feedback is None


def test_a_prefix_leaves_out_what_was_rewound_and_keeps_state_that_no_event_has_set() -> None:
    """Also the other way round: what events of later turns have set is gone."""

    def event(turn: str, **state: Any) -> Event:
        return Event(author="agent", invocation_id=turn, actions=EventActions(state_delta=state))

    rewind = Event(author="user", invocation_id="r", actions=EventActions(rewind_before_invocation_id="b", state_delta={"x": 1}))
    events = [event("a", x=1), event("b", x=2, y=2), rewind, event("c", x=3), event("d", x=4, z=4)]
    session = Session(id="s", app_name="a", user_id="u", state={"x": 4, "z": 4, "given": 1, "user:x": 1}, events=events)
    part = prefix(session, "d")
    assert [e.invocation_id for e in part.events] == ["a", "c"]
    assert part.state == {"x": 3, "given": 1}
    assert prefix(session).state == {"x": 4, "z": 4, "given": 1}


def test_alternatives_of_alternatives_stand_in_one_place() -> None:
    """Whichever of them was left for the next."""
    forks = [Fork("c", "c", "t1", "t2", "t2"), Fork("c", "s2", "t2", "t3", "t2"), Fork("c", "c", "t1", "t4", "t4")]
    found = alternatives(forks)
    assert set(found) == {"t1", "t2", "t3", "t4"}
    assert found["t3"].questions == [["t1"], ["t2", "t3"], ["t4"]]
    assert found["t3"].answers == ["t2", "t3"]


def test_differences_are_those_of_leaves() -> None:
    """Nothing where there is nothing; what is equal is not told."""
    found = differences({"a": {"b": [1, 2], "c": {}}, "same": 1}, {"a": {"b": [1], "c": {"d": None}}, "same": 1})
    assert [(d.place, d.here, d.there) for d in found] == [("a.b[2]", "2", ""), ("a.c", "{}", ""), ("a.c.d", "", "null")]


def test_branches_outlive_a_restart(url: str) -> None:
    """The open one is open again, the others are there, with their state and their order."""
    artifacts = InMemoryArtifactService()

    def started() -> AgentInvoker:
        return AgentInvoker(agent_saying(noting, tools=[note]), session_service=open_store(url), artifact_service=artifacts)

    invoker = started()
    for text in ("one", "two"):
        done(say(invoker, text))
    first = turns(invoker)
    done(invoker.edit(USER, TALK, first[1], "zwei"))
    done(invoker.regenerate(USER, TALK, turns(invoker)[1]))
    before, shown = invoker.view(USER, TALK).alternatives, texts(invoker)
    invoker.close()
    invoker = started()
    assert [talk.id for talk in invoker.list_sessions(USER)] == [TALK]
    assert texts(invoker) == shown
    assert invoker.view(USER, TALK).alternatives == before
    assert file_of(invoker) == "one\nzwei"
    invoker.switch(USER, TALK, first[1])
    assert texts(invoker) == ["one", "noted one", "two", "noted two"]
    invoker.delete_session(USER, TALK)
    listed = invoker._ask_loop(invoker.store.list_sessions(app_name=invoker.sessions.app_name, user_id=USER))
    assert listed.sessions == []
    invoker.close()


# -- any order of it, against a plain tree -------------------------------------------------------------------------------


@dataclass
class Node:
    """A turn of the model of the test: its question, whose question it is, what follows it, and which of these was open last."""

    turn: str
    text: str
    question: str
    then: list[Node] = field(default_factory=list)
    open: int = 0


class Tree(RuleBasedStateMachine):
    """The model of a conversation is a tree; what is shown is the path of what was open last."""

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("vibehuntr").setLevel(logging.CRITICAL)
        self.folder = tempfile.TemporaryDirectory()
        self.artifacts = InMemoryArtifactService()
        self.invoker = self.started()
        self.top = Node("", "", "")
        self.contexts: dict[str, str] = {}
        self.number = 0

    def started(self) -> AgentInvoker:
        store = open_store(f"sqlite:///{self.folder.name}/talks.db")
        limits = Settings(workers=2, save_every=3600.0)
        return AgentInvoker(agent_saying(noting, tools=[note]), settings=limits, session_service=store, artifact_service=self.artifacts)

    @property
    def path(self) -> list[Node]:
        nodes, node = [], self.top
        while node.then:
            node = node.then[node.open]
            nodes.append(node)
        return nodes

    def text(self) -> str:
        self.number += 1
        return f"message {self.number}"

    @initialize()
    def begin(self) -> None:
        self.say()

    @rule()
    def say(self) -> None:
        text = self.text()
        self.add(self.path[-1] if self.path else self.top, say(self.invoker, text), text, "")

    @rule(number=st.integers(0, 9))
    def edit(self, number: int) -> None:
        text, place = self.text(), number % len(self.path)
        parent = self.path[place - 1] if place else self.top
        self.add(parent, self.invoker.edit(USER, TALK, self.path[place].turn, text), text, "")

    @rule(number=st.integers(0, 9))
    def regenerate(self, number: int) -> None:
        place = number % len(self.path)
        parent, node = self.path[place - 1] if place else self.top, self.path[place]
        self.add(parent, self.invoker.regenerate(USER, TALK, node.turn), node.text, node.question)

    def add(self, parent: Node, turn: Turn, text: str, question: str) -> None:
        done(turn)
        parent.then.append(Node(turn.id, text, question or turn.id))
        parent.open = len(parent.then) - 1
        first_request = model_of(self.invoker).requests[-2]
        self.contexts[turn.id] = first_request

    @precondition(lambda self: any(len(node.then) > 1 for node in [self.top, *self.path]))
    @rule(number=st.integers(0, 9), other=st.integers(0, 9))
    def switch(self, number: int, other: int) -> None:
        forked = [node for node in [self.top, *self.path] if len(node.then) > 1]
        parent = forked[number % len(forked)]
        parent.open = other % len(parent.then)
        self.invoker.switch(USER, TALK, parent.then[parent.open].turn)
        self.follow(parent)

    def follow(self, parent: Node) -> None:
        """Of the branches that hold a turn the one that was open last is opened: below it, the tree takes over what is shown."""
        shown = turns(self.invoker)
        node = self.top
        for turn in shown:
            node.open = next(n for n, child in enumerate(node.then) if child.turn == turn)
            node = node.then[node.open]
        assert not node.then
        assert parent.then[parent.open].turn in shown

    @rule()
    def restart(self) -> None:
        self.invoker.close()
        self.invoker = self.started()

    @rule(number=st.integers(0, 9))
    def ask_the_same_again_after_the_same(self, number: int) -> None:
        """The context of a turn is what it was when the turn was first asked, byte for byte."""
        place = number % len(self.path)
        node = self.path[place]
        parent = self.path[place - 1] if place else self.top
        self.add(parent, self.invoker.regenerate(USER, TALK, node.turn), node.text, node.question)
        assert self.contexts[self.path[place].turn] == self.contexts[node.turn]

    @invariant()
    def the_path_is_shown(self) -> None:
        expected = [line for node in self.path for line in (node.text, f"noted {node.text}")]
        assert texts(self.invoker) == expected

    @invariant()
    def state_and_files_are_those_of_the_path(self) -> None:
        if self.path:
            assert state_of(self.invoker)["notes"] == [node.text for node in self.path]
            assert file_of(self.invoker) == "\n".join(node.text for node in self.path)

    @invariant()
    def the_alternatives_are_those_of_the_tree(self) -> None:
        found = self.invoker.view(USER, TALK).alternatives
        for parent in [self.top, *self.path]:
            if len(parent.then) > 1:
                node = parent.then[parent.open]
                asked = list(dict.fromkeys(child.question for child in parent.then))
                assert [turns[0] for turns in found[node.turn].questions] == asked
                assert found[node.turn].answers == [child.turn for child in parent.then if child.question == node.question]
                assert found[node.turn].answers[found[node.turn].answer] == node.turn

    def teardown(self) -> None:
        self.invoker.close()
        self.folder.cleanup()
        logging.getLogger("vibehuntr").setLevel(logging.NOTSET)


TestTree = Tree.TestCase
TestTree.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
