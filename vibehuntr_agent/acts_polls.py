"""What the tools do with votes and decisions. A tie is shown and never broken here: only the organiser's `decide` does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from . import acts_times, intake
from .planning import votes
from .planning.availability import span_words
from .planning.errors import PersonError, PlanningError
from .planning.people import ME, find_person, listed
from .planning.references import AmbiguousReference, is_position, resolve
from .state import Answer, Board, Json, NeedMore, shown

_MAX_POLLS: Final = 20
_MAX_DECISIONS: Final = 20
_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("time", "when", "date", "day", "slot", "meeting time"), "time"),
    **dict.fromkeys(("venue", "place", "where", "location", "restaurant", "spot", "bar", "cafe", "café"), "venue"),
}
_KEPT: Final = ("name", "address", "point", "hours", "price", "currency", "source", "link")
"""What of a venue stands in the decision for it."""


@dataclass(frozen=True, slots=True)
class _Named:
    """Something that can be chosen by its name."""

    label: str
    detail: str
    item: Json


def open_poll(board: Board, subject: object, options: object, method: object) -> Answer:
    """Open a poll; of one on the same subject the ballots stay, as far as their options do."""
    said = intake.texts(options, "the options")
    labels = [_option_label(board, text) for text in said]
    poll = votes.open_poll(
        intake.needed(subject, "a subject for the poll"),
        [{"label": label} for label in labels],
        intake.text(method, "the method") or "approval",
    )
    polls = _polls(board)
    old = next((known for known in polls if known.subject.casefold() == poll.subject.casefold()), None)
    poll = _with_ballots(poll, old) if old and old.method == poll.method else poll
    others = [known for known in polls if known is not old]
    if len(others) >= _MAX_POLLS:
        raise PlanningError(f"There are {_MAX_POLLS} polls already. Please decide some of them first.")
    _store(board, [*others, poll])
    board.set("list", {"of": "options", "items": [{"label": label} for label in poll.labels]})
    lost = len(old.ballots) - len(poll.ballots) if old else 0
    how = "say yes to as many as they like" if poll.method == "approval" else "put them in order, the best first"
    summary = f"A vote on {poll.subject}: {listed(poll.labels)}. Everybody can {how}."
    warnings = [f"{lost} earlier ballots do not fit the new options and are gone."] if lost else []
    data, view = _standing(board, poll)
    return Answer(summary, data, warnings, view, change=f"a vote on {poll.subject} was opened")


def vote(board: Board, person: object, answers: Mapping[str, object], ranking: object, replace: object) -> Answer:
    """Take one ballot, whole or merged into the person's last one."""
    polls = _polls(board)
    if not polls:
        raise NeedMore("There is no vote open. What shall people vote on?", ["a poll"])
    if not board.roster:
        raise PersonError("Nobody is in the plan yet. Who is coming?")
    name = find_person(intake.needed(person, "who votes"), board.roster).name
    said = {answer: intake.texts(options, "the options") for answer, options in answers.items()}
    order = intake.texts(ranking, "the ranking")
    poll = _poll_for(polls, [*order, *(option for options in said.values() for option in options)])
    new = _ranked(poll, order or said["yes"]) if poll.method == "ranked" else _approved(poll, said, order)
    whole = intake.flag(replace, otherwise=True)
    after = votes.vote(poll, name, new if whole else _joined(poll.ballots.get(name), new), board.names)
    _store(board, [after if known is poll else known for known in polls])
    data, view = _standing(board, after)
    return Answer(
        f"{_ballot_words(name, after.ballots[name])} {data['words']}",
        data,
        (),
        view,
        change=f"{'your' if name == ME else name + chr(39) + 's'} vote",
    )


def poll_results(board: Board, subject: object) -> Answer:
    """How a poll stands."""
    polls = _polls(board)
    if not polls:
        raise NeedMore("There is no vote yet. What shall people vote on?", ["a poll"])
    said = intake.text(subject, "the subject")
    poll = polls[resolve(said, [known.subject for known in polls])] if said and len(polls) > 1 else polls[-1]
    data, view = _standing(board, poll)
    return Answer(f"The vote on {poll.subject}: {data['words']}", data, (), view)


def decide(board: Board, what: object, choice: object, end: object, reason: object) -> Answer:
    """Write a decision down, in place of an earlier one on the same."""
    about = _about(what)
    why, at = intake.text(reason, "the reason") or "", board.now.isoformat(timespec="seconds")
    if about == "time":
        return _decide_time(board, choice, end, {"reason": why, "at": at})
    said = intake.needed(choice, "the choice")
    item = _venue_meant(board, said) if about == "venue" else {"name": _option_meant(board, said) or _must_be_name(said)}
    notes = _settle_polls(board, item["name"])
    decision = {**item, "reason": why, "at": at}
    _decide(board, about, decision)
    typed = " I have no data on it but its name." if about == "venue" and item.get("source") == "you" and len(item) == 2 else ""  # noqa: PLR2004  name and source
    return Answer(
        f"Decided, {about}: {item['name']}.{typed}", {"what": about, "decision": decision}, notes, change=f"{about} decided: {item['name']}"
    )


