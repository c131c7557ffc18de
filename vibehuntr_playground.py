"""The page: `streamlit run vibehuntr_playground.py`.

Two parts: "set up" makes what the page needs once, "draw" draws it, region by region. How an answer streams here:

- The last message is always drawn by one fragment, running or not, in a container of the same shape as the others, so
  that nothing moves when it ends.
- While its turn runs, a run of the fragment waits for the turn's log and redraws as it grows (the drain). Autorefresh, out
  of sight, is the heartbeat: its beat waits while a run drains, and starts the next at once when that ends.
- A run may be cut at any access to Streamlit, by a click or new input. Nothing depends on a run finishing: the next one
  redraws from the log.
- Every run of the whole page shows the conversation as the process has it. So a reload, a second tab and "back" find it by
  the user (a cookie, or a login) and the id in the address; an idle page looks for news with a slow beat of its own.

Streamlit imports this file twice: the server imports it as a module and finds `app`; each run executes it as a script.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

import agent_invoker
import session_manager
from agent_invoker import AgentInvoker, ConversationDeleted, ConversationNotFound, PlaygroundError, Strategy, TalkSession, Turn
from playground.identity import IdentityMiddleware, cookie_secret
from playground.turn_log import GROWING, Answer, Message, Part, Request, TextPart, ToolStep
from session_manager import Confirmations, SessionManager, literal

if TYPE_CHECKING:
    from vibehuntr_agent.drawings import Card, Drawing

HERE = Path(__file__).parent
BEAT = 2_000  # milliseconds between two beats while a turn runs
WATCH = 1_200  # milliseconds between two looks for news of an idle page
DRAIN = 6.0  # seconds one run of the fragment drains at most: longer than a beat, so that a beat is waiting when it ends
FRAME = 0.04  # seconds between two redraws at least
GLANCE = 0.04  # seconds until a draining run looks up: a click waits no longer than that
LISTED = 30  # conversations in the sidebar
DRAWINGS = 4  # of one message, the last ones
REPLIES = 4  # that a tool may offer
REPLY = 80  # characters of one
FOR_THE_PAGE = ("view", "card", "replies")  # of a tool's result: drawn, and not part of what the step shows
CURSOR = " ▌"
UNKNOWN = -1  # a revision that the invoker never has: the page redraws at its next look
ADDRESS = "c"  # the query parameter with the conversation's id
STRATEGIES: dict[Strategy, str] = {
    "interrupt": "Replaces it",
    "enqueue": "Waits for its end",
    "reject": "Is refused",
    "rollback": "Replaces it, and it is forgotten",
}
GREETING = "What would you like to plan today?"
OTHER_SUGGESTIONS = ("What can you do?", "Which tools do you have?", "Give me an example.", "How do I start?")
STYLE = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-poller, > .st-key-watcher) {position: absolute; width: 0; height: 0; overflow: hidden}
[data-testid="stStatusWidget"] {display: none}
.st-key-stop button {min-height: 2rem; padding: 0 0.75rem}
[data-testid="stChatMessage"] {overflow-wrap: anywhere}
[class*="st-key-suggestion"] button p, [class*="st-key-reply-"] button p {white-space: normal}
.stMarkdownBadge {white-space: normal !important; overflow: visible !important}
[class*="st-key-forget-"] button {min-height: 1.5rem; padding: 0 0.25rem}
</style>"""

# -- set up ------------------------------------------------------------------------------------------------------------


def agent_folder() -> Path:
    """Return the ADK agent folder to run: VIBEHUNTR_AGENT, or our own."""
    return Path(os.environ.get("VIBEHUNTR_AGENT") or HERE / "vibehuntr_agent")


