"""Where a group goes, as people type it: places looked for or typed in, the stops of an outing, the calendar file.

`read` gives `update_plan` (a change of city, before anything that needs it), `search_venues`, `add_venue`, `decide` (only for a place that
the same message adds: it has to run after `add_venue`), `build_itinerary` and `export_calendar`.

What stands in quotation marks is data: a place's name is taken as typed, and nothing inside it is read. `without_names` blanks such names out
for the readers that run earlier. Stops may be told over several messages: those before are read again, as far as the plan still has their
places. Of a message over 4,000 characters the end is not read.
"""
# ruff: noqa: RUF001  people type several apostrophes, quotation marks and dashes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  quotes around every word would hide the words
# ruff: noqa: PLR2004  the numbers are those of a clock, or count letters

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from vibehuntr_agent.planning.phrases import PARTS

from . import clock, days
from .context import NUMBER, Call, Context, Json, Reading, number

MAX_NAME: Final = 120
MAX_READ: Final = 4000
"""Of a longer message the rest is not read here."""
_MAX_STOPS_TEXT: Final = 1500
_MAX_TIMES: Final = 40
_EARLIER: Final = 15
_DAY: Final = 24 * 60

CLOCK_MARK: Final = "\ue000\ue001*"
"""A clock time in `Marked.plain`, as a pattern."""
DAY_MARK: Final = "\ue002\ue003*"
LENGTH_MARK: Final = "\ue004\ue005*"
NAME_MARK: Final = "\ue006\ue007*"
_MARKS: Final = re.compile("[\ue000-\ue007]")

_QUOTED: Final = re.compile(r"[\"“„«][^\"“”„»]*(?:[\"“”»]|\Z)|(?<!\w)'(?=\w)(?:[^'\n]|(?<=\w)'(?=\w)){3,200}'(?!\w)")
_SPEECH: Final = re.compile(r"(?i)\b(?:says?|said|wrote|writes|again|told\s+\w+|asked|thoughts|answers?|replied)\W*$")
_SENTENCE: Final = re.compile(r"[^.!?\n;]+(?:\.(?!\s|$)[^.!?\n;]*)*[.!?;]*")
_LENGTH: Final = re.compile(
    rf"""(?ix)\b(?:
    (?P<three>three\s+quarters\s+of\s+an\s+hour) | (?P<quarter>(?:a\s+)?quarter\s+of\s+an\s+hour) | (?P<half_hour>half\s+an\s+hour|half-hour)
  | (?:(?P<couple>a\s+couple\s+of)|(?P<count>{NUMBER}|an?(?=\s)))(?P<plus>\s+and\s+a\s+half)?[\s-]*
    (?:(?P<hours>hours?|hrs?|h(?=\d|\b))(?P<and_half>\s+and\s+a\s+half)?(?:\s*(?:and\s+)?(?P<rest>\d\d)\s*(?:m(?:in\w*)?\b|(?![\d:.])))?
      |(?P<minutes>minutes?|mins?)\b))\b"""
)
_ORDINAL: Final = re.compile(r"[1-9](?:st|nd|rd|th)\b(?!\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))")
"""A place in a list: "the 2nd" is a day, "2nd" is none."""
_FULL_STOP: Final = re.compile(r"\.(?=\s|$)")
CORRECTION: Final = r"(?:no|nope|sorry|wait|actually|i\s+mean|or\s+rather|rather|make\s+that|hang\s+on)\b"


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
    return _MARKS.sub(" ", low.replace("’", "'").replace("´", "'").replace("`", "'"))


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
    times = tuple(clock.find(_FULL_STOP.sub(";", _MARKS.sub(" ", plain))))
    for found in times:
        plain = _put(plain, found.at, found.end, "\ue000\ue001")
    return Marked(text, low, plain, times, lengths, tuple(named), quotes)


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
    return [word for word in re.findall(r"[^\W\d_][\w'-]{2,}", fold(name)) if word not in _COMMON]


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
    count = 2.0 if found["couple"] else 1.0 if found["count"] in {"a", "an"} else number(found["count"])
    count += 0.5 if found["plus"] or found["and_half"] else 0
    return round(count * 60) + int(found["rest"] or 0) if found["hours"] else round(count)


# ---------------------------------------------------------------------------------------------------------------- the reader


def read(text: str, context: Context) -> Reading:
    """The calls that a message about places, stops or the calendar file asks for."""
    reading = Reading(text)
    marked = mark(text, context)
    if place := _place(marked, context):
        _take_place(place, marked, reading)
        marked = mark(blank(text, place.at, place.end), context)
    elif outing := _outing(marked, context):
        _take_outing(outing, reading)
    else:
        _take_city(marked, context, reading)
        _take_search(marked, context, reading)
    _take_export(marked, context, reading)
    return reading


def name_typed_in(marked: Marked, context: Context) -> tuple[int, int] | None:
    """Where the name and address of a place stand that the message adds. `read` also takes the choice of it, made in the same message."""
    place = _place(marked, context)
    return (place.at, place.end) if place else None


