"""A process that is to be killed: it talks, and tells its parent what its page shows, as it comes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from conftest import agent_saying
from scripted_llm import Asked, Step, Text, Wait

from agent_invoker import AgentInvoker, open_store

USER = "ana"
WHOLE = "All of it."
SHOWN_AFTER = 0.005  # seconds between two words


def endless(asked: Asked) -> Sequence[Step]:
    """Answer "count" with numbers for far longer than anybody lets it live, anything else at once."""
    if asked.said != "count":
        return [Text(WHOLE)]
    return [step for number in range(10_000) for step in (Text(f"{number} "), Wait(SHOWN_AFTER))]


def talk(url: str, told: Connection) -> None:
    """Say something, then have it count; tell what is shown and when, and the conversation's id first."""
    invoker = AgentInvoker(agent_saying(endless), session_service=open_store(url))
    talk_session_id = invoker.create_talk_session(USER)
    told.send(talk_session_id)
    invoker.add_message(USER, talk_session_id, "hello").wait_ended(60)
    turn = invoker.add_message(USER, talk_session_id, "count")
    cursor = 0
    while turn.wait(cursor, 60):
        for entry in turn.read(cursor):
            cursor = entry.seq
            if entry.kind == "partial":
                told.send((time.monotonic(), entry.text))