@st.cache_resource(show_spinner="Starting the agent...", on_release=AgentInvoker.close)
def get_invoker() -> AgentInvoker:
    """Make the process's one invoker. Raises: PlaygroundError when the agent folder or a setting is wrong."""
    set_up_logging()
    settings = agent_invoker.Settings.from_environment(os.environ)
    store = agent_invoker.open_store(os.environ.get("VIBEHUNTR_SESSIONS", ""))
    invoker = AgentInvoker(agent_invoker.load_agent(agent_folder()), settings=settings, session_service=store)
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


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[None, None]:
    """Close every invoker when the server stops: no thread, task or connection is left."""
    yield
    agent_invoker.close_all()


def user_id() -> str:
    """Return who the server knows this browser to be: who has logged in, or the cookie's id, or nobody ("")."""
    if st.user.get("is_logged_in"):
        return "login-" + hashlib.sha256(f"{st.user.get('iss')} {st.user.get('sub')}".encode()).hexdigest()
    return f"client-{st.user['client_id']}" if st.user.get("client_id") else ""


def ids_before() -> list[str]:
    """Return the anonymous ids that this browser had before its user logged in or out."""
    return [f"client-{before}" for before in str(st.user.get("client_before") or "").split(",") if before]


# -- what the user does ------------------------------------------------------------------------------------------------


def start_turn(invoker: AgentInvoker, manager: SessionManager, text: str, shown: Sequence[Message]) -> Turn:
    """Start a turn in the open conversation; one that the server does not know goes on in a new one."""
    if manager.open_id:
        try:
            return invoker.add_message(manager.user_id, manager.open_id, text, shown)
        except ConversationDeleted:
            manager.new_conversation()
            manager.notify("That conversation was deleted: this is a new one.")
            shown = ()
        except ConversationNotFound:
            manager.notify("Starting new conversation... The old one is gone from the server; it goes on from what this page shows.")
    talk_session_id = invoker.create_talk_session(manager.user_id)
    invoker.set_strategy(manager.user_id, talk_session_id, manager.page.strategy)
    turn = invoker.add_message(manager.user_id, talk_session_id, text, shown)
    manager.reopen(talk_session_id)
    return turn


def submit(manager: SessionManager, text: str | None = None) -> None:
    """Take what was typed (or a suggestion). Reading it is the only point at which this can be cut off.

    Callbacks ask for the invoker themselves: the one that the page was drawn with may have been closed since. What cannot
    be sent goes back into the input.
    """
    prompt: str = text if text is not None else st.session_state["prompt"]
    try:
        manager.submit(prompt, partial(start_turn, get_invoker(), manager))
    except PlaygroundError as error:
        manager.notify(error.message)
        st.session_state["prompt"] = prompt


def confirm(manager: SessionManager, request_id: str, confirmed: bool) -> None:  # noqa: FBT001 - a button's argument
    """Answer a tool that asks before it acts. Of several answers, also from other tabs, the first counts; the others are told."""
    try:
        manager.reply(partial(get_invoker().confirm, manager.user_id, manager.open_id, request_id, confirmed))
    except PlaygroundError as error:
        manager.notify(error.message)
        manager.page.revision = UNKNOWN


def open_conversation(manager: SessionManager, talk_session_id: str) -> None:
    """Show another conversation of the user's. Raises: PlaygroundError when it cannot be looked up."""
    try:
        get_invoker().get_session(manager.user_id, talk_session_id)
        manager.open(talk_session_id)
    except ConversationNotFound as error:
        manager.new_conversation()
        manager.notify(error.message)


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


def choose_strategy(manager: SessionManager, key: str) -> None:
    """Change what new input does while an answer comes, in the open conversation."""
    manager.page.strategy = st.session_state[key]
    if manager.open_id:
        try:
            get_invoker().set_strategy(manager.user_id, manager.open_id, manager.page.strategy)
        except PlaygroundError as error:
            manager.notify(error.message)


def delete_conversation(manager: SessionManager) -> None:
    """Forget the open conversation, here and in the store."""
    try:
        get_invoker().delete_session(manager.user_id, manager.open_id)
    except PlaygroundError as error:
        manager.notify(error.message)
    else:
        manager.new_conversation()


