"""The keyless planner: a model for ADK that answers by rules, so that the product runs without a key or a network.

It is no language model and says so. Like a model it sees only the request: the conversation, the instruction (with the plan in
`<plan-json>`) and the tools. It writes down what it is told by calling tools, and every number in its answer comes from their results.
It asks at most one question, and never for what it was told. It keeps no state: one instance serves any number of conversations.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from google.adk.models import BaseLlm, LLMRegistry
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.genai import types
from typing_extensions import override

from .planning import phrases
from .planning.errors import TimeError
from .planning.finder import Window
from .planning.people import ME, listed
from .rules import Context, Heard, understand

KEYLESS: Final = "vibehuntr-keyless"
WHAT_I_AM: Final = (
    "I am Vibehuntr's keyless planner: I work by rules and am no language model. Tell me who is coming and when each is free, such as "
    "“Anna is free Friday 18-22, Ben from 7pm”, and I find the time that suits most. "
    "With a GOOGLE_API_KEY set, a language model answers instead."
)
_PLAN: Final = re.compile(r"<plan-json>(.*?)</plan-json>", re.DOTALL)
_ORDINALS: Final = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_COUNTS: Final = ("nobody", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call."""

    name: str
    args: Json


@dataclass(frozen=True, slots=True)
class Turn:
    """What the request shows of the turn: the user's words so far, the plan as it is now, and what the tools have answered."""

    message: str
    earlier: tuple[str, ...]
    known: Json
    results: tuple[tuple[str, Json], ...]
    tools: frozenset[str]

    def called(self, name: str) -> bool:
        """Whether that tool has answered in this turn."""
        return any(tool == name for tool, _ in self.results)

    def answers(self, name: str) -> list[Json]:
        """What that tool has answered in this turn."""
        return [result for tool, result in self.results if tool == name]


_NO_TOKENS: Final = types.GenerateContentResponseUsageMetadata(prompt_token_count=0, candidates_token_count=0, total_token_count=0)


class KeylessPlanner(BaseLlm):
    """The rules as an ADK model. `chunk_delay` is the pause after three streamed words, in seconds."""

    model: str = KEYLESS
    chunk_delay: float = 0.06

    @classmethod
    @override
    def supported_models(cls) -> list[str]:
        return [KEYLESS]

    @override
    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        """Tool calls, or the answer: three words at a time as partial responses when `stream`, and in any case whole at the end."""
        move = decide(read_turn(llm_request))
        if not isinstance(move, str):
            calls = [types.Part.from_function_call(name=call.name, args=call.args) for call in move]
            yield LlmResponse(content=types.Content(role="model", parts=calls), usage_metadata=_NO_TOKENS)
            return
        for word in re.findall(r"(?:\s*\S+\s*){1,3}", move) if stream else ():
            yield LlmResponse(content=_said(word), partial=True)
            await asyncio.sleep(self.chunk_delay)
        yield LlmResponse(content=_said(move), finish_reason=types.FinishReason.STOP, usage_metadata=_NO_TOKENS)


def read_turn(request: LlmRequest) -> Turn:
    """The turn that a request is about. Nothing outside the request is looked at."""
    last = max((i for i, content in enumerate(request.contents) if _is_said(content)), default=-1)
    spoken = [_words(content) for content in request.contents[: last + 1] if _is_said(content)]
    after = [part.function_response for content in request.contents[last + 1 :] for part in content.parts or [] if part.function_response]
    results = tuple((response.name or "", dict(response.response or {})) for response in after)
    return Turn(spoken[-1] if spoken else "", tuple(spoken[:-1]), _known(request), results, frozenset(request.tools_dict))


def decide(turn: Turn) -> list[Call] | str:
    """The next move: tools to call, or the answer."""
    heard, zone = _heard(turn), ZoneInfo(turn.known["zone"])
    calls = _writes(turn, heard) or _availability_calls(turn, heard, zone) or _search(turn, heard)
    return calls or _answer(turn, heard)


LLMRegistry.register(KeylessPlanner)


def _said(text: str) -> types.Content:
    return types.Content(role="model", parts=[types.Part(text=text)])


def _is_said(content: types.Content) -> bool:
    parts = content.parts or []
    return content.role == "user" and any(part.text for part in parts) and not any(part.function_response for part in parts)


def _words(content: types.Content) -> str:
    return "\n".join(part.text for part in content.parts or [] if part.text)


