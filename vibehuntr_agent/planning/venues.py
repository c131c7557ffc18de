"""Places to meet: what is known of each, and which of them fit.

Guarantees: `rank` does not depend on the order of its input. What is not known stays "unknown": it never counts as a yes, and stands
after one. A place that breaks a need, is closed at the time asked for or costs too much is left out, and counted with the reason. Nothing
is filled in: no price, no opening time, no need that the source did not state. Names and other texts of a source are data: control
characters and the signs that make a link or a tag are gone, lengths are limited, and nothing in them is ever read as a request.

Not claimed: that a source is right or new. Usual hours on a public holiday count as unknown, unless they say what holds on holidays.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from opening_hours import OpeningHours, ParserError, State, UnknownCountryError  # pyright: ignore[reportAttributeAccessIssue]  a gap in its stub
from pydantic import TypeAdapter, ValidationError
from rapidfuzz.distance import OSA

from . import phrases
from .errors import AmountError, TimeError, VenueError

Fit = Literal["ok", "no", "unknown"]
OpenState = Literal["open", "closed", "unknown"]
Json = dict[str, Any]

WHICH_CITY: Final = "In which city shall I look?"
"""Asked when nobody has said so; an answer that is only a city goes on with the search."""
YOU: Final = "you"
"""The source of a venue that the person typed in."""

NEEDS: Final[Mapping[str, str]] = {
    "vegan": "vegan food",
    "vegetarian": "vegetarian food",
    "halal": "halal food",
    "kosher": "kosher food",
    "gluten_free": "gluten-free food",
    "wheelchair": "wheelchair access",
    "outdoor": "outdoor seating",
}
"""The needs that a venue can be asked about, and how they are called."""

MAX_LIMIT: Final = 20
MAX_NAME: Final = 80
MAX_TEXT: Final = 200
MAX_HOURS: Final = 1000
MAX_LIST: Final = 12
MAX_LEVEL: Final = 4
MAX_RATING: Final = 5
_EARTH: Final = 6_371_000
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_OFFSET: Final = re.compile(r"UTC([+-])(\d\d):(\d\d)")
_SUN: Final = re.compile(r"sunrise|sunset|dawn|dusk")
_SPILL: Final = timedelta(hours=6)
"""How long after midnight an evening may last: its holiday is that of the day before."""

_APOSTROPHES: Final = dict.fromkeys(map(ord, "'’`´"))  # noqa: RUF001  people type them all
_DEFUSED: Final = str.maketrans("[]<>`", "()‹›'")  # noqa: RUF001  as like as can be, and no markup
_WORD: Final = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")  # noqa: RUF001  the same
_SHORT: Final = 3
"""A word of so few letters keeps its s: "gas"."""
_LONG: Final = 5
"""Letters from which a word may have a slip in it: "beef" is no slip of "beer"."""


@lru_cache(maxsize=4096)
def plain_words(text: str) -> tuple[str, ...]:
    """The words without case, accents, apostrophes and the plural's s, in their order."""
    found = re.findall(r"[^\W_]+", _plain(text).translate(_APOSTROPHES))
    return tuple(word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss") else word for word in found)


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


_NEED_WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "vegan": re.compile(r"\b(?:vegans?|plant[- ]based)\b"),
    "vegetarian": re.compile(r"\b(?:vegetarians?|veggie)\b"),
    "halal": re.compile(r"\bhalal\b"),
    "kosher": re.compile(r"\bkosher\b"),
    "gluten_free": re.compile(r"\b(?:gluten[-_ ]?free|coeliacs?|celiacs?)\b"),
    "wheelchair": re.compile(
        r"\b(?:wheelchairs?(?:[-_ ](?:accessible|accessibility|access|friendly|users?))?|accessible|step[- ]free(?: access)?)\b"
    ),
    "outdoor": re.compile(r"\b(?:outdoors?(?:[- ](?:seating|seats?|tables?))?|terrace|patio)\b"),
}
_NEED_ENDS: Final = re.compile(r"[- ](?:food|dishes|meals?|menu|options?|diet|friendly)$")
_EAT: Final = frozenset({"restaurant", "cafe", "fast_food", "food_court"})
_DRINK: Final = frozenset({"bar", "pub", "biergarten"})
_ART: Final = frozenset({"museum", "gallery"})
_SHOW: Final = frozenset({"cinema", "theatre", "arts_centre"})
_KIND_WORDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("restaurant", "dinner", "supper", "dining", "dine", "diner", "eatery", "eaterie"), frozenset({"restaurant"})),
    **dict.fromkeys(("bistro", "brasserie", "trattoria", "ravintola"), frozenset({"restaurant"})),
    **dict.fromkeys(("lunch", "food", "eat", "eating", "meal"), _EAT),
    **dict.fromkeys(("breakfast", "brunch"), frozenset({"restaurant", "cafe"})),
    **dict.fromkeys(("cafe", "cafeteria", "kahvila", "coffee", "espresso", "tea", "cake"), frozenset({"cafe"})),
    **dict.fromkeys(("fastfood", "takeaway", "takeout", "snack"), frozenset({"fast_food", "food_court"})),
    "foodcourt": frozenset({"food_court"}),
    **dict.fromkeys(("bar", "drink", "cocktail", "wine", "pub", "gastropub", "beer", "brewery", "brewerie"), _DRINK),
    "beergarden": frozenset({"biergarten"}),
    **dict.fromkeys(("nightclub", "club", "clubbing", "disco", "dancing", "dance"), frozenset({"nightclub"})),
    **dict.fromkeys(("cinema", "movie", "film"), frozenset({"cinema"})),
    **dict.fromkeys(("theatre", "theater", "play"), frozenset({"theatre"})),
    **dict.fromkeys(("concert", "music"), frozenset({"arts_centre", "nightclub"})),
    **dict.fromkeys(("museum", "exhibition", "gallery", "gallerie", "art"), _ART),
    "culture": _ART | _SHOW,
}
_PHRASES: Final[Sequence[tuple[re.Pattern[str], str]]] = tuple(
    (re.compile(rf"\b{words}\b"), meant)
    for words, meant in (
        (r"fast[- ]?food", "fastfood"),
        (r"food[- ]courts?", "foodcourt"),
        (r"night[- ]clubs?", "nightclub"),
        (r"beer[- ]gardens?", "beergarden"),
        (r"concert[- ](?:hall|venue)s?", "concert"),
        (r"(?:movie|film|picture)[- ](?:theat(?:er|re)|house)s?", "cinema"),
        (r"(coffee|tea|espresso|cake)[- ]?(?:bar|shop|house|room)s?", r"\1"),
        (r"(sushi|salad|juice|noodle|ramen|sandwich|burger|bagel|snack|steak|pizza)[- ]?(?:bar|shop|house)s?", r"\1"),
        (r"caff?es?", "cafe"),
        (r"pizzerias?", "pizza"),
        (r"hamburgers?", "burger"),
        (r"nepali", "nepalese"),
    )
)
"""What several words mean together, or another word for it: a coffee bar is no bar."""
_FILLER: Final = frozenset(
    plain_words(
        "a an the some any that this these those it is are be there here other another more different new else instead rather just only "
        "place spot somewhere something venue option idea suggestion list few couple several joint friendly for in at near nearby around "
        "close local central centre center downtown city town on with without and or of to from by we us our i me my you your they them "
        "their want need would could can should shall will do does did like love find search look looking show give tell suggest recommend "
        "know offer list see going go meet have get serve serving out what which where who how one two three four five six people person "
        "group friend team tonight today tomorrow weekend morning afternoon evening night date birthday party good nice great decent "
        "suitable please now then so yes no ok hi hello before after later work monday tuesday "
        "wednesday thursday friday saturday sunday january february march april may june july august september october november december"
    )
)
_TASTE: Final = frozenset(
    plain_words(
        "cheap affordable expensive best top cosy cozy romantic quiet lively fancy trendy fun popular authentic famous cool hip "
        "special beautiful small big large modern traditional family kid child children dog"
    )
)
"""Words for what no source here states; they are handed back unused."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth, in degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        """Raise VenueError for what is not on earth."""
        if not (abs(self.lat) <= 90 and abs(self.lon) <= 180):  # noqa: PLR2004  the degrees of the earth
            raise VenueError("That is no place on earth. Please check latitude and longitude.")


@dataclass(frozen=True, slots=True)
class Price:
    """What a source says of prices: a level from 0 (free) to 4, or what one person pays, `high` not included. None is not known."""

    level: int | None = None
    low: float | None = None
    high: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        """Raise VenueError for what cannot be a price."""
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise VenueError(f"A price level goes from 0 to {MAX_LEVEL}. Please check it.")
        amounts = [amount for amount in (self.low, self.high) if amount is not None]
        if not all(math.isfinite(amount) and amount >= 0 for amount in amounts) or amounts != sorted(amounts):
            raise VenueError("A price range goes from a lower to a higher amount. Please check it.")
        if amounts and not _CURRENCY.fullmatch(self.currency):
            raise VenueError("A price needs its currency, a code like EUR.")


@dataclass(frozen=True, slots=True)
class Venue:
    """One place and what its source says of it. An empty field, or a need that is missing, is not known."""

    name: str
    kind: str = "place"
    cuisines: tuple[str, ...] = ()
    point: Point | None = None
    address: str = ""
    hours: str = ""
    """When it is open in a usual week, in OpenStreetMap's notation ("Mo-Fr 11:00-23:00; PH off"), by its own clock."""
    zone: str = ""
    """Its time zone: a name (IANA), or "UTC+02:00" where only today's offset is known."""
    country: str = ""
    """Two letters; whose public holidays count."""
    price: Price | None = None
    needs: Mapping[str, bool | None] = field(default_factory=dict[str, bool | None])
    rating: float | None = None
    votes: int | None = None
    source: str = YOU
    link: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Clean every text. Raise VenueError for a venue that cannot be used."""
        for key, limit in (("name", MAX_NAME), ("kind", MAX_NAME), ("address", MAX_TEXT), ("source", MAX_NAME)):
            object.__setattr__(self, key, clean_text(getattr(self, key), limit))
        for key in ("cuisines", "notes"):
            texts = (clean_text(text, MAX_NAME) for text in getattr(self, key))
            object.__setattr__(self, key, tuple(dict.fromkeys(text for text in texts if text))[:MAX_LIST])
        object.__setattr__(self, "kind", _key(self.kind) or "place")
        object.__setattr__(self, "cuisines", tuple(map(_key, self.cuisines)))
        object.__setattr__(self, "hours", _one_line(self.hours))
        object.__setattr__(self, "link", safe_link(self.link))
        object.__setattr__(self, "needs", _stated(self.needs))
        if not self.name:
            raise VenueError("A venue needs a name. Please give it.")
        if len(self.hours) > MAX_HOURS:
            raise VenueError(f"Opening hours may have at most {MAX_HOURS} characters. Please shorten them.")
        if self.rating is not None and not 0 <= self.rating <= MAX_RATING:
            raise VenueError(f"A rating goes from 0 to {MAX_RATING}. Please check it.")
        if self.zone and not _OFFSET.fullmatch(self.zone):
            phrases.read_zone(self.zone)

    def need(self, name: str) -> Fit:
        """What is known of one need. Where vegan food is, there is vegetarian food."""
        said = self.needs.get(name)
        if said is None and name == "vegetarian":
            said = self.needs.get("vegan") or None
        if said is None and name == "vegan" and self.needs.get("vegetarian") is False:
            said = False
        return "unknown" if said is None else "ok" if said else "no"


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. All of `needs`, `open_at` and `max_price` must hold; `wishes` only help. A need named in `what` joins `needs`."""

    what: str = ""
    near: Point | str | None = None
    open_at: datetime | None = None
    max_price: float | None = None
    currency: str = ""
    needs: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    limit: int = 10
    near_name: str = ""
    """How the point `near` is called."""

    def __post_init__(self) -> None:
        """Raise VenueError, TimeError or AmountError for what cannot be searched for."""
        object.__setattr__(self, "what", clean_text(self.what, MAX_TEXT))
        object.__setattr__(self, "currency", self.currency.strip().upper())
        if isinstance(self.near, str):
            object.__setattr__(self, "near", clean_text(self.near, MAX_TEXT) or None)
        needs = dict.fromkeys([*map(need_of, self.needs), *needs_in(self.what)])
        object.__setattr__(self, "needs", tuple(needs))
        object.__setattr__(self, "wishes", tuple(need for need in dict.fromkeys(map(need_of, self.wishes)) if need not in needs))
        if not 1 <= self.limit <= MAX_LIMIT:
            raise VenueError(f"I can show 1 to {MAX_LIMIT} places at a time. How many should it be?")
        if self.open_at and self.open_at.tzinfo is None:
            raise TimeError("A time needs its zone. Please say which zone is meant.")
        if self.max_price is not None and not 0 < self.max_price < math.inf:
            raise AmountError(f"{self.max_price:g} cannot be the most to pay; it has to be above zero. Which amount do you mean?")
        if self.currency and not _CURRENCY.fullmatch(self.currency):
            raise AmountError(f"“{clean_text(self.currency, MAX_NAME)}” is not a currency code. Please give one like EUR.")


