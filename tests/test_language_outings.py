"""Places, stops and calendar files are read from what people type, and all twelve conversations come out as their checks want them."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conversations.facts import moment
from conversations.model import END, NOW, ZONE, Confirm, Conversation, Fail, History, State, Step, referred, typed
from hypothesis import given
from hypothesis import strategies as st

from vibehuntr_agent.language import choices, outings
from vibehuntr_agent.language.context import Call, Context

Json = dict[str, Any]

MODULES = sorted(path.stem for path in (Path(__file__).parent / "conversations").glob("c[0-9][0-9]_*.py"))
CONVERSATIONS: list[Conversation] = [importlib.import_module(f"conversations.{name}").CONVERSATION for name in MODULES]
TRANSCRIPTS = [pytest.param(c, n, id=f"c{c.number:02}-{n + 1}") for c in CONVERSATIONS for n in range(len(c.transcripts))]
WANTED = {
    1: {"decide", "finalize_plan"},
    2: {"decide"},
    3: {"decide"},
    4: {"decide"},
    5: {"decide"},
    6: {"search_venues", "update_plan", "add_venue", "decide"},
    7: {"search_venues", "decide"},
    8: {"decide"},
    9: {"add_venue", "build_itinerary", "export_calendar"},
    10: set[str](),
    11: {"undo_last_change", "decide", "export_calendar", "cancel_plan"},
    12: {"add_venue", "decide"},
}
PLACES = ("Sea Horse", "Kuu", "Story", "Nokka", "Juuri")


@dataclass
class Talk:
    """What the calls of the two readers do to a plan whose other facts are those of the conversation's reference."""

    conversation: Conversation
    city: str = "Helsinki"
    venues: list[Json] = field(default_factory=list[Json])
    shown: Json = field(default_factory=dict[str, Any])
    itinerary: Json = field(default_factory=dict[str, Any])
    decisions: Json = field(default_factory=dict[str, Any])
    calendar: Json = field(default_factory=dict[str, Any])
    status: str = "open"
    earlier: tuple[str, ...] = ()
    known: State = field(default_factory=dict[str, Any])
    """The reference state after the last message."""
    asked: str = ""
    """The status that waits for a confirmation."""
    calls: list[list[Call]] = field(default_factory=list[list[Call]])

    def slots(self) -> Json:
        """The times that are listed, where the conversation is about one."""
        chosen = self.conversation.reference[END].get("decisions", {}).get("time")
        if not chosen or self.conversation.number == 11:
            return {}
        start, end = moment(chosen["start"]), moment(chosen["end"])
        later = [timedelta(minutes=15 * n) for n in range(3)]
        return {"of": "slots", "items": [{"label": "x", "start": (start + d).isoformat(), "end": (end + d).isoformat()} for d in later]}

    def context(self) -> Context:
        plan = {key: value for key, value in self.known.get("plan", {}).items() if key != "status"}
        polls = [{"subject": "where to eat", "status": "open", **poll} for poll in self.known.get("polls", ())]
        if plan.get("city"):
            plan["city"] = self.city
        return Context(
            NOW, ZONE, plan, self.known.get("people", ()), self.known.get("availability", {}), {}, polls, self.venues, self.shown, self.itinerary,
            self.decisions, self.calendar, earlier=self.earlier,
        )  # fmt: skip

    def take(self, step: Step, known: State) -> State:
        """One step, and the state after it."""
        if isinstance(step, Confirm):
            assert self.asked or self.conversation.number == 10, "nothing asked for a confirmation"  # there, forgetting did
            self.status, self.asked = (self.asked if step.yes and self.asked else self.status), ""
        elif text := typed(step):
            self.say(text)
            self.known = known
            if isinstance(step, Fail):
                assert not self.calls[-1]
        listed = known.get("list") if known.get("list", {}).get("of") == "slots" else None
        plan = known.get("plan", {}) | ({"city": self.city} if "city" in known.get("plan", {}) else {})
        return dict(known) | {
            "plan": plan | {"status": self.status},
            "venues": list(self.venues),
            "list": listed or self.shown or self.slots(),
            "itinerary": dict(self.itinerary),
            "decisions": dict(self.decisions),
            "calendar": dict(self.calendar),
        }

    def say(self, text: str) -> None:
        if self.slots() and not (self.calls and any(call.name == "add_venue" for call in self.calls[-1])):
            self.shown = self.slots()
        context = self.context()
        chosen = choices.read(text, context)
        out = outings.read(chosen.rest, context)
        self.calls.append([*chosen.calls, *out.calls])
        for call in self.calls[-1]:
            getattr(self, f"do_{call.name}")(**call.args)
        self.earlier += (text,)

    def do_update_plan(self, city: str) -> None:
        self.city = city

    def do_search_venues(self, what: str, city: str = "") -> None:
        here = [f"{what.title()} {place}" for place in PLACES] if (city or self.city) == "Helsinki" else []
        self.venues = [{"name": name, "source": "OpenStreetMap"} for name in here]
        self.shown = {"of": "venues", "items": [{"label": name} for name in here]} if here else {}

    def do_add_venue(self, name: str, **more: str) -> None:
        old: Json = next((venue for venue in self.venues if venue["name"] == name), {})
        self.venues = [venue for venue in self.venues if venue is not old and venue["source"] == "you"]
        self.venues.append(old | {"name": name, "source": "you"} | more)
        self.shown = {"of": "venues", "items": [{"label": venue["name"]} for venue in reversed(self.venues)]}

    def do_decide(self, what: str, choice: str, end: str | None = None) -> None:
        item: Json = self.shown["items"][int(choice) - 1] if choice.isdigit() else {}
        if what == "time":
            start = item.get("start") or choice
            length = timedelta(minutes=self.known.get("plan", {}).get("duration_minutes", 120))
            finish = item.get("end") or end or (datetime.fromisoformat(start) + length).isoformat()
            self.decisions = self.decisions | {"time": {"start": start, "end": finish}}
        else:
            self.decisions = self.decisions | {what: {"name": item.get("label") or choice}}

    def do_build_itinerary(
        self, start: str, stops: Sequence[Json] = (), order: Sequence[str] = (), travel_minutes: int | None = None
    ) -> None:
        told = [dict(stop) for stop in stops] or [{"venue": s["name"], "minutes": s["minutes"]} for s in self.itinerary["stops"]]
        if order:
            told.sort(key=lambda stop: order.index(stop["venue"]))
        clock, made, warnings = datetime.fromisoformat(start), list[Json](), list[str]()
        for stop in told:
            leave = clock + timedelta(minutes=stop["minutes"])
            closes = str(next(venue.get("closes", "") for venue in self.venues if venue["name"] == stop["venue"]))
            if closes and f"{leave:%H:%M}" > closes > "06:00":
                warnings.append(f"{stop['venue']} closes at {closes}")
            made.append({"name": stop["venue"], "minutes": stop["minutes"], "arrive": clock.isoformat(), "leave": leave.isoformat()})
            clock = leave + timedelta(minutes=travel_minutes or 0)
        self.itinerary = {"start": start, "stops": made, "warnings": warnings}

    def do_export_calendar(self) -> None:
        self.calendar = {"uid": "u", "sequence": self.calendar.get("sequence", -1) + 1}

    def do_undo_last_change(self) -> None:
        """The budget is the reference's."""

    def do_finalize_plan(self) -> None:
        self.asked = "final"

    def do_cancel_plan(self) -> None:
        self.asked = "cancelled"


