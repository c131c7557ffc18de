"""When people are free: "Anna is free Friday 18-22, Ben from 7pm; the others can't", with corrections, zones and "same for Leo".

A sentence is read from left to right as people, days, times and "free" or "busy"; a new person after a time begins a new statement. Who, which
day and which kind of time are carried on where a statement leaves them out. An open side ("from 7", "not before eight") changes that side of
what was told before, or else reaches to the end of the part of the day. Days and zones of a statement are those said in it, else those of
the person, else the plan's.
"""
# ruff: noqa: RUF001  people type several apostrophes and dashes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from vibehuntr_agent.planning.errors import PlanningError
from vibehuntr_agent.planning.people import ME
from vibehuntr_agent.planning.phrases import DAY, PARTS, WHOLE_DAY, Minutes, window_on

from . import clock, days, people
from .context import Call, Context, Reading
from .zones import time_zones, zones_in

Kind = Literal["free", "if_needed", "busy", "preferred", "avoided"]

_SENTENCE: Final = re.compile(
    r"(?:[^.!?;\n]|(?<=\d)[.](?=\d)|(?<=[ap])[.](?=\s?m\b)|(?<=\b[ap]\.m)[.](?=\s+[a-z0-9])|(?<=\d)[.](?=\s*(?:and|or|,|-|–|\())|(?<=\bincl)[.])+[.!?;\n]*"
)
_ENDS: Final = r"(?=\s*(?:$|[.,;!?\n)]|(?:really\s+)?(?:come|make|do|join|be|attend|meet|on|at|mon|tue|wed|thu|fri|sat|sun|today|tonight|tomorrow|that|the|this|then|before|until|after|between|from|\d|either|get\s+there)))"
_BUSY: Final = re.compile(
    rf"(?i)\b(?:busy|booked|tied\s+up|occupied|unavailable|in\s+meetings?|has\s+meetings?|have\s+meetings?|blocked(?:\s+(?:their|his|her|my|the)\s+calendars?)?|(?:has|have|['’]ve\s+got|got)\s+(?:another\s+|an?\s+)?(?:appointments?|something\s+on|plans|meetings?)"
    rf"|(?:can\s?not|can['’]?t|cannot|unable(?:\s+to)?|won['’]?t|will\s+not){_ENDS}"
    rf"|(?:(?:is|am|are|was)\s*n['’]?o?t|isn|aren|['’]m\s+not|['’]s\s+not|['’]re\s+not)(?:\s+(?:at\s+all\s+)?(?:free|available|able|around|possible)|{_ENDS})"
    rf"|not\s+(?:free|available|able|at\s+all|possible)|(?:does|do|would)\s*n['’]?o?t\s+(?:work|suit|fit)|impossible|no\s+(?:good|time|way)\b(?!\s+for\s+(?:all|every))|nothing\s+free|(?:is|['’]s)\s+out(?=\s*(?:for|$|[.,;]))|neither(?=\s+(?:can|is|could|has))|busy\s+times?)\b"
    r"|(?<=[\w)]\s)no(?=\s*(?:$|[.,;!\n]))|\b(?:but\s+)?not(?=\s*(?:$|[.,;!\n)]|(?:on\s+)?(?:the\s+)?(?:mon|tue|wed|thu|fri|sat|sun|\d)))|\b(?:except|but\s+not)\b(?=[^.;]{0,12}\d)"
)
_IF_NEEDED: Final = re.compile(
    r"(?i)\b(?:if\s+(?:really\s+)?(?:need(?:ed)?(?:\s+be)?|necessary|it\s+must(?:\s+be)?|it\s+has\s+to\s+be)|if\s+really\s+\w+|only\s+if\s+there['’]?s\s+no\s+other\s+way|(?:only\s+)?at\s+a\s+(?:pinch|push)|would\s+rather\s+not,?\s+but|['’]d\s+rather\s+not,?\s+but|in\s+a\s+pinch|reluctantly)\b"
)
_AVOIDS: Final = re.compile(
    r"(?i)\b(?:(?:would|['’]d)\s+(?:rather|prefer)\s+(?:not|no)|(?:would|['’]d)\s+like\s+to\s+avoid|do(?:es)?(?:\s+not|n['’]?t)\s+want\s+to\s+meet|prefers?\s+(?:not|no)\b|if\s+possible,?\s+nothing|(?:would|['’]d)\s+like\s+to\s+keep\s+the\s+time|(?:would|['’]d)\s+(?:rather\s+start|prefer\s+to\s+be\s+done))\b"
)
_WIDE_OPEN: Final = re.compile(
    r"(?i)\b(?:free\s+(?:the\s+(?:entire|whole)|all)\s+day|wide\s+open|no\s+meetings?(?!\s+(?:before|after))|nothing(?:\s+on)?(?=\s*(?:$|[.,;\n]|all))|empty\s+calendar|(?:can\s+do\s+)?any\s*time(?!\s+(?:between|from|after|before|until|till))|available\s+all\s+day|(?:free|available)\s+(?:any\s*time|always)|all\s+day\s+free)\b"
)
_FREE: Final = re.compile(
    r"(?i)\b(?:free|available|availability|can|could|able|works?|suits?|good|fine|ok|okay|possible|open|has\s+time|have\s+time|has|have|around|time|times|window|there|join|joins|come|comes|stays?|leave|leaves|answer|says?|said|there|home|it['’]?s)\b"
)
_SAME: Final = re.compile(
    r"(?i)\b(?:too|as\s+well|(?:is|am|are|can)\s+also|(?:the\s+)?same(?:\s+(?:for|as|goes|applies))?|so\s+(?:can|could|is|am|are|has|have|do|does)|likewise|ditto)\b"
)
_STRONG_SAME: Final = re.compile(r"(?i)so\b|(?:the\s+)?same\s+(?:for|as|goes|applies)|likewise|ditto")
_QUESTION: Final = re.compile(
    r"(?i)^\W*(?:so\s+|and\s+|but\s+|then\s+|ok\s+|now\s+|hm+\W+)*(?:when|what|which|how|why|where|who|is\s+there|are\s+there|could\s+we|can\s+we|do\s+we|does|did|shall|should|would|will|find|could\s+you|can\s+you|please\s+find|tell\s+me|show|any\b|whats?)\b"
)
_DECISION: Final = re.compile(
    r"(?i)\b(?:let['’]?s|we['’]ll|we\s+will|we\s+(?:are\s+)?meet(?:ing)?|book\s+us|decided|that['’]s\s+agreed|it\s+is\s+then|go\s+with|take\s+the)\b"
)
_PLAN_HOURS: Final = re.compile(
    r"(?i)\b(?:work(?:ing)?|office|business)\s+hours\b|\bschedule\s+a\s+meeting\b|\bwant\s+to\s+meet\s+for\b|\blooking\s+for\s+a\s+slot\b|\bcan\s+all\s+meet\b|\bget\b[^.;!?]{3,80}\btogether\s+for\b"
)
"""A sentence that says between which hours the meeting is to be."""
_TODAY_PART: Final = re.compile(
    r"(?i)\b(?P<all>(?:all|the\s+whole|the\s+entire)\s+)?(?P<part>mornings?|lunch\s?time|afternoons?|evenings?|nights?|tonight)\b"
)
_FOR: Final = re.compile(r"(?i)(?:\b(?:for|suits?|fits?|with|of|by|is\s+(?:fine|good|ok|okay|possible)\s+for)\s*|:\s*|\bme\b\s*)$")
_COLON: Final = re.compile(r"^\s*(?:\([^)]*\)\s*)?:")
_EARLIER: Final = 20
_NARRATIVE: Final = 40
_SHORT: Final = 50
"""Characters of a sentence up to which "too" means "at the same times"."""
_BESIDE: Final = 8
"""Characters between a person and "too"."""
_TALE: Final = 800
"""Characters of a message from which only what has a clock time in it counts."""
_LONG: Final = 160
"""Characters of a sentence from which a "can't" without a time is a tale."""
_CORRECT: Final = r"(?:\s*[,.…-]*\s*)\b(?:(?:oh\s+)?(?:no|nope|wait|sorry|oops|pardon)\b(?:[\s,]+(?:no|wait|sorry|hold\s+on|make\s+(?:that|it)|i\s+mean(?:t)?)\b)*|i\s+mean(?:t)?\b|or\s+rather\b|rather\b|correction\b|scratch\s+that\b|make\s+that\b)(?:\s*[,:.]*\s*)(?:i\s+mean(?:t)?\s+|make\s+that\s+|we\s+had\s+better\s+say\s+)?"
_PREP: Final = r"(?:(?:from|between|to|un?till?|till?|at|not\s+before|by|-|–)\s+)"
_TIME_SLIP: Final = re.compile(
    rf"(?i)(?P<prep>\b{_PREP})?(?P<old>\b{clock.CLOCK}(?:\s*{clock._DASH}\s*{clock.CLOCK})?)(?P<gap>{_CORRECT}(?:[^.;!?]{{0,70}}?,\s*)??)(?=(?P<own>{_PREP})?{clock.CLOCK})"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
)
_END_SLIP: Final = re.compile(
    rf"(?i)(?P<start>{clock.CLOCK}\s*{clock._DASH}\s*)(?P<old>{clock.CLOCK})(?P<gap>{_CORRECT})(?P<to>(?:to|un?till?|till?)\s+)(?P<new>{clock.CLOCK})(?!\s*{clock._DASH})"
)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
_SWAP: Final = re.compile(
    rf"(?i)\b(?:said|meant|means|says|wrote|it['’]s|is)\s+(?P<new>{clock.CLOCK}),?\s+(?:and\s+)?not\s+(?P<old>{clock.CLOCK})"
)
"""The start of a time told anew: "Tom said half past seven, not seven"."""


