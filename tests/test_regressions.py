"""What `make bench ARGS=--check` takes for a regression: a ratio more than 30% worse than the recorded one, in every try."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import regressions
from figures import Figure, Scale


class Measured:
    """Stands for the benchmarks: one ratio a try, the last one for ever; a try without one has broken off."""

    def __init__(self, *ratios: float | None) -> None:
        self.ratios = list(ratios)
        self.tries = 0

    def __call__(self, row: str, scale: Scale) -> list[Figure]:
        assert scale.short
        self.tries += 1
        ratio = self.ratios.pop(0) if len(self.ratios) > 1 else self.ratios[0]
        return [Figure("lag", {"ours": 1.0} if ratio is None else {"ours": 1.0, "ratio": ratio})]


@pytest.fixture(autouse=True)
def record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One row, recorded as 2."""
    path = tmp_path / "ratios.json"
    monkeypatch.setattr(regressions, "RECORD", path)
    monkeypatch.setattr(regressions, "ROWS", ("row",))
    path.write_text(json.dumps({"row": {"lag": 2.0}}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("ratios", "failed", "tries"),
    [
        ([1.0], 0, 1),
        ([2.6], 0, 1),
        ([2.7], 1, 3),
        ([2.7, 2.7, 2.5], 0, 3),
        ([None], 1, 3),
        ([None, 2.0], 0, 2),
    ],
)
def test_only_what_is_worse_each_time_fails(ratios: Sequence[float | None], failed: int, tries: int) -> None:
    measured = Measured(*ratios)
    assert regressions.check(measured) == failed
    assert measured.tries == tries


def test_the_middle_of_three_runs_is_recorded(record: Path) -> None:
    regressions.record(Measured(9.0, 1.0, 3.0))
    assert json.loads(record.read_text(encoding="utf-8")) == {"row": {"lag": 3.0}}
    assert regressions.check(Measured(3.9)) == 0


@pytest.mark.parametrize("ratios", [[None, 1.0, 3.0], [1.0, None, 3.0], [None]])
def test_a_row_that_broke_off_is_not_recorded(record: Path, ratios: Sequence[float | None]) -> None:
    """What stood there before stays."""
    before = record.read_text(encoding="utf-8")
    with pytest.raises(RuntimeError, match="row broke off"):
        regressions.record(Measured(*ratios))
    assert record.read_text(encoding="utf-8") == before
