"""The live answer: drawn at once, then followed as its turn's log grows.

How often that is depends on what the turn writes: of a model's text, pieces of a size that the process can carry
(`playground/pieces.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import streamlit as st

import session_manager
from agent_invoker import AgentInvoker, Turn
from page.messages import Canvas, GrowingBlocks, live_items
from page.sidebar import Seats
from playground.client import pause
from playground.one_by_one import Pace
from playground.pieces import pieces
from playground.turn_log import Answer, Message, seats_of
from session_manager import SessionManager

DRAIN = 6.0  # seconds one run follows the log at most: longer than some beats, so that one is waiting when it ends
REDRAW = 0.03  # seconds between two redraws, at least: pieces come slower, but not all that a turn writes is pieces
GLANCE = 0.05  # seconds until a run that follows looks up: a click waits no longer than that
PATIENCE = 0.12  # the same when the process has much to do, and pieces are further apart
PAUSE = 0.12  # seconds between the end of an answer and the redraw of the page that follows, at least
REDRAWS = Pace(apart=0.1, put_off=3.0)  # of a process: one takes 20 ms in which no answer moves, and lacks nothing but what can be clicked


class Live:
    """The answer that grows. The runs of its fragment share it.

    If the fragment's first run is a part of the whole page's, it draws the answer as it is, and leaves the rest to `follow`, which
    the page calls when all else is drawn. Any other run begins anew and follows at once.
    """

    def __init__(
        self, invoker: AgentInvoker, manager: SessionManager, drawn: Message, seats: Seats | None, redraw_on_news: Callable[[], None]
    ) -> None:
        """Begin with the message as the page shows it.

        `seats` is the place in the sidebar for those of a meeting that it holds; without one, a meeting has the whole page drawn.
        """
        self.drawn = drawn
        self._redraw_on_news = redraw_on_news
        self._seats = seats
        self._invoker = invoker
        self._manager = manager
        self._turn: Turn | None = None
        self._blocked = False
        self._drawn_at = 0.0

    def begin(self, turn: Turn, frame: Any) -> None:  # noqa: ANN401 - Streamlit's container
        """Draw the answer as it is now. What is drawn later in this run belongs to the fragment too, wherever it is called from."""
        self._fragment = copy_context()
        self._turn = turn
        self._canvas = Canvas(frame)
        self._answer = Answer()
        self._blocks = GrowingBlocks()
        if self._seats:
            self._seats.begin()
        self._draw()

    def glance(self) -> None:
        """Draw what has come since, if anything; returns at once."""
        if self._turn and len(self._turn.log) > self._answer.cursor:
            self._fragment.run(self._draw)

    def follow(self) -> None:
        """Redraw as the log grows, until the answer has ended, for DRAIN seconds at most; then have the page redrawn, once.

        It may be cut wherever it looks up, and nothing is lost: the next run redraws from the log.
        """
        if self._turn:
            self._fragment.run(self._follow, self._turn)

    def _follow(self, turn: Turn) -> None:
        until = time.monotonic() + DRAIN
        self._draw()
        while not self._answer.ended and time.monotonic() < until:
            self._next_frame(turn)
            if not self._answer.ended:
                self._redraw_on_news()
        self._end(turn)

    def _end(self, turn: Turn) -> None:
        """Have the page redrawn, once, if the answer has ended: a moment later, so that the browser paints the last words first.

        With many ends at once it is put off, unless another turn has waited for this one's, and is the running one by now.
        """
        if self._answer.ended and turn.wait_ended(GLANCE) and turn is self._manager.turn(turn.id):
            soonest = time.monotonic() + PAUSE
            begin = REDRAWS.begin(soonest)
            while (left := (begin if turn is self._manager.running_turn() else soonest) - time.monotonic()) > 0:
                pause(min(left, _until_glance()))
                look_up()
            self._manager.settle(turn)
            st.rerun()

    def _next_frame(self, turn: Turn) -> None:
        """Wait for news, and draw it; not sooner than the browser wants it, but for the end."""
        was_blocked = self._blocked
        grown = turn.wait(self._answer.cursor, _until_glance())
        self._blocked = bool(self._invoker.health().blocked_for)
        if grown or self._blocked or was_blocked:
            turn.wait_ended(max(0.0, self._drawn_at + REDRAW - time.monotonic()))
            self._draw()
        look_up()

    def _draw(self) -> None:
        assert self._turn  # noqa: S101 - begun
        self._drawn_at = time.monotonic()
        self._answer.extend(self._turn.read(self._answer.cursor))
        message = session_manager.answer_message(self.drawn, self._answer)
        self._canvas.draw(live_items(message, self._invoker, self._blocks))
        held = seats_of(message)
        if self._seats:
            self._seats.draw(held)
        elif held:
            st.rerun()


def _until_glance() -> float:
    return min(max(GLANCE, pieces.frame), PATIENCE)


def look_up() -> None:
    """Let a click that waits cut this run, also while the model is silent."""
    _ = "prompt" in st.session_state
