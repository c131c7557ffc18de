"""What a group prefers: polls with their tallies, and scores that weigh everybody.

Approval: each option is answered yes, if needed or no; an option that a ballot leaves out has no answer from it. The greater net score
(yes minus no) is first; at the same net score, fewer no; at the same of both (and so the same yes), more if-needed. If-needed counts for
nothing else: no number of them makes up for one yes or one no.

Ranked: best first; options left out tie at the bottom. An option that is preferred to each other one, head to head, is first (Condorcet);
else the Schulze method decides, by winning votes: a pair is as strong as the number of those who prefer its winner.

Guarantees: a tie for the first place is never broken here, only by the organiser's choice among the tied, and the tally says whose choice
it was. The order of ballots does not matter. A person has one ballot, the last. Every function that raises has changed nothing.

Not claimed: that a choice outlives later ballots. It does while its option is tied with none but those it was chosen from; else it lapses,
and the tally says so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from math import fsum
from typing import Any, Final, Literal, get_args

from .errors import PersonError, PlanningError, UnknownPerson
from .people import ME, Attendance, Person, clean_name, find_person, listed

Method = Literal["approval", "ranked"]
Answer = Literal["yes", "if_needed", "no"]
Status = Literal["open", "closed"]
Rule = Literal["net", "fewest_no", "if_needed", "condorcet", "schulze"]
Approval = Mapping[str, Answer]
Ranking = tuple[str, ...]
Ballot = Approval | Ranking
Json = dict[str, Any]

MIN_OPTIONS: Final = 2
MAX_OPTIONS: Final = 20
MAX_TEXT: Final = 200
WEIGHTS: Final[Mapping[Attendance, int]] = {"required": 3, "important": 2, "optional": 1}
"""What a person's score weighs in the mean of a group score."""
_DIGITS: Final = 6
"""Scores that differ by less are the same: the rest is rounding."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to vote for, and what else is known of it."""

    label: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Choice:
    """The organiser's word on a tie, and the options that were tied then."""

    label: str
    among: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Poll:
    """A question, its options and the last ballot of each who voted. Made by `open_poll` or `poll_from_json`, which check it."""

    subject: str
    method: Method
    options: tuple[Option, ...]
    ballots: Mapping[str, Ballot] = field(default_factory=dict[str, Ballot])
    status: Status = "open"
    choice: Choice | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The options as they were given."""
        return tuple(option.label for option in self.options)


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """Who said what to one option; `place` counts from 1 and is shared in a tie. Names stand in the group's order."""

    label: str
    place: int
    net: int
    yes: tuple[str, ...]
    if_needed: tuple[str, ...]
    no: tuple[str, ...]
    unanswered: tuple[str, ...]
    """Those who voted and left this option out."""


@dataclass(frozen=True, slots=True)
class RankedRow:
    """How one option stands against each other; `place` is 1 more than the number of options that win against it by the Schulze method."""

    label: str
    place: int
    first_for: tuple[str, ...]
    ranked_by: tuple[str, ...]
    over: Mapping[str, int]
    """How many prefer this one, by the other option's label."""
    beats: tuple[str, ...]
    """The options over which more prefer this one than the other way round."""


Row = ApprovalRow | RankedRow


@dataclass(frozen=True, slots=True)
class Tally:
    """How a poll stands. Rows come best first, in a tie in the poll's order."""

    subject: str
    method: Method
    status: Status
    rows: tuple[Row, ...]
    winner: str | None
    """None while nobody has voted, and in a tie that the organiser has not resolved."""
    tied: tuple[str, ...]
    """The options that share the first place by the votes, also when the organiser has chosen among them."""
    rule: Rule | None
    """What put the first option before the others; None when the votes did not."""
    chosen_by: str | None
    """Who chose the winner among the tied; None when the votes alone made it."""
    lapsed: Choice | None
    """A choice that no longer counts, because the tie that it was made for is gone."""
    voted: tuple[str, ...]
    not_voted: tuple[str, ...]
    not_counted: tuple[str, ...]
    """Those whose ballot does not count, because they are not in the group."""


@dataclass(frozen=True, slots=True)
class BrokenMust:
    """A `must` of a person that an option violates, in words like "step-free access"."""

    person: str
    need: str


