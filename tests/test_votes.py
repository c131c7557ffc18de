"""Votes and group scores: what is first, what is tied, who decides and who is missing."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.planning.errors import PersonError, PlanningError, UnknownPerson
from vibehuntr_agent.planning.people import ME, Person
from vibehuntr_agent.planning.votes import (
    ApprovalRow,
    BrokenMust,
    Poll,
    RankedRow,
    Tally,
    as_json,
    choose,
    close_poll,
    find_option,
    group_score,
    open_poll,
    poll_from_json,
    poll_to_json,
    rank_options,
    tally,
    tally_words,
    vote,
)

GROUP = (ME, "Anna", "Ben", "Carla", "Dan", "Eve", "Finn")
FOOD = ("Thai", "Pizza", "Sushi", "Tapas", "Ramen")
Ballot = Any
Cast = tuple[str, Ballot]

people_who_vote = st.sampled_from(GROUP)
approvals = st.dictionaries(st.sampled_from(FOOD), st.sampled_from(["yes", "yes", "if_needed", "no"]), min_size=1)
rankings = st.lists(st.sampled_from(FOOD), min_size=1, max_size=len(FOOD), unique=True)
scores = st.dictionaries(people_who_vote, st.floats(0, 1))
attendances = st.sampled_from(["required", "important", "optional"])
rosters = st.tuples(*(st.builds(Person, st.just(name), attendances) for name in GROUP))


@st.composite
def histories(draw: st.DrawFn, methods: Sequence[str] = ("approval", "ranked")) -> tuple[str, list[Cast]]:
    """A method, and ballots in the order in which they came; some people vote again, some never."""
    method = draw(st.sampled_from(methods))
    ballots = approvals if method == "approval" else rankings
    return method, draw(st.lists(st.tuples(people_who_vote, ballots), max_size=10))


def _poll(method: str, cast: Iterable[Cast] = (), options: Iterable[str] = FOOD) -> Poll:
    poll = open_poll("dinner", [{"label": label} for label in options], method)
    return reduce(lambda so_far, one: vote(so_far, one[0], one[1], GROUP), cast, poll)


def _each(*ballots: Ballot) -> list[Cast]:
    return list(zip(GROUP, ballots, strict=False))


def _places(result: Tally) -> dict[str, int]:
    return {row.label: row.place for row in result.rows}


def _met(result: Tally) -> tuple[Any, ...]:
    """What may not depend on the order of anything."""
    return (_places(result), result.winner, set(result.tied), result.voted, result.not_voted)


def _full_house(seed: int) -> tuple[str, list[Cast]]:
    """Ranked ballots of everybody, evenly drawn: a good part has a cycle, where `histories` seldom has one."""
    random = Random(seed)  # noqa: S311  no secret hangs on it
    return "ranked", _each(*(random.sample(FOOD, random.randint(2, len(FOOD))) for _ in GROUP))


# Approval


@given(histories(["approval"]))
def test_net_score_then_fewest_no_then_most_if_needed_and_nothing_else(history: tuple[str, list[Cast]]) -> None:
    """An option's place is 1 more than the number of those that the three rules put before it, counted afresh from the last ballots."""
    said = [(label, word) for ballot in dict(history[1]).values() for label, word in ballot.items()]
    count = {(label, word): said.count((label, word)) for label in FOOD for word in ("yes", "if_needed", "no")}
    worth = {label: (count[label, "yes"] - count[label, "no"], -count[label, "no"], count[label, "if_needed"]) for label in FOOD}
    better = {label: sum(worth[other] > worth[label] for other in FOOD) for label in FOOD}
    assert _places(tally(_poll(*history), GROUP)) == {label: 1 + count for label, count in better.items()}


@given(histories(["approval"]), people_who_vote, st.sampled_from(FOOD))
def test_an_extra_yes_never_lowers_an_option(history: tuple[str, list[Cast]], name: str, label: str) -> None:
    """Whatever somebody said before of an option, a yes instead leaves it where it was or lifts it, and a winner by the votes still wins."""
    poll = _poll(*history)
    before = tally(poll, GROUP)
    after = tally(vote(poll, name, {**dict(history[1]).get(name, {}), label: "yes"}, GROUP), GROUP)
    assert _places(after)[label] <= _places(before)[label]
    assert before.winner != label or after.winner == label


