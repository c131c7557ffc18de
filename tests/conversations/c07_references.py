"""References: "the second one", after a new search "the first one", and a typo in a name.

The lists come from the Helsinki extract, so the check compares what was chosen with the list of that moment.
"""

from __future__ import annotations

from conversations.facts import (
    can,
    coming,
    days_are,
    decided,
    kind_is,
    labels,
    listed,
    name_of,
    part,
    people,
    plan_is,
    same,
    status_is,
    undecided,
    window,
)
from conversations.model import END, Conversation, History, Mark, State

_FREE = ("2026-11-21 12:00", "2026-11-21 15:00")


def _told(state: State) -> None:
    coming(state, "Katariina", "Miguel", "You")
    kind_is(state, "lunch")
    days_are(state, "2026-11-21")
    plan_is(state, city="Helsinki")


def check(history: History) -> None:
    first, second = history.at("first_list"), history.at("second_list")
    _told(first)
    restaurants = listed(first, "venues", 2)
    undecided(first, "venue")
    same(part(decided(history.at("second_taken"), "venue"), "name"), name_of(restaurants[1]), "the venue")
    cafes = listed(second, "venues", 1)
    assert labels(second, "venues") != labels(first, "venues"), "the new search shows the old list"
    same(part(decided(history.final, "venue"), "name"), name_of(cafes[0]), "the venue")
    _told(history.final)
    can(history.final, "Katariina", *_FREE)
    status_is(history.final, "open")


_TOLD: State = {
    "plan": {"kind": "lunch", "city": "Helsinki", "date_from": "2026-11-21", "date_to": "2026-11-21"},
    "people": people("Katariina", "Miguel", "You"),
}
_REFERENCE: dict[str, State] = {
    "first_list": _TOLD | {"list": {"of": "venues", "items": [{"label": "A"}, {"label": "B"}]}},
    "second_taken": {"decisions": {"venue": {"name": "B"}}},
    "second_list": {"list": {"of": "venues", "items": [{"label": "C"}, {"label": "D"}]}},
    END: _TOLD | {"availability": {"Katariina": [window(*_FREE)]}, "decisions": {"venue": {"name": "C"}}},
}

_TRANSCRIPTS = (
    (
        "Lunch in Helsinki on Saturday 21 November with Katariina and Miguel.",
        "Katarina is free from 12 to 15.",
        "Find restaurants.",
        Mark("first_list"),
        "Let's take the second one.",
        Mark("second_taken"),
        "Hm, no, find cafés instead.",
        Mark("second_list"),
        "The first one, please.",
    ),
    (
        "lunch w katariina n miguel in helsinki this sat",
        "katarinna can 12-3pm",
        "show restaurants",
        Mark("first_list"),
        "teh 2nd one",
        Mark("second_taken"),
        "nah, show cafes",
        Mark("second_list"),
        "1st one",
    ),
    (
        "I'm meeting Miguel and Katariina for lunch in Helsinki on Saturday the 21st.",
        "Katariinna has told me that she's free between noon and three in the afternoon.",
        "Which restaurants could we go to?",
        Mark("first_list"),
        "The second on your list sounds delightful, let's go for that.",
        Mark("second_taken"),
        "On second thoughts we only want something small, so could you look for cafés?",
        Mark("second_list"),
        "In that case we'll go to the first.",
    ),
    (
        "Set up lunch in Helsinki for Saturday, November 21 with Katariina, Miguel and me.",
        "Katarina's available 12 PM to 3 PM.",
        "Search for restaurants.",
        Mark("first_list"),
        "Go with number two.",
        Mark("second_taken"),
        "Actually, search for coffee shops.",
        Mark("second_list"),
        "Go with number one.",
    ),
    (
        "Sat 21.11. lunch, Helsinki, Katariina + Miguel + me",
        "Katariia 12.00-15.00",
        "Restaurants?",
        Mark("first_list"),
        "2",
        Mark("second_taken"),
        "Cafés?",
        Mark("second_list"),
        "1",
    ),
    (
        "hi, we'd like to have lunch together",
        "miguel, katariina and i",
        "on saturday, the 21st of november, in helsinki",
        "katariina's window is 12 to 15",
        "are there any restaurants?",
        Mark("first_list"),
        "the secnod one is good, we take it",
        Mark("second_taken"),
        "or maybe not, are there any cafés?",
        Mark("second_list"),
        "ok the frist one, we take that",
    ),
    (
        "We're having lunch on Saturday 21 Nov in Helsinki, that's Miguel, Katariina and me, and Katrariina can come from noon until 3 pm.",
        "What restaurants are there?",
        Mark("first_list"),
        "I like the first, no, sorry, the second one. Choose that.",
        Mark("second_taken"),
        "Miguel doesn't want to go there. What cafés are there?",
        Mark("second_list"),
        "I like the first one. Choose that.",
    ),
    (
        "Plan a lunch in Helsinki, three days from now, so on Saturday, with Katariina and Miguel. Give me a few restaurants to start with.",
        Mark("first_list"),
        "Option two, please.",
        Mark("second_taken"),
        "And now forget about restaurants, give me a few cafés.",
        Mark("second_list"),
        "Option one then. Oh, and before I forget it, Kataariina has time from 12:00 to 15:00 on Saturday.",
    ),
    (
        "What about Saturday the 21st for lunch? It's for me, Miguel and Katariina, here in Helsinki.",
        "Katarinaa could do twelve to three.",
        "We need a restaurant.",
        Mark("first_list"),
        "We'd go for the one in second place.",
        Mark("second_taken"),
        "Too fancy. We need a café.",
        Mark("second_list"),
        "We'd go for the one in first place.",
    ),
    (
        "Katariina, Miguel and I, lunch, this Saturday, Helsinki.",
        "Please list restaurants for us.",
        Mark("first_list"),
        "I'd say the 2nd, decided.",
        Mark("second_taken"),
        "Katariian is free on Saturday from 12 o'clock to 15 o'clock.",
        "She'd rather have a coffee place. Please list cafés for us.",
        Mark("second_list"),
        "I'd say the 1st, decided.",
    ),
    (
        "lunch on the 21st of november (a saturday) in helsinki with miguel and katariina",
        "katrina's free from 12 to 3 in the afternoon. miguel doesn't know yet",
        "can you find a resturant for us?",
        Mark("first_list"),
        "second one's the best, take it",
        Mark("second_taken"),
        "aargh it's too far away. can you find a caffe for us?",
        Mark("second_list"),
        "first one's the best, take it",
    ),
)

CONVERSATION = Conversation(7, "references: the second one, after a new search the first one, a typo", _TRANSCRIPTS, check, _REFERENCE)
