"""The agent of the drawings' browser tests: a scripted model, tools that return what they are told to, and one that asks.

"show heatmap votes": a tool call for each, in one answer. "forget diet", "slow heatmap": what they say. "fail" fails in mid-answer.
"""

from collections.abc import Sequence
from typing import Any

from drawing_views import CARD, VIEWS, view
from google.adk.agents import LlmAgent
from google.adk.tools import FunctionTool
from scripted_llm import Asked, Call, Raise, ScriptedLlm, Step, Text, Wait, echo

DONE: list[str] = []


def show(name: str) -> dict[str, Any]:
    """Show a drawing."""
    drawn: dict[str, Any] = {
        "status": "ok",
        "summary": f"Here is {name}.",
        "view": view(name) if name in VIEWS else {"name": name, "data": 5},
    }
    return drawn | {"card": CARD, "replies": ["Take the first", "Show more", "<b>no</b>"]}


def forget(person: str, key: str) -> dict[str, Any]:
    """Forget something."""
    DONE.append(key)
    return {"status": "ok", "summary": f"Forgotten, {len(DONE)}.", "card": {**CARD, "facts": []}}


def script(asked: Asked) -> Sequence[Step]:
    word, *rest = asked.said.split(" ")
    if asked.after_tool:
        slow = [step for n in range(120) for step in (Text(f"c{n} "), Wait(0.05))] if word == "slow" else []
        return [*slow, Text("There you are. "), Text("Which one do you like?")]
    if word in ("show", "slow"):
        return [Text("Let me see. "), *(Call("show", {"name": name}) for name in rest)]
    if word.lower() == "forget":
        return [Text("I can forget that. "), Call("forget", {"person": "Anna", "key": "diet"})]
    if word == "fail":
        return [Text("So far "), Raise(RuntimeError("internal"))]
    return echo(asked)


root_agent = LlmAgent(name="drawing_agent", model=ScriptedLlm.saying(script), tools=[show, FunctionTool(forget, require_confirmation=True)])
