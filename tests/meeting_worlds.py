"""Groups of friends made by chance, their meetings without threads, and the best for the group by trying everything."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playground.meetings.messages import Act
from playground.meetings.minds import Mind, Request
from playground.meetings.rehearsal import Rehearsal
from playground.meetings.script import by_script
from playground.meetings.view import View
from vibehuntr_agent.friends.agenda import TOPICS, Agenda, slot_of
from vibehuntr_agent.friends.answers import Answers
from vibehuntr_agent.friends.chair import friends_script
from vibehuntr_agent.friends.verdicts import Facts, Verdicts
from vibehuntr_agent.planning.finder import Preference, Window
from vibehuntr_agent.planning.venues import Price, Venue

ZONE = ZoneInfo("Europe/Helsinki")
NEEDS = ("vegan", "vegetarian", "halal")
KITCHENS = ("thai", "italian", "pizza", "sushi")
EVENING = (17, 23)
VETO = -10.0


class RuleMind:
    """A friend's agent by its rules, without ADK around it."""

    def __init__(self, name: str, facts: Facts) -> None:
        self.name = name
        self.facts = facts

    def joins(self, parameters: Mapping[str, Any]) -> bool:
        return True

    def close(self) -> None:
        return None

    async def answer(self, view: View, message: Any) -> Sequence[Act]:
        return [Answers(self.facts, Request.about(self.name, view, message)).act()]


@dataclass(frozen=True)
class World:
    """An agenda, and what each friend knows."""

    agenda: Agenda
    facts: Mapping[str, Facts]

    @classmethod
    def by_chance(cls, seed: int, *, people: Sequence[int] = (2, 3, 4, 4, 4, 6), days: Sequence[int] = (1, 2, 3, 7)) -> World:
        chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
        first = datetime(2026, 11, 27 + chance.randrange(2), tzinfo=ZONE)
        many = chance.choice(days)
        every = [first + timedelta(days=day) for day in range(many)]
        names = tuple(f"F{number}" for number in range(chance.choice(people)))
        agenda = Agenda(
            TOPICS,
            ZONE,
            timedelta(minutes=chance.choice([60, 90, 120])),
            within=tuple((day, day + timedelta(days=1)) for day in every),
            usual=tuple((day.replace(hour=EVENING[0]), day.replace(hour=EVENING[1])) for day in every) if chance.random() < 0.6 else (),
            places=tuple(_place(chance, number) for number in range(chance.choice([3, 8, 20]))),
            currency="EUR",
            amount=chance.choice([None, 30.0]),
            required=tuple(name for name in names if chance.random() < 0.5),
        )
        return cls(agenda, {name: Facts(*_time(chance, every), _about(chance)) for name in names})

    @property
    def verdicts(self) -> dict[str, Verdicts]:
        return {name: Verdicts(facts, self.agenda) for name, facts in self.facts.items()}

    def rehearsal(self, minds: Mapping[str, Mind] | None = None) -> Rehearsal:
        seats = minds or {name: RuleMind(name, facts) for name, facts in self.facts.items()}
        chair = by_script(lambda view: friends_script(self.agenda, view))
        return Rehearsal(chair, seats, parameters=dict.fromkeys(seats, self.agenda.as_json()))

    def met(self, seed: int = 0) -> View:
        """The view at the end of a meeting in which chance chose who moves."""
        rehearsal = self.rehearsal()
        assert rehearsal.play(seed) is not None
        rehearsal.close()
        return rehearsal.host.view

    # -- the best, by trying everything

    def worth_of_time(self, start: datetime) -> tuple[bool, int, bool, float]:
        """What the chair goes by: all who have to come can, few cannot, the usual hours, the sum of grades."""
        grades = {name: verdicts.time(start) for name, verdicts in self.verdicts.items()}
        cannot = [name for name, grade in grades.items() if not grade]
        return (not set(cannot) & set(self.agenda.required), -len(cannot), self._usual(start), sum(grades.values()))

    def best_time(self) -> tuple[bool, int, bool, float] | None:
        """The best of all starts at which anything can change; None if no start suits anybody."""
        worths = [self.worth_of_time(start) for start in self._starts()]
        return max((worth for worth in worths if -worth[1] < len(self.facts)), default=None)

    def worth_of_place(self, place: Venue) -> float:
        return sum(verdicts.place(place) or VETO for verdicts in self.verdicts.values())

    def best_place(self) -> float:
        return max(map(self.worth_of_place, self.agenda.places))

    def best_amount(self) -> float:
        """The highest step that everybody can pay; 0 if there is none."""
        return min(verdicts.most() for verdicts in self.verdicts.values())

    def decided_start(self, view: View) -> datetime | None:
        decided = view.decided["time"]
        return slot_of(decided.item)[0] if decided.item else None

    def _usual(self, start: datetime) -> bool:
        return not self.agenda.usual or any(low <= start and start + self.agenda.length <= high for low, high in self.agenda.usual)

    def _starts(self) -> list[datetime]:
        edges = {edge for span in (*self.agenda.within, *self.agenda.usual) for edge in span}
        for facts in self.facts.values():
            edges |= {edge for one in (*facts.windows, *facts.wishes) for edge in (one.start, one.end)}
        return [edge for edge in edges if any(low <= edge and edge + self.agenda.length <= high for low, high in self.agenda.within)]


def _place(chance: random.Random, number: int) -> Venue:
    low = chance.choice([12, 18, 25, 35, 60])
    price = Price(low=low, high=low + 5, currency="EUR") if chance.random() < 0.6 else None
    needs = {need: chance.choice([True, False, None]) for need in NEEDS}
    return Venue(f"P{number}", "restaurant", (chance.choice(KITCHENS),), needs=needs, price=price)


def _time(chance: random.Random, days: Sequence[datetime]) -> tuple[tuple[Window, ...], tuple[Preference, ...]]:
    windows: list[Window] = []
    wishes: list[Preference] = []
    for day in (day for day in days for _ in range(chance.choice([0, 1, 1, 2]))):
        begin = chance.randrange(8 * 60, 21 * 60, chance.choice([1, 15, 30]))
        start, end = (day + timedelta(minutes=minutes) for minutes in (begin, min(24 * 60, begin + chance.randrange(60, 400, 30))))
        windows.append(Window(start, end, chance.choice(["free", "free", "free", "if_needed", "busy"])))
        if chance.random() < 0.3:
            wishes.append(Preference(start, end, chance.choice(["preferred", "avoided"])))
    return tuple(windows), tuple(wishes)


def _about(chance: random.Random) -> tuple[Mapping[str, Any], ...]:
    about = [
        {"key": "diet", "value": chance.choice(NEEDS), "strength": "must"},
        {"key": "cuisine", "value": chance.choice(KITCHENS), "strength": chance.choice(["prefer", "avoid"])},
        {"key": "budget", "value": f"{chance.randrange(12, 90)} euros", "strength": chance.choice(["must", "prefer"])},
    ]
    return tuple(fact for fact in about if chance.random() < 0.5)
