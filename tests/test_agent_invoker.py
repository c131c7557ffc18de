"""Turns on the real Runner with the scripted model: start, stop, repair, fail, health, end."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Invoking, agent_saying, model_of
from google.adk.apps.app import App
from google.adk.sessions import InMemorySessionService
from scripted_llm import Asked, Call, Finish, Gate, Hold, Raise, Step, Text, Thought, echo

from agent_invoker import (
    AgentInvocationError,
    AgentInvoker,
    ConversationNotFound,
    InvalidMessage,
    ModelUnknown,
    Settings,
    StateError,
    Turn,
    close_all,
    invoke_agent_streaming,
    load_agent,
)
from playground.turn_log import Answer, Message, plain_text

AWAY = 20.0  # seconds; a test that waits this long has failed


def answer_of(turn: Turn) -> Answer:
    assert turn.wait_ended(AWAY)
    return Answer(turn.read())


def wait_for_text(turn: Turn, text: str) -> None:
    deadline = time.monotonic() + AWAY
    while text not in Answer(turn.read()).text and time.monotonic() < deadline:
        turn.wait(len(turn.read()), 1.0)
    assert text in Answer(turn.read()).text


def say(invoker: AgentInvoker, text: str, user: str = "u", talk: str = "c") -> Turn:
    return invoker.add_message(user, invoker.create_talk_session(user, talk), text)


def held(gate: Gate) -> Any:
    """Script: stop at the gate after "so far " when told to hold, otherwise echo."""

    def script(asked: Asked) -> Sequence[Step]:
        return [Text("so "), Text("far "), Hold(gate), Text("never")] if asked.said.startswith("hold") else echo(asked)

    return script


def test_an_answer_streams_and_is_remembered(invoking: Invoking) -> None:
    """The next request holds the first question and the whole first answer."""
    invoker = invoking()
    assert answer_of(say(invoker, "hello")).text == "You said: hello "
    assert answer_of(say(invoker, "again")).status == "done"
    assert model_of(invoker).asked[-1].contents == [("user", "hello"), ("model", "You said: hello "), ("user", "again")]


def test_new_input_stops_the_answer_and_the_model_remembers_exactly_what_was_shown(invoking: Invoking) -> None:
    """FR-006: add_message stops the running turn; its shown text stays, for the user and for the model."""
    gate = Gate()
    invoker = invoking(held(gate))
    first = say(invoker, "hold")
    wait_for_text(first, "so far ")
    second = say(invoker, "next")
    assert answer_of(second).text == "You said: next "
    stopped = answer_of(first)
    assert (stopped.status, stopped.text) == ("cancelled", "so far ")
    assert model_of(invoker).asked[-1].contents == [("user", "hold"), ("model", "so far "), ("user", "next")]


def test_messages_typed_before_any_answer_began_are_all_remembered(invoking: Invoking) -> None:
    """A question whose turn never began is still a question: nothing typed is lost."""
    gate = Gate()
    invoker = invoking(held(gate), limits=Settings(workers=1))
    turns = [say(invoker, f"hold {number}") for number in range(5)]
    last = say(invoker, "last")
    assert answer_of(last).status == "done"
    assert [answer_of(turn).status for turn in turns] == ["cancelled"] * 5
    assert [text for role, text in model_of(invoker).asked[-1].contents if role == "user"] == [*(f"hold {n}" for n in range(5)), "last"]


def test_cancelling_again_or_too_late_changes_nothing(invoking: Invoking) -> None:
    """Cancel is idempotent, and without effect on a turn that is over."""
    gate = Gate()
    invoker = invoking(held(gate))
    turn = say(invoker, "hold")
    assert gate.reached.wait(AWAY)
    for _ in range(3):
        turn.cancel()
    assert answer_of(turn).status == "cancelled"
    done = say(invoker, "hello")
    assert answer_of(done).status == "done"
    done.cancel()
    assert Answer(done.read()).status == "done"


def test_a_turn_that_waits_in_line_says_so_and_can_be_stopped(invoking: Invoking) -> None:
    """When all workers are busy the turn waits; a stop reaches it there too."""
    gate = Gate()
    invoker = invoking(held(gate), limits=Settings(workers=1))
    busy = say(invoker, "hold", talk="a")
    assert gate.reached.wait(AWAY)
    waiting, stopped = say(invoker, "hello", talk="b"), say(invoker, "bye", talk="c")
    assert Answer(waiting.read()).status == "queued"
    stopped.cancel()
    assert answer_of(stopped).status == "cancelled"
    busy.cancel()
    assert answer_of(waiting).text == "You said: hello "


def test_a_stopped_tool_call_is_sealed_and_its_late_result_ignored(invoking: Invoking) -> None:
    """Nothing dangling reaches the model; a tool that comes back after a stop writes to nobody."""
    running, release = threading.Event(), threading.Event()

    def slow() -> dict[str, str]:
        """Wait for the test."""
        running.set()
        release.wait(AWAY)
        return {"late": "result"}

    invoker = invoking(
        lambda asked: [Text("Let me see. "), Call("slow")] if asked.said == "use it" and not asked.after_tool else echo(asked), tools=[slow]
    )
    turn = say(invoker, "use it")
    assert running.wait(AWAY)
    turn.cancel()
    (text, step) = answer_of(turn).parts
    release.set()
    assert answer_of(say(invoker, "next")).status == "done"
    assert model_of(invoker).asked[-1].contents == [
        ("user", "use it"), ("model", "Let me see. <call slow>"), ("user", "<result slow>"), ("user", "next"),
    ]  # fmt: skip
    assert step.stopped and not step.result  # type: ignore[union-attr]
    assert "late" not in str(invoker.get_messages("u", "c"))
    assert [entry.kind for entry in turn.read() if entry.kind.startswith("tool")] == ["tool_call", "tool_result"]
    assert text.text == "Let me see. "  # type: ignore[union-attr]


def test_a_failure_in_mid_answer_keeps_the_text_and_the_model_remembers_it(invoking: Invoking) -> None:
    """A broken stream ends as the answer so far with the error under it; the next request reads the same."""
    invoker = invoking(lambda asked: [Text("half "), Raise(RuntimeError("secret internals"))] if asked.said == "break" else echo(asked))
    broken = answer_of(say(invoker, "break"))
    assert (broken.status, broken.text) == ("failed", "half ")
    assert "secret" not in broken.error and "try again" in broken.error
    answer_of(say(invoker, "next"))
    assert model_of(invoker).asked[-1].contents == [("user", "break"), ("model", "half "), ("user", "next")]


def test_a_tool_that_raises_does_not_end_the_turn(invoking: Invoking) -> None:
    """The model is told that the tool failed, without the exception's words, and answers."""

    def broken() -> dict[str, str]:
        """Fail."""
        raise RuntimeError("secret internals")

    invoker = invoking(lambda asked: [Text("It failed.")] if asked.after_tool else [Call("broken")], tools=[broken])
    answer = answer_of(say(invoker, "go"))
    assert (answer.status, answer.text) == ("done", "It failed.")
    assert "secret" not in str(answer.parts)


