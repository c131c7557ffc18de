"""The words of a message that no reader could use, to be quoted back."""

from __future__ import annotations

import re
from typing import Final

from . import clock, days
from .understand import Understood
from .words import NOT_NAMES

_CLAUSE: Final = re.compile(r"[^,;.!?\n]+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FILLER: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "so",
        "then",
        "also",
        "just",
        "please",
        "thanks",
        "thank",
        "you",
        "ok",
        "okay",
        "yes",
        "no",
        "well",
        "now",
        "oh",
        "hi",
        "hey",
        "hello",
        "we",
        "i",
        "me",
        "us",
        "our",
        "my",
        "it",
        "its",
        "it's",
        "that's",
        "is",
        "are",
        "am",
        "was",
        "be",
        "been",
        "do",
        "does",
        "did",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "with",
        "by",
        "as",
        "if",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "they",
        "them",
        "he",
        "she",
        "his",
        "her",
        "can",
        "could",
        "would",
        "will",
        "shall",
        "should",
        "may",
        "might",
        "let",
        "lets",
        "let's",
        "i'd",
        "i'm",
        "we're",
        "we'd",
        "we'll",
        "some",
        "any",
        "each",
        "every",
        "all",
        "both",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "good",
        "great",
        "fine",
        "nice",
        "lovely",
        "perfect",
        "sorry",
        "really",
        "very",
        "too",
        "much",
        "many",
        "more",
        "most",
        "up",
        "out",
        "about",
        "around",
        "what",
        "when",
        "where",
        "which",
        "who",
        "how",
        "why",
        "have",
        "has",
        "had",
        "need",
        "needs",
        "want",
        "wants",
        "like",
        "looking",
        "plan",
        "planning",
        "make",
        "get",
        "give",
        "show",
        "tell",
        "find",
        "time",
        "times",
        "day",
        "date",
        "people",
        "friends",
        "person",
        "group",
        "come",
        "comes",
        "coming",
        "free",
        "busy",
        "available",
        "together",
        "again",
        "still",
        "only",
        "not",
        "don't",
        "can't",
        "doesn't",
        "isn't",
        "aren't",
        "said",
        "says",
        "say",
        "wait",
        "oops",
    ]
)
_LONG: Final = 500
"""A text of so many characters is a tale, of which nobody wants all quoted."""


def unused_words(text: str, heard: Understood, *, nothing: bool) -> list[str]:
    """The clauses of `text`, as they were typed, of which no word was used. Nothing of a long tale, unless nothing in it was used."""
    if nothing:
        return [" ".join(text.split())[:120]] if text.strip() else []
    if len(text) > _LONG or len(heard.rest) != len(text):
        return []
    named = {name.casefold() for name in heard.roster}
    found: list[str] = []
    for match in _CLAUSE.finditer(text):
        clause = match[0]
        if heard.rest[match.start() : match.end()] != clause or _means_something(clause, named):
            continue
        words = [word.casefold() for word in _WORD.findall(clause)]
        if sum(word not in _FILLER for word in words) > 1:
            found.append(" ".join(clause.split()))
    return found


def _means_something(clause: str, named: set[str]) -> bool:
    """Whether the clause has a day, a time or a name in it: then it was read, if only as context."""
    words = [word.casefold().removesuffix("'s").removesuffix("’s") for word in _WORD.findall(clause)]  # noqa: RUF001  people type both
    return (
        any(word in named for word in words)
        or bool(clock.find(clause) or days._FOUND.search(clause))
        or all(  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            word in NOT_NAMES and len(word) < 4
            for word in words  # noqa: PLR2004  short words say little
        )
    )
