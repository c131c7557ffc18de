"""Tic-tac-toe between two agents: the rules against brute force, the referee against a second one, whole games on threads and in the chat."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
from gemini_server import GeminiServer
from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.adk.models import BaseLlm
from google.adk.runners import InMemoryRunner
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_llm import Asked, Finish, Gate, Hold, Raise, Script, ScriptedLlm, Step, Text
from test_agent_invoker import AWAY, answer_of, say, wait_for_text

from agent_invoker import AgentInvoker, Settings, load_agent
from playground.meetings.meeting import MEETING
from playground.meetings.messages import Accept, Act, Decided, Decline, Failed, Floor, Json, Left, Message, Pass, Propose, Reason, Say
from playground.meetings.minds import AgentMind, Mind
from playground.meetings.rehearsal import Rehearsal
from playground.meetings.room import ROOMS, Room
from playground.meetings.seat import Limits
from playground.meetings.view import View
from tictactoe_agent.agent import TicTacToe, build_agent
from tictactoe_agent.board import CROSS, EMPTY, NOUGHT, Cells, IllegalMove, legal_cells, mark_to_move, place, plain, winning_line
from tictactoe_agent.players import RulePlayer, best_cells, good_cells
from tictactoe_agent.referee import MAX_ILLEGAL, SEATS, play_back, referee

ROOT: Final = Path(__file__).parent.parent
MAGIC: Final = (8, 1, 6, 3, 5, 7, 4, 9, 2)
"""The magic square: three of its numbers stand in a row exactly when they sum to 15."""
OTHER_MARK: Final = {CROSS: NOUGHT, NOUGHT: CROSS}
OTHER: Final = {"Crosses": "Noughts", "Noughts": "Crosses"}
HOWS: Final = ("error", "garbled", "timeout", "blocked", "dies")


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    """One game before the limits of time are tight: the first imports."""
    asyncio.run(played(build_agent({}, pace=0), "play"))


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whatever happens to a game, no seat's thread outlives it."""
    yield
    no_seat_is_left()
    assert not list(ROOMS)


def seat_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("seat-")]


def no_seat_is_left() -> None:
    """A seat is gone an instant before its thread is."""
    left = seat_threads()
    for thread in left:
        thread.join(AWAY)
    assert not [thread for thread in left if thread.is_alive()]


# -- the rules ---------------------------------------------------------------------------------------------------------


def has_won(cells: Sequence[str], mark: str) -> bool:
    return any(sum(three) == 15 for three in combinations([MAGIC[n] for n, own in enumerate(cells) if own == mark], 3))


def positions() -> set[Cells]:
    """Every board that can come of the rules."""
    found, new = {EMPTY}, [EMPTY]
    while new:
        cells = new.pop()
        after = {place(cells, cell) for cell in legal_cells(cells)} - found
        found |= after
        new += after
    return found


POSITIONS: Final = positions()
OVER: Final = [cells for cells in POSITIONS if not legal_cells(cells)]
OPEN: Final = [cells for cells in POSITIONS if legal_cells(cells)]


@cache
def games_from(cells: Cells) -> tuple[int, int, int]:
    """How many games end with ✕ winning, ○ winning and in a draw."""
    if not legal_cells(cells):
        return (has_won(cells, CROSS), has_won(cells, NOUGHT), not (has_won(cells, CROSS) or has_won(cells, NOUGHT)))
    counts = [games_from(place(cells, cell)) for cell in legal_cells(cells)]
    return (sum(count[0] for count in counts), sum(count[1] for count in counts), sum(count[2] for count in counts))


def test_the_rules_give_all_games_and_no_other() -> None:
    """The known numbers: 5,478 positions; 255,168 games, of which ✕ wins 131,184, ○ 77,904, and 46,080 are drawn."""
    assert len(POSITIONS) == 5_478
    assert len(OVER) == 958
    assert games_from(EMPTY) == (131_184, 77_904, 46_080)


def test_a_line_is_what_a_magic_square_says() -> None:
    """On every position: who has won, which cells can be played, and whose turn it is."""
    for cells in POSITIONS:
        line = winning_line(cells)
        won = {mark for mark in (CROSS, NOUGHT) if has_won(cells, mark)}
        assert {cells[cell - 1] for cell in line} == won
        assert set(legal_cells(cells)) == (set() if won else {n for n, mark in enumerate(cells, 1) if not mark})
        assert mark_to_move(cells) == (NOUGHT if sum(map(bool, cells)) % 2 else CROSS)


