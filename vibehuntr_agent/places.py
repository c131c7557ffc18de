"""Where venues come from: Google Places (New) with a key, a map of central Helsinki without one.

| environment | source |
|---|---|
| GOOGLE_PLACES_API_KEY | Google Places (New), Text Search: a search is one billed request, or two after a 503 |
| none | OpenStreetMap's central Helsinki, and no other city |

Guarantees: a source gives only what it was told; a fact that is missing or has the wrong form stays unknown. Every failure is a
PlanningError in plain words with what to do next, and the key stands in none of them, nor in a log. A search that is cancelled closes
its connection.

Not claimed: that usual hours hold on a given day, or that the map (April 2019) is new. Google's terms bound how long its answers may
be kept, and allow them on no map but Google's.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import ssl
import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
from rapidfuzz import fuzz

from .planning import phrases
from .planning.errors import NoVenues, TimeError, VenueError
from .planning.venues import (
    MAX_HOURS,
    MAX_NAME,
    MAX_RATING,
    NEEDS,
    WHICH_CITY,
    Json,
    Point,
    Price,
    Query,
    Ranking,
    Venue,
    clean_text,
    kinds_in,
    matches,
    mend,
    needs_in,
    plain_words,
    rank,
    read_venue,
)

KEY: Final = "GOOGLE_PLACES_API_KEY"
GOOGLE_URL: Final = "https://places.googleapis.com"
HELSINKI: Final = Path(__file__).parent / "data" / "helsinki.json"
FIELDS: Final = (
    "displayName", "primaryType", "types", "formattedAddress", "location", "postalAddress.regionCode", "googleMapsUri", "businessStatus",
    "attributions", "timeZone", "utcOffsetMinutes", "accessibilityOptions.wheelchairAccessibleEntrance",
    "rating", "userRatingCount", "priceLevel", "priceRange", "regularOpeningHours.periods",
    "servesVegetarianFood", "outdoorSeating",
)  # fmt: skip
"""What is asked of Google. The last line makes it the dearest of its searches (Enterprise + Atmosphere)."""

_WAYS_ON: Final = f"type the places in, or set {KEY}"
_PAGE: Final = 20
_RADIUS: Final = 1500.0
"""Metres around a point that Google is asked to prefer."""
_CLOSE: Final = 85.0
"""Spelling likeness in percent from which a slip in the name of an area is forgiven."""
_SHORT: Final = 4
_SMALL_WORDS: Final = frozenset({"the", "in", "of", "near", "around", "close", "to", "at", "by"})
_CENTRE: Final = frozenset({"city", "town", "centre", "center", "central", "downtown"})
_WEEK: Final = 7 * 1440
_DAYS: Final = ("Su", "Mo", "Tu", "We", "Th", "Fr", "Sa")
_MAX_PERIODS: Final = 50
_MAX_OFFSET: Final = 14 * 60
_DIETS: Final = ("vegan", "vegetarian", "halal", "kosher", "gluten_free")
_LEVELS: Final = tuple(f"PRICE_LEVEL_{word}" for word in ("FREE", "INEXPENSIVE", "MODERATE", "EXPENSIVE", "VERY_EXPENSIVE"))
_GOOGLE_TYPES: Final[Mapping[str, str]] = {
    "restaurant": "restaurant",
    "cafe": "cafe",
    "nightclub": "night_club",
    "cinema": "movie_theater",
    "theatre": "performing_arts_theater",
}
_KINDS: Final[Mapping[str, str]] = {
    **{theirs: ours for ours, theirs in _GOOGLE_TYPES.items()},
    **dict.fromkeys(("coffee_shop", "tea_house"), "cafe"),
    **dict.fromkeys(("bar", "wine_bar", "cocktail_bar", "bar_and_grill"), "bar"),
    **dict.fromkeys(("pub", "irish_pub", "gastropub"), "pub"),
    "fast_food_restaurant": "fast_food",
    "food_court": "food_court",
    "ice_cream_shop": "ice_cream",
    "museum": "museum",
    "art_gallery": "gallery",
    "concert_hall": "arts_centre",
    "beer_garden": "biergarten",
}
_CONSOLE: Final = "in the Google Cloud console"
_KEY_TROUBLE: Final[Mapping[str, tuple[str, str]]] = {
    "": ("Google Places refused the key", f"check {KEY}, and what the key may be used for {_CONSOLE}"),
    "API_KEY_INVALID": ("Google Places does not know the key", f"check {KEY} for a slip, and whether the key has expired"),
    "SERVICE_DISABLED": ("Places API (New) is not switched on in the project of the key", f"switch it on {_CONSOLE}"),
    "BILLING_DISABLED": ("The project of the key has no billing account", f"link one {_CONSOLE}"),
    "API_KEY_SERVICE_BLOCKED": ("The key is not allowed to use Places API (New)", f"add that to what the key may call {_CONSOLE}"),
    "API_KEY_IP_ADDRESS_BLOCKED": ("The key may not be used from this machine", f"add its address to those of the key {_CONSOLE}"),
    "API_KEY_HTTP_REFERRER_BLOCKED": ("The key may be used from web pages only", f"set {KEY} to a key for servers"),
}
"""By the reason that Google gives: what is wrong, and what to do. The first stands for all other reasons."""
_STATUS_NOTES: Final[Mapping[str, str]] = {
    "CLOSED_TEMPORARILY": "temporarily closed, says Google Places",
    "FUTURE_OPENING": "not yet opened, says Google Places",
}
"""Of these its usual hours say nothing."""


class VenueSource(Protocol):
    """Somewhere to look for venues."""

    @property
    def name(self) -> str:
        """What it is called, as in `Venue.source`."""
        ...

    @property
    def attribution(self) -> str:
        """Whose data it is, in words that have to stand beside it."""
        ...

    def read(self, query: Query, city: str) -> Query:
        """The query as this source understands it: where it can, the name of an area becomes a point. Raises PlanningError."""
        ...

    async def search(self, query: Query, city: str) -> Sequence[Venue]:
        """Venues that may be meant, at least one, in no particular order. Raises PlanningError."""
        ...


def choose_source(environ: Mapping[str, str]) -> VenueSource:
    """The source that `environ` allows; see the table above. Never raises and never connects."""
    key = environ.get(KEY, "").strip()
    return GooglePlaces(key) if key else SampleCity()


async def find(source: VenueSource, query: Query, city: str) -> Ranking:
    """Search and rank. Raises PlanningError."""
    understood = source.read(query, city)
    ranking = rank(await source.search(understood, city), understood)
    return replace(ranking, attribution=source.attribution)


@dataclass(frozen=True, slots=True)
class _City:
    about: Json
    venues: tuple[Venue, ...]
    areas: Mapping[str, Point]
    """Venues, streets, squares and stations by name."""
    names: frozenset[str]
    """Words in the names of the venues."""
    cuisines: frozenset[str]


class SampleCity:
    """Central Helsinki, from OpenStreetMap. It knows no prices and no ratings."""

    name = "OpenStreetMap"

    def __init__(self, path: Path = HELSINKI) -> None:
        self._path = path

    @property
    def attribution(self) -> str:
        """OpenStreetMap's line, with the day of the map."""
        about = _load(self._path).about
        return f"{about['attribution']} (ODbL 1.0), {about['part']} as of {about['date']}"

    def read(self, query: Query, city: str) -> Query:
        """The query without the city's name and slips of the pen, and with a point for the area.

        Raises VenueError for another city or an unknown area.
        """
        known = _load(self._path)
        self._check(city, known.about)
        names = {name.casefold() for name in known.about["names"]}
        what = " ".join(word for word in query.what.split() if word.strip(",.!?").casefold() not in names)
        query = replace(query, what=mend(what, known.names, known.cuisines))
        if not isinstance(query.near, str) or _means_all(query.near, names):
            return query if isinstance(query.near, Point) else replace(query, near=None)
        name, point = _area(query.near, known)
        return replace(query, near=point, near_name=name)

    async def search(self, query: Query, city: str) -> Sequence[Venue]:
        """The places that fit the words. Raises NoVenues, or as `read` does."""
        query = self.read(query, city)
        known = _load(self._path)
        found = [venue for venue in known.venues if matches(venue, query.what)]
        if not found:
            raise NoVenues(
                f"I found no “{query.what}” among the {len(known.venues)} places that I know in {known.about['part']}. "
                f"Please name a kind (restaurant, bar, museum) or a cuisine, or {_WAYS_ON}."
            )
        return found

    def _check(self, city: str, about: Json) -> None:
        asked = _city(city)
        town, *country = (part.strip().casefold() for part in asked.split(","))
        if town not in {name.casefold() for name in about["names"]} or not set(country) <= {"finland", "suomi", "fi"}:
            raise VenueError(f"I have no data for {asked}: without a key I know only {about['part']}. Please {_WAYS_ON}.")


