"""What one browser session shows: its conversations, their messages, and how they are cut into pieces for the page.

A mapping is handed in (`st.session_state` on the page, a plain dict in a test); the manager touches it once, when it is
made, and works on plain Python after that. On the page every access to `st.session_state` is a point at which the script
may be cut off, so `submit` has none: the question, the entry of its answer and the start of its turn are one step.

What it guarantees: each message once, in order; the same text twice is two messages; a message is told from another by
its turn, never by its text. Other tabs of the same user see what this one does: `sync` takes over a conversation as the
process has it. It knows no Streamlit, no ADK and no threads: the runs of one page never overlap (`runner.fastReruns` is off).
"""

from __future__ import annotations

import itertools
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, cast

from playground.turn_log import (
    GROWING,
    Answer,
    Entry,
    FilePart,
    Floor,
    Message,
    Request,
    open_requests,
    replies_in,
    seats_of,
    sent_parts,
    shown_by,
)

WINDOW = 20  # messages drawn of a long conversation, at least; the rest is behind one control
BLOCK = 4_000  # characters of settled text in one Markdown element, so that a long answer is not redrawn whole
LISTED = 30  # conversations in the list, at first
AROUND = 4  # messages drawn around an early one that was asked for, on each side
_KEY = "vibehuntr"
Strategy = Literal["interrupt", "enqueue", "reject", "rollback"]
_STOPPING = 0.3  # seconds to wait for the end of an answer that has been replaced


class RunningTurn(Protocol):
    """What the manager needs of a turn; `agent_invoker.Turn` is one."""

    id: str
    message: str

    @property
    def ended(self) -> bool:
        """Whether the turn is over."""
        ...

    @property
    def stop_asked(self) -> bool:
        """Whether somebody has asked for it to stop."""
        ...

    def read(self, after: int = 0) -> list[Entry]:
        """Return the log's entries after a cursor."""
        ...

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until the turn is over."""
        ...


Start = Callable[[str, Sequence[Message]], RunningTurn]


@dataclass(frozen=True, slots=True)
class Confirmations:
    """What tools ask the user in a conversation: what may be answered now, and what was said to the rest, by id."""

    open: Mapping[str, Request] = field(default_factory=dict[str, Request])
    replies: Mapping[str, bool] = field(default_factory=dict[str, bool])


class Alternatives(Protocol):
    """What stands in a turn's place; `playground.branches.Alternatives` is one."""

    @property
    def questions(self) -> Sequence[Sequence[str]]:
        """The questions, each as the ids of the turns that ask it."""
        ...

    @property
    def question(self) -> int:
        """Which of the questions the turn asks, from 0."""
        ...

    @property
    def answer(self) -> int:
        """Which of the turns that ask it the turn is, from 0."""
        ...


class View(Protocol):
    """A conversation at one moment, as the process has it; `agent_invoker.View` is one."""

    @property
    def messages(self) -> Sequence[Message]:
        """The messages, in order."""
        ...

    @property
    def turns(self) -> Sequence[RunningTurn]:
        """The turns whose answers among them may still change."""
        ...

    @property
    def alternatives(self) -> Mapping[str, Alternatives]:
        """What stands in the place of a turn, by turn."""
        ...