@dataclass(slots=True)
class _Statement:
    """Who is what, when; parts that are not said are empty."""

    who: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    times: list[clock.Times] = field(default_factory=list[clock.Times])
    kind: Kind | None = None
    part: Minutes | None = None
    whole: bool = False
    same: bool = False
    weak: bool = False
    """Whether it says no more than "too"."""
    zone: ZoneInfo | None = None
    days_after: bool = False
    """Whether its days stand after its times."""
    postponed: bool = False
    """Whether the people came after the times: "18-22 works for me"."""
    at: int = 0
    end: int = 0
    length: int = 0
    """Characters of its sentence."""
    strong: bool = False
    """Whether it says that it is about being free."""

    @property
    def says(self) -> bool:
        return bool(self.times) or self.whole or (self.kind in {"busy"} and bool(self.days))


@dataclass(frozen=True, slots=True)
class Told:
    """One statement: these people, on these days."""

    who: tuple[str, ...]
    days: tuple[date, ...]
    spans: tuple[tuple[clock.Times, Minutes | None], ...]
    kind: Kind
    whole: bool
    part: Minutes | None
    zone: ZoneInfo | None
    at: int
    end: int


def read(text: str, context: Context, *, roster: Sequence[str], plan_days: Sequence[date]) -> Reading:
    """The availability that `text` states, as calls of set_availability, one a person.

    Times told earlier, before any day was, count once the plan has its days.
    """
    reading = Reading(text)
    said = statements(text, context, roster=roster, plan_days=plan_days)
    here = {name for told in said for name in told.who}
    for told in said:
        reading.use(told.at, told.end)
    if plan_days and not any(context.availability.values()):
        said = [*_waiting(context, roster, here), *said]
    if not said:
        return reading
    if not plan_days and any(not told.days for told in said):
        reading.asks.add("day")
    zones = zones_in([*context.earlier, text], roster)
    windows: dict[str, list[dict[str, str]]] = {}
    modes: dict[str, str] = {}
    for told in said:
        for name in told.who:
            zone = told.zone or zones.get(name) or context.zone
            rows = _rows(told, name, context, zone, plan_days, windows.get(name, []))
            modes[name] = _mode(told, rows, modes.get(name))
            _put(windows.setdefault(name, []), rows, told)
    for name, rows in windows.items():
        if rows:
            reading.calls.append(Call("set_availability", {"person": "me" if name == ME else name, "windows": rows, "mode": modes[name]}))
    return reading


