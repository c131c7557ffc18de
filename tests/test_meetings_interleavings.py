"""Meetings without threads: Hypothesis chooses who moves, and who fails, and how, at any step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Literal, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from meeting_minds import Scripted, at_once, bodies, in_turn, telling, words

from playground.meetings.messages import CHAIR, Act, Decided, Failed, Floor, Invited, Message, Pass, Say
from playground.meetings.minds import Mind
from playground.meetings.rehearsal import SAY, Move, Rehearsal
from playground.meetings.seat import Limits
from playground.meetings.view import View

Failing = Literal["error", "garbled", "timeout", "unreachable", "blocked", "dies"]
WAYS: Sequence[Failing] = ("error", "garbled", "timeout", "unreachable", "blocked", "dies")
NAMES = ("ana", "ben", "cleo", "dora")
MAX_MOVES = 5_000


def whispering(name: str) -> Scripted:
    """Say something to all, and something to the next seat alone."""
    other = NAMES[(NAMES.index(name) + 1) % len(NAMES)]

    def answer(_: View, message: Message) -> Sequence[Act]:
        return [Say(words=f"{name} {len(mind.asked)}"), Say(to=other, words="psst")] if isinstance(message.body, Floor) else [Pass()]

    mind = Scripted(answer)
    return mind


def rehearsal(
    seats: int = 3, rounds: int = 2, *, together: bool = False, whispers: bool = False, limits: Limits | None = None
) -> Rehearsal:
    minds: dict[str, Mind] = {name: whispering(name) if whispers else telling(name) for name in NAMES[:seats]}
    return Rehearsal(at_once(rounds) if together else in_turn(rounds), minds, limits=limits)


def content(log: Sequence[Message]) -> list[tuple[Any, ...]]:
    """What was said, without ids and times."""
    places = {message.id: message.seq for message in log}
    return [(message.seq, message.sender, message.epoch, message.to, places.get(message.reply_to), message.body) for message in log]


def played(one: Rehearsal, choices: Sequence[int]) -> list[Message]:
    """Let the numbers choose the moves, the first move when they run out."""
    for number in range(MAX_MOVES):
        moves = one.moves()
        if one.over or not moves:
            break
        one.move(moves[(choices[number] if number < len(choices) else 0) % len(moves)])
    return one.host.log.read()


CHOICES = st.lists(st.integers(0, 7), max_size=80)


class MeetingMachine(RuleBasedStateMachine):
    """Any order of moves and failures. The model: who is fenced, and what each seat has got in."""

    def __init__(self) -> None:
        super().__init__()
        self.one = rehearsal()
        self.fenced: set[str] = set()
        self.sent: defaultdict[str, list[Message]] = defaultdict(list)
        self.readers = [View() for _ in range(3)]
        self.last = 0

    @initialize(
        seats=st.integers(1, 4),
        rounds=st.integers(1, 3),
        together=st.booleans(),
        whispers=st.booleans(),
        messages=st.sampled_from([12, 25, 2_000]),
    )
    def begin(self, seats: int, rounds: int, together: bool, whispers: bool, messages: int) -> None:
        self.one.close()
        self.one = rehearsal(seats, rounds, together=together, whispers=whispers, limits=Limits(messages=messages))

    @precondition(lambda self: self.one.moves())
    @rule(choice=st.integers(0, 20))
    def move(self, choice: int) -> None:
        moves = self.one.moves()
        self.do(moves[choice % len(moves)])

    def do(self, move: Move) -> None:
        name, how = move
        log, before = self.one.host.log, len(self.one.host.log)
        open_, refused = not log.closed, log.refused
        self.one.move(move)
        said = log.read(before)
        for message in said:
            assert message.sender in (name, CHAIR)
            self.sent[message.sender].append(message)
            if name == CHAIR and isinstance(message.body, Failed):
                self.fenced.add(message.body.seat)
        if how == SAY:
            got_in = [message for message in said if message.sender == name]
            if name in self.fenced:
                assert not said and log.refused > refused
            elif open_:
                assert got_in or log.closed

    @rule(number=st.integers(0, 3), how=st.sampled_from(WAYS))
    def fail(self, number: int, how: Failing) -> None:
        name = list(self.one.seats)[number % len(self.one.seats)]
        before = len(self.one.host.log)
        self.one.fail(name, how)
        for message in self.one.host.log.read(before):
            assert (message.sender, how) == (CHAIR, "blocked") or message.body.kind == "decided"
            self.sent[CHAIR].append(message)
        if how == "blocked" and len(self.one.host.log) > before:
            self.fenced.add(name)

    @rule(number=st.integers(0, 2), pieces=st.integers(1, 5), again=st.integers(0, 3))
    def read(self, number: int, pieces: int, again: int) -> None:
        """A reader goes on by some messages, some of which it has had already."""
        reader = self.readers[number]
        after = max(0, reader.cursor - again)
        reader.fold(self.one.host.log.read(after)[: pieces + again])

    @invariant()
    def equal_cursors_give_equal_views(self) -> None:
        log = self.one.host.log.read()
        for view in [self.one.host.view, *self.readers, *(seat.view for seat in self.one.seats.values())]:
            assert view == View().fold(log[: view.cursor])

    @invariant()
    def nothing_comes_after_the_end(self) -> None:
        log = self.one.host.log.read()
        ends = [message.seq for message in log if isinstance(message.body, Decided) and message.body.final]
        assert ends in ([], [len(log)])
        assert bool(ends) == self.one.host.log.closed

    @invariant()
    def nobody_has_the_floor_after_the_end(self) -> None:
        view = View().fold(self.one.host.log.read())
        assert not (view.end and view.waiting)
        assert set(view.waiting) <= set(view.here)

    @invariant()
    def nothing_is_lost_and_the_order_is_one(self) -> None:
        log = self.one.host.log.read()
        assert [message.seq for message in log] == list(range(1, len(log) + 1))
        for name, sent in self.sent.items():
            assert [message for message in log if message.sender == name and not isinstance(message.body, Invited)] == [
                message for message in sent if not isinstance(message.body, Invited)
            ]

    @invariant()
    def the_fenced_stay_out(self) -> None:
        log = self.one.host.log.read()
        for message in log:
            if isinstance(message.body, Failed) and message.sender == CHAIR:
                assert not [later for later in log[message.seq :] if later.sender == message.body.seat]

    def teardown(self) -> None:
        """Whatever has happened, the meeting comes to its end, by the chair's decision."""
        for _ in range(MAX_MOVES):
            moves = self.one.moves()
            if self.one.over or not moves:
                break
            self.do(moves[0])
        assert self.one.over
        end = self.one.host.log.read()[-1]
        assert end.sender == CHAIR and cast("Decided", end.body).outcome in ("agreed", "budget")
        self.equal_cursors_give_equal_views()
        self.the_fenced_stay_out()
        self.one.close()