@dataclass(slots=True)
class _Sum:
    """What messages come to that will not change: replies by request, tools' newest results by key, the newest meeting's seats.

    They are added once, not at every run; other messages than those that were added before are a new sum.
    """

    added: int = 0
    last: Message | None = None
    replies: dict[str, bool] = field(default_factory=dict[str, bool])
    newest: dict[str, Any] = field(default_factory=dict[str, Any])
    seats: Floor | None = None

    def add(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.replies |= replies_in([message])
            for part in message.parts:
                self.newest |= {key: found for key, found in shown_by(part).items() if found}
            self.seats = seats_of(message) or self.seats
            self.added, self.last = self.added + 1, message

    def copy(self) -> _Sum:
        return replace(self, replies=self.replies.copy(), newest=self.newest.copy())


@dataclass(slots=True)
class _Conversation:
    messages: list[Message] = field(default_factory=list[Message])
    turns: dict[str, RunningTurn] = field(default_factory=dict[str, RunningTurn])  # those not yet settled, by id
    alternatives: Mapping[str, Alternatives] = field(default_factory=dict[str, Alternatives])
    older_shown: int = 0
    sum: _Sum = field(default_factory=_Sum)

    @property
    def kept(self) -> int:
        """How many of the messages, from the first on, will not change: those before the turns that are not yet settled."""
        count = len(self.messages)
        while count and self.messages[count - 1].turn_id in self.turns:
            count -= 1
        return count


@dataclass(frozen=True, slots=True)
class Jump:
    """A message to show: its turn and role, the words to mark in it, and a number that no other jump has."""

    turn_id: str
    role: str = "user"
    words: str = ""
    number: int = field(default_factory=itertools.count().__next__)


@dataclass(slots=True)
class PageState:
    """What the page keeps from run to run.

    `revision` is the state of the user's conversations that is drawn, as a number that the process gives, and `again_at` when
    (`time.monotonic`) the page looks again for what could not be looked up; `is_new` until something has been shown; `strategy` is what
    new input does while an answer comes, in a conversation yet to be begun. `editing` is the turn whose question is being edited;
    `jump` the message that was asked for; `held` the files that wait for the next message; `discarded` the conversation that can be
    brought back, as id and title; `listed` how many the list shows; `begun` the turn that this page has seen begin last: its end is
    announced, no other's; `drawn` what was chosen when the page was drawn; `runner` whose run of the whole page has ended last, and
    `doubted_until` when (`time.monotonic`) the browser may lack its end; `is_next_again` if the next one is there to draw that again;
    `is_whole` once all of the page is drawn, and no answer grows; `has_input` once the input has been drawn: Streamlit calls back for no
    input that it does not know; `early` what was sent before that (a server that has just started, and a page that has been open since
    before).
    """

    revision: int = -1
    again_at: float = 0.0
    is_new: bool = True
    strategy: Strategy = "interrupt"
    editing: str = ""
    jump: Jump | None = None
    held: tuple[FilePart, ...] = ()
    discarded: tuple[str, str] | None = None
    listed: int = LISTED
    begun: str = ""
    drawn: tuple[object, ...] = ()
    runner: Callable[[], object] = lambda: None
    doubted_until: float = 0.0
    is_next_again: bool = False
    is_whole: bool = False
    has_input: bool = False
    early: Any = None


@dataclass(slots=True)
class _Record:
    user_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    open_id: str = ""
    page: PageState = field(default_factory=PageState)
    opened: int = 0
    drawn: int = 0
    drawn_hidden: int = 0
    drawn_count: int = 0
    drawn_side: int = 0
    conversations: dict[str, _Conversation] = field(default_factory=dict[str, _Conversation])
    agent: Any = None
    notice: str = ""


def _place(messages: Sequence[Message], message: Message) -> int:
    """Return where one of the messages stands; near the end, mostly."""
    return next(n for n in reversed(range(len(messages))) if messages[n] is message)


def _is_sound(record: object) -> bool:
    """Whether a record can be drawn. By shape, not by class: a reloaded module has new classes."""
    conversations = getattr(record, "conversations", None)
    if not isinstance(conversations, dict) or not getattr(record, "user_id", None):
        return False
    return all(_is_list_of_messages(getattr(c, "messages", None)) for c in cast("dict[str, object]", conversations).values())


def _is_list_of_messages(messages: object) -> bool:
    return isinstance(messages, list) and all(
        getattr(m, "role", None) in ("user", "assistant") and hasattr(m, "parts") for m in cast("list[object]", messages)
    )


class SessionManager:
    """Display history of one user's browser session; see the module for what it guarantees."""

    def __init__(self, session_state: MutableMapping[Any, Any] | None = None, user_id: str = "") -> None:
        """Find the record in the mapping, or begin one. A record that makes no sense is replaced, and `notice` says so.

        `user_id` is whoever the server knows this browser to be; without one, an unguessable id that ends with the mapping.
        A record of another user is replaced too.
        """
        state: MutableMapping[Any, Any] = {} if session_state is None else session_state
        record: _Record | None = state.get(_KEY)
        if record is None or not _is_sound(record) or (user_id and record.user_id != user_id):
            notice = "" if record is None or _is_sound(record) else "Session reset. Please start over."
            record = state[_KEY] = _Record(user_id=user_id or uuid.uuid4().hex, notice=notice)
        self._record = record

    # -- whose, and which -------------------------------------------------------------------------------------------

    @property
    def user_id(self) -> str:
        """Whose browser session this is: unguessable, never shared between people."""
        return self._record.user_id

    @property
    def open_id(self) -> str:
        """The id of the conversation on the page; empty before the first message of a new one."""
        return self._record.open_id

    @property
    def chosen(self) -> tuple[object, ...]:
        """What the user has chosen to see on this page: after a click it is another."""
        page = self.page
        opened, older_shown = self._record.opened, self._current.older_shown
        return (opened, page.strategy, page.editing, page.jump, page.held, page.discarded, page.listed, older_shown)

    @property
    def opened(self) -> int:
        """A number for the conversation on the page, another whenever another is opened; an empty page's goes on with its first message."""
        return self._record.opened

    def open(self, talk_session_id: str, load: Callable[[], Sequence[Message]] | None = None) -> None:
        """Show a conversation; `load` is asked for its messages if this browser session has not shown it before."""
        if talk_session_id not in self._record.conversations:
            self._record.conversations[talk_session_id] = _Conversation(list(load() if load else ()))
        self._show(talk_session_id)

    def _show(self, talk_session_id: str) -> None:
        if talk_session_id != self._record.open_id:
            self.page.editing, self.page.jump = "", None
            self._record.opened += 1
        self._record.open_id = talk_session_id

    def side(self) -> int:
        """Return 0 or 1, the other one whenever messages that were drawn have to go.

        That is: another conversation, a later window, fewer messages (an early one was edited, another branch opened, one that waits taken
        back).
        """
        record, hidden, count = self._record, self.hidden, self._reached() + len(self.waiting())
        if record.drawn != record.opened or record.drawn_hidden < hidden or count < record.drawn_count:
            record.drawn_side = 1 - record.drawn_side
        record.drawn, record.drawn_hidden, record.drawn_count = record.opened, hidden, count
        return record.drawn_side

    def new_conversation(self) -> None:
        """Show an empty page; the conversation gets its id with its first message."""
        self._show("")

    def reopen(self, talk_session_id: str) -> None:
        """Go on under a new id with what is shown: a conversation has begun, or the server no longer knows the old id."""
        shown = self._record.conversations.pop(self.open_id, _Conversation())
        self._record.conversations[talk_session_id] = shown
        self._record.open_id = talk_session_id

    def sync(self, view: View) -> None:
        """Show the open conversation as the process has it: what other tabs have typed too, and what they have rolled back.

        An answer that may still change is kept as its turn, and read from that.
        """
        current = self._current
        current.messages = list(view.messages)
        turns = {turn.id: turn for turn in view.turns}
        growing = {m.turn_id for m in view.messages if m.status in GROWING} if turns else set[str]()
        current.turns = {turn_id: turn for turn_id, turn in turns.items() if turn_id in growing}
        current.alternatives = view.alternatives

    @property
    def page(self) -> PageState:
        """What else the page keeps from run to run."""
        return self._record.page

    @property
    def _current(self) -> _Conversation:
        record = self._record
        return record.conversations.get(record.open_id) or record.conversations.setdefault(record.open_id, _Conversation())

    # -- messages ---------------------------------------------------------------------------------------------------

    def submit(self, text: str, start: Start, files: Sequence[FilePart] = ()) -> RunningTurn:
        """Take the user's message: start its turn, and append the question and the entry of its answer, in one step.

        `start` gets the text and the messages shown before it. If it raises, nothing was appended.
        """
        turn = start(text, tuple(self._settled_messages()))
        self._append("user", text, turn.id, files)
        self._append_answer(turn)
        return turn

    def resubmit(self, turn_id: str, start: Callable[[], RunningTurn]) -> RunningTurn:
        """Take another question, or the same again, in the place of an earlier one: what stood there and after it goes, in one step."""
        turn = start()
        messages = self._current.messages
        place = next((n for n, m in enumerate(messages) if m.turn_id == turn_id), len(messages))
        asked = [part for part in messages[place].parts if isinstance(part, FilePart)] if place < len(messages) else []
        del messages[place:]
        self._current.turns.clear()
        self._append("user", turn.message, turn.id, asked)
        self._append_answer(turn)
        return turn

    def reply(self, start: Callable[[], RunningTurn]) -> RunningTurn:
        """Take the user's yes or no: start the turn that goes on from it, and append the entry of its answer, in one step."""
        turn = start()
        self._append_answer(turn)
        return turn

    def _append_answer(self, turn: RunningTurn) -> None:
        messages = self._current.messages
        messages.append(Message(len(messages) + 1, turn.id, "assistant", (), "running", at=time.time()))
        self._current.turns[turn.id] = turn
        self.page.begun = turn.id

    def _append(self, role: Literal["user", "assistant"], content: str, turn_id: str, files: Sequence[FilePart] = ()) -> None:
        messages = self._current.messages
        messages.append(Message(len(messages) + 1, turn_id, role, sent_parts(content, files), at=time.time()))

    def running_turn(self) -> RunningTurn | None:
        """Return the turn of the live message until the page has settled it, running or just over."""
        live = self.live()
        return self._current.turns.get(live.turn_id) if live else None

    def live(self) -> Message | None:
        """Return the message that may still change, as it is kept: the last one, but for those that wait for its end."""
        messages, turns = self._current.messages, self._current.turns
        if not turns:
            return messages[-1] if messages else None
        open_ = [m for m in messages if m.role == "assistant" and m.turn_id in turns and not turns[m.turn_id].ended]
        going = [m for m in open_ if not turns[m.turn_id].stop_asked]
        return next(iter([*going, *open_, *messages[-1:]]), None)

    def waiting(self) -> list[Message]:
        """Return the questions that wait for the end of the live message, in order."""
        after = self._current.messages[self._reached() :]
        return [m for m in after if m.role == "user" and (turn := self.turn(m.turn_id)) and not turn.stop_asked]

    def _reached(self) -> int:
        """Return how many messages there are up to the live one, and with it."""
        live = self.live()
        return _place(self._current.messages, live) + 1 if live else 0

    def turn(self, turn_id: str) -> RunningTurn | None:
        """Return a turn of the open conversation that is not yet settled."""
        return self._current.turns.get(turn_id)

    def settle(self, turn: RunningTurn) -> bool:
        """Keep what a turn that is over came to as its message. True the first time: the page is due one redraw."""
        current = self._current
        if turn.id not in current.turns or not turn.ended:
            return False
        del current.turns[turn.id]
        for index, message in enumerate(current.messages):
            if message.turn_id == turn.id and message.role == "assistant":
                current.messages[index] = answer_message(message, Answer(turn.read()))
        return True

    def _settled_messages(self) -> list[Message]:
        """Return the messages, every answer as its turn's log has it now."""
        current = self._current
        for turn in list(current.turns.values()):
            self.settle(turn)
        return self._messages_now()

    def _messages_now(self, start: int = 0, *, but: RunningTurn | None = None) -> list[Message]:
        """Return the messages from `start`, those of turns not yet settled as their logs have them now, `but` one turn's as it is kept."""
        turns = self._current.turns
        return [
            answer_message(m, Answer(turn.read())) if m.role == "assistant" and (turn := turns.get(m.turn_id)) and turn is not but else m
            for m in self._current.messages[start:]
        ]

    def _sum(self, growing: Sequence[Message] | None = None) -> _Sum:
        """Return what the whole conversation comes to now; `growing` are the messages that are not kept, if they are at hand."""
        current = self._current
        messages, kept = current.messages, current.kept
        if current.sum.added > kept or (current.sum.added and messages[current.sum.added - 1] is not current.sum.last):
            current.sum = _Sum()
        current.sum.add(messages[current.sum.added : kept])
        whole = current.sum.copy()
        whole.add(self._messages_now(kept) if growing is None else growing)
        return whole

    def shown(self) -> list[Message]:
        """Return the messages to draw, up to the live one; older ones are behind `show_earlier`, later ones are `waiting`.

        An answer that a newer message has replaced ends within milliseconds; it is waited for, so that it is drawn as it
        stays. The window starts at a multiple of its size: a new message moves none of the others.
        """
        running = self.running_turn()
        replaced = [turn for turn in self._current.turns.values() if turn is not running and (turn.stop_asked or turn.ended)]
        for turn in replaced:
            if turn.wait_ended(_STOPPING):
                self.settle(turn)
        return self._messages_now(self.hidden, but=self.running_turn())[: max(0, self._reached() - self.hidden)]

    def begun_after(self, drawn: Sequence[Message]) -> list[Message] | None:
        """Return the messages of the turn that has begun since `drawn` were shown, or none; None if anything else has changed."""
        shown = self.shown()
        begun = shown[len(drawn) :]
        is_after = [(m.turn_id, m.role) for m in shown[: len(drawn)]] == [(m.turn_id, m.role) for m in drawn]
        return begun if is_after and len({m.turn_id for m in begun}) <= 1 else None

    def alternatives(self, turn_id: str) -> Alternatives | None:
        """Return what stands in a turn's place, or None if nothing else does."""
        return self._current.alternatives.get(turn_id)

    def glimpse(self) -> list[Message]:
        """Return the message that was asked for, with a few around it, if it stands before the window."""
        jump, messages = self.page.jump, self._current.messages[: self.hidden]
        place = next((n for n, m in enumerate(messages) if jump and (m.turn_id, m.role) == (jump.turn_id, jump.role)), None)
        return [] if place is None else messages[max(0, place - AROUND) : place + AROUND + 1]

    def is_asked(self, turn_id: str) -> bool:
        """Whether a turn of the open conversation has a question: one that goes on from a yes or no has none."""
        return any(m.turn_id == turn_id and m.role == "user" for m in reversed(self._current.messages))

    def is_running(self) -> bool:
        """Whether an answer is being written in the open conversation."""
        turn = self.running_turn()
        return turn is not None and not turn.ended

    def last_question(self) -> Message | None:
        """Return the last message of the user's that is shown, or None."""
        return next((m for m in reversed(self._current.messages[: self._reached()]) if m.role == "user"), None)

    def confirmations(self) -> Confirmations:
        """Return what tools ask the user, of the whole conversation."""
        kept = self._current.kept
        growing = self._messages_now(kept)
        return Confirmations(open_requests([*self._current.messages[:kept], *growing]), self._sum(growing).replies)

    def newest(self, key: str) -> Any:  # noqa: ANN401 - a tool's own JSON
        """Return what the newest tool result of the conversation that has this key says under it, or None."""
        return self._sum().newest.get(key)

    def seats(self) -> Floor | None:
        """Return how the seats of the conversation's newest meeting are, or were at its end; None if there was none."""
        return self._sum().seats

    @property
    def hidden(self) -> int:
        """How many messages stand before the window."""
        current = self._current
        start = max(0, (len(current.messages) - WINDOW) // WINDOW * WINDOW)
        return max(0, start - current.older_shown)

    def show_earlier(self) -> None:
        """Move the window's start back by one window."""
        self._current.older_shown += WINDOW

    # -- the documents' names ---------------------------------------------------------------------------------------

    def add_message(self, role: str, content: str) -> None:
        """Append a whole message. Raises: ValueError for a role other than user and assistant."""
        if role not in ("user", "assistant"):
            problem = f"role must be 'user' or 'assistant', not {role!r}"
            raise ValueError(problem)
        self._append("user" if role == "user" else "assistant", content, uuid.uuid4().hex)

    def get_messages(self, recent_only: bool = False, recent_count: int = 10) -> list[dict[str, str]]:  # noqa: FBT001, FBT002
        """Return `{"role", "content"}` of each message, in order; with `recent_only`, of the last `recent_count`."""
        messages = [{"role": m.role, "content": m.content} for m in self._settled_messages()]
        return messages[max(0, len(messages) - recent_count) :] if recent_only else messages

    def get_all_messages(self) -> list[dict[str, str]]:
        """Return `{"role", "content"}` of every message, in order."""
        return self.get_messages()

    def clear_messages(self) -> None:
        """Forget the open conversation's messages, on this page only."""
        self._record.conversations[self.open_id] = _Conversation()

    def should_show_history_button(self, recent_count: int = 10) -> bool:
        """Whether there are messages before the last `recent_count`."""
        return len(self._current.messages) > recent_count

    def get_older_messages(self, recent_count: int = 10) -> list[dict[str, str]]:
        """Return `{"role", "content"}` of the messages before the last `recent_count`."""
        messages = self.get_messages()
        return messages[: max(0, len(messages) - recent_count)]

    def get_agent(self) -> Any:  # noqa: ANN401 - whatever was set
        """Return what `set_agent` was given, or None."""
        return self._record.agent

    def set_agent(self, agent: Any) -> None:  # noqa: ANN401
        """Keep an agent for this browser session."""
        self._record.agent = agent

    # -- notices ----------------------------------------------------------------------------------------------------

    def notify(self, text: str) -> None:
        """Have the next draw tell the user something, once."""
        self._record.notice = text

    @property
    def has_notice(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._record.notice)

    def take_notice(self) -> str:
        """Return what there is to tell, and forget it."""
        notice, self._record.notice = self._record.notice, ""
        return notice


def answer_message(message: Message, answer: Answer) -> Message:
    """Return an answer's message as its turn's log has it."""
    return Message(
        message.seq,
        message.turn_id,
        message.role,
        tuple(answer.parts),
        answer.status,
        answer.error,
        message.at,
        tuple(answer.notices),
        message.feedback,
        answer.floor,
    )


# -- text, made safe and cut into blocks ---------------------------------------------------------------------------------

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:.*?[^`])??\1(?!`)", re.DOTALL)
_LIVE_SIGNS = re.compile(r"!(?=\[)|\$")
_MARKS = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~$:&@]|(?<=\d)\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """Replace control characters other than tab and newline with the sign for what cannot be shown."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def literal(text: str) -> str:
    """Return a line of text as Markdown that shows it to the letter."""
    return _MARKS.sub(r"\\\g<0>", " ".join(printable(text).split()))


def safe_markdown(text: str) -> str:
    """Return Markdown that fetches nothing: images become text, and `$` is a dollar, not LaTeX. Code stays as it is."""
    return "".join(text if is_code else _without_live_signs(text) for is_code, text in _fenced(printable(text)))


def _without_live_signs(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for span in _CODE_SPAN.finditer(text):
        pieces += [_LIVE_SIGNS.sub(r"\\\g<0>", text[end : span.start()]), span.group()]
        end = span.end()
    return "".join([*pieces, _LIVE_SIGNS.sub(r"\\\g<0>", text[end:])])


def _fenced(text: str) -> Iterator[tuple[bool, str]]:
    """Cut a text into stretches outside and inside of fenced code, fences included, line by line."""
    fence, stretch = "", list[str]()
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            yield False, "".join(stretch)
            fence, stretch = mark.group(1), [line]
            continue
        stretch.append(line)
        if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
            yield True, "".join(stretch)
            fence, stretch = "", []
    yield bool(fence), "".join(stretch)


def blocks(text: str, size: int = BLOCK) -> list[str]:
    """Cut a text at blank lines outside of fenced code into blocks of at least `size` characters; joined, they are the text.

    A settled block never changes as the text grows, so the browser draws it once.
    """
    if len(text) <= size:
        return [text]
    cut: list[str] = []
    block: list[str] = []
    length = 0
    for is_code, stretch in _fenced(text):
        for line in [stretch] if is_code else stretch.splitlines(keepends=True):
            block.append(line)
            length += len(line)
            if length >= size and not is_code and line.endswith("\n") and not line.strip():
                cut.append("".join(block))
                block, length = [], 0
    return [*cut, "".join(block)] if block else cut