def _waiting(context: Context, roster: Sequence[str], told_now: set[str]) -> list[Told]:
    """What was told without a day when the plan had none yet."""
    found: list[Told] = []
    for index, text in enumerate(context.earlier[-_EARLIER:]):
        older = replace(context, earlier=context.earlier[:index], plan={})
        for told in statements(text, older, roster=roster, plan_days=()):
            who = tuple(name for name in told.who if name not in told_now)
            if who and not told.days:
                found.append(replace(told, who=who))
    return found


def corrected(text: str) -> str:
    """The text with times blanked out that are taken back in the same breath: "from 8, no, from half past seven"."""
    text = _END_SLIP.sub(lambda m: m["start"] + " " * (len(m["old"]) + len(m["gap"]) + len(m["to"])) + m["new"], text)
    return _TIME_SLIP.sub(
        lambda m: ((m["prep"] or "") if not m["own"] else " " * len(m["prep"] or "")) + " " * len(m["old"] + m["gap"]), text
    )


def statements(text: str, context: Context, *, roster: Sequence[str], plan_days: Sequence[date]) -> list[Told]:
    """What `text` says of whose time, in its order."""
    text = _SWAP.sub(
        lambda m: f"not before {m['new']}".ljust(len(m[0]))[: len(m[0])] if len(m[0]) >= len(m["new"]) + 11 else m[0], corrected(text)
    )
    named = days.find(text, context.now.date(), plan_days)
    times = clock.find(_without(text, named))
    who = people.mentions(text, context, roster)
    told: list[Told] = []
    carried: tuple[date, ...] = ()
    header: Kind | None = None
    for match in _SENTENCE.finditer(_without(text, named)):
        low, high = match.span()
        sentence = text[low:high]
        if _skipped(sentence):
            continue
        inside = [days_ for days_ in named if low <= days_.at < high]
        found = _sentence(text, low, high, inside, [t for t in times if low <= t.at < high], [w for w in who if low <= w.at < high], roster)
        if _busy_header(sentence) and not any(statement.who for statement in found):
            header = "busy"
            carried = inside[0].days if inside else carried
            continue
        trailing = found[-1] if found and found[-1].days_after else None
        _share_zone(found)
        for statement in found:
            statement.length = len(text) if len(text) > _TALE else len(sentence.strip())
            if trailing and not inside_before(statement, inside) and statement.times and not statement.days:
                statement.days = trailing.days
            if header and not statement.kind and statement.who and not statement.whole and not statement.strong:
                statement.kind = header
                statement.whole = statement.whole and header != "busy"
            statement.days = statement.days or carried
            made = _made(statement, told, context, roster, plan_days)
            if made:
                told.append(made)
                carried = made.days or carried
        carried = next((d.days for d in reversed(inside) if d.days), carried) if not found else carried
    return told


