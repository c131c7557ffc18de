"""A store that refuses a write, keeps one and loses the reply, or takes its time, in the worst moments of a turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
from conftest import agent_saying, model_of
from google.adk.agents import BaseAgent, InvocationContext, LlmAgent, SequentialAgent  # pyright: ignore[reportDeprecated] - people have them
from google.adk.events import Event
from google.adk.sessions import Session
from google.adk.sessions.base_session_service import GetSessionConfig, ListSessionsResponse
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.genai import types
from scripted_llm import Asked, Call, Gate, Hold, Raise, Script, ScriptedLlm, Step, Text, echo
from test_agent_invoker import AWAY, answer_of, held, say, wait_for_text

from agent_invoker import AgentInvoker, ConversationDeleted, Settings, StateError, StoreError, Turn
from playground.session_store import SessionStore, _sqlite
from playground.turn_log import TERMINAL

T = TypeVar("T")
When = Literal["before", "after"]


# -- a file with faults ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Doing:
    """One call of the store: what ADK's service is asked to do, and for whom."""

    kind: Literal["create", "get", "list", "delete", "append"]
    app_name: str
    user_id: str
    event: Event | None = None
    config: GetSessionConfig | None = None

    @property
    def journal(self) -> bool:
        return self.app_name.endswith(".running")

    @property
    def rewinds(self) -> bool:
        return self.event is not None and bool(self.event.actions.rewind_before_invocation_id)


@dataclass
class Fault:
    """What goes wrong with some calls: refused, or (`after`) done and the reply lost; with a gate, they wait there instead."""

    which: Callable[[Doing], bool] = lambda _: True
    when: When = "before"
    times: int = 1_000_000
    spared: int = 0
    error: type[Exception] = OSError
    gate: Gate | None = None

    def __post_init__(self) -> None:
        self.met = threading.Event()

    async def meet(self, doing: Doing, when: When) -> None:
        if when != self.when or not self.times or not self.which(doing):
            return
        if self.spared:
            self.spared -= 1
            return
        self.times -= 1
        self.met.set()
        if self.gate is None:
            raise self.error("away")
        await self.gate.wait()


class Disk:
    """One process's way to the file: the faults on it, and what it has saved of running answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self._journaled: dict[str, str] = {}
        self._grown = threading.Condition()

    async def do(self, doing: Doing, call: Awaitable[T]) -> T:
        try:
            for fault in tuple(self.faults):
                await fault.meet(doing, "before")
        except BaseException:
            close = getattr(call, "close", None)
            if close is not None:
                close()  # or Python warns that nobody awaited it
            raise
        done = await call
        if doing.journal and doing.event:
            with self._grown:
                for pieces in (doing.event.custom_metadata or {}).values():
                    self._journaled[doing.user_id] = self._journaled.get(doing.user_id, "") + "".join(piece["text"] for piece in pieces)
                self._grown.notify_all()
        for fault in tuple(self.faults):
            await fault.meet(doing, "after")
        return done

    def wait_journaled(self, text: str, user: str = "u") -> None:
        with self._grown:
            assert self._grown.wait_for(lambda: text in self._journaled.get(user, ""), AWAY)


class FaultySessions(SqliteSessionService):
    """ADK's SQLite service, behind the faults of a disk."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(str(disk.path))
        self._disk = disk

    async def create_session(
        self, *, app_name: str, user_id: str, state: dict[str, Any] | None = None, session_id: str | None = None
    ) -> Session:
        call = super().create_session(app_name=app_name, user_id=user_id, state=state, session_id=session_id)
        return await self._disk.do(Doing("create", app_name, user_id), call)

    async def get_session(self, *, app_name: str, user_id: str, session_id: str, config: GetSessionConfig | None = None) -> Session | None:
        call = super().get_session(app_name=app_name, user_id=user_id, session_id=session_id, config=config)
        return await self._disk.do(Doing("get", app_name, user_id, config=config), call)

    async def list_sessions(self, *, app_name: str, user_id: str | None = None) -> ListSessionsResponse:
        return await self._disk.do(Doing("list", app_name, user_id or ""), super().list_sessions(app_name=app_name, user_id=user_id))

    async def delete_session(self, *, app_name: str, user_id: str, session_id: str) -> None:
        call = super().delete_session(app_name=app_name, user_id=user_id, session_id=session_id)
        await self._disk.do(Doing("delete", app_name, user_id), call)

    async def append_event(self, session: Session, event: Event) -> Event:
        doing = Doing("append", session.app_name, session.user_id, event)
        return await self._disk.do(doing, super().append_event(session, event))