@pytest.mark.parametrize("cell", [0, 10, -1, "5", None, True, 5.0, [5], {}])
def test_a_move_that_names_no_cell_is_refused(cell: object) -> None:
    """Also what Python would take for a number."""
    with pytest.raises(IllegalMove, match="from 1 to 9"):
        place(EMPTY, cell)


def test_a_taken_cell_and_a_finished_game_are_refused() -> None:
    """With words that say why."""
    with pytest.raises(IllegalMove, match="Cell 5, centre, is taken"):
        place(place(EMPTY, 5), 5)
    for cells in OVER:
        for cell in range(1, 10):
            with pytest.raises(IllegalMove, match=r"taken|over"):
                place(cells, cell)


# -- the players -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [CROSS, NOUGHT])
def test_the_perfect_player_never_loses(own: str) -> None:
    """Against every game that an opponent can play, whichever of its best moves it takes."""
    seen, new = {EMPTY}, [EMPTY]
    while new:
        cells = new.pop()
        assert not has_won(cells, OTHER_MARK[own])
        moves = best_cells(cells) if mark_to_move(cells) == own else legal_cells(cells)
        after = {place(cells, cell) for cell in moves} - seen
        seen |= after
        new += after


def wins_for(cells: Cells, mark: str) -> set[int]:
    return {cell for cell in legal_cells(cells) if has_won((*cells[: cell - 1], mark, *cells[cell:]), mark)}


def test_both_players_take_a_win_and_see_a_threat() -> None:
    """On every position; the good one plays anything otherwise, and that is all it looks at."""
    for cells in OPEN:
        mine = mark_to_move(cells)
        wins, blocks = wins_for(cells, mine), wins_for(cells, OTHER_MARK[mine])
        assert set(good_cells(cells)) == (wins or blocks or set(legal_cells(cells)))
        assert set(best_cells(cells)) <= set(legal_cells(cells))
        assert not wins or set(best_cells(cells)) == wins


# -- the referee, with any players -------------------------------------------------------------------------------------


class Hand:
    """A mind that says anything at all, mostly moves, as chance will have it."""

    def __init__(self, chance: random.Random, wild: float) -> None:
        self.chance = chance
        self.wild = wild

    def joins(self, parameters: Json) -> bool:
        return self.chance.random() < 1 - self.wild / 10

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        assert isinstance(message.body, Floor)
        cells = message.body.item["legal"]
        move = Propose(topic="move", item={"cell": self.chance.choice(cells)})
        if self.chance.random() >= self.wild:
            return [move]
        odd: list[Act] = [
            Pass(),
            Say(words="Hm."),
            Left(),
            Decline(),
            Accept(about=message.id),
            Propose(topic="lunch", item={"cell": cells[0]}),
        ]
        odd += [Propose(topic="move", item=item) for item in ({}, *({"cell": cell} for cell in (0, 1, 5, 9, 10, "5", None, True, [1])))]
        picked = self.chance.choice([[odd_one, move] for odd_one in odd] + [[odd_one] for odd_one in odd] + [[move, move], []])
        if self.chance.random() < self.wild / 4:
            raise RuntimeError("bug")
        return picked

    def close(self) -> Awaitable[None] | None:
        return None


