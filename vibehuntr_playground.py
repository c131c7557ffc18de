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
import logging
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

import agent_invoker
import session_manager
from agent_invoker import AgentInvoker, ConversationDeleted, ConversationNotFound, PlaygroundError, Strategy, TalkSession, Turn
from playground.identity import IdentityMiddleware, cookie_secret
from playground.turn_log import GROWING, Answer, Message, TextPart, ToolStep
from session_manager import SessionManager

HERE = Path(__file__).parent
BEAT = 2_000  # milliseconds between two beats while a turn runs
WATCH = 1_200  # milliseconds between two looks for news of an idle page
DRAIN = 6.0  # seconds one run of the fragment drains at most: longer than a beat, so that a beat is waiting when it ends
FRAME = 0.04  # seconds between two redraws at least
GLANCE = 0.04  # seconds until a draining run looks up: a click waits no longer than that
LISTED = 30  # conversations in the sidebar
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
[class*="st-key-suggestion"] button p {white-space: normal}
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
    for message in messages[:-1]:
        with st.container(), st.container():  # as the live one stands in its own and its fragment's: it must not be mounted anew
            Canvas(st.chat_message(message.role)).draw(items_of(message))
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
    if isinstance(turn, Turn) and turn.id != drawn.turn_id:
        st.rerun()  # another message has become the live one
    canvas = Canvas(st.chat_message(drawn.role))
    if not isinstance(turn, Turn):
        canvas.draw(items_of(manager.live() or drawn))
        return
    answer = Answer(turn.read())
    canvas.draw(live_items(session_manager.answer_message(drawn, answer), invoker))
    draw_heartbeat(running=not turn.ended)
    drain(invoker, manager, drawn, turn, answer, canvas)
    if turn.wait_ended(GLANCE) and manager.settle(turn):
        st.rerun()


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


def items_of(message: Message) -> list[Item]:
    """Return what to draw of a message: its text in blocks, its tool steps, and how it ended."""
    items: list[Item] = [("notice", notice, None) for notice in message.notices]
    for part in message.parts:
        if isinstance(part, TextPart):
            items += text_items(message.role, part.text)
        else:
            items.append(step_item(part, ended=message.status not in GROWING))
    if message.status == "cancelled":
        items.append(("caption", message.error or "Stopped.", None))
    elif message.status == "failed":
        items.append(("error", message.error, None))
    return items


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
            self._drawn[index] = ("empty", "", None)


def put(place: Any, item: Item) -> Any:  # noqa: ANN401 - a container or one of its elements
    """Draw one item: at the end of a container, or in the place of an element."""
    kind, text, step = item
    match kind:
        case "markdown":
            return place.markdown(text)
        case "text":
            return place.text(text)
        case "step":
            return put_step(place, text, step)
        case "caption":
            return place.caption(session_manager.safe_markdown(text))
        case "notice":
            return place.info(session_manager.safe_markdown(text))
        case "warning":
            return place.warning(session_manager.safe_markdown(text))
        case _:
            return place.error(session_manager.safe_markdown(text), icon="🚫")


def put_step(place: Any, label: str, step: ToolStep) -> Any:  # noqa: ANN401
    """Draw a finished tool call as a collapsed line with its arguments and result inside."""
    expander = place.expander(label)
    expander.json(dict(step.args), expanded=2)
    if step.result:
        expander.json(dict(step.result), expanded=1)
    return expander


if __name__ == "__main__":
    draw()
else:
    set_up_logging()
    secret = cookie_secret(os.environ, HERE / ".streamlit")
    app = st.App(__file__, lifespan=lifespan, middleware=[Middleware(IdentityMiddleware, secret=secret)])
