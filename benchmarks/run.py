"""Measure the playground: `python benchmarks/run.py [--only NAME ...] [--short] [--check | --record]`.

Prints a table for people and, as the last line, one JSON object. Every loop is bounded in count and time; every server
listens on a free port of 127.0.0.1 and is ended whatever happens. The figures of record stand in LOG.md.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from figures import Figure, Scale
from playwright.sync_api import Error as BrowserError
from streamlit_client import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
BREAKS = (*FAILURES, BrowserError, ImportError, ValueError, ArithmeticError, subprocess.SubprocessError)
"""What a row breaks off with: a server, a browser or a process that gives up, a front end that is not there, nothing to divide by."""
ROWS: Mapping[str, str] = {
    "chunk_to_dom": "rows_browser",
    "fast_stream": "rows_browser",
    "long_answer": "rows_browser",
    "conversations": "rows_server",
    "stop_under_load": "rows_load",
    "history_cost": "rows_history",
    "many_turns": "rows_model",
    "turn_cpu": "rows_invoker",
    "stream_closed": "rows_model",
    "first_text": "rows_browser",
    "interaction": "rows_browser",
    "blocking": "rows_invoker",
    "reload": "rows_return",
    "second_tab": "rows_return",
    "reconnects": "rows_return",
    "closed_memory": "rows_return",
    "store_cost": "rows_return",
    "kills": "rows_return",
    "search_cost": "rows_conversations",
    "open_cost": "rows_conversations",
    "finder_cost": "rows_planning",
    "keyless_turn": "rows_planning",
    "natural_plan_score": "rows_planning",
    "conversation_score": "rows_planning",
    "meeting_messages": "rows_meetings",
    "meeting_memory": "rows_meetings",
    "meeting_idle": "rows_meetings",
    "meeting_end": "rows_meetings",
    "meeting_cost": "rows_meetings",
    "meeting_outcome": "rows_friends",
    "start": "rows_start",
    "page_memory": "rows_start",
}


def hardware() -> str:
    """Describe the machine and the versions that the figures hold for."""
    packages = " ".join(f"{name} {version(name)}" for name in ("streamlit", "google-adk", "google-genai"))
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, {packages}"


def measure(name: str, scale: Scale) -> list[Figure]:
    """Run one row; a row that breaks is a figure too, and is not met."""
    rows: Callable[[Scale], list[Figure]] = getattr(importlib.import_module(ROWS[name]), name)
    start = time.monotonic()
    try:
        figures = rows(scale)
    except BREAKS as error:
        figures = [Figure("broke off", {"error": f"{type(error).__name__}: {error}"[:400]}, met=False)]
    print(f"\n{name} ({time.monotonic() - start:.0f} s)", flush=True)
    for figure in figures:
        print(line(figure), flush=True)
    return figures


def line(figure: Figure) -> str:
    """Write one figure as a line of the table."""
    mark = {True: "met", False: "NOT MET", None: ""}[figure.met]
    values = "  ".join(f"{key} {value}" for key, value in figure.values.items())
    return f"  {figure.what:<66} {values}" + (f"   [{figure.target}: {mark}]" if figure.target else "")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure the playground.")
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="NAME", help=", ".join(ROWS))
    parser.add_argument("--short", action="store_true", help="about a quarter of the tries")
    parser.add_argument("--check", action="store_true", help="compare some ratios with the recorded ones: see regressions.py")
    parser.add_argument("--record", action="store_true", help="write these ratios down")
    return parser.parse_args()


def main() -> int:
    """Measure what was asked for. Returns 1 when a target was missed, otherwise 0."""
    sys.path[1:1] = [str(ROOT), str(ROOT / "tests")]
    given = arguments()
    scale = Scale(short=given.short)
    print(hardware())
    if given.check or given.record:
        import regressions

        return regressions.check(measure) if given.check else regressions.record(measure) or 0
    results = {name: measure(name, scale) for name in given.only}
    rows = {name: [asdict(figure) for figure in figures] for name, figures in results.items()}
    print(json.dumps({"hardware": hardware(), "short": scale.short, "rows": rows}, ensure_ascii=False))
    return int(any(figure.met is False for figures in results.values() for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
