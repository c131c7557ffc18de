"""The calendar file (RFC 5545) of a plan, with its stops as further events.

Guarantees: the UIDs of a plan never change; SEQUENCE grows by one with every export whose content differs from the one before, and
an export of the same content has the same bytes but for DTSTAMP; a time is the same instant for every reader. A stop that is no
longer in the plan stays in the file as cancelled, so that it leaves the calendars it is in. Nobody's address is made up: there is
no ORGANIZER and no ATTENDEE, so a calendar shows the file and sends no invitations.

Not claimed: RFC 5546 wants an ORGANIZER in every PUBLISH and CANCEL; calendars read the file without one, and some ask a person to
remove a cancelled event by hand.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

import icalendar

from .errors import PlanningError, TimeError
from .itinerary import Itinerary

PRODID: Final = "-//Vibehuntr//Planner//EN"
_MAX_FILENAME: Final = 60
_ZONE_AROUND: Final = timedelta(days=180)
"""A zone is described for less than a year: then each change stands alone, and readers that know no list of changes read it too."""
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Event:
    """What stands in the calendar. Seconds are its finest unit."""

    title: str
    start: datetime
    end: datetime
    location: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export leaves behind for the next one."""

    uid: str
    sequence: int
    fingerprint: str
    filename: str
    stops: int = 0
    """The most stops that any export of this plan had."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A file to hand out, and what to remember of it."""

    data: bytes
    exported: Exported


def export(
    event: Event,
    *,
    zone: ZoneInfo,
    uid: str,
    now: datetime,
    stops: Sequence[Event] = (),
    previous: Exported | None = None,
) -> CalendarFile:
    """The plan as a file to publish. After the first export `previous` gives the UID, and `uid` is not looked at.

    `previous` is the last export that left the house, also when the conversation was rewound since: a calendar keeps what it has
    when a lower SEQUENCE comes.

    Raises TimeError for a time without a zone or an end that is not after its start, PlanningError for an empty title.
    """
    return _file(event, stops, zone, _stamp(now), _Turn(uid, previous, cancelled=False))


def cancel(event: Event, *, zone: ZoneInfo, now: datetime, previous: Exported | None, stops: Sequence[Event] = ()) -> CalendarFile:
    """The file that takes back all that was exported. Raises PlanningError when nothing was, and as `export` does."""
    if previous is None:
        raise PlanningError("There is no calendar file of this plan yet, so none needs to be taken back.")
    return _file(event, stops, zone, _stamp(now), _Turn(previous.uid, previous, cancelled=True))


def next_sequence(previous: Exported | None, fingerprint: str) -> int:
    """0 at first, the same for the same content, else one more."""
    if previous is None:
        return 0
    return previous.sequence + (previous.fingerprint != fingerprint)


def uid_of(*origin: str) -> str:
    """A UID that is the same for the same origin, such as the app, the person and the session, and gives none of them away."""
    return f"{uuid5(NAMESPACE_OID, json.dumps(origin))}@vibehuntr"


def stops_of(itinerary: Itinerary) -> tuple[Event, ...]:
    """The stops of an itinerary as events, from the beginning of each stay to its end."""
    return tuple(Event(visit.stop.name, visit.begin, visit.leave, visit.stop.address) for visit in itinerary.visits)


def filename_of(title: str) -> str:
    """The title in ASCII letters, digits and hyphens, with ".ics": safe on every system and in every header."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower())[:_MAX_FILENAME].strip("-") or "plan"
    return f"plan-{stem}.ics" if _RESERVED.fullmatch(stem) else f"{stem}.ics"


def to_json(exported: Exported) -> dict[str, Any]:
    """For the state key `calendar`; `from_json` reads it back."""
    return asdict(exported)


def from_json(data: Mapping[str, Any]) -> Exported:
    """What `to_json` wrote; keys of others in it are left alone."""
    return Exported(**{field.name: data[field.name] for field in fields(Exported)})


@dataclass(frozen=True, slots=True)
class _Turn:
    """One export in the row of exports of a plan."""

    first_uid: str
    previous: Exported | None
    cancelled: bool

    @property
    def uid(self) -> str:
        return self.previous.uid if self.previous else self.first_uid


@dataclass(frozen=True, slots=True)
class _Entry:
    """One VEVENT."""

    uid: str
    event: Event
    cancelled: bool
    parent: str = ""


class _Text(icalendar.vText):
    r"""A text in the file. The library's own writes the two signs "\N" as a line end: "C:\New" would lose them."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return re.sub(r"[\\;,]", r"\\\g<0>", self).replace("\n", r"\n").encode()


