"""What the user does on the page, each as the callback of a widget, and the one invoker of the process.

A callback asks for the invoker itself: the one that the page was drawn with may have been closed since. What goes wrong is told
with the next draw; nothing of it is a traceback.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import streamlit as st

import agent_invoker
from agent_invoker import AgentInvoker, ConversationDeleted, ConversationNotFound, Hit, PlaygroundError, Turn
from playground.files import file_part
from playground.turn_log import Feedback, FilePart, Message
from session_manager import Jump, SessionManager

ROOT = Path(__file__).parent.parent
NEXT = "next"  # the fragment that draws what changes, the live answer, and what offers to be next
BEGUN = "begun"  # the one that draws, in the list, a conversation that has begun after that was drawn
ADDRESS = "c"  # the query parameter with the conversation's id
UNKNOWN = -1  # a revision that the invoker never has: the page redraws at its next look
P = ParamSpec("P")
Deed = Callable[..., None]


def agent_folder() -> Path:
    """Return the ADK agent folder to run: VIBEHUNTR_AGENT, or our own."""
    return Path(os.environ.get("VIBEHUNTR_AGENT") or ROOT / "vibehuntr_agent")


@st.cache_resource(show_spinner="Starting the agent...", on_release=AgentInvoker.close)
def get_invoker() -> AgentInvoker:
    """Make the process's one invoker. Raises: PlaygroundError when the agent folder or a setting is wrong."""
    set_up_logging()
    settings = agent_invoker.Settings.from_environment(os.environ)
    sessions = os.environ.get("VIBEHUNTR_SESSIONS", "")
    invoker = AgentInvoker(
        agent_invoker.load_agent(agent_folder()),
        settings=settings,
        session_service=agent_invoker.open_store(sessions),
        artifact_service=agent_invoker.open_artifacts(os.environ.get("VIBEHUNTR_FILES", ""), sessions),
        search_index=agent_invoker.open_index(sessions),
    )
    logging.getLogger("vibehuntr").info("agent %s answers with model %s", invoker.agent_name, invoker.model_name or "of its own")
    return invoker


def set_up_logging() -> None:
    """Write our own log, with times, to the process's standard error."""
    log = logging.getLogger("vibehuntr")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


# -- who ---------------------------------------------------------------------------------------------------------------


def user_id() -> str:
    """Return who the server knows this browser to be: who has logged in, or the cookie's id, or nobody ("")."""
    if st.user.get("is_logged_in"):
        return "login-" + hashlib.sha256(f"{st.user.get('iss')} {st.user.get('sub')}".encode()).hexdigest()
    return f"client-{st.user['client_id']}" if st.user.get("client_id") else ""


def ids_before() -> list[str]:
    """Return the anonymous ids that this browser had before its user logged in or out."""
    return [f"client-{before}" for before in str(st.user.get("client_before") or "").split(",") if before]


