"""When most of a group can meet, and what stands in the way when they cannot.

The order of slots: all required people free, then most yes, then most yes or if-needed, then fewest who would rather not, then most
who would like it, then earlier. The search is exact: no other start in the range does better than the first slot that comes back.
Times are aware datetimes; lengths are elapsed time, so a slot over a clock change has the length asked for.

Not claimed: a person of whom only busy times are known is `unknown` outside them, never `yes`. And an explanation names the smallest
change to what people said, not whether they would agree to it.

Inside, moments are whole microseconds since 1970: comparing two of them costs no zone arithmetic, and sorted lists can be bisected.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import attrgetter, itemgetter
from typing import Final, Literal

from .errors import PersonError, TimeError
from .people import MAX_PEOPLE

Kind = Literal["free", "if_needed", "busy"]
Answer = Literal["yes", "if_needed", "no", "unknown"]
Span = tuple[datetime, datetime]
Stretch = tuple[int, int]
"""Start and end in microseconds since 1970."""

MAX_WINDOWS: Final = 1500
"""Of one person, once touching ones are joined: every other half-hour of 62 days."""
SHORTEST: Final = timedelta(minutes=15)
"""A meeting is never proposed to be cut below this."""
_NEAR: Final = 12 * 3600 * 10**6
"""A window further than this from a slot is not one that could grow into it."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_YEARS: Final = range(2, 9999)
_START: Final = itemgetter(0)
_END: Final = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, start included and end not, and what it is to someone."""

    start: datetime
    end: datetime
    kind: Kind = "free"

    def __post_init__(self) -> None:
        """Raise TimeError for a time without a zone, or an end that is not after its start."""
        _check(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Preference:
    """A stretch of time in which someone would like to meet, or would rather not. It never makes a slot impossible."""

    start: datetime
    end: datetime
    kind: Literal["preferred", "avoided"]

    def __post_init__(self) -> None:
        """Raise TimeError as a window does."""
        _check(self.start, self.end)


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
    avoided_by: tuple[str, ...] = ()
    preferred_by: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The greater, the better."""
        return (self.required_free, len(self.yes), len(self.yes) + len(self.if_needed))


@dataclass(frozen=True, slots=True)
class Growth:
    """A window that would have to begin earlier or go on later."""

    window: Span
    earlier: timedelta
    later: timedelta


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why somebody cannot come to a slot: what they are busy with, and which windows would have to grow.

    Without either, nothing is known of their time thereabouts.
    """

    name: str
    required: bool
    busy: tuple[Span, ...]
    growths: tuple[Growth, ...]

    @property
    def growth(self) -> timedelta:
        """By how much their windows would have to grow, all together."""
        return sum((growth.earlier + growth.later for growth in self.growths), timedelta())


@dataclass(frozen=True, slots=True)
class Explanation:
    """A slot, who cannot come to it, and the nearest slots that suit everybody required (everybody, when nobody is)."""

    slot: Slot
    obstacles: tuple[Obstacle, ...]
    moved: Slot | None
    """The same length, at the start nearest to the one asked about."""
    cut: Slot | None
    """The longest part of the slot that suits them."""


@dataclass(frozen=True, slots=True)
class Compromise:
    """What can be done when no slot suits everybody required; each None when there is no such slot."""

    partial: Explanation | None
    """The slot that most can come to."""
    nearest: Explanation | None
    """The slot that the least has to change for: fewest people, then fewest who are busy, then fewest minutes, then earlier."""
    shorter: Slot | None
    """The longest slot below the length asked for that does suit them."""


@dataclass(frozen=True, slots=True)
class Diary:
    """What is known of one person's time, sorted: each list is in order and its stretches do not touch."""

    said: list[Stretch]
    free: list[Stretch]
    possible: list[Stretch]
    busy: list[Stretch]

    @property
    def only_busy(self) -> bool:
        """Whether nothing is known of when they can."""
        return not self.possible


Known = Diary | Iterable[Window]
"""What is known of one person's time."""


@dataclass(frozen=True, slots=True)
class _Wishes:
    preferred: list[Stretch]
    avoided: list[Stretch]


@dataclass(frozen=True, slots=True)
class _Group:
    """The people of a search, what is known of them, and who has to be there."""

    diaries: dict[str, Diary]
    wishes: dict[str, _Wishes]
    must: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """Those whom a better time has to suit."""
        return self.must or frozenset(self.diaries)

    def shared(self) -> list[Stretch]:
        """When all of them can."""
        if not self.wanted <= self.diaries.keys():
            return []
        return reduce(_common, (self.diaries[name].possible for name in self.wanted))