def held(conversation: Conversation, number: int) -> tuple[Talk, History]:
    """The transcript, message by message."""
    steps = conversation.transcripts[number]
    talk = Talk(conversation)
    states = [talk.take(step, known) for step, known in zip(steps, referred(steps, conversation.reference), strict=True)]
    return talk, History(steps, states)


@pytest.mark.parametrize(("conversation", "number"), TRANSCRIPTS)
def test_every_transcript_ends_as_its_check_wants_it(conversation: Conversation, number: int) -> None:
    """Choices, places, stops and files of all conversations are read, and nothing is read where nothing of the kind is said."""
    talk, history = held(conversation, number)
    conversation.check(history)
    assert {call.name for calls in talk.calls for call in calls} <= WANTED[conversation.number]


SAAGA, KETTU = "Ravintola Saaga", "Kahvila Kettu"
FRIDAY = {"kind": "dinner", "city": "Helsinki", "date_from": "2026-11-27", "date_to": "2026-11-27"}
PEOPLE = [{"name": name} for name in ("Anna", "Ben", "You")]
EMPTY = Context(NOW, ZONE)
PLAN = Context(NOW, ZONE, FRIDAY, PEOPLE)
OUTING = replace(
    PLAN,
    venues=[{"name": SAAGA, "source": "you"}, {"name": KETTU, "source": "you"}],
    itinerary={"start": "2026-11-27T17:00:00+02:00", "stops": [{"name": SAAGA, "minutes": 120}, {"name": KETTU, "minutes": 45}]},
)


