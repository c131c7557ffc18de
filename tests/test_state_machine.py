"""The playground against a plain list: any order of typing, stopping, ending, failing, reloading, opening tabs, restarting."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import agent_saying, model_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from scripted_llm import Asked, Gate, Hold, Raise, Step, Text
from test_agent_invoker import wait_for_text

from agent_invoker import AgentInvoker, ConversationBusy, Settings, Strategy, Turn, open_store
from session_manager import SessionManager

Line = tuple[str, str, str]  # role, text, status
USER = "ana"
SO_FAR = "so far "
LOGS = ("vibehuntr", "google_adk")


@dataclass
class Running:
    """A turn that has not ended: its name is its question. `failing`: how it will end when its gate opens."""

    name: str
    turn: Turn
    failing: bool


class Tab:
    """A browser tab: a `st.session_state`, and what its page does at every run."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.open_id = ""

    @property
    def manager(self) -> SessionManager:
        return SessionManager(self.state, USER)

    def shown(self, invoker: AgentInvoker) -> tuple[list[Line], list[str]]:
        """What a run of the page would draw: the messages up to the live one, and the questions that wait."""
        manager = self.manager
        manager.open(self.open_id)
        manager.sync(invoker.view(USER, self.open_id))
        while manager.hidden:
            manager.show_earlier()
        return [(m.role, m.content, m.status) for m in manager.shown()], [m.content for m in manager.waiting()]