@pytest.mark.parametrize(
    ("reason", "words"),
    [("SAFETY", "safety filter"), ("MAX_TOKENS", "length limit"), ("RECITATION", "safety filter"), ("OTHER", "try again")],
)
def test_an_answer_that_the_model_cuts_short_keeps_its_text_and_says_why(invoking: Invoking, reason: str, words: str) -> None:
    """SAFETY and MAX_TOKENS bring content and an error code, and raise nothing."""
    answer = answer_of(say(invoking(lambda _: [Text("half "), Finish(reason)]), "go"))
    assert (answer.status, answer.text) == ("failed", "half ")
    assert words in answer.error


def test_an_empty_answer_says_that_it_is_empty(invoking: Invoking) -> None:
    """A model that ends without a word yields no event at all; the user is told."""
    answer = answer_of(say(invoking(lambda _: []), "go"))
    assert (answer.status, answer.error) == ("failed", "The model gave an empty answer. Please try again.")


def test_thoughts_are_no_part_of_the_answer(invoking: Invoking) -> None:
    """What the model thinks is neither shown nor kept as said."""
    answer = answer_of(say(invoking(lambda _: [Thought("hmm "), Text("Yes.")]), "go"))
    assert answer.text == "Yes."


def test_an_answer_beyond_the_limit_ends_with_an_error_and_keeps_what_came(invoking: Invoking) -> None:
    """Bounded: the turn is stopped, its text up to the limit is kept and remembered."""
    gate = Gate()
    invoker = invoking(lambda _: [*([Text("12345")] * 5), Hold(gate)], limits=Settings(answer_limit=12))
    answer = answer_of(say(invoker, "go"))
    assert (answer.status, answer.text) == ("failed", "123451234512")
    assert "12 characters" in answer.error


