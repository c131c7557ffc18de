"""The sidebar: the user's conversations, search, the plan, which model answers, and who the user is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

import session_manager
from agent_invoker import AgentInvoker, Hit, PlaygroundError, Strategy, TalkSession
from page import actions, downloads
from page.meeting import seats_html, seats_title
from page.messages import as_key, card_of
from playground.client import Link, list_html
from playground.search import words
from playground.turn_log import Floor
from session_manager import LISTED, SessionManager, literal

if TYPE_CHECKING:
    from vibehuntr_agent.drawings import Card

STRATEGIES: dict[Strategy, str] = {
    "interrupt": "Replaces it",
    "enqueue": "Waits for its end",
    "reject": "Is refused",
    "rollback": "Replaces it, and it is forgotten",
}
HITS = 50  # shown of a search
EVERYWHERE, HERE = "All conversations", "This one"
MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


def place_seats(manager: SessionManager) -> tuple[Any, Seats]:
    """Reserve the sidebar's head, and under it the place of a meeting's seats.

    That has to be there before the fragment of the live message, which draws in it while there is a meeting.
    """
    with st.sidebar:
        return st.container(), Seats(st.container(), manager.seats())


def draw_sidebar(invoker: AgentInvoker, manager: SessionManager, talks: Sequence[TalkSession], head: Any, seats: Seats) -> None:  # noqa: ANN401
    """Draw what stands beside the conversation, its first things in `head`. What is searched for takes the place of the list."""
    with head:
        st.button("New conversation", icon=":material/add:", width="stretch", on_click=manager.new_conversation, shortcut="Ctrl+Shift+O")
        query = st.text_input(
            "Search conversations", key="search", type="search", placeholder="Search (Ctrl+K)", label_visibility="collapsed",
            icon=":material/search:", live=True,
        )  # fmt: skip
    with st.sidebar:
        if manager.running_turn() is None:
            seats.draw()
        with st.container():  # it has more or less in it each time: what stands below keeps its place, and is not seen twice
            if query and words(query):
                draw_begun(invoker, manager, None)
                draw_hits(invoker, manager, query)
            else:
                draw_card(manager)
                draw_list(invoker, manager, talks)
        draw_model(invoker)
        draw_store(invoker, manager)
        draw_options(manager, next((talk for talk in talks if talk.id == manager.open_id), None))
        draw_import(manager)
        draw_user(invoker, manager)


class Seats:
    """How the seats of the newest meeting are: one place, which the fragment of the live message draws in as long as that grows.

    What a fragment draws outside of itself belongs to it: a run of it that draws nothing here takes it away at its end. It has to draw
    here in every run of the whole page, or it never may: `begin`. And no run may draw what is inside twice: Streamlit's queue puts what
    stands inside before what it stands in, and the browser gives up.
    """

    def __init__(self, place: Any, before: Floor | None) -> None:  # noqa: ANN401 - Streamlit's container
        """Begin empty, in a container of its own; `before` is shown until there is something live."""
        self._place = place
        self._before = before
        self._forget()

    def begin(self) -> None:
        """Begin a run of the fragment: forget what an earlier one has drawn."""
        self._forget()
        self._slot = self._place.empty()

    def _forget(self) -> None:
        self._slot: Any = self._place
        self._inside: Any = None
        self._drawn: Floor | None = None
        self._is_live = False

    def draw(self, held: Floor | None = None) -> None:
        """Draw the seats of the meeting that is held, open, or else those of the one before, closed; only if anything has changed."""
        seats = held or self._before
        if seats is None or (self._is_live and not held):
            return
        if self._inside and held and not self._is_live:
            st.rerun()
        if self._inside is None:
            self._is_live = held is not None
            self._inside = self._slot.expander(seats_title(seats), icon=":material/groups:", expanded=self._is_live).empty()
        if seats != self._drawn:
            self._inside.html(seats_html(seats, live=self._is_live))
            self._drawn = seats


# -- the list ----------------------------------------------------------------------------------------------------------


def draw_list(invoker: AgentInvoker, manager: SessionManager, talks: Sequence[TalkSession]) -> None:
    """Draw the conversations, the open one with what can be done with it."""
    st.subheader("Conversations")
    draw_undo(manager)
    listed = talks[: manager.page.listed]
    pinned = [talk for talk in listed if talk.pinned]
    with st.container(key="conversations", gap=None):
        draw_links(invoker, manager, pinned)
        draw_begun(invoker, manager, talks)
        draw_links(invoker, manager, listed[len(pinned) :])
    if (more := len(talks) - manager.page.listed) > 0:
        st.button(f"Show more ({more})", key="more", type="tertiary", width="stretch", on_click=actions.show_more, args=(manager, LISTED))


@st.fragment(key=actions.BEGUN)
def draw_begun(invoker: AgentInvoker, manager: SessionManager, talks: Sequence[TalkSession] | None) -> None:
    """Draw the open conversation if it is not among those that are listed: it has begun since, and nothing but this is drawn anew for it.

    Without a list (None) nothing: an `empty`, which takes the place of what stood there at once, also while a run drains. What can be done
    with the conversation stands beside it when all of the page is drawn, at the end of its first answer.
    """
    begun = None
    if talks is not None and manager.open_id and all(talk.id != manager.open_id for talk in talks):
        with suppress(PlaygroundError):
            begun = invoker.get_session(manager.user_id, manager.open_id)
    if begun:
        st.html(list_html(actions.ADDRESS, [link_of(begun, is_open=True)]))
    elif talks == []:
        st.caption("None yet.")
    else:
        st.empty()


def draw_links(invoker: AgentInvoker, manager: SessionManager, talks: Sequence[TalkSession]) -> None:
    """Draw some of the conversations, each stretch of links as one element; the open one with its menu."""
    for is_open, group in itertools.groupby(talks, key=lambda talk: talk.id == manager.open_id):
        rows = list(group)
        html = list_html(actions.ADDRESS, [link_of(talk, is_open=is_open) for talk in rows])
        if is_open:
            with st.container(horizontal=True, gap=None, wrap=False, key="current"):
                st.html(html)
                draw_menu(invoker, manager, rows[0])
        else:
            st.html(html)


def link_of(talk: TalkSession, *, is_open: bool) -> Link:
    """Return one conversation as the list shows it: pinned or running, its title, when it last had a message."""
    icon, about = ("pending", "Is being answered") if talk.running else ("keep", "Pinned") if talk.pinned else ("chat_bubble", "")
    return Link(talk.id, session_manager.printable(talk.title), ago(time.time() - talk.updated_at), icon, about, is_open)


def ago(seconds: float) -> str:
    """Return how long ago something was, in as few signs as possible."""
    for unit, length in (("w", WEEK), ("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return "now"


def draw_undo(manager: SessionManager) -> None:
    """Offer to bring back what was just deleted."""
    if discarded := manager.page.discarded:
        talk_session_id, title = discarded
        with st.container(horizontal=True, vertical_alignment="center", key="undo"):
            st.caption(f"Deleted: {literal(title)}")
            st.button("Undo", icon=":material/undo:", type="tertiary", on_click=actions.restore, args=(manager, talk_session_id))


def draw_menu(invoker: AgentInvoker, manager: SessionManager, talk: TalkSession) -> None:
    """Draw what can be done with the open conversation."""
    with st.popover("More", icon=":material/more_horiz:", type="tertiary", key="menu"):
        key = f"rename-{talk.id}-{talk.title}"
        st.text_input("Title", talk.title, key=key, max_chars=200, on_change=actions.rename, args=(manager, talk.id, key))
        st.button(
            "Unpin" if talk.pinned else "Pin", icon=":material/keep:", width="stretch", type="tertiary",
            on_click=actions.pin, args=(manager, talk.id, not talk.pinned),
        )  # fmt: skip
        for label, name, mime, make in downloads.of_conversation(invoker, manager, talk):
            st.download_button(label, make, name, mime, key=f"export-{label}", icon=":material/download:", width="stretch",
                type="tertiary", on_click="ignore")  # fmt: skip
        st.button(
            "Delete this conversation", icon=":material/delete:", width="stretch", type="tertiary",
            on_click=actions.discard, args=(manager, talk.id, talk.title),
        )  # fmt: skip


# -- search ------------------------------------------------------------------------------------------------------------


def draw_hits(invoker: AgentInvoker, manager: SessionManager, query: str) -> None:
    """Draw what was found, in all conversations or in the open one; each hit leads to its message."""
    within = ""
    if manager.open_id:
        where = st.segmented_control("Where", [EVERYWHERE, HERE], default=EVERYWHERE, key="where", label_visibility="collapsed")
        within = manager.open_id if where == HERE else ""
    try:
        hits = invoker.search(manager.user_id, query, within, HITS)
    except PlaygroundError as error:
        st.error(error.message)
        return
    st.caption(f"{len(hits)} found" if 0 < len(hits) < HITS else f"The newest {HITS}" if hits else "Nothing found.")
    with st.container(key="hits", gap="xsmall"):
        for number, hit in enumerate(hits):
            draw_hit(manager, hit, query, number)


def draw_hit(manager: SessionManager, hit: Hit, query: str, number: int) -> None:
    """Draw one hit: which conversation, who, and the words where they stand, marked."""
    who = {"user": "You", "assistant": "Answer"}.get(hit.role, "Title")
    label = f"**{literal(hit.title)}** :gray[· {who}] {marked(hit.text, hit.marks)}"
    st.button(label, key=f"hit-{number}", type="tertiary", width="stretch", on_click=actions.open_hit, args=(manager, hit, query))


def marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """Return a text as Markdown that shows it to the letter, with the marks in colour."""
    pieces: list[str] = []
    end = 0
    for start, stop in marks:
        pieces += [literal_spaced(text[end:start]), f":orange-background[{literal(text[start:stop])}]"]
        end = stop
    return "".join([*pieces, literal_spaced(text[end:])])


def literal_spaced(text: str) -> str:
    """Return a piece of a line as Markdown to the letter, with the spaces at its ends."""
    shown = literal(text)
    return f"{' ' if text[:1].isspace() else ''}{shown}{' ' if shown and text[-1:].isspace() else ''}"


# -- the rest ----------------------------------------------------------------------------------------------------------


def draw_import(manager: SessionManager) -> None:
    """Take a conversation from a file."""
    with st.expander("Import a conversation", icon=":material/upload:"):
        st.file_uploader(
            "A conversation as ADK session JSON, from here or from adk web", type="json", key="import", max_upload_size=20,
            on_change=actions.bring_in, args=(manager, "import"),
        )  # fmt: skip


def draw_card(manager: SessionManager) -> None:
    """Draw the plan of the open conversation, as its newest tool result has it; nothing for an agent without one."""
    newest = manager.newest("card")
    card = card_of(as_key(newest)) if newest else None
    if card is None:
        return
    with st.container(border=True, key="plan-card", gap="xsmall"):
        st.markdown(f"**{literal(card.title)}** :{'green' if card.status == 'final' else 'gray'}-badge[{literal(card.status)}]")
        for label, words in card.lines:
            st.markdown(f":gray[{literal(label)}]  \n{literal(words)}")
        if card.missing:
            st.markdown(f":orange[:material/pending_actions: Still missing]  \n{literal(', '.join(card.missing))}")
        if card.facts:
            draw_known(manager, card)


def draw_known(manager: SessionManager, card: Card) -> None:
    """Draw what is known of people, each fact with the means to have it forgotten: the user says so."""
    with st.expander(f"What I know ({len(card.facts)})", key="known"):
        for number, fact in enumerate(card.facts):
            with st.container(gap=None):
                st.markdown(f":gray-badge[{literal(fact.words)}]")
                st.button(
                    "Forget", key=f"forget-{number}", help=literal(fact.forget), type="tertiary", icon=":material/close:",
                    on_click=actions.submit, args=(manager, fact.forget),
                )  # fmt: skip


def draw_store(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Say where conversations are kept, and what ends them."""
    if invoker.store.lasting:
        st.caption(f":material/database: Kept in {session_manager.safe_markdown(invoker.store.name)}: here after a restart too.")
    else:
        st.caption(":material/warning: Kept in memory: conversations end with this process. VIBEHUNTR_SESSIONS keeps them.")
    if manager.user_id != actions.user_id():
        st.caption(":material/cookie_off: This browser takes no cookies: a reload starts anew.")