def _share_zone(found: Sequence[_Statement]) -> None:
    """A zone that is said once, at the end, holds for all that is told of the same people in the sentence."""
    for one, two in zip(reversed(found[:-1]), reversed(found[1:]), strict=False):
        if one.zone is None and one.times and one.who == two.who:
            one.zone = two.zone


def inside_before(statement: _Statement, named: Sequence[days.Days]) -> bool:
    """Whether a day stands before the statement, in its sentence."""
    return any(day.at < statement.at for day in named)


def _without(text: str, named: Sequence[days.Days]) -> str:
    """The text with its days blanked out; a point that ends a sentence stays."""
    for day in named:
        tells = re.search(r"\d[:.]\d\d|\d\s?[ap]m\b", text[max(0, day.at - 60) : day.at]) and text[day.end - 2].isalpha()
        ends = text[day.end - 1] == "." and re.match(r"\s+[A-ZÀ-Þ]|\s*$" if not tells else r"\s", text[day.end :])
        text = text[: day.at] + " " * (day.end - day.at - 1) + ("." if ends else " ") + text[day.end :]
    return text


def _skipped(sentence: str) -> bool:
    """Whether the sentence asks or decides instead of telling."""
    asks = sentence.rstrip().endswith("?") or bool(_QUESTION.search(sentence))
    if _PLAN_HOURS.search(sentence) or re.search(r"(?i)\bwithout\b", sentence):
        return True
    if _DECISION.search(sentence) and not re.search(r"(?i)\bfree\b|\bavailable\b|\btime\s+(?:from|between)", sentence):
        return True
    if not asks:
        return False
    tells = any(times.kind == "range" for times in clock.find(sentence))
    return not tells or (bool(_QUESTION.search(sentence)) and not re.search(r":\s*\w", sentence))


