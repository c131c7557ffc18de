"""Tic-tac-toe between two agents, as an ADK agent folder: `VIBEHUNTR_AGENT=tictactoe_agent make run`, `adk run tictactoe_agent`."""

from . import agent

__all__ = ["agent"]
