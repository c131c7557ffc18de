"""What the tools do with the plan itself: its facts, who comes, what is decided, the end of it, and the way back.

Each act takes a `Board` and what a model sent, and returns an `Answer`; or it raises PlanningError, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Final

from . import intake
from .card import card_of, card_words
from .planning import people, phrases
from .planning.availability import read_rule
from .planning.errors import AmountError, PersonError, PlanningError, TimeError
from .planning.people import ME, Person, listed
from .state import CALENDARS, EMPTY, PARTS, PLAN_KEYS, UNDO, Answer, Board, Json, NeedMore, plan_line, plan_number

MAX_DAYS: Final = 62
_MAX_NOTES: Final = 40
_MAX_BUDGET: Final = 1e6
_MAX_MINUTES: Final = 14 * 24 * 60
FIELDS: Final = (
    "title", "kind", "city", "date_from", "date_to", "part_of_day", "hours_from", "hours_to", "duration_minutes", "number_of_people",
    "budget_per_person", "currency", "zone", "notes",
)  # fmt: skip
_GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "date_from": ("date_from", "date_to"),
    "date_to": ("date_from", "date_to"),
    "dates": ("date_from", "date_to"),
    "days": ("date_from", "date_to"),
    "hours": ("hours_from", "hours_to"),
    "budget": ("budget_per_person",),
    "duration": ("duration_minutes",),
    "length": ("duration_minutes",),
}


def start_plan(board: Board, said: Mapping[str, object]) -> Answer:
    """Empty what belongs to one plan, and begin another with what was said."""
    given = {key: value for key, value in said.items() if value not in (None, [], "")}
    plan = _merged({}, given, board) if given else {}
    for key in PLAN_KEYS:
        board.set(key, EMPTY[key])
    board.set("plan", plan)
    if board.get("calendar").get("uid") or _kept(board):
        board.set("calendar", {"plan": 1 + max([plan_number(board.get("calendar")), *map(int, _kept(board))])})
    told = f"A new plan: {plan_line(plan)}." if plan else "A new plan. Who is coming, and when?"
    return Answer(told, {"plan": plan, "noted": plan}, change="a new plan was begun")


def update_plan(board: Board, said: Mapping[str, object], clear: object) -> Answer:
    """Write facts down, and take back those that `clear` names."""
    gone = [name for key in intake.texts(clear, "what to clear") for name in _cleared(key)]
    given = {key: value for key, value in said.items() if value not in (None, [], "")}
    if not given and not gone:
        raise PlanningError("Nothing was given to write down.")
    old = {key: value for key, value in board.plan.items() if key not in gone}
    plan = _merged(old, given, board)
    told = [*given, *(("date_from", "date_to") if {"date_from", "date_to"} & given.keys() else ())]
    told += ["currency"] if "budget_per_person" in given else []
    noted = {key: plan[key] for key in told if key in plan}
    board.set("plan", plan)
    _leave_city(board, plan)
    summary = " ".join(
        [*([f"Noted: {plan_line(noted)}."] if given else []), *([f"Cleared: {listed(dict.fromkeys(gone))}."] if gone else [])]
    )
    changed = plan_line(noted) or f"cleared {listed(dict.fromkeys(gone))}"
    return Answer(summary, {"plan": plan, "noted": noted}, _plan_warnings(board, plan), change=changed)


def show_plan(board: Board) -> Answer:
    """The card in words."""
    card = card_of(board, board.zone)
    return Answer(
        card_words(card) if any(board.get(key) for key in PLAN_KEYS) else "There is no plan yet. Who is coming, and when?",
        {"plan": board.plan},
    )


def set_people(board: Board, add: object, remove: object) -> Answer:
    """Put people on the roster, and take others off."""
    new = [
        (people.clean_name(intake.needed(entry.get("name"), "a name")), _attendance(entry)) for entry in intake.entries(add, "the people")
    ]
    gone = intake.texts(remove, "who leaves")
    if not new and not gone:
        raise PersonError("No names were given. Who is coming?")
    _once([name for name, _ in new])
    before = board.roster
    kept = people.remove_people(before, gone) if gone else before
    known = {person.name.casefold(): person.attendance for person in kept}
    roster = people.add_people(
        kept, [Person(name, people.attendance_of(said or known.get(name.casefold(), "required"))) for name, said in new]
    )
    if not roster:
        raise PersonError("That would leave nobody in the plan. Who is coming instead?")
    left = [person.name for person in before if person not in roster and person.name not in {p.name for p in roster}]
    added = [person.name for person in roster if person.name not in {p.name for p in before}]
    board.set("people", [asdict(person) for person in roster])
    for key in ("availability", "preferences"):
        board.set(key, {name: rows for name, rows in board.get(key).items() if name not in left})
    _recount(board, len(roster), len(left))
    data: Json = {"people": board.get("people"), "added": added, "removed": left}
    change = "; ".join([*([f"{listed(added)} added"] if added else []), *([f"{listed(left)} removed"] if left else [])])
    return Answer(f"Coming: {_roster_words(roster)}.", data, change=change or "who has to come")


def finalize_plan(board: Board) -> Answer:
    """Make the plan final."""
    status = board.plan.get("status", "open")
    if status == "cancelled":
        raise PlanningError("This plan is cancelled. To take that back, say undo; or start a new plan.")
    if not board.get("decisions").get("time") and not board.get("itinerary").get("stops"):
        raise NeedMore("No time is decided yet, so the plan cannot be final. When shall it be?", ["time"])
    board.update("plan", status="final")
    return Answer(f"The plan is final. {card_words(card_of(board, board.zone))}", {"status": "final"}, change="the plan was made final")


def cancel_plan(board: Board) -> Answer:
    """Call the plan off."""
    if not any(board.get(key) for key in PLAN_KEYS):
        raise NeedMore("There is no plan to cancel yet.", ["plan"])
    if board.plan.get("status") == "cancelled":
        raise PlanningError("The plan is cancelled already.")
    board.update("plan", status="cancelled")
    more = (
        " A calendar file of it went out; ask for the file again, and it takes the entry back." if board.get("calendar").get("uid") else ""
    )
    return Answer(f"The plan is cancelled.{more}", {"status": "cancelled"}, change="the plan was cancelled")


def undo(board: Board) -> Answer:
    """Back to before the last change of an earlier message; what this message has changed already goes with it."""
    records: list[Json] = list(board.get(UNDO))
    earlier = [record for record in records if record["invocation"] != board.invocation]
    if not earlier:
        raise NeedMore("There is no change to take back.", ["a change"])
    for record in reversed([earlier[-1], *(record for record in records if record["invocation"] == board.invocation)]):
        _restore(board, record)
    board.set(UNDO, earlier[:-1])
    label = earlier[-1]["label"]
    return Answer(f"Taken back: {label}. {card_words(card_of(board, board.zone))}", {"undone": label})


def _restore(board: Board, record: Json) -> None:
    for key, value in record["state"].items():
        board.set(key, EMPTY[key] if value is None else value)
    for key, rows in record["people"].items():
        board.set(key, {name: known for name, known in {**board.get(key), **rows}.items() if known})
    if record["plan"] != plan_number(board.get("calendar")):
        board.set("calendar", _kept(board).get(str(record["plan"]), {"plan": record["plan"]}))


def _kept(board: Board) -> Json:
    """The exports of this session's plans."""
    return board.get(CALENDARS).get(board.session, {})


