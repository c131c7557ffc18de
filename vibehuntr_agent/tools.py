"""What the planner can do: ADK function tools over session state.

Every tool returns `{status, summary, data, missing, warnings, view}`. `status` is "ok", "need" (something is missing first), "ambiguous" (a
name could be two people) or "error"; in the last three nothing has been changed. `view` names a drawing and its data.

State: "plan" (a dict of facts), "people" (a list of {name, attendance}) and "availability" ({name: [{start, end, kind}]}), all JSON.

The tools are `async` and never wait. So calls that a model makes at once run one after the other, in its order, on the one event loop:
in threads, two of them would read the same state, and the later write would lose the earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol, get_args
from zoneinfo import ZoneInfo

from google.adk.tools import ToolContext
from typing_extensions import TypedDict

from .planning import people, phrases
from .planning.errors import AmbiguousPerson, AmountError, PlanningError, TimeError, UnknownPerson
from .planning.finder import MAX_WINDOWS, Kind, Slot, Span, Window, conflicts, find_slots, normalise
from .planning.people import Person, listed

Clock = Callable[[ZoneInfo], datetime]
Result = dict[str, Any]
Json = dict[str, Any]

PLAN_TAG: Final = "plan-json"
_MAX_DAYS: Final = 62
_MAX_NOTES: Final = 40
_MAX_TEXT: Final = 200
_CURRENCY: Final = 3
_TOO_MUCH: Final = 1e6
_LENGTHS: Final[Mapping[str, int]] = {
    "dinner": 120,
    "lunch": 90,
    "brunch": 90,
    "breakfast": 60,
    "coffee": 60,
    "drinks": 120,
    "movie": 150,
}
_DEFAULT_LENGTH: Final = 60
_PARTS: Final[Mapping[str, phrases.Minutes]] = {**phrases.PARTS, "day": phrases.DAY}


class PersonInput(TypedDict, total=False):
    """One person to add. attendance: required, important or optional."""

    name: str
    attendance: str


class WindowInput(TypedDict, total=False):
    """A stretch of time, ISO 8601. kind: free, if_needed or busy."""

    start: str
    end: str
    kind: str


class StateView(Protocol):
    """What is read of ADK's state, be it a State or a read-only mapping."""

    def get(self, key: str, default: None = None, /) -> Any:  # noqa: ANN401  the state holds any JSON
        """Return the value under `key`, or None."""
        ...


def local_clock(zone: ZoneInfo) -> datetime:
    """The present moment in `zone`."""
    return datetime.now(zone)


def plan_as_json(state: Mapping[str, Any], clock: Clock, zone: str) -> str:
    """What a model is told of the plan, in one tagged block whose content cannot close the tag."""
    plan: Json = state.get("plan") or {}
    now = clock(ZoneInfo(plan.get("zone") or zone))
    known = {
        "now": now.isoformat(timespec="minutes"),
        "today": phrases.full_date(now.date()),
        "zone": plan.get("zone") or zone,
        "plan": plan,
        "people": state.get("people") or [],
        "availability": state.get("availability") or {},
    }
    return f"<{PLAN_TAG}>{json.dumps(known, ensure_ascii=False).replace('<', chr(92) + 'u003c')}</{PLAN_TAG}>"


