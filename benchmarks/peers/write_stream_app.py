"""The peer: the same ADK agent, streamed the way Streamlit's own chat tutorial does it, with `st.write_stream`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import streamlit as st
from turns import STREAMING, make_runner, new_text, question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.adk.runners import Runner


@st.cache_resource
def get_runner() -> Runner:
    """Return the one runner of this process."""
    return make_runner()


def answer(prompt: str) -> Iterator[str]:
    """Yield the partial texts of the agent's answer."""
    session_id = st.session_state.session_id
    for event in get_runner().run(user_id="user", session_id=session_id, new_message=question(prompt), run_config=STREAMING):
        if text := new_text(event):
            yield text


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
