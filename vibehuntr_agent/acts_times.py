"""What the tools do with people's time: write it down, find the times that suit, and say why one does not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from . import intake
from .planning import people, phrases
from .planning.availability import (
    MODES,
    Told,
    compromise_words,
    explanation_words,
    heat_map,
    read_rule,
    rule_windows,
    set_windows,
    span_words,
    told,
    wall_moment,
    wall_window,
)
from .planning.errors import PlanningError, TimeError, UnknownPerson
from .planning.finder import (
    Diary,
    Explanation,
    Kind,
    Preference,
    Slot,
    Span,
    Window,
    explain_time,
    find_compromise,
    find_slots,
    normalise,
    read_diary,
)
from .planning.people import ME, listed
from .planning.phrases import Minutes
from .planning.references import resolve
from .state import (
    PARTS,
    Answer,
    Board,
    Json,
    NeedMore,
    length_of,
    missing_of,
    plan_days,
    plan_hours,
    preferences_of,
    shown,
    slot_label,
    windows_of,
)

Wish = Literal["preferred", "avoided"]
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d")
MAX_DAYS: Final = 62
_RULE_DAYS: Final = 28
"""A rule without an end is written down for so many days."""
_MAX_WISHES: Final = 200
_SHOWN: Final = 60
"""Windows that go back to a model."""
_MAX_LIMIT: Final = 10
_NIGHT: Final = 5 * 60
_MIDNIGHT: Final = 24 * 60
_MAX_LENGTH: Final = 14 * 24 * 60


@dataclass(frozen=True)
class Search:
    """What a search for times goes by."""

    availability: Mapping[str, Sequence[Window]]
    preferences: Mapping[str, Sequence[Preference]]
    group: list[str]
    required: set[str]
    length: timedelta
    within: list[Span]
    better: list[Span]
    """The hours of these that are the usual ones: a slot in them comes before one beside them that suits as many."""
    zone: ZoneInfo

    @cached_property
    def diaries(self) -> Mapping[str, Diary]:
        """What is known of each person, sorted once for all that is asked of it."""
        return {name: read_diary(windows) for name, windows in self.availability.items()}

    def common(self) -> dict[str, Any]:
        """The arguments that every function of the finder takes."""
        return {"group": self.group, "required": self.required, "length": self.length, "within": self.within}


def set_availability(board: Board, person: object, windows: object, rule: Mapping[str, object], mode: object, zone: object) -> Answer:
    """Write down when one person can, cannot, or would like to."""
    name = people.find_person(intake.needed(person, "a name"), board.roster).name
    how = (intake.text(mode, "the mode") or "replace").casefold()
    if how not in MODES:
        raise PlanningError(f"I know the modes {', '.join(MODES)}, not “{how[:40]}”.")
    here = intake.zone_of(zone) or board.zone
    said, wishes, warnings = _said(board, intake.entries(windows, "the times", "start"), rule, here)
    if not said and not wishes and how != "clear":
        raise TimeError(f"No times were given for {listed([name])}. When would it work?")
    old = windows_of(board, name, here)
    if said or (how == "clear" and not wishes):
        known = set_windows(old, said, mode=how, zone=here, now=board.now, name=name)
        merged, added, warnings = known.windows, known.added, [*warnings, *known.warnings]
        _store(board, "availability", name, [_window_json(window, here) for window in merged])
    else:
        merged, added = normalise(old), ()
    liked = _wish(board, name, wishes, how, here, forget=not said)
    data: Json = {
        "person": name,
        "windows": [_window_json(window, here) for window in merged[:_SHOWN]],
        "more": max(0, len(merged) - _SHOWN),
        "zone": here.key,
        "added": [_window_json(window, here) for window in added[:_SHOWN]],
        "preferences": liked[:_SHOWN],
    }
    summary = " ".join([told(name, merged, here), *([_wish_words(name, wishes, here)] if wishes else [])])
    return Answer(summary, data, warnings, change="your times" if name == ME else f"the times of {name}")


def find_times(board: Board, minutes: object, bounds: tuple[object, object], must: object, least: object, limit: object) -> Answer:
    """The times that suit most, the heat map, and what would help when none suits all who have to come."""
    search = search_of(board, minutes, bounds, intake.texts(must, "who has to come"))
    few = intake.whole(least, "a number of people", 1000) or 1
    slots = _meetings(_slots(search, few, min(intake.whole(limit, "a limit") or 3, _MAX_LIMIT)))
    suits = bool(slots) and slots[0].required_free
    compromise = [] if suits else _compromise(search)
    items = [_slot_json(slot, search.zone) for slot in slots]
    board.set("list", {"of": "slots", "items": [{key: item[key] for key in ("label", "start", "end")} for item in items]})
    data: Json = {
        "slots": items,
        "duration_minutes": int(search.length / timedelta(minutes=1)),
        "zone": search.zone.key,
        "people": len(search.group),
        "compromise": compromise,
    }
    summary = " ".join([_slots_line(slots, search.zone, data["duration_minutes"], few), *compromise])
    return Answer(summary, data, _slot_warnings(slots, search), _heat(board, search, items))


def _meetings(slots: Sequence[Slot]) -> list[Slot]:
    """The best slot, and of the others those to which more than one person can come."""
    return [slot for place, slot in enumerate(slots) if not place or len(slot.yes) + len(slot.if_needed) > 1]


def explain(board: Board, slot: object) -> Answer:
    """Who cannot come at a time, and the smallest change that would fix it."""
    search = search_of(board, None, (None, None), [])
    said = intake.text(slot, "the time")
    span = _meant(board, said, search) if said else None
    listed_first = shown(board, "slots")
    if span is None and listed_first:
        span = (datetime.fromisoformat(listed_first[0]["start"]), datetime.fromisoformat(listed_first[0]["end"]))
    compromise = [] if said else _compromise(search)
    if span is None:
        best = _slots(search, 1, 1)
        if not best:
            return Answer(" ".join(compromise) or "No time suits anybody then.", {"compromise": compromise}, view=_heat(board, search, []))
        span = (best[0].start, best[0].end)
    found = explain_time(
        search.availability, group=search.group, required=search.required, start=span[0], length=_elapsed(span), within=search.within
    )
    lines = list(explanation_words(found, search.zone))
    everybody = not found.obstacles
    more = [] if everybody else [line for line in compromise if line not in lines]
    told_lines = [*lines, *more]
    who = slot_words(asdict(found.slot))
    head = f"{span_words(span, search.zone)}: {'everybody can come' if everybody else who}."
    data: Json = {"slot": _slot_json(found.slot, search.zone), "obstacles": _obstacles(found, search.zone), "lines": told_lines}
    return Answer(" ".join([head, *told_lines]), {**data, "compromise": compromise}, view=_heat(board, search, [data["slot"]]))


def decided_span(board: Board, choice: object, end: object) -> tuple[Span, bool]:
    """The time that is chosen, and whether both its ends were said. Raises for one that is past or ends before it starts."""
    zone, said = board.zone, intake.needed(choice, "the time")
    items = shown(board, "slots")
    until = _clock_or_moment(end, zone, "the end")
    if (start := _iso(said, zone)) is None and items:
        try:
            item = items[resolve(said, [item["label"] for item in items])]
            start, last = datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"])
            return _checked(board, (start, _end_on(start, until, zone) if until is not None else last)), False
        except PlanningError:
            start = _on_plan_day(board, said, zone)
            if start is None:
                raise
    start = start or _on_plan_day(board, said, zone)
    if start is None:
        raise TimeError(f"I cannot tell which time “{said[:40]}” is. Please give the day and the time, such as 2026-11-27T19:00.")
    if until is None:
        return _checked(board, (start, start + timedelta(minutes=length_of(board.plan)))), False
    return _checked(board, (start, _end_on(start, until, zone))), True


def who_cannot(board: Board, span: Span) -> list[str]:
    """The people who have said that they cannot come at all of this time."""
    zone = board.zone
    known = {name: windows_of(board, name, zone) for name in board.names}
    if not known:
        return []
    found = explain_time(known, group=list(known), required=(), start=span[0], length=_elapsed(span))
    return list(found.slot.no)


def search_of(
    board: Board, minutes: object, bounds: tuple[object, object], must: Sequence[str], *, heard_elsewhere: bool = False
) -> Search:
    """What to search by: the plan, what is known of people, and the bounds given. Raises NeedMore when too little is known.

    `heard_elsewhere`: that nothing is known of anybody's time is no reason to stop, if the plan has its days.
    """
    zone, roster, plan = board.zone, board.roster, board.plan
    if not roster:
        raise UnknownPerson("Nobody is in the plan yet. Who is coming?")
    hours = plan_hours(plan)
    known = {person.name: windows_of(board, person.name, zone) for person in roster}
    enough = heard_elsewhere and plan_days(plan)
    if not enough and not any(w.kind != "busy" or hours for windows in known.values() for w in windows):
        raise NeedMore("Nobody has said yet when they are free.", missing_of(board))
    length = intake.whole(minutes, "a length in minutes", _MAX_LENGTH) or length_of(plan)
    limits = (intake.moment(bounds[0], zone, "the earliest time"), intake.moment(bounds[1], zone, "the latest time"))
    if limits[0] and limits[1] and limits[1] <= limits[0]:
        raise TimeError("The search ends before it starts. Please give the dates the other way round.")
    days = _days(plan, known, limits, zone)
    within = _ahead(board, _bounded(_day_spans(days, hours, known, zone), limits))
    part = PARTS.get(plan.get("part_of_day", ""))
    better = within if hours or not part or part == PARTS["day"] else _both(within, [_day_span(day, part, zone) for day in days])
    if hours:
        known = {name: _free_otherwise(windows, days, hours, zone) for name, windows in known.items()}
    required = {p.name for p in roster if p.attendance == "required"} | {people.find_person(name, roster).name for name in must}
    wishes = {name: found for name in known if (found := preferences_of(board, name, zone))}
    return Search(known, wishes, list(known), required, timedelta(minutes=length), within, better, zone)


def open_days(board: Board, search: Search) -> tuple[list[Span], list[Span]]:
    """When the meeting may be, and the usual hours of that, as anybody may know it: whole days, and nothing of who is free when.

    A plan without days has the next weeks, in fours: as many as reach the last day that anybody has spoken of.
    """
    zone, hours, part = search.zone, plan_hours(board.plan), PARTS.get(board.plan.get("part_of_day", ""))
    days = plan_days(board.plan) or _next_weeks(board.now.astimezone(zone).date(), search.within[-1][0].astimezone(zone).date())
    within = _ahead(board, [_day_span(day, hours or (0, _MIDNIGHT + _NIGHT), zone) for day in days])
    usual = [] if hours or not part or part == PARTS["day"] else _both(within, [_day_span(day, part, zone) for day in days])
    return within, usual


def _next_weeks(today: date, last: date) -> list[date]:
    fours = max(1, -(-((last - today).days + 1) // _RULE_DAYS))
    return [today + timedelta(days=n) for n in range(fours * _RULE_DAYS)]


def slot_words(slot: Mapping[str, Any]) -> str:
    """Who can come, who cannot and who has not said."""
    parts = [("can come", slot["yes"]), ("if needed", slot["if_needed"]), ("cannot", slot["no"]), ("not known yet", slot["unknown"])]
    return "; ".join(f"{label}: {listed(names)}" for label, names in parts if names)


# What is said


def _said(
    board: Board, entries: Sequence[Mapping[str, Any]], rule: Mapping[str, object], zone: ZoneInfo
) -> tuple[list[Window], list[Preference], list[str]]:
    """Windows and wishes, be they given one by one or as a rule; and the warnings that go with them."""
    windows: list[Window] = []
    wishes: list[Preference] = []
    warnings: list[str] = []
    for found, kind in [*(_one(entry, zone) for entry in entries), *_ruled(board, rule, zone)]:
        warnings += found.warnings
        if kind in get_args(Wish):
            wishes += [Preference(window.start, window.end, kind) for window in found.windows]  # pyright: ignore[reportArgumentType]  it is one
        else:
            windows += [Window(window.start, window.end, _kind(kind)) for window in found.windows]
    return windows, wishes, list(dict.fromkeys(warnings))


def _one(entry: Mapping[str, Any], zone: ZoneInfo) -> tuple[Told, str]:
    """One window; wall times are read by the clock of `zone`, and an end without a time is the end of that day."""
    kind = _any_kind(entry.get("kind"))
    named = [(intake.needed(entry.get(key), f"the {key} of a time"), f"the {key}") for key in ("start", "end")]
    written = [moment for text, what in named if (moment := intake.written_time(text, what))]
    whole_day = _MIDNIGHT * intake.is_date(named[1][0])
    if any(moment.tzinfo for moment in written):
        start, end = (intake.moment(text, zone, what) or moment for (text, what), moment in zip(named, written, strict=True))
        return Told((Window(start, end + timedelta(minutes=whole_day)),)), kind
    first, last = (moment.hour * 60 + moment.minute for moment in written)
    last += _MIDNIGHT * (written[1].date() - written[0].date()).days + whole_day
    if last <= first:
        start, end = (wall_moment(moment.date(), moment.hour * 60 + moment.minute, zone) for moment in written)
        return Told((Window(start, end),)), kind
    return wall_window(written[0].date(), (first, last), zone, "busy" if kind == "busy" else "free"), kind


def _ruled(board: Board, rule: Mapping[str, object], zone: ZoneInfo) -> Iterable[tuple[Told, str]]:
    """The windows of a rule on the plan's days, or for four weeks."""
    if not any(rule.get(key) for key in ("days", "from", "to")):
        return []
    days = ", ".join(intake.texts(rule.get("days"), "the days of the rule")) or "every day"
    kind = _any_kind(rule.get("kind"))
    start, end = (intake.text(rule.get(key), f"the {key}") or other for key, other in (("from", "00:00"), ("to", "24:00")))
    read = read_rule(days, start, end, "busy" if kind == "busy" else "free")
    of_plan, today = plan_days(board.plan), board.now.astimezone(zone).date()
    first, last = (max(today, of_plan[0]), of_plan[-1]) if of_plan else (today, today + timedelta(days=_RULE_DAYS - 1))
    found = rule_windows(read, first, last, zone)
    until = [] if of_plan else [f"I wrote that down until {phrases.full_date(last)}."]
    return [(Told(found.windows, (*found.warnings, *until)), kind)]