def _busy_header(sentence: str) -> bool:
    return bool(re.search(r"(?i)(?:^|[:.]\s)\W*(?:busy\s+times?|meetings|appointments|blocked)\b[^\n]*:\s*$", sentence.rstrip()))


def _sentence(
    text: str,
    low: int,
    high: int,
    named: Sequence[days.Days],
    times: Sequence[clock.Times],
    who: Sequence[people.Who],
    roster: Sequence[str],
) -> list[_Statement]:
    """The statements of one sentence."""
    kinds = _kinds(text, low, high, times)
    tokens: list[tuple[int, int, str, object]] = [(d.at, d.end, "day", d) for d in named]
    tokens += [(t.at, t.end, "time", t) for t in times]
    tokens += [(w.at, w.end, "who", w) for w in who]
    tokens += kinds
    tokens += [(m.start(), m.end(), "part", (_part(m["part"]), bool(m["all"]))) for m in _TODAY_PART.finditer(text, low, high)]
    tokens += [(m.start(), m.end(), "same", None) for m in _SAME.finditer(text, low, high)]
    tokens += [(at, end, "zone", zone) for at, end, zone in zones_in_text(text, low, high)]
    tokens.sort(key=lambda token: (token[0], -token[1]))
    built: list[_Statement] = []
    now = _Statement(at=low, end=low)
    last_end = low
    for at, end, what, value in tokens:
        if at < last_end and what in {"day", "part"}:
            continue
        if now.end == low and not built:
            now.at = at
        now = _take(built, now, text, (at, end, what, value), last_end, low)
        now.end = max(now.end, end)
        last_end = max(last_end, end)
    built.append(now)
    return [s for s in built if s.says or s.same or s.whole or s.kind or (s.part and s.strong)]


def _take(built: list[_Statement], now: _Statement, text: str, token: tuple[int, int, str, object], last_end: int, low: int) -> _Statement:
    at, end, what, value = token
    gap = text[last_end:at]
    if what == "who":
        assert isinstance(value, people.Who)  # noqa: S101  the token says so
        return _take_who(built, now, text, value, gap)
    if what == "day":
        assert isinstance(value, days.Days)  # noqa: S101  as above
        return _take_day(built, now, value, gap)
    if what == "time":
        assert isinstance(value, clock.Times)  # noqa: S101  as above
        if now.postponed or (now.times and now.kind == "busy" and now.whole):
            built.append(now)
            now = _Statement(days=now.days, kind=None, at=at, end=at)
        if now.kind == "busy" and now.days and not now.times and _COMMA.search(gap) and value.kind == "range" and now.who and _closed(now):
            built.append(now)
            now = _Statement(who=now.who, at=at, end=at)
        now.times.append(value)
        return now
    if what == "part":
        assert isinstance(value, tuple)  # noqa: S101  as above
        now.part, now.strong = value[0], now.strong or value[1]
        return now
    if what == "same":
        if (now.who and (now.times or now.whole) and _STRONG_SAME.match(text[at:end])) or (now.who and now.same and not now.times):
            built.append(now)
            now = _Statement(at=at, end=end)
        weak = not _STRONG_SAME.match(text[at:end])
        if not weak or len(gap.strip()) < _BESIDE:
            now.same, now.weak = True, weak
        return now
    if what == "zone":
        now.zone = value if isinstance(value, ZoneInfo) else now.zone
        return now
    return _take_kind(built, now, str(value), at, end, gap, text)


_COMMA: Final = re.compile(r"[,(]|\bbut\b|\band\b")


def _closed(now: _Statement) -> bool:
    return bool(now.days)


