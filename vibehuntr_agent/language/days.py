"""Days as people write them: "Friday the 20th", "13 and 14 March 2027", "27.11.", "a week from tomorrow", "that evening", "both days".

A weekday or a number without a month is the plan's day when one fits, else the next such day from today on; a date that is past this year is
next year's. What does not exist ("31 June") is told in `problems`, and no day comes of it.
"""
# ruff: noqa: RUF001  people type several apostrophes and dashes
# ruff: noqa: PLR2004  the numbers are those of a calendar

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from vibehuntr_agent.planning.phrases import MONTH as _MONTH_WORDS
from vibehuntr_agent.planning.phrases import next_weekday

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY: Final = (
    r"(?:mon(?:days?)?|tue(?:s|sdays?)?|wed(?:nesdays?)?|thu(?:r|rs|rsdays?)?|fri(?:days?)?|sat(?:urdays?)?|sun(?:days?)?)\b\.?"
)
MONTH: Final = rf"(?:{_MONTH_WORDS})"
_SHORT: Final = r"(?:(?<=\b[a-zA-Z]{3})\.|(?<=\b[sS]ept)\.)?"
"""The point of a month that is cut short."""
_NUMBER: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_SMALL: Final = r"(?:\d{1,2}|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
_WORDS: Final = {w: n for n, w in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)} | {
    "a": 1,
    "an": 1,
}
_FOUND: Final = re.compile(
    rf"""(?ix)
    (?P<iso>\b(?P<iso_y>\d{{4}})-(?P<iso_m>\d\d)-(?P<iso_d>\d\d)\b)
  | (?P<both>\b(?:on\s+)?(?:both|each|either)\s+(?:of\s+(?:the|those|these)\s+)?(?:two\s+)?(?:days?|dates?|evenings?)\b|\bon\s+(?:both|each)\b(?=\s*[,.;]|$))
  | (?P<week_tomorrow>\ba\s+week\s+from\s+(?P<wt>tomorrow|today)\b)
  | (?P<after_tomorrow>\b(?:the\s+)?day\s+after\s+tomorrow\b)
  | (?P<before_it>\bthe\s+day\s+before\s+(?:it|that)\b)
  | (?P<relative>\b(?:today|tonight|tomorrow|tmrw|2morrow)\b)
  | (?P<in_days>\b(?:in\s+(?P<count>{_SMALL})\s+(?P<unit>days?|weeks?)\b(?!['’])|(?P<count2>{_SMALL})\s+(?P<unit2>days?|weeks?)\s+from\s+(?:now|today)\b))
  | (?P<weekend>\b(?:(?P<weekend_next>next)\s+)?(?:this\s+|the\s+)?weekend\b)
  | (?P<date>
      (?:\b(?P<wd1>{_WEEKDAY})\s*,?\s*\(?)?(?:\bthe\s+)?
      (?:
         (?<![\d:./])(?P<d1>{_NUMBER})(?:st|nd|rd|th)?\s*(?:of\s+)?(?P<m1>{MONTH})\b{_SHORT}(?:,?\s*(?P<y1>20\d\d)\b)?
       | \b(?P<m2>{MONTH})\b{_SHORT}\s*(?:the\s+)?(?P<d2>{_NUMBER})(?:st|nd|rd|th)?\b(?![:.]\d|\s*[ap]\.?m\b|\d)(?:,?\s*(?P<y2>20\d\d)\b)?
       | (?:(?<!to\s)(?<!til\s)(?<!till\s)(?<!until\s)(?<![-–\d:./])|(?<![\d:./])(?=\d{{1,2}}\.\d{{1,2}}\.(?:\s*[:,);?!]|\s+for\b)))(?P<d3>{_NUMBER})\.(?P<m3>0?[1-9]|1[0-2])\.(?!\d\d?\b(?!\d))(?P<y3>20\d\d)?
       | (?<![-–\d:./])(?P<d4>{_NUMBER})/(?P<m4>0?[1-9]|1[0-2])(?:/(?P<y4>20\d\d))?(?![\d/])
       | (?<![\w:./-])(?P<d5>{_NUMBER})(?:st|nd|rd|th)\b
      )
    )
  | (?P<lone>\b(?P<wd6>{_WEEKDAY})\s*,?\s*(?:the\s+)?(?P<d6>{_NUMBER})\b(?!\s*(?:[:.]\d|[ap]\.?m\b|h\b|-|–|to\b|till?\b|until\b|o['’]?clock|people|of\s+us|euros?|€)|\d))
  | (?P<listed>(?<![\w:./-])(?P<d7>{_NUMBER})(?:st|nd|rd|th)?(?=\s*(?:and|or|,|/|&|-|–)\s*(?:{_WEEKDAY}\s+)?(?:the\s+)?{_NUMBER}(?:st|nd|rd|th)?\s*(?:of\s+)?{MONTH}\b))
  | (?P<month_only>\b(?:in\s+)?{MONTH}\s+(?P<mo_year>20\d\d)\b|\bin\s+{MONTH}\b)
  | (?P<weekday>\b(?:(?P<which>next|this|coming|that|the|our)\s+)?(?P<wd>{_WEEKDAY})(?P<week>\s+(?:next\s+week|in\s+a\s+week|this\s+week))?)
  | (?P<that>\b(?:on\s+)?(?:that|the\s+same)\s+(?:day|evening|night|afternoon|morning|date)\b|\b(?:on\s+)?the\s+day\b(?!\s+(?:after|before))|\bthat\s+lunchtime\b)
    """
)
_JOINED: Final = re.compile(r"(?i)^\s*(?:and|or|,|/|&|to|-|–)*\s*(?:on\s+)?(?:the\s+)?$")
_SAME_AGAIN: Final = re.compile(
    rf"(?i)(?:[\s,()/&.-]|\b(?:and|or|on|the|of|a|yes|it|is|that['’]s|th|st|nd|rd|{_WEEKDAY}|{MONTH}|\d{{1,2}}(?:st|nd|rd|th)?|20\d\d)\b)*"
)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that some words of the text mean."""

    at: int
    end: int
    days: tuple[date, ...]
    anaphora: bool = False
    """Whether they point back to a day ("that evening"), so they name none of their own."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Words that mean a day by what is known besides."""

    at: int
    end: int
    match: re.Match[str]
    day: date | None


