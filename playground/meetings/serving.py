"""Serves an agent as a seat over A2A, for a meeting on another machine: ADK's `to_a2a`, and what it does not do.

Guarantees:

- Only the answer leaves this process: of a run's events the text of the last, without thoughts, tool calls and their results; of a failure,
  that there was one. ADK would send every event, and the exception's text.
- A run that the other side cancels is cancelled: the a2a-sdk cancels the task in which the agent runs.
- Nothing is kept of a question but its last state, of the last `_KEPT` ones; each is answered in a new session.

Not claimed: there is no login, and no encryption. Whoever reaches the port may ask.
"""

from __future__ import annotations

import socket
from collections import deque

import uvicorn
from a2a.server.agent_execution import RequestContext
from a2a.server.context import ServerCallContext
from a2a.server.events import Event, EventQueue
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import Task, TaskArtifactUpdateEvent, TaskState, TaskStatusUpdateEvent
from google.adk.a2a.converters.request_converter import convert_a2a_request_to_agent_run_request
from google.adk.a2a.executor.a2a_agent_executor import A2aAgentExecutor
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import BaseAgent
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from starlette.applications import Starlette
from typing_extensions import override

from .minds import APP

_KEPT = 100
_GRACE = 2  # seconds that what runs has when the process is told to end
_THOUGHT = "adk_thought"


def listen(host: str, port: int) -> socket.socket:
    """Open a port; 0 takes a free one. Raises: OSError."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def address_of(listener: socket.socket) -> str:
    """Return the address to put into VIBEHUNTR_SEATS."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(agent: BaseAgent, listener: socket.socket) -> None:
    """Serve an agent until the process is told to end."""
    uvicorn.Server(config(agent, listener)).run(sockets=[listener])


def config(agent: BaseAgent, listener: socket.socket) -> uvicorn.Config:
    """Return how an agent is served."""
    return uvicorn.Config(seat_app(agent, listener), log_level="warning", timeout_graceful_shutdown=_GRACE)


def seat_app(agent: BaseAgent, listener: socket.socket) -> Starlette:
    """Make the application of an agent that can be reached where `listener` listens."""
    host, port = listener.getsockname()[:2]
    runner = Runner(app_name=APP, agent=agent, session_service=InMemorySessionService())
    name = f"[{host}]" if ":" in host else host
    return to_a2a(agent, host=name, port=port, runner=runner, task_store=_LastTasks(), agent_executor_factory=_Executor)


class _Executor(A2aAgentExecutor):
    """Runs the agent, tells the answer only, and forgets the session."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner=runner, use_legacy=True)
        self._sessions = runner.session_service

    @override
    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        asked = convert_a2a_request_to_agent_run_request(context)
        try:
            await super().execute(context, _OnlyTheAnswer(event_queue))
        finally:
            await self._sessions.delete_session(app_name=APP, user_id=asked.user_id or "", session_id=asked.session_id or "")


class _OnlyTheAnswer(EventQueue):
    """Lets through how the task stands, and the text of its result."""

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    @override
    async def enqueue_event(self, event: Event) -> None:
        if isinstance(event, TaskStatusUpdateEvent) and event.status.HasField("message"):
            if event.status.state == TaskState.TASK_STATE_WORKING:
                return
            event.status.ClearField("message")
        if isinstance(event, TaskArtifactUpdateEvent):
            told = [part for part in event.artifact.parts if part.text and _THOUGHT not in part.metadata]
            del event.artifact.parts[:]
            event.artifact.parts.extend(told)
        await self._queue.enqueue_event(event)


class _LastTasks(InMemoryTaskStore):
    """Forgets the oldest task when there are more than `_KEPT`."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: deque[tuple[str, ServerCallContext]] = deque()

    @override
    async def save(self, task: Task, context: ServerCallContext) -> None:
        if await self.get(task.id, context) is None:
            self._kept.append((task.id, context))
        await super().save(task, context)
        if len(self._kept) > _KEPT:
            oldest, owner = self._kept.popleft()
            await self.delete(oldest, owner)
