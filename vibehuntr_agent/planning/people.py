"""Who is coming: names as people write them, and whom a name means.

Guarantees: a roster holds each name once, whatever its case; a name that could mean two people is never guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from rapidfuzz import fuzz

from .errors import AmbiguousPerson, PersonError, UnknownPerson

Attendance = Literal["required", "important", "optional"]

ME: Final = "You"
"""The roster name of the person who types."""

MAX_PEOPLE: Final = 50
MAX_NAME: Final = 60
_ME_WORDS: Final = frozenset({"me", "i", "myself", "you", "self", "im"})
_SHORT: Final = 4
_CLOSE: Final = 82.0
"""Spelling likeness in percent from which a typing slip is forgiven."""


@dataclass(frozen=True, slots=True)
class Person:
    """One invited person."""

    name: str
    attendance: Attendance = "required"


def clean_name(raw: str) -> str:
    """The name as it will be shown; "me", "I" and "myself" become `ME`.

    Raises PersonError when nothing is left or it is longer than 60 characters.
    """
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", raw))
    name = " ".join(kept.split()).strip('.,;:!?"“”')
    if not any(c.isalnum() for c in name):
        raise PersonError("That is not a name I can use. Please give the name in letters.")
    if len(name) > MAX_NAME:
        raise PersonError(f"A name may have at most {MAX_NAME} characters. Please shorten it.")
    return ME if name.casefold() in _ME_WORDS else name


def attendance_of(raw: str) -> Attendance:
    """`raw` as an attendance. Raises PersonError with the words that are known."""
    for known in get_args(Attendance):
        if raw.strip().casefold() == known:
            return known
    raise PersonError(f"I know the attendances {', '.join(get_args(Attendance))}, not “{raw}”.")


def add_people(roster: Sequence[Person], new: Iterable[Person]) -> tuple[Person, ...]:
    """The roster with `new` in it; a person already there keeps their place and takes the new attendance.

    Raises PersonError beyond 50 people.
    """
    by_name = {_key(person.name): person for person in roster}
    for person in new:
        known = by_name.get(_key(person.name))
        by_name[_key(person.name)] = Person(known.name if known else person.name, person.attendance)
    if len(by_name) > MAX_PEOPLE:
        raise PersonError(f"A plan holds at most {MAX_PEOPLE} people. Please leave some out.")
    return tuple(by_name.values())


def remove_people(roster: Sequence[Person], names: Iterable[str]) -> tuple[Person, ...]:
    """The roster without `names`. Raises as `find_person` does."""
    gone = {find_person(name, roster).name for name in names}
    return tuple(person for person in roster if person.name not in gone)


def find_person(said: str, roster: Sequence[Person]) -> Person:
    """The one person that `said` means: the whole name, a first name, or a likely slip of the pen.

    Raises UnknownPerson or AmbiguousPerson, with the names there are.
    """
    if not roster:
        raise UnknownPerson("Nobody is in the plan yet. Who is coming?")
    name = clean_name(said)
    for matches in (_exact, _part, _close):
        found = matches(name, roster)
        if len(found) == 1:
            return found[0]
        if found:
            names = tuple(person.name for person in found)
            raise AmbiguousPerson(f"“{name}” could be {' or '.join(names)}. Which one?", names)
    raise UnknownPerson(f"I have no “{name}” in the plan, only {listed(p.name for p in roster)}.")


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, with "you" last: "Anna, Ben and you"."""
    every = list(names)
    words = [name for name in every if name != ME] + ["you"] * (ME in every)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _exact(name: str, roster: Sequence[Person]) -> list[Person]:
    return [person for person in roster if _key(person.name) == _key(name)]


def _part(name: str, roster: Sequence[Person]) -> list[Person]:
    said = _key(name).split()
    return [person for person in roster if set(said) <= set(_key(person.name).split())]


def _close(name: str, roster: Sequence[Person]) -> list[Person]:
    if len(name) < _SHORT:  # in a short name one letter makes another name: Tim, Tom
        return []
    return [person for person in roster if fuzz.ratio(_plain(name), _plain(person.name)) >= _CLOSE]


def _plain(name: str) -> str:
    """The name without accents, for comparing only."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