class SecondReferee:
    """The rules once more, written plainly: walks through a log and checks each message of the referee."""

    def __init__(self, log: Sequence[Message]) -> None:
        self.cells = [""] * 9
        self.illegal = 0
        self.standing = {"Crosses": "out", "Noughts": "out"}
        self.floor: Message | None = None
        self.refused = ""
        self.end: Decided | None = None
        for message in log:
            self.read(message)

    @property
    def turn(self) -> str:
        return "Noughts" if len([mark for mark in self.cells if mark]) % 2 else "Crosses"

    def read(self, message: Message) -> None:
        assert self.end is None
        body = message.body
        if body.kind in ("joined", "left", "failed"):
            self.standing[body.seat if isinstance(body, Failed) else message.sender] = "here" if body.kind == "joined" else "out"
        if message.sender == "chair":
            self.check(message)
        if self.floor and message.reply_to == self.floor.id:
            self.floor = None
            if body.kind not in ("left", "failed"):
                self.judge(message)

    def judge(self, message: Message) -> None:
        body = message.body
        cell = body.item.get("cell") if isinstance(body, Propose) and body.topic == "move" else None
        if type(cell) is int and cell in range(1, 10) and not self.cells[cell - 1]:
            self.cells[cell - 1] = SEATS[self.turn]
            self.illegal = 0
        else:
            self.illegal += 1
            self.refused = message.id

    def check(self, message: Message) -> None:
        body = message.body
        if isinstance(body, Decline):
            assert (body.about, bool(body.words)) == (self.refused, True)
            self.refused = ""
        elif isinstance(body, Floor):
            assert not self.refused
            assert body.seats == (self.turn,)
            assert body.item["legal"] == [n for n, mark in enumerate(self.cells, 1) if not mark]
            assert self.expected() is None
            self.floor = message
        elif isinstance(body, Decided):
            assert not self.refused
            self.end = body
            assert (body.topic, body.outcome, body.item["ending"], body.item["winner"]) == ("game", *(self.expected() or ()))
            winner = body.item["winner"]
            numbers = [MAGIC[cell - 1] for cell in body.item["line"]]
            assert any(sum(three) == 15 for three in combinations(numbers, 3)) == (body.item["ending"] == "line")
            assert {self.cells[cell - 1] for cell in body.item["line"]} <= {SEATS.get(winner)}

    def expected(self) -> tuple[str, str, str] | None:
        for seat, mark in SEATS.items():
            if has_won(self.cells, mark):
                return "agreed", "line", seat
        if all(self.cells):
            return "none", "draw", ""
        lost = {seat for seat, standing in self.standing.items() if standing == "out"}
        forfeits = self.illegal == 3
        lost |= {self.turn} if forfeits else set()
        if len(lost) == 2:
            return "failed", "no result", ""
        return ("agreed", "forfeit" if forfeits else "walkover", OTHER[lost.pop()]) if lost else None


def rehearse(minds: dict[str, Mind], chance: random.Random, failures: Sequence[tuple[int, str, Any]]) -> tuple[list[Message], Rehearsal]:
    """Play a game to its end, chance choosing who moves, with failures before the steps that they name."""
    rehearsal = Rehearsal(referee, minds)
    step = 0
    with closing(rehearsal):
        while moves := rehearsal.moves():
            for at, seat, how in failures:
                if at == step:
                    rehearsal.fail(seat, how)
            rehearsal.move(chance.choice(moves))
            step += 1
            assert step < 1_000
    assert rehearsal.over
    return rehearsal.host.log.read(), rehearsal


FAILURES: Final = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(list(SEATS)), st.sampled_from(HOWS)), max_size=3)
CHANCE: Final = st.randoms(use_true_random=False)


@settings(max_examples=400)
@given(CHANCE, st.sampled_from([0.0, 0.1, 0.3, 0.9]), FAILURES)
def test_whatever_is_said_and_whoever_fails_a_game_ends_by_the_rules(
    chance: random.Random, wild: float, failures: list[tuple[int, str, Reason]]
) -> None:
    """Any interleaving, any answers, any seat failing in any way at any step: a second referee finds nothing to object to."""
    log, rehearsal = rehearse({seat: Hand(chance, wild) for seat in SEATS}, chance, failures)
    second = SecondReferee(log)
    assert second.end is not None
    game = play_back(rehearsal.host.view.said)
    assert list(game.cells) == second.cells
    assert game.cells in POSITIONS
    out = {message.body.seat for message in log if isinstance(message.body, Failed)}
    assert second.end.item["winner"] not in out or second.end.item["ending"] == "line"


@settings(max_examples=40)
@given(CHANCE, FAILURES)
def test_the_players_by_rules_end_every_game_and_the_perfect_one_never_loses_on_the_board(
    chance: random.Random, failures: list[tuple[int, str, Reason]]
) -> None:
    """As ADK agents in their seats, with failures: no illegal move, and Crosses loses by walkover or not at all."""
    agent = build_agent({}, pace=0)
    log, _ = rehearse({seat: AgentMind(seat, agent.player(seat)) for seat in SEATS}, chance, failures)
    end = SecondReferee(log).end
    assert end
    assert not [message for message in log if isinstance(message.body, Decline)]
    assert end.item["ending"] in (("line", "draw", "walkover", "no result") if failures else ("line", "draw"))
    assert (end.item["ending"], end.item["winner"]) != ("line", "Noughts")


