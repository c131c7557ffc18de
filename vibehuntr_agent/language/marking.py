"""A message with its days, durations and clock times marked: what the readers of choices, places and stops look at.

What stands in quotation marks is data: it is blank in all texts but the original. All texts have the length of the original. Of a message over
4,000 characters the end is not read.
"""
# ruff: noqa: RUF001  people type several apostrophes, quotation marks and dashes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  quotes around every word would hide the words

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from . import clock, days
from .context import NUMBER, Context, number

MAX_READ: Final = 4000
"""Of a longer message the rest is not read here."""
_DAY: Final = 24 * 60

CLOCK_MARK: Final = "\ue000\ue001*"
"""A clock time in `Marked.plain`, as a pattern."""
DAY_MARK: Final = "\ue002\ue003*"
LENGTH_MARK: Final = "\ue004\ue005*"
NAME_MARK: Final = "\ue006\ue007*"
MARKS: Final = re.compile("[\ue000-\ue007]")

_QUOTED: Final = re.compile(r"[\"“„«][^\"“”„»]*(?:[\"“”»]|\Z)|(?<!\w)'(?=\w)(?:[^'\n]|(?<=\w)'(?=\w)){3,200}'(?!\w)")
_SENTENCE: Final = re.compile(r"[^.!?\n;]+(?:\.(?!\s|$)[^.!?\n;]*)*[.!?;]*")
_LENGTH: Final = re.compile(
    rf"""(?ix)\b(?:
    (?P<three>three\s+quarters\s+of\s+an\s+hour) | (?P<quarter>(?:a\s+)?quarter\s+of\s+an\s+hour) | (?P<half_hour>half\s+an\s+hour|half-hour)
  | (?:(?P<couple>a\s+couple\s+of)|(?P<count>{NUMBER}|an?(?=\s)|another(?=\s)))(?P<plus>\s+and\s+a\s+half)?[\s-]*(?:(?:last|final|full|good|whole|more|further|extra|solid|short|quick|long)\s+)?
    (?:(?P<hours>hours?|hrs?|h(?=\d|\b))(?P<and_half>\s+and\s+a\s+half)?(?:\s*(?:and\s+)?(?P<rest>\d\d)\s*(?:m(?:in\w*)?\b|(?![\d:.])))?
      |(?P<minutes>minutes?|mins?)\b))\b"""
)
_ORDINAL: Final = re.compile(r"[1-9](?:st|nd|rd|th)\b(?!\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))")
"""A place in a list: "the 2nd" is a day, "2nd" is none."""
_FULL_STOP: Final = re.compile(r"\.(?=\s|$)")
CORRECTION: Final = r"(?:no|nope|sorry|wait|actually|i\s+mean|or\s+rather|rather|make\s+that|hang\s+on)\b"


CORRECTED: Final = re.compile(rf"^[\s,.;-]*(?:{CORRECTION}[\s,.;-]*)+$")
COMMON: Final = frozenset(
    "ravintola kahvila baari bar pub cafe café caffe restaurant bistro club hotel the and of de la le les el il da di du trattoria pizzeria "
    "brasserie house place room kitchen grill deli lounge tearoom".split()
)
MONTHS: Final = (
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec"
)
WEEKDAYS: Final = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"


@dataclass(frozen=True, slots=True)
class Length:
    """A duration where it stands."""

    at: int
    end: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A message with what its numbers mean. All texts have the length of the original."""

    text: str
    low: str
    """In lower case, with straight apostrophes, and blanks for what is quoted."""
    plain: str
    """`low` with a mark for each day, duration and clock time."""
    times: tuple[clock.Times, ...]
    lengths: tuple[Length, ...]
    named: tuple[days.Days, ...]
    """The days, also those pointed back to."""
    quotes: tuple[tuple[int, int], ...]

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Where the sentences are; the full stops of "27.11." and "5 p.m." end none."""
        for found in _SENTENCE.finditer(self.plain):
            if found[0].strip():
                yield found.span()

    def dates(self, at: int = 0, end: int | None = None) -> tuple[date, ...]:
        """The days named from `at` to `end`, each once."""
        inside = (found for found in self.named if at <= found.at < (len(self.low) if end is None else end))
        return tuple(dict.fromkeys(day for found in inside for day in found.days))

    def clock_at(self, at: int) -> clock.Times:
        """The time whose mark begins at `at`."""
        return next(times for times in self.times if times.at == at)