def normalise(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same facts, each moment once, in order of time; touching windows join.

    Where windows overlap, busy wins over free and free over if-needed, whatever came first.
    """
    known = read_diary(windows)
    parts: list[tuple[list[Stretch], Kind]] = [
        (known.free, "free"),
        (_without(known.possible, known.free), "if_needed"),
        (known.busy, "busy"),
    ]
    every = [Window(start, end, kind) for stretches, kind in parts for start, end in _spans(stretches)]
    return tuple(sorted(every, key=attrgetter("start")))


def conflicts(windows: Iterable[Window]) -> tuple[Span, ...]:
    """The stretches said to be both busy and free (or if-needed)."""
    known = read_diary(windows)
    return _spans(_common(known.said, known.busy))


def answer_table(known: Iterable[Known], spans: Iterable[Span]) -> list[tuple[Answer, ...]]:
    """What each person would answer to each of the spans."""
    slots = [_stretch(*span) for span in spans]
    diaries = [read_diary(one) for one in known]
    return [tuple(_answer(diary, slot) for slot in slots) for diary in diaries]


def possible(known: Known) -> tuple[Span, ...]:
    """When one person can come, if need be: in order, and apart from one another."""
    return _spans(read_diary(known).possible)


def find_slots(
    availability: Mapping[str, Known],
    *,
    group: Sequence[str],
    required: Iterable[str],
    length: timedelta,
    within: Sequence[Span],
    better: Sequence[Span] = (),
    min_people: int = 1,
    limit: int = 3,
    preferences: Mapping[str, Iterable[Preference]] | None = None,
) -> tuple[Slot, ...]:
    """The best slots that lie inside one of the `within` spans and that at least `min_people` can come to, best first.

    Of slots that suit as many, those inside one of the `better` spans come first: the usual hours, say.
    Preferences count for those who can come or have not said that they cannot.
    Raises TimeError for a length that is not positive, PersonError for a group of nobody or of more than 50.
    """
    size = _size(length)
    people = _group(availability, group, required, preferences or {})
    bounds = _joined(_stretch(*span) for span in within)
    usual = _common(_joined(_stretch(*span) for span in better), bounds)
    starts = _starts(_edges(people), bounds, size, usual)
    ordered = _ordered(starts, size, people, max(1, min_people), usual)
    return tuple(_slot((start, start + size), people) for start in _distinct(ordered, size, limit))


def explain_time(
    availability: Mapping[str, Known],
    *,
    group: Sequence[str],
    required: Iterable[str],
    start: datetime,
    length: timedelta,
    within: Sequence[Span] = (),
    shortest: timedelta = SHORTEST,
) -> Explanation:
    """Who cannot come to the slot of `length` from `start`, and what would fix it.

    `within` bounds where the slot may be moved to; without it, it may go anywhere. Raises as `find_slots` does.
    """
    size = _size(length)
    _check(start, start + length)
    people = _group(availability, group, required, {})
    bounds = _joined(_stretch(*span) for span in within)
    first = _ticks(start)
    return _explained((first, first + size), people, bounds, _size(shortest))


def find_compromise(
    availability: Mapping[str, Known],
    *,
    group: Sequence[str],
    required: Iterable[str],
    length: timedelta,
    within: Sequence[Span],
    shortest: timedelta = SHORTEST,
) -> Compromise:
    """The best that there is when no slot suits everybody required, and what would make one. Raises as `find_slots` does."""
    size, least = _size(length), _size(shortest)
    people = _group(availability, group, required, {})
    bounds = _joined(_stretch(*span) for span in within)
    best = _ordered(_starts(_edges(people), bounds, size), size, people, 1)[:1]
    nearest = _nearest(people, bounds, size)
    longest = _longest(_common(people.shared(), bounds))
    return Compromise(
        partial=_explained((best[0], best[0] + size), people, bounds, least) if best else None,
        nearest=None if nearest is None else _explained((nearest, nearest + size), people, bounds, least),
        shorter=_slot(longest, people) if longest and least <= longest[1] - longest[0] < size else None,
    )


def _check(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise TimeError("A time needs its zone. Please say which zone is meant.")
    if start.year not in _YEARS or end.year not in _YEARS:
        raise TimeError(f"No calendar reaches the year {end.year}. Which date do you mean?")
    if end - _EPOCH <= start - _EPOCH:  # not `end <= start`: within one zone that compares wall clocks, which go back once a year
        shown = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
        raise TimeError(f"The window ends ({end:{shown}}) before it starts ({start:{shown}}). Please give it the other way round.")


def _size(length: timedelta) -> int:
    if length <= timedelta(0):
        raise TimeError("A meeting needs a length above zero. How long should it last?")
    return length // _TICK


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks)


def _stretch(start: datetime, end: datetime) -> Stretch:
    return (_ticks(start), _ticks(end))


def _spans(stretches: Iterable[Stretch]) -> tuple[Span, ...]:
    return tuple((_moment(start), _moment(end)) for start, end in stretches)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same moments in order, each once; touching stretches join, empty ones go."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined


def _without(stretches: Sequence[Stretch], holes: Sequence[Stretch]) -> list[Stretch]:
    """What of `stretches` lies in none of the holes; both are joined."""
    left: list[Stretch] = []
    first = 0
    for start, end in stretches:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        low, index = start, first
        while index < len(holes) and holes[index][0] < end:
            left.append((low, holes[index][0]))
            low, index = holes[index][1], index + 1
        left.append((low, end))
    return [stretch for stretch in left if stretch[0] < stretch[1]]


def _common(stretches: Sequence[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    return _without(stretches, _without(stretches, others))


def _longest(stretches: Sequence[Stretch]) -> Stretch | None:
    """The first of the longest."""
    return max(stretches, key=lambda stretch: stretch[1] - stretch[0], default=None)


def read_diary(windows: Known) -> Diary:
    """Sort what is known of one person, once for many questions."""
    if isinstance(windows, Diary):
        return windows
    kinds: dict[Kind, list[Stretch]] = {"free": [], "if_needed": [], "busy": []}
    for window in windows:
        kinds[window.kind].append(_stretch(window.start, window.end))
    busy, free, said = _joined(kinds["busy"]), _joined(kinds["free"]), _joined(kinds["free"] + kinds["if_needed"])
    return Diary(said, _without(free, busy), _without(said, busy), busy)


def _wished(preferences: Iterable[Preference]) -> _Wishes:
    every = tuple(preferences)
    kinds = ("preferred", "avoided")
    return _Wishes(*(_joined(_stretch(wish.start, wish.end) for wish in every if wish.kind == kind) for kind in kinds))


def _group(
    availability: Mapping[str, Known],
    names: Sequence[str],
    required: Iterable[str],
    preferences: Mapping[str, Iterable[Preference]],
) -> _Group:
    if not names:
        raise PersonError("Nobody is in the plan yet. Who is coming?")
    if len(names) > MAX_PEOPLE:
        raise PersonError(f"I can find times for at most {MAX_PEOPLE} people, not {len(names)}. Please leave some out.")
    diaries = {name: read_diary(availability.get(name, ())) for name in names}
    wishes = {name: _wished(preferences[name]) for name in names if name in preferences}
    return _Group(diaries, wishes, frozenset(required))


def _edges(people: _Group) -> set[int]:
    """Every moment from which a slot can be better than just before: moving a start earlier helps until it meets one of them."""
    edges: set[int] = set()
    for diary in people.diaries.values():
        edges.update(map(_START, diary.free), map(_START, diary.possible), map(_END, diary.busy))
    for wishes in people.wishes.values():
        edges.update(map(_START, wishes.preferred), map(_END, wishes.avoided))
    return edges


def _starts(edges: Iterable[int], within: Sequence[Stretch], size: int, usual: Sequence[Stretch] = ()) -> list[int]:
    """The first start of each stretch and the edges, where they leave room for the length."""
    ordered = sorted(edges)
    starts = {low for low, high in usual if low <= high - size}
    for low, high in within:
        if low <= high - size:
            starts.add(low)
            starts.update(ordered[bisect_left(ordered, low) : bisect_right(ordered, high - size)])
    return sorted(starts)


def _marked(starts: Sequence[int], ranges: Iterable[Stretch]) -> bytearray:
    """A one for each start that lies in one of the ranges, whose ends count in."""
    row = bytearray(len(starts))
    for first, last in ranges:
        low, high = bisect_left(starts, first), bisect_right(starts, last)
        row[low:high] = b"\1" * (high - low)
    return row


def _inside(starts: Sequence[int], stretches: Iterable[Stretch], size: int) -> bytearray:
    """A one for each start whose slot lies in one of the stretches."""
    return _marked(starts, ((start, end - size) for start, end in stretches))


def _touched(starts: Sequence[int], stretches: Iterable[Stretch], size: int) -> bytearray:
    """A one for each start whose slot shares time with one of the stretches."""
    return _marked(starts, ((start - size + 1, end - 1) for start, end in stretches))


def _summed(rows: Sequence[Sequence[int]], length: int) -> list[int]:
    return list(map(sum, zip(*rows, strict=True))) if rows else [0] * length


def _ordered(starts: Sequence[int], size: int, people: _Group, least: int, usual: Sequence[Stretch] = ()) -> list[int]:
    """The starts that at least so many can come to, best first."""
    can = {name: _inside(starts, diary.possible, size) for name, diary in people.diaries.items()}
    yes = _summed([_inside(starts, diary.free, size) for diary in people.diaries.values()], len(starts))
    some = _summed(list(can.values()), len(starts))
    lacking = _summed([bytes(1 - mark for mark in can[name]) for name in people.must if name in can], len(starts))
    absent = bool(people.must - can.keys())
    beside = bytes(1 - mark for mark in _inside(starts, usual, size))
    avoided, preferred = _leanings(starts, size, people, can)
    wanted = [index for index in range(len(starts)) if some[index] >= least]
    wanted.sort(key=lambda i: (absent or lacking[i] > 0, -yes[i], -some[i], beside[i], avoided[i], -preferred[i]))
    return [starts[index] for index in wanted]


def _leanings(starts: Sequence[int], size: int, people: _Group, can: Mapping[str, bytearray]) -> tuple[list[int], list[int]]:
    """For each start, how many would rather not, and how many would like it.

    Somebody of whom only busy times are known counts even while busy: else a slot would get better just after a start, at no first moment.
    """
    avoided: list[bytes] = []
    preferred: list[bytes] = []
    for name, wishes in people.wishes.items():
        counts = b"\1" * len(starts) if people.diaries[name].only_busy else can[name]
        avoided.append(_both(counts, _touched(starts, wishes.avoided, size)))
        preferred.append(_both(counts, _inside(starts, wishes.preferred, size)))
    return _summed(avoided, len(starts)), _summed(preferred, len(starts))


def _both(row: Iterable[int], other: Iterable[int]) -> bytes:
    return bytes(a & b for a, b in zip(row, other, strict=True))


def _distinct(starts: Iterable[int], size: int, limit: int) -> list[int]:
    """The first `limit` starts, leaving out one whose slot overlaps a better one."""
    chosen: list[int] = []
    for start in starts:
        if len(chosen) >= limit:
            break
        if all(abs(start - other) >= size for other in chosen):
            chosen.append(start)
    return chosen


def _around(stretches: Sequence[Stretch], slot: Stretch) -> Stretch | None:
    """The stretch that holds all of the slot."""
    index = bisect_right(stretches, slot[0], key=_START) - 1
    return stretches[index] if index >= 0 and slot[1] <= stretches[index][1] else None


def _overlapping(stretches: Sequence[Stretch], slot: Stretch) -> Sequence[Stretch]:
    return stretches[bisect_right(stretches, slot[0], key=_END) : bisect_left(stretches, slot[1], key=_START)]


def _answer(diary: Diary, slot: Stretch) -> Answer:
    if _around(diary.possible, slot):
        return "yes" if _around(diary.free, slot) else "if_needed"
    return "unknown" if diary.only_busy and not _overlapping(diary.busy, slot) else "no"


def _slot(slot: Stretch, people: _Group) -> Slot:
    given = {name: _answer(diary, slot) for name, diary in people.diaries.items()}
    by_answer: dict[Answer, tuple[str, ...]] = {
        answer: tuple(name for name in given if given[name] == answer) for answer in ("yes", "if_needed", "no", "unknown")
    }
    can = {*by_answer["yes"], *by_answer["if_needed"]}
    ends = [around[1] for name in can if (around := _around(people.diaries[name].possible, slot))]
    leaning = {name: wishes for name, wishes in people.wishes.items() if name in can or people.diaries[name].only_busy}
    return Slot(
        _moment(slot[0]),
        _moment(slot[1]),
        **by_answer,
        required_free=people.must <= can,
        free_until=_moment(min(ends, default=slot[1])),
        avoided_by=tuple(name for name, wishes in leaning.items() if _overlapping(wishes.avoided, slot)),
        preferred_by=tuple(name for name, wishes in leaning.items() if _around(wishes.preferred, slot)),
    )


def _explained(slot: Stretch, people: _Group, within: Sequence[Stretch], least: int) -> Explanation:
    found = _slot(slot, people)
    can = {*found.yes, *found.if_needed}
    obstacles = tuple(_obstacle(name, people, slot) for name in people.diaries if name not in can)
    if people.wanted <= can:
        return Explanation(found, obstacles, None, None)
    shared = people.shared()
    allowed = _common(shared, within) if within else shared
    moved = _moved(slot, allowed)
    cut = _longest(_common(allowed, [slot]))
    return Explanation(
        found,
        obstacles,
        moved=_slot(moved, people) if moved else None,
        cut=_slot(cut, people) if cut and cut[1] - cut[0] >= least else None,
    )


def _moved(slot: Stretch, allowed: Iterable[Stretch]) -> Stretch | None:
    """The slot moved as little as puts it into one of the stretches; of two ways, the earlier."""
    size = slot[1] - slot[0]
    starts = [min(max(slot[0], start), end - size) for start, end in allowed if end - start >= size]
    nearest = min(starts, key=lambda start: (abs(start - slot[0]), start), default=None)
    return None if nearest is None else (nearest, nearest + size)


def _obstacle(name: str, people: _Group, slot: Stretch) -> Obstacle:
    diary = people.diaries[name]
    growths = tuple(
        Growth((_moment(window[0]), _moment(window[1])), timedelta(microseconds=earlier), timedelta(microseconds=later))
        for window, earlier, later in _growths(diary.said, slot)
    )
    return Obstacle(name, name in people.wanted, _spans(_overlapping(diary.busy, slot)), growths)


def _growths(said: Sequence[Stretch], slot: Stretch) -> list[tuple[Stretch, int, int]]:
    """The least that the windows have to grow, earlier and later, to hold the slot together."""
    low, high = bisect_left(said, slot[0], key=_END), bisect_right(said, slot[1], key=_START)
    if low == high:
        return _stretched(said[max(0, low - 1) : low + 1], slot)
    near = said[low:high]
    untils = [*(start for start, _ in near[1:]), slot[1]]
    firsts = [slot[0], *(start for start, _ in near[1:])]
    grown = [(one, max(0, one[0] - first), max(0, until - one[1])) for one, first, until in zip(near, firsts, untils, strict=True)]
    return [growth for growth in grown if growth[1] or growth[2]]


def _stretched(sides: Iterable[Stretch], slot: Stretch) -> list[tuple[Stretch, int, int]]:
    """The one of the windows beside the slot that reaches over it with the least growth, if it is near."""
    near = [(one, max(0, one[0] - slot[0]), max(0, slot[1] - one[1])) for one in sides if max(one[0] - slot[1], slot[0] - one[1]) <= _NEAR]
    return [min(near, key=lambda growth: growth[1] + growth[2])] if near else []


def _nearest(people: _Group, within: Sequence[Stretch], size: int) -> int | None:
    """The start that the least has to change for. Every change costs in straight lines between these starts, so one of them is least."""
    if not people.wanted <= people.diaries.keys():
        return None
    starts = _all_starts([people.diaries[name] for name in people.wanted], within, size)
    rows = {name: _inside(starts, people.diaries[name].possible, size) for name in people.wanted}
    present = _summed(list(rows.values()), len(starts))
    most = max(present, default=0)
    costs = [
        (*_cost([people.diaries[name] for name in rows if not rows[name][index]], (start, start + size)), start)
        for index, start in enumerate(starts)
        if present[index] == most
    ]
    hopeless, _, start = min(costs, default=(len(rows), 0, 0))
    return None if hopeless == len(rows) else start


def _all_starts(diaries: Iterable[Diary], within: Sequence[Stretch], size: int) -> list[int]:
    """The starts at which a slot begins or ends with something that was said, just near enough to it, or with the range."""
    known = tuple(diaries)
    said = {edge for diary in known for stretch in diary.said for edge in stretch}
    edges = said | {edge for diary in known for stretch in diary.busy for edge in stretch} | {end for _, end in within}
    edges |= {edge + far for edge in said for far in (_NEAR, -_NEAR)}
    return _starts(edges | {edge - size for edge in edges}, within, size)


def _cost(lacking: Iterable[Diary], slot: Stretch) -> tuple[int, int]:
    """How many of these people no growing window can bring, and by how much the windows of the others have to grow."""
    hopeless = total = 0
    for diary in lacking:
        growth = sum(earlier + later for _, earlier, later in _growths(diary.said, slot))
        stuck = bool(_overlapping(diary.busy, slot)) or not growth
        hopeless, total = hopeless + stuck, total + growth
    return hopeless, total
