"""The stops of an outing as people tell them: where, how long, in which order, when it begins, and the ways between.

Stops may be told over several messages: those before are read again, as far as the plan still has their places. A message is about stops only
where the talk is of an outing, or where it names several places with how long one stays.
"""
# ruff: noqa: RUF001  people type several apostrophes, quotation marks and dashes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  quotes around every word would hide the words
# ruff: noqa: PLR2004  the numbers are those of a clock, or count letters

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from vibehuntr_agent.planning.phrases import PARTS

from . import clock
from .context import Call, Context, Json
from .marking import (
    CLOCK_MARK,
    COMMON,
    CORRECTED,
    DAY_MARK,
    LENGTH_MARK,
    MONTHS,
    WEEKDAYS,
    Length,
    Marked,
    blank,
    distinctive,
    fold,
    mark,
    moment,
    plan_days,
    titled,
)  # fmt: skip
from .own_places import MAX_TALE, NO_CITY, TYPES, closings, typed_in

EARLIER: Final = 15
"""So many messages are looked back at."""
_MAX_TIMES: Final = 40
_NATIVE: Final = "ravintola kahvila baari kuppila krouvi trattoria pizzeria osteria brasserie izakaya taverna gasthaus".split()
_NOT_NAMED: Final = frozenset(
    f"at on in is are was for and or to the a an then with from by until till closes which that it who we i you so as of should there here has have "
    f"first last second next afterwards after before open shut takes staying please {WEEKDAYS} {MONTHS}".split()
)
_TYPED: Final = re.compile(
    rf"(?<![\w-])(?P<type>(?i:{'|'.join(TYPES)}))\s+(?P<name>[^\W\d_][\w'’&-]*(?:\s+(?:&\s+)?[A-ZÀ-Þ][\w'’&-]*){{0,3}})"
)
_CAPITAL: Final = r"[A-ZÀ-Þ][\w'’&-]*(?:\s+(?:&\s+|of\s+|the\s+|de\s+|la\s+)?[A-ZÀ-Þ][\w'’&-]*){0,4}"
_LED: Final = re.compile(
    rf"(?:\b(?i:at|to|then|next|first|finally|and|after\s+that|afterwards|stop\s+\d+\s*:|stay\s+at|dinner\s*:|coffee\s*:|bar\s*:|drinks\s*:|lunch\s*:))\s+(?P<name>{_CAPITAL})"
)
_LED_OR_LISTED: Final = re.compile(rf"{_LED.pattern}|(?:^|[,:;(\n])\s*(?P<listed>{_CAPITAL})(?=[\s(,:])")
_ROLES: Final = {
    "coffee": ("kahvila", "cafe", "café", "caffè", "coffee"),
    "dinner": ("ravintola", "restaurant", "bistro", "trattoria", "pizzeria", "osteria", "brasserie", "dinner"),
    "bar": ("baari", "bar", "pub", "krouvi", "kuppila", "club", "drinks"),
}
_ROLE_NAMES: Final = r"coffee|caf[eé]|cake|dessert|dinner|meal|restaurant|food|bar|pub|drinks|beers?|cocktails"
_ROLE: Final = re.compile(
    rf"\bthe\s+(?P<role>{_ROLE_NAMES})\b|(?:^|[,;:.]\s*|\b(?:and|then|do|have|with|before|after|first)\s+)(?P<bare>{_ROLE_NAMES})(?=\s*(?:$|[,;.!]|\b(?:first|last|before|after|then|next|goes|comes|at\s+the\s+end|afterwards)\b))"
)
_ROLE_OF: Final = {
    **dict.fromkeys(("café", "cafe", "cake", "dessert"), "coffee"),
    **dict.fromkeys(("meal", "restaurant", "food"), "dinner"),
    **dict.fromkeys(("drinks", "beer", "beers", "cocktails", "pub"), "bar"),
}
_TALK: Final = re.compile(
    r"\bitinerar\w+|\bschedule\b|\btimetable\b|\bprogramme?\s+for\b|\bprogramme:|\bevening\s+programme?\b|\bstops?\s*(?:\d|:|on\b|in\b)|\b(?:three|two|four|five)\s+stops\b"
    r"|\bplan(?:ning)?\s+(?:an?|the|our|a\s+whole|the\s+whole)\s+(?:\w+\s+)?(?:evening|night|afternoon|day)\b|\b(?:night|evening|afternoon|day)\s+out\b|\b(?:evening|night|day)\s+of\s+it\b|\b(?:bar|pub|club|caf[eé]|place)[\s-](?:hop\w*|tour|crawl)\b|\bout\s+and\s+about\b|\bcrawl\b"
    r"|\b(?:first|then)\s+we(?:'ll|\s+will|'d)?\s+(?:go|have|head|start|eat)\b|\bwhere\s+we\s+start\b|\b(?:route|running\s+order|several\s+(?:places|stops))\b|\bfrom\s+the\s+first\s+place\s+to\b|\bfrom\s+(?:stop|place)\s+to\s+(?:stop|place)\b"
)
_EVENING: Final = re.compile(r"\b(?:evening|night|dinner|drinks|bar|baari)\b")
_HOP: Final = r"(?:place|stop|spot|venue|one|bar|location)"
_TRAVEL: Final = re.compile(
    rf"""(?x)\b(?:walk|walks|walking|stroll|on\s+foot|travel|travelling|apart|in[\s-]between|each\s+way|transfers?|change-?overs?|moving\s+between|to\s+get\s+(?:there|from)|getting\s+from
    |between\s+(?:stops|the\s+(?:(?:two|three|four)\s+)?(?:stops|places|venues)|each|every|them|places|venues|any\s+two|one\s+and)|(?:from\s+)?(?:each|one|every)\s+(?:{_HOP}\s+)?to\s+(?:the\s+)?(?:next|other|another)
    |from\s+{_HOP}\s+to\s+{_HOP}|(?:each|every|per)\s+(?:hop|leg|way|move|transfer)|away\s+from\s+each\s+other)\b"""
)
_WAY_LEAD: Final = re.compile(
    r"(?:\b(?:it'?s|it\s+is|it\s+takes|it'll\s+take|takes?|always|allow|with|and|the|an?|we|we'll|need|needs|they're|they\s+are|places|each|walks?|walking|travel|from\s+place\s+to\s+place|is|about|roughly|around|only|plan|count|add|leave|us|so)\s+)+$"
)
_CUE_FIRST: Final = re.compile(
    r"\b(?:first|1st|to\s+begin\s+with|to\s+start\s+with|(?:starts?|starting|begins?|beginning)\s+(?:with|at|in|from)(?=\s+[a-zà-þ])|(?:at|to)\s+the\s+(?:very\s+)?(?:start|beginning|front|top))\b"
)
_CUE_LAST: Final = re.compile(
    r"\b(?:last|finally|(?:at|in|to)\s+the\s+(?:very\s+)?end|to\s+finish|to\s+end\s+with|(?:ends?|ending|finish|finishes|finishing|close|wrap\s+up)\s+(?:with|at|in)(?=\s+[a-zà-þ]))\b"
)
_ORDERS: Final = re.compile(
    r"\b(?:order|reorder|first|then|last|before|after|afterwards|swap|switch|exchange|ahead|next|begin|start|starting|1st|2nd|second|third|followed|turn\s+it|other\s+way|end|finish)\b"
)
_SAYS_LITTLE: Final = re.compile(
    r"""(?x)(?:[^\w\ue000-\ue007]|\b(?:we|we'?ll|we'?d|i|it|it's|that|they|and|or|to|at|in|the|an?|of|with|for|from|be|go|have|has|is|are|will|would|should|come|comes
    |stop|stops|\d|start|starts|starting|begin|begins|first|second|third|1st|2nd|3rd|last|next|then|after|afterwards|before|between|two|finish|end|beginning|order|new
    |different|reorder|ok|okay|so|oh|yeah|right|now|let|let's|lets|stay|stays|staying|there|dinner|coffee|bar|drinks|lunch|s|still|as|move|make|all|please|everything
    |later|earlier|close|closes|shut|shuts|who|which|silly|me|turn|round|around|followed|by|i'd|like|not|instead|than|each|every|time|one|change|more|also|thing|need|must|shall|it'll|that's|open)\b)*"""
)
_START: Final = re.compile(r"\b(?:start|starts|starting|begin|begins|beginning|kick\s+off)\b[^.!?;\n]{0,30}$")
_CAN_START: Final = re.compile(r"(?<!we\s)\b(?:can|could|can't|cannot|able\s+to)\s+(?:only\s+)?(?:start|begin)\w*[^.!?;\n]{0,30}$")
_REVERSED: Final = re.compile(
    r"\b(?:swap|switch|flip|exchange|reverse|invert|turn)\s+(?:them|it|these|those|the\s+(?:two|order|stops|places|sequence)|the\s+(?:two|three)\s+(?:stops|places))(?:\s+a?round)?\b"
    r"|\bthe\s+other\s+way\s+(?:a?round)\b|\b(?:in\s+)?(?:the\s+)?(?:reverse|opposite)\s+order\b"
)
_SWAPS: Final = re.compile(r"\b(?:swap|switch|exchange)\s+(?:the\s+)?$")
_NEGATED: Final = re.compile(r"\b(?:not(?:\s+at)?|instead\s+of|rather\s+than)\s+(?:at\s+)?$")
_SHIFT: Final = re.compile(
    rf"{LENGTH_MARK}\s+(?P<way>later|earlier|sooner)\b"
    rf"|\b(?P<by>push|move|shift|delay|postpone|put|set|bring|pull|advance|start|begin)\w*\s+(?:(?:it|this|that|everything|all|back|forward|ahead|up|on|out|by|of|the|whole|thing|start|evening|beginning|itinerary|schedule"
    rf"|timetable|programme|plan|outing|tour|us)\s+)*{LENGTH_MARK}(?:\s+(?P<where>back|forward|ahead|up|later|earlier|sooner))?"
)
_OF_SOMEBODY: Final = re.compile(
    r"\b(?!we\b|it\b|everything\b|that\b|all\b)[\w'-]+\s+(?:comes?|coming|arrives?|arriving|joins?|joining|leaves?|can\s+\w+|gets?\s+\w+|is|are|will\s+be)\s+(?:\w+\s+)?$"
)
_FORWARD: Final = re.compile(r"\b(?:forward|ahead|up|earlier|sooner|bring|pull|advance)\w*\b")
_DROPS: Final = re.compile(r"\b(?:skip|drop|leave\s+out|without|remove|cut)\s+(?:the\s+)?$")
_THERE: Final = re.compile(r"\b(?:stay|there|spend|takes?|lasts?|it|they|open|close[sd]?|shuts?)\b")


