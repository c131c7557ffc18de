"""A model for ADK that answers by rules, so that the product runs without a key or a network.

It is no language model and says so. Like a model it sees only the request: the conversation, the instruction (with the plan in
`<plan-json>`) and the tools. `language` reads the message; what it says is written down by calling tools, all of it in one response, and
every number in the answer comes from their results or from the person's own words. It asks at most one question, and never for what it
was told. It keeps no state: one instance serves any number of conversations.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from google.adk.models import BaseLlm, LLMRegistry
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.genai import types
from typing_extensions import override

from .language import people as people_reader
from .language.context import Call, Context, Json
from .language.understand import Understood, understand
from .language.unused import unused_words
from .planning.people import ME, listed

KEYLESS: Final = "vibehuntr-keyless"
WHAT_I_AM: Final = (
    "I am Vibehuntr's keyless planner: I work by rules and am no language model. Tell me who is coming and when each is free, such as "
    "“Anna is free Friday 18-22, Ben from 7pm”, and I find the time that suits most. I also look for places, count votes, lay out an "
    "evening and make the calendar file. With a GOOGLE_API_KEY set, a language model answers instead."
)
_PLAN: Final = re.compile(r"<plan-json>(.*?)</plan-json>", re.DOTALL)
_REMEMBERED: Final = 6
"""So many messages back, "she" is still somebody."""
_QUERIES: Final = frozenset({"find_times", "explain_time", "search_venues", "poll_results", "recall", "show_plan"})
_ASK: Final = frozenset({"forget", "finalize_plan", "cancel_plan"})
_NO_TOKENS: Final = types.GenerateContentResponseUsageMetadata(prompt_token_count=0, candidates_token_count=0, total_token_count=0)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the request shows of the turn: the user's words so far, the plan as it is now, and what the tools have answered."""

    message: str
    earlier: tuple[str, ...]
    known: Json
    results: tuple[tuple[str, Json], ...]
    tools: frozenset[str]
    last_answer: str = ""

    def called(self, *names: str) -> bool:
        """Whether one of these tools has answered in this turn."""
        return any(tool in names for tool, _ in self.results)

    def answers(self, name: str) -> list[Json]:
        """What that tool has answered in this turn."""
        return [result for tool, result in self.results if tool == name]

    @property
    def roster(self) -> tuple[str, ...]:
        """The names in the plan."""
        return tuple(person["name"] for person in self.known["people"])


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


LLMRegistry.register(KeylessPlanner)


def read_turn(request: LlmRequest) -> Turn:
    """The turn that a request is about. Nothing outside the request is looked at."""
    last = max((i for i, content in enumerate(request.contents) if _is_said(content)), default=-1)
    spoken = [_words(content) for content in request.contents[: last + 1] if _is_said(content)]
    answers = [_words(content) for content in request.contents[: max(0, last)] if content.role == "model" and _words(content)]
    after = [part.function_response for content in request.contents[last + 1 :] for part in content.parts or [] if part.function_response]
    results = [(response.name or "", dict(response.response or {})) for response in after]
    told = tuple((name, result) for name, result in results if "requires confirmation" not in str(result.get("error", "")))
    return Turn(
        spoken[-1] if spoken else "",
        tuple(spoken[:-1]),
        _known(request),
        told,
        frozenset(request.tools_dict),
        answers[-1] if answers else "",
    )


def decide(turn: Turn) -> list[Call] | str:
    """The next move: tools to call, or the answer."""
    heard = understand(turn.message, context_of(turn))
    if not turn.results:
        calls = [call for call in heard.calls if call.name in turn.tools]
        return calls or answer(turn, heard)
    return _next(turn) or answer(turn, heard)


def context_of(turn: Turn) -> Context:
    """What the readers of the message are given."""
    known = turn.known
    now = datetime.fromisoformat(known["now"])
    context = Context(
        now=now,
        zone=ZoneInfo(known["zone"]),
        plan=known["plan"],
        people=known["people"],
        availability=known["availability"],
        facts=known.get("facts") or {},
        polls=known.get("polls") or [],
        venues=known.get("venues") or [],
        shown=known.get("list") or {},
        itinerary=known.get("itinerary") or {},
        decisions=known.get("decisions") or {},
        calendar=known.get("calendar") or {},
        earlier=turn.earlier,
        last_answer=turn.last_answer,
    )
    return _with_last_person(context)


def _with_last_person(context: Context) -> Context:
    from dataclasses import replace  # noqa: PLC0415

    for text in reversed(context.earlier[-_REMEMBERED:]):
        found = people_reader.last_person(text[:2000], context, context.roster)
        if found:
            return replace(context, last_person=found)
    return context


def _next(turn: Turn) -> list[Call]:
    """What follows from what the tools have answered: once all have told their times, look for one that suits."""
    gone = any((result.get("data") or {}).get("removed") for result in turn.answers("set_people"))
    told = gone or any(result.get("status") == "ok" for result in turn.answers("set_availability"))
    if (
        not told
        or turn.called("find_times", "decide", "explain_time")
        or "find_times" not in turn.tools
        or turn.known.get("decisions", {}).get("time")
    ):
        return []
    known: Mapping[str, Any] = turn.known["availability"]
    hours = bool(turn.known["plan"].get("hours_from"))
    ready = turn.roster and not _lacks_names(turn) and all(_tells(known.get(name, ()), hours=hours) for name in turn.roster)
    return [Call("find_times")] if ready else []


def _tells(rows: Sequence[Json], *, hours: bool) -> bool:
    """Whether they say when somebody can; inside office hours busy times are enough."""
    return any(hours or row["kind"] != "busy" for row in rows)


def _lacks_names(turn: Turn) -> bool:
    return int(turn.known["plan"].get("number_of_people") or 0) > len(turn.roster)