TestAnyInterleaving = MeetingMachine.TestCase
TestAnyInterleaving.settings = settings(max_examples=60, stateful_step_count=60)


@given(choices=CHOICES, cuts=st.lists(st.integers(0, 60), max_size=6), whispers=st.booleans())
def test_a_view_is_a_fold_in_any_pieces(choices: Sequence[int], cuts: Sequence[int], whispers: bool) -> None:
    """Equal cursors give equal views, whoever folds, in however many pieces, with repetitions."""
    with closing(rehearsal(whispers=whispers)) as one:
        log = played(one, choices)
        pieces = View()
        for cut in (*sorted(cuts), len(log)):
            pieces.fold(log[max(0, pieces.cursor - 3) : cut])
        assert pieces == View().fold(log)
        for seat in one.seats.values():
            assert seat.view == View().fold(log[: seat.view.cursor])


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("together", [False, True], ids=["in turn", "at once"])
def test_one_seat_failing_at_any_step_stops_nobody_else(how: Failing, together: bool) -> None:
    """At every step of a meeting: the others say all that they would have said, in order, and the chair decides."""
    with closing(rehearsal(together=together)) as whole:
        steps = len(played(whole, [])) * 4
    for step in range(steps):
        with closing(rehearsal(together=together)) as one:
            for _ in range(step):
                if not one.over:
                    one.move(one.moves()[0])
            one.fail("ben", how)
            log = played(one, [])
            assert cast("Decided", log[-1].body).outcome == "agreed"
            assert (words(log, "ana"), words(log, "cleo")) == (["ana 1", "ana 2"], ["cleo 1", "cleo 2"])
            assert {body.seat for body in bodies(log, Failed)} <= {"ben"}