class PlannerTools:
    """The tools, with the clock and the zone for times said without one."""

    def __init__(self, *, clock: Clock = local_clock, default_zone: str = "UTC") -> None:
        self.clock = clock
        self.default_zone = default_zone

    async def update_plan(
        self,
        tool_context: ToolContext,
        title: str | None = None,
        kind: str | None = None,
        city: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        part_of_day: str | None = None,
        duration_minutes: int | None = None,
        number_of_people: int | None = None,
        budget_per_person: float | None = None,
        currency: str | None = None,
        zone: str | None = None,
        notes: list[str] | None = None,
    ) -> Result:
        """Write down facts about the meeting. Give only what was said; the rest of the plan stays.

        Args:
            title: A short title.
            kind: The occasion in a word: dinner, lunch, coffee, movie, hike...
            city: Where, if said.
            date_from: The first possible day, YYYY-MM-DD.
            date_to: The last possible day, YYYY-MM-DD; the same as date_from for one day.
            part_of_day: morning, lunchtime, afternoon, evening, night or day.
            duration_minutes: How long it lasts.
            number_of_people: How many come, the person who writes included.
            budget_per_person: The most that each pays.
            currency: Its three-letter code, such as EUR.
            zone: The IANA time zone, such as Europe/Helsinki.
            notes: Anything else worth keeping, in the person's words: "one is vegan".
        """
        said: Json = {
            "title": title, "kind": kind, "city": city, "date_from": date_from, "date_to": date_to, "part_of_day": part_of_day,
            "duration_minutes": duration_minutes, "number_of_people": number_of_people, "budget_per_person": budget_per_person,
            "currency": currency, "zone": zone, "notes": notes,
        }  # fmt: skip
        try:
            return self._update_plan(tool_context, {key: value for key, value in said.items() if value is not None})
        except PlanningError as error:
            return _refusal(error)

    async def set_people(self, tool_context: ToolContext, add: list[PersonInput] | None = None, remove: list[str] | None = None) -> Result:
        """Add people to the plan or take them out.

        Args:
            add: The people, each {name, attendance}; attendance is required unless said otherwise. The person who writes is "me".
            remove: Names to take out. Their times are forgotten.
        """
        try:
            return self._set_people(tool_context, add or [], remove or [])
        except PlanningError as error:
            return _refusal(error)

    async def set_availability(self, tool_context: ToolContext, person: str, windows: list[WindowInput], mode: str = "replace") -> Result:
        """Write down when one person is free, free if needed, or busy.

        Args:
            person: A name from the plan, or "me".
            windows: Each {start, end, kind}: ISO 8601 times, kind free, if_needed or busy. A time without offset is in the plan's zone.
            mode: "replace" what was known on those days, "add" to it, or "clear" all of it (then no windows are needed).
        """
        try:
            return self._set_availability(tool_context, person, windows, mode)
        except PlanningError as error:
            return _refusal(error)

    async def find_times(
        self,
        tool_context: ToolContext,
        duration_minutes: int | None = None,
        earliest: str | None = None,
        latest: str | None = None,
        must_include: list[str] | None = None,
        min_people: int = 1,
        limit: int = 3,
    ) -> Result:
        """Find the times when most people can come, best first, none of them past.

        Args:
            duration_minutes: How long; the plan's length unless given.
            earliest: The slot starts no earlier, ISO 8601; the plan's days unless given.
            latest: The slot ends no later, ISO 8601.
            must_include: People who have to be there, besides those whose attendance is required.
            min_people: Leave out slots that fewer people can come to.
            limit: At most this many slots, 1 to 10.
        """
        try:
            return self._find_times(tool_context, duration_minutes, (earliest, latest), must_include or [], min_people, limit)
        except PlanningError as error:
            return _refusal(error)

    def _update_plan(self, context: ToolContext, said: Json) -> Result:
        if not said:
            raise PlanningError("Nothing was given to write down.")
        old: Json = context.state.get("plan") or {}
        plan = _merged(old, said)
        context.state["plan"] = plan
        missing = _missing(context.state)
        return _ok(f"Noted: {plan_line(said)}.", {"plan": plan, "noted": said}, missing=missing, view={"name": "plan", "data": plan})

    def _set_people(self, context: ToolContext, add: Sequence[PersonInput], remove: Sequence[str]) -> Result:
        if not add and not remove:
            raise PlanningError("No names were given. Who is coming?")
        before = roster_of(context.state)
        kept = people.remove_people(before, remove) if remove else before
        roster = people.add_people(kept, [_person(entry) for entry in add])
        if not roster:
            raise PlanningError("That would leave nobody in the plan. Who is coming instead?")
        context.state["people"] = [asdict(person) for person in roster]
        names = [person.name for person in roster]
        known: dict[str, Any] = context.state.get("availability") or {}
        context.state["availability"] = {name: windows for name, windows in known.items() if name in names}
        _recount(context, len(roster), len(before) - len(kept))
        added = [name for name in names if name not in {person.name for person in before}]
        data = {"people": context.state["people"], "added": added, "removed": [p.name for p in before if p.name not in names]}
        return _ok(f"Coming: {listed(names)}.", data, missing=_missing(context.state), view={"name": "roster", "data": data["people"]})

    def _set_availability(self, context: ToolContext, said: str, windows: Sequence[WindowInput], mode: str) -> Result:
        if mode not in {"replace", "add", "clear"}:
            raise PlanningError(f"I know the modes replace, add and clear, not “{mode}”.")
        if not windows and mode != "clear":
            raise TimeError(f"No times were given for {said}. When are they free?")
        zone = self._zone(context.state)
        person = people.find_person(said, roster_of(context.state))
        new = [] if mode == "clear" else [_window(entry, zone) for entry in windows]
        old = windows_of(context.state, person.name, zone)
        kept = _kept(old, new, mode, zone)
        merged = normalise([*kept, *new])
        if len(merged) > MAX_WINDOWS:
            raise TimeError(f"One person can have at most {MAX_WINDOWS} windows. Please give fewer days at once.")
        availability = dict(context.state.get("availability") or {})
        availability[person.name] = [_window_json(window, zone) for window in merged]
        context.state["availability"] = {name: rows for name, rows in availability.items() if rows}
        data = {
            "person": person.name,
            "windows": availability[person.name],
            "zone": zone.key,
            "added": [_window_json(w, zone) for w in normalise(new)],
        }
        warnings = [f"{span_words(span, zone)} was said to be both free and busy; I count it as busy." for span in conflicts([*kept, *new])]
        warnings += (
            []
            if any(w.kind != "busy" for w in merged) or not merged
            else [f"I know only when {listed([person.name])} cannot, not when they can."]
        )
        return _ok(
            _availability_line(person.name, merged, zone),
            data,
            _missing(context.state),
            warnings,
            {"name": "availability", "data": context.state["availability"]},
        )

    def _find_times(
        self,
        context: ToolContext,
        minutes: int | None,
        bounds: tuple[str | None, str | None],
        must: Sequence[str],
        least: int,
        limit: int,
    ) -> Result:
        state = context.state
        zone, roster, plan = self._zone(state), roster_of(state), dict(state.get("plan") or {})
        if not roster:
            raise UnknownPerson("Nobody is in the plan yet. Who is coming?")
        availability = {person.name: windows_of(state, person.name, zone) for person in roster}
        if not any(w.kind != "busy" for windows in availability.values() for w in windows):
            return _need("Nobody has said yet when they are free.", [f"times: {person.name}" for person in roster])
        required = {p.name for p in roster if p.attendance == "required"} | {people.find_person(name, roster).name for name in must}
        length = timedelta(minutes=_positive(minutes) if minutes is not None else length_of(plan))
        within = self._within(plan, availability, bounds, zone)
        slots = find_slots(
            availability,
            group=[p.name for p in roster],
            required=required,
            length=length,
            within=within,
            min_people=least,
            limit=min(max(1, limit), 10),
        )
        data: Json = {
            "slots": [_slot_json(slot, zone) for slot in slots],
            "duration_minutes": int(length / timedelta(minutes=1)),
            "zone": zone.key,
            "people": len(roster),
        }
        view = {"name": "slots", "data": {"slots": data["slots"], "availability": state.get("availability")}}
        return _ok(_slots_line(slots, zone, data["duration_minutes"]), data, _missing(state), _slot_warnings(slots, required), view)

    def _within(
        self, plan: Json, availability: Mapping[str, Sequence[Window]], bounds: tuple[str | None, str | None], zone: ZoneInfo
    ) -> list[Span]:
        """The stretches to search: the plan's days and part of day, or the bounds given, and never the past."""
        now = _quarter(self.clock(zone))
        low, high = (phrases.read_moment(text, zone) if text else None for text in bounds)
        if low and high and high <= low:
            raise TimeError("The search ends before it starts. Please give the dates the other way round.")
        spans = [] if low or high else _plan_spans(plan, zone)
        if not spans:
            known = [w for windows in availability.values() for w in windows if w.kind != "busy"]
            spans = _between(low or min(w.start for w in known), high or max(w.end for w in known), plan, zone)
        ahead = [(max(start, now), end) for start, end in spans if end > now]
        if not ahead:
            raise TimeError(f"Those times are past: it is {now:%H:%M} on {phrases.full_date(now.date())}. Which day do you mean?")
        return [span for span in ahead if span[0] < span[1]]

    def _zone(self, state: StateView) -> ZoneInfo:
        plan: Json = state.get("plan") or {}
        return phrases.read_zone(plan.get("zone") or self.default_zone)


