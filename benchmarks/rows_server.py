"""Figures of the server's side, with clients that speak Streamlit's protocol and draw nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crowd import MANY_WORKERS, level, warm_up
from figures import Figure
from servers import PAGE, PEER, gemini, serve

if TYPE_CHECKING:
    from crowd import Level
    from figures import Scale, Value
    from servers import Server

# conversations

LADDER = [round(20 * 1.1**step) for step in range(25)]  # 20 to 197 conversations, a tenth more each
_LEAP = 4  # steps at a time until one is too many


@dataclass(slots=True)
class _Search:
    """Looks for the highest step of the ladder that a server carries: in leaps, then by halves, and then it must be carried twice."""

    who: str
    server: Server
    levels: list[Level] = field(default_factory=list["Level"])
    _carried: int = -1  # the highest step that has been
    _failed: int = len(LADDER)  # the lowest that has not
    _times: dict[int, int] = field(default_factory=dict[int, int])

    def next_step(self) -> int | None:
        """Return the step to try, None when it is found."""
        if self._failed - self._carried > 1:
            if self._failed == len(LADDER):
                return min(self._carried + _LEAP, len(LADDER) - 1) if self._carried >= 0 else 0
            return (self._carried + self._failed) // 2
        return self._carried if self._carried >= 0 and self._times[self._carried] < 2 else None

    def take(self, step: int, found: Level) -> None:
        """Take in how a step went. One that is not carried again was luck: the one below is the limit, if it is carried twice."""
        self.levels.append(found)
        if found.carried:
            self._carried, self._times[step] = step, self._times.get(step, 0) + 1
        else:
            self._failed, self._carried = step, min(self._carried, step - 1)
            self._times.setdefault(self._carried, 0)

    @property
    def limit(self) -> int:
        """The number of conversations that is carried, 0 when the lowest step is too many."""
        return LADDER[self._carried] if self._carried >= 0 else 0


def _try_once(search: _Search, seconds: int, other: Server) -> bool:
    step = search.next_step()
    if step is not None:
        search.take(step, asyncio.run(level(search.server, LADDER[step], seconds, other)))
    return step is not None


def conversations(scale: Scale) -> list[Figure]:
    """Find how many conversations of 20 chunks/s one process carries with p95 under 1 s: the playground and the peer by turns."""
    seconds = 8 if scale.short else 12
    with gemini() as model, serve(PAGE, **model, **MANY_WORKERS) as page, serve(PEER, **model) as peer:
        ours, theirs = _Search("playground", page), _Search("st.write_stream", peer)
        for search in (ours, theirs):
            asyncio.run(warm_up(search.server))
        for _ in range(2 * len(LADDER)):
            if not any([_try_once(ours, seconds, peer), _try_once(theirs, seconds, page)]):
                break
    ratio = round(ours.limit / theirs.limit, 2) if theirs.limit else 0.0
    limits: dict[str, Value] = {"playground": ours.limit, "st.write_stream": theirs.limit, "ratio": ratio}
    what = "streaming conversations in one process, p95 chunk to client under 1 s"
    tries = [(search.who, found) for search in (ours, theirs) for found in sorted(search.levels, key=lambda tried: tried.users)]
    return [
        Figure(what, limits, "at least 1.5x", ratio >= 1.5),
        *(Figure(f"chunk to client, ms, {found.users} conversations, {who}", found.values()) for who, found in tries),
    ]