def _take_who(built: list[_Statement], now: _Statement, text: str, who: people.Who, gap: str) -> _Statement:
    after_for = bool(_FOR.search(text[max(0, who.at - 24) : who.at]))
    complete = bool(now.times) or now.whole or now.kind == "busy"
    if (
        not now.who
        and (complete or now.days or now.same)
        and (not complete or after_for or _is_last_word(text, who) or not _tells_next(text, who.end))
    ):
        now.who, now.postponed = who.names, complete
        return now
    if now.postponed and (
        re.fullmatch(r"(?i)\s*,?\s*(?:and|n|&|\+)?\s*(?:for\s+)?", gap)
        and not _COLON.match(text[who.end :])
        and not _tells_next(text, who.end)
    ):
        now.who = (*now.who, *(name for name in who.names if name not in now.who))
        return now
    if complete or (now.same and now.who):
        built.append(now)
        return _Statement(who=who.names, days=(), at=who.at, end=who.end)
    if who.means in {"he", "they"} and now.who and set(who.names) <= set(now.who):
        return now
    if now.who and who.means == "me" and re.search(r"(?i)\b(?:told|tell|told\s+me|to|asked|gives?|with|from|for)\s*$", gap):
        return now
    now.who = who.names
    return now


def _is_last_word(text: str, who: people.Who) -> bool:
    return bool(re.match(r"(?i)^\s*(?:[.!;\n]|$)", text[who.end :]))


def _tells_next(text: str, end: int) -> bool:
    return bool(re.match(r"(?i)^\s*(?:['’]s\s|is\b|can\b|has\b|from\b|\d|:)", text[end:]))


def _take_day(built: list[_Statement], now: _Statement, day: days.Days, gap: str) -> _Statement:
    joined = bool(re.fullmatch(r"(?i)\s*,?\s*(?:and|or|&|n|/|on|the|\s)*\s*", gap))
    again = now.times and now.days and not (joined and now.days_after)
    if again or (now.kind == "busy" and now.days and not now.times and now.who and "," in gap):
        built.append(now)
        return _Statement(who=now.who, days=day.days, at=day.at, end=day.end)
    now.days_after = now.days_after or (bool(now.times) and not now.days)
    now.days = tuple(dict.fromkeys((*now.days, *day.days)))
    return now


def _take_kind(built: list[_Statement], now: _Statement, kind: str, at: int, end: int, gap: str, text: str) -> _Statement:
    if kind == "free":
        now.strong = True
        return now
    if kind == "open":
        now.whole = True
        return now
    value: Kind = kind  # type: ignore[assignment]
    if value == "busy" and now.times and now.kind is None and not (now.kind is None and not now.who):
        separate = re.search(r"[,;(]|\bbut\b|\band\b", gap) or re.match(r"(?i)(?:but\s+)?not\b|no\b", text[at:end])
        if separate:
            built.append(now)
            return _Statement(who=now.who, kind="busy", at=at, end=end)
    now.kind = value
    return now


def _kinds(text: str, low: int, high: int, times: Sequence[clock.Times]) -> list[tuple[int, int, str, object]]:
    """Words that say free, busy and so on. "Can't before 7" is no busy time: the clock has turned it into "from 7"."""
    found: list[tuple[int, int, str, object]] = []
    turned = [t for t in times if t.kind in {"from", "until"}]
    for pattern, kind in ((_IF_NEEDED, "if_needed"), (_AVOIDS, "avoided"), (_WIDE_OPEN, "open"), (_BUSY, "busy"), (_FREE, "free")):
        for match in pattern.finditer(text, low, high):
            if any(at < match.end() and match.start() < end for at, end, *_ in found):
                continue
            if kind == "busy" and any(
                0 <= t.at - match.end() < _NARRATIVE and not re.search(r"[,;.]", text[match.end() : t.at]) for t in turned
            ):
                continue
            found.append((*match.span(), "kind", kind))
    return found


def _part(word: str) -> Minutes:
    said = word.lower().replace(" ", "").rstrip("s")
    return PARTS["evening"] if said == "tonight" else PARTS[said]


