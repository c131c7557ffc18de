"""What a friend tells their own agent, in plain English: "free Friday 18-22, vegan, at most 25 euros", read by the keyless planner's rules.

For an agent that sits elsewhere: the plan, with what it knows, is on another machine.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

from vibehuntr_agent.language.context import Context
from vibehuntr_agent.language.understand import understand
from vibehuntr_agent.language.unused import unused_words
from vibehuntr_agent.planning.people import ME
from vibehuntr_agent.planning.venues import needs_in
from vibehuntr_agent.state import FACTS, Board, preferences_of, windows_of
from vibehuntr_agent.tools import Clock, PlannerTools

from .verdicts import Facts

_ABOUT_ONESELF: Final = frozenset({"set_availability", "remember"})
_BUDGET: Final = "budget_per_person"
_DAYS: Final = 60
"""What is said of every day is written down for so many."""
_Call = tuple[str, Mapping[str, Any]]
_CLOCK: Final = r"\d{1,2}(?:[:.]\d\d)?\s*(?:[ap]m)?"
_RULE: Final = re.compile(
    rf"""(?xi)\bI(?:\s+am|'m)\s+(?P<kind>free|available|busy|working|away)\s+(?:on\s+)?
    (?P<days>(?:(?:every|each)\s+)?(?:weekdays?|weekends?)|every\s+day|each\s+day|daily|(?:every\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)days
    (?:\s+and\s+\w+days)*)
    \s+(?:from\s+|after\s+)?(?P<start>{_CLOCK})(?:\s*(?:-|–|to|until)\s*(?P<end>{_CLOCK}))?\.?"""  # noqa: RUF001  people type several dashes
)
_HOURS: Final = re.compile(r"\d|morning|noon|lunch|evening|night|\bday\b|work", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Understood:
    """The facts, how they were understood, and the words that were not."""

    facts: Facts
    told: Sequence[str]
    unused: Sequence[str]


def read_facts(text: str, clock: Clock, zone: ZoneInfo) -> Understood:
    """Read what a friend has told, by the clock and in the zone of their agent. Not from inside an event loop."""
    today = clock(zone).date()
    days = {"date_from": today.isoformat(), "date_to": (today + timedelta(days=_DAYS - 1)).isoformat()}
    state: dict[str, Any] = {"people": [{"name": ME, "attendance": "required"}], "plan": days}
    planner = PlannerTools(clock=clock, default_zone=zone.key)
    context = SimpleNamespace(state=state)
    rules, said = _rules(sentences(text))
    heard = understand(said, Context(now=clock(zone), zone=zone, people=state["people"], plan=days))
    told: list[str] = []
    for name, args in [*rules, *(one for call in heard.calls for one in _about_oneself(call.name, call.args))]:
        result = asyncio.run(getattr(planner, name)(context, **args))
        told.append(result["summary"])
    board = Board(context, clock, zone.key)
    facts = Facts(windows_of(board, ME, zone), preferences_of(board, ME, zone), tuple(board.get(FACTS).get(ME, ())))
    return Understood(facts, told, [*heard.problems, *unused_words(said, heard)])


def _rules(text: str) -> tuple[Sequence[_Call], str]:
    """The times that come every week, as calls, and the text without them: the planner's reader takes single days."""
    rules = [
        ("set_availability", {
            "person": ME, "mode": "add", "rule_days": found["days"], "rule_from": found["start"], "rule_to": found["end"] or "24:00",
            "kind": "free" if found["kind"].casefold() in ("free", "available") else "busy",
        })
        for found in _RULE.finditer(text)
    ]  # fmt: skip
    return rules, _RULE.sub("", text)


def sentences(text: str) -> str:
    """What was told in catchwords as sentences: "vegan, likes Thai" is "I am vegan. I like Thai." Sentences stay as they are."""
    told: list[str] = []
    for clause in filter(None, map(str.strip, re.split(r"[,;\n]|\.\s", text))):
        sentence = _sentence(clause)
        if sentence or not told:
            told.append(sentence or clause)
        else:
            told[-1] += f", {clause}"  # "free Friday 18-22, Saturday from 12"
    return " ".join(f"{sentence.rstrip('.')}." for sentence in told)


def _sentence(clause: str) -> str:
    """The sentence that a clause stands for; nothing if it goes on with the one before."""
    low = clause.casefold()
    if re.match(r"(?:i|i'm|my)\b", low):
        return clause
    if re.match(r"(?:free|busy|available|away|out|working|allergic)\b", low) or needs_in(low):
        head, _, rest = clause.partition(" ")
        whole = low.startswith(("free", "available")) and not _HOURS.search(low)
        return f"I am {head.lower()}{' all day' if whole else ''} {rest}".rstrip()
    if verb := re.match(r"(can't|cannot|can|could|like|love|prefer|hate|avoid|dislike|eat|need)(?:e?s)?\b", low):
        return f"I {verb[1]}{clause[verb.end() :]}"
    if re.search(r"\b(?:at most|up to|max(?:imum)?|budget|euros?|eur|€|\$|£)", low) and re.search(r"\d", low):
        return f"I can pay {clause}"
    return ""


def _about_oneself(name: str, args: Mapping[str, Any]) -> Sequence[_Call]:
    """A call that is about the friend alone; what would be the plan's budget is their own here."""
    if name in _ABOUT_ONESELF:
        return [(name, args)]
    if name == "update_plan" and args.get(_BUDGET):
        value = f"{args[_BUDGET]:g} {args.get('currency', '')}".strip()
        return [("remember", {"person": ME, "key": "budget", "value": value, "strength": "must", "said_by": ME})]
    return []