def test_both_seats_crashing_leaves_no_result() -> None:
    """In mid-game, before the referee has looked."""
    rehearsal = Rehearsal(referee, {seat: Hand(random.Random(1), 0) for seat in SEATS})  # noqa: S311 - chance, not secrecy
    with closing(rehearsal):
        while play_back(rehearsal.host.log.read()).last == 0:
            rehearsal.move(rehearsal.moves()[0])
        for seat in SEATS:
            rehearsal.fail(seat, "blocked")
        end = rehearsal.play()
    assert end
    assert (end.outcome, end.item) == ("failed", {"winner": "", "line": [], "ending": "no result"})
    assert [message.body.seat for message in rehearsal.host.log.read() if isinstance(message.body, Failed)] == list(SEATS)


def test_a_move_has_the_board_of_its_own_moment() -> None:
    """However far the meeting has gone when it is drawn."""
    chance = random.Random(3)  # noqa: S311 - chance, not secrecy
    log, rehearsal = rehearse({seat: Hand(chance, 0) for seat in SEATS}, chance, [])
    drawn = [made["view"]["data"]["cells"] for message in log if (made := build_agent({}).drawn(message, rehearsal.host.view))]
    assert [len([mark for mark in cells if mark]) for cells in drawn] == list(range(1, len(drawn) + 1))
    assert len(drawn) >= 5


def test_only_the_referee_gives_the_floor_and_only_whose_turn_it_is_moves() -> None:
    """Whatever a log holds."""
    mine, theirs = (Floor(seats=(seat,), topic="move", ask="move") for seat in SEATS)
    move = Propose(topic="move", item={"cell": 5})

    def message(number: int, sender: str, body: Any, reply_to: str = "") -> Message:
        return Message(id=str(number), meeting_id="m", seq=number, sender=sender, body=body, reply_to=reply_to)

    assert play_back([message(1, "Crosses", mine), message(2, "Crosses", move, "1")]).cells == EMPTY
    assert play_back([message(1, "chair", mine), message(2, "Noughts", move, "1")]).cells == EMPTY
    assert play_back([message(1, "chair", theirs), message(2, "Crosses", move, "1")]).last == 5


# -- on threads --------------------------------------------------------------------------------------------------------


async def held(room: Room) -> list[Message]:
    async with aclosing(room.hold()) as messages:
        return [message async for message in messages if message is not None]


def test_games_on_threads_differ_and_some_are_won() -> None:
    """Thirty games of the players by rules; the same meeting's id is the same game again."""
    agent = build_agent({}, pace=0)

    def game(meeting_id: str) -> tuple[Cells, str]:
        room = Room(referee, {seat: AgentMind(seat, agent.player(seat)) for seat in SEATS}, meeting_id=meeting_id)
        log = asyncio.run(held(room))
        end = SecondReferee(log).end
        assert end
        assert all(seat.gone.is_set() for seat in room.seats.values())
        return play_back(log).cells, end.item["ending"]

    games = [game(f"meeting {number}") for number in range(30)]
    assert games[:5] == [game(f"meeting {number}") for number in range(5)]
    assert len({cells for cells, _ in games}) > 10
    assert {ending for _, ending in games} == {"line", "draw"}


class Faulty(BaseAgent):
    """Plays the first legal cell, until its `at`-th move; then does something else."""

    at: int
    fault: Any
    moves: list[int] = []  # noqa: RUF012 - pydantic copies it for each

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        self.moves.append(1)
        if len(self.moves) >= self.at:
            text = await self.fault()
            yield Event(author=self.name, content=types.Content(role="model", parts=[types.Part(text=text)]))
            return
        async for event in RulePlayer(name=self.name, perfect=False)._run_async_impl(ctx):
            yield event


class Spoilt(TicTacToe):
    """A game in which seats have faults."""

    faults: dict[str, BaseAgent]

    def player(self, seat: str) -> BaseAgent:
        return self.faults.get(seat) or super().player(seat)


async def crash() -> str:
    raise RuntimeError("bug")


async def babble() -> str:
    return "I take the middle one, please."


