"""Conversations that leave this program, and that come back: as ADK sessions; and as eval sets.

What it guarantees of a session's file (`session_json`, `read_session`):

- `adk web` imports it: what it refuses (actions, ADK's own calls) stands in the events' metadata, under `vibehuntr_` keys, where
  `read_session` finds it. Its name there is the title.
- It comes back as it was: written, read, stored and written again, it is the same to the byte.
- It holds one conversation and nothing of its user: no id, no `user:`, `app:` or `temp:` state, not even inside other state, and none
  of our own bookkeeping.
- It has only what was said and what still holds: no turn that was taken back, no call without its answer and no answer without its
  call, and a question for a yes or no only together with the reply and with what came of it. A question that is still open becomes
  what it is when one goes on to something else: the call, and ADK's note that it was not made.
- A file that is read is not trusted: it is looked at before it is parsed, unknown fields and unknown metadata are left out, and what
  does not fit is refused with an `ImportRefused` that names the event. Nothing that was read makes a tool run: no question is open in it.

Both directions go through the same `_carried`, so what one would refuse to carry the other never has.

What it does not carry: artifacts (so no record of them either), files that are named by an address (whoever reads one would fetch it
with this program's key), ADK's summaries of older events (these are all there, and the model is to be given what the page shows),
state of ADK's own (`_adk`: it can replace the model), usage counts and grounding. Times never go back in it: databases sort by them.
A result's `view` and `card`, which the page draws, are what the file says.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, cast

from google.adk.events import Event
from google.adk.sessions import Session
from google.adk.tools.tool_confirmation import ToolConfirmation
from google.genai import types
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python

from playground.branches import ADKS_NAME, BOOKKEEPING, SHARED
from playground.errors import ABORTED, ImportRefused
from playground.history import BEGAN, CONFIRMATION, ERROR, FEEDBACK, FORGOTTEN, MEETING, OUTCOME, TURN, WHOLE, asked_in
from playground.session_store import storable
from playground.turn_log import ACTS

_ACTIONS = "vibehuntr_actions"  # metadata in a file: what the event did, which adk web takes from nobody
_CONTENT = "vibehuntr_content"  # and all of its content, if ADK's own calls are in it
_ADKS_OWN = ("adk_request_confirmation", "adk_request_credential", "adk_request_input")  # names that adk web takes from nobody
_BOOKS = (*BOOKKEEPING, "_adk")  # state that is the session's own, but none of the agent's
_ADK_WEBS_USER = "user"
_LATEST = 253_370_764_800.0  # the year 9999: what no calendar shows is no time
_TITLE_CHARACTERS = 200
_WORDS = 10_000  # characters of an error or of a feedback
_ABOUT_A_MEETING = 200_000  # characters of what an event says of one, as JSON
_SEATS = 100  # of one, at most
_COUNTABLE = 1e12
_OF_MEETINGS = (*ACTS, "opening", "conclusion")
_DIGITS = 300  # of a number; more are not a float, and 4,300 not even an int
_QUOTED = 40

if TYPE_CHECKING:
    from google.adk.evaluation.eval_case import Invocation

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read: its bytes, how deep and how many its values are, its events, their parts, the bytes of its state."""

    bytes: int = 20_000_000
    depth: int = 50
    values: int = 1_000_000
    events: int = 20_000
    parts: int = 100_000
    state: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """A conversation that was read and is stored nowhere: make a session of this state, and append these events to it."""

    title: str
    state: Json
    events: list[Event]


# -- a session's file ----------------------------------------------------------------------------------------------------


def session_json(session: Session, title: str) -> str:
    """Return the conversation as the JSON of an ADK session, for `adk web` and for `read_session`."""
    state = _own(_dumped(session.state))
    if title := one_line(title)[:_TITLE_CHARACTERS].rstrip():
        state[ADKS_NAME] = {"displayName": title}
    events = _events_of(session)
    written = [_written(event) for event in events]
    name = hashlib.sha256(json.dumps([state, written]).encode()).hexdigest()[:32]
    about = {"id": name, "appName": session.app_name, "userId": _ADK_WEBS_USER}
    last = events[-1].timestamp if events else 0.0
    return json.dumps({**about, "state": state, "events": written, "lastUpdateTime": last}, indent=2, ensure_ascii=False, allow_nan=False)