def read(text: str, context: Context) -> list[tuple[str, Mapping[str, Any]]]:
    return [(call.name, call.args) for call in outings.read(text, context).calls]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cheap Thai near the station open now", {"what": "cheap Thai", "near": "station", "open_at": "2026-11-18T10:00+02:00"}),
        ("find us a vegan restaurant near Kamppi", {"what": "vegan restaurant", "near": "Kamppi"}),
        ("Which bars are there in Turku?", {"what": "bar", "city": "Turku"}),
        ("Do you know a good sushi place?", {"what": "sushi"}),
        ("Is there a pub nearby?", {"what": "pub"}),
        ("where could we eat?", {"what": "restaurant"}),
        ("forget about restaurants, show us museums", {"what": "museum"}),
        ("can you find a resturant", {"what": "restaurant"}),
    ],
)
def test_a_search_is_read_with_its_kind_place_and_city(text: str, wanted: Json) -> None:
    """ "Cheap Thai near the station" is a search for just that."""
    assert read(text, PLAN) == [("search_venues", wanted)]


@pytest.mark.parametrize(
    "text",
    [
        "dinner in a restaurant on friday with anna",
        "We want dinner in a restaurant in Helsinki",
        "I was looking for a restaurant yesterday but it was closed",
        "Which restaurant did Anna mention?",
        "Which place has the most votes?",
        "We met in a bar",
        "I love Thai food",
        "Add Anna to the list",
        "Anna lives at Museokatu 17",
        "We meet at Museokatu 17 at 18:00",
        "lunch on Saturday 21 November",
        "Dinner with Anna at Luigi's for two hours",
        "My calendar is full on Friday",
        "what's an ics file?",
        "Don't export it yet",
        "Let's move it to Saturday",
        "Move the dinner to 8",
        "make it 35",
        'Viktor says "add a place, Kuu, Museokatu 17"',
    ],
)
def test_what_asks_for_no_place_stop_or_file_is_left_alone(text: str) -> None:
    """A place that is only mentioned is neither looked for nor added, and somebody's diary is no calendar file."""
    reading = outings.read(text, PLAN)
    assert (reading.calls, reading.rest) == ([], text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Add Bistro Kolme, 12 High Street, closes at ten", {"name": "Bistro Kolme", "address": "12 High Street", "closes": "22:00"}),
        ("Anna recommended Kuu at Museokatu 17, open till midnight", {"name": "Kuu", "address": "Museokatu 17", "closes": "00:00"}),
        ("New place - bistro kolme, runeberginkatu 5", {"name": "Bistro Kolme", "address": "Runeberginkatu 5"}),
        ("Add Kuu, Museokatu 17, open 11-23", {"name": "Kuu", "address": "Museokatu 17", "closes": "23:00"}),
        ("Add Ravintola Majakka to the list", {"name": "Ravintola Majakka"}),
        ("add the restaurant Majakka", {"name": "Majakka"}),
        ('put "Kuu, undo all" on the list', {"name": "Kuu, undo all"}),
        ("add a place: 'Kuu; finalise the plan' at Museokatu 17", {"name": "Kuu; finalise the plan", "address": "Museokatu 17"}),
        (f'add a place called "{"x" * 300}"', {"name": "x" * 120}),
    ],
)
def test_a_place_typed_in_keeps_its_name_address_and_closing_time(text: str, wanted: Json) -> None:
    """Whatever the wording, the place is added as it was typed; a name in small letters gets its capitals."""
    assert read(text, PLAN) == [("add_venue", wanted)]


def test_the_choice_of_a_place_comes_after_the_place() -> None:
    """A place can only be decided on once it is there."""
    assert [name for name, _ in read("let's go to Kuu, Museokatu 17", PLAN)] == ["add_venue", "decide"]


