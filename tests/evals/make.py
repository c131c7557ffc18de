"""Writes planner.evalset.json out of the conversations: `cd tests && ../.venv/bin/python -m evals.make`.

A turn expects only a tool without which its answer would be made up. Everything else is scored on the stored state, because a model
may come to it in other steps than the keyless planner.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from conversations.model import Confirm, typed
from google.adk.evaluation.eval_case import EvalCase, IntermediateData, Invocation, SessionInput
from google.adk.evaluation.eval_set import EvalSet
from google.genai import types

from .agent import CONFIRMATION
from .cases import NAMES, Case, Turn, case_of

EVALSET: Final = Path(__file__).resolve().parent / "planner.evalset.json"
NEEDED: Final = (
    (re.compile(r"\b[Ww]hen (?:can|does|is)\b[^.?!]*\?$"), "find_times"),
    (re.compile(r"\b[Ff]ind (?:us some )?(?:restaurants|cafés)|\bWhich restaurants\b"), "search_venues"),
    (re.compile(r"Does that work\?$|\blet's start with\b|\bstart half an hour later\b"), "build_itinerary"),
    (re.compile(r"\b[Tt]he (?:calendar )?file\b"), "export_calendar"),
)
"""What is asked, and the tool that alone can answer it."""


def evalset() -> str:
    """The evalset as JSON."""
    made = EvalSet(eval_set_id="planner", name="The twelve conversations", eval_cases=[_eval_case(case_of(name)) for name in NAMES])
    return made.model_dump_json(indent=2, exclude_defaults=True, exclude_none=True) + "\n"


def _eval_case(case: Case) -> EvalCase:
    """Each case has a user of its own: what is known about people outlives a conversation."""
    turns = [_invocation(f"{case.name}/{number}", turn) for number, turn in enumerate(case.turns, 1)]
    return EvalCase(eval_id=case.name, conversation=turns, session_input=SessionInput(app_name="evals", user_id=case.name))


def _invocation(name: str, turn: Turn) -> Invocation:
    if isinstance(turn, Confirm):
        part = types.Part(function_response=types.FunctionResponse(name=CONFIRMATION, response={"confirmed": turn.yes}))
    else:
        part = types.Part(text=typed(turn))
    tools = [types.FunctionCall(name=tool) for words, tool in NEEDED if words.search(typed(turn))]
    return Invocation(
        invocation_id=name, user_content=types.Content(role="user", parts=[part]), intermediate_data=IntermediateData(tool_uses=tools)
    )


if __name__ == "__main__":
    EVALSET.write_text(evalset(), encoding="utf-8")