def about_stops(marked: Marked, context: Context) -> bool:
    """Whether the message tells the stops of an outing, their order, their start or the ways between them."""
    return _outing(marked, context) is not None


def without_names(text: str, context: Context) -> str:
    """`text` with blanks for the name and address of a place that it adds, at the same length: these are data, whatever they say."""
    span = name_typed_in(mark(text, context), context)
    return blank(text, *span) if span else text


def chooses_that(low: str) -> re.Match[str] | None:
    """The words by which a sentence in lower case decides for the place spoken of last."""
    return _THAT_PLACE.search(low)


_THAT_PLACE: Final = re.compile(
    r"""(?x)\b(?:
    (?:let'?s|let\s+us|we'?ll|we\s+will|i'?ll)\s+(?:go|eat|meet)(?:\s+\w+)?\s+there
  | that'?s\s+where\s+we
  | (?:we|let'?s|let\s+us|i|we'?ll|i'?ll)\s+(?:choose|take|pick|want|book|go\s+(?:with|for))\s+(?:that|it|this)(?:\s+(?:one|place))?
  | that'?s\s+(?:the\s+one(?!\s+(?:who|with))|our\s+(?:choice|place|pick|venue)|my\s+(?:choice|pick)|the\s+place)
  | have\s+\w+\s+(?:at|in)\s+that\s+(?:one|place)
  )\b|^\W*(?:(?:ok|okay|yes|good|fine|great|then|so|and|please)\W+)*(?:choose|take|pick|book)\s+(?:that|it|this)(?:\s+(?:one|place))?\b"""
)

# ------------------------------------------------------------------------------------------------------------- a place typed in

_COMMON: Final = frozenset(
    "ravintola kahvila baari bar pub cafe café caffe restaurant bistro club hotel the and of de la le les el il da di du trattoria pizzeria "
    "brasserie house place room kitchen grill deli lounge tearoom".split()
)
_MONTHS: Final = (
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec"
)
_WEEKDAYS: Final = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
_NO_STREET: Final = frozenset(
    f"open opens opened till til until close closes closing shut shuts at on from to for by budget max maximum about around between after before "
    f"stop option number no part day days people us and or with the a an is are it its it's than of me you your we i level page room floor "
    f"age aged over under least most just only free can {_MONTHS} {_WEEKDAYS}".split()
)
_UNITS: Final = r"(?:%|€|\$|£|euros?|eur|pounds?|dollars?|people|persons|of\s|guests|friends|hours?|hrs?|h\b|min|days?|weeks?|years?|times?|pm|am|stops?)"
_ADDRESS: Final = re.compile(
    rf"""(?ix)(?:\baddress(?:\s+is)?\s*:?\s*|\b(?:at|on|in)\s+|[,(/;:]\s*|\.\s+|["”»]\s*,?\s*|^)
    (?P<address>(?:[^\W\d_][\w'’-]*\.?\s+){{0,2}}[^\W\d_][\w'’-]*\.?\s+\d{{1,4}}(?:\s?[a-h])?\b(?![:.,]\d|-\d|\s*{_UNITS})
    |\d{{1,4}}\s+(?:[^\W\d_][\w'’-]*\s+){{1,3}}(?:street|st|road|rd|avenue|ave|lane|ln|square|sq|drive|boulevard|blvd)\b)"""
)
_STREET: Final = re.compile(
    r"(?i)(?:katu|tie|kuja|polku|aukio|tori|ranta|väylä|gatan|vägen|stra(?:ß|ss)e|street|road|avenue|lane|square)\b"
)
_ADDS: Final = re.compile(
    r"""(?x)\badd\b|\bput\s+(?:it|this|that|him|one)?\s*(?:in|on|down)\b|\b(?:write|note|jot)\s+(?:\w+\s+)?down\b|\buse\s+(?:a|the|this)\s+(?:place|one)\b
    |\b(?:here'?s|here\s+is|there'?s|i\s+know|i'?ve\s+found|i\s+found|i'?ll\s+tell\s+you|tell\s+you|what\s+about|how\s+about)\s+(?:a\s+place|one|another|this)
    |\b(?:new|another|own|this)\s+(?:place|venue|restaurant|café|cafe|bar|suggestion|one|option|idea)\b|\brecommend(?:ed|s)\b|\bmine\s*:
    |\b(?:for|on|to)\s+(?:the|our)\s+(?:list|places)\b|\b(?:it'?s|it\s+is|place|one|is)\s+(?:called|named)\b|\bmy\s+(?:own\s+)?(?:tip|idea|suggestion)\b
    |\bfound\s+a\s+place\b|\bsaw\s+this\s+name\b"""
)
_LEAD: Final = re.compile(
    r"""(?ix)^(?:(?:please|ok|okay|and|then|so|also|well|could\s+you|can\s+you|add|write\s+down|note\s+down|put\s+down|put|use|there'?s|there\s+is|here'?s|here\s+is
    |try|how\s+about|what\s+about|i\s+know|we\s+know|(?:my|our)\s+own\s+suggestion|my\s+suggestion|mine|called|named|it'?s|it\s+is|a\s+friend|is|let'?s\s+(?:go|eat)|go|to|we'?ll)\s+)+"""
)
_RECOMMENDED: Final = re.compile(r"(?i)^.*\b(?:recommended|recommends|suggested|suggests|called|named)\s+")
_TAIL: Final = re.compile(r"(?i)\s+(?:for\s+(?:us|me)|(?:to|on|in)\s+(?:the|our)\s+(?:list|plan|places))$")
_JOIN: Final = re.compile(r"(?i)[\s,(/.;:–—-]*(?:\b(?:which\s+is|that'?s|it'?s|it\s+is|is|and)\s*)?(?:\b(?:at|on|in)\s*)?[\s,(/.;:–—-]*$")
_BY_NAME: Final = re.compile(
    r"""(?x)\b(?i:add|put|note|write\s+down|include)\s+
    (?:(?i:the|a|this|another)\s+(?i:place|restaurant|caf[eé]|bar|pub|venue|bistro)\s*(?i:called|named|:)?\s*(?P<a>[A-ZÀ-Þ][\w'’&.-]*(?:\s+[A-ZÀ-Þ&][\w'’&.-]*){0,4})
    |(?P<b>[A-ZÀ-Þ][\w'’&-]*(?:\s+[A-ZÀ-Þ&][\w'’&-]*){0,4})\s+(?i:to|on)\s+(?i:the|our)\s+(?:(?i:list\b(?!\s+of\s+places))|(?P<places>(?i:list\s+of\s+places|places|venues))\b))"""
)
_CLOSING: Final = re.compile(r"\b(?:open|opens|closes?|closing(?:\s+time)?|shuts?|shutting|hours)\b[\s:]*(?:[a-z']+\s+){0,2}$")
_GOES_TO: Final = re.compile(r"\b(?:let's|lets|let\s+us|we'll|we\s+will)\s+(?:go|eat|meet|have\s+\w+)\s+(?:to|at|in)\b")
_CORRECTED: Final = re.compile(rf"^[\s,.;-]*(?:{CORRECTION}[\s,.;-]*)+$")


