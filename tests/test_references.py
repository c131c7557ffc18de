"""What people say when they point at an item of a list."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibehuntr_agent.planning.errors import PlanningError
from vibehuntr_agent.planning.references import AmbiguousReference, is_position, resolve

SLOTS = ("Fri 27 Nov 19:30-21:00", "Sat 28 Nov 18:00-20:00", "Sat 28 Nov 19:30-21:30")
PLACES = ("Ravintola Saaga", "Kahvila Kettu", "Baari Peura", "Orchid")
DETAILS = ("restaurant finnish", "cafe", "bar", "restaurant thai")


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("2", 1), ("#2", 1), ("no. 2", 1), ("No 2", 1), ("number two", 1), ("the second one", 1), ("2nd", 1), ("secnod one", 1), ("teh 2nd one", 1),
        ("frist", 0), ("the first of those", 0), ("last", 2), ("the latter", 2), ("the last one please", 2), ("last but one", 1), ("option B", 1),
        ("option 3", 2), ("b", 1), ("1.", 0), ("one", 0), ("we'll take the third", 2), ("6pm", 1), ("6 p.m.", 1), ("18:00", 1), ("the 18.00 one", 1),
        ("6:00", 1), ("saturday 19:30", 2), ("19:30-21:30", 2), ("the Friday one", 0), ("friday", 0), ("the 27th", 0), ("Sat 28 Nov 18:00-20:00", 1),
        ("20:00", None), ("9", None), ("0", None), ("7am", None), ("the moon", None), ("", None),
    ],
)  # fmt: skip
def test_a_slot_as_people_point_at_it(said: str, index: int | None) -> None:
    """By its place, by when it begins, by its day; what is none of them is refused, an end is not a start."""
    if index is None:
        with pytest.raises(PlanningError):
            resolve(said, SLOTS)
    else:
        assert resolve(said, SLOTS) == index


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("kettu", 1), ("Kettu please", 1), ("the Thai place", 3), ("take saaga", 0), ("saga", 0), ("peurra", 2), ("kahvila kettuu", 1), ("the bar", 2),
        ("KAHVILA KETTU", 1), ("the second", 1), ("the fourth one", 3), ("orchidd", 3),
    ],
)  # fmt: skip
def test_a_place_as_people_name_it(said: str, index: int) -> None:
    """By its name, part of it, what it is, and with a slip of the pen."""
    assert resolve(said, PLACES, DETAILS) == index


@pytest.mark.parametrize(
    ("said", "labels", "candidates"),
    [
        ("the 19:30 one", SLOTS, (SLOTS[0], SLOTS[2])),
        ("saturday", SLOTS, SLOTS[1:]),
        ("that one", SLOTS, SLOTS),
        ("anna's", ("Anna's Bar", "Anna's Café"), ("Anna's Bar", "Anna's Café")),
        ("karhuu", ("Karhu A", "Karhu B"), ("Karhu A", "Karhu B")),
    ],
)
def test_what_could_be_two_is_never_guessed(said: str, labels: Sequence[str], candidates: Sequence[str]) -> None:
    """The candidates are named, so that the person can choose."""
    with pytest.raises(AmbiguousReference) as found:
        resolve(said, labels)
    assert found.value.candidates == tuple(candidates)


def test_a_name_that_reads_like_a_place_in_the_list_is_a_name() -> None:
    """A bar called "Second" comes before the second bar."""
    assert resolve("second", ["Karhu", "Majava", "Second"]) == 2
    assert resolve("7", ["Seven Fishes", "7"]) == 1


@pytest.mark.parametrize(
    ("said", "points"), [("2", True), ("the second one", True), ("that one", True), ("last", True), ("Karhu", False), ("19:30", False)]
)
def test_pointing_is_told_from_naming(said: str, points: bool) -> None:
    """A place that nobody has listed cannot be called "the second one"."""
    assert is_position(said) == points


@given(
    st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique_by=lambda label: " ".join(label.casefold().split())),
    st.data(),
)
def test_every_label_can_be_said_as_it_stands(labels: list[str], data: st.DataObject) -> None:
    """Whatever an item is called, its whole label means it."""
    index = data.draw(st.integers(0, len(labels) - 1))
    said = data.draw(st.sampled_from([labels[index], f" {labels[index]} "]))
    if said.strip():
        assert resolve(said, labels) == index


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=6))
def test_any_text_gives_an_item_or_a_plain_refusal(said: str, labels: list[str]) -> None:
    """Nothing that people type makes it fail in another way."""
    found: int | str
    try:
        found = resolve(said, labels)
    except PlanningError as error:
        found = error.message
    assert found if isinstance(found, str) else 0 <= found < len(labels)
    assert is_position(said) in (True, False)
