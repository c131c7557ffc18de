"""What is decided, taken back, called off or made final, as people type it.

`read` gives `undo_last_change`, `cancel_plan`, `finalize_plan` and `decide`. A decision is read only from words of deciding: when somebody
can, a question and a vote are none. An item of the list shown last is given by its number in digits, a time as ISO 8601 on the plan's day, a
place by the name under which it is stored. The choice of a place that the same message types in is read by `outings`, since it has to come
after `add_venue`.
"""
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  quotes around every word would hide the words
# ruff: noqa: PLR2004  the numbers are those of a clock, or count letters
# ruff: noqa: RUF001  people type several dashes

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, Final

from rapidfuzz import fuzz

from vibehuntr_agent.planning.people import ME

from . import clock, outings
from .context import Call, Context, Json, Reading, number
from .marking import CLOCK_MARK, CORRECTION, DAY_MARK, LENGTH_MARK, NAME_MARK, Marked, blank, distinctive, fold, mark, moment, plan_days

Span = tuple[int, int]

_MAX_SENTENCE: Final = 200
_DAY: Final = 24 * 60
_OBJECT: Final = (
    r"(?:the\s+|this\s+|our\s+|my\s+|that\s+)?(?:whole\s+|entire\s+)?(?:birthday\s+)?"
    r"(?:plans?|thing|event|meeting|meetup|brunch|lunch|dinner|drinks|coffee|breakfast|party|call|outing|evening|trip|date|get-together)\b"
)
_STATE: Final = r"(?:(?:how|what|the\s+way)\s+(?:it|things)\s+(?:was|were)|(?:the\s+)?(?:previous|last|earlier|old)\s+(?:state|version|plan)|(?:one|a)\s+step|before\s*[.!]*$)"
_LAST: Final = (
    r"(?:(?:my|the|that|this)\s+)?(?:very\s+)?(?:last|latest|previous)\s+(?:change|step|edit|message|one|thing|entry|input|action)\b"
)
_UNDO: Final = re.compile(
    rf"""(?x)\bundo\b|\brevert\b|\broll\s+(?:it|that|this)\s+back\b|\broll\s+back\s+(?:it|that|this|{_LAST})|\bi\s+take\s+(?:that|it|this)(?:\s+\w+){{0,2}}\s+back\b
    |^\W*(?:(?:please|ok|okay|oh|no|sorry|oops|hm+)\W+)*take\s+(?:that|it|this)\s+back\b|\btake\s+back\s+(?:that|{_LAST})
    |\b(?:go\s+|change\s+|set\s+|put\s+)?back\s+(?:to\s+)?{_STATE}|\brestore\s+{_STATE}|\b(?:change|put|set|turn)\s+(?:it|that|this)\s+back\b
    |\b(?:scratch|reverse|drop|delete|remove|discard)\s+{_LAST}|\breverse\s+(?:that|it|this)(?:\s+(?:change|step))?\s*[.!?]*$
    |\bcancel\s+(?:that|(?:my|the|that)\s+last\s+\w+)\s*[.!]*$"""
)
_NOT_UNDO: Final = re.compile(r"\b(?:how|don't|do\s+not|never(?!\s+mind)|no\s+need\s+to|what\s+does|can't|cannot)\b[^.!?]{0,30}$")
_UNDO_ASIDE: Final = re.compile(
    r"\b(?:no,?\s+)?forget\s+(?:it|that)\b|\bwhat\s+i\s+(?:just\s+)?(?:told|said|wrote)(?:\s+\w+)?\b|\bthat\s+was\s+a\s+mistake\b|\boops\b"
)
_CANCEL: Final = re.compile(
    rf"""(?x)\bcancel(?:l?ing)?\s+(?:it(?:\s+all)?\b|everything\b|all\s+of\s+it\b|{_OBJECT})
    |\b(?:want|have|need|going|like|decided|forced|got)\s+to\s+cancel\s*[.!,]*$|\b(?:must|should|let'?s|let\s+us|please|will|we'll|go\s+ahead\s+and|just|yes,?)\s+cancel\s*[.!]*$
    |\bwe(?:'re|\s+are)\s+cancell?ing\s*[.!]*$|^\W*(?:(?:please|yes|ok|okay|just)\W+)*cancel\W*(?:(?:please|pls|plz|now)\W*)*$
    |\bcall(?:ing)?\s+(?:it|everything|{_OBJECT})\s*(?:all\s+)?off\b|\bcall(?:ing)?\s+off\s+(?:it|everything|{_OBJECT})
    |\b(?:scrap|ditch|abandon|axe|bin|delete|drop|kill|abort|bury|forget\s+about|forget)\s+(?:it\s+all|everything(?!\s+(?:about|on|you|that|i))|{_OBJECT})(?!\s*(?:'s|about|on))
    |\b(?:it|everything|{_OBJECT})(?:'s|\s+is|\s+has\s+been|\s+got)?\s+(?:all\s+)?(?:cancelled|canceled|called\s+off)\b
    |^\W*(?:(?:sorry|sadly|ok|so|well|unfortunately)\W+)*(?:everything|{_OBJECT})(?:'s|\s+is)\s+off\b(?!\s+(?:to|by|on|from|limits|the)\b)"""
)
_NOT_DONE: Final = re.compile(
    r"\b(?:don'?t|do\s+not|never|not|no\s+need\s+to|without|before|until|if|when|unless|whether|how|what\s+happens|what\s+(?:does|do|is)|should\s+(?:we|i))\b[^.!?,]{0,40}$"
)
_FILE: Final = re.compile(r"\b(?:file|ics|calendars?|export|download)\b")
_FINAL: Final = re.compile(
    rf"""(?x)\b(?P<verb>finali[sz]e)\b(?!\s+(?:the\s+|our\s+|a\s+)?(?:time|date|day|venue|place|list|location|restaurant|number|menu|guest))
    |\b(?:make|mark|set|declare)\s+(?:it|this|everything|{_OBJECT})\s+(?:as\s+|to\s+)?final\b
    |\b(?:set|carve)\s+(?:it|this|everything|{_OBJECT})\s+in\s+stone\b|\bmake\s+(?:it|this|{_OBJECT})\s+official\b|\bconsider\s+(?:it|this|{_OBJECT})\s+(?:as\s+)?final\b
    |\b(?:close|confirm|seal|complete|finish|approve|conclude|wrap\s+up)\s+(?:everything\b|(?:the|our|this|my)\s+(?:whole\s+)?plan(?:ning)?\b)|\bwrap\s+(?:it|this)\s+up\b(?!\s+(?:at|by|before|around))
    |^\W*(?:(?:ok|okay|yes|so|well|good|great|now)\W+)*(?:it|that|this|everything)(?:'s|\s+is)\s+(?:now\s+)?final(?:\s+now)?\W*$
    |\block\s+(?:it|this|everything|{_OBJECT})\s+in\b|\block\s+in\s+(?:it|this|everything|{_OBJECT})
    |\b(?:the|our|this)\s+plan(?:'s|\s+is)\s+(?:now\s+)?final\b"""
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A decision and the words that say so."""

    call: Call
    spans: tuple[Span, ...]


def read(text: str, context: Context) -> Reading:
    """What a message decides, takes back, calls off or makes final."""
    reading = Reading(text)
    marked = mark(text, context)
    if name := outings.name_typed_in(marked, context):
        marked = mark(blank(text, *name), context)
    if _take_undo(marked, reading):
        return reading
    _take_cancel(marked, reading)
    if not reading.calls:
        _take_final(marked, reading)
    if reading.calls and reading.calls[0].name == "cancel_plan":
        return reading
    if not name and not outings.about_stops(marked, context) and (found := _decision(marked, context)):
        reading.calls.insert(0, found.call)
        for span in found.spans:
            reading.use(*span)
    return reading


def _decision(marked: Marked, context: Context) -> _Found | None:
    return next(filter(None, (find(marked, context) for find in (_by_number, _by_time, _by_name, _by_cuisine, _by_pointing))), None)


# ------------------------------------------------------------------------------------------------------ undo, cancel, finalise


def _take_undo(marked: Marked, reading: Reading) -> bool:
    for at, end in marked.sentences():
        found = _UNDO.search(marked.low[at:end])
        later = found and re.match(r"[^,.!]{0,20}\b(?:later|afterwards)\b", marked.low[at + found.end() : end])
        if found and not later and not _NOT_UNDO.search(marked.low[at : at + found.start()][-60:]):
            reading.calls.append(Call("undo_last_change"))
            start, stop = _clause(marked.low, at, end, (at + found.start(), at + found.end()))
            reading.use(start, stop)
            for aside in _UNDO_ASIDE.finditer(marked.low):
                reading.use(*aside.span())
            return True
    return False


def _take_cancel(marked: Marked, reading: Reading) -> None:
    for at, end in marked.sentences():
        low = marked.low[at:end]
        for found in _CANCEL.finditer(low):
            vague = _FILE.search(low) and re.search(r"\b(?:cancel|cancelled|canceled)\s*(?:it\b|$)|^it", found[0])
            asked = "?" in low and re.search(r"(?:cancelled|canceled|off)$", found[0])
            if vague or asked or _NOT_DONE.search(low[max(0, found.start() - 60) : found.start()]):
                continue
            if not any(call.name == "cancel_plan" for call in reading.calls):
                reading.calls.append(Call("cancel_plan"))
            reading.use(*(at + found.start(), at + found.end()) if _FILE.search(low) else (at, end))


def _take_final(marked: Marked, reading: Reading) -> None:
    for at, end in marked.sentences():
        low = marked.low[at:end]
        found = _FINAL.search(low)
        if found and not _NOT_DONE.search(low[max(0, found.start() - 60) : found.start()]):
            reading.calls.append(Call("finalize_plan"))
            reading.use(at, end)
            return


def _clause(low: str, at: int, end: int, span: Span) -> Span:
    """The words between the commas around `span`, in its sentence."""
    start = max((found.end() for found in re.finditer(r",\s", low[at : span[0]])), default=0)
    stop = re.search(r",\s", low[span[1] : end])
    return at + start, span[1] + stop.start() if stop else end


# ------------------------------------------------------------------------------------------------- an item of the list by number

_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_CARDINALS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SLIPS: Final = {"frist": 1, "fisrt": 1, "firts": 1, "secnod": 2, "secodn": 2, "seocnd": 2, "secon": 2, "scond": 2, "thrid": 3, "tihrd": 3}
_THINGS: Final = r"(?:one|option|suggestion|time|slot|pick|choice|place|item|restaurant|caf[eé]|bar|venue|proposal|entry|on\s+(?:the|your)\s+list|of\s+(?:those|these|them|the\s+\w+))"
_NTH: Final = rf"(?P<nth>(?<!\d)\d{{1,2}}(?:st|nd|rd|th)\b|\b(?:{'|'.join(_ORDINALS)}|{'|'.join(_SLIPS)})\b)"
_REFERENCE: Final = re.compile(
    rf"""(?x)
    (?:\b(?:number|option|nr\.?|no\.|choice|item)\s*|\#\s?)(?P<number>\d{{1,2}}\b|(?:{"|".join(_CARDINALS)})\b)
  | \b(?:option|choice)\s+(?P<letter>[a-e])\b
  | (?P<best>\b(?:(?:your|the|that)\s+)(?:top\s+(?:pick|choice|one|option|suggestion|time)|best\s+(?:one|option|time)|favou?rite|one\s+(?:at|on)\s+(?:the\s+)?top|top\s+one))
  | (?P<lead>\b(?:the|teh|your|that|this)\s+(?:very\s+)?)?{_NTH}(?P<thing>\s+{_THINGS})?
  | \bthe\s+(?P<edge>earliest|latest|last|middle|former|latter)\b(?P<thing2>\s+{_THINGS})?"""
)
_NO_REFERENCE: Final = re.compile(
    r"""(?x)\b(?:at\s+first|first\s+of\s+all|on\s+second\s+thoughts?|second\s+thoughts?|for\s+the\s+first\s+time|first\s+time\s+(?:we|i|that)|first\s+(?:name|floor)
    |(?:mon|tues|wednes|thurs|fri|satur|sun)day\s+(?:the\s+)?\d+(?:st|nd|rd|th)|(?:the\s+)?\d+(?:st|nd|rd|th)\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*)\b"""
)
_BARE_NUMBER: Final = re.compile(
    rf"""(?x)^\W*(?:(?:ok|okay|yes|yeah|sure|fine|good|great|well|hm+|so|take|then|number|no|nr|make\s+it|go\s+(?:for|with)|let's\s+(?:say|do|take)|i'?d\s+say|the)\W+)*\#?
    (?P<number>\d{{1,2}}|{"|".join(_CARDINALS)})\W*(?:(?:please|pls|plz|then|thanks|thank\s+you|thx|it\s+is|is\s+(?:good|fine|great|perfect)|for\s+us)\W*)*$"""
)
_ASKS_NUMBER: Final = re.compile(r"\b(?:how\s+(?:many|much|long)|what\s+budget|which\s+hour)\b[^?]{0,80}\?\W*$")
_CHOOSES: Final = re.compile(
    r"""(?x)\b(?:take|taking|go(?:ing)?|choose|chosen|choice|pick|have|do|want|fix|book|reserve|stick|put\s+(?:us|me)\s+down|let\s+it\s+be|agree[ds]?|i'?d\s+say|say|decided?|settled?
    |please|pls|plz|thanks|thank\s+you|thx|cheers|good|fine|best|great|perfect|nice|lovely|wonderful|fantastic|excellent|ideal|brilliant|amazing|delightful|right|happy|wins?|gets|suits?|sounds
    |works|work\s+(?:best|fine|well|for\s+us)|would\s+work|it\s+is|then|yes|yep|yeah|ok|okay|sure|(?:it'?s|is)\s+(?:the\s+)?\w{3,}est)\b"""
)
_LIKES: Final = re.compile(r"\b(?:like|love|prefer)\b")
_JUST_WHAT: Final = re.compile(
    r"""(?x)\b(?:just|exactly|precisely|the\s+very\s+one|the\s+(?:one|place|time))?\s*(?:what|that|which)?\s*\b(?:i|we|everybody|everyone|all\s+of\s+us)(?:'ve|'m|'re|'d)?\s+(?:\w+\s+){0,2}?
    (?:in\s+mind|hoped\s+for|wants?(?:ed)?|wanted|needs?|needed|looking\s+for|hoping\s+for|thinking(?:\s+of)?|like[sd]?\s+(?:most|best))\b(?:\s+all\s+along)?"""
)
"""As in "just what I had in mind": that is liked, whatever its verb."""
_PLAIN_WORDS: Final = re.compile(
    r"""(?x)(?:\W|\b(?:ok|okay|all\s+right|alright|yes|yep|yeah|thanks|thank\s+you|thx|cheers|sure|go|for|with|please|pls|plz|then|so|and|the|teh|that|this|good|great|fine|nice|cool|lovely|perfect|hm+|well|um+|oh|no|sorry|is|it|one|a|of|by|me
    |in|case|now|just|we|i|not|but|think)\b)*"""
)
_OTHER_ACT: Final = re.compile(
    r"""(?x)\b(?:tell|explain|why|more|about|remove|delete|drop|strike|forget|rename|swap|what|who|which|when|how|votes?|voted|ballots?|ticks?|was|were|had|did|not\s+sure
    |instead\s+of|except|can'?t|cannot|doesn'?t|don'?t|isn'?t|wouldn'?t|won'?t|if|unless|maybe|perhaps|change|closed?|show|thing|stop|too|clash\w*|worse|worst|wrong|hard|difficult|bad
    |afraid|unfortunately|sadly|skip|map)\b"""
)
_CHOOSE_THAT: Final = re.compile(
    r"\b(?:choose|take|pick|book|reserve|fix|do|stick\s+(?:with|to)|settle\s+on|go\s+(?:with|for)|have)\s+(?:that|it|this)(?:\s+one)?\b|\bthat\s+one\s*(?:please|pls|then|it\s+is)\b"
)
_TAKES_IT: Final = re.compile(
    rf"(?:^|[,;:–-]|\b(?:so|and|then)\b)\s*(?:(?:so|then|and|please|yes|just)\s+)*(?:(?:let's|lets|let\s+us|we'll|we\s+will|i'll|i\s+will|we|i)\s+(?:all\s+|just\s+|do\s+)?)?"
    rf"(?:{_CHOOSE_THAT.pattern}|(?:go|eat|meet)\s+there\b)[^,]*$"
)
"""A last clause that takes what was spoken of before it: "so let's do that"."""
_ASKS_FOR_IT: Final = re.compile(
    r"^\W*(?:(?:ok|okay|so|then|and|yes|great|well|oh)\W+)*(?:can|could|may|can't)\s+(?:we|i|you)\s+(?:please\s+|just\s+|all\s+|maybe\s+)?(?:take|have|get|go\s+(?:with|for)|book|reserve|do|pick|choose)\b"
)
_TAG: Final = re.compile(r",\s*(?:shall\s+we|ok|okay|right|alright|all\s+right|yes|please|deal)\s*\?\W*$")


def _by_number(marked: Marked, context: Context) -> _Found | None:
    """A choice by its place in the list shown last."""
    items: list[Json] = list(context.shown.get("items") or ())
    if not items:
        return None
    what = _what(context)
    asked = _ASKS_NUMBER.search(fold(context.last_answer[-300:]))
    bare = _BARE_NUMBER.match(marked.low) if not asked else None
    if bare and 0 < (chosen := int(number(bare["number"]))) <= len(items):
        return _Found(Call("decide", {"what": what, "choice": str(chosen)}), ((0, len(marked.low)),))
    liked: tuple[int, Span] | None = None
    for at, end in marked.sentences():
        low = _NO_REFERENCE.sub(lambda found: " " * len(found[0]), marked.low[at:end])
        asks = "?" in low and not _ASKS_FOR_IT.search(low) and not _TAG.search(low)
        named = _referred(low, items) if len(low) <= _MAX_SENTENCE and not asks else None
        if named and _decides(low, context):
            return _Found(Call("decide", {"what": what, "choice": str(named)}), _with_pointing(marked, (at, end)))
        liked = (named, (at, end)) if named and _LIKES.search(low) else liked
        if liked and not named and _CHOOSE_THAT.search(low):
            return _Found(Call("decide", {"what": what, "choice": str(liked[0])}), (liked[1], (at, end)))
    return None


def _with_pointing(marked: Marked, span: Span) -> tuple[Span, ...]:
    """The sentence of the choice, and one after it that only says "choose that"."""
    rest = [(at, end) for at, end in marked.sentences() if at >= span[1] and _CHOOSE_THAT.search(marked.low[at:end]) and end - at < 40]
    return (span, *rest[:1])


def _what(context: Context) -> str:
    of = context.shown.get("of")
    if of == "options":
        return _subject(context)
    return "time" if of == "slots" else "venue"


def _subject(context: Context) -> str:
    """What an open poll is about: a place, unless it says otherwise."""
    poll = next((poll for poll in reversed(context.polls) if poll.get("status") != "closed"), {})
    subject = str(poll.get("subject") or "venue")
    if re.search(r"(?i)\b(?:venue|place|where|restaurant|eat|cafe|café|bar|pub|location)", subject):
        return "venue"
    return "time" if re.search(r"(?i)\b(?:time|day|date|when|slot)", subject) else subject


def _decides(low: str, context: Context) -> bool:
    """Whether a sentence with a reference chooses what it refers to."""
    others = [fold(name) for name in context.roster if name != ME and name]
    low = _TAG.sub("", _JUST_WHAT.sub(" good ", low))
    if last := re.search(r",\s*(?:so|then|and)\s+(?=(?:let's|lets|let\s+us|we'll|i'll)\b)", low):
        low = low[last.end() :]
    if any(re.search(rf"\b{re.escape(name)}\b", low) for name in others) and not re.search(r"\b(?:we|let's|lets|us|our)\b", low):
        return False
    if context.shown.get("of") == "options" and not _FINAL_SAY.search(low):
        return False
    bare = _REFERENCE.sub(" ", low)
    if _PLAIN_WORDS.fullmatch(bare):
        return True
    took = _TAKES_IT.search(bare)
    if took and not _REFUSES.search(bare):
        return True
    return bool(_CHOOSES.search(bare)) and not _OTHER_ACT.search(_ASKS_FOR_IT.sub(" ", bare))


_REFUSES: Final = re.compile(
    r"\b(?:not|don'?t|can'?t|cannot|doesn'?t|isn'?t|won'?t|wouldn'?t|if|unless|maybe|perhaps|too|clash\w*|instead\s+of|why)\b"
)


def _referred(low: str, items: Sequence[Json]) -> int | None:
    """The number that a sentence refers to: what a correction ends in; nothing when it names two."""
    named: list[tuple[Span, int]] = []
    for found in _REFERENCE.finditer(low):
        number = _number(found, items)
        if not number or re.search(r"\b(?:not|instead\s+of|than)\s+$", low[max(0, found.start() - 14) : found.start()]):
            continue
        if not _points(found, low):
            continue
        if named and re.search(rf"\b{CORRECTION}", low[named[-1][0][1] : found.start()]):
            named[-1] = (found.span(), number)
        else:
            named.append((found.span(), number))
    numbers = {number for _, number in named}
    if len(numbers) > 1 and (
        last := re.search(r",\s*(?:so|then|and|but)\s+(?:(?:so|then)\s+)?(?:let's|lets|let\s+us|we'll|we|i'll)\b[^,]*$", low)
    ):
        return _referred(low[last.start() :], items)
    return numbers.pop() if len(numbers) == 1 else None


def _points(found: re.Match[str], low: str) -> bool:
    """An ordinal refers to an item with "the" or a noun, or when it is nearly all that is said: not in "first we eat"."""
    if not found["nth"] or found["lead"] or found["thing"]:
        return not re.match(
            r"\s+(?:we|i|she|he|they|you(?!\s+(?:gave|said|suggested|proposed|listed|showed|mentioned|have|found)))\b", low[found.end() :]
        )
    in_place = re.match(r"\s+place\b", low[found.end() :])
    praised = _STARTS_WELL.match(low[: found.start()]) and _PRAISED.match(low[found.end() :])
    return bool(in_place or praised or _PLAIN_WORDS.fullmatch(_REFERENCE.sub(" ", low)))


_STARTS_WELL: Final = re.compile(r"(?:\W|\b(?:ok|okay|yes|oh|well|hm+|so|then|great|nice|i\s+think|the)\b)*$")
_PRAISED: Final = re.compile(
    r"\s+(?:sounds|looks|seems|works|suits|wins|(?:is|would\s+be|will\s+be|'s)\s+(?:\w+\s+)?(?:good|fine|great|perfect|best|lovely|ok|okay|nice|ideal|wonderful))\b"
)


def _number(found: re.Match[str], items: Sequence[Json]) -> int | None:
    if found["best"]:
        return 1
    if found["edge"]:
        return _edge(found["edge"], items)
    if found["letter"]:
        return "abcde".index(found["letter"]) + 1
    said = found["number"] or found["nth"]
    if digits := re.match(r"\d+", said):
        number = int(digits[0])
        return number if 0 < number <= max(len(items), 10) else None
    words = _SLIPS | {word: n for names in (_ORDINALS, _CARDINALS) for n, word in enumerate(names, 1)}
    return words[said]


def _edge(word: str, items: Sequence[Json]) -> int | None:
    if word in {"last", "latter"}:
        return len(items) if word == "last" or len(items) == 2 else None
    if word in {"former", "middle"}:
        return 1 if word == "former" else (len(items) + 1) // 2 if len(items) % 2 else None
    starts = [(found[0], n) for n, item in enumerate(items, 1) if (found := _slot(item))]
    return (min(starts) if word == "earliest" else max(starts))[1] if starts else None


# ---------------------------------------------------------------------------------------------------------- a time said outright

_VERB: Final = (
    r"(?:meet(?:ing)?|take|taking|go(?:ing)?\s+(?:with|for)|do|doing|say|have(?:\s+(?:a|the|our))?(?:\s+\w+)?|having(?:\s+(?:a|the|our))?(?:\s+\w+)?|make\s+it|start(?:ing)?"
    r"|begin|fix|settled?(?:\s+on)?|choose|pick|want|book(?:\s+us)?(?:\s+in)?|agreed?(?:\s+on)?|eat|decided?(?:\s+(?:on|to\s+meet))?|lock\s+in|plan\s+(?:on|for)|chosen|chose|picked|stick\s+(?:with|to)|put\s+(?:us|it)\s+down\s+for"
    r"|(?:schedule|set|put|arrange|reserve|plan)\s+(?:it|this|that|everything|the\s+\w+)(?:\s+(?:for|at|to))?|see\s+(?:you|each\s+other)(?:\s+(?:all|both|there))?)"
)
_WE: Final = (
    r"(?:let's|lets|let\s+us|(?:we|i)(?:'ll|'ve|'re|'d(?:\s+like\s+to)?)?(?:\s+(?:will|have|are|want\s+to|would\s+like\s+to|all|both))?|(?:and\s+i|all)\s+are"
    r"|(?:^|(?<=[,:;]))(?:\W|\b(?:ok|okay|so|then|please|great|good|fine|cool|perfect|yes|and|right|well|just|now|sorry|no|actually)\b)*)"
)
_BETWEEN: Final = rf"(?:\s+(?:us|in|up|it|there|then|for|on|the|that|together|dinner|lunch|brunch|drinks|coffee|to\s+meet|one|at|from)|\s*[:,]|\s*{DAY_MARK})*\s*"
_SAID: Final = re.compile(rf"{_WE}\s*{_VERB}{_BETWEEN}(?P<time>{CLOCK_MARK})")
_HAS: Final = re.compile(r"\W*(?:we|i)(?:'ve)?\s+(?:all\s+|both\s+)?(?:have|got)\b")
_SEALS: Final = re.compile(
    rf"""(?x)(?P<time>{CLOCK_MARK})(?:[\s,]|{DAY_MARK}|\bthen\b)*(?:it\s+is\b|is\s+(?:our|the|my)\s+(?:time|pick|choice|winner|slot)\b|it'?ll\s+be\b|wins\b)
    |\b(?:it'll\s+be|it\s+will\s+be|we(?:'re|\s+are)\s+on\s+for)\s*(?P<time2>{CLOCK_MARK})
    |\b(?:the\s+one|the\s+slot)\s*(?P<time3>{CLOCK_MARK})
    |\b(?:set|fix|change|move)\s+(?:the\s+)?time(?:\s+to)?\s*:?\s*(?P<time4>{CLOCK_MARK})|\btime(?:\s+is)?(?:\s+decided)?\s*:\s*(?P<time5>{CLOCK_MARK})
    |\b(?:(?:our|the\s+final|the\s+chosen)\s+time|our\s+(?:pick|choice|slot)|the\s+(?:winner|time))\s+(?:is|will\s+be)\s+(?:now\s+)?(?P<time6>{CLOCK_MARK})"""
)
_SEALED: Final = re.compile(
    r"\b(?:decided|settled|agreed|fixed|done\s+deal|decision|that'?s\s+(?:final|it|set|our\s+time)|it'?s\s+(?:decided|settled|agreed|fixed|a\s+deal))\b"
)
_ONLY_TIME: Final = re.compile(
    rf"(?:[^\w\ue000-\ue007]|{DAY_MARK}|\b(?:ok|okay|so|then|please|pls|great|good|fine|cool|yes|and|right|well|let|at|from|for|now|perfect|nice|dinner|lunch|brunch|drinks|coffee)\b)*"
)
_NO_DECISION: Final = re.compile(
    r"""(?x)\b(?:free|available|availability|can|could|can't|cannot|couldn't|busy|unless|if|maybe|perhaps|whether|when|what|which|who|works?|suits?|possible|has\s+time|have\s+time
    |has\s+(?:only|from)|closes?|open|opens|shuts?|until\s+then|earliest|train|bus|too\s+(?:early|late)|prefers?|would\s+rather|doesn't|don't|not\s+before|not\s+after|votes?|comes?|arrives?|leaves?|joins?)\b"""
)
_ABOUT: Final = re.compile(r"(?:around|about|after|before|by|until|till?|since|between|ca\.?|not(?:\s+at)?|instead\s+of)\b")
_LITTLE: Final = re.compile(
    r"""(?x)(?:[^\w\ue000-\ue007]|\b(?:let's|lets|let|us|we|we'll|we're|we've|i|i'll|will|are|to|at|on|in|for|from|the|that|it|it'll|be|is|and|so|then|please|pls|ok|okay|great
    |good|fine|cool|yes|now|meet|meeting|take|do|say|have|having|make|start|go|with|want|book|set|time|our|one|slot|decided|decision|settled|agreed|fixed|finish|end|plan
    |dinner|lunch|brunch|drinks|coffee|that's|well|change|move|no|sorry)\b)*"""
)
_FINISH: Final = re.compile(rf"\b(?:finish|end|stop|be\s+done|wrap\s+up)(?:ing|es|s)?\s*(?P<time>{CLOCK_MARK})")
_LASTS: Final = re.compile(rf"\b(?:for|lasts?|lasting|takes?|of|it's)\s+(?:about\s+)?(?P<length>{LENGTH_MARK})")
_KIND_HOURS: Final = {
    "breakfast": (6 * 60, 11 * 60),
    "brunch": (9 * 60, 15 * 60),
    "lunch": (10 * 60 + 30, 16 * 60),
    "coffee": (8 * 60, 19 * 60),
    "dinner": (16 * 60, 24 * 60),
    "drinks": (16 * 60, 26 * 60),
    "drink": (16 * 60, 26 * 60),
    "party": (15 * 60, 26 * 60),
    "morning": (6 * 60, 12 * 60),
    "afternoon": (12 * 60, 18 * 60),
    "evening": (16 * 60, 24 * 60),
    "night": (17 * 60, 26 * 60),
}
_USUAL: Final = (8 * 60, 20 * 60)


def _by_time(marked: Marked, context: Context) -> _Found | None:
    """A time said outright, with the end or the length if these are said."""
    for at, end in marked.sentences():
        plain = marked.plain[at:end]
        times = (
            _said_time(marked, at, end, context) if len(plain) <= 3 * _MAX_SENTENCE and not _only_asks(marked, at, end, context) else None
        )
        if not times:
            continue
        finish = _FINISH.search(marked.plain, at, end)
        if finish and finish.start("time") == times.at:
            found = _finished(times, context)
        else:
            found = _decided_time(marked, times, (at, end), context)
        if found:
            return found
    return None


def _said_time(marked: Marked, at: int, end: int, context: Context) -> clock.Times | None:
    """The time that a sentence decides on, if it does."""
    plain = marked.plain[at:end]
    if liked := _liked_time(marked, at, end, context):
        return liked
    if "?" in plain and _ASKS_FOR_IT.search(marked.low[at:end]):
        return next((times for times in marked.times if at <= times.at < end), None)
    if _NO_DECISION.search(plain):
        return None
    for pattern in (_FINISH, _SEALS, _SAID):
        for found in pattern.finditer(plain):
            group = next(name for name, value in found.groupdict().items() if value)
            if pattern is _FINISH and not re.search(r"\b(?:we|let's|lets|it)\b", plain[: found.start()]):
                continue
            if _HAS.match(found[0]):
                continue
            times = marked.clock_at(at + found.start(group))
            other = re.search(rf"{CLOCK_MARK}", plain[: found.start()]) if pattern is _FINISH else None
            if not other and not _ABOUT.match(marked.low[times.at : times.end]) and not _for_somebody(marked, times, context):
                return times
    clocks = [times for times in marked.times if at <= times.at < end and not _taken_back(marked, times)]
    if not clocks or _ABOUT.match(marked.low[clocks[0].at : clocks[0].end]) or _for_somebody(marked, clocks[0], context):
        return None
    sealed = _SEALED.search(plain) and len(clocks) <= 2
    alone = len(clocks) == 1 and _ONLY_TIME.fullmatch(re.sub(CLOCK_MARK, " ", plain))
    return clocks[0] if sealed or (alone and _confirms(marked, (at, end), clocks[0], context)) else None


_GROUP: Final = r"(?:(?:all|both|the\s+\w+)\s+of\s+us|us(?:\s+(?:all|both|three|four))?|every(?:one|body)(?:\s+(?:else|of\s+us))?|the\s+(?:whole\s+)?group)\b"
_PRAISE: Final = r"(?:good|fine|great|perfect|best|lovely|nice|ideal|wonderful|fantastic|excellent|brilliant|amazing|ok|okay|right|delightful|super|cool|well)\b"
_LIKED_BY_ALL: Final = re.compile(
    rf"{CLOCK_MARK}[\s,]*(?:sounds?|seems?|looks?|works?|suits?|is|'s|would\s+(?:be|work|suit)|will\s+(?:be|work|suit))\s+(?:\w+\s+)?(?:{_PRAISE}\s*)?(?:(?:for|with|to)\s+)?{_GROUP}"
    rf"|\b{_GROUP}\s*(?:is|are|'s|'re)?\s*(?:all\s+)?(?:{_PRAISE}|happy|agreed?s?|in\s+favou?r|for)\s*(?:with|on|of|to)?\s*(?:the\s+)?{CLOCK_MARK}"
)
_LIKED_TIME: Final = re.compile(
    rf"{CLOCK_MARK}[\s,]*(?:slot\s+|one\s+)?(?:(?:sounds?|seems?|looks?|is|'s|would\s+be|will\s+be)\s+(?:\w+\s+){{0,2}}?{_PRAISE}|works\b|would\s+work|gets\s+my\s+vote)"
    rf"|\bthe\s+{CLOCK_MARK}\s+(?:one|slot|option|time)\b|\b{_PRAISE}[\s,]*{CLOCK_MARK}\s*(?:then|it\s+is)\b"
)
_HEDGED: Final = re.compile(
    r"\b(?:free|available|availability|busy|or|when|what|which|who|how|possible|closes?|opens?|meeting|train|bus|work(?!s)|any\s*time|from|until|says?|votes?|prefers?|rather|could|can)\b"
)
_SOMEBODY: Final = r"(?:me|him|her|them|my|his|i|he|she|they)"


def _liked_time(marked: Marked, at: int, end: int, context: Context) -> clock.Times | None:
    """The one time of a sentence, if it is taken ("1 pm sounds lovely, let's take that"), is fine for all, or is a listed one that is praised."""
    low, plain = marked.low[at:end], marked.plain[at:end]
    clocks = [times for times in marked.times if at <= times.at < end and not _taken_back(marked, times)]
    if len(clocks) != 1 or _REFUSES.search(low) or _ABOUT.match(marked.low[clocks[0].at : clocks[0].end]):
        return None
    times = clocks[0]
    if _TAKES_IT.search(marked.low, times.end, end):
        return times
    names = "|".join([_SOMEBODY, *(re.escape(fold(name)) for name in context.roster if name != ME)])
    around = f"{low[: times.at - at]} {low[times.end - at :]}"
    if _HEDGED.search(around) or re.search(rf"\b(?:{names})\b", _JUST_WHAT.sub(" ", around.replace("my vote", " "))):
        return None
    listed = any(_fits(times, slot, context) for slot in _slots(context))
    return times if _LIKED_BY_ALL.search(plain) or (listed and _LIKED_TIME.search(plain)) else None


def _only_asks(marked: Marked, at: int, end: int, context: Context) -> bool:
    """Whether a sentence with a time is a question, and no polite order to take one of those listed."""
    low = marked.low[at:end]
    if "?" not in low or _TAG.search(low):
        return False
    times = [times for times in marked.times if at <= times.at < end]
    listed = len(times) == 1 and any(_fits(times[0], slot, context) for slot in _slots(context))
    return not (listed and _ASKS_FOR_IT.search(low))


def _confirms(marked: Marked, sentence: Span, times: clock.Times, context: Context) -> bool:
    """A time alone is a decision with "then", with a sentence like "that's our time", or when it is one of those listed."""
    said = marked.low[slice(*sentence)]
    after = marked.low[sentence[1] : sentence[1] + 60]
    return bool(re.search(r"\bthen\b", said) or _SEALED.search(after) or any(_fits(times, slot, context) for slot in _slots(context)))


def _taken_back(marked: Marked, times: clock.Times) -> bool:
    return bool(re.search(r"\b(?:not(?:\s+at)?|instead\s+of|rather\s+than)\s+$", marked.low[max(0, times.at - 16) : times.at]))


def _for_somebody(marked: Marked, times: clock.Times, context: Context) -> bool:
    """Whether the time is told of one person: "it's 8pm-11pm for him", "18:00 works for me", "Anna 18-22"."""
    names = "|".join(re.escape(fold(name)) for name in context.roster if name != ME)
    who = rf"(?:him|her|them|me{'|' + names if names else ''})\b"
    if re.match(rf"\s*(?:it'?s\s+)?for\s+{who}", marked.low[times.end : times.end + 60]):
        return True
    return bool(names and re.search(rf"\b(?:{names})\b\s*:?\s*$", marked.low[max(0, times.at - 60) : times.at]))


def _decided_time(marked: Marked, times: clock.Times, sentence: Span, context: Context) -> _Found:
    """The decision for `times`, with what else the sentence says of the end."""
    at, end = sentence
    named = [one for one in marked.times if times.end <= one.at < end and not _taken_back(marked, one)]
    finish = _FINISH.search(marked.plain, times.end, end)
    last = marked.clock_at(finish.start("time")) if finish else None
    chosen = _corrected(marked, times, named)
    lasts = _LASTS.search(marked.plain, at, end)
    minutes = next((one.minutes for one in marked.lengths if lasts and one.at == lasts.start("length")), None)
    args = _time_args(chosen, last, minutes, marked, context)
    spans = [_decision_span(marked, sentence, one) for one in (times, chosen, last) if one]
    if _liked_time(marked, at, end, context):
        spans.append((_clause(marked.low, at, end, (times.at, times.end))[0], end))
    return _Found(Call("decide", {"what": "time"} | args), tuple(spans))


def _corrected(marked: Marked, times: clock.Times, named: Sequence[clock.Times]) -> clock.Times:
    """What "at 7, no, at 8" ends in."""
    for one in named:
        if re.fullmatch(rf"[\s,.;-]*(?:{CORRECTION}[\s,.;-]*)+", marked.low[times.end : one.at]):
            times = one
    return times


def _decision_span(marked: Marked, sentence: Span, times: clock.Times) -> Span:
    """The clause of a time, or the time alone when the clause tells more."""
    at, end = _clause(marked.low, *sentence, (times.at, times.end))
    around = f"{marked.plain[at : times.at]} {marked.plain[times.end : end]}"
    return (at, end) if _LITTLE.fullmatch(around) else (times.at, times.end)


def _finished(times: clock.Times, context: Context) -> _Found | None:
    """“And we'll finish at 12:30”: the end of what is decided, or was said just before."""
    start = _iso((context.decisions.get("time") or {}).get("start"))
    for text in reversed(context.earlier[-3:]):
        if start:
            break
        before = _by_time(mark(text, context), context)
        start = _iso(before.call.args["choice"]) if before else None
    if not start:
        return None
    here = start.astimezone(context.zone)
    begins = here.hour * 60 + here.minute
    ends = [option + over for option in times.first.options for over in (0, _DAY) if option + over > begins]
    if not ends:
        return None
    end = moment(here.date(), min(ends), context)
    return _Found(Call("decide", {"what": "time", "choice": start.isoformat(), "end": end.isoformat()}), ((times.at, times.end),))


def _time_args(times: clock.Times, last: clock.Times | None, minutes: int | None, marked: Marked, context: Context) -> Json:
    """Choice and end as ISO 8601: of all that the hours may mean, what is listed, else what most people can, else what is usual."""
    ends = times.last or (last.first if last else None)
    days = _days(marked, times, context)
    pairs = [(start, _end(start, ends, minutes)) for start in times.first.options]
    if ends:
        pairs = [
            (s, e) for s, option in product(times.first.options, ends.options) for e in (option, option + _DAY) if s < e <= s + _DAY // 2
        ] or pairs
    if not days:
        start, _ = min(pairs, key=lambda pair: (_unusual(pair, context), pair[0]))
        return {"choice": f"{start // 60 % 24:02}:{start % 60:02}"}
    likely = [(_rank(day, pair, n, context), day, pair) for n, day in enumerate(days) for pair in pairs]
    _, day, (start, end) = min(likely, key=lambda one: one[0])
    begins = moment(day, start, context)
    slot = next((slot for slot in _slots(context) if slot[0] == begins), None)
    finishes = moment(day, end, context) if end is not None else slot[1] if slot else None
    return {"choice": begins.isoformat()} | ({"end": finishes.isoformat()} if finishes else {})


def _end(start: int, ends: clock.Clock | None, minutes: int | None) -> int | None:
    if ends:
        return next((option for option in sorted(ends.options) if option > start), ends.options[0] + _DAY)
    return start + minutes if minutes else None


def _days(marked: Marked, times: clock.Times, context: Context) -> tuple[date, ...]:
    """The days that may be meant: those named beside the time, else the plan's, else those of the list."""
    sentence = next(((at, end) for at, end in marked.sentences() if at <= times.at < end), (0, len(marked.low)))
    clause = _clause(marked.low, *sentence, (times.at, times.end))
    listed = tuple(dict.fromkeys(start.astimezone(context.zone).date() for start, _ in _slots(context)))
    return marked.dates(*clause) or marked.dates(*sentence) or plan_days(context) or marked.dates() or listed


def _rank(day: date, pair: tuple[int, int | None], place: int, context: Context) -> tuple[Any, ...]:
    start = moment(day, pair[0], context)
    end = moment(day, pair[1], context) if pair[1] is not None else None
    slots = _slots(context)
    listed = any(start == low and end in {None, high} for low, high in slots)
    begins = any(start == low for low, _ in slots)
    return (not listed, not begins, -_free(start, end, context), _unusual(pair, context), place, pair[0])


def _free(start: datetime, end: datetime | None, context: Context) -> int:
    """How many people have said that they are free then."""
    until = end or start + timedelta(minutes=1)
    return sum(any(_holds(window, start, until) for window in windows) for windows in context.availability.values())


def _holds(window: Mapping[str, str], start: datetime, end: datetime) -> bool:
    low, high = _iso(window.get("start")), _iso(window.get("end"))
    return bool(low and high and window.get("kind") != "busy" and low <= start and end <= high)


def _unusual(pair: tuple[int, int | None], context: Context) -> int:
    said = [str(context.plan.get("part_of_day") or ""), *str(context.plan.get("kind") or "").split()]
    low, high = next((_KIND_HOURS[word] for word in reversed(said) if word in _KIND_HOURS), _USUAL)
    return sum(not low <= moment <= high for moment in pair if moment is not None)


def _fits(times: clock.Times, slot: tuple[datetime, datetime], context: Context) -> bool:
    start, end = (moment.astimezone(context.zone) for moment in slot)
    begins = start.hour * 60 + start.minute in times.first.options
    return begins and (not times.last or end.hour * 60 + end.minute in times.last.options)


def _slots(context: Context) -> list[tuple[datetime, datetime]]:
    items: Iterable[Json] = context.shown.get("items") or () if context.shown.get("of") == "slots" else ()
    return [found for item in items if (found := _slot(item))]


def _slot(item: Json) -> tuple[datetime, datetime] | None:
    start, end = _iso(item.get("start")), _iso(item.get("end"))
    return (start, end) if start and end else None


def _iso(said: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else None


# --------------------------------------------------------------------------------------------------------------- a place by name

_FINAL_SAY: Final = re.compile(
    r"""(?x)\b(?:decid\w+|decision|organi[sz]er|host|up\s+to\s+me|(?:break|breaking)\s+the\s+tie|tie-?break\w*|final\s+(?:word|decision|answer)|choice\s+is\s+mine|my\s+call
    |settle\s+(?:it|this)|casting\s+vote|i\s+choose\s+for|(?:it'?s|it\s+is|as|with|since|because|we\s+have)\s+(?:still\s+)?(?:a\s+)?(?:tie|draw|tied|deadlock)|i\s+call\s+it)\b"""
)
_GROUP_GOES: Final = re.compile(
    rf"""(?x)(?:\b(?:let's|lets|let\s+us|we'?ll|we\s+will|we(?:'re|\s+are)(?:\s+going\s+to)?|we(?:'ve|'d)?|i'?ll|the\s+plan\s+is\s+to)\s+(?:all\s+|just\s+|both\s+|then\s+|now\s+)*
      (?:take|taking|go|going|goes|choose|chosen|pick|picked|have|having|eat|eating|do|say|meet|meeting|make\s+it|book|reserve|decided?|settled?|stick|want|like|love)
      (?:\s+(?:to|for|with|on|at|in|go|eat|meet|dinner|lunch|brunch|breakfast|drinks|coffee|our|the|it|a|table))*\s+{NAME_MARK}
    |(?:^|(?<=[.,!:;]))(?:\W|\b(?:ok|okay|so|then|please|fine|good|yes|great|and|all\s+right|alright)\b)*(?:decide|go|settle|book|reserve|see\s+you(?:\s+all)?)
      (?:\s+(?:on|for|with|to|at|us|a|table))*\s+{NAME_MARK}
    |{NAME_MARK}[\s,]*(?:it\s+is\b|is\s+(?:our|the)\s+(?:place|choice|venue|pick|winner)\b|final\s+word|wins\b|(?:is|sounds|works)\s+(?:\w+\s+)?{_PRAISE}\s+(?:for|with)\s+{_GROUP})
    |\b(?:our|the)\s+(?:place|choice|venue|pick|restaurant|winner|decision)(?:\s+for\s+(?:the\s+)?\w+)?\s*(?:is|:|will\s+be|'s)\s+{NAME_MARK}
    |\b(?:dinner|lunch|brunch|breakfast|coffee|drinks|it)(?:'s|'ll\s+be|\s+is|\s+will\s+be)\s+(?:at|in)\s+{NAME_MARK}
    |\blet\s+{NAME_MARK}\s+be\b
    |\b{_GROUP}\s+(?:is|are)\s+(?:all\s+)?(?:happy|fine|ok|okay|good)\s+with\s+{NAME_MARK})"""
)
_ORDERS_NAME: Final = re.compile(
    rf"(?:^|(?<=[.,!:;]))(?:\W|\b(?:ok|okay|so|then|please|fine|good|yes|great|and|i)\b)*(?:take|choose|pick|use)\s+(?:the\s+)?{NAME_MARK}"
)
_VOTES: Final = re.compile(
    r"\b(?:votes?|voted|voting|poll|ballots?|ticks?|unticks?|approves?|count\s+me|put\s+\w+\s+down|a\s+yes|yes\s+to|both|or|prefers?|like|likes|would\s+be)\b"
)
_NOT_PLACE: Final = re.compile(r"\b(?:not|if|unless|maybe|perhaps|without|can't|don't|no)\b")


def _by_name(marked: Marked, context: Context) -> _Found | None:
    """A place of the list, of an open poll or typed in, named with words of deciding."""
    labels = _labels(context)
    if not labels:
        return None
    plain, names = _named(marked, labels)
    chosen = {name for _, name in names}
    said = _FINAL_SAY.search(plain)
    for at, end in marked.sentences():
        part = plain[at:end]
        here = {name for place, name in names if at <= place < end}
        if len(here) != 1 or "?" in part or len(part) > 2 * _MAX_SENTENCE or _NOT_PLACE.search(part):
            continue
        voting = _VOTES.search(re.sub(r"\bcasting\s+vote\b", " ", part)) and not _FINAL_SAY.search(part)
        goes = _GROUP_GOES.search(part) or (not _open_polls(context) and _ORDERS_NAME.search(part))
        alone = not _open_polls(context) and here <= set(_shown_names(context)) and _PLAIN_WORDS.fullmatch(re.sub(NAME_MARK, " ", part))
        if not voting and (goes or alone or (said and len(chosen) == 1)):
            what = _subject(context) if _open_polls(context) and next(iter(here)) in _options(context) else "venue"
            return _Found(Call("decide", {"what": what, "choice": here.pop()}), tuple(_say_spans(marked, plain, (at, end))))
    return None


def _say_spans(marked: Marked, plain: str, sentence: Span) -> list[Span]:
    """The sentence that names the place, and those in which somebody says that it is for them to decide."""
    return [sentence, *((at, end) for at, end in marked.sentences() if (at, end) != sentence and _FINAL_SAY.search(plain[at:end]))]


def _open_polls(context: Context) -> list[Json]:
    return [poll for poll in context.polls if poll.get("status") != "closed"]


def _options(context: Context) -> list[str]:
    return [str(option.get("label")) for poll in _open_polls(context) for option in poll.get("options") or ()]


def _labels(context: Context) -> list[str]:
    """What can be chosen by name: options of polls, places typed in, places listed."""
    venues = sorted(context.venues, key=lambda venue: venue.get("source") != "you")
    names = [*_options(context), *(str(v.get("name") or v.get("label")) for v in venues), *_shown_names(context)]
    return list(dict.fromkeys(name for name in names if name and name != "None"))


def _shown_names(context: Context) -> list[str]:
    items: Iterable[Json] = context.shown.get("items") or () if context.shown.get("of") in {"venues", "options"} else ()
    return [str(item.get("label")) for item in items]


def _by_cuisine(marked: Marked, context: Context) -> _Found | None:
    """“The Thai place”: which one of the list that is, the tool knows."""
    if context.shown.get("of") != "venues":
        return None
    for at, end in marked.sentences():
        low = marked.low[at:end]
        found = _OF_CUISINE.search(low)
        if found and "?" not in low and len(low) <= _MAX_SENTENCE and not _NOT_PLACE.search(low[: found.start()]):
            around = f"{low[: found.start()]} {low[found.end() :]}"
            if _PLAIN_WORDS.fullmatch(around) or (_CHOOSES.search(around) and not _OTHER_ACT.search(around)):
                return _Found(Call("decide", {"what": "venue", "choice": found[0]}), ((at, end),))
    return None


_OF_CUISINE: Final = re.compile(rf"\bthe\s+{outings.CUISINE}\s+(?:place|one|restaurant|caf[eé]|bar)\b")


def _named(marked: Marked, labels: Sequence[str]) -> tuple[str, list[tuple[int, str]]]:
    """The text with a mark for each name of a place, and where which of them stands. A short form must mean one place only."""
    whole = fold(marked.text)
    plain, found = marked.low, list[tuple[int, str]]()
    by_word = _short_forms(labels)
    for label in sorted(labels, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(fold(label))}(?!\w)", whole):
            if "\ue006" not in plain[match.start() : match.end()] and "\ue007" not in plain[match.start() : match.end()]:
                plain = _marked(plain, *match.span())
                found.append((match.start(), label))
    for match in re.finditer(r"[^\W\d_][\w'-]{2,}", plain):
        label = by_word.get(match[0]) or next((by_word[word] for word in by_word if _typo(match[0], word)), None)
        if label:
            plain = _marked(plain, *match.span())
            found.append((match.start(), label))
    return plain, found


def _marked(text: str, at: int, end: int) -> str:
    return text[:at] + "\ue006" + "\ue007" * (end - at - 1) + text[end:]


def _typo(said: str, word: str) -> bool:
    return len(said) > 4 and len(word) > 4 and said[0] == word[0] and fuzz.ratio(said, word) >= 85


def _short_forms(labels: Sequence[str]) -> dict[str, str]:
    forms: dict[str, set[str]] = {}
    for label in labels:
        for word in distinctive(label):
            if len(word) > 3 and word not in _TOO_COMMON:
                forms.setdefault(word, set()).add(label)
    return {word: next(iter(names)) for word, names in forms.items() if len(names) == 1}


_TOO_COMMON: Final = frozenset(
    "first second third time place one good best dinner lunch brunch drinks coffee evening take lets then that this there with from helsinki turku "
    "story food table street corner garden market place home king queen star moon city town park museum art week".split()
)


# ------------------------------------------------------------------------------------------------------------ "let's go there"


def _by_pointing(marked: Marked, context: Context) -> _Found | None:
    """“We choose that”: the only item of the list, or the place typed in last."""
    for at, end in marked.sentences():
        low = marked.low[at:end]
        found = outings.chooses_that(low) if "?" not in low and len(low) <= _MAX_SENTENCE else None
        if found and not _NOT_PLACE.search(low[: found.start()]) and not _ASKED.search(low[: found.start()]):
            place = re.search(r"\b(?:there|where|place)\b", found[0])
            items: list[Json] = list(context.shown.get("items") or ())
            if context.shown.get("of") == "slots" and not place:
                call = Call("decide", {"what": "time", "choice": "1"}) if len(items) == 1 else None
            else:
                name = _newest(context)
                call = Call("decide", {"what": "venue", "choice": name}) if name else None
            if call:
                return _Found(call, ((at, end),))
    return None


_ASKED: Final = re.compile(r"\b(?:when|what|which|who|how|why|if|whether)\b[^,;]*$")
"""A question without its mark: "when can we all do it"."""


def _newest(context: Context) -> str | None:
    """The place spoken of last: the first of a list of those typed in, the only one of a list, else the last one typed in."""
    typed = [str(venue.get("name")) for venue in context.venues if venue.get("source") == "you"]
    items: list[Json] = list(context.shown.get("items") or ()) if context.shown.get("of") == "venues" else []
    if items:
        first = str(items[0].get("name") or items[0].get("label"))
        return first if len(items) == 1 or first in typed else None
    return typed[-1] if typed else None