def test_a_model_that_falls_silent_is_given_up(invoking: Invoking) -> None:
    """There is no time-out by default; ours is on the silence, not on the answer."""
    answer = answer_of(say(invoking(held(Gate()), limits=Settings(idle_limit=0.2)), "hold"))
    assert (answer.status, answer.text) == ("failed", "so far ")
    assert "0.2 seconds" in answer.error


def test_an_agent_that_ignores_its_stop_is_left_behind(invoking: Invoking) -> None:
    """After the grace the next turn goes on; what the old one still says goes nowhere."""
    gate, deaf = Gate(), threading.Event()

    async def stubborn() -> dict[str, str]:
        """Swallow the cancellation."""
        try:
            await gate.wait()
        except asyncio.CancelledError:
            deaf.set()
            await gate.wait()
        return {}

    invoker = invoking(
        lambda asked: [Call("stubborn")] if asked.said == "go" and not asked.after_tool else echo(asked),
        tools=[stubborn],
        limits=Settings(grace=0.2),
    )
    first = say(invoker, "go")
    assert gate.reached.wait(AWAY)
    second = say(invoker, "next")
    assert deaf.wait(AWAY)
    assert answer_of(second).text == "You said: next "
    assert answer_of(first).status == "cancelled"
    gate.open()


@pytest.mark.parametrize("message", ["", " ", "\n\t "])
def test_a_blank_message_is_not_sent(invoking: Invoking, message: str) -> None:
    """Nothing to say, nothing sent."""
    with pytest.raises(InvalidMessage):
        say(invoking(), message)


def test_a_message_over_the_limit_is_refused_with_the_limit_named(invoking: Invoking) -> None:
    """100,000 characters are taken, one more is not, and the answer that runs is not stopped by it."""
    gate = Gate()
    invoker = invoking(held(gate))
    running = say(invoker, "hold")
    with pytest.raises(InvalidMessage, match="100,000"):
        say(invoker, "x" * 100_001)
    assert not running.ended
    assert answer_of(say(invoker, "x" * 100_000)).status == "done"


def test_nobody_reads_lists_or_changes_anothers_conversation(invoking: Invoking) -> None:
    """FR-013: another's conversation answers exactly like one that does not exist."""
    invoker = invoking()
    answer_of(say(invoker, "private", user="anna", talk="c"))
    assert invoker.list_sessions("ben") == []
    ways: list[Any] = [
        invoker.get_session,
        invoker.get_messages,
        invoker.running_turn,
        invoker.stop,
        lambda u, c: invoker.add_message(u, c, "x"),
    ]
    for way in ways:
        said: list[str] = []
        for talk in ("c", "no such"):
            with pytest.raises(ConversationNotFound) as refused:
                way("ben", talk)
            said.append(refused.value.message)
        assert said[0] == said[1]


def test_two_users_may_use_the_same_conversation_id(invoking: Invoking) -> None:
    """Conversations are keyed by their user first."""
    invoker = invoking()
    for user in ("anna", "ben"):
        answer_of(say(invoker, f"I am {user}", user=user))
    assert [m.content for m in invoker.get_messages("anna", "c")] == ["I am anna", "You said: I am anna "]


