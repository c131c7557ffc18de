"""Branches of a conversation: each is an ADK session of its own, copied from another up to the turn in whose place it goes on.

What it guarantees:

- Nothing of the branch that was left is touched: to go back to it is to go on in its session, so the model gets the same
  context as before, byte for byte.
- A branch's session holds the events before its fork as they were (ids, times, authors, our marks), the state that they had
  led to, and the versions of the files that they had saved, under the same numbers.
- What belongs to the user or the app (`user:`, `app:`) is shared by all branches and is not set back.

Why a copy and not ADK's `rewind_async`: a rewind cannot be undone, forgets what no event has set, and drops the later turns for
good. A copy needs only what every session service has. Its price is one append an event.

A branch knows where it left another (`Fork`); which turns stand in one another's place follows from that alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from google.adk.artifacts import BaseArtifactService, artifact_util
from google.adk.events import Event, EventActions
from google.adk.sessions import Session, State

from playground.history import FEEDBACK, marks_of, turn_of
from playground.remembered import Earlier
from playground.turn_log import Message

SHARED = (State.USER_PREFIX, State.APP_PREFIX, State.TEMP_PREFIX)  # state that is not the session's own
ADKS_NAME = "__session_metadata__"  # in the state: where adk web keeps what it calls a session
BOOKKEEPING = ("vibehuntr_", ADKS_NAME)  # state that is ours, not the agent's
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a branch left another. All are ids.

    `conversation` is the one that it belongs to; `parent` the session that it was copied from; `replaces` the turn there in whose
    place its own first turn, `first`, stands; `question` the turn whose question that one asks: itself, unless it is another
    answer to the same; `before` the turns that were copied; `at` when, in seconds since the epoch.
    """

    conversation: str
    parent: str
    replaces: str
    first: str
    question: str
    before: Sequence[str] = ()
    at: float = field(default_factory=time.time)

    def stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"before": list(self.before)}


@dataclass(slots=True)
class Branch:
    """One ADK session of a conversation: the first, which has the conversation's id, or one that left another at a fork.

    `settled` are the messages of the turns that are over, None until somebody asks for them; `earlier` is what its next turn need not load.
    """

    user_id: str
    id: str
    fork: Fork | None = None
    settled: list[Message] | None = None
    used_at: float = field(default_factory=time.time)
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What stands in one turn's place: the questions, each as the ids of the turns that ask it, oldest first.

    `question` and `answer` say which of the questions, and which of its turns, the turn itself is: from 0.
    """

    questions: Sequence[Sequence[str]]
    question: int
    answer: int

    @property
    def answers(self) -> Sequence[str]:
        """The turns that ask the turn's own question: each another answer."""
        return self.questions[self.question]


def alternatives(forks: Iterable[Fork]) -> dict[str, Alternatives]:
    """Return, for each turn that has any, what stands in its place. The forks in the order in which they were made."""
    forks = list(forks)
    own = {fork.first: fork for fork in forks}
    places: dict[str, list[str]] = {}
    for fork in forks:
        origin = fork.replaces
        while origin in own:
            origin = own[origin].replaces
        places.setdefault(origin, [origin]).append(fork.first)
    found: dict[str, Alternatives] = {}
    for turns in places.values():
        asked: dict[str, list[str]] = {}
        for turn in turns:
            asked.setdefault(own[turn].question if turn in own else turn, []).append(turn)
        questions = list(asked.values())
        for number, answers in enumerate(questions):
            found |= {turn: Alternatives(questions, number, place) for place, turn in enumerate(answers)}
    return found


def holds(session_id: str, fork: Fork | None, turn: str, forks: Iterable[Fork]) -> bool:
    """Whether a branch shows a turn that has alternatives."""
    if fork and (turn == fork.first or turn in fork.before):
        return True
    return any(other.parent == session_id and other.replaces == turn for other in forks)


# -- what is copied ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prefix:
    """A session up to a turn: its events, its own state then, and the version of each of its files."""

    events: Sequence[Event]
    state: Mapping[str, Any]
    files: Mapping[str, int]


def prefix(session: Session, before: str = "") -> Prefix:
    """Return what a session held before a turn; without one, all of it.

    What ADK has rewound is left out. State that no event has set was there from the beginning. What was said about earlier
    turns since then (feedback) stays.
    """
    events = list(_not_rewound(session.events))
    cut = next((n for n, event in enumerate(events) if before and turn_of(event) == before), len(events))
    kept = {turn_of(event) for event in events[:cut]}
    later = [event for event in events[cut:] if marks_of(event).get(FEEDBACK, {}).get("turn") in kept]
    by_events = {key for event in session.events for key in event.actions.state_delta}
    state = own_state({key: value for key, value in session.state.items() if key not in by_events})
    files: dict[str, int] = {}
    for event in events[:cut]:
        state |= own_state(event.actions.state_delta)
        files |= {name: version for name, version in event.actions.artifact_delta.items() if not name.startswith(State.USER_PREFIX)}
    copies = [_copied(event) for event in [*events[:cut], *later]]
    return Prefix([event for event in copies if _says_anything(event)], {k: v for k, v in state.items() if v is not None}, files)


def _not_rewound(events: Sequence[Event]) -> Iterator[Event]:
    kept: list[Event] = []
    for event in events:
        if rewound := event.actions.rewind_before_invocation_id:
            first = next((n for n, other in enumerate(kept) if other.invocation_id == rewound), len(kept))
            kept[first:] = [other for other in kept[first:] if FEEDBACK in marks_of(other)]
        else:
            kept.append(event)
    yield from kept


def own_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that is a session's own and its agent's."""
    return {key: value for key, value in state.items() if not key.startswith((*SHARED, *BOOKKEEPING))}


def _copied(event: Event) -> Event:
    copy = event.model_copy(deep=True)
    copy.actions.state_delta = own_state(copy.actions.state_delta)
    return copy


def _says_anything(event: Event) -> bool:
    return bool(event.content or event.custom_metadata or event.actions != EventActions())


async def copy_files(artifacts: BaseArtifactService, old: Mapping[str, str], new: Mapping[str, str], files: Mapping[str, int]) -> None:
    """Copy a session's files to another, every version up to the one given: events name files by their version."""
    for name, newest in files.items():
        for version in range(newest + 1):
            part = await artifacts.load_artifact(**old, filename=name, version=version)
            gone = artifact_util._new_rewind_tombstone()  # noqa: SLF001 - how ADK says that a version is no longer there
            await artifacts.save_artifact(**new, filename=name, artifact=part or gone)  # pyright: ignore[reportArgumentType] - its keywords


# -- what differs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in the state at which two branches differ: JSON in each, "" where there is nothing."""

    place: str
    here: str
    there: str


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[Difference]:
    """Return where two states differ, by place ("plan.people.Anna"), in order."""
    left, right = dict(_leaves(here)), dict(_leaves(there))
    places = sorted({*left, *right})
    return [Difference(p, left.get(p, ""), right.get(p, "")) for p in places if left.get(p) != right.get(p)]


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple) and value:
        for number, item in enumerate(value, 1):
            yield from _leaves(item, f"{place}[{number}]")
    elif place:
        text = json.dumps(value, ensure_ascii=False, default=str)
        yield place, text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