class FaultyStore(SessionStore):
    """The product's store of a file, made over `FaultySessions`; it tells when it is being closed."""

    def __init__(self, disk: Disk) -> None:
        def make() -> FaultySessions:
            _sqlite(disk.path)
            return FaultySessions(disk)

        super().__init__(make, name="SQLite, faulty", lasting=True, journaled=True, one_writer=True)
        self.closing = threading.Event()

    async def close(self) -> None:
        self.closing.set()
        await super().close()


@dataclass(frozen=True)
class Process:
    """An invoker and its way to the file. To kill it, cut the way: nothing that it still does reaches the file."""

    invoker: AgentInvoker
    disk: Disk
    store: FaultyStore

    def fault(self, which: Callable[[Doing], bool] = lambda _: True, when: When = "before", **options: Any) -> Fault:
        self.disk.faults = [Fault(which, when, **options)]
        return self.disk.faults[0]

    def works(self) -> None:
        self.disk.faults = []

    def be_patient(self, grace: float) -> None:
        """Set the seconds that a stop may take. Every question to the loop has as many: few, only while a test needs it."""
        self.invoker.settings = replace(self.invoker.settings, grace=grace)


Starting = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starting]:
    """Start processes on one file, one after the other; closed after the test."""
    made: list[Process] = []

    def make(script: Script = echo, *, agent: BaseAgent | None = None, **limits: Any) -> Process:
        disk = Disk(tmp_path / "talks.db")
        store = FaultyStore(disk)
        settings = replace(Settings(workers=8, grace=2.0, save_every=0.02), **limits)
        made.append(Process(AgentInvoker(agent or agent_saying(script), settings=settings, session_service=store), disk, store))
        made[-1].invoker._watchdog._warm.result(AWAY)
        return made[-1]

    yield make
    for process in made:
        process.be_patient(2.0)
        process.invoker.close()


class OneStep:
    """Awaited, it gives the event loop one turn."""

    def __await__(self) -> Generator[None]:
        yield