def _cleared(key: str) -> Sequence[str]:
    if key in _GROUPS:
        return _GROUPS[key]
    if key not in FIELDS:
        raise PlanningError(f"I cannot clear “{key[:40]}”, only {listed(FIELDS)}.")
    return (key,)


def _merged(old: Json, said: Mapping[str, object], board: Board) -> Json:
    """The old facts with the new ones, checked as a whole."""
    new = _read(said)
    if "date_from" in new and "date_to" not in new:
        new["date_to"] = new["date_from"]
    notes = dict.fromkeys([*old.get("notes", []), *new.get("notes", [])])
    plan: Json = {**old, **new, "notes": list(notes)[:_MAX_NOTES]}
    plan.setdefault("date_from", plan.get("date_to"))
    _check_days(plan, board if {"date_from", "date_to"} & new.keys() else None)
    if plan.get("hours_from") and plan.get("hours_to"):
        read_rule("daily", plan["hours_from"], plan["hours_to"])
    return {key: value for key, value in plan.items() if value not in (None, "", [])}


def _read(said: Mapping[str, object]) -> Json:
    hours = {key: intake.clock(said.get(key), "the hours") for key in ("hours_from", "hours_to")}
    read: Json = {
        **{key: intake.text(said.get(key), f"the {key}", 80) for key in ("title", "kind", "city")},
        **{key: intake.day(said.get(key), "the day") for key in ("date_from", "date_to")},
        "part_of_day": _part(intake.text(said.get("part_of_day"), "the part of the day")),
        **{key: None if minutes is None else intake.clock_words(minutes) for key, minutes in hours.items()},
        "duration_minutes": intake.whole(said.get("duration_minutes"), "a length in minutes", _MAX_MINUTES),
        "number_of_people": _size(said.get("number_of_people")),
        "budget_per_person": intake.positive(said.get("budget_per_person"), "a budget", _MAX_BUDGET),
        "currency": intake.currency(said.get("currency")),
        "zone": zone.key if (zone := intake.zone_of(said.get("zone"))) else None,
        "notes": intake.texts(said.get("notes"), "the notes") or None,
    }
    if read["hours_from"] == "24:00":
        read["hours_from"] = "00:00"
    return {key: value for key, value in read.items() if value is not None}


