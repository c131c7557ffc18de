"""What a conversation of the acceptance test is: what people type and do, and what must be stored afterwards.

A transcript is a tuple of steps. A string is typed and sent, and its turn runs to its end. The other steps are the classes below.
A runner does one step after the other and keeps a copy of the session state after each of them, marks included, so that
`History.states[i]` is the state after `History.steps[i]`. A check reads these states and nothing else; never what was answered.

The clock of all conversations is `NOW` and stands still. Unless a zone is said, times are those of `ZONE`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, overload
from zoneinfo import ZoneInfo

State = Mapping[str, Any]

ZONE: Final = ZoneInfo("Europe/Helsinki")
NOW: Final = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE)
"""A Wednesday."""
REWORDINGS: Final = 10
END: Final = "end"
"""The name, in `Conversation.reference`, of the state after the last step."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """The answer to the confirmation that the step before has asked for. It is a failure if none was asked for."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Undo:
    """The page's own way back: the last message and all that its turn did are rolled back, before anything else is typed."""


@dataclass(frozen=True, slots=True)
class Fail:
    """`text` is typed, and the model's provider fails in the middle of that turn. The page and the session live on."""

    text: str


@dataclass(frozen=True, slots=True)
class Reload:
    """The page is loaded again; what is open stays open."""


@dataclass(frozen=True, slots=True)
class Says:
    """`text` is typed into the same conversation by `person`, who is on the roster or spoken of, not by the one called "You".

    Where the page cannot tell who types, a runner sends `line`, as people do who share a keyboard.
    """

    person: str
    text: str

    @property
    def line(self) -> str:
        return f"{self.person}: {self.text}"


@dataclass(frozen=True, slots=True)
class Mark:
    """Nothing happens; the state of this moment has a name that the check asks for."""

    name: str


Step = str | Says | Confirm | Undo | Fail | Reload | Mark
Transcript = tuple[Step, ...]


@dataclass(frozen=True)
class History(Sequence[State]):
    """A transcript that was run, and the state after each of its steps."""

    steps: Transcript
    states: Sequence[State] = field(default=())

    def __post_init__(self) -> None:
        if not self.steps or len(self.steps) != len(self.states):
            raise ValueError(f"{len(self.steps)} steps, but {len(self.states)} states")

    @overload
    def __getitem__(self, index: int) -> State: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[State]: ...

    def __getitem__(self, index: int | slice) -> State | Sequence[State]:
        return self.states[index]

    def __len__(self) -> int:
        return len(self.states)

    def __iter__(self) -> Iterator[State]:
        return iter(self.states)

    @property
    def final(self) -> State:
        return self.states[-1]

    def at(self, mark: str) -> State:
        """The state at `Mark(mark)`."""
        return self.states[self.steps.index(Mark(mark))]

    def until(self, mark: str) -> Sequence[State]:
        """The states up to `Mark(mark)`, it included."""
        return self.states[: self.steps.index(Mark(mark)) + 1]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One of the twelve. The first transcript is the original, the ten others say the same in other words.

    `check` raises AssertionError unless every fact that was said is stored, and nothing that contradicts it. What was not said is not looked at.
    `reference` has a smallest state that passes, by mark and for `END`: it shows the shape that is looked at.
    """

    number: int
    title: str
    transcripts: tuple[Transcript, ...]
    check: Callable[[History], None]
    reference: Mapping[str, State]


def typed(step: Step) -> str:
    """What somebody types in this step, or the empty string."""
    match step:
        case str():
            return step
        case Says():
            return step.line
        case Fail():
            return step.text
        case _:
            return ""


def full_text(transcript: Transcript) -> str:
    """All that is typed, a message a line."""
    return "\n".join(filter(None, map(typed, transcript)))


def referred(steps: Transcript, reference: Mapping[str, State]) -> History:
    """The history in which each state is that of the next mark in `reference`."""
    states: list[State] = []
    following = reference[END]
    for step in reversed(steps):
        if isinstance(step, Mark):
            following = reference[step.name]
        states.append(following)
    return History(steps, tuple(reversed(states)))


def all_conversations() -> list[Conversation]:
    """The twelve, in their order, from the modules beside this one."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("c[0-9][0-9]_*.py"))
    return [importlib.import_module(f"conversations.{name}").CONVERSATION for name in names]