@given(choices=CHOICES, step=st.integers(0, 60), how=st.sampled_from(WAYS), together=st.booleans())
def test_one_seat_failing_stops_nobody_else_in_any_order(choices: Sequence[int], step: int, how: Failing, together: bool) -> None:
    """The same, whoever moves when."""
    with closing(rehearsal(together=together)) as one:
        for number in range(step):
            if not one.over:
                moves = one.moves()
                one.move(moves[(choices[number] if number < len(choices) else 0) % len(moves)])
        one.fail("ben", how)
        log = played(one, choices[step:])
        assert cast("Decided", log[-1].body).outcome == "agreed"
        assert (words(log, "ana"), words(log, "cleo")) == (["ana 1", "ana 2"], ["cleo 1", "cleo 2"])


@given(seed=st.integers(0, 2**32), together=st.booleans(), whispers=st.booleans())
def test_the_same_seed_gives_the_same_meeting(seed: int, together: bool, whispers: bool) -> None:
    """Ids and times aside."""
    logs: list[list[tuple[Any, ...]]] = []
    for _ in range(2):
        with closing(rehearsal(together=together, whispers=whispers)) as one:
            assert one.play(seed)
            logs.append(content(one.host.log.read()))
    assert logs[0] == logs[1]


def test_chance_tries_different_orders() -> None:
    """Seeds differ in who speaks first when all are asked at once."""
    orders: set[tuple[str, ...]] = set()
    for seed in range(20):
        with closing(rehearsal(together=True)) as one:
            one.play(seed)
            orders.add(tuple(message.sender for message in one.host.log.read() if isinstance(message.body, Say)))
    assert len(orders) > 5


@given(choices=CHOICES)
def test_a_blocked_seat_comes_too_late(choices: Sequence[int]) -> None:
    """It has its answer ready when it is fenced: refused, and counted, as often as it tries."""
    with closing(rehearsal(together=True)) as one:
        while ("ben", SAY) not in one.moves() or "ben" not in one.host.view.here:
            one.move(one.moves()[0] if ("ben", SAY) not in one.moves() else ("ben", SAY))
        one.fail("ben", "blocked")
        before = one.host.log.refused
        one.move(("ben", SAY))
        assert one.host.log.refused == before + 1
        log = played(one, choices)
        assert not words(log, "ben")
        assert cast("Decided", log[-1].body).agreed == ("ana", "cleo")


def test_a_fenced_seat_needs_a_new_epoch_to_write() -> None:
    """Admitting is fencing: only the successor writes."""
    with closing(rehearsal()) as one:
        log, ana = one.host.log, one.seats["ana"]
        assert log.send("ana", ana.epoch, Say())
        successor = log.admit("ana")
        assert log.send("ana", ana.epoch, Say()) is None
        assert log.send("ana", successor + 1, Say()) is None
        assert log.send("ana", successor, Say())
        assert log.refused == 2


@pytest.mark.parametrize("outcome", ["stopped", "budget", "agreed"])
def test_the_end_takes_the_floor_away(outcome: Any) -> None:
    """Whoever was asked need not answer any more."""
    with closing(rehearsal(together=True)) as one:
        while not one.host.view.waiting:
            one.move(one.moves()[0])
        one.host.end(outcome)
        one.host.look()
        assert one.over
        assert one.host.awaited() == ()