def test_conversations_are_listed_with_a_title_the_latest_first(invoking: Invoking) -> None:
    """The sidebar's list."""
    invoker = invoking()
    for talk in ("a", "b"):
        answer_of(say(invoker, f"Plan {talk} " + "long " * 20, talk=talk))
    listed = invoker.list_sessions("u")
    assert [talk.id for talk in listed] == ["b", "a"]
    assert listed[0].title.startswith("Plan b long") and len(listed[0].title) <= 48
    assert not listed[0].running


def test_messages_come_from_a_cursor_and_a_running_answer_comes_again(invoking: Invoking) -> None:
    """FR-011: history and the running turn; the last final `seq` is the cursor."""
    gate = Gate()
    invoker = invoking(held(gate))
    answer_of(say(invoker, "hello"))
    turn = say(invoker, "hold")
    wait_for_text(turn, "so far ")
    messages = invoker.get_messages("u", "c")
    assert [(m.seq, m.role, m.content, m.status) for m in messages] == [
        (1, "user", "hello", "done"), (2, "assistant", "You said: hello ", "done"),
        (3, "user", "hold", "done"), (4, "assistant", "so far ", "running"),
    ]  # fmt: skip
    assert invoker.get_messages("u", "c", after=3) == messages[3:]
    gate.open()
    assert answer_of(turn).text == "so far never"
    assert [m.content for m in invoker.get_messages("u", "c", after=3)] == ["so far never"]


def test_the_history_is_what_was_shown(invoking: Invoking) -> None:
    """Texts, tool steps, stopped and failed marks: the fold of the session equals the fold of the logs."""

    def find() -> dict[str, int]:
        """Find."""
        return {"found": 1}

    def script(asked: Asked) -> Sequence[Step]:
        if asked.said == "tool":
            return [Text("Found.")] if asked.after_tool else [Text("Look: "), Call("find")]
        return [Text("half "), Raise(RuntimeError())] if asked.said == "break" else held(gate)(asked)

    gate = Gate()
    invoker = invoking(script, tools=[find])
    turns: list[Turn] = []
    for text in ("hello", "tool", "break", "hold"):
        turns.append(say(invoker, text))
        if text == "hold":
            wait_for_text(turns[-1], "so far ")
            turns[-1].cancel()
        assert turns[-1].wait_ended(AWAY)
    shown = [Answer(turn.read()) for turn in turns]
    kept = [m for m in invoker.get_messages("u", "c") if m.role == "assistant"]
    assert [(m.content, m.status, m.error) for m in kept] == [(a.text, a.status, a.error) for a in shown]
    steps = [[(p.name, p.args, p.result) for p in parts if hasattr(p, "name")] for parts in [m.parts for m in kept]]  # type: ignore[union-attr]
    assert steps == [[(p.name, p.args, p.result) for p in a.parts if hasattr(p, "name")] for a in shown]  # type: ignore[union-attr]


def test_a_lost_session_is_made_again_from_what_the_page_shows(invoking: Invoking) -> None:
    """Session errors recover by themselves, and the user is told."""
    invoker = invoking()
    shown = [Message(1, "t", "user", plain_text("Anna is vegan")), Message(2, "t", "assistant", plain_text("Noted."))]
    turn = invoker.add_message("u", invoker.create_talk_session("u", "c"), "go on", shown)
    answer = answer_of(turn)
    assert "Starting new conversation..." in answer.notices[0]
    assert model_of(invoker).asked[-1].contents == [("user", "Anna is vegan"), ("model", "Noted."), ("user", "go on")]
    assert [m.content for m in invoker.get_messages("u", "c")] == ["Anna is vegan", "Noted.", "go on", "You said: go on "]


def test_a_session_that_vanishes_in_mid_turn_is_a_session_error() -> None:
    """The store loses the session while the answer comes: one plain message, and the next turn works."""
    service = InMemorySessionService()
    gate = Gate()
    invoker = AgentInvoker(agent_saying(held(gate)), session_service=service, settings=Settings(workers=2))
    try:
        turn = say(invoker, "hold")
        assert gate.reached.wait(AWAY)
        service.sessions.clear()
        gate.open()
        answer = answer_of(turn)
        assert (answer.status, answer.error, answer.text) == ("failed", "Starting new conversation...", "so far never")
        assert answer_of(say(invoker, "hello")).status == "done"
    finally:
        invoker.close()


