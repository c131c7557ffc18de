"""Which item of a list people mean: "2", "the second one", "the last", "the 19:30 one", "the Thai place", and slips of the pen.

Guarantees: the answer is one item or an error; what could mean two of them is never guessed. The whole label, word for word, comes before
every other reading, so that a place called "Second" can be had by its name; then the place in the list, clock times, words, and likeness.

Not claimed: "that one" among several, or numbers that nobody counts with ("the one-and-only").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from .errors import PlanningError
from .people import listed
from .venues import plain_words

_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth",
    "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_NUMBERS: Final = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
    "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_ENDS: Final = {"last": -1, "latter": -1, "bottom": -1, "final": -1, "penultimate": -2, "former": 0, "top": 0}
_COUNTING: Final = frozenset({"option", "number", "no", "nr", "num", "choice", "item", "slot", "alternative", "variant"})
_FILLERS: Final = _COUNTING | {
    "the", "teh", "hte", "a", "an", "one", "ones", "please", "of", "those", "these", "them", "that", "this", "it", "on", "in", "at",
    "list", "we", "i", "ill", "well", "us", "our", "my", "your", "let", "lets", "take", "choose", "pick", "go", "want", "with", "for",
    "have", "do", "prefer", "like", "would", "to", "is", "and", "be", "shall", "time", "place", "venue", "spot", "good", "ok", "okay",
    "yes",
}  # fmt: skip
_POINTING: Final = frozenset({"that", "this", "it"})
_CLOCK: Final = re.compile(r"(?<![\d:.])(\d{1,2})(?:[:.](\d\d))?\s*([ap])\.?m\b\.?|(?<![\d:.])(\d{1,2})[:.](\d\d)(?![\d.])")
_LAST_BUT: Final = re.compile(r"\b(?:last but one|second (?:to |from the )?last|next to last)\b")
_NAMED_NUMBER: Final = re.compile(
    r"\b(?:option|number|no\.?|nr\.?|num|choice|item|slot|alternative)\s*#?\s*(\d{1,3}|[a-z]+)\b|#\s*(\d{1,3})\b"
)
_CLOSE: Final = 80.0
"""Likeness in percent from which a slip of the pen is forgiven."""
_LEAD: Final = 6.0
"""By how much the most alike has to lead."""
_SHORT: Final = 4
_SLIP: Final = 5
"""From so many letters on, an ordinal may have one slip."""
_QUOTED: Final = 60
_NOON: Final = 12
_DAY_MINUTES: Final = 24 * 60


class AmbiguousReference(PlanningError):  # noqa: N818  says what is wrong, as the tree of errors does
    """Several items could be meant; `candidates` are their labels."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


def resolve(said: str, labels: Sequence[str], details: Sequence[str] = ()) -> int:
    """The index of the one label that `said` means; `details` say more of each, such as its kitchen.

    Raises PlanningError when it is none of them, AmbiguousReference when it could be several.
    """
    if not labels:
        raise PlanningError("There is no list to choose from yet. What shall I look for?")
    text = " ".join(said.casefold().split())[: 4 * _QUOTED]
    more = [*details, *[""] * len(labels)][: len(labels)]
    for reading in (_whole, _placed, _timed, _worded, _alike):
        found = reading(text, labels, more)
        if len(found) == 1:
            return found[0]
        if found:
            names = tuple(labels[index] for index in found)
            raise AmbiguousReference(f"“{_short(said)}” could be {' or '.join(names)}. Which one?", names)
        if reading is _timed and _clocks(text) and any(map(_clocks, labels)):
            break  # a time that no item has is not made up for by other words
    raise PlanningError(f"I cannot tell which one “{_short(said)}” is; the list has {listed(_few(labels))}. Which do you mean?")


def is_position(said: str) -> bool:
    """Whether `said` is nothing but a place in a list ("2", "the last one", "option B") or points at one ("that one")."""
    text = " ".join(said.casefold().split())
    return _position(text, _DAY_MINUTES) is not None or _points(text)


def _few(labels: Sequence[str]) -> list[str]:
    return [*labels[:5], *([f"{len(labels) - 5} more"] if len(labels) > 5 else [])]  # noqa: PLR2004  enough to see what is meant


def _short(said: str) -> str:
    text = " ".join(said.split())
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def _whole(text: str, labels: Sequence[str], details: Sequence[str]) -> list[int]:
    """The label itself, whatever its case."""
    del details
    return [index for index, label in enumerate(labels) if " ".join(label.casefold().split()) == text][:1]


def _placed(text: str, labels: Sequence[str], details: Sequence[str]) -> list[int]:
    """By the place in the list."""
    del details
    if _points(text):
        return list(range(len(labels)))
    index = _position(text, len(labels))
    return [index] if index is not None and 0 <= index < len(labels) else []


def _points(text: str) -> bool:
    words = re.findall(r"[a-z]+", text)
    return bool(words) and bool(set(words) & _POINTING) and set(words) <= _FILLERS