def fold(text: str) -> str:
    """`text` in lower case with straight apostrophes, at the same length."""
    low = "".join(small if len(small := char.lower()) == 1 else char for char in text)
    return MARKS.sub(" ", low.replace("’", "'").replace("´", "'").replace("`", "'"))


def mark(text: str, context: Context) -> Marked:
    """The message, ready to be read."""
    text = text[:MAX_READ] + " " * max(0, len(text) - MAX_READ)
    quotes = tuple(found.span() for found in _QUOTED.finditer(text))
    low = fold(text)
    for at, end in quotes:
        low = blank(low, at, end)
    named = [
        found
        for found in days.find(low, context.now.astimezone(context.zone).date(), plan_days(context))
        if not _ORDINAL.match(low, found.at)
    ]
    plain = low
    for found in named:
        plain = _put(plain, found.at, found.end, "\ue002\ue003")
    lengths = tuple(_lengths(plain))
    for length in lengths:
        plain = _put(plain, length.at, length.end, "\ue004\ue005")
    times = tuple(_with_closing_hours(plain, clock.find(_FULL_STOP.sub(";", MARKS.sub(" ", plain)))))
    for found in times:
        plain = _put(plain, found.at, found.end, "\ue000\ue001")
    return Marked(text, low, plain, times, lengths, tuple(named), quotes)


_CLOSING_HOUR: Final = re.compile(
    r"\b(?:close[sd]?|closing(?:\s+time)?|shuts?|shutting|last\s+orders?)\b\s*:?\s*(?:(?:is|its|doors|already|after|around|about|by|from)\s+){0,2}"
    r"(?P<hour>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?![\w%€$£:/]|[.-]\d|\s*(?:days?|min|h\b|hours?|weeks?|times?|of\b|people))"
)
"""An hour that only "closes" makes a time: "closes 19"."""


def _with_closing_hours(plain: str, times: Sequence[clock.Times]) -> Iterator[clock.Times]:
    """The times, and the bare hours at which a place closes, in their order."""
    told = {place for one in times for place in range(one.at, one.end)}
    hours = [found for found in _CLOSING_HOUR.finditer(plain) if found.start("hour") not in told]
    more = [replace(one, at=found.start("hour"), end=found.end("hour")) for found in hours for one in clock.find(f"at {found['hour']}")]
    yield from sorted([*times, *more], key=lambda one: one.at)


def titled(name: str) -> str:
    """`name` with capitals, if it was typed without any."""
    words = name.split()
    return " ".join(word[:1].upper() + word[1:] for word in words) if name == name.lower() else " ".join(words)


def plan_days(context: Context) -> tuple[date, ...]:
    """The plan's days, at most two weeks of them."""
    try:
        first = date.fromisoformat(str(context.plan.get("date_from")))
        last = date.fromisoformat(str(context.plan.get("date_to") or first))
    except ValueError:
        return ()
    return tuple(first + timedelta(days=n) for n in range(min((last - first).days, 13) + 1)) or (first,)


def blank(text: str, at: int, end: int) -> str:
    """`text` with spaces from `at` to `end`."""
    return text[:at] + " " * (end - at) + text[end:]


def moment(day: date, minutes: int, context: Context) -> datetime:
    """`minutes` after midnight of `day`, by the plan's wall clock."""
    more, minutes = divmod(minutes, _DAY)
    return datetime.combine(day + timedelta(days=more), time(*divmod(minutes, 60)), context.zone)


def distinctive(name: str) -> list[str]:
    """The words of a place's name by which people call it for short."""
    return [word for word in re.findall(r"[^\W\d_][\w'-]{2,}", fold(name)) if word not in COMMON]


def _put(text: str, at: int, end: int, marks: str) -> str:
    return text[:at] + marks[0] + marks[1] * (end - at - 1) + text[end:]


def _lengths(low: str) -> Iterator[Length]:
    for found in _LENGTH.finditer(low):
        minutes = _minutes(found)
        if 0 < minutes <= _DAY:
            yield Length(found.start(), found.end(), minutes)


def _minutes(found: re.Match[str]) -> int:
    for key, minutes in (("three", 45), ("quarter", 15), ("half_hour", 30)):
        if found[key]:
            return minutes
    count = 2.0 if found["couple"] else 1.0 if found["count"] in {"a", "an", "another"} else number(found["count"])
    count += 0.5 if found["plus"] or found["and_half"] else 0
    return round(count * 60) + int(found["rest"] or 0) if found["hours"] else round(count)
