"""The words of a message that no reader could use, to be quoted back.

Guarantees: a clause is quoted as it was typed, and only when no word of it was used and it names no day, no time and nobody. Small talk is
not quoted, and nothing of a long tale.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: SIM905  a column of quotes would hide the words

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from . import clock, days
from .understand import Understood
from .words import NOT_NAMES

_CLAUSE: Final = re.compile(r"[^,;.!?\n]+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FILLER: Final = frozenset(
    """a an the and or but so then also just please thanks thank you ok okay yes no well now oh hi hey hello we i me us our my it its
    it's that's is are am was be been do does did to of in on at for with by as if this that these those there here they them he she
    his her can could will would shall should may might let lets let's i'd i'm we're we'd we'll some any each every all both one two
    three four five six seven eight nine ten good great fine nice lovely perfect sorry really very too much many more most up out
    about around what when where which who how why have has had need needs want wants like looking plan planning make get give show
    tell find time times day date people friends person group come comes coming free busy available together again still only not
    don't can't doesn't isn't aren't said says say wait oops somewhere anywhere""".split()
)
_TALE: Final = 500
"""A text of so many characters is a tale, of which nobody wants all quoted."""
_SAYS_LITTLE: Final = 4


def unused_words(text: str, heard: Understood) -> list[str]:
    """The clauses of `text`, as they were typed, of which no word was used."""
    if len(text) > _TALE or len(heard.rest) != len(text):
        return []
    named = {name.casefold() for name in heard.roster}
    untouched = [match[0] for match in _CLAUSE.finditer(text) if heard.rest[match.start() : match.end()] == match[0]]
    return [" ".join(clause.split()) for clause in untouched if _says_something_else(clause, named)]


def _says_something_else(clause: str, named: set[str]) -> bool:
    """Whether the clause has more than one word of its own and no day, time or name: with those it was read, if only as context."""
    words = [word.casefold().replace("’", "'").removesuffix("'s") for word in _WORD.findall(clause)]
    if any(word in named for word in words) or _is_small(words) or clock.find(clause) or days.has_day(clause):
        return False
    return sum(word.casefold() not in _FILLER for word in _WORD.findall(clause)) > 1


def _is_small(words: Sequence[str]) -> bool:
    return all(word in NOT_NAMES and len(word) < _SAYS_LITTLE for word in words)