def take_over(manager: SessionManager, before: Sequence[str]) -> None:
    """Move the conversations from before the login to whoever has logged in."""
    try:
        left = sum(get_invoker().take_over(manager.user_id, anonymous_id) for anonymous_id in before)
    except PlaygroundError as error:
        manager.notify(error.message)
    else:
        manager.notify(
            "An answer is still being written in one of them: take it over when that has ended." if left else "They are yours now."
        )


def follow_address(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Open what the address asks for (a reload, a bookmark, "back"), or put what is open into the address.

    It opens nothing for anybody but its owner. A new page without an address goes on with an answer that is being written.
    """
    here = st.query_params.get(ADDRESS, "")
    is_new = manager.page.is_new and not manager.open_id
    asked = here if is_new or goes_back() else manager.open_id
    if is_new and not asked:
        asked = next((talk.id for talk in invoker.list_sessions(manager.user_id) if talk.running), "")
    if asked and asked != manager.open_id:
        open_conversation(manager, asked)
    elif not asked:
        manager.new_conversation()
    manager.page.is_new = False
    if manager.open_id and manager.open_id != here:
        st.query_params[ADDRESS] = manager.open_id
    elif here and not manager.open_id:
        st.query_params.clear()


def goes_back() -> bool:
    """Whether the browser's "back" or "forward" began this run.

    Any other run may come with an address that has changed since: the browser had not heard of it yet when it sent the
    click. Streamlit knows which it is, and has no public name for it.
    """
    context = get_script_run_ctx()
    return bool(context and context.is_history_navigation)


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
    """Draw the page. The fragment comes last: it may drain for seconds, and all else is on the screen before."""
    st.set_page_config(page_title="Vibehuntr", page_icon="🎉", initial_sidebar_state="auto")
    st.html(STYLE)
    try:
        invoker = get_invoker()
    except PlaygroundError as error:
        st.error(error.message)
        return
    manager = SessionManager(st.session_state, user_id())
    try:
        follow_address(invoker, manager)
        sync(invoker, manager)
        talks = invoker.list_sessions(manager.user_id)
    except PlaygroundError as error:
        st.error(f"{error.message} This page tries again by itself.", icon="🚫")
        manager.page.revision, talks = UNKNOWN, []
    draw_sidebar(invoker, manager, talks)
    if notice := manager.take_notice():
        st.toast(session_manager.safe_markdown(notice), icon=":material/info:", duration="long")
    messages = manager.shown()
    area = draw_sides(manager.side())
    draw_bottom(invoker, manager)
    turn = manager.running_turn()
    if turn is None or turn.ended:
        watch(invoker, manager)
    with area:
        if messages:
            draw_messages(invoker, manager, messages)
        else:
            draw_first_screen(manager)


def draw_sides(side: int) -> Any:  # noqa: ANN401 - Streamlit's container
    """Return the container to draw in: one of two, the other is emptied. Another conversation gets the other one.

    What a run does not draw again stays on the screen until the run ends, and a run that drains ends late. (An `empty` and
    a container in the same place would not help: Streamlit sends only the last.)
    """
    if side:
        st.empty()
        return st.container()
    area = st.container()
    st.empty()
    return area


def draw_sidebar(invoker: AgentInvoker, manager: SessionManager, talks: Sequence[TalkSession]) -> None:
    """Draw the user's conversations, which model answers, what new input does, and who the user is."""
    with st.sidebar:
        st.title("Vibehuntr")
        st.button("New conversation", icon=":material/add:", width="stretch", on_click=manager.new_conversation)
        draw_card(manager)
        draw_model(invoker)
        st.subheader("Conversations")
        for talk in talks[:LISTED]:
            st.button(
                session_manager.safe_markdown(talk.title),
                key=f"open-{talk.id}",
                type="secondary" if talk.id == manager.open_id else "tertiary",
                icon=":material/pending:" if talk.running else ":material/chat_bubble:",
                width="stretch",
                on_click=manager.open,
                args=(talk.id,),
            )
        if not talks:
            st.caption("None yet.")
        draw_store(invoker, manager)
        talk = next((talk for talk in talks if talk.id == manager.open_id), None)
        draw_options(manager, talk)
        draw_user(invoker, manager)


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
                    on_click=submit, args=(manager, fact.forget),
                )  # fmt: skip