@dataclass(frozen=True, slots=True)
class OptionScore:
    """The group score of an option that nobody's `must` removes; None where nobody's score is known."""

    label: str
    score: float | None
    mean: float | None
    worst: float | None
    worst_off: tuple[str, ...]
    unknown: tuple[str, ...]
    """Those of whom no score is known; they count neither way."""


@dataclass(frozen=True, slots=True)
class Removed:
    """An option that cannot be chosen, and why."""

    label: str
    reasons: tuple[str, ...]


def open_poll(subject: str, options: Iterable[Mapping[str, Any]], method: str = "approval") -> Poll:
    """Return a poll without ballots over `options`, each {label, ...}; what else an option carries is kept as it is.

    Raises PlanningError for fewer than two options or more than 20, a label twice (whatever its case), an empty or overlong text, and an
    unknown method.
    """
    made = tuple(_option(option) for option in options)
    if len(made) < MIN_OPTIONS:
        found = f"only “{made[0].label}”" if made else "none"
        raise PlanningError(f"A poll needs at least two options, and I have {found}. What else can people vote for?")
    if len(made) > MAX_OPTIONS:
        raise PlanningError(f"A poll holds at most {MAX_OPTIONS} options, not {len(made)}. Please leave some out.")
    _once(option.label for option in made)
    return Poll(_text(subject, "What is the poll about?"), _method(method), made)


def vote(poll: Poll, person: str, ballot: Mapping[str, str] | Sequence[str], group: Sequence[str]) -> Poll:
    """Return the poll with `ballot` as the whole vote of `person`, in place of an earlier one.

    Approval: {label: yes, if_needed or no}; ranked: [label, ...], best first. Raises PlanningError when the poll is closed, an option is
    unknown or named twice, an answer is unknown or the ballot is empty; and as `find_person` does for somebody who is not in `group`.
    """
    if poll.status == "closed":
        raise PlanningError(f"The poll “{poll.subject}” is closed. If you want to vote again, please open a new one.")
    name = find_person(person, [Person(known) for known in group]).name
    others = {known: cast for known, cast in poll.ballots.items() if _key(known) != _key(name)}
    return replace(poll, ballots={**others, name: _ballot(poll, ballot)})


def choose(poll: Poll, label: str, group: Sequence[str], by: str = ME) -> Poll:
    """Return the poll with the choice of its organiser, `by`, among the options that are tied for the first place.

    Raises PlanningError when nothing is tied, or `label` is not among the tied.
    """
    chosen, standing = find_option(poll, label), tally(poll, group)
    if not standing.voted:
        raise PlanningError("Nobody has voted yet, so there is no tie to resolve. Who votes first?")
    if not standing.tied:
        raise PlanningError(f"There is no tie to resolve: “{standing.winner}” is first by the votes. It takes another vote to change that.")
    if chosen not in standing.tied:
        raise PlanningError(f"“{chosen}” is not among the tied options; they are {_quoted(standing.tied)}. Which of them is it?")
    return replace(poll, choice=Choice(chosen, standing.tied, clean_name(by)))


def close_poll(poll: Poll) -> Poll:
    """Return the poll, closed: it takes no ballot any more. A tie can still be resolved."""
    return replace(poll, status="closed")


def find_option(poll: Poll, said: str) -> str:
    """Return the label that `said` is, whatever its case and spaces. Raises PlanningError with the options there are."""
    for label in poll.labels:
        if _key(label) == _key(said):
            return label
    raise PlanningError(f"“{said}” is not an option of this poll; the options are {_quoted(poll.labels)}. Which one do you mean?")


def tally(poll: Poll, group: Sequence[str]) -> Tally:
    """Return how the poll stands among `group`. Raises PersonError for an empty group."""
    names = tuple({_key(name): name for name in group}.values())
    if not names:
        raise PersonError("Nobody is in the plan yet. Who is coming?")
    cast = {_key(person): ballot for person, ballot in poll.ballots.items()}
    counted = {name: cast[_key(name)] for name in names if _key(name) in cast}
    rows = _approval_rows(poll, counted) if poll.method == "approval" else _ranked_rows(poll, counted)
    first = tuple(row.label for row in rows if row.place == 1) if counted else ()
    tied = first if len(first) > 1 else ()
    choice = poll.choice if _holds(poll.choice, tied) else None
    winner = choice.label if choice else None if tied else next(iter(first), None)
    known = {_key(name) for name in names}
    return Tally(
        poll.subject,
        poll.method,
        poll.status,
        rows,
        winner=winner,
        tied=tied,
        rule=_rule(rows) if len(first) == 1 else None,
        chosen_by=choice.by if choice else None,
        lapsed=poll.choice if poll.choice and poll.choice.label != winner else None,
        voted=tuple(counted),
        not_voted=tuple(name for name in names if name not in counted),
        not_counted=tuple(sorted(person for person in poll.ballots if _key(person) not in known)),
    )


