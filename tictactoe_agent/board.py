"""The rules of tic-tac-toe. Pure: a board is a tuple of nine cells, numbered 1 to 9, row by row from the top left.

Guarantees: `place` makes a board that the rules allow from one that they allow, or raises `IllegalMove` with words that say why. Nothing is
played on a board with a line on it.
"""

from __future__ import annotations

from typing import Any, Final

Cells = tuple[str, ...]

CROSS: Final = "✕"
NOUGHT: Final = "○"
EMPTY: Final[Cells] = ("",) * 9
LINES: Final = ((1, 2, 3), (4, 5, 6), (7, 8, 9), (1, 4, 7), (2, 5, 8), (3, 6, 9), (1, 5, 9), (3, 5, 7))
PLACES: Final = ("top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right")
_ROWS: Final = ("Top", "Middle", "Bottom")


class IllegalMove(ValueError):  # noqa: N818 - what it was
    """The rules forbid this move; the message says why, for people."""


def mark_to_move(cells: Cells) -> str:
    """Return whose turn it is; ✕ begins."""
    return CROSS if cells.count(CROSS) == cells.count(NOUGHT) else NOUGHT


def winning_line(cells: Cells) -> tuple[int, ...]:
    """Return the cells of the lines that are complete, in order; none if nobody has won. One move can complete two."""
    complete = [line for line in LINES if cells[line[0] - 1] and len({cells[cell - 1] for cell in line}) == 1]
    return tuple(sorted({cell for line in complete for cell in line}))


def legal_cells(cells: Cells) -> tuple[int, ...]:
    """Return the cells that may be played; none if the game is over."""
    return () if winning_line(cells) else tuple(number for number, mark in enumerate(cells, 1) if not mark)


def place(cells: Cells, cell: object) -> Cells:
    """Return the board with the next mark in a cell. Raises: IllegalMove."""
    if not isinstance(cell, int) or isinstance(cell, bool) or not 1 <= cell <= len(cells):
        raise IllegalMove("A move names a cell from 1 to 9.")
    if cells[cell - 1]:
        raise IllegalMove(f"Cell {cell}, {PLACES[cell - 1]}, is taken.")
    if winning_line(cells):
        raise IllegalMove("The game is over.")
    return (*cells[: cell - 1], mark_to_move(cells), *cells[cell:])


def plain(cells: Cells) -> str:
    """Return the board as three lines of text; an empty cell shows its number."""
    shown = [mark or str(number) for number, mark in enumerate(cells, 1)]
    return "\n".join(" ".join(shown[row : row + 3]) for row in (0, 3, 6))


def view(cells: Cells, last: int) -> dict[str, Any]:
    """Return the board to be drawn, with the same in words; `last` is the cell that was played last, or 0."""
    line = winning_line(cells)
    text = [f"{name} row: {', '.join(mark or 'empty' for mark in cells[3 * row : 3 * row + 3])}" for row, name in enumerate(_ROWS)]
    if last:
        text.append(f"Last move: {cells[last - 1]}, {PLACES[last - 1]}")
    if line:
        text.append(f"Three in a row: {', '.join(PLACES[cell - 1] for cell in line)}")
    return {"name": "board", "data": {"cells": list(cells), "last": last, "line": list(line), "text": text}}