def _known(request: LlmRequest) -> Json:
    """The plan in the instruction; an agent that does not give one gets an empty plan and today's date in UTC."""
    found = _PLAN.search(str(request.config.system_instruction or ""))
    if found:
        return json.loads(found[1])
    return {"now": datetime.now(ZoneInfo("UTC")).isoformat(), "zone": "UTC", "plan": {}, "people": [], "availability": {}}


def _context(turn: Turn, last_person: str | None = None) -> Context:
    roster = _roster(turn)
    untimed = tuple(_untimed(turn))
    return Context(_now(turn).date(), turn.known["plan"], roster, untimed, last_person)


def _roster(turn: Turn) -> tuple[str, ...]:
    return tuple(person["name"] for person in turn.known["people"])


def _untimed(turn: Turn) -> list[str]:
    """Who has said nothing about the plan's days."""
    return [name for name in _roster(turn) if not _rows(turn, name)]


def _rows(turn: Turn, name: str) -> list[Json]:
    """What is known of a person's time on the plan's days, or at all when the plan has none."""
    plan, rows = turn.known["plan"], turn.known["availability"].get(name, [])
    if not plan.get("date_from"):
        return rows
    return [row for row in rows if row["start"][:10] <= plan["date_to"] and row["end"][:10] >= plan["date_from"]]


def _now(turn: Turn) -> datetime:
    return datetime.fromisoformat(turn.known["now"])


def _heard(turn: Turn) -> Heard:
    """What the message says; times said earlier count for people of whom none are known."""
    last_person: str | None = None
    before: dict[str, tuple[phrases.Group, ...]] = {}
    for text in turn.earlier[-20:]:
        said = understand(text, _context(turn, last_person))
        last_person = said.last_person
        before |= {name: groups for name, groups in said.times.items() if not any(group.days for group in groups)}
    heard = understand(turn.message, _context(turn, last_person))
    for name, groups in before.items():
        if name not in turn.known["availability"] and name not in heard.remove:
            heard.times.setdefault(name, groups)
    return heard


def _writes(turn: Turn, heard: Heard) -> list[Call]:
    """What to write down first: facts and people."""
    calls = [Call("update_plan", heard.facts)] if heard.facts else []
    if heard.add or heard.remove:
        people = {"add": [{"name": name, "attendance": "required"} for name in heard.add], "remove": heard.remove}
        calls.append(Call("set_people", {key: value for key, value in people.items() if value}))
    return [call for call in calls if call.name in turn.tools and not turn.called(call.name)] if not turn.results else []


def _availability_calls(turn: Turn, heard: Heard, zone: ZoneInfo) -> list[Call]:
    """What to write down next: when people are free."""
    if turn.called("set_availability") or "set_availability" not in turn.tools:
        return []
    days = _talked_of(turn, zone)
    calls: list[Call] = []
    for name, groups in heard.times.items():
        windows = _windows(groups, days, zone)
        if windows and name in _roster(turn):
            mode = "add" if all(window.kind == "busy" for window in windows) else "replace"
            calls.append(Call("set_availability", {"person": name, "windows": [_row(window) for window in windows], "mode": mode}))
    return calls


def _windows(groups: Sequence[phrases.Group], days: Sequence[date], zone: ZoneInfo) -> tuple[Window, ...]:
    try:
        return phrases.windows_of(groups, days, zone)
    except TimeError:
        return ()


def _row(window: Window) -> Json:
    return {"start": window.start.isoformat(), "end": window.end.isoformat(), "kind": window.kind}


