"""What a model may send as an argument, read as what a tool needs, or refused in plain words.

Guarantees: whatever JSON comes, each function here returns a value of its type or raises PlanningError; texts come back on one line,
without control characters and within a length; numbers are finite; times lie in the years that calendars hold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from .planning import phrases
from .planning.availability import read_rule, wall_moment
from .planning.errors import AmountError, PlanningError, TimeError
from .planning.venues import clean_text

MAX_TEXT: Final = 200
MAX_MANY: Final = 2000
_YEARS: Final = range(2000, 2200)
_TOO_MUCH: Final = 1e6
_DATE_ONLY: Final = 10
_SIGNS: Final[Mapping[str, str]] = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "EURO": "EUR",
    "EUROS": "EUR",
    "POUNDS": "GBP",
    "DOLLARS": "USD",
}


def text(value: object, what: str, limit: int = MAX_TEXT) -> str | None:
    """The text, or None when there is nothing in it. A number is taken as its digits."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PlanningError(f"I cannot read {what}. Please give it as text.")
    cleaned = clean_text(f"{value:g}" if isinstance(value, float) else str(value), MAX_TEXT * 100)
    if len(cleaned) > limit:
        raise PlanningError(f"{what[0].upper()}{what[1:]} is too long to keep: at most {limit} characters, please.")
    return cleaned or None


def needed(value: object, what: str, limit: int = MAX_TEXT) -> str:
    """The text, which must be there."""
    found = text(value, what, limit)
    if found is None:
        raise PlanningError(f"I need {what}. Which is it?")
    return found


def number(value: object, what: str) -> float | None:
    """A finite number, also one in a text ("30", "30,50")."""
    if value is None or value == "":
        return None
    raw = value.strip().replace(",", ".") if isinstance(value, str) else value
    if isinstance(raw, str) and not re.fullmatch(r"[+-]?\d{1,12}(?:\.\d{1,12})?", raw):
        raise AmountError(f"I cannot read {what}: “{clean_text(raw, 40)}” is not a number. Which number do you mean?")
    if isinstance(raw, bool) or not isinstance(raw, str | int | float) or not math.isfinite(amount := _float(raw)):
        raise AmountError(f"I cannot read {what}. Please give it as a number.")
    return int(amount) if amount.is_integer() else amount


def _float(raw: str | float) -> float:
    try:
        return float(raw)
    except OverflowError:
        return math.inf


def positive(value: object, what: str, most: float = _TOO_MUCH) -> float | None:
    """A number above zero and below `most`."""
    amount = number(value, what)
    if amount is not None and not 0 < amount < most:
        raise AmountError(f"{amount:g} cannot be {what}; it has to be above zero and below {most:,.0f}. Which number do you mean?")
    return amount


def whole(value: object, what: str, most: float = _TOO_MUCH) -> int | None:
    """A whole number above zero and below `most`."""
    amount = positive(value, what, most)
    if amount is not None and amount != int(amount):
        raise AmountError(f"{amount:g} cannot be {what}; it has to be a whole number. Which number do you mean?")
    return None if amount is None else int(amount)


def texts(value: object, what: str) -> list[str]:
    """Texts; one alone may come without its list, empty ones go."""
    if value is None:
        return []
    every = value if isinstance(value, list | tuple) else [value]
    if len(every) > MAX_MANY:
        raise PlanningError(f"That is too much at once for {what}. Please give at most {MAX_MANY}.")
    return [found for one in every if (found := text(one, what))]


def entries(value: object, what: str, key: str = "name") -> list[dict[str, Any]]:
    """Records; one alone may come without its list, and a bare text stands for a record with that `key`."""
    if value is None:
        return []
    every = value if isinstance(value, list | tuple) else [value]
    if len(every) > MAX_MANY:
        raise PlanningError(f"That is too much at once for {what}. Please give at most {MAX_MANY}.")
    return [_entry(one, what, key) for one in every]


def _entry(one: object, what: str, key: str) -> dict[str, Any]:
    if isinstance(one, Mapping):
        return {str(name): value for name, value in one.items()}
    if isinstance(one, str | int | float) and not isinstance(one, bool):
        return {key: one}
    raise PlanningError(f"I cannot read {what}. Please give each with its {key}.")


def flag(value: object, *, otherwise: bool) -> bool:
    """Yes or no, also as a word."""
    if isinstance(value, str):
        return value.strip().casefold() not in {"false", "no", "0", ""}
    return otherwise if value is None else bool(value)


def written_time(value: object, what: str) -> datetime | None:
    """An ISO 8601 time as it is written, with or without an offset; 24:00 is the midnight that ends the day."""
    said = text(value, what)
    if said is None:
        return None
    late = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ]24:00(?::00)?(.*)", said)
    try:
        found = datetime.fromisoformat(f"{late[1]}T00:00{late[2]}" if late else said)
    except ValueError as error:
        raise TimeError(f"I cannot read {what}, “{said[:40]}”. Please write it as 2026-11-27T19:00.") from error
    if found.year not in _YEARS:
        raise TimeError(f"{what[0].upper()}{what[1:]} is in the year {found.year}. Which date do you mean?")
    return found + timedelta(days=1) if late else found


def moment(value: object, zone: ZoneInfo, what: str) -> datetime | None:
    """An ISO 8601 time; one without an offset is by the wall clock of `zone`, at a minute."""
    found = written_time(value, what)
    if found is None:
        return None
    exact = found if found.tzinfo else wall_moment(found.date(), found.hour * 60 + found.minute, zone)
    return exact.replace(second=0, microsecond=0)


def is_date(value: object) -> bool:
    """Whether it is a day without a time."""
    return isinstance(value, str) and len(value.strip()) == _DATE_ONLY and "T" not in value


def day(value: object, what: str) -> str | None:
    """A day that exists, as YYYY-MM-DD; the time of a moment is dropped."""
    said = text(value, what)
    if said is None:
        return None
    try:
        found = date.fromisoformat(said[:_DATE_ONLY] if "T" in said else said)
    except ValueError as error:
        raise TimeError(f"There is no day “{said[:40]}” in any calendar that I can read. Please write it as 2026-11-27.") from error
    if found.year not in _YEARS:
        raise TimeError(f"{phrases.full_date(found)} is out of my calendar. Which date do you mean?")
    return found.isoformat()


def clock(value: object, what: str) -> int | None:
    """A time of the day in minutes after midnight: 18:00, 18, 6pm, noon; midnight is the end of the day."""
    said = text(value, what)
    if said is None:
        return None
    return read_rule("daily", "00:00", said).minutes[1]


def clock_words(minutes: int) -> str:
    """Minutes after midnight as a clock shows them; 24:00 is the end of the day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def zone_of(value: object) -> ZoneInfo | None:
    """A time zone by its name."""
    said = text(value, "the time zone")
    return None if said is None else phrases.read_zone(said)


def currency(value: object) -> str | None:
    """A currency code of three letters, or a sign that stands for one."""
    said = text(value, "the currency")
    if said is None:
        return None
    code = _SIGNS.get(said.upper(), said.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        raise AmountError(f"“{said[:40]}” is not a currency code. Please give one like EUR.")
    return code
