"""The finder against a brute-force oracle on a grid of quarters of an hour, which shares nothing with it, and what always holds of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import portion
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.planning.availability import wall_window
from vibehuntr_agent.planning.errors import PersonError, TimeError
from vibehuntr_agent.planning.finder import (
    MAX_WINDOWS,
    Compromise,
    Explanation,
    Kind,
    Preference,
    Slot,
    Span,
    Window,
    conflicts,
    explain_time,
    find_compromise,
    find_slots,
    normalise,
)

QUARTER: Final = timedelta(minutes=15)
DAY: Final = 96
START: Final = datetime(2026, 3, 28, tzinfo=UTC)
INSTANCES: Final = 250
NEAR: Final = 48
NAMES: Final = ("Anna", "Ben", "Carla", "Dan", "Eve", "Finn")
Quarters = tuple[int, int]
Row = tuple[int, int, Kind]
KINDS: Final[tuple[Kind, ...]] = ("free", "free", "if_needed", "busy")


def seeded(text: str) -> Random:
    return Random(text)  # noqa: S311  the same examples in every run


def at(quarter: int, start: datetime = START) -> datetime:
    return start + quarter * QUARTER


@dataclass
class Instance:
    """What is asked. A state of a quarter is F free, M if needed, B busy or a dot; `windows` are what the finder is told."""

    group: list[str]
    rows: dict[str, list[Row]]
    length: int
    required: list[str] = field(default_factory=list[str])
    within: list[Quarters] = field(default_factory=lambda: [(0, 2 * DAY)])
    least: int = 1
    start: datetime = START
    horizon: int = 2 * DAY
    windows: dict[str, list[Window]] = field(default_factory=dict[str, list[Window]])
    wishes: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict[str, list[tuple[int, int, str]]])

    def told(self) -> dict[str, list[Window]]:
        return self.windows or {n: [Window(at(a), at(b), kind) for a, b, kind in rows] for n, rows in self.rows.items()}

    def preferences(self) -> dict[str, list[Any]]:
        return {n: [Preference(at(a), at(b), kind) for a, b, kind in rows] for n, rows in self.wishes.items()}  # type: ignore[arg-type]

    def spans(self) -> list[Span]:
        return [(at(a, self.start), at(b, self.start)) for a, b in self.within]

    def asked(self) -> dict[str, Any]:
        return {"group": self.group, "required": self.required, "length": self.length * QUARTER, "within": self.spans()}

    def found(self) -> tuple[Slot, ...]:
        return find_slots(self.told(), **self.asked(), min_people=self.least, limit=5, preferences=self.preferences())


class Oracle:
    """Tries every quarter."""

    def __init__(self, one: Instance) -> None:
        self.one = one
        self.states = {name: self.row(one.rows.get(name, [])) for name in one.group}
        self.allowed = {q for low, high in one.within for q in range(low, high)}
        self.starts = [s for s in range(one.horizon) if all(q in self.allowed for q in range(s, s + one.length))]

    def row(self, windows: Sequence[Row]) -> str:
        states = ["."] * self.one.horizon
        for letter, kind in (("M", "if_needed"), ("F", "free"), ("B", "busy")):
            for low, high, said in windows:
                if said == kind:
                    states[low:high] = letter * (min(high, self.one.horizon) - low)
        return "".join(states)

    def answer(self, name: str, start: int) -> str:
        states, part = self.states[name], set(self.states[name][start : start + self.one.length])
        if part == {"F"}:
            return "yes"
        if part <= {"F", "M"}:
            return "if_needed"
        return "unknown" if "B" not in part and not {"F", "M"} & set(states) else "no"

    def names(self, start: int) -> dict[str, tuple[str, ...]]:
        given = {name: self.answer(name, start) for name in self.one.group}
        return {kind: tuple(n for n in self.one.group if given[n] == kind) for kind in ("yes", "if_needed", "no", "unknown")}

    def rank(self, start: int) -> tuple[bool, int, int]:
        names = self.names(start)
        can = {*names["yes"], *names["if_needed"]}
        return (set(self.one.required) <= can, len(names["yes"]), len(can))

    def leanings(self, start: int) -> tuple[int, int]:
        """Fewer who would rather not, then more who would like it: the greater, the better."""
        avoided = preferred = 0
        for name, wishes in self.one.wishes.items():
            covered = {kind: {q for low, high, k in wishes if k == kind for q in range(low, high)} for kind in ("avoided", "preferred")}
            slot = range(start, start + self.one.length)
            if self.answer(name, start) in ("yes", "if_needed") or not {"F", "M"} & set(self.states[name]):
                avoided += any(q in covered["avoided"] for q in slot)
                preferred += all(q in covered["preferred"] for q in slot)
        return (-avoided, preferred)

    def best(self) -> int | None:
        good = [s for s in self.starts if self.rank(s)[2] >= max(1, self.one.least)]
        return max(good, key=lambda s: (self.rank(s), self.leanings(s), -s), default=None)


def rows_of(random: Random, kinds: Sequence[Kind], most: int = 6, horizon: int = 2 * DAY) -> list[Row]:
    rows: list[Row] = []
    for _ in range(random.randint(0, most)):
        low = random.randrange(horizon - 1)
        rows.append((low, min(horizon, low + random.randint(1, 24)), random.choice(kinds)))
    return rows


def group_of(random: Random) -> list[str]:
    return list(NAMES[: random.randint(1, len(NAMES))])


def some(random: Random, group: Sequence[str]) -> list[str]:
    return random.sample(group, random.randint(1, min(2, len(group))))


def plain(random: Random) -> Instance:
    group = group_of(random)
    return Instance(group, {n: rows_of(random, ["free"]) for n in group}, random.randint(1, 10))


def if_needed(random: Random) -> Instance:
    group = group_of(random)
    return Instance(group, {n: rows_of(random, ["free", "if_needed"]) for n in group}, random.randint(1, 10))


def required(random: Random) -> Instance:
    one = if_needed(random)
    one.required = some(random, one.group)
    return one


def busy_only(random: Random) -> Instance:
    group = group_of(random)
    kinds: list[list[Kind]] = [["busy"], ["free", "if_needed", "busy"]]
    one = Instance(group, {n: rows_of(random, random.choice(kinds), 9) for n in group}, random.randint(1, 8))
    one.required = random.choice([[], some(random, group)])
    return one


def date_limits(random: Random) -> Instance:
    one = busy_only(random)
    lows = [random.randrange(2 * DAY - 1) for _ in range(random.randint(1, 4))]
    one.within = [(low, min(2 * DAY, low + random.randint(1, 40))) for low in lows]
    one.within += [(one.within[0][1], min(2 * DAY, one.within[0][1] + 4))] * (one.within[0][1] < 2 * DAY)  # one that touches
    return one


def must_include(random: Random) -> Instance:
    one = if_needed(random)
    one.required, one.least = some(random, [*one.group, "Zoe"]), random.randint(0, len(one.group))  # Zoe was never asked
    return one


def long_meetings(random: Random) -> Instance:
    """Windows that touch each other, and meetings longer than any of them."""
    group, rows = group_of(random), dict[str, list[Row]]()
    for name in group:
        edges = sorted(random.sample(range(random.randrange(DAY), 2 * DAY), 8))
        chain: list[Row] = [(low, high, random.choice(["free", "free", "if_needed"])) for low, high in pairwise(edges)]
        rows[name] = random.sample(chain, len(chain)) + rows_of(random, ["busy"], 1)
    return Instance(group, rows, random.randint(8, 40))


CHANGES: Final = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4))
ZONES: Final = tuple(
    ZoneInfo(name)
    for name in (
        "Europe/Helsinki", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/St_Johns", "Australia/Sydney",
    )
)  # fmt: skip


def clock_change(random: Random) -> Instance:
    """Each window by the wall clock of its own zone, around a night in which some of the clocks change."""
    change = random.choice(CHANGES)
    start = datetime.combine(change - timedelta(days=2), datetime.min.time(), UTC)
    group = group_of(random)
    one = Instance(group, {n: [] for n in group}, random.randint(1, 14), start=start, horizon=5 * DAY, within=[(DAY, 4 * DAY)])
    for name in group:
        zone = random.choice(ZONES)
        readings = [at(q, start).astimezone(zone).replace(tzinfo=None) for q in range(one.horizon)]
        for _ in range(random.randint(1, 5)):
            day = change + timedelta(days=random.randint(-1, 1))
            first, kind = (
                random.choice([random.randrange(DAY), random.randrange(4, 18)]),
                random.choice(KINDS),
            )
            said = (first * 15, (first + random.randint(1, 30)) * 15)
            row = by_the_clock(readings, day, said, kind)
            if row[0] < row[1]:
                one.rows[name].append(row)
                one.windows.setdefault(name, []).extend(wall_window(day, said, zone, kind).windows)
            else:
                with pytest.raises(TimeError):
                    wall_window(day, said, zone, kind)
    return one


def by_the_clock(readings: Sequence[datetime], day: date, said: Quarters, kind: Any) -> Row:
    """The quarters from the first at which the clock shows the beginning, or more, to that of the end; a busy end, to the last."""
    low, high = (datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes) for minutes in said)
    ends = [q for q, shown in enumerate(readings) if shown == high]
    first = min(q for q, shown in enumerate(readings) if shown >= low)
    return (first, ends[-1] if ends and kind == "busy" else min(q for q, shown in enumerate(readings) if shown >= high), kind)


CLASSES: Final[dict[str, Callable[[Random], Instance]]] = {
    "plain windows": plain,
    "if needed": if_needed,
    "required people": required,
    "only busy times": busy_only,
    "zones over a clock change": clock_change,
    "date limits": date_limits,
    "least number and people who must come": must_include,
    "long meetings over joined windows": long_meetings,
}


def check(one: Instance) -> bool:
    """Whether there is a slot; asserts that it is the best there is, with the right names in every slot."""
    oracle, found = Oracle(one), one.found()
    best = oracle.best()
    assert bool(found) == (best is not None)
    if best is not None:
        assert (found[0].start, found[0].rank) == (at(best, one.start), oracle.rank(best))
    for slot in found:
        start = (slot.start - one.start) // QUARTER
        assert start in oracle.starts and slot.end - slot.start == one.length * QUARTER
        assert {"yes": slot.yes, "if_needed": slot.if_needed, "no": slot.no, "unknown": slot.unknown} == oracle.names(start)
        assert slot.rank == oracle.rank(start) and slot.rank[2] >= one.least
        assert slot.free_until == at(free_until(oracle, start, slot), one.start)
    assert all(a.end <= b.start or b.end <= a.start for i, a in enumerate(found) for b in found[:i])
    assert [slot.rank for slot in found] == sorted((slot.rank for slot in found), reverse=True)
    return bool(found)


def free_until(oracle: Oracle, start: int, slot: Slot) -> int:
    """The last quarter until which none of those who can come has to leave."""
    end = start + oracle.one.length
    rows = [oracle.states[name] + "." for name in (*slot.yes, *slot.if_needed)]
    return next(q for q in range(end, oracle.one.horizon + 1) if any(row[q] not in "FM" for row in rows))


@pytest.mark.parametrize("kind", CLASSES)
def test_no_time_is_better_than_the_first_slot(kind: str) -> None:
    """In all of 250 instances: the best attendance at its earliest start, every name where it belongs, and "none" only when there is none."""
    solved = sum(check(CLASSES[kind](seeded(f"{kind} {seed}"))) for seed in range(INSTANCES))
    assert solved > INSTANCES // 3  # the instances ask something


def test_preferences_decide_between_times_that_suit_as_many() -> None:
    """Fewest who would rather not, then most who would like it, then earlier; and they never cost anybody's attendance."""
    decided = 0
    for seed in range(INSTANCES):
        random = seeded(f"preferences {seed}")
        one = busy_only(random)
        without = one.found()
        one.wishes = {
            name: [(a, b, random.choice(["preferred", "avoided"])) for a, b, _ in rows_of(random, ["free"], 3)] for name in one.group
        }
        check(one)
        found = one.found()
        assert [slot.rank for slot in found[:1]] == [slot.rank for slot in without[:1]]
        for slot in found:
            avoided, preferred = Oracle(one).leanings((slot.start - START) // QUARTER)
            assert (-len(slot.avoided_by), len(slot.preferred_by)) == (avoided, preferred)
        decided += found[:1] != without[:1]
    assert decided > 20


def explained(one: Instance, start: int) -> Explanation:
    return explain_time(one.told(), **one.asked(), start=at(start))


def growth(oracle: Oracle, name: str, start: int) -> int:
    """The least quarters by which windows have to grow, 0 when none is near."""
    said = oracle.row([row for row in oracle.one.rows[name] if row[2] != "busy"])
    end = start + oracle.one.length
    if any(state != "." for state in said[max(0, start - 1) : end + 1]):
        return said[start:end].count(".")
    gaps = [start - q - 1 for q in range(start) if said[q] != "."][-1:] + [q - end for q in range(end, len(said)) if said[q] != "."][:1]
    return min((gap + end - start for gap in gaps if gap <= NEAR), default=0)


def instance_with_a_gap(seed: int) -> Instance:
    random = seeded(f"explain {seed}")
    one = Instance(group := list(NAMES[:3]), {n: rows_of(random, KINDS, 10) for n in group}, random.randint(2, 10))
    one.required = random.choice([[], ["Anna"], ["Anna", "Ben"]])
    one.within = random.choice([[(0, 2 * DAY)], [(30, 100), (120, 170)]])
    return one


def near_windows(one: Instance) -> list[int]:
    """Starts about which something has been said: there are windows to move into and to be cut to."""
    edges = {edge for rows in one.rows.values() for low, high, _ in rows for edge in (low - 3, low, (low + high) // 2, high - 1)}
    return [start for start in sorted(edges) if 0 <= start <= 2 * DAY - one.length] or [0]


def suiting(oracle: Oracle, slot: range) -> bool:
    """Whether it lies in the range asked for, and all who have to be there can for the whole of it."""
    return set(slot) <= oracle.allowed and suits_people(oracle, slot)


def suits_people(oracle: Oracle, slot: range) -> bool:
    return all(oracle.states[name][q] in "FM" for name in oracle.one.required or oracle.one.group for q in slot)


def test_an_explanation_names_the_smallest_change() -> None:
    """Who cannot, with what they are busy or by how much their windows would have to grow; the nearest move, the longest part."""
    moves = cuts = 0
    for seed in range(INSTANCES):
        one = instance_with_a_gap(seed)
        oracle, start = Oracle(one), seeded(f"start {seed}").choice(near_windows(one))
        found = explained(one, start)
        assert [o.name for o in found.obstacles] == [n for n in one.group if oracle.answer(n, start) in ("no", "unknown")]
        for obstacle in found.obstacles:
            assert obstacle.growth == growth(oracle, obstacle.name, start) * QUARTER
            busy = {q for q in range(start, start + one.length) if oracle.states[obstacle.name][q] == "B"}
            assert busy == {q for q in range(start, start + one.length) if any(a <= at(q) < b for a, b in obstacle.busy)}
        slot = range(start, start + one.length)
        good = [s for s in oracle.starts if suiting(oracle, range(s, s + one.length))]
        nearest = None if suits_people(oracle, slot) else min(good, key=lambda s: (abs(s - start), s), default=None)
        assert (found.moved.start if found.moved else None) == (None if nearest is None else at(nearest))
        parts = [range(a, b) for a in slot for b in range(a + 1, slot[-1] + 2) if suiting(oracle, range(a, b))]
        longest = None if suits_people(oracle, slot) else max(parts, key=lambda part: (len(part), -part[0]), default=None)
        assert ((found.cut.start, found.cut.end) if found.cut else None) == (
            None if longest is None else (at(longest[0]), at(longest[-1] + 1))
        )
        moves, cuts = moves + bool(found.moved), cuts + bool(found.cut)
    assert moves > 40 and cuts > 15


def least_change(oracle: Oracle, start: int) -> tuple[int, int, int, int]:
    """How many of those who have to be there cannot, how many of them no window's growth brings, the growth for the others, and the start."""
    lacking = [n for n in oracle.one.required or oracle.one.group if oracle.answer(n, start) in ("no", "unknown")]
    stuck = [n for n in lacking if "B" in oracle.states[n][start : start + oracle.one.length] or not growth(oracle, n, start)]
    return (len(lacking), len(stuck), sum(growth(oracle, n, start) for n in lacking), start)


def test_when_no_time_suits_all_the_nearest_is_found() -> None:
    """The slot that the least would have to change for, the best partial one, and the longest that does suit them."""
    near = 0
    for seed in range(INSTANCES):
        one = instance_with_a_gap(seed)
        oracle = Oracle(one)
        found = find_compromise(one.told(), **one.asked())
        best, cost = oracle.best(), min(least_change(oracle, s) for s in oracle.starts)
        assert (found.partial.slot.start if found.partial else None) == (None if best is None else at(best))
        hopeless = cost[1] == len(one.required or one.group)
        assert (found.nearest.slot.start if found.nearest else None) == (None if hopeless else at(cost[3]))
        check_shorter(oracle, found)
        near += bool(cost[0] and found.nearest)
    assert near > 40


def check_shorter(oracle: Oracle, found: Compromise) -> None:
    """The first of the longest parts of the range that suit all, unless one is as long as was asked."""
    lengths = {
        start: next((n for n in range(oracle.one.length, 0, -1) if start + n <= 2 * DAY and suiting(oracle, range(start, start + n))), 0)
        for start in range(2 * DAY)
    }
    start = max(lengths, key=lambda s: (lengths[s], -s))
    expected = (at(start), at(start + lengths[start])) if 0 < lengths[start] < oracle.one.length else None
    assert ((found.shorter.start, found.shorter.end) if found.shorter else None) == expected


quarters = st.tuples(st.integers(0, 80), st.integers(1, 16), st.sampled_from(KINDS))
facts = st.dictionaries(st.sampled_from(NAMES[:4]), st.lists(quarters, max_size=5))
Facts = Mapping[str, Sequence[tuple[int, int, Any]]]


def windows_of(known: Facts) -> dict[str, list[Window]]:
    return {name: [Window(at(low), at(low + size), kind) for low, size, kind in rows] for name, rows in known.items()}


def search(known: Mapping[str, Sequence[Window]], group: Sequence[str] = NAMES[:4], **asked: Any) -> tuple[Slot, ...]:
    given: dict[str, Any] = {"required": ["Anna"], "length": 4 * QUARTER, "within": [(START, at(DAY))], **asked}
    return find_slots(known, group=group, **given)


@settings(max_examples=150, deadline=None)
@given(facts, st.sampled_from(NAMES[:4]), quarters, st.integers(1, 8), st.sampled_from([[], ["Anna"], ["Anna", "Ben"]]))
def test_more_availability_never_lowers_the_best(known: Facts, name: str, more: tuple[int, int, Any], length: int, must: list[str]) -> None:
    """Whoever offers more time, or takes back that they are busy, never makes the plan worse."""
    asked: dict[str, Any] = {"length": length * QUARTER, "required": must}
    before = search(windows_of(known), **asked)
    offered = [*known.get(name, ()), (more[0], more[1], "free" if more[2] == "busy" else more[2])]
    taken_back = [row for row in known.get(name, ()) if row[2] != "busy"]
    for after in (offered, taken_back):
        found = search(windows_of({**known, name: after}), **asked)
        assert not before or found[0].rank >= before[0].rank


walls = st.lists(st.tuples(st.integers(0, 23), st.integers(1, 12), st.sampled_from(KINDS)), max_size=4)
zoned = st.dictionaries(st.sampled_from(NAMES[:4]), st.tuples(st.integers(-6, 6), walls))


def moved(known: Mapping[str, tuple[int, Any]], shift: int) -> tuple[tuple[Slot, ...], Compromise]:
    """The slots when every zone is `shift` hours further west; that of the plan is UTC without it."""

    def zone(west: int) -> ZoneInfo:
        return ZoneInfo(f"Etc/GMT{west:+d}")

    day = date(2026, 3, 28)
    told = {
        n: [w for a, size, kind in rows for w in wall_window(day, (a * 60, (a + size) * 60), zone(west + shift), kind).windows]
        for n, (west, rows) in known.items()
    }
    (hours,) = wall_window(day, (6 * 60, 30 * 60), zone(shift)).windows
    asked: dict[str, Any] = {"group": NAMES[:4], "required": ["Anna"], "length": timedelta(hours=2), "within": [(hours.start, hours.end)]}
    return find_slots(told, **asked, limit=5), find_compromise(told, **asked)


@settings(max_examples=150, deadline=None)
@given(zoned, st.integers(-5, 5))
def test_moving_every_zone_by_the_same_shift_changes_nothing_but_the_shift(known: Mapping[str, tuple[int, Any]], shift: int) -> None:
    """A plan on the other side of the world is the same plan, some hours off."""
    (slots, compromise), (shifted, other) = moved(known, 0), moved(known, shift)
    by = timedelta(hours=shift)
    assert [(s.start + by, s.end + by, s.yes, s.if_needed, s.no, s.unknown, s.free_until + by) for s in slots] == [
        (s.start, s.end, s.yes, s.if_needed, s.no, s.unknown, s.free_until) for s in shifted
    ]
    assert (compromise.nearest.slot.start + by if compromise.nearest else None) == (other.nearest.slot.start if other.nearest else None)


@settings(max_examples=150, deadline=None)
@given(facts, st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_give_the_same_answer(known: Facts, random: Random) -> None:
    """Neither who speaks first, nor how one's times are ordered or cut into pieces, nor the order of the group changes who can when."""

    def shuffled(items: Any) -> Any:
        return random.sample(items, len(items))

    pieces = {name: [part for low, size, kind in rows for part in ((low, 1, kind), (low, size, kind))] for name, rows in known.items()}
    other = {name: shuffled(pieces[name]) for name in shuffled(sorted(known))}
    group = shuffled(NAMES[:4])

    def plainly(slots: Sequence[Slot]) -> list[Any]:
        return [(s.start, s.end, set(s.yes), set(s.if_needed), set(s.no), set(s.unknown), s.free_until) for s in slots]

    assert search(windows_of(other)) == search(windows_of(known))
    assert plainly(search(windows_of(other), group)) == plainly(search(windows_of(known)))


@settings(max_examples=150, deadline=None)
@given(st.lists(quarters, max_size=8))
def test_normal_windows_are_those_of_the_interval_library(rows: list[tuple[int, int, Kind]]) -> None:
    """Busy wins over free and free over if-needed, at every moment; what was said both ways is a conflict."""

    def whole(kind: Kind) -> Any:
        return portion.Interval(*(portion.closedopen(low, low + size) for low, size, k in rows if k == kind))

    def atoms(interval: Any) -> list[Span]:
        return [(at(atom.lower), at(atom.upper)) for atom in interval if not atom.empty]

    free, maybe, busy = whole("free"), whole("if_needed"), whole("busy")
    (windows,) = windows_of({"Anna": rows}).values()
    found = normalise(windows)
    for kind, interval in (("free", free - busy), ("if_needed", maybe - free - busy), ("busy", busy)):
        assert [(w.start, w.end) for w in found if w.kind == kind] == atoms(interval)
    assert list(conflicts(windows)) == atoms((free | maybe) & busy)


def test_slots_may_touch_but_not_overlap() -> None:
    """An alternative begins when the better one has ended, or is another time altogether."""
    known = {"Anna": [Window(at(0), at(4))], "Ben": [Window(at(4), at(8))], "Carla": [Window(at(2), at(6), "if_needed")]}
    assert [(slot.start, slot.yes, slot.if_needed) for slot in search(known, required=[])] == [
        (at(0), ("Anna",), ()),
        (at(4), ("Ben",), ()),
    ]


def test_a_group_of_nobody_and_of_hundreds_is_refused() -> None:
    """With a message that says what to do; 50 people are searched."""
    crowd = [f"Guest {n}" for n in range(500)]
    for group in ([], crowd):
        for ask in (find_slots, find_compromise, explain_time):
            extra = {"start": START} if ask is explain_time else {}
            with pytest.raises(PersonError, match=r"Who is coming|at most 50 people, not 500"):
                ask({}, group=group, required=[], length=QUARTER, within=[(START, at(4))], **extra)  # type: ignore[arg-type]
    assert search({name: [Window(at(0), at(8))] for name in crowd[:50]}, crowd[:50], required=crowd[:50])[0].rank == (True, 50, 50)


def test_a_required_person_who_is_not_in_the_group_is_never_counted_as_there() -> None:
    """No slot claims to have everybody when somebody who has to come was never asked."""
    (slot,) = search({"Anna": [Window(at(0), at(4))]}, required=["Zoe"], length=4 * QUARTER)
    assert not slot.required_free and slot.yes == ("Anna",)
    compromise = find_compromise(
        {"Anna": [Window(at(0), at(4))]}, group=["Anna"], required=["Zoe"], length=QUARTER, within=[(START, at(8))]
    )
    assert (compromise.nearest, compromise.shorter) == (None, None)


def test_within_the_hour_that_comes_twice_the_real_order_counts() -> None:
    """03:45 and then the second 03:15 is half an hour; the other way round it is no stretch of time."""
    zone = ZoneInfo("Europe/Helsinki")
    first, second = datetime(2026, 10, 25, 3, 45, tzinfo=zone), datetime(2026, 10, 25, 3, 15, tzinfo=zone, fold=1)
    (slot,) = find_slots(
        {"Anna": [Window(first, second)]}, group=["Anna"], required=[], length=timedelta(minutes=30), within=[(first, second)]
    )
    assert slot.end - slot.start == timedelta(minutes=30)
    with pytest.raises(TimeError):
        Window(second, first)


def test_a_year_that_no_calendar_has_is_refused() -> None:
    """Before some clock runs over."""
    with pytest.raises(TimeError, match="9999"):
        Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def test_a_person_may_have_as_many_windows_as_the_limit_says() -> None:
    """Every other half-hour of two months is within it, and 50 such people are searched."""
    half = timedelta(minutes=30)
    alternate = [Window(START + 2 * n * half, START + (2 * n + 1) * half) for n in range(MAX_WINDOWS)]
    assert MAX_WINDOWS >= 62 * 24 and len(normalise(alternate)) == MAX_WINDOWS
    group = [f"Guest {n}" for n in range(50)]
    found = find_slots(
        dict.fromkeys(group, alternate), group=group, required=group, length=half, within=[(START, START + timedelta(days=62))], limit=10
    )
    assert len(found) == 10 and all(slot.rank == (True, 50, 50) for slot in found)
