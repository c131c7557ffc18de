"""Days as people write them: "Friday the 20th", "13 and 14 March 2027", "27.11.", "a week from tomorrow", "that evening", "both days".

Guarantees: a day that `find` gives exists, and "5/12" is the fifth of December. A weekday, or a number without a month, is the day of the text
or of the plan that fits, else the next such day from today on; a date that is past this year is next year's. What does not exist ("31 June")
and a weekday that is not the date's is told by `problems`; the date counts, not its weekday. Not claimed: recurring days, feasts, and
ranges ("Mon to Wed" are two days).
"""
# ruff: noqa: RUF001  people type several apostrophes and dashes
# ruff: noqa: PLR2004  the numbers are those of a calendar
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from vibehuntr_agent.planning.phrases import MONTH, next_weekday

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COUNTS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WEEKDAY: Final = r"(?:mon(?:days?)?|tue(?:s|sdays?)?|wed(?:nesdays?)?|thu(?:r|rs|rsdays?)?|fri(?:days?)?|sat(?:urdays?)?|sun(?:days?)?)\b"
"""A weekday, as a pattern without groups."""
_WD: Final = rf"{WEEKDAY}\.?"
_MO: Final = rf"(?:{MONTH})\b(?:(?<=\b[a-zA-Z]{{3}})\.|(?<=\b[sS]ept)\.)?"
"""A month, with its point when it is cut short."""
_NUMBER: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_TH: Final = r"(?:st|nd|rd|th)"
_COUNT: Final = rf"(?:\d{{1,2}}|an?|{'|'.join(_COUNTS)})"
_GAP: Final = r"\s*+(?:,\s*+)?"
_ALONE: Final = r"(?<![\w:./-])"
_NO_MEASURE: Final = (
    r"(?!\s*(?:[:.]\d|[ap]\.?m\b|-|–|to\b|till?\b|until\b|o['’]?clock|(?:h|hours?|hrs?|min(?:ute)?s?|days?|weeks?)\b|people|persons?\b|friends|guests|others"
    r"|of\s+us|euros?|eur\b|[€$£%]|pounds?|dollars?|bucks)|\d)"
)
"""In "Friday 7 to 9", "Friday, 4 people" and "Friday, 2 hours" the number is no day."""
_FOUND: Final = re.compile(
    rf"""(?ix)
    (?P<iso>\b(?P<y0>(?:19|2[01])\d\d)-(?P<m0>\d\d)-(?P<d0>\d\d)\b)
  | (?P<both>\b(?:on\s+)?(?:both|each|either)\s+(?:of\s+(?:the|those|these)\s+)?(?:two\s+)?(?:days?|dates?|evenings?)\b|\bon\s+(?:both|each)\b(?=\s*[,.;]|$))
  | (?P<week_from>\ba\s+week\s+from\s+(?P<week_from_day>tomorrow|today)\b)
  | (?P<after_tomorrow>\b(?:the\s+)?day\s+after\s+tomorrow\b)
  | (?P<before_it>\bthe\s+day\s+before\s+(?:it|that)\b)
  | (?P<near>\b(?:today|tonight|tomorrow|tmrw|2morrow)\b)
  | (?P<in_days>\b(?:in\s+(?P<count1>{_COUNT})\s+(?P<unit1>days?|weeks?)\b(?!['’])|(?P<count2>{_COUNT})\s+(?P<unit2>days?|weeks?)\s+from\s+(?:now|today)\b))
  | (?P<whole_week>\b(?P<which_week>next|this)\s+week\b(?!['’]|[^.;!?\n]{{0,40}}\b(?:{_WD}|{_NUMBER}(?:{_TH}|\.)|tomorrow|weekend)))
  | (?P<weekend>\b(?:(?P<weekend_next>next)\s+)?(?:this\s+|the\s+)?weekend\b)
  | (?P<date>
      (?:\b(?P<weekday1>{_WD}){_GAP}\(?)?(?:\bthe\s+)?
      (?:
         (?<![\d:./])(?P<d1>{_NUMBER}){_TH}?\s*(?:of\s+)?(?P<m1>{_MO})(?:,?\s*(?P<y1>20\d\d)\b)?             # 20th of November 2026
       | \b(?P<m2>{_MO})\s*(?:the\s+)?(?P<d2>{_NUMBER}){_TH}?\b(?![:.]\d|\s*[ap]\.?m\b|\d)(?:,?\s*(?P<y2>20\d\d)\b)?  # Nov 20, 2026
       | (?:(?<!to\s)(?<!til\s)(?<!till\s)(?<!until\s)(?<![-–\d:./])|(?<=\d\.\sto\s)|(?<=(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ary|rch|ril|une|uly|ust|ber)\sto\s)|(?<=\d\.\s[-–]\s)|(?<![\d:./])(?=\d{{1,2}}\.\d{{1,2}}\.(?:\s*[:,);?!]|\s+for\b)))
         (?P<d3>{_NUMBER})\.(?P<m3>0?[1-9]|1[0-2])\.(?!\d\d?\b(?!\d))(?P<y3>20\d\d)?                        # 20.11.2026, not "until 8.30."
       | (?<![-–\d:./])(?P<d4>{_NUMBER})/(?P<m4>0?[1-9]|1[0-2])(?:/(?P<y4>20\d\d))?(?![\d/])                # 20/11/2026
       | {_ALONE}(?P<d5>{_NUMBER}){_TH}\b                                                                   # the 20th
      ))
  | (?P<lone>\b(?P<weekday6>{_WD}){_GAP}(?:the\s+)?(?P<d6>{_NUMBER})\b{_NO_MEASURE})                        # Fri 20
  | (?P<listed>{_ALONE}(?P<d7>{_NUMBER}){_TH}?(?=\s*(?:and|or|,|/|&|-|–)\s*(?:{_WD}\s+)?(?:the\s+)?{_NUMBER}{_TH}?\s*(?:of\s+)?(?:{MONTH})\b))  # 20 or 21 November
  | (?P<month_only>\b(?:in\s+)?(?P<m8>{MONTH})\s+(?P<y8>20\d\d)\b|\bin\s+(?P<m9>{MONTH})\b)
  | (?P<weekday>\b(?:(?P<which>next|this|coming|that|the|our)\s+)?(?P<weekday7>{_WD})(?P<week>\s+(?:next\s+week|in\s+a\s+week|this\s+week))?)
  | (?P<that>\b(?:on\s+)?(?:that|the\s+same)\s+(?:day|evening|night|afternoon|morning|date)\b|\b(?:on\s+)?the\s+day\b(?!\s+(?:after|before))|\bthat\s+lunchtime\b)
    """
)
_SAME_AGAIN: Final = re.compile(
    rf"(?i)(?:[\s,()/&.-]|\b(?:and|or|on|the|of|a|yes|it|is|that['’]s|{_TH}|{WEEKDAY}|{MONTH}|\d{{1,2}}{_TH}?|20\d\d)\b)*+"
)
"""What may stand between two ways of saying the same day: "28.11. (Saturday)", "Thursday in a week, that is 26 Nov"."""
_NEXT_WEEK: Final = re.compile(r"(?i)\bnext\s+week\b[^.;!?\n]*$")
_NEAR: Final = 40
"""Characters between two dates that may share a month, or two ways of saying one day."""
_FORTNIGHT: Final = 15
_TWO_MONTHS: Final = 62
"""Days in which every day of the month comes."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that some words of the text mean."""

    at: int
    end: int
    days: tuple[date, ...]
    anaphora: bool = False
    """Whether they point back to a day ("that evening"), so they name none of their own."""