@dataclass(frozen=True, slots=True)
class _Place:
    at: int
    end: int
    call: Call


def _place(marked: Marked, context: Context) -> _Place | None:
    """The place that the message types in, if it does."""
    bare = _MARKS.sub(" ", marked.plain)
    address = _address(bare, context)
    before = fold(context.earlier[-1][-_MAX_STOPS_TEXT:]) if context.earlier else ""
    goes = _GOES_TO.search(marked.low) if address and _STREET.search(address["address"]) else None
    intent = _ADDS.search(marked.low) or goes
    asked = bool(intent or _ADDS.search(before))
    quote = next((span for span in marked.quotes if asked and not _SPEECH.search(marked.text[: span[0]][-40:])), None)
    closes = _closings(marked)
    if quote:
        name, at, end = _unquoted(marked.text[quote[0] : quote[1]]), *quote
    elif address and (asked or (closes and _STREET.search(address["address"]))):
        name, at = _name_before(marked.text, address.start())
        end = address.end()
    elif (found := _BY_NAME.search(marked.text)) and (found["a"] or found["places"] or set(fold(found["b"]).split()) & set(_TYPES)):
        name, at, end = found["a"] or found["b"], *found.span()
    else:
        return None
    return _made_place(name, (min([at, *([intent.start()] if intent else [])]), end), address, closes, marked) if name else None


def _made_place(
    name: str, span: tuple[int, int], address: re.Match[str] | None, closes: Sequence[tuple[int, int, str]], marked: Marked
) -> _Place:
    args: Json = {"name": name[:MAX_NAME]}
    ends = [span[1]]
    if address:
        args["address"] = _titled(marked.text[address.start("address") : address.end("address")])
        ends.append(address.end())
    if closes:
        args["closes"] = closes[-1][2]
        ends.append(closes[-1][1])
    return _Place(span[0], max(ends), Call("add_venue", args))


def _address(bare: str, context: Context) -> re.Match[str] | None:
    """The first street with a number; what looks like one may begin inside of what does not."""
    found = _ADDRESS.search(bare)
    while found and not _is_street(found["address"], context):
        found = _ADDRESS.search(bare, found.start() + 1)
    return found


def _is_street(said: str, context: Context) -> bool:
    words = re.findall(r"[^\W\d_][\w'’-]*", said.lower())
    names = {part.casefold() for name in context.roster for part in name.split()}
    return not any(word in _NO_STREET or word in names for word in words)


def _unquoted(said: str) -> str:
    return " ".join(said.strip("\"“”„«»'").split())


def _name_before(text: str, end: int) -> tuple[str, int]:
    """The name that stands before an address, and where it begins."""
    low = max(0, end - 200)
    lead = _JOIN.sub("", text[low:end])
    cut = max((found.end() for found in re.finditer(r"[:;!?\n(]|\.\s|,\s|\s/\s", lead)), default=0)
    dash = re.search(r"\s[–—-]\s", lead[cut:])
    if dash and _ADDS.search(fold(lead[cut : cut + dash.start()])):
        cut += dash.end()
    piece = _TAIL.sub("", lead[cut:].strip())
    piece = _LEAD.sub("", _RECOMMENDED.sub("", piece))
    words = piece.split()
    while any(word[:1].isupper() for word in words) and words[0][:1].islower() and words[0] not in _COMMON:
        words = words[1:]
    name = " ".join(words)
    return (_titled(name) if len(words) <= 8 or dash else ""), low + cut


