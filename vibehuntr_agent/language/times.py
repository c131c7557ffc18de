"""When people are free: "Anna is free Friday 18-22, Ben from 7pm; the others can't", with corrections, zones and "same for Leo".

A sentence is read from left to right as people, days, times and "free" or "busy"; a new person after a time begins a new statement. Who, which
day and which kind of time are carried on where a statement leaves them out. An open side ("from 7", "not before eight") changes that side of
what was told before, or else reaches to the end of the part of the day. Days and zones of a statement are those said in it, else those of
the person, else the plan's.

Guarantees: questions and decisions tell nobody's time, and neither does a time that is taken back in the same breath; a range with its end
before its start is handed on as it is, for the tool to refuse. Not claimed: a lone number is no time, and in a long tale only clock times count.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from vibehuntr_agent.planning.people import ME
from vibehuntr_agent.planning.phrases import DAY, PARTS, WHOLE_DAY, Minutes

from . import clock, days, people
from .context import Call, Context, Reading
from .zones import time_zones, zones_in

Kind = Literal["free", "if_needed", "busy", "preferred", "avoided"]
Windows = list[dict[str, str]]

_WEEKDAYS: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)"
_SENTENCE: Final = re.compile(
    r"""(?x)(?:[^.!?;\n]
    |(?<=\d)[.](?=\d)                       # 18.30
    |(?<=[ap])[.](?=\s?m\b)|(?<=\b[ap]\.m)[.](?=\s+[a-z0-9])   # p.m.
    |(?<=\d)[.](?=\s*(?:and|or|,|-|–|\())   # 27. and 28.
    |(?<=\bincl)[.])+[.!?;\n]*"""
)
_AFTER_CANT: Final = rf"""(?=\s*(?:$|[.,;!?\n)]|(?:really\s+)?(?:come|make|do|join|be|attend|meet|on|at|{_WEEKDAYS}|today|tonight|tomorrow|that|the|this|then
    |before|until|after|between|from|\d|either|get\s+there)))"""
_BUSY: Final = re.compile(
    rf"""(?ix)
    \b(?:busy|booked|tied\s+up|occupied|unavailable|impossible|nothing\s+free|(?:is|are|am|['’]s|['’]re|['’]m)\s+(?:both\s+|all\s+)?(?:away|abroad|ill|sick|out\s+of\s+town|on\s+(?:holiday|vacation)|travelling|traveling)|busy\s+times?|(?:in|has|have)\s+meetings?
        |blocked(?:\s+(?:their|his|her|my|the)\s+calendars?)?
        |(?:has|have|['’]ve\s+got|got)\s+(?:another\s+|an?\s+)?(?:appointments?|something\s+on|plans|meetings?)
        |(?:can\s?not|can['’]?t|unable(?:\s+to)?|won['’]?t|will\s+not){_AFTER_CANT}
        |(?:(?:is|am|are|was)\s*n['’]?o?t|isn|aren|['’]m\s+not|['’]s\s+not|['’]re\s+not)(?:\s+(?:at\s+all\s+)?(?:free|available|able|around|possible)|{_AFTER_CANT})
        |not\s+(?:free|available|able|at\s+all|possible)
        |(?:does|do|would)\s*n['’]?o?t\s+(?:work|suit|fit)
        |no\s+(?:good|time|way)\b(?!\s+for\s+(?:all|every))
        |(?:is|am|are|['’]s|['’]m|['’]re)\s+(?:away|out(?=\s*(?:for|of|$|[.,;])))
        |(?:neither|nobody|none\s+of\s+(?:us|them))(?=\s+(?:can|is|could|has))|neither(?=[^.;!?]{{0,60}}\bnor\b))\b
    |(?<=[\w)]\s)no(?=\s*(?:$|[.,;!\n]))
    |\b(?:but\s+)?not(?=\s*(?:$|[.,;!\n)]|(?:on\s+)?(?:the\s+)?(?:{_WEEKDAYS}|\d)))
    |\b(?:except|but\s+not)\b(?=[^.;]{{0,12}}\d)"""
)
_IF_NEEDED: Final = re.compile(
    r"""(?ix)\b(?:if\s+(?:really\s+)?(?:need(?:ed)?(?:\s+be)?|necessary|it\s+must(?:\s+be)?|it\s+has\s+to\s+be)|if\s+really\s+\w+
    |only\s+if\s+there['’]?s\s+no\s+other\s+way|(?:only\s+)?(?:at|in)\s+a\s+(?:pinch|push)|(?:would|['’]d)\s+rather\s+not,?\s+but|reluctantly)\b"""
)
_AVOIDS: Final = re.compile(
    r"""(?ix)\b(?:(?:would|['’]d)\s+(?:rather|prefer)\s+(?:not|no)|(?:would|['’]d)\s+like\s+to\s+(?:avoid|keep\s+the\s+time)
    |do(?:es)?(?:\s+not|n['’]?t)\s+want\s+to\s+meet|prefers?\s+(?:not|no)\b|if\s+possible,?\s+nothing
    |(?:would|['’]d)\s+(?:rather\s+start|prefer\s+to\s+be\s+done))\b"""
)
_WIDE_OPEN: Final = re.compile(
    r"""(?ix)\b(?:free\s+(?:the\s+(?:entire|whole)|all)\s+day|wide\s+open|no\s+meetings?(?!\s+(?:before|after))|nothing(?:\s+on)?(?=\s*(?:$|[.,;\n]|all))
    |empty\s+calendar|(?:can\s+do\s+)?any\s*time(?!\s+(?:between|from|after|before|until|till))|available\s+all\s+day|(?:free|available)\s+always
    |all\s+day\s+free)\b"""
)
_FREE: Final = re.compile(
    r"""(?ix)\b(?:free|available|availability|can|could|able|works?|suits?|good|fine|ok|okay|possible|open|has|have|around|times?|window|there|joins?
    |comes?|stays?|leaves?|answer|says?|said|home|it['’]?s)\b"""
)
_SAME: Final = re.compile(
    r"(?i)\b(?:too|as\s+well|(?:is|am|are|can)\s+also|(?P<strong>(?:the\s+)?same\s+(?:for|as|goes|applies)|so\s+(?:can|could|is|am|are|has|have|do|does)|likewise|ditto)|(?:the\s+)?same)\b"
)
_LIKE: Final = re.compile(
    r"""(?ix)\b(?P<who>I['’]m|[^\W\d_][\w-]*)(?:['’]s)?\s*:?\s+(?:(?:am|is|can|has|have|do|does|free|available|make|at|on|also|times?|are)\s+)*(?:the\s+)?same\s+(?:times?\s+|hours?\s+|days?\s+)?as\s+
    (?:(?P<other>[^\W\d_][\w-]*)\b)(?!['’]s\s+(?!times?|hours?)\w)"""
)
"""One person's times are those of another."""
_PART: Final = re.compile(
    r"(?i)\b(?P<all>(?:all|the\s+whole|the\s+entire)\s+)?(?P<part>mornings?|lunch\s?time|afternoons?|evenings?|nights?|tonight)\b"
)
_QUESTION: Final = re.compile(
    r"""(?ix)^\W*(?:so\s+|and\s+|but\s+|then\s+|ok\s+|now\s+|hm+\W+)*(?:when|what|which|how|why|where|who|is\s+there|are\s+there|could\s+we|can\s+we
    |do\s+we|(?:is|are)\b(?=.*\?)|does|did|shall|should|would|will|find|could\s+you|can\s+you|please\s+find|tell\s+me|show|any\b|whats?)\b"""
)
_DECISION: Final = re.compile(
    r"(?i)\b(?:let['’]?s|we['’]ll|we\s+will|we\s+(?:are\s+)?meet(?:ing)?|book\s+us|decided|that['’]s\s+agreed|it\s+is\s+then|go\s+with|take\s+the)\b"
)
_SAYS_FREE: Final = re.compile(r"(?i)\bfree\b|\bavailable\b|\btime\s+(?:from|between)")
_PLAN_HOURS: Final = re.compile(
    r"(?i)\b(?:(?:work(?:ing)?|office|business)\s+hours|(?:schedule|need|want|arrange|set\s+up|book)\s+an?\s+(?:\w+\s+)?(?:meeting|call)|want\s+to\s+meet\s+for|looking\s+for\s+a\s+slot|can\s+all\s+meet|get\b[^.;!?]{3,80}\btogether\s+for|without)\b"
)
"""A sentence that says between which hours the meeting is to be, or what is done without somebody."""
_LIST_FOLLOWS: Final = re.compile(r":\s*\w")
_BUSY_HEADER: Final = re.compile(r"(?i)(?:^|[:.]\s)\W*(?:busy\s+times?|meetings|appointments|blocked)\b[^\n]*:\s*$")
_FOR: Final = re.compile(r"(?i)(?:\b(?:for|suits?|fits?|with|of|by|is\s+(?:fine|good|ok|okay|possible)\s+for)\s*|:\s*|\bme\b\s*)$")
_TOLD_ME: Final = re.compile(r"(?i)\b(?:told|tell|to|asked|gives?|with|from|for)\s*$")
_COLON: Final = re.compile(r"\s*(?:\([^)]*\)\s*)?:")
_LAST_WORD: Final = re.compile(r"\s*(?:[.!;\n]|$)")
_TELLS_NEXT: Final = re.compile(r"(?i)\s*(?:['’]s\s|is\b|can\b|has\b|from\b|\d|:)")
_AND_WHO: Final = re.compile(r"(?i)\s*+,?\s*+(?:and|n|&|\+)?\s*+(?:for\s+)?")
_AND_DAY: Final = re.compile(r"(?i)(?:[\s,&/]|and|or|n|on|the)*+")
_BREAK: Final = re.compile(r"[,(]|\bbut\b|\band\b")
_ASIDE: Final = re.compile(r"[,;(]|\bbut\b|\band\b")
_NOT: Final = re.compile(r"(?i)(?:but\s+)?not\b|no\b|except\b")
_SAYS_CLOCK: Final = re.compile(r"\d[:.]\d\d|\d\s?[ap]m\b")
_SAYS_CLOCK_OR_DAY: Final = re.compile(r"(?i)\s+(?:mon|tue|wed|thu|fri|sat|sun)(?:day|s|nes|rs|ur)?(?:day)?\b")
"""A day right after the point of "sat." begins something new."""
_SAYS_CLOCK_ON: Final = re.compile(rf"(?i)\b{clock.CLOCK}\s+on\s+(?:the\s+)?$")
"""A time right after "18:00 to 20:00 on 6.12." begins something new."""
_GAP: Final = r"\s*+[,.…-]*+\s*+"
_CORRECTION: Final = rf"""{_GAP}\b(?:(?:oh\s+)?(?:no|nope|wait|sorry|oops|pardon)\b(?:[\s,]+(?:no|wait|sorry|hold\s+on|make\s+(?:that|it)|i\s+mean(?:t)?)\b)*
    |i\s+mean(?:t)?\b|(?:or\s+)?rather\b|correction\b|scratch\s+that\b|make\s+that\b)\s*+[,:.]*+\s*+(?:i\s+mean(?:t)?\s+|make\s+that\s+|\w+(?:['’]d|\s+had)\s+better\s+say\s+)?"""
_PREPOSITION: Final = r"(?:(?:from|between|to|un?till?|till?|at|not\s+before|by|-|–)\s+)"
_TIME_SLIP: Final = re.compile(
    rf"""(?ix)(?P<prep>\b{_PREPOSITION})?(?P<old>\b{clock.CLOCK}(?:\s*{clock.DASH}\s*{clock.CLOCK})?)
    (?P<gap>{_CORRECTION}(?:[^.;!?]{{0,70}}?,\s*)??)(?=(?P<own>{_PREPOSITION})?{clock.CLOCK})"""
)
"""A time or a range that is taken back: "from 8, no, from half past seven"."""
_END_SLIP: Final = re.compile(
    rf"""(?ix)(?P<start>{clock.CLOCK}\s*{clock.DASH}\s*)(?P<old>{clock.CLOCK})(?P<gap>{_CORRECTION})(?P<to>(?:to|un?till?|till?)\s+)
    (?P<new>{clock.CLOCK})(?!\s*{clock.DASH})"""
)
"""The end of a range that is taken back: "18:00 to 21:00, sorry, to 22:00"."""
_SWAP: Final = re.compile(
    rf"(?i)\b(?:said|meant|means|says|wrote|it['’]s|is)\s+(?P<new>{clock.CLOCK}),?\s+(?:and\s+)?not\s+(?P<old>{clock.CLOCK})"
)
"""A start that is told anew: "Tom said half past seven, not seven"."""
_SWAPPED: Final = "not before "
_EARLIER: Final = 20
"""So many messages back, times without a day still wait for it, and "me too" still means the last times."""
_LONGEST_EARLIER: Final = 2_000
_NARRATIVE: Final = 40
"""Characters between "can't" and "before 7" that belong together."""
_BESIDE: Final = 8
"""Characters between a person and "too"."""
_TALE: Final = 800
"""Characters of a message from which only what has a clock time in it counts."""
_LONG: Final = 160
"""Characters of a sentence from which a "can't" without a time is a tale."""
_NOON: Final = 12 * 60
_MIDNIGHT: Final = 24 * 60
_OFFICE: Final = (8 * 60, 18 * 60)
_PART_OF_KIND: Final[Mapping[str, Minutes]] = {
    "dinner": PARTS["evening"], "drinks": PARTS["evening"], "supper": PARTS["evening"], "night out": PARTS["evening"], "evening": PARTS["evening"],
    "lunch": (11 * 60, 17 * 60), "brunch": (9 * 60, 15 * 60), "breakfast": (6 * 60, 11 * 60),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One statement: these people, on these days; no days are those of the plan, and no spans the whole day or its part."""

    who: tuple[str, ...]
    days: tuple[date, ...]
    spans: tuple[clock.Times, ...]
    kind: Kind
    whole: bool
    part: Minutes | None
    zone: ZoneInfo | None
    at: int
    end: int


def read(text: str, context: Context, *, roster: Sequence[str], plan_days: Sequence[date], first_days: bool = False) -> Reading:
    """The availability that `text` states, as calls of set_availability, one a person.

    With `first_days`, when this message gives the plan its days, times that were told before without a day count too.
    """
    reading = Reading(text)
    alike = list(_alike(text, roster))
    for match, _, _ in alike:
        reading.use(*match.span())
    text = reading.rest
    said = statements(text, context, roster=roster, plan_days=plan_days)
    for told in said:
        reading.use(told.at, told.end)
    if first_days and not any(context.availability.values()):
        said = [*_waiting(context, roster, {name for told in said for name in told.who}), *said]
    if not plan_days and any(not told.days for told in said):
        reading.asks.add("day")
    told = _by_person(said, [*context.earlier, text], context, roster, plan_days)
    for _, name, other in alike:
        told[name] = (told[other][0] if other in told else [dict(row) for row in context.availability.get(other, ())], "replace")
    for name, (windows, mode) in told.items():
        if windows:
            reading.calls.append(Call("set_availability", {"person": "me" if name == ME else name, "windows": windows, "mode": mode}))
    return reading


def _alike(text: str, roster: Sequence[str]) -> Iterator[tuple[re.Match[str], str, str]]:
    """Who is said to have the same times as whom: "Leo is free at the same times as Anna"."""
    for match in _LIKE.finditer(text):
        name = ME if match["who"].casefold() in {"i", "me", "i'm", "i’m"} else people.on_roster(match["who"], roster)
        other = people.on_roster(match["other"], roster)
        if name and name in roster and other and name != other:
            yield match, name, other


def statements(text: str, context: Context, *, roster: Sequence[str], plan_days: Sequence[date]) -> list[Told]:
    """What `text` says of whose time, in its order."""
    return _Message(text, context, roster, plan_days).told()


def corrected(text: str) -> str:
    """The text with times blanked out that are taken back in the same breath, at the same length."""
    text = _END_SLIP.sub(lambda m: m["start"] + " " * (len(m["old"]) + len(m["gap"]) + len(m["to"])) + m["new"], text)
    text = _TIME_SLIP.sub(lambda m: (" " * len(m["prep"] or "") if m["own"] else m["prep"] or "") + " " * len(m["old"] + m["gap"]), text)
    return _SWAP.sub(lambda m: f"{_SWAPPED}{m['new']}".ljust(len(m[0])) if len(m[0]) >= len(m["new"]) + len(_SWAPPED) else m[0], text)


def _waiting(context: Context, roster: Sequence[str], told_now: set[str]) -> list[Told]:
    """What was told without a day when the plan had none yet."""
    found: list[Told] = []
    for told in _told_earlier(context, roster, ()):
        who = tuple(name for name in told.who if name not in told_now)
        if who and not told.days:
            found.append(replace(told, who=who))
    return found


def _told_earlier(context: Context, roster: Sequence[str], plan_days: Sequence[date]) -> list[Told]:
    """The statements of the messages before, oldest first."""
    found: list[Told] = []
    for text in context.earlier[-_EARLIER:]:
        found += _Message(text[:_LONGEST_EARLIER], context, roster, plan_days, found).told()
    return found


def _by_person(
    said: Sequence[Told], texts: Sequence[str], context: Context, roster: Sequence[str], plan_days: Sequence[date]
) -> dict[str, tuple[Windows, str]]:
    """Each person's windows, and whether they replace what is known or are added to it."""
    zones = zones_in(texts, roster)
    found: dict[str, tuple[Windows, str]] = {}
    for told in said:
        for name in told.who:
            windows, mode = found.get(name, ([], "add"))
            person = _Person(name, told.zone or zones.get(name) or context.zone, context, windows)
            found[name] = (_put(told, person, plan_days), "replace" if told.kind in {"free", "if_needed"} else mode)
    return found


# -------------------------------------------------------------------------------------------------------------------- sentences


@dataclass(frozen=True, slots=True)
class _Says:
    """Words that say free, busy and so on; "open" is free all day."""

    at: int
    end: int
    kind: Kind | Literal["open"]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the day; `all` when all of it is said to be meant."""

    at: int
    end: int
    part: Minutes
    all: bool


@dataclass(frozen=True, slots=True)
class _Same:
    """Words that mean the times told before: "too" or, `strong`, "the same for"."""

    at: int
    end: int
    strong: bool


@dataclass(frozen=True, slots=True)
class _Zone:
    """By which clock a time is."""

    at: int
    end: int
    zone: ZoneInfo


_Token = days.Days | clock.Times | people.Who | _Says | _Part | _Same | _Zone


class _Placed(Protocol):
    """Something that stands in the text."""

    @property
    def at(self) -> int: ...


_P = TypeVar("_P", bound=_Placed)


def _within(found: Sequence[_P], low: int, high: int) -> Sequence[_P]:
    """Those of `found`, which is in its order, that stand from `low` to `high`."""
    return found[bisect_left(found, low, key=lambda one: one.at) : bisect_left(found, high, key=lambda one: one.at)]


@dataclass(slots=True)
class _Statement:
    """Who is what, when; parts that are not said are empty."""

    at: int
    end: int
    who: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    times: list[clock.Times] = field(default_factory=list[clock.Times])
    kind: Kind | None = None
    part: Minutes | None = None
    whole: bool = False
    same: _Same | None = None
    zone: ZoneInfo | None = None
    days_after: bool = False
    """Whether its days stand after its times."""
    postponed: bool = False
    """Whether the people came after the times: "18-22 works for me"."""
    strong: bool = False
    """Whether it says that it is about being free."""

    @property
    def complete(self) -> bool:
        """Whether it says when, so that a name that follows begins another statement."""
        return bool(self.times) or self.whole or self.kind == "busy"

    @property
    def says_when(self) -> bool:
        """Whether it says when, be it the part of a day or a day on which somebody can."""
        return bool(self.times) or self.whole or (self.strong and bool(self.part or self.days))

    @property
    def says_something(self) -> bool:
        """Whether it is a statement at all."""
        return self.complete or bool(self.same or self.kind or (self.part and self.strong))


class _Message:
    """Reads one message. `before` is what the messages before it told; without it they are read when they are needed."""

    def __init__(
        self, text: str, context: Context, roster: Sequence[str], plan_days: Sequence[date], before: Sequence[Told] | None = None
    ) -> None:
        self.text = corrected(text)
        self.context = context
        self.roster = roster
        self.plan_days = plan_days
        self._before = before
        self._days = days.find(self.text, context.now.date(), plan_days)
        self._plain = _without_days(self.text, self._days)
        self._times = clock.find(self._plain)
        self._who = people.mentions(self.text, context, roster)
        self._zones = [_Zone(*found) for found in time_zones(self.text)]
        self._told: list[Told] = []

    def told(self) -> list[Told]:
        """All statements. A header ("Busy times:") and the last day are carried on to what follows."""
        header: Kind | None = None
        carried: tuple[date, ...] = ()
        for match in _SENTENCE.finditer(self._plain):
            low, high = match.span()
            sentence = self.text[low:high]
            if _tells_nothing(sentence):
                continue
            named = _within(self._days, low, high)
            found = self._statements(low, high)
            if _BUSY_HEADER.search(sentence.rstrip()) and not any(statement.who for statement in found):
                header, carried = "busy", named[0].days if named else carried
                continue
            _complete(found, named, header)
            if not found:
                carried = next((day.days for day in reversed(named) if day.days), carried)
            for statement in found:
                carried = self._add(statement, carried, len(self.text) if len(self.text) > _TALE else len(sentence.strip()))
        return self._told

    def _add(self, statement: _Statement, carried: tuple[date, ...], length: int) -> tuple[date, ...]:
        """Keep the statement if it tells of somebody's time; gives the days to carry on."""
        statement.days = statement.days or carried
        made = self._as_before(statement, length) if statement.same and not statement.complete else self._made(statement, length)
        if made:
            self._told.append(made)
        return (made.days if made else ()) or carried

    def _statements(self, low: int, high: int) -> list[_Statement]:
        """The statements of one sentence."""
        times = _within(self._times, low, high)
        tokens: list[_Token] = [*_within(self._days, low, high), *times, *_within(self._who, low, high)]
        tokens += _kinds(self.text, low, high, times)
        tokens += [_Part(*m.span(), _part(m["part"]), all=bool(m["all"])) for m in _PART.finditer(self.text, low, high)]
        tokens += [_Same(*m.span(), strong=bool(m["strong"])) for m in _SAME.finditer(self.text, low, high)]
        tokens += _within(self._zones, low, high)
        tokens.sort(key=lambda token: (token.at, -token.end))
        sentence = _Sentence(self.text, low)
        for token in tokens:
            sentence.take(token)
        return [statement for statement in (*sentence.built, sentence.now) if statement.says_something]

    def _as_before(self, now: _Statement, length: int) -> Told | None:
        """The times that were told last, of other people: "me too"."""
        if not now.who or not now.same or (not now.same.strong and length > _TALE):
            return None
        source = self._told[-1] if self._told else self._last_before
        return replace(source, who=now.who, at=now.at, end=now.end, zone=now.zone) if source else None

    @cached_property
    def _last_before(self) -> Told | None:
        before = _told_earlier(self.context, self.roster, self.plan_days) if self._before is None else self._before
        return before[-1] if before else None

    def _made(self, now: _Statement, length: int) -> Told | None:
        """The statement with what it leaves out; None when it does not tell of anybody's time."""
        kind = now.kind or "free"
        spans = tuple(_spans_of(now))
        of_part = bool(now.part and now.strong and now.who and not now.times and not now.same and length < _LONG)
        of_day = kind == "busy" and bool(now.days) and not now.times and length <= _LONG
        if not (spans or now.whole or of_part or of_day) or (now.kind == "busy" and not now.times and length > _LONG):
            return None
        if not (now.who or now.strong or now.days or now.postponed or now.whole or kind != "free"):
            return None
        who = now.who or self._unnamed(now)
        return Told(who, now.days, spans, kind, now.whole, now.part, now.zone, now.at, now.end) if who else None

    def _unnamed(self, now: _Statement) -> tuple[str, ...]:
        """Times without a name are of whom the statement before spoke, of the one person whose times are missing, or of the last person."""
        if self._told:
            return self._told[-1].who
        untimed = [name for name in self.roster if not self.context.availability.get(name)]
        if len(untimed) == 1 and now.times:
            return tuple(untimed)
        last = self.context.last_person
        return (last,) if last in self.roster and last and now.times and self._before is None else ()


def _without_days(text: str, named: Sequence[days.Days]) -> str:
    """The text with its days blanked out; a point that ends a sentence stays."""
    parts: list[str] = []
    last = 0
    for day in named:
        ends = text[day.end - 1] == "." and _ends_sentence(text, day)
        parts += [text[last : day.at], " " * (day.end - day.at - 1), "." if ends else " "]
        last = day.end
    return "".join([*parts, text[last:]])


def _ends_sentence(text: str, day: days.Days) -> bool:
    """Whether the point of "Sat." or "6.12." ends its sentence too."""
    before = text[max(0, day.at - 60) : day.at]
    after = text[day.end : day.end + _BESIDE]
    if (text[day.end - 2].isalpha() and _SAYS_CLOCK.search(before)) or _SAYS_CLOCK_OR_DAY.match(text, day.end):
        return after[:1].isspace()
    if _SAYS_CLOCK_ON.search(before) and re.match(r"\s+\d", after):
        return True
    return bool(re.match(r"\s+[A-ZÀ-Þ]|\s*$", after))


def _tells_nothing(sentence: str) -> bool:
    """Whether the sentence asks, decides or speaks of the plan's hours; a question may have a list of times in it."""
    if _PLAN_HOURS.search(sentence) or (_DECISION.search(sentence) and not _SAYS_FREE.search(sentence)):
        return True
    question = bool(_QUESTION.search(sentence))
    if not question and not sentence.rstrip().endswith("?"):
        return False
    has_range = any(times.kind == "range" for times in clock.find(sentence))
    return not has_range or (question and not _LIST_FOLLOWS.search(sentence))


def _complete(found: Sequence[_Statement], named: Sequence[days.Days], header: Kind | None) -> None:
    """Give the statements of a sentence the day and the zone that are said once, at its end, and the kind of the header."""
    for one, two in zip(reversed(found[:-1]), reversed(found[1:]), strict=False):
        if one.zone is None and one.times and one.who == two.who:
            one.zone = two.zone
    for statement in found:
        if found[-1].days_after and statement.times and not statement.days and not (named and named[0].at < statement.at):
            statement.days = found[-1].days
        if header and statement.who and not (statement.kind or statement.whole or statement.strong):
            statement.kind = header


def _kinds(text: str, low: int, high: int, times: Sequence[clock.Times]) -> list[_Says]:
    """Words that say free, busy and so on. "Can't before 7" is no busy time: the clock has turned it into "from 7"."""
    found: list[_Says] = []
    turned = [one.at for one in times if one.kind in {"from", "until"}]
    kinds: tuple[tuple[re.Pattern[str], Kind | Literal["open"]], ...] = (
        (_IF_NEEDED, "if_needed"), (_AVOIDS, "avoided"), (_WIDE_OPEN, "open"), (_BUSY, "busy"), (_FREE, "free"),
    )  # fmt: skip
    for pattern, kind in kinds:
        for match in pattern.finditer(text, low, high):
            at, end = match.span()
            if kind == "busy" and any(0 <= moment - end < _NARRATIVE and not re.search(r"[,;.]", text[end:moment]) for moment in turned):
                continue
            if not any(one.at < end and at < one.end for one in found):
                found.append(_Says(at, end, kind))
    return found


def _part(word: str) -> Minutes:
    said = word.lower().replace(" ", "").rstrip("s")
    return PARTS["evening"] if said == "tonight" else PARTS[said]


def _spans_of(now: _Statement) -> Iterator[clock.Times]:
    """The times of a statement that say from when or until when; "free at 7" is free from 7."""
    for times in now.times:
        if times.kind == "at" and now.strong and now.kind is None:
            yield replace(times, kind="from")
        elif times.kind not in {"at", "bare"}:
            yield times


class _Sentence:
    """A sentence while its words come in, from left to right: the statements that are finished, and the one that is being said."""

    def __init__(self, text: str, low: int) -> None:
        self.text = text
        self.built: list[_Statement] = []
        self.now = _Statement(low, low)
        self._begun = False
        self._last = low

    def take(self, token: _Token) -> None:
        """Put the words where they belong."""
        if token.at < self._last and isinstance(token, days.Days | _Part):
            return
        if not self._begun:
            self.now.at, self._begun = token.at, True
        gap = self.text[self._last : token.at]
        match token:
            case people.Who():
                self._take_who(token, gap)
            case days.Days():
                self._take_day(token, gap)
            case clock.Times():
                self._take_time(token, gap)
            case _Says():
                self._take_kind(token, gap)
            case _Same():
                self._take_same(token, gap)
            case _Part():
                self.now.part, self.now.strong = token.part, self.now.strong or token.all
            case _Zone():
                self.now.zone = token.zone
        self.now.end = max(self.now.end, token.end)
        self._last = max(self._last, token.end)

    def _begin(self, statement: _Statement) -> None:
        self.built.append(self.now)
        self.now = statement

    def _take_who(self, who: people.Who, gap: str) -> None:
        now = self.now
        if now.kind and not (now.who or now.times or now.days or now.whole):  # "neither Anna nor Ben"
            now.who = who.names
        elif not now.who and (now.complete or now.days or now.same) and (not now.complete or self._is_postponed(who)):
            now.who, now.postponed = who.names, now.complete
        elif (
            now.postponed and _AND_WHO.fullmatch(gap) and not _COLON.match(self.text, who.end) and not _TELLS_NEXT.match(self.text, who.end)
        ):
            now.who = tuple(dict.fromkeys((*now.who, *who.names)))
        elif now.complete or (now.same and now.who):
            self._begin(_Statement(who.at, who.end, who=who.names))
        elif not now.who or not self._only_refers(who, gap):
            now.who = who.names

    def _is_postponed(self, who: people.Who) -> bool:
        """Whether a name after a time belongs to that time, and does not begin what is told of somebody else."""
        led = _FOR.search(self.text[max(0, who.at - 24) : who.at])
        return bool(led or _LAST_WORD.match(self.text, who.end) or not _TELLS_NEXT.match(self.text, who.end))

    def _only_refers(self, who: people.Who, gap: str) -> bool:
        """Whether a pronoun means the people of the statement, or the one who was told it: "Anna told me that she"."""
        if who.means in {"he", "they"} and set(who.names) <= set(self.now.who):
            return True
        return who.means == "me" and bool(_TOLD_ME.search(gap))

    def _take_day(self, day: days.Days, gap: str) -> None:
        now = self.now
        again = now.times and now.days and not (now.days_after and _AND_DAY.fullmatch(gap))
        if again or (now.kind == "busy" and now.days and not now.times and now.who and "," in gap):
            self._begin(_Statement(day.at, day.end, who=now.who, days=day.days))
            return
        now.days_after = now.days_after or (bool(now.times) and not now.days)
        now.days = tuple(dict.fromkeys((*now.days, *day.days)))

    def _take_time(self, times: clock.Times, gap: str) -> None:
        now = self.now
        if now.postponed or (now.times and now.kind == "busy" and now.whole):
            self._begin(_Statement(times.at, times.end, days=now.days))
        elif now.days_after and now.who and now.kind in {None, "busy", "if_needed"}:  # "18-22 on Friday and from 20 on Saturday"
            self._begin(_Statement(times.at, times.end, who=now.who, kind=now.kind, strong=now.strong))
        elif now.kind == "busy" and now.days and now.who and not now.times and times.kind == "range" and _BREAK.search(gap):
            self._begin(_Statement(times.at, times.end, who=now.who))
        self.now.times.append(times)

    def _take_kind(self, says: _Says, gap: str) -> None:
        now = self.now
        if says.kind == "free":
            now.strong = True
        elif says.kind == "open":
            now.whole = True
        elif (
            says.kind == "busy"
            and now.says_when
            and now.who
            and now.kind is None
            and (_ASIDE.search(gap) or _NOT.match(self.text, says.at, says.end))
        ):
            self._begin(_Statement(says.at, says.end, who=now.who, kind="busy"))
        else:
            now.kind = says.kind

    def _take_same(self, same: _Same, gap: str) -> None:
        now = self.now
        if now.who and (same.strong if now.times or now.whole else now.same):
            self._begin(_Statement(same.at, same.end))
        if same.strong or len(gap.strip()) < _BESIDE:
            self.now.same = same


# ----------------------------------------------------------------------------------------------------------------------- windows


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody's clock, and what is known of their time: told before, and in this message."""

    name: str
    zone: ZoneInfo
    context: Context
    told: Windows

    def known(self, day: date) -> Minutes | None:
        """The one free window of a day."""
        here = [row for row in self.told if row["start"][:10] == day.isoformat()]
        found: list[Minutes] = []
        for row in here or self.context.availability.get(self.name, ()):
            start, end = (datetime.fromisoformat(row[key]).astimezone(self.zone) for key in ("start", "end"))
            if row["kind"] != "busy" and start.date() == day:
                low = start.hour * 60 + start.minute
                found.append((low, low + int((end - start) / timedelta(minutes=1))))
        return found[0] if len(found) == 1 else None


def _put(told: Told, person: _Person, plan_days: Sequence[date]) -> Windows:
    """The person's windows with the new ones. An open side replaces what was told of that day before, since it is completed from it."""
    new = [_window(day, span, told.kind, person.zone) for day in told.days or plan_days for span in _spans(told, person, day)]
    if told.kind in {"free", "if_needed"} and any(times.kind != "range" for times in told.spans):
        anew = {row["start"][:10] for row in new}
        return [row for row in person.told if row["start"][:10] not in anew or row["kind"] == "busy"] + new
    return person.told + new


def _window(day: date, span: Minutes, kind: Kind, zone: ZoneInfo) -> dict[str, str]:
    """The window in ISO 8601; one with its end before its start is given as it was said."""
    start, end = (_moment(day, minutes, zone).isoformat() for minutes in span)
    return {"start": start, "end": end, "kind": kind}


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    later, minutes = divmod(minutes, _MIDNIGHT)
    return datetime.combine(day + timedelta(days=later), time(minutes // 60, minutes % 60), zone)


def _spans(told: Told, person: _Person, day: date) -> list[Minutes]:
    """What a statement means on one day, in minutes."""
    hours = plan_hours(person.context)
    part = told.part or hours or part_of_plan(person.context)
    if not told.spans:
        return [(hours or DAY) if told.whole else told.part or (WHOLE_DAY if told.kind == "busy" else DAY)]
    if told.kind == "avoided":
        return [_avoided(times, part) for times in told.spans]
    ranges = [times for times in told.spans if times.kind == "range"]
    opened = [times for times in told.spans if times.kind != "range"]
    found = [clock.resolve(times, part) for times in (ranges if told.kind in {"free", "if_needed"} else [*ranges, *opened])]
    if opened and told.kind in {"free", "if_needed"}:
        found.append(_open_sided(opened, part, person.known(day)))
    return found


def _avoided(times: clock.Times, part: Minutes | None) -> Minutes:
    """What someone would rather not: "avoid meetings before 9" and "rather start at 9 or later" both mean the time until then."""
    if times.kind == "range":
        return clock.resolve(times, part)
    moment = clock.moment_of(times.first, part or _OFFICE)
    return (0, moment) if times.word == "before" or (times.kind == "from" and times.word != "after") else (moment, _MIDNIGHT)


def _open_sided(opened: Iterable[clock.Times], part: Minutes | None, known: Minutes | None) -> Minutes:
    """A range from its sides; a side that is not said stays as it was told before, else it is the part's."""
    moments = [(times.kind, clock.moment_of(times.first, part)) for times in opened]
    low = next((moment for kind, moment in moments if kind == "from"), None)
    high = next((moment for kind, moment in reversed(moments) if kind == "until"), None)
    usual_low, usual_high = part or DAY
    if low is None:
        high = high or 0
        return (known[0] if known and known[0] < high else min(usual_low, high - 60), high)
    if high is None:
        return (low, known[1] if known and known[1] > low else usual_high if usual_high > low else _MIDNIGHT)
    if high <= low:
        high += _NOON if high <= _NOON else _MIDNIGHT
    return (low, high)


def plan_hours(context: Context) -> Minutes | None:
    """The hours of the day that the plan is bound to."""
    low, high = context.plan.get("hours_from"), context.plan.get("hours_to")
    return (_minutes(low), _minutes(high)) if low and high else None


def _minutes(said: str) -> int:
    hour, minute = said.split(":")
    return int(hour) * 60 + int(minute)


def part_of_plan(context: Context) -> Minutes | None:
    """The part of the day that the plan is about."""
    said = str(context.plan.get("part_of_day") or "")
    if said in PARTS:
        return PARTS[said]
    kind = str(context.plan.get("kind") or "").casefold()
    return next((part for word, part in _PART_OF_KIND.items() if word in kind), None)