def roster_of(state: StateView) -> tuple[Person, ...]:
    """The people in the plan, in the order in which they were named."""
    return tuple(Person(entry["name"], entry["attendance"]) for entry in state.get("people") or [])


def windows_of(state: StateView, name: str, zone: ZoneInfo) -> tuple[Window, ...]:
    """What is known of one person's time."""
    rows: list[WindowInput] = (state.get("availability") or {}).get(name, [])
    return tuple(_window(row, zone) for row in rows)


def length_of(plan: Mapping[str, Any]) -> int:
    """Minutes that the meeting lasts: as said, or what is usual for the occasion."""
    return plan.get("duration_minutes") or _LENGTHS.get(str(plan.get("kind", "")).casefold(), _DEFAULT_LENGTH)


def plan_days(plan: Mapping[str, Any]) -> tuple[date, ...]:
    """The days that the plan allows, or none when no day has been said."""
    if not plan.get("date_from"):
        return ()
    first, last = date.fromisoformat(plan["date_from"]), date.fromisoformat(plan["date_to"])
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def plan_line(plan: Mapping[str, Any]) -> str:
    """Facts of a plan in one line, dates in full."""
    days = [phrases.full_date(date.fromisoformat(plan[key])) for key in ("date_from", "date_to") if plan.get(key)]
    part = plan.get("part_of_day")
    words = [str(plan[key]) for key in ("title", "kind", "city") if plan.get(key)]
    words += [" to ".join(dict.fromkeys(days))] if days else []
    words += [str(part)] if part and part != "day" else []
    words += [f"{plan['duration_minutes']} minutes"] if plan.get("duration_minutes") else []
    words += [f"{plan['number_of_people']} people"] if plan.get("number_of_people") else []
    words += [f"{plan['budget_per_person']:g} {plan.get('currency', '')}".strip() + " each"] if plan.get("budget_per_person") else []
    words += [f"zone {plan['zone']}"] if plan.get("zone") else []
    return ", ".join([*words, *plan.get("notes", [])])


