"""What the tools do with what is known of people, in `user:` state: it outlives the plan.

Guarantees: a fact says who said it and when. A person's own word replaces what others said of them, and stands against them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rapidfuzz import fuzz

from . import intake
from .card import facts_list
from .planning import people
from .planning.errors import AmountError, PlanningError, UnknownPerson
from .planning.people import ME, Person, listed
from .planning.venues import plain_words
from .state import FACTS, Answer, Board, Denied, Json

KEYS: Final = ("diet", "allergy", "access", "budget", "cuisine", "activity", "area", "other")
STRENGTHS: Final = ("must", "prefer", "avoid")
SINGLE: Final = frozenset({"diet", "budget", "area"})
"""Of these, a person has one value."""
_MAX_EACH: Final = 40
_SAME: Final = 88.0
_CLOSE: Final = 80.0
_SAYING_LITTLE: Final = frozenset(
    plain_words(
        "the a an my his her their your thing stuff food that i he she they we like likes love loves want wants about is are am of to on "
        "and it me you"
    )
)
_STRENGTH_WORDS: Final[Mapping[str, str]] = {"must": "a must", "prefer": "liked", "avoid": "to be avoided"}


def remember(board: Board, person: object, key: object, value: object, strength: object, said_by: object) -> Answer:
    """Write one fact down."""
    name, speaker = _whom(board, person), _whom(board, said_by or ME)
    fact: Json = {
        "key": _one_of(key, KEYS, "I remember the keys"),
        "value": intake.needed(value, "what to remember"),
        "strength": _one_of(strength or "must", STRENGTHS, "I know the strengths"),
        "said_by": speaker,
        "at": board.now.isoformat(timespec="seconds"),
    }
    _check_budget(fact)
    facts: Mapping[str, Sequence[Json]] = board.get(FACTS)
    old = list(facts.get(name, []))
    if own := _own_word(old, fact, name):
        return _stands(name, own, fact)
    kept = [known for known in old if not _replaces(fact, known)]
    if len(kept) >= _MAX_EACH or (name not in facts and len(facts) >= people.MAX_PEOPLE):
        raise PlanningError("I cannot keep more than that. What may I forget?")
    board.set(FACTS, {**facts, name: [*kept, fact]})
    words = fact_words(name, fact)
    return Answer(f"I will remember: {words}.", {"person": name, "fact": fact}, view=_known(board, name), change=words)


def forget(board: Board, person: object, key: object, value: object) -> Answer:
    """Drop what matches."""
    name = _whom(board, person)
    known: list[Json] = list(board.get(FACTS).get(name, []))
    if not known:
        raise UnknownPerson(f"I know nothing about {listed([name])}, so there is nothing to forget.")
    wanted = None if key is None else _one_of(key, KEYS, "I remember the keys")
    of_key = [fact for fact in known if wanted in (None, fact["key"])]
    said = intake.text(value, "what to forget")
    gone = _matching(of_key, said) if said else of_key
    if not gone:
        raise PlanningError(f"I know no such thing about {listed([name])}, only: {_words(name, known)}. Which of these shall I forget?")
    rest = [fact for fact in known if fact not in gone]
    facts = {**board.get(FACTS), name: rest}
    board.set(FACTS, {who: rows for who, rows in facts.items() if rows})
    words = _words(name, gone)
    return Answer(f"Forgotten: {words}.", {"person": name, "forgotten": gone}, view=_known(board), change=f"forgotten: {words}")


def recall(board: Board, person: object) -> Answer:
    """Say what is known of one person, or of all."""
    name = None if person in (None, "") else _whom(board, person)
    rows = facts_list(board, name)
    about = listed([name]) if name else "anybody"
    told = "; ".join(f"{fact_words(row['person'], row)} (said by {_by(row['person'], row['said_by'])})" for row in rows)
    return Answer(f"{told}." if told else f"I know nothing about {about} yet.", {"facts": rows}, view=_known(board, name))


def fact_words(name: str, fact: Json) -> str:
    """One fact in words."""
    return f"{'You' if name == ME else name}: {fact['key']} “{fact['value']}”, {_STRENGTH_WORDS[fact['strength']]}"


def _whom(board: Board, said: object) -> str:
    """The person meant: on the roster, or known by facts, or somebody new."""
    name = people.clean_name(intake.needed(said, "a name"))
    known = [Person(who) for who in dict.fromkeys([*board.names, *board.get(FACTS), ME])]
    try:
        return people.find_person(name, known).name
    except UnknownPerson:
        return name


def _one_of(said: object, known: Sequence[str], what: str) -> str:
    word = (intake.text(said, "that") or "").casefold()
    if word not in known:
        raise PlanningError(f"{what} {listed(known)}, not “{word[:40]}”.")
    return word


def _check_budget(fact: Json) -> None:
    amount = re.search(r"-?\d+(?:[.,]\d+)?", fact["value"]) if fact["key"] == "budget" else None
    if amount and float(amount[0].replace(",", ".")) <= 0:
        raise AmountError("A budget has to be above zero. How much may it be?")


def _same(one: str, other: str) -> bool:
    return (
        fuzz.ratio(" ".join(plain_words(one)), " ".join(plain_words(other))) >= _SAME
        if plain_words(one)
        else one.casefold() == other.casefold()
    )


def _replaces(new: Json, known: Json) -> bool:
    """Whether the new fact takes the place of the known one."""
    return new["key"] == known["key"] and (new["key"] in SINGLE or _same(new["value"], known["value"]))


def _own_word(old: Sequence[Json], fact: Json, name: str) -> Json | None:
    """What the person has said of it, when it is another who speaks now."""
    own = (known for known in old if known["said_by"] == name != fact["said_by"])
    return next((known for known in own if _replaces(fact, known)), None)


def _stands(name: str, own: Json, claim: Json) -> Answer:
    """A person's own word needs no repeating by another, and is not changed by one."""
    words = fact_words(name, own)
    if _same(own["value"], claim["value"]) and own["strength"] == claim["strength"]:
        return Answer(f"I know that already. {words}.", {"person": name, "fact": own})
    whose = "your" if name == ME else "their"
    told = f"{words}: that is {whose} own word, and it stands. I have not written down “{fact_words(name, claim)}”."
    raise Denied(told, {"person": name, "own_word": own, "claim": claim})