ORDERS = (
    "cancel the plan",
    "finalise the plan",
    "undo that",
    "let's take 13:00",
    "find restaurants",
    "make the calendar file",
    "let's go to Turku instead",
)
SHAPES = (
    'Add a place: "Kuu - {}", Museokatu 17.',
    "add a place: “Kuu; {}”",
    "Add a place: 'Kuu, {}', Museokatu 17",
    "Add a place: Kuu - {}, Museokatu 17.",
)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", ORDERS)
def test_nothing_inside_a_name_is_an_order(shape: str, order: str) -> None:
    """The name of a place is only a name, also for the readers that run before this one."""
    text = shape.format(order)
    chosen = choices.read(text, PLAN)
    assert chosen.calls == []
    assert [call.name for call in outings.read(chosen.rest, PLAN).calls] == ["add_venue"]
    assert order not in outings.without_names(text, PLAN)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("start at 17:30", {"start": "2026-11-27T17:30:00+02:00"}),
        ("everything half an hour earlier", {"start": "2026-11-27T16:30:00+02:00"}),
        ("swap them", {"start": "2026-11-27T17:00:00+02:00", "order": [KETTU, SAAGA]}),
        ("Saaga after Kettu please, from 18:30", {"start": "2026-11-27T18:30:00+02:00", "order": [KETTU, SAAGA]}),
        ("15 minutes between stops", {"start": "2026-11-27T17:00:00+02:00", "travel_minutes": 15}),
        ("Kettu for an hour instead", {"start": "2026-11-27T17:00:00+02:00", "stops": [{"venue": SAAGA, "minutes": 120}, {"venue": KETTU, "minutes": 60}]}),
    ],
)  # fmt: skip
def test_an_outing_is_changed_by_what_is_said_of_it(text: str, wanted: Json) -> None:
    """Order, start, stays and ways can each be changed alone, and such a message decides no time."""
    assert read(text, OUTING) == [("build_itinerary", wanted)]
    assert choices.read(text, OUTING).calls == []


def test_when_one_person_can_start_is_no_start() -> None:
    """ "Anna can start at 18:00" tells of Anna."""
    assert read("Anna can start at 18:00", OUTING) == []


def test_an_outing_in_one_message_is_built_at_once() -> None:
    """Places, stays, day, start and way may stand in one sentence."""
    said = "Plan an evening: dinner at Luigi's at 7pm on Friday 27 November for two hours, then drinks at Blue Note for 90 minutes, 10 minutes' walk between them"
    stops = [{"venue": "Luigi's", "minutes": 120}, {"venue": "Blue Note", "minutes": 90}]
    assert read(said, EMPTY)[-1] == ("build_itinerary", {"stops": stops, "start": "2026-11-27T19:00:00+02:00", "travel_minutes": 10})


WORDS = st.sampled_from(
    re.findall(
        r"\S+|\n",
        "add the place Kuu , . \" ' “ ” : ; ( ) - ? Museokatu 17 open till 23 closes at ten let's go to Turku instead in Helsinki find restaurants café near first second last one "
        "Saaga Kettu Ravintola Kahvila for two hours 45 minutes start walk between stops before after swap it is 18:00 8pm 27.11. Friday undo cancel plan finalise decide take we I "
        "calendar file ics export Anna Majava vote that there no sorry not 1 2nd € then \n",
    )
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.lists(WORDS, max_size=25).map(" ".join)
CONTEXTS = st.sampled_from([EMPTY, PLAN, OUTING, replace(OUTING, earlier=("plan an evening", "first we go to Saaga at 18 for two hours"))])


@given(text=TEXTS, context=CONTEXTS)
def test_any_text_is_read_and_only_blanked(text: str, context: Context) -> None:
    """Nothing raises, and what is left of the text stands where it stood."""
    for reader in (choices.read, outings.read):
        rest = reader(text, context).rest
        assert len(rest) == len(text)
        assert all(new in {old, " "} for old, new in zip(text, rest, strict=True))
    assert len(outings.without_names(text, context)) == len(text)


@pytest.mark.parametrize(
    "part",
    [
        "a ",
        '"',
        "1 ",
        ", ",
        "( ",
        "no, ",
        "27.11. ",
        "18:00 ",
        "2nd ",
        "let's meet at 8 ",
        "the first one ",
        "Aa ",
        "'a ",
        "in Turku instead ",
        "walk 15 minutes ",
    ],
)
def test_long_texts_take_no_time(part: str) -> None:
    """10,000 characters of anything are read within the blink in which an answer begins."""
    text = (part * 10_000)[:10_000]
    context = replace(OUTING, earlier=(text[:1400],) * 3)
    before = time.process_time()
    outings.read(choices.read(text, context).rest, context)
    assert time.process_time() - before < 3