def _titled(name: str) -> str:
    """`name` with capitals, if it was typed without any."""
    words = name.split()
    return " ".join(word[:1].upper() + word[1:] for word in words) if name == name.lower() else " ".join(words)


def _closings(marked: Marked) -> list[tuple[int, int, str]]:
    """Where closing times stand, and the times; of "until 22, no, until 23" only the second."""
    found: list[tuple[int, int, str]] = []
    for times in marked.times:
        if found and _CORRECTED.match(marked.low[found[-1][1] : times.at]):
            found[-1] = (found[-1][0], times.end, _closing_clock(times))
        elif _CLOSING.search(marked.low[max(0, times.at - 40) : times.at]):
            found.append((times.at, times.end, _closing_clock(times)))
    return found


def _closing_clock(times: clock.Times) -> str:
    """Places close in the evening or at night: an hour from 1 to 4 is before dawn, one from 5 to 11 in the evening."""
    first, *others = (times.last or times.first).options
    minutes = next((option for option in (first, *others) if not 5 * 60 <= option < 12 * 60), first) if others else first
    if others and 12 * 60 <= minutes < 13 * 60:
        minutes += 12 * 60
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _take_place(place: _Place, marked: Marked, reading: Reading) -> None:
    reading.calls.append(place.call)
    reading.use(place.at, place.end)
    for found in re.finditer(r"\bput\s+(?:it|this|that)\s+(?:in|down|on\s+(?:the|our)\s+list)\b", marked.low):
        reading.use(*found.span())
    after = [span for span in marked.sentences() if span[0] >= place.end - 1]
    chosen = [(at + found.start(), end) for at, end in after if (found := chooses_that(marked.low[at:end]))]
    if chosen or _GOES_TO.match(marked.low, place.at):
        reading.calls.append(Call("decide", {"what": "venue", "choice": place.call.args["name"]}))
    for span in chosen[:1]:
        reading.use(*span)


# ------------------------------------------------------------------------------------------------------- another city, a search

