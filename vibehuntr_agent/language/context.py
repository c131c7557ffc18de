"""What a reader of a message is given and what it gives back: pure data, no ADK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from vibehuntr_agent.planning.people import ME

Json = dict[str, Any]

_NUMBERS: Final = {
    word: n
    for n, word in enumerate(
        [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
            "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
NUMBER: Final = rf"(?:\d+(?:[.,]\d+)?|(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|{'|'.join(_NUMBERS)})\b)"  # noqa: E501
"""A number in digits or words, as a pattern."""


_MOST: Final = 1e9


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call."""

    name: str
    args: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Context:
    """What is known before a message: all of it comes from the request, nothing from the process."""

    now: datetime
    zone: ZoneInfo
    plan: Json = field(default_factory=dict[str, Any])
    people: Sequence[Mapping[str, str]] = ()
    """[{name, attendance}], in the order in which they were named."""
    availability: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict[str, Any])
    facts: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict[str, Any])
    polls: Sequence[Json] = ()
    venues: Sequence[Json] = ()
    shown: Json = field(default_factory=dict[str, Any])
    """{"of": "slots"|"venues"|"options", "items": [{label, ...}]}: what was listed last."""
    itinerary: Json = field(default_factory=dict[str, Any])
    decisions: Json = field(default_factory=dict[str, Any])
    calendar: Json = field(default_factory=dict[str, Any])
    speaker: str = ME
    """Who types this message: the one called "You", or somebody who says who they are."""
    last_person: str | None = None
    """Whom "she" or "he" means: the person spoken of last."""
    earlier: tuple[str, ...] = ()
    """The messages before this one, oldest first."""
    last_answer: str = ""
    requested: Call | None = None
    """What a form has asked about at the end of the turn before."""

    @property
    def roster(self) -> tuple[str, ...]:
        """The names in the plan."""
        return tuple(person["name"] for person in self.people)

    @property
    def status(self) -> str:
        """open, final or cancelled."""
        return str(self.plan.get("status") or "open")


@dataclass(slots=True)
class Reading:
    """What one reader has understood."""

    rest: str
    """The text with the words that were used blanked out, at the same length."""
    calls: list[Call] = field(default_factory=list[Call])
    asks: set[str] = field(default_factory=set[str])
    """What is asked for, besides the calls: "times", "self"."""
    last_person: str | None = None

    def use(self, start: int, end: int) -> None:
        """Blank out the words from `start` to `end`."""
        self.rest = self.rest[:start] + re.sub(r"\S", " ", self.rest[start:end]) + self.rest[end:]


def number(word: str) -> float:
    """The value of "4", "2.5", "four" or "thirty-five", a thousand million at most. Raises ValueError for anything else."""
    said = word.strip().lower().replace(",", ".")
    if re.fullmatch(r"\d+(?:\.\d+)?", said):
        return min(float(said), _MOST)
    parts = re.split(r"[- ]+", said)
    if not parts or any(part not in _NUMBERS for part in parts):
        raise ValueError(f"not a number: {word!r}")
    return float(sum(_NUMBERS[part] for part in parts))
