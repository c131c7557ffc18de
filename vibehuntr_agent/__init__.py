"""The Vibehuntr planner as an ADK agent folder: `adk run vibehuntr_agent` and `adk web .` load `agent.root_agent`."""

from . import agent
from .agent import SUGGESTIONS

__all__ = ["SUGGESTIONS", "agent"]