_NO_CITY: Final = frozenset(
    f"it the a an my our your his her their this that these those there here him them us me later earlier next tomorrow today tonight noon "
    f"midnight evening morning afternoon lunch dinner brunch bed work town home one two three four five six seven eight nine ten eleven twelve "
    f"final half quarter vegan cheaper {_MONTHS} {_WEEKDAYS}".split()
)
_CITY: Final = r"(?P<city>[^\W\d_][\w'-]+(?:\s[^\W\d_][\w'-]+)?)"
_MOVES: Final = tuple(
    re.compile(pattern.replace("CITY", _CITY))
    for pattern in (
        r"\b(?:change|switch|set|update)\s+(?:the\s+)?(?:city|town|location)\s+to\s+CITY",
        r"\bnew\s+(?:city|town)(?:\s+is)?\s*:?\s+CITY",
        r"\b(?:moving|move|moved|shifting|shift)\s+(?:it|this|that|everything|(?:the|our)\s+(?!start|time|date|end)\w+)\s+(?:over\s+)?to\s+CITY",
        r"\bnot\s+(?:in\s+)?(?P<old>\w+)\s+(?:after\s+all\s*,?\s*)?but\s+(?:in\s+)?CITY",
        r"\b(?:in|to)\s+CITY\s+instead\b",
        r"\bchange\s+of\s+plans?\b[^.!?\n]{0,30}?\b(?:going|go|off|heading)\s+to\s+CITY",
        r"\b(?:correction|actually|sorry|no)\b[^.!?\n]{0,12}\b(?:the|our)\s+\w+\s+is\s+(?:now\s+)?in\s+CITY",
        r"\b(?:city|town)\b[^.!?\n]{0,20}?\bit(?:'ll\s+be|'s|\s+is|\s+will\s+be)\s+(?:now\s+)?CITY",
        r"\brather\b[^.!?\n]{0,20}?\bin\s+(?P<again>\w+)\b[^.!?\n]{0,20}?\bmake\s+it\s+CITY",
        r"\bmoved\s+to\s+CITY\s+and\s+we\s+(?:should|will|'ll|want\s+to|need\s+to|could|can)?\s*(?:go|come|meet|visit)\b",
    )
)
_IN_CITY: Final = re.compile(rf"\bin\s+{_CITY}|\bdoes\s+{_CITY.replace('city', 'city2')}\s+have\b")
_ALL_KINDS: Final = {
    "restaurant": r"restaurants?|resturants?|restaraunts?|restraunts?|restaurents?|restuarants?|resteraunts?|restaurnats?|eater(?:y|ies)"
    r"|(?:places?|somewhere|spots?)\s+(?:to|where\s+we\s+can|we\s+can|for\s+us\s+to)\s+(?:eat|dine)",
    "cafe": r"caf+[eéè]s?|coffee\s?(?:shops?|houses?|places?|bars?)|tea\s?rooms?",
    "bar": r"(?:cocktail\s+|wine\s+)?bars?",
    "pub": r"pubs?",
    "bistro": r"bistros?",
    "pizzeria": r"pizzerias?|pizza\s+places?",
    "museum": r"museums?",
    "gallery": r"galler(?:y|ies)",
    "cinema": r"cinemas?|movie\s+theat(?:er|re)s?",
    "theatre": r"theat(?:re|er)s?",
    "club": r"(?:night\s?)?clubs?",
}
_KIND: Final = "|".join(f"(?P<{name}>{words})" for name, words in _ALL_KINDS.items())
_CUISINES: Final = (
    "thai italian indian chinese japanese korean vietnamese mexican greek turkish lebanese french spanish finnish nepalese nepali ethiopian "
    "american georgian russian portuguese asian nordic mediterranean sushi pizza ramen burger vegan vegetarian halal kosher"
).split()
_LOWER: Final = frozenset("sushi pizza ramen burger vegan vegetarian halal kosher cheap".split())
CUISINE: Final = rf"(?:{'|'.join(_CUISINES)})"
_PLACE_ASKED: Final = rf"(?P<like>(?:(?:{CUISINE}|cheap|good|nice|cosy|quiet)\s+){{0,3}})(?:{_KIND})\b"
_FILLERS: Final = r"(?:ok|okay|so|and|now|then|please|pls|hm+|hmm|no|nah|yes|or|again|the|some|any|good|few|there|instead|us|for|maybe|not|actually|hey|hi|a)"
_ASKS: Final = re.compile(
    rf"""(?x)(?:\b(?:find|show|list|search|(?<!was\s)(?<!were\s)look(?:ing)?\s+(?:for|up)|suggest|recommend|propose|offer|give\s+(?:me|us)|ideas?\s+for|are\s+there|is\s+there|any|which
    |what(?!\s+(?:time|did|does\s+\w+\s+(?:say|think))))\b[^.!?\n]{{0,50}}?\b|\b(?:need|want|fancy|get\s+us)\s+(?:to\s+go\s+to\s+)?(?:an?\s+|some\s+|other\s+)?
    |^(?:\W|\b{_FILLERS}\b)*\b){_PLACE_ASKED}"""
)
_NO_SEARCH: Final = re.compile(r"\s+(?:did|was|were|has|had|crawl|votes?|won)\b")
_ALONE: Final = re.compile(rf"^(?:\W|\b{_FILLERS}\b)*{_PLACE_ASKED}(?:\W|\b{_FILLERS}\b)*$")
_CUISINE_ASKED: Final = re.compile(
    rf"""(?x)(?P<like>\b(?:cheap\s+|good\s+|nice\s+)?{CUISINE}\b)(?:\s+(?:food|places?|somewhere))?(?=[^.!?\n]{{0,40}}\b(?:near|nearby|close\s+to|open\s+now|around\s+here)\b)
    |\b(?:find|do\s+you\s+know|suggest|recommend|is\s+there|are\s+there|any|where\s+can\s+we\s+get)\b[^.!?\n]{{0,20}}?\b(?P<like2>{CUISINE})\b(?:\s+(?:food|places?|spots?|somewhere))?"""
)
_WHERE: Final = re.compile(
    r"\bwhere\s+(?:could|can|should|shall|might|do)\s+(?:we|i)\s+(?:eat|dine|go\s+(?:out\s+)?(?:to\s+eat|for\s+\w+)|have\s+(?:dinner|lunch|brunch|coffee|drinks))\b"
    r"|\b(?:find|suggest|recommend|show|look\s+for)\s+(?:me|us)?\s*(?:a|some|another|other)\s+(?:places?|venues?|spots?)\b"
)
_OFFER: Final = re.compile(r"\bwhat\s+(?:can|could|do|would)\s+you\s+(?:offer|have)(?:\s+(?:me|us))?\s+(?:there|here|instead)\b")
_NO_ASK: Final = re.compile(r"\b(?:votes?|voted|voting|poll|tally|like|likes|love|remember|forget\s+that|allerg\w+|prefers?)\b")
_NOT_THIS: Final = re.compile(r"\b(?:forget(?:\s+about)?|no\s+more|not|no|instead\s+of|without|than|from)\s+(?:an?\s+|the\s+|any\s+)?$")
_NEAR: Final = re.compile(
    r"\b(?:near|close\s+to|next\s+to)\s+(?:to\s+)?(?:the\s+)?(?P<near>[^,.!?\n]{2,60}?)(?=\s+(?:open|that|which|with|for|on|at|please|pls|and|in)\b|[,.!?\n]|$)"
)
_OPEN_NOW: Final = re.compile(r"\bopen\s+(?:right\s+)?now\b")
_BY_KIND: Final = {
    "coffee": "cafe",
    "brunch": "restaurant",
    "drinks": "bar",
    "drink": "bar",
    "breakfast": "cafe",
    "cinema": "cinema",
    "museum": "museum",
}


