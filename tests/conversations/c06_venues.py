"""Venues without a key in Helsinki, then in a city without data, where the user types a place in.

What the Helsinki extract holds is not known here: the check asks only that its venues name their source and that none is made up for Turku.
"""

from __future__ import annotations

from conversations.facts import (
    coming,
    days_are,
    holds,
    kind_is,
    listed,
    own_venue,
    people,
    plan_is,
    status_is,
    undecided,
    venue_is,
    venues,
)
from conversations.model import END, Conversation, History, Mark, State


def _told(state: State, city: str) -> None:
    coming(state, "Emma", "Yusuf", "You")
    kind_is(state, "dinner")
    days_are(state, "2026-11-26")
    plan_is(state, city=city)


def check(history: History) -> None:
    found, nothing, end = history.at("listed"), history.at("no_data"), history.final
    _told(found, "Helsinki")
    listed(found, "venues", 3)
    assert venues(found), "no venues are stored"
    assert all(venue["source"] != "you" for venue in venues(found)), "the user has typed in no venue yet"
    undecided(found, "venue")
    _told(nothing, "Turku")
    names = {venue["name"] for venue in venues(found)}
    invented = {venue["name"] for venue in nothing.get("venues") or []} - names
    assert not invented, f"{invented} in a city without data"
    undecided(nothing, "venue")
    _told(end, "Turku")
    own = own_venue(end, "majakka")
    assert holds(own, "Linnankatu 12"), f"no address in {own}"
    assert holds(own, "23", "11"), f"no closing time in {own}"
    venue_is(end, "majakka")
    status_is(end, "open")


_PLAN = {"kind": "dinner", "city": "Helsinki", "date_from": "2026-11-26", "date_to": "2026-11-26"}
_LISTED: State = {
    "plan": _PLAN,
    "people": people("Emma", "Yusuf", "You"),
    "venues": [{"name": "A", "source": "OpenStreetMap"}],
    "list": {"of": "venues", "items": [{"label": "A"}, {"label": "B"}, {"label": "C"}]},
}
_NO_DATA: State = {"plan": _PLAN | {"city": "Turku"}, "people": people("Emma", "Yusuf", "You")}
_REFERENCE = {
    "listed": _LISTED,
    "no_data": _NO_DATA,
    END: _NO_DATA
    | {
        "venues": [{"name": "Ravintola Majakka", "address": "Linnankatu 12", "hours": "till 23", "source": "you"}],
        "decisions": {"venue": {"name": "Ravintola Majakka"}},
    },
}

_TRANSCRIPTS = (
    (
        "Dinner with Emma and Yusuf in Helsinki on Thursday 26 November.",
        "Find us some restaurants.",
        Mark("listed"),
        "Actually let's have it in Turku instead. Which restaurants are there?",
        Mark("no_data"),
        "Then add this one: Ravintola Majakka, Linnankatu 12, open till 23.",
        "Let's go there.",
    ),
    (
        "dinner w emma n yusuf, helsinki, thu 26 nov",
        "any good restaurants?",
        Mark("listed"),
        "change of plan, were going to turku, any restaurants there?",
        Mark("no_data"),
        "ok i know one. ravintola majakka, linnankatu 12, open til 11pm",
        "lets take majakka",
    ),
    (
        "I'm taking Emma and Yusuf out for dinner in Helsinki, on Thursday the 26th of November.",
        "Could you suggest a few restaurants?",
        Mark("listed"),
        "Ah, Emma has just told me that she'd rather eat in Turku, so please make it Turku and look for restaurants over there.",
        Mark("no_data"),
        "Never mind, here's one I've been to before: Ravintola Majakka at Linnankatu 12, which stays open until 11 pm.",
        "That's where we'll eat.",
    ),
    (
        "Plan a dinner for Emma, Yusuf and me on Thursday, November 26. The city is Helsinki.",
        "Show me restaurants.",
        Mark("listed"),
        "Change the city to Turku and search for restaurants again.",
        Mark("no_data"),
        "Add a restaurant: Ravintola Majakka. Address: Linnankatu 12. Closes at 11 PM.",
        "We'll go to Ravintola Majakka.",
    ),
    (
        "26.11. dinner, Helsinki: Yusuf, Emma and me",
        "list restaurants please",
        Mark("listed"),
        "not Helsinki after all but Turku, list restaurants there please",
        Mark("no_data"),
        "my own suggestion: Ravintola Majakka (Linnankatu 12, open till 23:00)",
        "we choose that",
    ),
    (
        "let's have dinner",
        "the three of us are emma, yusuf and me",
        "in helsinki, on 26 november",
        "where could we eat? show some restaurants",
        Mark("listed"),
        "hmm wait, yusuf has moved to turku and we should go to him",
        "so what restaurants does turku have?",
        Mark("no_data"),
        "i'll tell you one then",
        "ravintola majakka, linnankatu 12, it's open till 23",
        "majakka it is",
    ),
    (
        "Yusuf, Emma and I are going to have dinner on Thu 26 Nov in Tampere, sorry, in Helsinki.",
        "Which restaurants do you know?",
        Mark("listed"),
        "Correction: the dinner is in Turku. Which restaurants do you know there?",
        Mark("no_data"),
        "Please write down Ravintola Majakka for us, Linnankatu 12, open until 22, no, until 23.",
        "Good, so our place is Ravintola Majakka.",
    ),
    (
        "We want dinner in Helsinki on Thursday next week, 26 November, Emma, Yusuf and me. What restaurants are there?",
        Mark("listed"),
        "And if we did it in Turku? We've talked about it and yes, we're moving the dinner to Turku. What restaurants are there?",
        Mark("no_data"),
        "Use a place that I know, Ravintola Majakka, Linnankatu 12, open till 23. That's our choice for the dinner.",
    ),
    (
        "Can you help? It's about dinner for three people, that's Yusuf, Emma and me. It's in Helsinki a week from tomorrow, so 26 November.",
        "I need ideas for restaurants.",
        Mark("listed"),
        "We've just changed our minds about the city, it'll be Turku. Ideas for restaurants?",
        Mark("no_data"),
        "Okay, a friend recommended Ravintola Majakka on Linnankatu 12. She says it closes at 23:00. Put it in.",
        "Fine. Decide on Majakka.",
    ),
    (
        "For Thursday, 26 Nov: Helsinki, dinner, me with Yusuf and Emma.",
        "Look for a restaurant.",
        Mark("listed"),
        "Stop, new city: Turku. Look for a restaurant there.",
        Mark("no_data"),
        "Mine: Ravintola Majakka / Linnankatu 12 / open till 23",
        "Yes, we'll have dinner at that one.",
    ),
    (
        "hello, me and emma and yusuf would love to have dinner in helsinki on the 26th, thursday",
        "what restaurants can you offer us there?",
        Mark("listed"),
        "oh no, there's a train strike so emma can't get out of turku. we'll do the dinner in turku instead. what can you offer us there?",
        Mark("no_data"),
        "then i'm going to add one myself: ravintola majakka, it's at linnankatu 12 and it's open till 11 in the evening",
        "and that's the one we want",
    ),
)

CONVERSATION = Conversation(6, "venues without a key, then in a city without data", _TRANSCRIPTS, check, _REFERENCE)
