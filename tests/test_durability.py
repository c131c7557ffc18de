"""Killed processes on real databases: nothing older than a second is lost, and no conversation becomes unreadable."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import crashing
from conftest import agent_saying, model_of
from crashing import USER, WHOLE
from scripted_llm import echo

from agent_invoker import AgentInvoker, open_store

KILLS = int(os.environ.get("VIBEHUNTR_KILLS", "3"))
AWAY = 20


@dataclass(frozen=True)
class Crash:
    """A killed process: its conversation, and what it had shown, each word with its time, until it was killed."""

    talk: str
    shown: Sequence[tuple[float, str]]
    at: float

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.shown)

    def fits(self, kept: str) -> bool:
        """Whether what was kept is how the text began; more may have been saved than was shown."""
        return self.text.startswith(kept) or kept.startswith(self.text)

    def age_of_loss(self, kept: str) -> float:
        """How many seconds before its end the first word was shown that was not kept; 0 when none was lost."""
        length = 0
        for told, text in self.shown:
            length += len(text)
            if length > len(kept):
                return self.at - told
        return 0.0


def killed_in_mid_answer(url: str, after: float) -> Crash:
    """Let a process talk, and kill it `after` seconds into its answer."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["crashing"])
    mine, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=crashing.talk, args=(url, theirs))
    process.start()
    theirs.close()
    talk = heard(mine)
    shown = [heard(mine)]
    while time.monotonic() - shown[0][0] < after:
        shown.append(heard(mine))
    process.kill()
    at = time.monotonic()
    process.join(AWAY)
    with suppress(EOFError, OSError):  # it was killed in the middle of a word, perhaps
        while True:
            shown.append(mine.recv())
    return Crash(talk, shown, at)


def heard(told: Any) -> Any:
    assert told.poll(60)
    return told.recv()


def test_a_killed_process_loses_at_most_a_second(url: str) -> None:
    """kill -9 in mid-answer, again and again: the answer is there, marked; the next message works, with it in mind."""
    for number in range(KILLS):
        crash = killed_in_mid_answer(url, after=1.2 + number * 0.37 % 1.0)
        talk = crash.talk
        invoker = AgentInvoker(agent_saying(echo), session_service=open_store(url))
        first, answer, question, counted = invoker.get_messages(USER, talk)
        assert (first.content, answer.content, answer.status, question.content) == ("hello", WHOLE, "done", "count")
        assert counted.status == "cancelled"
        assert counted.error == "Interrupted: the program was stopped while this was being written."
        assert crash.age_of_loss(counted.content) < 1.0
        assert crash.fits(counted.content)
        assert invoker.add_message(USER, talk, "next").wait_ended(AWAY)
        expected = [("user", "hello"), ("model", WHOLE), ("user", "count"), ("model", counted.content), ("user", "next")]
        assert model_of(invoker).asked[-1].contents == expected
        assert invoker.list_sessions(USER)[0].title == "hello"
        invoker.close()
        assert_nothing_is_left_to_recover(url, talk)


def assert_nothing_is_left_to_recover(url: str, talk: str) -> None:
    """A second restart finds the same six messages: the recovery was done once."""
    invoker = AgentInvoker(agent_saying(echo), session_service=open_store(url))
    assert [m.status for m in invoker.get_messages(USER, talk)] == ["done", "done", "done", "cancelled", "done", "done"]
    invoker.close()