# The answer


def answer(turn: Turn, heard: Understood) -> str:
    """The words of the answer: what was written down, what was found, what could not be used, and one question."""
    if not turn.results:
        if "self" in heard.asks:
            return WHAT_I_AM
        if heard.asks & {"hello", "thanks"}:
            return _small_talk(turn, heard)
    paragraphs = [*_told(turn), *_found(turn), *heard.problems, *_unusable(turn, heard)]
    question = _question(turn, heard)
    return "\n\n".join([*paragraphs, question] if question else paragraphs) or "Nothing has changed."


def _small_talk(turn: Turn, heard: Understood) -> str:
    first = "Hello, this is Vibehuntr's keyless planner." if "hello" in heard.asks else "You are welcome; nothing has changed."
    return f"{first} {_question(turn, heard)}".strip()


def _told(turn: Turn) -> Iterator[str]:
    """What was written down, read back; and what was refused, which is said first of all."""
    written = [(name, result) for name, result in turn.results if name not in _QUERIES]
    lines = [_line(name, result) for name, result in written]
    if lines:
        yield " ".join(dict.fromkeys(filter(None, lines)))
    yield from dict.fromkeys(word for _, result in written for word in result.get("warnings", []))


def _line(name: str, result: Json) -> str:
    if "error" in result and "summary" not in result:
        return (
            "All right, nothing is changed."
            if "reject" in str(result["error"])
            else f"{name.replace('_', ' ').capitalize()} did not work; nothing is changed by it."
        )
    return str(result.get("summary", ""))


def _found(turn: Turn) -> Iterator[str]:
    """What the searches gave."""
    for name, result in turn.results:
        if name not in _QUERIES:
            continue
        data = result.get("data") or {}
        if name == "find_times" and data.get("slots"):
            yield from _slots(data, result)
        elif name == "search_venues" and data.get("venues"):
            yield from _venues(result)
        else:
            yield str(result.get("summary", ""))
        yield from result.get("warnings", [])


def _slots(data: Json, result: Json) -> Iterator[str]:
    slots = data["slots"]
    first = slots[0]
    full = len(first["yes"]) == data["people"]
    if data.get("compromise"):
        yield str(result["summary"])
    else:
        who = f"{listed(first['yes'])} can all come" if full and data["people"] > 1 else first["why"]
        more = f" They stay free until {datetime.fromisoformat(first['free_until']):%H:%M}." if first["free_until"] != first["end"] else ""
        yield f"I propose {first['when']} ({data['zone']}): {who}.{more}"
    if others := [slot for slot in slots[1:] if len(slot["yes"]) + len(slot["if_needed"]) > 1]:
        yield "\n".join(["Other times:", *(f"{place}. {slot['when']}: {slot['why']}" for place, slot in enumerate(others, 2))])


def _venues(result: Json) -> Iterator[str]:
    yield str(result["summary"])


def _unusable(turn: Turn, heard: Understood) -> list[str]:
    """The words that no rule could use, quoted; and what this is, when it could use none at all."""
    nothing = not turn.results and not heard.problems
    left = unused_words(turn.message, heard, nothing=nothing)
    quotes = ", ".join(f"“{clause[:120]}”" for clause in left[:3])
    if nothing:
        words = quotes or f"“{' '.join(turn.message.split())[:120]}”"
        return [
            f"I could not use {words}. I am a keyless planner, no language model: I understand who is coming, when each is free, what they like, "
            "places, votes, an evening's stops and the calendar file."
        ]
    return [f"I could not use {quotes}."] if quotes else []


def _question(turn: Turn, heard: Understood) -> str:
    """The one thing to ask next, or nothing when a tool has just said what it needs, or nothing is missing."""
    refused = any(result.get("status") != "ok" for _, result in turn.results)
    if (
        refused
        or heard.problems
        or turn.called("recall", "undo_last_change", *_ASK)
        or turn.known["plan"].get("status") in {"cancelled", "final"}
    ):
        return ""
    roster = turn.roster
    if not turn.known["plan"] and not roster and not turn.results:
        return "" if heard.asks - {"hello", "times"} else "What would you like to plan, and who is coming?"
    if turn.called(
        "search_venues", "add_venue", "build_itinerary", "open_poll", "vote", "poll_results", "export_calendar", "decide", "explain_time"
    ):
        return _after(turn)
    if not roster:
        return "Who is coming? You can add when each is free."
    if _lacks_names(turn):
        return f"I have {listed(roster)}. Who else is coming?"
    known: Mapping[str, Any] = turn.known["availability"]
    if untimed := [name for name in roster if not known.get(name)]:
        verb = "is" if len(untimed) == 1 and untimed != [ME] else "are"
        if "day" in heard.asks and not turn.known["plan"].get("date_from"):
            return f"On which day is that, for {listed(untimed)}?"
        when = "" if turn.known["plan"].get("date_from") else ", and on which day"
        return f"When {verb} {listed(untimed)} free{when}?"
    if turn.called("find_times"):
        return "Shall we take the first one?" if any(result.get("data", {}).get("slots") for result in turn.answers("find_times")) else ""
    hours = bool(turn.known["plan"].get("hours_from"))
    if unsure := [name for name in roster if not _tells(known[name], hours=hours)]:
        return f"I know when {listed(unsure)} cannot. When would it work?"
    return ""


def _after(turn: Turn) -> str:
    """What usually comes next."""
    plan_decided: Mapping[str, Any] = turn.known.get("decisions") or {}
    if turn.called("search_venues") and any(result.get("data", {}).get("venues") for result in turn.answers("search_venues")):
        return "Which one do you take?"
    if turn.called("decide") and plan_decided.get("time") and plan_decided.get("venue"):
        return "Shall I make the calendar file?"
    return ""


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
