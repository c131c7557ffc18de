"""An agent that asks before it acts, and a process that is to be killed while it acts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.tools import FunctionTool, ToolContext
from scripted_llm import Asked, Call, Script, ScriptedLlm, Step, Text, echo

from agent_invoker import AgentInvoker, Settings, Turn, View, open_store
from playground.turn_log import Answer, Request, open_requests

AWAY = 20.0


def wiping(asked: Asked) -> Sequence[Step]:
    """Call `wipe` when told to, once for each of the words that follow."""
    if asked.said.startswith("wipe ") and not asked.after_tool:
        return [Text("Let me. "), *(Call("wipe", {"what": what}) for what in asked.said.split()[1:])]
    return [Text("So it is.")] if asked.after_tool else echo(asked)


def asking_agent(does: Callable[[str], Any] = lambda _: None, script: Script = wiping) -> LlmAgent:
    """The agent: its tool needs a yes, writes into the state, and does what the test says."""

    def wipe(what: str, tool_context: ToolContext) -> dict[str, str]:
        """Wipe something."""
        tool_context.state["wiped"] = what
        does(what)
        return {"wiped": what}

    return LlmAgent(name="helper", model=ScriptedLlm.saying(script), tools=[FunctionTool(wipe, require_confirmation=True)])


def asking_invoker(url: str = "", does: Callable[[str], Any] = lambda _: None, script: Script = wiping) -> AgentInvoker:
    limits = Settings(workers=8, grace=2.0, save_every=0.05)
    return AgentInvoker(asking_agent(does, script), settings=limits, session_service=open_store(url))


def view(invoker: AgentInvoker) -> View:
    return invoker.view("u", "c")


def asked_in(invoker: AgentInvoker) -> list[Request]:
    """What may be answered now."""
    return list(open_requests(view(invoker).messages).values())


def answer_of(turn: Turn) -> Answer:
    assert turn.wait_ended(AWAY)
    return Answer(turn.read())


def say(invoker: AgentInvoker, text: str) -> Answer:
    return answer_of(invoker.add_message("u", invoker.create_talk_session("u", "c"), text))


def confirm_and_hang(url: str, told: Connection) -> None:
    """In a process of its own: ask, say yes, and tell when the tool is at work; it never comes back."""

    def hang(_: str) -> None:
        told.send("at work")
        threading.Event().wait()

    invoker = asking_invoker(url, hang)
    say(invoker, "wipe all")
    (request,) = asked_in(invoker)
    invoker.confirm("u", "c", request.request_id, True)
    threading.Event().wait()


def ask_and_wait(url: str, told: Connection) -> None:
    """In a process of its own: ask, and wait for a reply that never comes."""
    invoker = asking_invoker(url)
    say(invoker, "wipe all")
    told.send("asked")
    threading.Event().wait()
