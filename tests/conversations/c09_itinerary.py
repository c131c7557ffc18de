"""An evening's itinerary, a stop that closes too early, the calendar file, and the file again after a change.

The three places are typed in by the user and are in no extract.
"""

from __future__ import annotations

from conversations.facts import (
    Json,
    calendar,
    calendar_grew,
    coming,
    days_are,
    holds,
    moment,
    own_venue,
    part,
    people,
    plan_is,
    same,
    span,
    status_is,
    stops_are,
    stored,
)
from conversations.model import END, Conversation, History, Mark, State

_DAY = "2026-11-27 "
_AT_FIRST = [
    ("saaga", _DAY + "18:00", _DAY + "20:00"),
    ("kettu", _DAY + "20:15", _DAY + "21:00"),
    ("peura", _DAY + "21:15", _DAY + "22:15"),
]
_SWAPPED = [("kettu", _DAY + "17:00", _DAY + "17:45"), ("saaga", _DAY + "18:00", _DAY + "20:00"), ("peura", _DAY + "20:15", _DAY + "21:15")]
_LATER = [("kettu", _DAY + "17:30", _DAY + "18:15"), ("saaga", _DAY + "18:30", _DAY + "20:30"), ("peura", _DAY + "20:45", _DAY + "21:45")]
_CLOSES = {"kettu": ("19", "7"), "saaga": ("22", "10"), "peura": ("02", "2 a", "2am", "till 2")}

Stops = list[tuple[str, str, str]]


def _told(state: State, stops: Stops) -> None:
    coming(state, "Aino", "Mateo", "You")
    days_are(state, "2026-11-27")
    for place, closes in _CLOSES.items():
        own = own_venue(state, place)
        assert holds(own, *closes), f"no closing time in {own}"
    stops_are(state, stops)
    same(stored(part(state["itinerary"], "start")), moment(stops[0][1]), "the start of the evening")


def _warned(state: State, place: str) -> bool:
    return holds(part(part(state, "itinerary"), "warnings"), place)


def check(history: History) -> None:
    early, exported, end = history.at("too_early"), history.at("exported"), history.final
    _told(early, _AT_FIRST)
    assert _warned(early, "kettu"), "nobody is warned that Kettu is closed by then"
    _told(exported, _SWAPPED)
    assert not _warned(exported, "kettu"), "a warning about Kettu, which is open then"
    calendar(exported)
    _told(end, _LATER)
    assert not _warned(end, "kettu"), "a warning about Kettu, which is open then"
    calendar_grew(exported, end)
    plan_is(end, date_from="2026-11-27")
    status_is(end, "open")


def _state(stops: Stops, warnings: list[str], **more: Json) -> State:
    return {
        "plan": {"date_from": "2026-11-27", "date_to": "2026-11-27"},
        "people": people("Aino", "Mateo", "You"),
        "venues": [{"name": place, "source": "you", "hours": hours[0]} for place, hours in _CLOSES.items()],
        "itinerary": {
            "start": moment(stops[0][1]).isoformat(),
            "warnings": warnings,
            "stops": [
                {"name": place, "arrive": span(start, end)["start"], "leave": span(start, end)["end"]} for place, start, end in stops
            ],
        },
        **more,
    }


_REFERENCE = {
    "too_early": _state(_AT_FIRST, ["kettu: closed"]),
    "exported": _state(_SWAPPED, [], calendar={"uid": "u", "sequence": 0}),
    END: _state(_LATER, [], calendar={"uid": "u", "sequence": 1}),
}

