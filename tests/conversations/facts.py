"""Assertions on the planner's stored state, for the checks of the conversations; and short ways to write such a state down.

Each raises AssertionError, also when a key is missing altogether, and says which fact is not there. Times are compared as moments, so any offset
will do that means the same, but a time without an offset fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from conversations.model import ZONE, State

Json = dict[str, Any]

ME: Final = "You"
FACTS: Final = "user:facts"
QUARTER: Final = timedelta(minutes=15)
MINUTE: Final = timedelta(minutes=1)


def moment(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is Helsinki's."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=ZONE)


def stored(text: Any) -> datetime:
    """A time out of a state, which must carry its offset."""
    assert isinstance(text, str), f"{text!r} is no time"
    read = datetime.fromisoformat(text)
    assert read.tzinfo is not None, f"{text} has no offset"
    return read


def part(mapping: Any, key: str) -> Any:
    assert isinstance(mapping, Mapping), f"no {key} in {mapping!r}"
    assert key in mapping, f"no {key} in {dict(mapping)}"
    return mapping[key]


def same(found: Any, wanted: Any, what: str) -> None:
    assert found == wanted, f"{what} is {found!r}, not {wanted!r}"


def holds(value: Any, *pieces: str) -> bool:
    """Whether one of `pieces` stands in some text or number inside `value`, in any case."""
    if isinstance(value, Mapping):
        return any(holds(inner, *pieces) for inner in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(holds(inner, *pieces) for inner in value)
    return any(piece.casefold() in str(value).casefold() for piece in pieces)


def named(mapping: Any, name: str) -> Any:
    """What stands under `name`, in any case, or None."""
    assert isinstance(mapping, Mapping), f"{mapping!r} has no names"
    found = [value for key, value in mapping.items() if key.casefold() == name.casefold()]
    assert len(found) < 2, f"{name} is there twice, in {list(mapping)}"
    return found[0] if found else None


def plan_is(state: State, **wanted: str | float) -> None:
    """These facts of the plan, texts in any case."""
    plan = part(state, "plan")
    for key, want in wanted.items():
        found = part(plan, key)
        same(found.casefold() if isinstance(found, str) else found, want.casefold() if isinstance(want, str) else want, key)


def kind_is(state: State, *words: str) -> None:
    """The occasion has one of `words` in it."""
    kind = part(part(state, "plan"), "kind")
    assert holds(kind, *words), f"the kind is {kind!r}"


def days_are(state: State, first: str, last: str | None = None) -> None:
    plan_is(state, date_from=first, date_to=last or first)


def status_is(state: State, wanted: str) -> None:
    """A plan of which nothing is said of its status is open."""
    same(state.get("plan", {}).get("status", "open"), wanted, "status")


def coming(state: State, *names: str) -> None:
    """These people and nobody else, each once; "anna" is Anna."""
    found = sorted(part(person, "name").casefold() for person in part(state, "people"))
    same(found, sorted(name.casefold() for name in names), "the roster")


def attendance(state: State, name: str) -> str:
    found = [part(person, "attendance") for person in part(state, "people") if part(person, "name").casefold() == name.casefold()]
    same(len(found), 1, f"the entries of {name}")
    return found[0]


def answer(state: State, name: str, when: datetime) -> str:
    """What `name` has said of the moment `when`: "free", "if_needed", "no" or "unknown".

    Of someone who has told free times, all other times are a no; of someone who has told only busy ones, they are unknown.
    """
    windows = named(part(state, "availability"), name)
    assert windows is not None, f"nothing is known of when {name} can"
    kinds = {part(w, "kind") for w in windows if stored(part(w, "start")) <= when < stored(part(w, "end"))}
    possible = any(part(w, "kind") != "busy" for w in windows)
    for kind, meaning in (("busy", "no"), ("free", "free"), ("if_needed", "if_needed")):
        if kind in kinds:
            return meaning
    return "no" if possible else "unknown"


def can(state: State, name: str, start: str, end: str, kind: str = "free") -> None:
    """`name` is `kind` from `start` to `end`, and not a minute before or after."""
    low, high = moment(start), moment(end)
    steps = int((high - low) / QUARTER)
    inside = {answer(state, name, when) for when in (*(low + QUARTER * n for n in range(steps)), high - MINUTE)}
    assert inside == {kind}, f"{name} is {sorted(inside)} between {start} and {end}, not {kind}"
    around = [answer(state, name, when) for when in (low - MINUTE, high)]
    assert kind not in around, f"{name} is {kind} beyond {start} to {end}"


def cannot(state: State, name: str, start: str, end: str) -> None:
    """`name` has no time, not even if needed, at any quarter hour from `start` to `end`."""
    low, high = moment(start), moment(end)
    found = {answer(state, name, low + QUARTER * n) for n in range(int((high - low) / QUARTER))}
    assert found == {"no"}, f"{name} is {sorted(found)} between {start} and {end}"


def decided(state: State, what: str) -> Json:
    return part(part(state, "decisions"), what)


def undecided(state: State, *whats: str) -> None:
    found = set(whats) & set(state.get("decisions") or {})
    assert not found, f"{found} is decided, and nobody has"


def time_is(state: State, start: str, end: str) -> None:
    chosen = decided(state, "time")
    same(stored(part(chosen, "start")), moment(start), "the start")
    same(stored(part(chosen, "end")), moment(end), "the end")


def venue_is(state: State, piece: str) -> None:
    name = part(decided(state, "venue"), "name")
    assert holds(name, piece), f"the venue is {name!r}, not {piece}"


def listed(state: State, of: str, least: int = 1) -> list[Json]:
    """The items of the list shown last, which is one of `of` and has `least` items or more."""
    shown = part(state, "list")
    same(part(shown, "of"), of, "the list")
    items = part(shown, "items")
    assert len(items) >= least, f"{len(items)} {of} are listed, not {least}"
    assert all(part(item, "label") for item in items), f"an item has no label: {items}"
    return items


def labels(state: State, of: str) -> list[str]:
    return [item["label"] for item in listed(state, of)]


def first_slot(state: State, start: str, end: str) -> None:
    first = listed(state, "slots")[0]
    same(stored(part(first, "start")), moment(start), "the start of the first slot")
    same(stored(part(first, "end")), moment(end), "the end of the first slot")


def name_of(item: Json) -> str:
    """The name of a listed venue."""
    return item.get("name") or part(item, "label")


def venues(state: State) -> list[Json]:
    found = part(state, "venues")
    assert all(part(venue, "name") and part(venue, "source") for venue in found), f"a venue without a name or source: {found}"
    return found


def own_venue(state: State, piece: str) -> Json:
    """The one venue with `piece` in its name, which the user has typed in."""
    found = [venue for venue in venues(state) if holds(venue["name"], piece)]
    same([venue["source"] for venue in found], ["you"], f"the source of {piece}")
    return found[0]


def known(state: State, person: str, key: str) -> list[Json]:
    """What is known of `person` under `key`."""
    return [fact for fact in named(part(state, FACTS), person) or [] if part(fact, "key") == key]


def knows(state: State, person: str, key: str, *pieces: str, said_by: str = ME, strength: str = "must", avoid: str | None = None) -> None:
    """Exactly one fact under `key`, with one of `pieces` in it, who said it, and how strong it is.

    What must not be may be stored the other way round, as something to avoid with `avoid` in it: "vegetarian" is "avoid meat".
    """
    found = known(state, person, key)
    same(len(found), 1, f"the number of facts about the {key} of {person}: {found}")
    value, strong = part(found[0], "value"), part(found[0], "strength")
    same(part(found[0], "said_by").casefold(), said_by.casefold(), f"who said the {key} of {person}")
    turned = avoid is not None and strong == "avoid" and holds(value, avoid)
    assert turned or (strong == strength and holds(value, *pieces)), f"the {key} of {person} is {strong} {value!r}, not {strength} {pieces}"


def knows_nothing(state: State, person: str, key: str) -> None:
    found = known(state, person, key) if FACTS in state else []
    assert not found, f"{found} was never said or is forgotten"


def calendar(state: State) -> tuple[str, int]:
    """UID and SEQUENCE of the calendar file made last."""
    made = part(state, "calendar")
    uid, sequence = part(made, "uid"), part(made, "sequence")
    assert isinstance(uid, str), f"{uid!r} is no UID"
    assert uid, "the UID is empty"
    assert isinstance(sequence, int), f"{sequence!r} is no SEQUENCE"
    return uid, sequence


def calendar_grew(before: State, after: State) -> None:
    """The same event, a later version of it."""
    (old_uid, old), (new_uid, new) = calendar(before), calendar(after)
    same(new_uid, old_uid, "the UID")
    assert new > old, f"SEQUENCE went from {old} to {new}"


def stops_are(state: State, wanted: Iterable[tuple[str, str, str]]) -> None:
    """These stops in this order: a piece of the name, arrival, leaving."""
    stops = part(part(state, "itinerary"), "stops")
    expected = list(wanted)
    same(len(stops), len(expected), "the number of stops")
    for stop, (piece, arrive, leave) in zip(stops, expected, strict=True):
        assert holds(part(stop, "name"), piece), f"the stop is {stop['name']!r}, not {piece}"
        same(stored(part(stop, "arrive")), moment(arrive), f"the arrival at {piece}")
        same(stored(part(stop, "leave")), moment(leave), f"the leaving of {piece}")


def yeses(ballot: Any) -> set[str]:
    """The labels that an approval ballot says yes to."""
    assert isinstance(ballot, Mapping), f"{ballot!r} is no approval ballot"
    return {label for label, vote in ballot.items() if vote == "yes"}


# States written down, for the references.


def people(*names: str, **special: str) -> list[Json]:
    return [{"name": name} | ({"attendance": special[name]} if name in special else {}) for name in names]


def window(start: str, end: str, kind: str = "free") -> Json:
    return {"start": moment(start).isoformat(), "end": moment(end).isoformat(), "kind": kind}


def span(start: str, end: str) -> Json:
    return {"start": moment(start).isoformat(), "end": moment(end).isoformat()}


def fact(key: str, value: str, strength: str = "must", said_by: str = ME) -> Json:
    return {"key": key, "value": value, "strength": strength, "said_by": said_by}
