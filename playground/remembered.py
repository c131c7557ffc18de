"""What the model was told in the earlier part of a conversation: built once, by ADK, so that a turn's cost does not grow with it.

ADK copies all events of a session in every turn, goes through them a dozen times, and builds the model's contents of each anew. Here
a turn loads the latest events alone, and what ADK once built of those before them is put before what it builds of these.

What it guarantees:

- The model is asked what ADK asks with all events at hand, to the letter. A conversation is divided only where no later event
  names what an earlier one names (an invocation, a call, a rewind's target), where the later part tells which agent has the
  floor, and where ADK builds of both parts together what it builds of each: that is tried, with the request at hand.
- If a later event reaches back after all, or the session is not what it was, ADK is given everything, as if there were no
  such thing as this module, and the conversation is divided anew.
- Remembered contents are shared by all requests. Whether a callback or a model has changed one is looked at before each; then
  they are built anew. As everywhere in ADK, what stands inside of a part's fields (a call's arguments) must not be changed.

Only where nobody else looks at the events (`knows_by_request`). A tool, a callback, an instruction or a plug-in that is given ADK's
context may read `session.events`: an agent or an app with one is given everything, always, unless the class of the agent, or of the
plug-in, says `reads_events = False`. So are apps that sum up or cache their conversations, agents that are no plain `LlmAgent`, and those
with tools that put something into requests.
All of it runs on the invoker's event loop.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, ClassVar, Final, Protocol

from google.adk.agents import BaseAgent, InvocationContext, LlmAgent
from google.adk.agents.callback_context import CallbackContext
from google.adk.apps.app import App
from google.adk.events import Event
from google.adk.flows.llm_flows.contents import request_processor
from google.adk.models import LlmRequest
from google.adk.plugins import BasePlugin
from google.adk.sessions import BaseSessionService, Session
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.tools import BaseTool, FunctionTool
from google.adk.tools.base_toolset import BaseToolset
from google.adk.utils._callable_utils import CallableSpec
from google.genai import types

_FEWEST, _MOST = 16, 28  # events that a turn loads at least, and above which fewer are to be loaded by the next


class Contents:
    """Contents as ADK built them, and whether they still are."""

    def __init__(self) -> None:
        """Begin with none."""
        self._contents: list[types.Content] = []
        self._with_files: list[int] = []
        self._fields: list[dict[str, Any]] = []
        self._were: list[dict[str, Any]] = []

    def followed_by(self, contents: Sequence[types.Content]) -> Contents:
        """Return these and more, as they are now."""
        contents = [_copy(content) if _has_files(content) else content for content in contents]
        models = [model for content in contents for model in (content, *(content.parts or ()))]
        fields = [vars(model) for model in models]
        with_files = [n for n, content in enumerate(contents, len(self)) if _has_files(content)]
        more = Contents()
        more._contents = [*self._contents, *contents]
        more._with_files = [*self._with_files, *with_files]
        more._fields = [*self._fields, *fields]
        more._were = [*self._were, *({name: list(v) if isinstance(v, list) else v for name, v in those.items()} for those in fields)]
        return more

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._contents)

    @property
    def changed(self) -> bool:
        """Whether anybody has set a field of a content, or of a part, since. 1 ms for 5,000 contents: the comparison is not Python's."""
        return self._fields != self._were

    def for_request(self) -> list[types.Content]:
        """Return the contents; those with files as copies, because ADK's Gemini changes these in every request."""
        contents = self._contents.copy()
        for n in self._with_files:
            contents[n] = _copy(contents[n])
        return contents


def _has_files(content: types.Content) -> bool:
    return any(part.inline_data or part.file_data for part in content.parts or ())


def _copy(content: types.Content) -> types.Content:
    return content.model_copy(update={"parts": [part.model_copy() for part in content.parts or ()]})


@dataclass
class Earlier:
    """What stands before the later events, the first of which is `first`: what it names, and what it is to each agent's model."""

    first: str
    since: float
    names: frozenset[str]
    contents: dict[str, Contents] = field(default_factory=dict[str, Contents])


_NOTHING: Final = Earlier("", 0.0, frozenset())


class Remembers(Protocol):
    """Whoever keeps what is remembered of one session; `branches.Branch` does."""

    earlier: Earlier | None


class LoadedEvents(list[Event]):
    """A session's events as a turn has loaded them: all, or those that follow what is remembered as `earlier`."""

    def __init__(self, events: Iterable[Event], memory: Remembers, earlier: Earlier | None = None) -> None:
        super().__init__(events)
        self.memory = memory
        self.earlier = earlier