def _any_kind(raw: object) -> str:
    kind = (intake.text(raw, "the kind") or "free").casefold().replace(" ", "_")
    known = (*get_args(Kind), *get_args(Wish))
    if kind not in known:
        raise TimeError(f"I know the kinds {', '.join(known)}, not “{kind[:40]}”.")
    return kind


def _kind(raw: str) -> Kind:
    return next(known for known in get_args(Kind) if known == raw)


def _store(board: Board, key: str, name: str, rows: list[Json]) -> None:
    every = {**board.get(key), name: rows}
    board.set(key, {who: kept for who, kept in every.items() if kept})


def _wish(board: Board, name: str, new: Sequence[Preference], mode: str, zone: ZoneInfo, *, forget: bool) -> list[Json]:
    """The wishes of one person, once `new` has been said: those of other days stay, unless all of it is cleared."""
    old = preferences_of(board, name, zone)
    if not new and not (mode == "clear" and forget):
        return [_window_json(wish, zone) for wish in old]
    days = {wish.start.astimezone(zone).date() for wish in new}
    kept = [] if mode == "clear" and not new else [w for w in old if mode == "add" or w.start.astimezone(zone).date() not in days]
    added: Sequence[Preference] = () if mode == "clear" else new
    every = sorted(dict.fromkeys([*kept, *added]), key=attrgetter("start", "end", "kind"))
    if len(every) > _MAX_WISHES:
        raise TimeError(f"One person can have at most {_MAX_WISHES} wishes. Please give fewer days at once.")
    rows = [_window_json(wish, zone) for wish in every]
    _store(board, "preferences", name, rows)
    return rows


