"""What can be done with a message, in a row under it: copy, edit, ask again, go on elsewhere, say what one thinks, other versions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agent_invoker import AgentInvoker, PlaygroundError
from page import actions
from playground.client import Button, row_html
from playground.turn_log import GROWING, Feedback, Message
from session_manager import SessionManager, literal

SHOWN_DIFFERENCES = 40


def draw_bar(invoker: AgentInvoker, manager: SessionManager, message: Message) -> None:
    """Draw the row of a message. While the message grows the row is empty, and as high: nothing moves when it ends.

    Its buttons are one element, and client.js tells `actions.act` of a click: the browser looks at each element of Streamlit's
    in every run, and there would be five to a message. Only what opens, which few messages have, is Streamlit's.
    """
    if message.status in GROWING:
        st.html(row_html(message.role, message.turn_id))
        return
    versions, place = versions_of(manager, message)
    buttons = [*buttons_of(manager, message), *switcher(manager, versions, place)]
    row = row_html(message.role, message.turn_id, buttons)
    given = message.feedback if message.feedback and message.feedback.rating is not None else None
    if not versions and not given:
        st.html(row)
        return
    with st.container(horizontal=True, gap=None, vertical_alignment="center", key=f"bar-{message.role}-{message.turn_id}"):
        st.html(row, width="content")
        if given:
            draw_words(manager, message.turn_id, given)
        if versions:
            draw_differing(invoker, manager, message, versions, place)


def buttons_of(manager: SessionManager, message: Message) -> list[Button]:
    """Return what can be done with a message. An answer that goes on from a yes or no has no question to be asked again."""
    turn_id = message.turn_id
    copy = [Button("Copy", "content_copy", ("copy", message.content))] if message.content else []
    if message.role == "user":
        return [*copy, Button("Edit", "edit", ("edit", turn_id))]
    again = [Button("Another answer", "refresh", ("regenerate", turn_id))] if manager.is_asked(turn_id) else []
    given = message.feedback.rating if message.feedback else None
    thumbs = [
        Button(label, icon, ("rate", turn_id, "" if given == rating else str(rating)), pressed=given == rating)
        for label, icon, rating in (("Thumbs up", "thumb_up", 1), ("Thumbs down", "thumb_down", 0))
    ]
    return [*copy, *again, Button("Branch off", "fork_right", ("branch_off", turn_id)), *thumbs]


def versions_of(manager: SessionManager, message: Message) -> tuple[Sequence[Sequence[str]], int]:
    """Return the turns of each version of a message, if there are several, and which is shown: of a question, or of its answer."""
    found = manager.alternatives(message.turn_id)
    if found is None:
        return (), 0
    own = [[turn] for turn in found.questions[found.question]]
    versions, place = (found.questions, found.question) if message.role == "user" else (own, found.answer)
    return (versions, place) if len(versions) > 1 else ((), 0)


def switcher(manager: SessionManager, versions: Sequence[Sequence[str]], place: int) -> list[Button | str]:
    """Return what goes between versions: "2 of 3" and a button on each side."""
    if not versions:
        return []
    ends = (("Previous version", "chevron_left", place - 1), ("Next version", "chevron_right", place + 1))
    before, after = (
        Button(label, icon, ("switch", *versions[other])) if 0 <= other < len(versions) and not manager.is_running()
        else Button(label, icon, (), disabled=True)
        for label, icon, other in ends
    )  # fmt: skip
    return [before, f"{place + 1} of {len(versions)}", after]


def draw_words(manager: SessionManager, turn_id: str, given: Feedback) -> None:
    """Ask for a word about a thumb."""
    key = f"words-{turn_id}"
    with st.popover(
        "Say more" if not given.words else "Said more", type="tertiary", icon=":material/rate_review:", key=f"say-more-{turn_id}"
    ):
        st.text_input(
            "What was good or wrong about it?", given.words, key=key, max_chars=2_000,
            on_change=actions.rate, args=(manager, turn_id, given.rating, key),
        )  # fmt: skip


def draw_differing(invoker: AgentInvoker, manager: SessionManager, message: Message, versions: Sequence[Sequence[str]], place: int) -> None:
    """Offer to see in what the versions differ."""
    key = f"differs-{message.role}-{message.turn_id}"
    differs = st.popover("What differs", icon=":material/difference:", type="tertiary", key=key, on_change="rerun")
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
