"""Who is asked what, and what is decided: the chair of a meeting of friends, as a script over the view. No model has a say in it.

**Time.** Each in turn proposes their best slot and the others grade it. If nobody's proposal suits everybody, the chair asks for the first
slot that does: everybody says the first start from a moment on that suits them, the latest of these is the next moment, until all say the
same. That finds a slot that suits all wherever there is one, as long as the meeting has messages left. If there is none, it goes from one
moment at which somebody more can come to the next: that finds the slot that most can come to.

**Place.** Each in turn proposes the best place that nobody has named; the others grade it. It ends when no place left unnamed can be
better, by what each has said of their last one (Fagin's threshold algorithm), or after one round better by a twentieth: so the outcome is
the best of all or close to it, with few of them named.

**Budget.** What the place costs, or the plan says, or the highest step of a ladder; whoever cannot pay it says the step that they can.

What is chosen: what all who have to come can, then what most can, then the usual hours, then the highest sum of grades, then the earliest.
A seat that has failed is asked no more, but where it said no that stays a no.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from playground.meetings.messages import Accept, Body, Decided, Decline, Floor, Message, Outcome, Propose, Say
from playground.meetings.script import Moves
from playground.meetings.view import View
from vibehuntr_agent.planning.errors import PlanningError
from vibehuntr_agent.planning.finder import Span
from vibehuntr_agent.planning.people import ME, listed
from vibehuntr_agent.planning.venues import opening

from .agenda import FINE, GLADLY, IF_NEEDED, NO, RELUCTANT, Agenda, Json, Topic, slot_of, stretch_json
from .verdicts import slot_json

_VETO: Final = -10.0
"""A place that somebody cannot go to is worse than any that all can."""
_NEARLY: Final = 0.95
"""Once everybody has proposed a place, one that is so good, of the best that there can be, ends the search."""
_STEPS: Final = 300
"""Of a search for a slot, at most."""
_FEW: Final = 2
"""Fewer than so many cannot agree on anything."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that has been proposed, with the grade of each who has said one: 0 for a no."""

    item: Json
    grades: Mapping[str, float]
    nexts: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """What those who said no could do instead."""

    @property
    def willing(self) -> int:
        """How many it suits."""
        return len(self.grades) - len(self.against)

    @property
    def against(self) -> tuple[str, ...]:
        """Whom it does not suit."""
        return tuple(seat for seat, grade in self.grades.items() if not grade)


def friends_script(agenda: Agenda, view: View) -> Moves:
    """The whole meeting: one topic after the other, as long as two take part."""
    talk = _Talk(agenda, view)
    if len(view.here) < _FEW:
        yield [Decided(outcome="none", final=True, words="There is nobody to agree with.")]
        return
    for topic in agenda.topics:
        if len(view.here) < _FEW:
            yield [Decided(outcome="failed", final=True, words="There is nobody left to agree with.")]
            return
        yield from {"time": talk.settle_time, "place": talk.settle_place, "budget": talk.settle_budget}[topic]()
    settled = [decided for decided in view.decided.values() if decided.item]
    outcome: Outcome = "none" if not settled else "agreed" if all(one.outcome == "agreed" for one in settled) else "compromise"
    yield [Decided(outcome=outcome, final=True)]


