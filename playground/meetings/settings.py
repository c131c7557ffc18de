"""What may be set about meetings from outside, all of it here; the README lists the same variables.

| variable | sets | default |
|---|---|---|
| `VIBEHUNTR_SEATS` | the seats on other machines: `Ben=http://127.0.0.1:8801, Cleo=https://cleo.example` | none |
| `VIBEHUNTR_SEAT_TIMEOUT` | `Limits.turn`: seconds that a seat may take for an answer, with all its attempts | 60 |
| `VIBEHUNTR_SEAT_SILENCE` | `Limits.silence`: seconds that a seat's loop may stand still | 10 |
| `VIBEHUNTR_SEAT_ATTEMPTS` | `Limits.attempts`: how often a seat is asked before it is out; a time-out is final | 2 |
| `VIBEHUNTR_MEETING_MESSAGES` | `Limits.messages`: messages after which a meeting ends | 2000 |
| `VIBEHUNTR_MEETING_PACE` | seconds that an agent here waits before it speaks, so that people can follow | 0.6 |

An address is where the A2A agent card is found: the card's own URL if it ends in `.json`, else what `/.well-known/agent-card.json` is
appended to. What a seat does with it: `remote`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playground.environment import positive_number
from playground.errors import StateError

from .seat import Limits

_NUMBERS: Final[Mapping[str, tuple[str, type[int | float]]]] = {
    "VIBEHUNTR_SEAT_TIMEOUT": ("turn", float),
    "VIBEHUNTR_SEAT_SILENCE": ("silence", float),
    "VIBEHUNTR_SEAT_ATTEMPTS": ("attempts", int),
    "VIBEHUNTR_MEETING_MESSAGES": ("messages", int),
}


@dataclass(frozen=True, slots=True)
class MeetingSettings:
    """How meetings are held, and which seats are on other machines: `addresses` by the name in lower case."""

    limits: Limits = field(default_factory=Limits)
    addresses: Mapping[str, str] = field(default_factory=dict[str, str])
    pace: float = 0.6

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> MeetingSettings:
        """Read the variables above. Raises: StateError naming the one that is wrong."""
        given: dict[str, Any] = {
            name: positive_number(variable, text, kind) for variable, (name, kind) in _NUMBERS.items() if (text := environ.get(variable))
        }
        pace = environ.get("VIBEHUNTR_MEETING_PACE", "")
        waits = {"pace": 0.0 if pace.strip() == "0" else positive_number("VIBEHUNTR_MEETING_PACE", pace, float)} if pace else {}
        return cls(Limits(**given), dict(_seats(environ.get("VIBEHUNTR_SEATS", ""))), **waits)

    def address(self, name: str) -> str | None:
        """Return where somebody's seat is, in whatever case the name is written; None if it is here."""
        return self.addresses.get(name.strip().casefold())


def _seats(text: str) -> Iterator[tuple[str, str]]:
    """Read `Ben=http://..., Cleo=https://...`. Raises: StateError."""
    seen: set[str] = set()
    for entry in filter(None, (entry.strip() for entry in text.split(","))):
        name, _, address = (part.strip() for part in entry.partition("="))
        if not name or not _is_address(address):
            raise StateError(
                f"VIBEHUNTR_SEATS must be names with http or https addresses, such as Ben=http://127.0.0.1:8801; {entry!r} is not. "
                "Correct it and restart."
            )
        if name.casefold() in seen:
            raise StateError(f"VIBEHUNTR_SEATS names {name} twice. Correct it and restart.")
        seen.add(name.casefold())
        yield name.casefold(), address


def _is_address(text: str) -> bool:
    """Say whether this is an http or https URL with a host, and a port that can be one."""
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0) and not url.fragment
    except ValueError:
        return False
