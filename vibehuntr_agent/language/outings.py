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

from __future__ import annotations

import re
from typing import Final

from vibehuntr_agent.planning.venues import WHICH_CITY

from .context import Call, Context, Json, Reading
from .marking import Marked, blank, fold, mark, titled
from .own_places import GOES_TO, NO_CITY, Place, typed_in
from .stops import EARLIER, Outing, told_of


def read(text: str, context: Context) -> Reading:
    """The calls that a message about places, stops or the calendar file asks for."""
    reading = Reading(text)
    marked = mark(text, context)
    if place := typed_in(marked, context):
        _take_place(place, marked, reading)
        marked = mark(blank(text, place.at, place.end), context)
    elif outing := told_of(marked, context):
        _take_outing(outing, reading)
    else:
        _take_city(marked, context, reading)
        if not _take_search(marked, context, reading):
            _take_answer(marked, context, reading)
    _take_export(marked, context, reading)
    return reading


def name_typed_in(marked: Marked, context: Context) -> tuple[int, int] | None:
    """Where the name and address of a place stand that the message adds. `read` also takes the choice of it, made in the same message."""
    place = typed_in(marked, context)
    return (place.at, place.end) if place else None


def about_stops(marked: Marked, context: Context) -> bool:
    """Whether the message tells the stops of an outing, their order, their start or the ways between them."""
    return told_of(marked, context) is not None


def without_names(text: str, context: Context) -> str:
    """`text` with blanks for the name and address of a place that it adds, at the same length: these are data, whatever they say."""
    span = name_typed_in(mark(text, context), context)
    return blank(text, *span) if span else text


def waiting_search(context: Context) -> list[Call]:
    """The search that the last answer could not do, because nobody had said in which city."""
    before = search_before(context) if WHICH_CITY in context.last_answer else None
    return [before] if before else []


def search_before(context: Context) -> Call | None:
    """The search in the last messages before this one."""
    for text in reversed(context.earlier[-_PATIENCE:]):
        said = Reading(text)
        if _take_search(mark(text, context), context, said):
            return said.calls[0]
    return None


def chooses_that(low: str) -> re.Match[str] | None:
    """The words by which a sentence in lower case decides for the place spoken of last."""
    return _THAT_PLACE.search(low)


_POINTED: Final = r"(?:that|it|this)(?:\s+(?:one|place))?"
_TAKING: Final = r"(?:choose|take|pick|book|reserve|do|have|want|fix|stick\s+(?:with|to)|settle\s+(?:on|for)|go\s+(?:with|for))"
_THAT_PLACE: Final = re.compile(
    rf"""(?x)\b(?:
    (?:let'?s|let\s+us|we'?ll|we\s+will|i'?ll)\s+(?:go|eat|meet)(?:\s+\w+)?\s+there
  | that'?s\s+where\s+we
  | (?:we|let'?s|let\s+us|i|we'?ll|i'?ll)\s+(?:all\s+|just\s+)?{_TAKING}\s+{_POINTED}(?!\s+(?:later|again|first|on|at|in|by|from|off|out|away|back|down|over|up|into|to))
  | (?:that'?s|that'?ll\s+be|that\s+(?:is|will\s+be))\s+(?:the\s+one(?!\s+(?:who|with))|our\s+(?:choice|place|pick|venue)|my\s+(?:choice|pick)|the\s+place)
  | have\s+\w+\s+(?:at|in)\s+that\s+(?:one|place)
  | (?:i'?m|we'?re|we\s+are|i\s+am)\s+(?:all\s+)?(?:happy|fine|good)\s+with\s+(?:that|this)\s+(?:one|place)
  | (?:that|this)\s+(?:one|place)\s*,?\s*(?:please|pls|then|it\s+is)
  | (?:that|this)\s+(?:one|place)(?:'s|\s+is|\s+sounds|\s+looks|\s+works)\s+(?:\w+\s+)?(?:good|fine|great|perfect|lovely|nice|ok|okay|ideal)
  )\b|(?:^|[,;]\s*)\W*(?:(?:ok|okay|yes|yeah|good|fine|great|perfect|cool|nice|sure|then|so|and|please|lovely|all\s+right)\W+)*
    (?:{_TAKING}\s+{_POINTED}|go\s+(?:with|for)\s+(?:that|it|this))\b(?!\s+(?:later|again|first|on|at|in|by|from|off|out|away|back|down|over|up|into|to))
  |^\W*(?:(?:ok|okay|yes|yeah|good|fine|great|perfect|then|so)\W+)*that\s+one\W*$"""
)


