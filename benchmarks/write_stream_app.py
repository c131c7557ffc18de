"""The peer: the same ADK agent, streamed the way Streamlit's own chat tutorial does it, with `st.write_stream`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import streamlit as st
from bench_agent.agent import root_agent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types

if TYPE_CHECKING:
    from collections.abc import Iterator


@st.cache_resource
def get_runner() -> Runner:
    """Return the one runner of this process."""
    return Runner(agent=root_agent, app_name="peer", session_service=InMemorySessionService(), auto_create_session=True)


def answer(prompt: str) -> Iterator[str]:
    """Yield the partial texts of the agent's answer."""
    message = types.Content(role="user", parts=[types.Part(text=prompt)])
    events = get_runner().run(
        user_id="user",
        session_id=st.session_state.session_id,
        new_message=message,
        run_config=RunConfig(streaming_mode=StreamingMode.SSE),
    )
    for event in events:
        if event.partial and event.content and event.content.parts:
            yield event.content.parts[0].text or ""


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