def undecide(board: Board, what: object) -> Answer:
    """Take a decision back."""
    about, known = _about(what), board.get("decisions")
    if about not in known:
        raise NeedMore(f"Nothing is decided on {about}, so there is nothing to take back.", [about])
    board.set("decisions", {key: value for key, value in known.items() if key != about})
    return Answer(f"No longer decided: {about}.", {"what": about}, change=f"{about} is open again")


def known_venues(board: Board) -> list[_Named]:
    """The venues that can be named: those listed last first."""
    listed_last = [_named(item) for item in shown(board, "venues", "options")]
    labels = {one.label.casefold() for one in listed_last}
    others = [_named(item) for item in board.get("venues") if item.get("label", item["name"]).casefold() not in labels]
    return [*listed_last, *others]


def find_venue(board: Board, said: str) -> Json | None:
    """The known venue that is meant by a place in the list, its name or part of it; None when it is none of them."""
    first = [_named(item) for item in shown(board, "venues", "options")]
    if is_position(said):
        if not first:
            raise PlanningError(f"There is no list of places that “{said[:40]}” could be from. What is the place called?")
        return _venue_of(board, first[resolve(said, [one.label for one in first])])
    names = known_venues(board)
    polled = [_Named(label, "", {"name": label}) for poll in _polls(board) for label in poll.labels]
    for pool in (first, names, [one for one in polled if one.label.casefold() not in {name.label.casefold() for name in names}]):
        try:
            if pool:
                return _venue_of(board, pool[resolve(said, [one.label for one in pool], [one.detail for one in pool])])
        except AmbiguousReference:
            raise
        except PlanningError:
            continue
    return None


def _venue_of(board: Board, one: _Named) -> Json:
    """The whole of a venue that is known by its name alone."""
    name = one.item.get("name", one.label)
    return next((venue for venue in board.get("venues") if one.label in (venue.get("label"), venue["name"])), {**one.item, "name": name})


def _named(item: Json) -> _Named:
    words = [item.get("kind", ""), *item.get("cuisines", []), item.get("address", "")]
    return _Named(item.get("label") or item["name"], " ".join(word.replace("_", " ") for word in words), item)


def _about(what: object) -> str:
    said = intake.needed(what, "what is decided", 40).casefold()
    return _NAMES.get(said, said)