@dataclass(frozen=True, slots=True)
class Result:
    """A venue that may fit. `needs` has the needs and wishes of the query in their order; None is not asked for."""

    venue: Venue
    needs: Mapping[str, Fit]
    open: OpenState | None
    price: Fit | None
    distance: int | None
    """Metres as the crow flies."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a search comes to."""

    results: tuple[Result, ...]
    """Best first."""
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    """Why venues were left out, and how many for that reason; each venue counts once, under the first."""
    more: int = 0
    """How many fit beyond the limit."""
    unused: tuple[str, ...] = ()
    """Words of the query that nothing known of a venue can answer."""
    attribution: str = ""
    """Whose data it is, in words that have to stand beside it."""

    @property
    def removed(self) -> int:
        """How many venues were left out."""
        return sum(self.left_out.values())


class Opening(NamedTuple):
    """Whether a venue is open at a moment, and a line for people."""

    state: OpenState
    why: str


class _Wanted(NamedTuple):
    kinds: frozenset[str]
    topics: tuple[str, ...]
    words: frozenset[str]
    """All that say something: those of `topics`, and those that name a kind."""
    unused: tuple[str, ...]


def clean_text(raw: str, limit: int) -> str:
    """`raw` on one line, cut to `limit`: no control or invisible characters, and no sign that could begin a link, a tag or code."""
    text = _one_line(raw).translate(_DEFUSED)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def safe_link(raw: str) -> str:
    """`raw` if it is a whole web address, else nothing."""
    try:
        parts = urlsplit(raw)
    except ValueError:
        return ""
    plain = raw.isascii() and raw.isprintable() and " " not in raw
    return raw if plain and parts.scheme in {"http", "https"} and parts.netloc and len(raw) <= MAX_HOURS else ""


