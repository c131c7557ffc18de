"""The page: `streamlit run vibehuntr_playground.py`.

Two parts: "set up" makes what the page needs once, "draw" draws it, region by region. How an answer streams here:

- What grows is drawn by one fragment, in a container of the same shape as that of an answer that has ended, so that nothing moves
  when it does. While the turn runs, a run of the fragment waits for the turn's log and redraws as it grows (the drain).
- Autorefresh, out of sight, is the fragment's heartbeat: its beat waits while a run drains, and starts the next at once when that
  ends. Between two answers each beat looks for news.
- What is typed between two answers is drawn by that fragment alone, question and answer, in the place in which they stay: the browser
  reads no word of an answer before it has drawn what came before that. The rest of the page follows with the end of the answer.
- A run may be cut at any access to Streamlit, by a click or new input. Nothing depends on a run finishing: the next one
  redraws from the log.
- Every run of the whole page shows the conversation as the process has it. So a reload, a second tab and "back" find it by
  the user (a cookie, or a login) and the id in the address.

Streamlit imports this file twice: the server imports it as a module and finds `app`; each run executes it as a script.
"""

from __future__ import annotations

import gc
import itertools
import os
import time
import weakref
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.components.v2 import component
from streamlit.errors import StreamlitInvalidLayoutContextError
from streamlit.runtime.scriptrunner import get_script_run_ctx

import agent_invoker
import session_manager
from agent_invoker import AgentInvoker, ConversationDeleted, ConversationNotFound, PlaygroundError, TalkSession, Turn
from page import actions
from page.live import Live, look_up
from page.message_bar import draw_bar, draw_editor
from page.messages import Canvas, items_of, replies_of
from page.sidebar import EVERYWHERE, Seats, draw_sidebar, place_seats
from playground.client import SCRIPT, Jump, client_data, first_html
from playground.identity import IdentityMiddleware, cookie_secret
from playground.one_by_one import one_by_one
from playground.turn_log import Message
from session_manager import Confirmations, SessionManager, literal

HERE = Path(__file__).parent
BEAT = 1_200  # milliseconds
MEGABYTE = 1_000_000
AWAY = 3.0  # seconds between two looks of a page at what could not be looked up, unless its user does something
LAG = 0.3  # seconds, at least, within which a request that comes after the end of a run may have cost the browser its last messages
GARBAGE = (20_000, 5, 5)  # of Python's collector: with its own (700, 10, 10), 50 users have it go through all objects, 0.3 s, every 5 s
GREETING = "What would you like to plan today?"
INTRODUCTION = "Say who, when and where. I compare everyone's times, look for places, count the votes, and make the calendar file."
ICON = str(HERE / ".streamlit" / "icon.svg")  # a file of our own: for an icon of Streamlit's the browser would ask Google
LOGO = str(HERE / ".streamlit" / "logo.svg")
AVATARS = {"user": str(HERE / ".streamlit" / "user.svg"), "assistant": ICON}
OTHER_SUGGESTIONS = ("What can you do?", "Which tools do you have?", "Give me an example.", "How do I start?")

# -- set up ------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[None, None]:
    """Look for garbage less often; close every invoker when the server stops: no thread, task or connection is left."""
    gc.set_threshold(*GARBAGE)
    yield
    agent_invoker.close_all()


# -- which conversation -----------------------------------------------------------------------------------------------


def open_conversation(manager: SessionManager, talk_session_id: str) -> None:
    """Show another conversation of the user's. Raises: PlaygroundError when it cannot be looked up."""
    try:
        actions.get_invoker().get_session(manager.user_id, talk_session_id)
        manager.open(talk_session_id)
    except ConversationNotFound as error:
        manager.new_conversation()
        manager.notify(error.message)