def span_words(span: Span, zone: ZoneInfo) -> str:
    """A stretch of time by the wall clock of `zone`, with its full date."""
    start, end = (moment.astimezone(zone) for moment in span)
    last = (
        ""
        if end.date() == start.date() or (end.time() == time() and end.date() - start.date() == timedelta(days=1))
        else f" on {phrases.full_date(end.date())}"
    )
    return f"{phrases.full_date(start.date())}, {start:%H:%M} to {end:%H:%M}{last}"


def _ok(summary: str, data: Json, missing: Sequence[str] = (), warnings: Sequence[str] = (), view: Json | None = None) -> Result:
    return {"status": "ok", "summary": summary, "data": data, "missing": list(missing), "warnings": list(warnings), "view": view}


def _need(summary: str, missing: Sequence[str]) -> Result:
    return {"status": "need", "summary": summary, "data": {}, "missing": list(missing), "warnings": [], "view": None}


def _refusal(error: PlanningError) -> Result:
    status = "ambiguous" if isinstance(error, AmbiguousPerson) else "error"
    data = {"candidates": list(error.candidates)} if isinstance(error, AmbiguousPerson) else {}
    return {"status": status, "summary": error.message, "data": data, "missing": [], "warnings": [], "view": None}


def _missing(state: StateView) -> list[str]:
    """What a common time still needs, most important first."""
    known: Mapping[str, Any] = state.get("availability") or {}
    roster = roster_of(state)
    return [f"times: {person.name}" for person in roster if person.name not in known] if roster else ["people"]