def need_of(said: str) -> str:
    """The need that `said` means. Raises VenueError with those that are known."""
    text = said.strip().casefold().replace("_", " ")
    for need, words in _NEED_WORDS.items():
        if text == NEEDS[need] or words.fullmatch(text) or words.fullmatch(_NEED_ENDS.sub("", text)):
            return need
    raise VenueError(f"I cannot look for “{clean_text(said, MAX_NAME)}”, only for {', '.join(NEEDS.values())}. Which of these matters?")


def needs_in(what: str) -> tuple[str, ...]:
    """The needs that are named in a wish such as "vegan lunch on a terrace"."""
    return tuple(need for need, words in _NEED_WORDS.items() if words.search(what.casefold()))


def fact_needs(fact: Mapping[str, Any]) -> tuple[str, ...]:
    """What a place has to offer to somebody of whom this is known: {key, value, strength}. Empty for what no source can know."""
    if fact.get("key") not in ("diet", "allergy", "access"):
        return ()
    value = str(fact.get("value", ""))
    if fact.get("strength") == "avoid" and value.casefold() in ("meat", "fish and meat", "meat and fish"):
        return ("vegetarian",)
    return needs_in(f"gluten-free {value}" if "gluten" in value.casefold() else value)


def kinds_in(what: str) -> frozenset[str]:
    """The kinds of venue that a wish allows; none means any."""
    return _wanted(what).kinds


