"""Pages are drawn one by one: nobody beside anybody, but for who has waited too long; and whatever ends a drawing makes room."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import one_by_one as module
from playground.one_by_one import Pace, one_by_one

SOON = 10.0  # seconds, at most


def nothing() -> None:
    """Who waits has nothing to look at."""


def test_nobody_is_drawn_beside_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads at once, fifty times each."""
    monkeypatch.setattr(module, "PATIENCE", SOON)
    ready, inside, most = threading.Barrier(8), 0, 0

    def draw() -> None:
        nonlocal inside, most
        ready.wait(SOON)
        for _ in range(50):
            with one_by_one(nothing):
                inside += 1
                most = max(most, inside)
                threading.Event().wait(0.0001)  # gives the others the chance
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(draw) for _ in range(8)]:
            done.result(SOON)
    assert (inside, most) == (0, 1)


def test_a_drawing_that_fails_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next one would wait, for longer than this test."""
    monkeypatch.setattr(module, "PATIENCE", 10 * SOON)
    with pytest.raises(LookupError), one_by_one(nothing):
        raise LookupError
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_is_drawn).result(SOON)


def test_who_has_waited_goes_ahead_and_takes_nobodys_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is drawn beside the first, which hangs; the third still waits for the first when the second is done."""
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with ThreadPoolExecutor(1) as pool, one_by_one(nothing):
        assert pool.submit(_is_drawn).result(SOON)
        monkeypatch.setattr(module, "PATIENCE", SOON)
        third = pool.submit(_is_drawn)
        with pytest.raises(TimeoutError):
            third.result(0.1)
    assert third.result(SOON)


def test_who_waits_looks_up_and_may_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A click while others are drawn: the run that waits ends, in nobody's place."""
    monkeypatch.setattr(module, "PATIENCE", 10 * SOON)

    def cut() -> None:
        raise LookupError

    def waits() -> None:
        with one_by_one(cut):
            pass

    with ThreadPoolExecutor(1) as pool:
        with one_by_one(nothing), pytest.raises(LookupError):
            pool.submit(waits).result(SOON)
        assert pool.submit(_is_drawn).result(SOON)


@given(st.lists(st.integers(0, 20)))
def test_a_pace_keeps_apart_and_puts_nobody_off_for_longer_than_it_says(pauses: list[int]) -> None:
    """Whoever comes first begins first. Two are nearer to one another only where the second has been put off for as long as may be."""
    pace, now = Pace(apart=5, put_off=40), 0
    came: list[tuple[int, float]] = []
    for pause in pauses:
        now += pause
        came.append((now, pace.begin(now)))
    assert all(soonest <= begun <= soonest + 40 for soonest, begun in came)
    assert all(later >= earlier + 5 or later == soonest + 40 for (_, earlier), (soonest, later) in pairwise(came))
    assert all(begun == soonest for (soonest, begun), (_, earlier) in zip(came[1:], came, strict=False) if soonest >= earlier + 5)


def test_a_pace_tells_threads_apart() -> None:
    """Eight of them, fifty times each, and no two get the same place."""
    pace, ready = Pace(apart=1, put_off=1_000), threading.Barrier(8)

    def take() -> list[float]:
        ready.wait(SOON)
        return [pace.begin(0) for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        taken = [place for done in [pool.submit(take) for _ in range(8)] for place in done.result(SOON)]
    assert sorted(taken) == list(range(400))


def _is_drawn() -> bool:
    with one_by_one(nothing):
        return True