class Latest(GetSessionConfig):
    """Asks the `SessionStore` for the later events alone, or for all of them if they do not follow what is remembered."""

    memory: Any

    def taken(self, session: Session) -> bool:
        """Whether the session that was loaded so will do; otherwise all of it is needed."""
        earlier: Earlier | None = self.memory.earlier
        if self.after_timestamp is None:
            session.events = LoadedEvents(session.events, self.memory)
            return True
        first = next((n for n, event in enumerate(session.events) if earlier and event.id == earlier.first), None)
        if earlier is None or first is None or _reach_back(session.events[first:], earlier):
            self.memory.earlier = None
            return False
        session.events = LoadedEvents(session.events[first:], self.memory, earlier)
        return True

    @classmethod
    def known(cls, memory: Remembers, said: types.Content) -> Latest:
        """Ask for what a turn needs that goes on from what the user has said."""
        earlier = memory.earlier
        if earlier and earlier.since > time.time():  # imported so, or the clock has been set: what comes now counts as earlier
            earlier = memory.earlier = None
        if earlier is None or earlier.names & set(_names_in(said)):
            return cls(memory=memory)
        return cls(memory=memory, after_timestamp=earlier.since - 0.001)  # a database rounds times


def knows_by_request(app: App) -> bool:
    """Whether all that an app's agents know of a conversation is what is in their models' requests, put there by ADK's plain rules."""
    if app.events_compaction_config or app.context_cache_config or any(getattr(plugin, "reads_events", True) for plugin in app.plugins):
        return False
    return isinstance(app.root_agent, BaseAgent) and all(_is_plain(agent) for agent in _tree(app.root_agent))


def _tree(agent: BaseAgent) -> Iterator[BaseAgent]:
    yield agent
    for sub_agent in agent.sub_agents:
        yield from _tree(sub_agent)


def _is_plain(agent: BaseAgent) -> bool:
    if getattr(agent, "reads_events", type(agent) is not LlmAgent or _gives_context(agent)):
        return False
    if not isinstance(agent, LlmAgent):
        return True
    special = agent.planner or agent.code_executor or agent.static_instruction or getattr(agent.model, "use_interactions_api", False)
    return not special and agent.mode in (None, "chat") and not any(map(_shapes_requests, agent.tools))


def _gives_context(agent: LlmAgent) -> bool:
    """Whether anything that is not ADK's is given the context of a turn, in which the session is."""
    callbacks = [getattr(agent, name) for name in LlmAgent.model_fields if name.endswith("_callback")]
    instructions = [agent.instruction, agent.global_instruction]
    return any(callbacks) or any(map(callable, instructions)) or not all(map(_takes_no_context, agent.tools))


def _shapes_requests(tool: object) -> bool:
    """Whether a tool may put something into a request: ADK's for artifacts, memories and skills do."""
    return isinstance(tool, BaseTool | BaseToolset) and type(tool) is not FunctionTool


def _takes_no_context(tool: Any) -> bool:  # noqa: ANN401 - whatever ADK takes for one
    if _shapes_requests(tool):
        return False
    spec = CallableSpec(tool.func if isinstance(tool, FunctionTool) else tool)
    return spec.has_signature and (spec.context_param_name or "tool_context") not in spec.signature.parameters


def _keeps_floor(agent: BaseAgent) -> bool:
    """Whether an agent that spoke last is asked next: ADK's rule, for plain agents."""
    if agent.parent_agent is None:
        return True
    return isinstance(agent, LlmAgent) and not agent.disallow_transfer_to_parent and _keeps_floor(agent.parent_agent)


def _names(event: Event) -> set[str]:
    """Return the names by which an event and others may refer to one another."""
    names = {event.invocation_id, event.isolation_scope, event.actions.rewind_before_invocation_id, *(event.long_running_tool_ids or ())}
    if event.branch:
        names.add(f"branch of {event.author}")
    names.update(_names_in(event.content))
    return {name for name in names if name}


def _names_in(content: types.Content | None) -> Iterator[str]:
    for part in (content.parts if content else None) or ():
        for told in (part.function_call, part.function_response):
            if told and (name := told.id or told.name):
                yield name


def _reach_back(events: Sequence[Event], earlier: Earlier) -> bool:
    """Whether later events refer to what is remembered; one that sums up, or takes back, may always do so."""
    return any(_is_about_others(event) or not earlier.names.isdisjoint(_names(event)) for event in events)


def _is_about_others(event: Event) -> bool:
    return bool(event.actions.rewind_before_invocation_id or event.actions.compaction)