@dataclass(slots=True)
class _Stop:
    name: str
    minutes: int | None = None
    closes: str | None = None
    cue: str = ""


@dataclass(frozen=True, slots=True)
class _Mention:
    at: int
    end: int
    name: str


@dataclass(slots=True)
class _Plan:
    """What is known of an outing."""

    stops: list[_Stop] = field(default_factory=list[_Stop])
    start: datetime | None = None
    travel: int | None = None

    def stop(self, name: str) -> _Stop | None:
        return next((stop for stop in self.stops if stop.name == name), None)

    def copy(self) -> _Plan:
        return _Plan([replace(stop) for stop in self.stops], self.start, self.travel)

    def ordered(self) -> list[_Stop]:
        """The stops said to be first, those of no place, those said to be last."""
        return sorted(self.stops, key=lambda stop: {"first": 0, "": 1, "last": 2}[stop.cue])

    @property
    def complete(self) -> bool:
        return len(self.stops) > 1 and self.start is not None and all(stop.minutes for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Outing:
    """What a message says of an outing: the calls, and the words that say so."""

    calls: tuple[Call, ...]
    spans: tuple[tuple[int, int], ...]


def told_of(marked: Marked, context: Context) -> Outing | None:
    """What the message says of an outing's stops, or None when it is not about them."""
    if len(marked.text.strip()) > MAX_TALE or len(marked.times) > _MAX_TIMES:
        return None
    known = _known(context)
    before = known.copy()
    told = sum(stop.minutes is not None for stop in known.stops) > 1
    spans = _listen(marked, known, context, told or _talks(marked, context))
    if not spans:
        return None
    calls = [*_new_places(before, known, context), *_build(before, known, context)]
    return Outing(tuple(calls), tuple(spans))


def _talks(marked: Marked, context: Context) -> bool:
    """Whether the conversation is about an outing of several stops."""
    said = [fold(text) for text in context.earlier[-EARLIER:] if len(text) < 600]
    return bool(context.itinerary) or any(_TALK.search(text) for text in (*said, marked.low))


def _known(context: Context) -> _Plan:
    """The outing so far: the stored one, else what the messages before have told of places that the plan still has."""
    known = _Plan()
    typed = [str(venue.get("name")) for venue in context.venues if venue.get("source") == "you"]
    for stop in context.itinerary.get("stops") or ():
        known.stops.append(_Stop(str(stop.get("name")), _stay(stop)))
    known.start = _iso(context.itinerary.get("start"))
    told = _Plan() if known.stops else known
    for text in context.earlier[-EARLIER:]:
        if len(text) <= MAX_TALE and not typed_in(marked := mark(text, context), context):
            _listen(marked, told, context, talk=True, only=typed)
    known.travel = told.travel
    for place, cue in ((0, "first"), (-1, "last")):
        if known.stops and (stop := told.stop(known.stops[place].name)) and stop.cue == cue:
            known.stops[place].cue = cue
    return known


def _stay(stop: Json) -> int | None:
    if stop.get("minutes"):
        return int(stop["minutes"])
    arrive, leave = _iso(stop.get("arrive")), _iso(stop.get("leave"))
    return round((leave - arrive).total_seconds() / 60) if arrive and leave else None


def _iso(said: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _listen(marked: Marked, known: _Plan, context: Context, talk: bool, only: Sequence[str] | None = None) -> list[tuple[int, int]]:  # noqa: FBT001
    """Take what a message says into `known`; give the words that were used. `only`: names that count, of a message before."""
    travel, ways = _travel(marked)
    mentions = [m for m in _mentions(marked, known, context, ways, talk=talk) if only is None or m.name in only]
    shifts = [found.span() for found in _SHIFT.finditer(marked.plain)]
    lengths = [length for length in marked.lengths if not _inside(length.at, ways)]
    stays = [length for length in lengths if not _inside(length.at, shifts)]
    closes = [(at, end, said) for at, end, said in closings(marked) if not _inside(at, ways)]
    if not _tells(marked, known, mentions, lengths, closes, ways=ways if talk else (), talk=talk):
        return []
    known.travel = travel or known.travel
    used = _take_stops(marked, known, mentions, stays, closes)
    _take_order(marked, known, mentions, stays)
    used += _take_start(marked, known, mentions, closes, context)
    used += [found.span() for found in _REVERSED.finditer(marked.low)]
    return [*ways, *_joined(marked, used)]


def _tells(
    marked: Marked,
    known: _Plan,
    mentions: Sequence[_Mention],
    lengths: Sequence[Length],
    closes: Sequence[tuple[int, int, str]],
    *,
    ways: Sequence[tuple[int, int]],
    talk: bool,
) -> bool:
    """Whether the message is about stops, and not about one place or one time."""
    names = {mention.name for mention in mentions}
    if len(names) > 1 and len(lengths) > 1:
        return True
    if not talk:
        return False
    if names and (lengths or closes or _clocks(marked, closes) or _ORDERS.search(marked.low)):
        return True
    starts = any(_starts(marked, times) for times in _clocks(marked, closes))
    details = bool((lengths or closes) and _THERE.search(marked.low)) and not re.search(r"\b(?:can|free|available|busy)\b", marked.low)
    shift = _SHIFT.search(marked.plain) if lengths else None
    changes = (shift and not _OF_SOMEBODY.search(marked.low[max(0, shift.start() - 60) : shift.start()])) or _REVERSED.search(marked.low)
    return bool(ways) or bool(known.stops and (starts or details or changes))


def _clocks(marked: Marked, closes: Sequence[tuple[int, int, str]]) -> list[clock.Times]:
    """The times that are no closing times, no durations and not taken back."""
    taken = [(at, end) for at, end, _ in closes]
    return [t for t in marked.times if not _inside(t.at, taken) and not _NEGATED.search(marked.low[max(0, t.at - 20) : t.at])]


def _starts(marked: Marked, times: clock.Times) -> re.Match[str] | None:
    """The words before a time that make it the start; "Anna can start at 18:00" speaks of Anna."""
    before = marked.low[max(0, times.at - 50) : times.at]
    return None if _CAN_START.search(before) else _START.search(before)


def _inside(at: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _travel(marked: Marked) -> tuple[int | None, list[tuple[int, int]]]:
    """The minutes from one stop to the next, and the words that say so."""
    minutes: int | None = None
    spans: list[tuple[int, int]] = []
    for at, end in marked.sentences():
        lengths = [length for length in marked.lengths if at <= length.at < end]
        pairs = [(found, length) for found in _TRAVEL.finditer(marked.low, at, end) for length in lengths if _gap(found, length) <= 60]
        if not pairs:
            continue
        word, length = min(pairs, key=lambda pair: _gap(*pair))
        taken_back = [one for one, two in pairwise(lengths) if CORRECTED.match(marked.low[one.end : two.at])]
        start = min([word.start(), length.at, *(one.at for one in taken_back)])
        said = {one.minutes for one in lengths if one.at >= start and one not in taken_back}
        minutes = said.pop() if len(said) == 1 else None
        lead = _WAY_LEAD.search(marked.low[at:start])
        spans.append((at + lead.start() if lead else start, end))
    return minutes, spans


def _gap(word: re.Match[str], length: Length) -> int:
    return max(length.at - word.end(), word.start() - length.end)


def _mentions(marked: Marked, known: _Plan, context: Context, ways: Sequence[tuple[int, int]], *, talk: bool) -> list[_Mention]:
    """The places named in the message, in its order; a way from one to the other names none."""
    names = [stop.name for stop in known.stops]
    names += [str(v.get("name")) for v in context.venues if v.get("source") == "you" and v.get("name") not in names]
    found = [*_known_names(marked, names), *_new_names(marked, context, talk=talk), *_roles(marked, names, context)]
    kept: list[_Mention] = []
    for mention in sorted(found, key=lambda m: (m.at, -m.end)):
        if not _inside(mention.at, ways) and (not kept or mention.at >= kept[-1].end):
            kept.append(mention)
    return _same_names(kept, names)


def _same_names(mentions: Sequence[_Mention], names: Sequence[str]) -> list[_Mention]:
    """Mentions by the names that are known: "Kahvila Kettu" and "Kettu" are one place."""
    known = {fold(name): name for name in names}
    by_word = {word: name for name in names for word in distinctive(name)}
    made: list[_Mention] = []
    for mention in mentions:
        words = distinctive(mention.name)
        same = known.get(fold(mention.name)) or (by_word.get(words[0]) if words else None) or mention.name
        for word in words:
            by_word.setdefault(word, same)
        made.append(replace(mention, name=same))
    return made


def _known_names(marked: Marked, names: Sequence[str]) -> Iterator[_Mention]:
    for name in names:
        words = [fold(name), *distinctive(name)]
        for found in re.finditer(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?!\w)", marked.low):
            yield _Mention(found.start(), found.end(), name)


def _new_names(marked: Marked, context: Context, *, talk: bool) -> Iterator[_Mention]:
    text = marked.text
    for at, end in marked.quotes:
        text = blank(text, at, end)
    people = {part.casefold() for name in context.roster for part in name.split()}
    for found in _TYPED.finditer(text):
        word = found["name"].split()[0]
        if word.lower() not in _NOT_NAMED and (word[0].isupper() or found["type"].lower() in _NATIVE):
            name = found[0] if word[0].isupper() else f"{found['type']} {word}"
            yield _Mention(found.start(), found.start() + len(name), titled(" ".join(name.split())))
    for found in (_LED_OR_LISTED if talk else _LED).finditer(text):
        group = "name" if found["name"] else "listed"
        if found[group].lower().split()[0] not in _NOT_NAMED | COMMON | people | NO_CITY and _has_length(marked, found):
            yield _Mention(found.start(group), found.end(group), " ".join(found[group].split()))


def _has_length(marked: Marked, found: re.Match[str]) -> bool:
    """Whether a stay is said right beside the name."""
    between = rf"(?:\s|[,(:–-]|{CLOCK_MARK}|{DAY_MARK}|\b(?:for|takes|staying|stay|about|at|from|on)\b)*"
    after = re.match(between + LENGTH_MARK, marked.plain[found.end() : found.end() + 80])
    return bool(after or re.search(rf"{LENGTH_MARK}\s+$", marked.plain[max(0, found.start() - 40) : found.start()]))


def _roles(marked: Marked, names: Sequence[str], context: Context) -> Iterator[_Mention]:
    """“The coffee” is the place that was called so, else the one whose name says so."""
    for found in _ROLE.finditer(marked.low):
        group = "role" if found["role"] else "bare"
        role = _ROLE_OF.get(found[group], found[group])
        called = [name for name in names if _called(role, name, context)]
        fits = called or [name for name in names if any(word in fold(name).split() for word in _ROLES[role])]
        if len(fits) == 1:
            yield _Mention(found.start(group), found.end(group), fits[0])


def _called(role: str, name: str, context: Context) -> bool:
    said = (fold(text) for text in context.earlier[-EARLIER:])
    return any(re.match(rf"\W*{role}\s*:\s*{re.escape(fold(name))}", text) for text in said)


def _take_stops(
    marked: Marked, known: _Plan, mentions: Sequence[_Mention], lengths: Sequence[Length], closes: Sequence[tuple[int, int, str]]
) -> list[tuple[int, int]]:
    """Add the stops that are named, with how long one stays and when they close."""
    for mention in mentions:
        if _DROPS.search(marked.low[max(0, mention.at - 20) : mention.at]) and known.stop(mention.name):
            known.stops = [stop for stop in known.stops if stop.name != mention.name]
        elif not known.stop(mention.name):
            known.stops.append(_Stop(mention.name))
    for mention in mentions:
        if (stop := known.stop(mention.name)) and (cue := _cue(marked, mention, mentions)):
            stop.cue = cue
    for length in lengths:
        if not re.match(r"\s+(?:later|earlier)\b", marked.low[length.end :]) and (stop := _owner(marked, known, mentions, length)):
            stop.minutes = length.minutes
    for at, end, said in closes:
        if stop := _owner(marked, known, mentions, Length(at, end, 0)):
            stop.closes = said
    return [(m.at, m.end) for m in mentions] + [(one.at, one.end) for one in lengths] + [(at, end) for at, end, _ in closes]


def _owner(marked: Marked, known: _Plan, mentions: Sequence[_Mention], detail: Length) -> _Stop | None:
    """Whose stay or closing time it is: that of the place after "two hours at", else of the one before, else of the last one told."""
    for mention in mentions:
        if detail.minutes and re.fullmatch(r"\s+(?:[a-zà-þ]+\s+){0,2}(?:at|in)\s+(?:the\s+)?", marked.low[detail.end : mention.at]):
            return known.stop(mention.name)
    named = [mention.name for mention in mentions if mention.at < detail.at] or [mention.name for mention in mentions[:1]]
    if named:
        return known.stop(named[-1])
    return known.stops[-1] if known.stops else None


def _joined(marked: Marked, used: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The words used, with those between them in the same sentence."""
    spans: list[tuple[int, int]] = []
    for at, end in marked.sentences():
        inside = [span for span in used if at <= span[0] < end]
        if inside:
            spans.append(_widened(marked, (at, end), min(span[0] for span in inside), max(span[1] for span in inside)))
    return spans


def _widened(marked: Marked, sentence: tuple[int, int], start: int, stop: int) -> tuple[int, int]:
    """The words used, with those around them that say nothing else."""
    at, end = sentence
    low = _SAYS_LITTLE.fullmatch(marked.plain[at:start])
    high = _SAYS_LITTLE.fullmatch(marked.plain[stop:end])
    return at if low else start, end if high else stop


def _clause(marked: Marked, mention: _Mention) -> tuple[int, int]:
    """The words between the commas around a mention."""
    start = max((found.end() for found in re.finditer(r"[,;:!?\n(]|\.\s", marked.low[: mention.at])), default=0)
    stop = re.search(r"[,;:!?\n)]|\.(?:\s|$)", marked.low[mention.end :])
    return start, mention.end + stop.start() if stop else len(marked.low)


def _cue(marked: Marked, mention: _Mention, mentions: Sequence[_Mention]) -> str:
    """Whether the clause says that the place is the first or the last."""
    start, end = _clause(marked, mention)
    if len({other.name for other in mentions if start <= other.at < end}) > 1:
        return ""
    clause = marked.low[start:end]
    return "first" if _CUE_FIRST.search(clause) else "last" if _CUE_LAST.search(clause) else ""


def _take_order(marked: Marked, known: _Plan, mentions: Sequence[_Mention], lengths: Sequence[Length]) -> None:
    """Put the stops in the order that is said. New stops stand in the order of their telling already."""
    said = list(dict.fromkeys(mention.name for mention in mentions if known.stop(mention.name)))
    if len(said) < 2 and _REVERSED.search(marked.low):
        known.stops = [replace(stop, cue="") for stop in reversed(known.stops)]
        return
    if not said or len(lengths) >= len(said):
        known.stops = known.ordered() if said else known.stops
        return
    names = [stop.name for stop in known.stops]
    related = False
    for one, two in pairwise(mentions):
        between = marked.low[one.end : two.at]
        way = re.search(r"\b(before|ahead\s+of|prior\s+to|after)\s+(?:the\s+)?$", between) if len(between) < 60 else None
        swapped = re.fullmatch(r"\s+(?:and|with|for)\s+(?:the\s+)?", between) and _SWAPS.search(marked.low[: one.at])
        if not (way or swapped) or one.name == two.name or not {one.name, two.name} <= set(names):
            continue
        related = True
        if swapped:
            here, there = names.index(one.name), names.index(two.name)
            names[here], names[there] = two.name, one.name
        elif way:
            names.remove(one.name)
            names.insert(names.index(two.name) + (way[1] == "after"), one.name)
    if not related and len(said) > 1:
        names = [*said, *(name for name in names if name not in said)]
    for stop in known.stops:
        stop.cue = next(filter(None, (_cue(marked, mention, mentions) for mention in mentions if mention.name == stop.name)), "")
    known.stops = sorted(known.stops, key=lambda stop: names.index(stop.name))
    known.stops = known.ordered()


def _take_start(
    marked: Marked, known: _Plan, mentions: Sequence[_Mention], closes: Sequence[tuple[int, int, str]], context: Context
) -> list[tuple[int, int]]:
    """When it begins: the time at "start", else the first one beside the stops."""
    clocks = _clocks(marked, closes)
    starts = [times for times in clocks if _starts(marked, times)]
    chosen = starts[-1] if starts else clocks[0] if clocks and mentions else None
    if chosen:
        if day := _day_of(marked, known, context):
            known.start = moment(day, _start_minutes(chosen, known, marked, context), context)
        return [_with_start(marked, chosen)]
    shift = _SHIFT.search(marked.plain)
    if shift and known.start:
        minutes = next(length.minutes for length in marked.lengths if shift.start() <= length.at < shift.end())
        known.start += timedelta(minutes=-minutes if _FORWARD.search(marked.low[slice(*shift.span())]) else minutes)
        return [shift.span()]
    return []


def _with_start(marked: Marked, times: clock.Times) -> tuple[int, int]:
    found = _starts(marked, times)
    negated = re.match(rf"\W*(?:not|instead\s+of|rather\s+than)\s+(?:at\s+)?(?:{CLOCK_MARK}|\d{{1,2}}\b)", marked.plain[times.end :])
    return (max(0, times.at - 50) + found.start() if found else times.at, times.end + negated.end() if negated else times.end)


def _start_minutes(times: clock.Times, known: _Plan, marked: Marked, context: Context) -> int:
    """The hour nearest to the start so far, else one of the evening where the talk is of one."""
    options = times.first.options
    if known.start and len(options) > 1:
        here = known.start.astimezone(context.zone)
        return min(options, key=lambda option: abs(option - here.hour * 60 - here.minute))
    talk = " ".join([marked.low, *(fold(text[:300]) for text in context.earlier[-EARLIER:]), str(context.plan.get("kind"))])
    return clock.moment_of(times.first, PARTS["evening"] if _EVENING.search(talk) else None)


def _day_of(marked: Marked, known: _Plan, context: Context) -> date | None:
    """The day named in the message, else that of the outing so far, the plan's, or the one named last before."""
    dates, planned = marked.dates(), plan_days(context)
    if dates and (not planned or len(dates) < len(planned) or dates != planned):
        return dates[0]
    if known.start:
        return known.start.astimezone(context.zone).date()
    if planned:
        return planned[0]
    earlier = (mark(text, context).dates() for text in reversed(context.earlier[-EARLIER:]))
    return next((found[0] for found in earlier if found), None)


def _new_places(before: _Plan, known: _Plan, context: Context) -> Iterator[Call]:
    """A call for each place that is new, or of which the closing time is."""
    stored = {str(venue.get("name")) for venue in context.venues if venue.get("source") == "you"}
    for stop in known.stops:
        old = before.stop(stop.name)
        if stop.name not in stored or (stop.closes and stop.closes != (old.closes if old else None)):
            yield Call("add_venue", {"name": stop.name} | ({"closes": stop.closes} if stop.closes else {}))


def _build(before: _Plan, known: _Plan, context: Context) -> Iterator[Call]:
    """The call that draws the outing anew, when all that it needs is known and something of it is new."""
    if not known.complete or not known.start or known == before:
        return
    args: Json = {}
    names = [stop.name for stop in known.stops]
    same = {stop.name: stop.minutes for stop in before.stops} == {stop.name: stop.minutes for stop in known.stops}
    if not (context.itinerary and same):
        args["stops"] = [{"venue": stop.name, "minutes": stop.minutes} for stop in known.stops]
    elif names != [stop.name for stop in before.stops]:
        args["order"] = names
    args["start"] = known.start.isoformat()
    if known.travel:
        args["travel_minutes"] = known.travel
    yield Call("build_itinerary", args)