def _window_json(window: Window | Preference, zone: ZoneInfo) -> Json:
    return {"start": window.start.astimezone(zone).isoformat(), "end": window.end.astimezone(zone).isoformat(), "kind": window.kind}


def _wish_words(name: str, wishes: Sequence[Preference], zone: ZoneInfo) -> str:
    verbs = {"preferred": "like", "avoided": "rather avoid"}
    who = "You" if name == ME else name
    parts = [f"{verbs[wish.kind]} {span_words((wish.start, wish.end), zone)}" for wish in wishes[:6]]
    return f"{who} would {'; '.join(parts)}{f'; and {len(wishes) - 6} more' if len(wishes) > 6 else ''}."  # noqa: PLR2004  a few


# Where to search


def _days(plan: Json, known: Mapping[str, Sequence[Window]], limits: tuple[datetime | None, datetime | None], zone: ZoneInfo) -> list[date]:
    """The days to search: those between the limits, else the plan's, else those that somebody has spoken of."""
    of_plan = plan_days(plan)
    if of_plan and not any(limits):
        return list(of_plan)
    spoken = [w for windows in known.values() for w in windows if w.kind != "busy"] or [w for windows in known.values() for w in windows]
    first = (limits[0] or min(w.start for w in spoken)).astimezone(zone).date()
    last = (limits[1] or max(w.end for w in spoken)).astimezone(zone).date()
    if limits[0] and not limits[1] and of_plan and first <= of_plan[-1]:
        last = of_plan[-1]
    if limits[1] and not limits[0] and of_plan and of_plan[0] <= last:
        first = of_plan[0]
    return [first + timedelta(days=n) for n in range(min((last - first).days + 1, 2 * MAX_DAYS))]