def tally_words(result: Tally) -> str:
    """Return the tally in sentences: who is first and why, or who is tied and who decides; and who has not voted."""
    parts = [_outcome_words(result)]
    if lapsed := result.lapsed:
        parts.append(f"{_whose(lapsed.by)} earlier choice of “{lapsed.label}” was made for another tie and does not count any more.")
    if result.not_voted:
        parts.append(f"Not voted yet: {listed(result.not_voted)}.")
    if result.not_counted:
        parts.append(f"Not counted, because not in the group: {listed(result.not_counted)}.")
    return " ".join(parts)


def group_score(scores: Mapping[str, float], people: Sequence[Person]) -> float | None:
    """Return half the weighted mean plus half the score of the worst-off person, in 0..1; None when no score is known.

    Raises PersonError for an empty group, and PlanningError for a score outside 0..1 or of somebody who is not in the group.
    """
    return _score("", scores, people).score


def rank_options(
    scores: Mapping[str, Mapping[str, float]], people: Sequence[Person], broken: Mapping[str, Sequence[BrokenMust]] | None = None
) -> tuple[tuple[OptionScore, ...], tuple[Removed, ...]]:
    """Return the options of `scores` ({label: {person: 0..1}}), best group score first, and those that a broken `must` removes, with why.

    The same score keeps the given order; options without any known score come last. Raises as `group_score` does.
    """
    removed = tuple(Removed(label, _reasons(musts, people)) for label, musts in (broken or {}).items() if musts)
    gone = {option.label for option in removed}
    every = [_score(label, of_people, people) for label, of_people in scores.items()]
    kept = [option for option in every if option.label not in gone]
    return tuple(sorted(kept, key=lambda option: -1.0 if option.score is None else option.score, reverse=True)), removed


def poll_to_json(poll: Poll) -> Json:
    """Return the poll as session state holds it."""
    known: Json = {
        "subject": poll.subject,
        "method": poll.method,
        "options": [{"label": option.label, **option.details} for option in poll.options],
        "ballots": {person: dict(cast) if isinstance(cast, Mapping) else list(cast) for person, cast in poll.ballots.items()},
        "status": poll.status,
    }
    return {**known, "choice": as_json(poll.choice)} if poll.choice else known


def poll_from_json(stored: Mapping[str, Any]) -> Poll:
    """Return the poll that was stored. Raises PlanningError when it breaks a rule of polls or ballots."""
    options, ballots, choice = stored.get("options"), stored.get("ballots", {}), stored.get("choice")
    if not isinstance(options, list) or not isinstance(ballots, Mapping):
        raise PlanningError("I cannot read that poll. Please open it again.")
    poll = open_poll(stored.get("subject", ""), options, stored.get("method", "approval"))
    return replace(
        poll,
        ballots={str(person): _ballot(poll, cast) for person, cast in ballots.items()},
        status="closed" if stored.get("status") == "closed" else "open",
        choice=_choice(poll, choice) if choice else None,
    )


def as_json(record: Tally | Choice | OptionScore | Removed) -> Json:
    """Return a result with lists and dicts in place of tuples and records."""
    return asdict(record, dict_factory=lambda pairs: {key: list(value) if isinstance(value, tuple) else value for key, value in pairs})


