"""The log of one turn, and what a reader makes of it.

A turn writes what happens into a `TurnLog`; any number of pages read it. What it guarantees:

1. Append-only: `read(after)` returns the entries after a cursor and consumes nothing.
2. The cursor belongs to the reader; 0 means from the start. `Entry.seq` is the cursor of that entry.
3. Exactly one terminal entry (`done`, `cancelled` or `failed`); whatever is written later is refused.
4. Delivery may repeat; display is exactly once, because an `Answer` is a fold over the entries.
5. Bounded: text beyond the limit is refused with `LogFull`, and what fits is kept.
6. Readers never slow the writer: it holds the lock for one list append.

What it does not do: it does not know ADK or Streamlit, it stores nothing, and it never compares texts.
Standard library only, so that the page, the invoker and the meetings can all build on it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

Kind = Literal[
    "queued",  # the turn waits in line; its text says for what
    "started",  # a worker took the turn
    "partial",  # a piece of a text that grows: appended to the text of the same key
    "final",  # a whole text: replaces the pieces of the same key
    "tool_call",
    "tool_result",  # its text is "stopped" when the turn ended before the tool came back
    "file",  # a file in the answer itself: its text is the name, its data the type and the bytes
    "saved",  # a file that the agent saved in the artifact service: its text is the name, its data the version
    "asked",  # a tool call waits for the user's yes or no: its key is the question's id
    "replied",  # what the user said to that, "yes" or "no"
    "contribution",  # what a seat of a meeting has said: its text is the words, its data a `Contribution`'s other fields
    "floor",  # who is waited for in a meeting, and how its seats are: its data is a `Floor`; no session keeps it
    "stopping",  # somebody asked for a stop, and what the turn has begun is being closed
    "notice",  # something the user should know that is no part of the answer
    "done",
    "cancelled",
    "failed",
]
Status = Literal["queued", "running", "stopping", "done", "cancelled", "failed"]
GROWING: frozenset[Status] = frozenset({"queued", "running", "stopping"})
_DRAWN = ("view", "card", "replies")  # of a tool's result
TERMINAL: frozenset[Kind] = frozenset({"done", "cancelled", "failed"})
ACTS: Mapping[str, str] = {
    "say": "",
    "propose": "proposes",
    "accept": "agrees",
    "decline": "cannot",
    "pass": "passes",
    "left": "leaves",
    "failed": "failed",
    "decided": "decides",
}
"""What a seat of a meeting may do, as a verb."""


T = TypeVar("T")
Bell = Callable[[Any], None]


class LogFull(Exception):  # noqa: N818 - a limit that was reached, named as such
    """The log has outgrown its limit; what fitted stands in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a turn's log. `key` is the id of the text or of the tool call; `at` is in seconds since the epoch.

    `seq` is the entry's place in the log, from 1; the log sets it, and `at` where it is 0.
    """

    kind: Kind
    key: str = ""
    author: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: float = 0.0
    seq: int = 0


class Log(Generic[T]):
    """An append-only log with many readers, each with a cursor of its own, and a last entry after which nothing is written.

    The subclasses say what an entry is, what may be written, and which entry is the last.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: list[T] = []
        self._grown = threading.Condition()
        self._closed = False
        self._bells: list[Bell] = []

    @property
    def closed(self) -> bool:
        """Whether the last entry has been written."""
        return self._closed

    def __len__(self) -> int:
        """Count the entries; that is also the cursor of the newest."""
        return len(self._entries)

    def read(self, after: int = 0) -> list[T]:
        """Return the entries after a cursor (0: all of them). Consumes nothing, takes no lock."""
        return self._entries[after:]

    def wait(self, after: int, timeout: float) -> bool:
        """Wait at most `timeout` seconds for entries after the cursor; True if there are some or the log is closed."""
        with self._grown:
            return self._grown.wait_for(lambda: len(self._entries) > after or self._closed, timeout)

    def ring(self, bell: Bell) -> Callable[[], None]:
        """Have `bell` called with each new entry, in order, by its writer and under the lock: it must return at once.

        Returns: what stops it. There is no entry between the log's length at the call and the first that rings.
        """
        with self._grown:
            self._bells = [*self._bells, bell]

        def stop() -> None:
            with self._grown:
                self._bells = [other for other in self._bells if other is not bell]

        return stop

    def _add(self, entry: T, *, last: bool) -> None:
        """Write an entry and wake the readers; with the lock held."""
        self._entries.append(entry)
        self._closed = last
        self._grown.notify_all()
        for bell in self._bells:
            bell(entry)


