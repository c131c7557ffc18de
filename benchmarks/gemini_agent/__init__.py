"""The agent that every front end in `make bench` runs: Gemini, without tools (see ../model_server.py for what it answers)."""

from . import agent as agent