def _matching(facts: Sequence[Json], said: str) -> list[Json]:
    """The facts that most of the telling words fit, at least one of them the value."""
    asked = [word for word in plain_words(said) if word not in _SAYING_LITTLE] or list(plain_words(said))
    scores = [_fit(asked, fact) for fact in facts]
    best = max(scores, default=0)
    return [fact for fact, score in zip(facts, scores, strict=True) if best and score == best]


def _fit(asked: Sequence[str], fact: Json) -> int:
    value, key = plain_words(fact["value"]), plain_words(fact["key"])
    hits = sum(any(_like(word, other) for other in value) for word in asked)
    named = sum(any(_like(word, other) for other in key) for word in asked)
    return 2 * hits + named if hits else int(len(asked) == named > 0)


def _like(word: str, other: str) -> bool:
    return word == other or (len(word) > 3 and fuzz.ratio(word, other) >= _CLOSE)  # noqa: PLR2004  in a short word one letter makes another


def _words(name: str, facts: Sequence[Json]) -> str:
    return "; ".join(fact_words(name, fact) for fact in facts)


def _by(name: str, speaker: str) -> str:
    if speaker == ME:
        return "you"
    return "themselves" if speaker == name else speaker


def _known(board: Board, name: str | None = None) -> Json:
    rows = facts_list(board, name)
    text = [f"{fact_words(row['person'], row)} (said by {_by(row['person'], row['said_by'])})" for row in rows]
    return {"name": "known", "data": {"facts": rows, "text": text or ["Nothing is known yet."]}}