@pytest.mark.parametrize(
    ("ballots", "first", "rule", "words"),
    [
        ([{"Thai": "yes"}, {"Pizza": "if_needed"}, {"Pizza": "if_needed"}], "Thai", "net", "1 yes, 0 if needed and 0 no"),
        ([{"Thai": "yes", "Pizza": "yes"}, {"Pizza": "yes"}, {"Pizza": "no"}], "Thai", "fewest_no", "same net score, and more no"),
        ([{"Pizza": "yes", "Thai": "yes"}, {"Thai": "if_needed"}], "Thai", "if_needed", "fewer if needed"),
        ([{"Thai": "no", "Pizza": "no"}, {"Pizza": "no"}], "Thai", "net", "more say no to it than yes"),
    ],
)
def test_a_tally_says_what_put_the_first_option_there(ballots: list[Ballot], first: str, rule: str, words: str) -> None:
    """Net score, fewer no, more if-needed: the rule that decided is named, and a winner that most reject is called that."""
    result = tally(_poll("approval", _each(*ballots), ["Pizza", "Thai"]), GROUP)
    assert (result.winner, result.rule, result.tied) == (first, rule, ())
    assert words in tally_words(result)


# Ranked


@settings(max_examples=200)
@given(histories(["ranked"]) | st.integers(0, 10**9).map(_full_house))
def test_ranked_votes_agree_with_pref_voting(history: tuple[str, list[Cast]]) -> None:
    """The Condorcet winner, and all that the Schulze method says of every two options, are what a library for the study of votes finds."""
    from pref_voting.margin_based_methods import beat_path_defeat
    from pref_voting.profiles_with_ties import ProfileWithTies

    ballots = list(dict(history[1]).values())
    result = tally(_poll(*history), GROUP)
    if not ballots:
        assert (result.winner, result.tied) == (None, ())
        return
    profile = ProfileWithTies(
        [{FOOD.index(label): place for place, label in enumerate(b)} for b in ballots], candidates=list(range(len(FOOD)))
    )
    profile.use_extended_strict_preference()
    condorcet = profile.condorcet_winner()
    assert (result.rule == "condorcet") == (condorcet is not None)
    assert condorcet is None or result.winner == FOOD[condorcet]
    defeats = beat_path_defeat(profile, strength_function=profile.support)
    assert _places(result) == {label: 1 + defeats.in_degree(n) for n, label in enumerate(FOOD)}
    undefeated = {label for n, label in enumerate(FOOD) if not defeats.in_degree(n)}
    assert undefeated == (set(result.tied) or {result.winner})
    over = {row.label: row.over for row in result.rows if isinstance(row, RankedRow)}
    assert over == {a: {b: profile.support(FOOD.index(a), FOOD.index(b)) for b in FOOD if b != a} for a in FOOD}


def test_a_known_election_without_a_condorcet_winner() -> None:
    """Schulze's own example of 45 voters: E, A, C, B, D."""
    counts = {"ACBED": 5, "ADECB": 5, "BEDAC": 8, "CABED": 3, "CAEBD": 7, "CBADE": 2, "DCEBA": 7, "EBADC": 8}
    ballots = [order for order, count in counts.items() for _ in range(count)]
    voters = [f"Voter {n}" for n in range(len(ballots))]
    poll = open_poll("dinner", [{"label": label} for label in "ABCDE"], "ranked")
    for voter, order in zip(voters, ballots, strict=True):
        poll = vote(poll, voter, list(order), voters)
    result = tally(poll, voters)
    assert "".join(row.label for row in result.rows) == "EACBD"
    assert (result.rule, [row.place for row in result.rows]) == ("schulze", [1, 2, 3, 4, 5])
    assert "“E” is first by the Schulze method" in tally_words(result)


def test_an_option_left_out_of_a_ranking_is_below_all_that_stand_in_it() -> None:
    """A partial ranking prefers what it names to what it does not, and has no opinion among the rest."""
    result = tally(_poll("ranked", _each(["Sushi"], ["Sushi", "Thai"])), GROUP)
    rows = {row.label: row for row in result.rows if isinstance(row, RankedRow)}
    assert (result.winner, result.rule) == ("Sushi", "condorcet")
    assert rows["Sushi"].over == dict.fromkeys({*FOOD} - {"Sushi"}, 2)
    assert rows["Thai"].over == {"Pizza": 1, "Sushi": 0, "Tapas": 1, "Ramen": 1}
    assert rows["Pizza"].over == dict.fromkeys({*FOOD} - {"Pizza"}, 0)
    assert (rows["Sushi"].first_for, rows["Thai"].ranked_by, rows["Sushi"].beats) == (
        (ME, "Anna"),
        ("Anna",),
        ("Thai", "Pizza", "Tapas", "Ramen"),
    )


