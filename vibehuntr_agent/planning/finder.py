"""When most of a group can meet.

The order of slots: all required people free, then most yes, then most yes or if-needed, then earlier. The search is exact: no
other start in the range does better than the first slot that comes back. Times are aware datetimes; lengths are elapsed time, so
a slot over a clock change has the length asked for.

Not claimed: a person of whom only busy times are known is `unknown` outside them, never `yes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import portion

from .errors import TimeError

Kind = Literal["free", "if_needed", "busy"]
Span = tuple[datetime, datetime]

MAX_WINDOWS: Final = 200


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, start included and end not, and what it is to someone."""

    start: datetime
    end: datetime
    kind: Kind = "free"

    def __post_init__(self) -> None:
        """Raise TimeError for a time without a zone, or an end that is not after its start."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise TimeError("A time needs its zone. Please say which zone is meant.")
        if self.end <= self.start:
            raise TimeError(
                f"The window ends ({self.end:%H:%M}) before it starts ({self.start:%H:%M}). Please give it the other way round."
            )


@dataclass(frozen=True, slots=True)
class Slot:
    """A proposed time, and who of the group can come. Names stand in the group's order."""

    start: datetime
    end: datetime
    yes: tuple[str, ...]
    if_needed: tuple[str, ...]
    no: tuple[str, ...]
    unknown: tuple[str, ...]
    required_free: bool
    free_until: datetime
    """How long those who can come stay free from `start` on."""

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The greater, the better."""
        return (self.required_free, len(self.yes), len(self.yes) + len(self.if_needed))


@dataclass(frozen=True, slots=True)
class _Diary:
    free: tuple[Span, ...]
    possible: tuple[Span, ...]
    busy: tuple[Span, ...]

    @property
    def only_busy(self) -> bool:
        return not self.possible


def normalise(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same facts, each moment once, in order of time; touching windows join.

    Where windows overlap, busy wins over free and free over if-needed, whatever came first.
    """
    busy, free, maybe = _by_kind(windows)
    parts: list[tuple[Any, Kind]] = [(free - busy, "free"), (maybe - free - busy, "if_needed"), (busy, "busy")]
    found = [Window(start, end, kind) for interval, kind in parts for start, end in _spans(interval)]
    return tuple(sorted(found, key=lambda w: (w.start, w.end)))


def conflicts(windows: Iterable[Window]) -> tuple[Span, ...]:
    """The stretches said to be both busy and free (or if-needed)."""
    busy, free, maybe = _by_kind(windows)
    return _spans((free | maybe) & busy)


def find_slots(
    availability: Mapping[str, Iterable[Window]],
    *,
    group: Sequence[str],
    required: Iterable[str],
    length: timedelta,
    within: Sequence[Span],
    min_people: int = 1,
    limit: int = 3,
) -> tuple[Slot, ...]:
    """The best slots that lie inside one of the `within` spans and that at least `min_people` can come to, best first.

    Raises TimeError for a length that is not positive.
    """
    if length <= timedelta(0):
        raise TimeError("A meeting needs a length above zero. How long should it last?")
    diaries = {name: _diary(availability.get(name, ())) for name in group}
    must = frozenset(required)
    spans = _spans(_union(within))
    starts = {s for low, high in spans for s in _starts(diaries.values(), low, high - length)}
    slots = [_slot(start, length, diaries, must) for start in sorted(starts)]
    wanted = [slot for slot in slots if len(slot.yes) + len(slot.if_needed) >= max(1, min_people)]
    wanted.sort(key=lambda slot: tuple(-int(x) for x in slot.rank))
    return _distinct(wanted, limit)


def _union(spans: Iterable[Span]) -> Any:  # noqa: ANN401  portion has no types
    whole = portion.empty()
    for start, end in spans:
        whole |= portion.closedopen(start.astimezone(UTC), end.astimezone(UTC))
    return whole


def _by_kind(windows: Iterable[Window]) -> tuple[Any, Any, Any]:
    every = tuple(windows)
    busy, free, maybe = (_union((w.start, w.end) for w in every if w.kind == kind) for kind in ("busy", "free", "if_needed"))
    return busy, free, maybe


def _spans(interval: Any) -> tuple[Span, ...]:  # noqa: ANN401  the same
    return tuple((atom.lower, atom.upper) for atom in interval if not atom.empty)


def _diary(windows: Iterable[Window]) -> _Diary:
    busy, free, maybe = _by_kind(windows)
    return _Diary(_spans(free - busy), _spans((free | maybe) - busy), _spans(busy))


def _starts(diaries: Iterable[_Diary], low: datetime, last: datetime) -> set[datetime]:
    """Every start that can be best: moving a start earlier helps until it meets the beginning of somebody's window."""
    if last < low:
        return set()
    edges = {low}
    for diary in diaries:
        edges.update(start for start, _ in (*diary.free, *diary.possible))
        edges.update(end for _, end in diary.busy)
    return {edge for edge in edges if low <= edge <= last}


def _until(spans: tuple[Span, ...], start: datetime, end: datetime) -> datetime | None:
    return next((high for low, high in spans if low <= start and end <= high), None)


def _slot(start: datetime, length: timedelta, diaries: Mapping[str, _Diary], must: frozenset[str]) -> Slot:
    end = start + length
    groups: dict[str, list[str]] = {"yes": [], "if_needed": [], "no": [], "unknown": []}
    ends: list[datetime] = []
    for name, diary in diaries.items():
        until = _until(diary.possible, start, end)
        groups[_answer(diary, start, end, until)].append(name)
        ends += [until] if until else []
    can = frozenset(groups["yes"] + groups["if_needed"])
    answers = {answer: tuple(names) for answer, names in groups.items()}
    return Slot(start, end, **answers, required_free=must <= can, free_until=min(ends, default=end))


def _answer(diary: _Diary, start: datetime, end: datetime, until: datetime | None) -> str:
    if until:
        return "yes" if _until(diary.free, start, end) else "if_needed"
    taken = any(low < end and start < high for low, high in diary.busy)
    return "unknown" if diary.only_busy and not taken else "no"


def _distinct(slots: Iterable[Slot], limit: int) -> tuple[Slot, ...]:
    """The first `limit` slots, leaving out one that overlaps a better one."""
    chosen: list[Slot] = []
    for slot in slots:
        if len(chosen) >= limit:
            break
        if not any(slot.start < other.end and other.start < slot.end for other in chosen):
            chosen.append(slot)
    return tuple(chosen)
