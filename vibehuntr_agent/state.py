"""The plan in ADK's session state: read, changed and written back, with what undoes a change.

Guarantees: a tool changes a `Board`, and only `commit` writes: all that was changed, or nothing. What one call removes stays removed, also
when other calls of the same model response wrote to the same key (see `_Shared`). Every value is JSON.

Not claimed: that two turns of one session may run at once. ADK runs them one after the other.

| key | value |
|---|---|
| plan, people, availability, preferences, decisions, polls, venues, list, itinerary | the plan, as the tools' docstrings say |
| calendar | the last export: {uid, sequence, fingerprint, filename, stops, method, plan, start, end} |
| user:calendars | {session: {number of the plan: the last export}}, which a rewound session leaves as it is |
| user:facts | {person: [{key, value, strength, said_by, at}]} |
| undo | the last changes, oldest first: {invocation, label, plan (its number), state: {key: before}, people: {key: {person: before}}} |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, Protocol
from zoneinfo import ZoneInfo

from .planning import phrases
from .planning.errors import PlanningError
from .planning.finder import Preference, Span, Window
from .planning.people import Person
from .planning.phrases import Minutes

Clock = Callable[[ZoneInfo], datetime]
Json = dict[str, Any]
Status = Literal["ok", "need", "ambiguous", "denied", "error"]

FACTS: Final = "user:facts"
CALENDARS: Final = "user:calendars"
UNDO: Final = "undo"
EMPTY: Final[Mapping[str, Any]] = {
    "plan": {},
    "people": [],
    "availability": {},
    "preferences": {},
    "decisions": {},
    "polls": [],
    "venues": [],
    "list": {},
    "itinerary": {},
    "calendar": {},
    FACTS: {},
    CALENDARS: {},
    UNDO: [],
}
PLAN_KEYS: Final = ("plan", "people", "availability", "preferences", "decisions", "polls", "venues", "itinerary", "list")
"""What belongs to one plan, and is taken back by an undo."""
BY_PERSON: Final = ("availability", "preferences", FACTS)
"""What an undo takes back person by person: all of it would be too much to keep five times."""
PARTS: Final[Mapping[str, Minutes]] = {**phrases.PARTS, "day": phrases.DAY}
LENGTHS: Final[Mapping[str, int]] = {
    "dinner": 120,
    "lunch": 90,
    "brunch": 90,
    "breakfast": 60,
    "coffee": 60,
    "drinks": 120,
    "movie": 150,
}
_DEFAULT_LENGTH: Final = 60
_MAX_UNDO: Final = 5
_MAX_LABEL: Final = 200
_LATE: Final = 5
"""The hour until which the night belongs to the evening before."""


class StateView(Protocol):
    """What is read of ADK's state, be it a State or a read-only mapping."""

    def get(self, key: str, /) -> Any:  # noqa: ANN401  the state holds any JSON
        """Return the value under `key`, or None."""
        ...