def test_a_ranked_cycle_of_three_is_shown_as_a_tie() -> None:
    """Three voters in a circle: no option is put first in silence."""
    result = tally(_poll("ranked", _each(["Thai", "Pizza", "Sushi"], ["Pizza", "Sushi", "Thai"], ["Sushi", "Thai", "Pizza"])), GROUP)
    assert (result.winner, result.tied, result.rule) == (None, ("Thai", "Pizza", "Sushi"), None)
    assert "The organiser decides" in tally_words(result)


# Both


@given(histories(), st.randoms())
def test_the_order_of_ballots_and_of_options_does_not_matter(history: tuple[str, list[Cast]], random: Any) -> None:
    """The same last ballots and the same options, in any order: the same places, winner, tie and voters."""
    method, cast = history
    final = list(dict(cast).items())
    random.shuffle(final)
    same = tally(_poll(method, cast), GROUP)
    assert tally(_poll(method, final), GROUP) == same
    assert _met(tally(_poll(method, final, random.sample(FOOD, len(FOOD))), GROUP)) == _met(same)


@given(histories())
def test_everybody_either_voted_or_is_named(history: tuple[str, list[Cast]]) -> None:
    """Who has not voted stands in the tally, its words and nobody else; every tied option is in the words too."""
    result = tally(_poll(*history), GROUP)
    missing = [name for name in GROUP if name not in dict(history[1])]
    assert list(result.not_voted) == missing
    assert sorted(result.voted + result.not_voted) == sorted(GROUP)
    text = tally_words(result)
    said = text.partition("Not voted yet: ")[2].removesuffix(".").replace(" and ", ", ")
    assert sorted(said.split(", ") if said else []) == sorted("you" if name == ME else name for name in missing)
    assert all(f"“{label}”" in text for label in result.tied)


@given(histories())
def test_a_tie_has_no_winner_until_the_organiser_chooses(history: tuple[str, list[Cast]]) -> None:
    """A first place that is shared is a tie of all who share it; any of them may be chosen, and then it is a choice, not the votes."""
    poll = _poll(*history)
    result = tally(poll, GROUP)
    first = tuple(row.label for row in result.rows if row.place == 1)
    if not result.voted or len(first) == 1:
        assert (result.tied, result.winner) == ((), first[0] if result.voted else None)
        return
    assert (result.tied, result.winner, result.rule) == (first, None, None)
    for label in FOOD:
        if label in first:
            chosen = tally(choose(poll, label, GROUP, by="Anna"), GROUP)
            assert chosen == replace(result, winner=label, chosen_by="Anna")
            assert f"Anna's choice among them is “{label}”" in tally_words(chosen)
        else:
            with pytest.raises(PlanningError, match="not among the tied"):
                choose(poll, label, GROUP)


@given(histories(), st.booleans())
def test_a_poll_survives_storage(history: tuple[str, list[Cast]], closed: bool) -> None:
    """A poll read back from JSON is the poll, with its choice, and what else its options carry."""
    poll = _poll(*history, options=[*FOOD, "Fri 27 Nov, 19:00"])
    poll = replace(poll, options=(replace(poll.options[0], details={"start": "2026-11-27T19:00+02:00", "price": None}), *poll.options[1:]))
    result = tally(poll, GROUP)
    poll = choose(poll, result.tied[-1], GROUP) if result.tied else poll
    poll = close_poll(poll) if closed else poll
    assert poll_from_json(json.loads(json.dumps(poll_to_json(poll)))) == poll


@given(histories())
def test_a_tally_is_plain_json(history: tuple[str, list[Cast]]) -> None:
    """What a drawing gets is the same before and after it was stored."""
    shown = as_json(tally(_poll(*history), GROUP))
    assert json.loads(json.dumps(shown)) == shown


