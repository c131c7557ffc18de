"""Availability in pieces, with a correction: "not before half seven, sorry, half past seven"."""

from __future__ import annotations

from conversations.facts import can, coming, days_are, kind_is, people, plan_is, span, status_is, time_is, undecided, window
from conversations.model import END, Conversation, History, Mark, State

_WINDOWS = {
    "You": ("2026-11-26 18:30", "2026-11-26 22:30"),
    "Priya": ("2026-11-26 18:00", "2026-11-26 22:00"),
    "Tom": ("2026-11-26 19:30", "2026-11-26 23:00"),
    "Nadia": ("2026-11-26 17:00", "2026-11-26 21:30"),
}
_TIME = ("2026-11-26 19:30", "2026-11-26 21:00")


def _told(state: State) -> None:
    coming(state, *_WINDOWS)
    kind_is(state, "drink")
    days_are(state, "2026-11-26")
    plan_is(state, duration_minutes=90)
    for name, free in _WINDOWS.items():
        can(state, name, *free)


def check(history: History) -> None:
    told = history.at("told")
    _told(told)
    undecided(told, "time")
    _told(history.final)
    time_is(history.final, *_TIME)
    status_is(history.final, "open")


_TOLD: State = {
    "plan": {"kind": "drinks", "date_from": "2026-11-26", "date_to": "2026-11-26", "duration_minutes": 90},
    "people": people(*_WINDOWS),
    "availability": {name: [window(*free)] for name, free in _WINDOWS.items()},
}
_REFERENCE = {"told": _TOLD, END: _TOLD | {"decisions": {"time": span(*_TIME)}}}

_TRANSCRIPTS = (
    (
        "Let's have drinks on Thursday 26 November with Priya, Tom and Nadia, for an hour and a half.",
        "Priya can come from six to ten in the evening.",
        "Tom is free till 11 pm but not before half seven, sorry, half past seven.",
        "Nadia is free from 5 pm to half past nine.",
        "I can do 18:30 to 22:30.",
        Mark("told"),
        "When does it work for everybody?",
        "Good, take the first one.",
    ),
    (
        "drinks thursday next week w priya tom n nadia, 90 min",
        "priya 6-10pm",
        "toms free from 7pm till 11pm",
        "nadia 5pm-9.30pm",
        "oh wait tom said half past seven not seven",
        "me 6.30pm to 10.30pm",
        Mark("told"),
        "so when can we all",
        "ok do the 1st",
    ),
    (
        "Drinks, Thu 26 Nov, 1.5 hours: Priya, Tom, Nadia and me.",
        "Priya 18:00-22:00, Nadia 17:00-21:00.",
        "Correction: Nadia can stay until 21:30.",
        "Tom 19:30-23:00, me 18:30-22:30.",
        Mark("told"),
        "Which slots suit all four?",
        "We'll take 19:30.",
    ),
    (
        "Priya, Tom, Nadia and I want to go for drinks a week from tomorrow, on the 26th.",
        "An hour and a half is plenty.",
        "My own evening is free between half past six and half past ten.",
        "Nadia finishes early, she's around from five in the afternoon until half past nine.",
        "Tom can't make it before half seven.. sorry, I meant half past seven, and he has to go at eleven.",
        "Priya: 6pm to 10pm.",
        Mark("told"),
        "What time could all of us be there?",
        "Brilliant, the first of those it is.",
    ),
    (
        "Setting up drinks for Thursday, November 26. Yes, that's Thanksgiving. It's me, Nadia, Priya and Tom.",
        "Should run 90 minutes.",
        "Tom's good 7:30 PM to 11 PM.",
        "Nadia can do 5 PM to 9:30 PM and I can do 6 PM to 10:30 PM.",
        "Scratch that, I can't get there until 6:30 PM.",
        "Priya is open from 6 PM to 10 PM.",
        Mark("told"),
        "When are we all available?",
        "Awesome, pick the first option.",
    ),
    (
        "We'd like an hour and a half of drinks on the 26th of November.",
        "We means Tom, Nadia, Priya and me.",
        "Tom has time until 23:00 that day.",
        "Priya is free from 18:00 on.",
        "But Tom can't come before 19:30.",
        "And Priya has to leave at 22:00.",
        "Nadia can be there at 17:00 and must catch her train at 21:30.",
        "I'm free 18:30–22:30.",  # noqa: RUF001  some keyboards make this dash
        Mark("told"),
        "Show me the times that suit everybody.",
        "The first.",
    ),
    (
        "hi, i want to meet nadia, tom and priya for drinks on thu 26 nov, 1h30",
        "i'm free from 6 to 10:30 that evening",
        "sorry, i get off work later, make that half past 6 to half past 10 for me",
        "tom: after half past 7, till 11",
        "priya: 6 to 10, nadia: 5 to half past 9 (all pm)",
        Mark("told"),
        "when's everyone free?",
        "yep, first one works",
    ),
    (
        "Drinks with Tom, Priya and Nadia? Thursday the 26th, ninety minutes.",
        "Priya 16-22",
        "*18-22 for Priya",
        "Nadia 17-21.30",
        "Tom 19.30-23",
        "Me 18.30-22.30",
        Mark("told"),
        "any time that works for the lot of us?",
        "good, let's do that first one",
    ),
    (
        "On Thursday 26 November I'm having drinks with Priya, Nadia and Tom and we want an hour and a half together; Priya has from 6 pm to 10 pm, Nadia from 5 pm to 9:30 pm, I've got from 6:30 pm to 10:30 pm, and Tom is there from 8, no, from half past seven, till 11 pm.",
        Mark("told"),
        "So when can the four of us sit down together?",
        "Please go with the first suggestion.",
    ),
    (
        "A plan for Thursday in a week, 26 Nov: drinks, 90 minutes, with Tom, Nadia, Priya.",
        'Priya wrote: "I can do 6 to 10 pm"',
        'Tom wrote: "not before half seven"',
        'Tom again: "sorry, I mean half past seven! and I can stay till eleven"',
        'Nadia wrote: "anything from 5 pm to 9:30 pm"',
        "And as for myself, I have from 18:30 to 22:30.",
        Mark("told"),
        "Is there a time for all of us?",
        "OK, settled, half past seven that evening.",
    ),
    (
        "Can you plan drinks on Friday 27 November for Nadia, Priya, Tom and me?",
        "Oops, I meant Thursday 26 November. And it should last an hour and a half.",
        "Nadia is available that day from 17:00 until 21:30, Tom from 19:30 until 23:00.",
        "Priya is available from 18:00 until 22:00, and I from 18:30 until 22:30.",
        Mark("told"),
        "Find a time please.",
        "We choose the first one.",
    ),
)

CONVERSATION = Conversation(2, "availability in pieces, with a correction", _TRANSCRIPTS, check, _REFERENCE)
