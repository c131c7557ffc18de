"""What one friend makes of what is proposed: the only place where their facts are read.

What goes out is a grade from 0 (cannot) to 1 (gladly), or something that suits instead: the nearest start, a place of the list, a step of
the ladder. Never why, never how long they are free, of a limit no more than the step below it, never a fact's own words: not because
somebody was told to keep them, but because nothing here returns them.

Of somebody who has said nothing about their time, every time suits if need be; of somebody who has only said when they cannot, every
other time does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from vibehuntr_agent.planning.finder import Preference, Span, Window, find_slots, possible, read_diary
from vibehuntr_agent.planning.venues import Venue, fact_needs, plain_words

from .agenda import FINE, GLADLY, IF_NEEDED, NO, RELUCTANT, Agenda

Json = dict[str, Any]
_ALWAYS: Final = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC))
_OPTIONS: Final = 8
"""Slots of one's own that somebody thinks of."""
_ME: Final = "me"
_THOUSANDS: Final = re.compile(r"(?<=\d)[, ](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Facts:
    """What one friend's agent knows: their time, their wishes, and facts as the planner keeps them {key, value, strength}."""

    windows: tuple[Window, ...] = ()
    wishes: tuple[Preference, ...] = ()
    about: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Verdicts:
    """One friend's verdicts in one meeting (guarantees: see the module)."""

    facts: Facts
    agenda: Agenda

    # -- time

    def time(self, start: datetime) -> float:
        """The grade of the slot that starts then."""
        slot = (start, start + self.agenda.length)
        if not _inside(slot, self._possible):
            return NO
        if not _inside(slot, self._free):
            return IF_NEEDED
        if any(wish.start < slot[1] and slot[0] < wish.end for wish in self.facts.wishes if wish.kind == "avoided"):
            return RELUCTANT
        liked = [wish for wish in self.facts.wishes if wish.kind == "preferred"]
        return GLADLY if not liked or any(wish.start <= start and slot[1] <= wish.end for wish in liked) else FINE

    def times(self) -> Sequence[datetime]:
        """Starts to propose, the dearest first: those in the usual hours, by grade, then the earlier."""
        found = find_slots(
            {_ME: self._windows},
            group=[_ME],
            required=(),
            length=self.agenda.length,
            within=self.agenda.within,
            better=self.agenda.usual,
            preferences={_ME: self.facts.wishes},
            limit=_OPTIONS,
        )
        return [slot.start for slot in found]

    def next_time(self, start: datetime, least: float, within: Sequence[Span]) -> datetime | None:
        """The first start from `start` on whose slot lies in one of the spans and has at least that grade; wishes do not count."""
        fitting = self._free if least > IF_NEEDED else self._possible
        starts = [max(low, span[0], start) for low, high in fitting for span in within if self._room(low, high, span, start)]
        return min(starts, default=None)

    def _room(self, low: datetime, high: datetime, span: Span, start: datetime) -> bool:
        return max(low, span[0], start) + self.agenda.length <= min(high, span[1])

    @cached_property
    def _windows(self) -> tuple[Window, ...]:
        """Their time; where they have only said when they cannot, the rest suits if need be."""
        if any(window.kind != "busy" for window in self.facts.windows):
            return self.facts.windows
        return (*self.facts.windows, Window(*_ALWAYS, "if_needed"))

    @cached_property
    def _possible(self) -> Sequence[Span]:
        return possible(self._windows)

    @cached_property
    def _free(self) -> Sequence[Span]:
        free = [window for window in self._windows if window.kind != "if_needed"]
        return possible(free) if read_diary(free).free else ()

    # -- place

    def place(self, venue: Venue) -> float:
        """The grade of a place: its needs, its kitchen, its price."""
        return min(self._needs(venue), self._taste(venue), self._price(venue))

    def places(self) -> Sequence[tuple[Venue, float]]:
        """The places of the agenda with their grades, the dearest first."""
        graded = [(venue, self.place(venue)) for venue in self.agenda.places]
        return sorted(graded, key=lambda one: -one[1])

    def _needs(self, venue: Venue) -> float:
        fits = [venue.need(need) for need in self._musts]
        return NO if "no" in fits else RELUCTANT if "unknown" in fits else GLADLY

    @cached_property
    def _musts(self) -> Sequence[str]:
        return [need for fact in self.facts.about if fact.get("strength") != "prefer" for need in fact_needs(fact)]

    def _taste(self, venue: Venue) -> float:
        known = frozenset(plain_words(" ".join((venue.kind, *venue.cuisines))))
        likes = [fact for fact in self._of("cuisine") if fact.get("strength") != "avoid"]
        if any(_fits(fact, known) for fact in self._of("cuisine") if fact.get("strength") == "avoid"):
            return IF_NEEDED
        return GLADLY if not likes or any(_fits(fact, known) for fact in likes) else FINE

    def _price(self, venue: Venue) -> float:
        price = venue.price
        if price is None or price.low is None or self.agenda.currency not in ("", price.currency):
            return GLADLY
        return self.budget(price.low)

    # -- budget

    def budget(self, amount: float) -> float:
        """The grade of paying so much."""
        grades = [GLADLY if amount <= limit else NO if strict else IF_NEEDED for limit, strict in self._limits]
        return min(grades, default=GLADLY)

    def most(self) -> float:
        """The highest step of the ladder that suits; 0 if none does."""
        return max((amount for amount in self.agenda.ladder() if self.budget(amount)), default=0.0)

    @cached_property
    def _limits(self) -> Sequence[tuple[float, bool]]:
        """What they can pay, and whether that is a must."""
        said = [(_THOUSANDS.sub("", str(fact.get("value"))), fact.get("strength") == "must") for fact in self._of("budget")]
        found = [(re.search(r"\d+(?:[.,]\d+)?", amount), strict) for amount, strict in said]
        return [(float(number[0].replace(",", ".")), strict) for number, strict in found if number]

    def _of(self, key: str) -> Iterator[Mapping[str, Any]]:
        return (fact for fact in self.facts.about if fact.get("key") == key)


def _inside(slot: Span, spans: Iterable[Span]) -> bool:
    return any(low <= slot[0] and slot[1] <= high for low, high in spans)


def _fits(fact: Mapping[str, Any], words: frozenset[str]) -> bool:
    said = frozenset(plain_words(str(fact.get("value"))))
    return bool(said & words)


def slot_json(start: datetime, length: timedelta) -> Json:
    """A slot as an item of a message, in the zone of its start."""
    return {"start": start.isoformat(), "end": (start + length).isoformat()}
