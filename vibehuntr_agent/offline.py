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
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from google.adk.models import BaseLlm, LLMRegistry
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.genai import types
from typing_extensions import override

from .language import people
from .language.context import Call, Context, Json
from .language.replies import MAKE_FILE, TAKE_FIRST, WHICH_ONE, WHO_ELSE
from .language.understand import Understood, understand
from .language.unused import unused_words
from .planning.people import ME, listed

KEYLESS: Final = "vibehuntr-keyless"
WHAT_I_AM: Final = (
    "I am Vibehuntr's keyless planner: I work by rules and am no language model. Tell me who is coming and when each is free, such as "
    "“Anna is free Friday 18-22, Ben from 7pm”, and I find the time that suits most. I also look for places, count votes, lay out an "
    "evening and make the calendar file. With a GOOGLE_API_KEY set, a language model answers instead."
)
_WHAT_I_USE: Final = (
    "I am a keyless planner, no language model: I understand who is coming, when each is free, what they like, places, votes, an evening's "
    "stops and the calendar file."
)
_NO_BOOKING: Final = "I book nothing and write to nobody: I only plan, and make the calendar file that you can send on."
_QUOTED: Final = 120
_QUOTES: Final = 3
"""So many clauses that were not used are quoted back, and so many characters of each."""
_PLAN: Final = re.compile(r"<plan-json>(.*?)</plan-json>", re.DOTALL)
_REMEMBERED: Final = 6
_LONGEST_EARLIER: Final = 2_000
"""So many messages back, and so far into each, "she" is still somebody."""
_QUERIES: Final = frozenset({"find_times", "explain_time", "search_venues", "poll_results", "recall", "show_plan"})
_NO_QUESTION: Final = frozenset({"recall", "undo_last_change", "forget", "finalize_plan", "cancel_plan"})
_OTHER_TALK: Final = frozenset(
    {"search_venues", "add_venue", "build_itinerary", "open_poll", "vote", "poll_results", "export_calendar", "decide", "explain_time"}
)
"""Tools after which it is not asked who is coming and when."""
_STOPPED: Final = "requires confirmation"
"""What ADK answers in place of a tool that a form has to be asked about first."""
_FEW: Final = 2
"""More lines than so many stand in a list."""
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
    """What was answered to the message before; empty when that was no words."""
    requested: Call | None = None
    """What the message before has led to and a form has asked about; a typed yes asks again, since only the form decides."""

    def called(self, *names: str) -> bool:
        """Whether one of these tools has answered in this turn."""
        return any(tool in names for tool, _ in self.results)

    def answers(self, name: str) -> list[Json]:
        """What that tool has answered in this turn."""
        return [result for tool, result in self.results if tool == name]

    @property
    def plan(self) -> Json:
        """The facts of the plan."""
        return self.known["plan"]

    @property
    def roster(self) -> tuple[str, ...]:
        """The names in the plan."""
        return tuple(person["name"] for person in self.known["people"])

    @property
    def lacks_names(self) -> bool:
        """Whether more people come than are named."""
        return int(self.plan.get("number_of_people") or 0) > len(self.roster)

    @property
    def untimed(self) -> list[str]:
        """Of whom no time is known."""
        return [name for name in self.roster if not self.known["availability"].get(name)]

    @property
    def unsure(self) -> list[str]:
        """Of whom it is not known when they can; inside office hours busy times are enough."""
        rows: Mapping[str, Sequence[Json]] = self.known["availability"]
        hours = bool(self.plan.get("hours_from"))
        return [name for name in self.roster if not any(hours or row["kind"] != "busy" for row in rows.get(name, ()))]


class KeylessPlanner(BaseLlm):
    """The rules as an ADK model. `chunk_delay` is the pause after three streamed words, in seconds."""

    model: str = KEYLESS
    chunk_delay: float = 0.06
    file_types: ClassVar[tuple[str, ...]] = ("text/plain", "text/markdown", "text/csv")
    makes_titles: ClassVar[bool] = False

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
    before, last = [-1, -1, *(i for i, content in enumerate(request.contents) if _is_said(content))][-2:]
    spoken = [_words(content) for content in request.contents[: last + 1] if _is_said(content)]
    answers = [_words(content) for content in request.contents[max(0, before) : max(0, last)] if content.role == "model"]
    after = [part.function_response for content in request.contents[last + 1 :] for part in content.parts or [] if part.function_response]
    results = [(response.name or "", dict(response.response or {})) for response in after]
    told = tuple((name, result) for name, result in results if _STOPPED not in str(result.get("error", "")))
    return Turn(
        spoken[-1] if spoken else "",
        tuple(spoken[:-1]),
        _known(request),
        told,
        frozenset(request.tools_dict),
        next(filter(None, reversed(answers)), ""),
        _requested(request.contents[max(0, before) : max(0, last)]),
    )