def _day_span(day: date, minutes: Minutes, zone: ZoneInfo) -> Span:
    low, high = minutes
    return (wall_moment(day, low, zone), wall_moment(day, high if high > low else high + _MIDNIGHT, zone))


def _day_spans(days: Sequence[date], hours: Minutes | None, known: Mapping[str, Sequence[Window]], zone: ZoneInfo) -> list[Span]:
    """The hours of each day; without hours all of it, and the night after where somebody's evening goes on."""
    if hours:
        return [_day_span(day, hours, zone) for day in days]
    spans = [(wall_moment(day, 0, zone), wall_moment(day, _MIDNIGHT, zone)) for day in days]
    nights = _nights([end.timestamp() for _, end in spans], known)
    fives = [wall_moment(day, _MIDNIGHT + _NIGHT, zone) for day in days]
    return [(start, min(max(end, until), five)) for (start, end), until, five in zip(spans, nights, fives, strict=True)]


def _nights(midnights: Sequence[float], known: Mapping[str, Sequence[Window]]) -> list[datetime]:
    """Until when somebody is free who is so before and after each of the midnights, in seconds since 1970; the midnight when nobody is."""
    last = list(midnights)
    for windows in known.values():
        for window in windows:
            start, end = window.start.timestamp(), window.end.timestamp()
            place = bisect_right(midnights, start)
            while window.kind != "busy" and place < len(midnights) and midnights[place] < end:
                last[place] = max(last[place], end)
                place += 1
    return [datetime.fromtimestamp(moment, UTC) for moment in last]