def test_three_voters_a_change_of_mind_and_a_tie() -> None:
    """The whole story: one is ahead, someone changes their mind, two are level, the organiser chooses, and it is told."""
    trio = [ME, "Anna", "Ben"]
    poll = open_poll("dinner", [{"label": "Thai"}, {"label": "Pizza"}])
    poll = vote(poll, "anna", {"thai": "yes", " PIZZA ": "No"}, trio)
    poll = vote(poll, "me", {"Pizza": "yes", "Thai": "if needed"}, trio)
    assert tally_words(tally(poll, trio)) == "“Thai” is first, with 1 yes, 1 if needed and 0 no. Not voted yet: Ben."
    poll = vote(poll, "Ben", {"Thai": "yes", "Pizza": "yes"}, trio)
    assert tally(poll, trio).winner == "Thai"
    poll = vote(poll, "Anna", {"Pizza": "if-needed", "Thai": "yes"}, trio)
    poll = vote(poll, "Ben", {"Pizza": "yes"}, trio)
    poll = vote(poll, "Anna", {"Thai": "yes"}, trio)
    poll = vote(poll, "Ben", {"Pizza": "if_needed", "Thai": "no"}, trio)
    poll = vote(poll, "Ben", {"Pizza": "if_needed"}, trio)
    tied = tally(poll, trio)
    assert (tied.tied, tied.winner) == (("Thai", "Pizza"), None)
    assert (
        tally_words(tied)
        == "Tied for the first place: “Thai” and “Pizza”, each with 1 yes, 1 if needed and 0 no. The organiser decides: which of them is it?"
    )
    poll = choose(close_poll(poll), "pizza", trio)
    done = tally(poll, trio)
    assert (done.winner, done.tied, done.chosen_by, done.status) == ("Pizza", ("Thai", "Pizza"), ME, "closed")
    assert tally_words(done).endswith("Your choice among them is “Pizza”.")


def test_a_ballot_replaces_the_whole_of_the_earlier_one() -> None:
    """What the new ballot leaves out is not kept from the old one."""
    poll = _poll("approval", [("Anna", {"Thai": "yes", "Pizza": "no"}), ("Anna", {"Sushi": "yes"})])
    rows = {row.label: row for row in tally(poll, GROUP).rows if isinstance(row, ApprovalRow)}
    assert (rows["Sushi"].yes, rows["Thai"].yes, rows["Pizza"].no) == (("Anna",), (), ())
    assert (rows["Thai"].unanswered, rows["Pizza"].unanswered) == (("Anna",), ("Anna",))
    renamed = vote(poll, "anna", {"Ramen": "no"}, ["ANNA", "Ben"])
    assert renamed.ballots == {"ANNA": {"Ramen": "no"}}


def test_a_choice_lapses_when_its_tie_is_gone() -> None:
    """A choice stands for the tie that it was made for or a smaller one; beside a newcomer, or against the votes, it does not count, and it is said."""
    poll = _poll("approval", [("Anna", {"Thai": "yes"}), ("Ben", {"Pizza": "yes"}), ("Dan", {"Sushi": "yes"})])
    poll = choose(poll, "Pizza", GROUP)
    smaller = tally(vote(poll, "Dan", {"Sushi": "if_needed"}, GROUP), GROUP)
    assert (smaller.tied, smaller.winner, smaller.lapsed) == (("Thai", "Pizza"), "Pizza", None)
    newcomer = tally(vote(poll, "Eve", {"Ramen": "yes"}, GROUP), GROUP)
    assert (newcomer.winner, newcomer.lapsed, "Your earlier choice of “Pizza”" in tally_words(newcomer)) == (None, poll.choice, True)
    outvoted = tally(vote(poll, "Eve", {"Thai": "yes"}, GROUP), GROUP)
    assert (outvoted.winner, outvoted.chosen_by, outvoted.lapsed) == ("Thai", None, poll.choice)
    agreed = tally(vote(poll, "Eve", {"Pizza": "yes"}, GROUP), GROUP)
    assert (agreed.winner, agreed.chosen_by, agreed.rule, agreed.lapsed) == ("Pizza", None, "net", None)


def test_who_has_left_the_group_has_no_vote() -> None:
    """A ballot of somebody who is not coming any more is not counted, and that is said."""
    poll = _poll("approval", [("Anna", {"Thai": "yes"}), ("Ben", {"Pizza": "yes"})])
    result = tally(poll, ["anna", "Carla"])
    assert (result.winner, result.voted, result.not_voted, result.not_counted) == ("Thai", ("anna",), ("Carla",), ("Ben",))
    assert "Not counted, because not in the group: Ben." in tally_words(result)


def test_nobody_has_voted_is_no_tie() -> None:
    """Before the first ballot nothing is ahead, nothing is tied and nothing is to be chosen."""
    result = tally(_poll("ranked"), GROUP)
    assert (result.winner, result.tied, result.rule, result.not_voted) == (None, (), None, GROUP)
    assert tally_words(result).startswith("Nobody has voted yet. Not voted yet: Anna,")
    with pytest.raises(PlanningError, match="Nobody has voted"):
        choose(_poll("ranked"), "Thai", GROUP)


