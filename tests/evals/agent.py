"""The planner as `adk eval` runs it: on the model that the environment names, at the time and place of the conversations.

Without a key the keyless planner answers, with GOOGLE_API_KEY or VIBEHUNTR_MODEL that model; the evalset and its scores are the same.
Venues are always those of the sample city, so that a conversation finds what it speaks of.
"""

from __future__ import annotations

import copy
import os
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from conversations.model import NOW, ZONE
from google.adk.agents.invocation_context import InvocationContext
from google.adk.apps import App
from google.adk.plugins import BasePlugin
from google.genai import types
from typing_extensions import override

from vibehuntr_agent.agent import build_agent
from vibehuntr_agent.places import SampleCity

CONFIRMATION: Final = "adk_request_confirmation"
STATES: Final[dict[str, dict[str, Any]]] = {}
"""The session's state after each turn, by the turn's invocation id. A metric is given the turns only, and no session."""


class Watcher(BasePlugin):
    """Keeps the state after each turn, and lets the evalset press the buttons of a confirmation."""

    @override
    async def on_user_message_callback(self, *, invocation_context: InvocationContext, user_message: types.Content) -> types.Content | None:
        """An answer to a confirmation gets the id of the one that was asked for last; ADK makes it anew in each run."""
        answers = [part.function_response for part in user_message.parts or [] if part.function_response]
        if not answers:
            return None
        asked = _asked(invocation_context)
        if asked is None:
            raise LookupError("The evalset answers a confirmation, but the turn before has not asked for one.")
        return types.Content(role="user", parts=[types.Part(function_response=answers[0].model_copy(update={"id": asked}))])

    @override
    async def before_run_callback(self, *, invocation_context: InvocationContext) -> None:
        """ADK runs the answer to a confirmation as a part of the turn that asked; an evalset knows a message and its turn. So it gets its own id."""
        last = invocation_context.session.events[-1]
        if last.author == "user" and last.get_function_responses():
            invocation_context.invocation_id = f"{last.invocation_id}/{last.id}"

    @override
    async def after_run_callback(self, *, invocation_context: InvocationContext) -> None:
        """The turn is over, and its state is what the service has."""
        known = invocation_context.session
        session = await invocation_context.session_service.get_session(app_name=known.app_name, user_id=known.user_id, session_id=known.id)
        if session is not None:
            STATES[invocation_context.invocation_id] = copy.deepcopy(dict(session.state))


def clock(zone: ZoneInfo) -> datetime:
    """The moment at which all conversations take place."""
    return NOW.astimezone(zone)


def _asked(context: InvocationContext) -> str | None:
    """The id of the confirmation that the last turn has asked for."""
    events = context.session.events
    last = events[-1].invocation_id if events else None
    calls = [call for event in events if event.invocation_id == last for call in event.get_function_calls()]
    return next((call.id for call in reversed(calls) if call.name == CONFIRMATION), None)


app = App(
    name="evals",
    root_agent=build_agent(clock=clock, environ=os.environ | {"VIBEHUNTR_TIMEZONE": ZONE.key}, source=SampleCity()),
    plugins=[Watcher("watcher")],
)
root_agent = app.root_agent