def _requested(contents: Sequence[types.Content]) -> Call | None:
    """The last call that ADK has stopped for a confirmation, and nobody has confirmed or refused."""
    parts = [part for content in contents for part in content.parts or []]
    answers = {part.function_response.name: str(part.function_response.response) for part in parts if part.function_response}
    calls = [part.function_call for part in parts if part.function_call]
    open_calls = [call for call in calls if _STOPPED in answers.get(call.name, "")]
    return Call(open_calls[-1].name or "", dict(open_calls[-1].args or {})) if open_calls else None


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
    context = Context(
        now=datetime.fromisoformat(known["now"]),
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
        requested=turn.requested,
    )
    return replace(context, last_person=_last_person(context))


def _last_person(context: Context) -> str | None:
    """Whom the messages before spoke of last."""
    earlier = (text[:_LONGEST_EARLIER] for text in reversed(context.earlier[-_REMEMBERED:]))
    return next(filter(None, (people.last_person(text, context, context.roster) for text in earlier)), None)


def _next(turn: Turn) -> list[Call]:
    """What follows from what the tools have answered: once all have told their times, look for one that suits."""
    gone = any((result.get("data") or {}).get("removed") for result in turn.answers("set_people"))
    told = gone or any(result.get("status") == "ok" for result in turn.answers("set_availability"))
    decided = turn.called("find_times", "decide", "explain_time") or (turn.known.get("decisions") or {}).get("time")
    ready = turn.roster and not turn.lacks_names and not turn.unsure and "find_times" in turn.tools
    return [Call("find_times")] if told and ready and not decided else []


# ------------------------------------------------------------------------------------------------------------------- the answer


def answer(turn: Turn, heard: Understood) -> str:
    """The words of the answer: what was written down, what was found, what could not be used, and one question."""
    if not turn.results:
        if "self" in heard.asks:
            return WHAT_I_AM
        if heard.asks & {"hello", "thanks"}:
            return _small_talk(turn, heard)
        if "booking" in heard.asks:
            return f"{_NO_BOOKING} {_question(turn, heard)}".strip()
    paragraphs = [*_told(turn), *_found(turn), *heard.problems, *_unusable(turn, heard)]
    question = _question(turn, heard)
    return "\n\n".join([*paragraphs, question] if question else paragraphs) or "Nothing has changed."


def _small_talk(turn: Turn, heard: Understood) -> str:
    first = "Hello, this is Vibehuntr's keyless planner." if "hello" in heard.asks else "You are welcome; nothing has changed."
    return f"{first} {_question(turn, heard)}".strip()


def _told(turn: Turn) -> Iterator[str]:
    """What was written down, read back; and what was refused, which is said first of all."""
    written = [(name, result) for name, result in _short_votes(turn) if name not in _QUERIES]
    lines = list(dict.fromkeys(filter(None, (_line(name, result) for name, result in written))))
    if lines:
        yield "\n".join(f"- {line}" for line in lines) if len(lines) > _FEW else " ".join(lines)
    yield from dict.fromkeys(word for _, result in written for word in result.get("warnings", []))


def _short_votes(turn: Turn) -> Iterator[tuple[str, Json]]:
    """The results, of which only the last vote tells how the vote stands, unless that was asked for besides."""
    last = max((place for place, (name, _) in enumerate(turn.results) if name in {"vote", "poll_results"}), default=-1)
    for place, (name, result) in enumerate(turn.results):
        standing = name == "vote" and place != last and result.get("status") == "ok"
        yield name, {**result, "summary": result["summary"].partition(". ")[0].rstrip(".") + "."} if standing else result


def _line(name: str, result: Json) -> str:
    """What a tool has done. One that ADK has stopped gives an error and no summary."""
    if "error" not in result or "summary" in result:
        return str(result.get("summary", ""))
    if "reject" in str(result["error"]):
        return "All right, nothing is changed."
    return f"{name.replace('_', ' ').capitalize()} did not work; nothing is changed by it."


def _found(turn: Turn) -> Iterator[str]:
    """What the searches gave."""
    for name, result in turn.results:
        if name not in _QUERIES:
            continue
        data = result.get("data") or {}
        if name == "find_times" and data.get("slots"):
            yield from _slots(data, str(result["summary"]))
        elif name == "search_venues" and data.get("results"):
            yield from _places(data)
        else:
            yield str(result.get("summary", ""))
        yield from result.get("warnings", [])


