"""Dates and times as people write them, in English.

`read_groups` turns "free Friday 18-22 and Saturday from 7pm, not 19-20" into groups of days, clock ranges and a kind; `windows_of`
turns those into windows in a zone. A weekday is the next one from today on (today included); "next Friday" is the Friday of next
week. An hour from 1 to 7 without am or pm is in the afternoon or evening, and so is one from 8 to 11 when the talk is of an
evening. What it does not know (recurring days, holidays by name) it leaves alone: it never guesses a date.
"""
# ruff: noqa: RUF001  people type both apostrophes and several dashes
# ruff: noqa: PLR2004  the numbers are those of a clock
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .errors import TimeError
from .finder import Kind, Window

Minutes = tuple[int, int]
"""Start and end in minutes after midnight; 1440 is the end of the day."""

DAY: Final[Minutes] = (8 * 60, 23 * 60)
WHOLE_DAY: Final[Minutes] = (0, 24 * 60)
PARTS: Final[dict[str, Minutes]] = {
    "morning": (8 * 60, 12 * 60),
    "lunchtime": (11 * 60, 14 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (17 * 60, 23 * 60),
    "night": (19 * 60, 24 * 60),
}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_WEEKDAY: Final = r"mon(?:days?)?|tue(?:s|sdays?)?|wed(?:nesdays?)?|thu(?:r|rs|rsdays?)?|fri(?:days?)?|sat(?:urdays?)?|sun(?:days?)?"
MONTH: Final = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_CLOCK: Final = r"(?:\d{1,2}(?:[:.]\d\d)?\s*(?:[ap]\.?m\b\.?)?|noon\b|midnight\b)"
_PART: Final = r"mornings?|lunch\s?time|afternoons?|evenings?|nights?"

_TOKEN: Final = re.compile(
    rf"""(?ix)
    (?P<iso>\b\d{{4}}-\d\d-\d\d\b)
  | (?P<day_month>\b(?:the\s+)?(?P<dm_day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<dm_month>{MONTH})\b\.?(?:,?\s+(?P<dm_year>\d{{4}}))?)
  | (?P<month_day>\b(?P<md_month>{MONTH})\s+(?P<md_day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(?P<md_year>\d{{4}}))?)
  | (?P<dotted>\b(?P<dot_day>\d{{1,2}})\.(?P<dot_month>\d{{1,2}})\.(?P<dot_year>\d{{4}})?)
  | (?P<after_tomorrow>\b(?:the\s+)?day\s+after\s+tomorrow\b)
  | (?P<relative>\b(?:today|tonight|tomorrow)\b)
  | (?P<in_days>\bin\s+(?P<days>\d{{1,2}})\s+(?P<unit>days?|weeks?)\b)
  | (?P<weekend>\b(?P<weekend_next>next\s+)?(?:this\s+|the\s+)?weekend\b)
  | (?P<weekday>\b(?:(?P<next>next)\s+|this\s+|coming\s+)?(?P<weekday_name>{_WEEKDAY})\b)
  | (?P<all_day>\b(?:(?:all|whole|entire)\s+day|any\s?time(?!\s+(?:after|before|from|until|till|between|past|by)\b)|always)\b)
  | (?P<between>\b(?:between|from)\s+(?P<b_start>{_CLOCK})\s*(?:and|to|until|till|-|–)\s*(?P<b_end>{_CLOCK}))
  | (?P<range>\b(?P<r_start>{_CLOCK})\s*(?:-|–|—|to|until|till)\s*(?P<r_end>{_CLOCK}))
  | (?P<from>\b(?:from|after|since|as\s+of|starting(?:\s+at)?)\s+(?P<f_clock>{_CLOCK})(?:\s*(?:on|onwards?)\b)?)
  | (?P<until>\b(?:until|till|before|by|up\s+to)\s+(?P<u_clock>{_CLOCK}))
  | (?P<at>\b(?:at|around|about)\s+(?P<a_clock>{_CLOCK})(?!\s*(?:€|\$|£|euros?|eur|people|of\s+us)))
  | (?P<clock>\b(?:\d{{1,2}}[:.]\d\d(?:\s*[ap]\.?m\b)?|\d{{1,2}}\s*[ap]\.?m\b))(?:\s*(?P<onwards>onwards?))?
  | (?P<part>\b(?:all\s+|the\s+whole\s+)?(?P<part_name>{_PART})\b)
  | (?P<if_needed>\b(?:if\s+(?:need(?:ed)?(?:\s+be)?|necessary|really\s+needed)|(?:only\s+)?at\s+a\s+(?:pinch|push)|maybe|possibly|perhaps)\b)
  | (?P<busy>\b(?:busy|can\s?no[t]|can['’]?t|unavailable|(?:is|am|are|do|does|would|will)\s*n['’]?o?t\s+(?:\w+\s+)?(?:free|available|able)|not\s+(?:free|available|able)|isn['’]t|aren['’]t|won['’]t|doesn['’]t\s+work|but\s+not|except|not)\b)
  | (?P<free>\b(?:free|available|can|could|works?|ok|okay|possible)\b)
    """
)
_LENGTH: Final = re.compile(
    r"(?i)\b(?:for|lasts?|about|takes?)?\s*(?P<half>half\s+an\s+hour)|\b(?P<count>\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six)(?P<plus>\s+and\s+a\s+half)?[\s-]*(?P<unit>hours?|hrs?|h|minutes?|mins?)\b"
)
_WORDS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


@dataclass(frozen=True, slots=True)
class Group:
    """Some days and clock ranges that belong together. No days or no ranges means: not said."""

    days: tuple[date, ...] = ()
    ranges: tuple[Minutes, ...] = ()
    kind: Kind = "free"


def next_weekday(today: date, weekday: int, *, next_week: bool = False) -> date:
    """The first such day from today on, or the one in the week (Monday first) after this."""
    if next_week:
        return today + timedelta(days=7 - today.weekday() + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def read_days(text: str, today: date) -> tuple[date, ...]:
    """Every day named in `text`, in order of time, each once."""
    return tuple(sorted({day for match in _TOKEN.finditer(text) for day in _days(match, today)}))


def read_part(text: str) -> Minutes | None:
    """The part of the day that is named ("evening"), if one is; "tonight" is an evening."""
    found = re.search(rf"(?i)\b(?:(?P<part_name>{_PART})|(?P<tonight>tonight)|(?P<lunch>lunch|brunch))\b", text)
    if not found:
        return None
    return PARTS["evening"] if found["tonight"] else PARTS["lunchtime"] if found["lunch"] else _part(found["part_name"])


def read_length(text: str) -> int | None:
    """A length in minutes ("two hours", "90 min", "1.5 h"), if one is named."""
    found = length_match(text)
    if not found:
        return None
    if found["half"]:
        return 30
    said = found["count"].lower().replace(",", ".")
    count = _WORDS.get(said) or float(said)
    count += 0.5 if found["plus"] else 0
    return round(count * (60 if found["unit"].lower().startswith("h") else 1)) or None


def length_match(text: str) -> re.Match[str] | None:
    """Where `text` names a length."""
    return _LENGTH.search(text)


def has_time(text: str) -> bool:
    """Whether `text` names a day, a clock time, a part of the day or an availability."""
    return bool(_TOKEN.search(text))


def says_when(text: str) -> bool:
    """Whether `text` names a day, a clock time or a part of the day: more than "free" or "busy"."""
    return any(not (match["free"] or match["busy"] or match["if_needed"]) for match in _TOKEN.finditer(text))


def time_spans(text: str) -> list[tuple[int, int]]:
    """Where in `text` the words stand that this grammar uses."""
    return [match.span() for match in _TOKEN.finditer(text)]


def read_groups(text: str, today: date, context: Minutes | None = None) -> tuple[Group, ...]:
    """The groups that `text` names, in its order. `context` is the part of the day that the talk is about.

    A group that follows another one without a day of its own takes over its days; so does "not 19-20".
    Days that do not exist ("31 June") are left out.
    """
    groups: list[_Building] = [_Building()]
    for match in _TOKEN.finditer(text):
        _take(groups, match, today, context)
    built = [group.done() for group in groups if group.days or group.ranges or group.part or group.said]
    carried = [Group(g.days or _before(built, i), g.ranges, g.kind) for i, g in enumerate(built)]
    return tuple(carried)


def windows_of(groups: Iterable[Group], days: Sequence[date], zone: ZoneInfo) -> tuple[Window, ...]:
    """The windows that `groups` mean, on their own days or else on `days`.

    Without a clock time a free day is 08:00 to 23:00 and a busy one all 24 hours.
    """
    found: list[Window] = []
    for group in groups:
        for day in group.days or tuple(days):
            for span in group.ranges or (WHOLE_DAY if group.kind == "busy" else DAY,):
                found.append(window_on(day, span, zone, group.kind))  # noqa: PERF401  three nested loops read better than one comprehension
    return tuple(found)


def window_on(day: date, span: Minutes, zone: ZoneInfo, kind: Kind = "free") -> Window:
    """`span` of `day` by the wall clock of `zone`; an end at or before its start is on the next day."""
    start, end = span
    return Window(_moment(day, start, zone), _moment(day, end if end > start else end + 24 * 60, zone), kind)


def read_zone(name: str) -> ZoneInfo:
    """The zone called `name` (IANA). Raises TimeError for one that is not known."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise TimeError(f"I do not know the time zone “{name}”. Please give one like Europe/Helsinki.") from error


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """An ISO 8601 time; one without an offset is by the wall clock of `zone`. Raises TimeError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeError(f"I cannot read the time “{text[:40]}”. Please write it as 2026-11-27T19:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def full_date(day: date) -> str:
    """The day in full, so that nobody has to count: "Friday 27 November 2026"."""
    return f"{_WEEKDAYS[day.weekday()].title()} {day.day} {_MONTHS[day.month - 1].title()} {day.year}"


class _Building:
    """A group while its words come in."""

    def __init__(self, kind: Kind = "free", *, said: bool = False, aside: bool = False) -> None:
        self.days: list[date] = []
        self.ranges: list[Minutes] = []
        self.part: Minutes | None = None
        self.kind: Kind = kind
        self.said = said
        self.closed_days = False
        self.aside = aside  # "but not 19-20": on the days of the group before

    def done(self) -> Group:
        ranges = [_clip(r, self.part) for r in self.ranges] if self.part else self.ranges
        part = (self.part,) if self.part else ()
        return Group(tuple(dict.fromkeys(self.days)), tuple(dict.fromkeys(ranges)) or part, self.kind)


def _before(groups: Sequence[Group], index: int) -> tuple[date, ...]:
    return next((group.days for group in reversed(groups[:index]) if group.days), ())


def _take(groups: list[_Building], match: re.Match[str], today: date, context: Minutes | None) -> None:
    """Put one token where it belongs: into the last group, or into a new one."""
    group = groups[-1]
    if days := _days(match, today):
        group = _group_for_days(groups)
        group.days += days
        if match["relative"] and match["relative"].lower() == "tonight":
            group.part = PARTS["evening"]
    elif match["busy"] or match["if_needed"] or match["free"]:
        _take_kind(groups, match)
    elif match["part"]:
        group.part = _part(match["part_name"])
        group.closed_days = True
    else:
        _take_range(group, match, group.part or context)


def _group_for_days(groups: list[_Building]) -> _Building:
    """A day after complete days and times begins something new; a day after times alone completes them."""
    group = groups[-1]
    if (group.days and group.closed_days) or (group.aside and group.ranges):
        groups.append(_Building("free" if group.aside else group.kind))
    elif (group.ranges or group.part) and not group.days:
        group.closed_days = True
    return groups[-1]


def _take_kind(groups: list[_Building], match: re.Match[str]) -> None:
    kind: Kind = "busy" if match["busy"] else "if_needed" if match["if_needed"] else "free"
    group = groups[-1]
    if (
        kind == "if_needed"
        or not (group.days or group.ranges or group.part)
        or (kind == "busy" and match["busy"].lower() not in {"not", "but not", "except"} and not group.said)
    ):
        group.kind, group.said = kind, True
    elif kind != group.kind and (kind == "busy" or group.said):
        groups.append(_Building(kind, said=True, aside=bool(group.days) and kind == "busy"))
    else:
        group.said = True


def _take_range(group: _Building, match: re.Match[str], part: Minutes | None) -> None:
    found = _range(match, part)
    if not found:
        return
    if group.kind == "busy" and (match["from"] or match["until"]):
        found, group.kind = _other_side(found, match, part), "free"
    group.ranges.append(found)
    group.closed_days = bool(group.days) or group.closed_days


def _other_side(found: Minutes, match: re.Match[str], part: Minutes | None) -> Minutes:
    """What is left: "not before 7" is free from 7; "not after 9" is free until 9."""
    low, high = part or DAY
    return (found[1], max(high, found[1] + 60)) if match["until"] else (min(low, found[0] - 60), found[0])


def _range(match: re.Match[str], part: Minutes | None) -> Minutes | None:
    """The clock range of a token, in minutes; None when no clock reads like that."""
    if match["all_day"]:
        return DAY
    low, high = part or DAY
    if match["range"] or match["between"]:
        return _pair(match["r_start"] or match["b_start"], match["r_end"] or match["b_end"], part)
    if match["until"]:
        end = _minutes(match["u_clock"], part, end=True)
        return None if end is None else (min(low, end - 60), end) if end > 0 else None
    clock = match["f_clock"] or match["a_clock"] or match["clock"]
    start = _minutes(clock, part) if clock else None  # a token without a clock is a day that does not exist
    return None if start is None else (start, high if high > start else 24 * 60)


def _pair(first: str, second: str, part: Minutes | None) -> Minutes | None:
    half = re.search(r"(?i)[ap](?=\.?m)", second)
    if half and not re.search(r"(?i)[apn]", first):
        first_half = f"{first.strip()}{half[0]}m"
        start, end = _minutes(first_half, part), _minutes(second, part, end=True)
        if start is not None and end is not None and start >= end and half[0].lower() == "p":
            start = _minutes(f"{first.strip()}am", part)
    else:
        start, end = _minutes(first, part), _minutes(second, part, end=True)
    if start is None or end is None:
        return None
    if end <= start and end + 12 * 60 > start and end < 12 * 60:
        end += 12 * 60
    return (start, end)


def _minutes(clock: str, part: Minutes | None, *, end: bool = False) -> int | None:
    said = clock.strip().lower().replace(".", ":").replace(" ", "").rstrip(":")
    if said in {"noon", "midnight"}:
        return 12 * 60 if said == "noon" else 24 * 60 if end else 0
    found = re.fullmatch(r"(\d{1,2})(?::(\d\d))?(?:([ap]):?m:?)?", said)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if hour > 24 or minute > 59 or (found[3] and not 1 <= hour <= 12):
        return None
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    elif _afternoon(hour, found[1], part):
        hour += 12
    return min(hour * 60 + minute, 24 * 60)


def _afternoon(hour: int, written: str, part: Minutes | None) -> bool:
    """Whether a bare hour means the second half of the day. "07" with its zero is a 24-hour clock."""
    if written.startswith("0") or not 1 <= hour <= 11:
        return False
    if part:
        return part[0] >= 12 * 60 or (hour < 6 and part[1] > 12 * 60)
    return hour <= 7


def _part(name: str) -> Minutes:
    said = name.lower().replace(" ", "").rstrip("s")
    return PARTS[said]


def _clip(span: Minutes, part: Minutes) -> Minutes:
    """What of `span` lies in `part`; all of it when nothing does."""
    low, high = max(span[0], part[0]), min(span[1], part[1])
    return (low, high) if low < high else span


def _days(match: re.Match[str], today: date) -> list[date]:
    if match["weekday"]:
        index = next(i for i, name in enumerate(_WEEKDAYS) if name.startswith(match["weekday_name"].lower()[:3]))
        return [next_weekday(today, index, next_week=bool(match["next"]))]
    if match["weekend"]:
        saturday = next_weekday(today, 5) + timedelta(days=7 if match["weekend_next"] else 0)
        return [saturday, saturday + timedelta(days=1)]
    if match["relative"]:
        return [today + timedelta(days=int(match["relative"].lower() == "tomorrow"))]
    if match["after_tomorrow"]:
        return [today + timedelta(days=2)]
    if match["in_days"]:
        return [today + timedelta(days=int(match["days"]) * (7 if match["unit"].lower().startswith("w") else 1))]
    return _calendar_days(match, today)


def _calendar_days(match: re.Match[str], today: date) -> list[date]:
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
        return _date(year, month, day)
    for prefix in ("dm", "md"):
        if match[f"{prefix}_month"]:
            month = 1 + next(i for i, name in enumerate(_MONTHS) if name.startswith(match[f"{prefix}_month"].lower()[:3]))
            return _date_from(match[f"{prefix}_year"], month, int(match[f"{prefix}_day"]), today)
    if match["dotted"]:
        return _date_from(match["dot_year"], int(match["dot_month"]), int(match["dot_day"]), today)
    return []


def _date_from(year: str | None, month: int, day: int, today: date) -> list[date]:
    """The date, in the year said or the first one in which it is not past."""
    if year:
        return _date(int(year), month, day)
    this_year = _date(today.year, month, day)
    return this_year if this_year and this_year[0] >= today else _date(today.year + 1, month, day)


def _date(year: int, month: int, day: int) -> list[date]:
    try:
        return [date(year, month, day)]
    except ValueError:
        return []


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    extra, minutes = divmod(minutes, 24 * 60)
    return datetime.combine(day + timedelta(days=extra), time(minutes // 60, minutes % 60), zone)