def test_a_failed_turn_is_logged_with_its_context(invoking: Invoking, caplog: pytest.LogCaptureFixture) -> None:
    """Timestamp, user, conversation, turn, error type and the first 100 characters of the message; control signs escaped."""
    message = "line one\nline two " + "x" * 200
    turn = say(invoking(lambda _: [Raise(KeyError("k"))]), message)
    with caplog.at_level(logging.ERROR, "vibehuntr"):
        answer_of(turn)
    (record,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("turn failed")]
    for part in ("at=20", "user=u", "conversation=c", turn.id, "error=AgentInvocationError", "cause=KeyError", repr(message[:100])):
        assert part in record
    assert "x" * 100 not in record


def test_a_sync_tool_that_blocks_delays_nobody_else(invoking: Invoking) -> None:
    """Synchronous tools run in threads: another's answer comes while one is stuck."""
    stuck, release = threading.Event(), threading.Event()

    def block() -> dict[str, str]:
        """Block."""
        stuck.set()
        release.wait(AWAY)
        return {}

    invoker = invoking(lambda asked: [Call("block")] if asked.said == "block" and not asked.after_tool else echo(asked), tools=[block])
    blocked = say(invoker, "block", user="anna")
    assert stuck.wait(AWAY)
    assert answer_of(say(invoker, "hello", user="ben")).status == "done"
    assert not blocked.ended
    release.set()
    assert answer_of(blocked).status == "done"


def test_the_watchdog_names_an_async_tool_that_blocks_the_loop(invoking: Invoking) -> None:
    """Within a second the tool's name is known; when it lets go, all is well again."""
    release = threading.Event()

    async def hog() -> dict[str, str]:
        """Block the loop."""
        release.wait(AWAY)  # noqa: ASYNC221, RUF100 - the very mistake
        return {}

    invoker = invoking(lambda asked: [Text("ok")] if asked.after_tool else [Call("hog")], tools=[hog])
    began = time.monotonic()
    turn = say(invoker, "go")
    while not invoker.health().blocked_for and time.monotonic() < began + AWAY:
        turn.wait(99, 0.02)
    noticed = time.monotonic() - began
    assert "tool hog" in invoker.health().culprit
    assert noticed < 2.0
    release.set()
    assert answer_of(turn).text == "ok"


def test_a_tool_that_exits_ends_its_turn_and_not_the_loop(invoking: Invoking) -> None:
    """sys.exit in an agent's code is that turn's failure; the others go on."""

    async def leave() -> dict[str, str]:
        """Leave."""
        sys.exit(3)

    invoker = invoking(lambda asked: [Call("leave")] if asked.said == "go" else echo(asked), tools=[leave])
    assert answer_of(say(invoker, "go")).status == "failed"
    assert answer_of(say(invoker, "hello")).text == "You said: hello "


def test_closing_stops_what_runs_and_leaves_no_thread() -> None:
    """NFR-004: no thread or task of the invoker survives its close, running turns included."""
    before = set(threading.enumerate())
    gate = Gate()
    invoker = AgentInvoker(agent_saying(held(gate)), settings=Settings(workers=2))
    turns = [say(invoker, "hold", talk=str(number)) for number in range(4)]
    assert gate.reached.wait(AWAY)
    invoker.close()
    assert {Answer(turn.read()).status for turn in turns} == {"cancelled"}
    assert set(threading.enumerate()) <= before
    assert invoker.loop.is_closed()
    with pytest.raises(StateError):
        say(invoker, "late")
    invoker.close()


def test_close_all_closes_every_invoker() -> None:
    """The server's shutdown knows all of them."""
    invoker = AgentInvoker(agent_saying())
    close_all()
    assert invoker.loop.is_closed()


