"""The birthday person must come: the best time is one that she can, though another has more people."""

from __future__ import annotations

from conversations.facts import (
    attendance,
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

_FRIDAY = ("2026-11-27 18:00", "2026-11-27 22:00")
_WINDOWS = {
    "Mia": [("2026-11-28 16:00", "2026-11-28 20:00")],
    "You": [_FRIDAY, ("2026-11-28 16:00", "2026-11-28 21:00")],
    "Leo": [_FRIDAY],
    "Sofia": [_FRIDAY],
    "Arash": [_FRIDAY, ("2026-11-28 18:00", "2026-11-28 22:00")],
}
_TIME = ("2026-11-28 18:00", "2026-11-28 20:00")


def _told(state: State) -> None:
    coming(state, *_WINDOWS)
    kind_is(state, "dinner", "birthday")
    days_are(state, "2026-11-27", "2026-11-28")
    plan_is(state, duration_minutes=120)
    for name, windows in _WINDOWS.items():
        for start, end in windows:
            can(state, name, start, end)
    cannot(state, "Mia", *_FRIDAY)
    for name in ("Leo", "Sofia"):
        cannot(state, name, "2026-11-28 16:00", "2026-11-28 22:00")
    assert attendance(state, "Mia") == "required", "Mia is not required"
    for name in ("Leo", "Sofia", "Arash"):
        assert attendance(state, name) in {"important", "optional"}, f"{name} is required"


def check(history: History) -> None:
    found = history.at("listed")
    _told(found)
    first_slot(found, *_TIME)
    undecided(found, "time")
    _told(history.final)
    time_is(history.final, *_TIME)
    status_is(history.final, "open")


_TOLD: State = {
    "plan": {"kind": "birthday dinner", "date_from": "2026-11-27", "date_to": "2026-11-28", "duration_minutes": 120},
    "people": people(*_WINDOWS, Mia="required", Leo="optional", Sofia="optional", Arash="optional"),
    "availability": {name: [window(*each) for each in windows] for name, windows in _WINDOWS.items()},
}
_REFERENCE = {
    "listed": _TOLD | {"list": {"of": "slots", "items": [{"label": "Saturday"} | span(*_TIME)]}},
    END: _TOLD | {"decisions": {"time": span(*_TIME)}},
}

_TRANSCRIPTS = (
    (
        "We are planning a birthday dinner for Mia, two hours, on Friday 27 or Saturday 28 November. Leo, Sofia, Arash and I are invited too.",
        "It's Mia's birthday, so she must be there. Leo, Sofia and Arash come if they can.",
        "Friday: Leo, Sofia, Arash and I are free from 18 to 22, Mia can't.",
        "Saturday: Mia is free from 16 to 20, I am free from 16 to 21, Arash from 18 to 22. Leo and Sofia can't.",
        "When is the best time?",
        Mark("listed"),
        "Let's take the first one.",
    ),
    (
        "mias bday dinner! fri 27 nov or sat 28 nov, 2 hours, w mia, leo, sofia, arash n me",
        "mia has to come obvs, shes the birthday girl. leo, sofia and arash are optional",
        "fri 6-10pm: me leo sofia arash. mia can't fri",
        "sat: mia 4-8pm, me 4-9pm, arash 6-10pm, leo n sofia no",
        "whats best",
        Mark("listed"),
        "1st one",
    ),
    (
        "Mia turns thirty and I'd like to give her a birthday dinner, either on Friday the 27th or on Saturday the 28th of November. It'll last two hours.",
        "Besides Mia and me I'm asking Leo, Sofia and Arash. For those three it's no tragedy if they miss it, but without Mia we can't have it at all.",
        "Mia is busy all Friday. On Saturday she's free from four in the afternoon until eight in the evening.",
        "I'm free on Friday from six to ten in the evening, and on Saturday from four in the afternoon to nine.",
        "Arash can do Friday from six to ten and Saturday from six to ten, both in the evening.",
        "Sofia and Leo can only do Friday, from six to ten in the evening.",
        "Which time would you choose?",
        Mark("listed"),
        "I agree with your first choice.",
    ),
    (
        "Birthday dinner, 2 hours. Dates that work: Friday, November 27 and Saturday, November 28. Guest list: Mia, Leo, Sofia, Arash and me.",
        "Mia is required, it's her birthday. Arash, Leo and Sofia are optional.",
        "Leo: Friday 6 PM to 10 PM. Sofia: Friday 6 PM to 10 PM. Arash: Friday 6 PM to 10 PM and Saturday 6 PM to 10 PM.",
        "Mia: Saturday 4 PM to 8 PM, not Friday. Me: Friday 6 PM to 10 PM and Saturday 4 PM to 9 PM.",
        "Find the best time.",
        Mark("listed"),
        "Go with option 1.",
    ),
    (
        "I want to plan a two-hour birthday dinner with Mia, Arash, Sofia and Leo.",
        "It could be Fri 27.11. or Sat 28.11.",
        "Leo 27.11. 18:00-22:00, Sofia 27.11. 18:00-22:00",
        "Arash 27.11. 18:00-22:00 and 28.11. 18:00-22:00",
        "Me 27.11. 18:00-22:00 and 28.11. 16:00-21:00",
        "Mia 28.11. 16:00-20:00",
        "By the way, Mia absolutely has to be there because it's her birthday; Sofia, Leo and Arash would be nice to have.",
        "So what's the best time?",
        Mark("listed"),
        "Take the one at the top.",
    ),
    (
        "it's mia's birthday soon and we want to have a birthday dinner with her",
        "we = leo, arash, sofia and me, plus mia",
        "friday 27 november or saturday 28 november",
        "2 hours",
        "on friday everyone apart from mia is free 18-22",
        "mia isn't free on friday at all",
        "on saturday she's free 16-20",
        "i'm free 16-21 on saturday",
        "arash 18-22 on saturday",
        "sofia and leo can't do saturday",
        "no dinner without mia! the others, leo, arash and sofia, can skip it if they have to",
        "when should we do it?",
        Mark("listed"),
        "the first suggestion is good, let's do it",
    ),
    (
        "Please plan a birthday dinner (2 h) for Friday 27 or Saturday 28 November: Arash, Leo, Sofia, me, and the birthday girl Mia who really must come, the other three needn't.",
        "I can do Friday 18:00-22:00 and Saturday 16:00-20:00, no, until 21:00.",
        "Mia can do Saturday 16:00-20:00 but she can't do Friday.",
        "Arash can do 18:00-22:00 on both days.",
        "Sofia and Leo can do Friday 18:00-22:00, and neither can do Saturday.",
        "Your best offer?",
        Mark("listed"),
        "OK, first one, decided.",
    ),
    (
        "For Mia's birthday dinner we need two hours on 27 or 28 November, Friday or Saturday, with Sofia, Arash, Leo, Mia and me. Mia said she's free on Saturday between 16:00 and 20:00 and has no time on Friday. On Friday between 18:00 and 22:00 the four others, me included, are free. On Saturday I'm free between 16:00 and 21:00 and Arash is between 18:00 and 22:00, but Leo and Sofia aren't. Mia must be with us. Leo, Sofia and Arash come if it suits them. What time is best?",
        Mark("listed"),
        "Then let's fix the first of these.",
    ),
    (
        "Could you help me with a birthday dinner on Friday the 27th or Saturday the 28th? Two hours, Mia, Sofia, Leo, Arash and me.",
        "Friday evening six to ten is good for Sofia, Leo, Arash and me.",
        "Friday is impossible for Mia.",
        "Saturday is good for Mia from 4pm to 8pm, for Arash from 6pm to 10pm and for me from 4pm to 9pm.",
        "Saturday is impossible for Sofia and Leo.",
        "Remember that it's Mia's birthday, we can't do it without her. Sofia, Leo and Arash are welcome but not needed.",
        "What would be the best time?",
        Mark("listed"),
        "Number one, please.",
    ),
    (
        "Arash, Leo, Sofia and I are throwing Mia a birthday dinner, she'll be there as well of course. Friday 27 November or Saturday 28 November, for two hours.",
        "Must come: Mia. Optional: Arash, Leo, Sofia.",
        "Fri 27 Nov: Arash 18-22, Leo 18-22, Sofia 18-22, me 18-22, Mia not",
        "Sat 28 Nov: Mia 16-20, me 16-21, Arash 18-22, Leo not, Sofia not",
        "Give me the best times.",
        Mark("listed"),
        "We'll have the first.",
    ),
    (
        "Dinner for a birthday on the 27th (Fri) or 28th (Sat) of November, 120 mins, invited are Leo, Mia, Arash, Sofia and yours truly, me",
        "Mia's the one with the birthday so if she can't, we don't. Don't worry too much about Arash, Sofia and Leo, they're optional",
        "Sofia: Friday from 6 to 10 in the evening. Leo: same as Sofia",
        "Arash: Friday from 6 to 10 in the evening, Saturday from 6 to 10 in the evening",
        "I can on Friday from 6pm to 10pm and on Saturday from 4pm to 9pm",
        "Mia: can't on Friday, Saturday from 4pm to 8pm",
        "ok what would you pick?",
        Mark("listed"),
        "sounds right, your first pick then",
    ),
)

CONVERSATION = Conversation(4, "the birthday person must come", _TRANSCRIPTS, check, _REFERENCE)