# Bad input


def _options(*labels: Any) -> list[Mapping[str, Any]]:
    return [{"label": label} for label in labels]


@pytest.mark.parametrize(
    ("subject", "options", "method", "words"),
    [
        ("dinner", [], "approval", "at least two options, and I have none"),
        ("dinner", _options("Thai"), "approval", "only “Thai”"),
        ("dinner", _options("Thai", "Pizza", " tHAI"), "approval", "“tHAI” is named twice|“Thai” is named twice"),
        ("dinner", _options("Café Straße", "CAFE\u0301 STRASSE"), "approval", "named twice"),
        ("dinner", _options("Thai", " \u200b "), "approval", "has no name"),
        ("dinner", _options("Thai", None), "approval", "has no name"),
        ("dinner", _options("Thai", "x" * 201), "approval", "at most 200 characters"),
        ("dinner", _options(*range(21)), "approval", "at most 20 options, not 21"),
        ("dinner", ["Thai", "Pizza"], "approval", "name each option"),
        ("", _options("Thai", "Pizza"), "approval", "What is the poll about"),
        ("dinner", _options("Thai", "Pizza"), "dice", "approval and ranked, not “dice”"),
    ],
)
def test_a_poll_that_cannot_be_opened_says_why(subject: str, options: Any, method: str, words: str) -> None:
    """No options, one, two of one name, too many, nameless or without a subject: refused in words."""
    with pytest.raises(PlanningError, match=words):
        open_poll(subject, options, method)


@pytest.mark.parametrize(
    ("method", "person", "ballot", "words"),
    [
        ("approval", "Anna", {"Thai": "yes", "Curry": "yes"}, "“Curry” is not an option of this poll; the options are “Thai”, “Pizza”"),
        ("approval", "Anna", {"Thai": "perhaps"}, "yes, if_needed, no, not “perhaps”"),
        ("approval", "Anna", {"Thai": None}, "yes, if_needed, no, not “None”"),
        ("approval", "Anna", {"Thai": "yes", "THAI": "no"}, "named twice in that ballot"),
        ("approval", "Anna", {}, "names no option"),
        ("approval", "Anna", ["Thai"], "an answer to each option"),
        ("approval", "Zoe", {"Thai": "yes"}, "no “Zoe” in the plan"),
        ("ranked", "Anna", ["Thai", "Curry"], "“Curry” is not an option"),
        ("ranked", "Anna", ["Thai", "thai"], "named twice in that ballot"),
        ("ranked", "Anna", [], "names no option"),
        ("ranked", "Anna", "Thai", "in order, the best first"),
        ("ranked", "Anna", {"Thai": "yes"}, "in order, the best first"),
        ("ranked", "Zoe", ["Thai"], "no “Zoe” in the plan"),
    ],
)
def test_a_ballot_that_cannot_be_used_says_why_and_changes_nothing(method: str, person: str, ballot: Ballot, words: str) -> None:
    """Somebody unknown, an unknown option or answer, a ballot of the wrong form: refused in words, and the poll is as it was."""
    good = {"Thai": "no"} if method == "approval" else ["Pizza"]
    poll = _poll(method, [("Anna", good)])
    before = json.dumps(poll_to_json(poll))
    with pytest.raises(PlanningError, match=words):
        vote(poll, person, ballot, GROUP)
    assert json.dumps(poll_to_json(poll)) == before


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda poll: vote(close_poll(poll), "Anna", {"Thai": "yes"}, GROUP), PlanningError, "is closed"),
        (lambda poll: vote(poll, "Anna", {"Thai": "yes"}, []), UnknownPerson, "Who is coming"),
        (lambda poll: tally(poll, []), PersonError, "Who is coming"),
        (lambda poll: find_option(poll, "Curry"), PlanningError, "not an option"),
        (lambda poll: choose(poll, "Curry", GROUP), PlanningError, "not an option"),
        (lambda poll: choose(poll, "Pizza", GROUP), PlanningError, "“Thai” is first by the votes"),
        (lambda poll: poll_from_json({}), PlanningError, "cannot read that poll"),
        (lambda poll: poll_from_json({**poll_to_json(poll), "ballots": {"Anna": {"Curry": "yes"}}}), PlanningError, "not an option"),
    ],
)
def test_what_a_poll_cannot_do_it_refuses_in_words(act: Callable[[Poll], Any], error: type[PlanningError], words: str) -> None:
    """A closed poll takes no ballot, an empty group has no tally, and a choice needs a tie."""
    with pytest.raises(error, match=words):
        act(_poll("approval", [("Anna", {"Thai": "yes"})]))


