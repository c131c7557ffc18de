"""The peer: the same ADK agent, streamed the way Streamlit's own chat tutorial does it, with `st.write_stream`.

All turns have one event loop, as in Chainlit and Gradio: ADK's own `Runner.run` makes a loop for each, and with it a client of the model.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from queue import SimpleQueue
from typing import TYPE_CHECKING

import streamlit as st
from turns import answer as texts_of
from turns import make_runner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.adk.runners import Runner


@st.cache_resource
def get_runner() -> Runner:
    """Return the one runner of this process."""
    return make_runner()


@st.cache_resource
def get_loop() -> asyncio.AbstractEventLoop:
    """Return the one event loop of this process, in a thread of its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def answer(prompt: str) -> Iterator[str]:
    """Yield the partial texts of the agent's answer."""
    runner, session_id = get_runner(), st.session_state.session_id
    texts: SimpleQueue[str] = SimpleQueue()

    async def read() -> None:
        try:
            async for text in texts_of(runner, session_id, prompt):
                texts.put(text)
        finally:
            texts.put("")

    reading = asyncio.run_coroutine_threadsafe(read(), get_loop())
    try:
        yield from iter(texts.get, "")
        reading.result()
    finally:
        reading.cancel()


if "messages" not in st.session_state:
    st.session_state.messages = []
    st.session_state.session_id = uuid.uuid4().hex

for message in st.session_state.messages:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])

if prompt := st.chat_input("Say something"):
    st.session_state.messages.append({"role": "user", "content": prompt})
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        text = st.write_stream(answer(prompt))
    st.session_state.messages.append({"role": "assistant", "content": text})
