"""What the planner can do: ADK function tools over session state.

Every tool returns `{status, summary, data, missing, warnings, view, card, replies}`. `status` is "ok", "need" (something is missing
first), "ambiguous" (a name or a reference could be several), "denied" (somebody's own word stands against it) or "error"; in the last four
nothing has been changed. `view` names a drawing and its data, `card` is the plan at one look, `replies` are what people would usually say
next; all three are for the page, and a model sees none of them.

The tools are `async` and wait for nothing but a search for venues and an artifact that is stored. So calls that a model makes at once run
one after the other, in its order, on the one event loop: in threads, two of them would read the same state, and the later write would lose
the earlier one. What a tool does stands in the `acts_*` modules; the state is read and written by `state.Board`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from google.adk.tools import ToolContext
from google.genai import types
from typing_extensions import TypedDict

from . import acts_facts, acts_places, acts_plan, acts_polls, acts_times
from .card import PLAN_TAG, card_of, plan_as_json, replies_to
from .places import SampleCity, VenueSource
from .planning.errors import AmbiguousPerson, PlanningError
from .planning.references import AmbiguousReference
from .state import Answer, Board, Clock, Denied, Json, NeedMore, Status, missing_of, result

__all__ = ["PLAN_TAG", "Clock", "PlannerTools", "Result", "local_clock", "plan_as_json"]

Result = dict[str, Any]
_UNSTORED: Final = "The file could not be stored with the conversation; please take it from the page now."


class PersonInput(TypedDict, total=False):
    """One person to add. attendance: required, important or optional."""

    name: str
    attendance: str


class WindowInput(TypedDict, total=False):
    """A stretch of time, ISO 8601. kind: free, if_needed, busy, preferred or avoided."""

    start: str
    end: str
    kind: str


class StopInput(TypedDict, total=False):
    """A stop of an itinerary. venue: its name; minutes: how long; price: what each pays; not_before: HH:MM."""

    venue: str
    minutes: int
    price: float
    not_before: str


def local_clock(zone: ZoneInfo) -> datetime:
    """The present moment in `zone`."""
    return datetime.now(zone)


class PlannerTools:
    """The tools, with the clock, the zone for times said without one, and where venues come from."""

    def __init__(self, *, clock: Clock = local_clock, default_zone: str = "UTC", source: VenueSource | None = None) -> None:
        self.clock = clock
        self.default_zone = default_zone
        self.source = source or SampleCity()

    async def start_plan(
        self,
        tool_context: ToolContext,
        title: str | None = None,
        kind: str | None = None,
        city: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        part_of_day: str | None = None,
        hours_from: str | None = None,
        hours_to: str | None = None,
        duration_minutes: int | None = None,
        number_of_people: int | None = None,
        budget_per_person: float | None = None,
        currency: str | None = None,
        zone: str | None = None,
        notes: list[str] | None = None,
    ) -> Result:
        """Begin a new plan. The old one goes: its people, times, votes, places and decisions; what is known of people stays.

        Args:
            title: A short title.
            kind: The occasion in a word: dinner, lunch, coffee, movie, hike...
            city: Where, if said.
            date_from: The first possible day, YYYY-MM-DD.
            date_to: The last possible day, YYYY-MM-DD; the same as date_from for one day.
            part_of_day: morning, lunchtime, afternoon, evening, night or day.
            hours_from: No earlier than this on any day, HH:MM, such as office hours.
            hours_to: No later than this on any day, HH:MM.
            duration_minutes: How long it lasts.
            number_of_people: How many come, the person who writes included.
            budget_per_person: The most that each pays.
            currency: Its three-letter code, such as EUR.
            zone: The IANA time zone, such as Europe/Helsinki.
            notes: Anything else worth keeping, in the person's words.
        """
        said = _facts(locals())
        return self._answer(tool_context, lambda board: acts_plan.start_plan(board, said))

    async def update_plan(
        self,
        tool_context: ToolContext,
        title: str | None = None,
        kind: str | None = None,
        city: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        part_of_day: str | None = None,
        hours_from: str | None = None,
        hours_to: str | None = None,
        duration_minutes: int | None = None,
        number_of_people: int | None = None,
        budget_per_person: float | None = None,
        currency: str | None = None,
        zone: str | None = None,
        notes: list[str] | None = None,
        clear: list[str] | None = None,
    ) -> Result:
        """Write down facts about the meeting. Give only what was said; the rest of the plan stays.

        Args:
            title: A short title.
            kind: The occasion in a word: dinner, lunch, coffee, movie, hike...
            city: Where, if said.
            date_from: The first possible day, YYYY-MM-DD.
            date_to: The last possible day, YYYY-MM-DD; the same as date_from for one day.
            part_of_day: morning, lunchtime, afternoon, evening, night or day.
            hours_from: No earlier than this on any day, HH:MM, such as office hours.
            hours_to: No later than this on any day, HH:MM.
            duration_minutes: How long it lasts.
            number_of_people: How many come, the person who writes included.
            budget_per_person: The most that each pays.
            currency: Its three-letter code, such as EUR.
            zone: The IANA time zone, such as Europe/Helsinki.
            notes: Anything else worth keeping, in the person's words: "a quiet place".
            clear: Facts that no longer hold, by these names: ["budget_per_person"].
        """
        said = _facts(locals())
        return self._answer(tool_context, lambda board: acts_plan.update_plan(board, said, clear))

    async def show_plan(self, tool_context: ToolContext) -> Result:
        """Show the plan as it stands, and what it still needs. Changes nothing."""
        return self._answer(tool_context, acts_plan.show_plan)

    async def set_people(self, tool_context: ToolContext, add: list[PersonInput] | None = None, remove: list[str] | None = None) -> Result:
        """Add people to the plan, change who has to come, or take people out.

        Args:
            add: The people, each {name, attendance}; attendance is required unless said otherwise, and stays for those who are in the plan.
                The person who writes is "me".
            remove: Names to take out. Their times are forgotten.
        """
        return self._answer(tool_context, lambda board: acts_plan.set_people(board, add, remove))

    async def remember(
        self, tool_context: ToolContext, person: str, key: str, value: str, strength: str = "must", said_by: str = "me"
    ) -> Result:
        """Remember something about a person, beyond this plan. Their own word replaces what others said of them, and stands against it.

        Args:
            person: Whom it is about; "me" is the person who writes. They need not be in the plan.
            key: diet, allergy, access, budget, cuisine, activity, area or other.
            value: What, in a few words: "vegetarian", "nuts", "step-free", "Thai".
            strength: must (has to be so), prefer (likes it) or avoid.
            said_by: Who said it: "me", or the name of the person who is typing now.
        """
        return self._answer(tool_context, lambda board: acts_facts.remember(board, person, key, value, strength, said_by))

    async def forget(self, tool_context: ToolContext, person: str, key: str | None = None, value: str | None = None) -> Result:
        """Forget what is remembered about a person. Asks the person who writes to confirm it first.

        Args:
            person: Whom it is about; "me" is the person who writes.
            key: Only what is under this key: diet, allergy, access, budget, cuisine, activity, area or other.
            value: Only what these words fit: "Thai". Without key and value, everything.
        """
        return self._answer(tool_context, lambda board: acts_facts.forget(board, person, key, value))

    async def recall(self, tool_context: ToolContext, person: str | None = None) -> Result:
        """Say what is remembered, with who said it.

        Args:
            person: About whom; "me" is the person who writes. Without it, about everybody.
        """
        return self._answer(tool_context, lambda board: acts_facts.recall(board, person))

    async def set_availability(
        self,
        tool_context: ToolContext,
        person: str,
        windows: list[WindowInput] | None = None,
        mode: str = "replace",
        zone: str | None = None,
        rule_days: str | None = None,
        rule_from: str | None = None,
        rule_to: str | None = None,
        kind: str = "free",
    ) -> Result:
        """Write down when one person can come, cannot, or would like to. Give windows, or a rule for weekdays.

        Args:
            person: A name from the plan, or "me".
            windows: Each {start, end, kind}: ISO 8601; kind free, if_needed, busy, preferred or avoided. Without an offset it is in `zone`.
            mode: "replace" what was known on those days, "add" to it, or "clear" it (without windows: all of it).
            zone: The IANA zone of these times when it is not the plan's: "10 to 12 New York time" is America/New_York.
            rule_days: For a rule: "every weekday", "Mondays and Thursdays", "daily except Sunday".
            rule_from: From when on these days, HH:MM.
            rule_to: Until when, HH:MM.
            kind: The kind of the rule's times.
        """
        rule = {"days": rule_days, "from": rule_from, "to": rule_to, "kind": kind}
        return self._answer(tool_context, lambda board: acts_times.set_availability(board, person, windows, rule, mode, zone))

    async def find_times(
        self,
        tool_context: ToolContext,
        duration_minutes: int | None = None,
        earliest: str | None = None,
        latest: str | None = None,
        must_include: list[str] | None = None,
        min_people: int = 1,
        limit: int = 3,
    ) -> Result:
        """Find the times when most people can come, best first, none of them past. When none suits all, says what would help.

        Args:
            duration_minutes: How long; the plan's length unless given.
            earliest: The slot starts no earlier, ISO 8601; the plan's days unless given.
            latest: The slot ends no later, ISO 8601.
            must_include: People who have to be there, besides those whose attendance is required.
            min_people: Leave out slots that fewer people can come to.
            limit: At most this many slots, 1 to 10.
        """
        bounds = (earliest, latest)
        return self._answer(
            tool_context, lambda board: acts_times.find_times(board, duration_minutes, bounds, must_include, min_people, limit)
        )

    async def explain_time(self, tool_context: ToolContext, slot: str | None = None) -> Result:
        """Say who cannot come at a time, and the smallest change that would fix it.

        Args:
            slot: A time of the list in words ("the second"), or an ISO start. Without it, the best one.
        """
        return self._answer(tool_context, lambda board: acts_times.explain(board, slot))

    async def search_venues(
        self,
        tool_context: ToolContext,
        what: str | None = None,
        near: str | None = None,
        city: str | None = None,
        open_at: str | None = None,
        max_price: float | None = None,
        needs: list[str] | None = None,
        limit: int = 5,
    ) -> Result:
        """Look for places. Musts of the people in the plan (diet, access) are respected without being named.

        Args:
            what: A kind or kitchen: "Thai restaurant", "café"; what is usual for the occasion unless given.
            near: A street, square or area.
            city: The plan's unless given.
            open_at: When it has to be open, ISO 8601 or HH:MM on the plan's day; the decided time unless given.
            max_price: The most that each pays; the plan's budget unless given.
            needs: vegan, vegetarian, halal, kosher, gluten_free, wheelchair, outdoor.
            limit: At most this many, 1 to 20.
        """
        board = self._board(tool_context)
        try:
            query, town = acts_places.query_of(board, what, near, city, open_at, max_price, needs, limit)
            ranking = await acts_places.search(self.source, query, town)
        except PlanningError as error:
            return self._refusal(board, error)
        return self._answer(tool_context, lambda board: acts_places.found(board, ranking, query, town))

    async def add_venue(
        self,
        tool_context: ToolContext,
        name: str,
        address: str | None = None,
        hours: str | None = None,
        closes: str | None = None,
        price: float | None = None,
        currency: str | None = None,
        kind: str | None = None,
        needs: list[str] | None = None,
    ) -> Result:
        """Write down a place that the person names. The same name again adds to what is known of it.

        Args:
            name: What it is called. It is only a name, whatever it says.
            address: Street and number.
            hours: Opening hours as OpenStreetMap writes them: "Mo-Fr 11:00-23:00".
            closes: When it closes, HH:MM, if that is all that was said.
            price: What each pays there.
            currency: The code of the price; the plan's unless given.
            kind: restaurant, cafe, bar...
            needs: What it offers: vegan, vegetarian, halal, kosher, gluten_free, wheelchair, outdoor.
        """
        said = {
            "name": name, "address": address, "hours": hours, "closes": closes, "price": price, "currency": currency, "kind": kind,
            "needs": needs,
        }  # fmt: skip
        return self._answer(tool_context, lambda board: acts_places.add_venue(board, said))

    async def open_poll(self, tool_context: ToolContext, subject: str, options: list[str], method: str = "approval") -> Result:
        """Open a vote.

        Args:
            subject: What it is about, in a word or two: "place".
            options: What can be voted for, at least two.
            method: approval (yes, if needed or no to each option) or ranked (options in order, the best first).
        """
        return self._answer(tool_context, lambda board: acts_polls.open_poll(board, subject, options, method))

    async def vote(
        self,
        tool_context: ToolContext,
        person: str,
        yes: list[str] | None = None,
        if_needed: list[str] | None = None,
        no: list[str] | None = None,
        ranking: list[str] | None = None,
        replace: bool = True,  # noqa: FBT001, FBT002  ADK calls by name
    ) -> Result:
        """Take one person's vote. It stands in place of their earlier one.

        Args:
            person: Who votes: a name from the plan, or "me".
            yes: Options with a yes.
            if_needed: Options that are all right if needed.
            no: Options with a no.
            ranking: In a ranked vote, the options, best first.
            replace: False to change only the options named here, and keep the rest of the earlier vote.
        """
        answers = {"yes": yes, "if_needed": if_needed, "no": no}
        return self._answer(tool_context, lambda board: acts_polls.vote(board, person, answers, ranking, replace))

    async def poll_results(self, tool_context: ToolContext, subject: str | None = None) -> Result:
        """Say how a vote stands. A tie is for the organiser to decide.

        Args:
            subject: Which vote; the newest unless given.
        """
        return self._answer(tool_context, lambda board: acts_polls.poll_results(board, subject))

    async def decide(self, tool_context: ToolContext, what: str, choice: str, end: str | None = None, reason: str | None = None) -> Result:
        """Write down what the person has decided. Only when they say so themselves; never decide a tie for them.

        Args:
            what: "time", "venue", or another thing in a word.
            choice: As they said it: "the second", "19:30", a place's name; or an ISO start.
            end: For a time: its end, ISO 8601 or HH:MM. Without it the plan's length counts.
            reason: Why, if they said so.
        """
        return self._answer(tool_context, lambda board: acts_polls.decide(board, what, choice, end, reason))

    async def undecide(self, tool_context: ToolContext, what: str) -> Result:
        """Take a decision back.

        Args:
            what: "time", "venue", or the other thing that was decided.
        """
        return self._answer(tool_context, lambda board: acts_polls.undecide(board, what))

    async def build_itinerary(
        self,
        tool_context: ToolContext,
        stops: list[StopInput] | None = None,
        start: str | None = None,
        travel: str | None = None,
        travel_minutes: int | None = None,
        order: list[str] | None = None,
    ) -> Result:
        """Put stops one after the other, with travel, waits, cost, and what does not fit.

        Args:
            stops: Each {venue, minutes, price, not_before}, in their order. Without them, those of the last itinerary.
            start: ISO 8601, or HH:MM on the plan's day; the last itinerary's or the decided time unless given.
            travel: walk, bicycle, transit or car.
            travel_minutes: The minutes between any two stops, if the person said so; else they are estimated.
            order: The places of the last itinerary in a new order.
        """
        return self._answer(tool_context, lambda board: acts_places.build_itinerary(board, stops, start, travel, travel_minutes, order))

    async def export_calendar(self, tool_context: ToolContext, scope: str | None = None) -> Result:
        """Make the calendar file (.ics) of the plan and its stops. Of a cancelled plan, the file that takes it out of the calendars.

        Args:
            scope: "plan" for the plan alone, "itinerary" for its stops too; both unless given.
        """
        board = self._board(tool_context)
        try:
            answer, filename, data = acts_places.calendar_file(board, scope)
        except PlanningError as error:
            return self._refusal(board, error)
        made = self._done(board, answer)
        try:
            await tool_context.save_artifact(filename, types.Part.from_bytes(data=data, mime_type=acts_places.MIME))
        except ValueError:
            pass  # no artifact service: the page has the file from the view
        except OSError:
            made["warnings"].append(_UNSTORED)
        return made

    async def finalize_plan(self, tool_context: ToolContext) -> Result:
        """Make the plan final. Asks the person who writes to confirm it first."""
        return self._answer(tool_context, acts_plan.finalize_plan)

    async def cancel_plan(self, tool_context: ToolContext) -> Result:
        """Call the plan off. Asks the person who writes to confirm it first."""
        return self._answer(tool_context, acts_plan.cancel_plan)

    async def undo_last_change(self, tool_context: ToolContext) -> Result:
        """Take back what the last message that changed something has changed. Once more takes back the one before."""
        return self._answer(tool_context, acts_plan.undo)

    def write_down(self, board: Board, act: Callable[[Board], Answer]) -> Result:
        """Do what was agreed on outside of a model's call, and write what it changed; or say why not, and write nothing."""
        try:
            return self._done(board, act(board))
        except PlanningError as error:
            return self._refusal(board, error)

    def _board(self, context: ToolContext) -> Board:
        return Board(context, self.clock, self.default_zone)

    def _answer(self, context: ToolContext, act: Callable[[Board], Answer]) -> Result:
        """Do it, and write what it changed; or say why not, and write nothing."""
        board = self._board(context)
        try:
            return self._done(board, act(board))
        except PlanningError as error:
            return self._refusal(self._board(context), error)

    def _done(self, board: Board, answer: Answer) -> Result:
        board.commit(answer.change)
        parts: Json = {"data": answer.data, "missing": missing_of(board), "warnings": list(answer.warnings), "view": answer.view}
        return result("ok", answer.summary, card=card_of(board, board.zone), replies=replies_to(board, answer), **parts)

    def _refusal(self, board: Board, error: PlanningError) -> Result:
        status: Status = "error"
        parts: Json = {}
        match error:
            case AmbiguousPerson() | AmbiguousReference():
                status, parts = "ambiguous", {"data": {"candidates": list(error.candidates)}}
            case NeedMore():
                status, parts = "need", {"missing": list(error.missing)}
            case Denied():
                status, parts = "denied", {"data": error.data}
            case _:
                pass
        return result(status, error.message, card=card_of(board, board.zone), **parts)


def _facts(given: Json) -> Json:
    """The facts of the plan among a tool's parameters."""
    return {key: given.get(key) for key in acts_plan.FIELDS}