class TurnLog(Log[Entry]):
    """The log of a turn: bounded, with one terminal entry (guarantees: see the module)."""

    def __init__(self, limit: int = 2_000_000) -> None:
        """Bound the text of the log to `limit` characters."""
        super().__init__()
        self.limit = limit
        self._size = 0

    def append(self, entry: Entry) -> Entry | None:
        """Write one entry and wake the readers.

        Returns: the entry as it stands in the log, or None when the log already has its terminal entry (a late writer
            writes to nobody).
        Raises: LogFull when a piece of text does not fit; as much of it as fits is written. Whole texts are kept whole, whatever
            their size: the agent's memory already holds them.
        """
        with self._grown:
            if self._closed:
                return None
            room = self.limit - self._size
            text = entry.text[:room] if entry.kind == "partial" else entry.text
            written = replace(entry, text=text, seq=len(self._entries) + 1, at=entry.at or time.time())
            if entry.kind == "partial":
                self._size += len(text)
            if text or not entry.text:
                self._add(written, last=entry.kind in TERMINAL)
            if len(text) < len(entry.text):
                raise LogFull
            return written


@dataclass(slots=True, eq=False)
class TextPart:
    """Text by one author; `final` once the whole text has come. Equal parts say the same, in however many pieces."""

    key: str
    author: str
    final: bool = False
    pieces: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """The text so far."""
        if len(self.pieces) > 1:
            self.pieces[:] = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    def __eq__(self, other: object) -> bool:
        """Compare what is said, not how it came."""
        if not isinstance(other, TextPart):
            return NotImplemented
        return (self.key, self.author, self.final, self.text) == (other.key, other.author, other.final, other.text)

    __hash__ = None  # type: ignore[assignment]  # it grows


@dataclass(slots=True)
class ToolStep:
    """One tool call: its arguments and, once it has come back, its result and its duration in seconds."""

    call_id: str
    name: str
    args: Mapping[str, Any]
    started_at: float
    result: Mapping[str, Any] | None = None
    seconds: float | None = None
    stopped: bool = False

    @property
    def details(self) -> dict[str, Any]:
        """The result without what the page draws beside it."""
        return {key: value for key, value in (self.result or {}).items() if key not in _DRAWN}


@dataclass(frozen=True, slots=True)
class Request:
    """A tool call that is run only if the user says yes. `request_id` is the question's id, `call_id` the call's.

    `payload` is what the tool proposes to be given with the yes.
    """

    request_id: str
    call_id: str
    name: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    hint: str = ""
    payload: Any = None
    author: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the user said to a request; the first part of the answer that goes on from there."""

    request: Request
    confirmed: bool


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file that was sent with a message, or that came in an answer. `mime` is its type as in "image/png"."""

    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that the agent saved: its name and version in ADK's artifact service."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a seat of a meeting has said, and what it means: one of `ACTS`. `key` is the id of its event.

    An "opening" and a "conclusion" are the meeting's own: their words are a text of their own, and they only bring `data`.
    """

    key: str
    seat: str
    kind: str
    words: str = ""
    topic: str = ""
    grade: float | None = None
    at: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_said(self) -> bool:
        """Whether a seat has said it."""
        return self.kind in ACTS

    @property
    def is_probe(self) -> bool:
        """Whether it answers one of the chair's many quick questions."""
        return self.is_said and bool(self.data.get("probe"))

    @property
    def act(self) -> str:
        """What the seat does with it, as a verb; empty where it just speaks."""
        return "gives way" if self.kind == "accept" and self.data.get("gives_way") else ACTS.get(self.kind, "")

    @property
    def line(self) -> str:
        """The contribution as one line of a transcript; empty for what is not worth one."""
        if not self.is_said or self.is_probe:
            return ""
        if self.kind == "failed":
            return f"{self.seat} {self.words or self.act}"
        return f"{self.seat}: {self.words or self.act}"


@dataclass(frozen=True, slots=True)
class Floor:
    """The state of a meeting at one moment: the seats that are waited for, and the health of all (`meetings.seat.Health`, as JSON)."""

    seats: Sequence[str] = ()
    health: Sequence[Mapping[str, Any]] = ()


Part = TextPart | ToolStep | Request | Reply | FilePart | SavedFile | Contribution