def _position(text: str, count: int) -> int | None:
    """The place that the text says and nothing else; None when it says something else."""
    if _LAST_BUT.search(text):
        return count - 2
    if named := _NAMED_NUMBER.search(text):
        rest = _NAMED_NUMBER.sub(" ", text)
        index = _counted(named[1] or named[2], letters=True)
        return index if index is not None and not _left(rest) else None
    left = _left(text)
    if not left:
        return 0 if re.findall(r"[a-z]+", text) == ["one"] else None
    if len(left) > 1:
        return None
    end = _ENDS.get(left[0])
    if end is not None:
        return end if end >= 0 else count + end
    return _counted(left[0], letters=text in (left[0], f"{left[0]}.", f"{left[0]})"))


def _left(text: str) -> list[str]:
    """The words that say something."""
    return [word for word in re.findall(r"[^\W_]+(?:[:.]\d\d)?", text.replace("'", "").replace("’", "")) if word not in _FILLERS]  # noqa: RUF001  people type both


def _counted(word: str, *, letters: bool) -> int | None:
    if found := re.fullmatch(r"(\d{1,3})(?:st|nd|rd|th)?", word):
        return int(found[1]) - 1
    if word in _NUMBERS:
        return _NUMBERS.index(word)
    if letters and len(word) == 1 and "a" <= word <= "z":
        return ord(word) - ord("a")
    if word in _ORDINALS:
        return _ORDINALS.index(word)
    near = [index for index, ordinal in enumerate(_ORDINALS) if len(word) >= _SLIP and OSA.distance(word, ordinal) == 1]
    return near[0] if len(near) == 1 else None


def _timed(text: str, labels: Sequence[str], details: Sequence[str]) -> list[int]:
    """By its clock times, of which the label begins with the first; and by its other words where several do."""
    said = _clocks(text)
    if not said:
        return []
    of_labels = [[clock[0] for clock in _clocks(label)][: len(said)] for label in labels]
    for exact in (True, False):
        if found := [n for n, clocks in enumerate(of_labels) if _times_fit(said, clocks, exact=exact)]:
            rest = " ".join(_left(_CLOCK.sub(" ", text)))
            narrowed = _worded(rest, labels, details) if rest else []
            return [n for n in found if n in narrowed] or found
    return []


def _times_fit(said: Sequence[tuple[int, bool]], clocks: Sequence[int], *, exact: bool) -> bool:
    """Whether every time said is there; a time without am or pm may be twelve hours later, when not `exact`."""
    half = _DAY_MINUTES // 2
    pairs = zip(said, clocks, strict=False)
    fits = (minutes == clock or (not exact and not sure and minutes + half == clock) for (minutes, sure), clock in pairs)
    return len(clocks) == len(said) and all(fits)


def _clocks(text: str) -> list[tuple[int, bool]]:
    """The clock times of a text in minutes, and whether the half of the day is sure."""
    found: list[tuple[int, bool]] = []
    for match in _CLOCK.finditer(text.casefold()):
        hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
        if match[3]:
            hour = hour % _NOON + _NOON * (match[3] == "p")
        if hour * 60 + minute <= _DAY_MINUTES:
            found.append((hour * 60 + minute, bool(match[3]) or hour >= _NOON))
    return found


def _worded(text: str, labels: Sequence[str], details: Sequence[str]) -> list[int]:
    """By its words, all of which stand in the label, else in label and details; then without the words that say little."""
    whole = [word for word in plain_words(text) if word not in {"the", "a", "an"}]
    telling = [word for word in whole if word not in _FILLERS]
    told = [list(plain_words(_CLOCK.sub(" ", label.casefold()))) for label in labels]
    full = [[*words, *plain_words(detail)] for words, detail in zip(told, details, strict=True)]
    for words in dict.fromkeys((tuple(whole), tuple(telling))):
        for known in (told, full):
            if words and (found := [n for n, of_label in enumerate(known) if all(_has(word, of_label) for word in words)]):
                return found
    return []


def _has(word: str, words: Sequence[str]) -> bool:
    """Whether the word or its beginning is there: "saturday" and "sat", "28th" and "28", "20" and "20:00"."""
    bare = re.sub(r"^(\d+)(?:st|nd|rd|th)$", r"\1", word)
    return any(bare == other or (len(other) >= 3 and not other.isdigit() and _begins(bare, other)) for other in words)  # noqa: PLR2004  "sat"


def _begins(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    return len(shorter) >= 3 and longer.startswith(shorter)  # noqa: PLR2004  the same


def _alike(text: str, labels: Sequence[str], details: Sequence[str]) -> list[int]:
    """By likeness, for slips of the pen: the most alike, and all that are about as alike."""
    del details
    asked = " ".join(word for word in plain_words(text) if word not in _FILLERS)
    if len(asked) < _SHORT:
        return []
    scores = [_likeness(asked, " ".join(plain_words(label))) for label in labels]
    best = max(scores)
    return [n for n, score in enumerate(scores) if score >= _CLOSE and score > best - _LEAD]


def _likeness(asked: str, label: str) -> float:
    """The likeness of all of both, or of what is asked to as many words of the label in a row."""
    words, length = label.split(), len(asked.split())
    rows = [" ".join(words[n : n + length]) for n in range(max(1, len(words) - length + 1))]
    score: Callable[[str, str], float] = fuzz.ratio
    return max(score(asked, row) for row in [label, *rows])
