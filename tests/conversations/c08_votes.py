"""Three voters, a change of mind, a tie; the organiser decides, nobody silently."""

from __future__ import annotations

from conversations.facts import coming, days_are, kind_is, part, people, same, status_is, undecided, venue_is, yeses
from conversations.model import END, Conversation, History, Mark, State

_PLACES = ("Karhu", "Majava", "Ilves")
_BALLOTS = {"Hana": {"Karhu"}, "Viktor": {"Majava"}, "You": {"Karhu", "Majava"}}


def _place(label: str) -> str:
    """The place that a label means, whatever else stands in it."""
    found = [place for place in _PLACES if place.casefold() in label.casefold()]
    same(len(found), 1, f"the places in {label!r}")
    return found[0]


def _voted(state: State) -> None:
    coming(state, "Hana", "Viktor", "You")
    kind_is(state, "dinner")
    days_are(state, "2026-11-27")
    polls = part(state, "polls")
    same(len(polls), 1, "the number of polls")
    same(part(polls[0], "method"), "approval", "the method")
    same(sorted(_place(part(option, "label")) for option in part(polls[0], "options")), sorted(_PLACES), "the options")
    ballots = part(polls[0], "ballots")
    wanted = {name.casefold(): places for name, places in _BALLOTS.items()}
    same({name.casefold(): {_place(label) for label in yeses(ballot)} for name, ballot in ballots.items()}, wanted, "the ballots")


def check(history: History) -> None:
    tie = history.at("tie")
    _voted(tie)
    undecided(tie, "venue")
    _voted(history.final)
    venue_is(history.final, "Majava")
    status_is(history.final, "open")


_VOTED: State = {
    "plan": {"kind": "dinner", "date_from": "2026-11-27", "date_to": "2026-11-27"},
    "people": people("Hana", "Viktor", "You"),
    "polls": [
        {
            "method": "approval",
            "options": [{"label": place} for place in _PLACES],
            "ballots": {name: dict.fromkeys(sorted(places), "yes") for name, places in _BALLOTS.items()},
        }
    ],
}
_REFERENCE = {"tie": _VOTED, END: _VOTED | {"decisions": {"venue": {"name": "Majava"}}}}

_TRANSCRIPTS = (
    (
        "Dinner with Hana and Viktor on Friday 27 November.",
        "Let's vote on where to eat: Karhu, Majava or Ilves. Everyone may say yes to as many as they like.",
        "Hana votes for Karhu.",
        "Viktor votes for Karhu too.",
        "I vote for Karhu and Majava.",
        "Viktor has changed his mind, he votes for Majava and no longer for Karhu.",
        "What's the result?",
        Mark("tie"),
        "Then I decide: Majava.",
    ),
    (
        "dinner fri 27 nov, me hana viktor",
        "poll for the place: karhu / majava / ilves, u can pick more than one",
        "hana: karhu",
        "viktor: karhu",
        "me: karhu n majava",
        "viktor now says majava instead of karhu lol",
        "who's winning",
        Mark("tie"),
        "ok im the organiser so majava",
    ),
    (
        "Viktor, Hana and I are meeting for dinner on Friday the 27th of November and can't agree on the place.",
        "So let's put it to the vote, please, and each of us can approve of several: Majava, Ilves, Karhu.",
        "I'd be happy with Majava, and with Karhu as well.",
        "Hana would like Karhu.",
        "Viktor wants Karhu, or rather, hang on, he's just rung me up to say he'd prefer Majava to be his vote, and only that.",
        "How does it stand?",
        Mark("tie"),
        "Since it's up to me, we're going to Majava.",
    ),
    (
        "Setting up a dinner for Friday, November 27 with Hana, Viktor and me.",
        "Start an approval vote on the restaurant. Options: Karhu, Majava, Ilves.",
        "Hana approves Karhu. Viktor approves Karhu. I approve Karhu and Majava.",
        "Change Viktor's vote to Majava only.",
        "Show me the tally.",
        Mark("tie"),
        "I'll break the tie. Majava.",
    ),
    (
        "27.11. dinner: Hana, Viktor, me",
        "Vote on the place, multiple choice: Ilves, Karhu, Majava",
        "Viktor: Karhu yes, Majava no, Ilves no",
        "Hana: Karhu yes, Majava no, Ilves no",
        "Me: Karhu yes, Majava yes, Ilves no",
        "New vote from Viktor: Karhu no, Majava yes, Ilves no",
        "Result?",
        Mark("tie"),
        "My decision is Majava",
    ),
    (
        "we're going for dinner on friday, the 27th of november",
        "hana, viktor and me",
        "where? we'd like to vote on that",
        "it's between karhu, ilves and majava, and you can vote for more than one of them",
        "viktor gives karhu a yes",
        "i give karhu a yes",
        "and i give majava a yes as well",
        "hana gives karhu a yes",
        "viktor takes his yes for karhu back",
        "he gives majava a yes",
        "and now? what came out?",
        Mark("tie"),
        "a draw, hmm. then i say majava, final word",
    ),
    (
        "Friday 27 Nov: dinner with Viktor and Hana. We'll vote for the place we eat at. You can choose between Majava, Karhu and Ilves and you may tick several.",
        "I tick Ilves, sorry, I tick Majava and Karhu and not Ilves.",
        "Viktor ticks Karhu and Hana ticks Karhu.",
        "Viktor isn't sure any more. He unticks Karhu and ticks Majava.",
        "Count the votes, please.",
        Mark("tie"),
        "All right, as the host I choose Majava.",
    ),
    (
        "Hana, Viktor and I want to have dinner on Friday 27 November and need to vote about the place: Karhu, Majava, Ilves, with as many votes per person as you like. Hana's vote goes to Karhu, Viktor's vote goes to Karhu, my votes go to Karhu and to Majava.",
        "Viktor wrote to me, he wants his vote moved from Karhu to Majava. So where are we now?",
        Mark("tie"),
        "Let me settle it, we're having dinner at Majava.",
    ),
    (
        "could you run a little vote for us? it's me, viktor and hana, and it's for dinner on the 27th, a friday",
        "the choices for the place are ilves, majava and karhu. more than one answer allowed",
        "hana picks karhu",
        "viktor picks karhu",
        "i pick both majava and karhu",
        "wait, viktor regrets it. majava is his only pick now",
        "and the winner is...?",
        Mark("tie"),
        "well, somebody has to decide and that's me. majava!",
    ),
    (
        "Dinner for Viktor, Hana and me, it's on Friday the 27th. We have three places in mind, Karhu, Ilves and Majava, so open a vote where people can say yes to any number of them.",
        'Viktor says "Karhu for me", Hana says "Karhu please".',
        'And I say "Karhu or Majava, both are fine".',
        'Viktor has second thoughts: "Not Karhu. Majava."',
        "What's the score?",
        Mark("tie"),
        "It's a tie, so the choice is mine and I choose Majava.",
    ),
    (
        "We are three, Hana, Viktor and me, and there's a dinner on Fri 27 Nov.",
        "Open a poll: which place? Karhu, Majava, Ilves. Several answers per person are okay.",
        "Count me in for Majava and Karhu.",
        "Put Viktor down for Karhu.",
        "Put Hana down for Karhu.",
        "Viktor would like to change his answer from Karhu to Majava.",
        "Which place has the most votes?",
        Mark("tie"),
        "Then let us go to Majava, I've decided.",
    ),
)

CONVERSATION = Conversation(8, "three voters, a change of mind, a tie", _TRANSCRIPTS, check, _REFERENCE)
