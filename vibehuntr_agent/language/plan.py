"""Facts of a plan: the occasion, the days, how long, how many, what it may cost, the city, the hours.

Days that stand beside somebody's free time are not the plan's; once the plan has days, a message changes them only when it says so.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from vibehuntr_agent.planning.errors import TimeError
from vibehuntr_agent.planning.phrases import read_zone

from . import clock, days
from .context import NUMBER, Call, Context, Reading, number
from .words import NOT_NAMES
from .zones import homes

_DIETS: Final = (
    r"vegans?|vegetarians?|veggies?|pescatarians?|halal|kosher|coeliac|celiac|gluten[\s-]free|lactose[\s-](?:free|intolerant)|dairy[\s-]free|nut[\s-]free|"
    r"allergic\s+to\s+\w+"
)
_NAMELESS: Final = re.compile(
    rf"(?i)\b(?:(?:(?:only\s+)?(?:{NUMBER}|some(?:one|body)?|nobody|everyone|everybody|all)(?:\s+of\s+(?:us|them))?\s+(?:is|are|eats?|needs?)\s+(?:an?\s+|strictly\s+)?)(?:{_DIETS})|{NUMBER}\s+(?:{_DIETS}))\b(?:\s+food)?"
)
"""What somebody who is not named needs: a note of the plan."""
_KINDS: Final = (
    r"birthday\s+(?:dinner|lunch|brunch|party|drinks)|dinner|lunch|brunch|breakfast|supper|coffee(?!\s+(?:place|shop|house|bar))|drinks|movie\s+night|movie|video\s+call|call|hike|picnic|party|"
    r"barbecue|bbq|game\s+night|night\s+out|meeting|meetup|concert|evening"
)
_KIND: Final = re.compile(rf"(?i)\b(?P<bday>b(?:irth)?day\s+)?(?P<kind>{_KINDS})\b(?!\s+(?:time\s+zone|file|on\s+\w+day\s+from))")
_SAYS_KIND: Final = re.compile(
    rf"(?i)\b(?:let['’]?s|lets|plan|planning|organi[sz]e|arrang\w+|set(?:ting)?\s+up|want|would\s+like|['’]d\s+like|love|have|having|for|do|need|fancy|meet\w*|go(?:ing)?|throwing|make|actually|instead)\b[^.;!?\n]{{0,60}}?\b(?:{_KINDS})\b|^\W*(?:a\s+|an\s+)?[\w'’ -]{{0,24}}\b(?:{_KINDS})\b|:\s*|\b(?:{_KINDS})\b\s*(?:with|w|on|for|in|at|,|:|$|\?|!|=)"
)
_UNIT: Final = r"€|\$|£|us\s+dollars?|euros?|eur|dollars?|usd|pounds?|quid|gbp|chf|francs?|sek|kronor|nok|dkk|bucks"
_AMOUNT: Final = re.compile(
    rf"(?i)(?:(?P<unit1>us\$|[€$£])\s?(?P<amount1>-?\d+(?:[.,]\d+)?)|(?P<amount2>-?\b{NUMBER})\s?(?P<unit2>{_UNIT})(?!\w))"
)
_CURRENCIES: Final[Mapping[str, str]] = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "us dollar": "USD",
    "us dollars": "USD", "bucks": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "chf": "CHF", "franc": "CHF", "francs": "CHF",
    "sek": "SEK", "kronor": "SEK", "nok": "NOK", "dkk": "DKK",
}  # fmt: skip
_MONEY_WORDS: Final = re.compile(
    r"(?i)\b(?:budget|limit|ceiling|max(?:imum)?|at\s+most|up\s+to|no\s+more\s+than|more\s+than|under|tops|each|apiece|per\s+(?:person|head)|a\s+(?:head|person)|pp|spend|pay|cost|about|around|raise|go\s+over)\b"
)
_BARE_MONEY: Final = re.compile(
    rf"(?i)\b(?:budget|limit|ceiling|max(?:imum)?)\b[^.;!?\d]{{0,24}}(?P<amount>-?{NUMBER})(?!\s*(?:people|hours?|min|h\b|[:.]\d|days?))|\b(?P<amount2>-?{NUMBER})\s+(?:as\s+the\s+)?(?:max|each|per\s+(?:person|head)|pp|a\s+head)\b"
)
_CORRECTION: Final = r"\s*[,.…-]*\s*\b(?:no\s+wait|no|wait|sorry|i\s+mean(?:t)?|or\s+rather|rather|make\s+that|oops)\b[,.:\s]*(?:no\b|wait\b|i\s+mean(?:t)?\b|make\s+that\b)?[,\s]*"
_LENGTH: Final = re.compile(
    rf"""(?ix)
    (?P<threeq>\bthree\s+quarters\s+of\s+an\s+hour\b)|(?P<half>\b(?:half\s+an\s+hour|a\s+half[\s-]hour|half[\s-]hour)\b)|(?P<quarter>\b(?:a\s+)?quarter\s+of\s+an\s+hour\b)
   |(?P<hm>\b(?P<hm_h>\d{{1,2}})\s?h(?:ours?|rs?)?\s?(?P<hm_m>\d{{1,2}})(?:\s?m(?:in(?:utes?|s)?)?)?\b)
   |(?P<onehalf>\b(?:an?|one)\s+hour\s+and\s+a\s+half\b|\b(?:one\s+and\s+a\s+half|1\.5|1,5|1\s?½)\s*-?\s?(?:hours?|hrs?|h)\b)
   |(?P<halves>\b(?P<n>{NUMBER})\s+and\s+a\s+half\s+hours?\b)
   |(?P<count>\b(?P<num>{NUMBER}|an?|a\s+couple\s+of|couple\s+of)[\s-]*(?P<unit>hours?|hrs?|h|minutes?|mins?)\b(?!['’]s\s+drive)(?:[\s-]*(?:and\s+)?(?P<plus>\d{{1,2}})\s*(?:min(?:utes?|s)?)\b)?)
    """
)
_NOT_LENGTH: Final = re.compile(
    r"(?i)(?:\b(?:in|within|after|later|earlier|every|another|half\s+an\s+hour\s+earlier|walk(?:ing)?|drive|away|from\s+the|ago|before|by)\s*$)"
)
_AFTER_LENGTH: Final = re.compile(
    r"(?i)^\s*(?:earlier|later|ago|away|walk|on\s+foot|of\s+walking|before|after|from\s+(?:now|place|stop|one))\b"
)
_SIZE: Final = re.compile(
    rf"(?i)\b(?:(?P<plus>me|i)\s+(?:and|plus|with)\s+(?P<friends>{NUMBER})\s+(?:friends|others|people)|with\s+(?P<with>{NUMBER})\s+(?:friends|others)"
    rf"|(?:for|party\s+of|group\s+of|table\s+for|we\s+are|there\s+are|we['’]re|are)?\s*\b(?P<count>{NUMBER})\s+(?:of\s+us|people|persons|friends|guests)\b"
    rf"|(?:for|party\s+of|table\s+for|group\s+of|we\s+are|we['’]re)\s+(?P<bare>{NUMBER})\b(?!\s*(?:[€$£:.–-]|h\b|hours?|hrs?|min|days?|weeks?|euros?|eur|usd|am\b|pm\b|o['’]clock|pounds?|dollars?|\d)))"
)
_CITY: Final = re.compile(
    r"(?i)\b(?:in|near|around|at)\s+(?P<city>[^\W\d_]{3,}(?:[- ][A-ZÀ-Þ][^\W\d_]+)?)|\bcity\s+(?:is|to)\s+(?P<city2>[^\W\d_]{3,})"
)
_SEG: Final = re.compile(r"(?:^|[,/:(]|\bin\s)\s*(?P<city>[A-ZÀ-Þ][^\W\d_]+|[a-zà-þ][^\W\d_]{3,})\s*(?=[,/:).]|$)")
_FEW: Final = 4
"""Words of a message that says nothing but a city."""
_MOVES: Final = re.compile(
    r"(?i)\b(?:meant|mean|instead|move|moved|change|changed|switch|make\s+(?:it|that)|rather|correction|actually|postpone|new\s+(?:date|day)|better|oops|sorry|after\s+all)\b"
)
_HOURS: Final = re.compile(r"(?i)\b(?:work(?:ing)?\s+hours|office\s+hours|business\s+hours)\b(?:\s+(?:of|are|is))?")
_MEET_HOURS: Final = re.compile(r"(?i)\b(?:some\s+time|sometime|when\b.*\bmeet|meet|slot|together|find)\b")
_PLAIN_CITY: Final = frozenset(
    [
        "helsinki",
        "espoo",
        "vantaa",
        "turku",
        "tampere",
        "oulu",
        "london",
        "paris",
        "berlin",
        "rome",
        "milan",
        "madrid",
        "barcelona",
        "lisbon",
        "vienna",
        "prague",
        "budapest",
        "warsaw",
        "copenhagen",
        "stockholm",
        "oslo",
        "gothenburg",
        "malmo",
        "amsterdam",
        "rotterdam",
        "brussels",
        "dublin",
        "edinburgh",
        "glasgow",
        "manchester",
        "tallinn",
        "riga",
        "vilnius",
        "zurich",
        "geneva",
        "munich",
        "hamburg",
        "cologne",
        "frankfurt",
        "athens",
        "istanbul",
        "tokyo",
        "osaka",
        "kyoto",
        "seoul",
        "singapore",
        "sydney",
        "melbourne",
        "toronto",
        "montreal",
        "chicago",
        "boston",
        "seattle",
        "austin",
        "denver",
        "mumbai",
        "delhi",
        "bangalore",
        "dubai",
        "reykjavik",
        "lahti",
        "kuopio",
        "jyväskylä",
    ]
)
_ZONE: Final = re.compile(r"\b(?P<zone>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|UTC)\b")
_PART: Final = re.compile(r"(?i)\b(?P<part>morning|lunch\s?time|afternoon|evening|night)s?\b|\b(?P<tonight>tonight)\b")
_PER_PERSON_ONLY: Final = re.compile(
    r"\b(?!Nobody|Everyone|Everybody|None|Each|We|They|You|All|Who)(?P<who>[A-Z][^\W\d_]+)\s+(?:can\s+only|only\s+has|wants\s+to|can)\s+(?:spend|pay)\b"
)


def read(text: str, context: Context, *, roster: Sequence[str], new_days: Sequence[date], time_words: str) -> Reading:
    """The facts, as one call of update_plan. `new_days` are those that the plan gets; `time_words` is the text without anybody's free times."""
    reading = Reading(text)
    facts: dict[str, Any] = {}
    for take in (_take_notes, _take_money, _take_length, _take_size):
        take(reading, facts, context)
    _take_hours(reading, facts, time_words)
    if kind := _kind(reading.rest, context, facts):
        facts["kind"] = kind
    plans = bool(facts or new_days or len(roster) > len(context.roster) or len(text.split()) < _FEW or re.search(r"(?i)\bcity\b", text))
    if plans and (city := _city(text, context, roster)):
        facts["city"] = city
    if (zone := _ZONE.search(text)) and "zone" not in facts:
        facts["zone"] = zone["zone"]
    if new_days:
        facts["date_from"], facts["date_to"] = min(new_days).isoformat(), max(new_days).isoformat()
    _take_part(time_words, facts, context, new_days)
    if facts:
        reading.calls.append(Call("update_plan", facts))
    return reading


def corrected(text: str) -> str:
    """The text without what is taken back in the same breath: "Thursday, sorry, Friday", "no more than 20, no wait, 30 euros", "in Tampere, sorry, in Helsinki"."""
    weekday = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
    spans = (
        rf"(?i)\b(?:{weekday})(?=(?P<gap>{_CORRECTION}(?:on\s+)?)(?:this\s+)?(?:{weekday})\b)(?P=gap)",
        rf"(?i)(?:[€$£]\s?)?\b{NUMBER}(?:\s?(?:{_UNIT}))?(?=(?P<gap>{_CORRECTION})(?:[€$£]\s?)?{NUMBER}\s?(?:{_UNIT}|each))(?P=gap)",
        rf"(?i)\bin\s+[^\W\d_]+(?=(?P<gap>{_CORRECTION})(?:in\s+)?[^\W\d_]+)(?P=gap)(?=(?:in\s+)(?:{'|'.join(_PLAIN_CITY)})\b)",
        rf"(?i)\b(?:an?\s+hour|{NUMBER}\s+(?:hours?|minutes?|mins?))(?=\s*,\s*(?:no|sorry)\b[^.;!?]{{0,40}}?\b(?:an?\s+hour|{NUMBER}\s+(?:hours?|min))|\s+is\s+too\s+(?:short|long))",
    )
    for pattern in spans:
        text = re.sub(pattern, lambda m: " " * len(m[0]), text)
    return text


def plan_days_in(
    text: str, context: Context, told: Sequence[tuple[int, int]], old: Sequence[date], problems: list[str]
) -> tuple[date, ...]:
    """The days that the message gives the plan: those outside of what is told of somebody's time. Nothing when it leaves them as they are."""
    named = days.find(text, context.now.date(), old, problems)
    new_days = [day for day in named if not day.anaphora]
    free = [day for day in new_days if not any(low <= day.at < high for low, high in told)]
    if not free and not old and _KIND.search(text):  # "lunch on Saturday, and Anna can come from noon": one sentence for both
        free = new_days
    new = tuple(sorted({day for item in free for day in item.days}))
    if not new or set(new) <= set(old):
        return ()
    if old and not (_MOVES.search(text) and len(text) < 300):  # noqa: PLR2004  a long tale names days of its own
        return ()
    return new if len(text) < 600 or not old else ()  # noqa: PLR2004  as above


def _take_notes(reading: Reading, facts: dict[str, Any], context: Context) -> None:
    del context
    for match in list(_NAMELESS.finditer(reading.rest)):
        facts.setdefault("notes", []).append(" ".join(match[0].split()))
        reading.use(*match.span())


def _take_money(reading: Reading, facts: dict[str, Any], context: Context) -> None:
    every = list(_AMOUNT.finditer(reading.rest))
    said = [m for m in every if _MONEY_WORDS.search(reading.rest[max(0, m.start() - 60) : m.end() + 40]) or len(reading.rest) < 80]  # noqa: PLR2004  some words around it
    if len(every) > 1 and (to := re.search(rf"(?i)\bfrom\s+{NUMBER}\s*(?:{_UNIT})?\s+to\s+", reading.rest)):
        said = [m for m in said if m.start() >= to.end() - 2] or said
    if said and not _PER_PERSON_ONLY.search(reading.rest):
        match = said[-1]
        unit = " ".join((match["unit1"] or match["unit2"]).lower().split())
        facts["budget_per_person"] = _amount(match["amount1"] or match["amount2"])
        facts["currency"] = _CURRENCIES[unit]
        for one in every:
            reading.use(*one.span())
        return
    bare = _BARE_MONEY.search(reading.rest)
    if bare and (context.plan.get("currency") or context.plan.get("budget_per_person")):
        facts["budget_per_person"] = _amount(bare["amount"] or bare["amount2"])
        reading.use(*bare.span())


def _amount(said: str) -> float:
    minus = said.startswith("-")
    value = number(said.lstrip("-"))
    return -value if minus else value


def _take_length(reading: Reading, facts: dict[str, Any], context: Context) -> None:
    found: list[tuple[int, re.Match[str]]] = []
    for match in _LENGTH.finditer(reading.rest):
        before, after = reading.rest[max(0, match.start() - 24) : match.start()], reading.rest[match.end() : match.end() + 30]
        if _NOT_LENGTH.search(before) or _AFTER_LENGTH.match(after):
            continue
        minutes = length_of(match)
        if minutes is not None:
            found.append((minutes, match))
    long = len(reading.rest) > 400 and bool(context.plan)  # noqa: PLR2004  a tale has lengths of its own
    if long:
        found = [(m, x) for m, x in found if _about_plan(reading.rest, x, context)]
    if found:
        facts["duration_minutes"] = found[-1][0]
        for _, match in found:
            reading.use(*match.span())


_ABOUT: Final = re.compile(
    r"(?i)\b(?:lunch|dinner|brunch|drinks|coffee|meeting|call|plan|length|long|how\s+long|for\s+it|needs?|takes?|lasts?|reckon|put\s+down|it\b.*\bgood)\b"
)


def _about_plan(text: str, match: re.Match[str], context: Context) -> bool:
    """Whether the sentence around a length speaks of the meeting."""
    low = max(text.rfind(mark, 0, match.start()) for mark in ".!?\n") + 1
    ends = [end for mark in ".!?\n" if (end := text.find(mark, match.end())) >= 0]
    sentence = text[low : min(ends, default=len(text))]
    kind = str(context.plan.get("kind") or "").casefold()
    before = text[max(0, low - 24) : low]
    return bool(
        (kind and kind.split()[-1] in sentence.casefold() and _ABOUT.search(sentence))
        or re.search(r"(?i)how\s+long\?\s*$", before)
        or re.search(r"(?i)\b(?:it\s+would\s+be\s+good\s+to\s+have|we\s+(?:need|want))\b", sentence)
    )


def length_of(match: re.Match[str]) -> int | None:
    """Minutes of a length that `_LENGTH` has found."""
    if match["threeq"]:
        return 45
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15
    if match["hm"]:
        return int(match["hm_h"]) * 60 + int(match["hm_m"])
    if match["onehalf"]:
        return 90
    if match["halves"]:
        return round((number(match["n"]) + 0.5) * 60)
    word = " ".join(match["num"].lower().split())
    count = 1.0 if word in {"a", "an"} else 2.0 if "couple" in word else number(word)
    return round(count * (60 if match["unit"].lower().startswith("h") else 1)) + int(match["plus"] or 0)


def lengths(text: str) -> list[tuple[int, int, int]]:
    """(start, end, minutes) of every length in the text."""
    return [(m.start(), m.end(), minutes) for m in _LENGTH.finditer(text) if (minutes := length_of(m)) is not None]


def _take_size(reading: Reading, facts: dict[str, Any], context: Context) -> None:
    found = _SIZE.search(reading.rest)
    if (
        not found
        or (context.roster and len(reading.rest) > 120)
        or re.search(r"(?i)\b(?:one|two|three)\s+of\s+us\s+(?:is|are)\b", found[0] + reading.rest[found.end() : found.end() + 5])
    ):  # noqa: PLR2004  a longer text tells of other things
        return
    count = found["count"]
    if count and re.search(r"(?i)\b(?:one|1)\b", count):
        return
    said = found["friends"] or found["with"]
    value = int(number(said)) + 1 if said else int(number(count or found["bare"]))
    if re.search(r"(?i)^\s*of\s+us", reading.rest[found.start() + len(found[0]) - 6 : found.end()]) and context.roster:
        pass
    if context.roster and value <= len(context.roster):
        return
    facts["number_of_people"] = value
    reading.use(*found.span())


def _take_hours(reading: Reading, facts: dict[str, Any], time_words: str) -> None:
    """Office hours, or "some time between 9 and 5": the hours that bind each day."""
    for match in _HOURS.finditer(reading.rest):
        ranges = [t for t in clock.find(reading.rest[match.start() : match.end() + 40]) if t.kind == "range"]
        if ranges:
            low, high = clock.resolve(ranges[0], (7 * 60, 19 * 60))
            facts["hours_from"], facts["hours_to"] = _clock(low), _clock(high)
            reading.use(match.start(), match.start() + ranges[0].end)
            return
    for sentence in re.finditer(r"[^.!?;\n]+(?:[.](?=\d|m\b)[^.!?;\n]+)*", time_words):
        if not _MEET_HOURS.search(sentence[0]) or not re.search(
            r"(?i)\b(?:find|want\s+to\s+meet|looking\s+for|together|all\s+meet|schedule)\b", sentence[0]
        ):
            continue
        ranges = [t for t in clock.find(sentence[0]) if t.kind == "range"]
        if len(ranges) == 1:
            low, high = clock.resolve(ranges[0], (7 * 60, 19 * 60))
            facts["hours_from"], facts["hours_to"] = _clock(low), _clock(high)
            return


def _clock(minutes: int) -> str:
    return f"{min(minutes, 24 * 60 - 1) // 60:02d}:{min(minutes, 24 * 60 - 1) % 60:02d}"


def _kind(text: str, context: Context, facts: Mapping[str, Any]) -> str | None:
    found = [m for m in _KIND.finditer(text)]
    if not found:
        return None
    if context.plan.get("kind") and not re.search(
        rf"(?i)\b(?:actually|instead|rather|change|make\s+it)\b[^.;]{{0,30}}\b(?:{_KINDS})\b", text
    ):
        return None
    if not context.plan.get("kind") and not _SAYS_KIND.search(text) and len(text) > 200:  # noqa: PLR2004  only a short message is about nothing else
        return None
    best = next((m for m in found if m["kind"].lower() not in {"meeting", "evening", "call"}), found[0])
    words = " ".join(best["kind"].lower().split())
    return f"birthday {words}" if best["bday"] and not words.startswith("birthday") else words


def _city(text: str, context: Context, roster: Sequence[str]) -> str | None:
    away = (
        [(low, high) for low, high, zone in homes(text, roster)] if any(zone != context.zone for _, _, zone in homes(text, roster)) else []
    )
    names = {name.casefold() for name in roster}
    if context.plan.get("city") and not _MOVES.search(text):
        return None
    if len(text) > 400 and context.plan:  # noqa: PLR2004  a tale names places of its own
        return None
    for match in _CITY.finditer(text):
        word = match["city"] or match["city2"]
        first = word.split()[0]
        if any(low <= match.start() < high for low, high in away):
            continue
        if first.casefold() in names:
            continue
        if first.casefold() in _PLAIN_CITY:
            return first.title()
        if (
            first[:1].isupper()
            and first.casefold() not in NOT_NAMES
            and not re.match(rf"(?i)(?:{days.MONTH})\b", first)
            and re.search(r"(?i)\b(?:in|city\s+(?:is|to))\s*$", text[: text.index(word, match.start())][-9:])
        ):
            return word
    for match in _SEG.finditer(text):
        if (
            match["city"].casefold() in _PLAIN_CITY
            and match["city"].casefold() not in names
            and not any(low <= match.start("city") < high for low, high in away)
        ):
            return match["city"].title()
    return None


def _take_part(text: str, facts: dict[str, Any], context: Context, new_days: Sequence[date]) -> None:
    if context.plan.get("part_of_day") or (context.plan.get("date_from") and not new_days):
        return
    kind = str(facts.get("kind") or context.plan.get("kind") or "")
    found = _PART.search(text) if len(text) < 300 else None  # noqa: PLR2004  as above
    if found and not re.search(r"(?i)\bgood\s+$", text[: found.start()]):
        facts["part_of_day"] = "evening" if found["tonight"] else found["part"].lower().replace(" ", "")
    elif not kind:
        return


def zone_known(name: str) -> bool:
    """Whether a zone of that name is known."""
    try:
        read_zone(name)
    except TimeError:
        return False
    return True
