"""A meeting on the page: each contribution as a row, who has the floor, and how the seats are.

It is HTML for `st.html`, and look.css has its looks. What a seat is called, and what it says, stands there to the letter: escaped,
between tags, in its own writing direction.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from playground.contributions import Probes, listed
from playground.turn_log import Contribution, Floor, Message, TextPart
from session_manager import literal, printable

TONES: Final = 12  # look.css has so many
LISTED: Final = 100  # quick answers, the last ones
CHAIR: Final = "chair"  # as playground.meetings names it, whose ADK the page does without
_STATES: Final[Mapping[str, str]] = {"here": "alive", "invited": "is asked to come", "declined": "does not come"}
_BEATING: Final = ("here", "answering")
_FAR: Final = 2  # colours that can be told at a glance
_BUBBLES: Final = ("say", "propose", "decided")


def tones_of(message: Message) -> dict[str, int]:
    """Return the colour of each seat of a message: by its name, and the next one if another seat has that."""
    seats: list[str] = []
    for part in message.parts:
        if isinstance(part, Contribution):
            told = part.data.get("seats")
            seats += [str(seat) for seat in told] if part.kind == "opening" and isinstance(told, list) else []
            seats += [part.seat] if part.is_said else []
    return tones([*seats, *(message.floor.seats if message.floor else ())])


def tones(seats: Iterable[str]) -> dict[str, int]:
    """Return a colour for each seat, in their order: by its name, and not one near another's as long as there are such."""
    taken: dict[str, int] = {}
    for seat in seats:
        if seat not in taken:
            first = zlib.crc32(seat.encode(errors="replace"))
            others = list(taken.values())
            taken[seat] = max(((first + n) % TONES for n in range(TONES)), key=lambda tone: min(_apart(tone, others), _FAR))
    return taken


def _apart(tone: int, others: Sequence[int]) -> int:
    """Return how far a colour is from the nearest other, around the circle."""
    return min((min((tone - other) % TONES, (other - tone) % TONES) for other in others), default=TONES)


def said_html(said: Contribution, toned: Mapping[str, int]) -> str:
    """Return a contribution as a row: a bubble for what is said and proposed, one line for the rest."""
    looks = "vh-bubble" if said.kind in _BUBBLES else "vh-line"
    act = f'<span class="vh-act">{said.act}</span>' if said.act else ""
    kind = "gives-way" if said.act == "gives way" else said.kind
    words = f'<div class="vh-words" dir="auto">{_escaped(said.words)}</div>' if said.words else ""
    who = f'<div class="vh-who">{_name(said.seat)}{act}</div>'
    return f'<div class="vh-said {looks} vh-{kind}">{_face(said.seat, toned)}<div class="vh-body">{who}{words}</div></div>'


def probes_html(probes: Probes, toned: Mapping[str, int]) -> str:
    """Return quick answers as short lines."""
    rows = "".join(said_html(answer, toned) for answer in probes.answers[-LISTED:])
    left = len(probes.answers) - LISTED
    return f'<div class="vh-probes">{f"<div>The last {LISTED} of {left + LISTED}:</div>" if left > 0 else ""}{rows}</div>'


def put_said(place: Any, text: str, answers: str | None) -> None:  # noqa: ANN401 - Streamlit's containers
    """Draw a row; or, with the quick answers that it stands for, a line that opens."""
    if answers is None:
        place.html(text)
    else:
        place.expander(literal(text), icon=":material/forum:").html(answers)


def floor_html(message: Message, toned: Mapping[str, int]) -> str:
    """Return who has the floor, and for client.js what there is to be read out when a meeting begins."""
    floor = message.floor or Floor()
    faces = "".join(_face(seat, toned) for seat in floor.seats[:6])
    one = len(floor.seats) == 1
    words = f"{_escaped(listed(floor.seats))} {'has the floor' if one else 'are asked'}" if floor.seats else "The meeting goes on"
    text = next((part.text for part in message.parts if isinstance(part, TextPart)), "") or "A meeting begins."
    spoken = f'data-vibehuntr-id="{html.escape(message.turn_id)}" data-vibehuntr-say="{quote(text, safe="", errors="replace")}"'
    return f'<div class="vh-floor" {spoken}>{faces}<span class="vh-pulse"></span><bdi>{words}</bdi></div>'


def seats_html(floor: Floor, *, live: bool) -> str:
    """Return how the seats are, two lines each; `live` while the meeting is held."""
    toned = tones(str(seat.get("seat")) for seat in floor.health)
    return f'<div class="vh-seats" role="list">{"".join(_seat(seat, toned, live=live) for seat in floor.health)}</div>'


def _seat(seat: Mapping[str, Any], toned: Mapping[str, int], *, live: bool) -> str:
    name, state = str(seat.get("seat")), str(seat.get("state"))
    kind = state if state in ("answering", "failed") else "here" if state == "here" else "gone"
    shown = _STATES.get(state, state) if live or state not in _BEATING else "to the end"
    beat = f'<div class="vh-figures">last beat {_seconds(seat, "beat")} ago</div>' if live and state in _BEATING else ""
    failed = _count(seat, "failed")
    numbers = [f"{_count(seat, 'handled')} handled", f"<b>{failed} failed</b>" if failed else "0 failed"]
    numbers += [f"lag {_count(seat, 'lag')}", f"queue {_count(seat, 'queue')}"]
    times = [f"busy {_seconds(seat, 'busy')}", f"waiting {_seconds(seat, 'waiting')}"]
    head = f'<div class="vh-who">{_name(name)}<span class="vh-state vh-{kind}">{_escaped(shown)}</span></div>'
    figures = "".join(f"<span>{figure}</span>" for figure in (*numbers, *times))
    body = f'<div class="vh-body">{head}{beat}<div class="vh-figures vh-grid">{figures}</div></div>'
    return f'<div class="vh-seat" role="listitem">{_face(name, toned)}{body}</div>'


def seats_title(floor: Floor) -> str:
    """Return the seats' heading: how many there are, and how many are out."""
    failed = sum(seat.get("state") == "failed" for seat in floor.health)
    return f"Seats: {len(floor.health)}{f', {failed} failed' if failed else ''}"


def _face(seat: str, toned: Mapping[str, int]) -> str:
    letter = next((char for char in seat if char.isalnum()), "?").upper()[:1]
    tone = "chair" if seat == CHAIR else toned.get(seat, 0)
    return f'<span class="vh-face vh-tone-{tone}" aria-hidden="true">{html.escape(letter)}</span>'


def _name(seat: str) -> str:
    return f"<b><bdi>{'Chair' if seat == CHAIR else _escaped(seat)}</bdi></b>"


def _escaped(text: str) -> str:
    return html.escape(" ".join(printable(text).split()))


def _count(seat: Mapping[str, Any], key: str) -> int:
    value = seat.get(key)
    return value if isinstance(value, int) else 0


def _seconds(seat: Mapping[str, Any], key: str) -> str:
    value = seat.get(key)
    return f"{value if isinstance(value, int | float) else 0:.1f} s"
