"""What people say of their time: windows by a wall clock, weekly rules, what replaces what, and a picture of it all.

Guarantees: every function is pure, and a PlanningError means that nothing was taken in. A wall time means the first moment at which
that clock shows it or later: one that the clocks skip is the moment of the change, and one that comes twice is the first (as the end of
something busy, the second). Either is said in a warning. What is read back has its dates in full.

Not claimed: words. The days of a rule are read here, sentences in `phrases`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, rrule, rruleset
from dateutil.tz import datetime_ambiguous, datetime_exists

from .errors import PersonError, PlanningError, TimeError
from .finder import (
    MAX_WINDOWS,
    Answer,
    Compromise,
    Explanation,
    Kind,
    Obstacle,
    Span,
    Window,
    answer_table,
    conflicts,
    normalise,
    possible,
    read_diary,
)
from .finder import (
    Known as KnownTime,
)
from .people import MAX_PEOPLE, ME, listed
from .phrases import DAY, WHOLE_DAY, Minutes, full_date

MODES: Final = ("replace", "add", "clear")
MAX_DAYS: Final = 62
"""A rule, and one window, reach over at most so many days."""
SHOWN_DAYS: Final = 14
SHOWN_PEOPLE: Final = 12
"""A line of text names at most so many people; the picture shows all."""
_SHOWN_RUNS: Final = 6
_SHOWN_GROUPS: Final = 8
_SHOWN_DATES: Final = 10
_MAX_CELLS: Final = 4000
_STEPS: Final = (30, 60, 120, 240, 480, 1440)
"""Minutes that a column of the picture may stand for; each divides a day."""
_MIDNIGHT: Final = 24 * 60
_NIGHT: Final = 5 * 60
"""Until then it is still the night of the day before."""
_OVERNIGHT: Final = 12 * 60
"""A range that ends before it starts goes over midnight when that makes it no longer than this; else it is the wrong way round."""
_EVERY_DAY: Final = frozenset(range(7))
_WEEKDAYS: Final = frozenset(range(5))
_NAMES: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
_DAY_NAME: Final = re.compile(
    r"mo|tu|we|th|fr|sa|su|(?:mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?"
)
_MANY: Final[Mapping[str, frozenset[int]]] = {
    **dict.fromkeys(("day", "days", "daily", "everyday"), _EVERY_DAY),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays"), _WEEKDAYS),
    **dict.fromkeys(("weekend", "weekends"), _EVERY_DAY - _WEEKDAYS),
}
_FILLERS: Final = frozenset({"and", "or", "on", "the", "every", "each", "all", "any", "week", "plus", "&"})
_EXCEPT: Final = re.compile(r"(?i)\b(?:except(?:\s+for)?|excluding|but\s+not|not|without|apart\s+from|other\s+than)\b")
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(?:([ap])\.?m\.?)?")
_KIND_WORDS: Final[Mapping[Kind, str]] = {"free": "free", "if_needed": "free if needed", "busy": "busy"}
_CELL_WORDS: Final[Mapping[Answer, str]] = {"yes": "yes", "if_needed": "if needed", "no": "no", "unknown": "not known"}
CELL_LETTERS: Final[Mapping[Answer, str]] = {"yes": "y", "if_needed": "m", "no": "n", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class Told:
    """Windows, and what has to be said about the way they were read."""

    windows: tuple[Window, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """The same clock times on certain weekdays (Monday is 0). An end beyond 1440 minutes is on the next day."""

    weekdays: frozenset[int]
    minutes: Minutes
    kind: Kind = "free"
    without: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person's time after something was said: all of it, and what came in."""

    windows: tuple[Window, ...]
    added: tuple[Window, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Who can when: a row of answers for each person, one for each column. A cell is "yes" only when all of it is free."""

    zone: str
    step_minutes: int
    columns: tuple[Span, ...]
    rows: tuple[tuple[str, tuple[Answer, ...]], ...]
    lines: tuple[str, ...]
    """The same in words, a line for each day."""
    notes: tuple[str, ...]
    """What the picture leaves out."""

    def as_json(self) -> dict[str, Any]:
        """The picture's data; the cells of a row are one string of the letters in `legend`."""
        return {
            "zone": self.zone,
            "step_minutes": self.step_minutes,
            "legend": {letter: answer for answer, letter in CELL_LETTERS.items()},
            "columns": [start.isoformat(timespec="minutes") for start, _ in self.columns],
            "rows": [{"name": name, "cells": "".join(CELL_LETTERS[cell] for cell in cells)} for name, cells in self.rows],
            "lines": list(self.lines),
            "notes": list(self.notes),
        }


def wall_moment(day: date, minutes: int, zone: ZoneInfo, *, second: bool = False) -> datetime:
    """The first moment at which the clock of `zone` shows that time (minutes after midnight) or later; or the second, if it comes twice."""
    wall = _wall(day, minutes, zone)
    if not datetime_exists(wall):
        return _change(wall)
    return wall.replace(fold=1) if second and datetime_ambiguous(wall) else wall


def wall_window(day: date, minutes: Minutes, zone: ZoneInfo, kind: Kind = "free") -> Told:
    """One window by the wall clock of `zone`; an end at or before its start is on the next day.

    Raises TimeError when the clocks skip all of it.
    """
    first, last = minutes if minutes[1] > minutes[0] else (minutes[0], minutes[1] + _MIDNIGHT)
    start, end = wall_moment(day, first, zone), wall_moment(day, last, zone, second=kind == "busy")
    if start.astimezone(UTC) >= end.astimezone(UTC):
        raise TimeError(
            f"On {full_date(start.date())} the clocks in {zone.key} go forward to {start:%H:%M}, "
            f"so there is no {_clock_words(first)} to {_clock_words(last)}. Please give another time."
        )
    return Told((Window(start, end, kind),), tuple(_clock_warnings(day, (first, last), zone, kind)))


def read_rule(days: str | Sequence[str], start: str, end: str, kind: Kind = "free") -> Rule:
    """A rule from the words for its days ("every weekday", "Mondays and Thursdays", "daily except Sunday and 2026-12-24") and two times.

    Raises TimeError for words that it does not know, and for a range the wrong way round.
    """
    text = days if isinstance(days, str) else ", ".join(days)
    said, *left_out = _EXCEPT.split(text)
    weekdays, dates = _read_days(said)
    if dates:
        raise TimeError("A rule is for weekdays. Please give single dates as times of their own.")
    excepted = [_read_days(part) for part in left_out]
    rest = (weekdays or (_EVERY_DAY if left_out else frozenset())) - frozenset[int]().union(*(part for part, _ in excepted))
    if not rest:
        raise TimeError(f"“{text[:60].strip()}” leaves no day of the week. Which days are meant?")
    return Rule(rest, _read_minutes(start, end), kind, frozenset[date]().union(*(part for _, part in excepted)))


def rule_windows(rule: Rule, first: date, last: date, zone: ZoneInfo) -> Told:
    """The windows of a rule from the day `first` to the day `last`, both included, by the wall clock of `zone`.

    Raises TimeError for days the wrong way round, for more than 62 of them, and when none of them is meant.
    """
    if last < first:
        raise TimeError("The last day is before the first. Please give them the other way round.")
    if (last - first).days >= MAX_DAYS:
        raise TimeError(f"I can write down at most {MAX_DAYS} days at once. Please give a shorter stretch.")
    days = tuple(_rule_days(rule, first, last))
    if not days:
        raise TimeError(f"No such day lies between {full_date(first)} and {full_date(last)}. Which days are meant?")
    every = [_rule_window(rule, day, zone) for day in days]
    over = [f"I read {_range_words(rule.minutes)} as going over midnight."] if rule.minutes[1] > _MIDNIGHT else []
    windows = tuple(window for told in every for window in told.windows)
    if not windows:
        raise TimeError(" ".join(every[0].warnings))
    return Told(windows, (*over, *(warning for told in every for warning in told.warnings)))


def set_windows(old: Iterable[Window], new: Iterable[Window], *, mode: str, zone: ZoneInfo, now: datetime, name: str = ME) -> Known:
    """What is known of a person's time once `new` has been said.

    "replace" forgets what was known of the days that `new` speaks of, "add" forgets nothing, "clear" forgets those days and writes
    nothing down; without windows it forgets everything. Days are those of `zone`; hours until 05:00 that go on from the evening before
    belong to it. Past windows are left out. Raises PlanningError, with nothing changed, when there is nothing left to write down.
    """
    if mode not in MODES:
        raise PlanningError(f"I know the modes {', '.join(MODES)}, not “{mode[:40]}”.")
    said = tuple(new)
    if mode != "clear" and not said:
        raise TimeError(f"No times were given for {listed([name])}. When would it work?")
    coming, warnings = (said, []) if mode == "clear" else _coming(said, zone, now)
    kept = _kept(tuple(old), coming, mode, zone)
    added = () if mode == "clear" else coming
    merged = normalise([*kept, *added])
    if len(merged) > MAX_WINDOWS:
        raise TimeError(f"One person can have at most {MAX_WINDOWS} windows. Please give fewer days at once.")
    return Known(merged, normalise(added), (*warnings, *_conflict_words(conflicts([*kept, *added]), zone), *_only_busy_words(merged, name)))


def told(name: str, windows: Sequence[Window], zone: ZoneInfo) -> str:
    """What is known of a person's time in one line, dates in full; windows with the same clock times are named together."""
    groups: dict[tuple[Kind, time, time, timedelta], list[Window]] = {}
    for window in windows:
        start, end = window.start.astimezone(zone), window.end.astimezone(zone)
        groups.setdefault((window.kind, start.time(), end.time(), end.date() - start.date()), []).append(window)
    shown = list(groups.values())[:_SHOWN_GROUPS]
    more = len(windows) - sum(map(len, shown))
    parts = [_group_words(group, zone) for group in shown]
    parts += [f"and {more} more, the last {span_words(_span(windows[-1]), zone)}"] if more else []
    return f"{name}: {'; '.join(parts) or 'nothing known'} ({zone.key})."


def span_words(span: Span, zone: ZoneInfo) -> str:
    """A stretch of time by the wall clock of `zone`, with its full date."""
    start, end = (moment.astimezone(zone) for moment in span)
    midnight = end.time() == time() and end.date() - start.date() == timedelta(days=1)
    last = "" if end.date() == start.date() or midnight else f" on {full_date(end.date())}"
    return f"{full_date(start.date())}, {start:%H:%M} to {end:%H:%M}{last}"


def explanation_words(found: Explanation, zone: ZoneInfo) -> tuple[str, ...]:
    """Who cannot come and what would fix it, a sentence each."""
    lines = [line for obstacle in found.obstacles for line in _obstacle_words(obstacle, zone)]
    if moved := found.moved:
        by = moved.start - found.slot.start
        way = f"{_length_words(abs(by))} {'later' if by > timedelta() else 'earlier'}"
        lines.append(f"Moved {way}, to {span_words((moved.start, moved.end), zone)}, it would suit all who have to be there.")
    if cut := found.cut:
        way = _length_words(cut.end - cut.start)
        lines.append(f"Cut to {way}, {span_words((cut.start, cut.end), zone)}, it would suit all who have to be there.")
    return tuple(lines)


def compromise_words(found: Compromise, zone: ZoneInfo) -> tuple[str, ...]:
    """What can be done when no time suits all who have to be there, a sentence each."""
    lines: list[str] = []
    if found.partial:
        slot = found.partial.slot
        lines.append(f"Most could come {span_words((slot.start, slot.end), zone)}: {listed([*slot.yes, *slot.if_needed])}.")
    if found.nearest:
        slot = found.nearest.slot
        changes = [line for one in found.nearest.obstacles if one.required for line in _obstacle_words(one, zone)]
        lines.append(f"The least would have to change for {span_words((slot.start, slot.end), zone)}. {' '.join(changes)}")
    if slot := found.shorter:
        way = _length_words(slot.end - slot.start)
        lines.append(f"{way[0].upper()}{way[1:]} would suit all who have to be there: {span_words((slot.start, slot.end), zone)}.")
    return tuple(lines)


def heat_map(
    availability: Mapping[str, KnownTime],
    *,
    group: Sequence[str],
    days: Sequence[date],
    zone: ZoneInfo,
    hours: Minutes | None = None,
) -> HeatMap:
    """Who can when on `days`, by the wall clock of `zone`; without days, on those that somebody has spoken of.

    Columns are half-hours, or longer when there would be more than 4,000 cells; at most 14 days are shown, and what is left out is noted.
    Without `hours` they are those in which somebody might come. Raises PersonError for nobody and for more than 50 people, TimeError
    when there is nothing to draw.
    """
    if not group:
        raise PersonError("Nobody is in the plan yet. Who is coming?")
    if len(group) > MAX_PEOPLE:
        raise PersonError(f"I can draw the times of at most {MAX_PEOPLE} people, not {len(group)}. Please leave some out.")
    known = {name: read_diary(availability.get(name, ())) for name in group}
    open_times = [possible(diary) for diary in known.values()]
    every = sorted(set(days)) or _spoken_of(open_times, zone)
    if not every:
        raise TimeError("Nobody has said yet when it would work, so there is nothing to draw. When can you come?")
    shown = every[:SHOWN_DAYS]
    low, high = hours or _hours(open_times, shown, zone)
    step = next((s for s in _STEPS if len(group) * len(shown) * _count(low, high, s) <= _MAX_CELLS), _STEPS[-1])
    columns = [_columns(day, (low, high), step, zone) for day in shown]
    flat = tuple(column for of_day in columns for column in of_day)
    rows = tuple(zip(known, answer_table(known.values(), flat), strict=True))
    return HeatMap(zone.key, step, flat, rows, tuple(_lines(shown, columns, rows, zone)), tuple(_notes(every, len(group), step)))


def _wall(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    extra, minutes = divmod(minutes, _MIDNIGHT)
    try:
        return datetime.combine(day + timedelta(days=extra), time(minutes // 60, minutes % 60), zone)
    except OverflowError as error:
        raise TimeError(f"No calendar reaches beyond the year {day.year}. Which date do you mean?") from error


def _change(skipped: datetime) -> datetime:
    """The moment at which the clocks jump over a wall time."""
    low, high = (skipped.replace(fold=fold).astimezone(UTC) for fold in (1, 0))  # in a gap, the offsets after and before it
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        before = middle.astimezone(skipped.tzinfo).replace(tzinfo=None) < skipped.replace(tzinfo=None)
        low, high = (middle, high) if before else (low, middle)
    return high.replace(microsecond=0).astimezone(skipped.tzinfo)


def _clock_warnings(day: date, minutes: Minutes, zone: ZoneInfo, kind: Kind) -> Iterator[str]:
    """What a change of the clocks does to a window. A whole day is a whole day, however long."""
    if minutes == WHOLE_DAY:
        return
    walls = [_wall(day, end, zone) for end in minutes]
    for wall, second in zip(walls, (False, kind == "busy"), strict=True):
        when = f"{wall:%H:%M} on {full_date(wall.date())} in {zone.key}"
        if not datetime_exists(wall):
            yield f"There is no {when}: the clocks go forward to {_change(wall):%H:%M} then, and I take that moment."
        elif datetime_ambiguous(wall):
            yield f"There are two {when}, as the clocks go back; I take the {'second' if second else 'first'}."
    if all(datetime_exists(wall) and not datetime_ambiguous(wall) for wall in walls):
        elapsed, shown = walls[1].astimezone(UTC) - walls[0].astimezone(UTC), timedelta(minutes=minutes[1] - minutes[0])
        if elapsed != shown:
            yield f"The clocks in {zone.key} change within {span_words((walls[0], walls[1]), zone)}: that is {_length_words(elapsed)}."


def _clock_words(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours % 24 if hours > 24 else hours:02d}:{rest:02d}"  # noqa: PLR2004  24:00 is the end of a day


def _range_words(minutes: Minutes) -> str:
    return f"{_clock_words(minutes[0])} to {_clock_words(minutes[1])}"


def _length_words(length: timedelta) -> str:
    hours, minutes = divmod(round(length / timedelta(minutes=1)), 60)
    parts = [f"{hours} hour{'s' * (hours > 1)}"] * bool(hours) + [f"{minutes} minute{'s' * (minutes > 1)}"] * bool(minutes)
    return " and ".join(parts) or "less than a minute"


def _read_days(text: str) -> tuple[frozenset[int], frozenset[date]]:
    """The weekdays and the dates that a part of a rule names. Raises TimeError for a word that it does not know."""
    spaced = re.sub(r"(?<=[A-Za-z])\s*[-–—]\s*(?=[A-Za-z])", " to ", text)  # noqa: RUF001  people type several dashes
    words = [word for word in re.split(r"[\s,;]+", spaced.casefold().replace(".", " ")) if word not in _FILLERS | {""}]
    weekdays: set[int] = set()
    dates: set[date] = set()
    while words:
        word = words.pop(0)
        if words[:1] in (["to"], ["through"], ["until"]) and len(words) > 1:
            weekdays |= _from_to(_one_day(word), _one_day(words[1]))
            words = words[2:]
        elif word[:1].isdigit():
            dates.add(_read_date(word))
        else:
            weekdays |= _MANY.get(word) or {_one_day(word)}
    return frozenset(weekdays), frozenset(dates)


def _one_day(word: str) -> int:
    if not _DAY_NAME.fullmatch(word):
        raise TimeError(f"I do not know the day “{word[:40]}”. Please name weekdays, or say weekdays, weekends or every day.")
    return _NAMES.index(word[:2])


def _from_to(first: int, last: int) -> set[int]:
    return {(first + n) % 7 for n in range((last - first) % 7 + 1)}


def _read_date(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise TimeError(f"I cannot read the date “{word[:40]}”. Please write it as 2026-11-27.") from error


def _read_minutes(start: str, end: str) -> Minutes:
    """Two clock times as minutes. Raises TimeError when they are the wrong way round."""
    first, last = _read_clock(start), _read_clock(end) or _MIDNIGHT
    overnight = last < first and last + _MIDNIGHT - first <= _OVERNIGHT
    if first == _MIDNIGHT or not (first < last or overnight):
        raise TimeError(f"{_range_words((first, last))} is no stretch of a day. Please give the earlier time first.")
    return (first, last if last > first else last + _MIDNIGHT)


def _read_clock(text: str) -> int:
    """A clock time in minutes after midnight: 18:00, 6pm, noon, 24:00. Raises TimeError."""
    said = text.strip().casefold()
    if said in {"noon", "midnight"}:
        return _MIDNIGHT // 2 if said == "noon" else 0
    found = _CLOCK.fullmatch(said)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if found and found[3] and 1 <= hour <= 12:  # noqa: PLR2004  a clock of twelve hours
        hour = hour % 12 + 12 * (found[3] == "p")
    elif found and found[3]:
        hour = 99
    if minute >= 60 or hour * 60 + minute > _MIDNIGHT:  # noqa: PLR2004  minutes of an hour
        raise TimeError(f"I cannot read the time “{text[:40]}”. Please write it as 18:00.")
    return hour * 60 + minute


def _rule_days(rule: Rule, first: date, last: date) -> Iterator[date]:
    days = rruleset()
    days.rrule(rrule(DAILY, byweekday=sorted(rule.weekdays), dtstart=_naive(first), until=_naive(last)))
    for day in rule.without:
        days.exdate(_naive(day))
    return (moment.date() for moment in days)


def _naive(day: date) -> datetime:
    return datetime.combine(day, time())  # dateutil counts days without a zone


def _rule_window(rule: Rule, day: date, zone: ZoneInfo) -> Told:
    """The rule's window of one day, or a warning when the clocks skip it."""
    try:
        return wall_window(day, rule.minutes, zone, rule.kind)
    except TimeError as error:
        return Told((), (error.message,))


def _coming(said: Sequence[Window], zone: ZoneInfo, now: datetime) -> tuple[tuple[Window, ...], list[str]]:
    """The windows that are not past, and what was left out. Raises TimeError when none is left or one is too long."""
    if now.tzinfo is None:
        raise TimeError("The present time needs its zone. Please say which zone is meant.")
    if any(window.end - window.start > timedelta(days=MAX_DAYS) for window in said):
        raise TimeError(f"I can write down at most {MAX_DAYS} days at once. Please give a shorter stretch.")
    past = [window for window in said if window.end.astimezone(UTC) <= now]
    if len(past) == len(said):
        here = now.astimezone(zone)
        raise TimeError(
            f"{span_words(_span(past[0]), zone)} is past: it is {here:%H:%M} on {full_date(here.date())}. Which day do you mean?"
        )
    warnings = [f"{span_words(_span(window), zone)} is past; I left it out." for window in past]
    return tuple(window for window in said if window not in past), _few(warnings, "past times were left out")


def _few(lines: Sequence[str], what: str) -> list[str]:
    return [*lines[:_SHOWN_RUNS], f"{len(lines) - _SHOWN_RUNS} more {what}."] if len(lines) > _SHOWN_RUNS else list(lines)


def _kept(old: Sequence[Window], new: Sequence[Window], mode: str, zone: ZoneInfo) -> list[Window]:
    """What stays known."""
    if mode == "add":
        return list(old)
    if not new:
        return []
    days = {_day(piece, zone) for window in new for piece in _pieces(window, zone)}
    return [piece for window in old for piece in _pieces(window, zone) if _day(piece, zone) not in days]


def _day(window: Window, zone: ZoneInfo) -> date:
    return window.start.astimezone(zone).date()


def _pieces(window: Window, zone: ZoneInfo) -> list[Window]:
    """A window cut at the midnights in it, but for a last piece that is the night of the day before."""
    first = _day(window, zone)
    if first == window.end.astimezone(zone).date():
        return [window]
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    days = (first + timedelta(days=n) for n in range(1, (end - start).days + 3))
    cuts = [(day, cut) for day in days if start < (cut := wall_moment(day, 0, zone)) < end]
    if cuts and end <= wall_moment(cuts[-1][0], _NIGHT, zone):
        cuts.pop()
    return [replace(window, start=low, end=high) for low, high in pairwise([start, *(cut for _, cut in cuts), end])]


def _span(window: Window) -> Span:
    return (window.start, window.end)


def _conflict_words(spans: Iterable[Span], zone: ZoneInfo) -> list[str]:
    lines = [f"{span_words(span, zone)} was said to be both free and busy; I count it as busy." for span in spans]
    return _few(lines, "times were said to be both free and busy")


def _only_busy_words(windows: Sequence[Window], name: str) -> list[str]:
    if not windows or any(window.kind != "busy" for window in windows):
        return []
    return [f"I know only when {listed([name])} cannot, not when {'you' if name == ME else 'they'} can."]


def _group_words(group: Sequence[Window], zone: ZoneInfo) -> str:
    """Windows with the same clock times: their kind, clock and dates."""
    kind = _KIND_WORDS[group[0].kind]
    if len(group) == 1:
        return f"{kind} {span_words(_span(group[0]), zone)}"
    start, end = group[0].start.astimezone(zone), group[0].end.astimezone(zone)
    dates = [full_date(_day(window, zone)) for window in group]
    more = [f"{len(dates) - _SHOWN_DATES} more days up to {dates[-1]}"] if len(dates) > _SHOWN_DATES else []
    return f"{kind} {start:%H:%M} to {end:%H:%M} on {listed([*dates[: None if not more else _SHOWN_DATES], *more])}"


def _obstacle_words(obstacle: Obstacle, zone: ZoneInfo) -> Iterator[str]:
    me = obstacle.name == ME
    for span in obstacle.busy:
        yield f"{'You are' if me else f'{obstacle.name} is'} busy {span_words(span, zone)}."
    for growth in obstacle.growths:
        changes = [f"begin {_length_words(growth.earlier)} earlier"] * bool(growth.earlier)
        changes += [f"go on {_length_words(growth.later)} longer"] * bool(growth.later)
        whose = "Your" if me else f"{obstacle.name}'s"
        yield f"{whose} time {span_words(growth.window, zone)} would have to {' and '.join(changes)}."
    if not obstacle.busy and not obstacle.growths:
        yield f"I do not know of a time near it at which {'you' if me else obstacle.name} can come."


def _spoken_of(open_times: Iterable[Sequence[Span]], zone: ZoneInfo) -> list[date]:
    """The days on which somebody might come."""
    pieces = (piece for spans in open_times for span in spans for piece in _pieces(Window(*span), zone))
    return sorted({_day(piece, zone) for piece in pieces})


def _hours(open_times: Iterable[Sequence[Span]], days: Sequence[date], zone: ZoneInfo) -> Minutes:
    """The hours of these days in which somebody might come; the usual ones when nobody might."""
    shown = set(days)
    first, after = _wall(days[0], 0, zone), _wall(days[-1], _MIDNIGHT, zone)
    found: list[Minutes] = []
    for spans in open_times:
        for start, end in spans[bisect_right(spans, first, key=itemgetter(1)) : bisect_left(spans, after, key=itemgetter(0))]:
            low, high = start.astimezone(zone), end.astimezone(zone)
            found.append(_wall_minutes(low, high) if low.date() in shown else WHOLE_DAY)
    return reduce(lambda a, b: (min(a[0], b[0]), max(a[1], b[1])), found) if found else DAY


def _wall_minutes(start: datetime, end: datetime) -> Minutes:
    """The clock times of a window; all day when it goes over midnight."""
    last = end.hour * 60 + end.minute + _MIDNIGHT * (end.date() - start.date()).days
    return (start.hour * 60 + start.minute, last) if last <= _MIDNIGHT else WHOLE_DAY


def _count(low: int, high: int, step: int) -> int:
    return -(-high // step) - low // step


def _columns(day: date, hours: Minutes, step: int, zone: ZoneInfo) -> list[Span]:
    """The day's stretches of `step` minutes; on a day of 23 or 25 hours there are fewer or more of them."""
    low, high = hours[0] // step * step, -(-hours[1] // step) * step
    start, end = (wall_moment(day, minutes, zone).astimezone(UTC) for minutes in (low, high))
    count = -(-(end - start) // timedelta(minutes=step))
    moments = [start + n * timedelta(minutes=step) for n in range(count)]
    return [(moment.astimezone(zone), min(moment + timedelta(minutes=step), end).astimezone(zone)) for moment in moments]


def _lines(
    days: Sequence[date], columns: Sequence[Sequence[Span]], rows: Sequence[tuple[str, Sequence[Answer]]], zone: ZoneInfo
) -> Iterator[str]:
    first = 0
    for day, of_day in zip(days, columns, strict=True):
        told = [f"{name}: {_row_words(of_day, cells[first : first + len(of_day)])}" for name, cells in rows[:SHOWN_PEOPLE]]
        told += [f"and {len(rows) - SHOWN_PEOPLE} more people"] if len(rows) > SHOWN_PEOPLE else []
        first += len(of_day)
        hours = f"{of_day[0][0]:%H:%M} to {_end_words(of_day[-1][1])}" if of_day else "hours that the clocks skip"
        yield f"{full_date(day)}, {hours} ({zone.key}). {'; '.join(told)}."


def _row_words(columns: Sequence[Span], cells: Sequence[Answer]) -> str:
    """One person's day: the stretches that stand out, and what the rest is."""
    rest: Answer = "unknown" if "unknown" in cells else "no"
    runs: list[str] = []
    index = 0
    for answer, run in groupby(cells):
        length = len(list(run))
        if answer != rest:
            runs.append(f"{_CELL_WORDS[answer]} {columns[index][0]:%H:%M} to {_end_words(columns[index + length - 1][1])}")
        index += length
    more = [f"{len(runs) - _SHOWN_RUNS} more stretches"] if len(runs) > _SHOWN_RUNS else []
    otherwise = [f"{_CELL_WORDS[rest]} otherwise"] if runs and rest in cells else []
    return ", ".join([*runs[:_SHOWN_RUNS], *more, *otherwise]) or _CELL_WORDS[rest]


def _end_words(end: datetime) -> str:
    return f"{end:%H:%M}" if end.time() != time() else "24:00"


def _notes(days: Sequence[date], people: int, step: int) -> Iterator[str]:
    if len(days) > SHOWN_DAYS:
        yield f"Only the first {SHOWN_DAYS} of {len(days)} days are shown, until {full_date(days[SHOWN_DAYS - 1])}."
    if step > _STEPS[0]:
        yield f"A column stands for {_length_words(timedelta(minutes=step))}; “yes” means that all of it is free."
    if people > SHOWN_PEOPLE:
        yield f"The lines of text name the first {SHOWN_PEOPLE} of {people} people."
