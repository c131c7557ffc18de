"""A meeting's transcript for people: who has said it, and quick answers in one line. Pure: no Streamlit, no ADK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from playground.turn_log import Contribution, Part

NAMED: Final = 6  # of many names


@dataclass(frozen=True, slots=True)
class Probes:
    """Answers to the chair's quick questions, without anything between them."""

    answers: Sequence[Contribution]

    @property
    def words(self) -> str:
        """What they come to, as a line."""
        number = len(self.answers)
        names = listed(sorted({answer.seat for answer in self.answers}))
        return f"{names} compared notes: {number} quick answer{'s' if number > 1 else ''}"


def folded(parts: Iterable[Part]) -> Iterator[Part | Probes]:
    """Return a message's parts, each run of quick answers as one."""
    for is_probe, run in groupby(parts, lambda part: isinstance(part, Contribution) and part.is_probe):
        if is_probe:
            yield Probes([part for part in run if isinstance(part, Contribution)])
        else:
            yield from run


def listed(names: Iterable[str]) -> str:
    """Return names as a person would list them, each once: "Anna, Ben and Cleo"."""
    each = list(dict.fromkeys(names))
    if len(each) > NAMED:
        each = [*each[: NAMED - 1], f"{len(each) - NAMED + 1} others"]
    return " and ".join([", ".join(each[:-1]), *each[-1:]] if len(each) > 1 else each)