@dataclass(slots=True)
class _Raw:
    """A date with what is said of it."""

    at: int
    end: int
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    text: str = ""
    date: date | None = None


def find(text: str, today: date, plan_days: Sequence[date] = (), problems: list[str] | None = None) -> list[Days]:
    """Every day named in `text`, in its order."""
    found = [_read(match, today) for match in _FOUND.finditer(text)]
    _share(found, text)
    dated: list[date] = []
    for item in found:  # dates first, for "27 or 28 November, Friday or Saturday" names each of them twice
        if isinstance(item, _Raw):
            item.date = _pick(item, today, [*dated, *plan_days])
            dated += [item.date] if item.date else []
    near = [*dated, *plan_days]
    said: list[Days] = []
    for item in found:
        made = _dated(item, plan_days, problems) if isinstance(item, _Raw) else _resolved(item, today, near, plan_days, said)
        if made and not _repeats(made, said, text):
            said.append(made)
    return said


def _read(match: re.Match[str], today: date) -> _Words | _Raw:
    at, end = match.span()
    if match["iso"]:
        return _Raw(at, end, None, int(match["iso_d"]), int(match["iso_m"]), int(match["iso_y"]), match[0])
    if match["date"]:
        return _date(match)
    if match["lone"]:
        return _Raw(at, end, _weekday(match["wd6"]), int(match["d6"]), text=match[0])
    if match["listed"]:
        return _Raw(at, end, None, int(match["d7"]), text=match[0])
    if match["month_only"]:
        name = re.sub(r"(?i)^in\s+", "", match[0]).lower()[:3]
        return _Raw(at, end, None, None, _MONTHS.index(name) + 1, int(match["mo_year"]) if match["mo_year"] else None, match[0])
    away = None if any(match[key] for key in ("both", "that", "before_it", "weekend", "weekday")) else _away(match, today)
    return _Words(at, end, match, away)


def _resolved(words: _Words, today: date, near: Sequence[date], plan_days: Sequence[date], said: Sequence[Days]) -> Days | None:
    match, at, end = words.match, words.at, words.end
    if words.day:
        return Days(at, end, (words.day,))
    if match["both"] or match["that"]:
        return Days(at, end, tuple(plan_days), anaphora=True)
    if match["before_it"]:
        return Days(at, end, (said[-1].days[0] - timedelta(days=1),)) if said and said[-1].days else None
    if match["weekend"]:
        inside = tuple(dict.fromkeys(day for day in near if day.weekday() >= 5))
        saturday = next_weekday(today, 5) + timedelta(days=7 if match["weekend_next"] else 0)
        return Days(at, end, inside or (saturday, saturday + timedelta(days=1)), anaphora=bool(inside) and set(inside) <= set(plan_days))
    return _next(match, today, near, plan_days)