def matches(venue: Venue, what: str) -> bool:
    """Whether it is of a kind that `what` names, and has one of its other words in name, cuisine or kind; or has all words."""
    wanted, said = _wanted(what), _said(venue)
    if wanted.topics and wanted.words <= said:
        return True
    return (not wanted.kinds or venue.kind in wanted.kinds) and (not wanted.topics or not said.isdisjoint(wanted.topics))


def mend(what: str, known: Collection[str], cuisines: Collection[str]) -> str:
    """`what` with slips of the pen mended: a word that is not `known` becomes the word for a kind or the cuisine that is likely meant."""
    return _WORD.sub(lambda word: _likely(word[0], known, cuisines), what)


def distance(one: Point, other: Point) -> int:
    """Metres as the crow flies."""
    lat, lon, lat2, lon2 = map(math.radians, (one.lat, one.lon, other.lat, other.lon))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return round(2 * _EARTH * math.asin(math.sqrt(min(1.0, half))))


def opening(venue: Venue, at: datetime) -> Opening:
    """Whether it is open at `at`, which has a zone, by its usual hours and its own clock."""
    if not venue.hours:
        return Opening("unknown", "opening hours not known")
    calendar = _calendar(venue.hours, venue.country)
    if not calendar:
        return Opening("unknown", f"opening hours that I cannot read: “{clean_text(venue.hours, MAX_NAME)}”")
    found = [_at_clock(venue, calendar, clock) for clock in _clocks(venue.zone, at)]
    if len({one.state for one in found}) == 1:
        return found[0]
    return Opening("unknown", "opening hours known, but not by which clock")