def _made(now: _Statement, told: Sequence[Told], context: Context, roster: Sequence[str], plan_days: Sequence[date]) -> Told | None:
    """The statement with what it leaves out; None when it does not tell of anybody's time."""
    before = told[-1] if told else None
    if now.same and not now.times and not now.whole and now.kind != "busy":
        if now.weak and now.length > _SHORT:
            return None
        source = before or _told_before(context, roster, plan_days)
        return replace(source, who=now.who, at=now.at, end=now.end, zone=now.zone) if source and now.who else None
    of_part = bool(now.part and now.strong and now.who and now.length < _LONG and not now.same)
    if not (now.says or of_part) or (now.kind == "busy" and not now.times and now.length > _LONG):
        return None
    who = now.who or _unnamed(now, context, roster, told)
    if not who:
        return None
    part = now.part
    spans = tuple((times, part) for times in now.times if times.kind != "bare" or now.kind == "busy")
    spans = tuple(
        (replace(times, kind="from") if times.kind == "at" and now.strong and now.kind is None else times, part)
        for times, part in spans
        if times.kind != "bare"
    )
    spans = tuple((times, part) for times, part in spans if times.kind != "at")
    if now.times and not spans and not now.whole:
        return None
    kind = now.kind or "free"
    if not spans and not now.whole and kind != "busy" and not part:
        return None
    if kind == "free" and spans and not (now.strong or now.days or now.postponed or now.who):
        return None
    return Told(who, now.days, spans, kind, now.whole, part, now.zone, now.at, now.end)


def _unnamed(now: _Statement, context: Context, roster: Sequence[str], told: Sequence[Told]) -> tuple[str, ...]:
    """Times without a name are those of the one person whose times are missing, or of whom the sentence before spoke."""
    if told and not now.strong:
        return told[-1].who
    untimed = [name for name in roster if not context.availability.get(name)]
    if told:
        return told[-1].who
    if len(untimed) == 1 and now.times:
        return tuple(untimed)
    if context.last_person in roster and context.last_person and now.times:
        return (context.last_person,)
    return ()


def _told_before(context: Context, roster: Sequence[str], plan_days: Sequence[date]) -> Told | None:
    """The last statement of the messages before."""
    for index in range(len(context.earlier) - 1, max(-1, len(context.earlier) - 6), -1):
        older = replace(context, earlier=context.earlier[:index])
        if found := statements(context.earlier[index], older, roster=roster, plan_days=plan_days):
            return found[-1]
    return None


