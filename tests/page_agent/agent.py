"""The agent of the browser tests: Gemini, as the environment says, and two tools."""

import os
import threading

from google.adk.agents import LlmAgent

from vibehuntr_agent.models import choose_model


def find_times(day: str) -> dict[str, str]:
    """Find times on a day."""
    threading.Event().wait(0.3)
    return {"slot": f"{day} 19:00"}


def block_for_long() -> dict[str, str]:
    """Return only after longer than anybody should wait for Stop."""
    threading.Event().wait(8)
    return {}


root_agent = LlmAgent(name="page_agent", model=choose_model(os.environ), tools=[find_times, block_for_long])
