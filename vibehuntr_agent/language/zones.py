"""Cities and time zones in a message: where somebody is, and which clock a time is by.

Guarantees: a zone that is given is one of the zone database. Not claimed: every city; those after which a zone is named, and the commonest others.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from vibehuntr_agent.planning.people import ME

_ALIASES: Final[Mapping[str, str]] = {
    "nyc": "America/New_York", "ny": "America/New_York", "new york city": "America/New_York", "eastern": "America/New_York", "est": "America/New_York",
    "boston": "America/New_York", "washington": "America/New_York", "miami": "America/New_York", "central": "America/Chicago", "pacific": "America/Los_Angeles",
    "pst": "America/Los_Angeles", "la": "America/Los_Angeles", "san francisco": "America/Los_Angeles", "sf": "America/Los_Angeles", "seattle": "America/Los_Angeles",
    "uk": "Europe/London", "british": "Europe/London", "england": "Europe/London", "finland": "Europe/Helsinki", "finnish": "Europe/Helsinki",
    "turku": "Europe/Helsinki", "tampere": "Europe/Helsinki", "espoo": "Europe/Helsinki", "oulu": "Europe/Helsinki", "german": "Europe/Berlin", "germany": "Europe/Berlin",
    "munich": "Europe/Berlin", "hamburg": "Europe/Berlin", "french": "Europe/Paris", "france": "Europe/Paris", "spanish": "Europe/Madrid", "spain": "Europe/Madrid",
    "barcelona": "Europe/Madrid", "milan": "Europe/Rome", "italian": "Europe/Rome", "italy": "Europe/Rome", "japan": "Asia/Tokyo", "japanese": "Asia/Tokyo",
    "india": "Asia/Kolkata", "indian": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "bangalore": "Asia/Kolkata", "beijing": "Asia/Shanghai",
    "utc": "UTC", "gmt": "UTC", "cet": "Europe/Berlin", "eet": "Europe/Helsinki", "sweden": "Europe/Stockholm", "estonia": "Europe/Tallinn",
}  # fmt: skip
_NAME: Final = r"(?P<zone>[A-Za-z][A-Za-z]+(?:[ ][A-Za-z]+)?)"
_TIME: Final = re.compile(rf"(?i)\b{_NAME}\s+time\b(?!\s+zones?)")
_IN: Final = re.compile(rf"(?i)\bin\s+{_NAME}")
_AFTER_TIME: Final = re.compile(r"(?i)(?:\d|noon|o['’]clock|\b[ap]m|days?)\s*$")
_BESIDE: Final = 16
"""Characters between a time and the place that it is of."""
ZONE_NAME: Final = re.compile(r"\b(?P<zone>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|UTC)\b")
"""A zone as the zone database writes it, known or not: "Europe/Helsinki"."""
_WHO: Final = r"(?P<who>[^\W\d_]+)"
_HOMES: Final = (
    re.compile(rf"(?i)\b{_WHO}\s*\(\s*(?:in\s+)?{_NAME}\s*\)"),
    re.compile(
        rf"(?i)\b{_WHO}(?:['’]s|['’]m|m|\s+is|\s+am|\s+lives?|,\s*who\s+is|,)?\s+(?:the\s+one\s+)?(?:based\s+|sitting\s+)?in\s+{_NAME}"
    ),
    re.compile(rf"(?i)\b{_WHO}['’]s\s+(?:time\s+zone\s+)?is\s+{_NAME}"),
    re.compile(rf"(?i)\b(?P<who>my)\s+time\s+zone\s+is\s+{_NAME}"),
)


@cache
def _table() -> Mapping[str, str]:
    """City, country or nationality in lower case -> IANA name."""
    cities = {
        name.rsplit("/", 1)[-1].replace("_", " ").casefold(): name
        for name in sorted(available_timezones())
        if "/" in name and not name.startswith(("Etc", "US/", "posix", "right", "SystemV"))
    }
    return {**cities, **_ALIASES}


def zone_of(said: str) -> ZoneInfo | None:
    """The zone of a city, country or nationality; the longest beginning of `said` that is one."""
    words = said.split()
    for count in range(min(3, len(words)), 0, -1):
        name = _table().get(" ".join(words[:count]).casefold())
        if name:
            return ZoneInfo(name)
    return None


def time_zones(text: str) -> list[tuple[int, int, ZoneInfo]]:
    """Zones named as a clock ("New York time") or as the place of a time ("from 13:00 until 15:00 in London"), in the order of the text."""
    return sorted((*_clocks(text), *_places(text)), key=lambda found: found[0])


def _clocks(text: str) -> Iterator[tuple[int, int, ZoneInfo]]:
    for match in _TIME.finditer(text):
        if zone := zone_of(match["zone"]) or zone_of(match["zone"].split()[-1]):
            yield (*match.span(), zone)


def _places(text: str) -> Iterator[tuple[int, int, ZoneInfo]]:
    for match in _IN.finditer(text):
        before = text[max(0, match.start() - _BESIDE) : match.start()]
        if _AFTER_TIME.search(before) and (zone := zone_of(match["zone"])):
            yield (*match.span(), zone)


def zones_in(texts: Sequence[str], roster: Sequence[str]) -> dict[str, ZoneInfo]:
    """In which zone each person is, as far as it was said: "Sam in New York", "imani (london)", "I'm in Helsinki". What is said last counts."""
    return {name: zone for text in texts for _, name, zone in _homes(text, roster)}


def in_cities(text: str) -> list[tuple[str, int]]:
    """Words that stand before "in" and a city or country whose zone is known, and where: they may be people."""
    return [(m["who"], m.start("who")) for pattern in _HOMES[:2] for m in pattern.finditer(text) if zone_of(m["zone"])]


def homes(text: str, roster: Sequence[str]) -> list[tuple[int, int, ZoneInfo]]:
    """Where the text says in which city somebody is, so that it is not the plan's."""
    return [(*match.span(), zone) for match, _, zone in _homes(text, roster)]


def _homes(text: str, roster: Sequence[str]) -> Iterator[tuple[re.Match[str], str, ZoneInfo]]:
    names = {name.casefold(): name for name in roster} | dict.fromkeys(("i", "me", "my", "im"), ME)
    for pattern in _HOMES:
        for match in pattern.finditer(text):
            name = names.get(match["who"].casefold())
            if name and (zone := zone_of(match["zone"])):
                yield match, name, zone