def open_until(venue: Venue, at: datetime) -> datetime | None:
    """When a venue that is open at `at` closes; None if it does not, or that is not known."""
    calendar = _calendar(venue.hours, venue.country)
    if not calendar or opening(venue, at).state != "open" or not (clocks := _clocks(venue.zone, at)):
        return None
    end = calendar.closing(clocks[0])
    return end.replace(tzinfo=_zone(venue.zone)) if end else None


def rank(venues: Iterable[Venue], query: Query) -> Ranking:
    """The venues that may fit, best first.

    That is: fewest musts unknown, most wishes, most words of `what` (and its kind by its own name: a pub before a bar, for "pub"), nearest,
    best rated, best described, then by name.
    """
    left_out: Counter[str] = Counter()
    fitting: list[Result] = []
    by_text = {json.dumps(venue_json(venue), sort_keys=True): venue for venue in venues}
    for _, venue in sorted(by_text.items()):  # so that equals stand in one order, and a venue counts once
        result = _judge(venue, query)
        why = next(_violations(result, query), None)
        if why:
            left_out[why] += 1
        else:
            fitting.append(result)
    fitting.sort(key=lambda result: _order(result, query))
    shown = tuple(fitting[: query.limit])
    return Ranking(shown, dict(left_out.most_common()), len(fitting) - len(shown), _unused(query.what, by_text.values()))


def varied(venues: Iterable[Venue], needs: Collection[str] = ()) -> list[Venue]:
    """Venues that have none of the needs missing, of every kitchen one before of any two; of each, first those that offer the most.

    For a group of whom nothing is known: whatever they like, something for it comes early.
    """
    fitting = [venue for venue in venues if all(venue.need(need) != "no" for need in needs)]
    ranked = sorted(fitting, key=lambda venue: (-sum(venue.need(need) == "ok" for need in NEEDS), venue.name))
    seen: Counter[str] = Counter()
    turns: list[int] = []
    for venue in ranked:
        kitchen = venue.cuisines[0] if venue.cuisines else venue.kind
        turns.append(seen[kitchen])
        seen[kitchen] += 1
    return [venue for _, venue in sorted(zip(turns, ranked, strict=True), key=itemgetter(0))]