def _file(event: Event, stops: Sequence[Event], zone: ZoneInfo, stamp: datetime, turn: _Turn) -> CalendarFile:
    plan = _checked(event)
    most = max(len(stops), turn.previous.stops if turn.previous else 0)
    entries = [_Entry(turn.uid, plan, turn.cancelled), *_stop_entries(plan, [_checked(stop) for stop in stops], most, turn)]
    fingerprint = _fingerprint(entries, zone)
    exported = Exported(turn.uid, next_sequence(turn.previous, fingerprint), fingerprint, filename_of(plan.title), most)
    method = "CANCEL" if turn.cancelled else "PUBLISH"
    return CalendarFile(_calendar(entries, zone, method, exported.sequence, stamp), exported)


def _stop_entries(plan: Event, stops: Sequence[Event], most: int, turn: _Turn) -> Iterable[_Entry]:
    """The stops by their place in the row; those that earlier exports had beyond it are cancelled."""
    for index in range(most):
        gone = index >= len(stops)
        event = Event(plan.title, plan.start, plan.end) if gone else stops[index]
        yield _Entry(f"stop-{index + 1}-{turn.uid}", event, turn.cancelled or gone, turn.uid)


def _fingerprint(entries: Iterable[_Entry], zone: ZoneInfo) -> str:
    content = [zone.key, [asdict(entry) for entry in entries]]
    return sha256(json.dumps(content, default=datetime.isoformat, sort_keys=True).encode()).hexdigest()


def _calendar(entries: Sequence[_Entry], zone: ZoneInfo, method: str, sequence: int, stamp: datetime) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for entry in entries:
        calendar.add_component(_component(entry, zone, sequence, stamp))
    first, last = min(entry.event.start for entry in entries), max(entry.event.end for entry in entries)
    calendar.add_missing_timezones((first - _ZONE_AROUND).date(), (last + _ZONE_AROUND).date())
    return calendar.to_ical()


def _component(entry: _Entry, zone: ZoneInfo, sequence: int, stamp: datetime) -> icalendar.Event:
    start, end = _local(entry.event, zone)
    values = {
        "uid": entry.uid,
        "dtstamp": stamp,
        "sequence": sequence,
        "status": "CANCELLED" if entry.cancelled else "CONFIRMED",
        "dtstart": start,
        "dtend": end,
        "summary": _Text(entry.event.title),
        "location": _Text(entry.event.location),
        "description": _Text(entry.event.description),
        "related-to": entry.parent,
    }
    component = icalendar.Event()
    for name, value in values.items():
        if value != "":
            component.add(name, value)
    return component


def _local(event: Event, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The times by the clock of `zone`; in UTC when one lies in the second pass of an hour, which a TZID cannot tell from the first."""
    start, end = event.start.astimezone(zone), event.end.astimezone(zone)
    return (event.start, event.end) if start.fold or end.fold else (start, end)


def _checked(event: Event) -> Event:
    title = " ".join(_text(event.title).split())
    if not title:
        raise PlanningError("A calendar entry needs a title. What shall it be called?")
    start, end = _stamp(event.start), _stamp(event.end)
    if end <= start:
        raise TimeError(f"“{title}” ends before it begins. Please give it a later end.")
    return Event(title, start, end, " ".join(_text(event.location).split()), _text(event.description))


def _stamp(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise TimeError("A time in the calendar needs its zone. Please say which zone is meant.")
    return moment.astimezone(UTC).replace(microsecond=0)


def _text(raw: str) -> str:
    """The text with plain line ends and without what a calendar file cannot hold: control characters and halves of characters."""
    lines = ("".join(c if unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in line) for line in raw.splitlines())
    return "\n".join(lines).strip()