def _date(match: re.Match[str]) -> _Raw:
    which = next(n for n in "12345" if match[f"d{n}"])
    month = match[f"m{which}"] if which != "5" else None
    year = match[f"y{which}"] if which != "5" else None
    number = None if month is None else int(month) if month.isdigit() else _MONTHS.index(month.lower()[:3]) + 1
    weekday = _weekday(match["wd1"]) if match["wd1"] else None
    return _Raw(*match.span(), weekday, int(match[f"d{which}"]), number, int(year) if year else None, match[0])


def _next(match: re.Match[str], today: date, near: Sequence[date], plan_days: Sequence[date]) -> Days:
    at, end = match.span()
    weekday, week = _weekday(match["wd"]), (match["week"] or "").lower()
    which = (match["which"] or "").lower()
    if "next week" in week:
        return Days(at, end, (next_weekday(today, weekday, next_week=True),))
    if "in a week" in week:
        return Days(at, end, (next_weekday(today, weekday) + timedelta(days=7),))
    of_plan = tuple(day for day in near if day.weekday() == weekday)
    if of_plan and which != "next":
        return Days(at, end, of_plan[:1], anaphora=of_plan[0] in plan_days)
    return Days(at, end, (next_weekday(today, weekday, next_week=which == "next"),))


def _away(match: re.Match[str], today: date) -> date:
    if match["week_tomorrow"]:
        return today + timedelta(days=8 if match["wt"].lower() == "tomorrow" else 7)
    if match["after_tomorrow"]:
        return today + timedelta(days=2)
    if match["relative"]:
        return today + timedelta(days=int("m" in match["relative"].lower()))
    count, unit = match["count"] or match["count2"], match["unit"] or match["unit2"]
    number = _WORDS.get(count.lower()) or int(count)
    return today + timedelta(days=number * (7 if unit.lower().startswith("w") else 1))


def _weekday(name: str) -> int:
    return _WEEKDAYS.index(name.lower()[:3])


def _share(found: list[_Words | _Raw], text: str) -> None:
    """In "27 or 28 November 2026" and "March 13 or March 14, 2027" the month and the year are said once, at the end."""
    alone = next((item for item in found if isinstance(item, _Raw) and item.day is None), None)
    for item in found:
        if alone and isinstance(item, _Raw) and not item.month:
            item.month, item.year = alone.month, alone.year
    for index in range(len(found) - 2, -1, -1):
        one = found[index]
        two = next((other for other in found[index + 1 : index + 3] if isinstance(other, _Raw)), None)
        if isinstance(one, _Raw) and two and len(text[one.end : two.at]) < 40 and not re.search(r"[;!?\n]", text[one.end : two.at]):
            one.month = one.month or two.month
            one.year = one.year or (two.year if one.month == two.month else None)


def _dated(raw: _Raw, plan_days: Sequence[date], problems: list[str] | None) -> Days | None:
    if raw.day is None:
        return None
    day = raw.date
    if day is None and problems is not None:
        problems.append(f"There is no “{' '.join(raw.text.split())}”. Which day do you mean?")
    if day and raw.weekday is not None and day.weekday() != raw.weekday and problems is not None:
        problems.append(f"“{' '.join(raw.text.split())}”: that date is a {day:%A}. I take the date.")
    return Days(raw.at, raw.end, (day,), anaphora=day in plan_days) if day else None


def _pick(raw: _Raw, today: date, near: Sequence[date]) -> date | None:
    if raw.day is None:
        return None
    if raw.month:
        match = next((day for day in near if (day.day, day.month) == (raw.day, raw.month)), None)
        if match and not raw.year:
            return match
        year = raw.year or today.year
        found = _exists(year, raw.month, raw.day)
        return found if raw.year or (found and found >= today) else _exists(today.year + 1, raw.month, raw.day)
    for day in near:
        if day.day == raw.day:
            return day
    if near and (found := _exists(near[0].year, near[0].month, raw.day)) and found >= today and abs((found - near[0]).days) < 15:
        return found
    ahead = (today + timedelta(days=n) for n in range(62))
    return next((day for day in ahead if day.day == raw.day), None)


def _exists(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _repeats(made: Days, said: Sequence[Days], text: str) -> bool:
    """Whether a weekday only says again which day the date beside it is: "28.11. (Saturday)", "Thursday in a week, 26 Nov"."""
    if not said or not made.days:
        return False
    before = next((days for days in reversed(said) if days.days == made.days), None)
    if not before:
        return False
    return bool(_SAME_AGAIN.fullmatch(text[before.end : made.at]))


def weekday_beside(text: str, days: Days) -> bool:
    """Whether the day stands in brackets."""
    return text[: days.at].rstrip().endswith("(")


def joined(text: str, one: Days, two: Days) -> bool:
    """Whether nothing but "and", "or" or a comma stands between them."""
    return bool(_JOINED.match(text[one.end : two.at]))