def needs_matrix(results: Sequence[Result]) -> Json:
    """Venue by need, for a drawing, with the same facts as lines of text."""
    labels = labels_of([result.venue for result in results])
    rows: list[Json] = [{"label": label, "fits": _cells(result)} for label, result in zip(labels, results, strict=True)]
    columns = [{"key": key, "label": NEEDS.get(key, key)} for key in (_cells(results[0]) if results else {})]
    words = {"ok": "yes", "no": "no", "unknown": "not known"}
    text = [f"{row['label']}: " + ", ".join(f"{NEEDS.get(key, key)} {words[fit]}" for key, fit in row["fits"].items()) for row in rows]
    return {"columns": columns, "rows": rows, "text": text}


def labels_of(venues: Sequence[Venue]) -> list[str]:
    """A label for each: its name, with the address where names are alike, and a number where even these are."""
    names = Counter(venue.name.casefold() for venue in venues)
    labels = [f"{v.name}, {v.address}" if names[v.name.casefold()] > 1 and v.address else v.name for v in venues]
    seen: Counter[str] = Counter()
    unlike: list[str] = []
    for label in labels:
        seen[label] += 1
        unlike.append(f"{label} ({seen[label]})" if labels.count(label) > 1 else label)
    return unlike


def venue_json(venue: Venue) -> Json:
    """The venue as JSON; what is not known is no key."""
    return _VENUE.dump_python(venue, mode="json", exclude_defaults=True) | {"source": venue.source}


def read_venue(data: Mapping[str, Any]) -> Venue:
    """The venue in JSON, whoever wrote it. Raises VenueError."""
    try:
        return _VENUE.validate_python({key: value for key, value in data.items() if value is not None})
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(str(problem["loc"][0]) for problem in error.errors() if problem["loc"]))
        raise VenueError(f"I cannot use that venue: please check its {clean_text(wrong, MAX_TEXT) or 'form'}.") from error


def result_json(result: Result, label: str) -> Json:
    """One result for a tool's answer."""
    return {
        "label": label,
        "venue": venue_json(result.venue),
        "needs": dict(result.needs),
        "open": result.open,
        "price": result.price,
        "distance_m": result.distance,
        "reasons": list(result.reasons),
    }


def ranking_json(ranking: Ranking) -> Json:
    """The whole search for a tool's answer."""
    labels = labels_of([result.venue for result in ranking.results])
    return {
        "results": [result_json(result, label) for result, label in zip(ranking.results, labels, strict=True)],
        "left_out": [{"why": why, "count": count} for why, count in ranking.left_out.items()],
        "more": ranking.more,
        "unused": list(ranking.unused),
        "attribution": ranking.attribution,
    }


def price_words(price: Price | None) -> str:
    """What is known of prices, in words."""
    if price and price.low is not None and price.high is not None:
        return f"{price.currency} {price.low:g} to under {price.high:g} each"
    if price and price.low is not None:
        return f"{price.currency} {price.low:g} or more each"
    if price and price.high is not None:
        return f"under {price.currency} {price.high:g} each"
    if price and price.level is not None:
        return f"price level {price.level} of {MAX_LEVEL}" if price.level else "free"
    return "prices not known"


def _judge(venue: Venue, query: Query) -> Result:
    needs: dict[str, Fit] = {need: venue.need(need) for need in (*query.needs, *query.wishes)}
    hours = opening(venue, query.open_at) if query.open_at else None
    price = _price_fit(venue.price, query) if query.max_price else None
    away = distance(venue.point, query.near) if venue.point and isinstance(query.near, Point) else None
    words = {"ok": "yes", "no": "no", "unknown": "not known"}
    reasons = [f"{NEEDS[need]}: {words[fit]}" for need, fit in needs.items()]
    reasons += [hours.why] if hours else []
    reasons += [price_words(venue.price)] if price or venue.price else []
    reasons += [f"{away} m from {query.near_name or 'there'}"] if away is not None else []
    return Result(venue, needs, hours.state if hours else None, price, away, (*reasons, *venue.notes))


def _violations(result: Result, query: Query) -> Iterator[str]:
    yield from (f"{NEEDS[need]}: no" for need in query.needs if result.needs[need] == "no")
    if result.open == "closed":
        yield "closed at that time"
    if result.price == "no":
        yield f"over {query.currency} {query.max_price:g} each"


