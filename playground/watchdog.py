"""Notices that something blocks the event loop, and names it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from google.adk.agents import BaseAgent
from google.adk.tools import BaseTool

logger = logging.getLogger("vibehuntr.watchdog")

_TICK = 0.25  # seconds between two looks
_BLOCKED_AFTER = 0.5  # seconds without an answer after which the loop counts as blocked


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the event loop: for how many seconds something has blocked it (0.0: it runs), and what does."""

    blocked_for: float = 0.0
    culprit: str = ""


class Watchdog:
    """Looks whether the loop answers: one thread, a few wake-ups a second."""

    def __init__(self, loop: asyncio.AbstractEventLoop, loop_thread: threading.Thread, warm: concurrent.futures.Future[None]) -> None:
        """Watch a loop and its thread, from the moment that `warm` is done."""
        self._warm = warm
        self._loop = loop
        self._loop_thread = loop_thread
        self._blocked_since: float | None = None
        self._culprit = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="adk-watchdog", daemon=True)
        self._thread.start()

    @property
    def health(self) -> Health:
        """The state of the loop now."""
        since = self._blocked_since
        return Health() if since is None else Health(time.monotonic() - since, self._culprit)

    def close(self) -> None:
        """End the watch and its thread."""
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        concurrent.futures.wait([self._warm])  # the imports of the first turn block the loop too
        while not self._closing.wait(_TICK):
            answered = threading.Event()
            asked_at = time.monotonic()
            self._loop.call_soon_threadsafe(answered.set)
            if answered.wait(_BLOCKED_AFTER):
                continue
            self._culprit = _culprit(sys._current_frames().get(self._loop_thread.ident or 0))  # noqa: SLF001 - the only way
            self._blocked_since = asked_at
            logger.error("the event loop is blocked, nobody's answer moves: %s", self._culprit)
            while not answered.wait(_TICK) and not self._closing.is_set():
                pass
            self._blocked_since = None


def _culprit(frame: FrameType | None) -> str:
    """Name the tool, the agent and the line that a thread is in, from its stack, innermost first."""
    names: dict[str, str] = {}
    while frame is not None:
        code = frame.f_code
        if "line" not in names and not _is_library(code.co_filename):
            names["line"] = f"{code.co_qualname}, {Path(code.co_filename).name}:{frame.f_lineno}"
        owner = frame.f_locals.get("self")
        if isinstance(owner, BaseTool):
            names.setdefault("tool", owner.name)
        elif isinstance(owner, BaseAgent):
            names.setdefault("agent", owner.name)
        frame = frame.f_back
    return ", ".join(f"{kind} {names[kind]}" for kind in ("tool", "agent", "line") if kind in names) or "unknown code"


def _is_library(filename: str) -> bool:
    return "site-packages" in filename or filename.startswith((sys.base_prefix, "<")) or filename == __file__
