"""What is said in a meeting: one message type with a body for each kind of act, as JSON between processes.

Guarantees: a message is frozen; what a stranger sends is read by `read_acts` or refused with `GarbledAct`: unknown fields, unknown
kinds, and texts or items beyond their size do not get in. Words stand on one line, without control characters.

`VERSION` is that of the JSON. A reader takes its own version only: a change that an older one would read wrongly raises the number.

| body | who says it | what it means |
|---|---|---|
| invited | the chair | a seat is asked to take part; `parameters` are the meeting's |
| joined, left | a seat | it takes part; it goes |
| floor | the chair | these seats are asked something, and everybody sees who is |
| say, propose, accept, decline, pass | a seat, or the chair | what is said; `reply_to` is the floor that it answers |
| failed | a seat, or the meeting for it | it is out, and why |
| decided | the chair | the end of a topic; with `final`, of the meeting |
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

VERSION: Final = 1
CHAIR: Final = "chair"
"""The sender of what the meeting itself says; no seat may be called so."""
MAX_WORDS: Final = 300
MAX_ITEM: Final = 20_000
MAX_PARAMETERS: Final = 500_000
"""Characters of what a seat is told with its invitation: the chair's own, and no stranger's."""
MAX_ACTS: Final = 4
"""So many acts may answer one floor."""
_UNSHOWABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

Json = dict[str, Any]
Reason = Literal["error", "timeout", "blocked", "unreachable", "garbled"]
Outcome = Literal["agreed", "compromise", "none", "budget", "stopped", "failed"]


class GarbledAct(ValueError):  # noqa: N818 - what it was
    """What was sent is no act of this version."""


def _one_line(text: str) -> str:
    return " ".join(_UNSHOWABLE.sub(" ", text).split())[:MAX_WORDS]


def _small(item: Json) -> Json:
    if len(json.dumps(item, ensure_ascii=False, allow_nan=False).encode()) > MAX_ITEM:  # refuses what no other process could read
        raise ValueError("the item is too large")
    return item


def _bounded(parameters: Json) -> Json:
    if len(json.dumps(parameters)) > MAX_PARAMETERS:
        raise ValueError("the parameters are too large")
    return parameters


Words = Annotated[str, Field(max_length=20 * MAX_WORDS), AfterValidator(_one_line)]
Item = Annotated[Json, AfterValidator(_small)]
Parameters = Annotated[Json, AfterValidator(_bounded)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Id = Annotated[str, Field(max_length=80)]


class Body(BaseModel):
    """What every body is."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Invited(Body):
    """A seat is asked to take part."""

    kind: Literal["invited"] = "invited"
    seat: Name
    parameters: Parameters = Field(default_factory=dict)


class Joined(Body):
    """The sender takes part."""

    kind: Literal["joined"] = "joined"


class Left(Body):
    """The sender goes."""

    kind: Literal["left"] = "left"
    words: Words = ""


class Floor(Body):
    """These seats are asked something. `ask` and `item` are the chair's; `since` is the message from which on it matters."""

    kind: Literal["floor"] = "floor"
    seats: tuple[Name, ...]
    topic: Name
    ask: Name
    about: str = ""
    item: Item = Field(default_factory=dict)
    since: int = 0


class Say(Body):
    """Words, and nothing else. With `to` they are for that seat alone, and ask it something."""

    kind: Literal["say"] = "say"
    to: Id = ""
    words: Words = ""
    item: Item = Field(default_factory=dict)


class Propose(Body):
    """Something to agree on. `grade` is what the sender makes of it, from 0 (cannot) to 1 (gladly)."""

    kind: Literal["propose"] = "propose"
    topic: Name
    item: Item
    grade: float = Field(default=1.0, ge=0, le=1)
    words: Words = ""


class Accept(Body):
    """It suits: `about` is the id of the proposal, or of the floor that named an item."""

    kind: Literal["accept"] = "accept"
    about: Id
    grade: float = Field(default=1.0, gt=0, le=1)
    words: Words = ""


class Decline(Body):
    """It does not suit, or the sender does not want to take part; `instead` is the nearest that does suit."""

    kind: Literal["decline"] = "decline"
    about: Id = ""
    instead: Item | None = None
    words: Words = ""


class Pass(Body):
    """Nothing to say to this."""

    kind: Literal["pass"] = "pass"
    words: Words = ""


class Failed(Body):
    """A seat is out; `seat` is whose, since a blocked one cannot say it."""

    kind: Literal["failed"] = "failed"
    seat: Name
    reason: Reason
    words: Words = ""


class Decided(Body):
    """The end of a topic, or with `final` of the meeting: what is agreed, by whom, and who gave way."""

    kind: Literal["decided"] = "decided"
    topic: str = ""
    outcome: Outcome
    item: Item = Field(default_factory=dict)
    agreed: tuple[Name, ...] = ()
    gave_way: tuple[Name, ...] = ()
    against: tuple[Name, ...] = ()
    unheard: tuple[Name, ...] = ()
    words: Words = ""
    final: bool = False


Act = Propose | Accept | Decline | Pass | Say | Left
"""What a seat may answer with."""
AnyBody = Annotated[
    Invited | Joined | Left | Floor | Say | Propose | Accept | Decline | Pass | Failed | Decided, Field(discriminator="kind")
]


class Message(BaseModel):
    """One message. `seq` is its place in the meeting's log, from 1; the log sets it. `to` is empty for everyone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = VERSION
    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    meeting_id: str
    seq: int = 0
    sender: str
    epoch: int = 0
    to: tuple[str, ...] = ()
    reply_to: str = ""
    at: float = 0.0
    body: AnyBody


_ACTS: Final[TypeAdapter[list[Act]]] = TypeAdapter(list[Annotated[Act, Field(discriminator="kind")]])


def write_acts(acts: Sequence[Body]) -> str:
    """Return acts as the JSON that `read_acts` reads."""
    return json.dumps({"version": VERSION, "acts": [act.model_dump(mode="json") for act in acts]}, ensure_ascii=False)


def read_acts(text: str) -> list[Act]:
    """Return what a seat has answered. Raises: GarbledAct."""
    try:
        said = json.loads(text)
        if not isinstance(said, Mapping) or said.get("version") != VERSION:
            raise GarbledAct("not an answer of this version")
        acts = _ACTS.validate_python(said.get("acts"))
    except (ValueError, RecursionError) as error:  # not JSON, a number with too many digits, no acts
        raise GarbledAct("not an answer") from error
    if not 1 <= len(acts) <= MAX_ACTS:
        raise GarbledAct("no act, or too many")
    return acts


def messages_json(messages: Iterable[Message]) -> list[Json]:
    """Return messages as JSON values."""
    return [message.model_dump(mode="json") for message in messages]