# Group scores


TRIO = (Person("Anna"), Person("Ben", "important"), Person("Carla", "optional"))


def test_a_group_score_is_half_the_weighted_mean_and_half_the_worst_off() -> None:
    """Weights 3, 2 and 1: (3 x 1 + 2 x 0.5 + 1 x 0.2) / 6 = 0.7, the worst-off has 0.2, so 0.45."""
    assert group_score({"Anna": 1.0, "Ben": 0.5, "Carla": 0.2}, TRIO) == 0.45
    assert group_score({"Anna": 0.2, "Ben": 0.5, "Carla": 1.0}, TRIO) == pytest.approx((2.6 / 6 + 0.2) / 2, abs=1e-6)
    assert group_score({}, TRIO) is None


@given(scores, rosters, st.randoms())
def test_a_group_score_lies_between_the_worst_and_the_mean(known: dict[str, float], people: tuple[Person, ...], random: Any) -> None:
    """It is in 0..1, halfway between the worst-off and a mean within the group's range, whoever is named first."""
    score = group_score(known, people)
    shuffled = random.sample(list(known.items()), len(known))
    assert group_score(dict(shuffled), random.sample(people, len(people))) == score
    if score is None:
        assert not known
        return
    mean = 2 * score - min(known.values())
    assert 0 <= score <= 1 and min(known.values()) - 1e-5 <= mean <= max(known.values()) + 1e-5


@given(scores.filter(bool), rosters, st.floats(0, 1), st.data())
def test_a_happier_person_never_lowers_a_group_score(
    known: dict[str, float], people: tuple[Person, ...], more: float, data: st.DataObject
) -> None:
    """Raising one person's score leaves the group's where it was or raises it."""
    name = data.draw(st.sampled_from(sorted(known)))
    raised = {**known, name: max(known[name], more)}
    assert (group_score(raised, people) or 0) >= (group_score(known, people) or 0)


def test_a_broken_must_removes_an_option_and_says_why() -> None:
    """The best option goes when it violates a must, with each reason; the rest stand best first, an unknown one last."""
    known = {
        "No idea": {},
        "Fair": {"Anna": 0.6, "Ben": 0.6, "Carla": 0.6},
        "Steak": {"Anna": 1.0, "Ben": 1.0, "Carla": 1.0},
        "Uneven": {"Anna": 1.0, "Carla": 0.1},
        "Fair too": {"Anna": 0.6, "Ben": 0.6, "Carla": 0.6},
    }
    broken = {"Steak": [BrokenMust("Ben", "vegan food"), BrokenMust("Carla", "step-free access")], "Fair": []}
    kept, removed = rank_options(known, TRIO, broken)
    assert [option.label for option in kept] == ["Fair", "Fair too", "Uneven", "No idea"]
    assert [(r.label, r.reasons) for r in removed] == [
        ("Steak", ("vegan food is a must for Ben, and it is not met", "step-free access is a must for Carla, and it is not met"))
    ]
    assert (kept[2].worst_off, kept[2].unknown, kept[2].score) == (("Carla",), ("Ben",), 0.4375)
    assert as_json(kept[3]) == {
        "label": "No idea",
        "score": None,
        "mean": None,
        "worst": None,
        "worst_off": [],
        "unknown": ["Anna", "Ben", "Carla"],
    }


@pytest.mark.parametrize(
    ("known", "people", "error", "words"),
    [
        ({"Anna": 1.2}, TRIO, PlanningError, "between 0 and 1; 1.2 for Anna"),
        ({"Anna": float("nan")}, TRIO, PlanningError, "between 0 and 1"),
        ({"Zoe": 0.5}, TRIO, UnknownPerson, "no “Zoe” in the plan"),
        ({}, (), PersonError, "Who is coming"),
    ],
)
def test_a_score_that_cannot_be_says_why(known: dict[str, float], people: Sequence[Person], error: type[PlanningError], words: str) -> None:
    """A score outside 0..1, of a stranger or for nobody is refused in words; so is a stranger's must."""
    with pytest.raises(error, match=words):
        group_score(known, people)
    with pytest.raises(UnknownPerson):
        rank_options({}, TRIO, {"Thai": [BrokenMust("Zoe", "vegan food")]})