def draw_options(manager: SessionManager, talk: TalkSession | None) -> None:
    """Draw what is set for the open conversation: what new input does while an answer comes."""
    key = f"strategy-{manager.opened}"
    st.session_state[key] = talk.strategy if talk else manager.page.strategy  # another tab may have changed it
    st.selectbox(
        "A new message while an answer comes",
        list(STRATEGIES),
        format_func=lambda strategy: STRATEGIES[strategy],
        key=key,
        on_change=actions.choose_strategy,
        args=(manager, manager.opened, key),
    )


def draw_user(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Draw the login, where one is configured, and the offer to take over what this browser did before it."""
    if st.user.get("is_logged_in"):
        st.text(str(st.user.get("name") or st.user.get("email") or "Logged in"))
        st.button("Log out", icon=":material/logout:", on_click=st.logout)
    elif "is_logged_in" in st.user:
        for provider in login_providers():
            st.button(
                f"Log in with {provider}" if provider else "Log in", icon=":material/login:", on_click=st.login, args=(provider or None,)
            )
    before = actions.ids_before()
    with suppress(PlaygroundError):  # the database is away, and the page has said so
        if number := sum(len(invoker.list_sessions(anonymous_id)) for anonymous_id in before):
            st.info(f"{number} conversation{'s' if number > 1 else ''} from before you logged in or out.")
            st.button("Take over", icon=":material/move_down:", on_click=actions.take_over, args=(manager, before))


def login_providers() -> list[str]:
    """Return the names of the providers in secrets.toml; "" is the one in [auth] itself."""
    auth = st.secrets["auth"]
    return ([""] if "client_id" in auth else []) + [name for name in auth if isinstance(auth[name], Mapping)]


def draw_model(invoker: AgentInvoker) -> None:
    """Say who answers, and whether anything is wrong with it."""
    if invoker.model_name.startswith("vibehuntr-keyless"):
        st.badge("Keyless planner", icon=":material/key_off:", color="orange")
        st.caption("Rules, not a language model. Set GOOGLE_API_KEY and restart to talk to Gemini.")
    else:
        st.badge("Model", icon=":material/smart_toy:", color="green")
        st.text(invoker.model_name or invoker.agent_name)
    health = invoker.health()
    st.caption(f"Status: blocked by {health.culprit}" if health.blocked_for else "Status: ready")