def _rows(
    told: Told, name: str, context: Context, zone: ZoneInfo, plan_days: Sequence[date], pending: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """The windows of one statement, in ISO 8601."""
    on = told.days or tuple(plan_days)
    general = told.part or context_part(context)
    rows: list[dict[str, str]] = []
    for day in on:
        for span in _spans(told, name, context, zone, day, general, pending):
            try:
                window = window_on(day, span, zone)
            except PlanningError:  # the wrong way round: the tool says so
                rows.append({"start": _wall(day, span[0], zone), "end": _wall(day, span[1], zone), "kind": told.kind})
                continue
            rows.append({"start": window.start.isoformat(), "end": window.end.isoformat(), "kind": told.kind})
    return rows


def _spans(
    told: Told, name: str, context: Context, zone: ZoneInfo, day: date, part: Minutes | None, pending: Sequence[Mapping[str, str]]
) -> list[Minutes]:
    if told.kind in {"avoided"} and told.spans:
        return [_avoided(times, part) for times, _ in told.spans]
    hours = plan_hours(context)
    if told.whole and not told.spans:
        return [hours or DAY]
    if not told.spans:
        return [WHOLE_DAY if told.kind == "busy" and not told.part else told.part or DAY]
    found: list[Minutes] = []
    opened: list[tuple[str, int]] = []
    for times, own in told.spans:
        if times.kind == "range":
            found.append(clock.resolve(times, own or hours or part))
        else:
            opened.append((times.kind, clock.moment_of(times.first, own or hours or part)))
    if opened and told.kind in {"free", "if_needed"}:
        found += [_open_sided(opened, name, context, zone, day, hours or part, pending)]
    elif opened:
        found += [(clock.resolve(times, hours or part)) for times, _ in told.spans if times.kind != "range"]
    return found


def _avoided(times: clock.Times, part: Minutes | None) -> Minutes:
    """What someone would rather not: "avoid meetings before 9" and "rather start at 9 or later" both mean the time until then."""
    if times.kind == "range":
        return clock.resolve(times, part)
    moment = clock.moment_of(times.first, part or (8 * 60, 18 * 60))
    return (0, moment) if times.word == "before" or (times.kind == "from" and times.word != "after") else (moment, 24 * 60)


def _open_sided(
    opened: Sequence[tuple[str, int]],
    name: str,
    context: Context,
    zone: ZoneInfo,
    day: date,
    part: Minutes | None,
    pending: Sequence[Mapping[str, str]],
) -> Minutes:
    """A range from its sides; a side that is not said stays as it was told before, else it is the part's."""
    low = next((moment for kind, moment in opened if kind == "from"), None)
    high = next((moment for kind, moment in reversed(opened) if kind == "until"), None)
    old = _old(name, context, zone, day, pending)
    usual = part or DAY
    if high is not None and low is not None and high <= low:
        high += 12 * 60 if high <= 12 * 60 else 24 * 60
    if low is None and high is not None:
        start = old[0] if old and old[0] < high else min(usual[0], high - 60)
        return (start, high)
    assert low is not None  # noqa: S101  one side is said
    if high is not None:
        return (low, high)
    end = old[1] if old and old[1] > low else usual[1] if usual[1] > low else 24 * 60
    return (low, end)


def _old(name: str, context: Context, zone: ZoneInfo, day: date, pending: Sequence[Mapping[str, str]]) -> Minutes | None:
    """The one free window that is known of somebody's day."""
    rows = [row for row in pending if row["start"][:10] == day.isoformat()] or list(context.availability.get(name, ()))
    found: list[Minutes] = []
    for row in rows:
        start, end = (datetime.fromisoformat(row[key]).astimezone(zone) for key in ("start", "end"))
        if row["kind"] != "busy" and start.date() == day:
            midnight = datetime.combine(day, datetime.min.time(), zone)
            low = start.hour * 60 + start.minute
            found.append((low, low + int((end - start) / timedelta(minutes=1))))
            del midnight
    return found[-1] if len(found) == 1 else None


def _wall(day: date, minutes: int, zone: ZoneInfo) -> str:
    return (datetime.combine(day, datetime.min.time(), zone) + timedelta(minutes=minutes)).isoformat()


def _mode(told: Told, rows: Sequence[Mapping[str, str]], before: str | None) -> str:
    mode = "add" if told.kind in {"busy", "avoided", "preferred"} else "replace"
    return "replace" if "replace" in {mode, before} else mode


def _put(kept: list[dict[str, str]], rows: Sequence[dict[str, str]], told: Told) -> None:
    """What a later statement says of the same time replaces an open side that came before it."""
    if any(times.kind != "range" for times, _ in told.spans) and told.kind in {"free", "if_needed"}:
        said = {row["start"][:10] for row in rows}
        kept[:] = [row for row in kept if row["start"][:10] not in said or row["kind"] == "busy"]
    kept += rows


def plan_hours(context: Context) -> Minutes | None:
    """The hours of the day that the plan is bound to."""
    low, high = context.plan.get("hours_from"), context.plan.get("hours_to")
    return (_minutes(low), _minutes(high)) if low and high else None


def _minutes(said: str) -> int:
    hour, minute = said.split(":")
    return int(hour) * 60 + int(minute)


_KINDS_PART: Final[Mapping[str, Minutes]] = {
    "dinner": PARTS["evening"], "drinks": PARTS["evening"], "supper": PARTS["evening"], "night out": PARTS["evening"], "evening": PARTS["evening"],
    "lunch": (11 * 60, 17 * 60), "brunch": (9 * 60, 15 * 60), "breakfast": (6 * 60, 11 * 60),
}  # fmt: skip


def context_part(context: Context) -> Minutes | None:
    """The part of the day that the plan is about."""
    said = str(context.plan.get("part_of_day") or "")
    if said in PARTS:
        return PARTS[said]
    kind = str(context.plan.get("kind") or "").casefold()
    return next((part for word, part in _KINDS_PART.items() if word in kind), None)


def zones_in_text(text: str, low: int, high: int) -> list[tuple[int, int, ZoneInfo]]:
    """Zones that are said beside a time: "New York time", "(UK time)", "in London"."""
    return [(at, end, zone) for at, end, zone in time_zones(text) if low <= at < high]