@dataclass(frozen=True, slots=True)
class _Pointer:
    """Words that mean a day by what is known besides: "tomorrow", "Friday", "that evening"."""

    at: int
    end: int
    match: re.Match[str]


@dataclass(slots=True)
class _Date:
    """A date as far as it is written out; without a day it is a month alone."""

    at: int
    end: int
    said: str
    day: int | None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    meant: date | None = None


class _Known:
    """The dates that a day may be which is not said in full: those of the text first, then those of the plan."""

    def __init__(self, today: date, plan: Sequence[date]) -> None:
        self.today = today
        self.plan = tuple(plan)
        self._of_plan = _First(plan)
        self._of_text = _First()

    def add(self, day: date) -> None:
        """Keep a date of the text."""
        self._of_text.add(day)

    def first(self, *key: int | str) -> date | None:
        """The first date with this day, with this day and month, or on this weekday."""
        return self._of_text.by.get(key) or self._of_plan.by.get(key)

    @property
    def every(self) -> tuple[date, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self._of_text.days, *self._of_plan.days)))

    @property
    def nearest(self) -> date | None:
        """The first of them."""
        return next(iter((*self._of_text.days[:1], *self.plan[:1])), None)


class _First:
    """Dates, and the first of them for each day, day and month, and weekday."""

    def __init__(self, days: Sequence[date] = ()) -> None:
        self.days: list[date] = []
        self.by: dict[tuple[int | str, ...], date] = {}
        for day in days:
            self.add(day)

    def add(self, day: date) -> None:
        self.days.append(day)
        for key in ((day.day,), (day.day, day.month), (_WEEKDAYS[day.weekday()],)):
            self.by.setdefault(key, day)


