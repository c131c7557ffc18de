"""Days, parts of the day and moments, as the planning functions share them; the messages are read in `vibehuntr_agent.language`."""

from __future__ import annotations

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
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTH: Final = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
"""The months in English, as alternatives of a pattern."""


def next_weekday(today: date, weekday: int, *, next_week: bool = False) -> date:
    """The first such day from today on, or the one in the week (Monday first) after this."""
    if next_week:
        return today + timedelta(days=7 - today.weekday() + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


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
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    extra, minutes = divmod(minutes, 24 * 60)
    return datetime.combine(day + timedelta(days=extra), time(minutes // 60, minutes % 60), zone)
