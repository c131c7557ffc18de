"""One long opening sentence with people, date, limit and diet; then times, a choice and the plan made final."""

from __future__ import annotations

from conversations.facts import (
    FACTS,
    can,
    coming,
    days_are,
    fact,
    kind_is,
    knows,
    people,
    plan_is,
    span,
    status_is,
    time_is,
    undecided,
    window,
)
from conversations.model import END, Confirm, Conversation, History, Mark, State

_GROUP = ("Anna", "Ben", "Cleo", "You")
_FREE = ("2026-11-20 18:00", "2026-11-20 22:00")
_TIME = ("2026-11-20 18:00", "2026-11-20 20:00")


def _opened(state: State) -> None:
    coming(state, *_GROUP)
    kind_is(state, "dinner")
    plan_is(state, city="Helsinki", duration_minutes=120, budget_per_person=30, currency="EUR")
    days_are(state, "2026-11-20")
    knows(state, "Anna", "diet", "vegetarian", "veggie", "no meat", avoid="meat")


def check(history: History) -> None:
    opened = history.at("opened")
    _opened(opened)
    undecided(opened, "time", "venue")
    status_is(opened, "open")
    _opened(history.final)
    for name in _GROUP:
        can(history.final, name, *_FREE)
    time_is(history.final, *_TIME)
    status_is(history.final, "final")


_OPENED: State = {
    "plan": {
        "kind": "dinner",
        "city": "Helsinki",
        "duration_minutes": 120,
        "budget_per_person": 30,
        "currency": "EUR",
        "date_from": "2026-11-20",
        "date_to": "2026-11-20",
    },
    "people": people(*_GROUP),
    FACTS: {"Anna": [fact("diet", "vegetarian")]},
}
_REFERENCE = {
    "opened": _OPENED,
    END: _OPENED
    | {
        "plan": _OPENED["plan"] | {"status": "final"},
        "availability": {name: [window(*_FREE)] for name in _GROUP},
        "decisions": {"time": span(*_TIME)},
    },
}

_TRANSCRIPTS = (
    (
        "I'd like to have dinner in Helsinki this Friday with Anna, Ben and Cleo, two hours, at most 30 euros each, and Anna is vegetarian.",
        Mark("opened"),
        "All four of us are free from 18 to 22 that evening. When can we meet?",
        "The first one is good.",
        "That's all, please finalise the plan.",
        Confirm(True),
    ),
    (
        "hey can u sort out dinner w/ anna, ben n cleo in helsinki on fri, 2hrs, max 30€ pp, anna's a veggie",
        Mark("opened"),
        "everyones free 6-10pm that night incl me",
        "so what times work",
        "1st one pls",
        "ok thats it, finalise the plan",
        Confirm(True),
    ),
    (
        "We're four (Cleo, Anna, Ben and me) and we fancy a two-hour dinner somewhere in Helsinki on Friday the 20th, though nobody wants to spend more than thirty euros and Anna doesn't eat meat, she's a vegetarian.",
        Mark("opened"),
        "That evening between six and ten suits every one of us, so which times are possible?",
        "Lovely, let's go for the earliest.",
        "Nothing else to sort out, so do make the plan final.",
        Confirm(True),
    ),
    (
        "Planning a dinner for Anna, Ben, Cleo and myself on Friday, November 20 in Helsinki; the budget is €30 per person, Anna's vegetarian, and we need 2 hours.",
        Mark("opened"),
        "Anna, Ben, Cleo and I can all do 6 PM to 10 PM that day. What's the best time?",
        "Sounds good, go with your top pick.",
        "We're all set. Finalize the plan.",
        Confirm(True),
    ),
    (
        "Anna is a vegetarian and none of us can pay more than 30 € for food, so with that in mind I want to set up a dinner of two hours for her, Ben, Cleo and me, this Friday, in Helsinki.",
        Mark("opened"),
        "Ben and Cleo: free 18:00–22:00 on Friday.",  # noqa: RUF001  some keyboards make this dash
        "Same for Anna, and same for me.",
        "Give me the possible times.",
        "I'll take option 1.",
        "Finalise it please, everything is settled now.",
        Confirm(True),
    ),
    (
        "Dinner on 20 November!",
        "It's Anna, Ben, Cleo and me, in Helsinki",
        "30 euros a head is the limit",
        "oh and Anna is vegetarian",
        "two hours is enough",
        Mark("opened"),
        "we're all four free between 18 and 22",
        "what are our options?",
        "number 1",
        "mark the plan as final",
        Confirm(True),
    ),
    (
        "I want to invite Anna, Ben and Cleo to dinner in Helsinki on Thursday, sorry, Friday this week, 2 hours, no more than 20, no wait, 30 euros each, and please keep in mind that Anna is vegetarian.",
        Mark("opened"),
        "They're free from 6 pm until 10 pm on Friday and so am I.",
        "When would it be, then?",
        "Fine by me, the first time you gave.",
        "Great, lock the whole plan in, it's final.",
        Confirm(True),
    ),
    (
        "Could you find a time for a 2 hour dinner in Helsinki the day after tomorrow (Friday) for Anna (vegetarian), Ben, Cleo and me, with 30 euros each to spend at the very most?",
        Mark("opened"),
        "Each of the four of us has time that day from six in the evening until ten.",
        "What do you suggest?",
        "Yes, we'll do the first of those.",
        "Then we are done, finalise.",
        Confirm(True),
    ),
    (
        "dinner / Helsinki / Fri 20.11. / 2 h / Anna (vegetarian), Ben, Cleo + me / max 30 EUR per person",
        Mark("opened"),
        "Availability on that day: Anna 18-22, Ben 18-22, Cleo 18-22, me 18-22",
        "Times?",
        "1",
        "Finalise",
        Confirm(True),
    ),
    (
        "so it's been ages since I saw Ben and Cleo and Anna, let's all four of us have dinner this Friday in Helsinki, two hours, and nothing fancy please, 30 euros each tops because I'm a bit broke, oh and Anna's vegetarian!!",
        Mark("opened"),
        "good news, I asked around and all of us can do 6 till 10 in the evening",
        "tell me when we could meet",
        "perfect, let's meet at 6 then",
        "that's everything, you can make the plan final now",
        Confirm(True),
    ),
    (
        "On 20 Nov Cleo, Ben, Anna and I want to eat out in Helsinki, a dinner that is, 120 minutes, up to €30 each, and one of us, Anna, is vegetarian.",
        Mark("opened"),
        "18:00 till 22:00 works for me.",
        "It works for Anna, Ben and Cleo as well.",
        "Which time is best for the four of us?",
        "ok we want the 18:00 one",
        "No more changes. Finalise our plan.",
        Confirm(True),
    ),
)

CONVERSATION = Conversation(1, "one long opening sentence with people, date, limit and diet", _TRANSCRIPTS, check, _REFERENCE)