def find(text: str, today: date, plan_days: Sequence[date] = ()) -> list[Days]:
    """Every day named in `text`, in its order."""
    found, known = _read(text, today, plan_days)
    said: list[Days] = []
    last: dict[tuple[date, ...], int] = {}  # where the same days were said last
    for item in found:
        made = _dated(item, plan_days) if isinstance(item, _Date) else _pointed(item, known, said)
        if made and not (made.days in last and _says_again(text, last[made.days], made.at)):
            said.append(made)
            last[made.days] = made.end
    return said


def problems(text: str, today: date, plan_days: Sequence[date] = ()) -> list[str]:
    """What is wrong with the dates of `text`, in words for the person."""
    found, _ = _read(text, today, plan_days)
    return [told for item in found if isinstance(item, _Date) and (told := _problem(item))]


def has_day(text: str) -> bool:
    """Whether `text` names a day at all."""
    return bool(_FOUND.search(text))


def _problem(item: _Date) -> str | None:
    said = " ".join(item.said.split())
    if item.day and not item.meant:
        return f"There is no “{said}”. Which day do you mean?"
    if item.meant and item.weekday not in {None, item.meant.weekday()}:
        return f"“{said}”: that date is a {item.meant:%A}. I take the date."
    return None


def _read(text: str, today: date, plan_days: Sequence[date]) -> tuple[list[_Pointer | _Date], _Known]:
    """All that names days, its dates worked out: before the rest, for "27 or 28 November, Friday or Saturday" names each of them twice."""
    found = [_item(match) for match in _FOUND.finditer(text)]
    _share_months(found, text)
    known = _Known(today, plan_days)
    for item in found:
        if isinstance(item, _Date) and item.day:
            item.meant = _in_full(item, item.day, known)
            if item.meant:
                known.add(item.meant)
    return found, known


def _item(match: re.Match[str]) -> _Pointer | _Date:
    which = next((n for n in "01234567" if match[f"d{n}"]), None) or ("8" if match["m8"] else "9" if match["m9"] else None)
    if which is None:
        return _Pointer(*match.span(), match)
    parts = match.groupdict()
    day, month, year = (parts.get(f"{part}{which}") for part in "dmy")
    weekday = match["weekday1"] or match["weekday6"]
    return _Date(
        *match.span(),
        match[0],
        day=int(day) if day else None,
        month=_month(month) if month else None,
        year=int(year) if year else None,
        weekday=_weekday(weekday) if weekday else None,
    )


def _month(said: str) -> int:
    return int(said) if said.isdigit() else _MONTHS.index(said.lower()[:3]) + 1


def _weekday(name: str) -> int:
    return _WEEKDAYS.index(name.lower()[:3])


def _share_months(found: Sequence[_Pointer | _Date], text: str) -> None:
    """In "27 or 28 November 2026" and "on the 13th or 14th, in March 2027" the month and the year are said once."""
    dates = [item for item in found if isinstance(item, _Date)]
    alone = next((item for item in dates if item.day is None), None)
    for item in dates if alone else ():
        if alone and not item.month:
            item.month, item.year = alone.month, alone.year
    for index in range(len(found) - 2, -1, -1):
        one = found[index]
        two = next((other for other in found[index + 1 : index + 3] if isinstance(other, _Date)), None)
        if isinstance(one, _Date) and two and two.at - one.end < _NEAR and not re.search(r"[;!?\n]", text[one.end : two.at]):
            if not one.month and one.day and two.day and one.day > two.day:
                continue  # "the 30th or December 1": the month before
            one.month = one.month or two.month
            one.year = one.year or (two.year if one.month == two.month else None)


