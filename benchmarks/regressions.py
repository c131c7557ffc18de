"""Has anything become slower? `make bench ARGS=--check` measures some ratios in the short form, beside those in `ratios.json`.

A ratio compares the playground with a peer (or a long conversation with a short one) in the same run, so it holds on any machine; an
absolute time would not. One that is more than 30% worse than the recorded one, in each of three tries, fails.
`--record` writes the file anew: do that on a quiet machine, and say so in LOG.md.
"""

from __future__ import annotations

import json
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Scale, median

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from figures import Figure

    Measure = Callable[[str, Scale], list[Figure]]
    Record = dict[str, dict[str, float]]

RECORD = Path(__file__).with_name("ratios.json")
ROWS = ("chunk_to_dom", "first_text", "fast_stream", "history_cost")
"""What is checked; of each ratio there less is better."""
_WORSE = 1.3
_TRIES = 3


def ratios(figures: list[Figure]) -> dict[str, float]:
    """Return the ratios of a row by what they are of."""
    return {figure.what: float(figure.values["ratio"]) for figure in figures if "ratio" in figure.values}


def record(measure: Measure) -> None:
    """Write down what the ratios are now: the medians of several runs, as a lucky one would be missed by all later ones.

    Raises: RuntimeError, and nothing is written, if one of them broke off.
    """
    found: Record = {}
    for row in ROWS:
        runs = [ratios(measure(row, Scale(short=True))) for _ in range(_TRIES)]
        if not all(run.keys() == runs[0].keys() != set() for run in runs):
            message = f"{row} broke off"
            raise RuntimeError(message)
        found[row] = {what: median([run[what] for run in runs]) for what in runs[0]}
    RECORD.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def check(measure: Measure) -> int:
    """Measure, and compare. Returns 1 if a ratio has become worse, otherwise 0."""
    then: Record = json.loads(RECORD.read_text(encoding="utf-8"))
    worse = {row: left for row, ratios_then in then.items() if (left := _worse_in(row, ratios_then, measure))}
    for row, whats in worse.items():
        print(f"{row}: more than 30% worse than in {RECORD.name}, {_TRIES} times: {'; '.join(whats)}")
    print("no ratio is 30% worse than recorded" if not worse else "slower than recorded")
    return int(bool(worse))


def _worse_in(row: str, then: Mapping[str, float], measure: Measure) -> list[str]:
    """Return what has become worse in a row: what was worse, or missing, in each try."""
    left = list(then)
    for _ in range(_TRIES):
        now = ratios(measure(row, Scale(short=True)))
        left = [what for what in left if now.get(what, inf) > _WORSE * then[what]]
        if not left:
            break
    return left