def _take_city(marked: Marked, context: Context, reading: Reading) -> None:
    old = str(context.plan.get("city") or "")
    if not old:
        return
    for pattern in _MOVES:
        for found in pattern.finditer(marked.low):
            named = found.groupdict()
            if named.get("old") not in {None, fold(old)} or (named.get("again") and not found["city"].startswith(found["again"])):
                continue
            city = _city(marked.text, found, context)
            if city and city.casefold() != old.casefold():
                reading.calls.append(Call("update_plan", {"city": city}))
                reading.use(*found.span())
                return


def _city(text: str, found: re.Match[str], context: Context, group: str = "city") -> str:
    """The city as it is called, or nothing. A second word belongs to it only with a capital."""
    said = text[found.start(group) : found.end(group)]
    words = said.split()
    capital = bool(words) and words[0][0].isupper()
    kept = words[:1] + [word for word in words[1:] if capital and word[0].isupper() and word.lower() not in _NO_CITY]
    names = {part.casefold() for name in (*context.roster, *(str(v.get("name")) for v in context.venues)) for part in name.split()}
    if not kept or kept[0].lower() in _NO_CITY or kept[0].casefold() in names:
        return ""
    return _titled(" ".join(kept))


def _take_search(marked: Marked, context: Context, reading: Reading) -> None:
    """The last thing that is looked for."""
    asked = next(filter(None, (_asked(marked, span, context, reading) for span in reversed(list(marked.sentences())))), None)
    if not asked:
        return
    what, at, end = asked
    args: Json = {"what": what}
    if near := _NEAR.search(marked.low, at):
        args["near"] = marked.text[near.start("near") : near.end("near")].strip()
        end = max(end, near.end())
    if now := _OPEN_NOW.search(marked.low, at):
        args["open_at"] = context.now.astimezone(context.zone).isoformat(timespec="minutes")
        end = max(end, now.end())
    if city := _searched_city(marked, context, reading):
        args["city"] = city
    reading.calls.append(Call("search_venues", args))
    reading.use(at, end)


def _asked(marked: Marked, span: tuple[int, int], context: Context, reading: Reading) -> tuple[str, int, int] | None:
    """What a sentence looks for, and where it says so."""
    at, end = span
    low = marked.low[at:end]
    if _NO_ASK.search(low):
        return None
    for found in _ASKS.finditer(low):
        kind = next((name for name in _ALL_KINDS if found[name]), "")
        start = found.start(kind)
        if _NO_SEARCH.match(low, found.end()):
            continue
        if (
            (_said_alone(low, found) or "?" not in low)
            and not _NOT_THIS.search(low[:start])
            and not re.match(r"\s*:\s*\w", low[found.end() :])
        ):
            return _wish(found["like"], kind), at + found.start(), at + found.end()
        if "?" in low and not _NOT_THIS.search(low[:start]):
            return _wish(found["like"], kind), at + found.start(), at + found.end()
    if found := _CUISINE_ASKED.search(low):
        return _wish(found["like"] or found["like2"], ""), at + found.start(), at + found.end()
    if found := _WHERE.search(low) or (_OFFER.search(low) if _searched(context) or reading.calls else None):
        return _BY_KIND.get(str(context.plan.get("kind")), "restaurant"), at + found.start(), at + found.end()
    return None


def _said_alone(low: str, found: re.Match[str]) -> bool:
    """A sentence that only begins with a kind of place must say nothing else."""
    asks = re.match(r"(?:\W|\b(?:a|the)\b)*$", low[: found.start("like")])
    return not asks or bool(_ALONE.match(low))


def _searched(context: Context) -> bool:
    return context.shown.get("of") == "venues" or any(_ASKS.search(fold(said[:300])) for said in context.earlier[-_EARLIER:])


def _wish(like: str, kind: str) -> str:
    kept = [word if word in _LOWER else word.title() for word in like.split() if word in _CUISINES or word == "cheap"]
    return " ".join([*kept, kind]).strip()


def _searched_city(marked: Marked, context: Context, reading: Reading) -> str:
    """The city that has just been changed to, or one that is named and is not the plan's."""
    for call in reading.calls:
        if call.name == "update_plan":
            return ""
    for found in _IN_CITY.finditer(marked.low):
        group = "city" if found["city"] else "city2"
        city = _city(marked.text, found, context, group)
        capital = marked.text[found.start(group)].isupper() or marked.text == marked.text.lower()
        if city and capital and city.casefold() != str(context.plan.get("city") or "").casefold():
            return city
    return ""


# --------------------------------------------------------------------------------------------------------------- calendar file