def _slots(data: Json, summary: str) -> Iterator[str]:
    """The first time, with who can come, and the others in a list; a compromise is told by the tool itself."""
    first, *others = data["slots"]
    if data.get("compromise"):
        yield summary
    else:
        everybody = len(first["yes"]) == data["people"] > 1
        who = f"{listed(first['yes'])} can all come" if everybody else first["why"]
        more = f" They stay free until {datetime.fromisoformat(first['free_until']):%H:%M}." if first["free_until"] != first["end"] else ""
        yield f"I propose {first['when']} ({data['zone']}): {who}.{more}"
    if others:
        yield "Other times:"
        yield "\n".join(f"{place}. {slot['when']}: {slot['why']}" for place, slot in enumerate(others, 2))


def _places(data: Json) -> Iterator[str]:
    """The places in a list, each with what is known of the needs, and the source."""
    results: list[Json] = data["results"]
    more = f" {data['more']} more fit." if data.get("more") else ""
    yield f"{len(results)} in {data['city']}:" if len(results) > 1 else f"In {data['city']}:"
    yield "\n".join(
        f"{place}. {result['label']}: {'; '.join(result['reasons']) or 'nothing more is known'}" for place, result in enumerate(results, 1)
    )
    yield f"Source: {data['attribution']}.{more}"


def _unusable(turn: Turn, heard: Understood) -> list[str]:
    """The words that no rule could use, quoted; and what this is, when it could use none at all."""
    if not turn.results and "day" in heard.asks:
        return []
    if not turn.results and not heard.problems:
        return [f"I could not use “{' '.join(turn.message.split())[:_QUOTED]}”. {_WHAT_I_USE}"]
    quotes = ", ".join(f"“{clause[:_QUOTED]}”" for clause in unused_words(turn.message, heard)[:_QUOTES])
    return [f"I could not use {quotes}."] if quotes else []


def _question(turn: Turn, heard: Understood) -> str:
    """The one thing to ask next, or nothing when a tool has just said what it needs, or nothing is missing."""
    refused = any(result.get("status") != "ok" for _, result in turn.results)
    if refused or heard.problems or turn.called(*_NO_QUESTION) or turn.plan.get("status") in {"cancelled", "final"}:
        return ""
    if not (turn.plan or turn.roster or turn.results):
        return "" if heard.asks - {"hello", "times"} else "What would you like to plan, and who is coming?"
    return _after(turn) if turn.called(*_OTHER_TALK) else _who_or_when(turn, heard)


def _who_or_when(turn: Turn, heard: Understood) -> str:
    """What is still missing for a common time, or what to do with the one that was found."""
    if not turn.roster:
        return "Who is coming? You can add when each is free."
    if turn.lacks_names:
        return f"I have {listed(turn.roster)}. {WHO_ELSE}"
    if untimed := turn.untimed:
        dated = bool(turn.plan.get("date_from"))
        if "day" in heard.asks and not dated:
            return f"On which day is that, for {listed(untimed)}?"
        verb = "is" if len(untimed) == 1 and untimed != [ME] else "are"
        return f"When {verb} {listed(untimed)} free{'' if dated else ', and on which day'}?"
    if turn.called("find_times"):
        return TAKE_FIRST if any((result.get("data") or {}).get("slots") for result in turn.answers("find_times")) else ""
    return f"I know when {listed(turn.unsure)} cannot. When would it work?" if turn.unsure else ""


def _after(turn: Turn) -> str:
    """What usually comes next."""
    decided: Mapping[str, Any] = turn.known.get("decisions") or {}
    if any((result.get("data") or {}).get("results") for result in turn.answers("search_venues")):
        return WHICH_ONE
    if turn.called("decide") and decided.get("time") and decided.get("venue"):
        return MAKE_FILE
    return ""


def _said(text: str) -> types.Content:
    return types.Content(role="model", parts=[types.Part(text=text)])


def _is_said(content: types.Content) -> bool:
    parts = content.parts or []
    return content.role == "user" and any(map(_text, parts)) and not any(part.function_response for part in parts)


def _words(content: types.Content) -> str:
    return "\n".join(text for part in content.parts or [] if (text := _text(part)))


def _text(part: types.Part) -> str:
    """What a part says; a text file says what is in it."""
    file = part.inline_data
    if file and file.data and (file.mime_type or "").startswith("text/"):
        return file.data.decode(errors="replace")
    return part.text or ""


def _known(request: LlmRequest) -> Json:
    """The plan in the instruction; an agent that does not give one gets an empty plan and today's date in UTC."""
    found = _PLAN.search(str(request.config.system_instruction or ""))
    if found:
        return json.loads(found[1])
    return {"now": datetime.now(ZoneInfo("UTC")).isoformat(), "zone": "UTC", "plan": {}, "people": [], "availability": {}}
