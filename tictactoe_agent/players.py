"""Who plays: rules, or a language model. Each is an ADK agent in a seat, which is told the board and its legal moves by the floor.

Guarantees: `best_cells` never loses a game that is not lost already. What a model answers becomes exactly one act, whatever it is: the
referee says whether it is a legal move. A player sees the board and never the other's words, so those cannot instruct a model.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncGenerator
from functools import cache
from typing import Final

from google.adk.agents import BaseAgent, LlmAgent
from google.adk.agents.callback_context import CallbackContext
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai import types
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from playground.meetings.messages import MAX_WORDS, Act, Floor, GarbledAct, Propose, Say, write_acts
from playground.meetings.minds import Request

from .board import LINES, PLACES, Cells, legal_cells, mark_to_move, place, plain, winning_line
from .referee import MOVE

_OBJECT: Final = re.compile(r"\{.*\}", re.DOTALL)
_INSTRUCTION: Final = """\
You play tic-tac-toe on a board of nine cells, numbered 1 to 9 row by row. Three of your marks in a row, a column or a diagonal win.
Complete your own line if you can; otherwise block the other's.
Answer with JSON alone: {"cell": a legal cell, "words": "a few words about your move"}.
"""


class Turn(BaseModel):
    """What a player is asked: the floor's item."""

    mark: str
    cells: Cells
    legal: tuple[int, ...]
    refused: str


class Chosen(BaseModel):
    """What a model answers."""

    cell: int
    words: str


class RulePlayer(BaseAgent):
    """Plays by rules: perfectly, or well. The same meeting's id gives the same choices among moves that are equally good to it."""

    perfect: bool
    pace: float = 0.0
    """Seconds before each move, for people to watch."""

    @override
    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        request = _request_of(ctx.user_content)
        turn = _turn_of(request)
        await asyncio.sleep(self.pace)
        cells = best_cells(turn.cells) if self.perfect else good_cells(turn.cells)
        cell = random.Random(f"{request.asked.meeting_id} {turn.cells}").choice(cells)  # noqa: S311 - chance, not secrecy
        acts = [Propose(topic=MOVE, item={"cell": cell}, words=f"{turn.mark} {PLACES[cell - 1]}.")]
        yield Event(author=self.name, invocation_id=ctx.invocation_id, branch=ctx.branch, content=_said(write_acts(acts)))


def model_player(name: str, model: BaseLlm | str) -> LlmAgent:
    """Return a player that a language model plays for."""
    return LlmAgent(
        name=name,
        model=model,
        instruction=_INSTRUCTION,
        output_schema=Chosen,
        before_model_callback=show_board,
        after_model_callback=make_act,
    )


def show_board(callback_context: CallbackContext, llm_request: LlmRequest) -> None:
    """Ask the model in words: the board and the legal moves, and why its last answer was refused."""
    turn = _turn_of(_request_of(callback_context.user_content))
    refused = f"Your last answer was refused: {turn.refused}\n" if turn.refused else ""
    legal = ", ".join(map(str, turn.legal))
    text = f"{refused}You play {turn.mark}. Empty cells show their numbers:\n{plain(turn.cells)}\nLegal cells: {legal}"
    llm_request.contents = [types.Content(role="user", parts=[types.Part(text=text)])]


def make_act(callback_context: CallbackContext, llm_response: LlmResponse) -> LlmResponse | None:
    """Make one act of what the model answers. An error of the model stays one."""
    del callback_context
    if llm_response.partial:
        return None
    parts = llm_response.content.parts if llm_response.content else None
    text = "".join(part.text for part in parts or [] if part.text and not part.thought)
    return llm_response.model_copy(update={"content": _said(write_acts([_act_of(text)]))})


def best_cells(cells: Cells) -> list[int]:
    """Return the legal moves that no move is better than, by looking at every game from here on: a win, and soon, or else a draw."""
    values = {cell: -_value(place(cells, cell)) for cell in legal_cells(cells)}
    return [cell for cell, value in values.items() if value == max(values.values())]


def good_cells(cells: Cells) -> list[int]:
    """Return the moves that a player looks at who thinks one move ahead: a win, else a block, else any."""
    mark = mark_to_move(cells)
    threats = [[cells[cell - 1] for cell in line] for line in LINES]
    two = [(marks, line[marks.index("")]) for marks, line in zip(threats, LINES, strict=True) if marks.count("") == 1]
    pairs = [(next(filter(None, marks)), cell) for marks, cell in two if len({*marks} - {""}) == 1]
    wins = [cell for own, cell in pairs if own == mark]
    return wins or [cell for _, cell in pairs] or list(legal_cells(cells))


@cache
def _value(cells: Cells) -> int:
    """Return what a board is worth to whoever is to move: negative if it is lost, the more so the sooner; 5,478 boards at most."""
    if winning_line(cells):
        return -1 - cells.count("")
    return max((-_value(place(cells, cell)) for cell in legal_cells(cells)), default=0)


def _act_of(text: str) -> Act:
    """Return a move, or what was said in place of one."""
    found = _OBJECT.search(text)
    try:
        chosen = Chosen.model_validate_json(found[0] if found else text)
    except ValidationError:
        return Say(words=text[:MAX_WORDS] or "…")
    return Propose(topic=MOVE, item={"cell": chosen.cell}, words=chosen.words[:MAX_WORDS])


def _turn_of(request: Request) -> Turn:
    if not isinstance(request.asked.body, Floor):
        raise GarbledAct("not asked for a move")
    return Turn.model_validate(request.asked.body.item)


def _request_of(content: types.Content | None) -> Request:
    return Request.read("".join(part.text or "" for part in (content.parts if content else None) or []))


def _said(text: str) -> types.Content:
    return types.Content(role="model", parts=[types.Part(text=text)])