class GooglePlaces:
    """Google Places (New), Text Search. It never says "halal" or "kosher" unless that is the venue's type."""

    name = "Google Places"
    attribution = "Google Maps"

    def __init__(self, key: str, *, base_url: str = GOOGLE_URL, timeout: float = 10.0, retry_delay: float = 0.5) -> None:
        self._key = key
        self._url = f"{base_url}/v1/places:searchText"
        self._timeout = timeout
        self._retry_delay = retry_delay

    def read(self, query: Query, city: str) -> Query:
        """The query as it is: Google reads the name of an area itself. Raises VenueError without a city."""
        _city(city)
        return query

    async def search(self, query: Query, city: str) -> Sequence[Venue]:
        """What Google finds, places that are closed for good left out. Raises NoVenues or VenueError."""
        answer = _places(await self._ask(request_body(query, city)))
        found = [venue for raw in answer if (venue := google_venue(raw))]
        if not found:
            raise NoVenues(
                f"Google Places found no “{query.what or 'place'}” in {_city(city)}. Please say it in other words, or type the places in."
            )
        return found

    async def _ask(self, body: Json) -> httpx.Response:
        """The answer with status 200. A key that cannot be sent at all is refused here, as it would stand in the error of whoever tried."""
        if not (self._key.isascii() and self._key.isprintable() and " " not in self._key):
            raise _key_refused("API_KEY_INVALID")
        try:
            async with asyncio.timeout(self._timeout), httpx.AsyncClient(timeout=self._timeout, verify=_tls()) as client:
                response = await self._post(client, body)
                if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                    await asyncio.sleep(self._retry_delay)
                    response = await self._post(client, body)
        except (TimeoutError, httpx.TimeoutException):
            raise VenueError(
                f"Google Places did not answer within {self._timeout:g} seconds. Please try again, or type the places in."
            ) from None
        except httpx.HTTPError:
            raise VenueError("Google Places cannot be reached. Please check the connection and try again, or type the places in.") from None
        if response.status_code != HTTPStatus.OK:
            raise _trouble(response)
        return response

    async def _post(self, client: httpx.AsyncClient, body: Json) -> httpx.Response:
        mask = ",".join(f"places.{field}" for field in FIELDS)
        return await client.post(self._url, json=body, headers={"X-Goog-Api-Key": self._key, "X-Goog-FieldMask": mask})


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes 20 ms, in which the page would stand still."""
    return httpx.create_ssl_context()


def request_body(query: Query, city: str) -> Json:
    """What Text Search is asked. Whether a place is open is judged here, not there: it can only say whether it is open now."""
    diets = [NEEDS[need] for need in query.needs if need in _DIETS and need not in needs_in(query.what)]
    near = [f"near {query.near}"] if isinstance(query.near, str) else []
    body: Json = {
        "textQuery": ", ".join([query.what or "places to go out", *diets, *near, _city(city)]),
        "languageCode": "en",
        "pageSize": _PAGE,
    }
    kinds = kinds_in(query.what)
    if len(kinds) == 1 and (wanted := _GOOGLE_TYPES.get(*kinds)):
        body["includedType"] = wanted
    if isinstance(query.near, Point):
        center = {"latitude": query.near.lat, "longitude": query.near.lon}
        body["locationBias"] = {"circle": {"center": center, "radius": _RADIUS}}
    return body


def google_venue(raw: Any) -> Venue | None:  # noqa: ANN401  anything may come over the wire
    """One place of an answer; None when it has no name or is closed for good."""
    name, status = clean_text(_text(raw, "displayName", "text"), MAX_NAME), _text(raw, "businessStatus")
    if not name or status == "CLOSED_PERMANENTLY":
        return None
    types = [_text(raw, "primaryType"), *(text for text in _list(raw, "types") if isinstance(text, str))]
    away = _STATUS_NOTES.get(status, "")
    rating, votes = _number(raw, "rating"), _number(raw, "userRatingCount")
    country = _text(raw, "postalAddress", "regionCode")
    return Venue(
        name=name,
        kind=_kind(types),
        cuisines=tuple(text.removesuffix("_restaurant") for text in types if text.endswith("_restaurant") and text not in _KINDS),
        point=_point(raw),
        address=_text(raw, "formattedAddress"),
        hours="" if away else hours_of(_list(raw, "regularOpeningHours", "periods")),
        zone=_zone(raw),
        country=country if re.fullmatch("[A-Z]{2}", country) else "",
        price=_price(raw),
        needs=_needs(raw, types),
        rating=rating if rating is not None and 0 <= rating <= MAX_RATING else None,
        votes=int(votes) if votes is not None and votes >= 0 else None,
        source=GooglePlaces.name,
        link=_text(raw, "googleMapsUri"),
        notes=(away, *(f"data from {provider}" for raw in _list(raw, "attributions") if (provider := _text(raw, "provider")))),
    )


def hours_of(periods: Sequence[Any]) -> str:
    """Google's weekly periods in OpenStreetMap's notation; nothing if one of them cannot be read. No end means always open."""
    if len(periods) == 1 and _minute(periods[0], "open") == 0 and _dig(periods[0], "close") is None:
        return "24/7"
    days: dict[str, list[str]] = {}
    for period in periods:
        start, end = _minute(period, "open"), _minute(period, "close")
        if start is None or end is None or len(periods) > _MAX_PERIODS:
            return ""
        for day, hours in _by_day(start, end if end > start else end + _WEEK):
            days.setdefault(day, []).append(hours)
    told = "; ".join(f"{day} {','.join(sorted(set(days[day])))}" for day in (*_DAYS[1:], _DAYS[0]) if day in days)
    return told if len(told) <= MAX_HOURS else ""


def _by_day(start: int, end: int) -> Iterable[tuple[str, str]]:
    """A period in minutes of the week, cut at each midnight."""
    while start < end:
        midnight = start - start % 1440
        stop = min(end, midnight + 1440)
        (low, lows), (high, highs) = divmod(start - midnight, 60), divmod(stop - midnight, 60)
        yield _DAYS[midnight // 1440 % 7], f"{low:02}:{lows:02}-{high:02}:{highs:02}"
        start = stop


def _minute(period: Any, key: str) -> int | None:  # noqa: ANN401  the same
    """The minute of the week, from Sunday; hours and minutes of zero may be left out."""
    day, hour, minute = (_number(period, key, part) for part in ("day", "hour", "minute"))
    if day is None or day not in range(7) or (hour or 0) not in range(24) or (minute or 0) not in range(60):
        return None
    return int((day * 24 + (hour or 0)) * 60 + (minute or 0))


def _kind(types: Sequence[str]) -> str:
    known = next((_KINDS[text] for text in types if text in _KINDS), "")
    if types[0].endswith("_restaurant") and types[0] not in _KINDS:
        return "restaurant"
    return known or types[0]


def _needs(raw: Any, types: Sequence[str]) -> dict[str, bool | None]:  # noqa: ANN401  the same
    said = {
        "vegetarian": _flag(raw, "servesVegetarianFood"),
        "wheelchair": _flag(raw, "accessibilityOptions", "wheelchairAccessibleEntrance"),
        "outdoor": _flag(raw, "outdoorSeating"),
    }
    return said | {need: True for need in _DIETS if f"{need}_restaurant" in types}


def _point(raw: Any) -> Point | None:  # noqa: ANN401  the same
    lat, lon = _number(raw, "location", "latitude"), _number(raw, "location", "longitude")
    try:
        return None if lat is None or lon is None else Point(lat, lon)
    except VenueError:
        return None


def _price(raw: Any) -> Price | None:  # noqa: ANN401  the same
    said = _text(raw, "priceLevel")
    level = _LEVELS.index(said) if said in _LEVELS else None
    low, high = _money(raw, "startPrice"), _money(raw, "endPrice")
    currencies = {
        _text(raw, "priceRange", end, "currencyCode") for end, amount in (("startPrice", low), ("endPrice", high)) if amount is not None
    }
    try:
        return Price(level, low, high, currencies.pop()) if len(currencies) == 1 else Price(level) if level is not None else None
    except VenueError:
        return Price(level) if level is not None else None


def _money(raw: Any, end: str) -> float | None:  # noqa: ANN401  the same
    """google.type.Money: whole units as text, and billionths. None of either is no amount."""
    units, nanos = _dig(raw, "priceRange", end, "units"), _number(raw, "priceRange", end, "nanos")
    if units is None and nanos is None:
        return None
    whole = "0" if units is None else str(units)
    return float(whole) + (nanos or 0) / 1e9 if re.fullmatch(r"[0-9]{1,9}", whole) else None


def _zone(raw: Any) -> str:  # noqa: ANN401  the same
    """The name of the zone if it is a known one, else the offset of today."""
    name, offset = _text(raw, "timeZone", "id"), _number(raw, "utcOffsetMinutes")
    try:
        return phrases.read_zone(name).key if name else _offset(offset)
    except TimeError:
        return _offset(offset)


def _offset(minutes: float | None) -> str:
    if minutes is None or abs(minutes) > _MAX_OFFSET:
        return ""
    hours, rest = divmod(abs(int(minutes)), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _dig(raw: Any, *path: str) -> Any:  # noqa: ANN401  the same
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _text(raw: Any, *path: str) -> str:  # noqa: ANN401  the same
    found = _dig(raw, *path)
    return found if isinstance(found, str) else ""


def _number(raw: Any, *path: str) -> float | None:  # noqa: ANN401  the same
    found = _dig(raw, *path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found) else None


def _flag(raw: Any, *path: str) -> bool | None:  # noqa: ANN401  the same
    found = _dig(raw, *path)
    return found if isinstance(found, bool) else None


def _list(raw: Any, *path: str) -> list[Any]:  # noqa: ANN401  the same
    found = _dig(raw, *path)
    return found if isinstance(found, list) else []


def _places(response: httpx.Response) -> list[Any]:
    """The places of an answer; an answer without any is an empty object."""
    answer = _read(response)
    places = answer.get("places", []) if isinstance(answer, dict) else None
    if not isinstance(places, list):
        raise VenueError("Google Places answered in a form that I cannot read. Please try again, or type the places in.")
    return places


def _read(response: httpx.Response) -> Any:  # noqa: ANN401  the same
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _trouble(response: httpx.Response) -> VenueError:
    """What an error of Google means, and what to do."""
    status = response.status_code
    details = _list(_read(response), "error", "details")
    reason = next((found for detail in details if (found := _text(detail, "reason"))), "")
    if status == HTTPStatus.TOO_MANY_REQUESTS or reason == "RATE_LIMIT_EXCEEDED":
        return VenueError(
            "The quota of Google Places is used up. Please try again in a minute or, for a daily quota, tomorrow, or type the places in."
        )
    if (reason and reason in _KEY_TROUBLE) or status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _key_refused(reason)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return VenueError(f"Google Places is out of order ({status}). Please try again in a minute, or type the places in.")
    return VenueError(f"Google Places did not take the search ({status}). Please say it in other words, or type the places in.")


def _key_refused(reason: str) -> VenueError:
    why, advice = _KEY_TROUBLE.get(reason, _KEY_TROUBLE[""])
    return VenueError(f"{why}. Please {advice}, or type the places in.")


def _city(said: str) -> str:
    city = clean_text(said, MAX_NAME)
    if not city:
        raise VenueError(WHICH_CITY)
    return city


@lru_cache(maxsize=4)
def _load(path: Path) -> _City:
    data: Json = json.loads(path.read_text(encoding="utf-8"))
    about = data["about"]
    shared = {"zone": about["zone"], "country": about["country"], "source": SampleCity.name}
    links = (f"https://www.openstreetmap.org/{row['osm']}" for row in data["places"])
    venues = tuple(read_venue({**row, **shared, "link": link}) for row, link in zip(data["places"], links, strict=True))
    named = {row["name"]: Point(**row["point"]) for row in data["areas"]}
    areas = {**_only_ones(venues), **_streets(venues), **named}
    return _City(about, venues, areas, _words(venue.name for venue in venues), _words(word for venue in venues for word in venue.cuisines))


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in plain_words(text))


def _only_ones(venues: Sequence[Venue]) -> dict[str, Point]:
    """Venues that no other shares its name with."""
    names = Counter(venue.name for venue in venues)
    return {venue.name: venue.point for venue in venues if venue.point and names[venue.name] == 1}


def _streets(venues: Iterable[Venue]) -> dict[str, Point]:
    """The middle of each street's venues."""
    points: dict[str, list[Point]] = {}
    for venue in venues:
        if venue.point and (street := re.sub(r"\s\d.*", "", venue.address)):
            points.setdefault(street, []).append(venue.point)
    middle = statistics.fmean
    return {street: Point(middle(p.lat for p in found), middle(p.lon for p in found)) for street, found in points.items()}