def draw_store(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Say where conversations are kept, and what ends them."""
    if invoker.store.lasting:
        st.caption(f":material/database: Kept in {session_manager.safe_markdown(invoker.store.name)}: here after a restart too.")
    else:
        st.caption(":material/warning: Kept in memory: conversations end with this process. VIBEHUNTR_SESSIONS keeps them.")
    if manager.user_id != user_id():
        st.caption(":material/cookie_off: This browser takes no cookies: a reload starts anew.")


def draw_options(manager: SessionManager, talk: TalkSession | None) -> None:
    """Draw what is set for the open conversation: what new input does while an answer comes; and the way to delete it."""
    key = f"strategy-{manager.open_id}"
    st.session_state[key] = talk.strategy if talk else manager.page.strategy  # another tab may have changed it
    st.selectbox(
        "A new message while an answer comes",
        list(STRATEGIES),
        format_func=lambda strategy: STRATEGIES[strategy],
        key=key,
        on_change=choose_strategy,
        args=(manager, key),
    )
    if talk:
        with st.popover("Delete this conversation", icon=":material/delete:", width="stretch"):
            st.write("It cannot be brought back.")
            st.button("Delete", type="primary", on_click=delete_conversation, args=(manager,))


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
    before = ids_before()
    with suppress(PlaygroundError):  # the database is away, and the page has said so
        if number := sum(len(invoker.list_sessions(anonymous_id)) for anonymous_id in before):
            st.info(f"{number} conversation{'s' if number > 1 else ''} from before you logged in or out.")
            st.button("Take over", icon=":material/move_down:", on_click=take_over, args=(manager, before))


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


def draw_bottom(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Draw Stop and the input. Stop is always there, disabled when idle: a row that vanished would move the page."""
    turn = manager.running_turn()
    with st.bottom:
        st.button("Stop", key="stop", icon=":material/stop_circle:", disabled=turn is None or turn.ended, on_click=stop, args=(manager,))
    # Not inside `with st.bottom`: only an input that Streamlit puts there itself makes the page follow the answer.
    st.chat_input(GREETING, key="prompt", max_chars=invoker.settings.message_limit, on_submit=submit, args=(manager,))


def draw_first_screen(manager: SessionManager) -> None:
    """Draw the greeting and four suggestions to click."""
    st.header(GREETING)
    columns = st.columns(2)
    for number, suggestion in enumerate(suggestions()):
        columns[number % 2].button(suggestion, key=f"suggestion-{number}", width="stretch", on_click=submit, args=(manager, suggestion))


def suggestions() -> Sequence[str]:
    """Return what to offer on the first screen: the agent folder's own SUGGESTIONS if it is ours."""
    if os.environ.get("VIBEHUNTR_AGENT"):
        return OTHER_SUGGESTIONS
    from vibehuntr_agent import SUGGESTIONS  # noqa: PLC0415 - loaded by ADK's loader before, or not at all

    return SUGGESTIONS


def draw_messages(invoker: AgentInvoker, manager: SessionManager, messages: Sequence[Message]) -> None:
    """Draw the window of messages, the last one by the fragment."""
    with st.container():
        if manager.hidden:
            st.button(f"Show earlier messages ({manager.hidden})", key="earlier", on_click=manager.show_earlier)
    asked, say = manager.confirmations(), partial(confirm, manager)
    for message in messages[:-1]:
        with st.container(), st.container():  # as the live one stands in its own and its fragment's: it must not be mounted anew
            Canvas(st.chat_message(message.role)).draw(items_of(message, asked, say))
    live, below = st.container(), st.container()
    with below:  # before the live message, whose run drains
        draw_waiting(manager)
    with live:
        draw_last(invoker, manager, messages[-1])


def draw_waiting(manager: SessionManager) -> None:
    """Draw the messages that wait for the end of the running answer."""
    for message in manager.waiting():
        with st.chat_message("user"):
            st.text(session_manager.printable(message.content))
            st.caption("Waits for the answer above to end.")
            st.button("Remove", key=f"remove-{message.turn_id}", icon=":material/close:", on_click=remove, args=(manager, message.turn_id))


@st.fragment
def draw_last(invoker: AgentInvoker, manager: SessionManager, drawn: Message) -> None:
    """Draw the last message: while its turn runs, drain its log; once it is over, ask for one redraw of the page.

    `drawn` is the message as it was at the last run of the whole page; a beat gets the same one again.
    """
    turn = manager.running_turn()
    if (isinstance(turn, Turn) and turn.id != drawn.turn_id) or manager.has_notice:
        st.rerun()  # another message has become the live one, or a click in here has something to tell
    canvas = Canvas(st.chat_message(drawn.role))
    if not isinstance(turn, Turn):
        message = manager.live() or drawn
        canvas.draw(items_of(message, manager.confirmations(), partial(confirm, manager)))
        draw_replies(manager, message)
        return
    answer = Answer(turn.read())
    canvas.draw(live_items(session_manager.answer_message(drawn, answer), invoker))
    draw_heartbeat(running=not turn.ended)
    drain(invoker, manager, drawn, turn, answer, canvas)
    if turn.wait_ended(GLANCE) and manager.settle(turn):
        st.rerun()


def draw_replies(manager: SessionManager, message: Message) -> None:
    """Draw the answers that the last tool of the last message offers to click."""
    offered = replies_of(message)
    if offered:
        with st.container(horizontal=True, key="replies"):
            for number, text in enumerate(offered):
                st.button(literal(text), key=f"reply-{number}", on_click=submit, args=(manager, text))


def replies_of(message: Message) -> list[str]:
    """Return what to offer: `replies` of the last tool result, if they are short texts."""
    results = [part.result for part in message.parts if isinstance(part, ToolStep) and part.result]
    replies = results[-1].get("replies") if results and message.status == "done" else None
    texts = [text.strip() for text in replies if isinstance(text, str)] if isinstance(replies, list) else []
    return list(dict.fromkeys(text for text in texts if 0 < len(text) <= REPLY))[:REPLIES]


@st.fragment
def watch(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Look for what other tabs have done, beat by beat, out of sight. While an answer comes, its own run looks."""
    from streamlit_autorefresh import st_autorefresh  # noqa: PLC0415 - as in draw_heartbeat

    with st.container(key="watcher"):
        st_autorefresh(interval=WATCH, key="watch", debounce=False)
    redraw_on_news(invoker, manager)


def redraw_on_news(invoker: AgentInvoker, manager: SessionManager) -> None:
    """Redraw the whole page if any of the user's conversations has changed since it was drawn."""
    if invoker.revision(manager.user_id) != manager.page.revision:
        st.rerun()


def draw_heartbeat(*, running: bool) -> None:
    """Mount the component whose beats rerun the fragment, out of sight, for as long as the turn runs."""
    # Not at the top: a component must be declared while Streamlit runs, and the server imports this file before that.
    from streamlit_autorefresh import st_autorefresh  # noqa: PLC0415

    with st.container(key="poller"):
        if running:
            st_autorefresh(interval=BEAT, key="beat", debounce=False)


def drain(invoker: AgentInvoker, manager: SessionManager, drawn: Message, turn: Turn, answer: Answer, canvas: Canvas) -> None:
    """Redraw as the log grows, until the answer has ended, for DRAIN seconds at most. May be cut at any redraw."""
    until = time.monotonic() + DRAIN
    blocked = False
    while not answer.ended and time.monotonic() < until:
        grown, was_blocked, blocked = turn.wait(answer.cursor, GLANCE), blocked, bool(invoker.health().blocked_for)
        if grown or blocked or was_blocked:
            answer.extend(turn.read(answer.cursor))
            canvas.draw(live_items(session_manager.answer_message(drawn, answer), invoker))
        look_up()
        if not answer.ended:
            redraw_on_news(invoker, manager)
            turn.wait_ended(FRAME)
            look_up()


def look_up() -> None:
    """Let a click that waits cut this run, also while the model is silent."""
    _ = "prompt" in st.session_state


# -- one message, as a list of items --------------------------------------------------------------------------------------

Item = tuple[str, str, Any]  # kind, text, what else the kind needs
NOTHING: Item = ("empty", "", None)


@dataclass(frozen=True, slots=True)
class Form:
    """A request that may be answered now, and what takes the answer."""

    request: Request
    say: Callable[[str, bool], None] = field(compare=False)


def items_of(message: Message, asked: Confirmations | None = None, say: Callable[[str, bool], None] | None = None) -> list[Item]:
    """Return what to draw of a message: its text in blocks, its tool steps, what they found and ask, and how it ended.

    `asked` is what may be answered and what was; without `say`, which takes the answer, nothing can be.
    """
    items: list[Item] = [("notice", notice, None) for notice in message.notices]
    drawn = to_draw(message.parts)
    for part in message.parts:
        if isinstance(part, TextPart):
            items += text_items(message.role, part.text)
        elif isinstance(part, ToolStep):  # two places each, so that what comes later stays in its own
            items += [step_item(part, ended=message.status not in GROWING), drawing_item(message, part, drawn)]
        elif isinstance(part, Request):
            items += [request_item(part, message, asked or Confirmations(), say), NOTHING]
        else:
            items.append(("caption", "You said yes." if part.confirmed else "You said no.", None))
    if message.status == "cancelled":
        items.append(("caption", message.error or "Stopped.", None))
    elif message.status == "failed":
        items.append(("error", message.error, None))
    return items


def to_draw(parts: Sequence[Part]) -> list[str]:
    """Return the calls whose view is drawn: the last of each name, and the last few of these."""
    last: dict[str, str] = {}
    for part in parts:
        if isinstance(part, ToolStep) and part.result and isinstance(view := part.result.get("view"), Mapping):
            name = str(view.get("name"))
            last.pop(name, None)
            last[name] = part.call_id
    return list(last.values())[-DRAWINGS:]


def drawing_item(message: Message, step: ToolStep, drawn: Sequence[str]) -> Item:
    """Return what a tool found as a drawing, or nothing in its place."""
    if step.result and step.call_id in drawn:
        return ("drawing", f"{message.turn_id}-{step.call_id}", step.result["view"])
    return NOTHING


def request_item(request: Request, message: Message, asked: Confirmations, say: Callable[[str, bool], None] | None) -> Item:
    """Return what a tool asks: a form while it may be answered, then a line with what was said."""
    if say and request.request_id in asked.open:
        return ("form", request.request_id, Form(request, say))
    said = {True: "you said yes", False: "you said no", None: "not answered"}[asked.replies.get(request.request_id)]
    return ("asked", f"{words_of(request.name)}? {'…' if message.status in GROWING else said}", request)


def words_of(name: str) -> str:
    """Return a tool's name as a person would write it: "finalize_plan" is "Finalize plan"."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def text_items(role: str, text: str) -> list[Item]:
    """Return a text as blocks. What the user typed is shown to the letter; an answer is Markdown, made safe."""
    if role == "user":
        return [("text", session_manager.printable(text), None)]
    return [("markdown", session_manager.safe_markdown(block), None) for block in session_manager.blocks(text)]


def step_item(step: ToolStep, *, ended: bool) -> Item:
    """Return a tool step as one line: running, done ("find_times · 0.3 s") or stopped."""
    name = session_manager.safe_markdown(step.name)
    if step.stopped or (ended and step.result is None):
        return ("step", f"{name} · stopped", step)
    if step.seconds is None:
        return ("caption", f"{name} …", None)
    return ("step", f"{name} · {step.seconds:.1f} s", step)


def live_items(message: Message, invoker: AgentInvoker) -> list[Item]:
    """Return the items of an answer that may still be growing, with the cursor and what there is to wait for."""
    items = items_of(message)
    if message.status == "stopping":
        return [*items, ("caption", "Stopping…", None)]
    if message.status == "queued":
        return [*items, ("caption", message.error, None)]
    if message.status != "running":
        return items
    health = invoker.health()
    if health.blocked_for:
        items.append(("warning", f"Nobody's answer moves: the agent's code blocks the event loop ({health.culprit}).", None))
    elif items and items[-1][0] == "markdown":
        items[-1] = ("markdown", with_cursor(items[-1][1]), None)
    else:
        items.append(("markdown", CURSOR, None))
    return items


def with_cursor(text: str) -> str:
    """Put the cursor after a text, unless that would keep its last line from closing a code fence."""
    last_line = text.rstrip("\n").rpartition("\n")[2].lstrip()
    return text if last_line.startswith(("```", "~~~")) else text + CURSOR


class Canvas:
    """Draws a list of items and, as the list changes, only what changed, each item in its place."""

    def __init__(self, container: Any) -> None:  # noqa: ANN401 - Streamlit's container
        """Begin empty, in a container of its own."""
        self._container = container
        self._drawn: list[Item] = []
        self._slots: list[Any] = []

    def draw(self, items: list[Item]) -> None:
        """Draw the items that differ from the last time. Items that are no longer there leave an empty place."""
        for index, item in enumerate(items):
            if index == len(self._slots):
                self._slots.append(put(self._container, item))
                self._drawn.append(item)
            elif item != self._drawn[index]:
                put(self._slots[index], item)
                self._drawn[index] = item
        for index in range(len(items), len(self._slots)):
            self._slots[index].empty()
            self._drawn[index] = NOTHING


def put(place: Any, item: Item) -> Any:  # noqa: ANN401 - a container or one of its elements
    """Draw one item: at the end of a container, or in the place of an element."""
    kind, text, more = item
    match kind:
        case "empty":
            return place.empty()
        case "markdown":
            return place.markdown(text)
        case "text":
            return place.text(text)
        case "step":
            return put_step(place, text, more)
        case "drawing":
            return put_drawing(place, text, more)
        case "form":
            return put_form(place, more)
        case "asked":
            return put_asked(place, text, more)
        case _:
            return put_remark(place, kind, session_manager.safe_markdown(text))


def put_remark(place: Any, kind: str, text: str) -> Any:  # noqa: ANN401
    """Draw what is said about an answer."""
    match kind:
        case "caption":
            return place.caption(text)
        case "notice":
            return place.info(text)
        case "warning":
            return place.warning(text)
        case _:
            return place.error(text, icon="🚫")


def put_step(place: Any, label: str, step: ToolStep) -> Any:  # noqa: ANN401
    """Draw a finished tool call as a collapsed line with its arguments and result inside."""
    expander = place.expander(label)
    expander.json(dict(step.args), expanded=2)
    if result := {key: value for key, value in (step.result or {}).items() if key not in FOR_THE_PAGE}:
        expander.json(result, expanded=1)
    return expander


def put_form(place: Any, form: Form) -> Any:  # noqa: ANN401
    """Draw what a tool asks before it acts, with a yes and a no. What a tool or a model wrote is shown to the letter."""
    request = form.request
    box = place.container(border=True, key=f"confirm-{request.request_id}")
    box.markdown(f":material/help: **{literal(words_of(request.name))}?**")
    if about := about_request(request):
        box.text(about)
    box.caption("Nothing is done before you say so. You can also type something else.")
    row = box.container(horizontal=True)
    for label, confirmed in (("Yes, do it", True), ("No", False)):
        row.button(
            label, key=f"say-{label}-{request.request_id}", type="primary" if confirmed else "secondary",
            on_click=form.say, args=(request.request_id, confirmed),
        )  # fmt: skip
    return box


def put_asked(place: Any, text: str, request: Request) -> Any:  # noqa: ANN401
    """Draw a request that can no longer be answered, or not yet, as a line that opens."""
    expander = place.expander(literal(text), icon=":material/help:")
    expander.text(about_request(request) or "No details.")
    return expander


def about_request(request: Request) -> str:
    """Return what a tool is to be called with, and what it says of it, a line each."""
    lines = [request.hint] if request.hint else []
    lines += [f"{words_of(key)}: {plain(value)}" for key, value in request.args.items() if value not in (None, "", [])]
    if request.payload not in (None, {}, []):
        lines.append(f"With: {plain(request.payload)}")
    return session_manager.printable("\n".join(lines))


def plain(value: object) -> str:
    """Return JSON as a person would write it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items())
    return ", ".join(plain(item) for item in value) if isinstance(value, list | tuple) else str(value)


# -- drawings --------------------------------------------------------------------------------------------------------------


def as_key(found: object) -> str:
    """Return a tool's own JSON as a text, to look up what was made of it; "null" for what is none."""
    try:
        return json.dumps(found, default=str, skipkeys=True)
    except (ValueError, RecursionError):
        return "null"


@lru_cache(maxsize=256)
def drawing_of(view: str) -> Drawing | None:
    """Make a drawing once: a message is drawn at every run of the page, and Altair checks its charts slowly."""
    from vibehuntr_agent import drawings  # noqa: PLC0415 - brings our agent along: only if there is something to draw

    return drawings.draw(json.loads(view))


@lru_cache(maxsize=256)
def card_of(card: str) -> Card | None:
    """Read a plan card once."""
    from vibehuntr_agent import drawings  # noqa: PLC0415 - as in drawing_of

    return drawings.read_card(json.loads(card))


def put_drawing(place: Any, key: str, view: object) -> Any:  # noqa: ANN401
    """Draw what a tool found, with the same as text; nothing for a view that is none."""
    drawing = drawing_of(as_key(view))
    if drawing is None:
        return place.empty()
    box = place.container(key=f"drawing-{key}")
    words = session_manager.printable("\n".join(drawing.lines))
    if not drawing.file:
        box.markdown(f"**{literal(drawing.title)}**")
    if drawing.chart:
        width = "content" if "width" in drawing.chart else "stretch"
        box.vega_lite_chart(spec=dict(drawing.chart), width=width, alt=words or drawing.title)
    if table := drawing.table:
        cells = [[literal(cell) for cell in row] for row in table.rows]
        box.table({head: [row[n] for row in cells] for n, head in enumerate(map(literal, table.columns))}, hide_index=True)
    if drawing.chips:
        box.markdown(" ".join(f":gray-badge[{literal(chip)}]" for chip in drawing.chips))
    if drawing.source:
        box.caption(literal(drawing.source))
    if file := drawing.file:
        box.download_button(
            f"Download {literal(file.name)}", file.text, file.name, file.mime, key=f"file-{key}",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    if drawing.chart or drawing.table:
        box.expander("As text", icon=":material/notes:").text(words or "There are no words for it.")
    elif words and not drawing.chips:
        box.text(words)
    return box


if __name__ == "__main__":
    draw()
else:
    set_up_logging()
    secret = cookie_secret(os.environ, HERE / ".streamlit")
    app = st.App(__file__, lifespan=lifespan, middleware=[Middleware(IdentityMiddleware, secret=secret)])
