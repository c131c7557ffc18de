"""How a friend's agent answers without a model: by its verdicts, in words that say no more than those."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from playground.meetings.messages import Accept, Act, Decline, Floor, Pass, Propose
from playground.meetings.minds import Request
from vibehuntr_agent.planning.errors import PlanningError

from .agenda import FINE, GLADLY, IF_NEEDED, NO, Agenda, Json, slot_of
from .verdicts import Facts, Verdicts, slot_json

WORDS: Final = ((GLADLY, "Gladly."), (FINE, "That suits me."), (0.0, "If need be."))


class Answers:
    """The answers of one friend to one request."""

    def __init__(self, facts: Facts, request: Request) -> None:
        """Read the request. Raises: PlanningError when its agenda or its question makes no sense."""
        if not isinstance(request.asked.body, Floor):
            raise PlanningError("That is no question of a meeting.")
        self.floor = request.asked.body
        self.about = self.floor.about or request.asked.id
        self.agenda = Agenda.read(request.parameters)
        self.verdicts = Verdicts(facts, self.agenda)

    def options(self) -> Sequence[tuple[Json, float]]:
        """What this friend could propose, the dearest first."""
        if self.floor.topic == "time":
            zone = self.agenda.zone
            starts = [(start, self.verdicts.time(start)) for start in self.verdicts.times()]
            return [(slot_json(start.astimezone(zone), self.agenda.length), grade) for start, grade in starts if grade]
        named = self.floor.item.get("names")
        names = set(map(str, named)) if isinstance(named, list) else {place.name for place in self.agenda.places}
        return [({"name": venue.name}, grade) for venue, grade in self.verdicts.places() if venue.name in names and grade]

    def act(self) -> Act:
        """Answer by the rules."""
        match self.floor.ask:
            case "propose":
                options = self.options()
                return self.propose(*options[0]) if options else Pass(words="I have nothing to propose.")
            case "probe":
                return self._probe()
            case _:
                return self.answer()

    def propose(self, item: Json, grade: float, words: str = "") -> Propose:
        """Propose one of the options."""
        said = self.agenda.slot_words(item) if self.floor.topic == "time" else item["name"]
        return Propose(topic=self.floor.topic, item=item, grade=grade, words=words or f"How about {said}?")

    def grade(self) -> float:
        """What this friend makes of the item that is asked about."""
        item = self.floor.item
        if self.floor.topic == "time":
            return self.verdicts.time(slot_of(item)[0])
        if self.floor.topic == "place":
            venue = self.agenda.place(item.get("name"))
            return self.verdicts.place(venue) if venue else NO
        return self.verdicts.budget(float(item.get("amount", 0)))

    def answer(self, words: str = "") -> Act:
        """Accept or decline, as the verdict is."""
        grade = self.grade()
        if grade:
            plain = "Fine with me." if self.floor.topic == "budget" and grade == GLADLY else ""
            said = plain or next(said for least, said in WORDS if grade >= least)
            return Accept(about=self.about, grade=grade, words=words or said)
        if self.floor.topic == "budget":
            most = self.verdicts.most()
            instead = {"amount": most, "currency": self.agenda.currency} if most else None
            told = f"That is too much for me; {self.agenda.amount_words(most)} I can." if most else "I cannot pay for that."
            return Decline(about=self.about, instead=instead, words=words or told)
        return Decline(about=self.about, words=words or ("I cannot then." if self.floor.topic == "time" else "That does not work for me."))

    def _probe(self) -> Act:
        """Say whether the slot suits, or the first one from there on that does."""
        start, usual = slot_of(self.floor.item)[0], bool(self.floor.item.get("usual"))
        least = IF_NEEDED if self.floor.item.get("least") == IF_NEEDED else FINE
        found = self.verdicts.next_time(start, least, self.agenda.usual if usual else self.agenda.within)
        if found == start:
            return Accept(about=self.about, grade=self.verdicts.time(start), words="I can then.")
        return Decline(about=self.about, instead=self._slot(found), words=self._next_words(found))

    def _slot(self, start: datetime | None) -> Json | None:
        return slot_json(start.astimezone(self.agenda.zone), self.agenda.length) if start else None

    def _next_words(self, start: datetime | None) -> str:
        slot = self._slot(start)
        return f"I could on {self.agenda.slot_words(slot)}." if slot else "Not from then on."