class Playground(RuleBasedStateMachine):
    """Each answer says "so far ", waits for the test, and then ends or fails. The model is a list of lines a conversation."""

    talks = Bundle("talks")
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        for name in LOGS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.folder = tempfile.TemporaryDirectory()
        self.gates: dict[str, Gate] = {}
        self.failing: set[str] = set()
        self.invoker = self.started()
        self.tabs = [Tab()]
        self.lines: dict[str, list[Line]] = {}
        self.running: dict[str, list[Running]] = {}

    @property
    def file(self) -> Path:
        return max(Path(self.folder.name).glob("*.db"), default=Path(self.folder.name) / "0000.db")

    def started(self) -> AgentInvoker:
        """A process on the newest file. It saves running answers only when the test says so."""
        limits = Settings(workers=12, grace=5.0, save_every=3600.0)
        return AgentInvoker(agent_saying(self.script), settings=limits, session_service=open_store(f"sqlite:///{self.file}"))

    def script(self, asked: Asked) -> Sequence[Step]:
        name = asked.said
        end: Step = Raise(RuntimeError()) if name in self.failing else Text(f"the end of {name}")
        return [Text("so "), Text("far "), Hold(self.gates[name]), end]

    def tab(self, number: int) -> Tab:
        return self.tabs[number % len(self.tabs)]

    # -- what the user does --------------------------------------------------------------------------------------------

    @initialize(target=talks)
    def first_conversation(self) -> str:
        return self.begin(self.tabs[0])

    @rule(target=talks, number=st.integers(0, 2))
    def new_conversation(self, number: int) -> str:
        return self.begin(self.tab(number))

    def begin(self, tab: Tab) -> str:
        tab.open_id = self.invoker.create_talk_session(USER)
        self.lines[tab.open_id], self.running[tab.open_id] = [], []
        for other in self.tabs:
            other.open_id = other.open_id or tab.open_id
        return tab.open_id

    @rule(talk=talks, number=st.integers(0, 2))
    def switch(self, talk: str, number: int) -> None:
        self.tab(number).open_id = talk

    @precondition(lambda self: len(self.tabs) < 3)
    @rule()
    def second_tab(self) -> None:
        self.tabs.append(Tab())
        self.tabs[-1].open_id = self.tabs[0].open_id

    @rule(number=st.integers(0, 2))
    def reload(self, number: int) -> None:
        """A new `st.session_state`; the conversation stands in the address."""
        self.tab(number).state = {}

    @rule(number=st.integers(0, 2))
    def lose_connection(self, number: int) -> None:
        """The connection comes back to the same `st.session_state`, after other tabs have gone on."""
        self.tab(number).shown(self.invoker)

    @rule(
        number=st.integers(0, 2),
        begun=st.booleans(),
        failing=st.booleans(),
        strategy=st.sampled_from(["interrupt", "enqueue", "rollback", "reject"]),
    )
    def type(self, number: int, begun: bool, failing: bool, strategy: Strategy) -> None:
        """Submit; sometimes wait until the answer is under way, sometimes go on at once."""
        tab = self.tab(number)
        talk = tab.open_id
        tab.shown(self.invoker)
        self.keep_workers_free(talk)
        name = f"message {next(self.numbers)}"
        self.gates[name] = Gate()
        if failing:
            self.failing.add(name)
        start = lambda text, shown: self.invoker.add_message(USER, talk, text, shown, strategy)  # noqa: E731
        if strategy == "reject" and self.running[talk]:
            with pytest.raises(ConversationBusy):
                tab.manager.submit(name, start)
            return
        turn = tab.manager.submit(name, start)
        assert isinstance(turn, Turn)
        if strategy != "enqueue":
            self.all_stopped(talk, forgotten=strategy == "rollback")
        self.lines[talk] += [("user", name, "done"), ("assistant", "", "running")]
        self.running[talk].append(Running(name, turn, failing))
        if begun and len(self.running[talk]) == 1:
            wait_for_text(turn, SO_FAR)

    def keep_workers_free(self, talk: str) -> None:
        """With all workers held at gates a new turn would wait in line for ever."""
        busy = [other for other, running in self.running.items() if running and other != talk]
        if len(busy) >= 10:
            self.finish_in(busy[0])

    @precondition(lambda self: any(self.running.values()))
    @rule(number=st.integers(0, 20))
    def stop(self, number: int) -> None:
        """From whichever tab: what runs ends, what waits begins."""
        talk = self.a_running_talk(number)
        for _ in range(2):
            self.running[talk][0].turn.cancel()
        self.settle(talk, "cancelled")

    @precondition(lambda self: any(self.running.values()))
    @rule(number=st.integers(0, 20))
    def finish(self, number: int) -> None:
        """The model comes to its end, or fails."""
        self.finish_in(self.a_running_talk(number))

    @rule()
    def restart(self) -> None:
        """The process is killed, a moment after everything that runs was saved; nobody closed anything."""
        for running in self.running.values():
            for number, one in enumerate(running):
                if number == 0:
                    wait_for_text(one.turn, SO_FAR)
                asyncio.run_coroutine_threadsafe(one.turn.journal(), self.invoker.loop).result(20)
        crashed = self.invoker
        self.copy_file()
        self.invoker = self.started()
        for tab in self.tabs:
            tab.state = {}
        for talk in self.lines:  # one without a message was never stored
            self.invoker.create_talk_session(USER, talk)
        for talk, running in self.running.items():
            for number, one in enumerate(running):
                self.write(talk, one, SO_FAR if number == 0 else "", "cancelled")
            running.clear()
        for gate in self.gates.values():
            gate.open()
        crashed.close()

    def copy_file(self) -> None:
        old, new = self.file, self.file.with_name(f"{int(self.file.stem) + 1:04}.db")
        source, target = sqlite3.connect(old), sqlite3.connect(new)
        source.backup(target)
        source.close()
        target.close()

    # -- what must have come of it ---------------------------------------------------------------------------------------

    def a_running_talk(self, number: int) -> str:
        running = sorted(talk for talk, turns in self.running.items() if turns)
        return running[number % len(running)]

    def finish_in(self, talk: str) -> None:
        one = self.running[talk][0]
        self.gates[one.name].open()
        self.settle(talk, "failed" if one.failing else "done")

    def settle(self, talk: str, status: str) -> None:
        """Wait for the end of the turn that runs, and write what it must have come to into the plain list."""
        one = self.running[talk].pop(0)
        assert one.turn.wait_ended(20)
        shown = next(m.content for m in self.invoker.get_messages(USER, talk) if m.turn_id == one.turn.id and m.role == "assistant")
        assert shown == {"done": f"so far the end of {one.name}", "failed": SO_FAR}.get(status, shown)
        assert SO_FAR.startswith(shown) or status == "done"
        self.write(talk, one, shown, status)

    def write(self, talk: str, one: Running, text: str, status: str) -> None:
        index = self.lines[talk].index(("user", one.name, "done")) + 1
        self.lines[talk][index] = ("assistant", text, status)

    def all_stopped(self, talk: str, *, forgotten: bool) -> None:
        """New input has stopped what ran and what waited."""
        while self.running[talk]:
            if forgotten:
                one = self.running[talk].pop(0)
                assert one.turn.wait_ended(20)
                index = self.lines[talk].index(("user", one.name, "done"))
                del self.lines[talk][index : index + 2]
            else:
                self.settle(talk, "cancelled")

    def expected(self, talk: str) -> tuple[list[Line], list[str]]:
        """The lines up to the running answer, and the questions behind it."""
        waiting = [one.name for one in self.running[talk][1:]]
        lines = self.lines[talk]
        return lines[: len(lines) - 2 * len(waiting)], waiting

    @invariant()
    def every_tab_shows_the_list(self) -> None:
        for tab in self.tabs:
            if not tab.open_id:
                continue
            shown, waiting = tab.shown(self.invoker)
            if self.running[tab.open_id]:  # its text grows while we look
                assert SO_FAR.startswith(shown[-1][1])
                shown[-1] = ("assistant", "", "running")
            assert (shown, waiting) == self.expected(tab.open_id)

    @invariant()
    def the_history_is_the_list(self) -> None:
        for talk, lines in self.lines.items():
            if not self.running[talk]:
                history = [(m.role, m.content, m.status) for m in self.invoker.get_messages(USER, talk)]
                assert history == lines

    def teardown(self) -> None:
        for talk in list(self.running):
            while self.running[talk]:
                self.finish_in(talk)
        self.the_model_remembers_the_list()
        self.invoker.close()
        self.folder.cleanup()
        for name in LOGS:
            logging.getLogger(name).setLevel(logging.NOTSET)

    def the_model_remembers_the_list(self) -> None:
        """Ask once more in every conversation: the request holds each line that has text, in order."""
        for talk, lines in self.lines.items():
            name = f"last of {talk}"
            self.gates[name] = Gate()
            self.gates[name].open()
            turn = self.invoker.add_message(USER, talk, name)
            assert turn.wait_ended(20)
            said = [text for _, text in model_of(self.invoker).asked[-1].contents]
            assert said == [*(text for _, text, _ in lines if text), name]


TestPlayground = Playground.TestCase
TestPlayground.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