def _in_full(item: _Date, day: int, known: _Known) -> date | None:
    """The date that is meant; None when there is none such."""
    today = known.today
    if item.month:
        if not item.year and (same := known.first(day, item.month)):
            return same
        found = _exists(item.year or today.year, item.month, day)
        return found if item.year or (found and found >= today) else _exists(today.year + 1, item.month, day)
    if same := known.first(day):
        return same
    near = known.nearest
    if near and (found := _exists(near.year, near.month, day)) and found >= today and abs((found - near).days) < _FORTNIGHT:
        return found
    ahead = (today + timedelta(days=n) for n in range(_TWO_MONTHS))
    return next((one for one in ahead if one.day == day), None)


def _exists(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _dated(item: _Date, plan_days: Sequence[date]) -> Days | None:
    return Days(item.at, item.end, (item.meant,), anaphora=item.meant in plan_days) if item.meant else None


def _pointed(words: _Pointer, known: _Known, said: Sequence[Days]) -> Days | None:
    match, at, end = words.match, words.at, words.end
    if match["that"] and said and said[-1].days and len(known.plan) != 1:
        return Days(at, end, said[-1].days[-1:], anaphora=True)
    if match["both"] or match["that"]:
        return Days(at, end, tuple(known.plan), anaphora=True)
    if match["before_it"]:
        return Days(at, end, (said[-1].days[0] - timedelta(days=1),)) if said and said[-1].days else None
    if match["weekend"]:
        return _weekend(words, known)
    if match["whole_week"]:
        monday = known.today - timedelta(days=known.today.weekday()) + timedelta(days=7 if match["which_week"].lower() == "next" else 0)
        return Days(at, end, tuple(day for day in (monday + timedelta(days=n) for n in range(7)) if day >= known.today))
    if match["weekday"]:
        return _next_weekday(words, known)
    return Days(at, end, (known.today + timedelta(days=_days_away(match)),))


def _weekend(words: _Pointer, known: _Known) -> Days:
    inside = tuple(day for day in known.every if day.weekday() >= 5)
    if inside:
        return Days(words.at, words.end, inside, anaphora=set(inside) <= set(known.plan))
    saturday = next_weekday(known.today, 5) + timedelta(days=7 if words.match["weekend_next"] else 0)
    return Days(words.at, words.end, (saturday, saturday + timedelta(days=1)))


def _next_weekday(words: _Pointer, known: _Known) -> Days:
    """The weekday that is near; "next Friday" is the Friday of next week."""
    match, at, end = words.match, words.at, words.end
    weekday, week = _weekday(match["weekday7"]), " ".join((match["week"] or "").lower().split())
    which = (match["which"] or "").lower()
    if week == "next week":
        return Days(at, end, (next_weekday(known.today, weekday, next_week=True),))
    if week == "in a week":
        return Days(at, end, (next_weekday(known.today, weekday) + timedelta(days=7),))
    if _NEXT_WEEK.search(match.string[max(0, at - _NEAR) : at]):
        return Days(at, end, (next_weekday(known.today, weekday, next_week=True),))
    if which != "next" and (same := known.first(_WEEKDAYS[weekday])):
        return Days(at, end, (same,), anaphora=same in known.plan)
    return Days(at, end, (next_weekday(known.today, weekday, next_week=which == "next"),))


def _days_away(match: re.Match[str]) -> int:
    if match["week_from"]:
        return 8 if match["week_from_day"].lower() == "tomorrow" else 7
    if match["after_tomorrow"]:
        return 2
    if match["near"]:
        return int("m" in match["near"].lower())
    count, unit = match["count1"] or match["count2"], match["unit1"] or match["unit2"]
    return _count(count.lower()) * (7 if unit.lower().startswith("w") else 1)


def _count(said: str) -> int:
    return int(said) if said.isdigit() else 1 if said in {"a", "an"} else _COUNTS.index(said) + 1


def _says_again(text: str, before: int, at: int) -> bool:
    """Whether the same day is only confirmed: "28.11. (Saturday)"."""
    return at - before < _NEAR and bool(_SAME_AGAIN.fullmatch(text[before:at]))
