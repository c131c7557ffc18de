"""Views as the agents make them, from the planning functions and the board's rules themselves; and a card."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tictactoe_agent.board import EMPTY, place
from tictactoe_agent.board import view as board_view
from vibehuntr_agent.planning import itinerary, venues, votes
from vibehuntr_agent.planning.availability import heat_map
from vibehuntr_agent.planning.finder import Kind, Window

HELSINKI = ZoneInfo("Europe/Helsinki")
GROUP = ("Anna", "Ben", "Carla", "You")
FACTS = [
    {"person": "Anna", "key": "diet", "value": "vegan", "strength": "must", "said_by": "You", "at": "2026-11-21T12:00:00+02:00"},
    {"person": "Ben", "key": "cuisine", "value": "Thai", "strength": "prefer", "said_by": "Ben", "at": "2026-11-21T12:00:00+02:00"},
    {"person": "You", "key": "allergy", "value": "nuts", "strength": "must", "said_by": "You", "at": "2026-11-21T12:00:00+02:00"},
]
CARD = {
    "title": "Ben's birthday dinner",
    "kind": "dinner",
    "status": "open",
    "when": {
        "words": "Friday 27 November 2026, 19:30 to 21:30",
        "start": "2026-11-27T19:30+02:00",
        "end": "2026-11-27T21:30+02:00",
        "decided": True,
    },
    "where": {"words": "Helsinki", "decided": False},
    "people": [
        {"name": name, "attendance": "required" if name == "Ben" else "important", "time": "unknown" if name == "Carla" else "known"}
        for name in GROUP
    ],
    "budget": "30 EUR each",
    "votes": [
        {"subject": "food", "status": "open", "leader": "Thai", "tie": [], "voted": ["Anna", "Ben"], "not_voted": ["Carla"], "words": ""}
    ],
    "itinerary": "",
    "missing": ["when Carla can come", "the place"],
    "facts": FACTS,
    "calendar": {"filename": "dinner.ics", "sequence": 1},
}


def at(day: int, hour: float) -> datetime:
    return datetime(2026, 11, day, int(hour), round(hour % 1 * 60), tzinfo=HELSINKI)


def window(day: int, low: float, high: float, kind: Kind = "free") -> Window:
    return Window(at(day, low), at(day, high), kind)


def heatmap() -> dict[str, Any]:
    known = {
        "Anna": [window(27, 18, 22), window(28, 12, 15)],
        "Ben": [window(27, 19, 23), window(28, 13, 19, "if_needed")],
        "You": [window(27, 17.5, 23), window(28, 12, 16)],
    }
    drawn = heat_map(known, group=GROUP, days=[date(2026, 11, 27), date(2026, 11, 28)], zone=HELSINKI).as_json()
    slots = [
        {"start": at(27, 19.5).isoformat(), "end": at(27, 21.5).isoformat()},
        {"start": at(28, 13).isoformat(), "end": at(28, 15).isoformat()},
    ]
    return {**drawn, "slots": slots, "text": drawn["lines"]}


def tally(method: str = "approval") -> dict[str, Any]:
    poll = votes.open_poll("food", [{"label": label} for label in ("Thai", "Pizza", "Nepalese")], method)
    said: dict[str, Any] = {
        "Anna": {"Thai": "yes", "Pizza": "no"},
        "Ben": {"Thai": "yes", "Pizza": "if_needed", "Nepalese": "yes"},
        "You": {"Thai": "if_needed", "Nepalese": "no", "Pizza": "no"},
    }
    for person, ballot in said.items():
        poll = votes.vote(poll, person, ballot if method == "approval" else list(ballot), GROUP)
    standing = votes.tally(poll, GROUP)
    return {**votes.as_json(standing), "text": [votes.tally_words(standing)]}


def evening() -> dict[str, Any]:
    stops = [
        itinerary.Stop("Löyly sauna", 90, (60.152, 24.931), "Mo-Su 13:00-23:00", 25, "EUR"),
        itinerary.Stop("Ravintola Kosmos", 120, (60.168, 24.941), "Mo-Fr 11:00-01:00", 35, "EUR"),
        itinerary.Stop("Bar Loose", 60, (60.1685, 24.930)),
    ]
    drawn = itinerary.timeline(itinerary.build(stops, start=at(27, 17), zone=HELSINKI))
    return {**drawn, "text": [row["text"] for row in drawn["rows"]] + drawn["warnings"]}


def places() -> dict[str, Any]:
    found = [
        venues.Result(venue, {"vegan": venue.need("vegan"), "wheelchair": venue.need("wheelchair")}, "open", None, None, ())
        for venue in (
            venues.Venue("Kuja Thai", point=venues.Point(60.1641, 24.9402), needs={"vegan": True}, address="Hakaniemenranta 1"),
            venues.Venue("Soi Soi", point=venues.Point(60.1833, 24.9605), needs={"vegan": True, "wheelchair": True}),
            venues.Venue("Café Ekberg", point=venues.Point(60.1640, 24.9371), needs={"wheelchair": False}),
        )
    ]
    matrix = venues.needs_matrix(found)
    listed = [venues.result_json(result, label) for result, label in zip(found, venues.labels_of([r.venue for r in found]), strict=True)]
    return {"venues": listed, "needs": matrix, "source": "© OpenStreetMap contributors, ODbL", "text": matrix["text"]}


def known() -> dict[str, Any]:
    return {"facts": FACTS, "text": ["Anna: diet vegan, a must (said by you)"]}


def file() -> dict[str, Any]:
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
    return {"filename": "dinner.ics", "mime": "text/calendar", "text": text}


def board() -> dict[str, Any]:
    cells = EMPTY
    for cell in (5, 1, 3, 2, 7):
        cells = place(cells, cell)
    return board_view(cells, 7)["data"]


VIEWS = {
    "heatmap": heatmap,
    "votes": tally,
    "ranked": lambda: tally("ranked"),
    "timeline": evening,
    "venues": places,
    "known": known,
    "file": file,
    "board": board,
}


def view(name: str) -> dict[str, Any]:
    return {"name": "votes" if name == "ranked" else name, "data": VIEWS[name]()}


__all__ = ["CARD", "FACTS", "VIEWS", "view"]