def _key(text: str) -> str:
    """What two spellings of one label or name have in common."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold()).split())


def _text(raw: object, question: str) -> str:
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str("" if raw is None else raw))
    text = " ".join(unicodedata.normalize("NFC", kept).split())
    if not _key(text):
        raise PlanningError(question)
    if len(text) > MAX_TEXT:
        raise PlanningError(f"That is too long for a poll: at most {MAX_TEXT} characters, please.")
    return text


def _quoted(labels: Iterable[str]) -> str:
    return listed(f"“{label}”" for label in labels)


def _whose(name: str) -> str:
    return "Your" if name == ME else f"{name}'s"


def _option(raw: Mapping[str, Any]) -> Option:
    if not isinstance(raw, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  a model may send anything
        raise PlanningError("I cannot read an option of that poll. Please name each option.")
    details = {key: value for key, value in raw.items() if key != "label"}
    return Option(_text(raw.get("label"), "An option of the poll has no name. What is it called?"), details)


def _once(labels: Iterable[str], where: str = "") -> None:
    every = list(labels)
    keys = [_key(label) for label in every]
    for label, key in zip(every, keys, strict=True):
        if keys.count(key) > 1:
            raise PlanningError(f"“{label}” is named twice{where}. Please name each option once.")


def _method(raw: str) -> Method:
    for known in get_args(Method):
        if str(raw).strip().casefold() == known:
            return known
    raise PlanningError(f"I know the methods {' and '.join(get_args(Method))}, not “{raw}”. Which one shall it be?")


def _answer(raw: str) -> Answer:
    for known in get_args(Answer):
        if str(raw).strip().casefold().replace(" ", "_").replace("-", "_") == known:
            return known
    raise PlanningError(f"I know the answers {', '.join(get_args(Answer))}, not “{raw}”. Which one is meant?")


def _ballot(poll: Poll, cast: Mapping[str, str] | Sequence[str]) -> Ballot:
    if not cast:
        raise PlanningError(f"That ballot names no option; the options are {_quoted(poll.labels)}. What is the vote?")
    if poll.method == "approval":
        if not isinstance(cast, Mapping):
            raise PlanningError("This poll takes an answer to each option: yes, if_needed or no. What is the answer to each?")
        _once((find_option(poll, label) for label in cast), " in that ballot")
        return {find_option(poll, label): _answer(said) for label, said in cast.items()}
    if isinstance(cast, (Mapping, str)) or not isinstance(cast, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]  the same
        raise PlanningError("This poll takes the options in order, the best first. What is the order?")
    ranking = tuple(find_option(poll, label) for label in cast)
    _once(ranking, " in that ballot")
    return ranking


def _choice(poll: Poll, stored: Mapping[str, Any]) -> Choice:
    among = tuple(find_option(poll, label) for label in stored.get("among", ()))
    return Choice(find_option(poll, stored.get("label", "")), among, clean_name(str(stored.get("by", ME))))


def _holds(choice: Choice | None, tied: Sequence[str]) -> bool:
    """Whether the choice speaks of this tie: its option is tied, and nothing is that was not to choose from."""
    return choice is not None and choice.label in tied and set(tied) <= set(choice.among)


def _approval_rows(poll: Poll, counted: Mapping[str, Ballot]) -> tuple[ApprovalRow, ...]:
    ballots = {name: cast for name, cast in counted.items() if isinstance(cast, Mapping)}
    rows = [_approval_row(label, ballots) for label in poll.labels]
    ranks = sorted((_rank(row) for row in rows), reverse=True)
    return tuple(sorted((replace(row, place=ranks.index(_rank(row)) + 1) for row in rows), key=lambda row: row.place))


def _approval_row(label: str, ballots: Mapping[str, Approval]) -> ApprovalRow:
    said = {answer: tuple(name for name, cast in ballots.items() if cast.get(label) == answer) for answer in (*get_args(Answer), None)}
    net = len(said["yes"]) - len(said["no"])
    return ApprovalRow(label, 1, net, said["yes"], said["if_needed"], said["no"], said[None])


def _rank(row: ApprovalRow) -> tuple[int, int, int]:
    """The greater, the better."""
    return (row.net, -len(row.no), len(row.if_needed))


def _ranked_rows(poll: Poll, counted: Mapping[str, Ballot]) -> tuple[RankedRow, ...]:
    ballots = {name: cast for name, cast in counted.items() if isinstance(cast, tuple)}
    over = _preferred(poll.labels, ballots.values())
    paths = _strongest_paths(over)
    rows = [
        RankedRow(
            label,
            place=1 + sum(paths[other][label] > strength for other, strength in paths[label].items()),
            first_for=tuple(name for name, cast in ballots.items() if cast[0] == label),
            ranked_by=tuple(name for name, cast in ballots.items() if label in cast),
            over=over[label],
            beats=tuple(other for other, count in over[label].items() if count > over[other][label]),
        )
        for label in poll.labels
    ]
    return tuple(sorted(rows, key=lambda row: row.place))


def _preferred(labels: Sequence[str], ballots: Iterable[Ranking]) -> dict[str, dict[str, int]]:
    """How many prefer the first label to the second."""
    places = [{label: place for place, label in enumerate(cast)} for cast in ballots]
    last = len(labels)
    return {
        label: {other: sum(at.get(label, last) < at.get(other, last) for at in places) for other in labels if other != label}
        for label in labels
    }


def _strongest_paths(over: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """The strength of the strongest path of won pairs from the first label to the second, 0 where there is none (Floyd-Warshall)."""
    paths = {label: {other: count if count > over[other][label] else 0 for other, count in row.items()} for label, row in over.items()}
    for via, start, end in product(paths, repeat=3):
        if via not in (start, end) and start != end:
            paths[start][end] = max(paths[start][end], min(paths[start][via], paths[via][end]))
    return paths


def _rule(rows: Sequence[Row]) -> Rule:
    """What puts the first row, which is alone there, before the second."""
    first, second = rows[:2]
    if isinstance(first, RankedRow):
        return "condorcet" if len(first.beats) == len(rows) - 1 else "schulze"
    if not isinstance(second, ApprovalRow) or first.net != second.net:
        return "net"
    return "if_needed" if len(first.no) == len(second.no) else "fewest_no"


def _outcome_words(result: Tally) -> str:
    if not result.voted:
        return "Nobody has voted yet."
    if result.tied:
        tie = f"Tied for the first place: {_quoted(result.tied)}{_counts(result.rows[0], 'each ')}."
        if result.chosen_by:
            return f"{tie} {_whose(result.chosen_by)} choice among them is “{result.winner}”."
        return f"{tie} The organiser decides: which of them is it?"
    return f"“{result.winner}” is first{_counts(result.rows[0])}{_rule_words(result)}."


def _counts(row: Row, each: str = "") -> str:
    if isinstance(row, RankedRow):
        return ""
    return f", {each}with {len(row.yes)} yes, {len(row.if_needed)} if needed and {len(row.no)} no"


def _rule_words(result: Tally) -> str:
    first, second = result.rows[:2]
    words: Mapping[Rule | None, str] = {
        "net": "",
        "fewest_no": f"; “{second.label}” has the same net score, and more no",
        "if_needed": f"; “{second.label}” has the same yes and no, and fewer if needed",
        "condorcet": ": head to head, more prefer it to each other option than the other way round",
        "schulze": " by the Schulze method: no option wins against each other one head to head",
    }
    unloved = isinstance(first, ApprovalRow) and first.net < 0
    return words[result.rule] + ("; still, more say no to it than yes" if unloved else "")


def _score(label: str, scores: Mapping[str, float], people: Sequence[Person]) -> OptionScore:
    if not people:
        raise PersonError("Nobody is in the plan yet. Who is coming?")
    for name, value in scores.items():
        _check_person(name, people)
        if not 0 <= value <= 1:
            raise PlanningError(f"A score lies between 0 and 1; {value:g} for {listed([name])} does not. Which score is meant?")
    unknown = tuple(person.name for person in people if person.name not in scores)
    known = {person.name: (scores[person.name], WEIGHTS[person.attendance]) for person in people if person.name in scores}
    if not known:
        return OptionScore(label, None, None, None, (), unknown)
    mean = fsum(value * weight for value, weight in known.values()) / sum(weight for _, weight in known.values())
    worst = min(value for value, _ in known.values())
    worst_off = tuple(name for name, (value, _) in known.items() if value == worst)
    return OptionScore(label, round((mean + worst) / 2, _DIGITS), round(mean, _DIGITS), round(worst, _DIGITS), worst_off, unknown)


def _check_person(name: str, people: Sequence[Person]) -> None:
    if all(person.name != name for person in people):
        raise UnknownPerson(f"I have no “{name}” in the plan, only {listed(person.name for person in people)}.")


def _reasons(musts: Sequence[BrokenMust], people: Sequence[Person]) -> tuple[str, ...]:
    for must in musts:
        _check_person(must.person, people)
    return tuple(f"{must.need} is a must for {listed([must.person])}, and it is not met" for must in musts)
