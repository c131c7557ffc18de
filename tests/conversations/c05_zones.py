"""Three time zones over a clock change.

New York puts its clocks forward on the night to Sunday 14 March 2027, Helsinki and London do so two weeks later. So Sam's "10 to 12" is
15:00-17:00 UTC on Saturday and 14:00-16:00 UTC on Sunday, and the one common hour is Sunday 14:00-15:00 UTC. Who forgets the change finds none.
"""

from __future__ import annotations

from conversations.facts import (
    can,
    cannot,
    coming,
    days_are,
    first_slot,
    kind_is,
    people,
    plan_is,
    span,
    status_is,
    time_is,
    undecided,
    window,
)
from conversations.model import END, Conversation, History, Mark, State

_SATURDAY = ("2027-03-13 13:00+00:00", "2027-03-13 15:00+00:00")
_SUNDAY = ("2027-03-14 13:00+00:00", "2027-03-14 15:00+00:00")
_WINDOWS = {
    "You": [("2027-03-14 16:00+02:00", "2027-03-14 20:00+02:00")],
    "Imani": [_SATURDAY, _SUNDAY],
    "Sam": [("2027-03-13 10:00-05:00", "2027-03-13 12:00-05:00"), ("2027-03-14 10:00-04:00", "2027-03-14 12:00-04:00")],
}
_TIME = ("2027-03-14 16:00+02:00", "2027-03-14 17:00+02:00")


def _told(state: State) -> None:
    coming(state, *_WINDOWS)
    kind_is(state, "call")
    days_are(state, "2027-03-13", "2027-03-14")
    plan_is(state, duration_minutes=60)
    for name, windows in _WINDOWS.items():
        for start, end in windows:
            can(state, name, start, end)
    cannot(state, "You", "2027-03-13 09:00", "2027-03-13 22:00")


def check(history: History) -> None:
    found = history.at("listed")
    _told(found)
    first_slot(found, *_TIME)
    undecided(found, "time")
    _told(history.final)
    time_is(history.final, *_TIME)
    status_is(history.final, "open")


_TOLD: State = {
    "plan": {"kind": "video call", "date_from": "2027-03-13", "date_to": "2027-03-14", "duration_minutes": 60},
    "people": people(*_WINDOWS),
    "availability": {name: [window(*each) for each in windows] for name, windows in _WINDOWS.items()},
}
_REFERENCE = {
    "listed": _TOLD | {"list": {"of": "slots", "items": [{"label": "Sunday"} | span(*_TIME)]}},
    END: _TOLD | {"decisions": {"time": span(*_TIME)}},
}