async def hang() -> str:
    await asyncio.Event().wait()
    return ""


async def leave() -> str:
    return '{"version": 1, "acts": [{"kind": "left", "words": "I have to go."}]}'


async def played(agent: BaseAgent, *messages: str) -> list[Event]:
    """What ADK's own Runner gives for some messages, without the events that no session keeps."""
    runner = InMemoryRunner(agent=agent)
    session = await runner.session_service.create_session(app_name=runner.app_name, user_id="u")
    events: list[Event] = []
    for message in messages:
        content = types.Content(role="user", parts=[types.Part(text=message)])
        events += [event async for event in runner.run_async(user_id="u", session_id=session.id, new_message=content) if not event.partial]
    await runner.close()
    return events


def text_of(event: Event) -> str:
    return "".join(part.text or "" for part in (event.content.parts if event.content else None) or [])


def told(event: Event) -> dict[str, Any]:
    return (event.custom_metadata or {})[MEETING]


def boards(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [told(event)["view"]["data"] for event in events if "view" in told(event)]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (crash, "made a mistake and is out"),
        (babble, "said nothing that could be understood and is out"),
        (hang, "took too long and is out"),
        (leave, "I have to go."),
    ],
)
@pytest.mark.parametrize("seat", list(SEATS))
def test_a_seat_that_fails_in_mid_game_is_announced_and_the_other_wins(seat: str, fault: Callable[[], Any], words: str) -> None:
    """On real threads, in the third move: said by that seat, and a walkover."""
    faults: dict[str, BaseAgent] = {seat: Faulty(name=seat, at=2, fault=fault)}
    agent = Spoilt(name="tictactoe", pace=0, faults=faults, limits=Limits(turn=1.0 if fault is hang else 60.0))
    events = asyncio.run(played(agent, "play"))
    assert (events[-2].author, text_of(events[-2])) == (seat, words)
    assert text_of(events[-1]) == f"{seat} is out: {OTHER[seat]} wins by walkover."
    assert len(boards(events)[-1]["text"]) == 4


def test_a_seat_that_blocks_its_thread_is_left_behind_and_the_other_wins() -> None:
    """Its move comes too late: it is refused. The thread ends when the mind lets it."""
    door, rooms = threading.Event(), list[Room]()

    async def block() -> str:
        rooms.extend(ROOMS)
        door.wait(AWAY)
        return '{"version": 1, "acts": [{"kind": "propose", "topic": "move", "item": {"cell": 9}}]}'

    agent = Spoilt(
        name="tictactoe", pace=0, faults={"Noughts": Faulty(name="Noughts", at=1, fault=block)}, limits=Limits(silence=1.0, grace=0.1)
    )
    try:
        events = asyncio.run(played(agent, "play"))
    finally:
        door.set()
        seat = rooms[0].seats["Noughts"]
        assert seat.gone.wait(AWAY)
        seat.release()  # the meeting leaves the loop of such a seat to the garbage collector
    assert [text_of(event) for event in events[-2:]] == [
        "does not move any more and is out",
        "Noughts is out: Crosses wins by walkover.",
    ]


# -- as a user sees it -------------------------------------------------------------------------------------------------


def test_any_message_starts_a_game_and_each_move_has_its_board() -> None:
    """Twice in one conversation: the opening says who plays what, one mark more each time, the conclusion has the last board."""
    events = asyncio.run(played(build_agent({}, pace=0), "play", "again"))
    openings = [n for n, event in enumerate(events) if told(event)["kind"] == "opening"]
    assert len(openings) == 2
    assert text_of(events[0]).startswith("Crosses plays ✕ and begins, Noughts plays ○. Both play by rules")
    for game in (events[: openings[1]], events[openings[1] :]):
        *moves, last = boards(game)
        assert [event.author for event in game[1:-1]] == [list(SEATS)[n % 2] for n in range(len(moves))]
        for number, board in enumerate(moves, 1):
            assert len([mark for mark in board["cells"] if mark]) == number
            assert board["cells"][board["last"] - 1] == [NOUGHT, CROSS][number % 2]
        assert last == moves[-1]
        assert game[-1].author == "tictactoe"
        assert bool(last["line"]) == ("wins with three in a row" in text_of(game[-1]))


