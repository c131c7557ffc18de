# /// script
# requires-python = ">=3.11"
# dependencies = ["chainlit==2.12.0", "google-adk==2.13.0", "google-genai==2.34.0"]
# ///
# pyright: reportMissingImports=false, reportUntypedFunctionDecorator=false
"""The same ADK agent, streamed the way Chainlit's own documentation does it, with `Message.stream_token`."""

from __future__ import annotations

import chainlit as cl
from turns import answer, make_runner

runner = make_runner()


@cl.on_message
async def on_message(message: cl.Message) -> None:
    """Stream the answer token by token."""
    reply = cl.Message(content="")
    async for text in answer(runner, cl.user_session.get("id"), message.content):
        await reply.stream_token(text)
    await reply.update()
