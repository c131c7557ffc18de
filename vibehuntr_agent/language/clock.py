"""Clock times as people write them: "18-22", "six till ten in the evening", "not before half past seven", "from 7pm on".

`find` gives what stands in a text, `resolve` the minutes that are meant. An hour without am or pm is the one that fits: after the start of
its range, in the part of the day that the talk is of, else 1 to 7 in the afternoon and 8 to 12 in the morning. "Half seven" is 7:30.
"""
# ruff: noqa: RUF001  people type several apostrophes and dashes
# ruff: noqa: PLR2004  the numbers are those of a clock

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from vibehuntr_agent.planning.phrases import DAY, Minutes

Kind = Literal["range", "from", "until", "at", "bare"]

_HOURS: Final = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_WORD: Final = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
_HALF: Final = r"[ap]\.?\s?m\b\.?"
_PART: Final = r"(?:\s+(?:in\s+the\s+(?:(?:early|late)\s+)?(?:morning|afternoon|evening)|at\s+night)\b)?"
CLOCK: Final = (
    rf"(?:(?:(?:twelve|12)\s+)?(?:noon|midday|midnight)\b"
    rf"|(?:half\s+(?:past\s+)?|(?:a\s+)?quarter\s+(?:past|to)\s+)?"
    rf"(?:\d{{1,2}}(?:[:.]\d\d|h(?:\d\d)?\b)?(?![\d€$£%]|[:.]\d)|{_WORD}(?:\s+(?:thirty|fifteen|forty-five)\b)?)"
    rf"(?:\s*{_HALF})?(?:\s*o\s?['’]?\s?clock\b)?{_PART})"
)
"""A clock time, as a pattern without groups."""
_NOT_TIME: Final = (
    r"(?!\s*(?:%|€|\$|£|euros?|eur|pounds?|dollars?|people|persons|of\s+(?:us|them|the)|others|guests|friends|hours?\b|hrs?\b|h\b|"
    r"min(?:utes?|s)?\b|days?\b|weeks?\b|years?\b|times?\b))"
)
_DASH: Final = r"(?:-|–|—|to\b|un?till?\b|['’]?till?\b|through\b)"
_NEGATION: Final = re.compile(r"(?i)(?:\bnot|n['’]?t|\bnever|\bnothing|\bno\b|\bcannot|\bcant|\bdont|\bneither)\W+(?:[\w'’]+\W+){0,4}$")
_LEAVES: Final = re.compile(
    r"(?i)\b(?:leaves?|leaving|go|home|train|bus|ends?|ending|finish(?:es)?|stops?|done|off|back|catch|out|closes?|shuts?)\b[^.;!?]{0,14}$"
)
_COMES: Final = re.compile(
    r"(?i)\b(?:come|comes|coming|there|here|join|joins|arrives?|free|available|starts?|make\s+it|can|open|begins?|starting|works?)\b[^.;!?]{0,14}$"
)
_FOUND: Final = re.compile(
    rf"""(?ix)
    (?P<range>(?:\b(?:from|between|betw\.?)\s+)?(?<![\w.,:/€$£-])(?P<r1>{CLOCK}){_NOT_TIME}\s*{_DASH}\s*(?P<r2>{CLOCK}){_NOT_TIME})
  | (?P<between>\bbetween\s+(?P<b1>{CLOCK})\s*(?:and|&|n)\s+(?P<b2>{CLOCK}){_NOT_TIME})
  | (?P<prep>\b(?P<word>from|after|since|as\s+of|starting(?:\s+at|\s+from)?|before|un?till?|till?|by|at|around|about)\s+
        (?P<p>{CLOCK}){_NOT_TIME}(?P<on>\s+(?:on(?:wards?)?\b(?!\s+(?:mon|tue|wed|thu|fri|sat|sun|the|both|each|that|\d))|at\s+the\s+earliest|or\s+later|already|at\s+the\s+latest))?)
  | (?P<bare>(?<![\w.,:/€$£-])(?:\d{{1,2}}[:.]\d\d(?![\d:.€$£%]|\.\d)(?:\s*{_HALF})?|\d{{1,2}}\s*{_HALF}|half\s+past\s+(?:{_WORD}|\d{{1,2}})
        |quarter\s+(?:past|to)\s+(?:{_WORD}|\d{{1,2}})|noon\b|midday\b|midnight\b|(?:{_WORD}|\d{{1,2}})\s*o\s?['’]?\s?clock\b){_PART}{_NOT_TIME}(?P<onwards>\s+(?:on|onwards?)\b(?!\s+(?:mon|tue|wed|thu|fri|sat|sun|the|both|each|that|\d)))?)
    """
)
_READ: Final = re.compile(
    rf"""(?ix)(?P<named>noon|midday|midnight)
    |(?P<lead>half\s+(?:past\s+)?|quarter\s+past\s+|quarter\s+to\s+)?(?:(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>\d\d))?|(?P<word>{_WORD})(?:\s+(?P<more>thirty|fifteen|forty-five))?)
    (?:\s*(?P<half>[ap])\.?\s?m\b)?(?:.*?(?P<part>morning|afternoon|evening|night))?"""
)
_EXACT: Final = re.compile(r"\d\d[:.]\d\d")
_MORE: Final = {"thirty": 30, "fifteen": 15, "forty-five": 45}
_DAY: Final = 24 * 60


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
    return [times for match in _FOUND.finditer(text) if (times := _times(match, text))]


