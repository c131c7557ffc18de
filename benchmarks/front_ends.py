"""The playground and what people would use instead: how each is started, and where its page has the input and the answers.

Every one runs `gemini_agent` as its own documentation's tutorial has it: an ADK Runner with StreamingMode.SSE, token by token.
Chainlit and Gradio run in environments of their own (the first lines of their scripts), the others in the project's. The Streamlit peer
runs in the project's folder: what .streamlit/config.toml spares the page (a collection after every run) it spares the peer, too.
The playground makes no titles here (VIBEHUNTR_TITLES), as no peer asks the model for one.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from browser import STREAMLIT, Chat
from servers import HERE, PAGE, PEER, interpreter, serve, serve_peer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from servers import Server

_CHAINLIT = HERE / "peers" / "chainlit_app.py"
_GRADIO = HERE / "peers" / "gradio_app.py"


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """One way to talk to the agent in a browser."""

    name: str
    serve: Callable[..., AbstractContextManager[Server]]
    chat: Chat = STREAMLIT


@contextmanager
def _chainlit(**environment: str) -> Generator[Server, None, None]:
    command = [interpreter(_CHAINLIT), "-m", "chainlit", "run", str(_CHAINLIT), "--headless"]
    with serve_peer(lambda port: [*command, "--port", str(port)], **environment) as server:
        yield server


@contextmanager
def _gradio(**environment: str) -> Generator[Server, None, None]:
    command = [interpreter(_GRADIO), str(_GRADIO)]
    with serve_peer(lambda port: [*command, str(port)], **environment) as server:
        yield server


@contextmanager
def _adk_web(**environment: str) -> Generator[Server, None, None]:
    """Keep its sessions in memory, as the others do."""
    command = [sys.executable, "-m", "google.adk.cli", "web", "--no_use_local_storage"]
    with serve_peer(lambda port: [*command, "--port", str(port), str(HERE / "gemini_agent")], **environment) as server:
        yield server


PLAYGROUND = FrontEnd("playground", partial(serve, PAGE))
WRITE_STREAM = FrontEnd("st.write_stream", partial(serve, PEER))
CHAINLIT = FrontEnd("Chainlit", _chainlit, Chat("#chat-input", '[data-step-type="assistant_message"]', "#chat-submit:enabled"))
GRADIO = FrontEnd("Gradio", _gradio, Chat('textarea[data-testid="textbox"]', '[data-testid="bot"]'))
ADK_WEB = FrontEnd(
    "adk web",
    _adk_web,
    Chat(
        "textarea.chat-input-box",
        "app-event-row.bot",
        path="/dev-ui/?app=gemini_agent",
        before="localStorage.setItem('adk-use-sse', 'true')",  # as its switch "Streaming" leaves it
    ),
)
