"""Clock times as people write them: "18-22", "six till ten in the evening", "not before half past seven", "from 7pm on".

`find` gives what stands in a text, `moment_of` and `resolve` the minutes that are meant. An hour without am or pm is the one that fits: within
the part of the day that the talk is of, else 8 to 19 by a 24-hour clock; the two ends of a range are in order and close together. An hour
written with a zero ("07:30") and "10:00-10:45" are times of the 24-hour clock; "half seven" is 7:30. An end after midnight is above 1440.
Not claimed: that a lone number is a time; "at 6" is one, "6" is not.
"""
# ruff: noqa: RUF001  people type several apostrophes and dashes
# ruff: noqa: PLR2004  the numbers are those of a clock
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from vibehuntr_agent.planning.phrases import DAY, Minutes

Kind = Literal["range", "from", "until", "at", "bare"]

_HOURS: Final = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_MORE: Final = {"thirty": 30, "fifteen": 15, "forty-five": 45}
_LEADS: Final = {"half": 30, "half past": 30, "quarter past": 15, "quarter to": -15}
_WORD: Final = rf"(?:{'|'.join(_HOURS)})\b"
_HALF_DAY: Final = r"[ap]\.?\s?m\b\.?"
_PART: Final = r"(?:\s+(?:in\s+the\s+(?:(?:early|late)\s+)?(?:morning|afternoon|evening)|at\s+night)\b)?"
_O_CLOCK: Final = r"\s*o\s?['’]?\s?clock\b"
CLOCK: Final = (
    rf"(?:(?:(?:twelve|12)\s+)?(?:noon|midday|midnight)\b"
    rf"|(?:half\s+(?:past\s+)?|(?:a\s+)?quarter\s+(?:past|to)\s+)?"
    rf"(?:\d{{1,2}}(?:[:.]\d\d|h(?:\d\d)?\b)?(?![\d€$£%]|[:.]\d)|{_WORD}(?:\s+(?:{'|'.join(_MORE)})\b)?)"
    rf"(?:\s*{_HALF_DAY})?(?:{_O_CLOCK})?{_PART})"
)
"""A clock time, as a pattern without groups."""
DASH: Final = r"(?:-|–|—|to\b|un?till?\b|['’]?till?\b|through\b)"
"""What stands between the ends of a range, as a pattern without groups."""
_NOT_TIME: Final = (
    r"(?!\s*(?:%|€|\$|£|euros?|eur|pounds?|dollars?|people|persons|of\s+(?:us|them|the)|others|guests|friends|hours?\b|hrs?\b|h\b|"
    r"min(?:utes?|s)?\b|days?\b|weeks?\b|years?\b|times?\b))"
)
_ALONE: Final = r"(?<![\w.,:/€$£-])"
_OF_DAY: Final = r"(?!\s+(?:mon|tue|wed|thu|fri|sat|sun|the|both|each|that|\d))"
"""The "on" of "from 7 on" is no "on Friday"."""
_ON: Final = rf"\s+(?:on(?:wards?)?\b{_OF_DAY}|(?:at\s+the\s+)?(?:earliest|latest)\b|or\s+(?:later|earlier)\b|already\b)"
_FOUND: Final = re.compile(
    rf"""(?ix)
    (?P<range>(?:\b(?:from|between|betw\.?)\s+)?{_ALONE}(?P<start1>{CLOCK}){_NOT_TIME}\s*{DASH}\s*(?P<end1>{CLOCK}){_NOT_TIME})
  | (?P<between>\bbetween\s+(?P<start2>{CLOCK})\s*(?:and|&|n)\s+(?P<end2>{CLOCK}){_NOT_TIME})
  | (?P<led>\b(?P<word>from|after|since|as\s+of|starting(?:\s+at|\s+from)?|not?\s+(?:earlier|later)\s+than|before|un?till?|till?|by|at|around|about)\s+(?P<time1>{CLOCK}){_NOT_TIME}
        (?P<on1>{_ON})?)
  | (?P<bare>{_ALONE}
        (?P<time2>(?:\d{{1,2}}[:.]\d\d(?![\d:.€$£%]|\.\d)(?:\s*{_HALF_DAY})?
            |\d{{1,2}}\s*{_HALF_DAY}
            |(?:half\s+past|quarter\s+(?:past|to))\s+(?:{_WORD}|\d{{1,2}})
            |noon\b|midday\b|midnight\b
            |(?:{_WORD}|\d{{1,2}}){_O_CLOCK}){_PART}){_NOT_TIME}
        (?P<on2>{_ON})?)
    """
)
_READ: Final = re.compile(
    rf"""(?ix)(?P<named>noon|midday|midnight)
    |(?P<lead>half\s+(?:past\s+)?|quarter\s+past\s+|quarter\s+to\s+)?
     (?:(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>\d\d))?|(?P<word>{_WORD})(?:\s+(?P<more>{"|".join(_MORE)}))?)
     (?:\s*(?P<half>[ap])\.?\s?m\b)?(?:.*?(?P<part>morning|afternoon|evening|night))?"""
)
_EXACT: Final = re.compile(r"\s*(?P<hour>\d\d)[:.](?P<minute>\d\d)\s*")
_ALL_IN_ONE_HALF: Final = re.compile(r"(?i)\ball\s+(?P<half>[ap])\.?m\b")
_SAYS_HALF: Final = re.compile(rf"(?i){_HALF_DAY}|morning|afternoon|evening|night")
_OPENS: Final = re.compile(r"from|since|as of|after|starting.*|not? earlier than")
_CLOSES: Final = re.compile(r"before|u?n?till?|not? later than")
_NEGATION: Final = re.compile(
    r"(?i)(?:\bnot|\b\w+n['’]t|\b(?:can|do|does|is|are|wo|could|would)nt|\bnever|\bnothing|\bno\b|\bnone|\bnobody|\bcannot|\bneither|\bbusy|\bbooked|\bunavailable|\boccupied|\btied\s+up|\bworking|\bat\s+work|\bin\s+meetings?)[^\w,]+(?:[\w'’]+[^\w,]+){0,4}$"
)
_LEAVES: Final = re.compile(
    r"(?i)\b(?:leaves?|leaving|go|home|train|bus|ends?|ending|finish(?:es)?|stops?|done|off|back|catch|out|closes?|shuts?)\b[^.;!?]{0,14}$"
)
_COMES: Final = re.compile(
    r"(?i)\b(?:come|comes|coming|there|here|join|joins|arrives?|free|available|starts?|make\s+it|can|open|begins?|starting|works?)\b[^.;!?]{0,14}$"
)
_BEFORE: Final = 60
"""Characters before a time that may say whether it is a start or an end."""
_DAY: Final = 24 * 60
_HALF: Final = 12 * 60
_SMALL_HOURS: Final = 6 * 60
"""So long after midnight a range may last."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What a time may mean, in minutes after midnight: one moment, or two that are half a day apart."""

    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A time or a range where it stands in the text."""

    at: int
    end: int
    kind: Kind
    first: Clock
    last: Clock | None = None
    word: str = ""
    """The preposition: from, before, until, at..."""


def find(text: str) -> list[Times]:
    """Every clock time and range in `text`, in its order. Impossible ones ("25:70") are left out."""
    said_once = _ALL_IN_ONE_HALF.search(text)
    half = said_once["half"].lower() if said_once else None
    return [times for match in _FOUND.finditer(text) if (times := _times(match, text, half))]


def resolve(times: Times, part: Minutes | None = None) -> Minutes:
    """The minutes that are meant. An open side reaches to the end of the part of the day, or of the day."""
    low, high = part or DAY
    if times.kind == "range" and times.last:
        return _pair(times.first, times.last, part)
    moment = moment_of(times.first, part)
    if times.kind != "until":
        return (moment, high if high > moment else _DAY)
    if moment <= low:
        moment = next((option for option in times.first.options if option > low), moment)
    return (min(low, moment - 60), moment) if moment > 60 else (0, max(moment, 1))


def moment_of(clock: Clock, part: Minutes | None = None) -> int:
    """The likelier of the clock's moments."""
    return min(clock.options, key=lambda option: (_unlikely(option, part), option))