def follow_address(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Open what the address asks for (a reload, a bookmark, "back"), or put what is open into the address.

    It opens nothing for anybody but its owner. A new page without an address goes on with an answer that is being written.
    """
    here = st.query_params.get(actions.ADDRESS, "")
    is_new = manager.page.is_new and not manager.open_id
    asked = here if is_new or goes_back() else manager.open_id
    if is_new and not asked:
        asked = next((talk.id for talk in invoker.list_sessions(manager.user_id) if talk.running), "")
    if asked and asked != manager.open_id:
        open_conversation(manager, asked)
    elif not asked:
        manager.new_conversation()
    manager.page.is_new = False
    put_address(manager)


def put_address(manager: SessionManager) -> None:
    """Have the address say which conversation is open."""
    here = st.query_params.get(actions.ADDRESS, "")
    if manager.open_id and manager.open_id != here:
        st.query_params[actions.ADDRESS] = manager.open_id
    elif here and not manager.open_id:
        st.query_params.clear()


def goes_back() -> bool:
    """Whether the browser's "back" or "forward" began this run.

    Any other run may come with an address that has changed since: the browser had not heard of it yet when it sent the
    click. Streamlit knows which it is, and has no public name for it.
    """
    context = get_script_run_ctx()
    return bool(context and context.is_history_navigation)


def is_beat() -> bool:
    """Whether this run is of a fragment alone. Streamlit has no public name for that either."""
    context = get_script_run_ctx()
    return bool(context and context.fragment_ids_this_run)


def note_end(manager: SessionManager, drawn_in: float, *, is_again: bool) -> None:
    """Note that a run of the whole page ends here, whose it is, and until when it is doubted: the longer the longer it took to draw it.

    One that draws again what may be lacking is not doubted in its turn.
    """
    page = manager.page
    page.runner, page.doubted_until = weakref.ref(get_script_run_ctx()), 0.0 if is_again else time.monotonic() + max(LAG, drawn_in)
    page.is_whole = manager.running_turn() is None


def may_lack(manager: SessionManager) -> bool:
    """Whether the browser may lack the end of the last run of the page, in a run of a fragment that comes just after it; notes it if so.

    A request that comes in the moment in which a run ends gets a script runner of its own from Streamlit, and what the old one has not
    yet said is never said (its issue 9921): the whole page draws that again, a fragment would not.
    """
    page = manager.page
    lacks = is_beat() and time.monotonic() < page.doubted_until and page.runner() is not get_script_run_ctx()
    if lacks:
        page.is_next_again, page.is_whole = True, False
    return lacks


def sync(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Show the open conversation as the process has it. One that was lost stays as it is shown, to be gone on with."""
    manager.page.revision = invoker.revision(manager.user_id)
    if manager.open_id:
        try:
            manager.sync(invoker.view(manager.user_id, manager.open_id))
        except ConversationDeleted:
            manager.new_conversation()
        except ConversationNotFound:
            pass


# -- draw --------------------------------------------------------------------------------------------------------------


def draw() -> None:
    """Draw the page: the last messages first, then all else. It follows the answer last: that may take seconds."""
    began = time.monotonic()
    if "drawn" not in st.session_state:  # the browser keeps it, and draws all of the page anew for it
        st.set_page_config(page_title="Vibehuntr", page_icon=ICON, initial_sidebar_state="auto")
    st.logo(LOGO, size="large", icon_image=ICON)
    st.html(HERE / "playground" / "look.css")
    try:
        invoker = actions.get_invoker()
    except PlaygroundError as error:
        st.error(error.message)
        return
    manager = SessionManager(st.session_state, actions.user_id())
    page = manager.page
    page.is_whole, page.again_at = False, 0.0
    is_again, page.is_next_again = page.is_next_again, False  # of this run alone: a click may cut it
    try:
        follow_address(invoker, manager)
        if page.early:
            actions.submit(manager)
        sync(invoker, manager)
        talks = invoker.list_sessions(manager.user_id)
    except PlaygroundError as error:
        st.error(f"{error.message} This page tries again by itself.", icon="🚫")
        page.revision, page.again_at, talks = actions.UNKNOWN, time.monotonic() + AWAY, []
    messages = manager.shown()
    with one_by_one(look_up):
        talk = draw_page(invoker, manager, talks, messages)
    drawn_in = time.monotonic() - began
    talk.follow()
    note_end(manager, drawn_in, is_again=is_again)


def draw_page(invoker: AgentInvoker, manager: SessionManager, talks: Sequence[TalkSession], messages: Sequence[Message]) -> Talk:
    """Draw all of the page as it is now. Returns: what is to be followed."""
    manager.page.drawn = chosen(manager)
    if notice := manager.take_notice():
        st.toast(session_manager.safe_markdown(notice), icon=":material/info:", duration="long")
    draw_client(manager, messages)
    head, seats = place_seats(manager)
    heart = st.container(key="heart")
    area = draw_sides(manager.side())
    with area:
        talk = Talk(invoker, manager, messages, seats, heart)
    draw_bottom(invoker, manager)
    draw_sidebar(invoker, manager, talks, head, seats)
    st.session_state["drawn"] = True  # not before the browser has had time to get it: a cut run's last messages may not be sent
    with area:
        talk.draw_rest()
    return talk


@st.cache_resource(show_spinner=False)
def get_client() -> Callable[..., object]:
    """Make the component that brings client.js into the page, once a process."""
    return component("vibehuntr", js=SCRIPT.read_text(encoding="utf-8"), isolate_styles=False)


def draw_client(manager: SessionManager, messages: Sequence[Message]) -> None:
    """Mount client.js, out of sight: it announces the answer that this page has seen begin, goes where told, tells what is clicked."""
    begun = (message for message in messages if message.role == "assistant" and message.turn_id == manager.page.begun)
    to = manager.page.jump
    jump = Jump(str(to.number), f"st-key-message-{to.role}-{to.turn_id}", to.words.split()) if to else None
    get_client()(key="client", data=client_data(next(begun, None), jump), on_act_change=partial(actions.act, manager))


def draw_sides(side: int) -> Any:  # noqa: ANN401 - Streamlit's container
    """Return the container to draw in: one of two, the other is emptied. Another conversation gets the other one.

    What a run does not draw again stays on the screen until the run ends, and a run that drains ends late. (An `empty` and
    a container in the same place would not help: Streamlit sends only the last.)
    """
    if side:
        st.empty()
        return st.container(key="talk")
    area = st.container(key="talk")
    st.empty()
    return area


def draw_bottom(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Draw Stop and the input. Stop is always there: client.js shows it while an answer grows, also one that is drawn alone."""
    with st.bottom:
        st.button(
            "Edit last", key="edit-last", icon=":material/edit:", type="tertiary", shortcut="Alt+Up",
            on_click=actions.edit_last, args=(manager,),
        )  # fmt: skip
        with st.container(horizontal=True):
            draw_held(manager)
        st.button("Stop", key="stop", icon=":material/stop_circle:", on_click=actions.stop, args=(manager,), shortcut="Esc")
    # Not inside `with st.bottom`: only an input that Streamlit puts there itself makes the page follow the answer.
    sent = st.chat_input(
        GREETING,
        key="prompt",
        max_chars=invoker.settings.message_limit,
        accept_file="multiple",
        file_type=list(invoker.file_types),
        max_upload_size=invoker.settings.file_limit // MEGABYTE,
        accept_audio="audio/wav" in invoker.file_types,
        on_submit=actions.submit,
        args=(manager,),
    )
    had_input, manager.page.has_input = manager.page.has_input, True
    if sent is not None and not had_input:
        manager.page.early = sent
        st.rerun()


def draw_held(manager: SessionManager) -> None:
    """Draw the files that could not be sent: they wait for the next message."""
    for place, file in enumerate(manager.page.held):
        st.button(
            literal(f"{file.name} waits"), key=f"held-{place}", icon=":material/close:", type="tertiary",
            help="Goes with your next message. Click to leave it out.", on_click=actions.drop_file, args=(manager, place),
        )  # fmt: skip


def draw_first_screen() -> None:
    """Draw the greeting and four suggestions to click: one element, which nothing is left of when a question takes its place."""
    introduction = "" if os.environ.get("VIBEHUNTR_AGENT") else INTRODUCTION
    st.html(first_html(Path(ICON), GREETING, introduction, suggestions()))


def suggestions() -> Sequence[str]:
    """Return what to offer on the first screen: the agent folder's own SUGGESTIONS if it is ours."""
    if os.environ.get("VIBEHUNTR_AGENT"):
        return OTHER_SUGGESTIONS
    from vibehuntr_agent import SUGGESTIONS  # noqa: PLC0415 - loaded by ADK's loader before, or not at all

    return SUGGESTIONS


def draw_glimpse(invoker: AgentInvoker, manager: SessionManager, asked: Confirmations) -> None:
    """Draw an early message that was asked for, with a few around it: a long conversation is never drawn whole."""
    if messages := manager.glimpse():
        with st.container(border=True, key="glimpse"):
            st.caption(f"Messages {messages[0].seq} to {messages[-1].seq}")
            for message in messages:
                draw_settled(invoker, manager, message, asked)
            st.button("Back to the end", icon=":material/arrow_downward:", on_click=actions.leave_glimpse, args=(manager,))


def draw_settled(invoker: AgentInvoker, manager: SessionManager, message: Message, asked: Confirmations) -> None:
    """Draw a message that grows no more, and what can be done with it."""
    with st.container(key=f"message-{message.role}-{message.turn_id}"):
        frame = framed(message)
        if message.role == "user" and manager.page.editing == message.turn_id:
            with frame:
                draw_editor(manager, message)
            return
        load = partial(invoker.load_file, manager.user_id, manager.open_id)
        Canvas(frame).draw(items_of(message, asked, partial(actions.confirm, manager), load))
        draw_bar(invoker, manager, message)


def framed(message: Message) -> Any:  # noqa: ANN401 - Streamlit's container
    """Return where a message is drawn: the same for one that grows and one that does not."""
    return st.chat_message(message.role, avatar=AVATARS[message.role])


def draw_waiting(manager: SessionManager) -> None:
    """Draw the messages that wait for the end of the running answer."""
    for message in manager.waiting():
        with framed(message):
            st.text(session_manager.printable(message.content))
            st.caption("Waits for the answer above to end.")
            st.button(
                "Remove", key=f"remove-{message.turn_id}", icon=":material/close:", on_click=actions.remove, args=(manager, message.turn_id)
            )


class Talk:
    """The window of messages, turn by turn, each in a place of its own. The newest come first, as they are what is waited for."""

    def __init__(self, invoker: AgentInvoker, manager: SessionManager, messages: Sequence[Message], seats: Seats, heart: Any) -> None:  # noqa: ANN401
        """Draw the last turn: the question, and the answer as it is now."""
        self._invoker = invoker
        self._manager = manager
        self._turns = [tuple(turn) for _, turn in itertools.groupby(messages, key=lambda message: message.turn_id)]
        self._asked = manager.confirmations()
        self._before = st.container()
        self._places = [st.container() for _ in self._turns]
        is_running = bool(messages) and isinstance(manager.turn(messages[-1].turn_id), Turn)
        self._live = Live(invoker, manager, messages[-1], seats, partial(redraw_on_news, invoker, manager)) if is_running else None
        if self._live:
            with self._places[-1]:
                draw_settled_turn(invoker, manager, self._turns[-1][:-1], self._asked)
                draw_next(invoker, manager, messages, heart, self._live)
        else:
            self._draw_turns(slice(-1, None))
            draw_next(invoker, manager, messages, heart)
        self._below = st.container()

    def draw_rest(self) -> None:
        """Draw the older ones, and what waits."""
        with self._before:
            draw_glimpse(self._invoker, self._manager, self._asked)
            if self._manager.hidden:
                st.button(f"Show earlier messages ({self._manager.hidden})", key="earlier", on_click=self._manager.show_earlier)
        with self._below:
            draw_waiting(self._manager)
        self._draw_turns(slice(0, -1))

    def follow(self) -> None:
        """Stay with the answer while it grows."""
        if self._live:
            self._live.follow()

    def _draw_turns(self, which: slice) -> None:
        for turn, place in zip(self._turns[which], self._places[which], strict=True):
            with place:
                draw_settled_turn(self._invoker, self._manager, turn, self._asked)
            if self._live:
                self._live.glance()


def draw_settled_turn(invoker: AgentInvoker, manager: SessionManager, turn: Sequence[Message], asked: Confirmations) -> None:
    """Draw the messages of a turn that grow no more. An answer has a container of its own, as the fragment's is: it is not mounted anew."""
    for message in turn:
        with st.container() if message.role == "assistant" else nullcontext():
            draw_settled(invoker, manager, message, asked)


@st.fragment(key=actions.NEXT)
def draw_next(invoker: AgentInvoker, manager: SessionManager, drawn: Sequence[Message], heart: Any, live: Live | None = None) -> None:  # noqa: ANN401
    """Draw what changes: the live answer, with its question if that has come after `drawn`; between two answers, what offers to be next.

    Nothing else of the page is drawn for a question that has come after it. If anything else has changed, all of the page is.
    """
    from streamlit_autorefresh import st_autorefresh  # noqa: PLC0415 - declared while Streamlit runs: the server imports this file before that

    try:
        with heart:
            st_autorefresh(interval=BEAT, key="beat", debounce=False)
    except StreamlitInvalidLayoutContextError:
        st.rerun()  # a run of the whole page has been cut before it came here: Streamlit has forgotten the place
    if is_beat():
        redraw_on_news(invoker, manager)
    begun = manager.begun_after(drawn) if is_beat() else []
    if begun is None:
        st.rerun()
    elif live:
        draw_live(invoker, manager, live)
    elif begun:
        put_address(manager)
        draw_settled_turn(invoker, manager, begun[:-1], manager.confirmations())
        with st.container():
            draw_live(invoker, manager, Live(invoker, manager, begun[-1], None, partial(redraw_on_news, invoker, manager)))
    elif drawn:
        draw_replies(manager, drawn[-1])
    else:
        draw_first_screen()


def draw_live(invoker: AgentInvoker, manager: SessionManager, live: Live) -> None:
    """Draw the answer that grows, and follow it, unless the page around it is still being drawn."""
    turn, drawn = manager.running_turn(), live.drawn
    if not isinstance(turn, Turn) or turn.id != drawn.turn_id:
        st.rerun()  # another message has become the live one
    manager.page.begun = turn.id
    with st.container(key=f"message-{drawn.role}-{drawn.turn_id}"):
        frame = framed(drawn)
        draw_bar(invoker, manager, drawn)
    live.begin(turn, frame)
    if is_beat():
        live.follow()


def draw_replies(manager: SessionManager, message: Message) -> None:
    """Draw the answers that the last tool of the last message offers to click."""
    offered = replies_of(message)
    if offered:
        with st.container(horizontal=True, key="replies"):
            for number, text in enumerate(offered):
                st.button(literal(text), key=f"reply-{number}", on_click=actions.submit, args=(manager, text))


def redraw_on_news(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Redraw the whole page if it is not what the browser should have.

    That is: one of the user's conversations has changed since it was drawn, or what is to be seen of them, or some of it may be lacking.
    What is to be seen: a click in the very moment of a beat is sent with it, as one request of the beat's fragment. Its callback is
    run, and the page is not ("Multiple different fragmentIds", says the browser's console).
    """
    page = manager.page
    is_old = invoker.revision(manager.user_id) != page.revision and time.monotonic() >= page.again_at
    if is_old or chosen(manager) != page.drawn or manager.has_notice or may_lack(manager):
        st.rerun()


def chosen(manager: SessionManager) -> tuple[object, ...]:
    """Return what the user has chosen to see: in the session, and in the sidebar's fields."""
    return (*manager.chosen, st.session_state.get("search") or "", st.session_state.get("where") or EVERYWHERE)


if __name__ == "__main__":
    draw()
else:
    actions.set_up_logging()
    secret = cookie_secret(os.environ, HERE / ".streamlit")
    app = st.App(__file__, lifespan=lifespan, middleware=[Middleware(IdentityMiddleware, secret=secret)])