def _decide_time(board: Board, choice: object, end: object, more: Json) -> Answer:
    span, both_said = acts_times.decided_span(board, choice, end)
    zone = board.zone
    start, until = (moment.astimezone(zone) for moment in span)
    decision = {"start": start.isoformat(), "end": until.isoformat(), **more}
    if both_said and not board.plan.get("duration_minutes"):
        board.update("plan", duration_minutes=int((span[1].timestamp() - span[0].timestamp()) // 60))
    _decide(board, "time", decision)
    words = span_words(span, zone)
    cannot = acts_times.who_cannot(board, span)
    warnings = [f"{listed(cannot)} cannot come then, as far as I know."] if cannot else []
    summary = f"Decided, time: {words} ({zone.key})."
    return Answer(summary, {"what": "time", "decision": decision, "words": words}, warnings, change=f"time decided: {words}")


def _decide(board: Board, about: str, decision: Json) -> None:
    known = board.get("decisions")
    if about not in known and len(known) >= _MAX_DECISIONS:
        raise PlanningError("That is too much to decide in one plan. Which decision may go?")
    board.set("decisions", {**known, about: decision})


def _venue_meant(board: Board, said: str) -> Json:
    found = find_venue(board, said)
    if found is None:
        return {"name": _must_be_name(said), "source": "you"}
    return {key: found[key] for key in _KEPT if found.get(key)} | {"source": found.get("source", "you")}


def _must_be_name(said: str) -> str:
    if is_position(said):
        raise PlanningError(f"There is no list that “{said[:40]}” could be from. Which one do you mean, by its name?")
    return said


def _option_meant(board: Board, said: str) -> str | None:
    """The item of the last list, or the poll's option, that is meant."""
    for labels in (
        [item["label"] for item in shown(board, "options")],
        [label for poll in reversed(_polls(board)) for label in poll.labels],
    ):
        try:
            if labels:
                return labels[resolve(said, labels)]
        except AmbiguousReference:
            raise
        except PlanningError:
            continue
    return None


def _settle_polls(board: Board, name: str) -> list[str]:
    """Note the organiser's choice where it resolves a tie; say so where the votes went another way."""
    notes: list[str] = []
    polls = _polls(board)
    for index, poll in enumerate(polls):
        label = next((label for label in poll.labels if label.casefold() == name.casefold()), None)
        standing = votes.tally(poll, board.names) if label and board.names else None
        if not label or not standing or not standing.voted:
            continue
        if label in standing.tied:
            polls[index] = votes.choose(poll, label, board.names)
        elif standing.winner != label:
            first = f"“{standing.winner}” is" if standing.winner else f"{listed(standing.tied)} are"
            notes.append(f"By the votes on {poll.subject}, {first} first.")
    _store(board, polls)
    return notes


def _polls(board: Board) -> list[votes.Poll]:
    return [votes.poll_from_json(stored) for stored in board.get("polls")]


def _store(board: Board, polls: Sequence[votes.Poll]) -> None:
    if polls or board.get("polls"):
        board.set("polls", [votes.poll_to_json(poll) for poll in polls])


def _option_label(board: Board, said: str) -> str:
    """An option as it was said, or the item of the last list that "the second" means."""
    items = shown(board, "slots", "venues", "options")
    if is_position(said) and items:
        labels = [item["label"] for item in items]
        try:
            return labels[resolve(said, labels)]
        except PlanningError:
            return said
    return said


def _with_ballots(poll: votes.Poll, old: votes.Poll) -> votes.Poll:
    known = {label.casefold(): label for label in poll.labels}
    for person, cast in old.ballots.items():
        if isinstance(cast, Mapping):
            kept: Any = {known[label.casefold()]: answer for label, answer in cast.items() if label.casefold() in known}
        else:
            kept = [known[label.casefold()] for label in cast if label.casefold() in known]
        if kept:
            poll = votes.vote(poll, person, kept, [person])
    return poll


def _poll_for(polls: Sequence[votes.Poll], said: Sequence[str]) -> votes.Poll:
    """The newest open poll that has all these options; else the newest."""
    for poll in reversed(polls):
        if poll.status == "open" and said and all(_has(poll, option) for option in said):
            return poll
    return polls[-1]


def _has(poll: votes.Poll, said: str) -> bool:
    try:
        resolve(said, poll.labels)
    except PlanningError:
        return False
    return True


def _meant(poll: votes.Poll, said: str) -> str:
    return poll.labels[resolve(said, poll.labels)]


def _ranked(poll: votes.Poll, order: Sequence[str]) -> list[str]:
    return [_meant(poll, option) for option in order]


def _approved(poll: votes.Poll, said: Mapping[str, Sequence[str]], order: Sequence[str]) -> dict[str, str]:
    if order:
        raise PlanningError(f"The vote on {poll.subject} takes yes, if needed or no to each option, and no order. Which options are a yes?")
    ballot: dict[str, str] = {}
    for answer, options in said.items():
        for label in dict.fromkeys(_meant(poll, option) for option in options):
            if label in ballot:
                raise PlanningError(f"“{label}” is named with two answers. Which one is meant?")
            ballot[label] = answer
    return ballot


def _joined(old: votes.Ballot | None, new: Any) -> Any:  # noqa: ANN401  one ballot of two kinds
    if old is None or not new:
        return new
    if isinstance(new, dict) and isinstance(old, Mapping):
        return {**old, **new}
    return [*new, *(label for label in old if label not in new)]


def _ballot_words(name: str, cast: votes.Ballot) -> str:
    who = "You" if name == ME else name
    if not isinstance(cast, Mapping):
        return f"{who} voted: {', '.join(cast)}, in this order."
    words = {"yes": "yes to", "if_needed": "if needed to", "no": "no to"}
    parts = [
        f"{words[answer]} {listed(label for label, said in cast.items() if said == answer)}" for answer in words if answer in cast.values()
    ]
    return f"{who} voted {', '.join(parts)}."


def _standing(board: Board, poll: votes.Poll) -> tuple[Json, Json | None]:
    """The tally for the answer, and the drawing of it."""
    if not board.names:
        return {
            "subject": poll.subject,
            "method": poll.method,
            "options": list(poll.labels),
            "words": "Nobody is in the plan yet. Who votes?",
        }, None
    standing = votes.tally(poll, board.names)
    words = votes.tally_words(standing)
    data: Json = {**votes.as_json(standing), "options": list(poll.labels), "words": words}
    return data, {"name": "votes", "data": {**data, "text": [words, *(_row_words(row) for row in standing.rows)]}}


def _row_words(row: votes.Row) -> str:
    if isinstance(row, votes.ApprovalRow):
        parts = [("yes", row.yes), ("if needed", row.if_needed), ("no", row.no)]
        told = "; ".join(f"{len(names)} {label} ({listed(names)})" for label, names in parts if names)
        return f"{row.place}. {row.label}: {told or 'no votes'}"
    told = f"first for {listed(row.first_for)}" if row.first_for else "first for nobody"
    return f"{row.place}. {row.label}: {told}{f'; wins against {listed(row.beats)}' if row.beats else ''}"