def _times(match: re.Match[str], text: str, half: str | None) -> Times | None:
    if match["range"] or match["between"]:
        return _range(match, half)
    start, end = match.span()
    clock = _clock(match["time1"] or match["time2"], half)
    if not clock:
        return None
    word = " ".join((match["word"] or "").lower().split())
    return Times(start, end, _kind(word, match["on1"] or match["on2"] or "", text[max(0, start - _BEFORE) : start]), clock, word=word)


def _range(match: re.Match[str], half: str | None) -> Times | None:
    one, two = match["start1"] or match["start2"], match["end1"] or match["end2"]
    first, last = _clock(one, half), _clock(two, half)
    if not first or not last:
        return None
    exact, exact_too = _EXACT.fullmatch(one), _EXACT.fullmatch(two)
    if exact and exact_too:  # "10:00-10:45" is by a clock of 24 hours
        first, last = _by_24_hours(exact), _by_24_hours(exact_too)
    return Times(*match.span(), "range", _in_the_same_half(first, last, two), last)


def _by_24_hours(exact: re.Match[str]) -> Clock:
    return Clock((min(int(exact["hour"]) * 60 + int(exact["minute"]), _DAY),))


def _in_the_same_half(first: Clock, last: Clock, said_last: str) -> Clock:
    """In "6-10pm" and "six to ten in the evening" both are in the same half of the day, when that leaves them in order."""
    if len(first.options) == 1 or len(last.options) > 1 or not _SAYS_HALF.search(said_last) or "night" in said_last.lower():
        return first
    in_order = [option for option in first.options if option < min(last.options)]
    return Clock((max(in_order),)) if in_order else first