def _talked_of(turn: Turn, zone: ZoneInfo) -> tuple[date, ...]:
    """The days that times without a day are meant for: the plan's, else the one day that people have spoken of."""
    plan = turn.known["plan"]
    if plan.get("date_from"):
        first, last = date.fromisoformat(plan["date_from"]), date.fromisoformat(plan["date_to"])
        return tuple(date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
    rows = [row for windows in turn.known["availability"].values() for row in windows]
    days = {datetime.fromisoformat(row["start"]).astimezone(zone).date() for row in rows}
    return tuple(days) if len(days) == 1 else ()


def _search(turn: Turn, heard: Heard) -> list[Call]:
    """Look for a common time when everybody has answered, or when asked to and somebody has."""
    changed = bool(turn.results) or heard.asks_times
    known = turn.known["availability"]
    ready = not _question(turn) or (heard.asks_times and bool(known))
    if not (changed and ready and known) or turn.called("find_times") or "find_times" not in turn.tools:
        return []
    return [Call("find_times", {})]


def _question(turn: Turn) -> str:
    """The one thing to ask next, or nothing when all is known."""
    roster, plan = _roster(turn), turn.known["plan"]
    count = int(plan.get("number_of_people") or 0)
    if not roster:
        who = f"Who are the {_counted(count)} of you" if count > 1 else "Who is coming"
        return f"{who}? You can add when each is free."
    if count > len(roster):
        lacking = count - len(roster)
        who = f"Who is the {_ordinal(count)}" if lacking == 1 else f"Who are the other {_counted(lacking)}"
        return f"I have {listed(roster)}. {who}?"
    if untimed := _untimed(turn):
        verb = "is" if len(untimed) == 1 and untimed != [ME] else "are"
        return f"When {verb} {listed(untimed)} free{_day_words(plan)}?"
    unsure = [name for name in roster if all(row["kind"] == "busy" for row in _rows(turn, name))]
    return f"I know when {listed(unsure)} cannot. When would it work{_day_words(plan)}?" if unsure else ""


def _day_words(plan: Mapping[str, Any]) -> str:
    if not plan.get("date_from"):
        return ", and on which day"
    days = dict.fromkeys(phrases.full_date(date.fromisoformat(plan[key])) for key in ("date_from", "date_to"))
    part = plan.get("part_of_day")
    return (
        f" on {' to '.join(days)}"
        if len(days) == 1 and not part
        else f" between {' and '.join(days)}"
        if len(days) > 1
        else f" on {' '.join(days)}, in the {part}"
    )


def _counted(count: int) -> str:
    return _COUNTS[count] if count < len(_COUNTS) else str(count)


def _ordinal(count: int) -> str:
    return _ORDINALS[count] if count < len(_ORDINALS) else f"number {count}"


def _answer(turn: Turn, heard: Heard) -> str:
    """The words of the answer. Names, dates and numbers in it are those of the tools' results."""
    if heard.asks_self:
        return WHAT_I_AM
    if heard.small_talk and not turn.results:
        return _small_talk(turn, heard)
    paragraphs = [*_told(turn), *_found(turn), *_unusable(turn, heard)]
    question = _next_question(turn, heard)
    return "\n\n".join([*paragraphs, question] if question else paragraphs)


def _next_question(turn: Turn, heard: Heard) -> str:
    """The question, unless a tool has just said what it needs."""
    refused = any(result.get("status") != "ok" for _, result in turn.results)
    if refused:
        return ""
    undated = [name for name in heard.times if name in _roster(turn) and name not in turn.known["availability"]]
    if undated and not turn.called("set_availability"):
        return f"On which day is that, for {listed(undated)}?"
    return _question(turn)


def _small_talk(turn: Turn, heard: Heard) -> str:
    first = "Hello, this is Vibehuntr's keyless planner." if heard.small_talk == "hello" else "Noted, nothing changes in the plan."
    question = _question(turn)
    return f"{first} {question}".strip()


def _told(turn: Turn) -> list[str]:
    """What was written down, read back, and what was refused."""
    lines = [result.get("summary", "") for name, result in turn.results if name != "find_times"]
    warnings = [word for name, result in turn.results if name != "find_times" for word in result.get("warnings", [])]
    return [" ".join(lines)] * bool(lines) + warnings


def _found(turn: Turn) -> list[str]:
    """The slots that the search gave."""
    lines: list[str] = []
    for result in turn.answers("find_times"):
        slots = result.get("data", {}).get("slots", [])
        lines.append(_proposal(slots[0], result["data"]) if slots else result.get("summary", ""))
        lines += result.get("warnings", [])
        if others := [slot for slot in slots[1:] if len(slot["yes"]) + len(slot["if_needed"]) > 1]:
            lines.append("\n".join(["Other times:", *(f"- {slot['when']}: {slot['why']}" for slot in others)]))
    return lines


def _proposal(slot: Json, data: Json) -> str:
    everyone = len(slot["yes"]) == data["people"]
    who = f"{listed(slot['yes'])} can all come" if everyone and data["people"] > 1 else slot["why"]
    more = f" They stay free until {datetime.fromisoformat(slot['free_until']):%H:%M}." if slot["free_until"] != slot["end"] else ""
    return f"I propose {slot['when']} ({data['zone']}): {who}.{more}"


def _unusable(turn: Turn, heard: Heard) -> list[str]:
    """The words that no rule could use, quoted; and what this is, when it could use none at all."""
    quotes = ", ".join(f"“{clause[:120]}”" for clause in heard.unused[:3])
    if heard.empty and not turn.results:
        words = quotes or f"“{' '.join(turn.message.split())[:120]}”"
        return [f"I could not use {words}. I am a keyless planner, no language model: I understand who is coming and when each is free."]
    return [f"I could not use {quotes}."] if quotes else []