class InThread(threading.Thread):
    """Does something in a thread, as a page would, and keeps what came of it."""

    def __init__(self, deed: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._deed = deed
        self._outcome: list[Any] = []
        self._error: list[Exception] = []
        self.start()

    def run(self) -> None:
        try:
            self._outcome.append(self._deed())
        except Exception as error:  # noqa: BLE001 - told by `outcome`
            self._error.append(error)

    def outcome(self) -> Any:
        self.join(AWAY)
        assert not self.is_alive()
        if self._error:
            raise self._error[0]
        return self._outcome[0]


def on(kind: str, *, journal: bool = False) -> Callable[[Doing], bool]:
    return lambda doing: doing.kind == kind and doing.journal == journal


def shown(process: Process, user: str = "u") -> list[tuple[str, str, str]]:
    return [(m.content, m.status, m.error) for m in process.invoker.get_messages(user, "c")]


def words(process: Process, user: str = "u") -> list[str]:
    return [content for content, _, _ in shown(process, user)]


def remembered(process: Process) -> list[str]:
    return [text for _, text in model_of(process.invoker).asked[-1].contents]


def titles(process: Process, user: str = "u") -> list[str]:
    return [talk.title for talk in process.invoker.list_sessions(user)]


def state_of(process: Process) -> dict[str, Any]:
    session = process.invoker._ask_loop(process.store.get_session(app_name="helper", user_id="u", session_id="c"))
    assert session
    return session.state


# -- a login takes conversations over ------------------------------------------------------------------------------------

TALKED = ["m0", "You said: m0 ", "m1", "You said: m1 ", "m2", "You said: m2 "]
COPIES: dict[str, tuple[Callable[[Doing], bool], When, int]] = {
    "an event is refused": (on("append"), "before", 2),
    "the session is refused": (on("create"), "before", 0),
    "the session's reply is lost": (on("create"), "after", 0),
    "the old one's deletion is refused": (lambda d: d.kind == "delete" and not d.journal and d.user_id == "anon", "before", 0),
    "the old one's deletion's reply is lost": (lambda d: d.kind == "delete" and not d.journal and d.user_id == "anon", "after", 0),
}


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("how", COPIES)
def test_a_take_over_that_fails_can_be_tried_again(start: Starting, how: str, restarted: bool) -> None:
    """The conversation stays where it was, whole; the next try, also of another process, moves it."""
    which, when, spared = COPIES[how]
    process = start()
    for number in range(3):
        assert answer_of(say(process.invoker, f"m{number}", user="anon")).status == "done"
    process.fault(which, when, spared=spared, times=1)
    with pytest.raises(StoreError):
        process.invoker.take_over("login", "anon")
    assert (titles(process, "anon"), titles(process, "login")) == (["m0"], [])
    if how != "the old one's deletion's reply is lost":  # then it has moved, and nobody could tell
        assert words(process, "anon") == TALKED
    if restarted:
        process.invoker.close()
        process = start()
    assert process.invoker.take_over("login", "anon") == 0
    for now in (process, start()):
        assert (titles(now, "anon"), titles(now, "login")) == ([], ["m0"])
        assert words(now, "login") == TALKED


def test_a_take_over_that_is_slow_goes_on(start: Starting) -> None:
    """The grace of a stop is no limit of a copy."""
    gate = Gate()
    process = start()
    assert answer_of(say(process.invoker, "m0", user="anon")).status == "done"
    assert titles(process, "login") == []
    process.fault(on("append"), gate=gate, times=1)
    process.be_patient(0.1)
    taking = InThread(lambda: process.invoker.take_over("login", "anon"))
    assert gate.reached.wait(AWAY)
    taking.join(0.3)
    assert taking.is_alive()
    gate.open()
    assert taking.outcome() == 0
    process.be_patient(2.0)
    assert (titles(process, "anon"), titles(process, "login")) == ([], ["m0"])
    assert words(process, "login") == TALKED[:2]


# -- the journal of a running answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["create", "append"])
def test_an_unexpected_error_of_one_journal_does_not_end_the_others(start: Starting, kind: str) -> None:
    """Another user's running answer, begun later, is saved and recovered."""
    gate = Gate()
    process = start(held(gate))
    fault = process.fault(lambda d: on(kind, journal=True)(d) and d.user_id == "unlucky", error=RuntimeError)
    wait_for_text(say(process.invoker, "hold", user="unlucky"), "so far ")
    assert fault.met.wait(AWAY)
    turn = say(process.invoker, "hold on")
    wait_for_text(turn, "so far ")
    process.disk.wait_journaled("so far ")
    process.fault()
    assert words(start()) == ["hold on", "so far "]


def test_a_journal_whose_creation_reply_was_lost_goes_on(start: Starting) -> None:
    """It is there, so it is written."""
    gate = Gate()
    process = start(held(gate))
    fault = process.fault(on("create", journal=True), "after", times=1)
    wait_for_text(say(process.invoker, "hold"), "so far ")
    assert fault.met.wait(AWAY)
    process.disk.wait_journaled("so far ")
    process.fault()
    assert words(start()) == ["hold", "so far "]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failed_journal_write_leaves_no_hole_and_repeats_nothing(start: Starting, when: When) -> None:
    """Refused, or kept and the reply lost: each character is recovered once, in its place."""
    gates = [Gate() for _ in range(3)]
    letters = ["A ", "B ", "C "]
    process = start(lambda _: [step for letter, gate in zip(letters, gates, strict=True) for step in (Text(letter), Hold(gate))])
    turn = say(process.invoker, "spell")
    wait_for_text(turn, "A ")
    process.disk.wait_journaled("A ")
    fault = process.fault(on("append", journal=True), when, times=2)
    gates[0].open()
    wait_for_text(turn, "B ")
    assert fault.met.wait(AWAY)
    gates[1].open()
    wait_for_text(turn, "C ")
    process.disk.wait_journaled("C ")
    process.fault()
    again = start()
    assert words(again) == ["spell", "A B C "]
    assert answer_of(say(again.invoker, "next")).status == "done"
    assert remembered(again) == ["spell", "A B C ", "next"]


def both(gate: Gate) -> BaseAgent:
    """One agent that says all it has to say, then one that is held in the middle."""
    first = LlmAgent(name="first", model=ScriptedLlm.saying(lambda _: [Text("First, whole. ")]))
    second = LlmAgent(name="second", model=ScriptedLlm.saying(lambda _: [Text("Second, so far "), Hold(gate)]))
    return SequentialAgent(name="both", sub_agents=[first, second])  # pyright: ignore[reportDeprecated] - people have them


@pytest.mark.filterwarnings("ignore:SequentialAgent is deprecated:DeprecationWarning")
def test_the_text_of_the_second_of_two_agents_is_recovered(start: Starting) -> None:
    """The first one's final event is not the turn's end."""
    process = start(agent=both(Gate()))
    wait_for_text(say(process.invoker, "both"), "so far ")
    process.disk.wait_journaled("Second, so far ")
    process.fault()
    (question, answer) = shown(start(agent=both(Gate())))
    assert question[0] == "both"
    assert answer[:2] == ("First, whole. Second, so far ", "cancelled")
    assert answer[2].startswith("Interrupted")


# -- how turns end -------------------------------------------------------------------------------------------------------


def test_a_final_event_whose_reply_was_lost_stands_once(start: Starting) -> None:
    """In what the model remembers, on the page, and on the page after a restart."""
    process = start(lambda asked: [Text("the "), Text("whole")] if asked.said == "one" else echo(asked))
    away = Fault(times=0)

    def is_final(doing: Doing) -> bool:
        final = on("append")(doing) and doing.event is not None and doing.event.author == "helper"
        if final:
            away.times = 1_000_000  # from now on
        return final

    process.fault(is_final, "after", times=1)
    process.disk.faults.append(away)
    answer = answer_of(say(process.invoker, "one"))
    assert (answer.status, answer.text) == ("failed", "the whole")
    process.works()
    assert answer_of(say(process.invoker, "two")).status == "done"
    assert remembered(process) == ["one", "the whole", "two"]
    before = shown(process)
    assert [(text, status) for text, status, _ in before] == [
        ("one", "done"), ("the whole", "failed"), ("two", "done"), ("You said: two ", "done"),
    ]  # fmt: skip
    process.invoker.close()
    assert shown(start()) == before


class OnlyPieces(BaseAgent):
    """Says it in pieces, and never says the whole; then cancels itself, or is done."""

    cancels: bool = False

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        for text in ("only ", "pieces"):
            content = types.Content(role="model", parts=[types.Part(text=text)])
            yield Event(id="e", author=self.name, invocation_id=ctx.invocation_id, partial=True, content=content)
        if self.cancels:
            raise asyncio.CancelledError


def test_a_model_that_cancels_itself_is_remembered_as_shown(start: Starting) -> None:
    """With what it had said; nobody had asked for a stop."""
    error: Any = asyncio.CancelledError()
    process = start(lambda asked: [Text("half "), Raise(error)] if asked.said == "one" else echo(asked))
    answer = answer_of(say(process.invoker, "one"))
    assert answer.text == "half "
    assert answer.status != "cancelled"
    assert answer_of(say(process.invoker, "two")).status == "done"
    assert remembered(process) == ["one", "half ", "two"]
    before = shown(process)
    process.invoker.close()
    assert shown(start()) == before


def test_an_agent_that_cancels_itself_is_remembered_as_shown(start: Starting) -> None:
    """With what it had said; nobody had asked for a stop."""
    process = start(agent=OnlyPieces(name="helper", cancels=True))
    answer = answer_of(say(process.invoker, "one"))
    assert answer.text == "only pieces"
    assert answer.status != "cancelled"
    before = shown(process)
    process.invoker.close()
    again = start()
    assert shown(again) == before
    assert answer_of(say(again.invoker, "two")).status == "done"
    assert remembered(again) == ["one", "only pieces", "two"]


def test_an_agent_that_says_only_pieces_is_remembered_as_shown(start: Starting) -> None:
    """Done, with all its text, also after a restart."""
    process = start(agent=OnlyPieces(name="helper"))
    answer = answer_of(say(process.invoker, "one"))
    assert (answer.status, answer.text) == ("done", "only pieces")
    before = shown(process)
    assert before == [("one", "done", ""), ("only pieces", "done", "")]
    process.invoker.close()
    again = start()
    assert shown(again) == before
    assert answer_of(say(again.invoker, "two")).status == "done"
    assert remembered(again) == ["one", "only pieces", "two"]


# -- deletion ------------------------------------------------------------------------------------------------------------


def test_a_deleted_conversation_does_not_come_back_through_its_journal(start: Starting) -> None:
    """A turn that ended while the store was away has left one."""
    gate = Gate()
    process = start(held(gate))
    turn = say(process.invoker, "hold my secret")
    wait_for_text(turn, "so far ")
    process.disk.wait_journaled("so far ")
    process.fault()
    gate.open()
    assert answer_of(turn).status == "failed"
    process.works()
    process.invoker.delete_session("u", "c")
    assert titles(process) == []
    process.invoker.close()
    assert titles(start()) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("journal", [False, True])
def test_a_deletion_that_failed_can_be_tried_again(start: Starting, when: When, journal: bool) -> None:
    """Until then the conversation is there and can be gone on with; afterwards it is gone, for good."""
    gate = Gate()
    process = start(held(gate))
    turn = say(process.invoker, "hold")
    wait_for_text(turn, "so far ")
    process.disk.wait_journaled("so far ")
    process.fault(on("delete", journal=True), times=1)
    gate.open()
    assert answer_of(turn).status == "done"  # and its journal is still there
    process.fault(on("delete", journal=journal), when, times=1)
    with pytest.raises(StoreError):
        process.invoker.delete_session("u", "c")
    assert titles(process) == ["hold"]
    if when == "before":
        assert answer_of(say(process.invoker, "more")).status == "done"
        assert words(process) == ["hold", "so far never", "more", "You said: more "]
    process.invoker.delete_session("u", "c")
    assert titles(process) == []
    with pytest.raises(ConversationDeleted):
        process.invoker.get_messages("u", "c")
    process.invoker.close()
    assert titles(start()) == []


def test_a_conversation_deleted_while_turns_run_and_wait_is_not_made_again(start: Starting) -> None:
    """Also when the running turn's end takes longer than the deletion waits for it."""
    slow = Gate()
    process = start(held(Gate()))
    turn = say(process.invoker, "hold")
    wait_for_text(turn, "so far ")
    process.disk.wait_journaled("so far ")
    waiting = process.invoker.add_message("u", "c", "my secret", strategy="enqueue")
    process.fault(lambda d: on("append")(d) and d.event is not None and d.event.author != "user", gate=slow, times=1)
    process.be_patient(0.1)
    deleting = InThread(lambda: process.invoker.delete_session("u", "c"))
    assert slow.reached.wait(AWAY)
    deleting.join(0.6)  # it no longer waits for the turns
    slow.open()
    deleting.outcome()
    process.be_patient(2.0)
    for ended in (turn, waiting):
        assert answer_of(ended).ended
    assert titles(process) == []
    process.invoker.close()
    assert titles(start()) == []


def test_a_conversation_deleted_while_its_session_is_looked_up_is_not_made(start: Starting) -> None:
    """Its first turn finds no session, but must not create one any more."""
    slow = Gate()
    process = start()
    process.invoker.list_sessions("u")
    process.fault(lambda d: on("get")(d) and d.config is not None, "after", gate=slow, times=1)
    turn = say(process.invoker, "my secret")
    assert slow.reached.wait(AWAY)
    process.be_patient(0.1)
    deleting = InThread(lambda: process.invoker.delete_session("u", "c"))
    deleting.join(0.4)  # it no longer waits for the turn
    slow.open()
    deleting.outcome()
    process.be_patient(2.0)
    assert answer_of(turn).ended
    assert titles(process) == []
    process.invoker.close()
    assert titles(start()) == []


def test_a_conversation_deleted_while_its_journal_is_made_is_not_made_again(start: Starting) -> None:
    """The journal goes too, though the deletion did not see it."""
    slow = Gate()
    process = start(held(Gate()))
    process.invoker.list_sessions("u")
    process.fault(on("create", journal=True), gate=slow, times=1)
    turn = say(process.invoker, "hold my secret")
    wait_for_text(turn, "so far ")
    assert slow.reached.wait(AWAY)
    process.be_patient(0.1)
    deleting = InThread(lambda: process.invoker.delete_session("u", "c"))
    deleting.join(0.4)  # it no longer waits for the turn
    slow.open()
    deleting.outcome()
    process.be_patient(2.0)
    assert answer_of(turn).ended
    process.invoker.close()
    assert titles(start()) == []


# -- rollback ------------------------------------------------------------------------------------------------------------


def hushed(asked: Asked) -> Sequence[Step]:
    """Be held after "hush " when told a secret."""
    return [Text("hush "), Hold(Gate())] if asked.said == "my secret" else echo(asked)


def roll_back(process: Process, message: str) -> Turn:
    return process.invoker.add_message("u", "c", message, strategy="rollback")


def leaves_no_trace(process: Process, start: Starting) -> None:
    """Neither the page nor the model has a word of it, here and after a restart."""
    assert answer_of(say(process.invoker, "last")).status == "done"
    before = shown(process)
    process.invoker.close()
    again = start()
    assert shown(again) == before
    assert answer_of(say(again.invoker, "after all")).status == "done"
    for told in (remembered(process), remembered(again), [text for text, _, _ in before]):
        assert "zero" in told
        assert "last" in told
        assert not {"my secret", "hush "} & set(told)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rollback_while_the_store_is_away_leaves_no_trace_later(start: Starting, when: When) -> None:
    """Refused, or done and only the reply lost: it is made up for before the next turn."""
    process = start(hushed)
    assert answer_of(say(process.invoker, "zero")).status == "done"
    turn = say(process.invoker, "my secret")
    wait_for_text(turn, "hush ")
    fault = process.fault(lambda d: d.rewinds, when, **({} if when == "before" else {"times": 1}))
    second = roll_back(process, "hello")
    assert answer_of(turn).ended
    assert answer_of(second).status == ("failed" if when == "before" else "done")
    assert fault.met.is_set()
    process.works()
    leaves_no_trace(process, start)


def test_a_rollback_leaves_no_trace_though_the_process_died_before_its_journal_was_discarded(start: Starting) -> None:
    """The session knows that the turn is forgotten."""
    process = start(hushed)
    assert answer_of(say(process.invoker, "zero")).status == "done"
    turn = say(process.invoker, "my secret")
    wait_for_text(turn, "hush ")
    process.disk.wait_journaled("hush ")
    process.fault(on("delete", journal=True))
    assert answer_of(roll_back(process, "hello")).status == "done"
    process.fault()
    again = start()
    assert words(again) == ["zero", "You said: zero ", "hello", "You said: hello "]
    leaves_no_trace(again, start)


def test_a_message_taken_back_in_line_leaves_no_trace_though_its_journal_was_not_discarded(start: Starting) -> None:
    """It never began, so the session has no event of it to forget."""
    gate = Gate()
    process = start(held(gate))
    assert answer_of(say(process.invoker, "zero")).status == "done"
    turn = say(process.invoker, "hold")
    wait_for_text(turn, "so far ")
    fault = process.fault(on("create", journal=True), "after", spared=1, gate=(saved := Gate()))
    saved.open()
    taken_back = process.invoker.add_message("u", "c", "my secret", strategy="enqueue")
    another = process.invoker.add_message("u", "c", "another", strategy="enqueue")
    assert fault.met.wait(AWAY)
    process.fault(on("delete", journal=True))
    taken_back.cancel(roll_back=True)
    gate.open()
    assert answer_of(another).status == "done"
    assert answer_of(taken_back).ended
    process.fault()
    again = start()
    assert words(again) == ["zero", "You said: zero ", "hold", "so far never", "another", "You said: another "]
    leaves_no_trace(again, start)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_forgotten_first_message_is_not_the_title(start: Starting, stopped: bool) -> None:
    """The next one is, also after a restart, and also if that was stopped before it began."""
    process = start(hushed)
    wait_for_text(say(process.invoker, "my secret"), "hush ")
    turn = roll_back(process, "hello")
    if stopped:
        turn.cancel()
    assert answer_of(turn).status == ("cancelled" if stopped else "done")
    assert titles(process) == ["hello"]
    process.invoker.close()
    assert titles(start()) == ["hello"]


@pytest.mark.parametrize("fault", [None, Fault(lambda d: d.rewinds, "after", times=1)], ids=["works", "reply lost"])
def test_the_state_that_a_session_was_created_with_survives_a_rollback(start: Starting, tmp_path: Path, fault: Fault | None) -> None:
    """ADK's rewind keeps only what events have set."""
    given = {"plan": {"n": 4}, "city": "Bern"}
    service = SqliteSessionService(str(tmp_path / "talks.db"))
    asyncio.run(service.create_session(app_name="helper", user_id="u", session_id="c", state=dict(given)))
    process = start(hushed)
    wait_for_text(say(process.invoker, "my secret"), "hush ")
    process.disk.faults = [fault] if fault else []
    assert answer_of(roll_back(process, "hello")).status == "done"
    assert {key: state_of(process).get(key) for key in given} == given


# -- the end of a process, and of a call -----------------------------------------------------------------------------------


def test_a_call_of_the_store_that_runs_at_the_close_is_kept(start: Starting) -> None:
    """It ends, then the connections do; the turn that had made it has its terminal entry."""
    slow = Gate()
    process = start()
    process.invoker.list_sessions("u")
    process.fault(lambda d: on("append")(d) and d.event is not None and d.event.content is not None, gate=slow, times=1)
    turn = say(process.invoker, "keep me")
    assert slow.reached.wait(AWAY)
    process.be_patient(0.3)
    closing = InThread(process.invoker.close)
    assert process.store.closing.wait(AWAY)
    slow.open()
    closing.outcome()
    assert answer_of(turn).ended
    assert words(start())[0] == "keep me"


def test_a_write_that_outlasts_the_grace_of_a_stop_is_not_made_twice(start: Starting) -> None:
    """The stopped turn's own question is on its way into the session: it stands there once."""
    slow, looked = Gate(), Gate()
    looked.open()
    process = start()
    process.invoker.list_sessions("u")
    process.fault(lambda d: on("append")(d) and d.event is not None and d.event.content is not None, gate=slow, times=1)
    turn = say(process.invoker, "once")
    assert slow.reached.wait(AWAY)
    process.disk.faults.append(Fault(lambda d: on("get")(d) and d.config is not None, "after", gate=looked))
    process.be_patient(0.1)
    turn.cancel()
    looked.reached.wait(0.5)  # before the slow write has ended, or else not at all
    process.be_patient(2.0)
    slow.open()
    assert answer_of(turn).status == "cancelled"
    assert answer_of(say(process.invoker, "next")).status == "done"
    assert remembered(process) == ["once", "next"]
    before = words(process)
    assert before == ["once", "", "next", "You said: next "]
    process.invoker.close()
    assert words(start()) == before


def test_every_turn_that_was_taken_before_the_close_has_its_terminal_entry(start: Starting) -> None:
    """Whoever sends at that moment gets a turn that ends, or an error."""
    process = start(held(Gate()), workers=2)
    turns: list[Turn] = []
    begun = threading.Barrier(5)

    def sends(user: str) -> None:
        turns.append(say(process.invoker, "hold", user=user))
        begun.wait(AWAY)
        with suppress(StateError):  # closed
            for number in range(25):
                turns.append(say(process.invoker, f"hold {number}", user=user))  # noqa: PERF401 - kept as they come

    senders = [InThread(lambda user=f"user-{number}": sends(user)) for number in range(4)]
    begun.wait(AWAY)
    process.invoker.close()
    for sender in senders:
        sender.outcome()
    for turn in turns:
        assert turn.wait_ended(0)
        assert [entry.kind in TERMINAL for entry in turn.read()].count(True) == 1


def test_a_close_returns_though_a_tool_blocks_the_loop(start: Starting) -> None:
    """It gives the loop up; when the tool returns, the turn ends too."""
    blocking, release = threading.Event(), threading.Event()

    async def block() -> dict[str, str]:
        """Block the event loop, as no tool should."""
        blocking.set()
        release.wait(AWAY)
        return {}

    script = lambda asked: [Text("done")] if asked.after_tool else [Call("block")]  # noqa: E731
    process = start(agent=agent_saying(script, tools=[block]))
    invoker = process.invoker
    turn = say(invoker, "block")
    assert blocking.wait(AWAY)
    process.be_patient(0.1)
    InThread(invoker.close).outcome()
    InThread(invoker.close).outcome()
    assert not release.is_set()
    process.be_patient(2.0)
    release.set()
    assert answer_of(turn).ended
    asyncio.run_coroutine_threadsafe(all_others(), invoker.loop).result(AWAY)
    invoker._pool.shutdown()
    invoker.loop.call_soon_threadsafe(invoker.loop.stop)
    invoker._loop_thread.join(AWAY)
    assert not invoker._loop_thread.is_alive()


async def all_others() -> None:
    """Wait until the loop has nothing left to do."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


async def test_a_second_cancellation_does_not_return_before_the_call_has_ended(tmp_path: Path) -> None:
    """Nor a third; the cancellation is passed on when the call has ended, and what it wrote is there."""
    gate = Gate()
    disk = Disk(tmp_path / "talks.db")
    store = FaultyStore(disk)
    session = await store.create_session(app_name="app", user_id="u", session_id="c")
    disk.faults = [Fault(on("append"), gate=gate)]
    task = asyncio.create_task(store.append_event(session, Event(author="helper", invocation_id="i")))
    while not gate.reached.is_set():
        await OneStep()
    for _ in range(3):
        task.cancel()
        for _ in range(20):
            await OneStep()
        assert not task.done()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await task
    found = await store.get_session(app_name="app", user_id="u", session_id="c")
    assert found
    assert len(found.events) == 1
    await store.close()


# -- views ---------------------------------------------------------------------------------------------------------------


def test_a_view_that_is_folded_while_an_unsaved_turn_is_saved_misses_nothing(start: Starting) -> None:
    """The turn goes from "not saved" to "in the session" just behind the view's reading."""
    first = start()
    assert answer_of(say(first.invoker, "zero")).status == "done"
    first.invoker.close()
    worker, gate = Gate(), Gate()
    process = start(lambda asked: held(worker if "worker" in asked.said else gate)(asked), workers=1)
    process.invoker.list_sessions("u")
    process.fault()
    assert answer_of(say(process.invoker, "one")).status == "failed"
    process.works()
    wait_for_text(say(process.invoker, "hold the worker", talk="other"), "so far ")
    turn = say(process.invoker, "hold")
    slow = Gate()
    process.fault(lambda d: on("get")(d) and d.config is None, "after", gate=slow, times=1)
    viewing = InThread(lambda: words(process))
    assert slow.reached.wait(AWAY)
    worker.open()
    viewing.join(0.3)  # time enough to save "one", if nothing keeps the turn from it
    slow.open()
    assert viewing.outcome()[:5] == ["zero", "You said: zero ", "one", "", "hold"]
    gate.open()
    assert answer_of(turn).status == "done"
    before = shown(process)
    assert [text for text, _, _ in before] == ["zero", "You said: zero ", "one", "", "hold", "so far never"]
    process.invoker.close()
    assert shown(start()) == before


def test_a_client_that_only_polls_the_messages_is_a_reader(start: Starting) -> None:
    """Its turn is not stopped as unread."""
    gate = Gate()
    process = start(held(gate), unread_limit=0.6)
    turn = say(process.invoker, "hold")
    wait_for_text(turn, "so far ")
    between = threading.Event()
    for _ in range(11):
        between.wait(0.1)
        assert words(process) == ["hold", "so far "]
    assert not turn.stop_asked
    gate.open()
    assert answer_of(turn).status == "done"
