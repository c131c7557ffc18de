"""A browser tab's side of Streamlit's protocol, without the browser.

It does what Streamlit 1.67's front end does on the wire, as far as a chat needs it: it fetches the document (and keeps
its cookies), opens the websocket, answers with the hashes of the messages that it holds, sends a chat submission as a
full run with the input's trigger value, and acts as the `streamlit_autorefresh` component: from the moment it is
mounted it sends its count at its interval, as a run of the fragment that mounted it, until a run leaves it out.
It draws nothing, and looks only at what is new in a text, so that hundreds fit. A text counts as seen when its message has
been decoded.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import re
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin, Subprotocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from streamlit.proto.Delta_pb2 import Delta
    from streamlit.proto.Element_pb2 import Element

STAMP = re.compile(r"⟦([^:⟧]+):([\d.]+)⟧")
FAILURES = (OSError, RuntimeError, LookupError, httpx.HTTPError, WebSocketException)
"""What a server that gives up, or a page without what it should have, shows a client with; a TimeoutError is an OSError."""
_KEPT = ("component_instance", "chat_input", "button", "bidi_component")
_EVENTS = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # the widget that a component's clicks come as
_GROWS = "vh-grows"  # the class of the row under an answer that grows
_DEEDS = re.compile(r'data-vibehuntr-do="([^"]*)"[^>]*>(.*?)</(?:a|button)>')  # what client.js tells, and the label
_TAG = re.compile("<[^>]*>")
_SHORT = 80  # characters of a text that counts as seen itself, as "Stopped." does


@dataclass(slots=True)
class _Mounted:
    element: Element
    fragment_id: str
    run_id: str


class StreamlitClient:
    """One session. `stamps` maps each stamp seen, in the order of its coming, to (seen at, sent at), both in seconds since the epoch."""

    def __init__(self, socket: ClientConnection, cookie: str = "", query: str = "", *, beat: float | None = None) -> None:
        """Talk over an open socket, from an address with that query; `beat`, in seconds, overrides autorefresh's interval."""
        self.stamps: dict[str, tuple[float, float]] = {}
        self.frames = 0  # messages that brought something new of an answer
        self.full_runs = 0  # of the whole page, not cut
        self.lost_ends = 0  # of those, of which Streamlit has not told the end
        self.is_drawing = False  # a run of the whole page goes on
        self.errors: list[str] = []  # tracebacks and error boxes
        self.cookie, self.query = cookie, query  # a reload brings both along
        self._socket = socket
        self._beat = beat
        self._mounted: dict[tuple[int, ...], _Mounted] = {}
        self._values: dict[str, WidgetState] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._cache: dict[str, ForwardMsg] = {}
        self._newest = "\0"  # the stamp that came last, as it stands in the text
        self._awaited: dict[str, asyncio.Event] = {}
        self._run_began = asyncio.Event()
        self._run_ended = asyncio.Event()
        self._polled = asyncio.Event()
        self._script_hash = self._run_id = self._heart = ""
        self._fragments: set[str] = set()

    # What a test does with it.

    async def submit(self, text: str) -> None:
        """Send a chat input's submission, as the Enter key does. Raises LookupError when the page has no input."""
        await self._rerun(trigger=self.typed(text))

    def typed(self, text: str) -> WidgetState:
        """Return what a submission sends. Raises LookupError when the page has no input."""
        trigger = WidgetState(id=self._find("chat_input").chat_input.id)
        trigger.chat_input_value.data = text
        return trigger

    async def click(self, label: str) -> None:
        """Press the first button, or follow the first link of client.js's, whose label holds the text. Raises LookupError for none."""
        if mounted := self._button(label):
            await self._rerun(mounted.fragment_id, WidgetState(id=mounted.element.button.id, trigger_value=True))
        else:
            await self._tell(self._deed(label))

    async def _tell(self, deed: str) -> None:
        """Tell the page's component what was clicked, as client.js does."""
        told = json.dumps([{"event": "act", "value": json.loads(deed)}])
        component = self._find("bidi_component").bidi_component
        await self._rerun(trigger=WidgetState(id=_EVENTS.format(component.id), json_trigger_value=told))

    def await_text(self, text: str) -> asyncio.Event:
        """Return what is set when a stamp, or a short text of just these words, comes the next time."""
        event = self._awaited[text] = asyncio.Event()
        return event

    async def saw(self, stamp: str, limit: float) -> None:
        """Wait until a stamp has come. Raises TimeoutError after `limit` seconds."""
        if stamp not in self.stamps:
            async with asyncio.timeout(limit):
                await self.await_text(stamp).wait()

    async def idle(self, limit: float) -> None:
        """Wait until no answer grows, at the end of a run of the whole page. Raises TimeoutError after `limit` seconds."""
        async with asyncio.timeout(limit):
            while any(_GROWS in mounted.element.html.body for mounted in self._mounted.values()):
                self._run_ended.clear()
                await self._run_ended.wait()

    async def ran(self, full_runs: int, limit: float) -> None:
        """Wait until so many full runs have ended. Raises TimeoutError after `limit` seconds."""
        async with asyncio.timeout(limit):
            while self.full_runs < full_runs:
                self._run_ended.clear()
                await self._run_ended.wait()

    async def poll(self, limit: float) -> None:
        """Ask for one run of the page's fragment, as a beat does, and wait for its end. Raises: TimeoutError."""
        self._polled.clear()
        await self._rerun(self._heart)
        async with asyncio.timeout(limit):
            await self._polled.wait()

    async def draw(self, limit: float) -> None:
        """Ask for one run of the whole page, and wait for its end. Raises: TimeoutError."""
        before = self.full_runs
        await self._rerun()
        await self.ran(before + 1, limit)

    async def begin_to_draw(self, limit: float) -> None:
        """Ask for one run of the whole page, and wait for its beginning. Raises: TimeoutError."""
        self._run_began.clear()
        await self._rerun()
        async with asyncio.timeout(limit):
            await self._run_began.wait()

    async def ready(self, limit: float) -> None:
        """Wait until the page shows a chat input. Raises TimeoutError after `limit` seconds, RuntimeError for a traceback."""
        async with asyncio.timeout(limit):
            while not any(m.element.WhichOneof("type") == "chat_input" for m in self._mounted.values()):
                if self.errors:
                    raise RuntimeError(self.errors[0])
                self._run_ended.clear()
                await self._run_ended.wait()

    async def rest(self, seconds: float) -> None:
        """Do nothing for so long, as a reader; the page's beats go on."""
        await asyncio.sleep(seconds)

    def delays_ms(self, name: str, after: int = 0, since: float = 0.0) -> list[float]:
        """Return sent-to-seen of the stamps `name`-N with N > after that were sent since then, in milliseconds."""
        numbered = self._numbered(name)
        return [(seen - sent) * 1000 for number, (seen, sent) in numbered if number > after and sent >= since]

    def whole(self, name: str, chunks: int) -> bool:
        """Whether the chunks 1 to `chunks` of an answer have come: each, and in their order."""
        return [number for number, _ in self._numbered(name)] == list(range(1, chunks + 1))

    def _numbered(self, name: str) -> list[tuple[int, tuple[float, float]]]:
        found = [(stamp.rpartition("-"), times) for stamp, times in self.stamps.items()]
        return [(int(number), times) for (of, _, number), times in found if of == name]

    # What a browser does by itself.

    async def run(self, typed: WidgetState | None = None) -> None:
        """Ask for the first run, with what was typed before it, and follow the server until the socket closes."""
        await self._rerun(trigger=typed)
        try:
            async for data in self._socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                self._receive(message)
        finally:
            for timer in self._timers.values():
                timer.cancel()

    async def _rerun(self, fragment_id: str = "", trigger: WidgetState | None = None) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self._script_hash
        state.fragment_id = fragment_id
        state.cached_message_hashes.extend(self._cache)
        state.context_info.timezone = "UTC"
        state.widget_states.widgets.extend(self._values.values())
        if trigger is not None:
            state.widget_states.widgets.append(trigger)
        await self._socket.send(message.SerializeToString())

    def _receive(self, message: ForwardMsg) -> None:
        if message.ref_hash:
            whole = ForwardMsg()
            whole.CopyFrom(self._cache[message.ref_hash])
            whole.metadata.CopyFrom(message.metadata)
            message = whole
        elif message.metadata.cacheable:
            self._cache[message.hash] = message
        match message.WhichOneof("type"):
            case "new_session":
                if self.is_drawing:  # a request that comes as a run ends can have Streamlit ignore the run's last event
                    self.lost_ends += 1
                    self._end_full_run()
                self._script_hash = message.new_session.page_script_hash
                self._run_id = message.metadata.run.script_run_id
                self._fragments = set(message.metadata.run.fragment_ids)
                self.is_drawing = not self._fragments
                if self.is_drawing:
                    self._run_began.set()
            case "delta":
                self._take(tuple(message.metadata.delta_path), message.delta)
            case "script_finished":
                self._finish(message.script_finished)
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case _:
                pass

    def _take(self, path: tuple[int, ...], delta: Delta) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind in _KEPT or _GROWS in element.html.body or _DEEDS.search(element.html.body):
            self._mounted[path] = _Mounted(element, delta.fragment_id, self._run_id)
        else:
            self._mounted.pop(path, None)
        if kind == "component_instance":
            self._heart = delta.fragment_id
            self._start_timer(element.component_instance.id)
        elif kind == "exception":
            self.errors.append(element.exception.message)
        elif kind == "alert":
            self.errors += [element.alert.body] if element.alert.format == Alert.ERROR else []
        else:
            self._scan(element.markdown.body or element.text.body or element.html.body)

    def _scan(self, text: str) -> None:
        """Note the stamps that are new: those after the newest one, or anywhere in a text that does not hold it."""
        now = time.time()
        if len(text) <= _SHORT:
            self._came(text)
        new = [found for found in STAMP.finditer(text, max(0, text.rfind(self._newest))) if found[1] not in self.stamps]
        for stamp in new:
            self.stamps[stamp[1]] = (now, float(stamp[2]))
            self._came(stamp[1])
        if new:
            self._newest = new[-1][0]
            self.frames += 1

    def _came(self, text: str) -> None:
        if event := self._awaited.pop(text, None):
            event.set()

    def _finish(self, status: ForwardMsg.ScriptFinishedStatus.ValueType) -> None:
        full = status == ForwardMsg.FINISHED_SUCCESSFULLY
        if full or status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self._mounted = {
                path: mounted
                for path, mounted in self._mounted.items()
                if mounted.run_id == self._run_id or not (full or mounted.fragment_id in self._fragments)
            }
            self._stop_stale_timers()
        if status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self._polled.set()
        self.is_drawing = False
        if full:
            self._end_full_run()

    def _end_full_run(self) -> None:
        self.full_runs += 1
        self._run_ended.set()

    def _deed(self, label: str) -> str:
        for mounted in self._mounted.values():
            for deed, inside in _DEEDS.findall(mounted.element.html.body):
                if label in html.unescape(_TAG.sub("", inside)):
                    return unquote(html.unescape(deed))
        raise LookupError(label)

    def _button(self, label: str) -> _Mounted | None:
        for mounted in self._mounted.values():
            if mounted.element.WhichOneof("type") == "button" and label in mounted.element.button.label:
                return mounted
        return None

    def _find(self, kind: str) -> Element:
        for mounted in self._mounted.values():
            if mounted.element.WhichOneof("type") == kind:
                return mounted.element
        raise LookupError(kind)

    def _component(self, component_id: str) -> _Mounted | None:
        for mounted in self._mounted.values():
            if mounted.element.component_instance.id == component_id:
                return mounted
        return None

    def _start_timer(self, component_id: str) -> None:
        mounted = self._component(component_id)
        beats = self._timers.get(component_id)
        if mounted is None or (beats and not beats.done()):  # done: its place was taken for a moment, by what stands there now
            return
        if "autorefresh" in mounted.element.component_instance.component_name:
            self._timers[component_id] = asyncio.create_task(self._tick(component_id))

    def _stop_stale_timers(self) -> None:
        for component_id in [id_ for id_ in self._timers if self._component(id_) is None]:
            self._timers.pop(component_id).cancel()
            self._values.pop(component_id, None)

    async def _tick(self, component_id: str) -> None:
        count = 0
        while mounted := self._component(component_id):
            interval = json.loads(mounted.element.component_instance.json_args)["interval"] / 1000
            await asyncio.sleep(self._beat or interval)
            mounted = self._component(component_id) or mounted
            count += 1
            self._values[component_id] = WidgetState(id=component_id, json_value=json.dumps(count))
            await self._rerun(mounted.fragment_id)


@asynccontextmanager
async def open_client(
    url: str, *, cookie: str = "", query: str = "", beat: float | None = None, typed: WidgetState | None = None
) -> AsyncGenerator[StreamlitClient, None]:
    """Open a session as a fresh browser would, or as one reloads, with its cookie and address; it is ready for input.

    With what was `typed` into an input it sends that first, as a page does whose connection was lost.
    Closed when the block is left. Raises: TimeoutError when the page shows no chat input within 60 s.
    """
    if not cookie:
        async with httpx.AsyncClient(timeout=60) as http:
            await http.get(url, headers={"Accept": "text/html"})  # the page gives its cookie to a document only
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    stream = url.replace("http", "ws", 1) + "/_stcore/stream"
    headers = {"Cookie": cookie} if cookie else {}
    limits: dict[str, Any] = {"max_size": None, "open_timeout": 60, "ping_interval": None}
    async with connect(stream, additional_headers=headers, origin=Origin(url), subprotocols=[Subprotocol("streamlit")], **limits) as ws:
        client = StreamlitClient(ws, cookie, query, beat=beat)
        follower = asyncio.create_task(client.run(typed))
        try:
            await client.ready(60)
            yield client
        finally:
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await follower