class NeedMore(PlanningError):  # noqa: N818  says what is wrong, as the tree of errors does
    """Something has to be said or done first; `missing` names it."""

    def __init__(self, message: str, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class Denied(PlanningError):  # noqa: N818  the same
    """Somebody's own word stands against it; `data` says whose and what."""

    def __init__(self, message: str, data: Json) -> None:
        super().__init__(message)
        self.data = data


@dataclass(frozen=True, slots=True)
class Answer:
    """What an act has to say. `change` names in words what it changed, for the undo; None when there is nothing to take back."""

    summary: str
    data: Json = field(default_factory=dict[str, Any])
    warnings: Sequence[str] = ()
    view: Json | None = None
    change: str | None = None


class _Shared(dict[str, Any]):
    """A dict that one model response has written, which later calls of the same response write into.

    ADK merges the state deltas of the calls of one response into each other, dict by dict, so of two dicts under one key the union stays:
    1. a call writes {"time": ..., "venue": ...} into its delta;  2. a later call writes {"venue": ...} into its own;
    3. ADK merges both, and "time" is there again.
    When both deltas hold the same dict, step 2 changes it in the first delta too, and the merge of two equals is the last word.
    `batch` tells whose it is: an event that is stored already is never written into.
    """

    def __init__(self, value: Mapping[str, Any] | None = None, batch: str = "") -> None:
        super().__init__(value or {})
        self.batch = batch


class Board:
    """The state during one call of a tool."""

    def __init__(self, context: Any, clock: Clock, default_zone: str) -> None:  # noqa: ANN401  ADK's ToolContext
        self._state = context.state
        self._there = _plain(context.state)
        self._batch = _batch(context)
        self._read: Json = {}
        self._changed: Json = {}
        self._clock = clock
        self._default_zone = default_zone
        session = getattr(context, "session", None)
        self.invocation: str = getattr(context, "invocation_id", "")
        self.session: str = session.id if session else ""
        self.origin: tuple[str, str, str] = (session.app_name, session.user_id, session.id) if session else ("", "", "")

    def get(self, key: str, /) -> Any:  # noqa: ANN401  the state holds any JSON
        """What stands under `key`; never to be changed in place."""
        return self._changed[key] if key in self._changed else self.before(key)

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401  the same
        """Change `key`, once `commit` is called."""
        self._changed[key] = value

    def update(self, key: str, **values: Any) -> None:  # noqa: ANN401  the same
        """Change some keys inside of a dict."""
        self.set(key, {**self.get(key), **values})

    def commit(self, change: str | None = None) -> None:
        """Write everything that was changed; with what undoes it, when `change` says what it was."""
        if UNDO not in self._changed and (change or self._recording()):
            self._record(change or "")
        for key, value in self._differing().items():
            self._write(key, value)

    @property
    def plan(self) -> Json:
        """The facts of the plan."""
        return self.get("plan")

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times said without one."""
        return phrases.read_zone(self.plan.get("zone") or self._default_zone)

    @property
    def now(self) -> datetime:
        """The present moment in the plan's zone."""
        return self._clock(self.zone)

    def before(self, key: str) -> Any:  # noqa: ANN401  the same
        """What stood under `key` before anything was changed here."""
        if key not in self._read:
            found = self._there.get(key)
            self._read[key] = EMPTY.get(key) if found is None else found
        return self._read[key]

    @property
    def roster(self) -> tuple[Person, ...]:
        """The people in the plan."""
        return roster_of(self)

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [person.name for person in self.roster]

    def _differing(self) -> Json:
        return {key: value for key, value in self._changed.items() if value != self.before(key)}

    def _recording(self) -> bool:
        """Whether this invocation has already changed something."""
        records: list[Json] = self.before(UNDO)
        return bool(records) and records[-1]["invocation"] == self.invocation

    def _record(self, change: str) -> None:
        """Note what the changed keys held before this invocation: of each the first value only."""
        changed = self._differing()
        before: Json = {key: self.before(key) for key in PLAN_KEYS if key in changed and key not in BY_PERSON}
        people: Json = {key: _changed_rows(self.before(key), changed[key]) for key in BY_PERSON if key in changed}
        if not before.keys() - {"list"} and not people:
            return
        records: list[Json] = list(self.before(UNDO))
        new: Json = {"label": "", "plan": plan_number(self.before("calendar")), "state": {"list": self.before("list")}, "people": {}}
        old: Json = records.pop() if self._recording() else {"invocation": self.invocation, **new}
        labels = dict.fromkeys(label for label in (old["label"], change) if label)
        known: Json = {key: {**rows, **old["people"].get(key, {})} for key, rows in {**old["people"], **people}.items()}
        record = {**old, "label": "; ".join(labels)[:_MAX_LABEL], "state": before | old["state"], "people": known}
        self._changed[UNDO] = [*records, record][-_MAX_UNDO:]

    def _write(self, key: str, value: Any) -> None:  # noqa: ANN401  the same
        if isinstance(value, dict):
            there = self._there.get(key)
            if isinstance(there, _Shared) and there.batch == self._batch and self._batch and there is not value:
                kept = dict(value)
                there.clear()
                there.update(kept)
                value = there
            else:
                value = _Shared(value, self._batch)
        self._state[key] = value


def _plain(state: Any) -> Json:  # noqa: ANN401  ADK's State, or a dict
    """The state as a dict. ADK copies each container that is read from its State, to find writes into it: nobody here writes into one."""
    return state.to_dict() if hasattr(state, "to_dict") else dict(state)


def _batch(context: Any) -> str:  # noqa: ANN401  ADK's ToolContext
    """What the calls of one model response have in common: the event before them, which is that response. Without a session, nothing."""
    session = getattr(context, "session", None)
    return session.events[-1].id if session is not None and session.events else ""


def _changed_rows(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """What the people had of whom something has changed."""
    return {name: before.get(name, []) for name in {**before, **after} if before.get(name, []) != after.get(name, [])}


def plan_number(calendar: Mapping[str, Any]) -> int:
    """Which plan of the session a calendar record is of: each plan has its own UID."""
    return int(calendar.get("plan", 1))


def result(status: Status, summary: str, *, card: Json | None = None, **parts: Any) -> Json:  # noqa: ANN401  any JSON
    """The dict that a tool returns."""
    known: Json = {"data": {}, "missing": [], "warnings": [], "view": None, "replies": []}
    return {"status": status, "summary": summary, **known, **parts, "card": card}


def roster_of(state: StateView) -> tuple[Person, ...]:
    """The people in the plan, in the order in which they were named."""
    return tuple(Person(entry["name"], entry["attendance"]) for entry in state.get("people") or [])


def windows_of(state: StateView, name: str, zone: ZoneInfo) -> tuple[Window, ...]:
    """What is known of one person's time."""
    rows: list[Json] = (state.get("availability") or {}).get(name, [])
    return tuple(Window(phrases.read_moment(row["start"], zone), phrases.read_moment(row["end"], zone), row["kind"]) for row in rows)


def preferences_of(state: StateView, name: str, zone: ZoneInfo) -> tuple[Preference, ...]:
    """When one person would like to meet, or would rather not."""
    rows: list[Json] = (state.get("preferences") or {}).get(name, [])
    return tuple(Preference(phrases.read_moment(row["start"], zone), phrases.read_moment(row["end"], zone), row["kind"]) for row in rows)


def length_of(plan: Mapping[str, Any]) -> int:
    """How long the meeting is: as said, or what is usual for its kind."""
    kind = str(plan.get("kind", "")).casefold()
    usual = next((minutes for word, minutes in LENGTHS.items() if word in kind), _DEFAULT_LENGTH)
    return int(plan.get("duration_minutes") or usual)


def plan_days(plan: Mapping[str, Any]) -> tuple[date, ...]:
    """The days that the plan names."""
    if not plan.get("date_from"):
        return ()
    first, last = date.fromisoformat(plan["date_from"]), date.fromisoformat(plan["date_to"])
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def plan_hours(plan: Mapping[str, Any]) -> Minutes | None:
    """The hours of each day that the plan names, in minutes; an end beyond midnight is on the next day."""
    if not plan.get("hours_from") and not plan.get("hours_to"):
        return None
    low, high = (_minutes(plan.get(key, other)) for key, other in (("hours_from", "00:00"), ("hours_to", "24:00")))
    return (low, high if high > low else high + 24 * 60)


def _minutes(written: str) -> int:
    hours, _, minutes = written.partition(":")
    return int(hours) * 60 + int(minutes)


def missing_of(state: StateView) -> list[str]:
    """What a common time still needs, most important first."""
    known: Mapping[str, Any] = state.get("availability") or {}
    roster = roster_of(state)
    return [f"times: {person.name}" for person in roster if not known.get(person.name)] if roster else ["people"]


def plan_line(plan: Mapping[str, Any]) -> str:
    """Facts of a plan in one line, dates in full."""
    days = [phrases.full_date(date.fromisoformat(plan[key])) for key in ("date_from", "date_to") if plan.get(key)]
    part = plan.get("part_of_day")
    words = [str(plan[key]) for key in ("title", "kind", "city") if plan.get(key)]
    words += [" to ".join(dict.fromkeys(days))] if days else []
    words += [str(part)] if part and part != "day" else []
    words += [hours_words(plan)] if plan.get("hours_from") or plan.get("hours_to") else []
    words += [f"{plan['duration_minutes']} minutes"] if plan.get("duration_minutes") else []
    words += [f"{plan['number_of_people']} people"] if plan.get("number_of_people") else []
    words += [budget_words(plan)] if plan.get("budget_per_person") else []
    words += [f"currency {plan['currency']}"] if plan.get("currency") and not plan.get("budget_per_person") else []
    words += [f"zone {plan['zone']}"] if plan.get("zone") else []
    return ", ".join([*words, *plan.get("notes", [])])


def hours_words(plan: Mapping[str, Any]) -> str:
    """The hours of each day, in words."""
    low, high = plan.get("hours_from"), plan.get("hours_to")
    return f"between {low} and {high}" if low and high else f"from {low}" if low else f"until {high}"


def budget_words(plan: Mapping[str, Any]) -> str:
    """What each pays at most, in words."""
    amount = plan.get("budget_per_person")
    return f"{amount:g} {plan.get('currency', '')}".strip() + " each" if amount else ""


def slot_label(span: Span, zone: ZoneInfo) -> str:
    """A stretch of time as a list names it: "Sat 28 Nov 18:00-20:00"."""
    start, end = (moment.astimezone(zone) for moment in span)
    return f"{phrases.full_date(start.date())[:3]} {start.day} {phrases.full_date(start.date()).split()[2][:3]} {start:%H:%M}-{end:%H:%M}"


def shown(state: StateView, *kinds: str) -> list[Json]:
    """The items of the list shown last, if it is one of `kinds`."""
    known: Json = state.get("list") or {}
    return known.get("items", []) if known.get("of") in kinds else []