def seats_in(told: object) -> list[Mapping[str, Any]]:
    """Return how the seats of a meeting are, of what an event says of it; strangers may have written that."""
    return [seat for seat in told if isinstance(seat, Mapping)] if isinstance(told, list | tuple) else []


def shown_by(part: Part) -> Mapping[str, Any]:
    """Return what a tool has found, or what a contribution brings: what is drawn of it stands there by its name."""
    if isinstance(part, ToolStep):
        return part.result or {}
    return part.data if isinstance(part, Contribution) else {}


def content_of(parts: Iterable[Part]) -> str:
    """Return the texts joined as they came, and what was said in a meeting as lines among them."""
    said, was_line = "", False
    for part in parts:
        text = part.line if isinstance(part, Contribution) else part.text if isinstance(part, TextPart) else ""
        if not text:
            continue
        is_line = isinstance(part, Contribution)
        apart = "\n" if is_line and was_line else "\n\n" if is_line or was_line else ""
        said, was_line = f"{said}{apart if said else ''}{text}", is_line
    return said


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the user thinks of an answer: 1 is thumbs up, 0 is down, None is nothing any more."""

    rating: int | None
    words: str = ""


class Answer:
    """What a reader shows of a turn: the fold of its log's entries, in order, each entry at most once."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """Fold the entries given, if any."""
        self.parts: list[Part] = []
        self.notices: list[str] = []
        self.status: Status = "running"
        self.error = ""
        self.floor: Floor | None = None
        self.cursor = 0
        self._texts: dict[str, TextPart] = {}
        self._steps: dict[str, ToolStep] = {}
        self._confirmations: set[tuple[str, str]] = set()
        self._contributions: set[str] = set()
        self.extend(entries)

    @property
    def text(self) -> str:
        """All of the answer's text, its parts joined as they came."""
        return content_of(self.parts)

    @property
    def ended(self) -> bool:
        """Whether the terminal entry has been folded."""
        return self.status in TERMINAL

    @property
    def unfinished_texts(self) -> list[TextPart]:
        """The texts whose whole version never came."""
        return [part for part in self._texts.values() if not part.final and part.text]

    @property
    def open_steps(self) -> list[ToolStep]:
        """The tool calls that have not come back."""
        return [step for step in self._steps.values() if step.result is None]

    def extend(self, entries: Iterable[Entry]) -> None:
        """Fold more entries; those at or before `cursor` were folded already and change nothing."""
        for entry in entries:
            if entry.seq > self.cursor:
                self.cursor = entry.seq
                self.fold(entry)

    def fold(self, entry: Entry) -> None:
        """Fold one entry, wherever it comes from."""
        match entry.kind:
            case "partial" | "final":
                self._fold_text(entry)
            case "tool_call" | "tool_result":
                self._fold_step(entry)
            case "asked" | "replied":
                self._fold_confirmation(entry)
            case "file" | "saved":
                self._fold_file(entry)
            case "contribution" | "floor":
                self._fold_meeting(entry)
            case "notice":
                self.notices.append(entry.text)
            case "queued" | "started" | "stopping" | "done" | "cancelled" | "failed":
                self._fold_status(entry.kind, entry.text)

    def _fold_status(self, kind: Kind, text: str) -> None:
        match kind:
            case "queued":
                self.status, self.error = "queued", text
            case "started":
                self.status, self.error = "running", ""
            case "stopping":
                self.status = "stopping"
            case "done" | "cancelled" | "failed":
                self.status, self.error, self.floor = kind, text, None
            case _:
                pass

    def _fold_text(self, entry: Entry) -> None:
        part = self._texts.get(entry.key)
        if part is None:
            part = self._texts[entry.key] = TextPart(entry.key, entry.author)
            self.parts.append(part)
        if part.final:
            return
        if entry.kind == "final":
            part.final = True
            part.pieces.clear()
        part.pieces.append(entry.text)

    def _fold_step(self, entry: Entry) -> None:
        step = self._steps.get(entry.key)
        if step is None and entry.kind == "tool_call":
            step = self._steps[entry.key] = ToolStep(entry.key, entry.text, entry.data, entry.at)
            self.parts.append(step)
        elif step is not None and step.result is None and entry.kind == "tool_result":
            step.result = entry.data
            step.stopped = entry.text == "stopped"
            step.seconds = max(0.0, entry.at - step.started_at)

    def _fold_file(self, entry: Entry) -> None:
        if entry.kind == "file":
            self.parts.append(FilePart(entry.text, entry.data["mime"], entry.data["data"]))
        else:
            self.parts.append(SavedFile(entry.text, entry.data["version"]))

    def _fold_meeting(self, entry: Entry) -> None:
        if entry.kind == "floor":
            self.floor = Floor(**entry.data)
        elif entry.key not in self._contributions:
            self._contributions.add(entry.key)
            said = Contribution(entry.key, words=entry.text, at=entry.at, **entry.data)
            self.parts.append(said)
            if said.kind == "conclusion":
                self.floor = None
            elif self.floor:  # whoever has spoken is not waited for any more
                self.floor = replace(self.floor, seats=[seat for seat in self.floor.seats if seat != said.seat])

    def _fold_confirmation(self, entry: Entry) -> None:
        if (entry.kind, entry.key) in self._confirmations:
            return
        self._confirmations.add((entry.kind, entry.key))
        request = Request(entry.key, **entry.data)
        if entry.kind == "asked":
            self._show_request(request)
        else:
            self._show_reply(Reply(request, entry.text == "yes"), entry.at)

    def _show_request(self, request: Request) -> None:
        """Show the question in the place of its call, which has not been made yet."""
        step = self._steps.pop(request.call_id, None)
        place = next((index for index, part in enumerate(self.parts) if part is step), len(self.parts))
        self.parts[place : place + 1] = [request]

    def _show_reply(self, reply: Reply, at: float) -> None:
        """Show what was said; with a yes the call is made, and its result will come."""
        self.parts.append(reply)
        if reply.confirmed:
            request = reply.request
            step = self._steps[request.call_id] = ToolStep(request.call_id, request.name, request.args, at)
            self.parts.append(step)


