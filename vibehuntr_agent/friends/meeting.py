"""The meeting of the friends' agents: the planner's sub-agent, to which it hands over when somebody wants the agents to work it out.

Each friend of the plan gets a seat. A seat here is told what the plan knows of that friend, and nothing of anybody else; a seat elsewhere
(`VIBEHUNTR_SEATS`) is told only the agenda, and knows its friend itself. What they agree on is written into the plan as one change, which
"undo" takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

from google.adk.agents.invocation_context import InvocationContext
from google.adk.models import BaseLlm
from pydantic import ConfigDict
from typing_extensions import override

from playground.errors import StateError
from playground.meetings.meeting import CannotMeet, Conclusion, Meeting, Setting
from playground.meetings.messages import CHAIR, Accept, Decided, Floor, Json, Message
from playground.meetings.minds import AgentMind, Mind
from playground.meetings.script import by_script
from playground.meetings.settings import MeetingSettings
from playground.meetings.view import View
from vibehuntr_agent import acts_meeting, acts_places, acts_times
from vibehuntr_agent.planning.errors import PlanningError
from vibehuntr_agent.planning.people import ME, listed
from vibehuntr_agent.planning.venues import Venue, opening, read_venue, varied
from vibehuntr_agent.state import FACTS, Board, missing_of
from vibehuntr_agent.tools import PlannerTools

from .agenda import MAX_PLACES, RELUCTANT, Agenda, Topic
from .chair import friends_script
from .seat_agent import friend_agent
from .verdicts import Facts

_ACT: Final = "write_down_agreement"
"""What the step is called by which the outcome gets into the plan."""
_PEOPLE: Final = 2
_TITLE: Final = 300
Models = Callable[[], BaseLlm | str | None]
"""Makes the model of one seat; None is none."""


class FriendsMeeting(Meeting):
    """The meeting (see the module). `models` makes a model for each seat; `settings` is asked at every meeting."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    planner: PlannerTools
    models: Models = lambda: None
    settings: Callable[[], MeetingSettings] = MeetingSettings

    @override
    async def convene(self, ctx: InvocationContext) -> Setting:
        board = self._board(ctx)
        try:
            held = self.settings()
            agenda, search = await self._agenda(board, held)
        except (PlanningError, StateError) as error:
            raise CannotMeet(error.message) from error
        minds = {name: self._mind(name, board, search, held) for name in board.names}
        told = dict.fromkeys(minds, agenda.as_json())
        chair = by_script(lambda view: friends_script(agenda, view))
        return Setting(chair, minds, told, _opening(agenda, board.names), held.limits, partial(self._settled, agenda))

    def _settled(self, agenda: Agenda, ctx: InvocationContext, view: View) -> Conclusion:
        """Write down what was agreed, and say it."""
        outcomes = {topic: decided.model_dump(mode="json") for topic, decided in view.decided.items() if decided.item}
        end = _end_words(view)
        if not outcomes:
            return Conclusion(f"{end}Our agents did not agree on anything, so the plan stays as it is.")
        state = dict(ctx.session.state)
        before = dict(state)
        places = {place.name: place for place in agenda.places}
        board = Board(self._context(ctx, state), self.planner.clock, self.planner.default_zone)
        result = self.planner.write_down(board, lambda board: acts_meeting.settle(board, outcomes, places))
        changed = {key: value for key, value in state.items() if before.get(key) is not value}
        words = "\n".join(f"- {decided.words}" for decided in view.decided.values() if decided.words)
        refused = "" if result["status"] == "ok" else f", but I could not write it down: {result['summary'].rstrip('.')}"
        return Conclusion(f"{end}Our agents have settled it{refused}.\n\n{words}", changed, {}, (_ACT, {"topics": list(outcomes)}, result))

    @override
    def drawn(self, message: Message, view: View) -> Json:
        """Mark the answers to the chair's quick questions, and what somebody accepts who could have had something better."""
        floor = next((said for said in reversed(view.said) if said.id == message.reply_to), None)
        body = message.body
        probe = floor is not None and isinstance(floor.body, Floor) and floor.body.ask == "probe"
        marks = {"probe": probe, "gives_way": isinstance(body, Accept) and body.grade <= RELUCTANT}
        return {name: True for name, marked in marks.items() if marked}

    # -- who meets about what

    def _context(self, ctx: InvocationContext, state: dict[str, Any]) -> Any:  # noqa: ANN401  as much of ADK's ToolContext as a Board reads
        return SimpleNamespace(state=state, session=ctx.session, invocation_id=ctx.invocation_id)

    def _board(self, ctx: InvocationContext) -> Board:
        return Board(self._context(ctx, dict(ctx.session.state)), self.planner.clock, self.planner.default_zone)

    def _mind(self, name: str, board: Board, search: acts_times.Search, held: MeetingSettings) -> Mind:
        """Seat a friend's agent: one elsewhere, or one here, which is told what is known of this friend."""
        if address := held.address(name):
            from playground.meetings.remote import RemoteMind  # noqa: PLC0415 - a quarter of a second, only if somebody sits elsewhere

            return RemoteMind(name, address)
        about = tuple(board.get(FACTS).get(name, ()))
        facts = Facts(tuple(search.availability.get(name, ())), tuple(search.preferences.get(name, ())), about)
        return AgentMind(name, friend_agent(name, facts, self.models(), held.pace))

    async def _agenda(self, board: Board, held: MeetingSettings) -> tuple[Agenda, acts_times.Search]:
        """What is still to be settled, and by what. Raises: PlanningError, CannotMeet."""
        here = [name for name in board.names if not held.address(name)]
        if CHAIR in board.names:
            raise CannotMeet("In a meeting only the chair may be called “chair”. Please give that friend another name.")
        if len(board.names) < _PEOPLE:
            raise CannotMeet("Our agents need somebody to talk to. Who is coming? You can add when each is free.")
        silent = [name.removeprefix("times: ") for name in missing_of(board) if name.removeprefix("times: ") in here]
        if silent:
            raise CannotMeet(f"Our agents can begin when each knows its friend's time. When {_is(silent)} {listed(silent)} free?")
        search = acts_times.search_of(board, None, (None, None), [], heard_elsewhere=len(here) < len(board.names))
        decided = board.get("decisions")
        places = [] if decided.get("venue") else await self._places(board)
        topics: list[Topic] = [*(["time"] if not decided.get("time") else []), *(["place"] if places else []), "budget"]  # pyright: ignore[reportAssignmentType]
        if len(topics) == 1:
            raise CannotMeet("Time and place are decided already. Say what you want to take back, and our agents can meet again.")
        plan = board.plan
        within, usual = acts_times.open_days(board, search)
        agenda = Agenda(
            topics=tuple(topics),
            zone=search.zone,
            length=search.length,
            within=tuple(within),
            usual=tuple(usual),
            places=tuple(places),
            currency=plan.get("currency") or next((place.price.currency for place in places if place.price), ""),
            amount=plan.get("budget_per_person"),
            required=tuple(sorted(search.required)),
            title=str(plan.get("kind", ""))[:_TITLE],  # and no more of the plan: a note may be about a surprise for one of them
        )
        return agenda, search

    async def _places(self, board: Board) -> list[Venue]:
        """The places to choose from: those that people named, those that were found, and what the source has in the plan's city."""
        known = [read_venue({key: value for key, value in row.items() if key not in ("label", "closes")}) for row in board.get("venues")]
        found = await self._found(board) if board.plan.get("city") else []
        places = {place.name: place for place in reversed([*known, *found])}
        at = (board.get("decisions").get("time") or {}).get("start")
        is_open = [place for place in places.values() if at is None or opening(place, datetime.fromisoformat(at)).state != "closed"]
        return is_open[::-1][:MAX_PLACES]

    async def _found(self, board: Board) -> Sequence[Venue]:
        """What the source has, as anybody might look for it. What it does not have is no reason not to meet."""
        try:
            query, town = acts_places.public_query_of(board)
            source = self.planner.source
            query = source.read(query, town)
            return varied(await source.search(query, town), query.needs)
        except PlanningError:
            return []


def _opening(agenda: Agenda, names: Sequence[str]) -> str:
    """What is said at the beginning."""
    what = listed([f"the {topic}" for topic in agenda.topics])
    who = listed(names)
    return f"The agents of {who} meet to settle {what}. Each knows only its own friend."


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 and names[0] != ME else "are"


def _end_words(view: View) -> str:
    """Why a meeting ended early, if it did."""
    words = view.end.words if isinstance(view.end, Decided) else ""
    return f"{words} " if words else ""
