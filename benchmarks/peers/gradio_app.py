# /// script
# requires-python = ">=3.11"
# dependencies = ["gradio==6.31.0", "google-adk==2.13.0", "google-genai==2.34.0"]
# ///
# pyright: reportMissingImports=false
"""The same ADK agent, streamed the way Gradio's own documentation does it, with `ChatInterface` and a generator of the growing text."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import gradio as gr
from turns import answer, make_runner

runner = make_runner()


async def reply(message: str, _history: list[gr.MessageDict], request: gr.Request) -> AsyncIterator[str]:
    """Yield the answer as far as it has come, again and again."""
    shown = ""
    async for text in answer(runner, request.session_hash, message):
        shown += text
        yield shown


if __name__ == "__main__":
    gr.ChatInterface(reply).launch(server_port=int(sys.argv[1]))