_EXPORT: Final = re.compile(
    r"""(?x)(?:\.|\b)ics\b|\bicalendar\b|\bcalendar\s+(?:file|invite|invitation|entry|export|download)s?\b
    |\b(?:file|version|cancell?ation)\b[^.!?\n]{0,30}?\bcalendars?\b
    |\b(?:export|download|import|save)\b[^.!?\n]{0,40}?\bcalendars?\b
    |\b(?:put|add|have|get|take|enter)\s+(?:it|this|that|the\s+\w+)\s+(?:all\s+)?(?:in|into|to|on|out\s+of|off)\s+(?:my|our|the)\s+(?:\w+\s+)?calendars?\b
    |\bexport\s+(?:it|this|that|the\s+(?:plan|itinerary|timetable|schedule|event))\b"""
)
_THE_FILE: Final = re.compile(
    r"\b(?:send|give|make|get|have|need|want|let\s+(?:me|us)\s+have)\s+(?:me\s+|us\s+)?(?:the|a|that|an?\s+new|the\s+new|the\s+updated)\s+file\b"
)
_NO_EXPORT: Final = re.compile(
    r"\b(?:what\s+is|what'?s|what\s+are|how\s+do|how\s+does|why|do\s+(?:i|we)\s+need|don'?t|do\s+not|no\s+need|without|not\s+need)\b"
)


def _take_export(marked: Marked, context: Context, reading: Reading) -> None:
    asked = False
    for at, end in marked.sentences():
        low = marked.low[at:end]
        found = _EXPORT.search(low) or (_THE_FILE.search(low) if context.calendar or asked else None)
        if not found or _NO_EXPORT.search(low):
            continue
        asked = True
        start = max((cut.end() for cut in re.finditer(r",\s", low[: found.start()])), default=0)
        stop = re.search(r",\s(?!(?:please|again|once))", low[found.end() :])
        reading.use(at + start, at + (found.end() + stop.start() if stop and not _THE_FILE.search(low) else len(low)))
    if asked:
        reading.calls.append(Call("export_calendar", {}))


# ---------------------------------------------------------------------------------------------------------- stops of an outing