def _order(result: Result, query: Query) -> tuple[Any, ...]:
    venue, wanted, musts = result.venue, _wanted(query.what), [result.needs[need] for need in query.needs]
    wishes = [result.needs[need] for need in query.wishes]
    return (
        [*musts, result.open, result.price].count("unknown"),
        -wishes.count("ok"),
        wishes.count("no"),
        -len(_said(venue).intersection(wanted.topics)) - (venue.kind in wanted.words),
        math.inf if result.distance is None else result.distance,
        -(venue.rating or 0),
        -(venue.votes or 0),
        -sum(map(bool, (venue.hours, venue.address, venue.point, venue.cuisines, venue.needs, venue.price))),
        venue.name.casefold(),
    )


def _price_fit(price: Price | None, query: Query) -> Fit:
    """Levels are no amounts, and other money is not converted: both stay unknown."""
    if price and price.level == 0:
        return "ok"
    if not price or not query.max_price or price.currency != query.currency:
        return "unknown"
    if price.low is not None and price.low > query.max_price:
        return "no"
    return "ok" if price.high is not None and price.high <= query.max_price else "unknown"


def _cells(result: Result) -> dict[str, Fit]:
    words: Mapping[OpenState, Fit] = {"open": "ok", "closed": "no", "unknown": "unknown"}
    hours: dict[str, Fit] = {"open": words[result.open]} if result.open else {}
    return {**result.needs, **hours, **({"price": result.price} if result.price else {})}


def _one_line(raw: str) -> str:
    kinds = ((c, unicodedata.category(c)) for c in raw)
    visible = "".join(" " if kind in {"Cc", "Zl", "Zp"} else c for c, kind in kinds if kind not in {"Cf", "Cs", "Co"})
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _key(text: str) -> str:
    return text.casefold().replace(" ", "_")