def _means_all(said: str, names: Collection[str]) -> bool:
    """Whether an area is no narrower than the extract, which is the centre."""
    words = [word for word in plain_words(said) if word not in _SMALL_WORDS]
    return bool(words) and {*words} <= {*_CENTRE, *names}


def _area(said: str, known: _City) -> tuple[str, Point]:
    """The area or venue that is meant: its name, all words of it, or a likely slip of the pen. Raises VenueError."""
    towns = {name.casefold() for name in known.about["names"]}
    asked = [word for word in plain_words(said) if word not in _SMALL_WORDS | towns]
    names = sorted(known.areas, key=lambda name: (len(name), name))
    for fits in (_same, _within, _close):
        if name := next((name for name in names if fits(asked, list(plain_words(name)))), None):
            return name, known.areas[name]
    asked_for = clean_text(said, MAX_NAME)
    raise VenueError(
        f"I do not know where “{asked_for}” is in {known.about['part']}. Please name a street or a square there, or leave it out."
    )


def _same(asked: Sequence[str], name: Sequence[str]) -> bool:
    return list(asked) == list(name)


def _within(asked: Sequence[str], name: Sequence[str]) -> bool:
    return bool(asked) and set(asked) <= set(name)


def _close(asked: Sequence[str], name: Sequence[str]) -> bool:
    one, other = " ".join(asked), " ".join(name)
    return len(one) > _SHORT and fuzz.ratio(one, other) >= _CLOSE
