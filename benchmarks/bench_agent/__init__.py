"""The benchmarks' agent folder: an ADK agent whose model says when it sent what (see agent.py)."""

from . import agent as agent
