"""What the invoker needs around ADK's Runner: a plug-in, models and their clients, threads, generators, a first turn to warm up.

The parts that know which turn they run in are told by a context variable; a turn is what `RunsInAdk` says.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import ctypes
import logging
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol, TypeVar

from google.adk.agents import BaseAgent, LlmAgent
from google.adk.agents.callback_context import CallbackContext
from google.adk.apps.app import App
from google.adk.artifacts import BaseArtifactService
from google.adk.events import Event
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.plugins import BasePlugin
from google.adk.runners import Runner
from google.adk.sessions import BaseSessionService, InMemorySessionService
from google.adk.tools import BaseTool, ToolContext
from google.adk.utils import _sync_runner
from google.genai import types

from playground.history import title_of, user_content
from playground.pieces import pieces
from playground.remembered import Remembering
from playground.turn_log import FilePart

logger = logging.getLogger("vibehuntr.invoker")
T = TypeVar("T")
# Its import asks GitHub for prices, which nobody here reads, and warns when there is no answer.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


class RunsInAdk(Protocol):
    """What these parts need of a turn; `agent_invoker.Turn` is one."""

    left_behind: bool
    tool_threads: dict[concurrent.futures.Future[Any], str]

    def take_files(self) -> list[FilePart]:
        """Return the files that were sent with the question, once."""
        ...

    def began_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Note an async generator that the turn has begun."""
        ...


current_turn: ContextVar[RunsInAdk | None] = ContextVar("vibehuntr_turn", default=None)
consuming_turn: ContextVar[RunsInAdk | None] = ContextVar("vibehuntr_consuming", default=None)  # set in ADK's part of it only
_current_tool: ContextVar[str] = ContextVar("vibehuntr_tool", default="a tool")


def is_fenced(_: Event) -> bool:
    """Whether it is a turn's ADK task that appends, and that turn was left behind."""
    turn = consuming_turn.get()
    return turn is not None and turn.left_behind


def watch_generators() -> None:
    """Tell every turn which async generators are begun in it, by Python's own hook. Runs on the loop, which has hooks too."""
    first_iteration = sys.get_asyncgen_hooks().firstiter

    def begun(generator: AsyncGenerator[Any, Any]) -> None:
        if turn := current_turn.get():
            turn.began_generator(generator)
        if first_iteration:
            first_iteration(generator)

    sys.set_asyncgen_hooks(firstiter=begun)


async def close_generator(generator: AsyncGenerator[Any, Any]) -> None:
    """Close a generator, as a coroutine of which a task can be made."""
    await generator.aclose()


def make_runner(agent: BaseAgent | App, sessions: BaseSessionService, artifacts: BaseArtifactService) -> Runner:
    """Return ADK's Runner of an agent, with our plug-ins; the app has the name that ADK's loader gave, as in `adk web`."""
    origin = getattr(agent, "_adk_origin_app_name", None)
    app = agent if isinstance(agent, App) else App.model_construct(name=origin or agent.name, root_agent=agent)
    app = app.model_copy(update={"plugins": [Remembering(app, sessions), *(app.plugins or []), _OurPart()]})
    return Runner(app=app, session_service=sessions, artifact_service=artifacts)


_NO_TOKENS = types.GenerateContentResponseUsageMetadata(prompt_token_count=0, candidates_token_count=0, total_token_count=0)


class _Silent(BaseLlm):
    """A model that says one word, to warm up with."""

    model: str = "vibehuntr-warm-up"

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:  # noqa: ARG002, FBT001, FBT002
        content = types.Content(role="model", parts=[types.Part(text="ready")])
        yield LlmResponse(content=content, usage_metadata=_NO_TOKENS)


async def warm_up(agent: Any) -> None:  # noqa: ANN401 - an agent or a workflow node
    """Open its models' clients and run one turn of a throw-away agent: a second of imports that no turn should pay."""
    clients = [client_of(model) for model in models(agent)]
    if any(clients):
        types.GenerateContentResponse.model_rebuild()  # or the first answer would wait for that
    runner = Runner(app=App(name="warm_up", root_agent=LlmAgent(name="warm_up", model=_Silent())), session_service=InMemorySessionService())
    session = await runner.session_service.create_session(app_name="warm_up", user_id="warm_up")
    async for _ in runner.run_async(user_id="warm_up", session_id=session.id, new_message=user_content("hello")):
        pass


