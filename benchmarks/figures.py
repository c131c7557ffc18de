"""What a measurement hands back, and the arithmetic of a few figures. Standard library only."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what was measured, the target and whether it was met (None: no target)."""

    what: str
    values: Mapping[str, Value]
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure; `--short` takes about a quarter of the tries."""

    short: bool = False
    notes: list[str] = field(default_factory=list[str])

    def tries(self, full: int) -> int:
        """Return the number of tries for this run (never under 3)."""
        return max(3, full // 4) if self.short else full


def percentile(values: Iterable[float], share: float) -> float:
    """Return the nearest-rank percentile; `share` 0.95 is p95. NaN when there are no values."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the median, NaN when there are no values."""
    return statistics.median(values) if values else math.nan


def spread(values: Sequence[float]) -> dict[str, Value]:
    """Return median, p95 and maximum, to a tenth, and how many values there were."""
    if not values:
        return {"n": 0}
    return {
        "median": round(median(values), 1),
        "p95": round(percentile(values, 0.95), 1),
        "max": round(max(values), 1),
        "n": len(values),
    }
