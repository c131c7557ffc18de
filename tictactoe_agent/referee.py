"""The referee: what a meeting's messages make of the board, and what comes next. Pure.

Guarantees:

- The board is a fold over the moves that the rules allow: whatever the seats say, no other board can come of it.
- A floor has one answer, the first. What a seat says beyond it changes nothing, however late it comes.
- An answer that is no legal move, passing too, is refused in words and asked for again; the third in a row loses the game.
- A complete line wins and a full board is a draw, even if somebody has crashed meanwhile. Otherwise a seat that is out loses by walkover,
  and when both are out there is no result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from playground.meetings.messages import CHAIR, Body, Decided, Decline, Failed, Floor, Left, Message, Outcome, Pass, Propose
from playground.meetings.view import View

from .board import CROSS, EMPTY, NOUGHT, Cells, IllegalMove, legal_cells, mark_to_move, place, winning_line

SEATS: Final[Mapping[str, str]] = {"Crosses": CROSS, "Noughts": NOUGHT}
"""The seats, in the order in which they move, and their marks."""
MOVE: Final = "move"
GAME: Final = "game"
MAX_ILLEGAL: Final = 3
"""So many illegal moves in a row lose the game."""

Ending = Literal["line", "draw", "forfeit", "walkover", "no result"]
_OUTCOMES: Final[Mapping[Ending, Outcome]] = {
    "line": "agreed", "draw": "none", "forfeit": "agreed", "walkover": "agreed", "no result": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Game:
    """The game as far as its messages go."""

    cells: Cells = EMPTY
    last: int = 0
    """The cell that was played last, and `moved` the message that played it by its place in the log."""
    moved: int = 0
    illegal: int = 0
    """So many illegal moves in a row; always of the seat that is to move."""
    refused: str = ""
    """Why the last answer was no legal move, and `about` its id; empty if it was one."""
    about: str = ""

    @property
    def to_move(self) -> str:
        """The seat whose turn it is."""
        return _seat_of(mark_to_move(self.cells))

    def after(self, message: Message) -> Game:
        """Return the game after an answer to the floor."""
        try:
            cells = place(self.cells, _cell_of(message.body))
        except IllegalMove as why:
            return replace(self, illegal=self.illegal + 1, refused=str(why), about=message.id)
        cell = next(number for number, (old, new) in enumerate(zip(self.cells, cells, strict=True), 1) if old != new)
        return Game(cells, cell, message.seq)


@dataclass(frozen=True, slots=True)
class Result:
    """How a game has ended; `winner` is a seat, or empty."""

    ending: Ending
    winner: str = ""


def play_back(said: Iterable[Message]) -> Game:
    """Fold a meeting's messages to the game."""
    game, floor = Game(), ""
    for message in said:
        if isinstance(message.body, Floor) and message.sender == CHAIR:
            floor, game = message.id, replace(game, refused="", about="")
        elif floor and message.reply_to == floor and message.sender == game.to_move:
            floor = ""
            if not isinstance(message.body, Failed | Left):
                game = game.after(message)
    return game


def result_of(game: Game, view: View) -> Result | None:
    """Say how the game has ended, if it has."""
    if winning_line(game.cells):
        return Result("line", next(seat for seat in SEATS if seat != game.to_move))
    if not legal_cells(game.cells):
        return Result("draw")
    forfeited = {game.to_move} if game.illegal >= MAX_ILLEGAL else set[str]()
    playing = [seat for seat in SEATS if seat in view.here and seat not in forfeited]
    if len(playing) == len(SEATS):
        return None
    return Result("forfeit" if forfeited else "walkover", *playing) if playing else Result("no result")


def referee(view: View) -> list[Body]:
    """Say what comes next: the seat to move has the floor, or the game is decided. A meeting's chair."""
    game = play_back(view.said)
    refusal = [Decline(about=game.about, words=game.refused)] if game.refused else []
    if result := result_of(game, view):
        item = {"winner": result.winner, "line": list(winning_line(game.cells)), "ending": result.ending}
        return [*refusal, Decided(topic=GAME, outcome=_OUTCOMES[result.ending], item=item, final=True)]
    item = {"mark": SEATS[game.to_move], "cells": list(game.cells), "legal": list(legal_cells(game.cells)), "refused": game.refused}
    return [*refusal, Floor(seats=(game.to_move,), topic=MOVE, ask=MOVE, item=item, since=view.cursor)]


def _seat_of(mark: str) -> str:
    return next(seat for seat, own in SEATS.items() if own == mark)


def _cell_of(body: Body) -> object:
    """Return the cell that an answer names. Raises: IllegalMove."""
    if isinstance(body, Pass):
        raise IllegalMove("Passing is not allowed.")
    if not isinstance(body, Propose) or body.topic != MOVE:
        raise IllegalMove("That is no move.")
    return body.item.get("cell")