_TYPES: Final = (
    "ravintola kahvila baari kuppila krouvi bar pub restaurant café cafe caffè bistro trattoria pizzeria osteria brasserie museum theatre theater kino club "
    "izakaya taverna gasthaus"
).split()
_NATIVE: Final = "ravintola kahvila baari kuppila krouvi trattoria pizzeria osteria brasserie izakaya taverna gasthaus".split()
_NOT_NAMED: Final = frozenset(
    f"at on in is are was for and or to the a an then with from by until till closes which that it who we i you so as of should there here has have "
    f"first last second next afterwards after before open shut takes staying please {_WEEKDAYS} {_MONTHS}".split()
)
_TYPED: Final = re.compile(
    rf"(?<![\w-])(?P<type>(?i:{'|'.join(_TYPES)}))\s+(?P<name>[^\W\d_][\w'’&-]*(?:\s+(?:&\s+)?[A-ZÀ-Þ][\w'’&-]*){{0,3}})"
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
_ROLE: Final = re.compile(r"\bthe\s+(?P<role>coffee|caf[eé]|dinner|meal|restaurant|bar|drinks)\b")
_ROLE_OF: Final = {"café": "coffee", "cafe": "coffee", "meal": "dinner", "restaurant": "dinner", "drinks": "bar"}
_TALK: Final = re.compile(
    r"\bitinerar\w+|\bschedule\b|\btimetable\b|\bprogramme?\s+for\b|\bprogramme:|\bevening\s+programme?\b|\bstops?\s*(?:\d|:|on\b|in\b)|\b(?:three|two|four|five)\s+stops\b"
    r"|\bplan(?:ning)?\s+(?:an?|the|our|a\s+whole|the\s+whole)\s+(?:\w+\s+)?(?:evening|night|afternoon|day)\b|\bnight\s+out\b|\bout\s+and\s+about\b|\bcrawl\b"
    r"|\bfirst\s+we\s+go\b|\bfrom\s+the\s+first\s+place\s+to\b|\bfrom\s+(?:stop|place)\s+to\s+(?:stop|place)\b"
)
_EVENING: Final = re.compile(r"\b(?:evening|night|dinner|drinks|bar|baari)\b")
_TRAVEL: Final = re.compile(
    r"\b(?:walk|walks|walking|on\s+foot|travel|travelling|between\s+(?:stops|the\s+stops|each|them|places)|from\s+(?:place|stop)\s+to\s+(?:place|stop))\b"
)
_WAY_LEAD: Final = re.compile(
    r"(?:\b(?:it'?s|it\s+is|it\s+takes|always|allow|with|and|the|an?|we|each|walks?|walking|travel|from\s+place\s+to\s+place|is|about)\s+)+$"
)
_CUE_FIRST: Final = re.compile(
    r"\b(?:first|1st|to\s+begin\s+with|to\s+start\s+with|starts?\s+with|begins?\s+with|at\s+the\s+(?:start|beginning))\b"
)
_CUE_LAST: Final = re.compile(r"\b(?:last|finally|at\s+the\s+end|in\s+the\s+end|to\s+finish|to\s+end\s+with)\b")
_ORDERS: Final = re.compile(
    r"\b(?:order|reorder|first|then|last|before|after|afterwards|swap|next|begin|start|followed|turn\s+it|other\s+way|end)\b"
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
    r"\bswap\s+(?:them|the\s+two|these|those)\b|\breverse\s+(?:the\s+order|it|them)\b|\bthe\s+other\s+way\s+(?:a?round)\b"
)
_NEGATED: Final = re.compile(r"\b(?:not(?:\s+at)?|instead\s+of|rather\s+than)\s+(?:at\s+)?$")
_SHIFT: Final = re.compile(rf"{LENGTH_MARK}\s+(?P<way>later|earlier)\b")
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
class _Outing:
    calls: tuple[Call, ...]
    spans: tuple[tuple[int, int], ...]


def _outing(marked: Marked, context: Context) -> _Outing | None:
    """What the message says of an outing's stops, or None when it is not about them."""
    if len(marked.text.strip()) > _MAX_STOPS_TEXT or len(marked.times) > _MAX_TIMES:
        return None
    known = _known(context)
    before = known.copy()
    spans = _listen(marked, known, context, _talks(marked, context))
    if not spans:
        return None
    calls = [*_new_places(before, known, context), *_build(before, known, context)]
    return _Outing(tuple(calls), tuple(spans))


def _take_outing(outing: _Outing, reading: Reading) -> None:
    reading.calls += outing.calls
    for span in outing.spans:
        reading.use(*span)


def _talks(marked: Marked, context: Context) -> bool:
    """Whether the conversation is about an outing of several stops."""
    said = [fold(text) for text in context.earlier[-_EARLIER:] if len(text) < 600]
    return bool(context.itinerary) or any(_TALK.search(text) for text in (*said, marked.low))


def _known(context: Context) -> _Plan:
    """The outing so far: the stored one, else what the messages before have told of places that the plan still has."""
    known = _Plan()
    typed = [str(venue.get("name")) for venue in context.venues if venue.get("source") == "you"]
    for stop in context.itinerary.get("stops") or ():
        known.stops.append(_Stop(str(stop.get("name")), _stay(stop)))
    known.start = _iso(context.itinerary.get("start"))
    told = _Plan() if known.stops else known
    for text in context.earlier[-_EARLIER:]:
        if len(text) <= _MAX_STOPS_TEXT and not _place(marked := mark(text, context), context):
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
    lengths = [length for length in marked.lengths if not _inside(length.at, ways)]
    closes = [(at, end, said) for at, end, said in _closings(marked) if not _inside(at, ways)]
    if not _tells(marked, known, mentions, lengths, closes, ways=ways if talk else (), talk=talk):
        return []
    known.travel = travel or known.travel
    used = _take_stops(marked, known, mentions, lengths, closes)
    _take_order(marked, known, mentions, lengths)
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
    changes = (lengths and _SHIFT.search(marked.plain)) or _REVERSED.search(marked.low)
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
        taken_back = [one for one, two in pairwise(lengths) if _CORRECTED.match(marked.low[one.end : two.at])]
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
            yield _Mention(found.start(), found.start() + len(name), _titled(" ".join(name.split())))
    for found in (_LED_OR_LISTED if talk else _LED).finditer(text):
        group = "name" if found["name"] else "listed"
        if found[group].lower().split()[0] not in _NOT_NAMED | _COMMON | people | _NO_CITY and _has_length(marked, found):
            yield _Mention(found.start(group), found.end(group), " ".join(found[group].split()))


def _has_length(marked: Marked, found: re.Match[str]) -> bool:
    """Whether a stay is said right beside the name."""
    between = rf"(?:\s|[,(:–-]|{CLOCK_MARK}|{DAY_MARK}|\b(?:for|takes|staying|stay|about|at|from|on)\b)*"
    after = re.match(between + LENGTH_MARK, marked.plain[found.end() : found.end() + 80])
    return bool(after or re.search(rf"{LENGTH_MARK}\s+$", marked.plain[max(0, found.start() - 40) : found.start()]))


def _roles(marked: Marked, names: Sequence[str], context: Context) -> Iterator[_Mention]:
    """“The coffee” is the place that was called so, else the one whose name says so."""
    for found in _ROLE.finditer(marked.low):
        role = _ROLE_OF.get(found["role"], found["role"])
        called = [name for name in names if _called(role, name, context)]
        fits = called or [name for name in names if any(word in fold(name).split() for word in _ROLES[role])]
        if len(fits) == 1:
            yield _Mention(found.start("role"), found.end("role"), fits[0])


def _called(role: str, name: str, context: Context) -> bool:
    said = (fold(text) for text in context.earlier[-_EARLIER:])
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
        if detail.minutes and re.fullmatch(r"\s+(?:at|in)\s+(?:the\s+)?", marked.low[detail.end : mention.at]):
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
        way = re.search(r"\b(before|after)\s+(?:the\s+)?$", between) if len(between) < 60 else None
        if way and one.name != two.name and {one.name, two.name} <= set(names):
            names.remove(one.name)
            names.insert(names.index(two.name) + (way[1] == "after"), one.name)
            related = True
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
        minutes = next(length.minutes for length in marked.lengths if length.at == shift.start())
        known.start += timedelta(minutes=minutes if shift["way"] == "later" else -minutes)
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
    talk = " ".join([marked.low, *(fold(text[:300]) for text in context.earlier[-_EARLIER:]), str(context.plan.get("kind"))])
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
    earlier = (mark(text, context).dates() for text in reversed(context.earlier[-_EARLIER:]))
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