def telling(deed: Callable[Concatenate[SessionManager, P], None]) -> Callable[Concatenate[SessionManager, P], None]:
    """Have an action tell the user what went wrong with it, and the page look again."""

    @wraps(deed)
    def done(manager: SessionManager, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            deed(manager, *args, **kwargs)
        except PlaygroundError as error:
            manager.notify(error.message)
            manager.page.revision = UNKNOWN

    return done


# -- messages ----------------------------------------------------------------------------------------------------------


def start_turn(invoker: AgentInvoker, manager: SessionManager, files: Sequence[FilePart], text: str, shown: Sequence[Message]) -> Turn:
    """Start a turn in the open conversation; one that the server does not know goes on in a new one."""
    if manager.open_id:
        try:
            return invoker.add_message(manager.user_id, manager.open_id, text, shown, files=files)
        except ConversationDeleted:
            manager.new_conversation()
            manager.notify("That conversation was deleted: this is a new one.")
            shown = ()
        except ConversationNotFound:
            manager.notify("Starting new conversation... The old one is gone from the server; it goes on from what this page shows.")
    invoker.check_message(text, files)
    talk_session_id = invoker.create_talk_session(manager.user_id)
    invoker.set_strategy(manager.user_id, talk_session_id, manager.page.strategy)
    turn = invoker.add_message(manager.user_id, talk_session_id, text, shown, files=files)
    manager.reopen(talk_session_id)
    return turn


def submit(manager: SessionManager, text: str | None = None) -> None:
    """Take what was typed, with its files (or a suggestion). Reading it is the only point at which this can be cut off.

    What cannot be sent stays: the text goes back into the input, the files wait beside it. If the page is whole, and knows all that there
    is to know, only the turn that begins is drawn; the fragment that draws it checks that again.
    """
    page, invoker = manager.page, get_invoker()
    is_alone = page.is_whole and time.monotonic() >= page.doubted_until and invoker.revision(manager.user_id) == page.revision
    sent: Any = text if text is not None else page.early or st.session_state["prompt"]
    if text is None:
        page.early, page.has_input = None, True  # the run that drew the input first may have been cut before it could note that
    prompt = sent if isinstance(sent, str) else sent.text
    files = [*manager.page.held, *files_in(sent)] if text is None else []
    try:
        manager.submit(prompt, partial(start_turn, invoker, manager, files), files)
    except PlaygroundError as error:
        manager.notify(error.message)
        if text is None:
            manager.page.held = tuple(files)
        st.session_state["prompt"] = prompt
    else:
        if text is None:
            manager.page.held = ()
        if is_alone:
            page.revision = invoker.revision(manager.user_id)  # what it has done itself is no news to this page
            st.rerun([BEGUN, NEXT])


def files_in(sent: Any) -> list[FilePart]:  # noqa: ANN401 - Streamlit's value of a chat input
    """Return the files and the recording that came with a message."""
    if isinstance(sent, str):
        return []
    uploaded = [*(sent.files or ()), *([sent.audio] if getattr(sent, "audio", None) else [])]
    return [file_part(file.name, file.type or "", file.getvalue()) for file in uploaded]


def drop_file(manager: SessionManager, place: int) -> None:
    """Take a file away that waits for the next message."""
    manager.page.held = (*manager.page.held[:place], *manager.page.held[place + 1 :])


@telling
def confirm(manager: SessionManager, request_id: str, confirmed: bool) -> None:  # noqa: FBT001 - a button's argument
    """Answer a tool that asks before it acts. Of several answers, also from other tabs, the first counts; the others are told."""
    manager.reply(partial(get_invoker().confirm, manager.user_id, manager.open_id, request_id, confirmed))


def stop(manager: SessionManager) -> None:
    """Stop the running answer; what has come of it stays."""
    turn = manager.running_turn()
    if isinstance(turn, Turn):
        turn.cancel()


def remove(manager: SessionManager, turn_id: str) -> None:
    """Take back a message that waits for the end of the running answer."""
    turn = manager.turn(turn_id)
    if isinstance(turn, Turn):
        turn.cancel(roll_back=True)


def edit(manager: SessionManager, turn_id: str) -> None:
    """Open a question for editing; without a turn, close it."""
    manager.page.editing = turn_id


def edit_last(manager: SessionManager) -> None:
    """Open the last question for editing."""
    if last := manager.last_question():
        edit(manager, last.turn_id)
    else:
        manager.notify("There is no message of yours to edit yet.")


@telling
def send_edited(manager: SessionManager, turn_id: str, key: str, files: Sequence[FilePart]) -> None:
    """Send an edited question in the place of the old one: a new branch."""
    text: str = st.session_state[key]
    manager.resubmit(turn_id, partial(get_invoker().edit, manager.user_id, manager.open_id, turn_id, text, files))
    manager.page.editing = ""


@telling
def regenerate(manager: SessionManager, turn_id: str) -> None:
    """Ask for another answer: a new branch."""
    manager.resubmit(turn_id, partial(get_invoker().regenerate, manager.user_id, manager.open_id, turn_id))


@telling
def switch(manager: SessionManager, turn_ids: Sequence[str]) -> None:
    """Show the branch with one of these turns."""
    get_invoker().switch(manager.user_id, manager.open_id, *turn_ids)
    manager.page.editing = ""


@telling
def branch_off(manager: SessionManager, turn_id: str) -> None:
    """Go on in a new conversation that begins with what stands up to here."""
    new = get_invoker().branch_off(manager.user_id, manager.open_id, turn_id)
    manager.open(new)
    manager.notify("This is a new conversation. The one that it comes from is untouched.")


@telling
def rate(manager: SessionManager, turn_id: str, rating: int | None, words_key: str = "") -> None:
    """Keep the user's thumb for an answer, 1 or 0, or that there is none any more, and what was said about it."""
    words = str(st.session_state[words_key] or "") if words_key else ""
    get_invoker().rate(manager.user_id, manager.open_id, turn_id, Feedback(rating, words))


@telling
def open_listed(manager: SessionManager, talk_session_id: str) -> None:
    """Show another conversation, if it is the user's; the browser may say anything."""
    get_invoker().get_session(manager.user_id, talk_session_id)
    manager.open(talk_session_id)


DEEDS: dict[str, Deed] = {"ask": submit, "edit": edit, "regenerate": regenerate, "branch_off": branch_off, "open": open_listed}


def act(manager: SessionManager) -> None:
    """Do what a button on the first screen or in a message's row, or a link in the list, asks for: a deed and its arguments."""
    told: object = st.session_state["client"].get("act")
    match told:
        case ["rate", str(turn_id), "0" | "1" | "" as rating]:
            rate(manager, turn_id, int(rating) if rating else None)
        case ["switch", *turn_ids] if turn_ids:
            switch(manager, [str(turn_id) for turn_id in turn_ids])
        case [str(deed), str(of)] if deed in DEEDS:
            DEEDS[deed](manager, of)
        case _:
            log = logging.getLogger("vibehuntr")
            log.warning("no button does what the browser says: user=%s conversation=%s", manager.user_id, manager.open_id)


# -- conversations -----------------------------------------------------------------------------------------------------


@telling
def open_hit(manager: SessionManager, hit: Hit, query: str) -> None:
    """Show what was found: the conversation, the branch, the message."""
    get_invoker().show_branch(manager.user_id, hit.talk_session_id, hit.branch)
    manager.open(hit.talk_session_id)
    manager.page.jump = Jump(hit.turn_id, hit.role, query) if hit.turn_id else None


def leave_glimpse(manager: SessionManager) -> None:
    """Show the end of the conversation again."""
    manager.page.jump = None


@telling
def choose_strategy(manager: SessionManager, opened: int, key: str) -> None:
    """Change what new input does while an answer comes, in the open conversation.

    A choice that was drawn for another conversation may be told again when it has left the page: it is none.
    """
    if opened != manager.opened:
        return
    manager.page.strategy = st.session_state[key]
    if manager.open_id:
        get_invoker().set_strategy(manager.user_id, manager.open_id, manager.page.strategy)


@telling
def rename(manager: SessionManager, talk_session_id: str, key: str) -> None:
    """Give a conversation another title."""
    get_invoker().rename_session(manager.user_id, talk_session_id, st.session_state[key])


@telling
def pin(manager: SessionManager, talk_session_id: str, pinned: bool) -> None:  # noqa: FBT001 - a button's argument
    """Keep a conversation at the top of the list, or no longer."""
    get_invoker().pin_session(manager.user_id, talk_session_id, pinned=pinned)


@telling
def discard(manager: SessionManager, talk_session_id: str, title: str) -> None:
    """Delete a conversation, for a moment so that it can be brought back."""
    get_invoker().discard_session(manager.user_id, talk_session_id)
    manager.page.discarded = (talk_session_id, title)
    if manager.open_id == talk_session_id:
        manager.new_conversation()


@telling
def restore(manager: SessionManager, talk_session_id: str) -> None:
    """Bring a deleted conversation back."""
    manager.page.discarded = None
    get_invoker().restore_session(manager.user_id, talk_session_id)
    manager.open(talk_session_id)


@telling
def bring_in(manager: SessionManager, key: str) -> None:
    """Import a conversation from a file."""
    file: Any = st.session_state[key]
    if file is not None:
        manager.open(get_invoker().import_session(manager.user_id, file.getvalue()))
        manager.notify("Imported: it is a conversation of yours now.")


def show_more(manager: SessionManager, number: int) -> None:
    """List more conversations."""
    manager.page.listed += number


@telling
def take_over(manager: SessionManager, before: Sequence[str]) -> None:
    """Move the conversations from before the login to whoever has logged in."""
    left = sum(get_invoker().take_over(manager.user_id, anonymous_id) for anonymous_id in before)
    manager.notify("An answer is still being written in one of them: take it over when that has ended." if left else "They are yours now.")