def _take_outing(outing: Outing, reading: Reading) -> None:
    reading.calls += outing.calls
    for span in outing.spans:
        reading.use(*span)


def _take_place(place: Place, marked: Marked, reading: Reading) -> None:
    reading.calls.append(place.call)
    reading.use(place.at, place.end)
    for found in re.finditer(r"\bput\s+(?:it|this|that)\s+(?:in|down|on\s+(?:the|our)\s+list)\b", marked.low):
        reading.use(*found.span())
    after = [span for span in marked.sentences() if span[0] >= place.end - 1]
    chosen = [(at + found.start(), end) for at, end in after if (found := chooses_that(marked.low[at:end]))]
    if chosen or GOES_TO.match(marked.low, place.at):
        reading.calls.append(Call("decide", {"what": "venue", "choice": place.call.args["name"]}))
    for span in chosen[:1]:
        reading.use(*span)


# ------------------------------------------------------------------------------------------------------- another city, a search

_ADJECTIVE: Final = re.compile(r"\w{2,}(?:ian|ese|ish|ican)$")
"""As in "make it Italian": no city."""
_CITY: Final = r"(?P<city>[^\W\d_][\w'-]+(?:\s[^\W\d_][\w'-]+)?)"
_MOVES: Final = tuple(
    re.compile(pattern.replace("CITY", _CITY).replace("OLD", r"[^\W\d_][\w-]+"))
    for pattern in (
        r"\b(?:change|switch|set|update)\s+(?:the\s+)?(?:city|town|location)\s+to\s+CITY",
        r"\bnew\s+(?:city|town)(?:\s+is)?\s*:?\s+CITY",
        r"\b(?:moving|move|moved|shifting|shift)\s+(?:it|this|that|everything|(?:the|our)\s+(?!start|time|date|end)\w+)\s+(?:over\s+)?to\s+CITY",
        r"\bnot\s+(?:in\s+)?(?P<old>\w+)\s+(?:after\s+all\s*,?\s*)?but\s+(?:in\s+)?CITY",
        r"\b(?:in|to)\s+CITY\s+(?:instead|after\s+all)\b",
        r"\bmake\s+(?:it|that)\s+CITY(?:\s+instead)?\s*(?=$|[,.;!?\n])",
        r"\b(?:switch(?:ed|ing)?|relocat(?:e|ed|ing))\s+(?:it\s+|everything\s+)?to\s+CITY",
        r"\bchange\s+of\s+plans?\s*[:,–-]\s*(?:it'?s\s+|in\s+|to\s+)?CITY\s*(?=$|[.;!\n])",
        r"\b(?:city|town|location)(?:\s+is\s+(?:now\s+)?|\s*[:=]\s*)CITY",
        r"\b(?:actually|no|sorry|correction|i\s+meant?|or\s+rather)\s*,?\s+in\s+CITY\s*(?=$|[,.;!?\n])",
        r"\b(?:we|let'?s|let\s+us|it)(?:'re|'ll|'d|'s)?\s+(?:\w+\s+){0,4}?in\s+CITY\s+now\b",
        r"\bwe(?:'d|\s+would)?\s+rather\s+(?:be|meet|eat|go|have\s+it)\s+(?:in|to)\s+CITY",
        r"\bit'?s\s+CITY\s+now\b",
        r"\bCITY\s*,?\s*(?:and\s+)?(?:not|instead\s+of|rather\s+than|no\s+longer)\s+(?:in\s+|to\s+)?(?P<old>OLD)\b",
        r"\b(?:not|no\s+longer|instead\s+of|rather\s+than|forget(?:\s+about)?|skip)\s+(?:in\s+)?(?P<old>OLD)\s*[,;:–-]*\s*(?:(?:but|it'?s|we|we'?ll|we'?re|let'?s|go|going|meet|be|rather)\s+)*(?:in\s+|to\s+)?CITY",
        r"\b(?:from|change|replace|swap|switch)\s+(?P<old>OLD)\s+(?:to|with|for|into|by)\s+CITY",
        r"\bCITY\s+(?:is|would\s+be|might\s+be|sounds)\s+(?:\w+\s+)?better\s+than\s+(?P<old>OLD)\b",
        r"\b(?P<old>OLD)\s+is\s+(?:out|off)\b[^.!?\n]{0,20}?\b(?:(?:in|to)\s+)?CITY\s+(?:is\s+in|instead|it\s+is)\b",
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
    rf"""(?x)(?:\b(?:find|show|list|search|(?<!was\s)(?<!were\s)look(?:ing)?\s+(?:for|up)|suggest|recommend|propose|offer|give\s+(?:me|us)|ideas?\s+for|do\s+you\s+(?:have|know)|have\s+you\s+got|got\s+any|tell\s+(?:me|us)|let\s+(?:me|us)\s+see|let'?s\s+(?:look\s+at|see|try)|(?:how|what)\s+about|maybe|rather|(?:'d|would)\s+prefer|are\s+there|is\s+there|any|which
    |what(?!\s+(?:time|did|does\s+\w+\s+(?:say|think))))\b[^.!?\n]{{0,50}}?\b|\b(?:need|want|fancy|get\s+us)\s+(?:to\s+go\s+to\s+)?(?:an?\s+|some\s+|other\s+)?
    |^(?:\W|\b{_FILLERS}\b)*\b){_PLACE_ASKED}"""
)
_NO_SEARCH: Final = re.compile(r"\s+(?:did|was|were|has|had|crawl|votes?|won)\b")
_ALONE: Final = re.compile(rf"^(?:\W|\b{_FILLERS}\b)*{_PLACE_ASKED}(?:\W|\b{_FILLERS}\b)*$")
_CUISINE_ASKED: Final = re.compile(
    rf"""(?x)(?P<like>\b(?:cheap\s+|good\s+|nice\s+)?{CUISINE}\b)(?:\s+(?:food|places?|somewhere))?(?=[^.!?\n]{{0,40}}\b(?:near|nearby|close\s+to|open\s+now|around\s+here)\b)
    |\b(?:find|do\s+you\s+know|suggest|recommend|is\s+there|are\s+there|any|where\s+can\s+we\s+get)\b[^.!?\n]{{0,20}}?\b(?P<like2>{CUISINE})\b(?:\s+(?:food|places?|spots?|somewhere))?"""
)
_EATING: Final = r"(?:eat|dine|go(?:\s+out)?(?:\s+(?:to\s+eat|for\s+\w+))?|(?:have|get|grab)\s+(?:an?\s+|some\s+)?(?:dinner|lunch|brunch|breakfast|food|meal|bite|coffee|drinks?|beers?|cocktails?))"
_WHERE: Final = re.compile(
    rf"\bwhere\s+(?:(?:could|can|should|shall|might|do|would)\s+(?:we|i)|to)\s+{_EATING}\b(?!\s+(?:from|after|on|at|then|next)\b)"
    rf"|\b(?:find|suggest|recommend|show|look\s+for|need|know)\s+(?:me\s+|us\s+)?(?:a\s+place|some\s+place|somewhere)\s+(?:to|where\s+we\s+can|for\s+us\s+to)\s+{_EATING}\b"
    r"|\b(?:find|suggest|recommend|show|look\s+for)\s+(?:me|us)?\s*(?:a|some|another|other)\s+(?:places?|venues?|spots?)\b"
    r"|\b(?:what|which)\s+(?:\w+\s+)?(?:places?|venues?|spots?)\s+(?:do\s+you\s+(?:know|have)|are\s+there|can\s+you\s+(?:find|suggest|recommend|offer))\b"
)
_ONLY_WHERE: Final = re.compile(r"\W*(?:(?:and|ok|so|but)\W+)*where(?:\s+(?:to|then|exactly|shall\s+we\s+meet))?\W*")
"""All of a message that asks where."""
_DRUNK: Final = re.compile(r"\b(?:(?P<cafe>coffee|breakfast)|(?P<bar>drinks?|beers?|cocktails?))\b")
_OFFER: Final = re.compile(r"\bwhat\s+(?:can|could|do|would)\s+you\s+(?:offer|have)(?:\s+(?:me|us))?\s+(?:there|here|instead)\b")
_NO_ASK: Final = re.compile(
    r"\b(?:votes?|voted|voting|poll|tally|like|likes|love|remember|forget\s+that|allerg\w+|(?<!'d\s)(?<!would\s)prefers?)\b"
)
_NOT_THIS: Final = re.compile(r"\b(?:forget(?:\s+about)?|no\s+more|not|no|instead\s+of|without|than|from)\s+(?:an?\s+|the\s+|any\s+)?$")
_NEAR: Final = re.compile(
    r"\b(?:near|close\s+to|next\s+to)\s+(?:to\s+)?(?:the\s+)?(?P<near>[^,.!?\n]{2,60}?)(?=\s+(?:open|that|which|with|for|on|at|please|pls|and|in)\b|[,.!?\n]|$)"
)
_KNOWS_NOT: Final = re.compile(r"I do not know where “[^”]*” is in |(?P<city>I have no data for [^.:]*:)")
_ELSEWHERE: Final = re.compile(
    r"""(?x)^\W*(?i:(?:ok(?:ay)?|then|well|so|sorry|just|please|try|maybe|(?:how|what)\s+about|i\s+meant?)\W+)*(?:
      (?i:leave\s+(?:it|that)\s+(?:out|away)|any\s?where(?:\s+(?:in|is)\s+[^.!?\n]{2,40})?|without(?:\s+(?:it|that))?|never\s*mind(?:\s+(?:that|the\s+\w+))?
        |(?:it|that)\s+does(?:n['’]t|\s+not)\s+matter|(?:in\s+)?the\s+(?:centre|center)|somewhere\s+(?:central|else))
      |(?i:(?:near|close\s+to|next\s+to|around|at|by|on|in)\s+(?:the\s+)?)?(?P<where>[A-ZÀ-Þ][\w'’-]+(?:\s(?:[A-ZÀ-Þ\d][\w'’-]*|katu|tori|aukio|puisto|street|square|park|station)){0,2})
    )(?i:[\s,]+(?:then|please|instead|is\s+fine))*\W*$"""
)
"""All of a message that names another place, or says that it does not matter."""
_PATIENCE: Final = 3
"""So many messages back, a search still waits for the answer to a question."""
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
    for pattern in _MOVES:
        for found in pattern.finditer(marked.low):
            named = found.groupdict()
            if named.get("old") not in {None, fold(old)} or (named.get("again") and not found["city"].startswith(found["again"])):
                continue
            city = (
                ""
                if _OF_SOMEBODY_THERE.search(marked.low[max(0, found.start() - 40) : found.start("city")])
                else _city(marked.text, found, context)
            )
            vague = found[0].startswith("make") and not found[0].rstrip().endswith("instead") and marked.text[found.start("city")].islower()
            if city and not vague and city.casefold() != old.casefold() and not _ADJECTIVE.match(city.casefold()):
                reading.calls.append(Call("update_plan", {"city": city}))
                reading.use(*found.span())
                return


_OF_SOMEBODY_THERE: Final = re.compile(
    r"\b(?!we\b|let\b|it\b|everything\b|that\b|this\b|all\b|dinner\b|lunch\b|brunch\b|party\b|plan\b|meeting\b|city\b|town\b)[\w-]+(?:'s|'m|\s+(?:is|am|lives?|works?|was|stays?))\s+(?:\w+\s+)?(?:(?:in|to|at|from)\s+)?$"
)


_BEFORE_CITY: Final = frozenset("in to at be meet meant mean go see visit actually but it's".split())


def _city(text: str, found: re.Match[str], context: Context, group: str = "city") -> str:
    """The city as it is called, or nothing. A second word belongs to it only with a capital."""
    said = text[found.start(group) : found.end(group)]
    words = said.split()
    if len(words) > 1 and words[0].lower() in _BEFORE_CITY:
        words = words[1:]
    capital = bool(words) and words[0][0].isupper()
    kept = words[:1] + [word for word in words[1:] if capital and word[0].isupper() and word.lower() not in NO_CITY]
    names = {part.casefold() for name in (*context.roster, *(str(v.get("name")) for v in context.venues)) for part in name.split()}
    if not kept or kept[0].lower() in NO_CITY or kept[0].casefold() in names:
        return ""
    return titled(" ".join(kept))


def _take_search(marked: Marked, context: Context, reading: Reading) -> bool:
    """The last thing that is looked for; whether there is one."""
    asked = next(filter(None, (_asked(marked, span, context, reading) for span in reversed(list(marked.sentences())))), None)
    if not asked:
        return False
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
    return True


def _take_answer(marked: Marked, context: Context, reading: Reading) -> None:
    """The same search in the area or the city that the message names, when the last answer knew nothing of the one before."""
    asked = _KNOWS_NOT.search(context.last_answer)
    found = _ELSEWHERE.match(marked.text) if asked else None
    before = search_before(context) if found else None
    if not (asked and found and before):
        return
    where = found["where"] or ""
    people = {word for name in context.roster for word in name.casefold().split()}
    if where and where.split()[0].casefold() in NO_CITY | people:
        return
    kept = {key: value for key, value in before.args.items() if key not in {"near", "city"}}
    if asked["city"] and where:
        reading.calls.append(Call("update_plan", {"city": where}))
    elif asked["city"]:
        return
    elif where:
        kept["near"] = where
    reading.calls.append(Call("search_venues", kept))
    reading.use(*found.span())


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
    if (
        found := _WHERE.search(low)
        or _ONLY_WHERE.fullmatch(marked.low)
        or (_OFFER.search(low) if _searched(context) or reading.calls else None)
    ):
        wanted = _DRUNK.search(found[0])
        kind = wanted.lastgroup if wanted else _BY_KIND.get(str(context.plan.get("kind")))
        return kind or "restaurant", at + found.start(), at + found.end()
    return None


def _said_alone(low: str, found: re.Match[str]) -> bool:
    """A sentence that only begins with a kind of place must say nothing else."""
    asks = re.match(r"(?:\W|\b(?:a|the)\b)*$", low[: found.start("like")])
    return not asks or bool(_ALONE.match(low))


def _searched(context: Context) -> bool:
    return context.shown.get("of") == "venues" or any(_ASKS.search(fold(said[:300])) for said in context.earlier[-EARLIER:])


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

_CALENDARS: Final = r"(?:(?:my|our|the|your|their|all|[\w-]+'s)\s+)?(?:\w+\s+)?calendars?"
_EXPORT: Final = re.compile(
    rf"""(?x)(?:\.|\b)ics\b|\bicalendar\b|\bcalendar\s+(?:file|invite|invitation|entry|event|export|download|thing)s?\b
    |\b(?:file|version|cancell?ation|invit(?:e|ation)|event|entry)\b[^.!?\n]{{0,30}}?\bcalendars?\b
    |\b(?:export|download|import|save)\b[^.!?\n]{{0,40}}?\bcalendars?\b
    |\b(?:put|add|have|get|take|enter|remove|delete|pull|clear|save|drop|want|need)\s+(?:it|this|that|the\s+\w+)\s+(?:all\s+)?(?:in|into|to|on|out\s+of|off|from)\s+{_CALENDARS}\b
    |\b(?:put|add|have|get|enter|save|want|need|open|import|export)\s+(?:it|this|that|the\s+\w+)\s+(?:in|into|to|for)\s+(?:my\s+|our\s+)?(?:outlook|google|apple|thunderbird|ical)\b
    |\bexport\s+(?:it|this|that|the\s+\w+|please|pls|again|everything)\b|^\W*(?:(?:ok|so|now|then|and)\W+)*export\W*$|\bdownload\s+(?:it|this|that)\b|^\W*(?:(?:ok|so|now|and|the)\W+)*calendar\W*(?:please|pls|plz)\b
    |\b(?:an?|the|another|new|updated|fresh|cancell?ation)\s+(?:calendar\s+|new\s+|updated\s+)?invit(?:e|ation)s?\b(?!\s+(?:to\s+(?!the\s+calendar)|from|said|says|list|only))
    |\bfile\b[^.!?\n]{{0,30}}?\b(?:cancels?|cancell?ation|cancell?ing|deletes?|removes?|withdraws?)\b|\bcancel(?:l?ation)?\s+(?:file|invite|entry|notice)\b"""
)
_THE_FILE: Final = re.compile(
    r"\b(?:the|a|an|that|another|one\s+more|same|new|newer|updated|fresh|latest)\s+(?:(?:new|updated|same|fresh|latest|corrected|right)\s+)?file\b|^\W*file\s+(?:please|pls|again)\b"
)
_TAKES_OUT: Final = re.compile(
    r"\b(?:the|a|that|send\s+\w+)\s+cancell?ation\b|\b(?:cancel|withdraw|delete|remove|take\s+back|recall)\s+(?:the|that|our|my)\s+(?:calendar\s+)?(?:invit(?:e|ation)s?|entry|entries|event)\b"
)
"""What a file of a cancelled plan is asked for by."""
_NO_EXPORT: Final = re.compile(
    r"\b(?:what\s+is|what'?s|what\s+are|how\s+do(?!\s+(?:we|i)\s+(?:get|take))|how\s+does|why|is\s+there|was\s+there|where\s+is|do\s+(?:i|we)\s+need|don'?t|do\s+not|no\s+need|without|not\s+need)\b"
)


def _take_export(marked: Marked, context: Context, reading: Reading) -> None:
    asked = False
    for at, end in marked.sentences():
        low = marked.low[at:end]
        found = _EXPORT.search(low) or (_THE_FILE.search(low) if context.calendar or asked else None)
        found = found or (_TAKES_OUT.search(low) if context.calendar and context.status == "cancelled" else None)
        if not found or _NO_EXPORT.search(low):
            continue
        asked = True
        start = max((cut.end() for cut in re.finditer(r",\s", low[: found.start()])), default=0)
        stop = re.search(r",\s(?!(?:please|again|once))", low[found.end() :])
        reading.use(at + start, at + (found.end() + stop.start() if stop and not _THE_FILE.search(low) else len(low)))
    if asked:
        reading.calls.append(Call("export_calendar", {}))