async def _built(context: InvocationContext, events: Sequence[Event]) -> list[types.Content]:
    """Have ADK build the contents of these events for an agent's model."""
    session = context.session.model_copy(update={"events": list(events)})
    request = LlmRequest()
    async for _ in request_processor.run_async(context.model_copy(update={"session": session}), request):
        pass
    return request.contents


def _before(whole: Sequence[types.Content], later: Sequence[types.Content]) -> Sequence[types.Content] | None:
    """Return what stands before the later contents in the whole; None if these are not its end."""
    at = len(whole) - len(later)
    return whole[:at] if at >= 0 and list(whole[at:]) == list(later) else None


class Remembering(BasePlugin):
    """Puts what is remembered before what ADK has built of the later events, and remembers more as these become many.

    The first of an app's plug-ins: what the others, and the agent's callbacks, find in a request is whole.
    """

    reads_events: ClassVar[bool] = False

    def __init__(self, app: App, sessions: BaseSessionService) -> None:
        """Look who may have the floor; `sessions` has all events."""
        super().__init__(name="vibehuntr_remembering")
        self._sessions = sessions
        agents = _tree(app.root_agent) if isinstance(app.root_agent, BaseAgent) else ()
        self._speakers = {agent.name for agent in agents if _keeps_floor(agent)}

    async def before_model_callback(self, *, callback_context: CallbackContext, llm_request: LlmRequest) -> None:
        """Make a request whole, before anybody else sees it."""
        context = callback_context.get_invocation_context()
        events, agent = context.session.events, context.agent
        if not isinstance(events, LoadedEvents) or not isinstance(agent, LlmAgent) or agent.include_contents != "default":
            return
        if events.earlier:
            llm_request.contents = await self._whole(context, agent.name, events, events.earlier, llm_request.contents)
        if len(events) > _MOST and events.memory.earlier is events.earlier:
            events.memory.earlier = await self._divided(context, agent.name, events, llm_request.contents)

    async def _whole(
        self, context: InvocationContext, agent: str, events: Sequence[Event], earlier: Earlier, later: Sequence[types.Content]
    ) -> list[types.Content]:
        """Return all contents of a request, of which ADK has built the later."""
        reach_back = _reach_back(events, earlier)
        said = earlier.contents.pop(agent, None)
        if said is not None and not said.changed and not reach_back:
            earlier.contents[agent] = said
            return [*said.for_request(), *later]
        where = context.session
        session = await self._sessions.get_session(app_name=where.app_name, user_id=where.user_id, session_id=where.id)
        whole = await _built(context, session.events if session else events)
        before = None if reach_back else _before(whole, later)
        if before is not None:
            earlier.contents[agent] = Contents().followed_by(before)
        return whole

    async def _divided(
        self, context: InvocationContext, agent: str, events: LoadedEvents, contents: Sequence[types.Content]
    ) -> Earlier | None:
        """Return what is to be remembered of the contents from the next turn on; what is now, if they cannot be divided."""
        cut = self._cut(events)
        before = _before(contents, await _built(context, events[cut:])) if cut else None
        if before is None:
            return events.earlier
        known = events.earlier or _NOTHING
        said = known.contents.get(agent, Contents())
        names = known.names.union(*(_names(event) for event in events[:cut]))
        return Earlier(events[cut].id, events[cut].timestamp, names, {agent: said.followed_by(before[len(said) :])})

    def _cut(self, events: Sequence[Event]) -> int:
        """Return the latest place where no event names what one before it names, and that has enough events behind; 0 if there is none.

        None of these may be older than the first: by its time the later ones are asked for.
        """
        names = [_names(event) for event in events]
        oldest = list(accumulate((event.timestamp for event in reversed(events)), min))[::-1]
        last = {name: n for n, named in enumerate(names) for name in named}
        cut, reached = 0, -1
        for n in range(min(self._floor(events), len(events) - _FEWEST) + 1):
            if reached < n and events[n].timestamp <= oldest[n]:
                cut = n
            reached = max(reached, n, *(last[name] for name in names[n]))
        return cut

    def _floor(self, events: Sequence[Event]) -> int:
        """Return where an agent spoke last that ADK gives the next turn to; -1 if that is not sure."""
        for n, event in reversed(list(enumerate(events))):
            if _is_about_others(event):
                break
            actions = event.actions
            plain = event.content and not event.error_code and actions.agent_state is None and not actions.end_of_agent
            if plain and event.author in self._speakers:
                return n
        return -1