_TRANSCRIPTS = (
    (
        "Let's plan an evening with Aino and Mateo on Friday 27 November.",
        "We start at 18:00 at Ravintola Saaga, which is open till 22, and stay two hours. Then Kahvila Kettu for 45 minutes, it closes at 19. Then Baari Peura for an hour, open till 2 at night.",
        "It's a 15 minute walk from each place to the next. Does that work?",
        Mark("too_early"),
        "Then let's start with Kahvila Kettu at 17:00, after it Saaga and then Peura.",
        "Make me the calendar file.",
        Mark("exported"),
        "We have to start half an hour later, at 17:30.",
        "The calendar file again, please.",
    ),
    (
        "night out fri 27 nov w aino n mateo, need an itinerary",
        "6pm ravintola saaga (2h, open till 10pm), then kahvila kettu (45 min, closes 7pm), then baari peura (1h, open till 2am)",
        "15 min walk between each of them",
        "does it fit",
        Mark("too_early"),
        "ok kettu first then, at 5pm, saaga 2nd, peura last",
        "ics pls",
        Mark("exported"),
        "make it all start at 5.30pm not 5",
        "new ics pls",
    ),
    (
        "Aino, Mateo and I are having a night out on Friday the 27th of November, and I'd like you to work out the schedule.",
        "It begins with two hours at Ravintola Saaga from six o'clock in the evening; they shut at ten.",
        "Afterwards it's three quarters of an hour at Kahvila Kettu, who shut at seven in the evening, and to finish, an hour at Baari Peura, who shut at two in the morning.",
        "Allow a quarter of an hour on foot from one place to the next. How does the schedule look?",
        Mark("too_early"),
        "Silly me. Let's turn it round: Kettu to begin with, at five o'clock, then Saaga, and Peura at the end as before.",
        "Could I have that as a calendar file?",
        Mark("exported"),
        "Mateo can't get away before half past five, so please begin at half past five.",
        "And could I have the file once more?",
    ),
    (
        "Build an itinerary for Friday, November 27. Attendees: Aino, Mateo, me.",
        "Stop 1: Ravintola Saaga, 2 hours, closes at 10 PM. Stop 2: Kahvila Kettu, 45 minutes, closes at 7 PM. Stop 3: Baari Peura, 1 hour, closes at 2 AM.",
        "We start at 6 PM. Travel between stops is 15 minutes each time. Build it.",
        Mark("too_early"),
        "Reorder the stops: Kahvila Kettu, Ravintola Saaga, Baari Peura. Start at 5 PM.",
        "Export the calendar file.",
        Mark("exported"),
        "Move the start to 5:30 PM.",
        "Export the calendar file again.",
    ),
    (
        "Evening programme for 27.11. with Mateo and Aino:",
        "18.00 Ravintola Saaga, 120 min (open till 22.00)",
        "after that Kahvila Kettu, 45 min (open till 19.00)",
        "after that Baari Peura, 60 min (open till 02.00)",
        "15 min on foot in between, each time. Please check the programme.",
        Mark("too_early"),
        "Different order: 17.00 Kahvila Kettu, after that Ravintola Saaga, after that Baari Peura",
        "Calendar file, please",
        Mark("exported"),
        "Start 17.30 instead of 17.00",
        "Calendar file once again, please",
    ),
    (
        "i want to plan a whole evening",
        "it's on friday 27 november",
        "mateo is coming, and aino, and me",
        "first we go to ravintola saaga at 18",
        "we stay there for two hours, it's open until 22",
        "then we go to kahvila kettu for 45 minutes",
        "kettu is open until 19",
        "and then to baari peura for one hour",
        "peura is open until 02",
        "from place to place it's always 15 minutes on foot",
        "show me the evening",
        Mark("too_early"),
        "oh right. then we go to kettu first, at 17, and to saaga after that, and to peura in the end",
        "i'd like to have it in my calendar",
        Mark("exported"),
        "aino is late, we start at 17:30",
        "give me the new version for my calendar",
    ),
    (
        "Friday 27 Nov, out and about with Aino and Mateo. Here is what we'd like to do, and the walk is 10 minutes, no, 15 minutes from stop to stop.",
        "Ravintola Saaga from 18:00, staying 2 h, open till 22:00. Next Kahvila Kettu, staying 45 min, open till 19:00. Last Baari Peura, staying 1 h, open till 02:00.",
        "Is that all right?",
        Mark("too_early"),
        "I see. We'll go to Kettu at 17:00 first, next to Saaga, last to Peura.",
        "Please export it for our calendars.",
        Mark("exported"),
        "Sorry, everything half an hour later: we start at 17:30.",
        "Please export it for our calendars again.",
    ),
    (
        "Please make an itinerary for Mateo, Aino and me for Friday 27 November: at 18:00 Ravintola Saaga for two hours (open until 22:00), then Kahvila Kettu for 45 minutes (open until 19:00), then Baari Peura for an hour (open until 02:00), with 15 minutes of walking from one to the next.",
        Mark("too_early"),
        "Kahvila Kettu should come first then, at 17:00, followed by Ravintola Saaga and Baari Peura. And send me the calendar file for that.",
        Mark("exported"),
        "One more change, the start is at 17:30 now. And send me the updated calendar file.",
    ),
    (
        "What do you think of this for Friday the 27th? Aino, Mateo and me: dinner, then coffee, then a bar. We walk 15 minutes from the first place to the second, and 15 from the second to the third.",
        "Dinner: Ravintola Saaga, it's open till 10pm, we'd be there from 6pm for 2 hours.",
        "Coffee: Kahvila Kettu, it's open till 7pm, we'd be there for 45 minutes.",
        "Bar: Baari Peura, it's open till 2am, we'd be there for 1 hour.",
        "Will it work out like that?",
        Mark("too_early"),
        "Let's have the coffee before the dinner, starting at 5pm. The bar stays last.",
        "Nice. I need an .ics file.",
        Mark("exported"),
        "Hmm, 5pm is too early for Mateo. Let's start at 5:30pm.",
        "I need the .ics file once more.",
    ),
    (
        "Three stops on one evening, Friday 27 November, for Aino and Mateo and me. Ravintola Saaga takes 2 hours and closes at 22:00. Kahvila Kettu takes 45 minutes and closes at 19:00. Baari Peura takes 1 hour and closes at 02:00.",
        "The order is Saaga, Kettu, Peura. Start: 18:00. Each walk between two of them: 15 minutes.",
        "Put together the timetable.",
        Mark("too_early"),
        "New order: Kettu, Saaga, Peura. New start: 17:00.",
        "Get me the file for the calendar.",
        Mark("exported"),
        "New start: 17:30. The order stays.",
        "Get me the new file for the calendar.",
    ),
    (
        "aino and mateo are in town on fri 27 nov so let's plan the evening",
        "we'll be at baari peura at the end, for an hour, it's open till 2 am",
        "we'll be at ravintola saaga at the start, 6 pm, for two hours, they close at 10 pm",
        "and between the two we'll be at kahvila kettu, for 45 mins, they close at 7 pm",
        "it takes 15 mins to walk from saaga to kettu and 15 mins from kettu to peura, and from kettu to saaga or saaga to peura as well",
        "can you lay it out for us?",
        Mark("too_early"),
        "yeah ok. so kettu goes before saaga and we start at 5 pm. peura's still the last",
        "great, calendar file please!",
        Mark("exported"),
        "one thing, let's start at 5:30 pm",
        "so i need that calendar file again",
    ),
)

CONVERSATION = Conversation(
    9, "an evening's itinerary, a stop that closes too early, the file again after a change", _TRANSCRIPTS, check, _REFERENCE
)