def request_data(request: Request) -> dict[str, Any]:
    """Return a request as the data of an entry whose key is its id."""
    data = asdict(request)
    del data["request_id"]
    return data


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the page shows it and as `get_messages` returns it.

    `seq` counts a conversation's messages from 1; `turn_id` is shared by a question and its answer; `at` is in
    seconds since the epoch; `error` says why an answer failed, waits, or was stopped by anything but its user, and may be
    shown as it stands. `floor` is the state of the meeting that is being held in it.
    """

    seq: int
    turn_id: str
    role: Literal["user", "assistant"]
    parts: Sequence[Part]
    status: Status = "done"
    error: str = ""
    at: float = 0.0
    notices: Sequence[str] = ()
    feedback: Feedback | None = None
    floor: Floor | None = None

    @property
    def content(self) -> str:
        """The message's text, its parts joined."""
        return content_of(self.parts)

    @property
    def files(self) -> list[FilePart]:
        """The files that were sent with it, or that came in it."""
        return [part for part in self.parts if isinstance(part, FilePart)]


def seats_of(message: Message) -> Floor | None:
    """Return how the seats of a message's meeting are, or were when it ended; None if there is nothing to tell."""
    if message.floor and message.floor.health:
        return message.floor
    told = (part.data.get("health") for part in reversed(message.parts) if isinstance(part, Contribution) and part.kind == "conclusion")
    health = seats_in(next(told, None))
    return Floor((), health) if health else None


def plain_text(text: str) -> tuple[TextPart]:
    """Wrap a text that is whole from the start, such as what the user typed, as a message's parts."""
    return (TextPart("", "", final=True, pieces=[text]),)


def sent_parts(text: str, files: Sequence[FilePart] = ()) -> tuple[Part, ...]:
    """Return what the user sent as a message's parts: the files, then the text, if there is one."""
    return (*files, *(plain_text(text) if text or not files else ()))


def open_requests(messages: Sequence[Message]) -> dict[str, Request]:
    """Return what may still be answered, by id: asked since the user last typed, in an answer that has ended, not replied to.

    While an answer is being written there is nothing; a stop closes what was asked before it.
    """
    asked: dict[str, Request] = {}
    replied: set[str] = set()
    for message in reversed(messages):
        if message.status in GROWING:
            return {}
        if message.role == "user" or message.status == "cancelled":
            break
        replied |= {part.request.request_id for part in message.parts if isinstance(part, Reply)}
        if message.status == "done":
            asked |= {part.request_id: part for part in message.parts if isinstance(part, Request)}
    return {request_id: request for request_id, request in asked.items() if request_id not in replied}


def replies_in(messages: Iterable[Message]) -> dict[str, bool]:
    """Return what was said to each request that was answered, by its id."""
    return {part.request.request_id: part.confirmed for message in messages for part in message.parts if isinstance(part, Reply)}
