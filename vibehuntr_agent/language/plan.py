"""Facts of a plan: the occasion, the days, how long, how many, what it may cost, the city, the hours.

Guarantees: of what is corrected in the same breath only the correction counts; one person's own limit of money and the city that somebody is in
are not the plan's; and once the plan has an occasion, a city or days, a message changes them only when it says so. Days beside somebody's free
time are not the plan's. Not claimed: what a long tale says besides; of it only a length in a sentence about the plan counts.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  a column of quotes would hide the words

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from vibehuntr_agent.planning.phrases import MONTH, Minutes

from . import clock, days
from .context import NUMBER, Call, Context, Json, Reading, number
from .words import NOT_NAMES
from .zones import ZONE_NAME, homes

_DIETS: Final = (
    r"(?:vegans?|vegetarians?|veggies?|pescatarians?|halal|kosher|coeliac|celiac|gluten[\s-]free|lactose[\s-](?:free|intolerant)|dairy[\s-]free|nut[\s-]free"
    r"|allergic\s+to\s+\w+)"
)
_NAMELESS: Final = re.compile(
    rf"""(?ix)\b(?:(?:only\s+)?(?:{NUMBER}|some(?:one|body)?|nobody|everyone|everybody|all)(?:\s+of\s+(?:us|them))?\s+(?:is|are|eats?|needs?)\s+(?:an?\s+|strictly\s+)?{_DIETS}
    |{NUMBER}\s+{_DIETS})\b(?:\s+food)?"""
)
"""What somebody who is not named needs: a note of the plan."""
_KINDS: Final = (
    r"(?:birthday\s+(?:dinner|lunch|brunch|party|drinks)|dinner|lunch|brunch|breakfast|supper|coffee(?!\s+(?:place|shop|house|bar))|drinks|movie\s+night|movie"
    r"|video\s+call|call|hike|picnic|party|barbecue|bbq|game\s+night|night\s+out|meeting|meetup|concert|evening)"
)
_KIND: Final = re.compile(
    rf"(?i)(?<!\bgood\s)\b(?P<birthday>b(?:irth)?day\s+)?(?P<kind>{_KINDS})\b(?!\s+(?:time\s+zone|file|on\s+\w+day\s+from))"
)
_VAGUE_KINDS: Final = frozenset({"meeting", "evening", "call"})
_SAYS_KIND: Final = re.compile(
    rf"""(?ix)\b(?:let['’]?s|lets|plan|planning|organi[sz]e|arrang\w+|set(?:ting)?\s+up|want|would\s+like|['’]d\s+like|love|have|having|for|do|need|fancy|meet\w*
        |go(?:ing)?|throwing|make|actually|instead)\b[^.;!?\n]{{0,60}}?\b{_KINDS}\b
    |^\W*(?:a\s+|an\s+)?[\w'’ -]{{0,24}}\b{_KINDS}\b
    |:
    |\b{_KINDS}\b\s*(?:with|w|on|for|in|at|,|:|$|\?|!|=)"""
)
_CHANGES_KIND: Final = re.compile(rf"(?i)\b(?:actually|instead|rather|change|make\s+it)\b[^.;]{{0,30}}\b{_KINDS}\b")
_UNIT: Final = r"(?:€|\$|£|us\s+dollars?|euros?|eur|dollars?|usd|pounds?|quid|gbp|chf|francs?|sek|kronor|nok|dkk|bucks)"
_CURRENCIES: Final[Mapping[str, str]] = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "us dollar": "USD",
    "us dollars": "USD", "bucks": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "chf": "CHF", "franc": "CHF", "francs": "CHF",
    "sek": "SEK", "kronor": "SEK", "nok": "NOK", "dkk": "DKK",
}  # fmt: skip
_AMOUNT: Final = re.compile(
    rf"(?i)(?:(?P<unit1>us\$|[€$£])\s?(?P<amount1>-?\d+(?:[.,]\d+)?)|(?P<amount2>-?\b{NUMBER})\s?(?P<unit2>{_UNIT})(?!\w))"
)
_MONEY_WORDS: Final = re.compile(
    r"""(?ix)\b(?:budget|limit|ceiling|max(?:imum)?|at\s+most|up\s+to|no\s+more\s+than|more\s+than|under|tops|each|apiece|per\s+(?:person|head)
    |a\s+(?:head|person)|pp|spend|pay|cost|about|around|raise|go\s+over)\b"""
)
_BARE_MONEY: Final = re.compile(
    rf"""(?ix)\b(?:budget|limit|ceiling|max(?:imum)?)\b[^.;!?\d]{{0,24}}(?P<amount1>-?{NUMBER})(?!\s*(?:people|hours?|min|h\b|[:.]\d|days?))
    |\b(?P<amount2>-?{NUMBER})\s+(?:as\s+the\s+)?(?:max|each|per\s+(?:person|head)|pp|a\s+head)\b"""
)
_RAISED: Final = re.compile(rf"(?i)\bfrom\s+{NUMBER}\s*{_UNIT}?\s+to\s")
_OWN_LIMIT: Final = re.compile(
    r"\b(?!Nobody|Everyone|Everybody|None|Each|We|They|You|All|Who)[A-Z][^\W\d_]+\s+(?:can\s+only|only\s+has|wants\s+to|can)\s+(?:spend|pay)\b"
)
"""What one person may spend is remembered of that person."""
_LENGTH: Final = re.compile(
    rf"""(?ix)
    (?P<three_quarters>\bthree\s+quarters\s+of\s+an\s+hour\b)
   |(?P<half>\b(?:half\s+an\s+hour|a\s+half[\s-]hour|half[\s-]hour)\b)
   |(?P<quarter>\b(?:a\s+)?quarter\s+of\s+an\s+hour\b)
   |(?P<exact>\b(?P<exact_hours>\d{{1,2}})\s?h(?:ours?|rs?)?\s?(?P<exact_minutes>\d{{1,2}})(?:\s?m(?:in(?:utes?|s)?)?)?\b)
   |(?P<one_and_half>\b(?:an?|one)\s+hour\s+and\s+a\s+half\b|\b(?:one\s+and\s+a\s+half|1\.5|1,5|1\s?½)\s*-?\s?(?:hours?|hrs?|h)\b)
   |(?P<and_half>\b(?P<whole>{NUMBER})\s+and\s+a\s+half\s+hours?\b)
   |(?P<counted>\b(?P<count>{NUMBER}|an?|a\s+couple\s+of|couple\s+of)[\s-]*(?P<unit>hours?|hrs?|h|minutes?|mins?)\b(?!['’]s\s+drive)
        (?:[\s-]*(?:and\s+)?(?P<more>\d{{1,2}})\s*(?:min(?:utes?|s)?)\b)?)"""
)
_FIXED_LENGTHS: Final = {"three_quarters": 45, "half": 30, "quarter": 15, "one_and_half": 90}
_BEFORE_OTHER_LENGTH: Final = re.compile(
    r"(?i)\b(?:in|within|after|later|earlier|every|another|walk(?:ing)?|drive|away|from\s+the|ago|before|by)\s*$"
)
_AFTER_OTHER_LENGTH: Final = re.compile(
    r"(?i)\s*(?:earlier|later|ago|away|walk|on\s+foot|of\s+walking|before|after|from\s+(?:now|place|stop|one))\b"
)
_LASTS: Final = re.compile(
    r"(?i)\b(?:lunch|dinner|brunch|drinks|coffee|meeting|call|plan|length|long|for\s+it|needs?|takes?|lasts?|reckon|put\s+down)\b"
)
_WANTS: Final = re.compile(r"(?i)\b(?:it\s+would\s+be\s+good\s+to\s+have|we\s+(?:need|want))\b")
_HOW_LONG: Final = re.compile(r"(?i)how\s+long\?\s*$")
_SIZE: Final = re.compile(
    rf"""(?ix)\b(?:(?:me|i)\s+(?:and|plus|with)\s+(?P<friends1>{NUMBER})\s+(?:friends|others|people)
    |with\s+(?P<friends2>{NUMBER})\s+(?:friends|others)
    |(?!(?:one|two|three)\s+of\s+us\s+(?:is|are)\b)(?P<all1>{NUMBER})\s+(?:of\s+us|people|persons|friends|guests)\b
    |(?:for|(?:party|group)\s+of|table\s+for|we\s+are|we['’]re)\s+(?P<all2>{NUMBER})\b
     (?!\s*(?:[€$£:.–-]|h\b|hours?|hrs?|min|days?|weeks?|euros?|eur|usd|am\b|pm\b|o['’]clock|pounds?|dollars?|\d|of\s+us|people|persons|friends|guests)))"""
)
_CITY: Final = re.compile(
    r"(?i)\b(?:(?P<of_plan>in|city\s+(?:is|to)|meant?)|near|around|at)\s+(?P<city>[^\W\d_]{3,}(?:[- ](?-i:[A-ZÀ-Þ])[^\W\d_]+)?)"
)
_CITY_ALONE: Final = re.compile(r"(?:^|[,/:(]|\bin\s)\s*(?P<city>[A-ZÀ-Þ][^\W\d_]+|[a-zà-þ][^\W\d_]{3,})\s*(?=[,/:).]|$)")
_CITIES: Final = frozenset(
    """amsterdam athens austin bangalore barcelona berlin boston brussels budapest chicago cologne copenhagen delhi denver dubai dublin edinburgh
    espoo frankfurt geneva glasgow gothenburg hamburg helsinki istanbul jyväskylä kuopio kyoto lahti lisbon london madrid malmo manchester melbourne
    milan montreal mumbai munich osaka oslo oulu paris prague reykjavik riga rome rotterdam seattle seoul singapore stockholm sydney tallinn tampere
    tokyo toronto turku vantaa vienna vilnius warsaw zurich""".split()
)
"""Cities that need no "in" and no capital."""
_BARE_CITY: Final = re.compile(
    rf"(?i)(?<!\bfrom )(?<!\bto )(?<!\bof )(?<!\bthan )(?<!\bnot in )(?<!\bnot )\b(?P<city>{'|'.join(sorted(_CITIES))})\b(?!\s+time|\s*/|['’])"
)
"""A city that is known, wherever it stands: "dinner thu helsinki w anna"."""
_CHANGES: Final = re.compile(
    r"""(?ix)\b(?:meant|mean|instead|decided|not\s+in|move|moved|change|changed|switch|make\s+(?:it|that)|rather|correction|actually|postpone|new\s+(?:date|day)|better
    |oops|sorry|after\s+all)\b"""
)
_ASKS_WHETHER: Final = re.compile(r"(?i)\W*(?:(?:and|or|but|so)\s+)?(?:is|are|does|do|would|which|how)\b[^.!;]*\?\s*$")
_GAP: Final = r"\s*+[,.…-]*+\s*+"
_CORRECTION: Final = rf"{_GAP}\b(?:no\s+wait|no|wait|sorry|i\s+mean(?:t)?|or\s+rather|rather|make\s+that|oops)\b[,.:\s]*+(?:no\b|wait\b|i\s+mean(?:t)?\b|make\s+that\b)?[,\s]*+"
_WEEKDAY: Final = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)\b"
_HOURS: Final = rf"(?:an?\s+hour|{NUMBER}\s+(?:hours?|minutes?|mins?))"
_TAKEN_BACK: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i)\b{_WEEKDAY}{_CORRECTION}(?:on\s+)?(?=(?:this\s+)?{_WEEKDAY})",
        rf"(?i)(?:[€$£]\s?)?\b{NUMBER}(?:\s?{_UNIT})?{_CORRECTION}(?=(?:[€$£]\s?)?{NUMBER}\s?(?:{_UNIT}|each))",
        rf"(?i)\bin\s+[^\W\d_]+{_CORRECTION}(?=in\s+(?:{'|'.join(sorted(_CITIES))})\b)",
        rf"(?i)\b{_HOURS}(?=\s*,\s*(?:no|sorry)\b[^.;!?]{{0,40}}?\b{_HOURS}|\s+is\s+too\s+(?:short|long))",
    )
)
_OFFICE_HOURS: Final = re.compile(r"(?i)\b(?:work(?:ing)?|office|business)\s+hours\b")
_ARRANGES: Final = re.compile(
    r"(?i)\b(?:find|want\s+to\s+meet|together|all\s+meet|(?:need|want|arrange|set\s+up|book)\s+an?\s+(?:\w+\s+)?(?:meeting|call)|(?:looking\s+for|schedule)\b[^.!?;\n]*\b(?:some\s?time|meet|slot))\b"
)
_SENTENCE: Final = re.compile(r"[^.!?;\n]+(?:[.](?=\d|m\b)[^.!?;\n]+)*")
_PART: Final = re.compile(r"(?i)(?<!\bgood\s)\b(?:(?P<part>morning|lunch\s?time|afternoon|evening|night)s?|(?P<tonight>tonight))\b")
_CITY_WORD: Final = re.compile(r"(?i)\bcity\b")
_WORKDAY: Final = (7 * 60, 19 * 60)
_FEW: Final = 4
"""Words of a message that may say nothing but a city."""
_SHORT: Final = 80
"""Characters of a message in which any sum of money is the budget."""
_TALKATIVE: Final = 120
_LONG: Final = 200
_LONGER: Final = 300
_TALE: Final = 400
"""Characters of a message from which it speaks of other things as well: sizes, kinds, days, and then lengths and places."""


def read(text: str, context: Context, *, roster: Sequence[str], new_days: Sequence[date], time_words: str) -> Reading:
    """The facts, as one call of update_plan. `new_days` are those that the plan gets; `time_words` is the text without anybody's free times."""
    reading = Reading(text)
    facts: Json = {}
    for take in (_take_notes, _take_money, _take_length, _take_size):
        take(reading, facts, context)
    if hours := _hours(reading, time_words):
        facts["hours_from"], facts["hours_to"] = map(_clock, hours)
    if kind := _kind(reading.rest, context):
        facts["kind"] = kind
    moves = context.plan.get("city") and _CHANGES.search(text)
    plans = facts or new_days or moves or len(roster) > len(context.roster) or len(text.split()) < _FEW or _CITY_WORD.search(text)
    if plans and (city := _city(ZONE_NAME.sub("", text), context, roster)):
        facts["city"] = city
    if zone := ZONE_NAME.search(text):
        facts["zone"] = zone["zone"]
    if new_days:
        facts["date_from"], facts["date_to"] = min(new_days).isoformat(), max(new_days).isoformat()
    if part := _part_of_day(time_words, context, new_days):
        facts["part_of_day"] = part
    if facts:
        reading.calls.append(Call("update_plan", facts))
    return reading


def corrected(text: str) -> str:
    """The text with what is taken back in the same breath blanked out: "Thursday, sorry, Friday", "no more than 20, no wait, 30 euros"."""
    for pattern in _TAKEN_BACK:
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return text


def plan_days_in(text: str, context: Context, told: Sequence[tuple[int, int]], old: Sequence[date]) -> tuple[date, ...]:
    """The days that the message gives the plan: those outside of what is told of somebody's time. Nothing when it leaves them as they are."""
    named = [day for day in days.find(text, context.now.date(), old) if not day.anaphora]
    free = [day for day in named if not any(low <= day.at < high for low, high in told)]
    if not free and not old and _KIND.search(text):  # "lunch on Saturday, and Anna can come from noon": one sentence for both
        free = named
    new = tuple(sorted({day for item in free for day in item.days}))
    changes = not old or (len(text) < _LONGER and bool(_CHANGES.search(text)) and not _ASKS_WHETHER.match(text))
    return new if changes and not set(new) <= set(old) else ()


def _take_notes(reading: Reading, facts: Json, _context: Context) -> None:
    for match in list(_NAMELESS.finditer(reading.rest)):
        facts.setdefault("notes", []).append(" ".join(match[0].split()))
        reading.use(*match.span())


# ------------------------------------------------------------------------------------------------------------------------ money


def _take_money(reading: Reading, facts: Json, context: Context) -> None:
    """The budget for each: the sum said last; without a currency only when the plan has one already."""
    every = list(_AMOUNT.finditer(reading.rest))
    said = [match for match in every if _is_budget(reading.rest, match)]
    if len(every) > 1 and (raised := _RAISED.search(reading.rest)):
        said = [match for match in said if match.start() >= raised.end() - 1] or said
    if said and not _OWN_LIMIT.search(reading.rest):
        unit = " ".join((said[-1]["unit1"] or said[-1]["unit2"]).lower().split())
        facts["budget_per_person"], facts["currency"] = _amount(said[-1]), _CURRENCIES[unit]
        for match in every:
            reading.use(*match.span())
    elif (context.plan.get("currency") or context.plan.get("budget_per_person")) and (bare := _BARE_MONEY.search(reading.rest)):
        facts["budget_per_person"] = _amount(bare)
        reading.use(*bare.span())


def _is_budget(text: str, match: re.Match[str]) -> bool:
    return len(text) < _SHORT or bool(_MONEY_WORDS.search(text[max(0, match.start() - 60) : match.end() + 40]))


def _amount(match: re.Match[str]) -> float:
    said: str = match["amount1"] or match["amount2"]
    return -number(said[1:]) if said.startswith("-") else number(said)


# ------------------------------------------------------------------------------------------------------------- length, size, hours


def _take_length(reading: Reading, facts: Json, context: Context) -> None:
    found = [match for match in _LENGTH.finditer(reading.rest) if _is_length(reading.rest, match, context)]
    if found:
        facts["duration_minutes"] = _minutes(found[-1])
        for match in found:
            reading.use(*match.span())


def _is_length(text: str, match: re.Match[str], context: Context) -> bool:
    """Whether a length is the plan's: not "in two hours", "half an hour earlier" or a walk; in a tale, only beside words about the plan."""
    if _BEFORE_OTHER_LENGTH.search(text[max(0, match.start() - 24) : match.start()]) or _AFTER_OTHER_LENGTH.match(text, match.end()):
        return False
    return len(text) <= _TALE or not context.plan or _about_plan(text, match, context)


def _about_plan(text: str, match: re.Match[str], context: Context) -> bool:
    """Whether the sentence around a length speaks of the plan, or answers "How long?"."""
    low = max(text.rfind(mark, 0, match.start()) for mark in ".!?\n") + 1
    high = min((end for mark in ".!?\n" if (end := text.find(mark, match.end())) >= 0), default=len(text))
    sentence = text[low:high]
    kind = str(context.plan.get("kind") or "").casefold().split()
    of_kind = bool(kind) and kind[-1] in sentence.casefold() and _LASTS.search(sentence)
    return bool(of_kind or _HOW_LONG.search(text[max(0, low - 24) : low]) or _WANTS.search(sentence))


def _minutes(match: re.Match[str]) -> int:
    """Minutes of a length that `_LENGTH` has found."""
    if fixed := _FIXED_LENGTHS.get(match.lastgroup or ""):
        return fixed
    if match["exact"]:
        return int(match["exact_hours"]) * 60 + int(match["exact_minutes"])
    if match["and_half"]:
        return round((number(match["whole"]) + 0.5) * 60)
    said = " ".join(match["count"].lower().split())
    count = 1.0 if said in {"a", "an"} else 2.0 if "couple" in said else number(said)
    return round(count * (60 if match["unit"].lower().startswith("h") else 1)) + int(match["more"] or 0)


def _take_size(reading: Reading, facts: Json, context: Context) -> None:
    """How many they are with the one who types: more than one, and more than are named."""
    found = _SIZE.search(reading.rest)
    if not found or (context.roster and len(reading.rest) > _TALKATIVE):
        return
    friends = found["friends1"] or found["friends2"]
    size = int(number(friends)) + 1 if friends else int(number(found["all1"] or found["all2"]))
    if size > max(1, len(context.roster)):
        facts["number_of_people"] = size
        reading.use(*found.span())


def _hours(reading: Reading, time_words: str) -> Minutes | None:
    """The hours that bind each day: office hours, or those of "find some time between 9 and 5"."""
    for match in _OFFICE_HOURS.finditer(reading.rest):
        if ranges := _ranges(reading.rest[match.start() : match.end() + 40]):
            reading.use(match.start(), match.start() + ranges[0].end)
            return clock.resolve(ranges[0], _WORKDAY)
    for sentence in _SENTENCE.finditer(time_words):
        if _ARRANGES.search(sentence[0]) and len(ranges := _ranges(sentence[0])) == 1:
            return clock.resolve(ranges[0], _WORKDAY)
    return None


def _ranges(text: str) -> list[clock.Times]:
    return [times for times in clock.find(text) if times.kind == "range"]


def _clock(minutes: int) -> str:
    hour, minute = divmod(min(minutes, 24 * 60 - 1), 60)
    return f"{hour:02d}:{minute:02d}"


# ------------------------------------------------------------------------------------------------------------------ what and where


def _kind(text: str, context: Context) -> str | None:
    """The occasion: a dinner rather than a meeting when both are said."""
    found = list(_KIND.finditer(text))
    says = _CHANGES_KIND.search(text) if context.plan.get("kind") else len(text) <= _LONG or _SAYS_KIND.search(text)
    if not found or not says:
        return None
    best = next((match for match in found if match["kind"].lower() not in _VAGUE_KINDS), found[0])
    words = " ".join(best["kind"].lower().split())
    return f"birthday {words}" if best["birthday"] and not words.startswith("birthday") else words


def _city(text: str, context: Context, roster: Sequence[str]) -> str | None:
    """The plan's city, not the one that somebody is in who is elsewhere."""
    if context.plan and (len(text) > _TALE or (context.plan.get("city") and not _CHANGES.search(text))):
        return None
    away = homes(text, roster)
    away = away if any(zone != context.zone for _, _, zone in away) else []
    names = {name.casefold() for name in roster}
    for at, city in (*_led_cities(text), *_lone_cities(text)):
        if city.split()[0].casefold() not in names and not any(low <= at < high for low, high, _ in away):
            return city
    return None


def _led_cities(text: str) -> Iterator[tuple[int, str]]:
    """After a preposition: "in Porto", "near Helsinki"; without "in" only the cities that are known."""
    for match in _CITY.finditer(text):
        if re.search(r"(?i)\bnot\s*$", text[max(0, match.start() - 5) : match.start()]):
            continue
        first = match["city"].split()[0]
        if first.casefold() in _CITIES:
            yield match.start(), first.title()
        elif match["of_plan"] and first[:1].isupper() and first.casefold() not in NOT_NAMES and not re.match(rf"(?i)(?:{MONTH})\b", first):
            yield match.start(), match["city"]


def _lone_cities(text: str) -> Iterator[tuple[int, str]]:
    """Between commas: "Dinner, Helsinki, two hours"."""
    for match in _CITY_ALONE.finditer(text):
        if match["city"].casefold() in _CITIES:
            yield match.start("city"), match["city"].title()
    for match in _BARE_CITY.finditer(text):
        yield match.start("city"), match["city"].title()


def _part_of_day(text: str, context: Context, new_days: Sequence[date]) -> str | None:
    """The part of the day, said with the days of the plan or before it has any."""
    if len(text) >= _LONGER or context.plan.get("part_of_day") or (context.plan.get("date_from") and not new_days):
        return None
    found = _PART.search(text)
    return None if not found else "evening" if found["tonight"] else re.sub(r"\s", "", found["part"].lower())
