"""Hypothesis strategies: a random plan, and what people might type to tell it.

For the property that no slot is asked for twice, and that every number and date in an answer stands in a tool result of its turn. What a
message tells is listed next to it, so a test knows what must not be asked any more. Days lie within three weeks of the clock, times are quarter
hours, nobody's windows overlap, and all of it is in the plan's own zone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from conversations.facts import ME, attendance, can, coming, days_are, kind_is, plan_is, window
from conversations.model import NOW, ZONE, State
from hypothesis import strategies as st

Kind = Literal["free", "if_needed", "busy"]
Draw = Callable[[st.SearchStrategy[str]], str]

# fmt: off
NAMES: Final = (
    "Aisha", "Akira", "Aleksi", "Amara", "Anders", "Beatriz", "Bilal", "Bogdan", "Carlos", "Chidi",
    "Chloé", "Dariusz", "Dmitri", "Ebba", "Elif", "Emeka", "Fatima", "Femi", "Giulia", "Gwen",
    "Hassan", "Hilde", "Hiroshi", "Ingrid", "Iñaki", "Jamal", "Jean-Luc", "Joaquín", "Keiko", "Kerttu",
    "Kwame", "Lakshmi", "Leila", "Ljubica", "Łukasz", "Mahmoud", "Mei", "Mikko", "N'Golo", "Nikolai",
    "Noémie", "Olga", "Øyvind", "Paolo", "Pilar", "Quentin", "Rashid", "Rosa", "Saoirse", "Sipho",
    "Svetlana", "Tadhg", "Tomoko", "Ulrika", "Veera", "Wanjiru", "Xiomara", "Yara", "Zoë", "Zsófia",
)
# fmt: on
KINDS: Final = ("dinner", "lunch", "brunch", "coffee", "drinks")
WEEKS: Final = timedelta(weeks=3)
_QUARTERS: Final = 4
_OPENS, _CLOSES = 8 * _QUARTERS, 23 * _QUARTERS


@dataclass(frozen=True, slots=True)
class Told:
    """A window that somebody has."""

    name: str
    start: datetime
    end: datetime
    kind: Kind


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is said in one generated conversation; `others` come with "You"."""

    kind: str
    others: tuple[str, ...]
    days: tuple[date, ...]
    required: str | None
    length: int | None
    budget: int | None
    currency: str
    windows: tuple[Told, ...]

    @property
    def people(self) -> tuple[str, ...]:
        return (*self.others, ME)

    def check(self, state: State) -> None:
        """Raise AssertionError unless `state` has these facts."""
        coming(state, *self.people)
        kind_is(state, self.kind)
        days_are(state, self.days[0].isoformat(), self.days[-1].isoformat())
        if self.length is not None:
            plan_is(state, duration_minutes=self.length)
        if self.budget is not None:
            plan_is(state, budget_per_person=self.budget, currency=self.currency)
        if self.required is not None:
            assert attendance(state, self.required) == "required", f"{self.required} is not required"
        for told in self.windows:
            self._check_window(state, told)

    def _check_window(self, state: State, told: Told) -> None:
        """A busy window is seen as a no inside it; its edges show only against free time, so they are not looked at."""
        if told.kind == "busy":
            windows = {name.casefold(): found for name, found in state.get("availability", {}).items()}.get(told.name.casefold(), [])
            spans = [(datetime.fromisoformat(w["start"]), datetime.fromisoformat(w["end"])) for w in windows if w["kind"] == "busy"]
            assert (told.start, told.end) in spans, f"{told.name} is not busy from {told.start} to {told.end}"
        else:
            can(state, told.name, told.start.isoformat(), told.end.isoformat(), told.kind)

    def reference(self) -> State:
        """A smallest state that has these facts."""
        plan = {"kind": self.kind, "date_from": self.days[0].isoformat(), "date_to": self.days[-1].isoformat()}
        more = {"duration_minutes": self.length, "budget_per_person": self.budget, "currency": self.currency if self.budget else None}
        availability: dict[str, list[dict[str, str]]] = {}
        for told in self.windows:
            availability.setdefault(told.name, []).append(window(told.start.isoformat(), told.end.isoformat(), told.kind))
        return {
            "plan": plan | {key: value for key, value in more.items() if value is not None},
            "people": [{"name": name, "attendance": "required" if name == self.required else "optional"} for name in self.people],
            "availability": availability,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """What is typed, and the slots that it fills: kind, people, days, length, budget, required, "availability:NAME"."""

    text: str
    tells: frozenset[str]


@dataclass(frozen=True, slots=True)
class Generated:
    """One conversation: the facts, and the messages that tell all of them; the last message asks for a time."""

    facts: Facts
    messages: tuple[Message, ...]


_OPENINGS: Final = (
    "Let's have {kind} with {others} {days}.",
    "I'd like to plan {kind} {days} for {others} and me.",
    "{others} and I want to have {kind} {days}.",
    "{kind} {days}: {others}, me.",
    "Can you find a time for {kind} {days}? It's {others} and me.",
    "We're thinking of {kind}, {days}, and we are {others} and me.",
)
_LENGTHS: Final = (
    "It should take {length}.",
    "We need {length}.",
    "Length: {length}.",
    "Please plan {length} for it.",
    "It's going to last {length}.",
)
_BUDGETS: Final = (
    "At most {money} each.",
    "The budget is {money} per person.",
    "Nobody should have to pay more than {money}.",
    "Max {money} pp.",
    "{money} a head is our limit.",
)
_REQUIRED: Final = (
    "{name} has to be there.",
    "It doesn't work without {name}.",
    "{name} must come, whatever happens.",
    "Attendance of {name}: required.",
    "We can't do it without {name}.",
)
_WINDOWS: Final[dict[Kind, tuple[str, ...]]] = {
    "free": (
        "{name} is free {day} from {start} to {end}.",
        "{name} can do {start} to {end} {day}.",
        "{name}: {day}, {start}-{end}.",
        "{name} has time {day} between {start} and {end}.",
        "{start} until {end} {day} works for {name}.",
    ),
    "if_needed": (
        "{name} could do {day} from {start} to {end} if need be.",
        "If really necessary, {name} can come {day} from {start} to {end}.",
        "{name} would rather not, but could make it {day} from {start} to {end}.",
        "{name}, only if there's no other way: {day}, {start}-{end}.",
        "{day} from {start} to {end} is possible for {name} if it must be.",
    ),
    "busy": (
        "{name} is busy {day} from {start} to {end}.",
        "{name} can't come {day} between {start} and {end}.",
        "{name} isn't free {day} from {start} to {end}.",
        "{name} has another appointment {day} from {start} until {end}.",
        "{start} to {end} {day} doesn't work for {name}.",
    ),
}
_MY_WINDOWS: Final[dict[Kind, tuple[str, ...]]] = {
    "free": (
        "I'm free {day} from {start} to {end}.",
        "I can do {start} to {end} {day}.",
        "Me: {day}, {start}-{end}.",
        "{start} until {end} {day} works for me.",
    ),
    "if_needed": (
        "I could do {day} from {start} to {end} if need be.",
        "If really necessary, I can come {day} from {start} to {end}.",
        "I'd rather not, but I could make it {day} from {start} to {end}.",
    ),
    "busy": (
        "I'm busy {day} from {start} to {end}.",
        "I can't come {day} between {start} and {end}.",
        "{start} to {end} {day} doesn't work for me.",
    ),
}
_QUESTIONS: Final = (
    "When can we meet?",
    "Which times are possible?",
    "So when does it work?",
    "Find the best time, please.",
    "What's the best time for us?",
)
_WORDS: Final = {
    30: ("half an hour", "30 minutes", "30 min"),
    45: ("45 minutes", "three quarters of an hour"),
    60: ("an hour", "1 hour", "60 minutes", "1h"),
    90: ("an hour and a half", "1.5 hours", "90 minutes", "1 h 30 min"),
    120: ("two hours", "2 hours", "2h", "120 minutes"),
    150: ("two and a half hours", "2.5 hours", "150 minutes"),
    180: ("three hours", "3 h", "180 minutes"),
}
_MONEY: Final = {
    "EUR": ("{} euros", "€{}", "{} EUR", "{}€"),
    "GBP": ("{} pounds", "£{}", "{} GBP"),
    "USD": ("{} US dollars", "US${}", "{} USD"),
}


def _date_words(draw: Draw, day: date) -> str:
    weekday, month = f"{day:%A}", f"{day:%B}"
    ordinal = f"{day.day}{_ending(day.day)}"
    return draw(
        st.sampled_from(
            (
                f"on {weekday} {day.day} {month}",
                f"on {weekday[:3]} {day.day} {month[:3]}",
                f"on {weekday}, {month} {day.day}",
                f"on the {ordinal} of {month}",
                f"on {day.day}.{day.month}.",
                f"on {weekday} the {ordinal}",
            )
        )
    )


def _ending(number: int) -> str:
    return "th" if number in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _days_words(draw: Draw, days: Sequence[date]) -> str:
    first, *rest = (_date_words(draw, day) for day in (days if len(days) < 3 else (days[0], days[-1])))
    if not rest:
        return first
    if len(days) == 2:
        return f"{first} or {rest[0]}"
    return f"sometime from {first.removeprefix('on ')} to {rest[0].removeprefix('on ')}"


def _clock_words(draw: Draw, start: datetime, end: datetime) -> tuple[str, str]:
    """Both times in one way of writing."""
    way = draw(st.sampled_from(("colon", "dot", "pm", "short pm")))
    return _clock(way, start.time()), _clock(way, end.time())


def _clock(way: str, at: time) -> str:
    half = "am" if at.hour < 12 else "pm"
    hour = at.hour % 12 or 12
    match way:
        case "colon":
            return f"{at:%H:%M}"
        case "dot":
            return f"{at:%H.%M}"
        case "pm":
            return f"{hour}:{at:%M} {half}"
        case _:
            return f"{hour}{half}" if not at.minute else f"{hour}.{at:%M}{half}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _opening(draw: Draw, facts: Facts) -> Message:
    template = draw(st.sampled_from(_OPENINGS))
    days = _days_words(draw, facts.days)
    text = template.format(kind=facts.kind, others=_listed(facts.others), days=days)
    return Message(_sentence(text), frozenset({"kind", "people", "days"}))


def _sentence(text: str) -> str:
    """`text` with a capital, and with one full stop also where it ends in a date."""
    return (text[0].upper() + text[1:]).replace("..", ".")


def _window_told(draw: Draw, told: Told) -> Message:
    templates = _MY_WINDOWS if told.name == ME else _WINDOWS
    start, end = _clock_words(draw, told.start, told.end)
    day = _date_words(draw, told.start.date())
    text = draw(st.sampled_from(templates[told.kind])).format(name=told.name, day=day, start=start, end=end)
    return Message(_sentence(text), frozenset({f"availability:{told.name}"}))


def _others_told(draw: Draw, facts: Facts) -> list[Message]:
    """A sentence for each fact that is not in the opening."""
    told = [_window_told(draw, each) for each in facts.windows]
    if facts.length is not None:
        words = draw(st.sampled_from(_WORDS[facts.length]))
        told.append(Message(draw(st.sampled_from(_LENGTHS)).format(length=words), frozenset({"length"})))
    if facts.budget is not None:
        money = draw(st.sampled_from(_MONEY[facts.currency])).format(facts.budget)
        told.append(Message(draw(st.sampled_from(_BUDGETS)).format(money=money), frozenset({"budget"})))
    if facts.required is not None:
        told.append(Message(draw(st.sampled_from(_REQUIRED)).format(name=facts.required), frozenset({"required"})))
    return told


def _joined(messages: Sequence[Message]) -> Message:
    return Message(" ".join(m.text for m in messages), frozenset[str]().union(*(m.tells for m in messages)))


@st.composite
def told_windows(draw: st.DrawFn, names: Sequence[str], days: Sequence[date]) -> tuple[Told, ...]:
    """At most one window a person and day."""
    found: list[Told] = []
    for name in names:
        for day in days:
            kind = draw(st.sampled_from(("free", "free", "free", "if_needed", "busy", None)))
            if kind is not None:
                start = draw(st.integers(_OPENS, _CLOSES - 2))
                end = draw(st.integers(start + 2, _CLOSES))
                low, high = (datetime.combine(day, time(*divmod(n, _QUARTERS)), ZONE) for n in (start, end))
                found.append(Told(name, _minutes(low), _minutes(high), kind))
    return tuple(found)


def _minutes(quarters: datetime) -> datetime:
    """`divmod` has put the quarters where the minutes are."""
    return quarters.replace(minute=quarters.minute * 15)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """A plan of two to eight people."""
    others = tuple(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True)))
    count = draw(st.integers(1, 3))
    first = NOW.date() + timedelta(days=draw(st.integers(1, WEEKS.days - count + 1)))
    days = tuple(first + timedelta(days=n) for n in range(count))
    return Facts(
        kind=draw(st.sampled_from(KINDS)),
        others=others,
        days=days,
        required=draw(st.none() | st.sampled_from(others)),
        length=draw(st.none() | st.sampled_from(sorted(_WORDS))),
        budget=draw(st.none() | st.integers(5, 150)),
        currency=draw(st.sampled_from(sorted(_MONEY))),
        windows=draw(told_windows((*others, ME), days)),
    )


@st.composite
def conversations(draw: st.DrawFn) -> Generated:
    """A plan told in an opening, in further messages of one to three sentences in any order, and a question. Some people use no capitals."""
    said = draw(facts())
    rest = draw(st.permutations(_others_told(draw, said)))
    messages = [_opening(draw, said)]
    while rest:
        count = draw(st.integers(1, 3))
        messages.append(_joined(rest[:count]))
        rest = rest[count:]
    messages.append(Message(draw(st.sampled_from(_QUESTIONS)), frozenset()))
    if draw(st.sampled_from((False, False, False, True))):
        messages = [Message(message.text.lower(), message.tells) for message in messages]
    return Generated(said, tuple(messages))