_TRANSCRIPTS = (
    (
        "I want a video call of one hour with Sam in New York and Imani in London on the weekend of 13 and 14 March 2027. I'm in Helsinki.",
        "Sam can from 10 to 12 on both days, New York time.",
        "Imani can from 13 to 15 on both days, London time.",
        "I can't on Saturday, but on Sunday I can from 16 to 20 Helsinki time.",
        "When can all three of us talk?",
        Mark("listed"),
        "Take the first one.",
    ),
    (
        "video call w sam (nyc) and imani (london), 1h, weekend 13-14 march 2027, im in helsinki",
        "sam: sat n sun 10am-noon new york time",
        "imani: sat n sun 1-3pm london time",
        "me: sun 4-8pm helsinki time, sat no",
        "when works for all 3",
        Mark("listed"),
        "1st pls",
    ),
    (
        "Could we arrange an hour's video call for Imani, Sam and me on either Saturday the 13th or Sunday the 14th of March 2027?",
        "Imani's in London and she's free between one and three in the afternoon on both days, UK time of course.",
        "I'm the one in Helsinki. Saturday is no good for me; on Sunday I'm free from four in the afternoon until eight, Finnish time.",
        "Sam's in New York and is free from ten in the morning until noon on Saturday and on Sunday, his local time. Mind you, their clocks go forward that very weekend!",
        "At what time could we all be on the call?",
        Mark("listed"),
        "Splendid, let's have the first.",
    ),
    (
        "Set up a 1-hour video call on March 13 or March 14, 2027 with Sam and Imani.",
        "Sam is available 10 AM to 12 PM New York time on Saturday, March 13 and Sunday, March 14.",
        "Imani is available 1 PM to 3 PM London time on Saturday, March 13 and Sunday, March 14.",
        "I'm available 4 PM to 8 PM Helsinki time on Sunday, March 14 and unavailable on Saturday, March 13.",
        "What times are there for the three of us?",
        Mark("listed"),
        "Let's do the first one.",
    ),
    (
        "13.3.2027 or 14.3.2027 for a video call, 60 minutes: Imani, Sam, me",
        "Imani 13.3. 13:00-15:00 and 14.3. 13:00-15:00 (London time)",
        "Sam 13.3. 10:00-12:00 and 14.3. 10:00-12:00 (New York time)",
        "Me 14.3. 16:00-20:00 (Helsinki time), not 13.3.",
        "Which times are possible for all?",
        Mark("listed"),
        "The first one, please.",
    ),
    (
        "hi! sam, imani and i want to have a video call",
        "one hour",
        "on saturday 13 march 2027 or sunday 14 march 2027",
        "sam lives in new york, imani lives in london, i'm in helsinki",
        "sam has time from 10 to 12 in the morning there, both days",
        "imani has time from 13 to 15 there, both days",
        "i've got nothing free on the saturday",
        "on the sunday i have time from 16 to 20 here",
        "so is there a time for the three of us?",
        Mark("listed"),
        "good, that first time",
    ),
    (
        "Imani, Sam and I need to find an hour for a video call, weekend of Saturday 13 and Sunday 14 March 2027.",
        "Saturday doesn't work for me. Sunday I'm free from 15:00, sorry, from 16:00 until 20:00 in Helsinki.",
        "Both days Imani is free from 13:00 until 15:00 in London, and both days Sam is free from 10:00 until 12:00 in New York.",
        "Find us the best time.",
        Mark("listed"),
        "Let it be the first.",
    ),
    (
        "We are three people in three time zones: Sam in New York, Imani in London, me in Helsinki. We want a video call, 1 hour, on 13 or 14 March 2027 (Saturday or Sunday). In their own local times, Sam is free 10:00-12:00 and Imani 13:00-15:00, on each of the two days. As for me, I'm busy all day on Saturday the 13th of March, and on Sunday the 14th of March I'm free 16:00-20:00 Helsinki time. When should we call?",
        Mark("listed"),
        "Yes, go for the first.",
    ),
    (
        "Please help with a video call in March 2027, the weekend of the 13th and 14th. Me, Sam, Imani, for an hour.",
        "My time zone is Helsinki, Sam's is New York, Imani's is London, and all times are in the person's own zone.",
        "Sam: Saturday 13 March 10am-12pm, Sunday 14 March 10am-12pm.",
        "Imani: Saturday 13 March 1pm-3pm, Sunday 14 March 1pm-3pm.",
        "Me: Sunday 14 March 4pm-8pm, Saturday not at all.",
        "Any common time?",
        Mark("listed"),
        "I'll go with number one.",
    ),
    (
        "A video call with Imani and Sam for one hour. It's to be on Sunday 14 March 2027 or the day before it.",
        "Imani, who is in London, says 1 pm to 3 pm her time would be fine on the Saturday and on the Sunday.",
        "Sam, who is in New York, says 10 am to 12 noon his time would be fine on the Saturday and on the Sunday.",
        "I, in Helsinki, can't make the Saturday, and on the Sunday 4 pm to 8 pm my time would be fine.",
        "So, when can we hold it?",
        Mark("listed"),
        "Okay, first option.",
    ),
    (
        "planning a 60 min video call for sat 13 mar 2027 / sun 14 mar 2027, participants: me (helsinki), imani (london), sam (new york)",
        "on both days imani 1pm to 3pm london time, sam 10am to noon new york time",
        "oh and i can only do sunday, 4pm to 8pm helsinki time, saturday's out for me",
        "what have we got?",
        Mark("listed"),
        "nice. we take the first one",
    ),
)

CONVERSATION = Conversation(5, "three time zones over a clock change", _TRANSCRIPTS, check, _REFERENCE)