def read_session(data: bytes, app_name: str, limits: Limits = Limits()) -> Imported:
    """Read a file that `session_json` or `adk web` has written; with an empty `app_name`, of whatever agent.

    Raises: ImportRefused.
    """
    file = _checked(_parsed(data, limits), app_name, limits)
    state, read = file.get("state") or {}, [_read(raw, number) for number, raw in enumerate(file["events"], 1)]
    _check_ids(read)
    if sum(len(event.pieces) for event in read) > limits.parts:
        raise ImportRefused(f"There are more than {limits.parts:,} parts in the events of this file. Choose a shorter conversation.")
    events = _carried(read)
    if not any(event.content for event in events):
        raise ImportRefused("There are no messages in this file. Export the conversation again, and choose that file.")
    named = state.get(ADKS_NAME)
    title = named.get("displayName") if isinstance(named, dict) else ""
    title = one_line(title)[:_TITLE_CHARACTERS].rstrip() if isinstance(title, str) else ""
    numbers = {event.id: number for number, event in enumerate(read, 1)}
    return Imported(title, _own(state), [_made(event, numbers[event.id]) for event in events])


def _own(state: Mapping[str, Any]) -> Json:
    """Return what of a state is the conversation's own, in an order that no store changes."""
    return {key: _unshared(state[key]) for key in sorted(state) if not key.startswith((*SHARED, *_BOOKS))}


def _unshared(value: Any) -> Any:  # noqa: ANN401 - JSON in, the same out
    """Leave out state of the user's at any depth: the planner's undo holds some, and would write it over the reader's."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in cast("Json", value).items() if not key.startswith(SHARED)}
    return [_unshared(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON in, the same out
    """Return a value as a file and a database keep it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {plain(str(key)): plain(item) for key, item in cast("Json", value).items()}
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None  # SQLite has no -0.0
    return [plain(item) for item in cast("Sequence[Any]", value)] if isinstance(value, list | tuple) else value


def _dumped(value: Json) -> Json:
    """Return as JSON what an agent's tools may have made of anything."""
    return plain(to_jsonable_python(plain(value), serialize_unknown=True, bytes_mode="base64"))


def one_line(text: str) -> str:
    """Return a text with every run of white space as one space."""
    return " ".join(plain(text).split())


# -- what a file is, before it is looked at as a session -------------------------------------------------------------------


def _parsed(data: bytes, limits: Limits) -> Any:  # noqa: ANN401 - any JSON
    """Parse a file that was looked at first: neither its depth nor its numbers can hurt the parser."""
    if len(data) > limits.bytes:
        raise ImportRefused(f"The file is larger than {limits.bytes // 1_000_000:,} MB. Choose a smaller one.")
    try:
        text = data.decode("utf-8-sig")
        _check_shape(text, limits)
        return plain(json.loads(text, parse_constant=_no_number, parse_float=_float, parse_int=_int))
    except ValueError as error:
        raise ImportRefused("This file is not JSON, or not all of it. Export the conversation again, and choose that file.") from error


