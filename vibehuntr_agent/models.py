"""Which model answers, chosen by the environment.

| environment | answers |
|---|---|
| VIBEHUNTR_MODEL | any name that ADK's registry or LiteLLM knows, Gemini names included |
| GOOGLE_API_KEY or GEMINI_API_KEY | Gemini, ADK's current flash model unless VIBEHUNTR_MODEL names another |
| neither | the keyless planner, which needs no network |

A name that nobody knows stays a string: ADK refuses it in the turn, so that importing the agent never fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import httpx
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, Gemini, LLMRegistry
from google.genai import types
from typing_extensions import override

from .offline import KEYLESS, KeylessPlanner

DEFAULT_GEMINI: Final = LlmAgent.DEFAULT_MODEL
SILENCE: Final = 60.0
"""Seconds that the connection to Gemini may be silent before the turn fails."""


class PerLoopTransport(httpx.AsyncBaseTransport):
    """One httpx connection pool for each event loop that uses it, with a limit on silence.

    Handing google-genai a transport is what makes it use httpx even where aiohttp is installed. The limit stands here because
    `HttpOptions.timeout` is also sent to the server, which then cuts off long answers that are not silent at all.
    The pool follows the proxy and certificate variables of the environment, as httpx itself does. Closing it closes
    the pool of the running loop; a later request opens a new one.
    """

    def __init__(self, silence: float = SILENCE) -> None:
        self._timeout = httpx.Timeout(silence, connect=10.0)
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": self._timeout.as_dict()}
        return await self._pool().send(request, stream=True)

    @override
    async def aclose(self) -> None:
        if pool := self._pools.pop(asyncio.get_running_loop(), None):
            await pool.aclose()

    def _pool(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = httpx.AsyncClient(timeout=self._timeout)
        return self._pools[loop]


def choose_model(environ: Mapping[str, str]) -> BaseLlm | str:
    """The model that `environ` asks for; see the table above. Never raises and never connects."""
    named = environ.get("VIBEHUNTR_MODEL", "").strip()
    key = environ.get("GOOGLE_API_KEY", "").strip() or environ.get("GEMINI_API_KEY", "").strip()
    if named == KEYLESS or not (named or key):
        return KeylessPlanner()
    if not named or _is_gemini(named):
        return _gemini(named or DEFAULT_GEMINI, key, environ)
    return named


def model_name(model: BaseLlm | str) -> str:
    """The name to show for a model that `choose_model` gave."""
    return model if isinstance(model, str) else model.model


def _is_gemini(name: str) -> bool:
    try:
        return LLMRegistry.resolve(name) is Gemini
    except ValueError:
        return False


def _gemini(name: str, key: str, environ: Mapping[str, str]) -> Gemini:
    options = types.HttpOptions(async_client_args={"transport": PerLoopTransport()})
    return Gemini(
        model=name.removeprefix("gemini:"),
        client_kwargs={"http_options": options} | ({"api_key": key} if key else {}),
        retry_options=types.HttpRetryOptions(attempts=4, initial_delay=_retry_delay(environ), jitter=0.1, http_status_codes=[429, 503]),
    )


def _retry_delay(environ: Mapping[str, str]) -> float:
    """Seconds before the first retry of 429 and 503; it doubles each time."""
    try:
        return max(0.0, float(environ.get("VIBEHUNTR_RETRY_DELAY", "1")))
    except ValueError:
        return 1.0