def _bounded(spans: Sequence[Span], limits: tuple[datetime | None, datetime | None]) -> list[Span]:
    low, high = limits
    cut = [(max(start, low) if low else start, min(end, high) if high else end) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def _both(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    cut = [(max(start, low), min(end, high)) for start, end in spans for low, high in others]
    return [(start, end) for start, end in cut if start < end]


def _ahead(board: Board, spans: Sequence[Span]) -> list[Span]:
    """The spans without what is past. Raises TimeError when nothing is left."""
    now = board.now
    quarter = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    start = quarter if quarter == now else quarter + timedelta(minutes=15)
    ahead = [(max(low, start), high) for low, high in spans if high > start]
    if not ahead:
        raise TimeError(f"Those times are past: it is {now:%H:%M} on {phrases.full_date(now.date())}. Which day do you mean?")
    return ahead


def _free_otherwise(windows: Sequence[Window], days: Sequence[date], hours: Minutes, zone: ZoneInfo) -> tuple[Window, ...]:
    """Somebody of whom only busy times are known is free in the rest of the plan's hours; nobody else is."""
    if not windows or any(window.kind != "busy" for window in windows):
        return tuple(windows)
    return normalise([*windows, *(Window(*_day_span(day, hours, zone)) for day in days)])


# What is found


def _slots(search: Search, least: int, limit: int) -> tuple[Slot, ...]:
    """The best slots: as many people as possible, and at the same number the usual hours first."""
    better = () if search.better == search.within else search.better
    found = find_slots(search.diaries, **search.common(), better=better, min_people=least, limit=limit, preferences=search.preferences)
    return tuple(found)


def _compromise(search: Search) -> list[str]:
    return list(compromise_words(find_compromise(search.diaries, **search.common()), search.zone))


def _slot_json(slot: Slot, zone: ZoneInfo) -> Json:
    return {
        "label": slot_label((slot.start, slot.end), zone),
        "start": slot.start.astimezone(zone).isoformat(),
        "end": slot.end.astimezone(zone).isoformat(),
        "when": span_words((slot.start, slot.end), zone),
        "free_until": slot.free_until.astimezone(zone).isoformat(),
        "yes": list(slot.yes),
        "if_needed": list(slot.if_needed),
        "no": list(slot.no),
        "unknown": list(slot.unknown),
        "avoided_by": list(slot.avoided_by),
        "preferred_by": list(slot.preferred_by),
        "why": slot_words(asdict(slot)),
    }


def _slots_line(slots: Sequence[Slot], zone: ZoneInfo, minutes: int, least: int) -> str:
    if not slots:
        return f"No stretch of {minutes} minutes suits {'anybody' if least == 1 else f'{least} people'} within those times."
    return f"Best: {span_words((slots[0].start, slots[0].end), zone)} ({zone.key}). {slot_words(asdict(slots[0]))}."


def _slot_warnings(slots: Sequence[Slot], search: Search) -> list[str]:
    if not slots or slots[0].required_free:
        return []
    lacking = [name for name in (*slots[0].no, *slots[0].unknown) if name in search.required]
    return [f"No slot has everybody who has to be there; the best one lacks {listed(lacking)}."]


def _heat(board: Board, search: Search, slots: Sequence[Json]) -> Json | None:
    try:
        found = heat_map(
            search.diaries, group=search.group, days=plan_days(board.plan), zone=search.zone, hours=_clipped(plan_hours(board.plan))
        )
    except TimeError:
        return None
    text = [*(f"{n}. {slot['when']}: {slot['why']}" for n, slot in enumerate(slots, 1)), *found.lines, *found.notes]
    return {"name": "heatmap", "data": {**found.as_json(), "slots": list(slots), "text": text}}


def _clipped(hours: Minutes | None) -> Minutes | None:
    return hours if hours is None or hours[1] <= _MIDNIGHT else (0, _MIDNIGHT)


def _obstacles(found: Explanation, zone: ZoneInfo) -> list[Json]:
    return [
        {
            "name": one.name,
            "required": one.required,
            "busy": [span_words(span, zone) for span in one.busy],
            "growth_minutes": int(one.growth / timedelta(minutes=1)),
        }
        for one in found.obstacles
    ]


def _elapsed(span: Span) -> timedelta:
    return timedelta(seconds=span[1].timestamp() - span[0].timestamp())


# A time that is meant


def _meant(board: Board, said: str, search: Search) -> Span:
    if start := _iso(said, search.zone):
        return (start, start + search.length)
    items = shown(board, "slots")
    if items:
        try:
            item = items[resolve(said, [item["label"] for item in items])]
            return (datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"]))
        except PlanningError:
            if not (start := _on_plan_day(board, said, search.zone)):
                raise
            return (start, start + search.length)
    if start := _on_plan_day(board, said, search.zone):
        return (start, start + search.length)
    raise TimeError(f"I cannot tell which time “{said[:40]}” is. Please give the day and the time, such as 2026-11-27T19:00.")


def _iso(said: str, zone: ZoneInfo) -> datetime | None:
    """The moment, when it is written with its date and a time."""
    if not _ISO.match(said):
        return None
    return intake.moment(said, zone, "the time")


def _clock_or_none(said: str) -> int | None:
    try:
        return intake.clock(said, "the time")
    except TimeError:
        return None


def _on_plan_day(board: Board, said: str, zone: ZoneInfo) -> datetime | None:
    """A clock time alone, on the one day that the plan has."""
    days, minutes = plan_days(board.plan), None if said.isdigit() else _clock_or_none(said)
    return wall_moment(days[0], minutes, zone) if len(days) == 1 and minutes is not None else None


def _clock_or_moment(value: object, zone: ZoneInfo, what: str) -> datetime | int | None:
    said = intake.text(value, what)
    if said is None:
        return None
    found = _iso(said, zone)
    return found if found is not None else intake.clock(said, what)


def _end_on(start: datetime, until: datetime | int, zone: ZoneInfo) -> datetime:
    """The end: a moment, or a clock time on the day of the start or in the night after it."""
    if isinstance(until, datetime):
        return until
    end = wall_moment(start.astimezone(zone).date(), until, zone)
    return end if end > start else wall_moment(start.astimezone(zone).date(), until + _MIDNIGHT, zone)


def _checked(board: Board, span: Span) -> Span:
    if span[1].timestamp() <= span[0].timestamp():
        raise TimeError("That ends before it begins. Please give a later end.")
    if _elapsed(span) > timedelta(minutes=_MAX_LENGTH):
        raise TimeError("That is longer than two weeks. When does it end?")
    if span[0] < board.now:
        now = board.now
        raise TimeError(
            f"{span_words(span, board.zone)} is past: it is {now:%H:%M} on {phrases.full_date(now.date())}. Which time do you mean?"
        )
    return span
