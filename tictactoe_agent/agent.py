"""Tic-tac-toe between two agents: a meeting with a referee in the chair. Whatever the user writes starts a game.

Guarantees: each move is an event of its own, with the board as a drawing. Any seat may crash, fall silent or leave in mid-game: it is
said, and the game ends by the referee's rules. Without a key both seats play by rules; a model, chosen as in `vibehuntr_agent.models`,
plays both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.models import BaseLlm, LLMRegistry
from typing_extensions import override

from playground.meetings.meeting import CannotMeet, Conclusion, Meeting, Setting
from playground.meetings.messages import Json, Message
from playground.meetings.minds import AgentMind
from playground.meetings.seat import Limits
from playground.meetings.view import View
from vibehuntr_agent.models import choose_model, model_name
from vibehuntr_agent.offline import KeylessPlanner

from . import board
from .players import RulePlayer, model_player
from .referee import SEATS, Ending, play_back, referee

PACE: Final = 0.7
_SILENCE: Final = 30.0
"""Seconds that a model's seat may stand still: its first request imports for seconds, unless somebody has warmed up before."""
_PERFECT: Final = "Crosses"
_BY_RULES: Final = "Both play by rules, without a language model: Crosses perfectly, Noughts well."
_ENDINGS: Final[Mapping[Ending, str]] = {
    "line": "{winner} wins with three in a row.",
    "draw": "A draw: the board is full and nobody has three in a row.",
    "forfeit": "{loser} has made three illegal moves in a row and forfeits: {winner} wins.",
    "walkover": "{loser} is out: {winner} wins by walkover.",
    "no result": "Both players are out: the game has no result.",
}


class TicTacToe(Meeting):
    """Holds a game."""

    model: BaseLlm | str = ""
    """What plays both seats; empty for players by rules."""
    pace: float = PACE
    """Seconds before each move of a player by rules, for people to watch."""

    @override
    async def convene(self, ctx: InvocationContext) -> Setting:
        del ctx
        if self.model and isinstance(self.model, str):
            raise CannotMeet(f"No model is called {self.model}. Please correct VIBEHUNTR_MODEL and restart.")
        minds = {seat: AgentMind(seat, self.player(seat)) for seat in SEATS}
        plays = f"{model_name(self.model)} plays both." if self.model else _BY_RULES
        opening = f"Crosses plays {board.CROSS} and begins, Noughts plays {board.NOUGHT}. {plays}"
        return Setting(referee, minds, {seat: {"game": "tic-tac-toe", "mark": mark} for seat, mark in SEATS.items()}, opening)

    def player(self, seat: str) -> BaseAgent:
        """Return who plays in a seat."""
        if self.model:
            return model_player(seat, self.model)
        return RulePlayer(name=seat, perfect=seat == _PERFECT, pace=self.pace)

    @override
    def conclude(self, ctx: InvocationContext, view: View) -> Conclusion:
        game = play_back(view.said)
        return Conclusion(_words(view), data={"view": board.view(game.cells, game.last)})

    @override
    def drawn(self, message: Message, view: View) -> Json:
        """Return the board after a move that the referee lets stand; the view may have gone on already."""
        game = play_back(said for said in view.said if said.seq <= message.seq)
        return {"view": board.view(game.cells, game.last)} if game.moved == message.seq else {}


def build_agent(environ: Mapping[str, str] = os.environ, *, pace: float = PACE) -> TicTacToe:
    """Return the agent, with the model that `environ` names."""
    model = choose_model(environ)
    if isinstance(model, KeylessPlanner):
        model = ""
    elif isinstance(model, str):
        with suppress(ValueError, ImportError):  # a name that nobody knows is said when a game is asked for
            model = LLMRegistry.new_llm(model)  # here, or the import of LiteLLM (4 s) would block a seat
    description = "Two agents play tic-tac-toe against each other; any message starts a game."
    limits = Limits(silence=_SILENCE) if model else Limits()
    return TicTacToe(name="tictactoe", description=description, model=model, pace=pace, limits=limits)


def _words(view: View) -> str:
    """Say how the game has ended."""
    if view.end is None or not (ending := view.end.item.get("ending")):
        return "The game was not finished."
    winner = view.end.item["winner"]
    return _ENDINGS[ending].format(winner=winner, loser=next(seat for seat in SEATS if seat != winner))


root_agent = build_agent()
