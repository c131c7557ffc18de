"""What a meeting of friends is about, as every seat is told it: nothing in here is any one friend's.

It travels as JSON, also to seats on other machines. What comes from a stranger is read by `Agenda.read`, which refuses what makes no sense.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vibehuntr_agent.planning.availability import span_words
from vibehuntr_agent.planning.errors import PlanningError
from vibehuntr_agent.planning.finder import Span
from vibehuntr_agent.planning.venues import Venue, read_venue, venue_json

Json = dict[str, Any]
Topic = Literal["time", "place", "budget"]
TOPICS: Final[tuple[Topic, ...]] = ("time", "place", "budget")
LADDER: Final = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200)
"""Amounts that a budget goes by: what somebody can pay at most is said as the step below it."""
GLADLY: Final = 1.0
FINE: Final = 0.9
RELUCTANT: Final = 0.6
IF_NEEDED: Final = 0.5
NO: Final = 0.0
MAX_PLACES: Final = 40


class _Stretch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    start: datetime
    end: datetime


class _Told(BaseModel):
    """The JSON of an agenda."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    topics: tuple[Topic, ...]
    title: str = Field(default="", max_length=300)
    zone: str
    minutes: int = Field(gt=0, le=14 * 24 * 60)
    within: tuple[_Stretch, ...] = Field(max_length=200)
    usual: tuple[_Stretch, ...] = Field(default=(), max_length=200)
    places: tuple[Json, ...] = Field(default=(), max_length=MAX_PLACES)
    currency: str = Field(default="", max_length=8)
    amount: float | None = Field(default=None, gt=0, lt=1e6)
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agenda:
    """`within` is when it may be, `usual` the better hours of it; `amount` is the budget that the plan names, if it does."""

    topics: tuple[Topic, ...]
    zone: ZoneInfo
    length: timedelta
    within: tuple[Span, ...]
    usual: tuple[Span, ...] = ()
    places: tuple[Venue, ...] = ()
    currency: str = ""
    amount: float | None = None
    required: tuple[str, ...] = ()
    title: str = ""

    def as_json(self) -> Json:
        """Write it for `read`."""
        return {
            "topics": list(self.topics),
            "title": self.title,
            "zone": self.zone.key,
            "minutes": int(self.length / timedelta(minutes=1)),
            "within": [stretch_json(span) for span in self.within],
            "usual": [stretch_json(span) for span in self.usual],
            "places": [_place_json(place) for place in self.places],
            "currency": self.currency,
            "amount": self.amount,
            "required": list(self.required),
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Agenda:
        """Read what `as_json` wrote. Raises: PlanningError."""
        return _read(json.dumps(data, sort_keys=True))

    def place(self, name: object) -> Venue | None:
        """The place of that name."""
        return next((place for place in self.places if place.name == name), None)

    def ladder(self) -> Sequence[float]:
        """The amounts to choose from, the one of the plan among them."""
        return sorted({*map(float, LADDER), *([self.amount] if self.amount else [])})

    def slot_words(self, item: Mapping[str, Any]) -> str:
        """A slot in words, by the clock of the zone."""
        return span_words(slot_of(item), self.zone)

    def amount_words(self, amount: float) -> str:
        """An amount with its currency."""
        return f"{amount:g} {self.currency}".strip()


@lru_cache(maxsize=64)
def _read(text: str) -> Agenda:
    """Read an agenda once: every request of a meeting brings the same."""
    try:
        told = _Told.model_validate_json(text)
        zone = ZoneInfo(told.zone)
    except (ValidationError, KeyError, ValueError, OSError) as error:
        raise PlanningError("That is no agenda of a meeting.") from error
    places = tuple(read_venue(place) for place in told.places)
    within, usual = (tuple(_span(one) for one in every) for every in (told.within, told.usual))
    return Agenda(
        told.topics, zone, timedelta(minutes=told.minutes), within, usual, places, told.currency, told.amount, told.required, told.title
    )


def slot_of(item: Mapping[str, Any]) -> Span:
    """A slot's start and end. Raises: PlanningError."""
    try:
        start, end = datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"])
        if start.tzinfo is None or end.tzinfo is None or end <= start:
            raise PlanningError("That is no slot.")
    except (KeyError, TypeError, ValueError) as error:
        raise PlanningError("That is no slot.") from error
    return (start, end)


def stretch_json(span: Span) -> Json:
    """A stretch of time as JSON, with its offset."""
    return {"start": span[0].isoformat(), "end": span[1].isoformat()}


def _span(one: _Stretch) -> Span:
    if one.start.tzinfo is None or one.end.tzinfo is None:
        raise PlanningError("A time needs its zone.")
    return (one.start, one.end)


def _place_json(place: Venue) -> Json:
    """What the seats need of a place; names are its key."""
    keys = ("name", "kind", "cuisines", "price", "needs", "source")
    return {key: value for key, value in venue_json(place).items() if key in keys}
