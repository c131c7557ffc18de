"""The cases of the evalset: of each of the twelve conversations, the first transcript as far as `adk eval` can run it.

| step | in the evalset |
|---|---|
| what is typed | a turn |
| Confirm | a turn whose message is the button's answer; `agent.Watcher` gives it the id that ADK has made |
| Mark, Reload | nothing is sent; the metric looks at the state there |
| Fail | left out: with a provider that fails, `adk eval` gives the whole case up |
| Undo | none of the first transcripts has one; a session can be rewound by the page, not by a message |
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conversations.model import Confirm, Conversation, Fail, Says, State, Transcript, Undo

NAMES: Final = tuple(sorted(path.stem for path in (Path(__file__).resolve().parent.parent / "conversations").glob("c[0-9][0-9]_*.py")))
Turn = str | Says | Confirm


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation, and the steps of its first transcript that are done or looked at."""

    name: str
    conversation: Conversation
    steps: Transcript

    @property
    def turns(self) -> list[Turn]:
        """The steps that send a message."""
        return [step for step in self.steps if isinstance(step, Turn)]

    def states_by_step(self, by_turn: list[State]) -> tuple[State, ...]:
        """The state after each step, given those after each turn."""
        states: list[State] = []
        following = iter(by_turn)
        for step in self.steps:
            states.append(next(following) if isinstance(step, Turn) else states[-1])
        return tuple(states)


def case_of(name: str) -> Case:
    """The case called `name`, or the one to which the turn called `name` belongs."""
    name = name.split("/", maxsplit=1)[0]
    conversation: Conversation = importlib.import_module(f"conversations.{name}").CONVERSATION
    steps = tuple(step for step in conversation.transcripts[0] if not isinstance(step, Fail))
    if any(isinstance(step, Undo) for step in steps):
        raise ValueError(f"{name} has an Undo, which an evalset cannot express.")
    return Case(name, conversation, steps)