def resolve(times: Times, part: Minutes | None = None) -> Minutes:
    """The minutes that are meant. An end after midnight is above 1440; an open side reaches to the end of the part, or of the day."""
    low, high = part or DAY
    if times.kind == "range" and times.last:
        return _pair(times.first, times.last, part)
    moment = moment_of(times.first, part)
    if times.kind == "until":
        if moment <= low:
            moment = next((option for option in times.first.options if option > low), moment)
        return (min(low, moment - 60), moment) if moment > 60 else (0, max(moment, 1))
    return (moment, high if high > moment else _DAY)


def moment_of(clock: Clock, part: Minutes | None = None) -> int:
    """The likelier of the clock's moments."""
    return min(clock.options, key=lambda option: (_unlikely(option, part), option))


def all_in_one_half(text: str) -> str | None:
    """Whether the text says once for all of its times: "(all pm)"."""
    found = re.search(r"(?i)\ball\s+([ap])\.?m\b", text)
    return found[1].lower() if found else None


def read(said: str, half: str | None = None) -> Clock | None:
    """A single clock time; None when it is none."""
    found = _READ.search(said)
    if not found:
        return None
    if found["named"]:
        return Clock((0, _DAY)) if found["named"].lower() == "midnight" else Clock((12 * 60,))
    hour = int(found["hour"]) if found["hour"] else _HOURS.index(found["word"].lower())
    minute = int(found["minute"]) if found["minute"] else _MORE.get((found["more"] or "").lower(), 0)
    lead = " ".join((found["lead"] or "").lower().split())
    total = hour * 60 + minute + (30 if lead.startswith("half") else 15 if lead == "quarter past" else -15 if lead == "quarter to" else 0)
    if hour > 24 or minute > 59 or total < 0:
        return None
    return _in_half(total, hour, found, half)


def _in_half(total: int, hour: int, found: re.Match[str], half: str | None) -> Clock | None:
    said = (found["half"] or half or "").lower()
    part = (found["part"] or "").lower()
    written = found["hour"] or ""
    if hour > 12 or written.startswith("0"):
        return Clock((min(total, _DAY),))
    base = total % (12 * 60) if hour == 12 or total >= 12 * 60 else total
    if part == "night":
        return Clock((base,) if base < 5 * 60 else (base + 12 * 60,))
    if said:
        return Clock((base + (12 * 60 if said == "p" else 0),))
    if part:
        return Clock((base if hour != 12 else total,) if part == "morning" else (base + 12 * 60,))
    return Clock((base, base + 12 * 60))