def model_game(script: Script) -> tuple[list[Event], ScriptedLlm]:
    model = ScriptedLlm.saying(script)
    return asyncio.run(played(TicTacToe(name="tictactoe", model=model), "play")), model


def legal_in(asked: Asked) -> list[int]:
    return [int(cell) for cell in asked.said.rpartition("Legal cells: ")[2].split(", ")]


def choosing(cell: object, words: str = "Mine.") -> list[Step]:
    return [Text(f'{{"cell": {cell}, "words": "{words}"}}')]


def first_legal(asked: Asked) -> Sequence[Step]:
    return choosing(legal_in(asked)[0])


def test_models_play_a_game() -> None:
    """They see the board, their mark and the legal cells, and nothing that the other has said."""
    events, model = model_game(first_legal)
    assert text_of(events[0]).endswith("scripted plays both.")
    assert text_of(events[-1]) == "Crosses wins with three in a row."
    assert boards(events)[-1]["cells"] == [CROSS, NOUGHT, CROSS, NOUGHT, CROSS, NOUGHT, CROSS, "", ""]
    assert model.asked[1].contents == [
        ("user", "You play ○. Empty cells show their numbers:\n✕ 2 3\n4 5 6\n7 8 9\nLegal cells: 2, 3, 4, 5, 6, 7, 8, 9")
    ]
    assert "Mine." not in "".join(model.requests)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ('{"cell": 1, "words": "I insist."}', "Cell 1, top left, is taken."),
        ('{"cell": 77, "words": ""}', "A move names a cell from 1 to 9."),
        ("The centre, obviously. " * 500, "That is no move."),
        ('{"cell": "x", "words": ""}', "That is no move."),
        ('[{"kind": "pass"}]', "That is no move."),
        ("{" * 30_000, "That is no move."),
    ],
)
def test_a_model_that_does_not_play_by_the_rules_forfeits(answer: str, why: str) -> None:
    """Refused three times, told why each time, and the board is as it was."""
    events, model = model_game(lambda asked: [Text(answer)] if "You play ○" in asked.said else first_legal(asked))
    refusals = [text_of(event) for event in events if told(event)["kind"] == "decline"]
    assert refusals == [why] * MAX_ILLEGAL
    assert text_of(events[-1]) == "Noughts has made three illegal moves in a row and forfeits: Crosses wins."
    assert [asked.said.startswith(f"Your last answer was refused: {why}") for asked in model.asked] == [False, False, True, True]
    assert [board["cells"] for board in boards(events)] == [[CROSS, *[""] * 8]] * 2  # of the one move, and at the end


def test_two_illegal_moves_and_then_a_legal_one_are_forgiven() -> None:
    """At every move, garbage and a taken cell first; a legal move in a fence counts, and passing does not."""
    tries: list[str] = []

    def script(asked: Asked) -> Sequence[Step]:
        tries.append("")
        answers: list[list[Step]] = [[Text(f"```json\n{choosing(legal_in(asked)[0])[0].text}\n```")], [Text("Hm.")], choosing(0)]  # type: ignore[union-attr]
        return answers[len(tries) % 3]

    events, _ = model_game(script)
    assert text_of(events[-1]) == "Crosses wins with three in a row."
    assert len([event for event in events if told(event)["kind"] == "decline"]) == 14


@pytest.mark.parametrize("step", [Raise(RuntimeError("bug")), Finish("SAFETY")])
def test_a_model_that_fails_loses_by_walkover(step: Step) -> None:
    """After a second attempt, in mid-game."""
    events, model = model_game(lambda asked: [step] if "✕ ○" in plain_of(asked) else first_legal(asked))
    assert text_of(events[-1]) == "Crosses is out: Noughts wins by walkover."
    assert len(model.asked) == 4


def plain_of(asked: Asked) -> str:
    return "\n".join(line for line in asked.said.splitlines() if re.fullmatch(r"\S \S \S", line))


def test_passing_is_illegal() -> None:
    """Refused in words of its own."""
    rehearsal = Rehearsal(referee, {"Crosses": Passing(), "Noughts": Passing()})
    with closing(rehearsal):
        end = rehearsal.play()
    words = [message.body.words for message in rehearsal.host.log.read() if isinstance(message.body, Decline)]
    assert words == ["Passing is not allowed."] * 3
    assert end and end.item == {"winner": "Noughts", "line": [], "ending": "forfeit"}


