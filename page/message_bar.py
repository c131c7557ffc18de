"""What can be done with a message, in a row under it: copy, edit, ask again, go on elsewhere, say what one thinks, other versions."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agent_invoker import AgentInvoker, PlaygroundError
from page import actions
from playground.client import copy_button
from playground.turn_log import GROWING, Feedback, Message
from session_manager import Alternatives, SessionManager, literal

SHOWN_DIFFERENCES = 40


def message_row(message: Message) -> Any:  # noqa: ANN401 - Streamlit's container
    """Return the place of a message's row."""
    return st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"bar-{message.role}-{message.turn_id}")


def draw_bar(invoker: AgentInvoker, manager: SessionManager, message: Message) -> None:
    """Draw what is in the row of a message. While the message grows the row is empty, and as high: nothing moves when it ends."""
    if message.status in GROWING:
        st.html("<span></span>")
        return
    if message.content:
        st.html(copy_button(message.content), width="content")
    if message.role == "user":
        draw_button("Edit", "edit", f"edit-{message.turn_id}", actions.edit, manager, message.turn_id)
    else:
        draw_answer_buttons(manager, message)
    if found := manager.alternatives(message.turn_id):
        draw_switcher(invoker, manager, message, found)


def draw_button(label: str, icon: str, key: str, deed: actions.Deed, *args: object, disabled: bool = False) -> None:
    """Draw one of the row's buttons; its label is for those who cannot see the icon, and for whoever rests on it."""
    st.button(label, icon=f":material/{icon}:", key=key, type="tertiary", on_click=deed, args=args, disabled=disabled)


def draw_answer_buttons(manager: SessionManager, message: Message) -> None:
    """Draw what can be done with an answer. One that goes on from a yes or no has no question to be asked again."""
    turn_id = message.turn_id
    if manager.is_asked(turn_id):
        draw_button("Another answer", "refresh", f"again-{turn_id}", actions.regenerate, manager, turn_id)
    draw_button("Branch off", "fork_right", f"branch-{turn_id}", actions.branch_off, manager, turn_id)
    given, key = message.feedback, f"thumbs-{turn_id}"
    st.feedback("thumbs", key=key, default=given.rating if given else None, on_change=actions.rate, args=(manager, turn_id, key))
    if given and given.rating is not None:
        draw_words(manager, turn_id, given)


def draw_words(manager: SessionManager, turn_id: str, given: Feedback) -> None:
    """Ask for a word about a thumb."""
    key = f"words-{turn_id}"
    with st.popover(
        "Say more" if not given.words else "Said more", type="tertiary", icon=":material/rate_review:", key=f"say-more-{turn_id}"
    ):
        st.text_input(
            "What was good or wrong about it?", given.words, key=key, max_chars=2_000,
            on_change=actions.rate, args=(manager, turn_id, f"thumbs-{turn_id}", key),
        )  # fmt: skip


def draw_switcher(invoker: AgentInvoker, manager: SessionManager, message: Message, found: Alternatives) -> None:
    """Draw "2 of 3": a question's versions under it, and its answers under the answer."""
    own = [[turn] for turn in found.questions[found.question]]
    versions, place = (found.questions, found.question) if message.role == "user" else (own, found.answer)
    if len(versions) < 2:  # noqa: PLR2004 - one is no choice
        return
    key, running = f"{message.role}-{message.turn_id}", manager.is_running()
    ends = (("Previous version", "chevron_left", place - 1), ("Next version", "chevron_right", place + 1))
    for label, icon, other in ends:
        off = running or not 0 <= other < len(versions)
        turns = () if off else tuple(versions[other])
        draw_button(label, icon, f"{icon}-{key}", actions.switch, manager, turns, disabled=off)
        if icon == "chevron_left":
            st.markdown(f"{place + 1} of {len(versions)}", width="content")
    differs = st.popover("What differs", icon=":material/difference:", type="tertiary", key=f"differs-{key}", on_change="rerun")
    if differs.open:
        with differs:
            for number, turns in enumerate(versions, 1):
                if number != place + 1:
                    draw_differences(invoker, manager, tuple(turns), number)


def draw_differences(invoker: AgentInvoker, manager: SessionManager, turns: tuple[str, ...], number: int) -> None:
    """Draw in what the agent's state here differs from that of another version."""
    st.markdown(f"**State here and in version {number}**")
    try:
        found = invoker.compare(manager.user_id, manager.open_id, *turns)
    except PlaygroundError as error:
        st.error(error.message)
        return
    rows = [(literal(d.place), literal(d.here) or "nothing", literal(d.there) or "nothing") for d in found[:SHOWN_DIFFERENCES]]
    if not rows:
        st.caption("No difference.")
        return
    st.table({head: [row[n] for row in rows] for n, head in enumerate(("Where", "Here", f"Version {number}"))}, hide_index=True)
    if len(found) > SHOWN_DIFFERENCES:
        st.caption(f"And {len(found) - SHOWN_DIFFERENCES} more.")


def draw_editor(manager: SessionManager, message: Message) -> None:
    """Draw a question as a form: what is sent goes in its place, as a new version."""
    key = f"editor-{message.turn_id}"
    with st.form(f"edit-form-{message.turn_id}", border=False):
        st.text_area("Edit your message", message.content, key=key)
        with st.container(horizontal=True):
            args = (manager, message.turn_id, key, message.files)
            st.form_submit_button("Send", type="primary", on_click=actions.send_edited, args=args)
            st.form_submit_button("Cancel", on_click=actions.edit, args=(manager, ""))
    if message.files:
        st.caption(f"With {literal(', '.join(file.name for file in message.files))}")
    st.caption("The old version stays: you can go back to it.")