def _clock(said: str, half: str | None = None) -> Clock | None:
    """A single clock time; None when no clock shows it."""
    found = _READ.search(said)
    if not found:
        return None
    if found["named"]:
        return Clock((0, _DAY) if found["named"].lower() == "midnight" else (_HALF,))
    hour = int(found["hour"]) if found["hour"] else _HOURS.index(found["word"].lower())
    minute = int(found["minute"]) if found["minute"] else _MORE.get((found["more"] or "").lower(), 0)
    total = hour * 60 + minute + _LEADS.get(" ".join((found["lead"] or "").lower().split()), 0)
    if hour > 24 or minute > 59 or total < 0:
        return None
    if hour > 12 or (found["hour"] or "").startswith("0"):
        return Clock((min(total, _DAY),))
    return _in_half(total, (found["half"] or half or "").lower(), (found["part"] or "").lower())


def _in_half(total: int, half: str, part: str) -> Clock:
    """An hour up to twelve with what is said of the half of its day: "p", "evening"; nothing leaves both halves."""
    base = total % _HALF if total >= _HALF else total
    later = base + _HALF
    if part == "night":
        return Clock((base if base < 5 * 60 else later,))
    if half:
        return Clock((later if half == "p" else base,))
    if part:
        return Clock((total if part == "morning" else later,))
    return Clock((base, later))


def _kind(word: str, on: str, before: str) -> Kind:
    """Whether a time opens or closes a stretch of time, by the words around it: "not before 7" opens one, "leaves at 7" closes one."""
    opens, closes = _OPENS.fullmatch(word), _CLOSES.fullmatch(word)
    before = re.split(r"[.;!?\n]", before)[-1]
    if "latest" in on.lower() or on.lower().endswith("or earlier"):
        return "until"
    if on and (not closes or "earliest" in on.lower()):
        return "from"
    if not word:
        return "bare"
    if opens or closes:
        return "from" if bool(opens) != bool(_NEGATION.search(before)) else "until"
    if _LEAVES.search(before):
        return "until"
    return "from" if _COMES.search(before) else "at"


def _pair(first: Clock, last: Clock, part: Minutes | None) -> Minutes:
    """The pair that is in order and likeliest; a range may go over midnight by a few hours."""
    pairs = [
        (start, end + over) for start, end in product(first.options, last.options) for over in (0, _DAY) if not over or end <= _SMALL_HOURS
    ]
    in_order = [pair for pair in pairs if pair[0] < pair[1]]
    if not in_order:
        return (first.options[0], last.options[0])  # the wrong way round: a tool says so
    return min(in_order, key=lambda pair: _unlikely_pair(pair, part))


def _unlikely_pair(pair: Minutes, part: Minutes | None) -> tuple[int, int, int]:
    start, end = pair
    cost = _unlikely(start, part) + _unlikely(min(end, _DAY), part) + (2 if end > _DAY else 0)
    return (cost + (2 if cost and end - start > 10 * 60 else 0), end - start, start)


def _unlikely(moment: int, part: Minutes | None) -> int:
    """How far from what people mean by an hour without am or pm."""
    if part and not part[0] - 60 <= moment <= part[1] + 60:
        return 3
    if moment in {0, _DAY}:
        return 1
    if part or 8 * 60 <= moment < 20 * 60:
        return 0
    return 1 if moment >= 20 * 60 else 2
