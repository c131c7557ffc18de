"""Serves one friend's agent as a seat, in a process of its own: `make seat NAME=Ben FACTS="free after 18, vegan" PORT=8801`.

What the friend has told stays in this process: a meeting gets the agent's answers only (`playground.meetings.serving`).
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from zoneinfo import ZoneInfo


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description="Serve a friend's agent to a meeting on another machine, over A2A.")
    parser.add_argument("--name", required=True, help="the friend's name, as in the plan")
    parser.add_argument("--facts", default="", help="what the friend's agent knows, in plain English")
    parser.add_argument("--port", type=int, default=8801, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="the address of this machine to listen at; by default only itself gets through")
    given = parser.parse_args(arguments)
    if not given.name.strip():
        parser.error("whose seat is it? Say NAME=Ben")

    from playground.meetings import serving  # noqa: PLC0415 - so that --help and a wrong option answer at once

    from .agent import default_zone, seat_model  # noqa: PLC0415 - the same
    from .friends.own_facts import read_facts  # noqa: PLC0415 - the same
    from .friends.seat_agent import friend_agent  # noqa: PLC0415 - the same
    from .tools import local_clock  # noqa: PLC0415 - the same

    warnings.filterwarnings("ignore", message=r"\[EXPERIMENTAL\]")  # ADK says so of all that is A2A, at every call
    known = read_facts(given.facts, local_clock, ZoneInfo(default_zone(os.environ)))
    try:
        listener = serving.listen(given.host, given.port)
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen at {given.host}, port {given.port}: {error}")
    with listener:
        sys.stdout.write(told(given.name, serving.address_of(listener), known.told, known.unused))
        sys.stdout.flush()
        serving.serve(friend_agent(given.name, known.facts, seat_model(os.environ)), listener)


def told(name: str, address: str, understood: Sequence[str], unused: Sequence[str]) -> str:
    """Return what the terminal says of a seat."""
    lines = [f"I understood: {line}" for line in understood] or ["Nothing is known of this friend: every time and every place will do."]
    lines += [f"I could not use “{words}”." for words in unused]
    where = f"{name}'s seat is at {address}; Ctrl+C ends it. On the page's machine:"
    return "\n".join([*lines, "", where, "", f'    VIBEHUNTR_SEATS="{name}={address}" make run', "", ""])


if __name__ == "__main__":
    main()