def _times(match: re.Match[str], text: str) -> Times | None:
    start, end = match.span()
    half = all_in_one_half(text)
    if match["range"] or match["between"]:
        one, two = (match["r1"], match["r2"]) if match["range"] else (match["b1"], match["b2"])
        first, last = read(one, half), read(two, half)
        if not first or not last:
            return None
        if _EXACT.fullmatch(one.strip()) and _EXACT.fullmatch(two.strip()):  # "10:00-10:45" is a clock of 24 hours
            first, last = _exact(one), _exact(two)
        return Times(start, end, "range", _shared(first, last, one, two), last)
    said = match["p"] or match["bare"]
    clock = read(said, half)
    if not clock:
        return None
    if match["onwards"]:
        return Times(start, end, "from", clock, None, "from")
    return Times(
        start, end, _kind(match, text[max(0, start - 60) : start]) if match["prep"] else "bare", clock, None, (match["word"] or "").lower()
    )


def _exact(said: str) -> Clock:
    hour, minute = re.split(r"[:.]", said.strip())
    return Clock((min(int(hour) * 60 + int(minute), _DAY),))


def _shared(first: Clock, last: Clock, one: str, two: str) -> Clock:
    """In "6-10pm" and "six to ten in the evening" both are in the same half of the day, when that leaves them in order."""
    if len(first.options) == 1 or len(last.options) > 1 or not re.search(rf"(?i){_HALF}|morning|afternoon|evening|night", two):
        return first
    same = [option for option in first.options if option < last.options[0]]
    return Clock((max(same),)) if same and not re.search(r"(?i)night", two) else first


def _kind(match: re.Match[str], before: str) -> Kind:
    word, on = " ".join(match["word"].lower().split()), (match["on"] or "").lower()
    before = re.split(r"[.;!?\n]", before)[-1]
    negated = bool(_NEGATION.search(before))
    if "latest" in on:
        return "until"
    if on and (
        word in {"from", "since", "as of", "after", "at", "around", "about", "by"} or word.startswith("starting") or "earliest" in on
    ):
        return "from"
    if word in {"from", "since", "as of"} or word.startswith("starting"):
        return "until" if negated else "from"
    if word == "after":
        return "until" if negated else "from"
    if word in {"before"} or word.lstrip("u").startswith(("n", "t")):
        return "from" if negated else "until"
    if _LEAVES.search(before):
        return "until"
    return "from" if _COMES.search(before) else "at"


def _pair(first: Clock, last: Clock, part: Minutes | None) -> Minutes:
    """The pair that is in order and likeliest; a range may go over midnight by a few hours."""
    choices: list[tuple[tuple[int, int, int], Minutes]] = []
    for start, end in product(first.options, last.options):
        for over in (0, _DAY):
            if start < end + over and (not over or end <= 6 * 60):
                cost = _unlikely(start, part) + _unlikely(min(end + over, _DAY), part) + (2 if over else 0)
                length = end + over - start
                choices.append(((cost + (2 if length > 10 * 60 and cost else 0), length, start), (start, end + over)))
    if choices:
        return min(choices)[1]
    return (first.options[0], last.options[0])  # the wrong way round: a tool says so


def _unlikely(moment: int, part: Minutes | None) -> int:
    """How far from what people mean by an hour without am or pm."""
    if part and not part[0] - 60 <= moment <= part[1] + 60:
        return 3
    if moment == _DAY or moment == 0:
        return 1
    return 0 if part or 8 * 60 <= moment < 20 * 60 else 1 if moment >= 20 * 60 else 2


def marks(text: str) -> Iterator[tuple[int, int]]:
    """Where the times stand."""
    for times in find(text):
        yield times.at, times.end
