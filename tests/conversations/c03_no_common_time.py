"""No common time: the best partial one, what would fix it, and the fix."""

from __future__ import annotations

from conversations.facts import (
    can,
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

_GROUP = ("Lea", "Omar", "Jonas", "You")
_EVENING = ("2026-11-28 18:00", "2026-11-28 22:00")
_LATE = ("2026-11-28 20:30", "2026-11-28 23:00")
_EARLIER = ("2026-11-28 20:00", "2026-11-28 23:00")
_PARTIAL = ("2026-11-28 18:00", "2026-11-28 20:00")
_TIME = ("2026-11-28 20:00", "2026-11-28 22:00")


def _told(state: State, jonas: tuple[str, str]) -> None:
    coming(state, *_GROUP)
    kind_is(state, "dinner")
    days_are(state, "2026-11-28")
    plan_is(state, duration_minutes=120)
    for name in ("Lea", "Omar", "You"):
        can(state, name, *_EVENING)
    can(state, "Jonas", *jonas)


def check(history: History) -> None:
    partial = history.at("partial")
    _told(partial, _LATE)
    first_slot(partial, *_PARTIAL)
    undecided(partial, "time")
    explained = history.at("explained")
    _told(explained, _LATE)  # a question about what would help changes nothing
    undecided(explained, "time")
    _told(history.final, _EARLIER)
    time_is(history.final, *_TIME)
    status_is(history.final, "open")


_TOLD: State = {
    "plan": {"kind": "dinner", "date_from": "2026-11-28", "date_to": "2026-11-28", "duration_minutes": 120},
    "people": people(*_GROUP),
    "availability": {name: [window(*_EVENING)] for name in ("Lea", "Omar", "You")} | {"Jonas": [window(*_LATE)]},
}
_REFERENCE = {
    "partial": _TOLD | {"list": {"of": "slots", "items": [{"label": "18:00"} | span(*_PARTIAL)]}},
    "explained": _TOLD,
    END: _TOLD | {"availability": _TOLD["availability"] | {"Jonas": [window(*_EARLIER)]}, "decisions": {"time": span(*_TIME)}},
}

_TRANSCRIPTS = (
    (
        "Dinner with Lea, Omar and Jonas on Saturday 28 November, two hours.",
        "Lea, Omar and I are free from 18 to 22. Jonas is free from 20:30 to 23.",
        "When can all four of us make it?",
        Mark("partial"),
        "What would have to change so that everybody can come?",
        Mark("explained"),
        "Jonas says he can come at eight after all, so he is free from 20 to 23.",
        "Then let's meet from 20 to 22.",
    ),
    (
        "dinner sat 28 nov, me lea omar jonas, 2h",
        "i can 6-10pm, so can lea and omar",
        "jonas only 8.30-11pm",
        "when can we all do it",
        Mark("partial"),
        "hm. whats stopping us from having all 4?",
        Mark("explained"),
        "ok jonas can be there by 8 now, till 11 still",
        "great 8-10pm it is",
    ),
    (
        "I'm hoping to get Jonas, Lea and Omar round for dinner on Saturday the 28th of November. It'll take a couple of hours.",
        "Lea's evening is open between six and ten, and it's the same for Omar and for me.",
        "Jonas works late that day, he has only half past eight to eleven.",
        "Which time do you suggest for the four of us?",
        Mark("partial"),
        "Pity! How could we get Jonas in as well?",
        Mark("explained"),
        "I've asked him and his boss lets him go earlier: Jonas is free from eight until eleven that evening.",
        "So we'll have dinner from eight to ten.",
    ),
    (
        "Omar, Jonas, Lea and I are doing dinner on Saturday, November 28. Plan on 2 hours.",
        "Me: 6 PM to 10 PM. Omar: 6 PM to 10 PM. Lea: 6 PM to 10 PM. Jonas: 8:30 PM to 11 PM.",
        "Find a time that works for everyone.",
        Mark("partial"),
        "What's the smallest change that would let all of us make it?",
        Mark("explained"),
        "Update: Jonas can do 8 PM to 11 PM.",
        "Let's go with 8 PM to 10 PM.",
    ),
    (
        "A dinner, please: Saturday 28/11, 120 minutes. Jonas, Lea, Omar, myself.",
        "Jonas 20.30-23.00",
        "the others incl. me 18.00-22.00",
        "possible times?",
        Mark("partial"),
        "why isn't there one with Jonas and the rest of us?",
        Mark("explained"),
        "change for Jonas: 20.00-23.00",
        "Fine, 20.00-22.00 then, that's decided",
    ),
    (
        "Let's plan a dinner of two hours",
        "Lea is coming, Omar too, and Jonas, and me of course",
        "it's on the last Saturday of November, the 28th",
        "Lea is free from 18:00 to 22:00",
        "Omar too",
        "me too",
        "Jonas: 20:30 to 23:00",
        "is there any time when all of us can?",
        Mark("partial"),
        "and what if somebody moved things a bit, who would have to and by how much?",
        Mark("explained"),
        "Jonas just wrote that he's free at 20:00 already, and until 23:00 as before",
        "do 20:00 to 22:00 please",
    ),
    (
        "Saturday 28 November, 2 hrs of dinner with Jonas and Omar and Lea",
        "Omar and Lea have 18:00 to 21:00, sorry, to 22:00, and so have I",
        "Jonas has 20:30 to 23:00",
        "so when?",
        Mark("partial"),
        "what would it take to have Jonas there too?",
        Mark("explained"),
        "good news: he now has from 20:00, Jonas I mean, until 23:00",
        "we meet at 20:00 and finish at 22:00, done deal",
    ),
    (
        "We want to have dinner together on Saturday 28 Nov. We are Jonas, Omar, Lea and me. Two hours. Three of us, that's Omar, Lea and me, have time between 18 and 22, but Jonas is on shift and has time between 20:30 and 23 only. When can we all meet?",
        Mark("partial"),
        "Tell me what would solve this.",
        Mark("explained"),
        "Jonas swapped his shift! He has time between 20 and 23 now. So let's take 20 to 22.",
    ),
    (
        "could we do a 2 hour dinner on the 28th (saturday) with lea, jonas and omar?",
        "lea 6pm-10pm",
        "jonas 8:30pm-11pm",
        "omar 6pm-10pm",
        "myself 6pm-10pm",
        "best time for all?",
        Mark("partial"),
        "what's the problem exactly, who can't?",
        Mark("explained"),
        "right, jonas will leave work half an hour earlier, so it's 8pm-11pm for him",
        "cool, 8pm to 10pm, decided",
    ),
    (
        "On Saturday the 28th of November Lea, Omar, Jonas and I would like to eat together, a proper dinner lasting two hours.",
        "I've got from six till ten in the evening.",
        "Jonas can join at half past eight at the earliest and stays till eleven.",
        "Omar and Lea can come at six and have to be home at ten.",
        "Is that possible for the four of us?",
        Mark("partial"),
        "What do we need to fix?",
        Mark("explained"),
        "Then I have an answer from Jonas: he'll make it by eight, and can stay till eleven as he said.",
        "Eight to ten then, please.",
    ),
    (
        "Dinner for 4 on 28 November (a Saturday), two hours long: Omar, Lea, Jonas, me",
        "everyone except Jonas is free 18:00-22:00, Jonas is free 20:30-23:00",
        "do we have a time in common?",
        Mark("partial"),
        "which small change would help most?",
        Mark("explained"),
        "I talked to Jonas. His new window is 20:00-23:00.",
        "Book us in for 20:00 till 22:00 in the plan.",
    ),
)

CONVERSATION = Conversation(3, "no common time: best partial, and what would fix it", _TRANSCRIPTS, check, _REFERENCE)