class _Talk:
    """The chair's side of a meeting, in the middle of its script."""

    def __init__(self, agenda: Agenda, view: View) -> None:
        self.agenda = agenda
        self.view = view
        self.topic: Topic = "time"
        self.since = 0
        self.options: list[Option] = []

    # -- time

    def settle_time(self) -> Moves:
        """Decide on a time."""
        self._open("time")
        yield from self._proposals_of_times()
        for spans in (self.agenda.usual, self.agenda.within):
            for least in (FINE, IF_NEEDED):
                if spans and not self._suits_all(least, usual=spans == self.agenda.usual):
                    yield from self._first_for_all(least, spans)
        if not self._suits_all(IF_NEEDED):
            yield from self._first_for_most()
        yield [self._decision(self._best_time(), self._time_words)]

    def _proposals_of_times(self) -> Moves:
        for seat in self.view.here:
            if seat in self.view.here:  # still
                proposal = yield from self._ask_proposal(seat)
                if proposal and self._is_new(proposal.item):
                    yield from self._grade(proposal, self._time_or_nothing(proposal.item))
            if any(min(option.grades.values(), default=NO) >= GLADLY and self._is_usual(option) for option in self.options):
                return

    def _first_for_all(self, least: float, spans: Sequence[Span]) -> Moves:
        """Look for the first slot that suits all; every step is at least one start later than the last."""
        at: datetime | None = min((span[0] for span in spans), default=None)
        for _ in range(_STEPS):
            if at is None or self._suits_all(least, usual=spans == self.agenda.usual):
                return
            option = yield from self._probe(at, least, spans)
            later = list(option.nexts.values())
            refused = [seat for seat in self.view.here if not option.grades.get(seat)]
            at = max(later) if later and len(later) == len(refused) else None

    def _first_for_most(self) -> Moves:
        """Look at every start at which somebody more can come."""
        at: datetime | None = min((span[0] for span in self.agenda.within), default=None)
        for _ in range(_STEPS):
            if at is None:
                return
            option = yield from self._probe(at, IF_NEEDED, self.agenda.within)
            at = min(option.nexts.values(), default=None)

    def _probe(self, at: datetime, least: float, spans: Sequence[Span]) -> Generator[Sequence[Body], None, Option]:
        """Ask everybody whether they can start then, and when else."""
        item = slot_json(at.astimezone(self.agenda.zone), self.agenda.length)
        asked = {**item, "least": least, "usual": spans == self.agenda.usual}
        yield [self._floor(self.view.here, "probe", item=asked)]
        option = self._answered(item, {})
        if any(low <= at and at + self.agenda.length <= high for low, high in self.agenda.within):
            self.options.append(option)
        return option

    def _best_time(self) -> Option | None:
        return max((option for option in self.options if option.willing), key=self._rank, default=None)

    def _rank(self, option: Option) -> tuple[Any, ...]:
        must = not set(option.against) & set(self.agenda.required)
        early = -slot_of(option.item)[0].timestamp()
        return (must, -len(option.against), option.willing, self._is_usual(option), sum(option.grades.values()), early)

    def _is_usual(self, option: Option) -> bool:
        start, end = slot_of(option.item)
        return not self.agenda.usual or any(low <= start and end <= high for low, high in self.agenda.usual)

    def _time_or_nothing(self, item: Json) -> Json | None:
        """The slot of a proposal, if it is one of this meeting."""
        try:
            start, end = slot_of(item)
        except PlanningError:
            return None
        inside = any(low <= start and end <= high for low, high in self.agenda.within)
        return stretch_json((start, end)) if inside and end - start == self.agenda.length else None

    def _time_words(self, item: Json) -> str:
        return f"Time: {self.agenda.slot_words(item)}"

    # -- place

    def settle_place(self) -> Moves:
        """Decide on a place, of those that are open at the time that was decided."""
        self._open("place")
        names = self._open_places()
        last = dict.fromkeys(self.view.here, GLADLY)
        enough = 1.0
        while names and not self._is_found(last, enough):
            before = len(self.options)
            for seat in self.view.here:
                left = [name for name in names if not any(option.item["name"] == name for option in self.options)]
                if not left or self._is_found(last, enough):
                    break
                proposal = yield from self._ask_proposal(seat, {"names": left})
                last[seat] = proposal.grade if proposal and proposal.grade else _VETO
                if proposal:
                    yield from self._grade(proposal, {"name": proposal.item["name"]} if proposal.item.get("name") in left else None)
            enough = _NEARLY
            if len(self.options) == before:
                break
        yield [self._decision(max(self.options, key=self._worth, default=None), self._place_words)]

    def _is_found(self, last: Mapping[str, float], enough: float) -> bool:
        """Whether no place that is left can be better than the best so far, or not by much: nobody grades it higher than their last."""
        limit = sum(last.get(seat, GLADLY) for seat in self.view.here)
        return any(self._worth(option) >= limit * (enough if limit > 0 else 1.0) for option in self.options)

    def _worth(self, option: Option) -> float:
        return sum(grade or _VETO for seat, grade in option.grades.items() if not grade or seat in self.view.here)

    def _open_places(self) -> list[str]:
        decided = self.view.decided.get("time")
        at = slot_of(decided.item)[0] if decided and decided.item else None
        return [place.name for place in self.agenda.places if at is None or opening(place, at).state != "closed"]

    def _place_words(self, item: Json) -> str:
        return f"Place: {item['name']}"

    # -- budget

    def settle_budget(self) -> Moves:
        """Decide on what each pays at most; nothing, when nobody has a limit."""
        self._open("budget")
        amount: float | None = self._first_amount()
        top = self.agenda.ladder()[-1]
        for _ in self.agenda.ladder():
            if amount is None:
                break
            item: Json = {"amount": amount, "currency": self.agenda.currency}
            asked = f"Can each of you pay {self.agenda.amount_words(amount)}?" if amount < top else "Is there a limit to what you can pay?"
            yield [Say(words=asked), self._floor(self.view.here, "answer", item=item)]
            option = self._answered(item, {})
            self.options.append(option)
            said = [_amount(message) for message in self._replies()]
            amount = min((step for step in self.agenda.ladder() if step < amount and step in said), default=None)
        best = self.options[-1] if self.options else None
        if best and best.item["amount"] == top and best.willing == len(best.grades):
            best = None
        yield [self._decision(best, self._budget_words, nothing="Nobody has a limit to what they pay.")]

    def _first_amount(self) -> float:
        decided = self.view.decided.get("place")
        place = self.agenda.place(decided.item.get("name")) if decided else None
        price = place.price.high or place.price.low if place and place.price and place.price.currency == self.agenda.currency else None
        return self.agenda.amount or price or self.agenda.ladder()[-1]

    def _budget_words(self, item: Json) -> str:
        return f"Budget: {self.agenda.amount_words(item['amount'])} each"

    # -- all

    def _open(self, topic: Topic) -> None:
        self.topic, self.since, self.options = topic, self.view.cursor, []

    def _floor(self, seats: Sequence[str], ask: str, *, about: str = "", item: Json | None = None) -> Floor:
        return Floor(seats=tuple(seats), topic=self.topic, ask=ask, about=about, item=item or {}, since=self.since)

    def _ask_proposal(self, seat: str, item: Json | None = None) -> Generator[Sequence[Body], None, Propose | None]:
        yield [self._floor((seat,), "propose", item=item)]
        return next((message.body for message in self._replies() if isinstance(message.body, Propose)), None)

    def _grade(self, proposal: Propose, item: Json | None) -> Moves:
        """Have the others grade a proposal that makes sense."""
        message = next(one for one in reversed(self.view.said) if one.body is proposal)
        others = [seat for seat in self.view.here if seat != message.sender]
        if item is None or not others:
            return
        yield [self._floor(others, "answer", about=message.id, item=item)]
        self.options.append(self._answered(item, {message.sender: proposal.grade}))

    def _answered(self, item: Json, own: Mapping[str, float]) -> Option:
        """What was said to the last floor. Who has failed since has no say."""
        grades, nexts = dict(own), dict[str, datetime]()
        for message in self._replies():
            if isinstance(message.body, Accept):
                grades[message.sender] = message.body.grade
            elif isinstance(message.body, Decline):
                grades[message.sender] = NO
                if (at := self._start(message.body, item)) is not None:
                    nexts[message.sender] = at
        return Option(item, grades, nexts)

    def _start(self, body: Decline, item: Json) -> datetime | None:
        """What somebody could do instead of a slot, if it is later and within the meeting's days: a stranger may say anything."""
        try:
            start = slot_of(body.instead)[0] if body.instead else None
            asked = slot_of(item)[0]
        except PlanningError:
            return None
        last = max(high for _, high in self.agenda.within)
        return start if start and asked < start < last else None

    def _replies(self) -> list[Message]:
        return self.view.answers(self.view.floor.id) if self.view.floor else []

    def _is_new(self, item: Json) -> bool:
        return all(slot_of(option.item) != slot_of(item) for option in self.options if self._time_or_nothing(item))

    def _suits_all(self, least: float, *, usual: bool = False) -> bool:
        """Whether something suits everybody, in the usual hours if these are asked for; FINE leaves out what suits only if need be."""
        return any(
            not option.against
            and set(self.view.here) <= option.grades.keys()
            and (least < FINE or IF_NEEDED not in option.grades.values())
            and (not usual or self._is_usual(option))
            for option in self.options
        )

    def _decision(self, option: Option | None, words_of: Any, nothing: str = "") -> Decided:  # noqa: ANN401  a method of this class
        """Say what is decided, by whom, and who gave way: who could have had something better."""
        unheard = tuple(seat for seat, standing in self.view.standing.items() if standing != "here")
        if len(self.view.here) < _FEW:
            return Decided(topic=self.topic, outcome="failed", unheard=unheard, words=f"The {self.topic} stays open.")
        if option is None:
            return Decided(topic=self.topic, outcome="none", unheard=unheard, words=nothing or f"No {self.topic} suits anybody.")
        said = {seat: option.grades.get(seat, NO) for seat in self.view.here}
        agreed = tuple(seat for seat, grade in said.items() if grade > RELUCTANT)
        gave_way = tuple(seat for seat, grade in said.items() if NO < grade <= RELUCTANT)
        against = tuple(seat for seat, grade in said.items() if not grade)
        parts = [_verb(agreed, "agrees", "agree"), _verb(gave_way, "gives way", "give way"), _verb(against, "cannot", "cannot")]
        words = f"{words_of(option.item)}. {'; '.join(part for part in parts if part)}."
        return Decided(
            topic=self.topic, outcome="compromise" if against else "agreed", item=option.item, agreed=agreed, gave_way=gave_way,
            against=against, unheard=unheard, words=words,
        )  # fmt: skip


def _verb(seats: Sequence[str], one: str, many: str) -> str:
    names = listed(seats)
    return f"{names[:1].upper()}{names[1:]} {one if len(seats) == 1 and ME not in seats else many}" if seats else ""


def _amount(message: Message) -> object:
    """The amount that somebody would pay instead: anything, until it is found among the steps."""
    instead = message.body.instead if isinstance(message.body, Decline) else None
    return (instead or {}).get("amount")
