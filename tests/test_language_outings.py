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
    """maybe a café instead?|how about a café?|we'd rather go to a café, which ones are there?|coffee places?|where can we get coffee?|I'd prefer a café, what is there?
    let's try cafés|what about cafés?|rather a café|do you have cafés?|tell me some cafés|any ideas where to have coffee? find cafés|find us somewhere to have coffee
    where to get coffee?|nah, cafes then""".replace("\n    ", "|").split("|"),
)
def test_a_cafe_is_looked_for_however_it_is_asked(text: str) -> None:
    """Wishes, suggestions and questions after a kind of place are a search for it."""
    assert read(text, PLAN) == [("search_venues", {"what": "cafe"})]


@pytest.mark.parametrize(
    "text",
    """Make it Turku.|make it turku instead|let's meet in Turku, not Helsinki|Turku instead of Helsinki|Turku rather than Helsinki please|not Helsinki, Turku|not in Helsinki but in Turku
    change of plan: Turku|we switched to Turku|I meant Turku, not Helsinki|move everything from Helsinki to Turku|relocate to Turku|the city is now Turku|city: Turku|no, in Turku
    sorry, Turku not Helsinki|let's do it in Turku after all|change Helsinki to Turku|it's Turku now|we're meeting in Turku now|Turku would be better than Helsinki
    we would rather be in Turku|forget Helsinki, we go to Turku|no longer Helsinki, but Turku|dinner will be in Turku, not in Helsinki""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_another_city_replaces_the_old_one(text: str) -> None:
    """However the change of city is said, the plan's city is the new one."""
    assert read(text, PLAN) == [("update_plan", {"city": "Turku"})]


@pytest.mark.parametrize(
    "text",
    """make it Friday instead|make it brunch instead|make it Italian instead|make it faster|let's go to Majakka instead|Ben lives in Turku, not in Helsinki
    Anna is in Turku, not in Helsinki|Ben is in Turku now|in the evening instead|make it two hours instead|switch to plan b|in a bar instead|change Friday to Saturday
    sorry, Anna not Ben|switch to English|it's Friday now|from six to ten|Anna would be better than Ben|change of plan: no Ben|in May, not in June""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_not_every_instead_is_another_city(text: str) -> None:
    """Days, meals, places, people and where somebody lives are no new city of the plan."""
    assert "update_plan" not in dict(read(text, replace(PLAN, venues=[{"name": "Majakka", "source": "you"}])))


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
        ("include Kuu, Museokatu 17, closes 23", {"name": "Kuu", "address": "Museokatu 17", "closes": "23:00"}),
        (
            "I'd suggest the restaurant Kuu, address Museokatu 17, last orders 22",
            {"name": "Kuu", "address": "Museokatu 17", "closes": "22:00"},
        ),
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
    "text",
    [
        "6pm Ravintola Saaga (2h, open till 10pm) -> Kahvila Kettu (45 min, shuts 19)",
        "first ravintola saaga from 18:00, 2 hours, shuts 22, after that kahvila kettu, 45 min, closed after 19",
        "two hours at Ravintola Saaga from 18, it closes at 22, and three quarters of an hour at Kahvila Kettu which closes at 19",
        "1. Ravintola Saaga 18:00 2h closes 22 2. Kahvila Kettu 45 min closes 19",
        "Let's have a two-hour dinner at Ravintola Saaga at 6 pm, open till 10 pm, and then a 45-minute coffee at Kahvila Kettu, open till 7 pm",
        "We want an evening out: at 6 pm a couple of hours at Ravintola Saaga, closing time 22, followed by Kahvila Kettu for 45 minutes, closing time 19",
    ],
)
def test_the_stops_of_an_evening_are_told_in_many_ways(text: str) -> None:
    """Stays, closing hours with and without "at", and the start all go to their stops."""
    assert read(text, PLAN) == [
        ("add_venue", {"name": SAAGA, "closes": "22:00"}),
        ("add_venue", {"name": KETTU, "closes": "19:00"}),
        (
            "build_itinerary",
            {"stops": [{"venue": SAAGA, "minutes": 120}, {"venue": KETTU, "minutes": 45}], "start": "2026-11-27T18:00:00+02:00"},
        ),
    ]


@pytest.mark.parametrize(
    "text",
    """the places are 15 minutes apart|15 min on foot between them|a quarter of an hour's walk between stops|we need 15 min to get from one to the next|15 min walk in between|15 min each way
    getting from one to the other takes 15 min|15-minute stroll each time|each hop takes 15 min|transfers 15 min|allow 15 minutes between stops|leave 15 minutes between each stop
    it's always 15 mins on foot|count on 15 minutes per leg|15 min to move between places""".replace("\n    ", "|").split("|"),
)
def test_the_ways_between_stops_take_what_is_said(text: str) -> None:
    """A walk, a hop, a leg: the minutes from one stop to the next are taken as said."""
    assert read(text, OUTING) == [("build_itinerary", {"start": "2026-11-27T17:00:00+02:00", "travel_minutes": 15})]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        *((said, "17:30") for said in ("push everything back by 30 minutes", "shift everything by 30 minutes", "delay the start by half an hour", "postpone it by 30 min")),
        *((said, "17:30") for said in ("let's begin at 5:30 rather than 5", "could we start at half past five?", "put the start back by half an hour", "kick off at 17:30")),
        *((said, "17:30") for said in ("Ben will be a bit late, so could we start half an hour later?", "we should meet half an hour later", "new start: 17:30")),
        *((said, "16:30") for said in ("bring everything forward by half an hour", "pull it all ahead 30 minutes", "half an hour sooner please", "start 30 min earlier")),
    ],
)  # fmt: skip
def test_the_start_of_an_outing_is_moved(text: str, start: str) -> None:
    """Later and earlier, back and forward, by so much or to a time."""
    assert read(text, OUTING) == [("build_itinerary", {"start": f"2026-11-27T{start}:00+02:00"})]