def _recount(context: ToolContext, coming: int, gone: int) -> None:
    """Keep the number of people true: less those who left, and never under those who are named."""
    plan: Json = context.state.get("plan") or {}
    if count := plan.get("number_of_people"):
        context.state["plan"] = {**plan, "number_of_people": max(coming, count - gone)}


def _merged(old: Json, said: Json) -> Json:
    """The old facts with the new ones, checked as a whole. Raises PlanningError."""
    new: Json = {key: _text(value) if isinstance(value, str) else value for key, value in said.items()}
    if "date_from" in new and "date_to" not in new:
        new["date_to"] = new["date_from"]
    plan = {**old, **new, "notes": list(dict.fromkeys([*old.get("notes", []), *map(_text, said.get("notes", []))]))[:_MAX_NOTES]}
    plan.setdefault("date_from", plan.get("date_to"))
    _check_days(plan)
    for key in ("duration_minutes", "number_of_people", "budget_per_person"):
        if key in new:
            _positive(new[key])
    if new.get("zone"):
        phrases.read_zone(new["zone"])
    if "part_of_day" in new and new["part_of_day"] not in _PARTS:
        raise TimeError(f"I know the parts {', '.join(_PARTS)}, not “{new['part_of_day']}”.")
    if "currency" in new and not (len(new["currency"]) == _CURRENCY and new["currency"].isalpha()):
        raise AmountError(f"“{new['currency']}” is not a currency code. Please give one like EUR.")
    return {key: value for key, value in plan.items() if value not in (None, "", [])}


def _check_days(plan: Json) -> None:
    if not plan.get("date_from"):
        return
    try:
        days = [date.fromisoformat(plan[key]) for key in ("date_from", "date_to")]
    except ValueError as error:
        raise TimeError("I cannot read that day. Please write it as 2026-11-27.") from error
    if days[1] < days[0]:
        raise TimeError("The last day is before the first. Please give them the other way round.")
    if (days[1] - days[0]).days >= _MAX_DAYS:
        raise TimeError(f"A plan looks at most at {_MAX_DAYS} days. Please give a shorter stretch.")


def _text(raw: str) -> str:
    text = " ".join(raw.split())
    if len(text) > _MAX_TEXT:
        raise PlanningError(f"That is too long to keep: at most {_MAX_TEXT} characters, please.")
    return text


def _positive(amount: float) -> float:
    if not 0 < amount < _TOO_MUCH:
        raise AmountError(f"{amount:g} cannot be right; it has to be above zero. Which number do you mean?")
    return amount


def _person(entry: PersonInput) -> Person:
    return Person(people.clean_name(entry.get("name", "")), people.attendance_of(entry.get("attendance") or "required"))


def _window(entry: WindowInput, zone: ZoneInfo) -> Window:
    start, end = (phrases.read_moment(text, zone) for text in (entry.get("start", ""), entry.get("end", "")))
    return Window(start, end, _kind(entry.get("kind") or "free"))