class _OurPart(BasePlugin):
    """What happens inside of ADK's part of a turn.

    Models stream in pieces. Files that were sent are saved as artifacts, in an event of the turn. A tool that raises answers with an
    error that the model can read, instead of ending the turn.
    """

    reads_events: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(name="vibehuntr")

    async def before_agent_callback(self, *, agent: BaseAgent, callback_context: CallbackContext) -> None:
        if isinstance(agent, LlmAgent):
            with suppress(ValueError, ImportError):  # the name of a model that nobody knows: ADK says so
                pieces.of(agent.canonical_model)
        turn = consuming_turn.get()
        for file in turn.take_files() if turn else ():
            await callback_context.save_artifact(file.name, types.Part.from_bytes(data=file.data, mime_type=file.mime))

    async def before_tool_callback(self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext) -> None:
        del tool_args, tool_context
        _current_tool.set(tool.name)  # for `_ToolThreads`, in the same task

    async def on_tool_error_callback(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, error: BaseException
    ) -> dict[str, Any] | None:
        del tool_args
        if not isinstance(error, Exception):  # ADK asks here about a cancellation too
            return None
        where = tool_context.session
        logger.error(
            "tool failed: user=%s conversation=%s tool=%s error=%s",
            where.user_id, where.id, tool.name, type(error).__name__, exc_info=error,
        )  # fmt: skip
        return {"status": "error", "summary": f"{tool.name} failed; it changed nothing that this conversation knows of."}


# -- titles ------------------------------------------------------------------------------------------------------------

_TITLE_CHARACTERS = 60
_EXCERPT = 1_500  # characters of the question and of the answer that a title is made of
_MAKE_A_TITLE = (
    "Give this conversation a title of at most six words, in the conversation's own language. "
    "Answer with the title alone, without quotation marks.\n\nUser: {question}\n\nAssistant: {answer}"
)


async def title_by(model: BaseLlm, question: str, answer: str) -> str:
    """Return the title that a model gives a conversation's first exchange; "" if it gives none. Raises: whatever the model does."""
    prompt = _MAKE_A_TITLE.format(question=question[:_EXCERPT], answer=answer[:_EXCERPT])
    request = LlmRequest(model=model.model, contents=[user_content(prompt)])
    text = ""
    async with aclosing(model.generate_content_async(request, stream=False)) as responses:
        async for response in responses:
            parts = response.content.parts if response.content else None
            text += "".join(part.text for part in parts or () if part.text and not part.thought)
    line = next((line.strip(" \t#*_`\"'") for line in text.splitlines() if line.strip()), "")
    return title_of(line, limit=_TITLE_CHARACTERS)


# -- models ------------------------------------------------------------------------------------------------------------


def models(agent: Any) -> Iterator[BaseLlm]:  # noqa: ANN401 - an agent or a workflow node
    """Find the models of an agent and of its sub-agents. A name that nobody knows is the first turn's failure, not ours.

    ADK makes those that are given by name anew for each event loop: what a turn uses is found on the turns' loop.
    """
    if isinstance(agent, LlmAgent):
        with suppress(ValueError, ImportError):
            yield agent.canonical_model
    for sub_agent in getattr(agent, "sub_agents", ()):
        yield from models(sub_agent)


def client_of(model: BaseLlm) -> Any:  # noqa: ANN401 - google-genai's client
    """Return a Gemini model's HTTP client on this loop, made if need be; None for other models and without a key. Loop only."""
    if "google.adk.models.google_llm" not in sys.modules:
        return None
    from google.adk.models.google_llm import Gemini  # noqa: PLC0415 - never import it just to ask

    with suppress(ValueError):  # no key: the first turn will say so
        return model.api_client if isinstance(model, Gemini) else None


async def close_model(model: BaseLlm) -> None:
    """Close a model's HTTP client, if it is a google-genai one: ADK leaves it to the garbage collector."""
    if client := client_of(model):
        await client.aio.aclose()


class _ToolThreads(concurrent.futures.ThreadPoolExecutor):
    """ADK's threads for synchronous tools, which tell each turn what it has running in them."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[T]:  # noqa: ANN401
        future = super().submit(fn, *args, **kwargs)
        if turn := current_turn.get():
            turn.tool_threads[future] = _current_tool.get()
        return future


def use_tool_threads(loop: asyncio.AbstractEventLoop, threads: int) -> None:
    """Have ADK run its synchronous tools on this loop in threads of ours."""
    pool = _ToolThreads(threads, thread_name_prefix="adk_tool_executor")
    _sync_runner._TOOL_THREAD_POOLS.setdefault(loop, {})[threads] = pool  # noqa: SLF001 - ADK has no public way


def close_tool_threads(loop: asyncio.AbstractEventLoop, grace: float) -> None:
    """End the threads of ADK's tool pool now, not when the loop is collected; wait `grace` seconds for a busy one."""
    for pool in _sync_runner._TOOL_THREAD_POOLS.pop(loop, {}).values():  # noqa: SLF001 - ADK has no public way
        pool.shutdown(wait=False, cancel_futures=True)
        closer = threading.Thread(target=pool.shutdown, name="adk-tools-close", daemon=True)
        closer.start()
        closer.join(grace)


def give_memory_back() -> None:
    """Return to the system what Python has freed and the C library keeps; only GNU's can be told to."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