@pytest.mark.parametrize(
    "text",
    """swap saaga and kettu|swap the order|switch the two|flip the order|turn the order around|the other way round please|start at kettu|start with kettu|move kettu to the start|kettu 1st
    we'd rather begin at Kettu|end with saaga|finish at saaga|coffee first, dinner after|let's do the coffee before the dinner|visit kettu ahead of saaga|first kettu and then saaga
    exchange saaga and kettu|let's have the cake first, then dinner""".replace("\n    ", "|").split("|"),
)
def test_the_stops_change_places(text: str) -> None:
    """However the order is turned, the stops stand in it and nothing else changes."""
    assert read(text, OUTING) == [("build_itinerary", {"order": [KETTU, SAAGA], "start": "2026-11-27T17:00:00+02:00"})]


@pytest.mark.parametrize(
    "text",
    """calendar file pls|an invite please|calendar please|make a calendar event|I want it in Outlook|export please|can you export the evening?|let me download it|a new file please
    the file again please|updated file please|send the invite again|same file with the new time please|give me a fresh ics|can you make a new invitation for the calendar?
    put it in my calendar|one more calendar file|could I get that file again?""".replace("\n    ", "|").split("|"),
)
def test_a_calendar_file_is_asked_for_in_many_ways(text: str) -> None:
    """A file, an invite, an export, a download: all are the calendar file, and the next one after the first."""
    assert read(text, replace(OUTING, calendar={"uid": "u", "sequence": 0})) == [("export_calendar", {})]


@pytest.mark.parametrize(
    "text",
    """cancellation file please|the cancellation please|send me the cancellation|take it off our calendars|remove it from the calendar|give me the cancel file|a cancellation invite
    how do we get it out of our calendars?|file that deletes the entry|I need a file to remove the event|delete it from everyone's calendars|cancel the invite|the file again
    can you get it off everybody's calendar?|withdraw the invitation|an ics that cancels it|the file that takes it out of everybody's calendar, please""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_the_file_of_a_cancelled_plan_takes_the_entry_back(text: str) -> None:
    """After a cancellation the same file is asked for in words of taking out, and nothing else is read in them."""
    cancelled = replace(OUTING, plan=FRIDAY | {"status": "cancelled"}, calendar={"uid": "u", "sequence": 0})
    chosen = choices.read(text, cancelled)
    assert [*chosen.calls, *outings.read(chosen.rest, cancelled).calls] == [Call("export_calendar", {})]


@pytest.mark.parametrize(
    "text",
    [
        "Anna comes half an hour later",
        "Ben is 30 minutes late",
        "we walked for 15 minutes yesterday",
        "Ben walks to work",
        "invite Ben too",
        "Is there a file?",
    ],
)
def test_what_is_said_of_somebody_changes_no_outing(text: str) -> None:
    """Who is late or walks has moved no stop, and to invite somebody is no calendar invite."""
    assert read(text, replace(OUTING, calendar={"uid": "u", "sequence": 0})) == []


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