class Passing(Hand):
    def __init__(self) -> None:
        super().__init__(random.Random(0), 0)  # noqa: S311 - chance, not secrecy

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        return [Pass()]


def test_a_game_that_outgrows_its_log_says_that_it_was_not_finished() -> None:
    """The runtime's own bound."""
    agent = TicTacToe(name="tictactoe", pace=0, limits=Limits(messages=10))
    assert text_of(asyncio.run(played(agent, "play"))[-1]) == "The game was not finished."


def test_a_model_that_nobody_knows_is_named_instead_of_a_game() -> None:
    """And importing the agent never fails."""
    (event,) = asyncio.run(played(build_agent({"VIBEHUNTR_MODEL": "no-such-model"}), "play"))
    assert text_of(event) == "No model is called no-such-model. Please correct VIBEHUNTR_MODEL and restart."


def test_the_environment_chooses_who_plays() -> None:
    """As it does for the planner."""
    assert build_agent({}).model == build_agent({"VIBEHUNTR_MODEL": "vibehuntr-keyless", "GOOGLE_API_KEY": "x"}).model == ""
    named = build_agent({"VIBEHUNTR_MODEL": "gemini-2.5-flash", "GOOGLE_API_KEY": "x"}).model
    assert isinstance(named, BaseLlm)
    assert named.model == "gemini-2.5-flash"


def test_gemini_plays_over_http_and_no_connection_is_left(gemini: GeminiServer) -> None:
    """Each seat's client is closed on the loop on which it was opened; the schema of the answer is Gemini's own."""
    gemini.script = first_legal
    events = asyncio.run(played(build_agent(), "play"))
    assert text_of(events[-1]) == "Crosses wins with three in a row."
    assert gemini.wait_for(lambda server: server.open_connections == 0)
    assert set(gemini.requests[0].body["generationConfig"]["responseSchema"]["required"]) == {"cell", "words"}


# -- in the playground -------------------------------------------------------------------------------------------------


def chosen_agent(**changes: Any) -> TicTacToe:
    """The agent as VIBEHUNTR_AGENT=tictactoe_agent loads it, but for the changes."""
    agent = load_agent(ROOT / "tictactoe_agent")
    return agent.clone({"pace": 0.0, "model": "", **changes})  # type: ignore[union-attr, return-value]


def test_the_folder_can_be_picked_and_a_turn_plays_a_game() -> None:
    """By ADK's loader; a second message plays a second game; no model is named."""
    with closing(AgentInvoker(chosen_agent(), settings=Settings(workers=2, grace=2.0))) as invoker:
        assert invoker.model_name == ""
        for message in ("play", "again"):
            answer = answer_of(say(invoker, message))
            assert answer.status == "done"
            assert answer.text.startswith("Crosses plays ✕")
            assert answer.text.endswith(("wins with three in a row.", "nobody has three in a row."))
        assert len(invoker.get_messages("u", "c")) == 4


def test_a_stop_in_mid_game_keeps_what_was_played_and_leaves_no_thread() -> None:
    """Two moves stand in the conversation, and the next message plays a whole game."""
    gate = Gate()

    def script(asked: Asked) -> Sequence[Step]:
        return [Hold(gate), *first_legal(asked)] if len(legal_in(asked)) == 7 else first_legal(asked)

    with closing(AgentInvoker(chosen_agent(model=ScriptedLlm.saying(script)), settings=Settings(workers=2, grace=2.0))) as invoker:
        turn = say(invoker, "play")
        wait_for_text(turn, "Noughts: Mine.")
        assert gate.reached.wait(AWAY)
        assert len(seat_threads()) == 2
        turn.cancel()
        answer = answer_of(turn)
        assert (answer.status, answer.text.count("Mine.")) == ("cancelled", 2)
        assert not list(ROOMS)
        no_seat_is_left()
        gate.open()
        assert answer_of(say(invoker, "again")).text.endswith("Crosses wins with three in a row.")
        shown = invoker.get_messages("u", "c")
        assert (shown[1].status, shown[3].status) == ("cancelled", "done")


def test_the_board_in_words_shows_the_numbers_of_the_empty_cells() -> None:
    """What a model is shown."""
    assert plain(place(place(EMPTY, 5), 1)) == "○ 2 3\n4 ✕ 6\n7 8 9"