def _check_shape(text: str, limits: Limits) -> None:
    """Refuse what is too deep or too much, without a parser: strings out, then as many layers of brackets as may be.

    What is left of a whole file is deeper than that; what is left of a broken one is parsed only if that is as shallow.
    """
    bare = re.sub(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', "", text, flags=re.DOTALL)
    if sum(map(bare.count, ",[{")) > limits.values:
        raise ImportRefused(f"There are more than {limits.values:,} values in this file. Choose a smaller one.")
    brackets = re.sub(r"[^][{}]++", "", bare).translate(str.maketrans("{}", "[]"))
    for _ in range(limits.depth):
        brackets = brackets.replace("[]", "")
    if len(brackets) > limits.depth or "[]" in brackets:
        raise ImportRefused(
            f"The values in this file are nested in more than {limits.depth} layers: that is no conversation. Choose another."
        )


def _no_number(word: str) -> NoReturn:
    raise ImportRefused(f"There is {word} in this file, where a number should be. Export the conversation again, and choose that file.")


def _float(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number("a number without end")


def _int(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS else _no_number("a number without end")


def _checked(file: Any, app_name: str, limits: Limits) -> Json:  # noqa: ANN401 - any JSON
    """Return the file as an object with a state and events of the right kind and size."""
    if not isinstance(file, dict):
        raise ImportRefused
    file = cast("Json", file)
    if "eval_cases" in file or "evalCases" in file:
        raise ImportRefused("This is an eval set, not a conversation. It is for `adk eval`; choose an exported conversation.")
    _check_agent(file.get("appName", file.get("app_name")), app_name)
    events, state = file.get("events"), file.get("state")
    if not isinstance(events, list) or not events:
        raise ImportRefused(
            "There are no events in this file, so it is not a conversation. Choose one that this page or adk web has exported."
        )
    if len(cast("list[Any]", events)) > limits.events:
        raise ImportRefused(f"There are more than {limits.events:,} events in this file. Choose a shorter conversation.")
    if not isinstance(state, dict | None):
        raise ImportRefused('The "state" of this file is not an object. Export the conversation again, and choose that file.')
    if len(json.dumps(state)) > limits.state:
        raise ImportRefused(f"What the agent has noted in this file is larger than {limits.state // 1000:,} kB. Choose another file.")
    return file


def _check_agent(name: object, app_name: str) -> None:
    if name is not None and not isinstance(name, str):
        raise ImportRefused('The "appName" of this file is not a name. Export the conversation again, and choose that file.')
    if app_name and name and name != app_name:
        told = one_line(name)[:_QUOTED]
        raise ImportRefused(
            f'This conversation is with the agent "{told}", and here you talk to "{app_name}". Import it where that agent is.'
        )


# -- an event in a file ----------------------------------------------------------------------------------------------------


class _Known(BaseModel):
    """Only what is named below is read: the rest of a file is left out."""

    model_config = ConfigDict(extra="ignore", strict=True, alias_generator=to_camel, populate_by_name=True)


_Time = Annotated[float, Field(ge=0, le=_LATEST, allow_inf_nan=False)]
_Key = Annotated[str, Field(max_length=128)]  # as long as ADK's databases take them
_Name = Annotated[str, Field(max_length=256)]


class _Blob(_Known):
    mime_type: str | None = None
    data: str | None = None  # base64, which is read when the event is made
    display_name: str | None = None


class _Call(_Known):
    id: str | None = None
    name: str | None = None
    args: Json | None = None


class _Response(_Known):
    id: str | None = None
    name: str | None = None
    response: Json | None = None


class _Code(_Known):
    code: str | None = None
    language: Literal["LANGUAGE_UNSPECIFIED", "PYTHON"] | None = None


class _Ran(_Known):
    outcome: Literal["OUTCOME_UNSPECIFIED", "OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED"] | None = None
    output: str | None = None


class _Piece(_Known):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: _Blob | None = None
    function_call: _Call | None = None
    function_response: _Response | None = None
    executable_code: _Code | None = None
    code_execution_result: _Ran | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything of it is known."""
        return any(value is not None for name, value in self if name != "thought")

    @property
    def adks_own(self) -> bool:
        """Whether ADK itself asks or is told something with it."""
        about = self.function_call or self.function_response
        return about is not None and about.name in _ADKS_OWN


class _Content(_Known):
    role: str | None = None
    parts: list[_Piece] | None = None


class _Asked(_Known):
    hint: str = ""
    confirmed: bool = False
    payload: Any = None


class _Actions(_Known):
    """What a conversation needs of what its events did; `rewind_before_invocation_id` is obeyed, and never written."""

    state_delta: Json = Field(default_factory=dict)
    requested_tool_confirmations: dict[str, _Asked] = Field(default_factory=dict)
    skip_summarization: bool | None = None
    transfer_to_agent: _Name | None = None
    rewind_before_invocation_id: str | None = None


class _Node(_Known):
    path: str = ""


class _FileEvent(_Known):
    id: _Key = ""
    author: Annotated[_Name, Field(min_length=1)]
    invocation_id: _Name = ""
    timestamp: _Time
    content: _Content | None = None
    branch: _Name | None = None
    isolation_scope: _Name | None = None
    node_info: _Node = Field(default_factory=_Node)
    partial: bool | None = None
    turn_complete: bool | None = None
    interrupted: bool | None = None
    error_code: _Name | None = None
    error_message: str | None = None
    model_version: str | None = None
    custom_metadata: Json | None = None
    actions: _Actions = Field(default_factory=_Actions)

    @property
    def pieces(self) -> list[_Piece]:
        """What the event says."""
        return (self.content.parts or []) if self.content else []

    @property
    def marks(self) -> Json:
        """What this program has noted on it."""
        return self.custom_metadata or {}


def _events_of(session: Session) -> list[_FileEvent]:
    dumped = (_dumped(event.model_dump(by_alias=True, exclude_none=True)) for event in session.events)
    return _carried(_read(event, number) for number, event in enumerate(dumped, 1))


def _unfolded(raw: Json) -> Json:
    """Put back what stood in the metadata for adk web's sake."""
    marks = raw.get("customMetadata", raw.get("custom_metadata"))
    folded: Mapping[str, Any] = cast("Json", marks) if isinstance(marks, dict) else {}
    places = {"actions": _ACTIONS, "content": _CONTENT}
    return raw | {field: folded[key] for field, key in places.items() if key in folded}


def _written(event: _FileEvent) -> Json:
    """Return an event as adk web takes it."""
    written = event.model_dump(by_alias=True, exclude_none=True)
    folded = event.actions.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    del written["actions"]
    marks = {_ACTIONS: folded} if folded else {}
    if any(piece.adks_own for piece in event.pieces):
        marks[_CONTENT] = written.pop("content")
        if rest := [piece for piece in event.pieces if not piece.adks_own]:
            written["content"] = event.content.model_copy(update={"parts": rest}).model_dump(by_alias=True, exclude_none=True)  # pyright: ignore[reportOptionalMemberAccess] - it has pieces
    if marks or event.marks:
        written["customMetadata"] = event.marks | marks
    return written


def _read(raw: object, number: int) -> _FileEvent:
    if not isinstance(raw, dict):
        raise ImportRefused(f"Event {number} of this file is not an object. Export the conversation again, and choose that file.")
    try:
        event = _FileEvent.model_validate(_unfolded(cast("Json", raw)))
    except ValidationError as error:
        raise _unfit(error, number) from error
    event.id = event.id or Event.new_id()
    return event


def _made(event: _FileEvent, number: int) -> Event:
    """Make ADK's event; this is where the bytes in it are read."""
    try:
        made = Event.model_validate_json(event.model_dump_json(by_alias=True, exclude_none=True))
    except ValidationError as error:
        raise _unfit(error, number) from error
    asked = {call.id for call in made.get_function_calls() if call.name == CONFIRMATION and call.id}
    made.long_running_tool_ids = asked or None
    return made


def _unfit(error: ValidationError, number: int) -> ImportRefused:
    field = to_camel(str(error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"][0]))
    return ImportRefused(
        f'Event {number} of this file does not fit: look at its "{field}". Export the conversation again, and choose that file.'
    )


def _check_ids(events: Iterable[_FileEvent]) -> None:
    seen: set[str] = set()
    for number, event in enumerate(events, 1):
        if event.id in seen:
            raise ImportRefused(
                f"Event {number} of this file has the id of one before it. Export the conversation again, and choose that file."
            )
        seen.add(event.id)


# -- what of a conversation is carried ---------------------------------------------------------------------------------------


def _carried(events: Iterable[_FileEvent]) -> list[_FileEvent]:
    """Return what is carried of a session's events, in both directions; a second time it changes nothing."""
    kept = _not_rewound(event for event in events if not event.partial and event.marks.get(OUTCOME) != FORGOTTEN)
    for event in kept:
        _tidy(event)
    _pair(kept)
    _settle(kept)
    for event in kept:
        _close(event)
    kept = [event for event in kept if _says_something(event)]
    for before, event in pairwise(kept):
        event.timestamp = max(event.timestamp, before.timestamp + 1e-6)
    return kept


def _not_rewound(events: Iterable[_FileEvent]) -> list[_FileEvent]:
    kept: list[_FileEvent] = []
    begun: dict[str, int] = {}
    for event in events:
        if not (taken_back := event.actions.rewind_before_invocation_id):
            begun.setdefault(event.invocation_id, len(kept))
            kept.append(event)
        elif taken_back in begun:
            first = begun[taken_back]
            for gone in {gone.invocation_id for gone in kept[first:] if begun[gone.invocation_id] >= first}:
                del begun[gone]
            del kept[first:]
    return kept


def _tidy(event: _FileEvent) -> None:
    """Leave in an event what is known, has the right type, and fits its author."""
    event.actions.state_delta = _own(event.actions.state_delta)
    event.custom_metadata = {key: value for key, value in event.marks.items() if key in _MARKS and _MARKS[key](value)} or None
    answers = any(piece.function_response for piece in event.pieces)
    _keep_parts(event, lambda piece: piece.says_something and not (answers and piece.function_call))
    if event.author == "user":
        _keep_parts(event, lambda piece: not piece.function_call)


def _keep_parts(event: _FileEvent, fits: Callable[[_Piece], bool]) -> None:
    if event.content:
        event.content.parts = [piece for piece in event.pieces if fits(piece)]


def _pair(events: Sequence[_FileEvent]) -> None:
    """Leave out calls that were never answered, and answers to no call; a model refuses a history with either."""
    open_calls: dict[str, _Call] = {}
    paired: set[int] = set()
    for about in _tools_in(events):
        if isinstance(about, _Call) and about.id:
            open_calls[about.id] = about
        elif about.id and (call := open_calls.get(about.id)) and call.name == about.name:
            paired |= {id(call), id(about)}
    for event in events:
        _keep_parts(
            event, lambda piece: piece.adks_own or not (about := piece.function_call or piece.function_response) or id(about) in paired
        )


def _tools_in(events: Iterable[_FileEvent]) -> Iterator[_Call | _Response]:
    for event in events:
        for piece in event.pieces:
            if (about := piece.function_call or piece.function_response) and about.name and not piece.adks_own:
                yield about


class _Settled:
    """Which questions for a yes or no were replied to, and had an effect, as far as the parts of a history have been added."""

    def __init__(self) -> None:
        self.parts: set[int] = set()  # of the questions and the replies
        self.calls: set[str] = set()  # what was asked about
        self._made: dict[str, _Call] = {}
        self._asked: dict[str, tuple[_Call, str]] = {}
        self._replied: dict[str, tuple[_Call, _Response]] = {}

    def add(self, about: _Call | _Response, author: str) -> None:
        """Add a part of the history; by the user there are only replies."""
        key = about.id or ""
        if isinstance(about, _Call) and about.name == CONFIRMATION:
            if wanted := self._wanted(about):
                self._asked[key] = (about, wanted)
        elif isinstance(about, _Call):
            self._made[key] = about
        elif about.name == CONFIRMATION:
            if author == "user" and key in self._asked and _is_reply(about):
                call, wanted = self._asked.pop(key)
                self._replied[wanted] = (call, about)
        elif key in self._replied:
            self.calls.add(key)
            self.parts |= {id(part) for part in self._replied.pop(key)}

    def _wanted(self, question: _Call) -> str:
        """Return the id of the call that is asked about, if it is the one that stands in the history."""
        request = asked_in(types.FunctionCall(id=question.id, name=question.name, args=question.args), "")
        made = self._made.get(request.call_id) if request else None
        return request.call_id if request and made and (made.name, made.args or {}) == (request.name, request.args) else ""


def _is_reply(response: _Response) -> bool:
    """Whether it is a yes or no. That of an ADK client stands in a string, and is taken out, for its readers trust it."""
    said: Any = response.response or {}
    try:
        if said.keys() == {"response"} and isinstance(said["response"], str):
            said = _parsed(said["response"].encode(), Limits())
        ToolConfirmation.model_validate(said, strict=True)
    except (ImportRefused, ValidationError):
        return False
    response.response = said
    return True


def _settle(events: Sequence[_FileEvent]) -> None:
    """Leave out what ADK itself has asked, except questions for a yes or no that are settled."""
    settled = _Settled()
    for event in events:
        for piece in event.pieces:
            if about := piece.function_call or piece.function_response:
                settled.add(about, event.author)
    for event in events:
        _keep_parts(event, lambda piece: not piece.adks_own or id(piece.function_call or piece.function_response) in settled.parts)
        answered = {piece.function_response.id for piece in event.pieces if piece.function_response}
        asked = event.actions.requested_tool_confirmations
        event.actions.requested_tool_confirmations = {key: asked[key] for key in asked if key in settled.calls and key in answered}


def _close(event: _FileEvent) -> None:
    """Set right what depends on all of the above: no content without parts, the role that goes with its author and its parts."""
    if event.content and event.content.parts:
        answers = any(piece.function_response for piece in event.pieces)
        event.content.role = "user" if answers or event.author == "user" else "model"
        event.custom_metadata = {key: value for key, value in event.marks.items() if key != FEEDBACK} or None
    else:
        event.content = None


def _says_something(event: _FileEvent) -> bool:
    return bool(event.content or event.actions.state_delta or event.error_code or event.marks.keys() & {OUTCOME, FEEDBACK, MEETING})


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 128  # noqa: PLR2004 - see _Key


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LATEST


def _is_meeting(value: object) -> bool:
    if not isinstance(value, dict) or value.get("kind") not in _OF_MEETINGS or len(json.dumps(value)) > _ABOUT_A_MEETING:
        return False
    seats, healths = (cast("Json", value).get(key, []) for key in ("seats", "health"))
    return all(isinstance(many, list) and len(many) <= _SEATS for many in (seats, healths)) and _is_countable(value)


def _is_countable(value: object) -> bool:
    """Whether all numbers in it can be shown as such."""
    if isinstance(value, dict):
        return all(map(_is_countable, cast("Json", value).values()))
    if isinstance(value, list):
        return all(map(_is_countable, cast("list[object]", value)))
    return not isinstance(value, int | float) or abs(value) < _COUNTABLE


def _is_words(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _WORDS


def _is_feedback(value: object) -> bool:
    if not isinstance(value, dict) or cast("Json", value).keys() != {"turn", "rating", "words"}:
        return False
    rating = value["rating"]
    return _is_id(value["turn"]) and (rating is None or (type(rating) is int and rating in (0, 1))) and _is_words(value["words"])


_MARKS: Mapping[str, Callable[[object], bool]] = {
    TURN: _is_id,
    BEGAN: _is_time,
    OUTCOME: lambda value: value in ("done", "cancelled", "failed"),
    ERROR: _is_words,
    WHOLE: _is_id,
    FEEDBACK: _is_feedback,
    MEETING: _is_meeting,
}


# -- an eval set -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the user said, and what came of it."""

    said: _Content
    events: list[_FileEvent]

    @property
    def replies(self) -> bool:
        """Whether it was a yes or no."""
        return any(piece.adks_own for piece in self.said.parts or ())

    @property
    def asks(self) -> bool:
        """Whether it ends in a question for one."""
        return any(piece.adks_own for event in self.events for piece in event.pieces)

    @property
    def calls(self) -> list[types.FunctionCall]:
        """What tools were called, in order."""
        made = [call for event in self.events for piece in event.pieces if (call := piece.function_call) and not piece.adks_own]
        return [types.FunctionCall(name=call.name, args=call.args or {}) for call in made]

    @property
    def answer(self) -> str:
        """The text that ends it."""
        texts = ["".join(piece.text or "" for piece in event.pieces if not piece.thought) for event in self.events]
        return texts[-1] if texts else ""

    @property
    def broke_off(self) -> bool:
        """Whether it was stopped, or failed."""
        return any(
            event.interrupted or event.error_code == ABORTED or event.marks.get(OUTCOME) in ("cancelled", "failed") for event in self.events
        )

    def follows(self, before: _Turn | None) -> bool:
        """Whether it can be played again after the turn before it, if there is one."""
        foreign = any(piece.function_response and not piece.adks_own for piece in self.said.parts or ())
        ends = bool(self.answer) or self.asks
        return ends and not foreign and not self.broke_off and (not self.replies or bool(before and before.asks))


def eval_set_json(session: Session, app_name: str, eval_id: str) -> str:
    """Return the conversation as an ADK eval set with one case, for `adk eval` with the agent `app_name`.

    Each turn expects the tools that were called, with their arguments, and the text that it ended in. ADK's own question for a yes or
    no is not expected: the case passes with the match types IN_ORDER and ANY_ORDER, and with EXACT if nothing was confirmed. A yes or
    no is a turn without the question's id, which ADK makes anew in each run: the agent's app must put it in, as tests/evals/agent.py does.
    Left out are turns that cannot be played again or have no end to compare with: those that were stopped, failed, gave no answer or
    ended in a question that is still open, those in which the user answered a tool, and a yes or no whose question was left out.
    """
    from google.adk.evaluation.eval_case import EvalCase, SessionInput  # noqa: PLC0415 - 0.2 s that no start of the page should pay
    from google.adk.evaluation.eval_set import EvalSet  # noqa: PLC0415

    events = _events_of(session)
    kept: list[_Turn] = []
    before: _Turn | None = None
    for turn in _turns(events):
        before = turn if turn.follows(before) else None
        kept += [before] if before else []
    said_later = {key for event in events for key in event.actions.state_delta}
    state = _own(_dumped(session.state))
    given = {key: value for key, value in state.items() if key not in said_later}
    case = EvalCase(
        eval_id=eval_id,
        conversation=[_invocation(f"{eval_id}/{number}", turn) for number, turn in enumerate(kept, 1)],
        session_input=SessionInput(app_name=app_name, user_id=eval_id, state=given),
    )
    made = EvalSet(eval_set_id=eval_id, eval_cases=[case])
    return made.model_dump_json(indent=2, exclude_defaults=True, exclude_none=True) + "\n"


def _turns(events: Iterable[_FileEvent]) -> Iterator[_Turn]:
    turn: _Turn | None = None
    for event in events:
        if event.author == "user" and event.content:
            if turn:
                yield turn
            turn = _Turn(event.content, [])
        elif turn and (event.content or event.error_code or event.marks.get(OUTCOME)):
            turn.events.append(event)
    if turn:
        yield turn


def _invocation(name: str, turn: _Turn) -> Invocation:
    said = types.Content.model_validate_json(turn.said.model_dump_json(by_alias=True, exclude_none=True))
    for part in said.parts or []:
        if part.function_response:
            part.function_response.id = None
    answer = types.Content(role="model", parts=[types.Part(text=turn.answer)]) if turn.answer else None
    from google.adk.evaluation.eval_case import IntermediateData, Invocation  # noqa: PLC0415 - as in eval_set_json

    done = IntermediateData(tool_uses=turn.calls)
    return Invocation(invocation_id=name, user_content=said, final_response=answer, intermediate_data=done)
