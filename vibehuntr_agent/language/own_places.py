"""A place that somebody types in: its name, its address and when it closes.

The name is taken as typed: nothing inside it is read. A place is typed in only where the message, or the one before, says that it is to be added,
or gives an address in a street and a closing time.
"""
# ruff: noqa: RUF001  people type several apostrophes, quotation marks and dashes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  quotes around every word would hide the words
# ruff: noqa: PLR2004  the numbers are those of a clock, or count letters

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import clock
from .context import Call, Context, Json
from .marking import COMMON, CORRECTED, MARKS, MONTHS, WEEKDAYS, Marked, fold, titled
from .words import NOT_NAMES

MAX_NAME: Final = 120
MAX_TALE: Final = 1500
"""Of a longer message before this one the beginning is not read again."""
TYPES: Final = (
    "ravintola kahvila baari kuppila krouvi bar pub restaurant café cafe caffè bistro trattoria pizzeria osteria brasserie museum theatre theater kino club "
    "izakaya taverna gasthaus"
).split()
_SPEECH: Final = re.compile(r"(?i)\b(?:says?|said|wrote|writes|again|told\s+\w+|asked|thoughts|answers?|replied)\W*$")
NO_CITY: Final = frozenset(
    f"it the a an my our your his her their this that these those there here him them us me later earlier next tomorrow today tonight noon "
    f"midnight evening morning afternoon lunch dinner brunch bed work town home one two three four five six seven eight nine ten eleven twelve "
    f"final half quarter vegan cheaper brunch drinks coffee breakfast shorter longer bigger smaller {MONTHS} {WEEKDAYS}".split()
) | (NOT_NAMES - frozenset("helsinki turku tampere espoo vantaa oulu berlin paris london england york nyc".split()))
"""What follows "in" and is no city."""
_NO_STREET: Final = frozenset(
    f"open opens opened till til until close closes closing shut shuts at on from to for by budget max maximum about around between after before "
    f"stop option number no part day days people us and or with the a an is are it its it's than of me you your we i level page room floor "
    f"age aged over under least most just only free can address {MONTHS} {WEEKDAYS}".split()
)
_UNITS: Final = r"(?:%|€|\$|£|euros?|eur|pounds?|dollars?|people|persons|of\s|guests|friends|hours?|hrs?|h\b|min|days?|weeks?|years?|times?|pm|am|stops?)"
_ADDRESS: Final = re.compile(
    rf"""(?ix)(?:\baddress(?:\s+is)?\s*:?\s+|\b(?:at|on|in)\s+|[,(/;:]\s*|\.\s+|["”»]\s*,?\s*|^)
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
    |try|include|save|suggest|i'?d\s+(?:suggest|recommend|propose)|i\s+(?:suggest|recommend|propose)|the\s+(?:restaurant|place|bar|pub|caf[eé])(?=\s+[A-ZÀ-Þ])|how\s+about|what\s+about|i\s+know|we\s+know|(?:my|our)\s+own\s+suggestion|my\s+suggestion|mine|called|named|it'?s|it\s+is|a\s+friend|is|let'?s\s+(?:go|eat)|go|to|we'?ll)\s+)+"""
)
_RECOMMENDED: Final = re.compile(r"(?i)^.*\b(?:recommended|recommends|suggested|suggests|called|named)\s+")
_TAIL: Final = re.compile(r"(?i)\s+(?:for\s+(?:us|me)|(?:to|on|in)\s+(?:the|our)\s+(?:list|plan|places))$")
_JOIN: Final = re.compile(
    r"(?i)[\s,(/.;:–—-]*(?:\b(?:which\s+is|that'?s|it'?s|it\s+is|is|and|address|its\s+address(?:\s+is)?)\s*)?(?:\b(?:at|on|in)\s*)?[\s,(/.;:–—-]*$"
)
_BY_NAME: Final = re.compile(
    r"""(?x)\b(?i:add|put|note|write\s+down|include)\s+
    (?:(?i:the|a|this|another)\s+(?i:place|restaurant|caf[eé]|bar|pub|venue|bistro)\s*(?i:called|named|:)?\s*(?P<a>[A-ZÀ-Þ][\w'’&.-]*(?:\s+[A-ZÀ-Þ&][\w'’&.-]*){0,4})
    |(?P<b>[A-ZÀ-Þ][\w'’&-]*(?:\s+[A-ZÀ-Þ&][\w'’&-]*){0,4})\s+(?i:to|on)\s+(?i:the|our)\s+(?:(?i:list\b(?!\s+of\s+places))|(?P<places>(?i:list\s+of\s+places|places|venues))\b))"""
)
_CLOSING: Final = re.compile(
    r"\b(?:open|opens|close[sd]?|last\s+orders?|closing(?:\s+time)?|shuts?|shutting|hours)\b[\s:]*(?:[a-z']+\s+){0,2}$"
)
GOES_TO: Final = re.compile(r"\b(?:let's|lets|let\s+us|we'll|we\s+will)\s+(?:go|eat|meet|have\s+\w+)\s+(?:to|at|in)\b")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is typed in, and where its name and address stand."""

    at: int
    end: int
    call: Call


def typed_in(marked: Marked, context: Context) -> Place | None:
    """The place that the message types in, if it does."""
    bare = MARKS.sub(" ", marked.plain)
    address = _address(bare, context)
    before = fold(context.earlier[-1][-MAX_TALE:]) if context.earlier else ""
    goes = GOES_TO.search(marked.low) if address and _STREET.search(address["address"]) else None
    intent = _ADDS.search(marked.low) or goes
    asked = bool(intent or _ADDS.search(before))
    quote = next((span for span in marked.quotes if asked and not _SPEECH.search(marked.text[: span[0]][-40:])), None)
    closes = closings(marked)
    if quote:
        name, at, end = _unquoted(marked.text[quote[0] : quote[1]]), *quote
    elif address and (asked or (closes and _STREET.search(address["address"]))):
        name, at = _name_before(marked.text, address.start())
        end = address.end()
    elif (found := _BY_NAME.search(marked.text)) and (found["a"] or found["places"] or set(fold(found["b"]).split()) & set(TYPES)):
        name, at, end = found["a"] or found["b"], *found.span()
    else:
        return None
    return _made_place(name, (min([at, *([intent.start()] if intent else [])]), end), address, closes, marked) if name else None


def _made_place(
    name: str, span: tuple[int, int], address: re.Match[str] | None, closes: Sequence[tuple[int, int, str]], marked: Marked
) -> Place:
    args: Json = {"name": name[:MAX_NAME]}
    ends = [span[1]]
    if address:
        args["address"] = titled(marked.text[address.start("address") : address.end("address")])
        ends.append(address.end())
    if closes:
        args["closes"] = closes[-1][2]
        ends.append(closes[-1][1])
    return Place(span[0], max(ends), Call("add_venue", args))


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
    while any(word[:1].isupper() for word in words) and words[0][:1].islower() and words[0] not in COMMON:
        words = words[1:]
    name = " ".join(words)
    return (titled(name) if len(words) <= 8 or dash else ""), low + cut


def closings(marked: Marked) -> list[tuple[int, int, str]]:
    """Where closing times stand, and the times; of "until 22, no, until 23" only the second."""
    found: list[tuple[int, int, str]] = []
    for times in marked.times:
        if found and CORRECTED.match(marked.low[found[-1][1] : times.at]):
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
