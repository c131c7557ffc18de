"""The playground against a plain list: any order of typing, stopping, failing, rerunning, switching and starting anew."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from conftest import agent_saying, model_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from scripted_llm import Asked, Gate, Hold, Raise, Step, Text
from test_agent_invoker import wait_for_text

from agent_invoker import AgentInvoker, Settings, Turn
from session_manager import SessionManager

Line = tuple[str, str, str]  # role, text, status


class Playground(RuleBasedStateMachine):
    """Each answer says "so far ", waits for the test, and then ends or fails. The model is a list of lines a conversation."""

    talks = Bundle("talks")

    def __init__(self) -> None:
        super().__init__()
        for name in ("vibehuntr.invoker", "google_adk"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.gates: dict[str, Gate] = {}
        self.failing: set[str] = set()
        self.invoker = AgentInvoker(agent_saying(self.script), settings=Settings(workers=3, grace=5.0))
        self.state: dict[str, Any] = {}
        self.manager = SessionManager(self.state)
        self.lines: dict[str, list[Line]] = {}
        self.running: dict[str, tuple[str, Turn]] = {}
        self.count = 0

    def script(self, asked: Asked) -> Sequence[Step]:
        name = asked.said
        end: Step = Raise(RuntimeError()) if name in self.failing else Text(f"the end of {name}")
        return [Text("so "), Text("far "), Hold(self.gates[name]), end]

    @initialize(target=talks)
    def first_conversation(self) -> str:
        return self._begin()

    @rule(target=talks)
    def new_conversation(self) -> str:
        return self._begin()

    def _begin(self) -> str:
        talk = self.invoker.create_talk_session(self.manager.user_id)
        self.manager.open(talk)
        self.lines[talk] = []
        return talk

    @rule(talk=talks)
    def switch(self, talk: str) -> None:
        self.manager.open(talk)

    @rule()
    def rerun(self) -> None:
        self.manager = SessionManager(self.state)

    @rule(begun=st.booleans(), failing=st.booleans())
    def type(self, begun: bool, failing: bool) -> None:
        """Submit; sometimes wait until the answer is under way, sometimes go on at once."""
        talk = self.manager.open_id
        self.count += 1
        name = f"message {self.count}"
        self.gates[name] = Gate()
        if failing:
            self.failing.add(name)
        self.let_the_worker_go(talk)
        turn = self.manager.submit(name, lambda text, shown: self.invoker.add_message(self.manager.user_id, talk, text, shown))
        assert isinstance(turn, Turn)
        self.settle(talk, "cancelled")
        self.lines[talk] += [("user", name, "done"), ("assistant", "", "running")]
        self.running[talk] = (name, turn)
        if begun:
            wait_for_text(turn, "so far ")

    def let_the_worker_go(self, talk: str) -> None:
        """Keep a worker free: with all of them held at gates a new turn would wait in line for ever."""
        others = [other for other in self.running if other != talk]
        if len(others) >= 3:
            self.finish_in(others[0])

    @precondition(lambda self: self.manager.open_id in self.running)
    @rule()
    def stop(self) -> None:
        talk = self.manager.open_id
        for _ in range(2):
            self.running[talk][1].cancel()
        self.settle(talk, "cancelled")

    @precondition(lambda self: self.manager.open_id in self.running)
    @rule()
    def finish(self) -> None:
        self.finish_in(self.manager.open_id)

    def finish_in(self, talk: str) -> None:
        name, _ = self.running[talk]
        self.gates[name].open()
        self.settle(talk, "failed" if name in self.failing else "done")

    def settle(self, talk: str, status: str) -> None:
        """Wait for the turn's end, and write what it must have come to into the plain list."""
        if talk not in self.running:
            return
        name, turn = self.running.pop(talk)
        assert turn.wait_ended(20)
        texts = {"done": f"so far the end of {name}", "failed": "so far "}
        shown = next(
            m.content for m in self.invoker.get_messages(self.manager.user_id, talk) if m.turn_id == turn.id and m.role == "assistant"
        )
        assert shown == texts.get(status, shown)
        assert "so far ".startswith(shown) or status == "done"
        index = next(i for i, line in enumerate(self.lines[talk]) if line[1] == name) + 1
        self.lines[talk][index] = ("assistant", shown, status)

    @invariant()
    def the_page_shows_the_list(self) -> None:
        talk = self.manager.open_id
        if not talk:
            return
        while self.manager.hidden:
            self.manager.show_earlier()
        if talk not in self.running and (turn := self.manager.running_turn()):
            self.manager.settle(turn)
        shown = [(m.role, m.content, m.status) for m in self.manager.shown()]
        assert shown == self.lines[talk]

    @invariant()
    def the_history_is_the_list(self) -> None:
        for talk, lines in self.lines.items():
            if talk not in self.running:
                history = [(m.role, m.content, m.status) for m in self.invoker.get_messages(self.manager.user_id, talk)]
                assert history == lines

    def teardown(self) -> None:
        for talk in list(self.running):
            self.finish_in(talk)
        self.the_model_remembers_the_list()
        self.invoker.close()
        for name in ("vibehuntr.invoker", "google_adk"):
            logging.getLogger(name).setLevel(logging.NOTSET)

    def the_model_remembers_the_list(self) -> None:
        """Ask once more in every conversation: the request holds each line that has text, in order."""
        for talk, lines in self.lines.items():
            name = f"last of {talk}"
            self.gates[name] = Gate()
            self.gates[name].open()
            turn = self.invoker.add_message(self.manager.user_id, talk, name)
            assert turn.wait_ended(20)
            said = [text for _, text in model_of(self.invoker).asked[-1].contents]
            assert said == [*(text for _, text, _ in lines if text), name]


TestPlayground = Playground.TestCase
TestPlayground.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