def test_the_streaming_generator_is_a_reader_of_the_same_turn() -> None:
    """`invoke_agent_streaming` yields the text in pieces, and tool calls when asked; one conversation remembers."""

    def find(what: str) -> dict[str, int]:
        """Find."""
        return {"found": 1}

    agent = agent_saying(
        lambda asked: [Text("Done. "), Text("Bye.")] if asked.after_tool else [Text("Look: "), Call("find", {"what": "x"})], tools=[find]
    )
    try:
        items = list(invoke_agent_streaming(agent, "go", [{"role": "user", "content": "ignored"}], "s", yield_tool_calls=True))
        assert items == [
            {"type": "text", "content": "Look: "}, {"type": "tool_call", "name": "find", "args": {"what": "x"}},
            {"type": "text", "content": "Done. "}, {"type": "text", "content": "Bye."},
        ]  # fmt: skip
        assert [i["type"] for i in invoke_agent_streaming(agent, "again", [], "s")] == ["text"] * 3
        assert len(agent.model.asked[-1].contents) == 7  # type: ignore[union-attr]
    finally:
        close_all()


def test_the_streaming_generator_raises_after_the_text_that_came() -> None:
    """Existing callers see partial text first and then one typed error."""
    agent = agent_saying(lambda _: [Text("half "), Raise(RuntimeError())])
    came: list[str] = []
    try:
        with pytest.raises(Exception, match="broke off"):
            came.extend(item["content"] for item in invoke_agent_streaming(agent, "go", [], "s"))
    finally:
        close_all()
    assert came == ["half "]


def test_closing_the_streaming_generator_stops_the_turn() -> None:
    """A caller that stops reading stops the model."""
    gate = Gate()
    agent = agent_saying(held(gate))
    try:
        stream = invoke_agent_streaming(agent, "hold", [], "s")
        assert next(stream)["content"] == "so "
        stream.close()
        assert "".join(item["content"] for item in invoke_agent_streaming(agent, "next", [], "s")) == "You said: next "
        assert [role for role, _ in agent.model.asked[-1].contents] == ["user", "model", "user"]  # type: ignore[union-attr]
    finally:
        close_all()


def test_any_agent_folder_can_be_loaded_and_a_broken_one_says_so(tmp_path: Path, invoking: Invoking) -> None:
    """VIBEHUNTR_AGENT: ADK's own loader, Python or YAML; a folder that fails to load is named."""
    (tmp_path / "plain_yaml_agent").mkdir()
    (tmp_path / "plain_yaml_agent" / "root_agent.yaml").write_text("name: plain\nmodel: no-such-model\ninstruction: Answer.\n")
    agent = load_agent(tmp_path / "plain_yaml_agent")
    invoker = AgentInvoker(agent)
    try:
        answer = answer_of(say(invoker, "hello"))
        assert (answer.status, answer.error) == ("failed", ModelUnknown().message)
    finally:
        invoker.close()
    with pytest.raises(AgentInvocationError, match="missing_folder"):
        load_agent(tmp_path / "missing_folder")


def test_an_app_keeps_its_own_plugins() -> None:
    """An agent folder may define an ADK App; ours is one plugin more."""
    app = App(name="my_app", root_agent=agent_saying())
    invoker = AgentInvoker(app)
    try:
        assert answer_of(say(invoker, "hello")).text == "You said: hello "
        assert app.plugins == []
    finally:
        invoker.close()


@pytest.mark.parametrize("value", ["many", "0", "-1", "nan", "inf"])
def test_a_setting_that_makes_no_sense_is_named(value: str) -> None:
    """Bad configuration gets a clear error with the variable's name."""
    with pytest.raises(StateError, match="VIBEHUNTR_IDLE_LIMIT"):
        Settings.from_environment({"VIBEHUNTR_IDLE_LIMIT": value})


def test_settings_come_from_the_environment() -> None:
    """The documented variables are read; titles are asked for unless they are turned off."""
    read = Settings.from_environment({"VIBEHUNTR_WORKERS": "3", "VIBEHUNTR_IDLE_LIMIT": "7.5", "VIBEHUNTR_TITLES": "off"})
    assert read == Settings(workers=3, idle_limit=7.5)
    assert Settings.from_environment({}).titles