def _kind(raw: str) -> Kind:
    for known in get_args(Kind):
        if raw == known:
            return known
    raise TimeError(f"I know the kinds {', '.join(get_args(Kind))}, not “{raw}”.")


def _kept(old: Sequence[Window], new: Sequence[Window], mode: str, zone: ZoneInfo) -> list[Window]:
    """What stays known: in "replace" only the other days."""
    if mode == "add":
        return list(old)
    days = {window.start.astimezone(zone).date() for window in new}
    return [window for window in old if mode == "replace" and window.start.astimezone(zone).date() not in days]


def _window_json(window: Window, zone: ZoneInfo) -> Json:
    return {
        "start": window.start.astimezone(zone).isoformat(),
        "end": window.end.astimezone(zone).isoformat(),
        "kind": window.kind,
    }


def _slot_json(slot: Slot, zone: ZoneInfo) -> Json:
    return {
        "start": slot.start.astimezone(zone).isoformat(),
        "end": slot.end.astimezone(zone).isoformat(),
        "when": span_words((slot.start, slot.end), zone),
        "free_until": slot.free_until.astimezone(zone).isoformat(),
        "yes": list(slot.yes),
        "if_needed": list(slot.if_needed),
        "no": list(slot.no),
        "unknown": list(slot.unknown),
        "why": slot_words(asdict(slot)),
    }


def slot_words(slot: Mapping[str, Any]) -> str:
    """Who can come, who cannot and who has not said."""
    parts = [
        ("can come", slot["yes"]),
        ("if needed", slot["if_needed"]),
        ("cannot", slot["no"]),
        ("not known yet", slot["unknown"]),
    ]
    return "; ".join(f"{label}: {listed(names)}" for label, names in parts if names)


def _slots_line(slots: Sequence[Slot], zone: ZoneInfo, minutes: int) -> str:
    if not slots:
        return f"No stretch of {minutes} minutes suits anybody within those times."
    return f"Best: {span_words((slots[0].start, slots[0].end), zone)} ({zone.key}). {slot_words(asdict(slots[0]))}."


def _slot_warnings(slots: Sequence[Slot], required: set[str]) -> list[str]:
    if not slots or slots[0].required_free:
        return []
    best = slots[0]
    lacking = [name for name in (*best.no, *best.unknown) if name in required]
    return [f"No slot has everybody who has to be there; the best one lacks {listed(lacking)}."]


def _availability_line(name: str, windows: Sequence[Window], zone: ZoneInfo) -> str:
    words = {"free": "free", "if_needed": "free if needed", "busy": "busy"}
    told = "; ".join(f"{words[w.kind]} {span_words((w.start, w.end), zone)}" for w in windows)
    return f"{name}: {told or 'nothing known'} ({zone.key})."


def _plan_spans(plan: Json, zone: ZoneInfo) -> list[Span]:
    part = _PARTS.get(plan.get("part_of_day", ""), phrases.WHOLE_DAY)
    windows = [phrases.window_on(day, part, zone) for day in plan_days(plan)]
    return [(window.start, window.end) for window in windows]


def _between(low: datetime, high: datetime, plan: Json, zone: ZoneInfo) -> list[Span]:
    """The stretch from `low` to `high`, or on each of its days the plan's part of day."""
    first, days = low.astimezone(zone).date(), (high - low).days + 2
    part = _PARTS.get(plan.get("part_of_day", ""))
    if not part or days > _MAX_DAYS:
        return [(low, high)]
    windows = [phrases.window_on(first + timedelta(days=n), part, zone) for n in range(days)]
    return [(max(w.start, low), min(w.end, high)) for w in windows if w.start < high and low < w.end]


def _quarter(now: datetime) -> datetime:
    """`now`, rounded up to a quarter of an hour."""
    floor = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return floor if floor == now else floor + timedelta(minutes=15)
