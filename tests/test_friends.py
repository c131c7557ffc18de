"""The friends' agents agree: on what suits all wherever there is such a thing, and on the best for the group, whatever happens to a seat."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meeting_worlds import ZONE, RuleMind, World

from playground.meetings.messages import Accept, Act, Decline, Pass, Propose, Say
from playground.meetings.minds import AgentMind
from playground.meetings.rehearsal import Rehearsal
from playground.meetings.seat import Limits
from playground.meetings.view import View
from vibehuntr_agent.friends.agenda import FINE, GLADLY, IF_NEEDED, NO, RELUCTANT, TOPICS, Agenda, slot_of
from vibehuntr_agent.friends.seat_agent import friend_agent
from vibehuntr_agent.friends.verdicts import Facts, Verdicts, slot_json
from vibehuntr_agent.planning.errors import PlanningError
from vibehuntr_agent.planning.finder import Preference, Window
from vibehuntr_agent.planning.venues import Price, Venue

DAY = datetime(2026, 11, 27, tzinfo=ZONE)


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def agenda(**more: Any) -> Agenda:
    given_: dict[str, Any] = {"topics": TOPICS, "zone": ZONE, "length": timedelta(hours=2), "within": ((at(0), at(24)),), "currency": "EUR"}
    return Agenda(**{**given_, **more})


def free(start: float, end: float, kind: Any = "free") -> Window:
    return Window(at(start), at(end), kind)


def met(facts: dict[str, Facts], about: Agenda, seed: int = 0) -> View:
    return World(about, facts).met(seed)


# -- the outcome


def test_the_outcome_is_close_to_the_best_for_the_group() -> None:
    """Against trying everything: as many can come as ever could, 95% of the grades on average, and no better place by more than a tenth."""
    times: list[float] = []
    places: list[float] = []
    for seed in range(120):
        world = World.by_chance(seed)
        view = world.met(seed)
        start, best = world.decided_start(view), world.best_time()
        assert (start is None) == (best is None)
        if start and best:
            worth = world.worth_of_time(start)
            assert worth[:2] == best[:2]
            times.append(worth[3] / best[3])
        if place := world.agenda.place(view.decided["place"].item.get("name")):
            places.append(world.worth_of_place(place) - world.best_place())
    assert mean(times) >= 0.95
    assert mean(places) >= -0.05 and min(places) >= -0.5


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), order=st.integers(0, 10**6))
def test_a_time_that_suits_all_is_found_wherever_there_is_one(seed: int, order: int) -> None:
    """Whoever moves first."""
    world = World.by_chance(seed)
    best, start = world.best_time(), world.decided_start(world.met(order))
    if best and best[1] == 0:
        assert start
        assert world.worth_of_time(start)[1] == 0


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_the_budget_is_what_everybody_can_pay(seed: int) -> None:
    """The plan's or the place's price if all can, or the highest step below it that all can; nothing where nobody has a limit."""
    world = World.by_chance(seed)
    decided = world.met(seed).decided["budget"]
    if decided.item:
        verdicts = world.verdicts
        assert decided.against or all(one.budget(decided.item["amount"]) for one in verdicts.values())
        assert all(not verdicts[name].budget(decided.item["amount"]) for name in decided.against)
    else:
        assert world.best_amount() == world.agenda.ladder()[-1]


def test_who_gave_way_is_said() -> None:
    """Somebody who can only if need be gives way; who cannot is named as such."""
    facts = {"Anna": Facts((free(18, 22),)), "Ben": Facts((free(18, 22, "if_needed"),)), "Cleo": Facts((free(8, 12),))}
    decided = met(facts, agenda()).decided["time"]
    assert slot_of(decided.item) == (at(18), at(20))
    assert (decided.agreed, decided.gave_way, decided.against) == (("Anna",), ("Ben",), ("Cleo",))
    assert decided.outcome == "compromise"
    assert "Ben gives way" in decided.words and "Cleo cannot" in decided.words


def test_the_usual_hours_come_first_and_a_slot_off_any_grid_is_found() -> None:
    """The only common slot starts at seven minutes past."""
    facts = {
        "Anna": Facts((Window(at(0), at(0) + timedelta(hours=20, minutes=7)),)),
        "Ben": Facts((Window(at(18) + timedelta(minutes=7), at(24)),)),
    }
    assert slot_of(met(facts, agenda()).decided["time"].item)[0] == at(18) + timedelta(minutes=7)
    both = {"Anna": Facts((free(8, 23),)), "Ben": Facts((free(8, 23),))}
    assert slot_of(met(both, agenda(usual=((at(17), at(23)),))).decided["time"].item)[0] == at(17)


def test_a_place_that_somebody_cannot_go_to_is_not_chosen_if_there_is_another() -> None:
    """A must counts more than the taste of all others."""
    places = (Venue("Grill", cuisines=("steak",), needs={"vegan": False}), Venue("Green", cuisines=("vegan",), needs={"vegan": True}))
    steak = {"key": "cuisine", "value": "steak", "strength": "prefer"}
    facts = {name: Facts(about=(steak,)) for name in ("Anna", "Ben", "Cleo")}
    facts["Dan"] = Facts(about=({"key": "diet", "value": "vegan", "strength": "must"},))
    assert met(facts, agenda(places=places)).decided["place"].item == {"name": "Green"}


def test_a_place_that_is_closed_then_is_not_named() -> None:
    """The chair asks for places that are open at the time that was decided."""
    places = (
        Venue("Day", hours="Mo-Su 08:00-16:00", zone="Europe/Helsinki"),
        Venue("Night", hours="Mo-Su 17:00-24:00", zone="Europe/Helsinki"),
    )
    facts = {"Anna": Facts((free(18, 22),)), "Ben": Facts((free(18, 22),))}
    assert met(facts, agenda(places=places)).decided["place"].item == {"name": "Night"}


# -- what happens to a seat


@pytest.mark.parametrize("how", ["error", "garbled", "timeout", "unreachable", "blocked", "dies"])
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), step=st.integers(0, 150))
def test_a_seat_that_fails_stops_nobody(how: Any, seed: int, step: int) -> None:
    """Whichever way and whenever: it is announced, the others decide, and what suits all of them is found."""
    world = World.by_chance(seed, people=(3, 4), days=(1, 2))
    rehearsal = world.rehearsal()
    lost = "F1"
    rehearsal.play(seed, step)
    before = rehearsal.over
    rehearsal.fail(lost, how)
    end = rehearsal.play(seed + 1)
    rehearsal.close()
    view = rehearsal.host.view
    assert end and end.outcome in ("agreed", "compromise", "none")
    assert set(view.decided) == set(TOPICS)
    if not before and view.standing[lost] == "failed":
        assert any(message.body.kind == "failed" and message.body.seat == lost for message in view.said)
        assert all(lost in one.unheard or lost in (*one.agreed, *one.gave_way, *one.against) for one in view.decided.values())


class Rogue:
    """A seat that says anything at all."""

    def __init__(self, acts: list[Act]) -> None:
        self.acts = acts

    def joins(self, parameters: Any) -> bool:
        return True

    def close(self) -> None:
        return None

    async def answer(self, view: View, message: Any) -> list[Act]:
        return [self.acts[message.seq % len(self.acts)]]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(max_size=12)
    | st.sampled_from(["P0", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["start", "end", "name", "amount"]), inner, max_size=4),
    max_leaves=6,
)
ITEMS = st.dictionaries(st.sampled_from(["start", "end", "name", "amount", "x"]), JUNK, max_size=4) | st.sampled_from(
    [
        slot_json(at(18), timedelta(hours=2)),
        slot_json(at(-500), timedelta(hours=2)),
        {"start": "9999-12-31T23:59+00:00", "end": "9999-12-31T23:59:30+00:00"},
    ]
)
ACTS = st.one_of(
    st.builds(Propose, topic=st.sampled_from(["time", "place", "budget", "x"]), item=ITEMS, grade=st.floats(0, 1)),
    st.builds(Accept, about=st.text(max_size=5), grade=st.floats(0.01, 1)),
    st.builds(Decline, about=st.text(max_size=5), instead=ITEMS | st.none()),
    st.builds(Pass),
    st.builds(Say, words=st.text(max_size=20)),
)


@settings(max_examples=120)
@given(acts=st.lists(ACTS, min_size=1, max_size=6), seed=st.integers(0, 50))
def test_a_stranger_may_say_anything(acts: list[Act], seed: int) -> None:
    """The meeting comes to its end, and what is decided is of the agenda."""
    world = World.by_chance(seed, people=(3,), days=(1, 2))
    minds: dict[str, Any] = {name: RuleMind(name, facts) for name, facts in world.facts.items()}
    rehearsal = world.rehearsal({**minds, "F1": Rogue(acts)})
    end = rehearsal.play(seed)
    rehearsal.close()
    assert end
    view = rehearsal.host.view
    if (decided := view.decided.get("time")) and decided.item:
        start, finish = slot_of(decided.item)
        assert finish - start == world.agenda.length
        assert any(low <= start and finish <= high for low, high in world.agenda.within)
    if (decided := view.decided.get("place")) and decided.item:
        assert world.agenda.place(decided.item["name"])
    if (decided := view.decided.get("budget")) and decided.item:
        assert 0 < decided.item["amount"] <= world.agenda.ladder()[-1]


def test_what_nobody_can_pay_is_no_step_of_the_ladder() -> None:
    """A stranger cannot bring the budget down to a cent."""
    cent = Decline(about="x", instead={"amount": 0.01, "currency": "EUR"})
    facts = {name: Facts((free(18, 22),)) for name in ("Anna", "Ben")}
    minds: dict[str, Any] = {name: RuleMind(name, one) for name, one in facts.items()}
    world = World(agenda(amount=30.0), {**facts, "Rogue": Facts()})
    rehearsal = world.rehearsal({**minds, "Rogue": Rogue([cent])})
    assert rehearsal.play()
    rehearsal.close()
    decided = rehearsal.host.view.decided["budget"]
    assert (decided.item["amount"], decided.against) == (30.0, ("Rogue",))


def test_a_stranger_puts_nobody_out_and_holds_nobody_up() -> None:
    """Questions of one seat to the others are passed; an answer that nobody hears is none, and its seat is out."""
    facts = {name: Facts((free(18, 22),)) for name in ("Anna", "Ben")}
    every: list[list[Act]] = [
        [Accept(about="x"), Say(to="Anna"), Say(to="Ben")],
        [Say(to="Anna")],
        [Decline(about="x", instead={"amount": 10**400})],
    ]
    for acts in every:
        minds: dict[str, Any] = {name: AgentMind(name, friend_agent(name, one)) for name, one in facts.items()}
        world = World(agenda(amount=30.0), {**facts, "Eve": Facts()})
        rehearsal = world.rehearsal({**minds, "Eve": AllAtOnce(acts)})
        end = rehearsal.play()
        rehearsal.close()
        view = rehearsal.host.view
        assert end and end.outcome in ("agreed", "compromise")
        assert (view.standing["Anna"], view.standing["Ben"]) == ("here", "here")


class AllAtOnce(Rogue):
    """Says all of it to every question."""

    async def answer(self, view: View, message: Any) -> list[Act]:
        return self.acts


def test_a_limit_counts_where_the_plan_has_no_currency() -> None:
    """And thousands are read as such."""
    about = ({"key": "budget", "value": "at most 25 euros", "strength": "must"},)
    dear = Venue("Dear", price=Price(low=90, high=120, currency="EUR"))
    assert Verdicts(Facts(about=about), agenda(currency="")).place(dear) == NO
    yen = ({"key": "budget", "value": "1,000 yen", "strength": "must"},)
    assert Verdicts(Facts(about=yen), agenda(currency="JPY")).most() == 200


@pytest.mark.parametrize("name", ["Ben", "(2) Ben", "Ben²", "user", "Åsa", "🙂"])
def test_every_name_can_have_an_agent(name: str) -> None:
    """ADK takes fewer names than people have."""
    assert friend_agent(name, Facts()).name in ("Ben", "friend")


def test_an_agenda_may_be_long() -> None:
    """Two months of evenings and forty places in another script."""
    places = tuple(Venue(f"Ресторан {number} " + "Ж" * 60, cuisines=("кухня", "суши", "пицца")) for number in range(40))
    days = tuple((at(24 * day), at(24 * day + 24)) for day in range(62))
    facts = {name: Facts((free(18, 22),)) for name in ("Anna", "Ben")}
    assert met(facts, agenda(places=places, within=days)).decided["place"].item


@pytest.mark.parametrize("step", [3, 15, 20])
def test_who_is_left_alone_decides_nothing(step: int) -> None:
    """When all others have failed the meeting ends, and what is open stays open."""
    world = World(agenda(), {"Anna": Facts((free(8, 12),)), "Ben": Facts((free(18, 22),))})
    rehearsal = world.rehearsal()
    rehearsal.play(1, step)
    rehearsal.fail("Ben", "blocked")
    end = rehearsal.play(2)
    rehearsal.close()
    assert end and end.outcome == ("none" if step == 3 else "failed")  # at 3 it has not begun
    assert not any(one.item for one in rehearsal.host.view.decided.values())


def test_one_alone_agrees_with_nobody() -> None:
    """A meeting of one ends at once."""
    view = met({"Anna": Facts()}, agenda())
    assert view.end and view.end.outcome == "none"
    assert not view.decided


def test_a_meeting_is_bounded() -> None:
    """When the log is full it ends, and says so."""
    world = World.by_chance(3)
    rehearsal = world.rehearsal()
    small = Rehearsal(rehearsal.host._chair, {name: RuleMind(name, facts) for name, facts in world.facts.items()}, limits=Limits(messages=12), parameters=dict.fromkeys(world.facts, world.agenda.as_json()))  # fmt: skip
    end = small.play()
    for one in (rehearsal, small):
        one.close()
    assert end and end.outcome == "budget"
    assert len(small.host.log) == 12


# -- verdicts


def test_grades_of_time() -> None:
    """Cannot, if need be, would rather not, fine, gladly."""
    wishes = (Preference(at(10), at(12), "avoided"), Preference(at(18), at(22), "preferred"))
    verdicts = Verdicts(Facts((free(9, 23), free(6, 9, "if_needed"), free(13, 14, "busy")), wishes), agenda())
    grades = [verdicts.time(at(hour)) for hour in (5, 6, 9, 11, 12.5, 15, 18, 20, 21, 22)]
    assert grades == [NO, IF_NEEDED, RELUCTANT, RELUCTANT, NO, FINE, GLADLY, GLADLY, FINE, NO]


def test_who_has_only_said_when_they_cannot_can_if_need_be() -> None:
    """And who has said nothing can always, if need be."""
    busy = Verdicts(Facts((free(18, 20, "busy"),)), agenda())
    assert [busy.time(at(hour)) for hour in (16, 17, 20)] == [IF_NEEDED, NO, IF_NEEDED]
    assert Verdicts(Facts(), agenda()).time(at(3)) == IF_NEEDED


@given(seed=st.integers(0, 10**6), minutes=st.integers(0, 24 * 60))
def test_the_next_start_is_the_first_that_suits(seed: int, minutes: int) -> None:
    """Against trying every minute."""
    world = World.by_chance(seed, days=(1,))
    verdicts = next(iter(world.verdicts.values()))
    begin = world.agenda.within[0][0] + timedelta(minutes=minutes)
    every = [begin + timedelta(minutes=n) for n in range(24 * 60 - minutes)]
    inside = [start for start in every if start + world.agenda.length <= world.agenda.within[0][1]]
    assert verdicts.next_time(begin, IF_NEEDED, world.agenda.within) == next((one for one in inside if verdicts.time(one)), None)
    fine = next((one for one in inside if verdicts.time(one) > IF_NEEDED), None)
    assert verdicts.next_time(begin, FINE, world.agenda.within) == fine


def test_grades_of_places() -> None:
    """Needs, kitchen and price; what is not known about a need is at best reluctant."""
    about = (
        {"key": "diet", "value": "vegan", "strength": "must"},
        {"key": "cuisine", "value": "Thai", "strength": "prefer"},
        {"key": "cuisine", "value": "pizza", "strength": "avoid"},
        {"key": "budget", "value": "25,50 euros", "strength": "must"},
    )
    verdicts = Verdicts(Facts(about=about), agenda())

    def grade(kitchen: str, vegan: bool | None, low: float | None = None, currency: str = "EUR") -> float:
        price = None if low is None else Price(low=low, high=low, currency=currency)
        return verdicts.place(Venue("V", cuisines=(kitchen,), needs={"vegan": vegan}, price=price))

    assert [grade("thai", True), grade("sushi", True), grade("pizza", True)] == [GLADLY, FINE, IF_NEEDED]
    assert [grade("thai", False), grade("thai", None)] == [NO, RELUCTANT]
    assert [grade("thai", True, 25), grade("thai", True, 26), grade("thai", True, 26, "USD")] == [GLADLY, NO, GLADLY]


def test_the_most_to_pay_is_a_step_of_the_ladder() -> None:
    """Never the exact limit."""
    verdicts = Verdicts(Facts(about=({"key": "budget", "value": "at most 37.43", "strength": "must"},)), agenda())
    assert verdicts.most() == 30
    assert Verdicts(Facts(about=({"key": "budget", "value": "5", "strength": "must"},)), agenda()).most() == 0


# -- the agenda


@given(seed=st.integers(0, 10**6))
def test_an_agenda_is_read_as_it_was_written(seed: int) -> None:
    """Through JSON; of a place, what the seats need."""
    written = World.by_chance(seed).agenda
    read = Agenda.read(written.as_json())
    assert read.as_json() == written.as_json()
    assert (read.within, read.usual, read.length, read.topics) == (written.within, written.usual, written.length, written.topics)


@pytest.mark.parametrize(
    "broken",
    [{}, {"topics": ["money"]}, {"zone": "Mars/Olympus"}, {"minutes": 0}, {"within": [{"start": "2026-11-27T10:00", "end": "2026-11-27T12:00"}]},
     {"places": [{"kind": "bar"}]}, {"amount": -1}, {"more": 1}, {"within": "always"}],
)  # fmt: skip
def test_an_agenda_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    """In one error, whatever is wrong."""
    with pytest.raises(PlanningError):
        Agenda.read({**agenda().as_json(), **broken} if broken else {})