def _part(said: str | None) -> str | None:
    if said is not None and said.casefold() not in PARTS:
        raise TimeError(f"I know the parts {', '.join(PARTS)}, not “{said[:40]}”.")
    return said and said.casefold()


def _size(value: object) -> int | None:
    count = intake.whole(value, "a number of people")
    if count is not None and count > people.MAX_PEOPLE:
        raise AmountError(f"A plan holds at most {people.MAX_PEOPLE} people, not {count}. How many shall it be?")
    return count


def _check_days(plan: Json, board: Board | None) -> None:
    """The days are in order and not too many; when they are new, not past."""
    if not plan.get("date_from"):
        return
    first, last = (date.fromisoformat(plan[key]) for key in ("date_from", "date_to"))
    if last < first:
        raise TimeError("The last day is before the first. Please give them the other way round.")
    if last - first >= timedelta(days=MAX_DAYS):
        raise TimeError(f"A plan looks at most at {MAX_DAYS} days. Please give a shorter stretch.")
    if board and last < (today := board.now.date()):
        raise TimeError(f"{phrases.full_date(last)} is past: today is {phrases.full_date(today)}. Which day do you mean?")


def _leave_city(board: Board, plan: Json) -> None:
    """Venues that were found in another city do not stay; those that people typed in do."""
    if str(board.before("plan").get("city", "")).casefold() == str(plan.get("city", "")).casefold():
        return
    own = [venue for venue in board.get("venues") if venue.get("source") == "you"]
    if own != board.get("venues"):
        board.set("venues", own)
        if board.get("list").get("of") == "venues":
            board.set("list", {})


def _plan_warnings(board: Board, plan: Json) -> list[str]:
    named, count = len(board.roster), plan.get("number_of_people", 0)
    few = [f"{named} people are named, more than {count}."] if 0 < count < named else []
    return few + (["This plan is cancelled; say undo to take that back."] if plan.get("status") == "cancelled" else [])


def _attendance(entry: Mapping[str, Any]) -> str | None:
    return intake.text(entry.get("attendance"), "the attendance")


def _once(names: Sequence[str]) -> None:
    """Two people of one name in one breath are two people: they need different names."""
    keys = [name.casefold() for name in names]
    for name, key in zip(names, keys, strict=True):
        if keys.count(key) > 1 and name != ME:
            raise PersonError(f"There are two of the name “{name}”. How shall I tell them apart, such as “{name} B.”?")


def _recount(board: Board, coming: int, gone: int) -> None:
    """Keep the number of people true: less those who left, and never under those who are named."""
    if count := board.plan.get("number_of_people"):
        board.update("plan", number_of_people=max(coming, count - gone))


def _roster_words(roster: Sequence[Person]) -> str:
    """The names, with those who need not come."""
    every = listed(person.name for person in roster)
    parts = {kind: [person.name for person in roster if person.attendance == kind] for kind in ("required", "important", "optional")}
    if len(parts["required"]) == len(roster):
        return every
    return f"{every}; " + ", ".join(f"{kind}: {listed(names)}" for kind, names in parts.items() if names)
