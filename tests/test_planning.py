"""The planning functions: names, windows and slots."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.planning import people, phrases
from vibehuntr_agent.planning.errors import AmbiguousPerson, PersonError, TimeError, UnknownPerson
from vibehuntr_agent.planning.finder import Kind, Slot, Window, conflicts, find_slots, normalise
from vibehuntr_agent.planning.people import ME, Person

HELSINKI = ZoneInfo("Europe/Helsinki")
START = datetime(2026, 11, 27, 8, tzinfo=UTC)
HALF = timedelta(minutes=30)
HALVES = 24
NAMES = ("Anna", "Ben", "Carla", "Dan")
Facts = dict[str, list[Window]]


def _at(half: int) -> datetime:
    return START + half * HALF


def _window(first: int, length: int, kind: Kind) -> Window:
    return Window(_at(first), _at(first + length), kind)


windows = st.builds(_window, st.integers(0, HALVES - 1), st.integers(1, 10), st.sampled_from(["free", "free", "if_needed", "busy"]))
facts = st.dictionaries(st.sampled_from(NAMES), st.lists(windows, max_size=4))


def _best(known: Facts, required: Sequence[str] = (), length: int = 2) -> tuple[Slot, ...]:
    return find_slots(known, group=NAMES, required=required, length=length * HALF, within=[(START, _at(HALVES))], limit=3)


def _rank_at(known: Facts, start: int, length: int, required: Sequence[str]) -> tuple[bool, int, int]:
    """The rank by looking at every half hour, sharing nothing with the search."""
    yes = maybe = 0
    can: set[str] = set()
    for name in NAMES:
        kinds = [{w.kind for w in known.get(name, []) if w.start <= _at(h) < w.end} for h in range(start, start + length)]
        if all("free" in k and "busy" not in k for k in kinds):
            yes += 1
            can.add(name)
        elif all(k and "busy" not in k for k in kinds):
            maybe += 1
            can.add(name)
    return (set(required) <= can, yes, yes + maybe)


@settings(max_examples=200, deadline=None)
@given(facts, st.integers(1, 5), st.lists(st.sampled_from(NAMES), max_size=2))
def test_no_start_does_better_than_the_first_slot(known: Facts, length: int, required: list[str]) -> None:
    """The best attendance is found, at its earliest start; and nothing is found only when nobody can."""
    ranks = [_rank_at(known, start, length, required) for start in range(HALVES - length + 1)]
    best = max(ranks)
    slots = _best(known, required, length)
    if max(rank[2] for rank in ranks) == 0:
        assert slots == ()
    else:
        best = max(rank for rank in ranks if rank[2] > 0)
        assert (slots[0].rank, slots[0].start) == (best, _at(ranks.index(best)))


@settings(max_examples=150, deadline=None)
@given(facts, st.sampled_from(NAMES), windows.filter(lambda w: w.kind != "busy"))
def test_more_availability_never_lowers_the_best(known: Facts, name: str, more: Window) -> None:
    """Somebody who offers more time never makes the plan worse."""
    before, after = _best(known, NAMES[:2]), _best({**known, name: [*known.get(name, []), more]}, NAMES[:2])
    assert not before or after[0].rank >= before[0].rank


@settings(max_examples=100, deadline=None)
@given(facts, st.randoms())
def test_the_order_of_telling_does_not_matter(known: Facts, random: Random) -> None:
    """The same facts give the same slots, whoever speaks first."""
    shuffled = {name: _shuffled(rows, random) for name, rows in reversed(list(known.items()))}
    assert _best(shuffled) == _best(known)


def _shuffled(rows: list[Window], random: Random) -> list[Window]:
    """A shuffled copy."""
    copy = list(rows)
    random.shuffle(copy)
    return copy


@settings(max_examples=100, deadline=None)
@given(facts)
def test_everybody_stands_in_a_slot_exactly_once(known: Facts) -> None:
    """No name is lost, doubled or invented."""
    for slot in _best(known):
        assert sorted(slot.yes + slot.if_needed + slot.no + slot.unknown) == sorted(NAMES)


@settings(max_examples=100, deadline=None)
@given(st.lists(windows, max_size=6))
def test_normalising_twice_changes_nothing(rows: list[Window]) -> None:
    """Normal windows are normal, do not overlap, and keep every moment's kind."""
    once = normalise(rows)
    assert normalise(once) == once
    assert all(a.end <= b.start for a, b in pairwise(once))


def test_touching_windows_hold_a_slot_across_them() -> None:
    """ "6-8 and 8-10" holds a slot from 7 to 9."""
    found = find_slots(
        {"Anna": [_window(0, 4, "free"), _window(4, 4, "free")]},
        group=["Anna"],
        required=[],
        length=4 * HALF,
        within=[(_at(2), _at(8))],
    )
    assert (found[0].start, found[0].yes) == (_at(2), ("Anna",))


def test_busy_wins_and_is_reported() -> None:
    """Contradictions are read the careful way, and said."""
    rows = [_window(0, 4, "free"), _window(2, 1, "busy")]
    assert [w.kind for w in normalise(rows)] == ["free", "busy", "free"]
    assert conflicts(rows) == ((_at(2), _at(3)),)


def test_a_slot_over_the_clock_change_has_its_full_length() -> None:
    """Two hours are two hours in the night when the clock goes back."""
    night = phrases.window_on(date(2026, 10, 25), (60, 6 * 60), HELSINKI)
    assert night.end.astimezone(UTC) - night.start.astimezone(UTC) == timedelta(hours=6)
    slot = find_slots({"Anna": [night]}, group=["Anna"], required=[], length=timedelta(hours=6), within=[(night.start, night.end)])[0]
    assert slot.end - slot.start == timedelta(hours=6)


def test_windows_refuse_what_is_no_stretch_of_time() -> None:
    """Reversed windows and times without a zone are refused, not mended."""
    with pytest.raises(TimeError):
        Window(_at(2), _at(1))
    with pytest.raises(TimeError):
        Window(_at(1).replace(tzinfo=None), _at(2).replace(tzinfo=None))
    with pytest.raises(TimeError):
        find_slots({}, group=["Anna"], required=[], length=timedelta(0), within=[])
    with pytest.raises(TimeError):
        phrases.read_zone("Mars/Olympus")


ROSTER = (Person("Anna Smith"), Person("Anna Berg"), Person("Bénédicte"), Person("Tom"), Person(ME))


@pytest.mark.parametrize(
    ("said", "name"),
    [("anna berg", "Anna Berg"), ("Berg", "Anna Berg"), ("Benedicte", "Bénédicte"), ("tom", "Tom"), ("me", ME), ("I", ME)],
)
def test_a_name_is_found_as_people_say_it(said: str, name: str) -> None:
    """Case, one of two names, an accent or a slip do not matter."""
    assert people.find_person(said, ROSTER).name == name


@pytest.mark.parametrize(("said", "error"), [("Anna", AmbiguousPerson), ("Tim", UnknownPerson), ("Zoe", UnknownPerson), ("?", PersonError)])
def test_a_name_is_never_guessed(said: str, error: type[PersonError]) -> None:
    """Two Annas are asked about, and Tim is not Tom."""
    with pytest.raises(error):
        people.find_person(said, ROSTER)


@given(st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_a_roster_holds_each_name_once(names: list[str]) -> None:
    """Adding the same people again changes nothing."""
    good = [name for name in names if any(c.isalnum() for c in name)]
    roster = people.add_people((), [Person(people.clean_name(name)) for name in good])
    assert people.add_people(roster, roster) == roster
    assert len({p.name.casefold() for p in roster}) <= len({n.casefold() for n in good})
