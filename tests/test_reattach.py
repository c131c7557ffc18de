"""Coming back to a conversation without a browser: views, strategies, stops that tell the truth, what nobody reads."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Invoking, agent_saying, model_of
from google.adk.tools import ToolContext
from scripted_llm import Asked, Call, Gate, Hold, Step, Text, echo
from test_agent_invoker import AWAY, answer_of, held, say, wait_for_text

from agent_invoker import STRATEGIES, AgentInvoker, ConversationBusy, Settings, StateError, Strategy, open_store
from playground.turn_log import Answer
from session_manager import SessionManager


def contents(invoker: AgentInvoker) -> list[str]:
    return [text for _, text in model_of(invoker).asked[-1].contents]


def alive(things: Sequence[weakref.ref[Any]]) -> int:
    """Count those that are still there once nothing more goes: the worker that ran a turn lets go of it a moment after its end."""
    until = time.monotonic() + 5
    while (left := sum(1 for thing in things if thing() is not None)) and time.monotonic() < until:
        threading.Event().wait(0.01)
        gc.collect()
    return left


# -- reattach ------------------------------------------------------------------------------------------------------------


def test_a_hundred_reconnects_during_one_answer_leave_the_same_text_and_nothing_else(invoking: Invoking) -> None:
    """Each reads from the first character; no worker, turn or log is left when the answer is over."""
    gates = [Gate() for _ in range(10)]
    words = [step for number, gate in enumerate(gates) for step in (Text(f"{number} "), Hold(gate))]
    invoker = invoking(lambda _: words)
    threads = threading.active_count()
    turn = say(invoker, "count")
    whole = "".join(f"{number} " for number in range(10))
    for gate in gates:
        assert gate.reached.wait(AWAY)
        seen = f"{gates.index(gate)} "
        wait_for_text(turn, seen)
        for _ in range(10):
            manager = SessionManager({}, "u")
            manager.open("c")
            manager.sync(invoker.view("u", "c"))
            assert manager.running_turn() is turn
            text = Answer(turn.read()).text
            assert whole.startswith(text)
            assert text.endswith(seen)
        gate.open()
    assert answer_of(turn).text == whole
    assert [m.content for m in invoker.get_messages("u", "c")] == ["count", whole]
    assert threading.active_count() <= threads + 1  # the worker itself stays in its pool
    left = [weakref.ref(turn), weakref.ref(turn.log)]
    del turn
    manager = None
    assert alive(left) == 0


def test_closed_conversations_leave_nothing_behind(invoking: Invoking) -> None:
    """Turns, logs, sessions and messages go; what stays is that they are gone."""
    invoker = invoking()
    left: list[weakref.ref[Any]] = []
    for number in range(50):
        turn = say(invoker, "hello", talk=f"talk {number}")
        assert answer_of(turn).status == "done"
        left += [weakref.ref(turn), weakref.ref(turn.log)]
        del turn
        invoker.view("u", f"talk {number}")
        invoker.delete_session("u", f"talk {number}")
    assert alive(left) == 0
    assert invoker.list_sessions("u") == []
    assert not any(invoker.store._service.sessions["helper"]["u"])  # type: ignore[union-attr]


def test_messages_that_nobody_looks_at_leave_the_memory_and_come_back(tmp_path: Path) -> None:
    """With a lasting store; the next look reads them again."""
    limits = Settings(unread_limit=1.0, save_every=0.02)
    invoker = AgentInvoker(agent_saying(echo), settings=limits, session_service=open_store(f"sqlite:///{tmp_path / 'talks.db'}"))
    assert answer_of(say(invoker, "hello")).status == "done"
    before = invoker.get_messages("u", "c")
    conversation = invoker._find("u", "c")
    forgotten = threading.Event()
    while conversation.settled is not None:
        assert not forgotten.wait(0.02)
    assert [(m.role, m.content, m.at) for m in invoker.get_messages("u", "c")] == [(m.role, m.content, m.at) for m in before]
    invoker.close()


def test_a_restart_shows_what_was_shown(tmp_path: Path) -> None:
    """Text, tool steps with their times, interrupted marks and errors, folded from the store."""
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    gate = Gate()

    def find(day: str) -> dict[str, str]:
        """Find."""
        return {"slot": day}

    def script(asked: Asked) -> Sequence[Step]:
        if asked.said == "find":
            return [Text("found.")] if asked.after_tool else [Text("Looking. "), Call("find", {"day": "Friday"})]
        return [Text("so far "), Hold(gate)] if asked.said == "hold" else [] if asked.said == "nothing" else echo(asked)

    invoker = AgentInvoker(agent_saying(script, tools=[find]), session_service=open_store(url))
    assert answer_of(say(invoker, "find")).status == "done"
    turn = say(invoker, "hold")
    wait_for_text(turn, "so far ")
    turn.cancel()
    assert answer_of(say(invoker, "nothing")).status == "failed"
    invoker.set_strategy("u", "c", "enqueue")
    assert answer_of(say(invoker, "hello")).status == "done"
    before, listed = invoker.get_messages("u", "c"), invoker.list_sessions("u")
    invoker.close()
    again = AgentInvoker(agent_saying(script), session_service=open_store(url))
    after = again.get_messages("u", "c")
    for old, new in zip(before, after, strict=True):
        assert (old.seq, old.turn_id, old.role, old.content, old.status, old.error, old.at) == (
            new.seq, new.turn_id, new.role, new.content, new.status, new.error, new.at,
        )  # fmt: skip
        assert [part for part in old.parts if not hasattr(part, "pieces")] == [part for part in new.parts if not hasattr(part, "pieces")]
    (talk,) = again.list_sessions("u")
    assert (talk.id, talk.title, talk.created_at, talk.strategy) == ("c", "find", listed[0].created_at, "enqueue")
    again.close()


# -- strategies ----------------------------------------------------------------------------------------------------------


def test_queued_messages_are_answered_one_after_the_other(invoking: Invoking) -> None:
    """Enqueue: each knows the whole answer before it; a queue holds no worker."""
    gate = Gate()
    invoker = invoking(
        lambda asked: [Text("so far "), Hold(gate), Text("done")] if asked.said == "hold" else echo(asked), limits=Settings(workers=2)
    )
    invoker.create_talk_session("u", "c")
    invoker.set_strategy("u", "c", "enqueue")
    turns = [say(invoker, text) for text in ("hold", "one", "two", "three")]
    assert [Answer(turn.read()).status for turn in turns[1:]] == ["queued"] * 3
    assert answer_of(say(invoker, "hello", user="other")).status == "done"
    gate.open()
    assert [answer_of(turn).text for turn in turns] == ["so far done", "You said: one ", "You said: two ", "You said: three "]
    assert contents(invoker) == ["hold", "so far done", "one", "You said: one ", "two", "You said: two ", "three"]


def test_a_queued_message_can_be_taken_back(invoking: Invoking) -> None:
    """It is neither asked nor remembered nor shown; those behind it move up."""
    gate = Gate()
    invoker = invoking(lambda asked: [Text("so far "), Hold(gate), Text("done")] if asked.said == "hold" else echo(asked))
    first, second, third = (
        invoker.add_message("u", invoker.create_talk_session("u", "c"), text, strategy="enqueue") for text in ("hold", "no", "yes")
    )
    assert gate.reached.wait(AWAY)
    second.cancel(roll_back=True)
    assert not first.stop_asked
    gate.open()
    assert answer_of(third).status == "done"
    assert contents(invoker) == ["hold", "so far done", "yes"]
    assert [m.content for m in invoker.get_messages("u", "c")] == ["hold", "so far done", "yes", "You said: yes "]


def test_refused_input_leaves_everything_as_it_is(invoking: Invoking) -> None:
    """Reject: a plain error; the answer goes on, and when it is over input is taken again."""
    gate = Gate()
    invoker = invoking(lambda asked: [Text("so far "), Hold(gate), Text("done")] if asked.said == "hold" else echo(asked))
    invoker.create_talk_session("u", "c")
    invoker.set_strategy("u", "c", "reject")
    turn = say(invoker, "hold")
    with pytest.raises(ConversationBusy, match="still being written"):
        say(invoker, "too early")
    gate.open()
    assert answer_of(turn).text == "so far done"
    assert answer_of(say(invoker, "now")).status == "done"
    assert contents(invoker) == ["hold", "so far done", "now"]


@pytest.mark.parametrize("begun", [True, False])
def test_a_rolled_back_turn_is_forgotten_by_everybody(invoking: Invoking, begun: bool) -> None:
    """Rollback: also what its tools had written into the state; what was there before stays."""
    gate = Gate()

    async def keep(text: str, tool_context: ToolContext) -> dict[str, str]:
        """Keep a text."""
        tool_context.state["kept"] = text
        return {}

    def script(asked: Asked) -> Sequence[Step]:
        if asked.said.startswith("keep") and not asked.after_tool:
            return [Call("keep", {"text": asked.said})]
        return [Text("so far "), Hold(gate)] if asked.said == "keep two" else [Text("kept")]

    invoker = invoking(script, tools=[keep])
    assert answer_of(say(invoker, "keep one")).text == "kept"
    turn = say(invoker, "keep two")
    if begun:
        wait_for_text(turn, "so far ")
    last = invoker.add_message("u", "c", "go on", strategy="rollback")
    assert answer_of(last).status == "done"
    assert answer_of(turn).status == "cancelled"
    assert contents(invoker) == ["keep one", "<call keep>", "<result keep>", "kept", "go on"]
    assert [m.content for m in invoker.get_messages("u", "c")] == ["keep one", "kept", "go on", "kept"]
    session = invoker._ask_loop(invoker.store.get_session(app_name="helper", user_id="u", session_id="c"))
    assert session is not None
    assert session.state["kept"] == "keep one"


def test_strategies_have_the_names_of_langgraph(invoking: Invoking) -> None:
    """And no others."""
    invoker = invoking()
    invoker.create_talk_session("u", "c")
    assert set(STRATEGIES) == {"interrupt", "enqueue", "reject", "rollback"}
    wrong: Strategy = "replace"  # type: ignore[assignment]
    with pytest.raises(StateError, match="no strategy 'replace'"):
        invoker.set_strategy("u", "c", wrong)


# -- stops ---------------------------------------------------------------------------------------------------------------


def test_a_stop_names_the_tool_that_could_not_be_stopped(invoking: Invoking) -> None:
    """And says that its result is ignored; a tool that has come back is not named."""
    running, release = threading.Event(), threading.Event()

    def search_venues() -> dict[str, str]:
        """Search until released."""
        running.set()
        release.wait(AWAY)
        return {"late": "result"}

    def quick() -> dict[str, str]:
        """Come back."""
        return {}

    invoker = invoking(
        lambda asked: [Text("Looking. "), Call("quick"), Call("search_venues")] if not asked.after_tool else [],
        tools=[search_venues, quick],
    )
    turn = say(invoker, "search")
    assert running.wait(AWAY)
    turn.cancel()
    answer = answer_of(turn)
    assert (answer.status, answer.error) == ("cancelled", "Stopped. search_venues was still running: its result will be ignored.")
    release.set()
    assert [m.error for m in invoker.get_messages("u", "c")] == ["", answer.error]


def test_stopped_is_said_after_the_stop_was_asked_for_and_done(invoking: Invoking) -> None:
    """Stopping first, stopped once all that the turn had begun is closed."""
    gate = Gate()
    invoker = invoking(held(gate))
    turn = say(invoker, "hold")
    wait_for_text(turn, "so far ")
    turn.cancel()
    assert turn.wait_ended(AWAY)
    assert [entry.kind for entry in turn.read() if entry.kind != "partial"] == ["started", "stopping", "cancelled"]


def test_a_turn_that_nobody_reads_is_stopped_and_kept(invoking: Invoking) -> None:
    """Closing the last tab stops nothing at once; what nobody has read for long ends, and says why."""
    gate = Gate()
    invoker = invoking(held(gate), limits=Settings(unread_limit=0.3))
    turn = say(invoker, "hold")
    assert turn.wait_ended(AWAY)
    (_, message) = invoker.get_messages("u", "c")
    assert (message.content, message.status) == ("so far ", "cancelled")
    assert message.error == "Stopped: nobody had this conversation open for 0.3 seconds."


def test_a_turn_that_is_read_goes_on(invoking: Invoking) -> None:
    """Each look counts."""
    gate = Gate()
    invoker = invoking(held(gate), limits=Settings(unread_limit=0.6))
    turn = say(invoker, "hold")
    looks = threading.Event()
    for _ in range(10):
        looks.wait(0.1)
        turn.read()
    assert not turn.stop_asked
    gate.open()
    assert answer_of(turn).status == "done"
