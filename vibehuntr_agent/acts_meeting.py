"""What the friends' agents have agreed on, written into the plan: each decision with who agreed, who gave way, and who was not heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from . import acts_polls
from .planning.people import ME, listed
from .planning.venues import Venue, venue_json
from .state import Answer, Board, Json

_WHO: Final = ("agreed", "gave_way", "against", "unheard")


def settle(board: Board, outcomes: Mapping[str, Mapping[str, Any]], places: Mapping[str, Venue]) -> Answer:
    """Write down {topic: {item, agreed, gave_way, against, unheard}}; of a place, all that is known of it. Raises: PlanningError."""
    told: list[str] = []
    for topic, outcome in outcomes.items():
        item, who = outcome["item"], {key: list(outcome[key]) for key in _WHO if outcome.get(key)}
        if topic == "time":
            told.append(acts_polls.decide(board, "time", item["start"], item["end"], agreement_words(who)).summary)
            _note(board, "time", who)
        elif topic == "place":
            told.append(_settle_place(board, places[item["name"]], who))
        else:
            board.update("plan", budget_per_person=item["amount"], **({"currency": item["currency"]} if item.get("currency") else {}))
            told.append(f"Each pays at most {item['amount']:g} {item.get('currency', '')}".rstrip() + ".")
    return Answer(" ".join(told), {"what": "meeting", "decided": {**outcomes}}, change="what the agents agreed on")


def _settle_place(board: Board, place: Venue, who: Json) -> str:
    row = {"label": place.name, **venue_json(place)}
    others = [venue for venue in board.get("venues") if venue["name"] != place.name]
    board.set("venues", [row, *others])
    said = acts_polls.decide(board, "venue", place.name, None, agreement_words(who)).summary
    _note(board, "venue", who)
    return said


def _note(board: Board, what: str, who: Json) -> None:
    decisions: Json = board.get("decisions")
    board.set("decisions", {**decisions, what: {**decisions[what], "by": who}})


def agreement_words(who: Mapping[str, Any]) -> str:
    """Who agreed and who did not, in words: "Anna and you agreed; Ben gave way"."""
    verbs = {"agreed": "agreed", "gave_way": "gave way", "against": "cannot", "unheard": "was not heard"}
    parts = [f"{_names(names)} {_verb(verbs[key], names)}" for key in _WHO if (names := who.get(key))]
    return "; ".join(parts)


def _names(names: list[str]) -> str:
    said = listed(names)
    return said[:1].upper() + said[1:] if names == [ME] else said


def _verb(verb: str, names: list[str]) -> str:
    return verb.replace("was", "were") if len(names) > 1 or names == [ME] else verb