def _stated(needs: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """Only what is known, in one order. Raises VenueError for a need that is none."""
    known = {need_of(name): value for name, value in needs.items()}
    return {need: known[need] for need in NEEDS if known.get(need) is not None}


@lru_cache(maxsize=256)
def _wanted(what: str) -> _Wanted:
    text = _plain(what)
    for need in _NEED_WORDS.values():
        text = need.sub(" ", text)
    for phrase, meant in _PHRASES:
        text = phrase.sub(meant, text)
    said = [word for word in plain_words(text) if word not in _FILLER and not word.isdigit()]
    kinds = frozenset(kind for word in said for kind in _KIND_WORDS.get(word, ()))
    words = dict.fromkeys(word for word in said if word not in _TASTE)
    topics = tuple(word for word in words if word not in _KIND_WORDS)
    return _Wanted(kinds, topics, frozenset(words), tuple(dict.fromkeys(word for word in said if word in _TASTE)))


def _unused(what: str, venues: Iterable[Venue]) -> tuple[str, ...]:
    """The words of taste, and those that are said of none of the venues."""
    wanted, said = _wanted(what), frozenset[str]().union(*map(_said, venues))
    return (*wanted.unused, *(word for word in wanted.topics if word not in said))


def _likely(typed: str, known: Collection[str], cuisines: Collection[str]) -> str:
    """Long words may have more slips in them; a cuisine but one, or Austrian food would be Australian."""
    word = next(iter(plain_words(typed)), "")
    ours = word in known or word in _KIND_WORDS or word in _FILLER or word in _TASTE or needs_in(word)
    if ours or len(word) < _LONG or any(phrase.search(word) for phrase, _ in _PHRASES):
        return typed
    slips = {name: min(3, (len(word) - 2) // 3) for name in sorted(_KIND_WORDS) if len(name) > _SHORT} | dict.fromkeys(sorted(cuisines), 1)
    likeness = {name: OSA.distance(word, name) for name in slips}
    return min((name for name in slips if likeness[name] <= slips[name]), key=likeness.__getitem__, default=typed)


def _said(venue: Venue) -> frozenset[str]:
    """The words that tell what it is."""
    return frozenset(word for text in (venue.name, venue.kind, *venue.cuisines) for word in plain_words(text))


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Opening hours by the clock on the wall.

    By the letter of the notation a rule after ";" also cancels what the evening before leaves for its small hours. Nobody who writes
    "Fr 17:00-03:00; Sa 15:00-03:00" means that, so an evening here goes on until its own end.
    """

    whole: OpeningHours
    rules: tuple[OpeningHours, ...]

    def state(self, clock: datetime) -> tuple[State, str]:
        """Open, closed or unknown, with the comment that goes with it."""
        found = self.whole.state(clock)
        evening = self._evening(clock) if found[0] == State.CLOSED else None
        return evening.state(clock) if evening else found

    def closing(self, clock: datetime) -> datetime | None:
        """The first moment after `clock` that is not open; None if there is none for days."""
        end: datetime | None = clock
        for _ in range(MAX_LIST):
            calendar = self.whole if self.whole.is_open(end) else self._evening(end)
            if not calendar:
                return end
            end = calendar.next_change(end)
            if not end:
                return None
        return None

    def _evening(self, clock: datetime) -> OpeningHours | None:
        """The rule of the evening before, if it is not yet over at `clock`."""
        eve = datetime.combine(clock, time()) - timedelta(minutes=1)
        if not self.whole.is_open(eve):
            return None
        rule = next((rule for rule in reversed(self.rules) if rule.is_open(eve)), None)
        end = rule.next_change(eve) if rule else None
        return rule if end and end > clock else None


@lru_cache(maxsize=4096)
def _calendar(hours: str, country: str) -> _Calendar | None:
    """The hours, if they can be read and do not hang on the sun."""
    if _SUN.search(hours):
        return None
    try:
        rules = tuple(_parsed(rule, country) for rule in hours.split(";") if rule.strip()) if ";" in hours else ()
        return _Calendar(_parsed(hours, country), rules)
    except ParserError:
        return None
    except UnknownCountryError:
        return _calendar(hours, "")


def _parsed(hours: str, country: str) -> OpeningHours:
    """Bounded in days: without that, looking for the next change can take seconds."""
    return OpeningHours(hours.strip(), country=country or None, auto_country=False, auto_timezone=False, max_interval_days=8)


def _zone(name: str) -> tzinfo:
    if offset := _OFFSET.fullmatch(name):
        shift = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(shift if offset[1] == "+" else -shift)
    return phrases.read_zone(name)


def _clocks(zone: str, at: datetime) -> list[datetime]:
    """What the clocks there may show. Of a place whose offset alone is known, the clocks may have been changed until then."""
    if not zone:
        return []
    local = at.astimezone(_zone(zone)).replace(tzinfo=None)
    return [local + timedelta(hours=shift) for shift in (0, -1, 1)] if _OFFSET.fullmatch(zone) else [local]


def _at_clock(venue: Venue, calendar: _Calendar, clock: datetime) -> Opening:
    state, comment = calendar.state(clock)
    day = phrases.full_date(clock.date())
    if state == State.CLOSED and "+" in venue.hours:
        return Opening("unknown", "open end: when it closes is not known")
    if state == State.CLOSED:
        return Opening("closed", f"closed on {day} at {clock:%H:%M}")
    if state == State.UNKNOWN or (comment and f'open "{comment}"' not in venue.hours):
        return Opening("unknown", f"open only with this condition: “{clean_text(comment, MAX_NAME)}”")
    if "PH" not in venue.hours and venue.hours != "24/7" and (eve := _holiday(venue.country, clock)):
        return Opening("unknown", f"usually open then, but {phrases.full_date(eve.date())} is a public holiday")
    end = calendar.closing(clock)
    until = f", until {end:%H:%M}" if end and end - clock < timedelta(days=1) else ""
    return Opening("open", f"open on {day} at {clock:%H:%M}{until}")


def _holiday(country: str, clock: datetime) -> datetime | None:
    """The public holiday that the evening or night of `clock` belongs to."""
    holidays = _calendar("PH", country) if country else None
    return next((moment for moment in (clock, clock - _SPILL) if holidays and holidays.whole.is_open(moment)), None)


_VENUE: Final = TypeAdapter(Venue)
