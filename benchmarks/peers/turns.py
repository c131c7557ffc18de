"""What every peer does with ADK, as ADK's own tutorial does it: one Runner, and the partial texts of a turn as they come."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_STREAMING = RunConfig(streaming_mode=StreamingMode.SSE)


def make_runner() -> Runner:
    """Return a runner of the agent that VIBEHUNTR_AGENT names."""
    folder = Path(os.environ["VIBEHUNTR_AGENT"])
    sys.path.append(str(folder.parent))
    agent = importlib.import_module(f"{folder.name}.agent").root_agent
    return Runner(agent=agent, app_name="peer", session_service=InMemorySessionService(), auto_create_session=True)


async def answer(runner: Runner, session_id: str, prompt: str) -> AsyncIterator[str]:
    """Yield the partial texts of the agent's answer; the whole text, which comes once more at the end, adds nothing."""
    question = types.Content(role="user", parts=[types.Part(text=prompt)])
    async for event in runner.run_async(user_id="user", session_id=session_id, new_message=question, run_config=_STREAMING):
        if event.partial and event.content and event.content.parts and (text := event.content.parts[0].text):
            yield text
